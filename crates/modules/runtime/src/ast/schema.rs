//! The abstract grammar as the `ast` module documents it: the one table from which the node classes are made.

/// One declaration: its text (which is the `__doc__` of the class), and whether the nodes have positions and how.
pub(super) struct Declaration {
    pub text: &'static str,
    pub positions: Positions,
}

/// Positions of a kind of node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Positions {
    No,
    /// All four are required.
    Full,
    /// The end may be left out.
    OptionalEnd,
}

impl Positions {
    /// `_attributes`
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Positions::No => &[],
            Positions::Full | Positions::OptionalEnd => &["lineno", "col_offset", "end_lineno", "end_col_offset"],
        }
    }
}

/// How often a field's value occurs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    Optional,
    Many,
}

/// A field of a node.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub kind: &'static str,
    pub count: Count,
    pub name: &'static str,
}

/// A node that can be made: a constructor of a sum, or a product.
pub(super) struct Node {
    pub name: &'static str,
    pub doc: String,
    pub fields: Vec<Field>,
}

impl Declaration {
    /// The name that is declared.
    pub(super) fn name(&self) -> &'static str {
        self.text.split([' ', '(']).next().unwrap_or_default()
    }

    /// The constructors of a sum; `None` for a product.
    pub(super) fn constructors(&self) -> Option<Vec<Node>> {
        let (_, right) = self.text.split_once(" = ")?;
        Some(right.split('|').map(|text| Node::parse(text.trim())).collect())
    }
}

impl Node {
    /// Reads `Name(kind name, kind? name, kind* name)`.
    pub(super) fn parse(text: &'static str) -> Node {
        let (name, fields) = text.split_once('(').unwrap_or((text, ""));
        let fields = fields.trim_end_matches(')').split(", ").filter_map(|field| {
            let (kind, name) = field.split_once(' ')?;
            let count = match kind.as_bytes().last() {
                Some(b'*') => Count::Many,
                Some(b'?') => Count::Optional,
                _ => Count::One,
            };
            Some(Field { kind: kind.trim_end_matches(['*', '?']), count, name })
        });
        Node { name, doc: text.to_owned(), fields: fields.collect() }
    }
}

