//! The thread's context, which every function that may run Python code takes.

mod construct;
mod exceptions;

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::builtin::BuiltinType;
use crate::error::PyResult;
use crate::guarded::Guarded;
use crate::hooks::Hooks;
use crate::interpreter::Interpreter;
use crate::names::Names;
use crate::reference::{Object, Ref};
use crate::ty::Type;
use crate::value::Value;

/// A thread of an interpreter.
pub struct Vm {
    /// The exception being raised.
    exception: Guarded<Option<Value>>,
    /// Exceptions being handled, innermost last: one entry per generator or thread, as CPython's `exc_info` stack.
    pub handled: Guarded<Vec<Option<Value>>>,
    /// The current `contextvars.Context`.
    pub context: Guarded<Option<Value>>,
    /// `sys.set_asyncgen_hooks`, and `sys.set_coroutine_origin_tracking_depth`.
    pub asyncgen_firstiter: Guarded<Option<Value>>,
    pub asyncgen_finalizer: Guarded<Option<Value>>,
    pub coroutine_origin_depth: Cell<usize>,
    /// Python frames that may still be entered before RecursionError, and the limit itself.
    pub recursion_remaining: Cell<isize>,
    pub recursion_limit: Cell<isize>,
    /// The address below which native code must not go.
    stack_limit: Cell<usize>,
    /// Objects whose `repr` is under way, for `[...]`.
    pub repr_running: Guarded<Vec<u64>>,
    /// The machine's own state, set by the crate `vm`; it casts it back.
    pub machine: OnceCell<Box<dyn std::any::Any>>,
    /// `threading.get_ident()`
    pub ident: Cell<u64>,
    /// Its number in the interpreter's list; 0 before it has entered.
    pub(crate) number: Cell<u64>,
    /// Last: what the other fields own dies in it.
    interp: Rc<Interpreter>,
}

/// Bits that make the eval loop look up from its work.
pub mod breaker {
    /// A signal arrived.
    pub const SIGNAL: u32 = 1;
    /// Another thread wants the lock.
    pub const LOCK: u32 = 2;
    /// An asynchronous exception was set for this thread.
    pub const ASYNC_EXCEPTION: u32 = 4;
    /// The budget of memory or time is exhausted.
    pub const BUDGET: u32 = 8;
    /// Somebody wants to know of what running code does.
    pub const TRACE: u32 = 16;
    /// Generation 0 of the collector is over its threshold.
    pub const COLLECT: u32 = 32;
}

/// Bytes of native stack that a function may use between two checks.
const STACK_RESERVE: usize = 256 * 1024;

impl Drop for Vm {
    fn drop(&mut self) {
        self.interp.strike_off(self);
    }
}

impl Vm {
    /// A thread of `interp`, on the calling OS thread.
    pub fn new(interp: &Rc<Interpreter>) -> Vm {
        Vm {
            interp: interp.clone(),
            exception: Guarded::new(None),
            handled: Guarded::new(vec![None]),
            context: Guarded::new(None),
            asyncgen_firstiter: Guarded::new(None),
            asyncgen_finalizer: Guarded::new(None),
            coroutine_origin_depth: Cell::new(0),
            recursion_remaining: Cell::new(1000),
            recursion_limit: Cell::new(1000),
            stack_limit: Cell::new(native_stack_limit()),
            repr_running: Guarded::default(),
            machine: OnceCell::new(),
            ident: Cell::new(0),
            number: Cell::new(0),
        }
    }

    /// The interpreter.
    #[inline(always)]
    pub fn interp(&self) -> &Interpreter {
        &self.interp
    }

    /// The interpreter, for a new thread of it.
    pub fn interp_rc(&self) -> &Rc<Interpreter> {
        &self.interp
    }

    /// A builtin type.
    #[inline(always)]
    pub fn builtin(&self, kind: BuiltinType) -> &Type {
        self.interp.builtin(kind)
    }

    /// The Python type of a Rust layout.
    #[inline]
    pub fn type_of<T: Object>(&self) -> &Type {
        self.type_of_def(T::def())
    }

    /// The Python type that a description stands for, made on first use.
    pub fn type_of_def(&self, def: &'static crate::typedef::TypeDef) -> &Type {
        match def.builtin {
            Some(kind) => self.builtin(kind),
            None => {
                let ty = self.interp.native_type(self, def);
                let at: *const Type = &*ty;
                // SAFETY: native types are immortal.
                unsafe { &*at }
            }
        }
    }

