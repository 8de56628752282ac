//! A session as it is kept outside the process: sealed, and useless without the token.

use crate::{
    auth::{envelope::SymmetricKey, session::Session, token::Credentials},
    base::{
        encoding::encode_base64url,
        json::{parse, to_json},
        secret::Secret,
    },
    crypto::{aead::IV_BYTES, hkdf},
    wire::sealed::Envelope,
};

/// Names the form of a record: one that another version wrote does not open.
const VERSION: &str = "onepassword-edge session 1";
const KEY_ID: &str = "stored session";
/// How long a session is lent to others. The service does not say how long one lives.
pub const TTL_SECONDS: u32 = 15 * 60;
/// How far the clock of whoever lends may be ahead.
const CLOCK_SKEW_MS: u64 = 60_000;
const NAME_BYTES: usize = 16;

/// Seals sessions of one token, and opens them again.
#[derive(Debug)]
pub struct SessionVault {
    /// Under which a store has the record: says nothing of the account.
    pub name: String,
    key: SymmetricKey,
    host: String,
}

impl SessionVault {
    /// `new(credentials) -> vault`
    ///
    /// Both name and key are derived from the token's keys, so that whoever reads
    /// the store learns neither the account nor the session.
    ///
    /// # Source
    /// RFC 5869
    pub fn new(credentials: &Credentials) -> Self {
        let mut material = Secret::<[u8; 64]>::zeroed();
        let (unlock, x) = material.expose_mut().split_at_mut(32);
        unlock.copy_from_slice(credentials.account_unlock_key.expose());
        x.copy_from_slice(credentials.srp_x.expose());
        let host = credentials.address.host().to_owned();
        let derive = |what: &str| {
            let account = [&host, &credentials.email, &credentials.device_id];
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
            host,
        }
    }

    /// `seal(session, now_ms, iv) -> record`
    ///
    /// # Shapes
    /// - `iv`: 12 random bytes; returns JSON; `None` if it cannot be sealed
    pub fn seal(&self, session: &Session, now_ms: u64, iv: [u8; IV_BYTES]) -> Option<String> {
        let ends_ms = now_ms + u64::from(TTL_SECONDS) * 1000;
        let mut plaintext = Secret::new(ends_ms.to_be_bytes().to_vec());
        // Room for all of it: a vector that grows leaves the key where it was.
        plaintext.expose_mut().reserve_exact(32 + session.id().len());
        plaintext.expose_mut().extend_from_slice(session.key_bytes());
        plaintext.expose_mut().extend_from_slice(session.id().as_bytes());
        self.key.seal(iv, plaintext.expose()).ok().map(|sealed| to_json(&sealed))
    }

    /// `open(record, now_ms, random) -> session`
    ///
    /// The session of a record that this token sealed and that is not too old;
    /// `None` for any other.
    ///
    /// # Shapes
    /// - `random`: where its request numbers start, see [`Session::resume`]
    pub fn open(&self, record: &str, now_ms: u64, random: u32) -> Option<Session> {
        let envelope: Envelope = parse(record.as_bytes())?;
        let plaintext = self.key.open(envelope, KEY_ID).ok()?;
        let (ends_ms, rest) = plaintext.expose().split_first_chunk::<8>()?;
        let (key, id) = rest.split_first_chunk::<32>()?;
        // A clock that was set back does not make a record live longer.
        let ends_ms = u64::from_be_bytes(*ends_ms);
        let left = ends_ms.checked_sub(now_ms)?;
        if left == 0 || left > u64::from(TTL_SECONDS) * 1000 + CLOCK_SKEW_MS {
            return None;
        }
        let key = Secret::from_slice(key)?;
        let id = String::from_utf8(id.to_vec()).ok().filter(|id| !id.is_empty())?;
        let session = Session::resume(id, &key, &self.host, random);
        session.lent_until_ms.set(ends_ms);
        Some(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::parse_token;
    use serde_json::json;

    const NOW: u64 = 1_800_000_000_000;
    const TTL_MS: u64 = TTL_SECONDS as u64 * 1000;

    fn vault(email: &str, byte: u8) -> SessionVault {
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
        SessionVault::new(&parse_token(&text).unwrap())
    }

    fn session() -> Session {
        Session::new("S".repeat(26), &Secret::new([5; 32]), "my.1password.com", 7)
    }

    #[test]
    fn a_session_comes_back_with_numbers_of_its_own() {
        let vault = vault("a@b.example", 1);
        let record = vault.seal(&session(), NOW, [2; 12]).unwrap();
        assert!(!record.contains("SSS"));
        let resumed = vault.open(&record, NOW + 1, 3).unwrap();
        assert_eq!((resumed.id(), resumed.key_bytes()), (session().id(), session().key_bytes()));
        let number = |session: &Session| {
            let mac = session.get("look", "/x".into()).mac.unwrap();
            mac.split('|').nth(1).unwrap().parse::<u32>().unwrap()
        };
        assert!(number(&session()) < 1 << 20 && number(&resumed) > 1 << 25);
        assert_ne!(number(&resumed), number(&vault.open(&record, NOW, u32::MAX).unwrap()));
    }

    #[test]
    fn old_foreign_and_damaged_records() {
        let own = vault("a@b.example", 1);
        let record = own.seal(&session(), NOW, [2; 12]).unwrap();
        assert!(own.open(&record, NOW + TTL_MS - 1, 0).is_some());
        assert!(own.open(&record, NOW + TTL_MS, 0).is_none());
        assert!(own.open(&record, NOW - CLOCK_SKEW_MS, 0).is_some());
        assert!(own.open(&record, NOW - CLOCK_SKEW_MS - 1, 0).is_none());
        for (email, byte) in [("c@b.example", 1), ("a@b.example", 2)] {
            let other = vault(email, byte);
            assert_ne!(other.name, own.name);
            assert!(other.open(&record, NOW, 0).is_none());
        }
        for position in 0..record.len() {
            let mut bytes = record.clone().into_bytes();
            bytes[position] ^= 1;
            let opened = String::from_utf8(bytes).ok().and_then(|r| own.open(&r, NOW, 0));
            let still = opened.is_none_or(|session| session.key_bytes() == &[5; 32]);
            assert!(still, "byte {position}");
        }
        assert!(own.open("", NOW, 0).is_none());
    }
}
