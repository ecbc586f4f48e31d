//! `staticmethod`, `classmethod` and `property`.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::OrNone;
use pyrope_object::{Args, BuiltinType as B, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

/// Convert a function to be a static method.
///
/// A static method does not receive an implicit first argument.
/// To declare a static method, use this idiom:
///
///      class C:
///          @staticmethod
///          def f(arg1, arg2, argN):
///              ...
///
/// It can be called either on the class (e.g. C.f()) or on an instance
/// (e.g. C().f()). Both the class and the instance are ignored, and
/// neither is passed implicitly as the first argument to the method.
///
/// Static methods in Python are similar to those found in Java or C++.
/// For a more advanced concept, see the classmethod builtin.
#[pyclass(
    name = "staticmethod", builtin = StaticMethod, signature = "(function, /)", flags(BASETYPE, DICT, WEAKREF),
    slots = STATIC_SLOTS, methods(StaticMethod::METHODS), getset(StaticMethod::GETSETS)
)]
#[derive(Traverse)]
pub struct StaticMethod {
    pub header: Header,
    pub callable: Guarded<Value>,
}

/// Convert a function to be a class method.
///
/// A class method receives the class as implicit first argument,
/// just like an instance method receives the instance.
/// To declare a class method, use this idiom:
///
///   class C:
///       @classmethod
///       def f(cls, arg1, arg2, argN):
///           ...
///
/// It can be called either on the class (e.g. C.f()) or on an instance
/// (e.g. C().f()).  The instance is ignored except for its class.
/// If a class method is called for a derived class, the derived class
/// object is passed as the implied first argument.
///
/// Class methods are different than C++ or Java static methods.
/// If you want those, see the staticmethod builtin.
#[pyclass(
    name = "classmethod", builtin = ClassMethod, signature = "(function, /)", flags(BASETYPE, DICT, WEAKREF),
    slots = CLASS_SLOTS, methods(ClassMethod::METHODS), getset(ClassMethod::GETSETS)
)]
#[derive(Traverse)]
pub struct ClassMethod {
    pub header: Header,
    pub callable: Guarded<Value>,
}

/// Property attribute.
///
///   fget
///     function to be used for getting an attribute value
///   fset
///     function to be used for setting an attribute value
///   fdel
///     function to be used for del'ing an attribute
///   doc
///     docstring
///
/// Typical use is to define a managed attribute x:
///
/// class C(object):
///     def getx(self): return self._x
///     def setx(self, value): self._x = value
///     def delx(self): del self._x
///     x = property(getx, setx, delx, "I'm the 'x' property.")
///
/// Decorators make defining new properties or modifying existing ones easy:
///
/// class C(object):
///     @property
///     def x(self):
///         "I am the 'x' property."
///         return self._x
///     @x.setter
///     def x(self, value):
///         self._x = value
///     @x.deleter
///     def x(self):
///         del self._x
#[pyclass(
    name = "property", builtin = Property, signature = "(fget=None, fset=None, fdel=None, doc=None)",
    flags(BASETYPE, GC), slots = PROPERTY_SLOTS, methods(Property::METHODS), getset(Property::GETSETS)
)]
#[derive(Traverse)]
pub struct Property {
    pub header: Header,
    pub get: Guarded<Option<Value>>,
    pub set: Guarded<Option<Value>>,
    pub delete: Guarded<Option<Value>>,
    pub doc: Guarded<Option<Value>>,
    pub name: Guarded<Option<Value>>,
    /// The doc was taken from the getter.
    #[traverse(skip)]
    getter_doc: std::cell::Cell<bool>,
}

/// A static method of a function.
pub fn static_method(callable: Value, vm: &Vm) -> Value {
    Ref::new(vm, StaticMethod { header: Header::blank(), callable: Guarded::new(callable) }).into_value()
}

fn one_function(args: Args<'_>, name: &str, vm: &Vm) -> PyResult {
    if args.keyword_count() > 0 {
        return Err(vm.type_error(format!("{name}() takes no keyword arguments")));
    }
    match args.positional() {
        [function] => Ok(function.clone()),
        other => Err(vm.type_error(format!("{name} expected 1 argument, got {}", other.len()))),
    }
}

