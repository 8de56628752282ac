//! What waits: calls that are gathered, shared, left, late and closed, on a host whose clock and
//! network are the test's own. The service is the emulator.
//!
//! `dist/emulator` has to be built: `npm test` does it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::print_stdout)]

mod events;
mod gather;
mod limits;
mod loops;
mod orders;
mod pages;
mod store;
// The other tests use the rest of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/virtual_host.rs"]
mod virtual_host;

use onepassword_edge::{
    base::error::Error,
    client::{Answer, Call, Client, Form, Options, Outcome, Question},
};
use std::{rc::Rc, sync::OnceLock};
use support::emulator::Emulator;
use virtual_host::{Begun, Signal, VirtualHost};

const ACCOUNT: &str = r#"{ "account": { "vaults": [
    { "name": "app", "items": [
        { "title": "one", "password": "secret one" },
        { "title": "two", "password": "secret two" },
        { "title": "three", "password": "secret three" },
        { "title": "four", "password": "secret four" }
    ] },
    { "name": "other", "items": [{ "title": "x", "password": "secret x" }] }
] } }"#;

const ONE: &str = "op://app/one/password";
const TWO: &str = "op://app/two/password";
const THREE: &str = "op://app/three/password";

/// A caller's wait for the answer to one question.
type Asked = Begun<Result<Rc<Answer>, Error>>;

/// The token of the emulator that all these tests share.
fn token() -> &'static str {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    &EMULATOR.get_or_init(|| Emulator::start(ACCOUNT)).token
}

fn options() -> Options<Signal> {
    support::options(token())
}

fn value(reference: &str, form: Form) -> Question {
    Question::Value { reference: reference.to_owned(), form }
}

/// A client and what it stands on.
struct Bench {
    host: VirtualHost,
    client: Rc<Client<VirtualHost>>,
}

impl Bench {
    /// A client that has sent nothing yet.
    fn cold(options: Options<Signal>) -> Self {
        Self::on(VirtualHost::new(), options)
    }

    fn on(host: VirtualHost, options: Options<Signal>) -> Self {
        let client = Client::new(host.clone(), options).unwrap();
        Self { host, client }
    }

    /// One that is signed in and knows the names and keys of the vault `app`.
    fn warm(options: Options<Signal>) -> Self {
        let bench = Self::cold(options);
        let call = bench.client.call(Some(1e6), None, false);
        let asked = bench.ask_as(Question::text(ONE), call);
        bench.host.answer_all();
        assert_eq!(text(asked), Ok("secret one"));
        bench.at_rest();
        bench.host.take_sent();
        bench.host.take_events();
        bench
    }

    fn ask(&self, reference: &str) -> Asked {
        self.ask_as(Question::text(reference), self.client.call(None, None, false))
    }

    fn ask_fresh(&self, reference: &str) -> Asked {
        self.ask_as(Question::text(reference), self.client.call(None, None, true))
    }

    fn ask_for(&self, reference: &str, timeout_ms: f64) -> Asked {
        self.ask_as(Question::text(reference), self.client.call(Some(timeout_ms), None, false))
    }

    fn ask_until(&self, reference: &str, signal: &Signal) -> Asked {
        let call = self.client.call(None, Some(signal.clone()), false);
        self.ask_as(Question::text(reference), call)
    }

    fn ask_as(&self, question: Question, call: Call<Signal>) -> Asked {
        let asked = self.client.ask(vec![question], call);
        self.host.begin(async move { asked.await?.pop().expect("an outcome") })
    }

    fn ask_all(&self, questions: Vec<Question>) -> Begun<Result<Vec<Outcome>, Error>> {
        self.host.begin(self.client.ask(questions, self.client.call(None, None, false)))
    }

    /// Nothing is left of any call: no task, timer, request, and nothing in the client.
    #[track_caller]
    fn at_rest(&self) {
        self.host.run();
        assert_eq!(self.host.left(), [0; 3], "tasks, timers, requests");
        let client = format!("{:?}", self.client);
        for (of, empty) in [
            ("running: Running { ", ["handles", "limits"]),
            ("gather: Gather { ", ["under_way", "gathered"]),
            ("lists: OpenLists { ", ["rests", "rests"]),
        ] {
            let part = client.split(of).nth(1).expect(of).split('}').collect::<String>();
            for name in empty {
                let shown = format!("{name}: RefCell {{ value: [] ");
                assert!(part.contains(&shown), "{name} is not empty: {part:.300}");
            }
        }
    }
}

/// What an answer says, or the code of the error.
#[track_caller]
fn text(asked: Asked) -> Result<&'static str, &'static str> {
    text_of(asked.result())
}

fn text_of(outcome: Outcome) -> Result<&'static str, &'static str> {
    match &*outcome.map_err(|error| error.code())? {
        // Given away: what is compared is `'static`.
        Answer::Value(found) => {
            Ok(String::from_utf8(found.secret.expose().clone()).unwrap().leak())
        }
        Answer::Item(_) => panic!("an item in place of a value"),
    }
}
