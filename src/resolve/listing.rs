//! Things with names, and finding the one that is meant.

use crate::{
    base::{
        encoding::is_object_id,
        error::{Candidate, Error, MAX_CANDIDATES, Place, Refusal},
        interner::Interner,
    },
    resolve::hint::{Hints, Named},
};
use std::cell::OnceCell;

/// A few of the titles of a vault with more say nothing.
const MAX_ITEMS_TOLD: usize = 8;

const DENIED: &str =
    "; the service lists this id and says that there is nothing of it: try again, or check";
const BUILT_IN_VAULT: &str = "; no service account can be given a Private, Personal, Employee or default Shared vault: move the item to another vault";

/// Things with their names, and how many more could not be opened.
#[derive(Debug)]
pub struct Listing<T> {
    things: Vec<T>,
    names: Names,
}

/// Apart from the things, so that there is one copy of what finds a name.
#[derive(Debug, Default)]
struct Names {
    all: Vec<Name>,
    active: usize,
    /// The names in lower case, and for each where it is.
    lower: Interner,
    of_lower: Vec<Vec<usize>>,
    /// Ids of what could not be opened.
    unreadable: Vec<String>,
    /// Ids of what is not to be found.
    others: Vec<String>,
    /// All ids, once somebody asks.
    ids: OnceCell<Interner>,
}

#[derive(Debug)]
struct Name {
    id: String,
    name: String,
    /// RFC 3339.
    updated_at: String,
    is_archived: bool,
    is_environment: bool,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { things: Vec::new(), names: Names::default() }
    }
}

impl<T> Listing<T> {
    /// `push(thing, (id, name, updated_at))`
    ///
    /// # Shapes
    /// - `updated_at`: RFC 3339
    pub fn push(&mut self, thing: T, (id, name, updated_at): (String, String, String)) {
        self.things.push(thing);
        let (is_archived, is_environment) = (false, false);
        self.names.push(Name { id, name, updated_at, is_archived, is_environment });
    }

    /// `push_archived(thing, (id, name, updated_at))`
    ///
    /// What a reference may not name, but its author may mean.
    pub fn push_archived(&mut self, thing: T, (id, name, updated_at): (String, String, String)) {
        self.things.push(thing);
        let (is_archived, is_environment) = (true, false);
        self.names.push(Name { id, name, updated_at, is_archived, is_environment });
    }

    /// `push_environment(thing, (id, name, updated_at))`
    ///
    /// An Environment among vaults: a reference may name both.
    pub fn push_environment(&mut self, thing: T, (id, name, updated_at): (String, String, String)) {
        self.things.push(thing);
        let (is_archived, is_environment) = (false, true);
        self.names.push(Name { id, name, updated_at, is_archived, is_environment });
    }

    /// `push_unreadable(id)`
    ///
    /// What could not be opened.
    pub fn push_unreadable(&mut self, id: String) {
        self.names.unreadable.push(id);
    }

    /// `push_other(id)`
    ///
    /// What is not to be found: then its id is no title of something else.
    pub fn push_other(&mut self, id: String) {
        self.names.others.push(id);
    }

    /// `unreadable() -> count`
    ///
    /// How many could not be opened.
    pub const fn unreadable(&self) -> usize {
        self.names.unreadable.len()
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

    /// `pick_vault(of, name, hints) -> place`
    ///
    /// # Errors
    /// [`Error::VaultNotFound`], [`Error::TooManyVaults`]; [`Refusal::NotAnEnvironment`] if a vault has
    /// the name, and no Environment.
    pub fn pick_vault(&self, of: Place, name: &str, hints: &Hints<'_>) -> Result<usize, Error> {
        self.names.pick_vault(of, name, hints)
    }

    /// `pick_item(name, vault, hints) -> id`
    ///
    /// # Shapes
    /// - `vault`: the name of the vault, for an error
    ///
    /// # Errors
    /// [`Error::ItemNotFound`], [`Error::TooManyItems`]
    pub fn pick_item(&self, name: &str, vault: &str, hints: &Hints<'_>) -> Result<String, Error> {
        self.names.pick_item([name, vault], hints)
    }

    /// `at(place) -> thing`
    pub fn at(&self, place: usize) -> Option<&T> {
        self.things.get(place)
    }
}

impl Names {
    fn push(&mut self, name: Name) {
        let place = self.all.len();
        let number = self.lower.intern(&name.name.to_lowercase());
        match self.of_lower.get_mut(number) {
            Some(places) => places.push(place),
            None => self.of_lower.push(vec![place]),
        }
        self.active += usize::from(!name.is_archived);
        self.all.push(name);
    }

