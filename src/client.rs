//! The client: the only module that waits.

use crate::{
    address::AllowedHosts,
    crypto::{aead::IV_BYTES, srp::PRIVATE_VALUE_BYTES, throttle::ThrottlingToken},
    encoding::is_object_id,
    envelope::SymmetricKey,
    error::Error,
    host::{Host, HttpRequest, HttpResponse},
    identity::Identity,
    item::{is_active, open_details, open_title},
    json::{FromJson, parse},
    keyring::{Keyring, Next, Owner, Task},
    reference::{SecretReference, parse_reference},
    resolve::{is_named, resolve},
    secret::{Secret, scrub_stack},
    session::{Call, Session, check_status},
    sign_in::{Progress, SignIn, SignInRandom},
    token::{Credentials, parse_token},
    wire::{Item, ItemResponse, KeysetsResponse, OverviewsResponse, Vault, VaultAttributes},
};
use futures_util::{
    future::{AbortHandle, abortable},
    lock::Mutex,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const READ_KEYSETS: &str = "read the account's keys";
const READ_VAULTS: &str = "read the vaults";
const READ_VAULT: &str = "read the vault";
const READ_ITEMS: &str = "read the vault's items";
const READ_ITEM: &str = "read the item";
const VAULT: &str = "a vault";

/// What a client is made from.
#[derive(Debug)]
pub struct Options {
    /// The service-account token.
    pub token: Secret<String>,
    /// What the client says of itself.
    pub identity: Identity,
    /// Where it may go.
    pub allowed_hosts: AllowedHosts,
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

/// A vault that was found, and its key.
struct OpenVault {
    id: String,
    key: Rc<SymmetricKey>,
    /// Whether the key is one of an earlier call, and the vault was not asked for.
    is_remembered: bool,
}

impl<H: Host> Client<H> {
    /// `authenticate(host, options) -> client`
    ///
    /// Reads the token, checks where it leads, and signs in.
    ///
    /// # Errors
    /// [`Error::TokenInvalid`] and [`Error::HostNotAllowed`] before any request;
    /// then what [`SignIn::receive`] and [`Host::fetch`] say.
    pub async fn authenticate(host: H, options: Options) -> Result<Self, Error> {
        let credentials = parse_token(options.token.expose())?;
        if !options.allowed_hosts.permit(&credentials.address) {
            return Err(Error::HostNotAllowed { host: credentials.address.origin() });
        }
        let account = Rc::new(Account {
            email: host.nfkd(&credentials.email).to_lowercase(),
            credentials,
            identity: options.identity,
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
    /// the way of the vault, the item or the field.
    /// # Source
    /// protocol.md “Resolving a reference” (observed, recorded)
    pub async fn resolve(&self, reference: &str) -> Result<Secret<String>, Error> {
        let reference = parse_reference(reference)?;
        self.until_closed(async {
            let account = self.account()?;
            let vault = self.find_vault(&account, &reference.vault).await?;
            match self.resolve_in(&account, &vault, &reference).await {
                // The vault may have got a new key since this one was remembered.
                Err(Error::Decryption { .. }) if vault.is_remembered => {
                    let vault = self.read_vault(&account, &vault.id).await?;
                    self.resolve_in(&account, &vault, &reference).await
                }
                result => result,
            }
        })
        .await
    }

    async fn resolve_in(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        reference: &SecretReference,
    ) -> Result<Secret<String>, Error> {
        let item = self.find_item(account, vault, reference).await?;
        resolve(&open_details(&item, &vault.key)?, reference)
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

// Finding things.
impl<H: Host> Client<H> {
    async fn find_vault(
        &self,
        account: &Account<H::PrivateKey>,
        part: &str,
    ) -> Result<OpenVault, Error> {
        if is_object_id(part)
            && let Some(vault) = self.vault_by_id(account, part).await?
        {
            return Ok(vault);
        }
        self.vault_by_name(account, part).await
    }

    async fn vault_by_id(
        &self,
        account: &Account<H::PrivateKey>,
        id: &str,
    ) -> Result<Option<OpenVault>, Error> {
        let known = account.keyring.borrow().as_ref().and_then(|ring| ring.known_vault_key(id));
        match known {
            Some(key) => Ok(Some(OpenVault { id: id.to_owned(), key, is_remembered: true })),
            None => unless_missing(self.read_vault(account, id).await),
        }
    }

    async fn read_vault(
        &self,
        account: &Account<H::PrivateKey>,
        id: &str,
    ) -> Result<OpenVault, Error> {
        let target = format!("/api/v3/vault/{id}?attrs=combined-access");
        let vault: Vault = self.read(account, READ_VAULT, target).await?;
        if vault.uuid != id {
            return Err(Error::Protocol { what: "the server answered with another vault" });
        }
        let key = self.vault_key(account, &vault).await?;
        Ok(OpenVault { id: vault.uuid, key, is_remembered: false })
    }

    async fn vault_by_name(
        &self,
        account: &Account<H::PrivateKey>,
        name: &str,
    ) -> Result<OpenVault, Error> {
        let target = "/api/v1/vaults?attrs=combined-access".to_owned();
        let vaults: Vec<Vault> = self.read(account, READ_VAULTS, target).await?;
        // Here, because below what cannot be decrypted is a vault that is left out.
        self.load_keyring(account).await?;
        let (mut readable, mut unreadable) = (0, 0);
        let mut matching = Vec::new();
        for vault in vaults {
            match self.open_vault(account, vault).await {
                Ok((vault, vault_name)) => {
                    readable += 1;
                    if is_named(name, &vault_name) {
                        matching.push(vault);
                    }
                }
                Err(Error::Decryption { .. }) => unreadable += 1,
                Err(other) => return Err(other),
            }
        }
        let count = matching.len();
        match matching.pop() {
            Some(vault) if count == 1 => Ok(vault),
            Some(_) => Err(Error::TooManyVaults { vault: name.to_owned(), count }),
            None => Err(Error::VaultNotFound { vault: name.to_owned(), readable, unreadable }),
        }
    }

    async fn open_vault(
        &self,
        account: &Account<H::PrivateKey>,
        vault: Vault,
    ) -> Result<(OpenVault, String), Error> {
        if !is_object_id(&vault.uuid) {
            return Err(Error::Decryption { what: VAULT });
        }
        let key = self.vault_key(account, &vault).await?;
        let attributes: VaultAttributes = key.open_json(&vault.enc_attrs, VAULT)?;
        Ok((OpenVault { id: vault.uuid, key, is_remembered: false }, attributes.name))
    }

    async fn find_item(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        reference: &SecretReference,
    ) -> Result<Item, Error> {
        let part = &reference.item;
        let by_id = if is_object_id(part) {
            unless_missing(self.read_item(account, &vault.id, part).await)?
        } else {
            None
        };
        let item = match by_id {
            Some(item) => item,
            None => {
                let id = self.item_id_by_title(account, vault, reference).await?;
                self.read_item(account, &vault.id, &id).await?
            }
        };
        if is_active(&item) { Ok(item) } else { Err(Error::ItemNotActive { item: part.clone() }) }
    }

    async fn read_item(
        &self,
        account: &Account<H::PrivateKey>,
        vault_id: &str,
        item_id: &str,
    ) -> Result<Item, Error> {
        let target = format!("/api/v1/vault/{vault_id}/item/{item_id}");
        let ItemResponse { item } = self.read(account, READ_ITEM, target).await?;
        item.filter(|item| item.uuid == item_id)
            .ok_or(Error::Protocol { what: "the server answered without the item or with another" })
    }

    async fn item_id_by_title(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        reference: &SecretReference,
    ) -> Result<String, Error> {
        let target = format!("/api/v1/vault/{}/items/overviews", vault.id);
        let OverviewsResponse { items } = self.read(account, READ_ITEMS, target).await?;
        let items = items.ok_or(Error::Protocol { what: "the vault came without its items" })?;
        let (mut readable, mut unreadable) = (0, 0);
        let mut matching = Vec::new();
        for item in items.into_iter().filter(is_active) {
            match open_title(&item, &vault.key) {
                Ok(title) if is_object_id(&item.uuid) => {
                    readable += 1;
                    if is_named(&reference.item, &title) {
                        matching.push(item.uuid);
                    }
                }
                _ => unreadable += 1,
            }
        }
        let (vault, item) = (reference.vault.clone(), reference.item.clone());
        let count = matching.len();
        match matching.pop() {
            Some(id) if count == 1 => Ok(id),
            Some(_) => Err(Error::TooManyItems { item, vault, count }),
            None => Err(Error::ItemNotFound { item, vault, readable, unreadable }),
        }
    }
}

// Keys.
impl<H: Host> Client<H> {
    async fn vault_key(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &Vault,
    ) -> Result<Rc<SymmetricKey>, Error> {
        self.load_keyring(account).await?;
        let sealed = &vault.combined_access.enc_vault_key;
        loop {
            match account.with_keyring(|ring| ring.vault_key(&vault.uuid, sealed))? {
                Next::Ready(key) => return Ok(key),
                Next::Todo(task) => {
                    if let Some(key) = self.perform(account, task).await? {
                        return Ok(key);
                    }
                }
            }
        }
    }

    async fn load_keyring(&self, account: &Account<H::PrivateKey>) -> Result<(), Error> {
        let _turn = account.loading.lock().await;
        if account.keyring.borrow().is_none() {
            let target = "/api/v2/account/keysets".to_owned();
            let KeysetsResponse { keysets } = self.read(account, READ_KEYSETS, target).await?;
            let keysets =
                keysets.ok_or(Error::Protocol { what: "the account came without its keys" })?;
            let ring = Keyring::new(&account.credentials.account_unlock_key, keysets);
            account.keyring.replace(Some(ring));
        }
        Ok(())
    }

    /// Has the host do what a key is waiting for; the vault's key, if it was that.
    async fn perform(
        &self,
        account: &Account<H::PrivateKey>,
        task: Task<H::PrivateKey>,
    ) -> Result<Option<Rc<SymmetricKey>>, Error> {
        match task {
            Task::Import { keyset_id, hash, key } => {
                let key = self.host.import_private_key(&key, hash).await?;
                account.with_keyring(|ring| {
                    ring.put_private_key(keyset_id, hash, key);
                    Ok(None)
                })
            }
            Task::Unseal { owner, with, sealed } => {
                let plaintext = self.host.open_rsa_oaep(&with, &sealed, owner.what()).await?;
                let is_the_vault_s = matches!(owner, Owner::Vault { .. });
                let key = account.with_keyring(|ring| ring.put_symmetric_key(owner, &plaintext))?;
                Ok(is_the_vault_s.then_some(key))
            }
        }
    }
}

// Requests.
impl<H: Host> Client<H> {
    async fn sign_in(&self, account: &Account<H::PrivateKey>) -> Result<Rc<Session>, Error> {
        let random = self.sign_in_random()?;
        let Account { credentials, identity, email, .. } = account;
        let (mut sign_in, mut call) = SignIn::begin(credentials, identity, email, random);
        loop {
            let response = self.send(account, call).await?;
            match sign_in.receive(&response)? {
                Progress::Send(next) => call = next,
                Progress::Done(session) => {
                    let session = Rc::new(session);
                    account.session.replace(Some(Rc::clone(&session)));
                    return Ok(session);
                }
            }
        }
    }

    fn sign_in_random(&self) -> Result<SignInRandom, Error> {
        let mut private_value = Secret::<[u8; PRIVATE_VALUE_BYTES]>::zeroed();
        let mut first_number = [0; 4];
        let mut iv = [0; IV_BYTES];
        self.host.fill_random(private_value.expose_mut())?;
        self.host.fill_random(&mut first_number)?;
        self.host.fill_random(&mut iv)?;
        Ok(SignInRandom { private_value, first_number: u32::from_le_bytes(first_number), iv })
    }

    /// Reads JSON within the session. A session that has ended is renewed once.
    async fn read<T: FromJson>(
        &self,
        account: &Account<H::PrivateKey>,
        action: &'static str,
        target: String,
    ) -> Result<T, Error> {
        let renewals = account.renewals.get();
        let mut session = account.session()?;
        let mut response = self.send(account, session.get(action, target.clone())).await?;
        if response.status == 401 {
            session = self.renew(account, &session, renewals).await?;
            response = self.send(account, session.get(action, target)).await?;
        }
        check_status(&response, action)?;
        let plaintext = session.open(&response)?;
        parse(plaintext.expose())
            .ok_or(Error::Protocol { what: "an answer is not the JSON that it should be" })
    }

    /// A session in place of one that has ended. Of all calls that found it ended,
    /// the first signs in and the others take what it got, be it an error.
    /// `renewals` is how many there had been when the call was sent.
    async fn renew(
        &self,
        account: &Account<H::PrivateKey>,
        ended: &Rc<Session>,
        renewals: u64,
    ) -> Result<Rc<Session>, Error> {
        let _turn = account.renewing.lock().await;
        let current = account.session()?;
        if !Rc::ptr_eq(&current, ended) {
            return Ok(current);
        }
        if account.renewals.get() != renewals
            && let Some(error) = account.renewal_failure.borrow().clone()
        {
            return Err(error);
        }
        account.renewals.set(account.renewals.get().wrapping_add(1));
        let renewed = self.sign_in(account).await;
        account.renewal_failure.replace(renewed.as_ref().err().cloned());
        renewed
    }

    async fn send(
        &self,
        account: &Account<H::PrivateKey>,
        call: Call,
    ) -> Result<HttpResponse, Error> {
        let throttling_token = account.throttling_token(self.host.now_ms());
        let address = &account.credentials.address;
        let mut headers = account.identity.headers(&account.credentials.device_id);
        headers.push(("OP-Throttling-Token", throttling_token));
        headers.extend(call.session_id.map(|id| ("X-AgileBits-Session-ID", id)));
        headers.extend(call.mac.map(|mac| ("X-AgileBits-MAC", mac)));
        headers.extend(call.body.as_ref().map(|_| ("Content-Type", "application/json".into())));
        self.host
            .fetch(HttpRequest {
                action: call.action,
                method: call.method,
                url: format!("{}{}", address.origin(), call.target),
                host: address.host().to_owned(),
                headers,
                body: call.body,
            })
            .await
    }
}

impl<K> Account<K> {
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

/// What the service has nothing for is `None`.
fn unless_missing<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
