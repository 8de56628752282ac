//! The one error type: what happened, to what, and what to do about it.
//!
//! An [`Error`] never holds a token, key, secret or the text of a foreign
//! parser's complaint, which may quote one.

use super::encoding::is_error_code;
use std::borrow::Cow;

/// Something that an ambiguous reference may have meant. What there is not is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Its id, of a field with its section's before it.
    pub id: String,
    /// Its name or title.
    pub title: String,
    /// Of a field: the title of its section, or its id.
    pub section: String,
    /// Of a vault or an item: when it was changed, RFC 3339.
    pub updated_at: String,
    /// The reference that names nothing but this.
    pub reference: String,
    /// Whether it is an Environment among vaults.
    pub is_environment: bool,
}

/// What to do about most tokens that are not valid.
pub const COPY_AGAIN: &str = "copy the whole token (ops_…) from 1Password again";

/// What a sign-in is called in an error.
pub const SIGN_IN: &str = "sign in";

/// What to do about a 403.
const PERMISSIONS: &str =
    "check its vaults and permissions, and the account's firewall rules for this network";
/// What to do about a web page.
const WEB_PAGE: &str = "the network may want you to log in first (a captive portal), or a proxy answers: look with a browser on this network";
/// By so little clocks may differ.
const CLOCK_SLACK_S: u64 = 119;

/// What an answer says besides its status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The service's own error number.
    pub error_code: Option<i64>,
    /// The service's own words, as they may be shown; empty if it has none.
    pub words: String,
    /// By how many seconds the clock here is ahead of the server's, if the answer tells.
    pub ahead_s: i64,
    /// Whether it is a web page.
    pub is_page: bool,
}

impl Said {
    /// Nothing.
    pub const NOTHING: Self =
        Self { error_code: None, words: String::new(), ahead_s: 0, is_page: false };
}

/// Which limit a 429 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The service account's, of an hour.
    Token,
    /// The account's, of a day, over all its service accounts.
    Account,
}

impl Limit {
    /// `in_words(words) -> limit`
    ///
    /// # Source
    /// protocol.md “Quota and 429” (recorded)
    pub fn in_words(words: &str) -> Option<Self> {
        if words.contains("this 1Password account") {
            return Some(Self::Account);
        }
        words.contains("this service account").then_some(Self::Token)
    }

    /// `name() -> text`
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Account => "account",
        }
    }

    const fn whose(limit: Option<Self>) -> &'static str {
        match limit {
            Some(Self::Account) => "the account's requests, of all its service accounts,",
            _ => "this service account's requests",
        }
    }
}

/// What has a name and holds items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A vault, or an Environment that is read like one.
    Vault,
    /// An Environment.
    Environment,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Environment => "Environment",
        }
    }
}

/// A kind of error of which nothing but its message is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// What was to be an Environment is a vault.
    NotAnEnvironment,
    /// What was to be a vault is an Environment.
    NotAVault,
    /// An Environment is not one item.
    EnvironmentDamaged,
}

impl Refusal {
    /// `code() -> code`
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnEnvironment => "notAnEnvironment",
            Self::NotAVault => "notAVault",
            Self::EnvironmentDamaged => "environmentDamaged",
        }
    }

    /// `because(parts) -> error`
    ///
    /// # Shapes
    /// - `parts`: the pieces of its message
    pub fn because(self, parts: &[&str]) -> Error {
        Error::Refused { of: self, message: parts.concat() }
    }
}

/// What stands in the way of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The server's certificate is not accepted.
    Certificate,
    /// A proxy wants a login.
    Proxy,
}

impl Obstacle {
    const fn advice(self) -> &'static str {
        match self {
            Self::Certificate => {
                "its certificate is not accepted: if a proxy or firewall opens your TLS connections, have its CA trusted (in Node by NODE_EXTRA_CA_CERTS=/path/to/ca.pem); else check this machine's clock, and who answers for this host"
            }
            Self::Proxy => PROXY_LOGIN,
        }
    }
}

const PROXY_LOGIN: &str =
    "a proxy on the way wants a login (HTTP 407): give its user name and password with its address";

/// Where the field is among the pieces between the slashes of a reference.
const FIELD: usize = 4;

