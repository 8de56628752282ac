//! SRP against a textbook: plain modular arithmetic over any group and hash,
//! itself checked with the vectors of RFC 5054 Appendix B.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/prime.rs"]
mod prime;

use num_bigint::BigUint;
use onepassword_edge::{
    base::{
        encoding::{encode_base64url, encode_hex},
        error::Error,
        secret::Secret,
    },
    crypto::srp::{Account, Ephemeral, PRIVATE_VALUE_BYTES},
};
use prime::N_4096;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A group, a generator and a hash.
struct Textbook {
    n: BigUint,
    g: BigUint,
    bytes: usize,
    hash: fn(&[u8]) -> Vec<u8>,
}

impl Textbook {
    fn rfc5054_example() -> Self {
        Self {
            n: hex(N_1024),
            g: 2_u8.into(),
            bytes: 128,
            hash: |data| Sha1::digest(data).to_vec(),
        }
    }

    fn service() -> Self {
        let n = hex(N_4096);
        Self { n, g: 5_u8.into(), bytes: 512, hash: sha256 }
    }

    fn pad(&self, number: &BigUint) -> Vec<u8> {
        let bytes = number.to_bytes_be();
        [vec![0; self.bytes - bytes.len()], bytes].concat()
    }

    fn hash_pair(&self, left: &BigUint, right: &BigUint) -> BigUint {
        BigUint::from_bytes_be(&(self.hash)(&[self.pad(left), self.pad(right)].concat()))
    }

    fn k(&self) -> BigUint {
        self.hash_pair(&self.n, &self.g)
    }

    fn power_of_g(&self, exponent: &BigUint) -> BigUint {
        self.g.modpow(exponent, &self.n)
    }

    /// B = k·v + g^b
    fn server_public(&self, verifier: &BigUint, b: &BigUint) -> BigUint {
        (self.k() * verifier + self.power_of_g(b)) % &self.n
    }

    /// The client's S = (B − k·g^x)^(a + u·x)
    fn client_secret(&self, server: &BigUint, u: &BigUint, a: &BigUint, x: &BigUint) -> BigUint {
        let k_g_to_x = self.k() * self.power_of_g(x) % &self.n;
        let base = (server + &self.n - k_g_to_x) % &self.n;
        base.modpow(&(a + u * x), &self.n)
    }

    /// The server's S = (A·v^u)^b
    fn server_secret(&self, client: &BigUint, u: &BigUint, b: &BigUint, v: &BigUint) -> BigUint {
        (client * v.modpow(u, &self.n)).modpow(b, &self.n)
    }
}

#[test]
fn the_textbook_gives_rfc5054_appendix_b() {
    let book = Textbook::rfc5054_example();
    let x = hex("94B7555AABE9127CC58CCF4993DB6CF84D16C124");
    let a = hex("60975527035CF2AD1989806F0407210BC81EDC04E2762A56AFD529DDDA2D4393");
    let b = hex("E487CB59D31AC550471E81F00F6928E01DDA08E974A004F49E61F5D105284D20");
    let v = book.power_of_g(&x);
    let client = book.power_of_g(&a);
    let server = book.server_public(&v, &b);
    let u = book.hash_pair(&client, &server);
    assert_eq!(book.k(), hex("7556AA045AEF2CDD07ABAF0F665C3E818913186F"));
    assert_eq!(client, hex(RFC5054_A));
    assert_eq!(server, hex(RFC5054_B));
    assert_eq!(u, hex("CE38B9593487DA98554ED47D70A7AE5F462EF019"));
    assert_eq!(book.client_secret(&server, &u, &a, &x), hex(RFC5054_S));
    assert_eq!(book.server_secret(&client, &u, &b, &v), hex(RFC5054_S));
}

