//! Escapes and identifiers, as CPython 3.14 answers them.

use pyrope_text::escape::{character_by_name, decode_bytes, decode_str};
use pyrope_text::identifier::{first_invalid, is_identifier, is_printable, normalise};

#[test]
fn escapes() {
    let cases = [
        (r"a\tb\x41\u20ac\U0001F600\101\0", "a\tbA€😀A\0"),
        ("\\\n", ""),
        (r"\N{BULLET}\N{bel}\N{HANGUL SYLLABLE GAG}\N{VS16}", "•\u{7}각\u{FE0F}"),
        ("\\é\\", "\\é\\"),
    ];
    for (text, expected) in cases {
        let (decoded, invalid) = decode_str(text, true).unwrap();
        assert_eq!(decoded.as_str(), Some(expected), "{text}");
        assert_eq!(invalid, None);
    }
    assert_eq!(decode_str(r"\ud800", true).unwrap().0.as_bytes(), b"\xED\xA0\x80");
    assert_eq!(decode_bytes(br"\x00\377\q").unwrap().0, b"\x00\xFF\\q");
}

#[test]
fn broken_escapes() {
    let cases = [
        (r"\x", r"'unicodeescape' codec can't decode bytes in position 0-1: truncated \xXX escape"),
        (r"é\u12", r"'unicodeescape' codec can't decode bytes in position 10-13: truncated \uXXXX escape"),
        (r"\U00110000", "'unicodeescape' codec can't decode bytes in position 0-9: illegal Unicode character"),
        (r"\N", r"'unicodeescape' codec can't decode bytes in position 0-1: malformed \N character escape"),
        (r"\N{é}", "'unicodeescape' codec can't decode bytes in position 0-13: unknown Unicode character name"),
        (
            r"\N{KEYCAP NUMBER SIGN}",
            "'unicodeescape' codec can't decode bytes in position 0-21: unknown Unicode character name",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(decode_str(text, true).unwrap_err(), message, "{text}");
    }
    assert_eq!(decode_bytes(br"ab\x1").unwrap_err(), r"invalid \x escape at position 2");
}

#[test]
fn invalid_escapes() {
    let warn = |text: &str| decode_str(text, true).unwrap().1.unwrap();
    let invalid = warn(r"ok\d\q");
    assert_eq!(invalid.at, 2);
    assert_eq!(
        invalid.warning(),
        r#""\d" is an invalid escape sequence. Such sequences will not work in the future. Did you mean "\\d"? A raw string is also an option."#
    );
    assert_eq!(
        warn(r"\777").error(),
        r#""\777" is an invalid octal escape sequence. Did you mean "\\777"? A raw string is also an option."#
    );
}

#[test]
fn names_are_exact() {
    assert_eq!(character_by_name("latin small letter a"), Some('a'));
    assert_eq!(character_by_name("LATIN_SMALL_LETTER_A"), None);
    assert_eq!(character_by_name("LATINSMALLLETTERA"), None);
    assert_eq!(character_by_name("TANGUT IDEOGRAPH-17000"), Some('\u{17000}'));
}

#[test]
fn identifiers() {
    for name in ["x", "_1", "λ", "℘", "a·", "ª", "𝐱"] {
        assert!(is_identifier(name), "{name}");
    }
    assert_eq!(first_invalid("a€b"), Some((1, '€')));
    assert_eq!(first_invalid("1a"), Some((0, '1')));
    assert_eq!(normalise("ﬁ𝐱"), "fix");
    assert!(is_printable('€') && !is_printable('\u{A0}') && !is_printable('\u{200B}'));
}
