//! An item once it is opened: its state, its title, its fields.

pub mod file;
pub mod postal;
pub mod ssh;
pub mod totp;
pub mod value;

use crate::{
    envelope::SymmetricKey,
    error::Error,
    wire::{Envelope, Item, ItemDetails, ItemOverview},
};

const OVERVIEW: &str = "the item's overview";
const DETAILS: &str = "the item's fields";

/// `is_active(item) -> bool`
///
/// Whether a reference may name the item: it is neither in the bin nor deleted.
/// An archived item may.
///
/// # Source
/// protocol.md “Items” (observed)
pub fn is_active(item: &Item) -> bool {
    !matches!(item.trashed.as_str(), "Y" | "D")
}

/// `open_title(overview, vault_key) -> title`
///
/// # Errors
/// [`Error::Decryption`]
/// # Source
/// protocol.md “Items” (observed)
pub fn open_title(overview: Envelope, vault_key: &SymmetricKey) -> Result<String, Error> {
    let overview: ItemOverview = vault_key.open_json(overview, OVERVIEW)?;
    Ok(overview.title)
}

/// `open_details(item, vault_key) -> details`
///
/// # Errors
/// [`Error::Decryption`], also if the server sent the item without them.
/// # Source
/// protocol.md “Items” (observed)
pub fn open_details(item: &Item, vault_key: &SymmetricKey) -> Result<ItemDetails, Error> {
    vault_key.open_json(item.enc_details.clone(), DETAILS)
}
