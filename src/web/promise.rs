//! Calls as promises.

use super::{
    clock::{MAX_MS, Timer, Timers, ticks_ms},
    errors::error_object,
};
use crate::base::error::Error;
use js_sys::{Array, Promise};
use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// What a method that JavaScript calls gives: always a promise. The form of a `Result` keeps V8 from
/// inlining the call: with a bare promise Node 20 stops the process in the midst of thousands of
/// calls (“Deoptimizer::DoComputeBuiltinContinuation”).
pub(super) type Called = Result<Promise, JsValue>;

/// What a promise rejects with: an error, and the reference it is about.
pub(super) struct Rejection {
    pub(super) error: Error,
    /// As it was given: what is no well-formed text would not come back as it was.
    pub(super) reference: JsValue,
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self { error, reference: JsValue::UNDEFINED }
    }
}

impl From<Rejection> for JsValue {
    fn from(Rejection { error, reference }: Rejection) -> Self {
        error_object(&error, &reference)
    }
}

/// `promise(timeout_ms, is_shared, call) -> promise`
///
/// What a call gives. The core keeps its time. Should the module itself fail, none of its futures
/// goes on: then a timer of the host, which needs nothing of the module, ends the call a little
/// later.
///
/// # Shapes
/// - `is_shared`: whether that timer may be another call's, too: not in Workers, where it ends
///   with the request that started it
pub(super) fn promise(
    timeout_ms: f64,
    is_shared: bool,
    call: impl Future<Output = Result<JsValue, Rejection>> + 'static,
) -> Promise {
    // Boxed: each kind of call would have a copy of all that follows.
    promise_of(timeout_ms, is_shared, Box::pin(call))
}

fn promise_of(
    timeout_ms: f64,
    is_shared: bool,
    call: Pin<Box<dyn Future<Output = Result<JsValue, Rejection>>>>,
) -> Promise {
    let late = Late::of(timeout_ms, is_shared);
    let end = late.promise.clone();
    let promise = future_to_promise(async move {
        let result = call.await;
        drop(late);
        Ok(result?)
    });
    Promise::race(&Array::of2(&promise, &end))
}

/// How long after its time a call is given up from outside, at the least.
const GRACE_MS: f64 = 1_000.0;

thread_local! {
    static LAST: RefCell<Weak<Late>> = const { RefCell::new(Weak::new()) };
}

/// The end of all calls with the same time limit that began within a second, from outside.
struct Late {
    timeout_ms: f64,
    start: f64,
    promise: Promise,
    _timer: Timer,
}

impl Late {
    fn of(timeout_ms: f64, is_shared: bool) -> Rc<Self> {
        let start = ticks_ms();
        let last = LAST.with_borrow(Weak::upgrade).filter(|last| {
            is_shared && last.timeout_ms == timeout_ms && start - last.start < GRACE_MS
        });
        if let Some(last) = last {
            return last;
        }
        let mut reject = JsValue::UNDEFINED;
        let promise = Promise::new(&mut |_, end| reject = end.into());
        let error = Rejection::from(Error::OutOfTime { ms: timeout_ms as u64 }).into();
        let ms = (timeout_ms + 2.0 * GRACE_MS).min(MAX_MS);
        let timer = Timers::Host.start(reject.unchecked_ref(), ms, &error);
        let late = Rc::new(Self { timeout_ms, start, promise, _timer: timer });
        if is_shared {
            LAST.set(Rc::downgrade(&late));
        }
        late
    }
}
