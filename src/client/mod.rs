//! The client: the only module that waits.

mod batch;
mod files;
mod find;
mod keys;
mod requests;

use crate::{
    address::AllowedHosts,
    crypto::throttle::ThrottlingToken,
    error::Error,
    host::Host,
    identity::Identity,
    item::{
        open_details,
        value::{Answer, Moment},
    },
    keyring::Keyring,
    reference::{SecretReference, parse_reference},
    resolve::resolve,
    secret::{Secret, scrub_stack},
    session::Session,
    token::{Credentials, parse_token},
    wire::Item,
};
pub use batch::Found;
use find::OpenVault;
use futures_util::{
    future::{AbortHandle, abortable},
    lock::{Mutex, MutexGuard},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

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
}

/// A signed-in client. Clones of its futures may run side by side.
#[derive(Debug)]
pub struct Client<H: Host> {
    host: H,
    /// `None` once the client is closed.
    account: RefCell<Option<Rc<Account<H::PrivateKey>>>>,
    /// Calls under way, by number; closing the client ends them.
    calls: RefCell<Vec<(u64, AbortHandle)>>,
    next_call: Cell<u64>,
}

/// What is known of the account; all keys go with it.
#[derive(Debug)]
struct Account<K> {
    credentials: Credentials,
    identity: Identity,
    /// The user name in the form that SRP wants.
    email: String,
    waits_for_others: bool,
    session: RefCell<Option<Rc<Session>>>,
    /// Held while the session is renewed.
    renewing: Mutex<()>,
    /// How many renewals there were, and how the last one failed if it did.
    renewals: Cell<u64>,
    renewal_failure: RefCell<Option<Error>>,
    throttling_token: RefCell<Option<ThrottlingToken>>,
    keyring: RefCell<Option<Keyring<K>>>,
    /// Held while the keysets are read.
    loading: Mutex<()>,
}

impl<H: Host> Client<H> {
    /// `authenticate(host, options) -> client`
    ///
    /// Reads the token, checks where it leads, and signs in.
    ///
    /// # Errors
    /// [`Error::TokenInvalid`] and [`Error::HostNotAllowed`] before any request;
    /// then what [`SignIn::receive`](crate::sign_in::SignIn::receive) and [`Host::fetch`] say.
    pub async fn authenticate(host: H, options: Options) -> Result<Self, Error> {
        let credentials = parse_token(options.token.expose())?;
        if !options.allowed_hosts.permit(&credentials.address) {
            return Err(Error::HostNotAllowed { host: credentials.address.origin() });
        }
        let account = Rc::new(Account {
            email: host.nfkd(&credentials.email).to_lowercase(),
            credentials,
            identity: options.identity,
            waits_for_others: options.waits_for_others,
            session: RefCell::new(None),
            renewing: Mutex::new(()),
            renewals: Cell::default(),
            renewal_failure: RefCell::default(),
            throttling_token: RefCell::new(None),
            keyring: RefCell::new(None),
            loading: Mutex::new(()),
        });
        let client = Self {
            host,
            account: RefCell::new(Some(Rc::clone(&account))),
            calls: RefCell::default(),
            next_call: Cell::default(),
        };
        client.sign_in(&account).await?;
        Ok(client)
    }

    /// `resolve(reference) -> secret`
    ///
    /// # Shapes
    /// - `reference`: `op://vault/item/[section/]field`, ids or names
    /// # Errors
    /// [`Error::Parsing`] before any request; [`Error::Closed`]; what stands in
    /// the way of the vault, the item or the field;
    /// [`Error::UnsupportedFileFormat`] for a file that is not text.
    /// # Source
    /// protocol.md “Resolving a reference” (observed, recorded)
    pub async fn resolve(&self, reference: &str) -> Result<Secret<String>, Error> {
        let reference = parse_reference(reference)?;
        self.until_closed(self.resolve_parsed(&reference)).await?.into_text(&reference.field)
    }

    /// `resolve_bytes(reference) -> bytes`
    ///
    /// As [`Client::resolve`], for files of any content; text as UTF-8.
    ///
    /// # Errors
    /// As [`Client::resolve`].
    pub async fn resolve_bytes(&self, reference: &str) -> Result<Secret<Vec<u8>>, Error> {
        let reference = parse_reference(reference)?;
        self.until_closed(self.resolve_parsed(&reference)).await.map(Resolved::into_bytes)
    }

    async fn resolve_parsed(&self, reference: &SecretReference) -> Result<Resolved, Error> {
        let account = self.account()?;
        let vault = self.find_vault(&account, &reference.vault).await?;
        match self.resolve_in(&account, &vault, reference).await {
            // The vault may have got a new key since this one was remembered.
            Err(Error::Decryption { .. }) if vault.is_remembered => {
                let vault = self.read_vault(&account, &vault.id).await?;
                self.resolve_in(&account, &vault, reference).await
            }
            result => result,
        }
    }

    async fn resolve_in(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        reference: &SecretReference,
    ) -> Result<Resolved, Error> {
        let item = self.find_item(account, vault, reference).await?;
        self.resolve_item(account, vault, &item, reference).await
    }

    async fn resolve_item(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        item: &Item,
        reference: &SecretReference,
    ) -> Result<Resolved, Error> {
        let mut check_bytes = [0; 4];
        self.host.fill_random(&mut check_bytes)?;
        let moment = Moment { now_ms: self.host.now_ms(), check_bytes };
        let details = open_details(item, &vault.key)?;
        match resolve(&details, reference, moment)? {
            Answer::Text(text) => Ok(Resolved::Text(text)),
            Answer::File(file) => {
                let place = (vault.id.as_str(), item.uuid.as_str());
                self.download(account, place, file, &reference.field).await.map(Resolved::Bytes)
            }
        }
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

    /// The call's result, unless the client is closed first; then all that the
    /// call holds is dropped.
    async fn until_closed<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let number = self.next_call.replace(self.next_call.get() + 1);
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

/// What a reference was resolved to.
enum Resolved {
    Text(Secret<String>),
    Bytes(Secret<Vec<u8>>),
}

impl Resolved {
    fn into_text(self, field: &str) -> Result<Secret<String>, Error> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Bytes(bytes) => match String::from_utf8(bytes.into_inner()) {
                Ok(text) => Ok(Secret::new(text)),
                Err(error) => {
                    drop(Secret::new(error.into_bytes()));
                    Err(Error::UnsupportedFileFormat { field: field.to_owned() })
                }
            },
        }
    }

    fn into_bytes(self) -> Secret<Vec<u8>> {
        match self {
            Self::Text(text) => Secret::new(text.into_inner().into_bytes()),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl<K> Account<K> {
    /// Its turn at what one call does for all, where calls may wait for each other.
    async fn turn<'a>(&self, lock: &'a Mutex<()>) -> Option<MutexGuard<'a, ()>> {
        if self.waits_for_others { Some(lock.lock().await) } else { None }
    }

    fn session(&self) -> Result<Rc<Session>, Error> {
        self.session.borrow().clone().ok_or(Error::Closed)
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
