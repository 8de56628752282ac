//! Sealed JSON and who can open it.

use crate::{
    base::{
        encoding::{decode_base64, decode_sealed_base64, encode_base64url},
        error::Error,
        json::{FromJson, parse},
        secret::Secret,
    },
    crypto::aead::{Cipher, IV_BYTES, KEY_BYTES},
    wire::{
        keysets::{OaepHash, SymmetricJwk, SymmetricJwkRequest},
        sealed::{Envelope, SealedRequest},
    },
};
use std::cell::OnceCell;

/// `enc` of a symmetric envelope.
const AES_256_GCM: &str = "A256GCM";
/// `cty` of everything that is sealed.
pub const CONTENT_TYPE: &str = "b5+jwk+json";

/// A symmetric key and its id.
#[derive(Debug)]
pub struct SymmetricKey {
    id: String,
    bytes: Secret<[u8; KEY_BYTES]>,
    /// Prepared when it is first needed.
    cipher: OnceCell<Box<Cipher>>,
}

/// How an envelope is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// AES-256-GCM.
    Symmetric,
    /// RSA-OAEP.
    Rsa(OaepHash),
}

impl SymmetricKey {
    /// `new(id, bytes) -> key`
    ///
    /// A key known by other means than a JWK.
    pub const fn new(id: String, bytes: Secret<[u8; KEY_BYTES]>) -> Self {
        Self { id, bytes, cipher: OnceCell::new() }
    }

    /// `id() -> text`
    ///
    /// The `kid` of what it seals.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `expose() -> bytes`
    ///
    /// The key itself, to be sealed.
    pub const fn expose(&self) -> &[u8; KEY_BYTES] {
        self.bytes.expose()
    }

    /// `parse(jwk) -> key`
    ///
    /// # Shapes
    /// - `jwk`: JSON with a 32-byte `k`
    /// # Errors
    /// [`Error::Decryption`] naming `what`: what was opened is not a key.
    /// # Source
    /// RFC 7518 §6.4; protocol.md “Keys” (observed)
    pub fn parse(jwk: &[u8], what: &'static str) -> Result<Self, Error> {
        let failed = Error::Decryption { what };
        let Some(jwk) = parse::<SymmetricJwk>(jwk) else { return Err(failed) };
        let bytes = decode_base64(jwk.k.expose()).map(Secret::new);
        match bytes.and_then(|bytes| Secret::from_slice(bytes.expose())) {
            Some(bytes) => Ok(Self::new(jwk.kid, bytes)),
            None => Err(failed),
        }
    }

    /// `seal(iv, plaintext) -> envelope`
    ///
    /// # Shapes
    /// - `iv`: 12 random bytes
    /// # Errors
    /// [`Error::Decryption`] if the plaintext is longer than GCM allows.
    /// # Source
    /// protocol.md “Headers” (observed)
    pub fn seal(&self, iv: [u8; IV_BYTES], plaintext: &[u8]) -> Result<SealedRequest<'_>, Error> {
        Ok(SealedRequest {
            kid: &self.id,
            enc: AES_256_GCM,
            cty: CONTENT_TYPE,
            data: encode_base64url(&self.cipher().seal(&iv, plaintext)?),
            iv: encode_base64url(&iv),
        })
    }

    /// `open(envelope, what) -> plaintext`
    ///
    /// The tag decides whether the key is the right one; the envelope's `kid` is
    /// only a hint for finding it.
    ///
    /// # Errors
    /// [`Error::Decryption`] naming `what`; the cause is withheld.
    /// # Source
    /// protocol.md “Headers” (observed)
    pub fn open(&self, envelope: Envelope, what: &'static str) -> Result<Secret<Vec<u8>>, Error> {
        self.open_parts(parts(envelope, what)?, what)
    }

    /// `open_parts((iv, sealed), what) -> plaintext`
    ///
    /// The same for what [`parts`] gives.
    ///
    /// # Errors
    /// [`Error::Decryption`] naming `what`
    pub fn open_parts(
        &self,
        (iv, sealed): (Vec<u8>, Vec<u8>),
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        self.cipher().open(&iv, sealed, what)
    }

    fn cipher(&self) -> &Cipher {
        self.cipher.get_or_init(|| Box::new(Cipher::new(&self.bytes)))
    }

    /// `open_json(envelope, what) -> value`
    ///
    /// # Errors
    /// [`Error::Decryption`] naming `what`, also if the plaintext is not the JSON
    /// that was expected.
    pub fn open_json<T: FromJson>(
        &self,
        envelope: Envelope,
        what: &'static str,
    ) -> Result<T, Error> {
        let plaintext = self.open(envelope, what)?;
        parse(plaintext.expose()).ok_or(Error::Decryption { what })
    }
}

