//! Resolving references, many with few requests.

use super::{
    Account, Client,
    find::{OpenVault, Trust},
    join::join_all,
};
use crate::{
    base::{error::Error, secret::Secret},
    host::{Event, Host},
    items::query::{Attribute, Query},
    items::{
        is_active,
        model::{find_file, item_json},
        open_details, open_overview, open_title,
        value::{Answer, Moment},
    },
    resolve::{
        cache::{Found, Reading},
        field::{is_named, resolve},
        reference::{SecretReference, parse_reference},
    },
    wire::items::Item,
};
use std::cell::RefCell;

const FIND_FILE: &str = "find the file in the item";
/// How often the same is tried while it changes.
const MAX_ATTEMPTS: u32 = 3;

/// What a reference was resolved to, or what stands in the way.
pub type Outcome = Result<Found, Error>;

/// What is wanted of what is named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Want {
    /// A value as text.
    #[default]
    Text,
    /// A value as bytes: files of any content.
    Bytes,
    /// An item, as JSON.
    Item,
    /// A file of an item.
    File,
}

impl Want {
    /// A reference; or in place of one a vault, an item and the id of a file, with what no
    /// reference has between them.
    fn parse(self, text: &str) -> Result<SecretReference, Error> {
        if matches!(self, Self::Text | Self::Bytes) {
            return parse_reference(text);
        }
        let mut parts = text.split('\0').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Ok(SecretReference {
            vault: next(),
            item: next(),
            section: None,
            field: next(),
            query: None,
        })
    }
}

/// How references are to be resolved.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// What is wanted.
    pub want: Want,
    /// As if nothing but keys were remembered.
    pub fresh: bool,
}

/// A reference's place among those that were given, its text, and what it says.
#[derive(Clone)]
struct Asked<'a> {
    index: usize,
    text: &'a str,
    reference: SecretReference,
}

/// Why an outcome may be wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It rests on a remembered name.
    Remembered,
    /// Something has changed between two requests.
    Changed,
    /// So has a key.
    Keys,
}

/// References into one vault, on their way.
struct Group<'a, H: Host> {
    client: &'a Client<H>,
    account: &'a Account<H::PrivateKey>,
    manner: Manner,
    reading: Reading,
    settle: &'a dyn Fn(usize, Outcome),
}

impl<H: Host> Client<H> {
    /// `resolve_all(call, references, manner, settle)`
    ///
    /// Calls `settle` with the place and the outcome of each reference, once, as
    /// soon as it is known. One that fails spoils no other. Each item is read once.
    ///
    /// # Shapes
    /// - `call`: a number of this call's own, for [`Client::cancel`]
    /// # Errors
    /// [`Error::Closed`] if the client is closed before the end; for each reference
    /// what stands in the way of its vault, item or field.
    /// # Source
    /// protocol.md “Resolving a reference”, “Items” (observed, recorded)
    pub async fn resolve_all(
        &self,
        call: u32,
        references: &[String],
        manner: Manner,
        settle: &dyn Fn(usize, Outcome),
    ) -> Result<(), Error> {
        let mut all = Vec::new();
        for (text, index) in references.iter().zip(0..) {
            match manner.want.parse(text) {
                Ok(reference) => all.push(Asked { index, text, reference }),
                Err(error) => settle(index, Err(error)),
            }
        }
        self.until_ended(call, self.resolve_groups(all, manner, settle)).await
    }

    async fn resolve_groups(
        &self,
        all: Vec<Asked<'_>>,
        manner: Manner,
        settle: &dyn Fn(usize, Outcome),
    ) -> Result<(), Error> {
        let account = self.account()?;
        let reading = account.cache.borrow_mut().begin(self.host.now_ms());
        let group = Group { client: self, account: &account, manner, reading, settle };
        let mut groups: Vec<Vec<Asked<'_>>> = Vec::new();
        for asked in all {
            if let Some(outcome) = group.remembered(&asked) {
                settle(asked.index, outcome);
                continue;
            }
            let is_its = |of: &&mut Vec<Asked<'_>>| {
                of.first().is_some_and(|one| is_named(&one.reference.vault, &asked.reference.vault))
            };
            match groups.iter_mut().find(is_its) {
                Some(of) => of.push(asked),
                None => groups.push(vec![asked]),
            }
        }
        let groups = groups.into_iter().map(|asked| group.resolve(asked));
        // While the service wants a pause, one request tries, and not one of each group.
        if account.waits_for_others && !account.circuit.is_open() {
            join_all(groups).await;
        } else {
            // One after the other they find what the first has read.
            for group in groups {
                group.await;
            }
        }
        Ok(())
    }
}

