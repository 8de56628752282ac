//! Lists, page by page: what is left of them when they are left, closed, or read side by side.

use super::*;
use onepassword_edge::client::{Entry, Lifetimes, List, Pages, States};

type Page = Result<Option<Vec<Entry>>, Error>;

/// Two vaults of 250 items each, which are three pages.
fn long_lists() -> Options<Signal> {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    let emulator = EMULATOR.get_or_init(|| {
        let items = |of: &str| {
            let item = |n| format!(r#"{{ "title": "{of} {n}", "password": "p" }}"#);
            (0..250).map(item).collect::<Vec<_>>().join(", ")
        };
        let vault = |name| format!(r#"{{ "name": "{name}", "items": [{}] }}"#, items(name));
        let vaults = [vault("a"), vault("b")].join(", ");
        Emulator::start(&format!(r#"{{ "account": {{ "vaults": [{vaults}] }} }}"#))
    });
    support::options(&emulator.token)
}

/// A client that knows the vaults, so that a list is one request.
fn bench() -> Bench {
    let bench = Bench::cold(long_lists());
    let asked = bench.ask("op://a/a 0/password");
    bench.host.answer_all();
    assert_eq!(text(asked), Ok("p"));
    bench.host.take_sent();
    bench
}

fn list(bench: &Bench, vault: &str) -> Rc<Pages<VirtualHost>> {
    let states = States { active: true, archived: false };
    Rc::new(bench.client.list(List::Items(vault.to_owned(), states), false))
}

fn next(bench: &Bench, pages: &Rc<Pages<VirtualHost>>) -> Begun<Page> {
    let pages = Rc::clone(pages);
    bench.host.begin(async move { pages.next().await })
}

fn titles(page: Begun<Page>) -> Vec<String> {
    let title = |entry: &Entry| match entry {
        Entry::Item(item) => item.overview.title.clone(),
        Entry::Vault(_) => panic!("a vault in place of an item"),
    };
    page.result().unwrap().unwrap_or_default().iter().map(title).collect()
}

fn names(vault: &str, numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|n| format!("{vault} {n}")).collect()
}

#[test]
fn two_lists_at_once_are_two_requests_and_do_not_mix() {
    let bench = bench();
    let [a, b] = ["a", "b"].map(|vault| list(&bench, vault));
    let [first_a, first_b] = [next(&bench, &a), next(&bench, &b)];
    bench.host.run();
    assert_eq!(bench.host.under_way().len(), 2);
    // The later one first.
    bench.host.answer(bench.host.under_way()[1].number);
    bench.host.run();
    assert!(first_b.is_over() && !first_a.is_over());
    let second_b = next(&bench, &b);
    bench.host.run();
    assert_eq!(titles(second_b), names("b", 100..200), "a page is no request");
    bench.host.answer_all();
    assert_eq!(titles(first_a), names("a", 0..100));
    assert_eq!(titles(first_b), names("b", 0..100));
    for (pages, vault, page) in [(&a, "a", 100..200), (&b, "b", 200..250), (&a, "a", 200..250)] {
        let of = next(&bench, pages);
        bench.host.run();
        assert_eq!(titles(of), names(vault, page));
    }
    let [end_a, end_b] = [next(&bench, &a), next(&bench, &b)];
    bench.host.run();
    assert!(end_a.result().unwrap().is_none() && end_b.result().unwrap().is_none());
    assert_eq!(bench.host.take_sent().len(), 2);
    bench.at_rest();
}

#[test]
fn the_same_vault_may_be_listed_twice() {
    let bench = bench();
    let [one, other] = [(); 2].map(|()| list(&bench, "a"));
    let first = next(&bench, &one);
    bench.host.answer_all();
    let second = next(&bench, &one);
    let first_of_other = next(&bench, &other);
    bench.host.answer_all();
    assert_eq!(titles(first), names("a", 0..100));
    assert_eq!(titles(second), names("a", 100..200));
    assert_eq!(titles(first_of_other), names("a", 0..100));
    drop((one, other));
    bench.at_rest();
}

#[test]
fn after_closing_there_is_no_page() {
    let bench = bench();
    let [begun, hanging, new] = [(); 3].map(|()| list(&bench, "a"));
    let first = next(&bench, &begun);
    bench.host.answer_all();
    assert_eq!(titles(first).len(), 100);
    let under_way = next(&bench, &hanging);
    bench.host.run();
    assert_eq!(bench.host.under_way().len(), 1);
    bench.client.close();
    bench.host.run();
    assert_eq!(under_way.result().unwrap_err(), Error::Closed);
    assert_eq!(bench.host.aborted(), 1);
    // Nor is what was left of one kept until it is dropped: the vault's key goes now.
    bench.at_rest();
    for pages in [begun, hanging, new] {
        let page = next(&bench, &pages);
        bench.host.run();
        assert_eq!(page.result().unwrap_err(), Error::Closed);
    }
    bench.at_rest();
}

#[test]
fn a_list_that_is_dropped_leaves_nothing_behind() {
    let bench = bench();
    let pages = list(&bench, "a");
    let first = next(&bench, &pages);
    bench.host.answer_all();
    assert_eq!(titles(first).len(), 100);
    drop(pages);
    bench.at_rest();
    // While its first page is under way: the request goes with who waits for it.
    let pages = list(&bench, "a");
    let first = next(&bench, &pages);
    bench.host.run();
    drop(pages);
    assert_eq!(bench.host.aborted(), 0);
    first.leave();
    bench.host.run();
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
}

#[test]
fn a_list_whose_first_page_fails_says_so_and_can_be_read_again() {
    let bench = bench();
    let pages = list(&bench, "a");
    let first = next(&bench, &pages);
    bench.host.run();
    bench.host.fail(bench.host.under_way()[0].number);
    bench.host.run();
    assert_eq!(first.result().unwrap_err().code(), "network");
    // An end in place of the error would pass for an empty list.
    let again = next(&bench, &pages);
    bench.host.answer_all();
    assert!(again.result().unwrap().is_some());
    drop(pages);
    bench.at_rest();
}

#[test]
fn a_fresh_list_asks_for_all_whatever_is_remembered() {
    let lifetimes =
        Lifetimes { metadata_ms: 300_000, secret_ms: 0, negative_ms: 10_000, stale_if_error_ms: 0 };
    let states = States { active: true, archived: false };
    for kind in 0..3 {
        for status in [403, 404] {
            let bench = Bench::cold(Options { lifetimes, ..long_lists() });
            let read = |fresh, status| {
                let (list, part) = match kind {
                    0 => (List::Items("a".to_owned(), states), "/overviews"),
                    1 => (List::Vaults { named: true }, "/vaults"),
                    _ => (List::Vault { part: "a".to_owned(), accessors: false }, "/vaults"),
                };
                let page = next(&bench, &Rc::new(bench.client.list(list, fresh)));
                bench.host.run();
                while let Some(request) = bench.host.under_way().into_iter().next() {
                    match status {
                        Some(status) if request.what.ends_with(part) => {
                            bench.host.answer_as(request.number, status, "{}");
                        }
                        _ => bench.host.answer(request.number),
                    }
                    bench.host.run();
                }
                page.result().map(drop)
            };
            assert!(read(false, Some(status)).is_err(), "{kind} {status}");
            bench.host.take_sent();
            assert!(read(false, None).is_err(), "{kind} {status}");
            assert_eq!(bench.host.take_sent(), [""; 0], "{kind} {status}");
            assert_eq!(read(true, None), Ok(()), "{kind} {status}");
            bench.host.take_sent();
            assert_eq!(read(true, None), Ok(()), "{kind} {status}");
            let sent = bench.host.take_sent();
            assert!(sent.contains(&"GET /api/v1/vaults".to_owned()), "{sent:?}");
        }
    }
}
