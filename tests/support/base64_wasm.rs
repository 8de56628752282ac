//! What reads base64 as a module of its own, for wasm, where it has vector instructions.

#![allow(missing_docs, unsafe_code, clippy::indexing_slicing)]

#[path = "../../src/base/encoding.rs"]
#[allow(dead_code)]
mod encoding;

use std::cell::RefCell;

thread_local! {
    /// The text that is read, and then its bytes.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a text of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn resize(length: usize) {
    BUFFER.with_borrow_mut(|buffer| buffer.resize(length, 0));
}

#[unsafe(no_mangle)]
pub extern "C" fn set(index: usize, byte: u8) {
    BUFFER.with_borrow_mut(|buffer| buffer[index] = byte);
}

#[unsafe(no_mangle)]
pub extern "C" fn get(index: usize) -> u8 {
    BUFFER.with_borrow(|buffer| buffer[index])
}

/// How many bytes the text stands for, which `get` has then; -1 if it is not base64.
#[unsafe(no_mangle)]
pub extern "C" fn decode() -> i32 {
    read(encoding::decode_sealed_base64)
}

/// The same in constant time.
#[unsafe(no_mangle)]
pub extern "C" fn decode_key() -> i32 {
    read(|text| encoding::decode_base64(&text))
}

fn read(decoder: impl Fn(String) -> Option<Vec<u8>>) -> i32 {
    let text = String::from_utf8(BUFFER.take());
    let Some(bytes) = text.ok().and_then(decoder) else { return -1 };
    let length = bytes.len() as i32;
    BUFFER.set(bytes);
    length
}
