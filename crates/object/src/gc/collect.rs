//! Collection by trial deletion.
//!
//! The generations to collect are merged. Each object's count is copied into its links and every reference between them is
//! taken off again: what is left above zero is held from outside, and so is all that it reaches. The rest is garbage. Its
//! weak references are cleared, finalizers run (PEP 442), and what they did not bring back to life is cleared.

use std::num::NonZeroUsize;

use crate::gc::ring::{COLLECTING, Collector, Ring};
use crate::gc::trial::{separate, visit_own_references, visit_references};
use crate::header::{GcLinks, Header};
use crate::interpreter::Interpreter;
use crate::layout::{Dict, List, Tuple};
use crate::reference::Object;
use crate::typedef::TypeDef;
use crate::value::Value;
use crate::vm::Vm;

/// What `gc.get_stats()` tells of a generation.
#[derive(Clone, Copy, Default, Debug)]
pub struct GenerationStats {
    pub collections: usize,
    pub collected: usize,
    pub uncollectable: usize,
}

/// What one collection did.
#[derive(Clone, Copy, Default, Debug)]
pub struct Collection {
    pub collected: usize,
    pub uncollectable: usize,
}

/// `gc.DEBUG_*`
pub struct DebugFlags;

impl DebugFlags {
    pub const STATS: u32 = 1;
    pub const COLLECTABLE: u32 = 2;
    pub const UNCOLLECTABLE: u32 = 4;
    pub const SAVEALL: u32 = 32;
    pub const LEAK: u32 = Self::COLLECTABLE | Self::UNCOLLECTABLE | Self::SAVEALL;
}

/// The oldest generation.
const OLDEST: usize = 2;
fn links_of(value: &Value) -> Option<&GcLinks> {
    value.header().and_then(Header::links)
}

/// The members of a ring, counted, in order.
fn members(ring: &Ring) -> Vec<Value> {
    ring.iter().map(GcLinks::value).collect()
}

/// Stops watching the tuples of a ring that hold nothing that could lead back to them.
fn untrack_tuples(ring: &Ring) {
    let head: *const GcLinks = ring.head();
    let mut at = ring.head().next.get();
    while !std::ptr::eq(at, head) {
        // SAFETY: a member of the ring, live.
        let links = unsafe { &*at };
        at = links.next.get();
        if is_atomic_tuple(links.header()) {
            links.unlink();
        }
    }
}

/// A tuple that holds nothing that could lead back to it need not be watched.
fn is_atomic_tuple(header: &Header) -> bool {
    if !header.ty().is_exactly(Tuple::def()) {
        return false;
    }
    // SAFETY: exactly a tuple.
    let tuple = unsafe { &*std::ptr::from_ref(header).cast::<Tuple>() };
    tuple.as_slice().iter().all(|item| match item.header() {
        None => true,
        Some(inner) => match inner.links() {
            None => true,
            Some(links) => inner.ty().is_exactly(Tuple::def()) && !links.is_tracked(),
        },
    })
}

impl Interpreter {
    /// Collects if the youngest generation is over its threshold and collection is enabled: for safe points.
    #[inline]
    pub fn collect_if_wanted(&self, vm: &Vm) {
        if self.gc.take_wanted() && self.gc.enabled.get() && !self.gc.collecting.get() {
            match self.gc.stress.get() {
                None => self.collect_over_threshold(vm),
                Some(full_every) => self.collect_under_stress(full_every, vm),
            }
        }
    }

    /// Collects the oldest generation that is over its threshold. The oldest of all is collected only once a quarter as
    /// many objects have come to it as survived its last collection.
    #[cold]
    fn collect_over_threshold(&self, vm: &Vm) {
        let gc = &self.gc;
        for generation in (0..=OLDEST).rev() {
            let threshold = gc.threshold(generation);
            if threshold == 0 && generation > 0 {
                continue;
            }
            if gc.counts[generation].get() <= threshold {
                continue;
            }
            if generation == OLDEST && gc.long_lived_pending.get() < gc.long_lived_total.get() / 4 {
                continue;
            }
            let pending = vm.take_exception();
            self.collect(generation, vm);
            vm.restore_exception(pending);
            return;
        }
    }

