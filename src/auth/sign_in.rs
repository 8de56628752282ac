//! Sign-in as a state machine.
//!
//! Nothing here waits: [`SignIn`] says which [`Call`] is next and is told the
//! answer, until it has become a [`Session`].

use crate::{
    auth::{
        identity::Identity,
        session::{Call, Session, check_status},
        token::{Credentials, SRP_ALGORITHM, SRP_METHOD},
    },
    base::{
        encoding::{decode_base64, encode_base64url, is_web_page},
        error::{Error, SIGN_IN as ACTION, Said},
        json::{FromJson, parse, to_json},
        secret::Secret,
    },
    crypto::{
        aead::IV_BYTES,
        srp::{self, Agreement, Ephemeral, PRIVATE_VALUE_BYTES},
    },
    wire::{
        http::{HttpResponse, SHORT_BYTES},
        sign_in::{
            CompleteRequest, CompleteResponse, ConfirmRequest, ConfirmResponse, DeviceResponse,
            ExchangeRequest, ExchangeResponse, StartRequest, StartResponse, UserAuth,
        },
    },
};
use std::mem;

const MAX_SESSION_ID_CHARS: usize = 64;

/// The randomness of one sign-in.
#[derive(Debug)]
pub struct SignInRandom {
    /// SRP's private value.
    pub private_value: Secret<[u8; PRIVATE_VALUE_BYTES]>,
    /// Where request numbers start, reduced below 2^20.
    pub first_number: u32,
    /// Seals the last request of the sign-in.
    pub iv: [u8; IV_BYTES],
}

/// What a sign-in wants next.
#[derive(Debug)]
pub enum Progress {
    /// Send this and [`SignIn::receive`] the answer.
    Send(Call),
    /// Signed in.
    Done(Session),
}

/// A sign-in under way: four requests, or six when the device has to be
/// registered or authorised again first.
///
/// # Source
/// protocol.md “Sign-in: four requests” (observed)
#[derive(Debug)]
pub struct SignIn<'a> {
    credentials: &'a Credentials,
    identity: &'a Identity,
    email: &'a str,
    random: SignInRandom,
    ephemeral: Option<Box<Ephemeral>>,
    step: Step,
}

/// Which answer is awaited.
#[derive(Debug)]
enum Step {
    Start { introduced: bool },
    Introduce,
    Exchange { session_id: String, ephemeral: Box<Ephemeral> },
    Confirm { session_id: String, agreement: Agreement },
    Complete { session: Session },
    Over,
}

impl<'a> SignIn<'a> {
    /// `begin(credentials, identity, email, random) -> (sign_in, first call)`
    ///
    /// # Shapes
    /// - `email`: the credentials' user name in NFKD and lower case
    pub fn begin(
        credentials: &'a Credentials,
        identity: &'a Identity,
        email: &'a str,
        random: SignInRandom,
    ) -> (Self, Call) {
        let step = Step::Start { introduced: false };
        let sign_in = Self { credentials, identity, email, random, ephemeral: None, step };
        let call = sign_in.start();
        (sign_in, call)
    }

    /// `prepare()`
    ///
    /// Computes what later requests need and no answer is needed for: best while the
    /// first answer is on its way.
    pub fn prepare(&mut self) {
        let Self { credentials, random, ephemeral, .. } = self;
        ephemeral.get_or_insert_with(|| {
            Box::new(Ephemeral::generate(&random.private_value, &credentials.srp_x))
        });
    }

    /// `receive(response) -> progress`
    ///
    /// # Errors
    /// [`Error::AuthenticationFailed`] if the service refuses the credentials,
    /// [`Error::ServerNotTrusted`] if the server does not prove that it knows
    /// them, [`Error::Protocol`] for an answer that makes no sense, and what
    /// [`check_status`] says of other refusals. The sign-in is over then.
    pub fn receive(&mut self, response: &HttpResponse) -> Result<Progress, Error> {
        check_status(response, ACTION)?;
        match mem::replace(&mut self.step, Step::Over) {
            Step::Start { introduced } => self.started(&from_json(response)?, introduced),
            Step::Introduce => self.introduced(&from_json(response)?),
            Step::Exchange { session_id, ephemeral } => {
                self.exchanged(session_id, &ephemeral, &from_json(response)?)
            }
            Step::Confirm { session_id, agreement } => {
                self.confirmed(session_id, &agreement, &from_json(response)?)
            }
            Step::Complete { session } => completed(session, response),
            Step::Over => Err(over()),
        }
    }

    fn start(&self) -> Call {
        let request = StartRequest {
            // As the vendor's client sends it (observed).
            email: &self.credentials.email.to_lowercase(),
            sk_format: self.credentials.key_format,
            skid: &self.credentials.key_id,
            device_uuid: &self.credentials.device_id,
        };
        plain_call("POST", "/api/v3/auth/start".into(), None, Some(to_json(&request)))
    }

