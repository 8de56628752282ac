//! What a client did, counted, and told if somebody watches.

use super::Client;
use crate::{
    base::shape::Shape,
    host::{CacheUse, Event, Host, Progress, QuotaUse, RequestEvent},
};
use std::cell::RefCell;

/// In front of an id in a path.
const BEFORE_IDS: [&str; 6] = ["vault", "item", "file", "device", "group", "preflight"];
/// What stands there in place of an id.
const NO_ID: &str = "pubkeys";
/// Where ids follow each other.
const WITH_MANY_IDS: [&str; 2] = ["/api/v2/file/", "/api/v4/itemshare/preflight/"];
const ID: &str = ":id";

/// What a client has done so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Requests that were sent.
    pub requests: u64,
    /// Those of them that were sent again.
    pub retries: u64,
    /// Requests without an answer, or with a status of 400 or more.
    pub failures: u64,
    /// Bytes of all answers.
    pub bytes: u64,
    /// Requests that count as reads of the service account.
    pub reads: u64,
    /// Requests that count as its writes.
    pub writes: u64,
    /// Sessions that were begun.
    pub sign_ins: u64,
    /// Sessions that were taken from the store.
    pub resumes: u64,
    /// How often something remembered was used.
    pub cache_hits: u64,
    /// How often it was not there.
    pub cache_misses: u64,
    /// How often it was given though its time was over.
    pub cache_stale: u64,
    /// How often the service wanted a pause.
    pub throttles: u64,
}

impl Stats {
    /// `shape() -> shape`
    pub fn shape(&self) -> Shape<'static> {
        let number = |count: u64| Shape::Number(count as f64);
        Shape::object([
            ("requests", number(self.requests)),
            ("retries", number(self.retries)),
            ("failures", number(self.failures)),
            ("bytes", number(self.bytes)),
            ("reads", number(self.reads)),
            ("writes", number(self.writes)),
            ("signIns", number(self.sign_ins)),
            ("resumes", number(self.resumes)),
            ("cacheHits", number(self.cache_hits)),
            ("cacheMisses", number(self.cache_misses)),
            ("cacheStale", number(self.cache_stale)),
            ("throttles", number(self.throttles)),
        ])
    }
}

/// Whether events are told, and what of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    /// Nobody watches.
    Nobody,
    /// Paths show `:id` in place of ids.
    WithoutIds,
    /// Paths are shown as they are.
    WithIds,
}

/// Counts what happens.
#[derive(Debug)]
pub(super) struct Watch {
    stats: RefCell<Stats>,
    watching: Watching,
}

impl Watch {
    pub(super) fn new(watching: Watching) -> Self {
        Self { stats: RefCell::default(), watching }
    }

    /// The path as whoever watches may see it. Every path of the service that has an id has it in
    /// a segment of its own.
    fn path(&self, target: &str) -> String {
        let path = target.split('?').next().unwrap_or_default();
        if self.watching == Watching::WithIds {
            return path.to_owned();
        }
        let has_many = WITH_MANY_IDS.iter().any(|start| path.starts_with(start));
        let mut shown = String::new();
        let mut last = "";
        for segment in path.split('/').skip(1) {
            let is_id = BEFORE_IDS.contains(&last) && segment != NO_ID || has_many && last == ID;
            last = if is_id { ID } else { segment };
            shown.push('/');
            shown.push_str(last);
        }
        shown
    }
}

/// A request on its way: counted and told when it goes, however it ends.
pub(super) struct Sent<'a, H: Host> {
    client: &'a Client<H>,
    method: &'static str,
    target: String,
    quota: QuotaUse,
    retry: u32,
    start: f64,
    pub(super) progress: Progress,
}

impl<'a, H: Host> Sent<'a, H> {
    pub(super) fn new(
        client: &'a Client<H>,
        (method, target): (&'static str, String),
        quota: QuotaUse,
        retry: u32,
    ) -> Self {
        Self {
            client,
            method,
            target,
            quota,
            retry,
            start: client.host.ticks_ms(),
            progress: Progress::default(),
        }
    }
}

impl<H: Host> Drop for Sent<'_, H> {
    fn drop(&mut self) {
        let Self { client, method, quota, retry, .. } = *self;
        let (status, bytes) = (self.progress.status.get(), self.progress.bytes.get());
        let mut stats = client.watch.stats.borrow_mut();
        stats.requests += 1;
        stats.bytes += bytes;
        stats.retries += u64::from(retry > 0);
        stats.failures += u64::from(status == 0 || status >= 400);
        // What is refused for the session or the limit counts as nothing; what has no answer may.
        let is_counted = !matches!(status, 0 | 401 | 429);
        stats.reads += u64::from(is_counted && quota == QuotaUse::Read);
        stats.writes += u64::from(is_counted && quota == QuotaUse::Write);
        drop(stats);
        if client.watch.watching != Watching::Nobody {
            let path = client.watch.path(&self.target);
            let ms = (client.host.ticks_ms() - self.start).round();
            let request = RequestEvent { method, path, status, ms, retry, bytes, quota };
            client.host.tell(Event::Request(request));
        }
    }
}

impl<H: Host> Client<H> {
    /// `stats() -> stats`
    pub fn stats(&self) -> Stats {
        *self.watch.stats.borrow()
    }

    /// Counts and tells anything but a request.
    pub(super) fn note(&self, event: Event) {
        let mut stats = self.watch.stats.borrow_mut();
        let count = match event {
            Event::Request(_) => return,
            Event::Cache(CacheUse::Hit) => &mut stats.cache_hits,
            Event::Cache(CacheUse::Miss) => &mut stats.cache_misses,
            Event::Cache(CacheUse::Stale) => &mut stats.cache_stale,
            Event::SignIn => &mut stats.sign_ins,
            Event::Resume => &mut stats.resumes,
            Event::Throttle(_) => &mut stats.throttles,
        };
        *count += 1;
        drop(stats);
        if self.watch.watching != Watching::Nobody {
            self.host.tell(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_show_no_ids_unless_they_are_wanted() {
        let shown = |watching, target| Watch::new(watching).path(target);
        for (target, expected) in [
            ("/api/v1/vaults?attrs=x", "/api/v1/vaults"),
            ("/api/v3/vault/abc?attrs=x", "/api/v3/vault/:id"),
            ("/api/v1/vault/abc/item/def", "/api/v1/vault/:id/item/:id"),
            ("/api/v1/vault/abc/items/overviews", "/api/v1/vault/:id/items/overviews"),
            ("/api/v3/file/abc", "/api/v3/file/:id"),
            ("/api/v2/file/abc/def/ghi", "/api/v2/file/:id/:id/:id"),
            ("/api/v1/device/abc/reauthorize", "/api/v1/device/:id/reauthorize"),
            ("/api/v1/device", "/api/v1/device"),
            ("/api/v4/itemshare/preflight/abc/def", "/api/v4/itemshare/preflight/:id/:id"),
            ("/api/v1/vault/abc/group/def", "/api/v1/vault/:id/group/:id"),
            ("/api/v2/vault/abc/vaultaccess", "/api/v2/vault/:id/vaultaccess"),
            ("/api/v2/group/abc?attrs=vault-access", "/api/v2/group/:id"),
            ("/api/v1/group/pubkeys?uuids=abc,def", "/api/v1/group/pubkeys"),
        ] {
            assert_eq!(shown(Watching::WithoutIds, target), expected);
        }
        let target = "/api/v3/vault/abc?attrs=x";
        assert_eq!(shown(Watching::WithIds, target), "/api/v3/vault/abc");
    }
}
