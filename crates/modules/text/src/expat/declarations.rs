//! Declarations: `<!DOCTYPE`, `<!ENTITY`, `<!ATTLIST`, `<!ELEMENT`, `<!NOTATION`.

use super::codes::*;
use super::content::{Reference, normalised_tokens, reference};
use super::events::{EntityDeclaration, Event, Handler, Model};
use super::parser::{AttributeType, Entity, Parser, Scan, State, Stop};
use super::prolog::{Lexeme, Token, is_public_char, lexeme};

/// `XML_ERROR_PUBLICID`
const PUBLICID: i32 = 32;
/// Nested groups of a content model; deeper ones would be an attack.
const MOST_NESTED: usize = 500;

/// The tokens of one declaration, without white space; read one after the other.
struct Cursor {
    text: String,
    /// Where the copied text stands in its source.
    base: usize,
    lexemes: Vec<Lexeme>,
    at: usize,
}

impl Cursor {
    fn peek(&self) -> Option<Lexeme> {
        self.lexemes.get(self.at).copied()
    }

    fn text_of(&self, found: Lexeme) -> &str {
        &self.text[found.start - self.base..found.end - self.base]
    }

    fn fail<T>(&self) -> Scan<T> {
        let at = self.peek().or_else(|| self.lexemes.last().copied()).map_or(self.base, |found| found.start);
        Err(Stop::Fail(SYNTAX, at))
    }

    fn next(&mut self, token: Token) -> Scan<Lexeme> {
        match self.peek().filter(|found| found.token == token) {
            Some(found) => {
                self.at += 1;
                Ok(found)
            }
            None => self.fail(),
        }
    }

    fn next_if(&mut self, token: Token) -> Option<Lexeme> {
        let found = self.peek().filter(|found| found.token == token)?;
        self.at += 1;
        Some(found)
    }

    /// The next token, if it is a name with this text.
    fn keyword(&mut self, word: &str) -> Option<Lexeme> {
        let found = self
            .peek()
            .filter(|&found| matches!(found.token, Token::Name | Token::Pound) && self.text_of(found) == word)?;
        self.at += 1;
        Some(found)
    }

    fn name(&mut self) -> Scan<String> {
        let found = self.next(Token::Name)?;
        Ok(self.text_of(found).to_owned())
    }

    fn literal(&mut self) -> Scan<(String, Lexeme)> {
        let found = self.next(Token::Literal)?;
        let text = self.text_of(found);
        Ok((text[1..text.len() - 1].to_owned(), found))
    }

    fn public_literal(&mut self) -> Scan<(String, Lexeme)> {
        let (text, found) = self.literal()?;
        if let Some(bad) = text.find(|c| !is_public_char(c)) {
            return Err(Stop::Fail(PUBLICID, found.start + 1 + bad));
        }
        Ok((normalised_tokens(&text), found))
    }
}

impl Parser {
    /// The tokens from here to `>`, or to `[` in a document type declaration; and the error behind them, if any.
    fn gather(&self) -> (Cursor, Vec<Lexeme>, Option<Stop>) {
        let (text, start) = self.text();
        let is_doctype = text[start..].starts_with("<!DOCTYPE");
        let (mut all, mut at, mut stop) = (Vec::new(), start, None);
        loop {
            match lexeme(text, at) {
                Ok(found) => {
                    at = found.end;
                    all.push(found);
                    if found.token == Token::Close || (is_doctype && found.token == Token::Mark(b'[')) {
                        break;
                    }
                }
                Err(error) => {
                    stop = Some(error);
                    break;
                }
            }
        }
        let lexemes = all.iter().copied().filter(|found| found.token != Token::Space).collect();
        (Cursor { text: text[start..at].to_owned(), base: start, lexemes, at: 1 }, all, stop)
    }

