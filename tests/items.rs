//! Items as the vendor's client showed them, and the rules of what is shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::{
    auth::envelope::SymmetricKey,
    base::{
        encoding::encode_base64url,
        error::Error,
        json::{parse, to_json},
        secret::Secret,
    },
    items::{
        model::{ListedItem, OpenedItem, OpenedVault, find_file, is_archived},
        open_details, open_overview,
        value::{Answer, Moment},
    },
    resolve::{field::resolve, hint::Hints, reference::parse_reference},
    wire::{
        items::{Item, ItemDetails, ItemOverview},
        vaults::{Vault, VaultAttributes},
    },
};
use serde_json::{Value, json};

const NOW_MS: u64 = 1_700_000_000_000;
const VAULT_ID: &str = "xbocyppfirgcwpz4kwjvq2ra4i";
const TIMES: [(&str, &str); 2] =
    [("createdAt", "2024-01-02T03:04:05Z"), ("updatedAt", "2024-02-03T04:05:06Z")];

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/items.json")).unwrap()
}

fn key() -> SymmetricKey {
    SymmetricKey::new("kid".into(), Secret::new([7; 32]))
}

fn sealed(plaintext: &str) -> Value {
    let envelope = to_json(&key().seal([1; 12], plaintext.as_bytes()).unwrap());
    serde_json::from_str(&envelope).unwrap()
}

/// An item as the service sends it; `details` is text, which need not be JSON.
fn sent(wire: &Value, details: &str) -> Item {
    let mut item = json!({
        "uuid": wire["id"],
        "templateUuid": wire["templateUuid"],
        "trashed": wire["trashed"],
        "itemVersion": 1,
        "encOverview": sealed(&wire["overview"].to_string()),
        "encDetails": sealed(details),
    });
    for (member, time) in TIMES {
        item[member] = time.into();
    }
    parse(item.to_string().as_bytes()).unwrap()
}

fn shown_text(wire: &Value) -> String {
    let item = sent(wire, &wire["details"].to_string());
    let overview = open_overview(&item, &key()).unwrap();
    let details = open_details(&item, &key()).unwrap();
    let vault_id = VAULT_ID.to_owned();
    let opened = OpenedItem { item, vault_id, overview, details: details.into(), now_ms: NOW_MS };
    serde_json::to_string(&opened.shape()).unwrap()
}

fn shown(wire: &Value) -> Value {
    serde_json::from_str(&shown_text(wire)).unwrap()
}

fn listed(wire: &Value) -> Value {
    let item = sent(wire, "{}");
    let overview = open_overview(&item, &key()).unwrap();
    let listed = ListedItem { item, vault_id: VAULT_ID.to_owned(), overview };
    serde_json::to_value(listed.shape()).unwrap()
}

/// An item of nothing but these.
fn opened(overview: ItemOverview, details: ItemDetails, now_ms: u64) -> OpenedItem {
    OpenedItem {
        item: Item::default(),
        vault_id: VAULT_ID.into(),
        overview,
        details: details.into(),
        now_ms,
    }
}

fn wire(template: &str, overview: Value, details: Value) -> Value {
    json!({
        "id": "i",
        "templateUuid": template,
        "trashed": "N",
        "overview": overview,
        "details": details,
    })
}

/// A Server with these fields in a section.
fn with_fields(fields: Value) -> Value {
    wire("110", json!({}), json!({ "sections": [{ "name": "s", "title": "S", "fields": fields }] }))
}

/// What is in a field of this kind.
fn field(kind: &str, id: &str, value: Value) -> Value {
    let item = shown(&with_fields(json!([{ "k": kind, "n": id, "t": "title", "v": value }])));
    assert_eq!(item["fields"].as_array().unwrap().len(), 1, "{kind}");
    item["fields"][0].clone()
}

/// Of what was recorded; JavaScript makes dates of the times.
fn with_times_as_sent(recorded: &Value) -> Value {
    let mut expected = recorded.clone();
    for (member, time) in TIMES {
        assert_eq!(expected[member], time.replace('Z', ".000Z"));
        expected[member] = time.into();
    }
    expected
}

