//! The throttling token: a PASETO v4.public token, signed with Ed25519.

use crate::base::{
    encoding::{encode_base64url, format_rfc3339},
    secret::Secret,
};
use ed25519_dalek::{Signer, SigningKey};

const HEADER: &str = "v4.public.";
const IMPLICIT_ASSERTION: &[u8] = b"B5_THROTTLING_TOKEN";
const LIFETIME_SECONDS: u64 = 3600;
/// Replaced this long before its end, so that none expires on its way.
const MARGIN_SECONDS: u64 = 300;

/// A signed throttling token. It serves all requests until it nears its end.
#[derive(Debug, Clone)]
pub struct ThrottlingToken {
    /// The value of `OP-Throttling-Token`.
    pub text: String,
    /// Unix time in seconds.
    pub issued_at_seconds: u64,
}

impl ThrottlingToken {
    /// `issue(seed, key_id, now_ms) -> token`
    ///
    /// # Shapes
    /// - `seed`: 32 bytes, an Ed25519 seed; `key_id`: letters and digits;
    ///   `now_ms`: Unix time in milliseconds; lasts one hour
    /// # Source
    /// PASETO v4.public; protocol.md “Headers” (observed)
    pub fn issue(seed: &Secret<[u8; 32]>, key_id: &str, now_ms: u64) -> Self {
        let iat = now_ms / 1000;
        let payload = format!(
            r#"{{"iat":"{}","exp":"{}"}}"#,
            format_rfc3339(iat),
            format_rfc3339(iat.saturating_add(LIFETIME_SECONDS))
        );
        let footer = format!(r#"{{"kid":"{key_id}"}}"#);
        let text = sign(seed, payload.as_bytes(), footer.as_bytes(), IMPLICIT_ASSERTION);
        Self { text, issued_at_seconds: iat }
    }

    /// `ends_ms() -> milliseconds`
    ///
    /// Until when it may be sent: Unix time in milliseconds.
    pub const fn ends_ms(&self) -> u64 {
        let lasts = LIFETIME_SECONDS - MARGIN_SECONDS;
        self.issued_at_seconds.saturating_add(lasts).saturating_mul(1_000)
    }

    /// `is_fresh(now_ms) -> bool`
    ///
    /// Whether the token may be sent at this time. A clock that was set back
    /// makes it unusable as well.
    pub fn is_fresh(&self, now_ms: u64) -> bool {
        (now_ms / 1000)
            .checked_sub(self.issued_at_seconds)
            .is_some_and(|age| age < LIFETIME_SECONDS - MARGIN_SECONDS)
    }
}

/// `sign(seed, payload, footer, implicit) -> token`
///
/// # Source
/// PASETO Version 4, “Sign”
fn sign(seed: &Secret<[u8; 32]>, payload: &[u8], footer: &[u8], implicit: &[u8]) -> String {
    // Zeroed on drop by its crate.
    let key = SigningKey::from_bytes(seed.expose());
    let signature =
        key.sign(&pre_authentication_encoding(&[HEADER.as_bytes(), payload, footer, implicit]));
    let body = encode_base64url(&[payload, &signature.to_bytes()].concat());
    match footer {
        [] => format!("{HEADER}{body}"),
        _ => format!("{HEADER}{body}.{}", encode_base64url(footer)),
    }
}

/// PASETO's PAE: the number of parts, then each with its length before it, all
/// numbers as 64-bit little-endian.
fn pre_authentication_encoding(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::from((parts.len() as u64).to_le_bytes());
    for part in parts {
        out.extend((part.len() as u64).to_le_bytes());
        out.extend(*part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::{decode_base64, decode_hex};

    #[test]
    fn paseto_v4_vectors() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/paseto-v4-public.json"))
                .unwrap();
        let cases = vectors["tests"].as_array().unwrap();
        assert_eq!(cases.len(), 3);
        for case in cases {
            let text = |name: &str| case[name].as_str().unwrap();
            // The vector's secret key is the seed with the public key after it.
            let key = decode_hex(text("secret-key")).unwrap();
            let seed = Secret::new(key[..32].try_into().unwrap());
            let token = sign(
                &seed,
                text("payload").as_bytes(),
                text("footer").as_bytes(),
                text("implicit-assertion").as_bytes(),
            );
            assert_eq!(token, text("token"), "{}", text("name"));
        }
    }

    #[test]
    fn claims_and_footer() {
        let token = ThrottlingToken::issue(&Secret::new([1; 32]), "KEYID", 1_700_000_000_999);
        let mut parts = token.text.strip_prefix(HEADER).unwrap().split('.');
        let body = decode_base64(parts.next().unwrap()).unwrap();
        let (payload, signature) = body.split_at(body.len() - 64);
        assert_eq!(payload, br#"{"iat":"2023-11-14T22:13:20Z","exp":"2023-11-14T23:13:20Z"}"#);
        assert_eq!(signature.len(), 64);
        assert_eq!(decode_base64(parts.next().unwrap()).unwrap(), br#"{"kid":"KEYID"}"#);
    }

    #[test]
    fn fresh_until_five_minutes_before_its_end() {
        let token = ThrottlingToken::issue(&Secret::new([1; 32]), "K", 1_700_000_000_000);
        assert!(token.is_fresh(1_700_000_000_000));
        assert!(token.is_fresh(1_700_003_299_999));
        assert!(!token.is_fresh(1_700_003_300_000));
        assert!(!token.is_fresh(1_699_999_999_000), "the clock was set back");
    }
}
