//! What a session does to requests and answers: it numbers, signs and seals.

use crate::{
    auth::{
        envelope::{SymmetricKey, parts},
        pause,
        retry::MAX_SAID_MS,
    },
    base::{
        encoding::{encode_base64url, is_web_page, without_keys},
        error::{Error, Limit, Said},
        interner::Interner,
        json::{parse, to_json},
        secret::Secret,
    },
    crypto::{
        aead::{IV_BYTES, KEY_BYTES, TAG_BYTES},
        mac::{MacKey, Message},
    },
    wire::{
        http::{HttpResponse, SHORT_BYTES},
        sealed::{Envelope, ErrorResponse},
    },
};
use std::cell::{Cell, RefCell};

/// What an answer is called in an error.
pub const ANSWER: &str = "an answer of the server";
/// What the service says is told up to here.
const MAX_WORDS_CHARS: usize = 200;
/// Request numbers start below this.
const FIRST_NUMBER_LIMIT: u32 = 1 << 20;
/// Above it start those of a session that others use too; what one process sends
/// by itself stays below.
const SHARED_NUMBERS: u32 = 1 << 26;
/// Answers that a session remembers: about 1 MB. Then there is to be another one.
const MAX_ANSWERS: usize = 20_000;

/// A request as the protocol has it: what is sent, without where and by whom.
#[derive(Debug)]
pub struct Call {
    /// What it is for, in the words of an error message.
    pub action: &'static str,
    /// HTTP method in upper case.
    pub method: &'static str,
    /// Path with its leading slash, and query with its question mark if there is one.
    pub target: String,
    /// `X-AgileBits-Session-ID`
    pub session_id: Option<String>,
    /// `X-AgileBits-MAC`
    pub mac: Option<String>,
    /// JSON, sealed if a session seals it.
    pub body: Option<String>,
    /// `Accept`, where it is not JSON.
    pub accept: Option<&'static str>,
    /// The longest answer that is read.
    pub max_bytes: u64,
    /// Whether it changes something: no such request is sent a second time unless the first was
    /// refused.
    pub is_write: bool,
}

/// How long a session is lent to others. The service does not say how long one lives.
const LENT_MS: u64 = 15 * 60 * 1000;
/// How far the clock of whoever lends it, or leaves anything else, may be ahead.
pub const CLOCK_SKEW_MS: u64 = 60_000;

/// A session that one process leaves for others.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: Secret<[u8; KEY_BYTES]>,
    /// Until when it may be used: Unix time in milliseconds.
    pub ends_ms: u64,
}

impl StoredSession {
    /// `is_usable(now_ms) -> bool`
    ///
    /// A clock that was set back does not make it live longer.
    pub fn is_usable(&self, now_ms: u64) -> bool {
        (1..=LENT_MS + CLOCK_SKEW_MS).contains(&self.ends_ms.saturating_sub(now_ms))
    }
}

/// An agreed session: both sides have proved that they know its key.
#[derive(Debug)]
pub struct Session {
    id: String,
    key: SymmetricKey,
    mac_key: MacKey,
    host: String,
    next_number: Cell<u32>,
    /// Until when it may be used by others: Unix time in milliseconds.
    ends_ms: u64,
    /// Whether another process has lent it.
    is_lent: bool,
    /// Whether the service has yet to show that it knows a resumed session.
    pub is_in_doubt: Cell<bool>,
    /// Whether the service has refused it: many requests may be told at once.
    pub is_refused: Cell<bool>,
    /// The tags of its answers.
    answers: RefCell<Interner>,
    /// Whether the service has answered a request of it since a 401.
    pub is_alive: Cell<bool>,
}

impl Session {
    /// `new(id, key, host, random) -> session`
    ///
    /// # Shapes
    /// - `id`: as the server gave it; `key`: 32 bytes; `host`: the account's, lower
    ///   case, without port; `random`: where request numbers start, reduced below 2^20
    /// # Source
    /// protocol.md “Headers” (observed)
    pub fn new(id: String, key: &Secret<[u8; 32]>, host: &str, random: u32) -> Self {
        Self {
            key: SymmetricKey::new(id.clone(), key.clone()),
            mac_key: MacKey::derive(key),
            host: host.to_owned(),
            next_number: Cell::new(random % FIRST_NUMBER_LIMIT),
            ends_ms: 0,
            is_lent: false,
            is_in_doubt: Cell::new(false),
            is_refused: Cell::new(false),
            answers: RefCell::default(),
            is_alive: Cell::new(false),
            id,
        }
    }