impl<H: Host> Group<'_, H> {
    /// What need not be asked for.
    fn remembered(&self, asked: &Asked<'_>) -> Option<Outcome> {
        if self.manner.fresh {
            return None;
        }
        let cache = self.account.cache.borrow();
        let now_ms = self.client.host.now_ms();
        let is_text = self.manner.want == Want::Text;
        let secret = if is_text { cache.secret(asked.text, now_ms) } else { None };
        let outcome = secret.map(Ok).or_else(|| cache.missing(asked.text, now_ms).map(Err))?;
        self.client.host.note(Event::CacheHit);
        Some(outcome)
    }

    /// Resolves references into the same vault. What fails though it might be for
    /// something that is not so any more is tried again: at first what was
    /// remembered, then what changed between two requests.
    async fn resolve(&self, mut asked: Vec<Asked<'_>>) {
        let mut trust = Trust { since: self.reading.number, names: !self.manner.fresh, keys: true };
        for left in (0..MAX_ATTEMPTS).rev() {
            let doubts = RefCell::new(Vec::new());
            self.attempt(&asked, trust, left, &doubts).await;
            let doubts = doubts.into_inner();
            if doubts.is_empty() {
                return;
            }
            for (doubt, _) in &doubts {
                match doubt {
                    Doubt::Remembered | Doubt::Changed => trust.names = false,
                    Doubt::Keys => trust.keys = false,
                }
            }
            // What was read for this call is new enough for names, but not if it has changed since.
            if doubts.iter().any(|(doubt, _)| *doubt != Doubt::Remembered) {
                let now_ms = self.client.host.now_ms();
                trust.since = self.account.cache.borrow_mut().begin(now_ms).number;
            }
            asked = doubts.into_iter().map(|(_, asked)| asked).collect();
        }
    }

    async fn attempt<'a>(
        &self,
        asked: &[Asked<'a>],
        trust: Trust,
        left: u32,
        doubts: &RefCell<Vec<(Doubt, Asked<'a>)>>,
    ) {
        let Some(first) = asked.first() else { return };
        let (client, account) = (self.client, self.account);
        let located = async {
            // Before two requests at once would both find that there is none.
            client.session(account).await?;
            client.find_vault(account, &first.reference.vault, trust).await
        };
        let vault = match located.await {
            Ok(vault) => vault,
            Err(error) => {
                asked.iter().for_each(|asked| self.conclude(asked, Err(error.clone())));
                return;
            }
        };
        let references: Vec<_> = asked.iter().map(|asked| &asked.reference).collect();
        let items = client.find_items(account, &vault.thing, &references, trust).await;
        let answers = asked.iter().zip(&items.ids).map(async |(asked, located)| {
            let is_remembered = located.as_ref().is_ok_and(|located| located.by_remembered_name);
            let is_by_name = located.as_ref().is_ok_and(|of| of.thing != asked.reference.item);
            let item = located
                .as_ref()
                .map_err(Error::clone)
                .and_then(|located| items.find(&located.thing));
            let outcome = match item {
                Ok(item) if is_remembered && !is_still(&vault.thing, item, &asked.reference) => {
                    Err(Error::ItemNotActive { item: asked.reference.item.clone() })
                }
                Ok(item) => self.answer(&vault.thing, item, &asked.reference).await,
                Err(error) => Err(error),
            };
            let memory = Memory {
                names: is_remembered || vault.by_remembered_name,
                item: is_by_name,
                keys: trust.keys,
            };
            match outcome.as_ref().err().and_then(|error| memory.doubt(error)) {
                Some(doubt) if left > 0 => doubts.borrow_mut().push((doubt, asked.clone())),
                _ => self.conclude(asked, outcome),
            }
        });
        join_all(answers).await;
    }

    async fn answer(&self, vault: &OpenVault, item: &Item, reference: &SecretReference) -> Outcome {
        if !is_active(item) {
            return Err(Error::ItemNotActive { item: reference.item.clone() });
        }
        let host = &self.client.host;
        let mut check_bytes = [0; 4];
        host.fill_random(&mut check_bytes)?;
        let moment = Moment { now_ms: host.now_ms(), check_bytes };
        let details = open_details(item, &vault.key)?;
        let answer = match self.manner.want {
            Want::Text | Want::Bytes => resolve(&details, reference, moment)?,
            Want::File => find_file(&details, &reference.field)
                .map(Answer::File)
                .ok_or(Error::NotFound { action: FIND_FILE, error_code: None })?,
            Want::Item => {
                let overview = open_overview(item, &vault.key)?;
                Answer::Text(item_json(item, &vault.id, &overview, &details, moment.now_ms))
            }
        };
        let secret = match answer {
            Answer::Text(text) => Secret::new(text.into_inner().into_bytes()),
            Answer::File(file) => {
                let place = (vault.id.as_str(), item.uuid.as_str());
                let field = &reference.field;
                let bytes = self.client.download(self.account, place, file, field).await?;
                let is_text = self.manner.want == Want::Text;
                if is_text && std::str::from_utf8(bytes.expose()).is_err() {
                    return Err(Error::UnsupportedFileFormat { field: field.clone() });
                }
                bytes
            }
        };
        Ok(Found { secret, item_id: item.uuid.clone(), vault_id: vault.id.clone() })
    }

    /// Remembers an outcome, or finds a remembered one in its place, and hands it over.
    fn conclude(&self, asked: &Asked<'_>, outcome: Outcome) {
        let Asked { index, text, reference } = asked;
        let mut cache = self.account.cache.borrow_mut();
        let now_ms = self.client.host.now_ms();
        let is_kept = self.manner.want == Want::Text
            && reference.query != Some(Query::Attribute(Attribute::OneTimePassword));
        let outcome = match outcome {
            Ok(found) => {
                cache.put_found(text, self.reading);
                if is_kept {
                    cache.put_secret(text, self.reading, &found);
                }
                Ok(found)
            }
            Err(error) if error.is_outage() => {
                let may_be_stale = is_kept && !self.manner.fresh;
                let stale = cache.stale_secret(text, now_ms).filter(|_| may_be_stale);
                if stale.is_some() {
                    self.client.host.note(Event::CacheStale);
                }
                stale.ok_or(error)
            }
            Err(error) => {
                cache.drop_secret(text);
                if error.is_of_names() {
                    cache.put_missing(text, self.reading, error.clone());
                }
                Err(error)
            }
        };
        drop(cache);
        (self.settle)(*index, outcome);
    }
}

