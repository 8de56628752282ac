//! `ops_…` → [`Credentials`].

use crate::{
    auth::address::Address,
    base::{
        encoding::{decode_base64, decode_hex},
        error::{COPY_AGAIN, Error},
        json::parse,
        secret::Secret,
    },
    wire::sign_in::Token,
};
use zeroize::Zeroizing;

const PREFIX: &str = "ops_";
const OF_AN_ACCOUNT: &str = "pass the token of a service account (ops_…)";
/// Ten times what a token has; anything longer is something else.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// The one account key format there is.
const KEY_FORMAT: &str = "A3";
const KEY_ID_CHARS: usize = 6;
const MAX_ID_CHARS: usize = 64;
/// The one way to sign in there is.
pub const SRP_METHOD: &str = "SRPg-4096";
/// How x was derived: the one way there is.
pub const SRP_ALGORITHM: &str = "PBES2g-HS256";

/// What a service-account token holds, checked field by field.
#[derive(Debug)]
pub struct Credentials {
    /// Where the account lives.
    pub address: Address,
    /// The service account's user name.
    pub email: String,
    /// Format of the secret key, `A3`.
    pub key_format: &'static str,
    /// Id of the secret key, 6 characters.
    pub key_id: String,
    /// SRP private value x, big-endian.
    pub srp_x: Secret<[u8; 32]>,
    /// Salt that x was derived with.
    pub salt: [u8; 16],
    /// Opens the keysets that are encrypted by `mp`.
    pub account_unlock_key: Secret<[u8; 32]>,
    /// The device that the token was made for.
    pub device_id: String,
    /// Ed25519 seed of the throttling token.
    pub throttle_seed: Secret<[u8; 32]>,
    /// Key id of the throttling token.
    pub throttle_key_id: String,
}

/// `parse_token(text) -> credentials`
///
/// Reads a service-account token: `ops_` and base64url of a JSON object.
///
/// # Shapes
/// - `text`: at most 16 KiB; white space around it is dropped
/// # Errors
/// [`Error::TokenInvalid`] naming the field that is wrong, never its content.
/// # Source
/// protocol.md “The token” (observed)
pub fn parse_token(text: &str) -> Result<Credentials, Error> {
    let token = decode(text.trim())?;
    require_only("userAuth.method", &token.user_auth.method, SRP_METHOD)?;
    require_only("userAuth.alg", &token.user_auth.alg, SRP_ALGORITHM)?;
    let address = required("signInAddress", &token.sign_in_address)?;
    Ok(Credentials {
        address: Address::parse(address)
            .ok_or_else(|| invalid("signInAddress is not a host".into()))?,
        email: required("email", &token.email)?.to_owned(),
        key_format: KEY_FORMAT,
        key_id: key_id("secretKey", token.secret_key.expose())?,
        srp_x: bytes("srpX", token.srp_x.expose(), decode_hex)?,
        salt: *bytes("userAuth.salt", &token.user_auth.salt, decode_base64)?.expose(),
        account_unlock_key: bytes("muk.k", token.muk.k.expose(), decode_base64)?,
        device_id: id("deviceUuid", &token.device_uuid)?,
        throttle_seed: bytes(
            "throttleSecret.seed",
            token.throttle_secret.seed.expose(),
            decode_hex,
        )?,
        throttle_key_id: id("throttleSecret.uuid", &token.throttle_secret.uuid)?,
    })
}

const fn invalid(reason: String) -> Error {
    Error::TokenInvalid { reason, advice: COPY_AGAIN }
}

