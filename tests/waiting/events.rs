//! What is counted, and what is told.

use super::*;
use onepassword_edge::{
    client::{Backoff, Lifetimes, Stats, Watching},
    host::{CacheUse, Event, QuotaUse, RequestEvent},
};

fn watched(watching: Watching) -> Options<Signal> {
    Options { watching, ..options() }
}

fn requests(bench: &Bench) -> Vec<RequestEvent> {
    let of_requests = |event| match event {
        Event::Request(request) => Some(request),
        _ => None,
    };
    bench.host.take_events().into_iter().filter_map(of_requests).collect()
}

/// What `work` adds to the numbers.
fn counted(bench: &Bench, work: impl FnOnce()) -> Stats {
    let before = bench.client.stats();
    work();
    let after = bench.client.stats();
    Stats {
        requests: after.requests - before.requests,
        retries: after.retries - before.retries,
        failures: after.failures - before.failures,
        bytes: after.bytes - before.bytes,
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
        sign_ins: after.sign_ins - before.sign_ins,
        resumes: after.resumes - before.resumes,
        cache_hits: after.cache_hits - before.cache_hits,
        cache_misses: after.cache_misses - before.cache_misses,
        cache_stale: after.cache_stale - before.cache_stale,
        throttles: after.throttles - before.throttles,
    }
}

