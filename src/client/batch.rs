//! Resolving many references with few requests.

use super::{
    Account, Client,
    find::{Listing, OpenVault, check_active, unless_missing},
};
use crate::{
    encoding::is_object_id,
    error::Error,
    host::Host,
    json::to_json,
    reference::{SecretReference, parse_reference},
    secret::Secret,
    wire::{BatchRequest, BatchResponse, Item},
};
use std::rc::Rc;

const READ_ITEMS: &str = "read several items";
/// Items that one request may ask for.
const MAX_BATCH: usize = 50;

/// What one of several references was resolved to, and where it was found.
#[derive(Debug)]
pub struct Found {
    /// The value.
    pub secret: Secret<String>,
    /// Id of the item.
    pub item_id: String,
    /// Id of the vault.
    pub vault_id: String,
}

/// A reference's place among those that were given, and what it says.
type Asked = (usize, SecretReference);
type Outcome = Result<Found, Error>;

/// The references into one vault.
struct Group {
    vault: OpenVault,
    asked: Vec<Asked>,
}

impl<H: Host> Client<H> {
    /// `resolve_all(references) -> outcomes`
    ///
    /// One outcome for each reference, in their order. One that fails spoils no
    /// other. Items are read in batches, each once.
    ///
    /// # Errors
    /// [`Error::Closed`] as a whole; for each reference what [`Client::resolve`] says.
    /// # Source
    /// protocol.md “Items” (observed)
    pub async fn resolve_all(&self, references: &[String]) -> Result<Vec<Outcome>, Error> {
        self.until_closed(async {
            let account = self.account()?;
            let mut outcomes: Vec<Option<Outcome>> = references.iter().map(|_| None).collect();
            let mut settle = |index: usize, outcome| {
                if let Some(slot) = outcomes.get_mut(index) {
                    *slot = Some(outcome);
                }
            };
            let mut groups: Vec<Group> = Vec::new();
            let mut listing = None;
            for (index, text) in references.iter().enumerate() {
                let grouped = match parse_reference(text) {
                    Ok(asked) => {
                        self.add_to_group(&account, &mut groups, &mut listing, (index, asked)).await
                    }
                    Err(error) => Err(error),
                };
                if let Err(error) = grouped {
                    settle(index, Err(error));
                }
            }
            for group in &groups {
                for (asked, answer) in
                    group.asked.iter().zip(self.resolve_group(&account, group).await)
                {
                    settle(asked.0, answer);
                }
            }
            Ok(outcomes.into_iter().flatten().collect())
        })
        .await
    }

    /// Puts a reference to others of its vault. A list of all vaults is read at
    /// most once, and no vault that is known is asked for again.
    async fn add_to_group(
        &self,
        account: &Account<H::PrivateKey>,
        groups: &mut Vec<Group>,
        listing: &mut Option<Result<Listing<OpenVault>, Error>>,
        asked: Asked,
    ) -> Result<(), Error> {
        let part = &asked.1.vault;
        let known = groups.iter_mut().find(|group| {
            group.vault.id == *part || group.asked.iter().any(|(_, other)| other.vault == *part)
        });
        if let Some(group) = known {
            group.asked.push(asked);
            return Ok(());
        }
        let by_id = if is_object_id(part) { self.vault_by_id(account, part).await? } else { None };
        let vault = match by_id {
            Some(vault) => vault,
            None => {
                if listing.is_none() {
                    *listing = Some(self.list_vaults(account).await);
                }
                match listing {
                    Some(Ok(listing)) => listing.pick_vault(part)?,
                    Some(Err(error)) => return Err(error.clone()),
                    None => return Err(Error::Closed),
                }
            }
        };
        match groups.iter_mut().find(|group| group.vault.id == vault.id) {
            Some(group) => group.asked.push(asked),
            None => groups.push(Group { vault, asked: vec![asked] }),
        }
        Ok(())
    }

    async fn resolve_group(
        &self,
        account: &Account<H::PrivateKey>,
        Group { vault, asked }: &Group,
    ) -> Vec<Outcome> {
        let answers = self.resolve_in_vault(account, vault, asked).await;
        let is_sealed = |answer: &Outcome| matches!(answer, Err(Error::Decryption { .. }));
        if !vault.is_remembered || !answers.iter().any(is_sealed) {
            return answers;
        }
        // The vault may have got a new key since this one was remembered.
        match self.read_vault(account, &vault.id).await {
            Ok(current) if !Rc::ptr_eq(&current.key, &vault.key) => {
                self.resolve_in_vault(account, &current, asked).await
            }
            _ => answers,
        }
    }

