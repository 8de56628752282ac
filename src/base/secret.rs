//! Values that must not be printed and that are zeroed when they go.

use std::fmt;
use zeroize::Zeroize;

/// Several times what a sign-in takes of the stack, the deepest call there is.
const SCRUBBED_BYTES: usize = 256 * 1024;

/// A value that is zeroed on drop, prints as `[redacted]` and cannot be serialized.
///
/// It stands in a box, so that moving the secret leaves no copy behind.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Box<T>);

impl<T: Zeroize> Secret<T> {
    /// `new(value) -> secret`
    ///
    /// For values that keep their content on the heap; a key is better read by
    /// [`Secret::from_slice`].
    pub fn new(value: T) -> Self {
        Self(Box::new(value))
    }

    /// `into_inner() -> value`
    ///
    /// The value, taken out: from here on it is the caller's to zero.
    pub fn into_inner(mut self) -> T
    where
        T: Default,
    {
        std::mem::take(&mut self.0)
    }

    /// `expose() -> value`
    ///
    /// The value itself. Each use is a place to look at in a review.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// `expose_mut() -> value`
    ///
    /// The value itself, to be filled in place.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<const N: usize> Secret<[u8; N]> {
    /// `from_slice(bytes) -> secret`
    ///
    /// # Shapes
    /// - `bytes`: N bytes, copied straight into the box; `None` for another length
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self::zeroed();
        (bytes.len() == N).then(|| secret.expose_mut().copy_from_slice(bytes))?;
        Some(secret)
    }

    /// `take(bytes) -> secret`
    ///
    /// Copies the bytes into the box and zeroes where they stood.
    pub fn take(bytes: &mut [u8; N]) -> Self {
        let secret = Self(Box::new(*bytes));
        bytes.zeroize();
        secret
    }

    /// `zeroed() -> secret`
    ///
    /// N zero bytes, to be filled in place.
    pub fn zeroed() -> Self {
        Self::new([0; N])
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize + Default> Default for Secret<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl From<&str> for Secret<String> {
    fn from(text: &str) -> Self {
        Self::new(text.into())
    }
}

/// `scrub_stack()`
///
/// Overwrites what finished calls have left on the stack below this one: hashes
/// and big numbers pass through it.
#[inline(never)]
pub fn scrub_stack() {
    let mut below = [0_u8; SCRUBBED_BYTES];
    below.zeroize();
    std::hint::black_box(&below);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "[redacted]");
        assert_eq!(format!("{:?}", Secret::new(vec![1_u8, 2])), "[redacted]");
    }

    #[test]
    fn drop_zeroizes() {
        struct Witness(Rc<Cell<bool>>);
        impl Zeroize for Witness {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let zeroed = Rc::new(Cell::new(false));
        drop(Secret::new(Witness(Rc::clone(&zeroed))));
        assert!(zeroed.get());
    }
}
