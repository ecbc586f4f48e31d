//! The grammar of the second pass, read from `productions.txt`.
//!
//! One production a line: a name, marks, `=`, alternatives between `|`. The marks: `*` its results are remembered, `<` it is
//! left-recursive, `-` it must never be remembered, `!` the rules for errors are off inside it. Productions named
//! `invalid_…` are the rules for errors: alternatives that are just one of them are tried only in the second pass.
//!
//! Items: `'…'` a keyword or operator, `"…"` a soft keyword, `NAME` a kind of token, a production; `(…)`, `[…]` optional,
//! `x*`, `x+`, `','.x+` separated, `&x` and `!x` look ahead, `&&'…'` must come, `~` no way back, `a:x` a label.
//! `=>` says what an alternative gives: a kind of [`Node`](super::node::Node) over what is labelled, or an error.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::first::{self, Kinds};
use super::node::NodeKind;
use crate::parser::kind::Kind;
use crate::token::{Keyword, Token, TokenKind};

/// The grammar, read once.
pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Reader::new(include_str!("productions.txt")).grammar());

/// All productions.
pub(super) struct Grammar {
    pub rules: Vec<Rule>,
    pub file: usize,
    pub eval: usize,
    pub interactive: usize,
    pub func_type: usize,
}

/// How a production's results are remembered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// Per position and pass, because nothing else can change them.
    Quiet,
    /// Per position, as CPython does.
    Kept,
    LeftRecursive,
    Never,
}

/// One production.
pub(super) struct Rule {
    pub alternatives: Vec<Alternative>,
    pub memory: Memory,
    /// Are the rules for errors off inside it?
    pub without_invalid: bool,
}

/// One alternative.
#[derive(Default)]
pub(super) struct Alternative {
    pub items: Vec<(Option<u8>, Item)>,
    pub action: Action,
    /// The kinds of token it can begin with.
    pub first: Kinds,
    /// Only in the second pass.
    pub invalid: bool,
    /// The minor version that has this syntax, and what it is called.
    pub since: Option<(u8, String)>,
}

/// One item of an alternative.
pub(super) enum Item {
    Token(Kind),
    Soft(Keyword),
    AnySoft,
    Rule(usize),
    Group(Vec<Alternative>),
    Optional(Vec<Alternative>),
    Repeat(Box<Item>, bool),
    Separated(Kind, Box<Item>),
    Look(Box<Item>, bool),
    Must(Kind, String),
    Cut,
}

/// What an alternative gives.
#[derive(Default)]
pub(super) enum Action {
    /// The one value, or all of them.
    #[default]
    Pass,
    Node(NodeKind, Vec<u8>),
    /// No value: the alternative fails after all.
    Never,
    /// An error at a node, or from one to another.
    Range(u8, u8, String),
    /// An error from a node to the last token read.
    From(u8, String),
    /// An error at the last token read.
    Last(String),
    /// An error at the token after the last matched.
    Next(String),
    /// An `IndentationError` at the last token read.
    Block(String, Option<u8>),
    /// An error at what cannot be a target.
    Target(String, u8),
    Call(String, Vec<u8>, String),
}

/// Reads the notation.
struct Reader {
    lexemes: Vec<String>,
    at: usize,
    names: HashMap<String, usize>,
}

impl Reader {
    fn new(text: &str) -> Self {
        Reader { lexemes: lexemes(text), at: 0, names: HashMap::new() }
    }

    fn grammar(mut self) -> Grammar {
        let starts: Vec<usize> = self
            .lexemes
            .iter()
            .enumerate()
            .filter(|(_, lexeme)| *lexeme == "=")
            .filter_map(|(at, _)| (at.saturating_sub(2)..at).rev().find(|i| is_name(&self.lexemes[*i])))
            .collect();
        for (number, start) in starts.iter().enumerate() {
            self.names.insert(self.lexemes[*start].clone(), number);
        }
        let mut rules = Vec::new();
        for start in starts {
            self.at = start + 1;
            let mut memory = Memory::Quiet;
            let mut without_invalid = false;
            while self.peek() != "=" {
                match self.next().as_str() {
                    "*" => memory = Memory::Kept,
                    "<" => memory = Memory::LeftRecursive,
                    "-" => memory = Memory::Never,
                    _ => without_invalid = true,
                }
            }
            self.at += 1;
            rules.push(Rule { alternatives: self.alternatives(), memory, without_invalid });
        }
        first::fill(&mut rules);
        let find = |name: &str| self.names.get(name).copied().unwrap_or(0);
        Grammar {
            file: find("file"),
            eval: find("eval"),
            interactive: find("interactive"),
            func_type: find("func_type"),
            rules,
        }
    }

