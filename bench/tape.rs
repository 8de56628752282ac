//! A host that writes down what it was answered, and one that answers the same again.

use crate::support::host::NativeHost;
use onepassword_edge::{
    base::{error::Error, secret::Secret},
    host::{AesKey, Event, Host, HttpRequest, HttpResponse, OaepHash, Progress, RsaPrivateJwk},
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

/// Both hosts begin with it, and so draw the same.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// What was asked and answered, in order.
#[derive(Debug, Default)]
pub struct Tape {
    /// When all of it happens.
    now_ms: u64,
    asked: RefCell<Vec<String>>,
    answers: RefCell<VecDeque<HttpResponse>>,
    opened: RefCell<VecDeque<Secret<Vec<u8>>>>,
    asked_again: RefCell<Vec<HttpRequest>>,
}

impl Tape {
    /// An empty one.
    pub fn new() -> Rc<Self> {
        Rc::new(Self { now_ms: NativeHost::unreachable().now_ms(), ..Self::default() })
    }

    /// Stops unless the player was asked what the recorder was, to the last byte.
    pub fn assert_played(&self) {
        let again = self.asked_again.borrow();
        let again: Vec<_> = again.iter().map(|request| format!("{request:?}")).collect();
        assert_eq!(again, *self.asked.borrow());
        assert!(self.answers.borrow().is_empty() && self.opened.borrow().is_empty());
    }
}

/// Random bytes that are the same each time: xorshift64.
#[derive(Debug)]
struct Random(Cell<u64>);

impl Random {
    const fn new() -> Self {
        Self(Cell::new(SEED))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.get();
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state as u8;
        }
        self.0.set(state);
    }
}

/// Asks the network and RSA.
#[derive(Debug)]
pub struct Recorder {
    host: NativeHost,
    tape: Rc<Tape>,
    random: Random,
}

impl Recorder {
    /// One that writes onto this tape.
    pub fn new(tape: &Rc<Tape>) -> Self {
        Self { host: NativeHost::new(), tape: Rc::clone(tape), random: Random::new() }
    }
}

impl Host for Recorder {
    type PrivateKey = <NativeHost as Host>::PrivateKey;

    type Signal = ();

    async fn fetch(
        &self,
        request: HttpRequest,
        progress: &Progress,
    ) -> Result<HttpResponse, Error> {
        self.tape.asked.borrow_mut().push(format!("{request:?}"));
        let answer = self.host.fetch(request, progress).await?;
        let HttpResponse { status, retry_after_ms, ahead_s, ref body, .. } = answer;
        let body = body.clone();
        let copy =
            HttpResponse { status, retry_after_ms, ahead_s, body, ..HttpResponse::default() };
        self.tape.answers.borrow_mut().push_back(copy);
        Ok(answer)
    }

    fn has_emulator(&self, _: &str) -> bool {
        true
    }

    fn now_ms(&self) -> u64 {
        self.tape.now_ms
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.random.fill(bytes);
        Ok(())
    }

    fn ticks_ms(&self) -> f64 {
        0.0
    }

    async fn sleep(&self, ms: f64) {
        self.host.sleep(ms).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.host.spawn(task);
    }

    fn is_aborted(&self, (): &()) -> bool {
        false
    }

    async fn aborted(&self, _: &[()]) {
        std::future::pending().await
    }

    fn tell(&self, _: Event) {}

    async fn load_record(&self, _: &str) -> Option<String> {
        None
    }

    async fn store_record(&self, _: &str, _: &str, _: u32) -> bool {
        true
    }

    fn nfkd(&self, text: &str) -> String {
        self.host.nfkd(text)
    }

    async fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> Result<Self::PrivateKey, Error> {
        self.host.import_private_key(key, hash).await
    }

    async fn open_rsa_oaep(
        &self,
        key: &Self::PrivateKey,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let opened = self.host.open_rsa_oaep(key, sealed, what).await?;
        self.tape.opened.borrow_mut().push_back(opened.clone());
        Ok(opened)
    }

    async fn seal_rsa_oaep(
        &self,
        _key: [&str; 2],
        _hash: OaepHash,
        _plaintext: &str,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        Err(Error::Decryption { what })
    }

    async fn open_aes_gcm(
        &self,
        key: &AesKey,
        iv: &[u8],
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let opened = self.host.open_aes_gcm(key, iv, sealed, what).await?;
        self.tape.opened.borrow_mut().push_back(opened.clone());
        Ok(opened)
    }
}

/// Answers what stands on a tape.
#[derive(Debug)]
pub struct Player {
    tape: Rc<Tape>,
    random: Random,
}

impl Player {
    /// One that plays this tape from where it is.
    pub fn new(tape: &Rc<Tape>) -> Self {
        Self { tape: Rc::clone(tape), random: Random::new() }
    }
}

impl Host for Player {
    type PrivateKey = ();

    type Signal = ();

    async fn fetch(&self, request: HttpRequest, _: &Progress) -> Result<HttpResponse, Error> {
        self.tape.asked_again.borrow_mut().push(request);
        Ok(self.tape.answers.borrow_mut().pop_front().expect("a request more than recorded"))
    }

    fn has_emulator(&self, _: &str) -> bool {
        true
    }

    fn now_ms(&self) -> u64 {
        self.tape.now_ms
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.random.fill(bytes);
        Ok(())
    }

    fn ticks_ms(&self) -> f64 {
        0.0
    }

    async fn sleep(&self, ms: f64) {
        if ms > 0.0 {
            std::future::pending().await
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        pollster::block_on(task);
    }

    fn is_aborted(&self, (): &()) -> bool {
        false
    }

    async fn aborted(&self, _: &[()]) {
        std::future::pending().await
    }

    fn tell(&self, _: Event) {}

    async fn load_record(&self, _: &str) -> Option<String> {
        None
    }

    async fn store_record(&self, _: &str, _: &str, _: u32) -> bool {
        true
    }

    /// The emulator's user names are ASCII, which NFKD leaves alone.
    fn nfkd(&self, text: &str) -> String {
        text.to_owned()
    }

    async fn import_private_key(&self, _: &RsaPrivateJwk, _: OaepHash) -> Result<(), Error> {
        Ok(())
    }

    async fn open_rsa_oaep(
        &self,
        (): &(),
        _: &[u8],
        _: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        Ok(self.tape.opened.borrow_mut().pop_front().expect("a key more than recorded"))
    }

    async fn seal_rsa_oaep(
        &self,
        _key: [&str; 2],
        _hash: OaepHash,
        _plaintext: &str,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        Err(Error::Decryption { what })
    }

    async fn open_aes_gcm(
        &self,
        _: &AesKey,
        _: &[u8],
        _: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        self.tape.opened.borrow_mut().pop_front().ok_or(Error::Decryption { what })
    }
}
