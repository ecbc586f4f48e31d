//! `deque`: a sequence that grows and shrinks at both ends.

use std::cell::Cell;
use std::collections::VecDeque;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, check_positional, full_type_name};
use pyrope_object::{Args, CompareOp, Guarded, Header, PyResult, Raised, Ref, Slots, Type, Value, Vm};
use pyrope_types::containers::{generic_alias, slice_bound};
use pyrope_types::iterators::itself;

use crate::support::{bound, receiver, signature, ssize};

/// A sequence that grows and shrinks at both ends in constant time, bounded if a maximal length is given.
#[pyclass(
    name = "deque",
    module = "collections",
    signature = "([iterable[, maxlen]])",
    flags(WEAKREF, BASETYPE, SEQUENCE),
    methods(Deque::METHODS),
    getset(Deque::GETSETS),
    slots = SLOTS,
    unhashable
)]
#[derive(Traverse)]
pub struct Deque {
    header: Header,
    items: Guarded<VecDeque<Value>>,
    /// The most items, if bounded.
    #[traverse(skip)]
    maxlen: Cell<Option<usize>>,
    /// Changes with each change of the items' number or places.
    #[traverse(skip)]
    state: Cell<u64>,
}

const SLOTS: Slots = Slots {
    new: Some(deque_new),
    init: Some(deque_init),
    repr: Some(deque_repr),
    richcompare: Some(deque_compare),
    iter: Some(deque_iter),
    bool: Some(deque_bool),
    sq_length: Some(deque_len),
    sq_concat: Some(deque_concat),
    sq_repeat: Some(deque_repeat),
    sq_item: Some(deque_item),
    sq_ass_item: Some(deque_set_item),
    sq_contains: Some(deque_contains),
    sq_inplace_concat: Some(deque_inplace_concat),
    sq_inplace_repeat: Some(deque_inplace_repeat),
    ..Slots::EMPTY
};

impl Deque {
    fn len(&self) -> usize {
        self.items.with(VecDeque::len)
    }

    fn get(&self, index: usize) -> Option<Value> {
        self.items.with(|items| items.get(index).cloned())
    }

    fn changed(&self) {
        self.state.set(self.state.get() + 1);
    }

    /// Adds at an end; gives what fell off the other.
    fn push(&self, item: Value, left: bool, vm: &Vm) -> PyResult<()> {
        self.changed();
        let most = self.maxlen.get();
        let result = self.items.with_mut(|items| {
            if items.try_reserve(1).is_err() {
                return Err(item);
            }
            if left {
                items.push_front(item)
            } else {
                items.push_back(item)
            }
            let full = most.is_some_and(|most| items.len() > most);
            Ok(match full {
                true if left => items.pop_back(),
                true => items.pop_front(),
                false => None,
            })
        });
        match result {
            Ok(fallen) => {
                drop(fallen);
                Ok(())
            }
            Err(item) => {
                drop(item);
                Err(vm.memory_error())
            }
        }
    }

    fn extend_from(&self, iterable: &Value, left: bool, vm: &Vm) -> PyResult<()> {
        if iterable.downcast::<Deque>().is_some_and(|other| std::ptr::eq(other, self)) {
            let items: Vec<Value> = self.items.with(|items| items.iter().cloned().collect());
            return items.into_iter().try_for_each(|item| self.push(item, left, vm));
        }
        vm.for_each(iterable, |item| self.push(item, left, vm))
    }

    fn clear_items(&self) {
        self.changed();
        drop(self.items.take());
    }

