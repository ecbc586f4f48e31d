//! Replacement templates as objects.

use pyrope_macros::{Traverse, pyclass};
use pyrope_object::{Header, List, PyResult, Raised, Ref, Value, Vm};

use super::match_object::Match;
use super::pattern::Pattern;
use super::substitute::Output;

#[pyclass(name = "SRE_Template", module = "_sre", flags(GC, DISALLOW_INSTANTIATION))]
#[derive(Traverse)]
pub struct ReplacementTemplate {
    header: Header,
    pub literal: Value,
    /// Numbers of groups, each with the text behind it.
    groups: Vec<Value>,
    #[traverse(skip)]
    numbers: Vec<usize>,
}

fn invalid(vm: &Vm) -> Raised {
    vm.type_error("invalid template")
}

impl ReplacementTemplate {
    /// Of a list of texts and group numbers in turn.
    pub(super) fn make(pattern: &Pattern, list: &List, vm: &Vm) -> PyResult<Ref<ReplacementTemplate>> {
        let items = list.to_vec();
        if items.len().is_multiple_of(2) {
            return Err(invalid(vm));
        }
        let mut items = items.into_iter();
        let Some(literal) = items.next() else { return Err(invalid(vm)) };
        let (mut groups, mut numbers) = (Vec::new(), Vec::new());
        while let (Some(number), Some(text)) = (items.next(), items.next()) {
            let number = vm.index_i64(&number)?.and_then(|n| usize::try_from(n).ok());
            let number = number.filter(|&n| n <= pattern.groups()).ok_or_else(|| invalid(vm))?;
            numbers.push(number);
            groups.push(text);
        }
        Ok(Ref::new(vm, ReplacementTemplate { header: Header::blank(), literal, groups, numbers }))
    }

    /// True if the template names no group.
    pub fn is_literal(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Appends the template filled in; groups that did not match are empty.
    pub fn expand_into(
        &self,
        mut group: impl FnMut(usize) -> PyResult<Value>,
        out: &mut Output,
        vm: &Vm,
    ) -> PyResult<()> {
        out.push(&self.literal, vm)?;
        for (&number, text) in self.numbers.iter().zip(&self.groups) {
            let value = group(number)?;
            if !value.is_none() {
                out.push(&value, vm)?;
            }
            out.push(text, vm)?;
        }
        Ok(())
    }

    pub(super) fn expand(&self, found: &Ref<Match>, vm: &Vm) -> PyResult {
        if self.is_literal() {
            return Ok(self.literal.clone());
        }
        let mut out = Output::new(found.haystack.is_text());
        self.expand_into(|number| found.text(number, &Value::none(), vm), &mut out, vm)?;
        out.finish(vm)
    }
}

/// `re._compile_template(pattern, template)`, which keeps what it made.
pub(super) fn compiled(pattern: &Ref<Pattern>, template: &Value, vm: &Vm) -> PyResult<Ref<ReplacementTemplate>> {
    let re = vm.import("re")?;
    let made = vm.call_method(&re, "_compile_template", &[pattern.to_value(), template.clone()])?;
    made.cast::<ReplacementTemplate>().ok_or_else(|| invalid(vm))
}
