//! Native functions as objects, bound or free, and bound methods.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{call_native, full_name};
use pyrope_object::layout::Str;
use pyrope_object::{
    Args, BuiltinType as B, CompareOp, Header, MethodDef, NativeFn, PyResult, Ref, Slots, Type, Value, Vm,
};

/// A native function with its module, or a native method with its instance.
#[pyclass(
    name = "builtin_function_or_method", builtin = BuiltinFunction, flags(WEAKREF), slots = FUNCTION_SLOTS,
    methods(BuiltinFunction::METHODS), getset(BuiltinFunction::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct BuiltinFunction {
    pub header: Header,
    #[traverse(skip)]
    pub def: &'static MethodDef,
    /// Instance, class, or module (or None for a function without one).
    pub slf: Value,
    /// `__module__`, or None.
    pub module: Value,
    /// For a type's `__new__`: that type.
    pub new_of: Option<Ref<Type>>,
}

/// A Python method bound to its instance.
#[pyclass(
    name = "method", builtin = Method, signature = "(function, instance, /)", flags(WEAKREF), slots = BOUND_SLOTS,
    methods(Method::METHODS), getset(Method::GETSETS), doc = "Create a bound instance method object."
)]
#[derive(Traverse)]
pub struct Method {
    pub header: Header,
    pub function: Value,
    pub instance: Value,
}

/// A native function as an object.
pub fn native_function(def: &'static MethodDef, slf: Value, module: Option<Value>, vm: &Vm) -> Value {
    let module = module.unwrap_or(Value::none());
    Ref::new(vm, BuiltinFunction { header: Header::blank(), def, slf, module, new_of: None }).into_value()
}

/// A bound method.
pub fn bound_method(function: Value, instance: Value, vm: &Vm) -> Value {
    Ref::new(vm, Method { header: Header::blank(), function, instance }).into_value()
}

static NEW: MethodDef = MethodDef {
    name: "__new__",
    function: NativeFn::Any(call_new),
    binding: pyrope_object::Binding::Static,
    signature: "($type, *args, **kwargs)",
    keywords: true,
    doc: "Create and return a new object.  See help(type) for accurate signature.",
};

/// `T.__new__` of a native type.
pub(crate) fn new_function(ty: &Type, vm: &Vm) -> Value {
    let owner = Ref::from_borrowed(ty);
    let function = BuiltinFunction {
        header: Header::blank(),
        def: &NEW,
        slf: owner.to_value(),
        module: Value::none(),
        new_of: Some(owner),
    };
    Ref::new(vm, function).into_value()
}

/// True for the `__new__` of a native type.
pub(crate) fn is_native_new(value: &Value) -> bool {
    value.downcast_exact::<BuiltinFunction>().is_some_and(|function| function.new_of.is_some())
}

fn call_new(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some(owner) = slf.downcast::<Type>() else {
        return Err(vm.system_error("__new__() called with non-type 'self'"));
    };
    let Some((class_value, _)) = args.positional().split_first() else {
        return Err(vm.type_error(format!("{}.__new__(): not enough arguments", full_name(owner))));
    };
    let Some(class) = class_value.downcast::<Type>() else {
        return Err(vm.type_error(format!(
            "{}.__new__(X): X is not a type object ({})",
            full_name(owner),
            vm.type_name(class_value)
        )));
    };
    if !class.is_subtype(owner) {
        return Err(vm.type_error(format!(
            "{0}.__new__({1}): {1} is not a subtype of {0}",
            full_name(owner),
            full_name(class)
        )));
    }
    // The most derived native base must agree that this is how its instances are made.
    let mut native = Ref::from_borrowed(class);
    while native.is_heap() {
        match native.base() {
            Some(base) => native = base,
            None => break,
        }
    }
    if native.def().flags.has(pyrope_object::TypeFlags::PLAIN_NEW)
        && owner.is(vm.builtin(B::Object))
        && let Some(new) = native.slots().new
    {
        return new(class, Args::new(&args.values()[1..], args.kwnames()), vm);
    }
    let same = match (native.slots().new, owner.slots().new) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => false,
    };
    if !same {
        return Err(vm.type_error(format!(
            "{}.__new__({}) is not safe, use {}.__new__()",
            full_name(owner),
            full_name(class),
            full_name(&native)
        )));
    }
    match owner.slots().new {
        Some(new) => new(class, Args::new(&args.values()[1..], args.kwnames()), vm),
        None => Err(vm.type_error(format!("cannot create '{}' instances", super::class::type_full_name(class, vm)))),
    }
}

