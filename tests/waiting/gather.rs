//! What is asked in one go is one batch, and nothing is asked twice at a time.

use super::*;
use onepassword_edge::client::Lifetimes;

fn is_batch(path: &str) -> bool {
    path.starts_with("POST ") && path.ends_with("/items/batch")
}

fn is_item(path: &str) -> bool {
    path.starts_with("GET ") && path.contains("/item/")
}

#[test]
fn calls_of_one_go_are_one_batch() {
    let bench = Bench::warm(options());
    let asked = [ONE, TWO, THREE].map(|reference| bench.ask(reference));
    assert_eq!(bench.host.take_sent(), [""; 0], "a call sends nothing by itself");
    assert_eq!(bench.host.left()[0], 3 + 1, "a task for each caller, and one for the batch");
    bench.host.run();
    let sent = bench.host.take_sent();
    assert!(sent.len() == 1 && is_batch(&sent[0]), "{sent:?}");
    bench.host.answer_all();
    let told = asked.map(|asked| text(asked).unwrap());
    assert_eq!(told, ["secret one", "secret two", "secret three"]);
    assert_eq!(bench.host.take_sent(), [""; 0]);
    bench.at_rest();
}

#[test]
fn calls_of_two_goes_are_two_requests() {
    let bench = Bench::warm(options());
    let one = bench.ask(ONE);
    bench.host.run();
    let two = bench.ask(TWO);
    bench.host.run();
    let sent = bench.host.take_sent();
    assert!(sent.len() == 2 && sent.iter().all(|path| is_item(path)), "{sent:?}");
    bench.host.answer_all();
    assert_eq!([text(one), text(two)], ["secret one", "secret two"].map(Ok));
    bench.at_rest();
}

#[test]
fn the_same_question_is_asked_once() {
    let bench = Bench::warm(options());
    let mut asked: Vec<_> = (0..5).map(|_| bench.ask(ONE)).collect();
    bench.host.run();
    // Now it is on its way.
    asked.extend((0..5).map(|_| bench.ask(ONE)));
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 1);
    bench.host.answer_first();
    let answers: Vec<_> = asked.into_iter().map(|asked| asked.result().unwrap()).collect();
    assert!(answers.iter().all(|answer| Rc::ptr_eq(answer, &answers[0])), "one answer for all");
    // What is answered is on its way no more.
    let later = bench.ask(ONE);
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 1);
    bench.host.answer_all();
    assert_eq!(text(later), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn two_forms_are_two_questions_about_one_item() {
    let bench = Bench::warm(options());
    let [both, later] = [(); 2].map(|()| vec![value(ONE, Form::Text), value(ONE, Form::Bytes)]);
    let both = bench.ask_all(both);
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 1);
    let later = bench.ask_all(later);
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 0, "each form waits for its own");
    bench.host.answer_first();
    let [first, second] = [both, later].map(|asked| {
        let outcomes = asked.result().unwrap();
        outcomes.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    });
    assert!(!Rc::ptr_eq(&first[0], &first[1]), "two answers");
    assert!(first.iter().zip(&second).all(|(one, other)| Rc::ptr_eq(one, other)));
    bench.at_rest();
}

#[test]
fn a_form_that_is_not_on_its_way_is_asked_for() {
    let bench = Bench::warm(options());
    let as_text = bench.ask(ONE);
    bench.host.run();
    let call = bench.client.call(None, None, false);
    let as_bytes = bench.ask_as(value(ONE, Form::Bytes), call);
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 2);
    // The later one first.
    let numbers: Vec<_> = bench.host.under_way().iter().map(|request| request.number).collect();
    bench.host.answer(numbers[1]);
    bench.host.run();
    assert!(as_bytes.is_over() && !as_text.is_over());
    bench.host.answer(numbers[0]);
    bench.host.run();
    assert_eq!([text(as_text), text(as_bytes)], [Ok("secret one"); 2]);
    bench.at_rest();
}

