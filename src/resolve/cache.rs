//! What a client remembers, and for how long.
//!
//! Names are remembered as they were listed; whoever uses one checks it against
//! the item that comes back. Every entry knows which reading of the service it is
//! of, so that an older answer never takes the place of a newer one, and so that a
//! call can ask for what was read after it began.

use crate::{
    base::{error::Error, secret::Secret},
    resolve::listing::Listing,
};
use std::{collections::VecDeque, rc::Rc};

/// Secrets and refusals that are remembered, the newest of each.
const MAX_ENTRIES: usize = 500;
/// A longer secret is not remembered, nor are the variables of an Environment if they are longer.
const MAX_SECRET_BYTES: usize = 64 * 1024;
/// Nor what a longer reference names.
const MAX_KEY_BYTES: usize = 1024;
/// Titles that are remembered, of all vaults together.
const MAX_TITLES: usize = 50_000;
/// For how long a miss is remembered at most, and known of after that: if it is one again by then,
/// its time doubles.
const MAX_MISS_MS: u64 = 5 * 60 * 1000;
/// For how long a failure is that may pass, such as a 503, at first: whoever tries again after a
/// second gets through.
const FAILURE_MS: u64 = 1_000;

/// How long something is remembered, in milliseconds each; 0: not at all.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Names of vaults and items.
    pub metadata_ms: u64,
    /// Secrets.
    pub secret_ms: u64,
    /// That there is nothing of a name, or that the service refuses: at first, and then twice as
    /// long each time.
    pub negative_ms: u64,
    /// How long after its end a secret may be given if the service cannot be reached.
    pub stale_if_error_ms: u64,
}

/// When something was read: by the clock, and as which reading.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Unix time in milliseconds.
    pub at_ms: u64,
    /// Rises with every reading.
    pub number: u64,
    /// For how long a list that was read again, because something was not in it, is not read again
    /// for anything else.
    pub again_ms: u64,
    /// How much sooner than for the process that read it its time is over: not all that took it
    /// over are to read it anew at once.
    pub early_ms: u64,
}

impl Reading {
    /// Whether it is younger than this. A clock that was set back makes it old.
    fn is_younger(self, now_ms: u64, lifetime_ms: u64) -> bool {
        self.is_kept(now_ms, lifetime_ms.saturating_sub(self.early_ms))
    }

    /// The same for others, whom `early_ms` does not concern.
    fn is_kept(self, now_ms: u64, lifetime_ms: u64) -> bool {
        now_ms.checked_sub(self.at_ms).is_some_and(|age| age < lifetime_ms)
    }
}

/// Which readings will do.
#[derive(Debug, Clone, Copy)]
pub struct Accept {
    /// Those that began at this number or later.
    pub since: u64,
    /// Older ones, too, as long as they are remembered.
    pub remembered: bool,
    /// Refusals of those that began at this number or later.
    pub refusals: u64,
}

impl Accept {
    /// `is_again() -> bool`
    ///
    /// Whether the names that are remembered would not do, though they might have.
    pub const fn is_again(self) -> bool {
        !self.remembered && self.refusals == 0
    }
}

/// How old a listing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Read for what is asked now.
    New,
    /// Older, but read a moment ago because something was not in the one before: what is not in
    /// it either is not looked for once more.
    Again,
    /// Read before.
    Old,
}

/// A listing, and how old it is.
pub type Known<T> = (Rc<Listing<T>>, Age);

/// A secret, and where it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The value.
    pub secret: Secret<Vec<u8>>,
    /// Id of the item.
    pub item_id: String,
    /// Id of the vault.
    pub vault_id: String,
}

#[derive(Debug)]
struct Entry<T> {
    key: String,
    reading: Reading,
    value: T,
}

/// Something that is remembered, as other processes may take it over.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// What it is remembered under.
    pub key: String,
    /// When it was read: Unix time in milliseconds.
    pub at_ms: u64,
    /// What is remembered: an id, or a secret.
    pub value: T,
}

