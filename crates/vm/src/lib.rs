//! Frames, evaluation loop, calls, exceptions, generators, import, threads.
//!
//! | module | what it is |
//! |---|---|
//! | `code`, `function`, `cell` | the objects that hold compiled code |
//! | `quicken`, `ops` | the machine's own instructions and the translation to them |
//! | `stack` | frames in memory |
//! | `eval`, `instructions`, `unwind` | the loop, what each instruction does, the way to a handler |
//! | `call` | from native code to Python functions and back |
//! | `generator` | generators, coroutines, asynchronous generators |
//! | `frame`, `traceback` | frames as objects |

pub mod build_class;
pub mod call;
pub mod cell;
pub mod code;
mod dispatch;
pub mod errors;
mod eval;
pub mod frame;
pub mod function;
pub mod generator;
mod imports;
mod inline_cache;
mod instructions;
mod intrinsics;
mod matching;
pub mod monitor;
mod ops;
mod quicken;
pub mod stack;
pub mod traceback;
mod unwind;

use pyrope_object::interpreter::BuiltinDefs;
use pyrope_object::layout::Dict;
use pyrope_object::{Args, Object, PyResult, Ref, Value, Vm};
use pyrope_types::TypeEntry;

pub use cell::Cell;
pub use code::CodeObject;
pub use frame::{
    FrameObject, current_builtins, current_frame, current_globals, current_locals, each_line, frame_of_thread,
};
pub use function::Function;
pub use instructions::locals::CommonFunctions;
pub use traceback::Traceback;

/// The types of this crate.
pub const TYPES: &[TypeEntry] = &[
    <CodeObject as Object>::def,
    <Function as Object>::def,
    <Cell as Object>::def,
    <FrameObject as Object>::def,
    <frame::FrameLocalsProxy as Object>::def,
    <Traceback as Object>::def,
    <generator::Generator as Object>::def,
    <generator::Coroutine as Object>::def,
    <generator::CoroutineWrapper as Object>::def,
    <generator::AsyncGenerator as Object>::def,
    <generator::AsyncGenAsend as Object>::def,
    <generator::AsyncGenAthrow as Object>::def,
    <generator::AsyncGenWrappedValue as Object>::def,
    <generator::AnextAwaitable as Object>::def,
];

/// Descriptions of all builtin types: those of `pyrope-types` and the machine's.
pub fn builtin_defs() -> BuiltinDefs {
    let mut defs: BuiltinDefs = [None; pyrope_object::BuiltinType::COUNT];
    pyrope_types::fill_builtin_defs(&mut defs);
    pyrope_types::fill(&mut defs, TYPES);
    defs
}

/// Connects the machine to an interpreter's types: once for each interpreter, before any code runs.
pub fn install(vm: &Vm) {
    let state = vm.state::<pyrope_types::model::super_object::SuperState>();
    state.frame_arguments.set(Some(frame::super_arguments));
}

/// A function of code and globals.
pub fn new_function(code: &Ref<CodeObject>, globals: &Ref<Dict>, vm: &Vm) -> PyResult<Ref<Function>> {
    Function::new(code, globals, None, vm)
}

/// Calls a Python function from native code.
pub fn call_function(function: &Ref<Function>, args: Args<'_>, vm: &Vm) -> PyResult {
    call::function_call(function.as_value(), args, vm)
}

/// Runs the code of a module, class body, `exec` or `eval` with these globals and namespace (the globals themselves if
/// there is none). `closure` are the cells of its free variables.
pub fn run_code_in(
    code: &Ref<CodeObject>,
    globals: &Ref<Dict>,
    locals: Option<Value>,
    closure: Option<Ref<pyrope_object::Tuple>>,
    vm: &Vm,
) -> PyResult {
    let function = Function::new(code, globals, closure, vm)?;
    let frame = stack::machine(vm).new_frame(function, vm)?;
    if !code.has(pyrope_bytecode::CodeFlags::OPTIMIZED) {
        stack::set_namespace(frame, locals.unwrap_or_else(|| globals.to_value()));
    }
    eval::run_frame(frame, vm)
}

/// [`run_code_in`] without closure.
pub fn run_code(code: &Ref<CodeObject>, globals: &Ref<Dict>, locals: Option<Value>, vm: &Vm) -> PyResult {
    run_code_in(code, globals, locals, None, vm)
}
