//! Is a tree that was built by hand one that the parser could have made? Errors are those of CPython's `ast.c`.

mod expressions;
mod patterns;

use pyrope_parser::ast::{
    Alias, Arg, Arguments, ExceptHandler, Expr, ExprContext, ExprKind, FunctionDef, MatchCase, Mod, Range, Stmt,
    StmtKind, Try, TypeParam, TypeParamKind, With,
};

use crate::error::{CompileError, Result};
use crate::stack::StackGuard;

/// Checks a tree from outside before it is compiled.
pub fn validate(module: &Mod, guard: &StackGuard) -> Result<()> {
    let validator = Validator { guard };
    match module {
        Mod::Module { body, .. } | Mod::Interactive { body } => validator.statements(body),
        Mod::Expression { body } => validator.load(body),
        Mod::FunctionType { argtypes, returns } => {
            validator.loads(argtypes)?;
            validator.load(returns)
        }
    }
}

struct Validator<'a> {
    guard: &'a StackGuard,
}

fn value_error<T>(message: impl Into<String>) -> Result<T> {
    Err(CompileError::Value(message.into()))
}

fn positions(range: Range) -> Result<()> {
    // Negative numbers are kept in two's complement.
    let signed = |number: u32| number as i32;
    let (line, end_line) = (signed(range.line), signed(range.end_line));
    let (col, end_col) = (signed(range.col), signed(range.end_col));
    if line > end_line {
        return value_error(format!("AST node line range ({line}, {end_line}) is not valid"));
    }
    if (line < 0 && end_line != line) || (col < 0 && col != end_col) {
        let message =
            format!("AST node column range ({col}, {end_col}) for line range ({line}, {end_line}) is not valid");
        return value_error(message);
    }
    if line == end_line && col > end_col {
        return value_error(format!("line {line}, column {col}-{end_col} is not a valid range"));
    }
    Ok(())
}

fn name(name: &str) -> Result<()> {
    match name {
        "None" | "True" | "False" => value_error(format!("identifier field can't represent '{name}' constant")),
        _ => Ok(()),
    }
}

fn nonempty<T>(items: &[T], what: &str, owner: &str) -> Result<()> {
    if items.is_empty() { value_error(format!("empty {what} on {owner}")) } else { Ok(()) }
}

fn aliases(names: &[Alias], owner: &str) -> Result<()> {
    nonempty(names, "names", owner)?;
    names.iter().try_for_each(|alias| {
        name(&alias.name)?;
        alias.asname.as_deref().map_or(Ok(()), name)
    })
}

