//! What `sys.monitoring` offers: tools, their callbacks and their events.

use pyrope_object::{PyResult, Ref, Value, Vm};

use super::{Callback, Monitor, event, switch};
use crate::CodeObject;
use crate::stack::machine;

fn shared(vm: &Vm) -> std::rc::Rc<Monitor> {
    machine(vm).monitor.shared.clone()
}

/// The object that a callback gives back to hear no more of a place.
pub fn disable_object(vm: &Vm) -> PyResult {
    marker(|monitor| &monitor.disable, vm)
}

/// The object that stands for a first argument that is not there.
pub fn missing_object(vm: &Vm) -> PyResult {
    marker(|monitor| &monitor.missing, vm)
}

fn marker(place: fn(&Monitor) -> &pyrope_object::Guarded<Option<Value>>, vm: &Vm) -> PyResult {
    let shared = shared(vm);
    if let Some(known) = place(&shared).get() {
        return Ok(known);
    }
    let made = vm.call(&vm.builtin(pyrope_object::BuiltinType::Object).to_value(), &[])?;
    place(&shared).set(Some(made.clone()));
    Ok(made)
}

pub(super) fn is_disable(result: &Value, shared: &Monitor) -> bool {
    shared.disable.with(|disable| disable.as_ref().is_some_and(|disable| result.is(disable)))
}

pub(super) fn missing(shared: &Monitor) -> Value {
    shared.missing.get().unwrap_or(Value::none())
}

/// Gives a tool its name. False if it has one.
pub fn use_tool(tool: usize, name: &Value, vm: &Vm) -> bool {
    let shared = shared(vm);
    let mut tools = shared.tools.borrow_mut();
    let free = tools[tool].name.is_none();
    if free {
        tools[tool].name = Some(name.clone());
    }
    free
}

/// The name of a tool that is in use.
pub fn tool_name(tool: usize, vm: &Vm) -> Option<Value> {
    shared(vm).tools.borrow()[tool].name.clone()
}

/// Takes a tool's events and callbacks away.
pub fn clear_tool(tool: usize, vm: &Vm) {
    let shared = shared(vm);
    if shared.tools.borrow()[tool].name.is_none() {
        return;
    }
    let old = {
        let mut tools = shared.tools.borrow_mut();
        let name = tools[tool].name.take();
        std::mem::replace(&mut tools[tool], super::Tool { name, ..super::Tool::default() })
    };
    // Its local events go out of force with it.
    shared.terms[tool].set(shared.terms[tool].get().wrapping_add(1));
    drop(old.callbacks);
    refresh(&shared, vm);
}

/// The same, and gives the tool free.
pub fn free_tool(tool: usize, vm: &Vm) {
    clear_tool(tool, vm);
    let name = shared(vm).tools.borrow_mut()[tool].name.take();
    drop(name);
}

/// Registers what a tool calls for an event, or nothing; gives what was registered.
pub fn register_callback(tool: usize, event: usize, function: Option<Value>, vm: &Vm) -> Option<Value> {
    let shared = shared(vm);
    let old = match event {
        event::BRANCH => {
            for side in [event::BRANCH_LEFT, event::BRANCH_RIGHT] {
                let callback = function.clone().map(Callback::Python);
                let old = std::mem::replace(&mut shared.tools.borrow_mut()[tool].callbacks[side], callback);
                drop(old);
            }
            let callback = function.map(Callback::Python);
            std::mem::replace(&mut shared.tools.borrow_mut()[tool].callbacks[event], callback)
        }
        _ => {
            if matches!(event, event::BRANCH_LEFT | event::BRANCH_RIGHT) {
                let both = shared.tools.borrow_mut()[tool].callbacks[event::BRANCH].take();
                drop(both);
            }
            let callback = function.map(Callback::Python);
            std::mem::replace(&mut shared.tools.borrow_mut()[tool].callbacks[event], callback)
        }
    };
    match old {
        Some(Callback::Python(old)) => Some(old),
        _ => None,
    }
}

/// The events that a tool wants of all code.
pub fn global_events(tool: usize, vm: &Vm) -> u32 {
    shared(vm).tools.borrow()[tool].events
}

/// Sets them.
pub fn set_global_events(tool: usize, events: u32, vm: &Vm) {
    let shared = shared(vm);
    shared.tools.borrow_mut()[tool].events = events;
    refresh(&shared, vm);
    switch::switch_running(machine(vm));
}

/// The events that a tool wants of one code object.
pub fn local_events(tool: usize, code: &Ref<CodeObject>, vm: &Vm) -> u32 {
    code.monitor.get().map_or(0, |monitor| monitor.local_events(tool, &shared(vm)))
}

/// Sets them.
pub fn set_local_events(tool: usize, code: &Ref<CodeObject>, events: u32, vm: &Vm) {
    let shared = shared(vm);
    let monitor = code.monitor();
    let before = monitor.any_local(&shared);
    monitor.local[tool].set((events, shared.terms[tool].get()));
    match (before, monitor.any_local(&shared)) {
        (false, true) => shared.local_users.set(shared.local_users.get() + 1),
        (true, false) => shared.local_users.set(shared.local_users.get().saturating_sub(1)),
        _ => {}
    }
    switch::refresh_breaker(&shared, vm);
    switch::switch_running(machine(vm));
}

/// The events that somebody wants of all code, with the tools as bits.
pub fn wanted_events(vm: &Vm) -> Vec<(&'static str, u8)> {
    let shared = shared(vm);
    let wanted = event::NAMES.iter().zip(&shared.wanted).map(|(name, tools)| (*name, tools.get()));
    wanted.filter(|(_, tools)| *tools != 0).collect()
}

/// Brings disabled events back.
pub fn restart_events(vm: &Vm) {
    let shared = shared(vm);
    shared.generation.set(shared.generation.get().wrapping_add(1));
}

/// Brings the summary of who wants what up to date.
pub(super) fn refresh(shared: &Monitor, vm: &Vm) {
    for (event, wanted) in shared.wanted.iter().enumerate() {
        let tools = shared.tools.borrow();
        let wants = tools.iter().enumerate().filter(|(_, tool)| tool.events >> event & 1 != 0);
        wanted.set(wants.fold(0, |bits, (index, _)| bits | 1 << index));
    }
    switch::refresh_breaker(shared, vm);
}
