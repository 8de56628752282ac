//! What an error says of a name that nothing has: what may be meant, and what there is.

/// How many names are told.
const MAX_NAMES: usize = 8;

/// What a name may have been meant for: its name, the id of its section if it is a field in one,
/// and its id, empty if it has none.
pub type Named<'a> = [&'a str; 3];

/// `hint(name, known, there) -> text`
///
/// What stands in a message between what there is not and what to check. What has no name is not
/// told.
///
/// # Shapes
/// - `known`: what may have been meant
/// - `there`: what is told anyway, at most eight of it
pub fn hint<'a>(name: &str, known: &[Named<'a>], there: &[Named<'a>]) -> String {
    let (mut hint, mut check) = (String::new(), "; check");
    if let Some([name, section, id]) = closest(name, known) {
        hint = format!("; did you mean “{name}”");
        if !id.is_empty() {
            let slash = if section.is_empty() { "" } else { "/" };
            hint += &format!(" (id {section}{slash}{id})");
        }
        hint.push('?');
        check = " Check";
    }
    let mut told: Vec<&str> = Vec::new();
    for [name, ..] in there {
        if name.is_empty() || told.contains(name) {
            continue;
        }
        hint += match told.len() {
            0 if hint.is_empty() => "; there are ",
            0 => " There are ",
            MAX_NAMES => ", and more",
            _ => ", ",
        };
        check = ": check";
        if told.len() == MAX_NAMES {
            break;
        }
        hint += &format!("“{name}”");
        told.push(name);
    }
    hint + check
}

/// What is a typing error away: at most a third of the name differs.
fn closest<'a>(name: &str, known: &[Named<'a>]) -> Option<Named<'a>> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    let limit = (length / 3).max(1);
    let mut closest = None;
    let mut least = limit + 1;
    for named in known {
        let [title, ..] = named;
        // Before the distance, which takes the product of the lengths.
        if title.is_empty() || title.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = strsim::levenshtein(&name, &title.to_lowercase());
        if distance < least {
            (least, closest) = (distance, Some(*named));
        }
    }
    closest
}