    #[cold]
    fn collect_under_stress(&self, full_every: NonZeroUsize, vm: &Vm) {
        let times = self.gc.stressed.get().wrapping_add(1);
        self.gc.stressed.set(times);
        let generation = if times.is_multiple_of(full_every.get()) { OLDEST } else { 0 };
        let pending = vm.take_exception();
        self.collect(generation, vm);
        vm.restore_exception(pending);
    }

    /// Collects a generation (0, 1 or 2) and all younger ones, with callbacks and statistics. Nothing happens while a
    /// collection is under way.
    pub fn collect(&self, generation: usize, vm: &Vm) -> Collection {
        let gc = &self.gc;
        let generation = generation.min(OLDEST);
        if gc.collecting.replace(true) {
            return Collection::default();
        }
        gc.call_callbacks("start", generation, Collection::default(), vm);
        let result = self.collect_generation(generation, vm);
        gc.stats[generation].with_mut(|stats| {
            stats.collections += 1;
            stats.collected += result.collected;
            stats.uncollectable += result.uncollectable;
        });
        gc.call_callbacks("stop", generation, result, vm);
        gc.collecting.set(false);
        result
    }

    fn collect_generation(&self, generation: usize, vm: &Vm) -> Collection {
        let gc = &self.gc;
        let begin = std::time::Instant::now();
        let debug = gc.debug.get();
        if debug & DebugFlags::STATS != 0 {
            gc.report_start(generation, vm);
        }
        if generation < OLDEST {
            gc.counts[generation + 1].set(gc.counts[generation + 1].get() + 1);
        }
        for younger in 0..=generation {
            gc.counts[younger].set(0);
        }
        let young = &gc.generations[generation];
        for younger in &gc.generations[..generation] {
            young.append(younger);
        }
        let garbage_ring = Ring::new();
        let survivors = &gc.generations[(generation + 1).min(OLDEST)];
        let kept = separate(young, 0, &garbage_ring);
        untrack_tuples(young);
        if generation == OLDEST {
            gc.long_lived_pending.set(0);
            gc.long_lived_total.set(kept);
        } else {
            survivors.append(young);
            if generation + 1 == OLDEST {
                gc.long_lived_pending.set(gc.long_lived_pending.get() + kept);
            }
        }
        let unreachable = members(&garbage_ring);
        let found = unreachable.len();
        if debug & DebugFlags::COLLECTABLE != 0 {
            for object in &unreachable {
                report(&format!("gc: collectable <{} {:#x}>\n", object.ty(vm).name(), object.id()), vm);
            }
        }
        let called_back = clear_weak_references(&unreachable, vm);
        let finalized = finalize(&unreachable);
        // Where no Python code ran, nothing came back to life.
        let garbage = match called_back || finalized {
            true => without_resurrected(unreachable, survivors, &garbage_ring),
            false => unreachable,
        };
        let collected = garbage.len();
        if debug & DebugFlags::SAVEALL != 0 {
            gc.save_all(garbage, survivors, vm);
        } else {
            clear_all(garbage);
        }
        survivors.append(&garbage_ring);
        if debug & DebugFlags::STATS != 0 {
            let elapsed = begin.elapsed().as_secs_f64();
            report(&format!("gc: done, {found} unreachable, 0 uncollectable, {elapsed:.4}s elapsed\n"), vm);
        }
        Collection { collected, uncollectable: 0 }
    }
}

