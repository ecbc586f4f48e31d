//! Tokens and errors, as CPython 3.14's tokenizer makes them.

use super::{Options, Text, TokenInfos, expression_text, parse_number, tokenize};
use crate::ast::Constant;
use crate::error::SyntaxErrorKind;
use crate::token::TokenKind;

/// Kinds and texts of all tokens.
fn kinds(source: &str) -> Vec<(TokenKind, &str)> {
    let stream = tokenize(source, Options::default());
    assert!(stream.error.is_none(), "{source:?}: {:?}", stream.error);
    stream.tokens.iter().map(|token| (token.kind, token.text(source))).collect()
}

#[test]
fn nested_replacement_fields() {
    use TokenKind::*;
    let expected = [
        (FStringStart, "f'"),
        (FStringMiddle, "a{"),
        (LBrace, "{"),
        (Name, "x"),
        (Exclamation, "!"),
        (Name, "r"),
        (Colon, ":"),
        (FStringMiddle, ">"),
        (LBrace, "{"),
        (FStringStart, "f'"),
        (LBrace, "{"),
        (Name, "w"),
        (RBrace, "}"),
        (FStringEnd, "'"),
        (RBrace, "}"),
        (FStringMiddle, ""),
        (RBrace, "}"),
        (FStringMiddle, "b"),
        (FStringEnd, "'"),
        (Newline, "\n"),
        (EndMarker, ""),
    ];
    assert_eq!(kinds("f'a{{{x!r:>{f'{w}'}}b'\n"), expected);
}

#[test]
fn blocks() {
    use TokenKind::*;
    let source = "if x:\n  # c\n\n  (a,\nb)\n  if y:\n    z\n";
    let found: Vec<_> = kinds(source).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(found[..6], [Name, Name, Colon, Newline, Indent, LPar]);
    assert_eq!(found[found.len() - 5..], [Name, Newline, Dedent, Dedent, EndMarker]);
}

/// Source, class, message, line, offset, end offset.
type Failing = (&'static str, SyntaxErrorKind, &'static str, u32, i32, i32);

#[test]
fn errors_have_their_place() {
    use SyntaxErrorKind::*;
    let cases: [Failing; 22] = [
        (
            "x = 'abc\\'\n",
            SyntaxError,
            "unterminated string literal (detected at line 1); perhaps you escaped the end quote?",
            1,
            5,
            5,
        ),
        ("é = '''\n\n", SyntaxError, "unterminated triple-quoted string literal (detected at line 2)", 1, 5, 5),
        ("f'''a\n", SyntaxError, "unterminated triple-quoted f-string literal (detected at line 1)", 1, 1, 1),
        ("t'a\n", SyntaxError, "unterminated t-string literal (detected at line 1)", 1, 1, 1),
        ("f'{a'\n", SyntaxError, "f-string: expecting '}'", 1, 5, 5),
        (
            "f'{a:\n",
            SyntaxError,
            "f-string: newlines are not allowed in format specifiers for single quoted f-strings",
            1,
            6,
            6,
        ),
        ("f'}'\n", SyntaxError, "f-string: single '}' is not allowed", 1, 3, 3),
        ("f'{a:{b:{c:{d}}}}'\n", SyntaxError, "f-string: expressions nested too deeply", 1, 11, 11),
        ("(\n]\n", SyntaxError, "closing parenthesis ']' does not match opening parenthesis '(' on line 1", 2, 1, 1),
        ("(\n", SyntaxError, "'(' was never closed", 1, 1, 0),
        (")\n", SyntaxError, "unmatched ')'", 1, 1, 1),
        ("x \\ y\n", SyntaxError, "unexpected character after line continuation character", 1, 4, 0),
        ("x = \\\n", SyntaxError, "unexpected EOF while parsing", 1, 6, -1),
        ("if 1:\n  x\n y\n", IndentationError, "unindent does not match any outer indentation level", 3, 3, -1),
        ("if 1:\n\tx\n        y\n", TabError, "inconsistent use of tabs and spaces in indentation", 3, 1, 0),
        (
            "é = 0777\n",
            SyntaxError,
            "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            1,
            5,
            6,
        ),
        ("0o18\n", SyntaxError, "invalid digit '8' in octal literal", 1, 4, 4),
        ("1__0\n", SyntaxError, "invalid decimal literal", 1, 2, 2),
        ("1jx\n", SyntaxError, "invalid imaginary literal", 1, 2, 2),
        ("ub''\n", SyntaxError, "'u' and 'b' prefixes are incompatible", 1, 1, 3),
        ("a€\n", SyntaxError, "invalid character '€' (U+20AC)", 1, 2, 2),
        ("\u{A0}\n", SyntaxError, "invalid non-printable character U+00A0", 1, 1, 1),
    ];
    for (source, kind, message, line, offset, end_offset) in cases {
        let error = tokenize(source, Options::default()).error.expect(source).error;
        let found = (error.kind, error.message.as_str(), error.lineno, error.offset, error.end_offset);
        assert_eq!(found, (kind, message, line, offset, Some(end_offset)), "{source:?}");
    }
}