fn decode(text: &str) -> Result<Token, Error> {
    if text.is_empty() {
        return Err(invalid("it is empty".into()));
    }
    if let Some((reason, advice)) = pasted_instead(text) {
        return Err(Error::TokenInvalid { reason: reason.to_owned(), advice });
    }
    if text.len() > MAX_TOKEN_BYTES {
        let length = text.len();
        return Err(invalid(format!("it is {length} bytes long, a token has about 1,000")));
    }
    let encoded =
        text.strip_prefix(PREFIX).ok_or_else(|| invalid("it does not start with ops_".into()))?;
    let json = decode_base64(encoded)
        .map(Zeroizing::new)
        .ok_or_else(|| invalid("what follows ops_ is not base64url, or is cut off".into()))?;
    parse(&json)
        .ok_or_else(|| invalid("what follows ops_ is not a JSON object, or is cut off".into()))
}

/// What a text is that is often given in place of a token, and what to do.
fn pasted_instead(text: &str) -> Option<(&'static str, &'static str)> {
    Some(if text.starts_with("op://") {
        ("it is a secret reference", "pass the token itself (ops_…)")
    } else if text.starts_with("eyJ") && text.split('.').count() == 3 {
        ("it is a Connect token or another JWT", OF_AN_ACCOUNT)
    } else if text.starts_with("A3-") {
        ("it is a Secret Key", OF_AN_ACCOUNT)
    } else if text.starts_with(['$', '{', '%']) || text == "OP_SERVICE_ACCOUNT_TOKEN" {
        ("it is a variable that was not replaced", "pass its value (ops_…)")
    } else {
        let (before, _) = text.split_once(PREFIX)?;
        let name = before.trim_end_matches(is_quote);
        if name.ends_with('=') {
            ("it is a whole line such as NAME=ops_…", "pass what comes after the =, without quotes")
        } else if !name.is_empty() {
            ("there is something before ops_", "pass the token alone")
        } else if !before.is_empty() || text.ends_with(is_quote) {
            ("it is in quotes", "pass it without them")
        } else {
            return None;
        }
    })
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’')
}

fn required<'a>(name: &str, text: &'a str) -> Result<&'a str, Error> {
    match text {
        "" => Err(invalid(format!("{name} is missing, empty or not a string"))),
        text => Ok(text),
    }
}

fn require_only(name: &str, text: &str, only: &str) -> Result<(), Error> {
    if required(name, text)? == only {
        Ok(())
    } else {
        Err(invalid(format!("{name} is not {only}, the only one there is")))
    }
}

fn bytes<const N: usize>(
    name: &str,
    text: &str,
    decode: fn(&str) -> Option<Vec<u8>>,
) -> Result<Secret<[u8; N]>, Error> {
    let bytes = decode(required(name, text)?)
        .map(Zeroizing::new)
        .ok_or_else(|| invalid(format!("{name} is not well encoded, or is cut off")))?;
    Secret::from_slice(&bytes)
        .ok_or_else(|| invalid(format!("{name} is {} bytes long, not {N}", bytes.len())))
}

/// An id that can stand in a header and in a path.
fn id(name: &str, text: &str) -> Result<String, Error> {
    let id = required(name, text)?;
    if id.len() <= MAX_ID_CHARS && id.bytes().all(|c| c.is_ascii_alphanumeric()) {
        Ok(id.to_owned())
    } else {
        Err(invalid(format!("{name} is not an id")))
    }
}

