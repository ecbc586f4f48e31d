//! The four kinds of input.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Expr, Mod, StmtKind};

impl Parser<'_> {
    /// `file_input`: `(NEWLINE | statement)* ENDMARKER`.
    pub(super) fn file_input(&mut self) -> PResult<Mod> {
        let mut body = Vec::new();
        let mut next = self.pos;
        while !self.at(Kind::EndMarker) {
            self.statement = std::mem::replace(&mut next, self.pos);
            self.statement_into(&mut body)?;
        }
        Ok(Mod::Module { body, type_ignores: self.type_ignores.to_vec() })
    }

    /// `eval_input`: `expression_list NEWLINE* ENDMARKER`.
    pub(super) fn eval_input(&mut self) -> PResult<Mod> {
        let body = Box::new(self.expressions()?);
        self.line_ends()?;
        Ok(Mod::Expression { body })
    }

    /// `interactive_input`: `[stmt_list] NEWLINE | compound_stmt NEWLINE`.
    pub(super) fn interactive_input(&mut self) -> PResult<Mod> {
        let start = self.here();
        let mut body = Vec::new();
        if self.eat(Kind::Newline) {
            let range = crate::ast::Range { end_line: self.end.0, end_col: self.end.1, ..start };
            body.push(crate::ast::Stmt { node: StmtKind::Pass, range });
        } else if let Some(statement) = self.compound_statement()? {
            body.push(statement);
            self.expect(Kind::Newline)?;
        } else {
            self.simple_statements(&mut body)?;
        }
        Ok(Mod::Interactive { body })
    }

    /// A PEP 484 signature comment: `"(" [types] ")" "->" expression`.
    pub(super) fn func_type(&mut self) -> PResult<Mod> {
        self.expect(Kind::Lpar)?;
        let mut argtypes = Vec::new();
        if !self.eat(Kind::Rpar) {
            self.argument_types(&mut argtypes)?;
            self.expect(Kind::Rpar)?;
        }
        self.expect(Kind::Rarrow)?;
        let returns = Box::new(self.expression()?);
        self.line_ends()?;
        Ok(Mod::FunctionType { argtypes, returns })
    }

    /// Types separated by commas; a starred one may be last but for a double-starred one.
    fn argument_types(&mut self, types: &mut Vec<Expr>) -> PResult<()> {
        let (mut stars, mut more) = (0, true);
        while more {
            let kind = self.kind();
            let rank = match kind {
                Kind::Star => 1,
                Kind::DoubleStar => 2,
                _ => 0,
            };
            if rank < stars || (rank == stars && rank > 0) || (rank == 0 && stars > 0) {
                return Err(Fail::Syntax);
            }
            if rank > 0 {
                self.bump();
            }
            stars = rank;
            types.push(self.expression()?);
            more = self.eat(Kind::Comma);
        }
        Ok(())
    }

    /// `NEWLINE* ENDMARKER`.
    fn line_ends(&mut self) -> PResult<()> {
        while self.eat(Kind::Newline) {}
        if self.at(Kind::EndMarker) { Ok(()) } else { Err(Fail::Syntax) }
    }
}