const FUNCTION_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let Some(f) = slf.downcast::<BuiltinFunction>() else { return Ok(Value::none()) };
        let text = if f.slf.is_none() || f.slf.ty(vm).is_subtype(vm.builtin(B::Module)) {
            format!("<built-in function {}>", f.def.name)
        } else {
            format!(
                "<built-in method {} of {} object at {:#x}>",
                f.def.name,
                pyrope_object::bind::full_type_name(&f.slf, vm),
                f.slf.id()
            )
        };
        Ok(vm.try_str(&text)?.into_value())
    }),
    call: Some(|slf, args, vm| match slf.downcast::<BuiltinFunction>() {
        Some(f) => f.call(args, vm),
        None => Err(vm.type_error("not a native function")),
    }),
    hash: Some(|slf, vm| {
        let Some(f) = slf.downcast::<BuiltinFunction>() else { return Ok(0) };
        let hash = super::object::identity_hash(&f.slf, vm)? ^ (std::ptr::from_ref(f.def) as usize >> 4) as i64;
        Ok(if hash == -1 { -2 } else { hash })
    }),
    richcompare: Some(|a, b, op, _| {
        let (Some(x), Some(y)) = (a.downcast::<BuiltinFunction>(), b.downcast::<BuiltinFunction>()) else {
            return Ok(Value::not_implemented());
        };
        let equal = std::ptr::eq(x.def, y.def) && x.slf.is(&y.slf);
        Ok(match op {
            CompareOp::Eq => Value::bool(equal),
            CompareOp::Ne => Value::bool(!equal),
            _ => Value::not_implemented(),
        })
    }),
    ..Slots::EMPTY
};

impl BuiltinFunction {
    /// Calls it.
    #[inline]
    pub fn call(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        match self.def.function {
            NativeFn::NoArgs(function) if args.is_empty() => function(&self.slf, vm),
            NativeFn::One(function) if args.keyword_count() == 0 && args.values().len() == 1 => {
                function(&self.slf, &args.values()[0], vm)
            }
            _ => {
                let owner = match self.module.downcast::<Str>().map(|m| m.to_string_lossy().into_owned()) {
                    Some(module) if module != "builtins" => Some(module),
                    Some(_) => None,
                    None => self.error_owner(vm),
                };
                call_native(self.def, owner.as_deref(), &self.slf, args, vm)
            }
        }
    }
}

#[pymethods]
impl BuiltinFunction {
    #[getter("__name__")]
    fn name(&self, vm: &Vm) -> Value {
        vm.intern(self.def.name).into_value()
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> PyResult {
        if self.slf.is_none() || self.slf.ty(vm).is_subtype(vm.builtin(B::Module)) {
            return Ok(vm.intern(self.def.name).into_value());
        }
        let owner = match self.slf.downcast::<Type>() {
            Some(class) => class.qualname(),
            None => self.slf.ty(vm).qualname(),
        };
        Ok(vm.new_str(&format!("{owner}.{}", self.def.name)).into_value())
    }

    #[getter("__doc__")]
    fn doc(&self, vm: &Vm) -> Value {
        if self.def.doc.is_empty() { Value::none() } else { vm.new_str(self.def.doc).into_value() }
    }

    #[getter("__text_signature__")]
    fn text_signature(&self, vm: &Vm) -> Value {
        if self.def.signature.is_empty() { Value::none() } else { vm.new_str(self.def.signature).into_value() }
    }

    #[getter("__self__")]
    fn slf(&self) -> Value {
        self.slf.clone()
    }

    #[getter("__module__")]
    #[member]
    fn module(&self) -> Value {
        self.module.clone()
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let name = vm.intern(self.def.name).into_value();
        if self.slf.is_none() || self.slf.ty(vm).is_subtype(vm.builtin(B::Module)) {
            return Ok(name);
        }
        let builtins = vm.import("builtins")?;
        let getattr = vm.get_attr_str(&builtins, "getattr")?;
        let args = vm.tuple_of([self.slf.clone(), name]);
        Ok(vm.tuple_of([getattr, args.into_value()]).into_value())
    }
}

fn method(value: &Value) -> Option<&Method> {
    value.downcast::<Method>()
}

fn method_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let Some(m) = method(slf) else { return Err(vm.type_error("not a method")) };
    if args.keyword_count() == 0 {
        match args.positional() {
            [] => return vm.call(&m.function, std::slice::from_ref(&m.instance)),
            [a] => return vm.call(&m.function, &[m.instance.clone(), a.clone()]),
            _ => {}
        }
    }
    args.behind(&m.instance, |args| vm.call_args(&m.function, args))
}

