//! The opcode table, code objects, line and exception tables, .pyc files and listings.

mod code;
mod exceptiontable;
pub mod image;
mod instructions;
mod linetable;
mod listing;
mod location;
pub mod marshal;
mod opcode;
mod operands;
pub mod pyc;
mod siphash;
mod varint;

pub use code::{Code, CodeFlags, Constant, FastKind};
pub use exceptiontable::{ExceptionEntries, ExceptionEntry, find_handler, write_exception_entry};
pub use instructions::{CodeInstruction, Instructions};
pub use linetable::{LineTableWriter, LocationEntries, LocationEntry, lines, location_at, positions};
pub use listing::Listing;
pub use location::Location;
pub use opcode::{HAVE_ARGUMENT, MIN_INSTRUMENTED_OPCODE, MIN_PSEUDO_OPCODE, Opcode, Operand};
pub use operands::{
    BinaryOperator, CommonConstant, Comparison, Conversion, FunctionAttribute, Intrinsic1, Intrinsic2, ResumeAt,
    SpecialMethod,
};
pub use siphash::siphash13;
