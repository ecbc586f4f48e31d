//! What native types put into their dicts: method, slot, attribute and member descriptors.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{call_native, call_unbound};
use pyrope_object::layout::Str;
use pyrope_object::{
    Args, BuiltinType as B, CompareOp, GetSetDef, Header, MethodDef, Object, PyResult, Ref, Slots, Type, Value, Vm,
};

use super::builtin_function::{self, BuiltinFunction};
use super::slot_table::SlotEntry;

/// A method of a native type.
#[pyclass(
    name = "method_descriptor", builtin = MethodDescriptor, flags(GC, METHOD_DESCRIPTOR), slots = METHOD_SLOTS,
    methods(MethodDescriptor::METHODS, MethodDescriptor::METHODS_REDUCE), getset(MethodDescriptor::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct MethodDescriptor {
    pub header: Header,
    pub owner: Ref<Type>,
    #[traverse(skip)]
    pub def: &'static MethodDef,
}

/// A class method of a native type.
#[pyclass(
    name = "classmethod_descriptor", builtin = ClassMethodDescriptor, flags(GC), slots = CLASS_METHOD_SLOTS,
    methods(ClassMethodDescriptor::METHODS), getset(ClassMethodDescriptor::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct ClassMethodDescriptor {
    pub header: Header,
    pub owner: Ref<Type>,
    #[traverse(skip)]
    pub def: &'static MethodDef,
}

/// A slot of a native type, under its special method's name.
#[pyclass(
    name = "wrapper_descriptor", builtin = WrapperDescriptor, flags(GC, METHOD_DESCRIPTOR), slots = WRAPPER_SLOTS,
    methods(WrapperDescriptor::METHODS, WrapperDescriptor::METHODS_REDUCE), getset(WrapperDescriptor::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct WrapperDescriptor {
    pub header: Header,
    pub owner: Ref<Type>,
    #[traverse(skip)]
    pub entry: &'static SlotEntry,
}

/// A slot wrapper bound to an instance.
#[pyclass(
    name = "method-wrapper", builtin = MethodWrapper, flags(GC), slots = BOUND_WRAPPER_SLOTS,
    methods(MethodWrapper::METHODS), getset(MethodWrapper::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct MethodWrapper {
    pub header: Header,
    pub descriptor: Ref<WrapperDescriptor>,
    pub instance: Value,
}

/// A computed attribute of a native type.
#[pyclass(
    name = "getset_descriptor", builtin = GetSetDescriptor, flags(GC), slots = GETSET_SLOTS,
    methods(GetSetDescriptor::METHODS), getset(GetSetDescriptor::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct GetSetDescriptor {
    pub header: Header,
    pub owner: Ref<Type>,
    #[traverse(skip)]
    pub def: &'static GetSetDef,
}

/// A field of a native type, or a `__slots__` member of a class.
#[pyclass(
    name = "member_descriptor", builtin = MemberDescriptor, flags(GC), slots = MEMBER_SLOTS,
    methods(MemberDescriptor::METHODS, MemberDescriptor::METHODS_REDUCE), getset(MemberDescriptor::GETSETS), doc = ""
)]
#[derive(Traverse)]
pub struct MemberDescriptor {
    pub header: Header,
    pub owner: Ref<Type>,
    pub name: Ref<Str>,
    #[traverse(skip)]
    pub kind: MemberKind,
}

/// Where a member lies.
#[derive(Clone, Copy)]
pub enum MemberKind {
    /// The n-th `__slots__` member of the instance.
    Slot(usize),
    /// A native field, reached by functions.
    Native(&'static GetSetDef),
}

/// The descriptor of a native method, by its binding.
pub fn method_descriptor(owner: &Type, def: &'static MethodDef, vm: &Vm) -> Value {
    use pyrope_object::Binding;
    let owner = Ref::from_borrowed(owner);
    match def.binding {
        Binding::Instance => Ref::new(vm, MethodDescriptor { header: Header::blank(), owner, def }).into_value(),
        Binding::Class => Ref::new(vm, ClassMethodDescriptor { header: Header::blank(), owner, def }).into_value(),
        Binding::Static => {
            let function = builtin_function::native_function(def, owner.to_value(), None, vm);
            super::wrappers::static_method(function, vm)
        }
    }
}

/// The descriptor of a slot.
pub fn wrapper_descriptor(owner: &Type, entry: &'static SlotEntry, vm: &Vm) -> Value {
    Ref::new(vm, WrapperDescriptor { header: Header::blank(), owner: Ref::from_borrowed(owner), entry }).into_value()
}

/// The descriptor of a computed attribute, or of a native field.
pub fn getset_descriptor(owner: &Type, def: &'static GetSetDef, vm: &Vm) -> Value {
    let owner = Ref::from_borrowed(owner);
    if def.member {
        let (name, kind) = (vm.intern(def.name), MemberKind::Native(def));
        return Ref::new(vm, MemberDescriptor { header: Header::blank(), owner, name, kind }).into_value();
    }
    Ref::new(vm, GetSetDescriptor { header: Header::blank(), owner, def }).into_value()
}

/// The descriptor of a `__slots__` member.
pub fn slot_member(owner: &Type, name: &Ref<Str>, index: usize, vm: &Vm) -> Value {
    let (owner, name) = (Ref::from_borrowed(owner), name.clone());
    Ref::new(vm, MemberDescriptor { header: Header::blank(), owner, name, kind: MemberKind::Slot(index) }).into_value()
}

/// TypeError if `object` is not an instance of the descriptor's owner.
fn check_instance(owner: &Type, name: &str, object: &Value, vm: &Vm) -> PyResult<()> {
    if object.ty(vm).is_subtype(owner) {
        return Ok(());
    }
    Err(vm.type_error(format!(
        "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
        super::class::type_full_name(owner, vm),
        super::class::type_full_name(object.ty(vm), vm)
    )))
}

fn wrong_self(slf: &Value, vm: &Vm) -> pyrope_object::Raised {
    vm.type_error(format!("unexpected receiver of type '{}'", vm.type_name(slf)))
}

fn described<'a, T: Object>(slf: &'a Value, vm: &Vm) -> PyResult<&'a T> {
    slf.downcast::<T>().ok_or_else(|| wrong_self(slf, vm))
}

const METHOD_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let d = described::<MethodDescriptor>(slf, vm)?;
        describe("method", d.def.name, &d.owner, vm)
    }),
    call: Some(|slf, args, vm| {
        let d = described::<MethodDescriptor>(slf, vm)?;
        call_unbound(d.def, &d.owner, args, vm)
    }),
    descr_get: Some(|slf, object, _, vm| {
        let d = described::<MethodDescriptor>(slf, vm)?;
        let Some(object) = object else { return Ok(slf.clone()) };
        check_instance(&d.owner, d.def.name, object, vm)?;
        Ok(builtin_function::native_function(d.def, object.clone(), None, vm))
    }),
    ..Slots::EMPTY
};