#[test]
fn recorded_items() {
    let vectors = vectors();
    assert_eq!((&vectors["now_ms"], &vectors["vault_id"]), (&json!(NOW_MS), &json!(VAULT_ID)));
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        assert_eq!(shown(&case["wire"]), with_times_as_sent(&case["item"]), "{}", case["wire"]);
    }
    assert_eq!(cases.len(), 70);
}

#[test]
fn recorded_list() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    let list = vectors["list"].as_array().unwrap();
    for (case, entry) in cases.iter().zip(list) {
        assert_eq!(listed(&case["wire"]), with_times_as_sent(entry), "{}", case["wire"]);
    }
    assert_eq!(list.len(), cases.len());
}

#[test]
fn members_stand_in_the_vendors_order() {
    let address = json!({ "street": "S", "city": "C", "country": "fr", "zip": "1", "state": "T" });
    let file = file("d", &json!("AAAAAAAAAAAAAAAA"));
    let mut item = with_fields(json!([
        { "k": "address", "n": "a", "t": "A", "v": address },
        { "k": "concealed", "n": "TOTP_1", "t": "O", "v": "!" },
        { "k": "sshKey", "n": "k", "t": "K", "v": "x" },
        { "k": "file", "n": "f", "t": "F", "v": file },
    ]));
    item["templateUuid"] = "001".into();
    item["overview"] = json!({ "title": "T", "tags": ["t"], "URLs": [{ "l": "L", "u": "U" }] });
    item["details"]["documentAttributes"] = file;
    item["details"]["notesPlain"] = "N".into();
    let expected = concat!(
        r#"{"id":"i","title":"T","category":"Login","vaultId":"xbocyppfirgcwpz4kwjvq2ra4i","fields":["#,
        r#"{"id":"a","title":"A","sectionId":"s","fieldType":"Address","value":"S, 1 C, fr","details":"#,
        r#"{"type":"Address","content":{"street":"S","city":"C","country":"fr","zip":"1","state":"T"}}},"#,
        r#"{"id":"TOTP_1","title":"O","sectionId":"s","fieldType":"Totp","value":"!","details":"#,
        r#"{"type":"Otp","content":{"code":null,"errorMessage":"unable to generate one-time password: SecretNotBase32"}}},"#,
        r#"{"id":"k","title":"K","sectionId":"s","fieldType":"SshKey","value":"x","details":{"type":"SshKey","content":null}}],"#,
        r#""sections":[{"id":"s","title":"S"}],"notes":"N","tags":["t"],"#,
        r#""websites":[{"url":"U","label":"L","autofillBehavior":"AnywhereOnWebsite"}],"version":1,"#,
        r#""files":[{"attributes":{"name":"a.txt","id":"d","size":5},"sectionId":"s","fieldId":"f"}],"#,
        r#""document":{"name":"a.txt","id":"d","size":5},"#,
        r#""createdAt":"2024-01-02T03:04:05Z","updatedAt":"2024-02-03T04:05:06Z"}"#,
    );
    assert_eq!(shown_text(&item), expected);
}

#[test]
fn every_category_has_its_name() {
    for (template, category) in [
        ("001", "Login"),
        ("002", "CreditCard"),
        ("003", "SecureNote"),
        ("004", "Identity"),
        ("005", "Password"),
        ("006", "Document"),
        ("100", "SoftwareLicense"),
        ("101", "BankAccount"),
        ("102", "Database"),
        ("103", "DriverLicense"),
        ("104", "OutdoorLicense"),
        ("105", "Membership"),
        ("106", "Passport"),
        ("107", "Rewards"),
        ("108", "SocialSecurityNumber"),
        ("109", "Router"),
        ("110", "Server"),
        ("111", "Email"),
        ("112", "ApiCredentials"),
        ("113", "MedicalRecord"),
        ("114", "SshKey"),
        ("115", "CryptoWallet"),
        ("116", "Unsupported"),
        ("099", "Unsupported"),
        ("1", "Unsupported"),
        ("001 ", "Unsupported"),
        ("", "Unsupported"),
    ] {
        let item = wire(template, json!({}), json!({}));
        assert_eq!(shown(&item)["category"], category, "{template}");
        assert_eq!(listed(&item)["category"], category, "{template}");
    }
}

