//! Trees as Python objects: `_ast`, and what `compile` does with nodes.

mod classes;
mod convert;
mod node;
mod nodes;
mod schema;

pub(crate) use classes::MODULE;

use pyrope_compiler::{CompileOptions, StackGuard};
use pyrope_object::{PyResult, Value, Vm};
use pyrope_parser::Mode;
use pyrope_parser::ast::Mod;
use pyrope_vm::code::CodeObject;

use crate::builtins::compile;
use convert::{Build, Context, Place, Read};

/// `PyCF_ONLY_AST`, and with it the bit that asks for an optimised tree.
const ONLY_AST: u32 = 0x400;
const OPTIMIZED_AST: u32 = 0x8400;

/// Compiles a tree given as a node object; `None` if `source` is no node.
pub(crate) fn compile_tree(
    source: &Value,
    filename: &Value,
    mode: Mode,
    flags: u32,
    _feature_version: Option<u8>,
    options: &CompileOptions,
    vm: &Vm,
) -> PyResult<Option<Value>> {
    if !source.ty(vm).is_subtype(vm.type_of::<node::Ast>()) {
        return Ok(None);
    }
    let cx = Context::new(vm)?;
    let expected = match mode {
        Mode::Exec => "Module",
        Mode::Eval => "Expression",
        Mode::Single => "Interactive",
        Mode::FuncType => "FunctionType",
    };
    if !cx.is_a(source, expected) {
        return Err(vm.type_error(format!("expected {expected} node, got {}", vm.type_name(source))));
    }
    if flags & OPTIMIZED_AST == ONLY_AST {
        return Ok(Some(source.clone()));
    }
    let mut tree = read_tree(source, &cx)?;
    if flags & ONLY_AST != 0 {
        pyrope_compiler::preprocess_tree(&mut tree, options, true)
            .map_err(|error| compile::compile_error(error, filename, None, vm))?;
        return tree.build(&cx).map(Some);
    }
    pyrope_compiler::validate(&tree, &StackGuard::new(options.stack_budget))
        .map_err(|error| compile::compile_error(error, filename, None, vm))?;
    let output = pyrope_compiler::compile(tree, &compile::filename_text(filename), options)
        .map_err(|error| compile::compile_error(error, filename, None, vm))?;
    compile::issue_warnings(&output.warnings, filename, vm)?;
    Ok(Some(CodeObject::from_bytecode(&output.code, vm)?.into_value()))
}

fn read_tree(source: &Value, cx: &Context<'_>) -> PyResult<Mod> {
    match Mod::read(source, &Place { node: "mod", field: "" }, cx)? {
        Some(tree) => Ok(tree),
        None => Err(cx.unexpected(source, "mod")),
    }
}

/// Parses to a tree of node objects.
pub(crate) fn parse_to_tree(
    text: &str,
    filename: &Value,
    mode: Mode,
    flags: u32,
    feature_version: Option<u8>,
    options: &CompileOptions,
    vm: &Vm,
) -> PyResult {
    let mut parse_options = options.parser();
    if let Some(version) = feature_version {
        parse_options.feature_version = version;
    }
    let text = pyrope_text::source::normalise(text, mode == Mode::Exec);
    let parsed = pyrope_parser::parse(&text, mode, parse_options)
        .map_err(|error| compile::compile_error(error.into(), filename, Some((&text, mode)), vm))?;
    compile::issue_warnings(&parsed.warnings, filename, vm)?;
    let mut tree = parsed.module;
    if mode != Mode::FuncType {
        let fold = flags & OPTIMIZED_AST == OPTIMIZED_AST;
        pyrope_compiler::preprocess_tree(&mut tree, options, fold)
            .map_err(|error| compile::compile_error(error, filename, None, vm))?;
    }
    tree.build(&Context::new(vm)?)
}
