//! Types: what an object's header points to.

use std::cell::{Cell, OnceCell, UnsafeCell};
use std::rc::Rc;

use crate::guarded::Guarded;
use crate::header::{Extension, GcLinks, Header};
use crate::interpreter::Interpreter;
use crate::layout::{Bytes, Dict, Float, Int, Str};
use crate::reference::{Object, Ref};
use crate::slots::Slots;
use crate::traverse::Traverse;
use crate::typedef::{TypeDef, TypeFlags};
use crate::value::Value;
use crate::vm::Vm;

/// The layout of `type`.
#[repr(C)]
pub struct Type {
    pub(crate) header: Header,
    /// The nearest native layout: this type's own for a native type, an ancestor's for a class.
    pub(crate) def: &'static TypeDef,
    /// The full description: methods, slots, documentation. The same as `def`, but for core layouts.
    behaviour: &'static TypeDef,
    pub(crate) interp: Cell<*const Interpreter>,
    flags: Cell<u32>,
    /// Stands for the present contents of the type and its bases; 0 until asked for and after each change.
    version: Cell<u32>,
    /// Shape of a fresh instance.
    pub(crate) instance_shape: Cell<u32>,
    /// Bytes from the header to the end of native fields and `__slots__`.
    pub(crate) basic_size: Cell<u32>,
    /// How many attribute slots follow `basic_size` in each instance.
    pub(crate) inline_capacity: Cell<u32>,
    /// Some instances came from classes that reserve another number of attribute slots; see [`crate::shape::Shape`].
    pub(crate) has_foreign_instances: Cell<bool>,
    /// How many `__slots__` members lie between the native fields and `basic_size`.
    pub(crate) member_slots: Cell<u32>,
    /// The native methods are in the dict.
    pub(crate) ready: Cell<bool>,
    /// The MRO names types that are no ancestors, which do not tell this one of their changes: nothing is cached.
    has_foreign_mro: Cell<bool>,
    /// See [`Type::plainness`].
    plainness: Cell<Plainness>,
    slots: UnsafeCell<Slots>,
    name: Guarded<Rc<str>>,
    qualname: Guarded<Rc<str>>,
    base: Guarded<Option<Ref<Type>>>,
    bases: Guarded<Vec<Ref<Type>>>,
    mro: Guarded<Rc<[Ref<Type>]>>,
    pub(crate) dict: OnceCell<Ref<Dict>>,
    /// Direct subclasses, not counted; each removes itself when it dies.
    subclasses: Guarded<Vec<*const Type>>,
    /// The tuple that `__bases__` gives, once it was asked for or given.
    pub bases_tuple: Guarded<Option<Value>>,
}

/// What instances of exactly this type consist of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plainness {
    Unknown,
    /// Plain, and without references to other objects.
    Leaf,
    /// Collector links (perhaps), native fields and trailing items: they come and go without finalizer, attributes,
    /// members, weak references or a count of their type.
    Plain,
    /// The same, but they can have weak references, attributes beside the object, and a finalizer.
    Light,
    /// Anything.
    Special,
}

/// Have instances of this type nothing but bytes?
fn is_leaf(def: &TypeDef) -> bool {
    [Str::def(), Bytes::def(), Int::def(), Float::def()].into_iter().any(|leaf| std::ptr::eq(leaf, def))
}

/// What a new class is made of; see [`Type::new_class`].
pub struct ClassParts {
    pub name: Rc<str>,
    pub qualname: Rc<str>,
    pub bases: Vec<Ref<Type>>,
    /// The base whose layout the class extends.
    pub base: Ref<Type>,
    pub namespace: Ref<Dict>,
    pub flags: TypeFlags,
    /// `__slots__` members added by this class.
    pub member_slots: u32,
    /// Attribute slots to reserve in each instance.
    pub inline_capacity: u32,
}

