//! The plain interactive prompt, and how exceptions that nobody handles are shown.

use pyrope_object::layout::Dict;
use pyrope_object::{BuiltinType as B, Guarded, PyResult, Raised, Ref, Value, Vm};
use pyrope_vm::code::CodeObject;

use super::{get, print_exception, set, write_error};

/// What a round of the prompt came to.
enum Round {
    Statement(Ref<CodeObject>),
    EndOfInput,
}

/// Reads statements from `sys.stdin` and runs them in `namespace` until the input ends.
/// Errors: only SystemExit; everything else is shown and the next statement is read.
pub fn interactive_loop(namespace: &Ref<Dict>, vm: &Vm) -> PyResult<()> {
    for (name, prompt) in [("ps1", ">>> "), ("ps2", "... ")] {
        if get(vm, name)?.is_none() {
            set(vm, name, vm.new_str(prompt).into_value())?;
        }
    }
    loop {
        let result = match read_statement(vm) {
            Ok(Round::EndOfInput) => return write_error("\n", vm),
            Ok(Round::Statement(code)) => pyrope_vm::run_code(&code, namespace, None, vm).map(drop),
            Err(raised) => Err(raised),
        };
        if let Err(raised) = result {
            if vm.raised_is(B::SystemExit) {
                return Err(raised);
            }
            let exception = vm.catch(raised);
            if exception.ty(vm).is_subtype(vm.builtin(B::KeyboardInterrupt)) {
                write_error("\nKeyboardInterrupt\n", vm)?;
            } else {
                show_unhandled(&exception, vm)?;
            }
        }
        flush(vm)?;
    }
}

fn flush(vm: &Vm) -> PyResult<()> {
    for name in ["stderr", "stdout"] {
        if let Some(stream) = get(vm, name)?.filter(|s| !s.is_none())
            && let Err(raised) = vm.call_method(&stream, "flush", &[])
        {
            vm.ignore(raised);
        }
    }
    Ok(())
}

/// The compiler of all statements: it remembers the future features that were asked for.
#[derive(Default)]
struct StatementCompiler(Guarded<Option<Value>>);

fn compiler(vm: &Vm) -> PyResult {
    let state = vm.state::<StatementCompiler>();
    if let Some(compiler) = state.0.get() {
        return Ok(compiler);
    }
    let compiler = vm.call_method(&vm.import("codeop")?, "CommandCompiler", &[])?;
    state.0.set(Some(compiler.clone()));
    Ok(compiler)
}

/// Reads lines until they make a statement.
fn read_statement(vm: &Vm) -> PyResult<Round> {
    let compiler = compiler(vm)?;
    let filename = vm.intern("<stdin>").into_value();
    let mut source = String::new();
    let mut prompt = "ps1";
    loop {
        let Some(line) = read_line(prompt, vm)? else {
            if source.trim().is_empty() {
                return Ok(Round::EndOfInput);
            }
            write_error("\n", vm)?;
            let code = compile(&source, &filename, vm)?;
            return finish(code, &source, &filename, vm);
        };
        source.push_str(&line);
        prompt = "ps2";
        // The rest of a line may still come.
        let Some(complete) = source.strip_suffix('\n') else { continue };
        let single = vm.intern("single").into_value();
        match vm.call(&compiler, &[vm.try_str(complete)?.into_value(), filename.clone(), single]) {
            Ok(code) => {
                if let Some(code) = code.cast::<CodeObject>() {
                    return finish(code, &source, &filename, vm);
                }
            }
            Err(raised) if vm.raised_is(B::SyntaxError) => {
                let exception = vm.catch(raised);
                if !line.trim().is_empty() && is_compound(&source, &filename, vm)? {
                    continue;
                }
                return match compile(&source, &filename, vm) {
                    Ok(_) => Err(without_traceback(vm.reraise(exception), vm)),
                    Err(raised) => Err(raised),
                };
            }
            Err(raised) => return Err(without_traceback(raised, vm)),
        }
    }
}

/// Compiles a statement; errors that know a line show it.
fn compile(source: &str, filename: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    crate::builtins::compile_statement(source, filename, vm).map_err(|raised| {
        let exception = vm.catch(raised);
        match show_line(&exception, source, vm) {
            Ok(()) => vm.reraise(exception),
            Err(raised) => raised,
        }
    })
}

fn show_line(exception: &Value, source: &str, vm: &Vm) -> PyResult<()> {
    let is_syntax_error = exception.ty(vm).is_subtype(vm.builtin(B::SyntaxError));
    if !is_syntax_error || !vm.get_attr_str(exception, "text")?.is_none() {
        return Ok(());
    }
    let number = vm.get_attr_str(exception, "lineno")?.as_i64().and_then(|number| usize::try_from(number - 1).ok());
    match number.and_then(|number| source.lines().nth(number)) {
        Some(line) => vm.set_attr_str(exception, "text", &vm.try_str(line)?.into_value()),
        None => Ok(()),
    }
}

