//! Variables of Environments as the vendor's client gave them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use onepassword_edge::{
    auth::envelope::SymmetricKey,
    base::{
        json::{parse, to_json},
        secret::Secret,
    },
    items::{open_details, variables::variables_json},
    wire::items::Item,
};
use serde_json::{Value, json};

/// The variables of an item as it is kept, in the form of the vectors.
fn shown(wire: &Value) -> Value {
    let key = SymmetricKey::new("kid".into(), Secret::new([7; 32]));
    let envelope = to_json(&key.seal([1; 12], wire["details"].to_string().as_bytes()).unwrap());
    let details: Value = serde_json::from_str(&envelope).unwrap();
    let sent = json!({ "uuid": wire["id"], "trashed": wire["trashed"], "encDetails": details });
    let item: Item = parse(sent.to_string().as_bytes()).unwrap();
    let text = variables_json(&open_details(&item, &key).unwrap()).unwrap();
    serde_json::from_slice::<Value>(text.expose()).unwrap()["variables"].take()
}

/// As recorded, but that the secret of a one-time password is masked.
fn expected(wire: &Value, recorded: &Value) -> Value {
    let mut expected = recorded.clone();
    let sections = wire["details"]["sections"].as_array().cloned().unwrap_or_default();
    let is_named = |section: &&Value| section["name"].is_string() || section["title"].is_string();
    let fields =
        sections.iter().filter(is_named).filter_map(|section| section["fields"].as_array());
    let fields = fields.flatten().filter(|field| field["k"].is_string() && field["n"].is_string());
    for (variable, field) in expected.as_array_mut().unwrap().iter_mut().zip(fields) {
        let is_otp = field["n"].as_str().unwrap().starts_with("TOTP");
        if field["k"] == "concealed" && is_otp {
            assert_eq!(variable["masked"], false, "then it is no difference any more");
            variable["masked"] = true.into();
        }
    }
    expected
}

#[test]
fn variables_are_those_of_the_vendors_client() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/environments.json")).unwrap();
    let mut count = 0;
    for case in
        vectors["cases"].as_array().unwrap().iter().filter(|case| !case["variables"].is_null())
    {
        let Some(item) = case["items"].get(0) else { continue };
        assert_eq!(shown(item), expected(item, &case["variables"]), "{} {item}", case["name"]);
        count += 1;
    }
    assert!(count >= 135, "{count}");
}
