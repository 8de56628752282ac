//! Reference × what was read → value.
//!
//! Names compare without regard to case, in Unicode, with nothing trimmed.

use crate::{
    error::Error,
    item::value::Field,
    reference::SecretReference,
    secret::Secret,
    wire::{ItemDetails, Section},
};

/// What the notes answer to.
const NOTES_NAMES: [&str; 2] = ["notesPlain", "notes"];

/// `is_named(part, name) -> bool`
///
/// Whether a part of a reference names this.
pub fn is_named(part: &str, name: &str) -> bool {
    part.to_lowercase() == name.to_lowercase()
}

/// `resolve(details, reference) -> value`
///
/// # Errors
/// [`Error::NoMatchingSections`], [`Error::FieldNotFound`],
/// [`Error::TooManyMatchingFields`], and what [`Field::text`] says of the value.
/// # Source
/// protocol.md “Resolving a reference” 4 to 8 (observed, recorded)
pub fn resolve(
    details: &ItemDetails,
    reference: &SecretReference,
) -> Result<Secret<String>, Error> {
    let fields = match &reference.section {
        Some(section) => fields_in_sections(details, section, reference)?,
        None => fields_anywhere(details, &reference.field),
    };
    match fields.as_slice() {
        [] => Err(Error::FieldNotFound {
            item: reference.item.clone(),
            field: reference.field.clone(),
        }),
        [field] => field.text(&reference.field, reference.query),
        several => Err(Error::TooManyMatchingFields {
            item: reference.item.clone(),
            field: reference.field.clone(),
            count: several.len(),
        }),
    }
}

/// Several sections may match; then all of them are searched.
fn fields_in_sections<'a>(
    details: &'a ItemDetails,
    section: &str,
    reference: &SecretReference,
) -> Result<Vec<Field<'a>>, Error> {
    let mut sections = details
        .sections
        .iter()
        .filter(|candidate| {
            is_named(section, &candidate.name) || is_named(section, &candidate.title)
        })
        .peekable();
    if sections.peek().is_none() {
        return Err(Error::NoMatchingSections {
            item: reference.item.clone(),
            section: section.into(),
        });
    }
    Ok(sections.flat_map(|section| fields_in_section(section, &reference.field)).collect())
}

/// Fields outside titled sections come first, so that a built-in `username`
/// beats a section's `username`.
fn fields_anywhere<'a>(details: &'a ItemDetails, name: &str) -> Vec<Field<'a>> {
    let (untitled, titled): (Vec<_>, Vec<_>) =
        details.sections.iter().partition(|section| section.title.is_empty());
    let within = |sections: Vec<&'a Section>| {
        sections.into_iter().flat_map(|section| fields_in_section(section, name)).collect()
    };
    let mut fields: Vec<Field<'a>> = fields_outside_sections(details, name);
    fields.extend::<Vec<_>>(within(untitled));
    if fields.is_empty() { within(titled) } else { fields }
}

fn fields_outside_sections<'a>(details: &'a ItemDetails, name: &str) -> Vec<Field<'a>> {
    let built_in = details
        .fields
        .iter()
        .filter(|field| is_named(name, &field.designation) || is_named(name, &field.id))
        .map(|field| Field::built_in(&field.id, &field.value));
    let notes = details
        .notes_plain
        .iter()
        .filter(|_| NOTES_NAMES.iter().any(|notes| is_named(name, notes)))
        .map(|notes| Field::built_in("notesPlain", notes));
    built_in.chain(notes).collect()
}

fn fields_in_section<'a>(section: &'a Section, name: &str) -> Vec<Field<'a>> {
    section
        .fields
        .iter()
        .filter(|field| is_named(name, &field.id) || is_named(name, &field.title))
        .map(Field::in_section)
        .collect()
}
