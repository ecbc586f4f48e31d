//! Reads tokens by the grammar of `productions.txt`, with backtracking and memory, as CPython's generated parser does: the
//! order in which rules are tried decides which error is found, and how far tokens were read decides where some errors are.

use super::first;
use super::grammar::{Action, Alternative, GRAMMAR, Grammar, Item, Memory};
use super::node::{Node, NodeId, NodeKind};
use crate::error::SyntaxError;
use crate::parser::kind::Kind;
use crate::parser::{Options, Tokens};
use crate::token::Token;
use crate::tokenizer::InvalidEscape;

/// Stack that must be left before a production is tried; more is taken from the heap.
const STACK_LOW: usize = 64 * 1024;
const STACK_MORE: usize = 1024 * 1024;
/// CPython's limit on the depth of its rules.
const MAX_DEPTH: u32 = 6000;

/// A quiet production that took no more steps than this is not worth remembering.
const CHEAP: u64 = 24;

/// The error that ends a pass.
#[derive(Debug)]
pub(super) struct Raised {
    pub error: Box<SyntaxError>,
    /// The tokenizer raised it; no other error can win.
    pub by_tokenizer: bool,
}

/// `None`: it does not match.
pub(super) type Matched = Result<Option<NodeId>, Raised>;

/// What a production gave at a position, and where it ended.
#[derive(Clone, Copy)]
struct Memo {
    /// The production, and for quiet ones the pass.
    key: u32,
    end: u32,
    result: Option<NodeId>,
}

/// The state of both passes.
pub(super) struct Engine<'t> {
    pub source: &'t str,
    pub tokens: &'t Tokens,
    pub options: Options,
    grammar: &'static Grammar,
    pub pos: usize,
    /// How many tokens were read.
    pub fill: usize,
    /// Are the rules for errors on?
    pub invalid: bool,
    /// Is this the second pass?
    pub explaining: bool,
    /// Invalid escapes in strings read for the first time in the second pass. As in CPython only those count that are read
    /// where the rules for errors are off.
    pub escapes: Vec<Escape>,
    pub depth: u32,
    /// Productions tried.
    steps: u64,
    nodes: Vec<Node>,
    /// What is remembered at each token.
    memory: Vec<Vec<Memo>>,
    /// Brackets open after each token.
    levels: Vec<u32>,
}

/// An invalid escape: the indices of the token that the warning speaks of, and of the one with the text.
pub(crate) struct Escape {
    pub token: usize,
    pub text: usize,
    pub escape: InvalidEscape,
}

/// An alternative being matched.
#[derive(Default)]
struct Found {
    values: Vec<(Option<u8>, NodeId)>,
}

impl<'t> Engine<'t> {
    /// An engine that begins at a token.
    pub fn new(source: &'t str, tokens: &'t Tokens, options: Options, start: usize) -> Self {
        let mut level = 0u32;
        let levels = tokens
            .kinds
            .iter()
            .map(|kind| {
                match kind {
                    Kind::Lpar | Kind::Lsqb | Kind::Lbrace => level += 1,
                    Kind::Rpar | Kind::Rsqb | Kind::Rbrace => level = level.saturating_sub(1),
                    _ => {}
                }
                level
            })
            .collect();
        Engine {
            source,
            tokens,
            options,
            grammar: &GRAMMAR,
            pos: start,
            fill: start,
            invalid: false,
            explaining: false,
            escapes: Vec::new(),
            depth: 0,
            steps: 0,
            nodes: Vec::new(),
            memory: vec![Vec::new(); tokens.kinds.len() + 1],
            levels,
        }
    }

    /// Goes back for the second pass.
    pub fn restart(&mut self, start: usize) {
        self.pos = start;
        self.invalid = true;
        self.explaining = true;
        self.depth = 0;
        self.memory.iter_mut().for_each(Vec::clear);
        self.nodes.clear();
    }