#[test]
fn every_kind_of_field_has_its_type() {
    for (kind, id, field_type) in [
        ("string", "a", "Text"),
        ("gender", "a", "Text"),
        ("concealed", "a", "Concealed"),
        ("concealed", "totp_1", "Concealed"),
        ("concealed", "TOTP_1", "Totp"),
        ("concealed", "TOTPx", "Totp"),
        ("concealed", "TOTP", "Totp"),
        ("concealed", "Totpx", "Concealed"),
        ("concealed", "xTOTP", "Concealed"),
        ("string", "TOTP_1", "Text"),
        ("string", "ccnumx", "CreditCardNumber"),
        ("string", "ccnum", "CreditCardNumber"),
        ("string", "CCNUM", "Text"),
        ("string", "xccnum", "Text"),
        ("concealed", "ccnumx", "Concealed"),
        ("gender", "ccnum", "Text"),
        ("menu", "ccnum", "Menu"),
        ("URL", "a", "Url"),
        ("email", "a", "Email"),
        ("phone", "a", "Phone"),
        ("menu", "a", "Menu"),
        ("reference", "a", "Reference"),
        ("cctype", "a", "CreditCardType"),
        ("date", "a", "Date"),
        ("monthYear", "a", "MonthYear"),
        ("address", "a", "Address"),
        ("sshKey", "a", "SshKey"),
    ] {
        let field = field(kind, id, "x".into());
        assert_eq!((&field["fieldType"], &field["sectionId"]), (&json!(field_type), &json!("s")));
    }
}

#[test]
fn of_an_unsupported_kind_nothing_but_id_and_title_is_shown() {
    for kind in ["", "weird", "password", "String", "TOTP", "url", "formattedText", "ccnum"] {
        let expected = json!({
            "id": "TOTP_1",
            "title": "title",
            "sectionId": null,
            "fieldType": "Unsupported",
            "value": "",
            "details": null,
        });
        assert_eq!(field(kind, "TOTP_1", "x".into()), expected, "{kind}");
    }
}

#[test]
fn what_has_neither_id_nor_title_is_no_section() {
    let fields = [json!({ "k": "string", "n": "x", "t": "x", "v": "1" })];
    for (section, is_one) in [
        (json!({}), false),
        (json!({ "name": null, "title": 5 }), false),
        (json!({ "name": "" }), true),
        (json!({ "title": "" }), true),
        (json!({ "name": "s", "title": null }), true),
    ] {
        let mut section = section;
        section["fields"] = json!(fields);
        let shown = shown(&wire("003", json!({}), json!({ "sections": [section.clone()] })));
        let counts =
            [&shown["sections"], &shown["fields"]].map(|all| all.as_array().unwrap().len());
        assert_eq!(counts, [usize::from(is_one); 2], "{section}");
    }
}

#[test]
fn what_has_no_kind_or_no_id_is_no_field() {
    let item = shown(&with_fields(json!([
        {},
        { "k": "string", "v": "x" },
        { "n": "a", "v": "x" },
        { "k": 5, "n": "a" },
        { "k": "string", "n": 5 },
        { "k": "string", "n": null },
        { "k": ["string"], "n": "a" },
        null,
        "string",
        { "k": "string", "n": "", "v": "kept" },
    ])));
    assert_eq!(item["fields"].as_array().unwrap().len(), 1);
    assert_eq!(item["fields"][0]["value"], "kept");
    assert_eq!(item["sections"], json!([{ "id": "s", "title": "S" }]));
}

