//! Where records are kept for other processes. What fails there is as if nothing were stored;
//! the core sees to it that it does not take long.

use super::{
    clock::{MAX_MS, ticks_ms},
    js::{Settled, call, get, method},
};
use js_sys::{Function, JsString, Promise};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::prelude::*;

/// The longest record, sealed.
const MAX_RECORD: u32 = 64 * 1024;
/// After so long a write that no call waits for is not to be expected to end.
const FORGOTTEN_MS: f64 = 30_000.0;

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
    /// What became of writes that no call waits for.
    later: Rc<Later>,
}

#[derive(Debug, Default)]
struct Later {
    /// Since when one is under way; 0: none is.
    writes_since_ms: Cell<f64>,
    has_failed: Cell<bool>,
}

impl Store {
    /// `given(value) -> store`
    ///
    /// `None` if it lacks a method, or its `propagationMs` is no time.
    pub(super) fn given(store: JsValue) -> Option<Self> {
        let read = method(&store, "get").ok()??;
        let write = method(&store, "set").ok()??;
        let ms = get(&store, "propagationMs").ok()?;
        let ms = if ms.is_undefined() { 0.0 } else { ms.as_f64()? };
        let propagation_ms = (0.0..=MAX_MS).contains(&ms).then_some(ms as u64)?;
        let later = Rc::default();
        Some(Self { store, get: read, set: write, propagation_ms, wait_until: None, later })
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

    /// Whether the record is stored, or will be if there is a `wait_until`.
    pub(super) async fn save(&self, name: &str, record: &str, ttl_seconds: u32) -> bool {
        let arguments = [&name.into(), &record.into(), &ttl_seconds.into()];
        let Some(answer) = self.ask(&self.set, &arguments) else { return false };
        let Some(wait_until) = &self.wait_until else {
            return Settled::new(&answer).await.is_ok();
        };
        let later = Rc::clone(&self.later);
        later.writes_since_ms.set(ticks_ms().max(1.0));
        // It does not reject: whoever waits for it could do nothing about it.
        let settled: Promise = wasm_bindgen_futures::future_to_promise(async move {
            later.has_failed.set(Settled::new(&answer).await.is_err());
            later.writes_since_ms.set(0.0);
            Ok(JsValue::UNDEFINED)
        });
        let _ = call(wait_until, &JsValue::UNDEFINED, &[&settled]);
        true
    }

    /// A store that hangs is not given one record after the other; but Workers forget promises of
    /// requests that have ended.
    pub(super) fn can_save(&self) -> bool {
        let since_ms = self.later.writes_since_ms.get();
        since_ms == 0.0 || ticks_ms() - since_ms > FORGOTTEN_MS
    }

    pub(super) fn has_lost_record(&self) -> bool {
        self.later.has_failed.take()
    }
}
