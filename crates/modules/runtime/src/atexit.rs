//! `atexit`

use pyrope_object::{Args, Guarded, ModuleDef, OwnedArgs, PyResult, Value, Vm};

pub static MODULE: ModuleDef = ModuleDef {
    name: "atexit",
    doc: "allow programmer to define multiple exit functions to be executed\nupon normal program termination.\n\nTwo public \
          functions, register and unregister, are defined.\n",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

/// A registered call.
#[derive(Clone)]
struct ExitCall {
    function: Value,
    values: Vec<Value>,
    kwnames: Vec<Value>,
}

/// Registered calls, oldest first.
#[derive(Default)]
struct ExitState {
    calls: Guarded<Vec<ExitCall>>,
}

/// Calls what was registered, newest first, and forgets it; errors are reported as unraisable. What is registered
/// meanwhile is not called.
pub fn run_exit_functions(vm: &Vm) {
    let state = vm.state::<ExitState>();
    for call in state.calls.with(Vec::clone).into_iter().rev() {
        let args = OwnedArgs { values: call.values, kwnames: call.kwnames };
        if vm.call_args(&call.function, args.as_args()).is_err() {
            let pending = vm.take_exception();
            let shown = vm.repr_text(&call.function);
            vm.restore_exception(pending);
            let message = match shown {
                Ok(shown) => format!("Exception ignored in atexit callback {shown}"),
                Err(_) => "Exception ignored in atexit callback".to_owned(),
            };
            vm.write_unraisable(Some(&message), &Value::none());
        }
    }
    drop(state.calls.take());
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Register a function to be executed upon normal program termination
    ///
    ///     func - function to be called at exit
    ///     args - optional arguments to pass to func
    ///     kwargs - optional keyword arguments to pass to func
    ///
    ///     func is returned to facilitate usage as a decorator.
    #[pyfunction("register($module, func, /, *args, **kwargs)")]
    fn register(args: Args<'_>, vm: &Vm) -> PyResult {
        let Some((function, _)) = args.positional().split_first() else {
            return Err(vm.type_error("register() takes at least 1 argument (0 given)"));
        };
        if function.ty(vm).slots().call.is_none() {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let call = ExitCall {
            function: function.clone(),
            values: args.values()[1..].to_vec(),
            kwnames: args.kwnames().to_vec(),
        };
        vm.state::<ExitState>().calls.with_mut(|calls| calls.push(call));
        Ok(function.clone())
    }

    /// Clear the list of previously registered exit functions.
    #[pyfunction("_clear()")]
    fn clear(vm: &Vm) {
        drop(vm.state::<ExitState>().calls.take());
    }

    /// Run all registered exit functions.
    ///
    /// If a callback raises an exception, it is logged with sys.unraisablehook.
    #[pyfunction("_run_exitfuncs()")]
    fn run_exitfuncs(vm: &Vm) {
        run_exit_functions(vm);
    }

    /// Return the number of registered exit functions.
    #[pyfunction("_ncallbacks()")]
    fn ncallbacks(vm: &Vm) -> Value {
        vm.int_from_usize(vm.state::<ExitState>().calls.with(Vec::len))
    }

    /// Unregister an exit function which was previously registered using atexit.register
    ///
    ///     func - function to be unregistered
    #[pyfunction("unregister(func, /)")]
    fn unregister(func: &Value, vm: &Vm) -> PyResult<()> {
        let state = vm.state::<ExitState>();
        let mut index = state.calls.with(Vec::len);
        while index > 0 {
            index -= 1;
            // Comparing may change the list.
            let Some(function) = state.calls.with(|calls| calls.get(index).map(|c| c.function.clone())) else {
                continue;
            };
            if vm.equal(func, &function)? {
                let removed = state.calls.with_mut(|calls| {
                    let at = calls.iter().position(|c| c.function.is(&function));
                    let here = calls.get(index).is_some_and(|c| c.function.is(&function));
                    if here { Some(calls.remove(index)) } else { at.map(|at| calls.remove(at)) }
                });
                drop(removed);
            }
        }
        Ok(())
    }
}
