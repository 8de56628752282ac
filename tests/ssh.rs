//! What the vendor's client answered to references into SSH keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::{
    base::{error::Error, json::parse},
    items::value::{Answer, Moment},
    resolve::{field::resolve, hint::Hints, reference::parse_reference},
    wire::items::ItemDetails,
};
use serde_json::{Value, json};

/// The code for each of the vendor's sentences.
fn code_of(sentence: &str) -> &'static str {
    match sentence {
        "SSH key formatting can only be applied to a private key field" => {
            "incompatibleSshKeyQueryParameterField"
        }
        "TOTP attribute can only be applied to TOTP-type fields" => {
            "incompatibleTOTPQueryParameterField"
        }
        "unable to retrieve SSH Key field, verify that private key isn't malformed" => {
            "sSHKeyMetadataNotFound"
        }
        "unable to properly parse private key, verify that private key isn't malformed" => {
            "unableToParsePrivateKey"
        }
        other => panic!("{other}"),
    }
}

#[test]
fn recorded_answers() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/ssh.json")).unwrap();
    let mut asked = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let details =
            json!({ "sections": [{ "name": "s", "title": "", "fields": [case["field"]] }] });
        let details: ItemDetails = parse(details.to_string().as_bytes()).unwrap();
        for (key, result) in case["results"].as_object().unwrap() {
            let what = format!("{}: {key}", case["name"]);
            let got = answer(&details, key);
            asked += 1;
            match (result["secret"].as_str(), result["error"].as_str()) {
                // Its check bytes are random: tests/ssh_keys.rs compares the rest.
                (Some(_), _) if result["nondeterministic"] == true => {
                    let text = got.unwrap();
                    assert!(text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "{what}");
                }
                (Some(secret), _) => assert_eq!(got.as_deref(), Ok(secret), "{what}"),
                (None, error) => {
                    assert_eq!(got.unwrap_err().code(), code_of(error.unwrap()), "{what}")
                }
            }
        }
    }
    assert!(asked > 100, "{asked}");
}

fn answer(details: &ItemDetails, key: &str) -> Result<String, Error> {
    let reference = parse_reference(&format!("op://v/k/{key}")).unwrap();
    let moment = Moment { now_ms: 0, check_bytes: [0; 4] };
    match resolve(details, &reference, moment, &Hints::new(&str::to_owned))? {
        Answer::Text(secret) => Ok(secret.expose().clone()),
        Answer::File(file) => panic!("a file: {file:?}"),
    }
}