#[test]
fn what_has_no_text_form_is_empty() {
    for (kind, value, text) in [
        ("string", json!(5), ""),
        ("string", json!(null), ""),
        ("concealed", json!({ "street": "S" }), ""),
        ("date", json!("x"), ""),
        ("date", json!(i64::MAX), ""),
        ("date", json!(86_400), "1970-01-02"),
        ("monthYear", json!(202_113), ""),
        ("monthYear", json!(i64::MIN), ""),
        ("monthYear", json!("202112"), "12/2021"),
        ("address", json!("S"), ""),
        ("sshKey", json!(7), ""),
    ] {
        assert_eq!(field(kind, "a", value.clone())["value"], text, "{kind}: {value}");
    }
}

#[test]
fn an_id_makes_a_concealed_field_a_one_time_password() {
    for (id, code) in
        [("TOTP_1", "Ok"), ("TOTPx", "Ok"), ("TOTP", "Ok"), ("totpx", "Err"), ("xTOTP", "Err")]
    {
        let fields = json!([{ "k": "concealed", "n": id, "t": "t", "v": "GEZDGNBVGY3TQOJQ" }]);
        let item = with_fields(fields);
        let details = item["details"].to_string();
        let details = parse(details.as_bytes()).unwrap();
        let answer = value(&details, "t?attribute=otp");
        assert!(format!("{answer:?}").starts_with(code), "{id}: {answer:?}");
    }
}

/// The time and the key of RFC 6238, appendix B, with six digits.
#[test]
fn a_one_time_password_is_of_the_moment() {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let details =
        json!({ "sections": [{ "fields": [{ "k": "concealed", "n": "TOTP_", "v": secret }] }] });
    let details = parse(details.to_string().as_bytes()).unwrap();
    let item = serde_json::to_value(opened(ItemOverview::default(), details, 59_000).shape());
    let item = item.unwrap();
    let content = json!({ "code": "287082", "errorMessage": null });
    assert_eq!(item["fields"][0]["details"], json!({ "type": "Otp", "content": content }));
    assert_eq!(item["fields"][0]["value"], secret);
}

/// A field outside sections, as it is shown.
fn outside(id: &str, field_type: &str, value: &str) -> Value {
    json!({
        "id": id,
        "title": id,
        "sectionId": null,
        "fieldType": field_type,
        "value": value,
        "details": null,
    })
}

#[test]
fn a_login_shows_its_user_name_and_password() {
    let fields = json!([
        { "designation": "username", "name": "login", "id": "x", "type": "T", "value": "bob" },
        { "designation": "password", "type": "P", "value": 5 },
        { "designation": "Username", "value": "x" },
        { "designation": "", "name": "password", "value": "x" },
        { "name": "password", "value": "x" },
    ]);
    let details = json!({ "fields": fields, "password": "not a login's" });
    let expected =
        json!([outside("username", "Text", "bob"), outside("password", "Concealed", "")]);
    assert_eq!(shown(&wire("001", json!({}), details.clone()))["fields"], expected);
    for template in ["002", "110", ""] {
        assert_eq!(shown(&wire(template, json!({}), details.clone()))["fields"], json!([]));
    }
}

#[test]
fn a_password_item_shows_its_password_even_if_it_has_none() {
    let fields = json!([{ "designation": "password", "value": "x" }]);
    for (password, value) in
        [(json!("pw"), "pw"), (json!(""), ""), (json!(null), ""), (json!(5), "")]
    {
        let details = json!({ "fields": fields, "password": password });
        let expected = json!([outside("password", "Concealed", value)]);
        assert_eq!(shown(&wire("005", json!({}), details))["fields"], expected);
    }
}

#[test]
fn a_backslash_in_a_tag_is_shown_as_a_slash() {
    let overview = json!({ "tags": ["a\\b\\c", "d/e", "\\", "", 5, null] });
    let item = wire("110", overview, json!({}));
    for tags in [&shown(&item)["tags"], &listed(&item)["tags"]] {
        assert_eq!(*tags, json!(["a/b/c", "d/e", "/", ""]));
    }
}

