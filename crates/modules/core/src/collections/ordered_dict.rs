//! `OrderedDict`: a dict whose order can be changed and counts in comparisons.

use std::cell::Cell;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::OrNone;
use pyrope_object::{
    Args, CompareOp, Dict, Guarded, PyResult, Raised, Ref, Slots, Traverse, Type, Value, Vm, value_of,
};
use pyrope_types::containers::dict;
use pyrope_types::containers::dict::merge::{Override, merge};

use super::order::{Node, NodeId, Order};
use super::ordered_views::{Kind, OrderedItems, OrderedIterator, OrderedKeys, OrderedValues};
use crate::support::receiver;

/// A dict that can reorder its keys, and equals another one only if their order is the same.
#[pyclass(
    name = "OrderedDict",
    module = "collections",
    base = Dict,
    flags(DICT, WEAKREF, BASETYPE),
    methods(OrderedDict::METHODS),
    slots = SLOTS,
    unhashable
)]
pub struct OrderedDict {
    header: Dict,
    order: Guarded<Order>,
    /// Changes whenever the list of keys does.
    state: Cell<u64>,
}

impl Traverse for OrderedDict {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.header.traverse(visit);
        self.order.traverse(visit);
    }

    fn clear(&self, out: &mut Vec<Value>) {
        Traverse::clear(&self.header, out);
        Traverse::clear(&self.order, out);
    }
}

const SLOTS: Slots = Slots {
    new: Some(ordered_new),
    init: Some(ordered_init),
    repr: Some(ordered_repr),
    richcompare: Some(ordered_compare),
    iter: Some(ordered_iter),
    or: Some(ordered_or),
    inplace_or: Some(ordered_inplace_or),
    mp_ass_subscript: Some(ordered_set_item),
    ..Slots::EMPTY
};

impl OrderedDict {
    pub(super) fn dict(&self) -> &Dict {
        &self.header
    }

    pub(super) fn state(&self) -> u64 {
        self.state.get()
    }

    fn changed(&self) {
        self.state.set(self.state.get() + 1);
    }

    /// The first or last place.
    pub(super) fn end(&self, last: bool) -> Option<NodeId> {
        self.order.with(|order| order.end(last))
    }

    /// The key at a place, and the next place, or the one before.
    pub(super) fn walk(&self, id: NodeId, backwards: bool) -> Option<(Value, Option<NodeId>)> {
        self.order.with(|order| Some((order.get(id)?.key.clone(), order.neighbour(id, backwards))))
    }

