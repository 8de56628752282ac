//! Items and vaults as callers see them: the shapes of the vendor's SDK.
//!
//! Members stand in the vendor's order. What is not there is null. Times are text here, and become
//! `Date`s where they are made JavaScript's.

use crate::{
    base::{encoding::decode_base64, secret::Secret, shape::Shape},
    items::{
        ssh::{PublicParts, public_parts},
        totp::one_time_password,
        value::{Field, is_card_number, is_one_time_password, shown},
    },
    wire::{
        items::{FieldObject, Item, ItemDetails, ItemOverview, ItemUrl, Section, SectionField},
        vaults::{Accessor, Vault, VaultAttributes},
    },
};
use std::rc::Rc;

const LOGIN: &str = "001";
const PASSWORD: &str = "005";
const DOCUMENT: &str = "006";
const TOTP: &str = "Totp";
const SSH_KEY: &str = "SshKey";
const ADDRESS: &str = "Address";
const UNSUPPORTED: &str = "Unsupported";
const FILE: &str = "file";

/// An item that was opened, with all its values.
#[derive(Debug)]
pub struct OpenedItem {
    /// The item as it came.
    pub item: Item,
    /// Id of its vault.
    pub vault_id: String,
    /// Its overview.
    pub overview: ItemOverview,
    /// Its details.
    pub details: Rc<ItemDetails>,
    /// Unix time in milliseconds, for one-time passwords.
    pub now_ms: u64,
}

impl OpenedItem {
    /// `shape() -> shape`
    ///
    /// # Source
    /// protocol.md “Items as the SDK shows them” (recorded)
    pub fn shape(&self) -> Shape<'_> {
        self.shape_with(Shape::list(&mut self.fields()))
    }

    /// `shape_with(fields) -> shape`
    ///
    /// The item with these in place of its fields: there may be very many, and they can be shown
    /// one by one.
    pub fn shape_with<'a>(&'a self, fields: Shape<'a>) -> Shape<'a> {
        let Self { item, vault_id, overview, details, .. } = self;
        let document = details.document.as_ref().filter(|file| is_sealed(file));
        let notes = details.notes_plain.as_ref().map_or("", |notes| shown(notes.expose()));
        Shape::object([
            ("id", Shape::text(&item.uuid)),
            ("title", Shape::text(&overview.title)),
            ("category", Shape::text(category(&item.template))),
            ("vaultId", Shape::text(vault_id)),
            ("fields", fields),
            ("sections", Shape::list(&mut details.sections.iter().map(section))),
            ("notes", Shape::text(notes)),
            ("tags", tags(overview)),
            ("websites", websites(item, overview)),
            ("version", Shape::number(item.version)),
            ("files", files(details)),
            ("document", Shape::if_some(document.map(attributes))),
            ("createdAt", Shape::text(&item.created_at)),
            ("updatedAt", Shape::text(&item.updated_at)),
        ])
    }

    /// `fields() -> shapes`
    ///
    /// Of the fields outside sections, an item shows a login's user name and password, and the
    /// password of a Password item, also if it has none.
    ///
    /// # Source
    /// protocol.md “Items as the SDK shows them” (recorded)
    pub fn fields(&self) -> impl Iterator<Item = Shape<'_>> {
        let Self { item, details, now_ms, .. } = self;
        let mut shapes = Vec::new();
        if item.template == LOGIN {
            for field in &details.fields {
                let field_type = match field.designation.as_str() {
                    "username" => "Text",
                    "password" => "Concealed",
                    _ => continue,
                };
                shapes.push(outside_sections(
                    &field.designation,
                    field_type,
                    field.value.text.as_ref(),
                ));
            }
        }
        if item.template == PASSWORD {
            shapes.push(outside_sections("password", "Concealed", details.password.as_ref()));
        }
        let within = details.sections.iter().flat_map(move |section| {
            let fields = section.fields.iter().filter(|field| !is_file(field));
            fields.map(move |field| in_section(field, section, *now_ms))
        });
        shapes.into_iter().chain(within)
    }
}

/// An item of a list.
#[derive(Debug)]
pub struct ListedItem {
    /// The item as it came.
    pub item: Item,
    /// Id of its vault.
    pub vault_id: String,
    /// Its overview.
    pub overview: ItemOverview,
}

