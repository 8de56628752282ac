//! Vaults and items as lists, page by page.

use super::{
    Account, Client,
    environments::is_environment,
    find::{OpenVault, Trust},
};
use crate::{
    base::{
        encoding::is_object_id,
        error::{Error, Place, Refusal},
    },
    host::{CacheUse, Event, Host},
    items::{
        model::{ListedItem, OpenedVault, is_archived},
        open_overview,
    },
    resolve::{
        cache::{Age, Reading},
        hint::Hints,
        listing::Listing,
        question::checked_name,
    },
    wire::{http::Held, items::Item, sealed::Envelope, vaults::VaultAttributes},
};
use futures_util::lock::Mutex;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    vec,
};

/// Entries of a page, at the most,
const PAGE: usize = 100;
/// and so much of what they are sealed as: the entry that exceeds it is the last.
const PAGE_BYTES: usize = 1024 * 1024;
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

impl List {
    /// What it is remembered under if there is none: no vault is called nothing.
    fn key(&self) -> Result<String, Error> {
        let (kind, part) = match self {
            Self::Items(part, _) => ("\0", checked_name("vault", part)?),
            Self::Vault { part, .. } => ("\0\0", checked_name("vault", part)?),
            Self::Vaults { .. } => ("\0", String::new()),
        };
        Ok([kind, &part].concat())
    }
}

/// One of a list.
#[derive(Debug)]
pub enum Entry {
    /// An item.
    Item(ListedItem),
    /// A vault.
    Vault(OpenedVault),
}

/// What is left to read of a list.
#[derive(Debug)]
enum Rest {
    Items { vault: OpenVault, items: vec::IntoIter<Item>, _held: Held },
    Vaults(vec::IntoIter<OpenedVault>),
}

/// What an item takes that is still to be opened.
fn kept_bytes(item: &Item) -> usize {
    let Item { uuid, template, created_at, updated_at, trashed, enc_overview, .. } = item;
    let Envelope { kid, enc, iv, data } = enc_overview;
    let texts = [uuid, template, created_at, updated_at, trashed, kid, &**enc, iv, data];
    size_of::<Item>() + texts.map(|text| text.len()).iter().sum::<usize>()
}

impl<H: Host> Client<H> {
    /// The next page, and whether something on it could not be opened.
    async fn page(&self, rest: &mut Rest, turn: &mut u64) -> (Vec<Entry>, bool) {
        match rest {
            Rest::Vaults(vaults) => (vaults.take(PAGE).map(Entry::Vault).collect(), false),
            Rest::Items { vault, items, .. } => {
                let (mut page, mut is_damaged) = (Vec::new(), false);
                let mut bytes = 0;
                while page.len() < PAGE
                    && (page.is_empty() || bytes < PAGE_BYTES)
                    && let Some(item) = items.next()
                {
                    self.breathe(turn).await;
                    bytes += item.enc_overview.data.len();
                    match open_overview(&item, &vault.key) {
                        Ok(overview) => page.push(Entry::Item(ListedItem {
                            item,
                            vault_id: vault.id.clone(),
                            overview,
                        })),
                        Err(_) => is_damaged = true,
                    }
                }
                (page, is_damaged)
            }
        }
    }
}

/// The lists that are being read. With the client, so that their keys go when it is closed.
#[derive(Debug, Default)]
pub(super) struct OpenLists {
    rests: RefCell<Vec<(u64, Rest)>>,
    last: Cell<u64>,
}

impl OpenLists {
    fn take(&self, number: u64) -> Option<Rest> {
        let mut rests = self.rests.borrow_mut();
        let at = rests.iter().position(|(other, _)| *other == number)?;
        Some(rests.swap_remove(at).1)
    }

    pub(super) fn forget(&self) {
        self.rests.take();
    }
}

/// How far a list is read.
#[derive(Debug, Clone, Copy)]
enum State {
    /// Not at all, or its first page failed.
    Unread,
    /// The rest stands with the client; if not, there is none.
    Begun,
    /// A page of the rest is being opened.
    Reading,
}

/// A list, page by page.
#[derive(Debug)]
pub struct Pages<H: Host> {
    client: Rc<Client<H>>,
    list: List,
    fresh: bool,
    number: u64,
    state: Cell<State>,
    /// Since when its pages are read without letting the host do something else.
    since_ms: Cell<u64>,
    /// Held while a page is read: one after the other.
    turn: Mutex<()>,
}

