//! Finding, splitting, joining, replacing.

use std::cell::Cell;
use std::ops::Range;

use pyrope_macros::pymethods;
use pyrope_object::bind::full_type_name;
use pyrope_object::{List, PyResult, Raised, Ref, Str, StrView, Tuple, Value, Vm};
use pyrope_textual::{search, unicode};

use super::super::builder::{TextBuilder, slice_view, widened, with_units};
use super::{StrType, exact};
use crate::containers::sequence::{collect_or, is_index};

/// Where `needle` first begins.
pub(super) fn find(haystack: StrView<'_>, needle: StrView<'_>) -> Option<usize> {
    with_units!(haystack, units => search::find(units, &widened(units, needle)?))
}

fn rfind(haystack: StrView<'_>, needle: StrView<'_>) -> Option<usize> {
    with_units!(haystack, units => search::rfind(units, &widened(units, needle)?))
}

/// A part of a text given by optional `start` and `end`; `None` if the start is beyond the end of the text.
pub(in crate::text) fn part(
    start: Option<&Value>,
    end: Option<&Value>,
    len: usize,
    vm: &Vm,
) -> PyResult<Option<Range<usize>>> {
    let bound = |value: Option<&Value>, default: isize| match value {
        None => Ok(default),
        Some(value) if value.is_none() => Ok(default),
        Some(value) if !is_index(value, vm) => {
            Err(vm.type_error("slice indices must be integers or None or have an __index__ method"))
        }
        Some(value) => vm.index_clamped(value),
    };
    let (start, end) = (bound(start, 0)?, bound(end, isize::MAX)?);
    let len = len as isize;
    let clip = |at: isize| if at < 0 { at.saturating_add(len).max(0) } else { at };
    let (start, end) = (clip(start), clip(end).min(len));
    Ok((start <= end).then_some(start as usize..end as usize))
}

/// An index of `find`, −1 for nothing.
fn position(found: Option<usize>) -> isize {
    found.map_or(-1, |at| at as isize)
}

fn not_found(vm: &Vm) -> Raised {
    vm.value_error("substring not found")
}

fn locate(
    this: &Str,
    sub: &Str,
    bounds: (Option<&Value>, Option<&Value>),
    find: fn(StrView<'_>, StrView<'_>) -> Option<usize>,
    vm: &Vm,
) -> PyResult<Option<usize>> {
    let Some(range) = part(bounds.0, bounds.1, this.len(), vm)? else { return Ok(None) };
    let offset = range.start;
    Ok(find(this.view().slice(range.start, range.end), sub.view()).map(|at| at + offset))
}

/// Does the text begin (or end) with this?
fn has_affix(text: StrView<'_>, affix: StrView<'_>, at_end: bool) -> bool {
    let (len, size) = (text.len(), affix.len());
    if size > len {
        return false;
    }
    let part = if at_end { text.slice(len - size, len) } else { text.slice(0, size) };
    with_units!(part, units => widened(units, affix).is_some_and(|affix| units == &*affix))
}

fn affix_method(
    this: &Str,
    affix: &Value,
    bounds: (Option<&Value>, Option<&Value>),
    at_end: bool,
    vm: &Vm,
) -> PyResult<bool> {
    let name = if at_end { "endswith" } else { "startswith" };
    let range = part(bounds.0, bounds.1, this.len(), vm)?;
    let matches = |affix: &Str| {
        range.clone().is_some_and(|range| has_affix(this.view().slice(range.start, range.end), affix.view(), at_end))
    };
    if let Some(choices) = affix.downcast::<Tuple>() {
        for choice in choices.as_slice() {
            let Some(choice) = choice.downcast::<Str>() else {
                let kind = full_type_name(choice, vm);
                return Err(vm.type_error(format!("tuple for {name} must only contain str, not {kind}")));
            };
            if matches(choice) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match affix.downcast::<Str>() {
        Some(affix) => Ok(matches(affix)),
        None => {
            let kind = full_type_name(affix, vm);
            Err(vm.type_error(format!("{name} first arg must be str or a tuple of str, not {kind}")))
        }
    }
}

/// The separator of a split; `None` for space.
fn separator<'a>(sep: Option<&'a Value>, vm: &Vm) -> PyResult<Option<&'a Str>> {
    let Some(sep) = sep.filter(|sep| !sep.is_none()) else { return Ok(None) };
    match sep.downcast::<Str>() {
        Some(text) if text.is_empty() => Err(vm.value_error("empty separator")),
        Some(text) => Ok(Some(text)),
        None => Err(vm.type_error(format!("must be str or None, not {}", full_type_name(sep, vm)))),
    }
}

