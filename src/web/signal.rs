//! Signals that end calls: `AbortSignal`s, by their form, so that a polyfill's is as good.

use super::js::{call, get, method};
use crate::base::wakers::Wakers;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};
use wasm_bindgen::prelude::*;

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
}

/// Listens as long as somebody waits.
struct Listener {
    signal: Signal,
    state: Rc<State>,
    callback: Closure<dyn Fn()>,
}

#[derive(Default)]
struct State {
    is_listening: Cell<bool>,
    is_given: Cell<bool>,
    wakers: Wakers,
}

impl Listener {
    fn of(signal: &Signal) -> Rc<Self> {
        LISTENERS.with_borrow_mut(|all| {
            all.retain(|listener| listener.strong_count() > 0);
            let known = all.iter().filter_map(Weak::upgrade);
            if let Some(known) = { known }.find(|listener| listener.signal.0 == signal.0) {
                return known;
            }
            let state = Rc::new(State::default());
            let of = Rc::clone(&state);
            let callback = Closure::new(move || {
                of.is_given.set(true);
                of.wakers.wake_all();
            });
            let listener = Rc::new(Self { signal: signal.clone(), state, callback });
            all.push(Rc::downgrade(&listener));
            listener
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.signal.tell("removeEventListener", self.callback.as_ref());
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
                signal.tell("addEventListener", listener.callback.as_ref());
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
