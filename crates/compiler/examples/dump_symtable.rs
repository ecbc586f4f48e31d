//! Writes the scopes of the files named on standard input, one a line, as `_symtable` has them.

use std::io::{BufRead, Write as _};

use pyrope_compiler::symtable::EntryId;
use pyrope_compiler::{SymbolTable, symtable};
use pyrope_parser::{Mode, Options, parse};

fn main() {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        if out.write_all(format!("FILE\t{path}\n{}", dump(&path)).as_bytes()).is_err() {
            return;
        }
    }
}

fn dump(path: &str) -> String {
    let Ok(source) = std::fs::read_to_string(path) else { return "UNREADABLE\n".into() };
    let source = source.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let parsed = match parse(&source, Mode::Exec, Options::default()) {
        Ok(parsed) => parsed,
        Err(error) => return format!("ERROR\t{}\n", error.message),
    };
    match symtable(&parsed.module, &Default::default()) {
        Ok(table) => {
            let mut text = String::new();
            write_entry(&table, EntryId::TOP, 0, &mut text);
            text
        }
        Err(error) => format!("ERROR\t{error}\n"),
    }
}

fn write_entry(table: &SymbolTable, id: EntryId, depth: usize, text: &mut String) {
    let entry = table.entry(id);
    let mut symbols: Vec<String> = entry.symbols.iter().map(|(name, flags)| format!("{name}={flags}")).collect();
    symbols.sort();
    let fields = [
        depth.to_string(),
        entry.name.to_string(),
        (entry.block as u8).to_string(),
        entry.range.line.to_string(),
        u8::from(entry.nested).to_string(),
        symbols.join(" "),
        entry.varnames.join(" "),
    ];
    text.push_str(&fields.join("\t"));
    text.push('\n');
    for &child in &entry.children {
        write_entry(table, child, depth + 1, text);
    }
}
