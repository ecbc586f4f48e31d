//! Parameters of functions and lambdas.

use super::kind::Kind;
use super::{Fail, PResult, Parser};
use crate::ast::{Arg, Arguments, Expr};

/// Where parameters stand: it decides what ends them and whether they may be annotated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Function,
    Lambda,
}

impl Place {
    fn close(self) -> Kind {
        match self {
            Place::Function => Kind::Rpar,
            Place::Lambda => Kind::Colon,
        }
    }
}

/// What has been seen of a parameter list.
#[derive(Default)]
struct Seen {
    slash: bool,
    /// `*` or `*args`.
    star: bool,
    /// A bare `*` that still needs a parameter after it.
    needs_keyword: bool,
}

impl Parser<'_> {
    /// `parameter_list` of a function, up to its closing parenthesis.
    pub(super) fn parameters(&mut self) -> PResult<Arguments> {
        self.parameter_list(Place::Function)
    }

    /// `parameter_list` of a lambda, up to its colon.
    pub(super) fn lambda_parameters(&mut self) -> PResult<Arguments> {
        self.parameter_list(Place::Lambda)
    }

    fn parameter_list(&mut self, place: Place) -> PResult<Arguments> {
        let mut arguments = Arguments::default();
        let mut seen = Seen::default();
        while !self.at(place.close()) {
            if arguments.kwarg.is_some() {
                return Err(Fail::Syntax);
            }
            match self.kind() {
                Kind::Slash => self.positional_only_mark(&mut arguments, &mut seen)?,
                Kind::Star => self.star_parameter(&mut arguments, &mut seen, place)?,
                Kind::DoubleStar => {
                    self.bump();
                    arguments.kwarg = Some(Box::new(self.parameter(place, false)?));
                }
                _ => self.plain_parameter(&mut arguments, &mut seen, place)?,
            }
            let comma = self.eat(Kind::Comma);
            if let Some(comment) = self.type_comment() {
                set_type_comment(&mut arguments, comment)?;
            }
            if !comma {
                break;
            }
        }
        if seen.needs_keyword || !self.at(place.close()) {
            return Err(Fail::Syntax);
        }
        Ok(arguments)
    }

    /// `"/"`: what came before is positional-only.
    fn positional_only_mark(&mut self, arguments: &mut Arguments, seen: &mut Seen) -> PResult<()> {
        self.require_version(8)?;
        if seen.slash || seen.star || arguments.args.is_empty() {
            return Err(Fail::Syntax);
        }
        self.bump();
        seen.slash = true;
        arguments.posonlyargs = std::mem::take(&mut arguments.args);
        Ok(())
    }

    /// `"*" [star_parameter]`.
    fn star_parameter(&mut self, arguments: &mut Arguments, seen: &mut Seen, place: Place) -> PResult<()> {
        if seen.star {
            return Err(Fail::Syntax);
        }
        self.bump();
        seen.star = true;
        if self.at(Kind::Comma) {
            seen.needs_keyword = true;
            if self.peek(1) == Kind::TypeComment {
                return Err(Fail::Syntax);
            }
            return Ok(());
        }
        arguments.vararg = Some(Box::new(self.parameter(place, true)?));
        Ok(())
    }

    /// `defparameter`: a parameter with or without default.
    fn plain_parameter(&mut self, arguments: &mut Arguments, seen: &mut Seen, place: Place) -> PResult<()> {
        let arg = self.parameter(place, false)?;
        let default: Option<Expr> = if self.eat(Kind::Equal) { Some(self.expression()?) } else { None };
        if seen.star {
            seen.needs_keyword = false;
            arguments.kwonlyargs.push(arg);
            arguments.kw_defaults.push(default);
            return Ok(());
        }
        match default {
            Some(default) => arguments.defaults.push(default),
            None if !arguments.defaults.is_empty() => return Err(Fail::Syntax),
            None => {}
        }
        arguments.args.push(arg);
        Ok(())
    }

    /// `parameter`: `identifier [":" expression]`; a star parameter's annotation may be starred.
    fn parameter(&mut self, place: Place, starred: bool) -> PResult<Arg> {
        let start = self.here();
        let arg = self.name()?;
        let annotation = if place == Place::Function && self.eat(Kind::Colon) {
            Some(Box::new(if starred { self.star_expression()? } else { self.expression()? }))
        } else {
            None
        };
        Ok(Arg { arg, annotation, type_comment: None, range: self.range_from(start) })
    }
}

/// Gives the parameter that was read last its type comment; there must be one.
fn set_type_comment(arguments: &mut Arguments, comment: std::rc::Rc<str>) -> PResult<()> {
    let last = if let Some(kwarg) = &mut arguments.kwarg {
        Some(&mut **kwarg)
    } else if let Some(last) = arguments.kwonlyargs.last_mut() {
        Some(last)
    } else if let Some(vararg) = &mut arguments.vararg {
        Some(&mut **vararg)
    } else {
        arguments.args.last_mut()
    };
    match last {
        Some(last) if last.type_comment.is_none() => {
            last.type_comment = Some(comment);
            Ok(())
        }
        _ => Err(Fail::Syntax),
    }
}
