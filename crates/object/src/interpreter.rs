//! One interpreter: a heap, its types and names, the collector. Everything mutable hangs off here or off a thread.

use std::any::{Any, TypeId};
use std::cell::{Cell, OnceCell, RefCell};
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use foldhash::HashMap;
use pyrope_alloc::Heap;
use siphasher::sip::SipHasher13;

use crate::builtin::BuiltinType;
use crate::gc::Collector;
use crate::guarded::Guarded;
use crate::header::Header;
use crate::hooks::Hooks;
use crate::interned::InternTable;
use crate::layout::{Dict, Str, Tuple};
use crate::lock::InterpreterLock;
use crate::method_cache::MethodCache;
use crate::names::Names;
use crate::reference::Ref;
use crate::shape::ShapeTable;
use crate::ty::Type;
use crate::typedef::TypeDef;
use crate::vm::Vm;

/// The static descriptions of the builtin types, by their place in the table; `types` provides it.
/// A place left empty stands for a type that does not exist (yet); it is filled with `object`.
pub type BuiltinDefs = [Option<fn() -> &'static TypeDef>; BuiltinType::COUNT];

/// Takes a `TypeId`, which is as good as random, for its own hash.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
}

/// An interpreter. Used by one thread at a time (its lock); not shared otherwise.
pub struct Interpreter {
    pub heap: Heap,
    pub gc: Collector,
    pub shapes: Guarded<ShapeTable>,
    pub(crate) method_cache: MethodCache,
    pub(crate) nested_deaths: Cell<u32>,
    pub(crate) waiting_deaths: Guarded<Vec<NonNull<Header>>>,
    current: Cell<*const Vm>,
    /// All threads that have entered and not ended, by their numbers here: one may be moved before it ends.
    threads: RefCell<Vec<(u64, *const Vm)>>,
    last_thread: Cell<u64>,
    version: Cell<u32>,
    /// See [`Interpreter::unwatched`].
    pub(crate) unwatched: Cell<bool>,
    /// `-b`: 1 warns when bytes are taken for text, 2 asks for an error.
    pub bytes_warning: Cell<u8>,
    /// There are audit hooks.
    pub audited: Cell<bool>,
    hash_key: (u64, u64),
    builtins: Box<[Cell<*const Type>; BuiltinType::COUNT]>,
    /// Native types outside the table, by the address of their description.
    native_types: Guarded<HashMap<usize, Ref<Type>>>,
    interned: Guarded<InternTable>,
    names: OnceCell<Names>,
    pub(crate) singletons: OnceCell<Singletons>,
    pub(crate) hooks: OnceCell<Hooks>,
    /// Per-interpreter state of native crates, by its Rust type.
    state: Guarded<std::collections::HashMap<TypeId, Rc<dyn Any>, BuildHasherDefault<TypeIdHasher>>>,
    /// `sys.modules`, and the dict of `builtins`.
    pub modules: OnceCell<Ref<Dict>>,
    pub builtins_dict: OnceCell<Ref<Dict>>,
    /// Why the eval loop should look up from its work: bits of [`crate::vm::breaker`]. Other threads and signal
    /// handlers set them.
    pub breaker: Arc<AtomicU32>,
    /// What its threads take turns with.
    pub lock: Arc<InterpreterLock>,
}

/// Objects made once.
pub(crate) struct Singletons {
    pub empty_tuple: Ref<Tuple>,
    pub empty_str: Ref<Str>,
    pub empty_bytes: Ref<crate::layout::Bytes>,
    pub latin1: Box<[Ref<Str>]>,
}

/// What an interpreter is started with.
pub struct InterpreterConfig {
    /// The two halves of the key for string hashes; zero for `PYTHONHASHSEED=0`.
    pub hash_key: (u64, u64),
    pub allocator: pyrope_alloc::Mode,
}

/// Ends the process when not even a small object can be had from the system.
#[cold]
pub(crate) fn out_of_memory() -> ! {
    std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u64; 8]>())
}