fn url(url: &str, label: &str, autofill: &str) -> Value {
    json!({ "url": url, "label": label, "autofillBehavior": autofill })
}

#[test]
fn where_a_website_is_filled_in() {
    let urls: Vec<_> = ["default", "domain", "host", "never", "", "HOST", "weird"]
        .map(|m| json!({ "u": m, "l": "label", "m": m }))
        .into();
    let item = wire("001", json!({ "URLs": urls, "url": "not shown" }), json!({}));
    let expected = json!([
        url("default", "label", "AnywhereOnWebsite"),
        url("domain", "label", "AnywhereOnWebsite"),
        url("host", "label", "ExactDomain"),
        url("never", "label", "Never"),
        url("", "label", "AnywhereOnWebsite"),
        url("HOST", "label", "AnywhereOnWebsite"),
        url("weird", "label", "AnywhereOnWebsite"),
    ]);
    assert_eq!(shown(&item)["websites"], expected);
    assert_eq!(listed(&item)["websites"], expected);
}

#[test]
fn an_item_that_lists_no_websites_shows_the_one_it_names() {
    let first = json!([url("https://u.example", "", "AnywhereOnWebsite")]);
    let none = json!([]);
    for (template, named) in [("001", &first), ("005", &first), ("002", &none), ("", &none)] {
        for urls in
            [json!([]), json!(null), json!("https://w.example"), json!(["https://w.example"])]
        {
            let overview = json!({ "url": "https://u.example", "URLs": urls });
            let item = wire(template, overview, json!({}));
            assert_eq!(shown(&item)["websites"], *named, "{template}: {urls}");
            assert_eq!(listed(&item)["websites"], none, "{template}: {urls}");
        }
    }
    for overview in [json!({}), json!({ "url": "" }), json!({ "url": 5 })] {
        assert_eq!(shown(&wire("001", overview, json!({})))["websites"], none);
    }
}

#[test]
fn only_logins_and_passwords_show_websites_but_a_list_has_those_of_all() {
    let overview = json!({ "URLs": [{ "u": "https://u.example" }] });
    let one = json!([url("https://u.example", "", "AnywhereOnWebsite")]);
    for (template, expected) in [("001", one.clone()), ("005", one.clone()), ("110", json!([]))] {
        let item = wire(template, overview.clone(), json!({}));
        assert_eq!(shown(&item)["websites"], expected, "{template}");
        assert_eq!(listed(&item)["websites"], one, "{template}");
    }
}

fn file(id: &str, nonce: &Value) -> Value {
    json!({ "fileName": "a.txt", "documentId": id, "unencryptedSize": 5, "nonce": nonce })
}

/// An item with a file of this nonce, and a document of the same.
fn with_files(nonce: &Value) -> Value {
    let mut item = with_fields(json!([{ "k": "file", "n": "f", "t": "", "v": file("d1", nonce) }]));
    item["details"]["documentAttributes"] = file("d2", nonce);
    item
}

#[test]
fn a_file_has_a_nonce_of_12_or_16_bytes() {
    for length in 0..40 {
        let nonce = encode_base64url(&vec![0xff; length]);
        let item = shown(&with_files(&json!(nonce)));
        let is_file = matches!(length, 12 | 16);
        let attributes = |id| json!({ "name": "a.txt", "id": id, "size": 5 });
        let files = json!([{ "attributes": attributes("d1"), "sectionId": "s", "fieldId": "f" }]);
        let (files, document) =
            if is_file { (files, attributes("d2")) } else { (json!([]), json!(null)) };
        assert_eq!((&item["files"], &item["document"]), (&files, &document), "{length}");
        assert_eq!(item["fields"], json!([]), "{length}");
    }
}