    fn started(&mut self, answer: &StartResponse, introduced: bool) -> Result<Progress, Error> {
        let session_id = parse_session_id(&answer.session_id)?;
        match answer.status.as_str() {
            "ok" => return self.exchange(answer, session_id),
            "device-not-registered" | "device-deleted" => {}
            _ => return Err(Error::Protocol { what: "auth/start answered an unknown status" }),
        }
        if introduced {
            return Err(Error::Protocol { what: "the device stays unknown though registered" });
        }
        self.step = Step::Introduce;
        let device_id = &self.credentials.device_id;
        Ok(Progress::Send(if answer.status == "device-deleted" {
            let target = format!("/api/v1/device/{device_id}/reauthorize");
            plain_call("PUT", target, Some(session_id), None)
        } else {
            let body = to_json(&self.identity.device(device_id));
            plain_call("POST", "/api/v1/device".into(), Some(session_id), Some(body))
        }))
    }

    fn introduced(&mut self, answer: &DeviceResponse) -> Result<Progress, Error> {
        if answer.success != 1 {
            return Err(Error::Protocol { what: "the device was not registered" });
        }
        self.step = Step::Start { introduced: true };
        Ok(Progress::Send(self.start()))
    }

    fn exchange(&mut self, answer: &StartResponse, session_id: String) -> Result<Progress, Error> {
        if answer.account_key_uuid != self.credentials.key_id {
            return Err(Error::AuthenticationFailed {
                reason: "the account has another secret key",
                status: None,
                said: Said::NOTHING,
            });
        }
        let UserAuth { method, alg, .. } = &answer.user_auth;
        if method != SRP_METHOD || alg != SRP_ALGORITHM {
            return Err(Error::Protocol { what: "auth/start names an unknown way to sign in" });
        }
        self.prepare();
        let Some(ephemeral) = self.ephemeral.take() else { return Err(over()) };
        let body = to_json(&ExchangeRequest { user_a: &ephemeral.user_a() });
        let call = plain_call("POST", "/api/v2/auth".into(), Some(session_id.clone()), Some(body));
        self.step = Step::Exchange { session_id, ephemeral };
        Ok(Progress::Send(call))
    }

    fn exchanged(
        &mut self,
        session_id: String,
        ephemeral: &Ephemeral,
        answer: &ExchangeResponse,
    ) -> Result<Progress, Error> {
        let account = srp::Account {
            key_id: &self.credentials.key_id,
            email: self.email,
            salt: &self.credentials.salt,
            x: &self.credentials.srp_x,
        };
        let agreement = ephemeral.agree(account, &answer.user_b)?;
        let proof = encode_base64url(&agreement.client_proof);
        let body = to_json(&ConfirmRequest { client_verify_hash: &proof });
        let target = "/api/v2/auth/confirm-key".into();
        let call = plain_call("POST", target, Some(session_id.clone()), Some(body));
        self.step = Step::Confirm { session_id, agreement };
        Ok(Progress::Send(call))
    }

    fn confirmed(
        &mut self,
        session_id: String,
        agreement: &Agreement,
        answer: &ConfirmResponse,
    ) -> Result<Progress, Error> {
        let host = self.credentials.address.host();
        let proof = decode_base64(&answer.server_verify_hash).unwrap_or_default();
        if !agreement.verify(&proof) {
            return Err(Error::ServerNotTrusted { host: host.to_owned() });
        }
        let session =
            Session::new(session_id, &agreement.session_key, host, self.random.first_number);
        let body = to_json(&CompleteRequest { client: &self.identity.client(), device: () });
        let call = session.post(ACTION, "/api/v2/auth/complete".into(), &body, self.random.iv)?;
        self.step = Step::Complete { session };
        Ok(Progress::Send(call))
    }
}

const fn over() -> Error {
    Error::Protocol { what: "the sign-in is over" }
}

fn completed(session: Session, response: &HttpResponse) -> Result<Progress, Error> {
    let plaintext = session.open(response)?;
    match parse::<CompleteResponse>(plaintext.expose()) {
        Some(answer) if !answer.user_uuid.is_empty() => Ok(Progress::Done(session)),
        _ => Err(Error::Protocol { what: "auth/complete names no user" }),
    }
}

/// A request before there is a session key: plain JSON, without a MAC.
fn plain_call(
    method: &'static str,
    target: String,
    session_id: Option<String>,
    body: Option<String>,
) -> Call {
    Call {
        action: ACTION,
        method,
        target,
        session_id,
        mac: None,
        body,
        accept: None,
        is_write: false,
        max_bytes: SHORT_BYTES,
    }
}

fn from_json<T: FromJson>(response: &HttpResponse) -> Result<T, Error> {
    if is_web_page(&response.body) {
        return Err(Error::WebPage);
    }
    parse(&response.body).ok_or(Error::Protocol {
        what: "an answer during sign-in is not the JSON it should be, or is cut off",
    })
}

