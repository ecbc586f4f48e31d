//! `builtins`: the functions; the types come from the interpreter's table.

pub(crate) mod compile;
mod functions;
mod input;
mod namespaces;
mod sum;

use pyrope_object::{BuiltinType as B, ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::module_dict;

pub(crate) use compile::compile_statement;
pub use compile::{compile_command, compile_program};

pub static MODULE: ModuleDef = ModuleDef {
    name: "builtins",
    doc: "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\n\
          identifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\n\
          This module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\n\
          objects with the same name as a builtin and need to use the built-in\nobject of the same name.",
    functions: &[
        functions::functions::FUNCTIONS,
        namespaces::functions::FUNCTIONS,
        compile::functions::FUNCTIONS,
        input::functions::FUNCTIONS,
    ],
    types: &[],
    exec: Some(exec),
};

/// The types that have a name in `builtins`.
const TYPES: &[B] = &[
    B::Object,
    B::Type,
    B::Int,
    B::Bool,
    B::Float,
    B::Complex,
    B::Str,
    B::Bytes,
    B::ByteArray,
    B::MemoryView,
    B::List,
    B::Tuple,
    B::Dict,
    B::Set,
    B::FrozenSet,
    B::Slice,
    B::Range,
    B::Property,
    B::ClassMethod,
    B::StaticMethod,
    B::Super,
    B::Enumerate,
    B::Reversed,
    B::Zip,
    B::Map,
    B::Filter,
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for (name, value) in [
        ("None", Value::none()),
        ("Ellipsis", Value::ellipsis()),
        ("NotImplemented", Value::not_implemented()),
        ("False", Value::bool(false)),
        ("True", Value::bool(true)),
        ("__debug__", Value::bool(true)),
        ("EnvironmentError", vm.builtin(B::OSError).to_value()),
        ("IOError", vm.builtin(B::OSError).to_value()),
    ] {
        dict.set_str(name, value, vm)?;
    }
    for &kind in TYPES {
        let ty = vm.builtin(kind);
        dict.set_str(&ty.name(), ty.to_value(), vm)?;
    }
    // All exceptions stand together at the end of the table.
    for kind in B::ALL.into_iter().skip_while(|k| *k != B::BaseException).filter(|k| *k != B::IncompleteInputError) {
        let ty = vm.builtin(kind);
        dict.set_str(&ty.name(), ty.to_value(), vm)?;
    }
    dict.set_str("_IncompleteInputError", vm.builtin(B::IncompleteInputError).to_value(), vm)?;
    pyrope_vm::CommonFunctions::remember(&dict, vm)
}
