//! Sending requests, and sending them again.

use super::{Account, Client, events::Sent, sessions::Steps, warm::News};
use crate::{
    auth::{
        envelope::parts,
        session::{ANSWER, Call, Session, asked_pause, check_status, read_envelope},
    },
    base::{
        error::Error,
        json::{FromJson, parse},
        secret::Secret,
    },
    crypto::aead::{IV_BYTES, TAG_BYTES},
    host::{CacheUse, Event, Host, QuotaUse},
    wire::http::{Held, HttpRequest, HttpResponse},
};
use std::rc::Rc;

/// From here on the host opens an answer sooner than this module does.
const LONG_BYTES: usize = 32 * 1024;
pub(super) const NOT_JSON: Error =
    Error::Protocol { what: "an answer is not the JSON that it should be" };
const ACCEPT_BYTES: &str = "application/octet-stream, application/json";

const MIB: u64 = 1024 * 1024;
/// The longest answers that are read, as they travel. They are sealed, which makes them a third
/// longer, and what is sealed inside a third more.
pub(super) const VAULT_BYTES: u64 = MIB;
pub(super) const ITEM_BYTES: u64 = 4 * MIB;
/// Of the lists of vaults and of who reaches a vault.
pub(super) const LIST_BYTES: u64 = 16 * MIB;
/// Of the item that holds all variables of an Environment.
pub(super) const ENVIRONMENT_BYTES: u64 = 32 * MIB;
/// Each holds a private key: 10,000 of them take 34 MB.
pub(super) const KEYSETS_BYTES: u64 = 48 * MIB;
/// Above what the overviews of 50,000 items or the largest file take.
pub(super) const LARGEST_BYTES: u64 = 64 * MIB;
/// What each further item of a batch may take.
const BATCHED_BYTES: u64 = MIB / 2;

/// The longest answer to a question for so many items.
pub(super) const fn batch_bytes(items: usize) -> u64 {
    ITEM_BYTES + BATCHED_BYTES * items as u64
}

/// A request that may be sent again under another session.
pub(super) struct Wanted {
    pub(super) action: &'static str,
    pub(super) method: &'static str,
    pub(super) target: String,
    /// JSON.
    pub(super) body: Option<String>,
    pub(super) accept: Option<&'static str>,
    /// The longest answer that is read.
    pub(super) max_bytes: u64,
    /// Since which reading a refusal counts: what was refused before is asked for again.
    pub(super) since: u64,
    /// What it changes.
    pub(super) change: Change,
}

/// What a request changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    #[default]
    None,
    /// Something, of which the answer says more.
    Told,
    /// Something that the service only says to be done: in plain JSON, which says nothing that anybody
    /// relies on. One that is sealed will do.
    Done,
}

impl Wanted {
    pub(super) const fn get(action: &'static str, target: String) -> Self {
        let (body, accept) = (None, None);
        let (max_bytes, since, change) = (ITEM_BYTES, 0, Change::None);
        Self { action, method: "GET", target, body, accept, max_bytes, since, change }
    }

    /// One that changes nothing.
    pub(super) fn post(action: &'static str, target: String, body: String) -> Self {
        Self { method: "POST", body: Some(body), ..Self::get(action, target) }
    }
}

/// What sends a request.
#[derive(Clone, Copy)]
pub(super) enum Sender<'a> {
    /// A call, within its session.
    Call(&'a Session),
    /// A sign-in.
    SignIn(&'a Steps),
}

impl<'a> Sender<'a> {
    const fn session(self) -> Option<&'a Session> {
        match self {
            Sender::Call(session) => Some(session),
            Sender::SignIn(_) => None,
        }
    }
}

impl<H: Host> Client<H> {
    /// Reads JSON within the session.
    pub(super) async fn read<T: FromJson>(
        &self,
        account: &Account<H::PrivateKey>,
        action: &'static str,
        target: String,
        max_bytes: u64,
        since: u64,
    ) -> Result<T, Error> {
        let wanted = Wanted { max_bytes, since, ..Wanted::get(action, target) };
        self.read_wanted(account, wanted).await.map(|(read, _)| read)
    }

    /// The same for any request; and the answer's part of the allowance, for as long as much is
    /// kept of it.
    pub(super) async fn read_wanted<T: FromJson>(
        &self,
        account: &Account<H::PrivateKey>,
        wanted: Wanted,
    ) -> Result<(T, Held), Error> {
        let (plaintext, held) = self.exchange(account, wanted).await?;
        Ok((parse(plaintext.expose()).ok_or(NOT_JSON)?, held))
    }

    /// Reads bytes that travel as they are.
    pub(super) async fn read_bytes(
        &self,
        account: &Account<H::PrivateKey>,
        action: &'static str,
        target: String,
        since: u64,
    ) -> Result<(Vec<u8>, Held), Error> {
        let (accept, max_bytes) = (Some(ACCEPT_BYTES), LARGEST_BYTES);
        let wanted = Wanted { accept, max_bytes, since, ..Wanted::get(action, target) };
        let (bytes, held) = self.exchange(account, wanted).await?;
        Ok((bytes.into_inner(), held))
    }

