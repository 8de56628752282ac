//! What a program gives to `Client.authenticate` and to a call: none of it can be relied on.
//!
//! Read by hand, property by property, and only what an object has itself: what somebody put on
//! `Object.prototype` is nobody's option. serde-wasm-bindgen would quote a value of the wrong
//! type, a token in the wrong place, too, and take 11 KB.

use super::{
    clock::{MAX_MS, Timers},
    fetch::Fetch,
    host::WebHost,
    js::{entries, get, get_own},
    platform::{lets_calls_wait, platform},
    relay::Relay,
    signal::Signal,
    store::Store,
    subtle::subtle,
};
use crate::{
    base::{
        error::{COPY_AGAIN, Error},
        secret::Secret,
    },
    client::{self, Backoff, Call, Fresh, Lifetimes, Options, Share, Watching},
};
use js_sys::{Function, Reflect};
use std::cell::RefCell;
use strsim::levenshtein;
use wasm_bindgen::prelude::*;

const MAX_RETRIES: f64 = 10.0;
const TIMEOUT_MS: f64 = 30_000.0;

const MS: &str = "must be a number of milliseconds from 0 to 2147483647";
const STORE: &str = "must have the methods get and set, and propagationMs must be a number of milliseconds if it has one: see onepassword-edge/stores";
const FRESH: &str = "must be true, false or \"secrets\"";
const TIMERS: &str = "must have the functions setTimeout and clearTimeout";
const RELAY: &str = "must be an address such as https://relay.example/op, without a user, query or fragment and over http on loopback alone, or a function";
const TIMEOUT: &str = "must be a number of milliseconds above 0, and at most 2147483647";

/// Options of a client, read and checked.
pub(super) struct ClientOptions {
    pub(super) host: WebHost,
    pub(super) options: Options<Signal>,
    /// Whether to sign in only when the first secret is asked for.
    pub(super) lazy: bool,
}

/// Reads the properties of an object, and keeps what is wrong with the first one that is wrong.
/// Not an early return for each: every one of them would drop what had been read before it.
struct Reader<'a> {
    of: JsValue,
    wrong: &'a RefCell<Option<Error>>,
    /// What was asked for: the options that there are.
    names: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    fn new(of: JsValue, wrong: &'a RefCell<Option<Error>>) -> Self {
        Self { of, wrong, names: RefCell::default() }
    }

    fn fail(&self, error: Error) {
        self.wrong.borrow_mut().get_or_insert(error);
    }

    fn is_wrong(&self, option: &'static str, reason: &'static str) {
        self.fail(Error::ArgumentInvalid { option, reason });
    }

    /// What it holds under the last part of `path`; undefined if it is not there.
    fn value(&self, path: &'static str) -> JsValue {
        let name = path.rsplit('.').next().unwrap_or(path);
        self.names.borrow_mut().push(name);
        get_own(&self.of, name).unwrap_or_else(|_| {
            self.is_wrong(path, "cannot be read");
            JsValue::UNDEFINED
        })
    }

    /// The same as what it has to be, if it is there.
    fn read<T>(
        &self,
        path: &'static str,
        reason: &'static str,
        as_it: fn(JsValue) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(path);
        if value.is_undefined() {
            return None;
        }
        let read = as_it(value);
        if read.is_none() {
            self.is_wrong(path, reason);
        }
        read
    }

    fn text(&self, name: &'static str) -> String {
        self.value(name).as_string().unwrap_or_else(|| {
            self.is_wrong(name, "must be a string");
            String::new()
        })
    }

    fn flag(&self, name: &'static str, by_default: bool) -> bool {
        self.read(name, "must be true or false", |value| value.as_bool()).unwrap_or(by_default)
    }

    /// A number that is not below 0 and not above this.
    fn number(&self, path: &'static str, reason: &'static str, most: f64) -> Option<f64> {
        let number = self.read(path, reason, |value| value.as_f64())?;
        if !(0.0..=most).contains(&number) {
            self.is_wrong(path, reason);
        }
        Some(number)
    }

    fn ms(&self, path: &'static str, by_default: f64) -> u64 {
        self.number(path, MS, MAX_MS).unwrap_or(by_default) as u64
    }

    fn timeout_ms(&self) -> Option<f64> {
        let (option, reason) = ("timeoutMs", TIMEOUT);
        let ms = self.number(option, reason, MAX_MS)?;
        if ms == 0.0 {
            self.is_wrong(option, reason);
        }
        Some(ms)
    }

    fn signal(&self) -> Option<Signal> {
        self.read("signal", "must be an AbortSignal", Signal::given)
    }

    fn fresh(&self) -> Fresh {
        let fresh = |value: JsValue| match value.as_string().as_deref() {
            Some("secrets") => Some(Fresh::Secrets),
            _ => value.as_bool().map(Fresh::from),
        };
        self.read("fresh", FRESH, fresh).unwrap_or(Fresh::Nothing)
    }

    fn function(&self, name: &'static str) -> Option<Function> {
        self.read(name, "must be a function", |value| value.dyn_into().ok())
    }

    /// Another object within; an empty one if it is not there.
    fn within(&self, name: &'static str) -> Self {
        let inner =
            self.read(name, "must be an object", |value| value.is_object().then_some(value));
        Self::new(inner.unwrap_or_else(|| js_sys::Object::new().into()), self.wrong)
    }

    /// All options have been read: any other is a typing error, which would do nothing.
    fn finish(&self) {
        let Ok(keys) = Reflect::own_keys(&self.of) else { return };
        let names = self.names.borrow();
        for name in keys.iter().filter_map(|key| key.as_string()) {
            let is_known = names.iter().any(|known| *known == name);
            if !is_known && !get_own(&self.of, &name).is_ok_and(|value| value.is_undefined()) {
                let similar = similar_to(&name, &names);
                return self.fail(Error::UnknownOption { name, similar });
            }
        }
    }
}

