//! Resolving references, many with few requests.

use super::{
    Account, Client,
    find::{OpenVault, Trust},
    items::ReadItem,
    join::join_all,
    limits::Fresh,
    warm::News,
};
use crate::{
    base::{
        error::{Error, Place, Said},
        interner::Interner,
        secret::Secret,
    },
    host::{CacheUse, Event, Host},
    items::{
        is_active,
        model::{OpenedItem, find_file},
        open_overview, open_title,
        query::{Attribute, Query},
        value::{Answer as FieldAnswer, Moment},
        variables::variables_json,
    },
    resolve::{
        cache::{Age, Found, Reading},
        field::resolve,
        hint::Hints,
        question::{Form, Part, Question, Target},
        reference::SecretReference,
        versions::{OVERTAKEN, is_behind},
    },
    wire::items::{FieldObject, ItemDetails},
};
use std::{borrow::Cow, cell::RefCell, rc::Rc};

const FIND_FILE: &str = "find the file in the item";
const ANOTHER: &str = "an item came with another title than it is listed under";
/// How often the same is tried while it changes.
const MAX_ATTEMPTS: u32 = 3;

/// What was asked for.
#[derive(Debug)]
pub enum Answer {
    /// A value or a file's content.
    Value(Found),
    /// An item.
    Item(Box<OpenedItem>),
}

/// The answer to a question, for all who asked it; or what stands in the way.
pub type Outcome = Result<Rc<Answer>, Error>;

/// A question's place among those that were asked, and where to look.
struct Asked<'a> {
    index: usize,
    question: &'a Question,
    target: Target,
}

/// What an item has for a target.
enum Answered {
    Whole(Rc<Answer>),
    /// It has to be downloaded.
    File(Box<WantedFile>),
}

struct WantedFile {
    file: FieldObject,
    item_id: String,
    name: String,
    form: Form,
}

/// Why an outcome may be wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It rests on a remembered name.
    Remembered,
    /// Something has changed between two requests.
    Changed,
    /// So has a key.
    Keys,
}

/// Questions about one vault, on their way.
struct Group<'a, H: Host> {
    client: &'a Client<H>,
    account: &'a Account<H::PrivateKey>,
    fresh: Fresh,
    reading: Reading,
    hints: Hints<'a>,
    settle: &'a dyn Fn(usize, Outcome),
}

impl<H: Host> Client<H> {
    /// `resolve_all(questions, fresh, settle)`
    ///
    /// Calls `settle` with the place and the outcome of each question, once, as
    /// soon as it is known. One that fails spoils no other. Each item is read once.
    ///
    /// # Shapes
    /// - `fresh`: what is asked for anew
    /// # Errors
    /// [`Error::Closed`] if the client is closed before the end; for each question
    /// what stands in the way of its vault, item or field.
    /// # Source
    /// protocol.md “Resolving a reference”, “Items” (observed, recorded)
    pub async fn resolve_all(
        &self,
        questions: &[&Question],
        fresh: impl Into<Fresh>,
        settle: &dyn Fn(usize, Outcome),
    ) -> Result<(), Error> {
        let mut all = Vec::new();
        for (question, index) in questions.iter().zip(0..) {
            match question.target() {
                Ok(target) => all.push(Rc::new(Asked { index, question, target })),
                Err(error) => settle(index, Err(error)),
            }
        }
        self.resolve_groups(all, fresh.into(), settle).await
    }

    async fn resolve_groups(
        &self,
        all: Vec<Rc<Asked<'_>>>,
        fresh: Fresh,
        settle: &dyn Fn(usize, Outcome),
    ) -> Result<(), Error> {
        let account = self.account()?;
        self.warm_up(&account).await;
        let reading = account.cache.borrow_mut().begin(self.host.now_ms());
        let nfkd = |text: &str| self.host.nfkd(text);
        let hints = Hints::new(&nfkd);
        let group = Group { client: self, account: &account, fresh, reading, hints, settle };
        let mut unknown = group.settle_remembered(all);
        // What this process does not know, another may have read meanwhile.
        let may_be_shared = account.shares(News::Secrets) && fresh == Fresh::Nothing;
        if may_be_shared
            && unknown.iter().any(|asked| kept_under(asked).is_some())
            && self.warm_up_again(&account).await
        {
            unknown = group.settle_remembered(unknown);
        }
        let mut groups: Vec<Vec<Rc<Asked<'_>>>> = Vec::new();
        let mut vaults = Interner::default();
        for asked in unknown {
            match groups.get_mut(vaults.intern(&asked.target.group())) {
                Some(group) => group.push(asked),
                None => groups.push(vec![asked]),
            }
        }
        let groups = groups.into_iter().map(|asked| group.resolve(asked));
        // While the service wants a pause, one request tries, and not one of each group.
        if self.waits_for_others && !account.standing.circuit.is_open() {
            join_all(groups).await;
        } else {
            // One after the other they find what the first has read.
            for group in groups {
                group.await;
            }
        }
        Ok(())
    }
}

