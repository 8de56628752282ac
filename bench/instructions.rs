//! The core's own work in a sign-in and in resolves, for callgrind to count.
//!
//! `npm run check -- --only instructions` does it. Everything is done twice: first with the
//! emulator, then with what it had answered, so that no network, no RSA and no chance is counted.
//! `dist/emulator` has to be built.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "../tests/support/mod.rs"]
mod support;
mod tape;

use onepassword_edge::{client::Client, host::Host};
use pollster::block_on;
use std::rc::Rc;
use support::{emulator::Emulator, options, resolve};
use tape::{Player, Recorder, Tape};

const ITEMS: usize = 1_000;

/// What follows the sign-in, in this order. The last is the first to name its vault.
const RESOLVES: [(&str, &str); 3] = [
    ("resolve_by_name", "op://small/database/password"),
    ("resolve_by_name_again", "op://small/database/password"),
    ("resolve_first_of_1000", "op://large/item 500/password"),
];

fn sign_in<H: Host>(host: H, token: &str) -> Rc<Client<H>> {
    let client = Client::new(host, options(token)).unwrap();
    block_on(client.sign_in()).unwrap();
    client
}

// What callgrind counts is what happens in functions that are called `measured_…`. It writes the
// count down, and begins with the next, when `counted_as` is called.

#[inline(never)]
fn measured_sign_in(player: Player, token: &str) -> Rc<Client<Player>> {
    sign_in(player, token)
}

#[inline(never)]
fn measured_resolve(client: &Rc<Client<Player>>, reference: &str) -> String {
    resolve(client, reference).unwrap()
}

#[inline(never)]
fn counted_as(name: &str) {
    println!("{name}");
}

/// A vault with one item and one with many.
fn account() -> String {
    let many: Vec<_> = (0..ITEMS)
        .map(|n| format!(r#"{{ "title": "item {n}", "username": "app", "password": "{n}" }}"#))
        .collect();
    let one = r#"{ "title": "database", "username": "app", "password": "sample" }"#;
    format!(
        r#"{{ "account": {{ "vaults": [
            {{ "name": "small", "items": [{one}] }},
            {{ "name": "large", "items": [{}] }}
        ] }} }}"#,
        many.join(",")
    )
}

fn main() {
    let emulator = Emulator::start(&account());
    let tape = Tape::new();
    let client = sign_in(Recorder::new(&tape), &emulator.token);
    let expected = RESOLVES.map(|(_, reference)| resolve(&client, reference).unwrap());

    let client = measured_sign_in(Player::new(&tape), &emulator.token);
    counted_as("sign_in");
    for ((name, reference), expected) in RESOLVES.iter().zip(expected) {
        let found = measured_resolve(&client, reference);
        counted_as(name);
        assert_eq!(found, expected);
    }
    tape.assert_played();
}
