//! The parser: tokens to AST by recursive descent, one function per production of the Language Reference.
//!
//! It only knows right from wrong: on the first token that does not fit it stops, and [`crate::explain`] reads the same
//! tokens again to say what is wrong, as CPython's parser does in its second pass.

mod arguments;
mod atoms;
mod compound;
mod comprehensions;
mod expressions;
mod func_type;
pub(crate) mod kind;
mod literals;
mod match_statement;
mod parameters;
mod patterns;
mod statements;
mod strings;
mod targets;
mod type_params;

use std::rc::Rc;

use foldhash::HashMap;

use crate::ast::{Expr, ExprKind, Identifier, Mod, Range, Stmt, StmtKind, TypeIgnore};
use crate::error::{SyntaxError, SyntaxErrorKind, Warning};
use crate::explain::{self, Escape, Explained};
use crate::token::{Keyword, Token, TokenKind};
use crate::tokenizer::{self, TokenStream};
use kind::Kind;

/// What the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module (`exec`).
    Exec,
    /// One expression (`eval`).
    Eval,
    /// One interactive statement (`single`).
    Single,
    /// A function's type comment (`func_type`).
    FuncType,
}

/// How to parse.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Keep type comments and `# type: ignore` (`PyCF_TYPE_COMMENTS`).
    pub type_comments: bool,
    /// The minor version whose grammar is asked for (`ast.parse(feature_version=(3, n))`).
    pub feature_version: u8,
    /// `<>` instead of `!=` (`CO_FUTURE_BARRY_AS_BDFL`); `from __future__ import barry_as_FLUFL` turns it on too.
    pub barry_as_bdfl: bool,
    /// Mark errors at the end of the source as incomplete input (`PyCF_ALLOW_INCOMPLETE_INPUT`).
    pub allow_incomplete: bool,
    /// In `single` mode, the end of the source closes no indented block (`PyCF_DONT_IMPLY_DEDENT`).
    pub dont_imply_dedent: bool,
    /// The limit of `sys.set_int_max_str_digits` for decimal literals; 0 for none.
    pub int_max_str_digits: usize,
    /// `\N{…}` is to be had: CPython has to load a module for it.
    pub character_names: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            type_comments: false,
            feature_version: 14,
            barry_as_bdfl: false,
            allow_incomplete: false,
            dont_imply_dedent: false,
            int_max_str_digits: tokenizer::DEFAULT_MAX_STR_DIGITS,
            character_names: true,
        }
    }
}

/// What parsing gives.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub module: Mod,
    /// In the order in which they were found.
    pub warnings: Vec<Warning>,
}

/// Parses a whole source, whose line ends are `\n` (see `pyrope_text::source`).
pub fn parse(source: &str, mode: Mode, options: Options) -> Result<Parsed, Box<SyntaxError>> {
    let completed;
    let source = if mode == Mode::Exec && !source.ends_with('\n') {
        completed = format!("{source}\n");
        &completed
    } else {
        source
    };
    let tokens = Tokens::read(source, mode, &options)?;
    let mut parser = Parser::new(source, &tokens, options);
    let mut read_on = false;
    let failure = match parser.module(mode) {
        Ok(module) => {
            let several = (mode == Mode::Single)
                .then(|| explain::several_statements(source, &tokens, options, parser.pos.saturating_sub(1)))
                .flatten();
            match several {
                Some(error) => error,
                None => return Ok(Parsed { module, warnings: parser.warnings_until(&tokens, u32::MAX) }),
            }
        }
        Err(Fail::Syntax) => {
            let Explained { error, escapes, read_on: all } = explain::explain(&explain::Failed {
                source,
                tokens: &tokens,
                mode,
                options: Options { barry_as_bdfl: parser.options.barry_as_bdfl, ..options },
                start: parser.statement,
                last_statement: parser.last_compound,
            });
            read_on = all;
            for Escape { token, text, escape } in escapes {
                parser.warn_escape(parser.tokens[token], parser.text(text), escape);
            }
            error
        }
        Err(Fail::TooComplex) => too_complex(),
        Err(Fail::Constant(name)) => named_constant(name),
        Err(Fail::TooDeep) => {
            SyntaxError::new(SyntaxErrorKind::RecursionError, "maximum recursion depth exceeded during compilation")
        }
    };
    let reached = if read_on { None } else { parser.tokens.get(parser.pos) }.map_or(u32::MAX, |token| token.end);
    Err(Box::new(SyntaxError { warnings: parser.warnings_until(&tokens, reached), ..*failure }))
}

