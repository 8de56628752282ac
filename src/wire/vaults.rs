//! Vaults.

use crate::{base::json::from_json, wire::sealed::Envelope};

from_json! {
    /// A vault as `GET /api/v1/vaults` and `GET /api/v3/vault/<id>` show it.
    pub struct Vault if uuid {
        /// Id of the vault.
        "uuid" => pub uuid: String,
        /// `P` personal, `E` everyone, `U` user created, `T` transfer.
        "type" => pub kind: String,
        /// RFC 3339.
        "createdAt" => pub created_at: String,
        /// RFC 3339.
        "updatedAt" => pub updated_at: String,
        /// Rises when its name or description changes.
        "attrVersion" => pub attribute_version: i64,
        /// Rises when an item changes.
        "contentVersion" => pub content_version: i64,
        /// How many items are neither archived nor deleted.
        "activeItemCount" => pub active_items: i64,
        /// Name and description, sealed with the vault key.
        "encAttrs" => pub enc_attrs: Envelope,
        /// How this account reaches the vault.
        "combinedAccess" => pub combined_access: VaultAccess,
        /// Who reaches it, if that was asked for.
        "access" => pub access: Option<Vec<Accessor>>,
    }

    /// Who reaches a vault.
    pub struct Accessor {
        /// Id of the vault.
        "vaultUuid" => pub vault_uuid: String,
        /// `user` or `group`.
        "accessorType" => pub kind: String,
        /// Id of the user or group.
        "accessorUuid" => pub uuid: String,
        /// What they may do, a bit each.
        "acl" => pub permissions: Option<i64>,
    }

    /// How an account reaches a vault.
    pub struct VaultAccess {
        /// The vault key, sealed with a keyset's key.
        "encVaultKey" => pub enc_vault_key: Envelope,
    }

    /// What a vault says of itself once opened.
    pub struct VaultAttributes {
        /// Id of the vault.
        "uuid" => pub uuid: Option<String>,
        /// Name of the vault.
        "name" => pub name: String,
        /// What it is for.
        "desc" => pub description: String,
    }
}
