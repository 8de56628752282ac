//! `op://vault/item/field` → [`SecretReference`].

use crate::error::Error;

const PREFIX: &str = "op://";

/// Not prefixed with `op://`.
pub const NOT_PREFIXED: &str =
    "a secret reference starts with op:// in lower case: op://vault/item/field";
/// Not three or four parts, or a query that is not one `key=value`.
pub const WRONG_SHAPE: &str = "a secret reference has the form op://vault/item/field or op://vault/item/section/field, with at most one query such as ?attribute=otp after it";
/// A query with an unknown key.
pub const UNKNOWN_QUERY: &str =
    "the query of a secret reference is ?attribute=otp or ?ssh-format=openssh, in lower case";
/// A query with a known key and an unknown value.
pub const UNKNOWN_QUERY_VALUE: &str =
    "?attribute= takes otp or totp, ?ssh-format= takes openssh, in lower case";
/// A part with a character that references do not have.
pub const ILLEGAL_CHARACTER: &str = "a part of a secret reference may hold ASCII letters, digits, space, _, . and -; name a vault, item or field that has other characters by its id";

/// A secret reference, taken apart. Parts are as written: matching ignores case later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// Id or name of the vault.
    pub vault: String,
    /// Id or title of the item.
    pub item: String,
    /// Id or title of the section, if one is given.
    pub section: Option<String>,
    /// Id or title of the field.
    pub field: String,
    /// What is asked of the field besides its value.
    pub query: Option<Query>,
}

/// The query of a secret reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// `attribute=otp` or `attribute=totp`: the current one-time password.
    OneTimePassword,
    /// `ssh-format=openssh`: a private key in OpenSSH's format.
    OpenSsh,
}

/// `parse_reference(text) -> reference`
///
/// # Shapes
/// - `text`: `op://<vault>/<item>/[<section>/]<field>[?attribute=otp|totp][?ssh-format=openssh]`
/// # Errors
/// [`Error::Parsing`] with the first rule that is broken, in the order prefix,
/// query, characters, number of parts.
/// # Source
/// protocol.md “Resolving a reference” 1; tests/vectors/grammar.json (recorded)
pub fn parse_reference(text: &str) -> Result<SecretReference, Error> {
    let rest = text.strip_prefix(PREFIX).ok_or(Error::Parsing { reason: NOT_PREFIXED })?;
    let (path, query) = match rest.split_once('?') {
        None => (rest, None),
        // A second question mark is an illegal character before it is anything else.
        Some((_, query)) if query.contains('?') => {
            return Err(Error::Parsing { reason: ILLEGAL_CHARACTER });
        }
        Some((path, query)) => (path, Some(parse_query(query)?)),
    };
    if !path.bytes().all(|c| is_part_character(c) || c == b'/') {
        return Err(Error::Parsing { reason: ILLEGAL_CHARACTER });
    }
    let parts: Vec<&str> = path.split('/').collect();
    let (vault, item, section, field) = match *parts.as_slice() {
        [vault, item, field] => (vault, item, None, field),
        [vault, item, section, field] => (vault, item, Some(section), field),
        _ => return Err(Error::Parsing { reason: WRONG_SHAPE }),
    };
    Ok(SecretReference {
        vault: vault.to_owned(),
        item: item.to_owned(),
        section: section.map(ToOwned::to_owned),
        field: field.to_owned(),
        query,
    })
}

const fn is_part_character(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b' ' | b'_' | b'.' | b'-')
}

fn parse_query(text: &str) -> Result<Query, Error> {
    let broken = |reason| Err(Error::Parsing { reason });
    let Some((key, value)) = text.split_once('=') else { return broken(WRONG_SHAPE) };
    if value.contains(['=', '&']) {
        return broken(WRONG_SHAPE);
    }
    match (key, value) {
        ("attribute", "otp" | "totp") => Ok(Query::OneTimePassword),
        ("ssh-format", "openssh") => Ok(Query::OpenSsh),
        ("attribute" | "ssh-format", _) => broken(UNKNOWN_QUERY_VALUE),
        _ => broken(UNKNOWN_QUERY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vendor's sentence for each rule.
    fn vendor_sentence(reason: &str) -> &'static str {
        match reason {
            NOT_PREFIXED => "secret reference is not prefixed with \"op://\"",
            WRONG_SHAPE => {
                "secret reference has invalid format - must be \"op://<vault>/<item>/[section/]field[?attribute=<attribute-value>]\""
            }
            UNKNOWN_QUERY => "secret reference has invalid query parameter key",
            UNKNOWN_QUERY_VALUE => "secret reference has invalid query parameter value}",
            ILLEGAL_CHARACTER => {
                "invalid character in secret reference: secret references must only contain alphanumeric, _, . or - characters"
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn recorded_grammar() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors/grammar.json")).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 160);
        for case in cases {
            let text = case["ref"].as_str().unwrap();
            match parse_reference(text) {
                Ok(_) => assert_eq!(case["ok"], true, "{text:?}"),
                Err(Error::Parsing { reason }) => {
                    assert_eq!(case["error"], vendor_sentence(reason), "{text:?}");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn parts_and_query() {
        let reference = parse_reference("op://My Vault/item-1/a.b/c_d?attribute=totp").unwrap();
        assert_eq!(
            reference,
            SecretReference {
                vault: "My Vault".into(),
                item: "item-1".into(),
                section: Some("a.b".into()),
                field: "c_d".into(),
                query: Some(Query::OneTimePassword),
            }
        );
        let reference = parse_reference("op://v/i/f?ssh-format=openssh").unwrap();
        assert_eq!((reference.section, reference.query), (None, Some(Query::OpenSsh)));
    }
}
