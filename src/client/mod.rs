//! The client: the only module that waits.

mod actions;
mod batch;
mod environments;
mod events;
mod files;
mod find;
mod gather;
mod items;
mod join;
mod keys;
mod limits;
mod lists;
mod record;
mod requests;
mod sessions;
mod warm;

pub use crate::{
    auth::retry::Backoff,
    items::model::{ListedItem, OpenedItem, OpenedVault},
    resolve::{
        cache::{Found, Lifetimes},
        question::{Form, Question, checked_name},
    },
};
use crate::{
    auth::{
        address::AllowedHosts,
        identity::Identity,
        keyring::Keyring,
        retry::Standing,
        token::{Credentials, parse_token},
        vault_keys::VaultKeys,
    },
    base::{
        error::Error,
        interner::Interner,
        secret::{Secret, scrub_stack},
    },
    crypto::throttle::ThrottlingToken,
    host::Host,
    resolve::{cache::Cache, versions::Versions},
};
pub use actions::{Action, Keyed};
pub use batch::{Answer, Outcome};
use events::Watch;
pub use events::{Stats, Watching};
use find::OpenVault;
use futures_util::lock::{Mutex, MutexGuard};
use gather::Gather;
use limits::Running;
pub use limits::{Call, Fresh};
use lists::OpenLists;
pub use lists::{Entry, List, Pages, States};
pub use requests::Change;
use sessions::SignIns;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
pub use warm::Share;
use warm::{News, Warm};

/// How long a call works without letting the host do something else, and how often it looks.
const LONGEST_TURN_MS: u64 = 20;
const ENTRIES_A_LOOK: usize = 64;

/// Client options, checked.
#[derive(Debug)]
pub struct Options<S> {
    /// The service-account token.
    pub token: Secret<String>,
    /// Name of the program.
    pub integration_name: String,
    /// Version of the program.
    pub integration_version: String,
    /// The operating system, for the service.
    pub os: String,
    /// The processor's architecture, for the service.
    pub arch: String,
    /// Where the client may go, as [`AllowedHosts::parse`] takes it; `None`: where it may by
    /// default.
    pub allowed_hosts: Option<Vec<String>>,
    /// Whether a call may wait for what another call is doing. Cloudflare Workers
    /// end a request that does; there each call does it itself.
    pub waits_for_others: bool,
    /// What the host stores for other processes; `None`: nothing.
    pub share: Option<Share>,
    /// How often requests are repeated.
    pub backoff: Backoff,
    /// What is remembered for how long.
    pub lifetimes: Lifetimes,
    /// How long a call may take, in milliseconds, and each of its requests.
    pub timeout_ms: f64,
    /// What ends all calls.
    pub signal: Option<S>,
    /// Whether somebody watches.
    pub watching: Watching,
}

/// A client. Its calls may run side by side.
#[derive(Debug)]
pub struct Client<H: Host> {
    host: H,
    /// `None` once the client is closed.
    account: RefCell<Option<Rc<Account<H::PrivateKey>>>>,
    timeout_ms: f64,
    signal: Option<H::Signal>,
    waits_for_others: bool,
    running: Running,
    gather: Gather,
    lists: OpenLists,
    watch: Watch,
    /// Whether a timer ends what is remembered of secrets.
    is_expiring: Cell<bool>,
}

/// What is known of the account; all keys and secrets go with it.
#[derive(Debug)]
struct Account<K> {
    credentials: Credentials,
    identity: Identity,
    /// The user name in the form that SRP wants.
    email: String,
    backoff: Backoff,
    standing: Rc<Standing>,
    sign_ins: SignIns,
    /// What is shared with other processes; `None`: nothing.
    warm: Option<Warm>,
    throttling_token: RefCell<Option<ThrottlingToken>>,
    keyring: RefCell<Option<Keyring<K>>>,
    vault_keys: RefCell<VaultKeys>,
    cache: RefCell<Cache<OpenVault>>,
    versions: RefCell<Versions>,
    /// Held while the keysets, the vaults, the titles of a vault are read.
    loading: Mutex<()>,
    listing_vaults: Mutex<()>,
    /// The last by the vault's number in `vaults`.
    listing_titles: RefCell<Vec<Rc<Mutex<()>>>>,
    vaults: RefCell<Interner>,
}

