//! `dict`: a compact, insertion-ordered table. Entries lie in order; a sparse index of positions finds them.
//!
//! Looking up a key may run Python code (`__hash__`, `__eq__`), so no borrow of the table is held across a comparison:
//! a probe that meets an equal hash steps out with the candidate, compares, and goes on if the table is still the same.

mod index;

use std::cell::Cell;

use crate::error::PyResult;
use crate::guarded::Guarded;
use crate::header::Header;
use crate::layout::Str;
use crate::traverse::{Traverse, TraverseMut};
use crate::ty::Type;
use crate::value::Value;
use crate::vm::Vm;

use index::{DELETED, FREE, Index, MAX_ENTRIES, Probe};

/// The layout of `dict`.
#[repr(C)]
pub struct Dict {
    pub(crate) header: Header,
    table: Guarded<Table>,
    /// Number of live keys; read without a guard.
    used: Cell<u32>,
    /// Names this set of keys for inline caches; 0 until asked for, and again whenever a key comes or goes.
    version: Cell<u32>,
    /// The type whose namespace this is, or null: its caches hold values that only the namespace keeps alive.
    class: Cell<*const Type>,
}

/// A live entry.
#[derive(Clone)]
pub struct DictEntry {
    pub hash: i64,
    pub key: Value,
    pub value: Value,
}

#[derive(Default)]
struct Table {
    index: Index,
    /// In insertion order; `None` where a key was deleted.
    entries: Vec<Option<DictEntry>>,
    /// Index cells that are not `FREE`.
    filled: u32,
    /// Changes whenever keys may have got other positions, so that an interrupted probe knows to start over.
    moves: u32,
    /// A key that is not exactly `str` was ever inserted.
    mixed: bool,
    /// No live entry lies before this position: taking entries from the front one by one need not search.
    first: u32,
    /// Nor at or after this one.
    past_last: u32,
}

/// What became of an entry that was to be set.
enum Inserted {
    Added,
    /// The old value, and the new key, which was not needed.
    Replaced(Value, Value),
    /// There cannot be more entries.
    Full,
}

/// What a probe met.
enum Step {
    Found(usize),
    Absent,
    /// An entry with an equal hash whose key must be compared by Python's rules.
    Compare {
        position: usize,
        candidate: Value,
    },
}

impl Table {
    /// Finds an exact-`str` key among keys that are all exact strings: runs no Python code.
    #[inline]
    fn find_str(&self, key: &Value, text: &Str, hash: i64) -> Option<usize> {
        self.find_str_or_cell(key, text, hash).ok()
    }

    /// The same; the error is the free cell where the search ended.
    #[inline]
    fn find_str_or_cell(&self, key: &Value, text: &Str, hash: i64) -> Result<usize, usize> {
        let mut probe = Probe::new(hash, self.index.cells());
        loop {
            match self.index.get(probe.cell) {
                FREE => return Err(probe.cell),
                DELETED => {}
                position => {
                    if let Some(entry) = &self.entries[position as usize]
                        && (entry.key.is(key)
                            || (entry.hash == hash
                                && entry.key.downcast::<Str>().is_some_and(|other| other.equals(text))))
                    {
                        return Ok(position as usize);
                    }
                }
            }
            probe.advance();
        }
    }

    /// Sets an exact-`str` key among keys that are all exact strings. The error is the entry where they are not.
    fn insert_str(&mut self, entry: DictEntry, live: usize) -> Result<Inserted, DictEntry> {
        let Some(text) = exact_str(&entry.key).filter(|_| !self.mixed) else { return Err(entry) };
        Ok(match self.find_str_or_cell(&entry.key, text, entry.hash) {
            Ok(position) => match &mut self.entries[position] {
                Some(known) => Inserted::Replaced(std::mem::replace(&mut known.value, entry.value), entry.key),
                None => unreachable!("a found position has an entry"),
            },
            Err(cell) if self.has_room() => {
                self.filled += 1;
                self.place(entry, cell);
                Inserted::Added
            }
            Err(_) if self.append(entry, live) => Inserted::Added,
            Err(_) => Inserted::Full,
        })
    }

    /// Finds a small integer, unless a key of another type has its hash: that must be compared by Python's rules, and
    /// the answer is `None`. Runs no Python code.
    #[inline]
    fn find_small_int(&self, key: &Value, hash: i64) -> Option<Option<usize>> {
        let mut probe = Probe::new(hash, self.index.cells());
        loop {
            match self.index.get(probe.cell) {
                FREE => return Some(None),
                DELETED => {}
                position => {
                    if let Some(entry) = &self.entries[position as usize] {
                        if entry.key.is(key) {
                            return Some(Some(position as usize));
                        }
                        if entry.hash == hash && !entry.key.is_small_int() {
                            return None;
                        }
                    }
                }
            }
            probe.advance();
        }
    }