impl<H: Host> Drop for Pages<H> {
    fn drop(&mut self) {
        self.client.lists.take(self.number);
    }
}

impl<H: Host> Pages<H> {
    /// `next() -> page`
    ///
    /// At most a hundred entries, which are opened now; `None` after the last. What cannot be
    /// opened is left out of a list, unless nothing can.
    ///
    /// # Errors
    /// [`Error::Closed`]; [`Error::Decryption`] if nothing opens; what stands in the way of the
    /// vault, its items or all vaults.
    /// # Source
    /// protocol.md “Vaults”, “Items” (observed)
    pub async fn next(&self) -> Result<Option<Vec<Entry>>, Error> {
        let _turn = self.turn.lock().await;
        let page = self.client.until_closed(self.read_page()).await;
        self.client.expire_secrets();
        page
    }

    async fn read_page(&self) -> Result<Option<Vec<Entry>>, Error> {
        let account = self.client.account()?;
        let lists = &self.client.lists;
        let (page, rest) = match self.state.get() {
            State::Unread => {
                let begun = self.client.begin_list(&account, &self.list, self.fresh).await?;
                self.state.set(State::Begun);
                begun
            }
            State::Begun => {
                let mut turn = self.since_ms.get();
                self.client.breathe(&mut turn).await;
                let Some(mut rest) = lists.take(self.number) else { return Ok(None) };
                self.state.set(State::Reading);
                let page = self.client.page(&mut rest, &mut turn).await.0;
                self.state.set(State::Begun);
                self.since_ms.set(turn);
                (page, rest)
            }
            // The call for a page was ended in its midst, and what it had of the list is gone.
            State::Reading => return Err(Error::Cancelled),
        };
        if page.is_empty() {
            return Ok(None);
        }
        lists.rests.borrow_mut().push((self.number, rest));
        Ok(Some(page))
    }
}

impl<H: Host> Client<H> {
    /// `list(list, fresh) -> pages`
    ///
    /// Asks for nothing before the first page is wanted.
    ///
    /// # Shapes
    /// - `fresh`: as if nothing but keys were remembered
    pub fn list(self: &Rc<Self>, list: List, fresh: bool) -> Pages<H> {
        let number = self.lists.last.get() + 1;
        self.lists.last.set(number);
        Pages {
            client: Rc::clone(self),
            list,
            fresh,
            number,
            state: Cell::new(State::Unread),
            since_ms: Cell::new(self.begin_turn()),
            turn: Mutex::default(),
        }
    }

    /// The first page of a list, and the rest.
    async fn begin_list(
        &self,
        account: &Account<H::PrivateKey>,
        list: &List,
        fresh: bool,
    ) -> Result<(Vec<Entry>, Rest), Error> {
        let key = list.key()?;
        let now_ms = self.host.now_ms();
        let reading = account.cache.borrow_mut().begin(now_ms);
        let since = if fresh { reading.number } else { 0 };
        if let Some(error) = account.cache.borrow().missing(&key, now_ms, since) {
            self.note(Event::Cache(CacheUse::Hit));
            return Err(error);
        }
        let begun = self.begin_anew(account, list, since).await;
        let mut cache = account.cache.borrow_mut();
        match &begun {
            Err(error) if error.is_of_account() => {
                let missed = Reading { at_ms: self.host.now_ms(), ..reading };
                cache.put_missing(&key, missed, error.clone());
            }
            Err(_) => {}
            Ok(_) => {
                cache.put_found(&key, reading);
            }
        }
        begun
    }

    async fn begin_anew(
        &self,
        account: &Account<H::PrivateKey>,
        list: &List,
        since: u64,
    ) -> Result<(Vec<Entry>, Rest), Error> {
        self.session(account).await?;
        let vaults = match list {
            List::Items(vault, states) => {
                return self.begin_items(account, vault, *states, since).await;
            }
            List::Vaults { named } => {
                let (vaults, unreadable) = self.opened_vaults(account, *named, since).await?;
                if vaults.is_empty() && !unreadable.is_empty() {
                    return Err(Error::Decryption { what: "every vault" });
                }
                vaults
            }
            List::Vault { part, accessors } => {
                vec![self.named_vault(account, part, *accessors, since).await?]
            }
        };
        let mut rest = Rest::Vaults(vaults.into_iter());
        Ok((self.page(&mut rest, &mut self.begin_turn()).await.0, rest))
    }

