//! Basic blocks, and the graph made of a sequence.

use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use pyrope_bytecode::{Location, Opcode};

use crate::assemble::AssembleError;
use crate::instructions::{Instruction, InstructionSequence};

/// Room for the instructions that passes add to a block.
const ROOM: usize = 2;

/// A block's place in its [`Cfg`], counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockId(NonZeroU32);

impl BlockId {
    #[inline]
    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
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

    pub(super) fn has_nops(&self) -> bool {
        self.instructions.iter().any(|instruction| instruction.opcode == Opcode::Nop)
    }

    fn forget_stale(&mut self, count: usize) {
        self.stale.truncate(self.stale.len().saturating_sub(count));
    }
}

/// The graph. The first block is the entry.
#[derive(Clone, Debug)]
pub struct Cfg {
    blocks: Vec<Block>,
    /// Are there exception regions?
    pub(super) has_regions: bool,
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
    pub(super) const ENTRY: BlockId = BlockId(NonZeroU32::MIN);

    /// How many blocks were ever made.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::default());
        // One block at least was there before, so that the number is above 0.
        BlockId(NonZeroU32::new(self.blocks.len() as u32).unwrap_or(NonZeroU32::MIN))
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

    /// Hands over the blocks that are linked, in order.
    pub(super) fn for_each(&mut self, mut visit: impl FnMut(&mut Block)) {
        let mut next = Some(Cfg::ENTRY);
        while let Some(id) = next {
            let block = &mut self[id];
            visit(block);
            next = block.next;
        }
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
        let mut rest = sequence.instructions();
        let is_target = targets(rest)?;
        let mut builder = Builder::new();
        let mut index = 0;
        while let Some(first) = rest.first() {
            if is_target[index] {
                builder.use_label(index as u32);
            }
            let length = run_length(rest, &is_target[index..]);
            if first.opcode == Opcode::AnnotationsPlaceholder {
                builder.add(sequence.annotations_code().map_or(&[][..], InstructionSequence::instructions));
            } else {
                builder.add(&rest[..length]);
            }
            rest = &rest[length..];
            index += length;
        }
        let mut cfg = builder.cfg;
        let is_border = |opcode: Opcode| opcode.is_block_push() || opcode == Opcode::PopBlock;
        cfg.has_regions = sequence.instructions().iter().any(|instruction| is_border(instruction.opcode));
        Ok(cfg)
    }
}

/// For each instruction: does one jump to it?
fn targets(instructions: &[Instruction]) -> Result<Vec<bool>, AssembleError> {
    let mut is_target = vec![false; instructions.len()];
    for instruction in instructions.iter().filter(|instruction| instruction.opcode.has_target()) {
        let target = is_target.get_mut(instruction.oparg as usize);
        *target.ok_or_else(|| AssembleError::System("jump beyond the end".into()))? = true;
    }
    Ok(is_target)
}

/// How many of the instructions belong to one block for sure. A placeholder stands alone.
fn run_length(instructions: &[Instruction], is_target: &[bool]) -> usize {
    let is_placeholder = |opcode| opcode == Opcode::AnnotationsPlaceholder;
    let ends = instructions.windows(2).zip(&is_target[1..]).position(|(pair, &is_target)| {
        let (this, next) = (pair[0].opcode, pair[1].opcode);
        is_target || this.is_terminator() || is_placeholder(this) || is_placeholder(next)
    });
    ends.map_or(instructions.len(), |last| last + 1)
}

struct Builder {
    cfg: Cfg,
    current: BlockId,
    pending_label: Option<u32>,
}

impl Builder {
    fn new() -> Self {
        Builder {
            cfg: Cfg { blocks: vec![Block::default()], has_regions: false },
            current: Cfg::ENTRY,
            pending_label: None,
        }
    }

    fn use_label(&mut self, label: u32) {
        self.pending_label = Some(label);
        self.maybe_start_new_block();
    }

    /// Adds instructions of which none but the last ends a block.
    fn add(&mut self, run: &[Instruction]) {
        self.maybe_start_new_block();
        let instructions = &mut self.cfg[self.current].instructions;
        instructions.reserve(run.len() + ROOM);
        instructions.extend(run.iter().map(|i| CfgInstruction::new(i.opcode, i.oparg, i.location)));
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
