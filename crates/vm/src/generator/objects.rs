//! The three types.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::layout::Str;
use pyrope_object::{BuiltinType as B, Header, PyResult, Ref, Slots, Value, Vm};

use super::{AsyncGenAsend, AsyncGenAthrow, GenCore, Kind, State, asyncgen, awaiting, core_of, resume};

/// A generator.
#[pyclass(
    name = "generator",
    builtin = Generator,
    flags(WEAKREF, DISALLOW_INSTANTIATION),
    doc = "",
    methods(Generator::METHODS, Generator::METHODS_COMMON),
    getset(Generator::GETSETS_COMMON),
    slots = Slots {
        repr: Some(repr),
        iter: Some(|value, _| Ok(value.clone())),
        next: Some(resume::next),
        am_send: Some(resume::am_send),
        finalize: Some(resume::finalize),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct Generator {
    header: Header,
    core: GenCore,
}

/// A coroutine.
#[pyclass(
    name = "coroutine",
    builtin = Coroutine,
    flags(WEAKREF, DISALLOW_INSTANTIATION),
    doc = "",
    methods(Coroutine::METHODS, Coroutine::METHODS_COMMON),
    getset(Coroutine::GETSETS, Coroutine::GETSETS_COMMON),
    slots = Slots {
        repr: Some(repr),
        am_await: Some(awaiting::coroutine_await),
        am_send: Some(resume::am_send),
        finalize: Some(resume::finalize),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct Coroutine {
    header: Header,
    core: GenCore,
}

/// An asynchronous generator.
#[pyclass(
    name = "async_generator",
    builtin = AsyncGenerator,
    flags(WEAKREF, DISALLOW_INSTANTIATION),
    doc = "",
    methods(AsyncGenerator::METHODS, AsyncGenerator::METHODS_COMMON),
    getset(AsyncGenerator::GETSETS_COMMON),
    slots = Slots {
        repr: Some(repr),
        am_aiter: Some(|value, _| Ok(value.clone())),
        am_anext: Some(asyncgen::anext),
        finalize: Some(resume::finalize),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct AsyncGenerator {
    header: Header,
    core: GenCore,
}

const _: () = assert!(
    std::mem::offset_of!(Generator, core) == size_of::<Header>()
        && std::mem::offset_of!(Coroutine, core) == size_of::<Header>()
        && std::mem::offset_of!(AsyncGenerator, core) == size_of::<Header>()
);

/// The object around a core.
pub(super) fn wrap(core: GenCore, vm: &Vm) -> Value {
    let header = Header::blank();
    match core.kind {
        Kind::Generator => Ref::new(vm, Generator { header, core }).into_value(),
        Kind::Coroutine => Ref::new(vm, Coroutine { header, core }).into_value(),
        Kind::AsyncGenerator => Ref::new(vm, AsyncGenerator { header, core }).into_value(),
    }
}

fn repr(value: &Value, vm: &Vm) -> PyResult {
    let Some(core) = core_of(value) else { return Ok(Value::none()) };
    let kind = vm.type_name(value);
    let text = format!("<{kind} object {} at {:#x}>", core.qualname().to_string_lossy(), value.id());
    Ok(vm.try_str(&text)?.into_value())
}

fn frame(core: &GenCore, vm: &Vm) -> Value {
    match core.frame() {
        Some(frame) => crate::frame::frame_object(super::frame_ref(frame), vm).into_value(),
        None => Value::none(),
    }
}

fn name_of(value: Option<&Value>, attribute: &str, vm: &Vm) -> PyResult<Ref<Str>> {
    value
        .and_then(Value::cast::<Str>)
        .ok_or_else(|| vm.type_error(format!("{attribute} must be set to a string object")))
}

/// `throw`'s old signature is on its way out.
pub(super) fn check_throw_arguments(args: &[Value], vm: &Vm) -> PyResult<()> {
    if args.is_empty() {
        return Err(vm.type_error("throw expected at least 1 argument, got 0"));
    }
    if args.len() > 3 {
        return Err(vm.type_error(format!("throw expected at most 3 arguments, got {}", args.len())));
    }
    if args.len() > 1 {
        let text = "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.";
        vm.warn(B::DeprecationWarning, text, 1)?;
    }
    Ok(())
}

macro_rules! common {
    (
        $type:ident, $name:literal, $qualname:literal,
        $frame:literal, $running:literal, $delegate:literal, $code:literal, $suspended:literal
    ) => {
        #[pymethods(COMMON)]
        impl $type {
            #[doc = $name]
            #[getter]
            fn __name__(&self) -> Value {
                self.core.name().into_value()
            }

            #[setter("__name__")]
            fn set_name(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
                self.core.set_name(name_of(value, "__name__", vm)?);
                Ok(())
            }

            #[doc = $qualname]
            #[getter]
            fn __qualname__(&self) -> Value {
                self.core.qualname().into_value()
            }

            #[setter("__qualname__")]
            fn set_qualname(&self, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
                self.core.set_qualname(name_of(value, "__qualname__", vm)?);
                Ok(())
            }

            #[getter($frame)]
            fn frame(&self, vm: &Vm) -> Value {
                frame(&self.core, vm)
            }

            #[getter($running)]
            fn running(&self) -> bool {
                if self.core.kind == Kind::AsyncGenerator {
                    return self.core.running_async.get();
                }
                self.core.state() == State::Running
            }

            #[getter($delegate)]
            fn delegate(&self) -> Value {
                self.core.delegate().unwrap_or(Value::none())
            }

            #[getter($code)]
            fn code(&self) -> Value {
                self.core.code.to_value()
            }

            #[getter($suspended)]
            fn suspended(&self) -> bool {
                matches!(self.core.state(), State::Suspended | State::Delegating)
            }

            #[method("__sizeof__($self, /)")]
            fn __sizeof__(&self, vm: &Vm) -> Value {
                vm.int_from_usize(size_of::<Self>() + 8 * self.core.code.frame_slots as usize)
            }
        }
    };
}

common!(
    Generator,
    "name of the generator",
    "qualified name of the generator",
    "gi_frame",
    "gi_running",
    "gi_yieldfrom",
    "gi_code",
    "gi_suspended"
);
common!(
    Coroutine,
    "name of the coroutine",
    "qualified name of the coroutine",
    "cr_frame",
    "cr_running",
    "cr_await",
    "cr_code",
    "cr_suspended"
);
common!(
    AsyncGenerator,
    "name of the async generator",
    "qualified name of the async generator",
    "ag_frame",
    "ag_running",
    "ag_await",
    "ag_code",
    "ag_suspended"
);

#[pymethods]
impl Generator {
    /// send(value) -> send 'value' into generator,
    /// return next yielded value or raise StopIteration.
    #[method("send($self, value, /)")]
    fn send(&self, value: &Value, vm: &Vm) -> PyResult {
        let sent = resume::resume(&self.core, Some(value.clone()), false, false, vm)?;
        resume::value_or_stop(&self.core, sent, vm)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("throw($self, /, *args)")]
    fn throw(&self, args: &[Value], vm: &Vm) -> PyResult {
        check_throw_arguments(args, vm)?;
        resume::throw(&self.core, args, true, vm)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        resume::close(&self.core, vm)
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, item, /)")]
    fn __class_getitem__(class: &Value, item: &Value, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::GenericAlias).to_value(), &[class.clone(), item.clone()])
    }
}

#[pymethods]
impl Coroutine {
    /// send(value) -> send 'value' into coroutine,
    /// return next iterated value or raise StopIteration.
    #[method("send($self, value, /)")]
    fn send(&self, value: &Value, vm: &Vm) -> PyResult {
        let sent = resume::resume(&self.core, Some(value.clone()), false, false, vm)?;
        resume::value_or_stop(&self.core, sent, vm)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("throw($self, /, *args)")]
    fn throw(&self, args: &[Value], vm: &Vm) -> PyResult {
        check_throw_arguments(args, vm)?;
        resume::throw(&self.core, args, true, vm)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        resume::close(&self.core, vm)
    }

    #[getter]
    #[member]
    fn cr_origin(&self) -> Value {
        self.core.extra.get().unwrap_or(Value::none())
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, item, /)")]
    fn __class_getitem__(class: &Value, item: &Value, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::GenericAlias).to_value(), &[class.clone(), item.clone()])
    }
}

