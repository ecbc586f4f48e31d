//! Basic blocks, and the graph made of a sequence.

use std::ops::{Index, IndexMut};

use pyrope_bytecode::{Location, Opcode};

use crate::assemble::AssembleError;
use crate::instructions::InstructionSequence;

/// A block's place in its [`Cfg`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockId(u32);

impl BlockId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// An instruction of a block.
#[derive(Clone, Copy, Debug)]
pub struct CfgInstruction {
    pub opcode: Opcode,
    pub oparg: u32,
    pub location: Location,
    /// Where a jump goes, or the handler that is set up.
    pub target: Option<BlockId>,
    /// The handler of an exception raised here.
    pub except: Option<BlockId>,
}

impl CfgInstruction {
    pub(super) fn new(opcode: Opcode, oparg: u32, location: Location) -> Self {
        CfgInstruction { opcode, oparg, location, target: None, except: None }
    }

    pub(super) fn set(&mut self, opcode: Opcode, oparg: u32) {
        self.opcode = opcode;
        self.oparg = oparg;
    }

    pub(super) fn set_nop(&mut self) {
        self.set(Opcode::Nop, 0);
    }
}

/// Instructions that are entered at the first and left at the last.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Number by which jumps name it before they are resolved.
    pub label: Option<u32>,
    pub instructions: Vec<CfgInstruction>,
    /// The next in order, reached by falling through.
    pub next: Option<BlockId>,
    pub predecessors: i64,
    /// Depth of the operand stack on entry, once known.
    pub startdepth: Option<u32>,
    /// Locals below 64 that may be unbound on entry.
    pub unsafe_locals: u64,
    /// Is it a handler that needs the position of the instruction that raised?
    pub preserve_lasti: bool,
    pub except_handler: bool,
    pub cold: bool,
    pub warm: bool,
    pub(super) visited: bool,
    /// Handlers left in the places of removed instructions, the next place last.
    stale: Vec<Option<BlockId>>,
}

impl Block {
    pub(super) fn last(&self) -> Option<&CfgInstruction> {
        self.instructions.last()
    }

    pub(super) fn last_opcode(&self) -> Option<Opcode> {
        self.instructions.last().map(|instruction| instruction.opcode)
    }

    pub(super) fn exits_scope(&self) -> bool {
        self.last_opcode().is_some_and(Opcode::is_scope_exit)
    }

    pub(super) fn falls_through(&self) -> bool {
        !self.last_opcode().is_some_and(|opcode| opcode.is_scope_exit() || opcode.is_unconditional_jump())
    }

    pub(super) fn has_eval_break(&self) -> bool {
        self.instructions.iter().any(|instruction| instruction.opcode.has_eval_break())
    }

    pub(super) fn has_no_line(&self) -> bool {
        self.instructions.iter().all(|instruction| instruction.location.line < 0)
    }

    /// Appends an instruction. Like CPython's it takes over the handler of the instruction that was removed from this
    /// place, if one was: it is seen in the exception table.
    pub(super) fn append(&mut self, mut instruction: CfgInstruction) {
        instruction.except = self.stale.pop().flatten();
        self.instructions.push(instruction);
    }

    /// Appends instructions as they are.
    pub(super) fn extend(&mut self, instructions: &[CfgInstruction]) {
        self.forget_stale(instructions.len());
        self.instructions.extend_from_slice(instructions);
    }

    /// Inserts instructions as they are.
    pub(super) fn insert(&mut self, at: usize, instructions: &[CfgInstruction]) {
        self.forget_stale(instructions.len());
        self.instructions.splice(at..at, instructions.iter().copied());
    }

    /// Removes the instructions from `kept` on, remembering the handlers that were in their places.
    pub(super) fn truncate(&mut self, kept: usize) {
        let removed = self.instructions.drain(kept..).rev();
        self.stale.extend(removed.map(|instruction| instruction.except));
    }

    fn forget_stale(&mut self, count: usize) {
        self.stale.truncate(self.stale.len().saturating_sub(count));
    }
}

/// The graph. The first block is the entry.
#[derive(Clone, Debug)]
pub struct Cfg {
    blocks: Vec<Block>,
}

