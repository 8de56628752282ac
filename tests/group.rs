//! The group's arithmetic against crypto-bigint's, on the host.
//!
//! `GROUP_ROUNDS=1000000 GROUP_SEED=7 cargo test --test group` is a long run.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/judge.rs"]
mod judge;

use onepassword_edge::crypto::group;
use std::env;

fn setting(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn random_and_odd_numbers() {
    let rounds = setting("GROUP_ROUNDS", 10_000) as u32;
    let seed = setting("GROUP_SEED", 0x9e37_79b9_7f4a_7c15);
    assert_eq!(judge::disagreement(seed, rounds), None);
}