/// A session id goes into a header and into every MAC.
fn parse_session_id(text: &str) -> Result<String, Error> {
    let valid = !text.is_empty()
        && text.len() <= MAX_SESSION_ID_CHARS
        && text.bytes().all(|c| c.is_ascii_alphanumeric());
    if valid {
        Ok(text.to_string())
    } else {
        Err(Error::Protocol { what: "a session id is malformed" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::parse_token;
    use serde_json::{Value, json};

    const SESSION_ID: &str = "SSSSSSSSSSSSSSSSSSSSSSSSSS";

    /// Plays the given answers and returns what the last one leads to.
    fn play(answers: &[Value]) -> (Vec<String>, Result<Progress, Error>) {
        let credentials = parse_token(&crate::auth::token::tests::sample_token()).unwrap();
        let identity = Identity::new("tests", "0", "linux", "x64");
        let random = SignInRandom {
            private_value: Secret::new([1; PRIVATE_VALUE_BYTES]),
            first_number: 0,
            iv: [0; IV_BYTES],
        };
        let (mut sign_in, first) =
            SignIn::begin(&credentials, &identity, &credentials.email, random);
        let mut sent = vec![first.target];
        let mut last = None;
        for answer in answers {
            let body = answer.to_string().into_bytes();
            let response = HttpResponse { status: 200, body, ..HttpResponse::default() };
            let progress = sign_in.receive(&response);
            if let Ok(Progress::Send(call)) = &progress {
                sent.push(call.target.clone());
            }
            last = Some(progress);
        }
        (sent, last.unwrap())
    }

    fn code(answers: &[Value]) -> &'static str {
        play(answers).1.unwrap_err().code()
    }

    fn start() -> Value {
        json!({
            "status": "ok",
            "sessionID": SESSION_ID,
            "accountKeyFormat": "A3",
            "accountKeyUuid": "SAMPLE",
            "userAuth": { "method": "SRPg-4096", "alg": "PBES2g-HS256", "iterations": 1 },
        })
    }

    fn start_with(pointer: &str, value: Value) -> Value {
        let mut answer = start();
        *answer.pointer_mut(pointer).unwrap() = value;
        answer
    }

    #[test]
    fn the_order_of_requests() {
        let unknown = json!({ "status": "device-not-registered", "sessionID": SESSION_ID });
        let (sent, _) =
            play(&[unknown, json!({ "success": 1 }), start(), json!({ "userB": "abc" })]);
        assert_eq!(
            sent,
            [
                "/api/v3/auth/start",
                "/api/v1/device",
                "/api/v3/auth/start",
                "/api/v2/auth",
                "/api/v2/auth/confirm-key"
            ]
        );
    }

    #[test]
    fn a_deleted_device_is_authorised_again_once() {
        let deleted = || json!({ "status": "device-deleted", "sessionID": SESSION_ID });
        let (sent, _) = play(&[deleted()]);
        assert_eq!(sent[1], "/api/v1/device/aaaaaaaaaaaaaaaaaaaaaaaaaa/reauthorize");
        assert_eq!(code(&[deleted(), json!({ "success": 1 }), deleted()]), "protocol");
        assert_eq!(code(&[deleted(), json!({ "success": 0 })]), "protocol");
    }

    #[test]
    fn starts_that_make_no_sense() {
        for answer in [
            json!(null),
            json!({}),
            start_with("/status", json!("banana")),
            start_with("/status", json!(null)),
            start_with("/sessionID", json!("")),
            start_with("/sessionID", json!("a\r\nX-Evil: 1")),
            start_with("/sessionID", json!("A".repeat(65))),
            start_with("/userAuth", json!(null)),
            start_with("/userAuth/method", json!("SRP-1024")),
            start_with("/userAuth/alg", json!("none")),
        ] {
            assert_eq!(code(std::slice::from_ref(&answer)), "protocol", "{answer}");
        }
    }

    #[test]
    fn another_secret_key_is_refused_before_anything_is_computed() {
        let (sent, end) = play(&[start_with("/accountKeyUuid", json!("OTHERS"))]);
        assert_eq!(sent.len(), 1);
        assert!(matches!(end, Err(Error::AuthenticationFailed { status: None, .. })));
    }

    #[test]
    fn a_server_without_the_proof_gets_nothing_more() {
        for proof in [json!("AAAA"), json!(""), json!(null), json!("!"), json!("A".repeat(43))] {
            let answers =
                [start(), json!({ "userB": "abc" }), json!({ "serverVerifyHash": proof })];
            let (sent, end) = play(&answers);
            assert_eq!(sent.len(), 3);
            assert!(matches!(end, Err(Error::ServerNotTrusted { .. })), "{proof}");
        }
    }

    #[test]
    fn after_an_error_it_is_over() {
        assert_eq!(code(&[json!(null), start()]), "protocol");
    }
}