#[test]
fn limits() {
    let message = |source: String| tokenize(&source, Options::default()).error.map(|failure| failure.error.message);
    assert_eq!(message("(".repeat(201)).as_deref(), Some("too many nested parentheses"));
    assert_eq!(message("f'{".repeat(150)).as_deref(), Some("too many nested f-strings or t-strings"));
    let blocks: String = (0..101).map(|depth| " ".repeat(depth) + "if 1:\n").collect();
    assert_eq!(message(blocks).as_deref(), Some("too many levels of indentation"));
}

#[test]
fn warnings() {
    let stream = tokenize("z = 1if x else f'\\{y}'\n", Options::default());
    let found: Vec<_> = stream.warnings.iter().map(|warning| (warning.message.as_str(), warning.lineno)).collect();
    assert_eq!(found[0], ("invalid decimal literal", 1));
    assert!(found[1].0.starts_with("\"\\{\" is an invalid escape sequence. Such"));
    assert_eq!(stream.warnings[0].error.offset, 5);
}

#[test]
fn type_comments() {
    let options = Options { type_comments: true, ..Options::default() };
    let source = "x = 1  #  type:  int # c\n# type: ignore[a]\n";
    let stream = tokenize(source, options);
    let comments: Vec<_> = stream
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::TypeComment | TokenKind::TypeIgnore))
        .map(|token| (token.kind, token.text(source), token.line, token.col))
        .collect();
    assert_eq!(comments[0], (TokenKind::TypeComment, "int # c", 1, 17));
    assert_eq!(comments[1], (TokenKind::TypeIgnore, "[a]\n", 2, 14));
}

#[test]
fn numbers() {
    let int = |value: u64| Ok(Constant::Int(value.into()));
    assert_eq!(parse_number("0xFF_ff", 4300), int(0xFFFF));
    assert_eq!(parse_number("1_000", 4300), int(1000));
    assert_eq!(parse_number("1_0.5e1_0", 4300), Ok(Constant::Float(10.5e10)));
    assert_eq!(parse_number("2J", 4300), Ok(Constant::Complex { real: 0.0, imag: 2.0 }));
    let message = parse_number(&"1".repeat(4301), 4300).unwrap_err();
    assert!(
        message.starts_with("Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits;")
    );
}

#[test]
fn texts_of_expressions() {
    assert_eq!(expression_text("a = "), "a = ");
    assert_eq!(expression_text("a # c '\n + '#' "), "a \n + '#' ");
}

#[test]
fn the_module_tokenize() {
    let mut tokens = TokenInfos::new(Text::new("if é: # c\n  x\n", true), true);
    let mut shown = Vec::new();
    while let Some(item) = tokens.next() {
        let token = item.unwrap();
        shown.push(format!("{} {:?} {:?} {:?} {:?}", token.kind, token.string, token.start, token.end, token.line));
    }
    let expected = [
        r#"1 "if" (1, 0) (1, 2) "if é: # c\n""#,
        r#"1 "é" (1, 3) (1, 4) "if é: # c\n""#,
        r#"55 ":" (1, 4) (1, 5) "if é: # c\n""#,
        r##"65 "# c" (1, 6) (1, 9) "if é: # c\n""##,
        r#"4 "\n" (1, 9) (1, 10) "if é: # c\n""#,
        r#"5 "  " (2, 0) (2, 2) "  x""#,
        r#"1 "x" (2, 2) (2, 3) "  x""#,
        r#"4 "" (2, 3) (2, 4) "  x""#,
        r#"6 "" (3, 0) (3, 0) """#,
        r#"0 "" (3, 0) (3, 0) """#,
    ];
    assert_eq!(shown, expected);
}