/// Whether the item is what it was when its name was remembered.
fn is_still(vault: &OpenVault, item: &Item, reference: &SecretReference) -> bool {
    is_active(item)
        && open_title(item.enc_overview.clone(), &vault.key)
            .is_ok_and(|title| is_named(&reference.item, &title))
}

/// What an outcome rests on that may not be so any more.
#[derive(Clone, Copy)]
struct Memory {
    /// A remembered name.
    names: bool,
    /// An item's id that was listed before the item was read.
    item: bool,
    /// A vault's key that was there before what is sealed with it was read.
    keys: bool,
}

impl Memory {
    const fn doubt(self, error: &Error) -> Option<Doubt> {
        match error {
            Error::Decryption { .. } if self.keys => Some(Doubt::Keys),
            // Titles that do not open at all have another key.
            Error::ItemNotFound { readable: 0, unreadable: 1.., .. } => Some(Doubt::Keys),
            Error::NotFound { .. }
            | Error::ItemNotActive { .. }
            | Error::ItemNotFound { .. }
            | Error::TooManyItems { .. }
            | Error::PermissionDenied { .. }
                if self.names =>
            {
                Some(Doubt::Remembered)
            }
            Error::NotFound { .. } | Error::ItemNotActive { .. } if self.item => {
                Some(Doubt::Changed)
            }
            _ => None,
        }
    }
}