    /// The first index of a value in `start..stop`. RuntimeError if the deque changes meanwhile.
    fn find(&self, value: &Value, start: usize, stop: usize, vm: &Vm) -> PyResult<Option<usize>> {
        let state = self.state.get();
        for index in start..stop {
            let Some(item) = self.get(index) else { break };
            let equal = vm.equal(&item, value)?;
            if self.state.get() != state {
                return Err(mutated(vm));
            }
            if equal {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn repeated(&self, count: isize, vm: &Vm) -> PyResult<VecDeque<Value>> {
        let items: Vec<Value> = self.items.with(|items| items.iter().cloned().collect());
        let total = items.len().checked_mul(count.max(0) as usize).ok_or_else(|| vm.memory_error())?;
        let kept = self.maxlen.get().map_or(total, |most| total.min(most));
        let mut result = VecDeque::new();
        if kept > isize::MAX as usize / size_of::<Value>() || result.try_reserve(kept).is_err() {
            return Err(vm.memory_error());
        }
        result.extend((total - kept..total).map(|i| items[i % items.len()].clone()));
        Ok(result)
    }
}

fn mutated(vm: &Vm) -> Raised {
    vm.runtime_error("deque mutated during iteration")
}

fn deque_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    let fields =
        Deque { header: Header::blank(), items: Guarded::default(), maxlen: Cell::new(None), state: Cell::new(0) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn deque_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    static SIGNATURE: Signature = signature("deque", &["iterable", "maxlen"], 0, 2);
    let this = receiver!(Deque, slf, vm);
    let [iterable, maxlen] = bound(&SIGNATURE, args, vm)?;
    let maxlen = match maxlen.filter(|maxlen| !maxlen.is_none()) {
        None => None,
        Some(maxlen) => {
            if maxlen.as_int().is_none() {
                return Err(vm.type_error("an integer is required"));
            }
            let most = ssize(maxlen, vm)?;
            Some(usize::try_from(most).map_err(|_| vm.value_error("maxlen must be non-negative"))?)
        }
    };
    this.maxlen.set(maxlen);
    if this.len() > 0 {
        this.clear_items();
    }
    iterable.map_or(Ok(()), |iterable| this.extend_from(iterable, false, vm))
}

fn deque_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Deque, slf, vm);
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("[...]").into_value());
    }
    let text = vm.collect(slf).and_then(|items| vm.repr_text(vm.new_list(items).as_value()));
    vm.leave_repr(slf);
    let (name, text) = (vm.type_name(slf), text?);
    let text = match this.maxlen.get() {
        None => format!("{name}({text})"),
        Some(most) => format!("{name}({text}, maxlen={most})"),
    };
    Ok(vm.try_str(&text)?.into_value())
}

fn deque_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Deque>(), other.downcast::<Deque>()) else {
        return Ok(Value::not_implemented());
    };
    if std::ptr::eq(a, b) {
        return Ok(Value::bool(op.holds(std::cmp::Ordering::Equal)));
    }
    if a.len() != b.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    let states = (a.state.get(), b.state.get());
    let mut index = 0;
    while let (Some(x), Some(y)) = (a.get(index), b.get(index)) {
        if !vm.equal(&x, &y)? {
            return match op {
                CompareOp::Eq => Ok(Value::bool(false)),
                CompareOp::Ne => Ok(Value::bool(true)),
                _ => vm.compare(&x, &y, op),
            };
        }
        if (a.state.get(), b.state.get()) != states {
            return Err(mutated(vm));
        }
        index += 1;
    }
    Ok(Value::bool(op.holds(a.len().cmp(&b.len()))))
}

fn deque_iter(slf: &Value, vm: &Vm) -> PyResult {
    let deque = Ref::from_borrowed(receiver!(Deque, slf, vm));
    Ok(Ref::new(vm, DequeIterator { header: Header::blank(), walk: Walk::new(deque) }).into_value())
}

fn deque_bool(slf: &Value, vm: &Vm) -> PyResult<bool> {
    Ok(receiver!(Deque, slf, vm).len() > 0)
}

fn deque_len(slf: &Value, vm: &Vm) -> PyResult<usize> {
    Ok(receiver!(Deque, slf, vm).len())
}

fn copy_of(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(Deque, slf, vm);
    let maxlen = this.maxlen.get().map(|most| vm.int_from_usize(most));
    let class = slf.ty(vm).to_value();
    let mut arguments = vec![slf.clone()];
    arguments.extend(maxlen);
    let copy = vm.call(&class, &arguments)?;
    if copy.downcast::<Deque>().is_none() {
        let (class, got) = (full_type_name(slf, vm), full_type_name(&copy, vm));
        return Err(vm.type_error(format!("{class}() must return a deque, not {got}")));
    }
    Ok(copy)
}

fn deque_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    if b.downcast::<Deque>().is_none() {
        let name = full_type_name(b, vm);
        return Err(vm.type_error(format!("can only concatenate deque (not \"{name}\") to deque")));
    }
    let copy = copy_of(a, vm)?;
    receiver!(Deque, copy, vm).extend_from(b, false, vm)?;
    Ok(copy)
}

fn deque_inplace_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    receiver!(Deque, a, vm).extend_from(b, false, vm)?;
    Ok(a.clone())
}

fn deque_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let copy = copy_of(slf, vm)?;
    deque_inplace_repeat(&copy, count, vm)
}

fn deque_inplace_repeat(slf: &Value, count: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Deque, slf, vm);
    let items = this.repeated(count, vm)?;
    this.changed();
    this.items.set(items);
    Ok(slf.clone())
}

fn out_of_range(vm: &Vm) -> Raised {
    vm.index_error("deque index out of range")
}

fn deque_item(slf: &Value, index: isize, vm: &Vm) -> PyResult {
    let this = receiver!(Deque, slf, vm);
    usize::try_from(index).ok().and_then(|index| this.get(index)).ok_or_else(|| out_of_range(vm))
}

