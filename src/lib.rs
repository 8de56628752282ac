//! onepassword-edge: a 1Password client for every JavaScript runtime, as one small wasm module.
//!
//! It signs in with a service-account token and resolves secret references,
//! `op://vault/item/field`. A program calls [`client::Client`] through the boundary, `web`; all
//! that the client needs of the outside it asks of one trait, [`host::Host`]. In the product that
//! is the JavaScript host: its `fetch`, its WebCrypto, its timers. In the tests it is whatever the
//! test wants, down to a clock that moves only when it is told to.
//!
//! # The rooms
//!
//! Each may use those above it, and `tests/house.rs` holds them to it.
//!
//! | room | what is in it |
//! |---|---|
//! | [`base`] | the one error type, [`base::secret::Secret`], encodings, JSON, what callers see |
//! | [`crypto`] | AES-GCM, SRP, the throttling token, the request MAC: one primitive a file |
//! | [`wire`] | requests and answers as they travel, by subject |
//! | [`host`] | [`host::Host`], the one door to the outside |
//! | [`auth`] | from the token to the keys: sign-in, session, envelopes, keyring, retries |
//! | [`items`] | what an item is once it is opened, and the values of its fields |
//! | [`resolve`] | from a reference to the field it names: grammar, names, what is remembered |
//! | [`client`] | [`client::Client`]: the only room that awaits |
//! | `web` | the boundary: the only room that knows JavaScript |
//!
//! Everything above `client` is plain computation that a test can call.
//!
//! # One reference, followed
//!
//! `client.resolve("op://prod/database/password")`:
//!
//! 1. `web` makes a [`resolve::question::Question`] of it and a [`client::Call`] of the options,
//!    and registers both with [`client::Client::ask`]. Concurrent questions are read in one batch;
//!    the same question is asked once, for all who wait for it.
//! 2. [`resolve::reference::parse_reference`] takes the text apart, or says which rule it breaks.
//! 3. The client asks its [`auth::session::Session`] for a signed `GET` of the vaults and hands it
//!    to [`host::Host::fetch`]. Without a session it signs in first: [`auth::sign_in::SignIn`] is
//!    a state machine that says what to send next. A session that has ended is renewed once, what
//!    may pass is tried again, and a 429 stops everything until its time is over
//!    ([`auth::retry`]).
//! 4. [`auth::session::Session::open`] opens the answer with the session key.
//! 5. For each vault, [`auth::keyring::Keyring::vault_key`] says what is missing on the way from
//!    the account unlock key to the vault key. The host does it (RSA is WebCrypto's) until the key
//!    is there, and the key opens the vault's name.
//! 6. The vault called `prod` is asked for its item overviews, then for the item titled `database`,
//!    with all others that the batch wants of it. [`resolve::cache`] remembers the names, so that
//!    next time the item is the only request. What fails because a name or a key is not what it
//!    was is tried again without what was remembered.
//! 7. [`resolve::field::resolve`] finds the field in the opened details, and
//!    [`items::value::Field::answer`] turns its value into text: a [`base::secret::Secret`], zeroed
//!    on drop, until it crosses into JavaScript.
//!
//! Data flows one way: token → session → keyring → vault → item → value → `web`.
//!
//! # How a call ends
//!
//! With its answer; with its time; with a signal; or because the client is closed. The first one
//! settles it ([`client::Client::within`]). Cancelling affects only that caller. When nobody
//! waits for a batch any more its future is dropped, and what it holds goes with it: the request
//! is aborted, locks are released, secrets are zeroed.

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
