//! When to try again, and when not to ask at all.

use crate::base::error::{Error, Limit, Said};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// What a 429 that does not say for how long is taken for.
const DEFAULT_PAUSE_MS: u64 = 30_000;
/// A pause that is over when the answer comes would be none.
const MIN_PAUSE_MS: u64 = 1_000;
/// The longest time that is believed and told: a day, as quotas have it.
pub const MAX_SAID_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest pause until one request tries, whatever an answer says: on its way anyone could
/// have made it up, unless it was sealed.
const MAX_PAUSE_MS: u64 = 5 * MINUTE_MS;
/// While one request tries whether the service answers again, the others do not.
const PROBE_MS: u64 = 1_000;
/// Refused sign-ins that are sent without a pause: two calls with their repetitions.
const SIGN_IN_BURST: u32 = 6;
const SIGN_IN_PAUSE_MS: u64 = 10_000;
/// The same of whole sign-ins, which are four requests each: they leave the hour its 60.
const WHOLE_SIGN_IN_BURST: u32 = 2;
/// The longest pause for each request that a sign-in makes until it is refused, and the longest of
/// all: on its way anyone could have refused it.
const MAX_SIGN_IN_PAUSE_MS: u64 = 150_000;
/// The longest one after a session that was refused at once: each takes up to ten requests.
const MAX_SESSION_PAUSE_MS: u64 = 2 * MAX_PAUSE_MS;
/// The requests of a whole sign-in.
const SIGN_IN_REQUESTS: u32 = 4;
/// Sign-ins that may be under way before one is accepted.
const SIGN_INS_AT_ONCE: u32 = 9;
/// A refusal this long ago counts no more.
const REFUSAL_COUNTS_MS: u64 = 15 * MINUTE_MS;
const MINUTE_MS: u64 = 60_000;
/// A pause that is doubled more often has long reached its end.
const MAX_DOUBLINGS: u32 = 12;
/// How much later than the process that met a pause others try: up to an eighth of what is left of
/// it, and half a minute.
const SPREAD: u64 = 8;
const MAX_SPREAD_MS: u64 = 30_000;
/// How many numbers tell of the pauses.
pub const STORED_NUMBERS: usize = 10;
/// The limits by their numbers.
const LIMITS: [Option<Limit>; 3] = [None, Some(Limit::Token), Some(Limit::Account)];

/// How often something is repeated, and after which pauses.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Attempts after the first one.
    pub retries: u32,
    /// The longest pause before the first of them, in milliseconds.
    pub min_ms: u64,
    /// The longest pause of all, in milliseconds.
    pub max_ms: u64,
}

impl Backoff {
    /// `pause_ms(error, retry, random) -> milliseconds`
    ///
    /// How long to wait before attempt number `retry` + 1; `None` if there is none to
    /// be. The pause doubles each time, and a random part of it is waited
    /// (“full jitter”), so that clients that failed together do not return together.
    ///
    /// # Shapes
    /// - `retry`: how many attempts came before the one that failed
    pub fn pause_ms(&self, error: &Error, retry: u32, random: u32) -> Option<u64> {
        if retry >= self.retries || !is_passing(error) {
            return None;
        }
        let longest = self.min_ms.saturating_mul(1 << retry.min(20)).min(self.max_ms);
        let jittered = (u128::from(longest) * u128::from(random)) >> 32;
        match error.retry_after_ms() {
            Some(asked) if asked > self.max_ms => None,
            asked => Some(asked.unwrap_or(0).max(jittered as u64)),
        }
    }
}

/// Whether the same request may succeed in a moment. One that ran out of time has
/// taken all the time that its call had.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Network { .. } | Error::Crowded { .. } => true,
        Error::ServerError { status, .. } => matches!(status, 408 | 500 | 502 | 503 | 504),
        _ => false,
    }
}

thread_local! {
    static STANDINGS: RefCell<Vec<(String, Rc<Standing>)>> = RefCell::default();
}

