//! An item as callers see it, with all its members, whatever the item is made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::{
    auth::envelope::SymmetricKey,
    base::{
        error::Error,
        json::{parse, to_json},
        secret::Secret,
        shape::Shape,
    },
    items::{
        model::{ListedItem, OpenedItem, find_file},
        open_details, open_overview,
    },
    wire::{
        items::{Item, ItemOverview},
        sealed::Envelope,
    },
};
use serde_json::Value;
use std::array;

const NOW_MS: u64 = 1_700_000_000_000;
/// Members of an item, of a list's entry and of a field.
const ITEM: usize = 14;
const LISTED: usize = 9;
const FIELD: usize = 6;

// The input: the item, its overview and its details, each but the last a line of JSON.
fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let [item, overview, details] = array::from_fn(|_| lines.next().unwrap_or_default());
    let Some(mut item) = parse::<Item>(item) else { return };
    let key = SymmetricKey::new("k".into(), Secret::new([7; 32]));
    item.enc_overview = sealed(&key, overview);
    item.enc_details = sealed(&key, details);
    let Some(overview) = opened(open_overview(&item, &key)) else { return };
    check_listed(&item, &overview);
    let Some(details) = opened(open_details(&item, &key)) else { return };
    check_shown(OpenedItem { item, vault_id: "v".into(), overview, details: details.into(), now_ms: NOW_MS });
});

fn sealed(key: &SymmetricKey, plaintext: &[u8]) -> Envelope {
    let sealed = key.seal([1; 12], plaintext).expect("it is short");
    Envelope { kid: "k".into(), enc: sealed.enc.into(), iv: sealed.iv, data: sealed.data }
}

fn opened<T>(outcome: Result<T, Error>) -> Option<T> {
    outcome.inspect_err(|error| assert!(!error.to_string().is_empty())).ok()
}

/// What is shown, as a value and as the text that lists are made of.
fn read(shape: &Shape<'_>, members: usize) -> Value {
    let value = serde_json::to_value(shape).expect("it can be written");
    let text: Value = serde_json::from_str(&to_json(shape)).expect("it is JSON");
    assert_eq!(value.as_object().expect("it is an object").len(), members);
    assert_eq!(text.as_object().expect("it is an object").len(), members);
    value
}

fn check_listed(item: &Item, overview: &ItemOverview) {
    let (item, overview) = (item.clone(), overview.clone());
    let entry = ListedItem { item, vault_id: "v".into(), overview };
    let listed = read(&entry.shape(), LISTED);
    assert!(listed["id"] == entry.item.uuid && listed["title"] == entry.overview.title);
}

fn check_shown(opened: OpenedItem) {
    let OpenedItem { item, overview, details, .. } = &opened;
    let shown = read(&opened.shape(), ITEM);
    assert!(shown["id"] == item.uuid && shown["title"] == overview.title);
    for field in shown["fields"].as_array().expect("it is a list") {
        assert_eq!(field.as_object().expect("it is an object").len(), FIELD);
        assert!(field["fieldType"] != "Unsupported" || field["value"] == "");
    }
    // What is shown can be asked for.
    let files = shown["files"].as_array().expect("it is a list").iter();
    let attributes = files.map(|file| &file["attributes"]);
    for file in attributes.chain(Some(&shown["document"]).filter(|file| !file.is_null())) {
        assert!(find_file(details, file["id"].as_str().expect("it is text")).is_some());
    }
}
