//! Finding, splitting, joining and replacing octets.

use std::borrow::Cow;
use std::ops::Range;

use pyrope_macros::pymethods;
use pyrope_object::bind::full_type_name;
use pyrope_object::{Bytes, List, PyResult, Raised, Tuple, Value, Vm};
use pyrope_textual::search;

use super::{ByteArray, BytesType, octets, pinned, same_kind, unchanged, with_octets};
use crate::containers::sequence::{collect_or, is_index};
use crate::text::str_type::part;

/// What is looked for: octets, or a number for one of them.
fn needle<'a>(value: &'a Value, vm: &Vm) -> PyResult<Cow<'a, [u8]>> {
    if value.ty(vm).slots().buffer.is_some() {
        return octets(value, vm);
    }
    if !is_index(value, vm) {
        let kind = full_type_name(value, vm);
        return Err(vm.type_error(format!("argument should be integer or bytes-like object, not '{kind}'")));
    }
    one_octet(value, vm).map(|octet| Cow::Owned(vec![octet]))
}

fn one_octet(value: &Value, vm: &Vm) -> PyResult<u8> {
    let index = vm.index(value)?;
    match index.as_i64().and_then(|n| u8::try_from(n).ok()) {
        Some(octet) => Ok(octet),
        None => Err(vm.value_error("byte must be in range(0, 256)")),
    }
}

/// `item in octets`
pub(super) fn octets_contains(slf: &Value, item: &Value, vm: &Vm) -> PyResult<bool> {
    if item.ty(vm).slots().buffer.is_none() && is_index(item, vm) {
        let octet = pinned(slf, || one_octet(item, vm))?;
        return Ok(with_octets(slf, |data| data.contains(&octet)));
    }
    let needle = pinned(slf, || octets(item, vm))?;
    Ok(with_octets(slf, |data| search::contains(data, &needle)))
}

type Bounds<'a> = (Option<&'a Value>, Option<&'a Value>);

fn locate(
    slf: &Value,
    sub: &Value,
    bounds: Bounds<'_>,
    find: fn(&[u8], &[u8]) -> Option<usize>,
    vm: &Vm,
) -> PyResult<Option<usize>> {
    let (needle, range) = pinned(slf, || {
        let needle = needle(sub, vm)?;
        Ok((needle, part(bounds.0, bounds.1, with_octets(slf, <[u8]>::len), vm)?))
    })?;
    let Some(range) = range else { return Ok(None) };
    let offset = range.start;
    Ok(with_octets(slf, |data| find(data.get(range)?, &needle)).map(|at| at + offset))
}

fn affix_method(slf: &Value, affix: &Value, bounds: Bounds<'_>, at_end: bool, vm: &Vm) -> PyResult<bool> {
    let range = part(bounds.0, bounds.1, with_octets(slf, <[u8]>::len), vm)?;
    let matches = |affix: &Value| {
        let affix = octets(affix, vm)?;
        let Some(range) = range.clone() else { return Ok(false) };
        Ok(with_octets(slf, |data| {
            let data = data.get(range).unwrap_or_default();
            if at_end { data.ends_with(&affix) } else { data.starts_with(&affix) }
        }))
    };
    if let Some(choices) = affix.downcast::<Tuple>() {
        for choice in choices.as_slice() {
            if matches(choice)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if affix.ty(vm).slots().buffer.is_none() {
        let (name, kind) = (if at_end { "endswith" } else { "startswith" }, full_type_name(affix, vm));
        return Err(vm.type_error(format!("{name} first arg must be bytes or a tuple of bytes, not {kind}")));
    }
    matches(affix)
}

fn pieces(slf: &Value, ranges: Vec<Range<usize>>, vm: &Vm) -> PyResult {
    let mut items = Vec::with_capacity(ranges.len());
    let whole = ranges.len() == 1;
    for range in ranges {
        if whole && range.len() == with_octets(slf, <[u8]>::len) {
            items.push(unchanged(slf, vm)?);
            continue;
        }
        let data = with_octets(slf, |data| data.get(range).unwrap_or_default().to_vec());
        items.push(same_kind(slf, data, vm)?);
    }
    Ok(vm.new_list(items).into_value())
}

pub(super) fn is_space(c: u32) -> bool {
    matches!(c, 0x09..=0x0D | 0x20)
}

fn is_line_end(c: u32) -> bool {
    matches!(c, 0x0A | 0x0D)
}

fn separator<'a>(sep: Option<&'a Value>, vm: &Vm) -> PyResult<Option<Cow<'a, [u8]>>> {
    let Some(sep) = sep.filter(|sep| !sep.is_none()) else { return Ok(None) };
    let sep = octets(sep, vm)?;
    if sep.is_empty() { Err(vm.value_error("empty separator")) } else { Ok(Some(sep)) }
}

