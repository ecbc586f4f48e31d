//! `BaseException`: what every exception carries.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::no_keywords;
use pyrope_object::{
    Args, BuiltinType as B, Dict, Guarded, Header, List, Object, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm,
};

use crate::model::object;

/// The fields of every exception. Each layout of the hierarchy begins with a header and these.
#[derive(Traverse)]
pub struct ExceptionState {
    /// A tuple (None only after the collector cleared the object).
    pub args: Guarded<Value>,
    pub traceback: Guarded<Option<Value>>,
    pub context: Guarded<Option<Value>>,
    pub cause: Guarded<Option<Value>>,
    #[traverse(skip)]
    pub suppress_context: Cell<bool>,
}

impl ExceptionState {
    /// A fresh state with these `args` (a tuple).
    pub fn new(args: Value) -> Self {
        ExceptionState {
            args: Guarded::new(args),
            traceback: Guarded::default(),
            context: Guarded::default(),
            cause: Guarded::default(),
            suppress_context: Cell::new(false),
        }
    }
}

/// A layout of the hierarchy.
pub trait ExceptionLayout: Object {
    /// The object before `__init__`.
    fn fresh(state: ExceptionState) -> Self;
}

/// Common base class for all exceptions
#[pyclass(
    name = "BaseException", builtin = BaseException, flags(BASETYPE, GC, DICT), slots = SLOTS,
    methods(BaseException::METHODS), getset(BaseException::GETSETS)
)]
#[derive(Traverse)]
pub struct BaseException {
    pub header: Header,
    pub state: ExceptionState,
}

impl ExceptionLayout for BaseException {
    fn fresh(state: ExceptionState) -> Self {
        BaseException { header: Header::blank(), state }
    }
}

/// Common base class for all non-exit exceptions.
#[pyclass(name = "Exception", base = BaseException, builtin = Exception, flags(BASETYPE, GC, DICT), slots = NEW)]
#[derive(Traverse)]
pub struct Exception {
    pub header: Header,
    pub state: ExceptionState,
}

/// Inappropriate argument value (of correct type).
#[pyclass(name = "ValueError", base = Exception, builtin = ValueError, flags(BASETYPE, GC, DICT), slots = NEW)]
#[derive(Traverse)]
pub struct ValueError {
    pub header: Header,
    pub state: ExceptionState,
}

const NEW: Slots = Slots { new: Some(new::<BaseException>), ..Slots::EMPTY };

const SLOTS: Slots =
    Slots { new: Some(new::<BaseException>), init: Some(init), repr: Some(repr), str: Some(str), ..Slots::EMPTY };

/// `__new__` of a kind with layout `T`: keeps the positional arguments.
pub fn new<T: ExceptionLayout>(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let args = vm.tuple_from_slice(args.positional()).into_value();
    Ok(Ref::new_in(vm, class, T::fresh(ExceptionState::new(args))).into_value())
}

/// `BaseException.__init__`
pub fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    refuse_keywords(slf.ty(vm), args, vm)?;
    init_args(slf, args, vm);
    Ok(())
}

/// `X() takes no keyword arguments`, if there are any.
pub fn refuse_keywords(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if args.keyword_count() > 0 { Err(no_keywords(&class.name(), vm)) } else { Ok(()) }
}

/// Stores the positional arguments, unless `__new__` stored the same ones already.
pub fn init_args(slf: &Value, args: Args<'_>, vm: &Vm) {
    let Some(state) = state(slf) else { return };
    let same = state.args.with(|old| {
        old.downcast_exact::<Tuple>().is_some_and(|old| {
            let (old, new) = (old.as_slice(), args.positional());
            old.len() == new.len() && old.iter().zip(new).all(|(a, b)| a.is(b))
        })
    });
    if !same {
        state.args.set(vm.tuple_from_slice(args.positional()).into_value());
    }
}

/// The common fields; `None` for what is no exception.
#[inline]
pub fn state(exception: &Value) -> Option<&ExceptionState> {
    exception.downcast::<BaseException>().map(|e| &e.state)
}