/// The error of an identifier whose normal form is a constant's name.
pub(crate) fn named_constant(name: &str) -> Box<SyntaxError> {
    SyntaxError::new(SyntaxErrorKind::ValueError, format!("identifier field can't represent '{name}' constant"))
}

/// The error of a parser that would need too much stack.
pub(crate) fn too_complex() -> Box<SyntaxError> {
    SyntaxError::new(SyntaxErrorKind::MemoryError, "Parser stack overflowed - Python source too complex to parse")
}

/// The tokens a parser reads, `# type: ignore` taken out, with what is needed where they end.
pub(crate) struct Tokens {
    pub stream: TokenStream,
    /// Parallel to `stream.tokens`; the last is `EndMarker` or `Error`.
    pub kinds: Vec<Kind>,
    pub type_ignores: Vec<TypeIgnore>,
}

impl Tokens {
    fn read(source: &str, mode: Mode, options: &Options) -> Result<Tokens, Box<SyntaxError>> {
        if source.len() >= u32::MAX as usize {
            return Err(SyntaxError::new(
                SyntaxErrorKind::OverflowError,
                "Parser column offset overflow - source line is too big",
            ));
        }
        let tokenizer_options = tokenizer::Options {
            type_comments: options.type_comments,
            barry_as_bdfl: options.barry_as_bdfl,
            ..tokenizer::Options::default()
        };
        let mut stream = tokenizer::tokenize(source, tokenizer_options);
        let mut type_ignores = Vec::new();
        if options.type_comments {
            stream.tokens.retain(|token| {
                if token.kind == TokenKind::TypeIgnore {
                    type_ignores.push(TypeIgnore { lineno: token.line, tag: token.text(source).into() });
                }
                token.kind != TokenKind::TypeIgnore
            });
        }
        if mode == Mode::Single {
            end_interactive(&mut stream.tokens, source, options.dont_imply_dedent);
        }
        if let Some(error) = &stream.error {
            let end = source.len() as u32;
            let line = error.error.lineno;
            stream.tokens.push(Token {
                kind: TokenKind::ErrorToken,
                keyword: Keyword::None,
                start: end,
                end,
                line,
                col: 0,
                end_line: line,
                end_col: 0,
            });
        }
        let kinds = stream.tokens.iter().map(Kind::of).collect();
        Ok(Tokens { stream, kinds, type_ignores })
    }
}

/// Gives a single interactive statement the line ends that finish it and, unless told not to, the ends of its blocks.
fn end_interactive(tokens: &mut Vec<Token>, source: &str, dont_imply_dedent: bool) {
    let Some(end) = tokens.pop_if(|token| token.kind == TokenKind::EndMarker) else { return };
    if !source.ends_with('\n') {
        // What the tokenizer makes of an end without a line end is not in the source.
        while tokens.pop_if(|token| token.kind == TokenKind::Dedent).is_some() {}
        tokens.pop_if(|token| token.kind == TokenKind::Newline && token.start as usize >= source.len());
    }
    if !tokens.is_empty() {
        let count = |kind| tokens.iter().filter(|token| token.kind == kind).count();
        let blocks = count(TokenKind::Indent) - count(TokenKind::Dedent);
        let newline = Token { kind: TokenKind::Newline, ..end };
        tokens.push(newline);
        if blocks > 0 && !dont_imply_dedent {
            tokens.extend(std::iter::repeat_n(Token { kind: TokenKind::Dedent, ..end }, blocks));
            tokens.push(newline);
        }
    }
    tokens.push(end);
}

