//! Warm state: what a process finds in a store that others have left, and what it leaves there.
//!
//! The store is read once, before the first request, and again only where another process may know
//! more by now: when a session has ended, when a pause is over, before names or secrets are read anew,
//! and before it is written. It is written when something new was learned, once for all that one batch
//! has learned. What fails there, or takes too long, is as if nothing were stored.

use super::{
    Account, Client,
    limits::Call,
    record::{Entry, Kind, Record},
};
use crate::{
    auth::{
        envelope::SymmetricKey,
        session::{CLOCK_SKEW_MS, StoredSession},
        store_key::StoreKey,
        token::Credentials,
        vault_keys::VaultKey,
    },
    base::{error::Error, secret::Secret},
    crypto::{aead::IV_BYTES, throttle::ThrottlingToken},
    host::Host,
    resolve::cache::{Found, Stored},
};
use futures_util::{
    future::{Either, select},
    lock::Mutex,
};
use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
};

/// A slow store must not be slower than signing in.
const STORE_MS: f64 = 1_000.0;
/// A store that was too slow is left alone for so long.
const REST_MS: u64 = 60_000;
/// The store is not read again sooner, nor written where writes take their time or one has failed:
/// Workers KV takes one of a key a second.
const PAUSE_MS: u64 = 1_000;
/// What was read this long ago is read again before it is written over: others may have written.
const MERGE_MS: u64 = 50;
/// How many writes there are within such a time where they take none.
const MAX_WRITES: u32 = 20;
/// The longest time that every store takes.
const MAX_RECORD_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// What is kept in a store for other processes of the same token. The pauses that the service wants
/// always are.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// The session.
    pub session: bool,
    /// What names mean, and the keys of vaults.
    pub names: bool,
    /// Secrets, for so many milliseconds; 0: none.
    pub secrets_ms: u64,
    /// How long a write may take until every process sees it, in milliseconds.
    pub propagation_ms: u64,
}

/// What is new.
#[derive(Debug, Clone, Copy)]
pub(super) enum News {
    Session,
    Names,
    Secrets,
    Pauses,
}

/// The state that a client shares with others by means of a store.
#[derive(Debug)]
pub(super) struct Warm {
    key: StoreKey,
    share: Share,
    /// When the store was read last: Unix time in milliseconds.
    loaded_at_ms: Cell<Option<u64>>,
    loading: Mutex<()>,
    /// A session that was found there.
    session: RefCell<Option<StoredSession>>,
    /// The id of one that the service did not accept.
    refused_session: RefCell<String>,
    /// How long before its end this process leaves it alone.
    early_ms: Cell<u64>,
    /// What others have left that this client does not share.
    others: RefCell<Vec<Entry>>,
    /// When the newest record was written that was read or written here: an older one is somebody's
    /// copy.
    newest_ms: Cell<u64>,
    has_news: Cell<bool>,
    /// When writes were counted from, and how many there were since.
    writes: Cell<(u64, u32)>,
    has_failed: Cell<bool>,
    /// Until when the store is left alone.
    rests_until_ms: Cell<u64>,
}

impl Warm {
    pub(super) fn new(credentials: &Credentials, share: Share) -> Self {
        Self {
            key: StoreKey::new(credentials),
            share,
            loaded_at_ms: Cell::default(),
            loading: Mutex::default(),
            session: RefCell::default(),
            refused_session: RefCell::default(),
            early_ms: Cell::default(),
            others: RefCell::default(),
            newest_ms: Cell::default(),
            has_news: Cell::default(),
            writes: Cell::default(),
            has_failed: Cell::default(),
            rests_until_ms: Cell::default(),
        }
    }

    /// The name of the record.
    pub(super) fn name(&self) -> &str {
        &self.key.name
    }

    /// A session that another process has left, and that is left to others as well.
    pub(super) fn session(&self, now_ms: u64) -> Option<StoredSession> {
        self.session.borrow().clone().filter(|session| session.is_usable(now_ms))
    }

    /// The same for this process.
    pub(super) fn own_session(&self, now_ms: u64) -> Option<StoredSession> {
        self.session(now_ms).filter(|session| session.is_usable(now_ms + self.early_ms.get()))
    }

    /// The service does not accept this one.
    pub(super) fn refuse_session(&self, id: &str) {
        self.session.take();
        self.refused_session.replace(id.to_owned());
    }