/// Clears the weak references to garbage, then calls the callbacks of those that are no garbage themselves. True if
/// there were such.
fn clear_weak_references(unreachable: &[Value], vm: &Vm) -> bool {
    let headers = || unreachable.iter().filter_map(Value::header);
    let is_referred_to = |header: &Header| header.extension().is_some_and(|words| !words.weak.get().is_null());
    if !headers().any(is_referred_to) {
        return false;
    }
    for header in headers() {
        if let Some(links) = header.links() {
            links.prev.set(links.prev.get() | COLLECTING);
        }
    }
    let is_garbage = |header: &Header| header.links().is_some_and(|links| links.prev.get() & COLLECTING != 0);
    let mut calls = Vec::new();
    for header in headers() {
        calls.extend(crate::weak::clear_for_collection(header, is_garbage));
    }
    for header in headers() {
        if let Some(links) = header.links() {
            links.prev.set(links.prev.get() & !COLLECTING);
        }
    }
    let any = !calls.is_empty();
    crate::weak::call_callbacks(calls, vm);
    any
}

/// Runs each finalizer that has not run before. True if there was one.
fn finalize(unreachable: &[Value]) -> bool {
    let mut any = false;
    for object in unreachable {
        let Some(header) = object.header() else { continue };
        if header.ty().slots().finalize.is_some() && header.links().is_some_and(|links| !links.set_finalized()) {
            crate::lifetime::run_finalizer(object);
            any = true;
        }
    }
    any
}

/// Finalizers may have made garbage reachable again: that goes to the survivors; the rest stays garbage.
fn without_resurrected(unreachable: Vec<Value>, survivors: &Ring, garbage: &Ring) -> Vec<Value> {
    // A finalizer may have had an object untracked: then it is no longer the collector's. What finalizers made is not in
    // this ring. Each member is held by `unreachable`.
    let still_garbage = Ring::new();
    separate(garbage, 1, &still_garbage);
    survivors.append(garbage);
    garbage.append(&still_garbage);
    let still = members(garbage);
    // Drops the first set of counts: what was resurrected lives by its own references.
    drop(unreachable);
    still
}

/// Breaks the cycles: empties each object. All of them are kept alive until the last one is empty.
fn clear_all(garbage: Vec<Value>) {
    let mut out = Vec::new();
    for object in &garbage {
        let Some(header) = object.header() else { continue };
        if let Some(clear) = header.ty().def().layout.clear {
            // SAFETY: the layout describes this live object.
            unsafe { clear(header, &mut out) };
        }
        header.take_attributes(&mut out);
        header.take_members(&mut out);
        out.clear();
    }
    drop(garbage);
}

/// Writes to `sys.stderr`; what fails is forgotten.
fn report(text: &str, vm: &Vm) {
    let pending = vm.take_exception();
    let written = (|| {
        let sys = match vm.interp().modules.get() {
            Some(modules) => modules.get_str("sys", vm)?,
            None => None,
        };
        if let Some(sys) = sys {
            let stream = vm.get_attr_str(&sys, "stderr")?;
            vm.call_method(&stream, "write", &[vm.new_str(text).into_value()])?;
        }
        Ok(())
    })();
    if let Err(raised) = written {
        vm.ignore(raised);
    }
    vm.restore_exception(pending);
}

impl Collector {
    fn report_start(&self, generation: usize, vm: &Vm) {
        let sizes: Vec<String> = self.generations.iter().map(|ring| ring.len().to_string()).collect();
        report(&format!("gc: collecting generation {generation}...\n"), vm);
        report(&format!("gc: objects in each generation: {}\n", sizes.join(" ")), vm);
        report(&format!("gc: objects in permanent generation: {}\n", self.permanent.len()), vm);
    }

