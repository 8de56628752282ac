//! What the vendor's client made of recorded SSH keys, and what it may not be given.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use base64ct::{Base64, Encoding};
use onepassword_edge::item::ssh::{Fault, to_openssh};
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
