//! `chain`, `zip_longest`.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Str, Type, Value, Vm};
use pyrope_types::containers::generic_alias;
use pyrope_types::iterators::itself;

use crate::support::{positional, receiver};

/// An iterator over the items of the first iterable, then of the second, and so on.
#[pyclass(
    name = "chain",
    module = "itertools",
    signature = "(*iterables)",
    flags(GC, BASETYPE),
    methods(Chain::METHODS),
    slots = CHAIN_SLOTS
)]
#[derive(Traverse)]
pub struct Chain {
    header: Header,
    /// The iterator over iterables; None once exhausted.
    source: Guarded<Option<Value>>,
    active: Guarded<Option<Value>>,
}

const CHAIN_SLOTS: Slots = Slots { iter: Some(itself), next: Some(chain_next), new: Some(chain_new), ..Slots::EMPTY };

impl Chain {
    fn over(class: &Type, source: Value, vm: &Vm) -> Value {
        let fields = Chain { header: Header::blank(), source: Guarded::new(Some(source)), active: Guarded::new(None) };
        Ref::new_in(vm, class, fields).into_value()
    }
}

fn chain_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let iterables = positional(class, vm.type_of::<Chain>(), args, 0, usize::MAX, vm)?;
    let source = vm.iter(vm.tuple_from_slice(iterables).as_value())?;
    Ok(Chain::over(class, source, vm))
}

fn chain_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Chain, slf, vm);
    while let Some(source) = this.source.get() {
        let active = match this.active.get() {
            Some(active) => active,
            None => {
                let iterator = match vm.next(&source) {
                    Ok(Some(iterable)) => vm.iter(&iterable),
                    Ok(None) => {
                        drop(this.source.take());
                        return Ok(None);
                    }
                    Err(raised) => Err(raised),
                };
                let iterator = iterator.inspect_err(|_| drop(this.source.take()))?;
                this.active.set(Some(iterator.clone()));
                iterator
            }
        };
        if let Some(item) = vm.next(&active)? {
            return Ok(Some(item));
        }
        drop(this.active.take());
    }
    Ok(None)
}

#[pymethods]
impl Chain {
    /// A chain of the iterables that one iterable gives.
    #[classmethod("from_iterable($type, iterable, /)")]
    fn from_iterable(cls: &Value, iterable: &Value, vm: &Vm) -> PyResult {
        let source = vm.iter(iterable)?;
        match cls.downcast::<Type>() {
            Some(class) => Ok(Chain::over(class, source, vm)),
            None => Err(crate::support::bad_receiver(vm)),
        }
    }

    /// Chains are generic over their items' type.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}

/// An iterator over tuples of the items of several iterables, until the longest ends. Where one has ended earlier, the
/// fill value stands.
#[pyclass(
    name = "zip_longest",
    module = "itertools",
    signature = "(*iterables, fillvalue=None)",
    flags(GC, BASETYPE),
    slots = ZIP_LONGEST_SLOTS
)]
#[derive(Traverse)]
pub struct ZipLongest {
    header: Header,
    /// None where one has ended.
    iterators: Guarded<Vec<Option<Value>>>,
    fill: Value,
}

const ZIP_LONGEST_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(zip_longest_next), new: Some(zip_longest_new), ..Slots::EMPTY };

fn zip_longest_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut fill = Value::none();
    for (name, value) in args.keywords() {
        let known = name.downcast::<Str>().is_some_and(|name| name.equals_str("fillvalue"));
        if !known || args.keyword_count() > 1 {
            return Err(vm.type_error("zip_longest() got an unexpected keyword argument"));
        }
        fill = value.clone();
    }
    let iterators = args.positional().iter().map(|i| vm.iter(i).map(Some)).collect::<PyResult<Vec<_>>>()?;
    let fields = ZipLongest { header: Header::blank(), iterators: Guarded::new(iterators), fill };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn zip_longest_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(ZipLongest, slf, vm);
    let (len, mut active) = this.iterators.with(|i| (i.len(), i.iter().flatten().count()));
    if active == 0 {
        return Ok(None);
    }
    let mut row = Vec::with_capacity(len);
    for index in 0..len {
        let Some(iterator) = this.iterators.with(|i| i.get(index).cloned().flatten()) else {
            row.push(this.fill.clone());
            continue;
        };
        match vm.next(&iterator) {
            Ok(Some(item)) => row.push(item),
            Ok(None) => {
                active -= 1;
                if active == 0 {
                    drop(this.iterators.take());
                    return Ok(None);
                }
                row.push(this.fill.clone());
                let ended = this.iterators.with_mut(|i| i.get_mut(index).and_then(Option::take));
                drop(ended);
            }
            Err(raised) => {
                drop(this.iterators.take());
                return Err(raised);
            }
        }
    }
    Ok(Some(vm.new_tuple(row).into_value()))
}
