//! Sorting: a stable powersort that makes the comparisons CPython makes, in the same order, and needs none where all keys
//! are plain integers, floats or strings.

mod powersort;

use pyrope_object::{CompareOp, List, PyResult, Str, StrView, Tuple, Value, Vm};

use powersort::powersort;

/// `list.sort(key=key, reverse=reverse)`. The list is empty while the sort runs.
pub fn sort_list(list: &List, key: Option<&Value>, reverse: bool, vm: &Vm) -> PyResult<()> {
    let items = list.items.take();
    let (items, outcome) = sort_values(items, key, reverse, vm);
    let modified = list.items.with(|now| now.capacity() > 0);
    list.items.set(items);
    outcome?;
    if modified { Err(vm.value_error("list modified during sort")) } else { Ok(()) }
}

/// Sorts values. They come back even if a comparison fails: in some order, none lost.
pub fn sort_values(items: Vec<Value>, key: Option<&Value>, reverse: bool, vm: &Vm) -> (Vec<Value>, PyResult<()>) {
    let mut keys = Vec::new();
    if let Some(function) = key {
        if keys.try_reserve_exact(items.len()).is_err() {
            return (items, Err(vm.memory_error()));
        }
        for item in &items {
            match vm.call(function, std::slice::from_ref(item)) {
                Ok(key) => keys.push(key),
                Err(raised) => return (items, Err(raised)),
            }
        }
    }
    if items.len() < 2 {
        return (items, Ok(()));
    }
    if key.is_none() && !reverse && items.iter().all(Value::is_small_int) {
        let mut items = items;
        items.sort_by_key(|item| item.as_small_int());
        return (items, Ok(()));
    }
    let mut order: Vec<u32> = match u32::try_from(items.len()) {
        Ok(len) => (0..len).collect(),
        Err(_) => return (items, Err(vm.memory_error())),
    };
    // Sorting the reversed list and reversing the result keeps equal items in their order.
    if reverse {
        order.reverse();
    }
    let outcome = sort_order(&mut order, if key.is_some() { &keys } else { &items }, vm);
    if reverse {
        order.reverse();
    }
    let mut slots: Vec<Option<Value>> = items.into_iter().map(Some).collect();
    let sorted = order.iter().filter_map(|&index| slots[index as usize].take()).collect();
    (sorted, outcome)
}

/// What is known of all keys.
enum Homogeneous {
    Ints,
    Floats,
    Strs,
    /// Tuples that are not empty.
    Tuples,
    /// Nothing.
    Mixed,
}

fn inspect(keys: &[Value]) -> Homogeneous {
    let all = |test: fn(&Value) -> bool| keys.iter().all(test);
    let Some(first) = keys.first() else { return Homogeneous::Mixed };
    if first.is_small_int() && all(Value::is_small_int) {
        Homogeneous::Ints
    } else if is_number(first) && all(is_number) {
        Homogeneous::Floats
    } else if is_exact_str(first) && all(is_exact_str) {
        Homogeneous::Strs
    } else if is_tuple(first) && all(is_tuple) {
        Homogeneous::Tuples
    } else {
        Homogeneous::Mixed
    }
}

fn is_number(value: &Value) -> bool {
    value.is_small_float()
}

fn is_exact_str(value: &Value) -> bool {
    value.downcast_exact::<Str>().is_some()
}

fn is_tuple(value: &Value) -> bool {
    value.downcast_exact::<Tuple>().is_some_and(|t| !t.is_empty())
}

/// Puts `order`, indices into `keys`, into ascending order of the keys. Stable.
fn sort_order(order: &mut Vec<u32>, keys: &[Value], vm: &Vm) -> PyResult<()> {
    match inspect(keys) {
        Homogeneous::Ints => sort_by(order, |i| keys[i].as_small_int().unwrap_or(0), i64::cmp),
        // Small floats are never NaN, so their order is total.
        Homogeneous::Floats => sort_by(
            order,
            |i| keys[i].as_small_float().unwrap_or(0.0),
            |a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal),
        ),
        Homogeneous::Strs => sort_strs(order, keys),
        Homogeneous::Tuples => {
            return powersort(order, |a, b| tuple_less(&keys[a as usize], &keys[b as usize], vm));
        }
        Homogeneous::Mixed => return powersort(order, |a, b| less(&keys[a as usize], &keys[b as usize], vm)),
    }
    Ok(())
}

fn sort_by<K>(order: &mut [u32], key: impl Fn(usize) -> K, compare: impl Fn(&K, &K) -> std::cmp::Ordering) {
    let mut pairs: Vec<(K, u32)> = order.iter().map(|&i| (key(i as usize), i)).collect();
    pairs.sort_by(|a, b| compare(&a.0, &b.0));
    for (slot, (_, index)) in order.iter_mut().zip(pairs) {
        *slot = index;
    }
}

fn sort_strs(order: &mut [u32], keys: &[Value]) {
    let views: Option<Vec<StrView<'_>>> = keys.iter().map(|k| k.downcast::<Str>().map(Str::view)).collect();
    let Some(views) = views else { return };
    let ascii: Option<Vec<&str>> =
        views.iter().map(|v| if let StrView::Ascii(t) = v { Some(*t) } else { None }).collect();
    match ascii {
        Some(texts) => sort_by(order, |i| texts[i].as_bytes(), |a, b| a.cmp(b)),
        None => order.sort_by(|&a, &b| compare_views(views[a as usize], views[b as usize])),
    }
}

/// Strings in the order of their code points.
fn compare_views(a: StrView<'_>, b: StrView<'_>) -> std::cmp::Ordering {
    fn points<'a>(view: StrView<'a>) -> Box<dyn Iterator<Item = u32> + 'a> {
        match view {
            StrView::Ascii(text) => Box::new(text.bytes().map(u32::from)),
            StrView::Latin1(units) => Box::new(units.iter().map(|&c| u32::from(c))),
            StrView::Ucs2(units) => Box::new(units.iter().map(|&c| u32::from(c))),
            StrView::Ucs4(units) => Box::new(units.iter().copied()),
        }
    }
    match (a, b) {
        (StrView::Ascii(a), StrView::Ascii(b)) => a.cmp(b),
        (StrView::Latin1(a), StrView::Latin1(b)) => a.cmp(b),
        (StrView::Ucs2(a), StrView::Ucs2(b)) => a.cmp(b),
        (StrView::Ucs4(a), StrView::Ucs4(b)) => a.cmp(b),
        _ => points(a).cmp(points(b)),
    }
}

/// `a < b` for any two values.
fn less(a: &Value, b: &Value, vm: &Vm) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(a < b);
    }
    if let (Some(a), Some(b)) = (a.as_small_float(), b.as_small_float()) {
        return Ok(a < b);
    }
    let result = vm.compare(a, b, CompareOp::Lt)?;
    vm.is_true(&result)
}

/// `a < b` for two tuples that are not empty: the first differing items decide.
fn tuple_less(a: &Value, b: &Value, vm: &Vm) -> PyResult<bool> {
    let (Some(x), Some(y)) = (a.downcast::<Tuple>(), b.downcast::<Tuple>()) else { return less(a, b, vm) };
    for (x, y) in x.as_slice().iter().zip(y.as_slice()) {
        if let (Some(x), Some(y)) = (x.downcast_exact::<Str>(), y.downcast_exact::<Str>()) {
            if !x.equals(y) {
                return Ok(compare_views(x.view(), y.view()).is_lt());
            }
        } else if !vm.equal(x, y)? {
            return less(x, y, vm);
        }
    }
    Ok(x.len() < y.len())
}
