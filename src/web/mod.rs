//! The boundary to JavaScript: the one room that names wasm-bindgen and its kin.
//!
//! A program calls [`client::Client`], whose options [`options`] reads. What the core needs of its
//! surroundings, [`host::WebHost`] does with the host's `fetch`, WebCrypto, timers and stores.
//! What comes out, [`results`] and [`errors`] make objects of. Whatever is foreign, an option or an
//! answer, is touched by [`js`] alone: an exception that passes through a future would leave its
//! promise unsettled for ever.

mod body;
mod client;
mod clock;
mod errors;
mod events;
mod failure;
mod fetch;
mod host;
mod items;
mod js;
mod options;
mod pages;
mod platform;
mod promise;
mod relay;
mod results;
mod signal;
mod store;
mod subtle;
mod vaults;

use wasm_bindgen::prelude::*;
use zeroizing_alloc::ZeroAlloc;

/// Zeroes what is freed, by whomever. The standard library's is 3 KB larger, gzipped.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<rlsf::SmallGlobalTlsf> = ZeroAlloc(rlsf::SmallGlobalTlsf::new());

/// The types that the generated ones name. They come first among these, which a reference to a
/// library has to.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");