/// What is remembered. `V` is a vault as the client knows it.
#[derive(Debug)]
pub struct Cache<V> {
    lifetimes: Lifetimes,
    readings: u64,
    /// What was read before this number is not remembered any more.
    cleared: u64,
    /// When that was: Unix time in milliseconds.
    cleared_at_ms: u64,
    /// What names were found to mean: the id of a vault by its name, that of an item by
    /// [`item_key`]. Found in a list, or by another process.
    vault_ids: VecDeque<Entry<String>>,
    item_ids: VecDeque<Entry<String>>,
    /// Names and references that were found to have nothing: what another process knows of them since
    /// before is not taken over.
    dropped: VecDeque<Entry<()>>,
    vaults: Option<(Reading, Rc<Listing<V>>)>,
    titles: VecDeque<Entry<Rc<Listing<()>>>>,
    secrets: VecDeque<Entry<Found>>,
    misses: VecDeque<Miss>,
    /// What was last asked, and as which reading it had its outcome.
    settled: VecDeque<Entry<()>>,
}

/// What there is not, or what the service refuses: the key is what was asked, or the target of a
/// request.
#[derive(Debug)]
struct Miss {
    key: String,
    reading: Reading,
    /// For how long it is remembered.
    ms: u64,
    error: Error,
}

impl<V> Cache<V> {
    /// `new(lifetimes) -> cache`
    pub const fn new(lifetimes: Lifetimes) -> Self {
        Self {
            lifetimes,
            readings: 0,
            cleared: 0,
            cleared_at_ms: 0,
            vault_ids: VecDeque::new(),
            item_ids: VecDeque::new(),
            dropped: VecDeque::new(),
            vaults: None,
            titles: VecDeque::new(),
            secrets: VecDeque::new(),
            misses: VecDeque::new(),
            settled: VecDeque::new(),
        }
    }

    /// `clear(now_ms)`
    ///
    /// Forgets all, also what is on its way.
    pub fn clear(&mut self, now_ms: u64) {
        *self = Self { readings: self.readings, ..Self::new(self.lifetimes) };
        self.cleared = self.begin(0).number;
        self.cleared_at_ms = now_ms;
    }

    /// `metadata_ms() -> milliseconds`
    ///
    /// How long names are remembered.
    pub const fn metadata_ms(&self) -> u64 {
        self.lifetimes.metadata_ms
    }

    /// `begin(now_ms) -> reading`
    ///
    /// A reading that begins now. Secrets whose time is over go.
    pub fn begin(&mut self, now_ms: u64) -> Reading {
        self.readings += 1;
        self.expire(now_ms);
        self.misses.retain(|miss| miss.reading.is_younger(now_ms, miss.ms + MAX_MISS_MS));
        Reading { at_ms: now_ms, number: self.readings, again_ms: 0, early_ms: 0 }
    }

    /// `expire(now_ms) -> milliseconds`
    ///
    /// Secrets whose time is over go; until the next one has to.
    pub fn expire(&mut self, now_ms: u64) -> Option<u64> {
        let Lifetimes { secret_ms, stale_if_error_ms, .. } = self.lifetimes;
        let lifetime_ms = secret_ms.saturating_add(stale_if_error_ms);
        self.secrets.retain(|entry| entry.reading.is_kept(now_ms, lifetime_ms));
        let ends = self.secrets.iter().map(|entry| entry.reading.at_ms);
        ends.min().map(|at_ms| at_ms.saturating_add(lifetime_ms) - now_ms)
    }

    fn known<T>(
        &self,
        (reading, listing): (&Reading, &Rc<Listing<T>>),
        accept: Accept,
        now_ms: u64,
    ) -> Option<Known<T>> {
        let is_older = reading.number < accept.since;
        let is_remembered =
            accept.remembered && reading.is_younger(now_ms, self.lifetimes.metadata_ms);
        let age = match is_older {
            false => Age::New,
            true if reading.is_younger(now_ms, reading.again_ms) => Age::Again,
            true => Age::Old,
        };
        (!is_older || is_remembered).then(|| (Rc::clone(listing), age))
    }

    /// `vaults(accept, now_ms) -> (listing, age)`
    pub fn vaults(&self, accept: Accept, now_ms: u64) -> Option<Known<V>> {
        let (reading, listing) = self.vaults.as_ref()?;
        self.known((reading, listing), accept, now_ms)
    }

    /// `put_vaults(reading, is_again, listing)`
    ///
    /// # Shapes
    /// - `is_again`: whether it was read because something was not in the one before
    pub fn put_vaults(&mut self, reading: Reading, is_again: bool, listing: Rc<Listing<V>>) {
        let old = self.vaults.as_ref().map(|(old, _)| *old);
        if old.is_none_or(|old| old.number < reading.number) && reading.number > self.cleared {
            self.vaults = Some((self.again(reading, is_again, old), listing));
        }
    }

