//! From a reference to the field that it names: the grammar, names, and what is remembered of them.

pub mod cache;
pub mod field;
pub mod hint;
pub mod listing;
pub mod question;
pub mod reference;
pub mod versions;
