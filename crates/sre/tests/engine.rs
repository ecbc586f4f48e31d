//! The engine against CPython's answers (`cases.txt`, made by `make_cases.py`).

mod common;

use common::Std;
use pyrope_sre::{How, Matcher, Program, Scanner, Subject};
use std::convert::Infallible;

struct Text {
    narrow: Vec<u8>,
    middle: Vec<u16>,
    wide: Vec<u32>,
}

impl Text {
    fn new(points: &[u32]) -> Text {
        Text {
            narrow: points.iter().map(|&c| c as u8).collect(),
            middle: points.iter().map(|&c| c as u16).collect(),
            wide: points.to_vec(),
        }
    }

    fn subject(&self, kind: &str) -> Subject<'_> {
        match kind {
            "2" => Subject::Ucs2(&self.middle),
            "4" => Subject::Ucs4(&self.wide),
            _ => Subject::Latin1(&self.narrow),
        }
    }
}

fn words(field: &str) -> Vec<u32> {
    field.split_whitespace().map(|word| u32::from_str_radix(word, 16).unwrap()).collect()
}

fn spans(matcher: &Matcher, groups: usize) -> String {
    let mut out: Vec<String> = (0..=groups)
        .map(|group| matcher.group(group).map_or("-1,-1".to_owned(), |(start, end)| format!("{start},{end}")))
        .collect();
    out.push(matcher.last_index().unwrap_or(0).to_string());
    out.join(" ")
}

fn answer(fields: &[&str]) -> String {
    let [how, pos, end, groups, code, points, kind] = fields[1..8] else { panic!("a case of {} fields", fields.len()) };
    let (pos, end, groups): (usize, usize, usize) =
        (pos.parse().unwrap(), end.parse().unwrap(), groups.parse().unwrap());
    let program = Program::new(&words(code), groups, &Std).expect("valid code");
    let text = Text::new(&words(points));
    let subject = text.subject(kind);
    let mut check = || Ok::<(), Infallible>(());
    let how = match how {
        "match" => How::Match,
        "fullmatch" => How::FullMatch,
        "search" => How::Search,
        scan => {
            let how = if scan == "scan" { How::Search } else { How::Match };
            let mut scanner = Scanner::new(pos, end);
            let mut found = Vec::new();
            while scanner.next(&program, subject, how, &mut check).unwrap() {
                found.push(spans(&scanner.matcher, groups));
            }
            return if found.is_empty() { "-".to_owned() } else { found.join(";") };
        }
    };
    let mut matcher = Matcher::new();
    match matcher.run(&program, subject, pos, end, how, false, &mut check).unwrap() {
        true => spans(&matcher, groups),
        false => "-".to_owned(),
    }
}

#[test]
fn answers_are_cpythons() {
    let cases = match std::env::var("SRE_CASES") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("cases.txt").to_owned(),
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in cases.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let found = answer(&fields);
        count += 1;
        if found != fields[8] {
            wrong.push(format!("{line}\n    found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong[..wrong.len().min(25)].join("\n"));
}
