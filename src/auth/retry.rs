//! When to try again, and when not to ask at all.

use crate::base::error::Error;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

/// What a 429 that does not say for how long is taken for.
const DEFAULT_PAUSE_MS: u64 = 30_000;
/// A pause that is over when the answer comes would be none.
const MIN_PAUSE_MS: u64 = 1_000;
/// The longest pause that is believed: a day, as quotas have it.
const MAX_PAUSE_MS: u64 = 24 * 60 * 60 * 1000;
/// While one request tries whether the service answers again, the others do not.
const PROBE_MS: u64 = 1_000;
/// Refused sign-ins that are sent without a pause.
const SIGN_IN_BURST: usize = 6;
const SIGN_IN_PAUSE_MS: u64 = 10_000;
const SIGN_INS_A_MINUTE: usize = 9;
const MINUTE_MS: u64 = 60_000;

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
        Error::Network { .. } => true,
        Error::ServerError { status, .. } => matches!(status, 408 | 500 | 502 | 503 | 504),
        _ => false,
    }
}

/// Lets nothing through for as long as the service asks for a pause; then one
/// request, and if that is answered, all.
#[derive(Debug, Default)]
pub struct Circuit {
    /// Unix time in milliseconds; 0 as long as requests pass.
    open_until: Cell<u64>,
    opened_at: Cell<u64>,
    pauses: Cell<u32>,
}

/// That a request was let through, and after how many pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage(u32);

impl Circuit {
    /// `enter(now_ms) -> passage`
    ///
    /// # Errors
    /// [`Error::RateLimited`] if the request must not be sent.
    pub fn enter(&self, now_ms: u64) -> Result<Passage, Error> {
        match self.left_ms(now_ms) {
            0 if self.is_open() => self.open(now_ms, PROBE_MS),
            0 => {}
            left => {
                return Err(Error::RateLimited { retry_after_ms: Some(left), error_code: None });
            }
        }
        Ok(Passage(self.pauses.get()))
    }

    /// `is_open() -> bool`
    ///
    /// Whether the next request is the one that tries.
    pub fn is_open(&self) -> bool {
        self.open_until.get() != 0
    }

    /// `throttle(now_ms, asked_ms) -> milliseconds`
    ///
    /// The service has asked for a pause; how long it will be. A late answer makes
    /// none shorter.
    pub fn throttle(&self, now_ms: u64, asked_ms: Option<u64>) -> u64 {
        let asked = asked_ms.unwrap_or(DEFAULT_PAUSE_MS).clamp(MIN_PAUSE_MS, MAX_PAUSE_MS);
        let pause = asked.max(self.left_ms(now_ms));
        self.pauses.set(self.pauses.get().wrapping_add(1));
        self.open(now_ms, pause);
        pause
    }

    /// A clock that was set back does not make the pause longer.
    fn left_ms(&self, now_ms: u64) -> u64 {
        let is_paused = (self.opened_at.get()..self.open_until.get()).contains(&now_ms);
        if is_paused { self.open_until.get() - now_ms } else { 0 }
    }

    fn open(&self, now_ms: u64, pause_ms: u64) {
        self.opened_at.set(now_ms);
        self.open_until.set(now_ms + pause_ms);
    }

    /// `pass(passage)`
    ///
    /// The service has answered. Of a request that was sent before the pause that
    /// says nothing.
    pub fn pass(&self, passage: Passage) {
        if passage == Passage(self.pauses.get()) {
            self.open_until.set(0);
        }
    }

    /// `fail(passage)`
    ///
    /// No answer came: another request may try at once.
    pub fn fail(&self, passage: Passage) {
        if passage == Passage(self.pauses.get()) && self.is_open() {
            self.open_until.set(self.opened_at.get().max(1));
        }
    }
}

thread_local! {
    static ALLOWANCES: RefCell<Vec<(String, Rc<SignInAllowance>)>> = RefCell::default();
}

/// How many refused sign-ins there may be with a token: fewer than ten a minute, and
/// after a few of them one at a time, ten seconds apart.
#[derive(Debug, Default)]
pub struct SignInAllowance {
    /// When they were refused, the oldest first.
    refused: RefCell<VecDeque<u64>>,
    under_way: Cell<usize>,
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
    /// `of(token, now_ms) -> allowance`
    ///
    /// The one of a token, for all clients of this process.
    ///
    /// # Shapes
    /// - `token`: what tells it from others, nothing secret
    pub fn of(token: &str, now_ms: u64) -> Rc<Self> {
        ALLOWANCES.with_borrow_mut(|all| {
            all.retain(|(_, of)| Rc::strong_count(of) > 1 || of.recent(now_ms).0 > 0);
            if let Some((_, known)) = all.iter().find(|(name, _)| name == token) {
                return Rc::clone(known);
            }
            let allowance = Rc::default();
            all.push((token.to_owned(), Rc::clone(&allowance)));
            allowance
        })
    }

    /// How many were refused within a minute, and when the first and the last of them.
    fn recent(&self, now_ms: u64) -> (usize, u64, u64) {
        let mut refused = self.refused.borrow_mut();
        // What a clock that was set back has left in the future is over, too.
        refused.retain(|at| (*at..*at + MINUTE_MS).contains(&now_ms));
        let end = |at: Option<&u64>| at.copied().unwrap_or(now_ms);
        (refused.len(), end(refused.front()), end(refused.back()))
    }

