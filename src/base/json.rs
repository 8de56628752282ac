//! JSON, read tolerantly and written plainly.
//!
//! One rule for reading: a value of the wrong kind is as if it were absent, and
//! what is absent is its type's default. So one odd entry of a list never hides
//! the others; whoever uses a member judges it. So it is with half a surrogate pair,
//! which JSON can hold and Rust's text cannot: it spoils the string that it is in.
//!
//! `miniserde` does the work: its readers are trait objects where serde makes a
//! copy of the parser for every struct, which was a third of the module; it does
//! not recurse, and its error quotes nothing of what it read.

use crate::base::secret::Secret;
use memchr::memchr2;
use miniserde::{
    Deserialize,
    de::{Map, Seq, Visitor},
    json,
};
use ref_cast::RefCast;
use std::{borrow::Cow, cell::Cell, mem, ops::Range};

/// Far above what the protocol nests. The parser keeps a frame on the heap for
/// each level, so a short text of brackets alone could take all memory.
const MAX_DEPTH: usize = 64;
/// Brackets of a whole text, far above what the largest vault has: what is read
/// takes many times the memory of its text.
const MAX_BRACKETS: usize = 1_000_000;
/// The entries of a text's lists may take as much memory as the text, and so much more: an entry
/// takes hundreds of bytes, and `{}` two.
pub const FREE_BYTES: usize = 8 * 1024 * 1024;
/// What an entry takes besides itself, about: the allocator's part.
const ENTRY_BYTES: usize = 16;

thread_local! {
    /// What is left for entries of the text that is being read.
    static ROOM_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// What half a surrogate pair is read as, of the length of its escape. No other text has it:
/// U+FFFF is no character.
const HALF_PAIR: &str = "\u{fffd}\u{ffff}";
const ESCAPE_BYTES: usize = HALF_PAIR.len();

/// What a type makes of each kind of JSON value; what it does not take is ignored.
pub trait FromJson: Default {
    /// Whether it takes an array, or an object: an `Option` of what does not stays `None`.
    const TAKES: Takes = Takes::Neither;

    /// `is_kept() -> bool`
    ///
    /// Whether a list keeps it: what nothing can name is dropped as soon as it is read.
    fn is_kept(&self) -> bool {
        true
    }

    /// `from_string(text) -> value`
    ///
    /// From a string.
    fn from_string(_: &str) -> Option<Self> {
        None
    }

    /// `from_integer(number) -> value`
    ///
    /// From a number without a fraction that fits.
    fn from_integer(_: i64) -> Option<Self> {
        None
    }

    /// `read_array(out) -> reader`
    ///
    /// From an array, element by element, into `out`, which is the default.
    fn read_array(_out: &mut Self) -> Box<dyn Seq + '_> {
        Box::new(Ignored)
    }

    /// `read_object(out) -> reader`
    ///
    /// From an object, member by member, into `out`, which is the default.
    fn read_object(_out: &mut Self) -> Box<dyn Map + '_> {
        Box::new(Ignored)
    }

    /// `begin(out) -> visitor`
    ///
    /// Where the value goes.
    fn begin(out: &mut Self) -> &mut dyn Visitor {
        Place::ref_cast_mut(out)
    }
}

/// What a type takes of what has parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Neither arrays nor objects.
    Neither,
    /// Arrays.
    Arrays,
    /// Objects.
    Objects,
}

/// Where a value goes. Values are read in place: with miniserde's own way, an `Option` for each
/// member and a move at the end, the module is 2 KB larger (gzip -9).
#[derive(RefCast)]
#[repr(transparent)]
struct Place<T>(T);

/// `parse(json) -> value`
///
/// # Shapes
/// - `None` if the bytes are not JSON in UTF-8, are of another kind than the type
///   takes, nest deeper than 64 levels, have more than a million objects and
///   arrays, or lists that take 8 MiB more than the text
/// # Source
/// RFC 8259
pub fn parse<T: FromJson>(json: &[u8]) -> Option<T> {
    let text = checked(json)?;
    ROOM_BYTES.set(FREE_BYTES + text.len());
    let Root(value) = json::from_str(&text).ok()?;
    value
}

