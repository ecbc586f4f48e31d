//! Token kinds as the parser sees them: punctuation, names, literals, and one kind per keyword.

use crate::ast::{BoolOp, Operator};
use crate::token::{Keyword, Token, TokenKind};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    EndMarker,
    Name,
    Number,
    String,
    FstringStart,
    FstringMiddle,
    FstringEnd,
    TstringStart,
    TstringMiddle,
    TstringEnd,
    Newline,
    Indent,
    Dedent,
    TypeComment,
    /// A character that starts no token.
    Unknown,
    /// The tokenizer gave up here; always the last token.
    Error,
    Lpar,
    Rpar,
    Lsqb,
    Rsqb,
    Lbrace,
    Rbrace,
    Colon,
    Comma,
    Semi,
    Plus,
    Minus,
    Star,
    Slash,
    Vbar,
    Amper,
    Less,
    Greater,
    Equal,
    Dot,
    Percent,
    EqEqual,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Tilde,
    Circumflex,
    LeftShift,
    RightShift,
    DoubleStar,
    PlusEqual,
    MinusEqual,
    StarEqual,
    SlashEqual,
    PercentEqual,
    AmperEqual,
    VbarEqual,
    CircumflexEqual,
    LeftShiftEqual,
    RightShiftEqual,
    DoubleStarEqual,
    DoubleSlash,
    DoubleSlashEqual,
    At,
    AtEqual,
    Rarrow,
    Ellipsis,
    ColonEqual,
    Exclamation,
    // Keywords.
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
    False,
    Finally,
    For,
    From,
    Global,
    If,
    Import,
    In,
    Is,
    Lambda,
    None,
    Nonlocal,
    Not,
    Or,
    Pass,
    Raise,
    Return,
    True,
    Try,
    While,
    With,
    Yield,
}

/// Binding strength, loosest first.
pub(super) mod precedence {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const COMPARE: u8 = 4;
    pub const BIT_OR: u8 = 5;
    pub const BIT_XOR: u8 = 6;
    pub const BIT_AND: u8 = 7;
    pub const SHIFT: u8 = 8;
    pub const SUM: u8 = 9;
    pub const TERM: u8 = 10;
    pub const UNARY: u8 = 11;
}

/// What an infix token does.
#[derive(Clone, Copy)]
pub(super) enum Operation {
    Bool(BoolOp),
    Compare,
    Binary(Operator),
}

impl Kind {
    /// The parser's kind of a token.
    #[inline]
    pub(crate) fn of(token: &Token) -> Kind {
        if token.kind == TokenKind::Name { Kind::of_word(token.keyword) } else { Kind::of_other(token.kind) }
    }

    fn of_word(keyword: Keyword) -> Kind {
        match keyword {
            Keyword::None | Keyword::Underscore | Keyword::Case | Keyword::Match | Keyword::Type => Kind::Name,
            Keyword::NoneKw => Kind::None,
            Keyword::False => Kind::False,
            Keyword::True => Kind::True,
            Keyword::And => Kind::And,
            Keyword::As => Kind::As,
            Keyword::Assert => Kind::Assert,
            Keyword::Async => Kind::Async,
            Keyword::Await => Kind::Await,
            Keyword::Break => Kind::Break,
            Keyword::Class => Kind::Class,
            Keyword::Continue => Kind::Continue,
            Keyword::Def => Kind::Def,
            Keyword::Del => Kind::Del,
            Keyword::Elif => Kind::Elif,
            Keyword::Else => Kind::Else,
            Keyword::Except => Kind::Except,
            Keyword::Finally => Kind::Finally,
            Keyword::For => Kind::For,
            Keyword::From => Kind::From,
            Keyword::Global => Kind::Global,
            Keyword::If => Kind::If,
            Keyword::Import => Kind::Import,
            Keyword::In => Kind::In,
            Keyword::Is => Kind::Is,
            Keyword::Lambda => Kind::Lambda,
            Keyword::Nonlocal => Kind::Nonlocal,
            Keyword::Not => Kind::Not,
            Keyword::Or => Kind::Or,
            Keyword::Pass => Kind::Pass,
            Keyword::Raise => Kind::Raise,
            Keyword::Return => Kind::Return,
            Keyword::Try => Kind::Try,
            Keyword::While => Kind::While,
            Keyword::With => Kind::With,
            Keyword::Yield => Kind::Yield,
        }
    }

