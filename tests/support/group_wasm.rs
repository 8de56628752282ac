//! The group's arithmetic as a module of its own, for wasm: judged, and timed.

#![allow(missing_docs, unsafe_code, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../../src/crypto/group/mod.rs"]
#[allow(dead_code)]
mod group;
#[path = "judge.rs"]
mod judge;

/// As the core names it.
#[path = "../../src/base"]
mod base {
    #[allow(dead_code)]
    pub mod secret;
}

use group::{BYTES, Element};
use std::{cell::RefCell, hint::black_box};

thread_local! {
    /// The exponent that is timed.
    static EXPONENT: RefCell<[u8; 65]> = const { RefCell::new([0; 65]) };
}

/// Whether so many rounds agree with crypto-bigint.
#[unsafe(no_mangle)]
pub extern "C" fn agrees(seed: u64, rounds: u32) -> bool {
    judge::disagreement(seed, rounds).is_none()
}

/// Sets one byte of the exponent.
#[unsafe(no_mangle)]
pub extern "C" fn set(index: usize, byte: u8) {
    EXPONENT.with_borrow_mut(|exponent| exponent[index] = byte);
}

/// The power of a number that is always the same.
#[unsafe(no_mangle)]
pub extern "C" fn power() {
    let base = Element::from_bytes(&[0x5a; BYTES]);
    EXPONENT.with_borrow(|exponent| black_box(base.power(exponent)));
}

/// The power of five.
#[unsafe(no_mangle)]
pub extern "C" fn power_of_five() {
    EXPONENT.with_borrow(|exponent| black_box(Element::power_of_five(exponent)));
}
