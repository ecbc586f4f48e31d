//! The serialised form: bytes that CPython 3.14 writes, and bytes that nobody writes.

use std::rc::Rc;

use dashu_int::IBig;
use pyrope_bytecode::marshal::{MarshalError, dump_code, dump_constant, load_code, load_constant};
use pyrope_bytecode::{Code, Constant, Listing, pyc};

/// `marshal.dumps(compile(…))` of a function with a handler, a `with`, a comprehension and odd constants.
const SAMPLE: &[u8] = include_bytes!("data/sample.marshal");

fn text(value: &str, interned: bool) -> Constant {
    Constant::Str { value: Rc::new(value.into()), interned }
}

fn int(value: i64) -> Constant {
    Constant::Int(value.into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn constants_have_cpythons_form() {
    let tuple = |items: Vec<Constant>| Constant::Tuple(items.into());
    let cases = [
        (Constant::None, "4e"),
        (Constant::Bool(true), "54"),
        (Constant::Ellipsis, "2e"),
        (Constant::Int(IBig::from(1) << 70), "6c0500000000000000000000000004"),
        (Constant::Int(-(IBig::from(1) << 15)), "690080ffff"),
        (int(-5), "e9fbffffff"),
        (Constant::Float(1.5), "67000000000000f83f"),
        (Constant::Complex { real: 0.0, imag: 1.0 }, "790000000000000000000000000000f03f"),
        (text("a", true), "da0161"),
        (text("a b", false), "7a03612062"),
        (text("é", true), "f402000000c3a9"),
        (tuple(vec![]), "a900"),
        (tuple(vec![int(1), tuple(vec![int(2)])]), "2902e9010000002901e902000000"),
        (Constant::FrozenSet(vec![int(1), text("b", true)].into()), "3e02000000da0162e901000000"),
        (Constant::Slice(Rc::new([int(1), Constant::None, Constant::None])), "3ae9010000004e4e"),
    ];
    for (constant, expected) in cases {
        let dumped = dump_constant(&constant);
        assert_eq!(hex(&dumped), expected, "{constant:?}");
        if !matches!(constant, Constant::FrozenSet(_)) {
            assert_eq!(load_constant(&dumped), Ok(constant));
        }
    }
}

#[test]
fn code_comes_back_byte_for_byte() {
    let code = load_code(SAMPLE).unwrap();
    assert_eq!(hex(&dump_code(&code)), hex(SAMPLE));
    assert_eq!(load_code(&dump_code(&code)), Ok(code));
}

#[test]
fn every_prefix_is_an_error() {
    for end in 0..SAMPLE.len() {
        assert!(load_code(&SAMPLE[..end]).is_err(), "{end}");
    }
}

#[test]
fn damaged_data_never_panics() {
    let mut data = SAMPLE.to_vec();
    let mut state = 12345u32;
    for at in 0..data.len() {
        let good = data[at];
        for _ in 0..4 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            data[at] = (state >> 16) as u8;
            if let Ok(code) = load_code(&data) {
                assert!(!Listing(&code).to_string().is_empty() || code.code.is_empty());
                dump_code(&code);
            }
        }
        data[at] = good;
    }
}

#[test]
fn bad_data_has_cpythons_message() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "EOF read where object expected"),
        (b"i\x01", "marshal data too short"),
        (b"?", "bad marshal data (unknown type code)"),
        (b"r\x00\x00\x00\x00", "bad marshal data (invalid reference)"),
        (b"0", "NULL object in marshal data for object"),
        (b"l\x01\x00\x00\x00\xff\xff", "bad marshal data (digit out of range in long)"),
        (b"l\x01\x00\x00\x00\x00\x00", "bad marshal data (unnormalized long data)"),
        (b"(\xff\xff\xff\xff", "bad marshal data (tuple size out of range)"),
        (b"\xa9\x01r\x00\x00\x00\x00", "bad marshal data (invalid reference)"),
    ];
    for (data, message) in cases {
        assert_eq!(load_constant(data).unwrap_err().to_string(), message, "{data:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| [b")\x01".repeat(levels), b"N".to_vec()].concat();
    assert!(load_constant(&deep(1500)).is_ok());
    assert_eq!(load_constant(&deep(100_000)), Err(MarshalError::Value("recursion limit exceeded")));
}

#[test]
fn pyc_headers() {
    let code: Rc<Code> = load_code(SAMPLE).unwrap();
    let stamp = pyc::Validation::Timestamp { mtime: 0x1234_5678, size: 99 };
    let file = pyc::write(&code, stamp);
    assert_eq!(&file[..16], b"\x2b\x0e\r\n\0\0\0\0\x78\x56\x34\x12\x63\0\0\0");
    assert_eq!(pyc::read(&file), Ok((stamp, code)));

    let hash = pyc::source_hash(b"hello world, abc");
    assert_eq!(hash, [22, 198, 122, 98, 158, 228, 143, 44]);
    let checked = pyc::Validation::Hash { hash, check: true };
    assert_eq!(pyc::read_header(&pyc::header(checked)), Ok(checked));
    assert_eq!(pyc::read_header(b"\x2b\x0e\r\n\x02\0\0\0aaaaaaaa"), Err(pyc::PycError::BadFlags(2)));
    assert_eq!(pyc::read_header(b"\x2b\x0e\r\n\0\0\0"), Err(pyc::PycError::Eof));
    assert_eq!(pyc::read_header(b"something else"), Err(pyc::PycError::BadMagic));
}

#[test]
fn listing_names_operands_and_handlers() {
    let listing = Listing(&load_code(SAMPLE).unwrap()).to_string();
    for expected in [
        "\n   2             2 LOAD_CONST                         0 (\"d\")\n",
        "SET_FUNCTION_ATTRIBUTE             2 (kwdefaults)\n",
        "Disassembly of <code object f, line 2>:\n",
        "COMPARE_OP                         18 (bool(<))\n",
        "LOAD_SPECIAL                       1 (__exit__)\n",
        "CALL_INTRINSIC_2                   1 (INTRINSIC_PREP_RERAISE_STAR)\n",
    ] {
        assert!(listing.contains(expected), "{expected}\n{listing}");
    }
    assert!(listing.contains("ExceptionTable:\n  L1 to L2 -> "), "{listing}");
}
