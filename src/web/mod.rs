//! The boundary to JavaScript: the one module that names wasm-bindgen and its kin.

use crate::{
    auth::{address::AllowedHosts, identity::Identity, retry::Backoff},
    base::{
        error::{Candidate, Error},
        secret::Secret,
    },
    client::{self, Found, List, Manner, Options, States, Want},
    host::{AesKey, Event, Host, HttpRequest, HttpResponse, OaepHash, RsaPrivateJwk},
    resolve::cache::Lifetimes,
};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use zeroizing_alloc::ZeroAlloc;

/// Keys, proofs, tokens and ids of sessions are longer than this.
const SHORTEST_KEY_CHARS: usize = 16;
/// Names of fields and hosts are no longer than this, tokens are.
const LONGEST_WORD_CHARS: usize = 200;

/// Zeroes what is freed, by whomever. The standard library's is 3 KB larger, gzipped.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<rlsf::SmallGlobalTlsf> = ZeroAlloc(rlsf::SmallGlobalTlsf::new());

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a client is made from: checked, and complete. Times are in milliseconds. */
export interface CoreConfig {
  token: string;
  host: CoreHost;
  integrationName: string;
  integrationVersion: string;
  os: string;
  arch: string;
  allowedHosts: readonly string[] | undefined;
  waitsForOthers: boolean;
  sharesSessions: boolean;
  retries: number;
  retryMinMs: number;
  retryMaxMs: number;
  metadataTtlMs: number;
  secretTtlMs: number;
  negativeTtlMs: number;
  staleIfErrorMs: number;
}

/** What the core needs of its surroundings. None of it throws. */
export interface CoreHost {
  /** Headers are a plain object. The answer rejects with a {@link SendFailure} alone. */
  send(
    method: string,
    url: string,
    headers: object,
    body: string | undefined,
    retry: number,
  ): Pending<Answer>;
  sleep(ms: number): Pending<void>;
  note(event: CoreEvent, ms: number): void;
  now(): number;
  /** False if there is no randomness. */
  fillRandom(bytes: Uint8Array): boolean;
  nfkd(text: string): string;
  loadSession(name: string): Promise<string | undefined>;
  storeSession(name: string, record: string | undefined, ttlSeconds: number): Promise<void>;
  importKey(jwk: object, hash: "SHA-1" | "SHA-256"): Promise<CryptoKey>;
  openRsa(key: CryptoKey, sealed: Uint8Array): Promise<Uint8Array>;
  openAes(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Promise<Uint8Array>;
}

export type CoreEvent = "hit" | "miss" | "stale" | "signIn" | "resume" | "throttle";

/** Something under way that can be given up. */
export interface Pending<T> {
  readonly answer: Promise<T>;
  abort(): void;
}

export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** The body, in pieces. */
  readonly pieces: Uint8Array[];
}

