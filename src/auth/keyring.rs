//! Keysets → private keys → vault keys, opened on demand.
//!
//! A key is looked for only when something is sealed with it, so a keyset that
//! cannot be opened hides only what depends on it. Opening may need the host
//! (RSA): the keyring then answers with a [`Task`]; the caller has it done, puts
//! the result in and asks again.

use crate::{
    auth::envelope::{Sealing, SymmetricKey, sealing},
    base::{encoding::decode_base64, error::Error, secret::Secret},
    wire::{
        keysets::{Keyset, OaepHash, RsaPrivateJwk},
        sealed::Envelope,
    },
};
use std::rc::Rc;

/// Id of the account unlock key.
const ACCOUNT_UNLOCK_KEY: &str = "mp";
const KEYSET: &str = "a keyset";
const VAULT_KEY: &str = "a vault key";
/// More keysets than this between the account unlock key and a vault key are a circle.
const MAX_CHAIN: usize = 16;

/// All keys of an account, sealed ones and opened ones.
#[derive(Debug)]
pub struct Keyring<K> {
    account_unlock_key: Rc<SymmetricKey>,
    keysets: Vec<Rc<Keyset>>,
    symmetric_keys: Vec<(Owner, Rc<SymmetricKey>)>,
    private_keys: Vec<(String, OaepHash, Rc<K>)>,
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
        /// Whose key it is.
        keyset_id: String,
        /// What the key will be used with.
        hash: OaepHash,
        /// The key.
        key: Box<RsaPrivateJwk>,
    },
    /// Open a symmetric key with RSA-OAEP, for [`Keyring::put_symmetric_key`].
    Unseal {
        /// Whose key it is.
        owner: Owner,
        /// What opens it.
        with: Rc<K>,
        /// The sealed key.
        sealed: Vec<u8>,
    },
}

/// Whose symmetric key something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The keyset of this id.
    Keyset(String),
    /// A vault. It may get a new key, which shows in what the key is sealed as.
    Vault {
        /// Id of the vault.
        id: String,
        /// `data` of the vault's `encVaultKey`.
        seal: String,
    },
}

