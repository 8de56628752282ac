//! A reference that is accepted names every part.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::resolve::reference::{SecretReference, parse_reference};

fuzz_target!(|text: &str| {
    let Ok(reference) = parse_reference(text) else { return };
    let SecretReference { vault, item, section, field, .. } = &reference;
    assert!(text.starts_with("op://"));
    assert!(![vault, item, field].into_iter().chain(section).any(String::is_empty));
    // Percent-encoding makes nothing longer.
    assert!(vault.len() + item.len() + field.len() < text.len());
});