    /// `begin(now_ms) -> attempt`
    ///
    /// # Errors
    /// [`NotNow`] if there may be none now.
    pub fn begin(&self, now_ms: u64) -> Result<Attempt<'_>, NotNow> {
        let (refused, first, last) = self.recent(now_ms);
        let under_way = self.under_way.get();
        // Where the last was accepted, nothing is against many at once: calls in Workers
        // cannot wait for each other.
        if !self.is_accepted.get() && under_way > 0 && refused + under_way >= SIGN_INS_A_MINUTE {
            return Err(NotNow::Busy);
        }
        let next = match refused {
            0..SIGN_IN_BURST => now_ms,
            _ if under_way > 0 => now_ms + SIGN_IN_PAUSE_MS,
            SIGN_IN_BURST..SIGN_INS_A_MINUTE => last + SIGN_IN_PAUSE_MS,
            _ => first + MINUTE_MS,
        };
        if next > now_ms {
            return Err(NotNow::Paused(next - now_ms));
        }
        self.under_way.set(self.under_way.get() + 1);
        Ok(Attempt(self))
    }

    /// `refused(now_ms)`
    ///
    /// A sign-in was answered, and not as hoped; or the session that it gave was.
    pub fn refused(&self, now_ms: u64) {
        self.is_accepted.set(false);
        self.refused.borrow_mut().push_back(now_ms);
    }

    /// `accepted()`
    ///
    /// Signed in.
    pub fn accepted(&self) {
        self.is_accepted.set(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { retries: 2, min_ms: 100, max_ms: 150 };

    fn server_error(status: u16, retry_after_ms: Option<u64>) -> Error {
        Error::ServerError { action: "look", status, retry_after_ms, error_code: None }
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
        let conflict = Error::Conflict { action: "look", error_code: None };
        assert_eq!(BACKOFF.pause_ms(&conflict, 0, 0), None);
    }

    #[test]
    fn the_service_says_when() {
        let pause = |asked| BACKOFF.pause_ms(&server_error(503, Some(asked)), 0, u32::MAX);
        assert_eq!([pause(120), pause(5), pause(151)], [Some(120), Some(99), None]);
    }

    #[test]
    fn nothing_passes_until_the_pause_is_over_then_one_request() {
        let circuit = Circuit::default();
        let passage = circuit.enter(1_000).unwrap();
        assert_eq!(circuit.throttle(1_000, Some(5_000)), 5_000);
        let refused = circuit.enter(2_000).unwrap_err();
        assert_eq!(refused.retry_after_ms(), Some(4_000));
        circuit.pass(passage);
        assert!(circuit.enter(2_000).is_err(), "that one was sent before");
        let probe = circuit.enter(6_000).unwrap();
        assert!(circuit.enter(6_000).is_err());
        circuit.pass(probe);
        assert!(circuit.enter(6_001).is_ok() && circuit.enter(6_001).is_ok());
        circuit.throttle(9_000, Some(5_000));
        assert!(circuit.enter(1_000).is_ok(), "the clock was set back");
    }

    #[test]
    fn pauses_are_neither_none_nor_endless_and_none_gets_shorter() {
        let circuit = Circuit::default();
        assert_eq!(circuit.throttle(0, Some(0)), MIN_PAUSE_MS);
        assert_eq!(circuit.throttle(0, None), DEFAULT_PAUSE_MS);
        assert_eq!(circuit.throttle(10_000, Some(1_000)), DEFAULT_PAUSE_MS - 10_000);
        assert_eq!(circuit.throttle(0, Some(u64::MAX)), MAX_PAUSE_MS);
    }

    #[test]
    fn a_request_that_gets_no_answer_does_not_keep_the_next_from_trying() {
        for now in [0, 5_000] {
            let circuit = Circuit::default();
            circuit.throttle(now, Some(1_000));
            let probe = circuit.enter(now + 1_000).unwrap();
            circuit.fail(probe);
            assert!(circuit.enter(now + 1_001).is_ok());
            assert!(circuit.enter(now + 1_001).is_err());
        }
    }

    #[test]
    fn refused_sign_ins_stay_below_ten_a_minute() {
        let allowance = SignInAllowance::default();
        let start = 1_800_000_000_000;
        let mut sent = Vec::new();
        for now in (start..start + 300_000).step_by(100) {
            if allowance.begin(now).is_ok() {
                sent.push(now);
                allowance.refused(now);
            }
        }
        for from in &sent {
            let minute = *from..from + 60_000;
            assert!(sent.iter().filter(|at| minute.contains(at)).count() < 10);
        }
        assert_eq!(sent.iter().filter(|at| **at < start + 10_000).count(), SIGN_IN_BURST);
        assert!(sent.len() > 25);
        assert!(allowance.begin(start - 1).is_ok(), "the clock was set back");
    }

    #[test]
    fn after_several_refusals_one_sign_in_at_a_time() {
        let allowance = SignInAllowance::default();
        (0..SIGN_IN_BURST).for_each(|_| allowance.refused(1_000));
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
        assert_eq!(first.len(), SIGN_INS_A_MINUTE);
        assert_eq!(allowance.begin(1_000).err(), Some(NotNow::Busy));
        allowance.accepted();
        assert!(allowance.begin(1_000).is_ok());
    }

    #[test]
    fn clients_of_one_token_share_an_allowance() {
        let refused = SignInAllowance::of("a", 1_000);
        refused.refused(1_000);
        drop(refused);
        assert_eq!(SignInAllowance::of("b", 1_000).recent(1_000).0, 0);
        assert_eq!(SignInAllowance::of("a", 1_000).recent(1_000).0, 1);
        SignInAllowance::of("b", 1_000_000);
        assert_eq!(ALLOWANCES.with_borrow(Vec::len), 1);
    }
}
