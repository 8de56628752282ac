//! The key of what is stored outside the process: without the token a record is useless.

use crate::{
    auth::{envelope::SymmetricKey, token::Credentials},
    base::{
        encoding::encode_base64url,
        json::{parse, to_json},
        secret::Secret,
    },
    crypto::{aead::IV_BYTES, hkdf},
    wire::sealed::Envelope,
};

/// Names the layout of a record: one that another version wrote does not open.
const VERSION: &str = "onepassword-edge record 1";
const KEY_ID: &str = "record";
const NAME_BYTES: usize = 16;

/// Seals the record of one token, and opens it again.
#[derive(Debug)]
pub struct StoreKey {
    /// The name under which a store has the record. It says nothing of the account.
    pub name: String,
    key: SymmetricKey,
}

impl StoreKey {
    /// `new(credentials) -> key`
    ///
    /// Both name and key are derived from the token's keys, so that whoever reads
    /// the store learns neither the account nor anything of it.
    ///
    /// # Source
    /// RFC 5869
    pub fn new(credentials: &Credentials) -> Self {
        let mut material = Secret::<[u8; 64]>::zeroed();
        let (unlock, x) = material.expose_mut().split_at_mut(32);
        unlock.copy_from_slice(credentials.account_unlock_key.expose());
        x.copy_from_slice(credentials.srp_x.expose());
        let host = credentials.address.host();
        let derive = |what: &str| {
            let account = [host, &credentials.email, &credentials.device_id];
            let info = account.iter().fold(format!("{VERSION}|{what}"), |info, part| {
                format!("{info}|{}:{part}", part.len())
            });
            hkdf::derive(material.expose(), info.as_bytes())
        };
        let name = derive("name");
        let (name, _) = name.expose().split_at(NAME_BYTES);
        Self {
            name: format!("onepassword-edge-{}", encode_base64url(name)),
            key: SymmetricKey::new(KEY_ID.to_owned(), derive("key")),
        }
    }

    /// `seal(record, iv) -> text`
    ///
    /// # Shapes
    /// - `iv`: 12 random bytes; returns JSON; `None` if it is longer than GCM allows
    pub fn seal(&self, record: &Secret<Vec<u8>>, iv: [u8; IV_BYTES]) -> Option<String> {
        self.key.seal(iv, record.expose()).ok().map(|sealed| to_json(&sealed))
    }

    /// `open(text) -> record`
    ///
    /// `None` unless this token has sealed it.
    pub fn open(&self, text: &str) -> Option<Secret<Vec<u8>>> {
        self.key.open(parse::<Envelope>(text.as_bytes())?, KEY_ID).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::parse_token;
    use serde_json::json;

    fn key(email: &str, byte: u8) -> StoreKey {
        let hex = format!("{byte:02x}").repeat(32);
        let token = json!({
            "signInAddress": "my.1password.com", "email": email,
            "secretKey": "A3-ABCDEF-ABCDEF-ABCDE-ABCDE-ABCDE-ABCDE", "srpX": hex,
            "muk": { "kid": "mp", "k": encode_base64url(&[byte; 32]) },
            "userAuth": { "method": "SRPg-4096", "alg": "PBES2g-HS256", "iterations": 1,
                "salt": encode_base64url(&[1; 16]) },
            "deviceUuid": "abcdefghijklmnopqrstuvwxya",
            "throttleSecret": { "seed": hex, "uuid": "ABC" },
        });
        let text = format!("ops_{}", encode_base64url(token.to_string().as_bytes()));
        StoreKey::new(&parse_token(&text).unwrap())
    }

    #[test]
    fn foreign_and_damaged_records_do_not_open() {
        let own = key("a@b.example", 1);
        let record = own.seal(&Secret::new(b"what is stored".to_vec()), [2; 12]).unwrap();
        assert!(!record.contains("stored"));
        assert_eq!(own.open(&record).unwrap().expose(), b"what is stored");
        for (email, byte) in [("c@b.example", 1), ("a@b.example", 2)] {
            let other = key(email, byte);
            assert_ne!(other.name, own.name);
            assert!(other.open(&record).is_none());
        }
        for position in 0..record.len() {
            let mut bytes = record.clone().into_bytes();
            bytes[position] ^= 1;
            let opened = String::from_utf8(bytes).ok().and_then(|record| own.open(&record));
            let is_whole = opened.is_none_or(|opened| opened.expose() == b"what is stored");
            assert!(is_whole, "byte {position}");
        }
        assert!(own.open("").is_none());
    }
}
