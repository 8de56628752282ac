//! The host's WebCrypto.

use super::js::{Settled, bytes_of, get, set, string_object};
use crate::{
    base::{error::Error, secret::Secret},
    host::{AesKey, OaepHash, RsaPrivateJwk},
};
use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

const RSA: &str = "RSA-OAEP";
const AES: &str = "AES-GCM";

fn member(of: &JsValue, name: &str, what: &'static str) -> Result<JsValue, Error> {
    let missing = Error::Unsupported { what };
    get(of, name).ok().filter(JsValue::is_object).ok_or(missing)
}

fn crypto() -> Result<Crypto, Error> {
    let what = "this runtime has no globalThis.crypto (WebCrypto), which signing in needs";
    Ok(member(&js_sys::global(), "crypto", what)?.unchecked_into())
}

/// The host's `crypto.subtle`, looked for each time: some hosts have it later than others.
pub(super) fn subtle() -> Result<SubtleCrypto, Error> {
    let what = "this runtime has no crypto.subtle, which opening keys needs; a page must be served over https or from localhost";
    Ok(member(&crypto()?.into(), "subtle", what)?.unchecked_into())
}

pub(super) fn fill_random(bytes: &mut [u8]) -> Result<(), Error> {
    let what = "this runtime's crypto.getRandomValues does not work";
    let filled = crypto()?.get_random_values_with_u8_array(bytes);
    filled.map(drop).map_err(|_| Error::Unsupported { what })
}

fn rsa(hash: OaepHash) -> Object {
    let hash = match hash {
        OaepHash::Sha1 => "SHA-1",
        OaepHash::Sha256 => "SHA-256",
    };
    string_object([("name", RSA), ("hash", hash)])
}

pub(super) async fn import_rsa(key: &RsaPrivateJwk, hash: OaepHash) -> Result<CryptoKey, Error> {
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
    import("jwk", &jwk, &rsa(hash), "decrypt", "a private key").await
}

pub(super) async fn seal_rsa(
    [n, e]: [&str; 2],
    hash: OaepHash,
    plaintext: &str,
    what: &'static str,
) -> Result<Secret<Vec<u8>>, Error> {
    let jwk = string_object([("kty", "RSA"), ("n", n), ("e", e)]);
    let key = import("jwk", &jwk, &rsa(hash), "encrypt", what).await?;
    let plaintext = Uint8Array::from(plaintext.as_bytes());
    let algorithm = string_object([("name", RSA)]);
    let sealing = subtle()?.encrypt_with_object_and_js_u8_array(&algorithm, &key, &plaintext);
    let sealed = opened(sealing, what).await;
    // JavaScript's copy must not outlive this.
    plaintext.fill(0, 0, plaintext.length());
    sealed
}

pub(super) async fn open_rsa(
    key: &CryptoKey,
    sealed: &[u8],
    what: &'static str,
) -> Result<Secret<Vec<u8>>, Error> {
    // A copy: the module's memory may move while this waits.
    let sealed = Uint8Array::from(sealed);
    let algorithm = string_object([("name", RSA)]);
    opened(subtle()?.decrypt_with_object_and_js_u8_array(&algorithm, key, &sealed), what).await
}

pub(super) async fn open_aes(
    key: &AesKey,
    iv: &[u8],
    sealed: &[u8],
    what: &'static str,
) -> Result<Secret<Vec<u8>>, Error> {
    let raw = Uint8Array::from(key.as_slice());
    let (iv, sealed) = (Uint8Array::from(iv), Uint8Array::from(sealed));
    let imported = import("raw", &raw, &string_object([("name", AES)]), "decrypt", what).await;
    // The copy of the key is not left behind.
    raw.fill(0, 0, raw.length());
    let algorithm = string_object([("name", AES)]);
    set(&algorithm, "iv", iv);
    let opening = subtle()?.decrypt_with_object_and_js_u8_array(&algorithm, &imported?, &sealed);
    opened(opening, what).await
}

async fn import(
    format: &str,
    data: &Object,
    algorithm: &Object,
    used_to: &str,
    what: &'static str,
) -> Result<CryptoKey, Error> {
    let uses = Array::of1(&used_to.into());
    let importing = subtle()?.import_key_with_object(format, data, algorithm, false, &uses);
    Ok(settled(importing, what).await?.unchecked_into())
}

async fn opened(
    opening: Result<Promise, JsValue>,
    what: &'static str,
) -> Result<Secret<Vec<u8>>, Error> {
    let opened = bytes_of(&settled(opening, what).await?).ok().flatten();
    let plaintext = opened.ok_or(Error::Decryption { what })?;
    let bytes = Secret::new(plaintext.to_vec());
    // JavaScript's copy must not outlive this.
    plaintext.fill(0, 0, plaintext.length());
    Ok(bytes)
}

async fn settled(promise: Result<Promise, JsValue>, what: &'static str) -> Result<JsValue, Error> {
    let refused = |_| Error::Decryption { what };
    // It may be no promise: a test may have put something of its own in the place of WebCrypto.
    Settled::new(&promise.map_err(refused)?.into()).await.map_err(refused)
}