impl<H: Host> Client<H> {
    /// `new(host, options) -> client`
    ///
    /// Reads the token and checks where it leads. Sends nothing.
    ///
    /// # Errors
    /// [`Error::TokenInvalid`], [`Error::HostNotAllowed`], [`Error::ArgumentInvalid`]
    pub fn new(host: H, options: Options<H::Signal>) -> Result<Rc<Self>, Error> {
        let allowed_hosts = match &options.allowed_hosts {
            Some(entries) => AllowedHosts::parse(entries)?,
            None => AllowedHosts::default(),
        };
        let credentials = parse_token(options.token.expose())?;
        let address = &credentials.address;
        let is_emulator = || {
            let may_be = options.allowed_hosts.is_none() && address.is_loopback();
            may_be && host.has_emulator(&address.origin())
        };
        if !allowed_hosts.permit(address) && !is_emulator() {
            return Err(Error::HostNotAllowed { host: address.origin() });
        }
        let mut lifetimes = options.lifetimes;
        let shared_ms = options.share.map_or(0, |share| share.secrets_ms);
        lifetimes.secret_ms = lifetimes.secret_ms.max(shared_ms);
        let account = Account {
            email: host.nfkd(&credentials.email).to_lowercase(),
            warm: options.share.map(|share| Warm::new(&credentials, share)),
            standing: standing(&credentials, host.now_ms()),
            sign_ins: SignIns::default(),
            credentials,
            identity: Identity::new(
                &options.integration_name,
                &options.integration_version,
                &options.os,
                &options.arch,
            ),
            backoff: options.backoff,
            throttling_token: RefCell::default(),
            keyring: RefCell::default(),
            vault_keys: RefCell::default(),
            cache: RefCell::new(Cache::new(lifetimes)),
            versions: RefCell::default(),
            loading: Mutex::default(),
            listing_vaults: Mutex::default(),
            listing_titles: RefCell::default(),
            vaults: RefCell::default(),
        };
        Ok(Rc::new(Self {
            host,
            account: RefCell::new(Some(Rc::new(account))),
            timeout_ms: options.timeout_ms,
            signal: options.signal,
            waits_for_others: options.waits_for_others,
            running: Running::default(),
            gather: Gather::default(),
            lists: OpenLists::default(),
            watch: Watch::new(options.watching),
            is_expiring: Cell::default(),
        }))
    }

    /// `sign_in()`
    ///
    /// Signs in now, and not when the first call needs it.
    ///
    /// # Errors
    /// What [`SignIn::receive`](crate::auth::sign_in::SignIn::receive) and [`Host::fetch`] say;
    /// [`Error::OutOfTime`], [`Error::Cancelled`].
    pub async fn sign_in(self: &Rc<Self>) -> Result<(), Error> {
        let sign_in = async { self.session(&*self.account()?).await.map(drop) };
        let (call, start) = (self.call(None, None, false), self.start_ms());
        let signed_in = self.within(&call, self.until_closed(sign_in)).await;
        // A session is left together with what the first call learns.
        if signed_in.is_err() {
            self.leave_news(&call, start).await;
        }
        self.expire_secrets();
        signed_in
    }

    /// `waits_for_others() -> bool`
    ///
    /// Whether a call may wait for what another call is doing.
    pub const fn waits_for_others(&self) -> bool {
        self.waits_for_others
    }

    /// `clear_cache()`
    ///
    /// Forgets names and secrets, not keys. Later calls do not get what is on its way.
    pub fn clear_cache(&self) {
        self.gather.forget();
        if let Ok(account) = self.account() {
            account.cache.borrow_mut().clear(self.host.now_ms());
            account.note_news(News::Names);
            account.note_news(News::Secrets);
        }
    }

