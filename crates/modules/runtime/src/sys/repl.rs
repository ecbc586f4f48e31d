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
    let mut count = 0;
    loop {
        let mut is_reading = true;
        let result = match read_statement(&mut count, vm) {
            Ok(Round::EndOfInput) => return write_error("\n", vm),
            Ok(Round::Statement(code)) => {
                is_reading = false;
                pyrope_vm::run_code(&code, namespace, None, vm).map(drop)
            }
            Err(raised) => Err(raised),
        };
        if let Err(raised) = result {
            if vm.raised_is(B::SystemExit) {
                return Err(raised);
            }
            let exception = vm.catch(raised);
            if is_reading && exception.ty(vm).is_subtype(vm.builtin(B::KeyboardInterrupt)) {
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

/// Reads lines until they make a statement. Each has a file name of its own, made of the `count` of those before it.
fn read_statement(count: &mut usize, vm: &Vm) -> PyResult<Round> {
    let compiler = compiler(vm)?;
    let filename = vm.new_str(&format!("<stdin-{count}>")).into_value();
    let mut source = String::new();
    let mut prompt = "ps1";
    loop {
        let Some(line) = read_line(prompt, vm)? else {
            if source.trim().is_empty() {
                return Ok(Round::EndOfInput);
            }
            write_error("\n", vm)?;
            if !source.ends_with('\n') {
                source.push('\n');
            }
            let code = crate::builtins::compile_statement(&source, &filename, vm)
                .map_err(|raised| told_as_typed(raised, &source, count, vm))?;
            *count += 1;
            return finish(code, &source, vm);
        };
        source.push_str(&line);
        if !line.ends_with('\n') {
            // The input ends here; CPython's tokenizer asks once more.
            prompt = "ps2";
            continue;
        }
        let complete = source.strip_suffix('\n').unwrap_or(&source);
        let single = vm.intern("single").into_value();
        let code = vm.call(&compiler, &[vm.try_str(complete)?.into_value(), filename.clone(), single]);
        prompt = "ps2";
        let code = match code {
            Ok(code) => code,
            // A compound statement ends with an empty line, whether it is right or wrong.
            Err(raised) if vm.raised_is(B::SyntaxError) && !line.trim().is_empty() => {
                let exception = vm.catch(raised);
                if is_compound(&source, vm)? {
                    continue;
                }
                let raised = told_as_typed(vm.reraise(exception), &source, count, vm);
                return Err(without_traceback(raised, vm));
            }
            Err(raised) => return Err(without_traceback(told_as_typed(raised, &source, count, vm), vm)),
        };
        if let Some(code) = code.cast::<CodeObject>() {
            *count += 1;
            return finish(code, &source, vm);
        }
    }
}

/// The tree of what was typed so far, if that is grammatical; its file is `<stdin>`.
fn parsed(source: &str, vm: &Vm) -> PyResult {
    /// `PyCF_ONLY_AST`
    const PARSE_ONLY: i64 = 0x400;
    // The empty line that ends a compound statement may be still to come.
    let text = vm.try_str(&format!("{source}\n"))?.into_value();
    let arguments = [text, vm.intern("<stdin>").into_value(), vm.intern("single").into_value(), vm.int(PARSE_ONLY)];
    vm.call_method(&vm.import("builtins")?, "compile", &arguments)
}

/// Is this a statement that goes on until an empty line? Not if the parser refuses it already.
fn is_compound(source: &str, vm: &Vm) -> PyResult<bool> {
    let tree = match parsed(source, vm) {
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

/// Errors of the parser name `<stdin>`, whatever the statement's name; those of the compiler show their line.
fn told_as_typed(raised: Raised, source: &str, count: &mut usize, vm: &Vm) -> Raised {
    if !vm.raised_is(B::SyntaxError) {
        return raised;
    }
    let exception = vm.catch(raised);
    let told = (|| {
        parsed(source, vm)?;
        *count += 1;
        let line = vm.get_attr_str(&exception, "lineno")?.as_i64().and_then(|line| usize::try_from(line).ok());
        let text = line.and_then(|line| source.lines().nth(line.checked_sub(1)?));
        if let Some(text) = text
            && vm.get_attr_str(&exception, "text")?.is_none()
        {
            let text = vm.try_str(text)?.into_value();
            vm.set_attr(&exception, vm.intern("text").as_value(), Some(&text))?;
        }
        Ok(())
    })();
    match told {
        Ok(()) => vm.reraise(exception),
        Err(raised) => raised,
    }
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
fn finish(code: Ref<CodeObject>, source: &str, vm: &Vm) -> PyResult<Round> {
    register_source(&code, source, &vm.intern("<stdin>").into_value(), vm)?;
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
    let audited = vm.audit("sys.excepthook", || {
        let [class, exception, traceback] = parts.clone();
        [hook.clone(), class, exception, traceback]
    });
    if let Err(raised) = audited {
        if vm.raised_is(B::RuntimeError) {
            vm.ignore(raised);
            return Ok(());
        }
        let exception = vm.catch(raised);
        vm.restore_exception(Some(exception));
        vm.write_unraisable(Some("Exception ignored in audit hook"), &hook);
    }
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
