//! One-time passwords: what an authenticator app shows for a field.

use crate::base::secret::Secret;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

const SCHEME: &str = "otpauth";
const HOST: &str = "totp";
/// Of any other number of digits, [`DEFAULT_DIGITS`] are given.
const DIGITS: RangeInclusive<u32> = 1..=8;
const DEFAULT_DIGITS: u32 = 6;
/// In seconds. Any other period is taken as [`DEFAULT_PERIOD`].
const PERIODS: RangeInclusive<u32> = 1..=600;
const DEFAULT_PERIOD: u32 = 30;

/// Why there is no one-time password. The variants are called as the vendor's client has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A URI without `secret`.
    NoSecret,
    /// A secret of less than a byte.
    SecretTooShort,
    /// A secret with another character than base32 has.
    SecretNotBase32,
    /// Another hash function.
    InvalidAlgorithm,
    /// Another kind of one-time password, or none.
    InvalidUriHost,
    /// Another URI than `otpauth:`.
    InvalidScheme,
}

impl Fault {
    /// `name() -> word`
    ///
    /// As the vendor's client names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSecret => "NoSecret",
            Self::SecretTooShort => "SecretTooShort",
            Self::SecretNotBase32 => "SecretNotBase32",
            Self::InvalidAlgorithm => "InvalidAlgorithm",
            Self::InvalidUriHost => "InvalidUriHost",
            Self::InvalidScheme => "InvalidScheme",
        }
    }

    /// `reason() -> sentence`
    ///
    /// What is wrong with the field and what would be right, without any of its value.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoSecret => {
                "its otpauth URI has no secret; it needs ?secret= (in lower case) and a base32 text"
            }
            Self::SecretTooShort => {
                "its secret is empty or a single character; enter the whole setup key again"
            }
            Self::SecretNotBase32 => {
                "its secret is not base32 (the letters A to Z and the digits 2 to 7); enter the setup key again"
            }
            Self::InvalidAlgorithm => {
                "its otpauth URI names an unknown algorithm; SHA1, SHA256, SHA384 and SHA512 are known"
            }
            Self::InvalidUriHost => {
                "its otpauth URI is not of a time-based password; it has to start with otpauth://totp/"
            }
            Self::InvalidScheme => {
                "its URI is not one of a one-time password; it has to start with otpauth://totp/"
            }
        }
    }
}

/// HMAC over the counter, cut to 31 bits.
type Algorithm = fn(&[u8], [u8; 8]) -> Option<u32>;

/// What a field says of its one-time password.
struct Parameters {
    key: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    digits: u32,
    /// In seconds.
    period: u32,
}

/// `one_time_password(value, now_ms) -> password`
///
/// The one-time password that holds at an instant.
///
/// # Shapes
/// - `value`: an `otpauth://totp/…` URI, or a secret in base32
/// - `now_ms`: Unix time in milliseconds
/// - returns 1 to 8 digits, 6 unless the URI says otherwise
/// # Errors
/// [`Fault`]
/// # Source
/// RFC 6238 §4, RFC 4226 §5.3; protocol.md “Resolving a reference” 7 (observed, recorded)
pub fn one_time_password(value: &str, now_ms: u64) -> Result<Secret<String>, Fault> {
    // A URI may hold them anywhere (WHATWG URL §4.4), a secret too.
    let is_break = |c: &char| matches!(c, '\t' | '\r' | '\n');
    let mut text = Zeroizing::new(String::with_capacity(value.len()));
    text.extend(value.trim().chars().filter(|c| !is_break(c)));
    let Parameters { key, algorithm, digits, period } = Parameters::read(&text)?;
    let counter = now_ms / 1000 / u64::from(period);
    // HMAC takes a key of any length and its result is never shorter than SHA-1's.
    let number = algorithm(&key, counter.to_be_bytes()).ok_or(Fault::InvalidAlgorithm)?;
    let number = number % 10_u32.pow(digits);
    Ok(Secret::new(format!("{number:0width$}", width = digits as usize)))
}

impl Parameters {
    fn read(value: &str) -> Result<Self, Fault> {
        match split_scheme(value) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => Self::of_uri(rest),
            Some(_) => Err(Fault::InvalidScheme),
            None => Ok(Self {
                key: decode_base32(value.as_bytes())?,
                algorithm: truncated_mac::<Sha1>,
                digits: DEFAULT_DIGITS,
                period: DEFAULT_PERIOD,
            }),
        }
    }

    /// Reads what follows `otpauth:`.
    fn of_uri(rest: &str) -> Result<Self, Fault> {
        let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, port) = host_and_port(place).ok_or(Fault::InvalidUriHost)?;
        if !host.eq_ignore_ascii_case(HOST) {
            return Err(Fault::InvalidUriHost);
        }
        // Then it is no URI, and to the vendor's client a bare secret.
        if !port.is_empty() && port.parse::<u16>().is_err() {
            return Err(Fault::SecretNotBase32);
        }
        Ok(Self {
            key: decode_base32(&parameter(query, "secret").ok_or(Fault::NoSecret)?)?,
            algorithm: match parameter(query, "algorithm") {
                Some(name) => algorithm(&name).ok_or(Fault::InvalidAlgorithm)?,
                None => truncated_mac::<Sha1>,
            },
            digits: number_within(&DIGITS, query, "digits").unwrap_or(DEFAULT_DIGITS),
            period: number_within(&PERIODS, query, "period").unwrap_or(DEFAULT_PERIOD),
        })
    }
}

