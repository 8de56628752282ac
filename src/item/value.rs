//! A field's value as text.

use crate::{
    encoding::civil_date,
    error::Error,
    reference::Query,
    secret::Secret,
    wire::{FieldObject, FieldValue, SectionField},
};
use zeroize::Zeroize;

/// Kind of the fields outside sections.
const BUILT_IN: &str = "string";
const CONCEALED: &str = "concealed";
/// A concealed field with an id that starts like this is a one-time password.
const ONE_TIME_PASSWORD_ID: &str = "TOTP_";
const SECONDS_A_DAY: i64 = 86_400;

/// A field that a reference names, wherever it stands.
#[derive(Debug)]
pub struct Field<'a> {
    kind: &'a str,
    id: &'a str,
    value: &'a FieldValue,
}

impl<'a> Field<'a> {
    /// `built_in(id, value) -> field`
    ///
    /// A field outside sections, or the notes.
    pub const fn built_in(id: &'a str, value: &'a FieldValue) -> Self {
        Self { kind: BUILT_IN, id, value }
    }

    /// `in_section(field) -> field`
    ///
    /// A field of a section.
    pub fn in_section(field: &'a SectionField) -> Self {
        Self { kind: &field.kind, id: &field.id, value: &field.value }
    }

    /// `text(name, query) -> value`
    ///
    /// # Shapes
    /// - `name`: what the reference calls the field, for errors
    /// # Errors
    /// [`Error::IncompatibleTotpQuery`] and [`Error::IncompatibleSshKeyQuery`] if
    /// the query does not fit, [`Error::UnreadableField`] if the value has no
    /// text form, [`Error::Unsupported`] for kinds that are not read yet.
    /// # Source
    /// protocol.md “Resolving a reference” 6 to 8 (observed, recorded)
    pub fn text(&self, name: &str, query: Option<Query>) -> Result<Secret<String>, Error> {
        match query {
            Some(Query::OneTimePassword) if !self.is_one_time_password() => {
                return Err(Error::IncompatibleTotpQuery { field: name.to_owned() });
            }
            Some(Query::OneTimePassword) => {
                return Err(Error::Unsupported {
                    what: "one-time passwords are not computed yet; without ?attribute= the field resolves to what they are computed from",
                });
            }
            Some(Query::OpenSsh) if self.kind != "sshKey" => {
                return Err(Error::IncompatibleSshKeyQuery { field: name.to_owned() });
            }
            _ => {}
        }
        let unreadable = |reason| Error::UnreadableField { field: name.to_owned(), reason };
        match self.kind {
            BUILT_IN | CONCEALED | "email" | "phone" | "URL" | "menu" | "gender" | "cctype"
            | "reference" => Ok(self.plain_text()),
            "formattedText" => Ok(Secret::default()),
            "date" => self.date().ok_or_else(|| unreadable("it is not a date")),
            "monthYear" => {
                self.month_year().ok_or_else(|| unreadable("it is not a month and year"))
            }
            "address" => self.address().ok_or_else(|| unreadable("it is not an address")),
            "sshKey" => Err(Error::Unsupported { what: "SSH keys cannot be resolved yet" }),
            "file" => Err(Error::Unsupported { what: "files cannot be resolved yet" }),
            _ => Err(unreadable("its kind is unknown")),
        }
    }

    fn is_one_time_password(&self) -> bool {
        self.kind == CONCEALED && self.id.starts_with(ONE_TIME_PASSWORD_ID)
    }

    /// The text as it stands; what is no text is empty.
    fn plain_text(&self) -> Secret<String> {
        match &self.value.text {
            Some(text) => Secret::from(text.expose().as_str()),
            None => Secret::default(),
        }
    }

    fn number(&self) -> Option<i64> {
        let text = || self.value.text.as_ref()?.expose().parse().ok();
        self.value.number.or_else(text)
    }

    /// Unix seconds as `YYYY-MM-DD` in UTC.
    fn date(&self) -> Option<Secret<String>> {
        let (year, month, day) = civil_date(self.number()?.div_euclid(SECONDS_A_DAY));
        (0..=9999).contains(&year).then(|| Secret::new(format!("{year:04}-{month:02}-{day:02}")))
    }

    /// `YYYYMM` as `MM/YYYY`.
    fn month_year(&self) -> Option<Secret<String>> {
        let number = self.number()?;
        let (year, month) = (number / 100, number % 100);
        ((1000..=9999).contains(&year) && (1..=12).contains(&month))
            .then(|| Secret::new(format!("{month:02}/{year}")))
    }

    /// `street, city state zip, country`, without what is empty.
    fn address(&self) -> Option<Secret<String>> {
        let FieldObject { street, city, state, zip, country } = self.value.object.as_ref()?;
        let mut place = join(" ", [city, state, zip].map(|part| part.expose().as_str()));
        let text = join(", ", [street.expose(), &place, country.expose()]);
        place.zeroize();
        Some(Secret::new(text))
    }
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
