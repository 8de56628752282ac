//! What the vendor's client answered to recorded references, field by field.
//! Finding the vault and the item is the client's part and tested through it;
//! here it is redone over the plain account, to get at the details.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::{
    base::{encoding::is_object_id, error::Error, json::parse},
    items::value::{Answer, Moment},
    resolve::{
        field::{is_named, resolve},
        hint::Hints,
        reference::{SecretReference, parse_reference},
    },
    wire::items::ItemDetails,
};
use serde_json::Value;

#[test]
fn recorded_answers() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/resolve.json")).unwrap();
    let now_ms = vectors["now_ms"].as_u64().unwrap();
    let mut asked = 0;
    for account in vectors["accounts"].as_array().unwrap() {
        for case in account["cases"].as_array().unwrap() {
            let text = case["ref"].as_str().unwrap();
            let expected = match case["secret"].as_str() {
                Some(secret) => Ok(secret.to_owned()),
                None => Err(case["error"].as_str().unwrap().to_owned()),
            };
            assert_eq!(answer(account, text, now_ms), expected, "{text}");
            asked += 1;
        }
    }
    assert_eq!(asked, 1037);
}

fn answer(account: &Value, text: &str, now_ms: u64) -> Result<String, String> {
    let code = |error: Error| error.code().to_owned();
    let reference = parse_reference(text).map_err(code)?;
    let item = find(account, &reference)?;
    let details = item["details"].to_string();
    let details: ItemDetails = parse(details.as_bytes()).unwrap_or_default();
    let moment = Moment { now_ms, check_bytes: [0; 4] };
    match resolve(&details, &reference, moment, &Hints::new(&str::to_owned)).map_err(code)? {
        Answer::Text(secret) => Ok(secret.expose().clone()),
        Answer::File(file) => panic!("a file: {file:?}"),
    }
}

fn find<'a>(account: &'a Value, reference: &SecretReference) -> Result<&'a Value, String> {
    let vault_name = |vault: &'a Value| vault["title"].as_str();
    let vaults = account["vaults"].as_array().unwrap();
    let vault = match by_id(vaults, &reference.vault) {
        Some(vault) => vault,
        None => by_name(vaults.iter(), &reference.vault, vault_name, "Vault")?,
    };
    let items = vault["items"].as_array().unwrap();
    let title = |item: &'a Value| item["overview"]["title"].as_str();
    match by_id(items, &reference.item) {
        Some(item) if is_active(item) => Ok(item),
        Some(_) => Err("itemNotActive".to_owned()),
        None => {
            by_name(items.iter().filter(|item| is_active(item)), &reference.item, title, "Item")
        }
    }
}

fn is_active(item: &Value) -> bool {
    !matches!(item["trashed"].as_str(), Some("Y" | "D"))
}

fn by_id<'a>(list: &'a [Value], part: &str) -> Option<&'a Value> {
    list.iter().find(|entry| is_object_id(part) && entry["id"] == part)
}

fn by_name<'a>(
    list: impl Iterator<Item = &'a Value>,
    part: &str,
    name: impl Fn(&'a Value) -> Option<&'a str>,
    what: &str,
) -> Result<&'a Value, String> {
    let mut named = list.filter(|entry| name(entry).is_some_and(|name| is_named(part, name)));
    match (named.next(), named.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(format!("{}NotFound", what.to_lowercase())),
        (Some(_), Some(_)) => Err(format!("tooMany{what}s")),
    }
}
