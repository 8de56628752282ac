//! A one-time password is 1 to 8 digits, whatever the field says, at any time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onepassword_edge::items::totp::one_time_password;

const TIMES_MS: [u64; 4] = [0, 1_700_000_000_000, u64::MAX / 2, u64::MAX];

fuzz_target!(|value: &str| {
    for now_ms in TIMES_MS {
        check(value, now_ms);
    }
});

fn check(value: &str, now_ms: u64) {
    let Ok(code) = one_time_password(value, now_ms) else { return };
    let code = code.expose();
    assert!((1..=8).contains(&code.len()) && code.bytes().all(|c| c.is_ascii_digit()));
}
