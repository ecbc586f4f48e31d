//! Writing tuples, lists, dicts and sets.

use pyrope_object::{BuiltinType as B, Dict, List, PyResult, Raised, Tuple, Value, Vm};
use pyrope_types::containers::set::body_of;

use super::opcodes as op;
use super::pickler::Pickler;
use super::state::{type_text, with_note};

/// Containers that may nest in fast mode before loops are looked for.
const FAST_NESTING_LIMIT: usize = 50;

#[cold]
fn note_item(raised: Raised, object: &Value, index: usize, vm: &Vm) -> Raised {
    with_note(raised, format!("when serializing {} item {index}", type_text(object, vm)), vm)
}

#[cold]
fn note_key(raised: Raised, object: &Value, key: &Value, vm: &Vm) -> Raised {
    let exception = vm.catch(raised);
    let shown = vm.repr_text(key).unwrap_or_else(|raised| {
        vm.ignore(raised);
        String::new()
    });
    let raised = vm.reraise(exception);
    with_note(raised, format!("when serializing {} item {shown}", type_text(object, vm)), vm)
}

#[cold]
fn note_element(raised: Raised, object: &Value, vm: &Vm) -> Raised {
    with_note(raised, format!("when serializing {} element", type_text(object, vm)), vm)
}

impl Pickler {
    fn memo_index(&self, object: &Value) -> Option<usize> {
        self.memo.with(|memo| memo.get(object))
    }

    pub(super) fn save_tuple(&self, object: &Value, tuple: &Tuple, vm: &Vm) -> PyResult<()> {
        let items = tuple.as_slice();
        let protocol = self.protocol.get();
        if items.is_empty() {
            self.write(if protocol > 0 { &[op::EMPTY_TUPLE] } else { &[op::MARK, op::TUPLE] });
            return Ok(());
        }
        let short = items.len() <= 3 && protocol >= 2;
        if !short {
            self.write(&[op::MARK]);
        }
        for (index, item) in items.iter().enumerate() {
            self.save(item, true, vm).map_err(|raised| note_item(raised, object, index, vm))?;
        }
        // A tuple that is in the memo by now contains itself: drop the items and refer to it.
        if let Some(known) = self.memo_index(object) {
            if short {
                self.write(&[op::POP; 3][..items.len()]);
            } else if self.is_binary() {
                self.write(&[op::POP_MARK]);
            } else {
                (0..=items.len()).for_each(|_| self.write(&[op::POP]));
            }
            return self.write_get(known, vm);
        }
        let code = if short { [op::TUPLE1, op::TUPLE2, op::TUPLE3][items.len() - 1] } else { op::TUPLE };
        self.write(&[code]);
        self.memoize(object, vm)
    }

    pub(super) fn save_list(&self, object: &Value, list: &List, vm: &Vm) -> PyResult<()> {
        self.enter_fast(object, vm)?;
        let result = self.save_list_items(object, list, vm);
        self.leave_fast(object);
        result
    }

    fn save_list_items(&self, object: &Value, list: &List, vm: &Vm) -> PyResult<()> {
        self.write(if self.is_binary() { &[op::EMPTY_LIST] } else { &[op::MARK, op::LIST] });
        self.memoize(object, vm)?;
        if list.is_empty() {
            return Ok(());
        }
        if self.protocol.get() == 0 {
            return self.batch_appends(&vm.iter(object)?, object, vm);
        }
        if list.len() == 1 {
            let Some(item) = list.get(0) else { return Ok(()) };
            self.save(&item, true, vm).map_err(|raised| note_item(raised, object, 0, vm))?;
            self.write(&[op::APPEND]);
            return Ok(());
        }
        let mut index = 0;
        loop {
            self.write(&[op::MARK]);
            let end = index + op::BATCH_SIZE;
            while index < end
                && let Some(item) = list.get(index)
            {
                self.save(&item, true, vm).map_err(|raised| note_item(raised, object, index, vm))?;
                index += 1;
            }
            self.write(&[op::APPENDS]);
            if index >= list.len() {
                return Ok(());
            }
        }
    }

