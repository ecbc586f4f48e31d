//! The keys that `cmp_to_key` makes.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, CompareOp, Guarded, Header, PyResult, Ref, Slots, Value, Vm};

use crate::support::{bound, receiver, signature};

#[pyclass(
    name = "KeyWrapper",
    module = "functools",
    doc = "",
    flags(GC, DISALLOW_INSTANTIATION),
    getset(KeyWrapper::GETSETS),
    slots = SLOTS,
    unhashable
)]
#[derive(Traverse)]
pub struct KeyWrapper {
    header: Header,
    compare: Value,
    /// None in the function that makes keys.
    object: Guarded<Option<Value>>,
}

const SLOTS: Slots = Slots { call: Some(key_call), richcompare: Some(key_compare), ..Slots::EMPTY };

impl KeyWrapper {
    pub(super) fn of(compare: Value, object: Option<Value>, vm: &Vm) -> Value {
        Ref::new(vm, KeyWrapper { header: Header::blank(), compare, object: Guarded::new(object) }).into_value()
    }
}

fn key_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("K", &["obj"], 1, 1);
    let this = receiver!(KeyWrapper, slf, vm);
    let [object] = bound(&SIGNATURE, args, vm)?;
    Ok(KeyWrapper::of(this.compare.clone(), object.cloned(), vm))
}

fn key_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<KeyWrapper>(), other.downcast::<KeyWrapper>()) else {
        return Err(vm.type_error("other argument must be K instance"));
    };
    let (Some(x), Some(y)) = (a.object.get(), b.object.get()) else { return Err(vm.attribute_error("object")) };
    let result = vm.call(&a.compare, &[x, y])?;
    vm.compare(&result, &vm.int(0), op)
}

#[pymethods]
impl KeyWrapper {
    #[getter("__text_signature__")]
    fn text_signature(&self, vm: &Vm) -> Value {
        vm.new_str("(obj)").into_value()
    }

    /// Value wrapped by a key function.
    #[getter("obj")]
    #[member]
    fn object(&self) -> Value {
        self.object.get().unwrap_or(Value::none())
    }

    #[setter("obj")]
    fn set_object(&self, value: Option<&Value>, _vm: &Vm) -> PyResult<()> {
        self.object.set(value.cloned());
        Ok(())
    }
}