#[test]
fn a_nonce_is_read_in_every_spelling_of_base64() {
    for (nonce, is_file) in [
        (json!("AAAAAAAAAAAAAAAAAAAAAA=="), true),
        (json!("//////////////////////8="), false),
        (json!("++++++++++++++++"), true),
        (json!("----------------"), true),
        (json!("AAAAAAAAAAAAAAA!"), false),
        (json!("AAAAAAAA AAAAAAAA"), false),
        (json!(5), false),
        (json!(null), false),
    ] {
        let item = shown(&with_files(&nonce));
        assert_eq!(item["files"].as_array().unwrap().len(), usize::from(is_file), "{nonce}");
        assert_eq!(!item["document"].is_null(), is_file, "{nonce}");
    }
}

#[test]
fn a_file_without_content_is_neither_file_nor_field() {
    for value in [json!("a.txt"), json!(5), json!(null), json!([]), json!({})] {
        let item = shown(&with_fields(json!([{ "k": "file", "n": "f", "v": value }])));
        assert_eq!((&item["files"], &item["fields"]), (&json!([]), &json!([])), "{value}");
    }
}

#[test]
fn a_file_is_found_by_the_id_of_its_content() {
    let find = |item: &Value, id: &str| {
        let item = sent(item, &item["details"].to_string());
        let details = open_details(&item, &key()).unwrap();
        find_file(&details, id).map(|file| file.document_id.clone())
    };
    let item = with_files(&json!("AAAAAAAAAAAAAAAA"));
    assert_eq!(find(&item, "d1").as_deref(), Some("d1"));
    assert_eq!(find(&item, "d2").as_deref(), Some("d2"));
    for other in ["", "d", "D1", "f", "a.txt"] {
        assert_eq!(find(&item, other), None, "{other}");
    }
    assert_eq!(find(&with_files(&json!("AAAA")), "d1"), None, "it is none of the item's files");
}

#[test]
fn text_is_shown_as_it_is() {
    let text: String = (0..0x3000).chain(0x1_f600..0x1_f610).filter_map(char::from_u32).collect();
    let mut item = with_fields(json!([{ "k": "string", "n": text, "t": text, "v": text }]));
    item["overview"] = json!({ "title": text, "tags": [text.replace('\\', "")] });
    item["details"]["notesPlain"] = json!(text);
    let item = shown(&item);
    for member in [&item["title"], &item["notes"], &item["fields"][0]["value"]] {
        assert_eq!(*member, json!(text));
    }
    assert_eq!(item["tags"], json!([text.replace('\\', "")]));
}

#[test]
fn only_what_is_in_the_bin_is_archived() {
    for (trashed, state) in
        [("N", "active"), ("Y", "archived"), ("A", "active"), ("", "active"), ("y", "active")]
    {
        let mut item = wire("001", json!({}), json!({}));
        item["trashed"] = trashed.into();
        assert_eq!(listed(&item)["state"], state, "{trashed}");
        assert_eq!(is_archived(&sent(&item, "{}")), state == "archived", "{trashed}");
    }
}

#[test]
fn details_that_do_not_open_are_an_error() {
    let of_details = Error::Decryption { what: "the item's fields" };
    let item = wire("001", json!({}), json!({}));
    let nested = format!(r#"{{"more":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    for details in ["", "null", "7", "[]", "\"hush\"", "{", "{}{}", "\u{feff}{}", &nested] {
        let error = open_details(&sent(&item, details), &key()).unwrap_err();
        assert_eq!(error, of_details, "{details}");
    }
    let other = SymmetricKey::new("kid".into(), Secret::new([8; 32]));
    assert_eq!(open_details(&sent(&item, "{}"), &other).unwrap_err(), of_details);
    assert_eq!(open_details(&Item::default(), &key()).unwrap_err(), of_details, "a list has none");
}

#[test]
fn an_overview_that_does_not_open_is_an_error() {
    let of_overview = Error::Decryption { what: "the item's overview" };
    for overview in [json!(null), json!([]), json!("hush"), json!(7)] {
        let item = sent(&wire("001", overview.clone(), json!({})), "{}");
        assert_eq!(open_overview(&item, &key()).unwrap_err(), of_overview, "{overview}");
    }
}

