//! The awaitables that an asynchronous generator's methods give.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::slots::Sent;
use pyrope_object::{BuiltinType as B, Header, PyResult, Raised, Ref, Slots, Value, Vm};

use super::objects::check_throw_arguments;
use super::{GenCore, State, core_of, resume};

/// A value that an asynchronous generator yields, told apart from what it awaits.
#[pyclass(name = "async_generator_wrapped_value", builtin = AsyncGeneratorWrappedValue, flags(GC), doc = "")]
#[derive(Traverse)]
pub struct AsyncGenWrappedValue {
    header: Header,
    pub value: Value,
}

impl AsyncGenWrappedValue {
    /// Wraps.
    pub fn wrap(value: Value, vm: &Vm) -> Value {
        Ref::new(vm, AsyncGenWrappedValue { header: Header::blank(), value }).into_value()
    }
}

/// How far an awaitable has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Fresh,
    Running,
    Closed,
}

/// What `asend` and `__anext__` give.
#[pyclass(
    name = "async_generator_asend",
    builtin = AsyncGeneratorAsend,
    flags(GC),
    doc = "",
    methods(AsyncGenAsend::METHODS),
    slots = Slots {
        iter: Some(|value, _| Ok(value.clone())),
        next: Some(|value, vm| asend_send(value, None, vm).map(Some)),
        am_await: Some(|value, _| Ok(value.clone())),
        am_send: Some(asend_am_send),
        finalize: Some(asend_finalize),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct AsyncGenAsend {
    header: Header,
    generator: Value,
    value: Option<Value>,
    #[traverse(skip)]
    progress: Cell<Progress>,
}

/// What `athrow` and `aclose` give; without arguments it is `aclose`.
#[pyclass(
    name = "async_generator_athrow",
    builtin = AsyncGeneratorAthrow,
    flags(GC),
    doc = "",
    methods(AsyncGenAthrow::METHODS),
    slots = Slots {
        iter: Some(|value, _| Ok(value.clone())),
        next: Some(|value, vm| athrow_send(value, &Value::none(), vm).map(Some)),
        am_await: Some(|value, _| Ok(value.clone())),
        finalize: Some(athrow_finalize),
        ..Slots::EMPTY
    }
)]
#[derive(Traverse)]
pub struct AsyncGenAthrow {
    header: Header,
    generator: Value,
    args: Option<Vec<Value>>,
    #[traverse(skip)]
    progress: Cell<Progress>,
}

/// The `anext` slot.
pub(super) fn anext(value: &Value, vm: &Vm) -> PyResult {
    call_hooks(value, vm)?;
    Ok(AsyncGenAsend::make(value, None, vm))
}

/// Calls the first-iteration hook, once.
pub(super) fn call_hooks(value: &Value, vm: &Vm) -> PyResult<()> {
    let Some(core) = core_of(value) else { return Ok(()) };
    if core.hooks_called.replace(true) {
        return Ok(());
    }
    core.extra.set(vm.asyncgen_finalizer.get());
    match vm.asyncgen_firstiter.get() {
        Some(hook) => vm.call(&hook, std::slice::from_ref(value)).map(drop),
        None => Ok(()),
    }
}

fn ends(vm: &Vm) -> bool {
    vm.raised_is(B::StopAsyncIteration) || vm.raised_is(B::GeneratorExit)
}

/// A step's result for `send()` and `throw()`: what ends the awaiting is raised.
fn unwrap(core: &GenCore, result: PyResult, vm: &Vm) -> PyResult {
    match outcome(core, result, vm)? {
        Sent::Yielded(value) => Ok(value),
        Sent::Returned(value) => Err(resume::stop_iteration(value, vm)),
    }
}

/// A step's result: a yielded value ends the awaiting, anything else is awaited further.
fn outcome(core: &GenCore, result: PyResult, vm: &Vm) -> PyResult<Sent> {
    match result {
        Err(raised) => {
            if ends(vm) {
                core.closed.set(true);
            }
            core.running_async.set(false);
            Err(raised)
        }
        Ok(value) => match value.downcast::<AsyncGenWrappedValue>() {
            Some(wrapped) => {
                core.running_async.set(false);
                Ok(Sent::Returned(wrapped.value.clone()))
            }
            None => Ok(Sent::Yielded(value)),
        },
    }
}

/// Resumes the generator itself.
fn step(core: &GenCore, value: &Value, vm: &Vm) -> PyResult {
    match resume::resume(core, Some(value.clone()), false, false, vm)? {
        Sent::Yielded(value) => Ok(value),
        Sent::Returned(_) => Err(vm.raise_with(B::StopAsyncIteration, &[])),
    }
}

fn not_a_generator(vm: &Vm) -> Raised {
    vm.system_error("awaitable of no asynchronous generator")
}

