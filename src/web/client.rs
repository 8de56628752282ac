//! `Client`, as JavaScript holds it.

use super::{
    clock::ticks_ms,
    host::WebHost,
    items::{Items, name},
    js::entries,
    options::{ClientOptions, read_call, strings},
    promise::{Called, Rejection, promise},
    results::{self, Show, show},
    vaults::Vaults,
};
use crate::{
    base::{error::Error, secret::Secret},
    client::{self, Action, Change, Form, Keyed, Question},
};
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A client, signed in with a service-account token. Calls may overlap.
///
/// Its methods take `&self` and clone what they need before they wait.
#[wasm_bindgen]
#[derive(Debug, Clone)]
pub struct Client {
    core: Rc<client::Client<WebHost>>,
}

/// What there is when a call's time is up, secrets that may be stale, is shown all the same.
const SHOWING_MS: f64 = 250.0;

/// The requests that [`Client::act`] makes: what each is for in the words of an error, its method, and
/// what it changes.
const REQUESTS: [(&str, &str, Change); 8] = [
    ("read the group", "GET", Change::None),
    ("read the groups' keys", "GET", Change::None),
    ("read the sharing policy", "GET", Change::None),
    ("check the recipients", "POST", Change::None),
    ("share the item", "POST", Change::Told),
    ("grant the groups access", "PATCH", Change::Done),
    ("change the groups' permissions", "PATCH", Change::Done),
    ("revoke the group's access", "DELETE", Change::Done),
];
/// Above these, what is done with a vault's key.
const SEAL_VAULT_KEY: usize = REQUESTS.len();
const SEAL_SHARE: usize = SEAL_VAULT_KEY + 1;
const FILES: usize = SEAL_SHARE + 1;

impl Client {
    /// One question. `reference` is what an error tells, if anything.
    pub(super) fn ask(
        &self,
        question: Result<Question, Error>,
        reference: &JsValue,
        options: &JsValue,
        how: Show,
    ) -> Promise {
        self.ask_for(question.map(|question| vec![question]), reference, options, how)
    }

    /// Several questions. What stands in the way of all of them is thrown.
    pub(super) fn ask_all(
        &self,
        questions: Vec<Question>,
        options: &JsValue,
        how: Show,
    ) -> Promise {
        self.ask_for(Ok(questions), &JsValue::UNDEFINED, options, how)
    }

    /// Registered at once, so that calls made in one go are read together.
    fn ask_for(
        &self,
        questions: Result<Vec<Question>, Error>,
        reference: &JsValue,
        options: &JsValue,
        how: Show,
    ) -> Promise {
        let reference = reference.clone();
        let checked = questions.and_then(|all| Ok((all, read_call(&self.core, options)?)));
        let (questions, call) = match checked {
            Ok(both) => both,
            Err(error) => return rejected(error),
        };
        let timeout_ms = call.timeout_ms;
        let (mut left, start) = (call.clone(), ticks_ms());
        let asked = self.core.ask(questions, call);
        let core = Rc::clone(&self.core);
        promise(timeout_ms, core.waits_for_others(), async move {
            let shown = async {
                let outcomes = asked.await?;
                left.timeout_ms = (timeout_ms - ticks_ms() + start).max(SHOWING_MS);
                core.within(&left, core.until_closed(show(&core, &outcomes, how))).await
            };
            let shown = shown.await;
            shown
                .map_err(|error| match error {
                    Error::OutOfTime { .. } => Error::OutOfTime { ms: timeout_ms as u64 },
                    error => error,
                })
                .map_err(|error| Rejection { error, reference })
        })
    }

    /// A call that is neither a question nor a list.
    fn run(&self, action: Action, options: &JsValue) -> Promise {
        let call = match read_call(&self.core, options) {
            Ok(call) => call,
            Err(error) => return rejected(error),
        };
        let core = Rc::clone(&self.core);
        promise(call.timeout_ms, core.waits_for_others(), async move {
            let start = core.start_ms();
            let result = core.within(&call, core.until_closed(core.act(action))).await;
            core.leave_news(&call, start).await;
            Ok(result?.expose().as_str().into())
        })
    }

