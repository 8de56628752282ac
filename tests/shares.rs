//! Shares the vendor's client made, opened with what is derived from their links.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use onepassword_edge::{
    base::{
        encoding::{decode_base64, decode_hex},
        json::parse,
        secret::Secret,
    },
    items::share::ShareKeys,
};
use serde_json::Value;

/// The same with `0` and `0.0` alike, as they are in JSON.
fn with_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(entries) => entries.iter().map(with_floats).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), with_floats(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn a_link_opens_what_the_vendors_client_shared() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/shares.json")).unwrap();
    let mut opened = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let (name, Some(link)) = (&case["name"], case["link"].as_str()) else { continue };
        let (_, secret) = link.split_once('#').unwrap();
        let bytes = decode_base64(secret).unwrap();
        let keys = ShareKeys::new(&Secret::new(bytes.try_into().unwrap()));
        assert_eq!(keys.secret.expose(), secret, "{name}");
        assert_eq!(keys.uuid, case["derived"]["uuid"], "{name}");
        assert_eq!(keys.token, case["derived"]["token"], "{name}");
        let key = decode_hex(case["derived"]["key_hex"].as_str().unwrap()).unwrap();
        assert_eq!(keys.key.expose()[..], key, "{name}");
        assert_eq!(keys.key.id(), case["body"]["encDetails"]["kid"], "{name}");
        for (sealed, shown) in [("encOverview", "overview"), ("encDetails", "details")] {
            let envelope = parse(case["body"][sealed].to_string().as_bytes()).unwrap();
            let text = keys.key.open(envelope, "share").unwrap();
            let value: Value = serde_json::from_slice(text.expose()).unwrap();
            assert_eq!(with_floats(&value), with_floats(&case[shown]), "{name}");
            opened += 1;
        }
    }
    assert_eq!(opened, 22);
}
