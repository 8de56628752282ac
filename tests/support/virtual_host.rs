//! A host whose clock and network are the test's own, so that every order of arrival, abort and
//! deadline can be written down. Nothing goes on by itself: tasks run when the test says so, time
//! passes when it advances it, and a request is held until it lets it go to the emulator.

use crate::support::host::NativeHost;
use onepassword_edge::{
    base::{error::Error, secret::Secret},
    host::{AesKey, Event, Host, HttpRequest, HttpResponse, OaepHash, Progress, RsaPrivateJwk},
};
use pollster::block_on;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    fmt,
    future::{pending, poll_fn},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// No test wakes a task so often: something wakes itself without end.
const MAX_POLLS: usize = 2_000_000;

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// When something is done, and what.
type Later = (f64, Box<dyn FnOnce()>);

/// Some work, unless it is running now, and what wakes it.
type Task = (Option<Work>, Arc<TaskWaker>);

/// The host of a client, and the test's hold on it: all clones are one.
#[derive(Clone)]
pub struct VirtualHost(Rc<World>);

struct World {
    service: NativeHost,
    start_ms: u64,
    elapsed_ms: Cell<f64>,
    /// The last number of a task, a timer or a request.
    last: Cell<u64>,
    polls: Cell<usize>,
    tasks: RefCell<BTreeMap<u64, Task>>,
    ready: Arc<Mutex<VecDeque<u64>>>,
    timers: RefCell<BTreeMap<u64, (f64, Waker)>>,
    /// What nobody waits for.
    later: RefCell<Vec<Later>>,
    held: RefCell<BTreeMap<u64, Held>>,
    requests: Cell<u64>,
    aborted: Cell<u64>,
    sent: RefCell<Vec<String>>,
    events: RefCell<Vec<Event>>,
    store: RefCell<Store>,
}

/// A request that has no answer yet, or one that nobody has taken yet.
struct Held {
    request: Option<HttpRequest>,
    answer: Option<Result<HttpResponse, Error>>,
    waker: Option<Waker>,
}

/// A request under way, as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// Its number: later ones are higher.
    pub number: u64,
    /// Its method and path.
    pub what: String,
}

/// The session store: what it does, holds and was asked.
#[derive(Default)]
pub struct Store {
    /// Whether nothing that it is asked ever ends.
    pub hangs: bool,
    /// Whether it holds nothing, whatever it is given.
    pub fails: bool,
    /// The record that is stored.
    pub record: Option<String>,
    /// How long it is to be kept.
    pub ttl_seconds: u32,
    /// What it was asked, oldest first: `load`, `store`.
    pub asked: Vec<&'static str>,
}

/// Something that a test has begun; what it gave once it is over.
pub struct Begun<T> {
    host: VirtualHost,
    task: u64,
    result: Rc<RefCell<Option<T>>>,
}

impl<T> Begun<T> {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.result.borrow().is_some()
    }

    /// What it gave.
    pub fn result(self) -> T {
        self.result.take().expect("it is not over")
    }

    /// Drops its future, as a caller does that waits no more.
    pub fn leave(self) {
        let task = self.host.0.tasks.borrow_mut().remove(&self.task);
        drop(task);
    }
}

/// What a caller can end its calls with.
#[derive(Clone, Default)]
pub struct Signal(Rc<SignalState>);

#[derive(Default)]
struct SignalState {
    is_given: Cell<bool>,
    listeners: RefCell<BTreeMap<u64, Waker>>,
}

impl Signal {
    /// Gives it.
    pub fn give(&self) {
        self.0.is_given.set(true);
        self.0.listeners.borrow().values().for_each(Waker::wake_by_ref);
    }

    /// Whether it was given.
    pub fn is_given(&self) -> bool {
        self.0.is_given.get()
    }

    /// How many wait for it.
    pub fn listeners(&self) -> usize {
        self.0.listeners.borrow().len()
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signal")
    }
}

impl fmt::Debug for VirtualHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VirtualHost")
    }
}

struct TaskWaker {
    number: u64,
    is_queued: AtomicBool,
    ready: Arc<Mutex<VecDeque<u64>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            self.ready.lock().unwrap().push_back(self.number);
        }
    }
}