/// How the service stands to a token: the pauses that it wants, and the sign-ins that it refused.
/// One for all clients of the token in this process, and for those that come later: a program that
/// fails often tries with a new client.
#[derive(Debug, Default)]
pub struct Standing {
    /// The pause that a 429 asks for.
    pub circuit: Circuit,
    /// The sign-ins.
    pub sign_ins: SignInAllowance,
}

impl Standing {
    /// `of(token, now_ms) -> standing`
    ///
    /// # Shapes
    /// - `token`: what tells it from others, nothing secret
    pub fn of(token: &str, now_ms: u64) -> Rc<Self> {
        STANDINGS.with_borrow_mut(|all| {
            all.retain(|(_, of)| Rc::strong_count(of) > 1 || of.counts(now_ms));
            if let Some((_, known)) = all.iter().find(|(name, _)| name == token) {
                return Rc::clone(known);
            }
            let standing = Rc::default();
            all.push((token.to_owned(), Rc::clone(&standing)));
            standing
        })
    }

    /// Whether it says anything that a later client has to know.
    fn counts(&self, now_ms: u64) -> bool {
        self.circuit.counts(now_ms) || self.sign_ins.counts(now_ms)
    }

    /// `clear(now_ms)`
    ///
    /// Ends all pauses.
    pub fn clear(&self, now_ms: u64) {
        self.circuit.clear();
        self.circuit.opened_at.set(now_ms);
        self.sign_ins.clear();
        self.sign_ins.told_at.set(now_ms);
    }

    /// `counts_ms(now_ms) -> milliseconds`
    ///
    /// For how much longer others have to know of the pauses.
    pub fn counts_ms(&self, now_ms: u64) -> u64 {
        self.circuit.wanted_ms(now_ms).max(REFUSAL_COUNTS_MS)
    }

    /// `stored() -> numbers`
    ///
    /// The pauses, for other processes, which are told of them now.
    pub fn stored(&self) -> [u64; STORED_NUMBERS] {
        self.sign_ins.untold.set(0);
        self.sign_ins.told_at.set(self.sign_ins.told_at.get().max(self.sign_ins.refused_at.get()));
        let Circuit { opened_at, open_until, said_until, limit, in_vain, .. } = &self.circuit;
        let limit = LIMITS.iter().position(|known| *known == limit.get()).unwrap_or_default();
        let SignInAllowance { refused_at, refused, requests, doublings, is_of_session, .. } =
            &self.sign_ins;
        [
            opened_at.get(),
            open_until.get(),
            said_until.get(),
            in_vain.get().into(),
            limit as u64,
            refused_at.get(),
            refused.get().into(),
            requests.get().into(),
            doublings.get().into(),
            is_of_session.get().into(),
        ]
    }

    /// `adopt(stored, now_ms, random)`
    ///
    /// Takes over pauses that another process has met, unless this one knows something newer.
    ///
    /// # Shapes
    /// - `random`: spreads the processes that wait for the end of the same pause
    pub fn adopt(&self, stored: [u64; STORED_NUMBERS], now_ms: u64, random: u32) {
        let [opened_at, open_until, said_until, in_vain, limit, allowance @ ..] = stored;
        self.circuit.adopt([opened_at, open_until, said_until, in_vain, limit], now_ms, random);
        self.sign_ins.adopt(allowance, now_ms);
    }
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Lets nothing through for as long as the service asks for a pause; then one
/// request, and if that is answered, all.
#[derive(Debug, Default)]
pub struct Circuit {
    /// Unix time in milliseconds; 0 as long as requests pass.
    open_until: Cell<u64>,
    opened_at: Cell<u64>,
    /// How much later than the process that met the pause this one tries.
    spread_ms: Cell<u64>,
    /// Until when the service wants no requests, which may be longer.
    said_until: Cell<u64>,
    pauses: Cell<u32>,
    /// Which limit the pause is for.
    limit: Cell<Option<Limit>>,
    /// How many requests in a row that tried were told to wait.
    in_vain: Cell<u32>,
    /// Until when a pause of another process, which is over, makes the next one longer.
    doubles_until: Cell<u64>,
}

/// That a request was let through, and after how many pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage(u32);

impl Circuit {
    /// `enter(now_ms, earlier) -> passage`
    ///
    /// # Shapes
    /// - `earlier`: what the sign-in has that goes on with this request; it may do so while it is
    ///   the one that tries
    /// # Errors
    /// [`Error::RateLimited`] if the request must not be sent.
    pub fn enter(&self, now_ms: u64, earlier: Option<Passage>) -> Result<Passage, Error> {
        if !self.counts(now_ms) && now_ms >= self.doubles_until.get() {
            self.clear();
        }
        let passage = Passage(self.pauses.get());
        let left = self.left_ms(now_ms);
        if left > 0 && earlier != Some(passage) {
            let left = left.max(self.said_until.get().saturating_sub(now_ms));
            let (retry_after_ms, limit) = (Some(left), self.limit.get());
            return Err(Error::RateLimited { retry_after_ms, limit, said: Said::NOTHING });
        }
        if self.is_open() {
            self.open(now_ms, PROBE_MS);
            self.said_until.set(0);
        }
        Ok(passage)
    }