    const fn shares(&self, news: News) -> bool {
        match news {
            News::Session => self.share.session,
            News::Names => self.share.names,
            News::Secrets => self.share.secrets_ms > 0,
            News::Pauses => true,
        }
    }

    fn is_resting(&self, now_ms: u64) -> bool {
        let until = self.rests_until_ms.get();
        (until.saturating_sub(REST_MS)..until).contains(&now_ms)
    }

    /// Whether it may be written now; then it will be.
    fn begin_write(&self, now_ms: u64) -> bool {
        let (since, count) = self.writes.get();
        let is_another_time = now_ms.abs_diff(since) >= PAUSE_MS;
        let is_slow = self.share.propagation_ms > 0 || self.has_failed.get();
        let most = if is_slow { 1 } else { MAX_WRITES };
        if self.is_resting(now_ms) || !(is_another_time || count < most) {
            return false;
        }
        self.writes.set(if is_another_time { (now_ms, 1) } else { (since, count + 1) });
        self.has_news.take()
    }
}

impl<K> Account<K> {
    /// Whether others are told of this.
    pub(super) fn shares(&self, news: News) -> bool {
        self.warm.as_ref().is_some_and(|warm| warm.shares(news))
    }

    /// Something is known now that others should know, too.
    pub(super) fn note_news(&self, news: News) {
        if let Some(warm) = self.warm.as_ref().filter(|warm| warm.shares(news)) {
            warm.has_news.set(true);
        }
    }
}

impl<H: Host> Client<H> {
    /// Reads what other processes have left, once.
    pub(super) async fn warm_up(&self, account: &Account<H::PrivateKey>) {
        let Some(warm) = &account.warm else { return };
        if warm.loaded_at_ms.get().is_none() {
            let _turn = self.turn(&warm.loading).await;
            if warm.loaded_at_ms.get().is_none() {
                self.load(account, warm).await;
            }
        }
    }

    /// Reads it again, because others may know more by now. Whether it was read.
    pub(super) async fn warm_up_again(&self, account: &Account<H::PrivateKey>) -> bool {
        self.load_unless_younger(account, PAUSE_MS).await
    }

    async fn load_unless_younger(&self, account: &Account<H::PrivateKey>, ms: u64) -> bool {
        let Some(warm) = &account.warm else { return false };
        let _turn = self.turn(&warm.loading).await;
        let now_ms = self.host.now_ms();
        let is_young = |at: u64| now_ms.abs_diff(at) < ms;
        let is_due = !warm.loaded_at_ms.get().is_some_and(is_young);
        if is_due {
            self.load(account, warm).await;
        }
        is_due
    }

    async fn load(&self, account: &Account<H::PrivateKey>, warm: &Warm) {
        if warm.is_resting(self.host.now_ms()) {
            return;
        }
        let text = {
            let (loading, time) =
                (pin!(self.host.load_record(warm.name())), pin!(self.host.sleep(STORE_MS)));
            match select(loading, time).await {
                Either::Left((text, _)) => Some(text),
                Either::Right(_) => None,
            }
        };
        let now_ms = self.host.now_ms();
        warm.loaded_at_ms.set(Some(now_ms));
        let Some(text) = text else { return warm.rests_until_ms.set(now_ms + REST_MS) };
        let bytes = text.and_then(|text| warm.key.open(&text));
        let record = bytes.and_then(|bytes| Record::from_bytes(&bytes));
        let Some(record) = record.filter(|record| record.is_current(now_ms)) else { return };
        // Unless this clock was ahead itself.
        let newest_ms = Some(warm.newest_ms.get()).filter(|ms| *ms <= now_ms + CLOCK_SKEW_MS);
        if newest_ms.is_none_or(|newest_ms| record.written_at_ms >= newest_ms) {
            warm.newest_ms.set(record.written_at_ms);
            self.adopt(account, warm, record);
        }
    }

