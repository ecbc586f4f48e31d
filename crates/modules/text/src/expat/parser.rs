//! The parser: bytes in, events out. It knows nothing of Python; whoever drives it pulls one event at a time, so that
//! handlers run while nothing is borrowed.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};

use super::codes::*;
use super::events::{EntityDeclaration, Event};
use super::input::{Encoding, Position, Rest, Undecoded, is_char, is_name, is_name_start, is_space};

/// Why a scan did not get to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The text ended.
    More,
    /// An error (its code) at an offset of the current source.
    Fail(i32, usize),
}

pub(super) type Scan<T> = Result<T, Stop>;

/// An error and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub code: i32,
    pub position: Position,
}

/// The document, or the replacement text of an entity that is being read.
pub(super) struct Source {
    pub text: String,
    pub at: usize,
    /// The entity, and whether it is a parameter entity.
    entity: Option<(String, bool)>,
    /// Open elements when it began.
    pub depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Start,
    Prolog,
    Subset,
    AfterSubset,
    Content,
    Cdata,
    Epilog,
}

/// An open element.
pub(super) struct Open {
    /// As written.
    pub tag: String,
    /// As reported.
    pub name: String,
    /// Bindings that were there before it.
    pub bindings: usize,
}

pub(super) struct Entity {
    pub declaration: EntityDeclaration,
    pub is_open: bool,
}

/// A declared attribute.
pub(super) struct AttributeType {
    pub name: String,
    pub is_cdata: bool,
    pub default: Option<String>,
}

/// What the document type declaration said.
#[derive(Default)]
pub(super) struct Dtd {
    pub general: HashMap<String, Entity>,
    pub parameter: HashMap<String, Entity>,
    pub attributes: HashMap<String, Vec<AttributeType>>,
    /// Something was not read that may declare entities.
    pub has_unread: bool,
    pub standalone: bool,
    pub name: String,
    pub system: Option<String>,
    pub public: Option<String>,
    /// Declarations behind an unread parameter entity no longer count.
    pub ignores_declarations: bool,
}

/// An event, where it is, and its text: the number of its source and a range.
pub(super) struct Queued {
    pub event: Event,
    position: Position,
    raw: (usize, usize, usize),
}

/// A computed position, and what it was computed from: the next ones of a declaration are counted on from there.
#[derive(Clone, Copy)]
struct Latest {
    from: (Position, usize),
    offset: usize,
    position: Position,
}

pub(super) struct Parser {
    undecoded: Undecoded,
    rest: Rest,
    pub encoding: Encoding,
    /// The encoding that the caller said, in place of what the document says.
    pub forced: Option<String>,
    awaits_encoding: bool,
    pub sources: Vec<Source>,
    /// Of the document's next character.
    position: Position,
    /// The position that was computed last.
    latest: Cell<Latest>,
    /// Of the reference that opened the outermost entity.
    outer: Position,
    event_position: Option<Position>,
    event_raw: (usize, usize, usize),
    queue: VecDeque<Queued>,
    failed: Option<Failure>,
    pub is_final: bool,
    pub started: bool,
    pub state: State,
    pub stack: Vec<Open>,
    pub dtd: Dtd,
    pub separator: Option<String>,
    pub bindings: Vec<(Option<String>, Option<String>)>,
    pub namespace_prefixes: bool,
    pub expands_entities: bool,
    pub reads_parameter_entities: i64,
    direct_bytes: usize,
    indirect_bytes: usize,
}

/// Expansion beyond this many bytes must not be more than [`MOST_AMPLIFICATION`] times the document.
const FREE_EXPANSION: usize = 8 << 20;
const MOST_AMPLIFICATION: usize = 100;