fn limit(count: isize) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn partition_at(slf: &Value, sep: &Value, from_right: bool, vm: &Vm) -> PyResult {
    let text = octets(sep, vm)?;
    if text.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let find = if from_right { search::rfind::<u8> } else { search::find::<u8> };
    let make = |data: Vec<u8>| same_kind(slf, data, vm);
    let split =
        with_octets(slf, |data| find(data, &text).map(|at| (data[..at].to_vec(), data[at + text.len()..].to_vec())));
    let parts = match split {
        Some((before, after)) => {
            let middle = if sep.downcast_exact::<Bytes>().is_some() && slf.downcast::<ByteArray>().is_none() {
                sep.clone()
            } else {
                make(text.into_owned())?
            };
            vec![make(before)?, middle, make(after)?]
        }
        None if from_right => vec![make(Vec::new())?, make(Vec::new())?, unchanged(slf, vm)?],
        None => vec![unchanged(slf, vm)?, make(Vec::new())?, make(Vec::new())?],
    };
    Ok(vm.new_tuple(parts).into_value())
}

fn replaced(slf: &Value, old: &[u8], new: &[u8], count: usize, vm: &Vm) -> PyResult {
    let made = with_octets(slf, |data| {
        let places: Vec<usize> = if old.is_empty() {
            (0..=data.len()).take(count).collect()
        } else {
            search::occurrences(data, old).take(count).collect()
        };
        if places.is_empty() {
            return Some(None);
        }
        let grown = places.len().checked_mul(new.len())?.checked_add(data.len())?;
        let mut out = Vec::new();
        out.try_reserve(grown - places.len() * old.len()).ok()?;
        let mut at = 0;
        for place in places {
            out.extend_from_slice(&data[at..place]);
            out.extend_from_slice(new);
            at = place + old.len();
        }
        out.extend_from_slice(&data[at..]);
        Some(Some(out))
    });
    match made {
        Some(Some(data)) => same_kind(slf, data, vm),
        Some(None) => unchanged(slf, vm),
        None => Err(vm.memory_error()),
    }
}

/// Joins the items that `item` gives by index; `count` tells how many there are now.
fn join(slf: &Value, count: impl Fn() -> usize, item: impl Fn(usize) -> Option<Value>, vm: &Vm) -> PyResult {
    let length = count();
    if length == 1
        && slf.downcast::<ByteArray>().is_none()
        && let Some(single) = item(0).filter(|single| single.downcast_exact::<Bytes>().is_some())
    {
        return Ok(single);
    }
    let separator = with_octets(slf, <[u8]>::to_vec);
    let mut out: Vec<u8> = Vec::new();
    for index in 0..length {
        let Some(item) = item(index) else { return Err(changed_size(vm)) };
        if item.ty(vm).slots().buffer.is_none() {
            let kind = full_type_name(&item, vm);
            let message = format!("sequence item {index}: expected a bytes-like object, {kind} found");
            return Err(vm.type_error(message));
        }
        let data = octets(&item, vm)?;
        if count() != length {
            return Err(changed_size(vm));
        }
        if out.try_reserve(data.len() + separator.len()).is_err() {
            return Err(vm.memory_error());
        }
        if index > 0 {
            out.extend_from_slice(&separator);
        }
        out.extend_from_slice(&data);
    }
    same_kind(slf, out, vm)
}

fn changed_size(vm: &Vm) -> Raised {
    vm.runtime_error("sequence changed size during iteration")
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Both,
}

fn stripped(slf: &Value, chars: Option<&Value>, side: Side, vm: &Vm) -> PyResult {
    let set = chars.filter(|chars| !chars.is_none()).map(|chars| octets(chars, vm)).transpose()?;
    let made = with_octets(slf, |data| {
        let gone = |c: u8| match &set {
            None => is_space(c.into()),
            Some(set) => set.contains(&c),
        };
        let (mut start, mut end) = (0, data.len());
        if !matches!(side, Side::Right) {
            while start < end && gone(data[start]) {
                start += 1;
            }
        }
        if !matches!(side, Side::Left) {
            while end > start && gone(data[end - 1]) {
                end -= 1;
            }
        }
        (end - start < data.len()).then(|| data[start..end].to_vec())
    });
    match made {
        Some(data) => same_kind(slf, data, vm),
        None => unchanged(slf, vm),
    }
}

