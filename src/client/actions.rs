//! What sharing and groups need of the core: requests under the session, and what is sealed with keys
//! that stay in it. Which requests, and of what, the face knows: it is neither signing in nor
//! resolving, and would be a tenth of the module.

use super::{
    Client,
    requests::{Change, ITEM_BYTES, LIST_BYTES, Wanted},
};
use crate::{
    auth::envelope::{SymmetricKey, jwk, rsa_hash},
    base::{
        encoding::encode_base64url,
        error::{Error, Said},
        json::to_json,
        secret::Secret,
    },
    host::Host,
    items::{is_active, model::find_file, open_details, share::ShareKeys},
    wire::{
        items::{FieldObject, Item},
        keysets::SymmetricJwk,
        sealed::SealedRequest,
        shares::{SealedShare, StoredFile},
    },
};

/// Whoever was refused asks an administrator, and tries again at once.
const NEVER_REMEMBERED: u64 = u64::MAX;
const VAULT_KEY: &str = "a vault's key";
const NO_VAULT: Error = Error::NotFound { action: "read the vault", said: Said::NOTHING };

/// Something to do that is neither a question nor a list.
#[derive(Debug)]
pub enum Action {
    /// A request under the session; the answer's JSON.
    Request {
        /// What it is for, in the words of an error message.
        action: &'static str,
        /// HTTP method.
        method: &'static str,
        /// Path and query.
        target: String,
        /// JSON.
        body: Option<String>,
        /// What it changes.
        change: Change,
    },
    /// Something with the key of the vault of this id, which [`Client::has_key`] has to be.
    WithKey(String, Keyed),
}

/// What is done with a vault's key.
#[derive(Debug)]
pub enum Keyed {
    /// It is sealed for the holder of an RSA key, given as `alg`, `n` and `e`; base64url.
    Seal([String; 3]),
    /// Overview and details, in JSON, are sealed with a key that is made for them, and that with it;
    /// JSON.
    Share([Secret<String>; 2]),
    /// The item of this id is opened: what is stored of its files with these ids; JSON.
    Files(String, Vec<String>),
}

impl<H: Host> Client<H> {
    /// `act(action) -> text`
    ///
    /// # Errors
    /// What stands in the way of the request, the vault or the item; [`Error::Decryption`] if a public
    /// key is none.
    /// # Source
    /// protocol.md “Sharing an item”, “Groups and access to vaults” (observed)
    pub async fn act(&self, action: Action) -> Result<Secret<String>, Error> {
        let account = self.account()?;
        let (vault_id, keyed) = match action {
            Action::WithKey(vault_id, keyed) => (vault_id, keyed),
            Action::Request { action, method, target, body, change } => {
                let wanted = Wanted {
                    method,
                    body,
                    change,
                    max_bytes: LIST_BYTES,
                    since: NEVER_REMEMBERED,
                    ..Wanted::get(action, target)
                };
                let (answer, _held) = self.exchange(&account, wanted).await?;
                return Ok(Secret::new(String::from_utf8(answer.into_inner()).unwrap_or_default()));
            }
        };
        let key = account.vault_keys.borrow().known(&vault_id).ok_or(NO_VAULT)?;
        match keyed {
            Keyed::Seal([algorithm, n, e]) => {
                let hash = rsa_hash(&algorithm).ok_or(Error::Decryption { what: VAULT_KEY })?;
                let k = Secret::new(encode_base64url(key.expose()));
                let jwk = Secret::new(to_json(&jwk(key.id(), &k)));
                let sealed = self.host.seal_rsa_oaep([&n, &e], hash, jwk.expose(), VAULT_KEY);
                Ok(Secret::new(encode_base64url(sealed.await?.expose())))
            }
            Keyed::Share([overview, details]) => self.sealed_share(&key, [&overview, &details]),
            Keyed::Files(item_id, ids) => {
                let place = (&*vault_id, &*item_id);
                let item = self.read_item(&account, place, ITEM_BYTES, NEVER_REMEMBERED).await?;
                files_json(&item, &key, &ids)
            }
        }
    }

    /// `has_key(vault_id) -> bool`
    ///
    /// Whether the vault has been opened, as whoever lists it or reads it does.
    pub fn has_key(&self, vault_id: &str) -> bool {
        self.account().is_ok_and(|account| account.vault_keys.borrow().known(vault_id).is_some())
    }

    fn sealed_share(
        &self,
        vault_key: &SymmetricKey,
        [overview, details]: [&Secret<String>; 2],
    ) -> Result<Secret<String>, Error> {
        let mut secret = Secret::zeroed();
        self.host.fill_random(secret.expose_mut())?;
        let keys = ShareKeys::new(&secret);
        Ok(Secret::new(to_json(&SealedShare {
            uuid: &keys.uuid,
            token: &keys.token,
            overview: self.seal(&keys.key, overview)?,
            details: self.seal(&keys.key, details)?,
            sealed_secret: self.seal(vault_key, &keys.secret)?,
            secret: keys.secret.expose(),
        })))
    }

    fn seal<'a>(
        &self,
        key: &'a SymmetricKey,
        text: &Secret<String>,
    ) -> Result<SealedRequest<'a>, Error> {
        key.seal(self.random_iv()?, text.expose().as_bytes())
    }
}

fn files_json(item: &Item, key: &SymmetricKey, ids: &[String]) -> Result<Secret<String>, Error> {
    if !is_active(item) {
        return Err(Error::ItemNotActive { item: item.uuid.clone() });
    }
    let details = open_details(item, key)?;
    let files: Vec<_> = ids.iter().map(|id| find_file(&details, id).map(stored_file)).collect();
    Ok(Secret::new(to_json(&files)))
}

fn stored_file(file: &FieldObject) -> StoredFile<'_> {
    let (key, signing_key) = (&file.encryption_key, file.signing_key.as_ref());
    StoredFile {
        file_name: &file.file_name,
        document_id: &file.document_id,
        unencrypted_size: file.unencrypted_size,
        encrypted_size: file.encrypted_size,
        integrity_hash: &file.integrity_hash,
        nonce: &file.nonce,
        encryption_key: jwk(&key.kid, &key.k),
        is_signed: signing_key.is_some_and(SymmetricJwk::is_key),
    }
}
