//! What callers see, whatever it is of: a tree of values that any serializer writes.
//!
//! One type for all shapes: a `derive(Serialize)` on each of them writes its own code for every
//! member, which was a tenth of the module.

use crate::base::{json::ToJson, secret::Secret};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use std::borrow::Cow;

/// Above it JavaScript's numbers have gaps.
const MAX_WHOLE: f64 = 9_007_199_254_740_991.0;

/// A value as callers see it.
#[derive(Debug)]
pub enum Shape<'a> {
    /// Nothing.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A number, as JavaScript has them.
    Number(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Text that is zeroed on drop.
    Secret(Secret<String>),
    /// Several.
    List(Vec<Self>),
    /// Members, in the order in which they are shown.
    Object(Vec<(&'static str, Self)>),
}

impl<'a> Shape<'a> {
    /// `text(text) -> shape`
    pub fn text(text: &'a str) -> Self {
        Self::Text(text.into())
    }

    /// `number(number) -> shape`
    ///
    /// As it would come out of JSON in JavaScript.
    pub fn number(number: i64) -> Self {
        Self::Number(number as f64)
    }

    /// `list(entries) -> shape`
    pub fn list(entries: &mut dyn Iterator<Item = Self>) -> Self {
        Self::List(entries.collect())
    }

    /// `object(members) -> shape`
    pub fn object<const N: usize>(members: [(&'static str, Self); N]) -> Self {
        Self::Object(members.into())
    }

    /// `if_some(shape) -> shape`
    ///
    /// Null where there is none.
    pub fn if_some(shape: Option<Self>) -> Self {
        shape.unwrap_or(Self::Null)
    }

    /// `with(name, shape) -> shape`
    ///
    /// With another member if there is one.
    #[must_use]
    pub fn with(mut self, name: &'static str, shape: Option<Self>) -> Self {
        if let (Self::Object(members), Some(shape)) = (&mut self, shape) {
            members.push((name, shape));
        }
        self
    }
}

/// For long lists: JavaScript makes objects of a text sooner than of many calls. A number without
/// a fraction is written as such; others there are none of.
impl ToJson for Shape<'_> {
    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => ().write_json(out),
            Self::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Number(number) => (*number as i64).write_json(out),
            Self::Text(text) => text.as_ref().write_json(out),
            Self::Secret(text) => text.write_json(out),
            Self::List(entries) => entries.write_json(out),
            Self::Object(members) => {
                out.push('{');
                for (index, (name, shape)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    name.write_json(out);
                    out.push(':');
                    shape.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) if number.abs() <= MAX_WHOLE && number.fract() == 0.0 => {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Secret(text) => serializer.serialize_str(text.expose()),
            Self::List(entries) => {
                let mut list = serializer.serialize_seq(Some(entries.len()))?;
                entries.iter().try_for_each(|entry| list.serialize_element(entry))?;
                list.end()
            }
            Self::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, shape)| object.serialize_entry(name, shape))?;
                object.end()
            }
        }
    }
}
