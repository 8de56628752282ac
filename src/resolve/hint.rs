//! What an error says of a name that nothing has: what may be meant, and what there is.

use crate::base::encoding::is_invisible;
use std::cell::Cell;

/// How many names are told.
const MAX_NAMES: usize = 8;
/// Longer names are not compared, which takes the product of the lengths, and not told.
const MAX_NAME_CHARS: usize = 100;
/// What the questions of one batch may take: a step for each pair of characters that is compared,
/// and some for each name. A step is a few nanoseconds.
const MAX_STEPS: usize = 20_000_000;
const STEPS_A_NAME: usize = 100;
/// Letters that look like those at the same place below, in lower case or in upper.
const LOOK_ALIKES: &str = "аеорсухіјѕһӏԁԛԝвкмнтαβεικνορτυχıɑɡ‐‒–—−‘’ʼ“”01";
const LOOKED_LIKE: &[u8] = b"aeopcyxijshldqwbkmhtabeikvoptuxiag-----'''\"\"ol";

/// What a name may have been meant for: its name, the id of its section if it is a field in one,
/// and its id, empty if it has none.
pub type Named<'a> = [&'a str; 3];

/// Makes the hints for one batch.
pub struct Hints<'a> {
    nfkd: &'a dyn Fn(&str) -> String,
    left: Cell<usize>,
}

impl<'a> Hints<'a> {
    /// `new(nfkd) -> hints`
    ///
    /// # Shapes
    /// - `nfkd`: Unicode normalisation form NFKD
    pub const fn new(nfkd: &'a dyn Fn(&str) -> String) -> Self {
        Self { nfkd, left: Cell::new(MAX_STEPS) }
    }

    /// `are_spent() -> bool`
    ///
    /// Whether enough was compared: further questions get no hint.
    pub const fn are_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// `hint(name, known, there) -> text`
    ///
    /// What stands in a message between what there is not and what to check. What has no name, or
    /// a very long one, is not told.
    ///
    /// # Shapes
    /// - `known`: what may have been meant
    /// - `there`: what is told anyway, at most eight of it
    pub fn hint(&self, name: &str, known: &[Named<'_>], there: &[Named<'_>]) -> String {
        let (mut hint, mut check) = (String::new(), "; check");
        if let Some(([title, section, id], difference)) = self.closest(name, known) {
            let [open, slash, close] = match (section, id) {
                (_, "") => [""; 3],
                ("", _) => [" (id ", "", ")"],
                _ => [" (id ", "/", ")"],
            };
            let section = if id.is_empty() { "" } else { section };
            let by_id = [open, section, slash, id, close].concat();
            hint = ["; did you mean “", title, "”", &by_id, &difference, "?"].concat();
            check = " Check";
        }
        let mut told: Vec<&str> = Vec::new();
        for [name, ..] in there {
            if !is_told(name) || told.contains(name) {
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
            hint += &["“", name, "”"].concat();
            told.push(name);
        }
        hint + check
    }

    /// What looks the same, and how it differs; else what is a typing error away: at most a third
    /// of the name differs.
    fn closest<'b>(&self, name: &str, known: &[Named<'b>]) -> Option<(Named<'b>, String)> {
        if !is_told(name) {
            return None;
        }
        let (lower, normal) = (name.to_lowercase(), self.normal(name));
        let looks = looks(&normal);
        let length = lower.chars().count();
        let mut least = (length / 3).max(1) + 1;
        let mut closest = None;
        for named in known {
            let [title, ..] = named;
            self.take(STEPS_A_NAME);
            if self.are_spent() || !is_told(title) {
                continue;
            }
            let other = self.normal(title);
            if self::looks(&other) == looks {
                let how = if other == normal {
                    "the Unicode form"
                } else {
                    "what looks alike or is not seen"
                };
                return Some((*named, difference(how, &lower, &title.to_lowercase())));
            }
            // Before the distance, which takes the product of the lengths.
            let other = title.chars().count();
            if other.abs_diff(length) < least {
                self.take(length * other);
                let distance = strsim::levenshtein(&lower, &title.to_lowercase());
                if distance < least {
                    (least, closest) = (distance, Some((*named, String::new())));
                }
            }
        }
        closest
    }

    fn take(&self, steps: usize) {
        self.left.set(self.left.get().saturating_sub(steps));
    }

    /// In lower case, in a form that is the same for all that is the same text.
    fn normal(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        if lower.is_ascii() { lower } else { (self.nfkd)(&lower) }
    }
}

fn is_told(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.chars().count())
}

/// What is seen of a name, spaces aside.
fn looks(normal: &str) -> String {
    let mut looks = String::with_capacity(normal.len());
    for c in normal.chars() {
        if c == ' ' || is_invisible(c) {
            continue;
        }
        let mut likes = LOOK_ALIKES.chars().zip(LOOKED_LIKE);
        let like =
            if c.is_ascii_alphabetic() { None } else { likes.find(|(other, _)| *other == c) };
        looks.push(like.map_or(c, |(_, like)| char::from(*like)));
    }
    looks
}

/// Where they begin to differ.
fn difference(how: &str, name: &str, title: &str) -> String {
    let (mut name, mut title) = (name.chars(), title.chars());
    loop {
        let (one, other) = (name.next(), title.next());
        if one != other {
            let (one, other) = (code(one), code(other));
            return [", which differs in ", how, ": it has ", &other, " in place of ", &one]
                .concat();
        }
        if one.is_none() {
            return String::new();
        }
    }
}

fn code(c: Option<char>) -> String {
    c.map_or_else(|| "nothing".to_owned(), |c| format!("U+{:04X}", u32::from(c)))
}
