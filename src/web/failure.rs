//! What a `fetch` threw. Only its name, message and code are kept, as text: an error of a
//! foreign `fetch` may hold the request.

use super::js::get;
use crate::base::{
    encoding::{is_error_code, without_keys},
    error::{Error, Obstacle},
};
use js_sys::Array;
use wasm_bindgen::prelude::*;

const MAX_CAUSE_CHARS: usize = 300;
/// Causes and their causes that are looked at.
const MAX_CAUSES: usize = 12;
/// Their codes that are told.
const MAX_CODES: usize = 3;

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
    /// The body is longer than so many bytes.
    TooLong(u64),
    /// It is more than the module has room for now.
    Crowded,
    /// Anything else, in the words of whoever threw it.
    Network(String),
    /// The same, where it is plain what stands in the way.
    Blocked(String, Obstacle),
    /// What was answered is no answer.
    NoResponse,
}

pub(super) const NO_RESPONSE: Failure = Failure::NoResponse;

impl Failure {
    /// Of the names and messages that errors have.
    fn named(name: &str, message: &str, of: &Causes) -> Self {
        match name {
            "AbortError" => Self::Aborted,
            "TimeoutError" => Self::Timeout,
            _ => {
                let mut cause = name.to_owned();
                for part in [message, &of.codes] {
                    if !cause.is_empty() && !part.is_empty() {
                        cause.push_str(": ");
                    }
                    cause.push_str(part);
                }
                let by = obstacle(message).or_else(|| obstacle(&of.texts));
                match by {
                    Some(by) => Self::Blocked(cause, by),
                    None => Self::Network(cause),
                }
            }
        }
    }

    pub(super) fn into_error(self, action: &'static str, host: String) -> Error {
        match self {
            Self::Aborted => Error::Aborted { action },
            Self::Timeout => Error::Timeout { action, host },
            Self::Redirect => Error::Protocol {
                what: "the server redirects, as proxies and login pages of networks (captive portals) do, and redirects are not followed",
            },
            Self::Opaque => {
                Error::Protocol { what: "fetch gave an opaque answer, which cannot be read" }
            }
            Self::TooLong(max_bytes) => Error::Protocol { what: too_long(max_bytes) },
            Self::Crowded => Error::Crowded { action },
            Self::NoResponse => {
                let cause = "fetch did not answer with a Response".to_owned();
                Error::Network { action, host, cause }
            }
            Self::Network(cause) => {
                Error::Network { action, host, cause: without_keys(&cause, MAX_CAUSE_CHARS) }
            }
            Self::Blocked(cause, by) => {
                let cause = without_keys(&cause, MAX_CAUSE_CHARS);
                Error::Blocked { action, host, cause, by }
            }
        }
    }
}

fn too_long(max_bytes: u64) -> &'static str {
    match max_bytes >> 10 {
        64 => "an answer is longer than 64 KiB",
        1024 => "an answer is longer than 1 MiB",
        4096 => "an answer is longer than 4 MiB",
        16_384 => "an answer is longer than 16 MiB",
        49_152 => "an answer is longer than 48 MiB",
        65_536 => "an answer is longer than 64 MiB",
        _ => "an answer is longer than all that was asked for may be",
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
            gloo_net::Error::JsError(error) => {
                Self::named(&error.name, &error.message, &Causes::default())
            }
            gloo_net::Error::GlooError(message) => Self::Network(message),
        }
    }
}

fn told(thrown: &JsValue) -> Result<Failure, JsValue> {
    if !thrown.is_object() {
        return Ok(Failure::Network(thrown.as_string().unwrap_or_default()));
    }
    let text = |name| get(thrown, name).map(|part| part.as_string().unwrap_or_default());
    let (name, message) = (text("name")?, text("message")?);
    Ok(Failure::named(&name, &message, &Causes::of(thrown)?))
}

/// What the causes of an error say: those of undici and Node hold the platform's code, at times
/// several of them.
#[derive(Default)]
struct Causes {
    codes: String,
    /// For what is looked for in it, never to be shown.
    texts: String,
}

impl Causes {
    fn of(thrown: &JsValue) -> Result<Self, JsValue> {
        let mut causes = Self::default();
        let mut left = vec![thrown.clone()];
        let (mut looked_at, mut codes) = (0, 0);
        while let Some(next) = left.pop()
            && looked_at < MAX_CAUSES
        {
            looked_at += 1;
            let text = |name| get(&next, name).map(|part| part.as_string().unwrap_or_default());
            let (code, message) = (text("code")?, text("message")?);
            if is_error_code(&code) && codes < MAX_CODES && !causes.codes.contains(&code) {
                codes += 1;
                causes.codes.push_str(if causes.codes.is_empty() { "" } else { ", " });
                causes.codes.push_str(&code);
            }
            causes.texts = [&causes.texts, " ", &code, " ", &message].concat();
            if let Ok(errors) = get(&next, "errors")?.dyn_into::<Array>() {
                let few = errors.length().min(MAX_CAUSES as u32);
                left.extend((0..few).map(|at| errors.get(at)).filter(JsValue::is_object));
            }
            left.extend(Some(get(&next, "cause")?).filter(JsValue::is_object));
        }
        Ok(causes)
    }
}

/// What stands in the way, in the codes of OpenSSL or in words: other runtimes have no codes.
fn obstacle(text: &str) -> Option<Obstacle> {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["CERT", "LEAF_SIGNATURE", "INVALID_CA", "UNKNOWN_CA", "HOSTNAME_MISMATCH"])
        || says(&["certificate", "Certificate"])
    {
        Some(Obstacle::Certificate)
    } else if says(&["407"]) && says(&["Proxy", "proxy", "PROXY", "tunnel"]) {
        Some(Obstacle::Proxy)
    } else {
        None
    }
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
        let code = format!("new Error('the request was {{\"x\":\"{key}\"}}')");
        assert_eq!(cause(&code), "Error: the request was {\"x\":\"…\"}");
        assert_eq!(cause(&format!("({{ message: 'm', code: '{key}' }})")), "m");
    }

    #[wasm_bindgen_test]
    fn what_stands_in_the_way_is_told() {
        let of = |code: &str| match error(code) {
            Error::Blocked { cause, by, .. } => (cause, by),
            other => panic!("{code}: {other:?}"),
        };
        let shown = "TypeError: f: SELF_SIGNED_CERT_IN_CHAIN".to_owned();
        let expected = (shown, Obstacle::Certificate);
        assert_eq!(
            of("new TypeError('f', { cause: { code: 'SELF_SIGNED_CERT_IN_CHAIN' } })"),
            expected
        );
        let several =
            "new TypeError('f', { cause: { errors: [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }] } })";
        assert_eq!(of(several), expected);
        let proxy = "new TypeError('f', { cause: new Error('Proxy response (407)') })";
        assert_eq!(of(proxy), ("TypeError: f".to_owned(), Obstacle::Proxy));
        let two = "({ message: 'm', errors: [{ code: 'ECONNREFUSED' }, { code: 'ENETUNREACH' }] })";
        assert_eq!(cause(two), "m: ENETUNREACH, ECONNREFUSED");
        let endless =
            "(() => { const e = new Error('m'); e.cause = e; e.errors = [e, e]; return e })()";
        assert_eq!(cause(endless), "Error: m");
    }
}
