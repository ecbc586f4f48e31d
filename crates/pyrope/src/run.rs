//! Running programs: files, strings, modules, folders; and how a program ends.

use pyrope_modules_runtime::{builtins, imp, sys};
use pyrope_object::layout::Dict;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Value, Vm};
use pyrope_types::model::module::{module_dict, new_module};

use crate::Interpreter;

/// True if the process has this descriptor.
#[allow(unsafe_code, reason = "an OS call")]
pub(crate) fn descriptor_is_open(descriptor: i32) -> bool {
    // SAFETY: asks the kernel about a number; no memory is touched.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) != -1 }
}

/// Prints the exception under way, unless it is SystemExit; gives the exit status.
pub(crate) fn report(vm: &Vm, raised: Raised) -> i32 {
    let exception = vm.catch(raised);
    if exception.ty(vm).is_subtype(vm.builtin(B::SystemExit)) {
        return exit_status(vm, &exception);
    }
    let interrupted = exception.ty(vm).is_subtype(vm.builtin(B::KeyboardInterrupt));
    show(vm, &exception);
    if interrupted { 130 } else { 1 }
}

/// Calls `sys.excepthook`, or prints by itself if that fails.
fn show(vm: &Vm, exception: &Value) {
    let shown = try_show(vm, exception);
    if let Err(raised) = shown {
        vm.ignore(raised);
    }
}

fn try_show(vm: &Vm, exception: &Value) -> PyResult<()> {
    let traceback = vm.get_attr(exception, vm.names().__traceback__.as_value())?;
    let parts = [exception.ty(vm).to_value(), exception.clone(), traceback];
    for (name, value) in [("last_exc", 1), ("last_type", 0), ("last_value", 1), ("last_traceback", 2)] {
        sys::set(vm, name, parts[value].clone())?;
    }
    if let Some(stdout) = sys::get(vm, "stdout")?.filter(|s| !s.is_none())
        && let Err(raised) = vm.call_method(&stdout, "flush", &[])
    {
        vm.ignore(raised);
    }
    match sys::get(vm, "excepthook")? {
        None => {
            sys::write_error("sys.excepthook is missing\n", vm)?;
            sys::print_exception(exception, vm)
        }
        Some(hook) => match vm.call(&hook, &parts) {
            Ok(_) => Ok(()),
            Err(raised) => {
                let second = vm.catch(raised);
                if second.ty(vm).is_subtype(vm.builtin(B::SystemExit)) {
                    return Err(vm.reraise(second));
                }
                sys::write_error("Error in sys.excepthook:\n", vm)?;
                sys::print_exception(&second, vm)?;
                sys::write_error("\nOriginal exception was:\n", vm)?;
                sys::print_exception(exception, vm)
            }
        },
    }
}

fn exit_status(vm: &Vm, exception: &Value) -> i32 {
    let code = match vm.get_attr_str(exception, "code") {
        Ok(code) => code,
        Err(raised) => {
            vm.ignore(raised);
            exception.clone()
        }
    };
    if code.is_none() {
        return 0;
    }
    if let Some(n) = code.as_int() {
        return n.to_i64().map_or(-1, |n| n as i32) & 0xFF;
    }
    let printed = vm.str(&code).and_then(|text| {
        sys::write_error(&text.to_string_lossy(), vm)?;
        sys::write_error("\n", vm)
    });
    if let Err(raised) = printed {
        vm.ignore(raised);
    }
    1
}

impl Interpreter {
    /// The dict of `__main__`, made on first use.
    fn main_dict(&self) -> PyResult<Ref<Dict>> {
        let vm = &self.vm;
        let name = vm.names().__main__.as_value();
        let modules = match vm.interp().modules.get() {
            Some(modules) => modules,
            None => return Err(vm.system_error("the interpreter has no module table")),
        };
        let module = match modules.get(name, vm)? {
            Some(module) => module,
            None => {
                let module = new_module("__main__", vm)?;
                modules.set(name.clone(), module.clone(), vm)?;
                let dict = module_dict(&module, vm)?;
                let builtins = vm.import("builtins")?;
                dict.set(vm.names().__builtins__.to_value(), builtins, vm)?;
                let bootstrap = vm.import("_frozen_importlib")?;
                let loader = vm.get_attr_str(&bootstrap, "BuiltinImporter")?;
                dict.set(vm.names().__loader__.to_value(), loader, vm)?;
                module
            }
        };
        module_dict(&module, vm)
    }

    fn finish(&self, result: PyResult<()>) -> i32 {
        match result {
            Ok(()) => 0,
            Err(raised) => self.failed(raised),
        }
    }

    /// Runs a text as `__main__`; gives the exit status. Errors are printed.
    pub fn run_string(&self, source: &str, filename: &str) -> i32 {
        self.finish(self.try_run_text(source.as_bytes(), &self.vm.new_str(filename).into_value()))
    }

    fn try_run_text(&self, source: &[u8], filename: &Value) -> PyResult<()> {
        let vm = &self.vm;
        let dict = self.main_dict()?;
        let code = builtins::compile_program(source, filename, vm)?;
        pyrope_vm::run_code(&code, &dict, None, vm).map(drop)
    }

