//! Trees as text: what `ast.dump(tree, include_attributes=True)` gives.

use std::fmt::Write as _;

use pyrope_text::Wtf8Buf;

use crate::ast::*;

/// A tree as `ast.dump(tree, include_attributes=True)` shows it.
pub fn dump(module: &Mod) -> String {
    let mut out = String::new();
    match module {
        Mod::Module { body, type_ignores } => {
            let mut node = Node::new(&mut out, "Module");
            node.list("body", body, stmt);
            node.list("type_ignores", type_ignores, |out, ignore| {
                let mut node = Node::new(out, "TypeIgnore");
                node.number("lineno", i64::from(ignore.lineno));
                node.text("tag", &ignore.tag);
                node.close();
            });
            node.close();
        }
        Mod::Interactive { body } => {
            let mut node = Node::new(&mut out, "Interactive");
            node.list("body", body, stmt);
            node.close();
        }
        Mod::Expression { body } => {
            let mut node = Node::new(&mut out, "Expression");
            node.one("body", &**body, expr);
            node.close();
        }
        Mod::FunctionType { argtypes, returns } => {
            let mut node = Node::new(&mut out, "FunctionType");
            node.list("argtypes", argtypes, expr);
            node.one("returns", &**returns, expr);
            node.close();
        }
    }
    out
}

/// One node being written.
struct Node<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Node<'o> {
    fn new(out: &'o mut String, name: &str) -> Self {
        out.push_str(name);
        out.push('(');
        Node { out, first: true }
    }

    fn field(&mut self, name: &str) -> &mut String {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push_str(", ");
        }
        self.out.push_str(name);
        self.out.push('=');
        self.out
    }

    fn one<T: ?Sized>(&mut self, name: &str, value: &T, write: fn(&mut String, &T)) {
        write(self.field(name), value);
    }

    fn optional(&mut self, name: &str, value: &Option<Box<Expr>>) {
        if let Some(value) = value {
            expr(self.field(name), value);
        }
    }

    fn list<T>(&mut self, name: &str, values: &[T], write: fn(&mut String, &T)) {
        if values.is_empty() {
            return;
        }
        let out = self.field(name);
        out.push('[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            write(out, value);
        }
        out.push(']');
    }

    fn text(&mut self, name: &str, value: &str) {
        quote(self.field(name), &Wtf8Buf::from(value));
    }

    fn maybe_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn number(&mut self, name: &str, value: i64) {
        let _ = write!(self.field(name), "{value}");
    }

    fn word(&mut self, name: &str, value: &dyn std::fmt::Debug) {
        let _ = write!(self.field(name), "{value:?}()");
    }

    fn range(&mut self, range: &Range) {
        self.number("lineno", i64::from(range.line));
        self.number("col_offset", i64::from(range.col));
        self.number("end_lineno", i64::from(range.end_line));
        self.number("end_col_offset", i64::from(range.end_col));
    }

    fn close(self) {
        self.out.push(')');
    }
}

fn names(out: &mut String, name: &Identifier) {
    quote(out, &Wtf8Buf::from(&**name));
}

fn maybe_expr(out: &mut String, value: &Option<Expr>) {
    match value {
        Some(value) => expr(out, value),
        None => out.push_str("None"),
    }
}

fn function(node: &mut Node, def: &FunctionDef) {
    node.text("name", &def.name);
    node.one("args", &*def.args, arguments);
    node.list("body", &def.body, stmt);
    node.list("decorator_list", &def.decorator_list, expr);
    node.optional("returns", &def.returns);
    node.maybe_text("type_comment", def.type_comment.as_deref());
    node.list("type_params", &def.type_params, type_param);
}

