//! `re.Pattern`.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{BuiltinType as B, CompareOp, Dict, Header, PyResult, Ref, Slots, Tuple, Value, Vm};
use pyrope_sre::{Error, How, Matcher, Program, Scanner, flags};
use pyrope_types::containers::generic_alias;
use pyrope_types::iterators::sequence::CallableIterator;
use pyrope_types::text::TextBuilder;

use super::haystack::Haystack;
use super::match_object::Match;
use super::scanner::PatternScanner;
use super::substitute;

/// Compiled regular expression object.
#[pyclass(
    name = "Pattern", module = "re", flags(WEAKREF, DISALLOW_INSTANTIATION), methods(Pattern::METHODS),
    getset(Pattern::GETSETS), slots = SLOTS
)]
#[derive(Traverse)]
pub struct Pattern {
    header: Header,
    pub pattern: Value,
    #[traverse(skip)]
    pub flags: u32,
    #[traverse(skip)]
    pub program: Program,
    pub groupindex: Ref<Dict>,
    /// Names by group number.
    pub indexgroup: Ref<Tuple>,
    /// `Some(true)` for a pattern of text, `None` for one that searches anything.
    #[traverse(skip)]
    is_text: Option<bool>,
    /// A matcher to use again.
    #[traverse(skip)]
    spare: Cell<Option<Box<Matcher>>>,
}

const SLOTS: Slots =
    Slots { repr: Some(pattern_repr), hash: Some(pattern_hash), richcompare: Some(pattern_compare), ..Slots::EMPTY };

/// What is searched in which bounds.
pub struct Search {
    pub haystack: Haystack,
    pub start: usize,
    pub end: usize,
}

/// The engine's error as an exception.
pub fn raise(error: Error<pyrope_object::Raised>, vm: &Vm) -> pyrope_object::Raised {
    match error {
        Error::Memory => vm.memory_error(),
        Error::Interrupted(raised) => raised,
    }
}

impl Pattern {
    pub(super) fn make(
        pattern: &Value,
        flags: u32,
        program: Program,
        groupindex: Ref<Dict>,
        indexgroup: Ref<Tuple>,
        vm: &Vm,
    ) -> PyResult<Ref<Pattern>> {
        let is_text = if pattern.is_none() { None } else { Some(Haystack::new(pattern, vm)?.is_text()) };
        let pattern = pattern.clone();
        let spare = Cell::new(None);
        let header = Header::blank();
        Ok(Ref::new(vm, Pattern { header, pattern, flags, program, groupindex, indexgroup, is_text, spare }))
    }

    /// Number of groups without the whole match.
    pub fn groups(&self) -> usize {
        self.program.groups()
    }