/// Is this a statement that goes on until an empty line? Not if it has an error already.
fn is_compound(source: &str, filename: &Value, vm: &Vm) -> PyResult<bool> {
    /// `PyCF_ONLY_AST`
    const ONLY_AST: i64 = 0x400;
    let text = vm.try_str(source)?.into_value();
    let arguments = [text, filename.clone(), vm.intern("single").into_value(), vm.int(ONLY_AST)];
    let tree = match vm.call_method(&vm.import("builtins")?, "compile", &arguments) {
        Ok(tree) => tree,
        Err(raised) => {
            vm.ignore(raised);
            return Ok(false);
        }
    };
    let statements = vm.collect(&vm.get_attr_str(&tree, "body")?)?;
    let Some(statement) = statements.last() else { return Ok(false) };
    Ok(["body", "cases"].iter().any(|name| match vm.get_attr_str(statement, name) {
        Ok(_) => true,
        Err(raised) => {
            vm.ignore(raised);
            false
        }
    }))
}

/// The frames of the library are nobody's concern.
fn without_traceback(raised: Raised, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    if let Err(raised) = vm.set_attr(&exception, vm.names().__traceback__.as_value(), Some(&Value::none())) {
        return raised;
    }
    vm.reraise(exception)
}

/// Lets tracebacks show the lines.
fn finish(code: Ref<CodeObject>, source: &str, filename: &Value, vm: &Vm) -> PyResult<Round> {
    register_source(&code, source, filename, vm)?;
    Ok(Round::Statement(code))
}

/// Enters a source without a file in `linecache`.
pub fn register_source(code: &Ref<CodeObject>, source: &str, filename: &Value, vm: &Vm) -> PyResult<()> {
    let linecache = vm.import("linecache")?;
    let arguments = [code.to_value(), vm.try_str(source)?.into_value(), filename.clone()];
    vm.call_method(&linecache, "_register_code", &arguments).map(drop)
}

/// One line of the input with its line end; `None` at its end. The prompt goes to stderr.
fn read_line(prompt: &str, vm: &Vm) -> PyResult<Option<String>> {
    let Some(stdin) = get(vm, "stdin")?.filter(|s| !s.is_none()) else {
        return Err(vm.runtime_error("lost sys.stdin"));
    };
    flush(vm)?;
    if let Some(prompt) = get(vm, prompt)? {
        let text = vm.str(&prompt)?;
        write_error(&text.to_string_lossy(), vm)?;
    }
    let line = match vm.call_method(&stdin, "readline", &[]) {
        Ok(line) => line,
        // Input that cannot be read is at its end.
        Err(raised) if vm.raised_is(B::OSError) => {
            drop(vm.catch(raised));
            return Ok(None);
        }
        Err(raised) => return Err(raised),
    };
    let text = vm.str(&line)?.to_string_lossy().into_owned();
    Ok(Some(text).filter(|t| !t.is_empty()))
}

/// Shows an exception through `sys.excepthook`, and keeps it as `sys.last_exc`.
pub fn show_unhandled(exception: &Value, vm: &Vm) -> PyResult<()> {
    let traceback = vm.get_attr(exception, vm.names().__traceback__.as_value())?;
    let parts = [exception.ty(vm).to_value(), exception.clone(), traceback];
    for (name, value) in [("last_exc", 1), ("last_type", 0), ("last_value", 1), ("last_traceback", 2)] {
        set(vm, name, parts[value].clone())?;
    }
    if let Some(stdout) = get(vm, "stdout")?.filter(|s| !s.is_none())
        && let Err(raised) = vm.call_method(&stdout, "flush", &[])
    {
        vm.ignore(raised);
    }
    let Some(hook) = get(vm, "excepthook")? else {
        write_error("sys.excepthook is missing\n", vm)?;
        return print_exception(exception, vm);
    };
    let Err(raised) = vm.call(&hook, &parts) else { return Ok(()) };
    if vm.raised_is(B::SystemExit) {
        return Err(raised);
    }
    let second = vm.catch(raised);
    write_error("Error in sys.excepthook:\n", vm)?;
    print_exception(&second, vm)?;
    write_error("\nOriginal exception was:\n", vm)?;
    print_exception(exception, vm)
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Private function for getting the base REPL
    #[pyfunction("_baserepl()")]
    fn baserepl(vm: &Vm) -> PyResult<()> {
        let main = vm.import("__main__")?;
        let namespace = pyrope_types::model::module::module_dict(&main, vm)?;
        interactive_loop(&namespace, vm)
    }
}