    fn of_other(kind: TokenKind) -> Kind {
        match kind {
            TokenKind::EndMarker => Kind::EndMarker,
            TokenKind::Name => Kind::Name,
            TokenKind::Number => Kind::Number,
            TokenKind::String => Kind::String,
            TokenKind::Newline => Kind::Newline,
            TokenKind::Indent => Kind::Indent,
            TokenKind::Dedent => Kind::Dedent,
            TokenKind::Colon => Kind::Colon,
            TokenKind::Comma => Kind::Comma,
            TokenKind::Semi => Kind::Semi,
            TokenKind::Plus => Kind::Plus,
            TokenKind::Minus => Kind::Minus,
            TokenKind::Star => Kind::Star,
            TokenKind::Slash => Kind::Slash,
            TokenKind::Amper => Kind::Amper,
            TokenKind::Less => Kind::Less,
            TokenKind::Greater => Kind::Greater,
            TokenKind::Equal => Kind::Equal,
            TokenKind::Dot => Kind::Dot,
            TokenKind::Percent => Kind::Percent,
            TokenKind::EqEqual => Kind::EqEqual,
            TokenKind::NotEqual => Kind::NotEqual,
            TokenKind::LessEqual => Kind::LessEqual,
            TokenKind::GreaterEqual => Kind::GreaterEqual,
            TokenKind::Tilde => Kind::Tilde,
            TokenKind::Circumflex => Kind::Circumflex,
            TokenKind::LeftShift => Kind::LeftShift,
            TokenKind::RightShift => Kind::RightShift,
            TokenKind::DoubleStar => Kind::DoubleStar,
            TokenKind::PlusEqual => Kind::PlusEqual,
            TokenKind::StarEqual => Kind::StarEqual,
            TokenKind::SlashEqual => Kind::SlashEqual,
            TokenKind::PercentEqual => Kind::PercentEqual,
            TokenKind::AmperEqual => Kind::AmperEqual,
            TokenKind::CircumflexEqual => Kind::CircumflexEqual,
            TokenKind::LeftShiftEqual => Kind::LeftShiftEqual,
            TokenKind::RightShiftEqual => Kind::RightShiftEqual,
            TokenKind::DoubleStarEqual => Kind::DoubleStarEqual,
            TokenKind::DoubleSlash => Kind::DoubleSlash,
            TokenKind::DoubleSlashEqual => Kind::DoubleSlashEqual,
            TokenKind::At => Kind::At,
            TokenKind::AtEqual => Kind::AtEqual,
            TokenKind::Ellipsis => Kind::Ellipsis,
            TokenKind::ColonEqual => Kind::ColonEqual,
            TokenKind::Exclamation => Kind::Exclamation,
            TokenKind::TypeComment => Kind::TypeComment,
            TokenKind::LPar => Kind::Lpar,
            TokenKind::RPar => Kind::Rpar,
            TokenKind::LSqb => Kind::Lsqb,
            TokenKind::RSqb => Kind::Rsqb,
            TokenKind::LBrace => Kind::Lbrace,
            TokenKind::RBrace => Kind::Rbrace,
            TokenKind::VBar => Kind::Vbar,
            TokenKind::MinEqual => Kind::MinusEqual,
            TokenKind::VBarEqual => Kind::VbarEqual,
            TokenKind::RArrow => Kind::Rarrow,
            TokenKind::FStringStart => Kind::FstringStart,
            TokenKind::FStringMiddle => Kind::FstringMiddle,
            TokenKind::FStringEnd => Kind::FstringEnd,
            TokenKind::TStringStart => Kind::TstringStart,
            TokenKind::TStringMiddle => Kind::TstringMiddle,
            TokenKind::TStringEnd => Kind::TstringEnd,
            TokenKind::ErrorToken => Kind::Error,
            TokenKind::Op | TokenKind::TypeIgnore | TokenKind::Comment | TokenKind::Nl => Kind::Unknown,
        }
    }

