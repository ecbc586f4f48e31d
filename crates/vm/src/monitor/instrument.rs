//! Code prepared for reporting: where lines begin, and what else to look at before an instruction.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use pyrope_bytecode::{CodeInstruction, ExceptionEntries, Opcode};

use super::{ALL_TOOLS, Monitor, event};
use crate::CodeObject;
use crate::ops::Op;
use crate::quicken::Quick;

/// What a `Trace` instruction has to look at besides the instruction's own event: bits of its first operand.
pub(crate) struct Marks;

impl Marks {
    pub const LINE: u16 = 1;
    pub const JUMP: u16 = 1 << 1;
    /// A conditional jump: taken is right.
    pub const BRANCH: u16 = 1 << 2;
    /// The left side of a branch; the operand is the offset of the branch.
    pub const LEFT: u16 = 1 << 3;
    /// A loop ends here; the operand is the offset of its FOR_ITER.
    pub const RIGHT: u16 = 1 << 4;
    pub const CALL: u16 = 1 << 5;
    pub const RETURN: u16 = 1 << 6;
    pub const YIELD: u16 = 1 << 7;
    pub const RESUME: u16 = 1 << 8;
    pub const END_ASYNC_FOR: u16 = 1 << 9;
    /// A FOR_ITER: the operand is where it goes with an item.
    pub const LOOP: u16 = 1 << 10;
    pub const END_SEND: u16 = 1 << 11;
    /// A LOAD_SUPER_ATTR, which calls `super`.
    pub const SUPER: u16 = 1 << 12;
}

/// Where an asynchronous loop asks for its next item, from its END_ASYNC_FOR.
pub(crate) fn loop_start(instruction: &CodeInstruction) -> Option<u32> {
    u32::try_from(instruction.jump_target()?).ok()
}

/// The marks and the operand of each instruction.
pub(crate) fn marks(code: &CodeObject, source: &[CodeInstruction]) -> Vec<(u16, u32)> {
    let lines = line_starts(code, source);
    let first = source.iter().position(|i| i.opcode.general() == Opcode::Resume).unwrap_or(0);
    let mut marks = Vec::with_capacity(source.len());
    for (index, instruction) in source.iter().enumerate() {
        if index < first {
            marks.push((0, 0));
            continue;
        }
        let before = index.checked_sub(1).map(|before| &source[before]);
        let offset_before = before.map_or(0, |i| i.offset as u32);
        let (own, operand) = match instruction.opcode.general() {
            Opcode::Resume => (Marks::RESUME, instruction.oparg),
            Opcode::ReturnValue => (Marks::RETURN, 0),
            Opcode::YieldValue => (Marks::YIELD, 0),
            Opcode::Call | Opcode::CallKw | Opcode::CallFunctionEx => (Marks::CALL, 0),
            Opcode::JumpForward | Opcode::JumpBackward => {
                (Marks::JUMP, instruction.jump_target().map_or(0, |t| t as u32))
            }
            Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue | Opcode::PopJumpIfNone | Opcode::PopJumpIfNotNone => {
                (Marks::BRANCH, instruction.jump_target().map_or(0, |t| t as u32))
            }
            Opcode::NotTaken => (Marks::LEFT, offset_before),
            Opcode::ForIter => (Marks::LOOP, instruction.end as u32),
            Opcode::EndSend => (Marks::END_SEND, 0),
            Opcode::LoadSuperAttr => (Marks::SUPER, instruction.oparg),
            Opcode::PopIter => match loop_before(source, index) {
                Some(start) => (Marks::RIGHT, start),
                None => (0, 0),
            },
            Opcode::EndAsyncFor => match loop_start(instruction) {
                Some(start) => (Marks::END_ASYNC_FOR, start),
                None => (0, 0),
            },
            _ => (0, 0),
        };
        marks.push((own | if lines[index] { Marks::LINE } else { 0 }, operand));
    }
    marks
}

/// The FOR_ITER whose loop ends at the POP_ITER at an index.
fn loop_before(source: &[CodeInstruction], index: usize) -> Option<u32> {
    let end_for = source.get(index.checked_sub(1)?)?;
    if end_for.opcode.general() != Opcode::EndFor {
        return None;
    }
    let starts = source.iter().filter(|i| i.opcode.general() == Opcode::ForIter);
    starts.filter(|i| i.jump_target() == Some(end_for.offset)).map(|i| i.offset as u32).next()
}

