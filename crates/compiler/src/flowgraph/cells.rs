//! Numbers of cells and free variables among the fast locals, and the instructions that set them up.

use pyrope_bytecode::{Location, Opcode};

use super::{Cfg, CfgInstruction, is_generator};
use crate::assemble::{AssembleError, CodeUnit};

impl Cfg {
    /// Adds the prefix of the code and numbers cells among the fast locals; tells how many fast locals there are.
    pub(super) fn prepare_localsplus(&mut self, unit: &CodeUnit, flags: u32) -> Result<usize, AssembleError> {
        let (nlocals, ncells, nfree) = (unit.varnames.len(), unit.cellvars.len(), unit.freevars.len());
        // For each cell and free variable its number before those that are arguments are dropped.
        let mut fixed: Vec<usize> = (nlocals..nlocals + ncells + nfree).collect();
        for (index, name) in unit.cellvars.names().iter().enumerate() {
            if let Some(argument) = unit.varnames.get(name) {
                fixed[index] = argument as usize;
            }
        }
        self.insert_prefix(unit, &fixed[..ncells], flags);
        let dropped = self.fix_cell_offsets(fixed, nlocals)?;
        Ok(nlocals + ncells + nfree - dropped)
    }

    fn insert_prefix(&mut self, unit: &CodeUnit, cells: &[usize], flags: u32) {
        let mut prefix = Vec::new();
        if !unit.freevars.is_empty() {
            prefix.push(CfgInstruction::new(Opcode::CopyFreeVars, unit.freevars.len() as u32, Location::NONE));
        }
        let mut sorted: Vec<usize> = (0..cells.len()).collect();
        sorted.sort_by_key(|&index| cells[index]);
        prefix.extend(sorted.iter().map(|&i| CfgInstruction::new(Opcode::MakeCell, i as u32, Location::NONE)));
        if is_generator(flags) {
            let location = Location::line(unit.firstlineno);
            prefix.push(CfgInstruction::new(Opcode::ReturnGenerator, 0, location));
            prefix.push(CfgInstruction::new(Opcode::PopTop, 0, location));
        }
        if !prefix.is_empty() {
            self[Cfg::ENTRY].insert(0, &prefix);
        }
    }

    fn fix_cell_offsets(&mut self, mut fixed: Vec<usize>, nlocals: usize) -> Result<usize, AssembleError> {
        if fixed.is_empty() {
            return Ok(0);
        }
        let mut dropped = 0;
        for (index, place) in fixed.iter_mut().enumerate() {
            if *place == index + nlocals {
                *place -= dropped;
            } else {
                dropped += 1;
            }
        }
        use Opcode::*;
        for id in self.order() {
            for instruction in &mut self[id].instructions {
                if let MakeCell | LoadClosure | LoadDeref | StoreDeref | DeleteDeref | LoadFromDictOrDeref =
                    instruction.opcode
                {
                    let place = fixed.get(instruction.oparg as usize).copied();
                    let place = place.ok_or_else(|| AssembleError::System("no such cell".into()))?;
                    instruction.oparg = place as u32;
                }
            }
        }
        Ok(dropped)
    }
}