    /// Runs a source file as `__main__`.
    pub fn run_file(&self, path: &[u8], source: &[u8]) -> i32 {
        let result = self.try_run_file(path, source);
        self.finish(result)
    }

    fn try_run_file(&self, path: &[u8], source: &[u8]) -> PyResult<()> {
        let vm = &self.vm;
        let filename = imp::fs_text(path, vm)?.into_value();
        let dict = self.main_dict()?;
        dict.set(vm.names().__file__.to_value(), filename.clone(), vm)?;
        dict.set(vm.names().__cached__.to_value(), Value::none(), vm)?;
        let external = vm.import("_frozen_importlib_external")?;
        let is_compiled = path.ends_with(b".pyc");
        let class = if is_compiled { "SourcelessFileLoader" } else { "SourceFileLoader" };
        let name = vm.names().__main__.to_value();
        let loader = vm.call_method(&external, class, &[name.clone(), filename.clone()])?;
        dict.set(vm.names().__loader__.to_value(), loader.clone(), vm)?;
        if is_compiled {
            let code = vm.call_method(&loader, "get_code", &[name])?;
            return match code.cast::<pyrope_vm::code::CodeObject>() {
                Some(code) => pyrope_vm::run_code(&code, &dict, None, vm).map(drop),
                None => Err(vm.runtime_error("Bad code object in .pyc file")),
            };
        }
        self.try_run_text(source, &filename)
    }

    /// `-m name`, or a folder or archive with `__main__` (then `alter_argv` is false and it stands first on the path).
    pub fn run_module(&self, name: &str, alter_argv: bool) -> i32 {
        let vm = &self.vm;
        let result = (|| {
            self.main_dict()?;
            let runpy = vm.import("runpy")?;
            let args = [vm.new_str(name).into_value(), Value::bool(alter_argv)];
            vm.call_method(&runpy, "_run_module_as_main", &args).map(drop)
        })();
        self.finish(result)
    }

    /// True if the import system knows how to look into this path (a folder with modules, or an archive).
    pub fn is_importable_path(&self, path: &[u8]) -> bool {
        let vm = &self.vm;
        let found = (|| {
            let path = imp::fs_text(path, vm)?.into_value();
            let sys = vm.import("sys")?;
            let hooks = vm.collect(&vm.get_attr_str(&sys, "path_hooks")?)?;
            for hook in hooks {
                match vm.call(&hook, std::slice::from_ref(&path)) {
                    Ok(_) => return Ok(true),
                    Err(raised) if vm.raised_is(B::ImportError) => vm.ignore(raised),
                    Err(raised) => return Err(raised),
                }
            }
            Ok(false)
        })();
        match found {
            Ok(found) => found,
            Err(raised) => {
                vm.ignore(raised);
                false
            }
        }
    }

    /// Puts a path before all others on `sys.path`.
    pub fn insert_path(&self, path: &[u8]) -> i32 {
        let vm = &self.vm;
        let result = (|| {
            let path = imp::fs_text(path, vm)?.into_value();
            let list = vm.get_attr_str(&vm.import("sys")?, "path")?;
            vm.call_method(&list, "insert", &[vm.int(0), path]).map(drop)
        })();
        self.finish(result)
    }

    /// Ends the program: threads, `atexit`, streams. Gives the exit status that `status` becomes if flushing fails.
    pub fn finish_program(&self, status: i32) -> i32 {
        let vm = &self.vm;
        let mut status = status;
        if let Err(raised) = self.shut_down() {
            vm.ignore(raised);
        }
        for (name, failure) in [("stdout", 120), ("stderr", 120)] {
            if let Ok(Some(stream)) = sys::get(vm, name)
                && !stream.is_none()
                && let Err(raised) = flush(&stream, vm)
            {
                if name == "stdout" {
                    let exception = vm.catch(raised);
                    vm.restore_exception(Some(exception));
                    vm.write_unraisable(Some("Exception ignored on flushing sys.stdout"), &Value::none());
                } else {
                    vm.ignore(raised);
                }
                status = failure;
            }
        }
        status
    }

    fn shut_down(&self) -> PyResult<()> {
        let vm = &self.vm;
        let Some(modules) = vm.interp().modules.get() else { return Ok(()) };
        if let Some(threading) = modules.get_str("threading", vm)?.filter(|m| !m.is_none())
            && let Err(raised) = vm.call_method(&threading, "_shutdown", &[])
        {
            let exception = vm.catch(raised);
            vm.restore_exception(Some(exception));
            vm.write_unraisable(Some("Exception ignored on threading shutdown"), &threading);
        }
        if let Some(atexit) = modules.get_str("atexit", vm)?.filter(|m| !m.is_none()) {
            vm.call_method(&atexit, "_run_exitfuncs", &[])?;
        }
        Ok(())
    }
}

fn flush(stream: &Value, vm: &Vm) -> PyResult<()> {
    let closed = vm.find_attr_str(stream, "closed")?;
    let closed = match closed {
        Some(closed) => vm.is_true(&closed)?,
        None => false,
    };
    if closed { Ok(()) } else { vm.call_method(stream, "flush", &[]).map(drop) }
}
