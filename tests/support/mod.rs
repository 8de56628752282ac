//! What the native tests run on.

pub mod emulator;
pub mod host;

use onepassword_edge::{
    auth::{address::AllowedHosts, identity::Identity, retry::Backoff},
    base::{error::Error, secret::Secret},
    client::{Client, Manner, Options},
    host::Host,
    resolve::cache::Lifetimes,
};
use pollster::block_on;
use std::cell::RefCell;

/// What a client with this token is made from; nothing is tried again, no secret remembered.
pub fn options(token: &str) -> Options {
    Options {
        token: Secret::from(token),
        identity: Identity::new("native tests", "0", "linux", "x64"),
        allowed_hosts: AllowedHosts::default(),
        waits_for_others: true,
        shares_sessions: false,
        backoff: Backoff { retries: 0, min_ms: 0, max_ms: 0 },
        lifetimes: Lifetimes {
            metadata_ms: 300_000,
            secret_ms: 0,
            negative_ms: 0,
            stale_if_error_ms: 0,
        },
    }
}

/// What the reference stands for.
pub fn resolve<H: Host>(client: &Client<H>, reference: &str) -> Result<String, Error> {
    let outcome = RefCell::new(None);
    let settle = |_, found| drop(outcome.replace(Some(found)));
    block_on(client.resolve_all(1, &[reference.to_owned()], Manner::default(), &settle))?;
    let found = outcome.into_inner().expect("an outcome")?;
    Ok(String::from_utf8(found.secret.expose().clone()).unwrap())
}
