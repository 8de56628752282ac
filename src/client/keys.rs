//! Opening keys, with the host's help.

use super::{Account, Client};
use crate::{
    auth::{
        envelope::SymmetricKey,
        keyring::{Keyring, Next, Owner, Task},
    },
    base::error::Error,
    host::Host,
    wire::{keysets::KeysetsResponse, vaults::Vault},
};
use std::rc::Rc;

const READ_KEYSETS: &str = "read the account's keys";

impl<H: Host> Client<H> {
    pub(super) async fn vault_key(
        &self,
        account: &Account<H::PrivateKey>,
        vault: &Vault,
    ) -> Result<Rc<SymmetricKey>, Error> {
        self.load_keyring(account).await?;
        let sealed = &vault.combined_access.enc_vault_key;
        loop {
            match account.with_keyring(|ring| ring.vault_key(&vault.uuid, sealed))? {
                Next::Ready(key) => return Ok(key),
                Next::Todo(task) => {
                    if let Some(key) = self.perform(account, task).await? {
                        return Ok(key);
                    }
                }
            }
        }
    }

    pub(super) async fn load_keyring(&self, account: &Account<H::PrivateKey>) -> Result<(), Error> {
        let _turn = self.turn(&account.loading).await;
        if account.keyring.borrow().is_none() {
            let target = "/api/v2/account/keysets".to_owned();
            let KeysetsResponse { keysets } = self.read(account, READ_KEYSETS, target).await?;
            let keysets =
                keysets.ok_or(Error::Protocol { what: "the account came without its keys" })?;
            let ring = Keyring::new(&account.credentials.account_unlock_key, keysets);
            // Another call's, where calls do not wait for each other, has keys opened.
            account.keyring.borrow_mut().get_or_insert(ring);
        }
        Ok(())
    }

    /// The same, and what can be opened while the vaults are on their way.
    pub(super) async fn open_keyring(&self, account: &Account<H::PrivateKey>) -> Result<(), Error> {
        self.load_keyring(account).await?;
        if let Some(task) = account.with_keyring(|ring| Ok(ring.first_task()))? {
            // A key that cannot be opened is an error of whoever needs it.
            let _ = self.perform(account, task).await;
        }
        Ok(())
    }

    /// Has the host do what a key is waiting for; the vault's key, if it was that.
    pub(super) async fn perform(
        &self,
        account: &Account<H::PrivateKey>,
        task: Task<H::PrivateKey>,
    ) -> Result<Option<Rc<SymmetricKey>>, Error> {
        match task {
            Task::Import { keyset_id, hash, key } => {
                let key = self.host.import_private_key(&key, hash).await?;
                account.with_keyring(|ring| {
                    ring.put_private_key(keyset_id, hash, key);
                    Ok(None)
                })
            }
            Task::Unseal { owner, with, sealed } => {
                let plaintext = self.host.open_rsa_oaep(&with, &sealed, owner.what()).await?;
                let is_the_vault_s = matches!(owner, Owner::Vault { .. });
                let key = account.with_keyring(|ring| ring.put_symmetric_key(owner, &plaintext))?;
                Ok(is_the_vault_s.then_some(key))
            }
        }
    }
}
