//! `_io`: streams.
//!
//! | file | what |
//! |---|---|
//! | `base` | the abstract classes and their mixin methods |
//! | `fileio` | `FileIO`, over a descriptor |
//! | `buffered` | buffered readers and writers over a raw stream |
//! | `busy` | one thread at a time in a buffered stream |
//! | `pair` | `BufferedRWPair` |
//! | `bytesio`, `stringio` | streams in memory |
//! | `newline` | `IncrementalNewlineDecoder` and the translation behind it |
//! | `codec` | encoders and decoders of text streams |
//! | `textio`, `cookie` | `TextIOWrapper`, and its positions |
//! | `open` | `open` and its kin |

mod base;
mod buffered;
mod busy;
mod bytesio;
mod codec;
mod cookie;
mod fileio;
mod newline;
mod open;
mod pair;
mod stringio;
mod textio;

use std::cell::RefCell;

use pyrope_object::args::Args;
use pyrope_object::bind::{self, Signature};
use pyrope_object::{BuiltinType as B, ModuleDef, Object, PyResult, Raised, Str, Value, Vm};
use pyrope_types::model::module;

/// `io.DEFAULT_BUFFER_SIZE`
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_io",
    doc: "The io module provides the Python interfaces to stream handling. The\nbuiltin open function is defined in this \
          module.\n\nAt the top of the I/O hierarchy is the abstract base class IOBase. It\ndefines the basic interface \
          to a stream.",
    functions: &[open::functions::FUNCTIONS],
    types: &[
        <base::IOBase as Object>::def,
        <base::RawIOBase as Object>::def,
        <base::BufferedIOBase as Object>::def,
        <base::TextIOBase as Object>::def,
        <fileio::FileIO as Object>::def,
        <bytesio::BytesIO as Object>::def,
        <bytesio::BytesIOBuffer as Object>::def,
        <stringio::StringIO as Object>::def,
        <buffered::BufferedReader as Object>::def,
        <buffered::BufferedWriter as Object>::def,
        <buffered::BufferedRandom as Object>::def,
        <pair::BufferedRWPair as Object>::def,
        <newline::IncrementalNewlineDecoder as Object>::def,
        <textio::TextIOWrapper as Object>::def,
    ],
    exec: Some(fill),
};

/// This interpreter's `UnsupportedOperation`.
#[derive(Default)]
struct IoState {
    unsupported: RefCell<Option<Value>>,
}

fn fill(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module::module_dict(module, vm)?;
    dict.set_str("DEFAULT_BUFFER_SIZE", vm.int_from_usize(DEFAULT_BUFFER_SIZE), vm)?;
    dict.set_str("BlockingIOError", vm.builtin(B::BlockingIOError).to_value(), vm)?;
    dict.set_str("UnsupportedOperation", unsupported_class(vm)?, vm)
}

/// `io.UnsupportedOperation`, an OSError and a ValueError.
fn unsupported_class(vm: &Vm) -> PyResult {
    let state = vm.state::<IoState>();
    if let Some(known) = &*state.unsupported.borrow() {
        return Ok(known.clone());
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.intern("io").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::OSError).to_value(), vm.builtin(B::ValueError).to_value()]);
    let name = vm.intern("UnsupportedOperation").into_value();
    let class = vm.call(&vm.builtin(B::Type).to_value(), &[name, bases.into_value(), namespace.into_value()])?;
    *state.unsupported.borrow_mut() = Some(class.clone());
    Ok(class)
}

/// Raises `io.UnsupportedOperation`.
#[cold]
pub(crate) fn unsupported(message: &str, vm: &Vm) -> Raised {
    match unsupported_class(vm) {
        Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        Err(raised) => raised,
    }
}

/// The arguments of an `__init__`, by place.
fn bound<'a, const N: usize>(
    signature: &'static Signature,
    args: Args<'a>,
    vm: &Vm,
) -> PyResult<[Option<&'a Value>; N]> {
    let mut slots = [None; N];
    bind::bind(signature, args, &mut slots, vm)?;
    Ok(slots)
}

/// The truth of `stream.name()`.
fn ask(stream: &Value, name: &str, vm: &Vm) -> PyResult<bool> {
    let answer = vm.call_method(stream, name, &[])?;
    vm.is_true(&answer)
}

/// A size where None and negative numbers mean all there is.
fn optional_size(value: Option<&Value>, vm: &Vm) -> PyResult<Option<usize>> {
    match value {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) if value.ty(vm).slots().index.is_none() => {
            Err(vm.type_error(format!("argument should be integer or None, not '{}'", vm.type_name(value))))
        }
        Some(value) => Ok(usize::try_from(vm.index_isize(value)?).ok()),
    }
}

/// The text of a `str`, or None for Python's None; a TypeError names the argument.
fn text_or_none<'a>(
    value: Option<&'a Value>,
    function: &str,
    name: &str,
    vm: &Vm,
) -> PyResult<Option<std::borrow::Cow<'a, str>>> {
    let Some(value) = value.filter(|v| !v.is_none()) else { return Ok(None) };
    let Some(text) = value.downcast::<Str>() else {
        return Err(
            vm.type_error(format!("{function}() argument '{name}' must be str or None, not {}", vm.type_name(value)))
        );
    };
    let text = bind::utf8(value, text, vm)?;
    if text.contains('\0') { Err(vm.value_error("embedded null character")) } else { Ok(Some(text)) }
}

/// `sys.flags.name`, as a number.
fn sys_flag(name: &str, vm: &Vm) -> i64 {
    let flag = vm.import("sys").and_then(|sys| vm.get_attr_str(&sys, "flags")).and_then(|f| vm.get_attr_str(&f, name));
    match flag {
        Ok(flag) => flag.as_i64().unwrap_or_else(|| i64::from(flag.as_bool() == Some(true))),
        Err(raised) => {
            vm.ignore(raised);
            0
        }
    }
}
