//! The body of an answer, piece by piece: as one buffer a file would be in memory once more.

use super::{
    clock::Timers,
    failure::{Failure, NO_RESPONSE},
    js::{Settled, bytes_of, call, get, ignore, method},
};
use crate::host::{Held, Progress};
use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

/// What a piece takes besides its bytes: a body of many small ones is longer than it looks.
const PIECE_BYTES: u64 = 100;
const READS_IN_ONE_GO: u32 = 256;

/// The pieces stay JavaScript's until their sum is known: the module's memory grows, but
/// does not shrink.
struct Pieces<'a> {
    pieces: Vec<Uint8Array>,
    max_bytes: u64,
    held: &'a Held,
    progress: &'a Progress,
}

impl Pieces<'_> {
    fn push(&mut self, piece: &JsValue) -> Result<(), Failure> {
        let bytes = bytes_of(piece)?.ok_or(NO_RESPONSE)?;
        let length = u64::from(bytes.length());
        let read = self.progress.bytes.get() + length;
        self.progress.bytes.set(read);
        if length > 0 {
            self.pieces.push(bytes);
        }
        let in_pieces = self.pieces.len() as u64 * PIECE_BYTES;
        if read.max(in_pieces) > self.max_bytes {
            return Err(Failure::TooLong(self.max_bytes));
        }
        if self.held.grow(length.max(PIECE_BYTES)) { Ok(()) } else { Err(Failure::Crowded) }
    }

    fn concat(&self) -> Result<Vec<u8>, Failure> {
        // Asked again: a hostile piece's buffer may have shrunk or grown since it came.
        let length: u64 = self.pieces.iter().map(|piece| u64::from(piece.length())).sum();
        if length > self.max_bytes {
            return Err(Failure::TooLong(self.max_bytes));
        }
        let mut bytes = vec![0; length as usize];
        let mut rest = bytes.as_mut_slice();
        for piece in &self.pieces {
            let (start, end) = rest.split_at_mut(piece.length() as usize);
            piece.copy_to(start);
            rest = end;
        }
        Ok(bytes)
    }
}

/// A stream's reader, which is cancelled when it goes unread: a `fetch` that knows no signals
/// would go on reading.
struct Reader {
    reader: JsValue,
    read: Function,
    is_at_end: bool,
}

impl Reader {
    fn of(body: &JsValue) -> Result<Option<Self>, Failure> {
        if !body.is_object() {
            return Ok(None);
        }
        let Some(get_reader) = method(body, "getReader")? else { return Ok(None) };
        let reader = call(&get_reader, body, &[])?;
        if !reader.is_object() {
            return Err(NO_RESPONSE);
        }
        let read = method(&reader, "read")?.ok_or(NO_RESPONSE)?;
        Ok(Some(Self { reader, read, is_at_end: false }))
    }

    async fn next(&mut self) -> Result<Option<JsValue>, Failure> {
        let read = Settled::new(&call(&self.read, &self.reader, &[])?).await?;
        let value = get(&read, "value").map_err(|_| NO_RESPONSE)?;
        self.is_at_end = value.is_undefined();
        Ok((!self.is_at_end).then_some(value))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Not waited for: a stream that hangs would not end either.
        if !self.is_at_end
            && let Ok(Some(cancel)) = method(&self.reader, "cancel")
            && let Ok(cancelled) = call(&cancel, &self.reader, &[])
        {
            ignore(&cancelled);
        }
    }
}

/// A body of at most so many bytes, and its part of the allowance.
pub(super) async fn read_body(
    response: &JsValue,
    max_bytes: u64,
    progress: &Progress,
) -> Result<(Vec<u8>, Held), Failure> {
    let held = Held::default();
    let body =
        read_pieces(response, Pieces { pieces: Vec::new(), max_bytes, held: &held, progress });
    let body = body.await?;
    Ok((body, held))
}

async fn read_pieces(response: &JsValue, mut pieces: Pieces<'_>) -> Result<Vec<u8>, Failure> {
    let Some(mut reader) = Reader::of(&get(response, "body")?)? else {
        // An answer without a body may have none of the two.
        let whole = method(response, "arrayBuffer")?.ok_or(NO_RESPONSE)?;
        pieces.push(&Settled::new(&call(&whole, response, &[])?).await?)?;
        return pieces.concat();
    };
    let mut reads = 0_u32;
    while let Some(piece) = reader.next().await? {
        pieces.push(&piece)?;
        reads += 1;
        // A stream that always has something would keep every timer from its turn.
        if reads.is_multiple_of(READS_IN_ONE_GO) {
            Timers::Host.pause(0.0).await;
        }
    }
    pieces.concat()
}
