//! A private key that is written in OpenSSH's form is read again, to the same text, and its public
//! key too.
#![no_main]

use base64ct::{Base64, Encoding};
use libfuzzer_sys::fuzz_target;
use onepassword_edge::items::ssh::{public_parts, to_openssh};

const CHECK_BYTES: [u8; 4] = [1, 2, 3, 4];

/// As PEM too, so that the fuzzer need not find out about base64.
fn as_pem(label: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(bytes))
}

fn check(pem: &str) {
    let parts = public_parts(pem).map(|parts| parts.public_key);
    let Ok(written) = to_openssh(pem, CHECK_BYTES) else { return assert_eq!(parts, None) };
    let again = to_openssh(written.expose(), CHECK_BYTES).expect("what was written is read");
    assert_eq!(written.expose(), again.expose());
    assert!(parts.is_some());
    assert_eq!(parts, public_parts(again.expose()).map(|parts| parts.public_key));
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        check(&as_pem(label, bytes));
    }
});
