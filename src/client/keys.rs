//! Opening keys, with the host's help.

use super::{Account, Client, requests::KEYSETS_BYTES};
use crate::{
    auth::{
        envelope::SymmetricKey,
        keyring::{Keyring, Next, Task},
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
        since: u64,
    ) -> Result<Rc<SymmetricKey>, Error> {
        self.load_keyring(account, since).await?;
        let sealed = &vault.combined_access.enc_vault_key;
        loop {
            match account.with_keyring(|ring| ring.vault_key(&vault.uuid, sealed))? {
                Next::Ready(key) => return Ok(key),
                Next::Todo(task) => self.perform(account, task).await?,
            }
        }
    }

    pub(super) async fn load_keyring(
        &self,
        account: &Account<H::PrivateKey>,
        since: u64,
    ) -> Result<(), Error> {
        let _turn = self.turn(&account.loading).await;
        if account.keyring.borrow().is_none() {
            let target = "/api/v2/account/keysets".to_owned();
            let KeysetsResponse { keysets } =
                self.read(account, READ_KEYSETS, target, KEYSETS_BYTES, since).await?;
            let keysets =
                keysets.ok_or(Error::Protocol { what: "the account came without its keys" })?;
            let ring = Keyring::new(&account.credentials.account_unlock_key, keysets);
            // Another call's, where calls do not wait for each other, has keys opened.
            account.keyring.borrow_mut().get_or_insert(ring);
        }
        Ok(())
    }

    /// The same, and what can be opened while the vaults are on their way.
    pub(super) async fn open_keyring(
        &self,
        account: &Account<H::PrivateKey>,
        since: u64,
    ) -> Result<(), Error> {
        self.load_keyring(account, since).await?;
        if let Some(task) = account.with_keyring(|ring| Ok(ring.first_task()))? {
            // A key that cannot be opened is an error of whoever needs it.
            let _ = self.perform(account, task).await;
        }
        Ok(())
    }

    /// Has the host do what a key is waiting for, and tells the keyring how that went.
    pub(super) async fn perform(
        &self,
        account: &Account<H::PrivateKey>,
        task: Task<H::PrivateKey>,
    ) -> Result<(), Error> {
        match task {
            Task::Import { keyset, hash, key } => {
                let imported = self.host.import_private_key(&key, hash).await;
                account.with_keyring(|ring| match imported {
                    Ok(key) => {
                        ring.put_private_key(keyset, hash, key);
                        Ok(())
                    }
                    Err(error) => unless_damaged(error, || ring.refuse_private_key(keyset)),
                })
            }
            Task::Unseal { owner, keyset, with, sealed } => {
                let opened = self.host.open_rsa_oaep(&with, &sealed, owner.what()).await;
                account.with_keyring(|ring| {
                    let put = opened.and_then(|key| ring.put_symmetric_key(owner, &key).map(drop));
                    put.or_else(|error| unless_damaged(error, || ring.refuse(owner, keyset)))
                })
            }
        }
    }
}

/// What does not open is nothing to stop at: another keyset may.
fn unless_damaged(error: Error, refuse: impl FnOnce()) -> Result<(), Error> {
    if !matches!(error, Error::Decryption { .. }) {
        return Err(error);
    }
    refuse();
    Ok(())
}
