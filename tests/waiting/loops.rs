//! Programs that ask for something in vain, each second for an hour: what reaches the service of
//! that. A service account may make 1,000 to 5,000 requests a day.

use super::*;
use onepassword_edge::client::{Backoff, Lifetimes, List, Pages, States};
use std::cell::Cell;

/// In an hour, with the sign-in and whatever is read before it turns out to be in vain.
const MOST: usize = 60;
const SECONDS: u32 = 3_600;
/// The emulator, whose clock stands still meanwhile, takes throttling tokens of the past hour.
const BEHIND_MS: u64 = 59 * 60 * 1_000;

const LOOPED: &str = r#"{ "account": { "vaults": [
    { "name": "app", "items": [
        { "title": "one", "password": "secret one", "sections": [{ "title": "s", "fields": [
            { "title": "twin", "value": "1" }, { "title": "twin", "value": "2" },
            { "title": "day", "kind": "date", "value": "soon" }
        ] }] },
        { "title": "pair" }, { "title": "Pair" },
        { "title": "old", "id": "hyhlbblpx44jaexkeb2t4ckxra", "state": "archived" }
    ] },
    { "name": "twins" }, { "name": "Twins" }
] } }"#;
const NO_ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What a request is answered with in place of the service.
#[derive(Clone, Copy)]
enum Reply {
    /// This status and text.
    Text(u16, &'static str),
    /// 429 or 503, and in how many seconds to come again.
    After(u16, u64),
}

/// What is asked each second.
#[derive(Clone, Copy)]
enum Ask {
    /// These references, in one go.
    All(&'static [&'static str]),
    /// These, one after the other.
    Each(&'static [&'static str]),
    /// As bytes.
    Bytes(&'static str),
    /// An item.
    Item(&'static str, &'static str),
    /// The items of a vault.
    Items(&'static str),
    /// A vault.
    Vault(&'static str),
    /// All vaults.
    Vaults,
    /// One after the other, another each second: `{n}` stands for its number.
    Another(&'static str),
    /// So many of them in one go.
    Many(&'static str, u32),
    /// With a client of its own, which signs in.
    NewClient(&'static str),
}

fn looped() -> Options<Signal> {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    let token = &EMULATOR.get_or_init(|| Emulator::start(LOOPED)).token;
    Options {
        // As they are by default.
        backoff: Backoff { retries: 2, min_ms: 200, max_ms: 5_000 },
        lifetimes: Lifetimes {
            metadata_ms: 300_000,
            secret_ms: 0,
            negative_ms: 10_000,
            stale_if_error_ms: 0,
        },
        ..support::options(token)
    }
}

/// A program that goes on for an hour.
struct Loop {
    bench: Bench,
    rules: &'static [(&'static str, Reply)],
    asked: Cell<u32>,
}

impl Loop {
    fn new(rules: &'static [(&'static str, Reply)]) -> Self {
        let bench = Bench::on(VirtualHost::set_back(BEHIND_MS), looped());
        bench.client.clear_pause();
        Self { bench, rules, asked: Cell::new(0) }
    }

    fn reply(&self, request: &virtual_host::UnderWay) {
        let host = &self.bench.host;
        let number = request.number;
        match self.rules.iter().find(|(part, _)| request.what.contains(part)) {
            Some((_, Reply::Text(status, text))) => host.answer_as(number, *status, text),
            Some((_, Reply::After(status, seconds))) => {
                host.answer_with(number, *status, Some(seconds * 1_000));
            }
            None => host.answer(number),
        }
    }

    /// Lets time pass, but no answer wait, until it is over.
    fn finish<T>(&self, asked: Begun<T>) -> T {
        let host = &self.bench.host;
        loop {
            host.run();
            if asked.is_over() {
                return asked.result();
            }
            match host.under_way().into_iter().next() {
                Some(request) => self.reply(&request),
                None => host.advance(10.0),
            }
        }
    }

    fn pages(&self, list: List) -> Result<(), Error> {
        let pages: Pages<VirtualHost> = self.bench.client.list(list, false);
        self.finish(self.bench.host.begin(async move { pages.next().await.map(drop) }))
    }

    fn ask(&self, ask: Ask) -> Result<(), Error> {
        let client = &self.bench.client;
        let resolve = |references: &[&str]| {
            let questions = references.iter().map(|reference| Question::text(reference)).collect();
            let outcomes = self.finish(self.bench.ask_all(questions))?;
            outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))
        };
        match ask {
            Ask::All(references) => resolve(references),
            Ask::Each(references) => {
                let results: Vec<_> =
                    references.iter().map(|reference| resolve(&[reference])).collect();
                results.into_iter().collect()
            }
            Ask::Another(reference) => {
                self.asked.set(self.asked.get() + 1);
                resolve(&[&reference.replace("{n}", &self.asked.get().to_string())])
            }
            Ask::Many(reference, count) => {
                let all: Vec<_> =
                    (0..count).map(|n| reference.replace("{n}", &n.to_string())).collect();
                resolve(&all.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Ask::Bytes(reference) => {
                let call = client.call(None, None, false);
                self.finish(self.bench.ask_as(value(reference, Form::Bytes), call)).map(drop)
            }
            Ask::Item(vault, item) => {
                let (vault, item) = (vault.to_owned(), item.to_owned());
                let call = client.call(None, None, false);
                self.finish(self.bench.ask_as(Question::Item { vault, item }, call)).map(drop)
            }
            Ask::Items(vault) => {
                self.pages(List::Items(vault.to_owned(), States { active: true, archived: false }))
            }
            Ask::Vault(part) => self.pages(List::Vault { part: part.to_owned(), accessors: false }),
            Ask::Vaults => self.pages(List::Vaults { named: true }),
            Ask::NewClient(reference) => {
                let host = &self.bench.host;
                let client = Client::new(host.clone(), looped()).unwrap();
                let signing_in = Rc::clone(&client);
                self.finish(host.begin(async move { signing_in.sign_in().await }))
                    .and_then(|()| {
                        let call = client.call(None, None, false);
                        let asked = client.ask(vec![Question::text(reference)], call);
                        let asked = host.begin(async move { asked.await?.pop().expect("one") });
                        self.finish(asked).map(drop)
                    })
                    .inspect_err(|_| client.close())
            }
        }
    }

    /// How many requests an hour takes, and how the last one failed.
    fn hour(&self, ask: Ask) -> (usize, &'static str) {
        let mut code = "";
        for second in 0..SECONDS {
            code = self.ask(ask).err().map_or("", |error| error.code());
            let next = f64::from(second + 1) * 1_000.0;
            let left = next - self.bench.host.elapsed_ms();
            if left > 0.0 {
                self.bench.host.advance(left);
            }
        }
        (self.bench.host.take_sent().len(), code)
    }
}

type Row = (&'static str, &'static [(&'static str, Reply)], Ask, &'static str);

const MISSING: Ask = Ask::All(&["op://app/nothing/password"]);
const TEXT: Ask = Ask::All(&[ONE]);
const PAGE: &str = "<html><h1>Welcome</h1>";

const ROWS: &[Row] = &[
    ("a missing vault", &[], Ask::All(&["op://nowhere/x/y"]), "vaultNotFound"),
    ("a missing item", &[], MISSING, "itemNotFound"),
    ("a missing section", &[], Ask::All(&["op://app/one/nowhere/y"]), "noMatchingSections"),
    ("a missing field", &[], Ask::All(&["op://app/one/nothing"]), "fieldNotFound"),
    ("a vault's name that two have", &[], Ask::All(&["op://twins/x/y"]), "tooManyVaults"),
    ("an item's name that two have", &[], Ask::All(&["op://app/pair/y"]), "tooManyItems"),
    (
        "a field's name that two have",
        &[],
        Ask::All(&["op://app/one/s/twin"]),
        "tooManyMatchingFields",
    ),
    ("an archived item", &[], Ask::All(&["op://app/old/password"]), "itemNotFound"),
    (
        "an archived item by its id",
        &[],
        Ask::All(&["op://app/hyhlbblpx44jaexkeb2t4ckxra/password"]),
        "itemNotActive",
    ),
    (
        "a vault's id that none has",
        &[],
        Ask::All(&["op://aaaaaaaaaaaaaaaaaaaaaaaaaa/x/y"]),
        "vaultNotFound",
    ),
    (
        "an item's id that none has",
        &[],
        Ask::All(&["op://app/aaaaaaaaaaaaaaaaaaaaaaaaaa/y"]),
        "itemNotFound",
    ),
    ("a field without a text", &[], Ask::All(&["op://app/one/s/day"]), "unreadableField"),
    (
        "a one-time password of none",
        &[],
        Ask::All(&["op://app/one/password?attribute=otp"]),
        "incompatibleTOTPQueryParameterField",
    ),
    ("bytes of what is missing", &[], Ask::Bytes("op://app/nothing/password"), "itemNotFound"),
    (
        "three missing items at once",
        &[],
        Ask::All(&["op://app/n 1/y", "op://app/n 2/y", "op://app/n 3/y"]),
        "itemNotFound",
    ),
    (
        "three missing items, one after the other",
        &[],
        Ask::Each(&["op://app/n 1/y", "op://app/n 2/y", "op://app/n 3/y"]),
        "itemNotFound",
    ),
    ("another missing item each time", &[], Ask::Another("op://app/n {n}/y"), "itemNotFound"),
    ("another missing vault each time", &[], Ask::Another("op://n {n}/x/y"), "vaultNotFound"),
    ("510 missing items at once", &[], Ask::Many("op://app/n {n}/y", 510), "itemNotFound"),
    ("an item that is missing as a whole", &[], Ask::Item("app", "nothing"), "itemNotFound"),
    ("the items of a missing vault", &[], Ask::Items("nowhere"), "vaultNotFound"),
    ("a missing vault itself", &[], Ask::Vault("nowhere"), "vaultNotFound"),
    ("a vault itself by an id that none has", &[], Ask::Vault(NO_ID), "vaultNotFound"),
    ("403 at the vaults", &[("/vaults", Reply::Text(403, "{}"))], TEXT, "permissionDenied"),
    ("403 at the keysets", &[("/keysets", Reply::Text(403, "{}"))], TEXT, "permissionDenied"),
    ("403 at the titles", &[("/overviews", Reply::Text(403, "{}"))], TEXT, "permissionDenied"),
    ("403 at the item", &[("/item/", Reply::Text(403, "{}"))], TEXT, "permissionDenied"),
    ("404 at the vaults", &[("/vaults", Reply::Text(404, "{}"))], TEXT, "notFound"),
    ("404 at the titles", &[("/overviews", Reply::Text(404, "{}"))], TEXT, "notFound"),
    ("400 at the item", &[("/item/", Reply::Text(400, "{}"))], TEXT, "serverError"),
    ("409 at the item", &[("/item/", Reply::Text(409, "{}"))], TEXT, "conflict"),
    (
        "403 at the list of vaults",
        &[("/vaults", Reply::Text(403, "{}"))],
        Ask::Vaults,
        "permissionDenied",
    ),
    (
        "403 at the list of items",
        &[("/overviews", Reply::Text(403, "{}"))],
        Ask::Items("app"),
        "permissionDenied",
    ),
    ("401 at the item", &[("/item/", Reply::Text(401, "{}"))], TEXT, "authenticationFailed"),
    ("401 at the vaults", &[("/vaults", Reply::Text(401, "{}"))], TEXT, "authenticationFailed"),
    (
        "401 at whatever a session asks",
        &[("GET ", Reply::Text(401, "{}"))],
        TEXT,
        "authenticationFailed",
    ),
    ("500 at the vaults", &[("/vaults", Reply::Text(500, ""))], TEXT, "serverError"),
    ("500 at the keysets", &[("/keysets", Reply::Text(500, ""))], TEXT, "serverError"),
    (
        "500 at the keysets, by the vault's id",
        &[("/keysets", Reply::Text(500, ""))],
        Ask::Vault(NO_ID),
        "serverError",
    ),
    ("500 at the titles", &[("/overviews", Reply::Text(500, ""))], TEXT, "serverError"),
    (
        "500 at the list of items",
        &[("/overviews", Reply::Text(500, ""))],
        Ask::Items("app"),
        "serverError",
    ),
    ("500 at the item", &[("/item/", Reply::Text(500, ""))], TEXT, "serverError"),
    ("503 for two minutes", &[("/item/", Reply::After(503, 120))], TEXT, "serverError"),
    ("500 at whatever a session asks", &[("GET ", Reply::Text(500, ""))], TEXT, "serverError"),
    ("a web page in place of the vaults", &[("/vaults", Reply::Text(200, PAGE))], TEXT, "protocol"),
    ("a web page in place of the item", &[("/item/", Reply::Text(200, PAGE))], TEXT, "protocol"),
    ("a refused token", &[("/confirm-key", Reply::Text(401, "{}"))], TEXT, "authenticationFailed"),
    ("403 at the sign-in", &[("/auth/start", Reply::Text(403, "{}"))], TEXT, "permissionDenied"),
    ("503 at the sign-in", &[("/auth/start", Reply::Text(503, ""))], TEXT, "serverError"),
    (
        "500 at the end of the sign-in",
        &[("/auth/complete", Reply::Text(500, ""))],
        TEXT,
        "serverError",
    ),
    ("a web page at the sign-in", &[("/auth/start", Reply::Text(200, PAGE))], TEXT, "protocol"),
    (
        "a refused token, each time a new client",
        &[("/confirm-key", Reply::Text(401, "{}"))],
        Ask::NewClient(ONE),
        "rateLimited",
    ),
    ("429 for an hour", &[("", Reply::After(429, 3_600))], TEXT, "rateLimited"),
    ("429 for a second, again and again", &[("", Reply::After(429, 1))], TEXT, "rateLimited"),
    ("429 without a time", &[("", Reply::Text(429, ""))], TEXT, "rateLimited"),
    ("429 at the item alone", &[("/item/", Reply::Text(429, ""))], TEXT, "rateLimited"),
    (
        "429 for an hour, each time a new client",
        &[("", Reply::After(429, 3_600))],
        Ask::NewClient(ONE),
        "rateLimited",
    ),
    (
        "429 for two minutes in words, each time a new client",
        &[("", Reply::Text(429, "try again in 2 minutes"))],
        Ask::NewClient(ONE),
        "rateLimited",
    ),
];

#[test]
fn no_loop_takes_more_than_sixty_requests_an_hour() {
    let mut above = Vec::new();
    for (name, rules, ask, code) in ROWS {
        let (requests, last) = Loop::new(rules).hour(*ask);
        println!("| {name} | {requests} |");
        if requests > MOST || last != *code {
            above.push(format!("{name}: {requests}, {last} ({code})"));
        }
    }
    assert!(above.is_empty(), "{above:#?}");
}
