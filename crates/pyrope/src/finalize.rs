//! The end of a program, in CPython's order: threads, `atexit`, streams, then modules and what they hold.

use pyrope_modules_runtime::interpreters::family;
use pyrope_modules_runtime::{atexit, sys};
use pyrope_object::layout::{Dict, Str};
use pyrope_object::weak::WeakRef;
use pyrope_object::{BuiltinType, PyResult, Ref, Value, Vm};
use pyrope_types::model::module::{Module, module_dict};

use crate::Interpreter;

/// What failed when the streams were flushed at the end makes the process end with this.
const FLUSH_FAILED: i32 = 120;

/// A module that may outlive its place in `sys.modules`.
struct Farewell {
    module: Ref<WeakRef>,
}

impl Interpreter {
    /// Ends the program: waits for threads, runs `atexit`, flushes the streams, takes the modules apart so that
    /// finalizers run. Gives the exit status, which becomes 120 if flushing fails. No Python code runs afterwards.
    pub fn finish_program(&self, status: i32) -> i32 {
        if self.finished.replace(true) {
            return status;
        }
        let vm = self.vm();
        ignore(self.wait_for_threads(), vm);
        atexit::run_exit_functions(vm);
        if family::end_all(vm) {
            ignore(self.warn_of_interpreters(), vm);
        }
        vm.state::<sys::SysState>().finalizing.set(true);
        vm.interp().lock.close();
        let mut flushed = flush_streams(vm);
        // Held to the end, so that finalizers can still print.
        let streams = ["stdout", "stderr"].map(|name| sys::get(vm, name).unwrap_or(None));
        vm.interp().collect(2, vm);
        ignore(self.finalize_modules(), vm);
        for stream in streams.into_iter().flatten().filter(|s| !s.is_none()) {
            if let Err(raised) = flush(&stream, vm) {
                vm.ignore(raised);
                flushed = false;
            }
        }
        if self.allocation_statistics {
            eprintln!("{}", vm.interp().heap.stats());
        }
        if flushed { status } else { FLUSH_FAILED }
    }

    fn warn_of_interpreters(&self) -> PyResult<()> {
        let message = "remaining subinterpreters; close them with Interpreter.close()";
        self.vm().warn(BuiltinType::RuntimeWarning, message, 0)
    }

    fn wait_for_threads(&self) -> PyResult<()> {
        let vm = self.vm();
        let Some(modules) = vm.interp().modules.get() else { return Ok(()) };
        if let Some(threading) = modules.get_str("threading", vm)?.filter(|m| !m.is_none())
            && let Err(raised) = vm.call_method(&threading, "_shutdown", &[])
        {
            let exception = vm.catch(raised);
            vm.restore_exception(Some(exception));
            vm.write_unraisable(Some("Exception ignored on threading shutdown"), &threading);
        }
        Ok(())
    }

    /// CPython's `finalize_modules`.
    fn finalize_modules(&self) -> PyResult<()> {
        let vm = self.vm();
        let (Some(modules), Some(builtins)) = (vm.interp().modules.get(), vm.interp().builtins_dict.get()) else {
            return Ok(());
        };
        let sys_dict = sys::dict(vm)?;
        forget_program_state(&sys_dict, builtins, vm)?;
        let farewells = remove_modules(modules, vm)?;
        modules.clear();
        if let Some(copy) = self.builtins_copy.take() {
            // What the program put into `builtins` goes while the names of start are back in place.
            let added = vm.call_method(builtins.as_value(), "copy", &[])?;
            builtins.clear();
            vm.call_method(builtins.as_value(), "update", &[copy.into_value()])?;
            drop(added);
        }
        vm.interp().collect(2, vm);
        for farewell in farewells.into_iter().rev() {
            let Some(module) = farewell.module.get() else { continue };
            let dict = module_dict(&module, vm)?;
            if !dict.is(&sys_dict) && !dict.is(builtins) {
                clear_module(&dict, vm)?;
            }
        }
        clear_module(&sys_dict, vm)?;
        clear_module(builtins, vm)?;
        modules.clear();
        vm.interp().collect(2, vm);
        Ok(())
    }
}

fn ignore(result: PyResult<()>, vm: &Vm) {
    if let Err(raised) = result {
        vm.ignore(raised);
    }
}

/// What `sys` keeps of the program goes first: it may hold much alive.
fn forget_program_state(sys_dict: &Ref<Dict>, builtins: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    const FORGOTTEN: [&str; 11] = [
        "path",
        "argv",
        "ps1",
        "ps2",
        "last_exc",
        "last_type",
        "last_value",
        "last_traceback",
        "path_hooks",
        "path_importer_cache",
        "meta_path",
    ];
    builtins.set_str("_", Value::none(), vm)?;
    for name in FORGOTTEN {
        sys_dict.set_str(name, Value::none(), vm)?;
    }
    for name in ["stdin", "stdout", "stderr"] {
        let original = sys_dict.get_str(&format!("__{name}__"), vm)?.unwrap_or(Value::none());
        sys_dict.set_str(name, original, vm)?;
    }
    Ok(())
}

/// Takes the modules out of `sys.modules`; gives weak references to them, in order.
fn remove_modules(modules: &Ref<Dict>, vm: &Vm) -> PyResult<Vec<Farewell>> {
    let reference = vm.get_attr_str(&vm.import("_weakref")?, "ReferenceType")?;
    let mut farewells = Vec::new();
    for name in vm.collect(modules.as_value())? {
        let Some(module) = modules.get(&name, vm)? else { continue };
        if module.downcast::<Module>().is_some()
            && let Some(module) = vm.call(&reference, std::slice::from_ref(&module))?.cast::<WeakRef>()
        {
            farewells.push(Farewell { module });
        }
        modules.set(name, Value::none(), vm)?;
        drop(module);
    }
    Ok(farewells)
}

/// Sets a module's names to None: first those with one underscore, then all but `__builtins__`.
fn clear_module(dict: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    let is_private = |name: &Str| name.code_point(0) == Some('_'.into()) && name.code_point(1) != Some('_'.into());
    for private in [true, false] {
        for name in vm.collect(dict.as_value())? {
            let Some(text) = name.downcast::<Str>() else { continue };
            let wanted = if private { is_private(text) } else { !text.equals_str("__builtins__") };
            if wanted && dict.get(&name, vm)?.is_some_and(|value| !value.is_none()) {
                dict.set(name, Value::none(), vm)?;
            }
        }
    }
    Ok(())
}

/// Flushes stdout and stderr; false if that failed.
fn flush_streams(vm: &Vm) -> bool {
    let mut good = true;
    for name in ["stdout", "stderr"] {
        let Ok(Some(stream)) = sys::get(vm, name) else { continue };
        let Err(raised) = flush(&stream, vm) else { continue };
        good = false;
        if name == "stderr" {
            vm.ignore(raised);
            continue;
        }
        let exception = vm.catch(raised);
        vm.restore_exception(Some(exception));
        vm.write_unraisable(Some("Exception ignored while flushing sys.stdout"), &Value::none());
    }
    good
}

fn flush(stream: &Value, vm: &Vm) -> PyResult<()> {
    if stream.is_none() {
        return Ok(());
    }
    let closed = match vm.find_attr_str(stream, "closed")? {
        Some(closed) => vm.is_true(&closed)?,
        None => false,
    };
    if closed { Ok(()) } else { vm.call_method(stream, "flush", &[]).map(drop) }
}
