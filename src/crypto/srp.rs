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

use super::sha256;
use crate::{
    encoding::{decode_hex, encode_base64url, encode_hex},
    error::Error,
    secret::Secret,
};
use crypto_bigint::{U256, U320, U512, U576, U4096, modular::ConstMontyForm};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Length of the client's private value `a`: 304 bits, as the vendor's client
/// has it; RFC 5054 §3.1 asks for 256 at least.
pub const PRIVATE_VALUE_BYTES: usize = 38;
/// Length of numbers modulo N.
const GROUP_BYTES: usize = 512;
/// Digits of the longest `B`.
const GROUP_HEX_DIGITS: usize = 2 * GROUP_BYTES;
const GENERATOR: U4096 = U4096::from_u8(5);
const PRIVATE_VALUE_BITS: u32 = 304;
const X_BITS: u32 = 256;
/// `a + u·x` stays below 2^512 + 2^304.
const EXPONENT_BITS: u32 = 513;

crypto_bigint::const_monty_params!(
    Group,
    U4096,
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
     020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
     4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
     EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
     98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
     9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
     E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
     3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33\
     A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
     ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
     D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2\
     08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A92108011A723C12A787E6D7\
     88719A10BDBA5B2699C327186AF4E23C1A946834B6150BDA2583E9CA2AD44CE8\
     DBBBC2DB04DE8EF92E8EFC141FBECAA6287C59474E6BC05D99B2964FA090C3A2\
     233BA186515BE7ED1F612970CEE2D7AFB81BDD762170481CD0069127D5B05AA9\
     93B4EA988D8FDDC186FFB7DC90A6C08F4DF435C934063199FFFFFFFFFFFFFFFF",
    "N of RFC 5054 Appendix A, 4096-bit group (RFC 3526 §5)"
);

/// A number modulo N, in Montgomery form.
type Element = ConstMontyForm<Group, { U4096::LIMBS }>;

const PRIME: U4096 = *<Group as crypto_bigint::modular::ConstMontyParams<{ U4096::LIMBS }>>::PARAMS
    .modulus()
    .as_ref();

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
    private: Secret<U320>,
    public: U4096,
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
    /// `generate(random) -> ephemeral`
    ///
    /// # Shapes
    /// - `random`: 38 bytes of the host's randomness: the private value `a`
    /// # Source
    /// RFC 5054 §2.5.4
    pub fn generate(random: &Secret<[u8; PRIVATE_VALUE_BYTES]>) -> Self {
        let mut padded = Zeroizing::new([0; U320::BYTES]);
        let (_, tail) = padded.split_at_mut(U320::BYTES - PRIVATE_VALUE_BYTES);
        tail.copy_from_slice(random.expose());
        let private = Secret::new(U320::from_be_slice(padded.as_slice()));
        let generator = Element::new(&GENERATOR);
        let public = power(&generator, &private.expose().resize(), PRIVATE_VALUE_BITS).retrieve();
        Self { private, public }
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
        let u = U256::from_be_slice(&sha256(&[
            self.public.to_be_bytes().as_ref(),
            server_public.to_be_bytes().as_ref(),
        ]));
        if u == U256::ZERO {
            return Err(Error::Protocol { what: "the key exchange's u is zero" });
        }
        let secret = self.premaster_secret(account.x, &server_public, &u);
        let session_key = Secret::take(&mut sha256(&[hex_digits(secret.expose()).as_bytes()]));
        let client_proof = self.client_proof(account, &server_public, &session_key);
        let server_proof = sha256(&[
            minimal(self.public.to_be_bytes().as_ref()),
            &client_proof,
            session_key.expose(),
        ]);
        Ok(Agreement { client_proof, session_key, server_proof })
    }

    /// S = (B − k·g^x)^(a + u·x) mod N
    fn premaster_secret(
        &self,
        x: &Secret<[u8; 32]>,
        server_public: &U4096,
        u: &U256,
    ) -> Secret<U4096> {
        let k = U256::from_be_slice(&sha256(&[
            PRIME.to_be_bytes().as_ref(),
            GENERATOR.to_be_bytes().as_ref(),
        ]));
        let x = Secret::new(U256::from_be_slice(x.expose()));
        let g_to_x = Secret::new(power(&Element::new(&GENERATOR), &x.expose().resize(), X_BITS));
        let k_g_to_x = Secret::new(Element::new(&k.resize()).mul(g_to_x.expose()));
        let base = Secret::new(Element::new(server_public).sub(k_g_to_x.expose()));
        let u_x: Secret<U512> = Secret::new(u.concatenating_mul(x.expose()));
        let exponent: Secret<U576> =
            Secret::new(u_x.expose().resize().wrapping_add(&self.private.expose().resize()));
        Secret::new(power(base.expose(), exponent.expose(), EXPONENT_BITS).retrieve())
    }

    /// M1
    fn client_proof(
        &self,
        account: Account<'_>,
        server_public: &U4096,
        session_key: &Secret<[u8; 32]>,
    ) -> [u8; 32] {
        let mut group = sha256(&[minimal(PRIME.to_be_bytes().as_ref())]);
        let generator = sha256(&[minimal(GENERATOR.to_be_bytes().as_ref())]);
        group.iter_mut().zip(generator).for_each(|(n, g)| *n ^= g);
        let identity = encode_base64url(&sha256(&[
            &sha256(&[account.key_id.as_bytes()]),
            &sha256(&[account.email.as_bytes()]),
        ]));
        sha256(&[
            &group,
            &sha256(&[identity.as_bytes()]),
            account.salt,
            minimal(self.public.to_be_bytes().as_ref()),
            minimal(server_public.to_be_bytes().as_ref()),
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

/// `base^exponent`, in constant time for exponents of `bits` bits. One width for
/// all exponents: each has its own copy of the code.
fn power(base: &Element, exponent: &U576, bits: u32) -> Element {
    base.pow_bounded_exp(exponent, bits)
}

fn parse_user_b(text: &str) -> Result<U4096, Error> {
    let refuse = |what| Err(Error::Protocol { what });
    if text.is_empty() || text.len() > GROUP_HEX_DIGITS {
        return refuse("userB does not have 1 to 1,024 digits");
    }
    let Some(bytes) = decode_hex(&format!("{text:0>GROUP_HEX_DIGITS$}")) else {
        return refuse("userB is not hex");
    };
    let value = U4096::from_be_slice(&bytes);
    // B is public: comparing it may take any time.
    if value <= U4096::ONE || value >= PRIME {
        return refuse("userB is outside the group");
    }
    Ok(value)
}

/// Lower-case hex without leading zero digits.
fn hex_digits(value: &U4096) -> Zeroizing<String> {
    let digits = Zeroizing::new(encode_hex(value.to_be_bytes().as_ref()));
    Zeroizing::new(digits.trim_start_matches('0').to_owned())
}

/// Big-endian bytes without leading zero bytes.
fn minimal(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}
