//! Signals that end calls: `AbortSignal`s, by their form, so that a polyfill's is as good.

use super::js::{call, get, method};
use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
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
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

struct Listener {
    signal: Signal,
    is_given: bool,
    /// A place for each who waits, and those that are free.
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
    callback: Closure<dyn FnMut()>,
}

impl Listener {
    fn new(signal: &Signal) -> Self {
        let of = signal.clone();
        let callback = Closure::new(move || {
            let wakers = with(&of, |listener| {
                listener.is_given = true;
                listener.wakers.iter().flatten().cloned().collect::<Vec<_>>()
            });
            wakers.into_iter().flatten().for_each(Waker::wake);
        });
        signal.tell("addEventListener", callback.as_ref());
        let (wakers, free) = (Vec::new(), Vec::new());
        Self { signal: signal.clone(), is_given: false, wakers, free, callback }
    }

    fn enter(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    fn put(&mut self, place: usize, waker: Option<Waker>) {
        if let Some(slot) = self.wakers.get_mut(place) {
            *slot = waker;
        }
    }

    /// Whether nobody waits any more.
    fn leave(&mut self, place: usize) -> bool {
        self.put(place, None);
        self.free.push(place);
        self.free.len() == self.wakers.len()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.signal.tell("removeEventListener", self.callback.as_ref());
    }
}

/// The signal's listener, if it has one.
fn with<T>(signal: &Signal, use_it: impl FnOnce(&mut Listener) -> T) -> Option<T> {
    LISTENERS.with_borrow_mut(|all| {
        all.iter_mut().find(|listener| listener.signal.0 == signal.0).map(use_it)
    })
}

/// Somebody's wait for one of some signals: each with a place among those who wait for it.
pub(super) struct Aborted(Vec<(Signal, usize)>);

impl Aborted {
    pub(super) fn new(signals: &[Signal]) -> Self {
        let enter = |signal: &Signal| {
            let place = with(signal, Listener::enter).unwrap_or_else(|| {
                let mut listener = Listener::new(signal);
                let place = listener.enter();
                LISTENERS.with_borrow_mut(|all| all.push(listener));
                place
            });
            (signal.clone(), place)
        };
        Self(signals.iter().map(enter).collect())
    }
}

impl Future for Aborted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let is_given = |(signal, place): &(Signal, usize)| {
            let given = with(signal, |listener| {
                listener.put(*place, Some(context.waker().clone()));
                listener.is_given
            });
            given.unwrap_or_default()
        };
        if self.0.iter().any(is_given) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        for (signal, place) in &self.0 {
            if with(signal, |listener| listener.leave(*place)) == Some(true) {
                let gone = LISTENERS.with_borrow_mut(|all| {
                    let at = all.iter().position(|listener| listener.signal.0 == signal.0);
                    at.map(|at| all.swap_remove(at))
                });
                // Not within: it calls what is foreign.
                drop(gone);
            }
        }
    }
}
