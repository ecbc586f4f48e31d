//! What is wrong, and where: sources with the attributes of the exception that CPython 3.14 raises for them.

use pyrope_parser::{Mode, Options, SyntaxErrorKind, parse};

/// Source, message, and `lineno`, `offset`, `end_lineno`, `end_offset`.
#[rustfmt::skip]
const ERRORS: &[(&str, &str, [i32; 4])] = &[
    ("x = (a b)", "invalid syntax. Perhaps you forgot a comma?", [1, 6, 1, 9]),
    ("f(a for b in c, d)", "Generator expression must be parenthesized", [1, 3, 1, 15]),
    ("f(a=1, b)", "positional argument follows keyword argument", [1, 9, 1, 10]),
    ("f(**b, a)", "positional argument follows keyword argument unpacking", [1, 9, 1, 10]),
    ("f(a=1, **b, *c)", "iterable argument unpacking follows keyword argument unpacking", [1, 11, 1, 15]),
    ("f(True=1)", "cannot assign to True", [1, 3, 1, 8]),
    ("f(a.b=1)", "expression cannot contain assignment, perhaps you meant \"==\"?", [1, 3, 1, 7]),
    ("print 1", "Missing parentheses in call to 'print'. Did you mean print(...)?", [1, 1, 1, 8]),
    ("exec 'x'", "Missing parentheses in call to 'exec'. Did you mean exec(...)?", [1, 1, 1, 9]),
    ("a = 1 = b", "cannot assign to literal", [1, 5, 1, 6]),
    ("for f() in x: pass", "cannot assign to function call", [1, 5, 1, 8]),
    ("del f()", "cannot delete function call", [1, 5, 1, 8]),
    ("(a, b) += 1", "'tuple' is an illegal expression for augmented assignment", [1, 1, 1, 7]),
    ("(a, b): int", "only single target (not tuple) can be annotated", [1, 1, 1, 7]),
    ("if x = 1: pass", "invalid syntax. Maybe you meant '==' or ':=' instead of '='?", [1, 4, 1, 9]),
    ("if x.a = 1: pass", "cannot assign to attribute here. Maybe you meant '==' instead of '='?", [1, 4, 1, 7]),
    ("(x.y := 1)", "cannot use assignment expressions with attribute", [1, 2, 1, 5]),
    ("x = 1 if 2", "expected 'else' after 'if' expression", [1, 5, 1, 11]),
    ("a if b else *c", "expected expression after 'else', but statement is given", [1, 13, 1, 14]),
    ("x = pass if a else b", "expected expression before 'if', but statement is given", [1, 5, 1, 9]),
    ("('abc' d 'ghi')", "invalid syntax. Is this intended to be part of the string?", [1, 8, 1, 9]),
    ("{1:2, 3}", "':' expected after dictionary key", [1, 7, 1, 0]),
    ("{1:}", "expression expected after dictionary key and ':'", [1, 3, 1, 4]),
    ("{1:*a}", "cannot use a starred expression in a dictionary value", [1, 4, 1, 6]),
    ("{1:1, 2 3}", "':' expected after dictionary key", [1, 7, 1, 0]),
    ("[x for x y]", "'in' expected after for-loop variables", [1, 10, 1, 11]),
    ("[a, b for c in d]", "did you forget parentheses around the comprehension target?", [1, 2, 1, 6]),
    ("[*a for a in b]", "iterable unpacking cannot be used in comprehension", [1, 2, 1, 4]),
    ("{**a for a in b}", "dict unpacking cannot be used in dict comprehension", [1, 2, 1, 4]),
    ("def f(a=1, b): pass", "parameter without a default follows parameter with a default", [1, 12, 1, 13]),
    ("def f(*): pass", "named arguments must follow bare *", [1, 7, 1, 8]),
    ("def f(*a=1): pass", "var-positional argument cannot have default value", [1, 9, 1, 10]),
    ("def f(**a, b): pass", "arguments cannot follow var-keyword argument", [1, 12, 1, 13]),
    ("def f((a)): pass", "Function parameters cannot be parenthesized", [1, 7, 1, 10]),
    ("lambda *: 1", "named arguments must follow bare *", [1, 9, 1, 10]),
    ("lambda (a): 1", "Lambda expression parameters cannot be parenthesized", [1, 8, 1, 11]),
    ("def f: pass", "expected '('", [1, 6, 1, 7]),
    ("class C\n pass", "expected ':'", [1, 8, 1, 9]),
    ("while 1\n pass", "expected ':'", [1, 8, 1, 9]),
    ("if 1:\na", "expected an indented block after 'if' statement on line 1", [2, 1, 2, 2]),
    ("def f():\npass", "expected an indented block after function definition on line 1", [2, 1, 2, 5]),
    ("try:\n pass\n", "expected 'except' or 'finally' block", [2, 6, 2, -1]),
    ("try:\n pass\nexcept:\n pass\nexcept* a:\n pass", "cannot have both 'except' and 'except*' on the same 'try'", [5, 1, 5, 8]),
    ("try:\n pass\nexcept a, b as c:\n pass", "multiple exception types must be parenthesized when using 'as'", [3, 8, 3, 17]),
    ("match x:\n case a as _: pass", "cannot use '_' as a target", [2, 12, 2, 13]),
    ("match x:\n case C(a=1, 2): pass", "positional patterns follow keyword patterns", [2, 14, 2, 15]),
    ("from a import b,", "trailing comma not allowed without surrounding parentheses", [1, 17, 1, 18]),
    ("import a from b", "Did you mean to use 'from ... import ...' instead?", [1, 1, 1, 16]),
    ("import a as b.c", "cannot use attribute as import target", [1, 13, 1, 16]),
    ("class C[]: pass", "Type parameter list cannot be empty", [1, 9, 1, 9]),
    ("def f[*T: int](): pass", "cannot use bound with TypeVarTuple", [1, 9, 1, 14]),
    ("3 + not 3", "'not' after an operator must be parenthesized", [1, 5, 1, 10]),
    ("1 <> 2", "invalid syntax.  Maybe you meant '!=' instead of '<>'?", [1, 3, 1, 5]),
    ("f'{}'", "f-string: valid expression required before '}'", [1, 4, 1, 5]),
    ("f'{a b}'", "invalid syntax. Perhaps you forgot a comma?", [1, 4, 1, 7]),
    ("f'{a!x}'", "f-string: invalid conversion character 'x': expected 's', 'r', or 'a'", [1, 6, 1, 7]),
    ("f'{a! r}'", "f-string: conversion type must come right after the exclamation mark", [1, 5, 1, 8]),
    ("f'{lambda x:1}'", "f-string: lambda expressions are not allowed without parentheses", [1, 4, 1, 13]),
    ("t'' 'a'", "cannot mix t-string literals with string or bytes literals", [1, 1, 1, 8]),
    ("x='a' b'b'", "cannot mix bytes and nonbytes literals", [1, 11, 1, 12]),
    ("x = b'é'", "bytes can only contain ASCII literal characters", [1, 5, 1, 9]),
    ("x = '\\N{foo}'", "(unicode error) 'unicodeescape' codec can't decode bytes in position 0-6: unknown Unicode character name", [1, 5, 1, 14]),
    ("x = (1,\n[2\n)", "closing parenthesis ')' does not match opening parenthesis '[' on line 2", [3, 1, 3, 1]),
    ("x = {", "'{' was never closed", [1, 5, 1, 0]),
    ("a\n  b", "unexpected indent", [2, 2, 2, -1]),
    ("(é b)", "invalid syntax. Perhaps you forgot a comma?", [1, 2, 1, 5]),
    ("a b\n'", "unterminated string literal (detected at line 2)", [2, 1, 2, 1]),
    ("with a as f(): pass", "cannot assign to function call", [1, 11, 1, 14]),
    ("if 1:\n pass\nelse:\n pass\nelif 1:\n pass", "'elif' block follows an 'else' block", [5, 1, 5, 5]),
    ("return = 1", "invalid syntax", [1, 8, 1, 9]),
    ("x = 0777", "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers", [1, 5, 1, 6]),
];

