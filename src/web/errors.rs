//! Errors as JavaScript sees them: an `Error` with a stable `code`, and nothing secret in it.

use super::js::{set, string_object};
use crate::base::{
    encoding::{is_invisible, visible},
    error::{Candidate, Error},
    keys::has_key,
    shape::Shape,
};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

/// What is shown of a text that may be a key: who has put it there knows it again.
const KEY_SHOWN_CHARS: usize = 8;
/// Names of fields and hosts are no longer than this, tokens are.
const LONGEST_WORD_CHARS: usize = 200;

/// What an ambiguous reference may have meant, if it is one. Titles are for people and end on their
/// terminals, so they are shown as in messages; a program takes `reference` or an id.
pub(super) fn candidates(error: &Error) -> Option<Shape<'_>> {
    let shape = |candidate: &'_ Candidate| {
        let mut shape = Shape::Object(Vec::new());
        for (name, text) in [
            ("id", &candidate.id),
            ("title", &candidate.title),
            ("section", &candidate.section),
            ("updatedAt", &candidate.updated_at),
            ("reference", &candidate.reference),
        ] {
            let is_there = match name {
                "id" | "title" => true,
                // Its other parts are those that were asked for.
                "reference" => may_be_told(text),
                _ => !text.is_empty(),
            };
            shape = shape.with(name, is_there.then(|| Shape::Text(visible(text).into())));
        }
        shape.with("environment", candidate.is_environment.then_some(Shape::Flag(true)))
    };
    let all = error.candidates();
    (!all.is_empty()).then(|| Shape::list(&mut all.iter().map(shape)))
}

/// When to try again, if the service said so.
pub(super) fn retry_after_ms(error: &Error) -> Option<Shape<'_>> {
    error.retry_after_ms().map(|ms| Shape::Number(ms as f64))
}

/// Which limit a 429 is about, if the service said so.
pub(super) fn limit(error: &Error) -> Option<Shape<'_>> {
    error.limit().map(|limit| Shape::text(limit.name()))
}

/// `error_object(error, reference) -> Error`
///
/// What a promise rejects with. The reference that was asked for is told unless it may be a token
/// that was passed by mistake, or does something to a terminal.
pub(super) fn error_object(error: &Error, reference: &JsValue) -> JsValue {
    let object = js_sys::Error::new(&message(error));
    // Defined, not set: a frozen prototype refuses that.
    let name = string_object([("value", "OnePasswordError")]);
    let _ = Reflect::define_property(&object, &"name".into(), &name);
    let details = Shape::object([
        ("code", Shape::text(error.code())),
        ("retryable", Shape::Flag(error.retryable())),
    ])
    .with("status", error.status().map(|status| Shape::Number(f64::from(status))))
    .with("retryAfterMs", retry_after_ms(error))
    .with("limit", limit(error))
    .with("candidates", candidates(error));
    Object::assign(&object, super::results::object(&details).unchecked_ref());
    if reference.as_string().is_some_and(|text| may_be_told(&text)) {
        set(&object, "reference", reference);
    }
    if let Error::Network { cause, .. } | Error::Blocked { cause, .. } = error {
        set(&object, "cause", js_sys::Error::new(cause));
    }
    object.into()
}

/// Whether a reference may be repeated.
fn may_be_told(text: &str) -> bool {
    let is_odd = text.contains("ops_") || has_key(text) || text.chars().any(is_invisible);
    text.starts_with("op://") && !is_odd
}

