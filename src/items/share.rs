//! A share: what its link opens, and the keys in it.

use crate::{
    auth::envelope::SymmetricKey,
    base::{
        encoding::{encode_base32, encode_base64url},
        secret::Secret,
    },
    crypto::hkdf::derive,
};

const UUID: &[u8] = b"share_item_uuid";
const TOKEN: &[u8] = b"share_item_token";
const KEY: &[u8] = b"share_item_encryption_key";
/// Of an id and of a token.
const ID_BYTES: usize = 16;

/// What is derived from the secret of a share, which its link has and the service has not.
#[derive(Debug)]
pub struct ShareKeys {
    /// What the service keeps the share under.
    pub uuid: String,
    /// What the service wants to see of whoever looks at it.
    pub token: String,
    /// Seals what is shared.
    pub key: SymmetricKey,
    /// The secret as the link has it: base64url, 43 characters.
    pub secret: Secret<String>,
}

impl ShareKeys {
    /// `new(secret) -> keys`
    ///
    /// # Shapes
    /// - `secret`: 32 random bytes
    /// # Source
    /// protocol.md “Sharing an item” (observed); 1Password Security Design, “Secure sharing”
    pub fn new(secret: &Secret<[u8; 32]>) -> Self {
        let id = |info| {
            // The first 16 bytes of the first block are what HKDF gives if 16 are asked for.
            let derived = derive(secret.expose(), info);
            encode_base32(derived.expose().get(..ID_BYTES).unwrap_or_default())
        };
        let uuid = id(UUID);
        Self {
            token: id(TOKEN),
            key: SymmetricKey::new(uuid.clone(), derive(secret.expose(), KEY)),
            uuid,
            secret: Secret::new(encode_base64url(secret.expose())),
        }
    }
}
