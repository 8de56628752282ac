//! Text forms of bytes and instants: base64url, hex, object ids, RFC 3339.

use base64ct::{Base64UrlUnpadded, Encoding};
use memchr::memchr2;
use zeroize::Zeroizing;

/// Characters of an object id.
const OBJECT_ID_CHARS: usize = 26;

/// `decode_base64(text) -> bytes`
///
/// Reads base64url or standard base64, with or without padding. Keys travel in it:
/// which digits of base64url there are does not change the time.
///
/// # Shapes
/// - `text`: any length; `None` if it is not base64
/// # Source
/// RFC 4648 §4 and §5; protocol: base64url without padding is sent, the rest is tolerated (assumed)
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Zeroizing::new(text.as_bytes().to_vec());
    to_unpadded_base64url(&mut bytes);
    // Not in place: that takes bits after the last byte, which are an error.
    Base64UrlUnpadded::decode_vec(std::str::from_utf8(&bytes).ok()?).ok()
}

/// `decode_sealed_base64(text) -> bytes`
///
/// The same for what is sealed, which may be long and is no secret: several times
/// as fast, and in the memory that the text stands in.
pub fn decode_sealed_base64(text: String) -> Option<Vec<u8>> {
    let mut bytes = text.into_bytes();
    to_unpadded_base64url(&mut bytes);
    let length = base64_simd::URL_SAFE_NO_PAD.decode_inplace(&mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// Base64url without padding, out of any spelling.
fn to_unpadded_base64url(text: &mut Vec<u8>) {
    let length = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    text.truncate(length);
    let mut rest = text.as_mut_slice();
    while let Some(at) = memchr2(b'+', b'/', rest)
        && let Some((byte, after)) = rest.get_mut(at..).and_then(<[u8]>::split_first_mut)
    {
        *byte = if *byte == b'+' { b'-' } else { b'_' };
        rest = after;
    }
}

/// `encode_base64url(bytes) -> text`
///
/// Base64url without padding.
///
/// # Source
/// RFC 4648 §5
pub fn encode_base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// `encode_base64(bytes) -> text`
///
/// Standard base64 with padding.
///
/// # Source
/// RFC 4648 §4
pub fn encode_base64(bytes: &[u8]) -> String {
    let mut text = encode_base64url(bytes).replace('-', "+").replace('_', "/");
    text.extend(std::iter::repeat_n('=', text.len().wrapping_neg() % 4));
    text
}

/// `encode_base32(bytes) -> text`
///
/// Base32 in lower case without padding, as ids are written.
///
/// # Source
/// RFC 4648 §6
pub fn encode_base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::new();
    let mut push = |value: u32| {
        let digit = DIGITS.get((value & 31) as usize);
        text.extend(digit.copied().map(char::from));
    };
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        (buffer, bits) = ((buffer << 8 | u32::from(*byte)) & 0xffff, bits + 8);
        while bits >= 5 {
            bits -= 5;
            push(buffer >> bits);
        }
    }
    if bits > 0 {
        push(buffer << (5 - bits));
    }
    text
}

/// `decode_hex(text) -> bytes`
///
/// Reads hex digits of either case, an even number of them.
///
/// # Shapes
/// - `text`: 2n digits; returns n bytes; `None` if it is not hex
/// # Source
/// RFC 4648 §8
pub fn decode_hex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// `encode_hex(bytes) -> text`
///
/// Lower-case hex, two digits a byte.
///
/// # Source
/// RFC 4648 §8
pub fn encode_hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// `is_invisible(c) -> bool`
///
/// Whether a terminal or a page shows nothing for it, or does something: control characters,
/// directions of text, joiners, ends of lines, tags, marks of numbers, what is no character.
///
/// # Source
/// Unicode 16: Cc, Cf, Zl, Zp, `Default_Ignorable_Code_Point`, `Noncharacter_Code_Point`
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}'
        | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        // The last two of each plane.
        || c as u32 & 0xfffe == 0xfffe
}

/// `visible(text) -> text`
///
/// What may be shown on a terminal or written to a log: each invisible character is written as its
/// number, `\u{202e}`.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Keys, proofs, tokens and ids of sessions are no shorter.
const SHORTEST_KEY_CHARS: usize = 16;
/// No part of a platform's error code is longer: `SELF_SIGNED_CERT_IN_CHAIN`.
const LONGEST_CODE_PART: usize = 12;

/// `without_keys(text, most) -> text`
///
/// What somebody else has said, as it may be shown: what has the length of a key is cut out, for it
/// may quote the request, unless it is an error code; no more than so many characters, all of them
/// visible.
pub fn without_keys(text: &str, most: usize) -> String {
    let is_of_keys = |c: char| c.is_ascii_alphanumeric() || "_-+/=%|".contains(c);
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, tail) = rest.split_at(rest.find(|c| !is_of_keys(c)).unwrap_or(rest.len()));
        let is_shown = word.len() < SHORTEST_KEY_CHARS || is_error_code(word);
        shown.push_str(if is_shown { word } else { "…" });
        let (between, tail) = tail.split_at(tail.find(is_of_keys).unwrap_or(tail.len()));
        shown.push_str(between);
        rest = tail;
    }
    visible(&shown.chars().take(most).collect::<String>())
}