impl AsyncGenAsend {
    /// The awaitable of one step.
    pub fn make(generator: &Value, value: Option<Value>, vm: &Vm) -> Value {
        let progress = Cell::new(Progress::Fresh);
        Ref::new(vm, AsyncGenAsend { header: Header::blank(), generator: generator.clone(), value, progress })
            .into_value()
    }

    /// The generator's core, entered for a first or further step.
    fn enter(&self, vm: &Vm) -> PyResult<&GenCore> {
        let core = core_of(&self.generator).ok_or_else(|| not_a_generator(vm))?;
        match self.progress.get() {
            Progress::Closed => Err(vm.runtime_error("cannot reuse already awaited __anext__()/asend()")),
            Progress::Fresh if core.running_async.get() => {
                self.progress.set(Progress::Closed);
                Err(vm.runtime_error("anext(): asynchronous generator is already running"))
            }
            _ => Ok(core),
        }
    }

    fn settle(&self, result: PyResult) -> PyResult {
        if result.is_err() {
            self.progress.set(Progress::Closed);
        }
        result
    }
}

fn asend_send(value: &Value, sent: Option<&Value>, vm: &Vm) -> PyResult {
    match asend_step(value, sent, vm)? {
        Sent::Yielded(value) => Ok(value),
        Sent::Returned(value) => Err(resume::stop_iteration(value, vm)),
    }
}

/// The `am_send` slot: no StopIteration is made just to carry the value, but those who watch are told of one.
fn asend_am_send(value: &Value, sent: &Value, vm: &Vm) -> PyResult<Sent> {
    let outcome = asend_step(value, Some(sent), vm)?;
    if let Sent::Returned(value) = &outcome {
        crate::monitor::stopped_with(value.clone(), vm)?;
    }
    Ok(outcome)
}

fn asend_step(value: &Value, sent: Option<&Value>, vm: &Vm) -> PyResult<Sent> {
    let Some(this) = value.downcast::<AsyncGenAsend>() else { return Err(not_a_generator(vm)) };
    let core = this.enter(vm)?;
    let none = Value::none();
    let mut argument = sent.unwrap_or(&none);
    if this.progress.replace(Progress::Running) == Progress::Fresh && argument.is_none() {
        argument = this.value.as_ref().unwrap_or(&none);
    }
    core.running_async.set(true);
    let outcome = outcome(core, step(core, argument, vm), vm);
    if !matches!(outcome, Ok(Sent::Yielded(_))) {
        this.progress.set(Progress::Closed);
    }
    outcome
}

fn asend_throw(this: &AsyncGenAsend, args: &[Value], vm: &Vm) -> PyResult {
    let core = this.enter(vm)?;
    this.progress.set(Progress::Running);
    core.running_async.set(true);
    let result = resume::throw(core, args, true, vm);
    this.settle(unwrap(core, result, vm))
}

#[pymethods]
impl AsyncGenAsend {
    #[method("send($self, value, /)")]
    fn send(slf: &Value, value: &Value, vm: &Vm) -> PyResult {
        asend_send(slf, Some(value), vm)
    }

    #[method("throw($self, /, *args)")]
    fn throw(&self, args: &[Value], vm: &Vm) -> PyResult {
        check_throw_arguments(args, vm)?;
        asend_throw(self, args, vm)
    }

    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        if self.progress.get() == Progress::Closed {
            return Ok(Value::none());
        }
        let result = asend_throw(self, &[vm.builtin(B::GeneratorExit).to_value()], vm);
        closed(result, vm)
    }
}

/// What closing an awaitable gives: nothing, if the generator let go.
fn closed(result: PyResult, vm: &Vm) -> PyResult {
    match result {
        Ok(_) => Err(vm.runtime_error("coroutine ignored GeneratorExit")),
        Err(raised) if ends(vm) || vm.raised_is(B::StopIteration) => {
            vm.ignore(raised);
            Ok(Value::none())
        }
        Err(raised) => Err(raised),
    }
}

fn asend_finalize(value: &Value, vm: &Vm) {
    if let Some(this) = value.downcast::<AsyncGenAsend>()
        && this.progress.get() == Progress::Fresh
    {
        warn_never_awaited("asend", &this.generator, vm);
    }
}

fn athrow_finalize(value: &Value, vm: &Vm) {
    if let Some(this) = value.downcast::<AsyncGenAthrow>()
        && this.progress.get() == Progress::Fresh
    {
        warn_never_awaited(if this.args.is_some() { "athrow" } else { "aclose" }, &this.generator, vm);
    }
}

fn warn_never_awaited(method: &str, generator: &Value, vm: &Vm) {
    let Some(core) = core_of(generator) else { return };
    let text = format!("coroutine method '{method}' of '{}' was never awaited", core.qualname().to_string_lossy());
    if vm.warn(B::RuntimeWarning, &text, 1).is_err() {
        vm.write_unraisable(None, generator);
    }
}