export interface SendFailure {
  readonly kind: "network" | "timeout" | "aborted" | "redirect" | "opaque" | "tooLong";
  readonly cause: string;
}"#;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript makes a client from. Read property by property, because
    /// serde is 10 KB.
    #[wasm_bindgen(typescript_type = "CoreConfig")]
    pub type Config;
    #[wasm_bindgen(method, getter)]
    fn token(this: &Config) -> String;
    #[wasm_bindgen(method, getter)]
    fn host(this: &Config) -> JsHost;
    #[wasm_bindgen(method, getter, js_name = integrationName)]
    fn integration_name(this: &Config) -> String;
    #[wasm_bindgen(method, getter, js_name = integrationVersion)]
    fn integration_version(this: &Config) -> String;
    #[wasm_bindgen(method, getter)]
    fn os(this: &Config) -> String;
    #[wasm_bindgen(method, getter)]
    fn arch(this: &Config) -> String;
    /// As [`AllowedHosts::parse`] takes them.
    #[wasm_bindgen(method, getter, js_name = allowedHosts)]
    fn allowed_hosts(this: &Config) -> Option<Vec<String>>;
    #[wasm_bindgen(method, getter, js_name = waitsForOthers)]
    fn waits_for_others(this: &Config) -> bool;
    #[wasm_bindgen(method, getter, js_name = sharesSessions)]
    fn shares_sessions(this: &Config) -> bool;
    #[wasm_bindgen(method, getter)]
    fn retries(this: &Config) -> u32;
    #[wasm_bindgen(method, getter, js_name = retryMinMs)]
    fn retry_min_ms(this: &Config) -> f64;
    #[wasm_bindgen(method, getter, js_name = retryMaxMs)]
    fn retry_max_ms(this: &Config) -> f64;
    #[wasm_bindgen(method, getter, js_name = metadataTtlMs)]
    fn metadata_ttl_ms(this: &Config) -> f64;
    #[wasm_bindgen(method, getter, js_name = secretTtlMs)]
    fn secret_ttl_ms(this: &Config) -> f64;
    #[wasm_bindgen(method, getter, js_name = negativeTtlMs)]
    fn negative_ttl_ms(this: &Config) -> f64;
    #[wasm_bindgen(method, getter, js_name = staleIfErrorMs)]
    fn stale_if_error_ms(this: &Config) -> f64;

    /// JavaScript's network, WebCrypto, clock and stores.
    #[derive(Debug)]
    type JsHost;
    #[wasm_bindgen(method)]
    fn send(
        this: &JsHost,
        method: &str,
        url: &str,
        headers: &Object,
        body: Option<String>,
        retry: u32,
    ) -> JsPending;
    #[wasm_bindgen(method)]
    fn sleep(this: &JsHost, ms: f64) -> JsPending;
    #[wasm_bindgen(method)]
    fn note(this: &JsHost, event: &str, ms: f64);
    #[wasm_bindgen(method)]
    fn now(this: &JsHost) -> f64;
    #[wasm_bindgen(method, js_name = fillRandom)]
    fn fill_random(this: &JsHost, bytes: &mut [u8]) -> bool;
    #[wasm_bindgen(method)]
    fn nfkd(this: &JsHost, text: &str) -> String;
    #[wasm_bindgen(method, js_name = loadSession)]
    fn load_session(this: &JsHost, name: &str) -> Promise;
    #[wasm_bindgen(method, js_name = storeSession)]
    fn store_session(this: &JsHost, name: &str, record: Option<&str>, ttl_seconds: u32) -> Promise;
    #[wasm_bindgen(method, js_name = importKey)]
    fn import_key(this: &JsHost, jwk: &Object, hash: &str) -> Promise;
    #[wasm_bindgen(method, js_name = openRsa)]
    fn open_rsa(this: &JsHost, key: &JsValue, sealed: &[u8]) -> Promise;
    #[wasm_bindgen(method, js_name = openAes)]
    fn open_aes(this: &JsHost, key: &[u8], iv: &[u8], sealed: &[u8]) -> Promise;

    type JsPending;
    #[wasm_bindgen(method, getter)]
    fn answer(this: &JsPending) -> Promise;
    #[wasm_bindgen(method)]
    fn abort(this: &JsPending);

    type JsAnswer;
    #[wasm_bindgen(method, getter)]
    fn status(this: &JsAnswer) -> u16;
    #[wasm_bindgen(method, getter, js_name = retryAfterMs)]
    fn retry_after_ms(this: &JsAnswer) -> Option<f64>;
    #[wasm_bindgen(method, getter)]
    fn pieces(this: &JsAnswer) -> Vec<Uint8Array>;

    type JsFailure;
    #[wasm_bindgen(method, getter)]
    fn kind(this: &JsFailure) -> String;
    #[wasm_bindgen(method, getter)]
    fn cause(this: &JsFailure) -> String;
}

/// A signed-in client, as JavaScript holds it.
///
/// Its methods take `&self` and clone what they need before they wait, so that
/// calls may overlap.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(Rc<client::Client<JsHost>>);

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let message = printable(&error.to_string());
        let object = string_object([("code", error.code()), ("message", &message)]);
        set(&object, "retryable", error.retryable());
        if let Some(status) = error.status() {
            set(&object, "status", status);
        }
        if let Some(ms) = error.retry_after_ms() {
            set(&object, "retryAfterMs", ms as f64);
        }
        if let Error::Network { cause, .. } = &error {
            set(&object, "cause", cause.as_str());
        }
        let candidates = error.candidates();
        if !candidates.is_empty() {
            let candidates = candidates.iter().map(candidate_object).collect::<Array>();
            set(&object, "candidates", candidates);
        }
        object.into()
    }
}

fn candidate_object(Candidate { id, title }: &Candidate) -> Object {
    string_object([("id", id.as_str()), ("title", title.as_str())])
}

#[wasm_bindgen]
impl Client {
    /// `create(config) -> Client`
    ///
    /// Sends nothing.
    ///
    /// # Errors
    /// Throws `{ code, message, status?, retryable, retryAfterMs?, cause? }`.
    pub fn create(config: &Config) -> Result<Self, Error> {
        let [name, version] = [config.integration_name(), config.integration_version()];
        let options = Options {
            token: Secret::new(config.token()),
            identity: Identity::new(&name, &version, &config.os(), &config.arch()),
            allowed_hosts: match config.allowed_hosts() {
                Some(entries) => AllowedHosts::parse(&entries)?,
                None => AllowedHosts::default(),
            },
            waits_for_others: config.waits_for_others(),
            shares_sessions: config.shares_sessions(),
            backoff: Backoff {
                retries: config.retries(),
                min_ms: config.retry_min_ms() as u64,
                max_ms: config.retry_max_ms() as u64,
            },
            lifetimes: Lifetimes {
                metadata_ms: config.metadata_ttl_ms() as u64,
                secret_ms: config.secret_ttl_ms() as u64,
                negative_ms: config.negative_ttl_ms() as u64,
                stale_if_error_ms: config.stale_if_error_ms() as u64,
            },
        };
        Ok(Self(Rc::new(client::Client::new(config.host(), options)?)))
    }

