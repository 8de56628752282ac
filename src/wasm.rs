//! The boundary to JavaScript: the one module that names wasm-bindgen and its kin.

use crate::{
    address::AllowedHosts,
    client::{self, Found, Options},
    error::{Candidate, Error},
    host::{Host, HttpRequest, HttpResponse, OaepHash, RsaPrivateJwk},
    identity::Identity,
    secret::Secret,
};
use js_sys::{Array, ArrayBuffer, Date, Function, JsString, Object, Promise, Reflect, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Crypto, CryptoKey, RequestInit, RequestRedirect, SubtleCrypto};

/// The longest cause that is shown of what the host's `fetch` threw.
const MAX_CAUSE_CHARS: usize = 300;
/// Above what a vault of 50,000 items or the largest file takes; far more would
/// end the module for want of memory.
const MAX_BODY_BYTES: f64 = 64.0 * 1024.0 * 1024.0;
/// Keys, proofs, tokens and ids of sessions are longer than this.
const SHORTEST_KEY_CHARS: usize = 16;
/// Names of fields and hosts are no longer than this, tokens are.
const LONGEST_WORD_CHARS: usize = 200;

/// The standard library's allocator is 3 KB larger, gzipped.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

#[wasm_bindgen(typescript_custom_section)]
const CONFIG: &str = r#"
/** What {@link Client.authenticate} is told: checked, and complete. */
export interface CoreConfig {
  token: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  integrationName: string;
  integrationVersion: string;
  os: string;
  arch: string;
  allowedHosts: readonly string[] | undefined;
  waitsForOthers: boolean;
}"#;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript says at sign-in. Read property by property, because serde is 10 KB.
    #[wasm_bindgen(typescript_type = "CoreConfig")]
    pub type Config;
    #[wasm_bindgen(method, getter)]
    fn token(this: &Config) -> String;
    #[wasm_bindgen(method, getter)]
    fn fetch(this: &Config) -> Function;
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
    /// `authenticate(config) -> Promise<Client>`
    ///
    /// # Errors
    /// Rejects with `{ code, message, status?, retryable, retryAfterMs?, cause? }`.
    pub fn authenticate(config: &Config) -> Promise {
        let token = Secret::new(config.token());
        let [name, version] = [config.integration_name(), config.integration_version()];
        let identity = Identity::new(&name, &version, &config.os(), &config.arch());
        let waits_for_others = config.waits_for_others();
        let allowed_hosts = config.allowed_hosts();
        let fetch = config.fetch();
        future_to_promise(async move {
            let options = Options {
                token,
                identity,
                allowed_hosts: match allowed_hosts {
                    Some(entries) => AllowedHosts::parse(&entries)?,
                    None => AllowedHosts::default(),
                },
                waits_for_others,
            };
            let client = client::Client::authenticate(JsHost::new(fetch)?, options).await?;
            Ok(Self(Rc::new(client)).into())
        })
    }

    /// `resolve(reference) -> Promise<string>`
    ///
    /// # Errors
    /// As [`Client::authenticate`].
    pub fn resolve(&self, reference: String) -> Promise {
        let client = Rc::clone(&self.0);
        future_to_promise(async move {
            let secret = client.resolve(&reference).await?;
            Ok(JsValue::from_str(secret.expose()))
        })
    }

    /// `resolve_bytes(reference) -> Promise<Uint8Array>`
    ///
    /// # Errors
    /// As [`Client::authenticate`].
    #[wasm_bindgen(js_name = resolveBytes)]
    pub fn resolve_bytes(&self, reference: String) -> Promise {
        let client = Rc::clone(&self.0);
        future_to_promise(async move {
            let bytes = client.resolve_bytes(&reference).await?;
            Ok(Uint8Array::from(bytes.expose().as_slice()).into())
        })
    }

    /// `resolve_all(references) -> Promise<({ secret, itemId, vaultId } | { error })[]>`
    ///
    /// # Errors
    /// As [`Client::authenticate`]; `error` has the same form.
    #[wasm_bindgen(js_name = resolveAll)]
    pub fn resolve_all(&self, references: Vec<String>) -> Promise {
        let client = Rc::clone(&self.0);
        future_to_promise(async move {
            let outcomes = client.resolve_all(&references).await?;
            Ok(outcomes.into_iter().map(outcome_object).collect::<Array>().into())
        })
    }

    /// `close()`
    ///
    /// Forgets the token, the session and all keys.
    pub fn close(&self) {
        self.0.close();
    }
}

/// JavaScript's own `fetch`, WebCrypto and clock.
#[derive(Debug)]
struct JsHost {
    fetch: Function,
    crypto: Crypto,
    subtle: SubtleCrypto,
}