impl VirtualHost {
    /// One whose requests go to the network as they are let go.
    pub fn new() -> Self {
        Self::set_back(0)
    }

    /// The same, with a clock that is so far behind the service's.
    pub fn set_back(ms: u64) -> Self {
        let service = NativeHost::new();
        Self(Rc::new(World {
            start_ms: service.now_ms() - ms,
            service,
            elapsed_ms: Cell::new(0.0),
            last: Cell::default(),
            polls: Cell::default(),
            tasks: RefCell::default(),
            ready: Arc::default(),
            timers: RefCell::default(),
            later: RefCell::default(),
            held: RefCell::default(),
            requests: Cell::default(),
            aborted: Cell::default(),
            sent: RefCell::default(),
            events: RefCell::default(),
            store: RefCell::default(),
        }))
    }

    /// Begins something as a task of its own.
    pub fn begin<T: 'static>(&self, work: impl Future<Output = T> + 'static) -> Begun<T> {
        let result = Rc::new(RefCell::new(None));
        let of = Rc::clone(&result);
        let task = self.add(Box::pin(async move {
            let given = work.await;
            assert!(of.borrow_mut().replace(given).is_none(), "it ends twice");
        }));
        Begun { host: self.clone(), task, result }
    }

    /// Runs tasks until none can go on.
    pub fn run(&self) {
        loop {
            let next = self.0.ready.lock().unwrap().pop_front();
            let Some(number) = next else { return };
            let found = self.0.tasks.borrow_mut().get_mut(&number).and_then(|(task, waker)| {
                waker.is_queued.store(false, Ordering::Relaxed);
                Some((task.take()?, Arc::clone(waker)))
            });
            let Some((mut task, waker)) = found else { continue };
            self.count_poll();
            if task.as_mut().poll(&mut Context::from_waker(&waker.into())).is_ready() {
                self.0.tasks.borrow_mut().remove(&number);
            } else if let Some((place, _)) = self.0.tasks.borrow_mut().get_mut(&number) {
                *place = Some(task);
            }
        }
    }

    /// Lets so many milliseconds pass: each timer fires in its time, and what it wakes runs then.
    pub fn advance(&self, ms: f64) {
        let end = self.0.elapsed_ms.get() + ms;
        self.run();
        while let Some((number, at)) = self.next_timer().filter(|(_, at)| *at <= end) {
            self.0.elapsed_ms.set(at.max(self.0.elapsed_ms.get()));
            let timer = self.0.timers.borrow_mut().remove(&number);
            timer.into_iter().for_each(|(_, waker)| waker.wake());
            self.run();
        }
        self.0.elapsed_ms.set(end);
        loop {
            let due = self.0.later.borrow().iter().position(|(at, _)| *at <= end);
            let Some(place) = due else { return };
            let (_, task) = self.0.later.borrow_mut().swap_remove(place);
            task();
        }
    }

    fn next_timer(&self) -> Option<(u64, f64)> {
        let timers = self.0.timers.borrow();
        let all = timers.iter().map(|(number, (at, _))| (*number, *at));
        all.min_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// The requests that wait for an answer, the oldest first.
    pub fn under_way(&self) -> Vec<UnderWay> {
        let held = self.0.held.borrow();
        let waiting = held.iter().filter_map(|(number, held)| {
            let request = held.request.as_ref()?;
            Some(UnderWay { number: *number, what: what_of(request) })
        });
        waiting.collect()
    }

    /// Methods and paths of the requests that wait for an answer.
    pub fn paths_under_way(&self) -> Vec<String> {
        self.under_way().into_iter().map(|request| request.what).collect()
    }

    /// Methods and paths of all requests since the last time that they were asked for.
    pub fn take_sent(&self) -> Vec<String> {
        self.0.sent.take()
    }

    /// Lets a request go to the service and brings its answer. What it wakes does not run yet.
    pub fn answer(&self, number: u64) {
        let request = self.take_request(number);
        self.bring(number, block_on(self.0.service.fetch(request, &Progress::default())));
    }

    /// Answers a request in place of the service.
    pub fn answer_with(&self, number: u64, status: u16, retry_after_ms: Option<u64>) {
        self.take_request(number);
        self.bring(number, Ok(HttpResponse { status, retry_after_ms, ..HttpResponse::default() }));
    }

    /// Answers a request in place of the service, with a body.
    pub fn answer_as(&self, number: u64, status: u16, body: &str) {
        self.take_request(number);
        let body = body.as_bytes().to_vec();
        self.bring(number, Ok(HttpResponse { status, body, ..HttpResponse::default() }));
    }

    /// Has a request fail on its way.
    pub fn fail(&self, number: u64) {
        let HttpRequest { action, host, .. } = self.take_request(number);
        self.bring(number, Err(Error::Network { action, host, cause: "a test".into() }));
    }

    /// Runs, and answers the oldest request.
    pub fn answer_first(&self) {
        self.run();
        let first = self.under_way().into_iter().next();
        self.answer(first.expect("there is no request").number);
        self.run();
    }

    /// Runs, and answers whatever is asked, until nothing goes on.
    pub fn answer_all(&self) {
        self.run();
        while !self.under_way().is_empty() {
            self.answer_first();
        }
    }

    fn take_request(&self, number: u64) -> HttpRequest {
        let mut held = self.0.held.borrow_mut();
        held.get_mut(&number).and_then(|held| held.request.take()).expect("it waits for no answer")
    }

    fn bring(&self, number: u64, answer: Result<HttpResponse, Error>) {
        let mut held = self.0.held.borrow_mut();
        let held = held.get_mut(&number).expect("a request");
        held.answer = Some(answer);
        held.waker.take().into_iter().for_each(Waker::wake);
    }

    /// Milliseconds that have passed.
    pub fn elapsed_ms(&self) -> f64 {
        self.0.elapsed_ms.get()
    }

    /// Whether no task can go on.
    pub fn is_idle(&self) -> bool {
        self.0.ready.lock().unwrap().is_empty()
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.0.requests.get()
    }

    /// How many requests were given up while they waited for their answers.
    pub fn aborted(&self) -> u64 {
        self.0.aborted.get()
    }

    /// What was told since the last time that it was asked for.
    pub fn take_events(&self) -> Vec<Event> {
        self.0.events.take()
    }

    /// How often a task, a timer, a request or a signal was polled.
    pub fn polls(&self) -> usize {
        self.0.polls.get()
    }

    /// How many tasks, timers and requests there are.
    pub fn left(&self) -> [usize; 3] {
        let World { tasks, timers, held, .. } = &*self.0;
        [tasks.borrow().len(), timers.borrow().len(), held.borrow().len()]
    }

    /// The session store.
    pub fn with_store<T>(&self, use_it: impl FnOnce(&mut Store) -> T) -> T {
        use_it(&mut self.0.store.borrow_mut())
    }

    fn number(&self) -> u64 {
        self.0.last.set(self.0.last.get() + 1);
        self.0.last.get()
    }

    fn count_poll(&self) {
        self.0.polls.set(self.0.polls.get() + 1);
        assert!(self.0.polls.get() < MAX_POLLS, "something wakes itself without end");
    }

    fn add(&self, work: Work) -> u64 {
        let number = self.number();
        let ready = Arc::clone(&self.0.ready);
        let waker = Arc::new(TaskWaker { number, is_queued: AtomicBool::new(false), ready });
        self.0.tasks.borrow_mut().insert(number, (Some(work), Arc::clone(&waker)));
        waker.wake();
        number
    }
}