impl Parser {
    pub(super) fn new(forced: Option<String>, separator: Option<String>) -> Parser {
        Parser {
            undecoded: Undecoded::default(),
            rest: Rest::Clean,
            encoding: Encoding::Utf8,
            forced,
            awaits_encoding: false,
            sources: vec![Source { text: String::new(), at: 0, entity: None, depth: 0 }],
            position: Position::START,
            latest: Cell::new(Latest { from: (Position::START, 0), offset: 0, position: Position::START }),
            outer: Position::START,
            event_position: None,
            event_raw: (0, 0, 0),
            queue: VecDeque::new(),
            failed: None,
            is_final: false,
            started: false,
            state: State::Start,
            stack: Vec::new(),
            dtd: Dtd::default(),
            separator,
            bindings: Vec::new(),
            namespace_prefixes: false,
            expands_entities: true,
            reads_parameter_entities: 0,
            direct_bytes: 0,
            indirect_bytes: 0,
        }
    }

    /// Takes the next bytes of the document.
    pub(super) fn feed(&mut self, bytes: &[u8], is_final: bool) {
        self.started = true;
        self.is_final |= is_final;
        self.direct_bytes += bytes.len();
        self.undecoded.push(bytes);
        let source = &mut self.sources[0];
        let consumed = std::mem::take(&mut source.at);
        source.text.drain(..consumed);
        if self.state != State::Start && !self.awaits_encoding {
            self.decode();
        }
    }

    fn decode(&mut self) {
        self.rest = self.undecoded.decode(&self.encoding, &mut self.sources[0].text);
    }

    /// Goes on in an encoding of one byte a character.
    pub(super) fn set_encoding(&mut self, map: Box<[char; 256]>) {
        self.encoding = Encoding::Single(map);
        self.awaits_encoding = false;
        self.decode();
    }

