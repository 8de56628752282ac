//! Items, and what is sealed in them.

use crate::{
    base::{
        json::{FromJson, Takes, from_json, to_json_object},
        secret::Secret,
    },
    wire::{keysets::SymmetricJwk, sealed::Envelope},
};
use miniserde::de::Map;

to_json_object! {
    /// `POST /api/v3/vault/<vault>/items/batch`
    pub struct BatchRequest {
        /// At most 50, each once.
        "itemUuids" => pub item_uuids: &'a [String],
    }
}

from_json! {
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
    pub struct Item if uuid {
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
        /// `N` active, `Y` archived, `D` deleted; `A` is treated as active.
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
        /// Length of what is stored.
        "encryptedSize" => pub encrypted_size: i64,
        /// SHA-256 of what is stored, base64url.
        "integrityHash" => pub integrity_hash: String,
        /// Initialisation vector, base64url of 12 bytes.
        "nonce" => pub nonce: String,
        /// Opens the content.
        "encryptionKey" => pub encryption_key: SymmetricJwk,
        /// Has signed it.
        "signingKey" => pub signing_key: Option<SymmetricJwk>,
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

impl Item {
    /// `without_content() -> item`
    ///
    /// What the service says of the item, without what is sealed in it.
    pub fn without_content(&self) -> Self {
        Self {
            uuid: self.uuid.clone(),
            template: self.template.clone(),
            trashed: self.trashed.clone(),
            version: self.version,
            created_at: self.created_at.clone(),
            updated_at: self.updated_at.clone(),
            ..Self::default()
        }
    }
}

impl Section {
    /// `id() -> text`
    ///
    /// Empty if it has none.
    pub fn id(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// `names() -> (id, title)`
    ///
    /// Empty where it has none.
    pub fn names(&self) -> [&str; 2] {
        [self.id(), self.title()]
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
    const TAKES: Takes = Takes::Objects;

    fn from_string(text: &str) -> Option<Self> {
        Some(Self { text: Some(Secret::from(text)), ..Self::default() })
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(Self { number: Some(number), ..Self::default() })
    }

    fn read_object(out: &mut Self) -> Box<dyn Map + '_> {
        Option::read_object(&mut out.object)
    }
}