/// `entries(json, member) -> places`
///
/// Where the entries of an array stand that is a member of the whole: so that a long one can be
/// read entry by entry, with pauses.
///
/// # Shapes
/// - `None` if there is no such array, or beyond the bounds of [`parse`]
pub fn entries(json: &[u8], member: &str) -> Option<Vec<Range<usize>>> {
    let mut entries = None;
    let mut list: Vec<Range<usize>> = Vec::new();
    let (mut at, mut start) = (0, 0);
    let (mut depth, mut brackets) = (0_usize, 0_usize);
    let (mut key, mut is_within) = (json.get(..0)?, false);
    while let Some(byte) = json.get(at) {
        let place = at;
        at += 1;
        match byte {
            b'"' => {
                let rest = json.get(at..)?;
                at = json.len() - after_string(rest).len();
                if depth == 1 {
                    key = json.get(place + 1..at - 1)?;
                }
            }
            b'[' | b'{' => {
                if depth == 1 && *byte == b'[' && key == member.as_bytes() {
                    (is_within, start) = (true, at);
                    list.clear();
                }
                depth += 1;
                brackets += 1;
                if depth > MAX_DEPTH || brackets > MAX_BRACKETS {
                    return None;
                }
            }
            b',' if depth == 1 => key = json.get(..0)?,
            b',' if is_within && depth == 2 => {
                list.push(start..place);
                start = at;
                if list.len() > MAX_BRACKETS {
                    return None;
                }
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if is_within && depth == 1 {
                    list.push(start..place);
                    is_within = false;
                    entries = Some(mem::take(&mut list));
                }
            }
            _ => {}
        }
    }
    entries
}

/// The text, if it is one and within the bounds.
fn checked(json: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(json).ok().filter(|_| is_bounded(json))?;
    // The parser would refuse the whole text for one half of a pair.
    Some(mark_half_pairs(text).map_or(Cow::Borrowed(text), Cow::Owned))
}

/// `is_whole(text) -> bool`
///
/// Whether the text is what was written, without half a surrogate pair.
pub fn is_whole(text: &str) -> bool {
    !text.contains(HALF_PAIR)
}

/// The same text with a mark in place of every half of a surrogate pair, if it has any.
fn mark_half_pairs(text: &str) -> Option<String> {
    let mut marked = String::new();
    let (mut rest, mut at) = (text, 0);
    while let Some(found) = rest.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let (one, other) = (code_unit(rest, at), code_unit(rest, at + ESCAPE_BYTES));
        at += match (one, other) {
            (0xd800..0xdc00, 0xdc00..0xe000) => 2 * ESCAPE_BYTES,
            (0xd800..0xe000, _) => {
                marked.push_str(rest.get(..at)?);
                marked.push_str(HALF_PAIR);
                rest = rest.get(at + ESCAPE_BYTES..)?;
                at = 0;
                continue;
            }
            // It may escape a backslash.
            _ => 2,
        };
    }
    (!marked.is_empty()).then(|| marked + rest)
}

