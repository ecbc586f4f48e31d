//! The exception hierarchy.
//!
//! | module | kinds |
//! |---|---|
//! | `base` | BaseException, Exception, ValueError, and the fields of all |
//! | `plain` | the kinds that only have a name |
//! | `carrying` | StopIteration, SystemExit, NameError, AttributeError; KeyError's text |
//! | `import_error`, `os_error`, `syntax_error`, `unicode_error` | those with behaviour of their own |
//! | `group` | exception groups, and what `except*` needs |
//! | `raise` | making and chaining for the object model |

mod base;
mod carrying;
mod group;
mod import_error;
mod members;
mod os_error;
mod plain;
mod raise;
mod syntax_error;
mod text;
mod unicode_error;

use pyrope_object::Object;

pub use base::{
    BaseException, Exception, ExceptionLayout, ExceptionState, ValueError, args, cause, context, set_args, set_cause,
    set_context, set_traceback, state, suppress_context, traceback,
};
pub use carrying::{
    AttributeError, NameError, StopIteration, SystemExit, fill_attribute_error, name_error_for, stop_iteration_value,
};
pub use group::{
    BaseExceptionGroup, ExceptionGroup, exception_matches, is_group, match_group, new_group, prepare_reraise_star,
};
pub use import_error::{ImportError, raise_import_error};
pub use os_error::{OSError, class_of_errno, os_error_from_errno, os_error_from_io, strerror};
pub use raise::{chain_context, make_exception};
pub use syntax_error::SyntaxError;
pub use unicode_error::UnicodeError;

use crate::TypeEntry;

const WITH_FIELDS: &[TypeEntry] = &[
    <BaseException as Object>::def,
    <Exception as Object>::def,
    <ValueError as Object>::def,
    <BaseExceptionGroup as Object>::def,
    <ExceptionGroup as Object>::def,
    <StopIteration as Object>::def,
    <SystemExit as Object>::def,
    <NameError as Object>::def,
    <AttributeError as Object>::def,
    <ImportError as Object>::def,
    <OSError as Object>::def,
    <SyntaxError as Object>::def,
    <UnicodeError as Object>::def,
];

/// The types of this folder, in tables.
pub(crate) const TABLES: [&[TypeEntry]; 3] = [WITH_FIELDS, plain::TYPES, unicode_error::TYPES];
