//! What a listener is told.

use super::{js::ignore, results::object};
use crate::{
    base::shape::Shape,
    host::{CacheUse, Event, RequestEvent},
};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Soon;
    #[wasm_bindgen(method)]
    fn then(this: &Soon, listener: &Function) -> JsValue;
}

fn shape(event: &Event) -> Shape<'_> {
    let kind = |kind: &'static str| ("type", Shape::text(kind));
    let cache =
        |result: &'static str| Shape::object([kind("cache"), ("result", Shape::text(result))]);
    match event {
        Event::Request(RequestEvent { method, path, status, ms, retry, bytes, quota }) => {
            Shape::object([
                kind("request"),
                ("method", Shape::text(method)),
                ("path", Shape::text(path)),
                ("status", Shape::Number(f64::from(*status))),
                ("ms", Shape::Number(*ms)),
                ("retry", Shape::Number(f64::from(*retry))),
                ("bytes", Shape::Number(*bytes as f64)),
                ("quota", Shape::text(quota.name())),
            ])
        }
        Event::Cache(CacheUse::Hit) => cache("hit"),
        Event::Cache(CacheUse::Miss) => cache("miss"),
        Event::Cache(CacheUse::Stale) => cache("stale"),
        Event::SignIn => Shape::object([kind("signIn")]),
        Event::Resume => Shape::object([kind("resume")]),
        Event::Throttle(ms) => {
            Shape::object([kind("throttle"), ("retryAfterMs", Shape::Number(*ms as f64))])
        }
    }
}

/// Calls a listener later, when nothing is half done: it may use the client. What it throws must
/// not break what it listens to.
pub(super) fn tell(listener: &Function, event: &Event) {
    let soon: Soon = Promise::resolve(&object(&shape(event))).unchecked_into();
    ignore(&soon.then(listener));
}
