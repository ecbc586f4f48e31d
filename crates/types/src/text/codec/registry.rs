//! The registry of codecs and error handlers: one of each interpreter.

use std::cell::Cell;
use std::rc::Rc;

use pyrope_object::{BuiltinType as B, Dict, Guarded, PyResult, Raised, Ref, Tuple, Value, Vm};

use super::{handlers, normalize_encoding};
use crate::model::builtin_function::native_function;

/// What is registered.
#[derive(Default)]
pub struct CodecState {
    search_functions: Guarded<Vec<Value>>,
    cache: Guarded<Option<Ref<Dict>>>,
    handlers: Guarded<Option<Ref<Dict>>>,
    /// `encodings` was imported, which registers the standard search function.
    started: Cell<bool>,
}

/// The interpreter's registry.
pub fn codec_state(vm: &Vm) -> Rc<CodecState> {
    vm.state::<CodecState>()
}

fn dict_in(slot: &Guarded<Option<Ref<Dict>>>, vm: &Vm) -> Ref<Dict> {
    if let Some(dict) = slot.get() {
        return dict;
    }
    let dict = vm.new_dict();
    slot.set(Some(dict.clone()));
    dict
}

/// `codecs.register(search_function)`
pub fn register(search: &Value, vm: &Vm) -> PyResult<()> {
    if search.ty(vm).slots().call.is_none() {
        return Err(vm.type_error("argument must be callable"));
    }
    let state = codec_state(vm);
    start(&state, vm)?;
    let search = search.clone();
    state.search_functions.with_mut(|functions| functions.push(search));
    Ok(())
}

/// `codecs.unregister(search_function)`
pub fn unregister(search: &Value, vm: &Vm) {
    let state = codec_state(vm);
    let removed = state.search_functions.with_mut(|functions| {
        let at = functions.iter().position(|f| f.is(search));
        at.map(|at| functions.remove(at))
    });
    if removed.is_some() {
        drop(state.cache.take());
    }
}

fn start(state: &CodecState, vm: &Vm) -> PyResult<()> {
    if state.started.replace(true) {
        return Ok(());
    }
    match vm.import("encodings") {
        Ok(_) => Ok(()),
        Err(raised) => {
            state.started.set(false);
            Err(raised)
        }
    }
}

/// The codec of an encoding: a tuple of four, a `CodecInfo`.
pub fn lookup(encoding: &str, vm: &Vm) -> PyResult<Value> {
    let state = codec_state(vm);
    start(&state, vm)?;
    let name = vm.intern(&normalize_encoding(encoding)).into_value();
    let cache = dict_in(&state.cache, vm);
    if let Some(found) = cache.get(&name, vm)? {
        return Ok(found);
    }
    for search in state.search_functions.get() {
        let found = vm.call(&search, std::slice::from_ref(&name))?;
        if found.is_none() {
            continue;
        }
        if found.downcast::<Tuple>().is_none_or(|tuple| tuple.len() != 4) {
            return Err(vm.type_error("codec search functions must return 4-tuples"));
        }
        dict_in(&state.cache, vm).set(name, found.clone(), vm)?;
        return Ok(found);
    }
    Err(vm.lookup_error(format!("unknown encoding: {encoding}")))
}

/// `codecs.register_error(name, handler)`
pub fn register_error(name: &str, handler: &Value, vm: &Vm) -> PyResult<()> {
    if handler.ty(vm).slots().call.is_none() {
        return Err(vm.type_error("handler must be callable"));
    }
    dict_in(&codec_state(vm).handlers, vm).set_str(name, handler.clone(), vm)
}

/// `codecs._unregister_error(name)`: true if there was one.
pub fn unregister_error(name: &str, vm: &Vm) -> PyResult<bool> {
    if handlers::find(name).is_some() {
        return Err(vm.value_error(format!("cannot un-register built-in error handler '{name}'")));
    }
    let handlers = dict_in(&codec_state(vm).handlers, vm);
    let key = vm.new_str(name).into_value();
    Ok(handlers.remove(&key, vm)?.is_some())
}

