//! The errors of the second pass and where they are.

use super::engine::{Engine, Escape, Matched, Raised};
use super::node::{NodeId, NodeKind};
use crate::error::{SyntaxError, SyntaxErrorKind, char_offset};
use crate::parser::kind::Kind;
use crate::parser::named_constant;
use crate::tokenizer::{self, InvalidEscape};

impl Engine<'_> {
    /// An error from one place to another; columns are bytes from 1, and an end of 0 or less is passed on as it is.
    pub fn raise(&self, kind: SyntaxErrorKind, start: (u32, i64), end: (u32, i64), message: String) -> Raised {
        let mut error = SyntaxError::new(kind, message);
        let line = line_text(self.source, start.0, start.0 >= self.tokenizer_position().0);
        let chars = |col: i64| {
            if col <= 0 {
                return i32::try_from(col).unwrap_or(0);
            }
            let width = i64::try_from(line.len()).unwrap_or(i64::MAX);
            let col = col.min(width + 1);
            char_offset(line, usize::try_from(col - 1).unwrap_or(0))
        };
        error.lineno = start.0;
        error.offset = chars(start.1);
        error.end_lineno = Some(end.0);
        error.end_offset = Some(chars(end.1));
        error.text = Some(line.to_string());
        Raised { error, by_tokenizer: false }
    }

    /// Where the last token read ended, for errors without an end of their own.
    fn tokenizer_position(&self) -> (u32, u32) {
        self.fill
            .checked_sub(1)
            .and_then(|last| self.token(last))
            .map_or((1, 0), |token| (token.end_line, token.end_col))
    }

    /// An error over a token.
    pub fn raise_at_token(&self, index: usize, message: String) -> Raised {
        let kind = SyntaxErrorKind::SyntaxError;
        let Some(token) = self.token(index) else { return self.raise(kind, (0, 0), (0, -1), message) };
        if self.is_layout(index) {
            let (line, _) = self.layout_position(index);
            return self.raise(kind, (line, 0), (line, 0), message);
        }
        let start = (token.line, i64::from(token.col) + 1);
        self.raise(kind, start, (token.end_line, i64::from(token.end_col) + 1), message)
    }

    /// An error at the last token read, which may have no place of its own: then the tokenizer's is taken.
    fn raise_where_read(&self, kind: SyntaxErrorKind, message: String) -> Raised {
        let index = self.fill.saturating_sub(1);
        if let (Some(Kind::Error), Some(error)) = (self.tokens.kinds.get(index), &self.tokens.stream.error) {
            let (line, col) = if error.at_eof {
                self.layout_position(index)
            } else {
                (error.error.lineno, u32::try_from(error.error.offset).unwrap_or(0))
            };
            return self.raise(kind, (line, i64::from(col)), (line, -1), message);
        }
        if self.is_layout(index) {
            let (line, col) = self.layout_position(index);
            return self.raise(kind, (line, i64::from(col)), (line, -1), message);
        }
        let mut raised = self.raise_at_token(index, message);
        raised.error.kind = kind;
        raised
    }

    /// Is it an indent, a dedent, the end, or a line end that was made up at the end?
    fn is_layout(&self, index: usize) -> bool {
        match self.tokens.kinds.get(index) {
            Some(Kind::Indent | Kind::Dedent | Kind::EndMarker) => true,
            Some(Kind::Newline) => self.token(index).is_some_and(|token| token.start as usize >= self.source.len()),
            _ => false,
        }
    }

    /// Line and column where the tokenizer stood when it made an indent, a dedent or the end.
    fn layout_position(&self, index: usize) -> (u32, u32) {
        let Some(token) = self.token(index) else { return (0, 0) };
        if (token.start as usize) < self.source.len() {
            return (token.line, token.col);
        }
        let lines = self.source.split_inclusive('\n');
        let (count, last) = lines.fold((0, ""), |(count, _), line| (count + 1, line));
        (count, last.len() as u32)
    }

    /// An error at the last token read.
    pub fn raise_last(&self, message: String) -> Raised {
        self.raise_where_read(SyntaxErrorKind::SyntaxError, message)
    }

    /// An error at the token after the last one matched.
    pub fn raise_next(&self, message: String) -> Raised {
        self.raise_at_token(self.pos, message)
    }

    /// An `IndentationError` at the last token read.
    pub fn raise_indentation(&self, message: String) -> Raised {
        self.raise_where_read(SyntaxErrorKind::IndentationError, message)
    }

    /// An error from the beginning of a node to the end of another.
    pub fn raise_range(&self, from: NodeId, to: NodeId, message: String) -> Raised {
        let start = self.node(self.first(from)).start;
        let end = self.node(self.last(to)).end;
        let (start, end) = ((start.0, i64::from(start.1) + 1), (end.0, i64::from(end.1) + 1));
        self.raise(SyntaxErrorKind::SyntaxError, start, end, message)
    }

    /// An error from the beginning of a node to where the tokenizer stands.
    pub fn raise_from(&self, from: NodeId, message: String) -> Raised {
        let node = self.node(self.first(from));
        let end = self.tokenizer_position();
        let col = if self.is_layout(node.token as usize) { 0 } else { i64::from(node.start.1) + 1 };
        self.raise(SyntaxErrorKind::SyntaxError, (node.start.0, col), (end.0, i64::from(end.1)), message)
    }

    /// The first value in a value.
    fn first(&self, id: NodeId) -> NodeId {
        match (self.node(id).kind, self.node(id).children.first()) {
            (NodeKind::Items, Some(child)) => self.first(*child),
            _ => id,
        }
    }

    /// The last value in a value; of a comprehension, its last condition or what it goes over.
    fn last(&self, id: NodeId) -> NodeId {
        match (self.node(id).kind, self.node(id).children.last()) {
            (NodeKind::Items | NodeKind::Clause, Some(child)) => self.last(*child),
            _ => id,
        }
    }

    /// Puts a node's name (`%e`), text (`%t`) or line (`%l`) into a message.
    pub fn fill_in(&self, message: &str, node: NodeId) -> String {
        let node = self.node(node);
        message
            .replace("%e", node.kind.expression_name())
            .replace("%t", self.text(node.token as usize))
            .replace("%l", &node.start.0.to_string())
    }

    /// What in an expression cannot be assigned to (or deleted, or looped over).
    pub fn invalid_target(&self, id: NodeId, purpose: &str) -> Option<NodeId> {
        let node = self.node(id);
        match node.kind {
            NodeKind::Name | NodeKind::Attribute | NodeKind::Subscript => None,
            NodeKind::Tuple | NodeKind::List => {
                node.children.iter().find_map(|child| self.invalid_target(*child, purpose))
            }
            NodeKind::Starred if purpose != "delete" => self.invalid_target(*node.children.first()?, purpose),
            NodeKind::Compare if purpose == "loop" => match node.children[..] {
                [left, second, ..] if self.node(second).kind == NodeKind::In => self.invalid_target(left, purpose),
                _ => None,
            },
            _ => Some(id),
        }
    }

    /// The errors that a number's text can hold.
    pub fn check_number(&self, index: usize) -> Result<(), Raised> {
        let text = self.text(index);
        if self.options.feature_version < 6 && text.contains('_') {
            let message = "Underscores in numeric literals are only supported in Python 3.6 and greater";
            return Err(self.raise_last(message.into()));
        }
        match tokenizer::parse_number(text, self.options.int_max_str_digits) {
            Ok(_) => Ok(()),
            Err(message) => {
                let line = self.token(index).map_or(1, |token| token.line);
                Err(self.raise(SyntaxErrorKind::SyntaxError, (line, 0), (line, 0), message))
            }
        }
    }

    /// The error of an identifier that becomes a constant's name when it is normalised.
    pub fn check_name(&self, index: usize) -> Result<(), Raised> {
        match tokenizer::constant_name(&tokenizer::identifier(self.text(index))) {
            Some(name) if !self.text(index).is_ascii() => {
                Err(Raised { error: named_constant(name), by_tokenizer: true })
            }
            _ => Ok(()),
        }
    }

    /// What an alternative does that needs more than the notation can say.
    pub fn call(&mut self, name: &str, first: usize, arguments: &[NodeId], text: &str) -> Matched {
        let a = arguments.first().copied().unwrap_or(0);
        let b = arguments.get(1).copied().unwrap_or(a);
        match name {
            "real" | "imaginary" => self.complex_part(a, name),
            "noteq" => self.not_equal(a),
            "future" => self.future_import(first, a, b),
            "string" => self.plain_string(a),
            "string_end" => self.format_string(first, a, b, NodeKind::JoinedStr),
            "template_end" => {
                if self.options.feature_version < 14 {
                    let message = "t-strings are only supported in Python 3.14 and greater";
                    return Err(self.raise_last(message.into()));
                }
                self.format_string(first, a, b, NodeKind::TemplateStr)
            }
            "concatenate" => self.concatenate(first, a),
            "conversion" => self.conversion(a, b),
            "mixed" => {
                let message = "cannot mix t-string literals with string or bytes literals";
                Err(self.raise_range(self.last(a), b, message.into()))
            }
            "less_greater" if self.is_old_inequality(a, b) => {
                let message = "invalid syntax.  Maybe you meant '!=' instead of '<>'?";
                Err(self.raise_range(a, b, message.into()))
            }
            "bare_generator" => self.bare_generator(a, b),
            "argument_order" => Err(self.argument_order(a)),
            "legacy" => self.legacy_statement(a, b),
            "missing_comma" => self.missing_comma(a, b),
            "type_bound" => {
                let what = if self.node(b).kind == NodeKind::Tuple { "constraints" } else { "bound" };
                Err(self.raise_from(a, format!("cannot use {what} with {text}")))
            }
            "no_value" => {
                let (start, end) = (self.node(a).start, self.node(a).end);
                let message = "':' expected after dictionary key".to_string();
                Err(self.raise(SyntaxErrorKind::SyntaxError, (start.0, i64::from(end.1)), (end.0, 0), message))
            }
            _ => Ok(None),
        }
    }

    /// A number in a complex literal of a pattern.
    fn complex_part(&self, number: NodeId, part: &str) -> Matched {
        let imaginary = self.text(self.node(number).token as usize).ends_with(['j', 'J']);
        if imaginary == (part == "imaginary") {
            return Ok(Some(number));
        }
        Err(self.raise_range(number, number, format!("{part} number required in complex literal")))
    }

    /// `!=` or `<>`, whichever the source may use.
    fn not_equal(&self, token: NodeId) -> Matched {
        let old = self.text(self.node(token).token as usize) == "<>";
        if self.options.barry_as_bdfl && !old {
            return Err(self.raise_last("with Barry as BDFL, use '<>' instead of '!='".into()));
        }
        Ok((self.options.barry_as_bdfl == old).then_some(token))
    }

    /// `<>`: two tokens side by side or, where the source names `barry_as_FLUFL`, one.
    fn is_old_inequality(&self, first: NodeId, last: NodeId) -> bool {
        let old = self.text(self.node(first).token as usize) == "<>";
        self.node(first).end == self.node(last).start || (old && !self.options.barry_as_bdfl)
    }

    /// `from __future__ import barry_as_FLUFL` takes effect at once.
    fn future_import(&mut self, first: usize, module: NodeId, names: NodeId) -> Matched {
        let dots = self.node(module).token as usize != first + 1;
        let mut aliases = Vec::new();
        self.flatten(names, &mut aliases);
        let is_future = !dots && self.text(first + 1) == "__future__" && self.node(module).kind == NodeKind::Name;
        if is_future && aliases.iter().any(|alias| self.text(self.node(*alias).token as usize) == "barry_as_FLUFL") {
            self.options.barry_as_bdfl = true;
        }
        Ok(Some(self.add(NodeKind::Statement, first, Vec::new())))
    }

    /// A string or bytes literal of one token.
    fn plain_string(&mut self, token: NodeId) -> Matched {
        let index = self.node(token).token as usize;
        match tokenizer::parse_string(self.text(index), self.options.character_names) {
            Ok(literal) => {
                self.note_escape(index, index, literal.invalid_escape);
                let bytes = matches!(literal.value, crate::ast::Constant::Bytes(_));
                let kind = if bytes { NodeKind::BytesLiteral } else { NodeKind::Literal };
                Ok(Some(self.add(kind, index, Vec::new())))
            }
            Err(message) => Err(self.raise_at_token(index, message)),
        }
    }

    fn note_escape(&mut self, token: usize, text: usize, escape: Option<InvalidEscape>) {
        if self.explaining && !self.invalid {
            self.escapes.extend(escape.map(|escape| Escape { token, text, escape }));
        }
    }

    /// A whole f- or t-string, whose literal text is decoded now.
    fn format_string(&mut self, first: usize, start: NodeId, middles: NodeId, kind: NodeKind) -> Matched {
        let raw = tokenizer::is_raw_start(self.text(self.node(start).token as usize));
        for middle in self.node(middles).children.clone() {
            if self.node(middle).kind == NodeKind::Token {
                let index = self.node(middle).token as usize;
                match tokenizer::decode_middle(self.text(index), raw, self.options.character_names) {
                    Ok((_, escape)) => self.note_escape(self.pos.saturating_sub(1), index, escape),
                    Err(message) => return Err(self.raise_at_token(index, message)),
                }
            }
        }
        Ok(Some(self.add(kind, first, Vec::new())))
    }

    /// Adjacent literals.
    fn concatenate(&mut self, first: usize, parts: NodeId) -> Matched {
        let kinds: Vec<NodeKind> = self.node(parts).children.iter().map(|part| self.node(*part).kind).collect();
        let bytes = kinds.contains(&NodeKind::BytesLiteral);
        if bytes && kinds.iter().any(|kind| *kind != NodeKind::BytesLiteral) {
            return Err(self.raise_last("cannot mix bytes and nonbytes literals".into()));
        }
        let kind = if kinds.contains(&NodeKind::JoinedStr) { NodeKind::JoinedStr } else { NodeKind::Literal };
        Ok(Some(self.add(kind, first, Vec::new())))
    }

    /// `f` or `t`, for messages: the kind of string the position is in.
    fn string_letter(&self) -> char {
        let mut depth = 0;
        for kind in self.tokens.kinds[..self.pos.min(self.tokens.kinds.len())].iter().rev() {
            match kind {
                Kind::FstringEnd | Kind::TstringEnd => depth += 1,
                Kind::FstringStart | Kind::TstringStart if depth > 0 => depth -= 1,
                Kind::TstringStart => return 't',
                Kind::FstringStart => return 'f',
                _ => {}
            }
        }
        'f'
    }

    /// A replacement field's conversion must touch its exclamation mark, and be known.
    fn conversion(&self, mark: NodeId, name: NodeId) -> Matched {
        let letter = self.string_letter();
        if self.node(mark).end != self.node(name).start {
            let message = format!("{letter}-string: conversion type must come right after the exclamation mark");
            return Err(self.raise_range(mark, name, message));
        }
        let text = self.text(self.node(name).token as usize);
        if matches!(text, "s" | "r" | "a") {
            return Ok(Some(name));
        }
        let message = format!("{letter}-string: invalid conversion character '{text}': expected 's', 'r', or 'a'");
        Err(self.raise_range(name, name, message))
    }

    /// A generator expression after other arguments.
    fn bare_generator(&self, arguments: NodeId, clauses: NodeId) -> Matched {
        let positional: Vec<NodeId> = self.positional(arguments);
        match positional[..] {
            [_, .., last] => Err(self.raise_range(last, clauses, "Generator expression must be parenthesized".into())),
            _ => Ok(None),
        }
    }

    /// Positional arguments, starred ones last if they follow keywords.
    fn positional(&self, arguments: NodeId) -> Vec<NodeId> {
        let children = &self.node(arguments).children;
        let keyword = |id: &&NodeId| matches!(self.node(**id).kind, NodeKind::KeywordArg | NodeKind::DoubleStarArg);
        children.iter().filter(|id| !keyword(id)).copied().collect()
    }

    /// A positional argument where none may be.
    fn argument_order(&self, arguments: NodeId) -> Raised {
        let unpacking =
            self.node(arguments).children.iter().any(|child| self.node(*child).kind == NodeKind::DoubleStarArg);
        let what = if unpacking { "keyword argument unpacking" } else { "keyword argument" };
        self.raise_last(format!("positional argument follows {what}"))
    }

    /// `print x` and `exec x`.
    fn legacy_statement(&self, name: NodeId, rest: NodeId) -> Matched {
        let text = self.text(self.node(name).token as usize);
        if !self.is_legacy(name) {
            return Ok(None);
        }
        let message = format!("Missing parentheses in call to '{text}'. Did you mean {text}(...)?");
        Err(self.raise_range(name, rest, message))
    }

    fn is_legacy(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.kind == NodeKind::Name && matches!(self.text(node.token as usize), "print" | "exec")
    }

    /// Two expressions side by side inside brackets.
    fn missing_comma(&self, first: NodeId, second: NodeId) -> Matched {
        if self.is_legacy(first) || self.level() == 0 {
            return Ok(None);
        }
        Err(self.raise_range(first, second, "invalid syntax. Perhaps you forgot a comma?".into()))
    }
}

/// A line's text, with its end or without; empty if there is no such line.
fn line_text(source: &str, line: u32, with_end: bool) -> &str {
    let text = source.split_inclusive('\n').nth(line.saturating_sub(1) as usize).unwrap_or("");
    if with_end { text } else { text.trim_end_matches('\n') }
}
