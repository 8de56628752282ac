//! Items and vaults as callers see them: the shapes of the vendor's SDK, as JSON.
//!
//! Members stand in the vendor's order. What is not there is null.

use crate::{
    base::{
        encoding::decode_base64,
        json::{ToJson, write_object},
        secret::Secret,
    },
    items::{
        ssh::{PublicParts, public_parts},
        totp::one_time_password,
        value::{Field, is_one_time_password},
    },
    wire::{
        items::{FieldObject, Item, ItemDetails, ItemOverview, ItemUrl, Section, SectionField},
        vaults::{Accessor, Vault, VaultAttributes},
    },
};

const LOGIN: &str = "001";
const PASSWORD: &str = "005";
const DOCUMENT: &str = "006";
const TOTP: &str = "Totp";
const SSH_KEY: &str = "SshKey";
const ADDRESS: &str = "Address";
const UNSUPPORTED: &str = "Unsupported";
const FILE: &str = "file";
/// Where there are so many characters, most items have room.
const ROOM: usize = 4096;

/// `item_json(item, vault_id, overview, details, now_ms) -> json`
///
/// # Shapes
/// - `now_ms`: Unix time in milliseconds, for one-time passwords
/// # Source
/// protocol.md “Items as the SDK shows them” (recorded)
pub fn item_json(
    item: &Item,
    vault_id: &str,
    overview: &ItemOverview,
    details: &ItemDetails,
    now_ms: u64,
) -> Secret<String> {
    let document = details.document.as_ref().filter(|file| is_sealed(file));
    let notes = details.notes_plain.as_ref().map_or("", |notes| notes.expose());
    let mut json = String::with_capacity(ROOM);
    write_object(
        &[
            ("id", &item.uuid),
            ("title", &overview.title),
            ("category", &category(&item.template)),
            ("vaultId", &vault_id),
            ("fields", &fields(item, details, now_ms)),
            ("sections", &details.sections.iter().map(SectionShape).collect::<Vec<_>>()),
            ("notes", &notes),
            ("tags", &tags(overview)),
            ("websites", &websites(item, overview)),
            ("version", &item.version),
            ("files", &files(details)),
            ("document", &document.map(Attributes)),
            ("createdAt", &item.created_at),
            ("updatedAt", &item.updated_at),
        ],
        &mut json,
    );
    Secret::new(json)
}

/// `overview_json(item, vault_id, overview) -> json`
///
/// An item as a list has it.
///
/// # Source
/// protocol.md “Items as the SDK shows them” (recorded)
pub fn overview_json(item: &Item, vault_id: &str, overview: &ItemOverview, out: &mut String) {
    write_object(
        &[
            ("id", &item.uuid),
            ("title", &overview.title),
            ("category", &category(&item.template)),
            ("vaultId", &vault_id),
            ("websites", &listed_websites(overview)),
            ("tags", &tags(overview)),
            ("createdAt", &item.created_at),
            ("updatedAt", &item.updated_at),
            ("state", &if is_archived(item) { "archived" } else { "active" }),
        ],
        out,
    );
}

/// `is_archived(item) -> bool`
///
/// As the vendor's client has it: what the wire calls the bin is its archive.
pub fn is_archived(item: &Item) -> bool {
    item.trashed == "Y"
}

/// `vault_json(vault, attributes, accessors, out)`
///
/// # Shapes
/// - `accessors`: whether to say who reaches it
/// # Source
/// protocol.md “Items as the SDK shows them” (observed)
pub fn vault_json(vault: &Vault, attributes: &VaultAttributes, accessors: bool, out: &mut String) {
    let kind = match vault.kind.as_str() {
        "P" => "personal",
        "E" => "everyone",
        "T" => "transfer",
        "U" => "userCreated",
        _ => "unsupported",
    };
    let members: &[(&str, &dyn ToJson)] = &[
        ("id", &vault.uuid),
        ("title", &attributes.name),
        ("description", &attributes.description),
        ("vaultType", &kind),
        ("activeItemCount", &vault.active_items),
        ("contentVersion", &vault.content_version),
        ("attributeVersion", &vault.attribute_version),
        ("createdAt", &vault.created_at),
        ("updatedAt", &vault.updated_at),
        ("access", &vault.access),
    ];
    let shown = members.len() - usize::from(!accessors);
    write_object(members.get(..shown).unwrap_or_default(), out);
}

impl ToJson for Accessor {
    fn write_json(&self, out: &mut String) {
        write_object(
            &[
                ("vaultUuid", &self.vault_uuid),
                ("accessorType", &self.kind),
                ("accessorUuid", &self.uuid),
                ("permissions", &self.permissions),
            ],
            out,
        );
    }
}

