//! What the host says of itself.

use super::js::{get, get_own};
use wasm_bindgen::prelude::*;

/// Where an emulator tells at which origins it answers, separated by commas: a property of the
/// global object, and a variable of the environment, which reaches processes that this one starts.
const EMULATOR: &str = "ONEPASSWORD_EDGE_EMULATOR";
const UNKNOWN: &str = "unknown";

/// The operating system and the processor, as Node, Deno and Bun name them; other hosts do not
/// say. The service is told, and neither is needed for anything.
pub(super) fn platform() -> (String, String) {
    let process = global("process");
    let text = |name| {
        let text = get(&process, name).ok().and_then(|text| text.as_string());
        text.unwrap_or_else(|| UNKNOWN.to_owned())
    };
    let (os, arch) = (text("platform"), text("arch"));
    (if os == "win32" { "windows".to_owned() } else { os }, arch)
}

/// Whether a call may wait for what another call is doing. Cloudflare Workers and Vercel's edge
/// runtime end a request that waits for what another request has begun.
pub(super) fn lets_calls_wait() -> bool {
    let agent = get(&global("navigator"), "userAgent").ok().and_then(|agent| agent.as_string());
    let is_worker = agent.is_some_and(|agent| agent == "Cloudflare-Workers");
    !is_worker && global("EdgeRuntime").is_undefined()
}

/// Whether an emulator of this process, or of the one that started it, answers at this origin. A
/// token cannot say so: it may be a stranger's.
pub(super) fn has_emulator(origin: &str) -> bool {
    let environment = || get(&get_own(&js_sys::global(), "process")?, "env");
    let says_so = |of: Result<JsValue, JsValue>| {
        let told = of.and_then(|of| get_own(&of, EMULATOR)).ok();
        let told = told.and_then(|told| told.as_string()).unwrap_or_default();
        told.split(',').any(|told| told == origin)
    };
    says_so(Ok(js_sys::global().into())) || says_so(environment())
}

fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name).unwrap_or_default()
}