/// Everything that can go wrong, each with a stable [`code`](Error::code).
///
/// Names of reference errors are the vendor's (`ResolveReferenceError` of
/// `@1password/sdk`); the others are this project's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not a secret reference.
    #[error("{reason}")]
    Parsing {
        /// Which rule of the grammar is broken, and the form that is right.
        reason: &'static str,
    },
    /// No vault has this id or name.
    #[error(
        "no {what} “{vault}” among the {readable} {what}s that this service account can read{}{} the name, name the {what} by its id, or grant the service account access to it",
        and_unreadable(*.unreadable),
        hint,
        what = .of.name()
    )]
    VaultNotFound {
        /// Whether it was to be a vault or an Environment.
        of: Place,
        /// The vault part of the reference.
        vault: String,
        /// How many vaults were looked at.
        readable: usize,
        /// How many more could not be opened.
        unreadable: usize,
        /// What may be meant, what there is, and to check.
        hint: String,
    },
    /// Several vaults have this name.
    #[error(
        "{} {}s are named “{vault}”; use the id of one in place of the name: {}",
        count,
        .of.name(),
        ids(candidates, *.count)
    )]
    TooManyVaults {
        /// Whether it was to be a vault or an Environment.
        of: Place,
        /// The vault part of the reference.
        vault: String,
        /// How many matched.
        count: usize,
        /// The first of them.
        candidates: Vec<Candidate>,
    },
    /// No item has this id or title.
    #[error(
        "no item “{item}” among the {readable} items of the vault “{vault}”{}{} the title and the vault, or name the item by its id",
        and_unreadable(*.unreadable),
        hint
    )]
    ItemNotFound {
        /// The item part of the reference.
        item: String,
        /// The vault part of the reference.
        vault: String,
        /// How many items were looked at.
        readable: usize,
        /// How many more could not be opened.
        unreadable: usize,
        /// What may be meant, what there is, and to check.
        hint: String,
    },
    /// Several items have this title.
    #[error(
        "{} items of the vault “{vault}” are titled “{item}”; use the id of one in place of the title: {}",
        count,
        ids(candidates, *.count)
    )]
    TooManyItems {
        /// The item part of the reference.
        item: String,
        /// The vault part of the reference.
        vault: String,
        /// How many matched.
        count: usize,
        /// The first of them.
        candidates: Vec<Candidate>,
    },
    /// The item is archived or deleted.
    #[error(
        "the item “{item}” is not in an active state: it was archived or deleted; restore it first"
    )]
    ItemNotActive {
        /// The item part of the reference.
        item: String,
    },
    /// No section has this id or title.
    #[error(
        "the item “{item}” has no section “{section}”{} the section's title, name it by its id, or leave it out",
        hint
    )]
    NoMatchingSections {
        /// The item part of the reference.
        item: String,
        /// The section part of the reference.
        section: String,
        /// What may be meant, what there is, and to check.
        hint: String,
    },
    /// No field has this id or title.
    #[error(
        "the item “{item}” has no field “{field}”{}{} the field's title and its section, or name it by its id",
        in_section(.section),
        hint
    )]
    FieldNotFound {
        /// The item part of the reference.
        item: String,
        /// The section part of the reference.
        section: Option<String>,
        /// The field part of the reference.
        field: String,
        /// What may be meant, what there is, and to check.
        hint: String,
    },
    /// Several fields have this title.
    #[error(
        "{} fields of the item “{item}” match “{field}”; {}",
        count,
        in_their_place(candidates, *.count)
    )]
    TooManyMatchingFields {
        /// The item part of the reference.
        item: String,
        /// The field part of the reference.
        field: String,
        /// How many matched.
        count: usize,
        /// The first of them.
        candidates: Vec<Candidate>,
    },
    /// The field's value cannot be turned into text.
    #[error("the field “{field}” cannot be read as text: {reason}")]
    UnreadableField {
        /// The field part of the reference.
        field: String,
        /// What stands in the way; never the value.
        reason: Cow<'static, str>,
    },
    /// `attribute=otp` was asked of a field that is not a one-time password.
    #[error(
        "the field “{field}” is not a one-time password; leave out the query or name a one-time password field"
    )]
    IncompatibleTotpQuery {
        /// The field part of the reference.
        field: String,
    },
    /// `ssh-format` was asked of a field that is not a private key.
    #[error(
        "the field “{field}” is not an SSH private key; leave out the query or name the private key"
    )]
    IncompatibleSshKeyQuery {
        /// The field part of the reference.
        field: String,
    },
    /// The query asks for what the field does not have.
    #[error(
        "the field “{field}” is {of}: ?attribute= takes type, value, title, id, purpose or otp for a field, and type, content, size, id or name for a file"
    )]
    IncompatibleAttribute {
        /// The field part of the reference.
        field: String,
        /// What it is.
        of: &'static str,
    },
    /// The one-time password's secret or settings are damaged.
    #[error("the one-time password “{field}” cannot be computed: {reason}")]
    UnableToGenerateTotpCode {
        /// The field part of the reference.
        field: String,
        /// What stands in the way; never the secret.
        reason: &'static str,
    },
    /// The SSH key lacks its parts.
    #[error(
        "the SSH key “{field}” lacks its fingerprint, type or public key; open the item in 1Password and save it again"
    )]
    SshKeyMetadataNotFound {
        /// The field part of the reference.
        field: String,
    },
    /// The private key is not one that can be read.
    #[error(
        "the private key “{field}” is damaged, or is not an Ed25519 or RSA key without a passphrase in PKCS#8, PKCS#1 or OpenSSH form; leave out ?ssh-format= for the key as it is stored"
    )]
    UnableToParsePrivateKey {
        /// The field part of the reference.
        field: String,
    },
    /// The private key has no OpenSSH form.
    #[error(
        "the private key “{field}” is too long for the OpenSSH form; leave out ?ssh-format= for the key as it is stored"
    )]
    UnableToFormatPrivateKey {
        /// The field part of the reference.
        field: String,
    },
    /// The file is not text.
    #[error("the file “{field}” is not UTF-8 text; read its bytes with resolveBytes")]
    UnsupportedFileFormat {
        /// The field part of the reference.
        field: String,
    },
    /// The file is larger than is read.
    #[error("the file “{field}” has {size} bytes; at most {limit} are read")]
    FileTooLarge {
        /// The field part of the reference.
        field: String,
        /// Length in bytes.
        size: i64,
        /// The most that is read.
        limit: i64,
    },
    /// What stands in the way of Environments.
    #[error("{message}")]
    Refused {
        /// Which kind it is.
        of: Refusal,
        /// What is wrong, and what to do.
        message: String,
    },
    /// The service-account token cannot be used.
    #[error("the service-account token is not valid: {reason}; {advice}")]
    TokenInvalid {
        /// What is wrong, naming the field and never its content.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// An option has the wrong type or form.
    #[error("the option {option} {reason}")]
    ArgumentInvalid {
        /// The option's name.
        option: &'static str,
        /// What it must be.
        reason: &'static str,
    },
    /// There is no option of this name.
    #[error("there is no option “{name}”{}", did_you_mean(.similar))]
    UnknownOption {
        /// What was given.
        name: String,
        /// The option that it may have been meant for, if any.
        similar: Option<&'static str>,
    },
    /// The token names a host that is not among the allowed ones.
    #[error(
        "the token names the host “{host}”, which is not allowed; if it is right, add it to allowedHosts"
    )]
    HostNotAllowed {
        /// The origin that was refused.
        host: String,
    },
    /// The service does not accept the credentials.
    #[error(
        "1Password does not accept this service-account token ({reason}{}); it may be revoked, expired or from another account: make a new one{}",
        told(.said),
        page_and_clock(.said)
    )]
    AuthenticationFailed {
        /// What the service refused.
        reason: &'static str,
        /// The HTTP status, if that was the refusal.
        status: Option<u16>,
        /// What it says besides.
        said: Said,
    },
    /// The server could not prove that it knows the account.
    #[error(
        "the server at {host} did not prove that it knows this account, so nothing more was sent to it; check the network for an interceptor"
    )]
    ServerNotTrusted {
        /// The account's host.
        host: String,
    },
    /// HTTP 403.
    #[error(
        "this service account may not {action} (HTTP 403{}); {}{}",
        told(.said),
        if said.is_page { WEB_PAGE } else { PERMISSIONS },
        clock(.said)
    )]
    PermissionDenied {
        /// What was asked for.
        action: &'static str,
        /// What it says besides.
        said: Said,
    },
    /// HTTP 404.
    #[error(
        "1Password has nothing there for “{action}” (HTTP 404{}); it may be deleted{}",
        told(.said),
        page_and_clock(.said)
    )]
    NotFound {
        /// What was asked for.
        action: &'static str,
        /// What it says besides.
        said: Said,
    },
    /// HTTP 409.
    #[error(
        "“{action}” met a change made elsewhere (HTTP 409{}); read again and repeat it",
        told(.said)
    )]
    Conflict {
        /// What was asked for.
        action: &'static str,
        /// What it says besides.
        said: Said,
    },
    /// HTTP 429.
    #[error(
        "1Password limits {} (HTTP 429{}); wait and retry",
        Limit::whose(*.limit),
        told(.said)
    )]
    RateLimited {
        /// When to try again, from `Retry-After`, in milliseconds.
        retry_after_ms: Option<u64>,
        /// Which limit it is, if the service says so.
        limit: Option<Limit>,
        /// What it says besides.
        said: Said,
    },
    /// HTTP 5xx, or another status that the protocol does not know.
    #[error(
        "1Password could not {action} (HTTP {status}{}); {}{}",
        told(.said),
        advice(*.status),
        page_and_clock(.said)
    )]
    ServerError {
        /// What was asked for.
        action: &'static str,
        /// The HTTP status.
        status: u16,
        /// When to try again, from `Retry-After`, in milliseconds.
        retry_after_ms: Option<u64>,
        /// What it says besides.
        said: Said,
    },
    /// `fetch` failed before an answer came.
    #[error("could not {action}: no answer from {host}{}; check the network and try again", code_of(.cause))]
    Network {
        /// What was asked for.
        action: &'static str,
        /// The account's host.
        host: String,
        /// What the host's `fetch` said.
        cause: String,
    },
    /// `fetch` failed, and will do so until somebody changes what stands in the way.
    #[error("could not {action}: no answer from {host}{}; {}", code_of(.cause), .by.advice())]
    Blocked {
        /// What was asked for.
        action: &'static str,
        /// The account's host.
        host: String,
        /// What the host's `fetch` said.
        cause: String,
        /// What stands in the way.
        by: Obstacle,
    },
    /// `fetch` ran out of time.
    #[error("could not {action}: {host} did not answer in time; try again")]
    Timeout {
        /// What was asked for.
        action: &'static str,
        /// The account's host.
        host: String,
    },
    /// The answers that are under way at once are more than the module has room for.
    #[error(
        "could not {action}: more than 192 MiB of answers were under way at once; try again once other calls are through"
    )]
    Crowded {
        /// What was asked for.
        action: &'static str,
    },
    /// The call's own time is up.
    #[error("no answer within {ms} ms; try again, or give the call more time with timeoutMs")]
    OutOfTime {
        /// How long the call was to take, in milliseconds.
        ms: u64,
    },
    /// `fetch` was aborted.
    #[error("could not {action}: the request was aborted")]
    Aborted {
        /// What was asked for.
        action: &'static str,
    },
    /// The caller's signal was given.
    #[error("the call was aborted by its signal")]
    Cancelled,
    /// An answer that the protocol does not allow.
    #[error(
        "the server did not follow 1Password's protocol: {what}; if it goes on, report it with this message"
    )]
    Protocol {
        /// What was wrong with the answer; never its content.
        what: &'static str,
    },
    /// Not the service has answered, but something on the way.
    #[error("a web page came in place of 1Password's answer; {WEB_PAGE}")]
    WebPage,
    /// Sealed data that does not open.
    #[error(
        "{what} cannot be decrypted: it is damaged or sealed with a key that this service account does not have"
    )]
    Decryption {
        /// What did not open.
        what: &'static str,
    },
    /// The client was closed.
    #[error("this client was closed; authenticate again")]
    Closed,
    /// The host lacks something, or the feature is not there yet.
    #[error("{what}")]
    Unsupported {
        /// What is missing.
        what: &'static str,
    },
}

