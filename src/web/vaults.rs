//! `client.vaults`

use super::{
    client::Client, items::name, options::read_flag, pages::Pages, promise::Called, results,
};
use crate::client::List;
use wasm_bindgen::prelude::*;

/// Reads vaults. Each is named by its id or by its name, as in references.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Vaults(pub(super) Client);

#[wasm_bindgen]
impl Vaults {
    /// All vaults that the service account may read, by their ids; those that cannot be opened
    /// are left out, unless none can.
    #[wasm_bindgen(unchecked_return_type = "PagesOf<VaultOverview>")]
    pub fn list(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "VaultListParams")] params: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Pages {
        let named = read_flag(params, "decryptDetails", true);
        Pages::new(&self.0, named.map(|named| List::Vaults { named }), options)
    }

    /// A vault as a list has it.
    #[wasm_bindgen(js_name = getOverview, unchecked_return_type = "Promise<VaultOverview>")]
    pub fn get_overview(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] vault: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        let list = name(vault, "vault").map(|part| List::Vault { part, accessors: false });
        Ok(Pages::new(&self.0, list, options).only(results::page))
    }

    /// A vault.
    #[wasm_bindgen(unchecked_return_type = "Promise<Vault>")]
    pub fn get(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] vault: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "VaultGetParams")] params: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Called {
        let list = read_flag(params, "accessors", false)
            .and_then(|accessors| Ok(List::Vault { part: name(vault, "vault")?, accessors }));
        Ok(Pages::new(&self.0, list, options).only(results::vaults))
    }
}
