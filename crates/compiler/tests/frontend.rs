//! Scopes, errors, warnings and limits of the front half of the compiler. Expectations are CPython 3.14's.
//! `PYROPE_UPDATE=1` rewrites the snapshot.

use pyrope_compiler::{
    CompileError, CompileFlags, CompileOptions, StackGuard, clean_docstring, compile_source, symtable, validate,
};
use pyrope_parser::ast::{BoolOp, Expr, ExprContext, ExprKind, Mod, Range};
use pyrope_parser::{Mode, Options, parse};
use pyrope_text::Wtf8Buf;

fn compile(source: &str, options: &CompileOptions) -> Result<pyrope_compiler::CompileOutput, CompileError> {
    compile_source(source, Mode::Exec, &Wtf8Buf::from("<test>"), options)
}

/// Source, message, and `lineno:offset-end_lineno:end_offset`.
const ERRORS: &[(&str, &str, &str)] = &[
    ("def f(a,a): pass", "duplicate argument 'a' in function definition", "1:9-1:10"),
    ("def f():\n  x:int\n  global x", "annotated name 'x' can't be global", "3:3-3:11"),
    ("x:(y:=3)", "named expression cannot be used within an annotation", "1:4-1:8"),
    (
        "class A:\n  [(y:=1) for x in z]",
        "assignment expression within a comprehension cannot be used in a class body",
        "2:5-2:6",
    ),
    ("[y for x in (z:=3)]", "assignment expression cannot be used in a comprehension iterable expression", "1:14-1:18"),
    ("await x", "'await' outside function", "1:1-1:8"),
    ("def f(): await x", "'await' outside async function", "1:10-1:17"),
    ("def f(): [x async for x in y]", "asynchronous comprehension outside of an asynchronous function", "1:10-1:30"),
    ("async def f(): yield from x", "'yield from' inside async function", "1:16-1:28"),
    ("async def f():\n yield 1\n return 3", "'return' with value in async generator", "3:2-3:10"),
    ("from __future__ import braces", "not a chance", "1:24-1:30"),
    ("from __future__ import nope", "future feature nope is not defined", "1:24-1:28"),
    (
        "x=1\nfrom __future__ import division",
        "from __future__ imports must occur at the beginning of the file",
        "2:1-2:32",
    ),
    ("nonlocal x", "nonlocal declaration not allowed at module level", "1:1-1:11"),
    ("def f(): nonlocal x", "no binding for nonlocal 'x' found", "1:10-1:20"),
    ("def f[T]():\n  nonlocal T", "nonlocal binding not allowed for type parameter 'T'", "2:3-2:13"),
    ("type X[T:(a:=1)] = 3", "named expression cannot be used within a TypeVar bound", "1:11-1:15"),
    ("class A[T=int, U]: pass", "non-default type parameter 'U' follows default type parameter", "1:16-1:17"),
    ("class C[__classdict__]: pass", "reserved name '__classdict__' cannot be used for type parameter", "1:9-1:22"),
    ("f(__debug__=1)", "cannot assign to __debug__", "1:3-1:14"),
    ("del __debug__", "cannot delete __debug__", "1:5-1:14"),
    ("def f():\n from x import *", "import * only allowed at module level", "2:16-2:17"),
    ("break", "'break' outside loop", "1:1-1:6"),
    ("continue", "'continue' not properly in loop", "1:1-1:9"),
    ("class A: return 3", "'return' outside function", "1:10-1:18"),
    ("class A: yield 3", "'yield' outside function", "1:10-1:17"),
    (
        "for x in y:\n try: pass\n except* A: break",
        "'break', 'continue' and 'return' cannot appear in an except* block",
        "3:13-3:18",
    ),
    ("try: pass\nexcept: pass\nexcept A: pass", "default 'except:' must be last", "2:1-2:13"),
    ("*x = 3", "starred assignment target must be in a list or tuple", "1:1-1:3"),
    ("*x", "can't use starred expression here", "1:1-1:3"),
    ("*a, *b = c", "multiple starred expressions in assignment", "1:1-1:7"),
    ("f(a=1,a=2)", "keyword argument repeated: a", "1:7-1:10"),
    ("match x:\n case a: pass\n case b: pass", "name capture 'a' makes remaining patterns unreachable", "2:7-2:8"),
    ("match x:\n case [a]|[b]: pass", "alternative patterns bind different names", "2:7-2:14"),
    ("match x:\n case {1:a,1.0:b}: pass", "mapping pattern checks duplicate key (1.0)", "2:7-2:18"),
    ("match x:\n case [*a,*b]: pass", "multiple starred names in sequence pattern", "2:7-2:14"),
    ("def f(): [(yield) for x in y]", "'yield' inside list comprehension", "1:12-1:17"),
    ("def f(x):\n  global x", "name 'x' is parameter and global", "2:3-2:11"),
    ("def f():\n  global x\n  nonlocal x", "name 'x' is nonlocal and global", "2:3-2:11"),
];