/// So many of those that an ambiguous name may mean are told: there may be as many as items.
pub const MAX_CANDIDATES: usize = 20;

impl Error {
    /// Every code, in the order of the variants. `js/errors.ts` holds the same list.
    pub const CODES: &'static [&'static str] = &[
        "parsing",
        "vaultNotFound",
        "tooManyVaults",
        "itemNotFound",
        "tooManyItems",
        "itemNotActive",
        "noMatchingSections",
        "fieldNotFound",
        "tooManyMatchingFields",
        "unreadableField",
        "incompatibleTOTPQueryParameterField",
        "incompatibleSshKeyQueryParameterField",
        "incompatibleAttribute",
        "unableToGenerateTotpCode",
        "sSHKeyMetadataNotFound",
        "unableToParsePrivateKey",
        "unableToFormatPrivateKeyToOpenSsh",
        "unsupportedFileFormat",
        "fileTooLarge",
        "environmentNotFound",
        "tooManyEnvironments",
        "notAnEnvironment",
        "notAVault",
        "environmentDamaged",
        "tokenInvalid",
        "argumentInvalid",
        "hostNotAllowed",
        "authenticationFailed",
        "serverNotTrusted",
        "permissionDenied",
        "notFound",
        "conflict",
        "rateLimited",
        "serverError",
        "network",
        "timeout",
        "aborted",
        "protocol",
        "decryption",
        "closed",
        "unsupported",
    ];

    /// `code() -> code`
    ///
    /// The stable name of this kind of error, one of [`Error::CODES`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Parsing { .. } => "parsing",
            Self::VaultNotFound { of: Place::Vault, .. } => "vaultNotFound",
            Self::VaultNotFound { of: Place::Environment, .. } => "environmentNotFound",
            Self::TooManyVaults { of: Place::Vault, .. } => "tooManyVaults",
            Self::TooManyVaults { of: Place::Environment, .. } => "tooManyEnvironments",
            Self::ItemNotFound { .. } => "itemNotFound",
            Self::TooManyItems { .. } => "tooManyItems",
            Self::ItemNotActive { .. } => "itemNotActive",
            Self::NoMatchingSections { .. } => "noMatchingSections",
            Self::FieldNotFound { .. } => "fieldNotFound",
            Self::TooManyMatchingFields { .. } => "tooManyMatchingFields",
            Self::UnreadableField { .. } => "unreadableField",
            Self::IncompatibleTotpQuery { .. } => "incompatibleTOTPQueryParameterField",
            Self::IncompatibleSshKeyQuery { .. } => "incompatibleSshKeyQueryParameterField",
            Self::IncompatibleAttribute { .. } => "incompatibleAttribute",
            Self::UnableToGenerateTotpCode { .. } => "unableToGenerateTotpCode",
            Self::SshKeyMetadataNotFound { .. } => "sSHKeyMetadataNotFound",
            Self::UnableToParsePrivateKey { .. } => "unableToParsePrivateKey",
            Self::UnableToFormatPrivateKey { .. } => "unableToFormatPrivateKeyToOpenSsh",
            Self::UnsupportedFileFormat { .. } => "unsupportedFileFormat",
            Self::FileTooLarge { .. } => "fileTooLarge",
            Self::Refused { of, .. } => of.code(),
            Self::TokenInvalid { .. } => "tokenInvalid",
            Self::ArgumentInvalid { .. } | Self::UnknownOption { .. } => "argumentInvalid",
            Self::HostNotAllowed { .. } => "hostNotAllowed",
            Self::AuthenticationFailed { .. } => "authenticationFailed",
            Self::ServerNotTrusted { .. } => "serverNotTrusted",
            Self::PermissionDenied { .. } => "permissionDenied",
            Self::NotFound { .. } => "notFound",
            Self::Conflict { .. } => "conflict",
            Self::RateLimited { .. } => "rateLimited",
            Self::ServerError { .. } => "serverError",
            Self::Network { .. } | Self::Blocked { .. } | Self::Crowded { .. } => "network",
            Self::Timeout { .. } | Self::OutOfTime { .. } => "timeout",
            Self::Aborted { .. } | Self::Cancelled => "aborted",
            Self::Protocol { .. } | Self::WebPage => "protocol",
            Self::Decryption { .. } => "decryption",
            Self::Closed => "closed",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// `status() -> status`
    ///
    /// The HTTP status behind this error, if one was.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::AuthenticationFailed { status, .. } => *status,
            Self::PermissionDenied { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::RateLimited { .. } => Some(429),
            Self::ServerError { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// `candidates() -> list`
    ///
    /// What an ambiguous reference may have meant, else nothing.
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::TooManyVaults { candidates, .. }
            | Self::TooManyItems { candidates, .. }
            | Self::TooManyMatchingFields { candidates, .. } => candidates,
            _ => &[],
        }
    }

    /// `asked() -> text`
    ///
    /// The names in it that were asked for, and not found alone; `None` if it is of another kind.
    pub fn asked(&self) -> Option<String> {
        let names: &[&str] = match self {
            Self::VaultNotFound { vault, .. } | Self::TooManyVaults { vault, .. } => &[vault],
            Self::ItemNotFound { item, vault, .. } | Self::TooManyItems { item, vault, .. } => {
                &[vault, item]
            }
            Self::NoMatchingSections { item, section, .. } => &[item, section],
            Self::FieldNotFound { item, section, field, .. } => {
                &[item, section.as_deref().unwrap_or_default(), field]
            }
            Self::TooManyMatchingFields { item, field, .. } => &[item, field],
            _ => return None,
        };
        Some(names.join("/"))
    }

    /// `for_reference(reference) -> error`
    ///
    /// With the whole reference for each candidate, made of the one that was asked with, if one
    /// was. Those of fields have the part that differs.
    #[must_use]
    pub fn for_reference(mut self, asked: Option<&str>) -> Self {
        // The scheme and what follows it come before the parts.
        let (index, candidates) = match &mut self {
            Self::TooManyVaults { candidates, .. } => (2, candidates),
            Self::TooManyItems { candidates, .. } => (3, candidates),
            Self::TooManyMatchingFields { candidates, .. } => (FIELD, candidates),
            _ => return self,
        };
        // A token that was pasted into a reference is told nowhere.
        let asked = asked.filter(|asked| !asked.contains("ops_")).unwrap_or_default();
        let (path, query) = asked.split_at(asked.find('?').unwrap_or(asked.len()));
        for Candidate { id, reference, .. } in candidates {
            let part = if index == FIELD { &*reference } else { &*id };
            let mut parts: Vec<_> = path.split('/').collect();
            // A section may come before the field.
            parts.truncate(if index == FIELD { FIELD + 1 } else { parts.len() });
            *reference = match parts.get_mut(index) {
                Some(slot) if !part.is_empty() => {
                    *slot = part;
                    parts.join("/") + query
                }
                _ => String::new(),
            };
        }
        self
    }

    /// `retryable() -> bool`
    ///
    /// Whether the same call may succeed later without any change.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Network { .. }
            | Self::Crowded { .. }
            | Self::Timeout { .. }
            | Self::OutOfTime { .. } => true,
            Self::ServerError { status, .. } => is_passing(*status),
            _ => false,
        }
    }

    /// `is_outage() -> bool`
    ///
    /// Whether the service did not answer, or not as the service does.
    pub const fn is_outage(&self) -> bool {
        self.retryable()
            || matches!(
                self,
                Self::Protocol { .. }
                    | Self::WebPage
                    | Self::Blocked { .. }
                    | Self::Decryption { .. }
            )
    }

    /// `is_of_all() -> bool`
    ///
    /// Whether it stands in the way of everything that was asked for, and not of one thing.
    pub const fn is_of_all(&self) -> bool {
        matches!(self, Self::Closed | Self::Aborted { .. } | Self::Cancelled)
    }

    /// `is_of_account() -> bool`
    ///
    /// Whether the service has answered, and what is in the account stands in the way: the same
    /// question has the same answer until somebody changes that.
    pub fn is_of_account(&self) -> bool {
        match self {
            Self::Parsing { .. }
            | Self::TokenInvalid { .. }
            | Self::ArgumentInvalid { .. }
            | Self::HostNotAllowed { .. }
            | Self::ServerNotTrusted { .. }
            | Self::Blocked { .. }
            | Self::Closed
            | Self::Unsupported { .. } => false,
            Self::NotFound { .. } | Self::Conflict { .. } => true,
            Self::PermissionDenied { action, .. } => *action != SIGN_IN,
            _ => self.status().is_none() && !self.retryable() && !self.is_of_all(),
        }
    }

    /// `is_refusal() -> bool`
    ///
    /// Whether the service has answered a request otherwise than as hoped, and may do so again:
    /// not that it has nothing there, which names can change, nor a pause that it asks for.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::RateLimited { .. } => false,
            Self::Protocol { .. } | Self::WebPage | Self::Decryption { .. } => true,
            _ => self.status().is_some(),
        }
    }

    /// `limit() -> limit`
    ///
    /// Of a 429 which limit it is, if the service says so.
    pub const fn limit(&self) -> Option<Limit> {
        match self {
            Self::RateLimited { limit, .. } => *limit,
            _ => None,
        }
    }

    /// `until(ms) -> error`
    ///
    /// The same, when it is said again so long before the service is asked again.
    #[must_use]
    pub const fn until(mut self, ms: u64) -> Self {
        if let Self::ServerError { status, retry_after_ms, .. } = &mut self
            && is_passing(*status)
        {
            *retry_after_ms = Some(ms);
        }
        self
    }

    /// `retry_after_ms() -> milliseconds`
    ///
    /// When to try again, in milliseconds, if the service said so.
    pub const fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_ms, .. } | Self::ServerError { retry_after_ms, .. } => {
                *retry_after_ms
            }
            _ => None,
        }
    }
}