#[test]
fn errors_are_cpythons() {
    for (source, message, place) in ERRORS {
        let Err(error) = parse(source, Mode::Exec, Options::default()) else { panic!("{source:?} was accepted") };
        let found = [
            error.lineno as i32,
            error.offset,
            error.end_lineno.map_or(-2, |line| line as i32),
            error.end_offset.unwrap_or(-2),
        ];
        assert_eq!((&*error.message, found), (*message, *place), "{source:?}");
    }
}

#[test]
fn constructs_newer_than_the_grammar_asked_for() {
    for (source, minor, message) in [
        ("(a := 1)", 7, "Assignment expressions are only supported in Python 3.8 and greater"),
        ("match x:\n case 1: pass", 9, "Pattern matching is only supported in Python 3.10 and greater"),
        ("type X = int", 11, "Type statement is only supported in Python 3.12 and greater"),
        ("t'a'", 13, "t-strings are only supported in Python 3.14 and greater"),
    ] {
        let options = Options { feature_version: minor, ..Options::default() };
        let error = parse(source, Mode::Exec, options).expect_err(source);
        assert_eq!(error.message, message);
        assert!(parse(source, Mode::Exec, Options::default()).is_ok(), "{source:?}");
    }
}

#[test]
fn input_that_could_go_on() {
    let options = Options { allow_incomplete: true, dont_imply_dedent: true, ..Options::default() };
    for (source, incomplete) in [
        ("(a,\n", true),
        ("x = '''a\n", true),
        ("if 1:\n  pass", true),
        ("def f():\n", true),
        ("a b\n", false),
        ("x = )\n", false),
    ] {
        let error = parse(source, Mode::Single, options).expect_err(source);
        assert_eq!(error.incomplete, incomplete, "{source:?}");
    }
    assert!(parse("if 1:\n  pass\n", Mode::Single, options).is_ok());
    let error = parse("a\nb\n", Mode::Single, options).expect_err("two statements");
    assert_eq!(error.message, "multiple statements found while compiling a single statement");
}