fn deque_set_item(slf: &Value, index: isize, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(Deque, slf, vm);
    let old = this.items.with_mut(|items| match (usize::try_from(index), value) {
        (Ok(index), Some(value)) => items.get_mut(index).map(|slot| std::mem::replace(slot, value.clone())),
        (Ok(index), None) => items.remove(index),
        (Err(_), _) => None,
    });
    if old.is_some() && value.is_none() {
        this.changed();
    }
    old.map(drop).ok_or_else(|| out_of_range(vm))
}

fn deque_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    let this = receiver!(Deque, slf, vm);
    Ok(this.find(item, 0, this.len(), vm)?.is_some())
}

fn clamp(bound: isize, len: usize) -> usize {
    let at = if bound < 0 { bound.saturating_add(len as isize).max(0) as usize } else { bound as usize };
    at.min(len)
}

#[pymethods]
impl Deque {
    /// Add an item at the right end.
    #[method("append($self, item, /)")]
    fn append(&self, item: Value, vm: &Vm) -> PyResult<()> {
        self.push(item, false, vm)
    }

    /// Add an item at the left end.
    #[method("appendleft($self, item, /)")]
    fn appendleft(&self, item: Value, vm: &Vm) -> PyResult<()> {
        self.push(item, true, vm)
    }

    /// Remove all items.
    #[method("clear($self, /)")]
    fn clear(&self) {
        self.clear_items();
    }

    /// A shallow copy.
    #[method("__copy__($self, /)")]
    fn copy_dunder(slf: &Value, vm: &Vm) -> PyResult {
        copy_of(slf, vm)
    }

    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(slf: &Value, vm: &Vm) -> PyResult {
        copy_of(slf, vm)
    }

    /// How often a value occurs.
    #[method("count($self, value, /)")]
    fn count(&self, value: &Value, vm: &Vm) -> PyResult<usize> {
        let (mut count, mut from) = (0, 0);
        while let Some(index) = self.find(value, from, self.len(), vm)? {
            (count, from) = (count + 1, index + 1);
        }
        Ok(count)
    }

    /// Add the items of an iterable at the right end.
    #[method("extend($self, iterable, /)")]
    fn extend(&self, iterable: &Value, vm: &Vm) -> PyResult<()> {
        self.extend_from(iterable, false, vm)
    }

    /// Add the items of an iterable at the left end, one after the other.
    #[method("extendleft($self, iterable, /)")]
    fn extendleft(&self, iterable: &Value, vm: &Vm) -> PyResult<()> {
        self.extend_from(iterable, true, vm)
    }

    /// The first index of a value.
    ///
    /// ValueError if it is not there.
    #[method("index")]
    fn index(&self, args: Args<'_>, vm: &Vm) -> PyResult<usize> {
        let values = check_positional("index", args, 1, 3, vm)?;
        let start = slice_bound(values.get(1), 0, vm)?;
        let stop = slice_bound(values.get(2), isize::MAX, vm)?;
        let len = self.len();
        match self.find(&values[0], clamp(start, len), clamp(stop, len), vm)? {
            Some(index) => Ok(index),
            None => Err(vm.value_error("deque.index(x): x not in deque")),
        }
    }

    /// Put an item before an index.
    ///
    /// IndexError if the deque is full.
    #[method("insert($self, index, value, /)")]
    fn insert(&self, index: isize, value: Value, vm: &Vm) -> PyResult<()> {
        let len = self.len();
        if self.maxlen.get() == Some(len) {
            return Err(vm.index_error("deque already at its maximum size"));
        }
        self.changed();
        self.items.with_mut(|items| items.insert(clamp(index, len), value));
        Ok(())
    }

    /// Remove the rightmost item and return it.
    #[method("pop($self, /)")]
    fn pop(&self, vm: &Vm) -> PyResult {
        self.changed();
        self.items.with_mut(VecDeque::pop_back).ok_or_else(|| vm.index_error("pop from an empty deque"))
    }

