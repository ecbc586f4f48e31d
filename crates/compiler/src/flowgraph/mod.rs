//! The control-flow graph and its optimisations.
//!
//! [`Cfg::from_sequence`] cuts an instruction sequence into basic blocks; [`Cfg::optimize_code_unit`] improves them;
//! [`Cfg::finish`] fixes the order of blocks and locals and gives the sequence that is assembled. The passes and their
//! order are those of CPython 3.14's `Python/flowgraph.c`, so that the code objects are equal.

mod blocks;
mod borrow;
mod cells;
mod cleanup;
mod constants;
mod display;
mod fold;
mod handlers;
mod layout;
mod lines;
mod locals;
mod numeric;
mod peephole;
mod stackdepth;
mod swaps;

pub use blocks::{Block, BlockId, Cfg, CfgInstruction};

use pyrope_bytecode::{CodeFlags, Location, Opcode};

use crate::assemble::{AssembleError, CodeUnit, ConstTable};
use crate::instructions::InstructionSequence;

/// The handler of an assembled instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerInfo {
    /// Index of the handler's first instruction.
    pub target: u32,
    /// Depth of the operand stack on its entry.
    pub depth: u32,
    /// Does it need the position of the instruction that raised?
    pub preserve_lasti: bool,
}

/// An instruction of the optimised sequence: jump operands are indices of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatInstruction {
    pub opcode: Opcode,
    pub oparg: u32,
    pub location: Location,
    pub handler: Option<HandlerInfo>,
}

/// What [`Cfg::finish`] gives.
#[derive(Clone, Debug)]
pub struct Flattened {
    pub instructions: Vec<FlatInstruction>,
    pub stacksize: u32,
    /// Number of fast locals, cells and free variables.
    pub nlocalsplus: usize,
}

impl Cfg {
    /// All passes before the layout of locals is known. `nlocals` counts `co_varnames`, `nparams` the parameters.
    pub fn optimize_code_unit(
        &mut self,
        consts: &mut ConstTable,
        nlocals: usize,
        nparams: usize,
    ) -> Result<(), AssembleError> {
        self.translate_jump_labels_to_targets()?;
        self.mark_except_handlers();
        self.label_exception_targets()?;

        self.optimize(consts)?;
        self.remove_unused_consts(consts)?;
        self.add_checks_for_loads_of_uninitialized_variables(nlocals, nparams);
        self.insert_superinstructions();

        self.push_cold_blocks_to_end()?;
        self.resolve_line_numbers();
        Ok(())
    }

    /// Finds targets and handlers only, for a sequence that is to be assembled as it is.
    pub fn resolve_targets(&mut self) -> Result<(), AssembleError> {
        self.translate_jump_labels_to_targets()?;
        self.label_exception_targets()
    }

    fn optimize(&mut self, consts: &mut ConstTable) -> Result<(), AssembleError> {
        self.check()?;
        self.inline_small_or_no_lineno_blocks();
        self.remove_unreachable();
        self.resolve_line_numbers();
        self.optimize_load_const(consts)?;
        for block in self.order() {
            self.optimize_basic_block(block, consts)?;
        }
        self.remove_redundant_nops_and_pairs();
        self.remove_unreachable();
        self.remove_redundant_nops_and_jumps()
    }

    /// A jump or an exit must end its block.
    fn check(&mut self) -> Result<(), AssembleError> {
        let mut well_formed = true;
        self.for_each(|block| {
            if let [inner @ .., _] = &block.instructions[..] {
                well_formed &= !inner.iter().any(|instruction| instruction.opcode.is_terminator());
            }
        });
        match well_formed {
            true => Ok(()),
            false => Err(AssembleError::System("malformed control flow graph.".into())),
        }
    }

    /// Fixes the order of blocks and locals and gives the final sequence.
    pub fn finish(mut self, unit: &CodeUnit, flags: u32) -> Result<Flattened, AssembleError> {
        self.convert_pseudo_conditional_jumps();
        let stacksize = self.calculate_stackdepth()?;
        let nlocalsplus = self.prepare_localsplus(unit, flags)?;
        self.convert_pseudo_ops()?;
        self.normalize_jumps();
        self.optimize_load_fast()?;
        Ok(Flattened { instructions: self.to_flat()?, stacksize, nlocalsplus })
    }

    /// The blocks in order as one sequence, jumps as indices.
    pub fn to_flat(&self) -> Result<Vec<FlatInstruction>, AssembleError> {
        let order = self.order();
        let mut starts = vec![0; self.len()];
        let mut at = 0;
        for &id in &order {
            starts[id.index()] = at;
            at += self[id].instructions.len();
        }
        let mut flat = Vec::with_capacity(at);
        for &id in &order {
            for instruction in &self[id].instructions {
                let oparg = match instruction.target {
                    Some(target) if instruction.opcode.has_target() => starts[target.index()] as u32,
                    _ if instruction.opcode.has_target() => {
                        return Err(AssembleError::System("jump with NULL target".into()));
                    }
                    _ => instruction.oparg,
                };
                let handler = instruction.except.map(|handler| HandlerInfo {
                    target: starts[handler.index()] as u32,
                    depth: self[handler].startdepth.unwrap_or(0),
                    preserve_lasti: self[handler].preserve_lasti,
                });
                flat.push(FlatInstruction {
                    opcode: instruction.opcode,
                    oparg,
                    location: instruction.location,
                    handler,
                });
            }
        }
        Ok(flat)
    }
}

/// Is the code a generator, coroutine or asynchronous generator?
fn is_generator(flags: u32) -> bool {
    flags & (CodeFlags::GENERATOR | CodeFlags::COROUTINE | CodeFlags::ASYNC_GENERATOR) != 0
}

/// Builds and optimises the graph of a sequence, for printing and tests (`_testinternalcapi.optimize_cfg`).
pub fn optimize_cfg(
    sequence: InstructionSequence,
    consts: &mut ConstTable,
    nlocals: usize,
) -> Result<Cfg, AssembleError> {
    let mut cfg = Cfg::from_sequence(sequence)?;
    cfg.optimize_code_unit(consts, nlocals, 0)?;
    cfg.calculate_stackdepth()?;
    cfg.optimize_load_fast()?;
    Ok(cfg)
}
