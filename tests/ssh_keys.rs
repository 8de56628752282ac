//! What the vendor's client made of recorded SSH keys, and what it may not be given.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use base64ct::{Base64, Encoding};
use onepassword_edge::items::ssh::{Fault, public_parts, to_openssh};
use serde_json::Value;

const REFERENCE: &str = "private_key?ssh-format=openssh";

fn cases() -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("vectors/ssh.json")).unwrap();
    vectors["cases"].as_array().unwrap().clone()
}

fn key(name: &str) -> String {
    let case = cases().into_iter().find(|case| case["name"] == name).unwrap();
    case["field"]["v"].as_str().unwrap().to_owned()
}

fn answer(private_key: &str) -> Result<String, Fault> {
    to_openssh(private_key, [1, 2, 3, 4]).map(|text| text.expose().clone())
}

fn decode(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Base64::decode_vec(&body).unwrap()
}

fn encode(label: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(bytes))
}

/// They follow the public key and the length of the private part.
fn check_bytes(pem: &str) -> [u8; 4] {
    const PUBLIC_KEY: usize = 43;
    let bytes = decode(pem);
    let length = u32::from_be_bytes(bytes[PUBLIC_KEY - 4..PUBLIC_KEY].try_into().unwrap());
    let at = PUBLIC_KEY + length as usize + 4;
    bytes[at..at + 4].try_into().unwrap()
}

/// Whether the field itself can be had is not asked here, so a key whose
/// attributes are unusable is converted all the same.
#[test]
fn recorded_answers() {
    let (mut converted, mut refused) = (0, 0);
    for case in cases() {
        let value = case["field"]["v"].as_str().unwrap();
        let recorded = &case["results"][REFERENCE];
        match recorded["secret"].as_str() {
            Some(text) => {
                let got = to_openssh(value, check_bytes(text)).unwrap();
                assert_eq!(got.expose(), text, "{}", case["name"]);
                converted += 1;
            }
            None if case["field"]["a"]["sshKeyAttributes"]["keyType"]["t"] == "ed25519" => {
                assert!(recorded["error"].as_str().unwrap().contains("properly parse"));
                assert_eq!(answer(value), Err(Fault::CannotParse), "{}", case["name"]);
                refused += 1;
            }
            None => {}
        }
    }
    assert_eq!((converted, refused), (7, 3));
    assert_eq!(answer(&key("ec_p256_pkcs8")), Err(Fault::CannotParse));
}

#[test]
fn what_is_written_can_be_read() {
    for name in ["ed25519_pkcs8", "rsa2048_pkcs8", "rsa4096_pkcs8"] {
        let text = answer(&key(name)).unwrap();
        assert_eq!(answer(&text).unwrap(), text, "{name}");
    }
}

#[test]
fn lines_of_any_length() {
    for (name, label) in [("rsa2048_pkcs1", "RSA PRIVATE KEY"), ("rsa2048_pkcs8", "PRIVATE KEY")] {
        let pem = format!("\n{}\n\n", encode(label, &decode(&key(name))));
        assert_eq!(answer(&pem), answer(&key(name)));
    }
}

#[test]
fn every_cut_and_much_that_is_altered_is_refused() {
    for (name, label) in [
        ("ed25519_pkcs8", "PRIVATE KEY"),
        ("rsa2048_pkcs8", "PRIVATE KEY"),
        ("rsa2048_pkcs1", "RSA PRIVATE KEY"),
        ("ed25519_openssh", "OPENSSH PRIVATE KEY"),
    ] {
        let bytes = decode(&key(name));
        // The end of OpenSSH's form is padding, and may be of any length.
        for cut in 0..bytes.len() {
            let got = answer(&encode(label, &bytes[..cut]));
            assert_eq!(got, Err(Fault::CannotParse), "{name} cut to {cut}");
        }
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 0x80;
            let _ = answer(&encode(label, &altered)); // must not panic
        }
    }
    let mut openssh = decode(&key("ed25519_openssh"));
    for position in 0..openssh.len() {
        openssh[position] ^= 0x80;
        let is_comment = openssh.len() - 13 <= position && position < openssh.len() - 6;
        let got = answer(&encode("OPENSSH PRIVATE KEY", &openssh));
        assert_eq!(got.is_err(), !is_comment, "{position}");
        openssh[position] ^= 0x80;
    }
}