    fn adopt(&self, account: &Account<H::PrivateKey>, warm: &Warm, record: Record) {
        let now_ms = self.host.now_ms();
        let mut random = [[0; 4]; 2];
        for random in &mut random {
            // Without it all of them are in the middle.
            let _ = self.host.fill_random(random);
        }
        let [spread, early] = random.map(u32::from_le_bytes);
        let Share { session, names, secrets_ms, propagation_ms } = warm.share;
        let early_ms = early_ms(propagation_ms.max(PAUSE_MS), early);
        warm.early_ms.set(early_ms);
        warm.others.take();
        account.standing.adopt(record.pauses, now_ms, spread);
        let mut cache = account.cache.borrow_mut();
        // What was used last comes first, and is taken over last.
        for entry in record.entries.into_iter().rev().filter(|entry| entry.ends_ms > now_ms) {
            let is_shared = match entry.kind {
                Kind::Session | Kind::ThrottlingToken => session,
                Kind::VaultKey | Kind::VaultId | Kind::ItemId => names,
                Kind::Secret => secrets_ms > 0,
            };
            if !is_shared {
                warm.others.borrow_mut().insert(0, entry);
                continue;
            }
            let Entry { kind, at, ends_ms, names: [first, second, third], bytes } = entry;
            // The other process's clock may be a little ahead.
            let at_ms = at.min(now_ms);
            match kind {
                Kind::Session if *warm.refused_session.borrow() != first => {
                    let key = Secret::from_slice(bytes.expose());
                    warm.session.replace(key.map(|key| StoredSession { id: first, key, ends_ms }));
                }
                Kind::Session => {}
                Kind::ThrottlingToken => {
                    let text = String::from_utf8(bytes.into_inner()).unwrap_or_default();
                    let token = ThrottlingToken { text, issued_at_seconds: at };
                    account.throttling_token.borrow_mut().get_or_insert(token);
                }
                Kind::VaultKey => {
                    let Some(key) = Secret::from_slice(bytes.expose()) else { continue };
                    let key = Rc::new(SymmetricKey::new(second, key));
                    let key = VaultKey { vault_id: first, key, proven_at_ms: at_ms };
                    account.vault_keys.borrow_mut().adopt(key, now_ms);
                }
                Kind::VaultId => {
                    let stored = Stored { key: first, at_ms, value: second };
                    cache.adopt_vault_id(stored, now_ms, early_ms);
                }
                Kind::ItemId => {
                    let stored = Stored { key: first, at_ms, value: second };
                    cache.adopt_item_id(stored, now_ms, early_ms);
                }
                Kind::Secret => {
                    let value = Found { secret: bytes, item_id: second, vault_id: third };
                    let stored = Stored { key: first, at_ms, value };
                    cache.adopt_secret(stored, secrets_ms, now_ms, early_ms);
                }
            }
        }
    }

    /// `leave_news(call, start_ms)`
    ///
    /// Leaves what a call has learned for other processes. Waited for, because Workers end what goes
    /// on after an answer, but not beyond the call's time.
    ///
    /// # Shapes
    /// - `start_ms`: when the call began, as [`Client::start_ms`] has it
    pub async fn leave_news(&self, call: &Call<H::Signal>, start_ms: f64) {
        let is_due = |account: &Account<H::PrivateKey>| {
            let Some(warm) = &account.warm else { return false };
            if self.host.has_lost_record() {
                warm.has_failed.set(true);
                warm.has_news.set(true);
            }
            warm.has_news.get() && self.host.can_store() && warm.begin_write(self.host.now_ms())
        };
        if self.account().is_ok_and(|account| is_due(&account)) {
            // Boxed: each of many calls that wait would have room for it.
            Box::pin(self.leave(call, start_ms)).await;
        }
    }

    async fn leave(&self, call: &Call<H::Signal>, start_ms: f64) {
        let left = (call.timeout_ms - self.host.ticks_ms() + start_ms).clamp(0.0, STORE_MS);
        let limit = Call { timeout_ms: left, ..call.clone() };
        let written = self.within(&limit, self.until_closed(self.write())).await;
        let Ok(account) = self.account() else { return };
        let Some(warm) = &account.warm else { return };
        warm.has_failed.set(written != Ok(true));
        if warm.has_failed.get() {
            warm.has_news.set(true);
        }
        if matches!(written, Err(Error::OutOfTime { .. })) && left >= STORE_MS {
            warm.rests_until_ms.set(self.host.now_ms() + REST_MS);
        }
    }

    /// Writes the record, with what others have left meanwhile. Whether it is stored.
    async fn write(&self) -> Result<bool, Error> {
        let account = self.account()?;
        let Some(warm) = &account.warm else { return Ok(false) };
        // Where there was nothing a moment ago, there is hardly anything to be kept.
        let young_ms = if warm.newest_ms.get() > 0 { MERGE_MS } else { PAUSE_MS };
        self.load_unless_younger(&account, young_ms).await;
        let mut iv = [0; IV_BYTES];
        self.host.fill_random(&mut iv)?;
        let now_ms = self.host.now_ms();
        let record = self.record(&account, warm, now_ms);
        let ttl_seconds = (record.ends_ms - now_ms).div_ceil(1_000) as u32;
        let Some(text) = warm.key.seal(&record.to_bytes(), iv) else { return Ok(false) };
        warm.newest_ms.set(now_ms);
        Ok(self.host.store_record(warm.name(), &text, ttl_seconds).await)
    }