const CLASS_METHOD_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let d = described::<ClassMethodDescriptor>(slf, vm)?;
        describe("method", d.def.name, &d.owner, vm)
    }),
    call: Some(|slf, args, vm| {
        let d = described::<ClassMethodDescriptor>(slf, vm)?;
        let Some((class, _)) = args.positional().split_first() else {
            return Err(vm.type_error(format!(
                "descriptor '{}' of '{}' object needs an argument",
                d.def.name,
                d.owner.name()
            )));
        };
        let bound = bind_class_method(d, class, vm)?;
        vm.call_args(&bound, Args::new(&args.values()[1..], args.kwnames()))
    }),
    descr_get: Some(|slf, object, owner, vm| {
        let d = described::<ClassMethodDescriptor>(slf, vm)?;
        let class = match (owner, object) {
            (Some(owner), _) => owner.clone(),
            (None, Some(object)) => object.ty(vm).to_value(),
            (None, None) => {
                return Err(vm.type_error(format!(
                    "descriptor '{}' for type '{}' needs either an object or a type",
                    d.def.name,
                    d.owner.name()
                )));
            }
        };
        bind_class_method(d, &class, vm)
    }),
    ..Slots::EMPTY
};

fn bind_class_method(d: &ClassMethodDescriptor, class: &Value, vm: &Vm) -> PyResult {
    let Some(ty) = class.downcast::<Type>() else {
        return Err(vm.type_error(format!(
            "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
            d.def.name,
            d.owner.name(),
            vm.type_name(class)
        )));
    };
    if !ty.is_subtype(&d.owner) {
        return Err(vm.type_error(format!(
            "descriptor '{}' requires a subtype of '{}' but received '{}'",
            d.def.name,
            d.owner.name(),
            ty.name()
        )));
    }
    Ok(builtin_function::native_function(d.def, class.clone(), None, vm))
}

