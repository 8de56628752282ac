//! What a `fetch` threw. Only its name, message and code are kept, as text: an error of a
//! foreign `fetch` may hold the request.

use super::js::get;
use crate::base::{encoding::visible, error::Error};
use wasm_bindgen::prelude::*;

const MAX_CAUSE_CHARS: usize = 300;
/// Keys, proofs, tokens and ids of sessions are no shorter.
const SHORTEST_KEY_CHARS: usize = 16;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was aborted.
    Aborted,
    /// It ran out of a time that the `fetch` keeps.
    Timeout,
    /// The server redirects.
    Redirect,
    /// The answer cannot be looked at.
    Opaque,
    /// The body is too long.
    TooLong,
    /// Anything else, in the words of whoever threw it.
    Network(String),
    /// What was answered is no answer.
    NoResponse,
}

pub(super) const NO_RESPONSE: Failure = Failure::NoResponse;

impl Failure {
    /// Of the names and messages that errors have.
    fn named(name: &str, message: &str, code: &str) -> Self {
        match name {
            "AbortError" => Self::Aborted,
            "TimeoutError" => Self::Timeout,
            _ => {
                let mut cause = name.to_owned();
                for part in [message, code] {
                    if !cause.is_empty() && !part.is_empty() {
                        cause.push_str(": ");
                    }
                    cause.push_str(part);
                }
                Self::Network(cause)
            }
        }
    }

    pub(super) fn into_error(self, action: &'static str, host: String) -> Error {
        match self {
            Self::Aborted => Error::Aborted { action },
            Self::Timeout => Error::Timeout { action, host },
            Self::Redirect => {
                Error::Protocol { what: "the server redirects, and redirects are not followed" }
            }
            Self::Opaque => {
                Error::Protocol { what: "fetch gave an opaque answer, which cannot be read" }
            }
            Self::TooLong => Error::Protocol { what: "an answer is longer than 64 MiB" },
            Self::NoResponse => {
                let cause = "fetch did not answer with a Response".to_owned();
                Error::Network { action, host, cause }
            }
            Self::Network(cause) => {
                Error::Network { action, host, cause: visible(&without_keys(&cause)) }
            }
        }
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Self {
        told(&thrown).unwrap_or_else(|_| Self::Network(String::new()))
    }
}

impl From<gloo_net::Error> for Failure {
    fn from(error: gloo_net::Error) -> Self {
        match error {
            gloo_net::Error::JsError(error) => Self::named(&error.name, &error.message, ""),
            gloo_net::Error::GlooError(message) => Self::Network(message),
        }
    }
}

fn told(thrown: &JsValue) -> Result<Failure, JsValue> {
    if !thrown.is_object() {
        return Ok(Failure::Network(thrown.as_string().unwrap_or_default()));
    }
    let [name, message, cause] =
        [get(thrown, "name")?, get(thrown, "message")?, get(thrown, "cause")?];
    let code = if cause.is_object() { get(&cause, "code")? } else { JsValue::UNDEFINED };
    let text = |part: JsValue| part.as_string().unwrap_or_default();
    Ok(Failure::named(&text(name), &text(message), &text(code)))
}

/// A message of a mock or a proxy may quote the request: what has the length of a key is cut out.
fn without_keys(cause: &str) -> String {
    let is_of_keys = |c: char| c.is_ascii_alphanumeric() || "_-+/=%|".contains(c);
    let mut shown = String::new();
    let mut rest = cause;
    while !rest.is_empty() {
        let (word, tail) = rest.split_at(rest.find(|c| !is_of_keys(c)).unwrap_or(rest.len()));
        shown.push_str(if word.len() >= SHORTEST_KEY_CHARS { "…" } else { word });
        let (between, tail) = tail.split_at(tail.find(is_of_keys).unwrap_or(tail.len()));
        shown.push_str(between);
        rest = tail;
    }
    shown.chars().take(MAX_CAUSE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn error(code: &str) -> Error {
        let thrown = js_sys::eval(code).unwrap();
        Failure::from(thrown).into_error("look", "host".to_owned())
    }

    fn cause(code: &str) -> String {
        match error(code) {
            Error::Network { cause, .. } => cause,
            other => panic!("{other:?}"),
        }
    }

    #[wasm_bindgen_test]
    fn names_tell_what_happened() {
        assert_eq!(error("new DOMException('x', 'AbortError')"), Error::Aborted { action: "look" });
        let timeout = Error::Timeout { action: "look", host: "host".to_owned() };
        assert_eq!(error("({ name: 'TimeoutError' })"), timeout);
        assert_eq!(cause("new TypeError('fetch failed')"), "TypeError: fetch failed");
        let code = "new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })";
        assert_eq!(cause(code), "TypeError: fetch failed: ECONNRESET");
        assert_eq!(cause("'out of order'"), "out of order");
    }

    #[wasm_bindgen_test]
    fn what_says_nothing_has_no_cause() {
        for code in [
            "undefined",
            "null",
            "5",
            "({})",
            "({ name: 5, message: {} })",
            "({ get name() { throw 1 } })",
            "({ message: 'm', cause: { get code() { throw 1 } } })",
            "new Proxy({}, { get() { throw 1 } })",
        ] {
            assert_eq!(cause(code), "", "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn keys_are_cut_out_of_causes() {
        let key = "a1B2c3D4e5F6g7H8";
        assert_eq!(without_keys(&format!("x-mac: {key}, next")), "x-mac: …, next");
        assert_eq!(without_keys(&format!("{key}{key}")), "…");
        assert_eq!(without_keys("v4.public.short"), "v4.public.short");
        assert_eq!(without_keys("fifteen-letters"), "fifteen-letters");
        assert_eq!(without_keys("ä-fifteen-letters+1-ä"), "ä…ä");
        assert_eq!(without_keys(&"word ".repeat(1_000)).chars().count(), MAX_CAUSE_CHARS);
        let code = format!("new Error('the request was {{\"x\":\"{key}\"}}')");
        assert_eq!(cause(&code), "Error: the request was {\"x\":\"…\"}");
    }
}
