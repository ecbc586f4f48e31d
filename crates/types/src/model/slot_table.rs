//! The one table that maps each special method to its slot, in both directions.
//!
//! Downwards: a native type's slot shows in its dict as a `wrapper_descriptor` that calls the slot (`wrap`).
//! Upwards: a class that defines the special method gets a slot that calls the method (`generic`).

mod generic;
mod wrap;

use pyrope_object::{Args, PyResult, Slots, Value, Vm};

pub(crate) use generic::{call_new, told_buffer};

/// One special method and its slot.
pub struct SlotEntry {
    pub name: &'static str,
    /// `__text_signature__`
    pub signature: &'static str,
    pub doc: &'static str,
    /// Does a type have the slot?
    pub present: fn(&Slots) -> bool,
    /// Calls the slot of a native type as the special method.
    pub wrap: fn(&Slots, &Value, Args<'_>, &Vm) -> PyResult,
    /// Takes the slot over from a native type.
    pub copy: fn(&mut Slots, &Slots),
    /// Puts the function in that calls the special method.
    pub install: fn(&mut Slots),
}

macro_rules! entry {
    ($name:literal, $slot:ident, $generic:path, $wrap:expr, $signature:literal, $doc:literal) => {
        SlotEntry {
            name: $name,
            signature: $signature,
            doc: $doc,
            present: |s| s.$slot.is_some(),
            wrap: |s, slf, args, vm| match s.$slot {
                Some(slot) => $wrap(slot, $name, slf, args, vm),
                None => Err(vm.type_error(concat!("no slot for ", $name))),
            },
            copy: |to, from| to.$slot = from.$slot,
            install: |s| s.$slot = Some($generic),
        }
    };
}

/// A slot that classes inherit but never get for a method of their own: the number slot of the same method serves.
macro_rules! inherited {
    ($name:literal, $slot:ident, $wrap:expr, $signature:literal, $doc:literal) => {
        SlotEntry {
            name: $name,
            signature: $signature,
            doc: $doc,
            present: |s| s.$slot.is_some(),
            wrap: |s, slf, args, vm| match s.$slot {
                Some(slot) => $wrap(slot, $name, slf, args, vm),
                None => Err(vm.type_error(concat!("no slot for ", $name))),
            },
            copy: |to, from| to.$slot = from.$slot,
            install: |s| s.$slot = None,
        }
    };
}

macro_rules! binary {
    ($name:literal $rname:literal $slot:ident $generic:ident $symbol:literal) => {
        [
            entry!($name, $slot, generic::$generic, wrap::binary_left, "($self, value, /)", $symbol),
            entry!($rname, $slot, generic::$generic, wrap::binary_right, "($self, value, /)", $symbol),
        ]
    };
}

/// All entries, in CPython's order of `slotdefs`.
pub static ENTRIES: &[&[SlotEntry]] = &[
    &[
        entry!(
            "__getattribute__",
            getattr,
            generic::getattr,
            wrap::getattr,
            "($self, name, /)",
            "Return getattr(self, name)."
        ),
        entry!("__getattr__", getattr, generic::getattr, wrap::getattr, "", ""),
        entry!(
            "__setattr__",
            setattr,
            generic::setattr,
            wrap::setattr,
            "($self, name, value, /)",
            "Implement setattr(self, name, value)."
        ),
        entry!(
            "__delattr__",
            setattr,
            generic::setattr,
            wrap::delattr,
            "($self, name, /)",
            "Implement delattr(self, name)."
        ),
        entry!("__repr__", repr, generic::repr, wrap::unary, "($self, /)", "Return repr(self)."),
        entry!("__hash__", hash, generic::hash, wrap::hash, "($self, /)", "Return hash(self)."),
        entry!("__call__", call, generic::call, wrap::call, "($self, /, *args, **kwargs)", "Call self as a function."),
        entry!("__str__", str, generic::str, wrap::unary, "($self, /)", "Return str(self)."),
        entry!("__lt__", richcompare, generic::richcompare, wrap::compare, "($self, value, /)", "Return self<value."),
        entry!("__le__", richcompare, generic::richcompare, wrap::compare, "($self, value, /)", "Return self<=value."),
        entry!("__eq__", richcompare, generic::richcompare, wrap::compare, "($self, value, /)", "Return self==value."),
        entry!("__ne__", richcompare, generic::richcompare, wrap::compare, "($self, value, /)", "Return self!=value."),
        entry!("__gt__", richcompare, generic::richcompare, wrap::compare, "($self, value, /)", "Return self>value."),
        entry!("__ge__", richcompare, generic::richcompare, wrap::compare, "($self, value, /)", "Return self>=value."),
        entry!("__iter__", iter, generic::iter, wrap::unary, "($self, /)", "Implement iter(self)."),
        entry!("__next__", next, generic::next, wrap::next, "($self, /)", "Implement next(self)."),
        entry!(
            "__get__",
            descr_get,
            generic::descr_get,
            wrap::descr_get,
            "($self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner."
        ),
        entry!(
            "__set__",
            descr_set,
            generic::descr_set,
            wrap::descr_set,
            "($self, instance, value, /)",
            "Set an attribute of instance to value."
        ),
        entry!(
            "__delete__",
            descr_set,
            generic::descr_set,
            wrap::descr_delete,
            "($self, instance, /)",
            "Delete an attribute of instance."
        ),
        entry!(
            "__init__",
            init,
            generic::init,
            wrap::init,
            "($self, /, *args, **kwargs)",
            "Initialize self.  See help(type(self)) for accurate signature."
        ),
        entry!(
            "__del__",
            finalize,
            generic::finalize,
            wrap::finalize,
            "($self, /)",
            "Called when the instance is about to be destroyed."
        ),
        entry!(
            "__buffer__",
            buffer,
            generic::buffer,
            wrap::buffer,
            "($self, flags, /)",
            "Return a buffer object that exposes the underlying memory of the object."
        ),
        entry!(
            "__await__",
            am_await,
            generic::am_await,
            wrap::unary,
            "($self, /)",
            "Return an iterator to be used in await expression."
        ),
        entry!(
            "__aiter__",
            am_aiter,
            generic::am_aiter,
            wrap::unary,
            "($self, /)",
            "Return an awaitable, that resolves in asynchronous iterator."
        ),
        entry!(
            "__anext__",
            am_anext,
            generic::am_anext,
            wrap::unary,
            "($self, /)",
            "Return a value or raise StopAsyncIteration."
        ),
    ],
    &binary!("__add__" "__radd__" add add "Return self+value."),
    &binary!("__sub__" "__rsub__" subtract subtract "Return self-value."),
    &binary!("__mul__" "__rmul__" multiply multiply "Return self*value."),
    &binary!("__mod__" "__rmod__" remainder remainder "Return self%value."),
    &binary!("__divmod__" "__rdivmod__" divmod divmod "Return divmod(self, value)."),
    &[
        entry!(
            "__pow__",
            power,
            generic::power,
            wrap::power_left,
            "($self, value, mod=None, /)",
            "Return pow(self, value, mod)."
        ),
        entry!(
            "__rpow__",
            power,
            generic::power,
            wrap::power_right,
            "($self, value, mod=None, /)",
            "Return pow(value, self, mod)."
        ),
        entry!("__neg__", negative, generic::negative, wrap::unary, "($self, /)", "-self"),
        entry!("__pos__", positive, generic::positive, wrap::unary, "($self, /)", "+self"),
        entry!("__abs__", absolute, generic::absolute, wrap::unary, "($self, /)", "abs(self)"),
        entry!("__bool__", bool, generic::bool, wrap::inquiry, "($self, /)", "True if self else False"),
        entry!("__invert__", invert, generic::invert, wrap::unary, "($self, /)", "~self"),
    ],
    &binary!("__lshift__" "__rlshift__" lshift lshift "Return self<<value."),
    &binary!("__rshift__" "__rrshift__" rshift rshift "Return self>>value."),
    &binary!("__and__" "__rand__" and and "Return self&value."),
    &binary!("__xor__" "__rxor__" xor xor "Return self^value."),
    &binary!("__or__" "__ror__" or or "Return self|value."),
    &[
        entry!("__int__", int, generic::int, wrap::unary, "($self, /)", "int(self)"),
        entry!("__float__", float, generic::float, wrap::unary, "($self, /)", "float(self)"),
        entry!(
            "__iadd__",
            inplace_add,
            generic::inplace_add,
            wrap::binary_left,
            "($self, value, /)",
            "Return self+=value."
        ),
        entry!(
            "__isub__",
            inplace_subtract,
            generic::inplace_subtract,
            wrap::binary_left,
            "($self, value, /)",
            "Return self-=value."
        ),
        entry!(
            "__imul__",
            inplace_multiply,
            generic::inplace_multiply,
            wrap::binary_left,
            "($self, value, /)",
            "Return self*=value."
        ),
        entry!(
            "__imod__",
            inplace_remainder,
            generic::inplace_remainder,
            wrap::binary_left,
            "($self, value, /)",
            "Return self%=value."
        ),
        entry!(
            "__ipow__",
            inplace_power,
            generic::inplace_power,
            wrap::power_left,
            "($self, value, /)",
            "Return self**=value."
        ),
        entry!(
            "__ilshift__",
            inplace_lshift,
            generic::inplace_lshift,
            wrap::binary_left,
            "($self, value, /)",
            "Return self<<=value."
        ),
        entry!(
            "__irshift__",
            inplace_rshift,
            generic::inplace_rshift,
            wrap::binary_left,
            "($self, value, /)",
            "Return self>>=value."
        ),
        entry!(
            "__iand__",
            inplace_and,
            generic::inplace_and,
            wrap::binary_left,
            "($self, value, /)",
            "Return self&=value."
        ),
        entry!(
            "__ixor__",
            inplace_xor,
            generic::inplace_xor,
            wrap::binary_left,
            "($self, value, /)",
            "Return self^=value."
        ),
        entry!(
            "__ior__",
            inplace_or,
            generic::inplace_or,
            wrap::binary_left,
            "($self, value, /)",
            "Return self|=value."
        ),
    ],
    &binary!("__floordiv__" "__rfloordiv__" floor_divide floor_divide "Return self//value."),
    &binary!("__truediv__" "__rtruediv__" true_divide true_divide "Return self/value."),
    &[
        entry!(
            "__ifloordiv__",
            inplace_floor_divide,
            generic::inplace_floor_divide,
            wrap::binary_left,
            "($self, value, /)",
            "Return self//=value."
        ),
        entry!(
            "__itruediv__",
            inplace_true_divide,
            generic::inplace_true_divide,
            wrap::binary_left,
            "($self, value, /)",
            "Return self/=value."
        ),
        entry!(
            "__index__",
            index,
            generic::index,
            wrap::unary,
            "($self, /)",
            "Return self converted to an integer, if self is suitable for use as an index into a list."
        ),
    ],
    &binary!("__matmul__" "__rmatmul__" matrix_multiply matrix_multiply "Return self@value."),
    &[
        entry!(
            "__imatmul__",
            inplace_matrix_multiply,
            generic::inplace_matrix_multiply,
            wrap::binary_left,
            "($self, value, /)",
            "Return self@=value."
        ),
        entry!("__len__", mp_length, generic::len, wrap::len, "($self, /)", "Return len(self)."),
        entry!(
            "__getitem__",
            mp_subscript,
            generic::mp_subscript,
            wrap::binary_left,
            "($self, key, /)",
            "Return self[key]."
        ),
        entry!(
            "__setitem__",
            mp_ass_subscript,
            generic::mp_ass_subscript,
            wrap::set_subscript,
            "($self, key, value, /)",
            "Set self[key] to value."
        ),
        entry!(
            "__delitem__",
            mp_ass_subscript,
            generic::mp_ass_subscript,
            wrap::delete_subscript,
            "($self, key, /)",
            "Delete self[key]."
        ),
        entry!("__len__", sq_length, generic::len, wrap::len, "($self, /)", "Return len(self)."),
        inherited!("__add__", sq_concat, wrap::binary_left, "($self, value, /)", "Return self+value."),
        inherited!("__mul__", sq_repeat, wrap::repeat, "($self, value, /)", "Return self*value."),
        inherited!("__rmul__", sq_repeat, wrap::repeat, "($self, value, /)", "Return value*self."),
        entry!("__getitem__", sq_item, generic::sq_item, wrap::item, "($self, key, /)", "Return self[key]."),
        entry!(
            "__setitem__",
            sq_ass_item,
            generic::sq_ass_item,
            wrap::set_item,
            "($self, key, value, /)",
            "Set self[key] to value."
        ),
        entry!(
            "__delitem__",
            sq_ass_item,
            generic::sq_ass_item,
            wrap::delete_item,
            "($self, key, /)",
            "Delete self[key]."
        ),
        entry!(
            "__contains__",
            sq_contains,
            generic::contains,
            wrap::contains,
            "($self, key, /)",
            "Return bool(key in self)."
        ),
        inherited!("__iadd__", sq_inplace_concat, wrap::binary_left, "($self, value, /)", "Implement self+=value."),
        inherited!("__imul__", sq_inplace_repeat, wrap::repeat, "($self, value, /)", "Implement self*=value."),
    ],
];

/// All entries in a row.
pub fn entries() -> impl Iterator<Item = &'static SlotEntry> {
    ENTRIES.iter().flat_map(|group| group.iter())
}
