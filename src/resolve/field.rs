//! Reference × what was read → value.
//!
//! Names compare without regard to case, in Unicode, with nothing trimmed.

use crate::{
    base::error::{Candidate, Error, MAX_CANDIDATES},
    items::value::{Answer, Field, Moment},
    resolve::{
        hint::{Hints, Named},
        reference::{SecretReference, encode_part},
    },
    wire::items::{FieldObject, ItemDetails, Section, SectionField},
};

/// What the notes answer to.
const NOTES_NAMES: [&str; 2] = ["notesPlain", "notes"];
/// Kind of a file's field.
const FILE: &str = "file";

/// `is_named(part, name) -> bool`
///
/// Whether a part of a reference names this.
pub fn is_named(part: &str, name: &str) -> bool {
    // An item may have tens of thousands of fields.
    if part.is_ascii() && name.is_ascii() {
        return part.eq_ignore_ascii_case(name);
    }
    part.to_lowercase() == name.to_lowercase()
}

/// `resolve(details, reference, moment, hints) -> answer`
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
    hints: &Hints<'_>,
) -> Result<Answer<'a>, Error> {
    let name = &reference.field;
    let section = reference.section.as_deref().unwrap_or_default();
    let fields = fields_named(details, section, name);
    match fields.as_slice() {
        [] if !section.is_empty() && sections_named(details, section).is_empty() => {
            Err(no_section(details, section, reference, hints))
        }
        [] => Err(no_field(details, reference, hints)),
        [field] => field.answer(name, reference.query, moment),
        several => Err(Error::TooManyMatchingFields {
            item: reference.item.clone(),
            field: name.clone(),
            count: several.len(),
            candidates: candidates(details, several),
        }),
    }
}

/// The fields that a reference with these parts names; none without such a section.
fn fields_named<'a>(details: &'a ItemDetails, section: &str, name: &str) -> Vec<Field<'a>> {
    if section.is_empty() {
        return fields_anywhere(details, name);
    }
    let sections = sections_named(details, section);
    or_files(named_in(&sections, name), || files_in(&sections, name))
}

fn candidates(details: &ItemDetails, several: &[Field<'_>]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for field in several.iter().take(MAX_CANDIDATES) {
        candidates.push(Candidate { reference: way_to(details, field), ..field.candidate() });
    }
    candidates
}

/// The end of a reference that names this field alone; empty if there is none.
fn way_to(details: &ItemDetails, field: &Field<'_>) -> String {
    for [section, name] in field.ways() {
        let found = fields_named(details, section, name);
        if matches!(found.as_slice(), [only] if only.is(field) && !name.is_empty()) {
            let slash = if section.is_empty() { "" } else { "/" };
            return [&*encode_part(section), slash, &encode_part(name)].concat();
        }
    }
    String::new()
}

/// The item's fields, with what they answer to. The names of built-in fields are their roles.
fn all_fields(details: &ItemDetails) -> Vec<Named<'_>> {
    let mut all = Vec::new();
    for ([name, id], _) in outside_sections(details) {
        all.push([name, "", id]);
    }
    if let Some(file) = &details.document {
        all.push([&file.file_name, "", ""]);
    }
    for section in &details.sections {
        fields_within(section, &mut all);
    }
    all
}

fn fields_within<'a>(section: &'a Section, all: &mut Vec<Named<'a>>) {
    for field in &section.fields {
        all.push(Field::in_section(field, section).named());
    }
}

/// Several sections may match; then all of them are searched.
fn sections_named<'a>(details: &'a ItemDetails, part: &str) -> Vec<&'a Section> {
    let is_it = |section: &&Section| section.names().iter().any(|name| is_named(part, name));
    details.sections.iter().filter(is_it).collect()
}

fn no_section(
    details: &ItemDetails,
    part: &str,
    reference: &SecretReference,
    hints: &Hints<'_>,
) -> Error {
    let mut known = Vec::new();
    for section in &details.sections {
        known.push([section.title(), "", section.id()]);
    }
    let (item, section) = (reference.item.clone(), part.to_owned());
    Error::NoMatchingSections { item, section, hint: hints.hint(part, &known, &known) }
}

