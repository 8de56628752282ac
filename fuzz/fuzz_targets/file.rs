//! A file's record and its stored bytes: what has another hash never opens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::{
    base::{encoding::encode_base64url, json::parse},
    crypto::sha256,
    items::file::open_file,
    wire::items::FieldObject,
};

// The input: the record as one line of JSON, then what is stored.
fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (record, stored) = input.split_at(end);
    let Some(mut file) = parse::<FieldObject>(record) else { return };
    assert!(open_file(&file, stored.to_vec()).is_err());
    // Past the hash, so that key and nonce are looked at.
    file.integrity_hash = encode_base64url(&sha256(&[stored]));
    if let Ok(content) = open_file(&file, stored.to_vec()) {
        assert_eq!(content.expose().len() + 16, stored.len());
    }
});