    /// True if an `expression` can begin with this token.
    pub(super) fn starts_expression(self) -> bool {
        matches!(
            self,
            Kind::Name
                | Kind::Number
                | Kind::String
                | Kind::FstringStart
                | Kind::TstringStart
                | Kind::Lpar
                | Kind::Lsqb
                | Kind::Lbrace
                | Kind::Minus
                | Kind::Plus
                | Kind::Tilde
                | Kind::Ellipsis
                | Kind::Not
                | Kind::Lambda
                | Kind::Await
                | Kind::None
                | Kind::True
                | Kind::False
        )
    }

    /// True for the tokens that only shape lines.
    pub(crate) fn is_whitespace(self) -> bool {
        matches!(self, Kind::Newline | Kind::Indent | Kind::Dedent | Kind::EndMarker)
    }

    /// How strongly this token binds as an infix operator, and what it makes.
    #[inline]
    pub(super) fn operation(self) -> Option<(u8, Operation)> {
        use precedence::*;
        Some(match self {
            Kind::Or => (OR, Operation::Bool(BoolOp::Or)),
            Kind::And => (AND, Operation::Bool(BoolOp::And)),
            Kind::EqEqual
            | Kind::NotEqual
            | Kind::Less
            | Kind::LessEqual
            | Kind::Greater
            | Kind::GreaterEqual
            | Kind::In
            | Kind::Is
            | Kind::Not => (COMPARE, Operation::Compare),
            Kind::Vbar => (BIT_OR, Operation::Binary(Operator::BitOr)),
            Kind::Circumflex => (BIT_XOR, Operation::Binary(Operator::BitXor)),
            Kind::Amper => (BIT_AND, Operation::Binary(Operator::BitAnd)),
            Kind::LeftShift => (SHIFT, Operation::Binary(Operator::LShift)),
            Kind::RightShift => (SHIFT, Operation::Binary(Operator::RShift)),
            Kind::Plus => (SUM, Operation::Binary(Operator::Add)),
            Kind::Minus => (SUM, Operation::Binary(Operator::Sub)),
            Kind::Star => (TERM, Operation::Binary(Operator::Mult)),
            Kind::Slash => (TERM, Operation::Binary(Operator::Div)),
            Kind::DoubleSlash => (TERM, Operation::Binary(Operator::FloorDiv)),
            Kind::Percent => (TERM, Operation::Binary(Operator::Mod)),
            Kind::At => (TERM, Operation::Binary(Operator::MatMult)),
            _ => return None,
        })
    }

    /// The operator of an augmented assignment.
    pub(super) fn augmented(self) -> Option<Operator> {
        Some(match self {
            Kind::PlusEqual => Operator::Add,
            Kind::MinusEqual => Operator::Sub,
            Kind::StarEqual => Operator::Mult,
            Kind::AtEqual => Operator::MatMult,
            Kind::SlashEqual => Operator::Div,
            Kind::PercentEqual => Operator::Mod,
            Kind::AmperEqual => Operator::BitAnd,
            Kind::VbarEqual => Operator::BitOr,
            Kind::CircumflexEqual => Operator::BitXor,
            Kind::LeftShiftEqual => Operator::LShift,
            Kind::RightShiftEqual => Operator::RShift,
            Kind::DoubleStarEqual => Operator::Pow,
            Kind::DoubleSlashEqual => Operator::FloorDiv,
            _ => return None,
        })
    }
}
