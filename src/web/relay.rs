//! A relay, for pages, which the service does not answer across origins: every request goes
//! there, with the account's host in a header. The path follows the relay's own. The MACs are made
//! before, for the account's host.

use super::{
    failure::Failure,
    fetch::header,
    js::{call, get, text_of},
};
use js_sys::Function;
use wasm_bindgen::prelude::*;

/// Names the account's host to a relay.
const HOST_HEADER: &str = "OP-Relay-Host";
/// Says why a relay refuses, and that it was not 1Password.
const REFUSAL_HEADER: &str = "OP-Relay-Refusal";
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

#[wasm_bindgen]
extern "C" {
    type Url;
    #[wasm_bindgen(constructor, js_class = "URL", catch)]
    fn new(text: &str) -> Result<Url, JsValue>;
}

/// Where requests go.
#[derive(Debug)]
pub(super) enum Relay {
    /// Below this address.
    Address(String),
    /// Where this function says for a `URL`.
    Function(Function),
}

/// Where one request goes, and what it carries besides.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) header: (&'static str, String),
}

impl Relay {
    /// `given(value) -> relay`
    ///
    /// `None` if it is neither an address nor a function.
    pub(super) fn given(value: JsValue) -> Option<Self> {
        if let Some(address) = value.as_string() {
            let address = text(&address_of(&address)?, "href");
            // A path that follows would end in them, also where there is nothing behind the mark.
            return (!address.contains(['?', '#'])).then_some(Self::Address(address));
        }
        value.dyn_into().ok().map(Self::Function)
    }

    pub(super) fn target(&self, url: &str) -> Result<Target, Failure> {
        let url = Url::new(url)?;
        let (host, path, search) =
            (text(&url, "host"), text(&url, "pathname"), text(&url, "search"));
        let target = match self {
            Self::Address(address) => format!("{}{path}{search}", address.trim_end_matches('/')),
            Self::Function(function) => {
                String::from(text_of(&call(function, &JsValue::UNDEFINED, &[&url])?)?)
            }
        };
        let no_address =
            || Failure::Network("TypeError: the relay function gave no http address".into());
        let url = text(&address_of(&target).ok_or_else(no_address)?, "href");
        Ok(Target { url, header: (HOST_HEADER, host) })
    }

    /// Why the relay refuses, if it does.
    pub(super) fn refusal(response: &JsValue) -> Option<Failure> {
        let refusal = header(response, REFUSAL_HEADER).filter(|text| !text.is_empty())?;
        Some(Failure::Network(format!("the relay refuses: {refusal}")))
    }
}

fn text(url: &Url, part: &str) -> String {
    get(url, part).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Over http on loopback alone, and without a user.
fn address_of(address: &str) -> Option<Url> {
    let url = Url::new(address).ok()?;
    let is_secure = match text(&url, "protocol").as_str() {
        "https:" => true,
        "http:" => LOOPBACK.contains(&text(&url, "hostname").as_str()),
        _ => false,
    };
    let has_user = !text(&url, "username").is_empty() || !text(&url, "password").is_empty();
    (is_secure && !has_user).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    const URL: &str = "https://team.1password.com/api/v1/vaults?attrs=x";

    fn given(code: &str) -> Option<Relay> {
        Relay::given(js_sys::eval(code).unwrap())
    }

    fn target(code: &str) -> Result<String, Failure> {
        let target = given(code).expect(code).target(URL)?;
        assert_eq!(target.header, (HOST_HEADER, "team.1password.com".to_owned()));
        Ok(target.url)
    }

    #[wasm_bindgen_test]
    fn addresses_that_may_be_a_relays() {
        for (address, may_be) in [
            ("https://relay.example", true),
            ("https://relay.example:8443/below/it/", true),
            ("http://localhost:1", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:8", true),
            ("http://relay.example", false),
            ("http://127.0.0.1.example", false),
            ("ftp://relay.example", false),
            ("https://user@relay.example", false),
            ("https://relay.example/?query", false),
            ("https://relay.example/#part", false),
            ("https://relay.example/?", false),
            ("https://relay.example/below?", false),
            ("https://relay.example/#", false),
            ("relay.example", false),
            ("", false),
        ] {
            assert_eq!(given(&format!("'{address}'")).is_some(), may_be, "{address}");
        }
        for code in ["undefined", "null", "5", "({})", "new URL('https://relay.example')"] {
            assert!(given(code).is_none(), "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn the_path_follows_the_relays_own() {
        let below = "https://relay.example/op/api/v1/vaults?attrs=x";
        for code in [
            "'https://relay.example/op'",
            "'https://relay.example/op//'",
            "' https://relay.example/op '",
            "(url) => `https://relay.example/op${url.pathname}${url.search}`",
            "(url) => new URL('/op' + url.pathname + url.search, 'https://relay.example')",
        ] {
            assert_eq!(target(code).unwrap(), below, "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn a_function_that_gives_no_address_or_throws() {
        for code in [
            "() => 'http://relay.example'",
            "() => undefined",
            "() => Symbol('s')",
            "() => { throw new Error('broken') }",
            "() => ({ toString() { throw new Error('broken') } })",
            "async () => 'https://relay.example'",
        ] {
            let Failure::Network(cause) = target(code).unwrap_err() else { panic!("{code}") };
            assert!(cause.contains("Error: "), "{code}: {cause}");
        }
    }

    #[wasm_bindgen_test]
    fn a_refusal_is_told_in_the_relays_words() {
        let response = |headers: &str| {
            js_sys::eval(&format!("({{ headers: new Headers({headers}) }})")).unwrap()
        };
        let refusal = Relay::refusal(&response("{ 'OP-Relay-Refusal': 'no such host' }"));
        let Some(Failure::Network(cause)) = refusal else { panic!("no refusal") };
        assert_eq!(cause, "the relay refuses: no such host");
        assert!(Relay::refusal(&response("{ 'OP-Relay-Refusal': '' }")).is_none());
        assert!(Relay::refusal(&response("{}")).is_none());
        assert!(Relay::refusal(&JsValue::NULL).is_none());
    }
}
