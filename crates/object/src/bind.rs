//! Binding a call's arguments to a native function's parameters, with CPython's words when they do not fit.
//!
//! The attribute macros of `pyrope-macros` write calls to these functions; code that parses its own [`Args`] may use them
//! too. Three shapes of function, three sets of words, as in CPython:
//!
//! - no parameter or one that is positional-only: counted by the caller, [`call_native`] (`list.append() takes exactly
//!   one argument (2 given)`);
//! - positional-only parameters: [`check_positional`] (`pop expected at most 1 argument, got 2`);
//! - parameters with names: [`bind`] (`split() got an unexpected keyword argument 'x'`).

mod bytes;
mod call;
mod convert;
pub mod suggest;

pub use bytes::{BytesLike, WritableBytes, not_bytes_like};
pub use call::{accepts_keywords, call_native, call_unbound, wrong_receiver};
pub use convert::{CodePoint, NullableArg, OrNone, argument_type_name, bad_argument, full_name, full_type_name, utf8};

use crate::args::{Args, Kwargs};
use crate::error::{PyResult, Raised};
use crate::layout::Str;
use crate::value::Value;
use crate::vm::Vm;

/// The parameters of a native function of which some have names. `*args` and `**kwargs` are not among `names`.
pub struct Signature {
    /// The function's name as messages show it.
    pub function: &'static str,
    /// All parameters in order: positional-only, positional, keyword-only.
    pub names: &'static [&'static str],
    /// How many are positional-only.
    pub posonly: usize,
    /// How many positional ones are required.
    pub minpos: usize,
    /// How many can be given by position.
    pub maxpos: usize,
    /// How many keyword-only ones are required; they stand before the optional ones.
    pub minkw: usize,
    /// Further positional arguments are collected.
    pub varargs: bool,
    /// Further keyword arguments are collected.
    pub kwargs: bool,
}

impl Signature {
    /// Parameters that can all be given by position and by name; the first `required` must be given.
    pub const fn plain(function: &'static str, names: &'static [&'static str], required: usize) -> Signature {
        Signature {
            function,
            names,
            posonly: 0,
            minpos: required,
            maxpos: names.len(),
            minkw: 0,
            varargs: false,
            kwargs: false,
        }
    }
}

/// What was collected beyond the named parameters.
#[derive(Default)]
pub struct Rest<'a> {
    pub varargs: &'a [Value],
    pub kwargs: Kwargs<'a>,
}

impl<'a> Rest<'a> {
    /// The values from `most` on.
    #[inline]
    pub fn varargs(values: &'a [Value], most: usize) -> Self {
        Rest { varargs: values.get(most..).unwrap_or_default(), kwargs: Kwargs::new() }
    }
}

/// Counts the arguments of a function whose parameters are all positional-only and gives them back.
#[inline]
pub fn check_positional<'a>(
    function: &str,
    args: Args<'a>,
    least: usize,
    most: usize,
    vm: &Vm,
) -> PyResult<&'a [Value]> {
    let values = args.positional();
    if args.keyword_count() != 0 {
        return Err(no_keywords(function, vm));
    }
    if values.len() < least || values.len() > most {
        return Err(wrong_count(function, values.len(), least, most, vm));
    }
    Ok(values)
}

/// Raises `f() takes no keyword arguments`.
#[cold]
pub fn no_keywords(function: &str, vm: &Vm) -> Raised {
    vm.type_error(format!("{function}() takes no keyword arguments"))
}

#[cold]
fn wrong_count(function: &str, given: usize, least: usize, most: usize, vm: &Vm) -> Raised {
    let (word, bound) = match () {
        () if least == most => ("", least),
        () if given < least => ("at least ", least),
        () => ("at most ", most),
    };
    vm.type_error(format!("{function} expected {word}{bound} argument{}, got {given}", plural(bound)))
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Puts each argument into its parameter's place in `slots`, which has a place for each of `signature.names` and comes
/// in empty. Required parameters are filled on success.
#[inline]
pub fn bind<'a>(
    signature: &'static Signature,
    args: Args<'a>,
    slots: &mut [Option<&'a Value>],
    vm: &Vm,
) -> PyResult<Rest<'a>> {
    let values = args.positional();
    let fits = signature.minpos <= values.len() && (values.len() <= signature.maxpos || signature.varargs);
    if args.keyword_count() == 0 && signature.minkw == 0 && fits {
        for (slot, value) in slots.iter_mut().zip(values.iter().take(signature.maxpos)) {
            *slot = Some(value);
        }
        return Ok(Rest::varargs(values, signature.maxpos));
    }
    bind_slowly(signature, args, slots, vm)
}

fn bind_slowly<'a>(
    signature: &'static Signature,
    args: Args<'a>,
    slots: &mut [Option<&'a Value>],
    vm: &Vm,
) -> PyResult<Rest<'a>> {
    let values = args.positional();
    check_counts(signature, values.len(), args.keyword_count(), vm)?;
    let by_position = values.len().min(signature.maxpos);
    for (slot, value) in slots.iter_mut().zip(&values[..by_position]) {
        *slot = Some(value);
    }
    let mut left = args.keyword_count();
    let required_end = if signature.minkw > 0 { signature.maxpos + signature.minkw } else { signature.minpos };
    let places = signature.names.iter().zip(slots).enumerate().skip(by_position.max(signature.posonly));
    for (index, (name, slot)) in places {
        *slot = if left > 0 { find_keyword(args, name) } else { None };
        if slot.is_some() {
            left -= 1;
        } else if index < signature.minpos || (signature.maxpos..required_end).contains(&index) {
            let function = signature.function;
            let message = format!("{function}() missing required argument '{name}' (pos {})", index + 1);
            return Err(vm.type_error(message));
        }
    }
    let mut rest = Rest::varargs(values, signature.maxpos);
    if left > 0 {
        rest.kwargs = leftover(signature, args, by_position, vm)?;
    }
    Ok(rest)
}