    /// `<!DOCTYPE name PUBLIC "…" "…" [` or `>`
    pub(super) fn doctype(&mut self) -> Scan<()> {
        let (mut cursor, all, stop) = self.gather();
        if let Some(Stop::More) = stop {
            return Err(if self.may_grow() { Stop::More } else { Stop::Fail(NO_ELEMENTS, self.text().0.len()) });
        }
        let name = cursor.name();
        let mut ids = (None, None);
        if name.is_ok() {
            if cursor.keyword("PUBLIC").is_some() {
                ids.1 = Some(cursor.public_literal()?.0);
            }
            if ids.1.is_some() || cursor.keyword("SYSTEM").is_some() {
                let (system, found) = cursor.literal()?;
                ids.0 = Some(system);
                if !self.dtd.standalone && self.reads_parameter_entities == 0 {
                    self.emit(Event::NotStandalone, found.start, found.start);
                }
            }
        }
        let name = name?;
        let has_subset = cursor.next_if(Token::Mark(b'[')).is_some();
        if !has_subset && cursor.peek().is_none_or(|found| found.token != Token::Close) {
            return match stop {
                Some(stop) => Err(stop),
                None => cursor.fail(),
            };
        }
        let Some((last, before)) = all.split_last() else { return Err(Stop::More) };
        for piece in before {
            self.emit(Event::Piece(Some(Handler::StartDoctypeDecl)), piece.start, piece.end);
        }
        self.dtd.has_unread |= ids.0.is_some();
        (self.dtd.name, self.dtd.system, self.dtd.public) = (name.clone(), ids.0.clone(), ids.1.clone());
        self.emit(Event::StartDoctype { name, system: ids.0, public: ids.1, has_subset }, last.start, last.end);
        if has_subset {
            self.emit(Event::Piece(Some(Handler::StartDoctypeDecl)), last.start, last.end);
            self.consume(last.end);
            self.state = State::Subset;
        } else {
            self.consume(last.start);
            self.close_doctype(*last);
        }
        Ok(())
    }

    /// A declaration of the internal subset.
    pub(super) fn declaration(&mut self) -> Scan<()> {
        let (mut cursor, all, stop) = self.gather();
        if let Some(Stop::More) = stop {
            return Err(Stop::More);
        }
        let Some(&open) = all.first() else { return Err(Stop::More) };
        let kind = cursor.text_of(open).to_owned();
        let handler = match kind.as_str() {
            "<!ENTITY" => Handler::EntityDecl,
            "<!ATTLIST" => Handler::AttlistDecl,
            "<!ELEMENT" => Handler::ElementDecl,
            "<!NOTATION" => Handler::NotationDecl,
            _ => return Err(Stop::Fail(SYNTAX, open.start)),
        };
        for piece in &all {
            self.emit(Event::Piece(Some(handler)), piece.start, piece.end);
        }
        match handler {
            Handler::EntityDecl => self.entity_declaration(&mut cursor)?,
            Handler::AttlistDecl => self.attribute_list(&mut cursor)?,
            Handler::ElementDecl => self.element_declaration(&mut cursor)?,
            _ => self.notation_declaration(&mut cursor)?,
        }
        if let Some(stop) = stop {
            return Err(stop);
        }
        let close = cursor.next(Token::Close)?;
        self.consume(close.end);
        Ok(())
    }

    fn entity_declaration(&mut self, cursor: &mut Cursor) -> Scan<()> {
        let is_parameter = cursor.next_if(Token::Mark(b'%')).is_some();
        let mut declaration = EntityDeclaration { name: cursor.name()?, is_parameter, ..Default::default() };
        let place;
        if cursor.keyword("SYSTEM").is_some() {
            declaration.system = Some(cursor.literal()?.0);
            place = self.entity_end(cursor, &mut declaration)?;
        } else if cursor.keyword("PUBLIC").is_some() {
            declaration.public = Some(cursor.public_literal()?.0);
            declaration.system = Some(cursor.literal()?.0);
            place = self.entity_end(cursor, &mut declaration)?;
        } else {
            let (text, found) = cursor.literal()?;
            declaration.value = Some(entity_value(&text, found.start + 1)?.into());
            place = found;
        }
        let table = if is_parameter { &mut self.dtd.parameter } else { &mut self.dtd.general };
        if self.dtd.ignores_declarations || table.contains_key(&declaration.name) {
            return Ok(());
        }
        table.insert(declaration.name.clone(), Entity { declaration: declaration.clone(), is_open: false });
        self.emit(Event::Entity(declaration), place.start, place.end);
        Ok(())
    }

