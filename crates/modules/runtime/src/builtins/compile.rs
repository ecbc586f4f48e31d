//! `compile`, and turning the compiler's errors and warnings into Python's.

use std::rc::Rc;

use pyrope_compiler::{CompileError, CompileFlags, CompileOptions, CompileOutput};
use pyrope_object::layout::{Bytes, Str};
use pyrope_object::{BuiltinType as B, PyResult, Raised, Ref, Value, Vm};
use pyrope_parser::Mode;
use pyrope_parser::error::{SyntaxError, SyntaxErrorKind, Warning, WarningCategory};
use pyrope_text::Wtf8Buf;
use pyrope_text::encoding::{CodecFailure, DecodeError};
use pyrope_vm::code::CodeObject;

/// `compile` flags that are for `ast` and the codegen of tools.
const ONLY_AST: u32 = 0x400;
const OPTIMIZED_AST: u32 = 0x8000 | ONLY_AST;
const IGNORE_COOKIE: u32 = 0x800;
/// Every flag that `compile` accepts.
const KNOWN_FLAGS: u32 = CompileFlags::FUTURE_MASK
    | CompileFlags::SOURCE_IS_UTF8
    | CompileFlags::DONT_IMPLY_DEDENT
    | CompileFlags::OPTIMIZED_AST
    | CompileFlags::IGNORE_COOKIE
    | CompileFlags::TYPE_COMMENTS
    | CompileFlags::ALLOW_TOP_LEVEL_AWAIT
    | CompileFlags::ALLOW_INCOMPLETE_INPUT
    | OBSOLETE_FLAGS;
/// Of features that are always on: accepted and ignored (`PyCF_MASK_OBSOLETE`).
const OBSOLETE_FLAGS: u32 = 0x10;

/// The text of a source given as `str` or bytes, line ends made `\n`.
pub(crate) fn source_text(
    source: &Value,
    function: &str,
    what: &str,
    filename: &Value,
    flags: u32,
    vm: &Vm,
) -> PyResult<String> {
    if let Some(text) = source.downcast::<Str>() {
        return match text.to_utf8() {
            Some(text) if text.as_bytes().contains(&0) => Err(null_bytes(vm)),
            Some(text) => {
                audit_compile(text.as_bytes(), filename, vm)?;
                Ok(normalise(&text))
            }
            None => Err(surrogates(text, vm)),
        };
    }
    let Some(get) = source.ty(vm).slots().buffer else {
        return Err(vm.type_error(format!("{function}() arg 1 must be {what}")));
    };
    let bytes = match source.downcast::<Bytes>() {
        Some(bytes) => bytes.as_slice().to_vec(),
        None => get(source, 0, vm)?.to_vec(),
    };
    audit_compile(&bytes, filename, vm)?;
    decode(&bytes, filename, flags, vm)
}

fn audit_compile(source: &[u8], filename: &Value, vm: &Vm) -> PyResult<()> {
    if !vm.interp().audited.get() {
        return Ok(());
    }
    let source = vm.new_bytes(source)?.into_value();
    vm.audit("compile", || [source, filename.clone()])
}

fn null_bytes(vm: &Vm) -> Raised {
    vm.raise(B::SyntaxError, "source code string cannot contain null bytes")
}

/// The error of a file, which unlike that of a string tells the line.
fn null_in_file(source: &[u8], at: usize, filename: &Value, vm: &Vm) -> Raised {
    let before = &source[..at];
    let line = before.iter().filter(|&&b| b == b'\n').count() as i64 + 1;
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let text = String::from_utf8_lossy(&source[start..at]).into_owned();
    let place = vec![filename.clone(), vm.int(line), vm.int(0), vm.new_str(&text).into_value()];
    let message = vm.new_str("source code cannot contain null bytes").into_value();
    vm.raise_with(B::SyntaxError, &[message, vm.new_tuple(place).into_value()])
}

fn normalise(text: &str) -> String {
    pyrope_text::source::normalise(text, false).into_owned()
}

