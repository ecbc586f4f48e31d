//! The printed form of the graph.

use std::fmt;

use super::{BlockId, Cfg};

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B{}", self.index())
    }
}

/// One paragraph a block: name, marks and entry depth, then its instructions with targets and handlers.
impl fmt::Display for Cfg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for id in self.order() {
            let block = &self[id];
            write!(f, "{id}:")?;
            let marks = [
                (block.except_handler, " handler"),
                (block.preserve_lasti, " lasti"),
                (block.cold, " cold"),
                (!block.falls_through(), " no-fallthrough"),
            ];
            for (_, mark) in marks.iter().filter(|(set, _)| *set) {
                f.write_str(mark)?;
            }
            if let Some(depth) = block.startdepth {
                write!(f, " depth={depth}")?;
            }
            writeln!(f, " predecessors={}", block.predecessors)?;
            for instruction in &block.instructions {
                let operand = match instruction.target {
                    Some(target) if instruction.opcode.has_target() => target.to_string(),
                    _ if instruction.opcode.has_arg() => instruction.oparg.to_string(),
                    _ => String::new(),
                };
                write!(f, "    {:<34} {operand:<9} {}", instruction.opcode, instruction.location)?;
                if let Some(handler) = instruction.except {
                    write!(f, "  except {handler}")?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
