//! A request through the host's `fetch`, or one that was given. Whatever it does or does not,
//! an answer comes, or a failure.
//!
//! Browsers', Workers' and Bun's own is called with a `Request` that gloo-net makes. Any other is
//! called with an address and a plain object: the only form that all of undici, node-fetch, mocks
//! and service bindings understand. Node's and Deno's own are JavaScript, and nothing tells them
//! from a mock that was there before the module was loaded.

use super::{
    body::read_body,
    clock::Timers,
    failure::{Failure, NO_RESPONSE},
    js::{self, Settled, get, method},
    relay::Relay,
};
use crate::{
    base::json::ToJson,
    host::{HttpRequest, HttpResponse, Progress},
};
use futures_util::future::{Either, select};
use gloo_net::http::{Method, RequestBuilder};
use js_sys::{Date, Function, JSON, JsString, Reflect};
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal, RequestInit, RequestRedirect};

#[wasm_bindgen]
extern "C" {
    /// What stood in the global object when the glue was loaded; in the bare module: when it was
    /// first asked for.
    #[wasm_bindgen(thread_local_v2, js_name = fetch)]
    static HOST_FETCH: Option<Function>;

    #[wasm_bindgen(js_namespace = ["Function", "prototype", "toString"], js_name = call, catch)]
    fn source_of(function: &Function) -> Result<JsString, JsValue>;
}

/// How requests are sent.
#[derive(Debug)]
pub(super) struct Fetch {
    function: Function,
    relay: Option<Relay>,
    form: Cell<Form>,
}

/// What a `fetch` is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A `Request`, which it has not refused yet.
    Untried,
    /// A `Request`.
    Request,
    /// An address and a plain object.
    Plain,
}

/// Aborted when it goes.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        // A polyfill's may throw.
        if let Ok(Some(abort)) = method(&self.0, "abort") {
            let _ = js::call(&abort, &self.0, &[]);
        }
    }
}

impl Fetch {
    pub(super) fn new(function: Function, relay: Option<Relay>) -> Self {
        let form = if is_hosts_own(&function) { Form::Untried } else { Form::Plain };
        Self { function, relay, form: Cell::new(form) }
    }

    /// Sends, and reads the answer to its end.
    pub(super) async fn send(
        &self,
        request: &HttpRequest,
        progress: &Progress,
    ) -> Result<HttpResponse, Failure> {
        let abort = Abort(AbortController::new()?);
        let (url, header) = match &self.relay {
            Some(relay) => {
                let target = relay.target(&request.url)?;
                (target.url, Some(target.header))
            }
            None => (request.url.clone(), None),
        };
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain(header.iter().map(|(name, value)| (*name, value.as_str())))
            .collect();
        let signal = get(&abort.0, "signal")?.unchecked_into();
        let response = self.ask(request, &url, &headers, &signal).await?;
        if self.relay.is_some()
            && let Some(refusal) = Relay::refusal(&response)
        {
            return Err(refusal);
        }
        let status = status(&response)?;
        progress.status.set(status);
        let (body, held) = read_body(&response, request.limit(status), progress).await?;
        let retry_after_ms = retry_after_ms(&response);
        Ok(HttpResponse { status, retry_after_ms, ahead_s: ahead_s(&response), body, held })
    }

    async fn ask(
        &self,
        request: &HttpRequest,
        url: &str,
        headers: &[(&str, &str)],
        signal: &AbortSignal,
    ) -> Result<JsValue, Failure> {
        if self.form.get() != Form::Plain {
            let sent = match hosts_request(request, url, headers, signal) {
                Ok(made) => self.call(&[&made]).await,
                Err(_) => Sent::Refused,
            };
            match sent {
                Sent::Refused => self.form.set(Form::Plain),
                Sent::Answered(answer) => {
                    self.form.set(Form::Request);
                    return answer;
                }
            }
        }
        let init = plain_init(request, headers, signal)?;
        match self.call(&[&url.into(), &init]).await {
            Sent::Answered(answer) => answer,
            Sent::Refused => Err(NO_RESPONSE),
        }
    }

