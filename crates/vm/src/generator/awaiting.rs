//! Awaiting: what `await`, `async for` and `anext` iterate over.

use pyrope_bytecode::CodeFlags;
use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{BuiltinType as B, Header, PyResult, Ref, Slots, Value, Vm};

use super::{GenCore, Kind, State, core_of, resume};
use crate::code::CodeObject;
use crate::stack::machine;

/// The iterator that `coroutine.__await__` gives.
#[pyclass(
    name = "coroutine_wrapper",
    builtin = CoroutineWrapper,
    flags(GC),
    doc = "",
    methods(CoroutineWrapper::METHODS),
    slots = Slots { iter: Some(|value, _| Ok(value.clone())), next: Some(wrapper_next), ..Slots::EMPTY }
)]
#[derive(Traverse)]
pub struct CoroutineWrapper {
    header: Header,
    coroutine: Value,
}

pub(super) fn coroutine_await(value: &Value, vm: &Vm) -> PyResult {
    Ok(Ref::new(vm, CoroutineWrapper { header: Header::blank(), coroutine: value.clone() }).into_value())
}

fn wrapper_next(value: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    match value.downcast::<CoroutineWrapper>() {
        Some(this) => resume::next(&this.coroutine, vm),
        None => Ok(None),
    }
}

impl CoroutineWrapper {
    fn core(&self, vm: &Vm) -> PyResult<&GenCore> {
        core_of(&self.coroutine).ok_or_else(|| vm.system_error("wrapper of no coroutine"))
    }
}

#[pymethods]
impl CoroutineWrapper {
    /// send(value) -> send 'value' into coroutine,
    /// return next iterated value or raise StopIteration.
    #[method("send($self, value, /)")]
    fn send(&self, value: &Value, vm: &Vm) -> PyResult {
        let core = self.core(vm)?;
        let sent = resume::resume(core, Some(value.clone()), false, false, vm)?;
        resume::value_or_stop(core, sent, vm)
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
        super::objects::check_throw_arguments(args, vm)?;
        resume::throw(self.core(vm)?, args, true, vm)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        resume::close(self.core(vm)?, vm)
    }
}

/// A coroutine, or a generator marked by `types.coroutine`?
fn is_coroutine_like(value: &Value) -> bool {
    core_of(value).is_some_and(|core| match core.kind {
        Kind::Coroutine => true,
        Kind::Generator => core.code.has(CodeFlags::ITERABLE_COROUTINE),
        Kind::AsyncGenerator => false,
    })
}

/// May code `yield from` a coroutine?
pub fn may_delegate_to_coroutine(code: &CodeObject) -> bool {
    code.flags & (CodeFlags::COROUTINE | CodeFlags::ITERABLE_COROUTINE) != 0
}

/// The iterator of an awaitable, as `await` takes it.
pub fn awaitable_iterator(value: &Value, vm: &Vm) -> PyResult {
    if is_coroutine_like(value) {
        return Ok(value.clone());
    }
    let Some(awaiter) = value.ty(vm).slots().am_await else {
        let kind = vm.type_name(value);
        return Err(vm.type_error(format!("'{kind}' object can't be awaited")));
    };
    let iterator = awaiter(value, vm)?;
    if is_coroutine_like(&iterator) {
        return Err(vm.type_error("__await__() returned a coroutine"));
    }
    if iterator.ty(vm).slots().next.is_none() {
        let kind = vm.type_name(&iterator);
        return Err(vm.type_error(format!("__await__() returned non-iterator of type '{kind}'")));
    }
    Ok(iterator)
}

/// GET_AWAITABLE; `place` is 1 behind `__aenter__` and 2 behind `__aexit__`.
#[inline(never)]
pub fn awaitable_for(value: &Value, place: u32, vm: &Vm) -> PyResult {
    if value.ty(vm).slots().am_await.is_none() && !is_coroutine_like(value) && place != 0 {
        let kind = vm.type_name(value);
        let method = if place == 1 { "__aenter__" } else { "__aexit__" };
        return Err(vm.type_error(format!(
            "'async with' received an object from {method} that does not implement __await__: {kind}"
        )));
    }
    let iterator = awaitable_iterator(value, vm)?;
    if let Some(core) = core_of(&iterator)
        && core.kind == Kind::Coroutine
        && core.state() == State::Delegating
    {
        return Err(vm.runtime_error("coroutine is being awaited already"));
    }
    Ok(iterator)
}

/// GET_AITER
#[inline(never)]
pub fn async_iterator(value: &Value, vm: &Vm) -> PyResult {
    let kind = vm.type_name(value);
    let Some(aiter) = value.ty(vm).slots().am_aiter else {
        return Err(vm.type_error(format!("'async for' requires an object with __aiter__ method, got {kind}")));
    };
    let iterator = aiter(value, vm)?;
    if iterator.ty(vm).slots().am_anext.is_none() {
        let kind = vm.type_name(&iterator);
        return Err(vm.type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {kind}"
        )));
    }
    Ok(iterator)
}

