//! The table of nodes: which variant has which fields. Both directions of the conversion are made from it.

use pyrope_object::{PyResult, Value};
use pyrope_parser::ast::{
    Alias, Arg, Arguments, BoolOp, CmpOp, Comprehension, ExceptHandler, Expr, ExprContext, ExprKind, For, FunctionDef,
    Keyword, MatchCase, Mod, Operator, Pattern, PatternKind, Stmt, StmtKind, Try, TypeIgnore, TypeParam, TypeParamKind,
    UnaryOp, With, WithItem,
};

use super::convert::{Build, Context, Place, Read, need};

/// A field's name in Python: Rust does not let one be called `type`.
fn python_name(name: &'static str) -> &'static str {
    name.strip_suffix('_').unwrap_or(name)
}

/// Reads the fields of one node into variables of their names, all of them before the first is missed.
macro_rules! read_fields {
    ($node:expr, $cx:expr, $class:literal, $($field:ident)*) => {
        $(let $field = Read::field($node, &Place { node: $class, field: python_name(stringify!($field)) }, $cx)?;)*
        $(let $field = need($field, $class, python_name(stringify!($field)), $cx)?;)*
    };
    ($node:expr, $cx:expr, $class:expr, $($field:ident)*) => {
        $(let $field = Read::field($node, &Place { node: $class, field: python_name(stringify!($field)) }, $cx)?;)*
        $(let $field = need($field, $class, python_name(stringify!($field)), $cx)?;)*
    };
}

/// A sum whose nodes have positions: `plain` variants hold their fields, `boxed` ones a struct that does.
macro_rules! positioned_sum {
    (
        $ty:ident, $kind:ident, $sum:literal, $list:literal, optional_end = $optional:literal,
        plain { $($variant:ident { $($field:ident),* })* }
        boxed { $($boxed:ident: $inner:ident { $($part:ident),* })* }
    ) => {
        impl Build for $ty {
            fn build(&self, cx: &Context<'_>) -> PyResult {
                cx.vm.check_stack(" during ast construction")?;
                match &self.node {
                    $($kind::$variant { $($field),* } => {
                        let fields = [$((python_name(stringify!($field)), $field.build(cx)?)),*];
                        cx.node(stringify!($variant), &fields, Some(self.range))
                    })*
                    $($kind::$boxed(inner) => {
                        let fields = [$((python_name(stringify!($part)), inner.$part.build(cx)?)),*];
                        cx.node(stringify!($boxed), &fields, Some(self.range))
                    })*
                }
            }
        }

        impl Read for $ty {
            const ITEM: &'static str = $list;

            fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
                if value.is_none() {
                    return Ok(None);
                }
                cx.descend($sum)?;
                let range = cx.range(value, $sum, $optional)?;
                $(if cx.is_a(value, stringify!($variant)) {
                    read_fields!(value, cx, stringify!($variant), $($field)*);
                    return Ok(Some($ty { node: $kind::$variant { $($field),* }, range }));
                })*
                $(if cx.is_a(value, stringify!($boxed)) {
                    read_fields!(value, cx, stringify!($boxed), $($part)*);
                    return Ok(Some($ty { node: $kind::$boxed(Box::new($inner { $($part),* })), range }));
                })*
                Err(cx.unexpected(value, $sum))
            }
        }
    };
}

positioned_sum! {
    Stmt, StmtKind, "stmt", "statement list", optional_end = true,
    plain {
        ClassDef { name, bases, keywords, body, decorator_list, type_params }
        Return { value }
        Delete { targets }
        Assign { targets, value, type_comment }
        TypeAlias { name, type_params, value }
        AugAssign { target, op, value }
        AnnAssign { target, annotation, value, simple }
        While { test, body, orelse }
        If { test, body, orelse }
        Match { subject, cases }
        Raise { exc, cause }
        Assert { test, msg }
        Import { names }
        ImportFrom { module, names, level }
        Global { names }
        Nonlocal { names }
        Expr { value }
        Pass {}
        Break {}
        Continue {}
    }
    boxed {
        FunctionDef: FunctionDef { name, args, body, decorator_list, returns, type_comment, type_params }
        AsyncFunctionDef: FunctionDef { name, args, body, decorator_list, returns, type_comment, type_params }
        For: For { target, iter, body, orelse, type_comment }
        AsyncFor: For { target, iter, body, orelse, type_comment }
        With: With { items, body, type_comment }
        AsyncWith: With { items, body, type_comment }
        Try: Try { body, handlers, orelse, finalbody }
        TryStar: Try { body, handlers, orelse, finalbody }
    }
}