    /// The opened answer, unless the service has refused the same a moment ago and that counts. Not
    /// generic over what is read from it: each kind would have a copy of all that waits.
    pub(super) async fn exchange(
        &self,
        account: &Account<H::PrivateKey>,
        wanted: Wanted,
    ) -> Result<(Secret<Vec<u8>>, Held), Error> {
        let key = [&wanted.target, wanted.body.as_deref().unwrap_or_default()].concat();
        let now_ms = self.host.now_ms();
        if let Some(error) = account.cache.borrow().missing(&key, now_ms, wanted.since) {
            self.note(Event::Cache(CacheUse::Hit));
            return Err(error);
        }
        // A sign-in that is refused is another matter.
        self.session(account).await?;
        let reading = account.cache.borrow_mut().begin(now_ms);
        let missed = account.cache.borrow().missed(&key);
        let change = wanted.change;
        let answer = self.exchange_now(account, wanted, missed.as_ref()).await;
        let mut cache = account.cache.borrow_mut();
        match &answer {
            // That a change was refused says nothing of another one.
            _ if change != Change::None => {}
            Err(error) if error.is_refusal() => cache.put_missing(&key, reading, error.clone()),
            Err(_) => {}
            Ok(_) => {
                cache.put_found(&key, reading);
            }
        }
        answer
    }

    async fn exchange_now(
        &self,
        account: &Account<H::PrivateKey>,
        wanted: Wanted,
        missed: Option<&Error>,
    ) -> Result<(Secret<Vec<u8>>, Held), Error> {
        let (is_plain, change) = (wanted.accept.is_some(), wanted.change);
        let (session, response) = self.send_in_session(account, wanted, missed).await?;
        if is_plain {
            return Ok((Secret::new(response.body), response.held));
        }
        let is_long = response.body.len() >= LONG_BYTES;
        let mut turn = self.begin_turn();
        let envelope = match read_envelope(&response) {
            Err(Error::Protocol { .. }) if change == Change::Done => {
                return Ok((Secret::new(response.body), response.held));
            }
            envelope => envelope?,
        };
        self.breathe(&mut turn).await;
        let (iv, sealed) = parts(envelope, ANSWER)?;
        // The body may be as long as what is opened out of it.
        let HttpResponse { held, body, .. } = response;
        drop(body);
        let tag = sealed.last_chunk::<TAG_BYTES>().copied();
        let opened = if is_long {
            self.host.open_aes_gcm(session.key_bytes(), &iv, &sealed, ANSWER).await?
        } else {
            session.open_parts((iv, sealed))?
        };
        session.receive(tag.as_ref().map_or(&[], <[u8; TAG_BYTES]>::as_slice))?;
        Ok((opened, held))
    }

    /// Sends a request under the session. A session that is refused is renewed once,
    /// and what may pass is tried again, each time under a new number, unless it is a trial of
    /// what has failed before, or changes something: the service may have done it.
    async fn send_in_session(
        &self,
        account: &Account<H::PrivateKey>,
        wanted: Wanted,
        missed: Option<&Error>,
    ) -> Result<(Rc<Session>, HttpResponse), Error> {
        let mut session = self.session(account).await?;
        let mut is_renewed = false;
        let mut retry = 0;
        loop {
            let attempts = account.sign_ins.attempts.get();
            let sent =
                self.send(account, Sender::Call(&session), self.sign(&session, &wanted)?, retry);
            let sent = sent.await;
            let error = match sent {
                Ok(response) if !is_renewed && is_refusal(&session, &wanted, &response, missed) => {
                    session = self.session_after(account, Some(&session), attempts).await?;
                    // One that was lent may have ended as well.
                    is_renewed = !session.is_in_doubt.get();
                    continue;
                }
                Ok(response) => match check_status(&response, wanted.action) {
                    Ok(()) => {
                        // What a change is answered may be in plain JSON, which proves nothing.
                        if wanted.change == Change::None {
                            session.is_in_doubt.set(false);
                        }
                        session.is_alive.set(true);
                        return Ok((session, response));
                    }
                    Err(error) => {
                        let is_refused = is_renewed && response.status == 401;
                        if is_refused && !session.is_refused.replace(true) {
                            account.standing.sign_ins.session_refused(self.host.now_ms());
                            account.note_news(News::Pauses);
                            account.sign_ins.refused(&error);
                        }
                        error
                    }
                },
                Err(error) => error,
            };
            let paused = match missed.is_some() || wanted.change != Change::None {
                true => Err(error),
                false => self.pause(account, error, retry).await,
            };
            if let Err(error) = paused {
                // That there is no such thing, in the words of the service, says nothing of the session:
                // the name may be an old one.
                let is_missing =
                    matches!(&error, Error::NotFound { said, .. } if said.error_code.is_some());
                if session.is_in_doubt.get() && !is_missing {
                    account.sign_ins.doubt(&session);
                }
                return Err(error);
            }
            retry += 1;
        }
    }

