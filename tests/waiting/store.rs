//! What processes leave for each other in a store, and that a store which hangs, fails, or has what
//! is of no use costs no secret.

use super::*;
use onepassword_edge::client::{Fresh, Lifetimes, Share};

const SHARE: Share = Share { session: true, names: true, secrets_ms: 0, propagation_ms: 0 };
const ITEM: &str = "GET /api/v1/vault/:id/item/:id";
const SIGN_IN: [&str; 4] = [
    "POST /api/v3/auth/start",
    "POST /api/v2/auth",
    "POST /api/v2/auth/confirm-key",
    "POST /api/v2/auth/complete",
];

fn sharing() -> Options<Signal> {
    sharing_as(SHARE)
}

fn sharing_as(share: Share) -> Options<Signal> {
    Options { share: Some(share), ..options() }
}

fn asked(bench: &Bench) -> Vec<&'static str> {
    bench.host.with_store(|store| store.asked.clone())
}

fn record(bench: &Bench) -> Option<String> {
    bench.host.with_store(|store| store.record.clone())
}

/// Another process that finds the record of this one, at the same time.
fn after(bench: &Bench, options: Options<Signal>) -> Bench {
    let other = Bench::cold(options);
    other.host.with_store(|store| store.record = record(bench));
    other.host.advance(bench.host.elapsed_ms());
    other
}

