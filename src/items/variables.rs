//! What the item of an Environment holds: variables.

use crate::{
    base::secret::Secret,
    items::value::{number, plain_text, year_and_month},
    wire::items::{ItemDetails, SectionField},
};

const CONCEALED: &str = "concealed";

/// A variable of an Environment.
#[derive(Debug)]
pub struct Variable {
    /// Its name, as somebody has entered it: it may be empty, hold any character, and be another's, too.
    pub name: String,
    /// Its value; empty where the field is of a kind that has none.
    pub value: Secret<String>,
    /// Whether it is not to be shown, also if one-time passwords are made from it.
    pub is_masked: bool,
}

/// `variables(details) -> variables`
///
/// In the order in which they are stored.
///
/// # Source
/// protocol.md “Environments” (observed). The vendor's client does not mask the secret of a one-time
/// password.
pub fn variables(details: &ItemDetails) -> Vec<Variable> {
    details.sections.iter().flat_map(|section| &section.fields).map(variable).collect()
}

fn variable(field: &SectionField) -> Variable {
    let kind = field.kind.as_deref().unwrap_or_default();
    // The secrets of one-time passwords are concealed as well.
    let is_masked = kind == CONCEALED;
    Variable { name: field.title.clone(), value: value(kind, field), is_masked }
}

fn value(kind: &str, field: &SectionField) -> Secret<String> {
    let value = &field.value;
    match kind {
        "string" | CONCEALED | "email" | "phone" | "URL" | "menu" | "gender" | "cctype"
        | "reference" | "sshKey" => Secret::from(plain_text(value)),
        "date" => {
            number(value).map_or_else(Secret::default, |seconds| Secret::new(seconds.to_string()))
        }
        "monthYear" => year_and_month(value).map_or_else(Secret::default, |(year, month)| {
            Secret::new(format!("{year:04}{month:02}"))
        }),
        _ => Secret::default(),
    }
}
