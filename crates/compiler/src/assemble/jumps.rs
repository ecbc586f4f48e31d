//! Directions and distances of jumps.

use pyrope_bytecode::Opcode;

use crate::flowgraph::FlatInstruction;

/// The target of `END_ASYNC_FOR` is the `SEND`; its operand leads to the `END_SEND` so many code units later.
const END_SEND_OFFSET: i64 = 5;

/// Code units of an instruction with its `EXTENDED_ARG`s and caches.
pub(super) fn size(opcode: Opcode, oparg: u32) -> usize {
    let extended = usize::from(oparg > 0xFF) + usize::from(oparg > 0xFFFF) + usize::from(oparg > 0xFF_FFFF);
    extended + 1 + opcode.caches()
}

/// Makes pseudo-jumps real, and indices distances.
pub(super) fn resolve(instructions: &mut [FlatInstruction]) {
    for (index, instruction) in instructions.iter_mut().enumerate() {
        let forward = instruction.oparg as usize > index;
        instruction.opcode = match (instruction.opcode, forward) {
            (Opcode::Jump | Opcode::JumpNoInterrupt, true) => Opcode::JumpForward,
            (Opcode::Jump, false) => Opcode::JumpBackward,
            (Opcode::JumpNoInterrupt, false) => Opcode::JumpBackwardNoInterrupt,
            (opcode, _) => opcode,
        };
    }
    let targets: Vec<usize> = instructions.iter().map(|instruction| instruction.oparg as usize).collect();
    // A distance may need EXTENDED_ARGs, which make other distances longer.
    while !resolve_once(instructions, &targets) {}
}

/// One round over all jumps; true if no size changed.
fn resolve_once(instructions: &mut [FlatInstruction], targets: &[usize]) -> bool {
    let mut offsets = Vec::with_capacity(instructions.len());
    let mut total = 0;
    for instruction in instructions.iter() {
        offsets.push(total);
        total += size(instruction.opcode, instruction.oparg) as i64;
    }
    let mut settled = true;
    let mut after = 0;
    for (instruction, &target) in instructions.iter_mut().zip(targets) {
        let old_size = size(instruction.opcode, instruction.oparg);
        after += old_size as i64;
        if !instruction.opcode.has_jump() {
            continue;
        }
        let at = offsets.get(target).copied().unwrap_or(total);
        let distance = match instruction.opcode {
            Opcode::EndAsyncFor => after - at - END_SEND_OFFSET,
            _ => (at - after).abs(),
        };
        instruction.oparg = distance as u32;
        settled &= size(instruction.opcode, instruction.oparg) == old_size;
    }
    settled
}
