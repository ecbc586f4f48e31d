//! Setting `f_lineno`: a trace function makes its frame go on at another line.

use pyrope_bytecode::{CodeInstruction, ExceptionEntries, Instructions, Opcode, lines};
use pyrope_object::{BuiltinType as B, IntView, PyResult, Value, Vm};

use super::event;
use crate::CodeObject;
use crate::frame::FrameObject;
use crate::stack::{Frame, machine};

/// What an operand is, as far as a jump cares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Iterator,
    Except,
    Object,
    Null,
    Lasti,
}

impl Kind {
    /// Can an operand of this kind stand where another is expected?
    fn fits(self, expected: Kind) -> bool {
        match expected {
            Kind::Object => self != Kind::Null,
            Kind::Null => true,
            _ => self == expected,
        }
    }
}

type Stack = Vec<Kind>;

/// `frame.f_lineno = line`
pub(crate) fn set_line(object: &FrameObject, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.attribute_error("attribute 'f_lineno' of 'frame' objects cannot be deleted"));
    };
    if !value.ty(vm).is(vm.builtin(B::Int)) {
        return Err(vm.value_error("lineno must be an integer"));
    }
    let allowed = match machine(vm).monitor.reporting.get() {
        Some(
            event::LINE | event::PY_RESUME | event::PY_YIELD | event::JUMP | event::BRANCH_LEFT | event::BRANCH_RIGHT,
        ) => Ok(()),
        Some(event::PY_START) => Err("can't jump from the 'call' trace event of a new frame"),
        Some(event::CALL | event::C_RETURN) => Err("can't jump during a call"),
        Some(_) => Err("can only jump from a 'line' trace event"),
        None => Err("f_lineno can only be set in a trace function"),
    };
    allowed.map_err(|message| vm.value_error(message))?;
    let line = match value.as_int() {
        Some(IntView::Small(line)) if i32::try_from(line).is_ok() => line as i32,
        _ => return Err(vm.value_error("lineno out of range")),
    };
    let Some(frame) = object.frame() else { return Err(vm.value_error("can't jump in a frame that has ended")) };
    let code = frame.code();
    if line < code.firstlineno {
        return Err(vm.value_error(format!("line {line} comes before the current code block")));
    }
    let starts: Vec<(usize, i32)> =
        lines(code.linetable(), code.firstlineno).filter_map(|(start, _, line)| Some((start, line?))).collect();
    let Some(wanted) = starts.iter().map(|&(_, at)| at).filter(|&at| at >= line).min() else {
        return Err(vm.value_error(format!("line {line} comes after the current code block")));
    };
    let source: Vec<_> = Instructions::new(code.bytecode()).collect();
    let stacks = Stacks::of(code, &source);
    let Some(from) = stacks.at(frame.lasti().max(0) as usize).cloned() else {
        return Err(vm.value_error("can't jump from unreachable code"));
    };
    let (offset, target) = best_target(&stacks, &starts, wanted, &from).map_err(|message| vm.value_error(message))?;
    bind_unbound(frame, vm)?;
    // A yielded value is not on the stack any more.
    let waits = frame.owner == crate::stack::Owner::Generator && !frame_runs(frame);
    let from = if waits { from[..from.len().saturating_sub(1)].to_vec() } else { from };
    go(frame, offset, &from, target.len(), vm);
    Ok(())
}

fn frame_runs(frame: &Frame) -> bool {
    crate::generator::why_not_clear(frame) == Some("an executing")
}

/// The place where a line begins whose stack can be made of the present one.
fn best_target(
    stacks: &Stacks,
    starts: &[(usize, i32)],
    line: i32,
    from: &[Kind],
) -> Result<(usize, Stack), &'static str> {
    let mut best: Option<(usize, Stack)> = None;
    let mut message = "cannot find bytecode for specified line";
    for &(offset, _) in starts.iter().filter(|(_, at)| *at == line) {
        let target = stacks.at(offset);
        match target {
            Some(target)
                if compatible(from, target) && best.as_ref().is_none_or(|(_, known)| target.len() > known.len()) =>
            {
                best = Some((offset, target.clone()));
            }
            _ if best.is_none() => message = explain(target),
            _ => {}
        }
    }
    best.ok_or(message)
}

fn compatible(from: &[Kind], to: &[Kind]) -> bool {
    to.len() <= from.len() && from.iter().zip(to).all(|(from, to)| from.fits(*to))
}

fn explain(stack: Option<&Stack>) -> &'static str {
    match stack.map(|stack| stack.last()) {
        None => "can't jump into an exception handler, or code may be unreachable",
        Some(Some(Kind::Except)) => "can't jump into an 'except' block as there's no exception",
        Some(Some(Kind::Lasti)) => "can't jump into a re-raising block as there's no location",
        Some(Some(Kind::Iterator)) => "can't jump into the body of a for loop",
        _ => "incompatible stacks",
    }
}

/// Code relies on locals that it has bound on the way: what the jump leaves out becomes None.
fn bind_unbound(frame: &Frame, vm: &Vm) -> PyResult<()> {
    let unbound: Vec<usize> = (0..frame.code().local_count()).filter(|&index| frame.local(index).is_none()).collect();
    if unbound.is_empty() {
        return Ok(());
    }
    let plural = if unbound.len() == 1 { "" } else { "s" };
    vm.warn(B::RuntimeWarning, &format!("assigning None to {} unbound local{plural}", unbound.len()), 1)?;
    for index in unbound {
        drop(frame.replace_local(index, Some(Value::none())));
    }
    Ok(())
}

