//! A list, page by page.

use super::{
    client::{Client, rejected},
    host::WebHost,
    options::read_call,
    promise::{Called, promise},
    results::page,
    signal::Signal,
};
use crate::{
    base::error::Error,
    client::{self, Call, Entry, Fresh, List},
};
use js_sys::{Array, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A list that is read when it is wanted.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Pages {
    client: Client,
    /// Or what is wrong with what was asked for.
    list: Result<(Rc<client::Pages<WebHost>>, Call<Signal>), Error>,
}

impl Pages {
    pub(super) fn new(client: &Client, list: Result<List, Error>, options: &JsValue) -> Self {
        let list = list.and_then(|list| {
            let call = read_call(client.core(), options)?;
            Ok((Rc::new(client.core().list(list, call.fresh == Fresh::All)), call))
        });
        Self { client: client.clone(), list }
    }

    /// The first entry of a list of one.
    pub(super) fn only(&self, show: fn(&[Entry]) -> Array) -> Promise {
        self.read(false, show, |shown| shown.get(0))
    }

    /// Reads one page or all that are left, and gives what `answer` makes of the entries.
    fn read(
        &self,
        is_whole: bool,
        show: fn(&[Entry]) -> Array,
        answer: fn(&Array) -> JsValue,
    ) -> Promise {
        let (pages, call) = match &self.list {
            Ok((pages, call)) => (Rc::clone(pages), call.clone()),
            Err(error) => return rejected(error.clone()),
        };
        let core = Rc::clone(self.client.core());
        promise(call.timeout_ms, core.waits_for_others(), async move {
            let read = Array::new();
            let reading = async {
                while let Some(page) = pages.next().await? {
                    read.push(&show(&page));
                    if !is_whole {
                        break;
                    }
                }
                Ok(())
            };
            let start = core.start_ms();
            let result = core.within(&call, reading).await;
            core.leave_news(&call, start).await;
            result?;
            Ok(answer(&read.flat(1)))
        })
    }
}

#[wasm_bindgen]
impl Pages {
    /// At most a hundred entries, which are opened now; `undefined` after the last. The call's
    /// time is that until the page is there.
    #[wasm_bindgen(unchecked_return_type = "Promise<object[] | undefined>")]
    pub fn next(&self) -> Called {
        Ok(self.read(
            false,
            page,
            |page| {
                if page.length() > 0 { page.into() } else { JsValue::UNDEFINED }
            },
        ))
    }

    /// All entries that have not been read yet.
    #[wasm_bindgen(unchecked_return_type = "Promise<object[]>")]
    pub fn all(&self) -> Called {
        Ok(self.read(true, page, |all| all.into()))
    }
}