/// The checks on mere numbers, in CPython's order.
fn check_counts(signature: &Signature, given: usize, keywords: usize, vm: &Vm) -> PyResult<()> {
    let &Signature { function, posonly, minpos, maxpos, .. } = signature;
    let all = signature.names.len();
    if !signature.varargs && !signature.kwargs && given + keywords > all {
        let kind = if given == 0 { "keyword " } else { "" };
        let message =
            format!("{function}() takes at most {all} {kind}argument{} ({} given)", plural(all), given + keywords);
        return Err(vm.type_error(message));
    }
    if !signature.varargs && given > maxpos {
        if maxpos == 0 {
            return Err(vm.type_error(format!("{function}() takes no positional arguments")));
        }
        let word = if minpos < maxpos { "at most" } else { "exactly" };
        return Err(vm.type_error(positional_count(function, word, maxpos, given)));
    }
    let required = posonly.min(minpos);
    if given < required {
        let word = if required < maxpos { "at least" } else { "exactly" };
        return Err(vm.type_error(positional_count(function, word, required, given)));
    }
    Ok(())
}

fn positional_count(function: &str, word: &str, bound: usize, given: usize) -> String {
    format!("{function}() takes {word} {bound} positional argument{} ({given} given)", plural(bound))
}

fn find_keyword<'a>(args: Args<'a>, name: &str) -> Option<&'a Value> {
    args.keywords().find(|(key, _)| is_name(key, name)).map(|(_, value)| value)
}

fn is_name(key: &Value, name: &str) -> bool {
    key.downcast::<Str>().is_some_and(|key| key.equals_str(name))
}

/// Keyword arguments that no free parameter took: collected, or an error.
fn leftover<'a>(signature: &Signature, args: Args<'a>, by_position: usize, vm: &Vm) -> PyResult<Kwargs<'a>> {
    let named = signature.names.get(signature.posonly..).unwrap_or_default();
    for (index, name) in signature.names.iter().enumerate().take(by_position).skip(signature.posonly) {
        if find_keyword(args, name).is_some() {
            let function = signature.function;
            let message = format!("argument for {function}() given by name ('{name}') and position ({})", index + 1);
            return Err(vm.type_error(message));
        }
    }
    let unknown = args.keywords().filter(|(key, _)| !named.iter().any(|name| is_name(key, name)));
    if signature.kwargs {
        return Ok(unknown.collect());
    }
    let key = unknown.map(|(key, _)| key).next();
    Err(match key.and_then(|key| key.downcast::<Str>()) {
        Some(key) => unexpected_keyword(signature.function, &key.to_string_lossy(), named, vm),
        None => vm.type_error("keywords must be strings"),
    })
}

/// Raises `f() got an unexpected keyword argument 'x'`, with a hint if one of the names in `known` is near.
#[cold]
pub fn unexpected_keyword(function: &str, key: &str, known: &[&str], vm: &Vm) -> Raised {
    let hint = suggest::nearest(key, known.iter().copied())
        .map_or_else(String::new, |near| format!(". Did you mean '{near}'?"));
    vm.type_error(format!("{function}() got an unexpected keyword argument '{key}'{hint}"))
}

/// What a wrapper raises if a required parameter were empty after binding, which [`bind`] and [`check_positional`] rule
/// out.
#[cold]
pub fn unbound(function: &str, vm: &Vm) -> Raised {
    vm.type_error(format!("{function}() missing required argument"))
}

/// What the attribute macros name in their output: one place, whatever the crate's modules are called.
#[doc(hidden)]
pub mod glue {
    pub use super::call::{accepts_keywords, receiver, receiver_ref};
    pub use super::{OrNone, Rest, Signature, bind, check_positional, unbound};
    pub use crate::args::{ArgName, Args, FromArg, IntoResult, Kwargs};
    pub use crate::builtin::BuiltinType;
    pub use crate::error::PyResult;
    pub use crate::reference::Object;
    pub use crate::shape::{NO_SHAPE, builtin_shape};
    pub use crate::slots::Slots;
    pub use crate::traverse::Traverse;
    pub use crate::typedef::{Binding, GetSetDef, Layout, MethodDef, NativeFn, TypeDef, TypeFlags};
    pub use crate::value::Value;
    pub use crate::vm::Vm;

    use crate::header::Header;

    /// Drops the fields of a `T` in place.
    ///
    /// # Safety
    /// `object` is an initialised `T` that nobody uses afterwards.
    pub unsafe fn drop_object<T: Object>(object: *mut Header) {
        // SAFETY: the caller's promise.
        unsafe { object.cast::<T>().drop_in_place() }
    }

    /// Visits what a `T` owns.
    ///
    /// # Safety
    /// `object` is a live `T`.
    pub unsafe fn traverse_object<T: Object + Traverse>(object: *const Header, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: the caller's promise.
        unsafe { &*object.cast::<T>() }.traverse(visit);
    }

    /// Moves out of a `T` what may close a cycle.
    ///
    /// # Safety
    /// `object` is a live `T`.
    pub unsafe fn clear_object<T: Object + Traverse>(object: *const Header, out: &mut Vec<Value>) {
        // SAFETY: the caller's promise.
        unsafe { &*object.cast::<T>() }.clear(out);
    }
}
