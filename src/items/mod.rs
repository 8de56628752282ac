//! An item once it is opened: its state, its title, its fields.

pub mod file;
pub mod model;
pub mod postal;
pub mod query;
pub mod share;
pub mod ssh;
pub mod totp;
pub mod value;
pub mod variables;

use crate::{
    auth::envelope::SymmetricKey,
    base::error::Error,
    wire::{
        items::{Item, ItemDetails, ItemOverview, ItemTitle},
        sealed::Envelope,
    },
};

const OVERVIEW: &str = "the item's overview";
const DETAILS: &str = "the item's fields";

/// `is_active(item) -> bool`
///
/// Whether a reference may name the item: it is neither archived nor deleted.
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
    let ItemTitle { title } = vault_key.open_json(overview, OVERVIEW)?;
    Ok(title)
}

/// `open_overview(item, vault_key) -> overview`
///
/// # Errors
/// [`Error::Decryption`]
/// # Source
/// protocol.md “Items” (observed)
pub fn open_overview(item: &Item, vault_key: &SymmetricKey) -> Result<ItemOverview, Error> {
    vault_key.open_json(item.enc_overview.clone(), OVERVIEW)
}

/// `open_details(item, vault_key) -> details`
///
/// What has no kind or no id is no field, and left out.
///
/// # Errors
/// [`Error::Decryption`], also if the server sent the item without them.
/// # Source
/// protocol.md “Items”, “Resolving a reference” 4 (observed)
pub fn open_details(item: &Item, vault_key: &SymmetricKey) -> Result<ItemDetails, Error> {
    let mut details: ItemDetails = vault_key.open_json(item.enc_details.clone(), DETAILS)?;
    details.sections.retain(|section| section.name.is_some() || section.title.is_some());
    for section in &mut details.sections {
        section.fields.retain(|field| field.kind.is_some() && field.id.is_some());
    }
    Ok(details)
}
