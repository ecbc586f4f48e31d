//! Warnings of the compiler.

use pyrope_parser::ast::Range;
use pyrope_parser::error::{Warning, WarningCategory};

use crate::error::syntax_error;

/// A `SyntaxWarning` at a node, and the error it becomes where the filters say so.
pub(crate) fn warning(range: Range, message: String) -> Warning {
    Warning {
        category: WarningCategory::SyntaxWarning,
        lineno: range.line,
        at: 0,
        error: syntax_error(range, message.clone()),
        message,
    }
}
