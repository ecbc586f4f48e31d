//! The current context and what the module keeps.

use std::cell::OnceCell;
use std::rc::Rc;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_modules_runtime::contextvars::{ContextVar, context_value, set_context_value};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, Header, PyResult, Ref, Slots, Value, Vm};

use crate::context::Context;
use crate::signals::Classes;

/// What the module keeps for an interpreter.
pub(crate) struct Parts {
    pub classes: Classes,
    pub signal_dict: Value,
    pub tuple: Value,
    /// `numbers.Rational`
    pub rational: Value,
    /// `DefaultContext`, `BasicContext`, `ExtendedContext`.
    pub templates: [Ref<Context>; 3],
    pub variable: Ref<ContextVar>,
}

#[derive(Default)]
struct State(OnceCell<Rc<Parts>>);

/// What the module keeps; there is no object of its types before it is imported.
pub(crate) fn parts(vm: &Vm) -> PyResult<Rc<Parts>> {
    match vm.state::<State>().0.get() {
        Some(parts) => Ok(parts.clone()),
        None => Err(vm.system_error("_decimal is not initialised")),
    }
}

pub(crate) fn keep(parts: Parts, vm: &Vm) {
    let _ = vm.state::<State>().0.set(Rc::new(parts));
}

/// The context of the running code, made from `DefaultContext` on first use.
pub(crate) fn current(vm: &Vm) -> PyResult<Ref<Context>> {
    let state = vm.state::<State>();
    let Some(parts) = state.0.get() else { return Err(vm.system_error("_decimal is not initialised")) };
    if let Some(known) = context_value(&parts.variable, vm)?
        && let Some(known) = known.cast::<Context>()
    {
        return Ok(known);
    }
    let fresh = parts.templates[0].fresh_copy(vm);
    set_context_value(&parts.variable, fresh.to_value(), vm)?;
    Ok(fresh)
}

/// An optional argument, or the current context.
pub(crate) fn given_or_current(context: Option<&Value>, vm: &Vm) -> PyResult<Ref<Context>> {
    match context {
        None => current(vm),
        Some(value) if value.is_none() => current(vm),
        Some(value) => value.cast::<Context>().ok_or_else(|| vm.type_error("optional argument must be a context")),
    }
}

fn set_current(context: &Value, vm: &Vm) -> PyResult<()> {
    let Some(context) = context.cast::<Context>() else {
        return Err(vm.type_error("argument must be a context"));
    };
    let parts = parts(vm)?;
    // The templates stay as they are.
    let is_template = parts.templates.iter().any(|template| template.is(&context));
    let context = if is_template { context.fresh_copy(vm) } else { context };
    set_context_value(&parts.variable, context.into_value(), vm)
}

/// What `localcontext` gives: sets a context within a `with` block.
#[pyclass(
    name = "ContextManager", module = "decimal", flags(GC, DISALLOW_INSTANTIATION),
    methods(ContextManager::METHODS), slots = Slots::EMPTY, doc = ""
)]
#[derive(Traverse)]
pub struct ContextManager {
    header: Header,
    local: Ref<Context>,
    global: Ref<Context>,
}

#[pymethods]
impl ContextManager {
    #[method("__enter__($self, /)")]
    fn enter(&self, vm: &Vm) -> PyResult {
        set_current(self.local.as_value(), vm)?;
        Ok(self.local.to_value())
    }

    #[method("__exit__")]
    fn exit(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let _ = args;
        set_current(self.global.as_value(), vm)?;
        Ok(Value::bool(false))
    }
}

static LOCAL: Signature = Signature {
    maxpos: 1,
    ..Signature::plain(
        "localcontext",
        &["ctx", "prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"],
        0,
    )
};

fn local_context(args: Args<'_>, vm: &Vm) -> PyResult {
    let mut places = [None; 9];
    pyrope_object::bind::bind(&LOCAL, args, &mut places, vm)?;
    let global = current(vm)?;
    let source = given_or_current(places[0], vm)?;
    let local = source.copy_of(vm);
    for (name, value) in LOCAL.names.iter().zip(places).skip(1) {
        if let Some(value) = value.filter(|value| !value.is_none()) {
            local.set_field(name, value, vm)?;
        }
    }
    Ok(Ref::new(vm, ContextManager { header: Header::blank(), local, global }).into_value())
}

#[pyrope_macros::pyfunctions]
pub(crate) mod functions {
    use super::*;

    /// Get the current default context.
    #[pyfunction("getcontext()")]
    fn getcontext(vm: &Vm) -> PyResult {
        Ok(current(vm)?.into_value())
    }

    /// Set a new default context.
    #[pyfunction("setcontext(context, /)")]
    fn setcontext(context: &Value, vm: &Vm) -> PyResult<()> {
        set_current(context, vm)
    }

    /// Return a context manager that will set the default context to a copy of ctx
    /// on entry to the with-statement and restore the previous default context when
    /// exiting the with-statement. If no context is supplied, a copy of the current
    /// default context is used.
    #[pyfunction("localcontext(ctx=None, **kwargs)")]
    fn localcontext(args: Args<'_>, vm: &Vm) -> PyResult {
        local_context(args, vm)
    }

    /// Return a context object initialized to the proper values for one of the
    /// IEEE interchange formats.  The argument must be a multiple of 32 and less
    /// than IEEE_CONTEXT_MAX_BITS.
    #[pyfunction("IEEEContext(bits, /)")]
    #[allow(non_snake_case)]
    fn IEEEContext(bits: &Value, vm: &Vm) -> PyResult {
        crate::context::ieee_context(bits, vm)
    }
}
