//! Timers, as every host has them: neither a window's nor a worker's alone.
//!
//! The build takes `setTimeout`, `clearTimeout`, `queueMicrotask` and `performance.now` from the
//! global object when the glue is loaded, so that a test which fakes them later stops no client.

use super::js::{Fulfil, call, method, promise};
use js_sys::Function;
use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What a timer takes at most: about 24 days.
pub(super) const MAX_MS: f64 = 2_147_483_647.0;

#[wasm_bindgen]
extern "C" {
    /// Throws where a Worker is asked outside of a request.
    #[wasm_bindgen(js_name = setTimeout, catch)]
    fn set_timeout(callback: &Function, ms: f64, argument: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    /// Milliseconds by a clock that nobody sets.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(super) fn ticks_ms() -> f64;
}

/// The timers that a client uses.
#[derive(Debug, Clone, Default)]
pub(super) enum Timers {
    /// The host's.
    #[default]
    Host,
    /// Somebody's, such as a test that moves its own clock.
    Given {
        /// As `globalThis.setTimeout`.
        set: Function,
        /// As `globalThis.clearTimeout`.
        clear: Function,
    },
}

impl Timers {
    /// `given(timers) -> timers`
    ///
    /// `None` unless it has both functions.
    pub(super) fn given(timers: &JsValue) -> Option<Self> {
        let set = method(timers, "setTimeout").ok()??;
        Some(Self::Given { set, clear: method(timers, "clearTimeout").ok()?? })
    }

    /// Calls back after so many milliseconds, with this argument, until the timer goes.
    pub(super) fn start(&self, callback: &Function, ms: f64, argument: &JsValue) -> Timer {
        let started = match self {
            Self::Host => set_timeout(callback, ms, argument),
            Self::Given { set, .. } => {
                call(set, &JsValue::UNDEFINED, &[callback, &ms.into(), argument])
            }
        };
        Timer { timers: self.clone(), timer: started.unwrap_or_default() }
    }

    /// Waits so many milliseconds.
    pub(super) fn pause(&self, ms: f64) -> Pause {
        match self {
            Self::Host => {
                let end = Rc::new(End::default());
                let of = Rc::clone(&end);
                let callback = Closure::new(move || of.come());
                let timer = self.start(callback.as_ref().unchecked_ref(), ms, &JsValue::UNDEFINED);
                Pause::Host { end, _timer: timer, _callback: callback }
            }
            Self::Given { .. } => {
                // A promise's own function, which may be called at any time, however late.
                let (promise, end) = promise();
                let timer = self.start(end.function(), ms, &JsValue::UNDEFINED);
                Pause::Given { ended: promise.into(), _timer: timer, _end: end }
            }
        }
    }
}

/// A timer that is stopped when it goes.
#[derive(Debug)]
pub(super) struct Timer {
    timers: Timers,
    timer: JsValue,
}

impl Drop for Timer {
    fn drop(&mut self) {
        match &self.timers {
            Timers::Host => clear_timeout(&self.timer),
            Timers::Given { clear, .. } => {
                let _ = call(clear, &JsValue::UNDEFINED, &[&self.timer]);
            }
        }
    }
}

/// Whether a pause is over, and who waits for that.
#[derive(Default)]
pub(super) struct End {
    is_over: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl End {
    fn come(&self) {
        self.is_over.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A pause; whoever drops it does not wait for the rest.
pub(super) enum Pause {
    /// By the host's timers. Not a promise: with what belongs to it, one takes three times as long
    /// to make.
    Host {
        /// Whether it is over.
        end: Rc<End>,
        _timer: Timer,
        _callback: Closure<dyn Fn()>,
    },
    /// By somebody's.
    Given {
        /// Fulfilled when it is over.
        ended: JsFuture,
        _timer: Timer,
        _end: Fulfil,
    },
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut *self {
            Self::Host { end, .. } if end.is_over.get() => Poll::Ready(()),
            Self::Host { end, .. } => {
                end.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
            Self::Given { ended, .. } => Pin::new(ended).poll(context).map(drop),
        }
    }
}
