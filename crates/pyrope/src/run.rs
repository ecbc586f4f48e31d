//! Running programs: files, strings, modules, folders, the prompt.

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

/// The status that a SystemExit asks for; what is no number is printed.
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
        sys::write_error_object(text.as_value(), vm)?;
        sys::write_error("\n", vm)
    });
    if let Err(raised) = printed {
        vm.ignore(raised);
    }
    1
}

/// The least common indentation of the lines goes, as `textwrap.dedent` has it.
fn dedent(source: &str) -> String {
    let is_blank = |line: &str| line.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut margin: Option<&str> = None;
    for line in source.split_inclusive('\n').filter(|line| !is_blank(line)) {
        let own = &line[..indentation(line)];
        let shared = margin.map_or(own.len(), |m| m.bytes().zip(own.bytes()).take_while(|(a, b)| a == b).count());
        margin = Some(&own[..shared]);
    }
    let cut = margin.map_or(0, str::len);
    let lines = source.split_inclusive('\n');
    lines.map(|line| if is_blank(line) { if line.ends_with('\n') { "\n" } else { "" } } else { &line[cut..] }).collect()
}

impl Interpreter {
    /// Prints the exception under way, unless it is SystemExit; gives the exit status.
    pub fn report(&self, raised: Raised) -> i32 {
        let vm = self.vm();
        let exception = vm.catch(raised);
        if exception.ty(vm).is_subtype(vm.builtin(B::SystemExit)) && !self.wants_inspection() {
            return exit_status(vm, &exception);
        }
        let interrupted = exception.ty(vm).is_subtype(vm.builtin(B::KeyboardInterrupt));
        if let Err(raised) = sys::show_unhandled(&exception, vm) {
            let second = vm.catch(raised);
            if second.ty(vm).is_subtype(vm.builtin(B::SystemExit)) {
                return exit_status(vm, &second);
            }
        }
        self.interrupted.set(interrupted);
        if interrupted { 130 } else { 1 }
    }

    /// True if the program ended with a KeyboardInterrupt that nobody handled.
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// True with `-i`, or when the program itself set `PYTHONINSPECT`.
    pub fn wants_inspection(&self) -> bool {
        let state = self.vm().state::<sys::SysState>();
        let launch = state.launch.borrow();
        let by_variable =
            || !launch.ignore_environment && std::env::var_os("PYTHONINSPECT").is_some_and(|v| !v.is_empty());
        launch.inspect != 0 || by_variable()
    }

    /// True if no folder may go before the library on `sys.path`.
    pub fn has_safe_path(&self) -> bool {
        self.vm().state::<sys::SysState>().launch.borrow().safe_path
    }

    /// A path as `repr` shows it.
    pub fn shown_path(&self, path: &[u8]) -> String {
        let vm = self.vm();
        match imp::fs_text(path, vm).and_then(|text| vm.repr_text(text.as_value())) {
            Ok(shown) => shown,
            Err(raised) => {
                vm.ignore(raised);
                String::from_utf8_lossy(path).into_owned()
            }
        }
    }

