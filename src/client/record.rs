//! What a process leaves for those that start after it, as bytes.

use crate::{
    auth::{retry::STORED_NUMBERS, session::CLOCK_SKEW_MS},
    base::{
        bytes::{Reader, Writer},
        secret::Secret,
    },
};

/// The longest record, so that it fits into a value of Deno KV (64 KiB) once it is sealed.
const MAX_BYTES: usize = 44 * 1024;

/// What is stored of one token.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// When it was written: Unix time in milliseconds.
    pub(super) written_at_ms: u64,
    /// Until when it is of any use.
    pub(super) ends_ms: u64,
    /// The pauses that the service wants.
    pub(super) pauses: [u64; STORED_NUMBERS],
    /// The most important first.
    pub(super) entries: Vec<Entry>,
}

/// One thing that is stored. All kinds have one form, so that there is one reader and one writer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// When it was read, proven or issued.
    pub(super) at: u64,
    /// Until when it may be taken over: Unix time in milliseconds.
    pub(super) ends_ms: u64,
    /// What it is of.
    pub(super) names: [String; 3],
    /// A key or a value.
    pub(super) bytes: Secret<Vec<u8>>,
}

/// What is stored, by the names and the bytes that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its id; its key.
    Session,
    /// None; its text. When it was issued is in seconds, all other times are in milliseconds.
    ThrottlingToken,
    /// Ids of the vault and of the key; the key.
    VaultKey,
    /// The vault's name and its id; none.
    VaultId,
    /// The item's title with its vault, and its id; none.
    ItemId,
    /// The reference and the ids of its item and its vault; its value.
    Secret,
}

const KINDS: [Kind; 6] = [
    Kind::Session,
    Kind::ThrottlingToken,
    Kind::VaultKey,
    Kind::VaultId,
    Kind::ItemId,
    Kind::Secret,
];

impl Entry {
    pub(super) fn new(
        kind: Kind,
        (at, ends_ms): (u64, u64),
        names: [&str; 3],
        bytes: &[u8],
    ) -> Self {
        let bytes = Secret::new(bytes.to_vec());
        Self { kind, at, ends_ms, names: names.map(str::to_owned), bytes }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let [kind, at, ends_ms] = [reader.number()?, reader.number()?, reader.number()?];
        let names = [reader.text()?, reader.text()?, reader.text()?];
        let bytes = Secret::new(reader.bytes()?.to_vec());
        let kind = usize::try_from(kind).ok().and_then(|kind| KINDS.get(kind))?;
        Some(Self { kind: *kind, at, ends_ms, names, bytes })
    }
}

impl Record {
    /// Whether it is one of now: neither over nor from the future.
    pub(super) const fn is_current(&self, now_ms: u64) -> bool {
        now_ms < self.ends_ms && self.written_at_ms <= now_ms + CLOCK_SKEW_MS
    }

    /// As many entries as there is room for.
    pub(super) fn to_bytes(&self) -> Secret<Vec<u8>> {
        let mut writer = Writer::new(MAX_BYTES);
        writer.number(self.written_at_ms).number(self.ends_ms);
        for number in self.pauses {
            writer.number(number);
        }
        for Entry { kind, at, ends_ms, names, bytes } in &self.entries {
            writer.entry(|to| {
                to.number(*kind as u64).number(*at).number(*ends_ms);
                for name in names {
                    to.bytes(name.as_bytes());
                }
                to.bytes(bytes.expose());
            });
        }
        writer.finish()
    }

    /// `None` if it is none.
    pub(super) fn from_bytes(bytes: &Secret<Vec<u8>>) -> Option<Self> {
        let mut reader = Reader::new(bytes.expose());
        let (written_at_ms, ends_ms) = (reader.number()?, reader.number()?);
        let mut record = Self { written_at_ms, ends_ms, ..Self::default() };
        for number in &mut record.pauses {
            *number = reader.number()?;
        }
        while !reader.is_empty() {
            record.entries.push(Entry::read(&mut reader)?);
        }
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(secrets: usize) -> Record {
        let session = Entry::new(Kind::Session, (5, 6), ["S", "", ""], &[1; 32]);
        let secret = |n: usize| {
            Entry::new(Kind::Secret, (4, 9), [&n.to_string(), "item", "vault"], &[0xff; 1_000])
        };
        let entries = std::iter::once(session).chain((0..secrets).map(secret)).collect();
        Record { written_at_ms: 1_000, ends_ms: 2_000, pauses: [7; STORED_NUMBERS], entries }
    }

    #[test]
    fn a_record_comes_back() {
        let written = record(2);
        let read = Record::from_bytes(&written.to_bytes()).unwrap();
        // Keys and secrets print as nothing.
        assert_eq!(format!("{read:?}"), format!("{written:?}"));
        for (read, written) in read.entries.iter().zip(&written.entries) {
            assert_eq!(read.bytes.expose(), written.bytes.expose());
        }
        for (number, kind) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, number);
        }
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        let bytes = record(100).to_bytes();
        assert!(bytes.expose().len() <= MAX_BYTES);
        let read = Record::from_bytes(&bytes).unwrap();
        assert!((35..45).contains(&read.entries.len()), "{}", read.entries.len());
        assert_eq!(read.entries[0].kind, Kind::Session, "the first stay");
    }

    #[test]
    fn what_is_cut_off_within_an_entry_is_no_record() {
        let bytes = record(1).to_bytes();
        let whole = |length: usize| {
            Record::from_bytes(&Secret::new(bytes.expose()[..length].to_vec())).is_some()
        };
        let lengths: Vec<_> = (0..=bytes.expose().len()).filter(|length| whole(*length)).collect();
        assert_eq!(lengths.len(), 3, "no entry, one, both");
    }

    #[test]
    fn an_unknown_kind_is_no_record() {
        let mut writer = Writer::new(1_000);
        for _ in 0..2 + STORED_NUMBERS {
            writer.number(1);
        }
        writer.number(KINDS.len() as u64).number(1).number(1);
        (0..4).for_each(|_| {
            writer.bytes(b"");
        });
        assert!(Record::from_bytes(&writer.finish()).is_none());
    }

    #[test]
    fn a_record_is_of_its_time() {
        let record = record(0);
        assert!(record.is_current(1_999) && !record.is_current(2_000));
        let ahead = Record { written_at_ms: 1_000_000, ends_ms: 2_000_000, ..record };
        assert!(ahead.is_current(1_000_000 - CLOCK_SKEW_MS));
        assert!(!ahead.is_current(1_000_000 - CLOCK_SKEW_MS - 1));
    }
}
