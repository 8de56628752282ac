//! The account’s keys.

use crate::{
    base::{
        json::{from_json, to_json_object},
        secret::Secret,
    },
    wire::sealed::Envelope,
};

/// The hash of an RSA-OAEP padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OaepHash {
    /// `RSA-OAEP`
    Sha1,
    /// `RSA-OAEP-256`
    Sha256,
}

from_json! {
    /// A private RSA key as a JWK (RFC 7518 §6.3), without the members that would
    /// restrict its use.
    pub struct RsaPrivateJwk {
        /// Modulus.
        "n" => pub n: String,
        /// Public exponent.
        "e" => pub e: String,
        /// Private exponent.
        "d" => pub d: Secret<String>,
        /// First prime.
        "p" => pub p: Secret<String>,
        /// Second prime.
        "q" => pub q: Secret<String>,
        /// First CRT exponent.
        "dp" => pub dp: Secret<String>,
        /// Second CRT exponent.
        "dq" => pub dq: Secret<String>,
        /// CRT coefficient.
        "qi" => pub qi: Secret<String>,
    }

    /// Answer to `GET /api/v2/account/keysets`
    pub struct KeysetsResponse {
        /// In any order.
        "keysets" => pub keysets: Option<Vec<Keyset>>,
    }

    /// A key pair and the symmetric key that seals its private half.
    pub struct Keyset if uuid {
        /// Id of the keyset and of its keys.
        "uuid" => pub uuid: String,
        /// Id of the keyset, or `mp`, that opens it; may be empty.
        "encryptedBy" => pub encrypted_by: String,
        /// Serial number: the highest is the newest.
        "sn" => pub sn: i64,
        /// The symmetric key.
        "encSymKey" => pub enc_sym_key: Envelope,
        /// The private key, sealed with the symmetric key.
        "encPriKey" => pub enc_pri_key: Envelope,
    }

    /// A symmetric key as a JWK (RFC 7517, RFC 7518 §6.4).
    pub struct SymmetricJwk {
        /// Id of the key.
        "kid" => pub kid: String,
        /// What it is used with, `A256GCM`.
        "alg" => pub algorithm: String,
        /// The key, base64url.
        "k" => pub k: Secret<String>,
    }
}

impl SymmetricJwk {
    /// `is_key() -> bool`
    ///
    /// Whether it is a key of the one kind that there is.
    pub fn is_key(&self) -> bool {
        self.algorithm == "A256GCM" && !self.k.expose().is_empty()
    }
}

to_json_object! {
    /// The same as it is sealed for somebody.
    pub struct SymmetricJwkRequest {
        /// `oct`
        "kty" => pub kty: &'a str,
        /// Id of the key.
        "kid" => pub kid: &'a str,
        /// What it is used with, `A256GCM`.
        "alg" => pub alg: &'a str,
        /// The key, base64url.
        "k" => pub k: &'a str,
        /// `true`
        "ext" => pub ext: bool,
        /// `encrypt` and `decrypt`
        "key_ops" => pub key_ops: &'a [&'a str],
    }
}
