//! From the token to the keys: who signs in, where, and what that opens.

pub mod address;
pub mod envelope;
pub mod identity;
pub mod keyring;
pub mod pause;
pub mod retry;
pub mod session;
pub mod sign_in;
pub mod store_key;
pub mod token;
pub mod vault_keys;
