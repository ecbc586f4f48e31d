//! Simple statements.

use super::kind::Kind;
use super::targets::{Target, set_context, set_single_target};
use super::{Fail, PResult, Parser};
use crate::ast::{Alias, Expr, ExprContext, ExprKind, Identifier, Stmt, StmtKind};
use crate::token::Keyword;

impl Parser<'_> {
    /// `statement`: one compound statement, or the simple statements of a line.
    pub(super) fn statement_into(&mut self, body: &mut Vec<Stmt>) -> PResult<()> {
        match self.compound_statement()? {
            Some(statement) => body.push(statement),
            None => self.simple_statements(body)?,
        }
        Ok(())
    }

    /// `stmt_list NEWLINE`: simple statements between semicolons.
    pub(super) fn simple_statements(&mut self, body: &mut Vec<Stmt>) -> PResult<()> {
        loop {
            body.push(self.simple_statement()?);
            if !self.eat(Kind::Semi) || self.at(Kind::Newline) {
                break;
            }
        }
        self.expect(Kind::Newline)
    }

    /// `simple_stmt`.
    fn simple_statement(&mut self) -> PResult<Stmt> {
        let start = self.here();
        self.height = 0;
        let node = match self.kind() {
            Kind::Return => self.return_statement()?,
            Kind::Import => self.import_statement()?,
            Kind::From => self.import_from_statement()?,
            Kind::Raise => self.raise_statement()?,
            Kind::Pass => self.keyword_statement(StmtKind::Pass),
            Kind::Break => self.keyword_statement(StmtKind::Break),
            Kind::Continue => self.keyword_statement(StmtKind::Continue),
            Kind::Del => self.del_statement()?,
            Kind::Assert => self.assert_statement()?,
            Kind::Global => StmtKind::Global { names: self.name_list()? },
            Kind::Nonlocal => StmtKind::Nonlocal { names: self.name_list()? },
            Kind::Name if self.at_soft(Keyword::Type) && self.peek(1) == Kind::Name => self.type_statement()?,
            _ => self.expression_statement()?,
        };
        Ok(self.statement(start, node))
    }

    /// `pass_stmt`, `break_stmt`, `continue_stmt`.
    fn keyword_statement(&mut self, node: StmtKind) -> StmtKind {
        self.bump();
        node
    }

    /// `return_stmt`.
    fn return_statement(&mut self) -> PResult<StmtKind> {
        self.bump();
        let value = if self.kind().starts_expression() || self.at(Kind::Star) {
            Some(Box::new(self.star_expressions()?))
        } else {
            None
        };
        Ok(StmtKind::Return { value })
    }

    /// `raise_stmt`.
    fn raise_statement(&mut self) -> PResult<StmtKind> {
        self.bump();
        if !self.kind().starts_expression() {
            return Ok(StmtKind::Raise { exc: None, cause: None });
        }
        let exc = Some(Box::new(self.expression()?));
        let cause = if self.eat(Kind::From) { Some(Box::new(self.expression()?)) } else { None };
        Ok(StmtKind::Raise { exc, cause })
    }

    /// `assert_stmt`.
    fn assert_statement(&mut self) -> PResult<StmtKind> {
        self.bump();
        let test = Box::new(self.expression()?);
        let msg = if self.eat(Kind::Comma) { Some(Box::new(self.expression()?)) } else { None };
        Ok(StmtKind::Assert { test, msg })
    }

    /// `del_stmt`.
    fn del_statement(&mut self) -> PResult<StmtKind> {
        self.bump();
        let mut targets = vec![self.target(Target::Delete)?];
        while self.eat(Kind::Comma) && self.kind().starts_expression() {
            targets.push(self.target(Target::Delete)?);
        }
        Ok(StmtKind::Delete { targets })
    }

    /// The names of `global_stmt` and `nonlocal_stmt`.
    fn name_list(&mut self) -> PResult<Vec<Identifier>> {
        self.bump();
        let mut names = vec![self.name()?];
        while self.eat(Kind::Comma) {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// `type_stmt`: `"type" identifier [type_params] "=" expression`.
    fn type_statement(&mut self) -> PResult<StmtKind> {
        self.require_version(12)?;
        self.bump();
        let start = self.here();
        let id = self.name()?;
        let name = Box::new(self.node(start, ExprKind::Name { id, ctx: ExprContext::Store }));
        let type_params = self.type_params()?;
        self.expect(Kind::Equal)?;
        let value = Box::new(self.expression()?);
        Ok(StmtKind::TypeAlias { name, type_params, value })
    }

    /// `expression_stmt`, `assignment_stmt`, `augmented_assignment_stmt` or `annotated_assignment_stmt`.
    fn expression_statement(&mut self) -> PResult<StmtKind> {
        let parenthesised = self.at(Kind::Lpar);
        let first = self.yield_or_star_expressions()?;
        match self.kind() {
            Kind::Equal => self.assignment(first),
            Kind::Colon => self.annotated_assignment(first, parenthesised),
            kind => match kind.augmented() {
                Some(op) => self.augmented_assignment(first, op),
                None => Ok(StmtKind::Expr { value: Box::new(first) }),
            },
        }
    }

    /// `assignment_stmt` after its first target list, `=` being next.
    fn assignment(&mut self, first: Expr) -> PResult<StmtKind> {
        let mut targets = Vec::new();
        let mut last = first;
        while self.eat(Kind::Equal) {
            set_context(&mut last, Target::Store)?;
            targets.push(last);
            last = self.yield_or_star_expressions()?;
        }
        let type_comment = self.type_comment();
        Ok(StmtKind::Assign { targets, value: Box::new(last), type_comment })
    }

    /// `annotated_assignment_stmt` after its target, `:` being next.
    fn annotated_assignment(&mut self, mut target: Expr, parenthesised: bool) -> PResult<StmtKind> {
        self.require_version(6)?;
        set_single_target(&mut target)?;
        self.bump();
        let annotation = Box::new(self.expression()?);
        let value = if self.eat(Kind::Equal) { Some(Box::new(self.yield_or_star_expressions()?)) } else { None };
        let simple = !parenthesised && matches!(target.node, ExprKind::Name { .. });
        Ok(StmtKind::AnnAssign { target: Box::new(target), annotation, value, simple })
    }

    /// `augmented_assignment_stmt` after its target, the operator being next.
    fn augmented_assignment(&mut self, mut target: Expr, op: crate::ast::Operator) -> PResult<StmtKind> {
        if self.at(Kind::AtEqual) {
            self.require_version(5)?;
        }
        set_single_target(&mut target)?;
        self.bump();
        let value = Box::new(self.yield_or_star_expressions()?);
        Ok(StmtKind::AugAssign { target: Box::new(target), op, value })
    }

    /// `"import" module ["as" identifier] ("," …)*`.
    fn import_statement(&mut self) -> PResult<StmtKind> {
        self.bump();
        let mut names = vec![self.dotted_alias()?];
        while self.eat(Kind::Comma) {
            names.push(self.dotted_alias()?);
        }
        Ok(StmtKind::Import { names })
    }

    /// `module ["as" identifier]`.
    fn dotted_alias(&mut self) -> PResult<Alias> {
        let start = self.here();
        let name = self.dotted_name()?;
        let asname = if self.eat(Kind::As) { Some(self.name()?) } else { None };
        Ok(Alias { name, asname, range: self.range_from(start) })
    }

    /// `module`: `(identifier ".")* identifier`.
    fn dotted_name(&mut self) -> PResult<Identifier> {
        let first = self.name()?;
        if !self.at(Kind::Dot) {
            return Ok(first);
        }
        let mut whole = first.to_string();
        while self.eat(Kind::Dot) {
            whole.push('.');
            whole.push_str(&self.name()?);
        }
        Ok(whole.into())
    }

    /// `"from" relative_module "import" …`.
    fn import_from_statement(&mut self) -> PResult<StmtKind> {
        self.bump();
        let mut level = 0u32;
        loop {
            if self.eat(Kind::Dot) {
                level += 1;
            } else if self.eat(Kind::Ellipsis) {
                level += 3;
            } else {
                break;
            }
        }
        let module = if level > 0 && self.at(Kind::Import) { None } else { Some(self.dotted_name()?) };
        self.expect(Kind::Import)?;
        let names = self.import_names()?;
        if level == 0
            && module.as_deref() == Some("__future__")
            && names.iter().any(|alias| &*alias.name == "barry_as_FLUFL")
        {
            self.options.barry_as_bdfl = true;
        }
        Ok(StmtKind::ImportFrom { module, names, level: Some(level) })
    }

    /// What `from … import` imports: `*`, or names with or without parentheses.
    fn import_names(&mut self) -> PResult<Vec<Alias>> {
        let start = self.here();
        if self.eat(Kind::Star) {
            let range = self.range_from(start);
            return Ok(vec![Alias { name: "*".into(), asname: None, range }]);
        }
        let parenthesised = self.eat(Kind::Lpar);
        let mut names = vec![self.alias()?];
        while self.eat(Kind::Comma) {
            if parenthesised && self.at(Kind::Rpar) {
                break;
            }
            names.push(self.alias()?);
        }
        if parenthesised {
            self.expect(Kind::Rpar)?;
        }
        Ok(names)
    }

    /// `identifier ["as" identifier]`.
    fn alias(&mut self) -> PResult<Alias> {
        let start = self.here();
        let name = self.name()?;
        let asname = if self.eat(Kind::As) { Some(self.name()?) } else { None };
        Ok(Alias { name, asname, range: self.range_from(start) })
    }

    /// The statements of a `suite`: an indented block or the rest of the line.
    pub(super) fn block(&mut self) -> PResult<Vec<Stmt>> {
        let mut body = Vec::new();
        if !self.eat(Kind::Newline) {
            self.simple_statements(&mut body)?;
            return Ok(body);
        }
        self.expect(Kind::Indent)?;
        self.enter()?;
        while !self.at(Kind::Dedent) {
            if self.at(Kind::EndMarker) {
                return Err(Fail::Syntax);
            }
            self.statement_into(&mut body)?;
        }
        self.leave();
        self.bump();
        Ok(body)
    }
}
