//! Loads that borrow: a local that stays bound until its loaded value is consumed need not be counted.

use pyrope_bytecode::Opcode;

use super::{BlockId, Cfg};
use crate::assemble::AssembleError;

/// A value on the simulated stack: the instruction of this block that loaded it, and the local it came from.
#[derive(Clone, Copy)]
struct Ref {
    instruction: Option<usize>,
    local: Option<u32>,
}

const UNKNOWN: Ref = Ref { instruction: None, local: None };

/// The simulation of one block.
struct Simulation {
    stack: Vec<Ref>,
    /// For each instruction: must its load be counted?
    counted: Vec<bool>,
}

impl Simulation {
    fn pop(&mut self) -> Result<Ref, AssembleError> {
        self.stack.pop().ok_or_else(|| AssembleError::Value("Invalid CFG, stack underflow".into()))
    }

    fn pop_many(&mut self, count: i64) -> Result<(), AssembleError> {
        (0..count).try_for_each(|_| self.pop().map(drop))
    }

    fn push(&mut self, instruction: usize, local: Option<u32>) {
        self.stack.push(Ref { instruction: Some(instruction), local });
    }

    fn push_many(&mut self, count: i64, instruction: usize) {
        (0..count).for_each(|_| self.push(instruction, None));
    }

    fn mark(&mut self, reference: Ref) {
        if let Some(instruction) = reference.instruction {
            self.counted[instruction] = true;
        }
    }

    /// The local loses its value while some loads of it are still on the stack.
    fn kill(&mut self, local: u32) {
        for index in 0..self.stack.len() {
            if self.stack[index].local == Some(local) {
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
        while let Some(id) = todo.pop() {
            let depth = self[id].startdepth.unwrap_or(0) as usize;
            let mut simulation =
                Simulation { stack: vec![UNKNOWN; depth], counted: vec![false; self[id].instructions.len()] };
            for index in 0..self[id].instructions.len() {
                self.simulate(id, index, &mut simulation, &mut todo)?;
            }
            let (falls, next) = (self[id].falls_through(), self[id].next);
            if let (true, Some(next), false) = (falls, next, self[id].instructions.is_empty())
                && self.visit(next)
            {
                todo.push(next);
            }
            for reference in simulation.stack.clone() {
                simulation.mark(reference);
            }
            for (instruction, counted) in self[id].instructions.iter_mut().zip(simulation.counted) {
                match instruction.opcode {
                    _ if counted => {}
                    Opcode::LoadFast => instruction.opcode = Opcode::LoadFastBorrow,
                    Opcode::LoadFastLoadFast => instruction.opcode = Opcode::LoadFastBorrowLoadFastBorrow,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn simulate(
        &mut self,
        id: BlockId,
        index: usize,
        simulation: &mut Simulation,
        todo: &mut Vec<BlockId>,
    ) -> Result<(), AssembleError> {
        use Opcode::*;
        let instruction = self[id].instructions[index];
        let (opcode, oparg) = (instruction.opcode, instruction.oparg);
        if let (true, Some(target)) = (opcode.has_target(), instruction.target)
            && self.visit(target)
        {
            todo.push(target);
        }
        let (popped, pushed) = (opcode.popped(oparg), opcode.pushed(oparg));
        match opcode {
            DeleteFast => simulation.kill(oparg),
            LoadFast => simulation.push(index, Some(oparg)),
            LoadFastAndClear => {
                simulation.kill(oparg);
                simulation.push(index, Some(oparg));
            }
            LoadFastLoadFast => {
                simulation.push(index, Some(oparg >> 4));
                simulation.push(index, Some(oparg & 15));
            }
            StoreFast => simulation.store(oparg)?,
            StoreFastLoadFast => {
                simulation.store(oparg >> 4)?;
                simulation.push(index, Some(oparg & 15));
            }
            StoreFastStoreFast => {
                simulation.store(oparg >> 4)?;
                simulation.store(oparg & 15)?;
            }
            Copy => {
                let at = simulation.depth_index(oparg)?;
                simulation.stack.push(simulation.stack[at]);
            }
            Swap => {
                let at = simulation.depth_index(oparg)?;
                let top = simulation.depth_index(1)?;
                simulation.stack.swap(at, top);
            }
            // These consume nothing. CPython takes what they push as made by the first instruction of the block, so
            // that one does not borrow if the value is stored or left on the stack.
            GetAnext | GetLen | ImportFrom | MatchKeys | MatchMapping | MatchSequence | WithExceptStart => {
                (0..pushed - popped).for_each(|number| simulation.push(number as usize, None));
            }
            // These consume some and push nothing.
            DictMerge | DictUpdate | ListAppend | ListExtend | MapAdd | Reraise | SetAdd | SetUpdate => {
                simulation.pop_many(popped - pushed)?;
            }
            EndSend | SetFunctionAttribute => {
                let top = simulation.pop()?;
                simulation.pop()?;
                simulation.stack.push(top);
            }
            CheckExcMatch => {
                simulation.pop()?;
                simulation.push(index, None);
            }
            // A `str` is its own formatted form, a generator its own iterator.
            FormatSimple | GetYieldFromIter => {}
            ForIter => simulation.push(index, None),
            LoadAttr | LoadSuperAttr => {
                let receiver = simulation.pop()?;
                simulation.pop_many(popped - 1)?;
                simulation.push(index, None);
                if oparg & 1 != 0 {
                    // A method call: the receiver may be pushed back.
                    simulation.stack.push(receiver);
                }
            }
            LoadSpecial | PushExcInfo => {
                let top = simulation.pop()?;
                simulation.push(index, None);
                simulation.stack.push(top);
            }
            Send => {
                simulation.pop()?;
                simulation.push(index, None);
            }
            _ if opcode.is_block_push() => {}
            _ => {
                simulation.pop_many(popped)?;
                simulation.push_many(pushed, index);
            }
        }
        Ok(())
    }
}
