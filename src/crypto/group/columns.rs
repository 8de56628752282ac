//! The kernel of the group's arithmetic: four neighbouring columns of a product.
//!
//! ```text
//! columns(x, y)[s] = Σ x[i] · y[i + 3 − s]        s = 0 … 3
//! ```
//!
//! With `y` a number's limbs in reverse order these are the sums of all `x[i] · y[j]`
//! with the same `i + j`, for four sums in a row. Limbs have 28 bits: 256 products,
//! of 56 bits each, fit into a sum of 64.
//!
//! How long it takes depends on the lengths alone.

/// How many columns there are at a time.
pub const COLUMNS: usize = 4;

/// `columns(x, y) -> sums`
///
/// # Shapes
/// - `x`: an even number of limbs, at most 256; `y`: at least three more than `x`
#[cfg(not(target_arch = "wasm32"))]
pub fn columns(x: &[u32], y: &[u32]) -> [u64; COLUMNS] {
    let mut sums = [0; COLUMNS];
    for (x, window) in x.iter().zip(y.windows(COLUMNS)) {
        for (sum, y) in sums.iter_mut().zip(window.iter().rev()) {
            *sum += u64::from(*x) * u64::from(*y);
        }
    }
    sums
}

#[cfg(target_arch = "wasm32")]
pub use vectors::columns;

/// The same with the vectors of wasm, whose `extmul` multiplies two pairs of limbs.
#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "vectors are loaded through pointers")]
mod vectors {
    use super::COLUMNS;
    use std::arch::wasm32::{
        i64x2_add, i64x2_extract_lane, u64x2, u64x2_extmul_high_u32x4, u64x2_extmul_low_u32x4,
        v128, v128_load, v128_load64_zero,
    };

    /// As above.
    #[target_feature(enable = "simd128")]
    #[inline(never)]
    pub fn columns(x: &[u32], y: &[u32]) -> [u64; COLUMNS] {
        assert!(x.len().is_multiple_of(2) && y.len() >= x.len() + COLUMNS - 1);
        let zero = u64x2(0, 0);
        let (mut s0, mut s1, mut s2, mut s3) = (zero, zero, zero, zero);
        let (mut x_at, mut y_at) = (x.as_ptr(), y.as_ptr());
        // SAFETY: what is left of `x` has a multiple of four limbs, or that and two, and `y`
        // three more than `x`: four loads of four limbs, each one limb further, stay inside.
        // Loads need no alignment.
        unsafe {
            let end = x_at.add(x.len() & !3);
            while x_at != end {
                let limbs = v128_load(x_at.cast());
                add(&mut s3, limbs, v128_load(y_at.cast()));
                add(&mut s2, limbs, v128_load(y_at.add(1).cast()));
                add(&mut s1, limbs, v128_load(y_at.add(2).cast()));
                add(&mut s0, limbs, v128_load(y_at.add(3).cast()));
                x_at = x_at.add(4);
                y_at = y_at.add(4);
            }
            if x.len() & 2 != 0 {
                let limbs = v128_load64_zero(x_at.cast());
                add(&mut s3, limbs, v128_load64_zero(y_at.cast()));
                add(&mut s2, limbs, v128_load64_zero(y_at.add(1).cast()));
                add(&mut s1, limbs, v128_load64_zero(y_at.add(2).cast()));
                add(&mut s0, limbs, v128_load64_zero(y_at.add(3).cast()));
            }
        }
        [total(s0), total(s1), total(s2), total(s3)]
    }

    #[target_feature(enable = "simd128")]
    #[inline]
    fn total(sum: v128) -> u64 {
        (i64x2_extract_lane::<0>(sum) as u64).wrapping_add(i64x2_extract_lane::<1>(sum) as u64)
    }

    #[target_feature(enable = "simd128")]
    #[inline]
    fn add(sum: &mut v128, x: v128, y: v128) {
        *sum = i64x2_add(*sum, u64x2_extmul_low_u32x4(x, y));
        *sum = i64x2_add(*sum, u64x2_extmul_high_u32x4(x, y));
    }
}