    /// Probes until a key that is surely equal, surely absent, or must be compared.
    fn step(&self, probe: &mut Probe, key: &Value, hash: i64) -> Step {
        let text = exact_str(key);
        loop {
            match self.index.get(probe.cell) {
                FREE => return Step::Absent,
                DELETED => {}
                position => {
                    if let Some(entry) = &self.entries[position as usize] {
                        if entry.key.is(key) {
                            return Step::Found(position as usize);
                        }
                        if entry.hash == hash {
                            match (text, exact_str(&entry.key)) {
                                (Some(a), Some(b)) if a.equals(b) => return Step::Found(position as usize),
                                (Some(_), Some(_)) => {}
                                _ => {
                                    let candidate = entry.key.clone();
                                    return Step::Compare { position: position as usize, candidate };
                                }
                            }
                        }
                    }
                }
            }
            probe.advance();
        }
    }

    /// Makes the index anew, with room for so many entries, dropping deleted ones; false without memory for it.
    fn rebuild(&mut self, room: usize) -> bool {
        let Some(mut index) = Index::for_entries(room) else { return false };
        self.entries.retain(Option::is_some);
        for (position, entry) in self.entries.iter().enumerate() {
            if let Some(entry) = entry {
                let mut probe = Probe::new(entry.hash, index.cells());
                while index.get(probe.cell) != FREE {
                    probe.advance();
                }
                index.set(probe.cell, position as u32);
            }
        }
        self.index = index;
        self.filled = self.entries.len() as u32;
        self.first = 0;
        self.past_last = self.filled;
        self.moved();
        true
    }

    fn moved(&mut self) {
        self.moves = self.moves.wrapping_add(1);
    }

    /// An empty table to take this one's place.
    fn emptied(&self) -> Table {
        Table { moves: self.moves.wrapping_add(1), ..Table::default() }
    }

    /// Whether this very key still lies there.
    fn has_key_at(&self, position: usize, key: &Value) -> bool {
        self.entries.get(position).and_then(Option::as_ref).is_some_and(|entry| entry.key.is(key))
    }

    fn append(&mut self, entry: DictEntry, live: usize) -> bool {
        if !self.index_has_room() && (live >= MAX_ENTRIES || !self.rebuild((live * 2).max(1))) {
            return false;
        }
        if self.entries.try_reserve(1).is_err() {
            return false;
        }
        let mut probe = Probe::new(entry.hash, self.index.cells());
        while self.index.get(probe.cell) < DELETED {
            probe.advance();
        }
        if self.index.get(probe.cell) == FREE {
            self.filled += 1;
        }
        self.mixed |= exact_str(&entry.key).is_none();
        self.place(entry, probe.cell);
        true
    }

    /// Can an entry be added to the index as it is? Deleted entries keep their places, so that iterators notice a key
    /// that went and came back.
    #[inline]
    fn index_has_room(&self) -> bool {
        let used = self.entries.len().max(self.filled as usize);
        (used + 1) * 3 <= self.index.cells() * 2 && used < MAX_ENTRIES
    }

    /// Can an entry be added without more memory?
    #[inline]
    fn has_room(&self) -> bool {
        self.index_has_room() && self.entries.len() < self.entries.capacity()
    }

    /// Adds an entry at the end, and its position to a cell.
    #[inline]
    fn place(&mut self, entry: DictEntry, cell: usize) {
        self.index.set(cell, self.entries.len() as u32);
        self.entries.push(Some(entry));
        self.past_last = self.entries.len() as u32;
    }

    fn remove_at(&mut self, position: usize) -> Option<DictEntry> {
        let entry = self.entries.get_mut(position)?.take()?;
        let mut probe = Probe::new(entry.hash, self.index.cells());
        while self.index.get(probe.cell) != position as u32 {
            probe.advance();
        }
        self.index.set(probe.cell, DELETED);
        if position == self.first as usize {
            let gone = self.entries.iter().skip(position).take_while(|entry| entry.is_none()).count();
            self.first = (position + gone) as u32;
        }
        if position + 1 == self.past_last as usize {
            let last = self.entries[..position].iter().rposition(Option::is_some);
            self.past_last = last.map_or(0, |last| last as u32 + 1);
        }
        Some(entry)
    }
}

