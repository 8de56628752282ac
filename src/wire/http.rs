//! HTTP, as the host sends and reads it.

use std::cell::Cell;

/// A request, ready to be sent.
#[derive(Debug)]
pub struct HttpRequest {
    /// What it is for, in the words of an error message: “read the vault's items”.
    pub action: &'static str,
    /// HTTP method in upper case.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// The account's host, for error messages.
    pub host: String,
    /// Header names and values; the values are printable ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, if there is a body.
    pub body: Option<String>,
}

/// How far an answer has come, as its host reads it.
#[derive(Debug, Default)]
pub struct Progress {
    /// HTTP status; 0 before there is one.
    pub status: Cell<u16>,
    /// Length of what has come of the body.
    pub bytes: Cell<u64>,
}

/// An answer, read to its end.
#[derive(Debug, Default)]
pub struct HttpResponse {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// What `Retry-After` says (RFC 9110 §10.2.3), in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// By how many seconds the clock here is ahead of what `Date` says; 0 without it.
    pub ahead_s: i64,
    /// The body, empty if there was none.
    pub body: Vec<u8>,
}