/// `codecs.lookup_error(name)`
pub fn lookup_error(name: &str, vm: &Vm) -> PyResult<Value> {
    let handlers = dict_in(&codec_state(vm).handlers, vm);
    if let Some(found) = handlers.get_str(name, vm)? {
        return Ok(found);
    }
    let Some(def) = handlers::find(name) else {
        return Err(vm.lookup_error(format!("unknown error handler name '{name}'")));
    };
    let function = native_function(def, Value::none(), None, vm);
    handlers.set_str(name, function.clone(), vm)?;
    Ok(function)
}

/// Adds `encoding with 'x' codec failed` to what the codec raised.
fn note(raised: Raised, doing: &str, encoding: &str, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    let note = vm.new_str(&format!("{doing} with '{encoding}' codec failed")).into_value();
    if let Err(raised) = vm.call_method(&exception, "add_note", &[note]) {
        vm.ignore(raised);
    }
    vm.reraise(exception)
}

fn call_codec(
    codec: &Value,
    index: usize,
    object: &Value,
    names: [&str; 3],
    errors: Option<&str>,
    vm: &Vm,
) -> PyResult {
    let [encoding, doing, what] = names;
    let function = codec.downcast::<Tuple>().and_then(|codec| codec.as_slice().get(index).cloned());
    let Some(function) = function else { return Err(vm.type_error("codec search functions must return 4-tuples")) };
    let mut args = vec![object.clone()];
    args.extend(errors.map(|errors| vm.new_str(errors).into_value()));
    let result = vm.call(&function, &args).map_err(|raised| note(raised, doing, encoding, vm))?;
    match result.downcast::<Tuple>().map(|pair| pair.as_slice()) {
        Some([value, _]) => Ok(value.clone()),
        _ => Err(vm.type_error(format!("{what} must return a tuple (object, integer)"))),
    }
}

const ENCODE: usize = 0;
const DECODE: usize = 1;

/// `codecs.encode(object, encoding, errors)`
pub fn encode_any(object: &Value, encoding: &str, errors: Option<&str>, vm: &Vm) -> PyResult {
    call_codec(&lookup(encoding, vm)?, ENCODE, object, [encoding, "encoding", "encoder"], errors, vm)
}

/// `codecs.decode(object, encoding, errors)`
pub fn decode_any(object: &Value, encoding: &str, errors: Option<&str>, vm: &Vm) -> PyResult {
    call_codec(&lookup(encoding, vm)?, DECODE, object, [encoding, "decoding", "decoder"], errors, vm)
}

/// The codec, if it is one between text and bytes.
fn text_codec(encoding: &str, function: &str, vm: &Vm) -> PyResult {
    let codec = lookup(encoding, vm)?;
    if codec.downcast_exact::<Tuple>().is_none()
        && let Some(is_text) = vm.find_attr_str(&codec, "_is_text_encoding")?
        && !vm.is_true(&is_text)?
    {
        return Err(vm.raise(
            B::LookupError,
            format!("'{encoding}' is not a text encoding; use {function} to handle arbitrary codecs"),
        ));
    }
    Ok(codec)
}

/// Passes the handler's name only where it is not the default, as CPython does.
fn given(errors: &str) -> Option<&str> {
    (errors != "strict").then_some(errors)
}

pub(super) fn encode_text(object: &Value, encoding: &str, errors: &str, vm: &Vm) -> PyResult {
    let codec = text_codec(encoding, "codecs.encode()", vm)?;
    call_codec(&codec, ENCODE, object, [encoding, "encoding", "encoder"], given(errors), vm)
}

pub(super) fn decode_text(object: &Value, encoding: &str, errors: &str, vm: &Vm) -> PyResult {
    let codec = text_codec(encoding, "codecs.decode()", vm)?;
    call_codec(&codec, DECODE, object, [encoding, "decoding", "decoder"], given(errors), vm)
}
