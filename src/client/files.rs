//! Downloading files.

use super::{Account, Client};
use crate::{error::Error, host::Host, item::file::open_file, secret::Secret, wire::FieldObject};

const READ_FILE: &str = "read the file";
/// What the vendor's client reads at most.
const MAX_FILE_BYTES: i64 = 50 * 1024 * 1024;

impl<H: Host> Client<H> {
    /// A file's content. `name` is what the reference calls it.
    pub(super) async fn download(
        &self,
        account: &Account<H::PrivateKey>,
        (vault_id, item_id): (&str, &str),
        file: &FieldObject,
        name: &str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let id = &file.document_id;
        if id.is_empty() || !id.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(Error::Protocol { what: "a file has a malformed id" });
        }
        let size = file.unencrypted_size;
        if size > MAX_FILE_BYTES {
            let (field, limit) = (name.to_owned(), MAX_FILE_BYTES);
            return Err(Error::FileTooLarge { field, size, limit });
        }
        // The address that the vendor's client uses, then the older one.
        let newer = format!("/api/v3/file/{id}");
        let stored = match self.read_bytes(account, READ_FILE, newer).await {
            Err(Error::NotFound { .. }) => {
                let older = format!("/api/v2/file/{vault_id}/{item_id}/{id}");
                self.read_bytes(account, READ_FILE, older).await?
            }
            result => result?,
        };
        open_file(file, stored)
    }
}
