//! A host without JavaScript: HTTP by `ureq`, RSA by the `rsa` crate.

use onepassword_edge::{
    base::{encoding::decode_base64, error::Error, secret::Secret},
    crypto::aead::Cipher,
    host::{AesKey, Event, Host, HttpRequest, HttpResponse, OaepHash, Progress, RsaPrivateJwk},
};
use rsa::{BoxedUint, Oaep, RsaPrivateKey, RsaPublicKey, rand_core::UnwrapErr};
use sha1::Sha1;
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};
use unicode_normalization::UnicodeNormalization;

/// The native host.
#[derive(Debug)]
pub struct NativeHost {
    agent: Option<ureq::Agent>,
}

impl NativeHost {
    /// One that reaches the network.
    pub fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false);
        Self { agent: Some(config.build().into()) }
    }

    /// One for tests in which no request may be made.
    pub fn unreachable() -> Self {
        Self { agent: None }
    }
}

impl Host for NativeHost {
    type PrivateKey = (RsaPrivateKey, OaepHash);
    /// No call is ended before its time here.
    type Signal = ();

    async fn fetch(&self, request: HttpRequest, _: &Progress) -> Result<HttpResponse, Error> {
        let agent = self.agent.as_ref().expect("a request was made");
        let mut builder = ureq::http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let body = request.body.unwrap_or_default();
        let mut response =
            agent.run(builder.body(body).unwrap()).map_err(|error| Error::Network {
                action: request.action,
                host: request.host.clone(),
                cause: error.to_string(),
            })?;
        let retry_after = response.headers().get("retry-after");
        Ok(HttpResponse {
            status: response.status().as_u16(),
            retry_after_ms: retry_after
                .map(|value| value.to_str().unwrap().parse::<u64>().unwrap() * 1000),
            body: response.body_mut().read_to_vec().unwrap(),
            ..HttpResponse::default()
        })
    }

    /// Whatever answers on this machine is the tests' own.
    fn has_emulator(&self, _: &str) -> bool {
        true
    }

    fn now_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).unwrap();
        Ok(())
    }

    fn ticks_ms(&self) -> f64 {
        self.now_ms() as f64
    }

    /// Nothing here takes longer than it may: requests are over when they are polled first.
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

    fn nfkd(&self, text: &str) -> String {
        text.nfkd().collect()
    }

    async fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> Result<Self::PrivateKey, Error> {
        let number = |text: &str| BoxedUint::from_be_slice_vartime(&decode_base64(text).unwrap());
        let primes = vec![number(key.p.expose()), number(key.q.expose())];
        RsaPrivateKey::from_components(
            number(&key.n),
            number(&key.e),
            number(key.d.expose()),
            primes,
        )
        .map(|key| (key, hash))
        .map_err(|_| Error::Decryption { what: "a private key" })
    }

    async fn open_rsa_oaep(
        &self,
        (key, hash): &Self::PrivateKey,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let opened = match hash {
            OaepHash::Sha1 => key.decrypt(Oaep::<Sha1>::new(), sealed),
            OaepHash::Sha256 => key.decrypt(Oaep::<Sha256>::new(), sealed),
        };
        opened.map(Secret::new).map_err(|_| Error::Decryption { what })
    }

    async fn seal_rsa_oaep(
        &self,
        [n, e]: [&str; 2],
        hash: OaepHash,
        plaintext: &str,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let number = |text: &str| BoxedUint::from_be_slice_vartime(&decode_base64(text).unwrap());
        let key = RsaPublicKey::new(number(n), number(e));
        let key = key.map_err(|_| Error::Decryption { what })?;
        let rng = &mut UnwrapErr(getrandom::SysRng);
        let sealed = match hash {
            OaepHash::Sha1 => key.encrypt(rng, Oaep::<Sha1>::new(), plaintext.as_bytes()),
            OaepHash::Sha256 => key.encrypt(rng, Oaep::<Sha256>::new(), plaintext.as_bytes()),
        };
        sealed.map(Secret::new).map_err(|_| Error::Decryption { what })
    }

    async fn open_aes_gcm(
        &self,
        key: &AesKey,
        iv: &[u8],
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        Cipher::new(&Secret::new(*key)).open(iv, sealed.to_vec(), what)
    }
}
