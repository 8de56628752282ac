//! `op://vault/item/field` → [`SecretReference`].

use crate::{
    base::error::Error,
    items::query::{Attribute, Query},
};

const PREFIX: &str = "op://";

/// Not prefixed with `op://`.
pub const NOT_PREFIXED: &str =
    "a secret reference starts with op:// in lower case: op://vault/item/field";
/// Not three or four parts, or a query that is not one `key=value`.
pub const WRONG_SHAPE: &str = "a secret reference has the form op://vault/item/field or op://vault/item/section/field, with at most one query such as ?attribute=otp after it";
/// A query with an unknown key.
pub const UNKNOWN_QUERY: &str = "the query of a secret reference is ?attribute=otp (or another attribute) or ?ssh-format=openssh, in lower case";
/// A query with a known key and an unknown value.
pub const UNKNOWN_QUERY_VALUE: &str = "?attribute= takes otp, totp, type, value, title, id, purpose, content, size or name, ?ssh-format= takes openssh, in lower case";
/// A part with a character that references do not have.
pub const ILLEGAL_CHARACTER: &str = "a part of a secret reference may hold ASCII letters, digits, space, _, . and -; percent-encode other characters (é is %C3%A9), or name the vault, item or field by its id";
/// What a shell or a template would have replaced.
pub const VARIABLE: &str = "variables and templates in a secret reference are not replaced: put a name or an id in place of $NAME or {{ name }}";
/// A `%` that does not begin an escape, or escapes that are not UTF-8.
pub const BROKEN_ESCAPE: &str = "a % in a secret reference begins a byte of UTF-8 in two hex digits: é is %C3%A9, / is %2F, % itself is %25";
/// Nothing where the vault should be.
pub const EMPTY_VAULT: &str =
    "the vault part of the secret reference is empty: op://vault/item/field";
/// Nothing where the item should be.
pub const EMPTY_ITEM: &str =
    "the item part of the secret reference is empty: op://vault/item/field";
/// Nothing where the section should be.
pub const EMPTY_SECTION: &str =
    "the section part of the secret reference is empty: op://vault/item/section/field";
/// Nothing where the field should be.
pub const EMPTY_FIELD: &str =
    "the field part of the secret reference is empty: op://vault/item/field";

/// A secret reference, taken apart. Parts are percent-decoded; matching ignores case later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// Id or name of the vault.
    pub vault: String,
    /// Id or title of the item.
    pub item: String,
    /// Id or title of the section, if one is given.
    pub section: Option<String>,
    /// Id or title of the field, or id or name of the file.
    pub field: String,
    /// What is asked of the field besides its value.
    pub query: Option<Query>,
}

/// `parse_reference(text) -> reference`
///
/// # Shapes
/// - `text`: `op://<vault>/<item>/[<section>/]<field>[?attribute=<attribute>][?ssh-format=openssh]`
/// # Errors
/// [`Error::Parsing`] with the first rule that is broken, in the order prefix,
/// query, characters, number of parts, empty parts. What a shell or a template would have replaced
/// is named as such where prefix or characters are wrong.
/// # Source
/// protocol.md “Resolving a reference” 1; tests/vectors/grammar.json (recorded); docs/references.md
pub fn parse_reference(text: &str) -> Result<SecretReference, Error> {
    let is_template =
        (text.contains(PREFIX) || text.starts_with(['$', '{'])) && text.contains(['$', '{']);
    let broken = |reason| match reason {
        NOT_PREFIXED | ILLEGAL_CHARACTER if is_template => Error::Parsing { reason: VARIABLE },
        reason => Error::Parsing { reason },
    };
    let rest = text.strip_prefix(PREFIX).ok_or(broken(NOT_PREFIXED))?;
    let (path, query) = match rest.split_once('?') {
        None => (rest, None),
        // A second question mark is an illegal character before it is anything else.
        Some((_, query)) if query.contains('?') => return Err(broken(ILLEGAL_CHARACTER)),
        Some((path, query)) => (path, Some(parse_query(query)?)),
    };
    if !path.bytes().all(|c| is_part_character(c) || matches!(c, b'%' | b'/')) {
        return Err(broken(ILLEGAL_CHARACTER));
    }
    // Decoded after they are split, so that %2F is a character of a part.
    let parts: Option<Vec<String>> = path.split('/').map(percent_decode).collect();
    let parts = parts.ok_or(broken(BROKEN_ESCAPE))?;
    let (vault, item, section, field) = match parts.as_slice() {
        [vault, item, field] => (vault, item, None, field),
        [vault, item, section, field] => (vault, item, Some(section), field),
        _ => return Err(broken(WRONG_SHAPE)),
    };
    for (part, reason) in [
        (Some(vault), EMPTY_VAULT),
        (Some(item), EMPTY_ITEM),
        (section, EMPTY_SECTION),
        (Some(field), EMPTY_FIELD),
    ] {
        if part.is_some_and(String::is_empty) {
            return Err(broken(reason));
        }
    }
    Ok(SecretReference {
        vault: vault.clone(),
        item: item.clone(),
        section: section.cloned(),
        field: field.clone(),
        query,
    })
}

