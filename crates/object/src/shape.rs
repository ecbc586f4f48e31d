//! Shapes: one number for exact type and attribute layout.
//!
//! Shape numbers below [`FIRST_FREE`] belong to exact instances of builtin types. Each class with attributes on its
//! instances has a root shape (no attributes yet) and a tree of transitions below it: class × attribute names in order.
//! Each class also has a *dict-mode* shape for instances whose attributes live in a real dict. Numbers are never reused.

use std::cell::Cell;

use foldhash::HashMap;

use crate::layout::Str;
use crate::reference::Ref;

/// The shape of objects for which no one asked for one.
pub const NO_SHAPE: u32 = 0;
/// Exact `str`.
pub const STR_SHAPE: u32 = 1;
/// Exact builtin types have `FIRST_BUILTIN + place in the table`.
pub const FIRST_BUILTIN: u32 = 2;
/// The first number for classes.
pub const FIRST_FREE: u32 = 512;
/// Instances with more attributes than this get a real dict.
pub const MAX_ATTRIBUTES: usize = 64;

/// The fixed shape of exact instances of a builtin type.
#[inline(always)]
pub const fn builtin_shape(kind: crate::builtin::BuiltinType) -> u32 {
    match kind {
        crate::builtin::BuiltinType::Str => STR_SHAPE,
        _ => FIRST_BUILTIN + kind as u32,
    }
}

const _: () = assert!(FIRST_BUILTIN as usize + crate::builtin::BuiltinType::COUNT < FIRST_FREE as usize);

/// What a shape number means.
pub struct Shape {
    /// Attribute names in slot order.
    pub names: Vec<Ref<Str>>,
    /// The root of the same class.
    pub root: u32,
    /// Attributes live in a dict, not in slots.
    pub dict_mode: bool,
    /// For objects that were made by a class with another number of attribute slots: how many their blocks have.
    /// Such objects are in dict mode for good, their slots empty.
    pub foreign_capacity: Option<usize>,
    /// The shape without the last name.
    parent: u32,
    transitions: HashMap<usize, u32>,
}

impl Shape {
    fn empty(root: u32, dict_mode: bool) -> Shape {
        let (names, transitions) = (Vec::new(), HashMap::default());
        Shape { names, root, dict_mode, foreign_capacity: None, parent: root, transitions }
    }
}

/// How many look-ups of names are remembered; a power of two.
const REMEMBERED: usize = 1024;

/// A look-up and its result, which never changes: shapes are not changed, names that are there live as long as the table,
/// and text that is made where an absent name was is absent, too.
#[derive(Clone, Copy)]
struct Lookup {
    shape: u32,
    /// `ABSENT`, or the slot.
    slot: u32,
    name: usize,
}

const ABSENT: u32 = u32::MAX;

/// All shapes of an interpreter.
pub struct ShapeTable {
    shapes: Vec<Shape>,
    /// By root and capacity.
    foreign: HashMap<(u32, usize), u32>,
    lookups: Box<[Cell<Lookup>]>,
}

impl Default for ShapeTable {
    fn default() -> Self {
        let empty = Lookup { shape: NO_SHAPE, slot: ABSENT, name: 0 };
        ShapeTable {
            shapes: Vec::new(),
            foreign: HashMap::default(),
            lookups: vec![Cell::new(empty); REMEMBERED].into(),
        }
    }
}

impl ShapeTable {
    fn add(&mut self, shape: Shape) -> u32 {
        self.shapes.push(shape);
        FIRST_FREE + (self.shapes.len() - 1) as u32
    }

    /// Makes the pair of shapes of a new class: the empty root, and the dict-mode shape right after it.
    pub fn new_root(&mut self) -> u32 {
        let root = FIRST_FREE + self.shapes.len() as u32;
        for dict_mode in [false, true] {
            self.add(Shape::empty(root, dict_mode));
        }
        root
    }

    /// The dict-mode shape of objects that became instances of the class of `root` and have `capacity` slots.
    pub fn foreign(&mut self, root: u32, capacity: usize) -> u32 {
        if let Some(&shape) = self.foreign.get(&(root, capacity)) {
            return shape;
        }
        let shape = self.add(Shape { foreign_capacity: Some(capacity), ..Shape::empty(root, true) });
        self.foreign.insert((root, capacity), shape);
        shape
    }

    /// The shape with this number; `None` for builtin shapes.
    #[inline]
    pub fn get(&self, shape: u32) -> Option<&Shape> {
        self.shapes.get(shape.checked_sub(FIRST_FREE)? as usize)
    }

    /// The slot of an interned name.
    #[inline]
    pub fn slot_of(&self, shape: u32, name: &Str) -> Option<usize> {
        let address = std::ptr::from_ref(name) as usize;
        let remembered = &self.lookups[(shape as usize ^ (address >> 4)) % REMEMBERED];
        let lookup = remembered.get();
        if lookup.shape == shape && lookup.name == address {
            return (lookup.slot != ABSENT).then_some(lookup.slot as usize);
        }
        let found = self.find_slot(shape, name);
        if name.is_interned() {
            let slot = found.map_or(ABSENT, |slot| slot as u32);
            remembered.set(Lookup { shape, slot, name: address });
        }
        found
    }

    #[inline(never)]
    fn find_slot(&self, shape: u32, name: &Str) -> Option<usize> {
        let shape = self.get(shape)?;
        shape
            .names
            .iter()
            .position(|n| std::ptr::eq(&**n, name))
            .or_else(|| if name.is_interned() { None } else { shape.names.iter().position(|n| n.equals(name)) })
    }

    /// The shape after adding `name`, or `None` if that would be too many attributes.
    pub fn with_name(&mut self, shape: u32, name: &Ref<Str>) -> Option<u32> {
        let from = self.get(shape)?;
        let key = &**name as *const Str as usize;
        if let Some(&next) = from.transitions.get(&key) {
            return Some(next);
        }
        if from.names.len() >= MAX_ATTRIBUTES || from.dict_mode {
            return None;
        }
        let mut names = from.names.clone();
        names.push(name.clone());
        let next = Shape { names, parent: shape, ..Shape::empty(from.root, false) };
        let next = self.add(next);
        self.shapes[(shape - FIRST_FREE) as usize].transitions.insert(key, next);
        Some(next)
    }

    /// The shape without its last name.
    pub fn parent(&self, shape: u32) -> Option<u32> {
        self.get(shape).filter(|s| !s.names.is_empty()).map(|s| s.parent)
    }
}

/// The dict-mode shape of the class whose root is `root`.
pub const fn dict_mode_shape(root: u32) -> u32 {
    root + 1
}
