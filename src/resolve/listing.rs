//! Things with names, and finding the one that is meant.

use crate::{
    base::error::{Candidate, Error},
    resolve::hint::{Hints, Named},
};

/// A few of the titles of a vault with more say nothing.
const MAX_ITEMS_TOLD: usize = 8;

const BUILT_IN_VAULT: &str = "; no service account can be given a Private, Personal, Employee or default Shared vault: move the item to another vault";

/// Things with their names, and how many more could not be opened.
#[derive(Debug)]
pub struct Listing<T> {
    things: Vec<T>,
    names: Names,
    /// How many more there are.
    pub unreadable: usize,
}

/// Apart from the things, so that there is one copy of what finds a name.
#[derive(Debug, Default)]
struct Names(Vec<Name>);

#[derive(Debug)]
struct Name {
    id: String,
    name: String,
    /// RFC 3339.
    updated_at: String,
    is_archived: bool,
    /// In lower case, for the many comparisons of a batch.
    lower: String,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { things: Vec::new(), names: Names::default(), unreadable: 0 }
    }
}

impl<T> Listing<T> {
    /// `push(thing, (id, name, updated_at))`
    ///
    /// # Shapes
    /// - `updated_at`: RFC 3339
    pub fn push(&mut self, thing: T, (id, name, updated_at): (String, String, String)) {
        self.things.push(thing);
        let lower = name.to_lowercase();
        self.names.0.push(Name { id, name, updated_at, is_archived: false, lower });
    }

    /// `push_archived(thing, (id, name, updated_at))`
    ///
    /// What a reference may not name, but its author may mean.
    pub fn push_archived(&mut self, thing: T, named: (String, String, String)) {
        self.push(thing, named);
        if let Some(name) = self.names.0.last_mut() {
            name.is_archived = true;
        }
    }

    /// `len() -> count`
    ///
    /// How many things could be opened, archived ones too.
    pub const fn len(&self) -> usize {
        self.things.len()
    }

    /// `is_empty() -> bool`
    pub const fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// `pick_vault(name, hints) -> place`
    ///
    /// # Errors
    /// [`Error::VaultNotFound`], [`Error::TooManyVaults`]
    pub fn pick_vault(&self, name: &str, hints: &Hints<'_>) -> Result<usize, Error> {
        self.names.pick_vault(name, self.unreadable, hints)
    }

    /// `pick_item(name, vault, hints) -> id`
    ///
    /// # Shapes
    /// - `vault`: the name of the vault, for an error
    ///
    /// # Errors
    /// [`Error::ItemNotFound`], [`Error::TooManyItems`]
    pub fn pick_item(&self, name: &str, vault: &str, hints: &Hints<'_>) -> Result<String, Error> {
        self.names.pick_item([name, vault], self.unreadable, hints)
    }

    /// `at(place) -> thing`
    pub fn at(&self, place: usize) -> Option<&T> {
        self.things.get(place)
    }
}

impl Names {
    fn pick_vault(&self, name: &str, unreadable: usize, hints: &Hints<'_>) -> Result<usize, Error> {
        let vault = name.to_owned();
        match self.named(name, false).as_slice() {
            [(only, _)] => Ok(*only),
            [] => Err(Error::VaultNotFound {
                vault,
                readable: self.0.len(),
                unreadable,
                hint: not_for_service_accounts(name).to_owned()
                    + &self.hint(name, usize::MAX, hints),
            }),
            several => Err(Error::TooManyVaults { vault, candidates: candidates(several) }),
        }
    }

    fn pick_item(
        &self,
        [name, vault]: [&str; 2],
        unreadable: usize,
        hints: &Hints<'_>,
    ) -> Result<String, Error> {
        let (item, vault) = (name.to_owned(), vault.to_owned());
        match self.named(name, false).as_slice() {
            [(_, only)] => Ok(only.id.clone()),
            [] => Err(Error::ItemNotFound {
                item,
                vault,
                readable: self.0.iter().filter(|entry| !entry.is_archived).count(),
                unreadable,
                hint: match self.named(name, true).first() {
                    Some((_, Name { id, .. })) => {
                        format!(
                            "; an item of this title (id {id}) is archived: restore it, or check"
                        )
                    }
                    None => self.hint(name, MAX_ITEMS_TOLD, hints),
                },
            }),
            several => Err(Error::TooManyItems { item, vault, candidates: candidates(several) }),
        }
    }

    fn named(&self, name: &str, is_archived: bool) -> Vec<(usize, &Name)> {
        let lower = name.to_lowercase();
        let mut named = Vec::new();
        for (place, entry) in self.0.iter().enumerate() {
            if entry.lower == lower && entry.is_archived == is_archived {
                named.push((place, entry));
            }
        }
        named
    }

    /// The names are told unless there are more than so many.
    fn hint(&self, name: &str, most: usize, hints: &Hints<'_>) -> String {
        let mut known: Vec<Named<'_>> = Vec::new();
        if !hints.are_spent() {
            for entry in self.0.iter().filter(|entry| !entry.is_archived) {
                known.push([&entry.name, "", &entry.id]);
            }
        }
        let there = if known.len() > most { &[] } else { &*known };
        hints.hint(name, &known, there)
    }
}

/// What is wrong with a vault of this name, if it is one of those that every account has.
///
/// # Source
/// developer.1password.com/docs/service-accounts/get-started “Limitations” (documented)
fn not_for_service_accounts(name: &str) -> &'static str {
    match name.to_lowercase().as_str() {
        "private" | "personal" | "employee" | "shared" => BUILT_IN_VAULT,
        _ => "",
    }
}

fn candidates(several: &[(usize, &Name)]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (_, name) in several {
        candidates.push(Candidate {
            id: name.id.clone(),
            title: name.name.clone(),
            updated_at: name.updated_at.clone(),
            ..Candidate::default()
        });
    }
    candidates
}