    /// Checks a string against the kind of the pattern, and clips the bounds.
    pub fn prepare(&self, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult<Search> {
        let haystack = Haystack::new(string, vm)?;
        match (self.is_text, haystack.is_text()) {
            (Some(true), false) => return Err(vm.type_error("cannot use a string pattern on a bytes-like object")),
            (Some(false), true) => return Err(vm.type_error("cannot use a bytes pattern on a string-like object")),
            _ => {}
        }
        let len = haystack.len();
        let clip = |at: isize| usize::try_from(at).unwrap_or(0).min(len);
        Ok(Search { start: clip(pos), end: clip(endpos), haystack })
    }

    /// One attempt.
    fn run(this: &Ref<Pattern>, how: How, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult {
        let search = this.prepare(string, pos, endpos, vm)?;
        let mut matcher = this.spare.take().unwrap_or_default();
        let subject = search.haystack.subject();
        let mut check = || vm.check_breaker();
        let result = matcher.run(&this.program, subject, search.start, search.end, how, false, &mut check);
        let found = match result {
            Ok(true) => Match::make(this, &search.haystack, &matcher, (search.start, search.end), vm).into_value(),
            Ok(false) => Value::none(),
            Err(error) => return Err(raise(error, vm)),
        };
        this.spare.set(Some(matcher));
        Ok(found)
    }

    /// Calls `each` with the matcher at every match, until it says false.
    pub fn for_each_match(
        &self,
        search: &Search,
        vm: &Vm,
        mut each: impl FnMut(&Matcher) -> PyResult<bool>,
    ) -> PyResult<()> {
        let mut scanner = Scanner::new(search.start, search.end);
        let mut check = || vm.check_breaker();
        loop {
            let subject = search.haystack.subject();
            let found = scanner.next(&self.program, subject, How::Search, &mut check).map_err(|e| raise(e, vm))?;
            if !found || !each(&scanner.matcher)? {
                return Ok(());
            }
        }
    }
}

/// A group's text, or None (an empty text if `or_empty`).
fn group_text(matcher: &Matcher, group: usize, haystack: &Haystack, or_empty: bool, vm: &Vm) -> PyResult {
    match matcher.group(group) {
        Some((start, end)) => haystack.slice(start, end, vm),
        None if or_empty => haystack.slice(0, 0, vm),
        None => Ok(Value::none()),
    }
}

const FLAG_NAMES: &[(u32, &str)] = &[
    (flags::IGNORECASE, "re.IGNORECASE"),
    (flags::MULTILINE, "re.MULTILINE"),
    (flags::DOTALL, "re.DOTALL"),
    (flags::VERBOSE, "re.VERBOSE"),
    (flags::DEBUG, "re.DEBUG"),
    (flags::ASCII, "re.ASCII"),
    (flags::LOCALE, "re.LOCALE"),
    (flags::UNICODE, "re.UNICODE"),
];

fn pattern_repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<Pattern>() else { return Ok(Value::none()) };
    let mut left = this.flags;
    let kinds = flags::LOCALE | flags::UNICODE | flags::ASCII;
    if this.is_text == Some(true) && left & kinds == flags::UNICODE {
        left &= !flags::UNICODE;
    }
    let mut out = TextBuilder::new();
    out.push_str("re.compile(");
    let repr = vm.repr(&this.pattern)?;
    out.push_view(repr.view().slice(0, repr.len().min(200)));
    let mut names: Vec<String> = Vec::new();
    for &(flag, name) in FLAG_NAMES {
        if left & flag != 0 {
            names.push(name.to_owned());
            left &= !flag;
        }
    }
    if left != 0 {
        names.push(format!("0x{left:x}"));
    }
    if !names.is_empty() {
        out.push_str(", ");
        out.push_str(&names.join("|"));
    }
    out.push_str(")");
    Ok(out.finish(vm)?.into_value())
}

fn pattern_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let Some(this) = slf.downcast::<Pattern>() else { return Ok(0) };
    let mut words = Vec::with_capacity(4 * this.program.code().len());
    this.program.code().iter().for_each(|word| words.extend(word.to_ne_bytes()));
    let hash = vm.hash(&this.pattern)? ^ vm.interp().hash_bytes(&words) ^ i64::from(this.flags) ^ this.groups() as i64;
    Ok(if hash == -1 { -2 } else { hash })
}

fn pattern_compare(slf: &Value, other: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (slf.downcast::<Pattern>(), other.downcast::<Pattern>()) else {
        return Ok(Value::not_implemented());
    };
    let negate = match op {
        CompareOp::Eq => false,
        CompareOp::Ne => true,
        _ => return Ok(Value::not_implemented()),
    };
    let same = slf.is(other)
        || (a.flags == b.flags
            && a.is_text == b.is_text
            && a.program.code() == b.program.code()
            && vm.equal(&a.pattern, &b.pattern)?);
    Ok(Value::bool(same != negate))
}