impl Type {
    pub(crate) fn blank(behaviour: &'static TypeDef, name: Rc<str>, qualname: Rc<str>) -> Type {
        let def = behaviour.builtin.and_then(crate::layout::core_def).unwrap_or(behaviour);
        Type {
            header: Header::blank(),
            def,
            behaviour,
            interp: Cell::new(std::ptr::null()),
            flags: Cell::new(behaviour.flags.0),
            version: Cell::new(0),
            instance_shape: Cell::new(crate::shape::NO_SHAPE),
            basic_size: Cell::new(def.layout.size as u32),
            inline_capacity: Cell::new(0),
            has_foreign_instances: Cell::new(false),
            member_slots: Cell::new(0),
            ready: Cell::new(false),
            has_foreign_mro: Cell::new(false),
            plainness: Cell::new(Plainness::Unknown),
            slots: UnsafeCell::new(behaviour.slots),
            name: Guarded::new(name),
            qualname: Guarded::new(qualname),
            base: Guarded::new(None),
            bases: Guarded::new(Vec::new()),
            mro: Guarded::new(Rc::new([])),
            dict: OnceCell::new(),
            subclasses: Guarded::new(Vec::new()),
            bases_tuple: Guarded::new(None),
        }
    }

    /// Makes a class. The caller has checked the bases; the MRO is set by [`Type::set_mro`] afterwards, and slots that
    /// the namespace overrides by [`Type::update_slots`].
    pub fn new_class(vm: &Vm, metatype: &Type, parts: ClassParts) -> Ref<Type> {
        let base = &parts.base;
        let class = Type::blank(base.behaviour, parts.name, parts.qualname);
        class.flags.set(parts.flags.or(TypeFlags::HEAP).0);
        class.slots_mut(|slots| {
            *slots = Slots::EMPTY;
        });
        class.basic_size.set(base.basic_size.get() + parts.member_slots * 8);
        class.member_slots.set(base.member_slots.get() + parts.member_slots);
        let variable = base.def.layout.trailing.is_some();
        class.inline_capacity.set(if variable || !class.flags().has(TypeFlags::DICT) {
            0
        } else {
            parts.inline_capacity
        });
        class.instance_shape.set(vm.interp().shapes.with_mut(|shapes| shapes.new_root()));
        class.ready.set(true);
        let class = crate::lifetime::new_of(vm, metatype, class);
        class.interp.set(vm.interp());
        parts.namespace.set_class(&*class);
        let _ = class.dict.set(parts.namespace);
        for base in &parts.bases {
            base.subclasses.with_mut(|s| s.push(&*class));
        }
        class.base.set(Some(parts.base));
        class.bases.set(parts.bases);
        class
    }

    /// `__name__`
    pub fn name(&self) -> Rc<str> {
        self.name.get()
    }

    /// Sets `__name__`.
    pub fn set_name(&self, name: &str) {
        self.name.set(name.into());
    }

    /// `__qualname__`
    pub fn qualname(&self) -> Rc<str> {
        self.qualname.get()
    }

    /// Sets `__qualname__`.
    pub fn set_qualname(&self, name: &str) {
        self.qualname.set(name.into());
    }

