//! Tasks that wait for the same event.

use std::{cell::RefCell, task::Waker};

/// Tasks that wait for the same event, each at a place of its own.
#[derive(Debug, Default)]
pub struct Wakers {
    places: RefCell<Vec<Option<Waker>>>,
    free: RefCell<Vec<usize>>,
}

impl Wakers {
    /// `enter() -> place`
    pub fn enter(&self) -> usize {
        self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut places = self.places.borrow_mut();
            places.push(None);
            places.len() - 1
        })
    }

    /// `put(place, waker)`
    ///
    /// Whom to wake, in place of whoever was to be woken there.
    pub fn put(&self, place: usize, waker: &Waker) {
        if let Some(slot) = self.places.borrow_mut().get_mut(place) {
            *slot = Some(waker.clone());
        }
    }

    /// `leave(place)`
    ///
    /// Nobody waits there any more.
    pub fn leave(&self, place: usize) {
        if let Some(slot) = self.places.borrow_mut().get_mut(place) {
            *slot = None;
        }
        self.free.borrow_mut().push(place);
    }

    /// `wake_all()`
    pub fn wake_all(&self) {
        let wakers: Vec<_> = self.places.borrow_mut().iter_mut().filter_map(Option::take).collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}
