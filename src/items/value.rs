//! A field's value as text, or the file that it is.

use crate::{
    base::{
        encoding::civil_date,
        error::{Candidate, Error},
        json::is_whole,
        secret::Secret,
    },
    items::{
        postal,
        query::{Attribute, Query},
        ssh, totp,
    },
    wire::items::{BuiltInField, FieldObject, FieldValue, Section, SectionField, SshKeyAttributes},
};
use std::{borrow::Cow, ptr};

/// Kind of the fields outside sections.
const BUILT_IN: &str = "string";
/// Kind of those that are passwords, none of which is a one-time password.
const BUILT_IN_CONCEALED: &str = "password";
const CONCEALED: &str = "concealed";
const SSH_KEY: &str = "sshKey";
const FILE: &str = "file";
/// A concealed field with an id that starts like this is a one-time password.
const ONE_TIME_PASSWORD_ID: &str = "TOTP";
/// A text field with an id that starts like this is the number of a credit card.
const CARD_NUMBER_ID: &str = "ccnum";
/// What an SSH key has beside the private key, by the names it answers to.
const SSH_KEY_PARTS: [(&str, SshKeyPart); 4] = [
    ("public key", SshKeyPart::PublicKey),
    ("public_key", SshKeyPart::PublicKey),
    ("fingerprint", SshKeyPart::Fingerprint),
    ("key type", SshKeyPart::KeyType),
];
const PASSWORD: &str = "password";
const NOTES: &str = "notesPlain";
/// The first year that the vendor's client does not show.
const END_OF_YEARS: i64 = 3000;
const SECONDS_A_DAY: i64 = 86_400;

/// Why a value is no text.
pub const HALF_PAIR: &str = "half of a surrogate pair is in it (of an emoji that was cut, for one), which is no text; enter the value in 1Password again";

/// What a value may depend on besides the item.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Unix time in milliseconds, for one-time passwords.
    pub now_ms: u64,
    /// Random bytes, for OpenSSH's check of a private key.
    pub check_bytes: [u8; 4],
}

/// What a reference names.
#[derive(Debug)]
pub enum Answer<'a> {
    /// Text.
    Text(Secret<String>),
    /// A file, which has to be downloaded.
    File(&'a FieldObject),
}

