//! Values that must not be printed and that are zeroed when they go.

use std::fmt;
use zeroize::Zeroize;

/// A value that is zeroed on drop, prints as `[redacted]` and cannot be serialized.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// `new(value) -> secret`
    ///
    /// Takes the value over; the caller keeps no copy.
    pub const fn new(value: T) -> Self {
        Self(value)
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
        Self(T::default())
    }
}

impl From<&str> for Secret<String> {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
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
