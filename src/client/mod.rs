//! The client: the only module that waits.

mod batch;
mod files;
mod find;
mod items;
mod join;
mod keys;
mod lists;
mod requests;
mod sessions;

pub use crate::resolve::cache::Found;
use crate::{
    auth::{
        address::AllowedHosts,
        identity::Identity,
        keyring::Keyring,
        retry::{Backoff, Circuit},
        stored_session::SessionVault,
        token::{Credentials, parse_token},
    },
    base::{
        error::Error,
        secret::{Secret, scrub_stack},
    },
    crypto::throttle::ThrottlingToken,
    host::{Event, Host},
    resolve::cache::{Cache, Lifetimes},
};
pub use batch::{Manner, Outcome, Want};
use find::OpenVault;
use futures_util::{
    future::{AbortHandle, abortable},
    lock::{Mutex, MutexGuard},
};
pub use lists::{List, States};
use sessions::SignIns;
use std::{cell::RefCell, rc::Rc};

/// What a client is made from.
#[derive(Debug)]
pub struct Options {
    /// The service-account token.
    pub token: Secret<String>,
    /// What the client says of itself.
    pub identity: Identity,
    /// Where it may go.
    pub allowed_hosts: AllowedHosts,
    /// Whether a call may wait for what another call is doing. Cloudflare Workers
    /// end a request that does; there each call does it itself.
    pub waits_for_others: bool,
    /// Whether the host stores sessions for other processes.
    pub shares_sessions: bool,
    /// How often requests are repeated.
    pub backoff: Backoff,
    /// What is remembered for how long.
    pub lifetimes: Lifetimes,
}

/// A client. Its calls may run side by side.
#[derive(Debug)]
pub struct Client<H: Host> {
    host: H,
    /// `None` once the client is closed.
    account: RefCell<Option<Rc<Account<H::PrivateKey>>>>,
    /// Calls under way, by their number; closing the client ends them.
    calls: RefCell<Vec<(u32, AbortHandle)>>,
}

/// What is known of the account; all keys and secrets go with it.
#[derive(Debug)]
struct Account<K> {
    credentials: Credentials,
    identity: Identity,
    /// The user name in the form that SRP wants.
    email: String,
    waits_for_others: bool,
    backoff: Backoff,
    circuit: Circuit,
    sign_ins: SignIns,
    /// Seals sessions for others; `None` where none are shared.
    session_vault: Option<SessionVault>,
    throttling_token: RefCell<Option<ThrottlingToken>>,
    keyring: RefCell<Option<Keyring<K>>>,
    cache: RefCell<Cache<OpenVault>>,
    /// Held while the keysets, the vaults, the titles of a vault are read.
    loading: Mutex<()>,
    listing_vaults: Mutex<()>,
    listing_titles: RefCell<Vec<(String, Rc<Mutex<()>>)>>,
}

impl<H: Host> Client<H> {
    /// `new(host, options) -> client`
    ///
    /// Reads the token and checks where it leads. Sends nothing.
    ///
    /// # Errors
    /// [`Error::TokenInvalid`], [`Error::HostNotAllowed`]
    pub fn new(host: H, options: Options) -> Result<Self, Error> {
        let credentials = parse_token(options.token.expose())?;
        if !options.allowed_hosts.permit(&credentials.address) {
            return Err(Error::HostNotAllowed { host: credentials.address.origin() });
        }
        let account = Account {
            email: host.nfkd(&credentials.email).to_lowercase(),
            session_vault: options.shares_sessions.then(|| SessionVault::new(&credentials)),
            sign_ins: SignIns::new(&credentials, host.now_ms()),
            credentials,
            identity: options.identity,
            waits_for_others: options.waits_for_others,
            backoff: options.backoff,
            circuit: Circuit::default(),
            throttling_token: RefCell::default(),
            keyring: RefCell::default(),
            cache: RefCell::new(Cache::new(options.lifetimes)),
            loading: Mutex::default(),
            listing_vaults: Mutex::default(),
            listing_titles: RefCell::default(),
        };
        Ok(Self { host, account: RefCell::new(Some(Rc::new(account))), calls: RefCell::default() })
    }

