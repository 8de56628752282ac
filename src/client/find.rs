//! Finding vaults and items, by id or by name.

use super::{
    Account, Client, ENTRIES_A_LOOK,
    environments::is_environment,
    requests::{LARGEST_BYTES, LIST_BYTES, NOT_JSON, VAULT_BYTES, Wanted},
    warm::News,
};
use crate::{
    auth::{envelope::SymmetricKey, vault_keys::VaultKey},
    base::{
        encoding::is_object_id,
        error::{Error, Place},
        json::{FREE_BYTES, entries, parse},
    },
    host::{CacheUse, Event, Host},
    items::{is_active, model::is_archived, open_title},
    resolve::{
        cache::{Accept, Age, Known},
        hint::Hints,
        listing::{Listing, not_an_environment},
        question::Target,
    },
    wire::{
        http::Held,
        items::{Item, ItemResponse},
        vaults::{Vault, VaultAttributes},
    },
};
use futures_util::future::try_join;
use std::rc::Rc;

const READ_VAULTS: &str = "read the vaults";
const READ_VAULT: &str = "read the vault";
const READ_ITEMS: &str = "read the vault's items";
const READ_ITEM: &str = "read the item";
const VAULT: &str = "a vault";
pub(super) const NO_ITEMS: Error = Error::Protocol { what: "the vault came without its items" };
const ANOTHERS: Error = Error::Protocol { what: "a vault came with the key of another" };

/// What an answer is without a list of items: not [`NO_ITEMS`] if it has something else in its place.
fn no_list(answer: &[u8]) -> Error {
    let is_odd = answer
        .windows(9)
        .any(|at| matches!(at, [rest @ .., next] if rest == b"\"items\":" && *next != b'n'));
    if is_odd || !(answer.starts_with(b"{\"") || answer == b"null") { NOT_JSON } else { NO_ITEMS }
}

/// A vault and its key.
#[derive(Debug, Clone)]
pub(super) struct OpenVault {
    pub(super) id: String,
    pub(super) key: Rc<SymmetricKey>,
}

/// What a call believes of what is remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust {
    /// What was read since then is new.
    pub(super) since: u64,
    /// Whether older names will do.
    pub(super) names: bool,
    /// Whether older keys of vaults will do.
    pub(super) keys: bool,
    /// Since which reading refusals count.
    pub(super) refusals: u64,
}

impl Trust {
    const fn accept(self, remembered: bool) -> Accept {
        Accept { since: self.since, remembered, refusals: self.refusals }
    }
}

/// The titles of a vault, for all references of a call.
#[derive(Default)]
pub(super) struct Titles {
    /// Or why there are none.
    known: Option<Result<Known<()>, Error>>,
    /// Whether they were read anew: then what is not there is nowhere.
    are_newest: bool,
}

impl Titles {
    /// Something has happened that they may be older than.
    pub(super) const fn doubt(&mut self) {
        self.are_newest = false;
    }
}

/// Something that was found, and how old the names are that it was found by: new, if by none.
#[derive(Debug)]
pub(super) struct Located<T> {
    pub(super) thing: T,
    pub(super) names: Age,
}

/// Whether what was picked from names of this age holds. An id is a title only in the newest.
const fn is_settled<T>(picked: &Result<T, Error>, names: Age, is_id: bool) -> bool {
    match picked {
        Ok(_) => !is_id,
        Err(_) => !matches!(names, Age::Old),
    }
}