/// Does a line begin at an instruction? (CPython's `initialize_lines`.)
fn line_starts(code: &CodeObject, source: &[CodeInstruction]) -> Vec<bool> {
    let first = source.iter().position(|i| i.opcode.general() == Opcode::Resume).unwrap_or(0);
    let lines = lines(code, source);
    let mut starts = vec![false; source.len()];
    let mut current = -1;
    for (index, instruction) in source.iter().enumerate().skip(first) {
        let skipped = matches!(
            instruction.opcode.general(),
            Opcode::EndAsyncFor | Opcode::EndFor | Opcode::EndSend | Opcode::Resume | Opcode::PopIter
        );
        if !skipped {
            starts[index] = lines[index] != current && lines[index] >= 0;
            current = lines[index];
        }
    }
    let index_at = |offset: usize| source.binary_search_by(|i| (i.start).cmp(&offset)).ok();
    let mut mark = |index: usize| {
        if let Some(start) = starts.get_mut(index) {
            *start |= lines[index] >= 0;
        }
    };
    for instruction in &source[first..] {
        let Some(target) = instruction.jump_target().and_then(index_at) else { continue };
        match instruction.opcode.general() {
            // The end of the loop is skipped.
            Opcode::ForIter => mark(target + 2),
            Opcode::Send => mark(target + 1),
            Opcode::EndAsyncFor => {}
            _ => mark(target),
        }
    }
    for entry in ExceptionEntries::new(code.exceptiontable()) {
        if let Some(index) = index_at(entry.target) {
            mark(index);
        }
    }
    starts
}

/// The line of each instruction, -1 where there is none.
pub(crate) fn lines(code: &CodeObject, source: &[CodeInstruction]) -> Vec<i32> {
    let units: Vec<i32> = pyrope_bytecode::positions(code.linetable(), code.firstlineno).map(|at| at.line).collect();
    source.iter().map(|i| units.get(i.offset / 2).copied().unwrap_or(-1)).collect()
}

/// What is known of a code object that somebody watches.
#[derive(Default)]
pub(crate) struct CodeMonitor {
    /// See [`crate::quicken::starts`].
    pub(crate) starts: OnceCell<Box<[u32]>>,
    /// The translation that reports; made on first use, owned.
    pub(super) traced: Cell<Option<std::ptr::NonNull<Quick>>>,
    /// The events that each tool wants of this code, and the tool's term in which it said so.
    pub(super) local: [Cell<(u32, u32)>; ALL_TOOLS],
    /// Tools that do not want an event of a place any more.
    disabled: RefCell<HashMap<(u32, usize), u8>>,
    /// The monitor's generation when the first of them was disabled.
    generation: Cell<u32>,
    /// Instructions of the plain translation that were replaced by a switch.
    pub(super) patched: RefCell<HashMap<usize, Op>>,
}

impl CodeMonitor {
    /// The events that a tool wants of this code.
    pub(super) fn local_events(&self, tool: usize, shared: &Monitor) -> u32 {
        let (events, term) = self.local[tool].get();
        if term == shared.terms[tool].get() { events } else { 0 }
    }

    /// The tools that want an event of this code.
    pub(super) fn local_tools(&self, event: usize, shared: &Monitor) -> u8 {
        let wants = (0..ALL_TOOLS).filter(|&tool| self.local_events(tool, shared) >> event & 1 != 0);
        wants.fold(0, |tools, tool| tools | 1 << tool)
    }

    pub(super) fn any_local(&self, shared: &Monitor) -> bool {
        (0..ALL_TOOLS).any(|tool| self.local_events(tool, shared) != 0)
    }

    /// The tools that have had enough of an event at a place.
    pub(super) fn disabled(&self, offset: u32, event: usize, generation: u32) -> u8 {
        if self.generation.get() != generation {
            return 0;
        }
        self.disabled.borrow().get(&(offset, event)).copied().unwrap_or(0)
    }

    /// A tool has had enough of an event at a place, until the next generation.
    pub(super) fn disable(&self, offset: u32, event: usize, tool: usize, generation: u32) {
        let mut disabled = self.disabled.borrow_mut();
        if self.generation.replace(generation) != generation {
            disabled.clear();
        }
        *disabled.entry((offset, event)).or_default() |= 1 << tool;
    }
}

impl Drop for CodeMonitor {
    fn drop(&mut self) {
        if let Some(quick) = self.traced.take() {
            crate::quicken::release(quick.as_ptr());
        }
    }
}

/// Which events are told of a place: the others belong to no instruction.
pub(super) fn is_local(event: usize) -> bool {
    event < event::LOCAL_COUNT
}
