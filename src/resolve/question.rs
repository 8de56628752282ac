//! What a client may be asked for.

use crate::{
    base::error::{Error, Place},
    resolve::reference::{SecretReference, parse_reference},
};
use std::borrow::Cow;

/// In which form a value is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As text.
    #[default]
    Text,
    /// As bytes: files of any content.
    Bytes,
}

/// One thing that is asked for. Vaults and items are named by their ids or names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The value that a secret reference names.
    Value {
        /// The reference, as the caller wrote it.
        reference: String,
        /// As what it is wanted.
        form: Form,
    },
    /// An item with all its values.
    Item {
        /// Its vault.
        vault: String,
        /// The item.
        item: String,
    },
    /// The content of a file.
    File {
        /// The item's vault.
        vault: String,
        /// The item that has it.
        item: String,
        /// The id of its content.
        file: String,
    },
    /// The variables of an Environment, as JSON.
    Environment {
        /// The Environment.
        environment: String,
    },
}

/// `checked_name(argument, name) -> name`
///
/// What may be the name or the id of something.
///
/// # Errors
/// [`Error::ArgumentInvalid`] naming the argument.
pub fn checked_name(argument: &'static str, name: &str) -> Result<String, Error> {
    if name.is_empty() || name.contains('\0') {
        let reason = "must be an id or a name: a string that is not empty";
        return Err(Error::ArgumentInvalid { option: argument, reason });
    }
    Ok(name.to_owned())
}

/// A question that has been understood: where to look, and for what.
#[derive(Debug)]
pub struct Target {
    /// Id or name of the vault.
    pub vault: String,
    /// Id or title of the item; empty for an Environment.
    pub item: String,
    /// What of the item is wanted.
    pub part: Part,
}

impl Target {
    /// `place() -> place`
    ///
    /// Whether it is in a vault, or is an Environment.
    pub const fn place(&self) -> Place {
        match self.part {
            Part::Variables => Place::Environment,
            _ => Place::Vault,
        }
    }

    /// `name() -> text`
    ///
    /// What an error calls its item.
    pub fn name(&self) -> &str {
        match self.part {
            Part::Variables => &self.vault,
            _ => &self.item,
        }
    }

    /// `group() -> text`
    ///
    /// What has the same is read together: an Environment and a vault may have one name.
    pub fn group(&self) -> String {
        let kind = if self.place() == Place::Environment { "\0" } else { "" };
        [kind, &self.vault.to_lowercase()].concat()
    }
}

/// What of an item is wanted.
#[derive(Debug)]
pub enum Part {
    /// A field's value or a file's content.
    Field(SecretReference, Form),
    /// All of it.
    Whole,
    /// The file whose content has this id.
    File(String),
    /// The variables of an Environment, which is the vault, and has no more than one item.
    Variables,
}

impl Question {
    /// `text(reference) -> question`
    ///
    /// A value as text.
    pub fn text(reference: &str) -> Self {
        Self::Value { reference: reference.to_owned(), form: Form::Text }
    }

    /// `target() -> target`
    ///
    /// # Errors
    /// [`Error::Parsing`] for what is no secret reference, [`Error::ArgumentInvalid`] for what
    /// is no name.
    pub fn target(&self) -> Result<Target, Error> {
        Ok(match self {
            Self::Value { reference, form } => {
                let reference = parse_reference(reference)?;
                let (vault, item) = (reference.vault.clone(), reference.item.clone());
                Target { vault, item, part: Part::Field(reference, *form) }
            }
            Self::Item { vault, item } => Target {
                vault: checked_name("vault", vault)?,
                item: checked_name("item", item)?,
                part: Part::Whole,
            },
            Self::File { vault, item, file } => Target {
                vault: checked_name("vault", vault)?,
                item: checked_name("item", item)?,
                part: Part::File(checked_name("file", file)?),
            },
            Self::Environment { environment } => Target {
                vault: checked_name("environment", environment)?,
                item: String::new(),
                part: Part::Variables,
            },
        })
    }

    /// `reference() -> text`
    ///
    /// The secret reference, if it was asked with one.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Value { reference, .. } => Some(reference),
            Self::Item { .. } | Self::File { .. } | Self::Environment { .. } => None,
        }
    }

    /// `secret_key() -> text`
    ///
    /// What its answer may be remembered under, if that is text that does not change by itself.
    pub fn secret_key(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Value { reference, form: Form::Text } => Some(reference.into()),
            Self::Environment { .. } => Some(self.key().into()),
            _ => None,
        }
    }

    /// `key() -> text`
    ///
    /// What it names, in whichever form: no name has a NUL.
    pub fn key(&self) -> String {
        match self {
            Self::Value { reference, .. } => reference.clone(),
            Self::Item { vault, item } => ["", vault, item].join("\0"),
            Self::File { vault, item, file } => ["", vault, item, file].join("\0"),
            Self::Environment { environment } => ["\0\0\0", environment].concat(),
        }
    }

    /// `is_answered_by(error) -> bool`
    ///
    /// Whether an error with which somebody asked for the same holds for this form, too.
    pub fn is_answered_by(&self, error: &Error) -> bool {
        let is_of_text = matches!(error, Error::UnsupportedFileFormat { .. });
        !(is_of_text && matches!(self, Self::Value { form: Form::Bytes, .. }))
    }
}
