//! `client.items`

use super::{
    client::{Client, rejected},
    js::{entries, get_own},
    options::strings,
    pages::Pages,
    promise::Called,
    results::Show,
};
use crate::{
    base::error::Error,
    client::{List, Question, States, checked_name},
};
use wasm_bindgen::prelude::*;

/// Reads items. Vaults and items are named by their ids or by their names, as in references.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Items(pub(super) Client);

/// `name(value, argument) -> text`
///
/// # Errors
/// [`Error::ArgumentInvalid`]
pub(super) fn name(value: &JsValue, argument: &'static str) -> Result<String, Error> {
    checked_name(argument, &value.as_string().unwrap_or_default())
}

fn item(vault: &JsValue, item: &JsValue) -> Result<Question, Error> {
    Ok(Question::Item { vault: name(vault, "vault")?, item: name(item, "item")? })
}

fn file(vault: &JsValue, item: &JsValue, attributes: &JsValue) -> Result<Question, Error> {
    let id = get_own(attributes, "id").ok().and_then(|id| id.as_string());
    let reason = "must be a file's, with its id";
    Ok(Question::File {
        vault: name(vault, "vault")?,
        item: name(item, "item")?,
        file: id.ok_or(Error::ArgumentInvalid { option: "attributes", reason })?,
    })
}

/// Those that all filters let through; without any, active ones.
fn states(filters: &JsValue) -> Result<States, Error> {
    let mut states = States { active: true, archived: false };
    if filters.is_undefined() {
        return Ok(states);
    }
    let reason = r#"must be { type: "ByState", content: { active, archived } }"#;
    let wrong = Error::ArgumentInvalid { option: "filter", reason };
    let Some(filters) = entries(filters) else { return Err(wrong) };
    for (index, filter) in filters.iter().enumerate() {
        let Some(of) = state(&filter) else { return Err(wrong) };
        states.active &= of.active;
        states.archived = of.archived && (index == 0 || states.archived);
    }
    Ok(states)
}

fn state(filter: &JsValue) -> Option<States> {
    let content = get_own(filter, "content").ok()?;
    let flag = |name| get_own(&content, name).ok()?.as_bool();
    let is_by_state = get_own(filter, "type").ok()? == "ByState";
    is_by_state.then_some(States { active: flag("active")?, archived: flag("archived")? })
}

#[wasm_bindgen]
impl Items {
    /// An item with all its values.
    #[wasm_bindgen(unchecked_return_type = "Promise<Item>")]
    pub fn get(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] vault: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string", js_name = item)] item_: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        Ok(self.0.ask(item(vault, item_), &JsValue::UNDEFINED, options, Show::Item))
    }

    /// Several items of a vault, 50 with a request. One that fails spoils no other.
    #[wasm_bindgen(js_name = getAll, unchecked_return_type = "Promise<ItemsGetAllResponse>")]
    pub fn get_all(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] vault: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] items: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        let reason = "must be an array of ids or names";
        let Some(items) = strings(&items) else {
            return Ok(rejected(Error::ArgumentInvalid { option: "items", reason }));
        };
        let vault = match name(vault, "vault") {
            Ok(vault) => vault,
            Err(error) => return Ok(rejected(error)),
        };
        let question = |item| Question::Item { vault: vault.clone(), item };
        let questions = items.into_iter().map(question).collect();
        Ok(self.0.ask_all(questions, options, Show::InOrder))
    }

    /// The content of a file that an item has among its `files`, or as its `document`.
    #[wasm_bindgen(js_name = readFile, unchecked_return_type = "Promise<Uint8Array<ArrayBuffer>>")]
    pub fn read_file(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] vault: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string", js_name = item)] item_: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "{ readonly id: string }")] attributes: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        Ok(self.0.ask(file(vault, item_, attributes), &JsValue::UNDEFINED, options, Show::Bytes))
    }

    /// The items of a vault, without their values; those that cannot be opened are left out,
    /// unless none can. Active ones if there is no filter; of several filters each has to let an
    /// item through. Wrong arguments are told by the pages.
    #[wasm_bindgen(unchecked_return_type = "PagesOf<ItemOverview>")]
    pub fn list(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] vault: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "readonly ItemListFilter[]")]
        filters: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Pages {
        let list =
            states(filters).and_then(|states| Ok(List::Items(name(vault, "vault")?, states)));
        Pages::new(&self.0, list, options)
    }
}
