//! Having a session: by signing in, or one that another process has lent.

use super::{Account, Client, requests::Sender, warm::News};
use crate::{
    auth::{
        retry::{NotNow, Passage},
        session::{Session, StoredSession},
        sign_in::{Progress, SignIn, SignInRandom},
    },
    base::{
        error::{Error, Said},
        secret::Secret,
    },
    crypto::{aead::IV_BYTES, srp::PRIVATE_VALUE_BYTES},
    host::{Event, Host},
};
use futures_util::{future::try_join, lock::Mutex};
use std::{
    cell::{Cell, RefCell},
    ops::Range,
    rc::Rc,
};

/// How soon a sign-in looks again whether others are through.
const BUSY_MS: f64 = 50.0;

/// For how long no sessions are shared after one was refused: at first, and then twice as long each
/// time. On its way anyone could have refused it.
const UNSHARED_MS: u64 = 60_000;
const MAX_UNSHARED_MS: u64 = 60 * UNSHARED_MS;

thread_local! {
    /// Names under which a session was refused in this process, and since and until when no more
    /// are shared.
    static UNSHARED: RefCell<Vec<(String, Range<u64>)>> = RefCell::default();
}

fn is_unshared(name: &str, now_ms: u64) -> bool {
    UNSHARED.with_borrow(|all| {
        all.iter().any(|(other, times)| other == name && times.contains(&now_ms))
    })
}

fn unshare(name: &str, now_ms: u64) {
    UNSHARED.with_borrow_mut(|all| {
        all.retain(|(_, times)| (times.start..times.end + MAX_UNSHARED_MS).contains(&now_ms));
        let known = all.iter().position(|(other, _)| other == name);
        let before = known.map(|place| all.swap_remove(place).1);
        let ms = before.map_or(UNSHARED_MS, |times| (times.end - times.start) * 2);
        all.push((name.to_owned(), now_ms..now_ms + ms.min(MAX_UNSHARED_MS)));
    });
}

/// A sign-in as it goes on: how many of its requests were sent, and that the first was let through.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) sent: Cell<u32>,
    pub(super) passage: Cell<Option<Passage>>,
}

/// The session, and what became of the last attempts to have one.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    session: RefCell<Option<Rc<Session>>>,
    /// Held while one is being had.
    turn: Mutex<()>,
    /// How many attempts there were, and how the last one failed if it did.
    pub(super) attempts: Cell<u64>,
    failure: RefCell<Option<Error>>,
    /// Whether the next session is not to be one that is lent.
    is_stored_doubted: Cell<bool>,
}

impl SignIns {
    /// A sign-in was in vain: the service refused it, or at once the session it gave.
    pub(super) fn refused(&self, error: &Error) {
        self.failure.replace(Some(error.clone()));
    }

    /// A resumed session has not worked yet, whatever the reason: the next call
    /// signs in.
    pub(super) fn doubt(&self, resumed: &Rc<Session>) {
        let mut session = self.session.borrow_mut();
        if session.as_ref().is_some_and(|session| Rc::ptr_eq(session, resumed)) {
            *session = None;
            self.is_stored_doubted.set(true);
        }
    }

    /// Why there is no sign-in for so long.
    fn not_yet(&self, wait_ms: u64) -> Error {
        let retry_after_ms = Some(wait_ms);
        match self.failure.borrow().clone() {
            Some(Error::ServerError { action, status, said, .. }) => {
                Error::ServerError { action, status, retry_after_ms, said }
            }
            Some(other) => other,
            None => Error::RateLimited { retry_after_ms, limit: None, said: Said::NOTHING },
        }
    }
}

impl<H: Host> Client<H> {
    /// A session. Of all calls that want one, the first has it and the others take
    /// what it got, be it an error.
    pub(super) async fn session(
        &self,
        account: &Account<H::PrivateKey>,
    ) -> Result<Rc<Session>, Error> {
        self.session_after(account, None, account.sign_ins.attempts.get()).await
    }

    /// Another session than the one that has ended. `attempts` is how many there had
    /// been to have one when the call was sent that found it ended.
    pub(super) async fn session_after(
        &self,
        account: &Account<H::PrivateKey>,
        ended: Option<&Rc<Session>>,
        attempts: u64,
    ) -> Result<Rc<Session>, Error> {
        let state = &account.sign_ins;
        let usable = || {
            let session = state.session.borrow().clone();
            let is_usable = |session: &Rc<Session>| {
                !session.is_worn() && ended.is_none_or(|ended| !Rc::ptr_eq(session, ended))
            };
            session.filter(is_usable)
        };
        if let Some(session) = usable() {
            return Ok(session);
        }
        let _turn = self.turn(&state.turn).await;
        if let Some(session) = usable() {
            return Ok(session);
        }
        if state.attempts.get() != attempts
            && let Some(error) = state.failure.borrow().clone()
        {
            return Err(error);
        }
        if state.session.borrow().as_ref().is_some_and(|session| session.is_worn()) {
            // Nor that one again from the store.
            state.is_stored_doubted.set(true);
        }
        let had = match self.resume(account, ended).await {
            Some(session) => Ok(session),
            None => self.sign_in_again(account).await,
        };
        state.attempts.set(state.attempts.get().wrapping_add(1));
        state.failure.replace(had.as_ref().err().cloned());
        let session = Rc::new(had?);
        state.session.replace(Some(Rc::clone(&session)));
        Ok(session)
    }