fn stmt(out: &mut String, statement: &Stmt) {
    use StmtKind::*;
    let name = match &statement.node {
        FunctionDef(_) => "FunctionDef",
        AsyncFunctionDef(_) => "AsyncFunctionDef",
        ClassDef { .. } => "ClassDef",
        Return { .. } => "Return",
        Delete { .. } => "Delete",
        Assign { .. } => "Assign",
        TypeAlias { .. } => "TypeAlias",
        AugAssign { .. } => "AugAssign",
        AnnAssign { .. } => "AnnAssign",
        For(_) => "For",
        AsyncFor(_) => "AsyncFor",
        While { .. } => "While",
        If { .. } => "If",
        With(_) => "With",
        AsyncWith(_) => "AsyncWith",
        Match { .. } => "Match",
        Raise { .. } => "Raise",
        Try(_) => "Try",
        TryStar(_) => "TryStar",
        Assert { .. } => "Assert",
        Import { .. } => "Import",
        ImportFrom { .. } => "ImportFrom",
        Global { .. } => "Global",
        Nonlocal { .. } => "Nonlocal",
        Expr { .. } => "Expr",
        Pass => "Pass",
        Break => "Break",
        Continue => "Continue",
    };
    let mut node = Node::new(out, name);
    match &statement.node {
        FunctionDef(def) | AsyncFunctionDef(def) => function(&mut node, def),
        ClassDef { name, bases, keywords, body, decorator_list, type_params } => {
            node.text("name", name);
            node.list("bases", bases, expr);
            node.list("keywords", keywords, keyword);
            node.list("body", body, stmt);
            node.list("decorator_list", decorator_list, expr);
            node.list("type_params", type_params, type_param);
        }
        Return { value } => node.optional("value", value),
        Delete { targets } => node.list("targets", targets, expr),
        Assign { targets, value, type_comment } => {
            node.list("targets", targets, expr);
            node.one("value", &**value, expr);
            node.maybe_text("type_comment", type_comment.as_deref());
        }
        TypeAlias { name, type_params, value } => {
            node.one("name", &**name, expr);
            node.list("type_params", type_params, type_param);
            node.one("value", &**value, expr);
        }
        AugAssign { target, op, value } => {
            node.one("target", &**target, expr);
            node.word("op", op);
            node.one("value", &**value, expr);
        }
        AnnAssign { target, annotation, value, simple } => {
            node.one("target", &**target, expr);
            node.one("annotation", &**annotation, expr);
            node.optional("value", value);
            node.number("simple", i64::from(*simple));
        }
        For(this) | AsyncFor(this) => {
            node.one("target", &*this.target, expr);
            node.one("iter", &*this.iter, expr);
            node.list("body", &this.body, stmt);
            node.list("orelse", &this.orelse, stmt);
            node.maybe_text("type_comment", this.type_comment.as_deref());
        }
        While { test, body, orelse } | If { test, body, orelse } => {
            node.one("test", &**test, expr);
            node.list("body", body, stmt);
            node.list("orelse", orelse, stmt);
        }
        With(this) | AsyncWith(this) => {
            node.list("items", &this.items, |out, item| {
                let mut node = Node::new(out, "withitem");
                node.one("context_expr", &item.context_expr, expr);
                node.optional("optional_vars", &item.optional_vars);
                node.close();
            });
            node.list("body", &this.body, stmt);
            node.maybe_text("type_comment", this.type_comment.as_deref());
        }
        Match { subject, cases } => {
            node.one("subject", &**subject, expr);
            node.list("cases", cases, |out, case| {
                let mut node = Node::new(out, "match_case");
                node.one("pattern", &case.pattern, pattern);
                node.optional("guard", &case.guard);
                node.list("body", &case.body, stmt);
                node.close();
            });
        }
        Raise { exc, cause } => {
            node.optional("exc", exc);
            node.optional("cause", cause);
        }
        Try(this) | TryStar(this) => {
            node.list("body", &this.body, stmt);
            node.list("handlers", &this.handlers, |out, handler| {
                let mut node = Node::new(out, "ExceptHandler");
                node.optional("type", &handler.type_);
                node.maybe_text("name", handler.name.as_deref());
                node.list("body", &handler.body, stmt);
                node.range(&handler.range);
                node.close();
            });
            node.list("orelse", &this.orelse, stmt);
            node.list("finalbody", &this.finalbody, stmt);
        }
        Assert { test, msg } => {
            node.one("test", &**test, expr);
            node.optional("msg", msg);
        }
        Import { names } => node.list("names", names, alias),
        ImportFrom { module, names, level } => {
            node.maybe_text("module", module.as_deref());
            node.list("names", names, alias);
            if let Some(level) = level {
                node.number("level", i64::from(*level));
            }
        }
        Global { names: ids } | Nonlocal { names: ids } => node.list("names", ids, names),
        Expr { value } => node.one("value", &**value, expr),
        Pass | Break | Continue => {}
    }
    node.range(&statement.range);
    node.close();
}

