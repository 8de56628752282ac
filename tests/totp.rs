//! What the vendor's client answered to one-time-password fields.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::items::totp::{Fault, one_time_password};
use serde_json::Value;

fn answer(value: &str, now_ms: u64) -> Result<String, Fault> {
    one_time_password(value, now_ms).map(|password| password.expose().clone())
}

#[test]
fn recorded_answers() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/totp.json")).unwrap();
    let now_ms = vectors["now_ms"].as_u64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let value = case["value"].as_str().unwrap();
        let expected = case["code"].as_str().or(case["error"].as_str()).unwrap();
        let expected = expected.trim_start_matches("TOTP code could not be generated: ");
        let got = answer(value, now_ms).unwrap_or_else(|fault| format!("{fault:?}"));
        assert_eq!(got, expected, "{value}");
    }
    assert_eq!(cases.len(), 61);
}

/// As the vendor's client was seen to treat them, beyond what is recorded.
#[test]
fn other_spellings() {
    const PLAIN: &str = "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ";
    for (value, same_as) in [
        ("\u{a0}GEZD\nGNBV\tGY3T-QOJQ =-=\u{2003}", String::new()),
        ("\notpauth://totp?secret=GEZD-GNBV+GY3T%20QOJQ%3d\n", String::new()),
        ("OtpAuth://u:p@tOtp:80/a b/c?&&%73ecret=%47EZDGNBVGY3TQOJQ&x=%zz", String::new()),
        (
            "otpauth://totp?digits=08&period=%2b0600&secret=GEZDGNBVGY3TQOJQ",
            PLAIN.to_owned() + "&digits=8&period=600",
        ),
        (
            "otpauth://totp?digits=1&digits=8&secret=GEZDGNBVGY3TQOJQ",
            PLAIN.to_owned() + "&digits=1",
        ),
        ("otpauth://totp?digits=+8&period=601&DIGITS=7&secret=GEZDGNBVGY3TQOJQ", String::new()),
    ] {
        let same_as = if same_as.is_empty() { PLAIN } else { &same_as };
        let now_ms = 1_700_000_000_000;
        assert_eq!(answer(value, now_ms).unwrap(), answer(same_as, now_ms).unwrap(), "{value}");
    }
}

#[test]
fn faults() {
    for (value, fault) in [
        ("otpauth:", Fault::InvalidUriHost),
        ("otpauth:/totp?secret=AA", Fault::InvalidUriHost),
        ("otpauth:///totp?secret=AA", Fault::InvalidUriHost),
        ("otpauth://t%6ftp/?secret=AA", Fault::InvalidUriHost),
        ("otpauth://totp/#?secret=AA", Fault::NoSecret),
        ("otpauth://totp/?algorithm=MD5", Fault::NoSecret),
        ("otpauth://totp/?secret&algorithm=MD5", Fault::SecretTooShort),
        ("otpauth://totp/?secret=1&algorithm=MD5", Fault::SecretNotBase32),
        ("otpauth://totp/?secret=AA&algorithm=", Fault::InvalidAlgorithm),
        ("otpauth://totp/?secret=A%", Fault::SecretNotBase32),
        ("otpauth://totp/?secret=A%+4A", Fault::SecretNotBase32),
        ("otpauth://totp/?secret=A%c2%a0A", Fault::SecretNotBase32),
        ("AA=AA", Fault::SecretNotBase32),
        ("===", Fault::SecretTooShort),
        (" - ", Fault::SecretTooShort),
        ("1:AA", Fault::SecretNotBase32),
        ("GEZD:GNBV", Fault::InvalidScheme),
    ] {
        assert_eq!(answer(value, 0), Err(fault), "{value}");
    }
}
