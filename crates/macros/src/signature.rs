//! Text signatures: the one source of a native function's name, parameters and defaults.

use proc_macro2::Span;
use syn::Error;

/// How a parameter takes arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    PositionalOnly,
    Positional,
    VarArgs,
    KeywordOnly,
    KwArgs,
}

/// One parameter of a text signature.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: String,
    pub kind: Kind,
    /// The default's text, if there is one.
    pub default: Option<String>,
}

/// A parsed text signature.
#[derive(Clone, Debug)]
pub struct Signature {
    pub name: String,
    /// What `__text_signature__` shows, parentheses included; empty if only a name was given.
    pub text: String,
    /// `None` if only a name was given: the function parses its arguments itself.
    pub params: Option<Vec<Param>>,
}

impl Signature {
    /// Parses `name` or `name(parameters)`. `receiver` is what CPython shows as the first parameter (`$self`, `$type`,
    /// `$module`), put in where the text does not have it; empty for static methods.
    pub fn parse(source: &str, receiver: &str, span: Span) -> Result<Signature, Error> {
        let source = source.trim();
        let Some(open) = source.find('(') else {
            return Ok(Signature { name: source.to_owned(), text: String::new(), params: None });
        };
        let name = source[..open].trim().to_owned();
        let inside = source[open..]
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or_else(|| Error::new(span, "a text signature ends with `)`"))?;
        let pieces = split_at_commas(inside);
        let params = parse_params(&pieces, span)?;
        let text = with_receiver(inside, &pieces, receiver);
        Ok(Signature { name, text, params: Some(params) })
    }
}

/// The text as CPython shows it: receiver first, and a `/` behind it when no other parameter is positional-only.
fn with_receiver(inside: &str, pieces: &[String], receiver: &str) -> String {
    if receiver.is_empty() || pieces.first().is_some_and(|first| first.starts_with('$')) {
        return format!("({inside})");
    }
    let slash = if pieces.iter().any(|piece| piece == "/") { "" } else { ", /" };
    let comma = if pieces.is_empty() { "" } else { ", " };
    format!("({receiver}{slash}{comma}{inside})")
}

fn parse_params(pieces: &[String], span: Span) -> Result<Vec<Param>, Error> {
    let mut params: Vec<Param> = Vec::new();
    let mut keyword_only = false;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.starts_with('$') {
            if index != 0 {
                return Err(Error::new(span, "only the first parameter can be the receiver"));
            }
        } else if piece == "/" {
            params.iter_mut().for_each(|param| param.kind = Kind::PositionalOnly);
        } else if piece == "*" {
            keyword_only = true;
        } else if let Some(name) = piece.strip_prefix("**") {
            params.push(Param { name: name.to_owned(), kind: Kind::KwArgs, default: None });
        } else if let Some(name) = piece.strip_prefix('*') {
            keyword_only = true;
            params.push(Param { name: name.to_owned(), kind: Kind::VarArgs, default: None });
        } else {
            let kind = if keyword_only { Kind::KeywordOnly } else { Kind::Positional };
            let (name, default) = match piece.split_once('=') {
                Some((name, default)) => (name.trim(), Some(default.trim().to_owned())),
                None => (piece.as_str(), None),
            };
            if !name.chars().all(|c| c.is_alphanumeric() || c == '_') || name.is_empty() {
                return Err(Error::new(span, format!("`{name}` is no parameter name")));
            }
            params.push(Param { name: name.to_owned(), kind, default });
        }
    }
    check_order(&params, span)?;
    Ok(params)
}

/// Required before optional among the positional ones and, as in CPython's converters, among the keyword-only ones.
fn check_order(params: &[Param], span: Span) -> Result<(), Error> {
    for group in [[Kind::PositionalOnly, Kind::Positional], [Kind::KeywordOnly; 2]] {
        let mut optional = false;
        for param in params.iter().filter(|param| group.contains(&param.kind)) {
            if optional && param.default.is_none() {
                return Err(Error::new(span, format!("`{}` has no default but follows one that has", param.name)));
            }
            optional |= param.default.is_some();
        }
    }
    Ok(())
}

/// Splits at commas outside quotes and brackets; pieces are trimmed and empty ones left out.
fn split_at_commas(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut depth, mut quote, mut escaped) = (0i32, None, false);
    for c in text.chars() {
        let piece = pieces.last_mut().expect("never empty");
        if let Some(open) = quote {
            piece.push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == open {
                quote = None;
            }
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        piece.push(c);
    }
    pieces.into_iter().map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
}
