//! Runs a Python file on the machine alone: no importer, a handful of builtins. `cargo run -p pyrope-vm --example run FILE`.
//!
//! FILE is a source, or a `.pyc` of CPython 3.14.

use std::process::ExitCode;
use std::rc::Rc;

use pyrope_macros::pyfunctions;
use pyrope_object::hooks::Hooks;
use pyrope_object::interpreter::InterpreterConfig;
use pyrope_object::layout::Dict;
use pyrope_object::{Args, BuiltinType as B, Interpreter, PyResult, Ref, Value, Vm};
use pyrope_text::Wtf8Buf;
use pyrope_types::exceptions;
use pyrope_vm::{CodeObject, Traceback};

fn hooks() -> Hooks {
    Hooks {
        object_def: pyrope_types::model::object::object_def(),
        type_def: pyrope_types::model::class::type_def(),
        fill_type: pyrope_types::model::class::fill_native_type,
        make_exception: exceptions::make_exception,
        chain_context: exceptions::chain_context,
        write_unraisable: |message, object, vm| {
            let exception = vm.take_exception();
            eprintln!("{}: {}", message.unwrap_or("Exception ignored in"), shown(object, vm));
            if let Some(exception) = exception {
                eprintln!("{}", report(&exception, vm));
            }
        },
        import: |name, vm| Err(vm.import_error(format!("No module named '{name}'"))),
        warn: |category, message, _, _, vm| {
            eprintln!("{}: {}", shown(category, vm), shown(message, vm));
            Ok(())
        },
        check_breaker: |vm| {
            vm.interp().collect_if_wanted(vm);
            Ok(())
        },
        audit: |_, _, _| Ok(()),
        frame_globals: pyrope_vm::current_globals,
        frame_builtins: pyrope_vm::current_builtins,
    }
}

fn shown(value: &Value, vm: &Vm) -> String {
    vm.str(value).map(|text| text.to_string_lossy().into_owned()).unwrap_or_else(|raised| {
        vm.ignore(raised);
        "<unprintable>".to_owned()
    })
}

fn report(exception: &Value, vm: &Vm) -> String {
    let mut text = "Traceback (most recent call last):\n".to_owned();
    let mut at = exceptions::traceback(exception).and_then(|tb| tb.cast::<Traceback>());
    while let Some(entry) = at {
        let code = entry.frame.code();
        let (file, line, name) = (code.filename(), entry.line().unwrap_or(0), &code.qualname);
        text += &format!("  File \"{}\", line {line}, in {}\n", file.to_string_lossy(), name.to_string_lossy());
        at = entry.next();
    }
    text + &format!("{}: {}", vm.type_name(exception), shown(exception, vm))
}

#[pyfunctions]
mod functions {
    use super::*;

    #[pyfunction("print")]
    fn print(args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let mut line = Vec::new();
        for value in args.positional() {
            line.push(vm.str(value)?.to_string_lossy().into_owned());
        }
        println!("{}", line.join(" "));
        Ok(())
    }

    #[pyfunction("len(obj, /)")]
    fn len(obj: &Value, vm: &Vm) -> PyResult {
        Ok(vm.int_from_usize(vm.len(obj)?))
    }

    #[pyfunction("repr(obj, /)")]
    fn repr(obj: &Value, vm: &Vm) -> PyResult {
        Ok(vm.repr(obj)?.into_value())
    }

    #[pyfunction("iter(obj, /)")]
    fn iter(obj: &Value, vm: &Vm) -> PyResult {
        vm.iter(obj)
    }

    #[pyfunction("next")]
    fn next(args: Args<'_>, vm: &Vm) -> PyResult {
        let [iterator, default @ ..] = args.positional() else {
            return Err(vm.type_error("next expected an iterator"));
        };
        let Some(next) = iterator.ty(vm).slots().next else { return Err(vm.type_error("not an iterator")) };
        match (next(iterator, vm), default.first()) {
            (Ok(Some(item)), _) => Ok(item),
            (Ok(None), Some(default)) => Ok(default.clone()),
            (Ok(None), None) => Err(vm.stop_iteration(Value::none())),
            (Err(raised), Some(default)) if vm.raised_is(B::StopIteration) => {
                vm.ignore(raised);
                Ok(default.clone())
            }
            (Err(raised), _) => Err(raised),
        }
    }

    #[pyfunction("isinstance(obj, class_or_tuple, /)")]
    fn isinstance(obj: &Value, class_or_tuple: &Value, vm: &Vm) -> PyResult {
        Ok(Value::bool(pyrope_types::model::instance_checks::is_instance(obj, class_or_tuple, vm)?))
    }

    #[pyfunction("getattr")]
    fn getattr(args: Args<'_>, vm: &Vm) -> PyResult {
        match args.positional() {
            [object, name] => vm.get_attr(object, name),
            [object, name, default, ..] => Ok(vm.find_attr(object, name)?.unwrap_or_else(|| default.clone())),
            _ => Err(vm.type_error("getattr expected at least 2 arguments")),
        }
    }

