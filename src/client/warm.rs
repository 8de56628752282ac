//! Warm state: what a process finds in a store that others have left, and what it leaves there.
//!
//! The store is read once, before the first request, and again only where another process may know
//! more by now: when a session has ended, when a pause is over, and where secrets are shared. It is
//! written when something new was learned, once for all that one batch has learned. What fails there,
//! or takes too long, is as if nothing were stored.

use super::{
    Account, Client,
    limits::Call,
    record::{Entry, Kind, Record},
};
use crate::{
    auth::{
        envelope::SymmetricKey, session::StoredSession, store_key::StoreKey, token::Credentials,
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
/// The store is not read again sooner, nor written where writes take their time: Workers KV takes one
/// of a key a second.
const PAUSE_MS: u64 = 1_000;
/// A record is kept for so long at least: the keys in it may be used for longer than a session.
const RECORD_MS: u64 = 60 * 60 * 1000;
/// And no longer than the longest time that every store takes.
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
    /// How long before its end this process leaves it alone.
    early_ms: Cell<u64>,
    /// When the newest record was written that was read or written here: an older one is somebody's
    /// copy.
    newest_ms: Cell<u64>,
    written_at_ms: Cell<u64>,
    has_news: Cell<bool>,
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
            early_ms: Cell::default(),
            newest_ms: Cell::default(),
            written_at_ms: Cell::default(),
            has_news: Cell::default(),
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

    /// The service does not accept that session.
    pub(super) fn forget_session(&self) {
        self.session.take();
    }

    pub(super) const fn shares_secrets(&self) -> bool {
        self.share.secrets_ms > 0
    }

    fn is_resting(&self, now_ms: u64) -> bool {
        let until = self.rests_until_ms.get();
        (until.saturating_sub(REST_MS)..until).contains(&now_ms)
    }

    fn is_just_loaded(&self, now_ms: u64) -> bool {
        self.loaded_at_ms.get().is_some_and(|at| now_ms.abs_diff(at) < PAUSE_MS)
    }
}

impl<K> Account<K> {
    /// Something is known now that others should know, too.
    pub(super) fn note_news(&self) {
        if let Some(warm) = &self.warm {
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
        let Some(warm) = &account.warm else { return false };
        let _turn = self.turn(&warm.loading).await;
        let is_due = !warm.is_just_loaded(self.host.now_ms());
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
        if record.written_at_ms >= warm.newest_ms.get() {
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
        account.standing.adopt(record.pauses, now_ms, spread);
        let mut cache = account.cache.borrow_mut();
        // What was used last comes first, and is taken over last.
        for Entry { kind, at, names: [first, second, third], bytes } in
            record.entries.into_iter().rev()
        {
            // The other process's clock may be a little ahead.
            let at_ms = at.min(now_ms);
            match kind {
                Kind::Session if session => {
                    let key = Secret::from_slice(bytes.expose());
                    let stored = key.map(|key| StoredSession { id: first, key, ends_ms: at });
                    warm.session.replace(stored);
                }
                Kind::ThrottlingToken if session => {
                    let text = String::from_utf8(bytes.into_inner()).unwrap_or_default();
                    let token = ThrottlingToken { text, issued_at_seconds: at };
                    account.throttling_token.borrow_mut().get_or_insert(token);
                }
                Kind::VaultKey if names => {
                    let Some(key) = Secret::from_slice(bytes.expose()) else { continue };
                    let key = Rc::new(SymmetricKey::new(second, key));
                    let key = VaultKey { vault_id: first, key, proven_at_ms: at_ms };
                    account.vault_keys.borrow_mut().adopt(key, now_ms);
                }
                Kind::VaultId if names => {
                    let stored = Stored { key: first, at_ms, value: second };
                    cache.adopt_vault_id(stored, now_ms, early_ms);
                }
                Kind::ItemId if names => {
                    let stored = Stored { key: first, at_ms, value: second };
                    cache.adopt_item_id(stored, now_ms, early_ms);
                }
                Kind::Secret if secrets_ms > 0 => {
                    let value = Found { secret: bytes, item_id: second, vault_id: third };
                    let stored = Stored { key: first, at_ms, value };
                    cache.adopt_secret(stored, secrets_ms, now_ms, early_ms);
                }
                _ => {}
            }
        }
    }

    /// Leaves what a call has learned for other processes. Waited for, because Workers end what goes
    /// on after an answer, but not beyond the call's time. The last call of a batch does it for all.
    pub(super) async fn leave_news(&self, call: &Call<H::Signal>, start: f64) {
        let Ok(account) = self.account() else { return };
        let Some(warm) = &account.warm else { return };
        let now_ms = self.host.now_ms();
        let is_just_written =
            warm.share.propagation_ms > 0 && now_ms.abs_diff(warm.written_at_ms.get()) < PAUSE_MS;
        let is_due = warm.has_news.get() && self.batches.get() == 0 && !is_just_written;
        if !is_due || warm.is_resting(now_ms) {
            return;
        }
        let mut iv = [0; IV_BYTES];
        if self.host.fill_random(&mut iv).is_err() {
            return;
        }
        warm.has_news.set(false);
        warm.written_at_ms.set(now_ms);
        warm.newest_ms.set(now_ms.max(warm.newest_ms.get()));
        let record = self.record(&account, warm, now_ms);
        let ttl_seconds = (record.ends_ms - now_ms).div_ceil(1_000);
        let Some(text) = warm.key.seal(&record.to_bytes(), iv) else { return };
        let left = (call.timeout_ms - self.host.ticks_ms() + start).clamp(0.0, STORE_MS);
        let limit = Call { timeout_ms: left, ..call.clone() };
        let storing = pin!(self.host.store_record(warm.name(), &text, ttl_seconds as u32));
        if let Some(Error::OutOfTime { .. }) = self.hold(&limit, storing).await
            && left >= STORE_MS
        {
            warm.rests_until_ms.set(self.host.now_ms() + REST_MS);
        }
    }

    fn record(&self, account: &Account<H::PrivateKey>, warm: &Warm, now_ms: u64) -> Record {
        let Share { session, names, secrets_ms, .. } = warm.share;
        let cache = account.cache.borrow();
        let mut entries = Vec::new();
        if session {
            let lent = self.lent_session(account, now_ms);
            entries.extend(lent.map(|StoredSession { id, key, ends_ms }| {
                Entry::new(Kind::Session, ends_ms, [&id, "", ""], key.expose())
            }));
            let token = account.throttling_token.borrow();
            entries.extend(token.as_ref().map(|ThrottlingToken { text, issued_at_seconds }| {
                Entry::new(Kind::ThrottlingToken, *issued_at_seconds, [""; 3], text.as_bytes())
            }));
        }
        if names {
            let keys = account.vault_keys.borrow().storable(now_ms).into_iter();
            entries.extend(keys.map(|VaultKey { vault_id, key, proven_at_ms }| {
                Entry::new(Kind::VaultKey, proven_at_ms, [&vault_id, key.id(), ""], key.expose())
            }));
            for (kind, ids) in
                [Kind::VaultId, Kind::ItemId].into_iter().zip(cache.stored_ids(now_ms))
            {
                entries.extend(ids.into_iter().map(|Stored { key, at_ms, value }| {
                    Entry::new(kind, at_ms, [&key, &value, ""], &[])
                }));
            }
        }
        let secrets = cache.stored_secrets(now_ms, secrets_ms).into_iter();
        entries.extend(secrets.map(|Stored { key, at_ms, value }| {
            let Found { secret, item_id, vault_id } = value;
            Entry::new(Kind::Secret, at_ms, [&key, &item_id, &vault_id], secret.expose())
        }));
        let names_ms = if names { cache.metadata_ms() } else { 0 };
        let pause_ms = account.standing.circuit.wanted_ms(now_ms);
        let lasts_ms = RECORD_MS.max(names_ms).max(secrets_ms).max(pause_ms).min(MAX_RECORD_MS);
        Record {
            written_at_ms: now_ms,
            ends_ms: now_ms + lasts_ms,
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