fn did_you_mean(similar: &Option<&'static str>) -> String {
    similar.map_or_else(String::new, |name| ["; did you mean ", name, "?"].concat())
}

fn in_section(section: &Option<String>) -> String {
    let within = |section| format!(" in the section “{section}”");
    section.as_ref().map_or_else(String::new, within)
}

/// Not all have one: the parts of SSH keys and documents do not.
fn in_their_place(candidates: &[Candidate], count: usize) -> String {
    match list(candidates, count, |candidate| &candidate.reference) {
        none if none.is_empty() => "no reference can tell them apart: rename one".to_owned(),
        list => format!("use one of: {list}"),
    }
}

fn ids(candidates: &[Candidate], count: usize) -> String {
    list(candidates, count, |candidate| &candidate.id)
}

fn list(candidates: &[Candidate], count: usize, text: fn(&Candidate) -> &str) -> String {
    let mut list = String::new();
    for candidate in candidates.iter().filter(|candidate| !text(candidate).is_empty()) {
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(text(candidate));
        list.push_str(if candidate.is_environment { " (an Environment)" } else { "" });
    }
    if count > candidates.len() && !list.is_empty() {
        list.push_str(" and others");
    }
    list
}

/// Whether a status may be another one at the next try.
const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 500 | 502..=504 | 506..=599)
}