    fn peek(&self) -> &str {
        self.lexemes.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let lexeme = self.peek().to_string();
        self.at += 1;
        lexeme
    }

    /// True where an alternative ends: at a bracket, a bar, the end, or the next production.
    fn at_end(&self) -> bool {
        let follows = |ahead: usize| self.lexemes.get(self.at + ahead).map(String::as_str);
        matches!(self.peek(), "" | "|" | ")" | "]")
            || (is_name(self.peek())
                && (follows(1) == Some("=")
                    || (matches!(follows(1), Some("*" | "<" | "-" | "!")) && follows(2) == Some("="))))
    }

    fn alternatives(&mut self) -> Vec<Alternative> {
        let mut alternatives = vec![self.alternative()];
        while self.peek() == "|" {
            self.at += 1;
            alternatives.push(self.alternative());
        }
        alternatives
    }

    fn alternative(&mut self) -> Alternative {
        let mut alternative = Alternative::default();
        while !self.at_end() {
            if self.peek() == "=>" {
                self.at += 1;
                self.action(&mut alternative);
                break;
            }
            let label = (self.lexemes.get(self.at + 1).map(String::as_str) == Some(":")).then(|| {
                let label = self.peek().as_bytes()[0];
                self.at += 2;
                label
            });
            // CPython's generator guards only alternatives that are nothing but such a rule.
            alternative.invalid = alternative.items.is_empty() && self.peek().starts_with("invalid_");
            let item = self.item();
            alternative.items.push((label, item));
        }
        alternative
    }

    fn item(&mut self) -> Item {
        let first = self.next();
        let item = match first.as_str() {
            "&" => return Item::Look(Box::new(self.item()), true),
            "!" => return Item::Look(Box::new(self.item()), false),
            "&&" => {
                let text = self.next();
                return Item::Must(kind_of(&text), text[1..text.len() - 1].to_string());
            }
            "~" => return Item::Cut,
            "(" => {
                let group = self.alternatives();
                self.at += 1;
                Item::Group(group)
            }
            "[" => {
                let group = self.alternatives();
                self.at += 1;
                return Item::Optional(group);
            }
            text if text.starts_with('\'') => {
                let kind = kind_of(text);
                if self.peek() == "." {
                    self.at += 1;
                    let element = self.element();
                    self.at += 1;
                    return Item::Separated(kind, Box::new(element));
                }
                Item::Token(kind)
            }
            text if text.starts_with('"') => Item::Soft(Keyword::of(&text.as_bytes()[1..text.len() - 1])),
            name => self.named(name),
        };
        match self.peek() {
            "*" => {
                self.at += 1;
                Item::Repeat(Box::new(item), false)
            }
            "+" => {
                self.at += 1;
                Item::Repeat(Box::new(item), true)
            }
            _ => item,
        }
    }

    /// What is separated: a name or a group, without its `+`.
    fn element(&mut self) -> Item {
        let first = self.next();
        if first == "(" {
            let group = self.alternatives();
            self.at += 1;
            return Item::Group(group);
        }
        self.named(&first)
    }

    fn named(&self, name: &str) -> Item {
        if let Some(rule) = self.names.get(name) {
            return Item::Rule(*rule);
        }
        Item::Token(match name {
            "NAME" => Kind::Name,
            "NUMBER" => Kind::Number,
            "STRING" => Kind::String,
            "NEWLINE" => Kind::Newline,
            "INDENT" => Kind::Indent,
            "DEDENT" => Kind::Dedent,
            "TYPE_COMMENT" => Kind::TypeComment,
            "FSTRING_START" => Kind::FstringStart,
            "FSTRING_MIDDLE" => Kind::FstringMiddle,
            "FSTRING_END" => Kind::FstringEnd,
            "TSTRING_START" => Kind::TstringStart,
            "TSTRING_MIDDLE" => Kind::TstringMiddle,
            "TSTRING_END" => Kind::TstringEnd,
            "ENDMARKER" => Kind::EndMarker,
            "SOFT_KEYWORD" => return Item::AnySoft,
            _ => Kind::Unknown,
        })
    }

    /// The text of a message.
    fn message(&mut self) -> String {
        let text = self.next();
        text[1..text.len() - 1].replace("\\\"", "\"")
    }

    fn label(&mut self) -> u8 {
        self.next().as_bytes()[0]
    }