impl Owner {
    /// `what() -> text`
    ///
    /// What the key is called in an error.
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Keyset(_) => KEYSET,
            Self::Vault { .. } => VAULT_KEY,
        }
    }

    /// Whether a key of the one takes the place of a key of the other.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Vault { id, .. }, Self::Vault { id: other, .. }) => id == other,
            _ => self == other,
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
    pub fn new(account_unlock_key: &Secret<[u8; 32]>, keysets: Vec<Keyset>) -> Self {
        let key = account_unlock_key.clone();
        Self {
            account_unlock_key: Rc::new(SymmetricKey::new(ACCOUNT_UNLOCK_KEY.to_owned(), key)),
            keysets: keysets.into_iter().map(Rc::new).collect(),
            symmetric_keys: Vec::new(),
            private_keys: Vec::new(),
        }
    }

    /// `known_vault_key(vault_id) -> key`
    ///
    /// The key of a vault that was opened before.
    pub fn known_vault_key(&self, vault_id: &str) -> Option<Rc<SymmetricKey>> {
        let is_its = |owner: &Owner| matches!(owner, Owner::Vault { id, .. } if id == vault_id);
        self.symmetric_keys.iter().find(|(owner, _)| is_its(owner)).map(|(_, key)| Rc::clone(key))
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
        let owner = Owner::Vault { id: vault_id.to_owned(), seal: sealed.data.clone() };
        self.symmetric_key(owner, &sealed.kid, sealed, MAX_CHAIN)
    }

    /// `first_task() -> task`
    ///
    /// What can be done before it is known which keys are needed: to import the
    /// private key of the one keyset that the account unlock key opens, with the
    /// hash that vaults' keys are sealed with. `None` if there are several, or if
    /// it does not open: who needs it will be told.
    pub fn first_task(&mut self) -> Option<Task<K>> {
        let is_root = |keyset: &&Rc<Keyset>| keyset.encrypted_by == ACCOUNT_UNLOCK_KEY;
        let mut roots = self.keysets.iter().filter(is_root);
        let id = roots.next().filter(|_| roots.next().is_none())?.uuid.clone();
        match self.private_key(&id, OaepHash::Sha1, MAX_CHAIN) {
            Ok(Next::Todo(task)) => Some(task),
            _ => None,
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
        self.symmetric_keys.retain(|(other, _)| !owner.replaces(other));
        self.symmetric_keys.push((owner, Rc::clone(&key)));
        Ok(key)
    }

    /// `put_private_key(keyset_id, hash, key)`
    ///
    /// Takes the result of [`Task::Import`].
    pub fn put_private_key(&mut self, keyset_id: String, hash: OaepHash, key: K) {
        self.private_keys.retain(|(id, with, _)| *id != keyset_id || *with != hash);
        self.private_keys.push((keyset_id, hash, Rc::new(key)));
    }

    fn known_key(&self, owner: &Owner) -> Option<Rc<SymmetricKey>> {
        let known = self.symmetric_keys.iter().find(|(other, _)| other == owner);
        known.map(|(_, key)| Rc::clone(key))
    }

    /// A symmetric key that is sealed with the key of keyset `parent`. `depth`
    /// is how many more keysets may lie on the way up.
    fn symmetric_key(
        &mut self,
        owner: Owner,
        parent: &str,
        sealed: &Envelope,
        depth: usize,
    ) -> Result<Next<Rc<SymmetricKey>, K>, Error> {
        if let Some(key) = self.known_key(&owner) {
            return Ok(Next::Ready(key));
        }
        let what = owner.what();
        match sealing(sealed) {
            None => Err(Error::Decryption { what }),
            Some(Sealing::Symmetric) => match self.keyset_key(parent, depth)? {
                Next::Todo(task) => Ok(Next::Todo(task)),
                Next::Ready(with) => {
                    let plaintext = with.open(sealed.clone(), what)?;
                    self.put_symmetric_key(owner, &plaintext).map(Next::Ready)
                }
            },
            Some(Sealing::Rsa(hash)) => match self.private_key(parent, hash, depth)? {
                Next::Todo(task) => Ok(Next::Todo(task)),
                Next::Ready(with) => {
                    let sealed = decode_base64(&sealed.data).ok_or(Error::Decryption { what })?;
                    Ok(Next::Todo(Task::Unseal { owner, with, sealed }))
                }
            },
        }
    }

    fn keyset_key(&mut self, id: &str, depth: usize) -> Result<Next<Rc<SymmetricKey>, K>, Error> {
        if id == ACCOUNT_UNLOCK_KEY {
            return Ok(Next::Ready(Rc::clone(&self.account_unlock_key)));
        }
        let keyset = self.keyset(id)?;
        let depth = depth.checked_sub(1).ok_or(Error::Decryption { what: KEYSET })?;
        let sealed = &keyset.enc_sym_key;
        let parent = match keyset.encrypted_by.as_str() {
            "" => &sealed.kid,
            parent => parent,
        };
        self.symmetric_key(Owner::Keyset(id.to_owned()), parent, sealed, depth)
    }

    fn private_key(
        &mut self,
        id: &str,
        hash: OaepHash,
        depth: usize,
    ) -> Result<Next<Rc<K>, K>, Error> {
        let known = self.private_keys.iter().find(|(of, with, _)| of == id && *with == hash);
        if let Some((_, _, key)) = known {
            return Ok(Next::Ready(Rc::clone(key)));
        }
        match self.keyset_key(id, depth)? {
            Next::Todo(task) => Ok(Next::Todo(task)),
            Next::Ready(with) => {
                let key = Box::new(with.open_json(self.keyset(id)?.enc_pri_key.clone(), KEYSET)?);
                Ok(Next::Todo(Task::Import { keyset_id: id.to_owned(), hash, key }))
            }
        }
    }

    /// The newest keyset of this id.
    fn keyset(&self, id: &str) -> Result<Rc<Keyset>, Error> {
        self.keysets
            .iter()
            .filter(|keyset| keyset.uuid == id)
            .max_by_key(|keyset| keyset.sn)
            .map(Rc::clone)
            .ok_or(Error::Decryption { what: VAULT_KEY })
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
        for _ in 0..20 {
            match ring.vault_key("vault", sealed)? {
                Next::Ready(key) => return Ok(key),
                Next::Todo(Task::Import { keyset_id, hash, key }) => {
                    assert_eq!(key.d.expose(), "d");
                    let name = key_name(&keyset_id, hash);
                    ring.put_private_key(keyset_id, hash, name);
                }
                Next::Todo(Task::Unseal { owner, with, sealed }) => {
                    let text = String::from_utf8(sealed).unwrap();
                    let plaintext = text.strip_prefix(with.as_str()).unwrap();
                    let plaintext = Secret::new(plaintext.as_bytes().to_vec());
                    let is_the_vault_s = matches!(owner, Owner::Vault { .. });
                    let key = ring.put_symmetric_key(owner, &plaintext)?;
                    if is_the_vault_s {
                        return Ok(key);
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
        let Some(Task::Import { keyset_id, hash, .. }) = one.first_task() else {
            panic!("the root's key is not imported");
        };
        one.put_private_key(keyset_id.clone(), hash, key_name(&keyset_id, hash));
        assert_eq!((keyset_id.as_str(), hash), ("a", OaepHash::Sha1));
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

    #[test]
    fn an_opened_key_is_remembered() {
        let mut ring = ring(vec![root("a", 2)]);
        assert!(ring.known_vault_key("vault").is_none());
        drive(&mut ring, &rsa("a", OaepHash::Sha1, &jwk(9))).unwrap();
        assert!(ring.known_vault_key("vault").is_some());
    }
}