const WRAPPER_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let d = described::<WrapperDescriptor>(slf, vm)?;
        describe("slot wrapper", d.entry.name, &d.owner, vm)
    }),
    call: Some(|slf, args, vm| {
        let d = described::<WrapperDescriptor>(slf, vm)?;
        let Some((object, _)) = args.positional().split_first() else {
            return Err(vm.type_error(format!(
                "descriptor '{}' of '{}' object needs an argument",
                d.entry.name,
                d.owner.name()
            )));
        };
        if !object.ty(vm).is_subtype(&d.owner) {
            return Err(vm.type_error(format!(
                "descriptor '{}' requires a '{}' object but received a '{}'",
                d.entry.name,
                super::class::type_full_name(&d.owner, vm),
                super::class::type_full_name(object.ty(vm), vm)
            )));
        }
        (d.entry.wrap)(d.owner.slots(), object, Args::new(&args.values()[1..], args.kwnames()), vm)
    }),
    descr_get: Some(|slf, object, _, vm| {
        let d = described::<WrapperDescriptor>(slf, vm)?;
        let Some(object) = object else { return Ok(slf.clone()) };
        check_instance(&d.owner, d.entry.name, object, vm)?;
        let bound =
            MethodWrapper { header: Header::blank(), descriptor: Ref::from_borrowed(d), instance: object.clone() };
        Ok(Ref::new(vm, bound).into_value())
    }),
    ..Slots::EMPTY
};

const BOUND_WRAPPER_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let w = described::<MethodWrapper>(slf, vm)?;
        let text = format!(
            "<method-wrapper '{}' of {} object at {:#x}>",
            w.descriptor.entry.name,
            vm.type_name(&w.instance),
            w.instance.id()
        );
        Ok(vm.try_str(&text)?.into_value())
    }),
    call: Some(|slf, args, vm| {
        let w = described::<MethodWrapper>(slf, vm)?;
        (w.descriptor.entry.wrap)(w.descriptor.owner.slots(), &w.instance, args, vm)
    }),
    hash: Some(|slf, vm| {
        let w = described::<MethodWrapper>(slf, vm)?;
        let hash =
            super::object::identity_hash(&w.instance, vm)? ^ super::object::identity_hash(w.descriptor.as_value(), vm)?;
        Ok(if hash == -1 { -2 } else { hash })
    }),
    richcompare: Some(|a, b, op, _| {
        let (Some(x), Some(y)) = (a.downcast::<MethodWrapper>(), b.downcast::<MethodWrapper>()) else {
            return Ok(Value::not_implemented());
        };
        let equal = x.descriptor.is(&y.descriptor) && x.instance.is(&y.instance);
        Ok(match op {
            CompareOp::Eq => Value::bool(equal),
            CompareOp::Ne => Value::bool(!equal),
            _ => Value::not_implemented(),
        })
    }),
    ..Slots::EMPTY
};