/// A field that a reference names, wherever it stands.
#[derive(Debug)]
pub struct Field<'a> {
    kind: &'a str,
    section: Option<&'a Section>,
    /// What a reference may say in place of the title; empty if there is nothing.
    id: &'a str,
    title: &'a str,
    purpose: &'a str,
    content: Content<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Content<'a> {
    Value(&'a FieldValue),
    Plain(&'a Secret<String>),
    File(&'a FieldObject),
    SshKey(SshKeyPart, &'a SectionField),
}

/// The parts that an SSH key's field answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SshKeyPart {
    PrivateKey,
    PublicKey,
    Fingerprint,
    KeyType,
}

impl<'a> Field<'a> {
    /// `built_in(field) -> field`
    ///
    /// A field outside sections.
    pub fn built_in(field: &'a BuiltInField) -> Self {
        let BuiltInField { id, name, designation, input, value } = field;
        let kind = match input.as_str() {
            "P" => BUILT_IN_CONCEALED,
            "E" => "email",
            "U" => "URL",
            "TEL" => "phone",
            _ => BUILT_IN,
        };
        let id = if id.is_empty() { designation } else { id };
        Self::outside(kind, id, name, designation, Content::Value(value))
    }

    /// `password(value) -> field`
    ///
    /// The password of a Password item.
    pub const fn password(value: &'a Secret<String>) -> Self {
        Self::outside(BUILT_IN_CONCEALED, PASSWORD, PASSWORD, PASSWORD, Content::Plain(value))
    }

    /// `notes(value) -> field`
    ///
    /// The item's notes.
    pub const fn notes(value: &'a Secret<String>) -> Self {
        Self::outside(BUILT_IN, NOTES, NOTES, "notes", Content::Plain(value))
    }

    /// `document(file) -> field`
    ///
    /// The file of a Document item, which answers to its name alone.
    pub const fn document(file: &'a FieldObject) -> Self {
        Self::outside(FILE, "", file.file_name.as_str(), "", Content::File(file))
    }

    const fn outside(
        kind: &'a str,
        id: &'a str,
        title: &'a str,
        purpose: &'a str,
        content: Content<'a>,
    ) -> Self {
        Self { kind, section: None, id, title, purpose, content }
    }

    /// `in_section(field, section) -> field`
    ///
    /// # Source
    /// protocol.md “Resolving a reference” 5 and 8 (observed, recorded)
    pub fn in_section(field: &'a SectionField, section: &'a Section) -> Self {
        let SectionField { title, value, .. } = field;
        let [kind, id] = [&field.kind, &field.id].map(|text| text.as_deref().unwrap_or_default());
        let (title, content) = match (kind, &value.object) {
            (SSH_KEY, _) => (title, Content::SshKey(SshKeyPart::PrivateKey, field)),
            (FILE, Some(file)) => (&file.file_name, Content::File(file)),
            _ => (title, Content::Value(value)),
        };
        Self { kind, section: Some(section), id, title, purpose: "", content }
    }

    /// `ssh_key_part(field, is_named) -> field`
    ///
    /// What an SSH key has beside the private key, if it answers to this name.
    /// It belongs to the item: a section has no such fields.
    ///
    /// # Source
    /// protocol.md “Resolving a reference” 8 (observed, recorded)
    pub fn ssh_key_part(field: &'a SectionField, is_named: impl Fn(&str) -> bool) -> Option<Self> {
        if field.kind.as_deref() != Some(SSH_KEY) {
            return None;
        }
        let (_, part) = SSH_KEY_PARTS.into_iter().find(|(name, _)| is_named(name))?;
        let content = Content::SshKey(part, field);
        Some(Self {
            kind: SSH_KEY,
            section: None,
            id: "",
            title: &field.title,
            purpose: "",
            content,
        })
    }

    /// `is_file() -> bool`
    pub const fn is_file(&self) -> bool {
        matches!(self.content, Content::File(_))
    }

    /// `candidate() -> candidate`
    ///
    /// What an error says of a field that is one of several.
    pub fn candidate(&self) -> Candidate {
        let [section_id, section] = self.section.map_or([""; 2], Section::names);
        let id = match (section_id, self.id) {
            ("", id) | (_, id @ "") => id.to_owned(),
            (section, id) => format!("{section}/{id}"),
        };
        let section = if section.is_empty() { section_id } else { section };
        let (title, section) = (self.title.to_owned(), section.to_owned());
        Candidate { id, title, section, ..Candidate::default() }
    }

    /// `named() -> (title, section, id)`
    ///
    /// The section by its id; empty where there is nothing.
    pub fn named(&self) -> [&'a str; 3] {
        [self.title, self.section.map_or("", Section::id), self.id]
    }

    /// `ways() -> list`
    ///
    /// What a reference may say of it: a section, empty if none, and a field. Some may name
    /// others as well.
    pub fn ways(&self) -> [[&'a str; 2]; 3] {
        let [section_id, section] = self.section.map_or([""; 2], Section::names);
        let title = if section.is_empty() { "" } else { self.title };
        [[section, title], [section_id, self.id], ["", self.id]]
    }

    /// `is(other) -> bool`
    ///
    /// Whether both are the same field of the same item.
    pub fn is(&self, other: &Self) -> bool {
        self.address() == other.address()
    }

    const fn address(&self) -> *const () {
        match self.content {
            Content::Value(value) => ptr::from_ref(value).cast(),
            Content::Plain(text) => ptr::from_ref(text).cast(),
            Content::File(file) => ptr::from_ref(file).cast(),
            Content::SshKey(_, key) => ptr::from_ref(key).cast(),
        }
    }

    /// `answer(name, query, moment) -> answer`
    ///
    /// # Shapes
    /// - `name`: what the reference calls the field, for errors
    /// # Errors
    /// [`Error::IncompatibleTotpQuery`], [`Error::IncompatibleSshKeyQuery`] and
    /// [`Error::IncompatibleAttribute`] if the query does not fit,
    /// [`Error::UnableToGenerateTotpCode`], [`Error::SshKeyMetadataNotFound`],
    /// [`Error::UnableToParsePrivateKey`] and [`Error::UnableToFormatPrivateKey`]
    /// for a damaged value, [`Error::UnreadableField`] if it has no text form or
    /// half of a surrogate pair is in it.
    /// # Source
    /// protocol.md “Resolving a reference” 6 to 9 (observed, recorded)
    pub fn answer(
        &self,
        name: &str,
        query: Option<Query>,
        moment: Moment,
    ) -> Result<Answer<'a>, Error> {
        let answer = match self.content {
            Content::File(file) => self.file(file, name, query),
            Content::SshKey(part, key) => {
                self.ssh_key(part, key, name, query, moment).map(Answer::Text)
            }
            Content::Value(_) | Content::Plain(_) => {
                self.value(name, query, moment).map(Answer::Text)
            }
        };
        match answer {
            Ok(Answer::Text(text)) if !is_whole(text.expose()) => {
                Err(Error::UnreadableField { field: name.to_owned(), reason: HALF_PAIR.into() })
            }
            answer => answer,
        }
    }
}

impl<'a> Field<'a> {
    /// `shown() -> text`
    ///
    /// The value as an item shows it: what has no text form is empty.
    pub fn shown(&self) -> Secret<String> {
        let text = match self.content {
            Content::SshKey(_, key) => Secret::from(plain_text(&key.value)),
            _ => self.text().unwrap_or_default(),
        };
        Secret::from(shown(text.expose()))
    }

    fn file(
        &self,
        file: &'a FieldObject,
        name: &str,
        query: Option<Query>,
    ) -> Result<Answer<'a>, Error> {
        let attribute = match query {
            // The vendor's client answers with the content here too (observed).
            None | Some(Query::OpenSsh | Query::Attribute(Attribute::OneTimePassword)) => {
                return Ok(Answer::File(file));
            }
            Some(Query::Attribute(attribute)) => attribute,
        };
        let text = match attribute {
            Attribute::Content => return Ok(Answer::File(file)),
            Attribute::Type => type_name(FILE, "").to_owned(),
            Attribute::Size => file.unencrypted_size.to_string(),
            Attribute::Id => file.document_id.clone(),
            Attribute::Name => file.file_name.clone(),
            _ => return Err(Error::IncompatibleAttribute { field: name.to_owned(), of: "a file" }),
        };
        Ok(Answer::Text(Secret::new(text)))
    }

    fn value(
        &self,
        name: &str,
        query: Option<Query>,
        moment: Moment,
    ) -> Result<Secret<String>, Error> {
        let field = || name.to_owned();
        match query {
            None | Some(Query::Attribute(Attribute::Value)) => {
                self.text().map_err(|reason| Error::UnreadableField { field: field(), reason })
            }
            Some(Query::OpenSsh) => Err(Error::IncompatibleSshKeyQuery { field: field() }),
            Some(Query::Attribute(Attribute::OneTimePassword)) => {
                if !is_one_time_password(self.kind, self.id) {
                    return Err(Error::IncompatibleTotpQuery { field: field() });
                }
                totp::one_time_password(self.plain_text(), moment.now_ms).map_err(|fault| {
                    Error::UnableToGenerateTotpCode { field: field(), reason: fault.reason() }
                })
            }
            Some(Query::Attribute(attribute)) => self.about(attribute, name),
        }
    }

    fn ssh_key(
        &self,
        part: SshKeyPart,
        key: &SectionField,
        name: &str,
        query: Option<Query>,
        moment: Moment,
    ) -> Result<Secret<String>, Error> {
        let field = || name.to_owned();
        let SshKeyAttributes { private_key: Some(_), public_key, fingerprint, key_type } =
            &key.attributes.ssh_key
        else {
            return Err(Error::SshKeyMetadataNotFound { field: field() });
        };
        let is_known = match key_type.name.as_str() {
            "ed25519" => true,
            "rsa" => key_type.bits.is_some(),
            _ => false,
        };
        let (Some(public_key), Some(fingerprint), true) = (public_key, fingerprint, is_known)
        else {
            return Err(Error::SshKeyMetadataNotFound { field: field() });
        };
        match query {
            None | Some(Query::Attribute(Attribute::Value)) => Ok(match part {
                SshKeyPart::PrivateKey => Secret::from(plain_text(&key.value)),
                SshKeyPart::PublicKey => public_key.clone(),
                SshKeyPart::Fingerprint => fingerprint.clone(),
                SshKeyPart::KeyType => Secret::from(key_type.name.as_str()),
            }),
            Some(Query::OpenSsh) if part == SshKeyPart::PrivateKey => {
                ssh::to_openssh(plain_text(&key.value), moment.check_bytes).map_err(|fault| {
                    match fault {
                        ssh::Fault::CannotParse => {
                            Error::UnableToParsePrivateKey { field: field() }
                        }
                        ssh::Fault::CannotFormat => {
                            Error::UnableToFormatPrivateKey { field: field() }
                        }
                    }
                })
            }
            Some(Query::OpenSsh) => Err(Error::IncompatibleSshKeyQuery { field: field() }),
            Some(Query::Attribute(Attribute::OneTimePassword)) => {
                Err(Error::IncompatibleTotpQuery { field: field() })
            }
            Some(Query::Attribute(attribute)) => self.about(attribute, name),
        }
    }

    /// What `?attribute=` says of a field that is no file.
    fn about(&self, attribute: Attribute, name: &str) -> Result<Secret<String>, Error> {
        Ok(Secret::from(match attribute {
            Attribute::Type => type_name(self.kind, self.id),
            Attribute::Title => self.title,
            Attribute::Id => self.id,
            Attribute::Purpose => self.purpose,
            _ => {
                return Err(Error::IncompatibleAttribute { field: name.to_owned(), of: "a field" });
            }
        }))
    }

    /// The value, or why it has no text form.
    fn text(&self) -> Result<Secret<String>, Cow<'static, str>> {
        let Content::Value(value) = self.content else {
            return Ok(Secret::from(self.plain_text()));
        };
        let text = match self.kind {
            BUILT_IN | BUILT_IN_CONCEALED | CONCEALED | "email" | "phone" | "URL" | "menu"
            | "gender" | "cctype" | "reference" => Ok(Secret::from(self.plain_text())),
            "formattedText" => Ok(Secret::default()),
            "date" => date(value).ok_or("it is not a date"),
            "monthYear" => month_year(value).ok_or("it is not a month and year"),
            "address" => address(value).ok_or("it is not an address"),
            FILE => Err("it is a file without content"),
            unknown => return Err(format!("its kind “{unknown}” is unknown").into()),
        };
        text.map_err(Cow::Borrowed)
    }

    fn plain_text(&self) -> &str {
        match self.content {
            Content::Plain(text) => text.expose(),
            Content::Value(value) => plain_text(value),
            Content::File(_) | Content::SshKey(..) => "",
        }
    }
}