    /// A first `Request` that fails before the host could do anything was not sent: this `fetch`
    /// is of another make.
    async fn call(&self, arguments: &[&JsValue]) -> Sent {
        let is_first = self.form.get() == Form::Untried;
        let sent = match js::call(&self.function, &JsValue::UNDEFINED, arguments) {
            Ok(sent) => sent,
            Err(_) if is_first => return Sent::Refused,
            Err(thrown) => return Sent::Answered(Err(thrown.into())),
        };
        let mut settled = Settled::new(&sent);
        if is_first {
            match select(&mut settled, Timers::Host.pause(0.0)).await {
                Either::Left((Ok(response), _)) => return Sent::Answered(Ok(response)),
                Either::Left((Err(_), _)) => return Sent::Refused,
                Either::Right(_) => {}
            }
        }
        Sent::Answered(settled.await.map_err(Failure::from))
    }
}

/// What became of a call of `fetch`.
enum Sent {
    Answered(Result<JsValue, Failure>),
    Refused,
}

fn is_hosts_own(function: &Function) -> bool {
    let is_loaded = HOST_FETCH.with(|own| own.as_ref() == Some(function));
    // gloo-net stops where those of another make throw.
    let is_class = |name| {
        let class = get(&js_sys::global(), name).unwrap_or_default();
        class.dyn_ref().is_some_and(|class| is_native(class, name))
    };
    is_loaded && is_native(function, "fetch") && is_class("Request") && is_class("Headers")
}

/// By its source: bound functions and proxies look native, too, but have no name there.
fn is_native(function: &Function, name: &str) -> bool {
    source_of(function).is_ok_and(|text| {
        text.starts_with(&["function ", name, "("].concat(), 0) && text.includes("[native code]", 0)
    })
}

fn hosts_request(
    request: &HttpRequest,
    url: &str,
    headers: &[(&str, &str)],
    signal: &AbortSignal,
) -> Result<JsValue, Failure> {
    let method = match request.method {
        "GET" => Method::GET,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => Method::POST,
    };
    let builder = RequestBuilder::new(url)
        .method(method)
        .redirect(RequestRedirect::Manual)
        .abort_signal(Some(signal));
    let builder =
        headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    let made = match &request.body {
        Some(body) => builder.body(body.as_str()),
        None => builder.build(),
    };
    let made: web_sys::Request = made.map_err(Failure::from)?.into();
    Ok(made.into())
}

fn plain_init(
    request: &HttpRequest,
    headers: &[(&str, &str)],
    signal: &AbortSignal,
) -> Result<RequestInit, Failure> {
    // As one text: each property set by itself would be three more ways over the boundary, which
    // is what a process that has just started takes longest for.
    let mut text = String::from("{\"redirect\":\"manual\",\"method\":");
    request.method.write_json(&mut text);
    text.push_str(",\"headers\":{");
    for (index, (name, value)) in headers.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        name.write_json(&mut text);
        text.push(':');
        value.write_json(&mut text);
    }
    text.push_str("}}");
    let init: RequestInit = JSON::parse(&text)?.unchecked_into();
    // What somebody has put on `Object.prototype`, such as a proxy, is nobody's wish.
    let nobody = JsValue::NULL;
    Reflect::set_prototype_of::<JsValue>(init.unchecked_ref(), nobody.unchecked_ref())?;
    init.set_signal(Some(signal));
    if let Some(body) = &request.body {
        init.set_body(&body.into());
    }
    Ok(init)
}

fn status(response: &JsValue) -> Result<u16, Failure> {
    if !response.is_object() {
        return Err(NO_RESPONSE);
    }
    let peek = |name| get(response, name).map_err(|_| NO_RESPONSE);
    let [status, kind, redirected] = [peek("status")?, peek("type")?, peek("redirected")?];
    // As a number, not coerced to one.
    let status = status.as_f64();
    let is_between = |least, most| status.is_some_and(|status| (least..=most).contains(&status));
    let is_redirect = kind == "opaqueredirect" || redirected.as_bool() == Some(true);
    match status {
        _ if is_redirect || is_between(300.0, 399.0) => Err(Failure::Redirect),
        Some(0.0) => Err(Failure::Opaque),
        Some(status) if is_between(200.0, 599.0) => Ok(status as u16),
        _ => Err(NO_RESPONSE),
    }
}

