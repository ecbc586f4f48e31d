//! Tokens: kinds numbered as CPython's `token` module numbers them, and their places in the source.

use crate::ast::Range;

/// What a token is. The discriminant is the number of the same name in the `token` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TokenKind {
    EndMarker = 0,
    /// An identifier or a keyword; [`Token::keyword`] tells them apart.
    Name = 1,
    Number = 2,
    /// A whole literal that is neither an f- nor a t-string, prefix and quotes included.
    String = 3,
    Newline = 4,
    Indent = 5,
    Dedent = 6,
    LPar = 7,
    RPar = 8,
    LSqb = 9,
    RSqb = 10,
    Colon = 11,
    Comma = 12,
    Semi = 13,
    Plus = 14,
    Minus = 15,
    Star = 16,
    Slash = 17,
    VBar = 18,
    Amper = 19,
    Less = 20,
    Greater = 21,
    Equal = 22,
    Dot = 23,
    Percent = 24,
    LBrace = 25,
    RBrace = 26,
    EqEqual = 27,
    /// `!=`, and `<>` where `Options::barry_as_bdfl` is on; the parser decides which of them the source may use.
    NotEqual = 28,
    LessEqual = 29,
    GreaterEqual = 30,
    Tilde = 31,
    Circumflex = 32,
    LeftShift = 33,
    RightShift = 34,
    DoubleStar = 35,
    PlusEqual = 36,
    MinEqual = 37,
    StarEqual = 38,
    SlashEqual = 39,
    PercentEqual = 40,
    AmperEqual = 41,
    VBarEqual = 42,
    CircumflexEqual = 43,
    LeftShiftEqual = 44,
    RightShiftEqual = 45,
    DoubleStarEqual = 46,
    DoubleSlash = 47,
    DoubleSlashEqual = 48,
    At = 49,
    AtEqual = 50,
    RArrow = 51,
    Ellipsis = 52,
    ColonEqual = 53,
    Exclamation = 54,
    /// A character that starts no token (`$`, `?`, `` ` ``): the parser finds no rule for it.
    Op = 55,
    /// `# type: ignore…`; the token's text is what follows `ignore`. Only with `type_comments`.
    TypeIgnore = 56,
    /// `# type: …`; the token's text is what follows the colon and blanks. Only with `type_comments`.
    TypeComment = 57,
    FStringStart = 59,
    /// Literal text, escapes not decoded. At `{{` or `}}` a token ends after the first brace; the second is in none.
    FStringMiddle = 60,
    FStringEnd = 61,
    TStringStart = 62,
    TStringMiddle = 63,
    TStringEnd = 64,
    /// Only with `extra_tokens`.
    Comment = 65,
    /// A line end that ends no statement. Only with `extra_tokens`.
    Nl = 66,
    /// Never yielded by the tokenizer, whose errors are values; a parser may use it as the mark behind the last token.
    ErrorToken = 67,
}

/// A keyword's identity, or [`Keyword::None`] for any other name. Soft keywords come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Keyword {
    None,
    False,
    NoneKw,
    True,
    And,
    As,
    Assert,
    Async,
    Await,
    Break,
    Class,
    Continue,
    Def,
    Del,
    Elif,
    Else,
    Except,
    Finally,
    For,
    From,
    Global,
    If,
    Import,
    In,
    Is,
    Lambda,
    Nonlocal,
    Not,
    Or,
    Pass,
    Raise,
    Return,
    Try,
    While,
    With,
    Yield,
    Underscore,
    Case,
    Match,
    Type,
}

impl Keyword {
    /// Classifies an identifier as written (keywords are recognised before normalisation).
    pub fn of(name: &[u8]) -> Keyword {
        if name.len() > 8 {
            return Keyword::None;
        }
        match name {
            b"_" => Keyword::Underscore,
            b"as" => Keyword::As,
            b"if" => Keyword::If,
            b"in" => Keyword::In,
            b"is" => Keyword::Is,
            b"or" => Keyword::Or,
            b"and" => Keyword::And,
            b"def" => Keyword::Def,
            b"del" => Keyword::Del,
            b"for" => Keyword::For,
            b"not" => Keyword::Not,
            b"try" => Keyword::Try,
            b"None" => Keyword::NoneKw,
            b"True" => Keyword::True,
            b"case" => Keyword::Case,
            b"elif" => Keyword::Elif,
            b"else" => Keyword::Else,
            b"from" => Keyword::From,
            b"pass" => Keyword::Pass,
            b"type" => Keyword::Type,
            b"with" => Keyword::With,
            b"False" => Keyword::False,
            b"async" => Keyword::Async,
            b"await" => Keyword::Await,
            b"break" => Keyword::Break,
            b"class" => Keyword::Class,
            b"match" => Keyword::Match,
            b"raise" => Keyword::Raise,
            b"while" => Keyword::While,
            b"yield" => Keyword::Yield,
            b"assert" => Keyword::Assert,
            b"except" => Keyword::Except,
            b"global" => Keyword::Global,
            b"import" => Keyword::Import,
            b"lambda" => Keyword::Lambda,
            b"return" => Keyword::Return,
            b"finally" => Keyword::Finally,
            b"continue" => Keyword::Continue,
            b"nonlocal" => Keyword::Nonlocal,
            _ => Keyword::None,
        }
    }

    /// True for `_`, `case`, `match` and `type`, which are ordinary names outside their statements.
    pub fn is_soft(self) -> bool {
        self as u8 >= Keyword::Underscore as u8
    }

    /// True for a word that can never be an identifier.
    pub fn is_hard(self) -> bool {
        self != Keyword::None && !self.is_soft()
    }
}

/// One token. Offsets are bytes into the source handed to the tokenizer; lines count from 1, columns are UTF-8 bytes
/// from 0, ends are exclusive. Positions are those CPython's parser sees (an `Indent` or `Dedent` stands, empty,
/// where the first token of its line begins; a `Newline` covers the line end).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// [`Keyword::None`] unless `kind` is [`TokenKind::Name`].
    pub keyword: Keyword,
    pub start: u32,
    pub end: u32,
    pub line: u32,
    pub col: u32,
    pub end_line: u32,
    pub end_col: u32,
}

impl Token {
    /// The token's place in the form AST nodes carry.
    pub fn range(&self) -> Range {
        Range { line: self.line, col: self.col, end_line: self.end_line, end_col: self.end_col }
    }

    /// The token's text, given the source that was tokenised.
    pub fn text<'s>(&self, source: &'s str) -> &'s str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}
