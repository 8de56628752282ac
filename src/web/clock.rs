//! Timers, as every host has them: neither a window's nor a worker's alone.
//!
//! In the package the build has the glue take `setTimeout`, `clearTimeout`, `queueMicrotask` and
//! `performance.now` from the global object when it is loaded, so that a test which fakes them
//! later stops no client. wasm-bindgen's own glue asks the global object each time.

use super::js::{Fulfil, call, get, method, promise};
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
                Pause::Host { end, timer, _callback: callback }
            }
            Self::Given { .. } => {
                // A promise's own function, which may be called at any time, however late.
                let (promise, end) = promise();
                let timer = self.start(end.function(), ms, &JsValue::UNDEFINED);
                Pause::Given { ended: promise.into(), timer, _end: end }
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

impl Timer {
    /// Lets the process end before: Node's and Bun's timers have a method for it, Deno a function.
    fn let_go(&self) {
        let unref = |of: &JsValue, name, arguments: &[&JsValue]| {
            let unref = method(of, name).ok()??;
            call(&unref, of, arguments).ok()
        };
        if unref(&self.timer, "unref", &[]).is_none()
            && let Ok(deno) = get(&js_sys::global(), "Deno")
        {
            unref(&deno, "unrefTimer", &[&self.timer]);
        }
    }
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
        timer: Timer,
        _callback: Closure<dyn Fn()>,
    },
    /// By somebody's.
    Given {
        /// Fulfilled when it is over.
        ended: JsFuture,
        timer: Timer,
        _end: Fulfil,
    },
}

impl Pause {
    /// `let_go()`
    ///
    /// The process need not wait until it is over.
    pub(super) fn let_go(&self) {
        let (Self::Host { timer, .. } | Self::Given { timer, .. }) = self;
        timer.let_go();
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, poll_immediate};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// Timers that fire when a test says so, and what was asked of them.
    fn given() -> (JsValue, Timers) {
        let code = "({ ms: [], cleared: [], callbacks: [],
            fire() { for (const callback of this.callbacks) callback(); },
        })";
        let object = js_sys::eval(code).unwrap();
        let bind = "(of) => Object.assign(of, {
            setTimeout(callback, ms) { of.ms.push(ms); return of.callbacks.push(callback); },
            clearTimeout(timer) { of.cleared.push(timer); },
        })";
        let bind = js_sys::eval(bind).unwrap().unchecked_into();
        call(&bind, &JsValue::UNDEFINED, &[&object]).unwrap();
        let timers = Timers::given(&object).unwrap();
        (object, timers)
    }

    fn list(object: &JsValue, name: &str) -> Vec<f64> {
        let list: js_sys::Array = get(object, name).unwrap().unchecked_into();
        list.iter().map(|entry| entry.as_f64().unwrap()).collect()
    }

    fn fire(object: &JsValue) -> Result<JsValue, JsValue> {
        call(&method(object, "fire").unwrap().unwrap(), object, &[])
    }

    #[wasm_bindgen_test]
    async fn given_timers_are_asked_and_stopped() {
        let (object, timers) = given();
        let mut pause = timers.pause(250.0);
        assert!(poll_immediate(&mut pause).await.is_none());
        assert_eq!(list(&object, "ms"), [250.0]);
        join(&mut pause, async { fire(&object).unwrap() }).await;
        assert_eq!(list(&object, "cleared"), [0.0; 0]);
        drop(pause);
        assert_eq!(list(&object, "cleared"), [1.0]);
    }

    #[wasm_bindgen_test]
    async fn a_given_timer_may_fire_though_it_was_stopped_or_twice() {
        let (object, timers) = given();
        drop(timers.pause(1.0));
        fire(&object).expect("the callback is still there");
        let pause = timers.pause(1.0);
        fire(&object).unwrap();
        fire(&object).unwrap();
        pause.await;
        fire(&object).expect("and after it was waited for");
    }

    #[wasm_bindgen_test]
    async fn timers_that_throw() {
        let code = "({ setTimeout() { throw 1 }, clearTimeout() { throw 2 } })";
        let timers = Timers::given(&js_sys::eval(code).unwrap()).unwrap();
        let mut pause = timers.pause(1.0);
        assert!(poll_immediate(&mut pause).await.is_none());
    }

    #[wasm_bindgen_test]
    fn what_is_no_timers() {
        for code in [
            "undefined",
            "({})",
            "({ setTimeout() {} })",
            "({ setTimeout() {}, clearTimeout: 5 })",
            "({ get setTimeout() { throw 1 }, clearTimeout() {} })",
        ] {
            assert!(Timers::given(&js_sys::eval(code).unwrap()).is_none(), "{code}");
        }
    }

    #[wasm_bindgen_test]
    async fn the_hosts_timers_take_their_time() {
        let start = ticks_ms();
        Timers::Host.pause(30.0).await;
        assert!(ticks_ms() - start >= 28.0);
        Timers::Host.pause(0.0).await;
        drop(Timers::Host.pause(1.0));
        Timers::Host.pause(10.0).await;
    }
}
