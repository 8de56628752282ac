//! Numbers for texts.

use std::collections::BTreeMap;

/// Numbers texts from 0 on as they come. Whatever is looked up by a name has such a number, so that
/// the module holds the code of one map.
#[derive(Debug, Default)]
pub struct Interner(BTreeMap<String, usize>);

impl Interner {
    /// `intern(text) -> number`
    ///
    /// The text's number; the next one, which is [`len`](Self::len), if it is new.
    pub fn intern(&mut self, text: &str) -> usize {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = self.len();
        self.0.insert(text.to_owned(), number);
        number
    }

    /// `find(text) -> number`
    pub fn find(&self, text: &str) -> Option<usize> {
        self.0.get(text).copied()
    }

    /// `len() -> count`
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// `is_empty() -> bool`
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut interner = Interner::default();
        assert!(interner.is_empty());
        let numbers = ["b", "a", "b", ""].map(|text| interner.intern(text));
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!([interner.find("a"), interner.find("c")], [Some(1), None]);
        assert_eq!(interner.len(), 3);
    }
}
