//! Errors as JavaScript sees them: an `Error` with a stable `code`, and nothing secret in it.

use super::js::{set, string_object};
use crate::base::{
    error::{Candidate, Error},
    shape::Shape,
};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

/// Keys, proofs, tokens and ids of sessions are longer than this.
const SHORTEST_KEY_CHARS: usize = 16;
/// Names of fields and hosts are no longer than this, tokens are.
const LONGEST_WORD_CHARS: usize = 200;

/// What an ambiguous reference may have meant, if it is one.
pub(super) fn candidates(error: &Error) -> Option<Shape<'_>> {
    let shape = |candidate: &'_ Candidate| {
        Shape::object([
            ("id", Shape::Text(candidate.id.clone().into())),
            ("title", Shape::Text(candidate.title.clone().into())),
        ])
    };
    let all = error.candidates();
    (!all.is_empty()).then(|| Shape::list(&mut all.iter().map(shape)))
}

/// When to try again, if the service said so.
pub(super) fn retry_after_ms(error: &Error) -> Option<Shape<'_>> {
    error.retry_after_ms().map(|ms| Shape::Number(ms as f64))
}

/// `error_object(error, reference) -> Error`
///
/// What a promise rejects with. The reference that was asked for is told unless it may be a token
/// that was passed by mistake.
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
    .with("candidates", candidates(error));
    Object::assign(&object, super::results::object(&details).unchecked_ref());
    let may_be_told = |text: String| text.starts_with("op://") && !text.contains("ops_");
    if reference.as_string().is_some_and(may_be_told) {
        set(&object, "reference", reference);
    }
    if let Error::Network { cause, .. } = error {
        set(&object, "cause", js_sys::Error::new(cause));
    }
    object.into()
}

/// Names may hold what a log must not: control characters, and a text of the length of a key,
/// such as a token that was pasted into a reference.
pub(super) fn message(error: &Error) -> String {
    let message = error.to_string();
    let mut shown = String::new();
    for word in message.split_inclusive(' ') {
        let is_long = word.chars().count() > LONGEST_WORD_CHARS;
        let kept = if is_long { SHORTEST_KEY_CHARS } else { LONGEST_WORD_CHARS };
        let kept = word.chars().take(kept).map(|c| if c.is_control() { '\u{fffd}' } else { c });
        shown.extend(kept);
        if is_long {
            shown.push_str("… ");
        }
    }
    shown
}
