//! What `bytes()` and `bytearray()` make octets of.

use std::borrow::Cow;

use pyrope_object::args::ArgName;
use pyrope_object::bind::{Signature, bad_argument, bind, full_type_name};
use pyrope_object::buffer::flags;
use pyrope_object::{Args, BuiltinType as B, Bytes, FromArg, List, PyResult, Ref, Str, Tuple, Value, Vm};

use crate::containers::sequence::is_index;

/// The arguments of both constructors.
pub(super) struct Source<'a> {
    pub object: Option<&'a Value>,
    pub encoding: Option<Cow<'a, str>>,
    pub errors: Option<Cow<'a, str>>,
}

pub(super) static BYTES: Signature = signature("bytes");
pub(super) static BYTEARRAY: Signature = signature("bytearray");

const fn signature(function: &'static str) -> Signature {
    Signature {
        function,
        names: &["source", "encoding", "errors"],
        posonly: 0,
        minpos: 0,
        maxpos: 3,
        minkw: 0,
        varargs: false,
        kwargs: false,
    }
}

impl<'a> Source<'a> {
    pub(super) fn parse(signature: &'static Signature, args: Args<'a>, vm: &Vm) -> PyResult<Self> {
        let mut slots = [None; 3];
        bind(signature, args, &mut slots, vm)?;
        let name = |value: Option<&'a Value>, name: &str| {
            let argument = ArgName { function: signature.function, argument: format!("argument '{name}'").into() };
            match value {
                None => Ok(None),
                Some(value) if value.downcast::<Str>().is_none() => Err(bad_argument(&argument, "str", value, vm)),
                Some(value) => Cow::<str>::from_arg(value, &argument, vm).map(Some),
            }
        };
        Ok(Source { object: slots[0], encoding: name(slots[1], "encoding")?, errors: name(slots[2], "errors")? })
    }

    /// Text with an encoding: its bytes. Complains about an encoding without text and text without an encoding.
    pub(super) fn encoded(&self, vm: &Vm) -> PyResult<Option<Value>> {
        let text = self.object.and_then(|object| object.cast::<Str>());
        match (text, &self.encoding, &self.errors) {
            (Some(text), Some(encoding), errors) => {
                super::super::encode(&text, encoding, errors.as_deref().unwrap_or("strict"), vm).map(Some)
            }
            // Text may yet have `__bytes__`.
            (Some(_), None, None) => Ok(None),
            (Some(_), None, Some(_)) => Err(vm.type_error("string argument without an encoding")),
            (None, Some(_), _) => Err(vm.type_error("encoding without a string argument")),
            (None, None, Some(_)) => Err(vm.type_error("errors without a string argument")),
            (None, None, None) => Ok(None),
        }
    }
}

/// Octets of a count (zeros) or a buffer; `None` for what is neither.
pub(super) fn octets_at_once(object: &Value, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
    if is_index(object, vm)
        && let Some(count) = count(object, vm)?
    {
        return zeros(count, vm).map(Some);
    }
    match object.ty(vm).slots().buffer {
        Some(lend) => Ok(Some(lend(object, flags::FULL_RO, vm)?.to_vec())),
        None => Ok(None),
    }
}

/// The count that the object is; `None` where its `__index__` raises TypeError.
fn count(object: &Value, vm: &Vm) -> PyResult<Option<usize>> {
    let Some(index) = vm.suppress(vm.index(object), B::TypeError)? else { return Ok(None) };
    match index.as_i64() {
        Some(n) => match usize::try_from(n) {
            Ok(n) => Ok(Some(n)),
            Err(_) => Err(vm.value_error("negative count")),
        },
        None => Err(vm.overflow_error(format!("cannot fit '{}' into an index-sized integer", vm.type_name(object)))),
    }
}

/// So many zeros, or MemoryError.
pub(super) fn zeros(count: usize, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut data = Vec::new();
    if data.try_reserve_exact(count).is_err() {
        return Err(vm.memory_error());
    }
    data.resize(count, 0);
    Ok(data)
}

/// A value as an octet, with the words of `bytes` or `bytearray`.
pub(super) fn octet(value: &Value, message: &str, vm: &Vm) -> PyResult<u8> {
    match vm.index_i64(value)?.and_then(|n| u8::try_from(n).ok()) {
        Some(octet) => Ok(octet),
        None => Err(vm.value_error(message)),
    }
}

/// How `bytearray` and indices refuse numbers.
pub(super) const BAD_BYTE: &str = "byte must be in range(0, 256)";

/// The octets of an iterable of numbers. The iterable is asked for its length where there is a `hint` for want of one.
pub(super) fn from_iterable(object: &Value, kind: &str, hint: Option<usize>, vm: &Vm) -> PyResult<Vec<u8>> {
    let mut data = Vec::new();
    let push = |octet| {
        if data.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        data.push(octet);
        Ok(())
    };
    each_octet(object, kind, hint, vm, push)?;
    Ok(data)
}

/// Gives the octets of an iterable of numbers to `store`, each before the next one is asked for.
pub(super) fn each_octet(
    object: &Value,
    kind: &str,
    hint: Option<usize>,
    vm: &Vm,
    mut store: impl FnMut(u8) -> PyResult<()>,
) -> PyResult<()> {
    let message = if kind == "bytes" { "bytes must be in range(0, 256)" } else { BAD_BYTE };
    let mut push = |item: &Value| store(octet(item, message, vm)?);
    if let Some(list) = object.downcast_exact::<List>() {
        let mut at = 0;
        while let Some(item) = list.get(at) {
            push(&item)?;
            at += 1;
        }
        return Ok(());
    }
    if let Some(tuple) = object.downcast_exact::<Tuple>() {
        for item in tuple.as_slice() {
            push(item)?;
        }
        return Ok(());
    }
    let iterator = match vm.iter(object) {
        Ok(iterator) => iterator,
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            let found = full_type_name(object, vm);
            return Err(vm.type_error(format!("cannot convert '{found}' object to {kind}")));
        }
        Err(raised) => return Err(raised),
    };
    if let Some(hint) = hint {
        vm.length_hint(object, hint)?;
    }
    while let Some(item) = vm.next(&iterator)? {
        push(&item)?;
    }
    Ok(())
}

/// What `object.__bytes__()` gives, if there is one.
pub(super) fn dunder_bytes(object: &Value, vm: &Vm) -> PyResult<Option<Ref<Bytes>>> {
    let Some(result) = vm.call_special(object, &vm.names().__bytes__, &[])? else { return Ok(None) };
    match result.cast::<Bytes>() {
        Some(bytes) => Ok(Some(bytes)),
        None => {
            let kind = vm.type_name(&result);
            Err(vm.type_error(format!("__bytes__ returned non-bytes (type {kind})")))
        }
    }
}
