//! What CPython's `ast_preprocess.c` does to a tree before scopes are found: `__debug__`, docstrings under `-OO`,
//! `'…' % (…)` as an f-string, negative and complex numbers in patterns, and the warnings of PEP 765.
//!
//! All other folding of constants happens in the flow graph.

mod fold;
mod format;

use pyrope_parser::ast::{
    Arg, Arguments, Comprehension, Constant, ExceptHandler, Expr, ExprContext, ExprKind, FunctionDef, Keyword,
    MatchCase, Mod, Operator, Pattern, PatternKind, Range, Stmt, StmtKind, Try, TypeParam, TypeParamKind, WithItem,
};
use pyrope_parser::error::Warning;

use crate::docstring::docstring;
use crate::error::{CompileError, Result};
use crate::future::FutureFeatures;
use crate::stack::StackGuard;
use crate::warnings::warning;

/// How to preprocess.
#[derive(Clone, Copy, Debug)]
pub struct PreprocessOptions {
    /// 0 to 2, as `-O` and `-OO`.
    pub optimize: u8,
    /// Leave constants alone (`ast.parse` without `optimize`).
    pub syntax_check_only: bool,
    /// Report `return`, `break` and `continue` that leave a `finally` block.
    pub warn: bool,
}

/// Changes the tree in place and returns warnings in source order.
pub fn preprocess(
    module: &mut Mod,
    future: &FutureFeatures,
    options: PreprocessOptions,
    guard: &StackGuard,
) -> Result<Vec<Warning>> {
    let mut folder =
        Folder { options, keep_annotations: future.annotations(), guard, contexts: Vec::new(), warnings: Vec::new() };
    folder.module(module)?;
    Ok(folder.warnings)
}

/// The innermost construct that decides whether leaving it is suspicious.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Finally,
    Function,
    Loop,
}

struct Folder<'a> {
    options: PreprocessOptions,
    keep_annotations: bool,
    guard: &'a StackGuard,
    contexts: Vec<Context>,
    warnings: Vec<Warning>,
}