fn pieces(slf: &Value, this: &Str, ranges: Vec<Range<usize>>, vm: &Vm) -> PyResult {
    let mut items = Vec::new();
    if items.try_reserve_exact(ranges.len()).is_err() {
        return Err(vm.memory_error());
    }
    for range in ranges {
        items.push(if range.len() == this.len() {
            exact(slf, vm)?
        } else {
            slice_view(this.view(), range.start, range.end, vm)?
        });
    }
    Ok(vm.new_list(items).into_value())
}

/// Texts up to this length are split without asking whether there is memory for the pieces.
const QUICK: usize = 1 << 12;

/// The pieces of a short text between separators.
fn split_ascii(slf: &Value, text: &str, sep: &str, limit: usize, vm: &Vm) -> PyResult {
    let mut items = Vec::with_capacity(4);
    let mut at = 0;
    for place in search::occurrences(text.as_bytes(), sep.as_bytes()).take(limit) {
        items.push(vm.try_str(&text[at..place])?.into_value());
        at = place + sep.len();
    }
    items.push(if at == 0 { exact(slf, vm)? } else { vm.try_str(&text[at..])?.into_value() });
    Ok(vm.new_list(items).into_value())
}

fn limit(maxsplit: isize) -> usize {
    usize::try_from(maxsplit).unwrap_or(usize::MAX)
}

fn partition_at(slf: &Value, this: &Str, sep: &Value, from_right: bool, vm: &Vm) -> PyResult {
    let Some(text) = sep.downcast::<Str>() else {
        return Err(vm.type_error(format!("must be str, not {}", full_type_name(sep, vm))));
    };
    if text.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let empty = || vm.empty_str().into_value();
    let found = if from_right { rfind(this.view(), text.view()) } else { find(this.view(), text.view()) };
    let parts = match found {
        Some(at) => [
            slice_view(this.view(), 0, at, vm)?,
            exact(sep, vm)?,
            slice_view(this.view(), at + text.len(), this.len(), vm)?,
        ],
        None if from_right => [empty(), empty(), exact(slf, vm)?],
        None => [exact(slf, vm)?, empty(), empty()],
    };
    Ok(vm.tuple_of(parts).into_value())
}

/// [`replaced`] where all texts are ASCII and there is something to look for.
fn replaced_in_ascii(slf: &Value, this: &Str, old: &Str, new: &Str, count: usize, vm: &Vm) -> Option<Value> {
    let (text, old, new) = (this.as_ascii()?, old.as_ascii().filter(|old| !old.is_empty())?, new.as_ascii()?);
    let places = || search::occurrences(text.as_bytes(), old.as_bytes()).take(count);
    let found = places().count();
    if found == 0 {
        return exact(slf, vm).ok();
    }
    let len = (text.len() - found * old.len()).checked_add(found.checked_mul(new.len())?)?;
    let at = Cell::new(0);
    let before = places().flat_map(|place| [&text[at.replace(place + old.len())..place], new]);
    let rest = std::iter::once_with(|| &text[at.get()..]);
    vm.str_from_ascii_parts(len, before.chain(rest)).map(Ref::into_value)
}

/// `text.replace(old, new, count)`
fn replaced(slf: &Value, this: &Str, old: &Str, new: &Str, count: usize, vm: &Vm) -> PyResult {
    if let Some(result) = replaced_in_ascii(slf, this, old, new, count, vm) {
        return Ok(result);
    }
    let view = this.view();
    let places: Vec<usize> = if old.is_empty() {
        (0..=this.len()).take(count).collect()
    } else {
        with_units!(view, units => match widened(units, old.view()) {
            Some(old) => search::occurrences(units, &old).take(count).collect(),
            None => Vec::new(),
        })
    };
    if places.is_empty() || old.equals(new) {
        return exact(slf, vm);
    }
    let mut out = TextBuilder::with_capacity(this.len());
    let mut at = 0;
    for place in places {
        out.push_view(view.slice(at, place));
        out.push_text(new);
        at = place + old.len();
    }
    out.push_view(view.slice(at, this.len()));
    Ok(out.finish(vm)?.into_value())
}

fn ascii_text(value: &Value) -> Option<&str> {
    value.downcast::<Str>()?.as_ascii()
}

