//! AES-256-GCM, the cipher of every envelope.

use crate::{error::Error, secret::Secret};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, AeadInOut, Nonce},
};
use std::fmt;

/// Length of a key.
pub const KEY_BYTES: usize = 32;
/// Length of an initialisation vector.
pub const IV_BYTES: usize = 12;
/// Length of the tag, which follows the ciphertext.
pub const TAG_BYTES: usize = 16;

/// A key, prepared: its round keys and the hash key are made once, which is half
/// the work of opening something short. Zeroed on drop.
pub struct Cipher(Aes256Gcm);

impl Cipher {
    /// `new(key) -> cipher`
    pub fn new(key: &Secret<[u8; KEY_BYTES]>) -> Self {
        Self(Aes256Gcm::new(key.expose().into()))
    }

    /// `seal(iv, plaintext) -> sealed`
    ///
    /// AES-256-GCM with a 128-bit tag and no associated data.
    ///
    /// # Shapes
    /// - `iv`: 12 bytes, random, never used twice with a key; `plaintext`: n bytes;
    ///   returns n + 16 bytes, the tag last
    /// # Errors
    /// [`Error::Decryption`] if the plaintext is longer than GCM allows (64 GiB).
    /// # Source
    /// NIST SP 800-38D §7.1; protocol.md “Headers” (observed)
    pub fn seal(&self, iv: &[u8; IV_BYTES], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.0
            .encrypt(&Nonce::<Aes256Gcm>::from(*iv), plaintext)
            .map_err(|_| Error::Decryption { what: "a request" })
    }

    /// `open(iv, sealed, what) -> plaintext`
    ///
    /// AES-256-GCM with a 128-bit tag and no associated data, opened in the memory
    /// that the sealed bytes stand in.
    ///
    /// # Shapes
    /// - `iv`: 12 bytes; `sealed`: n + 16 bytes; returns n bytes, zeroed on drop;
    ///   `what` names the thing in the error
    /// # Errors
    /// [`Error::Decryption`] if a length is wrong or the tag does not verify; the
    /// cause is withheld.
    /// # Source
    /// NIST SP 800-38D §7.2; protocol.md “Headers” (observed)
    pub fn open(
        &self,
        iv: &[u8],
        sealed: Vec<u8>,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let failed = Error::Decryption { what };
        let Ok(iv) = <[u8; IV_BYTES]>::try_from(iv) else { return Err(failed) };
        let mut buffer = Secret::new(sealed);
        self.0
            .decrypt_in_place(&Nonce::<Aes256Gcm>::from(iv), b"", buffer.expose_mut())
            .map_err(|_| failed)?;
        Ok(buffer)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{decode_hex, encode_hex};

    /// key, iv, plaintext, ciphertext and tag: test cases 13, 14 and 15 of McGrew and
    /// Viega, “The Galois/Counter Mode of Operation”, the 256-bit cases without
    /// associated data, as NIST published them.
    const VECTORS: [(&str, &str, &str, &str); 3] = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "000000000000000000000000",
            "",
            "530f8afbc74536b9a963b4f1c4cb738b",
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "000000000000000000000000",
            "00000000000000000000000000000000",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c",
        ),
    ];

    #[test]
    fn nist_vectors() {
        for (key, iv, plaintext, sealed) in VECTORS {
            let cipher = Cipher::new(&Secret::new(decode_hex(key).unwrap().try_into().unwrap()));
            let iv: [u8; IV_BYTES] = decode_hex(iv).unwrap().try_into().unwrap();
            let plaintext = decode_hex(plaintext).unwrap();
            assert_eq!(encode_hex(&cipher.seal(&iv, &plaintext).unwrap()), sealed);
            let sealed = decode_hex(sealed).unwrap();
            let opened = cipher.open(&iv, sealed, "a vector").unwrap();
            assert_eq!(opened.expose(), &plaintext);
        }
    }

    #[test]
    fn every_altered_byte_and_every_cut_is_refused() {
        let cipher = Cipher::new(&Secret::new([7; KEY_BYTES]));
        let sealed = cipher.seal(&[9; IV_BYTES], b"attack at dawn").unwrap();
        let failed = Error::Decryption { what: "it" };
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert_eq!(cipher.open(&[9; IV_BYTES], altered, "it").unwrap_err(), failed);
            let cut = sealed[..position].to_vec();
            assert_eq!(cipher.open(&[9; IV_BYTES], cut, "it").unwrap_err(), failed);
        }
        assert_eq!(cipher.open(&[8; IV_BYTES], sealed.clone(), "it").unwrap_err(), failed);
        assert_eq!(cipher.open(&[9; 11], sealed.clone(), "it").unwrap_err(), failed);
        let other = Cipher::new(&Secret::new([8; KEY_BYTES]));
        assert_eq!(other.open(&[9; IV_BYTES], sealed, "it").unwrap_err(), failed);
    }
}
