//! Prints the tokens of files: `tokens FILE…` as the parser sees them, `tokens --extra FILE…` as the module `tokenize`
//! shows them, `tokens --time FILE…` only how fast they are made.

use std::io::Write;
use std::time::Instant;

use pyrope_parser::tokenizer::{self, Options, Text, TokenInfos};
use pyrope_text::{encoding, source};

fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mode = match arguments.first().map(String::as_str) {
        Some("--extra" | "--time") => arguments.remove(0),
        _ => String::new(),
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut bytes, mut seconds) = (0, 0.0);
    for path in arguments {
        let content = std::fs::read(&path)?;
        let text = match encoding::decode(&content, None, None) {
            Ok(decoded) => decoded.text,
            Err(error) => {
                writeln!(out, "file {path}\nerror {error:?}")?;
                continue;
            }
        };
        match mode.as_str() {
            "--extra" => {
                writeln!(out, "file {path}")?;
                extra(&mut out, &text)?;
            }
            "--time" => {
                let start = Instant::now();
                let text = source::normalise(&text, true);
                let stream = tokenizer::tokenize(&text, Options::default());
                seconds += start.elapsed().as_secs_f64();
                bytes += text.len();
                std::hint::black_box(stream);
            }
            _ => {
                writeln!(out, "file {path}")?;
                plain(&mut out, &source::normalise(&text, true))?;
            }
        }
    }
    if mode == "--time" {
        writeln!(out, "{bytes} bytes, {seconds:.3} s, {:.1} MB/s", bytes as f64 / seconds / 1e6)?;
    }
    out.flush()
}

fn plain(out: &mut impl Write, text: &str) -> std::io::Result<()> {
    let stream = tokenizer::tokenize(text, Options::default());
    for token in &stream.tokens {
        let (line, col, end_line, end_col) = (token.line, token.col, token.end_line, token.end_col);
        writeln!(out, "{line},{col}-{end_line},{end_col} {:?} {:?}", token.kind, token.text(text))?;
    }
    for warning in &stream.warnings {
        writeln!(out, "warning {} {}", warning.lineno, warning.message)?;
    }
    if let Some(failure) = &stream.error {
        writeln!(out, "error {failure:?}")?;
    }
    Ok(())
}

fn extra(out: &mut impl Write, text: &str) -> std::io::Result<()> {
    let implicit = !text.is_empty() && !text.ends_with('\n');
    let text = if implicit { format!("{text}\n") } else { text.to_string() };
    let mut tokens = TokenInfos::new(Text::new(&text, implicit), true);
    while let Some(item) = tokens.next() {
        match item {
            Ok(token) => {
                let ((row, col), (end_row, end_col)) = (token.start, token.end);
                let (string, line) = (hex(token.string), hex(token.line));
                writeln!(out, "{} {row} {col} {end_row} {end_col} {string} {line}", token.kind)?;
            }
            Err(error) => {
                writeln!(out, "error {:?} {:?} {} {}", error.kind, error.message, error.lineno, error.offset)?
            }
        }
    }
    Ok(())
}

/// Text in a form that another program can compare byte by byte.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>() + "."
}
