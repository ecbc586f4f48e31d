//! The hash table of sets. Its probe sequence and growth are CPython's, so that the order of iteration is too.

use pyrope_object::{Guarded, PyResult, Str, Traverse, TraverseMut, Value, Vm};

/// Cells in a new table.
const MIN_CELLS: usize = 8;
/// Neighbouring cells that are tried before a jump.
const LINEAR_PROBES: usize = 9;

/// A cell. Free: no key, hash 0. Deleted: no key, hash -1 (which no key has).
#[derive(Default)]
struct Cell {
    hash: i64,
    key: Option<Value>,
}

const DELETED: i64 = -1;

#[derive(Default)]
pub(super) struct Table {
    /// A power of two many, or none yet (which counts as [`MIN_CELLS`] free ones).
    cells: Vec<Cell>,
    /// Cells that are not free.
    fill: usize,
    used: usize,
    /// Where `pop` looks first.
    finger: usize,
    /// Changes with every change of the keys, so that an interrupted probe knows to start over.
    changes: u64,
}

struct Probe {
    base: usize,
    offset: usize,
    limit: usize,
    perturb: u64,
    mask: usize,
}

impl Probe {
    fn new(hash: i64, mask: usize) -> Probe {
        let base = hash as usize & mask;
        Probe { base, offset: 0, limit: limit(base, mask), perturb: hash as u64, mask }
    }

    #[inline]
    fn cell(&self) -> usize {
        self.base + self.offset
    }

    #[inline]
    fn advance(&mut self) {
        if self.offset < self.limit {
            self.offset += 1;
            return;
        }
        self.perturb >>= 5;
        self.base = self.base.wrapping_mul(5).wrapping_add(1).wrapping_add(self.perturb as usize) & self.mask;
        self.offset = 0;
        self.limit = limit(self.base, self.mask);
    }
}

fn limit(base: usize, mask: usize) -> usize {
    if base + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 }
}

enum Step {
    Found(usize),
    Absent(usize),
    Compare(Value),
}

fn exact_str(value: &Value) -> Option<&Str> {
    value.downcast_exact::<Str>()
}

impl Table {
    fn mask(&self) -> usize {
        self.cells.len().max(MIN_CELLS) - 1
    }

    /// Probes until a key that is surely equal, surely absent, or must be compared.
    /// `free` is set to the last deleted cell that was passed.
    fn step(&self, probe: &mut Probe, key: &Value, hash: i64, free: &mut Option<usize>) -> Step {
        loop {
            let cell = &self.cells[probe.cell()];
            match &cell.key {
                None if cell.hash == 0 => return Step::Absent(probe.cell()),
                None => *free = Some(probe.cell()),
                Some(candidate) if cell.hash == hash => {
                    if candidate.is(key) {
                        return Step::Found(probe.cell());
                    }
                    match (exact_str(candidate), exact_str(key)) {
                        (Some(a), Some(b)) => {
                            if a.equals(b) {
                                return Step::Found(probe.cell());
                            }
                        }
                        _ if candidate.is_small_int() && key.is_small_int() => {}
                        _ => return Step::Compare(candidate.clone()),
                    }
                }
                _ => {}
            }
            probe.advance();
        }
    }

    /// What the first cell of a key tells: it holds the very key, or it is free.
    #[inline(always)]
    fn at_once(&self, key: &Value, hash: i64) -> Option<Result<usize, usize>> {
        let at = hash as usize & self.cells.len().wrapping_sub(1);
        let cell = self.cells.get(at)?;
        match &cell.key {
            Some(known) if known.is(key) => Some(Ok(at)),
            None if cell.hash == 0 => Some(Err(at)),
            _ => None,
        }
    }

    /// Puts a key that is surely not there into a table without deleted cells.
    fn insert_clean(cells: &mut [Cell], hash: i64, key: Value) {
        let mut probe = Probe::new(hash, cells.len() - 1);
        while cells[probe.cell()].key.is_some() {
            probe.advance();
        }
        cells[probe.cell()] = Cell { hash, key: Some(key) };
    }

    /// Makes room for more than `least` keys; false if memory is short.
    fn resize(&mut self, least: usize) -> bool {
        let mut size = MIN_CELLS;
        while size <= least {
            size <<= 1;
        }
        let mut cells = Vec::new();
        if cells.try_reserve_exact(size).is_err() {
            return false;
        }
        cells.resize_with(size, Cell::default);
        for cell in std::mem::take(&mut self.cells) {
            if let Some(key) = cell.key {
                Table::insert_clean(&mut cells, cell.hash, key);
            }
        }
        self.cells = cells;
        self.fill = self.used;
        self.changes += 1;
        true
    }