/// Why the parser stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    /// The tokens make no sense.
    Syntax,
    /// Too much nesting for the parser.
    TooComplex,
    /// A chain of operators or trailers too long for those who walk the tree.
    TooDeep,
    /// An identifier whose normal form is this constant's name.
    Constant(&'static str),
}

type PResult<T> = Result<T, Fail>;

/// How deeply the parser may nest; CPython's limit on the depth of its rules.
const MAX_DEPTH: u32 = 6000;
/// How many operators or trailers may hang on one another to the left, at most: the tree is that deep.
const MAX_HEIGHT: u32 = 6000;
/// Bytes of stack that walking (or dropping) a tree takes for each level of it.
const STACK_PER_LEVEL: usize = 1024;
/// Bytes of stack below which the parser gives up.
const STACK_RESERVE: usize = 96 * 1024;

/// How high a tree may be that this thread's stack is to walk.
fn max_height() -> u32 {
    let levels = stacker::remaining_stack().map_or(usize::MAX, |bytes| bytes / STACK_PER_LEVEL);
    u32::try_from(levels).map_or(MAX_HEIGHT, |levels| levels.min(MAX_HEIGHT))
}

/// A place to come back to.
#[derive(Clone, Copy)]
struct Mark {
    pos: usize,
    end: (u32, u32),
    warnings: usize,
    depth: u32,
    height: u32,
}

/// The parser's state.
struct Parser<'t> {
    source: &'t str,
    tokens: &'t [Token],
    kinds: &'t [Kind],
    type_ignores: &'t [TypeIgnore],
    options: Options,
    pos: usize,
    /// Where the last token that is not mere layout ended.
    end: (u32, u32),
    depth: u32,
    /// At least the height of the chains in the expressions read since the enclosing chain reset it.
    height: u32,
    /// The limit of `height`: less than [`MAX_HEIGHT`] where the stack is small.
    max_height: u32,
    names: HashMap<&'t str, Identifier>,
    warnings: Vec<Warning>,
    /// The token with which the top-level statement before the one being read begins: what is wrong may have begun there.
    statement: usize,
    /// Line and column of the last compound statement read that is not a function.
    last_compound: (u32, u32),
    /// Are we in a raw f- or t-string?
    raw_string: bool,
}

impl<'t> Parser<'t> {
    fn new(source: &'t str, tokens: &'t Tokens, options: Options) -> Self {
        Parser {
            source,
            tokens: &tokens.stream.tokens,
            kinds: &tokens.kinds,
            type_ignores: &tokens.type_ignores,
            options,
            pos: 0,
            end: (1, 0),
            depth: 0,
            height: 0,
            max_height: max_height(),
            names: HashMap::default(),
            warnings: Vec::new(),
            statement: 0,
            last_compound: (0, 0),
            raw_string: false,
        }
    }

    /// The parser's and the tokenizer's warnings up to a byte offset, in the order in which they were found.
    fn warnings_until(&mut self, tokens: &Tokens, end: u32) -> Vec<Warning> {
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.extend(tokens.stream.warnings.iter().filter(|warning| warning.at <= end).cloned());
        warnings.sort_by_key(|warning| warning.at);
        warnings
    }

    /// `file_input`, `eval_input`, `interactive_input` or a function type.
    fn module(&mut self, mode: Mode) -> PResult<Mod> {
        match mode {
            Mode::Exec => self.file_input(),
            Mode::Eval => self.eval_input(),
            Mode::Single => self.interactive_input(),
            Mode::FuncType => self.func_type(),
        }
    }

    /// The next token's kind.
    #[inline]
    fn kind(&self) -> Kind {
        self.kinds.get(self.pos).copied().unwrap_or(Kind::EndMarker)
    }

    /// The kind of the token `ahead` places after the next.
    #[inline]
    fn peek(&self, ahead: usize) -> Kind {
        self.kinds.get(self.pos + ahead).copied().unwrap_or(Kind::EndMarker)
    }

