//! Results as JavaScript sees them: plain objects, by serde. `Date`s and `Uint8Array`s are made
//! here, because serde knows neither.

use super::{
    errors::{candidates, limit, message, retry_after_ms},
    host::WebHost,
    js::set,
};
use crate::{
    base::{error::Error, json::to_json, shape::Shape},
    client::{Answer, Client, Entry, Found, OpenedItem, Outcome},
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
    .with("limit", limit(error))
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

/// What a promise gives for the outcomes of its questions.
pub(super) enum Show {
    /// A value as text.
    Text,
    /// A value as bytes.
    Bytes,
    /// An item.
    Item,
    /// What `environments.getVariables` answers.
    Variables,
    /// What `resolveAll` answers: for each of these references its value or an error, each once.
    ByReference(Array),
    /// What `items.getAll` answers: in the order of the question, one for each item.
    InOrder,
}

/// `show(core, outcomes, how) -> value`
///
/// With pauses: there may be many outcomes, and items of very many fields.
///
/// # Errors
/// What stands in the way of the only outcome, or of all.
pub(super) async fn show(
    core: &Client<WebHost>,
    outcomes: &[Outcome],
    how: Show,
) -> Result<JsValue, Error> {
    let mut turn = core.begin_turn();
    let references = match how {
        Show::ByReference(references) => Some(references),
        Show::InOrder => None,
        _ => {
            let [outcome] = outcomes else { return Err(Error::Closed) };
            let answer = outcome.as_ref().map_err(Error::clone)?;
            return Ok(match (&**answer, how) {
                (Answer::Value(found), Show::Text) => text_of(found).into(),
                // As which they are remembered.
                (Answer::Value(found), Show::Variables) => {
                    JSON::parse(text_of(found)).unwrap_or_default()
                }
                (Answer::Value(found), _) => {
                    Uint8Array::from(found.secret.expose().as_slice()).into()
                }
                (Answer::Item(item), _) => item_object(core, item, &mut turn).await,
            });
        }
    };
    let responses = Array::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        core.breathe(&mut turn).await;
        if let Err(error) = outcome
            && error.is_of_all()
        {
            return Err(error.clone());
        }
        responses.push(&match &references {
            Some(references) => {
                Array::of2(&references.get(index as u32), &content_or_error(outcome)).into()
            }
            None => content_and_error(core, outcome, &mut turn).await,
        });
    }
    let responses = match references {
        // Not set one by one: `__proto__` would be the object's prototype.
        Some(_) => Object::from_entries(&responses).unwrap_or_default(),
        None => responses.into(),
    };
    let all = Object::new();
    set(&all, "individualResponses", responses);
    Ok(all.into())
}

/// What is asked for as text is UTF-8.
fn text_of(found: &Found) -> &str {
    std::str::from_utf8(found.secret.expose()).unwrap_or_default()
}

/// An item. The vendor's client gives its times in whole seconds, those of lists with fractions.
async fn item_object(core: &Client<WebHost>, item: &OpenedItem, turn: &mut u64) -> JsValue {
    let shown = with_dates(object(&item.shape_with(Shape::Null)), |date| {
        date.set_utc_milliseconds(0);
    });
    let fields = Array::new();
    for field in item.fields() {
        fields.push(&object(&field));
        core.breathe(turn).await;
    }
    set(shown.unchecked_ref(), "fields", fields);
    shown
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

async fn content_and_error(core: &Client<WebHost>, outcome: &Outcome, turn: &mut u64) -> JsValue {
    let (content, error) = match outcome.as_deref() {
        Ok(Answer::Item(item)) => (item_object(core, item, turn).await, JsValue::NULL),
        Ok(Answer::Value(_)) => (JsValue::UNDEFINED, JsValue::NULL),
        Err(error) => (JsValue::NULL, object(&failure(error))),
    };
    let response = Object::new();
    set(&response, "content", content);
    set(&response, "error", error);
    response.into()
}