    /// A client, and whether it is to sign in only when it is asked.
    fn made(options: &JsValue) -> Result<(Self, bool), Error> {
        let ClientOptions { host, options, lazy } = ClientOptions::read(options)?;
        Ok((Self { core: client::Client::new(host, options)? }, lazy))
    }

    fn timeout_ms(&self) -> f64 {
        self.core.call(None, None, false).timeout_ms
    }

    pub(super) const fn core(&self) -> &Rc<client::Client<WebHost>> {
        &self.core
    }
}

pub(super) fn rejected(error: Error) -> Promise {
    Promise::reject(&Rejection::from(error).into())
}

fn value(reference: &JsValue, form: Form) -> Result<Question, Error> {
    let reason = "a secret reference is a string such as op://vault/item/field";
    let reference = reference.as_string().ok_or(Error::Parsing { reason })?;
    Ok(Question::Value { reference, form })
}

#[wasm_bindgen]
impl Client {
    /// Signs in, unless the option `lazy` is set: then the first call does.
    ///
    /// Rejects with an `Error` that has a `code`: `tokenInvalid`, `argumentInvalid` or
    /// `hostNotAllowed` before any request; `authenticationFailed` if the service refuses the
    /// token; `serverNotTrusted` if the server does not prove that it knows the account.
    #[wasm_bindgen(unchecked_return_type = "Promise<Client>")]
    pub fn authenticate(
        #[wasm_bindgen(unchecked_param_type = "ClientOptions")] options: &JsValue,
    ) -> Called {
        let (client, lazy) = match Self::made(options) {
            Ok(made) => made,
            Err(error) => return Ok(rejected(error)),
        };
        Ok(promise(client.timeout_ms(), client.core.waits_for_others(), async move {
            if !lazy {
                client.core.sign_in().await.inspect_err(|_| client.core.close())?;
            }
            Ok(client.into())
        }))
    }

    /// A client that signs in when it is first asked. Sends nothing.
    ///
    /// Throws as `authenticate` rejects before any request.
    pub fn create(
        #[wasm_bindgen(unchecked_param_type = "ClientOptions")] options: &JsValue,
    ) -> Result<Self, JsValue> {
        Self::made(options).map(|(client, _)| client).map_err(|error| Rejection::from(error).into())
    }

    /// Signs in now.
    #[wasm_bindgen(js_name = signIn, unchecked_return_type = "Promise<void>")]
    pub fn sign_in(&self) -> Called {
        let core = Rc::clone(&self.core);
        Ok(promise(self.timeout_ms(), core.waits_for_others(), async move {
            core.sign_in().await?;
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// The value that a secret reference names: `op://vault/item/[section/]field`, each part an
    /// id or a name.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn resolve(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] reference: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        Ok(self.ask(value(reference, Form::Text), reference, options, Show::Text))
    }

    /// The content of a file that a secret reference names, whatever bytes it has; text as UTF-8.
    #[wasm_bindgen(js_name = resolveBytes, unchecked_return_type = "Promise<Uint8Array<ArrayBuffer>>")]
    pub fn resolve_bytes(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] reference: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        Ok(self.ask(value(reference, Form::Bytes), reference, options, Show::Bytes))
    }

    /// Several references at once, with few requests. One that fails spoils no other.
    #[wasm_bindgen(js_name = resolveAll, unchecked_return_type = "Promise<ResolveAllResponse>")]
    pub fn resolve_all(
        &self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] references: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        let reason = "must be an array of strings";
        let wrong = Error::ArgumentInvalid { option: "references", reason };
        // As they are now, and as they were given.
        let Some(references) = entries(references) else { return Ok(rejected(wrong)) };
        let question = |reference: JsValue| Some(Question::text(&reference.as_string()?));
        let questions = references.iter().map(question).collect::<Option<_>>();
        let Some(questions) = questions else { return Ok(rejected(wrong)) };
        Ok(self.ask_all(questions, options, Show::ByReference(references)))
    }

    /// Reads items.
    #[wasm_bindgen(getter)]
    pub fn items(&self) -> Items {
        Items(self.clone())
    }

    /// Reads vaults.
    #[wasm_bindgen(getter)]
    pub fn vaults(&self) -> Vaults {
        Vaults(self.clone())
    }

    /// All variables of an Environment, in their order. It is named by its id or by its name.
    #[wasm_bindgen(js_name = getVariables, unchecked_return_type = "Promise<GetVariablesResponse>")]
    pub fn get_variables(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] environment: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        let environment = name(environment, "environment");
        let question = environment.map(|environment| Question::Environment { environment });
        Ok(self.ask(question, &JsValue::UNDEFINED, options, Show::Variables))
    }

