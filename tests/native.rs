//! The whole client, natively, against the emulator over HTTP.
//!
//! `dist/emulator` has to be built: `npm test` does it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use onepassword_edge::{
    base::error::Error,
    client::{Client, Options},
};
use pollster::block_on;
use std::rc::Rc;
use support::{emulator::Emulator, host::NativeHost, options, resolve};

fn authenticate(token: &str) -> Result<Rc<Client<NativeHost>>, Error> {
    let client = Client::new(NativeHost::new(), options(token))?;
    block_on(client.sign_in()).map(|()| client)
}

const ACCOUNT: &str = r#"{ "account": {
    "keysets": [
        { "name": "child", "sealedBy": "root", "algorithm": "RSA-OAEP-256" },
        { "name": "root" },
        { "name": "other root" },
        { "name": "broken", "unreadable": true }
    ],
    "vaults": [
        { "name": "prod", "keyset": "child", "items": [
            { "title": "database", "username": "app", "password": "sample-one",
              "notes": "the notes",
              "sections": [{ "title": "server", "fields": [{ "title": "host", "value": "db.example" }] }] },
            { "title": "twice", "password": "a" },
            { "title": "twice", "password": "b" },
            { "title": "damaged overview", "password": "c", "unreadable": "overview" },
            { "title": "damaged details", "password": "d", "unreadable": "details" },
            { "title": "gone", "password": "e", "state": "trashed" }
        ] },
        { "name": "staging", "keyset": "other root", "items": [{ "title": "x", "password": "sample-two" }] },
        { "name": "locked", "keyset": "broken", "items": [{ "title": "x", "password": "f" }] }
    ]
} }"#;

#[test]
fn signs_in_and_resolves() {
    let emulator = Emulator::start(ACCOUNT);
    let client = authenticate(&emulator.token).unwrap();
    for (reference, expected) in [
        ("op://prod/database/password", Ok("sample-one")),
        ("op://PROD/DataBase/Username", Ok("app")),
        ("op://prod/database/server/host", Ok("db.example")),
        ("op://prod/database/host", Ok("db.example")),
        ("op://prod/database/notesPlain", Ok("the notes")),
        ("op://staging/x/password", Ok("sample-two")),
        ("op://prod/database/nothing", Err("fieldNotFound")),
        ("op://prod/database/nowhere/host", Err("noMatchingSections")),
        ("op://prod/nothing/password", Err("itemNotFound")),
        ("op://prod/gone/password", Err("itemNotFound")),
        ("op://prod/damaged overview/password", Err("itemNotFound")),
        ("op://prod/damaged details/password", Err("decryption")),
        ("op://prod/twice/password", Err("tooManyItems")),
        ("op://nowhere/database/password", Err("vaultNotFound")),
        ("op://locked/x/password", Err("vaultNotFound")),
        ("op://prod/database", Err("parsing")),
    ] {
        let got = resolve(&client, reference).map_err(|error| error.code());
        assert_eq!(got.as_deref(), expected.as_ref().map(|text| *text), "{reference}");
    }
}

#[test]
fn says_how_much_it_could_not_open() {
    let emulator = Emulator::start(ACCOUNT);
    let client = authenticate(&emulator.token).unwrap();
    let error = resolve(&client, "op://nowhere/x/y").unwrap_err();
    assert!(matches!(error, Error::VaultNotFound { readable: 2, unreadable: 1, .. }), "{error:?}");
    let error = resolve(&client, "op://prod/nowhere/y").unwrap_err();
    assert!(matches!(error, Error::ItemNotFound { readable: 4, unreadable: 1, .. }), "{error:?}");
}

#[test]
fn a_closed_client_says_so() {
    let emulator = Emulator::start("{}");
    let client = authenticate(&emulator.token).unwrap();
    client.close();
    assert_eq!(resolve(&client, "op://app/database/password"), Err(Error::Closed));
}

#[test]
fn a_device_that_is_unknown_is_introduced_once() {
    for device in ["not-registered", "deleted"] {
        let emulator = Emulator::start(&format!(r#"{{ "device": "{device}" }}"#));
        let client = authenticate(&emulator.token).unwrap();
        assert!(resolve(&client, "op://app/database/password").is_ok(), "{device}");
    }
}

#[test]
fn a_token_for_another_host_goes_nowhere() {
    let emulator = Emulator::start("{}");
    let allowed_hosts = Some(vec!["vault.example.com".to_owned()]);
    let options = Options { allowed_hosts, ..options(&emulator.token) };
    let error = Client::new(NativeHost::unreachable(), options).unwrap_err();
    assert!(matches!(error, Error::HostNotAllowed { .. }), "{error:?}");
}
