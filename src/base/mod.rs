//! What everything else is built on. Knows nobody.

pub mod bytes;
pub mod encoding;
pub mod error;
pub mod interner;
pub mod json;
pub mod keys;
pub mod secret;
pub mod shape;
pub mod wakers;