impl<H: Host> Client<H> {
    pub(super) async fn find_vault(
        &self,
        account: &Account<H::PrivateKey>,
        (place, part): (Place, &str),
        (trust, hints): (Trust, &Hints<'_>),
    ) -> Result<Located<OpenVault>, Error> {
        let is_id = is_object_id(part);
        // What it is remembered under: no name has a NUL.
        let key = [if place == Place::Environment { "\0" } else { "" }, part].concat();
        let mut trust = trust;
        if is_id {
            if let Some(thing) = self.vault_by_id(account, (place, part), trust).await? {
                return Ok(Located { thing, names: Age::New });
            }
            // What came into being since an older list would be taken for its namesake.
            trust.since = self.begin_reading(account);
        }
        let accept = trust.accept(trust.names && trust.keys);
        if !is_id && let Some(thing) = self.vault_by_known_name(account, &key, accept).await {
            return Ok(Located { thing, names: Age::Old });
        }
        let (mut listing, mut names) = self.vaults(account, accept).await?;
        let mut picked = pick(&listing, (place, part), hints);
        if !is_settled(&picked, names, is_id) {
            (listing, names) = self.vaults(account, trust.accept(false)).await?;
            picked = pick(&listing, (place, part), hints);
        }
        let id = picked.as_ref().ok().map(|vault| &*vault.id);
        if !is_id && account.cache.borrow_mut().put_vault_id(&key, &listing, id) {
            account.note_news(News::Names);
        }
        picked.map(|thing| Located { thing, names })
    }

    /// The vault that was found under this name before, here or by another process, with its key.
    async fn vault_by_known_name(
        &self,
        account: &Account<H::PrivateKey>,
        name: &str,
        accept: Accept,
    ) -> Option<OpenVault> {
        let is_listed = account.cache.borrow().vaults(accept, self.host.now_ms()).is_some();
        if is_listed || !accept.remembered {
            return None;
        }
        let known = || {
            let id = account.cache.borrow().vault_id(name, self.host.now_ms())?;
            let key = account.vault_keys.borrow().known(&id)?;
            Some(OpenVault { id, key })
        };
        self.known_or_renewed(account, known).await
    }

    /// The item that was found under this title before, here or by another process.
    async fn item_by_known_title(
        &self,
        account: &Account<H::PrivateKey>,
        vault_id: &str,
        title: &str,
        accept: Accept,
    ) -> Option<String> {
        let now_ms = self.host.now_ms();
        let is_listed = account.cache.borrow().titles(vault_id, accept, now_ms).is_some();
        if is_listed || !accept.remembered {
            return None;
        }
        let known = || account.cache.borrow().item_id(vault_id, title, self.host.now_ms());
        self.known_or_renewed(account, known).await
    }

    /// What is known of a name. If that is nothing, names are to be read anew, which another process
    /// may have done.
    async fn known_or_renewed<T>(
        &self,
        account: &Account<H::PrivateKey>,
        known: impl Fn() -> Option<T>,
    ) -> Option<T> {
        let mut thing = known();
        if thing.is_none() && account.shares(News::Names) && self.warm_up_again(account).await {
            thing = known();
        }
        thing.inspect(|_| self.note(Event::Cache(CacheUse::Hit)))
    }

    async fn vault_by_id(
        &self,
        account: &Account<H::PrivateKey>,
        (place, id): (Place, &str),
        trust: Trust,
    ) -> Result<Option<OpenVault>, Error> {
        let known = account.vault_keys.borrow().known(id);
        // Only of an Environment the one item is remembered.
        let only_item = || account.cache.borrow().only_item(id, self.host.now_ms());
        let is_one = place == Place::Vault || trust.names && only_item().is_some();
        if let (Some(key), true) = (known, trust.keys && is_one) {
            return Ok(Some(OpenVault { id: id.to_owned(), key }));
        }
        let Some(vault) = self.read_vault(account, id, "", trust.refusals).await? else {
            return Ok(None);
        };
        if place == Place::Environment && !is_environment(&vault) {
            return Err(not_an_environment(id));
        }
        let key = self.vault_key(account, &vault, trust.refusals).await?;
        match self.open_vault(account, &vault, trust.refusals).await {
            Ok(_) => {}
            // Nothing of an Environment is needed but its key: its name may be sealed with another.
            Err(Error::Decryption { .. }) if place == Place::Environment => {}
            // What does not say whose key it is may be another vault's.
            Err(error) => return Err(error),
        }
        Ok(Some(OpenVault { id: vault.uuid, key }))
    }

    /// A vault as it comes, with further `attributes`; `None` if there is none with this id.
    pub(super) async fn read_vault(
        &self,
        account: &Account<H::PrivateKey>,
        id: &str,
        attributes: &str,
        since: u64,
    ) -> Result<Option<Vault>, Error> {
        if account.is_troubled() {
            self.load_keyring(account, since).await?;
        }
        let target = format!("/api/v3/vault/{id}?attrs={attributes}combined-access");
        let max_bytes = if attributes.is_empty() { VAULT_BYTES } else { LIST_BYTES };
        let vault = self.read::<Vault>(account, READ_VAULT, target, max_bytes, since);
        let vault = unless_missing(vault.await)?;
        match vault {
            Some(vault) if vault.uuid != id => {
                Err(Error::Protocol { what: "the server answered with another vault" })
            }
            vault => Ok(vault),
        }
    }

    /// All vaults that open, and how old their names are.
    async fn vaults(
        &self,
        account: &Account<H::PrivateKey>,
        accept: Accept,
    ) -> Result<Known<OpenVault>, Error> {
        let _turn = self.turn(&account.listing_vaults).await;
        let now_ms = self.host.now_ms();
        if let Some(known) = account.cache.borrow().vaults(accept, now_ms) {
            self.note(Event::Cache(CacheUse::Hit));
            return Ok(known);
        }
        self.note(Event::Cache(CacheUse::Miss));
        let reading = account.cache.borrow_mut().begin(now_ms);
        let listing = Rc::new(self.list_vaults(account, accept.refusals).await?);
        account.cache.borrow_mut().put_vaults(reading, accept.is_again(), Rc::clone(&listing));
        Ok((listing, Age::New))
    }

    /// The number of a reading that begins now.
    pub(super) fn begin_reading(&self, account: &Account<H::PrivateKey>) -> u64 {
        account.cache.borrow_mut().begin(self.host.now_ms()).number
    }

    /// All vaults as they come, and the keys that they may need.
    pub(super) async fn read_vaults(
        &self,
        account: &Account<H::PrivateKey>,
        since: u64,
    ) -> Result<Vec<Vault>, Error> {
        let target = "/api/v1/vaults?attrs=combined-access".to_owned();
        let vaults = self.read::<Vec<Vault>>(account, READ_VAULTS, target, LIST_BYTES, since);
        // Below, what cannot be decrypted is a vault that is left out: not so the account's keys.
        if account.is_troubled() {
            self.load_keyring(account, since).await?;
            return vaults.await;
        }
        Ok(try_join(vaults, self.open_keyring(account, since)).await?.0)
    }

    async fn list_vaults(
        &self,
        account: &Account<H::PrivateKey>,
        since: u64,
    ) -> Result<Listing<OpenVault>, Error> {
        let vaults = self.read_vaults(account, since).await?;
        let mut listing = Listing::default();
        let mut turn = self.begin_turn();
        for vault in vaults {
            self.breathe(&mut turn).await;
            match self.open_vault(account, &vault, since).await {
                Ok((key, attributes)) => {
                    let id = vault.uuid.clone();
                    let is_environment = is_environment(&vault);
                    let named = (vault.uuid, attributes.name, vault.updated_at);
                    if is_environment {
                        listing.push_environment(OpenVault { id, key }, named);
                    } else {
                        listing.push(OpenVault { id, key }, named);
                    }
                }
                Err(Error::Decryption { .. }) => listing.push_unreadable(vault.uuid),
                Err(other) => return Err(other),
            }
        }
        Ok(listing)
    }

    /// A vault's key, and what it says of itself: that it is this vault, for one.
    pub(super) async fn open_vault(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &Vault,
        since: u64,
    ) -> Result<(Rc<SymmetricKey>, VaultAttributes), Error> {
        if !is_object_id(&vault.uuid) {
            return Err(Error::Decryption { what: VAULT });
        }
        let key = self.vault_key(account, vault, since).await?;
        let attributes: VaultAttributes = key.open_json(vault.enc_attrs.clone(), VAULT)?;
        // A key says nothing of whose it is, and the service could hand out another vault's.
        if attributes.uuid.as_ref().is_some_and(|id| *id != vault.uuid) {
            return Err(ANOTHERS);
        }
        let proven = VaultKey {
            vault_id: vault.uuid.clone(),
            key: Rc::clone(&key),
            proven_at_ms: self.host.now_ms(),
        };
        if account.vault_keys.borrow_mut().put(proven) {
            account.note_news(News::Names);
        }
        Ok((key, attributes))
    }

    /// The id of the item that is named by its title. What is read for it
    /// stays in `titles`.
    pub(super) async fn item_id(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        target: &Target,
        (trust, titles, hints): (Trust, &mut Titles, &Hints<'_>),
    ) -> Result<Located<String>, Error> {
        let is_id = is_object_id(&target.item);
        let mut accept = trust.accept(trust.names);
        if !is_id
            && titles.known.is_none()
            && let Some(thing) =
                self.item_by_known_title(account, &vault.id, &target.item, accept).await
        {
            return Ok(Located { thing, names: Age::Old });
        }
        loop {
            let known = match titles.known.take() {
                Some(known) => known,
                None => self.titles(account, vault, accept).await,
            };
            let (listing, names) = titles.known.insert(known).as_ref().map_err(Error::clone)?;
            let (picked, names) = (listing.pick_item(&target.item, &target.vault, hints), *names);
            if titles.are_newest || is_settled(&picked, names, is_id) {
                let id = picked.as_deref().ok();
                let place = (&*vault.id, &*target.item);
                if !is_id && account.cache.borrow_mut().put_item_id(place, listing, id) {
                    account.note_news(News::Names);
                }
                return picked.map(|thing| Located { thing, names });
            }
            *titles = Titles { known: None, are_newest: true };
            accept = trust.accept(false);
        }
    }

    /// The ids and titles of a vault's items that a reference may name, and
    /// how old they are.
    async fn titles(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        accept: Accept,
    ) -> Result<Known<()>, Error> {
        let lock = account.titles_lock(&vault.id);
        let _turn = self.turn(&lock).await;
        let now_ms = self.host.now_ms();
        if let Some(known) = account.cache.borrow().titles(&vault.id, accept, now_ms) {
            self.note(Event::Cache(CacheUse::Hit));
            return Ok(known);
        }
        self.note(Event::Cache(CacheUse::Miss));
        let reading = account.cache.borrow_mut().begin(now_ms);
        let listing = Rc::new(self.list_titles(account, vault, accept.refusals).await?);
        // If none opens, the vault may have got another key since it was listed.
        if !listing.is_empty() || listing.unreadable() == 0 {
            let mut cache = account.cache.borrow_mut();
            cache.put_titles(&vault.id, reading, accept.is_again(), Rc::clone(&listing));
        }
        Ok((listing, Age::New))
    }

    /// A vault's items without their details, and what they have of the allowance.
    pub(super) async fn read_overviews(
        &self,
        account: &Account<H::PrivateKey>,
        vault_id: &str,
        since: u64,
    ) -> Result<(Vec<Item>, Held), Error> {
        let target = format!("/api/v1/vault/{vault_id}/items/overviews");
        let (action, max_bytes) = (READ_ITEMS, LARGEST_BYTES);
        let wanted = Wanted { max_bytes, since, ..Wanted::get(action, target) };
        let (plaintext, held) = self.exchange(account, wanted).await?;
        let places = entries(plaintext.expose(), "items");
        let places = places.ok_or_else(|| no_list(plaintext.expose()))?;
        let mut items = Vec::new();
        let mut turn = self.begin_turn();
        for (index, place) in places.into_iter().enumerate() {
            if index % ENTRIES_A_LOOK == 0 {
                self.breathe(&mut turn).await;
            }
            let item = plaintext.expose().get(place).and_then(parse::<Item>);
            let item = item.filter(|item| !item.uuid.is_empty());
            if let Some(Item { uuid, version, .. }) = &item {
                account.versions.borrow_mut().listed(uuid, *version);
            }
            items.extend(item);
            // As `parse` bounds lists that are read in one go.
            if items.len() * size_of::<Item>() > plaintext.expose().len() + FREE_BYTES {
                return Err(NOT_JSON);
            }
        }
        Ok((items, held))
    }

    async fn list_titles(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        since: u64,
    ) -> Result<Listing<()>, Error> {
        let (items, _held) = self.read_overviews(account, &vault.id, since).await?;
        let mut listing = Listing::default();
        let mut turn = self.begin_turn();
        for (index, item) in items.into_iter().enumerate() {
            if index % ENTRIES_A_LOOK == 0 {
                self.breathe(&mut turn).await;
            }
            let [is_active, is_archived] = [is_active(&item), is_archived(&item)];
            if !is_active && !is_archived {
                listing.push_other(item.uuid);
                continue;
            }
            match open_title(item.enc_overview, &vault.key) {
                Ok(title) if is_object_id(&item.uuid) => {
                    let named = (item.uuid, title, item.updated_at);
                    if is_archived {
                        listing.push_archived((), named);
                    } else {
                        listing.push((), named);
                    }
                }
                _ if is_archived => {}
                _ => listing.push_unreadable(item.uuid),
            }
        }
        Ok(listing)
    }

    pub(super) async fn read_item(
        &self,
        account: &Account<H::PrivateKey>,
        (vault_id, item_id): (&str, &str),
        max_bytes: u64,
        since: u64,
    ) -> Result<Item, Error> {
        let target = format!("/api/v1/vault/{vault_id}/item/{item_id}");
        let ItemResponse { item } = self.read(account, READ_ITEM, target, max_bytes, since).await?;
        item.filter(|item| item.uuid == item_id)
            .ok_or(Error::Protocol { what: "the server answered without the item or with another" })
    }
}

fn pick(
    listing: &Listing<OpenVault>,
    (place, part): (Place, &str),
    hints: &Hints<'_>,
) -> Result<OpenVault, Error> {
    let picked = listing.at(listing.pick_vault(place, part, hints)?);
    picked.cloned().ok_or(Error::Protocol { what: "a vault is gone" })
}

/// What the service has nothing for is `None`.
fn unless_missing<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
