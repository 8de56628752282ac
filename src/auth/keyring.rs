//! Keysets → private keys → vault keys, opened on demand.
//!
//! A key is looked for only when something is sealed with it, so a keyset that
//! cannot be opened hides only what depends on it. Opening may need the host
//! (RSA): the keyring then answers with a [`Task`]; the caller has it done, puts
//! the result in and asks again.
//!
//! Several keysets may have one id. The newest is tried first, and where it does not lead to the
//! key, the next: the list of keysets is the service's word, and what does not open hides nothing.

use crate::{
    auth::envelope::{Sealing, SymmetricKey, sealing},
    base::{
        encoding::{decode_base64, encode_base64url},
        error::Error,
        interner::Interner,
        secret::Secret,
    },
    crypto::sha256,
    wire::{
        keysets::{Keyset, OaepHash, RsaPrivateJwk},
        sealed::Envelope,
    },
};
use std::{cmp::Reverse, rc::Rc};

/// Id of the account unlock key.
const ACCOUNT_UNLOCK_KEY: &str = "mp";
const KEYSET: &str = "a keyset";
const VAULT_KEY: &str = "a vault key";
/// So many keysets of one id are tried,
const MAX_OF_ONE_ID: usize = 1_000;
/// and so many on the way to a key: an account has a few.
const MAX_ON_THE_WAY: usize = 5_000;
/// A symmetric key takes 300 bytes, a private one 5,000: what is longer is none.
const MAX_SEALED_BYTES: usize = 16 * 1024;

/// All keys of an account, sealed ones and opened ones.
#[derive(Debug)]
pub struct Keyring<K> {
    account_unlock_key: Rc<SymmetricKey>,
    keysets: Vec<KeysetKeys<K>>,
    /// Ids of keysets, and for each where its keysets are, the newest first.
    ids: Interner,
    of_id: Vec<Vec<usize>>,
    /// For each id how many keys were open when nothing on the way to it opened any more.
    closed_at: Vec<Option<usize>>,
    open_keys: usize,
    /// Vaults with what their keys are sealed as, and these keys.
    seals: Interner,
    vault_keys: Vec<Opening>,
}

/// A keyset, and what of it is opened.
#[derive(Debug)]
struct KeysetKeys<K> {
    keyset: Rc<Keyset>,
    symmetric: Opening,
    /// For each hash that it is used with.
    private: [Option<Rc<K>>; 2],
    /// Whether its private key is none.
    is_broken: bool,
}

/// A symmetric key, once it is open.
#[derive(Debug, Default)]
struct Opening {
    key: Option<Rc<SymmetricKey>>,
    /// Places of keysets that do not open it.
    refused: Vec<usize>,
}

/// A key, or what has to be done before it can be had.
#[derive(Debug)]
pub enum Next<T, K> {
    /// The key.
    Ready(T),
    /// Do this, put the result in, and ask again.
    Todo(Task<K>),
}

/// Something that only the host can do.
#[derive(Debug)]
pub enum Task<K> {
    /// Import a keyset's private key, for [`Keyring::put_private_key`].
    Import {
        /// Where the keyset is.
        keyset: usize,
        /// What the key will be used with.
        hash: OaepHash,
        /// The key.
        key: Box<RsaPrivateJwk>,
    },
    /// Open a symmetric key with RSA-OAEP, for [`Keyring::put_symmetric_key`].
    Unseal {
        /// Whose key it is.
        owner: Owner,
        /// Where the keyset is that opens it.
        keyset: usize,
        /// Its private key.
        with: Rc<K>,
        /// The sealed key.
        sealed: Vec<u8>,
    },
}

/// Whose symmetric key something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The keyset at this place.
    Keyset(usize),
    /// The vault of this number.
    Vault(usize),
}

impl Owner {
    /// `what() -> text`
    ///
    /// What the key is called in an error.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Keyset(_) => KEYSET,
            Self::Vault(_) => VAULT_KEY,
        }
    }
}