/// `find_file(details, id) -> file`
///
/// The file whose content has this id.
pub fn find_file<'a>(details: &'a ItemDetails, id: &str) -> Option<&'a FieldObject> {
    let attached = files(details).into_iter().map(|FileShape { file, .. }| file);
    let document = details.document.as_ref().filter(|file| is_sealed(file));
    attached.chain(document).find(|file| file.document_id == id)
}

fn category(template: &str) -> &'static str {
    match template {
        LOGIN => "Login",
        "002" => "CreditCard",
        "003" => "SecureNote",
        "004" => "Identity",
        PASSWORD => "Password",
        DOCUMENT => "Document",
        "100" => "SoftwareLicense",
        "101" => "BankAccount",
        "102" => "Database",
        "103" => "DriverLicense",
        "104" => "OutdoorLicense",
        "105" => "Membership",
        "106" => "Passport",
        "107" => "Rewards",
        "108" => "SocialSecurityNumber",
        "109" => "Router",
        "110" => "Server",
        "111" => "Email",
        "112" => "ApiCredentials",
        "113" => "MedicalRecord",
        "114" => SSH_KEY,
        "115" => "CryptoWallet",
        _ => UNSUPPORTED,
    }
}

/// A field's type; those of one kind may differ by their ids.
fn field_type(kind: &str, id: &str) -> &'static str {
    match kind {
        _ if is_one_time_password(kind, id) => TOTP,
        "string" | "gender" => "Text",
        "concealed" => "Concealed",
        "URL" => "Url",
        "email" => "Email",
        "phone" => "Phone",
        "menu" => "Menu",
        "reference" => "Reference",
        "cctype" => "CreditCardType",
        "date" => "Date",
        "monthYear" => "MonthYear",
        "address" => ADDRESS,
        "sshKey" => SSH_KEY,
        _ => UNSUPPORTED,
    }
}

/// Of the fields outside sections, an item shows a login's user name and password, and the
/// password of a Password item, also if it has none.
fn fields<'a>(item: &Item, details: &'a ItemDetails, now_ms: u64) -> Vec<FieldShape<'a>> {
    let outside = |designation, field_type, value| FieldShape {
        id: designation,
        title: designation,
        section: None,
        field_type,
        value,
        details: None,
    };
    let mut shapes = Vec::new();
    if item.template == LOGIN {
        for field in &details.fields {
            let field_type = match field.designation.as_str() {
                "username" => "Text",
                "password" => "Concealed",
                _ => continue,
            };
            let value = field.value.text.clone().unwrap_or_default();
            shapes.push(outside(&field.designation, field_type, value));
        }
    }
    if item.template == PASSWORD {
        let value = details.password.clone().unwrap_or_default();
        shapes.push(outside("password", "Concealed", value));
    }
    for section in &details.sections {
        let fields = section.fields.iter().filter(|field| !is_file(field));
        shapes.extend(fields.map(|field| in_section(field, section, now_ms)));
    }
    shapes
}

fn in_section<'a>(field: &'a SectionField, section: &'a Section, now_ms: u64) -> FieldShape<'a> {
    let [kind, id] = [&field.kind, &field.id].map(|text| text.as_deref().unwrap_or_default());
    let field_type = field_type(kind, id);
    let is_supported = field_type != UNSUPPORTED;
    let value = Field::in_section(field, section.id()).shown();
    let details = match field_type {
        TOTP => {
            Some(Details::Otp(one_time_password(value.expose(), now_ms).map_err(|fault| {
                format!("unable to generate one-time password: {}", fault.name())
            })))
        }
        SSH_KEY => Some(Details::SshKey(public_parts(value.expose()))),
        ADDRESS => Some(Details::Address(field.value.object.as_ref())),
        _ => None,
    };
    FieldShape {
        id,
        title: &field.title,
        section: is_supported.then_some(section.id()),
        field_type,
        value: if is_supported { value } else { Secret::default() },
        details,
    }
}

fn is_file(field: &SectionField) -> bool {
    field.kind.as_deref() == Some(FILE)
}

/// Whether its content may be opened at all: what has no initialisation vector is no file.
fn is_sealed(file: &FieldObject) -> bool {
    decode_base64(&file.nonce).is_some_and(|iv| matches!(iv.len(), 12 | 16))
}

fn files(details: &ItemDetails) -> Vec<FileShape<'_>> {
    let mut files = Vec::new();
    for section in &details.sections {
        for field in section.fields.iter().filter(|field| is_file(field)) {
            if let (Some(file), Some(field)) = (&field.value.object, &field.id)
                && is_sealed(file)
            {
                files.push(FileShape { file, section: section.id(), field });
            }
        }
    }
    files
}

