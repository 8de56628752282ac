//! What keys and tokens look like, wherever somebody has put one by mistake.

/// Base64 and hex of keys and of tokens, in whole or in part, have so many letters and digits.
const KEY_CHARS: usize = 40;
/// Letters and digits of each group of a secret key, after the format `A3`.
const SECRET_KEY_GROUPS: [usize; 6] = [6, 6, 5, 5, 5, 5];
/// All of a secret key, without its hyphens.
const SECRET_KEY_CHARS: usize = 34;

/// `has_key(text) -> bool`
///
/// Whether a text may hold a key or a token, percent-encoded however often, and broken in pieces by
/// anything else than letters and digits. Names are words, and ids have letters of one case, so of
/// what is shorter than a key only pieces count that have letters of both cases and a digit before
/// a letter: enough of a token's pieces, down to five characters each. js/client/told.ts has the
/// same rule.
pub fn has_key(text: &str) -> bool {
    let plain = decode(text);
    let pieces: Vec<_> = plain
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|piece| !piece.is_empty())
        .collect();
    let of_keys = pieces.iter().filter(|piece| piece.len() >= KEY_CHARS || is_mixed(piece));
    of_keys.map(|piece| piece.len()).sum::<usize>() >= KEY_CHARS
        || pieces.windows(6).any(|six| six.iter().map(|piece| piece.len()).eq(SECRET_KEY_GROUPS))
        || pieces.iter().any(|piece| {
            piece.len() == SECRET_KEY_CHARS && piece.to_ascii_uppercase().starts_with(b"A3")
        })
}

fn is_mixed(piece: &[u8]) -> bool {
    piece.iter().any(u8::is_ascii_lowercase)
        && piece.iter().any(u8::is_ascii_uppercase)
        && piece.windows(2).any(|two| {
            matches!(two, [digit, letter] if digit.is_ascii_digit() && letter.is_ascii_alphabetic())
        })
}

/// Until nothing is percent-encoded any more, in one go.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut plain = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        plain.push(byte);
        while let [.., b'%', high, low] = plain.as_slice()
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            plain.truncate(plain.len() - 3);
            plain.push((high << 4 | low) as u8);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a token: base64url of JSON.
    const TOKEN: &str = "eyJzaWduSW5BZGRyZXNzIjoiaHR0cHM6Ly9teS4xcGFzc3dvcmQuY29tIiwidXNlckF1dGgiOnsibWV0aG9kIjoiU1JQZy00MDk2IiwiYWxnIjoiUEJFUzJnLUhTMjU2IiwiaXRlcmF0aW9ucyI6NjUwMDAwLCJzYWx0IjoiOWJxS3pV";

    fn escaped(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    #[test]
    fn tokens_in_pieces() {
        for separator in ["/", ".", "-", " ", "%20", "%2520", "\n", "_", "“", "%2f"] {
            for length in [5, 6, 10, 26, 30, 39] {
                let pieces: Vec<_> = TOKEN.as_bytes().chunks(length).collect();
                let pieces: Vec<_> =
                    pieces.iter().map(|piece| str::from_utf8(piece).unwrap()).collect();
                let text = pieces.join(separator);
                for text in [text.clone(), escaped(&text)] {
                    assert!(has_key(&format!("op://app/{text}/x")), "{length}: {text}");
                }
            }
        }
        let mut text = TOKEN[..40].to_owned();
        for _ in 0..5 {
            assert!(has_key(&text) && has_key(&format!("é{text}")), "{text}");
            text = escaped(&text);
        }
        assert!(!has_key(&TOKEN[..39]));
        // More than one level that is half of another.
        assert!(has_key(&"%%36%31".repeat(40)) && !has_key(&"%%36%31".repeat(39)));
    }

    #[test]
    fn secret_keys() {
        let key = "A3-ASWWYB-798JRY-LJVD4-23DC2-86TVM-H43EB";
        for key in [
            key.to_owned(),
            key.to_lowercase(),
            key.replace('-', " "),
            key.replace('-', ""),
            key.replace('-', "").to_lowercase(),
            key.replace('-', "%2D"),
            key[3..].to_owned(),
            escaped(key),
        ] {
            assert!(has_key(&format!("op://app/{key}/password")), "{key}");
        }
    }

    #[test]
    fn names_and_ids_are_no_keys() {
        let id = "s3rcqtop2nvvffimmsetsn3zyi";
        let old = "0F8A1B2C3D4E5F60718293A4B5C6D7E8";
        for text in [
            "",
            "%",
            "op://a/b/c",
            &format!("op://{id}/{id}/{id}/{id}"),
            &format!("op://{id}/{id}/Section_{id}/{id}?attribute=otp"),
            &format!("op://App/{old}/Section_{old}/{old}"),
            "op://6F1E2D3C-AB12-4C5D-8E9F-0123456789AB/6f1e2d3c-ab12-4c5d-8e9f-0123456789ab/x",
            "op://Our Production Vault/The Database Of The Billing Service In Frankfurt/Admin/Password 2",
            "op://PROD SECRETS 2024/Database 01 US-EAST-1/API_KEY_V2/AWS_SECRET_ACCESS_KEY",
            "op://AwsProd/myDatabasePassword/OAuth2Client/AwsS3BucketName",
            "op://app/MyStackDatabaseSecret86DBB7B3-nCLUWKNBmqFT/password",
            "op://app/%C3%A9%C3%A8%C3%A9%C3%A8%C3%A9%C3%A8%C3%A9%C3%A8%C3%A9%C3%A8%C3%A9%C3%A8%C3%A9/x",
            "op://app/A3 printer password for the office in Berlin/pin",
        ] {
            assert!(!has_key(text), "{text}");
        }
    }
}