impl<K> Keyring<K> {
    /// `new(account_unlock_key, keysets) -> keyring`
    ///
    /// # Shapes
    /// - `account_unlock_key`: 32 bytes, `muk.k` of the token; `keysets`: in any order
    /// # Source
    /// protocol.md “Keys” (observed)
    pub fn new(account_unlock_key: &Secret<[u8; 32]>, mut keysets: Vec<Keyset>) -> Self {
        keysets.sort_by_key(|keyset| Reverse(keyset.sn));
        let mut ids = Interner::default();
        let mut of_id: Vec<Vec<usize>> = Vec::new();
        keysets.retain(may_be_keyset);
        for (place, keyset) in keysets.iter().enumerate() {
            let number = ids.intern(&keyset.uuid);
            match of_id.get_mut(number) {
                Some(places) if places.len() < MAX_OF_ONE_ID => places.push(place),
                Some(_) => {}
                None => of_id.push(vec![place]),
            }
        }
        let key = SymmetricKey::new(ACCOUNT_UNLOCK_KEY.to_owned(), account_unlock_key.clone());
        Self {
            account_unlock_key: Rc::new(key),
            keysets: keysets.into_iter().map(KeysetKeys::new).collect(),
            ids,
            closed_at: vec![None; of_id.len()],
            open_keys: 0,
            of_id,
            seals: Interner::default(),
            vault_keys: Vec::new(),
        }
    }

    /// `vault_key(vault_id, sealed) -> key or task`
    ///
    /// # Shapes
    /// - `sealed`: the vault's `encVaultKey`
    /// # Errors
    /// [`Error::Decryption`] if a key on the way is missing, damaged or sealed in a circle.
    /// # Source
    /// protocol.md “Vaults” (observed; a symmetric vault key is assumed)
    pub fn vault_key(
        &mut self,
        vault_id: &str,
        sealed: &Envelope,
    ) -> Result<Next<Rc<SymmetricKey>, K>, Error> {
        if !may_be_sealed(sealed) {
            return Err(Error::Decryption { what: VAULT_KEY });
        }
        // A vault may get a new key, which shows in what the key is sealed as.
        let seal = encode_base64url(&sha256(&[sealed.data.as_bytes()]));
        let number = self.seals.intern(&[vault_id, " ", &seal].concat());
        if self.vault_keys.len() == number {
            self.vault_keys.push(Opening::default());
        }
        let owner = Owner::Vault(number);
        loop {
            if let Some(next) = self.symmetric_key(owner, &sealed.kid, sealed) {
                return Ok(next);
            }
            // Nothing that is open opens it: the nearest keyset on the way that can be opened is next.
            let (ids, places) = self.on_the_way_to(&sealed.kid);
            let is_whole = places.len() < MAX_ON_THE_WAY;
            match places.into_iter().find_map(|place| self.open_keyset(place)) {
                Some(Next::Ready(_)) => {}
                Some(Next::Todo(task)) => return Ok(Next::Todo(task)),
                None => {
                    // Nor will it for another vault, until another key is open. What was not looked at,
                    // because there is so much, may.
                    for id in ids.into_iter().filter(|_| is_whole) {
                        if let Some(closed_at) = self.closed_at.get_mut(id) {
                            *closed_at = Some(self.open_keys);
                        }
                    }
                    return Err(Error::Decryption { what: VAULT_KEY });
                }
            }
        }
    }

    /// `first_task() -> task`
    ///
    /// What can be done before it is known which keys are needed: to import the
    /// private key of the one keyset that the account unlock key opens, with the
    /// hash that vaults' keys are sealed with. `None` if there are several, or if
    /// it does not open: who needs it will be told.
    pub fn first_task(&mut self) -> Option<Task<K>> {
        let is_root = |keys: &&KeysetKeys<K>| keys.keyset.encrypted_by == ACCOUNT_UNLOCK_KEY;
        let mut roots = self.keysets.iter().filter(is_root);
        let id = roots.next().filter(|_| roots.next().is_none())?.keyset.uuid.clone();
        let place = self.places(&id).first().copied()?;
        if let Some(Next::Todo(task)) = self.open_keyset(place) {
            return Some(task);
        }
        match self.private_key(place, OaepHash::Sha1)? {
            Next::Todo(task) => Some(task),
            Next::Ready(_) => None,
        }
    }