    /// Waits until it is time to try again.
    ///
    /// # Errors
    /// The error, if it is not.
    pub(super) async fn pause(
        &self,
        account: &Account<H::PrivateKey>,
        error: Error,
        retry: u32,
    ) -> Result<(), Error> {
        let mut random = [0; 4];
        self.host.fill_random(&mut random)?;
        match account.backoff.pause_ms(&error, retry, u32::from_le_bytes(random)) {
            Some(ms) => {
                self.host.sleep(ms as f64).await;
                Ok(())
            }
            None => Err(error),
        }
    }

    fn sign(&self, session: &Session, wanted: &Wanted) -> Result<Call, Error> {
        let Wanted { action, method, ref target, ref body, accept, max_bytes, change, .. } =
            *wanted;
        let mut sealed = None;
        if let Some(body) = body {
            sealed = Some(session.seal(body, self.random_iv()?)?);
        }
        let call = session.sign(action, method, target.clone(), sealed);
        Ok(Call { accept, max_bytes, is_write: change != Change::None, ..call })
    }

    /// For something that is sealed anew.
    pub(super) fn random_iv(&self) -> Result<[u8; IV_BYTES], Error> {
        let mut iv = [0; IV_BYTES];
        self.host.fill_random(&mut iv)?;
        Ok(iv)
    }

    /// Sends a request once, unless the service wants a pause.
    pub(super) async fn send(
        &self,
        account: &Account<H::PrivateKey>,
        sender: Sender<'_>,
        call: Call,
        retry: u32,
    ) -> Result<HttpResponse, Error> {
        let circuit = &account.standing.circuit;
        if circuit.is_due(self.host.now_ms()) {
            // Another process may have tried already.
            self.warm_up_again(account).await;
        }
        let passage = match sender {
            Sender::Call(_) => circuit.enter(self.host.now_ms(), None)?,
            Sender::SignIn(steps) => {
                let passage = circuit.enter(self.host.now_ms(), steps.passage.get())?;
                steps.passage.set(Some(passage));
                steps.sent.set(steps.sent.get() + 1);
                passage
            }
        };
        let throttling_token = account.throttling_token(self.host.now_ms());
        let address = &account.credentials.address;
        let mut headers = account.identity.headers(&account.credentials.device_id);
        headers.push(("OP-Throttling-Token", throttling_token));
        headers.extend(call.accept.map(|accept| ("Accept", accept.to_owned())));
        headers.extend(call.session_id.map(|id| ("X-AgileBits-Session-ID", id)));
        headers.extend(call.mac.map(|mac| ("X-AgileBits-MAC", mac)));
        headers.extend(call.body.as_ref().map(|_| ("Content-Type", "application/json".into())));
        let action = call.action;
        let request = HttpRequest {
            action,
            method: call.method,
            url: format!("{}{}", address.origin(), call.target),
            host: address.host().to_owned(),
            headers,
            body: call.body,
            max_bytes: call.max_bytes,
        };
        let quota = match sender {
            Sender::SignIn(_) => QuotaUse::None,
            Sender::Call(_) if call.is_write => QuotaUse::Write,
            Sender::Call(_) => QuotaUse::Read,
        };
        let on_its_way = Sent::new(self, (call.method, call.target), quota, retry);
        let fetching = self.host.fetch(request, &on_its_way.progress);
        let sent = self.in_time(action, address.host(), fetching).await;
        drop(on_its_way);
        match (&sent, sender) {
            (Ok(response), _) if response.status == 429 => {
                let (asked_ms, is_sealed) = asked_pause(response, sender.session());
                let ms = circuit.throttle(passage, self.host.now_ms(), asked_ms, is_sealed);
                self.note(Event::Throttle(ms));
                account.note_news(News::Pauses);
                return match check_status(response, action) {
                    Err(Error::RateLimited { limit, said, .. }) => {
                        circuit.limited(limit);
                        Err(Error::RateLimited { retry_after_ms: Some(ms), limit, said })
                    }
                    _ => sent,
                };
            }
            (Ok(_), Sender::Call(_)) => {
                if circuit.pass(passage) {
                    account.note_news(News::Pauses);
                }
            }
            // That sign-ins are not limited says nothing of what a session asks.
            _ => circuit.fail(passage),
        }
        sent
    }
}

/// Whether the service does not accept the session. One that was lent may be
/// nobody's any more, and what that is answered is not known.
fn is_refusal(
    session: &Session,
    wanted: &Wanted,
    response: &HttpResponse,
    missed: Option<&Error>,
) -> bool {
    match response.status {
        // If this was refused before and others are answered, it is not for the session.
        401 => {
            let is_alive = session.is_alive.replace(false);
            !(is_alive && matches!(missed, Some(Error::AuthenticationFailed { .. })))
        }
        _ if !session.is_in_doubt.get() => false,
        404 | 408 | 429 => false,
        // Any other refusal of a change does not depend on the session.
        400..500 => wanted.change == Change::None || response.status == 403,
        // What changes something has done so.
        200..300 => {
            wanted.accept.is_none()
                && wanted.change == Change::None
                && session.open(response).is_err()
        }
        _ => false,
    }
}
