//! Random orders of asking, leaving, signals, time, answers and failures, and a judge of each
//! caller's end: it comes once, with the right answer, or with an error that something explains.
//!
//! `ORDERS=from-to` runs these seeds in place of the usual ones.

use super::*;
use crate::virtual_host::UnderWay;
use onepassword_edge::client::Backoff;
use std::{env, ops::Range};

const SEEDS: Range<u64> = 0..60;
const STEPS: usize = 80;
const CLIENT_MS: f64 = 300.0;

/// What may be asked, and the one right answer.
const QUESTIONS: [(&str, Form, Result<&str, &str>); 6] = [
    (ONE, Form::Text, Ok("secret one")),
    (ONE, Form::Bytes, Ok("secret one")),
    (TWO, Form::Text, Ok("secret two")),
    ("op://other/x/password", Form::Text, Ok("secret x")),
    ("op://app/nothing/password", Form::Text, Err("itemNotFound")),
    ("op://app/one/nothing", Form::Text, Err("fieldNotFound")),
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Somebody who waits.
struct Caller {
    asked: Asked,
    /// The reference, the form, and whether it is to be fresh.
    question: (&'static str, Form, bool),
    expected: Result<&'static str, &'static str>,
    timeout_ms: f64,
    since_ms: f64,
    signal: Signal,
    /// Whether a request has failed since it, or who asked the same before, asked.
    has_trouble: bool,
}

struct Run {
    bench: Bench,
    random: Random,
    callers: Vec<Caller>,
    /// Whether a request has failed of which nobody knows yet.
    is_failing: bool,
    /// What was done, for whoever reads a failure.
    log: Vec<String>,
    ends: [usize; 4],
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let retries = random.pick(&[0, 0, 1]);
        let waits_for_others = random.below(4) > 0;
        let options = Options {
            waits_for_others,
            timeout_ms: CLIENT_MS,
            backoff: Backoff { retries, min_ms: 0, max_ms: 0 },
            ..options()
        };
        // Signing in takes the most time.
        let bench = if random.below(8) == 0 { Bench::cold(options) } else { Bench::warm(options) };
        if random.below(3) == 0 {
            bench.client.clear_cache();
        }
        let log = vec![format!("waits for others: {waits_for_others}, retries: {retries}")];
        Self { bench, random, callers: Vec::new(), is_failing: false, log, ends: [0; 4] }
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..6 => self.ask(),
            6..11 => self.answer(),
            11 => self.fail(),
            12 => self.leave(),
            13 => self.give_signal(),
            14..17 => {
                let ms = self.random.pick(&[1.0, 10.0, 49.0, 50.0, 120.0]);
                self.log.push(format!("advance {ms}"));
                self.bench.host.advance(ms);
            }
            17 if self.random.below(4) == 0 => {
                self.log.push("clear the cache".to_owned());
                self.bench.client.clear_cache();
            }
            // Without this, what follows is of one go.
            _ => {
                self.log.push("run".to_owned());
                self.bench.host.run();
            }
        }
    }

    fn ask(&mut self) {
        let (reference, form, expected) = self.random.pick(&QUESTIONS);
        let timeout_ms = self.random.pick(&[50.0, 200.0, CLIENT_MS, 1_000.0]);
        let fresh = self.random.below(5) == 0;
        let signal = Signal::default();
        let number = self.callers.len();
        self.log
            .push(format!("caller {number} asks {reference} {form:?} {timeout_ms} fresh: {fresh}"));
        let call = self.bench.client.call(Some(timeout_ms), Some(signal.clone()), fresh);
        let asked = self.bench.ask_as(value(reference, form), call);
        let since_ms = self.bench.host.elapsed_ms();
        let question = (reference, form, fresh);
        let is_troubled = |of: &Caller| of.question == question && of.has_trouble;
        let has_trouble = self.is_failing || self.callers.iter().any(is_troubled);
        self.callers.push(Caller {
            asked,
            question,
            expected,
            timeout_ms,
            since_ms,
            signal,
            has_trouble,
        });
    }

    /// One of the requests under way, for what is to be done with it.
    fn request(&mut self, deed: &str) -> Option<u64> {
        let all = self.bench.host.under_way();
        if all.is_empty() {
            return None;
        }
        let UnderWay { number, what } = &all[self.random.below(all.len())];
        self.log.push(format!("{deed} {number}: {what}"));
        Some(*number)
    }

    fn answer(&mut self) {
        if let Some(number) = self.request("answer") {
            self.bench.host.answer(number);
        }
    }

    fn fail(&mut self) {
        if let Some(number) = self.request("fail") {
            self.callers.iter_mut().for_each(|caller| caller.has_trouble = true);
            self.is_failing = true;
            self.bench.host.fail(number);
        }
    }

    fn caller(&mut self) -> Option<usize> {
        (!self.callers.is_empty()).then(|| self.random.below(self.callers.len()))
    }

    fn leave(&mut self) {
        if let Some(at) = self.caller() {
            self.log.push(format!("caller {at} leaves"));
            self.callers.swap_remove(at).asked.leave();
        }
    }

    fn give_signal(&mut self) {
        if let Some(at) = self.caller() {
            self.log.push(format!("signal of caller {at}"));
            self.callers[at].signal.give();
        }
    }

    /// Judges those who are through.
    fn judge(&mut self) {
        self.is_failing &= !self.bench.host.is_idle();
        let now_ms = self.bench.host.elapsed_ms();
        let (over, waiting) =
            self.callers.drain(..).partition(|caller: &Caller| caller.asked.is_over());
        self.callers = waiting;
        for caller in over {
            let Caller { asked, expected, timeout_ms, since_ms, signal, has_trouble, .. } = caller;
            let waited_ms = now_ms - since_ms;
            let result = asked.result();
            let explained = match &result {
                Ok(_) | Err(Error::ItemNotFound { .. } | Error::FieldNotFound { .. }) => {
                    self.ends[0] += 1;
                    text_of(result.clone()) == expected
                }
                Err(Error::Network { .. }) => {
                    self.ends[1] += 1;
                    has_trouble
                }
                Err(Error::OutOfTime { ms }) => {
                    self.ends[2] += 1;
                    *ms as f64 == timeout_ms && waited_ms >= timeout_ms
                }
                // Of a request that began before: with the time of the longest call that waits.
                Err(Error::Timeout { .. }) => now_ms >= CLIENT_MS - 5.0,
                Err(Error::Cancelled) => {
                    self.ends[3] += 1;
                    signal.is_given()
                }
                Err(_) => false,
            };
            assert!(
                explained,
                "at {now_ms}, after {waited_ms} of {timeout_ms} ms: {result:?}, not {expected:?}"
            );
        }
        // Nobody waits for longer than he may, or for more than was said.
        for Caller { timeout_ms, since_ms, signal, .. } in &self.callers {
            assert!(now_ms - since_ms <= *timeout_ms, "a caller waits too long");
            let may_wait = !signal.is_given() || !self.bench.host.is_idle();
            assert!(may_wait, "a caller waits on though its signal was given");
        }
    }

    fn finish(&mut self) {
        self.log.push("answer all".to_owned());
        // A sign-in may be waiting until others are through: for as long as any caller may wait.
        for _ in 0..=20 {
            self.bench.host.answer_all();
            self.judge();
            if self.callers.is_empty() {
                break;
            }
            self.bench.host.advance(50.0);
        }
        assert!(self.callers.is_empty(), "{} callers wait for ever", self.callers.len());
        self.bench.at_rest();
        let asked = QUESTIONS.map(|(reference, form, _)| {
            self.bench.ask_as(value(reference, form), self.bench.client.call(None, None, false))
        });
        self.bench.host.answer_all();
        for (asked, (reference, _, expected)) in asked.into_iter().zip(QUESTIONS) {
            assert_eq!(text(asked), expected, "{reference}, once all is over");
        }
        self.bench.at_rest();
        assert_eq!(self.bench.client.stats().requests, self.bench.host.requests());
    }
}

/// Says what was done, if the test fails.
struct Confess<'a>(u64, &'a mut Run);

impl Drop for Confess<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("seed {}: ORDERS={0}-{0}\n{}", self.0, self.1.log.join("\n"));
        }
    }
}

fn seeds() -> Range<u64> {
    let Ok(wanted) = env::var("ORDERS") else { return SEEDS };
    let (first, last) = wanted.split_once('-').expect("ORDERS=from-to");
    first.parse().unwrap()..last.parse::<u64>().unwrap() + 1
}

#[test]
fn whatever_the_order_each_caller_ends_once_and_rightly() {
    let mut ends = [0; 4];
    for seed in seeds() {
        let mut run = Run::new(seed);
        let confess = Confess(seed, &mut run);
        for _ in 0..STEPS {
            confess.1.step();
            confess.1.judge();
        }
        confess.1.finish();
        ends.iter_mut().zip(confess.1.ends).for_each(|(all, of_run)| *all += of_run);
    }
    println!("answers, failures, out of time, cancelled: {ends:?}");
    // Each way to end has been seen, unless it is one seed that is looked at.
    assert!(seeds() != SEEDS || ends.iter().all(|count| *count >= 50), "{ends:?}");
}
