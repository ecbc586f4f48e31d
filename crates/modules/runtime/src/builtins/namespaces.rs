//! `globals`, `locals`, and running code in namespaces.

use pyrope_object::layout::{Dict, Str};
use pyrope_object::{BuiltinType as B, PyResult, Ref, Value, Vm};
use pyrope_vm::code::CodeObject;

use crate::frames::{current_globals, current_locals};

/// Where `exec` and `eval` run: globals and locals, checked.
pub(super) fn namespaces(
    what: &str,
    globals: Option<&Value>,
    locals: Option<&Value>,
    vm: &Vm,
) -> PyResult<(Ref<Dict>, Value)> {
    let (globals, locals) = match (globals, locals) {
        (None, locals) => {
            let Some(globals) = current_globals(vm) else {
                return Err(vm.system_error(format!("{what}: no frame")));
            };
            let locals = match locals {
                Some(locals) => locals.clone(),
                None => current_locals(vm)?,
            };
            (globals, locals)
        }
        (Some(globals), locals) => {
            let Some(dict) = globals.cast::<Dict>() else {
                return Err(vm.type_error(if what == "exec" {
                    format!("exec() globals must be a dict, not {}", vm.type_name(globals))
                } else if vm.find_attr(globals, vm.names().__getitem__.as_value())?.is_some() {
                    "globals must be a real dict; try eval(code, {}, mapping)".to_string()
                } else {
                    "globals must be a dict".to_string()
                }));
            };
            let locals = locals.unwrap_or(globals).clone();
            (dict, locals)
        }
    };
    let slots = locals.ty(vm).slots();
    if slots.mp_subscript.is_none() || locals.downcast::<Str>().is_some() {
        return Err(vm.type_error(if what == "exec" {
            format!("locals must be a mapping or None, not {}", vm.type_name(&locals))
        } else {
            "locals must be a mapping".to_string()
        }));
    }
    let builtins = vm.names().__builtins__.as_value();
    if globals.get(builtins, vm)?.is_none() {
        globals.set(builtins.clone(), crate::frames::current_builtins(vm)?, vm)?;
    }
    Ok((globals, locals))
}

fn audit_exec(code: &Ref<CodeObject>, vm: &Vm) -> PyResult<()> {
    vm.audit("exec", || [code.to_value()])
}

/// Runs a code object, checking its free variables against a closure.
pub(super) fn run(
    what: &str,
    code: &Ref<CodeObject>,
    globals: &Ref<Dict>,
    locals: &Value,
    closure: Option<&Value>,
    vm: &Vm,
) -> PyResult {
    let free = code.count_of_kind(pyrope_bytecode::FastKind::FREE);
    match closure {
        None if free > 0 => {
            Err(vm.type_error(format!("code object passed to {what}() may not contain free variables")))
        }
        None => pyrope_vm::run_code(code, globals, Some(locals.clone()), vm),
        Some(_) if free == 0 => Err(vm.type_error("cannot use a closure with this code object")),
        Some(closure) => {
            let cells = closure.downcast::<pyrope_object::Tuple>().filter(|cells| {
                cells.len() == free && cells.as_slice().iter().all(|c| c.ty(vm).is(vm.builtin(B::Cell)))
            });
            match cells {
                Some(_) => pyrope_vm::run_code_in(code, globals, Some(locals.clone()), closure.cast(), vm),
                None => Err(vm.type_error(format!("code object requires a closure of exactly length {free}"))),
            }
        }
    }
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;
    use pyrope_object::bind::OrNone;

    /// Return the dictionary containing the current scope's global variables.
    ///
    /// NOTE: Updates to this dictionary *will* affect name lookups in the current
    /// global scope and vice-versa.
    #[pyfunction("globals()")]
    fn globals(vm: &Vm) -> PyResult {
        match current_globals(vm) {
            Some(globals) => Ok(globals.into_value()),
            None => Ok(Value::none()),
        }
    }

    /// Return a dictionary containing the current scope's local variables.
    ///
    /// NOTE: Whether or not updates to this dictionary will affect name lookups in
    /// the local scope and vice-versa is *implementation dependent* and not
    /// covered by any backwards compatibility guarantees.
    #[pyfunction("locals()")]
    fn locals(vm: &Vm) -> PyResult {
        current_locals(vm)
    }

    /// Evaluate the given source in the context of globals and locals.
    ///
    /// The source may be a string representing a Python expression
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    #[pyfunction("eval(source, /, globals=None, locals=None)")]
    fn eval(source: &Value, globals: OrNone<&Value>, locals: OrNone<&Value>, vm: &Vm) -> PyResult {
        let (globals, locals) = namespaces("eval", globals.0, locals.0, vm)?;
        if let Some(code) = source.cast::<CodeObject>() {
            audit_exec(&code, vm)?;
            return run("eval", &code, &globals, &locals, None, vm);
        }
        let code = crate::builtins::compile::compile_for_run(source, "eval", vm)?;
        audit_exec(&code, vm)?;
        pyrope_vm::run_code(&code, &globals, Some(locals), vm)
    }

    /// Execute the given source in the context of globals and locals.
    ///
    /// The source may be a string representing one or more Python statements
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    /// The closure must be a tuple of cellvars, and can only be used
    /// when source is a code object requiring exactly that many cellvars.
    #[pyfunction("exec(source, /, globals=None, locals=None, *, closure=None)")]
    fn exec(
        source: &Value,
        globals: OrNone<&Value>,
        locals: OrNone<&Value>,
        closure: OrNone<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let (globals, locals) = namespaces("exec", globals.0, locals.0, vm)?;
        if let Some(code) = source.cast::<CodeObject>() {
            audit_exec(&code, vm)?;
            return run("exec", &code, &globals, &locals, closure.0, vm).map(drop);
        }
        if closure.0.is_some() {
            return Err(vm.type_error("closure argument can only be used when source is a code object"));
        }
        let code = crate::builtins::compile::compile_for_run(source, "exec", vm)?;
        audit_exec(&code, vm)?;
        pyrope_vm::run_code(&code, &globals, Some(locals), vm).map(drop)
    }
}