    fn ensure_cells(&mut self) {
        if self.cells.is_empty() {
            self.cells.resize_with(MIN_CELLS, Cell::default);
            self.changes += 1;
        }
    }

    fn growth(&self) -> usize {
        if self.used > 50_000 { self.used * 2 } else { self.used * 4 }
    }

    /// Puts a new key into a free or deleted cell; false if memory is short.
    fn put(&mut self, at: usize, hash: i64, key: Value) -> bool {
        let reused = self.cells[at].hash == DELETED;
        self.cells[at] = Cell { hash, key: Some(key) };
        self.fill += usize::from(!reused);
        self.used += 1;
        self.changes += 1;
        reused || self.fill * 5 < self.mask() * 3 || self.resize(self.growth())
    }

    fn delete(&mut self, at: usize) -> Option<Value> {
        let key = self.cells[at].key.take();
        self.cells[at].hash = DELETED;
        self.used -= 1;
        self.changes += 1;
        key
    }

    fn next(&self, position: &mut usize) -> Option<(i64, Value)> {
        while let Some(cell) = self.cells.get(*position) {
            *position += 1;
            if let Some(key) = &cell.key {
                return Some((cell.hash, key.clone()));
            }
        }
        None
    }
}

impl Traverse for Table {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.cells.iter().for_each(|cell| cell.key.traverse(visit));
    }
}

impl TraverseMut for Table {
    fn drain(&mut self, out: &mut Vec<Value>) {
        let changes = self.changes + 1;
        let old = std::mem::replace(self, Table { changes, ..Table::default() });
        out.extend(old.cells.into_iter().filter_map(|cell| cell.key));
    }
}

/// What a set or frozenset holds.
#[derive(Default)]
pub struct SetBody {
    table: Guarded<Table>,
}

impl Traverse for SetBody {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.table.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        Traverse::clear(&self.table, out);
    }
}

/// The hash of an element. TypeError names the use: `cannot use 'list' as a set element (unhashable type: 'list')`.
#[inline]
pub fn hash_element(element: &Value, vm: &Vm) -> PyResult<i64> {
    vm.hash(element).map_err(|raised| vm.unhashable(raised, element, "a set element"))
}

fn shuffled(hash: u64) -> u64 {
    ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167)
}