#[test]
fn fresh_shares_nothing_that_was_sent_before() {
    let bench = Bench::warm(options());
    let old = bench.ask(ONE);
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 1);
    // Two of one go are one; names are read anew for them.
    let fresh = [(); 2].map(|()| bench.ask_fresh(ONE));
    bench.host.run();
    assert_eq!(bench.host.take_sent(), ["GET /api/v1/vaults"]);
    // What was sent for them is too old for a third.
    let third = bench.ask_fresh(ONE);
    // And it is no answer for one that does not care.
    let other = bench.ask(ONE);
    bench.host.run();
    assert!(!bench.host.take_sent().iter().any(|path| is_item(path)), "the old one has it");
    bench.host.answer_all();
    let sent = bench.host.take_sent();
    assert_eq!(sent.iter().filter(|path| is_item(path)).count(), 2, "{sent:?}");
    assert_eq!(sent.iter().filter(|path| **path == "GET /api/v1/vaults").count(), 1, "{sent:?}");
    let [first, second] = fresh.map(|asked| asked.result().unwrap());
    let third = third.result().unwrap();
    let [old, other] = [old, other].map(|asked| asked.result().unwrap());
    assert!(Rc::ptr_eq(&first, &second) && Rc::ptr_eq(&old, &other));
    assert!(!Rc::ptr_eq(&first, &old) && !Rc::ptr_eq(&third, &first));
    bench.at_rest();
}

#[test]
fn who_leaves_ends_the_request_only_if_nobody_else_waits() {
    let bench = Bench::warm(options());
    let [first, second] = [(); 2].map(|()| bench.ask(ONE));
    bench.host.run();
    let third = bench.ask(ONE);
    first.leave();
    third.leave();
    bench.host.run();
    assert_eq!((bench.host.aborted(), bench.host.under_way().len()), (0, 1));
    bench.host.answer_first();
    assert_eq!(text(second), Ok("secret one"));
    let alone = bench.ask(ONE);
    bench.host.run();
    alone.leave();
    bench.host.run();
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
    // What was given up is asked for anew.
    let again = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(again), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn a_batch_goes_on_while_somebody_waits_for_any_of_it() {
    let bench = Bench::warm(options());
    let [one, two, three] = [ONE, TWO, THREE].map(|reference| bench.ask(reference));
    bench.host.run();
    one.leave();
    three.leave();
    bench.host.run();
    assert_eq!(bench.host.aborted(), 0);
    // Left by all who asked, it is on its way no more: this is asked anew.
    let one = bench.ask(ONE);
    bench.host.run();
    assert_eq!(bench.host.under_way().len(), 2);
    bench.host.answer_first();
    assert!(two.is_over() && !one.is_over());
    bench.host.answer_all();
    assert_eq!([text(one), text(two)], ["secret one", "secret two"].map(Ok));
    let asked = [ONE, TWO, THREE].map(|reference| bench.ask(reference));
    bench.host.run();
    asked.into_iter().for_each(Begun::leave);
    bench.host.run();
    assert_eq!(bench.host.aborted(), 1);
    bench.at_rest();
}

#[test]
fn who_leaves_before_the_batch_begins_asks_for_nothing() {
    let bench = Bench::warm(options());
    let [one, two] = [ONE, TWO].map(|reference| bench.ask(reference));
    one.leave();
    bench.host.run();
    let sent = bench.host.take_sent();
    assert!(sent.len() == 1 && is_item(&sent[0]), "{sent:?}");
    bench.host.answer_all();
    assert_eq!(text(two), Ok("secret two"));
    bench.ask(ONE).leave();
    bench.host.run();
    assert_eq!(bench.host.take_sent(), [""; 0]);
    // Left, and asked for once more in the same go.
    bench.ask(ONE).leave();
    let again = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(again), Ok("secret one"));
    assert_eq!(bench.host.take_sent().len(), 1);
    bench.at_rest();
}

#[test]
fn answers_may_come_in_any_order() {
    let bench = Bench::warm(options());
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let asked = [ONE, TWO, THREE].map(|reference| {
            let asked = bench.ask(reference);
            bench.host.run();
            asked
        });
        let numbers: Vec<_> = bench.host.under_way().iter().map(|request| request.number).collect();
        assert_eq!(numbers.len(), 3);
        for (at, place) in order.into_iter().enumerate() {
            bench.host.answer(numbers[place]);
            bench.host.run();
            let over = asked.iter().filter(|asked| asked.is_over()).count();
            assert!(asked[place].is_over() && over == at + 1, "{order:?}");
        }
        let told = asked.map(|asked| text(asked).unwrap());
        assert_eq!(told, ["secret one", "secret two", "secret three"], "{order:?}");
    }
    bench.at_rest();
}

#[test]
fn one_that_fails_spoils_no_other() {
    let bench = Bench::warm(options());
    let wrong = ["no reference", "op://app/nothing/password", "op://app/one/nothing"];
    let questions = wrong.into_iter().chain([ONE]).map(Question::text).collect();
    let asked = bench.ask_all(questions);
    let malformed = bench.ask("no reference");
    bench.host.run();
    assert_eq!(malformed.result().unwrap_err().code(), "parsing");
    assert!(!asked.is_over());
    bench.host.answer_all();
    let told: Vec<_> = asked.result().unwrap().into_iter().map(text_of).collect();
    assert_eq!(told[..3], ["parsing", "itemNotFound", "fieldNotFound"].map(Err));
    assert_eq!(told[3], Ok("secret one"));
    bench.at_rest();
}

