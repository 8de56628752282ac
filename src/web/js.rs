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

    #[wasm_bindgen(thread_local_v2, js_namespace = Object, js_name = prototype)]
    static SHARED_PROTOTYPE: Object;

    /// `Uint8Array`, whose constructor throws if the buffer is gone.
    #[wasm_bindgen(js_name = Uint8Array, extends = Uint8Array)]
    type View;
    #[wasm_bindgen(constructor, js_class = "Uint8Array", catch)]
    fn new(buffer: &JsValue, offset: &JsValue, length: &JsValue) -> Result<View, JsValue>;
}

/// No chain of prototypes is longer, but for a proxy's, which may have no end.
const MAX_PROTOTYPES: u32 = 16;

/// A property of something foreign, which it may inherit, but not from `Object.prototype`: what
/// somebody has put there says nothing about an answer.
pub(super) fn get(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let key = name.into();
    let shared = SHARED_PROTOTYPE.with(Object::clone);
    if Object::has_own(&shared, &key) {
        let mut holder = of.clone();
        for _ in 0..MAX_PROTOTYPES {
            if holder == *shared {
                return Ok(JsValue::UNDEFINED);
            }
            if holder.is_null() || !own_descriptor(&holder, &key)?.is_undefined() {
                break;
            }
            holder = Reflect::get_prototype_of(&holder)?.into();
        }
    }
    Reflect::get(of, &key)
}

fn own_descriptor(of: &JsValue, key: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get_own_property_descriptor(of.unchecked_ref::<Object>(), key)
}

/// A property that the object has itself, and not from its prototype, which others may have
/// changed; `undefined` if it has none.
pub(super) fn get_own(of: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let key = name.into();
    let described = own_descriptor(of, &key)?;
    if described.is_undefined() { Ok(described) } else { Reflect::get(of, &key) }
}