    async fn begin_items(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &str,
        states: States,
        refusals: u64,
    ) -> Result<(Vec<Entry>, Rest), Error> {
        let mut remembered = true;
        loop {
            let since = self.begin_reading(account);
            let names = remembered && refusals == 0;
            let trust = Trust { since, names, keys: remembered, refusals };
            let nfkd = |text: &str| self.host.nfkd(text);
            let with = (trust, &Hints::new(&nfkd));
            let found = self.find_vault(account, (Place::Vault, vault), with).await?;
            let items = self.read_overviews(account, &found.thing.id, refusals).await;
            let may_be_another = remembered && found.names != Age::New;
            remembered = false;
            let (mut items, held) = match items {
                Err(Error::NotFound { .. } | Error::PermissionDenied { .. }) if may_be_another => {
                    continue;
                }
                items => items?,
            };
            items.retain(|item| {
                let state = if is_archived(item) { states.archived } else { states.active };
                state && item.trashed != DELETED && is_object_id(&item.uuid)
            });
            // What was not kept of the answer is nobody's any more.
            let bytes = items.iter_mut().map(|item| {
                item.enc_details = Envelope::default();
                kept_bytes(item)
            });
            held.shrink(bytes.sum::<usize>() as u64);
            let items = items.into_iter();
            let mut rest = Rest::Items { vault: found.thing, items, _held: held };
            let (page, is_damaged) = self.page(&mut rest, &mut self.begin_turn()).await;
            if !page.is_empty() || !is_damaged {
                return Ok((page, rest));
            }
            // If none opens, the vault may have got another key.
            if !trust.keys {
                return Err(Error::Decryption { what: "every item of the vault" });
            }
        }
    }

    /// All vaults that open, and the ids of those that do not.
    async fn opened_vaults(
        &self,
        account: &Account<H::PrivateKey>,
        named: bool,
        since: u64,
    ) -> Result<(Vec<OpenedVault>, Vec<String>), Error> {
        let (mut opened, mut unreadable) = (Vec::new(), Vec::new());
        let mut vaults = self.read_vaults(account, since).await?;
        // As the vendor's client has them.
        vaults.sort_by(|one, other| one.uuid.cmp(&other.uuid));
        let mut turn = self.begin_turn();
        for vault in vaults {
            self.breathe(&mut turn).await;
            if !named {
                let [name, description] = [ENCRYPTED; 2].map(str::to_owned);
                let attributes = VaultAttributes { name, description, uuid: None };
                opened.push(OpenedVault { vault, attributes });
                continue;
            }
            match self.open_vault(account, &vault, since).await {
                Ok((_, attributes)) => {
                    opened.push(OpenedVault { vault, attributes });
                }
                Err(Error::Decryption { .. }) => unreadable.push(vault.uuid),
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
        since: u64,
    ) -> Result<OpenedVault, Error> {
        let more = if accessors { "accessors," } else { "" };
        if is_object_id(part)
            && let Some(vault) = self.read_vault(account, part, more, since).await?
        {
            // Its items can be shared all the same: that takes its key.
            let (_, attributes) = self.open_vault(account, &vault, since).await?;
            if is_environment(&vault) {
                return Err(not_a_vault(part));
            }
            return Ok(OpenedVault { vault, attributes });
        }
        let (opened, unreadable) = self.opened_vaults(account, true, since).await?;
        let mut listing = Listing::default();
        unreadable.into_iter().for_each(|id| listing.push_unreadable(id));
        for OpenedVault { vault, attributes, .. } in &opened {
            let named = (vault.uuid.clone(), attributes.name.clone(), vault.updated_at.clone());
            if is_environment(vault) {
                listing.push_environment((), named);
            } else {
                listing.push((), named);
            }
        }
        let nfkd = |text: &str| self.host.nfkd(text);
        let place = listing.pick_vault(Place::Vault, part, &Hints::new(&nfkd))?;
        let found = opened.into_iter().nth(place);
        let mut found = found.ok_or(Error::Protocol { what: "a vault is gone" })?;
        if is_environment(&found.vault) {
            return Err(not_a_vault(part));
        }
        found.vault.access = None;
        // A list does not say it.
        if accessors
            && let Some(vault) = self.read_vault(account, &found.vault.uuid, more, since).await?
        {
            found.vault.access = vault.access;
        }
        Ok(found)
    }
}

fn not_a_vault(part: &str) -> Error {
    let advice = "” is an Environment and no vault: read its variables with environments";
    Refusal::NotAVault.because(&["“", part, advice])
}