    /// Interned names.
    #[inline]
    pub fn names(&self) -> &Names {
        self.interp.names()
    }

    pub(crate) fn hooks(&self) -> &Hooks {
        match self.interp.hooks.get() {
            Some(hooks) => hooks,
            None => unreachable!("hooks are set when the interpreter is made"),
        }
    }

    /// This interpreter's `T`, made on first use: what C would keep in module state.
    pub fn state<T: std::any::Any + Default>(&self) -> Rc<T> {
        self.interp.state()
    }

    /// Fails with RecursionError when the native stack is nearly used up. Every native function that can come back to
    /// itself through objects (repr, comparison, hashing, calls …) asks first.
    #[inline]
    pub fn check_stack(&self, doing: &str) -> PyResult<()> {
        let here = 0u8;
        if (&raw const here as usize) < self.stack_limit.get() { Err(self.stack_exhausted(doing)) } else { Ok(()) }
    }

    /// Bytes of native stack that may still be used.
    pub fn stack_left(&self) -> usize {
        let here = 0u8;
        (&raw const here as usize).saturating_sub(self.stack_limit.get())
    }

    #[cold]
    fn stack_exhausted(&self, doing: &str) -> crate::error::Raised {
        // The handler needs room too: lend it half the reserve while the exception is made.
        let limit = self.stack_limit.get();
        self.stack_limit.set(limit - STACK_RESERVE / 2);
        let raised = self.recursion_error(format!("maximum recursion depth exceeded{doing}"));
        self.stack_limit.set(limit);
        raised
    }

    /// Enters the `repr` of a container: false if it is already under way (print `...`).
    /// Pair with [`Vm::leave_repr`].
    pub fn enter_repr(&self, object: &Value) -> bool {
        self.repr_running.with_mut(|running| {
            let fresh = !running.contains(&object.id());
            if fresh {
                running.push(object.id());
            }
            fresh
        })
    }

    /// Leaves what [`Vm::enter_repr`] entered.
    pub fn leave_repr(&self, object: &Value) {
        self.repr_running.with_mut(|running| running.retain(|&id| id != object.id()));
    }

    /// `import name`, giving the module named.
    pub fn import(&self, name: &str) -> PyResult {
        (self.hooks().import)(name, self)
    }

    /// `warnings.warn(message, category, stacklevel)`
    pub fn warn(&self, category: BuiltinType, message: &str, stack_level: isize) -> PyResult<()> {
        let message = self.new_str(message).into_value();
        (self.hooks().warn)(&self.builtin(category).to_value(), &message, stack_level, None, self)
    }

    /// Warns of an object that was not closed.
    pub fn warn_unclosed(&self, source: &Value, message: &str) -> PyResult<()> {
        let message = self.new_str(message).into_value();
        let category = self.builtin(BuiltinType::ResourceWarning).to_value();
        (self.hooks().warn)(&category, &message, 1, Some(source), self)
    }

    /// Tells the audit hooks of an event, if there are any: an exception of theirs forbids it.
    #[inline]
    pub fn audit<const N: usize>(&self, event: &str, args: impl FnOnce() -> [Value; N]) -> PyResult<()> {
        if !self.interp().audited.get() {
            return Ok(());
        }
        (self.hooks().audit)(event, &args(), self)
    }

    /// The globals of the running Python function.
    pub fn frame_globals(&self) -> Option<Ref<crate::layout::Dict>> {
        (self.hooks().frame_globals)(self)
    }

    /// What the running Python function finds as builtins: any mapping.
    pub fn frame_builtins(&self) -> Option<Value> {
        (self.hooks().frame_builtins)(self)
    }

    /// Looks at signals, lock requests and the collector; long native loops call it now and then.
    pub fn check_breaker(&self) -> PyResult<()> {
        (self.hooks().check_breaker)(self)
    }
}

/// Where this thread's stack may end, with a reserve.
fn native_stack_limit() -> usize {
    let here = 0u8;
    let here = &raw const here as usize;
    let size = stack_remaining().unwrap_or(1 << 20);
    here.saturating_sub(size).saturating_add(STACK_RESERVE)
}

/// Bytes of stack below the caller, if the system tells.
fn stack_remaining() -> Option<usize> {
    let here = 0u8;
    let here = &raw const here as usize;
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the attribute object is initialised by the first call before it is read, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let (mut base, mut size) = (std::ptr::null_mut(), 0);
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (failed == 0 && size > 0).then(|| here - base as usize)
    }
}
