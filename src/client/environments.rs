//! The variables of Environments.

use super::{
    Account, Client,
    find::{Located, NO_ITEMS, Trust},
    warm::News,
};
use crate::{
    base::{
        encoding::is_object_id,
        error::{Error, Refusal},
    },
    host::Host,
    resolve::{cache::Age, question::Target},
    wire::vaults::Vault,
};

/// The kind of a vault that is an Environment.
const ENVIRONMENT: &str = "D";
const NOT_ONE_ITEM: &str = "” is damaged: it may have one item at most, with a valid id";

/// `is_environment(vault) -> bool`
///
/// # Source
/// protocol.md “Environments” (observed)
pub(super) fn is_environment(vault: &Vault) -> bool {
    vault.kind == ENVIRONMENT
}

impl<H: Host> Client<H> {
    /// The id of the one item of an Environment, empty if it has none, and how old that is.
    ///
    /// # Source
    /// protocol.md “Environments” (observed)
    pub(super) async fn only_item(
        &self,
        account: &Account<H::PrivateKey>,
        vault_id: &str,
        target: &Target,
        trust: Trust,
    ) -> Result<Located<String>, Error> {
        let now_ms = self.host.now_ms();
        let known = account.cache.borrow().only_item(vault_id, now_ms);
        // Where there was none, there may be one now.
        if let Some(thing) = known.filter(|id| trust.names && !id.is_empty()) {
            return Ok(Located { thing, names: Age::Old });
        }
        let reading = account.cache.borrow_mut().begin(now_ms);
        let items = match self.read_overviews(account, vault_id, trust.refusals).await {
            Ok((items, _)) => items,
            Err(NO_ITEMS) => Vec::new(),
            Err(other) => return Err(other),
        };
        // Whatever their state.
        let thing = match &*items {
            [] => String::new(),
            [only] if is_object_id(&only.uuid) => only.uuid.clone(),
            _ => {
                let of = ["the Environment “", &target.vault, NOT_ONE_ITEM];
                return Err(Refusal::EnvironmentDamaged.because(&of));
            }
        };
        if account.cache.borrow_mut().put_only_item(vault_id, reading, &thing) {
            account.note_news(News::Names);
        }
        Ok(Located { thing, names: Age::New })
    }
}