fn alias(out: &mut String, alias: &Alias) {
    let mut node = Node::new(out, "alias");
    node.text("name", &alias.name);
    node.maybe_text("asname", alias.asname.as_deref());
    node.range(&alias.range);
    node.close();
}

fn keyword(out: &mut String, keyword: &Keyword) {
    let mut node = Node::new(out, "keyword");
    node.maybe_text("arg", keyword.arg.as_deref());
    node.one("value", &keyword.value, expr);
    node.range(&keyword.range);
    node.close();
}

fn arg(out: &mut String, arg: &Arg) {
    let mut node = Node::new(out, "arg");
    node.text("arg", &arg.arg);
    node.optional("annotation", &arg.annotation);
    node.maybe_text("type_comment", arg.type_comment.as_deref());
    node.range(&arg.range);
    node.close();
}

fn arguments(out: &mut String, arguments: &Arguments) {
    let mut node = Node::new(out, "arguments");
    node.list("posonlyargs", &arguments.posonlyargs, arg);
    node.list("args", &arguments.args, arg);
    if let Some(vararg) = &arguments.vararg {
        node.one("vararg", &**vararg, arg);
    }
    node.list("kwonlyargs", &arguments.kwonlyargs, arg);
    node.list("kw_defaults", &arguments.kw_defaults, maybe_expr);
    if let Some(kwarg) = &arguments.kwarg {
        node.one("kwarg", &**kwarg, arg);
    }
    node.list("defaults", &arguments.defaults, expr);
    node.close();
}

fn comprehension(out: &mut String, clause: &Comprehension) {
    let mut node = Node::new(out, "comprehension");
    node.one("target", &clause.target, expr);
    node.one("iter", &clause.iter, expr);
    node.list("ifs", &clause.ifs, expr);
    node.number("is_async", i64::from(clause.is_async));
    node.close();
}

fn type_param(out: &mut String, param: &TypeParam) {
    let name = match &param.node {
        TypeParamKind::TypeVar { .. } => "TypeVar",
        TypeParamKind::ParamSpec { .. } => "ParamSpec",
        TypeParamKind::TypeVarTuple { .. } => "TypeVarTuple",
    };
    let mut node = Node::new(out, name);
    match &param.node {
        TypeParamKind::TypeVar { name, bound, default_value } => {
            node.text("name", name);
            node.optional("bound", bound);
            node.optional("default_value", default_value);
        }
        TypeParamKind::ParamSpec { name, default_value } | TypeParamKind::TypeVarTuple { name, default_value } => {
            node.text("name", name);
            node.optional("default_value", default_value);
        }
    }
    node.range(&param.range);
    node.close();
}