/// What it sent, without ids.
fn sent(bench: &Bench) -> Vec<String> {
    let is_id = |part: &&str| part.len() == 26 && part.chars().all(char::is_alphanumeric);
    let without_ids = |what: String| {
        let parts = what.split('/').map(|part| if is_id(&part) { ":id" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    bench.host.take_sent().into_iter().map(without_ids).collect()
}

#[track_caller]
fn resolves(bench: &Bench, reference: &str, value: &'static str) -> Vec<String> {
    let asked = bench.ask(reference);
    bench.host.answer_all();
    assert_eq!(text(asked), Ok(value));
    bench.at_rest();
    sent(bench)
}

#[test]
fn a_process_that_finds_a_record_makes_one_request() {
    let first = Bench::warm(sharing());
    assert_eq!(asked(&first), ["load", "store"], "one write for all that one call has learned");
    let second = after(&first, sharing());
    assert_eq!(resolves(&second, ONE, "secret one"), [ITEM]);
    assert_eq!(asked(&second), ["load"]);
    let stats = second.client.stats();
    assert_eq!((stats.sign_ins, stats.resumes), (0, 1));
    // What only this one has asked for, the next one knows, too.
    let overviews = "GET /api/v1/vault/:id/items/overviews";
    assert_eq!(resolves(&second, TWO, "secret two"), [overviews, ITEM]);
    assert_eq!(asked(&second), ["load", "store"]);
    let third = after(&second, sharing());
    for (reference, value) in [(ONE, "secret one"), (TWO, "secret two")] {
        assert_eq!(resolves(&third, reference, value), [ITEM]);
    }
    assert_eq!(asked(&third), ["load"]);
}

#[test]
fn where_writes_take_their_time_there_is_one_a_second() {
    let bench = Bench::warm(sharing_as(Share { propagation_ms: 60_000, ..SHARE }));
    bench.host.advance(999.0);
    resolves(&bench, TWO, "secret two");
    assert_eq!(asked(&bench), ["load", "store"]);
    bench.host.advance(1.0);
    resolves(&bench, ONE, "secret one");
    assert_eq!(asked(&bench), ["load", "store", "load", "store"], "what others have left stays");
}

#[test]
fn a_sign_in_is_left_with_what_the_first_call_learns_and_a_refused_one_at_once() {
    let bench = Bench::cold(sharing());
    let client = Rc::clone(&bench.client);
    let signing_in = bench.host.begin(async move { client.sign_in().await });
    bench.host.answer_all();
    assert_eq!(signing_in.result(), Ok(()));
    assert_eq!(asked(&bench), ["load"]);
    resolves(&bench, ONE, "secret one");
    assert_eq!(asked(&bench), ["load", "store"]);
    let bench = Bench::cold(sharing());
    let client = Rc::clone(&bench.client);
    let signing_in = bench.host.begin(async move { client.sign_in().await });
    bench.host.run();
    bench.host.answer_with(bench.host.under_way()[0].number, 429, None);
    bench.host.run();
    assert_eq!(signing_in.result().map_err(|error| error.code()), Err("rateLimited"));
    assert_eq!(asked(&bench), ["load", "store"]);
}

#[test]
fn a_vault_that_is_known_needs_no_list_of_vaults() {
    let first = Bench::warm(sharing());
    let second = after(&first, sharing());
    let sent = resolves(&second, "op://APP/three/password", "secret three");
    assert_eq!(sent, ["GET /api/v1/vault/:id/items/overviews", ITEM]);
}

#[test]
fn what_is_not_shared_is_not_stored() {
    let names = Share { session: false, ..SHARE };
    let first = Bench::warm(sharing_as(names));
    let second = after(&first, sharing());
    assert_eq!(resolves(&second, ONE, "secret one"), [&SIGN_IN[..], &[ITEM]].concat());
    let session = Share { names: false, ..SHARE };
    let first = Bench::warm(sharing_as(session));
    let second = after(&first, sharing());
    assert_eq!(resolves(&second, ONE, "secret one").len(), 4, "vaults, keys, titles, item");
    // Nor taken.
    let first = Bench::warm(sharing());
    let second = after(&first, sharing_as(names));
    assert_eq!(resolves(&second, ONE, "secret one"), [&SIGN_IN[..], &[ITEM]].concat());
}

#[test]
fn names_are_shared_for_as_long_as_they_are_remembered_and_a_session_for_a_quarter_of_an_hour() {
    let first = Bench::warm(sharing());
    let second = after(&first, sharing());
    // Little of their time is left to chance: the last minute.
    second.host.advance(240_000.0);
    assert_eq!(resolves(&second, ONE, "secret one"), [ITEM]);
    let second = after(&first, sharing());
    second.host.advance(300_000.0);
    let names = ["GET /api/v1/vaults", "GET /api/v1/vault/:id/items/overviews", ITEM];
    let keys = "GET /api/v2/account/keysets";
    let sent = resolves(&second, ONE, "secret one");
    assert_eq!(sent.iter().filter(|what| *what != keys).collect::<Vec<_>>(), names);
    let second = after(&first, sharing());
    second.host.advance(900_000.0);
    assert_eq!(resolves(&second, ONE, "secret one")[..4], SIGN_IN);
}

#[test]
fn secrets_are_read_once_per_time_by_all_processes_together() {
    let share = Share { secrets_ms: 60_000, ..SHARE };
    let first = Bench::warm(sharing_as(share));
    let second = after(&first, sharing_as(share));
    second.host.advance(30_000.0);
    assert_eq!(resolves(&second, ONE, "secret one"), [""; 0]);
    second.host.advance(30_000.0);
    assert_eq!(resolves(&second, ONE, "secret one"), [ITEM]);
    assert_eq!(asked(&second), ["load", "load", "store"]);
    // The first one, whose time is over, too, finds what the second has read.
    first.host.with_store(|store| store.record = record(&second));
    first.host.advance(61_000.0);
    assert_eq!(resolves(&first, ONE, "secret one"), [""; 0]);
    // Others keep none.
    let third = after(&second, sharing());
    assert_eq!(resolves(&third, ONE, "secret one"), [ITEM]);
}

#[test]
fn a_pause_is_kept_for_processes_that_start_meanwhile() {
    let emulator = Emulator::start(ACCOUNT);
    let options = || Options { share: Some(SHARE), ..support::options(&emulator.token) };
    let first = Bench::cold(options());
    resolves(&first, ONE, "secret one");
    first.host.advance(2_000.0);
    let one = first.ask(ONE);
    first.host.run();
    first.host.answer_with(first.host.under_way()[0].number, 429, Some(120_000));
    first.host.run();
    assert_eq!(text(one), Err("rateLimited"));
    assert_eq!(asked(&first), ["load", "store", "load", "store"]);
    let (record, elapsed_ms) = (record(&first), first.host.elapsed_ms());
    drop(first);
    let in_another_process = |ms: f64, clears: bool| {
        forget_standings();
        let bench = Bench::cold(options());
        bench.host.with_store(|store| store.record.clone_from(&record));
        bench.host.advance(elapsed_ms + ms);
        if clears {
            bench.client.clear_pause();
        }
        let one = bench.ask(ONE);
        bench.host.answer_all();
        (text(one), sent(&bench))
    };
    assert_eq!(in_another_process(60_000.0, false), (Err("rateLimited"), vec![]));
    assert_eq!(in_another_process(119_000.0, false), (Err("rateLimited"), vec![]));
    let asks = (Ok("secret one"), vec![ITEM.to_owned()]);
    assert_eq!(in_another_process(60_000.0, true), asks, "somebody knows better");
    // Not all that were told of it come back at its end.
    assert_eq!(in_another_process(136_000.0, false), asks);
}

/// A standing is forgotten when no client has it and it says nothing any more.
fn forget_standings() {
    onepassword_edge::auth::retry::Standing::of("another", u64::MAX / 2);
}

#[test]
fn refused_sign_ins_are_kept_for_processes_that_start_meanwhile() {
    let emulator = Emulator::start(ACCOUNT);
    // Nothing else is stored that would keep the record for longer.
    let share = Some(Share { session: false, names: false, ..SHARE });
    let options = || Options { share, ..support::options(&emulator.token) };
    let first = Bench::cold(options());
    for _ in 0..6 {
        let one = first.ask(ONE);
        first.host.run();
        first.host.answer_with(first.host.under_way()[0].number, 401, None);
        first.host.run();
        assert_eq!(text(one), Err("authenticationFailed"));
        first.host.advance(1_000.0);
    }
    let ttl_seconds = first.host.with_store(|store| store.ttl_seconds);
    assert!(ttl_seconds >= 15 * 60, "for as long as a refusal counts: {ttl_seconds}");
    let (record, elapsed_ms) = (record(&first), first.host.elapsed_ms());
    drop(first);
    forget_standings();
    let second = Bench::cold(options());
    second.host.with_store(|store| store.record = record);
    second.host.advance(elapsed_ms);
    let one = second.ask(ONE);
    second.host.run();
    assert_eq!(text(one), Err("rateLimited"));
    assert_eq!(sent(&second), [""; 0]);
    second.host.advance(10_000.0);
    assert_eq!(resolves(&second, ONE, "secret one")[..4], SIGN_IN);
}

#[test]
fn what_is_gone_is_not_taken_over_again_from_what_is_stored() {
    let share = Share { secrets_ms: 600_000, ..SHARE };
    let first = Bench::warm(sharing_as(share));
    let second = after(&first, sharing_as(share));
    assert_eq!(resolves(&second, ONE, "secret one"), [""; 0]);
    second.host.advance(2_000.0);
    let one = second.ask_fresh(ONE);
    second.host.run();
    while let Some(next) = second.host.under_way().into_iter().next() {
        if next.what.contains("/item") {
            second.host.answer_with(next.number, 403, None);
        } else {
            second.host.answer(next.number);
        }
        second.host.run();
    }
    assert_eq!(text(one), Err("permissionDenied"));
    assert_eq!(asked(&second), ["load", "load", "store"]);
    let third = after(&second, sharing_as(share));
    assert_eq!(resolves(&third, ONE, "secret one"), [ITEM], "the secret is not given any more");
}

/// Two processes and what they leave for each other in one store.
fn pass_on(from: &Bench, to: &Bench) {
    to.host.with_store(|store| store.record = record(from));
}

#[test]
fn a_process_that_writes_keeps_what_others_have_left() {
    let first = Bench::warm(sharing());
    // Its session is over for others, and names are read anew.
    first.host.advance(901_000.0);
    let second = after(&first, sharing());
    assert_eq!(resolves(&second, TWO, "secret two")[..4], SIGN_IN);
    second.host.advance(2_000.0);
    first.host.advance(2_000.0);
    pass_on(&second, &first);
    resolves(&first, THREE, "secret three");
    let third = after(&first, sharing());
    for (reference, value) in [(ONE, "secret one"), (TWO, "secret two"), (THREE, "secret three")] {
        let sent = resolves(&third, reference, value);
        assert!(!sent.contains(&SIGN_IN[0].to_owned()), "the session of the second: {sent:?}");
        if reference != ONE {
            assert_eq!(sent, [ITEM]);
        }
    }
}

#[test]
fn a_process_that_shares_less_keeps_what_others_share() {
    let all = Share { secrets_ms: 60_000, ..SHARE };
    let first = Bench::warm(sharing_as(all));
    let less = Share { names: false, ..SHARE };
    let second = after(&first, sharing_as(less));
    second.host.advance(2_000.0);
    first.host.advance(2_000.0);
    resolves(&second, TWO, "secret two");
    second.client.clear_pause();
    resolves(&second, TWO, "secret two");
    assert!(asked(&second).contains(&"store"));
    let third = after(&second, sharing_as(all));
    assert_eq!(resolves(&third, ONE, "secret one"), [""; 0]);
    let fourth = after(&second, sharing());
    assert_eq!(resolves(&fourth, ONE, "secret one"), [ITEM]);
}

#[test]
fn what_is_no_news_is_not_written() {
    let bench = Bench::warm(sharing());
    for _ in 0..5 {
        bench.host.advance(2_000.0);
        resolves(&bench, ONE, "secret one");
        let missing = bench.ask("op://app/none/password");
        bench.host.answer_all();
        assert_eq!(text(missing), Err("itemNotFound"));
    }
    assert_eq!(asked(&bench).iter().filter(|what| **what == "store").count(), 1);
    let none = Share { session: false, names: false, ..SHARE };
    let bench = Bench::warm(sharing_as(none));
    assert_eq!(asked(&bench), ["load"]);
}

#[test]
fn writes_that_cost_nothing_are_twenty_a_second_at_most() {
    let bench = Bench::warm(sharing());
    for n in 0..30 {
        bench.client.clear_pause();
        let missing = bench.ask(&format!("op://app/none {n}/password"));
        bench.host.answer_all();
        assert_eq!(text(missing), Err("itemNotFound"));
    }
    assert_eq!(asked(&bench).iter().filter(|what| **what == "store").count(), 20);
}

#[test]
fn a_write_that_fails_is_done_again_after_a_second() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.fails = true);
    resolves(&bench, ONE, "secret one");
    bench.host.with_store(|store| store.fails = false);
    bench.host.advance(999.0);
    resolves(&bench, ONE, "secret one");
    assert_eq!(record(&bench), None);
    bench.host.advance(1.0);
    resolves(&bench, ONE, "secret one");
    let other = after(&bench, sharing());
    assert_eq!(resolves(&other, ONE, "secret one"), [ITEM]);
}

#[test]
fn a_batch_that_the_host_has_ended_stops_no_writes() {
    let bench = Bench::cold(Options { waits_for_others: false, ..sharing() });
    // As Workers do to a request: its tasks are never run again.
    let dead = bench.ask(ONE);
    bench.host.run();
    std::mem::forget(dead);
    resolves_beside(&bench, TWO, "secret two");
    assert!(asked(&bench).contains(&"store"));
}

#[test]
fn what_was_learned_is_left_though_the_last_caller_gives_up() {
    let bench = Bench::cold(sharing());
    let one = bench.ask(ONE);
    let signal = Signal::default();
    let x = bench.ask_until("op://other/x/password", &signal);
    bench.host.run();
    let is_of = |what: &str, part: &str| what.contains(part);
    // Everything but the second vault's item.
    while let Some(next) = {
        let under_way = bench.host.under_way();
        under_way.into_iter().find(|next| !(one.is_over() && is_of(&next.what, "/item")))
    } {
        bench.host.answer(next.number);
        bench.host.run();
        if one.is_over() {
            break;
        }
    }
    assert_eq!(text(one), Ok("secret one"));
    signal.give();
    bench.host.run();
    assert_eq!(text(x), Err("aborted"));
    assert_eq!(asked(&bench), ["load", "store"]);
    bench.at_rest();
}

#[test]
fn secrets_are_asked_for_anew_by_names_that_are_remembered() {
    let bench = Bench::warm(Options {
        lifetimes: Lifetimes { secret_ms: 60_000, ..options().lifetimes },
        ..options()
    });
    assert_eq!(resolves(&bench, ONE, "secret one"), [""; 0]);
    let call = bench.client.call(None, None, Fresh::Secrets);
    let one = bench.ask_as(Question::text(ONE), call);
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(sent(&bench), [ITEM]);
}

/// Answers all but the first request, which stays as it is.
fn resolves_beside(bench: &Bench, reference: &str, value: &'static str) {
    let first = bench.host.under_way()[0].number;
    let asked = bench.ask(reference);
    bench.host.run();
    while let Some(next) = bench.host.under_way().into_iter().find(|one| one.number != first) {
        bench.host.answer(next.number);
        bench.host.run();
    }
    assert_eq!(text(asked), Ok(value));
}

#[test]
fn closing_ends_a_write_that_hangs() {
    let bench = Bench::cold(sharing());
    let one = bench.ask(ONE);
    bench.host.run();
    bench.host.with_store(|store| store.hangs = true);
    bench.host.answer_all();
    assert!(!one.is_over());
    bench.client.close();
    bench.host.run();
    assert!(one.is_over());
    bench.at_rest();
}

#[test]
fn a_pause_that_is_over_holds_nobody_up() {
    let emulator = Emulator::start(ACCOUNT);
    let options = || Options { share: Some(SHARE), ..support::options(&emulator.token) };
    let first = Bench::cold(options());
    resolves(&first, ONE, "secret one");
    let one = first.ask(ONE);
    first.host.run();
    first.host.answer_with(first.host.under_way()[0].number, 429, Some(2_000));
    first.host.run();
    assert_eq!(text(one), Err("rateLimited"));
    let (record, elapsed_ms) = (record(&first), first.host.elapsed_ms());
    drop(first);
    forget_standings();
    let second = Bench::cold(options());
    second.host.with_store(|store| store.record = record);
    second.host.advance(elapsed_ms + 2_000.0);
    let both = [second.ask(ONE), second.ask("op://other/x/password")];
    second.host.answer_all();
    assert_eq!(both.map(text), [Ok("secret one"), Ok("secret x")]);
}

#[test]
fn the_lister_of_names_looks_first_whether_another_has_done_it() {
    let first = Bench::warm(sharing());
    let second = after(&first, sharing());
    assert_eq!(resolves(&second, ONE, "secret one"), [ITEM]);
    for bench in [&first, &second] {
        bench.host.advance(301_000.0);
    }
    assert!(resolves(&first, ONE, "secret one").len() > 1);
    pass_on(&first, &second);
    assert_eq!(resolves(&second, ONE, "secret one"), [ITEM]);
}

#[test]
fn a_store_that_hangs_takes_a_second_and_is_then_left_alone() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.hangs = true);
    let one = bench.ask(ONE);
    bench.host.advance(999.0);
    assert!(bench.host.under_way().is_empty());
    bench.host.advance(1.0);
    assert_eq!(bench.host.paths_under_way(), SIGN_IN[..1]);
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(asked(&bench), ["load"]);
    bench.at_rest();
    bench.host.with_store(|store| store.hangs = false);
    bench.host.advance(60_000.0);
    resolves(&bench, TWO, "secret two");
    assert_eq!(asked(&bench), ["load", "load", "store"]);
    let other = after(&bench, sharing());
    assert_eq!(resolves(&other, ONE, "secret one"), [ITEM]);
}

