//! Every struct of the wire, from the same bytes; and what the session makes of a status.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::{
    auth::{
        keyring::Keyring,
        session::{Session, check_status},
    },
    base::{
        json::{entries, parse},
        secret::Secret,
    },
    host::HttpResponse,
    wire::{
        items::{BatchResponse, Item, ItemResponse},
        keysets::KeysetsResponse,
        sealed::ErrorResponse,
        sign_in::{
            CompleteResponse, ConfirmResponse, DeviceResponse, ExchangeResponse, StartResponse,
        },
        vaults::Vault,
    },
};

fuzz_target!(|bytes: &[u8]| {
    let _ = parse::<StartResponse>(bytes);
    let _ = parse::<DeviceResponse>(bytes);
    let _ = parse::<ExchangeResponse>(bytes);
    let _ = parse::<ConfirmResponse>(bytes);
    let _ = parse::<CompleteResponse>(bytes);
    let _ = parse::<ItemResponse>(bytes);
    let _ = parse::<BatchResponse>(bytes);
    let _ = parse::<ErrorResponse>(bytes);

    for place in entries(bytes, "items").unwrap_or_default() {
        let entry = bytes.get(place).expect("it is within the text");
        let _ = parse::<Item>(entry);
    }

    let status = u16::from(bytes.first().copied().unwrap_or_default()) + 200;
    let response = HttpResponse { status, body: bytes.to_vec(), ..HttpResponse::default() };
    let _ = check_status(&response, "fuzz");
    let session = Session::new("id".into(), &Secret::new([1; 32]), "my.1password.com", 0);
    assert!(session.open(&response).is_err());

    let keysets = parse::<KeysetsResponse>(bytes).and_then(|answer| answer.keysets);
    let mut ring = Keyring::<()>::new(&Secret::new([2; 32]), keysets.unwrap_or_default());
    for vault in parse::<Vec<Vault>>(bytes).unwrap_or_default() {
        let _ = ring.vault_key(&vault.uuid, &vault.combined_access.enc_vault_key);
    }
});
