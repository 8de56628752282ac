//! A file's content: checked, then opened.

use crate::{
    base::{encoding::decode_base64, error::Error, secret::Secret},
    crypto::{aead::Cipher, sha256},
    wire::items::FieldObject,
};

const FILE: &str = "the file";
const HASH: &str = "the file does not have the hash that the item names; it";

/// `open_file(file, stored) -> content`
///
/// # Shapes
/// - `stored`: what the service keeps: the content sealed with AES-256-GCM, the tag last
/// # Errors
/// [`Error::Decryption`] if the integrity hash differs, before anything is
/// decrypted, or if the tag does not verify.
/// # Source
/// protocol.md “Files” (observed)
pub fn open_file(file: &FieldObject, stored: Vec<u8>) -> Result<Secret<Vec<u8>>, Error> {
    if decode_base64(&file.integrity_hash) != Some(sha256(&[&stored]).to_vec()) {
        return Err(Error::Decryption { what: HASH });
    }
    let failed = || Error::Decryption { what: FILE };
    let key = decode_base64(file.encryption_key.k.expose())
        .map(Secret::new)
        .and_then(|key| Secret::from_slice(key.expose()))
        .ok_or_else(failed)?;
    let iv = decode_base64(&file.nonce).ok_or_else(failed)?;
    Cipher::new(&key).open(&iv, stored, FILE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::encoding::encode_base64url,
        crypto::aead::{IV_BYTES, KEY_BYTES},
        wire::keysets::SymmetricJwk,
    };

    fn sample() -> (FieldObject, Vec<u8>) {
        let key = Secret::new([4; KEY_BYTES]);
        let stored = Cipher::new(&key).seal(&[5; IV_BYTES], b"content").unwrap();
        let file = FieldObject {
            integrity_hash: encode_base64url(&sha256(&[&stored])),
            nonce: encode_base64url(&[5; IV_BYTES]),
            encryption_key: SymmetricJwk {
                kid: String::new(),
                k: Secret::new(encode_base64url(key.expose())),
            },
            ..FieldObject::default()
        };
        (file, stored)
    }

    #[test]
    fn opens_what_was_stored() {
        let (file, stored) = sample();
        assert_eq!(open_file(&file, stored).unwrap().expose(), b"content");
    }

    #[test]
    fn the_hash_is_checked_first() {
        let (file, mut stored) = sample();
        stored[0] ^= 1;
        let error = open_file(&file, stored).unwrap_err();
        assert_eq!(error, Error::Decryption { what: HASH });
    }

    #[test]
    fn damaged_records() {
        for damage in [
            |file: &mut FieldObject| file.nonce = "AAAA".into(),
            |file: &mut FieldObject| file.nonce = encode_base64url(&[5; 16]),
            |file: &mut FieldObject| file.nonce = "!".into(),
            |file: &mut FieldObject| file.encryption_key = SymmetricJwk::default(),
            |file: &mut FieldObject| file.integrity_hash.clear(),
        ] {
            let (mut file, stored) = sample();
            damage(&mut file);
            assert_eq!(open_file(&file, stored).unwrap_err().code(), "decryption");
        }
    }
}
