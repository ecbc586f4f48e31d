//! The instruction sequence: what the code generator writes and the flow graph is built from.
//!
//! Jumps name [`Label`]s; `use_label` places a label before the next instruction.

use std::fmt;

use pyrope_bytecode::{Location, Opcode};

/// A place in a sequence, to jump to. Numbers start at 1, as in CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub u32);

/// One instruction. For [`Opcode::has_target`] the operand is a label, after [`InstructionSequence::resolve_labels`]
/// an index into the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub opcode: Opcode,
    pub oparg: u32,
    pub location: Location,
}

/// Instructions with labels between them.
#[derive(Clone, Debug, Default)]
pub struct InstructionSequence {
    instructions: Vec<Instruction>,
    /// For each label the index of the instruction it stands before; `None` while it is not placed.
    labels: Vec<Option<usize>>,
    next_label: u32,
    resolved: bool,
    nested: Vec<InstructionSequence>,
    /// Annotations code to be put in place of `ANNOTATIONS_PLACEHOLDER`.
    annotations: Option<Box<InstructionSequence>>,
}

impl InstructionSequence {
    /// An empty sequence.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an instruction. `oparg` is below 2³⁰, and 0 where the instruction has none.
    pub fn add(&mut self, opcode: Opcode, oparg: u32, location: Location) {
        debug_assert!(opcode.has_arg() || opcode.has_target() || oparg == 0, "{opcode} takes no operand");
        debug_assert!(oparg < 1 << 30, "operand out of range");
        self.instructions.push(Instruction { opcode, oparg, location });
    }

    /// Appends an instruction without operand.
    pub fn add_plain(&mut self, opcode: Opcode, location: Location) {
        self.add(opcode, 0, location);
    }

    /// Appends a jump or a handler set-up.
    pub fn add_jump(&mut self, opcode: Opcode, target: Label, location: Location) {
        debug_assert!(opcode.has_target(), "{opcode} takes no label");
        self.add(opcode, target.0, location);
    }

    /// Makes a label, to be placed later.
    pub fn new_label(&mut self) -> Label {
        self.next_label += 1;
        Label(self.next_label)
    }

    /// Places a label before the next instruction.
    pub fn use_label(&mut self, label: Label) {
        let index = label.0 as usize;
        if self.labels.len() <= index {
            self.labels.resize(index + 1, None);
        }
        self.labels[index] = Some(self.instructions.len());
    }

    /// Inserts an instruction before position `at`; labels at or after it move along.
    pub fn insert(&mut self, at: usize, opcode: Opcode, oparg: u32, location: Location) {
        self.instructions.insert(at.min(self.instructions.len()), Instruction { opcode, oparg, location });
        for place in self.labels.iter_mut().flatten() {
            if *place >= at {
                *place += 1;
            }
        }
    }

    /// How many instructions there are.
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// True without instructions.
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// The instructions in order.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The last instruction.
    pub fn last(&self) -> Option<&Instruction> {
        self.instructions.last()
    }

    /// Keeps the sequence of a nested scope, for printing.
    pub fn add_nested(&mut self, nested: InstructionSequence) {
        self.nested.push(nested);
    }

    /// The sequences of nested scopes.
    pub fn nested(&self) -> &[InstructionSequence] {
        &self.nested
    }

    /// The code that is put in place of `ANNOTATIONS_PLACEHOLDER`. It must not jump.
    pub fn set_annotations_code(&mut self, code: InstructionSequence) {
        self.annotations = Some(Box::new(code));
    }

    /// See [`InstructionSequence::set_annotations_code`].
    pub fn annotations_code(&self) -> Option<&InstructionSequence> {
        self.annotations.as_deref()
    }

    /// Replaces labels by positions. A label that was never placed is an error and is returned.
    pub fn resolve_labels(&mut self) -> Result<(), Label> {
        if std::mem::replace(&mut self.resolved, true) {
            return Ok(());
        }
        for instruction in &mut self.instructions {
            if instruction.opcode.has_target() {
                let place = self.labels.get(instruction.oparg as usize).copied().flatten();
                instruction.oparg = place.ok_or(Label(instruction.oparg))? as u32;
            }
        }
        Ok(())
    }

    fn labels_at(&self, index: usize) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.labels).filter(move |(_, place)| **place == Some(index)).map(|(label, _)| label)
    }
}

/// One line an instruction: labels, position, name, operand, source range.
impl fmt::Display for InstructionSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, instruction) in self.instructions.iter().enumerate() {
            if !self.resolved {
                for label in self.labels_at(index) {
                    writeln!(f, "L{label}:")?;
                }
            }
            let Instruction { opcode, oparg, location } = instruction;
            if opcode.has_target() && !self.resolved {
                writeln!(f, "{index:>6} {opcode:<32} L{oparg:<8} {location}")?;
            } else if opcode.has_arg() {
                writeln!(f, "{index:>6} {opcode:<32} {oparg:<9} {location}")?;
            } else {
                writeln!(f, "{index:>6} {opcode:<32} {:<9} {location}", "")?;
            }
        }
        Ok(())
    }
}