    /// `sign_in(call) -> Promise<void>`
    ///
    /// # Errors
    /// Rejects as [`Client::create`] throws.
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, call: u32) -> Promise {
        let client = Rc::clone(&self.0);
        future_to_promise(async move {
            client.sign_in(call).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `resolve(call, references, want, fresh, settle) -> Promise<void>`
    ///
    /// Calls `settle(index, outcome)` for each reference, with
    /// `{ secret, itemId, vaultId }` or `{ error }`. `want` is `text` or `bytes`; or `item`
    /// or `file`, and in place of references there are a vault, an item and the id of a
    /// file, with U+0000 between them. `secret` is a string, for bytes and files a
    /// `Uint8Array`.
    ///
    /// # Errors
    /// As [`Client::sign_in`]; `error` has the same form.
    pub fn resolve(
        &self,
        call: u32,
        references: Vec<String>,
        want: &str,
        fresh: bool,
        settle: Function,
    ) -> Promise {
        let client = Rc::clone(&self.0);
        let want = match want {
            "bytes" => Want::Bytes,
            "item" => Want::Item,
            "file" => Want::File,
            _ => Want::Text,
        };
        future_to_promise(async move {
            let bytes = matches!(want, Want::Bytes | Want::File);
            let settle = |index, outcome| {
                let outcome = match outcome {
                    Ok(found) => found_object(&found, bytes),
                    Err(error) => error_object(error),
                };
                // What JavaScript hands in does not throw.
                let _ =
                    settle.call2(&JsValue::UNDEFINED, &JsValue::from_f64(index as f64), &outcome);
            };
            client.resolve_all(call, &references, Manner { want, fresh }, &settle).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `list(call, what, vault, give) -> Promise<void>`
    ///
    /// Calls `give` with some entries at once, as a JSON array, and goes on when the promise that
    /// it may return is settled. `what` is `active`, `archived`, `all` or `no` items of a vault, a
    /// `vault` itself, it and who has `access`, all `vaults`, or all `unnamedVaults`.
    ///
    /// # Errors
    /// As [`Client::sign_in`].
    pub fn list(&self, call: u32, what: &str, vault: String, give: Function) -> Promise {
        let client = Rc::clone(&self.0);
        let list = match what {
            "vault" | "access" => List::Vault { part: vault, accessors: what == "access" },
            "vaults" | "unnamedVaults" => List::Vaults { named: what == "vaults" },
            _ => List::Items(
                vault,
                States {
                    active: matches!(what, "active" | "all"),
                    archived: matches!(what, "archived" | "all"),
                },
            ),
        };
        future_to_promise(async move {
            let give = async |json: String| {
                // What JavaScript hands in does not throw.
                let taken = give.call1(&JsValue::UNDEFINED, &json.into()).unwrap_or_default();
                let _ = JsFuture::from(Promise::resolve(&taken)).await;
            };
            client.list(call, &list, &give).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `stale(reference) -> outcome or undefined`
    ///
    /// What may be given when a call ran out of time.
    pub fn stale(&self, reference: &str) -> JsValue {
        let found = self.0.stale(reference);
        found.map_or(JsValue::UNDEFINED, |found| found_object(&found, false).into())
    }

    /// `cancel(call)`
    ///
    /// Ends a call that nobody waits for.
    pub fn cancel(&self, call: u32) {
        self.0.cancel(call);
    }

    /// `clear_cache()`
    ///
    /// Forgets names and secrets.
    #[wasm_bindgen(js_name = clearCache)]
    pub fn clear_cache(&self) {
        self.0.clear_cache();
    }

    /// `close()`
    ///
    /// Forgets the token, the session, all keys and secrets.
    pub fn close(&self) {
        self.0.close();
    }
}

/// Aborts a request or a pause when it goes, as it does with a call that is
/// cancelled. Nothing happens to one that is over.
struct Pending(JsPending);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Host for JsHost {
    type PrivateKey = JsValue;

    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let HttpRequest { action, method, url, host, headers, body, retry } = request;
        let headers = string_object(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let sent = Pending(self.send(method, &url, &headers, body, retry));
        match JsFuture::from(sent.0.answer()).await {
            Ok(answer) => {
                let answer: JsAnswer = answer.unchecked_into();
                Ok(HttpResponse {
                    status: answer.status(),
                    retry_after_ms: answer.retry_after_ms().map(|ms| ms as u64),
                    body: concat(&answer.pieces()),
                })
            }
            Err(failure) => {
                let failure: JsFailure = failure.unchecked_into();
                Err(match failure.kind().as_str() {
                    "timeout" => Error::Timeout { action, host },
                    "aborted" => Error::Aborted { action },
                    "redirect" => Error::Protocol {
                        what: "the server redirects, and redirects are not followed",
                    },
                    "opaque" => Error::Protocol {
                        what: "fetch gave an opaque answer, which cannot be read",
                    },
                    "tooLong" => Error::Protocol { what: "an answer is longer than 64 MiB" },
                    _ => Error::Network { action, host, cause: failure.cause() },
                })
            }
        }
    }

    fn now_ms(&self) -> u64 {
        self.now() as u64
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let what = "this runtime's crypto.getRandomValues does not work";
        if self.fill_random(bytes) { Ok(()) } else { Err(Error::Unsupported { what }) }
    }

    async fn sleep(&self, ms: u64) {
        let pause = Pending(self.sleep(ms as f64));
        let _ = JsFuture::from(pause.0.answer()).await;
    }

    fn note(&self, event: Event) {
        let (name, ms) = match event {
            Event::CacheHit => ("hit", 0),
            Event::CacheMiss => ("miss", 0),
            Event::CacheStale => ("stale", 0),
            Event::SignIn => ("signIn", 0),
            Event::Resume => ("resume", 0),
            Event::Throttle(ms) => ("throttle", ms),
        };
        self.note(name, ms as f64);
    }

    async fn load_session(&self, name: &str) -> Option<String> {
        JsFuture::from(self.load_session(name)).await.ok()?.as_string()
    }

    async fn store_session(&self, name: &str, record: Option<&str>, ttl_seconds: u32) {
        let _ = JsFuture::from(self.store_session(name, record, ttl_seconds)).await;
    }

    fn nfkd(&self, text: &str) -> String {
        self.nfkd(text)
    }

    async fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> Result<JsValue, Error> {
        let hash = match hash {
            OaepHash::Sha1 => "SHA-1",
            OaepHash::Sha256 => "SHA-256",
        };
        let jwk = string_object([
            ("kty", "RSA"),
            ("n", &key.n),
            ("e", &key.e),
            ("d", key.d.expose()),
            ("p", key.p.expose()),
            ("q", key.q.expose()),
            ("dp", key.dp.expose()),
            ("dq", key.dq.expose()),
            ("qi", key.qi.expose()),
        ]);
        let imported = JsFuture::from(self.import_key(&jwk, hash)).await;
        imported.map_err(|_| Error::Decryption { what: "a private key" })
    }

    async fn open_rsa_oaep(
        &self,
        key: &JsValue,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        opened(self.open_rsa(key, sealed), what).await
    }

    async fn open_aes_gcm(
        &self,
        key: &AesKey,
        iv: &[u8],
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        opened(self.open_aes(key, iv, sealed), what).await
    }
}

async fn opened(plaintext: Promise, what: &'static str) -> Result<Secret<Vec<u8>>, Error> {
    let plaintext = JsFuture::from(plaintext).await;
    let plaintext: Uint8Array = plaintext.map_err(|_| Error::Decryption { what })?.unchecked_into();
    let bytes = Secret::new(plaintext.to_vec());
    // JavaScript's copy must not outlive this.
    plaintext.fill(0, 0, plaintext.length());
    Ok(bytes)
}

/// The pieces stay JavaScript's until their sum is known: the module's memory
/// grows, but does not shrink.
fn concat(pieces: &[Uint8Array]) -> Vec<u8> {
    let length = pieces.iter().map(|piece| piece.length() as usize).sum();
    let mut bytes = vec![0; length];
    let mut rest = bytes.as_mut_slice();
    for piece in pieces {
        let (start, end) = rest.split_at_mut(piece.length() as usize);
        piece.copy_to(start);
        rest = end;
    }
    bytes
}

fn found_object(Found { secret, item_id, vault_id }: &Found, bytes: bool) -> Object {
    let object = Object::new();
    let secret = secret.expose().as_slice();
    match std::str::from_utf8(secret) {
        Ok(text) if !bytes => set(&object, "secret", text),
        _ => set(&object, "secret", Uint8Array::from(secret)),
    }
    set(&object, "itemId", item_id.as_str());
    set(&object, "vaultId", vault_id.as_str());
    object
}

fn error_object(error: Error) -> Object {
    let object = Object::new();
    set(&object, "error", error);
    object
}

/// Names may hold what a log must not: control characters, and a text of the
/// length of a key, such as a token that was pasted into a reference.
fn printable(message: &str) -> String {
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

fn string_object<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// Setting a property of a plain object cannot fail.
fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(object, &name.into(), &value.into());
}
