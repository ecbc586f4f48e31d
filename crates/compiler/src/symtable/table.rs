//! The table itself: blocks, their symbols, and what was found out about them.

use crate::collections::{HashMap, HashSet};
use std::borrow::Cow;
use std::rc::Rc;

use crate::collections::IndexMap;
use pyrope_parser::ast::{Range, Stmt, TypeParam};

/// Bits of a symbol's value, with CPython's numbers; from bit 12 on stands the [`Scope`].
pub struct SymbolFlags;

impl SymbolFlags {
    /// Named in a `global` statement.
    pub const DEF_GLOBAL: u32 = 1;
    /// Bound in the block.
    pub const DEF_LOCAL: u32 = 2;
    /// A parameter.
    pub const DEF_PARAM: u32 = 2 << 1;
    /// Named in a `nonlocal` statement.
    pub const DEF_NONLOCAL: u32 = 2 << 2;
    /// Used.
    pub const USE: u32 = 2 << 3;
    /// Free in a method, and bound in the class around it.
    pub const DEF_FREE_CLASS: u32 = 2 << 5;
    /// Bound by `import`.
    pub const DEF_IMPORT: u32 = 2 << 6;
    /// Annotated.
    pub const DEF_ANNOT: u32 = 2 << 7;
    /// The target of a comprehension.
    pub const DEF_COMP_ITER: u32 = 2 << 8;
    /// A type parameter.
    pub const DEF_TYPE_PARAM: u32 = 2 << 9;
    /// A cell of an inlined comprehension.
    pub const DEF_COMP_CELL: u32 = 2 << 10;
    /// Bound in some way.
    pub const DEF_BOUND: u32 = Self::DEF_LOCAL | Self::DEF_PARAM | Self::DEF_IMPORT | Self::DEF_TYPE_PARAM;
    /// Where the scope begins.
    pub const SCOPE_OFFSET: u32 = 12;
    /// The bits of the scope, once shifted.
    pub const SCOPE_MASK: u32 = 15;
}

/// Where a name is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Scope {
    Unknown = 0,
    Local = 1,
    GlobalExplicit = 2,
    GlobalImplicit = 3,
    Free = 4,
    Cell = 5,
}

impl Scope {
    /// The scope part of a symbol's value.
    pub fn of(flags: u32) -> Scope {
        match (flags >> SymbolFlags::SCOPE_OFFSET) & SymbolFlags::SCOPE_MASK {
            1 => Scope::Local,
            2 => Scope::GlobalExplicit,
            3 => Scope::GlobalImplicit,
            4 => Scope::Free,
            5 => Scope::Cell,
            _ => Scope::Unknown,
        }
    }
}

/// Kinds of block, with the numbers that `_symtable` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BlockType {
    Function = 0,
    Class = 1,
    Module = 2,
    Annotation = 3,
    TypeAlias = 4,
    TypeParameters = 5,
    TypeVariable = 6,
}

/// The kind of comprehension that a function block stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comprehension {
    No,
    List,
    Dict,
    Set,
    Generator,
}

/// A block's number in its table; the module's is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EntryId(u32);

impl EntryId {
    /// The module's block.
    pub const TOP: EntryId = EntryId(0);

    /// The position in [`SymbolTable::entries`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which node a block belongs to: the node's address, which is stable while the tree is borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKey {
    Module,
    /// Of `def`, `class` and `type`.
    Statement(usize),
    /// Of `lambda` and comprehensions.
    Expression(usize),
    /// The type parameters of a statement.
    TypeParams(usize),
    /// The bound, or for the kinds without one the default, of a type parameter.
    TypeParam(usize),
    /// The default of a type variable.
    TypeVarDefault(usize),
    /// The annotations of a function's signature.
    Signature(usize),
    /// The annotations of variables in a block.
    Variables(EntryId),
}

impl BlockKey {
    pub(crate) fn statement(node: &Stmt) -> BlockKey {
        BlockKey::Statement(address(node))
    }

    pub(crate) fn expression(node: &pyrope_parser::ast::Expr) -> BlockKey {
        BlockKey::Expression(address(node))
    }

    pub(crate) fn type_params(node: &Stmt) -> BlockKey {
        BlockKey::TypeParams(address(node))
    }

    pub(crate) fn type_param(node: &TypeParam) -> BlockKey {
        BlockKey::TypeParam(address(node))
    }