    /// The next event; `None` when the text so far is used up.
    pub(super) fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if let Some(queued) = self.queue.pop_front() {
                self.event_position = Some(queued.position);
                self.event_raw = queued.raw;
                return Ok(Some(queued.event));
            }
            if let Some(failure) = self.failed {
                self.event_position = Some(failure.position);
                return Err(failure);
            }
            if self.awaits_encoding {
                return Ok(None);
            }
            match self.step() {
                Ok(true) => {}
                Ok(false) => {
                    self.event_position = Some(self.position);
                    return Ok(None);
                }
                Err(Stop::More) if self.may_grow() => {
                    self.event_position = Some(self.position);
                    return Ok(None);
                }
                Err(Stop::More) => self.fail_at_end(),
                Err(Stop::Fail(code, offset)) => self.fail(code, offset),
            }
        }
    }

    /// Stops for good, as a handler asked to.
    pub(super) fn abort(&mut self) {
        self.queue.clear();
        self.failed = Some(Failure { code: FINISHED, position: self.position });
    }

    /// An error at the present event.
    pub(super) fn fail_here(&mut self, code: i32) {
        let position = self.event_position.unwrap_or(Position::START);
        self.failed = Some(Failure { code, position });
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.failed
    }

    fn fail(&mut self, code: i32, offset: usize) {
        self.failed = Some(Failure { code, position: self.position_at(offset) });
    }

    /// A token has no end: why?
    fn fail_at_end(&mut self) {
        let (start, end) = (self.source().at, self.source().text.len());
        match self.rest {
            Rest::Invalid if self.sources.len() == 1 => self.fail(INVALID_TOKEN, end),
            Rest::Partial if self.sources.len() == 1 => self.fail(PARTIAL_CHAR, end),
            _ => self.fail(UNCLOSED_TOKEN, start),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.is_final && self.queue.is_empty() && self.state == State::Epilog
    }

    /// Of the event that was given last.
    pub(super) fn event_position(&self) -> Option<Position> {
        self.event_position
    }

    /// The text of the event that was given last.
    pub(super) fn event_text(&self) -> String {
        let (source, start, end) = self.event_raw;
        self.sources.get(source).and_then(|source| source.text.get(start..end)).unwrap_or_default().to_owned()
    }

    pub(super) fn source(&self) -> &Source {
        &self.sources[self.sources.len() - 1]
    }

    /// The text of the current source, and where it is read.
    pub(super) fn text(&self) -> (&str, usize) {
        let source = self.source();
        (&source.text, source.at)
    }

    /// More text of the current source may still come.
    pub(super) fn may_grow(&self) -> bool {
        self.sources.len() == 1 && !self.is_final && self.rest != Rest::Invalid
    }

    pub(super) fn position_at(&self, offset: usize) -> Position {
        if self.sources.len() > 1 {
            return self.outer;
        }
        let (text, at) = self.text();
        let mut latest = self.latest.get();
        if latest.from != (self.position, at) || latest.offset > offset {
            latest = Latest { from: (self.position, at), offset: at, position: self.position };
        }
        let passed = text.get(latest.offset..offset).unwrap_or_default();
        latest = Latest { offset, position: latest.position.after(passed, &self.encoding), ..latest };
        self.latest.set(latest);
        latest.position
    }

    /// Reports an event at `start`; `start..end` is its text.
    pub(super) fn emit(&mut self, event: Event, start: usize, end: usize) {
        let position = self.position_at(start);
        self.queue.push_back(Queued { event, position, raw: (self.sources.len() - 1, start, end) });
    }

    /// Moves on to `end` in the current source.
    pub(super) fn consume(&mut self, end: usize) {
        if self.sources.len() == 1 {
            self.position = self.position_at(end);
        }
        if let Some(source) = self.sources.last_mut() {
            source.at = end;
        }
    }

    /// Begins to read an entity's text; the reference `start..end` is consumed.
    pub(super) fn open_entity(&mut self, name: &str, is_parameter: bool, start: usize, end: usize) -> Scan<()> {
        let table = if is_parameter { &mut self.dtd.parameter } else { &mut self.dtd.general };
        let Some(entity) = table.get_mut(name) else { return Ok(()) };
        let Some(value) = entity.declaration.value.clone() else { return Ok(()) };
        entity.is_open = true;
        self.count_expansion(value.len(), start)?;
        if self.sources.len() == 1 {
            self.outer = self.position_at(start);
        }
        self.consume(end);
        let depth = self.stack.len();
        let entity = Some((name.to_owned(), is_parameter));
        self.sources.push(Source { text: value.as_ref().to_owned(), at: 0, entity, depth });
        Ok(())
    }

    /// Entities that multiply a small document without end are an attack.
    pub(super) fn count_expansion(&mut self, bytes: usize, offset: usize) -> Scan<()> {
        self.indirect_bytes += bytes;
        let total = self.direct_bytes + self.indirect_bytes;
        if total > FREE_EXPANSION && total / self.direct_bytes.max(1) > MOST_AMPLIFICATION {
            return Err(Stop::Fail(AMPLIFICATION_LIMIT_BREACH, offset));
        }
        Ok(())
    }

    /// Leaves an entity whose text is used up.
    fn close_entity(&mut self) -> Scan<()> {
        let depth = self.stack.len();
        let Some(source) = self.sources.last() else { return Ok(()) };
        if source.depth != depth || self.state == State::Cdata {
            let end = source.at;
            return Err(Stop::Fail(ASYNC_ENTITY, end));
        }
        if let Some(Source { entity: Some((name, is_parameter)), .. }) = self.sources.pop() {
            let table = if is_parameter { &mut self.dtd.parameter } else { &mut self.dtd.general };
            if let Some(entity) = table.get_mut(&name) {
                entity.is_open = false;
            }
        }
        Ok(())
    }

    /// Reads one token or declaration. False: nothing is left.
    fn step(&mut self) -> Scan<bool> {
        if self.state == State::Start {
            return self.start();
        }
        let (text, at) = self.text();
        if at == text.len() {
            if self.sources.len() > 1 {
                return self.close_entity().map(|()| true);
            }
            return self.end();
        }
        match self.state {
            State::Start => {}
            State::Prolog | State::Epilog => self.prolog()?,
            State::Subset | State::AfterSubset => self.subset()?,
            State::Content => self.content()?,
            State::Cdata => self.cdata()?,
        }
        Ok(true)
    }

    /// The text so far is used up.
    fn end(&mut self) -> Scan<bool> {
        let end = self.source().text.len();
        match (self.rest, self.is_final) {
            (Rest::Invalid, _) => Err(Stop::Fail(INVALID_TOKEN, end)),
            (_, false) => Ok(false),
            (Rest::Partial, true) => Err(Stop::Fail(PARTIAL_CHAR, end)),
            (Rest::Clean, true) => match self.state {
                State::Epilog => Ok(false),
                State::Cdata => Err(Stop::Fail(UNCLOSED_CDATA_SECTION, end)),
                _ => Err(Stop::Fail(NO_ELEMENTS, end)),
            },
        }
    }

    /// Finds out the encoding, and reads the XML declaration.
    fn start(&mut self) -> Scan<bool> {
        const DECLARATION: &[u8] = b"<?xml";
        let bytes = self.undecoded.bytes();
        if bytes.len() < 4 && !self.is_final {
            return Ok(false);
        }
        let is_wide = matches!(self.forced.as_deref().and_then(Encoding::by_name), Some(Encoding::Utf16 { .. }));
        let (encoding, mark) = match bytes {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] if self.forced.is_none() || is_wide => (Encoding::Utf16 { big_endian: false }, 2),
            [0xFE, 0xFF, ..] if self.forced.is_none() || is_wide => (Encoding::Utf16 { big_endian: true }, 2),
            [b'<', 0, ..] if self.forced.is_none() => (Encoding::Utf16 { big_endian: false }, 0),
            [0, b'<', ..] if self.forced.is_none() => (Encoding::Utf16 { big_endian: true }, 0),
            _ => (Encoding::Utf8, 0),
        };
        self.encoding = encoding;
        if mark == 0
            && let Some(name) = self.forced.clone()
        {
            match Encoding::by_name(&name) {
                Some(known) => self.encoding = known,
                None => {
                    self.state = State::Prolog;
                    self.awaits_encoding = true;
                    self.emit(Event::UnknownEncoding(name), 0, 0);
                    return Ok(true);
                }
            }
        }
        let wide = matches!(self.encoding, Encoding::Utf16 { .. });
        let rest = &bytes[mark..];
        let declaration_end = if wide {
            None
        } else if rest.starts_with(DECLARATION) {
            match rest.windows(2).position(|pair| pair == b"?>") {
                Some(end) => Some(end + 2),
                None if !self.is_final => return Ok(false),
                None => None,
            }
        } else if DECLARATION.starts_with(rest) && !self.is_final {
            return Ok(false);
        } else {
            None
        };
        self.undecoded.skip(mark);
        if mark > 0 {
            self.position = self.position.after_mark(mark);
        }
        self.state = State::Prolog;
        match declaration_end {
            // The rest may be in another encoding.
            Some(end) => {
                let declaration = String::from_utf8_lossy(&self.undecoded.bytes()[..end]).into_owned();
                self.undecoded.skip(end);
                self.sources[0].text = declaration;
                if self.is_xml_declaration() {
                    self.xml_declaration()?;
                }
            }
            None => {
                self.decode();
                if self.is_xml_declaration() && self.text().0.contains("?>") {
                    self.xml_declaration()?;
                }
            }
        }
        if !self.awaits_encoding {
            self.decode();
        }
        Ok(true)
    }

    fn is_xml_declaration(&self) -> bool {
        let after = self.source().text.strip_prefix("<?xml");
        after.and_then(|after| after.chars().next()).is_some_and(|c| is_space(c) || c == '?')
    }

    /// `<?xml version="1.0" encoding="…" standalone="…"?>`, complete.
    fn xml_declaration(&mut self) -> Scan<()> {
        let text = self.source().text.clone();
        let end = text.find("?>").unwrap_or(text.len());
        let mut cursor = 5;
        let mut values: [Option<(usize, String)>; 3] = Default::default();
        let names = ["version", "encoding", "standalone"];
        let mut next = 0;
        while let Some((name_at, name, value_at, value)) = pseudo_attribute(&text, &mut cursor, end)? {
            let Some(which) = names.iter().position(|known| *known == name).filter(|&which| which >= next) else {
                return Err(Stop::Fail(XML_DECL, name_at));
            };
            if next == 0 && which != 0 {
                return Err(Stop::Fail(XML_DECL, name_at));
            }
            values[which] = Some((value_at, value));
            next = which + 1;
        }
        let [version, encoding, standalone] = values;
        let Some((version_at, version)) = version else { return Err(Stop::Fail(XML_DECL, cursor)) };
        let minor = version.strip_prefix("1.").unwrap_or_default();
        if minor.is_empty() || !minor.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(Stop::Fail(XML_DECL, version_at));
        }
        if let Some((at, name)) = &encoding
            && !name.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Err(Stop::Fail(XML_DECL, *at));
        }
        let standalone = match standalone {
            None => -1,
            Some((_, value)) if value == "yes" => 1,
            Some((_, value)) if value == "no" => 0,
            Some((at, _)) => return Err(Stop::Fail(XML_DECL, at)),
        };
        self.dtd.standalone = standalone == 1;
        let name = encoding.as_ref().map(|(_, name)| name.clone());
        self.emit(Event::XmlDecl { version, encoding: name, standalone }, 0, end + 2);
        if let Some((at, name)) = encoding
            && self.forced.is_none()
        {
            self.change_encoding(&name, at, end + 2)?;
        }
        self.consume(end + 2);
        Ok(())
    }

    fn change_encoding(&mut self, name: &str, at: usize, end: usize) -> Scan<()> {
        let is_wide = matches!(self.encoding, Encoding::Utf16 { .. });
        match Encoding::by_name(name) {
            Some(Encoding::Utf16 { .. }) if is_wide => {}
            Some(known) if is_wide == matches!(known, Encoding::Utf16 { .. }) => self.encoding = known,
            Some(_) => return Err(Stop::Fail(INCORRECT_ENCODING, at)),
            None => {
                self.awaits_encoding = true;
                self.emit(Event::UnknownEncoding(name.to_owned()), 0, end);
            }
        }
        Ok(())
    }
}