/// The number in an escape `\uXXXX` at a place; 0 if there is none.
fn code_unit(text: &str, at: usize) -> u32 {
    let Some([b'\\', b'u', digits @ ..]) = text.as_bytes().get(at..at + ESCAPE_BYTES) else {
        return 0;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.iter().try_fold(0, |number, byte| Some(number * 16 + digit(*byte)?)).unwrap_or_default()
}

/// Whether the brackets outside strings are few and shallow enough.
fn is_bounded(json: &[u8]) -> bool {
    let (mut depth, mut brackets) = (0_usize, 0_usize);
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = after_string(rest),
            b'[' | b'{' => {
                depth += 1;
                brackets += 1;
                if depth > MAX_DEPTH || brackets > MAX_BRACKETS {
                    return false;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// What follows a string: nearly all of an answer is in a few long ones.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest)
        && let Some((byte, after)) = rest.get(at..).and_then(<[u8]>::split_first)
    {
        if *byte == b'"' {
            return after;
        }
        rest = after.get(1..).unwrap_or_default();
    }
    &[]
}

/// What requests are made of. `miniserde` would bring the formatting of floats and
/// its tables, for which there is no use.
pub trait ToJson {
    /// `write_json(out)`
    ///
    /// Appends the value to a JSON text.
    fn write_json(&self, out: &mut String);
}

/// `to_json(value) -> text`
pub fn to_json(value: &dyn ToJson) -> String {
    let mut out = String::new();
    value.write_json(&mut out);
    out
}

impl ToJson for &str {
    fn write_json(&self, out: &mut String) {
        out.push('"');
        for c in self.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\0'..'\x20' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => out.push(c),
            }
        }
        out.push('"');
    }
}

impl ToJson for String {
    fn write_json(&self, out: &mut String) {
        self.as_str().write_json(out);
    }
}

impl ToJson for Secret<String> {
    fn write_json(&self, out: &mut String) {
        self.expose().write_json(out);
    }
}

impl ToJson for i64 {
    fn write_json(&self, out: &mut String) {
        out.push_str(&self.to_string());
    }
}

impl ToJson for bool {
    fn write_json(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

/// `null` if there is none.
impl<T: ToJson> ToJson for Option<T> {
    fn write_json(&self, out: &mut String) {
        match self {
            Some(value) => value.write_json(out),
            None => ().write_json(out),
        }
    }
}

impl<T: ToJson> ToJson for &[T] {
    fn write_json(&self, out: &mut String) {
        out.push('[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            value.write_json(out);
        }
        out.push(']');
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write_json(&self, out: &mut String) {
        self.as_slice().write_json(out);
    }
}

/// `null`
impl ToJson for () {
    fn write_json(&self, out: &mut String) {
        out.push_str("null");
    }
}

/// `write_object(members, out)`
///
/// An object of these members, in their order.
pub fn write_object(members: &[(&str, &dyn ToJson)], out: &mut String) {
    out.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        name.write_json(out);
        out.push(':');
        value.write_json(out);
    }
    out.push('}');
}

/// Declares structs that are written as JSON objects, each field after the name of
/// its member.
macro_rules! to_json_object {
    ($($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$field_doc:meta])* $member:literal => pub $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<'a> {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::base::json::ToJson for $name<'_> {
            fn write_json(&self, out: &mut String) {
                $crate::base::json::write_object(&[$(($member, &self.$field)),*], out);
            }
        }
    )*};
}
pub(crate) use to_json_object;

/// The whole of a JSON text.
struct Root<T>(Option<T>);

impl<T: FromJson> Deserialize for Root<T> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        FromJson::begin(&mut out.insert(Self(None)).0)
    }
}

impl<T: FromJson> Visitor for Place<T> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.0 = T::from_string(text).unwrap_or_default();
        Ok(())
    }

    fn negative(&mut self, number: i64) -> miniserde::Result<()> {
        self.0 = T::from_integer(number).unwrap_or_default();
        Ok(())
    }

    fn nonnegative(&mut self, number: u64) -> miniserde::Result<()> {
        self.0 = i64::try_from(number).ok().and_then(T::from_integer).unwrap_or_default();
        Ok(())
    }

    fn null(&mut self) -> miniserde::Result<()> {
        Ok(())
    }

    fn boolean(&mut self, _: bool) -> miniserde::Result<()> {
        Ok(())
    }

    fn float(&mut self, _: f64) -> miniserde::Result<()> {
        Ok(())
    }

    fn seq(&mut self) -> miniserde::Result<Box<dyn Seq + '_>> {
        self.0 = T::default();
        Ok(T::read_array(&mut self.0))
    }

    fn map(&mut self) -> miniserde::Result<Box<dyn Map + '_>> {
        self.0 = T::default();
        Ok(T::read_object(&mut self.0))
    }
}

struct Ignored;

impl Seq for Ignored {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        Ok(<dyn Visitor>::ignore())
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
}