pub(super) fn header(response: &JsValue, name: &str) -> Option<String> {
    let headers = get(response, "headers").ok()?;
    let read = method(&headers, "get").ok()??;
    js::call(&read, &headers, &[&name.into()]).ok()?.as_string()
}

/// Seconds or a date (RFC 9110 §10.2.3), which is by the clock of whoever answers.
fn retry_after_ms(response: &JsValue) -> Option<u64> {
    let text = header(response, "retry-after")?;
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // What is too long for a number is long enough.
        return Some(text.parse().unwrap_or(u64::MAX).saturating_mul(1000));
    }
    let until = parse_date(text)?;
    let now = header(response, "date").and_then(|date| parse_date(&date));
    Some((until - now.unwrap_or_else(Date::now)).max(0.0) as u64)
}

/// By how many seconds the clock here is ahead of whoever answers. A page is not shown `Date`.
fn ahead_s(response: &JsValue) -> i64 {
    let date = header(response, "date").and_then(|date| parse_date(&date));
    date.map_or(0, |date| ((Date::now() - date) / 1000.0) as i64)
}

fn parse_date(text: &str) -> Option<f64> {
    let date = Date::parse(text);
    let is_date = text.starts_with(|first: char| first.is_ascii_uppercase()) && !date.is_nan();
    is_date.then_some(date)
}

#[cfg(test)]
mod tests {
    //! gloo-net's own client is the judge: it asks the same and has to be told the same.

    use super::*;
    use gloo_net::http::Request;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// Where scripts/test-web.mjs serves answers of all kinds.
    const SERVER: &str = match option_env!("ONEPASSWORD_EDGE_TEST_SERVER") {
        Some(address) => address,
        None => "run scripts/test-web.mjs",
    };

    fn fetch() -> Fetch {
        let function = get(&js_sys::global(), "fetch").unwrap();
        Fetch::new(function.unchecked_into(), None)
    }