const GETSET_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let d = described::<GetSetDescriptor>(slf, vm)?;
        describe("attribute", d.def.name, &d.owner, vm)
    }),
    descr_get: Some(|slf, object, _, vm| {
        let d = described::<GetSetDescriptor>(slf, vm)?;
        let Some(object) = object else { return Ok(slf.clone()) };
        check_instance(&d.owner, d.def.name, object, vm)?;
        (d.def.get)(object, vm)
    }),
    descr_set: Some(|slf, object, value, vm| {
        let d = described::<GetSetDescriptor>(slf, vm)?;
        check_instance(&d.owner, d.def.name, object, vm)?;
        match d.def.set {
            Some(set) => set(object, value, vm),
            None => Err(vm.attribute_error_for(
                format!(
                    "attribute '{}' of '{}' objects is not writable",
                    d.def.name,
                    super::class::type_full_name(&d.owner, vm)
                ),
                object,
                vm.intern(d.def.name).as_value(),
            )),
        }
    }),
    ..Slots::EMPTY
};

const MEMBER_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let d = described::<MemberDescriptor>(slf, vm)?;
        describe("member", &d.name.to_string_lossy(), &d.owner, vm)
    }),
    descr_get: Some(|slf, object, _, vm| {
        let d = described::<MemberDescriptor>(slf, vm)?;
        let Some(object) = object else { return Ok(slf.clone()) };
        check_instance(&d.owner, &d.name.to_string_lossy(), object, vm)?;
        match d.kind {
            MemberKind::Native(def) => (def.get)(object, vm),
            MemberKind::Slot(index) => match object.member_slot(index) {
                Some(value) => Ok(value),
                None => {
                    let kind = crate::text::qualified_type_name(object, vm);
                    let kind = kind.strip_prefix("__main__.").unwrap_or(&kind);
                    let message = format!("'{kind}' object has no attribute '{}'", d.name.to_string_lossy());
                    Err(vm.attribute_error_for(message, object, d.name.as_value()))
                }
            },
        }
    }),
    descr_set: Some(|slf, object, value, vm| {
        let d = described::<MemberDescriptor>(slf, vm)?;
        check_instance(&d.owner, &d.name.to_string_lossy(), object, vm)?;
        match d.kind {
            MemberKind::Native(def) => match def.set {
                Some(set) => set(object, value, vm),
                None => Err(vm.attribute_error("readonly attribute")),
            },
            MemberKind::Slot(index) => {
                let old = object.replace_member_slot(index, value.cloned());
                if value.is_none() && old.is_none() {
                    return Err(vm.attribute_error(d.name.to_string_lossy()));
                }
                Ok(())
            }
        }
    }),
    ..Slots::EMPTY
};

fn describe(what: &str, name: &str, owner: &Type, vm: &Vm) -> PyResult {
    let owner = super::class::type_full_name(owner, vm);
    Ok(vm.try_str(&format!("<{what} '{name}' of '{owner}' objects>"))?.into_value())
}

/// `Owner.name` of the type's and the attribute's qualified names.
fn qualified(owner: &Type, name: &str, vm: &Vm) -> Value {
    vm.new_str(&format!("{}.{name}", owner.qualname())).into_value()
}

fn optional_text(text: &str, vm: &Vm) -> Value {
    if text.is_empty() { Value::none() } else { vm.new_str(text).into_value() }
}

/// `getattr(owner, name)`: how descriptors are pickled.
fn reduce_as_attribute(owner: &Value, name: &str, vm: &Vm) -> PyResult {
    let builtins = vm.import("builtins")?;
    let getattr = vm.get_attr_str(&builtins, "getattr")?;
    let args = vm.tuple_of([owner.clone(), vm.intern(name).into_value()]);
    Ok(vm.tuple_of([getattr, args.into_value()]).into_value())
}