    /// `put_symmetric_key(owner, plaintext) -> key`
    ///
    /// Takes the result of [`Task::Unseal`].
    ///
    /// # Errors
    /// [`Error::Decryption`] if the plaintext is not a key.
    pub fn put_symmetric_key(
        &mut self,
        owner: Owner,
        plaintext: &Secret<Vec<u8>>,
    ) -> Result<Rc<SymmetricKey>, Error> {
        let key = Rc::new(SymmetricKey::parse(plaintext.expose(), owner.what())?);
        if let Some(opening) = self.opening(owner) {
            opening.key = Some(Rc::clone(&key));
            self.open_keys += 1;
        }
        Ok(key)
    }

    /// `put_private_key(keyset, hash, key)`
    ///
    /// Takes the result of [`Task::Import`].
    pub fn put_private_key(&mut self, keyset: usize, hash: OaepHash, key: K) {
        if let Some(keys) = self.keysets.get_mut(keyset) {
            *private_of(&mut keys.private, hash) = Some(Rc::new(key));
            self.open_keys += 1;
        }
    }

    /// `refuse_private_key(keyset)`
    ///
    /// [`Task::Import`] failed: it is no key.
    pub fn refuse_private_key(&mut self, keyset: usize) {
        if let Some(keys) = self.keysets.get_mut(keyset) {
            keys.is_broken = true;
        }
    }

    /// `refuse(owner, keyset)`
    ///
    /// [`Task::Unseal`] failed, or what it gave is no key: another keyset may open it.
    pub fn refuse(&mut self, owner: Owner, keyset: usize) {
        if let Some(opening) = self.opening(owner) {
            opening.refused.push(keyset);
        }
    }

    fn opening(&mut self, owner: Owner) -> Option<&mut Opening> {
        match owner {
            Owner::Keyset(place) => self.keysets.get_mut(place).map(|keys| &mut keys.symmetric),
            Owner::Vault(number) => self.vault_keys.get_mut(number),
        }
    }

    /// Where the keysets of this id are, the newest first.
    fn places(&self, id: &str) -> &[usize] {
        self.ids.find(id).and_then(|number| self.of_id.get(number)).map_or(&[], Vec::as_slice)
    }

    /// The keysets that lie between a key which is sealed with one of this id and the account unlock
    /// key, the nearest first, and the numbers of their ids; without those of which it is known that
    /// nothing opens them.
    fn on_the_way_to(&self, id: &str) -> (Vec<usize>, Vec<usize>) {
        let mut is_seen = vec![false; self.of_id.len()];
        let mut ids = vec![id];
        let (mut numbers, mut places) = (Vec::new(), Vec::new());
        let mut next = 0;
        while let Some(id) = ids.get(next).filter(|_| places.len() < MAX_ON_THE_WAY) {
            next += 1;
            let Some(number) = self.ids.find(id) else { continue };
            match is_seen.get_mut(number) {
                Some(is_seen) if !*is_seen => *is_seen = true,
                _ => continue,
            }
            if self.closed_at.get(number) == Some(&Some(self.open_keys)) {
                continue;
            }
            numbers.push(number);
            for place in self.places(id) {
                places.push(*place);
                ids.extend(self.keysets.get(*place).map(|keys| parent_of(&keys.keyset)));
            }
        }
        (numbers, places)
    }

    /// The keyset's symmetric key; `None` if it is open already, or nothing that is open opens it.
    fn open_keyset(&mut self, place: usize) -> Option<Next<Rc<SymmetricKey>, K>> {
        let keys = self.keysets.get(place).filter(|keys| keys.symmetric.key.is_none())?;
        let keyset = Rc::clone(&keys.keyset);
        self.symmetric_key(Owner::Keyset(place), parent_of(&keyset), &keyset.enc_sym_key)
    }