impl<H: Host> Group<'_, H> {
    /// Since which reading refusals count: for what is to be fresh, those of its own requests and of
    /// later ones.
    const fn refusals(&self) -> u64 {
        if matches!(self.fresh, Fresh::All) { self.reading.number } else { 0 }
    }

    /// Settles what need not be asked for; returns the rest.
    fn settle_remembered<'q>(&self, asked: Vec<Rc<Asked<'q>>>) -> Vec<Rc<Asked<'q>>> {
        let is_unknown = |asked: &Rc<Asked<'_>>| match self.remembered(asked) {
            Some(outcome) => {
                (self.settle)(asked.index, outcome);
                false
            }
            None => true,
        };
        asked.into_iter().filter(is_unknown).collect()
    }

    /// What need not be asked for.
    fn remembered(&self, asked: &Asked<'_>) -> Option<Outcome> {
        if self.fresh != Fresh::Nothing {
            return None;
        }
        let cache = self.account.cache.borrow();
        let now_ms = self.client.host.now_ms();
        let key = asked.question.secret_key();
        let secret = key.and_then(|key| cache.secret(&key, now_ms));
        let found = secret.map(|found| Ok(Rc::new(Answer::Value(found))));
        let outcome = found.or_else(|| {
            let error = cache.missing(&asked.question.key(), now_ms, 0)?;
            asked.question.is_answered_by(&error).then_some(Err(error))
        })?;
        self.client.note(Event::Cache(CacheUse::Hit));
        Some(outcome)
    }

    /// Resolves references into the same vault. What fails though it might be for
    /// something that is not so any more is tried again: at first what was
    /// remembered, then what changed between two requests.
    async fn resolve(&self, mut asked: Vec<Rc<Asked<'_>>>) {
        let mut trust = Trust {
            since: self.reading.number,
            names: self.fresh != Fresh::All,
            keys: true,
            refusals: self.refusals(),
        };
        for left in (0..MAX_ATTEMPTS).rev() {
            let doubts = RefCell::new(Vec::new());
            self.attempt(&asked, trust, left, &doubts).await;
            let doubts = doubts.into_inner();
            if doubts.is_empty() {
                return;
            }
            for (doubt, _) in &doubts {
                match doubt {
                    Doubt::Remembered | Doubt::Changed => trust.names = false,
                    Doubt::Keys => trust.keys = false,
                }
            }
            // What was read for this call is new enough for names, but not if it has changed since.
            if doubts.iter().any(|(doubt, _)| *doubt != Doubt::Remembered) {
                trust.since = self.client.begin_reading(self.account);
            }
            asked = doubts.into_iter().map(|(_, asked)| asked).collect();
        }
    }

    async fn attempt<'a>(
        &self,
        asked: &[Rc<Asked<'a>>],
        trust: Trust,
        left: u32,
        doubts: &RefCell<Vec<(Doubt, Rc<Asked<'a>>)>>,
    ) {
        let Some(first) = asked.first() else { return };
        let (client, account) = (self.client, self.account);
        let located = async {
            // Before two requests at once would both find that there is none.
            client.session(account).await?;
            let of = (first.target.place(), &*first.target.vault);
            client.find_vault(account, of, (trust, &self.hints)).await
        };
        let vault = match located.await {
            Ok(vault) => vault,
            Err(error) => {
                asked.iter().for_each(|asked| self.conclude(asked, Err(error.clone())));
                return;
            }
        };
        if account.vault_keys.borrow_mut().note_use(&vault.thing.id) {
            account.note_news(News::Names);
        }
        let targets: Vec<_> = asked.iter().map(|asked| &asked.target).collect();
        let items = client.find_items(account, &vault.thing, &targets, (trust, &self.hints)).await;
        let settle = |asked: &Rc<Asked<'a>>, memory: Memory, outcome: Outcome| match outcome
            .as_ref()
            .err()
            .and_then(|error| memory.doubt(error))
        {
            Some(doubt) if left > 0 => doubts.borrow_mut().push((doubt, Rc::clone(asked))),
            _ => self.conclude(asked, outcome),
        };
        // One after the other and with pauses: there may be many, and items may be large.
        let mut turn = client.begin_turn();
        let mut files = Vec::new();
        for (asked, located) in asked.iter().zip(&items.ids) {
            client.breathe(&mut turn).await;
            let names = located.as_ref().map_or(Age::New, |located| located.names);
            let is_by_name = located.as_ref().is_ok_and(|of| of.thing != asked.target.item);
            let memory = Memory {
                names: if names == Age::New { vault.names } else { names },
                item: is_by_name,
                keys: trust.keys,
            };
            let item = located
                .as_ref()
                .map_err(Error::clone)
                .and_then(|located| items.find(&located.thing));
            let key = &vault.thing.key;
            // Listed under this title, it has to come with it, unless that has changed since.
            let is_titled = is_by_name && asked.target.place() == Place::Vault;
            let is_another = |read: &ReadItem| {
                is_titled && !(is_active(&read.item) && read.is_titled(&asked.target.item, key))
            };
            let is_none = located.as_ref().is_ok_and(|located| located.thing.is_empty());
            let answered = match item {
                _ if is_none => variables(&vault.thing, &ItemDetails::default(), ""),
                Ok(read) if is_another(read) && (left > 0 || !is_active(&read.item)) => {
                    Err(Error::ItemNotActive { item: asked.target.item.clone() })
                }
                Ok(read) if is_another(read) => Err(Error::Protocol { what: ANOTHER }),
                Ok(read) => self.answer(&vault.thing, read, &asked.target),
                Err(error) => Err(error),
            };
            match answered {
                Ok(Answered::File(file)) => files.push((asked, memory, *file)),
                Ok(Answered::Whole(answer)) => settle(asked, memory, Ok(answer)),
                Err(error) => settle(asked, memory, Err(error)),
            }
        }
        let files = files.into_iter().map(async |(asked, memory, file)| {
            settle(asked, memory, self.download(&vault.thing, file).await);
        });
        join_all(files).await;
    }

    /// What an item has for a target, without a request.
    fn answer(
        &self,
        vault: &OpenVault,
        read: &ReadItem,
        target: &Target,
    ) -> Result<Answered, Error> {
        let item = &read.item;
        if !is_active(item) {
            return Err(Error::ItemNotActive { item: target.name().to_owned() });
        }
        let host = &self.client.host;
        let mut check_bytes = [0; 4];
        host.fill_random(&mut check_bytes)?;
        let moment = Moment { now_ms: host.now_ms(), check_bytes };
        let details = read.details(&vault.key)?;
        let wanted = |file: &FieldObject, name: &str, form| {
            let (file, item_id, name) = (file.clone(), item.uuid.clone(), name.to_owned());
            Ok(Answered::File(Box::new(WantedFile { file, item_id, name, form })))
        };
        let secret = match &target.part {
            Part::Whole => {
                let overview = open_overview(item, &vault.key)?;
                return Ok(Answered::Whole(Rc::new(Answer::Item(Box::new(OpenedItem {
                    item: item.without_content(),
                    vault_id: vault.id.clone(),
                    overview,
                    details,
                    now_ms: moment.now_ms,
                })))));
            }
            Part::Field(reference, form) => {
                match resolve(&details, reference, moment, &self.hints)? {
                    FieldAnswer::Text(text) => Secret::new(text.into_inner().into_bytes()),
                    FieldAnswer::File(file) => return wanted(file, &reference.field, *form),
                }
            }
            Part::File(id) => {
                let missing = Error::NotFound { action: FIND_FILE, said: Said::NOTHING };
                return wanted(find_file(&details, id).ok_or(missing)?, id, Form::Bytes);
            }
            Part::Variables => {
                open_title(item.enc_overview.clone(), &vault.key)?;
                return variables(vault, &details, &item.uuid);
            }
        };
        let (item_id, vault_id) = (item.uuid.clone(), vault.id.clone());
        Ok(Answered::Whole(Rc::new(Answer::Value(Found { secret, item_id, vault_id }))))
    }

    async fn download(&self, vault: &OpenVault, wanted: WantedFile) -> Outcome {
        let WantedFile { file, item_id, name, form } = wanted;
        let place = (&*vault.id, &*item_id);
        let secret =
            self.client.download(self.account, place, &file, &name, self.refusals()).await?;
        if form == Form::Text && std::str::from_utf8(secret.expose()).is_err() {
            return Err(Error::UnsupportedFileFormat { field: name });
        }
        Ok(Rc::new(Answer::Value(Found { secret, item_id, vault_id: vault.id.clone() })))
    }

    /// Remembers an outcome, or finds a remembered one in its place, and hands it over.
    fn conclude(&self, asked: &Asked<'_>, outcome: Outcome) {
        let Asked { index, question, .. } = asked;
        let mut cache = self.account.cache.borrow_mut();
        let now_ms = self.client.host.now_ms();
        // Not before what was refused on the way, or that would be told in place of an answer.
        let missed = Reading { at_ms: now_ms, ..self.reading };
        let kept = kept_under(asked);
        let outcome = match outcome {
            Ok(answer) => {
                if cache.put_found(&question.key(), self.reading)
                    && let (Some(key), Answer::Value(found)) = (kept, &*answer)
                    && cache.put_secret(&key, self.reading, found)
                {
                    self.account.note_news(News::Secrets);
                }
                Ok(answer)
            }
            Err(error) if error.is_outage() => {
                let kept = kept.filter(|_| self.fresh == Fresh::Nothing);
                let stale = kept.and_then(|key| cache.stale_secret(&key, now_ms));
                if stale.is_some() {
                    self.client.note(Event::Cache(CacheUse::Stale));
                } else if error.is_of_account() && !is_behind(&error) {
                    cache.put_missing(&question.key(), missed, error.clone());
                }
                stale.map(|found| Rc::new(Answer::Value(found))).ok_or(error)
            }
            Err(error) => {
                let error = error.for_reference(question.reference());
                if cache.settle(&question.key(), missed) {
                    let may_be_kept =
                        question.reference().is_some() || question.secret_key().is_some();
                    if may_be_kept && cache.drop_secret(&question.key(), missed) {
                        self.account.note_news(News::Secrets);
                    }
                    if error.is_of_account() {
                        cache.put_missing(&question.key(), missed, error.clone());
                    }
                }
                Err(error)
            }
        };
        drop(cache);
        (self.settle)(*index, outcome);
    }
}