    /// The node of a key and the key's position in the dict.
    fn find(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<(NodeId, usize)>> {
        loop {
            self.locate_nodes(vm)?;
            let position = self.header.position_hashed(key, hash, vm)?;
            // Comparing keys may have moved them.
            if self.order.with(|order| order.moves) == self.header.moves() {
                let node = position.and_then(|at| Some((self.order.with(|order| order.at_position(at))?, at)));
                return Ok(node);
            }
        }
    }

    /// Finds the nodes' keys again after the dict gave them other positions.
    fn locate_nodes(&self, vm: &Vm) -> PyResult<()> {
        let known = self.order.with(|order| order.moves);
        if known == self.header.moves() {
            return Ok(());
        }
        let (state, moves) = (self.state(), self.header.moves());
        let mut places = Vec::new();
        for (id, node) in self.order.with(Order::nodes) {
            if let Some(position) = self.header.position_hashed(&node.key, node.hash, vm)? {
                places.push((position, id));
            }
        }
        if self.state() != state || self.header.moves() != moves {
            return Err(mutated(vm));
        }
        self.order.with_mut(|order| {
            order.forget_positions(moves);
            places.into_iter().for_each(|(position, id)| order.set_position(position, id));
        });
        Ok(())
    }

    fn set(&self, key: Value, value: Value, vm: &Vm) -> PyResult<()> {
        let hash = dict::hash_key(&key, vm)?;
        self.set_hashed(key, hash, value, vm)
    }

    fn set_hashed(&self, key: Value, hash: i64, value: Value, vm: &Vm) -> PyResult<()> {
        let positions = self.header.end_position() + 1;
        if !self.order.with_mut(|order| order.reserve(positions)) {
            return Err(vm.memory_error());
        }
        let old = self.header.insert_hashed(key.clone(), hash, value, vm)?;
        if old.is_some() {
            if self.order.with(Order::len) != self.header.len() && self.find(&key, hash, vm)?.is_none() {
                let position = self.header.position_hashed(&key, hash, vm)?;
                position.into_iter().for_each(|position| self.push(key.clone(), hash, position));
            }
            return Ok(());
        }
        // The new key lies last in the dict.
        let position = self.header.end_position() - 1;
        self.locate_nodes(vm)?;
        self.push(key, hash, position);
        Ok(())
    }

    fn push(&self, key: Value, hash: i64, position: usize) {
        self.order.with_mut(|order| order.push(key, hash, position));
        self.changed();
    }

    /// Takes a key out of the list.
    fn forget(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<Node>> {
        let Some((id, position)) = self.find(key, hash, vm)? else { return Ok(None) };
        let node = self.order.with_mut(|order| order.remove(id, position));
        self.changed();
        Ok(node)
    }

    /// Removes a key from list and dict.
    fn remove(&self, key: &Value, hash: i64, vm: &Vm) -> PyResult<Option<Value>> {
        let node = self.forget(key, hash, vm)?;
        let entry = self.header.remove_hashed(key, hash, vm)?;
        drop(node);
        Ok(entry.map(|entry| entry.value))
    }

    /// The value of a key of the list: KeyError if the dict does not have it.
    pub(super) fn value_of_key(&self, key: &Value, vm: &Vm) -> PyResult {
        dict::get(&self.header, key, vm)?.ok_or_else(|| vm.key_error(key))
    }

    /// KeyError if the list does not have the key any more by its present hash.
    pub(super) fn check_key(&self, key: &Value, vm: &Vm) -> PyResult<()> {
        let hash = dict::hash_key(key, vm)?;
        if self.find(key, hash, vm)?.is_some() { Ok(()) } else { Err(vm.key_error(key)) }
    }
}

fn is_exact(slf: &Value) -> bool {
    slf.downcast_exact::<OrderedDict>().is_some()
}

fn ordered_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    Ok(Ref::new_in(vm, class, OrderedDict { header: Dict::empty(), order: Guarded::default(), state: Cell::new(0) })
        .into_value())
}

fn ordered_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let given = args.positional().len();
    if given > 1 {
        return Err(vm.type_error(format!("expected at most 1 argument, got {given}")));
    }
    update(slf, args, vm)
}

/// What `MutableMapping.update` does: every pair is set as an item.
fn update(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    if let Some(other) = args.positional().first() {
        if let Some(plain) = other.downcast_exact::<Dict>() {
            for entry in plain.entries() {
                vm.set_item(slf, &entry.key, Some(&entry.value))?;
            }
        } else if let Some(keys) = vm.find_attr_str(other, "keys")? {
            let keys = vm.call(&keys, &[])?;
            vm.for_each(&keys, |key| vm.set_item(slf, &key, Some(&vm.get_item(other, &key)?)))?;
        } else if let Some(items) = vm.find_attr_str(other, "items")? {
            set_pairs(slf, &vm.call(&items, &[])?, vm)?;
        } else {
            set_pairs(slf, other, vm)?;
        }
    }
    for (name, value) in args.keywords() {
        vm.set_item(slf, name, Some(value))?;
    }
    Ok(())
}

fn set_pairs(slf: &Value, pairs: &Value, vm: &Vm) -> PyResult<()> {
    vm.for_each(pairs, |pair| {
        let iterator = vm.iter(&pair)?;
        let short = |n: usize| {
            let plural = if n == 1 { "" } else { "s" };
            vm.value_error(format!("need more than {n} value{plural} to unpack"))
        };
        let Some(key) = vm.next(&iterator)? else { return Err(short(0)) };
        let Some(value) = vm.next(&iterator)? else { return Err(short(1)) };
        if vm.next(&iterator)?.is_some() {
            return Err(vm.value_error("too many values to unpack (expected 2)"));
        }
        vm.set_item(slf, &key, Some(&value))
    })
}

fn ordered_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(OrderedDict, slf, vm);
    let name = vm.type_name(slf);
    if this.header.is_empty() {
        return Ok(vm.new_str(&format!("{name}()")).into_value());
    }
    if !vm.enter_repr(slf) {
        return Ok(vm.new_str("...").into_value());
    }
    let plain = vm.new_dict();
    let text = merge(&plain, slf, Override::Replace, vm).and_then(|()| vm.repr_text(plain.as_value()));
    vm.leave_repr(slf);
    Ok(vm.try_str(&format!("{name}({})", text?))?.into_value())
}

