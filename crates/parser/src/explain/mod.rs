//! What is wrong with a source that the parser rejected.
//!
//! The tokens are read twice more by CPython's own grammar: first without, then with its rules for errors. The first pass
//! finds out how far the source makes sense; the second finds a better explanation, if there is one.

mod actions;
mod engine;
mod first;
mod grammar;
mod node;

use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::parser::kind::Kind;
use crate::parser::{Mode, Options, Tokens};
use engine::{Engine, Raised};

pub(crate) use engine::Escape;

/// What the parser knows when it gives up.
pub(crate) struct Failed<'t> {
    pub source: &'t str,
    pub tokens: &'t Tokens,
    pub mode: Mode,
    pub options: Options,
    /// The token at which reading may begin: all statements before it are right.
    pub start: usize,
    /// Where the last compound statement began.
    pub last_statement: (u32, u32),
}

/// What was found out.
pub(crate) struct Explained {
    pub error: Box<SyntaxError>,
    /// The invalid escapes found on the way to it.
    pub escapes: Vec<Escape>,
    /// Were all tokens read that are left, to see whether one of them is a worse error?
    pub read_on: bool,
}

/// The error of a source that the parser rejected.
pub(crate) fn explain(failed: &Failed<'_>) -> Explained {
    let mut engine = Engine::new(failed.source, failed.tokens, failed.options, failed.start);
    let (error, read_on) = explain_with(&mut engine, failed);
    Explained { error, escapes: engine.escapes, read_on }
}

fn explain_with(engine: &mut Engine<'_>, failed: &Failed<'_>) -> (Box<SyntaxError>, bool) {
    let Failed { source, tokens, mode, options, start, last_statement } = *failed;
    let grammar = &*grammar::GRAMMAR;
    let rule = match mode {
        Mode::Exec => grammar.file,
        Mode::Eval => grammar.eval,
        Mode::Single => grammar.interactive,
        Mode::FuncType => grammar.func_type,
    };
    let first = engine.rule(rule);
    if options.allow_incomplete && at_end_of_source(source, tokens, engine.fill) {
        let mut error = engine.raise_last("incomplete input".into()).error;
        error.incomplete = true;
        return (error, false);
    }
    if let Err(raised) = first {
        return (settle(engine, raised, (0, 0)), true);
    }
    let reached = engine.fill.saturating_sub(1);
    engine.restart(start);
    if let Err(raised) = engine.rule(rule) {
        return (settle(engine, raised, last_statement), true);
    }
    let layout = match tokens.kinds.get(reached) {
        Some(Kind::Indent) => "unexpected indent",
        Some(Kind::Dedent) => "unexpected unindent",
        _ => {
            let raised = engine.raise_at_token(reached, "invalid syntax".into());
            return (settle(engine, raised, last_statement), true);
        }
    };
    // No error of the tokenizer wins over these.
    let mut error = engine.raise_indentation(layout.into()).error;
    error.last_statement = Some(last_statement);
    (error, false)
}

/// Lets an error of the tokenizer behind the place where the parser stopped win, as CPython does.
fn settle(engine: &Engine<'_>, raised: Raised, last_statement: (u32, u32)) -> Box<SyntaxError> {
    let mut error = winner(engine, raised);
    error.incomplete = false;
    error.last_statement = Some(last_statement);
    error
}

fn winner(engine: &Engine<'_>, raised: Raised) -> Box<SyntaxError> {
    let stream = &engine.tokens.stream;
    let (false, Some(later)) = (raised.by_tokenizer, &stream.error) else { return raised.error };
    if raised.error.kind == SyntaxErrorKind::MemoryError {
        return raised.error;
    }
    if in_format_string(engine.tokens) {
        return raised.error;
    }
    if later.raised {
        return later.error.clone();
    }
    let reached = engine.fill.checked_sub(1).and_then(|last| engine.token(last)).map_or(0, |token| token.line);
    if let Some(open) = stream.open.last()
        && reached > open.line
    {
        let message = format!("'{}' was never closed", char::from(open.bracket));
        let start = (open.line, i64::from(open.col) + 1);
        return engine.raise(SyntaxErrorKind::SyntaxError, start, (open.line, 0), message).error;
    }
    raised.error
}

/// Did tokenising end inside an f- or t-string? Such an error never wins.
fn in_format_string(tokens: &Tokens) -> bool {
    let count = |kinds: [Kind; 2]| tokens.kinds.iter().filter(|kind| kinds.contains(kind)).count();
    count([Kind::FstringStart, Kind::TstringStart]) > count([Kind::FstringEnd, Kind::TstringEnd])
}

/// Was everything read? Then more might have made sense.
fn at_end_of_source(source: &str, tokens: &Tokens, fill: usize) -> bool {
    let Some(last) = fill.checked_sub(1) else { return true };
    match tokens.kinds.get(last) {
        Some(Kind::EndMarker) => true,
        Some(Kind::Error) => tokens.stream.error.as_ref().is_some_and(|error| error.at_eof || error.error.incomplete),
        // A token at the very end makes the tokenizer look beyond it.
        Some(_) => tokens.stream.tokens.get(last).is_some_and(|token| {
            let edge = if source.ends_with('\n') { token.start } else { token.end };
            edge as usize >= source.len()
        }),
        None => true,
    }
}

/// The error of a `single` source with more than one statement; `last` is the index of the last token read.
pub(crate) fn several_statements(
    source: &str,
    tokens: &Tokens,
    options: Options,
    last: usize,
) -> Option<Box<SyntaxError>> {
    let end = tokens.stream.tokens.get(last).map_or(source.len(), |token| token.end as usize);
    if !has_more(source.get(end..).unwrap_or("")) {
        return None;
    }
    let engine = Engine::new(source, tokens, options, last + 1);
    Some(engine.raise_last("multiple statements found while compiling a single statement".into()).error)
}

/// Is there more than blanks and comments?
fn has_more(rest: &str) -> bool {
    rest.lines().any(|line| {
        let text = line.trim_start_matches([' ', '\t', '\x0c']);
        !text.is_empty() && !text.starts_with('#')
    })
}
