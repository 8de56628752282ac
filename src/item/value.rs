//! A field's value as text, or the file that it is.

use crate::{
    encoding::civil_date,
    error::{Candidate, Error},
    item::{ssh, totp},
    reference::{Attribute, Query},
    secret::Secret,
    wire::{
        BuiltInField, FieldAttributes, FieldObject, FieldValue, SectionField, SshKeyAttributes,
    },
};
use zeroize::Zeroize;

/// Kind of the fields outside sections.
const BUILT_IN: &str = "string";
const CONCEALED: &str = "concealed";
const SSH_KEY: &str = "sshKey";
const FILE: &str = "file";
/// A concealed field with an id that starts like this is a one-time password.
const ONE_TIME_PASSWORD_ID: &str = "TOTP_";
const SSH_KEY_TYPES: [&str; 2] = ["ed25519", "rsa"];
const SECONDS_A_DAY: i64 = 86_400;

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
    id: &'a str,
    title: &'a str,
    purpose: &'a str,
    content: Content<'a>,
}

#[derive(Debug)]
enum Content<'a> {
    Value(&'a FieldValue),
    File(&'a FieldObject),
    SshKey(SshKeyPart, &'a SshKeyAttributes),
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
        let BuiltInField { id, name, designation, value } = field;
        Self {
            kind: BUILT_IN,
            id,
            title: name,
            purpose: designation,
            content: Content::Value(value),
        }
    }

    /// `notes(value) -> field`
    ///
    /// The item's notes.
    pub const fn notes(value: &'a FieldValue) -> Self {
        let name = "notesPlain";
        Self {
            kind: BUILT_IN,
            id: name,
            title: name,
            purpose: "notes",
            content: Content::Value(value),
        }
    }

    /// `document(file) -> field`
    ///
    /// The file of a Document item.
    pub fn document(file: &'a FieldObject) -> Self {
        let FieldObject { document_id, file_name, .. } = file;
        Self {
            kind: FILE,
            id: document_id,
            title: file_name,
            purpose: "",
            content: Content::File(file),
        }
    }

    /// `in_section(field, name) -> field`
    ///
    /// A field of a section, if it answers to this name: to its id and its title;
    /// a file to its id and its file name; an SSH key also to its parts' names.
    ///
    /// # Source
    /// protocol.md “Resolving a reference” 5 and 8 (observed, recorded)
    pub fn in_section(field: &'a SectionField, is_named: impl Fn(&str) -> bool) -> Option<Self> {
        let SectionField { kind, id, title, value, attributes } = field;
        let is_it = is_named(id) || is_named(title);
        let (is_it, content) = match (kind.as_str(), &value.object) {
            (SSH_KEY, _) => {
                let FieldAttributes { ssh_key } = attributes;
                let part = ssh_key_part(&is_named).or(is_it.then_some(SshKeyPart::PrivateKey))?;
                (true, Content::SshKey(part, ssh_key))
            }
            (FILE, Some(file)) => (is_named(id) || is_named(&file.file_name), Content::File(file)),
            _ => (is_it, Content::Value(value)),
        };
        is_it.then_some(Self { kind, id, title, purpose: "", content })
    }

    /// `candidate() -> candidate`
    ///
    /// What an error says of a field that is one of several.
    pub fn candidate(&self) -> Candidate {
        let id = if self.id.is_empty() { self.purpose } else { self.id };
        Candidate { id: id.to_owned(), title: self.title.to_owned() }
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
    /// for a damaged value, [`Error::UnreadableField`] if it has no text form.
    /// # Source
    /// protocol.md “Resolving a reference” 6 to 9 (observed, recorded)
    pub fn answer(
        &self,
        name: &str,
        query: Option<Query>,
        moment: Moment,
    ) -> Result<Answer<'a>, Error> {
        match self.content {
            Content::File(file) => self.file(file, name, query),
            Content::SshKey(part, key) => {
                self.ssh_key(part, key, name, query, moment).map(Answer::Text)
            }
            Content::Value(value) => self.value(value, name, query, moment).map(Answer::Text),
        }
    }
}

impl<'a> Field<'a> {
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
            Attribute::Type => type_name(FILE, self.id).to_owned(),
            Attribute::Size => file.unencrypted_size.to_string(),
            Attribute::Id => file.document_id.clone(),
            Attribute::Name => file.file_name.clone(),
            _ => return Err(Error::IncompatibleAttribute { field: name.to_owned(), of: "a file" }),
        };
        Ok(Answer::Text(Secret::new(text)))
    }

    fn value(
        &self,
        value: &FieldValue,
        name: &str,
        query: Option<Query>,
        moment: Moment,
    ) -> Result<Secret<String>, Error> {
        let field = || name.to_owned();
        match query {
            None | Some(Query::Attribute(Attribute::Value)) => {
                self.text(value).map_err(|reason| Error::UnreadableField { field: field(), reason })
            }
            Some(Query::OpenSsh) => Err(Error::IncompatibleSshKeyQuery { field: field() }),
            Some(Query::Attribute(Attribute::OneTimePassword)) => {
                if !is_one_time_password(self.kind, self.id) {
                    return Err(Error::IncompatibleTotpQuery { field: field() });
                }
                totp::one_time_password(plain_text(value), moment.now_ms).map_err(|fault| {
                    Error::UnableToGenerateTotpCode { field: field(), reason: fault.reason() }
                })
            }
            Some(Query::Attribute(attribute)) => self.about(attribute, name),
        }
    }

    fn ssh_key(
        &self,
        part: SshKeyPart,
        key: &SshKeyAttributes,
        name: &str,
        query: Option<Query>,
        moment: Moment,
    ) -> Result<Secret<String>, Error> {
        let field = || name.to_owned();
        let SshKeyAttributes { private_key, public_key, fingerprint, key_type } = key;
        let (Some(private_key), Some(public_key), Some(fingerprint), true) =
            (private_key, public_key, fingerprint, SSH_KEY_TYPES.contains(&key_type.name.as_str()))
        else {
            return Err(Error::SshKeyMetadataNotFound { field: field() });
        };
        match query {
            None | Some(Query::Attribute(Attribute::Value)) => Ok(match part {
                SshKeyPart::PrivateKey => private_key.clone(),
                SshKeyPart::PublicKey => public_key.clone(),
                SshKeyPart::Fingerprint => fingerprint.clone(),
                SshKeyPart::KeyType => Secret::from(key_type.name.as_str()),
            }),
            Some(Query::OpenSsh) if part == SshKeyPart::PrivateKey => {
                ssh::to_openssh(private_key.expose(), moment.check_bytes).map_err(|fault| {
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

    fn text(&self, value: &FieldValue) -> Result<Secret<String>, &'static str> {
        match self.kind {
            BUILT_IN | CONCEALED | "email" | "phone" | "URL" | "menu" | "gender" | "cctype"
            | "reference" => Ok(Secret::from(plain_text(value))),
            "formattedText" => Ok(Secret::default()),
            "date" => date(value).ok_or("it is not a date"),
            "monthYear" => month_year(value).ok_or("it is not a month and year"),
            "address" => address(value).ok_or("it is not an address"),
            FILE => Err("it is a file without content"),
            _ => Err("its kind is unknown"),
        }
    }
}

fn ssh_key_part(is_named: impl Fn(&str) -> bool) -> Option<SshKeyPart> {
    [
        ("private key", SshKeyPart::PrivateKey),
        ("private_key", SshKeyPart::PrivateKey),
        ("public key", SshKeyPart::PublicKey),
        ("public_key", SshKeyPart::PublicKey),
        ("fingerprint", SshKeyPart::Fingerprint),
        ("key type", SshKeyPart::KeyType),
    ]
    .into_iter()
    .find_map(|(name, part)| is_named(name).then_some(part))
}

fn is_one_time_password(kind: &str, id: &str) -> bool {
    kind == CONCEALED && id.starts_with(ONE_TIME_PASSWORD_ID)
}

/// A field's type as the `op` command line names it (documented; the names of
/// kinds that it does not document are assumed).
fn type_name<'a>(kind: &'a str, id: &str) -> &'a str {
    match kind {
        CONCEALED if is_one_time_password(kind, id) => "OTP",
        BUILT_IN => "STRING",
        CONCEALED => "CONCEALED",
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

/// The text as it stands; what is no text is empty.
fn plain_text(value: &FieldValue) -> &str {
    value.text.as_ref().map_or("", |text| text.expose())
}

fn number(value: &FieldValue) -> Option<i64> {
    let text = || value.text.as_ref()?.expose().parse().ok();
    value.number.or_else(text)
}

/// Unix seconds as `YYYY-MM-DD` in UTC.
fn date(value: &FieldValue) -> Option<Secret<String>> {
    let (year, month, day) = civil_date(number(value)?.div_euclid(SECONDS_A_DAY));
    (0..=9999).contains(&year).then(|| Secret::new(format!("{year:04}-{month:02}-{day:02}")))
}

/// `YYYYMM` as `MM/YYYY`.
fn month_year(value: &FieldValue) -> Option<Secret<String>> {
    let number = number(value)?;
    let (year, month) = (number / 100, number % 100);
    ((1000..=9999).contains(&year) && (1..=12).contains(&month))
        .then(|| Secret::new(format!("{month:02}/{year}")))
}

/// `street, city state zip, country`, without what is empty.
fn address(value: &FieldValue) -> Option<Secret<String>> {
    let FieldObject { street, city, state, zip, country, .. } = value.object.as_ref()?;
    let mut place = join(" ", [city, state, zip].map(|part| part.expose().as_str()));
    let text = join(", ", [street.expose(), &place, country.expose()]);
    place.zeroize();
    Some(Secret::new(text))
}

fn join(separator: &str, parts: [&str; 3]) -> String {
    let mut text = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(part);
    }
    text
}
