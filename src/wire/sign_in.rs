//! Signing in: the token, and what the four steps say.

use crate::{
    base::{
        json::{from_json, to_json_object},
        secret::Secret,
    },
    wire::keysets::SymmetricJwk,
};

to_json_object! {
    /// `POST /api/v3/auth/start`
    pub struct StartRequest {
        /// User name of the service account.
        "email" => pub email: &'a str,
        /// Format of the secret key.
        "skFormat" => pub sk_format: &'a str,
        /// Id of the secret key.
        "skid" => pub skid: &'a str,
        /// Device id.
        "deviceUuid" => pub device_uuid: &'a str,
    }

    /// `POST /api/v1/device`
    pub struct RegisterDeviceRequest {
        /// Device id.
        "uuid" => pub uuid: &'a str,
        /// Name of the client.
        "clientName" => pub client_name: &'a str,
        /// Build of the client.
        "clientVersion" => pub client_version: &'a str,
        /// Name of the device.
        "name" => pub name: &'a str,
        /// Model of the device.
        "model" => pub model: &'a str,
        /// Operating system.
        "osName" => pub os_name: &'a str,
        /// Version of the operating system.
        "osVersion" => pub os_version: &'a str,
        /// The `User-Agent` that requests carry.
        "userAgent" => pub user_agent: String,
    }

    /// `POST /api/v2/auth`
    pub struct ExchangeRequest {
        /// A in hex.
        "userA" => pub user_a: &'a str,
    }

    /// `POST /api/v2/auth/confirm-key`
    pub struct ConfirmRequest {
        /// M1, base64url.
        "clientVerifyHash" => pub client_verify_hash: &'a str,
    }

    /// `POST /api/v2/auth/complete`
    pub struct CompleteRequest {
        /// Client name and build.
        "client" => pub client: &'a str,
        /// Always null.
        "device" => pub device: (),
    }
}

from_json! {
    /// What a service-account token holds.
    pub struct Token {
        /// Host of the account, with or without a scheme.
        "signInAddress" => pub sign_in_address: String,
        /// User name of the service account.
        "email" => pub email: String,
        /// `A3-` and six groups; the first of them is the key id.
        "secretKey" => pub secret_key: Secret<String>,
        /// SRP private value x, 64 hex digits.
        "srpX" => pub srp_x: Secret<String>,
        /// The account unlock key.
        "muk" => pub muk: SymmetricJwk,
        /// How the account signs in.
        "userAuth" => pub user_auth: UserAuth,
        /// Device id.
        "deviceUuid" => pub device_uuid: String,
        /// Signs the throttling token.
        "throttleSecret" => pub throttle_secret: ThrottleSecret,
    }

    /// Signs the throttling token.
    pub struct ThrottleSecret {
        /// Ed25519 seed, 64 hex digits.
        "seed" => pub seed: Secret<String>,
        /// Id of the key.
        "uuid" => pub uuid: String,
    }

    /// Answer to `POST /api/v3/auth/start`
    pub struct StartResponse {
        /// `ok`, `device-not-registered` or `device-deleted`.
        "status" => pub status: String,
        /// Id of the session to be.
        "sessionID" => pub session_id: String,
        /// Id of the secret key that the account has now.
        "accountKeyUuid" => pub account_key_uuid: String,
        /// How the account signs in.
        "userAuth" => pub user_auth: UserAuth,
    }

    /// How an account signs in.
    pub struct UserAuth {
        /// `SRPg-4096`
        "method" => pub method: String,
        /// `PBES2g-HS256`
        "alg" => pub alg: String,
        /// Salt, base64url of 16 bytes.
        "salt" => pub salt: String,
    }

    /// Answer to the device requests.
    pub struct DeviceResponse {
        /// 1 if it was done.
        "success" => pub success: i64,
    }

    /// Answer to `POST /api/v2/auth`
    pub struct ExchangeResponse {
        /// B in hex.
        "userB" => pub user_b: String,
    }

    /// Answer to `POST /api/v2/auth/confirm-key`
    pub struct ConfirmResponse {
        /// M2, base64url.
        "serverVerifyHash" => pub server_verify_hash: String,
    }

    /// Answer to `POST /api/v2/auth/complete`
    pub struct CompleteResponse {
        /// The service account's user id.
        "userUuid" => pub user_uuid: String,
    }
}
