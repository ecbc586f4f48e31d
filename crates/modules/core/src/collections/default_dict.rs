//! `defaultdict`: a dict that makes the values of absent keys.

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::{Args, BuiltinType as B, Dict, Guarded, PyResult, Ref, Slots, Traverse, Type, Value, Vm};
use pyrope_types::containers::dict::merge::update_from;
use pyrope_types::containers::generic_alias;

use crate::support::{given, receiver};

/// A dict that calls a function without arguments for the value of a key that is absent when it is looked up.
///
/// The other arguments are those of dict.
#[pyclass(
    name = "defaultdict",
    module = "collections",
    base = Dict,
    flags(GC, BASETYPE),
    methods(DefaultDict::METHODS),
    getset(DefaultDict::GETSETS),
    slots = SLOTS
)]
pub struct DefaultDict {
    header: Dict,
    factory: Guarded<Option<Value>>,
}

impl Traverse for DefaultDict {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.header.traverse(visit);
        self.factory.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        Traverse::clear(&self.header, out);
        Traverse::clear(&self.factory, out);
    }
}

const SLOTS: Slots = Slots {
    init: Some(default_init),
    new: Some(default_new),
    repr: Some(default_repr),
    or: Some(default_or),
    ..Slots::EMPTY
};

fn default_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, DefaultDict { header: Dict::empty(), factory: Guarded::new(None) }).into_value())
}

fn default_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(DefaultDict, slf, vm);
    let mut rest = args;
    let mut factory = None;
    if let Some(first) = args.positional().first() {
        factory = given(Some(first));
        if factory.as_ref().is_some_and(|f| f.ty(vm).slots().call.is_none()) {
            return Err(vm.type_error("first argument must be callable or None"));
        }
        rest = Args::new(&args.values()[1..], args.kwnames());
    }
    this.factory.set(factory);
    match vm.builtin(B::Dict).slots().init {
        Some(init) => init(slf, rest, vm),
        None => Ok(()),
    }
}

fn default_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(DefaultDict, slf, vm);
    let base = match vm.builtin(B::Dict).slots().repr {
        Some(repr) => vm.str(&repr(slf, vm)?)?.to_string_lossy().into_owned(),
        None => String::new(),
    };
    let factory = match this.factory.get() {
        None => "None".to_owned(),
        Some(factory) => {
            if vm.enter_repr(&factory) {
                let text = vm.repr_text(&factory);
                vm.leave_repr(&factory);
                text?
            } else {
                "...".to_owned()
            }
        }
    };
    Ok(vm.try_str(&format!("{}({factory}, {base})", vm.type_name(slf)))?.into_value())
}

/// `type(slf)(slf.default_factory, content)`
fn remade(slf: &Value, content: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(DefaultDict, slf, vm);
    let factory = this.factory.get().unwrap_or(Value::none());
    vm.call(&slf.ty(vm).to_value(), &[factory, content.clone()])
}

fn default_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (slf, other) = if a.downcast::<DefaultDict>().is_some() { (a, b) } else { (b, a) };
    if other.downcast::<Dict>().is_none() {
        return Ok(Value::not_implemented());
    }
    let new = remade(slf, a, vm)?;
    if let Some(dict) = new.downcast::<Dict>() {
        update_from(dict, b, vm)?;
    }
    Ok(new)
}

#[pymethods]
impl DefaultDict {
    /// The value of an absent key, made and set; KeyError without a factory.
    #[method("__missing__($self, object, /)")]
    fn missing(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(DefaultDict, slf, vm);
        let Some(factory) = this.factory.get() else { return Err(vm.key_error(object)) };
        let value = vm.call(&factory, &[])?;
        // The factory may have set the key: then that value stays.
        let dict = receiver!(Dict, slf, vm);
        dict.set_default_hashed(object.clone(), vm.hash_key(object)?, value, vm)
    }

    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(slf: &Value, vm: &Vm) -> PyResult {
        remade(slf, slf, vm)
    }

    /// A shallow copy.
    #[method("__copy__($self, /)")]
    fn copy_dunder(slf: &Value, vm: &Vm) -> PyResult {
        remade(slf, slf, vm)
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(DefaultDict, slf, vm);
        let arguments = vm.new_tuple(this.factory.get().into_iter().collect()).into_value();
        let items = vm.iter(&vm.call_method(slf, "items", &[])?)?;
        let none = Value::none;
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments, none(), none(), items]).into_value())
    }

    /// Default dicts are generic over the types of keys and values.
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    /// What makes the values of absent keys.
    #[getter("default_factory")]
    #[member]
    fn factory(&self) -> Value {
        self.factory.get().unwrap_or(Value::none())
    }

    #[setter("default_factory")]
    fn set_factory(&self, value: Option<&Value>, _vm: &Vm) -> PyResult<()> {
        self.factory.set(given(value));
        Ok(())
    }
}
