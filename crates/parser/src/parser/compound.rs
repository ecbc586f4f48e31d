//! Compound statements.

use super::kind::Kind;
use super::targets::{Target, set_context};
use super::{Fail, PResult, Parser};
use crate::ast::{ExceptHandler, Expr, For, FunctionDef, Range, Stmt, StmtKind, Try, With, WithItem};
use crate::token::Keyword;

impl Parser<'_> {
    /// `compound_stmt`; `None`, with nothing consumed, if none begins here.
    pub(super) fn compound_statement(&mut self) -> PResult<Option<Stmt>> {
        let start = self.here();
        let statement = match self.kind() {
            Kind::If => self.if_statement()?,
            Kind::For => self.for_statement(start, false)?,
            Kind::While => self.while_statement()?,
            Kind::Try => self.try_statement()?,
            Kind::With => self.with_statement(start, false)?,
            Kind::Def => self.function_definition(start, Vec::new(), false)?,
            Kind::Class => self.class_definition(Vec::new())?,
            Kind::At => self.decorated()?,
            Kind::Async => self.async_statement(start)?,
            Kind::Name if self.at_soft(Keyword::Match) => match self.match_statement()? {
                Some(statement) => statement,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let is_function = matches!(statement.node, StmtKind::FunctionDef(_) | StmtKind::AsyncFunctionDef(_));
        if !is_function {
            self.note_compound(statement.range);
        }
        Ok(Some(statement))
    }

    /// Remembers a compound statement that is complete, or would be without what follows.
    fn note_compound(&mut self, start: Range) {
        if start.line >= self.last_compound.0 {
            self.last_compound = (start.line, start.col);
        }
    }

    /// `async_for_stmt`, `async_with_stmt` or `async_funcdef`.
    fn async_statement(&mut self, start: Range) -> PResult<Stmt> {
        self.require_version(5)?;
        self.bump();
        match self.kind() {
            Kind::For => self.for_statement(start, true),
            Kind::With => self.with_statement(start, true),
            Kind::Def => self.function_definition(start, Vec::new(), true),
            _ => Err(Fail::Syntax),
        }
    }

    /// `decorators` and the definition they are for.
    fn decorated(&mut self) -> PResult<Stmt> {
        let mut decorators = Vec::new();
        while self.eat(Kind::At) {
            decorators.push(self.named_expression()?);
            self.expect(Kind::Newline)?;
        }
        let start = self.here();
        match self.kind() {
            Kind::Class => self.class_definition(decorators),
            Kind::Def => self.function_definition(start, decorators, false),
            Kind::Async => {
                self.require_version(5)?;
                self.bump();
                self.function_definition(start, decorators, true)
            }
            _ => Err(Fail::Syntax),
        }
    }

    /// `funcdef` from its `def` on.
    fn function_definition(&mut self, start: Range, decorator_list: Vec<Expr>, is_async: bool) -> PResult<Stmt> {
        self.expect(Kind::Def)?;
        let name = self.name()?;
        let type_params = self.type_params()?;
        self.expect(Kind::Lpar)?;
        let args = Box::new(self.parameters()?);
        self.expect(Kind::Rpar)?;
        let returns = if self.eat(Kind::Rarrow) { Some(Box::new(self.expression()?)) } else { None };
        self.expect(Kind::Colon)?;
        let type_comment = self.function_type_comment();
        let body = self.block()?;
        let def = FunctionDef { name, args, body, decorator_list, returns, type_comment, type_params };
        let def = Box::new(def);
        Ok(self.statement(start, if is_async { StmtKind::AsyncFunctionDef(def) } else { StmtKind::FunctionDef(def) }))
    }

    /// A type comment after the colon of a definition, or alone on the next line before the block.
    fn function_type_comment(&mut self) -> Option<std::rc::Rc<str>> {
        let follows = self.at(Kind::Newline)
            && self.peek(1) == Kind::TypeComment
            && self.peek(2) == Kind::Newline
            && self.peek(3) == Kind::Indent;
        if follows {
            self.bump();
        }
        self.type_comment()
    }

    /// `classdef`.
    fn class_definition(&mut self, decorator_list: Vec<Expr>) -> PResult<Stmt> {
        let start = self.here();
        self.expect(Kind::Class)?;
        let name = self.name()?;
        let type_params = self.type_params()?;
        let (bases, keywords) = if self.eat(Kind::Lpar) { self.argument_list()? } else { (Vec::new(), Vec::new()) };
        self.expect(Kind::Colon)?;
        let body = self.block()?;
        Ok(self.statement(start, StmtKind::ClassDef { name, bases, keywords, body, decorator_list, type_params }))
    }

    /// `if_stmt`; each `elif` is an `If` alone in the `orelse` of the one before.
    fn if_statement(&mut self) -> PResult<Stmt> {
        let mut arms = Vec::new();
        let mut start = self.here();
        self.bump();
        let mut orelse = loop {
            self.height = 0;
            let test = self.named_expression()?;
            self.expect(Kind::Colon)?;
            let body = self.block()?;
            if arms.is_empty() {
                self.note_compound(start);
            }
            arms.push((start, test, body));
            start = self.here();
            if !self.eat(Kind::Elif) {
                break self.else_block()?;
            }
            if arms.len() as u32 + self.depth > super::MAX_DEPTH.min(self.max_height) {
                return Err(Fail::TooComplex);
            }
        };
        loop {
            let Some((start, test, body)) = arms.pop() else { return Err(Fail::Syntax) };
            let statement = self.statement(start, StmtKind::If { test: Box::new(test), body, orelse });
            if arms.is_empty() {
                return Ok(statement);
            }
            orelse = vec![statement];
        }
    }

    /// `["else" ":" suite]`.
    fn else_block(&mut self) -> PResult<Vec<Stmt>> {
        if !self.eat(Kind::Else) {
            return Ok(Vec::new());
        }
        self.expect(Kind::Colon)?;
        self.block()
    }

    /// `while_stmt`.
    fn while_statement(&mut self) -> PResult<Stmt> {
        let start = self.here();
        self.bump();
        self.height = 0;
        let test = Box::new(self.named_expression()?);
        self.expect(Kind::Colon)?;
        let body = self.block()?;
        self.note_compound(start);
        let orelse = self.else_block()?;
        Ok(self.statement(start, StmtKind::While { test, body, orelse }))
    }

    /// `for_stmt` from its `for` on.
    fn for_statement(&mut self, start: Range, is_async: bool) -> PResult<Stmt> {
        self.bump();
        self.height = 0;
        let target = Box::new(self.target_list(Target::Store)?);
        self.expect(Kind::In)?;
        let iter = Box::new(self.star_expressions()?);
        self.expect(Kind::Colon)?;
        let type_comment = self.type_comment();
        let body = self.block()?;
        self.note_compound(start);
        let orelse = self.else_block()?;
        let node = Box::new(For { target, iter, body, orelse, type_comment });
        Ok(self.statement(start, if is_async { StmtKind::AsyncFor(node) } else { StmtKind::For(node) }))
    }

    /// `with_stmt` from its `with` on.
    fn with_statement(&mut self, start: Range, is_async: bool) -> PResult<Stmt> {
        self.bump();
        self.height = 0;
        let (items, parenthesised) = match self.parenthesised_with_items()? {
            Some(items) => (items, true),
            None => (self.with_items()?, false),
        };
        self.expect(Kind::Colon)?;
        let type_comment = if is_async && parenthesised { None } else { self.type_comment() };
        let body = self.block()?;
        let node = Box::new(With { items, body, type_comment });
        Ok(self.statement(start, if is_async { StmtKind::AsyncWith(node) } else { StmtKind::With(node) }))
    }

    /// `"(" with_stmt_contents [","] ")"` before a colon; `None`, with nothing consumed, if the parentheses are an
    /// expression's.
    fn parenthesised_with_items(&mut self) -> PResult<Option<Vec<WithItem>>> {
        if !self.at(Kind::Lpar) {
            return Ok(None);
        }
        let mark = self.mark();
        match self.try_parenthesised_with_items() {
            Ok(items) => Ok(Some(items)),
            Err(Fail::Syntax) => {
                self.reset(mark);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    fn try_parenthesised_with_items(&mut self) -> PResult<Vec<WithItem>> {
        self.bump();
        let mut items = vec![self.with_item()?];
        while self.eat(Kind::Comma) && !self.at(Kind::Rpar) {
            items.push(self.with_item()?);
        }
        self.expect(Kind::Rpar)?;
        if self.at(Kind::Colon) { Ok(items) } else { Err(Fail::Syntax) }
    }

    /// `with_stmt_contents`.
    fn with_items(&mut self) -> PResult<Vec<WithItem>> {
        let mut items = vec![self.with_item()?];
        while self.eat(Kind::Comma) {
            items.push(self.with_item()?);
        }
        Ok(items)
    }

    /// `with_item`: `expression ["as" target]`.
    fn with_item(&mut self) -> PResult<WithItem> {
        let context_expr = self.expression()?;
        if !self.eat(Kind::As) {
            return Ok(WithItem { context_expr, optional_vars: None });
        }
        let mut target = self.star_expression()?;
        set_context(&mut target, Target::Store)?;
        Ok(WithItem { context_expr, optional_vars: Some(Box::new(target)) })
    }

    /// `try_stmt`.
    fn try_statement(&mut self) -> PResult<Stmt> {
        let start = self.here();
        self.bump();
        self.expect(Kind::Colon)?;
        let body = self.block()?;
        let is_star = self.at(Kind::Except) && self.peek(1) == Kind::Star;
        if is_star {
            self.require_version(11)?;
        }
        let mut handlers = Vec::new();
        while self.at(Kind::Except) && (self.peek(1) == Kind::Star) == is_star {
            handlers.push(self.except_clause(is_star)?);
            self.note_compound(start);
        }
        let orelse = if handlers.is_empty() { Vec::new() } else { self.else_block()? };
        let finalbody = if self.eat(Kind::Finally) {
            self.expect(Kind::Colon)?;
            self.block()?
        } else {
            Vec::new()
        };
        if handlers.is_empty() && finalbody.is_empty() {
            return Err(Fail::Syntax);
        }
        let node = Box::new(Try { body, handlers, orelse, finalbody });
        Ok(self.statement(start, if is_star { StmtKind::TryStar(node) } else { StmtKind::Try(node) }))
    }

    /// One `except` or `except*` clause.
    fn except_clause(&mut self, is_star: bool) -> PResult<ExceptHandler> {
        let start = self.here();
        self.bump();
        if is_star {
            self.bump();
        }
        self.height = 0;
        let (mut type_, mut name) = (None, None);
        if is_star || !self.at(Kind::Colon) {
            let first = self.here();
            let mut class = self.expression()?;
            if self.eat(Kind::As) {
                name = Some(self.name()?);
            } else if self.at(Kind::Comma) {
                self.require_version(14)?;
                class = self.tuple_tail(first, class, Self::expression)?;
            }
            type_ = Some(Box::new(class));
        }
        self.expect(Kind::Colon)?;
        let body = self.block()?;
        Ok(ExceptHandler { type_, name, body, range: self.range_from(start) })
    }
}