    /// The dict of `__main__`, made on first use.
    pub fn main_dict(&self) -> PyResult<Ref<Dict>> {
        let vm = self.vm();
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
            Err(raised) => self.report(raised),
        }
    }

    /// Runs a text as `__main__`; gives the exit status. Errors are printed.
    pub fn run_string(&self, source: &str, filename: &str) -> i32 {
        self.finish(self.try_run_text(source.as_bytes(), &self.vm().new_str(filename).into_value()))
    }

    fn try_run_text(&self, source: &[u8], filename: &Value) -> PyResult<()> {
        let vm = self.vm();
        let dict = self.main_dict()?;
        let code = builtins::compile_program(source, filename, vm)?;
        pyrope_vm::run_code(&code, &dict, None, vm).map(drop)
    }

    /// Runs the text of `-c`: indentation that all lines share is taken off, and tracebacks show its lines.
    pub fn run_command(&self, source: &[u8]) -> i32 {
        let vm = self.vm();
        let Ok(text) = std::str::from_utf8(source) else {
            return self.undecodable_command(source);
        };
        let text = dedent(&format!("{text}\n"));
        self.finish((|| {
            let dict = self.main_dict()?;
            let filename = vm.intern("<string>").into_value();
            let code = builtins::compile_command(&text, &filename, vm)?;
            sys::register_source(&code, &text, &filename, vm)?;
            pyrope_vm::run_code(&code, &dict, None, vm).map(drop)
        })())
    }

    fn undecodable_command(&self, source: &[u8]) -> i32 {
        let vm = self.vm();
        eprintln!("Unable to decode the command from the command line:");
        let encoded = imp::fs_text(source, vm).and_then(|text| vm.call_method(text.as_value(), "encode", &[]));
        if let Err(raised) = encoded {
            let exception = vm.catch(raised);
            if let Err(raised) = sys::print_exception(&exception, vm) {
                vm.ignore(raised);
            }
        }
        1
    }

    /// Runs what came by standard input as `__main__`.
    pub fn run_standard_input(&self, source: &[u8]) -> i32 {
        let vm = self.vm();
        self.finish((|| {
            let filename = vm.intern("<stdin>").into_value();
            let names = self.set_file_names(&filename)?;
            let result = self.try_run_text(source, &filename);
            self.remove_file_names(names, result)
        })())
    }

    /// Runs a source file, or a compiled one, as `__main__`.
    pub fn run_file(&self, path: &[u8], source: &[u8]) -> i32 {
        let vm = self.vm();
        let filename = match imp::fs_text(path, vm) {
            Ok(filename) => filename.into_value(),
            Err(raised) => return self.report(raised),
        };
        let names = match self.set_file_names(&filename) {
            Ok(names) => names,
            Err(raised) => return self.report(raised),
        };
        let status = self.finish(self.try_run_file(path, source, &filename));
        if let Err(raised) = self.remove_file_names(names, Ok(())) {
            vm.ignore(raised);
        }
        status
    }

    /// Sets `__file__` and `__cached__` of `__main__`; gives the dict for [`Interpreter::remove_file_names`].
    fn set_file_names(&self, filename: &Value) -> PyResult<Ref<Dict>> {
        let vm = self.vm();
        let dict = self.main_dict()?;
        dict.set(vm.names().__file__.to_value(), filename.clone(), vm)?;
        dict.set(vm.names().__cached__.to_value(), Value::none(), vm)?;
        Ok(dict)
    }

    fn remove_file_names(&self, dict: Ref<Dict>, result: PyResult<()>) -> PyResult<()> {
        let vm = self.vm();
        if result.is_ok() {
            drop(dict.remove(vm.names().__file__.as_value(), vm)?);
            drop(dict.remove(vm.names().__cached__.as_value(), vm)?);
        }
        result
    }

    fn try_run_file(&self, path: &[u8], source: &[u8], filename: &Value) -> PyResult<()> {
        let vm = self.vm();
        let dict = self.main_dict()?;
        let external = vm.import("_frozen_importlib_external")?;
        let is_compiled = path.ends_with(b".pyc") || source.starts_with(&pyrope_bytecode::pyc::MAGIC);
        let class = if is_compiled { "SourcelessFileLoader" } else { "SourceFileLoader" };
        let loader = vm.call_method(&external, class, &[vm.names().__main__.to_value(), filename.clone()])?;
        dict.set(vm.names().__loader__.to_value(), loader, vm)?;
        if is_compiled { self.run_compiled(source, &dict) } else { self.try_run_text(source, filename) }
    }

    /// Runs the content of a `.pyc` file, whatever its source has become.
    fn run_compiled(&self, file: &[u8], dict: &Ref<Dict>) -> PyResult<()> {
        let vm = self.vm();
        let Some(magic) = file.get(..4) else {
            return Err(vm.raise(B::EOFError, "EOF read where not expected"));
        };
        if magic != pyrope_bytecode::pyc::MAGIC {
            return Err(vm.runtime_error("Bad magic number in .pyc file"));
        }
        let body = vm.new_bytes(file.get(16..).unwrap_or_default())?.into_value();
        let code = match vm.call_method(&vm.import("marshal")?, "loads", &[body]) {
            Ok(code) => code.cast::<pyrope_vm::code::CodeObject>(),
            Err(raised) => {
                vm.ignore(raised);
                None
            }
        };
        match code {
            Some(code) => pyrope_vm::run_code(&code, dict, None, vm).map(drop),
            None => Err(vm.runtime_error("Bad code object in .pyc file")),
        }
    }

    /// `-m name`, or a folder or archive with `__main__` (then `alter_argv` is false and it stands first on the path).
    pub fn run_module(&self, name: &str, alter_argv: bool) -> i32 {
        let vm = self.vm();
        let result = (|| {
            self.main_dict()?;
            let runpy = vm.import("runpy")?;
            let args = [vm.new_str(name).into_value(), Value::bool(alter_argv)];
            vm.call_method(&runpy, "_run_module_as_main", &args).map(drop)
        })();
        self.finish(result)
    }

    /// The interactive prompt in `__main__`: the library's `_pyrepl` where the terminal allows, else the plain one.
    /// `PYTHONSTARTUP` and `sys.__interactivehook__` are run first. Gives the exit status.
    pub fn interact(&self) -> i32 {
        let vm = self.vm();
        {
            let state = vm.state::<sys::SysState>();
            // From here on SystemExit ends the program.
            state.launch.borrow_mut().inspect = 0;
        }
        let result = (|| {
            let dict = self.main_dict()?;
            self.run_startup(&dict)?;
            if let Some(hook) = sys::get(vm, "__interactivehook__")?
                && let Err(raised) = vm.call(&hook, &[])
            {
                let exception = vm.catch(raised);
                sys::write_error("Failed calling sys.__interactivehook__\n", vm)?;
                sys::show_unhandled(&exception, vm)?;
            }
            if self.has_rich_prompt() {
                let pyrepl = vm.import("_pyrepl.main")?;
                let main = vm.import("__main__")?;
                return vm.call_method(&pyrepl, "interactive_console", &[main]).map(drop);
            }
            sys::interactive_loop(&dict, vm)
        })();
        self.finish(result)
    }

    /// True if `_pyrepl` is wanted, which falls back to the plain prompt where it cannot draw.
    fn has_rich_prompt(&self) -> bool {
        use std::io::IsTerminal;
        let use_environment = !self.vm().state::<sys::SysState>().launch.borrow().ignore_environment;
        let is_basic = std::env::var_os("PYTHON_BASIC_REPL").is_some_and(|v| !v.is_empty());
        std::io::stdin().is_terminal() && !(use_environment && is_basic)
    }

    fn run_startup(&self, dict: &Ref<Dict>) -> PyResult<()> {
        let vm = self.vm();
        if vm.state::<sys::SysState>().launch.borrow().ignore_environment {
            return Ok(());
        }
        let Some(path) = std::env::var_os("PYTHONSTARTUP").filter(|p| !p.is_empty()) else { return Ok(()) };
        let shown = path.to_string_lossy().into_owned();
        let result = match std::fs::read(&path) {
            Ok(source) => builtins::compile_program(&source, vm.new_str(&shown).as_value(), vm)
                .and_then(|code| pyrope_vm::run_code(&code, dict, None, vm).map(drop)),
            Err(_) => {
                sys::write_error("Could not open PYTHONSTARTUP\n", vm)?;
                // Fails the same way, with the exception.
                vm.import("_io")
                    .and_then(|io| vm.call_method(&io, "open", &[vm.new_str(&shown).into_value()]))
                    .map(drop)
            }
        };
        if let Err(raised) = result {
            let exception = vm.catch(raised);
            sys::show_unhandled(&exception, vm)?;
        }
        Ok(())
    }

    /// True if the import system knows how to look into this path (a folder with modules, or an archive).
    pub fn is_importable_path(&self, path: &[u8]) -> bool {
        let vm = self.vm();
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
        let vm = self.vm();
        crate::family::remember_first_path(path, vm);
        let result = (|| {
            let path = imp::fs_text(path, vm)?.into_value();
            let list = vm.get_attr_str(&vm.import("sys")?, "path")?;
            vm.call_method(&list, "insert", &[vm.int(0), path]).map(drop)
        })();
        self.finish(result)
    }
}