impl Map for Ignored {
    fn key(&mut self, _: &str) -> miniserde::Result<&mut dyn Visitor> {
        Ok(<dyn Visitor>::ignore())
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
}

impl FromJson for String {
    fn from_string(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromJson for Secret<String> {
    fn from_string(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

impl FromJson for i64 {
    fn from_integer(number: i64) -> Option<Self> {
        Some(number)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    const TAKES: Takes = T::TAKES;

    fn from_string(text: &str) -> Option<Self> {
        T::from_string(text).map(Some)
    }

    fn from_integer(number: i64) -> Option<Self> {
        T::from_integer(number).map(Some)
    }

    fn read_array(out: &mut Self) -> Box<dyn Seq + '_> {
        if T::TAKES == Takes::Arrays {
            T::read_array(out.insert(T::default()))
        } else {
            Box::new(Ignored)
        }
    }

    fn read_object(out: &mut Self) -> Box<dyn Map + '_> {
        if T::TAKES == Takes::Objects {
            T::read_object(out.insert(T::default()))
        } else {
            Box::new(Ignored)
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    const TAKES: Takes = Takes::Arrays;

    fn read_array(out: &mut Self) -> Box<dyn Seq + '_> {
        Box::new(Elements { list: out, next: None })
    }
}

struct Elements<'a, T> {
    list: &'a mut Vec<T>,
    next: Option<T>,
}

impl<T: FromJson> Elements<'_, T> {
    fn keep(&mut self) -> miniserde::Result<()> {
        if let Some(next) = self.next.take()
            && next.is_kept()
        {
            take_room(size_of::<T>())?;
            self.list.push(next);
        }
        Ok(())
    }
}

fn take_room(bytes: usize) -> miniserde::Result<()> {
    let room = ROOM_BYTES.get().checked_sub(bytes + ENTRY_BYTES).ok_or(miniserde::Error)?;
    ROOM_BYTES.set(room);
    Ok(())
}

impl<T: FromJson> Seq for Elements<'_, T> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        self.keep()?;
        Ok(FromJson::begin(&mut self.next))
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.keep()
    }
}

/// Declares structs that are read from JSON objects, each field after the name
/// of its member. All fields need `Default` and [`FromJson`]. A list keeps a struct that is
/// declared `if` a field only where that is not empty.
macro_rules! from_json {
    ($($(#[$doc:meta])* pub struct $name:ident $(if $id:ident)? {
        $($(#[$field_doc:meta])* $member:literal => pub $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Clone)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::base::json::FromJson for $name {
            const TAKES: $crate::base::json::Takes = $crate::base::json::Takes::Objects;

            $(fn is_kept(&self) -> bool {
                !self.$id.is_empty()
            })?

            fn read_object(out: &mut Self) -> Box<dyn miniserde::de::Map + '_> {
                struct Members<'a>(&'a mut $name);

                impl miniserde::de::Map for Members<'_> {
                    fn key(
                        &mut self,
                        name: &str,
                    ) -> miniserde::Result<&mut dyn miniserde::de::Visitor> {
                        match name {
                            $($member => {
                                Ok($crate::base::json::FromJson::begin(&mut self.0.$field))
                            })*
                            _ => Ok(<dyn miniserde::de::Visitor>::ignore()),
                        }
                    }

                    fn finish(&mut self) -> miniserde::Result<()> {
                        Ok(())
                    }
                }

                Box::new(Members(out))
            }
        }
    )*};
}
pub(crate) use from_json;

#[cfg(test)]
mod tests {
    use super::*;

    from_json! {
        /// A sample.
        pub struct Sample {
            /// Text.
            "text" => pub text: String,
            /// A number.
            "number" => pub number: i64,
            /// Either is possible.
            "option" => pub option: Option<String>,
            /// A list.
            "list" => pub list: Vec<Sample>,
        }
    }

