//! The core of onepassword-edge: signs in to 1Password with a service-account
//! token and resolves secret references, from one small wasm module.
//!
//! # The house
//!
//! | module | what it is |
//! |---|---|
//! | [`error`] | the one error type, with a stable code for every kind |
//! | [`secret`] | values that are zeroed on drop and never printed |
//! | [`encoding`] | base64url, hex, object ids, RFC 3339 |
//! | [`json`] | JSON in and out, tolerant of what it does not expect |
//! | [`address`] | where the account lives, and whether a client may go there |
//! | [`token`] | `ops_…` → [`token::Credentials`] |
//! | [`mod@reference`] | `op://…` → [`reference::SecretReference`] |
//! | [`crypto`] | AEAD, SRP, the throttling token, the request MAC |
//! | [`wire`] | requests and answers as they travel |
//! | [`identity`] | what this client says of itself |
//! | [`host`] | [`host::Host`], the one door to the outside |
//! | [`envelope`] | sealed JSON and who can open it |
//! | [`session`] | numbers, signs and seals requests |
//! | [`sign_in`] | sign-in as a state machine |
//! | [`stored_session`] | a session as it is kept outside the process |
//! | [`retry`] | when to try again, and when not to ask at all |
//! | [`keyring`] | keysets → private keys → vault keys |
//! | [`item`] | an item once it is opened, and its fields' values |
//! | [`resolve`] | reference × item → value |
//! | [`listing`] | things with names, and the one that is meant |
//! | [`cache`] | what is remembered, and for how long |
//! | [`client`] | [`client::Client`], the only module that waits |
//! | `wasm` | the boundary to JavaScript, the only module that knows it |
//!
//! Data flows one way: token → session → keyring → vault → item → value. Only
//! `client` awaits, and only through [`host::Host`]; everything below it is
//! plain computation that a test can call.
//!
//! # One reference, followed
//!
//! `client.resolve("op://prod/database/password")`:
//!
//! 1. [`reference::parse_reference`] takes it apart, or says which rule it breaks.
//!    With it come all references that were asked for in the same go.
//! 2. [`client::Client`] asks the session for a signed `GET` of the vaults, adds the
//!    headers that [`identity`] and the throttling token supply, and gives it to the
//!    host's `fetch`.
//! 3. [`session::Session::open`] opens the answer's envelope with the session key.
//! 4. For each vault, [`keyring::Keyring::vault_key`] says what is missing on the way
//!    from the account unlock key to the vault key; the client has the host do it
//!    (RSA is WebCrypto's) until the key is there. The key opens the vault's name.
//! 5. The vault called `prod` is asked for its item overviews, and for the item of
//!    the one titled `database`, together with all others that are wanted of it. The
//!    [`cache`] remembers the names, so that next time this is the only request; what
//!    fails because a name or a key is not what it was is tried again without them.
//! 6. [`resolve::resolve`] finds the field in the opened details and
//!    [`item::value::Field::answer`] turns its value into text, a
//!    [`secret::Secret`] until it crosses into JavaScript.

pub mod auth;
pub mod base;
pub mod client;
pub mod crypto;
pub mod host;
pub mod items;
pub mod resolve;
#[cfg(target_arch = "wasm32")]
mod web;
pub mod wire;