    /// The native description of this type's layout (an ancestor's for a class).
    pub fn def(&self) -> &'static TypeDef {
        self.def
    }

    /// The full description of a native type (an ancestor's for a class).
    pub fn behaviour(&self) -> &'static TypeDef {
        self.behaviour
    }

    /// Flags of type objects themselves.
    pub(crate) fn def_of_type(&self) -> TypeFlags {
        <Type as crate::reference::Object>::def().flags
    }

    /// The interpreter that owns the type.
    pub fn interp(&self) -> &Interpreter {
        // SAFETY: set at creation; an interpreter outlives its objects.
        unsafe { &*self.interp.get() }
    }

    /// The flags.
    #[inline(always)]
    pub fn flags(&self) -> TypeFlags {
        TypeFlags(self.flags.get())
    }

    /// Adds or removes flags.
    pub fn set_flags(&self, flags: TypeFlags) {
        self.flags.set(flags.0);
        self.plainness.set(Plainness::Unknown);
    }

    /// What instances of exactly this type consist of.
    #[inline(always)]
    pub(crate) fn plainness(&self) -> Plainness {
        match self.plainness.get() {
            Plainness::Unknown => self.find_plainness(),
            known => known,
        }
    }

    #[cold]
    #[inline(never)]
    fn find_plainness(&self) -> Plainness {
        let special = self.is_heap() || self.inline_capacity() > 0 || self.member_slot_count() > 0;
        let light = self.flags().has(TypeFlags::EXTENSION) || self.slots().finalize.is_some();
        let found = match (special, light) {
            (true, _) => Plainness::Special,
            (false, true) => Plainness::Light,
            (false, false) if is_leaf(self.def) => Plainness::Leaf,
            (false, false) => Plainness::Plain,
        };
        self.plainness.set(found);
        found
    }

    /// True for a class made by Python code.
    #[inline]
    pub fn is_heap(&self) -> bool {
        self.flags().has(TypeFlags::HEAP)
    }

    /// The slots. The reference is not held across code that can change the type.
    #[inline(always)]
    pub fn slots(&self) -> &Slots {
        // SAFETY: slots are plain function pointers, changed only through `slots_mut`, which holds no reference after.
        unsafe { &*self.slots.get() }
    }

    /// Changes the slots.
    pub fn slots_mut(&self, change: impl FnOnce(&mut Slots)) {
        let mut slots = *self.slots();
        change(&mut slots);
        // SAFETY: no reference from `slots()` lives here; the value is plain data.
        unsafe { *self.slots.get() = slots };
        self.plainness.set(Plainness::Unknown);
    }

    /// True if instances begin with `def`'s layout.
    #[inline]
    pub fn derives_layout(&self, def: &'static TypeDef) -> bool {
        std::ptr::eq(self.def, def) || self.derives_layout_slowly(def)
    }

    fn derives_layout_slowly(&self, def: &'static TypeDef) -> bool {
        let mut at = self.def;
        while let Some(base) = at.base {
            at = base();
            if std::ptr::eq(at, def) {
                return true;
            }
        }
        false
    }

    /// True if this is the native type that `def` describes.
    #[inline]
    pub fn is_exactly(&self, def: &'static TypeDef) -> bool {
        std::ptr::eq(self.def, def) && !self.is_heap()
    }

    /// True if both are the same type.
    #[inline]
    pub fn is(&self, other: &Type) -> bool {
        std::ptr::eq(self, other)
    }

    /// This type as a value, counted.
    pub fn to_value(&self) -> Value {
        crate::reference::value_of(self)
    }

    /// The layout base.
    pub fn base(&self) -> Option<Ref<Type>> {
        self.base.get()
    }

    /// `__bases__`
    pub fn bases(&self) -> Vec<Ref<Type>> {
        self.bases.get()
    }

    /// Replaces `__bases__` and the layout base (subclass lists follow; MRO and slots are the caller's).
    pub fn set_bases(&self, base: Ref<Type>, bases: Vec<Ref<Type>>) {
        self.unlink_from_bases();
        for base in &bases {
            base.subclasses.with_mut(|s| s.push(self));
        }
        self.base.set(Some(base));
        self.bases.set(bases);
        self.modified();
    }

    fn unlink_from_bases(&self) {
        for base in self.bases.get() {
            base.subclasses.with_mut(|s| s.retain(|&t| !std::ptr::eq(t, self)));
        }
    }

    /// The method resolution order, this type first.
    #[inline]
    pub fn mro(&self) -> Rc<[Ref<Type>]> {
        self.mro.get()
    }

    /// Sets the method resolution order.
    pub fn set_mro(&self, mro: Vec<Ref<Type>>) {
        let bases = self.bases();
        let is_ancestor = |ty: &Type| ty.is(self) || bases.iter().any(|base| base.is_subtype(ty));
        let foreign = bases.iter().any(|base| base.has_foreign_mro.get()) || !mro.iter().all(|ty| is_ancestor(ty));
        self.has_foreign_mro.set(foreign);
        self.mro.set(mro.into());
        self.modified();
    }

    /// Live direct subclasses.
    pub fn subclasses(&self) -> Vec<Ref<Type>> {
        // SAFETY: a dying type removes itself from its bases' lists before its memory goes.
        let live = |t: &&Type| t.header.refcount.get() > 0;
        // SAFETY: as above; a type that is about to die is left out.
        self.subclasses.with(|s| s.iter().map(|&t| unsafe { &*t }).filter(live).map(Ref::from_borrowed).collect())
    }

    /// True if `self` is `other` or derives from it, by the MRO.
    pub fn is_subtype(&self, other: &Type) -> bool {
        self.is(other) || self.mro.with(|mro| mro.iter().any(|t| (**t).is(other)))
    }

    /// The namespace, with native methods materialised.
    pub fn dict(&self, vm: &Vm) -> &Ref<Dict> {
        if !self.ready.get() {
            self.materialise(vm);
        }
        self.own_dict(vm)
    }

    fn own_dict(&self, vm: &Vm) -> &Ref<Dict> {
        self.dict.get_or_init(|| {
            let dict = vm.new_dict();
            dict.set_class(self);
            dict
        })
    }

    #[cold]
    fn materialise(&self, vm: &Vm) {
        self.ready.set(true);
        let dict = self.own_dict(vm);
        (vm.hooks().fill_type)(self, dict, vm);
    }

    /// A number that changes whenever an attribute look-up on this type could give something else. Never 0.
    #[inline]
    pub fn version(&self) -> u32 {
        let version = self.version.get();
        if version != 0 { version } else { self.assign_version() }
    }

    /// The version if one is assigned, else 0: for the fast test in inline caches.
    #[inline(always)]
    pub fn current_version(&self) -> u32 {
        self.version.get()
    }

    #[cold]
    fn assign_version(&self) -> u32 {
        if self.has_foreign_mro.get() {
            return self.interp().next_version();
        }
        // A base without a version could change without telling us, so bases are given theirs first.
        self.mro.with(|mro| {
            for base in mro.iter().skip(1) {
                if base.version.get() == 0 {
                    base.version.set(self.interp().next_version());
                }
            }
        });
        self.version.set(self.interp().next_version());
        self.version.get()
    }

    /// Tells caches that this type changed, and its subclasses with it.
    pub fn modified(&self) {
        if self.version.get() == 0 {
            return;
        }
        self.version.set(0);
        for subclass in self.subclasses() {
            subclass.modified();
        }
    }

    /// Looks an interned name up along the MRO: the attribute as it stands in a class dict, no binding.
    #[inline]
    pub fn lookup(&self, name: &Str, vm: &Vm) -> Option<Value> {
        let cache = &vm.interp().method_cache;
        if name.is_interned() {
            let version = self.version();
            if let Some(found) = cache.get(version, name) {
                return found;
            }
            let found = self.lookup_uncached(name, vm);
            cache.put(version, name, found.as_ref());
            return found;
        }
        self.lookup_uncached(name, vm)
    }

    fn lookup_uncached(&self, name: &Str, vm: &Vm) -> Option<Value> {
        self.lookup_with_owner(name, vm).map(|(value, _)| value)
    }

    /// Like [`Type::lookup`], and the type in whose dict it was found.
    pub fn lookup_with_owner(&self, name: &Str, vm: &Vm) -> Option<(Value, Ref<Type>)> {
        let key = crate::reference::value_of(name);
        for ty in self.mro().iter() {
            let dict = ty.dict(vm);
            let found = match dict.position_of_str(&key, vm) {
                Some(position) => dict.value_at(position),
                None if dict.has_only_str_keys() && name_is_exact(&key) => None,
                None => match dict.get(&key, vm) {
                    Ok(found) => found,
                    Err(raised) => {
                        vm.ignore(raised);
                        None
                    }
                },
            };
            if let Some(found) = found {
                return Some((found, ty.clone()));
            }
        }
        None
    }

    /// Words before the header of each instance: collector links, attribute and weak-reference words.
    #[inline]
    pub(crate) fn prefix_bytes(&self) -> usize {
        prefix_bytes(self.flags())
    }

    /// Shape of a fresh instance.
    pub fn instance_shape(&self) -> u32 {
        self.instance_shape.get()
    }

    /// Bytes from an instance's header to the end of native fields and `__slots__`.
    pub fn basic_size(&self) -> usize {
        self.basic_size.get() as usize
    }

    /// How many attribute slots follow `basic_size`.
    pub fn inline_capacity(&self) -> usize {
        self.inline_capacity.get() as usize
    }

    /// How many `__slots__` members instances have, inherited ones included.
    pub fn member_slot_count(&self) -> usize {
        self.member_slots.get() as usize
    }

    /// Bytes from an instance's header to its `__slots__` members: native fields and trailing items go before.
    pub(crate) fn member_offset(&self, trailing: usize) -> usize {
        (self.def.layout.size + trailing).next_multiple_of(8)
    }

    /// Bytes from an instance's header to the end of it; `None` if that overflows. `capacity` is the number of its
    /// attribute slots.
    pub(crate) fn instance_size(&self, trailing: usize, capacity: usize) -> Option<usize> {
        if self.def.layout.trailing.is_none() {
            return Some(self.basic_size() + capacity * 8);
        }
        let own = self.def.layout.size.checked_add(trailing)?;
        match self.member_slot_count() {
            0 => Some(own),
            members => own.checked_next_multiple_of(8)?.checked_add(members * 8),
        }
    }

    /// Bytes from an instance's header to a `__slots__` member, where it is the same for all instances.
    pub fn fixed_member_offset(&self, index: usize) -> Option<usize> {
        let fixed = self.def.layout.trailing.is_none() && index < self.member_slot_count();
        fixed.then(|| self.member_offset(0) + index * size_of::<Value>())
    }
}

