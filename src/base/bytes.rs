//! Numbers and texts one after the other: how a record that is stored is laid out.

use crate::base::secret::Secret;

/// Writes a record, up to a length.
#[derive(Debug)]
pub struct Writer {
    out: Secret<Vec<u8>>,
    most: usize,
    /// Whether something had no room.
    is_full: bool,
}

impl Writer {
    /// `new(most) -> writer`
    ///
    /// # Shapes
    /// - `most`: how many bytes the record may have
    pub fn new(most: usize) -> Self {
        // Room for all of it: a vector that grows leaves keys where it was.
        Self { out: Secret::new(Vec::with_capacity(most)), most, is_full: false }
    }

    /// `number(number)`
    ///
    /// Eight bytes, the highest first.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.put(&number.to_be_bytes())
    }

    /// `bytes(bytes)`
    ///
    /// With their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).put(bytes)
    }

    /// `entry(write)`
    ///
    /// What is written together: all of it, or nothing if there is no room.
    pub fn entry(&mut self, write: impl FnOnce(&mut Self)) {
        let before = self.out.expose().len();
        write(self);
        if self.is_full {
            self.out.expose_mut().truncate(before);
            self.is_full = false;
        }
    }

    /// `finish() -> record`
    pub fn finish(self) -> Secret<Vec<u8>> {
        self.out
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.is_full |= self.out.expose().len() + bytes.len() > self.most;
        if !self.is_full {
            self.out.expose_mut().extend_from_slice(bytes);
        }
        self
    }
}

/// Reads a record.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// `new(record) -> reader`
    pub const fn new(record: &'a [u8]) -> Self {
        Self(record)
    }

    /// `is_empty() -> bool`
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `number() -> number`
    ///
    /// `None` if the record has ended.
    pub fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    /// `bytes() -> bytes`
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// `text() -> text`
    pub fn text(&mut self) -> Option<String> {
        Some(std::str::from_utf8(self.bytes()?).ok()?.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut writer = Writer::new(100);
        writer.number(7).bytes(b"").bytes("ü".as_bytes()).bytes(&[0xff]);
        let record = writer.finish();
        let mut reader = Reader::new(record.expose());
        assert_eq!(reader.number(), Some(7));
        assert_eq!(reader.text().as_deref(), Some(""));
        assert_eq!(reader.text().as_deref(), Some("ü"));
        assert!(!reader.is_empty() && reader.text().is_none());
        assert!(reader.is_empty() && reader.number().is_none());
        assert_eq!(Reader::new(&u64::MAX.to_be_bytes()).bytes(), None);
    }

    #[test]
    fn an_entry_that_has_no_room_is_left_out_whole() {
        for most in 0..100 {
            let mut writer = Writer::new(most);
            for text in ["a text of 20 letters", "b"] {
                writer.entry(|to| {
                    to.number(1).bytes(text.as_bytes());
                });
            }
            let length = writer.finish().expose().len();
            let expected = match most {
                0..17 => 0,
                17..36 => 17,
                36..53 => 36,
                _ => 53,
            };
            assert_eq!(length, expected, "{most}");
        }
    }
}