const BOUND_SLOTS: Slots = Slots {
    new: Some(|_, args, vm| {
        if args.keyword_count() > 0 {
            return Err(vm.type_error("method() takes no keyword arguments"));
        }
        let [function, instance] = args.positional() else {
            return Err(vm.type_error(format!("method expected 2 arguments, got {}", args.positional().len())));
        };
        if function.ty(vm).slots().call.is_none() {
            return Err(vm.type_error("first argument must be callable"));
        }
        if instance.is_none() {
            return Err(vm.type_error("instance must not be None"));
        }
        Ok(bound_method(function.clone(), instance.clone(), vm))
    }),
    repr: Some(|slf, vm| {
        let Some(m) = method(slf) else { return Ok(Value::none()) };
        let name = match vm.find_attr(&m.function, vm.names().__qualname__.as_value())? {
            Some(name) => Some(name),
            None => vm.find_attr(&m.function, vm.names().__name__.as_value())?,
        };
        let name = name.and_then(|n| n.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()));
        let text = format!("<bound method {} of {}>", name.as_deref().unwrap_or("?"), vm.repr_text(&m.instance)?);
        Ok(vm.try_str(&text)?.into_value())
    }),
    call: Some(method_call),
    hash: Some(|slf, vm| {
        let Some(m) = method(slf) else { return Ok(0) };
        let hash = super::object::identity_hash(&m.instance, vm)? ^ vm.hash(&m.function)?;
        Ok(if hash == -1 { -2 } else { hash })
    }),
    richcompare: Some(|a, b, op, vm| {
        let (Some(x), Some(y)) = (method(a), method(b)) else { return Ok(Value::not_implemented()) };
        let equal = match op {
            CompareOp::Eq | CompareOp::Ne => x.instance.is(&y.instance) && vm.equal(&x.function, &y.function)?,
            _ => return Ok(Value::not_implemented()),
        };
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }),
    getattr: Some(|slf, name, vm| {
        let own = name.downcast::<Str>().and_then(|text| vm.builtin(B::Method).lookup(text, vm));
        match (own, method(slf)) {
            (Some(found), _) => match found.ty(vm).slots().descr_get {
                Some(get) => get(&found, Some(slf), Some(&slf.ty(vm).to_value()), vm),
                None => Ok(found),
            },
            (None, Some(m)) => vm.get_attr(&m.function, name),
            (None, None) => Err(vm.no_attribute(slf, name)),
        }
    }),
    descr_get: Some(|slf, _, _, _| Ok(slf.clone())),
    ..Slots::EMPTY
};

#[pymethods]
impl Method {
    #[getter("__func__")]
    #[member]
    fn func(&self) -> Value {
        self.function.clone()
    }

    #[getter("__self__")]
    #[member]
    fn slf(&self) -> Value {
        self.instance.clone()
    }

    #[getter("__doc__")]
    fn doc(&self, vm: &Vm) -> PyResult {
        vm.get_attr(&self.function, vm.names().__doc__.as_value())
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let name = vm.get_attr(&self.function, vm.names().__name__.as_value())?;
        let builtins = vm.import("builtins")?;
        let getattr = vm.get_attr_str(&builtins, "getattr")?;
        let args = vm.tuple_of([self.instance.clone(), name]);
        Ok(vm.tuple_of([getattr, args.into_value()]).into_value())
    }
}