#[test]
fn errors() {
    for (source, message, place) in ERRORS {
        let error = match compile(source, &CompileOptions::default()) {
            Err(CompileError::Syntax(error)) => error,
            other => panic!("{source:?}: {other:?}"),
        };
        assert_eq!(error.message, *message, "{source:?}");
        let end =
            error.end_lineno.zip(error.end_offset).map_or(String::new(), |(line, offset)| format!("{line}:{offset}"));
        assert_eq!(format!("{}:{}-{end}", error.lineno, error.offset), *place, "{source:?}");
    }
}

#[test]
fn too_many_blocks() {
    let nest = |depth: usize| (0..depth).map(|i| format!("{}for x in y:\n", " ".repeat(i))).collect::<String>();
    let source = |depth: usize| format!("{}{}pass", nest(depth), " ".repeat(depth));
    assert!(compile(&source(21), &CompileOptions::default()).is_ok());
    let error = compile(&source(22), &CompileOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "too many statically nested blocks");
}

/// Trees that only a program could have made.
#[test]
fn validation() {
    let name = |id: &str, ctx| Expr { node: ExprKind::Name { id: id.into(), ctx }, range: Range::default() };
    let expression = |node: ExprKind| Mod::Expression { body: Box::new(Expr { node, range: Range::default() }) };
    let load = |id| Box::new(name(id, ExprContext::Load));
    let cases = [
        (expression(ExprKind::BoolOp { op: BoolOp::And, values: vec![*load("a")] }), "BoolOp with less than 2 values"),
        (
            expression(ExprKind::Await { value: Box::new(name("a", ExprContext::Store)) }),
            "expression must have Load context but has Store instead",
        ),
        (expression(ExprKind::Await { value: load("None") }), "identifier field can't represent 'None' constant"),
        (expression(ExprKind::ListComp { elt: load("a"), generators: vec![] }), "comprehension with no generators"),
        (
            expression(ExprKind::Compare { left: load("a"), ops: vec![], comparators: vec![] }),
            "Compare with no comparators",
        ),
    ];
    let guard = StackGuard::new(StackGuard::DEFAULT_BUDGET);
    for (module, message) in cases {
        assert_eq!(validate(&module, &guard), Err(CompileError::Value(message.into())));
        // Compiling such a tree unchecked is harmless.
        let _ = pyrope_compiler::compile(module, &Wtf8Buf::new(), &CompileOptions::default());
    }
}