/// `shown(text) -> text`
///
/// Text as an item shows it: empty if half of a surrogate pair is in it.
pub fn shown(text: &str) -> &str {
    if is_whole(text) { text } else { "" }
}

/// `is_one_time_password(kind, id) -> bool`
pub fn is_one_time_password(kind: &str, id: &str) -> bool {
    kind == CONCEALED && id.starts_with(ONE_TIME_PASSWORD_ID)
}

/// `is_card_number(kind, id) -> bool`
pub fn is_card_number(kind: &str, id: &str) -> bool {
    kind == BUILT_IN && id.starts_with(CARD_NUMBER_ID)
}

/// A field's type as the `op` command line names it (documented; the names of
/// kinds that it does not document are assumed).
fn type_name<'a>(kind: &'a str, id: &str) -> &'a str {
    match kind {
        _ if is_one_time_password(kind, id) => "OTP",
        _ if is_card_number(kind, id) => "CREDIT_CARD_NUMBER",
        BUILT_IN => "STRING",
        CONCEALED | BUILT_IN_CONCEALED => "CONCEALED",
        "email" => "EMAIL",
        "phone" => "PHONE",
        "URL" => "URL",
        "menu" => "MENU",
        "gender" => "GENDER",
        "cctype" => "CREDIT_CARD_TYPE",
        "reference" => "REFERENCE",
        "date" => "DATE",
        "monthYear" => "MONTH_YEAR",
        "address" => "ADDRESS",
        SSH_KEY => "SSHKEY",
        FILE => "FILE",
        other => other,
    }
}

