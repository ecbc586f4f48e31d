//! Declared encodings and undecodable sources, as CPython 3.14 answers them.

use pyrope_text::encoding::{DecodeError, decode};
use pyrope_text::source::normalise;

fn failure(source: &[u8]) -> DecodeError {
    decode(source, None, None).unwrap_err()
}

#[test]
fn declared_encodings() {
    let cases: [(&[u8], &str, &str); 10] = [
        (b"x", "x", "utf-8"),
        (b"\xEF\xBB\xBFx", "x", "utf-8"),
        (b"# coding: latin-1\n'\xE9'", "# coding: latin-1\n'\u{E9}'", "iso-8859-1"),
        (b"# coding: l1\n'\x80'", "# coding: l1\n'\u{80}'", "l1"),
        (b"#!x\n# vim: set fileencoding=koi8-r :\n\xC1", "#!x\n# vim: set fileencoding=koi8-r :\nа", "koi8-r"),
        (b"# coding: cp1252\n'\x80'", "# coding: cp1252\n'€'", "cp1252"),
        (b"# coding: cp932\n'\x82\xA0'", "# coding: cp932\n'あ'", "cp932"),
        (b"x\n# coding: foo\n", "x\n# coding: foo\n", "utf-8"),
        (b"\n\n# coding: foo\n", "\n\n# coding: foo\n", "utf-8"),
        (b"# coding =foo\n", "# coding =foo\n", "utf-8"),
    ];
    for (source, text, encoding) in cases {
        let decoded = decode(source, None, None).unwrap();
        assert_eq!((decoded.text.as_str(), decoded.encoding.as_str()), (text, encoding), "{source:?}");
    }
}

#[test]
fn undecodable_sources() {
    let cases: [(&[u8], &str, u32, i32); 7] = [
        (
            b"x=1\n# \xFF\n",
            "Non-UTF-8 code starting with '\\xff' on line 2, but no encoding declared; \
             see https://peps.python.org/pep-0263/ for details",
            2,
            3,
        ),
        (b"\n# coding: foo", "unknown encoding: foo", 0, -1),
        (b"\xEF\xBB\xBF# coding: latin-1\n", "encoding problem: iso-8859-1 with BOM", 1, 0),
        (
            b"# coding: ascii\n\xE9",
            "'ascii' codec can't decode byte 0xe9 in position 16: ordinal not in range(128)",
            0,
            -1,
        ),
        (
            b"# coding: cp1252\n'\x81'",
            "'charmap' codec can't decode byte 0x81 in position 18: character maps to <undefined>",
            0,
            -1,
        ),
        (
            b"# coding: utf8\n\xE9\n",
            "'utf-8' codec can't decode byte 0xe9 in position 15: invalid continuation byte",
            0,
            -1,
        ),
        (
            b"# coding: shift_jis\n\x81\n",
            "'shift_jis' codec can't decode byte 0x81 in position 20: illegal multibyte sequence",
            0,
            -1,
        ),
    ];
    for (source, message, lineno, offset) in cases {
        let error = failure(source);
        assert_eq!((error.message.as_str(), error.lineno, error.offset), (message, lineno, offset), "{source:?}");
    }
}

#[test]
fn the_runtime_may_decode() {
    let mut seen = String::new();
    let mut decoder = |name: &str, bytes: &[u8]| {
        seen = name.to_string();
        Ok(String::from_utf8_lossy(bytes).to_uppercase())
    };
    let decoded = decode(b"# coding: loud\nx", None, Some(&mut decoder)).unwrap();
    assert_eq!(decoded.text, "# CODING: LOUD\nX");
    assert_eq!(seen, "loud");
}

#[test]
fn line_ends() {
    let cases =
        [("a\r\nb\rc", "a\nb\nc\n"), ("a\r", "a\n"), ("", ""), ("a", "a\n"), ("a\n", "a\n"), ("\r\r\n", "\n\n")];
    for (text, expected) in cases {
        assert_eq!(normalise(text, true), expected, "{text:?}");
    }
    assert_eq!(normalise("a", false), "a");
}