impl ListedItem {
    /// `shape() -> shape`
    ///
    /// # Source
    /// protocol.md “Items as the SDK shows them” (recorded)
    pub fn shape(&self) -> Shape<'_> {
        let Self { item, vault_id, overview } = self;
        Shape::object([
            ("id", Shape::text(&item.uuid)),
            ("title", Shape::text(&overview.title)),
            ("category", Shape::text(category(&item.template))),
            ("vaultId", Shape::text(vault_id)),
            ("websites", listed_websites(overview)),
            ("tags", tags(overview)),
            ("createdAt", Shape::text(&item.created_at)),
            ("updatedAt", Shape::text(&item.updated_at)),
            ("state", Shape::text(if is_archived(item) { "archived" } else { "active" })),
        ])
    }
}

/// A vault and what it says of itself.
#[derive(Debug)]
pub struct OpenedVault {
    /// The vault as it came.
    pub vault: Vault,
    /// What was sealed in it.
    pub attributes: VaultAttributes,
}

impl OpenedVault {
    /// `listed() -> shape`
    ///
    /// As a list has it.
    ///
    /// # Source
    /// protocol.md “Items as the SDK shows them” (observed)
    pub fn listed(&self) -> Shape<'_> {
        self.overview()
            .with("createdAt", Some(Shape::text(&self.vault.created_at)))
            .with("updatedAt", Some(Shape::text(&self.vault.updated_at)))
    }

    /// `with_access() -> shape`
    ///
    /// By itself, with who reaches it if that was asked.
    ///
    /// # Source
    /// protocol.md “Items as the SDK shows them” (observed)
    pub fn with_access(&self) -> Shape<'_> {
        let access =
            self.vault.access.as_ref().map(|all| Shape::list(&mut all.iter().map(accessor)));
        self.overview().with("access", Some(Shape::if_some(access)))
    }

    fn overview(&self) -> Shape<'_> {
        let Self { vault, attributes } = self;
        let kind = match vault.kind.as_str() {
            "P" => "personal",
            "E" => "everyone",
            "T" => "transfer",
            "U" => "userCreated",
            _ => "unsupported",
        };
        Shape::object([
            ("id", Shape::text(&vault.uuid)),
            ("title", Shape::text(&attributes.name)),
            ("description", Shape::text(&attributes.description)),
            ("vaultType", Shape::text(kind)),
            ("activeItemCount", Shape::number(vault.active_items)),
            ("contentVersion", Shape::number(vault.content_version)),
            ("attributeVersion", Shape::number(vault.attribute_version)),
        ])
    }
}

fn accessor(accessor: &Accessor) -> Shape<'_> {
    Shape::object([
        ("vaultUuid", Shape::text(&accessor.vault_uuid)),
        ("accessorType", Shape::text(&accessor.kind)),
        ("accessorUuid", Shape::text(&accessor.uuid)),
        ("permissions", Shape::if_some(accessor.permissions.map(Shape::number))),
    ])
}

/// `is_archived(item) -> bool`
///
/// The wire says so with `Y` in `trashed`.
pub fn is_archived(item: &Item) -> bool {
    item.trashed == "Y"
}

/// `find_file(details, id) -> file`
///
/// The file whose content has this id.
pub fn find_file<'a>(details: &'a ItemDetails, id: &str) -> Option<&'a FieldObject> {
    let attached = attached(details).into_iter().map(|(file, ..)| file);
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
        _ if is_card_number(kind, id) => "CreditCardNumber",
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

fn outside_sections<'a>(
    designation: &'a str,
    field_type: &'static str,
    value: Option<&Secret<String>>,
) -> Shape<'a> {
    let value = Secret::from(value.map_or("", |value| shown(value.expose())));
    field_shape([designation; 2], Shape::Null, field_type, value, Shape::Null)
}

fn field_shape<'a>(
    [id, title]: [&'a str; 2],
    section: Shape<'a>,
    field_type: &'static str,
    value: Secret<String>,
    details: Shape<'a>,
) -> Shape<'a> {
    Shape::object([
        ("id", Shape::text(id)),
        ("title", Shape::text(title)),
        ("sectionId", section),
        ("fieldType", Shape::text(field_type)),
        ("value", Shape::Secret(value)),
        ("details", details),
    ])
}

fn in_section<'a>(field: &'a SectionField, section: &'a Section, now_ms: u64) -> Shape<'a> {
    let [kind, id] = [&field.kind, &field.id].map(|text| text.as_deref().unwrap_or_default());
    let field_type = field_type(kind, id);
    let value = Field::in_section(field, section).shown();
    let details = match field_type {
        TOTP => details("Otp", one_time_password_shape(&value, now_ms)),
        SSH_KEY => details(SSH_KEY, Shape::if_some(public_parts(value.expose()).map(key_shape))),
        ADDRESS => details(ADDRESS, Shape::if_some(field.value.object.as_ref().map(address))),
        _ => Shape::Null,
    };
    let names = [id, &field.title];
    if field_type == UNSUPPORTED {
        return field_shape(names, Shape::Null, field_type, Secret::default(), details);
    }
    field_shape(names, Shape::text(section.id()), field_type, value, details)
}

