//! The whole client, natively, against the emulator over HTTP.
//!
//! `dist/emulator` has to be built: `npm test` does it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use onepassword_edge::{
    base::error::Error,
    client::{Client, Options, Outcome, Question},
};
use pollster::block_on;
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc, time::Instant};
use support::{emulator::Emulator, host::NativeHost, options, resolve, text_of};

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
fn reads_an_environment_and_keeps_it() {
    let emulator = Emulator::start(
        r#"{ "account": {
            "vaults": [{ "name": "app" }, { "name": "twin" }],
            "environments": [{ "name": "prod", "variables": [
                { "name": "A", "value": "1" },
                { "name": "B", "value": "2", "masked": false }
            ] }, { "name": "twin", "variables": [] }]
        } }"#,
    );
    let client = authenticate(&emulator.token).unwrap();
    for _ in 0..2 {
        let text = text_of(&client, &Question::Environment { environment: "PROD".into() }).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({ "variables": [
                { "name": "A", "value": "1", "masked": true },
                { "name": "B", "value": "2", "masked": false }
            ] })
        );
    }
    for (environment, code) in [("app", "notAnEnvironment"), ("nowhere", "environmentNotFound")] {
        let question = Question::Environment { environment: environment.into() };
        assert_eq!(text_of(&client, &question).unwrap_err().code(), code, "{environment}");
    }
    let error = resolve(&client, "op://twin/x/password").unwrap_err();
    assert_eq!(error.code(), "tooManyVaults");
    assert!(error.to_string().contains("Environment"), "{error}");
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

/// How long it takes to resolve these, in seconds, and what became of them.
fn timed(client: &Client<NativeHost>, references: &[String]) -> (f64, Vec<Result<(), Error>>) {
    let questions: Vec<_> = references.iter().map(|text| Question::text(text)).collect();
    let outcomes = RefCell::new(vec![None; questions.len()]);
    let settle = |at: usize, outcome: Outcome| {
        outcomes.borrow_mut()[at] = Some(outcome.map(drop));
    };
    let start = Instant::now();
    block_on(client.resolve_all(&questions.iter().collect::<Vec<_>>(), false, &settle)).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    (seconds, outcomes.into_inner().into_iter().map(Option::unwrap).collect())
}

/// The quickest of three. Eight times as many take eight times as long; quadratic is 64 times.
fn is_linear(client: &Client<NativeHost>, reference: impl Fn(usize) -> String) {
    let quickest = |count| {
        let references: Vec<_> = (0..count).map(&reference).collect();
        let times = (0..3).map(|_| timed(client, &references).0);
        times.fold(f64::INFINITY, f64::min)
    };
    let (few, many) = (quickest(1_000), quickest(8_000));
    assert!(many < 24.0 * few, "{} {few} s, {many} s", reference(0));
}

#[test]
fn many_different_names_take_time_in_proportion() {
    let items: Vec<_> = (0..1_000).map(|n| format!(r#"{{ "title": "item {n}" }}"#)).collect();
    let vaults = format!(r#"[{{ "name": "v", "items": [{}] }}]"#, items.join(","));
    let emulator = Emulator::start(&format!(r#"{{ "account": {{ "vaults": {vaults} }} }}"#));
    let client = authenticate(&emulator.token).unwrap();
    is_linear(&client, |n| format!("op://vault {n}/i/f"));
    is_linear(&client, |n| format!("op://v/some item {n}/f"));
    let (_, outcomes) = timed(&client, &["op://V/item 7/f".into(), "op://v/ITEM 8/f".into()]);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(Error::FieldNotFound { .. }))));
}

#[test]
fn long_names_are_not_compared() {
    let title = |n: usize| format!("{}{n}", "x".repeat(9_000));
    let items: Vec<_> = (0..20).map(|n| format!(r#"{{ "title": "{}" }}"#, title(n))).collect();
    let vaults = format!(r#"[{{ "name": "v", "items": [{}] }}]"#, items.join(","));
    let emulator = Emulator::start(&format!(r#"{{ "account": {{ "vaults": {vaults} }} }}"#));
    let client = authenticate(&emulator.token).unwrap();
    let (seconds, outcomes) = timed(&client, &[format!("op://v/{}/f", title(100))]);
    let Err(Error::ItemNotFound { hint, .. }) = &outcomes[0] else { panic!() };
    assert_eq!(hint, "; check");
    assert!(seconds < 1.0, "{seconds} s");
}

#[test]
fn hints_take_no_longer_than_they_may() {
    let alike = |n: usize| format!("{n:06}{}", "abcdefghi ".repeat(9));
    let items: Vec<_> = (0..5_000).map(|n| format!(r#"{{ "title": "{}" }}"#, alike(n))).collect();
    let vaults = format!(r#"[{{ "name": "v", "items": [{}] }}]"#, items.join(","));
    let emulator = Emulator::start(&format!(r#"{{ "account": {{ "vaults": {vaults} }} }}"#));
    let client = authenticate(&emulator.token).unwrap();
    let title = |n: usize| format!("{n:06}{}", "ihgfedcba ".repeat(9));
    let references =
        |count| (0..count).map(|n| format!("op://v/{}/f", title(n))).collect::<Vec<_>>();
    let (_, outcomes) = timed(&client, &references(1));
    assert!(matches!(&outcomes[0], Err(Error::ItemNotFound { .. })));
    let (seconds, _) = timed(&client, &references(1_000));
    assert!(seconds < 2.0, "{seconds} s");
}
