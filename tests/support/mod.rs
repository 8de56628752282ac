//! What the native tests run on.

pub mod emulator;
pub mod host;

use onepassword_edge::{
    base::{error::Error, secret::Secret},
    client::{Answer, Backoff, Client, Lifetimes, Options, Question, Watching},
    host::Host,
};
use pollster::block_on;
use std::{cell::RefCell, rc::Rc};

/// Client options with this token; nothing is tried again, no secret remembered.
pub fn options<S>(token: &str) -> Options<S> {
    Options {
        token: Secret::from(token),
        integration_name: "native tests".into(),
        integration_version: "0".into(),
        os: "linux".into(),
        arch: "x64".into(),
        allowed_hosts: None,
        waits_for_others: true,
        share: None,
        backoff: Backoff { retries: 0, min_ms: 0, max_ms: 0 },
        lifetimes: Lifetimes {
            metadata_ms: 300_000,
            secret_ms: 0,
            negative_ms: 0,
            stale_if_error_ms: 0,
        },
        timeout_ms: 30_000.0,
        signal: None,
        watching: Watching::Nobody,
    }
}

/// What the reference stands for.
pub fn resolve<H: Host>(client: &Rc<Client<H>>, reference: &str) -> Result<String, Error> {
    text_of(client, &Question::text(reference))
}

/// The text that answers the question.
pub fn text_of<H: Host>(client: &Rc<Client<H>>, question: &Question) -> Result<String, Error> {
    let outcome = RefCell::new(None);
    let settle = |_, found| drop(outcome.replace(Some(found)));
    block_on(client.resolve_all(&[question], false, &settle))?;
    let answer = outcome.into_inner().expect("an outcome")?;
    match &*answer {
        Answer::Value(found) => Ok(String::from_utf8(found.secret.expose().clone()).unwrap()),
        Answer::Item(_) => panic!("an item in place of a value"),
    }
}