impl SetBody {
    /// Number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.table.with(|t| t.used)
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell of a key, or the free or deleted cell where it would go.
    /// To `add`, a key that compared equal counts even if the comparison changed the table.
    fn find(&self, key: &Value, hash: i64, add: bool, vm: &Vm) -> PyResult<Result<usize, usize>> {
        if let Some(known) = self.table.with(|t| t.at_once(key, hash)) {
            return Ok(known);
        }
        'restart: loop {
            let (mask, changes) = self.table.with_mut(|t| {
                t.ensure_cells();
                (t.mask(), t.changes)
            });
            let mut probe = Probe::new(hash, mask);
            let mut free = None;
            loop {
                match self.table.with(|t| t.step(&mut probe, key, hash, &mut free)) {
                    Step::Found(at) => return Ok(Ok(at)),
                    Step::Absent(at) => return Ok(Err(free.unwrap_or(at))),
                    Step::Compare(candidate) => {
                        let equal = vm.equal(&candidate, key)?;
                        if equal && add {
                            return Ok(Ok(probe.cell()));
                        }
                        if self.table.with(|t| t.changes) != changes {
                            continue 'restart;
                        }
                        if equal {
                            return Ok(Ok(probe.cell()));
                        }
                        probe.advance();
                    }
                }
            }
        }
    }

    /// Adds an element.
    pub fn add(&self, element: Value, vm: &Vm) -> PyResult<()> {
        let hash = hash_element(&element, vm)?;
        self.add_hashed(element, hash, vm)
    }

    /// Adds an element whose hash is known.
    pub fn add_hashed(&self, element: Value, hash: i64, vm: &Vm) -> PyResult<()> {
        match self.find(&element, hash, true, vm)? {
            Ok(_) => Ok(()),
            Err(at) => {
                let done = self.table.with_mut(|t| t.put(at, hash, element));
                if done { Ok(()) } else { Err(vm.memory_error()) }
            }
        }
    }

    /// True if an element is there.
    pub fn contains(&self, element: &Value, vm: &Vm) -> PyResult<bool> {
        let hash = hash_element(element, vm)?;
        self.contains_hashed(element, hash, vm)
    }

    /// The same for a known hash.
    pub fn contains_hashed(&self, element: &Value, hash: i64, vm: &Vm) -> PyResult<bool> {
        Ok(self.find(element, hash, false, vm)?.is_ok())
    }

    /// Removes an element; true if it was there.
    pub fn discard_hashed(&self, element: &Value, hash: i64, vm: &Vm) -> PyResult<bool> {
        match self.find(element, hash, false, vm)? {
            Ok(at) => {
                let old = self.table.with_mut(|t| t.delete(at));
                Ok(old.is_some())
            }
            Err(_) => Ok(false),
        }
    }

    /// Removes and gives some element.
    pub fn pop(&self) -> Option<Value> {
        self.table.with_mut(|t| {
            if t.used == 0 {
                return None;
            }
            let mut at = t.finger & t.mask();
            while t.cells[at].key.is_none() {
                at = if at == t.mask() { 0 } else { at + 1 };
            }
            t.finger = at + 1;
            t.delete(at)
        })
    }

    /// Removes all elements.
    pub fn clear(&self) {
        let mut old = Vec::new();
        Traverse::clear(&self.table, &mut old);
        drop(old);
    }

    /// The first element at or after a cell, with its hash; moves the position past it.
    #[inline]
    pub fn next(&self, position: &mut usize) -> Option<(i64, Value)> {
        self.table.with(|t| t.next(position))
    }

    /// All elements in the table's order.
    pub fn elements(&self) -> Vec<Value> {
        self.table.with(|t| t.cells.iter().filter_map(|cell| cell.key.clone()).collect())
    }

    /// Takes the elements of another set over, and drops the own ones.
    pub fn replace_with(&self, other: SetBody) {
        let mut new = other.table.take();
        self.table.with_mut(|t| {
            new.changes = t.changes + 1;
            std::mem::swap(t, &mut new);
        });
        drop(new);
    }

    /// Makes room before `more` elements come, as CPython does.
    pub(super) fn reserve_for(&self, more: usize, vm: &Vm) -> PyResult<()> {
        let done = self.table.with_mut(|t| {
            let crowded = (t.fill + more).saturating_mul(5) >= t.mask() * 3;
            !crowded || t.resize((t.used + more) * 2)
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Drops deleted cells if they are more than a quarter.
    pub(super) fn compact(&self, vm: &Vm) -> PyResult<()> {
        let done = self.table.with_mut(|t| t.fill - t.used <= t.mask() / 4 || t.resize(t.growth()));
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Copies another set's elements into an empty table; false if this one is not empty.
    pub(super) fn fill_from(&self, other: &SetBody) -> bool {
        if self.table.with(|t| t.fill) != 0 {
            return false;
        }
        let (size, clean, entries) = other.table.with(|t| {
            let entries: Vec<(usize, i64, Value)> =
                t.cells.iter().enumerate().filter_map(|(at, cell)| Some((at, cell.hash, cell.key.clone()?))).collect();
            (t.mask(), t.fill == t.used, entries)
        });
        self.table.with_mut(|t| {
            t.ensure_cells();
            let same_places = t.mask() == size && clean;
            (t.fill, t.used) = (entries.len(), entries.len());
            t.changes += 1;
            for (at, hash, key) in entries {
                if same_places {
                    t.cells[at] = Cell { hash, key: Some(key) };
                } else {
                    Table::insert_clean(&mut t.cells, hash, key);
                }
            }
        });
        true
    }

    /// The hash of the frozenset with these elements.
    pub fn hash(&self) -> i64 {
        let (mask, fill, used, mut hash) = self.table.with(|t| {
            let mixed = t.cells.iter().fold(0, |all, cell| all ^ shuffled(cell.hash as u64));
            // A table without cells stands for eight free ones, whose parts cancel out.
            (t.mask(), t.fill, t.used, mixed)
        });
        if (mask + 1 - fill) & 1 != 0 {
            hash ^= shuffled(0);
        }
        if (fill - used) & 1 != 0 {
            hash ^= shuffled(u64::MAX);
        }
        hash ^= (used as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        if hash == u64::MAX { 590_923_713 } else { hash as i64 }
    }

    /// What `__sizeof__` says: CPython's object holds eight cells itself.
    pub(super) fn size_in_bytes(&self) -> usize {
        let cells = self.table.with(|t| t.cells.len());
        200 + if cells > MIN_CELLS { cells * size_of::<Cell>() } else { 0 }
    }
}
