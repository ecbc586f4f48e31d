//! What stands before and behind the root element, but for declarations: see [`super::declarations`].

use super::codes::*;
use super::events::{Event, Handler};
use super::input::{is_name, is_name_start, is_space};
use super::parser::{Parser, Scan, State, Stop, char_at, first_bad, name_end, skip_space};

/// A token of the document type declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Space,
    /// `<!NAME`
    Open,
    /// `>`
    Close,
    Name,
    /// Name characters that are no name.
    Nmtoken,
    /// `#NAME`
    Pound,
    Literal,
    /// `%name;`
    ParameterReference,
    /// A single character: `[ ] ( | , %`, or `)` and a name with what follows of `? * +`.
    Mark(u8),
}

/// A token and its range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// The token at `at`.
pub(super) fn lexeme(text: &str, at: usize) -> Scan<Lexeme> {
    let make = |token, end| Ok(Lexeme { token, start: at, end });
    let named = |from: usize| text[from..].find(|c| !is_name(c)).map(|length| from + length).ok_or(Stop::More);
    match char_at(text, at)? {
        c if is_space(c) => make(Token::Space, skip_space(text, at)),
        '<' => match char_at(text, at + 1)? {
            '!' if is_name_start(char_at(text, at + 2)?) => {
                let end = named(at + 2)?;
                if !text[end..].starts_with(|c| is_space(c) || c == '%') {
                    return Err(Stop::Fail(INVALID_TOKEN, end));
                }
                make(Token::Open, end)
            }
            '!' => Err(Stop::Fail(INVALID_TOKEN, at + 2)),
            _ => Err(Stop::Fail(INVALID_TOKEN, at + 1)),
        },
        '>' => make(Token::Close, at + 1),
        quote @ ('"' | '\'') => match text[at + 1..].find(quote) {
            Some(length) => match first_bad(text, at + 1, at + 1 + length) {
                Some(bad) => Err(Stop::Fail(INVALID_TOKEN, bad)),
                None => make(Token::Literal, at + length + 2),
            },
            None => Err(Stop::More),
        },
        '%' => match text[at + 1..].chars().next() {
            Some(c) if is_name_start(c) => {
                let end = named(at + 1)?;
                if text[end..].starts_with(';') {
                    make(Token::ParameterReference, end + 1)
                } else {
                    Err(Stop::Fail(INVALID_TOKEN, end))
                }
            }
            Some(c) if is_space(c) => make(Token::Mark(b'%'), at + 1),
            Some(_) => Err(Stop::Fail(INVALID_TOKEN, at + 1)),
            None => Err(Stop::More),
        },
        '#' if is_name_start(char_at(text, at + 1)?) => make(Token::Pound, named(at + 1)?),
        c @ ('[' | ']' | '(' | '|' | ',') => make(Token::Mark(c as u8), at + 1),
        ')' => {
            let quantified = matches!(text.as_bytes().get(at + 1), Some(b'?' | b'*' | b'+'));
            make(Token::Mark(b')'), at + 1 + usize::from(quantified))
        }
        c if is_name(c) => {
            let end = named(at)?;
            if !text[end..].starts_with(|c| is_space(c) || ">),|[%?*+".contains(c)) {
                return Err(Stop::Fail(INVALID_TOKEN, end));
            }
            let quantified = matches!(text.as_bytes().get(end), Some(b'?' | b'*' | b'+'));
            make(if is_name_start(c) { Token::Name } else { Token::Nmtoken }, end + usize::from(quantified))
        }
        _ => Err(Stop::Fail(INVALID_TOKEN, at)),
    }
}

impl Parser {
    /// Reads one thing outside of the root element.
    pub(super) fn prolog(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let first = char_at(text, at)?;
        if is_space(first) {
            let end = skip_space(text, at);
            self.emit(Event::Piece(None), at, end);
            self.consume(end);
            return Ok(());
        }
        let after_root = self.state == State::Epilog;
        if first != '<' {
            let code = if after_root { JUNK_AFTER_DOC_ELEMENT } else { SYNTAX };
            return Err(match lexeme(text, at) {
                Err(Stop::More) if self.may_grow() => Stop::More,
                Ok(_) | Err(Stop::More) => Stop::Fail(code, at),
                Err(stop) => stop,
            });
        }
        match char_at(text, at + 1)? {
            '?' => self.instruction(),
            '!' => match char_at(text, at + 2)? {
                '-' => self.comment(),
                '[' => Err(Stop::Fail(if after_root { JUNK_AFTER_DOC_ELEMENT } else { SYNTAX }, at)),
                c if is_name_start(c) => {
                    let end = lexeme(text, at)?.end;
                    if after_root {
                        return Err(Stop::Fail(JUNK_AFTER_DOC_ELEMENT, at));
                    }
                    if &text[at..end] != "<!DOCTYPE" || !self.dtd.name.is_empty() {
                        return Err(Stop::Fail(SYNTAX, at));
                    }
                    self.doctype()
                }
                _ => Err(Stop::Fail(INVALID_TOKEN, at + 2)),
            },
            c if is_name_start(c) && after_root => Err(Stop::Fail(JUNK_AFTER_DOC_ELEMENT, at)),
            c if is_name_start(c) => self.start_tag(),
            _ => Err(Stop::Fail(INVALID_TOKEN, at + 1)),
        }
    }

