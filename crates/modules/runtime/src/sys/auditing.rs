//! Audit hooks: `sys.audit` and `sys.addaudithook`.

use pyrope_object::{BuiltinType as B, PyResult, Value, Vm};
use pyrope_vm::monitor;

use super::SysState;

/// Calls the hooks, oldest first, with the event and its arguments; not traced, unless a hook allows it.
pub fn audit(event: &str, args: &[Value], vm: &Vm) -> PyResult<()> {
    let hooks = vm.state::<SysState>().audit_hooks.borrow().clone();
    let arguments = [vm.new_str(event).into_value(), vm.tuple_from_slice(args).into_value()];
    for hook in hooks {
        let may_trace = match vm.find_attr_str(&hook, "__cantrace__")? {
            Some(answer) => vm.is_true(&answer)?,
            None => false,
        };
        match may_trace {
            true => vm.call(&hook, &arguments)?,
            false => monitor::call_untraced(&hook, &arguments, vm)?,
        };
    }
    Ok(())
}

/// Adds a hook, unless one that is there already objects: an Exception keeps it out, others are passed on.
pub(super) fn add_hook(hook: &Value, vm: &Vm) -> PyResult<()> {
    if let Err(raised) = vm.audit("sys.addaudithook", || []) {
        if vm.raised_is(B::Exception) {
            vm.ignore(raised);
            return Ok(());
        }
        return Err(raised);
    }
    vm.state::<SysState>().audit_hooks.borrow_mut().push(hook.clone());
    vm.interp().audited.set(true);
    Ok(())
}
