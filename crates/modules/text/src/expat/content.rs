//! Elements, text and references.

use super::codes::*;
use super::events::Event;
use super::input::{is_char, is_name_start, is_space};
use super::parser::{Open, Parser, Scan, State, Stop, char_at, first_bad, name_end, skip_space};

/// An attribute as written: where its name begins, the name, where the value begins and ends.
struct Attribute {
    at: usize,
    name: String,
    value: (usize, usize),
}

/// The five entities that every document has.
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// A reference in text.
pub(super) enum Reference {
    Char(char),
    Entity(String),
}

/// Reads `&name;` or `&#number;` at `at`; gives its end.
pub(super) fn reference(text: &str, at: usize) -> Scan<(Reference, usize)> {
    if char_at(text, at + 1)? == '#' {
        let hexadecimal = char_at(text, at + 2)? == 'x';
        let digits = at + 2 + usize::from(hexadecimal);
        let radix = if hexadecimal { 16 } else { 10 };
        let end = text[digits..].find(|c: char| !c.is_digit(radix)).map_or(text.len(), |length| digits + length);
        if char_at(text, end)? != ';' || end == digits {
            return Err(Stop::Fail(INVALID_TOKEN, end));
        }
        let number = u32::from_str_radix(&text[digits..end], radix).ok();
        return match number.and_then(char::from_u32).filter(|&c| is_char(c)) {
            Some(c) => Ok((Reference::Char(c), end + 1)),
            None => Err(Stop::Fail(BAD_CHAR_REF, at)),
        };
    }
    let end = name_end(text, at + 1);
    if char_at(text, end)? != ';' || end == at + 1 {
        return Err(Stop::Fail(INVALID_TOKEN, end));
    }
    Ok((Reference::Entity(text[at + 1..end].to_owned()), end + 1))
}

impl Parser {
    /// Reads one piece of an element's content.
    pub(super) fn content(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        match char_at(text, at)? {
            '<' => match char_at(text, at + 1)? {
                '/' => self.end_tag(),
                '?' => self.instruction(),
                '!' if "<!--".starts_with(text.get(at..text.len().min(at + 4)).unwrap_or_default())
                    || text[at..].starts_with("<!--") =>
                {
                    self.comment()
                }
                '!' => self.open_cdata(),
                c if is_name_start(c) => self.start_tag(),
                _ => Err(Stop::Fail(INVALID_TOKEN, at + 1)),
            },
            '&' => self.content_reference(),
            '\r' | '\n' => self.newline(),
            _ => self.characters(),
        }
    }

    /// A line end, reported as `\n`.
    fn newline(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        if &text[at..] == "\r" && self.may_grow() {
            return Err(Stop::More);
        }
        let end = at + if text[at..].starts_with("\r\n") { 2 } else { 1 };
        self.emit(Event::Characters("\n".into()), at, end);
        self.consume(end);
        Ok(())
    }

    /// Text up to the next thing that is none, or the end of the line.
    fn characters(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let mut end = at;
        for (offset, c) in text[at..].char_indices() {
            let rest = &text[at + offset..];
            if c == ']' {
                if rest.starts_with("]]>") {
                    if offset == 0 {
                        return Err(Stop::Fail(INVALID_TOKEN, at + 2));
                    }
                    break;
                }
                if "]]>".starts_with(rest) && self.may_grow() {
                    if offset == 0 {
                        return Err(Stop::More);
                    }
                    break;
                }
            } else if matches!(c, '<' | '&' | '\r' | '\n') {
                break;
            } else if !is_char(c) {
                if offset == 0 {
                    return Err(Stop::Fail(INVALID_TOKEN, at));
                }
                break;
            }
            end = at + offset + c.len_utf8();
        }
        let data = text[at..end].to_owned();
        self.emit(Event::Characters(data), at, end);
        self.consume(end);
        Ok(())
    }

