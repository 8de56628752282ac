//! Where sessions are kept for other processes. What fails there is as if nothing were stored;
//! the core sees to it that it does not take long.

use super::js::{Settled, call, method};
use js_sys::{Function, JsString};
use wasm_bindgen::prelude::*;

/// A record has a few hundred characters.
const MAX_RECORD: u32 = 16 * 1024;

/// A session store as it was given: an object with `get`, `set` and `delete`.
#[derive(Debug)]
pub(super) struct Store {
    store: JsValue,
    get: Function,
    set: Function,
    delete: Function,
}

impl Store {
    /// `given(value) -> store`
    ///
    /// `None` if it lacks a method.
    pub(super) fn given(store: JsValue) -> Option<Self> {
        let get = method(&store, "get").ok()??;
        let set = method(&store, "set").ok()??;
        let delete = method(&store, "delete").ok()??;
        Some(Self { store, get, set, delete })
    }

    async fn ask(&self, function: &Function, arguments: &[&JsValue]) -> Option<JsValue> {
        let answer = call(function, &self.store, arguments).ok()?;
        Settled::new(&answer).await.ok()
    }

    pub(super) async fn load(&self, name: &str) -> Option<String> {
        let record: JsString = self.ask(&self.get, &[&name.into()]).await?.dyn_into().ok()?;
        // What is copied into the module makes its memory grow, for good.
        (record.length() <= MAX_RECORD).then(|| record.into())
    }

    pub(super) async fn save(&self, name: &str, record: Option<&str>, ttl_seconds: u32) {
        let name = name.into();
        let _ = match record {
            Some(record) => {
                self.ask(&self.set, &[&name, &record.into(), &ttl_seconds.into()]).await
            }
            None => self.ask(&self.delete, &[&name]).await,
        };
    }
}