    /// The time for which a list is not read again for a name doubles each time that it is, and
    /// halves when it is read because it has become too old.
    fn again(&self, reading: Reading, is_again: bool, old: Option<Reading>) -> Reading {
        let first_ms = self.lifetimes.negative_ms;
        let counts = |old: &Reading| old.is_younger(reading.at_ms, old.again_ms + MAX_MISS_MS);
        let before_ms = old.filter(counts).map_or(0, |old| old.again_ms);
        let again_ms = match is_again {
            true => (before_ms * 2).clamp(first_ms, MAX_MISS_MS.max(first_ms)),
            false => before_ms / 2,
        };
        Reading { again_ms, ..reading }
    }

    /// `titles(vault_id, accept, now_ms) -> (listing, age)`
    pub fn titles(&self, vault_id: &str, accept: Accept, now_ms: u64) -> Option<Known<()>> {
        let entry = self.titles.iter().find(|entry| entry.key == vault_id)?;
        self.known((&entry.reading, &entry.value), accept, now_ms)
    }

    /// `put_titles(vault_id, reading, is_again, listing)`
    ///
    /// # Shapes
    /// - `is_again`: whether it was read because something was not in the one before
    pub fn put_titles(
        &mut self,
        vault_id: &str,
        reading: Reading,
        is_again: bool,
        listing: Rc<Listing<()>>,
    ) {
        let old = self.titles.iter().find(|entry| entry.key == vault_id).map(|old| old.reading);
        let reading = self.again(reading, is_again, old);
        let entry = Entry { key: vault_id.to_owned(), reading, value: listing };
        put(&mut self.titles, self.cleared, entry);
        let mut left = MAX_TITLES;
        self.titles.retain(|entry| {
            let fits = left.checked_sub(entry.value.len());
            left = fits.unwrap_or(left);
            fits.is_some()
        });
    }

    /// `vault_id(name, now_ms) -> id`
    ///
    /// The vault that was found under a name.
    pub fn vault_id(&self, name: &str, now_ms: u64) -> Option<String> {
        self.id_of(&self.vault_ids, &name.to_lowercase(), now_ms)
    }

    /// `item_id(vault_id, title, now_ms) -> id`
    ///
    /// The same of an item.
    pub fn item_id(&self, vault_id: &str, title: &str, now_ms: u64) -> Option<String> {
        self.id_of(&self.item_ids, &item_key(vault_id, title), now_ms)
    }

    fn id_of(&self, ids: &VecDeque<Entry<String>>, key: &str, now_ms: u64) -> Option<String> {
        let entry = ids.iter().find(|entry| entry.key == key)?;
        let is_young = entry.reading.is_younger(now_ms, self.lifetimes.metadata_ms);
        is_young.then(|| entry.value.clone())
    }

    /// `put_vault_id(name, listing, id) -> is_new`
    ///
    /// What a name means by this list: `None` if nothing has it. Whether that was not known. A list
    /// that is not remembered says nothing of what is.
    pub fn put_vault_id(&mut self, name: &str, listing: &Rc<Listing<V>>, id: Option<&str>) -> bool {
        let known = self.vaults.as_ref().filter(|(_, known)| Rc::ptr_eq(known, listing));
        let reading = known.map(|(reading, _)| *reading);
        let key = name.to_lowercase();
        self.drop_key(&key, reading.filter(|_| id.is_none()));
        let limits = (self.cleared, self.lifetimes.metadata_ms);
        put_id(&mut self.vault_ids, limits, (key, reading, id))
    }

    /// `put_item_id((vault_id, title), listing, id) -> is_new`
    ///
    /// The same of an item.
    pub fn put_item_id(
        &mut self,
        (vault_id, title): (&str, &str),
        listing: &Rc<Listing<()>>,
        id: Option<&str>,
    ) -> bool {
        let known = self.titles.iter().find(|entry| Rc::ptr_eq(&entry.value, listing));
        let reading = known.map(|entry| entry.reading);
        let key = item_key(vault_id, title);
        self.drop_key(&key, reading.filter(|_| id.is_none()));
        let limits = (self.cleared, self.lifetimes.metadata_ms);
        put_id(&mut self.item_ids, limits, (key, reading, id))
    }

    /// `only_item(vault_id, now_ms) -> id`
    ///
    /// The item of an Environment; empty if it had none.
    pub fn only_item(&self, vault_id: &str, now_ms: u64) -> Option<String> {
        self.item_id(vault_id, "", now_ms)
    }

