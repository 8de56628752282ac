//! What ends a call before its answer: its time, a signal, or that the client is closed.

use super::*;
use onepassword_edge::client::{Backoff, Lifetimes};

/// What is given for a secret, for so long, if the service cannot be reached.
fn stale() -> Options<Signal> {
    let lifetimes = Lifetimes {
        metadata_ms: 300_000,
        secret_ms: 1_000,
        negative_ms: 0,
        stale_if_error_ms: 10_000,
    };
    Options { lifetimes, ..options() }
}

#[test]
fn a_call_ends_when_its_time_is_up_and_its_request_with_it() {
    let bench = Bench::warm(options());
    let asked = bench.ask_for(ONE, 100.0);
    bench.host.run();
    bench.host.advance(99.0);
    assert!(!asked.is_over() && bench.host.aborted() == 0);
    bench.host.advance(1.0);
    assert_eq!(asked.result().unwrap_err(), Error::OutOfTime { ms: 100 });
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
}

#[test]
fn the_time_is_one_for_the_whole_call() {
    let bench = Bench::cold(Options { timeout_ms: 100.0, ..options() });
    let asked = bench.ask(ONE);
    bench.host.run();
    for _ in 0..3 {
        bench.host.advance(30.0);
        bench.host.answer_first();
    }
    assert!(!asked.is_over());
    bench.host.advance(10.0);
    assert_eq!(asked.result().unwrap_err(), Error::OutOfTime { ms: 100 });
    assert_eq!(bench.host.aborted(), 1, "what was asked then, and not what was answered");
    bench.at_rest();
}

#[test]
fn each_caller_has_its_own_time_and_the_last_takes_the_request_along() {
    let bench = Bench::warm(options());
    let [short, long] = [100.0, 300.0].map(|ms| bench.ask_for(ONE, ms));
    bench.host.advance(50.0);
    let middle = bench.ask_for(ONE, 150.0);
    bench.host.advance(50.0);
    assert_eq!(text(short), Err("timeout"));
    assert!(!middle.is_over() && !long.is_over());
    bench.host.advance(100.0);
    assert_eq!(text(middle), Err("timeout"));
    assert_eq!(bench.host.aborted(), 0);
    bench.host.advance(99.0);
    assert!(!long.is_over());
    bench.host.advance(1.0);
    assert_eq!(text(long), Err("timeout"));
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
}