/// Where in a value there is one, as JSON pointers (RFC 6901).
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut visit = |name: &str, value: &Value| {
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        places(value, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| visit(name, value)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| visit(&index.to_string(), value))
        }
        _ => {}
    }
}

/// The same, with something else in that place.
fn replaced(value: &Value, place: &str, by: &Value) -> Value {
    let mut value = value.clone();
    *value.pointer_mut(place).unwrap() = by.clone();
    value
}

fn is_shown(wire: &Value) -> bool {
    let overview = parse::<ItemOverview>(wire["overview"].to_string().as_bytes()).unwrap();
    let details = parse::<ItemDetails>(wire["details"].to_string().as_bytes()).unwrap();
    let item = serde_json::to_value(opened(overview, details, u64::MAX).shape()).unwrap();
    item.as_object().unwrap().len() == 14
}

#[test]
fn whatever_stands_in_an_item_the_rest_is_shown() {
    let odd =
        [json!(null), json!(i64::MIN), json!(1.5), json!("\\\"\u{0}é"), json!([[]]), json!({})];
    let mut asked = 0;
    for case in vectors()["cases"].as_array().unwrap() {
        let mut found = Vec::new();
        for part in ["overview", "details"] {
            places(&case["wire"][part], &format!("/{part}"), &mut found);
        }
        for place in found {
            for by in &odd {
                assert!(is_shown(&replaced(&case["wire"], &place, by)), "{place}: {by}");
                asked += 1;
            }
        }
    }
    assert!(asked > 10_000, "{asked}");
}

fn vault(vault: Value, attributes: Value, accessors: bool) -> Value {
    let vault: Vault = parse(vault.to_string().as_bytes()).unwrap();
    let attributes: VaultAttributes = parse(attributes.to_string().as_bytes()).unwrap();
    let vault = OpenedVault { vault, attributes };
    serde_json::to_value(if accessors { vault.with_access() } else { vault.listed() }).unwrap()
}

#[test]
fn a_vault_is_shown_with_its_names_and_numbers() {
    let sent = json!({
        "uuid": "v",
        "type": "U",
        "createdAt": "c",
        "updatedAt": "u",
        "attrVersion": 1,
        "contentVersion": i64::MAX,
        "activeItemCount": 3,
    });
    let expected = json!({
        "id": "v",
        "title": "prod",
        "description": "what\nfor",
        "vaultType": "userCreated",
        "activeItemCount": 3,
        "contentVersion": i64::MAX as f64,
        "attributeVersion": 1,
        "createdAt": "c",
        "updatedAt": "u",
    });
    assert_eq!(vault(sent, json!({ "name": "prod", "desc": "what\nfor" }), false), expected);
}

#[test]
fn who_reaches_a_vault_is_shown_if_that_was_asked_for() {
    let accessor =
        json!({ "vaultUuid": "v", "accessorType": "user", "accessorUuid": "u", "acl": 48 });
    let shown = json!([
        { "vaultUuid": "v", "accessorType": "user", "accessorUuid": "u", "permissions": 48 },
    ]);
    for (access, expected) in
        [(json!([accessor]), shown), (json!([]), json!([])), (json!(null), json!(null))]
    {
        let sent = json!({ "uuid": "v", "access": access });
        assert_eq!(vault(sent.clone(), json!({}), true)["access"], expected);
        let without = vault(sent, json!({}), false);
        assert!(!without.as_object().unwrap().contains_key("access"), "{access}");
    }
}

#[test]
fn every_kind_of_vault_has_its_name() {
    for (kind, name) in [
        ("P", "personal"),
        ("E", "everyone"),
        ("T", "transfer"),
        ("U", "userCreated"),
        ("p", "unsupported"),
        ("", "unsupported"),
    ] {
        assert_eq!(vault(json!({ "type": kind }), json!({}), false)["vaultType"], name, "{kind}");
    }
}