#[inline]
fn exact_str(value: &Value) -> Option<&Str> {
    use crate::shape::STR_SHAPE;
    if value.shape() == STR_SHAPE { value.downcast::<Str>() } else { None }
}

impl Traverse for Table {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        for entry in self.entries.iter().flatten() {
            entry.key.traverse(visit);
            entry.value.traverse(visit);
        }
    }
}

impl TraverseMut for Table {
    fn drain(&mut self, out: &mut Vec<Value>) {
        let empty = self.emptied();
        for entry in std::mem::replace(self, empty).entries.into_iter().flatten() {
            out.extend([entry.key, entry.value]);
        }
    }
}

impl Dict {
    /// The fields of an empty dict.
    pub fn empty() -> Dict {
        Dict {
            header: Header::blank(),
            table: Guarded::default(),
            used: Cell::new(0),
            version: Cell::new(0),
            class: Cell::new(std::ptr::null()),
        }
    }

    /// Number of keys.
    #[inline]
    pub fn len(&self) -> usize {
        self.used.get() as usize
    }

    /// True if there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A number that stands for this dict's present keys and their order; values may change under it. Never 0.
    /// Numbers are unique in an interpreter.
    pub fn keys_version(&self, vm: &Vm) -> u32 {
        if self.version.get() == 0 {
            self.version.set(vm.interp().next_version());
        }
        self.version.get()
    }

    /// The version if one was given and still holds, else 0.
    #[inline(always)]
    pub fn current_version(&self) -> u32 {
        self.version.get()
    }

    fn keys_changed(&self) {
        self.version.set(0);
        self.tell_class();
    }

    /// Makes this the namespace of a type, which hears of each change until it takes itself off again with null.
    pub(crate) fn set_class(&self, class: *const Type) {
        self.class.set(class);
    }

    #[inline(always)]
    fn tell_class(&self) {
        if !self.class.get().is_null() {
            self.invalidate_class();
        }
    }

    #[cold]
    #[inline(never)]
    fn invalidate_class(&self) {
        // SAFETY: a type takes itself off its namespace before it goes.
        if let Some(class) = unsafe { self.class.get().as_ref() } {
            class.modified();
        }
    }

