//! The rules of the house that no compiler holds: who may know whom, and the
//! list of error codes that Rust and TypeScript share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::base::error::Error;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

type Table = BTreeMap<String, BTreeSet<String>>;

/// The table under “Who may know whom”: | `module` | `a`, `b` |
fn allowed() -> Table {
    let text = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let section = text.split("## Who may know whom").nth(1).expect("the table's heading");
    let section = section.split("\n## ").next().unwrap();
    let mut table = Table::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').collect();
        let names = |cell: &str| -> BTreeSet<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let module = names(cells[0]).pop_first().unwrap();
        assert!(table.insert(module, names(cells[1])).is_none(), "two rows: {row}");
    }
    table
}

/// The modules that each module's own code names, tests left out.
fn actual() -> Table {
    let mut table = Table::new();
    for entry in fs::read_dir("src").unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if module == "lib" {
            continue;
        }
        let known: &mut BTreeSet<String> = table.entry(module.clone()).or_default();
        for source in sources(&path) {
            let code = source.split("#[cfg(test)]").next().unwrap();
            known.extend(modules_named(code));
        }
        known.remove(&module);
    }
    table
}

fn sources(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        return entries.flat_map(|entry| sources(&entry.unwrap().path())).collect();
    }
    vec![fs::read_to_string(path).unwrap()]
}

/// `crate::a::…`, `use crate::{a::…, b::{…}}` and `$crate::a` name `a` and `b`.
fn modules_named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.extend(first_word(rest)),
            Some(list) => names.extend(top_level_names(list)),
        }
    }
    names
}

fn top_level_names(list: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut depth = 0;
    let mut at_name = true;
    for (position, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return names,
            '}' => depth -= 1,
            ',' if depth == 0 => at_name = true,
            c if at_name && !c.is_whitespace() => {
                names.extend(first_word(&list[position..]));
                at_name = false;
            }
            _ => {}
        }
    }
    names
}

fn first_word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[test]
fn modules_know_whom_they_may() {
    assert_eq!(actual(), allowed(), "left: what src/ does; right: what ARCHITECTURE.md allows");
}

#[test]
fn names_are_found_in_every_form() {
    let code = "use crate::one::Two;\nuse crate::{\n    three,\n    four::{five, six::Seven},\n};\ncrate::eight()";
    let names: Vec<_> = modules_named(code).into_iter().collect();
    assert_eq!(names, ["eight", "four", "one", "three"]);
}

#[test]
fn rust_and_typescript_have_the_same_error_codes() {
    let text = fs::read_to_string("js/client/errors.ts").unwrap();
    let list = text.split("ERROR_CODES = [").nth(1).unwrap().split(']').next().unwrap();
    let codes: Vec<_> = list.split('"').skip(1).step_by(2).collect();
    assert_eq!(codes, Error::CODES);
}