/// `separator.join(items)` where all texts are ASCII. Runs no Python code.
fn join_ascii(separator: &Str, items: &[Value], vm: &Vm) -> Option<Value> {
    let [first, rest @ ..] = items else { return None };
    if rest.is_empty() {
        return None;
    }
    let separator = separator.as_ascii()?;
    let mut len = separator.len().checked_mul(rest.len())?;
    for item in items {
        len = len.checked_add(ascii_text(item)?.len())?;
    }
    let between = rest.iter().flat_map(|item| [separator, ascii_text(item).unwrap_or_default()]);
    let parts = std::iter::once(ascii_text(first)?).chain(between);
    vm.str_from_ascii_parts(len, parts).map(Ref::into_value)
}

/// `separator.join(items)` with the items in hand.
pub(in crate::text) fn join(separator: &Str, items: &[Value], vm: &Vm) -> PyResult {
    if let Some(joined) = join_ascii(separator, items, vm) {
        return Ok(joined);
    }
    let mut total = separator.len().saturating_mul(items.len().saturating_sub(1));
    for (index, item) in items.iter().enumerate() {
        let Some(text) = item.downcast::<Str>() else {
            let kind = full_type_name(item, vm);
            return Err(vm.type_error(format!("sequence item {index}: expected str instance, {kind} found")));
        };
        total = total.saturating_add(text.len());
    }
    if total > isize::MAX as usize {
        return Err(vm.overflow_error("join() result is too long for a Python string"));
    }
    match items {
        [] => return Ok(vm.empty_str().into_value()),
        [single] if single.downcast_exact::<Str>().is_some() => return Ok(single.clone()),
        _ => {}
    }
    let mut out = TextBuilder::with_capacity(total);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_text(separator);
        }
        if let Some(text) = item.downcast::<Str>() {
            out.push_text(text);
        }
    }
    Ok(out.finish(vm)?.into_value())
}

