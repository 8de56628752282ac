//! A token is text that a user pastes; an error must not repeat it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::token::parse_token;

/// Shorter runs of characters stand in a message by chance.
const SHORTEST_SECRET: usize = 16;

fuzz_target!(|text: &str| {
    let Err(error) = parse_token(text) else { return };
    let (message, text) = (error.to_string(), text.trim());
    if text.len() >= SHORTEST_SECRET {
        assert!(!message.contains(text));
    }
});