/// What a native type takes over of its base's flags.
pub(crate) fn inherit_flags(ty: &Type, base: &Type) {
    let inherited = [
        TypeFlags::GC,
        TypeFlags::EXTENSION,
        TypeFlags::DICT,
        TypeFlags::WEAKREF,
        TypeFlags::SEQUENCE,
        TypeFlags::MAPPING,
        TypeFlags::MATCH_SELF,
    ];
    let mut flags = ty.flags();
    for flag in inherited {
        if base.flags().has(flag) {
            flags = flags.or(flag);
        }
    }
    ty.set_flags(flags);
}

fn name_is_exact(key: &Value) -> bool {
    key.shape() == crate::shape::STR_SHAPE
}

/// Words before the header, by flags.
#[inline]
pub(crate) fn prefix_bytes(flags: TypeFlags) -> usize {
    if flags.has(TypeFlags::EXTENSION) {
        size_of::<GcLinks>() + size_of::<Extension>()
    } else if flags.has(TypeFlags::GC) {
        size_of::<GcLinks>()
    } else {
        0
    }
}

impl Drop for Type {
    fn drop(&mut self) {
        self.unlink_from_bases();
        if let Some(dict) = self.dict.get() {
            dict.set_class(std::ptr::null());
        }
    }
}

impl Traverse for Type {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.base.with(|b| b.traverse(visit));
        self.bases.with(|b| b.traverse(visit));
        // The MRO counts itself once more, as its first entry.
        self.mro.with(|mro| mro.iter().for_each(|t| t.traverse(visit)));
        if let Some(dict) = self.dict.get() {
            dict.traverse(visit);
        }
        self.bases_tuple.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        // Caches must not lead to what leaves the dict.
        self.modified();
        if let Some(dict) = self.dict.get() {
            Traverse::clear(&**dict, out);
        }
        out.extend(self.mro.replace(Rc::new([])).iter().map(Ref::to_value));
        self.bases_tuple.clear(out);
    }
}
