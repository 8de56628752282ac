//! Which version of an item came last: none goes back.

use crate::base::{encoding::is_object_id, error::Error, interner::Interner};

/// Items that lists may add to those that were read.
const MAX_LISTED: usize = 50_000;
const OLDER: &str = "an item came in an older version than before";
/// What is said of an item that was overtaken on its way by a newer version of it.
pub const OVERTAKEN: &str = "an item changed while it was read";

/// The highest versions that were read, by the items' ids.
#[derive(Debug, Default)]
pub struct Versions {
    ids: Interner,
    /// Each with the number of the last reading that had begun when it came.
    highest: Vec<(i64, u64)>,
    readings: u64,
}

/// `is_behind(error) -> bool`
///
/// Whether an item came as it was before: the next answer may have it as it is.
pub fn is_behind(error: &Error) -> bool {
    matches!(error, Error::Protocol { what: OLDER | OVERTAKEN })
}

impl Versions {
    /// `begin() -> reading`
    ///
    /// The number of a reading that begins now.
    pub const fn begin(&mut self) -> u64 {
        self.readings += 1;
        self.readings
    }

    /// `admit(id, version, reading)`
    ///
    /// An item has come in this version.
    ///
    /// # Errors
    /// [`Error::Protocol`] if a higher one has come before: this answer is an old one, or says
    /// that it was [`OVERTAKEN`], if the higher one came after it was asked for.
    /// # Source
    /// protocol.md “Items” (observed): `itemVersion` rises by one with each change
    pub fn admit(&mut self, id: &str, version: i64, reading: u64) -> Result<(), Error> {
        match self.highest.get_mut(self.ids.intern(id)) {
            Some((highest, came)) if *highest > version => {
                let what = if reading > *came { OLDER } else { OVERTAKEN };
                Err(Error::Protocol { what })
            }
            Some((highest, came)) if *highest == version => {
                *came = self.readings.min(*came);
                Ok(())
            }
            Some(highest) => {
                *highest = (version, self.readings);
                Ok(())
            }
            None => {
                self.highest.push((version, self.readings));
                Ok(())
            }
        }
    }

    /// `listed(id, version)`
    ///
    /// A list has an item in this version; an older list says nothing new. The item itself may come
    /// a little later, so that until then it is as if it were always overtaken.
    pub fn listed(&mut self, id: &str, version: i64) {
        if self.ids.find(id).is_none() && (!is_object_id(id) || self.ids.len() >= MAX_LISTED) {
            return;
        }
        match self.highest.get_mut(self.ids.intern(id)) {
            Some((highest, _)) if *highest >= version => {}
            Some(highest) => *highest = (version, u64::MAX),
            None => self.highest.push((version, u64::MAX)),
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
            let reading = versions.begin();
            assert_eq!(versions.admit(id, version, reading).is_ok(), is_admitted, "{id} {version}");
        }
        let reading = versions.begin();
        assert!(versions.admit("a", 5, reading).is_ok(), "the newest holds");
    }

    #[test]
    fn no_version_is_older_than_the_one_that_was_listed() {
        let mut versions = Versions::default();
        let (id, before) = ("pokahvr47axgmq6hp2sy6tzb6a", versions.begin());
        versions.listed(id, 3);
        versions.listed(id, 2);
        versions.listed("no id", 3);
        assert_eq!(versions.admit(id, 2, before), Err(Error::Protocol { what: OVERTAKEN }));
        let reading = versions.begin();
        // It may only lag behind the list.
        assert_eq!(versions.admit(id, 2, reading), Err(Error::Protocol { what: OVERTAKEN }));
        assert_eq!(versions.admit(id, 3, reading), Ok(()));
        let reading = versions.begin();
        assert_eq!(versions.admit(id, 2, reading), Err(Error::Protocol { what: OLDER }));
        assert_eq!(versions.admit("no id", 2, reading), Ok(()));
    }

    #[test]
    fn an_answer_that_was_overtaken_is_not_an_old_one() {
        let mut versions = Versions::default();
        let (older, newer) = (versions.begin(), versions.begin());
        assert_eq!(versions.admit("a", 2, newer), Ok(()));
        assert_eq!(versions.admit("a", 1, older), Err(Error::Protocol { what: OVERTAKEN }));
        // That it came again does not excuse what was asked for in between.
        let between = versions.begin();
        assert_eq!(versions.admit("a", 2, newer), Ok(()));
        assert_eq!(versions.admit("a", 1, between), Err(Error::Protocol { what: OLDER }));
    }
}
