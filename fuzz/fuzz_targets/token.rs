//! A token is text that a user pastes; an error must not repeat it.
#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use onepassword_edge::auth::token::parse_token;

/// What is shorter, or has spaces, stands in a message by chance.
const SHORTEST_SECRET: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    // Encoded too, so that the fuzzer need not find out about base64.
    check(&format!("ops_{}", Base64UrlUnpadded::encode_string(bytes)));
});

fn check(text: &str) {
    let Err(error) = parse_token(text) else { return };
    let secret = text.trim().trim_start_matches("ops_");
    if secret.len() >= SHORTEST_SECRET && !secret.contains(' ') {
        assert!(!error.to_string().contains(secret));
    }
}
