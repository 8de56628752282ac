//! The request MAC: HMAC-SHA-256, cut to 96 bits.

use crate::base::{encoding::encode_base64url, secret::Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What the MAC key is derived over; the service's own words.
const KEY_INFO: &[u8] = b"He never wears a Mac, in the pouring rain. Very strange.";
/// Length of the cut MAC.
const TAG_BYTES: usize = 12;
const SHA256_BLOCK_BYTES: usize = 64;

/// The key of a session's request MACs.
#[derive(Debug)]
pub struct MacKey(Secret<[u8; 32]>);

/// What a request MAC is made over.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Id of the session.
    pub session_id: &'a str,
    /// HTTP method in upper case.
    pub method: &'a str,
    /// The account's host in lower case, without port.
    pub host: &'a str,
    /// Path with its leading slash.
    pub path: &'a str,
    /// Query without its question mark; empty if there is none.
    pub query: &'a str,
    /// The request's number, never repeated in a session.
    pub number: u32,
}

impl MacKey {
    /// `derive(session_key) -> mac_key`
    ///
    /// # Shapes
    /// - `session_key`: 32 bytes
    /// # Source
    /// RFC 2104; protocol.md “Headers” (observed)
    pub fn derive(session_key: &Secret<[u8; 32]>) -> Self {
        Self(Secret::take(&mut hmac_sha256(session_key, KEY_INFO)))
    }

    /// `header(message) -> text`
    ///
    /// The value of `X-AgileBits-MAC`: `v1|<number>|<base64url of 12 bytes>`.
    ///
    /// # Source
    /// RFC 2104 §5; protocol.md “Headers” (observed)
    pub fn header(&self, message: Message<'_>) -> String {
        let Message { session_id, method, host, path, query, number } = message;
        let path = path.strip_prefix('/').unwrap_or(path);
        // The question mark stands also where there is no query.
        let text = format!("{session_id}|{method}|{host}/{path}?{query}|v1|{number}");
        let mac = hmac_sha256(&self.0, text.as_bytes());
        let (tag, _) = mac.split_at(TAG_BYTES);
        format!("v1|{number}|{}", encode_base64url(tag))
    }
}

fn hmac_sha256(key: &Secret<[u8; 32]>, message: &[u8]) -> [u8; 32] {
    // HMAC pads its key with zeros to the hash's block.
    let mut block = Zeroizing::new([0; SHA256_BLOCK_BYTES]);
    let (start, _) = block.split_at_mut(key.expose().len());
    start.copy_from_slice(key.expose());
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::encode_hex;

    /// RFC 4231 §4.2: its 20-byte key, padded with the zeros that HMAC itself adds.
    #[test]
    fn rfc4231_case_1() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        assert_eq!(
            encode_hex(&hmac_sha256(&Secret::new(key), b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }

    const MESSAGE: Message<'_> = Message {
        session_id: "AAAAAAAAAAAAAAAAAAAAAAAAAA",
        method: "GET",
        host: "my.1password.com",
        path: "/api/v1/vaults",
        query: "attrs=combined-access",
        number: 77,
    };

    /// Computed with Python's hmac module from protocol.md's text.
    #[test]
    fn headers() {
        let key = MacKey::derive(&Secret::new([0x42; 32]));
        assert_eq!(key.header(MESSAGE), "v1|77|lTIr7nMJyU-oRqK2");
        let post = Message {
            method: "POST",
            path: "/api/v2/auth/complete",
            query: "",
            number: 1_048_575,
            ..MESSAGE
        };
        assert_eq!(key.header(post), "v1|1048575|OqFJ58LS0IvldzrD");
    }
}
