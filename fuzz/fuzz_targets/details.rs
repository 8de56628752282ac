//! Item details, by every kind of reference into them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::{
    base::json::parse,
    items::value::Moment,
    resolve::{field::resolve, hint::Hints, reference::parse_reference},
    wire::items::ItemDetails,
};

const REFERENCES: [&str; 12] = [
    "op://v/i/password",
    "op://v/i/notes",
    "op://v/i/a",
    "op://v/i/s/a",
    "op://v/i/s/private key",
    "op://v/i/s/a?attribute=otp",
    "op://v/i/s/a?attribute=type",
    "op://v/i/s/a?attribute=title",
    "op://v/i/s/a?attribute=purpose",
    "op://v/i/s/a?attribute=size",
    "op://v/i/s/a?attribute=content",
    "op://v/i/s/a?ssh-format=openssh",
];

fuzz_target!(|bytes: &[u8]| {
    let Some(details) = parse::<ItemDetails>(bytes) else { return };
    let moment = Moment { now_ms: 1_700_000_000_000, check_bytes: [1, 2, 3, 4] };
    for text in REFERENCES {
        let reference = parse_reference(text).expect("well-formed");
        if let Err(error) = resolve(&details, &reference, moment, &Hints::new(&str::to_owned)) {
            assert!(!error.to_string().is_empty());
        }
    }
});
