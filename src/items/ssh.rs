//! Private SSH keys in the form that OpenSSH writes.
//!
//! PEM, and the few values of DER and of OpenSSH that are needed, are read here by
//! hand. Gzipped, that is 3.6 kB of the module; with the crates `pkcs8`, `pkcs1` and
//! `pem-rfc7468` it was 17.1 kB, and with `ssh-key` 0.7.0-rc.11 on top of them 42.0 kB.

use crate::base::{
    encoding::{decode_base64, encode_base64, encode_base64url},
    secret::Secret,
};
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};
use std::iter::repeat;
use zeroize::Zeroizing;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// 1.2.840.113549.1.1.1
const RSA_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.3.101.112
const ED25519_OID: &[u8] = &[0x2b, 0x65, 0x70];
const RSA: &[u8] = b"ssh-rsa";
const ED25519: &[u8] = b"ssh-ed25519";
/// Smaller keys the vendor's client refuses: 2,048 bits, and exponents from 65,537.
const MIN_RSA_BITS: usize = 2_048;
const MIN_RSA_EXPONENT_BYTES: usize = 3;
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// Cipher, key derivation and its options of a key that is not encrypted.
const NOT_ENCRYPTED: [&[u8]; 3] = [b"none", b"none", b""];
const ONE_KEY: [u8; 4] = [0, 0, 0, 1];
const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
const END: &str = "-----END OPENSSH PRIVATE KEY-----\n";
const LINE: usize = 70;
/// What the private part is padded to.
const BLOCK: usize = 8;
/// What a key's OpenSSH form may have beyond its form in PEM, at most: names and lengths.
const ROOM: usize = 512;

/// Why a key cannot be had as OpenSSH writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is no private key that this client reads.
    CannotParse,
    /// It is too long for OpenSSH's form.
    CannotFormat,
}

/// A key as fields of OpenSSH, each with its length before it.
struct Key {
    public: Vec<u8>,
    private: Zeroizing<Vec<u8>>,
}

/// `to_openssh(private_key, check_bytes) -> text`
///
/// The private key in PEM as OpenSSH writes it: not encrypted, without a comment.
///
/// # Shapes
/// - `private_key`: PEM of an Ed25519 or RSA key in PKCS#8, PKCS#1 or OpenSSH form,
///   lines ending in LF or CRLF
/// - `check_bytes`: random, the same twice in the key, so that who decrypts it sees
///   whether that went well
/// # Errors
/// [`Fault`]
/// # Source
/// OpenSSH PROTOCOL.key, RFC 8410 §7, RFC 8017 A.1.2; protocol.md “Resolving a
/// reference” 8 (recorded)
pub fn to_openssh(private_key: &str, check_bytes: [u8; 4]) -> Result<Secret<String>, Fault> {
    let room = private_key.len() + ROOM;
    let key = parse(private_key.trim(), room).ok_or(Fault::CannotParse)?;
    format(&key, check_bytes, room).ok_or(Fault::CannotFormat)
}

/// What is public of a key.
#[derive(Debug)]
pub struct PublicParts {
    /// As `authorized_keys` has it, without a comment.
    pub public_key: String,
    /// `SHA256:…`
    pub fingerprint: String,
    /// `Ed25519`, or `RSA, 2048-bit`.
    pub key_type: String,
}

/// `public_parts(private_key) -> parts`
///
/// # Shapes
/// - `private_key`: as for [`to_openssh`]; `None` for what that refuses
/// # Source
/// RFC 4253 §6.6, RFC 8709 §4; ssh-keygen(1) `-l`
pub fn public_parts(private_key: &str) -> Option<PublicParts> {
    let Key { public, .. } = parse(private_key.trim(), private_key.len() + ROOM)?;
    let rest = &mut public.as_slice();
    let name = take(rest)?;
    let key_type = if name == RSA {
        let _exponent = take(rest)?;
        format!("RSA, {}-bit", bits(take(rest)?))
    } else {
        "Ed25519".to_owned()
    };
    let hash = encode_base64(&Sha256::digest(&public));
    Some(PublicParts {
        public_key: format!("{} {}", str::from_utf8(name).ok()?, encode_base64(&public)),
        fingerprint: format!("SHA256:{}", hash.trim_end_matches('=')),
        key_type,
    })
}

