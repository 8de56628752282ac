//! An envelope from anyone never opens; one of our own always gives back what was sealed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::{
    auth::envelope::{SymmetricKey, sealing},
    base::{
        json::{parse, to_json},
        secret::Secret,
    },
    wire::{items::ItemDetails, sealed::Envelope, vaults::VaultAttributes},
};

fuzz_target!(|bytes: &[u8]| {
    let key = SymmetricKey::new("id".into(), Secret::new([7; 32]));
    if let Some(envelope) = parse::<Envelope>(bytes) {
        let _ = sealing(&envelope);
        assert!(key.open(envelope, "it").is_err());
    }
    let _ = SymmetricKey::parse(bytes, "it");
    let sealed = key.seal([9; 12], bytes).map(|sealed| to_json(&sealed)).expect("short enough");
    let envelope: Envelope = parse(sealed.as_bytes()).expect("our own JSON");
    assert_eq!(key.open(envelope.clone(), "it").expect("our own key").expose(), bytes);
    let _ = key.open_json::<VaultAttributes>(envelope.clone(), "it");
    let _ = key.open_json::<ItemDetails>(envelope, "it");
});