/// All declarations, in the grammar's order.
pub(super) const DECLARATIONS: &[Declaration] = &[
    Declaration {
        text: "mod = Module(stmt* body, type_ignore* type_ignores)\n    | Interactive(stmt* body)\n    | Expression(expr body)\n    | FunctionType(expr* argtypes, expr returns)",
        positions: Positions::No,
    },
    Declaration {
        text: "stmt = FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params)\n     | AsyncFunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params)\n     | ClassDef(identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list, type_param* type_params)\n     | Return(expr? value)\n     | Delete(expr* targets)\n     | Assign(expr* targets, expr value, string? type_comment)\n     | TypeAlias(expr name, type_param* type_params, expr value)\n     | AugAssign(expr target, operator op, expr value)\n     | AnnAssign(expr target, expr annotation, expr? value, int simple)\n     | For(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)\n     | AsyncFor(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)\n     | While(expr test, stmt* body, stmt* orelse)\n     | If(expr test, stmt* body, stmt* orelse)\n     | With(withitem* items, stmt* body, string? type_comment)\n     | AsyncWith(withitem* items, stmt* body, string? type_comment)\n     | Match(expr subject, match_case* cases)\n     | Raise(expr? exc, expr? cause)\n     | Try(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)\n     | TryStar(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)\n     | Assert(expr test, expr? msg)\n     | Import(alias* names)\n     | ImportFrom(identifier? module, alias* names, int? level)\n     | Global(identifier* names)\n     | Nonlocal(identifier* names)\n     | Expr(expr value)\n     | Pass\n     | Break\n     | Continue",
        positions: Positions::OptionalEnd,
    },
    Declaration {
        text: "expr = BoolOp(boolop op, expr* values)\n     | NamedExpr(expr target, expr value)\n     | BinOp(expr left, operator op, expr right)\n     | UnaryOp(unaryop op, expr operand)\n     | Lambda(arguments args, expr body)\n     | IfExp(expr test, expr body, expr orelse)\n     | Dict(expr?* keys, expr* values)\n     | Set(expr* elts)\n     | ListComp(expr elt, comprehension* generators)\n     | SetComp(expr elt, comprehension* generators)\n     | DictComp(expr key, expr value, comprehension* generators)\n     | GeneratorExp(expr elt, comprehension* generators)\n     | Await(expr value)\n     | Yield(expr? value)\n     | YieldFrom(expr value)\n     | Compare(expr left, cmpop* ops, expr* comparators)\n     | Call(expr func, expr* args, keyword* keywords)\n     | FormattedValue(expr value, int conversion, expr? format_spec)\n     | Interpolation(expr value, constant str, int conversion, expr? format_spec)\n     | JoinedStr(expr* values)\n     | TemplateStr(expr* values)\n     | Constant(constant value, string? kind)\n     | Attribute(expr value, identifier attr, expr_context ctx)\n     | Subscript(expr value, expr slice, expr_context ctx)\n     | Starred(expr value, expr_context ctx)\n     | Name(identifier id, expr_context ctx)\n     | List(expr* elts, expr_context ctx)\n     | Tuple(expr* elts, expr_context ctx)\n     | Slice(expr? lower, expr? upper, expr? step)",
        positions: Positions::OptionalEnd,
    },
    Declaration { text: "expr_context = Load | Store | Del", positions: Positions::No },
    Declaration { text: "boolop = And | Or", positions: Positions::No },
    Declaration {
        text: "operator = Add | Sub | Mult | MatMult | Div | Mod | Pow | LShift | RShift | BitOr | BitXor | BitAnd | FloorDiv",
        positions: Positions::No,
    },
    Declaration { text: "unaryop = Invert | Not | UAdd | USub", positions: Positions::No },
    Declaration {
        text: "cmpop = Eq | NotEq | Lt | LtE | Gt | GtE | Is | IsNot | In | NotIn",
        positions: Positions::No,
    },
    Declaration { text: "comprehension(expr target, expr iter, expr* ifs, int is_async)", positions: Positions::No },
    Declaration {
        text: "excepthandler = ExceptHandler(expr? type, identifier? name, stmt* body)",
        positions: Positions::OptionalEnd,
    },
    Declaration {
        text: "arguments(arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr?* kw_defaults, arg? kwarg, expr* defaults)",
        positions: Positions::No,
    },
    Declaration {
        text: "arg(identifier arg, expr? annotation, string? type_comment)",
        positions: Positions::OptionalEnd,
    },
    Declaration { text: "keyword(identifier? arg, expr value)", positions: Positions::OptionalEnd },
    Declaration { text: "alias(identifier name, identifier? asname)", positions: Positions::OptionalEnd },
    Declaration { text: "withitem(expr context_expr, expr? optional_vars)", positions: Positions::No },
    Declaration { text: "match_case(pattern pattern, expr? guard, stmt* body)", positions: Positions::No },
    Declaration {
        text: "pattern = MatchValue(expr value)\n        | MatchSingleton(constant value)\n        | MatchSequence(pattern* patterns)\n        | MatchMapping(expr* keys, pattern* patterns, identifier? rest)\n        | MatchClass(expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns)\n        | MatchStar(identifier? name)\n        | MatchAs(pattern? pattern, identifier? name)\n        | MatchOr(pattern* patterns)",
        positions: Positions::Full,
    },
    Declaration { text: "type_ignore = TypeIgnore(int lineno, string tag)", positions: Positions::No },
    Declaration {
        text: "type_param = TypeVar(identifier name, expr? bound, expr? default_value)\n           | ParamSpec(identifier name, expr? default_value)\n           | TypeVarTuple(identifier name, expr? default_value)",
        positions: Positions::Full,
    },
];
