//! What ends a call: its time, a signal, or that the client is closed.

use super::Client;
use crate::{
    base::error::Error,
    host::{Host, HttpResponse},
};
use futures_util::future::{AbortHandle, Either, abortable, select};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::{Pin, pin},
};

/// Timers may fire a little before their time.
const TIMER_SLACK_MS: f64 = 5.0;

/// What a call asks for anew, whatever is remembered. Keys are trusted in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fresh {
    /// Nothing.
    Nothing,
    /// Secrets and items; names are trusted as long as they are remembered.
    Secrets,
    /// Names, too.
    All,
}

impl From<bool> for Fresh {
    fn from(is_fresh: bool) -> Self {
        if is_fresh { Self::All } else { Self::Nothing }
    }
}

/// How one call differs from the client's others.
#[derive(Debug, Clone)]
pub struct Call<S> {
    /// How long it may take, in milliseconds.
    pub timeout_ms: f64,
    /// What ends it before.
    pub signals: Vec<S>,
    /// What is asked for anew.
    pub fresh: Fresh,
}

/// The calls under way: closing the client ends them.
#[derive(Debug, Default)]
pub(super) struct Running {
    handles: RefCell<Vec<(u64, AbortHandle)>>,
    last: Cell<u64>,
    /// The time limits of those that wait, the shortest first, and how many have each: one request
    /// may be for several.
    limits: RefCell<Vec<(f64, usize)>>,
}

impl Running {
    /// Until the entry goes, closing the client ends what this handle is of.
    pub(super) fn enter(&self, handle: AbortHandle) -> Entry<'_> {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.handles.borrow_mut().push((number, handle));
        Entry { running: self, number }
    }

    pub(super) fn end_all(&self) {
        self.handles.take().into_iter().for_each(|(_, handle)| handle.abort());
    }

    fn longest_ms(&self) -> f64 {
        self.limits.borrow().last().map_or(0.0, |(ms, _)| *ms)
    }

    /// Where a limit is, or where it would stand.
    fn place(&self, ms: f64) -> Result<usize, usize> {
        self.limits.borrow().binary_search_by(|(other, _)| other.total_cmp(&ms))
    }
}

/// A call among those under way, until it goes.
pub(super) struct Entry<'a> {
    running: &'a Running,
    number: u64,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.running.handles.borrow_mut().retain(|(number, _)| *number != self.number);
    }
}

/// A time limit among those of the calls that wait, until it goes.
struct Limit<'a> {
    running: &'a Running,
    ms: f64,
}

impl<'a> Limit<'a> {
    fn new(running: &'a Running, ms: f64) -> Self {
        let place = running.place(ms);
        let mut limits = running.limits.borrow_mut();
        match place.map(|at| limits.get_mut(at)) {
            Ok(Some((_, count))) => *count += 1,
            Ok(None) => {}
            Err(at) => limits.insert(at, (ms, 1)),
        }
        Self { running, ms }
    }
}

impl Drop for Limit<'_> {
    fn drop(&mut self) {
        let Ok(at) = self.running.place(self.ms) else { return };
        let mut limits = self.running.limits.borrow_mut();
        if let Some((_, count)) = limits.get_mut(at) {
            *count -= 1;
            if *count == 0 {
                limits.remove(at);
            }
        }
    }
}

impl<H: Host> Client<H> {
    /// `call(timeout_ms, signal, fresh) -> call`
    ///
    /// A call with the client's own limits besides.
    pub fn call(
        &self,
        timeout_ms: Option<f64>,
        signal: Option<H::Signal>,
        fresh: impl Into<Fresh>,
    ) -> Call<H::Signal> {
        Call {
            timeout_ms: timeout_ms.unwrap_or(self.timeout_ms),
            signals: self.signal.iter().cloned().chain(signal).collect(),
            fresh: fresh.into(),
        }
    }

    /// `within(call, work) -> result`
    ///
    /// What the work gives, unless the call's time is up or one of its signals is given first:
    /// then the work is dropped.
    ///
    /// # Errors
    /// [`Error::OutOfTime`], [`Error::Cancelled`], and those of the work.
    pub async fn within<T>(
        &self,
        call: &Call<H::Signal>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if call.signals.iter().any(|signal| self.host.is_aborted(signal)) {
            return Err(Error::Cancelled);
        }
        let mut result = None;
        let ended = {
            let work = pin!(async { result = Some(work.await) });
            self.hold(call, work).await
        };
        result.unwrap_or(Err(ended.unwrap_or(Error::Closed)))
    }

    /// Why the work did not come to its end. Not generic: each kind of work would have a copy.
    async fn hold(
        &self,
        call: &Call<H::Signal>,
        work: Pin<&mut dyn Future<Output = ()>>,
    ) -> Option<Error> {
        let _limit = Limit::new(&self.running, call.timeout_ms);
        match select(work, pin!(self.end_of(call))).await {
            Either::Left(_) => None,
            Either::Right((error, _)) => Some(error),
        }
    }

    async fn end_of(&self, call: &Call<H::Signal>) -> Error {
        let time = self.host.sleep(call.timeout_ms);
        match select(pin!(self.host.aborted(&call.signals)), pin!(time)).await {
            Either::Left(_) => Error::Cancelled,
            Either::Right(_) => Error::OutOfTime { ms: call.timeout_ms as u64 },
        }
    }

    /// `until_closed(work) -> result`
    ///
    /// The work's result, unless the client is closed first; then all that it holds is dropped.
    ///
    /// # Errors
    /// [`Error::Closed`], and those of the work.
    pub async fn until_closed<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut result = None;
        {
            let work = pin!(async { result = Some(work.await) });
            self.hold_open(work).await;
        }
        result.unwrap_or(Err(Error::Closed))
    }

    async fn hold_open(&self, work: Pin<&mut dyn Future<Output = ()>>) {
        let (work, handle) = abortable(work);
        let _entry = self.running.enter(handle);
        let _ = work.await;
    }

    /// The answer to a request, unless it takes longer than any call may: longer if somebody
    /// comes meanwhile who has more time.
    pub(super) async fn in_time(
        &self,
        action: &'static str,
        host: &str,
        fetching: impl Future<Output = Result<HttpResponse, Error>>,
    ) -> Result<HttpResponse, Error> {
        let start = self.host.ticks_ms();
        let time = async {
            loop {
                let limit = self.running.longest_ms().max(self.timeout_ms);
                let left = start + limit - self.host.ticks_ms();
                if left <= TIMER_SLACK_MS {
                    return;
                }
                self.host.sleep(left).await;
            }
        };
        match select(pin!(fetching), pin!(time)).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => Err(Error::Timeout { action, host: host.to_owned() }),
        }
    }
}
