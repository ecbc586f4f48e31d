//! `enumerate`: items with their numbers.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Args, Guarded, Header, PyResult, Raised, Ref, Slots, Str, Tuple, Type, Value, Vm};

use super::itself;
use crate::containers::generic_alias;
use crate::containers::sequence::receiver;

/// An iterator over pairs of a number, counted from start, and an item of an iterable.
#[pyclass(
    name = "enumerate",
    builtin = Enumerate,
    signature = "(iterable, start=0)",
    flags(GC, BASETYPE),
    methods(Enumerate::METHODS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct Enumerate {
    header: Header,
    iterator: Value,
    /// The next number.
    count: Guarded<Value>,
    /// The last pair, used again if nobody else holds it.
    pair: Guarded<Option<Ref<Tuple>>>,
}

const SLOTS: Slots = Slots { iter: Some(itself), next: Some(enumerate_next), new: Some(enumerate_new), ..Slots::EMPTY };

fn invalid_keyword(name: &Value, vm: &Vm) -> Raised {
    let name = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    vm.type_error(format!("'{name}' is an invalid keyword argument for enumerate()"))
}

fn is_named(name: &Value, text: &str) -> bool {
    name.downcast::<Str>().is_some_and(|s| s.equals_str(text))
}

fn parse<'a>(args: Args<'a>, vm: &Vm) -> PyResult<(&'a Value, Option<&'a Value>)> {
    let total = args.values().len();
    if total > 2 {
        return Err(vm.type_error(format!("enumerate() takes at most 2 arguments ({total} given)")));
    }
    let (mut iterable, mut start) = (args.positional().first(), args.positional().get(1));
    for (name, value) in args.keywords() {
        if iterable.is_none() && is_named(name, "iterable") {
            iterable = Some(value);
        } else if start.is_none() && is_named(name, "start") && (iterable.is_some() || total == 2) {
            start = Some(value);
        } else {
            return Err(invalid_keyword(name, vm));
        }
    }
    match iterable {
        Some(iterable) => Ok((iterable, start)),
        None => Err(vm.type_error("enumerate() missing required argument 'iterable'")),
    }
}

fn enumerate_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let (iterable, start) = parse(args, vm)?;
    let count = match start {
        Some(start) => vm.int_from_big(vm.index_big(start)?),
        None => vm.int(0),
    };
    let iterator = vm.iter(iterable)?;
    let fields = Enumerate { header: Header::blank(), iterator, count: Guarded::new(count), pair: Guarded::new(None) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

/// Fills the pair kept from before, if it is free, or a new one. Gives it twice: to keep and to hand out.
pub(crate) fn reuse_pair(kept: &Guarded<Option<Ref<Tuple>>>, first: Value, second: Value, vm: &Vm) -> Value {
    if let Some(pair) = kept.take() {
        if pair.len() == 2 && pair.is_unshared() {
            let old = (pair.replace_unshared(0, first), pair.replace_unshared(1, second));
            let result = pair.to_value();
            kept.set(Some(pair));
            drop(old);
            return result;
        }
        kept.set(Some(pair));
    }
    let pair = vm.tuple_of([first, second]);
    kept.set(Some(pair.clone()));
    pair.into_value()
}

fn enumerate_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Enumerate, slf, vm);
    let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
    let count = this.count.get();
    let next = match count.as_small_int() {
        Some(n) => vm.int(n + 1),
        None => vm.add(&count, &vm.int(1))?,
    };
    this.count.set(next);
    Ok(Some(reuse_pair(&this.pair, count, item, vm)))
}

#[pymethods]
impl Enumerate {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Enumerate, slf, vm);
        let arguments = vm.tuple_of([this.iterator.clone(), this.count.get()]).into_value();
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments]).into_value())
    }

    /// Enumerations are generic over their items' type.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}
