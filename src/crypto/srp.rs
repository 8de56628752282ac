//! SRP-6a over the 4096-bit group of RFC 5054, with SHA-256: the client's half.
//!
//! Notation, after RFC 5054 §2.6: `N` the prime, `g` = 5, `a` and `A` the
//! client's private and public value of this sign-in, `B` the server's public
//! value, `x` the private value of the account, `k` and `u` hashes that bind
//! the group and the public values. `pad` is left-padding to 512 bytes,
//! `bytes` is big-endian without leading zero bytes. What RFC 5054 leaves open
//! (the hash, the identity, the forms of S and of the proofs) is the service's
//! own, as protocol.md “Sign-in” has it (observed, documented).
//!
//! ```text
//! A  = g^a mod N
//! k  = H(pad(N) ‖ pad(g))
//! u  = H(pad(A) ‖ pad(B))
//! S  = (B − k·g^x)^(a + u·x) mod N
//! K  = H(hex(S))
//! I  = base64url(H(H(key id) ‖ H(email)))
//! M1 = H((H(bytes(N)) xor H(bytes(g))) ‖ H(I) ‖ salt ‖ bytes(A) ‖ bytes(B) ‖ K)
//! M2 = H(bytes(A) ‖ M1 ‖ K)
//! ```

use super::{
    group::{self, Element, prime},
    sha256,
};
use crate::base::{
    encoding::{decode_hex, encode_base64url, encode_hex},
    error::Error,
    secret::Secret,
};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Length of the client's private value `a`: 304 bits, as the vendor's client
/// has it; RFC 5054 §3.1 asks for 256 at least.
pub const PRIVATE_VALUE_BYTES: usize = 38;
/// Digits of the longest `B`.
const GROUP_HEX_DIGITS: usize = 2 * group::BYTES;
const HASH_BYTES: usize = 32;
/// `a + u·x` stays below 2^512 + 2^304.
const EXPONENT_BYTES: usize = 65;

/// A number modulo N, big-endian.
type Number = [u8; group::BYTES];

const GENERATOR: Number = small(5);

/// What the proofs are about, besides the exchanged values.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Id of the secret key.
    pub key_id: &'a str,
    /// The user name: NFKD, lower case.
    pub email: &'a str,
    /// Salt of the account.
    pub salt: &'a [u8; 16],
    /// SRP private value x, big-endian.
    pub x: &'a Secret<[u8; 32]>,
}

/// One sign-in's own key pair.
#[derive(Debug)]
pub struct Ephemeral {
    private: Secret<[u8; PRIVATE_VALUE_BYTES]>,
    public: Number,
    /// g^x: of the account, and not of this sign-in, but as long to compute as `public`.
    g_to_x: Element,
}

/// What both sides know if both know `x`.
#[derive(Debug)]
pub struct Agreement {
    /// M1, what the server is shown.
    pub client_proof: [u8; 32],
    /// K, the session key.
    pub session_key: Secret<[u8; 32]>,
    server_proof: [u8; 32],
}

impl Ephemeral {
    /// `generate(random, x) -> ephemeral`
    ///
    /// # Shapes
    /// - `random`: 38 bytes of the host's randomness: the private value `a`; `x`: the
    ///   account's
    /// # Source
    /// RFC 5054 §2.5.4
    pub fn generate(random: &Secret<[u8; PRIVATE_VALUE_BYTES]>, x: &Secret<[u8; 32]>) -> Self {
        let public = *Element::power_of_five(random.expose()).to_bytes().expose();
        let g_to_x = Element::power_of_five(x.expose());
        Self { private: random.clone(), public, g_to_x }
    }

    /// `user_a() -> text`
    ///
    /// `A` as the service wants it: lower-case hex without leading zero digits.
    pub fn user_a(&self) -> String {
        hex_digits(&self.public).as_str().to_owned()
    }

    /// `agree(account, user_b) -> agreement`
    ///
    /// # Shapes
    /// - `user_b`: `B` as 1 to 1,024 hex digits of either case, zeros before it allowed
    /// # Errors
    /// [`Error::Protocol`] if `user_b` is not such a number, or 0, 1 or not
    /// below N, or makes u = 0: values that a server without the verifier
    /// would send to learn or fix the key.
    /// # Source
    /// RFC 5054 §2.5.3, §2.6; protocol.md “Sign-in” (observed, documented)
    pub fn agree(&self, account: Account<'_>, user_b: &str) -> Result<Agreement, Error> {
        let server_public = parse_user_b(user_b)?;
        let u = sha256(&[&self.public, &server_public]);
        if u == [0; HASH_BYTES] {
            return Err(Error::Protocol { what: "the key exchange's u is zero" });
        }
        let secret = self.premaster_secret(account.x, &server_public, &u);
        let session_key = Secret::take(&mut sha256(&[hex_digits(secret.expose()).as_bytes()]));
        let client_proof = self.client_proof(account, &server_public, &session_key);
        let server_proof = sha256(&[minimal(&self.public), &client_proof, session_key.expose()]);
        Ok(Agreement { client_proof, session_key, server_proof })
    }

