//! A session store that hangs, fails, or has what is of no use: signing in does not suffer.

use super::*;

fn sharing() -> Options<Signal> {
    Options { shares_sessions: true, ..options() }
}

fn asked(bench: &Bench) -> Vec<&'static str> {
    bench.host.with_store(|store| store.asked.clone())
}

#[test]
fn a_session_is_stored_and_taken() {
    let bench = Bench::warm(sharing());
    assert_eq!(asked(&bench), ["load", "store"]);
    let record = bench.host.with_store(|store| store.record.clone());
    let other = Bench::cold(sharing());
    other.host.with_store(|store| store.record = record);
    let one = other.ask(ONE);
    other.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(asked(&other), ["load"]);
    let stats = other.client.stats();
    assert_eq!((stats.sign_ins, stats.resumes), (0, 1));
    other.at_rest();
}

#[test]
fn a_store_that_hangs_takes_a_second_each_time() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.hangs = true);
    let one = bench.ask(ONE);
    bench.host.advance(999.0);
    assert!(bench.host.under_way().is_empty());
    bench.host.advance(1.0);
    assert_eq!(bench.host.paths_under_way(), ["POST /api/v3/auth/start"]);
    (0..4).for_each(|_| bench.host.answer_first());
    assert_eq!(asked(&bench), ["load", "store"]);
    bench.host.advance(999.0);
    assert!(bench.host.under_way().is_empty());
    bench.host.advance(1.0);
    assert!(bench.host.paths_under_way().contains(&"GET /api/v1/vaults".to_owned()));
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn a_store_that_keeps_nothing_costs_nothing() {
    let bench = Bench::cold(sharing());
    bench.host.with_store(|store| store.fails = true);
    let one = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(bench.client.stats().sign_ins, 1);
    bench.at_rest();
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
    let one = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(asked(&bench), ["load", "store"]);
    bench.at_rest();
}

/// What is unshared is so for the process: an account of its own.
#[test]
fn a_lent_session_that_is_refused_is_removed_and_for_a_while_none_is_shared() {
    let emulator = Emulator::start(ACCOUNT);
    let options = || Options { shares_sessions: true, ..support::options(&emulator.token) };
    // The emulator, whose clock stands still meanwhile, takes nothing from the future.
    let behind = || Bench::on(VirtualHost::set_back(10 * 60 * 1_000), options());
    let lender = behind();
    let one = lender.ask(ONE);
    lender.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    let record = lender.host.with_store(|store| store.record.clone());
    assert!(record.is_some());
    let bench = behind();
    bench.host.with_store(|store| store.record = record);
    let one = bench.ask(ONE);
    // A session that another process has lent, and the service refuses all the same.
    bench.host.run();
    while let Some(next) = bench.host.under_way().into_iter().next() {
        if bench.host.with_store(|store| store.asked.contains(&"remove")) {
            bench.host.answer(next.number);
        } else {
            bench.host.with_store(|store| store.hangs = true);
            bench.host.answer_with(next.number, 401, None);
        }
        bench.host.run();
        if bench.host.under_way().is_empty() {
            assert_eq!(asked(&bench), ["load", "remove"], "the removal is waited for");
            bench.host.advance(999.0);
            assert!(bench.host.under_way().is_empty());
            bench.host.advance(1.0);
            assert_eq!(bench.host.paths_under_way(), ["POST /api/v3/auth/start"]);
            break;
        }
    }
    bench.host.answer_all();
    assert_eq!(text(one), Ok("secret one"));
    assert_eq!(asked(&bench), ["load", "remove"], "and no more are shared");
    bench.at_rest();
    bench.host.with_store(|store| (store.hangs, store.record) = (false, None));
    // For a minute at first: it may have been anybody on the way who refused it.
    bench.client.close();
    let in_a_new_client = |is_refused: bool| {
        let later = Bench::on(bench.host.clone(), options());
        later.host.with_store(|store| store.asked.clear());
        let one = later.ask(ONE);
        later.host.run();
        if is_refused {
            let vaults = later.host.under_way().into_iter().next().expect("a request");
            later.host.answer_with(vaults.number, 401, None);
        }
        later.host.answer_all();
        assert_eq!(text(one), Ok("secret one"));
        later.client.close();
        asked(&later)
    };
    bench.host.advance(58_000.0);
    assert_eq!(in_a_new_client(false), [""; 0]);
    bench.host.advance(2_000.0);
    assert_eq!(in_a_new_client(false), ["load", "store"]);
    assert_eq!(in_a_new_client(true), ["load", "remove"]);
    bench.host.advance(119_000.0);
    assert_eq!(in_a_new_client(false), [""; 0], "then twice as long");
    bench.host.advance(1_000.0);
    assert_eq!(in_a_new_client(false), ["load", "store"]);
}
