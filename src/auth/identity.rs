//! What this client says of itself: the same on every request.

use crate::wire::sign_in::RegisterDeviceRequest;

/// Name and build of the client generation whose protocol this is. The service
/// knows clients by it (observed); who is really asking stands in `User-Agent`.
const CLIENT_NAME: &str = "1Password SDK";
const CLIENT_BUILD: &str = "0050002";
const DEVICE_NAME: &str = "Fetch API";
const UNKNOWN_VERSION: &str = "0.0.0";
/// The longest integration name or version that is sent.
const MAX_LABEL_CHARS: usize = 64;

/// The program that uses this client, and what it runs on.
#[derive(Debug)]
pub struct Identity {
    integration: String,
    os: String,
    arch: String,
}

impl Identity {
    /// `new(integration_name, integration_version, os, arch) -> identity`
    ///
    /// # Shapes
    /// - any text; what a header cannot carry is sent as `?`, the rest is cut
    ///   after 64 characters
    pub fn new(name: &str, version: &str, os: &str, arch: &str) -> Self {
        Self {
            integration: format!("{}/{}", header_text(name), header_text(version)),
            os: header_text(os),
            arch: header_text(arch),
        }
    }

    /// `client() -> text`
    ///
    /// `1Password SDK/0050002`, as headers and bodies carry it.
    pub fn client(&self) -> String {
        format!("{CLIENT_NAME}/{CLIENT_BUILD}")
    }

    /// `headers(device_id) -> headers`
    ///
    /// The headers that name the client.
    ///
    /// # Source
    /// protocol.md “Headers” (observed)
    pub fn headers(&self, device_id: &str) -> Vec<(&'static str, String)> {
        let Self { os, arch, .. } = self;
        Vec::from([
            ("X-AgileBits-Client", self.client()),
            ("User-Agent", self.user_agent()),
            (
                "OP-User-Agent",
                format!(
                    "1|SDK|999999999|{device_id}|||{DEVICE_NAME}|{DEVICE_NAME}|{os}|{UNKNOWN_VERSION}|{arch}"
                ),
            ),
            ("OP-Data-Consistency", "eventual".into()),
        ])
    }

    fn user_agent(&self) -> String {
        format!("1Password JS SDK/{CLIENT_BUILD} {}", self.integration)
    }

    /// `device(device_id) -> request`
    ///
    /// The body that registers the token's device.
    ///
    /// # Source
    /// protocol.md “Sign-in” 1 (observed)
    pub fn device<'a>(&'a self, device_id: &'a str) -> RegisterDeviceRequest<'a> {
        RegisterDeviceRequest {
            uuid: device_id,
            client_name: CLIENT_NAME,
            client_version: CLIENT_BUILD,
            name: DEVICE_NAME,
            model: DEVICE_NAME,
            os_name: &self.os,
            os_version: UNKNOWN_VERSION,
            user_agent: self.user_agent(),
        }
    }
}

/// A header may carry printable ASCII, and `|` separates the parts of one.
fn header_text(text: &str) -> String {
    text.chars()
        .take(MAX_LABEL_CHARS)
        .map(|c| if matches!(c, ' '..='~') && c != '|' { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_observed() {
        let identity = Identity::new("My integration", "v1.0.0", "linux", "x64");
        assert_eq!(
            identity.headers("deviceid"),
            [
                ("X-AgileBits-Client", "1Password SDK/0050002"),
                ("User-Agent", "1Password JS SDK/0050002 My integration/v1.0.0"),
                ("OP-User-Agent", "1|SDK|999999999|deviceid|||Fetch API|Fetch API|linux|0.0.0|x64"),
                ("OP-Data-Consistency", "eventual"),
            ]
            .map(|(name, value)| (name, value.into()))
        );
    }

    #[test]
    fn nothing_breaks_out_of_a_header() {
        let identity = Identity::new("a\r\nX-Evil: 1", &"é".repeat(100), "li|nux", "");
        let headers = identity.headers("d");
        assert_eq!(
            headers[1].1,
            format!("1Password JS SDK/0050002 a??X-Evil: 1/{}", "?".repeat(64))
        );
        assert_eq!(headers[2].1, "1|SDK|999999999|d|||Fetch API|Fetch API|li?nux|0.0.0|");
    }
}