#[test]
fn a_failed_request_fails_for_all_who_share_it_and_for_nobody_later() {
    let bench = Bench::warm(options());
    let asked = [ONE, TWO, ONE].map(|reference| bench.ask(reference));
    bench.host.run();
    bench.host.fail(bench.host.under_way()[0].number);
    bench.host.run();
    assert_eq!(asked.map(text), [Err("network"); 3]);
    let again = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(again), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn where_calls_may_not_wait_for_others_only_a_go_is_shared() {
    let bench = Bench::warm(Options { waits_for_others: false, ..options() });
    let first = [(); 2].map(|()| bench.ask(ONE));
    bench.host.run();
    let second = [(); 2].map(|()| bench.ask(ONE));
    bench.host.run();
    assert_eq!(bench.host.take_sent().len(), 2, "one request a go");
    // The later go is answered, and the first hangs.
    bench.host.answer(bench.host.under_way()[1].number);
    bench.host.run();
    assert!(second.iter().all(Begun::is_over) && !first.iter().any(Begun::is_over));
    bench.host.answer_all();
    for asked in first.into_iter().chain(second) {
        assert_eq!(text(asked), Ok("secret one"));
    }
    bench.at_rest();
}

#[test]
fn where_calls_may_not_wait_for_others_each_go_signs_in() {
    let bench = Bench::cold(Options { waits_for_others: false, ..options() });
    let hung = bench.ask(ONE);
    bench.host.run();
    let other = bench.ask(ONE);
    bench.host.run();
    assert_eq!(bench.host.paths_under_way(), ["POST /api/v3/auth/start"; 2]);
    let first = bench.host.under_way()[0].number;
    while let Some(next) = bench.host.under_way().into_iter().find(|it| it.number != first) {
        bench.host.answer(next.number);
        bench.host.run();
    }
    assert_eq!(text(other), Ok("secret one"));
    assert!(!hung.is_over());
    bench.host.answer_all();
    assert_eq!(text(hung), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn two_goes_wait_for_one_sign_in_and_one_listing() {
    let bench = Bench::cold(options());
    let asked = [ONE, TWO, "op://other/x/password"].map(|reference| {
        let asked = bench.ask(reference);
        bench.host.run();
        asked
    });
    assert_eq!(bench.host.paths_under_way(), ["POST /api/v3/auth/start"]);
    bench.host.answer_all();
    let told = asked.map(|asked| text(asked).unwrap());
    assert_eq!(told, ["secret one", "secret two", "secret x"]);
    let sent = bench.host.take_sent();
    for once in ["POST /api/v3/auth/start", "GET /api/v1/vaults", "GET /api/v2/account/keysets"] {
        assert_eq!(sent.iter().filter(|path| *path == once).count(), 1, "{once}: {sent:?}");
    }
    assert_eq!(sent.iter().filter(|path| path.ends_with("/overviews")).count(), 2, "{sent:?}");
    bench.at_rest();
}

#[test]
fn who_waits_for_a_sign_in_that_fails_does_not_try_once_more() {
    let bench = Bench::cold(options());
    let asked = [ONE, TWO].map(|reference| {
        let asked = bench.ask(reference);
        bench.host.run();
        asked
    });
    bench.host.fail(bench.host.under_way()[0].number);
    bench.host.run();
    assert_eq!(asked.map(text), [Err("network"); 2]);
    assert_eq!(bench.host.take_sent(), ["POST /api/v3/auth/start"]);
    // A later call does.
    let later = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(later), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn what_clear_cache_finds_under_way_is_shared_with_nobody_later() {
    let bench = Bench::warm(options());
    let before = bench.ask(ONE);
    bench.host.run();
    bench.client.clear_cache();
    let after = bench.ask(ONE);
    bench.host.run();
    assert_eq!(bench.host.under_way().len(), 2);
    bench.host.answer_first();
    assert!(before.is_over() && !after.is_over(), "who asked before has its answer");
    let names = bench.host.paths_under_way();
    assert_eq!(names, ["GET /api/v1/vaults"], "names are read anew");
    bench.host.answer_all();
    assert_eq!([text(before), text(after)], [Ok("secret one"); 2]);
    bench.at_rest();
}

#[test]
fn names_that_were_asked_for_before_clear_cache_are_not_remembered() {
    let bench = Bench::warm(options());
    bench.client.clear_cache();
    let before = bench.ask(ONE);
    bench.host.run();
    assert_eq!(bench.host.paths_under_way(), ["GET /api/v1/vaults"]);
    bench.client.clear_cache();
    bench.host.answer_all();
    assert_eq!(text(before), Ok("secret one"));
    bench.host.take_sent();
    let after = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(after), Ok("secret one"));
    assert_eq!(bench.host.take_sent()[0], "GET /api/v1/vaults");
}

#[test]
fn what_is_gathered_when_the_cache_is_cleared_is_asked_for_still() {
    let bench = Bench::warm(options());
    let before = bench.ask(ONE);
    bench.client.clear_cache();
    let after = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!([text(before), text(after)], [Ok("secret one"); 2]);
    bench.at_rest();
}

/// Polls that it takes until as many questions about one item are answered.
fn polls_for(count: usize, are_one_call: bool) -> usize {
    let bench = Bench::warm(options());
    let before = bench.host.polls();
    let reference = |n| format!("op://app/one/field{n}");
    if are_one_call {
        let asked = bench.ask_all((0..count).map(|n| Question::text(&reference(n))).collect());
        bench.host.answer_all();
        let outcomes = asked.result().unwrap();
        assert!(outcomes.into_iter().all(|outcome| text_of(outcome) == Err("fieldNotFound")));
    } else {
        let asked: Vec<_> = (0..count).map(|n| bench.ask(&reference(n))).collect();
        bench.host.answer_all();
        assert!(asked.into_iter().all(|asked| text(asked) == Err("fieldNotFound")));
    }
    assert_eq!(bench.host.take_sent().len(), 1);
    bench.at_rest();
    bench.host.polls() - before
}

#[test]
fn ten_thousand_questions_take_ten_times_the_work_of_a_thousand() {
    for are_one_call in [true, false] {
        let [few, many] = [1_000, 10_000].map(|count| polls_for(count, are_one_call));
        assert!(many <= 10 * few, "{few} polls for 1,000 questions, {many} for 10,000");
        assert!(many <= 8 * 10_000, "{many} polls for 10,000 questions");
    }
}

#[test]
fn ten_thousand_may_wait_for_one_answer_and_leave() {
    let bench = Bench::warm(options());
    let before = bench.host.polls();
    let mut asked: Vec<_> = (0..10_000).map(|_| bench.ask(ONE)).collect();
    bench.host.run();
    for left in asked.split_off(5_000) {
        left.leave();
    }
    bench.host.answer_all();
    assert!(asked.into_iter().all(|asked| text(asked).is_ok()));
    let polls = bench.host.polls() - before;
    assert!(polls <= 8 * 10_000, "{polls} polls");
    bench.at_rest();
}

const BY_ID: &str = "op://o55tod6a4pdaoelxf2f7icbrv4/pokahvr47axgmq6hp2sy6tzb6a/password";
const WITH_IDS: &str = r#"{ "account": { "vaults": [
    { "name": "app", "id": "o55tod6a4pdaoelxf2f7icbrv4", "items": [
        { "title": "one", "id": "pokahvr47axgmq6hp2sy6tzb6a", "password": "secret one" }
    ] }
] } }"#;