positioned_sum! {
    Expr, ExprKind, "expr", "expression list", optional_end = true,
    plain {
        BoolOp { op, values }
        NamedExpr { target, value }
        BinOp { left, op, right }
        UnaryOp { op, operand }
        Lambda { args, body }
        IfExp { test, body, orelse }
        Dict { keys, values }
        Set { elts }
        ListComp { elt, generators }
        SetComp { elt, generators }
        DictComp { key, value, generators }
        GeneratorExp { elt, generators }
        Await { value }
        Yield { value }
        YieldFrom { value }
        Compare { left, ops, comparators }
        Call { func, args, keywords }
        FormattedValue { value, conversion, format_spec }
        Interpolation { value, str, conversion, format_spec }
        JoinedStr { values }
        TemplateStr { values }
        Constant { value, kind }
        Attribute { value, attr, ctx }
        Subscript { value, slice, ctx }
        Starred { value, ctx }
        Name { id, ctx }
        List { elts, ctx }
        Tuple { elts, ctx }
        Slice { lower, upper, step }
    }
    boxed {}
}

positioned_sum! {
    Pattern, PatternKind, "pattern", "pattern list", optional_end = false,
    plain {
        MatchValue { value }
        MatchSingleton { value }
        MatchSequence { patterns }
        MatchMapping { keys, patterns, rest }
        MatchClass { cls, patterns, kwd_attrs, kwd_patterns }
        MatchStar { name }
        MatchAs { pattern, name }
        MatchOr { patterns }
    }
    boxed {}
}

positioned_sum! {
    TypeParam, TypeParamKind, "type_param", "type parameter list", optional_end = false,
    plain {
        TypeVar { name, bound, default_value }
        ParamSpec { name, default_value }
        TypeVarTuple { name, default_value }
    }
    boxed {}
}

/// A sum of names.
macro_rules! simple_sum {
    ($ty:ident, $sum:literal: $($variant:ident)*) => {
        impl Build for $ty {
            fn build(&self, cx: &Context<'_>) -> PyResult {
                let name = match self {
                    $($ty::$variant => stringify!($variant),)*
                };
                cx.node(name, &[], None)
            }
        }

        impl Read for $ty {
            fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
                $(if cx.is_a(value, stringify!($variant)) {
                    return Ok(Some($ty::$variant));
                })*
                Err(cx.unexpected(value, $sum))
            }
        }
    };
}

simple_sum!(ExprContext, "expr_context": Load Store Del);
simple_sum!(BoolOp, "boolop": And Or);
simple_sum!(Operator, "operator": Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv);
simple_sum!(UnaryOp, "unaryop": Invert Not UAdd USub);
simple_sum!(CmpOp, "cmpop": Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn);

/// A product, or a sum of one: fields without or with a position.
macro_rules! product {
    ($ty:ident, $name:literal { $($field:ident),* }) => {
        impl Build for $ty {
            fn build(&self, cx: &Context<'_>) -> PyResult {
                let fields = [$((python_name(stringify!($field)), self.$field.build(cx)?)),*];
                cx.node($name, &fields, None)
            }
        }

        impl Read for $ty {
            fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
                if value.is_none() {
                    return Ok(None);
                }
                cx.descend($name)?;
                read_fields!(value, cx, $name, $($field)*);
                Ok(Some($ty { $($field),* }))
            }
        }
    };
    ($ty:ident, $name:literal, $positions:literal { $($field:ident),* }) => {
        impl Build for $ty {
            fn build(&self, cx: &Context<'_>) -> PyResult {
                let fields = [$((python_name(stringify!($field)), self.$field.build(cx)?)),*];
                cx.node($name, &fields, Some(self.range))
            }
        }

        impl Read for $ty {
            fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
                if value.is_none() {
                    return Ok(None);
                }
                cx.descend($positions)?;
                read_fields!(value, cx, $name, $($field)*);
                let range = cx.range(value, $positions, true)?;
                Ok(Some($ty { $($field,)* range }))
            }
        }
    };
}

product!(Comprehension, "comprehension" { target, iter, ifs, is_async });
product!(Arguments, "arguments" { posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, defaults });
product!(WithItem, "withitem" { context_expr, optional_vars });
product!(MatchCase, "match_case" { pattern, guard, body });
product!(TypeIgnore, "TypeIgnore" { lineno, tag });
product!(Arg, "arg", "arg" { arg, annotation, type_comment });
product!(Keyword, "keyword", "keyword" { arg, value });
product!(Alias, "alias", "alias" { name, asname });
product!(ExceptHandler, "ExceptHandler", "excepthandler" { type_, name, body });

macro_rules! modules {
    ($($variant:ident { $($field:ident),* })*) => {
        impl Build for Mod {
            fn build(&self, cx: &Context<'_>) -> PyResult {
                match self {
                    $(Mod::$variant { $($field),* } => {
                        let fields = [$((stringify!($field), $field.build(cx)?)),*];
                        cx.node(stringify!($variant), &fields, None)
                    })*
                }
            }
        }

        impl Read for Mod {
            fn read(value: &Value, _: &Place<'_>, cx: &Context<'_>) -> PyResult<Option<Self>> {
                $(if cx.is_a(value, stringify!($variant)) {
                    read_fields!(value, cx, stringify!($variant), $($field)*);
                    return Ok(Some(Mod::$variant { $($field),* }));
                })*
                Err(cx.unexpected(value, "mod"))
            }
        }
    };
}

modules! {
    Module { body, type_ignores }
    Interactive { body }
    Expression { body }
    FunctionType { argtypes, returns }
}
