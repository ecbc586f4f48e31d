//! `super`

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::Str;
use pyrope_object::protocol::generic_getattr;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

/// super() -> same as super(__class__, <first argument>)
/// super(type) -> unbound super object
/// super(type, obj) -> bound super object; requires isinstance(obj, type)
/// super(type, type2) -> bound super object; requires issubclass(type2, type)
/// Typical use to call a cooperative superclass method:
/// class C(B):
///     def meth(self, arg):
///         super().meth(arg)
/// This works for class methods too:
/// class C(B):
///     @classmethod
///     def cmeth(cls, arg):
///         super().cmeth(arg)
#[pyclass(
    name = "super", builtin = Super, flags(BASETYPE, GC), slots = SLOTS, getset(Super::GETSETS), methods(Super::METHODS)
)]
#[derive(Traverse)]
pub struct Super {
    pub header: Header,
    class: Guarded<Option<Ref<Type>>>,
    object: Guarded<Option<Value>>,
    object_type: Guarded<Option<Ref<Type>>>,
}

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let fields = Super {
            header: Header::blank(),
            class: Guarded::default(),
            object: Guarded::default(),
            object_type: Guarded::default(),
        };
        Ok(Ref::new_in(vm, class, fields).into_value())
    }),
    init: Some(init),
    repr: Some(repr),
    getattr: Some(getattr),
    descr_get: Some(descr_get),
    ..Slots::EMPTY
};

/// The class and object of a zero-argument `super()`, from the calling frame; set by the machine.
pub type FrameArguments = fn(&Vm) -> PyResult<(Value, Value)>;

/// Where the machine leaves its way of finding a frame's `__class__` and first argument.
#[derive(Default)]
pub struct SuperState {
    pub frame_arguments: std::cell::Cell<Option<FrameArguments>>,
}

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let Some(this) = slf.downcast::<Super>() else { return Ok(()) };
    if args.keyword_count() > 0 {
        return Err(vm.type_error("super() takes no keyword arguments"));
    }
    let (class, object) = match args.positional() {
        [] => match vm.state::<SuperState>().frame_arguments.get() {
            Some(find) => {
                let (class, object) = find(vm)?;
                (class, Some(object))
            }
            None => return Err(vm.runtime_error("super(): no current frame")),
        },
        [class] => (class.clone(), None),
        [class, object] => (class.clone(), Some(object.clone()).filter(|o| !o.is_none())),
        more => return Err(vm.type_error(format!("super expected at most 2 arguments, got {}", more.len()))),
    };
    let Some(class) = class.cast::<Type>() else {
        return Err(vm.type_error(format!("super() argument 1 must be a type, not {}", vm.type_name(&class))));
    };
    let object_type = match &object {
        Some(object) => Some(check(&class, object, vm)?),
        None => None,
    };
    this.class.set(Some(class));
    this.object.set(object);
    this.object_type.set(object_type);
    Ok(())
}

/// A class whose metaclass left it out of its own MRO.
fn is_lost(class: &Ref<Type>) -> bool {
    let mro = class.mro();
    !mro.is_empty() && !mro.iter().any(|ty| (**ty).is(class))
}

/// The type whose MRO is walked: `object` itself if it is a subclass, or its type, or what `__class__` claims.
fn check(class: &Ref<Type>, object: &Value, vm: &Vm) -> PyResult<Ref<Type>> {
    if let Some(ty) = object.cast::<Type>()
        && ty.is_subtype(class)
        && !is_lost(&ty)
    {
        return Ok(ty);
    }
    if object.ty(vm).is_subtype(class) {
        return Ok(Ref::from_borrowed(object.ty(vm)));
    }
    if let Some(claimed) = vm.find_attr(object, vm.names().__class__.as_value())?
        && let Some(claimed) = claimed.cast::<Type>()
        && !(*claimed).is(object.ty(vm))
        && claimed.is_subtype(class)
    {
        return Ok(claimed);
    }
    let described = match object.downcast::<Type>() {
        Some(ty) => format!("type {}", ty.name()),
        None => format!("instance of {}", vm.type_name(object)),
    };
    Err(vm.type_error(format!(
        "super(type, obj): obj ({described}) is not an instance or subtype of type ({}).",
        class.name()
    )))
}

/// What `super(class, object).name` gives, or `None` where the rest of the MRO has no such name.
pub fn super_lookup(class: &Type, object: &Value, start: &Type, name: &Str, vm: &Vm) -> PyResult<Option<Value>> {
    let mro = start.mro();
    let after = mro.iter().position(|t| (**t).is(class)).map_or(mro.len(), |i| i + 1);
    let key = pyrope_object::value_of(name);
    for ty in &mro[after..] {
        if let Some(found) = ty.dict(vm).get(&key, vm)? {
            return match found.ty(vm).slots().descr_get {
                Some(get) => {
                    let instance = if object.is(&start.to_value()) { None } else { Some(object) };
                    get(&found, instance, Some(&start.to_value()), vm).map(Some)
                }
                None => Ok(Some(found)),
            };
        }
    }
    Ok(None)
}

/// The type whose MRO `super(class, object)` walks; TypeError if they do not go together.
pub fn super_start(class: &Ref<Type>, object: &Value, vm: &Vm) -> PyResult<Ref<Type>> {
    check(class, object, vm)
}

fn getattr(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    if let (Some(this), Some(text)) = (slf.downcast::<Super>(), name.downcast::<Str>())
        && let (Some(class), Some(object), Some(start)) = (this.class.get(), this.object.get(), this.object_type.get())
        && !text.equals_str("__class__")
        && let Some(found) = super_lookup(&class, &object, &start, text, vm)?
    {
        return Ok(found);
    }
    generic_getattr(slf, name, vm)
}

fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = slf.downcast::<Super>();
    let class = this.and_then(|s| s.class.get()).map_or("NULL".into(), |t| t.name());
    let text = match this.and_then(|s| s.object_type.get()) {
        Some(ty) => format!("<super: <class '{class}'>, <{} object>>", ty.name()),
        None => format!("<super: <class '{class}'>, NULL>"),
    };
    Ok(vm.try_str(&text)?.into_value())
}

fn descr_get(slf: &Value, object: Option<&Value>, _: Option<&Value>, vm: &Vm) -> PyResult {
    let (Some(this), Some(object)) = (slf.downcast::<Super>(), object) else { return Ok(slf.clone()) };
    let (Some(class), None) = (this.class.get(), this.object.get()) else { return Ok(slf.clone()) };
    let own = slf.ty(vm);
    if !own.is_exactly(<Super as pyrope_object::Object>::def()) {
        return vm.call(&own.to_value(), &[class.into_value(), object.clone()]);
    }
    let start = check(&class, object, vm)?;
    let bound = Super {
        header: Header::blank(),
        class: Guarded::new(Some(class)),
        object: Guarded::new(Some(object.clone())),
        object_type: Guarded::new(Some(start)),
    };
    Ok(Ref::new(vm, bound).into_value())
}

#[pymethods]
impl Super {
    /// the class invoking super()
    #[getter("__thisclass__")]
    #[member]
    fn thisclass(&self) -> Value {
        self.class.get().map_or(Value::none(), Ref::into_value)
    }

    /// the instance invoking super(); may be None
    #[getter("__self__")]
    #[member]
    fn slf(&self) -> Value {
        self.object.get().unwrap_or(Value::none())
    }

    /// the type of the instance invoking super(); may be None
    #[getter("__self_class__")]
    #[member]
    fn self_class(&self) -> Value {
        self.object_type.get().map_or(Value::none(), Ref::into_value)
    }
}
