//! What the native tests run on.

pub mod emulator;
pub mod host;