/// The tuple `args`.
pub fn args(exception: &Value, vm: &Vm) -> Ref<Tuple> {
    let args = state(exception).and_then(|s| s.args.get().cast::<Tuple>());
    args.unwrap_or_else(|| vm.new_tuple(Vec::new()))
}

/// Replaces `args` (a tuple).
pub fn set_args(exception: &Value, args: Value) {
    if let Some(state) = state(exception) {
        state.args.set(args);
    }
}

macro_rules! links {
    ($($(#[$meta:meta])* $get:ident $set:ident $field:ident;)*) => {$(
        $(#[$meta])*
        #[inline]
        pub fn $get(exception: &Value) -> Option<Value> {
            state(exception).and_then(|s| s.$field.get())
        }

        #[doc = concat!("Replaces what [`", stringify!($get), "`] gives.")]
        pub fn $set(exception: &Value, value: Option<Value>) {
            if let Some(state) = state(exception) {
                state.$field.set(value);
            }
        }
    )*};
}

links! {
    /// `__traceback__`
    traceback set_traceback traceback;
    /// `__context__`
    context set_context context;
}

/// `__cause__`
pub fn cause(exception: &Value) -> Option<Value> {
    state(exception).and_then(|s| s.cause.get())
}

/// Sets `__cause__` as `raise … from cause` does: `__context__` is no longer shown.
pub fn set_cause(exception: &Value, cause: Option<Value>) {
    if let Some(state) = state(exception) {
        state.suppress_context.set(true);
        state.cause.set(cause);
    }
}

/// True if `__context__` is not to be shown.
pub fn suppress_context(exception: &Value) -> bool {
    state(exception).is_some_and(|s| s.suppress_context.get())
}

/// `BaseException.__repr__`
pub fn repr(slf: &Value, vm: &Vm) -> PyResult {
    let args = args(slf, vm);
    let text = match args.as_slice() {
        [one] => {
            super::text::concat(vm, &[(&*slf.ty(vm).name()).into(), "(".into(), (&vm.repr(one)?).into(), ")".into()])
        }
        _ => super::text::concat(vm, &[(&*slf.ty(vm).name()).into(), (&vm.repr(args.as_value())?).into()]),
    };
    text.map(Ref::into_value)
}

/// `BaseException.__str__`
pub fn str(slf: &Value, vm: &Vm) -> PyResult {
    let args = args(slf, vm);
    match args.as_slice() {
        [] => Ok(vm.empty_str().into_value()),
        [one] => vm.str(one).map(Ref::into_value),
        _ => vm.str(args.as_value()).map(Ref::into_value),
    }
}

/// The instance's dict, if it has attributes of its own.
pub(super) fn own_dict(slf: &Value, vm: &Vm) -> PyResult<Option<Ref<Dict>>> {
    if slf.instance_attributes(vm).is_empty() { Ok(None) } else { slf.dict_of_instance(vm) }
}

/// `(type(self), args)`, or with a third item that is not None.
pub(super) fn reduced(slf: &Value, args: Value, state: Value, vm: &Vm) -> Ref<Tuple> {
    let mut parts = vec![slf.ty(vm).to_value(), args];
    if !state.is_none() {
        parts.push(state);
    }
    vm.new_tuple(parts)
}

fn link_value(value: Option<&Value>, attribute: &str, what: &str, vm: &Vm) -> PyResult<Option<Value>> {
    match value {
        None => Err(vm.type_error(format!("{attribute} may not be deleted"))),
        Some(value) if value.is_none() => Ok(None),
        Some(value) if state(value).is_some() => Ok(Some(value.clone())),
        Some(_) => Err(vm.type_error(format!("exception {what} must be None or derive from BaseException"))),
    }
}

fn assign_traceback(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let value = match value {
        None => return Err(vm.type_error("__traceback__ may not be deleted")),
        Some(value) if value.is_none() => None,
        Some(value) if value.ty(vm).is_subtype(vm.builtin(B::Traceback)) => Some(value.clone()),
        Some(_) => return Err(vm.type_error("__traceback__ must be a traceback or None")),
    };
    set_traceback(slf, value);
    Ok(())
}

#[pymethods]
impl BaseException {
    #[getter("__dict__")]
    fn dict(slf: &Value, vm: &Vm) -> PyResult {
        object::get_dict(slf, vm)
    }

    #[setter("__dict__")]
    fn set_dict(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        match value {
            Some(_) => object::set_dict(slf, value, vm),
            None => Err(vm.type_error("cannot delete __dict__")),
        }
    }

    #[getter("args")]
    fn args_attribute(slf: &Value, vm: &Vm) -> Ref<Tuple> {
        args(slf, vm)
    }

    #[setter("args")]
    fn set_args_attribute(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("args may not be deleted")) };
        let tuple = match value.downcast_exact::<Tuple>() {
            Some(_) => value.clone(),
            None => vm.new_tuple(vm.collect(value)?).into_value(),
        };
        set_args(slf, tuple);
        Ok(())
    }

    #[getter("__traceback__")]
    fn traceback_attribute(&self) -> Value {
        self.state.traceback.get().unwrap_or(Value::none())
    }

    #[setter("__traceback__")]
    fn set_traceback_attribute(slf: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        assign_traceback(slf, value, vm)
    }

    #[getter("__context__")]
    fn context_attribute(&self) -> Value {
        self.state.context.get().unwrap_or(Value::none())
    }

    #[setter("__context__")]
    fn set_context_attribute(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        self.state.context.set(link_value(value, "__context__", "context", vm)?);
        Ok(())
    }

    #[getter("__cause__")]
    fn cause_attribute(&self) -> Value {
        self.state.cause.get().unwrap_or(Value::none())
    }

    #[setter("__cause__")]
    fn set_cause_attribute(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let cause = link_value(value, "__cause__", "cause", vm)?;
        self.state.suppress_context.set(true);
        self.state.cause.set(cause);
        Ok(())
    }

    #[getter("__suppress_context__")]
    #[member]
    fn suppress_context_attribute(&self) -> bool {
        self.state.suppress_context.get()
    }

    #[setter("__suppress_context__")]
    fn set_suppress_context(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("can't delete numeric/char attribute")) };
        let Some(truth) = value.as_bool() else { return Err(vm.type_error("attribute value type must be bool")) };
        self.state.suppress_context.set(truth);
        Ok(())
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let dict = own_dict(slf, vm)?.map_or(Value::none(), Ref::into_value);
        Ok(reduced(slf, args(slf, vm).into_value(), dict, vm).into_value())
    }

    #[method("__setstate__($self, state, /)")]
    fn setstate(slf: &Value, state: &Value, vm: &Vm) -> PyResult<()> {
        if state.is_none() {
            return Ok(());
        }
        let Some(dict) = state.downcast::<Dict>() else { return Err(vm.type_error("state is not a dictionary")) };
        for entry in dict.entries() {
            vm.set_attr(slf, &entry.key, Some(&entry.value))?;
        }
        Ok(())
    }

    /// Set self.__traceback__ to tb and return self.
    #[method("with_traceback($self, tb, /)")]
    fn with_traceback(slf: &Value, tb: &Value, vm: &Vm) -> PyResult {
        assign_traceback(slf, Some(tb), vm)?;
        Ok(slf.clone())
    }

    /// Add a note to the exception
    #[method("add_note($self, note, /)")]
    fn add_note(slf: &Value, note: &Value, vm: &Vm) -> PyResult<()> {
        if note.downcast::<Str>().is_none() {
            return Err(vm.type_error(format!("add_note() argument must be str, not {}", vm.type_name(note))));
        }
        let name = vm.names().__notes__.as_value();
        let notes = match vm.find_attr(slf, name)? {
            Some(notes) => notes,
            None => {
                let notes = vm.new_list(Vec::new()).into_value();
                vm.set_attr(slf, name, Some(&notes))?;
                notes
            }
        };
        match notes.downcast::<List>() {
            Some(notes) => {
                notes.push(note.clone());
                Ok(())
            }
            None => Err(vm.type_error("Cannot add note: __notes__ is not a list")),
        }
    }
}