#[test]
fn a_write_that_hangs_is_waited_for_within_the_time_of_the_call() {
    for (timeout_ms, waits_ms) in [(30_000.0, 1_000.0), (500.0, 500.0)] {
        let bench = Bench::cold(sharing());
        let one = bench.ask_for(ONE, timeout_ms);
        bench.host.run();
        bench.host.with_store(|store| store.hangs = true);
        bench.host.answer_all();
        assert!(!one.is_over(), "the answer is not lost, and its writing is waited for");
        bench.host.advance(waits_ms - 1.0);
        assert!(!one.is_over());
        bench.host.advance(1.0);
        assert_eq!(text(one), Ok("secret one"));
        bench.at_rest();
    }
}

#[test]
fn a_store_that_keeps_nothing_costs_nothing() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.fails = true);
    resolves(&bench, ONE, "secret one");
    assert_eq!(bench.client.stats().sign_ins, 1);
}

#[test]
fn closing_does_not_wait_for_a_store() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.hangs = true);
    let one = bench.ask(ONE);
    bench.host.run();
    bench.client.close();
    bench.host.run();
    assert_eq!(text(one), Err("closed"));
    bench.at_rest();
}

#[test]
fn a_record_that_is_none_is_as_good_as_no_record() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.record = Some("no record".to_owned()));
    resolves(&bench, ONE, "secret one");
    assert_eq!(asked(&bench), ["load", "store"]);
}

