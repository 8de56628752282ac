//! The one door to the outside.

use crate::base::{error::Error, secret::Secret};
pub use crate::wire::{
    http::{Held, HttpRequest, HttpResponse, Progress},
    keysets::{OaepHash, RsaPrivateJwk},
};
use std::{fmt::Debug, future::Future};

/// A key of AES-256.
pub type AesKey = [u8; 32];

/// Something that a client did. No secret or name is in it, and no id unless the client's owner
/// asked for them.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A request and its answer.
    Request(RequestEvent),
    /// Something was looked for among what is remembered.
    Cache(CacheUse),
    /// Signed in.
    SignIn,
    /// A session was taken from the store.
    Resume,
    /// The service wants no requests for so many milliseconds.
    Throttle(u64),
}

/// How a look at what is remembered ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// It was there.
    Hit,
    /// It was not, and is asked for.
    Miss,
    /// Its time is over, but the service cannot be reached.
    Stale,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEvent {
    /// HTTP method.
    pub method: &'static str,
    /// The path, with `:id` in place of ids unless they are wanted.
    pub path: String,
    /// HTTP status; 0 if there was no answer.
    pub status: u16,
    /// Until the whole answer was there, in milliseconds.
    pub ms: f64,
    /// How many times the same was sent before.
    pub retry: u32,
    /// Length of the answer's body.
    pub bytes: u64,
    /// What it counts as.
    pub quota: QuotaUse,
}

/// Which of a service account's limits a request counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaUse {
    /// None: signing in.
    None,
    /// That of reads.
    Read,
    /// That of writes.
    Write,
}

impl QuotaUse {
    /// `name() -> text`
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// What the core needs of its surroundings.
pub trait Host: Sized + 'static {
    /// A private RSA key that the host holds, if possible beyond anyone's reach.
    type PrivateKey: Debug + 'static;
    /// What a caller can end its calls with.
    type Signal: Clone + Debug + 'static;

    /// `fetch(request, progress) -> response`
    ///
    /// Sends a request and reads the whole answer, up to [`HttpRequest::limit`], telling
    /// `progress` how far it is. Follows no redirect. A future that is dropped aborts the request.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::Timeout`], [`Error::Aborted`], or
    /// [`Error::Protocol`] for a redirect and for what is too long, [`Error::Crowded`].
    fn fetch(
        &self,
        request: HttpRequest,
        progress: &Progress,
    ) -> impl Future<Output = Result<HttpResponse, Error>>;

    /// `now_ms() -> milliseconds`
    ///
    /// Unix time in milliseconds.
    fn now_ms(&self) -> u64;

    /// `ticks_ms() -> milliseconds`
    ///
    /// Milliseconds since any moment, by a clock that nobody sets.
    fn ticks_ms(&self) -> f64;

    /// `sleep(ms)`
    ///
    /// Waits so many milliseconds.
    fn sleep(&self, ms: f64) -> impl Future<Output = ()>;

    /// `spawn(task)`
    ///
    /// Runs a task beside the others. It begins after the code that is running now.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);

    /// `after(ms, task)`
    ///
    /// Does something after so many milliseconds, unless the process ends before: it does not wait
    /// for it. Where nothing outlives a call, that is never.
    fn after(&self, _ms: f64, _task: impl FnOnce() + 'static) {}

    /// `is_aborted(signal) -> bool`
    fn is_aborted(&self, signal: &Self::Signal) -> bool;

    /// `aborted(signals)`
    ///
    /// Waits until one of them is given: without any, for ever.
    fn aborted(&self, signals: &[Self::Signal]) -> impl Future<Output = ()>;

    /// `fill_random(bytes)`
    ///
    /// Fills `bytes` from a cryptographic source.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there is none.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// `has_emulator(origin) -> bool`
    ///
    /// Whether an emulator of the service, for tests, says that it answers at this loopback origin.
    fn has_emulator(&self, _origin: &str) -> bool {
        false
    }

    /// `tell(event)`
    ///
    /// Tells whoever watches; later, when nothing is half done.
    fn tell(&self, event: Event);

    /// `load_record(name) -> record`
    ///
    /// What was stored under this name, if anything.
    fn load_record(&self, name: &str) -> impl Future<Output = Option<String>>;

    /// `store_record(name, record, ttl_seconds) -> is_stored`
    ///
    /// Stores a sealed record for so many seconds. A host that goes on with it after the call says
    /// that it is stored, and by [`Host::has_lost_record`] if it was not in the end.
    fn store_record(
        &self,
        name: &str,
        record: &str,
        ttl_seconds: u32,
    ) -> impl Future<Output = bool>;

    /// `can_store() -> bool`
    ///
    /// Whether it would take a record now.
    fn can_store(&self) -> bool {
        true
    }

    /// `has_lost_record() -> bool`
    ///
    /// Whether a record that was said to be stored is not. It is told once.
    fn has_lost_record(&self) -> bool {
        false
    }

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

    /// `seal_rsa_oaep(key, hash, plaintext, what) -> sealed`
    ///
    /// RSAES-OAEP-ENCRYPT (RFC 8017 §7.1.1) without a label.
    ///
    /// # Shapes
    /// - `key`: `n` and `e` of a JWK (RFC 7518 §6.3.1)
    /// # Errors
    /// [`Error::Decryption`] naming `what` if it is no public key.
    fn seal_rsa_oaep(
        &self,
        key: [&str; 2],
        hash: OaepHash,
        plaintext: &str,
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
