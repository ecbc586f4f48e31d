//! `zip`, `map`, `filter`.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, check_positional};
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use super::itself;
use super::strict::{next_row, strict_keyword, strict_signature};
use crate::containers::sequence::{no_keywords, receiver};
use crate::containers::tuple::same_init;

/// An iterator over tuples of the items of several iterables, one of each. It ends with the shortest.
///
/// With strict, ValueError if they do not all end together.
///
///    >>> list(zip('ab', [1, 2, 3]))
///    [('a', 1), ('b', 2)]
#[pyclass(
    name = "zip",
    builtin = Zip,
    signature = "(*iterables, strict=False)",
    flags(GC, BASETYPE),
    methods(Zip::METHODS),
    slots = ZIP_SLOTS
)]
#[derive(Traverse)]
pub struct Zip {
    header: Header,
    iterators: Box<[Value]>,
    #[traverse(skip)]
    strict: Cell<bool>,
    /// The last tuple, used again if nobody else holds it.
    last: Guarded<Option<Ref<Tuple>>>,
}

const ZIP_SLOTS: Slots = Slots { iter: Some(itself), next: Some(zip_next), new: Some(zip_new), ..Slots::EMPTY };

fn zip_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = strict_signature("zip");
    let strict = strict_keyword(&SIGNATURE, args, vm)?;
    let iterators = args.positional().iter().map(|i| vm.iter(i)).collect::<PyResult<Box<[_]>>>()?;
    let fields = Zip { header: Header::blank(), iterators, strict: Cell::new(strict), last: Guarded::new(None) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn zip_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Zip, slf, vm);
    if let [first, second] = &*this.iterators
        && !this.strict.get()
    {
        let Some(first) = vm.next(first)? else { return Ok(None) };
        let Some(second) = vm.next(second)? else { return Ok(None) };
        return Ok(Some(super::enumerate::reuse_pair(&this.last, first, second, vm)));
    }
    if this.iterators.is_empty() {
        return Ok(None);
    }
    let mut row = Vec::with_capacity(this.iterators.len());
    let full = next_row(&this.iterators, this.strict.get(), "zip", &mut row, vm)?;
    Ok(full.then(|| vm.new_tuple(row).into_value()))
}

/// `(class, arguments)`, with True if strict.
fn reduced(slf: &Value, arguments: Vec<Value>, strict: bool, vm: &Vm) -> PyResult {
    let mut parts = vec![slf.ty(vm).to_value(), vm.new_tuple(arguments).into_value()];
    parts.extend(strict.then(|| Value::bool(true)));
    Ok(vm.new_tuple(parts).into_value())
}

#[pymethods]
impl Zip {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Zip, slf, vm);
        reduced(slf, this.iterators.to_vec(), this.strict.get(), vm)
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: bool) {
        self.strict.set(object);
    }
}

/// An iterator over the results of a function called with the items of one or several iterables. It ends with the
/// shortest.
///
/// With strict, ValueError if they do not all end together.
#[pyclass(
    name = "map",
    builtin = Map,
    signature = "(function, iterable, /, *iterables, strict=False)",
    flags(GC, BASETYPE),
    methods(Map::METHODS),
    slots = MAP_SLOTS
)]
#[derive(Traverse)]
pub struct Map {
    header: Header,
    function: Value,
    iterators: Box<[Value]>,
    #[traverse(skip)]
    strict: Cell<bool>,
}

const MAP_SLOTS: Slots = Slots { iter: Some(itself), next: Some(map_next), new: Some(map_new), ..Slots::EMPTY };

fn map_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = strict_signature("map");
    let strict = strict_keyword(&SIGNATURE, args, vm)?;
    let Some((function, iterables)) = args.positional().split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(vm.type_error("map() must have at least two arguments."));
    };
    let iterators = iterables.iter().map(|i| vm.iter(i)).collect::<PyResult<Box<[_]>>>()?;
    let fields = Map { header: Header::blank(), function: function.clone(), iterators, strict: Cell::new(strict) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn map_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Map, slf, vm);
    if let [iterator] = &*this.iterators {
        return match vm.next(iterator)? {
            Some(item) => vm.call(&this.function, &[item]).map(Some),
            None => Ok(None),
        };
    }
    let mut row = Vec::with_capacity(this.iterators.len());
    if next_row(&this.iterators, this.strict.get(), "map", &mut row, vm)? {
        vm.call(&this.function, &row).map(Some)
    } else {
        Ok(None)
    }
}

#[pymethods]
impl Map {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Map, slf, vm);
        let mut arguments = vec![this.function.clone()];
        arguments.extend_from_slice(&this.iterators);
        reduced(slf, arguments, this.strict.get(), vm)
    }

    /// Restore the state of a pickle.
    #[method("__setstate__($self, object, /)")]
    fn setstate(&self, object: bool) {
        self.strict.set(object);
    }
}

/// An iterator over the items of an iterable for which a function is true, or, with None, that are true themselves.
#[pyclass(
    name = "filter",
    builtin = Filter,
    signature = "(function, iterable, /)",
    flags(GC, BASETYPE),
    methods(Filter::METHODS),
    slots = FILTER_SLOTS
)]
#[derive(Traverse)]
pub struct Filter {
    header: Header,
    function: Value,
    iterator: Value,
}

const FILTER_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(filter_next), new: Some(filter_new), ..Slots::EMPTY };

fn filter_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let own = vm.builtin(B::Filter);
    if class.is(own) || same_init(class, own) {
        no_keywords("filter", args, vm)?;
    }
    let [function, iterable] = check_positional("filter", Args::positional_only(args.positional()), 2, 2, vm)? else {
        return Err(vm.type_error("filter expected 2 arguments, got 0"));
    };
    let iterator = vm.iter(iterable)?;
    let fields = Filter { header: Header::blank(), function: function.clone(), iterator };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn filter_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Filter, slf, vm);
    let by_truth = this.function.is_none() || this.function.is(&vm.builtin(B::Bool).to_value());
    while let Some(item) = vm.next(&this.iterator)? {
        let keep = if by_truth {
            vm.is_true(&item)?
        } else {
            vm.is_true(&vm.call(&this.function, std::slice::from_ref(&item))?)?
        };
        if keep {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

#[pymethods]
impl Filter {
    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Filter, slf, vm);
        reduced(slf, vec![this.function.clone(), this.iterator.clone()], false, vm)
    }
}