impl JsHost {
    fn new(fetch: Function) -> Result<Self, Error> {
        let crypto = property(&js_sys::global(), "crypto").filter(JsValue::is_object).ok_or(
            Error::Unsupported {
                what: "this runtime has no globalThis.crypto (WebCrypto), which signing in needs",
            },
        )?;
        let subtle = property(&crypto, "subtle").filter(JsValue::is_object).ok_or(
            Error::Unsupported {
                what: "this runtime has no crypto.subtle, which opening keys needs; a page must be served over https or from localhost",
            },
        )?;
        // By duck typing: a constructor of another realm is as good.
        Ok(Self { fetch, crypto: crypto.unchecked_into(), subtle: subtle.unchecked_into() })
    }
}

impl Host for JsHost {
    type PrivateKey = CryptoKey;

    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let init = RequestInit::new();
        init.set_method(request.method);
        init.set_redirect(RequestRedirect::Manual);
        init.set_headers(&string_object(
            request.headers.iter().map(|(name, value)| (*name, value.as_str())),
        ));
        if let Some(body) = &request.body {
            init.set_body(&JsValue::from_str(body));
        }
        let url = JsValue::from_str(&request.url);
        let failed = |thrown| fetch_error(&thrown, &request);
        let returned = self.fetch.call2(&JsValue::UNDEFINED, &url, &init).map_err(failed)?;
        let response = settle(returned).await.map_err(failed)?;
        read_response(&response, &request).await
    }

    fn now_ms(&self) -> u64 {
        Date::now() as u64
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.crypto.get_random_values_with_u8_array(bytes).map(drop).map_err(|_| {
            Error::Unsupported { what: "this runtime's crypto.getRandomValues does not work" }
        })
    }

    fn nfkd(&self, text: &str) -> String {
        JsString::from(text).normalize("NFKD").into()
    }

    async fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> Result<CryptoKey, Error> {
        let hash = match hash {
            OaepHash::Sha1 => "SHA-1",
            OaepHash::Sha256 => "SHA-256",
        };
        let algorithm = string_object([("name", "RSA-OAEP"), ("hash", hash)]);
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
        let usages = Array::of1(&"decrypt".into());
        let import = async {
            let promise =
                self.subtle.import_key_with_object("jwk", &jwk, &algorithm, false, &usages)?;
            JsFuture::from(promise).await
        };
        match import.await {
            Ok(key) => Ok(key.unchecked_into()),
            Err(_) => Err(Error::Decryption { what: "a private key" }),
        }
    }

    async fn open_rsa_oaep(
        &self,
        key: &CryptoKey,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let algorithm = string_object([("name", "RSA-OAEP")]);
        let decrypt = async {
            let promise = self.subtle.decrypt_with_object_and_u8_array(&algorithm, key, sealed)?;
            JsFuture::from(promise).await
        };
        let plaintext = Uint8Array::new(&decrypt.await.map_err(|_| Error::Decryption { what })?);
        let bytes = Secret::new(plaintext.to_vec());
        // JavaScript's copy must not outlive this.
        plaintext.fill(0, 0, plaintext.length());
        Ok(bytes)
    }
}

/// Reads what `fetch` answered. By duck typing, and never by a call that cannot
/// be caught: injected functions bring Response classes of their own.
async fn read_response(response: &JsValue, request: &HttpRequest) -> Result<HttpResponse, Error> {
    let failed = |thrown| fetch_error(&thrown, request);
    let no_response = || network_error(request, "fetch did not answer with a Response");
    let status = property(response, "status").and_then(|status| status.as_f64());
    let status = match status {
        // A browser shows a redirect that it does not follow as status 0.
        Some(status) if status == 0.0 || (300.0..400.0).contains(&status) => {
            return Err(Error::Protocol {
                what: "the server redirects, and redirects are not followed",
            });
        }
        Some(status) if (200.0..600.0).contains(&status) => status as u16,
        _ => return Err(no_response()),
    };
    let retry_after = property(response, "headers")
        .and_then(|headers| call(&headers, "get", &["retry-after".into()]).ok()??.as_string());
    let mut body = Body::default();
    let stream = property(response, "body").map(|stream| call(&stream, "getReader", &[]));
    match stream.transpose().map_err(failed)?.flatten() {
        // Piece by piece: as one buffer a file would be in memory once more.
        Some(reader) => loop {
            let next = call(&reader, "read", &[]).map_err(failed)?.ok_or_else(no_response)?;
            let next = settle(next).await.map_err(failed)?;
            match property(&next, "value") {
                Some(piece) => body.push(&piece).ok_or_else(no_response)??,
                None => break,
            }
        },
        None => {
            let whole = call(response, "arrayBuffer", &[]).map_err(failed)?;
            let whole = settle(whole.ok_or_else(no_response)?).await.map_err(failed)?;
            body.push(&whole).ok_or_else(no_response)??;
        }
    }
    Ok(HttpResponse { status, retry_after, body: body.into_bytes() })
}