fn surrogates(text: &Str, vm: &Vm) -> Raised {
    let at = text.code_points().position(|c| (0xD800..0xE000).contains(&c)).unwrap_or(0);
    let mut end = at;
    while text.code_point(end).is_some_and(|c| (0xD800..0xE000).contains(&c)) {
        end += 1;
    }
    vm.raise_with(
        B::UnicodeEncodeError,
        &[
            vm.intern("utf-8").into_value(),
            pyrope_object::value_of(text),
            vm.int_from_usize(at),
            vm.int_from_usize(end),
            vm.new_str("surrogates not allowed").into_value(),
        ],
    )
}

/// Decodes a source by its cookie or mark.
pub(crate) fn decode(bytes: &[u8], filename: &Value, flags: u32, vm: &Vm) -> PyResult<String> {
    decode_source(bytes, filename, flags, false, vm)
}

/// The same; errors in what was read from a file are told in another way.
fn decode_source(bytes: &[u8], filename: &Value, flags: u32, is_file: bool, vm: &Vm) -> PyResult<String> {
    if bytes.contains(&0) {
        return Err(null_bytes(vm));
    }
    if flags & IGNORE_COOKIE != 0 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Ok(normalise(text)),
            Err(_) => Err(vm.value_error("source is not valid UTF-8")),
        };
    }
    let name = filename.downcast::<Str>().filter(|_| is_file).map(|s| s.to_string_lossy().into_owned());
    let mut decoder = |encoding: &str, bytes: &[u8]| decode_with_codec(encoding, bytes, vm);
    match pyrope_text::encoding::decode(bytes, name.as_deref(), Some(&mut decoder)) {
        Ok(decoded) => Ok(normalise(&decoded.text)),
        Err(error) => Err(decode_error(&error, filename, is_file, vm)),
    }
}

/// Encodings that the front end does not know go through the codec registry.
fn decode_with_codec(encoding: &str, bytes: &[u8], vm: &Vm) -> Result<String, CodecFailure> {
    let decoded = vm
        .new_bytes(bytes)
        .and_then(|bytes| vm.call_method(bytes.as_value(), "decode", &[vm.new_str(encoding).into_value()]));
    let problem = || format!("encoding problem: {encoding}");
    let raised = match decoded {
        Ok(text) => {
            let text = text.downcast::<Str>().and_then(Str::to_utf8).map(std::borrow::Cow::into_owned);
            return text.ok_or_else(|| CodecFailure { message: problem(), in_text: false });
        }
        Err(raised) => raised,
    };
    let in_text = vm.raised_is(B::UnicodeError);
    let is_told = vm.raised_is(B::LookupError) || vm.raised_is(B::ValueError);
    let exception = vm.catch(raised);
    let message = match vm.str(&exception) {
        Ok(text) if is_told => text.to_string_lossy().into_owned(),
        Ok(_) => problem(),
        Err(raised) => {
            vm.ignore(raised);
            problem()
        }
    };
    Err(CodecFailure { message, in_text })
}

fn decode_error(error: &DecodeError, filename: &Value, is_file: bool, vm: &Vm) -> Raised {
    let message = vm.new_str(&error.message).into_value();
    let text = error.text.as_ref().map_or(Value::none(), |t| vm.new_str(t).into_value());
    let (line, offset) = (vm.int(i64::from(error.lineno)), vm.int(i64::from(error.offset)));
    // CPython reads bytes before it knows the name that they go by.
    let is_unnamed = !is_file && error.text.is_some();
    let name = if is_unnamed { Value::none() } else { filename.clone() };
    let mut place = vec![name, line.clone(), offset, text];
    if let Some(end) = error.end_offset {
        place.extend([line, vm.int(i64::from(end))]);
    }
    let raised = vm.raise_with(B::SyntaxError, &[message, vm.new_tuple(place).into_value()]);
    if is_unnamed { set_attributes(raised, &["filename"], vec![filename.clone()], vm) } else { raised }
}

/// The filename as the compiler takes it.
pub(crate) fn filename_text(filename: &Value) -> Wtf8Buf {
    let mut text = Wtf8Buf::new();
    if let Some(name) = filename.downcast::<Str>() {
        name.code_points().for_each(|c| text.push_code_point(c));
    }
    text
}