/// Of a number, the most significant byte first.
fn bits(number: &[u8]) -> usize {
    let leading = number.first().map_or(0, |byte| byte.leading_zeros());
    number.len() * 8 - leading as usize
}

fn parse(pem: &str, room: usize) -> Option<Key> {
    let (label, bytes) = decode_pem(pem)?;
    match label {
        "PRIVATE KEY" => of_pkcs8(&bytes, room),
        "RSA PRIVATE KEY" => of_pkcs1(&bytes, room),
        "OPENSSH PRIVATE KEY" => of_openssh(&bytes, room),
        _ => None,
    }
}

/// The only PEM text, with lines of any length (RFC 7468 §3, “lax”). Text around
/// it and headers in it (RFC 1421 §4.6) are left out.
fn decode_pem(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, rest) = rest.split_once("-----END ")?;
    let rest = rest.strip_prefix(label)?.strip_prefix("-----")?;
    // Of two keys, which one is meant?
    (!rest.contains("-----BEGIN ")).then_some(())?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    for line in body.lines().filter(|line| !line.contains(':')) {
        base64.extend(line.chars().filter(|c| !matches!(c, ' ' | '\r')));
    }
    // What is decoded tolerantly elsewhere has one spelling here (RFC 4648 §4).
    let is_standard =
        base64.len().is_multiple_of(4) && !base64.ends_with("===") && !base64.contains(['-', '_']);
    let bytes = if is_standard { decode_base64(&base64)? } else { return None };
    Some((label, Zeroizing::new(bytes)))
}

/// `SEQUENCE { INTEGER 0 or 1, SEQUENCE { OBJECT IDENTIFIER, … }, OCTET STRING key, … }`
fn of_pkcs8(der: &[u8], room: usize) -> Option<Key> {
    let info = &mut only(der, SEQUENCE)?;
    let version = value(info, INTEGER)?;
    let oid = value(&mut value(info, SEQUENCE)?, OBJECT_IDENTIFIER)?;
    let key = value(info, OCTET_STRING)?;
    match (version, oid) {
        ([0 | 1], RSA_OID) => of_pkcs1(key, room),
        ([0 | 1], ED25519_OID) => ed25519(only(key, OCTET_STRING)?, room),
        _ => None,
    }
}

/// `SEQUENCE { INTEGER 0, n, e, d, p, q, d mod (p − 1), d mod (q − 1), q⁻¹ mod p }`
fn of_pkcs1(der: &[u8], room: usize) -> Option<Key> {
    let key = &mut only(der, SEQUENCE)?;
    let mut numbers = [&b""[..]; 9];
    for number in &mut numbers {
        *number = value(key, INTEGER)?;
        is_positive(number).then_some(())?;
    }
    let [version, n, e, d, p, q, _, _, coefficient] = numbers;
    // Version 1 has more primes than two, for which OpenSSH has no place.
    (version == [0] && key.is_empty()).then_some(())?;
    rsa([n, e, d, coefficient, p, q], room)
}

/// The content of a DER value (X.690 §8.1, §10.1) of that tag, of which the text consists.
fn only(mut der: &[u8], tag: u8) -> Option<&[u8]> {
    let content = value(&mut der, tag)?;
    der.is_empty().then_some(content)
}

/// The content of the next DER value, which has to have that tag.
fn value<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (length, after) = match rest.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, after @ ..] => (usize::from(*length), after),
        [0x81, length @ 0x80..=0xff, after @ ..] => (usize::from(*length), after),
        [0x82, high @ 1..=0xff, low, after @ ..] => {
            (usize::from(*high) << 8 | usize::from(*low), after)
        }
        _ => return None,
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(content)
}

/// Whether a number with a sign bit, of DER or OpenSSH, is not below zero.
fn is_positive(number: &[u8]) -> bool {
    number.first().is_some_and(|first| *first < 0x80)
}

