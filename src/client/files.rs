//! Downloading files.

use super::{Account, Client};
use crate::{
    base::{error::Error, secret::Secret},
    crypto::aead::TAG_BYTES,
    host::Host,
    items::file::{FileOpening, Step},
    wire::items::FieldObject,
};

const READ_FILE: &str = "read the file";
/// What the vendor's client reads at most.
const MAX_FILE_BYTES: i64 = 50_000_000;

impl<H: Host> Client<H> {
    /// A file's content. `name` is what the reference calls it.
    pub(super) async fn download(
        &self,
        account: &Account<H::PrivateKey>,
        (vault_id, item_id): (&str, &str),
        file: &FieldObject,
        name: &str,
        since: u64,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let id = &file.document_id;
        if id.is_empty() || !id.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(Error::Protocol { what: "a file has a malformed id" });
        }
        let check_size = |size| match size {
            ..=MAX_FILE_BYTES => Ok(()),
            _ => Err(Error::FileTooLarge { field: name.to_owned(), size, limit: MAX_FILE_BYTES }),
        };
        check_size(file.unencrypted_size)?;
        // The address that the vendor's client uses, then the older one.
        let newer = format!("/api/v3/file/{id}");
        let (stored, _held) = match self.read_bytes(account, READ_FILE, newer, since).await {
            Err(Error::NotFound { .. }) => {
                let older = format!("/api/v2/file/{vault_id}/{item_id}/{id}");
                self.read_bytes(account, READ_FILE, older, since).await?
            }
            result => result?,
        };
        // The record may say less than there is.
        check_size(stored.len().saturating_sub(TAG_BYTES) as i64)?;
        let mut turn = self.begin_turn();
        let mut opening = FileOpening::new(file, stored);
        loop {
            self.breathe(&mut turn).await;
            opening = match opening.step()? {
                Step::More(opening) => opening,
                Step::Done(content) => return Ok(content),
            };
        }
    }
}