    /// Whether a vault has been opened: its key can be used.
    #[wasm_bindgen(js_name = hasKey)]
    pub fn has_key(&self, #[wasm_bindgen(js_name = vaultId)] vault_id: &str) -> bool {
        self.core.has_key(vault_id)
    }

    /// What the package makes groups and shares of, by its number. What changes something is sent once.
    ///
    /// - a request: path and query, body if there is one; the answer's JSON
    /// - `SEAL_VAULT_KEY`: id of an opened vault; `alg`, `n` and `e` of an RSA key; base64url
    /// - `SEAL_SHARE`: id of an opened vault, JSON of overview and details; JSON
    /// - `FILES`: ids of an opened vault, of the item, and of its files; JSON, null for what is none of
    ///   them
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn act(
        &self,
        what: usize,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] texts: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        let mut texts = strings(texts).unwrap_or_default().into_iter();
        let mut next = || texts.next().unwrap_or_default();
        let first = next();
        let action = match what {
            SEAL_VAULT_KEY => Action::WithKey(first, Keyed::Seal([next(), next(), next()])),
            SEAL_SHARE => Action::WithKey(first, Keyed::Share([next(), next()].map(Secret::new))),
            FILES => Action::WithKey(first, Keyed::Files(next(), texts.collect())),
            request => {
                let request = REQUESTS.get(request).copied().unwrap_or_default();
                let (action, method, change) = request;
                Action::Request { action, method, target: first, body: texts.next(), change }
            }
        };
        Ok(self.run(action, options))
    }

    /// What this client has done so far.
    #[wasm_bindgen(unchecked_return_type = "ClientStats")]
    pub fn stats(&self) -> JsValue {
        results::object(&self.core.stats().shape())
    }

    /// Forgets names and secrets that are remembered. Keys and the session stay.
    #[wasm_bindgen(js_name = clearCache)]
    pub fn clear_cache(&self) {
        self.core.clear_cache();
    }

    /// Ends the pause that the service asked for with a 429, and the one after refused sign-ins, for
    /// all clients of this token: the next call asks at once.
    #[wasm_bindgen(js_name = clearPause)]
    pub fn clear_pause(&self) {
        self.core.clear_pause();
    }

    /// Zeroes the token, the session, all keys and secrets. Later calls fail with `closed`.
    pub fn close(&self) {
        self.core.close();
    }
}

#[cfg(test)]
mod tests {
    //! The account is the emulator's, in another process. What is in it, it says by HTTP, and
    //! gloo-net asks.

    use super::{
        super::js::{get, set},
        *,
    };
    use gloo_net::http::Request;
    use js_sys::{Array, JSON, Object};
    use wasm_bindgen_futures::JsFuture;
    use wasm_bindgen_test::wasm_bindgen_test;

    const SERVER: &str = match option_env!("ONEPASSWORD_EDGE_TEST_SERVER") {
        Some(address) => address,
        None => "run scripts/test-web.mjs",
    };

