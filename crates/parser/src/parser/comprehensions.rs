//! The clauses of comprehensions and generator expressions.

use super::kind::Kind;
use super::targets::Target;
use super::{PResult, Parser};
use crate::ast::Comprehension;

impl Parser<'_> {
    /// One or more `comp_for`, each with its conditions.
    pub(super) fn comprehension_clauses(&mut self) -> PResult<Vec<Comprehension>> {
        let mut clauses = Vec::new();
        while matches!(self.kind(), Kind::For | Kind::Async) {
            clauses.push(self.comprehension_clause()?);
        }
        Ok(clauses)
    }

    /// `comp_for`: `["async"] "for" target_list "in" or_test ("if" or_test)*`.
    fn comprehension_clause(&mut self) -> PResult<Comprehension> {
        let is_async = self.eat(Kind::Async);
        if is_async {
            self.require_version(6)?;
        }
        self.expect(Kind::For)?;
        let target = self.target_list(Target::Store)?;
        self.expect(Kind::In)?;
        let iter = self.disjunction()?;
        let mut ifs = Vec::new();
        while self.eat(Kind::If) {
            ifs.push(self.disjunction()?);
        }
        Ok(Comprehension { target, iter, ifs, is_async })
    }
}