    async fn send(path: &str, body: Option<&str>) -> Result<HttpResponse, Failure> {
        let request = HttpRequest {
            action: "ask",
            method: if body.is_some() { "POST" } else { "GET" },
            url: format!("{SERVER}{path}"),
            host: String::new(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: body.map(str::to_owned),
            max_bytes: 1 << 30,
        };
        fetch().send(&request, &Progress::default()).await
    }

    async fn judge(path: &str, body: Option<&str>) -> (u16, Vec<u8>) {
        let url = format!("{SERVER}{path}");
        let builder = if body.is_some() { Request::post(&url) } else { Request::get(&url) };
        let builder = builder.header("Content-Type", "application/json");
        let request = match body {
            Some(body) => builder.body(body).unwrap(),
            None => builder.build().unwrap(),
        };
        let response = request.send().await.unwrap();
        (response.status(), response.binary().await.unwrap())
    }

    #[wasm_bindgen_test]
    async fn answers_are_as_another_client_has_them() {
        for (path, body) in [
            ("/echo", None),
            ("/echo", Some("{\"text\":\"ä, 漢, 🎉\"}")),
            ("/empty", None),
            ("/large", None),
            ("/pieces", None),
            ("/status/404", None),
            ("/status/429", None),
            ("/status/503", None),
            ("/service/api/v1/vaults", None),
            ("/service/api/v3/auth/start", Some("{}")),
        ] {
            let response = send(path, body).await.expect(path);
            let (status, bytes) = judge(path, body).await;
            assert_eq!(response.status, status, "{path}");
            // The service's refusals have a number of their own each.
            let is_same = response.body == bytes || path.starts_with("/service/");
            assert!(is_same && response.body.len() == bytes.len(), "{path}: other bytes");
        }
        assert_eq!(judge("/large", None).await.1.len(), 3_000_000);
    }

    #[wasm_bindgen_test]
    async fn progress_and_when_to_come_again() {
        let response = send("/status/503", None).await.unwrap();
        assert_eq!(response.retry_after_ms, Some(7_000));
        let url = format!("{SERVER}/large");
        let (action, host) = ("ask", String::new());
        let request = HttpRequest {
            action,
            method: "GET",
            url,
            host,
            headers: Vec::new(),
            body: None,
            max_bytes: 1 << 30,
        };
        let progress = Progress::default();
        fetch().send(&request, &progress).await.unwrap();
        assert_eq!((progress.status.get(), progress.bytes.get()), (200, 3_000_000));
    }

    #[wasm_bindgen_test]
    async fn redirects_are_not_followed_and_nobody_there_is_told() {
        let redirected = send("/redirect", None).await;
        assert!(matches!(redirected, Err(Failure::Redirect)), "{redirected:?}");
        // By default another client does follow.
        assert_eq!(judge("/redirect", None).await.0, 200);
        let broken = send("/broken", None).await;
        assert!(matches!(broken, Err(Failure::Network(_))), "{broken:?}");
    }

    /// Called with a `Request` it does as `odd` says; with an address and a plain object it answers.
    fn picky(odd: &str) -> Fetch {
        let code = format!(
            "(() => {{ const picky = (input, init) => {{
                picky.calls.push(init === undefined ? 'request' : 'plain');
                if (init === undefined) {odd};
                return Promise.resolve(new Response('{{}}'));
            }}; picky.calls = []; return picky; }})()"
        );
        let function = js_sys::eval(&code).unwrap().unchecked_into();
        Fetch { function, relay: None, form: Cell::new(Form::Untried) }
    }

    #[wasm_bindgen_test]
    async fn where_a_request_is_refused_an_address_follows_and_is_all_that_is_tried_later() {
        let later = "return new Promise((_, reject) => setTimeout(reject, 50, new Error('later')))";
        let once = "return Promise.reject(new TypeError('no Request'))";
        let plain = ["request", "plain", "plain"];
        for (odd, all_calls) in [
            ("throw new TypeError('no Request')", plain.as_slice()),
            ("throw 'no Request'", &plain),
            (once, &plain),
            ("return Promise.resolve(new Response('{}'))", &["request"; 2]),
            // It may have been sent: it is not sent again.
            (later, &["request"; 2]),
        ] {
            let fetch = picky(odd);
            let request = HttpRequest {
                action: "ask",
                method: "GET",
                url: format!("{SERVER}/echo"),
                host: String::new(),
                headers: Vec::new(),
                body: None,
                max_bytes: 1024,
            };
            for _ in 0..2 {
                let answer = fetch.send(&request, &Progress::default()).await;
                assert_eq!(answer.is_err(), odd == later, "{odd}");
            }
            let calls: js_sys::Array = get(&fetch.function, "calls").unwrap().unchecked_into();
            assert_eq!(calls.to_vec(), all_calls, "{odd}");
        }
    }

    #[wasm_bindgen_test]
    fn only_what_its_source_names_is_native() {
        let renamed = "Object.defineProperty((() => {}).bind(), 'name', { value: 'parseInt' })";
        for (code, expected) in [
            ("parseInt", true),
            ("parseInt.bind(null)", false),
            ("new Proxy(parseInt, {})", false),
            ("(function parseInt() {})", false),
            ("(function parseInt() { '[native code]' })", true),
            (renamed, false),
        ] {
            let function = js_sys::eval(code).unwrap();
            assert_eq!(is_native(function.unchecked_ref(), "parseInt"), expected, "{code}");
        }
    }

    #[wasm_bindgen_test]
    async fn a_request_that_is_dropped_is_aborted() {
        let hanging = send("/hang", None);
        select(Box::pin(hanging), Timers::Host.pause(300.0)).await;
        Timers::Host.pause(300.0).await;
        let (_, aborted) = judge("/hung", None).await;
        assert_eq!(String::from_utf8(aborted).unwrap(), "aborted");
    }
}