#[test]
fn a_caller_with_more_time_keeps_a_request_that_would_have_been_given_up() {
    let bench = Bench::warm(Options { timeout_ms: 200.0, ..options() });
    let first = bench.ask(ONE);
    bench.host.advance(100.0);
    let second = bench.ask_for(ONE, 1_000.0);
    bench.host.advance(100.0);
    assert_eq!(text(first), Err("timeout"));
    bench.host.advance(700.0);
    assert_eq!((bench.host.aborted(), second.is_over()), (0, false));
    bench.host.answer_first();
    assert_eq!(text(second), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn a_request_takes_no_longer_than_any_call_that_waits() {
    let bench = Bench::warm(Options { timeout_ms: 200.0, ..options() });
    let first = bench.ask(ONE);
    bench.host.advance(100.0);
    let second = bench.ask_for(ONE, 1_000.0);
    bench.host.advance(890.0);
    assert_eq!(text(first), Err("timeout"));
    assert!(!second.is_over());
    bench.host.advance(10.0);
    let error = second.result().unwrap_err();
    assert!(matches!(error, Error::Timeout { action: "read the item", .. }), "{error:?}");
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
}

#[test]
fn the_time_of_a_call_that_is_over_counts_no_more() {
    let bench = Bench::warm(Options { timeout_ms: 200.0, ..options() });
    let long = bench.ask_for(TWO, 10_000.0);
    bench.host.answer_all();
    assert_eq!(text(long), Ok("secret two"));
    let short = bench.ask_for(ONE, 10_000.0);
    bench.host.run();
    short.leave();
    let short = bench.ask(ONE);
    bench.host.advance(200.0);
    assert_eq!(text(short), Err("timeout"));
    bench.at_rest();
}

#[test]
fn of_two_with_the_same_limit_one_may_leave() {
    let bench = Bench::cold(Options { timeout_ms: 200.0, ..options() });
    let [left, stays] = [(); 2].map(|()| bench.ask_for(ONE, 1_000.0));
    bench.host.run();
    left.leave();
    bench.host.answer_first();
    // What is sent after that has the time of the one that stays.
    bench.host.advance(990.0);
    assert!(!stays.is_over() && bench.host.under_way().len() == 1);
    bench.host.advance(10.0);
    assert_eq!(text(stays), Err("timeout"));
    bench.at_rest();
}

#[test]
fn an_answer_and_the_end_of_the_time_at_once() {
    let bench = Bench::warm(options());
    for answered_first in [true, false] {
        let asked = bench.ask_for(ONE, 100.0);
        bench.host.advance(100.0 - f64::from(u8::from(answered_first)));
        if answered_first {
            bench.host.answer_first();
            bench.host.advance(1.0);
        }
        assert_eq!(text(asked).is_ok(), answered_first);
        bench.at_rest();
    }
}

#[test]
fn a_call_that_waits_for_a_sign_in_of_another_goes_on_when_that_gives_up() {
    let bench = Bench::cold(options());
    let first = bench.ask_for(ONE, 100.0);
    bench.host.run();
    let second = bench.ask_for(TWO, 1_000.0);
    bench.host.run();
    assert_eq!(bench.host.under_way().len(), 1);
    bench.host.advance(100.0);
    assert_eq!(text(first), Err("timeout"));
    assert_eq!(bench.host.paths_under_way(), ["POST /api/v3/auth/start"], "the second's own");
    assert_eq!(bench.host.aborted(), 1);
    bench.host.answer_all();
    assert_eq!(text(second), Ok("secret two"));
    bench.at_rest();
}

#[test]
fn a_secret_whose_time_is_over_is_given_when_there_is_no_time_to_ask() {
    let bench = Bench::warm(stale());
    bench.host.advance(2_000.0);
    let call = |fresh| bench.client.call(Some(100.0), None, fresh);
    let asked = bench.ask_as(Question::text(ONE), call(false));
    let fresh = bench.ask_as(Question::text(ONE), call(true));
    let bytes = bench.ask_as(value(ONE, Form::Bytes), call(false));
    let unknown = bench.ask_as(Question::text(TWO), call(false));
    bench.host.advance(100.0);
    assert_eq!(text(asked), Ok("secret one"));
    assert_eq!([fresh, bytes, unknown].map(text), [Err("timeout"); 3]);
    assert_eq!(bench.client.stats().cache_stale, 1);
    // After that it is too old.
    bench.host.advance(9_000.0);
    let asked = bench.ask_for(ONE, 100.0);
    bench.host.advance(100.0);
    assert_eq!(text(asked), Err("timeout"));
    bench.at_rest();
}

#[test]
fn a_secret_whose_time_is_over_is_given_when_the_request_fails() {
    let bench = Bench::warm(stale());
    bench.host.advance(2_000.0);
    let [asked, unknown] = [ONE, TWO].map(|reference| bench.ask(reference));
    bench.host.run();
    bench.host.fail(bench.host.under_way()[0].number);
    bench.host.run();
    assert_eq!(text(asked), Ok("secret one"));
    assert_eq!(text(unknown), Err("network"));
    // A signal is no outage.
    let signal = Signal::default();
    let asked = bench.ask_until(ONE, &signal);
    bench.host.run();
    signal.give();
    bench.host.run();
    assert_eq!(text(asked), Err("aborted"));
    bench.at_rest();
}

#[test]
fn what_is_known_before_the_time_is_up_is_given_with_what_is_not() {
    let bench = Bench::warm(options());
    let references = [ONE, "op://other/x/password", "no reference"];
    let call = bench.client.call(Some(100.0), None, false);
    let asked = bench.host.begin(bench.client.ask(references.map(Question::text).into(), call));
    bench.host.run();
    // The item of the known vault; the other vault's names hang.
    let item = bench.host.under_way().into_iter().find(|it| it.what.contains("/item/")).unwrap();
    bench.host.answer(item.number);
    bench.host.advance(100.0);
    let told: Vec<_> = asked.result().unwrap().into_iter().map(text_of).collect();
    assert_eq!(told, [Ok("secret one"), Err("timeout"), Err("parsing")]);
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
}

#[test]
fn a_signal_that_was_given_before_sends_nothing() {
    let bench = Bench::warm(options());
    let signal = Signal::default();
    signal.give();
    let asked = bench.ask_until(ONE, &signal);
    bench.host.run();
    assert_eq!(asked.result().unwrap_err(), Error::Cancelled);
    assert_eq!(bench.host.take_sent(), [""; 0]);
    // Also if nobody looks after the call before the batch would begin.
    let asked =
        bench.client.ask(vec![Question::text(ONE)], bench.client.call(None, Some(signal), false));
    bench.host.run();
    assert_eq!(bench.host.take_sent(), [""; 0]);
    drop(asked);
    // Between the call and the batch's beginning.
    let signal = Signal::default();
    let asked = bench.ask_until(ONE, &signal);
    signal.give();
    bench.host.run();
    assert_eq!(text(asked), Err("aborted"));
    assert_eq!(bench.host.take_sent(), [""; 0]);
    bench.at_rest();
}

#[test]
fn a_signal_ends_its_callers_wait_and_the_request_only_if_nobody_else_waits() {
    let bench = Bench::warm(options());
    let signal = Signal::default();
    let [mine, also_mine] = [(); 2].map(|()| bench.ask_until(ONE, &signal));
    let theirs = bench.ask(ONE);
    bench.host.run();
    signal.give();
    bench.host.run();
    assert_eq!([mine, also_mine].map(text), [Err("aborted"); 2]);
    assert_eq!((bench.host.aborted(), theirs.is_over()), (0, false));
    bench.host.answer_first();
    assert_eq!(text(theirs), Ok("secret one"));
    let signal = Signal::default();
    let alone = bench.ask_until(ONE, &signal);
    bench.host.run();
    assert_eq!(signal.listeners(), 1);
    signal.give();
    bench.host.run();
    assert_eq!((text(alone), bench.host.aborted()), (Err("aborted"), 1));
    assert_eq!(signal.listeners(), 0);
    bench.at_rest();
}

#[test]
fn a_signal_that_is_given_after_the_answer_changes_nothing() {
    let bench = Bench::warm(options());
    let signal = Signal::default();
    let asked = bench.ask_until(ONE, &signal);
    bench.host.answer_all();
    assert_eq!(signal.listeners(), 0, "nobody listens any more");
    signal.give();
    bench.host.run();
    assert_eq!(text(asked), Ok("secret one"));
    // In the same moment as the answer: the answer is what comes first.
    let signal = Signal::default();
    let asked = bench.ask_until(ONE, &signal);
    bench.host.run();
    bench.host.answer(bench.host.under_way()[0].number);
    signal.give();
    bench.host.run();
    assert!(asked.is_over());
    bench.at_rest();
}

#[test]
fn the_clients_own_signal_ends_all_its_calls() {
    let signal = Signal::default();
    let bench = Bench::warm(Options { signal: Some(signal.clone()), ..options() });
    let other = Signal::default();
    let [one, two] = [bench.ask(ONE), bench.ask_until(TWO, &other)];
    bench.host.run();
    signal.give();
    bench.host.run();
    assert_eq!([one, two].map(text), [Err("aborted"); 2]);
    assert_eq!(bench.host.aborted(), 1);
    let later = bench.ask(ONE);
    let client = Rc::clone(&bench.client);
    let sign_in = bench.host.begin(async move { client.sign_in().await });
    bench.host.run();
    assert_eq!((text(later), sign_in.result()), (Err("aborted"), Err(Error::Cancelled)));
    assert_eq!(signal.listeners() + other.listeners(), 0);
    bench.at_rest();
}

#[test]
fn signing_in_ends_in_time_and_by_closing() {
    for closes in [true, false] {
        let bench = Bench::cold(Options { timeout_ms: 100.0, ..options() });
        let client = Rc::clone(&bench.client);
        let sign_in = bench.host.begin(async move { client.sign_in().await });
        bench.host.advance(99.0);
        assert!(!sign_in.is_over());
        if closes {
            bench.client.close();
        }
        bench.host.advance(1.0);
        let expected = if closes { "closed" } else { "timeout" };
        assert_eq!(sign_in.result().unwrap_err().code(), expected);
        assert_eq!(bench.host.aborted(), 1);
        bench.at_rest();
    }
}

#[test]
fn closing_ends_what_is_gathered() {
    let bench = Bench::warm(options());
    let asked = [ONE, TWO].map(|reference| bench.ask(reference));
    bench.client.close();
    bench.host.run();
    assert_eq!(asked.map(text), [Err("closed"); 2]);
    assert_eq!(bench.host.take_sent(), [""; 0]);
    bench.at_rest();
}

#[test]
fn closing_ends_what_is_under_way_and_what_comes_later() {
    let bench = Bench::warm(stale());
    let mut asked = vec![bench.ask(TWO), bench.ask(THREE)];
    bench.host.run();
    asked.push(bench.ask_fresh(TWO));
    bench.host.run();
    assert_eq!(bench.host.under_way().len(), 2);
    bench.client.close();
    bench.host.run();
    assert_eq!(bench.host.aborted(), 2);
    asked.push(bench.ask(ONE));
    bench.host.run();
    assert!(asked.into_iter().all(|asked| text(asked) == Err("closed")), "also what is remembered");
    bench.at_rest();
}

#[test]
fn closing_ends_who_waits_for_a_lock() {
    // For the session's, then for that of the vaults and keysets.
    for answered in [0, 4] {
        let bench = Bench::cold(options());
        let asked = [ONE, TWO, "op://other/x/password"].map(|reference| {
            let asked = bench.ask(reference);
            bench.host.run();
            asked
        });
        (0..answered).for_each(|_| bench.host.answer_first());
        let expected = if answered == 0 { 1 } else { 2 };
        let paths = bench.host.paths_under_way();
        assert_eq!(paths.len(), expected, "{paths:?}");
        bench.client.close();
        bench.host.run();
        assert_eq!(asked.map(text), [Err("closed"); 3]);
        assert_eq!(bench.host.aborted(), expected as u64);
        bench.at_rest();
    }
}

#[test]
fn closing_ends_a_pause_before_another_attempt() {
    let backoff = Backoff { retries: 2, min_ms: 1_000_000, max_ms: 1_000_000 };
    let bench = Bench::warm(Options { backoff, timeout_ms: 1e7, ..options() });
    let asked = bench.ask(ONE);
    bench.host.run();
    bench.host.fail(bench.host.under_way()[0].number);
    bench.host.run();
    assert!(!asked.is_over() && bench.host.under_way().is_empty());
    bench.client.close();
    bench.host.run();
    assert_eq!(text(asked), Err("closed"));
    bench.at_rest();
}

#[test]
fn what_fails_on_its_way_is_sent_again_when_the_pause_is_over() {
    let backoff = Backoff { retries: 2, min_ms: 100, max_ms: 150 };
    let bench = Bench::warm(Options { backoff, ..options() });
    let asked = bench.ask(ONE);
    for longest in [100.0, 150.0] {
        bench.host.run();
        bench.host.fail(bench.host.under_way()[0].number);
        bench.host.advance(longest);
        assert_eq!(bench.host.under_way().len(), 1, "sent again within {longest} ms");
    }
    bench.host.fail(bench.host.under_way()[0].number);
    bench.host.advance(1_000.0);
    assert_eq!(text(asked), Err("network"));
    assert_eq!(bench.host.take_sent().len(), 3);
    bench.at_rest();
}

#[test]
fn a_pause_that_the_service_asks_for_is_waited_for_exactly() {
    let backoff = Backoff { retries: 1, min_ms: 0, max_ms: 5_000 };
    let bench = Bench::warm(Options { backoff, ..options() });
    let asked = bench.ask(ONE);
    bench.host.run();
    bench.host.answer_with(bench.host.under_way()[0].number, 503, Some(2_000));
    bench.host.advance(1_999.0);
    assert_eq!(bench.host.under_way().len(), 0);
    bench.host.advance(1.0);
    assert_eq!(bench.host.under_way().len(), 1);
    bench.host.answer_all();
    assert_eq!(text(asked), Ok("secret one"));
    bench.at_rest();
}
