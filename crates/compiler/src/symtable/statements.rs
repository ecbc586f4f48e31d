//! First pass: statements.

use super::{BlockKey, BlockType, Builder, SymbolFlags as F, check_name};
use crate::error::{CompileError, Result};
use pyrope_parser::ast::{
    Alias, Arguments, ExceptHandler, Expr, ExprKind, For, FunctionDef, Identifier, Keyword, MatchCase, Range, Stmt,
    StmtKind, Try, TypeParam, With,
};

impl Builder<'_> {
    pub(super) fn statement(&mut self, statement: &Stmt) -> Result<()> {
        self.guard.check()?;
        let range = statement.range;
        match &statement.node {
            StmtKind::FunctionDef(def) => self.function(statement, def, false),
            StmtKind::AsyncFunctionDef(def) => self.function(statement, def, true),
            StmtKind::ClassDef { name, bases, keywords, body, decorator_list, type_params } => {
                self.add_def(name, F::DEF_LOCAL, range)?;
                self.expressions(decorator_list)?;
                self.class(statement, name, bases, keywords, body, type_params)
            }
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(statement, name, type_params, value),
            StmtKind::Return { value } => {
                if let Some(value) = value {
                    self.expression(value)?;
                    self.current().returns_value = true;
                }
                Ok(())
            }
            StmtKind::Delete { targets } => self.expressions(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.expressions(targets)?;
                self.expression(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated_assignment(range, target, annotation, value.as_deref(), *simple)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target)?;
                self.expression(value)
            }
            StmtKind::For(node) => self.for_loop(node),
            StmtKind::AsyncFor(node) => {
                self.mark_module_coroutine();
                self.raise_if_not_coroutine("'async for' outside async function", range)?;
                self.for_loop(node)
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.branch(test, body, orelse)
            }
            StmtKind::Match { subject, cases } => {
                self.expression(subject)?;
                self.conditionally(|this| cases.iter().try_for_each(|case| this.match_case(case)))
            }
            StmtKind::Raise { exc, cause } => {
                let Some(exc) = exc else { return Ok(()) };
                self.expression(exc)?;
                self.optional(cause.as_deref())
            }
            StmtKind::Try(node) | StmtKind::TryStar(node) => self.try_statement(node),
            StmtKind::Assert { test, msg } => {
                self.expression(test)?;
                self.optional(msg.as_deref())
            }
            StmtKind::Import { names } => names.iter().try_for_each(|name| self.alias(name)),
            StmtKind::ImportFrom { module, names, level } => {
                names.iter().try_for_each(|name| self.alias(name))?;
                self.check_future_import(range, module.as_deref(), *level)
            }
            StmtKind::Global { names } => self.directive(names, F::DEF_GLOBAL, "global", range),
            StmtKind::Nonlocal { names } => self.directive(names, F::DEF_NONLOCAL, "nonlocal", range),
            StmtKind::Expr { value } => self.expression(value),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
            StmtKind::With(node) => self.with(node),
            StmtKind::AsyncWith(node) => {
                self.mark_module_coroutine();
                self.raise_if_not_coroutine("'async with' outside async function", range)?;
                self.with(node)
            }
        }
    }

    /// `while` and `if`; chains of `elif` are walked without recursion.
    fn branch(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Result<()> {
        self.expression(test)?;
        self.conditionally(|this| {
            this.statements(body)?;
            let mut orelse = orelse;
            while let [Stmt { node: StmtKind::If { test, body, orelse: next }, .. }] = orelse {
                this.expression(test)?;
                this.statements(body)?;
                orelse = next;
            }
            this.statements(orelse)
        })
    }

    fn for_loop(&mut self, node: &For) -> Result<()> {
        self.expression(&node.target)?;
        self.expression(&node.iter)?;
        self.conditionally(|this| {
            this.statements(&node.body)?;
            this.statements(&node.orelse)
        })
    }

    fn with(&mut self, node: &With) -> Result<()> {
        self.conditionally(|this| {
            for item in &node.items {
                this.expression(&item.context_expr)?;
                this.optional(item.optional_vars.as_deref())?;
            }
            this.statements(&node.body)
        })
    }

    fn try_statement(&mut self, node: &Try) -> Result<()> {
        self.conditionally(|this| {
            this.statements(&node.body)?;
            node.handlers.iter().try_for_each(|handler| this.except_handler(handler))?;
            this.statements(&node.orelse)?;
            this.statements(&node.finalbody)
        })
    }

    fn except_handler(&mut self, handler: &ExceptHandler) -> Result<()> {
        self.optional(handler.type_.as_deref())?;
        if let Some(name) = &handler.name {
            self.add_def(name, F::DEF_LOCAL, handler.range)?;
        }
        self.statements(&handler.body)
    }

    fn match_case(&mut self, case: &MatchCase) -> Result<()> {
        self.pattern(&case.pattern)?;
        self.optional(case.guard.as_deref())?;
        self.statements(&case.body)
    }

    fn mark_module_coroutine(&mut self) {
        if self.allows_top_level_await() {
            self.current().coroutine = true;
        }
    }

    fn function(&mut self, statement: &Stmt, def: &FunctionDef, is_async: bool) -> Result<()> {
        let range = statement.range;
        self.add_def(&def.name, F::DEF_LOCAL, range)?;
        self.defaults(&def.args)?;
        self.expressions(&def.decorator_list)?;
        let generic = !def.type_params.is_empty();
        if generic {
            let kwdefaults = def.args.kw_defaults.iter().any(Option::is_some);
            // `.defaults` is a parameter even where no argument has a default.
            self.enter_type_params(statement, &def.name, true, kwdefaults, false)?;
            self.type_params(&def.type_params)?;
        }
        let key = BlockKey::statement(statement);
        let id = self.new_entry(&def.name, BlockType::Function, key, range);
        self.table.entries[id.index()].has_docstring = crate::docstring::docstring(&def.body).is_some();
        self.signature_annotations(statement, &def.args, def.returns.as_deref())?;
        self.enter_existing(id);
        if is_async {
            self.current().coroutine = true;
        }
        self.arguments(&def.args)?;
        self.statements(&def.body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    pub(super) fn defaults(&mut self, args: &Arguments) -> Result<()> {
        self.expressions(&args.defaults)?;
        args.kw_defaults.iter().flatten().try_for_each(|default| self.expression(default))
    }

    pub(super) fn arguments(&mut self, args: &Arguments) -> Result<()> {
        let named = args.posonlyargs.iter().chain(&args.args).chain(&args.kwonlyargs);
        for arg in named {
            self.add_def(&arg.arg, F::DEF_PARAM, arg.range)?;
        }
        if let Some(arg) = &args.vararg {
            self.add_def(&arg.arg, F::DEF_PARAM, arg.range)?;
            self.current().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add_def(&arg.arg, F::DEF_PARAM, arg.range)?;
            self.current().varkeywords = true;
        }
        Ok(())
    }

    fn class(
        &mut self,
        statement: &Stmt,
        name: &Identifier,
        bases: &[Expr],
        keywords: &[Keyword],
        body: &[Stmt],
        type_params: &[TypeParam],
    ) -> Result<()> {
        let range = statement.range;
        let outer = self.private.clone();
        let generic = !type_params.is_empty();
        if generic {
            self.enter_type_params(statement, name, false, false, true)?;
            self.private = Some(name.clone());
            self.table.mangled_sets.push(Default::default());
            let set = self.table.mangled_sets.len() - 1;
            self.current().mangled_names = Some(set);
            self.type_params(type_params)?;
        }
        self.expressions(bases)?;
        self.keywords(keywords)?;
        self.enter_block(name, BlockType::Class, BlockKey::statement(statement), range)?;
        self.private = Some(name.clone());
        if generic {
            self.add_def("__type_params__", F::DEF_LOCAL, range)?;
            self.add_def(".type_params", F::USE, range)?;
        }
        self.current().has_docstring = crate::docstring::docstring(body).is_some();
        self.statements(body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        self.private = outer;
        Ok(())
    }

    pub(super) fn keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                check_name(name, keyword.range, false)?;
            }
        }
        keywords.iter().try_for_each(|keyword| self.expression(&keyword.value))
    }

    fn type_alias(&mut self, statement: &Stmt, name: &Expr, type_params: &[TypeParam], value: &Expr) -> Result<()> {
        self.expression(name)?;
        let ExprKind::Name { id, .. } = &name.node else {
            return Err(CompileError::System("the name of a type alias is not a name".into()));
        };
        let in_class = self.current_ref().block == BlockType::Class;
        let generic = !type_params.is_empty();
        if generic {
            self.enter_type_params(statement, id, false, false, false)?;
            self.type_params(type_params)?;
        }
        self.enter_block(id, BlockType::TypeAlias, BlockKey::statement(statement), statement.range)?;
        self.current().can_see_class_scope = in_class;
        if in_class {
            self.add_def("__classdict__", F::USE, value.range)?;
        }
        self.expression(value)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    fn alias(&mut self, alias: &Alias) -> Result<()> {
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        if &**name == "*" {
            if self.current_ref().block == BlockType::Module {
                return Ok(());
            }
            return Err(CompileError::syntax(alias.range, "import * only allowed at module level"));
        }
        let stored = name.split('.').next().unwrap_or(name);
        self.add_def(stored, F::DEF_IMPORT, alias.range)
    }

    fn check_future_import(&self, range: Range, module: Option<&str>, level: Option<u32>) -> Result<()> {
        let future = self.future.range;
        let late = i64::from(range.line) > future.map_or(-1, |f| i64::from(f.line))
            || future.is_some_and(|f| range.line == f.end_line && range.col > f.end_col);
        if module == Some("__future__") && level.unwrap_or(0) == 0 && late {
            let message = "from __future__ imports must occur at the beginning of the file";
            return Err(CompileError::syntax(range, message));
        }
        Ok(())
    }

    /// `global` and `nonlocal`.
    fn directive(&mut self, names: &[Identifier], flag: u32, word: &str, range: Range) -> Result<()> {
        for name in names {
            let known = self.lookup(name);
            if known & (F::DEF_PARAM | F::DEF_LOCAL | F::USE | F::DEF_ANNOT) != 0 {
                let message = if known & F::DEF_PARAM != 0 {
                    format!("name '{name}' is parameter and {word}")
                } else if known & F::USE != 0 {
                    format!("name '{name}' is used prior to {word} declaration")
                } else if known & F::DEF_ANNOT != 0 {
                    format!("annotated name '{name}' can't be {word}")
                } else {
                    format!("name '{name}' is assigned to before {word} declaration")
                };
                return Err(CompileError::syntax(range, message));
            }
            self.add_def(name, flag, range)?;
            self.record_directive(name, range);
        }
        Ok(())
    }
}