    fn sample(json: &str) -> Sample {
        parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn reads_what_is_there() {
        let sample = sample(
            r#" {"text":"a\u00e9\n","number":-7,"option":"x","list":[{"number":1},{"number":2}],"more":{}} "#,
        );
        assert_eq!((sample.text.as_str(), sample.number), ("aé\n", -7));
        assert_eq!(sample.option.as_deref(), Some("x"));
        assert_eq!(sample.list.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn the_wrong_kind_is_as_if_absent() {
        for value in ["null", "true", "1.5", "[]", "{}", "[[1],{\"a\":[]}]", "{\"text\":\"x\"}"] {
            let sample =
                sample(&format!(r#"{{"text":{value},"number":{value},"option":{value}}}"#));
            assert_eq!(
                (sample.text.as_str(), sample.number, sample.option),
                ("", 0, None),
                "{value}"
            );
        }
        assert_eq!(sample(r#"{"number":18446744073709551615}"#).number, 0);
        assert!(sample(r#"{"list":"x"}"#).list.is_empty());
    }

    #[test]
    fn of_a_member_that_is_there_twice_the_last_counts() {
        let twice = |first: &str, second: &str| sample(&format!("{{{first},{second}}}"));
        assert_eq!(twice(r#""text":"a""#, r#""text":"b""#).text, "b");
        assert_eq!(twice(r#""text":"a""#, r#""text":1"#).text, "");
        assert_eq!(twice(r#""text":"a""#, r#""text":{}"#).text, "");
        assert_eq!(twice(r#""option":"a""#, r#""option":1"#).option, None);
        let of_two = twice(r#""list":[{"number":1},{}]"#, r#""list":[{"text":"b"}]"#).list;
        assert_eq!(of_two.len(), 1, "nothing is left of the first");
        assert_eq!((of_two[0].text.as_str(), of_two[0].number), ("b", 0));
    }

    #[test]
    fn an_odd_entry_does_not_hide_the_others() {
        let list = sample(r#"{"list":[null,7,{"number":1},"x",[],{"number":"y"}]}"#).list;
        assert_eq!(list.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn what_is_not_json_or_of_another_kind_is_none() {
        for json in
            ["", "null", "[]", "\"x\"", "1", "{", "{\"text\":\"a", "{}x", "{,}", "\u{feff}{}"]
        {
            assert!(parse::<Sample>(json.as_bytes()).is_none(), "{json}");
        }
        assert!(parse::<Sample>(b"{\"text\":\"\xff\"}").is_none());
    }

    #[test]
    fn what_is_written_is_json() {
        let odd = (0..0x300_u32).chain(0x1_f600..0x1_f610).filter_map(char::from_u32);
        let odd: String = odd.collect();
        let list = ["a".to_owned(), odd.clone()];
        let mut text = String::new();
        let none: &[String] = &[];
        write_object(
            &[("one\"", &odd), ("two", &&list[..]), ("none", &none), ("null", &())],
            &mut text,
        );
        let expected = serde_json::json!({ "one\"": odd, "two": list, "none": [], "null": null });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
    }

    #[test]
    fn only_what_json_demands_is_escaped() {
        for (text, expected) in [
            ("", r#""""#),
            ("\"\\/", r#""\"\\/""#),
            ("\0\t\n\r\u{1f}", r#""\u0000\u0009\u000a\u000d\u001f""#),
            (
                "\u{20}\u{7f}\u{85}\u{2028}\u{2029}\u{feff}😀",
                "\"\u{20}\u{7f}\u{85}\u{2028}\u{2029}\u{feff}😀\"",
            ),
        ] {
            assert_eq!(to_json(&text), expected, "{text:?}");
            assert_eq!(to_json(&text.to_owned()), expected, "{text:?}");
            assert_eq!(to_json(&Secret::from(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_to_the_last_digit() {
        for (number, expected) in [
            (0, "0"),
            (-1, "-1"),
            (9_007_199_254_740_993, "9007199254740993"),
            (i64::MAX, "9223372036854775807"),
            (i64::MIN, "-9223372036854775808"),
        ] {
            assert_eq!(to_json(&number), expected);
            assert_eq!(sample(&format!(r#"{{"number":{number}}}"#)).number, number);
        }
    }

    #[test]
    fn what_is_empty_is_written_too() {
        let nothing: Option<i64> = None;
        let lists: Vec<Vec<i64>> = vec![vec![], vec![1], vec![2, 3]];
        assert_eq!(to_json(&nothing), "null");
        assert_eq!(to_json(&Some(String::new())), r#""""#);
        assert_eq!(to_json(&vec![None, Some(1)]), "[null,1]");
        assert_eq!(to_json(&lists), "[[],[1],[2,3]]");
        assert_eq!(to_json(&lists[..0].to_vec()), "[]");
        let mut object = String::new();
        write_object(&[], &mut object);
        write_object(&[("", &()), ("\n", &nothing)], &mut object);
        assert_eq!(object, r#"{}{"":null,"\u000a":null}"#);
    }

    #[test]
    fn entries_of_a_list() {
        let read = |json: &str| {
            let places = entries(json.as_bytes(), "items")?;
            Some(places.into_iter().map(|place| json[place].trim().to_owned()).collect::<Vec<_>>())
        };
        for (json, expected) in [
            (
                r#"{"items":[{"a":[1,2]}, {"b":"],"},3 ]}"#,
                Some(&[r#"{"a":[1,2]}"#, r#"{"b":"],"}"#, "3"][..]),
            ),
            (r#"{"a":"items","b":[1],"items" : [ "x,\"" ]}"#, Some(&[r#""x,\"""#])),
            (r#"{"a":{"items":[1]},"items":[2]}"#, Some(&["2"])),
            (r#"{"items":[1],"items":[2,3]}"#, Some(&["2", "3"])),
            (r#"{"items":[]}"#, Some(&[""])),
            (r#"{"items":null}"#, None),
            (r#"{"items":{"a":1}}"#, None),
            (r#"[{"items":[1]}]"#, None),
            (r#"{"items":[1"#, None),
            ("", None),
        ] {
            assert_eq!(
                read(json),
                expected.map(|all| all.iter().map(|&one| one.into()).collect()),
                "{json}"
            );
        }
        assert!(
            entries(
                format!("{{\"items\":[{}1]}}", "1,".repeat(MAX_BRACKETS + 1)).as_bytes(),
                "items"
            )
            .is_none()
        );
    }

    #[test]
    fn half_a_surrogate_pair_spoils_its_string_alone() {
        assert_eq!(sample(r#"{"text":"\ud83d\uDE00"}"#).text, "😀");
        for (text, read) in [
            (r"\ud83d", "½"),
            (r"\ude00", "½"),
            (r"\uDE00\uD83D", "½½"),
            (r"\ud83dx", "½x"),
            (r"\ud83d\n", "½\n"),
            (r"é\ud83d\ud83d\ude00é", "é½😀é"),
            (r"\ud83d\\ude00", "½\\ude00"),
            (r"\\\ud83d", "\\½"),
            (r"\\ud83d\ud83d", "\\ud83d½"),
        ] {
            let json = format!(r#"{{"text":"{text}","{text}":1,"option":"\ud83d\ude00\\ud83d"}}"#);
            let sample = sample(&json);
            assert_eq!(sample.text, read.replace('½', HALF_PAIR), "{json}");
            assert!(!is_whole(&sample.text), "{json}");
            assert_eq!(sample.option.as_deref(), Some("😀\\ud83d"), "{json}");
        }
        for text in [r"\ud83", r"\ud83d\", r"\ud83d\é", r"\ud83d\u+de0", r"\u+d83"] {
            let json = format!(r#"{{"text":"{text}"}}"#);
            assert!(parse::<Sample>(json.as_bytes()).is_none(), "{json}");
        }
        assert!(is_whole("\u{fffd} and \u{ffff}"));
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| format!(r#"{{"more":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(sample(&nested(MAX_DEPTH - 1)).text, "");
        assert!(parse::<Sample>(nested(MAX_DEPTH).as_bytes()).is_none());
        assert!(parse::<Sample>("[".repeat(10_000_000).as_bytes()).is_none());
        let text = format!(r#"{{"text":"\"{}"}}"#, "[".repeat(1000));
        assert_eq!(sample(&text).text.len(), 1001, "brackets in a string do not count");
    }

    #[test]
    fn size_is_limited() {
        let more = |length| format!(r#"{{"more":[{}{{}}]}}"#, "{},".repeat(length - 1));
        assert!(parse::<Sample>(more(MAX_BRACKETS - 2).as_bytes()).is_some());
        assert!(parse::<Sample>(more(MAX_BRACKETS - 1).as_bytes()).is_none());
    }

    #[test]
    fn lists_take_no_more_than_their_text_and_a_bit() {
        let list = |entry: &str, length| {
            let entries = format!("{entry},").repeat(length - 1);
            parse::<Sample>(format!(r#"{{"list":[{entries}{entry}]}}"#).as_bytes())
        };
        let most = FREE_BYTES / (size_of::<Sample>() + ENTRY_BYTES);
        assert_eq!(list("{}", most).unwrap().list.len(), most);
        assert!(list("{}", most + most / 10).is_none());
        let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(200));
        assert_eq!(list(&long, 2 * most).unwrap().list.len(), 2 * most);
        // What was taken for one text is there again for the next.
        assert!(list("{}", most).is_some());
        // A list in each of many entries.
        assert!(list(r#"{"list":[{},{}]}"#, most / 2).is_none());
    }

    from_json! {
        /// A sample that only an id names.
        pub struct Named if id {
            /// Its id.
            "id" => pub id: String,
            /// Something else.
            "number" => pub number: i64,
        }
    }

    #[test]
    fn what_has_no_id_is_dropped_while_it_is_read() {
        let read = |json: &str| parse::<Vec<Named>>(json.as_bytes()).unwrap();
        let odd =
            r#"[{},null,7,{"number":1},{"id":""},{"id":5},{"id":"a","number":2},[],{"id":"b"},{}]"#;
        assert_eq!(read(odd).iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(read(odd)[0].number, 2);
        let junk = "{},".repeat(900_000);
        assert_eq!(read(&format!(r#"[{junk}{{"id":"a"}}]"#)).len(), 1);
        assert!(parse::<Named>(b"{}").is_some(), "on its own it is judged by whoever asked for it");
    }
}
