//! When to try again, and when not to ask at all.

use crate::error::Error;
use std::cell::Cell;

/// What a 429 that does not say for how long is taken for.
const DEFAULT_PAUSE_MS: u64 = 30_000;
/// The longest pause that is believed: a day, as quotas have it.
const MAX_PAUSE_MS: u64 = 24 * 60 * 60 * 1000;
/// While one request tries whether the service answers again, the others do not.
const PROBE_MS: u64 = 1_000;
/// Refused sign-ins in a row that are sent without a pause.
const SIGN_IN_BURST: u32 = 3;
/// After these there is one in so many milliseconds: nine in the first minute, six in the next.
const SIGN_IN_PAUSE_MS: u64 = 10_000;

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
}

impl Circuit {
    /// `enter(now_ms) -> ()`
    ///
    /// # Errors
    /// [`Error::RateLimited`] if the request must not be sent.
    pub fn enter(&self, now_ms: u64) -> Result<(), Error> {
        match self.open_until.get() {
            0 => Ok(()),
            // A clock that was set back does not make the pause longer.
            until if (self.opened_at.get()..until).contains(&now_ms) => {
                Err(Error::RateLimited { retry_after_ms: Some(until - now_ms), error_code: None })
            }
            _ => {
                self.open(now_ms, PROBE_MS);
                Ok(())
            }
        }
    }

    /// `is_open() -> bool`
    ///
    /// Whether the next request is the one that tries.
    pub fn is_open(&self) -> bool {
        self.open_until.get() != 0
    }

    /// `throttle(now_ms, asked_ms) -> milliseconds`
    ///
    /// The service has asked for a pause; how long it will be.
    pub fn throttle(&self, now_ms: u64, asked_ms: Option<u64>) -> u64 {
        let pause = asked_ms.unwrap_or(DEFAULT_PAUSE_MS).min(MAX_PAUSE_MS);
        self.open(now_ms, pause);
        pause
    }

    fn open(&self, now_ms: u64, pause_ms: u64) {
        self.opened_at.set(now_ms);
        self.open_until.set(now_ms + pause_ms);
    }

    /// `pass()`
    ///
    /// The service has answered.
    pub fn pass(&self) {
        self.open_until.set(0);
    }
}

/// How many more refused sign-ins there may be. Each takes one, and time gives
/// them back.
#[derive(Debug)]
pub struct SignInAllowance {
    left: Cell<u32>,
    since_ms: Cell<u64>,
}

impl Default for SignInAllowance {
    fn default() -> Self {
        Self { left: Cell::new(SIGN_IN_BURST), since_ms: Cell::new(0) }
    }
}

impl SignInAllowance {
    /// `is_spent(now_ms) -> bool`
    pub fn is_spent(&self, now_ms: u64) -> bool {
        // A clock that was set back begins the pause anew.
        self.since_ms.set(self.since_ms.get().min(now_ms));
        let gained = (now_ms - self.since_ms.get()) / SIGN_IN_PAUSE_MS;
        if gained > 0 {
            self.since_ms.set(now_ms);
            let left = u64::from(self.left.get()).saturating_add(gained);
            self.left.set(left.min(SIGN_IN_BURST.into()) as u32);
        }
        self.left.get() == 0
    }

    /// `renew()`
    ///
    /// As if none had been refused.
    pub fn renew(&self) {
        self.left.set(SIGN_IN_BURST);
    }

    /// `refused(now_ms)`
    ///
    /// A sign-in was answered, and not as hoped.
    pub fn refused(&self, now_ms: u64) {
        if self.left.get() == SIGN_IN_BURST {
            self.since_ms.set(now_ms);
        }
        self.left.set(self.left.get().saturating_sub(1));
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
        assert_eq!(circuit.enter(1_000), Ok(()));
        assert_eq!(circuit.throttle(1_000, Some(5_000)), 5_000);
        let refused = circuit.enter(2_000).unwrap_err();
        assert_eq!(refused.retry_after_ms(), Some(4_000));
        assert_eq!(circuit.enter(6_000), Ok(()));
        assert!(circuit.enter(6_000).is_err());
        circuit.pass();
        assert_eq!((circuit.enter(6_001), circuit.enter(6_001)), (Ok(()), Ok(())));
        circuit.throttle(9_000, Some(5_000));
        assert_eq!(circuit.enter(1_000), Ok(()), "the clock was set back");
        assert_eq!(circuit.throttle(0, None), DEFAULT_PAUSE_MS);
        assert_eq!(circuit.throttle(0, Some(u64::MAX)), MAX_PAUSE_MS);
    }

    #[test]
    fn refused_sign_ins_stay_below_ten_a_minute() {
        let allowance = SignInAllowance::default();
        let start = 1_800_000_000_000;
        let sent = (0..60_000).step_by(100).filter(|ms| {
            let sent = !allowance.is_spent(start + ms);
            if sent {
                allowance.refused(start + ms);
            }
            sent
        });
        assert!((3..10).contains(&sent.count()));
        assert!(!allowance.is_spent(start + 1_000_000));
    }
}
