//! What is sealed, and what an answer says that is an error.

use crate::base::json::{FromJson, from_json, to_json_object};

to_json_object! {
    /// A request's body, sealed.
    pub struct SealedRequest {
        /// Id of the key.
        "kid" => pub kid: &'a str,
        /// `A256GCM`
        "enc" => pub enc: &'a str,
        /// Content type, `b5+jwk+json`.
        "cty" => pub cty: &'a str,
        /// Initialisation vector, base64url of 12 bytes.
        "iv" => pub iv: String,
        /// Ciphertext, base64url; the tag is its last 16 bytes.
        "data" => pub data: String,
    }
}

from_json! {
    /// Something sealed, and the name of the key that opens it.
    pub struct Envelope {
        /// Id of the key.
        "kid" => pub kid: String,
        /// `A256GCM`, `RSA-OAEP` or `RSA-OAEP-256`.
        "enc" => pub enc: String,
        /// Initialisation vector, base64url of 12 bytes; absent for RSA.
        "iv" => pub iv: String,
        /// Ciphertext, base64url; the GCM tag is its last 16 bytes.
        "data" => pub data: String,
    }

    /// An answer of status 4xx or 5xx.
    pub struct ErrorResponse {
        /// The service's number for the error.
        "errorCode" => pub error_code: Option<i64>,
        /// What it says.
        "errorMessage" => pub error_message: String,
        /// Seconds until another request is welcome (assumed).
        "retryAfter" => pub retry_after: Seconds,
    }
}

/// A number of seconds, also as a text of digits.
#[derive(Debug, Default, Clone)]
pub struct Seconds(pub Option<i64>);

impl FromJson for Seconds {
    fn from_integer(number: i64) -> Option<Self> {
        Some(Self(Some(number)))
    }

    fn from_string(text: &str) -> Option<Self> {
        Some(Self(text.parse().ok()))
    }
}