fn same_order(a: &OrderedDict, b: &OrderedDict, vm: &Vm) -> PyResult<bool> {
    let states = (a.state(), b.state());
    let (mut left, mut right) = (a.end(false), b.end(false));
    loop {
        let (Some(x), Some(y)) = (left, right) else { return Ok(left == right) };
        let (Some((x, next_left)), Some((y, next_right))) = (a.walk(x, false), b.walk(y, false)) else {
            return Ok(false);
        };
        let same = vm.equal(&x, &y)?;
        if (a.state(), b.state()) != states {
            return Err(mutated(vm));
        }
        if !same {
            return Ok(false);
        }
        (left, right) = (next_left, next_right);
    }
}

#[cold]
fn mutated(vm: &Vm) -> Raised {
    vm.runtime_error("OrderedDict mutated during iteration")
}

fn ordered_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<OrderedDict>(), other.downcast::<Dict>()) else {
        return Ok(Value::not_implemented());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::not_implemented());
    }
    let equal = dict::equals(&a.header, b, vm)?
        && match other.downcast::<OrderedDict>() {
            Some(b) => same_order(a, b, vm)?,
            None => true,
        };
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn ordered_iter(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver!(OrderedDict, slf, vm);
    Ok(OrderedIterator::over(Ref::from_borrowed(this), Kind::Keys, false, vm))
}

fn ordered_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let class = if a.downcast::<OrderedDict>().is_some() { a } else { b }.ty(vm).to_value();
    if a.downcast::<Dict>().is_none() || b.downcast::<Dict>().is_none() {
        return Ok(Value::not_implemented());
    }
    let new = vm.call(&class, std::slice::from_ref(a))?;
    update(&new, Args::positional_only(std::slice::from_ref(b)), vm)?;
    Ok(new)
}

fn ordered_inplace_or(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    update(a, Args::positional_only(std::slice::from_ref(b)), vm)?;
    Ok(a.clone())
}

fn ordered_set_item(slf: &Value, key: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let this = receiver!(OrderedDict, slf, vm);
    match value {
        Some(value) => this.set(key.clone(), value.clone(), vm),
        None => {
            let hash = dict::hash_key(key, vm)?;
            this.remove(key, hash, vm)?.map(drop).ok_or_else(|| vm.key_error(key))
        }
    }
}

#[pymethods]
impl OrderedDict {
    /// A new dict with the keys of an iterable, all set to one value.
    #[classmethod("fromkeys($type, /, iterable, value=None)")]
    fn fromkeys(cls: &Value, iterable: &Value, value: OrNone<&Value>, vm: &Vm) -> PyResult {
        let value = value.into_option().cloned().unwrap_or(Value::none());
        let new = vm.call(cls, &[])?;
        vm.for_each(iterable, |key| vm.set_item(&new, &key, Some(&value)))?;
        Ok(new)
    }

