//! `re.Match`.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Args, Header, PyResult, Raised, Ref, Slots, Str, Tuple, Value, Vm};
use pyrope_sre::Matcher;
use pyrope_types::containers::generic_alias;
use pyrope_types::text::{TextBuilder, push_repr};

use super::haystack::Haystack;
use super::pattern::Pattern;
use super::template;

/// The result of re.match() and re.search().
///
/// Match objects always have a boolean value of True.
#[pyclass(
    name = "Match", module = "re", flags(GC, DISALLOW_INSTANTIATION), methods(Match::METHODS), getset(Match::GETSETS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct Match {
    header: Header,
    pub pattern: Ref<Pattern>,
    pub haystack: Haystack,
    /// Start and end of each group, the whole match first.
    #[traverse(skip)]
    spans: Box<[Option<(usize, usize)>]>,
    #[traverse(skip)]
    lastindex: Option<usize>,
    #[traverse(skip)]
    bounds: (usize, usize),
}

const SLOTS: Slots = Slots { repr: Some(match_repr), mp_subscript: Some(match_subscript), ..Slots::EMPTY };

impl Match {
    /// What a matcher found.
    pub fn make(
        pattern: &Ref<Pattern>,
        haystack: &Haystack,
        matcher: &Matcher,
        bounds: (usize, usize),
        vm: &Vm,
    ) -> Ref<Match> {
        let spans = (0..=pattern.groups()).map(|group| matcher.group(group)).collect();
        let (pattern, haystack, lastindex) = (pattern.clone(), haystack.released(), matcher.last_index());
        Ref::new(vm, Match { header: Header::blank(), pattern, haystack, spans, lastindex, bounds })
    }

    /// A group's text, or the default.
    pub fn text(&self, group: usize, default: &Value, vm: &Vm) -> PyResult {
        match self.spans.get(group).copied().flatten() {
            Some((start, end)) if start > end => Err(bad_span(vm)),
            Some((start, end)) => self.haystack.slice(start, end, vm),
            None => Ok(default.clone()),
        }
    }

    /// The group that a number or a name stands for.
    fn group_number(&self, group: &Value, vm: &Vm) -> PyResult<usize> {
        let no_such_group = || vm.index_error("no such group");
        if group.as_int().is_some() || group.ty(vm).slots().index.is_some() {
            let number = vm.index_i64(group)?.and_then(|n| usize::try_from(n).ok());
            return number.filter(|&n| n < self.spans.len()).ok_or_else(no_such_group);
        }
        let found = match self.pattern.groupindex.get(group, vm) {
            Ok(found) => found,
            Err(raised) => {
                vm.ignore(raised);
                None
            }
        };
        let number = found.and_then(|number| number.as_i64()).and_then(|n| usize::try_from(n).ok());
        number.filter(|&n| n < self.spans.len()).ok_or_else(no_such_group)
    }

    fn span_of(&self, group: Option<&Value>, vm: &Vm) -> PyResult<(isize, isize)> {
        let group = match group {
            Some(group) => self.group_number(group, vm)?,
            None => 0,
        };
        Ok(self.spans[group].map_or((-1, -1), |(start, end)| (start as isize, end as isize)))
    }
}

fn bad_span(vm: &Vm) -> Raised {
    vm.system_error("The span of capturing group is wrong, please report a bug for the re module.")
}

fn pair((start, end): (isize, isize), vm: &Vm) -> Value {
    vm.tuple_of([vm.int(start as i64), vm.int(end as i64)]).into_value()
}

fn match_repr(slf: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<Match>() else { return Ok(Value::none()) };
    let (start, end) = this.span_of(None, vm)?;
    let mut out = TextBuilder::new();
    out.push_str(&format!("<re.Match object; span=({start}, {end}), match="));
    let text = this.text(0, &Value::none(), vm)?;
    match text.downcast::<Str>() {
        Some(text) => push_repr(text.view(), &mut out),
        None => {
            let repr = vm.repr(&text)?;
            out.push_text(&repr);
        }
    }
    out.push_str(">");
    Ok(out.finish(vm)?.into_value())
}

fn match_subscript(slf: &Value, key: &Value, vm: &Vm) -> PyResult {
    let Some(this) = slf.downcast::<Match>() else { return Ok(Value::none()) };
    this.text(this.group_number(key, vm)?, &Value::none(), vm)
}

#[pymethods]
impl Match {
    /// group([group1, ...]) -> str or tuple.
    /// Returns one or more subgroups of the match.
    /// For 0 returns the entire match.
    #[method("group")]
    fn group(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        let Some(this) = slf.downcast::<Match>() else { return Ok(Value::none()) };
        if args.keyword_count() != 0 {
            return Err(pyrope_object::bind::no_keywords("Match.group", vm));
        }
        let none = Value::none();
        match args.positional() {
            [] => this.text(0, &none, vm),
            [group] => this.text(this.group_number(group, vm)?, &none, vm),
            groups => {
                let texts = groups.iter().map(|group| this.text(this.group_number(group, vm)?, &none, vm));
                Ok(vm.new_tuple(texts.collect::<PyResult<_>>()?).into_value())
            }
        }
    }

    /// Return index of the start of the substring matched by group.
    #[method("start($self, group=0, /)")]
    fn start(&self, group: Option<&Value>, vm: &Vm) -> PyResult<isize> {
        Ok(self.span_of(group, vm)?.0)
    }

    /// Return index of the end of the substring matched by group.
    #[method("end($self, group=0, /)")]
    fn end(&self, group: Option<&Value>, vm: &Vm) -> PyResult<isize> {
        Ok(self.span_of(group, vm)?.1)
    }

    /// For match object m, return the 2-tuple (m.start(group), m.end(group)).
    #[method("span($self, group=0, /)")]
    fn span(&self, group: Option<&Value>, vm: &Vm) -> PyResult {
        Ok(pair(self.span_of(group, vm)?, vm))
    }

    /// Return a tuple containing all the subgroups of the match, from 1.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[method("groups($self, /, default=None)")]
    fn groups(&self, default: Option<&Value>, vm: &Vm) -> PyResult<Ref<Tuple>> {
        let none = Value::none();
        let default = default.unwrap_or(&none);
        let texts = (1..self.spans.len()).map(|group| self.text(group, default, vm));
        Ok(vm.new_tuple(texts.collect::<PyResult<_>>()?))
    }

    /// Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[method("groupdict($self, /, default=None)")]
    fn groupdict(&self, default: Option<&Value>, vm: &Vm) -> PyResult {
        let none = Value::none();
        let default = default.unwrap_or(&none);
        let result = vm.new_dict();
        for entry in self.pattern.groupindex.entries() {
            let group = self.group_number(&entry.value, vm)?;
            result.set(entry.key, self.text(group, default, vm)?, vm)?;
        }
        Ok(result.into_value())
    }

    /// Return the string obtained by doing backslash substitution on the string template, as done by the sub() method.
    #[method("expand($self, /, template)")]
    fn expand(this: &Ref<Match>, template: &Value, vm: &Vm) -> PyResult {
        let template = template::compiled(&this.pattern, template, vm)?;
        template.expand(this, vm)
    }

    #[method("__copy__($self, /)")]
    fn copy(this: &Ref<Match>) -> Value {
        this.to_value()
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(this: &Ref<Match>, _memo: &Value) -> Value {
        this.to_value()
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }

    /// The string passed to match() or search().
    #[getter]
    #[member]
    fn string(&self) -> Value {
        self.haystack.object.clone()
    }

    /// The regular expression object.
    #[getter("re")]
    #[member]
    fn re(&self) -> Value {
        self.pattern.to_value()
    }

    /// The index into the string at which the RE engine started looking for a match.
    #[getter]
    #[member]
    fn pos(&self) -> usize {
        self.bounds.0
    }

    /// The index into the string beyond which the RE engine will not go.
    #[getter]
    #[member]
    fn endpos(&self) -> usize {
        self.bounds.1
    }

    /// The integer index of the last matched capturing group.
    #[getter]
    fn lastindex(&self) -> Option<usize> {
        self.lastindex
    }

    /// The name of the last matched capturing group.
    #[getter]
    fn lastgroup(&self) -> Value {
        let names = self.pattern.indexgroup.as_slice();
        self.lastindex.and_then(|index| names.get(index)).cloned().unwrap_or(Value::none())
    }

    #[getter]
    fn regs(&self, vm: &Vm) -> Ref<Tuple> {
        let pairs = self.spans.iter().map(|span| span.map_or((-1, -1), |(start, end)| (start as isize, end as isize)));
        vm.new_tuple(pairs.map(|span| pair(span, vm)).collect())
    }
}