    /// `is_open() -> bool`
    ///
    /// Whether the next request is the one that tries.
    pub fn is_open(&self) -> bool {
        self.open_until.get() != 0
    }

    /// `throttle(passage, now_ms, asked_ms, is_sealed) -> milliseconds`
    ///
    /// The service has asked for a pause; when it wants requests again. One request tries sooner
    /// if that is long. A late answer makes no pause shorter, and each one in vain makes the
    /// next longer.
    ///
    /// # Shapes
    /// - `is_sealed`: whether nobody but the service can have said it
    pub fn throttle(
        &self,
        passage: Passage,
        now_ms: u64,
        asked_ms: Option<u64>,
        is_sealed: bool,
    ) -> u64 {
        if passage == Passage(self.pauses.get()) {
            let is_in_vain = self.is_open() || now_ms < self.doubles_until.get();
            self.in_vain.set(if is_in_vain { self.in_vain.get() + 1 } else { 0 });
        }
        let in_vain = self.in_vain.get().min(MAX_DOUBLINGS);
        let (asked, least) = match asked_ms {
            Some(asked) => (asked, MIN_PAUSE_MS << in_vain.saturating_sub(1)),
            None => (0, DEFAULT_PAUSE_MS << in_vain),
        };
        let asked = asked.max(least.min(MAX_PAUSE_MS)).min(MAX_SAID_MS);
        let longest = if is_sealed { MAX_SAID_MS } else { MAX_PAUSE_MS };
        let pause = asked.min(longest).max(self.left_ms(now_ms));
        self.said_until.set(self.said_until.get().max(now_ms + asked.max(pause)));
        self.pauses.set(self.pauses.get().wrapping_add(1));
        self.open(now_ms, pause);
        self.said_until.get() - now_ms
    }

    /// `is_due(now_ms) -> bool`
    ///
    /// Whether a pause is over, and the next request would try.
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.is_open() && self.left_ms(now_ms) == 0
    }

    /// For how much longer the service wants no requests.
    fn wanted_ms(&self, now_ms: u64) -> u64 {
        let until = self.open_until.get().max(self.said_until.get());
        if self.is_open() { until.saturating_sub(now_ms) } else { 0 }
    }

    fn adopt(&self, stored: [u64; 5], now_ms: u64, random: u32) {
        let [opened_at, open_until, said_until, in_vain, limit] = stored;
        // The other process's clock may be a little ahead.
        let opened_at = opened_at.min(now_ms);
        let latest = now_ms + MAX_SAID_MS;
        if open_until == 0 || opened_at <= self.opened_at.get() || open_until > latest {
            return;
        }
        if open_until <= now_ms {
            // It is over. Should the next request be told to wait again, it was one in vain.
            self.in_vain.set(count(in_vain));
            self.doubles_until.set(open_until + MAX_PAUSE_MS);
            return;
        }
        let left = open_until.saturating_sub(now_ms);
        let spread = ((left / SPREAD).min(MAX_SPREAD_MS) * u64::from(random)) >> 32;
        self.opened_at.set(opened_at);
        self.open_until.set(open_until);
        self.spread_ms.set(spread);
        self.said_until.set(said_until.min(latest));
        self.in_vain.set(count(in_vain));
        self.limit.set(LIMITS.get(limit as usize).copied().flatten());
        self.pauses.set(self.pauses.get().wrapping_add(1));
    }