fn no_field(details: &ItemDetails, reference: &SecretReference, hints: &Hints<'_>) -> Error {
    let SecretReference { item, section, field, .. } = reference.clone();
    let known = all_fields(details);
    let hint = match &section {
        Some(part) => {
            let mut there = Vec::new();
            for section in sections_named(details, part) {
                fields_within(section, &mut there);
            }
            hints.hint(&field, &known, &there)
        }
        None => hints.hint(&field, &known, &known),
    };
    Error::FieldNotFound { item, section, field, hint }
}

/// Fields outside titled sections come first, so that a built-in `username`
/// beats a section's `username`. The parts of SSH keys belong to the item.
fn fields_anywhere<'a>(details: &'a ItemDetails, name: &str) -> Vec<Field<'a>> {
    let (untitled, titled): (Vec<_>, Vec<_>) =
        details.sections.iter().partition(|section| section.title().is_empty());
    let mut first: Vec<Field<'a>> = outside_sections(details)
        .filter(|(names, _)| names.iter().any(|other| is_named(name, other)))
        .map(|(_, field)| field)
        .collect();
    first.extend(named_in(&untitled, name));
    let keys = details.sections.iter().flat_map(|section| &section.fields);
    first.extend(keys.filter_map(|key| Field::ssh_key_part(key, |other| is_named(name, other))));
    let fields = or_files(first, || {
        let document = details.document.iter().filter(|file| is_named(name, &file.file_name));
        document.map(Field::document).chain(files_in(&untitled, name)).collect()
    });
    if !fields.is_empty() {
        return fields;
    }
    or_files(named_in(&titled, name), || files_in(&titled, name))
}

/// The fields outside sections, and what they answer to.
fn outside_sections(details: &ItemDetails) -> impl Iterator<Item = ([&str; 2], Field<'_>)> {
    let built_in = details.fields.iter();
    let built_in =
        built_in.map(|field| ([&*field.designation, &*field.id], Field::built_in(field)));
    let password = details.password.iter().map(|text| (["password"; 2], Field::password(text)));
    let notes = details.notes_plain.iter().map(|text| (NOTES_NAMES, Field::notes(text)));
    built_in.chain(password).chain(notes)
}

/// The fields of these sections whose id or title it is.
fn named_in<'a>(sections: &[&'a Section], name: &str) -> Vec<Field<'a>> {
    fields_of(sections, |field| is_id(name, field) || is_named(name, &field.title))
}

/// The files of these sections whose id or name it is.
fn files_in<'a>(sections: &[&'a Section], name: &str) -> Vec<Field<'a>> {
    fields_of(sections, |field| {
        file_of(field).is_some_and(|file| is_id(name, field) || is_named(name, &file.file_name))
    })
}

fn is_id(name: &str, field: &SectionField) -> bool {
    field.id.as_ref().is_some_and(|id| is_named(name, id))
}

fn fields_of<'a>(
    sections: &[&'a Section],
    is_it: impl Fn(&SectionField) -> bool,
) -> Vec<Field<'a>> {
    let mut found = Vec::new();
    for section in sections {
        let fields = section.fields.iter().filter(|field| is_it(field));
        found.extend(fields.map(|field| Field::in_section(field, section)));
    }
    found
}

fn file_of(field: &SectionField) -> Option<&FieldObject> {
    field.value.object.as_ref().filter(|_| field.kind.as_deref() == Some(FILE))
}

/// A name is looked for among all fields, and if it is no field's but at most one
/// file's, among the names of files: a file's title alone does not find it.
fn or_files<'a>(fields: Vec<Field<'a>>, files: impl FnOnce() -> Vec<Field<'a>>) -> Vec<Field<'a>> {
    match fields.as_slice() {
        [] => files(),
        [only] if only.is_file() => files(),
        _ => fields,
    }
}