/// The scheme of a URI and what follows it; `None` for a text that is no URI.
fn split_scheme(value: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = value.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
    is_scheme.then_some((scheme, rest))
}

/// Host and port of `//user@host:port/path`; without a port it is empty.
fn host_and_port(place: &str) -> Option<(&str, &str)> {
    let authority = place.strip_prefix("//")?.split('/').next()?;
    let host_and_port = authority.rsplit('@').next()?;
    Some(host_and_port.split_once(':').unwrap_or((host_and_port, "")))
}

/// The first parameter of that name, decoded.
fn parameter(query: &str, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _)| *decode_form(key) == name.as_bytes())
        .map(|(_, value)| decode_form(value))
}

fn number_within(range: &RangeInclusive<u32>, query: &str, name: &str) -> Option<u32> {
    let text = parameter(query, name)?;
    let number = str::from_utf8(&text).ok()?.parse().ok()?;
    range.contains(&number).then_some(number)
}

/// Percent-encoded bytes and `+` as WHATWG URL §5.1 decodes them: `%` without two digits stands.
fn decode_form(text: &str) -> Zeroizing<Vec<u8>> {
    // The capacity suffices, so that nothing moves and leaves a copy.
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, after @ ..]) => match hex_byte([*high, *low]) {
                Some(byte) => (byte, after),
                None => (b'%', rest.get(1..).unwrap_or_default()),
            },
            _ => (*first, after),
        };
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

fn algorithm(name: &[u8]) -> Option<Algorithm> {
    const KNOWN: [(&[u8], Algorithm); 4] = [
        (b"SHA1", truncated_mac::<Sha1>),
        (b"SHA256", truncated_mac::<Sha256>),
        (b"SHA384", truncated_mac::<Sha384>),
        (b"SHA512", truncated_mac::<Sha512>),
    ];
    KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, mac)| *mac)
}

/// Base32 as people write it: either case, in groups, padded or not. Bits beyond
/// the last whole byte are dropped. Compares and looks nothing up in a table, so
/// that the cache learns nothing of the secret.
fn decode_base32(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let is_separator = |c: &u8| b" \t\r\n-".contains(c);
    let end = text.iter().rposition(|c| *c != b'=' && !is_separator(c)).map_or(0, |last| last + 1);
    let digits = text.iter().take(end).filter(|c| !is_separator(c));
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut buffer, mut bits) = (0_u16, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a',
            b'2'..=b'7' => digit - b'2' + 26,
            _ => return Err(Fault::SecretNotBase32),
        };
        buffer = buffer << 5 | u16::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits).to_le_bytes()[0]);
        }
    }
    if bytes.is_empty() { Err(Fault::SecretTooShort) } else { Ok(bytes) }
}

/// HMAC, then the dynamic truncation of RFC 4226 §5.3; `None` is impossible.
fn truncated_mac<D: EagerHash>(key: &[u8], counter: [u8; 8]) -> Option<u32>
where
    Hmac<D>: Mac + KeyInit,
{
    let mut mac = <Hmac<D> as KeyInit>::new_from_slice(key).ok()?;
    mac.update(&counter);
    let mac = mac.finalize().into_bytes();
    let offset = usize::from(mac.last()? & 0x0f);
    let cut = mac.get(offset..)?.first_chunk()?;
    Some(u32::from_be_bytes(*cut) & 0x7fff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secrets of RFC 6238 Appendix B: the digits 1 to 0 over and over, of the hash's length.
    const RFC6238_SECRETS: [(&str, &str); 3] = [
        ("SHA1", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        ("SHA256", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA"),
        (
            "SHA512",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
        ),
    ];

    /// Unix seconds, and the passwords with SHA-1, SHA-256 and SHA-512.
    const RFC6238: [(u64, [&str; 3]); 6] = [
        (59, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, ["65353130", "77737706", "47863826"]),
    ];

    /// By counter, of the secret of RFC 6238 with SHA-1.
    const RFC4226: [&str; 10] = [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
    ];

    fn answer(value: &str, now_ms: u64) -> Result<String, Fault> {
        one_time_password(value, now_ms).map(|password| password.expose().clone())
    }

    #[test]
    fn rfc4226_appendix_d() {
        let value = format!("otpauth://totp/?secret={}&period=1", RFC6238_SECRETS[0].1);
        for (counter, password) in RFC4226.iter().enumerate() {
            assert_eq!(answer(&value, counter as u64 * 1000).unwrap(), *password);
        }
    }

    #[test]
    fn rfc6238_appendix_b() {
        for (seconds, passwords) in RFC6238 {
            for ((algorithm, secret), password) in RFC6238_SECRETS.iter().zip(passwords) {
                let value =
                    format!("otpauth://totp/?digits=8&algorithm={algorithm}&secret={secret}");
                assert_eq!(answer(&value, seconds * 1000 + 999).unwrap(), password, "{algorithm}");
            }
        }
    }

    #[test]
    fn the_last_instant() {
        assert!(answer("otpauth://totp/?secret=AA&period=1", u64::MAX).is_ok());
    }
}
