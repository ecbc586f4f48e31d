//! Loads that borrow: a local that stays bound until its loaded value is consumed need not be counted.

use pyrope_bytecode::Opcode;

use super::Cfg;
use crate::assemble::AssembleError;

/// No instruction, no local.
const NONE: u32 = u32::MAX;

/// A value on the simulated stack: the instruction of this block that loaded it, and the local it came from, or [`NONE`].
#[derive(Clone, Copy)]
struct Ref {
    instruction: u32,
    local: u32,
}

const UNKNOWN: Ref = Ref { instruction: NONE, local: NONE };

/// The simulation of one block.
#[derive(Default)]
struct Simulation {
    stack: Vec<Ref>,
    /// For each instruction: must its load be counted?
    counted: Vec<bool>,
}

impl Simulation {
    fn start(&mut self, depth: usize, instructions: usize) {
        self.stack.clear();
        self.stack.resize(depth, UNKNOWN);
        self.counted.clear();
        self.counted.resize(instructions, false);
    }

    fn pop(&mut self) -> Result<Ref, AssembleError> {
        self.stack.pop().ok_or_else(|| AssembleError::Value("Invalid CFG, stack underflow".into()))
    }

    fn pop_many(&mut self, count: i64) -> Result<(), AssembleError> {
        let count = usize::try_from(count).unwrap_or(0);
        let kept = self.stack.len().checked_sub(count);
        self.stack.truncate(kept.ok_or_else(|| AssembleError::Value("Invalid CFG, stack underflow".into()))?);
        Ok(())
    }

    fn push(&mut self, instruction: usize, local: u32) {
        self.stack.push(Ref { instruction: instruction as u32, local });
    }

    fn push_many(&mut self, count: i64, instruction: usize) {
        (0..count).for_each(|_| self.push(instruction, NONE));
    }

    fn mark(&mut self, reference: Ref) {
        if let Some(counted) = self.counted.get_mut(reference.instruction as usize) {
            *counted = true;
        }
    }

    /// The local loses its value while some loads of it are still on the stack.
    fn kill(&mut self, local: u32) {
        for index in 0..self.stack.len() {
            if self.stack[index].local == local {
                self.mark(self.stack[index]);
            }
        }
    }

    fn store(&mut self, local: u32) -> Result<(), AssembleError> {
        let value = self.pop()?;
        self.kill(local);
        self.mark(value);
        Ok(())
    }

    fn depth_index(&self, depth: u32) -> Result<usize, AssembleError> {
        let index = self.stack.len().checked_sub(depth as usize).filter(|&index| index < self.stack.len());
        index.ok_or_else(|| AssembleError::Value("Invalid CFG, stack underflow".into()))
    }
}

impl Cfg {
    /// Makes `LOAD_FAST` borrow where the local surely outlives the use. Needs the depths of
    /// [`Cfg::calculate_stackdepth`].
    pub(super) fn optimize_load_fast(&mut self) -> Result<(), AssembleError> {
        self.clear_visited();
        self[Cfg::ENTRY].startdepth = Some(0);
        self.visit(Cfg::ENTRY);
        let mut todo = vec![Cfg::ENTRY];
        let mut simulation = Simulation::default();
        while let Some(id) = todo.pop() {
            let mut instructions = std::mem::take(&mut self[id].instructions);
            simulation.start(self[id].startdepth.unwrap_or(0) as usize, instructions.len());
            for (index, instruction) in instructions.iter().enumerate() {
                if let (true, Some(target)) = (instruction.opcode.has_target(), instruction.target)
                    && self.visit(target)
                {
                    todo.push(target);
                }
                simulation.step(index, instruction.opcode, instruction.oparg)?;
            }
            while let Some(reference) = simulation.stack.pop() {
                simulation.mark(reference);
            }
            for (instruction, &counted) in instructions.iter_mut().zip(&simulation.counted) {
                match instruction.opcode {
                    _ if counted => {}
                    Opcode::LoadFast => instruction.opcode = Opcode::LoadFastBorrow,
                    Opcode::LoadFastLoadFast => instruction.opcode = Opcode::LoadFastBorrowLoadFastBorrow,
                    _ => {}
                }
            }
            self[id].instructions = instructions;
            let block = &self[id];
            if let (true, Some(next), false) = (block.falls_through(), block.next, block.instructions.is_empty())
                && self.visit(next)
            {
                todo.push(next);
            }
        }
        Ok(())
    }
}

impl Simulation {
    /// What an instruction does to the stack.
    fn step(&mut self, index: usize, opcode: Opcode, oparg: u32) -> Result<(), AssembleError> {
        use Opcode::*;
        let counts = || (opcode.popped(oparg), opcode.pushed(oparg));
        match opcode {
            DeleteFast => self.kill(oparg),
            LoadFast => self.push(index, oparg),
            LoadFastAndClear => {
                self.kill(oparg);
                self.push(index, oparg);
            }
            LoadFastLoadFast => {
                self.push(index, oparg >> 4);
                self.push(index, oparg & 15);
            }
            StoreFast => self.store(oparg)?,
            StoreFastLoadFast => {
                self.store(oparg >> 4)?;
                self.push(index, oparg & 15);
            }
            StoreFastStoreFast => {
                self.store(oparg >> 4)?;
                self.store(oparg & 15)?;
            }
            Copy => {
                let at = self.depth_index(oparg)?;
                self.stack.push(self.stack[at]);
            }
            Swap => {
                let at = self.depth_index(oparg)?;
                let top = self.depth_index(1)?;
                self.stack.swap(at, top);
            }
            // These consume nothing. CPython takes what they push as made by the first instruction of the block, so
            // that one does not borrow if the value is stored or left on the stack.
            GetAnext | GetLen | ImportFrom | MatchKeys | MatchMapping | MatchSequence | WithExceptStart => {
                let (popped, pushed) = counts();
                (0..pushed - popped).for_each(|number| self.push(number as usize, NONE));
            }
            // These consume some and push nothing.
            DictMerge | DictUpdate | ListAppend | ListExtend | MapAdd | Reraise | SetAdd | SetUpdate => {
                let (popped, pushed) = counts();
                self.pop_many(popped - pushed)?;
            }
            EndSend | SetFunctionAttribute => {
                let top = self.pop()?;
                self.pop()?;
                self.stack.push(top);
            }
            CheckExcMatch => {
                self.pop()?;
                self.push(index, NONE);
            }
            // A `str` is its own formatted form, a generator its own iterator.
            FormatSimple | GetYieldFromIter => {}
            ForIter => self.push(index, NONE),
            LoadAttr | LoadSuperAttr => {
                let receiver = self.pop()?;
                self.pop_many(opcode.popped(oparg) - 1)?;
                self.push(index, NONE);
                if oparg & 1 != 0 {
                    // A method call: the receiver may be pushed back.
                    self.stack.push(receiver);
                }
            }
            LoadSpecial | PushExcInfo => {
                let top = self.pop()?;
                self.push(index, NONE);
                self.stack.push(top);
            }
            Send => {
                self.pop()?;
                self.push(index, NONE);
            }
            _ if opcode.is_block_push() => {}
            _ => {
                let (popped, pushed) = counts();
                self.pop_many(popped)?;
                self.push_many(pushed, index);
            }
        }
        Ok(())
    }
}