fn pattern(out: &mut String, pat: &Pattern) {
    use PatternKind::*;
    let name = match &pat.node {
        MatchValue { .. } => "MatchValue",
        MatchSingleton { .. } => "MatchSingleton",
        MatchSequence { .. } => "MatchSequence",
        MatchMapping { .. } => "MatchMapping",
        MatchClass { .. } => "MatchClass",
        MatchStar { .. } => "MatchStar",
        MatchAs { .. } => "MatchAs",
        MatchOr { .. } => "MatchOr",
    };
    let mut node = Node::new(out, name);
    match &pat.node {
        MatchValue { value } => node.one("value", &**value, expr),
        MatchSingleton { value } => node.one("value", value, constant),
        MatchSequence { patterns } | MatchOr { patterns } => node.list("patterns", patterns, pattern),
        MatchMapping { keys, patterns, rest } => {
            node.list("keys", keys, expr);
            node.list("patterns", patterns, pattern);
            node.maybe_text("rest", rest.as_deref());
        }
        MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
            node.one("cls", &**cls, expr);
            node.list("patterns", patterns, pattern);
            node.list("kwd_attrs", kwd_attrs, names);
            node.list("kwd_patterns", kwd_patterns, pattern);
        }
        MatchStar { name } => node.maybe_text("name", name.as_deref()),
        MatchAs { pattern: inner, name } => {
            if let Some(inner) = inner {
                node.one("pattern", &**inner, pattern);
            }
            node.maybe_text("name", name.as_deref());
        }
    }
    node.range(&pat.range);
    node.close();
}

fn expr(out: &mut String, expression: &Expr) {
    use ExprKind::*;
    let name = match &expression.node {
        BoolOp { .. } => "BoolOp",
        NamedExpr { .. } => "NamedExpr",
        BinOp { .. } => "BinOp",
        UnaryOp { .. } => "UnaryOp",
        Lambda { .. } => "Lambda",
        IfExp { .. } => "IfExp",
        Dict { .. } => "Dict",
        Set { .. } => "Set",
        ListComp { .. } => "ListComp",
        SetComp { .. } => "SetComp",
        DictComp { .. } => "DictComp",
        GeneratorExp { .. } => "GeneratorExp",
        Await { .. } => "Await",
        Yield { .. } => "Yield",
        YieldFrom { .. } => "YieldFrom",
        Compare { .. } => "Compare",
        Call { .. } => "Call",
        FormattedValue { .. } => "FormattedValue",
        Interpolation { .. } => "Interpolation",
        JoinedStr { .. } => "JoinedStr",
        TemplateStr { .. } => "TemplateStr",
        Constant { .. } => "Constant",
        Attribute { .. } => "Attribute",
        Subscript { .. } => "Subscript",
        Starred { .. } => "Starred",
        Name { .. } => "Name",
        List { .. } => "List",
        Tuple { .. } => "Tuple",
        Slice { .. } => "Slice",
    };
    let mut node = Node::new(out, name);
    match &expression.node {
        BoolOp { op, values } => {
            node.word("op", op);
            node.list("values", values, expr);
        }
        NamedExpr { target, value } => {
            node.one("target", &**target, expr);
            node.one("value", &**value, expr);
        }
        BinOp { left, op, right } => {
            node.one("left", &**left, expr);
            node.word("op", op);
            node.one("right", &**right, expr);
        }
        UnaryOp { op, operand } => {
            node.word("op", op);
            node.one("operand", &**operand, expr);
        }
        Lambda { args, body } => {
            node.one("args", &**args, arguments);
            node.one("body", &**body, expr);
        }
        IfExp { test, body, orelse } => {
            node.one("test", &**test, expr);
            node.one("body", &**body, expr);
            node.one("orelse", &**orelse, expr);
        }
        Dict { keys, values } => {
            node.list("keys", keys, maybe_expr);
            node.list("values", values, expr);
        }
        Set { elts } => node.list("elts", elts, expr),
        ListComp { elt, generators } | SetComp { elt, generators } | GeneratorExp { elt, generators } => {
            node.one("elt", &**elt, expr);
            node.list("generators", generators, comprehension);
        }
        DictComp { key, value, generators } => {
            node.one("key", &**key, expr);
            node.one("value", &**value, expr);
            node.list("generators", generators, comprehension);
        }
        Await { value } | YieldFrom { value } => node.one("value", &**value, expr),
        Yield { value } => node.optional("value", value),
        Compare { left, ops, comparators } => {
            node.one("left", &**left, expr);
            node.list("ops", ops, |out, op| {
                let _ = write!(out, "{op:?}()");
            });
            node.list("comparators", comparators, expr);
        }
        Call { func, args, keywords } => {
            node.one("func", &**func, expr);
            node.list("args", args, expr);
            node.list("keywords", keywords, keyword);
        }
        FormattedValue { value, conversion, format_spec } => {
            node.one("value", &**value, expr);
            node.number("conversion", i64::from(*conversion));
            node.optional("format_spec", format_spec);
        }
        Interpolation { value, str, conversion, format_spec } => {
            node.one("value", &**value, expr);
            node.one("str", str, constant);
            node.number("conversion", i64::from(*conversion));
            node.optional("format_spec", format_spec);
        }
        JoinedStr { values } | TemplateStr { values } => node.list("values", values, expr),
        Constant { value, kind } => {
            node.one("value", value, constant);
            node.maybe_text("kind", kind.as_deref());
        }
        Attribute { value, attr, ctx } => {
            node.one("value", &**value, expr);
            node.text("attr", attr);
            node.word("ctx", ctx);
        }
        Subscript { value, slice, ctx } => {
            node.one("value", &**value, expr);
            node.one("slice", &**slice, expr);
            node.word("ctx", ctx);
        }
        Starred { value, ctx } => {
            node.one("value", &**value, expr);
            node.word("ctx", ctx);
        }
        Name { id, ctx } => {
            node.text("id", id);
            node.word("ctx", ctx);
        }
        List { elts, ctx } | Tuple { elts, ctx } => {
            node.list("elts", elts, expr);
            node.word("ctx", ctx);
        }
        Slice { lower, upper, step } => {
            node.optional("lower", lower);
            node.optional("upper", upper);
            node.optional("step", step);
        }
    }
    node.range(&expression.range);
    node.close();
}

