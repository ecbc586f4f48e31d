//! The Unicode database against CPython 3.14's (see `oracle.rs`): every code point by checksum, texts by example.

mod common;

use common::{check, checksum, unescape};
use pyrope_textual::unicode::{self as ud, Form, Found};

fn points(text: &[u32]) -> String {
    text.iter().map(|c| format!("{c:x}")).collect::<Vec<_>>().join(" ")
}

fn read_points(text: &str) -> Vec<u32> {
    text.split(' ').map(|c| u32::from_str_radix(c, 16).expect("hexadecimal")).collect()
}

fn form(name: &str) -> Form {
    Form::from_name(&name.to_uppercase()).expect("a form")
}

fn normal(text: &[u32], name: &str) -> String {
    points(&ud::normalize(text, form(name)).unwrap_or_else(|| text.to_vec()))
}

fn collect(put_all: impl Fn(&mut Vec<u32>)) -> String {
    let mut out = Vec::new();
    put_all(&mut out);
    points(&out)
}

fn flag(value: bool) -> String {
    u8::from(value).to_string()
}

fn number(value: Option<u32>) -> String {
    value.map_or("-1".to_owned(), |n| n.to_string())
}

fn property(name: &str, c: u32) -> String {
    match name {
        "category" => ud::category(c).to_owned(),
        "bidirectional" => ud::bidirectional(c).to_owned(),
        "combining" => ud::combining(c).to_string(),
        "width" => ud::east_asian_width(c).to_owned(),
        "mirrored" => flag(ud::is_mirrored(c)),
        "decomposition" => ud::decomposition(c),
        "numeric" => format!("{:016x}", ud::numeric(c).unwrap_or(-1.0).to_bits()),
        "digit" => number(ud::digit(c)),
        "decimal" => number(ud::decimal(c)),
        "name" => ud::name(c).unwrap_or_default(),
        "nfc" | "nfd" | "nfkc" | "nfkd" => normal(&[c], name),
        "upper" => collect(|out| ud::upper(c, |m| out.push(m))),
        "lower" => collect(|out| ud::lower(c, |m| out.push(m))),
        "title" => collect(|out| ud::title(c, |m| out.push(m))),
        "fold" => collect(|out| ud::fold(c, |m| out.push(m))),
        "alpha" => flag(ud::is_alpha(c)),
        "alnum" => flag(ud::is_alnum(c)),
        "isdecimal" => flag(ud::is_decimal(c)),
        "isdigit" => flag(ud::is_digit(c)),
        "isnumeric" => flag(ud::is_numeric(c)),
        "printable" => flag(ud::is_printable(c)),
        "space" => flag(ud::is_space(c)),
        "lowercase" => flag(ud::is_lower(c)),
        "uppercase" => flag(ud::is_upper(c)),
        "start" => flag(ud::is_id_start(c)),
        "continue" => flag(ud::is_id_continue(c)),
        "line" => flag(ud::is_line_end(c)),
        "lookup" => flag(ud::name(c).is_some_and(|name| ud::lookup(&name) == Some(Found::Char(c)))),
        other => panic!("unknown property {other}"),
    }
}

#[test]
fn database() {
    check("unicode.tsv", |row| match row[0] {
        "all" => checksum((0..0x110000).map(|c| property(row[1], c))),
        "normalize" => normal(&read_points(row[2]), row[1]),
        "is_normalized" => flag(ud::is_normalized(&read_points(row[2]), form(row[1]))),
        "lower" => collect(|out| ud::lower_text(&read_points(row[1]), |c| out.push(c))),
        "title" => collect(|out| ud::title_text(&read_points(row[1]), |c| out.push(c))),
        _ => {
            let name: String = unescape(row[1]).into_iter().filter_map(char::from_u32).collect();
            match ud::lookup(&name) {
                Some(Found::Char(c)) => points(&[c]),
                Some(Found::Sequence(text)) => points(&text),
                None => "!KeyError".to_owned(),
            }
        }
    });
}