fn of_openssh(bytes: &[u8], room: usize) -> Option<Key> {
    let rest = &mut bytes.strip_prefix(MAGIC)?;
    for value in NOT_ENCRYPTED {
        (take(rest)? == value).then_some(())?;
    }
    *rest = rest.strip_prefix(&ONE_KEY)?;
    let (public, private) = (take(rest)?, &mut take(rest)?);
    let (checks, after) = private.split_first_chunk::<8>()?;
    *private = after;
    let key = match take(private)? {
        ED25519 => {
            let (stored, seed_and_public) = (take(private)?, take(private)?);
            ed25519(seed_and_public.strip_suffix(stored)?, room)?
        }
        RSA => {
            let mut numbers = [&b""[..]; 6];
            for number in &mut numbers {
                *number = take(private)?;
                is_positive(number).then_some(())?;
            }
            rsa(numbers, room)?
        }
        _ => return None,
    };
    let _comment = take(private)?;
    let is_padding = private.iter().copied().eq((1..=u8::MAX).take(private.len()));
    let is_whole =
        rest.is_empty() && checks.first_chunk::<4>() == checks.last_chunk() && is_padding;
    (is_whole && public == key.public).then_some(key)
}

fn ed25519(seed: &[u8], room: usize) -> Option<Key> {
    let seed = Secret::<[u8; 32]>::from_slice(seed)?;
    let pair = Secret::new(SigningKey::from_bytes(seed.expose()).to_keypair_bytes());
    let (_, public_key) = pair.expose().split_at(32);
    let mut public = Vec::new();
    let mut private = Zeroizing::new(Vec::with_capacity(room));
    for field in [ED25519, public_key] {
        put(&mut public, field)?;
        put(&mut private, field)?;
    }
    put(&mut private, pair.expose())?;
    Some(Key { public, private })
}

/// # Shapes
/// - `numbers`: n, e, d, q⁻¹ mod p, p, q, big-endian
fn rsa(numbers: [&[u8]; 6], room: usize) -> Option<Key> {
    let mut public = Vec::new();
    let mut private = Zeroizing::new(Vec::with_capacity(room));
    let [n, e, ..] = numbers.map(without_zeros);
    let is_small = bits(n) < MIN_RSA_BITS || e.len() < MIN_RSA_EXPONENT_BYTES;
    (!is_small).then_some(())?;
    put(&mut public, RSA)?;
    put_number(&mut public, e)?;
    put_number(&mut public, n)?;
    put(&mut private, RSA)?;
    for number in numbers {
        put_number(&mut private, number)?;
    }
    Some(Key { public, private })
}

fn without_zeros(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

fn format(key: &Key, check_bytes: [u8; 4], room: usize) -> Option<Secret<String>> {
    let mut private = Zeroizing::new(Vec::with_capacity(room));
    private.extend_from_slice(&check_bytes);
    private.extend_from_slice(&check_bytes);
    private.extend_from_slice(&key.private);
    put(&mut private, b"")?; // the comment
    for padding in 1.. {
        if private.len() % BLOCK == 0 {
            break;
        }
        private.push(padding);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(room + key.public.len()));
    bytes.extend_from_slice(MAGIC);
    for value in NOT_ENCRYPTED {
        put(&mut bytes, value)?;
    }
    bytes.extend_from_slice(&ONE_KEY);
    put(&mut bytes, &key.public)?;
    put(&mut bytes, &private)?;
    Some(Secret::new(pem(&bytes)))
}

fn pem(bytes: &[u8]) -> String {
    let urlsafe = Zeroizing::new(encode_base64url(bytes));
    let padded = urlsafe.len().next_multiple_of(4);
    // With room for all, so that nothing moves and leaves a copy.
    let lines = padded / LINE + 1;
    let mut text = String::with_capacity(BEGIN.len() + padded + lines + END.len());
    text.push_str(BEGIN);
    for (index, c) in urlsafe.chars().chain(repeat('=')).take(padded).enumerate() {
        if index > 0 && index % LINE == 0 {
            text.push('\n');
        }
        text.push(match c {
            '-' => '+',
            '_' => '/',
            c => c,
        });
    }
    text.push('\n');
    text.push_str(END);
    text
}

/// A `string` of RFC 4251 §5.
fn put(out: &mut Vec<u8>, field: &[u8]) -> Option<()> {
    out.extend_from_slice(&u32::try_from(field.len()).ok()?.to_be_bytes());
    out.extend_from_slice(field);
    Some(())
}

/// A positive `mpint` of RFC 4251 §5; `None` for zero.
fn put_number(out: &mut Vec<u8>, number: &[u8]) -> Option<()> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(zeros..)?;
    // A first bit of 1 would make it negative.
    let sign: &[u8] = if *number.first()? < 0x80 { b"" } else { b"\0" };
    let length = u32::try_from(sign.len() + number.len()).ok()?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(sign);
    out.extend_from_slice(number);
    Some(())
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (field, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(field)
}
