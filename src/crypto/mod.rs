//! The cryptography, one primitive a file, each with its source.

pub mod aead;
pub mod group;
pub mod hkdf;
pub mod mac;
pub mod srp;
pub mod throttle;

use sha2::{Digest, Sha256};

/// `sha256(parts) -> digest`
///
/// SHA-256 of the parts, one after the other.
///
/// # Source
/// FIPS 180-4
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// SHA-256 of what comes piece by piece.
#[derive(Debug, Default)]
pub struct Sha256Hasher(Sha256);

impl Sha256Hasher {
    /// `update(bytes)`
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// `finish() -> digest`
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
