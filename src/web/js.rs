//! What is foreign is touched through these alone: nothing that it throws passes by.

use js_sys::{Array, ArrayBuffer, Function, JsString, Object, Promise, Reflect, Uint8Array};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["Object", "prototype", "toString"], js_name = call, catch)]
    fn tag(value: &JsValue) -> Result<JsString, JsValue>;

    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(js_name = String, catch)]
    pub(super) fn text_of(value: &JsValue) -> Result<JsString, JsValue>;

    /// `Uint8Array`, whose constructor throws if the buffer is gone.
    #[wasm_bindgen(js_name = Uint8Array, extends = Uint8Array)]
    type View;
    #[wasm_bindgen(constructor, js_class = "Uint8Array", catch)]
    fn new(buffer: &JsValue, offset: &JsValue, length: &JsValue) -> Result<View, JsValue>;
}

/// A property of something foreign.
pub(super) fn get(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(of, &name.into())
}

/// A property that the object has itself, and not from its prototype, which others may have
/// changed; `undefined` if it has none.
pub(super) fn get_own(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let key = name.into();
    let described = Reflect::get_own_property_descriptor(of.unchecked_ref::<Object>(), &key)?;
    if described.is_undefined() { Ok(described) } else { Reflect::get(of, &key) }
}

/// The entries of a foreign array, as they are now; `None` if it is none. A proxy may throw at any
/// of this.
pub(super) fn entries(list: &JsValue) -> Option<Array> {
    if !is_array(list).ok()? {
        return None;
    }
    let length = get(list, "length").ok()?.as_f64()? as u32;
    (0..length).map(|index| Reflect::get_u32(list, index).ok()).collect()
}

/// A method of something foreign, if it has one.
pub(super) fn method(of: &JsValue, name: &str) -> Result<Option<Function>, JsValue> {
    Ok(get(of, name)?.dyn_into().ok())
}

/// Calls what is foreign. Not `Function::call`, which uses the function's own `call`.
pub(super) fn call(
    function: &Function,
    this: &JsValue,
    arguments: &[&JsValue],
) -> Result<JsValue, JsValue> {
    Reflect::apply(function, this, &arguments.iter().copied().collect::<Array>())
}

/// Setting a property of a plain object cannot fail.
pub(super) fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(object, &name.into(), &value.into());
}

/// A plain object of these properties.
pub(super) fn string_object<'a>(
    properties: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// An `ArrayBuffer` or a view of one, of whichever realm.
pub(super) fn bytes_of(piece: &JsValue) -> Result<Option<Uint8Array>, JsValue> {
    let undefined = JsValue::UNDEFINED;
    let view = if ArrayBuffer::is_view(piece) {
        let [buffer, offset, length] =
            [get(piece, "buffer")?, get(piece, "byteOffset")?, get(piece, "byteLength")?];
        View::new(&buffer, &offset, &length)?
    } else if tag(piece)? == "[object ArrayBuffer]" {
        View::new(piece, &undefined, &undefined)?
    } else {
        return Ok(None);
    };
    Ok(Some(view.unchecked_into()))
}

/// A promise, and what fulfils it.
pub(super) fn promise() -> (Promise, Fulfil) {
    // Not `Function::default()`: its glue holds a `new Function`, which edge hosts refuse.
    let mut fulfil = JsValue::UNDEFINED;
    let promise = Promise::new(&mut |resolve, _| fulfil = resolve.into());
    (promise, Fulfil(fulfil))
}

/// Fulfils a promise, when it goes at the latest: what waits for one that is never settled is
/// never freed.
#[derive(Debug)]
pub(super) struct Fulfil(JsValue);

impl Fulfil {
    pub(super) fn function(&self) -> &Function {
        self.0.unchecked_ref()
    }
}

impl Drop for Fulfil {
    fn drop(&mut self) {
        let _ = call(self.function(), &JsValue::UNDEFINED, &[]);
    }
}

/// Waits for a foreign promise; what is none counts as one that is fulfilled. Whatever is thrown
/// as it is looked at rejects, and nothing is left behind if it is never settled.
pub(super) struct Settled {
    future: JsFuture,
    _over: Fulfil,
}

impl Settled {
    pub(super) fn new(foreign: &JsValue) -> Self {
        let (over, fulfil) = promise();
        let race = Promise::race(&Array::of2(foreign, &over));
        Self { future: race.into(), _over: fulfil }
    }
}

impl Future for Settled {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.future).poll(context)
    }
}

/// Sees to it that a rejection of a foreign promise is not reported as unhandled.
pub(super) fn ignore(promise: &JsValue) {
    // Settled at once by the first, unless the second throws as it is looked at.
    let race = Promise::race(&Array::of2(&JsValue::UNDEFINED, promise));
    spawn_local(async move {
        let _ = JsFuture::from(race).await;
    });
}