    /// Appends all items of an iterator to the list on the stack.
    pub(super) fn batch_appends(&self, iterator: &Value, object: &Value, vm: &Vm) -> PyResult<()> {
        let save = |item: &Value, index: usize| {
            self.save(item, true, vm).map_err(|raised| note_item(raised, object, index, vm))
        };
        let mut index = 0;
        if self.protocol.get() == 0 {
            while let Some(item) = vm.next(iterator)? {
                save(&item, index)?;
                self.write(&[op::APPEND]);
                index += 1;
            }
            return Ok(());
        }
        loop {
            let Some(first) = vm.next(iterator)? else { return Ok(()) };
            let Some(mut item) = vm.next(iterator)? else {
                save(&first, index)?;
                self.write(&[op::APPEND]);
                return Ok(());
            };
            self.write(&[op::MARK]);
            save(&first, index)?;
            let end = index + op::BATCH_SIZE;
            index += 1;
            let full = loop {
                save(&item, index)?;
                index += 1;
                if index == end {
                    break true;
                }
                match vm.next(iterator)? {
                    Some(next) => item = next,
                    None => break false,
                }
            };
            self.write(&[op::APPENDS]);
            if !full {
                return Ok(());
            }
        }
    }

    pub(super) fn save_dict(&self, object: &Value, dict: &Dict, vm: &Vm) -> PyResult<()> {
        self.enter_fast(object, vm)?;
        let result = self.save_dict_items(object, dict, vm);
        self.leave_fast(object);
        result
    }

    fn save_dict_items(&self, object: &Value, dict: &Dict, vm: &Vm) -> PyResult<()> {
        self.write(if self.is_binary() { &[op::EMPTY_DICT] } else { &[op::MARK, op::DICT] });
        self.memoize(object, vm)?;
        let size = dict.len();
        if size == 0 {
            return Ok(());
        }
        if self.protocol.get() == 0 {
            let items = vm.call_method(object, "items", &[])?;
            return self.batch_setitems(&vm.iter(&items)?, object, vm);
        }
        let mut position = 0;
        if size == 1 {
            if let Some(entry) = dict.next_entry(&mut position) {
                self.save_pair(&entry.key, &entry.value, object, vm)?;
            }
            self.write(&[op::SETITEM]);
            return Ok(());
        }
        loop {
            self.write(&[op::MARK]);
            let mut count = 0;
            while count < op::BATCH_SIZE
                && let Some(entry) = dict.next_entry(&mut position)
            {
                self.save_pair(&entry.key, &entry.value, object, vm)?;
                count += 1;
            }
            self.write(&[op::SETITEMS]);
            if dict.len() != size {
                return Err(vm.runtime_error("dictionary changed size during iteration"));
            }
            if count < op::BATCH_SIZE {
                return Ok(());
            }
        }
    }

    fn save_pair(&self, key: &Value, value: &Value, object: &Value, vm: &Vm) -> PyResult<()> {
        self.save(key, true, vm)?;
        self.save(value, true, vm).map_err(|raised| note_key(raised, object, key, vm))
    }

    /// Sets all pairs of an iterator in the mapping on the stack.
    pub(super) fn batch_setitems(&self, iterator: &Value, object: &Value, vm: &Vm) -> PyResult<()> {
        let next = || next_pair(iterator, vm);
        if self.protocol.get() == 0 {
            while let Some((key, value)) = next()? {
                self.save_pair(&key, &value, object, vm)?;
                self.write(&[op::SETITEM]);
            }
            return Ok(());
        }
        loop {
            let Some((key, value)) = next()? else { return Ok(()) };
            let Some(mut pair) = next()? else {
                self.save_pair(&key, &value, object, vm)?;
                self.write(&[op::SETITEM]);
                return Ok(());
            };
            self.write(&[op::MARK]);
            self.save_pair(&key, &value, object, vm)?;
            let mut count = 1;
            let full = loop {
                self.save_pair(&pair.0, &pair.1, object, vm)?;
                count += 1;
                if count == op::BATCH_SIZE {
                    break true;
                }
                match next()? {
                    Some(next) => pair = next,
                    None => break false,
                }
            };
            self.write(&[op::SETITEMS]);
            if !full {
                return Ok(());
            }
        }
    }

