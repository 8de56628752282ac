//! Finding vaults and items, by id or by name.

use super::{Account, Client};
use crate::{
    encoding::is_object_id,
    envelope::SymmetricKey,
    error::{Candidate, Error},
    host::Host,
    item::{is_active, open_title},
    reference::SecretReference,
    resolve::closest,
    wire::{Item, ItemResponse, OverviewsResponse, Vault, VaultAttributes},
};
use std::rc::Rc;

const READ_VAULTS: &str = "read the vaults";
const READ_VAULT: &str = "read the vault";
const READ_ITEMS: &str = "read the vault's items";
const READ_ITEM: &str = "read the item";
const VAULT: &str = "a vault";

/// A vault that was found, and its key.
#[derive(Clone)]
pub(super) struct OpenVault {
    pub(super) id: String,
    pub(super) key: Rc<SymmetricKey>,
    /// Whether the key is one of an earlier call, and the vault was not asked for.
    pub(super) is_remembered: bool,
}

impl OpenVault {
    fn id(&self) -> &str {
        &self.id
    }
}

impl<H: Host> Client<H> {
    pub(super) async fn find_vault(
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

    pub(super) async fn vault_by_id(
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

    pub(super) async fn read_vault(
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
        self.list_vaults(account).await?.pick_vault(name)
    }

    /// All vaults that open.
    pub(super) async fn list_vaults(
        &self,
        account: &Account<H::PrivateKey>,
    ) -> Result<Listing<OpenVault>, Error> {
        let target = "/api/v1/vaults?attrs=combined-access".to_owned();
        let vaults: Vec<Vault> = self.read(account, READ_VAULTS, target).await?;
        // Here, because below what cannot be decrypted is a vault that is left out.
        self.load_keyring(account).await?;
        let mut listing = Listing::default();
        for vault in vaults {
            match self.open_vault(account, vault).await {
                Ok((vault, name)) => listing.push(vault, name),
                Err(Error::Decryption { .. }) => listing.unreadable += 1,
                Err(other) => return Err(other),
            }
        }
        Ok(listing)
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

    pub(super) async fn find_item(
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
                let id = self.list_items(account, vault).await?.pick_item(reference)?;
                self.read_item(account, &vault.id, &id).await?
            }
        };
        check_active(&item, part)?;
        Ok(item)
    }

    pub(super) async fn read_item(
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

    /// The ids and titles of a vault's items that a reference may name.
    pub(super) async fn list_items(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
    ) -> Result<Listing<String>, Error> {
        let target = format!("/api/v1/vault/{}/items/overviews", vault.id);
        let OverviewsResponse { items } = self.read(account, READ_ITEMS, target).await?;
        let items = items.ok_or(Error::Protocol { what: "the vault came without its items" })?;
        let mut listing = Listing::default();
        for item in items.into_iter().filter(is_active) {
            match open_title(&item, &vault.key) {
                Ok(title) if is_object_id(&item.uuid) => listing.push(item.uuid, title),
                _ => listing.unreadable += 1,
            }
        }
        if vault.is_remembered && listing.entries.is_empty() && listing.unreadable > 0 {
            return Err(Error::Decryption { what: "any item of the vault" });
        }
        Ok(listing)
    }
}

/// Things with their names, and how many more could not be opened.
pub(super) struct Listing<T> {
    entries: Vec<Named<T>>,
    unreadable: usize,
}

struct Named<T> {
    thing: T,
    name: String,
    /// In lower case, for the many comparisons of a batch.
    lower: String,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), unreadable: 0 }
    }
}

impl<T> Listing<T> {
    fn push(&mut self, thing: T, name: String) {
        self.entries.push(Named { thing, lower: name.to_lowercase(), name });
    }

    fn named(&self, name: &str) -> Vec<&Named<T>> {
        let lower = name.to_lowercase();
        self.entries.iter().filter(|entry| entry.lower == lower).collect()
    }

    fn similar(&self, name: &str, id: impl Fn(&T) -> &str) -> Option<Candidate> {
        closest(name, self.entries.iter().map(|entry| entry.candidate(&id)))
    }
}

impl<T> Named<T> {
    fn candidate(&self, id: impl Fn(&T) -> &str) -> Candidate {
        Candidate { id: id(&self.thing).to_owned(), title: self.name.clone() }
    }
}

impl Listing<OpenVault> {
    /// The one vault of this name.
    pub(super) fn pick_vault(&self, name: &str) -> Result<OpenVault, Error> {
        let vault = name.to_owned();
        match self.named(name).as_slice() {
            [only] => Ok(only.thing.clone()),
            [] => Err(Error::VaultNotFound {
                vault,
                readable: self.entries.len(),
                unreadable: self.unreadable,
                similar: self.similar(name, OpenVault::id),
            }),
            several => Err(Error::TooManyVaults {
                vault,
                candidates: several.iter().map(|vault| vault.candidate(OpenVault::id)).collect(),
            }),
        }
    }
}

impl Listing<String> {
    /// The id of the one item that the reference names by its title.
    pub(super) fn pick_item(&self, reference: &SecretReference) -> Result<String, Error> {
        let (item, vault) = (reference.item.clone(), reference.vault.clone());
        match self.named(&item).as_slice() {
            [only] => Ok(only.thing.clone()),
            [] => Err(Error::ItemNotFound {
                readable: self.entries.len(),
                unreadable: self.unreadable,
                similar: self.similar(&item, String::as_str),
                item,
                vault,
            }),
            several => Err(Error::TooManyItems {
                item,
                vault,
                candidates: several.iter().map(|item| item.candidate(String::as_str)).collect(),
            }),
        }
    }
}

/// Refuses an item in the bin or deleted. `part` is what the reference calls it.
pub(super) fn check_active(item: &Item, part: &str) -> Result<(), Error> {
    if is_active(item) { Ok(()) } else { Err(Error::ItemNotActive { item: part.to_owned() }) }
}

/// What the service has nothing for is `None`.
pub(super) fn unless_missing<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