    /// The position of a key.
    fn find(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<usize>> {
        if let Some(text) = exact_str(key)
            && let Some(found) = self.table.with(|t| if t.mixed { None } else { Some(t.find_str(key, text, hash)) })
        {
            return Ok(found);
        }
        if key.is_small_int()
            && let Some(found) = self.table.with(|t| t.find_small_int(key, hash))
        {
            return Ok(found);
        }
        self.find_by_comparing(key, hash, vm)
    }

    #[cold]
    #[inline(never)]
    fn find_by_comparing(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<usize>> {
        'restart: loop {
            let (cells, moves) = self.table.with(|t| (t.index.cells(), t.moves));
            let mut probe = Probe::new(hash, cells);
            loop {
                match self.table.with(|t| t.step(&mut probe, key, hash)) {
                    Step::Found(position) => return Ok(Some(position)),
                    Step::Absent => return Ok(None),
                    Step::Compare { position, candidate } => {
                        let equal = vm.equal(&candidate, key)?;
                        if !self.table.with(|t| t.moves == moves && t.has_key_at(position, &candidate)) {
                            continue 'restart;
                        }
                        if equal {
                            return Ok(Some(position));
                        }
                        probe.advance();
                    }
                }
            }
        }
    }

    /// The position of a key with a known hash. It holds until [`Dict::moves`] changes or the key is removed.
    pub fn position_hashed(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<usize>> {
        self.find(key, hash, vm)
    }

    /// Changes whenever keys may have got other positions.
    pub fn moves(&self) -> u32 {
        self.table.with(|t| t.moves)
    }

    /// The position of an exact-string key in a dict of strings only; for caches. Runs no Python code.
    pub fn position_of_str(&self, name: &Value, vm: &Vm) -> Option<usize> {
        let text = exact_str(name)?;
        let hash = text.hash(vm);
        self.table.with(|t| if t.mixed { None } else { t.find_str(name, text, hash) })
    }

    /// True if no key of another type was ever inserted, and an exact string is no key. Runs no Python code.
    pub fn lacks_str(&self, name: &Value, vm: &Vm) -> bool {
        let Some(text) = exact_str(name) else { return false };
        let hash = text.hash(vm);
        self.table.with(|t| !t.mixed && t.find_str(name, text, hash).is_none())
    }

    /// The value at a position that [`Dict::position_of_str`] gave under the present version.
    #[inline(always)]
    pub fn value_at(&self, position: usize) -> Option<Value> {
        self.table.with(|t| t.entries.get(position).and_then(|e| e.as_ref()).map(|e| e.value.clone()))
    }

    /// Replaces the value at a position; gives the old one, or the new one back if nothing is there.
    pub fn replace_at(&self, position: usize, value: Value) -> Result<Value, Value> {
        self.tell_class();
        self.table.with_mut(|t| match t.entries.get_mut(position).and_then(Option::as_mut) {
            Some(entry) => Ok(std::mem::replace(&mut entry.value, value)),
            None => Err(value),
        })
    }

    /// `dict.get(key)`
    #[inline]
    pub fn get(&self, key: &Value, vm: &Vm) -> PyResult<Option<Value>> {
        let hash = vm.hash_key(key)?;
        self.get_hashed(key, hash, vm)
    }

    /// `dict.get(key)` with a known hash.
    #[inline]
    pub fn get_hashed(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<Value>> {
        Ok(self.find(key, hash, vm)?.and_then(|position| self.value_at(position)))
    }

    /// The stored key and its value.
    pub fn get_entry(&self, key: &Value, vm: &Vm) -> PyResult<Option<DictEntry>> {
        let hash = vm.hash_key(key)?;
        Ok(self
            .find(key, hash, vm)?
            .and_then(|position| self.table.with(|t| t.entries.get(position).cloned().flatten())))
    }

    /// `dict[key] = value`; gives the old value, if there was one.
    pub fn insert(&self, key: Value, value: Value, vm: &Vm) -> PyResult<Option<Value>> {
        let hash = vm.hash_key(&key)?;
        self.insert_hashed(key, hash, value, vm)
    }

    /// `dict[key] = value` with a known hash; gives the old value, if there was one.
    pub fn insert_hashed(&self, key: Value, hash: i64, value: Value, vm: &Vm) -> PyResult<Option<Value>> {
        self.tell_class();
        let entry = DictEntry { hash, key, value };
        let DictEntry { key, value, .. } = match self.table.with_mut(|t| t.insert_str(entry, self.len())) {
            Ok(Inserted::Replaced(old, _key)) => return Ok(Some(old)),
            Ok(Inserted::Added) => {
                self.added();
                return Ok(None);
            }
            Ok(Inserted::Full) => return Err(vm.memory_error()),
            Err(entry) => entry,
        };
        if let Some(position) = self.find(&key, hash, vm)? {
            let old = self.table.with_mut(|t| {
                t.entries.get_mut(position).and_then(Option::as_mut).map(|e| std::mem::replace(&mut e.value, value))
            });
            return Ok(old);
        }
        self.append_absent(DictEntry { hash, key, value }, vm)?;
        Ok(None)
    }

    /// `dict.setdefault(key, default)` with a known hash: the key is looked up once.
    pub fn set_default_hashed(&self, key: Value, hash: i64, default: Value, vm: &Vm) -> PyResult {
        match self.find(&key, hash, vm)?.and_then(|position| self.value_at(position)) {
            Some(value) => Ok(value),
            None => {
                self.append_absent(DictEntry { hash, key, value: default.clone() }, vm)?;
                Ok(default)
            }
        }
    }

    /// Adds a key that a look-up just found to be absent.
    fn append_absent(&self, entry: DictEntry, vm: &Vm) -> PyResult<()> {
        if !self.table.with_mut(|t| t.append(entry, self.len())) {
            return Err(vm.memory_error());
        }
        self.added();
        Ok(())
    }

    fn added(&self) {
        self.used.set(self.used.get() + 1);
        self.keys_changed();
    }

    /// Asks for room for so many entries at once.
    pub fn reserve(&self, entries: usize, vm: &Vm) -> PyResult<()> {
        let reserved = self.table.with_mut(|t| t.entries.try_reserve_exact(entries));
        reserved.map_err(|_| vm.memory_error())
    }

    /// Sets and drops the old value.
    pub fn set(&self, key: Value, value: Value, vm: &Vm) -> PyResult<()> {
        self.insert(key, value, vm).map(drop)
    }

    /// Sets under a name made of Rust text.
    pub fn set_str(&self, name: &str, value: Value, vm: &Vm) -> PyResult<()> {
        self.set(vm.intern(name).into_value(), value, vm)
    }

    /// Looks up a name made of Rust text.
    pub fn get_str(&self, name: &str, vm: &Vm) -> PyResult<Option<Value>> {
        self.get(vm.intern(name).as_value(), vm)
    }

    /// Removes a key; gives key and value.
    pub fn remove(&self, key: &Value, vm: &Vm) -> PyResult<Option<DictEntry>> {
        let hash = vm.hash_key(key)?;
        self.remove_hashed(key, hash, vm)
    }

    /// Removes a key whose hash is known.
    pub fn remove_hashed(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<DictEntry>> {
        match self.find(key, hash, vm)? {
            None => Ok(None),
            Some(position) => {
                let entry = self.table.with_mut(|t| t.remove_at(position));
                self.removed(entry.is_some());
                Ok(entry)
            }
        }
    }

    fn removed(&self, really: bool) {
        if really {
            self.used.set(self.used.get() - 1);
            self.keys_changed();
        }
    }

    /// Removes and gives the last entry.
    pub fn pop_last(&self) -> Option<DictEntry> {
        let entry = self.table.with_mut(|t| {
            let position = t.past_last.checked_sub(1)?;
            let entry = t.remove_at(position as usize);
            t.entries.truncate(position as usize);
            t.first = t.first.min(position);
            t.moved();
            entry
        });
        self.removed(entry.is_some());
        entry
    }

    /// Empties the dict; the entries are dropped after it is empty.
    pub fn clear(&self) {
        let old = self.table.with_mut(|t| {
            let empty = t.emptied();
            std::mem::replace(t, empty)
        });
        self.used.set(0);
        self.keys_changed();
        drop(old);
    }

    /// The first live entry at or after `*position`; moves the position past it.
    pub fn next_entry(&self, position: &mut usize) -> Option<DictEntry> {
        self.table.with(|t| {
            *position = (*position).max(t.first as usize);
            while let Some(slot) = t.entries.get(*position) {
                *position += 1;
                if let Some(entry) = slot {
                    return Some(entry.clone());
                }
            }
            None
        })
    }

    /// The last live entry before `*position`; moves the position to it. None if the dict no longer reaches so far.
    pub fn previous_entry(&self, position: &mut usize) -> Option<DictEntry> {
        self.table.with(|t| {
            if *position > t.entries.len() {
                return None;
            }
            *position = (*position).min(t.past_last as usize);
            while *position > 0 {
                *position -= 1;
                if let Some(entry) = &t.entries[*position] {
                    return Some(entry.clone());
                }
            }
            None
        })
    }

    /// One past the last position: where a reversed walk begins.
    pub fn end_position(&self) -> usize {
        self.table.with(|t| t.entries.len())
    }

    /// All live entries, copied.
    pub fn entries(&self) -> Vec<DictEntry> {
        self.table.with(|t| t.entries.iter().flatten().cloned().collect())
    }

    /// True if every key is exactly a `str`.
    pub fn has_only_str_keys(&self) -> bool {
        self.table.with(|t| !t.mixed || t.entries.iter().flatten().all(|e| exact_str(&e.key).is_some()))
    }

    /// Makes this (empty) dict a copy of `other`: same order, no comparisons.
    pub fn copy_from(&self, other: &Dict, vm: &Vm) -> PyResult<()> {
        let live = other.len();
        let mut entries = Vec::new();
        entries.try_reserve_exact(live).map_err(|_| vm.memory_error())?;
        let (mixed, index) = other.table.with(|t| {
            entries.extend(t.entries.iter().flatten().cloned().map(Some));
            // Without holes every key keeps its position.
            let whole = t.entries.len() == live && t.filled as usize == live;
            (t.mixed, if whole { t.index.copied() } else { None })
        });
        let mut copy = Table { entries, mixed, ..self.table.with(Table::emptied) };
        match index {
            Some(index) => {
                copy.index = index;
                copy.filled = live as u32;
                copy.past_last = copy.filled;
            }
            None if live > 0 && !copy.rebuild(live) => return Err(vm.memory_error()),
            None => {}
        }
        let old = self.table.replace(copy);
        self.used.set(live as u32);
        self.keys_changed();
        drop(old);
        Ok(())
    }

    /// Bytes held outside the object, for `sys.getsizeof`.
    pub fn storage_bytes(&self) -> usize {
        self.table.with(|t| t.index.size() + t.entries.capacity() * size_of::<Option<DictEntry>>())
    }
}

impl Traverse for Dict {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.table.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        self.table.clear(out);
        self.used.set(0);
        self.keys_changed();
    }
}