/// The option that may have been meant: at most half of it differs, or one is a part of the other.
fn similar_to(name: &str, names: &[&'static str]) -> Option<&'static str> {
    let name = name.to_lowercase();
    let distance = |known: &str| {
        let known = known.to_lowercase();
        let is_part = name.len() > 2 && (known.contains(&name) || name.contains(&known));
        if is_part { 0 } else { levenshtein(&name, &known) }
    };
    let most = name.len().div_ceil(2);
    let near = names.iter().map(|known| (distance(known), *known));
    near.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

impl ClientOptions {
    /// `read(value) -> options`
    ///
    /// # Errors
    /// [`Error::TokenInvalid`] if there is no token, [`Error::ArgumentInvalid`] naming the first
    /// option that is wrong, [`Error::Unsupported`] if the host lacks something.
    pub(super) fn read(value: &JsValue) -> Result<Self, Error> {
        let wrong = RefCell::default();
        let all = if value.is_object() { value.clone() } else { js_sys::Object::new().into() };
        let all = Reader::new(all, &wrong);
        let token = token(&all);
        let integration_name = all.text("integrationName");
        let integration_version = all.text("integrationVersion");
        let allowed_hosts =
            all.read("allowedHosts", "must be an array of strings", |list| strings(&list));
        let relay = all.read("relay", RELAY, Relay::given);
        let fetch = fetch(&all);
        let lazy = all.flag("lazy", false);
        let timeout_ms = all.timeout_ms().unwrap_or(TIMEOUT_MS);
        let signal = all.signal();
        let store = store(&all);
        let share = share(&all.within("share"), store.as_ref());
        let listener = all.function("onEvent");
        let shows_ids = all.flag("idsInEvents", false);
        let timers = all.read("timers", TIMERS, |value| Timers::given(&value));
        let waits_for_others = all.flag("waitsForOthers", lets_calls_wait());
        let (backoff, lifetimes) = (backoff(&all.within("retry")), lifetimes(&all.within("cache")));
        // The package's loaders read it.
        all.names.borrow_mut().push("wasm");
        all.finish();
        // At once, and not when the first key is to be opened.
        if let Err(error) = subtle() {
            all.fail(error);
        }
        if let Some(error) = wrong.take() {
            return Err(error);
        }
        let (os, arch) = platform();
        let watching = match listener {
            None => Watching::Nobody,
            Some(_) if shows_ids => Watching::WithIds,
            Some(_) => Watching::WithoutIds,
        };
        Ok(Self {
            lazy,
            options: Options {
                token,
                integration_name,
                integration_version,
                os,
                arch,
                allowed_hosts,
                waits_for_others,
                share,
                backoff,
                lifetimes,
                timeout_ms,
                signal,
                watching,
            },
            host: WebHost {
                fetch: Fetch::new(fetch, relay),
                timers: timers.unwrap_or_default(),
                store,
                listener,
            },
        })
    }
}

fn store(all: &Reader<'_>) -> Option<Store> {
    let mut store = all.read("store", STORE, Store::given);
    let wait_until = all.function("waitUntil");
    match &mut store {
        Some(store) => store.wait_until = wait_until,
        None if all.value("share").is_undefined() => {}
        None => all.is_wrong("share", "needs a store"),
    }
    store
}

/// What is kept in the store; nothing without one.
fn share(all: &Reader<'_>, store: Option<&Store>) -> Option<Share> {
    let session = all.flag("share.session", true);
    let names = all.flag("share.names", true);
    let mut secrets_ms = 0.0;
    if !all.value("share.secrets").is_undefined() {
        let secrets = all.within("share.secrets");
        let (path, reason) = ("share.secrets.ttlMs", TIMEOUT);
        secrets_ms = secrets.number(path, reason, MAX_MS).unwrap_or(0.0);
        secrets.finish();
        if secrets_ms == 0.0 {
            secrets.is_wrong(path, reason);
        }
    }
    all.finish();
    let propagation_ms = store?.propagation_ms;
    Some(Share { session, names, secrets_ms: secrets_ms as u64, propagation_ms })
}

fn token(all: &Reader<'_>) -> Secret<String> {
    all.names.borrow_mut().push("auth");
    let token = get_own(&all.of, "auth").unwrap_or_default();
    token.as_string().map(Secret::new).unwrap_or_else(|| {
        let kind = token.js_typeof().as_string().unwrap_or_default();
        all.fail(Error::TokenInvalid {
            reason: format!(
                "the option auth is not a string but {kind} (is the environment variable set?)"
            ),
            advice: COPY_AGAIN,
        });
        Secret::default()
    })
}

fn fetch(all: &Reader<'_>) -> Function {
    let given = all.function("fetch");
    let what = "this runtime has no fetch; pass one to Client.authenticate({ fetch })";
    given.unwrap_or_else(|| {
        let hosts = get(&js_sys::global(), "fetch").unwrap_or_default();
        if !hosts.is_function() {
            all.fail(Error::Unsupported { what });
        }
        hosts.unchecked_into()
    })
}

fn backoff(retry: &Reader<'_>) -> Backoff {
    let (option, reason) = ("retry.retries", "must be a whole number from 0 to 10");
    let retries = retry.number(option, reason, MAX_RETRIES).unwrap_or(2.0);
    if retries.fract() != 0.0 {
        retry.is_wrong(option, reason);
    }
    let backoff = Backoff {
        retries: retries as u32,
        min_ms: retry.ms("retry.minMs", 200.0),
        max_ms: retry.ms("retry.maxMs", 5_000.0),
    };
    retry.finish();
    backoff
}

fn lifetimes(cache: &Reader<'_>) -> Lifetimes {
    let lifetimes = Lifetimes {
        metadata_ms: cache.ms("cache.metadataTtlMs", 300_000.0),
        secret_ms: cache.ms("cache.secretTtlMs", 0.0),
        negative_ms: cache.ms("cache.negativeTtlMs", 10_000.0),
        stale_if_error_ms: cache.ms("cache.staleIfErrorMs", 0.0),
    };
    cache.finish();
    lifetimes
}

/// `read_call(client, options) -> call`
///
/// How a call differs from the client's others.
///
/// # Errors
/// [`Error::ArgumentInvalid`]
pub(super) fn read_call(
    client: &client::Client<WebHost>,
    options: &JsValue,
) -> Result<Call<Signal>, Error> {
    if options.is_undefined() {
        return Ok(client.call(None, None, false));
    }
    check_object("options", options)?;
    let wrong = RefCell::default();
    let options = Reader::new(options.clone(), &wrong);
    let call = client.call(options.timeout_ms(), options.signal(), options.fresh());
    options.finish();
    wrong.take().map_or(Ok(call), Err)
}

/// `read_flag(argument, name, by_default) -> flag`
///
/// A flag of an argument that may be absent.
///
/// # Errors
/// [`Error::ArgumentInvalid`]
pub(super) fn read_flag(
    argument: &JsValue,
    name: &'static str,
    by_default: bool,
) -> Result<bool, Error> {
    if argument.is_undefined() {
        return Ok(by_default);
    }
    check_object("params", argument)?;
    let wrong = RefCell::default();
    let params = Reader::new(argument.clone(), &wrong);
    let flag = params.flag(name, by_default);
    params.finish();
    wrong.take().map_or(Ok(flag), Err)
}

/// `check_object(name, value)`
///
/// # Errors
/// [`Error::ArgumentInvalid`]
pub(super) fn check_object(name: &'static str, value: &JsValue) -> Result<(), Error> {
    if value.is_object() {
        return Ok(());
    }
    Err(Error::ArgumentInvalid { option: name, reason: "must be an object" })
}

/// `strings(list) -> texts`
///
/// An array whose entries are all strings; a hole is none.
pub(super) fn strings(list: &JsValue) -> Option<Vec<String>> {
    entries(list)?.iter().map(|entry| entry.as_string()).collect()
}