fn constant(out: &mut String, value: &Constant) {
    match value {
        Constant::None => out.push_str("None"),
        Constant::Bool(true) => out.push_str("True"),
        Constant::Bool(false) => out.push_str("False"),
        Constant::Ellipsis => out.push_str("Ellipsis"),
        Constant::Int(int) => out.push_str(&int.to_string()),
        Constant::Float(float) => out.push_str(&float_repr(*float, ".0")),
        Constant::Complex { imag, .. } => {
            out.push_str(&float_repr(*imag, ""));
            out.push('j');
        }
        Constant::Str(text) => quote(out, text),
        Constant::Bytes(bytes) => quote_bytes(out, bytes),
        Constant::Tuple(_) | Constant::FrozenSet(_) => out.push('?'),
    }
}

/// `repr(float)`; `point` is what a whole number ends with.
fn float_repr(value: f64, point: &str) -> String {
    if value.is_infinite() {
        return "inf".into();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + point };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// `repr(str)`.
fn quote(out: &mut String, text: &Wtf8Buf) {
    let has = |wanted: u8| text.as_bytes().contains(&wanted);
    let mark = if has(b'\'') && !has(b'"') { '"' } else { '\'' };
    out.push(mark);
    for code in text.code_points() {
        let known = match code {
            0x5c => Some("\\\\"),
            0x0a => Some("\\n"),
            0x0d => Some("\\r"),
            0x09 => Some("\\t"),
            _ => None,
        };
        if let Some(known) = known {
            out.push_str(known);
            continue;
        }
        match char::from_u32(code) {
            Some(c) if c == mark => {
                out.push('\\');
                out.push(c);
            }
            Some(c) if pyrope_text::identifier::is_printable(c) => out.push(c),
            _ if code < 0x100 => _ = write!(out, "\\x{code:02x}"),
            _ if code < 0x10000 => _ = write!(out, "\\u{code:04x}"),
            _ => _ = write!(out, "\\U{code:08x}"),
        }
    }
    out.push(mark);
}

/// `repr(bytes)`.
fn quote_bytes(out: &mut String, bytes: &[u8]) {
    let mark = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.push('b');
    out.push(mark);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if char::from(byte) == mark => {
                out.push('\\');
                out.push(mark);
            }
            0x20..0x7f => out.push(char::from(byte)),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
    out.push(mark);
}