impl Folder<'_> {
    fn module(&mut self, module: &mut Mod) -> Result<()> {
        match module {
            Mod::Module { body, .. } => self.body(body),
            Mod::Interactive { body } => self.statements(body),
            Mod::Expression { body } => self.expression(body),
            Mod::FunctionType { .. } => Ok(()),
        }
    }

    /// A body that may begin with a docstring.
    fn body(&mut self, body: &mut Vec<Stmt>) -> Result<()> {
        let mut has_docstring = docstring(body).is_some();
        if has_docstring && self.options.optimize >= 2 {
            remove_docstring(body);
            has_docstring = false;
        }
        self.statements(body)?;
        // A string that comes to stand first must not become the docstring.
        if !has_docstring
            && docstring(body).is_some()
            && let Some(first) = body.first_mut()
            && let StmtKind::Expr { value } = &mut first.node
        {
            let range = first.range;
            let text = std::mem::replace(&mut value.node, ExprKind::JoinedStr { values: Vec::new() });
            let text = Expr { node: text, range: value.range };
            **value = Expr { node: ExprKind::JoinedStr { values: vec![text] }, range };
        }
        Ok(())
    }

    fn statements(&mut self, body: &mut [Stmt]) -> Result<()> {
        body.iter_mut().try_for_each(|statement| self.statement(statement))
    }

    fn within(&mut self, context: Context, visit: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.contexts.push(context);
        visit(self)?;
        self.contexts.pop();
        Ok(())
    }

    /// `return`, `break` and `continue` directly in a `finally` block swallow exceptions.
    fn leaving(&mut self, word: &str, range: Range) {
        if self.options.warn && self.contexts.last() == Some(&Context::Finally) {
            self.warnings.push(warning(range, format!("'{word}' in a 'finally' block")));
        }
    }

    fn statement(&mut self, statement: &mut Stmt) -> Result<()> {
        self.guard.check()?;
        let range = statement.range;
        match &mut statement.node {
            StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => self.function(def),
            StmtKind::ClassDef { bases, keywords, body, decorator_list, type_params, .. } => {
                self.type_params(type_params)?;
                self.expressions(bases)?;
                self.keywords(keywords)?;
                self.body(body)?;
                self.expressions(decorator_list)
            }
            StmtKind::Return { value } => {
                self.leaving("return", range);
                self.optional(value)
            }
            StmtKind::Delete { targets } => self.expressions(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.expressions(targets)?;
                self.expression(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target)?;
                self.expression(value)
            }
            StmtKind::AnnAssign { target, annotation, value, .. } => {
                self.expression(target)?;
                if !self.keep_annotations {
                    self.expression(annotation)?;
                }
                self.optional(value)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                self.expression(name)?;
                self.type_params(type_params)?;
                self.expression(value)
            }
            StmtKind::For(node) | StmtKind::AsyncFor(node) => {
                self.expression(&mut node.target)?;
                self.expression(&mut node.iter)?;
                self.within(Context::Loop, |this| this.statements(&mut node.body))?;
                self.statements(&mut node.orelse)
            }
            StmtKind::While { test, body, orelse } => {
                self.expression(test)?;
                self.within(Context::Loop, |this| this.statements(body))?;
                self.statements(orelse)
            }
            StmtKind::If { test, body, orelse } => self.branch(test, body, orelse),
            StmtKind::With(node) | StmtKind::AsyncWith(node) => {
                node.items.iter_mut().try_for_each(|item| self.with_item(item))?;
                self.statements(&mut node.body)
            }
            StmtKind::Raise { exc, cause } => {
                self.optional(exc)?;
                self.optional(cause)
            }
            StmtKind::Try(node) | StmtKind::TryStar(node) => self.try_statement(node),
            StmtKind::Assert { test, msg } => {
                self.expression(test)?;
                self.optional(msg)
            }
            StmtKind::Expr { value } => self.expression(value),
            StmtKind::Match { subject, cases } => {
                self.expression(subject)?;
                cases.iter_mut().try_for_each(|case| self.match_case(case))
            }
            StmtKind::Break => {
                self.leaving("break", range);
                Ok(())
            }
            StmtKind::Continue => {
                self.leaving("continue", range);
                Ok(())
            }
            StmtKind::Import { .. }
            | StmtKind::ImportFrom { .. }
            | StmtKind::Global { .. }
            | StmtKind::Nonlocal { .. }
            | StmtKind::Pass => Ok(()),
        }
    }

    /// Chains of `elif` are walked without recursion.
    fn branch<'t>(
        &mut self,
        mut test: &'t mut Expr,
        mut body: &'t mut [Stmt],
        mut orelse: &'t mut [Stmt],
    ) -> Result<()> {
        loop {
            self.expression(test)?;
            self.statements(body)?;
            match orelse {
                [Stmt { node: StmtKind::If { test: next_test, body: next_body, orelse: next }, .. }] => {
                    (test, body, orelse) = (next_test, next_body, next);
                }
                _ => return self.statements(orelse),
            }
        }
    }

    fn function(&mut self, def: &mut FunctionDef) -> Result<()> {
        self.type_params(&mut def.type_params)?;
        self.arguments(&mut def.args)?;
        self.within(Context::Function, |this| this.body(&mut def.body))?;
        self.expressions(&mut def.decorator_list)?;
        if self.keep_annotations { Ok(()) } else { self.optional(&mut def.returns) }
    }

    fn try_statement(&mut self, node: &mut Try) -> Result<()> {
        self.statements(&mut node.body)?;
        node.handlers.iter_mut().try_for_each(|handler| self.except_handler(handler))?;
        self.statements(&mut node.orelse)?;
        self.within(Context::Finally, |this| this.statements(&mut node.finalbody))
    }

    fn except_handler(&mut self, handler: &mut ExceptHandler) -> Result<()> {
        self.optional(&mut handler.type_)?;
        self.statements(&mut handler.body)
    }

    fn with_item(&mut self, item: &mut WithItem) -> Result<()> {
        self.expression(&mut item.context_expr)?;
        self.optional(&mut item.optional_vars)
    }

    fn match_case(&mut self, case: &mut MatchCase) -> Result<()> {
        self.pattern(&mut case.pattern)?;
        self.optional(&mut case.guard)?;
        self.statements(&mut case.body)
    }

    fn pattern(&mut self, pattern: &mut Pattern) -> Result<()> {
        self.guard.check()?;
        match &mut pattern.node {
            PatternKind::MatchValue { value } => self.pattern_number(value),
            PatternKind::MatchSingleton { .. } | PatternKind::MatchStar { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => self.patterns(patterns),
            PatternKind::MatchMapping { keys, patterns, .. } => {
                keys.iter_mut().try_for_each(|key| self.pattern_number(key))?;
                self.patterns(patterns)
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expression(cls)?;
                self.patterns(patterns)?;
                self.patterns(kwd_patterns)
            }
            PatternKind::MatchAs { pattern, .. } => {
                pattern.as_deref_mut().map_or(Ok(()), |pattern| self.pattern(pattern))
            }
        }
    }

    fn patterns(&mut self, patterns: &mut [Pattern]) -> Result<()> {
        patterns.iter_mut().try_for_each(|pattern| self.pattern(pattern))
    }

    fn pattern_number(&mut self, value: &mut Expr) -> Result<()> {
        self.guard.check()?;
        if !self.options.syntax_check_only
            && let Some(number) = fold::pattern_number(value)
        {
            value.node = ExprKind::Constant { value: number, kind: None };
        }
        Ok(())
    }

    fn type_params(&mut self, params: &mut [TypeParam]) -> Result<()> {
        for param in params {
            match &mut param.node {
                TypeParamKind::TypeVar { bound, default_value, .. } => {
                    self.optional(bound)?;
                    self.optional(default_value)?;
                }
                TypeParamKind::ParamSpec { default_value, .. } | TypeParamKind::TypeVarTuple { default_value, .. } => {
                    self.optional(default_value)?;
                }
            }
        }
        Ok(())
    }

    fn arguments(&mut self, args: &mut Arguments) -> Result<()> {
        let positional = args.posonlyargs.iter_mut().chain(&mut args.args);
        let all = positional.chain(args.vararg.as_deref_mut()).chain(&mut args.kwonlyargs);
        all.chain(args.kwarg.as_deref_mut()).try_for_each(|arg| self.argument(arg))?;
        args.kw_defaults.iter_mut().flatten().try_for_each(|default| self.expression(default))?;
        self.expressions(&mut args.defaults)
    }

    fn argument(&mut self, arg: &mut Arg) -> Result<()> {
        if self.keep_annotations { Ok(()) } else { self.optional(&mut arg.annotation) }
    }

    fn keywords(&mut self, keywords: &mut [Keyword]) -> Result<()> {
        keywords.iter_mut().try_for_each(|keyword| self.expression(&mut keyword.value))
    }

    fn expressions(&mut self, expressions: &mut [Expr]) -> Result<()> {
        expressions.iter_mut().try_for_each(|expression| self.expression(expression))
    }

    fn optional(&mut self, expression: &mut Option<Box<Expr>>) -> Result<()> {
        expression.as_deref_mut().map_or(Ok(()), |expression| self.expression(expression))
    }

    fn expression(&mut self, expression: &mut Expr) -> Result<()> {
        self.guard.check()?;
        match &mut expression.node {
            ExprKind::BinOp { .. } => self.binary(expression),
            ExprKind::UnaryOp { operand: value, .. }
            | ExprKind::Await { value }
            | ExprKind::YieldFrom { value }
            | ExprKind::Attribute { value, .. }
            | ExprKind::Starred { value, .. }
            | ExprKind::NamedExpr { value, .. } => self.expression(value),
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.expression(body)
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expression(test)?;
                self.expression(body)?;
                self.expression(orelse)
            }
            ExprKind::Dict { keys, values } => {
                keys.iter_mut().flatten().try_for_each(|key| self.expression(key))?;
                self.expressions(values)
            }
            ExprKind::BoolOp { values: elts, .. }
            | ExprKind::Set { elts }
            | ExprKind::List { elts, .. }
            | ExprKind::Tuple { elts, .. }
            | ExprKind::JoinedStr { values: elts }
            | ExprKind::TemplateStr { values: elts } => self.expressions(elts),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.expression(elt)?;
                self.clauses(generators)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.expression(key)?;
                self.expression(value)?;
                self.clauses(generators)
            }
            ExprKind::Yield { value } => self.optional(value),
            ExprKind::Compare { left, comparators, .. } => {
                self.expression(left)?;
                self.expressions(comparators)
            }
            ExprKind::Call { func, args, keywords } => {
                self.expression(func)?;
                self.expressions(args)?;
                self.keywords(keywords)
            }
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expression(value)?;
                self.optional(format_spec)
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expression(value)?;
                self.expression(slice)
            }
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower)?;
                self.optional(upper)?;
                self.optional(step)
            }
            ExprKind::Name { id, ctx: ExprContext::Load }
                if &**id == "__debug__" && !self.options.syntax_check_only =>
            {
                let value = Constant::Bool(self.options.optimize == 0);
                expression.node = ExprKind::Constant { value, kind: None };
                Ok(())
            }
            ExprKind::Name { .. } | ExprKind::Constant { .. } => Ok(()),
        }
    }

    fn clauses(&mut self, clauses: &mut [Comprehension]) -> Result<()> {
        for clause in clauses {
            self.expression(&mut clause.target)?;
            self.expression(&mut clause.iter)?;
            self.expressions(&mut clause.ifs)?;
        }
        Ok(())
    }

    /// The left spine of nested operators is walked without recursion.
    fn binary(&mut self, mut node: &mut Expr) -> Result<()> {
        let mut depth = 0;
        loop {
            if let Some(formatted) = self.formatted(node)? {
                node.node = formatted;
                return Ok(());
            }
            if !matches!(node.node, ExprKind::BinOp { .. }) {
                return self.expression(node);
            }
            let ExprKind::BinOp { left, right, .. } = &mut node.node else { return Ok(()) };
            self.expression(right)?;
            depth += 1;
            if depth > crate::MAX_OPERATOR_CHAIN {
                return Err(CompileError::Recursion);
            }
            node = left;
        }
    }

    /// `'…' % (…)` as an f-string.
    fn formatted(&mut self, node: &mut Expr) -> Result<Option<ExprKind>> {
        let ExprKind::BinOp { left, op: Operator::Mod, right } = &mut node.node else { return Ok(None) };
        let ExprKind::Constant { value: Constant::Str(template), .. } = &left.node else { return Ok(None) };
        let ExprKind::Tuple { elts, .. } = &mut right.node else { return Ok(None) };
        if self.options.syntax_check_only || elts.iter().any(|elt| matches!(elt.node, ExprKind::Starred { .. })) {
            return Ok(None);
        }
        let template = template.clone();
        let Some(pieces) = format::parse(&template, elts.len()) else { return Ok(None) };
        self.expressions(elts)?;
        let values = format::join(pieces, std::mem::take(elts));
        Ok(Some(ExprKind::JoinedStr { values }))
    }
}

fn remove_docstring(body: &mut Vec<Stmt>) {
    if body.len() > 1 {
        body.remove(0);
        return;
    }
    if let Some(only) = body.first_mut() {
        let Range { line, col, .. } = only.range;
        *only = Stmt { node: StmtKind::Pass, range: Range { line, col, end_line: line, end_col: col.wrapping_add(4) } };
    }
}
