//! Numbers modulo the 4096-bit prime N of RFC 5054 Appendix A, and nothing else.
//!
//! Montgomery multiplication by product scanning: Koç, Acar, Kaliski, “Analyzing and
//! Comparing Montgomery Multiplication Algorithms” (IEEE Micro 16(3), 1996), the
//! method they call FIPS, with T as a whole first and four columns at a time.
//! An element x stands as x·R mod N in 148 limbs of 28 bits, the lowest first, with
//! R = 2^4144. Two things are particular to this prime:
//!
//! - N = −1 mod 2^64. The quotient digit that makes a column vanish is then the
//!   column's own lowest limb q, and T + q·N = (T − q) + q·(N + 1): the limb goes,
//!   and N + 1 is added to the rest, whose two lowest limbs are zero.
//! - R > 2^48·N. A product of two numbers below c·N is below N·(1 + c²/2^48), so
//!   that nothing has to be subtracted between multiplications as long as c < 2^24.
//!   Elements are below 2^18·N; only the way out brings them below N.
//!
//! What takes how long depends on lengths alone: no branch, address or `select`
//! depends on a limb or on a bit of an exponent. scripts/check.mjs looks for them
//! in the finished module.

#![expect(
    clippy::indexing_slicing,
    reason = "positions follow from the sizes below alone, and every operation runs through all"
)]

mod columns;
mod constants;

use crate::base::secret::Secret;
use columns::{COLUMNS, columns};
use constants::{PRIME, R_SQUARED};
use std::{fmt, hint::black_box};
use zeroize::{Zeroize, Zeroizing};

/// Length of a number modulo N.
pub const BYTES: usize = 512;
const LIMB_BITS: u32 = 28;
const LIMBS: usize = 148;
const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;
/// Zeros on either side of a number in reverse: columns at its ends reach beyond it.
const MARGIN: usize = COLUMNS;
/// Bits of an exponent that are taken at a time.
const WINDOW_BITS: usize = 5;
/// The same for powers of five: 5^7 is the largest factor, below 2^17.
const FIVE_WINDOW_BITS: usize = 3;

type Limbs = [u32; LIMBS];
/// Sums of products, four columns to a block.
type Columns = [[u64; COLUMNS]; 2 * LIMBS / COLUMNS];

/// A number modulo N. Zeroed on drop; in a box, so that moving it leaves no copy.
#[derive(Clone)]
pub struct Element(Box<Limbs>);

/// Limbs from the highest to the lowest, between zeros.
struct Reversed([u32; LIMBS + 2 * MARGIN]);

/// What multiplications need beside their operands. Zeroed on drop.
struct Workspace {
    factor: Reversed,
    product: Columns,
    quotient: Limbs,
    /// N + 1
    modulus: Reversed,
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for Element {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.factor.0.zeroize();
        self.product.zeroize();
        self.quotient.zeroize();
    }
}

impl Reversed {
    fn set(&mut self, limbs: &Limbs) {
        for (to, from) in self.0[MARGIN..].iter_mut().zip(limbs.iter().rev()) {
            *to = *from;
        }
    }

    /// What the kernel wants for the columns from `k` on, from limb `low` of the other factor on.
    fn at_column(&self, k: usize, low: usize) -> &[u32] {
        &self.0[MARGIN + LIMBS - COLUMNS + low - k..]
    }
}

impl Workspace {
    fn new() -> Box<Self> {
        let zeros = || Reversed([0; LIMBS + 2 * MARGIN]);
        let mut space = Box::new(Self {
            factor: zeros(),
            product: [[0; COLUMNS]; 2 * LIMBS / COLUMNS],
            quotient: [0; LIMBS],
            modulus: zeros(),
        });
        let mut next = PRIME;
        // N ends in 64 ones: nothing is carried beyond the third limb.
        next[0] = 0;
        next[1] = 0;
        next[2] += 1;
        space.modulus.set(&next);
        space
    }

    /// `to` = `product` / R mod N, not fully reduced.
    #[inline(never)]
    fn reduce(&mut self, to: &mut Limbs) {
        let Self { product, quotient, modulus, .. } = self;
        let (lower, upper) = product.split_at(LIMBS / COLUMNS);
        let modulus_limb = |at: usize| u64::from(modulus.0[MARGIN + LIMBS - 1 - at]);
        let (third, fourth) = (modulus_limb(2), modulus_limb(3));
        let mut carry = 0;
        for (block, [t0, t1, t2, t3]) in lower.iter().enumerate() {
            let k = COLUMNS * block;
            let [u0, u1, u2, u3] = columns(&quotient[..k], modulus.at_column(k, 0));
            // Of the digits that are only found here, the lower ones reach the upper columns.
            let q0 = add(*t0, u0, &mut carry);
            let q1 = add(*t1, u1, &mut carry);
            let (q0_wide, q1_wide) = (u64::from(q0), u64::from(q1));
            let q2 = add(*t2, u2 + q0_wide * third, &mut carry);
            let q3 = add(*t3, u3 + q0_wide * fourth + q1_wide * third, &mut carry);
            quotient.as_chunks_mut().0[block] = [q0, q1, q2, q3];
        }
        let blocks = upper.iter().zip(to.as_chunks_mut().0).enumerate();
        for (block, ([t0, t1, t2, t3], to)) in blocks {
            let low = COLUMNS * block;
            let [u0, u1, u2, u3] = columns(&quotient[low..], modulus.at_column(LIMBS + low, low));
            *to = [
                add(*t0, u0, &mut carry),
                add(*t1, u1, &mut carry),
                add(*t2, u2, &mut carry),
                add(*t3, u3, &mut carry),
            ];
        }
    }