fn and_unreadable(count: usize) -> String {
    match count {
        0 => String::new(),
        _ => format!(" ({count} more could not be opened)"),
    }
}

/// What follows a status.
fn told(said: &Said) -> String {
    let mut told = match said.error_code {
        Some(code) => format!(", service error {code}"),
        None => String::new(),
    };
    if !said.words.is_empty() {
        told = [&told, ": “", &said.words, "”"].concat();
    }
    told
}

fn page_and_clock(said: &Said) -> String {
    let page = if said.is_page { ["; ", WEB_PAGE].concat() } else { String::new() };
    page + &clock(said)
}

/// How far the clock here is off, if it is.
fn clock(said: &Said) -> String {
    let off_s = said.ahead_s.unsigned_abs();
    if off_s <= CLOCK_SLACK_S {
        return String::new();
    }
    let (count, unit) = match off_s {
        0..7_200 => (off_s / 60, " minutes "),
        7_200..172_800 => (off_s / 3_600, " hours "),
        _ => (off_s / 86_400, " days "),
    };
    let way = if said.ahead_s > 0 { "ahead of" } else { "behind" };
    ["; this machine's clock is ", &count.to_string(), unit, way, " the server's: set it right"]
        .concat()
}

fn advice(status: u16) -> &'static str {
    match status {
        407 => PROXY_LOGIN,
        _ if is_passing(status) => "try again later",
        _ => "trying again will not help",
    }
}

