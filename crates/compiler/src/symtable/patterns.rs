//! First pass: patterns.

use super::{Builder, SymbolFlags as F, check_name};
use crate::error::Result;
use pyrope_parser::ast::{Pattern, PatternKind, Range};

impl Builder<'_> {
    pub(super) fn pattern(&mut self, pattern: &Pattern) -> Result<()> {
        self.guard.check()?;
        let range = pattern.range;
        match &pattern.node {
            PatternKind::MatchValue { value } => self.expression(value),
            PatternKind::MatchSingleton { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => self.patterns(patterns),
            PatternKind::MatchStar { name } => self.capture(name.as_deref(), range),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.expressions(keys)?;
                self.patterns(patterns)?;
                self.capture(rest.as_deref(), range)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.expression(cls)?;
                self.patterns(patterns)?;
                for (name, pattern) in kwd_attrs.iter().zip(kwd_patterns) {
                    check_name(name, pattern.range, false)?;
                }
                self.patterns(kwd_patterns)
            }
            PatternKind::MatchAs { pattern, name } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern)?;
                }
                self.capture(name.as_deref(), range)
            }
        }
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Result<()> {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern))
    }

    fn capture(&mut self, name: Option<&str>, range: Range) -> Result<()> {
        name.map_or(Ok(()), |name| self.add_def(name, F::DEF_LOCAL, range))
    }
}
