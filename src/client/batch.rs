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
            let mut outcomes: Vec<Option<Outcome>> = Vec::new();
            let mut groups: Vec<(String, Vec<Asked>)> = Vec::new();
            for (index, text) in references.iter().enumerate() {
                match parse_reference(text) {
                    Ok(reference) => {
                        outcomes.push(None);
                        add_to_group(&mut groups, (index, reference));
                    }
                    Err(error) => outcomes.push(Some(Err(error))),
                }
            }
            let mut listing = None;
            for (part, group) in groups {
                let vault = self.find_vault_once(&account, &part, &mut listing).await;
                let answers = self.resolve_group(&account, vault, &group).await;
                for ((index, _), answer) in group.iter().zip(answers) {
                    if let Some(outcome) = outcomes.get_mut(*index) {
                        *outcome = Some(answer);
                    }
                }
            }
            Ok(outcomes.into_iter().flatten().collect())
        })
        .await
    }

    /// A vault, by a list of all that is read at most once.
    async fn find_vault_once(
        &self,
        account: &Account<H::PrivateKey>,
        part: &str,
        listing: &mut Option<Listing<OpenVault>>,
    ) -> Result<OpenVault, Error> {
        if is_object_id(part)
            && let Some(vault) = self.vault_by_id(account, part).await?
        {
            return Ok(vault);
        }
        if listing.is_none() {
            *listing = Some(self.list_vaults(account).await?);
        }
        listing.as_ref().map_or(Err(Error::Closed), |listing| listing.pick_vault(part))
    }

    /// The outcomes of references into one vault.
    async fn resolve_group(
        &self,
        account: &Account<H::PrivateKey>,
        vault: Result<OpenVault, Error>,
        group: &[Asked],
    ) -> Vec<Outcome> {
        let vault = match vault {
            Ok(vault) => vault,
            Err(error) => return fail(group, &error),
        };
        let answers = self.resolve_in_vault(account, &vault, group).await;
        let is_sealed = |answer: &Outcome| matches!(answer, Err(Error::Decryption { .. }));
        if !vault.is_remembered || !answers.iter().any(is_sealed) {
            return answers;
        }
        // The vault may have got a new key since this one was remembered.
        match self.read_vault(account, &vault.id).await {
            Ok(vault) => self.resolve_in_vault(account, &vault, group).await,
            Err(error) => fail(group, &error),
        }
    }

    async fn resolve_in_vault(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        group: &[Asked],
    ) -> Vec<Outcome> {
        let (ids, items) = match self.read_items(account, vault, group).await {
            Ok(read) => read,
            Err(error) => return fail(group, &error),
        };
        let mut outcomes = Vec::new();
        for ((_, reference), id) in group.iter().zip(ids) {
            outcomes.push(match id.and_then(|id| find(&items, &id)) {
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

    /// For each reference the id of the item that it names, and these items.
    async fn read_items(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        group: &[Asked],
    ) -> Result<(Vec<Result<String, Error>>, Vec<Item>), Error> {
        let mut listing = None;
        let mut ids = Vec::new();
        for (_, reference) in group {
            ids.push(if is_object_id(&reference.item) {
                Ok(reference.item.clone())
            } else {
                self.id_by_title(account, vault, reference, &mut listing).await
            });
        }
        let mut items = Vec::new();
        self.read_batches(account, vault, &ids, &mut items).await?;
        // An id that is no item's may be a title.
        for ((_, reference), id) in group.iter().zip(&mut ids) {
            if is_object_id(&reference.item) && find(&items, &reference.item).is_err() {
                *id = self.id_by_title(account, vault, reference, &mut listing).await;
            }
        }
        self.read_batches(account, vault, &ids, &mut items).await?;
        Ok((ids, items))
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

    /// Adds those of the items that are not there yet.
    async fn read_batches(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        ids: &[Result<String, Error>],
        items: &mut Vec<Item>,
    ) -> Result<(), Error> {
        let mut wanted: Vec<String> = Vec::new();
        for id in ids.iter().flatten() {
            if find(items, id).is_err() && !wanted.contains(id) {
                wanted.push(id.clone());
            }
        }
        for ids in wanted.chunks(MAX_BATCH) {
            let target = format!("/api/v3/vault/{}/items/batch", vault.id);
            let body = to_json(&BatchRequest { item_uuids: ids });
            match self.post(account, READ_ITEMS, target, body).await {
                Ok(BatchResponse { items: Some(answered) }) => items.extend(answered),
                Ok(_) => return Err(Error::Protocol { what: "a batch came without its items" }),
                // Should the service refuse a batch for one id that it does not know.
                Err(Error::NotFound { .. }) => {
                    for id in ids {
                        let item = self.read_item(account, &vault.id, id).await;
                        items.extend(unless_missing(item)?);
                    }
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}

fn add_to_group(groups: &mut Vec<(String, Vec<Asked>)>, asked: Asked) {
    let (_, SecretReference { vault, .. }) = &asked;
    match groups.iter_mut().find(|(other, _)| other == vault) {
        Some((_, group)) => group.push(asked),
        None => groups.push((vault.clone(), vec![asked])),
    }
}

fn find<'a>(items: &'a [Item], id: &str) -> Result<&'a Item, Error> {
    let missing = Error::NotFound { action: READ_ITEMS, error_code: None };
    items.iter().find(|item| item.uuid == id).ok_or(missing)
}

/// Every reference fails alike.
fn fail(group: &[Asked], error: &Error) -> Vec<Outcome> {
    group.iter().map(|_| Err(error.clone())).collect()
}
