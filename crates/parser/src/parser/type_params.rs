//! Type parameter lists (PEP 695, 696).

use super::kind::Kind;
use super::{PResult, Parser};
use crate::ast::{Expr, TypeParam, TypeParamKind};

impl Parser<'_> {
    /// `type_params`: `"[" type_param ("," type_param)* [","] "]"`, or nothing.
    pub(super) fn type_params(&mut self) -> PResult<Vec<TypeParam>> {
        let mut params = Vec::new();
        if !self.at(Kind::Lsqb) {
            return Ok(params);
        }
        self.require_version(12)?;
        self.bump();
        params.push(self.type_param()?);
        while self.eat(Kind::Comma) && !self.at(Kind::Rsqb) {
            params.push(self.type_param()?);
        }
        self.expect(Kind::Rsqb)?;
        Ok(params)
    }

    /// `type_param`: `typevar | typevartuple | paramspec`.
    fn type_param(&mut self) -> PResult<TypeParam> {
        let start = self.here();
        let node = if self.eat(Kind::Star) {
            let name = self.name()?;
            TypeParamKind::TypeVarTuple { name, default_value: self.type_param_default(Self::star_expression)? }
        } else if self.eat(Kind::DoubleStar) {
            let name = self.name()?;
            TypeParamKind::ParamSpec { name, default_value: self.type_param_default(Self::expression)? }
        } else {
            let name = self.name()?;
            let bound = if self.eat(Kind::Colon) { Some(Box::new(self.expression()?)) } else { None };
            TypeParamKind::TypeVar { name, bound, default_value: self.type_param_default(Self::expression)? }
        };
        Ok(TypeParam { node, range: self.range_from(start) })
    }

    /// `["=" default]`.
    fn type_param_default(&mut self, value: fn(&mut Self) -> PResult<Expr>) -> PResult<Option<Box<Expr>>> {
        if !self.at(Kind::Equal) {
            return Ok(None);
        }
        self.require_version(13)?;
        self.bump();
        Ok(Some(Box::new(value(self)?)))
    }
}