/// `is_error_code(text) -> bool`
///
/// Whether it is a platform's: `ECONNRESET`, `UND_ERR_CONNECT_TIMEOUT`, Bun's
/// `ConnectionRefused`. A key in capital letters is longer than a part of one.
pub fn is_error_code(text: &str) -> bool {
    let is_part = |part: &str| {
        matches!(part.len(), 1..=LONGEST_CODE_PART)
            && part.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'0'..=b'9'))
    };
    let is_of_parts =
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.split('_').all(is_part);
    is_of_parts || matches!(text, "ConnectionRefused" | "ConnectionClosed" | "FailedToOpenSocket")
}

/// `is_web_page(body) -> bool`
///
/// Whether it starts as HTML does, and no answer of the service.
pub fn is_web_page(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

/// `is_object_id(text) -> bool`
///
/// Whether the text has the form of a vault's, item's or keyset's id: 16 bytes
/// as 26 characters of base32, lower case, so that the last one carries 3 bits.
///
/// # Source
/// RFC 4648 §6; protocol.md “Identifiers” (observed)
pub fn is_object_id(text: &str) -> bool {
    text.len() == OBJECT_ID_CHARS
        && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7'))
        && text.ends_with(['a', 'e', 'i', 'm', 'q', 'u', 'y', '4'])
}

/// `format_rfc3339(unix_seconds) -> text`
///
/// An instant as `YYYY-MM-DDThh:mm:ssZ`.
///
/// # Source
/// RFC 3339 §5.6
pub fn format_rfc3339(unix_seconds: u64) -> String {
    let (year, month, day) = civil_date((unix_seconds / 86_400).cast_signed());
    let second = unix_seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// `civil_date(unix_days) -> (year, month, day)`
///
/// The Gregorian date of a day counted from 1970-01-01. Years are counted from
/// March, so that the leap day is the last of its year.
///
/// # Shapes
/// - `unix_days`: days; year 0 is 1 BC
/// # Source
/// ISO 8601: the proleptic Gregorian calendar
pub const fn civil_date(unix_days: i64) -> (i64, i64, i64) {
    const DAYS_TO_UNIX_EPOCH: i64 = 719_468; // from 0000-03-01
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let days = unix_days.saturating_add(DAYS_TO_UNIX_EPOCH);
    let day_of_era = days.rem_euclid(DAYS_IN_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = days.div_euclid(DAYS_IN_400_YEARS) * 400 + year_of_era + (month <= 2) as i64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_is_cut_out_and_error_codes_are_not() {
        let key = "a1B2c3D4e5F6g7H8";
        let shown = |text: &str| without_keys(text, 300);
        assert_eq!(shown(&format!("x-mac: {key}, next")), "x-mac: …, next");
        assert_eq!(shown(&format!("{key}{key}")), "…");
        assert_eq!(shown("v4.public.short"), "v4.public.short");
        assert_eq!(shown("fifteen-letters"), "fifteen-letters");
        assert_eq!(shown("ä-fifteen-letters+1-ä"), "ä…ä");
        assert_eq!(shown("a\u{1b}[2J"), "a\\u{1b}[2J");
        assert_eq!(shown(&"word ".repeat(1_000)).chars().count(), 300);
        for code in
            ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UND_ERR_CONNECT_TIMEOUT", "ConnectionRefused"]
        {
            assert!(is_error_code(code), "{code}");
            assert_eq!(shown(code), code);
        }
        for other in [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "A1B2C3D4E5F6G7H8",
            "aB_cD_eF_gH_iJ_kL",
            "",
            "_",
            "5",
        ] {
            assert!(!is_error_code(other), "{other}");
        }
    }

    #[test]
    fn web_pages() {
        for (body, is_page) in
            [("<html>", true), ("\u{feff}\n <!doctype html>", true), ("{}", false), ("", false)]
        {
            assert_eq!(is_web_page(body.as_bytes()), is_page, "{body}");
        }
    }

    /// RFC 4648 §10.
    const RFC4648: [(&str, &str, &str); 7] = [
        ("", "", ""),
        ("f", "Zg", "66"),
        ("fo", "Zm8", "666f"),
        ("foo", "Zm9v", "666f6f"),
        ("foob", "Zm9vYg", "666f6f62"),
        ("fooba", "Zm9vYmE", "666f6f6261"),
        ("foobar", "Zm9vYmFy", "666f6f626172"),
    ];

    #[test]
    fn what_is_invisible_is_shown_by_its_number() {
        for (text, shown) in [
            ("", ""),
            ("é 中 👋🏽 “x” $ \\u{1b}", "é 中 👋🏽 “x” $ \\u{1b}"),
            ("\u{1b}[2J\u{9b}2J\0\x7f", "\\u{1b}[2J\\u{9b}2J\\u{0}\\u{7f}"),
            ("a\r\nb\tc\u{2028}\u{2029}", "a\\u{d}\\u{a}b\\u{9}c\\u{2028}\\u{2029}"),
            ("\u{202a}\u{202e}\u{2066}\u{2069}", "\\u{202a}\\u{202e}\\u{2066}\\u{2069}"),
            ("\u{200b}\u{200f}\u{feff}\u{ad}", "\\u{200b}\\u{200f}\\u{feff}\\u{ad}"),
            ("\u{e0041}\u{3164}\u{ffff}\u{fe0f}", "\\u{e0041}\\u{3164}\\u{ffff}\\u{fe0f}"),
            ("\u{601}\u{110bd}\u{fdd0}\u{1fffe}", "\\u{601}\\u{110bd}\\u{fdd0}\\u{1fffe}"),
            ("\u{2027}\u{202f}\u{2010}\u{fffd}", "\u{2027}\u{202f}\u{2010}\u{fffd}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn rfc4648_vectors() {
        for (text, base64, hex) in RFC4648 {
            assert_eq!(encode_base64url(text.as_bytes()), base64);
            assert_eq!(decode_base64(base64).unwrap(), text.as_bytes());
            assert_eq!(encode_hex(text.as_bytes()), hex);
            assert_eq!(decode_hex(hex).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn standard_base64_is_padded() {
        for (text, base64, _) in RFC4648 {
            let padded = format!("{base64:=<width$}", width = base64.len().next_multiple_of(4));
            assert_eq!(encode_base64(text.as_bytes()), padded);
        }
        assert_eq!(encode_base64(&[0xfb, 0xff, 0xbf, 0xff]), "+/+//w==");
        let bytes: Vec<u8> = (0..=u8::MAX).map(|index| index.wrapping_mul(83)).collect();
        for length in 0..bytes.len() {
            let expected = base64ct::Base64::encode_string(&bytes[..length]);
            assert_eq!(encode_base64(&bytes[..length]), expected);
        }
    }

    #[test]
    fn base64_in_every_spelling() {
        let bytes = [0xfb, 0xff, 0xbf, 0xff];
        for text in ["-_-__w", "-_-__w==", "+/+//w", "+/+//w=="] {
            assert_eq!(decode_base64(text).unwrap(), bytes, "{text}");
        }
        for text in ["a", "a b", "Zg\n", "é", "Zh"] {
            assert_eq!(decode_base64(text), None, "{text}");
        }
    }

    /// All texts of few characters, by themselves and behind longer ones.
    #[test]
    fn sealed_base64_is_read_alike() {
        let alphabet = ["A", "Z", "g", "h", "w", "-", "_", "+", "/", "=", " ", "\n", "!", "é"];
        let longer = |texts: &[String]| -> Vec<String> {
            let with = |text: &String| alphabet.map(|end| format!("{text}{end}"));
            texts.iter().flat_map(with).collect()
        };
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            for text in &texts {
                for before in ["", "AAAA", &"Zm9v".repeat(9)] {
                    let text = format!("{before}{text}");
                    assert_eq!(decode_sealed_base64(text.clone()), decode_base64(&text), "{text}");
                }
            }
            texts = longer(&texts);
        }
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).map(|index| (index * 37 + length) as u8).collect();
            assert_eq!(decode_sealed_base64(encode_base64url(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn hex_refuses_what_is_not_hex() {
        assert_eq!(decode_hex("0aFF").unwrap(), [0x0a, 0xff]);
        for text in ["0", "0g", "é1", " 00"] {
            assert_eq!(decode_hex(text), None, "{text}");
        }
    }

    #[test]
    fn object_ids() {
        assert!(is_object_id("s3rcqtop2nvvffimmsetsn3zyi"));
        for text in [
            "",
            "s3rcqtop2nvvffimmsetsn3zy",
            "s3rcqtop2nvvffimmsetsn3zyb",
            "S3RCQTOP2NVVFFIMMSETSN3ZYI",
            "s3rcqtop2nvvffimmsetsn3z1i",
        ] {
            assert!(!is_object_id(text), "{text}");
        }
    }

    #[test]
    fn rfc3339_instants() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(format_rfc3339(seconds), text);
        }
    }

    /// RFC 4648 §10, and what ids are: 16 bytes, 26 characters.
    #[test]
    fn base32() {
        for (bytes, text) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ] {
            assert_eq!(encode_base32(bytes.as_bytes()), text);
        }
        assert_eq!(encode_base32(&[0xff; 16]), format!("{}4", "7".repeat(25)));
    }

    #[test]
    fn civil_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (-719_468, (0, 3, 1)),
            (-719_469, (0, 2, 29)),
            (11_016, (2000, 2, 29)),
            (2_932_896, (9999, 12, 31)),
        ] {
            assert_eq!(civil_date(days), date);
        }
    }
}