    /// A symmetric key that is sealed with the key of a keyset `parent`; `None` if none of these
    /// that is open opens it.
    fn symmetric_key(
        &mut self,
        owner: Owner,
        parent: &str,
        sealed: &Envelope,
    ) -> Option<Next<Rc<SymmetricKey>, K>> {
        if let Some(key) = &self.opening(owner)?.key {
            return Some(Next::Ready(Rc::clone(key)));
        }
        let sealing = sealing(sealed)?;
        if sealing == Sealing::Symmetric && parent == ACCOUNT_UNLOCK_KEY {
            let with = Rc::clone(&self.account_unlock_key);
            return self.unsealed(owner, usize::MAX, &with, sealed).map(Next::Ready);
        }
        for place in self.places(parent).to_vec() {
            if self.opening(owner)?.refused.contains(&place) {
                continue;
            }
            match sealing {
                Sealing::Symmetric => {
                    let with = self.keysets.get(place).and_then(|keys| keys.symmetric.key.clone());
                    let key = with.and_then(|with| self.unsealed(owner, place, &with, sealed));
                    if let Some(key) = key {
                        return Some(Next::Ready(key));
                    }
                }
                Sealing::Rsa(hash) => match self.private_key(place, hash) {
                    Some(Next::Todo(task)) => return Some(Next::Todo(task)),
                    Some(Next::Ready(with)) => {
                        let sealed = decode_base64(&sealed.data)?;
                        return Some(Next::Todo(Task::Unseal {
                            owner,
                            keyset: place,
                            with,
                            sealed,
                        }));
                    }
                    None => {}
                },
            }
        }
        None
    }

    /// What `with` opens, if it does and if it is a key; if not, it is not asked again.
    fn unsealed(
        &mut self,
        owner: Owner,
        place: usize,
        with: &SymmetricKey,
        sealed: &Envelope,
    ) -> Option<Rc<SymmetricKey>> {
        if self.opening(owner)?.refused.contains(&place) {
            return None;
        }
        let opened = with.open(sealed.clone(), owner.what());
        let key = opened.and_then(|plaintext| self.put_symmetric_key(owner, &plaintext)).ok();
        if key.is_none() {
            self.refuse(owner, place);
        }
        key
    }

    /// The keyset's private key; `None` if the keyset is not open, or that is no key.
    fn private_key(&mut self, place: usize, hash: OaepHash) -> Option<Next<Rc<K>, K>> {
        let keys = self.keysets.get_mut(place).filter(|keys| !keys.is_broken)?;
        if let Some(key) = private_of(&mut keys.private, hash) {
            return Some(Next::Ready(Rc::clone(key)));
        }
        let with = keys.symmetric.key.as_ref()?;
        let Ok(key) = with.open_json(keys.keyset.enc_pri_key.clone(), KEYSET) else {
            keys.is_broken = true;
            return None;
        };
        Some(Next::Todo(Task::Import { keyset: place, hash, key: Box::new(key) }))
    }
}

/// Whether it has the form of one: what has not is not counted among those that are tried.
fn may_be_keyset(keyset: &Keyset) -> bool {
    let Keyset { enc_sym_key, enc_pri_key, .. } = keyset;
    may_be_sealed(enc_sym_key)
        && sealing(enc_pri_key) == Some(Sealing::Symmetric)
        && may_be_sealed(enc_pri_key)
}

fn may_be_sealed(envelope: &Envelope) -> bool {
    sealing(envelope).is_some() && (1..=MAX_SEALED_BYTES).contains(&envelope.data.len())
}

/// Id of what opens it.
fn parent_of(keyset: &Keyset) -> &str {
    match keyset.encrypted_by.as_str() {
        "" => &keyset.enc_sym_key.kid,
        parent => parent,
    }
}

impl<K> KeysetKeys<K> {
    fn new(keyset: Keyset) -> Self {
        let symmetric = Opening::default();
        Self { keyset: Rc::new(keyset), symmetric, private: [None, None], is_broken: false }
    }
}