/// `parts(envelope, what) -> (iv, sealed)`
///
/// The bytes of what is sealed with a symmetric key.
///
/// # Shapes
/// - `iv`: 12 bytes
/// # Errors
/// [`Error::Decryption`] naming `what`
pub fn parts(envelope: Envelope, what: &'static str) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let is_symmetric = envelope.enc == AES_256_GCM;
    match (decode_base64(&envelope.iv), decode_sealed_base64(envelope.data)) {
        // A host may take initialisation vectors of other lengths.
        (Some(iv), Some(data)) if is_symmetric && iv.len() == IV_BYTES => Ok((iv, data)),
        _ => Err(Error::Decryption { what }),
    }
}

/// `sealing(envelope) -> how`
///
/// # Shapes
/// - `None` if the service uses a cipher that the protocol does not know
/// # Source
/// protocol.md “Keys”, “Vaults” (observed; a symmetric vault key is assumed)
pub fn sealing(envelope: &Envelope) -> Option<Sealing> {
    match envelope.enc.as_str() {
        AES_256_GCM => Some(Sealing::Symmetric),
        other => rsa_hash(other).map(Sealing::Rsa),
    }
}

/// `rsa_hash(algorithm) -> hash`
///
/// # Shapes
/// - `algorithm`: `alg` of an RSA key, or `enc` of what it has sealed
pub fn rsa_hash(algorithm: &str) -> Option<OaepHash> {
    match algorithm {
        "RSA-OAEP" => Some(OaepHash::Sha1),
        "RSA-OAEP-256" => Some(OaepHash::Sha256),
        _ => None,
    }
}

/// `jwk(id, key) -> jwk`
///
/// A symmetric key as an account's objects carry it.
///
/// # Shapes
/// - `key`: base64url
/// # Source
/// RFC 7518 §6.4; protocol.md “Groups and access to vaults” (observed)
pub fn jwk<'a>(id: &'a str, key: &'a Secret<String>) -> SymmetricJwkRequest<'a> {
    let (k, key_ops) = (key.expose().as_str(), &["encrypt", "decrypt"]);
    SymmetricJwkRequest { kty: "oct", kid: id, alg: AES_256_GCM, k, ext: true, key_ops }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::json::to_json, wire::vaults::VaultAttributes};
    use serde_json::json;

    fn key() -> SymmetricKey {
        SymmetricKey::new("kid".into(), Secret::new([7; KEY_BYTES]))
    }

    fn sealed(plaintext: &str) -> Envelope {
        let request = to_json(&key().seal([1; IV_BYTES], plaintext.as_bytes()).unwrap());
        parse(request.as_bytes()).unwrap()
    }

    #[test]
    fn the_form_of_a_sealed_request() {
        let request = to_json(&key().seal([1; IV_BYTES], b"{}").unwrap());
        let request: serde_json::Value = serde_json::from_str(&request).unwrap();
        assert_eq!(request["kid"], "kid");
        assert_eq!(request["enc"], "A256GCM");
        assert_eq!(request["cty"], "b5+jwk+json");
        assert_eq!(request["iv"], "AQEBAQEBAQEBAQEB");
        assert_eq!(decode_base64(request["data"].as_str().unwrap()).unwrap().len(), 2 + 16);
    }

    #[test]
    fn what_is_sealed_opens() {
        let attributes: VaultAttributes =
            key().open_json(sealed(r#"{"name":"prod"}"#), "it").unwrap();
        assert_eq!(attributes.name, "prod");
    }

    #[test]
    fn what_is_damaged_does_not() {
        for damage in [
            |e: &mut Envelope| e.enc = "A128GCM".into(),
            |e: &mut Envelope| e.iv = "AAAA".into(),
            |e: &mut Envelope| e.iv = "!".into(),
            |e: &mut Envelope| e.data = String::new(),
            |e: &mut Envelope| e.data = "!".into(),
            |e: &mut Envelope| e.data.truncate(20),
            |e: &mut Envelope| *e = Envelope::default(),
        ] {
            let mut damaged = sealed("{}");
            damage(&mut damaged);
            let error = key().open(damaged, "it").unwrap_err();
            assert_eq!(error, Error::Decryption { what: "it" });
        }
    }

    #[test]
    fn plaintext_that_is_not_the_json_expected() {
        for plaintext in ["\"hush\"", "null", "[]", "{", ""] {
            let error = key().open_json::<VaultAttributes>(sealed(plaintext), "it").unwrap_err();
            assert_eq!(error, Error::Decryption { what: "it" });
        }
    }

    #[test]
    fn keys_from_jwk() {
        let k = encode_base64url(&[9; 32]);
        let jwk = json!({ "kid": "abc", "kty": "oct", "alg": "A256GCM", "k": k });
        let key = SymmetricKey::parse(jwk.to_string().as_bytes(), "it").unwrap();
        assert_eq!((key.id.as_str(), key.bytes.expose()), ("abc", &[9; 32]));
        for jwk in ["null", "{}", r#"{"k":5}"#, r#"{"k":"AAAA"}"#, r#"{"k":"!"}"#, ""] {
            assert!(SymmetricKey::parse(jwk.as_bytes(), "it").is_err(), "{jwk}");
        }
    }
}
