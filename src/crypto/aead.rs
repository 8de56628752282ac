//! AES-256-GCM, the cipher of every envelope.

use crate::base::{error::Error, secret::Secret};
use aes::{
    Aes256,
    cipher::{Array, BlockCipherEncrypt, KeyInit},
};
use ghash::{GHash, universal_hash::UniversalHash};
use std::{fmt, iter};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Length of a key.
pub const KEY_BYTES: usize = 32;
/// Length of an initialisation vector.
pub const IV_BYTES: usize = 12;
/// Length of the tag, which follows the ciphertext.
pub const TAG_BYTES: usize = 16;

const BLOCK_BYTES: usize = 16;
type Block = [u8; BLOCK_BYTES];
/// The `aes` crate takes so many blocks for the price of one.
const PARALLEL_BLOCKS: usize = 4;
/// How much of the keystream is made in one go.
const KEYSTREAM_BLOCKS: usize = 4 * PARALLEL_BLOCKS;
/// Of a plaintext: counters have 32 bits, and two values of them are not for it.
const MAX_BYTES: u64 = ((1 << 32) - 2) * BLOCK_BYTES as u64;

/// A key, prepared: its round keys and the hash key are made once, which is half
/// the work of opening something short. Zeroed on drop.
pub struct Cipher {
    aes: Aes256,
    ghash: GHash,
}

impl Cipher {
    /// `new(key) -> cipher`
    ///
    /// # Source
    /// NIST SP 800-38D §7.1 step 1: the hash key is the enciphered block of zeros
    pub fn new(key: &Secret<[u8; KEY_BYTES]>) -> Self {
        let aes = Aes256::new(key.expose().into());
        let mut hash_key = Zeroizing::new(Block::default());
        aes.encrypt_block((&mut *hash_key).into());
        Self { ghash: GHash::new((&*hash_key).into()), aes }
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
        if plaintext.len() as u64 > MAX_BYTES {
            return Err(Error::Decryption { what: "a request" });
        }
        let mut sealed = Vec::with_capacity(plaintext.len() + TAG_BYTES);
        sealed.extend_from_slice(plaintext);
        let mask = self.apply_keystream(after_iv(iv), &mut sealed);
        let tag = masked(self.hash(&sealed), &mask);
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// `open(iv, sealed, what) -> plaintext`
    ///
    /// AES-256-GCM with a 128-bit tag and no associated data, opened in the memory
    /// that the sealed bytes stand in.
    ///
    /// # Shapes
    /// - `iv`: 12 bytes, or 16, as the vendor's client reads files; `sealed`: n + 16 bytes; returns
    ///   n bytes, zeroed on drop; `what` names the thing in the error
    /// # Errors
    /// [`Error::Decryption`] if a length is wrong or the tag does not verify; the
    /// cause is withheld.
    /// # Source
    /// NIST SP 800-38D §7.2; protocol.md “Headers”, “Files” (observed)
    pub fn open(
        &self,
        iv: &[u8],
        sealed: Vec<u8>,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let mut opening = Opening::new(self, iv, sealed, what)?;
        while !opening.advance(self, usize::MAX) {}
        opening.finish()
    }

    /// `apply_keystream(first, text) -> mask`
    ///
    /// GCTR from the second block on, in place. The first block of the keystream is
    /// returned: it masks the tag.
    ///
    /// # Shapes
    /// - `first`: J₀, the first block that is counted from
    /// # Source
    /// NIST SP 800-38D §6.5; §7.1 steps 2 and 3: J₀ is an IV of 12 bytes and a counter of 1,
    /// and of another IV its hash
    fn apply_keystream(&self, first: Block, text: &mut [u8]) -> Zeroizing<Block> {
        let mut mask = Zeroizing::new(Block::default());
        let mut blocks = Zeroizing::new([Block::default(); KEYSTREAM_BLOCKS]);
        let mut wanted = 1 + text.len().div_ceil(BLOCK_BYTES);
        // The last 32 bits are counted, and carry nothing over.
        let [prefix @ .., a, b, c, d] = first;
        let mut counter = u32::from_be_bytes([a, b, c, d]);
        let mut targets = iter::once(mask.as_mut_slice()).chain(text.chunks_mut(BLOCK_BYTES));
        while wanted > 0 {
            let count = wanted.next_multiple_of(PARALLEL_BLOCKS).min(KEYSTREAM_BLOCKS);
            let keystream = blocks.get_mut(..count).unwrap_or_default();
            for block in &mut *keystream {
                let (start, end) = block.split_at_mut(IV_BYTES);
                start.copy_from_slice(&prefix);
                end.copy_from_slice(&counter.to_be_bytes());
                counter = counter.wrapping_add(1);
            }
            self.aes.encrypt_blocks(Array::cast_slice_from_core_mut(keystream));
            for (block, target) in keystream.iter().zip(&mut targets) {
                for (byte, key) in target.iter_mut().zip(block) {
                    *byte ^= key;
                }
            }
            wanted = wanted.saturating_sub(count);
        }
        drop(targets);
        mask
    }

    /// GHASH of the ciphertext, and of the lengths of what is associated and of it, in bits.
    /// For an IV it is the same.
    fn hash(&self, bytes: &[u8]) -> Block {
        let mut ghash = self.ghash.clone();
        ghash.update_padded(bytes);
        finish(ghash, bytes.len())
    }
}

/// Something long on its way to being opened, piece by piece: all at once would keep the host from
/// everything else.
pub struct Opening {
    bytes: Secret<Vec<u8>>,
    /// How many of the bytes are open, and how many there are before the tag.
    at: usize,
    length: usize,
    first: Block,
    ghash: GHash,
    mask: Zeroizing<Block>,
    what: &'static str,
}

impl Opening {
    /// `new(cipher, iv, sealed, what) -> opening`
    ///
    /// # Shapes
    /// - as [`Cipher::open`] takes them
    /// # Errors
    /// [`Error::Decryption`] if a length is wrong
    pub fn new(
        cipher: &Cipher,
        iv: &[u8],
        sealed: Vec<u8>,
        what: &'static str,
    ) -> Result<Self, Error> {
        let bytes = Secret::new(sealed);
        let first = match iv.len() {
            IV_BYTES => iv.try_into().ok().map(after_iv),
            BLOCK_BYTES => Some(cipher.hash(iv)),
            _ => None,
        };
        let length = bytes.expose().len().checked_sub(TAG_BYTES);
        match (first, length) {
            (Some(first), Some(length)) if length as u64 <= MAX_BYTES => {
                let (ghash, mask) = (cipher.ghash.clone(), Zeroizing::default());
                Ok(Self { bytes, at: 0, length, first, ghash, mask, what })
            }
            _ => Err(Error::Decryption { what }),
        }
    }