/// `plain_text(value) -> text`
///
/// The text as it stands; what is no text is empty.
pub fn plain_text(value: &FieldValue) -> &str {
    value.text.as_ref().map_or("", |text| text.expose())
}

/// `number(value) -> number`
///
/// A whole number, or text that is one.
pub fn number(value: &FieldValue) -> Option<i64> {
    let text = || value.text.as_ref()?.expose().parse().ok();
    value.number.or_else(text)
}

/// Unix seconds as `YYYY-MM-DD` in UTC.
fn date(value: &FieldValue) -> Option<Secret<String>> {
    let (year, month, day) = civil_date(number(value)?.div_euclid(SECONDS_A_DAY));
    (0..END_OF_YEARS).contains(&year).then(|| Secret::new(format!("{year:04}-{month:02}-{day:02}")))
}

/// `year_and_month(value) -> (year, month)`
///
/// Of `YYYYMM`, or of `YYMM` of this century.
///
/// # Source
/// protocol.md “Environments” (observed)
pub fn year_and_month(value: &FieldValue) -> Option<(i64, i64)> {
    let number = number(value)?;
    let (year, month) = (number.div_euclid(100), number.rem_euclid(100));
    let year = if (0..100).contains(&year) { 2000 + year } else { year };
    let is_one = (1000..END_OF_YEARS).contains(&year) && (1..=12).contains(&month);
    is_one.then_some((year, month))
}

fn month_year(value: &FieldValue) -> Option<Secret<String>> {
    let (year, month) = year_and_month(value)?;
    Some(Secret::new(format!("{month:02}/{year}")))
}

fn address(value: &FieldValue) -> Option<Secret<String>> {
    value.object.as_ref().map(|address| Secret::new(postal::one_line(address)))
}
