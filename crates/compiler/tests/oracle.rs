//! Every code object of the standard library against CPython 3.14's.
//!
//! Runs if `PYROPE_CPYTHON` names a CPython 3.14; `PYROPE_SHOW=20` prints so many differences, `PYROPE_OPTIMIZE=2`
//! compiles as `-OO` does.
//! `cargo test -p pyrope-compiler --test oracle -- --nocapture`

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::process::{Command, Stdio};

use pyrope_bytecode::{Code, Constant, Listing, marshal};
use pyrope_compiler::{CompileOptions, compile_source};

/// Writes name, source and marshalled code of each file, every part after its length in eight bytes.
const SCRIPT: &str = r#"
import marshal, os, sys, warnings
warnings.simplefilter("ignore")
root = os.path.dirname(os.__file__)
def part(data):
    sys.stdout.buffer.write(len(data).to_bytes(8, "little") + data)
for folder, folders, files in os.walk(root):
    folders.sort()
    for file in sorted(files):
        path = os.path.join(folder, file)
        if not file.endswith(".py") or "site-packages" in path:
            continue
        try:
            data = open(path, "rb").read()
            source = data.decode().removeprefix("\ufeff").replace("\r\n", "\n")
            code = compile(data, path, "exec", dont_inherit=True, optimize=int(sys.argv[1]))
        except (SyntaxError, ValueError):
            continue
        part(path.encode())
        part(source.encode())
        part(marshal.dumps(code))
"#;

#[derive(Default)]
struct Tally {
    files: usize,
    same_bytes: usize,
    failures: Vec<String>,
    equal: usize,
    different: usize,
    by_kind: BTreeMap<String, usize>,
    shown: usize,
}

fn part(input: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length).ok()?;
    let mut data = vec![0; u64::from_le_bytes(length) as usize];
    input.read_exact(&mut data).ok()?;
    Some(data)
}

/// Equality of constants, code objects aside, sets in any order.
fn same_constant(a: &Constant, b: &Constant) -> bool {
    let all = |a: &[Constant], b: &[Constant]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_constant(a, b));
    match (a, b) {
        (Constant::Code(_), Constant::Code(_)) => true,
        (Constant::Tuple(a), Constant::Tuple(b)) => all(a, b),
        (Constant::FrozenSet(a), Constant::FrozenSet(b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| same_constant(a, b)))
        }
        (Constant::Str { value: a, .. }, Constant::Str { value: b, .. }) => a == b,
        (Constant::Float(a), Constant::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

fn differing(a: &Code, b: &Code) -> Vec<&'static str> {
    let mut fields = Vec::new();
    macro_rules! compare {
        ($($field:ident)*) => { $(if a.$field != b.$field { fields.push(stringify!($field)); })* };
    }
    compare!(argcount posonlyargcount kwonlyargcount stacksize flags code names localsplusnames localspluskinds);
    compare!(filename name qualname firstlineno linetable exceptiontable);
    let same =
        a.consts.len() == b.consts.len() && a.consts.iter().zip(b.consts.iter()).all(|(a, b)| same_constant(a, b));
    if !same {
        fields.push("consts");
    }
    fields
}

fn inner(code: &Code) -> impl Iterator<Item = &Code> {
    code.consts.iter().filter_map(|constant| match constant {
        Constant::Code(code) => Some(&**code),
        _ => None,
    })
}

fn compare(ours: &Code, theirs: &Code, tally: &mut Tally) {
    let fields = differing(ours, theirs);
    if fields.is_empty() {
        tally.equal += 1;
    } else {
        tally.different += 1;
        *tally.by_kind.entry(fields.join(" ")).or_default() += 1;
        let wanted = std::env::var("PYROPE_SHOW").ok().and_then(|number| number.parse().ok()).unwrap_or(0);
        if tally.shown < wanted {
            tally.shown += 1;
            println!("{} line {}: {}", ours.qualname, ours.firstlineno, fields.join(" "));
            println!("ours\n{}\nCPython's\n{}", Listing(ours), Listing(theirs));
        }
    }
    inner(ours).zip(inner(theirs)).for_each(|(ours, theirs)| compare(ours, theirs, tally));
}

#[test]
fn standard_library_is_equal() {
    let Some(cpython) = std::env::var_os("PYROPE_CPYTHON") else { return };
    let optimize: u8 = std::env::var("PYROPE_OPTIMIZE").map_or(0, |level| level.parse().unwrap());
    let options = CompileOptions { optimize, ..CompileOptions::default() };
    let level = optimize.to_string();
    let mut child = Command::new(cpython).args(["-c", SCRIPT, &level]).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = BufReader::new(child.stdout.take().unwrap());
    let mut tally = Tally::default();
    while let (Some(path), Some(source), Some(data)) = (part(&mut input), part(&mut input), part(&mut input)) {
        let (path, source) = (String::from_utf8(path).unwrap(), String::from_utf8(source).unwrap());
        let theirs = marshal::load_code(&data).unwrap();
        tally.files += 1;
        let filename = path.as_str().into();
        match compile_source(&source, pyrope_parser::Mode::Exec, &filename, &options) {
            Ok(output) => {
                tally.same_bytes += usize::from(marshal::dump_code(&output.code) == data);
                compare(&output.code, &theirs, &mut tally);
            }
            Err(error) => tally.failures.push(format!("{path}: {error:?}")),
        }
    }
    child.wait().unwrap();
    println!("{} files, {} the same byte for byte", tally.files, tally.same_bytes);
    println!("{} code objects equal, {} not: {:?}", tally.equal, tally.different, tally.by_kind);
    println!("not compiled: {:#?}", tally.failures);
    assert!(tally.files > 500 && tally.failures.is_empty());
    assert_eq!(tally.different, 0);
}