    /// Bytes that the dict takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<Self>() + self.header.storage_bytes() + self.order.with(Order::storage_bytes)
    }

    /// State for pickling.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let state = vm.call_method(slf, "__getstate__", &[])?;
        let items = vm.iter(&vm.call_method(slf, "items", &[])?)?;
        let parts = vec![slf.ty(vm).to_value(), vm.new_tuple(Vec::new()).into_value(), state, Value::none(), items];
        Ok(vm.new_tuple(parts).into_value())
    }

    /// The value of a key; if it is not there, it is set to the default first.
    #[method("setdefault($self, /, key, default=None)")]
    fn setdefault(slf: &Value, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let this = receiver!(OrderedDict, slf, vm);
        let default = default.cloned().unwrap_or(Value::none());
        if is_exact(slf) {
            if let Some(found) = dict::get(&this.header, key, vm)? {
                return Ok(found);
            }
            this.set(key.clone(), default.clone(), vm)?;
            return Ok(default);
        }
        if vm.contains(slf, key)? {
            return vm.get_item(slf, key);
        }
        vm.set_item(slf, key, Some(&default))?;
        Ok(default)
    }

    /// Remove a key and return its value, or the default if it is not there.
    ///
    /// KeyError without a default.
    #[method("pop($self, /, key, default=<unrepresentable>)")]
    fn pop(slf: &Value, key: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let this = receiver!(OrderedDict, slf, vm);
        let hash = dict::hash_key(key, vm)?;
        if let Some(value) = this.remove(key, hash, vm)? {
            return Ok(value);
        }
        default.cloned().ok_or_else(|| vm.key_error(key))
    }

    /// Remove the last pair of key and value, or the first, and return it.
    ///
    /// KeyError if the dict is empty.
    #[method("popitem($self, /, last=True)")]
    fn popitem(slf: &Value, last: bool, vm: &Vm) -> PyResult {
        let this = receiver!(OrderedDict, slf, vm);
        let node = this.order.with(|order| order.end(last).and_then(|id| order.get(id).cloned()));
        let Some(Node { key, hash, .. }) = node else {
            return Err(vm.key_error(vm.new_str("dictionary is empty").as_value()));
        };
        let Some(value) = this.remove(&key, hash, vm)? else { return Err(vm.key_error(&key)) };
        Ok(vm.tuple_of([key, value]).into_value())
    }

    /// A view of the keys.
    #[method("keys($self, /)")]
    fn keys(this: &Ref<OrderedDict>, vm: &Vm) -> PyResult {
        OrderedKeys::over(this, vm)
    }

    /// A view of the values.
    #[method("values($self, /)")]
    fn values(this: &Ref<OrderedDict>, vm: &Vm) -> PyResult {
        OrderedValues::over(this, vm)
    }

    /// A view of the pairs of key and value.
    #[method("items($self, /)")]
    fn items(this: &Ref<OrderedDict>, vm: &Vm) -> PyResult {
        OrderedItems::over(this, vm)
    }

    /// Set the pairs of a mapping or of an iterable of pairs, then those of the keyword arguments.
    #[method("update")]
    fn update(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
        let given = args.positional().len();
        if given > 1 {
            let message = format!("update() takes at most 1 positional argument ({given} given)");
            return Err(vm.type_error(message));
        }
        update(slf, args, vm)
    }

    /// Remove all pairs.
    #[method("clear($self, /)")]
    fn clear(&self) {
        self.changed();
        let order = self.order.take();
        self.header.clear();
        drop(order);
    }

    /// A shallow copy.
    #[method("copy($self, /)")]
    fn copy(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(OrderedDict, slf, vm);
        let new = vm.call(&slf.ty(vm).to_value(), &[])?;
        let exact = is_exact(slf);
        let state = this.state();
        let mut at = this.end(false);
        while let Some(id) = at {
            let Some(node) = this.order.with(|order| order.get(id).cloned()) else { break };
            if exact {
                let value = this.value_of_key(&node.key, vm)?;
                receiver!(OrderedDict, new, vm).set_hashed(node.key, node.hash, value, vm)?;
            } else {
                let value = vm.get_item(slf, &node.key)?;
                vm.set_item(&new, &node.key, Some(&value))?;
            }
            if this.state() != state {
                return Err(mutated(vm));
            }
            at = this.order.with(|order| order.neighbour(id, false));
        }
        Ok(new)
    }

    /// A reverse iterator over the keys.
    #[method("__reversed__($self, /)")]
    fn reversed(this: &Ref<OrderedDict>, vm: &Vm) -> PyResult {
        Ok(OrderedIterator::over(this.clone(), Kind::Keys, true, vm))
    }

    /// Move a key to the end, or to the beginning.
    ///
    /// KeyError if it is not there.
    #[method("move_to_end($self, /, key, last=True)")]
    fn move_to_end(&self, key: &Value, last: bool, vm: &Vm) -> PyResult<()> {
        let end = self.order.with(|order| order.end(last));
        let end_key = end.and_then(|id| self.order.with(|order| order.get(id).map(|node| node.key.clone())));
        if end_key.is_some_and(|end_key| end_key.is(key)) {
            return Ok(());
        }
        let hash = dict::hash_key(key, vm)?;
        let Some((id, _)) = self.find(key, hash, vm)? else { return Err(vm.key_error(key)) };
        if self.end(last) != Some(id) {
            self.order.with_mut(|order| order.move_to(id, last));
            self.changed();
        }
        Ok(())
    }
}

/// The dict of an ordered dict as the reference that views of plain dicts hold.
pub(super) fn as_dict(this: &Ref<OrderedDict>) -> Option<Ref<Dict>> {
    value_of(&**this).cast::<Dict>()
}