/// Warm, of an account with known ids, and remembering what is refused, and secrets for so long.
fn remembering(secret_ms: u64) -> Bench {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    let token = &EMULATOR.get_or_init(|| Emulator::start(WITH_IDS)).token;
    let lifetimes =
        Lifetimes { metadata_ms: 300_000, secret_ms, negative_ms: 10_000, stale_if_error_ms: 0 };
    let bench = Bench::cold(Options { lifetimes, ..support::options(token) });
    let asked = bench.ask(ONE);
    bench.host.answer_all();
    assert_eq!(text(asked), Ok("secret one"));
    bench.host.take_sent();
    bench
}

/// The oldest request for an item that is under way.
fn item_under_way(bench: &Bench) -> u64 {
    bench.host.run();
    let all = bench.host.under_way();
    all.iter().find(|request| is_item(&request.what)).expect("a request for an item").number
}

/// Answers all but this request.
fn answer_others(bench: &Bench, held: u64) {
    loop {
        bench.host.run();
        let other = bench.host.under_way().into_iter().find(|request| request.number != held);
        let Some(other) = other else { return };
        bench.host.answer(other.number);
    }
}

#[test]
fn an_older_refusal_that_comes_after_a_newer_answer_is_told_to_its_caller_alone() {
    for (status, code) in [(404, "itemNotFound"), (403, "permissionDenied"), (500, "serverError")] {
        let bench = remembering(0);
        let older = bench.ask(BY_ID);
        let held = item_under_way(&bench);
        let newer = bench.ask_fresh(BY_ID);
        answer_others(&bench, held);
        assert_eq!(text(newer), Ok("secret one"), "{status}");
        bench.host.answer_as(held, status, "{}");
        bench.host.answer_all();
        assert_eq!(text(older), Err(code), "{status}");
        let next = bench.ask(BY_ID);
        bench.host.answer_all();
        assert_eq!(text(next), Ok("secret one"), "{status}");
        bench.at_rest();
    }
}

