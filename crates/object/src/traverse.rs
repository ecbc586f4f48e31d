//! Showing the collector what an object holds.

use crate::guarded::Guarded;
use crate::reference::{Object, Ref};
use crate::value::Value;

/// Something that may own values. `#[derive(Traverse)]` implements it field by field; a field without references is
/// marked `#[traverse(skip)]`.
pub trait Traverse {
    /// Calls `visit` once for each owned reference.
    fn traverse(&self, visit: &mut dyn FnMut(&Value));
    /// Moves out of mutable storage what may close a cycle. The caller drops `out` later.
    fn clear(&self, _out: &mut Vec<Value>) {}
}

/// Payloads inside a [`Guarded`], which can be emptied.
pub trait TraverseMut: Traverse {
    /// Moves the values out.
    fn drain(&mut self, out: &mut Vec<Value>);
}

impl Traverse for Value {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        if self.is_pointer() {
            visit(self);
        }
    }
}

impl<T: Object> Traverse for Ref<T> {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.as_value());
    }
}

impl TraverseMut for Value {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.push(std::mem::replace(self, Value::none()));
    }
}

impl<T: Traverse> Traverse for Option<T> {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        if let Some(inner) = self {
            inner.traverse(visit);
        }
    }
}

impl TraverseMut for Option<Value> {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(self.take());
    }
}

impl<T: Object> TraverseMut for Option<Ref<T>> {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(self.take().map(Ref::into_value));
    }
}

impl<T: Traverse> Traverse for Vec<T> {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        for item in self {
            item.traverse(visit);
        }
    }
}

impl TraverseMut for Vec<Value> {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.append(self);
    }
}

impl TraverseMut for Vec<Option<Value>> {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(std::mem::take(self).into_iter().flatten());
    }
}

impl<T: Traverse> Traverse for std::collections::VecDeque<T> {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        for item in self {
            item.traverse(visit);
        }
    }
}

impl TraverseMut for std::collections::VecDeque<Value> {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(std::mem::take(self));
    }
}

impl<T: Traverse> Traverse for Box<[T]> {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        for item in self {
            item.traverse(visit);
        }
    }
}

impl<A: Traverse, B: Traverse> Traverse for (A, B) {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.traverse(visit);
        self.1.traverse(visit);
    }
}

impl<T: TraverseMut> Traverse for Guarded<T> {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.with(|payload| payload.traverse(visit));
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.with_mut(|payload| payload.drain(out));
    }
}
