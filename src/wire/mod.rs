//! What travels, as it travels: structs of requests and answers, nothing else.
//!
//! Sources are the sections of protocol.md. Unknown members are ignored; what an
//! answer leaves out, or has in another kind, is empty.

pub mod http;
pub mod items;
pub mod keysets;
pub mod sealed;
pub mod shares;
pub mod sign_in;
pub mod vaults;
