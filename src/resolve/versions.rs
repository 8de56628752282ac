//! Which version of an item came last: none goes back.

use crate::base::{error::Error, interner::Interner};

/// The highest versions that were read, by the items' ids.
#[derive(Debug, Default)]
pub struct Versions {
    ids: Interner,
    highest: Vec<i64>,
}

impl Versions {
    /// `admit(id, version)`
    ///
    /// An item has come in this version.
    ///
    /// # Errors
    /// [`Error::Protocol`] if a higher one has come before: this answer is an old one.
    /// # Source
    /// protocol.md “Items” (observed): `itemVersion` rises by one with each change
    pub fn admit(&mut self, id: &str, version: i64) -> Result<(), Error> {
        match self.highest.get_mut(self.ids.intern(id)) {
            Some(highest) if *highest > version => {
                Err(Error::Protocol { what: "an item came in an older version than before" })
            }
            Some(highest) => {
                *highest = version;
                Ok(())
            }
            None => {
                self.highest.push(version);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_does_not_go_back() {
        let mut versions = Versions::default();
        for (id, version, is_admitted) in
            [("a", 2, true), ("b", 1, true), ("a", 2, true), ("a", 5, true), ("a", 4, false)]
        {
            assert_eq!(versions.admit(id, version).is_ok(), is_admitted, "{id} {version}");
        }
        assert!(versions.admit("a", 5).is_ok(), "the newest holds");
    }
}