const WARNINGS: &[(&str, &[&str])] = &[
    ("x is 1", &["1: \"is\" with 'int' literal. Did you mean \"==\"?"]),
    ("1 is not x", &["1: \"is not\" with 'int' literal. Did you mean \"!=\"?"]),
    ("x is ()", &["1: \"is\" with 'tuple' literal. Did you mean \"==\"?"]),
    ("x is None", &[]),
    ("(1, 2)(3)", &["1: 'tuple' object is not callable; perhaps you missed a comma?"]),
    ("t'x'(3)", &["1: 'string.templatelib.Template' object is not callable; perhaps you missed a comma?"]),
    ("{1}[0]", &["1: 'set' object is not subscriptable; perhaps you missed a comma?"]),
    ("[1]['a']", &["1: list indices must be integers or slices, not str; perhaps you missed a comma?"]),
    ("assert (x, 'y')", &["1: assertion is always true, perhaps remove parentheses?"]),
    ("def f():\n try: pass\n finally: return", &["3: 'return' in a 'finally' block"]),
    ("for x in y:\n try: pass\n finally: break", &["3: 'break' in a 'finally' block"]),
    ("try: pass\nfinally:\n for x in y: continue", &[]),
    // The second copy of a `finally` block does not warn again.
    ("try: pass\nfinally: 1 is 1", &["2: \"is\" with 'int' literal. Did you mean \"==\"?"]),
];

#[test]
fn warnings() {
    for (source, expected) in WARNINGS {
        let output = compile(source, &CompileOptions::default()).unwrap();
        let found: Vec<String> =
            output.warnings.iter().map(|warning| format!("{}: {}", warning.lineno, warning.message)).collect();
        assert_eq!(found, *expected, "{source:?}");
    }
}

#[test]
fn scopes() {
    let source = "\
class C[T](list):
  x: int = 1
  def f(self, a: T):
    b = [a for i in self if (j := i)]
    return lambda: (b, __class__)
";
    let module = parse(source, Mode::Exec, Options::default()).unwrap().module;
    let table = symtable(&module, &CompileOptions::default()).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scopes.txt");
    if std::env::var_os("PYROPE_UPDATE").is_some() {
        std::fs::write(path, table.to_string()).unwrap();
    }
    assert_eq!(table.to_string(), std::fs::read_to_string(path).unwrap());
}

#[test]
fn nesting_is_bounded() {
    let chains = [
        ("", "-", "1"),
        ("a", ".b", ""),
        ("a", "()", ""),
        ("a", "[0]", ""),
        ("", "not ", "a"),
        ("", "1 if a else ", "b"),
    ];
    for (prefix, repeated, suffix) in chains {
        let source = |depth: usize| format!("{prefix}{}{suffix}", repeated.repeat(depth));
        assert!(compile(&source(100), &CompileOptions::default()).is_ok(), "{repeated}");
        let options = CompileOptions { stack_budget: 100 << 10, ..CompileOptions::default() };
        let error = compile(&source(2000), &options).unwrap_err();
        assert_eq!(error, CompileError::Recursion, "{repeated}");
    }
    // Chains of operators take no stack here; the parser bounds them by the stack of the thread.
    let chain = || {
        let source = format!("{}1", "1 + ".repeat(3000));
        let options = CompileOptions { stack_budget: 100 << 10, ..CompileOptions::default() };
        assert!(compile(&source, &options).is_ok());
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(chain).unwrap().join().unwrap();
    assert!(StackGuard::new(0).check().is_err());
}

#[test]
fn docstrings_are_cleaned() {
    let cases = [
        ("plain", "plain"),
        ("  first\n    second\n      third\n", "first\nsecond\n  third\n"),
        ("a\n\tb\n\t\tc", "a\nb\n        c"),
        ("a\n\n   b\n  ", "a\n\nb\n"),
    ];
    for (text, cleaned) in cases {
        assert_eq!(clean_docstring(&Wtf8Buf::from(text)), Wtf8Buf::from(cleaned), "{text:?}");
    }
}

#[test]
fn flags_reach_the_code() {
    let options = CompileOptions { flags: CompileFlags::ALLOW_TOP_LEVEL_AWAIT, ..CompileOptions::default() };
    let output = compile("await x", &options).unwrap();
    assert_eq!(output.code.flags & pyrope_bytecode::CodeFlags::COROUTINE, pyrope_bytecode::CodeFlags::COROUTINE);
    let output = compile("from __future__ import annotations", &CompileOptions::default()).unwrap();
    assert_eq!(output.flags, pyrope_bytecode::CodeFlags::FUTURE_ANNOTATIONS);
    assert_eq!(output.code.flags, pyrope_bytecode::CodeFlags::FUTURE_ANNOTATIONS);
}