#[test]
fn a_record_from_the_future_is_none() {
    // The emulator takes nothing from its own future.
    let at = |ms: f64| {
        let bench = Bench::on(VirtualHost::set_back(10 * 60 * 1_000), sharing());
        bench.host.advance(ms);
        bench
    };
    let first = at(65_000.0);
    resolves(&first, ONE, "secret one");
    let found_at = |ms: f64| {
        let bench = at(ms);
        bench.host.with_store(|store| store.record = record(&first));
        resolves(&bench, ONE, "secret one")
    };
    assert!(found_at(0.0).len() > 1);
    assert_eq!(found_at(20_000.0), [ITEM], "a clock may be a little ahead");
}

#[test]
fn clocks_apart_by_minutes_cost_requests_and_no_secret() {
    let minutes = |n: u64| VirtualHost::set_back(n * 60 * 1_000);
    // The emulator takes nothing from its own future: all are behind.
    let share = Share { secrets_ms: 60_000, ..SHARE };
    for [writes, reads] in [[10, 13], [13, 10], [10, 30], [30, 10]] {
        let first = Bench::on(minutes(writes), sharing_as(share));
        resolves(&first, ONE, "secret one");
        let second = Bench::on(minutes(reads), sharing_as(share));
        second.host.with_store(|store| store.record = record(&first));
        for reference in [ONE, ONE] {
            resolves(&second, reference, "secret one");
        }
        // And back: what one leaves holds the other up no more.
        first.host.advance(61_000.0);
        first.host.with_store(|store| store.record = record(&second));
        resolves(&first, ONE, "secret one");
        let asked = asked(&first).len() + asked(&second).len();
        assert!(asked < 12, "{writes} {reads}: {asked}");
    }
}