#[test]
fn the_service_group() {
    let book = Textbook::service();
    assert_eq!(book.n.bits(), 4096);
    // docs/protocol.md “Sign-in”: what the vendor's client was seen to use.
    let k = encode_hex(&book.k().to_bytes_be());
    assert!(k.starts_with("3509477e") && k.ends_with("4dd2"), "{k}");
}

/// Private values, small and large, with everything that follows from them.
#[test]
fn agreement_is_the_textbook_server_s() {
    for (a, x, b) in [
        ([0x11; 38], [0x22; 32], [0x33; 32]),
        ([0xff; 38], [0xff; 32], [0xff; 32]),
        (last_byte(1), last_byte(1), last_byte(1)),
        (last_byte(255), [0x80; 32], last_byte(2)),
        (counting(), counting(), counting()),
    ] {
        check_agreement(a, x, &BigUint::from_bytes_be(&b), |text| text);
    }
}

#[test]
fn b_may_be_padded_or_upper_case() {
    let b = BigUint::from(77_u8);
    check_agreement([1; 38], [2; 32], &b, |text| format!("{text:0>1024}"));
    check_agreement([1; 38], [2; 32], &b, |text| text.to_uppercase());
}

/// One in 16 public values has an odd number of digits if zeros are stripped.
#[test]
fn b_of_an_odd_length() {
    let book = Textbook::service();
    let v = book.power_of_g(&BigUint::from_bytes_be(&[2; 32]));
    let odd = (1_u32..)
        .map(BigUint::from)
        .find(|b| book.server_public(&v, b).to_str_radix(16).len() % 2 == 1)
        .unwrap();
    check_agreement([1; 38], [2; 32], &odd, |text| text);
}

fn check_agreement(
    a: [u8; PRIVATE_VALUE_BYTES],
    x: [u8; 32],
    b: &BigUint,
    form: impl Fn(String) -> String,
) {
    let book = Textbook::service();
    let v = book.power_of_g(&BigUint::from_bytes_be(&x));
    let client = book.power_of_g(&BigUint::from_bytes_be(&a));
    let server = book.server_public(&v, b);
    let u = book.hash_pair(&client, &server);
    let secret = book.server_secret(&client, &u, b, &v);
    let session_key = sha256(secret.to_str_radix(16).as_bytes());
    let m1 = client_proof(&client, &server, &session_key);
    let m2 = sha256(&[client.to_bytes_be(), m1.clone(), session_key.clone()].concat());

    let ephemeral = Ephemeral::generate(&Secret::new(a), &Secret::new(x));
    assert_eq!(ephemeral.user_a(), client.to_str_radix(16));
    let x = Secret::new(x);
    let agreement = ephemeral.agree(account(&x), &form(server.to_str_radix(16))).unwrap();
    assert_eq!(agreement.session_key.expose().as_slice(), session_key);
    assert_eq!(agreement.client_proof.as_slice(), m1);
    assert!(agreement.verify(&m2));
    for position in [0, 31] {
        let mut altered = m2.clone();
        altered[position] ^= 1;
        assert!(!agreement.verify(&altered));
    }
    assert!(!agreement.verify(&m2[..31]));
    assert!(!agreement.verify(&[]));
}

const KEY_ID: &str = "SAMPLE";
const EMAIL: &str = "sample@example.com";
const SALT: [u8; 16] = [0x5a; 16];

fn account(x: &Secret<[u8; 32]>) -> Account<'_> {
    Account { key_id: KEY_ID, email: EMAIL, salt: &SALT, x }
}

/// M1, written once more from docs/protocol.md.
fn client_proof(client: &BigUint, server: &BigUint, session_key: &[u8]) -> Vec<u8> {
    let book = Textbook::service();
    let group: Vec<u8> = sha256(&book.n.to_bytes_be())
        .iter()
        .zip(sha256(&book.g.to_bytes_be()))
        .map(|(n, g)| n ^ g)
        .collect();
    let halves = [sha256(KEY_ID.as_bytes()), sha256(EMAIL.as_bytes())].concat();
    let identity = encode_base64url(&sha256(&halves));
    sha256(
        &[
            group,
            sha256(identity.as_bytes()),
            SALT.to_vec(),
            client.to_bytes_be(),
            server.to_bytes_be(),
            session_key.to_vec(),
        ]
        .concat(),
    )
}

