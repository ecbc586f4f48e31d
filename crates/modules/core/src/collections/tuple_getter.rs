//! The descriptor behind the fields of named tuples.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::full_type_name;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

use crate::support::{positional, receiver, ssize};

#[pyclass(
    name = "_tuplegetter",
    module = "collections",
    doc = "",
    flags(GC),
    methods(TupleGetter::METHODS),
    getset(TupleGetter::GETSETS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct TupleGetter {
    header: Header,
    #[traverse(skip)]
    index: isize,
    doc: Guarded<Value>,
}

const SLOTS: Slots = Slots {
    new: Some(getter_new),
    repr: Some(getter_repr),
    descr_get: Some(getter_get),
    descr_set: Some(getter_set),
    ..Slots::EMPTY
};

fn getter_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [index, doc] = positional(class, vm.type_of::<TupleGetter>(), args, 2, 2, vm)? else {
        return Ok(Value::none());
    };
    let index = ssize(index, vm)?;
    let fields = TupleGetter { header: Header::blank(), index, doc: Guarded::new(doc.clone()) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn getter_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(TupleGetter, slf, vm);
    let doc = vm.repr_text(&this.doc.get())?;
    Ok(vm.try_str(&format!("{}({}, {doc})", vm.type_name(slf), this.index))?.into_value())
}

fn getter_get(slf: &Value, object: Option<&Value>, _: Option<&Value>, vm: &Vm) -> PyResult {
    let this = receiver!(TupleGetter, slf, vm);
    let Some(object) = object else { return Ok(slf.clone()) };
    let Some(tuple) = object.downcast::<Tuple>() else {
        if object.is_none() {
            return Ok(slf.clone());
        }
        let (index, name) = (this.index, full_type_name(object, vm));
        return Err(vm.type_error(format!(
            "descriptor for index '{index}' for tuple subclasses doesn't apply to '{name}' object"
        )));
    };
    let item = usize::try_from(this.index).ok().and_then(|index| tuple.as_slice().get(index));
    item.cloned().ok_or_else(|| vm.index_error("tuple index out of range"))
}

fn getter_set(_: &Value, _: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let message = if value.is_some() { "can't set attribute" } else { "can't delete attribute" };
    Err(vm.attribute_error(message))
}

#[pymethods]
impl TupleGetter {
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(TupleGetter, slf, vm);
        let parts = vm.tuple_of([vm.int(this.index as i64), this.doc.get()]).into_value();
        Ok(vm.tuple_of([slf.ty(vm).to_value(), parts]).into_value())
    }

    #[getter("__doc__")]
    #[member]
    fn doc(&self) -> Value {
        self.doc.get()
    }

    #[setter("__doc__")]
    fn set_doc(&self, value: Option<&Value>, _vm: &Vm) -> PyResult<()> {
        self.doc.set(value.cloned().unwrap_or(Value::none()));
        Ok(())
    }
}
