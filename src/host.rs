//! The one door to the outside.

use crate::base::{error::Error, secret::Secret};
pub use crate::wire::{
    http::{HttpRequest, HttpResponse},
    keysets::{OaepHash, RsaPrivateJwk},
};
use std::future::Future;

/// A key of AES-256.
pub type AesKey = [u8; 32];

/// Something that whoever watches a client may want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A name or a secret was remembered.
    CacheHit,
    /// It was not, and is asked for.
    CacheMiss,
    /// An expired secret is given, because the service cannot be reached.
    CacheStale,
    /// Signed in.
    SignIn,
    /// A stored session was taken up.
    Resume,
    /// The service has had enough requests, for so many milliseconds.
    Throttle(u64),
}

/// What the core needs of its surroundings.
pub trait Host {
    /// A private RSA key that the host holds, if possible beyond anyone's reach.
    type PrivateKey;

    /// `fetch(request) -> response`
    ///
    /// Sends a request and reads the whole answer. Follows no redirect. Ends within a
    /// time that the host sets; a future that is dropped aborts the request.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::Timeout`], [`Error::Aborted`], or
    /// [`Error::Protocol`] for a redirect.
    fn fetch(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, Error>>;

    /// `now_ms() -> milliseconds`
    ///
    /// Unix time in milliseconds.
    fn now_ms(&self) -> u64;

    /// `fill_random(bytes)`
    ///
    /// Fills `bytes` from a cryptographic source.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there is none.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// `sleep(ms)`
    ///
    /// Waits so many milliseconds.
    fn sleep(&self, ms: u64) -> impl Future<Output = ()>;

    /// `note(event)`
    ///
    /// Tells whoever watches.
    fn note(&self, event: Event);

    /// `load_session(name) -> record`
    ///
    /// What was stored under this name, if anything, and if sessions are stored at all.
    fn load_session(&self, name: &str) -> impl Future<Output = Option<String>>;

    /// `store_session(name, record, ttl_seconds)`
    ///
    /// Stores a sealed session for so many seconds. `None`: removes it, and stores
    /// and loads nothing under this name again in this process. Ends soon, however
    /// slow the store is.
    fn store_session(
        &self,
        name: &str,
        record: Option<&str>,
        ttl_seconds: u32,
    ) -> impl Future<Output = ()>;

    /// `nfkd(text) -> text`
    ///
    /// Unicode normalisation form NFKD: every JavaScript host has the tables, the
    /// module need not carry them.
    fn nfkd(&self, text: &str) -> String;

    /// `import_private_key(key, hash) -> private_key`
    ///
    /// Takes over a private key for RSA-OAEP with this hash.
    ///
    /// # Errors
    /// [`Error::Decryption`] if it is not a private RSA key.
    fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> impl Future<Output = Result<Self::PrivateKey, Error>>;

    /// `open_rsa_oaep(key, sealed, what) -> plaintext`
    ///
    /// RSAES-OAEP-DECRYPT (RFC 8017 §7.1.2) without a label.
    ///
    /// # Errors
    /// [`Error::Decryption`] naming `what`; the cause is withheld.
    fn open_rsa_oaep(
        &self,
        key: &Self::PrivateKey,
        sealed: &[u8],
        what: &'static str,
    ) -> impl Future<Output = Result<Secret<Vec<u8>>, Error>>;

    /// `open_aes_gcm(key, iv, sealed, what) -> plaintext`
    ///
    /// The same as `Cipher::open` of `crypto::aead`, for what is long: a host
    /// has instructions for the cipher, but asking it takes its time.
    ///
    /// # Errors
    /// [`Error::Decryption`] naming `what`; the cause is withheld.
    fn open_aes_gcm(
        &self,
        key: &AesKey,
        iv: &[u8],
        sealed: &[u8],
        what: &'static str,
    ) -> impl Future<Output = Result<Secret<Vec<u8>>, Error>>;
}