/// The platform's codes for what `fetch` said, which are the end of it.
fn code_of(cause: &str) -> String {
    let last = cause.rsplit(": ").next();
    match last.filter(|codes| codes.split(", ").all(is_error_code)) {
        Some(code) => [" (", code, ")"].concat(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of_each() -> Vec<Error> {
        let text = || "x".to_owned();
        let (action, reason, what) = ("look", "is odd", "it");
        let said = Said::default;
        vec![
            Error::Parsing { reason },
            Error::VaultNotFound {
                of: Place::Vault,
                vault: text(),
                readable: 1,
                unreadable: 0,
                hint: text(),
            },
            Error::TooManyVaults { of: Place::Vault, vault: text(), count: 0, candidates: vec![] },
            Error::ItemNotFound {
                item: text(),
                vault: text(),
                readable: 1,
                unreadable: 2,
                hint: text(),
            },
            Error::TooManyItems { item: text(), vault: text(), count: 0, candidates: vec![] },
            Error::ItemNotActive { item: text() },
            Error::NoMatchingSections { item: text(), section: text(), hint: text() },
            Error::FieldNotFound {
                item: text(),
                section: Some(text()),
                field: text(),
                hint: text(),
            },
            Error::TooManyMatchingFields {
                item: text(),
                field: text(),
                count: 0,
                candidates: vec![],
            },
            Error::UnreadableField { field: text(), reason: reason.into() },
            Error::IncompatibleTotpQuery { field: text() },
            Error::IncompatibleSshKeyQuery { field: text() },
            Error::IncompatibleAttribute { field: text(), of: "a file" },
            Error::UnableToGenerateTotpCode { field: text(), reason },
            Error::SshKeyMetadataNotFound { field: text() },
            Error::UnableToParsePrivateKey { field: text() },
            Error::UnableToFormatPrivateKey { field: text() },
            Error::UnsupportedFileFormat { field: text() },
            Error::FileTooLarge { field: text(), size: 2, limit: 1 },
            Error::VaultNotFound {
                of: Place::Environment,
                vault: text(),
                readable: 1,
                unreadable: 0,
                hint: text(),
            },
            Error::TooManyVaults {
                of: Place::Environment,
                vault: text(),
                count: 0,
                candidates: vec![],
            },
            Refusal::NotAnEnvironment.because(&["x"]),
            Refusal::NotAVault.because(&["x"]),
            Refusal::EnvironmentDamaged.because(&["x"]),
            Error::TokenInvalid { reason: text(), advice: COPY_AGAIN },
            Error::ArgumentInvalid { option: "x", reason },
            Error::HostNotAllowed { host: text() },
            Error::AuthenticationFailed { reason, status: None, said: said() },
            Error::ServerNotTrusted { host: text() },
            Error::PermissionDenied { action, said: said() },
            Error::NotFound { action, said: said() },
            Error::Conflict { action, said: said() },
            Error::RateLimited { retry_after_ms: None, limit: None, said: said() },
            Error::ServerError { action, status: 500, retry_after_ms: None, said: said() },
            Error::Network { action, host: text(), cause: text() },
            Error::Timeout { action, host: text() },
            Error::Aborted { action },
            Error::Protocol { what },
            Error::Decryption { what },
            Error::Closed,
            Error::Unsupported { what },
        ]
    }

    #[test]
    fn codes_are_in_the_list_in_its_order() {
        let codes: Vec<_> = one_of_each().iter().map(Error::code).collect();
        assert_eq!(codes, Error::CODES);
    }

    #[test]
    fn what_ends_a_call_has_the_code_of_what_ends_a_request() {
        assert_eq!(Error::OutOfTime { ms: 1 }.code(), "timeout");
        assert_eq!(Error::Cancelled.code(), "aborted");
        assert!(Error::OutOfTime { ms: 1 }.retryable() && !Error::Cancelled.retryable());
    }

    #[test]
    fn what_could_not_be_opened_is_counted() {
        let [_, vault, _, item, ..] = &one_of_each()[..] else { panic!() };
        assert!(vault.to_string().contains("can readx the name, "), "{vault}");
        assert!(item.to_string().contains("(2 more could not be opened)"), "{item}");
    }

    #[test]
    fn what_an_answer_says_besides_its_status_is_told() {
        let denied = |said| Error::PermissionDenied { action: "look", said }.to_string();
        let words = Said { error_code: Some(7), words: "no".to_owned(), ..Said::default() };
        assert!(denied(words).contains("(HTTP 403, service error 7: “no”); check its vaults"));
        let page = denied(Said { is_page: true, ..Said::default() });
        assert!(page.contains("captive portal") && !page.contains("vaults"), "{page}");
        for (ahead_s, told) in [
            (120, Some("clock is 2 minutes ahead of the server's")),
            (7_200, Some("clock is 2 hours ahead of")),
            (-200_000, Some("clock is 2 days behind")),
            (i64::MIN, Some("behind")),
            (119, None),
            (-119, None),
        ] {
            let message = denied(Said { ahead_s, ..Said::default() });
            assert_eq!(message.contains("clock"), told.is_some(), "{message}");
            assert!(message.contains(told.unwrap_or_default()), "{message}");
        }
    }

    #[test]
    fn what_blocks_every_request_is_not_tried_again() {
        let blocked = |by| {
            let (host, cause) = ("h".to_owned(), "f: CERT_HAS_EXPIRED".to_owned());
            Error::Blocked { action: "look", host, cause, by }
        };
        let told = blocked(Obstacle::Certificate).to_string();
        assert!(told.contains("(CERT_HAS_EXPIRED)") && told.contains("NODE_EXTRA_CA_CERTS"));
        assert!(blocked(Obstacle::Proxy).to_string().contains("407"));
        let blocked = blocked(Obstacle::Proxy);
        assert_eq!((blocked.code(), blocked.retryable()), ("network", false));
        assert_eq!(Error::WebPage.code(), "protocol");
    }

    #[test]
    fn what_may_be_tried_again() {
        let again = |error: &&Error| error.retryable();
        let codes: Vec<_> = one_of_each().iter().filter(again).map(Error::code).collect();
        assert_eq!(codes, ["rateLimited", "serverError", "network", "timeout"]);
        assert!(Error::Crowded { action: "look" }.retryable());
    }
}