/// The entries of a foreign array, as they are now; `None` if it is none or has a hole, which ends
/// it: a length is quickly said. A proxy may throw at any of this.
pub(super) fn entries(list: &JsValue) -> Option<Array> {
    if !is_array(list).ok()? {
        return None;
    }
    let length = get(list, "length").ok()?.as_f64()? as u32;
    let entry = |index| Reflect::get_u32(list, index).ok().filter(|entry| !entry.is_undefined());
    (0..length).map(entry).collect()
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

/// An object of these properties and no others: it has no prototype, which others may have changed.
pub(super) fn string_object<'a>(
    properties: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Object {
    let object = Object::create(JsValue::NULL.unchecked_ref());
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

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// What a line of JavaScript gives.
    fn eval(code: &str) -> JsValue {
        js_sys::eval(code).unwrap()
    }

    fn function(code: &str) -> Function {
        eval(&format!("({code})")).unchecked_into()
    }

    #[wasm_bindgen_test]
    fn own_properties_are_read_and_no_others() {
        let own = eval("({ __proto__: { inherited: 1 }, value: 2, get read() { return 3 } })");
        let read = |name| get_own(&own, name).unwrap();
        assert_eq!([read("value"), read("read")], [2.0, 3.0].map(JsValue::from));
        for name in ["inherited", "toString", "nothing", "__proto__"] {
            assert!(read(name).is_undefined(), "{name}");
        }
        let throws = eval("({ get value() { throw new Error('read') } })");
        assert!(get_own(&throws, "value").is_err());
        for trap in ["get", "getOwnPropertyDescriptor"] {
            let code = format!("new Proxy({{ value: 1 }}, {{ {trap}() {{ throw 7 }} }})");
            assert_eq!(get_own(&eval(&code), "value").unwrap_err(), 7, "{trap}");
        }
        // What is no object has no properties: an error, and no panic.
        for value in [JsValue::NULL, JsValue::UNDEFINED, JsValue::from(5)] {
            assert!(get_own(&value, "value").is_err(), "{value:?}");
        }
    }

    #[wasm_bindgen_test]
    fn what_everybody_inherits_is_nobodys() {
        let read = |code: &str, name| get(&eval(code), name);
        // A name that is always there stands for one that somebody has put there.
        let name = "valueOf";
        for code in [
            "({})",
            "[]",
            "(() => {})",
            "new (class {})",
            "Object.prototype",
            "new Proxy({}, { getPrototypeOf: () => Object.prototype })",
        ] {
            assert!(read(code, name).unwrap().is_undefined(), "{code}");
        }
        for code in [
            "({ valueOf: 1 })",
            "({ get valueOf() { return 1 } })",
            "({ __proto__: { __proto__: null, valueOf: 1 } })",
            "new (class { get valueOf() { return 1 } })",
        ] {
            assert_eq!(read(code, name).unwrap(), 1, "{code}");
        }
        assert!(read("Object.create(null)", name).unwrap().is_undefined());
        let endless =
            "(() => { const p = new Proxy({}, { getPrototypeOf: () => p }); return p })()";
        assert!(read(endless, name).is_ok());
        for code in ["null", "5", "new Proxy({}, { getPrototypeOf() { throw 1 } })"] {
            assert!(read(code, name).is_err(), "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn bytes_of_views_of_any_kind() {
        for (code, expected) in [
            ("Uint8Array.of(1, 2, 3, 4)", vec![1, 2, 3, 4]),
            ("Uint8Array.of(1, 2, 3, 4).buffer", vec![1, 2, 3, 4]),
            ("Uint8Array.of(1, 2, 3, 4).subarray(1, 3)", vec![2, 3]),
            ("new Uint16Array([258, 772])", vec![2, 1, 4, 3]),
            ("new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)", vec![2, 3]),
            ("new Float64Array(1)", vec![0; 8]),
            ("new Uint8Array(0)", vec![]),
            ("new ArrayBuffer(0)", vec![]),
            ("new (class extends Uint8Array {})([5, 6])", vec![5, 6]),
        ] {
            let bytes = bytes_of(&eval(code)).unwrap().expect(code);
            assert_eq!(bytes.to_vec(), expected, "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn what_is_no_view_has_no_bytes() {
        for code in [
            "undefined",
            "null",
            "5",
            "'text'",
            "[1, 2]",
            "({ length: 2 })",
            "({ buffer: new ArrayBuffer(2), byteOffset: 0, byteLength: 2 })",
            "new Proxy(new Uint8Array(2), {})",
            "Symbol.iterator",
        ] {
            assert!(bytes_of(&eval(code)).unwrap().is_none(), "{code}");
        }
        let gone = "(() => { const view = new Uint8Array(8);
            structuredClone(view.buffer, { transfer: [view.buffer] }); return view.buffer })()";
        for code in [
            gone,
            "({ get [Symbol.toStringTag]() { throw 1 } })",
            "Object.defineProperty(new Uint8Array(1), 'buffer', { get() { throw 1 } })",
            "Object.defineProperty(new Uint8Array(1), 'byteLength', { value: 1e9 })",
            "Object.defineProperty(new Uint8Array(1), 'byteOffset', { value: -1 })",
        ] {
            assert!(bytes_of(&eval(code)).is_err(), "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn entries_are_read_or_there_are_none() {
        let read = |code: &str| entries(&eval(code)).map(|list| list.to_vec());
        for code in ["['a', 'b']", "new Proxy(['a', 'b'], {})"] {
            assert_eq!(read(code).unwrap(), ["a", "b"], "{code}");
        }
        assert!(read("[]").unwrap().is_empty());
        let odd = read("['a', null, 5]").unwrap();
        assert!(odd.len() == 3 && odd[1].is_null() && odd[2] == 5);
        // As they are now, and whatever the array says that its slice is.
        assert_eq!(read("Object.assign(['a'], { slice: 1, map: 2 })").unwrap(), ["a"]);
        for code in [
            "undefined",
            "'ab'",
            "({ length: 1, 0: 'a' })",
            "['a', , 'b']",
            "['a', undefined]",
            "new Array(4294967295)",
            "Object.defineProperty([], 0, { get() { throw 1 } })",
            "new Proxy(['a'], { get() { throw 1 } })",
            "new Proxy(['a'], { get: (_, name) => (name === 'length' ? {} : 1) })",
            "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy })()",
        ] {
            assert!(read(code).is_none(), "{code}");
        }
    }

    #[wasm_bindgen_test]
    fn calls_do_not_use_what_a_function_says_of_itself() {
        let odd = function("Object.assign((...all) => all.length, { call: null, apply: null })");
        let arguments = [&JsValue::NULL, &JsValue::TRUE];
        assert_eq!(call(&odd, &JsValue::UNDEFINED, &arguments).unwrap(), 2);
        let throws = function("() => { throw 8 }");
        assert_eq!(call(&throws, &JsValue::UNDEFINED, &[]).unwrap_err(), 8);
        let this = eval("({ name: 'it', get() { return this.name } })");
        let get = method(&this, "get").unwrap().unwrap();
        assert_eq!(call(&get, &this, &[]).unwrap(), "it");
        assert!(method(&this, "name").unwrap().is_none());
        assert!(method(&JsValue::NULL, "name").is_err());
    }

    #[wasm_bindgen_test]
    async fn settled_takes_promises_thenables_and_what_is_none() {
        for (code, expected) in [
            ("5", Ok(5)),
            ("Promise.resolve(5)", Ok(5)),
            ("Promise.reject(6)", Err(6)),
            ("({ then(ok) { ok(5) } })", Ok(5)),
            ("({ then(ok) { setTimeout(ok, 1, 5) } })", Ok(5)),
            ("({ then(ok, no) { no(6) } })", Err(6)),
            ("({ then(ok) { ok(5); throw 6 } })", Ok(5)),
            ("({ then() { throw 6 } })", Err(6)),
            ("({ get then() { throw 6 } })", Err(6)),
            ("({ then(ok) { ok({ then(ok) { ok(5) } }) } })", Ok(5)),
            ("new Proxy({}, { get() { throw 6 } })", Err(6)),
        ] {
            let settled = Settled::new(&eval(code)).await;
            let expected = expected.map(JsValue::from).map_err(JsValue::from);
            assert_eq!(settled, expected, "{code}");
        }
        let settled = Settled::new(&eval("({ then: 5 })")).await.unwrap();
        assert!(settled.is_object());
    }

    #[wasm_bindgen_test]
    async fn what_never_settles_is_let_go() {
        let fulfilled = {
            let (promise, fulfil) = promise();
            drop(fulfil);
            JsFuture::from(promise).await
        };
        assert!(fulfilled.unwrap().is_undefined());
        drop(Settled::new(&eval("new Promise(() => {})")));
        drop(Settled::new(&eval("({ then() {} })")));
    }
}
