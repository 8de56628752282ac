//! The core's one door to the outside, as a JavaScript host has it.

use super::{
    clock::{MAX_MS, Timers, ticks_ms},
    events,
    fetch::Fetch,
    platform::has_emulator,
    signal::{Aborted, Signal},
    store::Store,
    subtle,
};
use crate::{
    base::{error::Error, secret::Secret},
    host::{AesKey, Event, Host, HttpRequest, HttpResponse, OaepHash, Progress, RsaPrivateJwk},
};
use js_sys::{Date, Function, JsString};
use std::{
    future::{Future, pending},
    pin::Pin,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::CryptoKey;

/// The host of one client. It knows nothing of the client's own object, which could never be
/// collected otherwise.
#[derive(Debug)]
pub(super) struct WebHost {
    pub(super) fetch: Fetch,
    pub(super) timers: Timers,
    pub(super) store: Option<Store>,
    pub(super) listener: Option<Function>,
}

impl Host for WebHost {
    type PrivateKey = CryptoKey;
    type Signal = Signal;

    async fn fetch(
        &self,
        request: HttpRequest,
        progress: &Progress,
    ) -> Result<HttpResponse, Error> {
        let sent = self.fetch.send(&request, progress).await;
        sent.map_err(|failure| failure.into_error(request.action, request.host))
    }

    fn now_ms(&self) -> u64 {
        Date::now() as u64
    }

    fn ticks_ms(&self) -> f64 {
        ticks_ms()
    }

    async fn sleep(&self, ms: f64) {
        // To let the host have its turn is no time that anybody's clock has to pass.
        let timers = if ms > 0.0 { &self.timers } else { &Timers::Host };
        timers.pause(ms).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
        spawn_local(task);
    }

    fn after(&self, ms: f64, task: impl FnOnce() + 'static) {
        let pause = self.timers.pause(ms.min(MAX_MS));
        pause.let_go();
        self.spawn(async move {
            pause.await;
            task();
        });
    }

    fn is_aborted(&self, signal: &Signal) -> bool {
        signal.is_aborted()
    }

    async fn aborted(&self, signals: &[Signal]) {
        if signals.is_empty() {
            return pending().await;
        }
        Aborted::new(signals).await;
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        subtle::fill_random(bytes)
    }

    fn has_emulator(&self, origin: &str) -> bool {
        has_emulator(origin)
    }

    fn tell(&self, event: Event) {
        if let Some(listener) = &self.listener {
            events::tell(listener, &event);
        }
    }

    async fn load_record(&self, name: &str) -> Option<String> {
        self.store.as_ref()?.load(name).await
    }

    async fn store_record(&self, name: &str, record: &str, ttl_seconds: u32) -> bool {
        match &self.store {
            Some(store) => store.save(name, record, ttl_seconds).await,
            None => false,
        }
    }

    fn can_store(&self) -> bool {
        self.store.as_ref().is_some_and(Store::can_save)
    }

    fn has_lost_record(&self) -> bool {
        self.store.as_ref().is_some_and(Store::has_lost_record)
    }

    fn nfkd(&self, text: &str) -> String {
        JsString::from(text).normalize("NFKD").into()
    }

    async fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> Result<CryptoKey, Error> {
        subtle::import_rsa(key, hash).await
    }

    async fn open_rsa_oaep(
        &self,
        key: &CryptoKey,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        subtle::open_rsa(key, sealed, what).await
    }

    async fn seal_rsa_oaep(
        &self,
        key: [&str; 2],
        hash: OaepHash,
        plaintext: &str,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        subtle::seal_rsa(key, hash, plaintext, what).await
    }

    async fn open_aes_gcm(
        &self,
        key: &AesKey,
        iv: &[u8],
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        subtle::open_aes(key, iv, sealed, what).await
    }
}