    /// `put_only_item(vault_id, reading, id) -> is_new`
    pub fn put_only_item(&mut self, vault_id: &str, reading: Reading, id: &str) -> bool {
        let limits = (self.cleared, self.lifetimes.metadata_ms);
        put_id(&mut self.item_ids, limits, (item_key(vault_id, ""), Some(reading), Some(id)))
    }

    /// `stored_ids(now_ms) -> (vaults, items)`
    ///
    /// What other processes may know of names, the newest first.
    pub fn stored_ids(&self, now_ms: u64) -> [Vec<Stored<String>>; 2] {
        let lifetime_ms = self.lifetimes.metadata_ms;
        [&self.vault_ids, &self.item_ids].map(|ids| stored(ids, now_ms, lifetime_ms))
    }

    /// `stored_secrets(now_ms, lifetime_ms) -> secrets`
    ///
    /// The secrets that other processes may have, the newest first.
    pub fn stored_secrets(&self, now_ms: u64, lifetime_ms: u64) -> Vec<Stored<Found>> {
        stored(&self.secrets, now_ms, lifetime_ms)
    }

    /// `adopt_vault_id(stored, now_ms, early_ms)`
    ///
    /// Takes over what another process knows of a name, unless this one has read something newer.
    ///
    /// # Shapes
    /// - `early_ms`: how long before its end it is read anew here
    pub fn adopt_vault_id(&mut self, stored: Stored<String>, now_ms: u64, early_ms: u64) {
        let adoption = self.adoption(now_ms, self.lifetimes.metadata_ms, early_ms);
        adopt(&mut self.vault_ids, &self.dropped, adoption, stored);
    }

    /// `adopt_item_id(stored, now_ms, early_ms)`
    ///
    /// The same of an item.
    pub fn adopt_item_id(&mut self, stored: Stored<String>, now_ms: u64, early_ms: u64) {
        let adoption = self.adoption(now_ms, self.lifetimes.metadata_ms, early_ms);
        adopt(&mut self.item_ids, &self.dropped, adoption, stored);
    }

    /// `adopt_secret(stored, lifetime_ms, now_ms, early_ms)`
    ///
    /// The same of a secret.
    pub fn adopt_secret(
        &mut self,
        stored: Stored<Found>,
        lifetime_ms: u64,
        now_ms: u64,
        early_ms: u64,
    ) {
        let adoption = self.adoption(now_ms, lifetime_ms, early_ms);
        adopt(&mut self.secrets, &self.dropped, adoption, stored);
    }

    const fn adoption(&self, now_ms: u64, lifetime_ms: u64, early_ms: u64) -> Adoption {
        let Self { cleared, cleared_at_ms, .. } = *self;
        Adoption { now_ms, lifetime_ms, early_ms, cleared, cleared_at_ms }
    }

    /// `secret(reference, now_ms) -> found`
    pub fn secret(&self, reference: &str, now_ms: u64) -> Option<Found> {
        self.secret_of_age(reference, now_ms, self.lifetimes.secret_ms)
    }

    /// `stale_secret(reference, now_ms) -> found`
    ///
    /// One that may be given where the service cannot be reached.
    pub fn stale_secret(&self, reference: &str, now_ms: u64) -> Option<Found> {
        let Lifetimes { secret_ms, stale_if_error_ms, .. } = self.lifetimes;
        let lifetime_ms = secret_ms.saturating_add(stale_if_error_ms);
        self.secret_of_age(reference, now_ms, lifetime_ms)
    }

    fn secret_of_age(&self, reference: &str, now_ms: u64, lifetime_ms: u64) -> Option<Found> {
        let entry = self.secrets.iter().find(|entry| entry.key == reference)?;
        entry.reading.is_younger(now_ms, lifetime_ms).then(|| entry.value.clone())
    }

    /// `put_secret(reference, reading, found) -> is_put`
    pub fn put_secret(&mut self, reference: &str, reading: Reading, found: &Found) -> bool {
        let Lifetimes { secret_ms, stale_if_error_ms, .. } = self.lifetimes;
        let is_wanted = secret_ms > 0 || stale_if_error_ms > 0;
        let entry = || Entry { key: reference.to_owned(), reading, value: found.clone() };
        is_wanted
            && found.secret.expose().len() <= MAX_SECRET_BYTES
            && put(&mut self.secrets, self.cleared, entry())
    }

