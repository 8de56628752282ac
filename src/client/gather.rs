//! Concurrent calls are batched, and nothing is asked twice at a time.
//!
//! A question is registered when it is asked, before anything waits. The batch begins when the
//! code that is running now has made all its calls, and reads what they name with few requests.
//! Whoever asks for what is on its way already waits for that. Cancelling
//! affects only that caller; the request ends when nobody waits for it any more.

use super::{
    Answer, Client, Outcome,
    limits::{Call, Fresh},
};
use crate::{
    base::{error::Error, wakers::Wakers},
    host::{CacheUse, Event, Host},
    resolve::question::Question,
};
use futures_util::future::{AbortHandle, Abortable};
use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    rc::Rc,
    task::Poll,
};

/// One question on its way, for all who wait for it.
#[derive(Debug)]
struct Asked {
    question: Question,
    fresh: Fresh,
    outcome: RefCell<Option<Outcome>>,
    waiting: Cell<usize>,
    wakers: Wakers,
    batch: RefCell<Option<Rc<Batch>>>,
}

/// Questions that are read together.
#[derive(Debug)]
struct Batch {
    /// How many of them somebody waits for.
    left: Cell<usize>,
    /// How many have no outcome yet.
    open: Cell<usize>,
    end: AbortHandle,
}

/// What is on its way.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// In the order of what is asked. A sorted list, because a map takes 3 KB more.
    under_way: RefCell<Vec<Rc<Asked>>>,
    /// What the next batch is to read.
    gathered: RefCell<Vec<Rc<Asked>>>,
}

impl Gather {
    /// Later calls do not get what is on its way now.
    pub(super) fn forget(&self) {
        self.under_way.take();
    }

    /// Joins those who wait for an answer, or is the first of them.
    fn join(&self, question: Question, fresh: Fresh) -> Rc<Asked> {
        let place = self.place(&question, fresh);
        let mut under_way = self.under_way.borrow_mut();
        if let Ok(at) = place
            && let Some(known) = under_way.get(at)
            // What was sent before is not fresh.
            && (fresh == Fresh::Nothing || known.batch.borrow().is_none())
        {
            known.waiting.set(known.waiting.get() + 1);
            return Rc::clone(known);
        }
        let asked = Rc::new(Asked {
            question,
            fresh,
            outcome: RefCell::default(),
            waiting: Cell::new(1),
            wakers: Wakers::default(),
            batch: RefCell::default(),
        });
        match place.map(|at| under_way.get_mut(at)) {
            Ok(Some(slot)) => *slot = Rc::clone(&asked),
            Ok(None) => {}
            Err(at) => under_way.insert(at, Rc::clone(&asked)),
        }
        self.gathered.borrow_mut().push(Rc::clone(&asked));
        asked
    }

    fn settle(&self, asked: &Rc<Asked>, outcome: Outcome) {
        self.remove(asked);
        if asked.outcome.borrow().is_none()
            && let Some(batch) = &*asked.batch.borrow()
        {
            batch.open.set(batch.open.get() - 1);
        }
        asked.outcome.borrow_mut().get_or_insert(outcome);
        asked.wakers.wake_all();
    }

    fn remove(&self, asked: &Rc<Asked>) {
        let place = self.place(&asked.question, asked.fresh);
        let mut under_way = self.under_way.borrow_mut();
        if let Ok(at) = place
            && under_way.get(at).is_some_and(|other| Rc::ptr_eq(other, asked))
        {
            under_way.remove(at);
        }
    }

    /// Where it is, or where it would stand.
    fn place(&self, question: &Question, fresh: Fresh) -> Result<usize, usize> {
        let under_way = self.under_way.borrow();
        under_way
            .binary_search_by(|asked| asked.question.cmp(question).then(asked.fresh.cmp(&fresh)))
    }

    /// One of those who waited does so no more. If nobody does for the whole batch, it ends.
    fn leave(&self, asked: &Rc<Asked>) {
        asked.waiting.set(asked.waiting.get() - 1);
        if asked.waiting.get() > 0 {
            return;
        }
        if asked.outcome.borrow().is_none() {
            self.remove(asked);
        }
        if let Some(batch) = asked.batch.take() {
            batch.left.set(batch.left.get() - 1);
            if batch.left.get() == 0 {
                batch.end.abort();
            }
        }
    }
}

/// Somebody's wait for the answers to some questions.
struct Waits<H: Host> {
    client: Rc<Client<H>>,
    asked: Vec<Rc<Asked>>,
}

impl<H: Host> Drop for Waits<H> {
    fn drop(&mut self) {
        self.asked.iter().for_each(|asked| self.client.gather.leave(asked));
    }
}