#[test]
fn nesting_is_an_error_and_never_an_overflow() {
    let sources = [
        "-".repeat(100_000) + "a",
        "not ".repeat(100_000) + "a",
        "lambda: ".repeat(100_000) + "a",
        "a if a else ".repeat(100_000) + "a",
        "a**".repeat(100_000) + "a",
        "a+".repeat(100_000) + "a",
        "a".to_string() + &".a".repeat(100_000),
        "a".to_string() + &"()".repeat(100_000),
        "if a: pass\n".to_string() + &"elif a: pass\n".repeat(100_000),
    ];
    for stack in [256 << 10, 8 << 20] {
        let sources = sources.clone();
        let run = move || {
            for source in &sources {
                let error = parse(source, Mode::Exec, Options::default()).expect_err("too deep");
                assert!(matches!(error.kind, SyntaxErrorKind::MemoryError | SyntaxErrorKind::RecursionError));
            }
            for depth in [10, 100, 1000, 3000] {
                // Whether these are accepted depends on the stack; that they return does not.
                drop(parse(&("a+".repeat(depth) + "a"), Mode::Exec, Options::default()));
                drop(parse(&("-".repeat(depth) + "a"), Mode::Exec, Options::default()));
                drop(parse(&("(".repeat(depth) + "a b"), Mode::Exec, Options::default()));
            }
            drop(parse(&("f(".repeat(150) + "a b" + &")".repeat(150)), Mode::Exec, Options::default()));
        };
        let thread = std::thread::Builder::new().stack_size(stack).spawn(run).expect("a thread");
        thread.join().expect("no panic");
    }
}
