//! Where the account lives, and whether a client may go there.

use crate::base::error::Error;

/// Suffixes of the service's own hosts.
const SERVICE_DOMAINS: [&str; 3] = ["*.1password.com", "*.1password.ca", "*.1password.eu"];
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The origin of an account: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Address {
    /// `parse(text) -> address`
    ///
    /// Reads a bare host or an origin: `my.1password.com`, `https://x.1password.eu`,
    /// `http://127.0.0.1:8080/`. Without a scheme it is https.
    ///
    /// # Shapes
    /// - `text`: host characters, an optional scheme before, an optional port and
    ///   one slash after; `None` for everything else, user names and paths included
    /// # Source
    /// protocol.md “The token” (observed, recorded); RFC 6454 §4
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = split_scheme(text)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest)?;
        let host = host.to_ascii_lowercase();
        is_host(&host).then_some(Self { scheme: scheme.unwrap_or(Scheme::Https), host, port })
    }

    /// `host() -> text`
    ///
    /// The host in lower case, without port: what request MACs are made for.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `origin() -> text`
    ///
    /// Scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        match self.port {
            Some(port) => format!("{scheme}://{}:{port}", self.host),
            None => format!("{scheme}://{}", self.host),
        }
    }

    /// `is_loopback() -> bool`
    ///
    /// Whether it is on this machine, by its name: nothing is looked up.
    pub fn is_loopback(&self) -> bool {
        LOOPBACK_HOSTS.contains(&self.host.as_str())
    }
}

/// The hosts that a client may send its token's proofs to.
#[derive(Debug)]
pub struct AllowedHosts(Vec<Pattern>);

/// One entry: what is not given matches anything.
#[derive(Debug)]
struct Pattern {
    scheme: Option<Scheme>,
    host: String,
    port: Option<u16>,
}

impl Default for AllowedHosts {
    /// The service's domains over https. Not loopback: whoever takes tokens from others would
    /// speak to ports of its own machine for them.
    fn default() -> Self {
        let pattern = |host: &&str| Pattern { scheme: None, host: (*host).to_owned(), port: None };
        Self(SERVICE_DOMAINS.iter().map(pattern).collect())
    }
}

impl AllowedHosts {
    /// `parse(entries) -> allowed`
    ///
    /// # Shapes
    /// - each entry: `host`, `*.domain` (any host below the domain), either with a
    ///   scheme before and a port after
    /// # Errors
    /// [`Error::ArgumentInvalid`] for an entry of another form.
    pub fn parse(entries: &[String]) -> Result<Self, Error> {
        entries.iter().map(|entry| Pattern::parse(entry)).collect::<Option<_>>().map(Self).ok_or(
            Error::ArgumentInvalid {
                option: "allowedHosts",
                reason: "must be a list of hosts such as \"vault.example.com\", \"*.example.com\" or \"http://localhost:8080\"",
            },
        )
    }

    /// `permit(address) -> bool`
    ///
    /// Whether a client may talk to this address. Plain http needs a loopback
    /// host or an entry that says `http://`.
    pub fn permit(&self, address: &Address) -> bool {
        self.0.iter().any(|pattern| pattern.matches(address))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = split_scheme(text)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest)?;
        let host = host.to_ascii_lowercase();
        is_host(host.strip_prefix("*.").unwrap_or(&host)).then_some(Self { scheme, host, port })
    }

    fn matches(&self, address: &Address) -> bool {
        let scheme = match self.scheme {
            Some(scheme) => scheme == address.scheme,
            None => address.scheme == Scheme::Https || address.is_loopback(),
        };
        let host = match self.host.strip_prefix('*') {
            // The suffix keeps its dot: `evil1password.com` is not below `1password.com`.
            Some(suffix) => address.host.len() > suffix.len() && address.host.ends_with(suffix),
            None => address.host == self.host,
        };
        scheme && host && (self.port.is_none() || self.port == address.port)
    }
}