impl<H: Host> Client<H> {
    /// `ask(questions, call) -> outcomes`
    ///
    /// An outcome for each question, in their order. One that fails spoils no other; what there
    /// is no time for has [`Error::OutOfTime`] for an outcome, or a secret that may be stale.
    /// Questions are registered at once; the future only waits.
    ///
    /// # Errors
    /// [`Error::Cancelled`]
    pub fn ask(
        self: &Rc<Self>,
        questions: Vec<Question>,
        call: Call<H::Signal>,
    ) -> impl Future<Output = Result<Vec<Outcome>, Error>> + use<H> {
        // What is aborted already asks for nothing.
        let is_over = call.signals.iter().any(|signal| self.host.is_aborted(signal));
        let questions = if is_over { Vec::new() } else { questions };
        let is_first = self.gather.gathered.borrow().is_empty();
        let join = |question| self.gather.join(question, call.fresh);
        let waits =
            Waits { client: Rc::clone(self), asked: questions.into_iter().map(join).collect() };
        if is_first && !self.gather.gathered.borrow().is_empty() {
            let client = Rc::clone(self);
            self.host.spawn(async move { client.send_gathered() });
        }
        async move {
            let Waits { client, asked } = &waits;
            let settled = async {
                for asked in asked {
                    let place = asked.wakers.enter();
                    poll_fn(|context| {
                        asked.wakers.put(place, context.waker());
                        if asked.outcome.borrow().is_some() {
                            Poll::Ready(())
                        } else {
                            Poll::Pending
                        }
                    })
                    .await;
                }
                Ok(())
            };
            let start = client.start_ms();
            let late = match client.within(&call, settled).await {
                Ok(()) => None,
                Err(error @ Error::OutOfTime { .. }) => Some(error),
                Err(error) => return Err(error),
            };
            // The last one to be answered does it for all of its batch.
            let is_open = |asked: &Rc<Asked>| {
                asked.batch.borrow().as_ref().is_some_and(|batch| batch.open.get() > 0)
            };
            if late.is_some() || !asked.iter().any(is_open) {
                client.leave_news(&call, start).await;
            }
            let outcome = |asked: &Rc<Asked>| {
                let outcome = asked.outcome.borrow().clone();
                outcome.unwrap_or_else(|| client.too_late(asked, late.clone()))
            };
            Ok(asked.iter().map(outcome).collect())
        }
    }

    /// What may be given for something when there was no time to ask for it.
    fn too_late(&self, asked: &Asked, error: Option<Error>) -> Outcome {
        let key = asked.question.secret_key().filter(|_| asked.fresh == Fresh::Nothing);
        let stale = key.and_then(|key| self.stale(&key));
        stale.ok_or(error.unwrap_or(NO_ANSWER))
    }

    fn stale(&self, key: &str) -> Option<Rc<Answer>> {
        let account = self.account().ok()?;
        let found = account.cache.borrow().stale_secret(key, self.host.now_ms())?;
        self.note(Event::Cache(CacheUse::Stale));
        Some(Rc::new(Answer::Value(found)))
    }

    /// Begins with what was asked for in one go.
    fn send_gathered(self: Rc<Self>) {
        let gathered = self.gather.gathered.take();
        if !self.waits_for_others {
            self.gather.forget();
        }
        for fresh in [Fresh::Nothing, Fresh::Secrets, Fresh::All] {
            let is_wanted = |asked: &&Rc<Asked>| asked.fresh == fresh && asked.waiting.get() > 0;
            let asked: Vec<_> = gathered.iter().filter(is_wanted).cloned().collect();
            if asked.is_empty() {
                continue;
            }
            let (end, registration) = AbortHandle::new_pair();
            let count = || Cell::new(asked.len());
            let batch = Rc::new(Batch { left: count(), open: count(), end: end.clone() });
            for asked in &asked {
                asked.batch.replace(Some(Rc::clone(&batch)));
            }
            let client = Rc::clone(&self);
            self.host.spawn(async move {
                let _entry = client.running.enter(end);
                let reading = client.read_gathered(&asked, fresh);
                let start_ms = client.start_ms();
                let result = Abortable::new(reading, registration).await;
                if result.is_err() {
                    // Nobody waits any more who would do it.
                    client.leave_news(&client.call(None, None, false), start_ms).await;
                }
                // Ended from outside: by those who wait, and then nobody is told, or with the client.
                let error = result.unwrap_or(Err(Error::Closed)).err().unwrap_or(NO_ANSWER);
                for asked in asked.iter().filter(|asked| asked.outcome.borrow().is_none()) {
                    client.gather.settle(asked, Err(error.clone()));
                }
                client.expire_secrets();
            });
        }
    }

    async fn read_gathered(&self, asked: &[Rc<Asked>], fresh: Fresh) -> Result<(), Error> {
        let questions: Vec<_> = asked.iter().map(|asked| &asked.question).collect();
        let settle = |index, outcome| {
            if let Some(asked) = asked.get::<usize>(index) {
                self.gather.settle(asked, outcome);
            }
        };
        self.resolve_all(&questions, fresh, &settle).await
    }
}

/// A defect: a batch settles every question.
const NO_ANSWER: Error = Error::Protocol { what: "there was no answer" };
