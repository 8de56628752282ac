//! The rules of the house that no compiler holds: who may know whom in src/ and js/, and the
//! list of error codes that Rust and TypeScript share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::base::error::Error;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

type Table = BTreeMap<String, BTreeSet<String>>;

/// The tables under “Who may know whom”, of src/ and of js/: | `room` | `a`, `b` |
fn allowed() -> [Table; 2] {
    let text = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let section = text.split("## Who may know whom").nth(1).expect("the tables' heading");
    let section = section.split("\n## ").next().unwrap();
    let (core, face) = section.split_once("In `js/`").expect("the second table");
    [table(core), table(face)]
}

fn table(text: &str) -> Table {
    let mut table = Table::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').collect();
        let names = |cell: &str| -> BTreeSet<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let room = names(cells[0]).pop_first().unwrap();
        assert!(table.insert(room, names(cells[1])).is_none(), "two rows: {row}");
    }
    table
}

/// The rooms of js/ that each of them imports from; the entries at its root may know all.
fn imported() -> (Table, BTreeMap<String, Vec<String>>) {
    let (mut table, mut files) = (Table::new(), BTreeMap::new());
    for entry in fs::read_dir("js").unwrap() {
        let path = entry.unwrap().path();
        let room = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && room != "wasm" {
            table.insert(room, BTreeSet::new());
        }
    }
    let mut folders = vec!["js".to_owned()];
    folders.extend(table.keys().map(|room| format!("js/{room}")));
    for folder in folders {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "ts") {
                continue;
            }
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            let imports = relative_imports(&fs::read_to_string(&path).unwrap(), &folder);
            if let Some(room) = folder.strip_prefix("js/") {
                let rooms = imports.iter().filter_map(|import| import.split('/').nth(1));
                table.get_mut(room).unwrap().extend(rooms.map(str::to_owned));
                table.get_mut(room).unwrap().remove(room);
            }
            files.insert(name, imports);
        }
    }
    (table, files)
}

/// The files of js/ that a file in this folder imports.
fn relative_imports(code: &str, folder: &str) -> Vec<String> {
    let specifiers = code.split("from \"").skip(1).filter_map(|rest| rest.split('"').next());
    specifiers
        .filter(|specifier| specifier.starts_with('.'))
        .map(|specifier| {
            let path = match specifier.strip_prefix("../") {
                Some(path) => format!("js/{path}"),
                None => format!("{folder}/{}", specifier.trim_start_matches("./")),
            };
            path.replace(".js", ".ts")
        })
        .collect()
}

/// Whether a way leads from a file back to itself.
fn circle(files: &BTreeMap<String, Vec<String>>, start: &str) -> bool {
    let (mut seen, mut left) = (BTreeSet::new(), vec![start]);
    while let Some(file) = left.pop() {
        for import in files.get(file).into_iter().flatten() {
            if import == start {
                return true;
            }
            if seen.insert(import) {
                left.push(import);
            }
        }
    }
    false
}

/// The rooms that each room's own code names, tests left out.
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
fn rooms_know_whom_they_may() {
    let [core, _] = allowed();
    assert_eq!(actual(), core, "left: what src/ does; right: what ARCHITECTURE.md allows");
}

#[test]
fn folders_know_whom_they_may_and_no_file_imports_in_a_circle() {
    let [_, face] = allowed();
    let (table, files) = imported();
    assert_eq!(table, face, "left: what js/ does; right: what ARCHITECTURE.md allows");
    assert!(files.len() > 50, "{}", files.len());
    let circles: Vec<_> = files.keys().filter(|file| circle(&files, file)).collect();
    assert!(circles.is_empty(), "{circles:?}");
}

#[test]
fn circles_are_found() {
    let of = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), vec![(*b).to_owned()])).collect()
    };
    assert!(circle(&of(&[("a", "b"), ("b", "c"), ("c", "a")]), "b"));
    assert!(!circle(&of(&[("a", "b"), ("b", "c")]), "a"));
    let code = "import { x } from \"../b/c.js\";\nexport * from \"./d.js\";";
    assert_eq!(relative_imports(code, "js/a"), ["js/b/c.ts", "js/a/d.ts"]);
}

#[test]
fn names_are_found_in_every_form() {
    let code = "use crate::one::Two;\nuse crate::{\n    three,\n    four::{five, six::Seven},\n};\ncrate::eight()";
    let names: Vec<_> = modules_named(code).into_iter().collect();
    assert_eq!(names, ["eight", "four", "one", "three"]);
}

#[test]
fn typescript_has_the_error_codes_of_rust_first() {
    let text = fs::read_to_string("js/client/errors.ts").unwrap();
    let list = text.split("ERROR_CODES = [").nth(1).unwrap().split(']').next().unwrap();
    let codes: Vec<_> = list.split('"').skip(1).step_by(2).collect();
    let (of_core, of_face) = codes.split_at(Error::CODES.len());
    assert_eq!(of_core, Error::CODES);
    assert!(of_face.iter().all(|code| !Error::CODES.contains(code)), "{of_face:?}");
}