fn translated(slf: &Value, table: &Value, delete: Option<&Value>, vm: &Vm) -> PyResult {
    let table = if table.is_none() { None } else { Some(octets(table, vm)?) };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(vm.value_error("translation table must be 256 characters long"));
    }
    let delete = delete.map(|delete| octets(delete, vm)).transpose()?.unwrap_or_default();
    let mut gone = [false; 256];
    delete.iter().for_each(|&c| gone[usize::from(c)] = true);
    let made = with_octets(slf, |data| {
        let kept = data.iter().filter(|&&c| !gone[usize::from(c)]);
        let out: Vec<u8> = match &table {
            Some(table) => kept.map(|&c| table[usize::from(c)]).collect(),
            None => kept.copied().collect(),
        };
        (out != data).then_some(out)
    });
    match made {
        Some(data) => same_kind(slf, data, vm),
        None => unchanged(slf, vm),
    }
}

fn table(from: &Value, to: &Value, vm: &Vm) -> PyResult {
    let (from, to) = (octets(from, vm)?, octets(to, vm)?);
    if from.len() != to.len() {
        return Err(vm.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (&from, &to) in from.iter().zip(to.iter()) {
        table[usize::from(from)] = to;
    }
    Ok(vm.new_bytes(&table)?.into_value())
}

fn position(found: Option<usize>) -> isize {
    found.map_or(-1, |at| at as isize)
}

macro_rules! search_methods {
    ($ty:ident) => {
        #[pymethods(SEARCH)]
        impl $ty {
            /// The lowest index where octets are found in `self[start:end]`, or −1.
            #[method("find($self, sub, start=None, end=None, /)")]
            fn find(slf: &Value, sub: &Value, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<isize> {
                Ok(position(locate(slf, sub, (start, end), search::find::<u8>, vm)?))
            }

            /// The highest index where octets are found in `self[start:end]`, or −1.
            #[method("rfind($self, sub, start=None, end=None, /)")]
            fn rfind(slf: &Value, sub: &Value, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<isize> {
                Ok(position(locate(slf, sub, (start, end), search::rfind::<u8>, vm)?))
            }

            /// As `find`, but ValueError where nothing is found.
            #[method("index($self, sub, start=None, end=None, /)")]
            fn index(slf: &Value, sub: &Value, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<usize> {
                let found = locate(slf, sub, (start, end), search::find::<u8>, vm)?;
                found.ok_or_else(|| vm.value_error("subsection not found"))
            }

            /// As `rfind`, but ValueError where nothing is found.
            #[method("rindex($self, sub, start=None, end=None, /)")]
            fn rindex(
                slf: &Value,
                sub: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
                vm: &Vm,
            ) -> PyResult<usize> {
                let found = locate(slf, sub, (start, end), search::rfind::<u8>, vm)?;
                found.ok_or_else(|| vm.value_error("subsection not found"))
            }

            /// How often octets occur in `self[start:end]` without overlap.
            #[method("count($self, sub, start=None, end=None, /)")]
            fn count(slf: &Value, sub: &Value, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<usize> {
                let (needle, range) = pinned(slf, || {
                    let needle = needle(sub, vm)?;
                    Ok((needle, part(start, end, with_octets(slf, <[u8]>::len), vm)?))
                })?;
                let Some(range) = range else { return Ok(0) };
                let count = |data: &[u8]| search::count(data.get(range).unwrap_or_default(), &needle, usize::MAX);
                Ok(with_octets(slf, count))
            }

            /// True if the octets begin with the prefix, or with one of a tuple of them.
            #[method("startswith($self, prefix, start=None, end=None, /)")]
            fn startswith(
                slf: &Value,
                prefix: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
                vm: &Vm,
            ) -> PyResult<bool> {
                affix_method(slf, prefix, (start, end), false, vm)
            }

            /// True if the octets end with the suffix, or with one of a tuple of them.
            #[method("endswith($self, suffix, start=None, end=None, /)")]
            fn endswith(
                slf: &Value,
                suffix: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
                vm: &Vm,
            ) -> PyResult<bool> {
                affix_method(slf, suffix, (start, end), true, vm)
            }

            /// A copy without a prefix, if it is there.
            #[method("removeprefix($self, prefix, /)")]
            fn removeprefix(slf: &Value, prefix: &Value, vm: &Vm) -> PyResult {
                let prefix = octets(prefix, vm)?;
                match with_octets(slf, |data| {
                    data.strip_prefix(&*prefix).filter(|_| !prefix.is_empty()).map(<[u8]>::to_vec)
                }) {
                    Some(rest) => same_kind(slf, rest, vm),
                    None => unchanged(slf, vm),
                }
            }

            /// A copy without a suffix, if it is there.
            #[method("removesuffix($self, suffix, /)")]
            fn removesuffix(slf: &Value, suffix: &Value, vm: &Vm) -> PyResult {
                let suffix = octets(suffix, vm)?;
                match with_octets(slf, |data| {
                    data.strip_suffix(&*suffix).filter(|_| !suffix.is_empty()).map(<[u8]>::to_vec)
                }) {
                    Some(rest) => same_kind(slf, rest, vm),
                    None => unchanged(slf, vm),
                }
            }

            /// A copy with occurrences of `old` replaced by `new`: all, or the first `count`.
            #[method("replace($self, old, new, count=-1, /)")]
            fn replace(slf: &Value, old: &Value, new: &Value, count: isize, vm: &Vm) -> PyResult {
                let (old, new) = (octets(old, vm)?, octets(new, vm)?);
                replaced(slf, &old, &new, limit(count), vm)
            }

            /// The pieces between separators, from the left; None splits at runs of ASCII whitespace.
            #[method("split($self, /, sep=None, maxsplit=-1)")]
            fn split(slf: &Value, sep: Option<&Value>, maxsplit: isize, vm: &Vm) -> PyResult {
                let (sep, limit) = (pinned(slf, || separator(sep, vm))?, limit(maxsplit));
                let ranges = with_octets(slf, |data| match &sep {
                    None => search::split_whitespace(data, limit, is_space),
                    Some(sep) => search::split(data, sep, limit),
                });
                pieces(slf, ranges, vm)
            }

            /// The pieces between separators, from the right; None splits at runs of ASCII whitespace.
            #[method("rsplit($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(slf: &Value, sep: Option<&Value>, maxsplit: isize, vm: &Vm) -> PyResult {
                let (sep, limit) = (pinned(slf, || separator(sep, vm))?, limit(maxsplit));
                let ranges = with_octets(slf, |data| match &sep {
                    None => search::rsplit_whitespace(data, limit, is_space),
                    Some(sep) => search::rsplit(data, sep, limit),
                });
                pieces(slf, ranges, vm)
            }

            /// The lines, with their ends if asked for.
            #[method("splitlines($self, /, keepends=False)")]
            fn splitlines(slf: &Value, keepends: bool, vm: &Vm) -> PyResult {
                let ranges = with_octets(slf, |data| search::split_lines(data, keepends, is_line_end));
                pieces(slf, ranges, vm)
            }

            /// What stands before the first separator, the separator, and what stands behind it.
            #[method("partition($self, sep, /)")]
            fn partition(slf: &Value, sep: &Value, vm: &Vm) -> PyResult {
                partition_at(slf, sep, false, vm)
            }

            /// What stands before the last separator, the separator, and what stands behind it.
            #[method("rpartition($self, sep, /)")]
            fn rpartition(slf: &Value, sep: &Value, vm: &Vm) -> PyResult {
                partition_at(slf, sep, true, vm)
            }

            /// The items, which are bytes-like, with these octets between them.
            #[method("join($self, iterable_of_bytes, /)")]
            fn join(slf: &Value, iterable_of_bytes: &Value, vm: &Vm) -> PyResult {
                if let Some(list) = iterable_of_bytes.downcast_exact::<List>() {
                    return join(slf, || list.len(), |at| list.get(at), vm);
                }
                let collected;
                let items = match iterable_of_bytes.downcast_exact::<Tuple>() {
                    Some(items) => items.as_slice(),
                    // The separator must not change while the items are made.
                    None => {
                        collected = pinned(slf, || collect_or(iterable_of_bytes, "can only join an iterable", vm))?;
                        &collected
                    }
                };
                join(slf, || items.len(), |at| items.get(at).cloned(), vm)
            }

            /// A copy without leading and trailing ASCII whitespace, or octets of a set.
            #[method("strip($self, bytes=None, /)")]
            fn strip(slf: &Value, bytes: Option<&Value>, vm: &Vm) -> PyResult {
                stripped(slf, bytes, Side::Both, vm)
            }

            /// A copy without leading ASCII whitespace, or octets of a set.
            #[method("lstrip($self, bytes=None, /)")]
            fn lstrip(slf: &Value, bytes: Option<&Value>, vm: &Vm) -> PyResult {
                stripped(slf, bytes, Side::Left, vm)
            }

            /// A copy without trailing ASCII whitespace, or octets of a set.
            #[method("rstrip($self, bytes=None, /)")]
            fn rstrip(slf: &Value, bytes: Option<&Value>, vm: &Vm) -> PyResult {
                stripped(slf, bytes, Side::Right, vm)
            }

            /// A copy with octets replaced by a table of 256, without those to delete. The table may be None.
            #[method("translate($self, table, /, delete=b'')")]
            fn translate(slf: &Value, table: &Value, delete: Option<&Value>, vm: &Vm) -> PyResult {
                translated(slf, table, delete, vm)
            }

            /// A table for `translate` that maps octets of one object to those of the other.
            #[staticmethod("maketrans(frm, to, /)")]
            fn maketrans(frm: &Value, to: &Value, vm: &Vm) -> PyResult {
                table(frm, to, vm)
            }
        }
    };
}

search_methods!(BytesType);
search_methods!(ByteArray);