    /// Remove the leftmost item and return it.
    #[method("popleft($self, /)")]
    fn popleft(&self, vm: &Vm) -> PyResult {
        self.changed();
        self.items.with_mut(VecDeque::pop_front).ok_or_else(|| vm.index_error("pop from an empty deque"))
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Deque, slf, vm);
        let arguments = match this.maxlen.get() {
            None => vm.new_tuple(Vec::new()),
            Some(most) => vm.tuple_of([vm.new_tuple(Vec::new()).into_value(), vm.int_from_usize(most)]),
        };
        let state = vm.call_method(slf, "__getstate__", &[])?;
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments.into_value(), state, vm.iter(slf)?]).into_value())
    }

    /// Remove the first item equal to a value.
    ///
    /// ValueError if there is none.
    #[method("remove($self, value, /)")]
    fn remove(&self, value: &Value, vm: &Vm) -> PyResult<()> {
        let state = self.state.get();
        for index in 0..self.len() {
            let Some(item) = self.get(index) else { break };
            let equal = vm.equal(&item, value)?;
            if self.state.get() != state {
                return Err(vm.index_error("deque mutated during iteration"));
            }
            if equal {
                self.changed();
                drop(self.items.with_mut(|items| items.remove(index)));
                return Ok(());
            }
        }
        Err(vm.value_error("deque.remove(x): x not in deque"))
    }

    /// An iterator from the right end.
    #[method("__reversed__($self, /)")]
    fn reversed(this: &Ref<Deque>, vm: &Vm) -> PyResult {
        let walk = Walk::new(this.clone());
        Ok(Ref::new(vm, DequeReverseIterator { header: Header::blank(), walk }).into_value())
    }

    /// Turn the order round, in place.
    #[method("reverse($self, /)")]
    fn reverse(&self) {
        self.items.with_mut(|items| items.make_contiguous().reverse());
    }

    /// Rotate the items by n steps to the right, or to the left if n is negative.
    #[method("rotate($self, n=1, /)")]
    fn rotate(&self, n: isize) {
        self.items.with_mut(|items| {
            if !items.is_empty() {
                let steps = n.rem_euclid(items.len() as isize) as usize;
                items.rotate_right(steps);
            }
        });
        self.changed();
    }

    /// Bytes that the deque takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<Self>() + self.items.with(|items| items.capacity() * size_of::<Value>())
    }

    /// Deques are generic over their items' type.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    /// The most items that the deque holds, or None.
    #[getter("maxlen")]
    fn get_maxlen(&self) -> Option<usize> {
        self.maxlen.get()
    }
}

/// A walk over a deque that notices changes.
#[derive(Traverse)]
struct Walk {
    deque: Ref<Deque>,
    #[traverse(skip)]
    state: u64,
    #[traverse(skip)]
    left: Cell<usize>,
}

impl Walk {
    fn new(deque: Ref<Deque>) -> Walk {
        let (state, left) = (deque.state.get(), Cell::new(deque.len()));
        Walk { deque, state, left }
    }

    fn step(&self, reverse: bool, vm: &Vm) -> PyResult<Option<Value>> {
        if self.deque.state.get() != self.state {
            self.left.set(0);
            return Err(mutated(vm));
        }
        let left = self.left.get();
        if left == 0 {
            return Ok(None);
        }
        self.left.set(left - 1);
        let index = if reverse { left - 1 } else { self.deque.len() - left };
        Ok(self.deque.get(index))
    }

    fn reduced(&self, slf: &Value, vm: &Vm) -> PyResult {
        let done = vm.int_from_usize(self.deque.len().saturating_sub(self.left.get()));
        let arguments = vm.tuple_of([self.deque.to_value(), done]).into_value();
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments]).into_value())
    }

    /// The walk that a constructor's arguments ask for: a deque, and how many items to skip.
    fn from_args(function: &str, args: Args<'_>, reverse: bool, vm: &Vm) -> PyResult<Walk> {
        let values = check_positional(function, args, 1, 2, vm)?;
        let Some(deque) = values[0].cast::<Deque>() else {
            let name = full_type_name(&values[0], vm);
            return Err(vm.type_error(format!("argument 1 must be collections.deque, not {name}")));
        };
        let skip = values.get(1).map_or(Ok(0), |n| ssize(n, vm))?;
        let walk = Walk::new(deque);
        for _ in 0..skip {
            if walk.step(reverse, vm)?.is_none() {
                break;
            }
        }
        Ok(walk)
    }
}

macro_rules! deque_iterators {
    ($($ty:ident $name:literal $slots:ident $new:ident $next:ident $reverse:literal;)*) => {$(
        #[pyclass(name = $name, module = "collections", doc = "", flags(GC), methods($ty::METHODS), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            walk: Walk,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), new: Some($new), ..Slots::EMPTY };

        fn $new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
            let walk = Walk::from_args($name, args, $reverse, vm)?;
            Ok(Ref::new_in(vm, class, $ty { header: Header::blank(), walk }).into_value())
        }

        fn $next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
            receiver!($ty, slf, vm).walk.step($reverse, vm)
        }

        #[pymethods]
        impl $ty {
            /// How many items are left.
            #[method("__length_hint__($self, /)")]
            fn length_hint(&self) -> usize {
                self.walk.left.get()
            }

            /// State for pickling.
            #[method("__reduce__($self, /)")]
            fn reduce(slf: &Value, vm: &Vm) -> PyResult {
                receiver!($ty, slf, vm).walk.reduced(slf, vm)
            }
        }
    )*};
}

deque_iterators! {
    DequeIterator "_deque_iterator" ITERATOR_SLOTS iterator_new iterator_next false;
    DequeReverseIterator "_deque_reverse_iterator" REVERSE_SLOTS reverse_new reverse_next true;
}
