//! Iterating.

use crate::bind::full_type_name;
use crate::builtin::BuiltinType as B;
use crate::error::PyResult;
use crate::layout::{List, Tuple};
use crate::reference::Ref;
use crate::value::Value;
use crate::vm::Vm;

/// A walk over an iterable: over lists and tuples without an iterator object. Not to be continued after its end.
pub enum Walk {
    List(Ref<List>, usize),
    Tuple(Ref<Tuple>, usize),
    Iterator(Value),
}

impl Walk {
    /// The next item.
    #[inline]
    pub fn next(&mut self, vm: &Vm) -> PyResult<Option<Value>> {
        let (found, index) = match self {
            Walk::List(list, index) => (list.get(*index), index),
            Walk::Tuple(tuple, index) => (tuple.as_slice().get(*index).cloned(), index),
            Walk::Iterator(iterator) => return vm.next(iterator),
        };
        *index += 1;
        Ok(found)
    }
}

impl Vm {
    /// `iter(value)`
    pub fn iter(&self, value: &Value) -> PyResult {
        self.check_stack("")?;
        let ty = value.ty(self);
        if let Some(iter) = ty.slots().iter {
            let iterator = iter(value, self)?;
            if iterator.ty(self).slots().next.is_none() {
                return Err(self.type_error(format!(
                    "iter() returned non-iterator of type '{}'",
                    full_type_name(&iterator, self)
                )));
            }
            return Ok(iterator);
        }
        if ty.slots().sq_item.is_some() && !ty.is_subtype(self.builtin(B::Dict)) {
            let class = self.builtin(B::SequenceIterator).to_value();
            return self.call(&class, std::slice::from_ref(value));
        }
        Err(self.type_error(format!("'{}' object is not iterable", ty.name())))
    }

    /// `next(iterator)`; `None` at the end. A StopIteration raised inside counts as the end.
    #[inline]
    pub fn next(&self, iterator: &Value) -> PyResult<Option<Value>> {
        // Iterators over iterators nest as deep as memory goes.
        self.check_stack("")?;
        if self.interp().breaker.load(std::sync::atomic::Ordering::Relaxed) & crate::vm::breaker::BUDGET != 0 {
            // Loops over iterators in native code have no other safe point.
            self.check_breaker()?;
        }
        match iterator.ty(self).slots().next {
            Some(next) => match next(iterator, self) {
                Err(raised) if self.raised_is(B::StopIteration) => {
                    self.ignore(raised);
                    Ok(None)
                }
                result => result,
            },
            None => Err(self.type_error(format!("'{}' object is not an iterator", full_type_name(iterator, self)))),
        }
    }

    /// Begins a walk over an iterable.
    #[inline]
    pub fn walk(&self, iterable: &Value) -> PyResult<Walk> {
        if let Some(list) = iterable.downcast_exact::<List>() {
            return Ok(Walk::List(Ref::from_borrowed(list), 0));
        }
        if let Some(tuple) = iterable.downcast_exact::<Tuple>() {
            return Ok(Walk::Tuple(Ref::from_borrowed(tuple), 0));
        }
        self.iter(iterable).map(Walk::Iterator)
    }

    /// Calls `each` with the items of an iterable, in order.
    pub fn for_each(&self, iterable: &Value, mut each: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
        let mut walk = self.walk(iterable)?;
        while let Some(item) = walk.next(self)? {
            each(item)?;
        }
        Ok(())
    }

    /// An empty vector with room for so many values, or MemoryError.
    fn room_for(&self, count: usize) -> PyResult<Vec<Value>> {
        let mut items = Vec::new();
        items.try_reserve_exact(count).map_err(|_| self.memory_error())?;
        Ok(items)
    }

    /// The items of an iterable. Endless iterables end in MemoryError when storage runs out, or by a signal.
    pub fn collect(&self, iterable: &Value) -> PyResult<Vec<Value>> {
        if let Some(list) = iterable.downcast_exact::<List>() {
            let mut items = self.room_for(list.len())?;
            list.items.with(|own| items.extend_from_slice(own));
            return Ok(items);
        }
        if let Some(tuple) = iterable.downcast_exact::<Tuple>() {
            let mut items = self.room_for(tuple.as_slice().len())?;
            items.extend_from_slice(tuple.as_slice());
            return Ok(items);
        }
        let mut items = Vec::new();
        let iterator = self.iter(iterable)?;
        let hint = self.length_hint(iterable, 8)?;
        if items.try_reserve(hint.min(1 << 20)).is_err() {
            return Err(self.memory_error());
        }
        while let Some(item) = self.next(&iterator)? {
            if items.len() == items.capacity() && items.try_reserve(items.len().max(8)).is_err() {
                return Err(self.memory_error());
            }
            items.push(item);
        }
        Ok(items)
    }

    /// `operator.length_hint(value, default)`
    pub fn length_hint(&self, value: &Value, default: usize) -> PyResult<usize> {
        if value.ty(self).slots().mp_length.or(value.ty(self).slots().sq_length).is_some() {
            let len = self.len(value);
            if let Some(len) = self.suppress(len, B::TypeError)? {
                return Ok(len);
            }
        }
        let Some(hint) = self.lookup_special(value, &self.names().__length_hint__)? else { return Ok(default) };
        let hint = self.call(&hint, &[]);
        let Some(hint) = self.suppress(hint, B::TypeError)? else { return Ok(default) };
        if hint.is_not_implemented() {
            return Ok(default);
        }
        match hint.as_int() {
            None => {
                Err(self.type_error(format!("__length_hint__ must be an integer, not {}", full_type_name(&hint, self))))
            }
            Some(n) if n.is_negative() => Err(self.value_error("__length_hint__() should return >= 0")),
            Some(n) => match n.to_i64() {
                Some(n) => Ok(n as usize),
                None => Err(self.overflow_error("cannot fit 'int' into an index-sized integer")),
            },
        }
    }
}
