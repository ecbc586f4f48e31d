//! `flags` and `traps`: mappings of signals to whether they are set.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use pyrope_decimal::Status;
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::{BuiltinType as B, CompareOp, Dict, Guarded, Header, PyResult, Raised, Ref, Slots, Value, Vm};

use crate::current::parts;
use crate::signals::SIGNALS;

/// What the mapping methods of signal dicts work on.
#[pyclass(
    name = "SignalDictMixin", module = "decimal", flags(BASETYPE), slots = SLOTS,
    methods(SignalDictMixin::METHODS), unhashable, doc = ""
)]
pub struct SignalDictMixin {
    header: Header,
    /// The context's conditions, as long as it is there.
    bits: Guarded<Weak<Cell<u32>>>,
}

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let blank = SignalDictMixin { header: Header::blank(), bits: Guarded::new(Weak::new()) };
        Ok(Ref::new_in(vm, class, blank).into_value())
    }),
    init: Some(|_, _, _| Ok(())),
    repr: Some(|slf, vm| this(slf, vm)?.shown(vm)),
    richcompare: Some(compare),
    iter: Some(|slf, vm| {
        bits(slf, vm)?;
        let names = parts(vm)?.classes.signals.clone();
        vm.iter(vm.new_tuple(names).as_value())
    }),
    mp_length: Some(|slf, vm| bits(slf, vm).map(|_| SIGNALS.len())),
    mp_subscript: Some(|slf, key, vm| {
        let bits = bits(slf, vm)?;
        let mask = parts(vm)?.classes.mask_of(key, vm)?;
        Ok(Value::bool(bits.get() & mask.0 != 0))
    }),
    mp_ass_subscript: Some(assign),
    ..Slots::EMPTY
};

/// The signal dict of a context's conditions.
pub(crate) fn new(bits: &Rc<Cell<u32>>, vm: &Vm) -> PyResult {
    let dict = vm.call(&parts(vm)?.signal_dict, &[])?;
    if let Some(this) = dict.downcast::<SignalDictMixin>() {
        this.bits.set(Rc::downgrade(bits));
    }
    Ok(dict)
}

/// The class: the mixin with `MutableMapping`.
pub(crate) fn make_class(vm: &Vm) -> PyResult {
    let mapping = vm.get_attr_str(&vm.import("collections.abc")?, "MutableMapping")?;
    let mixin = vm.type_of::<SignalDictMixin>().to_value();
    let bases = vm.new_tuple(vec![mixin, mapping.clone()]).into_value();
    let metaclass = mapping.ty(vm).to_value();
    vm.call(&metaclass, &[vm.intern("SignalDict").into_value(), bases, vm.new_dict().into_value()])
}

fn this<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a SignalDictMixin> {
    slf.downcast::<SignalDictMixin>().ok_or_else(|| vm.type_error("argument must be a signal dict"))
}

fn bits(slf: &Value, vm: &Vm) -> PyResult<Rc<Cell<u32>>> {
    this(slf, vm)?.bits.with(Weak::upgrade).ok_or_else(|| vm.value_error("invalid signal dict"))
}

#[cold]
fn invalid(vm: &Vm) -> Raised {
    vm.raise(B::KeyError, "invalid signal dict")
}

/// The conditions of a signal dict, or of a dict that has all signals.
pub(crate) fn conditions_of(value: &Value, vm: &Vm) -> PyResult<u32> {
    if value.downcast::<SignalDictMixin>().is_some() {
        return Ok(bits(value, vm)?.get());
    }
    let Some(dict) = value.cast::<Dict>() else { return Err(vm.type_error("argument must be a signal dict")) };
    if dict.len() != SIGNALS.len() {
        return Err(invalid(vm));
    }
    let parts = parts(vm)?;
    let mut conditions = 0;
    for entry in dict.entries() {
        let mask = parts.classes.mask_of(&entry.key, vm)?;
        if vm.is_true(&entry.value)? {
            conditions |= mask.0;
        }
    }
    Ok(conditions)
}

fn assign(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let bits = bits(slf, vm)?;
    let Some(value) = value else { return Err(vm.value_error("signal keys cannot be deleted")) };
    let mask = parts(vm)?.classes.mask_of(key, vm)?.0;
    let set = vm.is_true(value)?;
    bits.set(if set { bits.get() | mask } else { bits.get() & !mask });
    Ok(())
}

fn compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let own = bits(a, vm)?.get();
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    if b.downcast::<SignalDictMixin>().is_none() && b.downcast::<Dict>().is_none() {
        return Ok(Value::not_implemented());
    }
    let other = match vm.suppress(conditions_of(b, vm), B::KeyError)? {
        Some(other) => other,
        None => return Ok(Value::not_implemented()),
    };
    Ok(Value::bool((own == other) == (op == CompareOp::Eq)))
}

impl SignalDictMixin {
    fn shown(&self, vm: &Vm) -> PyResult {
        let Some(bits) = self.bits.with(Weak::upgrade) else { return Err(vm.value_error("invalid signal dict")) };
        let mut items = Vec::new();
        for (class, signal) in parts(vm)?.classes.signals.iter().zip(&SIGNALS) {
            let set = if Status(bits.get()).has(signal.mask) { "True" } else { "False" };
            items.push(format!("{}:{set}", vm.repr_text(class)?));
        }
        Ok(vm.try_str(&format!("{{{}}}", items.join(", ")))?.into_value())
    }
}

#[pymethods]
impl SignalDictMixin {
    #[method("copy($self, /)")]
    fn copy(slf: &Value, vm: &Vm) -> PyResult {
        let bits = bits(slf, vm)?.get();
        let dict = vm.new_dict();
        for (class, signal) in parts(vm)?.classes.signals.iter().zip(&SIGNALS) {
            dict.set(class.clone(), Value::bool(Status(bits).has(signal.mask)), vm)?;
        }
        Ok(dict.into_value())
    }
}