impl Interpreter {
    /// Makes the heap and the builtin types. `hooks` are the upper crates' entry points.
    /// The interpreter is alive until dropped; `thread` becomes its current thread.
    pub fn new(config: &InterpreterConfig, defs: &BuiltinDefs, hooks: Hooks) -> Rc<Interpreter> {
        let breaker: Arc<AtomicU32> = Arc::default();
        let interp = Rc::new(Interpreter {
            heap: Heap::with_alarm(config.allocator, breaker.clone(), crate::vm::breaker::BUDGET),
            gc: Collector::new(breaker.clone()),
            shapes: Guarded::default(),
            method_cache: MethodCache::default(),
            nested_deaths: Cell::new(0),
            waiting_deaths: Guarded::default(),
            current: Cell::new(std::ptr::null()),
            threads: RefCell::default(),
            last_thread: Cell::new(0),
            version: Cell::new(0),
            unwatched: Cell::new(false),
            bytes_warning: Cell::new(0),
            audited: Cell::new(false),
            hash_key: config.hash_key,
            builtins: Box::new([const { Cell::new(std::ptr::null()) }; BuiltinType::COUNT]),
            native_types: Guarded::default(),
            interned: Guarded::default(),
            names: OnceCell::new(),
            singletons: OnceCell::new(),
            hooks: OnceCell::new(),
            state: Guarded::default(),
            modules: OnceCell::new(),
            builtins_dict: OnceCell::new(),
            lock: Arc::new(InterpreterLock::new(breaker.clone())),
            breaker,
        });
        let _ = interp.hooks.set(hooks);
        let vm = Vm::new(&interp);
        interp.enter(&vm);
        interp.make_builtin_types(&vm, defs);
        interp.make_singletons(&vm);
        let _ = interp.names.set(Names::new(&vm));
        let _ = interp.modules.set(vm.new_dict());
        let _ = interp.builtins_dict.set(vm.new_dict());
        interp.current.set(std::ptr::null());
        interp
    }

    fn make_builtin_types(&self, vm: &Vm, defs: &BuiltinDefs) {
        for (kind, def) in BuiltinType::ALL.into_iter().zip(defs) {
            let Some(def) = def else { continue };
            assert_eq!(def().builtin, Some(kind), "the table of builtin types is out of order");
            if self.builtins[kind as usize].get().is_null() {
                self.make_native_type(vm, def());
            }
        }
        // `type` and `object` were made before `type` was there to be their type.
        let metatype = self.builtins[BuiltinType::Type as usize].get();
        let object = self.builtins[BuiltinType::Object as usize].get();
        for cell in self.builtins.iter() {
            if cell.get().is_null() {
                cell.set(object);
            }
            // SAFETY: every cell was filled above.
            unsafe { (*cell.get()).header.set_ty(metatype) };
        }
        self.give_second_base();
    }

    /// `ExceptionGroup` is the one native type with two bases: it is an `Exception` as well.
    fn give_second_base(&self) {
        let group = self.builtin(BuiltinType::ExceptionGroup);
        let bases = [BuiltinType::BaseExceptionGroup, BuiltinType::Exception].map(|kind| self.builtin(kind));
        if !group.is_subtype(bases[0]) || bases[0].is(self.builtin(BuiltinType::Object)) {
            return;
        }
        let mut mro = vec![Ref::from_borrowed(group), Ref::from_borrowed(bases[0])];
        mro.extend(bases[1].mro().iter().cloned());
        group.set_bases(Ref::from_borrowed(bases[0]), bases.map(Ref::from_borrowed).to_vec());
        group.set_mro(mro);
    }

