//! Reading the items of a vault, many with one request.

use super::{
    Account, Client,
    find::{Located, OpenVault, Titles, Trust},
};
use crate::{
    base::{encoding::is_object_id, error::Error, json::to_json},
    host::Host,
    resolve::{hint::Hints, question::Target},
    wire::items::{BatchRequest, BatchResponse, Item},
};

const READ_ITEM: &str = "read the item";
const READ_ITEMS: &str = "read several items";
/// Items that one request may ask for.
const MAX_BATCH: usize = 50;

/// The items that targets name, and which is whose.
#[derive(Debug, Default)]
pub(super) struct Items {
    read: Vec<Item>,
    failed: Vec<(String, Error)>,
    /// For each target the id of its item.
    pub(super) ids: Vec<Result<Located<String>, Error>>,
}

impl Items {
    /// By its id, wherever in an answer it stood.
    pub(super) fn find(&self, id: &str) -> Result<&Item, Error> {
        let failure = self.failure(id).cloned();
        self.read.iter().find(|item| item.uuid == id).ok_or_else(|| {
            failure.unwrap_or(Error::NotFound { action: READ_ITEM, error_code: None })
        })
    }

    fn failure(&self, id: &str) -> Option<&Error> {
        self.failed.iter().find(|(of, _)| of == id).map(|(_, error)| error)
    }

    fn is_missing(&self, id: &str) -> bool {
        matches!(self.failure(id), Some(Error::NotFound { .. }))
    }
}

impl<H: Host> Client<H> {
    /// Reads what the targets name, each item once.
    pub(super) async fn find_items(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        targets: &[&Target],
        (trust, hints): (Trust, &Hints<'_>),
    ) -> Items {
        let mut items = Items::default();
        let mut titles: Titles = None;
        for target in targets {
            let part = &target.item;
            items.ids.push(if is_object_id(part) {
                Ok(Located { thing: part.clone(), by_remembered_name: false })
            } else {
                self.item_id(account, vault, target, (trust, &mut titles, hints)).await
            });
        }
        self.read_missing(account, vault, &mut items).await;
        // An id that is no item's may be a title.
        let mut is_title = false;
        for (target, index) in targets.iter().zip(0..) {
            if is_object_id(&target.item) && items.is_missing(&target.item) {
                is_title = true;
                let id = self.item_id(account, vault, target, (trust, &mut titles, hints)).await;
                if let Some(slot) = items.ids.get_mut::<usize>(index) {
                    *slot = id;
                }
            }
        }
        if is_title {
            self.read_missing(account, vault, &mut items).await;
        }
        items
    }

    /// Reads those items that are not known yet.
    async fn read_missing(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        items: &mut Items,
    ) {
        let mut wanted: Vec<String> = Vec::new();
        for Located { thing: id, .. } in items.ids.iter().flatten() {
            let is_known = items.failure(id).is_some() || items.find(id).is_ok();
            if !is_known && !wanted.contains(id) {
                wanted.push(id.clone());
            }
        }
        let gone = Error::NotFound { action: READ_ITEM, error_code: None };
        for ids in wanted.chunks(MAX_BATCH) {
            let answer = match ids {
                [_] => Err(gone.clone()),
                _ => self.read_batch(account, vault, ids).await,
            };
            match answer {
                Ok(answered) => {
                    let is_left_out = |id: &&String| answered.iter().all(|item| item.uuid != **id);
                    let left_out = ids.iter().filter(is_left_out);
                    items.failed.extend(left_out.map(|id| (id.clone(), gone.clone())));
                    items.read.extend(answered);
                }
                // A single one, or the service refuses a batch for one id that it does not know.
                Err(Error::NotFound { .. }) => {
                    for id in ids {
                        match self.read_item(account, &vault.id, id).await {
                            Ok(item) => items.read.push(item),
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
