//! crypto-bigint judges the group's arithmetic, on the host and in wasm.
//!
//! Included by both: `super::group` is the module that is judged.

#[path = "prime.rs"]
mod prime;

use super::group::{self, BYTES, Element};
use crypto_bigint::{U576, U4096, modular::ConstMontyForm};
use prime::N_4096;

crypto_bigint::const_monty_params!(Group, U4096, N_4096);
type Judge = ConstMontyForm<Group, { U4096::LIMBS }>;

const EXPONENT_BYTES: usize = 65;

/// xorshift64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Random bytes; one time in three long runs of the same bit, where carries travel far.
    fn fill(&mut self, bytes: &mut [u8]) {
        let is_odd = self.next().is_multiple_of(3);
        let mut left = 0;
        let mut run = 0;
        for byte in bytes {
            if left == 0 {
                left = self.next() % 64;
                run = [0, 0xff, 0x7f, 0x80][(self.next() % 4) as usize];
            }
            left -= u64::from(left > 0);
            *byte = if is_odd { run } else { self.next() as u8 };
        }
    }

    fn number(&mut self) -> U4096 {
        let mut bytes = [0; BYTES];
        self.fill(&mut bytes);
        let edges = [U4096::ZERO, U4096::ONE, judge_prime().wrapping_sub(&U4096::ONE)];
        match self.next() % 32 {
            edge @ 0..3 => edges[edge as usize],
            _ => U4096::from_be_slice(&bytes).rem_vartime(&judge_prime().to_nz().unwrap()),
        }
    }
}

fn judge_prime() -> U4096 {
    *<Group as crypto_bigint::modular::ConstMontyParams<{ U4096::LIMBS }>>::PARAMS
        .modulus()
        .as_ref()
}

fn bytes(number: &U4096) -> [u8; BYTES] {
    number.to_be_bytes().into()
}

fn judge_power(base: Judge, exponent: &[u8]) -> Judge {
    let mut padded = [0; U576::BYTES];
    padded[U576::BYTES - exponent.len()..].copy_from_slice(exponent);
    base.pow_bounded_exp(&U576::from_be_slice(&padded), 8 * exponent.len() as u32)
}

/// `disagreement(seed, rounds) -> what`
///
/// What is not as crypto-bigint has it, of the first round where anything is not.
pub fn disagreement(seed: u64, rounds: u32) -> Option<String> {
    let mut random = Random(seed | 1);
    if group::prime() != bytes(&judge_prime()) {
        return Some("N".to_owned());
    }
    (0..rounds).find_map(|round| {
        judge_round(&mut random, round).map(|what| format!("seed {seed}, round {round}: {what}"))
    })
}

fn judge_round(random: &mut Random, round: u32) -> Option<&'static str> {
    let [a, b] = [random.number(), random.number()];
    // Long powers take long: most are short.
    let length =
        if round.is_multiple_of(100) { EXPONENT_BYTES } else { random.next() as usize % 6 };
    let mut exponent = vec![0; length];
    random.fill(&mut exponent);
    let (a_judge, b_judge) = (Judge::new(&a), Judge::new(&b));
    let (a, b) = (Element::from_bytes(&bytes(&a)), Element::from_bytes(&bytes(&b)));
    let product = a.times(&b);
    let difference = product.minus(&b);
    let five = Judge::new(&U4096::from_u8(5));
    let difference_judge = a_judge * b_judge - b_judge;
    [
        ("bytes", &a, a_judge),
        ("times", &product, a_judge * b_judge),
        ("minus", &difference, difference_judge),
        ("power", &difference.power(&exponent), judge_power(difference_judge, &exponent)),
        ("power_of_five", &Element::power_of_five(&exponent), judge_power(five, &exponent)),
    ]
    .into_iter()
    .find(|(_, element, judge)| element.to_bytes().expose() != &bytes(&judge.retrieve()))
    .map(|(what, ..)| what)
}