    #[inline]
    fn at(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    /// Consumes the next token.
    #[inline]
    fn bump(&mut self) {
        if let Some(token) = self.tokens.get(self.pos) {
            if !self.kinds[self.pos].is_whitespace() {
                self.end = (token.end_line, token.end_col);
            }
            self.pos += 1;
        }
    }

    /// Consumes the next token if it is of this kind.
    #[inline]
    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    /// Consumes a token that must be of this kind.
    #[inline]
    fn expect(&mut self, kind: Kind) -> PResult<()> {
        if self.eat(kind) { Ok(()) } else { Err(Fail::Syntax) }
    }

    /// The next token's place.
    #[inline]
    fn here(&self) -> Range {
        self.tokens.get(self.pos).map(Token::range).unwrap_or_default()
    }

    /// From the beginning of `start` to the end of the last token consumed.
    #[inline]
    fn range_from(&self, start: Range) -> Range {
        Range { line: start.line, col: start.col, end_line: self.end.0, end_col: self.end.1 }
    }

    #[inline]
    fn node(&self, start: Range, node: ExprKind) -> Expr {
        Expr { node, range: self.range_from(start) }
    }

    #[inline]
    fn statement(&self, start: Range, node: StmtKind) -> Stmt {
        Stmt { node, range: self.range_from(start) }
    }

    /// The text of the token at an index.
    fn text(&self, index: usize) -> &'t str {
        self.tokens.get(index).map_or("", |token| token.text(self.source))
    }

    /// True if the next token is the soft keyword.
    fn at_soft(&self, keyword: Keyword) -> bool {
        self.tokens.get(self.pos).is_some_and(|token| token.keyword == keyword)
    }

    /// The identifier of the name token at an index, shared between its occurrences.
    fn identifier(&mut self, index: usize) -> PResult<Identifier> {
        let text = self.text(index);
        if let Some(known) = self.names.get(text) {
            return Ok(known.clone());
        }
        let name: Identifier = match tokenizer::identifier(text) {
            std::borrow::Cow::Borrowed(same) => Rc::from(same),
            std::borrow::Cow::Owned(normal) => match tokenizer::constant_name(&normal) {
                Some(name) => return Err(Fail::Constant(name)),
                None => Rc::from(normal),
            },
        };
        self.names.insert(text, name.clone());
        Ok(name)
    }

    /// The text of a type comment, if one is next.
    fn type_comment(&mut self) -> Option<Rc<str>> {
        if !self.at(Kind::TypeComment) {
            return None;
        }
        let text = self.text(self.pos).into();
        self.bump();
        Some(text)
    }

    fn mark(&self) -> Mark {
        Mark { pos: self.pos, end: self.end, warnings: self.warnings.len(), depth: self.depth, height: self.height }
    }

    fn reset(&mut self, mark: Mark) {
        self.pos = mark.pos;
        self.end = mark.end;
        self.warnings.truncate(mark.warnings);
        self.depth = mark.depth;
        self.height = mark.height;
    }

    /// Goes one level deeper; an error if there is no room.
    #[inline]
    fn enter(&mut self) -> PResult<()> {
        self.depth += 1;
        if self.depth.is_multiple_of(16) { self.check_stack() } else { Ok(()) }
    }

    #[cold]
    fn check_stack(&self) -> PResult<()> {
        let short = stacker::remaining_stack().is_some_and(|bytes| bytes < STACK_RESERVE);
        if self.depth > MAX_DEPTH || short { Err(Fail::TooComplex) } else { Ok(()) }
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Parses with one more level of nesting.
    fn nested<T>(&mut self, production: fn(&mut Self) -> PResult<T>) -> PResult<T> {
        self.enter()?;
        let result = production(self);
        self.leave();
        result
    }

    #[inline]
    fn check_height(&self) -> PResult<()> {
        if self.height > self.max_height { Err(Fail::TooDeep) } else { Ok(()) }
    }

    /// An error if the grammar asked for is older than the construct.
    #[inline]
    fn require_version(&self, minor: u8) -> PResult<()> {
        if self.options.feature_version < minor { Err(Fail::Syntax) } else { Ok(()) }
    }
}
