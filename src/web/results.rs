//! Results as JavaScript sees them: plain objects, by serde. `Date`s and `Uint8Array`s are made
//! here, because serde knows neither.

use super::{
    errors::{candidates, message, retry_after_ms},
    js::set,
};
use crate::{
    base::{error::Error, json::to_json, shape::Shape},
    client::{Answer, Entry, Found, OpenedItem, Outcome},
};
use js_sys::{Array, Date, JSON, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

/// What stands in the way of one thing.
fn failure(error: &Error) -> Shape<'_> {
    Shape::object([
        ("type", Shape::text(error.code())),
        ("message", Shape::Text(message(error).into())),
    ])
    .with("candidates", candidates(error))
    .with("retryAfterMs", retry_after_ms(error))
}

/// `object(shape) -> object`
///
/// What is not there is null.
pub(super) fn object(shape: &Shape<'_>) -> JsValue {
    let serializer =
        Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
    // Fails for numbers that JavaScript does not have, and there are none.
    shape.serialize(&serializer).unwrap_or_default()
}

/// The value as text.
pub(super) fn text(answer: &Answer) -> JsValue {
    match answer {
        Answer::Value(found) => text_of(found).into(),
        Answer::Item(_) => JsValue::UNDEFINED,
    }
}

/// What is asked for as text is UTF-8.
fn text_of(found: &Found) -> &str {
    std::str::from_utf8(found.secret.expose()).unwrap_or_default()
}

/// The value as bytes.
pub(super) fn bytes(answer: &Answer) -> JsValue {
    match answer {
        Answer::Value(found) => Uint8Array::from(found.secret.expose().as_slice()).into(),
        Answer::Item(_) => JsValue::UNDEFINED,
    }
}

/// An item. The vendor's client gives its times in whole seconds, those of lists with fractions.
pub(super) fn item(answer: &Answer) -> JsValue {
    match answer {
        Answer::Item(item) => item_object(item),
        Answer::Value(_) => JsValue::UNDEFINED,
    }
}

fn item_object(item: &OpenedItem) -> JsValue {
    with_dates(object(&item.shape()), |date| {
        date.set_utc_milliseconds(0);
    })
}

/// Vaults by themselves, with who reaches them.
pub(super) fn vaults(entries: &[Entry]) -> Array {
    let shape = |entry: &Entry| match entry {
        Entry::Vault(vault) => object(&vault.with_access()),
        Entry::Item(_) => JsValue::UNDEFINED,
    };
    entries.iter().map(shape).collect()
}

fn listed(entry: &Entry) -> Shape<'_> {
    match entry {
        Entry::Item(item) => item.shape(),
        Entry::Vault(vault) => vault.listed(),
    }
}

/// A page of a list. By way of JSON: with objects made property by property a listing takes 12 %
/// more CPU time.
pub(super) fn page(entries: &[Entry]) -> Array {
    let page = to_json(&Shape::list(&mut entries.iter().map(listed)));
    let page: Array = JSON::parse(&page).unwrap_or_default().unchecked_into();
    for entry in page.iter() {
        with_dates(entry, |_| {});
    }
    page
}

/// With `Date`s in place of text; what is none is an invalid one.
fn with_dates(value: JsValue, adjust: impl Fn(&Date)) -> JsValue {
    for name in ["createdAt", "updatedAt"] {
        let name = JsValue::from_str(name);
        let date = Date::new(&Reflect::get(&value, &name).unwrap_or_default());
        adjust(&date);
        let _ = Reflect::set(&value, &name, &date);
    }
    value
}

/// What `resolveAll` answers: for each reference its value or an error, each once.
pub(super) fn by_reference(references: &Array, outcomes: &[Outcome]) -> JsValue {
    let entry = |(reference, outcome): (JsValue, &Outcome)| {
        Array::of2(&reference, &content_or_error(outcome))
    };
    let entries: Array = references.iter().zip(outcomes).map(entry).collect();
    // Not set one by one: `__proto__` would be the object's prototype.
    let responses = Object::from_entries(&entries).unwrap_or_default();
    let all = Object::new();
    set(&all, "individualResponses", responses);
    all.into()
}

fn content_or_error(outcome: &Outcome) -> Object {
    let response = Object::new();
    match outcome.as_deref() {
        Ok(Answer::Value(found)) => {
            let content = Shape::object([
                ("secret", Shape::text(text_of(found))),
                ("itemId", Shape::text(&found.item_id)),
                ("vaultId", Shape::text(&found.vault_id)),
            ]);
            set(&response, "content", object(&content));
        }
        Ok(Answer::Item(_)) => {}
        Err(error) => set(&response, "error", object(&failure(error))),
    }
    response
}

/// What `items.getAll` answers: in the order of the question, one for each item.
pub(super) fn in_order(outcomes: &[Outcome]) -> JsValue {
    let response = |outcome: &Outcome| {
        let (content, error) = match outcome {
            Ok(answer) => (item(answer), JsValue::NULL),
            Err(error) => (JsValue::NULL, object(&failure(error))),
        };
        let response = Object::new();
        set(&response, "content", content);
        set(&response, "error", error);
        response
    };
    let all = Object::new();
    set(&all, "individualResponses", outcomes.iter().map(response).collect::<Array>());
    all.into()
}
