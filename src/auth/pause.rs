//! For how long a refusal wants no requests, in the words of whoever refuses.

use crate::{base::json::parse, wire::sealed::ErrorResponse};

/// A longer answer is no refusal.
const MAX_TEXT_BYTES: usize = 4 * 1024;

/// `in_body(body) -> milliseconds`
///
/// What `retryAfter` says, or else the last span of time in the text: “try again in 2 minutes”,
/// “wait 1h30m”. Not a rate such as “100 requests per 60 seconds”, and nothing of a web page.
///
/// # Source
/// protocol.md “Headers” (assumed)
pub fn in_body(body: &[u8]) -> Option<u64> {
    in_error(body).or_else(|| {
        let text = std::str::from_utf8(body.get(..MAX_TEXT_BYTES).unwrap_or(body)).ok()?;
        if text.trim_start().starts_with('<') { None } else { spoken(text) }
    })
}

/// `in_error(body) -> milliseconds`
///
/// The same of an error as the service has it, and of no text that is anything else: an item may
/// hold any.
pub fn in_error(body: &[u8]) -> Option<u64> {
    let told: ErrorResponse = parse(body)?;
    let seconds = told.retry_after.0.and_then(|seconds| u64::try_from(seconds).ok());
    let said = seconds.map(|seconds| seconds.saturating_mul(1000));
    said.or_else(|| spoken(&told.error_message))
}

/// What was read of a text.
#[derive(Default)]
struct Reading {
    /// The number before, which a unit may follow.
    number: Option<u64>,
    /// Whether a span of time may follow the word before.
    leads: bool,
    /// Whether it would be one of a rate.
    is_rate: bool,
    /// Whether the span that was read last goes on: “1 minute and 5 seconds”.
    goes_on: bool,
    span: Option<u64>,
}

impl Reading {
    fn put(&mut self, number: u64, unit_ms: u64) {
        let ms = number.saturating_mul(unit_ms);
        let before = if self.goes_on { self.span.unwrap_or(0) } else { 0 };
        self.span = Some(before.saturating_add(ms));
        self.goes_on = true;
    }

    fn read(&mut self, word: &str) {
        if let Some(number) = self.number.take()
            && let Some(unit_ms) = unit_ms(word)
        {
            if !self.is_rate {
                self.put(number, unit_ms);
            }
        } else if let Some(number) = digits(word) {
            self.number = Some(number);
            return;
        } else if matches!(word, "a" | "an" | "one") && self.leads {
            self.number = Some(1);
        } else if let Some(pairs) = compact(word) {
            for (number, unit_ms) in pairs {
                self.put(number, unit_ms);
            }
        } else if word != "and" {
            self.goes_on = false;
        }
        self.leads = matches!(word, "in" | "after" | "for" | "wait" | "another" | "about");
        self.is_rate = matches!(word, "per" | "every" | "each");
    }
}

fn spoken(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let mut reading = Reading::default();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        reading.read(word);
    }
    reading.span
}

fn digits(word: &str) -> Option<u64> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| word.parse().unwrap_or(u64::MAX))
}

/// Numbers with their units, `1h30m`. An id may look alike for a while.
fn compact(word: &str) -> Option<Vec<(u64, u64)>> {
    let mut pairs = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        pairs.push((digits(number).filter(|_| !number.is_empty())?, unit_ms(unit)?));
        rest = after;
    }
    Some(pairs)
}

fn unit_ms(word: &str) -> Option<u64> {
    Some(match word {
        "ms" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
        "day" | "days" => 86_400_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refusal_says_of_time() {
        for (text, seconds) in [
            (r#"{"retryAfter":3}"#, Some(3)),
            (r#"{"retryAfter":"120"}"#, Some(120)),
            (r#"{"retryAfter":"90s"}"#, Some(90)),
            (r#"{"retryAfter":-3}"#, None),
            (r#"{"retryAfter":2,"errorMessage":"try again in 5 minutes"}"#, Some(2)),
            (r#"{"errorCode":5,"errorMessage":"Try again in 2 minutes."}"#, Some(120)),
            (r#"{"error":{"message":"retry after 30 sec"}}"#, Some(30)),
            ("Rate limit exceeded. Please retry in 12 minutes", Some(720)),
            ("Please wait one hour", Some(3_600)),
            ("try again in an hour", Some(3_600)),
            ("wait about a minute", Some(60)),
            ("Wait 1 minute and 5 seconds", Some(65)),
            ("Wait 1 hour, 2 minutes, 3 seconds", Some(3_723)),
            ("blocked for 1h30m", Some(5_400)),
            ("in 45s", Some(45)),
            ("in 1500 ms", Some(1)),
            ("in 2 days", Some(172_800)),
            ("60 requests in 1 minute are allowed: wait 30 seconds", Some(30)),
            ("at most 100 requests per 60 seconds", None),
            ("at most 100 requests a minute", None),
            ("at most 1000 requests an hour: retry in 10 minutes", Some(600)),
            ("wait a few minutes", None),
            ("request 7d3f9s1 was refused", None),
            (r#"{"requestId":5,"errorMessage":"too many requests"}"#, None),
            ("<html>try again in 5 minutes", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(in_body(text.as_bytes()).map(|ms| ms / 1000), seconds, "{text}");
        }
        assert_eq!(in_body(b"wait 99999999999999999999999 hours"), Some(u64::MAX));
        assert_eq!(in_body(&[0xff; 9]), None);
    }
}