impl Validator<'_> {
    fn statements(&self, body: &[Stmt]) -> Result<()> {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn body(&self, body: &[Stmt], owner: &str) -> Result<()> {
        nonempty(body, "body", owner)?;
        self.statements(body)
    }

    fn statement(&self, statement: &Stmt) -> Result<()> {
        positions(statement.range)?;
        self.guard.check()?;
        match &statement.node {
            StmtKind::FunctionDef(def) => self.function(def, "FunctionDef"),
            StmtKind::AsyncFunctionDef(def) => self.function(def, "AsyncFunctionDef"),
            StmtKind::ClassDef { name: class, bases, keywords, body, decorator_list, type_params } => {
                self.body(body, "ClassDef")?;
                name(class)?;
                self.type_params(type_params)?;
                self.loads(bases)?;
                self.keywords(keywords)?;
                self.loads(decorator_list)
            }
            StmtKind::Return { value } => self.optional(value.as_deref()),
            StmtKind::Delete { targets } => {
                nonempty(targets, "targets", "Delete")?;
                self.expressions(targets, ExprContext::Del)
            }
            StmtKind::Assign { targets, value, .. } => {
                nonempty(targets, "targets", "Assign")?;
                self.expressions(targets, ExprContext::Store)?;
                self.load(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target, ExprContext::Store)?;
                self.load(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                if *simple && !matches!(target.node, ExprKind::Name { .. }) {
                    return Err(CompileError::Type("AnnAssign with simple non-Name target".into()));
                }
                self.expression(target, ExprContext::Store)?;
                self.optional(value.as_deref())?;
                self.load(annotation)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                if !matches!(name.node, ExprKind::Name { .. }) {
                    return Err(CompileError::Type("TypeAlias with non-Name name".into()));
                }
                self.expression(name, ExprContext::Store)?;
                self.type_params(type_params)?;
                self.load(value)
            }
            StmtKind::For(node) => {
                self.expression(&node.target, ExprContext::Store)?;
                self.load(&node.iter)?;
                self.body(&node.body, "For")?;
                self.statements(&node.orelse)
            }
            StmtKind::AsyncFor(node) => {
                self.expression(&node.target, ExprContext::Store)?;
                self.load(&node.iter)?;
                self.body(&node.body, "AsyncFor")?;
                self.statements(&node.orelse)
            }
            StmtKind::While { test, body, orelse } => self.branch(test, body, orelse, "While"),
            StmtKind::If { test, body, orelse } => self.branch(test, body, orelse, "If"),
            StmtKind::With(node) => self.with(node, "With"),
            StmtKind::AsyncWith(node) => self.with(node, "AsyncWith"),
            StmtKind::Match { subject, cases } => {
                self.load(subject)?;
                nonempty(cases, "cases", "Match")?;
                cases.iter().try_for_each(|case| self.match_case(case))
            }
            StmtKind::Raise { exc: None, cause: Some(_) } => value_error("Raise with cause but no exception"),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_deref())?;
                self.optional(cause.as_deref())
            }
            StmtKind::Try(node) => self.try_statement(node, "Try"),
            StmtKind::TryStar(node) => self.try_statement(node, "TryStar"),
            StmtKind::Assert { test, msg } => {
                self.load(test)?;
                self.optional(msg.as_deref())
            }
            StmtKind::Import { names } => aliases(names, "Import"),
            StmtKind::ImportFrom { level, .. } if level.is_some_and(|level| (level as i32) < 0) => {
                value_error("Negative ImportFrom level")
            }
            StmtKind::ImportFrom { names, .. } => aliases(names, "ImportFrom"),
            StmtKind::Global { names } => nonempty(names, "names", "Global"),
            StmtKind::Nonlocal { names } => nonempty(names, "names", "Nonlocal"),
            StmtKind::Expr { value } => self.load(value),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
        }
    }

    fn branch(&self, test: &Expr, body: &[Stmt], orelse: &[Stmt], owner: &str) -> Result<()> {
        self.load(test)?;
        self.body(body, owner)?;
        self.statements(orelse)
    }

    fn function(&self, def: &FunctionDef, owner: &str) -> Result<()> {
        self.body(&def.body, owner)?;
        name(&def.name)?;
        self.type_params(&def.type_params)?;
        self.arguments(&def.args)?;
        self.loads(&def.decorator_list)?;
        self.optional(def.returns.as_deref())
    }

    fn with(&self, node: &With, owner: &str) -> Result<()> {
        nonempty(&node.items, "items", owner)?;
        for item in &node.items {
            self.load(&item.context_expr)?;
            if let Some(target) = &item.optional_vars {
                self.expression(target, ExprContext::Store)?;
            }
        }
        self.body(&node.body, owner)
    }

    fn match_case(&self, case: &MatchCase) -> Result<()> {
        self.pattern(&case.pattern, false)?;
        self.optional(case.guard.as_deref())?;
        self.body(&case.body, "match_case")
    }

    fn try_statement(&self, node: &Try, owner: &str) -> Result<()> {
        self.body(&node.body, owner)?;
        if node.handlers.is_empty() {
            if node.finalbody.is_empty() {
                return value_error(format!("{owner} has neither except handlers nor finalbody"));
            }
            if !node.orelse.is_empty() {
                return value_error(format!("{owner} has orelse but no except handlers"));
            }
        }
        node.handlers.iter().try_for_each(|handler| self.except_handler(handler))?;
        self.statements(&node.finalbody)?;
        self.statements(&node.orelse)
    }

    fn except_handler(&self, handler: &ExceptHandler) -> Result<()> {
        positions(handler.range)?;
        self.optional(handler.type_.as_deref())?;
        handler.name.as_deref().map_or(Ok(()), name)?;
        self.body(&handler.body, "ExceptHandler")
    }

    fn arguments(&self, args: &Arguments) -> Result<()> {
        let named = args.posonlyargs.iter().chain(&args.args).chain(args.vararg.as_deref()).chain(&args.kwonlyargs);
        for Arg { annotation, range, .. } in named.chain(args.kwarg.as_deref()) {
            positions(*range)?;
            self.optional(annotation.as_deref())?;
        }
        if args.defaults.len() > args.posonlyargs.len() + args.args.len() {
            return value_error("more positional defaults than args on arguments");
        }
        if args.kw_defaults.len() != args.kwonlyargs.len() {
            return value_error("length of kwonlyargs is not the same as kw_defaults on arguments");
        }
        self.loads(&args.defaults)?;
        args.kw_defaults.iter().flatten().try_for_each(|default| self.load(default))
    }

    fn type_params(&self, params: &[TypeParam]) -> Result<()> {
        for param in params {
            positions(param.range)?;
            let (id, bound, default) = match &param.node {
                TypeParamKind::TypeVar { name, bound, default_value } => (name, bound.as_deref(), default_value),
                TypeParamKind::ParamSpec { name, default_value }
                | TypeParamKind::TypeVarTuple { name, default_value } => (name, None, default_value),
            };
            name(id)?;
            self.optional(bound)?;
            self.optional(default.as_deref())?;
        }
        Ok(())
    }
}
