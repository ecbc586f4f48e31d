//! The functions of `sys` that ask and set.

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use crate::sys::SysState;
    use pyrope_object::bind::OrNone;
    use pyrope_object::layout::Str;
    use pyrope_object::{BuiltinType as B, PyResult, Ref, Type, TypeFlags, Value, Vm};

    /// Return the current exception.
    ///
    /// Return the most recent exception caught by an except clause
    /// in the current stack frame or in an older stack frame, or None
    /// if no such clause exists.
    #[pyfunction("exception()")]
    fn exception(vm: &Vm) -> Value {
        vm.handled_exception().unwrap_or(Value::none())
    }

    /// Remove the '__dict__' and '__weakref__' descriptors of a class that is being replaced.
    #[pyfunction("_clear_type_descriptors(type, /)")]
    fn _clear_type_descriptors(class: &Value, vm: &Vm) -> PyResult<()> {
        match class.downcast::<pyrope_object::Type>() {
            Some(class) => pyrope_types::model::class::clear_descriptors(class, vm),
            None => Err(vm.type_error(format!(
                "_clear_type_descriptors() argument must be type, not {}",
                pyrope_object::bind::argument_type_name(class, vm)
            ))),
        }
    }

    /// Return current exception information: (type, value, traceback).
    ///
    /// Return information about the most recent exception caught by an except
    /// clause in the current stack frame or in an older stack frame.
    #[pyfunction("exc_info()")]
    fn exc_info(vm: &Vm) -> PyResult {
        let parts = match vm.handled_exception() {
            None => vec![Value::none(), Value::none(), Value::none()],
            Some(exception) => {
                let traceback = vm.get_attr(&exception, vm.names().__traceback__.as_value())?;
                vec![exception.ty(vm).to_value(), exception, traceback]
            }
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Exit the interpreter by raising SystemExit(status).
    ///
    /// If the status is omitted or None, it defaults to zero (i.e., success).
    /// If the status is an integer, it will be used as the system exit status.
    /// If it is another kind of object, it will be printed and the system
    /// exit status will be one (i.e., failure).
    #[pyfunction("exit(status=None, /)")]
    fn exit(status: OrNone<&Value>, vm: &Vm) -> PyResult {
        // A tuple stands for the arguments of the exception.
        let args = match status.0 {
            None => &[],
            Some(status) => match status.downcast::<pyrope_object::Tuple>() {
                Some(tuple) => tuple.as_slice(),
                None => std::slice::from_ref(status),
            },
        };
        Err(vm.raise_with(B::SystemExit, args))
    }

    /// Return the current default encoding used by the Unicode implementation.
    #[pyfunction("getdefaultencoding()")]
    fn getdefaultencoding(vm: &Vm) -> Value {
        vm.intern("utf-8").into_value()
    }

    /// Return the encoding used to convert Unicode filenames to OS filenames.
    #[pyfunction("getfilesystemencoding()")]
    fn getfilesystemencoding(vm: &Vm) -> Value {
        vm.intern("utf-8").into_value()
    }

    /// Return the error mode used Unicode to OS filename conversion.
    #[pyfunction("getfilesystemencodeerrors()")]
    fn getfilesystemencodeerrors(vm: &Vm) -> Value {
        vm.intern("surrogateescape").into_value()
    }

    /// ``Intern'' the given string.
    ///
    /// This enters the string in the (global) table of interned strings whose
    /// purpose is to speed up dictionary lookups. Return the string itself or
    /// the previously interned string object with the same value.
    #[pyfunction("intern(string, /)")]
    fn intern(string: &Value, vm: &Vm) -> PyResult {
        match string.cast::<Str>() {
            Some(text) if string.ty(vm).is(vm.builtin(B::Str)) => Ok(vm.intern_str(&text).into_value()),
            Some(_) => Err(vm.type_error(format!("can't intern {}", vm.type_name(string)))),
            None => Err(vm.type_error(format!("intern() argument must be str, not {}", vm.type_name(string)))),
        }
    }

    /// Return True if the given string is "interned".
    #[pyfunction("_is_interned(string, /)")]
    fn is_interned(string: &Str) -> bool {
        string.is_interned()
    }

    /// Return True if the given object is immortal.
    #[pyfunction("_is_immortal(op, /)")]
    fn is_immortal(op: &Value) -> bool {
        op.refcount() >= pyrope_object::header::IMMORTAL
    }

    #[pyfunction("_is_gil_enabled()")]
    fn is_gil_enabled() -> bool {
        true
    }

    /// Return the reference count of object.
    ///
    /// The count returned is generally one higher than you might expect,
    /// because it includes the (temporary) reference as an argument to
    /// getrefcount().
    #[pyfunction("getrefcount(object, /)")]
    fn getrefcount(object: &Value) -> i64 {
        i64::from(object.refcount())
    }

    /// Return the current value of the recursion limit.
    ///
    /// The recursion limit is the maximum depth of the Python interpreter
    /// stack.  This limit prevents infinite recursion from causing an overflow
    /// of the C stack and crashing Python.
    #[pyfunction("getrecursionlimit()")]
    fn getrecursionlimit(vm: &Vm) -> i64 {
        vm.recursion_limit.get() as i64
    }

    /// Set the maximum depth of the Python interpreter stack to n.
    ///
    /// This limit prevents infinite recursion from causing an overflow of the C
    /// stack and crashing Python.  The highest possible limit is platform-
    /// dependent.
    #[pyfunction("setrecursionlimit(limit, /)")]
    fn setrecursionlimit(limit: i32, vm: &Vm) -> PyResult<()> {
        if limit < 1 {
            return Err(vm.value_error("recursion limit must be greater or equal than 1"));
        }
        let limit = limit as isize;
        let depth = vm.recursion_limit.get() - vm.recursion_remaining.get();
        if depth >= limit {
            return Err(vm.recursion_error(format!(
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            )));
        }
        vm.recursion_limit.set(limit);
        vm.recursion_remaining.set(limit - depth);
        Ok(())
    }

    /// Set the ideal thread switching delay inside the Python interpreter.
    ///
    /// The actual frequency of switching threads can be lower if the
    /// interpreter executes long sequences of uninterruptible code
    /// (this is implementation-specific and workload-dependent).
    ///
    /// The parameter must represent the desired switching delay in seconds
    /// A typical value is 0.005 (5 milliseconds).
    #[pyfunction("setswitchinterval(interval, /)")]
    fn setswitchinterval(interval: f64, vm: &Vm) -> PyResult<()> {
        if interval <= 0.0 {
            return Err(vm.value_error("switch interval must be strictly positive"));
        }
        vm.interp().lock.set_interval(interval);
        Ok(())
    }

    /// Return the current thread switch interval; see sys.setswitchinterval().
    #[pyfunction("getswitchinterval()")]
    fn getswitchinterval(vm: &Vm) -> f64 {
        vm.interp().lock.interval()
    }

    /// getsizeof(object [, default]) -> int
    ///
    /// Return the size of object in bytes.
    #[pyfunction("getsizeof(object, default=<unrepresentable>)")]
    fn getsizeof(object: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let result = match vm.call_special(object, &vm.names().__sizeof__, &[]) {
            Ok(Some(size)) => Ok(size),
            Ok(None) => Err(vm.type_error(format!("Type {} doesn't define __sizeof__", vm.type_name(object)))),
            Err(raised) => Err(raised),
        };
        match result {
            Ok(size) => match size.as_i64() {
                Some(n) if n >= 0 => {
                    let flags = object.ty(vm).flags();
                    let has = |f| flags.has(f);
                    let links = if has(pyrope_object::TypeFlags::GC) { 16 } else { 0 };
                    let words = if has(pyrope_object::TypeFlags::EXTENSION) { 16 } else { 0 };
                    Ok(vm.int(n + links + words))
                }
                Some(_) => Err(vm.value_error("__sizeof__() should return >= 0")),
                None => Err(vm.type_error("an integer is required")),
            },
            Err(raised) => match default {
                Some(default) if vm.raised_is(B::TypeError) => {
                    vm.ignore(raised);
                    Ok(default.clone())
                }
                _ => Err(raised),
            },
        }
    }

    /// Return the number of memory blocks currently allocated.
    #[pyfunction("getallocatedblocks()")]
    fn getallocatedblocks(vm: &Vm) -> usize {
        vm.interp().heap.allocated_blocks()
    }

    /// Private function for getting PyConfig.cpu_count
    #[pyfunction("_get_cpu_count_config()")]
    fn get_cpu_count_config(vm: &Vm) -> i64 {
        vm.state::<SysState>().launch.borrow().cpu_count.unwrap_or(-1)
    }

    /// Print debug info to stderr about the state of pymalloc and structmalloc.
    #[pyfunction("_debugmallocstats()")]
    fn debugmallocstats(vm: &Vm) {
        eprintln!("{}", vm.interp().heap.stats());
    }

    /// Return True if Python is exiting.
    #[pyfunction("is_finalizing()")]
    fn is_finalizing(vm: &Vm) -> bool {
        vm.state::<SysState>().finalizing.get()
    }

    /// Return the maximum string digits limit for non-binary int<->str conversions.
    #[pyfunction("get_int_max_str_digits()")]
    fn get_int_max_str_digits(vm: &Vm) -> usize {
        pyrope_types::numbers::max_str_digits(vm)
    }

    /// Set the maximum string digits limit for non-binary int<->str conversions.
    #[pyfunction("set_int_max_str_digits(maxdigits)")]
    fn set_int_max_str_digits(maxdigits: i32, vm: &Vm) -> PyResult<()> {
        if maxdigits != 0 && maxdigits < 640 {
            return Err(vm.value_error("maxdigits must be 0 or larger than 640"));
        }
        pyrope_types::numbers::set_max_str_digits(maxdigits as usize, vm);
        Ok(())
    }

    /// Return a frame object from the call stack.
    ///
    /// If optional integer depth is given, return the frame object that many
    /// calls below the top of the stack.  If that is deeper than the call
    /// stack, ValueError is raised.  The default for depth is zero, returning
    /// the frame at the top of the call stack.
    ///
    /// This function should be used for internal and specialized purposes
    /// only.
    #[pyfunction("_getframe(depth=0, /)")]
    fn getframe(depth: i32, vm: &Vm) -> PyResult {
        match crate::frames::frame_at(depth.max(0) as usize, vm) {
            Some(frame) => {
                vm.audit("sys._getframe", || [frame.clone()])?;
                Ok(frame)
            }
            None => Err(vm.value_error("call stack is not deep enough")),
        }
    }

    /// Return the name of the module for the calling frame.
    #[pyfunction("_getframemodulename(depth=0)")]
    fn getframemodulename(depth: i32, vm: &Vm) -> PyResult {
        vm.audit("sys._getframemodulename", || [vm.int(depth.into())])?;
        let Some(frame) = crate::frames::frame_at(depth.max(0) as usize, vm) else { return Ok(Value::none()) };
        let globals = vm.get_attr_str(&frame, "f_globals")?;
        match globals.downcast::<pyrope_object::Dict>() {
            Some(dict) => Ok(dict.get(vm.names().__name__.as_value(), vm)?.unwrap_or(Value::none())),
            None => Ok(Value::none()),
        }
    }

    /// Return a dict mapping each thread's thread id to its current stack frame.
    #[pyfunction("_current_frames()")]
    fn current_frames(vm: &Vm) -> PyResult {
        crate::thread::ident(vm);
        let mut found = Vec::new();
        vm.interp().for_each_thread(|thread| {
            if let Some(frame) = pyrope_vm::frame_of_thread(thread, vm) {
                found.push((thread.ident.get(), frame));
            }
        });
        let frames = vm.new_dict();
        for (ident, frame) in found {
            frames.set(vm.int_from_u64(ident), frame.into_value(), vm)?;
        }
        Ok(frames.into_value())
    }

    /// Return a dict mapping each thread's identifier to its current raised exception.
    #[pyfunction("_current_exceptions()")]
    fn current_exceptions(vm: &Vm) -> PyResult {
        crate::thread::ident(vm);
        let mut found = Vec::new();
        vm.interp().for_each_thread(|thread| {
            found.push((thread.ident.get(), thread.handled_exception().unwrap_or(Value::none())));
        });
        let exceptions = vm.new_dict();
        for (ident, exception) in found {
            exceptions.set(vm.int_from_u64(ident), exception, vm)?;
        }
        Ok(exceptions.into_value())
    }

    /// Clear the internal type lookup cache.
    #[pyfunction("_clear_type_cache()")]
    fn clear_type_cache() {}

    /// Clear all internal performance-related caches.
    #[pyfunction("_clear_internal_caches()")]
    fn clear_internal_caches() {}

    /// Private function for clearing certain descriptors from a type's dictionary.
    ///
    /// See gh-135228 for context.
    #[pyfunction("_clear_type_descriptors(type, /)")]
    fn clear_type_descriptors(class: &Type, vm: &Vm) -> PyResult<()> {
        if class.flags().has(TypeFlags::IMMUTABLE) {
            return Err(vm.type_error("argument is immutable"));
        }
        for name in [&vm.names().__dict__, &vm.names().__weakref__] {
            drop(class.dict(vm).remove(name.as_value(), vm)?);
        }
        class.modified();
        Ok(())
    }

    /// Call func(*args), while tracing is enabled.
    #[pyfunction("call_tracing(func, args, /)")]
    fn call_tracing(func: &Value, args: &pyrope_object::Tuple, vm: &Vm) -> PyResult {
        vm.call(func, args.as_slice())
    }

    /// Passes the event to any hooks that are attached.
    #[pyfunction("audit(event, /, *args)")]
    fn audit(event: &Str, args: &[Value], vm: &Vm) -> PyResult<()> {
        match vm.interp().audited.get() {
            true => super::super::auditing::audit(&event.to_string_lossy(), args, vm),
            false => Ok(()),
        }
    }

    /// Adds a new audit hook callback.
    #[pyfunction("addaudithook(hook)")]
    fn addaudithook(hook: &Value, vm: &Vm) -> PyResult<()> {
        super::super::auditing::add_hook(hook, vm)
    }

    /// Enable or disable origin tracking for coroutine objects in this thread.
    ///
    /// Coroutine objects will track 'depth' frames of traceback information
    /// about where they came from, available in their cr_origin attribute.
    ///
    /// Set a depth of 0 to disable.
    #[pyfunction("set_coroutine_origin_tracking_depth(depth)")]
    fn set_coroutine_origin_tracking_depth(depth: i32, vm: &Vm) -> PyResult<()> {
        match usize::try_from(depth) {
            Ok(depth) => {
                vm.coroutine_origin_depth.set(depth);
                Ok(())
            }
            Err(_) => Err(vm.value_error("depth must be >= 0")),
        }
    }

    /// Check status of origin tracking for coroutine objects in this thread.
    #[pyfunction("get_coroutine_origin_tracking_depth()")]
    fn get_coroutine_origin_tracking_depth(vm: &Vm) -> usize {
        vm.coroutine_origin_depth.get()
    }

    /// set_asyncgen_hooks([firstiter] [, finalizer])
    ///
    /// Set a finalizer for async generators objects.
    #[pyfunction("set_asyncgen_hooks(firstiter=<unrepresentable>, finalizer=<unrepresentable>)")]
    fn set_asyncgen_hooks(firstiter: Option<&Value>, finalizer: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let check = |hook: Option<&Value>, name: &str| -> PyResult<()> {
            match hook.filter(|h| !h.is_none() && h.ty(vm).slots().call.is_none()) {
                Some(hook) => Err(vm.type_error(format!("callable {name} expected, got {}", vm.type_name(hook)))),
                None => Ok(()),
            }
        };
        check(finalizer, "finalizer")?;
        check(firstiter, "firstiter")?;
        if let Some(hook) = finalizer {
            vm.asyncgen_finalizer.set(Some(hook.clone()).filter(|h| !h.is_none()));
        }
        if let Some(hook) = firstiter {
            vm.asyncgen_firstiter.set(Some(hook.clone()).filter(|h| !h.is_none()));
        }
        Ok(())
    }

    /// Return the installed asynchronous generators hooks.
    ///
    /// This returns a namedtuple of the form (firstiter, finalizer).
    #[pyfunction("get_asyncgen_hooks()")]
    fn get_asyncgen_hooks(vm: &Vm) -> PyResult {
        use pyrope_types::model::structseq::{StructSequence, struct_sequence, struct_sequence_type};
        static HOOKS: StructSequence = StructSequence {
            name: "sys.asyncgen_hooks",
            doc: "asyncgen_hooks\n\nA named tuple providing information about asynchronous\ngenerators hooks.  The \
                  attributes are read only.",
            fields: &[
                ("firstiter", "Hook to intercept first iteration"),
                ("finalizer", "Hook to intercept finalization"),
            ],
            visible: 2,
        };
        #[derive(Default)]
        struct HooksType(std::cell::OnceCell<Ref<pyrope_object::Type>>);
        let state = vm.state::<HooksType>();
        let ty = match state.0.get() {
            Some(ty) => ty.clone(),
            None => {
                let made = struct_sequence_type(&HOOKS, vm)?;
                state.0.get_or_init(|| made).clone()
            }
        };
        let values = [vm.asyncgen_firstiter.get(), vm.asyncgen_finalizer.get()];
        struct_sequence(&ty, values.map(|h| h.unwrap_or(Value::none())).to_vec(), vm)
    }

    /// Turn on the perf profiler trampoline.
    #[pyfunction("activate_stack_trampoline(backend, /)")]
    fn activate_stack_trampoline(_backend: &Value, vm: &Vm) -> PyResult<()> {
        Err(vm.value_error("perf trampoline not available"))
    }

    #[pyfunction("deactivate_stack_trampoline()")]
    fn deactivate_stack_trampoline() {}

    #[pyfunction("is_stack_trampoline_active()")]
    fn is_stack_trampoline_active() -> bool {
        false
    }

    #[pyfunction("is_remote_debug_enabled()")]
    fn is_remote_debug_enabled() -> bool {
        false
    }
}
