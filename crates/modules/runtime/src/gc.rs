//! `gc`: the collector's controls.

use pyrope_object::gc::{self, DebugFlags};
use pyrope_object::{ModuleDef, PyResult, Value, Vm};
use pyrope_types::model::module::module_dict;
use pyrope_vm::generator;

pub static MODULE: ModuleDef = ModuleDef {
    name: "gc",
    doc: "This module provides access to the garbage collector for reference cycles.\n\nenable() -- Enable automatic garbage \
          collection.\ndisable() -- Disable automatic garbage collection.\nisenabled() -- Returns true if automatic collection \
          is enabled.\ncollect() -- Do a full collection right now.\nget_count() -- Return the current collection \
          counts.\nget_stats() -- Return list of dictionaries containing per-generation stats.\nset_debug() -- Set debugging \
          flags.\nget_debug() -- Get debugging flags.\nset_threshold() -- Set the collection thresholds.\nget_threshold() -- \
          Return the current collection thresholds.\nget_objects() -- Return a list of all objects tracked by the \
          collector.\nis_tracked() -- Returns true if a given object is tracked.\nis_finalized() -- Returns true if a given \
          object has been already finalized.\nget_referrers() -- Return the list of objects that refer to an \
          object.\nget_referents() -- Return the list of objects that an object refers to.\nfreeze() -- Freeze all tracked \
          objects and ignore them for future collections.\nunfreeze() -- Unfreeze all objects in the permanent \
          generation.\nget_freeze_count() -- Return the number of objects in the permanent generation.\n",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(exec),
};

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    let collector = &vm.interp().gc;
    for (name, place) in [("garbage", &collector.garbage), ("callbacks", &collector.callbacks)] {
        let list = place.get().unwrap_or_else(|| vm.new_list(Vec::new()).into_value());
        place.set(Some(list.clone()));
        dict.set_str(name, list, vm)?;
    }
    let flags = [
        ("DEBUG_STATS", DebugFlags::STATS),
        ("DEBUG_COLLECTABLE", DebugFlags::COLLECTABLE),
        ("DEBUG_UNCOLLECTABLE", DebugFlags::UNCOLLECTABLE),
        ("DEBUG_SAVEALL", DebugFlags::SAVEALL),
        ("DEBUG_LEAK", DebugFlags::LEAK),
    ];
    for (name, flag) in flags {
        dict.set_str(name, vm.int(i64::from(flag)), vm)?;
    }
    Ok(())
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;
    use pyrope_object::Args;

    /// Enable automatic garbage collection.
    #[pyfunction("enable()")]
    fn enable(vm: &Vm) {
        vm.interp().gc.enabled.set(true);
    }

    /// Disable automatic garbage collection.
    #[pyfunction("disable()")]
    fn disable(vm: &Vm) {
        vm.interp().gc.enabled.set(false);
    }

    /// Returns true if automatic garbage collection is enabled.
    #[pyfunction("isenabled()")]
    fn isenabled(vm: &Vm) -> bool {
        vm.interp().gc.enabled.get()
    }

    /// Run the garbage collector.
    ///
    /// With no arguments, run a full collection.  The optional argument
    /// may be an integer specifying which generation to collect.  A ValueError
    /// is raised if the generation number is invalid.
    ///
    /// The number of unreachable objects is returned.
    #[pyfunction("collect(generation=2)")]
    fn collect(generation: i32, vm: &Vm) -> PyResult {
        if !(0..=2).contains(&generation) {
            return Err(vm.value_error("invalid generation"));
        }
        let result = vm.interp().collect(generation as usize, vm);
        Ok(vm.int_from_usize(result.collected + result.uncollectable))
    }

    /// Return a three-tuple of the current collection counts.
    #[pyfunction("get_count()")]
    fn get_count(vm: &Vm) -> Value {
        vm.new_tuple(vm.interp().gc.counts.iter().map(|c| vm.int_from_usize(c.get())).collect()).into_value()
    }

    /// Return the current collection thresholds.
    #[pyfunction("get_threshold()")]
    fn get_threshold(vm: &Vm) -> Value {
        vm.new_tuple((0..3).map(|generation| vm.int_from_usize(vm.interp().gc.threshold(generation))).collect())
            .into_value()
    }

    /// set_threshold(threshold0, [threshold1, [threshold2]])
    /// Set the collection thresholds (the collection frequency).
    ///
    /// Setting 'threshold0' to zero disables collection.
    #[pyfunction("set_threshold")]
    fn set_threshold(args: Args<'_>, vm: &Vm) -> PyResult<()> {
        if args.keyword_count() > 0 {
            return Err(vm.type_error("gc.set_threshold() takes no keyword arguments"));
        }
        let values = args.positional();
        if !(1..=3).contains(&values.len()) {
            return Err(vm.type_error("gc.set_threshold requires 1 to 3 arguments"));
        }
        let mut numbers = Vec::with_capacity(3);
        for value in values {
            match vm.index_i64(value)?.and_then(|n| i32::try_from(n).ok()) {
                Some(n) => numbers.push(n.max(0) as usize),
                None => return Err(vm.overflow_error("Python int too large to convert to C int")),
            }
        }
        for (generation, number) in numbers.into_iter().enumerate() {
            vm.interp().gc.set_threshold(generation, number);
        }
        Ok(())
    }

    /// Set the garbage collection debugging flags.
    ///
    ///   flags
    ///     An integer that can have the following bits turned on:
    ///       DEBUG_STATS - Print statistics during collection.
    ///       DEBUG_COLLECTABLE - Print collectable objects found.
    ///       DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects
    ///         found.
    ///       DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.
    ///       DEBUG_LEAK - Debug leaking programs (everything but STATS).
    ///
    /// Debugging information is written to sys.stderr.
    #[pyfunction("set_debug(flags, /)")]
    fn set_debug(flags: i32, vm: &Vm) {
        vm.interp().gc.debug.set(flags as u32);
    }

    /// Get the garbage collection debugging flags.
    #[pyfunction("get_debug()")]
    fn get_debug(vm: &Vm) -> Value {
        vm.int(i64::from(vm.interp().gc.debug.get() as i32))
    }

    /// Return a list of objects tracked by the collector (excluding the list returned).
    ///
    ///   generation
    ///     Generation to extract the objects from.
    ///
    /// If generation is not None, return only the objects tracked by the collector
    /// that are in that generation.
    #[pyfunction("get_objects(generation=None)")]
    fn get_objects(generation: Option<&Value>, vm: &Vm) -> PyResult {
        let generation = match generation.filter(|g| !g.is_none()) {
            None => None,
            Some(value) => {
                if value.as_int().is_none() && value.ty(vm).slots().index.is_none() {
                    let name = vm.type_name(value);
                    return Err(vm.type_error(format!("argument should be integer or None, not '{name}'")));
                }
                match vm.index_isize(value)? {
                    3.. => {
                        let message = "generation parameter must be less than the number of available generations (3)";
                        return Err(vm.value_error(message));
                    }
                    -1 => None,
                    n if n < 0 => return Err(vm.value_error("generation parameter cannot be negative")),
                    n => Some(n as usize),
                }
            }
        };
        vm.audit("gc.get_objects", || [vm.int(generation.map_or(-1, |n| n as i64))])?;
        Ok(vm.new_list(vm.interp().gc.objects(generation)).into_value())
    }

    /// Return the list of objects that directly refer to any of 'objs'.
    #[pyfunction("get_referrers(*objs)")]
    fn get_referrers(objs: &[Value], vm: &Vm) -> PyResult {
        vm.audit("gc.get_referrers", || [vm.tuple_from_slice(objs).into_value()])?;
        let mut all = vm.interp().gc.objects(None);
        all.retain(|object| gc::refers_to(object, objs) || generator::runs_with(object, objs));
        Ok(vm.new_list(all).into_value())
    }

    /// Return the list of objects that are directly referred to by 'objs'.
    #[pyfunction("get_referents(*objs)")]
    fn get_referents(objs: &[Value], vm: &Vm) -> PyResult {
        vm.audit("gc.get_referents", || [vm.tuple_from_slice(objs).into_value()])?;
        Ok(vm.new_list(objs.iter().flat_map(gc::referents).collect()).into_value())
    }

    /// Return a list of dictionaries containing per-generation statistics.
    #[pyfunction("get_stats()")]
    fn get_stats(vm: &Vm) -> PyResult {
        let mut list = Vec::new();
        for stats in &vm.interp().gc.stats {
            let stats = stats.get();
            let dict = vm.new_dict();
            dict.set_str("collections", vm.int_from_usize(stats.collections), vm)?;
            dict.set_str("collected", vm.int_from_usize(stats.collected), vm)?;
            dict.set_str("uncollectable", vm.int_from_usize(stats.uncollectable), vm)?;
            list.push(dict.into_value());
        }
        Ok(vm.new_list(list).into_value())
    }

    /// Returns true if the object is tracked by the garbage collector.
    ///
    /// Simple atomic objects will return false.
    #[pyfunction("is_tracked(obj, /)")]
    fn is_tracked(obj: &Value) -> bool {
        gc::is_tracked(obj)
    }

    /// Returns true if the object has been already finalized by the GC.
    #[pyfunction("is_finalized(obj, /)")]
    fn is_finalized(obj: &Value) -> bool {
        gc::is_finalized(obj)
    }

    /// Freeze all current tracked objects and ignore them for future collections.
    ///
    /// This can be used before a POSIX fork() call to make the gc copy-on-write friendly.
    /// Note: collection before a POSIX fork() call may free pages for future allocation
    /// which can cause copy-on-write.
    #[pyfunction("freeze()")]
    fn freeze(vm: &Vm) {
        vm.interp().gc.freeze();
    }

    /// Unfreeze all objects in the permanent generation.
    ///
    /// Put all objects in the permanent generation back into oldest generation.
    #[pyfunction("unfreeze()")]
    fn unfreeze(vm: &Vm) {
        vm.interp().gc.unfreeze();
    }

    /// Return the number of objects in the permanent generation.
    #[pyfunction("get_freeze_count()")]
    fn get_freeze_count(vm: &Vm) -> Value {
        vm.int_from_usize(vm.interp().gc.frozen())
    }
}
