//! Signals that end calls: `AbortSignal`s, by their form, so that a polyfill's is as good.

use super::js::{Fulfil, call, get, method, promise};
use crate::base::wakers::Wakers;
use js_sys::WeakMap;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What a caller gave as a signal.
#[derive(Debug, Clone)]
pub(crate) struct Signal(JsValue);

impl Signal {
    /// `given(value) -> signal`
    ///
    /// `None` if it is no signal.
    pub(super) fn given(value: JsValue) -> Option<Self> {
        method(&value, "addEventListener").ok().flatten().map(|_| Self(value))
    }

    pub(super) fn is_aborted(&self) -> bool {
        get(&self.0, "aborted").is_ok_and(|it| it.is_truthy())
    }

    fn tell(&self, name: &str, listener: &JsValue) {
        if let Ok(Some(listen)) = method(&self.0, name) {
            let _ = call(&listen, &self.0, &[&"abort".into(), listener]);
        }
    }
}

thread_local! {
    /// One listener a signal, for all who wait for it: hosts warn of many.
    static LISTENERS: RefCell<Vec<Weak<Listener>>> = const { RefCell::new(Vec::new()) };
    /// Where the listener of a signal stands among them.
    static PLACES: WeakMap = WeakMap::new();
}

/// Listens as long as somebody waits.
struct Listener {
    signal: Signal,
    state: Rc<State>,
    /// What the signal calls: a promise's own function, which may be called at any time, however
    /// late. Of a closure nothing would be left by then.
    given: Fulfil,
}

#[derive(Default)]
struct State {
    is_listening: Cell<bool>,
    is_given: Cell<bool>,
    wakers: Wakers,
}

impl Listener {
    fn of(signal: &Signal) -> Rc<Self> {
        let key = signal.0.unchecked_ref();
        let place = PLACES.with(|places| places.get(key)).as_f64().map(|place| place as usize);
        let known = LISTENERS.with_borrow(|all| all.get(place?)?.upgrade());
        if let Some(known) = known.filter(|listener| listener.signal.0 == signal.0) {
            return known;
        }
        let (promise, given) = promise();
        let state = Rc::new(State::default());
        let of = Rc::clone(&state);
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
            of.is_given.set(true);
            of.wakers.wake_all();
        });
        let listener = Rc::new(Self { signal: signal.clone(), state, given });
        let weak = Rc::downgrade(&listener);
        let place = LISTENERS.with_borrow_mut(|all| {
            // The last ones go first, so that the list does not grow with what is over.
            while all.last().is_some_and(|last| last.strong_count() == 0) {
                all.pop();
            }
            all.push(weak);
            all.len() - 1
        });
        PLACES.with(|places| places.set(key, &JsValue::from_f64(place as f64)));
        listener
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.signal.tell("removeEventListener", self.given.function());
    }
}

/// Somebody's wait for one of some signals: each with a place among those who wait for it.
pub(super) struct Aborted(Vec<(Rc<Listener>, usize)>);

impl Aborted {
    pub(super) fn new(signals: &[Signal]) -> Self {
        let enter = |signal: &Signal| {
            let listener = Listener::of(signal);
            let place = listener.state.wakers.enter();
            // Not while the listener is made: what is called may wait for signals, too.
            if !listener.state.is_listening.replace(true) {
                signal.tell("addEventListener", listener.given.function());
            }
            (listener, place)
        };
        Self(signals.iter().map(enter).collect())
    }
}

impl Future for Aborted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let is_given = |(listener, place): &(Rc<Listener>, usize)| {
            listener.state.wakers.put(*place, context.waker());
            listener.state.is_given.get()
        };
        if self.0.iter().any(is_given) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.iter().for_each(|(listener, place)| listener.state.wakers.leave(*place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, poll_immediate};
    use wasm_bindgen_test::wasm_bindgen_test;
    use web_sys::AbortController;

    /// A signal of another make, that counts who listens.
    fn counting() -> (JsValue, Signal) {
        let code = "({ aborted: false, added: 0, removed: 0, listeners: [],
            addEventListener(name, listener) {
                this.added += name === 'abort';
                this.listeners.push(listener);
            },
            removeEventListener(name, listener) {
                this.removed += name === 'abort';
                this.listeners = this.listeners.filter((other) => other !== listener);
            },
            give() { this.aborted = true; for (const listener of this.listeners) listener(); },
        })";
        let object = js_sys::eval(code).unwrap();
        let signal = Signal::given(object.clone()).unwrap();
        (object, signal)
    }

    fn counts(of: &JsValue) -> [f64; 3] {
        let listeners = get(of, "listeners").unwrap();
        let number = |value: JsValue| value.as_f64().unwrap();
        [get(of, "added"), get(of, "removed"), get(&listeners, "length")]
            .map(|value| number(value.unwrap()))
    }

    fn give(object: &JsValue) {
        call(&method(object, "give").unwrap().unwrap(), object, &[]).unwrap();
    }

    #[wasm_bindgen_test]
    async fn a_signal_has_one_listener_for_all_who_wait_and_none_after() {
        let (object, signal) = counting();
        let signals = [signal];
        let mut first = Aborted::new(&signals);
        let mut second = Aborted::new(&signals);
        assert!(poll_immediate(&mut first).await.is_none());
        assert!(poll_immediate(&mut second).await.is_none());
        assert_eq!(counts(&object), [1.0, 0.0, 1.0]);
        drop(first);
        let third = Aborted::new(&signals);
        assert_eq!(counts(&object), [1.0, 0.0, 1.0], "one place is taken again");
        drop((second, third));
        assert_eq!(counts(&object), [1.0, 1.0, 0.0]);
        drop(Aborted::new(&signals));
        assert_eq!(counts(&object), [2.0, 2.0, 0.0]);
    }

    #[wasm_bindgen_test]
    async fn a_signal_wakes_all_who_wait() {
        let (object, signal) = counting();
        let (other_object, other) = counting();
        let both = [signal.clone(), other];
        let (one, two) = (Aborted::new(&both), Aborted::new(&[signal]));
        let give = async { give(&object) };
        join(join(one, two), give).await;
        assert_eq!(counts(&object), [1.0, 1.0, 0.0]);
        assert_eq!(counts(&other_object), [1.0, 1.0, 0.0]);
    }

    #[wasm_bindgen_test]
    async fn the_hosts_own_signals() {
        let controller = AbortController::new().unwrap();
        let signal = Signal::given(controller.signal().into()).unwrap();
        assert!(!signal.is_aborted());
        let signals = [signal.clone()];
        join(Aborted::new(&signals), async { controller.abort() }).await;
        assert!(signal.is_aborted());
    }

    #[wasm_bindgen_test]
    async fn what_is_no_signal_and_what_throws() {
        for code in ["undefined", "null", "5", "({})", "({ addEventListener: 5 })"] {
            assert!(Signal::given(js_sys::eval(code).unwrap()).is_none(), "{code}");
        }
        let code = "({ get aborted() { throw 1 }, addEventListener() { throw 2 },
            get removeEventListener() { throw 3 } })";
        let signal = Signal::given(js_sys::eval(code).unwrap()).unwrap();
        assert!(!signal.is_aborted());
        let mut waits = Aborted::new(&[signal]);
        assert!(poll_immediate(&mut waits).await.is_none());
    }
}
