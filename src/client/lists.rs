//! Vaults and items as lists.

use super::{Account, Client, find::Trust};
use crate::{
    base::{encoding::is_object_id, error::Error},
    host::Host,
    items::{
        model::{is_archived, overview_json, vault_json},
        open_overview,
    },
    resolve::listing::{Identified, Listing},
    wire::{
        items::Item,
        vaults::{Vault, VaultAttributes},
    },
};
use std::mem::take;

/// Items that are handed over at once.
const PAGE: usize = 100;
const DELETED: &str = "D";
/// In the place of names that nobody wanted opened.
const ENCRYPTED: &str = "[Encrypted]";

/// Which items are listed.
#[derive(Debug, Clone, Copy)]
pub struct States {
    /// Those in use.
    pub active: bool,
    /// Those in the archive.
    pub archived: bool,
}

/// What is listed.
#[derive(Debug)]
pub enum List {
    /// The items of the vault with this name or id.
    Items(String, States),
    /// All vaults.
    Vaults {
        /// Whether their names are to be opened.
        named: bool,
    },
    /// The one vault with this name or id.
    Vault {
        /// Its name or id.
        part: String,
        /// Whether to say who reaches it.
        accessors: bool,
    },
}

impl<H: Host> Client<H> {
    /// `list(call, list, give)`
    ///
    /// Gives some entries at once, as a JSON array, and opens the next when they are taken. What
    /// cannot be opened is left out of a list, unless nothing can.
    ///
    /// # Shapes
    /// - `call`: a number of this call's own, for [`Client::cancel`]
    /// # Errors
    /// [`Error::Closed`]; [`Error::Decryption`] if nothing opens; what stands in the way of the vault, its items or all vaults.
    /// # Source
    /// protocol.md “Vaults”, “Items” (observed)
    pub async fn list(&self, call: u32, list: &List, give: &impl Give) -> Result<(), Error> {
        let account = self.account()?;
        let work = async {
            self.session(&account).await?;
            match list {
                List::Items(vault, states) => self.list_items(&account, vault, *states, give).await,
                List::Vaults { named } => {
                    let (vaults, unreadable) = self.opened_vaults(&account, *named).await?;
                    if vaults.is_empty() && unreadable > 0 {
                        return Err(Error::Decryption { what: "every vault" });
                    }
                    give_vaults(&vaults, false, give).await;
                    Ok(())
                }
                List::Vault { part, accessors } => {
                    let vault = self.named_vault(&account, part, *accessors).await?;
                    give_vaults(&[vault], *accessors, give).await;
                    Ok(())
                }
            }
        };
        self.until_ended(call, work).await
    }

    async fn list_items(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &str,
        states: States,
        give: &impl Give,
    ) -> Result<(), Error> {
        let mut remembered = true;
        loop {
            let since = account.cache.borrow_mut().begin(self.host.now_ms()).number;
            let trust = Trust { since, names: remembered, keys: remembered };
            let found = self.find_vault(account, vault, trust).await?;
            let items = self.read_overviews(account, &found.thing.id).await;
            let may_be_another = remembered && found.by_remembered_name;
            remembered = false;
            let items = match items {
                Err(Error::NotFound { .. } | Error::PermissionDenied { .. }) if may_be_another => {
                    continue;
                }
                items => items?,
            };
            let is_wanted = |item: &Item| {
                let state = if is_archived(item) { states.archived } else { states.active };
                state && item.trashed != DELETED && is_object_id(&item.uuid)
            };
            let mut page = Page::new(give);
            let mut is_damaged = false;
            for item in items.into_iter().filter(is_wanted) {
                if let Ok(overview) = open_overview(&item, &found.thing.key) {
                    page.push(|json| overview_json(&item, &found.thing.id, &overview, json)).await;
                } else {
                    is_damaged = true;
                }
            }
            if page.total > 0 || !is_damaged {
                page.end().await;
                return Ok(());
            }
            // If none opens, the vault may have got another key.
            if !trust.keys {
                return Err(Error::Decryption { what: "every item of the vault" });
            }
        }
    }

    /// All vaults that open, and how many do not.
    async fn opened_vaults(
        &self,
        account: &Account<H::PrivateKey>,
        named: bool,
    ) -> Result<(Vec<OpenedVault>, usize), Error> {
        let (mut opened, mut unreadable) = (Vec::new(), 0);
        let mut vaults = self.read_vaults(account).await?;
        // As the vendor's client has them.
        vaults.sort_by(|one, other| one.uuid.cmp(&other.uuid));
        for vault in vaults {
            if !named {
                let [name, description] = [ENCRYPTED; 2].map(str::to_owned);
                opened.push((vault, VaultAttributes { name, description }));
                continue;
            }
            match self.open_vault(account, &vault).await {
                Ok((_, attributes)) => opened.push((vault, attributes)),
                Err(Error::Decryption { .. }) => unreadable += 1,
                Err(other) => return Err(other),
            }
        }
        Ok((opened, unreadable))
    }

    async fn named_vault(
        &self,
        account: &Account<H::PrivateKey>,
        part: &str,
        accessors: bool,
    ) -> Result<OpenedVault, Error> {
        let more = if accessors { "accessors," } else { "" };
        if is_object_id(part)
            && let Some(vault) = self.read_vault(account, part, more).await?
        {
            let (_, attributes) = self.open_vault(account, &vault).await?;
            return Ok((vault, attributes));
        }
        let (opened, unreadable) = self.opened_vaults(account, true).await?;
        let mut listing = Listing::default();
        listing.unreadable = unreadable;
        for (at, (vault, attributes)) in opened.iter().enumerate() {
            listing.push(Place { id: vault.uuid.clone(), at }, attributes.name.clone());
        }
        let place = listing.pick_vault(part)?;
        let found = opened.into_iter().nth(place.at);
        let mut found = found.ok_or(Error::Protocol { what: "a vault is gone" })?;
        // A list does not say it.
        if accessors && let Some(vault) = self.read_vault(account, &found.0.uuid, more).await? {
            found.0.access = vault.access;
        }
        Ok(found)
    }
}

type OpenedVault = (Vault, VaultAttributes);

/// Where a vault stands in a list.
struct Place {
    id: String,
    at: usize,
}

impl Identified for Place {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Takes a JSON array, and is ready for the next one when it has been taken.
pub trait Give: AsyncFn(String) {}

impl<F: AsyncFn(String)> Give for F {}

/// Entries on their way, as a JSON array.
struct Page<'a, G> {
    json: String,
    total: usize,
    give: &'a G,
}

impl<'a, G: Give> Page<'a, G> {
    const fn new(give: &'a G) -> Self {
        Self { json: String::new(), total: 0, give }
    }

    async fn push(&mut self, write: impl FnOnce(&mut String)) {
        self.json.push(if self.json.is_empty() { '[' } else { ',' });
        write(&mut self.json);
        self.total += 1;
        if self.total.is_multiple_of(PAGE) {
            self.end().await;
        }
    }

    async fn end(&mut self) {
        if !self.json.is_empty() {
            self.json.push(']');
            (self.give)(take(&mut self.json)).await;
        }
    }
}

async fn give_vaults(vaults: &[OpenedVault], accessors: bool, give: &impl Give) {
    let mut page = Page::new(give);
    for (vault, attributes) in vaults {
        page.push(|json| vault_json(vault, attributes, accessors, json)).await;
    }
    page.end().await;
}
