//! What the second pass builds: just enough of a tree to speak about it.

/// An index into the arena of nodes.
pub(super) type NodeId = u32;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    /// Several values in a row.
    Items,
    /// An optional item that is not there.
    Absent,
    Token,
    Name,
    Literal,
    BytesLiteral,
    True,
    False,
    None,
    Ellipsis,
    JoinedStr,
    TemplateStr,
    Attribute,
    Subscript,
    Slice,
    Call,
    Starred,
    Tuple,
    List,
    Set,
    Dict,
    ListComp,
    SetComp,
    DictComp,
    GeneratorExp,
    Lambda,
    IfExp,
    NamedExpr,
    Operation,
    Compare,
    /// The operator `in` and its operand.
    In,
    Await,
    Yield,
    /// A `for` of a comprehension: what it goes over, then its conditions.
    Clause,
    /// Positional arguments, [`NodeKind::KeywordArg`] and [`NodeKind::DoubleStarArg`].
    Arguments,
    KeywordArg,
    DoubleStarArg,
    Param,
    Pattern,
    Statement,
}

/// A node: its kind, its place, what it is made of.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub kind: NodeKind,
    /// Line and column in bytes where it begins.
    pub start: (u32, u32),
    pub end: (u32, u32),
    /// Index of its first token.
    pub token: u32,
    pub children: Vec<NodeId>,
}

impl NodeKind {
    /// The kind with this name in the notation.
    pub(super) fn named(name: &str) -> NodeKind {
        use NodeKind::*;
        match name {
            "Items" => Items,
            "True" => True,
            "False" => False,
            "None" => None,
            "Ellipsis" => Ellipsis,
            "TemplateStr" => TemplateStr,
            "Attribute" => Attribute,
            "Subscript" => Subscript,
            "Slice" => Slice,
            "Call" => Call,
            "Starred" => Starred,
            "Tuple" => Tuple,
            "List" => List,
            "Set" => Set,
            "Dict" => Dict,
            "ListComp" => ListComp,
            "SetComp" => SetComp,
            "DictComp" => DictComp,
            "GeneratorExp" => GeneratorExp,
            "Lambda" => Lambda,
            "IfExp" => IfExp,
            "NamedExpr" => NamedExpr,
            "Operation" => Operation,
            "Compare" => Compare,
            "In" => In,
            "Await" => Await,
            "Yield" => Yield,
            "Clause" => Clause,
            "Arguments" => Arguments,
            "KeywordArg" => KeywordArg,
            "DoubleStarArg" => DoubleStarArg,
            "Param" => Param,
            "Pattern" => Pattern,
            _ => Statement,
        }
    }

    /// What messages call an expression of this kind.
    pub(super) fn expression_name(self) -> &'static str {
        use NodeKind::*;
        match self {
            Attribute => "attribute",
            Subscript => "subscript",
            Starred => "starred",
            Name => "name",
            List => "list",
            Tuple => "tuple",
            Lambda => "lambda",
            Call => "function call",
            Operation => "expression",
            GeneratorExp => "generator expression",
            Yield => "yield expression",
            Await => "await expression",
            ListComp => "list comprehension",
            SetComp => "set comprehension",
            DictComp => "dict comprehension",
            Dict => "dict literal",
            Set => "set display",
            JoinedStr => "f-string expression",
            TemplateStr => "t-string expression",
            None => "None",
            True => "True",
            False => "False",
            Ellipsis => "ellipsis",
            Compare => "comparison",
            IfExp => "conditional expression",
            NamedExpr => "named expression",
            _ => "literal",
        }
    }
}