    pub(crate) fn type_var_default(node: &TypeParam) -> BlockKey {
        BlockKey::TypeVarDefault(address(node))
    }

    pub(crate) fn signature(node: &Stmt) -> BlockKey {
        BlockKey::Signature(address(node))
    }
}

fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

/// One block. Fields are CPython's `ste_*`.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: Rc<str>,
    pub block: BlockType,
    pub key: BlockKey,
    pub range: Range,
    /// Names in order of appearance, with [`SymbolFlags`] and [`Scope`].
    pub symbols: IndexMap<Rc<str>, u32>,
    /// Parameters.
    pub varnames: Vec<Rc<str>>,
    pub children: Vec<EntryId>,
    /// Names of `global` and `nonlocal` statements, for errors.
    pub(crate) directives: Vec<(Rc<str>, Range)>,
    /// Index into the table's sets of names that are mangled here; others are not.
    pub(crate) mangled_names: Option<usize>,
    /// What a type variable's block is, for errors.
    pub(crate) scope_info: Option<&'static str>,
    /// Within a function.
    pub nested: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub comprehension: Comprehension,
    pub varargs: bool,
    pub varkeywords: bool,
    pub returns_value: bool,
    /// A class whose methods use `__class__`.
    pub needs_class_closure: bool,
    /// A class in which annotation scopes look names up.
    pub needs_classdict: bool,
    pub comp_inlined: bool,
    pub(crate) comp_iter_target: bool,
    pub can_see_class_scope: bool,
    pub has_docstring: bool,
    /// A function in a class.
    pub method: bool,
    pub has_conditional_annotations: bool,
    pub(crate) in_conditional_block: bool,
    pub(crate) in_unevaluated_annotation: bool,
    pub annotations_used: bool,
    pub(crate) comp_iter_expr: u32,
    /// The block of this block's variable annotations.
    pub annotation_block: Option<EntryId>,
}

impl Entry {
    pub(crate) fn new(name: Rc<str>, block: BlockType, key: BlockKey, range: Range) -> Entry {
        Entry {
            name,
            block,
            key,
            range,
            symbols: IndexMap::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            directives: Vec::new(),
            mangled_names: None,
            scope_info: None,
            nested: false,
            generator: false,
            coroutine: false,
            comprehension: Comprehension::No,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            comp_iter_target: false,
            can_see_class_scope: false,
            has_docstring: false,
            method: false,
            has_conditional_annotations: false,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
            annotations_used: false,
            comp_iter_expr: 0,
            annotation_block: None,
        }
    }

    /// The value of a (mangled) name, 0 if it does not occur.
    pub fn flags(&self, name: &str) -> u32 {
        self.symbols.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn set_flags(&mut self, name: &str, value: u32) {
        match self.symbols.get_mut(name) {
            Some(flags) => *flags = value,
            None => drop(self.symbols.insert(name.into(), value)),
        }
    }

    /// The scope of a (mangled) name.
    pub fn scope(&self, name: &str) -> Scope {
        Scope::of(self.flags(name))
    }

    /// Functions, and the blocks that are compiled like functions.
    pub fn is_function_like(&self) -> bool {
        !matches!(self.block, BlockType::Class | BlockType::Module)
    }
}

/// All blocks of a source file.
#[derive(Clone, Debug, Default)]
pub struct SymbolTable {
    pub entries: Vec<Entry>,
    keys: HashMap<BlockKey, EntryId>,
    pub(crate) mangled_sets: Vec<HashSet<Rc<str>>>,
}

impl SymbolTable {
    /// A block.
    pub fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id.index()]
    }

    /// The module's block.
    pub fn top(&self) -> &Entry {
        &self.entries[0]
    }

    /// The block of a node.
    pub fn lookup(&self, key: BlockKey) -> Option<EntryId> {
        self.keys.get(&key).copied()
    }

    pub(crate) fn insert(&mut self, key: BlockKey, entry: Entry) -> EntryId {
        let id = EntryId(self.entries.len() as u32);
        self.entries.push(entry);
        self.keys.insert(key, id);
        id
    }

    /// A name as it is known in a block of class `private`.
    pub(crate) fn maybe_mangle<'n>(&self, private: Option<&str>, id: EntryId, name: &'n str) -> Cow<'n, str> {
        if let Some(set) = self.entry(id).mangled_names
            && !self.mangled_sets[set].contains(name)
        {
            return name.into();
        }
        super::mangle(private, name)
    }
}
