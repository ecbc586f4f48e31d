//! Is code well-formed? Indices in range, depths consistent and within the stack that the code asks for.

use pyrope_bytecode::{ExceptionEntry, FastKind, Opcode, Operand};

use super::Translator;

/// `None` if the code must not run.
pub(super) fn check(translator: &Translator<'_>, entries: &[ExceptionEntry]) -> Option<()> {
    for instruction in &translator.source {
        check_operand(translator, instruction.opcode.general(), instruction.oparg)?;
    }
    check_depths(translator, entries)
}

fn check_operand(translator: &Translator<'_>, opcode: Opcode, oparg: u32) -> Option<()> {
    let code = translator.code;
    let (arg, locals, names) = (oparg as usize, code.local_count(), code.names.len());
    let valid = match opcode.operand() {
        Operand::Const => arg < code.consts.len(),
        Operand::Name => arg < names,
        Operand::AttributeName | Operand::GlobalName => arg >> 1 < names,
        Operand::SuperAttributeName => arg >> 2 < names,
        Operand::Local | Operand::Deref => arg < locals,
        Operand::LocalPair => arg >> 4 < locals && arg & 15 < locals,
        Operand::Depth => arg >= 1,
        Operand::Compare => pyrope_bytecode::Comparison::from_operand(oparg).is_some(),
        Operand::Count => match opcode {
            Opcode::CopyFreeVars => arg == code.count_of_kind(FastKind::FREE),
            Opcode::BuildSlice => arg == 2 || arg == 3,
            Opcode::RaiseVarargs => arg <= 2,
            _ => true,
        },
        _ => !opcode.is_pseudo(),
    };
    valid.then_some(())
}

fn check_depths(translator: &Translator<'_>, entries: &[ExceptionEntry]) -> Option<()> {
    let source = &translator.source;
    let limit = i64::from(translator.code.raw.stacksize);
    let mut depths: Vec<Option<i64>> = vec![None; source.len()];
    let mut waiting = vec![(0usize, 0i64)];
    while let Some((mut index, mut depth)) = waiting.pop() {
        loop {
            match depths.get_mut(index)? {
                Some(known) if *known == depth => break,
                Some(_) => return None,
                unknown => *unknown = Some(depth),
            }
            let instruction = &source[index];
            let (opcode, oparg) = (instruction.opcode.general(), instruction.oparg);
            if let Some(entry) = entries.iter().find(|e| e.start <= instruction.offset && instruction.offset < e.end) {
                if i64::from(entry.depth) > depth {
                    return None;
                }
                let entered = i64::from(entry.depth) + i64::from(entry.lasti) + 1;
                if entered > limit {
                    return None;
                }
                waiting.push((translator.index_at(entry.target)?, entered));
            }
            if depth < opcode.popped(oparg) {
                return None;
            }
            let after = depth - opcode.popped(oparg) + opcode.pushed(oparg);
            if after < 0 || after > limit {
                return None;
            }
            if let Some(target) = translator.target_of(index)? {
                // An exhausted loop leaves its iterator; a finished delegation its result.
                let taken = if opcode == Opcode::ForIter { depth } else { after };
                waiting.push((target, taken));
            }
            if opcode.is_scope_exit() || opcode.is_unconditional_jump() {
                break;
            }
            depth = after;
            index += 1;
        }
    }
    Some(())
}