    #[pyfunction("locals()")]
    fn locals(vm: &Vm) -> PyResult {
        Ok(pyrope_vm::current_locals(vm)?.unwrap_or(Value::none()))
    }

    #[pyfunction("globals()")]
    fn globals(vm: &Vm) -> PyResult {
        Ok(pyrope_vm::current_globals(vm).map_or(Value::none(), Ref::into_value))
    }

    #[pyfunction("all(iterable, /)")]
    fn all(iterable: &Value, vm: &Vm) -> PyResult {
        for item in vm.collect(iterable)? {
            if !vm.is_true(&item)? {
                return Ok(Value::bool(false));
            }
        }
        Ok(Value::bool(true))
    }

    #[pyfunction("sum(iterable, /)")]
    fn sum(iterable: &Value, vm: &Vm) -> PyResult {
        let mut total = vm.int(0);
        for item in vm.collect(iterable)? {
            total = vm.add(&total, &item)?;
        }
        Ok(total)
    }

    #[pyfunction("__build_class__")]
    fn build_class(args: Args<'_>, vm: &Vm) -> PyResult {
        pyrope_vm::build_class::build_class(args, vm)
    }

    #[pyfunction("_frame()")]
    fn frame(vm: &Vm) -> PyResult {
        Ok(pyrope_vm::current_frame(vm, 0).map_or(Value::none(), Ref::into_value))
    }
}

/// Types that go by their own name.
const NAMED: &[B] = &[
    B::Object,
    B::Type,
    B::Int,
    B::Bool,
    B::Float,
    B::Complex,
    B::Str,
    B::Bytes,
    B::List,
    B::Tuple,
    B::Dict,
    B::Set,
    B::FrozenSet,
    B::Range,
    B::Slice,
    B::Property,
    B::ClassMethod,
    B::StaticMethod,
    B::Super,
    B::Enumerate,
    B::Zip,
    B::Map,
    B::Filter,
    B::Reversed,
];

fn fill_builtins(dict: &Dict, vm: &Vm) -> PyResult<()> {
    for def in functions::FUNCTIONS {
        let function = pyrope_types::model::builtin_function::native_function(def, Value::none(), None, vm);
        dict.set_str(def.name, function, vm)?;
    }
    let exceptions = B::ALL.iter().filter(|&&kind| kind as u16 >= B::BaseException as u16);
    for &kind in NAMED.iter().chain(exceptions) {
        dict.set_str(&vm.builtin(kind).name(), vm.builtin(kind).to_value(), vm)?;
    }
    dict.set_str("__name__", vm.intern("builtins").into_value(), vm)?;
    dict.set_str("NotImplemented", Value::not_implemented(), vm)?;
    dict.set_str("__debug__", Value::bool(true), vm)
}

/// The code of a source or `.pyc` file.
pub fn load(path: &str) -> Result<Rc<pyrope_bytecode::Code>, String> {
    let data = std::fs::read(path).map_err(|error| error.to_string())?;
    if path.ends_with(".pyc") {
        return pyrope_bytecode::pyc::read(&data).map(|(_, code)| code).map_err(|error| format!("{error:?}"));
    }
    let source = String::from_utf8(data).map_err(|error| error.to_string())?;
    let options = pyrope_compiler::CompileOptions::default();
    let output = pyrope_compiler::compile_source(&source, pyrope_parser::Mode::Exec, &Wtf8Buf::from(path), &options);
    output.map(|output| output.code).map_err(|error| format!("{error:?}"))
}

fn run(code: &pyrope_bytecode::Code, vm: &Vm) -> PyResult<()> {
    let builtins = vm.interp().builtins_dict.get_or_init(|| vm.new_dict()).clone();
    fill_builtins(&builtins, vm)?;
    let code = CodeObject::from_bytecode(code, vm)?;
    let globals = vm.new_dict();
    globals.set_str("__name__", vm.intern("__main__").into_value(), vm)?;
    globals.set_str("__builtins__", builtins.into_value(), vm)?;
    pyrope_vm::run_code(&code, &globals, None, vm).map(drop)
}

/// Does something in a fresh interpreter; the error is a traceback.
pub fn with_interpreter(work: impl FnOnce(&Vm) -> PyResult<()>) -> Result<(), String> {
    let config = InterpreterConfig { hash_key: (0, 0), allocator: pyrope_alloc::Mode::Plain };
    let interp = Interpreter::new(&config, &pyrope_vm::builtin_defs(), hooks());
    let vm = Vm::new(&interp);
    interp.enter(&vm);
    pyrope_vm::install(&vm);
    let result = work(&vm).map_err(|raised| report(&vm.catch(raised), &vm));
    // The process ends with the interpreter: nothing is taken apart.
    std::mem::forget(vm);
    std::mem::forget(interp);
    result
}

/// Runs a file in an interpreter of its own.
pub fn run_file(path: &str) -> Result<(), String> {
    let code = load(path)?;
    with_interpreter(|vm| run(&code, vm))
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: run FILE");
        return ExitCode::FAILURE;
    };
    match run_file(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
