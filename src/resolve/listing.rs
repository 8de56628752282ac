//! Things with names, and finding the one that is meant.

use crate::{
    base::error::{Candidate, Error},
    resolve::field::closest,
};

/// Something that has an id.
pub trait Identified {
    /// `id() -> text`
    fn id(&self) -> &str;
}

impl Identified for String {
    fn id(&self) -> &str {
        self
    }
}

/// Things with their names, and how many more could not be opened.
#[derive(Debug)]
pub struct Listing<T> {
    entries: Vec<Named<T>>,
    /// How many more there are.
    pub unreadable: usize,
}

#[derive(Debug)]
struct Named<T> {
    thing: T,
    name: String,
    /// RFC 3339.
    updated_at: String,
    /// In lower case, for the many comparisons of a batch.
    lower: String,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), unreadable: 0 }
    }
}

impl<T: Identified> Listing<T> {
    /// `push(thing, name, updated_at)`
    ///
    /// # Shapes
    /// - `updated_at`: RFC 3339
    pub fn push(&mut self, thing: T, name: String, updated_at: String) {
        self.entries.push(Named { thing, lower: name.to_lowercase(), name, updated_at });
    }

    /// `len() -> count`
    ///
    /// How many things could be opened.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// `is_empty() -> bool`
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// `pick_vault(name) -> vault`
    ///
    /// # Errors
    /// [`Error::VaultNotFound`], [`Error::TooManyVaults`]
    pub fn pick_vault(&self, name: &str) -> Result<&T, Error> {
        let vault = name.to_owned();
        match self.named(name).as_slice() {
            [only] => Ok(&only.thing),
            [] => Err(Error::VaultNotFound {
                vault,
                readable: self.len(),
                unreadable: self.unreadable,
                similar: self.similar(name),
            }),
            several => Err(Error::TooManyVaults { vault, candidates: candidates(several) }),
        }
    }

    /// `pick_item(name, vault) -> item`
    ///
    /// # Shapes
    /// - `vault`: the name of the vault, for an error
    ///
    /// # Errors
    /// [`Error::ItemNotFound`], [`Error::TooManyItems`]
    pub fn pick_item(&self, name: &str, vault: &str) -> Result<&T, Error> {
        let (item, vault) = (name.to_owned(), vault.to_owned());
        match self.named(&item).as_slice() {
            [only] => Ok(&only.thing),
            [] => Err(Error::ItemNotFound {
                readable: self.len(),
                unreadable: self.unreadable,
                similar: self.similar(&item),
                item,
                vault,
            }),
            several => Err(Error::TooManyItems { item, vault, candidates: candidates(several) }),
        }
    }

    fn named(&self, name: &str) -> Vec<&Named<T>> {
        let lower = name.to_lowercase();
        self.entries.iter().filter(|entry| entry.lower == lower).collect()
    }

    fn similar(&self, name: &str) -> Option<Candidate> {
        closest(name, &mut self.entries.iter().map(Named::candidate))
    }
}

impl<T: Identified> Named<T> {
    fn candidate(&self) -> Candidate {
        let (id, title) = (self.thing.id().to_owned(), self.name.clone());
        Candidate { id, title, updated_at: self.updated_at.clone(), ..Candidate::default() }
    }
}

fn candidates<T: Identified>(several: &[&Named<T>]) -> Vec<Candidate> {
    several.iter().map(|named| named.candidate()).collect()
}