/// Drops the operands above `depth` and sets the next instruction.
fn go(frame: &Frame, offset: usize, from: &[Kind], depth: usize, vm: &Vm) {
    let frame = std::ptr::from_ref(frame).cast_mut();
    for kind in from[depth..].iter().rev() {
        // SAFETY: the frame waits in its trace function; `from` tells how many operands it has.
        let slot = unsafe {
            (*frame).sp = (*frame).sp.sub(1);
            std::ptr::replace((*frame).sp, None)
        };
        if *kind == Kind::Except {
            let before = slot.filter(|value| !value.is_none());
            let handled = vm.handled.with_mut(|stack| match stack.last_mut() {
                Some(top) => std::mem::replace(top, before),
                None => None,
            });
            drop(handled);
        } else {
            drop(slot);
        }
    }
    // SAFETY: as above; the offset is of an instruction of the code.
    unsafe {
        let quick = (*frame).quick();
        (*frame).ip = quick.at(quick.first_at(offset as u32));
    }
}

/// The operand stack before each instruction that can be reached.
struct Stacks {
    /// By code unit.
    stacks: Vec<Option<Stack>>,
}

impl Stacks {
    fn at(&self, offset: usize) -> Option<&Stack> {
        self.stacks.get(offset / 2)?.as_ref()
    }

    fn set(&mut self, offset: usize, stack: &Stack) {
        if let Some(place) = self.stacks.get_mut(offset / 2) {
            *place = Some(stack.clone());
        }
    }

    /// Follows the code until nothing new comes up (CPython's `mark_stacks`).
    fn of(code: &CodeObject, source: &[CodeInstruction]) -> Stacks {
        let mut stacks = Stacks { stacks: vec![None; code.bytecode().len() / 2 + 1] };
        stacks.set(0, &Vec::new());
        let entries: Vec<_> = ExceptionEntries::new(code.exceptiontable()).collect();
        // Each round reaches at least one more instruction.
        for _ in 0..=source.len() {
            let mut again = false;
            for instruction in source {
                again |= stacks.step(instruction);
            }
            for entry in &entries {
                let Some(start) = stacks.at(entry.start).cloned() else { continue };
                again |= stacks.at(entry.target).is_none();
                let mut target = start;
                target.truncate(entry.depth as usize);
                if entry.lasti {
                    target.push(Kind::Lasti);
                }
                target.push(Kind::Except);
                stacks.set(entry.target, &target);
            }
            if !again {
                break;
            }
        }
        stacks
    }

    /// Passes the stack before an instruction on to those after it; true if an earlier one is reached for the first time.
    fn step(&mut self, instruction: &CodeInstruction) -> bool {
        let Some(mut stack) = self.at(instruction.start).cloned() else { return false };
        self.set(instruction.offset, &stack);
        let (opcode, oparg) = (instruction.opcode.general(), instruction.oparg as usize);
        let mut again = false;
        if let Some(target) = instruction.jump_target().filter(|_| opcode != Opcode::EndAsyncFor) {
            match opcode {
                Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue | Opcode::PopJumpIfNone | Opcode::PopJumpIfNotNone => {
                    stack.pop();
                }
                Opcode::ForIter => stack.push(Kind::Object),
                _ => {}
            }
            again = target < instruction.offset && self.at(target).is_none();
            self.set(target, &stack);
            if opcode.is_unconditional_jump() {
                return again;
            }
        } else {
            match opcode {
                Opcode::GetIter | Opcode::GetAiter => {
                    stack.pop();
                    stack.push(Kind::Iterator);
                }
                Opcode::EndAsyncFor => stack.truncate(stack.len().saturating_sub(2)),
                Opcode::PushExcInfo => stack.push(Kind::Except),
                Opcode::ReturnValue | Opcode::RaiseVarargs | Opcode::Reraise => return false,
                Opcode::PushNull => stack.push(Kind::Null),
                Opcode::LoadGlobal => {
                    stack.push(Kind::Object);
                    if oparg & 1 != 0 {
                        stack.push(Kind::Null);
                    }
                }
                Opcode::LoadAttr if oparg & 1 != 0 => {
                    stack.pop();
                    stack.extend([Kind::Object, Kind::Null]);
                }
                Opcode::Swap => {
                    let top = stack.len().wrapping_sub(1);
                    if let Some(other) = stack.len().checked_sub(oparg) {
                        stack.swap(top, other);
                    }
                }
                Opcode::Copy => {
                    if let Some(kind) = stack.len().checked_sub(oparg).and_then(|at| stack.get(at)).copied() {
                        stack.push(kind);
                    }
                }
                _ => {
                    let effect = opcode.pushed(instruction.oparg) - opcode.popped(instruction.oparg);
                    for _ in 0..-effect {
                        stack.pop();
                    }
                    for _ in 0..effect {
                        stack.push(Kind::Object);
                    }
                }
            }
        }
        self.set(instruction.end, &stack);
        again
    }
}