#[test]
fn b_that_is_refused() {
    let book = Textbook::service();
    let ephemeral = Ephemeral::generate(&Secret::new([1; 38]), &Secret::new([2; 32]));
    let x = Secret::new([2; 32]);
    let largest = BigUint::from(2_u8).pow(4096) - 1_u8;
    for text in [
        String::new(),
        "0".into(),
        "0".repeat(1024),
        "1".into(),
        format!("{:0>1024}", "1"),
        book.n.to_str_radix(16),
        (&book.n + 1_u8).to_str_radix(16),
        largest.to_str_radix(16),
        "0".repeat(1025),
        "xyz".into(),
        "-5".into(),
        "0x12".into(),
        " 12".into(),
        "é".repeat(10),
    ] {
        let error = ephemeral.agree(account(&x), &text).unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{text}");
    }
    for text in ["2".to_string(), (&book.n - 1_u8).to_str_radix(16)] {
        assert!(ephemeral.agree(account(&x), &text).is_ok(), "{text}");
    }
}

fn sha256(data: &[u8]) -> Vec<u8> {
    Sha256::digest(data).to_vec()
}

fn hex(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), 16).unwrap()
}

fn last_byte<const N: usize>(byte: u8) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[N - 1] = byte;
    bytes
}

fn counting<const N: usize>() -> [u8; N] {
    std::array::from_fn(|index| index as u8 + 1)
}

/// RFC 5054 Appendix A, 1024-bit group.
const N_1024: &str = "\
    EEAF0AB9ADB38DD69C33F80AFA8FC5E86072618775FF3C0B9EA2314C9C256576\
    D674DF7496EA81D3383B4813D692C6E0E0D5D8E250B98BE48E495C1D6089DAD1\
    5DC7D7B46154D6B6CE8EF4AD69B15D4982559B297BCF1885C529F566660E57EC\
    68EDBC3C05726CC02FD4CBF4976EAA9AFD5138FE8376435B9FC61D2FC0EB06E3";

/// RFC 5054 Appendix B.
const RFC5054_A: &str = "\
    61D5E490F6F1B79547B0704C436F523DD0E560F0C64115BB72557EC44352E890\
    3211C04692272D8B2D1A5358A2CF1B6E0BFCF99F921530EC8E39356179EAE45E\
    42BA92AEACED825171E1E8B9AF6D9C03E1327F44BE087EF06530E69F66615261\
    EEF54073CA11CF5858F0EDFDFE15EFEAB349EF5D76988A3672FAC47B0769447B";

/// RFC 5054 Appendix B.
const RFC5054_B: &str = "\
    BD0C61512C692C0CB6D041FA01BB152D4916A1E77AF46AE105393011BAF38964\
    DC46A0670DD125B95A981652236F99D9B681CBF87837EC996C6DA04453728610\
    D0C6DDB58B318885D7D82C7F8DEB75CE7BD4FBAA37089E6F9C6059F388838E7A\
    00030B331EB76840910440B1B27AAEAEEB4012B7D7665238A8E3FB004B117B58";

/// RFC 5054 Appendix B: the premaster secret.
const RFC5054_S: &str = "\
    B0DC82BABCF30674AE450C0287745E7990A3381F63B387AAF271A10D233861E3\
    59B48220F7C4693C9AE12B0A6F67809F0876E2D013800D6C41BB59B6D5979B5C\
    00A172B4A2A5903A0BDCAF8A709585EB2AFAFA8F3499B200210DCC1F10EB3394\
    3CD67FC88A2F39A4BE5BEC4EC0A3212DC346D7E474B29EDE8A469FFECA686E5A";