    /// What follows the identifiers of an external entity: a notation perhaps. Gives where it is reported.
    fn entity_end(&self, cursor: &mut Cursor, declaration: &mut EntityDeclaration) -> Scan<Lexeme> {
        if !declaration.is_parameter && cursor.keyword("NDATA").is_some() {
            let found = cursor.next(Token::Name)?;
            declaration.notation = Some(cursor.text_of(found).to_owned());
            return Ok(found);
        }
        match cursor.peek() {
            Some(found) => Ok(found),
            None => cursor.fail(),
        }
    }

    fn notation_declaration(&mut self, cursor: &mut Cursor) -> Scan<()> {
        let name = cursor.name()?;
        let (mut system, mut public) = (None, None);
        let mut place;
        if cursor.keyword("SYSTEM").is_some() {
            let (text, found) = cursor.literal()?;
            (system, place) = (Some(text), found);
        } else if cursor.keyword("PUBLIC").is_some() {
            let (text, found) = cursor.public_literal()?;
            (public, place) = (Some(text), found);
            match cursor.peek().map(|found| found.token) {
                Some(Token::Literal) => {
                    let (text, found) = cursor.literal()?;
                    (system, place) = (Some(text), found);
                }
                _ => place = cursor.peek().unwrap_or(place),
            }
        } else {
            return cursor.fail();
        }
        self.emit(Event::Notation { name, system, public }, place.start, place.end);
        Ok(())
    }

    fn attribute_list(&mut self, cursor: &mut Cursor) -> Scan<()> {
        const KINDS: [&str; 8] = ["CDATA", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "NMTOKEN", "NMTOKENS"];
        let element = cursor.name()?;
        while cursor.peek().is_some_and(|found| found.token == Token::Name) {
            let name = cursor.name()?;
            let kind = if let Some(kind) = KINDS.iter().find(|kind| cursor.keyword(kind).is_some()) {
                (*kind).to_owned()
            } else if cursor.keyword("NOTATION").is_some() {
                format!("NOTATION{}", enumeration(cursor)?)
            } else {
                enumeration(cursor)?
            };
            let is_cdata = kind == "CDATA";
            let (mut default, mut required) = (None, false);
            let mut place = cursor.peek();
            if cursor.keyword("#REQUIRED").is_some() {
                required = true;
            } else if cursor.keyword("#IMPLIED").is_none() {
                required = cursor.keyword("#FIXED").is_some();
                let (text, found) = cursor.literal()?;
                place = Some(found);
                let mut value = String::new();
                self.expand_value(&text, Some(found.start + 1), found.start, &mut value)?;
                default = Some(if is_cdata { value } else { normalised_tokens(&value) });
            }
            let types = self.dtd.attributes.entry(element.clone()).or_default();
            if self.dtd.ignores_declarations || types.iter().any(|known| known.name == name) {
                continue;
            }
            types.push(AttributeType { name: name.clone(), is_cdata, default: default.clone() });
            let Some(place) = place else { return cursor.fail() };
            let event = Event::Attribute { element: element.clone(), name, kind, default, required };
            self.emit(event, place.start, place.end);
        }
        Ok(())
    }

    fn element_declaration(&mut self, cursor: &mut Cursor) -> Scan<()> {
        let name = cursor.name()?;
        let leaf = |kind| Model { kind, quantifier: 0, name: None, children: Vec::new() };
        let (model, place) = if let Some(found) = cursor.keyword("EMPTY") {
            (leaf(1), found)
        } else if let Some(found) = cursor.keyword("ANY") {
            (leaf(2), found)
        } else {
            let open = cursor.next(Token::Mark(b'('))?;
            let model = if cursor.keyword("#PCDATA").is_some() { mixed(cursor)? } else { group(cursor, 1)? };
            (model, cursor.lexemes.get(cursor.at - 1).copied().unwrap_or(open))
        };
        self.emit(Event::Element { name, model }, place.start, place.end);
        Ok(())
    }
}

