//! A file's record and its stored bytes: what has another hash never opens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::{
    base::{encoding::encode_base64url, error::Error, json::parse, secret::Secret},
    crypto::sha256,
    items::file::{FileOpening, Step},
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

fn open_file(file: &FieldObject, stored: Vec<u8>) -> Result<Secret<Vec<u8>>, Error> {
    let mut opening = FileOpening::new(file, stored);
    loop {
        opening = match opening.step()? {
            Step::More(opening) => opening,
            Step::Done(content) => return Ok(content),
        };
    }
}
