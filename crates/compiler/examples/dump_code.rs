//! Compiles the files named on standard input, one a line, and writes each code object as a line of fields. Arguments
//! are the optimisation level, the flags and the mode of `compile()`.
//!
//! Another implementation that writes the same lines can be compared field by field.

use std::fmt::Write as _;
use std::io::{BufRead, Write as _};
use std::rc::Rc;

use pyrope_bytecode::{Code, Constant};
use pyrope_compiler::{CompileError, CompileOptions, compile_source};
use pyrope_parser::Mode;
use pyrope_text::Wtf8Buf;

fn main() {
    let number = |index| std::env::args().nth(index).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let options = CompileOptions { optimize: number(1) as u8, flags: number(2), ..CompileOptions::default() };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        let text = dump(&path, &options);
        if out.write_all(format!("FILE\t{path}\n{text}").as_bytes()).is_err() {
            return;
        }
    }
}

fn mode() -> Mode {
    match std::env::args().nth(3).as_deref() {
        Some("eval") => Mode::Eval,
        Some("single") => Mode::Single,
        _ => Mode::Exec,
    }
}

fn dump(path: &str, options: &CompileOptions) -> String {
    let Ok(source) = std::fs::read(path) else { return "UNREADABLE\n".into() };
    let source = match pyrope_text::encoding::decode(&source, None, None) {
        Ok(decoded) => decoded.text,
        Err(error) => return format!("ERROR\t{}\t{}\t{}\n", error.message, error.lineno, error.offset),
    };
    match compile_source(&source, mode(), &Wtf8Buf::from(path), options) {
        Ok(output) => {
            let mut text = String::new();
            for warning in &output.warnings {
                let error = &warning.error;
                let _ = writeln!(text, "WARNING\t{}\t{}\t{}", warning.message, warning.lineno, error.offset);
            }
            write_code(&mut text, &output.code);
            text
        }
        Err(CompileError::Syntax(error)) => format!(
            "ERROR\t{}\t{}\t{}\t{:?}\t{:?}\n",
            error.message, error.lineno, error.offset, error.end_lineno, error.end_offset
        ),
        Err(error) => format!("ERROR\t{}: {error}\n", error.class()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_code(text: &mut String, code: &Rc<Code>) {
    let mut nested = Vec::new();
    let consts: Vec<String> = code.consts.iter().map(|constant| show(constant, &mut nested)).collect();
    let fields = [
        code.qualname.to_string(),
        code.name.to_string(),
        format!("{} {} {}", code.argcount, code.posonlyargcount, code.kwonlyargcount),
        code.stacksize.to_string(),
        format!("{:x}", code.flags),
        code.firstlineno.to_string(),
        hex(&code.code),
        consts.join(" "),
        code.names.join(" "),
        code.localsplusnames.join(" "),
        hex(&code.localspluskinds),
        hex(&code.exceptiontable),
        hex(&code.linetable),
    ];
    let _ = writeln!(text, "CODE\t{}", fields.join("\t"));
    for code in &nested {
        write_code(text, code);
    }
}

fn show(constant: &Constant, nested: &mut Vec<Rc<Code>>) -> String {
    let all = |items: &[Constant], nested: &mut Vec<Rc<Code>>| {
        items.iter().map(|item| show(item, nested)).collect::<Vec<_>>()
    };
    match constant {
        Constant::None => "None".into(),
        Constant::Ellipsis => "...".into(),
        Constant::Bool(value) => format!("b{}", u8::from(*value)),
        Constant::Int(value) => format!("i{value}"),
        Constant::Float(value) => format!("f{:016x}", value.to_bits()),
        Constant::Complex { real, imag } => format!("c{:016x}{:016x}", real.to_bits(), imag.to_bits()),
        Constant::Str { value, .. } => format!("s{}", hex(value.as_bytes())),
        Constant::Bytes(value) => format!("y{}", hex(value)),
        Constant::Tuple(items) => format!("({})", all(items, nested).join(",")),
        Constant::FrozenSet(items) => {
            let mut items = all(items, nested);
            items.sort();
            format!("{{{}}}", items.join(","))
        }
        Constant::Slice(items) => format!("[{}]", all(&items[..], nested).join(":")),
        Constant::Code(code) => {
            nested.push(code.clone());
            format!("<{}>", code.qualname)
        }
    }
}
