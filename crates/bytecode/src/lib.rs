//! The opcode table, code objects, line and exception tables, .pyc files and listings.

mod code;
mod exceptiontable;
mod linetable;
mod location;
mod opcode;
mod operands;
mod varint;

pub use code::{Code, CodeFlags, Constant, FastKind};
pub use exceptiontable::{ExceptionEntries, ExceptionEntry, find_handler, write_exception_entry};
pub use linetable::{LineTableWriter, LocationEntries, LocationEntry, lines, location_at, positions};
pub use location::Location;
pub use opcode::{HAVE_ARGUMENT, MIN_INSTRUMENTED_OPCODE, MIN_PSEUDO_OPCODE, Opcode, Operand};
pub use operands::{
    BinaryOperator, CommonConstant, Comparison, Conversion, FunctionAttribute, Intrinsic1, Intrinsic2, ResumeAt,
    SpecialMethod,
};