const fn private_of<K>(
    [sha1, sha256]: &mut [Option<Rc<K>>; 2],
    hash: OaepHash,
) -> &mut Option<Rc<K>> {
    match hash {
        OaepHash::Sha1 => sha1,
        OaepHash::Sha256 => sha256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{
        encoding::encode_base64url,
        json::{parse, to_json},
    };

    const ACCOUNT_KEY: [u8; 32] = [1; 32];
    const RSA_JWK: &str =
        r#"{"n":"n","e":"e","d":"d","p":"p","q":"q","dp":"dp","dq":"dq","qi":"qi"}"#;

    /// A host whose private key is its name, and whose RSA writes the name before the plaintext.
    fn drive(ring: &mut Keyring<String>, sealed: &Envelope) -> Result<Rc<SymmetricKey>, Error> {
        for _ in 0..100 {
            match ring.vault_key("vault", sealed)? {
                Next::Ready(key) => return Ok(key),
                Next::Todo(Task::Import { keyset, hash, key }) if key.d.expose() == "d" => {
                    let name = key_name(&ring.keysets[keyset].keyset.uuid, hash);
                    ring.put_private_key(keyset, hash, name);
                }
                Next::Todo(Task::Import { keyset, .. }) => ring.refuse_private_key(keyset),
                Next::Todo(Task::Unseal { owner, keyset, with, sealed }) => {
                    let text = String::from_utf8(sealed).unwrap();
                    let plaintext = text.strip_prefix(with.as_str()).unwrap_or_default();
                    let plaintext = Secret::new(plaintext.as_bytes().to_vec());
                    if ring.put_symmetric_key(owner, &plaintext).is_err() {
                        ring.refuse(owner, keyset);
                    }
                }
            }
        }
        panic!("the keyring goes round in circles");
    }

    fn key_name(keyset_id: &str, hash: OaepHash) -> String {
        format!("{keyset_id} with {hash:?}: ")
    }

    fn jwk(byte: u8) -> String {
        format!(r#"{{"kid":"k","kty":"oct","k":"{}"}}"#, encode_base64url(&[byte; 32]))
    }

    fn symmetric(kid: &str, key: [u8; 32], plaintext: &str) -> Envelope {
        let key = SymmetricKey::new(kid.into(), Secret::new(key));
        parse(to_json(&key.seal([0; 12], plaintext.as_bytes()).unwrap()).as_bytes()).unwrap()
    }

    fn rsa(kid: &str, hash: OaepHash, plaintext: &str) -> Envelope {
        let enc = match hash {
            OaepHash::Sha1 => "RSA-OAEP",
            OaepHash::Sha256 => "RSA-OAEP-256",
        };
        let data = encode_base64url(format!("{}{plaintext}", key_name(kid, hash)).as_bytes());
        Envelope { kid: kid.into(), enc: enc.into(), iv: String::new(), data }
    }

    /// A keyset whose symmetric key is 32 times `byte`.
    fn keyset(uuid: &str, byte: u8, encrypted_by: &str, enc_sym_key: Envelope) -> Keyset {
        Keyset {
            uuid: uuid.into(),
            encrypted_by: encrypted_by.into(),
            sn: 1,
            enc_sym_key,
            enc_pri_key: symmetric(uuid, [byte; 32], RSA_JWK),
        }
    }

    fn junk_clone(keyset: &Keyset) -> Keyset {
        let Keyset { uuid, encrypted_by, sn, enc_sym_key, enc_pri_key } = keyset;
        Keyset {
            uuid: uuid.clone(),
            encrypted_by: encrypted_by.clone(),
            sn: *sn,
            enc_sym_key: enc_sym_key.clone(),
            enc_pri_key: enc_pri_key.clone(),
        }
    }

    fn root(uuid: &str, byte: u8) -> Keyset {
        keyset(uuid, byte, "mp", symmetric("mp", ACCOUNT_KEY, &jwk(byte)))
    }

    fn child(uuid: &str, byte: u8, parent: &str, hash: OaepHash) -> Keyset {
        keyset(uuid, byte, parent, rsa(parent, hash, &jwk(byte)))
    }

    fn ring(keysets: Vec<Keyset>) -> Keyring<String> {
        Keyring::new(&Secret::new(ACCOUNT_KEY), keysets)
    }

    fn opens(keysets: Vec<Keyset>, sealed: &Envelope) -> bool {
        drive(&mut ring(keysets), sealed)
            .is_ok_and(|key| key.open(symmetric("v", [9; 32], "{}"), "it").is_ok())
    }

    #[test]
    fn what_nothing_opens_is_looked_for_once() {
        // Each of two is sealed with the other.
        let mut ring = ring(vec![
            child("a", 2, "b", OaepHash::Sha1),
            child("b", 3, "a", OaepHash::Sha1),
            root("c", 4),
        ]);
        for kid in ["a", "b"] {
            assert!(drive(&mut ring, &rsa(kid, OaepHash::Sha1, &jwk(9))).is_err());
        }
        for kid in ["a", "b"] {
            assert!(ring.on_the_way_to(kid).1.is_empty(), "{kid}");
        }
        // Another key may open them.
        assert!(drive(&mut ring, &rsa("c", OaepHash::Sha1, &jwk(9))).is_ok());
        assert_eq!(ring.on_the_way_to("a").1.len(), 2);
    }

    #[test]
    fn what_was_not_looked_at_is_not_closed() {
        let mut keysets = vec![
            root("root", 2),
            child("middle", 3, "root", OaepHash::Sha1),
            child("leaf", 4, "middle", OaepHash::Sha1),
        ];
        // From the junk the way leads to the leaf first, and to so much more that the middle is not
        // looked at.
        for group in 0..MAX_ON_THE_WAY / MAX_OF_ONE_ID {
            for n in 0..MAX_OF_ONE_ID {
                let parent = match (group, n) {
                    (0, 0) => "leaf".to_owned(),
                    (0, 1..5) => format!("junk{n}"),
                    _ => format!("junk{group}"),
                };
                keysets.push(child(&format!("junk{group}"), 5, &parent, OaepHash::Sha1));
            }
        }
        let mut ring = ring(keysets);
        assert!(drive(&mut ring, &rsa("junk0", OaepHash::Sha1, "")).is_err());
        assert!(drive(&mut ring, &rsa("leaf", OaepHash::Sha1, &jwk(9))).is_ok());
    }

    #[test]
    fn a_vault_key_under_a_root_keyset() {
        for hash in [OaepHash::Sha1, OaepHash::Sha256] {
            assert!(opens(vec![root("a", 2)], &rsa("a", hash, &jwk(9))));
        }
    }

    #[test]
    fn a_chain_in_any_order() {
        let chain = || {
            [root("a", 2), child("b", 3, "a", OaepHash::Sha1), child("c", 4, "b", OaepHash::Sha256)]
        };
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut keysets = chain().map(Some);
            let keysets = order.map(|index| keysets[index].take().unwrap());
            assert!(opens(keysets.into(), &rsa("c", OaepHash::Sha256, &jwk(9))));
        }
    }

    #[test]
    fn several_roots_and_a_broken_one() {
        let broken = keyset("x", 7, "mp", symmetric("mp", [8; 32], &jwk(7)));
        let sealed = rsa("b", OaepHash::Sha1, &jwk(9));
        assert!(opens(vec![broken, root("a", 2), root("b", 3)], &sealed));
        assert!(opens(vec![Keyset::default(), root("b", 3)], &sealed));
    }

    #[test]
    fn what_can_be_done_first() {
        let mut one = ring(vec![child("b", 3, "a", OaepHash::Sha1), root("a", 2)]);
        let Some(Task::Import { keyset: place, hash, .. }) = one.first_task() else {
            panic!("the root's key is not imported");
        };
        assert_eq!((&*one.keysets[place].keyset.uuid, hash), ("a", OaepHash::Sha1));
        one.put_private_key(place, hash, key_name("a", hash));
        assert!(one.first_task().is_none(), "done");
        assert!(drive(&mut one, &rsa("a", OaepHash::Sha1, &jwk(9))).is_ok());
        let broken = keyset("x", 7, "mp", symmetric("mp", [8; 32], &jwk(7)));
        for keysets in [vec![], vec![broken], vec![root("a", 2), root("b", 3)]] {
            assert!(ring(keysets).first_task().is_none());
        }
    }

    #[test]
    fn an_empty_encrypted_by_is_the_kid_of_the_key() {
        let mut child = child("b", 3, "a", OaepHash::Sha1);
        child.encrypted_by.clear();
        let mut root = root("a", 2);
        root.encrypted_by.clear();
        assert!(opens(vec![child, root], &rsa("b", OaepHash::Sha1, &jwk(9))));
    }

    #[test]
    fn the_newest_of_two_with_the_same_id() {
        let mut old = keyset("a", 5, "mp", symmetric("mp", [8; 32], &jwk(5)));
        old.sn = 1;
        let mut new = root("a", 2);
        new.sn = 2;
        assert!(opens(vec![old, new], &rsa("a", OaepHash::Sha1, &jwk(9))));
    }

    #[test]
    fn a_symmetric_vault_key() {
        assert!(opens(vec![root("a", 2)], &symmetric("a", [2; 32], &jwk(9))));
        assert!(opens(vec![], &symmetric("mp", ACCOUNT_KEY, &jwk(9))));
    }

    #[test]
    fn a_key_that_is_not_there_or_leads_in_a_circle() {
        let sealed = rsa("a", OaepHash::Sha1, &jwk(9));
        let circle = vec![
            child("a", 2, "b", OaepHash::Sha1),
            child("b", 3, "c", OaepHash::Sha1),
            child("c", 4, "a", OaepHash::Sha1),
        ];
        let own = vec![child("a", 2, "a", OaepHash::Sha1)];
        let orphan = vec![child("a", 2, "nobody", OaepHash::Sha1)];
        for keysets in [vec![], circle, own, orphan] {
            let error = drive(&mut ring(keysets), &sealed).unwrap_err();
            assert_eq!(error.code(), "decryption");
        }
    }

    #[test]
    fn unknown_ciphers_and_damaged_keys() {
        let mut unknown = rsa("a", OaepHash::Sha1, &jwk(9));
        unknown.enc = "RSA1_5".into();
        assert!(!opens(vec![root("a", 2)], &unknown));
        assert!(!opens(vec![root("a", 2)], &Envelope::default()));
        assert!(!opens(vec![root("a", 2)], &rsa("a", OaepHash::Sha1, "not a key")));
    }

    #[test]
    fn a_circle_of_many_keysets() {
        let name = |index: usize| format!("k{}", index % 10_000);
        let keysets = (0..10_000)
            .map(|index| child(&name(index), 2, &name(index + 1), OaepHash::Sha1))
            .collect();
        assert!(!opens(keysets, &rsa("k0", OaepHash::Sha1, &jwk(9))));
    }

    #[test]
    fn a_new_vault_key_replaces_the_old_one() {
        let mut ring = ring(vec![root("a", 2)]);
        for byte in [8, 9] {
            let key = drive(&mut ring, &rsa("a", OaepHash::Sha1, &jwk(byte))).unwrap();
            assert!(key.open(symmetric("v", [byte; 32], "{}"), "it").is_ok());
        }
    }

    /// Whatever claims to be a newer keyset of an id hides none that works.
    #[test]
    fn junk_that_claims_to_be_newer() {
        let newer = |keyset: Keyset, sn| Keyset { sn, ..keyset };
        let other_private = |uuid: &str, private: &str| {
            let enc_pri_key = symmetric(uuid, [7; 32], private);
            Keyset { enc_pri_key, ..child(uuid, 7, "r", OaepHash::Sha1) }
        };
        let chain = || vec![root("r", 2), child("a", 3, "r", OaepHash::Sha1)];
        let other_d = RSA_JWK.replace(r#""d":"d""#, r#""d":"x""#);
        for (what, junk) in [
            (
                "sealed with another key",
                newer(keyset("a", 7, "mp", symmetric("mp", [8; 32], "")), 2),
            ),
            ("empty", newer(Keyset { uuid: "a".into(), ..Keyset::default() }, i64::MAX)),
            ("sealed in a circle", newer(child("a", 7, "a", OaepHash::Sha1), 2)),
            ("under nobody", newer(child("a", 7, "nobody", OaepHash::Sha1), 2)),
            ("no key inside", newer(keyset("a", 7, "r", rsa("r", OaepHash::Sha1, "{}")), 2)),
            ("a private key that is none", newer(other_private("a", "{}"), 2)),
            ("one that is not imported", newer(other_private("a", &other_d), 2)),
            ("a root that is none", newer(Keyset { uuid: "r".into(), ..Keyset::default() }, 2)),
            ("of a circle", newer(child("r", 7, "a", OaepHash::Sha1), 2)),
        ] {
            for place in 0..3 {
                let mut keysets = chain();
                keysets.insert(place, junk_clone(&junk));
                for sealed in [
                    rsa("a", OaepHash::Sha1, &jwk(9)),
                    rsa("a", OaepHash::Sha256, &jwk(9)),
                    symmetric("a", [3; 32], &jwk(9)),
                ] {
                    assert!(opens(keysets.iter().map(junk_clone).collect(), &sealed), "{what}");
                }
            }
        }
    }

    /// A key pair of the attacker's own, sealed to a public key of the account's.
    #[test]
    fn a_key_pair_that_is_somebody_elses() {
        let mut ring = ring(vec![root("a", 2), Keyset { sn: 2, ..root("a", 2) }]);
        let sealed = rsa("a", OaepHash::Sha1, &jwk(9));
        let Next::Todo(Task::Import { keyset, hash, .. }) = ring.vault_key("v", &sealed).unwrap()
        else {
            panic!("no import")
        };
        ring.put_private_key(keyset, hash, "another key: ".into());
        assert!(drive(&mut ring, &sealed).is_ok());
    }

    #[test]
    fn very_many_keysets() {
        let many = |n: i64, id: &str| Keyset { sn: n, ..child(id, 2, id, OaepHash::Sha1) };
        let empty = |n: i64| Keyset { uuid: "a".into(), sn: n + 2, ..Keyset::default() };
        let chain = |n: i64| child(&format!("k{n}"), 2, &format!("k{}", n + 1), OaepHash::Sha1);
        let mut keysets: Vec<_> = (0..4_000).map(|n| many(n, "b")).collect();
        keysets.extend((0..4_000).map(chain));
        keysets.extend((0..4_000).map(empty));
        keysets.extend((2..500).map(|n| many(n, "a")));
        keysets.push(root("a", 2));
        let mut ring = ring(keysets);
        for n in 0..300 {
            for id in [format!("k{n}"), "b".to_owned()] {
                let sealed = rsa(&id, OaepHash::Sha1, &jwk(9));
                assert!(ring.vault_key(&format!("{id} {n}"), &sealed).is_err());
            }
        }
        assert!(drive(&mut ring, &rsa("a", OaepHash::Sha1, &jwk(9))).is_ok(), "hidden");
    }

    #[test]
    fn what_is_too_long_is_no_key() {
        let mut ring = ring(vec![root("a", 2)]);
        let long = format!("{}{}", jwk(9), " ".repeat(MAX_SEALED_BYTES));
        assert!(drive(&mut ring, &rsa("a", OaepHash::Sha1, &long)).is_err());
        assert!(drive(&mut ring, &symmetric("a", [2; 32], &long)).is_err());
        assert!(drive(&mut ring, &symmetric("a", [2; 32], &jwk(9))).is_ok());
    }
}