    /// Before protocol 4 sets are calls of their type with a list.
    fn save_set_as_call(&self, object: &Value, kind: B, vm: &Vm) -> PyResult<()> {
        let items = vm.new_list(vm.collect(object)?).into_value();
        let parts = vec![vm.builtin(kind).to_value(), vm.tuple_of([items]).into_value()];
        self.save_reduce(&vm.new_tuple(parts), Some(object), vm)
    }

    pub(super) fn save_set(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        if self.protocol.get() < 4 {
            return self.save_set_as_call(object, B::Set, vm);
        }
        self.write(&[op::EMPTY_SET]);
        self.memoize(object, vm)?;
        let Some(body) = body_of(object) else { return Ok(()) };
        let size = body.len();
        if size == 0 {
            return Ok(());
        }
        let mut position = 0;
        loop {
            self.write(&[op::MARK]);
            let mut count = 0;
            while count < op::BATCH_SIZE
                && let Some((_, item)) = body.next(&mut position)
            {
                self.save(&item, true, vm).map_err(|raised| note_element(raised, object, vm))?;
                count += 1;
            }
            self.write(&[op::ADDITEMS]);
            if body.len() != size {
                return Err(vm.runtime_error("set changed size during iteration"));
            }
            if count < op::BATCH_SIZE {
                return Ok(());
            }
        }
    }

    pub(super) fn save_frozenset(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        if self.protocol.get() < 4 {
            return self.save_set_as_call(object, B::FrozenSet, vm);
        }
        self.write(&[op::MARK]);
        for item in vm.collect(object)? {
            self.save(&item, true, vm).map_err(|raised| note_element(raised, object, vm))?;
        }
        if let Some(known) = self.memo_index(object) {
            self.write(&[op::POP_MARK]);
            return self.write_get(known, vm);
        }
        self.write(&[op::FROZENSET]);
        self.memoize(object, vm)
    }

    /// In fast mode there is no memo: a container inside itself is noticed once nesting is deep.
    pub(super) fn enter_fast(&self, object: &Value, vm: &Vm) -> PyResult<()> {
        if self.fast.get() == 0 {
            return Ok(());
        }
        self.fast_nesting.set(self.fast_nesting.get() + 1);
        if self.fast_nesting.get() < FAST_NESTING_LIMIT {
            return Ok(());
        }
        let id = object.id();
        if self.fast_entered.with(|entered| entered.contains(&id)) {
            self.fast_nesting.set(0);
            self.fast_entered.set(Vec::new());
            let kind = vm.type_name(object);
            return Err(vm.value_error(format!(
                "fast mode: can't pickle cyclic objects including object type {kind} at {id:#x}"
            )));
        }
        self.fast_entered.with_mut(|entered| entered.push(id));
        Ok(())
    }

    pub(super) fn leave_fast(&self, object: &Value) {
        if self.fast.get() == 0 {
            return;
        }
        let nesting = self.fast_nesting.get();
        if nesting >= FAST_NESTING_LIMIT {
            self.fast_entered.with_mut(|entered| entered.retain(|&id| id != object.id()));
        }
        self.fast_nesting.set(nesting.saturating_sub(1));
    }
}

fn next_pair(iterator: &Value, vm: &Vm) -> PyResult<Option<(Value, Value)>> {
    let Some(pair) = vm.next(iterator)? else { return Ok(None) };
    match pair.downcast::<Tuple>().map(Tuple::as_slice) {
        Some([key, value]) => Ok(Some((key.clone(), value.clone()))),
        _ => Err(vm.type_error("dict items iterator must return 2-tuples")),
    }
}