    fn open_cdata(&mut self) -> Scan<()> {
        const OPEN: &str = "<![CDATA[";
        let (text, at) = self.text();
        let same = text[at..].bytes().zip(OPEN.bytes()).take_while(|(a, b)| a == b).count();
        if same < OPEN.len() {
            return Err(if at + same == text.len() { Stop::More } else { Stop::Fail(INVALID_TOKEN, at + same) });
        }
        self.emit(Event::StartCdata, at, at + OPEN.len());
        self.consume(at + OPEN.len());
        self.state = State::Cdata;
        Ok(())
    }

    /// Reads one piece of a CDATA section.
    pub(super) fn cdata(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let rest = &text[at..];
        if rest.starts_with("]]>") {
            self.emit(Event::EndCdata, at, at + 3);
            self.consume(at + 3);
            self.state = State::Content;
            return Ok(());
        }
        if rest.starts_with(['\r', '\n']) {
            return self.newline();
        }
        if "]]>".starts_with(rest) && self.may_grow() {
            return Err(Stop::More);
        }
        let length = rest
            .char_indices()
            .find(|&(offset, c)| {
                let ends = c == ']' && (rest[offset..].starts_with("]]>") || "]]>".starts_with(&rest[offset..]));
                matches!(c, '\r' | '\n') || !is_char(c) || (ends && offset > 0)
            })
            .map_or(rest.len(), |(offset, _)| offset);
        if length == 0 {
            return Err(Stop::Fail(INVALID_TOKEN, at));
        }
        let data = rest[..length].to_owned();
        self.emit(Event::Characters(data), at, at + length);
        self.consume(at + length);
        Ok(())
    }

    fn content_reference(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let (found, end) = reference(text, at)?;
        let name = match found {
            Reference::Char(c) => {
                self.emit(Event::Characters(c.into()), at, end);
                self.consume(end);
                return Ok(());
            }
            Reference::Entity(name) => name,
        };
        if let Some(c) = predefined(&name) {
            self.emit(Event::Characters(c.into()), at, end);
            self.consume(end);
            return Ok(());
        }
        self.check_reference(&name, at)?;
        let event = match self.dtd.general.get(&name).map(|entity| &entity.declaration) {
            Some(declaration) if declaration.value.is_none() => Event::External {
                context: Some(self.context(&name)),
                system: declaration.system.clone(),
                public: declaration.public.clone(),
            },
            Some(_) if self.expands_entities => return self.open_entity(&name, false, at, end),
            _ => Event::Skipped { name, is_parameter: false },
        };
        self.emit(event, at, end);
        self.consume(end);
        Ok(())
    }

    /// Refuses references to entities that are unknown, open or not text.
    fn check_reference(&self, name: &str, at: usize) -> Scan<()> {
        let code = match self.dtd.general.get(name) {
            None if self.dtd.has_unread && !self.dtd.standalone => return Ok(()),
            None => UNDEFINED_ENTITY,
            Some(entity) if entity.is_open => RECURSIVE_ENTITY_REF,
            Some(entity) if entity.declaration.notation.is_some() => BINARY_ENTITY_REF,
            Some(_) => return Ok(()),
        };
        Err(Stop::Fail(code, at))
    }

    /// What an external entity's parser must know: open entities and namespaces.
    fn context(&self, name: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (prefix, uri) in &self.bindings {
            let uri = uri.as_deref().unwrap_or_default();
            parts.push(format!("{}={uri}", prefix.as_deref().unwrap_or_default()));
        }
        let mut open: Vec<&String> = self.dtd.general.iter().filter(|(_, e)| e.is_open).map(|(name, _)| name).collect();
        open.sort();
        parts.extend(open.into_iter().cloned());
        parts.push(name.to_owned());
        parts.join("\u{c}")
    }