#[pymethods(SEARCH)]
impl StrType {
    /// The lowest index where a text is found in `self[start:end]`, or −1.
    #[method("find($self, sub, start=None, end=None, /)")]
    fn find(this: &Str, sub: &Str, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<isize> {
        Ok(position(locate(this, sub, (start, end), find, vm)?))
    }

    /// The highest index where a text is found in `self[start:end]`, or −1.
    #[method("rfind($self, sub, start=None, end=None, /)")]
    fn rfind(this: &Str, sub: &Str, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<isize> {
        Ok(position(locate(this, sub, (start, end), rfind, vm)?))
    }

    /// As `find`, but ValueError where nothing is found.
    #[method("index($self, sub, start=None, end=None, /)")]
    fn index(this: &Str, sub: &Str, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<usize> {
        locate(this, sub, (start, end), find, vm)?.ok_or_else(|| not_found(vm))
    }

    /// As `rfind`, but ValueError where nothing is found.
    #[method("rindex($self, sub, start=None, end=None, /)")]
    fn rindex(this: &Str, sub: &Str, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<usize> {
        locate(this, sub, (start, end), rfind, vm)?.ok_or_else(|| not_found(vm))
    }

    /// How often a text occurs in `self[start:end]` without overlap.
    #[method("count($self, sub, start=None, end=None, /)")]
    fn count(this: &Str, sub: &Str, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<usize> {
        let Some(range) = part(start, end, this.len(), vm)? else { return Ok(0) };
        let view = this.view().slice(range.start, range.end);
        Ok(with_units!(view, units => match widened(units, sub.view()) {
            Some(sub) => search::count(units, &sub, usize::MAX),
            None => 0,
        }))
    }

    /// True if the text, or its part, begins with the prefix, or with one of a tuple of them.
    #[method("startswith($self, prefix, start=None, end=None, /)")]
    fn startswith(this: &Str, prefix: &Value, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        affix_method(this, prefix, (start, end), false, vm)
    }

    /// True if the text, or its part, ends with the suffix, or with one of a tuple of them.
    #[method("endswith($self, suffix, start=None, end=None, /)")]
    fn endswith(this: &Str, suffix: &Value, start: Option<&Value>, end: Option<&Value>, vm: &Vm) -> PyResult<bool> {
        affix_method(this, suffix, (start, end), true, vm)
    }

    /// The text without a prefix, if it has it.
    #[method("removeprefix($self, prefix, /)")]
    fn removeprefix(this: &Ref<Str>, prefix: &Str, vm: &Vm) -> PyResult {
        if has_affix(this.view(), prefix.view(), false) {
            return slice_view(this.view(), prefix.len(), this.len(), vm);
        }
        exact(this.as_value(), vm)
    }

    /// The text without a suffix, if it has it.
    #[method("removesuffix($self, suffix, /)")]
    fn removesuffix(this: &Ref<Str>, suffix: &Str, vm: &Vm) -> PyResult {
        if has_affix(this.view(), suffix.view(), true) {
            return slice_view(this.view(), 0, this.len() - suffix.len(), vm);
        }
        exact(this.as_value(), vm)
    }

    /// A copy with all occurrences of `old` replaced by `new`, or only the first `count` ones.
    #[method("replace($self, old, new, /, count=-1)")]
    fn replace(this: &Ref<Str>, old: &Str, new: &Str, count: isize, vm: &Vm) -> PyResult {
        replaced(this.as_value(), this, old, new, limit(count), vm)
    }

    /// The pieces between separators, from the left.
    ///
    ///   sep
    ///     The separator. None (the default) splits at runs of whitespace and drops empty pieces.
    ///   maxsplit
    ///     How often to split at most; −1 for no limit.
    #[method("split($self, /, sep=None, maxsplit=-1)")]
    fn split(this: &Ref<Str>, sep: Option<&Value>, maxsplit: isize, vm: &Vm) -> PyResult {
        let limit = limit(maxsplit);
        let sep = separator(sep, vm)?;
        if let (Some(text), Some(sep)) = (this.as_ascii(), sep.and_then(Str::as_ascii))
            && text.len() <= QUICK
        {
            return split_ascii(this.as_value(), text, sep, limit, vm);
        }
        let ranges = match sep {
            None => with_units!(this.view(), units => search::split_whitespace(units, limit, unicode::is_space)),
            Some(sep) => with_units!(this.view(), units => match widened(units, sep.view()) {
                Some(sep) => search::split(units, &sep, limit),
                None => vec![0..units.len()],
            }),
        };
        pieces(this.as_value(), this, ranges, vm)
    }

    /// The pieces between separators, split from the right.
    ///
    ///   sep
    ///     The separator. None (the default) splits at runs of whitespace and drops empty pieces.
    ///   maxsplit
    ///     How often to split at most; −1 for no limit.
    #[method("rsplit($self, /, sep=None, maxsplit=-1)")]
    fn rsplit(this: &Ref<Str>, sep: Option<&Value>, maxsplit: isize, vm: &Vm) -> PyResult {
        let limit = limit(maxsplit);
        let ranges = match separator(sep, vm)? {
            None => with_units!(this.view(), units => search::rsplit_whitespace(units, limit, unicode::is_space)),
            Some(sep) => with_units!(this.view(), units => match widened(units, sep.view()) {
                Some(sep) => search::rsplit(units, &sep, limit),
                None => vec![0..units.len()],
            }),
        };
        pieces(this.as_value(), this, ranges, vm)
    }

    /// The lines of the text, with their ends if asked for.
    #[method("splitlines($self, /, keepends=False)")]
    fn splitlines(this: &Ref<Str>, keepends: bool, vm: &Vm) -> PyResult {
        let ranges = with_units!(this.view(), units => search::split_lines(units, keepends, unicode::is_line_end));
        pieces(this.as_value(), this, ranges, vm)
    }

    /// The text before the first separator, the separator, and the text behind it.
    #[method("partition($self, sep, /)")]
    fn partition(this: &Ref<Str>, sep: &Value, vm: &Vm) -> PyResult {
        partition_at(this.as_value(), this, sep, false, vm)
    }

    /// The text before the last separator, the separator, and the text behind it.
    #[method("rpartition($self, sep, /)")]
    fn rpartition(this: &Ref<Str>, sep: &Value, vm: &Vm) -> PyResult {
        partition_at(this.as_value(), this, sep, true, vm)
    }

    /// The items, which are strings, with this text between them.
    #[method("join($self, iterable, /)")]
    fn join(this: &Str, iterable: &Value, vm: &Vm) -> PyResult {
        if let Some(items) = iterable.downcast_exact::<Tuple>() {
            return join(this, items.as_slice(), vm);
        }
        if let Some(list) = iterable.downcast_exact::<List>() {
            if let Some(joined) = list.items.with(|items| join_ascii(this, items, vm)) {
                return Ok(joined);
            }
            return join(this, &list.to_vec(), vm);
        }
        join(this, &collect_or(iterable, "can only join an iterable", vm)?, vm)
    }
}