/// What a field has beside its value.
fn details<'a>(kind: &'static str, content: Shape<'a>) -> Shape<'a> {
    Shape::object([("type", Shape::text(kind)), ("content", content)])
}

fn one_time_password_shape(secret: &Secret<String>, now_ms: u64) -> Shape<'static> {
    let (code, error) = match one_time_password(secret.expose(), now_ms) {
        Ok(code) => (Shape::Secret(code), Shape::Null),
        Err(fault) => {
            let message = format!("unable to generate one-time password: {}", fault.name());
            (Shape::Null, Shape::Text(message.into()))
        }
    };
    Shape::object([("code", code), ("errorMessage", error)])
}

fn key_shape(PublicParts { public_key, fingerprint, key_type }: PublicParts) -> Shape<'static> {
    Shape::object([
        ("publicKey", Shape::Text(public_key.into())),
        ("fingerprint", Shape::Text(fingerprint.into())),
        ("keyType", Shape::Text(key_type.into())),
    ])
}

fn part(text: &Secret<String>) -> Shape<'_> {
    Shape::text(shown(text.expose()))
}

fn address(address: &FieldObject) -> Shape<'_> {
    Shape::object([
        ("street", part(&address.street)),
        ("city", part(&address.city)),
        ("country", part(&address.country)),
        ("zip", part(&address.zip)),
        ("state", part(&address.state)),
    ])
}

fn section(section: &Section) -> Shape<'_> {
    Shape::object([("id", Shape::text(section.id())), ("title", Shape::text(section.title()))])
}

fn is_file(field: &SectionField) -> bool {
    field.kind.as_deref() == Some(FILE)
}

/// Whether its content may be opened at all: what has no initialisation vector is no file.
fn is_sealed(file: &FieldObject) -> bool {
    decode_base64(&file.nonce).is_some_and(|iv| matches!(iv.len(), 12 | 16))
}

/// Files, with their section's and their field's id.
fn attached(details: &ItemDetails) -> Vec<(&FieldObject, &str, &str)> {
    let mut files = Vec::new();
    for section in &details.sections {
        for field in section.fields.iter().filter(|field| is_file(field)) {
            if let (Some(file), Some(field)) = (&field.value.object, &field.id)
                && is_sealed(file)
            {
                files.push((file, section.id(), field.as_str()));
            }
        }
    }
    files
}

fn files(details: &ItemDetails) -> Shape<'_> {
    Shape::list(&mut attached(details).into_iter().map(|(file, section_id, field_id)| {
        Shape::object([
            ("attributes", attributes(file)),
            ("sectionId", Shape::text(section_id)),
            ("fieldId", Shape::text(field_id)),
        ])
    }))
}

fn attributes(file: &FieldObject) -> Shape<'_> {
    Shape::object([
        ("name", Shape::text(&file.file_name)),
        ("id", Shape::text(&file.document_id)),
        ("size", Shape::number(file.unencrypted_size.max(0))),
    ])
}

/// Of tags inside others, older apps have backslashes between their names.
fn tags(overview: &ItemOverview) -> Shape<'_> {
    Shape::list(&mut overview.tags.iter().map(|tag| Shape::Text(tag.replace('\\', "/").into())))
}

/// Those that are listed.
fn listed_websites(overview: &ItemOverview) -> Shape<'_> {
    let urls = overview.urls.iter();
    Shape::list(&mut urls.map(|ItemUrl { label, url, autofill }| website(url, label, autofill)))
}

/// Of an item that a browser fills in; older apps list none, but name one.
fn websites<'a>(item: &Item, overview: &'a ItemOverview) -> Shape<'a> {
    if !matches!(item.template.as_str(), LOGIN | PASSWORD) {
        return Shape::List(Vec::new());
    }
    if overview.urls.is_empty() && !overview.url.is_empty() {
        return Shape::List(vec![website(&overview.url, "", "")]);
    }
    listed_websites(overview)
}

fn website<'a>(url: &'a str, label: &'a str, autofill: &str) -> Shape<'a> {
    let behavior = match autofill {
        "host" => "ExactDomain",
        "never" => "Never",
        _ => "AnywhereOnWebsite",
    };
    Shape::object([
        ("url", Shape::text(url)),
        ("label", Shape::text(label)),
        ("autofillBehavior", Shape::text(behavior)),
    ])
}
