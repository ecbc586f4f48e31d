//! The opcode table, code objects, line and exception tables, .pyc files and listings.

mod code;
mod location;
mod opcode;
mod operands;

pub use code::{Code, CodeFlags, Constant};
pub use location::Location;
pub use opcode::{HAVE_ARGUMENT, MIN_INSTRUMENTED_OPCODE, MIN_PSEUDO_OPCODE, Opcode, Operand};
pub use operands::{
    BinaryOperator, CommonConstant, Comparison, Conversion, FunctionAttribute, Intrinsic1, Intrinsic2, ResumeAt,
    SpecialMethod,
};