/// Copies what `functools.wraps` would from the wrapped function.
fn copy_wrapper_attributes(wrapper: &Value, wrapped: &Value, vm: &Vm) -> PyResult<()> {
    let names = vm.names();
    for name in [&names.__module__, &names.__name__, &names.__qualname__, &names.__doc__] {
        if let Some(value) = vm.find_attr(wrapped, name.as_value())? {
            wrapper.set_instance_attribute(name.as_value(), value, vm)?;
        }
    }
    Ok(())
}

macro_rules! wrapper_basics {
    ($wrapper:ident, $name:literal) => {
        fn callable_of(slf: &Value) -> Option<Value> {
            slf.downcast::<$wrapper>().map(|w| w.callable.get())
        }

        pub(super) fn new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
            let fields = $wrapper { header: Header::blank(), callable: Guarded::new(Value::none()) };
            Ok(Ref::new_in(vm, class, fields).into_value())
        }

        pub(super) fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
            let function = one_function(args, $name, vm)?;
            if let Some(wrapper) = slf.downcast::<$wrapper>() {
                wrapper.callable.set(function.clone());
            }
            copy_wrapper_attributes(slf, &function, vm)
        }

        pub(super) fn repr(slf: &Value, vm: &Vm) -> PyResult {
            let callable = callable_of(slf).unwrap_or(Value::none());
            Ok(vm.try_str(&format!(concat!("<", $name, "({})>"), vm.repr_text(&callable)?))?.into_value())
        }
    };
}

mod static_basics {
    use super::*;
    wrapper_basics!(StaticMethod, "staticmethod");

    pub(super) fn get(slf: &Value, _: Option<&Value>, _: Option<&Value>, vm: &Vm) -> PyResult {
        callable_of(slf).ok_or_else(|| vm.runtime_error("uninitialized staticmethod object"))
    }

    pub(super) fn call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        vm.call_args(&callable_of(slf).unwrap_or(Value::none()), args)
    }
}

mod class_basics {
    use super::*;
    wrapper_basics!(ClassMethod, "classmethod");

    pub(super) fn get(slf: &Value, object: Option<&Value>, owner: Option<&Value>, vm: &Vm) -> PyResult {
        let Some(callable) = callable_of(slf) else {
            return Err(vm.runtime_error("uninitialized classmethod object"));
        };
        let class = match (owner, object) {
            (Some(owner), _) => owner.clone(),
            (None, Some(object)) => object.ty(vm).to_value(),
            (None, None) => Value::none(),
        };
        Ok(super::super::builtin_function::bound_method(callable, class, vm))
    }
}

const STATIC_SLOTS: Slots = Slots {
    new: Some(static_basics::new),
    init: Some(static_basics::init),
    repr: Some(static_basics::repr),
    call: Some(static_basics::call),
    descr_get: Some(static_basics::get),
    ..Slots::EMPTY
};

const CLASS_SLOTS: Slots = Slots {
    new: Some(class_basics::new),
    init: Some(class_basics::init),
    repr: Some(class_basics::repr),
    descr_get: Some(class_basics::get),
    ..Slots::EMPTY
};

macro_rules! wrapper_attributes {
    ($($wrapper:ident)*) => {
        $(
            #[pymethods]
            impl $wrapper {
                #[getter("__func__")]
                #[member]
                fn func(&self) -> Value {
                    self.callable.get()
                }

                #[getter("__wrapped__")]
                #[member]
                fn wrapped(&self) -> Value {
                    self.callable.get()
                }

                #[getter("__isabstractmethod__")]
                fn isabstractmethod(&self, vm: &Vm) -> PyResult<bool> {
                    is_abstract(&self.callable.get(), vm)
                }

                #[getter("__dict__")]
                fn dict(slf: &Value, vm: &Vm) -> PyResult {
                    super::object::get_dict(slf, vm)
                }

                #[setter("__dict__")]
                fn set_dict(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
                    super::object::set_native_dict(slf, value, vm)
                }

                #[getter("__annotations__")]
                fn annotations(slf: &Value, vm: &Vm) -> PyResult {
                    cached_attribute(slf, "__annotations__", vm)
                }

                #[setter("__annotations__")]
                fn set_annotations(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
                    set_cached_attribute(slf, "__annotations__", value, vm)
                }

                #[getter("__annotate__")]
                fn annotate(slf: &Value, vm: &Vm) -> PyResult {
                    cached_attribute(slf, "__annotate__", vm)
                }

                #[setter("__annotate__")]
                fn set_annotate(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
                    set_cached_attribute(slf, "__annotate__", value, vm)
                }

                #[classmethod("__class_getitem__($type, object, /)")]
                fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
                    vm.call(&vm.builtin(B::GenericAlias).to_value(), &[cls.clone(), object.clone()])
                }
            }
        )*
    };
}