/// Raises what the compiler found, after its warnings. `source` is what the parser has read.
pub(crate) fn compile_error(error: CompileError, filename: &Value, source: Option<(&str, Mode)>, vm: &Vm) -> Raised {
    match error {
        CompileError::Syntax(error) => match issue_warnings(&error.warnings, filename, vm) {
            Ok(()) => syntax_error(&error, filename, source, vm),
            Err(raised) => raised,
        },
        CompileError::Recursion => vm.recursion_error("maximum recursion depth exceeded during compilation"),
        CompileError::System(message) => vm.system_error(message),
        CompileError::Runtime(message) => vm.runtime_error(message),
        CompileError::Value(message) => vm.value_error(message),
        CompileError::Type(message) => vm.type_error(message),
        CompileError::Surrogates(text) => {
            let points: Vec<u32> = text.code_points().collect();
            match vm.str_from_code_points(&points) {
                Ok(text) => surrogates(&text, vm),
                Err(raised) => raised,
            }
        }
        CompileError::Overflow(message) => vm.overflow_error(message),
    }
}

fn syntax_error(error: &SyntaxError, filename: &Value, source: Option<(&str, Mode)>, vm: &Vm) -> Raised {
    let kind = match error.kind {
        SyntaxErrorKind::SyntaxError if error.incomplete => B::IncompleteInputError,
        SyntaxErrorKind::SyntaxError => B::SyntaxError,
        SyntaxErrorKind::IndentationError => B::IndentationError,
        SyntaxErrorKind::TabError => B::TabError,
        SyntaxErrorKind::MemoryError => return vm.raise(B::MemoryError, &error.message),
        SyntaxErrorKind::RecursionError => return vm.recursion_error(&error.message),
        SyntaxErrorKind::ValueError => return vm.value_error(&error.message),
        SyntaxErrorKind::OverflowError => return vm.overflow_error(&error.message),
    };
    let Shown { text, offset, end_offset } = shown_line(error, filename, source.map(|(_, mode)| mode), vm);
    let mut place = vec![
        filename.clone(),
        vm.int(i64::from(error.lineno)),
        vm.int(i64::from(offset)),
        text.map_or(Value::none(), |t| vm.new_str(&t).into_value()),
    ];
    match (error.end_lineno, end_offset) {
        (Some(line), Some(offset)) => place.extend([vm.int(i64::from(line)), vm.int(i64::from(offset))]),
        (Some(line), None) if error.bare => place.extend([vm.int(i64::from(line)), Value::none()]),
        _ => {}
    }
    let message = vm.new_str(&error.message).into_value();
    if error.bare {
        return set_attributes(vm.raise_with(kind, &[message]), &PLACE_ATTRIBUTES, place, vm);
    }
    let raised = vm.raise_with(kind, &[message, vm.new_tuple(place).into_value()]);
    match (error.last_statement, source) {
        (Some((line, column)), Some((source, _))) => {
            let source = vm.new_str(source).into_value();
            let metadata = vm.tuple_of([vm.int(line.into()), vm.int(column.into()), source]);
            set_attributes(raised, &["_metadata"], vec![metadata.into_value()], vm)
        }
        _ => raised,
    }
}

/// The line that an error shows, and where in it.
struct Shown {
    text: Option<String>,
    offset: i32,
    end_offset: Option<i32>,
}

/// Errors of the parser of a whole file show the line of the file on disk, whose columns are counted in bytes.
fn shown_line(error: &SyntaxError, filename: &Value, mode: Option<Mode>, vm: &Vm) -> Shown {
    let own = Shown { text: error.text.clone(), offset: error.offset, end_offset: error.end_offset };
    let asks_file = mode == Some(Mode::Exec) && !error.keeps_text;
    let Some(read) = &error.text else {
        return Shown { text: source_line(filename, error.lineno, vm), ..own };
    };
    match source_line(filename, error.lineno, vm).filter(|line| asks_file && line != read) {
        Some(line) => {
            let moved = |offset: i32| match usize::try_from(offset - 1) {
                Ok(chars) => {
                    let bytes: usize = read.chars().take(chars).map(char::len_utf8).sum();
                    pyrope_parser::char_offset(&line, bytes)
                }
                Err(_) => offset,
            };
            let (offset, end_offset) = (moved(error.offset), error.end_offset.map(moved));
            Shown { text: Some(line), offset, end_offset }
        }
        None => own,
    }
}

/// What a `SyntaxError` keeps of its place, in the order of its arguments.
const PLACE_ATTRIBUTES: [&str; 6] = ["filename", "lineno", "offset", "text", "end_lineno", "end_offset"];