    /// Whether the name is the id of what is listed. Then it is no title: that there is nothing of
    /// this id is a refusal, which is not sealed, and anybody on the way can make one up.
    fn is_denied(&self, name: &str) -> bool {
        if !is_object_id(name) {
            return false;
        }
        let ids = self.ids.get_or_init(|| {
            let mut ids = Interner::default();
            let listed = self.all.iter().map(|name| &name.id);
            for id in listed.chain(&self.unreadable).chain(&self.others) {
                ids.intern(id);
            }
            ids
        });
        ids.find(name).is_some()
    }

    /// Of vaults and Environments a reference may name both.
    fn pick_vault(&self, of: Place, name: &str, hints: &Hints<'_>) -> Result<usize, Error> {
        let vault = name.to_owned();
        let is_denied = self.is_denied(name);
        let is_of = |entry: &Name| of == Place::Vault || entry.is_environment;
        let mut named = self.named(name, false);
        let count = named.len();
        named.retain(|(_, entry)| is_of(entry));
        match named.as_slice() {
            [(only, _)] if !is_denied => Ok(*only),
            several @ [_, _, ..] if !is_denied => {
                let (count, candidates) = (several.len(), candidates(several));
                Err(Error::TooManyVaults { of, vault, count, candidates })
            }
            [] if count > 0 && !is_denied => Err(not_an_environment(name)),
            _ => Err(Error::VaultNotFound {
                of,
                vault,
                readable: self.all.iter().filter(|entry| is_of(entry)).count(),
                unreadable: self.unreadable.len(),
                hint: if is_denied {
                    DENIED.to_owned()
                } else {
                    not_for_service_accounts(name).to_owned()
                        + &self.hint(name, usize::MAX, hints, &is_of)
                },
            }),
        }
    }

    fn pick_item(&self, [name, vault]: [&str; 2], hints: &Hints<'_>) -> Result<String, Error> {
        let (item, vault) = (name.to_owned(), vault.to_owned());
        let is_denied = self.is_denied(name);
        match self.named(name, false).as_slice() {
            [(_, only)] if !is_denied => Ok(only.id.clone()),
            several @ [_, _, ..] if !is_denied => {
                let (count, candidates) = (several.len(), candidates(several));
                Err(Error::TooManyItems { item, vault, count, candidates })
            }
            _ => Err(Error::ItemNotFound {
                item,
                vault,
                readable: self.active,
                unreadable: self.unreadable.len(),
                hint: match self.named(name, true).first() {
                    _ if is_denied => DENIED.to_owned(),
                    Some((_, Name { id, .. })) => {
                        ["; an item of this title (id ", id, ") is archived: restore it, or check"]
                            .concat()
                    }
                    None => self.hint(name, MAX_ITEMS_TOLD, hints, &|_| true),
                },
            }),
        }
    }

    fn named(&self, name: &str, is_archived: bool) -> Vec<(usize, &Name)> {
        let number = self.lower.find(&name.to_lowercase());
        let mut named = Vec::new();
        for place in number.and_then(|number| self.of_lower.get(number)).into_iter().flatten() {
            if let Some(entry) = self.all.get(*place)
                && entry.is_archived == is_archived
            {
                named.push((*place, entry));
            }
        }
        named
    }

    /// The names are told unless there are more than so many.
    fn hint(
        &self,
        name: &str,
        most: usize,
        hints: &Hints<'_>,
        is_of: &dyn Fn(&Name) -> bool,
    ) -> String {
        let mut known: Vec<Named<'_>> = Vec::new();
        if !hints.are_spent() {
            for entry in self.all.iter().filter(|entry| !entry.is_archived && is_of(entry)) {
                known.push([&entry.name, "", &entry.id]);
            }
        }
        let there = if known.len() > most { &[] } else { &*known };
        hints.hint(name, &known, there)
    }
}

/// `not_an_environment(name) -> error`
pub fn not_an_environment(name: &str) -> Error {
    Refusal::NotAnEnvironment.because(&[
        "“",
        name,
        "” is a vault and no Environment: read it with secrets or items",
    ])
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
    for (_, name) in several.iter().take(MAX_CANDIDATES) {
        candidates.push(Candidate {
            id: name.id.clone(),
            title: name.name.clone(),
            updated_at: name.updated_at.clone(),
            is_environment: name.is_environment,
            ..Candidate::default()
        });
    }
    candidates
}