wrapper_attributes! { StaticMethod ClassMethod }

/// An attribute of the wrapped function, kept in the wrapper's own dict once asked for.
fn cached_attribute(slf: &Value, name: &str, vm: &Vm) -> PyResult {
    let key = vm.intern(name).into_value();
    if let Some(own) = slf.instance_attribute(&key, vm)? {
        return Ok(own);
    }
    let wrapped = vm.get_attr_str(slf, "__wrapped__")?;
    let value = vm.get_attr(&wrapped, &key)?;
    slf.set_instance_attribute(&key, value.clone(), vm)?;
    Ok(value)
}

fn set_cached_attribute(slf: &Value, name: &str, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let key = vm.intern(name).into_value();
    match value {
        Some(value) => slf.set_instance_attribute(&key, value.clone(), vm),
        None => match slf.delete_instance_attribute(&key, vm)? {
            Some(_) => Ok(()),
            None => Err(vm.attribute_error(format!("'{}' object has no attribute '{name}'", vm.type_name(slf)))),
        },
    }
}

fn is_abstract(value: &Value, vm: &Vm) -> PyResult<bool> {
    match vm.find_attr(value, vm.names().__isabstractmethod__.as_value())? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(false),
    }
}

const PROPERTY_SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let fields = Property {
            header: Header::blank(),
            get: Guarded::default(),
            set: Guarded::default(),
            delete: Guarded::default(),
            doc: Guarded::default(),
            name: Guarded::default(),
            getter_doc: std::cell::Cell::new(false),
        };
        Ok(Ref::new_in(vm, class, fields).into_value())
    }),
    init: Some(|slf, args, vm| property_init::FUNCTIONS[0].call_init(slf, args, vm)),
    descr_get: Some(|slf, object, _, vm| {
        let (Some(property), Some(object)) = (slf.downcast::<Property>(), object) else { return Ok(slf.clone()) };
        match property.get.get() {
            Some(getter) => vm.call(&getter, std::slice::from_ref(object)),
            None => Err(missing(property, object, "getter", vm)),
        }
    }),
    descr_set: Some(|slf, object, value, vm| {
        let Some(property) = slf.downcast::<Property>() else { return Ok(()) };
        let (function, kind) = match value {
            Some(_) => (property.set.get(), "setter"),
            None => (property.delete.get(), "deleter"),
        };
        let Some(function) = function else { return Err(missing(property, object, kind, vm)) };
        match value {
            Some(value) => vm.call(&function, &[object.clone(), value.clone()])?,
            None => vm.call(&function, std::slice::from_ref(object))?,
        };
        Ok(())
    }),
    ..Slots::EMPTY
};

fn missing(property: &Property, object: &Value, kind: &str, vm: &Vm) -> pyrope_object::Raised {
    let class = object.ty(vm).qualname();
    let name = match property.property_name(vm) {
        Ok(name) => name,
        Err(raised) => return raised,
    };
    match name.map(|n| vm.repr_text(&n)) {
        Some(Ok(name)) => vm.attribute_error(format!("property {name} of '{class}' object has no {kind}")),
        Some(Err(raised)) => raised,
        None => vm.attribute_error(format!("property of '{class}' object has no {kind}")),
    }
}

#[pyrope_macros::pyfunctions]
mod property_init {
    use super::*;

    #[pyfunction("property(fget=None, fset=None, fdel=None, doc=None)")]
    fn property(
        module: &Value,
        fget: OrNone<&Value>,
        fset: OrNone<&Value>,
        fdel: OrNone<&Value>,
        doc: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let Some(this) = module.downcast::<Property>() else { return Ok(()) };
        this.get.set(fget.0.cloned());
        this.set.set(fset.0.cloned());
        this.delete.set(fdel.0.cloned());
        this.name.set(None);
        this.getter_doc.set(false);
        let mut text = doc.0.cloned();
        if let (None, Some(getter)) = (&text, fget.0) {
            text = vm.find_attr(getter, vm.names().__doc__.as_value())?.filter(|d| !d.is_none());
            this.getter_doc.set(text.is_some());
        }
        if module.ty(vm).is_exactly(<Property as pyrope_object::Object>::def()) {
            this.doc.set(text);
            return Ok(());
        }
        // A subclass has `__doc__` in its own class dict, so the instance needs one of its own.
        let text = text.unwrap_or(Value::none());
        match vm.set_attr(module, vm.names().__doc__.as_value(), Some(&text)) {
            Err(raised) if !this.getter_doc.get() && vm.raised_is(B::AttributeError) => {
                vm.ignore(raised);
                Ok(())
            }
            result => result,
        }
    }
}