    fn drop_key(&mut self, key: &str, reading: Option<Reading>) {
        if let Some(reading) = reading {
            let entry = Entry { key: key.to_owned(), reading, value: () };
            put(&mut self.dropped, self.cleared, entry);
        }
    }

    /// `drop_secret(reference, reading) -> is_dropped`
    ///
    /// What was remembered under it is not so any more.
    pub fn drop_secret(&mut self, reference: &str, reading: Reading) -> bool {
        self.drop_key(reference, Some(reading));
        let count = self.secrets.len();
        self.secrets.retain(|entry| entry.key != reference);
        self.secrets.len() < count
    }

    /// `missing(key, now_ms, since) -> error`
    ///
    /// Why there was no answer a moment ago, to a reading that began at the number `since` or later.
    pub fn missing(&self, key: &str, now_ms: u64, since: u64) -> Option<Error> {
        let miss = self.misses.iter().find(|miss| miss.key == key)?;
        if miss.reading.number < since {
            return None;
        }
        let left_ms = (miss.reading.at_ms + miss.ms).saturating_sub(now_ms);
        let is_young = miss.reading.is_younger(now_ms, miss.ms);
        is_young.then(|| miss.error.clone().until(left_ms))
    }

    /// `missed(key) -> error`
    ///
    /// Why there was no answer lately: the next request is a trial.
    pub fn missed(&self, key: &str) -> Option<Error> {
        let miss = self.misses.iter().find(|miss| miss.key == key)?;
        Some(miss.error.clone())
    }

    /// `has_refusals() -> bool`
    ///
    /// Whether the service has refused anything lately.
    pub fn has_refusals(&self) -> bool {
        self.misses.iter().any(|miss| miss.key.starts_with('/'))
    }

    /// `settle(key, reading) -> is_newest`
    ///
    /// There is an outcome. That of an older reading than the last one is for whoever asked, and
    /// says nothing to others.
    pub fn settle(&mut self, key: &str, reading: Reading) -> bool {
        let entry = Entry { key: key.to_owned(), reading, value: () };
        put(&mut self.settled, self.cleared, entry)
    }

    /// `put_found(key, reading) -> is_newest`
    ///
    /// There is an answer.
    pub fn put_found(&mut self, key: &str, reading: Reading) -> bool {
        let is_newest = self.settle(key, reading);
        if is_newest {
            self.misses.retain(|old| old.key != key);
        }
        is_newest
    }

    /// `put_missing(key, reading, error)`
    ///
    /// For twice as long as it was before.
    pub fn put_missing(&mut self, key: &str, reading: Reading, error: Error) {
        let first_ms = self.lifetimes.negative_ms;
        if !self.settle(key, reading) || first_ms == 0 {
            return;
        }
        let most_ms = MAX_MISS_MS.max(first_ms);
        let first_ms = if error.retryable() { first_ms.min(FAILURE_MS) } else { first_ms };
        let mut ms = first_ms;
        if let Some(old) = self.misses.iter().find(|old| old.key == key) {
            // Two that were asked at the same time are one miss.
            let is_the_same = old.reading.is_younger(reading.at_ms, old.ms);
            ms = if is_the_same { old.ms } else { old.ms * 2 }.clamp(first_ms, most_ms);
        }
        ms = ms.max(error.retry_after_ms().unwrap_or(0).min(most_ms));
        self.misses.retain(|old| old.key != key);
        self.misses.push_front(Miss { key: key.to_owned(), reading, ms, error });
        self.misses.truncate(MAX_ENTRIES);
    }
}

/// What an item is remembered under: its vault, and its title, whose case does not matter. No
/// reference can name an item without a title: the item of an Environment is remembered as such.
fn item_key(vault_id: &str, title: &str) -> String {
    [vault_id, "\0", &title.to_lowercase()].concat()
}

fn put_id(
    ids: &mut VecDeque<Entry<String>>,
    (cleared, lifetime_ms): (u64, u64),
    (key, reading, id): (String, Option<Reading>, Option<&str>),
) -> bool {
    let known = ids.iter().find(|entry| entry.key == key);
    match (reading, id) {
        (Some(reading), Some(id)) => {
            // That it is so still is news for others once half of its time is over.
            let is_young = |known: &Entry<String>| {
                known.reading.is_kept(reading.at_ms, (lifetime_ms / 2).max(1))
            };
            let is_known = known.is_some_and(|known| known.value == id && is_young(known));
            !is_known && put(ids, cleared, Entry { key, reading, value: id.to_owned() })
        }
        (_, None) => {
            let is_known = known.is_some();
            ids.retain(|entry| entry.key != key);
            is_known
        }
        (None, Some(_)) => false,
    }
}

