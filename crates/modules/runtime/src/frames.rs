//! Questions about the running frames, for the modules of this crate.

use pyrope_object::layout::Dict;
use pyrope_object::{PyResult, Ref, Value, Vm};
use pyrope_vm::FrameObject;

use crate::interpreters::namespace_without_frame;

/// `globals()` of the calling frame.
pub(crate) fn current_globals(vm: &Vm) -> Option<Ref<Dict>> {
    vm.frame_globals().or_else(|| namespace_without_frame(vm))
}

/// `locals()` of the calling frame.
pub(crate) fn current_locals(vm: &Vm) -> PyResult {
    match pyrope_vm::current_locals(vm)?.or_else(|| namespace_without_frame(vm).map(Ref::into_value)) {
        Some(locals) => Ok(locals),
        None => Err(vm.system_error("frame does not exist")),
    }
}

/// The builtins in force: the frame's, or the interpreter's.
pub(crate) fn current_builtins(vm: &Vm) -> PyResult {
    if let Some(builtins) = pyrope_vm::current_builtins(vm) {
        return Ok(builtins);
    }
    match vm.interp().builtins_dict.get() {
        Some(dict) => Ok(dict.to_value()),
        None => Err(vm.system_error("the interpreter has no builtins")),
    }
}

/// The future features of the running code.
pub(crate) fn current_future_flags(vm: &Vm) -> u32 {
    pyrope_vm::frame::with_frame(vm, 0, |frame| frame.code().flags & pyrope_compiler::CompileFlags::FUTURE_MASK)
        .unwrap_or(0)
}

/// The frame that many calls below the running one.
pub(crate) fn frame_at(depth: usize, vm: &Vm) -> Option<Value> {
    pyrope_vm::current_frame(vm, depth).map(Ref::into_value)
}

fn file_of(frame: &FrameObject) -> String {
    frame.code().filename().to_string_lossy().into_owned()
}

/// Frames of the import system are not counted, nor those in files with a skipped prefix.
fn is_internal(frame: &FrameObject, skip: &[String]) -> bool {
    let file = file_of(frame);
    (file.contains("importlib") && file.contains("_bootstrap")) || skip.iter().any(|prefix| file.starts_with(prefix))
}

/// Globals, file and line of the frame that a warning at a stack level is about.
pub(crate) fn frame_for_warning(level: i64, skip: &[String], vm: &Vm) -> Option<(Ref<Dict>, Value, i64)> {
    let mut depth = 0;
    let mut frame = pyrope_vm::current_frame(vm, depth)?;
    let mut remaining = level - 1;
    let count_internal = level <= 0 || is_internal(&frame, &[]);
    while remaining > 0 {
        depth += 1;
        frame = pyrope_vm::current_frame(vm, depth)?;
        if !count_internal && is_internal(&frame, skip) {
            continue;
        }
        remaining -= 1;
    }
    let file = vm.new_str(&file_of(&frame)).into_value();
    Some((frame.globals()?, file, i64::from(frame.line().unwrap_or(0))))
}