#[test]
fn an_older_record_that_comes_again_is_none() {
    let share = Share { secrets_ms: 60_000, ..SHARE };
    let first = Bench::warm(sharing_as(share));
    let old = record(&first);
    first.host.advance(2_000.0);
    resolves(&first, TWO, "secret two");
    let second = after(&first, sharing_as(share));
    assert_eq!(resolves(&second, TWO, "secret two"), [""; 0]);
    second.host.with_store(|store| store.record = old);
    second.client.clear_cache();
    second.host.advance(2_000.0);
    assert!(resolves(&second, ONE, "secret one").len() > 1);
}

#[test]
fn what_a_client_has_forgotten_does_not_come_back_from_the_store() {
    let share = Share { secrets_ms: 60_000, ..SHARE };
    let first = Bench::warm(sharing_as(share));
    first.client.clear_cache();
    first.host.advance(2_000.0);
    let sent = resolves(&first, ONE, "secret one");
    assert_eq!(sent.len(), 3, "vaults, titles, item");
}

/// What is unshared is so for the process: an account of its own.
#[test]
fn a_lent_session_that_is_refused_is_removed_and_for_a_while_none_is_shared() {
    let emulator = Emulator::start(ACCOUNT);
    let options = || Options { share: Some(SHARE), ..support::options(&emulator.token) };
    // The emulator, whose clock stands still meanwhile, takes nothing from the future.
    let behind = || Bench::on(VirtualHost::set_back(10 * 60 * 1_000), options());
    let lender = behind();
    resolves(&lender, ONE, "secret one");
    let bench = behind();
    bench.host.with_store(|store| store.record = record(&lender));
    bench.host.advance(2_000.0);
    let one = bench.ask(ONE);
    bench.host.run();
    // A session that another process has lent, and the service refuses all the same.
    bench.host.answer_with(bench.host.under_way()[0].number, 401, None);
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(sent(&bench), [&[ITEM], &SIGN_IN[..], &[ITEM]].concat(), "names hold");
    assert_eq!(asked(&bench), ["load", "store"]);
    // For a minute at first: it may have been anybody on the way who refused it.
    let in_a_new_client = |is_refused: bool| {
        let later = Bench::on(bench.host.clone(), options());
        let one = later.ask(ONE);
        later.host.run();
        if is_refused {
            let item = later.host.under_way().into_iter().next().expect("a request");
            later.host.answer_with(item.number, 401, None);
        }
        later.host.answer_all();
        assert_eq!(text(one), Ok("secret one"));
        later.client.close();
        sent(&later).iter().filter(|what| *what == SIGN_IN[0]).count()
    };
    bench.host.advance(57_000.0);
    assert_eq!(in_a_new_client(false), 1);
    assert_eq!(in_a_new_client(false), 1);
    bench.host.advance(3_000.0);
    assert_eq!(in_a_new_client(false), 1, "now one is stored");
    bench.host.advance(1_000.0);
    assert_eq!(in_a_new_client(false), 0);
    assert_eq!(in_a_new_client(true), 1);
    bench.host.advance(118_000.0);
    assert_eq!(in_a_new_client(false), 1, "then twice as long");
    bench.host.advance(2_000.0);
    assert_eq!(in_a_new_client(false), 1);
    bench.host.advance(1_000.0);
    assert_eq!(in_a_new_client(false), 0);
}