    /// Calls `gc.callbacks` with a phase and what it is about.
    fn call_callbacks(&self, phase: &str, generation: usize, result: Collection, vm: &Vm) {
        let Some(callbacks) = self.callbacks.get() else { return };
        let Some(list) = callbacks.downcast::<List>() else { return };
        if list.is_empty() {
            return;
        }
        let pending = vm.take_exception();
        let info = vm.new_dict();
        let entries =
            [("generation", generation), ("collected", result.collected), ("uncollectable", result.uncollectable)];
        for (name, number) in entries {
            if let Err(raised) = info.set_str(name, vm.int_from_usize(number), vm) {
                vm.ignore(raised);
            }
        }
        let phase = vm.new_str(phase).into_value();
        let mut index = 0;
        while let Some(callback) = list.get(index) {
            index += 1;
            if vm.call(&callback, &[phase.clone(), info.to_value()]).is_err() {
                vm.write_unraisable(Some("Exception ignored while calling GC callback"), &callback);
            }
        }
        vm.restore_exception(pending);
    }

    /// `DEBUG_SAVEALL`: garbage goes to `gc.garbage` and lives on.
    fn save_all(&self, garbage: Vec<Value>, survivors: &Ring, vm: &Vm) {
        let list = self.garbage.get().unwrap_or_else(|| {
            let list = vm.new_list(Vec::new()).into_value();
            self.garbage.set(Some(list.clone()));
            list
        });
        for object in garbage {
            if let Some(links) = links_of(&object).filter(|links| links.is_tracked()) {
                links.unlink();
                survivors.push(links);
            }
            if let Some(list) = list.downcast::<List>() {
                list.push(object);
            }
        }
    }

    /// The tracked objects of a generation, or of all.
    pub fn objects(&self, generation: Option<usize>) -> Vec<Value> {
        let rings = match generation {
            Some(generation) => &self.generations[generation.min(OLDEST)..=generation.min(OLDEST)],
            None => &self.generations[..],
        };
        rings
            .iter()
            .flat_map(Ring::iter)
            .filter(|links| links.header().refcount.get() > 0)
            .map(GcLinks::value)
            .collect()
    }

    /// `gc.freeze()`: no collection looks at what is tracked now.
    pub fn freeze(&self) {
        for (ring, count) in self.generations.iter().zip(&self.counts) {
            self.permanent.append(ring);
            count.set(0);
        }
    }

    /// `gc.unfreeze()`
    pub fn unfreeze(&self) {
        self.generations[OLDEST].append(&self.permanent);
    }

    /// `gc.get_freeze_count()`
    pub fn frozen(&self) -> usize {
        self.permanent.len()
    }
}

/// The objects that an object refers to directly.
pub fn referents(object: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some(header) = object.header()
        && header.links().is_some()
    {
        match contents(object, header.ty().def()) {
            Some(items) => {
                found = items;
                visit_own_references(header, &mut |value| found.push(value.clone()));
            }
            None => visit_references(header, &mut |value| found.push(value.clone())),
        }
    }
    found
}

/// What the plain containers (of exactly this layout) hold, with the immediates that the collector need not see.
fn contents(object: &Value, layout: &'static TypeDef) -> Option<Vec<Value>> {
    if std::ptr::eq(layout, List::def()) {
        return object.downcast::<List>().map(List::to_vec);
    }
    if std::ptr::eq(layout, Tuple::def()) {
        return object.downcast::<Tuple>().map(|tuple| tuple.as_slice().to_vec());
    }
    let dict = object.downcast::<Dict>().filter(|_| std::ptr::eq(layout, Dict::def()))?;
    Some(dict.entries().into_iter().flat_map(|entry| [entry.key, entry.value]).collect())
}

/// True if an object refers directly to one of `targets`.
pub fn refers_to(object: &Value, targets: &[Value]) -> bool {
    let mut found = false;
    if let Some(header) = object.header() {
        visit_references(header, &mut |value| found |= targets.iter().any(|target| target.is(value)));
    }
    found
}

/// `gc.is_tracked(object)`
pub fn is_tracked(object: &Value) -> bool {
    links_of(object).is_some_and(GcLinks::is_tracked)
}

/// `gc.is_finalized(object)`
pub fn is_finalized(object: &Value) -> bool {
    links_of(object).is_some_and(GcLinks::is_finalized)
}