    pub fn token(&self, index: usize) -> Option<&'t Token> {
        self.tokens.stream.tokens.get(index)
    }

    pub fn text(&self, index: usize) -> &'t str {
        self.token(index).map_or("", |token| token.text(self.source))
    }

    pub fn node(&self, id: NodeId) -> &Node {
        // Ids are only made by `add`.
        &self.nodes[id as usize]
    }

    /// Brackets open after the token before the position.
    pub fn level(&self) -> u32 {
        self.pos.checked_sub(1).and_then(|index| self.levels.get(index)).copied().unwrap_or(0)
    }

    /// Reads the next token, if that was not done before.
    fn touch(&mut self) -> Result<Kind, Raised> {
        let kind = self.tokens.kinds.get(self.pos).copied().unwrap_or(Kind::EndMarker);
        self.fill = self.fill.max((self.pos + 1).min(self.tokens.kinds.len()));
        if kind == Kind::Error
            && let Some(error) = &self.tokens.stream.error
        {
            return Err(Raised { error: error.error.clone(), by_tokenizer: true });
        }
        Ok(kind)
    }

    /// A node over tokens from `first` up to the position.
    pub fn add(&mut self, kind: NodeKind, first: usize, children: Vec<NodeId>) -> NodeId {
        let start = self.token(first).map_or((0, 0), |token| (token.line, token.col));
        let end = (0..self.pos)
            .rev()
            .find(|index| !self.tokens.kinds[*index].is_whitespace())
            .and_then(|index| self.token(index))
            .map_or(start, |token| (token.end_line, token.end_col));
        self.push(Node { kind, start, end, token: first as u32, children })
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() as NodeId - 1
    }

    /// A node for the token before the position.
    fn leaf(&mut self, kind: NodeKind) -> NodeId {
        let index = self.pos - 1;
        let (start, end) = self
            .token(index)
            .map_or(((0, 0), (0, 0)), |token| ((token.line, token.col), (token.end_line, token.end_col)));
        self.push(Node { kind, start, end, token: index as u32, children: Vec::new() })
    }

    /// Matches a production.
    pub fn rule(&mut self, rule: usize) -> Matched {
        self.touch()?;
        self.steps += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Raised { error: crate::parser::too_complex(), by_tokenizer: true });
        }
        let matched = stacker::maybe_grow(STACK_LOW, STACK_MORE, || self.remembered(rule));
        self.depth -= 1;
        matched
    }

    /// A production's result, from memory if it is there.
    fn remembered(&mut self, rule: usize) -> Matched {
        let grammar = self.grammar;
        let memory = grammar.rules[rule].memory;
        let key = match memory {
            Memory::Never => return self.plain(rule),
            Memory::Quiet => rule as u32 * 4 + 1 + u32::from(self.invalid),
            _ => rule as u32 * 4,
        };
        let start = self.pos;
        if let Some(memo) = self.recall(start, key) {
            self.pos = memo.end as usize;
            return Ok(memo.result);
        }
        if memory == Memory::LeftRecursive {
            return self.left_recursive(rule, key);
        }
        let before = self.steps;
        let result = self.plain(rule)?;
        if memory == Memory::Kept || self.steps - before > CHEAP {
            self.remember(start, Memo { key, end: self.pos as u32, result });
        }
        Ok(result)
    }

    fn recall(&self, at: usize, key: u32) -> Option<Memo> {
        self.memory.get(at)?.iter().find(|memo| memo.key == key).copied()
    }

    fn remember(&mut self, at: usize, new: Memo) {
        let Some(memory) = self.memory.get_mut(at) else { return };
        match memory.iter_mut().find(|memo| memo.key == new.key) {
            Some(memo) => *memo = new,
            None => memory.push(new),
        }
    }

    /// Grows a left-recursive production from its smallest match.
    fn left_recursive(&mut self, rule: usize, key: u32) -> Matched {
        let start = self.pos;
        let mut best = Memo { key, end: start as u32, result: None };
        loop {
            self.remember(start, best);
            self.pos = start;
            let result = self.plain(rule)?;
            if result.is_none() || self.pos <= best.end as usize {
                break;
            }
            best = Memo { key, end: self.pos as u32, result };
        }
        self.pos = best.end as usize;
        Ok(best.result)
    }

    /// A production's result, from its alternatives.
    fn plain(&mut self, rule: usize) -> Matched {
        let grammar = self.grammar;
        let this = &grammar.rules[rule];
        let invalid = self.invalid;
        if this.without_invalid {
            self.invalid = false;
        }
        let matched = self.alternatives(&this.alternatives);
        self.invalid = invalid;
        matched
    }

    /// The first alternative that matches.
    fn alternatives(&mut self, alternatives: &'static [Alternative]) -> Matched {
        let start = self.pos;
        let next = first::only(self.touch()?);
        for alternative in alternatives {
            if alternative.first & next == 0 || (alternative.invalid && !self.invalid) {
                continue;
            }
            self.pos = start;
            let mut cut = false;
            let mut found = Found::default();
            if self.items(alternative, &mut found, &mut cut)? {
                return self.act(alternative, start, found);
            }
            if cut {
                break;
            }
        }
        self.pos = start;
        Ok(None)
    }

    /// Matches all items of an alternative.
    fn items(&mut self, alternative: &'static Alternative, found: &mut Found, cut: &mut bool) -> Result<bool, Raised> {
        for (label, item) in &alternative.items {
            match item {
                Item::Cut => *cut = true,
                Item::Look(inner, wanted) => {
                    let mark = self.pos;
                    let seen = self.item(inner)?.is_some();
                    self.pos = mark;
                    if seen != *wanted {
                        return Ok(false);
                    }
                }
                item => match self.item(item)? {
                    Some(value) => found.values.push((*label, value)),
                    None => return Ok(false),
                },
            }
        }
        Ok(true)
    }

    /// Matches one item.
    fn item(&mut self, item: &'static Item) -> Matched {
        match item {
            Item::Token(kind) => self.expect(*kind),
            Item::Soft(keyword) => {
                self.touch()?;
                let matches = self.token(self.pos).is_some_and(|token| token.keyword == *keyword);
                Ok(matches.then(|| self.take(NodeKind::Name)))
            }
            Item::AnySoft => {
                self.touch()?;
                let matches = self.token(self.pos).is_some_and(|token| token.keyword.is_soft());
                Ok(matches.then(|| self.take(NodeKind::Name)))
            }
            Item::Rule(rule) => self.rule(*rule),
            Item::Group(alternatives) => self.alternatives(alternatives),
            Item::Optional(alternatives) => {
                let value = self.alternatives(alternatives)?;
                Ok(Some(match value {
                    Some(value) => value,
                    None => self.add(NodeKind::Absent, self.pos, Vec::new()),
                }))
            }
            Item::Repeat(inner, once) => self.repeat(inner, *once),
            Item::Separated(separator, inner) => self.separated(*separator, inner),
            Item::Must(kind, text) => {
                if let Some(value) = self.expect(*kind)? {
                    return Ok(Some(value));
                }
                let message = format!("expected '{text}'");
                Err(self.raise_at_token(self.pos, message))
            }
            Item::Look(..) | Item::Cut => Ok(None),
        }
    }

    /// Consumes the next token as a node.
    fn take(&mut self, kind: NodeKind) -> NodeId {
        self.pos += 1;
        self.leaf(kind)
    }

    fn expect(&mut self, kind: Kind) -> Matched {
        if self.touch()? != kind {
            return Ok(None);
        }
        match kind {
            Kind::Number => self.check_number(self.pos)?,
            Kind::Name => self.check_name(self.pos)?,
            _ => {}
        }
        Ok(Some(self.take(match kind {
            Kind::Name => NodeKind::Name,
            Kind::Number => NodeKind::Literal,
            _ => NodeKind::Token,
        })))
    }

    fn repeat(&mut self, item: &'static Item, once: bool) -> Matched {
        let first = self.pos;
        let mut values = Vec::new();
        loop {
            let mark = self.pos;
            match self.item(item)? {
                Some(value) if self.pos > mark => values.push(value),
                _ => {
                    self.pos = mark;
                    break;
                }
            }
        }
        if once && values.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.add(NodeKind::Items, first, values)))
    }

    fn separated(&mut self, separator: Kind, item: &'static Item) -> Matched {
        let first = self.pos;
        let Some(value) = self.item(item)? else { return Ok(None) };
        let mut values = vec![value];
        loop {
            let mark = self.pos;
            if self.touch()? != separator {
                break;
            }
            self.pos += 1;
            match self.item(item)? {
                Some(value) => values.push(value),
                None => {
                    self.pos = mark;
                    break;
                }
            }
        }
        Ok(Some(self.add(NodeKind::Items, first, values)))
    }

    /// Does what an alternative that matched says.
    fn act(&mut self, alternative: &'static Alternative, first: usize, found: Found) -> Matched {
        if let Some((version, what)) = &alternative.since
            && self.options.feature_version < *version
        {
            let message = format!("{what} only supported in Python 3.{version} and greater");
            return Err(self.raise_last(message));
        }
        let labelled =
            |wanted: u8| found.values.iter().find(|(label, _)| *label == Some(wanted)).map_or(0, |(_, value)| *value);
        match &alternative.action {
            Action::Pass => Ok(Some(self.pass(first, &found))),
            Action::Node(kind, labels) => {
                let mut children = Vec::new();
                for label in labels {
                    self.flatten(labelled(*label), &mut children);
                }
                Ok(Some(self.add(*kind, first, children)))
            }
            Action::Never => Ok(None),
            Action::Call(name, labels, text) => {
                let arguments: Vec<NodeId> = labels.iter().map(|label| labelled(*label)).collect();
                self.call(name, first, &arguments, text)
            }
            Action::Range(from, to, message) => {
                let (from, to) = (labelled(*from), labelled(*to));
                let message = self.fill_in(message, from);
                Err(self.raise_range(from, to, message))
            }
            Action::From(from, message) => Err(self.raise_from(labelled(*from), message.clone())),
            Action::Last(message) => Err(self.raise_last(message.clone())),
            Action::Next(message) => Err(self.raise_next(message.clone())),
            Action::Block(message, label) => {
                let message = match label {
                    Some(label) => self.fill_in(message, labelled(*label)),
                    None => message.clone(),
                };
                Err(self.raise_indentation(message))
            }
            Action::Target(verb, label) => match self.invalid_target(labelled(*label), verb) {
                Some(target) => {
                    let verb = if verb == "delete" { "delete" } else { "assign to" };
                    let message = format!("cannot {verb} {}", self.node(target).kind.expression_name());
                    Err(self.raise_range(target, target, message))
                }
                None => Ok(None),
            },
        }
    }

    /// The value of an alternative that does not say what it gives.
    fn pass(&mut self, first: usize, found: &Found) -> NodeId {
        if let [(_, only)] = found.values[..] {
            return only;
        }
        let labelled: Vec<NodeId> =
            found.values.iter().filter(|(label, _)| label.is_some()).map(|(_, value)| *value).collect();
        let values =
            if labelled.is_empty() { found.values.iter().map(|(_, value)| *value).collect() } else { labelled };
        match values[..] {
            [only] => only,
            _ => self.add(NodeKind::Items, first, values),
        }
    }

    /// Adds a value, or the values it holds.
    pub fn flatten(&self, value: NodeId, into: &mut Vec<NodeId>) {
        match self.node(value).kind {
            NodeKind::Absent => {}
            NodeKind::Items => {
                for child in &self.node(value).children {
                    self.flatten(*child, into);
                }
            }
            _ => into.push(value),
        }
    }
}
