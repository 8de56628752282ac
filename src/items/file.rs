//! A file's content: checked, then opened.

use crate::{
    base::{encoding::decode_base64, error::Error, secret::Secret},
    crypto::{
        Sha256Hasher,
        aead::{Cipher, Opening},
    },
    wire::items::FieldObject,
};

const FILE: &str = "the file";
const HASH: &str = "the file does not have the hash that the item names; it";

/// What is done in one go: some milliseconds' worth.
const PIECE_BYTES: usize = 256 * 1024;

/// A file on its way to being opened. Its integrity hash is checked before anything is decrypted.
pub struct FileOpening<'a> {
    file: &'a FieldObject,
    state: State,
}

enum State {
    /// So many bytes are hashed.
    Hashing {
        stored: Vec<u8>,
        hash: Sha256Hasher,
        at: usize,
    },
    Opening {
        cipher: Box<Cipher>,
        opening: Box<Opening>,
    },
}

impl<'a> FileOpening<'a> {
    /// `new(file, stored) -> opening`
    ///
    /// # Shapes
    /// - `stored`: what the service keeps: the content sealed with AES-256-GCM, the tag last
    pub fn new(file: &'a FieldObject, stored: Vec<u8>) -> Self {
        Self { file, state: State::Hashing { stored, hash: Sha256Hasher::default(), at: 0 } }
    }

    /// `step(self) -> opening or content`
    ///
    /// Does the next piece of the work.
    ///
    /// # Errors
    /// [`Error::Decryption`] if the integrity hash differs, or if the tag does not verify.
    /// # Source
    /// protocol.md “Files” (observed)
    pub fn step(self) -> Result<Step<'a>, Error> {
        let file = self.file;
        let state = match self.state {
            State::Hashing { stored, mut hash, at } if at < stored.len() => {
                let end = stored.len().min(at + PIECE_BYTES);
                hash.update(stored.get(at..end).unwrap_or_default());
                State::Hashing { stored, hash, at: end }
            }
            State::Hashing { stored, hash, .. } => {
                if decode_base64(&file.integrity_hash) != Some(hash.finish().to_vec()) {
                    return Err(Error::Decryption { what: HASH });
                }
                let failed = || Error::Decryption { what: FILE };
                let key = decode_base64(file.encryption_key.k.expose())
                    .map(Secret::new)
                    .and_then(|key| Secret::from_slice(key.expose()))
                    .ok_or_else(failed)?;
                let iv = decode_base64(&file.nonce).ok_or_else(failed)?;
                let cipher = Box::new(Cipher::new(&key));
                let opening = Box::new(Opening::new(&cipher, &iv, stored, FILE)?);
                State::Opening { cipher, opening }
            }
            State::Opening { cipher, mut opening } => {
                if opening.advance(&cipher, PIECE_BYTES) {
                    return opening.finish().map(Step::Done);
                }
                State::Opening { cipher, opening }
            }
        };
        Ok(Step::More(Self { file, state }))
    }
}

/// How far a file is.
pub enum Step<'a> {
    /// There is more to do.
    More(FileOpening<'a>),
    /// The content.
    Done(Secret<Vec<u8>>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::encoding::encode_base64url,
        crypto::{
            aead::{IV_BYTES, KEY_BYTES},
            sha256,
        },
        wire::keysets::SymmetricJwk,
    };

    fn sample() -> (FieldObject, Vec<u8>) {
        stored(b"content")
    }

    fn stored(content: &[u8]) -> (FieldObject, Vec<u8>) {
        let key = Secret::new([4; KEY_BYTES]);
        let stored = Cipher::new(&key).seal(&[5; IV_BYTES], content).unwrap();
        let file = FieldObject {
            integrity_hash: encode_base64url(&sha256(&[&stored])),
            nonce: encode_base64url(&[5; IV_BYTES]),
            encryption_key: SymmetricJwk {
                algorithm: "A256GCM".into(),
                kid: String::new(),
                k: Secret::new(encode_base64url(key.expose())),
            },
            ..FieldObject::default()
        };
        (file, stored)
    }

    fn open_file(file: &FieldObject, stored: Vec<u8>) -> Result<Secret<Vec<u8>>, Error> {
        let mut opening = FileOpening::new(file, stored);
        loop {
            opening = match opening.step()? {
                Step::More(opening) => opening,
                Step::Done(content) => return Ok(content),
            };
        }
    }

    #[test]
    fn opens_what_was_stored() {
        for length in [0, 7, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES + 5] {
            let content = vec![9; length];
            let (file, stored) = stored(&content);
            assert_eq!(open_file(&file, stored).unwrap().expose(), &content, "{length}");
        }
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