    /// `limited(limit)`
    ///
    /// Which limit the pause is for that has just begun.
    pub fn limited(&self, limit: Option<Limit>) {
        self.limit.set(limit);
    }

    /// A clock that was set back does not make the pause longer.
    fn left_ms(&self, now_ms: u64) -> u64 {
        let until = self.open_until.get() + self.spread_ms.get();
        let is_paused = (self.opened_at.get()..until).contains(&now_ms);
        if is_paused { until - now_ms } else { 0 }
    }

    fn open(&self, now_ms: u64, pause_ms: u64) {
        self.opened_at.set(now_ms);
        self.open_until.set(now_ms + pause_ms);
        self.spread_ms.set(0);
    }

    /// `pass(passage) -> ends_pause`
    ///
    /// The service has answered. Of a request that was sent before the pause that
    /// says nothing.
    pub fn pass(&self, passage: Passage) -> bool {
        let is_after = passage == Passage(self.pauses.get());
        let ends_pause = is_after && self.is_open();
        if is_after {
            self.clear();
        }
        ends_pause
    }

    /// `fail(passage)`
    ///
    /// No answer came, or one that says nothing of a session's requests: another request may try
    /// at once.
    pub fn fail(&self, passage: Passage) {
        if passage == Passage(self.pauses.get()) && self.is_open() {
            self.open_until.set(self.opened_at.get().max(1));
        }
    }

    /// Also for a while after a pause: one more in vain makes the next longer.
    fn counts(&self, now_ms: u64) -> bool {
        (self.opened_at.get()..self.open_until.get() + MAX_PAUSE_MS).contains(&now_ms)
            && self.is_open()
    }

    fn clear(&self) {
        self.open_until.set(0);
        self.spread_ms.set(0);
        self.said_until.set(0);
        self.in_vain.set(0);
        self.doubles_until.set(0);
    }
}

/// How often sign-ins with a token are sent that the service refuses: a few as they come, then one
/// at a time, after pauses that double.
#[derive(Debug, Default)]
pub struct SignInAllowance {
    /// How many were refused since one was accepted, and of these how many since others were told.
    refused: Cell<u32>,
    untold: Cell<u32>,
    refused_at: Cell<u64>,
    /// How many requests the last one took.
    requests: Cell<u32>,
    /// How often the pause has doubled: once for each request.
    doublings: Cell<u32>,
    /// Whether it was a session, right after it began: another one that begins shows nothing.
    is_of_session: Cell<bool>,
    under_way: Cell<u32>,
    /// When the newest of those was refused that others have told of, or one was accepted here.
    told_at: Cell<u64>,
    /// Whether the last one was accepted.
    is_accepted: Cell<bool>,
}

/// Why there may be no sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// As many are under way as may be refused.
    Busy,
    /// For so many milliseconds.
    Paused(u64),
}

/// A sign-in under way.
#[derive(Debug)]
pub struct Attempt<'a>(&'a SignInAllowance);

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
    }
}

impl SignInAllowance {
    /// What was refused long ago is over, and so is what a clock that was set back has left in
    /// the future.
    fn counts(&self, now_ms: u64) -> bool {
        let at = self.refused_at.get();
        self.refused.get() > 0 && (at..at + REFUSAL_COUNTS_MS).contains(&now_ms)
    }

    fn pause_ms(&self) -> u64 {
        let most = match self.requests.get() {
            requests @ ..=SIGN_IN_REQUESTS => {
                (MAX_SIGN_IN_PAUSE_MS * u64::from(requests)).min(MAX_PAUSE_MS)
            }
            _ => MAX_SESSION_PAUSE_MS,
        };
        if self.refused.get() < self.burst() {
            return 0;
        }
        (SIGN_IN_PAUSE_MS << self.doublings.get().min(MAX_DOUBLINGS)).min(most)
    }

    /// How many are refused before there is a pause, as the last one was.
    const fn burst(&self) -> u32 {
        if self.requests.get() < SIGN_IN_REQUESTS { SIGN_IN_BURST } else { WHOLE_SIGN_IN_BURST }
    }