/// Calling a table entry as `__init__`.
trait CallInit {
    fn call_init(&'static self, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()>;
}

impl CallInit for pyrope_object::MethodDef {
    fn call_init(&'static self, slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        pyrope_object::bind::call_native(self, None, slf, args, vm).map(drop)
    }
}

impl Property {
    fn property_name(&self, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(name) = self.name.get() {
            return Ok(Some(name));
        }
        match self.get.get() {
            Some(getter) => vm.find_attr(&getter, vm.names().__name__.as_value()),
            None => Ok(None),
        }
    }

    fn with_function(slf: &Value, index: usize, function: &Value, vm: &Vm) -> PyResult {
        let Some(this) = slf.downcast::<Property>() else { return Ok(Value::none()) };
        let none = Value::none();
        let mut parts = [this.get.get(), this.set.get(), this.delete.get()].map(|p| p.unwrap_or(Value::none()));
        if !function.is_none() {
            parts[index] = function.clone();
        }
        let doc =
            if this.getter_doc.get() && !parts[0].is_none() { none } else { this.doc.get().unwrap_or(Value::none()) };
        let [get, set, delete] = parts;
        let copy = vm.call(&slf.ty(vm).to_value(), &[get, set, delete, doc])?;
        if let (Some(copy), Some(name)) = (copy.downcast::<Property>(), this.name.get()) {
            copy.name.set(Some(name));
        }
        Ok(copy)
    }
}

#[pymethods]
impl Property {
    #[getter]
    #[member]
    fn fget(&self) -> Value {
        self.get.get().unwrap_or(Value::none())
    }

    #[getter]
    #[member]
    fn fset(&self) -> Value {
        self.set.get().unwrap_or(Value::none())
    }

    #[getter]
    #[member]
    fn fdel(&self) -> Value {
        self.delete.get().unwrap_or(Value::none())
    }

    #[getter("__doc__")]
    #[member]
    fn doc_attribute(&self) -> Value {
        self.doc.get().unwrap_or(Value::none())
    }

    #[setter("__doc__")]
    fn set_doc(&self, value: Option<&Value>, _vm: &Vm) -> PyResult<()> {
        self.doc.set(value.cloned());
        Ok(())
    }

    #[getter("__name__")]
    fn name_attribute(slf: &Value, vm: &Vm) -> PyResult {
        let name = match slf.downcast::<Property>() {
            Some(this) => this.property_name(vm)?,
            None => None,
        };
        name.ok_or_else(|| {
            vm.attribute_error_for(
                format!("'{}' object has no attribute '__name__'", vm.type_name(slf)),
                slf,
                vm.names().__name__.as_value(),
            )
        })
    }

    #[setter("__name__")]
    fn set_name(&self, value: Option<&Value>, _vm: &Vm) -> PyResult<()> {
        self.name.set(value.cloned());
        Ok(())
    }

    #[getter("__isabstractmethod__")]
    fn isabstractmethod(&self, vm: &Vm) -> PyResult<bool> {
        for part in [self.get.get(), self.set.get(), self.delete.get()].into_iter().flatten() {
            if is_abstract(&part, vm)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Descriptor to obtain a copy of the property with a different getter.
    #[method("getter($self, object, /)")]
    fn getter(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        Property::with_function(slf, 0, object, vm)
    }

    /// Descriptor to obtain a copy of the property with a different setter.
    #[method("setter($self, object, /)")]
    fn setter(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        Property::with_function(slf, 1, object, vm)
    }

    /// Descriptor to obtain a copy of the property with a different deleter.
    #[method("deleter($self, object, /)")]
    fn deleter(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        Property::with_function(slf, 2, object, vm)
    }

    /// Method to set name of a property.
    #[method("__set_name__")]
    fn set_name_hook(&self, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let [_owner, name] = args.positional() else {
            let given = args.positional().len();
            let message = format!("__set_name__() takes 2 positional arguments but {given} were given");
            return Err(vm.type_error(message));
        };
        self.name.set(Some(name.clone()));
        Ok(())
    }
}