    async fn resolve_in_vault(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        asked: &[Asked],
    ) -> Vec<Outcome> {
        let mut items = Items::default();
        let ids = self.read_items(account, vault, asked, &mut items).await;
        let mut outcomes = Vec::new();
        for ((_, reference), id) in asked.iter().zip(ids) {
            outcomes.push(match id.and_then(|id| items.find(&id)) {
                Ok(item) => self.resolve_found(account, vault, item, reference).await,
                Err(error) => Err(error),
            });
        }
        outcomes
    }

    async fn resolve_found(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        item: &Item,
        reference: &SecretReference,
    ) -> Outcome {
        check_active(item, &reference.item)?;
        let resolved = self.resolve_item(account, vault, item, reference).await?;
        Ok(Found {
            secret: resolved.into_text(&reference.field)?,
            item_id: item.uuid.clone(),
            vault_id: vault.id.clone(),
        })
    }

    /// For each reference the id of the item that it names; reads these items.
    async fn read_items(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        asked: &[Asked],
        items: &mut Items,
    ) -> Vec<Result<String, Error>> {
        let mut listing = None;
        let mut ids = Vec::new();
        for (_, reference) in asked {
            ids.push(if is_object_id(&reference.item) {
                Ok(reference.item.clone())
            } else {
                self.id_by_title(account, vault, reference, &mut listing).await
            });
        }
        self.read_batches(account, vault, &ids, items).await;
        // An id that is no item's may be a title.
        for ((_, reference), id) in asked.iter().zip(&mut ids) {
            if is_object_id(&reference.item) && !items.knows(&reference.item) {
                *id = self.id_by_title(account, vault, reference, &mut listing).await;
            }
        }
        self.read_batches(account, vault, &ids, items).await;
        ids
    }

    /// An item's id, by a list of titles that is read at most once.
    async fn id_by_title(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        reference: &SecretReference,
        listing: &mut Option<Result<Listing<String>, Error>>,
    ) -> Result<String, Error> {
        if listing.is_none() {
            *listing = Some(self.list_items(account, vault).await);
        }
        match listing {
            Some(Ok(listing)) => listing.pick_item(reference),
            Some(Err(error)) => Err(error.clone()),
            None => Err(Error::Closed),
        }
    }

    /// Reads those items that are not known yet.
    async fn read_batches(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        ids: &[Result<String, Error>],
        items: &mut Items,
    ) {
        let mut wanted: Vec<String> = Vec::new();
        for id in ids.iter().flatten() {
            if !items.knows(id) && !wanted.contains(id) {
                wanted.push(id.clone());
            }
        }
        for ids in wanted.chunks(MAX_BATCH) {
            match self.read_batch(account, vault, ids).await {
                Ok(answered) => items.read.extend(answered),
                // Should the service refuse a batch for one id that it does not know.
                Err(Error::NotFound { .. }) => {
                    for id in ids {
                        match unless_missing(self.read_item(account, &vault.id, id).await) {
                            Ok(item) => items.read.extend(item),
                            Err(error) => items.failed.push((id.clone(), error)),
                        }
                    }
                }
                Err(error) => {
                    items.failed.extend(ids.iter().map(|id| (id.clone(), error.clone())));
                }
            }
        }
    }

    async fn read_batch(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        ids: &[String],
    ) -> Result<Vec<Item>, Error> {
        let target = format!("/api/v3/vault/{}/items/batch", vault.id);
        let body = to_json(&BatchRequest { item_uuids: ids });
        let answer: BatchResponse = self.post(account, READ_ITEMS, target, body).await?;
        answer.items.ok_or(Error::Protocol { what: "a batch came without its items" })
    }
}

/// What batches brought, and why some of it did not come.
#[derive(Default)]
struct Items {
    read: Vec<Item>,
    failed: Vec<(String, Error)>,
}

impl Items {
    fn knows(&self, id: &str) -> bool {
        self.read.iter().any(|item| item.uuid == id) || self.failed.iter().any(|(of, _)| of == id)
    }

    fn find(&self, id: &str) -> Result<&Item, Error> {
        let failed = self.failed.iter().find(|(of, _)| of == id);
        let missing = Error::Protocol { what: "a batch came without an item that the vault lists" };
        self.read
            .iter()
            .find(|item| item.uuid == id)
            .ok_or_else(|| failed.map_or(missing, |(_, error)| error.clone()))
    }
}
