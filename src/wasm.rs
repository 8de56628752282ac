//! The boundary to JavaScript: the one module that names wasm-bindgen and its kin.

use crate::{
    address::AllowedHosts,
    client::{self, Options},
    error::Error,
    host::{Host, HttpRequest, HttpResponse, OaepHash, RsaPrivateJwk},
    identity::Identity,
    secret::Secret,
};
use gloo_net::http::Response;
use js_sys::{Array, Date, Function, JsString, Object, Promise, Reflect, Uint8Array};
use serde::Serialize;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Crypto, CryptoKey, Headers, RequestInit, RequestRedirect, SubtleCrypto};

/// The longest cause that is shown of what the host's `fetch` threw.
const MAX_CAUSE_CHARS: usize = 300;

/// A signed-in client, as JavaScript holds it.
///
/// Its methods take `&self` and clone what they need before they wait, so that
/// calls may overlap.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(Rc<client::Client<JsHost>>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsError {
    code: &'static str,
    message: String,
    status: Option<u16>,
    retryable: bool,
    retry_after_ms: Option<f64>,
    cause: Option<String>,
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let cause = match &error {
            Error::Network { cause, .. } => Some(cause.clone()),
            _ => None,
        };
        let error = JsError {
            code: error.code(),
            message: error.to_string(),
            status: error.status(),
            retryable: error.retryable(),
            retry_after_ms: error.retry_after_ms().map(|ms| ms as f64),
            cause,
        };
        serde_wasm_bindgen::to_value(&error).unwrap_or(Self::UNDEFINED)
    }
}

#[wasm_bindgen]
impl Client {
    /// `authenticate(token, fetch, integration, platform, allowed_hosts) -> Promise<Client>`
    ///
    /// Plain arguments, because reading an object by serde is 10 KB.
    ///
    /// # Shapes
    /// - `integration`: name and version; `platform`: operating system and architecture
    /// # Errors
    /// Rejects with `{ code, message, status?, retryable, retryAfterMs?, cause? }`.
    pub fn authenticate(
        token: String,
        fetch: Function,
        integration_name: &str,
        integration_version: &str,
        os: &str,
        arch: &str,
        allowed_hosts: Option<Vec<String>>,
    ) -> Promise {
        let token = Secret::new(token);
        let identity = Identity::new(integration_name, integration_version, os, arch);
        future_to_promise(async move {
            let options = Options {
                token,
                identity,
                allowed_hosts: match allowed_hosts {
                    Some(entries) => AllowedHosts::parse(&entries)?,
                    None => AllowedHosts::default(),
                },
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
        let HttpRequest { action, host, .. } = &request;
        let init = RequestInit::new();
        init.set_method(request.method);
        init.set_redirect(RequestRedirect::Manual);
        init.set_headers(&header_object(&request.headers));
        if let Some(body) = &request.body {
            init.set_body(&JsValue::from_str(body));
        }
        let failed = |thrown| fetch_error(&thrown, action, host);
        let promise = self
            .fetch
            .call2(&JsValue::UNDEFINED, &JsValue::from_str(&request.url), &init)
            .map_err(failed)?;
        let response = JsFuture::from(Promise::resolve(&promise)).await.map_err(failed)?;
        read_response(response, action, host).await
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

async fn read_response(
    response: JsValue,
    action: &'static str,
    host: &str,
) -> Result<HttpResponse, Error> {
    let network =
        |cause: &str| Error::Network { action, host: host.to_owned(), cause: cause.to_owned() };
    if property(&response, "status").and_then(|status| status.as_f64()).is_none() {
        return Err(network("fetch did not answer with a Response"));
    }
    let retry_after = property(&response, "headers")
        .filter(JsValue::is_object)
        .and_then(|headers| headers.unchecked_into::<Headers>().get("retry-after").ok()?);
    // By duck typing: injected fetch functions bring Response classes of their own.
    let response = Response::from(response.unchecked_into::<web_sys::Response>());
    let status = response.status();
    // A browser shows a redirect that it does not follow as status 0.
    if status == 0 || matches!(status, 300..=399) {
        return Err(Error::Protocol {
            what: "the server redirects, and redirects are not followed",
        });
    }
    let body = response.binary().await.map_err(|_| network("the answer's body ended early"))?;
    Ok(HttpResponse { status, retry_after, body })
}

/// What the host's `fetch` threw. Only its name, message and code are kept: an
/// error of an injected `fetch` may hold the request with its headers.
fn fetch_error(thrown: &JsValue, action: &'static str, host: &str) -> Error {
    let text = |value: &JsValue, name| property(value, name).and_then(|text| text.as_string());
    let name = text(thrown, "name").unwrap_or_default();
    match name.as_str() {
        "AbortError" => return Error::Aborted { action },
        "TimeoutError" => return Error::Timeout { action, host: host.to_owned() },
        _ => {}
    }
    let message = text(thrown, "message").or_else(|| thrown.as_string()).unwrap_or_default();
    let code = property(thrown, "cause").and_then(|cause| text(&cause, "code"));
    let cause = [Some(name), Some(message), code]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ");
    Error::Network {
        action,
        host: host.to_owned(),
        cause: cause.chars().take(MAX_CAUSE_CHARS).collect(),
    }
}

/// A property, unless there is none or reading it throws.
fn property(value: &JsValue, name: &str) -> Option<JsValue> {
    if !value.is_object() {
        return None;
    }
    Reflect::get(value, &name.into()).ok().filter(|property| !property.is_undefined())
}

fn string_object<const N: usize>(properties: [(&str, &str); N]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value.into());
    }
    object
}

fn header_object(headers: &[(&'static str, String)]) -> Object {
    let object = Object::new();
    for (name, value) in headers {
        let _ = Reflect::set(&object, &(*name).into(), &value.into());
    }
    object
}