    /// `resume(stored, host, random) -> session`
    ///
    /// A session that was agreed by another process, which may go on with it at the
    /// same time. No number may be sent twice, so each process starts at a random
    /// one of the 2^32 − 2^26 above all that begin a session. That two of k
    /// processes with n requests each meet is about as likely as k²·n / 2^32: for
    /// 100 requests within a session's life one in 430,000 for 10 processes, one in
    /// 43 for 1,000. The service refuses a repeated number; the process then signs
    /// in by itself.
    pub fn resume(stored: StoredSession, host: &str, random: u32) -> Self {
        let StoredSession { id, key, ends_ms } = stored;
        let first = SHARED_NUMBERS + random % (u32::MAX - SHARED_NUMBERS - FIRST_NUMBER_LIMIT);
        let session = Self { ends_ms, is_lent: true, ..Self::new(id, &key, host, 0) };
        session.next_number.set(first);
        session.is_in_doubt.set(true);
        session
    }

    /// `begun(self, now_ms) -> session`
    ///
    /// It begins now: from then on it may be lent for a while.
    #[must_use]
    pub fn begun(self, now_ms: u64) -> Self {
        Self { ends_ms: now_ms + LENT_MS, ..self }
    }

    /// `stored() -> session`
    ///
    /// For other processes, unless the service has yet to show that it knows it, or does not.
    pub fn stored(&self) -> Option<StoredSession> {
        let Self { id, key, ends_ms, .. } = self;
        let key = Secret::from_slice(key.expose())?;
        let is_sound = !self.is_in_doubt.get() && !self.is_refused.get() && !self.is_worn();
        is_sound.then(|| StoredSession { id: id.clone(), key, ends_ms: *ends_ms })
    }

    /// `is_lent(now_ms) -> bool`
    ///
    /// Whether another process has lent it for longer than until now.
    pub const fn is_lent(&self, now_ms: u64) -> bool {
        self.is_lent && self.ends_ms > now_ms
    }

    /// `id() -> text`
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `key_bytes() -> bytes`
    ///
    /// The session key itself, for the host, which opens long answers.
    pub fn key_bytes(&self) -> &[u8; KEY_BYTES] {
        self.key.expose()
    }

    /// `post(action, target, body, iv) -> call`
    ///
    /// A request with a sealed body, signed under the next number.
    ///
    /// # Shapes
    /// - `body`: JSON; `iv`: 12 random bytes
    /// # Errors
    /// [`Error::Decryption`] if the body is longer than GCM allows.
    pub fn post(
        &self,
        action: &'static str,
        target: String,
        body: &str,
        iv: [u8; IV_BYTES],
    ) -> Result<Call, Error> {
        Ok(self.sign(action, "POST", target, Some(self.seal(body, iv)?)))
    }

    /// `seal(body, iv) -> text`
    ///
    /// A request's body as it travels.
    ///
    /// # Shapes
    /// - `body`: JSON; `iv`: 12 random bytes
    /// # Errors
    /// [`Error::Decryption`] if the body is longer than GCM allows.
    pub fn seal(&self, body: &str, iv: [u8; IV_BYTES]) -> Result<String, Error> {
        Ok(to_json(&self.key.seal(iv, body.as_bytes())?))
    }

    /// `sign(action, method, target, body) -> call`
    ///
    /// A request, signed under the next number.
    ///
    /// # Shapes
    /// - `body`: as [`Session::seal`] gives it
    /// # Source
    /// protocol.md “Headers” (observed)
    pub fn sign(
        &self,
        action: &'static str,
        method: &'static str,
        target: String,
        body: Option<String>,
    ) -> Call {
        let number = self.next_number.get();
        self.next_number.set(number.wrapping_add(1));
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let mac = self.mac_key.header(Message {
            session_id: &self.id,
            method,
            host: &self.host,
            path,
            query,
            number,
        });
        Call {
            action,
            method,
            session_id: Some(self.id.clone()),
            mac: Some(mac),
            body,
            target,
            accept: None,
            max_bytes: SHORT_BYTES,
            is_write: false,
        }
    }