    /// `begin(now_ms) -> attempt`
    ///
    /// # Errors
    /// [`NotNow`] if there may be none now.
    pub fn begin(&self, now_ms: u64) -> Result<Attempt<'_>, NotNow> {
        if !self.counts(now_ms) {
            self.clear();
        }
        let (refused, under_way) = (self.refused.get(), self.under_way.get());
        // Where the last was accepted, nothing is against many at once: calls in Workers
        // cannot wait for each other.
        if !self.is_accepted.get() && under_way > 0 && refused + under_way >= SIGN_INS_AT_ONCE {
            return Err(NotNow::Busy);
        }
        let next = match self.pause_ms() {
            0 => now_ms,
            _ if under_way > 0 => now_ms + SIGN_IN_PAUSE_MS,
            pause => self.refused_at.get() + pause,
        };
        if next > now_ms {
            return Err(NotNow::Paused(next - now_ms));
        }
        self.under_way.set(under_way + 1);
        Ok(Attempt(self))
    }

    /// `refused(now_ms, requests)`
    ///
    /// A sign-in was answered, and not as hoped, after so many requests.
    pub fn refused(&self, now_ms: u64, requests: u32) {
        if !self.counts(now_ms) {
            self.clear();
        }
        self.requests.set(requests);
        if self.refused.get() >= self.burst() {
            self.doublings.set(self.doublings.get().saturating_add(requests));
        }
        self.is_accepted.set(false);
        self.refused.set(self.refused.get().saturating_add(1));
        self.untold.set(self.untold.get().saturating_add(1));
        self.refused_at.set(now_ms);
    }

    /// `session_refused(now_ms)`
    ///
    /// The session that a sign-in gave was refused at once. Two of them in a row are enough.
    pub fn session_refused(&self, now_ms: u64) {
        self.refused(now_ms, 2 * SIGN_IN_REQUESTS);
        self.refused.set(self.refused.get().max(SIGN_IN_BURST));
        self.is_of_session.set(true);
    }

    /// `accepted(now_ms)`
    ///
    /// Signed in.
    pub fn accepted(&self, now_ms: u64) {
        self.is_accepted.set(true);
        if !self.is_of_session.get() {
            self.clear();
            self.told_at.set(now_ms);
        }
    }

    /// `is_due(now_ms) -> bool`
    ///
    /// Whether the pause after refused sign-ins is over, and the next one would try.
    pub fn is_due(&self, now_ms: u64) -> bool {
        let pause = self.pause_ms();
        self.counts(now_ms) && pause > 0 && self.refused_at.get() + pause <= now_ms
    }

    fn adopt(&self, stored: [u64; 5], now_ms: u64) {
        let [refused_at, refused, requests, doublings, is_of_session] = stored;
        let refused_at = refused_at.min(now_ms);
        let is_over = refused_at + REFUSAL_COUNTS_MS <= now_ms;
        if refused == 0 || refused_at <= self.told_at.get() || is_over {
            return;
        }
        self.told_at.set(refused_at);
        // Those of other processes, and what they do not know yet.
        let all = count(refused).saturating_add(self.untold.get());
        self.refused_at.set(refused_at.max(self.refused_at.get()));
        self.refused.set(all.max(self.refused.get()));
        self.requests.set(count(requests));
        self.doublings.set(count(doublings));
        self.is_of_session.set(is_of_session != 0);
        self.is_accepted.set(false);
    }

    fn clear(&self) {
        self.refused.set(0);
        self.untold.set(0);
        self.doublings.set(0);
        self.is_of_session.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { retries: 2, min_ms: 100, max_ms: 150 };

    fn server_error(status: u16, retry_after_ms: Option<u64>) -> Error {
        Error::ServerError { action: "look", status, retry_after_ms, said: Said::NOTHING }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let error = server_error(503, None);
        let pause = |retry, random| BACKOFF.pause_ms(&error, retry, random);
        assert_eq!([pause(0, 0), pause(0, u32::MAX)], [Some(0), Some(99)]);
        assert_eq!([pause(1, u32::MAX), pause(2, 0)], [Some(149), None]);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, again) in [(408, true), (500, true), (501, false), (504, true), (400, false)] {
            let error = server_error(status, None);
            assert_eq!(BACKOFF.pause_ms(&error, 0, 0).is_some(), again, "{status}");
        }
        let conflict = Error::Conflict { action: "look", said: Said::NOTHING };
        assert_eq!(BACKOFF.pause_ms(&conflict, 0, 0), None);
    }

    #[test]
    fn the_service_says_when() {
        let pause = |asked| BACKOFF.pause_ms(&server_error(503, Some(asked)), 0, u32::MAX);
        assert_eq!([pause(120), pause(5), pause(151)], [Some(120), Some(99), None]);
    }

    /// The pause after an answer that comes now, to a request that is sent now.
    fn throttled(circuit: &Circuit, now_ms: u64, asked_ms: Option<u64>) -> u64 {
        let passage = circuit.enter(now_ms, None).unwrap();
        circuit.throttle(passage, now_ms, asked_ms, false)
    }

    #[test]
    fn nothing_passes_until_the_pause_is_over_then_one_request() {
        let circuit = Circuit::default();
        let passage = circuit.enter(1_000, None).unwrap();
        assert_eq!(circuit.throttle(passage, 1_000, Some(5_000), false), 5_000);
        let refused = circuit.enter(2_000, None).unwrap_err();
        assert_eq!(refused.retry_after_ms(), Some(4_000));
        circuit.pass(passage);
        assert!(circuit.enter(2_000, None).is_err(), "that one was sent before");
        let probe = circuit.enter(6_000, None).unwrap();
        assert!(circuit.enter(6_000, None).is_err());
        circuit.pass(probe);
        assert!(circuit.enter(6_001, None).is_ok() && circuit.enter(6_001, None).is_ok());
        throttled(&circuit, 9_000, Some(5_000));
        assert!(circuit.enter(1_000, None).is_ok(), "the clock was set back");
    }

    #[test]
    fn pauses_are_neither_none_nor_endless_and_none_gets_shorter() {
        assert_eq!(throttled(&Circuit::default(), 0, Some(0)), MIN_PAUSE_MS);
        let circuit = Circuit::default();
        let passage = circuit.enter(0, None).unwrap();
        assert_eq!(circuit.throttle(passage, 0, None, false), DEFAULT_PAUSE_MS);
        let late = circuit.throttle(passage, 10_000, Some(1_000), false);
        assert_eq!(late, DEFAULT_PAUSE_MS - 10_000);
        assert_eq!(throttled(&Circuit::default(), 0, Some(u64::MAX)), MAX_SAID_MS);
    }

    #[test]
    fn what_anyone_may_have_said_is_tried_after_five_minutes_at_the_latest() {
        let (now, day) = (1_800_000_000_000, Some(MAX_SAID_MS));
        let circuit = Circuit::default();
        assert_eq!(throttled(&circuit, now, day), MAX_SAID_MS);
        let refused = circuit.enter(now + MAX_PAUSE_MS - 1, None).unwrap_err();
        assert_eq!(refused.retry_after_ms(), Some(MAX_SAID_MS - MAX_PAUSE_MS + 1));
        let probe = circuit.enter(now + MAX_PAUSE_MS, None).unwrap();
        // What is said last counts.
        assert_eq!(circuit.throttle(probe, now + MAX_PAUSE_MS, Some(2_000), false), 2_000);
        let circuit = Circuit::default();
        let passage = circuit.enter(now, None).unwrap();
        circuit.throttle(passage, now, day, true);
        assert!(circuit.enter(now + MAX_SAID_MS - 1, None).is_err(), "it was sealed");
        circuit.clear();
        assert!(circuit.enter(now, None).is_ok());
    }

    #[test]
    fn each_pause_in_vain_makes_the_next_longer() {
        for (asked, pauses) in [
            (Some(1_000), [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
            (None, [30, 60, 120, 240, 300, 300, 300, 300, 300, 300, 300, 300]),
        ] {
            let circuit = Circuit::default();
            let mut now = 1_000;
            for seconds in pauses {
                assert_eq!(throttled(&circuit, now, asked), seconds * 1_000);
                now += seconds * 1_000;
            }
            let probe = circuit.enter(now, None).unwrap();
            circuit.pass(probe);
            assert_eq!(throttled(&circuit, now, asked), pauses[0] * 1_000, "one was answered");
            now += pauses[0] * 1_000;
            throttled(&circuit, now, asked);
            now += 2 * MAX_PAUSE_MS;
            assert_eq!(throttled(&circuit, now, asked), pauses[0] * 1_000, "long ago");
        }
    }

    #[test]
    fn a_sign_in_that_tries_goes_on_to_its_end() {
        let circuit = Circuit::default();
        throttled(&circuit, 1_000, Some(1_000));
        let first = circuit.enter(2_000, None).unwrap();
        assert_eq!(circuit.enter(2_500, Some(first)), Ok(first));
        assert!(circuit.enter(2_500, None).is_err());
        circuit.fail(first);
        let next = circuit.enter(2_600, None).unwrap();
        circuit.throttle(next, 2_600, Some(9_000), false);
        assert!(circuit.enter(2_700, Some(first)).is_err(), "it has ended in another pause");
    }

    #[test]
    fn a_request_that_gets_no_answer_does_not_keep_the_next_from_trying() {
        for now in [0, 5_000] {
            let circuit = Circuit::default();
            throttled(&circuit, now, Some(1_000));
            let probe = circuit.enter(now + 1_000, None).unwrap();
            circuit.fail(probe);
            assert!(circuit.enter(now + 1_001, None).is_ok());
            assert!(circuit.enter(now + 1_001, None).is_err());
        }
    }

    const NOW: u64 = 1_800_000_000_000;

    /// When sign-ins are sent that are refused after so many requests each, in seconds of an hour
    /// in which one is wanted each second.
    fn sent_in_an_hour(requests: u32) -> Vec<u64> {
        let allowance = SignInAllowance::default();
        let sent = |second: &u64| {
            let now = NOW + second * 1_000;
            let begun = allowance.begin(now).is_ok();
            if begun {
                allowance.refused(now, requests);
            }
            begun
        };
        (0..3_600).filter(sent).collect()
    }

    #[test]
    fn refused_sign_ins_are_soon_few() {
        for (requests, first) in [
            (1, [0, 1, 2, 3, 4, 5, 15, 35, 75, 155, 305].as_slice()),
            (2, &[0, 1, 2, 3, 4, 5, 15, 55, 215, 515]),
            (3, &[0, 1, 2, 3, 4, 5, 15, 95, 395]),
            (4, &[0, 1, 11, 171, 471]),
        ] {
            let sent = sent_in_an_hour(requests);
            assert_eq!(sent.get(..first.len()), Some(first), "{requests}");
            assert!(sent.windows(2).all(|two| two[1] - two[0] <= MAX_PAUSE_MS / 1_000), "{sent:?}");
            let count = sent.len() as u32 * requests;
            assert!(count <= 60, "{requests}: {count}");
        }
    }

    #[test]
    fn a_sign_in_that_is_accepted_ends_the_pauses_unless_its_session_is_refused() {
        let allowance = SignInAllowance::default();
        (0..9).for_each(|_| allowance.refused(NOW, 1));
        assert!(allowance.begin(NOW + 1).is_err());
        allowance.accepted(0);
        assert!(allowance.begin(NOW + 1).is_ok());
        allowance.session_refused(NOW);
        allowance.accepted(0);
        assert_eq!(allowance.begin(NOW + 1_000).err(), Some(NotNow::Paused(9_000)));
        assert!(allowance.begin(NOW + REFUSAL_COUNTS_MS).is_ok(), "long ago");
        allowance.session_refused(NOW);
        assert!(allowance.begin(NOW - 1).is_ok(), "the clock was set back");
    }

    #[test]
    fn after_several_refusals_one_sign_in_at_a_time() {
        let allowance = SignInAllowance::default();
        (0..SIGN_IN_BURST).for_each(|_| allowance.refused(1_000, 1));
        assert_eq!(allowance.begin(2_000).err(), Some(NotNow::Paused(9_000)));
        let one = allowance.begin(11_000).unwrap();
        assert!(allowance.begin(11_000).is_err());
        drop(one);
        assert!(allowance.begin(11_000).is_ok());
    }

    #[test]
    fn as_many_at_once_as_may_be_refused_until_one_is_accepted() {
        let allowance = SignInAllowance::default();
        let first: Vec<_> = (0..20).map_while(|_| allowance.begin(1_000).ok()).collect();
        assert_eq!(first.len(), SIGN_INS_AT_ONCE as usize);
        assert_eq!(allowance.begin(1_000).err(), Some(NotNow::Busy));
        allowance.accepted(0);
        assert!(allowance.begin(1_000).is_ok());
    }

    #[test]
    fn clients_of_one_token_stand_alike_also_those_that_come_later() {
        throttled(&Standing::of("a", NOW).circuit, NOW, Some(60_000));
        Standing::of("b", NOW).sign_ins.session_refused(NOW);
        assert!(Standing::of("a", NOW + 59_999).circuit.enter(NOW + 59_999, None).is_err());
        assert!(Standing::of("b", NOW + 1).sign_ins.begin(NOW + 1).is_err());
        assert!(Standing::of("b", NOW).circuit.enter(NOW, None).is_ok());
        // By themselves they end.
        Standing::of("c", NOW + REFUSAL_COUNTS_MS);
        assert_eq!(STANDINGS.with_borrow(Vec::len), 1);
        let standing = Standing::of("d", NOW);
        throttled(&standing.circuit, NOW, None);
        standing.sign_ins.session_refused(NOW);
        standing.clear(0);
        assert!(!standing.counts(NOW) && standing.circuit.enter(NOW, None).is_ok());
    }

    #[test]
    fn a_pause_is_passed_on_as_long_as_it_is() {
        let first = Standing::default();
        throttled(&first.circuit, NOW, Some(80_000));
        let mut stored = first.stored();
        for _ in 0..5 {
            let other = Standing::default();
            other.adopt(stored, NOW + 1_000, u32::MAX);
            let waits = other.circuit.enter(NOW + 1_000, None).unwrap_err().retry_after_ms();
            assert!((79_000..=89_000).contains(&waits.unwrap()), "{waits:?}");
            stored = other.stored();
        }
        assert_eq!(stored, first.stored());
    }

    #[test]
    fn a_pause_that_is_over_makes_the_next_one_longer_and_holds_nothing_up() {
        let first = Standing::default();
        throttled(&first.circuit, NOW, None);
        let other = Standing::default();
        other.adopt(first.stored(), NOW + DEFAULT_PAUSE_MS, 0);
        assert!(!other.circuit.is_open());
        let both = [(); 2].map(|()| other.circuit.enter(NOW + DEFAULT_PAUSE_MS, None).unwrap());
        let pause = other.circuit.throttle(both[0], NOW + DEFAULT_PAUSE_MS, None, false);
        assert_eq!(pause, 2 * DEFAULT_PAUSE_MS);
    }

    #[test]
    fn refusals_of_several_processes_add_up() {
        let first = SignInAllowance::default();
        (0..3).for_each(|_| first.refused(NOW, 1));
        let told = Standing { sign_ins: first, ..Standing::default() }.stored();
        let second = Standing::default();
        (0..2).for_each(|_| second.sign_ins.refused(NOW + 1, 1));
        second.adopt(told, NOW + 2, 0);
        assert_eq!(second.sign_ins.refused.get(), 5);
        let told = second.stored();
        second.adopt(told, NOW + 3, 0);
        assert_eq!(second.sign_ins.refused.get(), 5, "its own are not counted twice");
        let late = Standing::default();
        late.adopt(told, NOW + 2 + REFUSAL_COUNTS_MS, 0);
        assert_eq!(late.sign_ins.refused.get(), 0);
        late.sign_ins.accepted(NOW + 4);
        late.adopt(told, NOW + 5, 0);
        assert_eq!(late.sign_ins.refused.get(), 0, "since then one was accepted");
    }
}