    pub(super) fn start_tag(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let tag_end = name_end(text, at + 1);
        let tag = text[at + 1..tag_end].to_owned();
        if self.separator.is_some()
            && let Some((second, _)) = tag.match_indices(':').nth(1)
        {
            return Err(Stop::Fail(INVALID_TOKEN, at + 1 + second));
        }
        let mut attributes = Vec::new();
        let mut cursor = tag_end;
        let (end, empty) = loop {
            let after_space = skip_space(text, cursor);
            match char_at(text, after_space)? {
                '>' => break (after_space + 1, false),
                '/' => match char_at(text, after_space + 1)? {
                    '>' => break (after_space + 2, true),
                    _ => return Err(Stop::Fail(INVALID_TOKEN, after_space + 1)),
                },
                c if is_name_start(c) && after_space > cursor => {
                    let attribute = read_attribute(text, after_space)?;
                    cursor = attribute.value.1 + 1;
                    attributes.push(attribute);
                }
                _ => return Err(Stop::Fail(INVALID_TOKEN, after_space)),
            }
        };
        let mut values: Vec<(String, String)> = Vec::with_capacity(attributes.len());
        for attribute in attributes {
            if values.iter().any(|(name, _)| *name == attribute.name) {
                return Err(Stop::Fail(DUPLICATE_ATTRIBUTE, attribute.at));
            }
            let value = self.attribute_value(&tag, &attribute)?;
            values.push((attribute.name, value));
        }
        let specified = values.len();
        for declared in self.dtd.attributes.get(&tag).into_iter().flatten() {
            if let Some(default) = &declared.default
                && !values.iter().any(|(name, _)| *name == declared.name)
            {
                values.push((declared.name.clone(), default.clone()));
            }
        }
        let bindings = self.bindings.len();
        let (name, attributes, specified) = if self.separator.is_some() {
            self.resolve(&tag, values, specified, (at, end))?
        } else {
            (tag.clone(), values, specified)
        };
        self.emit(Event::StartElement { name: name.clone(), attributes, specified, empty }, at, end);
        self.stack.push(Open { tag, name, bindings });
        self.state = State::Content;
        if empty {
            self.consume(end);
            self.close_element(end, end, true);
        } else {
            self.consume(end);
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Scan<()> {
        let (text, at) = self.text();
        let tag_end = name_end(text, at + 2);
        let after_space = skip_space(text, tag_end);
        if char_at(text, after_space)? != '>' || tag_end == at + 2 {
            return Err(Stop::Fail(INVALID_TOKEN, after_space));
        }
        if self.stack.len() == self.source().depth {
            return Err(Stop::Fail(ASYNC_ENTITY, at));
        }
        if self.stack.last().is_none_or(|open| open.tag != text[at + 2..tag_end]) {
            return Err(Stop::Fail(TAG_MISMATCH, at + 2));
        }
        self.close_element(at, after_space + 1, false);
        self.consume(after_space + 1);
        Ok(())
    }

    fn close_element(&mut self, start: usize, end: usize, empty: bool) {
        let Some(open) = self.stack.pop() else { return };
        self.emit(Event::EndElement { name: open.name, empty }, start, end);
        while self.bindings.len() > open.bindings {
            if let Some((prefix, _)) = self.bindings.pop() {
                self.emit(Event::EndNamespace { prefix }, start, end);
            }
        }
        if self.stack.is_empty() {
            self.state = State::Epilog;
        }
    }

    /// The value with references replaced and white space made even.
    fn attribute_value(&mut self, tag: &str, attribute: &Attribute) -> Scan<String> {
        let (start, end) = attribute.value;
        let raw = self.text().0[start..end].to_owned();
        let is_cdata = self.is_cdata(tag, &attribute.name);
        let mut value = String::with_capacity(raw.len());
        self.expand_value(&raw, Some(start), start, &mut value)?;
        Ok(if is_cdata { value } else { normalised_tokens(&value) })
    }

    fn is_cdata(&self, tag: &str, name: &str) -> bool {
        let declared = self.dtd.attributes.get(tag).and_then(|types| types.iter().find(|known| known.name == name));
        declared.is_none_or(|declared| declared.is_cdata)
    }

    /// Appends the replacement text of an attribute value. Errors lie at their place where `base` says where the text
    /// stands, else (in an entity) at `place`.
    pub(super) fn expand_value(
        &mut self,
        raw: &str,
        base: Option<usize>,
        place: usize,
        value: &mut String,
    ) -> Scan<()> {
        let mut at = 0;
        while let Some(c) = raw[at..].chars().next() {
            let here = base.map_or(place, |base| base + at);
            match c {
                '&' => {
                    let (found, end) = reference(raw, at).map_err(|stop| match stop {
                        Stop::Fail(code, offset) => Stop::Fail(code, base.map_or(place, |base| base + offset)),
                        Stop::More => Stop::Fail(INVALID_TOKEN, here),
                    })?;
                    at = end;
                    match found {
                        Reference::Char(c) => value.push(c),
                        Reference::Entity(name) => self.expand_in_value(&name, here, value)?,
                    }
                    continue;
                }
                '\r' if raw[at..].starts_with("\r\n") => {}
                '\r' | '\n' | '\t' => value.push(' '),
                '<' if base.is_none() => return Err(Stop::Fail(INVALID_TOKEN, place)),
                c => value.push(c),
            }
            at += c.len_utf8();
        }
        Ok(())
    }

    fn expand_in_value(&mut self, name: &str, place: usize, value: &mut String) -> Scan<()> {
        if let Some(c) = predefined(name) {
            value.push(c);
            return Ok(());
        }
        self.check_reference(name, place).map_err(|stop| match stop {
            Stop::Fail(UNDEFINED_ENTITY, _) => Stop::Fail(UNDEFINED_ENTITY, self.source().at),
            other => other,
        })?;
        let Some(entity) = self.dtd.general.get_mut(name) else { return Ok(()) };
        let Some(replacement) = entity.declaration.value.clone() else {
            return Err(Stop::Fail(ATTRIBUTE_EXTERNAL_ENTITY_REF, place));
        };
        entity.is_open = true;
        self.count_expansion(replacement.len(), place)?;
        let expanded = self.expand_value(&replacement, None, place, value);
        if let Some(entity) = self.dtd.general.get_mut(name) {
            entity.is_open = false;
        }
        expanded
    }
}

/// ` name = "value"`, from the name on.
fn read_attribute(text: &str, at: usize) -> Scan<Attribute> {
    let end = name_end(text, at);
    let equals = skip_space(text, end);
    if char_at(text, equals)? != '=' {
        return Err(Stop::Fail(INVALID_TOKEN, equals));
    }
    let open = skip_space(text, equals + 1);
    let quote = char_at(text, open)?;
    if !matches!(quote, '"' | '\'') {
        return Err(Stop::Fail(INVALID_TOKEN, open));
    }
    let start = open + 1;
    let close = text[start..].find(quote).map(|length| start + length);
    let scanned = close.unwrap_or(text.len());
    let mut cursor = start;
    while let Some(length) = text[cursor..scanned].find(|c| c == '<' || c == '&' || !is_char(c)) {
        cursor += length;
        if !text[cursor..].starts_with('&') {
            return Err(Stop::Fail(INVALID_TOKEN, cursor));
        }
        cursor = match reference(text, cursor) {
            Ok((_, end)) => end,
            // The number is judged when the value is made.
            Err(Stop::Fail(BAD_CHAR_REF, _)) => cursor + 1,
            Err(stop) => return Err(stop),
        };
        if cursor > scanned {
            return Err(Stop::Fail(INVALID_TOKEN, scanned));
        }
    }
    let Some(close) = close else { return Err(Stop::More) };
    debug_assert!(first_bad(text, start, close).is_none());
    Ok(Attribute { at, name: text[at..end].to_owned(), value: (start, close) })
}

/// Without white space at the ends, and one space between tokens.
pub(super) fn normalised_tokens(value: &str) -> String {
    value.split(is_space).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
