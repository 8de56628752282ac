//! Sending requests, within a session and before there is one.

use super::{Account, Client};
use crate::{
    crypto::{aead::IV_BYTES, srp::PRIVATE_VALUE_BYTES},
    error::Error,
    host::{Host, HttpRequest, HttpResponse},
    json::{FromJson, parse},
    secret::Secret,
    session::{Call, Session, check_status},
    sign_in::{Progress, SignIn, SignInRandom},
};
use std::rc::Rc;

const ACCEPT_BYTES: &str = "application/octet-stream, application/json";

/// A request that may be sent again under another session: a `GET`, or with a
/// body a `POST`.
struct Wanted {
    action: &'static str,
    target: String,
    body: Option<String>,
    accept: Option<&'static str>,
}

impl<H: Host> Client<H> {
    pub(super) async fn sign_in(
        &self,
        account: &Account<H::PrivateKey>,
    ) -> Result<Rc<Session>, Error> {
        let random = self.sign_in_random()?;
        let Account { credentials, identity, email, .. } = account;
        let (mut sign_in, mut call) = SignIn::begin(credentials, identity, email, random);
        loop {
            let response = self.send(account, call).await?;
            match sign_in.receive(&response)? {
                Progress::Send(next) => call = next,
                Progress::Done(session) => {
                    let session = Rc::new(session);
                    account.session.replace(Some(Rc::clone(&session)));
                    return Ok(session);
                }
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

    /// Reads JSON within the session.
    pub(super) async fn read<T: FromJson>(
        &self,
        account: &Account<H::PrivateKey>,
        action: &'static str,
        target: String,
    ) -> Result<T, Error> {
        let wanted = Wanted { action, target, body: None, accept: None };
        from_json(&self.exchange(account, wanted).await?)
    }

    /// Posts JSON within the session and reads the answer.
    pub(super) async fn post<T: FromJson>(
        &self,
        account: &Account<H::PrivateKey>,
        action: &'static str,
        target: String,
        body: String,
    ) -> Result<T, Error> {
        let wanted = Wanted { action, target, body: Some(body), accept: None };
        from_json(&self.exchange(account, wanted).await?)
    }

    /// Reads bytes that travel as they are.
    pub(super) async fn read_bytes(
        &self,
        account: &Account<H::PrivateKey>,
        action: &'static str,
        target: String,
    ) -> Result<Vec<u8>, Error> {
        let wanted = Wanted { action, target, body: None, accept: Some(ACCEPT_BYTES) };
        let (_, response) = self.send_in_session(account, wanted).await?;
        Ok(response.body)
    }

    /// The opened answer. Not generic over what is read from it: each kind would
    /// have a copy of all that waits.
    async fn exchange(
        &self,
        account: &Account<H::PrivateKey>,
        wanted: Wanted,
    ) -> Result<Secret<Vec<u8>>, Error> {
        let (session, response) = self.send_in_session(account, wanted).await?;
        session.open(&response)
    }

    /// Sends a request under the session. A session that has ended is renewed once.
    async fn send_in_session(
        &self,
        account: &Account<H::PrivateKey>,
        wanted: Wanted,
    ) -> Result<(Rc<Session>, HttpResponse), Error> {
        let renewals = account.renewals.get();
        let mut session = account.session()?;
        let mut response = self.send(account, self.sign(&session, &wanted)?).await?;
        if response.status == 401 {
            session = self.renew(account, &session, renewals).await?;
            response = self.send(account, self.sign(&session, &wanted)?).await?;
        }
        check_status(&response, wanted.action)?;
        Ok((session, response))
    }

    fn sign(&self, session: &Session, wanted: &Wanted) -> Result<Call, Error> {
        let Wanted { action, ref target, ref body, accept } = *wanted;
        let call = match body {
            None => session.get(action, target.clone()),
            Some(body) => {
                let mut iv = [0; IV_BYTES];
                self.host.fill_random(&mut iv)?;
                session.post(action, target.clone(), body, iv)?
            }
        };
        Ok(Call { accept, ..call })
    }

    /// A session in place of one that has ended. Of all calls that found it ended,
    /// the first signs in and the others take what it got, be it an error.
    /// `renewals` is how many there had been when the call was sent.
    async fn renew(
        &self,
        account: &Account<H::PrivateKey>,
        ended: &Rc<Session>,
        renewals: u64,
    ) -> Result<Rc<Session>, Error> {
        let _turn = account.turn(&account.renewing).await;
        let current = account.session()?;
        if !Rc::ptr_eq(&current, ended) {
            return Ok(current);
        }
        if account.renewals.get() != renewals
            && let Some(error) = account.renewal_failure.borrow().clone()
        {
            return Err(error);
        }
        account.renewals.set(account.renewals.get().wrapping_add(1));
        let renewed = self.sign_in(account).await;
        account.renewal_failure.replace(renewed.as_ref().err().cloned());
        renewed
    }

    async fn send(
        &self,
        account: &Account<H::PrivateKey>,
        call: Call,
    ) -> Result<HttpResponse, Error> {
        let throttling_token = account.throttling_token(self.host.now_ms());
        let address = &account.credentials.address;
        let mut headers = account.identity.headers(&account.credentials.device_id);
        headers.push(("OP-Throttling-Token", throttling_token));
        headers.extend(call.accept.map(|accept| ("Accept", accept.to_owned())));
        headers.extend(call.session_id.map(|id| ("X-AgileBits-Session-ID", id)));
        headers.extend(call.mac.map(|mac| ("X-AgileBits-MAC", mac)));
        headers.extend(call.body.as_ref().map(|_| ("Content-Type", "application/json".into())));
        self.host
            .fetch(HttpRequest {
                action: call.action,
                method: call.method,
                url: format!("{}{}", address.origin(), call.target),
                host: address.host().to_owned(),
                headers,
                body: call.body,
            })
            .await
    }
}

fn from_json<T: FromJson>(plaintext: &Secret<Vec<u8>>) -> Result<T, Error> {
    parse(plaintext.expose())
        .ok_or(Error::Protocol { what: "an answer is not the JSON that it should be" })
}