/// Of tags inside others, older apps have backslashes between their names.
fn tags(overview: &ItemOverview) -> Vec<String> {
    overview.tags.iter().map(|tag| tag.replace('\\', "/")).collect()
}

/// Those that are listed.
fn listed_websites(overview: &ItemOverview) -> Vec<Website<'_>> {
    overview
        .urls
        .iter()
        .map(|ItemUrl { label, url, autofill }| Website { label, url, autofill })
        .collect()
}

/// Of an item that a browser fills in; older apps list none, but name one.
fn websites<'a>(item: &Item, overview: &'a ItemOverview) -> Vec<Website<'a>> {
    if !matches!(item.template.as_str(), LOGIN | PASSWORD) {
        return Vec::new();
    }
    let listed = listed_websites(overview);
    if listed.is_empty() && !overview.url.is_empty() {
        return vec![Website { label: "", url: &overview.url, autofill: "" }];
    }
    listed
}

struct Website<'a> {
    label: &'a str,
    url: &'a str,
    autofill: &'a str,
}

impl ToJson for Website<'_> {
    fn write_json(&self, out: &mut String) {
        let autofill = match self.autofill {
            "host" => "ExactDomain",
            "never" => "Never",
            _ => "AnywhereOnWebsite",
        };
        let members: [(&str, &dyn ToJson); 3] =
            [("url", &self.url), ("label", &self.label), ("autofillBehavior", &autofill)];
        write_object(&members, out);
    }
}

struct SectionShape<'a>(&'a Section);

impl ToJson for SectionShape<'_> {
    fn write_json(&self, out: &mut String) {
        write_object(&[("id", &self.0.id()), ("title", &self.0.title())], out);
    }
}

struct FieldShape<'a> {
    id: &'a str,
    title: &'a str,
    section: Option<&'a str>,
    field_type: &'static str,
    value: Secret<String>,
    details: Option<Details<'a>>,
}

impl ToJson for FieldShape<'_> {
    fn write_json(&self, out: &mut String) {
        write_object(
            &[
                ("id", &self.id),
                ("title", &self.title),
                ("sectionId", &self.section),
                ("fieldType", &self.field_type),
                ("value", &self.value),
                ("details", &self.details),
            ],
            out,
        );
    }
}

/// What a field has beside its value.
enum Details<'a> {
    Otp(Result<Secret<String>, String>),
    SshKey(Option<PublicParts>),
    Address(Option<&'a FieldObject>),
}

impl ToJson for Details<'_> {
    fn write_json(&self, out: &mut String) {
        let (name, content): (&str, &dyn ToJson) = match self {
            Self::Otp(code) => ("Otp", code),
            Self::SshKey(parts) => (SSH_KEY, parts),
            Self::Address(address) => (ADDRESS, address),
        };
        write_object(&[("type", &name), ("content", content)], out);
    }
}

impl ToJson for Result<Secret<String>, String> {
    fn write_json(&self, out: &mut String) {
        let (code, error): (&dyn ToJson, &dyn ToJson) = match self {
            Ok(code) => (code, &()),
            Err(error) => (&(), error),
        };
        write_object(&[("code", code), ("errorMessage", error)], out);
    }
}

impl ToJson for PublicParts {
    fn write_json(&self, out: &mut String) {
        write_object(
            &[
                ("publicKey", &self.public_key),
                ("fingerprint", &self.fingerprint),
                ("keyType", &self.key_type),
            ],
            out,
        );
    }
}

impl ToJson for &FieldObject {
    fn write_json(&self, out: &mut String) {
        write_object(
            &[
                ("street", &self.street),
                ("city", &self.city),
                ("country", &self.country),
                ("zip", &self.zip),
                ("state", &self.state),
            ],
            out,
        );
    }
}

struct FileShape<'a> {
    file: &'a FieldObject,
    section: &'a str,
    field: &'a str,
}

impl ToJson for FileShape<'_> {
    fn write_json(&self, out: &mut String) {
        write_object(
            &[
                ("attributes", &Attributes(self.file)),
                ("sectionId", &self.section),
                ("fieldId", &self.field),
            ],
            out,
        );
    }
}

struct Attributes<'a>(&'a FieldObject);

impl ToJson for Attributes<'_> {
    fn write_json(&self, out: &mut String) {
        let Self(file) = self;
        write_object(
            &[
                ("name", &file.file_name),
                ("id", &file.document_id),
                ("size", &file.unencrypted_size.max(0)),
            ],
            out,
        );
    }
}