    /// `sign_in()`
    ///
    /// Signs in now, and not when the first call needs it.
    ///
    /// # Errors
    /// What [`SignIn::receive`](crate::auth::sign_in::SignIn::receive) and [`Host::fetch`] say.
    pub async fn sign_in(&self, call: u32) -> Result<(), Error> {
        let sign_in = async { self.session(&*self.account()?).await.map(drop) };
        self.until_ended(call, sign_in).await
    }

    /// `stale(reference) -> found`
    ///
    /// What may be given for a reference whose call ran out of time.
    pub fn stale(&self, reference: &str) -> Option<Found> {
        let account = self.account().ok()?;
        let found = account.cache.borrow().stale_secret(reference, self.host.now_ms())?;
        self.host.note(Event::CacheStale);
        Some(found)
    }

    /// `clear_cache()`
    ///
    /// Forgets names and secrets, not keys.
    pub fn clear_cache(&self) {
        if let Ok(account) = self.account() {
            account.cache.borrow_mut().clear();
        }
    }

    /// `cancel(call)`
    ///
    /// Ends a call and aborts its requests: nobody waits for it any more.
    pub fn cancel(&self, call: u32) {
        let handles = self.calls.borrow();
        handles.iter().filter(|(other, _)| *other == call).for_each(|(_, handle)| handle.abort());
    }

    /// `close()`
    ///
    /// Forgets the token, the session and all keys, which are zeroed. Calls under
    /// way end with [`Error::Closed`], also those that wait for an answer; later
    /// ones do so at once.
    pub fn close(&self) {
        self.account.take();
        self.calls.take().into_iter().for_each(|(_, call)| call.abort());
        scrub_stack();
    }

    /// The call's result, unless it is cancelled or the client is closed first; then
    /// all that the call holds is dropped.
    async fn until_ended<T>(
        &self,
        number: u32,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let (call, handle) = abortable(call);
        self.calls.borrow_mut().push((number, handle));
        let result = call.await;
        self.calls.borrow_mut().retain(|(other, _)| *other != number);
        result.unwrap_or(Err(Error::Closed))
    }

    fn account(&self) -> Result<Rc<Account<H::PrivateKey>>, Error> {
        self.account.borrow().clone().ok_or(Error::Closed)
    }
}

impl<K> Account<K> {
    /// Its turn at what one call does for all, where calls may wait for each other.
    async fn turn<'a>(&self, lock: &'a Mutex<()>) -> Option<MutexGuard<'a, ()>> {
        if self.waits_for_others { Some(lock.lock().await) } else { None }
    }

    /// What is held while the titles of this vault are read.
    fn titles_lock(&self, vault_id: &str) -> Rc<Mutex<()>> {
        let mut locks = self.listing_titles.borrow_mut();
        if let Some((_, lock)) = locks.iter().find(|(id, _)| id == vault_id) {
            return Rc::clone(lock);
        }
        let lock = Rc::default();
        locks.push((vault_id.to_owned(), Rc::clone(&lock)));
        lock
    }

    fn with_keyring<T>(
        &self,
        use_it: impl FnOnce(&mut Keyring<K>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.keyring.borrow_mut().as_mut().map_or(Err(Error::Closed), use_it)
    }

    fn throttling_token(&self, now_ms: u64) -> String {
        let mut token = self.throttling_token.borrow_mut();
        match &*token {
            Some(token) if token.is_fresh(now_ms) => token.text.clone(),
            _ => {
                let Credentials { throttle_seed, throttle_key_id, .. } = &self.credentials;
                token
                    .insert(ThrottlingToken::issue(throttle_seed, throttle_key_id, now_ms))
                    .text
                    .clone()
            }
        }
    }
}