#[pymethods]
impl AsyncGenerator {
    /// asend(v) -> send 'v' in generator.
    #[method("asend($self, value, /)")]
    fn asend(slf: &Value, value: &Value, vm: &Vm) -> PyResult {
        asyncgen::call_hooks(slf, vm)?;
        Ok(AsyncGenAsend::make(slf, Some(value.clone()), vm))
    }

    /// athrow(value)
    /// athrow(type[,value[,tb]])
    ///
    /// raise exception in generator.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("athrow($self, /, *args)")]
    fn athrow(slf: &Value, args: &[Value], vm: &Vm) -> PyResult {
        if args.len() > 1 {
            let text = "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.";
            vm.warn(B::DeprecationWarning, text, 1)?;
        }
        asyncgen::call_hooks(slf, vm)?;
        Ok(AsyncGenAthrow::make(slf, Some(args.to_vec()), vm))
    }

    /// aclose() -> raise GeneratorExit inside generator.
    #[method("aclose($self, /)")]
    fn aclose(slf: &Value, vm: &Vm) -> PyResult {
        asyncgen::call_hooks(slf, vm)?;
        Ok(AsyncGenAthrow::make(slf, None, vm))
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, item, /)")]
    fn __class_getitem__(class: &Value, item: &Value, vm: &Vm) -> PyResult {
        vm.call(&vm.builtin(B::GenericAlias).to_value(), &[class.clone(), item.clone()])
    }
}