    /// `<!-- … -->`
    pub(super) fn comment(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        for offset in 2..4 {
            if char_at(text, at + offset)? != '-' {
                return Err(Stop::Fail(INVALID_TOKEN, at + offset));
            }
        }
        let start = at + 4;
        let dashes = text[start..].find("--").map(|length| start + length);
        if let Some(bad) = first_bad(text, start, dashes.unwrap_or(text.len())) {
            return Err(Stop::Fail(INVALID_TOKEN, bad));
        }
        let dashes = dashes.ok_or(Stop::More)?;
        if char_at(text, dashes + 2)? != '>' {
            return Err(Stop::Fail(INVALID_TOKEN, dashes + 2));
        }
        let data = with_plain_line_ends(&text[start..dashes]);
        self.emit(Event::Comment(data), at, dashes + 3);
        self.consume(dashes + 3);
        Ok(())
    }

    /// `<?target data?>`
    pub(super) fn instruction(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let name = name_end(text, at + 2);
        let after = char_at(text, name)?;
        if name == at + 2 {
            return Err(Stop::Fail(INVALID_TOKEN, name));
        }
        let end = text[name..].find("?>").map(|length| name + length);
        if let Some(bad) = first_bad(text, name, end.unwrap_or(text.len())) {
            return Err(Stop::Fail(INVALID_TOKEN, bad));
        }
        if !is_space(after) && end != Some(name) {
            let is_question = after == '?' && end.is_none() && text.len() == name + 1;
            return Err(if is_question { Stop::More } else { Stop::Fail(INVALID_TOKEN, name) });
        }
        let end = end.ok_or(Stop::More)?;
        let target = text[at + 2..name].to_owned();
        if target.eq_ignore_ascii_case("xml") {
            return Err(if target == "xml" {
                Stop::Fail(MISPLACED_XML_PI, at)
            } else {
                Stop::Fail(INVALID_TOKEN, name)
            });
        }
        let data = with_plain_line_ends(text[name..end].trim_start_matches(is_space));
        self.emit(Event::Instruction { target, data }, at, end + 2);
        self.consume(end + 2);
        Ok(())
    }

    /// Reads one thing between `[` and the end of the document type declaration.
    pub(super) fn subset(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        if text[at..].starts_with("<?") {
            return self.instruction();
        }
        if text[at..].starts_with("<!-") {
            return self.comment();
        }
        if &text[at..] == "<" || &text[at..] == "<!" {
            return Err(Stop::More);
        }
        let found = lexeme(text, at)?;
        match (self.state, found.token) {
            (state, Token::Space) => {
                let handler = (state == State::AfterSubset).then_some(Handler::StartDoctypeDecl);
                self.emit(Event::Piece(handler), found.start, found.end);
                self.consume(found.end);
                Ok(())
            }
            (State::AfterSubset, Token::Close) => {
                self.close_doctype(found);
                Ok(())
            }
            (State::AfterSubset, _) => Err(Stop::Fail(SYNTAX, at)),
            (_, Token::Mark(b']')) if self.sources.len() == 1 => {
                self.emit(Event::Piece(Some(Handler::StartDoctypeDecl)), found.start, found.end);
                self.consume(found.end);
                self.state = State::AfterSubset;
                Ok(())
            }
            (_, Token::ParameterReference) => {
                let name = text[found.start + 1..found.end - 1].to_owned();
                self.parameter_reference(&name, found)
            }
            (_, Token::Open) => self.declaration(),
            _ => Err(Stop::Fail(SYNTAX, at)),
        }
    }

    fn parameter_reference(&mut self, name: &str, found: Lexeme) -> Scan<()> {
        let is_read = self.reads_parameter_entities != 0;
        if let Some(entity) = self.dtd.parameter.get(name).filter(|_| is_read) {
            if entity.is_open {
                return Err(Stop::Fail(RECURSIVE_ENTITY_REF, found.start));
            }
            if entity.declaration.value.is_some() {
                return self.open_entity(name, true, found.start, found.end);
            }
        }
        self.dtd.has_unread = true;
        self.dtd.ignores_declarations = !self.dtd.standalone;
        if !self.dtd.standalone {
            self.emit(Event::NotStandalone, found.start, found.start);
        }
        let event = match self.dtd.parameter.get(name).map(|entity| &entity.declaration) {
            Some(declaration) if is_read => Event::External {
                context: None,
                system: declaration.system.clone(),
                public: declaration.public.clone(),
            },
            None if is_read => Event::Skipped { name: name.to_owned(), is_parameter: true },
            _ => Event::Piece(None),
        };
        self.emit(event, found.start, found.end);
        self.consume(found.end);
        Ok(())
    }

    /// `>` of the document type declaration.
    pub(super) fn close_doctype(&mut self, found: Lexeme) {
        self.emit(Event::Piece(Some(Handler::EndDoctypeDecl)), found.start, found.end);
        let unread = self.dtd.system.is_some() && self.reads_parameter_entities != 0;
        if unread && !(self.reads_parameter_entities == 1 && self.dtd.standalone) {
            let (system, public) = (self.dtd.system.clone(), self.dtd.public.clone());
            self.emit(Event::External { context: None, system, public }, found.start, found.start);
        }
        self.emit(Event::EndDoctype, found.start, found.end);
        self.consume(found.end);
        self.state = State::Prolog;
    }
}

fn with_plain_line_ends(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// May stand in a public identifier.
pub(super) fn is_public_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || " \r\n-'()+,./:=?;!*#@$_%".contains(c)
}