    /// `advance(cipher, most) -> is_done`
    ///
    /// Opens the next piece.
    ///
    /// # Shapes
    /// - `most`: how many bytes, in whole blocks of 16
    pub fn advance(&mut self, cipher: &Cipher, most: usize) -> bool {
        let end = self.length.min(self.at.saturating_add(most / BLOCK_BYTES * BLOCK_BYTES));
        let piece = self.bytes.expose_mut().get_mut(self.at..end).unwrap_or_default();
        self.ghash.update_padded(piece);
        let mask = cipher.apply_keystream(after(self.first, self.at / BLOCK_BYTES), piece);
        if self.at == 0 {
            self.mask = mask;
        }
        self.at = end;
        end == self.length
    }

    /// `finish() -> plaintext`
    ///
    /// # Errors
    /// [`Error::Decryption`] if the tag does not verify, or not all is open
    pub fn finish(self) -> Result<Secret<Vec<u8>>, Error> {
        let Self { mut bytes, at, length, ghash, mask, what, .. } = self;
        let hash = finish(ghash, length);
        let tag = bytes.expose().get(length..).unwrap_or_default();
        // What was opened is zeroed unseen if the tag is another one.
        if at != length || !bool::from(masked(hash, &mask).ct_eq(tag)) {
            return Err(Error::Decryption { what });
        }
        bytes.expose_mut().truncate(length);
        Ok(bytes)
    }
}

/// The block that is so many further. The last 32 bits are counted, and carry nothing over.
fn after(block: Block, blocks: usize) -> Block {
    let [prefix @ .., a, b, c, d] = block;
    let [a, b, c, d] = u32::from_be_bytes([a, b, c, d]).wrapping_add(blocks as u32).to_be_bytes();
    let mut block = Block::default();
    let (start, end) = block.split_at_mut(IV_BYTES);
    start.copy_from_slice(&prefix);
    end.copy_from_slice(&[a, b, c, d]);
    block
}

/// GHASH, once it has seen so many bytes.
fn finish(mut ghash: GHash, bytes: usize) -> Block {
    let bits = bytes as u128 * 8;
    ghash.update(&[bits.to_be_bytes().into()]);
    ghash.finalize().into()
}

/// J₀ of an IV of 12 bytes.
fn after_iv(iv: &[u8; IV_BYTES]) -> Block {
    let mut first = Block::default();
    first[..IV_BYTES].copy_from_slice(iv);
    first[BLOCK_BYTES - 1] = 1;
    first
}

/// The tag: the hash, enciphered.
fn masked(hash: Block, mask: &Block) -> Block {
    (u128::from_ne_bytes(hash) ^ u128::from_ne_bytes(*mask)).to_ne_bytes()
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::{decode_hex, encode_hex};

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
    fn opened_piece_by_piece() {
        let cipher = Cipher::new(&Secret::new([7; KEY_BYTES]));
        for (length, piece) in
            [(0, 16), (1, 16), (16, 16), (100, 16), (100, 48), (100, 31), (4_096, 1_024)]
        {
            let plaintext: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let sealed = cipher.seal(&[1; IV_BYTES], &plaintext).unwrap();
            for (damage, is_open) in [(None, true), (Some(0), false), (Some(length), false)] {
                let mut sealed = sealed.clone();
                if let Some(at) = damage {
                    sealed[at] ^= 1;
                }
                let mut opening = Opening::new(&cipher, &[1; IV_BYTES], sealed, "it").unwrap();
                let mut pieces = 1;
                while !opening.advance(&cipher, piece) {
                    pieces += 1;
                }
                assert_eq!(pieces, length.div_ceil(piece / 16 * 16).max(1), "{length} by {piece}");
                let opened = opening.finish().ok().map(|bytes| bytes.expose().clone());
                assert_eq!(opened, is_open.then(|| plaintext.clone()), "{length} by {piece}");
            }
        }
        // The counter has 32 bits, and carries nothing over.
        let sealed = cipher.seal(&[1; IV_BYTES], &[0; 100]).unwrap();
        let opening = Opening::new(&cipher, &[1; IV_BYTES], sealed, "it").unwrap();
        assert!(opening.finish().is_err(), "nothing of it is open");
        assert_eq!(after([0xff; BLOCK_BYTES], 1)[11..], [0xff, 0, 0, 0, 0]);
    }

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

    /// Every length up to several times what the keystream is made for in one go.
    #[test]
    fn agrees_with_another_implementation() {
        use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
        let key = [7; KEY_BYTES];
        let (ours, other) = (Cipher::new(&Secret::new(key)), Aes256Gcm::new(&key.into()));
        for length in 0..5 * KEYSTREAM_BLOCKS * BLOCK_BYTES {
            let iv: [u8; IV_BYTES] = std::array::from_fn(|at| (length >> (at % 4)) as u8);
            let text: Vec<u8> = (0..length).map(|at| (at * 31 + length) as u8).collect();
            let sealed = ours.seal(&iv, &text).unwrap();
            assert_eq!(sealed, other.encrypt(&iv.into(), text.as_slice()).unwrap(), "{length}");
            assert_eq!(ours.open(&iv, sealed, "it").unwrap().expose(), &text);
        }
    }

    #[test]
    fn ivs_of_sixteen_bytes_agree_with_another_implementation() {
        use aes_gcm::{AesGcm, KeyInit, aead::Aead, aead::consts::U16, aes::Aes256 as OtherAes};
        let key = [7; KEY_BYTES];
        let ours = Cipher::new(&Secret::new(key));
        let other = AesGcm::<OtherAes, U16>::new(&key.into());
        let text: Vec<u8> = (0..1000).map(|at| (at * 31) as u8).collect();
        for n in 0..500_u32 {
            let mut iv = [9; BLOCK_BYTES];
            iv[..4].copy_from_slice(&n.to_be_bytes());
            let sealed = other.encrypt(&iv.into(), text.as_slice()).unwrap();
            assert_eq!(ours.open(&iv, sealed, "it").unwrap().expose(), &text);
        }
    }

    #[test]
    fn only_the_last_32_bits_are_counted() {
        let cipher = Cipher::new(&Secret::new([7; KEY_BYTES]));
        let keystream = |first: Block| {
            let mut text = [0; 2 * BLOCK_BYTES];
            cipher.apply_keystream(first, &mut text);
            text
        };
        let (mut last, mut zero) = ([0xff; BLOCK_BYTES], [0xff; BLOCK_BYTES]);
        last[BLOCK_BYTES - 1] = 0xfe;
        zero[IV_BYTES..].fill(0);
        let (from_last, from_zero) = (keystream(last), keystream(zero));
        assert_eq!(from_last[BLOCK_BYTES..], *cipher.apply_keystream(zero, &mut []));
        assert_ne!(from_last[BLOCK_BYTES..], from_zero[..BLOCK_BYTES]);
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
