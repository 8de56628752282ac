//! HTTP, as the host sends and reads it.

use std::cell::Cell;

/// The longest answers that are read: of a step of a sign-in, or of an error.
pub const SHORT_BYTES: u64 = 64 * 1024;
/// Of all answers of a module that are under way or not done with: above what three of the longest
/// have.
const ALLOWANCE_BYTES: u64 = 192 * 1024 * 1024;

/// A request, ready to be sent.
#[derive(Debug)]
pub struct HttpRequest {
    /// What it is for, in the words of an error message: “read the vault's items”.
    pub action: &'static str,
    /// HTTP method in upper case.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// The account's host, for error messages.
    pub host: String,
    /// Header names and values; the values are printable ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, if there is a body.
    pub body: Option<String>,
    /// The longest answer that is read, unless it is an error.
    pub max_bytes: u64,
}

impl HttpRequest {
    /// `limit(status) -> bytes`
    ///
    /// The longest body that is read of an answer with this status.
    pub fn limit(&self, status: u16) -> u64 {
        if status < 400 { self.max_bytes } else { self.max_bytes.min(SHORT_BYTES) }
    }
}

thread_local! {
    static HELD: Cell<u64> = const { Cell::new(0) };
}

/// The part that an answer has of the module's allowance, until it goes.
#[derive(Debug, Default)]
pub struct Held(Cell<u64>);

impl Held {
    /// `grow(bytes) -> bool`
    ///
    /// Whether so many more are within the allowance.
    #[must_use]
    pub fn grow(&self, bytes: u64) -> bool {
        let all = HELD.get().saturating_add(bytes);
        if all > ALLOWANCE_BYTES {
            return false;
        }
        HELD.set(all);
        self.0.set(self.0.get() + bytes);
        true
    }

    /// `shrink(bytes)`
    ///
    /// No more than so many are left of it.
    pub fn shrink(&self, bytes: u64) {
        let gone = self.0.get().saturating_sub(bytes);
        HELD.set(HELD.get() - gone);
        self.0.set(self.0.get() - gone);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get() - self.0.get());
    }
}

/// How far an answer has come, as its host reads it.
#[derive(Debug, Default)]
pub struct Progress {
    /// HTTP status; 0 before there is one.
    pub status: Cell<u16>,
    /// Length of what has come of the body.
    pub bytes: Cell<u64>,
}

/// An answer, read to its end.
#[derive(Debug, Default)]
pub struct HttpResponse {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// What `Retry-After` says (RFC 9110 §10.2.3), in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// By how many seconds the clock here is ahead of what `Date` says; 0 without it.
    pub ahead_s: i64,
    /// The body, empty if there was none.
    pub body: Vec<u8>,
    /// Whoever takes the body keeps this as long.
    pub held: Held,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_answers_share_an_allowance() {
        let (first, second) = (Held::default(), Held::default());
        assert!(first.grow(ALLOWANCE_BYTES - 10) && second.grow(10));
        assert!(!second.grow(1) && !first.grow(u64::MAX));
        drop(second);
        assert!(first.grow(10) && !first.grow(1));
        drop(first);
        assert!(Held::default().grow(ALLOWANCE_BYTES));
        assert_eq!(HELD.get(), 0);
    }

    #[test]
    fn an_error_is_short() {
        let request = |max_bytes| HttpRequest {
            action: "look",
            method: "GET",
            url: String::new(),
            host: String::new(),
            headers: Vec::new(),
            body: None,
            max_bytes,
        };
        assert_eq!(
            [200, 299, 400, 503].map(|status| request(1 << 20).limit(status)),
            [1 << 20, 1 << 20, SHORT_BYTES, SHORT_BYTES]
        );
        assert_eq!(request(5).limit(500), 5);
    }
}
