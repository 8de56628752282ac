//! Reference × what was read → value.
//!
//! Names compare without regard to case, in Unicode, with nothing trimmed.

use crate::{
    error::{Candidate, Error},
    item::value::{Answer, Field, Moment},
    reference::SecretReference,
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

/// `resolve(details, reference, moment) -> answer`
///
/// # Errors
/// [`Error::NoMatchingSections`], [`Error::FieldNotFound`],
/// [`Error::TooManyMatchingFields`], and what [`Field::answer`] says of the field.
/// # Source
/// protocol.md “Resolving a reference” 4 to 9 (observed, recorded)
pub fn resolve<'a>(
    details: &'a ItemDetails,
    reference: &SecretReference,
    moment: Moment,
) -> Result<Answer<'a>, Error> {
    let fields = match &reference.section {
        Some(section) => fields_in_sections(details, section, reference)?,
        None => fields_anywhere(details, &reference.field),
    };
    match fields.as_slice() {
        [] => Err(Error::FieldNotFound {
            item: reference.item.clone(),
            field: reference.field.clone(),
            similar: closest(&reference.field, field_titles(details)),
        }),
        [field] => field.answer(&reference.field, reference.query, moment),
        several => Err(Error::TooManyMatchingFields {
            item: reference.item.clone(),
            field: reference.field.clone(),
            candidates: several.iter().map(Field::candidate).collect(),
        }),
    }
}

/// `closest(name, candidates) -> candidate`
///
/// The candidate that is a typing error away: at most a third of the name differs.
///
/// # Shapes
/// - `candidates`: ids and titles
pub fn closest<'a>(
    name: &str,
    candidates: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<Candidate> {
    let name = name.to_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .filter(|(_, title)| !title.is_empty())
        .map(|named| (strsim::levenshtein(&name, &named.1.to_lowercase()), named))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, (id, title))| Candidate { id: id.to_owned(), title: title.to_owned() })
}

/// Ids and titles; a built-in field without an id answers to its role.
fn field_titles(details: &ItemDetails) -> impl Iterator<Item = (&str, &str)> {
    let built_in = details.fields.iter().map(|field| {
        let id = if field.id.is_empty() { &field.designation } else { &field.id };
        (&**id, &*field.designation)
    });
    let in_sections = details.sections.iter().flat_map(|section| &section.fields);
    built_in.chain(in_sections.map(|field| (&*field.id, &*field.title)))
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
            similar: closest(
                section,
                details.sections.iter().map(|other| (&*other.name, &*other.title)),
            ),
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
        .map(Field::built_in);
    let notes = details
        .notes_plain
        .iter()
        .filter(|_| NOTES_NAMES.iter().any(|notes| is_named(name, notes)))
        .map(Field::notes);
    let document =
        details.document.iter().filter(|file| is_named(name, &file.file_name)).map(Field::document);
    built_in.chain(notes).chain(document).collect()
}

fn fields_in_section<'a>(section: &'a Section, name: &str) -> Vec<Field<'a>> {
    let named = |field| Field::in_section(field, |candidate| is_named(name, candidate));
    section.fields.iter().filter_map(named).collect()
}
