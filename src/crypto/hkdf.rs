//! Keys out of other keys: HKDF-SHA-256.

use crate::base::secret::Secret;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// `derive(keying_material, info) -> key`
///
/// One block of HKDF-SHA-256 without a salt.
///
/// # Shapes
/// - `keying_material`: uniformly random, 32 bytes or more; `info`: what the key is
///   for; returns 32 bytes
/// # Source
/// RFC 5869 §2
pub fn derive(keying_material: &[u8], info: &[u8]) -> Secret<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // Only for more than 255 blocks there would be an error.
    let _ = Hkdf::<Sha256>::new(None, keying_material).expand(info, &mut *key);
    Secret::take(&mut key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869 A.3, the first block: neither salt nor info.
    #[test]
    fn rfc_5869_without_salt_and_info() {
        let key = derive(&[0x0b; 22], b"");
        let expected = [
            0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a, 0x06, 0x3c,
            0x5a, 0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f,
            0x3c, 0x73, 0x8d, 0x2d,
        ];
        assert_eq!(key.expose(), &expected);
    }

    #[test]
    fn keys_differ_by_what_they_are_for() {
        assert_ne!(derive(&[1; 32], b"a").expose(), derive(&[1; 32], b"b").expose());
        assert_ne!(derive(&[1; 32], b"a").expose(), derive(&[2; 32], b"a").expose());
    }
}