    /// A session that another process has stored, but not again the one that has
    /// ended. One that was lent and has ended before its time is not, and no more are shared
    /// for a while: two processes would otherwise go on ending each other's.
    async fn resume(
        &self,
        account: &Account<H::PrivateKey>,
        ended: Option<&Rc<Session>>,
    ) -> Option<Session> {
        let warm = account.warm.as_ref()?;
        let now_ms = self.host.now_ms();
        if let Some(ended) = ended.filter(|ended| ended.is_lent(now_ms)) {
            warm.refuse_session(ended.id());
            unshare(warm.name(), now_ms);
            account.note_news(News::Session);
            return None;
        }
        if account.sign_ins.is_stored_doubted.take() {
            return None;
        }
        if ended.is_some() || account.standing.sign_ins.is_due(now_ms) {
            self.warm_up_again(account).await;
        } else {
            self.warm_up(account).await;
        }
        let now_ms = self.host.now_ms();
        let stored = warm.own_session(now_ms).filter(|_| !is_unshared(warm.name(), now_ms))?;
        if ended.is_some_and(|ended| ended.id() == stored.id) {
            return None;
        }
        let mut random = [0; 4];
        self.host.fill_random(&mut random).ok()?;
        let host = account.credentials.address.host();
        self.note(Event::Resume);
        Some(Session::resume(stored, host, u32::from_le_bytes(random)))
    }

    /// What other processes may use: the session of this one, or the one that they use already.
    pub(super) fn lent_session(
        &self,
        account: &Account<H::PrivateKey>,
        now_ms: u64,
    ) -> Option<StoredSession> {
        let warm = account.warm.as_ref().filter(|warm| !is_unshared(warm.name(), now_ms))?;
        let own = account.sign_ins.session.borrow().as_ref().and_then(|session| session.stored());
        let own = own.filter(|own| own.is_usable(now_ms));
        own.into_iter().chain(warm.session(now_ms)).max_by_key(|session| session.ends_ms)
    }

    async fn sign_in_again(&self, account: &Account<H::PrivateKey>) -> Result<Session, Error> {
        let (state, allowance) = (&account.sign_ins, &account.standing.sign_ins);
        let mut retry = 0;
        loop {
            let steps = Steps::default();
            let attempt = match allowance.begin(self.host.now_ms()) {
                Ok(attempt) => attempt,
                Err(NotNow::Busy) => {
                    self.host.sleep(BUSY_MS).await;
                    continue;
                }
                Err(NotNow::Paused(wait_ms)) => return Err(state.not_yet(wait_ms)),
            };
            let error = match self.sign_in_once(account, &steps, retry).await {
                Ok(session) => {
                    let now_ms = self.host.now_ms();
                    allowance.accepted(now_ms);
                    self.note(Event::SignIn);
                    account.note_news(News::Session);
                    return Ok(session.begun(now_ms));
                }
                Err(error) => error,
            };
            // What the service did not answer is nothing that it has to be spared.
            let is_answered = !matches!(
                error,
                Error::Network { .. }
                    | Error::Blocked { .. }
                    | Error::Crowded { .. }
                    | Error::RateLimited { .. }
                    | Error::Timeout { .. }
                    | Error::Aborted { .. }
            );
            if is_answered {
                allowance.refused(self.host.now_ms(), steps.sent.get());
                state.refused(&error);
                account.note_news(News::Pauses);
            }
            drop(attempt);
            // From the start: what is halfway agreed is of no use.
            self.pause(account, error, retry).await?;
            retry += 1;
        }
    }

    async fn sign_in_once(
        &self,
        account: &Account<H::PrivateKey>,
        steps: &Steps,
        retry: u32,
    ) -> Result<Session, Error> {
        let sender = Sender::SignIn(steps);
        let random = self.sign_in_random()?;
        let Account { credentials, identity, email, .. } = account;
        let (mut sign_in, call) = SignIn::begin(credentials, identity, email, random);
        let prepare = async {
            // Once the request has left.
            self.host.sleep(0.0).await;
            sign_in.prepare();
            Ok(())
        };
        let (mut response, ()) = try_join(self.send(account, sender, call, retry), prepare).await?;
        loop {
            match sign_in.receive(&response)? {
                Progress::Send(next) => {
                    response = self.send(account, sender, next, retry).await?;
                }
                Progress::Done(session) => return Ok(session),
            }
        }
    }

    fn sign_in_random(&self) -> Result<SignInRandom, Error> {
        let mut private_value = Secret::<[u8; PRIVATE_VALUE_BYTES]>::zeroed();
        let mut first_number = [0; 4];
        let mut iv = [0; IV_BYTES];
        self.host.fill_random(private_value.expose_mut())?;
        self.host.fill_random(&mut first_number)?;
        self.host.fill_random(&mut iv)?;
        Ok(SignInRandom { private_value, first_number: u32::from_le_bytes(first_number), iv })
    }
}