    /// Forgets secrets when their time is over, also if nothing is asked any more. Where calls do not
    /// wait for each other, a timer ends with the request that it began in.
    fn expire_secrets(self: &Rc<Self>) {
        let Ok(account) = self.account() else { return };
        let next_ms = account.cache.borrow_mut().expire(self.host.now_ms());
        let Some(ms) = next_ms.filter(|_| self.waits_for_others) else { return };
        if self.is_expiring.replace(true) {
            return;
        }
        let client = Rc::downgrade(self);
        self.host.after(ms as f64, move || {
            if let Some(client) = client.upgrade() {
                client.is_expiring.set(false);
                client.expire_secrets();
            }
        });
    }

    /// `clear_pause()`
    ///
    /// Ends the pauses of this client's token: the one that the service asked for, and that after
    /// sign-ins that it refused. The next call asks at once.
    pub fn clear_pause(&self) {
        if let Ok(account) = self.account() {
            account.standing.clear(self.host.now_ms());
            account.note_news(News::Pauses);
        }
    }

    /// `close()`
    ///
    /// Forgets the token, the session and all keys, which are zeroed. Calls under
    /// way end with [`Error::Closed`], also those that wait for an answer; later
    /// ones do so at once.
    pub fn close(&self) {
        self.account.take();
        self.lists.forget();
        self.running.end_all();
        scrub_stack();
    }

    /// `start_ms() -> milliseconds`
    ///
    /// When a call begins, by a clock that nobody sets.
    pub fn start_ms(&self) -> f64 {
        self.host.ticks_ms()
    }

    /// `begin_turn() -> since`
    ///
    /// Since when a call has the host's turn: Unix time in milliseconds.
    pub fn begin_turn(&self) -> u64 {
        self.host.now_ms()
    }

    /// `breathe(since)`
    ///
    /// Lets the host do something else, where a call has gone on for long: timers, signals and
    /// other requests of the process are not to wait for what one answer holds.
    pub async fn breathe(&self, since: &mut u64) {
        if self.host.now_ms().abs_diff(*since) >= LONGEST_TURN_MS {
            self.host.sleep(0.0).await;
            *since = self.host.now_ms();
        }
    }

    /// A call's turn at what one call does for all, where calls may wait for each other.
    async fn turn<'a>(&self, lock: &'a Mutex<()>) -> Option<MutexGuard<'a, ()>> {
        if self.waits_for_others { Some(lock.lock().await) } else { None }
    }

    fn account(&self) -> Result<Rc<Account<H::PrivateKey>>, Error> {
        self.account.borrow().clone().ok_or(Error::Closed)
    }
}

/// The one of the token, for all its clients.
fn standing(credentials: &Credentials, now_ms: u64) -> Rc<Standing> {
    let Credentials { address, email, device_id, throttle_key_id, .. } = credentials;
    Standing::of(&[address.host(), email, device_id, throttle_key_id].join("|"), now_ms)
}

impl<K> Account<K> {
    /// Whether the service has refused something lately: then one request tries, first of all for
    /// what all others need.
    fn is_troubled(&self) -> bool {
        self.standing.circuit.is_open() || self.cache.borrow().has_refusals()
    }

    /// What is held while the titles of this vault are read.
    fn titles_lock(&self, vault_id: &str) -> Rc<Mutex<()>> {
        let number = self.vaults.borrow_mut().intern(vault_id);
        let mut locks = self.listing_titles.borrow_mut();
        if locks.len() == number {
            locks.push(Rc::default());
        }
        locks.get(number).map(Rc::clone).unwrap_or_default()
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
                self.note_news(News::Session);
                let Credentials { throttle_seed, throttle_key_id, .. } = &self.credentials;
                token
                    .insert(ThrottlingToken::issue(throttle_seed, throttle_key_id, now_ms))
                    .text
                    .clone()
            }
        }
    }
}
