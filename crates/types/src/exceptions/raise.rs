//! The entry points that the object model calls: making exceptions and chaining them.

use pyrope_object::{Args, BuiltinType, Header, PyResult, Ref, Value, Vm};

use super::base::{self, BaseException, ExceptionState};

/// Makes an instance of a builtin kind, as calling its class would.
pub fn make_exception(kind: BuiltinType, args: &[Value], vm: &Vm) -> PyResult {
    let class = vm.builtin(kind);
    let slots = class.slots();
    let plain = class.basic_size() == vm.builtin(BuiltinType::BaseException).basic_size();
    if plain && slots.init.is_some_and(|init| std::ptr::fn_addr_eq(init, base::init as fn(_, _, _) -> _)) {
        let state = ExceptionState::new(vm.tuple_from_slice(args).into_value());
        return Ok(Ref::new_in(vm, class, BaseException { header: Header::blank(), state }).into_value());
    }
    let Some(new) = slots.new else { return Err(vm.system_error("exception type without __new__")) };
    let args = Args::positional_only(args);
    let exception = new(class, args, vm)?;
    if let Some(init) = exception.ty(vm).slots().init {
        init(&exception, args, vm)?;
    }
    Ok(exception)
}

/// Sets the implicit `__context__` of an exception about to be raised: the one being handled, unless they are the same.
/// A chain that already leads to the exception is cut, so that no cycle comes to be.
pub fn chain_context(exception: &Value, vm: &Vm) {
    let Some(handled) = vm.handled_exception() else { return };
    if handled.is(exception) || base::state(exception).is_none() {
        return;
    }
    cut_chain(&handled, exception);
    base::set_context(exception, Some(handled));
}

/// Unlinks `target` from the chain of contexts that begins at `start`. Ends on cycles that do not hold `target`.
fn cut_chain(start: &Value, target: &Value) {
    let (mut at, mut slow, mut step_slow) = (start.clone(), start.clone(), false);
    while let Some(next) = base::context(&at) {
        if next.is(target) {
            base::set_context(&at, None);
            return;
        }
        at = next;
        if at.is(&slow) {
            return;
        }
        if step_slow && let Some(next) = base::context(&slow) {
            slow = next;
        }
        step_slow = !step_slow;
    }
}