    /// `open(response) -> plaintext`
    ///
    /// # Errors
    /// [`Error::Protocol`] if the body is not an envelope, [`Error::Decryption`]
    /// if it was not sealed with this session's key.
    /// # Source
    /// protocol.md “Headers” (observed)
    pub fn open(&self, response: &HttpResponse) -> Result<Secret<Vec<u8>>, Error> {
        self.open_parts(parts(read_envelope(response)?, ANSWER)?)
    }

    /// `open_parts((iv, sealed)) -> plaintext`
    ///
    /// # Errors
    /// [`Error::Decryption`] if it was not sealed with this session's key.
    pub fn open_parts(&self, parts: (Vec<u8>, Vec<u8>)) -> Result<Secret<Vec<u8>>, Error> {
        self.key.open_parts(parts, ANSWER)
    }

    /// `receive(tag)`
    ///
    /// An answer with this GCM tag was opened. Each is sealed anew, so that one which comes twice
    /// was recorded on its way: nothing else ties an answer to its request.
    ///
    /// # Errors
    /// [`Error::Protocol`] if it has come before.
    pub fn receive(&self, tag: &[u8]) -> Result<(), Error> {
        let mut answers = self.answers.borrow_mut();
        let count = answers.len();
        if answers.intern(&encode_base64url(tag)) == count {
            return Ok(());
        }
        Err(Error::Protocol { what: "an answer came twice: somebody on the way has recorded it" })
    }

    fn open_once(&self, response: &HttpResponse) -> Result<Secret<Vec<u8>>, Error> {
        let (iv, sealed) = parts(read_envelope(response)?, ANSWER)?;
        let tag = sealed.last_chunk::<TAG_BYTES>().copied().unwrap_or_default();
        let opened = self.open_parts((iv, sealed))?;
        self.receive(&tag)?;
        Ok(opened)
    }

    /// `is_worn() -> bool`
    ///
    /// Whether it has had so many answers that it cannot remember them all.
    pub fn is_worn(&self) -> bool {
        self.answers.borrow().len() >= MAX_ANSWERS
    }
}

/// `read_envelope(response) -> envelope`
///
/// # Errors
/// [`Error::Protocol`] if the body is not an envelope, [`Error::WebPage`].
pub fn read_envelope(response: &HttpResponse) -> Result<Envelope, Error> {
    if is_web_page(&response.body) {
        return Err(Error::WebPage);
    }
    parse::<Envelope>(&response.body)
        .filter(|envelope| !envelope.data.is_empty())
        .ok_or(Error::Protocol { what: "an answer is not a sealed envelope, or is cut off" })
}

/// `asked_pause(response, session) -> (milliseconds, is_sealed)`
///
/// For how long a 429 wants no requests, if it says so, and whether nobody but the service can
/// have said it: then it was sealed with the session's key, and has not come before.
///
/// # Source
/// RFC 9110 §10.2.3; protocol.md “Headers” (assumed)
pub fn asked_pause(response: &HttpResponse, session: Option<&Session>) -> (Option<u64>, bool) {
    let opened = session.and_then(|session| session.open_once(response).ok());
    match opened.and_then(|plaintext| pause::in_error(plaintext.expose())) {
        Some(sealed) => (Some(sealed), true),
        None => (retry_after_ms(response), false),
    }
}

fn said(response: &HttpResponse) -> Said {
    let HttpResponse { body, ahead_s, .. } = response;
    let told: Option<ErrorResponse> = parse(body);
    let is_page = is_web_page(body);
    let plain = std::str::from_utf8(body).ok().filter(|_| told.is_none() && !is_page);
    let ErrorResponse { error_code, error_message, .. } = told.unwrap_or_default();
    let words = plain.unwrap_or(&error_message).trim();
    Said { error_code, words: without_keys(words, MAX_WORDS_CHARS), ahead_s: *ahead_s, is_page }
}

