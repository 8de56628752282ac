//! What travels, as it travels: structs of requests and answers, nothing else.
//!
//! Sources are the sections of protocol.md. Unknown members are ignored; what an
//! answer leaves out, or has in another kind, is empty.

use crate::{
    json::{FromJson, from_json, to_json_object},
    secret::Secret,
};
use miniserde::de::Map;

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

    /// `POST /api/v3/vault/<vault>/items/batch`
    pub struct BatchRequest {
        /// At most 50, each once.
        "itemUuids" => pub item_uuids: &'a [String],
    }

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
        /// Seconds until another request is welcome (assumed).
        "retryAfter" => pub retry_after: Option<i64>,
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

    /// Answer to `GET /api/v2/account/keysets`
    pub struct KeysetsResponse {
        /// In any order.
        "keysets" => pub keysets: Option<Vec<Keyset>>,
    }

    /// A key pair and the symmetric key that seals its private half.
    pub struct Keyset {
        /// Id of the keyset and of its keys.
        "uuid" => pub uuid: String,
        /// Id of the keyset, or `mp`, that opens it; may be empty.
        "encryptedBy" => pub encrypted_by: String,
        /// Serial number: the highest is the newest.
        "sn" => pub sn: i64,
        /// The symmetric key.
        "encSymKey" => pub enc_sym_key: Envelope,
        /// The private key, sealed with the symmetric key.
        "encPriKey" => pub enc_pri_key: Envelope,
    }

    /// A symmetric key as a JWK (RFC 7517, RFC 7518 §6.4).
    pub struct SymmetricJwk {
        /// Id of the key.
        "kid" => pub kid: String,
        /// The key, base64url.
        "k" => pub k: Secret<String>,
    }

    /// A vault as `GET /api/v1/vaults` and `GET /api/v3/vault/<id>` show it.
    pub struct Vault {
        /// Id of the vault.
        "uuid" => pub uuid: String,
        /// `P` personal, `E` everyone, `U` user created, `T` transfer.
        "type" => pub kind: String,
        /// RFC 3339.
        "createdAt" => pub created_at: String,
        /// RFC 3339.
        "updatedAt" => pub updated_at: String,
        /// Rises when its name or description changes.
        "attrVersion" => pub attribute_version: i64,
        /// Rises when an item changes.
        "contentVersion" => pub content_version: i64,
        /// How many items are neither in the bin nor deleted.
        "activeItemCount" => pub active_items: i64,
        /// Name and description, sealed with the vault key.
        "encAttrs" => pub enc_attrs: Envelope,
        /// How this account reaches the vault.
        "combinedAccess" => pub combined_access: VaultAccess,
        /// Who reaches it, if that was asked for.
        "access" => pub access: Option<Vec<Accessor>>,
    }

    /// Who reaches a vault.
    pub struct Accessor {
        /// Id of the vault.
        "vaultUuid" => pub vault_uuid: String,
        /// `user` or `group`.
        "accessorType" => pub kind: String,
        /// Id of the user or group.
        "accessorUuid" => pub uuid: String,
        /// What they may do, a bit each.
        "acl" => pub permissions: i64,
    }

    /// How an account reaches a vault.
    pub struct VaultAccess {
        /// The vault key, sealed with a keyset's key.
        "encVaultKey" => pub enc_vault_key: Envelope,
    }

    /// What a vault says of itself once opened.
    pub struct VaultAttributes {
        /// Name of the vault.
        "name" => pub name: String,
        /// What it is for.
        "desc" => pub description: String,
    }

    /// Answer to `GET /api/v1/vault/<vault>/items/overviews`
    pub struct OverviewsResponse {
        /// Items without their details.
        "items" => pub items: Option<Vec<Item>>,
    }

    /// Answer to `GET /api/v1/vault/<vault>/item/<item>`
    pub struct ItemResponse {
        /// The item.
        "item" => pub item: Option<Item>,
    }

    /// Answer to `POST /api/v3/vault/<vault>/items/batch`
    pub struct BatchResponse {
        /// In any order; what is not there is left out.
        "items" => pub items: Option<Vec<Item>>,
    }

    /// A sealed item.
    pub struct Item {
        /// Id of the item.
        "uuid" => pub uuid: String,
        /// Its category, three digits.
        "templateUuid" => pub template: String,
        /// RFC 3339.
        "createdAt" => pub created_at: String,
        /// RFC 3339.
        "updatedAt" => pub updated_at: String,
        /// Rises by one with each change.
        "itemVersion" => pub version: i64,
        /// `N` active, `A` archived, `Y` in the bin, `D` deleted.
        "trashed" => pub trashed: String,
        /// Title and URLs, sealed with the vault key.
        "encOverview" => pub enc_overview: Envelope,
        /// Fields, sealed with the vault key; absent in an overview.
        "encDetails" => pub enc_details: Envelope,
    }

    /// What of an overview finds an item by its name.
    pub struct ItemTitle {
        /// Title of the item.
        "title" => pub title: String,
    }

    /// What an overview says once opened.
    pub struct ItemOverview {
        /// Title of the item.
        "title" => pub title: String,
        /// Its tags.
        "tags" => pub tags: Vec<String>,
        /// The first of its websites.
        "url" => pub url: String,
        /// Its websites.
        "URLs" => pub urls: Vec<ItemUrl>,
    }

    /// A website of an item.
    pub struct ItemUrl {
        /// Its label.
        "l" => pub label: String,
        /// Its address.
        "u" => pub url: String,
        /// Where its values are filled in: `default`, `domain`, `host` or `never`.
        "m" => pub autofill: String,
    }

    /// What an item's details say once opened.
    pub struct ItemDetails {
        /// Built-in fields.
        "fields" => pub fields: Vec<BuiltInField>,
        /// Sections with the other fields.
        "sections" => pub sections: Vec<Section>,
        /// The notes.
        "notesPlain" => pub notes_plain: Option<Secret<String>>,
        /// The password of a Password item, which has no field for it.
        "password" => pub password: Option<Secret<String>>,
        /// The file of a Document item.
        "documentAttributes" => pub document: Option<FieldObject>,
    }

    /// A field outside sections.
    pub struct BuiltInField {
        /// Id of the field.
        "id" => pub id: String,
        /// Name of the form's input; a reference does not match it.
        "name" => pub name: String,
        /// Its role, such as `username` or `password`.
        "designation" => pub designation: String,
        /// The input's type: `T` text, `P` password, `E` e-mail, `U` URL, `TEL` phone, ….
        "type" => pub input: String,
        /// The value.
        "value" => pub value: FieldValue,
    }

    /// A section and its fields.
    pub struct Section {
        /// Id of the section.
        "name" => pub name: Option<String>,
        /// Title of the section.
        "title" => pub title: Option<String>,
        /// Its fields.
        "fields" => pub fields: Vec<SectionField>,
    }

    /// What a field has beside its value.
    pub struct FieldAttributes {
        /// Of an SSH key.
        "sshKeyAttributes" => pub ssh_key: SshKeyAttributes,
    }

    /// An SSH key, all parts of it.
    pub struct SshKeyAttributes {
        /// In PEM.
        "privateKey" => pub private_key: Option<Secret<String>>,
        /// As `authorized_keys` has it.
        "publicKey" => pub public_key: Option<Secret<String>>,
        /// `SHA256:…`
        "fingerprint" => pub fingerprint: Option<Secret<String>>,
        /// Its algorithm.
        "keyType" => pub key_type: SshKeyType,
    }

    /// An SSH key's algorithm.
    pub struct SshKeyType {
        /// `ed25519` or `rsa`.
        "t" => pub name: String,
        /// Of an RSA key: its size in bits.
        "c" => pub bits: Option<i64>,
    }

    /// A field's value that is an object: an address or a file.
    pub struct FieldObject {
        /// Street and number.
        "street" => pub street: Secret<String>,
        /// City.
        "city" => pub city: Secret<String>,
        /// State.
        "state" => pub state: Secret<String>,
        /// Postal code.
        "zip" => pub zip: Secret<String>,
        /// Country code.
        "country" => pub country: Secret<String>,
        /// Name of the file.
        "fileName" => pub file_name: String,
        /// Id of the file's content.
        "documentId" => pub document_id: String,
        /// Length of the content in bytes.
        "unencryptedSize" => pub unencrypted_size: i64,
        /// SHA-256 of what is stored, base64url.
        "integrityHash" => pub integrity_hash: String,
        /// Initialisation vector, base64url of 12 bytes.
        "nonce" => pub nonce: String,
        /// Opens the content.
        "encryptionKey" => pub encryption_key: SymmetricJwk,
    }

    /// A field in a section.
    pub struct SectionField {
        /// Kind of the field, such as `string` or `concealed`.
        "k" => pub kind: Option<String>,
        /// Id of the field.
        "n" => pub id: Option<String>,
        /// Title of the field.
        "t" => pub title: String,
        /// The value.
        "v" => pub value: FieldValue,
        /// What it has beside its value.
        "a" => pub attributes: FieldAttributes,
    }
}

impl Section {
    /// `id() -> text`
    ///
    /// Empty if it has none.
    pub fn id(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// `title() -> text`
    ///
    /// Empty if it has none.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }
}

/// A field's value: at most one of these, none if the JSON is of another kind.
#[derive(Debug, Default, Clone)]
pub struct FieldValue {
    /// A string.
    pub text: Option<Secret<String>>,
    /// A whole number.
    pub number: Option<i64>,
    /// An object.
    pub object: Option<FieldObject>,
}

impl FromJson for FieldValue {
    fn from_string(text: &str) -> Option<Self> {
        Some(Self { text: Some(Secret::from(text)), ..Self::default() })
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(Self { number: Some(number), ..Self::default() })
    }

    fn read_object(out: &mut Option<Self>) -> Box<dyn Map + '_> {
        FieldObject::read_object(&mut out.insert(Self::default()).object)
    }
}