impl AsyncGenAthrow {
    /// The awaitable of `athrow(*args)`, or of `aclose()`.
    pub fn make(generator: &Value, args: Option<Vec<Value>>, vm: &Vm) -> Value {
        let progress = Cell::new(Progress::Fresh);
        Ref::new(vm, AsyncGenAthrow { header: Header::blank(), generator: generator.clone(), args, progress })
            .into_value()
    }

    fn core(&self, vm: &Vm) -> PyResult<&GenCore> {
        if self.progress.get() == Progress::Closed {
            return Err(vm.runtime_error("cannot reuse already awaited aclose()/athrow()"));
        }
        core_of(&self.generator).ok_or_else(|| not_a_generator(vm))
    }

    fn busy(&self, core: &GenCore, vm: &Vm) -> PyResult<()> {
        if !core.running_async.get() {
            return Ok(());
        }
        self.progress.set(Progress::Closed);
        let name = if self.args.is_some() { "athrow" } else { "aclose" };
        Err(vm.runtime_error(format!("{name}(): asynchronous generator is already running")))
    }

    /// The result of a step of `aclose`: the generator must not yield any more.
    fn closing(&self, core: &GenCore, result: PyResult, vm: &Vm) -> PyResult {
        match result {
            Ok(value) if value.downcast::<AsyncGenWrappedValue>().is_some() => {
                core.running_async.set(false);
                self.progress.set(Progress::Closed);
                Err(vm.runtime_error("async generator ignored GeneratorExit"))
            }
            Ok(value) => Ok(value),
            Err(raised) => {
                core.running_async.set(false);
                self.progress.set(Progress::Closed);
                if ends(vm) {
                    vm.ignore(raised);
                    return Err(vm.raise_with(B::StopIteration, &[]));
                }
                Err(raised)
            }
        }
    }

    /// The result of a step of `athrow`.
    fn throwing(&self, core: &GenCore, result: PyResult, vm: &Vm) -> PyResult {
        let result = unwrap(core, result, vm);
        if result.is_err() {
            core.running_async.set(false);
            self.progress.set(Progress::Closed);
        }
        result
    }

    fn begin(&self, core: &GenCore, vm: &Vm) -> PyResult {
        self.busy(core, vm)?;
        if core.closed.get() {
            self.progress.set(Progress::Closed);
            return Err(vm.raise_with(B::StopAsyncIteration, &[]));
        }
        self.progress.set(Progress::Running);
        core.running_async.set(true);
        match &self.args {
            None => {
                core.closed.set(true);
                let result = resume::throw(core, &[vm.builtin(B::GeneratorExit).to_value()], false, vm);
                self.closing(core, result, vm)
            }
            Some(args) => {
                check_throw_arguments(args.get(..1).unwrap_or_default(), vm)?;
                let result = resume::throw(core, args, false, vm);
                self.throwing(core, result, vm)
            }
        }
    }
}

fn athrow_send(value: &Value, sent: &Value, vm: &Vm) -> PyResult {
    let Some(this) = value.downcast::<AsyncGenAthrow>() else { return Err(not_a_generator(vm)) };
    let core = this.core(vm)?;
    if core.state() == State::Finished {
        this.progress.set(Progress::Closed);
        return Err(vm.raise_with(B::StopIteration, &[]));
    }
    if this.progress.get() == Progress::Fresh {
        if !sent.is_none() {
            return Err(vm.runtime_error("can't send non-None value to a just-started coroutine"));
        }
        return this.begin(core, vm);
    }
    let result = step(core, sent, vm);
    if this.args.is_some() { this.throwing(core, result, vm) } else { this.closing(core, result, vm) }
}

fn athrow_throw(this: &AsyncGenAthrow, args: &[Value], vm: &Vm) -> PyResult {
    let core = this.core(vm)?;
    if this.progress.get() == Progress::Fresh {
        this.busy(core, vm)?;
        this.progress.set(Progress::Running);
        core.running_async.set(true);
    }
    let result = resume::throw(core, args, true, vm);
    if this.args.is_some() { this.throwing(core, result, vm) } else { this.closing(core, result, vm) }
}

#[pymethods]
impl AsyncGenAthrow {
    #[method("send($self, value, /)")]
    fn send(slf: &Value, value: &Value, vm: &Vm) -> PyResult {
        athrow_send(slf, value, vm)
    }

    #[method("throw($self, /, *args)")]
    fn throw(&self, args: &[Value], vm: &Vm) -> PyResult {
        check_throw_arguments(args, vm)?;
        athrow_throw(self, args, vm)
    }

    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        if self.progress.get() == Progress::Closed {
            return Ok(Value::none());
        }
        let result = athrow_throw(self, &[vm.builtin(B::GeneratorExit).to_value()], vm);
        closed(result, vm)
    }
}