fn retry_after_ms(response: &HttpResponse) -> Option<u64> {
    let in_body = || match read_envelope(response) {
        // Base64 has words, too.
        Ok(_) => None,
        Err(_) => pause::in_body(&response.body),
    };
    let asked = response.retry_after_ms.or_else(in_body);
    asked.map(|ms| ms.min(MAX_SAID_MS))
}

/// `check_status(response, action) -> ()`
///
/// # Errors
/// What a status other than 2xx means, with the service's own error number if it
/// sent one. A 401 is [`Error::AuthenticationFailed`].
/// # Source
/// protocol.md “Headers” (recorded); RFC 9110 §15
pub fn check_status(response: &HttpResponse, action: &'static str) -> Result<(), Error> {
    let status = response.status;
    if matches!(status, 200..=299) {
        return Ok(());
    }
    let retry_after_ms = retry_after_ms(response);
    let said = said(response);
    Err(match status {
        401 => Error::AuthenticationFailed {
            reason: "the service answered “not authenticated”",
            status: Some(status),
            said,
        },
        403 => Error::PermissionDenied { action, said },
        404 => Error::NotFound { action, said },
        409 => Error::Conflict { action, said },
        429 => Error::RateLimited { retry_after_ms, limit: Limit::in_words(&said.words), said },
        _ => Error::ServerError { action, status, retry_after_ms, said },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(first_number: u32) -> Session {
        Session::new("S".repeat(26), &Secret::new([5; 32]), "my.1password.com", first_number)
    }

    fn response(status: u16, body: &[u8]) -> HttpResponse {
        HttpResponse { status, body: body.to_vec(), ..HttpResponse::default() }
    }

    #[test]
    fn requests_are_numbered_and_signed() {
        let session = session((1 << 20) + 41);
        let first =
            session.sign("look", "GET", "/api/v1/vaults?attrs=combined-access".into(), None);
        let second = session.sign("look", "GET", "/api/v1/vaults".into(), None);
        assert_eq!(first.session_id, Some("S".repeat(26)));
        assert_eq!(first.body, None);
        assert!(first.mac.unwrap().starts_with("v1|41|"));
        assert!(second.mac.unwrap().starts_with("v1|42|"));
    }

    #[test]
    fn a_session_goes_on_in_another_process_with_numbers_of_its_own() {
        let own = session(7).begun(1_000_000);
        let stored = own.stored().unwrap();
        let resume = |random| Session::resume(stored.clone(), "my.1password.com", random);
        let number = |session: &Session| {
            let mac = session.sign("look", "GET", "/x".into(), None).mac.unwrap();
            mac.split('|').nth(1).unwrap().parse::<u32>().unwrap()
        };
        let other = resume(3);
        assert_eq!((other.id(), other.key_bytes()), (own.id(), own.key_bytes()));
        assert!(number(&own) < 1 << 20 && number(&other) > 1 << 25);
        assert_ne!(number(&other), number(&resume(u32::MAX)));
        let ends_ms = 1_000_000 + LENT_MS;
        assert!(!own.is_lent(1_000_000) && other.is_lent(ends_ms - 1) && !other.is_lent(ends_ms));
        assert!(other.stored().is_none(), "the service has yet to accept it");
        other.is_in_doubt.set(false);
        assert_eq!(other.stored().unwrap().ends_ms, ends_ms, "it is not lent for longer");
        other.is_refused.set(true);
        assert!(other.stored().is_none());
        for (now_ms, is_usable) in [
            (ends_ms - 1, true),
            (ends_ms, false),
            (ends_ms - LENT_MS - CLOCK_SKEW_MS, true),
            (ends_ms - LENT_MS - CLOCK_SKEW_MS - 1, false),
        ] {
            assert_eq!(stored.is_usable(now_ms), is_usable, "{now_ms}");
        }
    }

    #[test]
    fn bodies_are_sealed_with_the_session_key() {
        let session = session(0);
        let call = session.post("do", "/x".into(), r#"{"userA":"1"}"#, [3; 12]).unwrap();
        let body = call.body.unwrap();
        assert!(!body.contains("userA"));
        assert_eq!(
            session.open(&response(200, body.as_bytes())).unwrap().expose(),
            br#"{"userA":"1"}"#
        );
    }

    #[test]
    fn an_answer_comes_once() {
        let session = session(0);
        for tag in [[1; 16], [2; 16]] {
            assert_eq!(session.receive(&tag), Ok(()));
            assert_eq!(session.receive(&tag).unwrap_err().code(), "protocol");
        }
        let tag = |n: usize| n.to_be_bytes();
        assert!((3..MAX_ANSWERS + 1).all(|n| session.receive(&tag(n)).is_ok()));
        assert!(session.is_worn());
        assert_eq!(session.receive(&tag(3)).unwrap_err().code(), "protocol");
    }

    #[test]
    fn a_sealed_pause_is_the_services_once_and_in_the_shape_of_an_error() {
        let session = session(0);
        let seal = |json| session.post("do", "/x".into(), json, [3; 12]).unwrap().body.unwrap();
        let asked = |body: &str| asked_pause(&response(429, body.as_bytes()), Some(&session));
        for (json, seconds) in [
            (r#"{"errorCode":5,"retryAfter":3600}"#, 3_600),
            (r#"{"errorMessage":"try again in 2 hours"}"#, 7_200),
        ] {
            let body = seal(json);
            assert_eq!(asked(&body), (Some(seconds * 1_000), true), "{json}");
            assert_eq!(asked(&body), (None, false), "again: {json}");
        }
        let body = seal(r#"{"retryAfter":86400}"#);
        session.open_once(&response(200, body.as_bytes())).unwrap();
        assert_eq!(asked(&body), (None, false), "an answer that was received already");
        assert_eq!(asked(&seal(r#"{"item":{"data":"AA-8h-AA"}}"#)), (None, false));
        let foreign = r#"{"kid":"S","enc":"A256GCM","iv":"AAAAAAAAAAAAAAAA","data":"AA-8h-AA"}"#;
        assert_eq!(asked(foreign), (None, false));
        assert_eq!(asked(r#"{"message":"wait 8h"}"#), (Some(28_800_000), false));
    }

    #[test]
    fn answers_that_are_no_envelope() {
        let session = session(0);
        for body in ["", "null", "{}", "[]", "<html>", r#"{"kid":"S","enc":"A256GCM","data":5}"#] {
            let error = session.open(&response(200, body.as_bytes())).unwrap_err();
            assert_eq!(error.code(), "protocol", "{body}");
        }
        let foreign = r#"{"kid":"S","enc":"A256GCM","iv":"AAAAAAAAAAAAAAAA","data":"AAAA"}"#;
        let error = session.open(&response(200, foreign.as_bytes())).unwrap_err();
        assert_eq!(error.code(), "decryption");
    }

    #[test]
    fn statuses() {
        for (status, code) in [
            (401, "authenticationFailed"),
            (403, "permissionDenied"),
            (404, "notFound"),
            (409, "conflict"),
            (429, "rateLimited"),
            (400, "serverError"),
            (500, "serverError"),
        ] {
            let error = check_status(&response(status, b"<html>"), "look").unwrap_err();
            assert_eq!((error.code(), error.status()), (code, Some(status)));
        }
        assert_eq!(check_status(&response(204, b""), "look"), Ok(()));
    }

    #[test]
    fn the_service_error_number_is_shown() {
        let body = br#"{"errorCode":117,"errorMessage":"Not found","requestId":1}"#;
        let error = check_status(&response(404, body), "look").unwrap_err();
        assert!(error.to_string().contains("HTTP 404, service error 117"), "{error}");
    }

    #[test]
    fn when_to_try_again() {
        let limited = |retry_after_ms, body: &[u8]| {
            let body = body.to_vec();
            let response =
                HttpResponse { status: 429, retry_after_ms, body, ..HttpResponse::default() };
            check_status(&response, "look").unwrap_err()
        };
        let error = limited(Some(7000), b"");
        assert_eq!((error.retry_after_ms(), error.retryable()), (Some(7000), true));
        assert_eq!(limited(None, br#"{"retryAfter":3}"#).retry_after_ms(), Some(3000));
        assert_eq!(limited(None, br#"{"retryAfter":-3}"#).retry_after_ms(), None);
    }
}