#[test]
fn an_older_secret_that_comes_after_a_newer_refusal_is_not_remembered() {
    let bench = remembering(60_000);
    let older = bench.ask(BY_ID);
    let held = item_under_way(&bench);
    let newer = bench.ask_fresh(BY_ID);
    bench.host.run();
    while bench
        .host
        .under_way()
        .iter()
        .all(|request| request.number == held || !is_item(&request.what))
    {
        let other = bench.host.under_way().into_iter().find(|request| request.number != held);
        bench.host.answer(other.expect("a request").number);
        bench.host.run();
    }
    let all = bench.host.under_way();
    let of_newer = all.iter().find(|request| request.number != held).expect("a request");
    bench.host.answer_as(of_newer.number, 403, "{}");
    answer_others(&bench, held);
    assert_eq!(text(newer), Err("permissionDenied"));
    bench.host.answer_all();
    assert_eq!(text(older), Ok("secret one"));
    bench.host.take_sent();
    bench.host.advance(11_000.0);
    let next = bench.ask(BY_ID);
    bench.host.answer_all();
    assert_eq!(text(next), Ok("secret one"));
    assert_eq!(bench.host.take_sent().len(), 1, "it was not remembered");
    bench.host.advance(60_000.0);
    bench.at_rest();
}

#[test]
fn fresh_is_not_told_a_refusal_of_what_was_sent_before_it() {
    let bench = remembering(0);
    let older = bench.ask(BY_ID);
    let held = item_under_way(&bench);
    let fresh = bench.ask_fresh(ONE);
    bench.host.run();
    while bench.host.paths_under_way().iter().all(|path| !path.ends_with("/overviews")) {
        let other = bench.host.under_way().into_iter().find(|request| request.number != held);
        bench.host.answer(other.expect("a request").number);
        bench.host.run();
    }
    bench.host.answer_as(held, 403, "{}");
    bench.host.run();
    assert_eq!(text(older), Err("permissionDenied"));
    bench.host.answer_all();
    assert_eq!(text(fresh), Ok("secret one"));
    bench.at_rest();
}

#[test]
fn fresh_leaves_what_others_were_refused() {
    let bench = remembering(0);
    let refused = bench.ask(BY_ID);
    bench.host.answer_as(item_under_way(&bench), 403, "{}");
    bench.host.answer_all();
    assert_eq!(text(refused), Err("permissionDenied"));
    let fresh = bench.ask_fresh("op://app/nothing/password");
    bench.host.answer_all();
    assert_eq!(text(fresh), Err("itemNotFound"));
    bench.host.take_sent();
    // In whichever form: what is refused is the request.
    let question = value(BY_ID, Form::Bytes);
    let again = [bench.ask(ONE), bench.ask_as(question, bench.client.call(None, None, false))];
    bench.host.answer_all();
    assert_eq!(again.map(text), [Err("permissionDenied"); 2]);
    assert!(!bench.host.take_sent().iter().any(|path| is_item(path)));
    bench.at_rest();
}

#[test]
fn a_secret_is_forgotten_when_its_time_is_over_though_nothing_is_asked() {
    let bench = remembering(60_000);
    let holds = |count| {
        let shown = format!("{:?}", bench.client);
        shown
            .split("secrets: [")
            .nth(1)
            .unwrap()
            .split("misses: [")
            .next()
            .unwrap()
            .matches("Entry")
            .count()
            == count
    };
    bench.host.advance(50_000.0);
    let other = bench.ask(BY_ID);
    bench.host.answer_all();
    assert_eq!(text(other), Ok("secret one"));
    assert!(holds(2));
    bench.host.advance(10_000.0);
    assert!(holds(1), "the first one's time is over");
    bench.host.advance(50_000.0);
    assert!(holds(0));
    bench.at_rest();
}