/// An item whose details hold these pieces of JSON where its values are.
fn with_values(value: &str) -> ItemDetails {
    let details = format!(
        r#"{{"password":{value},"notesPlain":{value},
        "fields":[{{"designation":"username","type":"T","value":{value}}}],
        "sections":[{{"name":"s","title":{value},"fields":[
            {{"k":"concealed","n":"a","t":{value},"v":{value}}},
            {{"k":"concealed","n":"TOTP_b","t":"b","v":{value}}},
            {{"k":"address","n":"c","t":"c","v":{{"street":{value}}}}},
            {{"k":"sshKey","n":"d","t":"d","v":{value},"a":{{"sshKeyAttributes":{{"privateKey":{value},
                "publicKey":{value},"fingerprint":"f","keyType":{{"t":"ed25519"}}}}}}}},
            {{{value}:1,"k":"concealed","n":"whole","t":"whole","v":"a\ud83d\ude80\\ud83d\ufffd"}}
        ]}}]}}"#
    );
    open_details(&sent(&wire("001", json!({}), json!({})), &details), &key()).unwrap()
}

fn value(details: &ItemDetails, field: &str) -> Result<String, Error> {
    let reference = parse_reference(&format!("op://v/i/{field}")).unwrap();
    let moment = Moment { now_ms: NOW_MS, check_bytes: [0; 4] };
    match resolve(details, &reference, moment, &Hints::new(&str::to_owned))? {
        Answer::Text(text) => Ok(text.expose().clone()),
        Answer::File(file) => panic!("{file:?}"),
    }
}

#[test]
fn half_a_surrogate_pair_spoils_its_own_value_alone() {
    for half in
        [r"\ud83d", r"\uDE80", r"\ude80\ud83d", r"\ud83d\ud83d\ude80", r"\ud83d\n", r"\\\ud83d"]
    {
        for text in [format!(r#""{half}""#), format!(r#""hush {half} hush""#)] {
            let details = with_values(&text);
            for field in ["password", "notesPlain", "username", "a", "c", "d", "public key"] {
                let error = value(&details, field).unwrap_err();
                let Error::UnreadableField { reason, .. } = &error else { panic!("{error:?}") };
                assert!(reason.contains("surrogate"), "{text} {field}: {reason}");
                assert!(!error.to_string().contains("hush"), "{error}");
            }
            assert_eq!(
                value(&details, "b?attribute=otp").unwrap_err().code(),
                "unableToGenerateTotpCode"
            );
            assert_eq!(
                value(&details, "whole").as_deref(),
                Ok("a\u{1f680}\\ud83d\u{fffd}"),
                "{text}"
            );
            let shown = opened(ItemOverview::default(), details, NOW_MS);
            let shown = serde_json::to_value(shown.shape()).unwrap();
            assert_eq!((&shown["notes"], &shown["fields"][0]["value"]), (&json!(""), &json!("")));
            assert!(
                !shown["fields"].as_array().unwrap().iter().any(|field| {
                    field["value"].as_str().unwrap().contains("hush")
                        || field["details"].to_string().contains("hush")
                }),
                "{shown}"
            );
        }
    }
}

#[test]
fn half_a_surrogate_pair_spoils_no_name() {
    let mut item = sent(&wire("001", json!({}), json!({})), "{}");
    let overview = r#"{"title":"rocket \ud83d","tags":["a\ude80"],"URLs":[{"u":"https://e.example","l":"\ud83d"}]}"#;
    let sealed = json!({ "encOverview": sealed(overview) }).to_string();
    let Item { enc_overview, .. } = parse(sealed.as_bytes()).unwrap();
    item.enc_overview = enc_overview;
    let overview = open_overview(&item, &key()).unwrap();
    assert!(overview.title.starts_with("rocket \u{fffd}"), "{overview:?}");
    assert_eq!(overview.urls[0].url, "https://e.example");
}