    fn record(&self, account: &Account<H::PrivateKey>, warm: &Warm, now_ms: u64) -> Record {
        let Share { session, names, secrets_ms, .. } = warm.share;
        let cache = account.cache.borrow();
        let mut entries = Vec::new();
        if session {
            let lent = self.lent_session(account, now_ms);
            entries.extend(lent.map(|StoredSession { id, key, ends_ms }| {
                Entry::new(Kind::Session, (now_ms, ends_ms), [&id, "", ""], key.expose())
            }));
            let token = account.throttling_token.borrow();
            entries.extend(token.as_ref().map(|token| {
                let times = (token.issued_at_seconds, token.ends_ms());
                Entry::new(Kind::ThrottlingToken, times, [""; 3], token.text.as_bytes())
            }));
        }
        if names {
            let keys = account.vault_keys.borrow().storable(now_ms).into_iter();
            entries.extend(keys.map(|key| {
                let times = (key.proven_at_ms, key.ends_ms());
                let VaultKey { vault_id, key, .. } = key;
                Entry::new(Kind::VaultKey, times, [&vault_id, key.id(), ""], key.expose())
            }));
            let [vaults, items] = cache.stored_ids(now_ms);
            for (kind, ids) in [(Kind::VaultId, vaults), (Kind::ItemId, items)] {
                entries.extend(ids.into_iter().map(|Stored { key, at_ms, value }| {
                    let times = (at_ms, at_ms.saturating_add(cache.metadata_ms()));
                    Entry::new(kind, times, [&key, &value, ""], &[])
                }));
            }
        }
        let secrets = cache.stored_secrets(now_ms, secrets_ms).into_iter();
        // Moved, not copied: there may be many, and a module's memory never shrinks.
        entries.extend(secrets.map(|Stored { key, at_ms, value }| {
            let Found { secret: bytes, item_id, vault_id } = value;
            let names = [key, item_id, vault_id];
            Entry { kind: Kind::Secret, at: at_ms, ends_ms: at_ms + secrets_ms, names, bytes }
        }));
        entries.extend(warm.others.borrow().iter().filter(|other| other.ends_ms > now_ms).cloned());
        let pauses_end_ms = now_ms + account.standing.counts_ms(now_ms);
        let ends = entries.iter().map(|entry| entry.ends_ms).chain([pauses_end_ms]);
        Record {
            written_at_ms: now_ms,
            ends_ms: ends.max().unwrap_or(now_ms).min(now_ms + MAX_RECORD_MS),
            pauses: account.standing.stored(),
            entries,
        }
    }
}

/// How long before its end something that many processes know is read anew by one of them: a random
/// time, exponentially distributed around `lag_ms`, so that on average few of any number of them read
/// it before the rest can see that it was.
///
/// # Source
/// Vattani, Chierichetti, Lowenstein: “Optimal Probabilistic Cache Stampede Prevention”, VLDB 2015
fn early_ms(lag_ms: u64, random: u32) -> u64 {
    // −log2 of a number between 0 and 1, in 1/65536; between powers of 2 a straight line will do.
    let zeros = random.leading_zeros();
    let mantissa = random.checked_shl(zeros + 1).unwrap_or(0) >> 16;
    let log2 = ((u64::from(zeros) + 1) << 16) - u64::from(mantissa);
    // ln 2 = 0.693
    ((lag_ms * log2) >> 16) * 693 / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_read_anew_long_before_the_end() {
        let of = |part: f64| early_ms(60_000, (part * f64::from(u32::MAX)) as u32);
        for (part, expected) in [(1.0, 0.0), (0.5, 41_589.0), (0.1, 138_155.0), (0.001, 414_465.0)]
        {
            let difference = (of(part) as f64 - expected).abs();
            assert!(difference < 60_000.0 * 0.07, "{part}: {}", of(part));
        }
        let sum: u64 = (0..1_000).map(|n| of((f64::from(n) + 0.5) / 1_000.0)).sum();
        assert!((55_000..65_000).contains(&(sum / 1_000)), "{sum}");
        assert!(early_ms(60_000, 0) < 24 * 60_000);
    }
}