    /// S = (B − k·g^x)^(a + u·x) mod N
    fn premaster_secret(
        &self,
        x: &Secret<[u8; 32]>,
        server_public: &Number,
        u: &[u8; HASH_BYTES],
    ) -> Secret<Number> {
        let k = padded(&sha256(&[&prime(), &GENERATOR]));
        let k_g_to_x = Element::from_bytes(&k).times(&self.g_to_x);
        let base = Element::from_bytes(server_public).minus(&k_g_to_x);
        base.power(exponent(self.private.expose(), u, x.expose()).expose()).to_bytes()
    }

    /// M1
    fn client_proof(
        &self,
        account: Account<'_>,
        server_public: &Number,
        session_key: &Secret<[u8; 32]>,
    ) -> [u8; 32] {
        let mut group = sha256(&[minimal(&prime())]);
        let generator = sha256(&[minimal(&GENERATOR)]);
        group.iter_mut().zip(generator).for_each(|(n, g)| *n ^= g);
        let identity = encode_base64url(&sha256(&[
            &sha256(&[account.key_id.as_bytes()]),
            &sha256(&[account.email.as_bytes()]),
        ]));
        sha256(&[
            &group,
            &sha256(&[identity.as_bytes()]),
            account.salt,
            minimal(&self.public),
            minimal(server_public),
            session_key.expose(),
        ])
    }
}

impl Agreement {
    /// `verify(server_proof) -> bool`
    ///
    /// Whether the server knows K. Constant time in the proof's content.
    ///
    /// # Shapes
    /// - `server_proof`: M2, 32 bytes; any other length is false
    pub fn verify(&self, server_proof: &[u8]) -> bool {
        let equal: Choice = self.server_proof.as_slice().ct_eq(server_proof);
        equal.into()
    }
}

/// a + u·x, byte by byte.
fn exponent(
    a: &[u8; PRIVATE_VALUE_BYTES],
    u: &[u8; HASH_BYTES],
    x: &[u8; 32],
) -> Secret<[u8; EXPONENT_BYTES]> {
    // The lowest first; 33 products of two bytes fit into 32 bits.
    let mut columns = Zeroizing::new([0_u32; EXPONENT_BYTES]);
    for (column, a) in columns.iter_mut().zip(a.iter().rev()) {
        *column = u32::from(*a);
    }
    for (u, from) in u.iter().rev().zip(0..) {
        for (column, x) in columns.iter_mut().skip(from).zip(x.iter().rev()) {
            *column += u32::from(*u) * u32::from(*x);
        }
    }
    let mut sum = Secret::<[u8; EXPONENT_BYTES]>::zeroed();
    let mut carry = 0;
    for (byte, column) in sum.expose_mut().iter_mut().rev().zip(columns.iter()) {
        carry += column;
        *byte = carry as u8;
        carry >>= 8;
    }
    sum
}

const fn small(value: u8) -> Number {
    let mut number = [0; group::BYTES];
    let [.., last] = &mut number;
    *last = value;
    number
}

/// With zeros before it.
fn padded(bytes: &[u8; HASH_BYTES]) -> Number {
    let mut number = small(0);
    let [.., tail] = number.as_chunks_mut::<HASH_BYTES>().0 else { return number };
    *tail = *bytes;
    number
}

fn parse_user_b(text: &str) -> Result<Number, Error> {
    let refuse = |what| Err(Error::Protocol { what });
    if text.is_empty() || text.len() > GROUP_HEX_DIGITS {
        return refuse("userB does not have 1 to 1,024 digits");
    }
    let bytes = decode_hex(&format!("{text:0>GROUP_HEX_DIGITS$}"));
    let Some(value) = bytes.and_then(|bytes| Number::try_from(bytes).ok()) else {
        return refuse("userB is not hex");
    };
    // B is public: comparing it may take any time. Of one length, as bytes is as numbers.
    if value <= small(1) || value >= prime() {
        return refuse("userB is outside the group");
    }
    Ok(value)
}

/// Lower-case hex without leading zero digits.
fn hex_digits(value: &Number) -> Zeroizing<String> {
    let digits = Zeroizing::new(encode_hex(value));
    Zeroizing::new(digits.trim_start_matches('0').to_owned())
}

/// Big-endian bytes without leading zero bytes.
fn minimal(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}