/// GET_ANEXT
#[inline(never)]
pub fn async_next(iterator: &Value, vm: &Vm) -> PyResult {
    let Some(anext) = iterator.ty(vm).slots().am_anext else {
        let kind = vm.type_name(iterator);
        return Err(vm.type_error(format!("'async for' requires an iterator with __anext__ method, got {kind}")));
    };
    let next = anext(iterator, vm)?;
    if iterator.ty(vm).is(vm.builtin(B::AsyncGenerator)) {
        return Ok(next);
    }
    match awaitable_iterator(&next, vm) {
        Ok(awaitable) => Ok(awaitable),
        Err(raised) => {
            let cause = vm.catch(raised);
            let kind = vm.type_name(&next);
            let raised = vm.type_error(format!("'async for' received an invalid object from __anext__: {kind}"));
            let exception = vm.catch(raised);
            vm.set_attr(&exception, vm.names().__cause__.as_value(), Some(&cause))?;
            Err(vm.reraise(exception))
        }
    }
}

/// `cr_origin`: where a coroutine was made, as deep as was asked for.
pub(super) fn origin(vm: &Vm) -> Option<Value> {
    let depth = vm.coroutine_origin_depth.get();
    if depth == 0 {
        return None;
    }
    let mut entries = Vec::new();
    let mut at = machine(vm).current.get();
    while entries.len() < depth && !at.is_null() {
        let frame = super::frame_ref(at);
        if !frame.incomplete.get() {
            let line = frame.line().map_or(Value::none(), |line| vm.int(line.into()));
            let code = frame.code();
            entries.push(vm.tuple_of([code.filename().into_value(), line, code.name.to_value()]).into_value());
        }
        at = frame.previous;
    }
    Some(vm.new_tuple(entries).into_value())
}

/// RuntimeWarning for a coroutine that dies before its first step.
pub(super) fn warn_never_awaited(coroutine: &Value, core: &GenCore, vm: &Vm) {
    let modules = vm.interp().modules.get();
    let warnings = modules.and_then(|m| m.get_str("warnings", vm).ok().flatten());
    let function = warnings.and_then(|w| vm.find_attr_str(&w, "_warn_unawaited_coroutine").ok().flatten());
    let ignored = || {
        let text = format!("Exception ignored while finalizing coroutine {}", resume::repr_or_type(coroutine, vm));
        vm.write_unraisable(Some(&text), &Value::none());
    };
    if let Some(function) = function {
        match vm.call(&function, std::slice::from_ref(coroutine)) {
            Ok(_) => return,
            Err(_) => {
                // A filter may have made the warning an error; otherwise nobody has been told yet.
                let told = vm.raised_is(B::RuntimeWarning);
                ignored();
                if told {
                    return;
                }
            }
        }
    }
    let text = format!("coroutine '{}' was never awaited", core.qualname().to_string_lossy());
    if vm.warn(B::RuntimeWarning, &text, 1).is_err() {
        ignored();
    }
}

/// What `anext(iterator, default)` gives.
#[pyclass(
    name = "anext_awaitable",
    builtin = AnextAwaitable,
    flags(GC),
    doc = "",
    methods(AnextAwaitable::METHODS),
    slots = Slots {
        iter: Some(|value, _| Ok(value.clone())),
        next: Some(anext_next),
        am_await: Some(|value, _| Ok(value.clone())),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct AnextAwaitable {
    header: Header,
    wrapped: Value,
    default: Value,
}

/// `anext(iterator, default)`
pub fn new_anext_awaitable(wrapped: Value, default: Value, vm: &Vm) -> Value {
    Ref::new(vm, AnextAwaitable { header: Header::blank(), wrapped, default }).into_value()
}

impl AnextAwaitable {
    /// The iterator that is asked; a coroutine is asked through its wrapper.
    fn iterator(&self, vm: &Vm) -> PyResult {
        let iterator = awaitable_iterator(&self.wrapped, vm)?;
        if iterator.ty(vm).slots().next.is_some() {
            return Ok(iterator);
        }
        match iterator.ty(vm).slots().am_await {
            Some(awaiter) => awaiter(&iterator, vm),
            None => Ok(iterator),
        }
    }

    /// The end of the asynchronous iteration becomes the default.
    fn or_default(&self, result: PyResult, vm: &Vm) -> PyResult {
        match result {
            Err(raised) if vm.raised_is(B::StopAsyncIteration) => {
                vm.ignore(raised);
                Err(resume::stop_iteration(self.default.clone(), vm))
            }
            result => result,
        }
    }
}

fn anext_next(value: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let Some(this) = value.downcast::<AnextAwaitable>() else { return Ok(None) };
    let iterator = this.iterator(vm)?;
    let result = match iterator.ty(vm).slots().next {
        Some(next) => match next(&iterator, vm) {
            Ok(None) => return Ok(None),
            Ok(Some(item)) => Ok(item),
            Err(raised) => Err(raised),
        },
        None => Err(vm.type_error("not an iterator")),
    };
    this.or_default(result, vm).map(Some)
}

#[pymethods]
impl AnextAwaitable {
    #[method("send($self, value, /)")]
    fn send(&self, value: &Value, vm: &Vm) -> PyResult {
        let result = vm.call_method(&self.iterator(vm)?, "send", std::slice::from_ref(value));
        self.or_default(result, vm)
    }

    #[method("throw($self, /, *args)")]
    fn throw(&self, args: &[Value], vm: &Vm) -> PyResult {
        let result = vm.call_method(&self.iterator(vm)?, "throw", args);
        self.or_default(result, vm)
    }

    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        let result = vm.call_method(&self.iterator(vm)?, "close", &[]);
        self.or_default(result, vm)
    }
}
