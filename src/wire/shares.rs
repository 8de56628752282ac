//! What of a share the module makes.

use crate::{
    base::json::to_json_object,
    wire::{keysets::SymmetricJwkRequest, sealed::SealedRequest},
};

to_json_object! {
    /// The part of `POST /api/v4/itemshare` that needs keys, and the secret of its link.
    pub struct SealedShare {
        /// What the service keeps it under.
        "uuid" => pub uuid: &'a str,
        /// What it wants to see of whoever looks at it.
        "token" => pub token: &'a str,
        /// Sealed with the share's key.
        "encOverview" => pub overview: SealedRequest<'a>,
        /// Sealed with the share's key.
        "encDetails" => pub details: SealedRequest<'a>,
        /// The secret, sealed with the vault's key.
        "encShareSecret" => pub sealed_secret: SealedRequest<'a>,
        /// The secret as the link has it.
        "secret" => pub secret: &'a str,
    }

    /// A file as a share has it, and what decides whether it may be shared.
    pub struct StoredFile {
        /// Name of the file.
        "fileName" => pub file_name: &'a str,
        /// Id of the file's content.
        "documentId" => pub document_id: &'a str,
        /// Length of the content in bytes.
        "unencryptedSize" => pub unencrypted_size: i64,
        /// Length of what is stored.
        "encryptedSize" => pub encrypted_size: i64,
        /// SHA-256 of what is stored, base64url.
        "integrityHash" => pub integrity_hash: &'a str,
        /// Initialisation vector, base64url of 12 bytes.
        "nonce" => pub nonce: &'a str,
        /// Opens the content.
        "encryptionKey" => pub encryption_key: SymmetricJwkRequest<'a>,
        /// Whether it has a key that has signed it.
        "isSigned" => pub is_signed: bool,
    }
}