/// The variables of an Environment; `item_id` is empty if it has no item.
fn variables(vault: &OpenVault, details: &ItemDetails, item_id: &str) -> Result<Answered, Error> {
    let secret = variables_json(details)?;
    let (item_id, vault_id) = (item_id.to_owned(), vault.id.clone());
    Ok(Answered::Whole(Rc::new(Answer::Value(Found { secret, item_id, vault_id }))))
}

/// What its answer may be remembered under.
fn kept_under<'q>(asked: &Asked<'q>) -> Option<Cow<'q, str>> {
    let is_one_time =
        matches!(&asked.target.part, Part::Field(reference, _) if is_one_time(reference));
    asked.question.secret_key().filter(|_| !is_one_time)
}

fn is_one_time(reference: &SecretReference) -> bool {
    reference.query == Some(Query::Attribute(Attribute::OneTimePassword))
}

/// What an outcome rests on that may not be so any more.
#[derive(Clone, Copy)]
struct Memory {
    /// Names of this age.
    names: Age,
    /// An item's id that was listed before the item was read.
    item: bool,
    /// A vault's key that was there before what is sealed with it was read.
    keys: bool,
}

impl Memory {
    fn doubt(self, error: &Error) -> Option<Doubt> {
        match error {
            Error::Protocol { what: OVERTAKEN } => Some(Doubt::Changed),
            Error::Decryption { .. } if self.keys => Some(Doubt::Keys),
            // Titles that do not open at all have another key.
            Error::ItemNotFound { readable: 0, unreadable: 1.., .. } => Some(Doubt::Keys),
            Error::ItemNotFound { .. } | Error::TooManyItems { .. }
                if matches!(self.names, Age::Old) =>
            {
                Some(Doubt::Remembered)
            }
            Error::NotFound { .. }
            | Error::ItemNotActive { .. }
            | Error::PermissionDenied { .. }
                if !matches!(self.names, Age::New) =>
            {
                Some(Doubt::Remembered)
            }
            Error::NotFound { .. } | Error::ItemNotActive { .. } if self.item => {
                Some(Doubt::Changed)
            }
            _ => None,
        }
    }
}
