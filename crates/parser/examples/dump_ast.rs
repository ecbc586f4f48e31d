//! Prints what `ast.dump(ast.parse(source), include_attributes=True)` prints, for each file named.
//!
//! `dump_ast [--mode exec|eval|single|func_type] [--type-comments] [--feature MINOR] [--incomplete] [--dont-imply-dedent]
//! [--warnings] [--time] FILE…`: with `--warnings` only the warnings, with `--time` only how long parsing took. Errors are
//! one line: class, then the attributes of the exception.

use pyrope_parser::{Mode, Options, dump, parse};

fn main() {
    let mut mode = Mode::Exec;
    let mut options = Options::default();
    let mut time = false;
    let mut warnings = false;
    let mut arguments = std::env::args().skip(1);
    let mut files = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--mode" => {
                mode = match arguments.next().as_deref() {
                    Some("eval") => Mode::Eval,
                    Some("single") => Mode::Single,
                    Some("func_type") => Mode::FuncType,
                    _ => Mode::Exec,
                }
            }
            "--type-comments" => options.type_comments = true,
            "--time" => time = true,
            "--warnings" => warnings = true,
            "--incomplete" => options.allow_incomplete = true,
            "--dont-imply-dedent" => options.dont_imply_dedent = true,
            "--feature" => {
                options.feature_version = arguments.next().and_then(|minor| minor.parse().ok()).unwrap_or(14);
            }
            _ => files.push(argument),
        }
    }
    let many = files.len() > 1;
    let mut total = std::time::Duration::ZERO;
    for file in &files {
        let Ok(source) = std::fs::read_to_string(file) else {
            println!("{file}: not UTF-8");
            continue;
        };
        let source = source.strip_prefix('\u{feff}').unwrap_or(&source).replace("\r\n", "\n").replace('\r', "\n");
        let start = std::time::Instant::now();
        let result = parse(&source, mode, options);
        total += start.elapsed();
        if time {
            continue;
        }
        if many {
            println!("## {file}");
        }
        match result {
            Ok(parsed) if warnings => {
                for warning in &parsed.warnings {
                    let error = &warning.error;
                    println!(
                        "{:?} {} {:?} -> {:?} {} {} {:?} {:?}",
                        warning.category,
                        warning.lineno,
                        warning.message,
                        error.message,
                        error.lineno,
                        error.offset,
                        error.end_lineno,
                        error.end_offset
                    );
                }
            }
            Ok(parsed) => println!("{}", dump(&parsed.module)),
            Err(error) => println!(
                "{:?} {:?} {} {} {:?} {:?}{} {:?} {:?}",
                error.kind,
                error.message,
                error.lineno,
                error.offset,
                error.end_lineno,
                error.end_offset,
                if error.incomplete { " incomplete" } else { "" },
                error.text,
                error.last_statement
            ),
        }
    }
    if time {
        println!("{:.1} ms", total.as_secs_f64() * 1e3);
    }
}
