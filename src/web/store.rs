//! Where records are kept for other processes. What fails there is as if nothing were stored;
//! the core sees to it that it does not take long.

use super::js::{Settled, call, get, method};
use js_sys::{Function, JsString, Promise};
use wasm_bindgen::prelude::*;

/// The longest record, sealed.
const MAX_RECORD: u32 = 64 * 1024;
/// The longest time that a store may say its writes take.
const MAX_PROPAGATION_MS: f64 = 3_600_000.0;

/// A store as it was given: an object with `get` and `set`.
#[derive(Debug)]
pub(super) struct Store {
    store: JsValue,
    get: Function,
    set: Function,
    /// How long a write may take until every process sees it.
    pub(super) propagation_ms: u64,
    /// Keeps the host alive for a write, so that no call waits for it.
    pub(super) wait_until: Option<Function>,
}

impl Store {
    /// `given(value) -> store`
    ///
    /// `None` if it lacks a method.
    pub(super) fn given(store: JsValue) -> Option<Self> {
        let read = method(&store, "get").ok()??;
        let write = method(&store, "set").ok()??;
        let ms = get(&store, "propagationMs").ok().and_then(|ms| ms.as_f64()).unwrap_or(0.0);
        let propagation_ms = ms.clamp(0.0, MAX_PROPAGATION_MS) as u64;
        Some(Self { store, get: read, set: write, propagation_ms, wait_until: None })
    }

    fn ask(&self, function: &Function, arguments: &[&JsValue]) -> Option<JsValue> {
        call(function, &self.store, arguments).ok()
    }

    pub(super) async fn load(&self, name: &str) -> Option<String> {
        let answer = self.ask(&self.get, &[&name.into()])?;
        let record: JsString = Settled::new(&answer).await.ok()?.dyn_into().ok()?;
        // What is copied into the module makes its memory grow, for good.
        (record.length() <= MAX_RECORD).then(|| record.into())
    }

    pub(super) async fn save(&self, name: &str, record: &str, ttl_seconds: u32) {
        let arguments = [&name.into(), &record.into(), &ttl_seconds.into()];
        let Some(answer) = self.ask(&self.set, &arguments) else { return };
        let Some(wait_until) = &self.wait_until else {
            let _ = Settled::new(&answer).await;
            return;
        };
        // It must not reject: whoever waits for it could do nothing about it.
        let settled = async move {
            let _ = Settled::new(&answer).await;
            Ok(JsValue::UNDEFINED)
        };
        let settled: Promise = wasm_bindgen_futures::future_to_promise(settled);
        let _ = call(wait_until, &JsValue::UNDEFINED, &[&settled]);
    }
}
