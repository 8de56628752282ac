//! What the item of an Environment holds: variables.

use crate::{
    base::{
        error::Error,
        json::{is_whole, to_json},
        secret::Secret,
        shape::Shape,
    },
    items::value::{HALF_PAIR, number, plain_text, year_and_month},
    wire::items::{ItemDetails, SectionField},
};

const CONCEALED: &str = "concealed";

/// `variables_json(details) -> text`
///
/// What the vendor's client answers, in the order in which they are stored: so they are remembered,
/// shared and counted as a secret is. The secrets of one-time passwords are masked as well.
///
/// # Errors
/// [`Error::UnreadableField`] if half of a surrogate pair is in a name or a value.
/// # Source
/// protocol.md “Environments” (observed). The vendor's client does not mask the secret of a one-time
/// password.
pub fn variables_json(details: &ItemDetails) -> Result<Secret<Vec<u8>>, Error> {
    let mut all = Vec::new();
    for field in details.sections.iter().flat_map(|section| &section.fields) {
        let kind = field.kind.as_deref().unwrap_or_default();
        let value = value(kind, field);
        if !is_whole(&field.title) || !is_whole(value.expose()) {
            let (field, reason) = (field.title.clone(), HALF_PAIR.into());
            return Err(Error::UnreadableField { field, reason });
        }
        all.push(Shape::object([
            ("name", Shape::text(&field.title)),
            ("value", Shape::Secret(value)),
            ("masked", Shape::Flag(kind == CONCEALED)),
        ]));
    }
    let shape = Shape::object([("variables", Shape::List(all))]);
    Ok(Secret::new(to_json(&shape).into_bytes()))
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
