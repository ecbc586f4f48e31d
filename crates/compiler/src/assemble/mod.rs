//! From instructions to a code object: flow graph, optimisation, assembly.

mod emit;
mod jumps;
mod makecode;
mod places;
mod unit;

use std::fmt;
use std::rc::Rc;

use pyrope_bytecode::Code;
use pyrope_text::Wtf8Buf;

use crate::flowgraph::Cfg;
use crate::instructions::InstructionSequence;

pub use unit::{CodeUnit, ConstTable, NameTable, constant_key};

/// What all scopes of a source file share, and the scope's flags.
#[derive(Clone, Debug)]
pub struct AssembleOptions {
    /// `co_filename`.
    pub filename: Rc<Wtf8Buf>,
    /// `co_flags`, complete.
    pub flags: u32,
}

/// Why code could not be assembled: a fault of the code generator, or code beyond the format's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssembleError {
    /// `SystemError`: instructions that make no sense.
    System(String),
    /// `ValueError`: inconsistent stack depths.
    Value(String),
    /// `OverflowError`: too large.
    Overflow(String),
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssembleError::System(message) | AssembleError::Value(message) | AssembleError::Overflow(message) => {
                f.write_str(message)
            }
        }
    }
}

impl std::error::Error for AssembleError {}

/// Optimises and assembles a scope.
pub fn assemble(
    mut unit: CodeUnit,
    sequence: InstructionSequence,
    options: &AssembleOptions,
) -> Result<Rc<Code>, AssembleError> {
    let mut consts = std::mem::take(&mut unit.consts);
    let cfg = optimized_cfg(&unit, &mut consts, sequence)?;
    let flattened = cfg.finish(&unit, options.flags)?;
    makecode::make_code(&unit, consts.into_consts(), flattened, options).map(Rc::new)
}

/// Assembles a sequence as it is, without optimising it (`_testinternalcapi.assemble_code_object`).
pub fn assemble_unoptimized(
    mut unit: CodeUnit,
    sequence: InstructionSequence,
    options: &AssembleOptions,
) -> Result<Rc<Code>, AssembleError> {
    let consts = std::mem::take(&mut unit.consts);
    let mut cfg = Cfg::from_sequence(sequence)?;
    cfg.resolve_targets()?;
    let flattened = cfg.finish(&unit, options.flags)?;
    makecode::make_code(&unit, consts.into_consts(), flattened, options).map(Rc::new)
}

/// The flow graph of a scope after all optimisations that do not need the layout of its locals, for printing.
pub fn optimized_cfg(
    unit: &CodeUnit,
    consts: &mut ConstTable,
    sequence: InstructionSequence,
) -> Result<Cfg, AssembleError> {
    let mut cfg = Cfg::from_sequence(sequence)?;
    cfg.optimize_code_unit(consts, unit.varnames.len(), unit.param_count as usize)?;
    Ok(cfg)
}