/// The replacement text of an entity: character references are replaced, others stay.
fn entity_value(text: &str, base: usize) -> Scan<String> {
    let mut value = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '%' => return Err(Stop::Fail(PARAM_ENTITY_REF, base + at)),
            '&' => {
                let (found, end) = reference(text, at).map_err(|stop| match stop {
                    Stop::Fail(code, offset) => Stop::Fail(code, base + offset),
                    Stop::More => Stop::Fail(INVALID_TOKEN, base + at),
                })?;
                match found {
                    Reference::Char(c) => value.push(c),
                    Reference::Entity(_) => value.push_str(&text[at..end]),
                }
                at = end;
                continue;
            }
            '\r' if text[at..].starts_with("\r\n") => {}
            '\r' => value.push('\n'),
            c => value.push(c),
        }
        at += c.len_utf8();
    }
    Ok(value)
}

/// `(a|b)`
fn enumeration(cursor: &mut Cursor) -> Scan<String> {
    cursor.next(Token::Mark(b'('))?;
    let mut names = Vec::new();
    loop {
        match cursor.next_if(Token::Name).or_else(|| cursor.next_if(Token::Nmtoken)) {
            Some(found) => names.push(cursor.text_of(found).to_owned()),
            None => return cursor.fail(),
        }
        if cursor.next_if(Token::Mark(b'|')).is_none() {
            cursor.next(Token::Mark(b')'))?;
            return Ok(format!("({})", names.join("|")));
        }
    }
}

fn quantifier(text: &str) -> i64 {
    match text.as_bytes().last() {
        Some(b'?') => 1,
        Some(b'*') => 2,
        Some(b'+') => 3,
        _ => 0,
    }
}

fn close_quantifier(cursor: &mut Cursor) -> Scan<i64> {
    let close = cursor.next(Token::Mark(b')'))?;
    Ok(quantifier(cursor.text_of(close)))
}

/// `#PCDATA | a | b)*`, behind `#PCDATA`
fn mixed(cursor: &mut Cursor) -> Scan<Model> {
    let mut children = Vec::new();
    while cursor.next_if(Token::Mark(b'|')).is_some() {
        children.push(Model { kind: 4, quantifier: 0, name: Some(cursor.name()?), children: Vec::new() });
    }
    let quantifier = close_quantifier(cursor)?;
    if !children.is_empty() && quantifier != 2 {
        cursor.at -= 1;
        return cursor.fail();
    }
    Ok(Model { kind: 3, quantifier, name: None, children })
}

/// A group behind its `(`: a choice or a sequence.
fn group(cursor: &mut Cursor, depth: usize) -> Scan<Model> {
    let mut children = Vec::new();
    let mut separator = None;
    loop {
        if cursor.next_if(Token::Mark(b'(')).is_some() {
            if depth >= MOST_NESTED {
                return cursor.fail();
            }
            children.push(group(cursor, depth + 1)?);
        } else {
            let found = cursor.next(Token::Name)?;
            let text = cursor.text_of(found);
            let name = text.trim_end_matches(['?', '*', '+']).to_owned();
            let quantifier = quantifier(text);
            children.push(Model { kind: 4, quantifier, name: Some(name), children: Vec::new() });
        }
        let here = cursor.peek().map(|found| found.token);
        match here {
            Some(Token::Mark(b')')) => break,
            Some(Token::Mark(mark @ (b'|' | b','))) if separator.is_none_or(|known| known == mark) => {
                separator = Some(mark);
                cursor.at += 1;
            }
            _ => return cursor.fail(),
        }
    }
    let quantifier = close_quantifier(cursor)?;
    Ok(Model { kind: if separator == Some(b'|') { 5 } else { 6 }, quantifier, name: None, children })
}
