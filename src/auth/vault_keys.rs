//! The keys of vaults that were proven to be theirs.

use crate::{auth::envelope::SymmetricKey, base::interner::Interner};
use std::rc::Rc;

/// A stored key is proven anew when it is a day old.
const STORED_MS: u64 = 24 * 60 * 60 * 1000;
/// How many keys are stored, those that were last used.
const MAX_STORED: usize = 50;

/// A vault's key, and when it last opened what the vault says of itself.
#[derive(Debug, Clone)]
pub struct VaultKey {
    /// Id of the vault.
    pub vault_id: String,
    /// Its key.
    pub key: Rc<SymmetricKey>,
    /// Unix time in milliseconds.
    pub proven_at_ms: u64,
}

impl VaultKey {
    /// `ends_ms() -> milliseconds`
    ///
    /// Until when it may be stored: Unix time in milliseconds.
    pub const fn ends_ms(&self) -> u64 {
        self.proven_at_ms.saturating_add(STORED_MS)
    }

    /// Whether a process that finds it in a store may use it. A clock that was set back makes it
    /// old.
    fn is_storable(&self, now_ms: u64) -> bool {
        now_ms.checked_sub(self.proven_at_ms).is_some_and(|age| age < STORED_MS)
    }
}

/// The keys, by the ids of their vaults.
#[derive(Debug, Default)]
pub struct VaultKeys {
    ids: Interner,
    keys: Vec<VaultKey>,
    /// Numbers of vaults that something was read from, the last one first.
    used: Vec<usize>,
}

impl VaultKeys {
    /// `known(vault_id) -> key`
    ///
    /// The key that was last proven to be the vault's.
    pub fn known(&self, vault_id: &str) -> Option<Rc<SymmetricKey>> {
        let known = self.ids.find(vault_id).and_then(|number| self.keys.get(number))?;
        Some(Rc::clone(&known.key))
    }

    /// `put(key) -> is_another`
    ///
    /// The key has opened what the vault says of itself. That it was sealed for this account says
    /// nothing of whose key it is. Whether the vault, which was used before, had another one.
    pub fn put(&mut self, key: VaultKey) -> bool {
        let number = self.ids.intern(&key.vault_id);
        let Some(known) = self.keys.get_mut(number) else {
            self.keys.push(key);
            return false;
        };
        let is_another = known.key.id() != key.key.id() || known.key.expose() != key.key.expose();
        *known = key;
        is_another && self.used.contains(&number)
    }

    /// `adopt(key, now_ms)`
    ///
    /// Takes a key that was stored, unless it is too old or a newer one is known.
    pub fn adopt(&mut self, key: VaultKey, now_ms: u64) {
        let known = self.ids.find(&key.vault_id).and_then(|number| self.keys.get(number));
        let is_newer = known.is_none_or(|known| known.proven_at_ms < key.proven_at_ms);
        if is_newer && key.is_storable(now_ms) {
            let vault_id = key.vault_id.clone();
            self.put(key);
            self.note_use(&vault_id);
        }
    }

    /// `note_use(vault_id) -> is_new`
    ///
    /// Something is read from this vault. Whether nothing was before.
    pub fn note_use(&mut self, vault_id: &str) -> bool {
        let Some(number) = self.ids.find(vault_id) else { return false };
        let place = self.used.iter().position(|used| *used == number);
        if let Some(place) = place {
            self.used.remove(place);
        }
        self.used.insert(0, number);
        self.used.truncate(MAX_STORED);
        place.is_none()
    }

    /// `storable(now_ms) -> keys`
    ///
    /// What another process may use, the last used first.
    pub fn storable(&self, now_ms: u64) -> Vec<VaultKey> {
        let used = self.used.iter().filter_map(|number| self.keys.get(*number));
        used.filter(|key| key.is_storable(now_ms)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;

    fn key(vault_id: &str, byte: u8, proven_at_ms: u64) -> VaultKey {
        let key = SymmetricKey::new("k".to_owned(), Secret::new([byte; 32]));
        VaultKey { vault_id: vault_id.to_owned(), key: Rc::new(key), proven_at_ms }
    }

    fn stored(keys: &VaultKeys, now_ms: u64) -> Vec<(String, u8)> {
        let stored = keys.storable(now_ms).into_iter();
        stored.map(|key| (key.vault_id.clone(), key.key.expose()[0])).collect()
    }

    #[test]
    fn keys_that_were_used_are_stored_for_a_day_the_last_first() {
        let mut keys = VaultKeys::default();
        assert!(!keys.note_use("a"), "what has no key");
        for (id, byte) in [("a", 1), ("b", 2), ("c", 3)] {
            keys.put(key(id, byte, 1_000));
        }
        assert_eq!(stored(&keys, 1_000), []);
        assert_eq!(["a", "b", "a"].map(|id| keys.note_use(id)), [true, true, false]);
        assert_eq!(stored(&keys, 1_000), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        keys.put(key("b", 4, 1_000 + STORED_MS));
        assert_eq!(stored(&keys, 1_000 + STORED_MS), [("b".to_owned(), 4)]);
        assert_eq!(stored(&keys, 999), [], "the clock was set back");
    }

    #[test]
    fn a_stored_key_takes_the_place_of_an_older_one_alone() {
        let mut keys = VaultKeys::default();
        keys.put(key("a", 1, 1_000));
        keys.adopt(key("a", 2, 1_000), 1_001);
        assert_eq!(keys.known("a").unwrap().expose(), &[1; 32]);
        keys.adopt(key("a", 3, 1_001), 1_001);
        keys.adopt(key("a", 5, 1_002), 1_002 + STORED_MS);
        assert_eq!(keys.known("a").unwrap().expose(), &[3; 32]);
        keys.adopt(key("b", 4, 1), 1_001);
        assert_eq!(stored(&keys, 1_001), [("b".to_owned(), 4), ("a".to_owned(), 3)]);
        assert!(keys.known("c").is_none());
    }

    #[test]
    fn no_more_are_stored_than_the_last_fifty() {
        let mut keys = VaultKeys::default();
        for number in 0..MAX_STORED + 1 {
            keys.put(key(&number.to_string(), 1, 1_000));
            keys.note_use(&number.to_string());
        }
        let stored = stored(&keys, 1_000);
        assert_eq!((stored.len(), &*stored[0].0), (MAX_STORED, "50"));
    }
}