    /// Makes the type that `def` describes, and its bases if need be.
    fn make_native_type(&self, vm: &Vm, def: &'static TypeDef) -> Ref<Type> {
        let base_def = match def.base {
            Some(base) => Some(base()),
            None if def.builtin == Some(BuiltinType::Object) => None,
            None => Some(vm.hooks().object_def),
        };
        let base = base_def.map(|d| self.native_type(vm, d));
        let ty = Type::blank(def, def.name.into(), def.name.into());
        ty.interp.set(self);
        let metatype = self.builtins[BuiltinType::Type as usize].get();
        // SAFETY: `type` is fixed-size; while it does not exist yet the header is patched by `make_builtin_types`.
        let ty = unsafe { crate::bootstrap::new_type_object(self, metatype, ty) };
        let mut mro = vec![ty.clone()];
        if let Some(base) = base {
            ty.slots_mut(|slots| {
                slots.inherit(base.slots());
                if def.unhashable {
                    slots.hash = None;
                }
            });
            crate::ty::inherit_flags(&ty, &base);
            mro.extend(base.mro().iter().cloned());
            ty.set_bases(base.clone(), vec![base]);
        }
        ty.set_mro(mro);
        ty.header.make_immortal();
        match def.builtin {
            Some(kind) => {
                ty.instance_shape.set(crate::shape::builtin_shape(kind));
                self.builtins[kind as usize].set(&*ty);
            }
            None => {
                self.native_types.with_mut(|types| types.insert(std::ptr::from_ref(def) as usize, ty.clone()));
            }
        }
        if ty.flags().has(crate::typedef::TypeFlags::DICT) {
            ty.instance_shape.set(self.shapes.with_mut(ShapeTable::new_root));
        }
        ty
    }

    /// The type that `def` describes, made on first use.
    pub fn native_type(&self, vm: &Vm, def: &'static TypeDef) -> Ref<Type> {
        let known = match def.builtin {
            // SAFETY: a filled cell points to an immortal type.
            Some(kind) => unsafe { self.builtins[kind as usize].get().as_ref() }.map(Ref::from_borrowed),
            None => self.native_types.with(|types| types.get(&(std::ptr::from_ref(def) as usize)).cloned()),
        };
        known.unwrap_or_else(|| self.make_native_type(vm, def))
    }

    fn make_singletons(&self, vm: &Vm) {
        let strings = |class: &Type| -> Option<Singletons> {
            let empty = Str::try_from_utf8(vm, class, "").ok()?;
            let latin1 =
                (0..=255u8).map(|c| Str::try_from_latin1(vm, class, &[c]).ok()).collect::<Option<Box<[_]>>>()?;
            Some(Singletons {
                empty_tuple: Tuple::try_from_iter(vm, vm.builtin(BuiltinType::Tuple), 0, std::iter::empty()).ok()?,
                empty_str: empty,
                empty_bytes: crate::layout::Bytes::try_new(vm, vm.builtin(BuiltinType::Bytes), b"").ok()?,
                latin1,
            })
        };
        let Some(singletons) = strings(vm.builtin(BuiltinType::Str)) else { out_of_memory() };
        let _ = self.singletons.set(singletons);
        for single in self.singletons.get().into_iter().flat_map(|s| s.latin1.iter().chain([&s.empty_str])) {
            vm.intern_str(single);
        }
    }

    /// The type at a place in the table.
    #[inline(always)]
    pub fn builtin(&self, kind: BuiltinType) -> &Type {
        // SAFETY: all places are filled before anything else runs, with immortal types.
        unsafe { &*self.builtins[kind as usize].get() }
    }

    /// Interned names for native code.
    #[inline]
    pub fn names(&self) -> &Names {
        match self.names.get() {
            Some(names) => names,
            None => unreachable!("names are made when the interpreter is"),
        }
    }

    /// The thread that runs now.
    #[inline]
    pub fn current(&self) -> Option<&Vm> {
        // SAFETY: `enter` sets a thread that stays alive until it leaves.
        unsafe { self.current.get().as_ref() }
    }