    /// The token, and each reference with its value or the code of its error.
    async fn account() -> (JsValue, Vec<[JsValue; 2]>) {
        let response = Request::get(&format!("{SERVER}/account")).send().await.unwrap();
        let account = JSON::parse(&response.text().await.unwrap()).unwrap();
        let answers: Array = get(&account, "answers").unwrap().unchecked_into();
        let pair = |pair: JsValue| [0, 1].map(|at| pair.unchecked_ref::<Array>().get(at));
        (get(&account, "token").unwrap(), answers.iter().map(pair).collect())
    }

    fn options(token: &JsValue) -> Object {
        let options = Object::new();
        set(&options, "auth", token);
        set(&options, "integrationName", "tests of src/web");
        set(&options, "integrationVersion", "0");
        set(&options, "allowedHosts", Array::of1(&"127.0.0.1".into()));
        options
    }

    fn code(error: &JsValue) -> JsValue {
        get(error, "code").unwrap()
    }

    /// What a call gives, or throws.
    async fn settled(call: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
        JsFuture::from(call?).await
    }

    #[wasm_bindgen_test]
    async fn the_client_says_what_the_account_says() {
        let (token, answers) = account().await;
        let client = Client::create(&options(&token)).unwrap();
        assert!(answers.len() > 5);
        for [reference, expected] in &answers {
            let answer = settled(client.resolve(reference, &JsValue::UNDEFINED)).await;
            assert_eq!(&answer.unwrap_or_else(|error| code(&error)), expected, "{reference:?}");
        }
        let references: Array = answers.iter().map(|[reference, _]| reference.clone()).collect();
        let all = client.resolve_all(&references, &JsValue::UNDEFINED);
        let all = get(&settled(all).await.unwrap(), "individualResponses").unwrap();
        for [reference, expected] in &answers {
            let one = get(&all, &reference.as_string().unwrap()).unwrap();
            let answer = match get(&one, "content").unwrap() {
                content if content.is_object() => get(&content, "secret").unwrap(),
                _ => get(&get(&one, "error").unwrap(), "type").unwrap(),
            };
            assert_eq!(&answer, expected, "{reference:?}");
        }
        client.close();
        let late = settled(client.resolve(&references.get(0), &JsValue::UNDEFINED)).await;
        assert_eq!(code(&late.unwrap_err()), "closed");
    }

    #[wasm_bindgen_test]
    async fn a_call_of_one_go_is_one_batch_here_too() {
        let (token, answers) = account().await;
        let client = Client::create(&options(&token)).unwrap();
        let resolve =
            |[reference, _]: &[JsValue; 2]| client.resolve(reference, &JsValue::UNDEFINED).unwrap();
        let first: Array = answers.iter().map(resolve).map(JsValue::from).collect();
        JsFuture::from(Promise::all_settled(&first)).await.unwrap();
        let requests = || get(&client.stats(), "requests").unwrap().as_f64().unwrap();
        let before = requests();
        let is_of_app =
            |text: String| text.starts_with("op://app/item ") && text.ends_with("/password");
        let named =
            answers.iter().filter(|[reference, _]| reference.as_string().is_some_and(is_of_app));
        let second: Array = named.map(resolve).map(JsValue::from).collect();
        assert!(second.length() > 2);
        JsFuture::from(Promise::all(&second)).await.unwrap();
        assert_eq!(requests() - before, 1.0);
        client.close();
    }

    #[wasm_bindgen_test]
    async fn what_is_wrong_is_told_before_anything_is_sent() {
        for (name, value, expected) in [
            ("auth", JsValue::UNDEFINED, "tokenInvalid"),
            ("auth", "ops_nothing".into(), "tokenInvalid"),
            ("timeoutMs", 0.into(), "argumentInvalid"),
            ("fetch", 5.into(), "argumentInvalid"),
            ("timers", Object::new().into(), "argumentInvalid"),
        ] {
            let options = options(&"ops_nothing".into());
            set(&options, name, value);
            let refused = Client::create(&options).unwrap_err();
            assert_eq!(code(&refused), expected, "{name}");
            let refused = settled(Client::authenticate(&options)).await.unwrap_err();
            assert_eq!(code(&refused), expected, "{name}");
        }
    }
}