/// Names may hold what a log must not: control characters, and a text of the length of a key,
/// such as a token that was pasted into a reference, in lines or in one.
pub(super) fn message(error: &Error) -> String {
    let message = error.to_string();
    let mut shown = String::new();
    for word in message.split_inclusive(' ') {
        push_most(
            &mut shown,
            word,
            if has_key(word) { KEY_SHOWN_CHARS } else { LONGEST_WORD_CHARS },
        );
    }
    let may_be_key = match error.asked() {
        // What the account has beside it is many names: each by itself.
        Some(asked) => {
            let mut others = shown.split(['“', '”', ',']);
            has_key(&asked) || others.any(has_key)
        }
        None => has_key(&shown),
    };
    if may_be_key {
        // Over several words: of the first name only the beginning stays.
        let names = shown.find('“').unwrap_or(0);
        let rest = shown.split_off(names);
        push_most(&mut shown, &rest, KEY_SHOWN_CHARS);
    }
    visible(&shown)
}

fn push_most(shown: &mut String, text: &str, most: usize) {
    let mut rest = text.chars();
    shown.extend(rest.by_ref().take(most));
    if rest.next().is_some() {
        shown.push_str("… ");
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::js::{get, get_own},
        *,
    };
    use crate::base::error::Said;
    use wasm_bindgen_test::wasm_bindgen_test;

    const REFERENCE: &str = "op://vault/item/field";

    fn object(error: &Error, reference: &str) -> JsValue {
        error_object(error, &reference.into())
    }

    #[wasm_bindgen_test]
    fn an_error_has_what_it_is_and_no_more() {
        let error = object(&Error::Closed, "");
        assert!(error.is_instance_of::<js_sys::Error>());
        for (name, expected) in [
            ("name", JsValue::from("OnePasswordError")),
            ("code", "closed".into()),
            ("retryable", false.into()),
            ("message", Error::Closed.to_string().into()),
        ] {
            assert_eq!(get(&error, name).unwrap(), expected, "{name}");
        }
        for name in ["status", "retryAfterMs", "limit", "candidates", "reference", "cause"] {
            assert!(get_own(&error, name).unwrap().is_undefined(), "{name}");
        }
    }

    #[wasm_bindgen_test]
    fn details_are_told_where_there_are_some() {
        let (action, status, retry_after_ms) = ("look", 503, Some(7_000));
        let error = Error::ServerError { action, status, retry_after_ms, said: Said::NOTHING };
        let error = object(&error, REFERENCE);
        assert_eq!(get(&error, "status").unwrap(), 503);
        assert_eq!(get(&error, "retryAfterMs").unwrap(), 7_000);
        assert_eq!(get(&error, "retryable").unwrap(), true);
        assert_eq!(get(&error, "reference").unwrap(), REFERENCE);
        let (host, cause) = ("h".to_owned(), "broken".to_owned());
        let error = object(&Error::Network { action, host, cause }, REFERENCE);
        assert_eq!(get(&get(&error, "cause").unwrap(), "message").unwrap(), "broken");
    }

    #[wasm_bindgen_test]
    fn what_may_be_a_token_is_not_told() {
        let piece = "eyJzaWduSW5BZGRyZXNzIjoiaHR0cHM6Ly9teS4x";
        let encoded: String = piece.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let pieces = [format!("op://a/{piece}/c"), format!("op://a/b/{encoded}")];
        let odd = ["ops_eyJ", "op://ops_eyJ/x/y", "", "other", " op://a/b/c", "op://a/\u{202e}/c"];
        for reference in odd.into_iter().chain(pieces.iter().map(String::as_str)) {
            let error = object(&Error::Closed, reference);
            assert!(get_own(&error, "reference").unwrap().is_undefined(), "{reference}");
        }
        let error = error_object(&Error::Closed, &JsValue::from(5));
        assert!(get_own(&error, "reference").unwrap().is_undefined());
    }

    #[wasm_bindgen_test]
    fn messages_hold_no_control_characters_and_no_long_words() {
        let item = format!("a\u{7}b {} end", "k".repeat(5_000));
        let told = message(&Error::ItemNotActive { item });
        assert!(told.contains("a\\u{7}b"), "{told}");
        assert!(!told.contains(&"k".repeat(9)) && told.contains(&"k".repeat(7)), "{told}");
        assert!(!told.chars().any(char::is_control));
    }
}