    /// `a` = `a`·`b` / R mod N
    #[inline(never)]
    fn multiply(&mut self, a: &mut Limbs, b: &Limbs) {
        self.factor.set(b);
        for (block, sums) in self.product.iter_mut().enumerate() {
            let k = COLUMNS * block;
            let (low, high) = if k < LIMBS { (0, k + COLUMNS) } else { (k - LIMBS, LIMBS) };
            *sums = columns(&a[low..high], self.factor.at_column(k, low));
        }
        self.reduce(a);
    }

    /// `a` = `a`² / R mod N: each product of two different limbs once, and doubled.
    #[inline(never)]
    fn square(&mut self, a: &mut Limbs) {
        self.factor.set(a);
        for (block, sums) in self.product.iter_mut().enumerate() {
            let k = COLUMNS * block;
            let low = k.saturating_sub(LIMBS);
            let middle = k / 2;
            let [s0, s1, s2, s3] = columns(&a[low..middle], self.factor.at_column(k, low));
            // Limbs from the middle on, which meet themselves or their neighbours.
            let x = |i: usize| u64::from(a.get(middle + i).copied().unwrap_or_default());
            let (x0, x1, x2, x3) = (x(0), x(1), x(2), x(3));
            *sums = [
                2 * s0 + x0 * x0,
                2 * (s1 + x0 * x1),
                2 * (s2 + x0 * x2) + x1 * x1,
                2 * (s3 + x0 * x3 + x1 * x2),
            ];
        }
        self.reduce(a);
    }
}

/// The lowest limb of `t` + `u` + `carry`; the rest is carried. The sum may have more than 64 bits.
#[inline(always)]
fn add(t: u64, u: u64, carry: &mut u64) -> u32 {
    let sum = (t & LIMB_MASK) + (u & LIMB_MASK) + *carry;
    *carry = (sum >> LIMB_BITS) + (t >> LIMB_BITS) + (u >> LIMB_BITS);
    (sum & LIMB_MASK) as u32
}

impl Element {
    fn zero() -> Self {
        Self(Box::new([0; LIMBS]))
    }

    fn one(space: &mut Workspace) -> Self {
        let mut one = Self::zero();
        one.0[0] = 1;
        space.multiply(&mut one.0, &R_SQUARED);
        one
    }