#[test]
fn the_first_call_is_told_in_the_order_of_what_ends() {
    let bench = Bench::cold(watched(Watching::WithoutIds));
    let asked = bench.ask(ONE);
    bench.host.answer_all();
    assert!(text(asked).is_ok());
    let told: Vec<_> = bench.host.take_events();
    let names: Vec<_> = told
        .iter()
        .map(|event| match event {
            Event::Request(request) => format!("{} {}", request.method, request.path),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        names,
        [
            "POST /api/v3/auth/start",
            "POST /api/v2/auth",
            "POST /api/v2/auth/confirm-key",
            "POST /api/v2/auth/complete",
            "SignIn",
            "Cache(Miss)",
            "GET /api/v1/vaults",
            "GET /api/v2/account/keysets",
            "Cache(Miss)",
            "GET /api/v1/vault/:id/items/overviews",
            "GET /api/v1/vault/:id/item/:id",
        ]
    );
    let stats = bench.client.stats();
    let bytes = told.iter().map(|event| match event {
        Event::Request(request) => request.bytes,
        _ => 0,
    });
    let expected = Stats {
        requests: 8,
        reads: 4,
        sign_ins: 1,
        cache_misses: 2,
        bytes: bytes.sum(),
        ..Stats::default()
    };
    assert_eq!(stats, expected);
    assert!(stats.bytes > 1_000);
}

#[test]
fn a_request_is_told_with_its_time_its_length_and_whether_it_was_sent_before() {
    let backoff = Backoff { retries: 1, min_ms: 0, max_ms: 0 };
    let bench = Bench::warm(Options { backoff, ..watched(Watching::WithoutIds) });
    let stats = counted(&bench, || {
        let asked = bench.ask(ONE);
        bench.host.advance(70.0);
        bench.host.answer_with(bench.host.under_way()[0].number, 503, None);
        bench.host.run();
        bench.host.advance(30.4);
        bench.host.answer_all();
        assert!(text(asked).is_ok());
    });
    let told = requests(&bench);
    let bytes = told[1].bytes;
    assert!(bytes > 100);
    let path = "/api/v1/vault/:id/item/:id";
    let expected =
        [(503, 70.0, 0, 0), (200, 30.0, 1, bytes)].map(|(status, ms, retry, bytes)| RequestEvent {
            method: "GET",
            path: path.to_owned(),
            status,
            ms,
            retry,
            bytes,
            quota: QuotaUse::Read,
        });
    assert_eq!(told, expected);
    let expected = Stats {
        requests: 2,
        retries: 1,
        failures: 1,
        bytes,
        reads: 2,
        cache_hits: 2,
        ..Stats::default()
    };
    assert_eq!(stats, expected);
}

/// Ends somebody's wait.
type End<'a> = dyn Fn(Asked, &Signal) + 'a;

#[test]
fn what_was_given_up_or_failed_on_its_way_is_told_once_without_a_status() {
    let bench = Bench::warm(watched(Watching::WithoutIds));
    let ends: [(f64, &End<'_>); 4] = [
        (10.0, &|asked, _| asked.leave()),
        (10.0, &|_, signal| signal.give()),
        (50.0, &|_, _| bench.host.advance(40.0)),
        (10.0, &|_, _| bench.host.fail(bench.host.under_way()[0].number)),
    ];
    for (ms, end) in ends {
        let stats = counted(&bench, || {
            let signal = Signal::default();
            let call = bench.client.call(Some(50.0), Some(signal.clone()), false);
            let asked = bench.ask_as(Question::text(ONE), call);
            bench.host.advance(10.0);
            end(asked, &signal);
            bench.host.run();
        });
        let expected = Stats { requests: 1, failures: 1, cache_hits: 2, ..Stats::default() };
        assert_eq!(stats, expected);
        let path = "/api/v1/vault/:id/item/:id".to_owned();
        let expected = RequestEvent {
            method: "GET",
            path,
            status: 0,
            ms,
            retry: 0,
            bytes: 0,
            quota: QuotaUse::Read,
        };
        assert_eq!(requests(&bench), [expected]);
    }
}

#[test]
fn closing_counts_what_it_ends() {
    let bench = Bench::warm(watched(Watching::WithoutIds));
    let stats = counted(&bench, || {
        let _asked = bench.ask(ONE);
        bench.host.run();
        bench.client.close();
        bench.host.run();
    });
    assert_eq!((stats.requests, stats.failures), (1, 1));
    assert_eq!(requests(&bench).len(), 1);
    bench.at_rest();
}

#[test]
fn paths_show_ids_only_to_who_wants_them() {
    let is_without = |path: &str| path.split('/').all(|part| part.len() < 26);
    for (watching, are_without) in [(Watching::WithoutIds, true), (Watching::WithIds, false)] {
        let bench = Bench::warm(watched(watching));
        let asked = bench.ask_all([ONE, TWO].map(Question::text).into());
        let other = bench.ask("op://other/x/password");
        bench.host.answer_all();
        drop((asked, other));
        let paths: Vec<_> = requests(&bench).into_iter().map(|request| request.path).collect();
        assert_eq!(paths.iter().filter(|path| path.contains("/vault/")).count(), 3, "{paths:?}");
        let of_vaults = paths.iter().filter(|path| path.contains("/vault/"));
        assert!(of_vaults.into_iter().all(|path| is_without(path) == are_without), "{paths:?}");
    }
    let bench = Bench::warm(watched(Watching::Nobody));
    let asked = bench.ask(ONE);
    bench.host.answer_all();
    assert!(text(asked).is_ok());
    assert_eq!(bench.host.take_events(), []);
    assert_eq!(bench.client.stats().requests, 9, "but all is counted");
}

#[test]
fn what_is_remembered_is_counted() {
    let lifetimes = Lifetimes {
        metadata_ms: 300_000,
        secret_ms: 1_000,
        negative_ms: 0,
        stale_if_error_ms: 1_000,
    };
    let bench = Bench::warm(Options { lifetimes, ..watched(Watching::WithoutIds) });
    let stats = counted(&bench, || {
        let asked = bench.ask(ONE);
        bench.host.run();
        assert!(text(asked).is_ok());
    });
    assert_eq!(stats, Stats { cache_hits: 1, ..Stats::default() });
    assert_eq!(bench.host.take_events(), [Event::Cache(CacheUse::Hit)]);
    bench.host.advance(1_500.0);
    let stats = counted(&bench, || {
        let asked = bench.ask_for(ONE, 10.0);
        bench.host.advance(10.0);
        assert!(text(asked).is_ok());
    });
    assert_eq!((stats.cache_stale, stats.failures), (1, 1));
    assert!(bench.host.take_events().contains(&Event::Cache(CacheUse::Stale)));
}

#[test]
fn a_pause_that_the_service_wants_is_told_and_kept() {
    let bench = Bench::warm(watched(Watching::WithoutIds));
    let stats = counted(&bench, || {
        let asked = bench.ask(ONE);
        bench.host.run();
        bench.host.answer_with(bench.host.under_way()[0].number, 429, Some(5_000));
        bench.host.run();
        let error = asked.result().unwrap_err();
        assert_eq!((error.code(), error.retry_after_ms()), ("rateLimited", Some(5_000)));
        bench.host.advance(4_999.0);
        let asked = bench.ask(ONE);
        bench.host.run();
        assert_eq!(asked.result().unwrap_err().retry_after_ms(), Some(1));
        bench.host.advance(1.0);
        let asked = bench.ask(ONE);
        bench.host.answer_all();
        assert!(text(asked).is_ok());
    });
    assert_eq!((stats.requests, stats.failures, stats.throttles), (2, 1, 1));
    let told = bench.host.take_events();
    assert_eq!(told.iter().filter(|event| **event == Event::Throttle(5_000)).count(), 1);
}