    /// Makes `vm` the running thread; its lock must be held. Give the previous one back with [`Interpreter::leave`].
    pub fn enter(&self, vm: &Vm) {
        if vm.number.get() == 0 {
            self.last_thread.set(self.last_thread.get() + 1);
            vm.number.set(self.last_thread.get());
            self.threads.borrow_mut().push((vm.number.get(), vm));
        }
        self.current.set(vm);
        self.heap.enter_thread();
    }

    /// Shows the threads of this interpreter, oldest first. None of them may end meanwhile: `look` runs no Python code.
    pub fn for_each_thread(&self, mut look: impl FnMut(&Vm)) {
        let threads = self.threads.borrow().clone();
        for thread in threads {
            if self.threads.borrow().contains(&thread) {
                // SAFETY: a thread strikes itself off before it ends, under the lock that the caller holds.
                look(unsafe { &*thread.1 });
            }
        }
    }

    /// A thread ends.
    pub(crate) fn strike_off(&self, vm: &Vm) {
        self.threads.borrow_mut().retain(|known| known.0 != vm.number.get());
    }

    /// In the child of a fork, where only one thread goes on.
    pub fn keep_only(&self, vm: &Vm) {
        self.threads.borrow_mut().retain(|known| known.0 == vm.number.get());
    }

    /// No thread runs.
    pub fn leave(&self) {
        self.heap.leave_thread();
        self.current.set(std::ptr::null());
    }

    /// A fresh number for dict keys, types and shapes; never 0.
    pub fn next_version(&self) -> u32 {
        let next = self.version.get().checked_add(1).unwrap_or(1);
        self.version.set(next);
        next
    }

    /// CPython's hash of a run of bytes (SipHash-1-3 under this interpreter's key).
    pub fn hash_bytes(&self, data: &[u8]) -> i64 {
        if data.is_empty() {
            return 0;
        }
        let mut hasher = SipHasher13::new_with_keys(self.hash_key.0, self.hash_key.1);
        hasher.write(data);
        match hasher.finish() as i64 {
            -1 => -2,
            hash => hash,
        }
    }

    /// The one interned string with this text.
    pub(crate) fn intern(&self, text: &Ref<Str>) -> Ref<Str> {
        if text.is_interned() {
            return text.clone();
        }
        if let Some(known) = self.interned.with(|table| table.get(text)) {
            return known;
        }
        text.mark_interned();
        self.interned.with_mut(|table| table.insert(text));
        text.clone()
    }

    /// An interned string dies.
    pub(crate) fn forget_interned(&self, text: &Str) {
        self.interned.with_mut(|table| table.remove(text));
    }

    /// The interned `str` with this text, if there is one (ASCII text only).
    pub fn interned_ascii(&self, text: &str) -> Option<Ref<Str>> {
        self.interned.with(|table| table.get_ascii(text))
    }

    /// This interpreter's `T`, made by `T::default()` on first use. Where native crates keep what C would keep in
    /// module state.
    pub fn state<T: Any + Default>(&self) -> Rc<T> {
        let known = self.state.with(|state| state.get(&TypeId::of::<T>()).cloned());
        let any = known.unwrap_or_else(|| {
            let fresh: Rc<dyn Any> = Rc::new(T::default());
            self.state.with_mut(|state| state.insert(TypeId::of::<T>(), fresh.clone()));
            fresh
        });
        match any.downcast::<T>() {
            Ok(state) => state,
            Err(_) => unreachable!("state is filed under its own type"),
        }
    }
}

impl Drop for Interpreter {
    /// Ends what the interpreter itself holds while its heap is there. Finalizers do not run: no thread is left. What is
    /// referred to from everywhere (names, types) goes with the heap.
    fn drop(&mut self) {
        // The tracer holds objects.
        self.trace_allocations(None);
        self.leave();
        drop(self.state.take());
        drop(self.gc.garbage.take());
        drop(self.gc.callbacks.take());
        drop(self.modules.take());
        drop(self.builtins_dict.take());
        std::mem::forget(self.shapes.take());
        std::mem::forget((self.names.take(), self.singletons.take(), self.native_types.take()));
        drop(self.interned.take());
    }
}