/// Completes the exception that was raised.
fn set_attributes(raised: Raised, names: &[&str], values: Vec<Value>, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    for (name, value) in names.iter().zip(values) {
        if let Err(raised) = vm.set_attr(&exception, vm.intern(name).as_value(), Some(&value)) {
            return raised;
        }
    }
    vm.reraise(exception)
}

/// A line of the file, for errors of stages that no longer have the source.
fn source_line(filename: &Value, line: u32, vm: &Vm) -> Option<String> {
    let name = filename.downcast::<Str>()?.to_utf8()?.into_owned();
    let bytes = std::fs::read(name).ok()?;
    let mut decoder = |encoding: &str, bytes: &[u8]| decode_with_codec(encoding, bytes, vm);
    let text = match pyrope_text::encoding::decode(&bytes, None, Some(&mut decoder)) {
        Ok(decoded) => decoded.text,
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    text.split_inclusive('\n').nth(line.checked_sub(1)? as usize).map(str::to_owned)
}

/// Issues the compiler's warnings, in order; one that filters turn into an error stops.
pub(crate) fn issue_warnings(warnings: &[Warning], filename: &Value, vm: &Vm) -> PyResult<()> {
    for warning in warnings {
        let category = match warning.category {
            WarningCategory::SyntaxWarning => B::SyntaxWarning,
            WarningCategory::DeprecationWarning => B::DeprecationWarning,
        };
        let result =
            crate::warnings::warn_explicit(category, &warning.message, filename, i64::from(warning.lineno), None, vm);
        if let Err(raised) = result {
            if vm.raised_is(category) {
                vm.ignore(raised);
                return Err(syntax_error(&warning.error, filename, None, vm));
            }
            return Err(raised);
        }
    }
    Ok(())
}

/// Compiles text to a code object, with warnings issued.
pub(crate) fn compile_text(
    text: &str,
    mode: Mode,
    filename: &Value,
    options: &CompileOptions,
    vm: &Vm,
) -> PyResult<(Ref<CodeObject>, u32)> {
    let options = CompileOptions { character_names: knows_names(text, vm), ..options.clone() };
    finish(pyrope_compiler::compile_source(text, mode, &filename_text(filename), &options), text, mode, filename, vm)
}

/// What the compiler says, as a code object or an exception, with warnings issued.
fn finish(
    result: Result<CompileOutput, CompileError>,
    text: &str,
    mode: Mode,
    filename: &Value,
    vm: &Vm,
) -> PyResult<(Ref<CodeObject>, u32)> {
    match result {
        Ok(CompileOutput { code, warnings, flags }) => {
            issue_warnings(&warnings, filename, vm)?;
            let code = if crate::sys::no_debug_ranges(vm) { Rc::new(code.without_columns()) } else { code };
            Ok((CodeObject::from_bytecode(&code, vm)?, flags))
        }
        Err(error) => {
            let source = pyrope_text::source::normalise(text, mode == Mode::Exec);
            Err(compile_error(error, filename, Some((&source, mode)), vm))
        }
    }
}

/// Loads the names of characters if the source seems to use them; false if they are not to be had.
fn knows_names(text: &str, vm: &Vm) -> bool {
    if !text.contains("\\N") {
        return true;
    }
    match vm.import("unicodedata") {
        Ok(_) => true,
        Err(raised) => {
            vm.ignore(raised);
            false
        }
    }
}

/// Compiles a program's source as bytes.
pub fn compile_program(source: &[u8], filename: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    if let Some(at) = source.iter().position(|&b| b == 0) {
        return Err(null_in_file(source, at, filename, vm));
    }
    let text = decode_source(source, filename, 0, true, vm)?;
    let options = inherited_options(false, vm);
    let mut result = pyrope_compiler::compile_source(&text, Mode::Exec, &filename_text(filename), &options);
    if let Err(CompileError::Syntax(error)) = &mut result {
        place_end_of_file(error);
    }
    Ok(finish(result, &text, Mode::Exec, filename, vm)?.0)
}

/// Where a file ends after a lone backslash, CPython has begun a new line, in which nothing can be pointed at.
fn place_end_of_file(error: &mut SyntaxError) {
    let is_lone = |line: &String| line.trim() == "\\";
    if error.kind == SyntaxErrorKind::SyntaxError
        && error.end_offset == Some(-1)
        && error.text.as_ref().is_some_and(is_lone)
    {
        error.offset = 0;
    }
}

/// Compiles the text of `-c`.
pub fn compile_command(source: &str, filename: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    Ok(compile_text(&normalise(source), Mode::Exec, filename, &inherited_options(false, vm), vm)?.0)
}

/// Compiles one interactive statement, all of which is there.
pub(crate) fn compile_statement(source: &str, filename: &Value, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    Ok(compile_text(&normalise(source), Mode::Single, filename, &inherited_options(false, vm), vm)?.0)
}

/// The options of a plain compilation: `-O` and the future features of the running code.
pub(crate) fn inherited_options(inherit: bool, vm: &Vm) -> CompileOptions {
    let flags = if inherit { crate::frames::current_future_flags(vm) } else { 0 };
    CompileOptions {
        optimize: crate::sys::optimize_level(vm),
        flags,
        stack_budget: vm.stack_left(),
        character_names: true,
        int_max_str_digits: pyrope_types::numbers::max_str_digits(vm),
    }
}

/// Compiles what `exec` and `eval` were given.
pub(super) fn compile_for_run(source: &Value, function: &str, vm: &Vm) -> PyResult<Ref<CodeObject>> {
    let filename = vm.intern("<string>").into_value();
    let text = source_text(source, function, "a string, bytes or code object", &filename, 0, vm)?;
    let (mode, text) = if function == "eval" {
        (Mode::Eval, text.trim_start_matches([' ', '\t']).to_owned())
    } else {
        (Mode::Exec, text)
    };
    Ok(compile_text(&text, mode, &filename, &inherited_options(true, vm), vm)?.0)
}

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use super::*;

    /// Compile source into a code object that can be executed by exec() or eval().
    ///
    /// The source code may represent a Python module, statement or expression.
    /// The filename will be used for run-time error messages.
    /// The mode must be 'exec' to compile a module, 'single' to compile a
    /// single (interactive) statement, or 'eval' to compile an expression.
    /// The flags argument, if present, controls which future statements influence
    /// the compilation of the code.
    /// The dont_inherit argument, if true, stops the compilation inheriting
    /// the effects of any future statements in effect in the code calling
    /// compile; if absent or false these statements do influence the compilation,
    /// in addition to any features explicitly specified.
    #[pyfunction("compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)")]
    fn compile(
        source: &Value,
        filename: &Value,
        mode: &str,
        flags: i64,
        dont_inherit: bool,
        optimize: i64,
        _feature_version: i64,
        vm: &Vm,
    ) -> PyResult {
        let filename = crate::imp::fs_decode(filename, vm)?;
        let flags = u32::try_from(flags).map_err(|_| vm.value_error("compile(): unrecognised flags"))?;
        if flags & !KNOWN_FLAGS & !OPTIMIZED_AST != 0 {
            return Err(vm.value_error("compile(): unrecognised flags"));
        }
        if !(-1..=2).contains(&optimize) {
            return Err(vm.value_error("compile(): invalid optimize value"));
        }
        let parse_mode = match mode {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            "func_type" if flags & ONLY_AST != 0 => Mode::FuncType,
            "func_type" => {
                return Err(vm.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST"));
            }
            _ if flags & ONLY_AST != 0 => {
                return Err(vm.value_error("compile() mode must be 'exec', 'eval', 'single' or 'func_type'"));
            }
            _ => return Err(vm.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
        };
        let mut options = inherited_options(!dont_inherit, vm);
        options.flags |= flags & !OBSOLETE_FLAGS;
        if optimize >= 0 {
            options.optimize = optimize as u8;
        }
        let feature_version = u8::try_from(_feature_version).ok();
        if let Some(result) =
            crate::ast::compile_tree(source, &filename, parse_mode, flags, feature_version, &options, vm)?
        {
            return Ok(result);
        }
        let text = source_text(source, "compile", "a string, bytes or AST object", &filename, flags, vm)?;
        if flags & ONLY_AST != 0 {
            return crate::ast::parse_to_tree(&text, &filename, parse_mode, flags, feature_version, &options, vm);
        }
        Ok(compile_text(&text, parse_mode, &filename, &options, vm)?.0.into_value())
    }
}