/// The second group of `A3-KEYID0-…`.
fn key_id(name: &str, text: &str) -> Result<String, Error> {
    let mut groups = required(name, text)?.split('-');
    match (groups.next(), groups.next()) {
        (Some(KEY_FORMAT), Some(id))
            if id.len() == KEY_ID_CHARS && id.bytes().all(|c| c.is_ascii_alphanumeric()) =>
        {
            Ok(id.to_owned())
        }
        _ => Err(invalid(format!("{name} does not have the form A3-XXXXXX-…"))),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::encoding::encode_base64url;
    use serde_json::{Value, json};

    fn sample() -> Value {
        json!({
            "signInAddress": "my.1password.com",
            "email": "sample@1passwordserviceaccounts.com",
            "secretKey": "A3-SAMPLE-AAAAAA-AAAAA-AAAAA-AAAAA-AAAAA",
            "srpX": "01".repeat(32),
            "muk": { "alg": "A256GCM", "ext": true, "k": encode_base64url(&[2; 32]), "kty": "oct", "kid": "mp" },
            "userAuth": { "method": "SRPg-4096", "alg": "PBES2g-HS256", "iterations": 650_000, "salt": encode_base64url(&[3; 16]) },
            "deviceUuid": "aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "throttleSecret": { "seed": "04".repeat(32), "uuid": "AAAAAAAAAAAAAAAAAAAAAAAAAA" },
            "unknown": [null, 1],
        })
    }

    /// A token that parses; its key id is `SAMPLE`.
    pub fn sample_token() -> String {
        encode(&sample())
    }

    fn encode(value: &Value) -> String {
        format!("ops_{}", encode_base64url(value.to_string().as_bytes()))
    }

    fn reason(text: &str) -> String {
        match parse_token(text).unwrap_err() {
            Error::TokenInvalid { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_every_field() {
        let credentials = parse_token(&encode(&sample())).unwrap();
        assert_eq!(credentials.address.host(), "my.1password.com");
        assert_eq!(credentials.email, "sample@1passwordserviceaccounts.com");
        assert_eq!(credentials.key_id, "SAMPLE");
        assert_eq!(credentials.srp_x.expose(), &[1; 32]);
        assert_eq!(credentials.account_unlock_key.expose(), &[2; 32]);
        assert_eq!(credentials.salt, [3; 16]);
        assert_eq!(credentials.device_id, "aaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(credentials.throttle_seed.expose(), &[4; 32]);
        assert_eq!(credentials.throttle_key_id, "AAAAAAAAAAAAAAAAAAAAAAAAAA");
    }

    #[test]
    fn white_space_around_it_is_dropped() {
        assert!(
            parse_token(&format!(
                " 	{}
",
                encode(&sample())
            ))
            .is_ok()
        );
    }

    #[test]
    fn text_that_is_no_token() {
        let token = encode(&sample());
        for (text, expected) in [
            ("", "it is empty"),
            (
                "  
",
                "it is empty",
            ),
            ("hello", "it does not start with ops_"),
            ("ops_", "what follows ops_ is not a JSON object, or is cut off"),
            ("ops_!!", "what follows ops_ is not base64url, or is cut off"),
            ("ops_bnVsbA", "what follows ops_ is not a JSON object, or is cut off"),
            (&"x".repeat(2_000_000), "it is 2000000 bytes long, a token has about 1,000"),
        ] {
            assert_eq!(reason(text), expected);
        }
        for end in 4..token.len() {
            assert!(reason(&token[..end]).ends_with("is cut off"), "cut at {end}");
        }
    }

    #[test]
    fn what_was_pasted_in_its_place_is_named() {
        let token = encode(&sample());
        let [jwt, connect] = ["eyJhbGciOiJFUzI1NiJ9.e30.hush-hush", "eyJh.eyJ.hush"];
        for (text, what, advice) in [
            (format!("OP_SERVICE_ACCOUNT_TOKEN={token}"), "a whole line", "after the ="),
            (format!("export TOKEN=\"{token}\""), "a whole line", "after the ="),
            (format!("TOKEN: '{token}'"), "something before ops_", "alone"),
            (format!("Bearer {token}"), "something before ops_", "alone"),
            (format!("\u{feff}{token}"), "something before ops_", "alone"),
            (format!("\"{token}\""), "in quotes", "without them"),
            (format!("“{token}”"), "in quotes", "without them"),
            (format!("'{token}"), "in quotes", "without them"),
            (format!("{token}'"), "in quotes", "without them"),
            (jwt.to_owned(), "a Connect token", "of a service account"),
            (connect.to_owned(), "a Connect token", "of a service account"),
            ("op://app/database/hush".to_owned(), "a secret reference", "the token itself"),
            (format!("op://app/{token}/x"), "a secret reference", "the token itself"),
            ("$OP_SERVICE_ACCOUNT_TOKEN".to_owned(), "a variable", "its value"),
            ("${{ secrets.TOKEN }}".to_owned(), "a variable", "its value"),
            ("{{ token }}".to_owned(), "a variable", "its value"),
            ("OP_SERVICE_ACCOUNT_TOKEN".to_owned(), "a variable", "its value"),
            ("A3-HUSHHU-HUSHHU".to_owned(), "a Secret Key", "of a service account"),
        ] {
            let told = parse_token(&text).unwrap_err().to_string();
            assert!(told.contains(what) && told.contains(advice), "{text}: {told}");
            assert!(!told.contains("copy the whole token"), "{told}");
            assert!(!told.contains("hush") && !told.contains(&token[8..20]), "{told}");
        }
        for text in ["eyJhbGciOiJFUzI1NiJ9", "a.b.c", "hello"] {
            let told = parse_token(text).unwrap_err().to_string();
            assert!(told.ends_with("copy the whole token (ops_…) from 1Password again"), "{told}");
        }
    }

    #[test]
    fn each_missing_or_mistyped_field_is_named() {
        for path in [
            "signInAddress",
            "email",
            "secretKey",
            "srpX",
            "muk.k",
            "userAuth.method",
            "userAuth.alg",
            "userAuth.salt",
            "deviceUuid",
            "throttleSecret.seed",
            "throttleSecret.uuid",
        ] {
            let pointer = format!("/{}", path.replace('.', "/"));
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut missing = sample();
            missing.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
            let expected = format!("{path} is missing, empty or not a string");
            assert_eq!(reason(&encode(&missing)), expected);
            for value in [json!(7), json!(null), json!(["x"]), json!({ "x": 1 }), json!("")] {
                let mut mistyped = sample();
                *mistyped.pointer_mut(&pointer).unwrap() = value;
                assert_eq!(reason(&encode(&mistyped)), expected);
            }
        }
        for (object, first) in [
            ("muk", "muk.k"),
            ("userAuth", "userAuth.method"),
            ("throttleSecret", "throttleSecret.seed"),
        ] {
            let mut token = sample();
            token[object] = json!("x");
            assert!(reason(&encode(&token)).starts_with(first));
        }
    }

    #[test]
    fn malformed_fields_are_named_and_not_quoted() {
        for (pointer, value, expected) in [
            ("/signInAddress", "evil.example/x", "signInAddress is not a host"),
            ("/secretKey", "A2-SAMPLE-HUSH", "secretKey does not have the form A3-XXXXXX-…"),
            ("/secretKey", "A3-HUSH", "secretKey does not have the form A3-XXXXXX-…"),
            ("/srpX", "hush", "srpX is not well encoded, or is cut off"),
            ("/srpX", "aabb", "srpX is 2 bytes long, not 32"),
            ("/muk/k", "aGlu", "muk.k is 3 bytes long, not 32"),
            ("/muk/k", "hush!", "muk.k is not well encoded, or is cut off"),
            (
                "/userAuth/method",
                "SRP-1024",
                "userAuth.method is not SRPg-4096, the only one there is",
            ),
            ("/userAuth/salt", "aGlu", "userAuth.salt is 3 bytes long, not 16"),
            (
                "/deviceUuid",
                "a
X-Evil: 1",
                "deviceUuid is not an id",
            ),
            ("/throttleSecret/seed", "aa", "throttleSecret.seed is 1 bytes long, not 32"),
            ("/throttleSecret/uuid", "../x", "throttleSecret.uuid is not an id"),
        ] {
            let mut token = sample();
            *token.pointer_mut(pointer).unwrap() = json!(value);
            assert_eq!(reason(&encode(&token)), expected);
        }
    }
}