macro_rules! common_attributes {
    ($($descriptor:ident: $name:expr, $doc:expr, $signature:expr;)*) => {
        $(
            #[pymethods]
            impl $descriptor {
                #[getter("__objclass__")]
                #[member]
                fn objclass(&self) -> Value {
                    self.owner.to_value()
                }

                #[getter("__name__")]
                #[member]
                fn name_attribute(&self, vm: &Vm) -> Value {
                    let name: fn(&Self) -> String = $name;
                    vm.intern(&name(self)).into_value()
                }

                #[getter("__qualname__")]
                fn qualname(&self, vm: &Vm) -> Value {
                    let name: fn(&Self) -> String = $name;
                    qualified(&self.owner, &name(self), vm)
                }

                #[getter("__doc__")]
                fn doc(&self, vm: &Vm) -> Value {
                    let doc: fn(&Self) -> &'static str = $doc;
                    optional_text(doc(self), vm)
                }

                #[getter("__text_signature__")]
                fn text_signature(&self, vm: &Vm) -> Value {
                    let signature: fn(&Self) -> &'static str = $signature;
                    optional_text(signature(self), vm)
                }
            }
        )*
    };
}

common_attributes! {
    MethodDescriptor: |d| d.def.name.into(), |d| d.def.doc, |d| d.def.signature;
    ClassMethodDescriptor: |d| d.def.name.into(), |d| d.def.doc, |d| d.def.signature;
    WrapperDescriptor: |d| d.entry.name.into(), |d| d.entry.doc, |d| d.entry.signature;
    GetSetDescriptor: |d| d.def.name.into(), |d| d.def.doc, |_| "";
    MemberDescriptor: |d| d.name.to_string_lossy().into_owned(), |d| match d.kind { MemberKind::Native(def) => def.doc, MemberKind::Slot(_) => "" }, |_| "";
}

macro_rules! reduced_as_attribute {
    ($($descriptor:ident: $name:expr;)*) => {$(
        #[pymethods(REDUCE)]
        impl $descriptor {
            #[method("__reduce__($self, /)")]
            fn reduce(&self, vm: &Vm) -> PyResult {
                let name: fn(&Self) -> String = $name;
                reduce_as_attribute(self.owner.as_value(), &name(self), vm)
            }
        }
    )*};
}

reduced_as_attribute! {
    MethodDescriptor: |d| d.def.name.into();
    WrapperDescriptor: |d| d.entry.name.into();
    MemberDescriptor: |d| d.name.to_string_lossy().into_owned();
}

#[pymethods]
impl MethodWrapper {
    #[getter("__self__")]
    #[member]
    fn instance(&self) -> Value {
        self.instance.clone()
    }

    #[getter("__objclass__")]
    fn objclass(&self) -> Value {
        self.descriptor.owner.to_value()
    }

    #[getter("__name__")]
    fn name(&self, vm: &Vm) -> Value {
        vm.intern(self.descriptor.entry.name).into_value()
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> Value {
        qualified(&self.descriptor.owner, self.descriptor.entry.name, vm)
    }

    #[getter("__doc__")]
    fn doc(&self, vm: &Vm) -> Value {
        optional_text(self.descriptor.entry.doc, vm)
    }

    #[getter("__text_signature__")]
    fn text_signature(&self, vm: &Vm) -> Value {
        optional_text(self.descriptor.entry.signature, vm)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        reduce_as_attribute(&self.instance, self.descriptor.entry.name, vm)
    }
}

/// Calls a native method that was found on a type with its instance: no bound object is made.
pub fn call_native_method(def: &MethodDef, owner: &Type, instance: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    call_native(def, Some(&owner.name()), instance, args, vm)
}

impl BuiltinFunction {
    /// The name shown before the dot in counting errors.
    pub(crate) fn error_owner(&self, vm: &Vm) -> Option<String> {
        match self.slf.downcast::<Type>() {
            Some(class) => Some(class.name().to_string()),
            None if self.slf.ty(vm).is(vm.builtin(B::Module)) => None,
            None => Some(vm.type_name(&self.slf).to_string()),
        }
    }
}