    fn labels(&mut self) -> Vec<u8> {
        let mut labels = Vec::new();
        while self.peek().len() == 1 && self.peek().as_bytes()[0].is_ascii_lowercase() && !self.at_end() {
            labels.push(self.label());
        }
        labels
    }

    fn action(&mut self, alternative: &mut Alternative) {
        let word = self.next();
        alternative.action = match word.as_str() {
            "never" => Action::Never,
            "at" => {
                let label = self.label();
                Action::Range(label, label, self.message())
            }
            "range" => {
                let (from, to) = (self.label(), self.label());
                Action::Range(from, to, self.message())
            }
            "from" => {
                let label = self.label();
                Action::From(label, self.message())
            }
            "last" => Action::Last(self.message()),
            "next" => Action::Next(self.message()),
            "block" => {
                let message = self.message();
                Action::Block(message, self.labels().first().copied())
            }
            "target" => {
                let verb = self.message();
                Action::Target(verb, self.label())
            }
            "call" => {
                let name = self.next();
                let labels = self.labels();
                let text = if self.peek().starts_with('"') { self.message() } else { String::new() };
                Action::Call(name, labels, text)
            }
            kind => Action::Node(NodeKind::named(kind), self.labels()),
        };
        if self.peek() == "since" {
            self.at += 1;
            let version = self.next().parse().unwrap_or(0);
            alternative.since = Some((version, self.message()));
        }
    }
}

fn is_name(lexeme: &str) -> bool {
    lexeme.as_bytes().first().is_some_and(|byte| byte.is_ascii_alphabetic())
}

/// Splits the notation: quoted texts, names, numbers, and punctuation.
fn lexemes(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut lexemes = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        at += 1;
        match byte {
            b' ' | b'\n' => continue,
            b'\'' | b'"' => {
                while at < bytes.len() && bytes[at] != byte {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            _ if byte.is_ascii_alphanumeric() => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
            }
            b'&' if bytes.get(at) == Some(&b'&') => at += 1,
            b'=' if bytes.get(at) == Some(&b'>') => at += 1,
            _ => {}
        }
        lexemes.push(text[start..at].to_string());
    }
    lexemes
}

/// The kind of a quoted keyword or operator.
fn kind_of(quoted: &str) -> Kind {
    let text = &quoted[1..quoted.len() - 1];
    let keyword = Keyword::of(text.as_bytes());
    let kind = TokenKind::Name;
    if keyword.is_hard() {
        return Kind::of(&Token { kind, keyword, start: 0, end: 0, line: 0, col: 0, end_line: 0, end_col: 0 });
    }
    match text {
        "(" => Kind::Lpar,
        ")" => Kind::Rpar,
        "[" => Kind::Lsqb,
        "]" => Kind::Rsqb,
        "{" => Kind::Lbrace,
        "}" => Kind::Rbrace,
        ":" => Kind::Colon,
        "," => Kind::Comma,
        ";" => Kind::Semi,
        "+" => Kind::Plus,
        "-" => Kind::Minus,
        "*" => Kind::Star,
        "/" => Kind::Slash,
        "|" => Kind::Vbar,
        "&" => Kind::Amper,
        "<" => Kind::Less,
        ">" => Kind::Greater,
        "=" => Kind::Equal,
        "." => Kind::Dot,
        "%" => Kind::Percent,
        "==" => Kind::EqEqual,
        "!=" => Kind::NotEqual,
        "<=" => Kind::LessEqual,
        ">=" => Kind::GreaterEqual,
        "~" => Kind::Tilde,
        "^" => Kind::Circumflex,
        "<<" => Kind::LeftShift,
        ">>" => Kind::RightShift,
        "**" => Kind::DoubleStar,
        "+=" => Kind::PlusEqual,
        "-=" => Kind::MinusEqual,
        "*=" => Kind::StarEqual,
        "/=" => Kind::SlashEqual,
        "%=" => Kind::PercentEqual,
        "&=" => Kind::AmperEqual,
        "|=" => Kind::VbarEqual,
        "^=" => Kind::CircumflexEqual,
        "<<=" => Kind::LeftShiftEqual,
        ">>=" => Kind::RightShiftEqual,
        "**=" => Kind::DoubleStarEqual,
        "//" => Kind::DoubleSlash,
        "//=" => Kind::DoubleSlashEqual,
        "@" => Kind::At,
        "@=" => Kind::AtEqual,
        "->" => Kind::Rarrow,
        "..." => Kind::Ellipsis,
        ":=" => Kind::ColonEqual,
        "!" => Kind::Exclamation,
        _ => Kind::Unknown,
    }
}