/// The pieces of an answer's body, which stay JavaScript's until their sum is
/// known: the module's memory grows, but does not shrink.
#[derive(Default)]
struct Body {
    pieces: Vec<Uint8Array>,
    length: usize,
}

impl Body {
    /// Adds an `ArrayBuffer` or bytes, of whichever realm; `None` if it is neither.
    fn push(&mut self, piece: &JsValue) -> Option<Result<(), Error>> {
        let length = property(piece, "byteLength")?.as_f64()?;
        if length + self.length as f64 > MAX_BODY_BYTES {
            return Some(Err(Error::Protocol { what: "an answer is longer than 64 MiB" }));
        }
        // A view is no proxy, whose length would throw.
        let bytes = piece.dyn_ref::<Uint8Array>().filter(|_| ArrayBuffer::is_view(piece));
        let piece = bytes.cloned().or_else(|| bytes_of(piece))?;
        self.length += piece.length() as usize;
        self.pieces.push(piece);
        Some(Ok(()))
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut bytes = vec![0; self.length];
        let mut rest = bytes.as_mut_slice();
        for piece in self.pieces {
            let (start, end) = rest.split_at_mut(piece.length() as usize);
            piece.copy_to(start);
            rest = end;
        }
        bytes
    }
}

fn bytes_of(value: &JsValue) -> Option<Uint8Array> {
    let array = Reflect::construct(&uint8_array_class()?, &Array::of1(value)).ok()?;
    array.dyn_into::<Uint8Array>().ok()
}

fn uint8_array_class() -> Option<Function> {
    property(&js_sys::global(), "Uint8Array")?.dyn_into().ok()
}

/// Calls a method; `None` if there is no such method.
fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<Option<JsValue>, JsValue> {
    let Some(method) = property(object, name).and_then(|method| method.dyn_into().ok()) else {
        return Ok(None);
    };
    let method: Function = method;
    method.apply(object, &arguments.iter().collect::<Array>()).map(Some)
}

/// Awaits anything, promise or not.
async fn settle(value: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&value)).await
}

/// What the host's `fetch` threw. Only its name, message and code are kept, as
/// text: an error of an injected `fetch` may hold the request.
fn fetch_error(thrown: &JsValue, request: &HttpRequest) -> Error {
    let text = |value: &JsValue, name| property(value, name).and_then(|text| text.as_string());
    let name = text(thrown, "name").unwrap_or_default();
    match name.as_str() {
        "AbortError" => return Error::Aborted { action: request.action },
        "TimeoutError" => {
            return Error::Timeout { action: request.action, host: request.host.clone() };
        }
        _ => {}
    }
    let message = text(thrown, "message").or_else(|| thrown.as_string()).unwrap_or_default();
    let code = property(thrown, "cause").and_then(|cause| text(&cause, "code"));
    let parts = [name, message, code.unwrap_or_default()];
    let parts: Vec<_> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    network_error(request, &parts.join(": "))
}

/// The message of a mock or a proxy may quote the request: what has the length
/// of a key, a proof or a token is cut out of it.
fn network_error(request: &HttpRequest, cause: &str) -> Error {
    let is_key_character = |c: char| c.is_ascii_alphanumeric() || "-_+/=%|".contains(c);
    let mut shown = String::new();
    for run in cause.split_inclusive(|c| !is_key_character(c)) {
        let long = run.chars().filter(|c| is_key_character(*c)).count() >= SHORTEST_KEY_CHARS;
        shown.push_str(if long { "… " } else { run });
    }
    Error::Network {
        action: request.action,
        host: request.host.clone(),
        cause: shown.chars().take(MAX_CAUSE_CHARS).collect(),
    }
}

fn outcome_object(outcome: Result<Found, Error>) -> Object {
    match outcome {
        Ok(Found { secret, item_id, vault_id }) => string_object([
            ("secret", secret.expose().as_str()),
            ("itemId", &item_id),
            ("vaultId", &vault_id),
        ]),
        Err(error) => {
            let object = Object::new();
            set(&object, "error", error);
            object
        }
    }
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

/// A property, unless there is none or reading it throws.
fn property(value: &JsValue, name: &str) -> Option<JsValue> {
    if !value.is_object() {
        return None;
    }
    Reflect::get(value, &name.into()).ok().filter(|property| !property.is_undefined())
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