fn split_scheme(text: &str) -> Option<(Option<Scheme>, &str)> {
    let at_slashes = text
        .split_once(':')
        .and_then(|(scheme, rest)| rest.strip_prefix("//").map(|rest| (scheme, rest)));
    match at_slashes {
        None => Some((None, text)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
            Some((Some(Scheme::Https), rest))
        }
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
            Some((Some(Scheme::Http), rest))
        }
        Some(_) => None,
    }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    // The colons of an IPv6 address stand before its bracket.
    match text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        None => Some((text, None)),
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => {
            Some((host, Some(port.parse().ok()?)))
        }
        Some(_) => None,
    }
}

/// A name of letters, digits, hyphens and dots, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(ipv6) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return ipv6.contains(':') && ipv6.bytes().all(|c| c.is_ascii_hexdigit() || c == b':');
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    !host.is_empty() && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_and_origins() {
        for (text, origin, host) in [
            ("my.1password.com", "https://my.1password.com", "my.1password.com"),
            ("HTTPS://Team.1Password.EU/", "https://team.1password.eu", "team.1password.eu"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]"),
            ("http://[::1]", "http://[::1]", "[::1]"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.origin().as_str(), address.host()), (origin, host));
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "/",
            "ftp://my.1password.com",
            "my.1password.com@evil.example",
            "https://user@my.1password.com",
            "my.1password.com/path",
            "my.1password.com//",
            "my.1password.com?x",
            "my.1password.com#x",
            "my.1password.com\\x",
            "my 1password.com",
            "my..1password.com",
            "my.1password.com.",
            "my.1password.com:99999",
            "my.1password.com:x",
            "my.1password.com:+1",
            "[::1",
            "[zz]",
            "пример.example",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    fn permits(allowed: &AllowedHosts, text: &str) -> bool {
        allowed.permit(&Address::parse(text).unwrap())
    }

    #[test]
    fn default_is_the_service_over_https() {
        let allowed = AllowedHosts::default();
        for text in ["my.1password.com", "a.b.1password.ca", "https://x.1password.eu"] {
            assert!(permits(&allowed, text), "{text}");
        }
        for text in [
            "1password.com",
            "http://my.1password.com",
            "evil1password.com",
            "my.1password.com.evil.example",
            "my.1password.org",
            "127.0.0.1.evil.example",
            "http://10.0.0.1",
            "http://127.0.0.1:1",
            "http://localhost",
            "https://localhost:8443",
            "http://[::1]:9",
        ] {
            assert!(!permits(&allowed, text), "{text}");
        }
    }

    #[test]
    fn entries_replace_the_default() {
        let entries =
            ["vault.example.com", "*.corp.example", "http://dev.example:8080"].map(str::to_string);
        let allowed = AllowedHosts::parse(&entries).unwrap();
        for text in ["VAULT.example.com", "a.b.corp.example:8443", "http://dev.example:8080"] {
            assert!(permits(&allowed, text), "{text}");
        }
        for text in [
            "my.1password.com",
            "http://vault.example.com",
            "corp.example",
            "dev.example:8080",
            "http://dev.example",
        ] {
            assert!(!permits(&allowed, text), "{text}");
        }
    }

    #[test]
    fn loopback_is_allowed_by_name() {
        let entries = ["127.0.0.1", "localhost:80", "https://[::1]"].map(str::to_string);
        let allowed = AllowedHosts::parse(&entries).unwrap();
        for text in ["http://127.0.0.1:1", "https://127.0.0.1", "http://localhost:80", "[::1]"] {
            assert!(permits(&allowed, text), "{text}");
        }
        for text in ["http://localhost:81", "http://[::1]"] {
            assert!(!permits(&allowed, text), "{text}");
        }
    }

    #[test]
    fn bad_entries_are_refused() {
        for entry in ["", "*", "*.", "a.*.example", "https://", "x/y", "ftp://x"] {
            let error = AllowedHosts::parse(&[entry.to_string()]).unwrap_err();
            assert_eq!(error.code(), "argumentInvalid", "{entry}");
        }
    }
}