/// What `ssh-keygen -l` and `-y` say of the same keys.
#[test]
fn what_is_public_of_a_key() {
    const ED25519: &str = "SHA256:v+I+FgaT22M4UQoRHzSdBshJ+KxnCd+v5cMYxwPrFcw";
    const RSA_2048: &str = "SHA256:BDvhfZh4jUKR/n5S16F/g9llbEhfZZdhHX/HNgqtjfY";
    for (name, key_type, fingerprint) in [
        ("ed25519_pkcs8", "Ed25519", ED25519),
        ("crlf", "Ed25519", ED25519),
        ("ed25519_openssh", "Ed25519", "SHA256:de7Cil3mSkAza1Cm8uB5m74EZ/LCSm8vJo26bZGM9O0"),
        ("rsa2048_pkcs8", "RSA, 2048-bit", RSA_2048),
        ("rsa2048_pkcs1", "RSA, 2048-bit", RSA_2048),
        ("rsa3072_pkcs8", "RSA, 3072-bit", "SHA256:y0eSGP6CIB7X6wvEusOTueMInOFyP+nMFmIuT9oodXE"),
        ("rsa4096_pkcs8", "RSA, 4096-bit", "SHA256:ZU5huvvMP/MVszfGMuEZqz7ja8J7QINgDjIH27rq90E"),
    ] {
        let parts = public_parts(&key(name)).unwrap();
        assert_eq!((parts.key_type.as_str(), parts.fingerprint.as_str()), (key_type, fingerprint));
    }
    let parts = public_parts(&key("ed25519_pkcs8")).unwrap();
    let expected =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICIHu/pVaYTimdvQd+jteAp5YiSpYAVBOHqs3prmI6aI";
    assert_eq!(parts.public_key, expected);
}

/// A DER value (X.690 §8.1).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&header, content].concat()
}

/// A key in PKCS#1 of which only the public part is anything.
fn rsa_key(modulus: &[u8], exponent: &[u8]) -> String {
    let integer = |number: &[u8]| der(0x02, &[&[0], number].concat());
    let mut numbers = vec![vec![], modulus.to_vec(), exponent.to_vec()];
    numbers.resize(9, vec![3]);
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| integer(number)).collect();
    encode("RSA PRIVATE KEY", &der(0x30, &numbers))
}

#[test]
fn the_size_of_an_rsa_key_is_that_of_its_modulus() {
    for (first, length, bits) in [
        (0x80, 256, 2048),
        (0xff, 256, 2048),
        (0x01, 257, 2049),
        (0x7f, 257, 2055),
        (0x80, 257, 2056),
        (0x80, 512, 4096),
        (0xff, 1024, 8192),
    ] {
        let mut modulus = vec![0x5a; length];
        modulus[0] = first;
        let parts = public_parts(&rsa_key(&modulus, &[1, 0, 1])).unwrap();
        assert_eq!(parts.key_type, format!("RSA, {bits}-bit"));
        assert!(parts.public_key.starts_with("ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"));
    }
}

#[test]
fn nothing_is_public_of_what_is_no_key() {
    for name in ["garbage", "empty", "trunc", "ec_p256_pkcs8"] {
        assert!(public_parts(&key(name)).is_none(), "{name}");
    }
    let modulus = [0xff; 256];
    for (modulus, exponent) in [
        (&modulus[..128], &[1, 0, 1][..]),
        (&modulus[1..], &[1, 0, 1]),
        (&[0x7f; 256], &[1, 0, 1]),
        (&[0; 256], &[1, 0, 1]),
        (&[], &[1, 0, 1]),
        (&modulus, &[3]),
        (&modulus, &[0xff, 0xff]),
        (&modulus, &[]),
    ] {
        assert!(public_parts(&rsa_key(modulus, exponent)).is_none(), "{exponent:?}");
    }
}

#[test]
fn what_is_public_is_the_same_in_every_form() {
    for name in ["ed25519_pkcs8", "ed25519_openssh", "rsa2048_pkcs1", "rsa4096_pkcs8"] {
        let [one, other] = [key(name), answer(&key(name)).unwrap()].map(|text| {
            let parts = public_parts(&format!("\n{text}\n ")).unwrap();
            (parts.public_key, parts.fingerprint, parts.key_type)
        });
        assert_eq!(one, other, "{name}");
    }
}

#[test]
fn what_cannot_be_written_has_no_public_part_either() {
    for (name, label) in
        [("ed25519_openssh", "OPENSSH PRIVATE KEY"), ("rsa2048_pkcs8", "PRIVATE KEY")]
    {
        let bytes = decode(&key(name));
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 0x80;
            for bytes in [&bytes[..position], &altered] {
                let pem = encode(label, bytes);
                assert_eq!(
                    public_parts(&pem).is_some(),
                    answer(&pem).is_ok(),
                    "{name}: {position}"
                );
            }
        }
    }
}
