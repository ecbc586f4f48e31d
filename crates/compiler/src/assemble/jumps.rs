//! Directions and distances of jumps.

use pyrope_bytecode::Opcode;

use crate::flowgraph::FlatInstruction;

/// The target of `END_ASYNC_FOR` is the `SEND`; its operand leads to the `END_SEND` so many code units later.
const END_SEND_OFFSET: i64 = 5;

/// Code units of an instruction with its `EXTENDED_ARG`s and caches.
#[inline]
pub(super) fn size(opcode: Opcode, oparg: u32) -> usize {
    extended_args(oparg) + 1 + opcode.caches()
}

/// How many `EXTENDED_ARG`s an operand takes.
#[inline]
pub(super) fn extended_args(oparg: u32) -> usize {
    usize::from(oparg > 0xFF) + usize::from(oparg > 0xFFFF) + usize::from(oparg > 0xFF_FFFF)
}

/// A jump's index, and that of its target.
struct Jump {
    index: usize,
    target: usize,
}

/// Makes pseudo-jumps real, and indices distances.
pub(super) fn resolve(instructions: &mut [FlatInstruction]) {
    let mut jumps = Vec::new();
    for (index, instruction) in instructions.iter_mut().enumerate().filter(|(_, i)| i.opcode.has_jump()) {
        let target = instruction.oparg as usize;
        instruction.opcode = match (instruction.opcode, target > index) {
            (Opcode::Jump | Opcode::JumpNoInterrupt, true) => Opcode::JumpForward,
            (Opcode::Jump, false) => Opcode::JumpBackward,
            (Opcode::JumpNoInterrupt, false) => Opcode::JumpBackwardNoInterrupt,
            (opcode, _) => opcode,
        };
        jumps.push(Jump { index, target });
    }
    // A distance may need EXTENDED_ARGs, which make other distances longer.
    while !jumps.is_empty() && !resolve_once(instructions, &jumps) {}
}

/// One round over all jumps; true if no size changed.
fn resolve_once(instructions: &mut [FlatInstruction], jumps: &[Jump]) -> bool {
    let mut offsets = Vec::with_capacity(instructions.len() + 1);
    let mut total = 0;
    offsets.push(0);
    for instruction in instructions.iter() {
        total += size(instruction.opcode, instruction.oparg) as i64;
        offsets.push(total);
    }
    let mut settled = true;
    for &Jump { index, target } in jumps {
        let instruction = &mut instructions[index];
        let after = offsets[index + 1];
        let at = offsets.get(target).copied().unwrap_or(total);
        let distance = match instruction.opcode {
            Opcode::EndAsyncFor => after - at - END_SEND_OFFSET,
            _ => (at - after).abs(),
        };
        settled &= extended_args(instruction.oparg) == extended_args(distance as u32);
        instruction.oparg = distance as u32;
    }
    settled
}
