//! Reading the items of a vault, many with one request.

use super::{
    Account, Client,
    find::{Located, OpenVault, Titles, Trust},
    requests::{ENVIRONMENT_BYTES, ITEM_BYTES, Wanted, batch_bytes},
};
use crate::{
    auth::envelope::SymmetricKey,
    base::{
        encoding::is_object_id,
        error::{Error, Place, Said},
        interner::Interner,
        json::to_json,
    },
    host::Host,
    items::{open_details, open_title},
    resolve::{cache::Age, field::is_named, hint::Hints, question::Target},
    wire::items::{BatchRequest, BatchResponse, Item, ItemDetails},
};
use std::{cell::OnceCell, rc::Rc};

const READ_ITEM: &str = "read the item";
const READ_ITEMS: &str = "read several items";
const GONE: Error = Error::NotFound { action: READ_ITEM, said: Said::NOTHING };
/// Items that one request may ask for.
const MAX_BATCH: usize = 50;

/// The items that targets name, and which is whose.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// What became of each.
    read: Vec<Result<ReadItem, Error>>,
    /// Where it is, by its id.
    places: Interner,
    /// For each target the id of its item.
    pub(super) ids: Vec<Result<Located<String>, Error>>,
}

/// An item that was read. What is sealed in it is opened once, however many ask for it.
#[derive(Debug)]
pub(super) struct ReadItem {
    pub(super) item: Item,
    title: OnceCell<Option<String>>,
    details: OnceCell<Result<Rc<ItemDetails>, Error>>,
}

impl ReadItem {
    /// Whether it has this title.
    pub(super) fn is_titled(&self, name: &str, key: &SymmetricKey) -> bool {
        let open = || open_title(self.item.enc_overview.clone(), key).ok();
        self.title.get_or_init(open).as_ref().is_some_and(|title| is_named(name, title))
    }

    pub(super) fn details(&self, key: &SymmetricKey) -> Result<Rc<ItemDetails>, Error> {
        self.details.get_or_init(|| open_details(&self.item, key).map(Rc::new)).clone()
    }
}

impl Items {
    /// By its id, wherever in an answer it stood.
    pub(super) fn find(&self, id: &str) -> Result<&ReadItem, Error> {
        let found = self.places.find(id).and_then(|place| self.read.get(place));
        found.map_or(Err(GONE), |result| result.as_ref().map_err(Error::clone))
    }

    /// The first that is said of an item holds.
    fn put(&mut self, id: &str, result: Result<Item, Error>) {
        if self.places.intern(id) == self.read.len() {
            let unopened =
                |item| ReadItem { item, title: OnceCell::new(), details: OnceCell::new() };
            self.read.push(result.map(unopened));
        }
    }

    fn is_missing(&self, id: &str) -> bool {
        matches!(self.find(id), Err(Error::NotFound { .. }))
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
        let is_environment = targets.iter().any(|target| target.place() == Place::Environment);
        let max_bytes = if is_environment { ENVIRONMENT_BYTES } else { ITEM_BYTES };
        let mut items = Items::default();
        let mut titles = Titles::default();
        let mut turn = self.begin_turn();
        for target in targets {
            self.breathe(&mut turn).await;
            let part = &target.item;
            items.ids.push(if is_environment {
                self.only_item(account, &vault.id, target, trust).await
            } else if is_object_id(part) {
                Ok(Located { thing: part.clone(), names: Age::New })
            } else {
                self.item_id(account, vault, target, (trust, &mut titles, hints)).await
            });
        }
        self.read_missing(account, vault, &mut items, (max_bytes, trust.refusals)).await;
        // An id that is no item's may be a title.
        let mut is_title = false;
        let mut trust = trust;
        for (target, index) in targets.iter().zip(0..) {
            if is_object_id(&target.item) && items.is_missing(&target.item) {
                if !is_title {
                    // What came into being since an older list would be taken for its namesake.
                    trust.since = self.begin_reading(account);
                    titles.doubt();
                }
                is_title = true;
                let id = self.item_id(account, vault, target, (trust, &mut titles, hints)).await;
                if let Some(slot) = items.ids.get_mut::<usize>(index) {
                    *slot = id;
                }
            }
        }
        if is_title {
            self.read_missing(account, vault, &mut items, (max_bytes, trust.refusals)).await;
        }
        items
    }

    /// Reads those items that are not known yet. One by itself may be so long.
    async fn read_missing(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        items: &mut Items,
        (max_bytes, since): (u64, u64),
    ) {
        let (mut wanted, mut known) = (Vec::new(), Interner::default());
        for Located { thing: id, .. } in items.ids.iter().flatten() {
            let is_known = id.is_empty() || items.places.find(id).is_some();
            if !is_known && known.intern(id) == wanted.len() {
                wanted.push(id.clone());
            }
        }
        for ids in wanted.chunks(MAX_BATCH) {
            let reading = account.versions.borrow_mut().begin();
            let answer = match ids {
                [_] => Err(GONE),
                _ => self.read_batch(account, vault, ids, since).await,
            };
            match answer {
                Ok(answered) => {
                    for item in answered.into_iter().filter(|item| ids.contains(&item.uuid)) {
                        items.put(&item.uuid.clone(), admitted(account, item, reading));
                    }
                    ids.iter().for_each(|id| items.put(id, Err(GONE)));
                }
                // A single one, or the service refuses a batch for one id that it does not know.
                Err(Error::NotFound { .. }) => {
                    for id in ids {
                        let reading = account.versions.borrow_mut().begin();
                        let item = self.read_item(account, (&vault.id, id), max_bytes, since).await;
                        items.put(id, item.and_then(|item| admitted(account, item, reading)));
                    }
                }
                Err(error) => ids.iter().for_each(|id| items.put(id, Err(error.clone()))),
            }
        }
    }

    async fn read_batch(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &OpenVault,
        ids: &[String],
        since: u64,
    ) -> Result<Vec<Item>, Error> {
        let target = format!("/api/v3/vault/{}/items/batch", vault.id);
        let body = to_json(&BatchRequest { item_uuids: ids });
        let (action, max_bytes) = (READ_ITEMS, batch_bytes(ids.len()));
        let wanted = Wanted { max_bytes, since, ..Wanted::post(action, target, body) };
        let (answer, _) = self.read_wanted::<BatchResponse>(account, wanted).await?;
        answer.items.ok_or(Error::Protocol { what: "a batch came without its items" })
    }
}

/// The item, unless a newer version of it has come before.
fn admitted<K>(account: &Account<K>, item: Item, reading: u64) -> Result<Item, Error> {
    account.versions.borrow_mut().admit(&item.uuid, item.version, reading).map(|()| item)
}
