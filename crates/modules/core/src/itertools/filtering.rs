//! `compress`, `dropwhile`, `takewhile`, `filterfalse`, `starmap`, `islice`.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Tuple, Type, Value, Vm};
use pyrope_types::iterators::itself;

use crate::support::{bound, positional, receiver, signature};

/// An iterator over the data whose selectors are true.
#[pyclass(name = "compress", module = "itertools", signature = "(data, selectors)", flags(GC, BASETYPE), slots = COMPRESS_SLOTS)]
#[derive(Traverse)]
pub struct Compress {
    header: Header,
    data: Value,
    selectors: Value,
}

const COMPRESS_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(compress_next), new: Some(compress_new), ..Slots::EMPTY };

fn compress_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("compress", &["data", "selectors"], 2, 2);
    let [Some(data), Some(selectors)] = bound(&SIGNATURE, args, vm)? else { return Ok(Value::none()) };
    let (data, selectors) = (vm.iter(data)?, vm.iter(selectors)?);
    Ok(Ref::new_in(vm, class, Compress { header: Header::blank(), data, selectors }).into_value())
}

fn compress_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Compress, slf, vm);
    loop {
        let Some(datum) = vm.next(&this.data)? else { return Ok(None) };
        let Some(selector) = vm.next(&this.selectors)? else { return Ok(None) };
        if vm.is_true(&selector)? {
            return Ok(Some(datum));
        }
    }
}

macro_rules! with_function {
    ($($(#[$doc:meta])* $ty:ident $name:literal $signature:literal $slots:ident $new:ident $next:ident;)*) => {$(
        $(#[$doc])*
        #[pyclass(name = $name, module = "itertools", signature = $signature, flags(GC, BASETYPE), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            function: Value,
            iterator: Value,
            /// The first part is over.
            #[traverse(skip)]
            over: Cell<bool>,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), new: Some($new), ..Slots::EMPTY };

        fn $new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
            let [function, iterable] = positional(class, vm.type_of::<$ty>(), args, 2, 2, vm)? else {
                return Ok(Value::none());
            };
            let iterator = vm.iter(iterable)?;
            let fields = $ty { header: Header::blank(), function: function.clone(), iterator, over: Cell::new(false) };
            Ok(Ref::new_in(vm, class, fields).into_value())
        }
    )*};
}

with_function! {
    /// An iterator over the items from the first on for which a predicate is false.
    DropWhile "dropwhile" "(predicate, iterable, /)" DROPWHILE_SLOTS dropwhile_new dropwhile_next;
    /// An iterator over the items before the first for which a predicate is false.
    TakeWhile "takewhile" "(predicate, iterable, /)" TAKEWHILE_SLOTS takewhile_new takewhile_next;
    /// An iterator over the items for which a function is false, or, with None, that are false themselves.
    FilterFalse "filterfalse" "(function, iterable, /)" FILTERFALSE_SLOTS filterfalse_new filterfalse_next;
    /// An iterator over the results of a function called with the items of each tuple of arguments.
    StarMap "starmap" "(function, iterable, /)" STARMAP_SLOTS starmap_new starmap_next;
}

fn test(function: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    vm.is_true(&vm.call(function, std::slice::from_ref(item))?)
}

fn dropwhile_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(DropWhile, slf, vm);
    while let Some(item) = vm.next(&this.iterator)? {
        if this.over.get() {
            return Ok(Some(item));
        }
        if !test(&this.function, &item, vm)? {
            this.over.set(true);
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn takewhile_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(TakeWhile, slf, vm);
    if this.over.get() {
        return Ok(None);
    }
    let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
    if test(&this.function, &item, vm)? {
        return Ok(Some(item));
    }
    this.over.set(true);
    Ok(None)
}

fn filterfalse_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(FilterFalse, slf, vm);
    let by_truth = this.function.is_none() || this.function.is(&vm.builtin(B::Bool).to_value());
    while let Some(item) = vm.next(&this.iterator)? {
        let truth = if by_truth { vm.is_true(&item)? } else { test(&this.function, &item, vm)? };
        if !truth {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn starmap_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(StarMap, slf, vm);
    let Some(arguments) = vm.next(&this.iterator)? else { return Ok(None) };
    if let Some(tuple) = arguments.downcast_exact::<Tuple>() {
        return vm.call(&this.function, tuple.as_slice()).map(Some);
    }
    vm.call(&this.function, &vm.collect(&arguments)?).map(Some)
}

/// An iterator over the items that a slice of indices selects.
///
/// islice(iterable, stop) or islice(iterable, start, stop[, step]).
#[pyclass(name = "islice", module = "itertools", flags(GC, BASETYPE), slots = ISLICE_SLOTS)]
#[derive(Traverse)]
pub struct ISlice {
    header: Header,
    /// None once exhausted.
    iterator: Guarded<Option<Value>>,
    /// The index of the next item to give, and how many were taken.
    #[traverse(skip)]
    next: Cell<usize>,
    #[traverse(skip)]
    taken: Cell<usize>,
    #[traverse(skip)]
    stop: Option<usize>,
    #[traverse(skip)]
    step: usize,
}

const ISLICE_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(islice_next), new: Some(islice_new), ..Slots::EMPTY };

/// A part of the slice: `None` for None, -1 for what is no index at all.
fn part(value: &Value, vm: &Vm) -> Option<isize> {
    if value.is_none() {
        return None;
    }
    match vm.index_i64(value) {
        Ok(n) => Some(n.map_or(-1, |n| n as isize)),
        Err(raised) => {
            vm.ignore(raised);
            Some(-1)
        }
    }
}

fn islice_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let values = positional(class, vm.type_of::<ISlice>(), args, 2, 4, vm)?;
    let (start, stop, step) = match values {
        [_, stop] => (None, part(stop, vm), None),
        [_, start, stop, rest @ ..] => (part(start, vm), part(stop, vm), rest.first().and_then(|step| part(step, vm))),
        _ => (None, None, None),
    };
    if stop == Some(-1) {
        let message = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
        return Err(vm.value_error(message));
    }
    let (Ok(start), Ok(stop)) = (usize::try_from(start.unwrap_or(0)), stop.map(usize::try_from).transpose()) else {
        return Err(vm.value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
    };
    let step = step.unwrap_or(1);
    if step < 1 {
        return Err(vm.value_error("Step for islice() must be a positive integer or None."));
    }
    let iterator = vm.iter(values.first().unwrap_or(&Value::none()))?;
    let fields = ISlice {
        header: Header::blank(),
        iterator: Guarded::new(Some(iterator)),
        next: Cell::new(start),
        taken: Cell::new(0),
        stop,
        step: step as usize,
    };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn islice_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(ISlice, slf, vm);
    let Some(iterator) = this.iterator.get() else { return Ok(None) };
    loop {
        let skipping = this.taken.get() < this.next.get();
        if !skipping && this.stop.is_some_and(|stop| this.taken.get() >= stop) {
            break;
        }
        let Some(item) = vm.next(&iterator)? else { break };
        this.taken.set(this.taken.get() + 1);
        if !skipping {
            let next = this.next.get().checked_add(this.step);
            let most = this.stop.unwrap_or(usize::MAX);
            this.next.set(next.map_or(most, |next| next.min(most)));
            return Ok(Some(item));
        }
    }
    drop(this.iterator.take());
    Ok(None)
}