#[pymethods]
impl Pattern {
    /// Matches zero or more characters at the beginning of the string.
    #[method("match($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn r#match(this: &Ref<Pattern>, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult {
        Self::run(this, How::Match, string, pos, endpos, vm)
    }

    /// Matches against all of the string.
    #[method("fullmatch($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn fullmatch(this: &Ref<Pattern>, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult {
        Self::run(this, How::FullMatch, string, pos, endpos, vm)
    }

    /// Scan through string looking for a match, and return a corresponding match object instance.
    ///
    /// Return None if no position in the string matches.
    #[method("search($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn search(this: &Ref<Pattern>, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult {
        Self::run(this, How::Search, string, pos, endpos, vm)
    }

    /// Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the
    /// replacement repl.
    #[method("sub($self, /, repl, string, count=0)")]
    fn sub(this: &Ref<Pattern>, repl: &Value, string: &Value, count: isize, vm: &Vm) -> PyResult {
        Ok(substitute::substitute(this, repl, string, count, vm)?.0)
    }

    /// Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of
    /// pattern with the replacement repl.
    #[method("subn($self, /, repl, string, count=0)")]
    fn subn(this: &Ref<Pattern>, repl: &Value, string: &Value, count: isize, vm: &Vm) -> PyResult {
        let (text, made) = substitute::substitute(this, repl, string, count, vm)?;
        Ok(vm.tuple_of([text, vm.int_from_usize(made)]).into_value())
    }

    /// Return a list of all non-overlapping matches of pattern in string.
    #[method("findall($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn findall(&self, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult {
        let search = self.prepare(string, pos, endpos, vm)?;
        let groups = self.groups();
        let mut found = Vec::new();
        self.for_each_match(&search, vm, |matcher| {
            let item = match groups {
                0 | 1 => group_text(matcher, groups, &search.haystack, true, vm)?,
                _ => {
                    let parts = (1..=groups).map(|group| group_text(matcher, group, &search.haystack, true, vm));
                    vm.new_tuple(parts.collect::<PyResult<_>>()?).into_value()
                }
            };
            found.try_reserve(1).map_err(|_| vm.memory_error())?;
            found.push(item);
            Ok(true)
        })?;
        Ok(vm.new_list(found).into_value())
    }

    /// Split string by the occurrences of pattern.
    #[method("split($self, /, string, maxsplit=0)")]
    fn split(&self, string: &Value, maxsplit: isize, vm: &Vm) -> PyResult {
        let search = self.prepare(string, 0, isize::MAX, vm)?;
        let mut pieces = Vec::new();
        let (mut last, mut count) = (0, 0);
        if maxsplit >= 0 {
            self.for_each_match(&search, vm, |matcher| {
                let (start, end) = matcher.span();
                pieces.push(search.haystack.slice(last, start, vm)?);
                for group in 1..=self.groups() {
                    pieces.push(group_text(matcher, group, &search.haystack, false, vm)?);
                }
                last = end;
                count += 1;
                Ok(maxsplit == 0 || count < maxsplit)
            })?;
        }
        pieces.push(search.haystack.slice(last, search.end, vm)?);
        Ok(vm.new_list(pieces).into_value())
    }

    /// Return an iterator over all non-overlapping matches for the RE pattern in string.
    ///
    /// For each match, the iterator returns a match object.
    #[method("finditer($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn finditer(this: &Ref<Pattern>, string: &Value, pos: isize, endpos: isize, vm: &Vm) -> PyResult {
        let scanner = PatternScanner::make(this, string, pos, endpos, vm)?;
        let search = vm.get_attr_str(scanner.as_value(), "search")?;
        Ok(CallableIterator::over(search, Value::none(), vm).into_value())
    }

    #[method("scanner($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn scanner(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
        vm: &Vm,
    ) -> PyResult<Ref<PatternScanner>> {
        PatternScanner::make(this, string, pos, endpos, vm)
    }

    #[method("__copy__($self, /)")]
    fn copy(this: &Ref<Pattern>) -> Value {
        this.to_value()
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(this: &Ref<Pattern>, _memo: &Value) -> Value {
        this.to_value()
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    /// The pattern string from which the RE object was compiled.
    #[getter]
    #[member]
    fn pattern(&self) -> Value {
        self.pattern.clone()
    }

    /// The regex matching flags.
    #[getter]
    #[member]
    fn flags(&self) -> u32 {
        self.flags
    }

    /// The number of capturing groups in the pattern.
    #[getter("groups")]
    #[member]
    fn groups_count(&self) -> usize {
        self.groups()
    }

    /// A dictionary mapping group names to group numbers.
    #[getter]
    fn groupindex(&self, vm: &Vm) -> PyResult {
        if self.groupindex.is_empty() {
            return Ok(vm.new_dict().into_value());
        }
        vm.call(&vm.builtin(B::MappingProxy).to_value(), &[self.groupindex.to_value()])
    }
}