fn stored<T: Clone>(entries: &VecDeque<Entry<T>>, now_ms: u64, lifetime_ms: u64) -> Vec<Stored<T>> {
    let kept = entries.iter().filter(|entry| entry.reading.is_kept(now_ms, lifetime_ms));
    let store = |Entry { key, reading, value }: &Entry<T>| Stored {
        key: key.clone(),
        at_ms: reading.at_ms,
        value: value.clone(),
    };
    kept.map(store).collect()
}

/// What of another process's memory is taken over.
#[derive(Clone, Copy)]
struct Adoption {
    now_ms: u64,
    lifetime_ms: u64,
    early_ms: u64,
    cleared: u64,
    cleared_at_ms: u64,
}

/// As older than all that this process reads from now on.
fn adopt<T>(
    entries: &mut VecDeque<Entry<T>>,
    dropped: &VecDeque<Entry<()>>,
    adoption: Adoption,
    stored: Stored<T>,
) {
    let Adoption { now_ms, lifetime_ms, early_ms, cleared, cleared_at_ms } = adoption;
    let Stored { key, at_ms, value } = stored;
    let reading = Reading { at_ms, number: cleared + 1, again_ms: 0, early_ms };
    let is_older = |known: &Entry<T>| known.key == key && known.reading.at_ms >= at_ms;
    let is_dropped = |known: &Entry<()>| known.key == key && known.reading.at_ms >= at_ms;
    if reading.is_kept(now_ms, lifetime_ms)
        && (cleared == 0 || at_ms > cleared_at_ms)
        && !entries.iter().any(is_older)
        && !dropped.iter().any(is_dropped)
    {
        entries.retain(|entry| entry.key != key);
        put(entries, cleared, Entry { key, reading, value });
    }
}