/// ` name="value"` of an XML declaration: where the name and the value begin, and both.
fn pseudo_attribute(text: &str, cursor: &mut usize, end: usize) -> Scan<Option<(usize, String, usize, String)>> {
    let fail = |at: usize| Err(Stop::Fail(XML_DECL, at));
    let spaces = skip_space(text, *cursor);
    if spaces >= end {
        *cursor = end;
        return Ok(None);
    }
    if spaces == *cursor {
        return fail(spaces);
    }
    let name_end = name_end(text, spaces);
    let name = text[spaces..name_end].to_owned();
    let equals = skip_space(text, name_end);
    if name.is_empty() || !text[equals..end].starts_with('=') {
        return fail(equals);
    }
    let open = skip_space(text, equals + 1);
    let Some(quote) = text[open..end].chars().next().filter(|c| matches!(c, '"' | '\'')) else { return fail(open) };
    let Some(length) = text[open + 1..end].find(quote) else { return fail(end) };
    let value = text[open + 1..open + 1 + length].to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if let Some(bad) = value.find(|c| !allowed(c)) {
        return fail(open + 1 + bad);
    }
    *cursor = open + 1 + length + 1;
    Ok(Some((spaces, name, open + 1, value)))
}

/// Where white space from `at` on ends.
pub(super) fn skip_space(text: &str, at: usize) -> usize {
    text[at..].find(|c| !is_space(c)).map_or(text.len(), |length| at + length)
}

/// Where the name that begins at `at` ends; `at` itself if there is none.
pub(super) fn name_end(text: &str, at: usize) -> usize {
    if !text[at..].starts_with(is_name_start) {
        return at;
    }
    text[at..].find(|c| !is_name(c)).map_or(text.len(), |length| at + length)
}

/// The character at `at`.
pub(super) fn char_at(text: &str, at: usize) -> Scan<char> {
    text[at..].chars().next().ok_or(Stop::More)
}

/// An offset where `range` holds something that no document may.
pub(super) fn first_bad(text: &str, start: usize, end: usize) -> Option<usize> {
    text[start..end].find(|c| !is_char(c)).map(|at| start + at)
}