    /// `from_bytes(bytes) -> element`
    ///
    /// # Shapes
    /// - `bytes`: a number below N, big-endian
    pub fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let mut element = Self::zero();
        let mut bits = Bits::default();
        let mut bytes = bytes.iter().rev();
        for limb in element.0.iter_mut() {
            while bits.count < LIMB_BITS {
                bits.push((*bytes.next().unwrap_or(&0)).into(), 8);
            }
            *limb = bits.pop(LIMB_BITS);
        }
        Workspace::new().multiply(&mut element.0, &R_SQUARED);
        element
    }

    /// `to_bytes() -> bytes`
    ///
    /// # Shapes
    /// - returns a number below N, big-endian
    pub fn to_bytes(&self) -> Secret<[u8; BYTES]> {
        let mut one = Self::zero();
        one.0[0] = 1;
        let mut number = self.clone();
        // T is below R, so that (T + q·N) / R is at most N.
        Workspace::new().multiply(&mut number.0, &one.0);
        number.subtract_prime();
        pack(&number.0)
    }

    /// Subtracts N unless there is less.
    fn subtract_prime(&mut self) {
        let mut less = Self::zero();
        let mut borrow = 0_i64;
        for ((to, limb), prime) in less.0.iter_mut().zip(self.0.iter()).zip(PRIME) {
            let difference = i64::from(*limb) - i64::from(prime) + borrow;
            *to = (difference as u64 & LIMB_MASK) as u32;
            borrow = difference >> LIMB_BITS;
        }
        // All ones if there is a borrow. The compiler is not to know that it is a choice.
        let keep = black_box(borrow as u32);
        for (limb, less) in self.0.iter_mut().zip(less.0.iter()) {
            *limb = (*limb & keep) | (*less & !keep);
        }
    }

    /// `times(other) -> element`
    pub fn times(&self, other: &Self) -> Self {
        let mut product = self.clone();
        Workspace::new().multiply(&mut product.0, &other.0);
        product
    }

    /// `minus(other) -> element`
    ///
    /// # Shapes
    /// - both as a multiplication gave them: below 2·N
    pub fn minus(&self, other: &Self) -> Self {
        let mut difference = Self::zero();
        let mut carry = 0_i64;
        let limbs = self.0.iter().zip(other.0.iter()).zip(PRIME);
        for (to, ((limb, other), prime)) in difference.0.iter_mut().zip(limbs) {
            let sum = i64::from(*limb) + 2 * i64::from(prime) - i64::from(*other) + carry;
            *to = (sum as u64 & LIMB_MASK) as u32;
            carry = sum >> LIMB_BITS;
        }
        difference
    }

    /// `power_of_five(exponent) -> element`
    ///
    /// 5^exponent: three bits at a time are three squarings and one multiplication
    /// by a small number.
    ///
    /// # Shapes
    /// - `exponent`: big-endian, of any length; only the length shows in the time
    pub fn power_of_five(exponent: &[u8]) -> Self {
        let mut space = Workspace::new();
        let mut power = Self::one(&mut space);
        for window in (0..(8 * exponent.len()).div_ceil(FIVE_WINDOW_BITS)).rev() {
            for _ in 0..FIVE_WINDOW_BITS {
                space.square(&mut power.0);
            }
            let digit = bits_at(exponent, window * FIVE_WINDOW_BITS, FIVE_WINDOW_BITS);
            let if_bit = |bit: u32, value: u64| value & u64::from(mask(digit >> bit));
            // 5, 25 and 625, or 1.
            let factor = (1 + if_bit(0, 4)) * (1 + if_bit(1, 24)) * (1 + if_bit(2, 624));
            let mut carry = 0;
            for limb in power.0.iter_mut() {
                carry += u64::from(*limb) * factor;
                *limb = (carry & LIMB_MASK) as u32;
                carry >>= LIMB_BITS;
            }
        }
        // Below 2·N again, as others expect it.
        let one = Self::one(&mut space);
        space.multiply(&mut power.0, &one.0);
        power
    }

    /// `power(exponent) -> element`
    ///
    /// Five bits at a time (Menezes, van Oorschot, Vanstone, “Handbook of Applied
    /// Cryptography”, 14.82), from a table that is read as a whole each time.
    ///
    /// # Shapes
    /// - `exponent`: big-endian, of any length; only the length shows in the time
    pub fn power(&self, exponent: &[u8]) -> Self {
        let mut space = Workspace::new();
        let mut table = vec![Self::one(&mut space)];
        for _ in 1..1 << WINDOW_BITS {
            let mut next = self.clone();
            if let Some(last) = table.last() {
                space.multiply(&mut next.0, &last.0);
            }
            table.push(next);
        }
        let mut power = Self::one(&mut space);
        for window in (0..(8 * exponent.len()).div_ceil(WINDOW_BITS)).rev() {
            for _ in 0..WINDOW_BITS {
                space.square(&mut power.0);
            }
            let factor = select(&table, bits_at(exponent, window * WINDOW_BITS, WINDOW_BITS));
            space.multiply(&mut power.0, &factor.0);
        }
        power
    }
}

/// The entry at `index`, reading all.
#[inline(never)]
fn select(table: &[Element], index: u32) -> Element {
    let mut selected = Element::zero();
    for (entry, position) in table.iter().zip(0_u32..) {
        // The difference is below 2^31: only of zero the predecessor has its highest bit set.
        let mask = mask((position ^ index).wrapping_sub(1) >> 31);
        for (to, limb) in selected.0.iter_mut().zip(entry.0.iter()) {
            *to |= *limb & mask;
        }
    }
    selected
}

/// All ones if the lowest bit is set, else zero. The compiler is not to know that
/// it is a choice: it would make a `select` of what follows.
#[inline(always)]
fn mask(bit: u32) -> u32 {
    black_box((bit & 1).wrapping_neg())
}

/// `width` bits of a big-endian number from bit `low` on.
fn bits_at(number: &[u8], low: usize, width: usize) -> u32 {
    let byte = |index: usize| number.iter().rev().nth(index).map_or(0, |byte| u32::from(*byte));
    let pair = byte(low / 8) | byte(low / 8 + 1) << 8;
    pair >> (low % 8) & ((1 << width) - 1)
}

/// Limbs below 2^4096 as bytes, big-endian.
fn pack(limbs: &Limbs) -> Secret<[u8; BYTES]> {
    let mut packed = Secret::zeroed();
    let mut bits = Bits::default();
    let mut limbs = limbs.iter();
    for byte in packed.expose_mut().iter_mut().rev() {
        if bits.count < 8 {
            bits.push((*limbs.next().unwrap_or(&0)).into(), LIMB_BITS);
        }
        *byte = bits.pop(8) as u8;
    }
    packed
}

/// `prime() -> bytes`
///
/// N, big-endian.
pub fn prime() -> [u8; BYTES] {
    *pack(&PRIME).expose()
}

/// Bits on their way from one length to another, the lowest first.
#[derive(Default)]
struct Bits {
    bits: Zeroizing<u64>,
    count: u32,
}

impl Bits {
    fn push(&mut self, bits: u64, count: u32) {
        *self.bits |= bits << self.count;
        self.count += count;
    }

    fn pop(&mut self, count: u32) -> u32 {
        let low = *self.bits & ((1 << count) - 1);
        *self.bits >>= count;
        self.count -= count;
        low as u32
    }
}