fn what_of(request: &HttpRequest) -> String {
    let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("{} /{}", request.method, path.split('?').next().unwrap_or_default())
}

/// Does something when it goes.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Host for VirtualHost {
    type PrivateKey = <NativeHost as Host>::PrivateKey;
    type Signal = Signal;

    async fn fetch(
        &self,
        request: HttpRequest,
        progress: &Progress,
    ) -> Result<HttpResponse, Error> {
        let number = self.number();
        self.0.requests.set(self.0.requests.get() + 1);
        self.0.sent.borrow_mut().push(what_of(&request));
        let held = Held { request: Some(request), answer: None, waker: None };
        self.0.held.borrow_mut().insert(number, held);
        let _end = OnDrop(|| {
            let held = self.0.held.borrow_mut().remove(&number);
            if held.is_some() {
                self.0.aborted.set(self.0.aborted.get() + 1);
            }
        });
        let answer = poll_fn(|context| {
            self.count_poll();
            let mut all = self.0.held.borrow_mut();
            let held = all.get_mut(&number).expect("a request");
            let Some(answer) = held.answer.take() else {
                held.waker = Some(context.waker().clone());
                return Poll::Pending;
            };
            all.remove(&number);
            Poll::Ready(answer)
        });
        let answer = answer.await?;
        progress.status.set(answer.status);
        progress.bytes.set(answer.body.len() as u64);
        Ok(answer)
    }

    /// Whatever answers on this machine is the tests' own.
    fn has_emulator(&self, _: &str) -> bool {
        true
    }

    fn now_ms(&self) -> u64 {
        self.0.start_ms + self.0.elapsed_ms.get() as u64
    }

    fn ticks_ms(&self) -> f64 {
        self.0.elapsed_ms.get()
    }

    /// No time at all lets the others have their turn.
    async fn sleep(&self, ms: f64) {
        let number = self.number();
        let end = self.0.elapsed_ms.get() + ms;
        let mut had_turn = false;
        let _end = OnDrop(|| drop(self.0.timers.borrow_mut().remove(&number)));
        poll_fn(|context| {
            self.count_poll();
            if self.0.elapsed_ms.get() >= end && (ms > 0.0 || had_turn) {
                return Poll::Ready(());
            }
            if ms > 0.0 {
                let timer = (end, context.waker().clone());
                self.0.timers.borrow_mut().insert(number, timer);
            } else {
                had_turn = true;
                context.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.add(Box::pin(task));
    }

    fn after(&self, ms: f64, task: impl FnOnce() + 'static) {
        let end = self.0.elapsed_ms.get() + ms;
        self.0.later.borrow_mut().push((end, Box::new(task)));
    }

    fn is_aborted(&self, signal: &Signal) -> bool {
        signal.0.is_given.get()
    }

    async fn aborted(&self, signals: &[Signal]) {
        let number = self.number();
        let _end = OnDrop(|| {
            for signal in signals {
                signal.0.listeners.borrow_mut().remove(&number);
            }
        });
        poll_fn(|context| {
            self.count_poll();
            if signals.iter().any(|signal| signal.0.is_given.get()) {
                return Poll::Ready(());
            }
            for signal in signals {
                signal.0.listeners.borrow_mut().insert(number, context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.service.fill_random(bytes)
    }

    fn tell(&self, event: Event) {
        self.0.events.borrow_mut().push(event);
    }

    async fn load_record(&self, _: &str) -> Option<String> {
        let hangs = self.with_store(|store| {
            store.asked.push("load");
            store.hangs
        });
        if hangs {
            return pending().await;
        }
        self.with_store(|store| store.record.clone())
    }

    async fn store_record(&self, _: &str, record: &str, ttl_seconds: u32) -> bool {
        let (hangs, fails) = self.with_store(|store| {
            store.asked.push("store");
            if !store.hangs && !store.fails {
                store.record = Some(record.to_owned());
                store.ttl_seconds = ttl_seconds;
            }
            (store.hangs, store.fails)
        });
        if hangs {
            return pending().await;
        }
        !fails
    }

    fn nfkd(&self, text: &str) -> String {
        self.0.service.nfkd(text)
    }

    async fn import_private_key(
        &self,
        key: &RsaPrivateJwk,
        hash: OaepHash,
    ) -> Result<Self::PrivateKey, Error> {
        self.0.service.import_private_key(key, hash).await
    }

    async fn open_rsa_oaep(
        &self,
        key: &Self::PrivateKey,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        self.0.service.open_rsa_oaep(key, sealed, what).await
    }

    async fn seal_rsa_oaep(
        &self,
        key: [&str; 2],
        hash: OaepHash,
        plaintext: &str,
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        self.0.service.seal_rsa_oaep(key, hash, plaintext, what).await
    }

    async fn open_aes_gcm(
        &self,
        key: &AesKey,
        iv: &[u8],
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        self.0.service.open_aes_gcm(key, iv, sealed, what).await
    }
}