impl Index<BlockId> for Cfg {
    type Output = Block;

    fn index(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }
}

impl IndexMut<BlockId> for Cfg {
    fn index_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.index()]
    }
}

impl Cfg {
    pub(super) const ENTRY: BlockId = BlockId(0);

    /// How many blocks were ever made.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::default());
        BlockId(self.blocks.len() as u32 - 1)
    }

    /// The blocks that are linked, in order.
    pub fn order(&self) -> Vec<BlockId> {
        let mut order = Vec::with_capacity(self.blocks.len());
        let mut next = Some(Cfg::ENTRY);
        while let Some(id) = next {
            order.push(id);
            next = self[id].next;
        }
        order
    }

    /// All blocks, linked or not.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Block> {
        self.blocks.iter_mut()
    }

    pub(super) fn clear_visited(&mut self) {
        self.all_mut().for_each(|block| block.visited = false);
    }

    /// Marks a block visited; true if it was not yet.
    pub(super) fn visit(&mut self, id: BlockId) -> bool {
        !std::mem::replace(&mut self[id].visited, true)
    }

    /// `start` or the first of its followers with an instruction.
    pub(super) fn next_nonempty(&self, start: Option<BlockId>) -> Option<BlockId> {
        let mut next = start;
        while let Some(id) = next {
            if !self[id].instructions.is_empty() {
                return Some(id);
            }
            next = self[id].next;
        }
        None
    }

    pub(super) fn max_label(&self) -> u32 {
        self.order().into_iter().filter_map(|id| self[id].label).max().unwrap_or(0)
    }

    /// Cuts a sequence into blocks: at jump targets, and after jumps and exits.
    pub fn from_sequence(mut sequence: InstructionSequence) -> Result<Cfg, AssembleError> {
        sequence
            .resolve_labels()
            .map_err(|label| AssembleError::System(format!("label {} was never placed", label.0)))?;
        let instructions = sequence.instructions();
        let mut is_target = vec![false; instructions.len()];
        for instruction in instructions.iter().filter(|instruction| instruction.opcode.has_target()) {
            let target = is_target.get_mut(instruction.oparg as usize);
            *target.ok_or_else(|| AssembleError::System("jump beyond the end".into()))? = true;
        }
        let mut builder = Builder::new();
        for (index, instruction) in instructions.iter().enumerate() {
            if is_target[index] {
                builder.use_label(index as u32);
            }
            if instruction.opcode == Opcode::AnnotationsPlaceholder {
                for inner in sequence.annotations_code().map_or(&[][..], InstructionSequence::instructions) {
                    builder.add(CfgInstruction::new(inner.opcode, inner.oparg, inner.location));
                }
                continue;
            }
            builder.add(CfgInstruction::new(instruction.opcode, instruction.oparg, instruction.location));
        }
        Ok(builder.cfg)
    }
}

struct Builder {
    cfg: Cfg,
    current: BlockId,
    pending_label: Option<u32>,
}

impl Builder {
    fn new() -> Self {
        Builder { cfg: Cfg { blocks: vec![Block::default()] }, current: Cfg::ENTRY, pending_label: None }
    }

    fn use_label(&mut self, label: u32) {
        self.pending_label = Some(label);
        self.maybe_start_new_block();
    }

    fn add(&mut self, instruction: CfgInstruction) {
        self.maybe_start_new_block();
        self.cfg[self.current].instructions.push(instruction);
    }

    fn maybe_start_new_block(&mut self) {
        if self.current_is_terminated() {
            let block = self.cfg.new_block();
            self.cfg[block].label = self.pending_label.take();
            self.cfg[self.current].next = Some(block);
            self.current = block;
        }
    }

    fn current_is_terminated(&mut self) -> bool {
        let block = &mut self.cfg[self.current];
        if block.last_opcode().is_some_and(Opcode::is_terminator) {
            return true;
        }
        if self.pending_label.is_none() {
            return false;
        }
        if !block.instructions.is_empty() || block.label.is_some() {
            return true;
        }
        block.label = self.pending_label.take();
        false
    }
}