/// The newest first; in place of an older one of the same key. Whether it was put.
fn put<T>(entries: &mut VecDeque<Entry<T>>, cleared: u64, entry: Entry<T>) -> bool {
    let is_older =
        |other: &Entry<T>| other.key == entry.key && other.reading.number > entry.reading.number;
    let is_kept = entry.reading.number > cleared && entry.key.len() <= MAX_KEY_BYTES;
    if !is_kept || entries.iter().any(is_older) {
        return false;
    }
    entries.retain(|other| other.key != entry.key);
    entries.push_front(entry);
    entries.truncate(MAX_ENTRIES);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Said;

    const LIFETIMES: Lifetimes =
        Lifetimes { metadata_ms: 100, secret_ms: 10, negative_ms: 5, stale_if_error_ms: 20 };

    const REMEMBERED: Accept = Accept { since: u64::MAX, remembered: true, refusals: 0 };

    fn cache() -> Cache<()> {
        Cache::new(LIFETIMES)
    }

    fn found(text: &str) -> Found {
        let secret = Secret::new(text.as_bytes().to_vec());
        Found { secret, item_id: "i".into(), vault_id: "v".into() }
    }

    fn text(found: Option<Found>) -> Option<String> {
        found.map(|found| String::from_utf8(found.secret.expose().clone()).unwrap())
    }

    fn titles(count: usize) -> Rc<Listing<()>> {
        let mut listing = Listing::default();
        (0..count).for_each(|n| listing.push((), (n.to_string(), n.to_string(), String::new())));
        Rc::new(listing)
    }

    #[test]
    fn secrets_end_and_may_be_stale_for_a_while() {
        let mut cache = cache();
        let reading = cache.begin(1000);
        cache.put_secret("r", reading, &found("s"));
        assert_eq!(text(cache.secret("r", 1009)), Some("s".into()));
        assert_eq!(text(cache.secret("r", 1010)), None);
        assert_eq!(text(cache.secret("r", 999)), None, "the clock was set back");
        assert_eq!(text(cache.stale_secret("r", 1029)), Some("s".into()));
        assert_eq!(text(cache.stale_secret("r", 1030)), None);
        assert!(cache.secret("other", 1000).is_none());
        let reading = cache.begin(1000);
        cache.drop_secret("r", reading);
        assert!(cache.secret("r", 1000).is_none());
    }

    #[test]
    fn an_older_answer_does_not_take_the_place_of_a_newer_one() {
        let mut cache = cache();
        let (older, newer) = (cache.begin(1000), cache.begin(1000));
        cache.put_secret("r", newer, &found("new"));
        cache.put_secret("r", older, &found("old"));
        assert_eq!(text(cache.secret("r", 1000)), Some("new".into()));
        let (older, newer) = (cache.begin(1000), cache.begin(1000));
        cache.put_vaults(newer, false, titles(2));
        cache.put_vaults(older, false, titles(1));
        assert_eq!(cache.vaults(REMEMBERED, 1000).unwrap().0.len(), 2);
    }

    #[test]
    fn clearing_forgets_what_is_on_its_way() {
        let mut cache = cache();
        let reading = cache.begin(1000);
        cache.put_titles("v", reading, false, titles(1));
        cache.clear(0);
        assert!(cache.titles("v", REMEMBERED, 1000).is_none());
        cache.put_secret("r", reading, &found("s"));
        cache.put_vaults(reading, false, titles(1));
        cache.put_missing("m", reading, Error::Closed);
        assert!(cache.secret("r", 1000).is_none());
        assert!(cache.vaults(REMEMBERED, 1000).is_none());
        assert!(cache.missing("m", 1000, 0).is_none());
        let reading = cache.begin(1000);
        cache.put_secret("r", reading, &found("s"));
        assert!(cache.secret("r", 1000).is_some());
    }

    #[test]
    fn a_call_can_ask_for_what_was_read_after_it_began() {
        let mut cache = cache();
        let before = cache.begin(1000);
        cache.put_titles("v", before, false, titles(1));
        let since = Accept { since: cache.begin(1000).number, ..REMEMBERED };
        let since = Accept { remembered: false, ..since };
        let either = Accept { remembered: true, ..since };
        assert!(cache.titles("v", REMEMBERED, 1099).is_some());
        assert!(cache.titles("v", REMEMBERED, 1100).is_none());
        assert!(cache.titles("v", since, 1000).is_none());
        let after = cache.begin(1000);
        assert!(matches!(cache.titles("v", either, 1099), Some((_, Age::Old))));
        cache.put_titles("v", after, false, titles(1));
        assert!(matches!(cache.titles("v", since, 5000), Some((_, Age::New))));
        assert!(matches!(cache.titles("v", either, 5000), Some((_, Age::New))));
    }

    #[test]
    fn refusals_for_a_while() {
        let mut cache = cache();
        let reading = cache.begin(1000);
        cache.put_missing("m", reading, Error::Closed);
        assert_eq!(cache.missing("m", 1004, 0), Some(Error::Closed));
        assert_eq!(cache.missing("m", 1005, 0), None);
        // Who wants none that is older than his question asks, and makes it last longer.
        let since = cache.begin(1004).number;
        assert_eq!(cache.missing("m", 1004, since), None);
        let reading = cache.begin(1005);
        cache.put_missing("m", reading, Error::Closed);
        assert_eq!(cache.missing("m", 1014, since), Some(Error::Closed));
    }

    #[test]
    fn a_miss_is_remembered_twice_as_long_each_time_until_there_is_an_answer() {
        let mut cache = cache();
        let mut now = 1_000;
        for ms in [5, 10, 20, 40, 80] {
            let [reading, at_once] = [(); 2].map(|()| cache.begin(now));
            cache.put_missing("m", reading, Error::Closed);
            cache.put_missing("m", at_once, Error::Closed);
            assert!(cache.missing("m", now + ms - 1, 0).is_some(), "{ms}");
            assert!(
                cache.missing("m", now + ms, 0).is_none() && cache.missed("m").is_some(),
                "{ms}"
            );
            now += ms;
        }
        (0..30).for_each(|_| {
            now += MAX_MISS_MS;
            let reading = cache.begin(now);
            cache.put_missing("m", reading, Error::Closed);
        });
        assert!(cache.missing("m", now + MAX_MISS_MS - 1, 0).is_some());
        assert!(cache.missing("m", now + MAX_MISS_MS, 0).is_none());
        let reading = cache.begin(now);
        cache.put_found("m", reading);
        cache.put_missing("m", reading, Error::Closed);
        assert!(cache.missing("m", now + 5, 0).is_none(), "it starts again");
    }

    #[test]
    fn failures_that_may_pass_are_remembered_for_a_second_or_as_long_as_they_say() {
        let failure = |retry_after_ms| Error::ServerError {
            action: "look",
            status: 503,
            retry_after_ms,
            said: Said::NOTHING,
        };
        let mut cache = Cache::<()>::new(Lifetimes { negative_ms: 10_000, ..LIFETIMES });
        for (said, ms) in [(None, FAILURE_MS), (Some(7_000), 7_000), (Some(u64::MAX), MAX_MISS_MS)]
        {
            cache.clear(0);
            let reading = cache.begin(1_000);
            cache.put_missing("m", reading, failure(said));
            let told = cache.missing("m", 1_400, 0).and_then(|error| error.retry_after_ms());
            assert_eq!((told, cache.missing("m", 1_000 + ms, 0)), (Some(ms - 400), None));
        }
    }

    #[test]
    fn names_that_were_read_again_for_a_miss_are_not_read_for_the_next_one() {
        let mut cache = cache();
        let mut now_ms = 1000;
        for (is_again, ms) in
            [(true, 5), (true, 10), (true, 20), (true, 40), (false, 20), (false, 10), (true, 20)]
        {
            let reading = cache.begin(now_ms);
            cache.put_titles("v", reading, is_again, titles(1));
            let age = |now_ms| cache.titles("v", REMEMBERED, now_ms).map(|(_, age)| age);
            let ages = [age(now_ms + ms - 1), age(now_ms + ms)];
            assert_eq!(ages, [Some(Age::Again), Some(Age::Old)], "{ms}");
            now_ms += ms;
        }
        let long_after = cache.begin(now_ms + 20 + MAX_MISS_MS);
        cache.put_titles("v", long_after, true, titles(1));
        let age = cache.titles("v", REMEMBERED, long_after.at_ms + 5).map(|(_, age)| age);
        assert_eq!(age, Some(Age::Old), "it starts again");
    }

    #[test]
    fn what_is_found_is_not_missing_any_more() {
        let mut cache = cache();
        let (before, absent, after) = (cache.begin(1000), cache.begin(1000), cache.begin(1000));
        cache.put_missing("m", absent, Error::Closed);
        cache.put_found("m", before);
        assert!(cache.missing("m", 1000, 0).is_some());
        cache.put_found("m", after);
        assert!(cache.missing("m", 1000, 0).is_none());
    }

    #[test]
    fn what_is_over_is_not_kept() {
        let mut cache = cache();
        let reading = cache.begin(1000);
        cache.put_secret("r", reading, &found("s"));
        cache.put_missing("m", reading, Error::Closed);
        cache.begin(1029);
        assert_eq!((cache.secrets.len(), cache.misses.len()), (1, 1));
        cache.begin(1030);
        assert_eq!(cache.secrets.len(), 0);
        cache.begin(1005 + MAX_MISS_MS);
        assert_eq!(cache.misses.len(), 0);
    }

    #[test]
    fn bounds() {
        let mut cache = cache();
        for n in 0..=MAX_ENTRIES {
            let reading = cache.begin(1000);
            cache.put_secret(&n.to_string(), reading, &found("s"));
        }
        assert!(cache.secret("0", 1000).is_none());
        assert!(cache.secret("1", 1000).is_some());
        let reading = cache.begin(1000);
        cache.put_secret("long", reading, &found(&"x".repeat(MAX_SECRET_BYTES + 1)));
        assert!(cache.secret("long", 1000).is_none());
        let long = "r".repeat(MAX_KEY_BYTES + 1);
        cache.put_secret(&long, reading, &found("s"));
        assert!(cache.secret(&long, 1000).is_none());
        for vault in ["a", "b", "c"] {
            let reading = cache.begin(1000);
            cache.put_titles(vault, reading, false, titles(MAX_TITLES / 2));
        }
        let knows = |vault| cache.titles(vault, REMEMBERED, 1000).is_some();
        assert_eq!(["a", "b", "c"].map(knows), [false, true, true]);
    }

    #[test]
    fn nothing_is_remembered_that_is_not_wanted() {
        let lifetimes =
            Lifetimes { metadata_ms: 0, secret_ms: 0, negative_ms: 0, stale_if_error_ms: 0 };
        let mut cache = Cache::<()>::new(lifetimes);
        let reading = cache.begin(1000);
        cache.put_secret("r", reading, &found("s"));
        cache.put_missing("m", reading, Error::Closed);
        cache.put_titles("v", reading, false, titles(1));
        assert!(cache.secrets.is_empty() && cache.misses.is_empty());
        assert!(cache.titles("v", REMEMBERED, 1000).is_none());
        let since = Accept { since: reading.number, ..REMEMBERED };
        assert!(cache.titles("v", since, 1000).is_some());
    }
}