const fn is_part_character(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b' ' | b'_' | b'.' | b'-')
}

/// `percent_decode(part) -> text`
///
/// # Source
/// RFC 3986 §2.1, as `decodeURIComponent` of ECMAScript reads it
fn percent_decode(part: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(part.len());
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|c| char::from(c).to_digit(16));
        decoded.push(match byte {
            b'%' => u8::try_from(digit()? * 16 + digit()?).ok()?,
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

/// `encode_part(part) -> text`
///
/// A name as a part of a reference.
///
/// # Source
/// RFC 3986 §2.1
pub fn encode_part(part: &str) -> String {
    let mut encoded = String::new();
    for byte in part.bytes() {
        match byte {
            _ if is_part_character(byte) => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn parse_query(text: &str) -> Result<Query, Error> {
    let broken = |reason| Err(Error::Parsing { reason });
    let Some((key, value)) = text.split_once('=') else { return broken(WRONG_SHAPE) };
    if value.contains(['=', '&']) {
        return broken(WRONG_SHAPE);
    }
    match key {
        "attribute" | "attr" => parse_attribute(value).map(Query::Attribute),
        "ssh-format" => (value == "openssh").then_some(Query::OpenSsh),
        _ => return broken(UNKNOWN_QUERY),
    }
    .ok_or(Error::Parsing { reason: UNKNOWN_QUERY_VALUE })
}

fn parse_attribute(value: &str) -> Option<Attribute> {
    Some(match value {
        "otp" | "totp" => Attribute::OneTimePassword,
        "type" => Attribute::Type,
        "value" => Attribute::Value,
        "title" => Attribute::Title,
        "id" => Attribute::Id,
        "purpose" => Attribute::Purpose,
        "content" => Attribute::Content,
        "size" => Attribute::Size,
        "name" => Attribute::Name,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/vectors/reference.json")).unwrap()
    }

    fn cases(vectors: &Value) -> &[Value] {
        vectors["cases"].as_array().unwrap()
    }

    fn sentence(text: &str) -> Option<&'static str> {
        match parse_reference(text) {
            Ok(_) => None,
            Err(Error::Parsing { reason }) => Some(reason),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn expected_query(case: &Value) -> Option<Query> {
        let attribute = |name| match name {
            "otp" | "totp" => Attribute::OneTimePassword,
            "type" => Attribute::Type,
            "value" => Attribute::Value,
            "title" => Attribute::Title,
            "id" => Attribute::Id,
            "purpose" => Attribute::Purpose,
            "content" => Attribute::Content,
            "size" => Attribute::Size,
            "name" => Attribute::Name,
            other => panic!("{other}"),
        };
        let ssh_format = case["sshFormat"].as_str().map(|_| Query::OpenSsh);
        case["attribute"].as_str().map(attribute).map(Query::Attribute).or(ssh_format)
    }

    #[test]
    fn parts_or_the_sentence() {
        let vectors = vectors();
        for case in cases(&vectors) {
            let text = case["ref"].as_str().unwrap();
            let expected = match case["rule"].as_str() {
                Some(rule) => Err(vectors["rules"][rule]["sentence"].as_str().unwrap().to_owned()),
                None => {
                    let part = |name: &str| case[name].as_str().map(ToOwned::to_owned);
                    Ok(SecretReference {
                        vault: part("vault").unwrap(),
                        item: part("item").unwrap(),
                        section: part("section"),
                        field: part("field").unwrap(),
                        query: expected_query(case),
                    })
                }
            };
            assert_eq!(parse_reference(text).map_err(|e| e.to_string()), expected, "{text:?}");
        }
    }

    #[test]
    fn recorded_grammar() {
        let vectors = vectors();
        let vendor_sentences: BTreeMap<_, _> = vectors["rules"]
            .as_object()
            .unwrap()
            .values()
            .map(|rule| (rule["sentence"].as_str().unwrap(), rule["vendor"].as_str()))
            .collect();
        let deviations: BTreeSet<_> = vectors["deviations"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|deviation| deviation["refs"].as_array().unwrap())
            .map(|text| text.as_str().unwrap())
            .collect();
        let recorded: Value =
            serde_json::from_str(include_str!("../../tests/vectors/grammar.json")).unwrap();
        assert_eq!(cases(&recorded).len(), 160);
        // What differs from the recording is what the list says, neither more nor less.
        let different: BTreeSet<_> = cases(&recorded)
            .iter()
            .filter(|case| {
                let ours = sentence(case["ref"].as_str().unwrap());
                let same_verdict = case["ok"] == ours.is_none();
                !same_verdict || ours.and_then(|s| vendor_sentences[s]) != case["error"].as_str()
            })
            .map(|case| case["ref"].as_str().unwrap())
            .collect();
        assert_eq!(different, deviations);
    }
}
