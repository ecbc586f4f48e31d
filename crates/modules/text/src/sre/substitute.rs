//! `Pattern.sub`.

use pyrope_object::bind::full_type_name;
use pyrope_object::{Bytes, PyResult, Ref, Str, Value, Vm};
use pyrope_types::text::TextBuilder;

use super::haystack::Haystack;
use super::match_object::Match;
use super::pattern::Pattern;
use super::template::{self, ReplacementTemplate};

/// The result under construction: text or bytes.
pub struct Output {
    kind: Kind,
    /// How many items came, for messages.
    items: usize,
}

enum Kind {
    Text(TextBuilder),
    Bytes(Vec<u8>),
}

impl Output {
    pub fn new(text: bool) -> Output {
        let kind = if text { Kind::Text(TextBuilder::new()) } else { Kind::Bytes(Vec::new()) };
        Output { kind, items: 0 }
    }

    /// Appends an item, as `join` would.
    pub fn push(&mut self, item: &Value, vm: &Vm) -> PyResult<()> {
        let index = self.items;
        self.items += 1;
        match &mut self.kind {
            Kind::Text(out) => match item.downcast::<Str>() {
                Some(text) => out.push_text(text),
                None => {
                    let kind = full_type_name(item, vm);
                    let message = format!("sequence item {index}: expected str instance, {kind} found");
                    return Err(vm.type_error(message));
                }
            },
            Kind::Bytes(out) => {
                if let Some(bytes) = item.downcast::<Bytes>() {
                    out.extend_from_slice(bytes.as_slice());
                    return Ok(());
                }
                let Some(lend) = item.ty(vm).slots().buffer else {
                    let kind = full_type_name(item, vm);
                    let message = format!("sequence item {index}: expected a bytes-like object, {kind} found");
                    return Err(vm.type_error(message));
                };
                let data = lend(item, pyrope_object::buffer::flags::SIMPLE, vm)?.to_vec();
                out.extend_from_slice(&data);
            }
        }
        Ok(())
    }

    /// Appends a part of what is searched.
    fn push_part(&mut self, haystack: &Haystack, start: usize, end: usize) {
        self.items += 1;
        match &mut self.kind {
            Kind::Text(out) => {
                if let Some(text) = haystack.object.downcast::<Str>() {
                    out.push_view(text.view().slice(start, end));
                }
            }
            Kind::Bytes(out) => {
                if let pyrope_sre::Subject::Latin1(bytes) = haystack.subject() {
                    out.extend_from_slice(&bytes[start..end]);
                }
            }
        }
    }

    pub fn finish(self, vm: &Vm) -> PyResult {
        match self.kind {
            Kind::Text(out) => Ok(out.finish(vm)?.into_value()),
            Kind::Bytes(out) => Ok(vm.new_bytes(&out)?.into_value()),
        }
    }
}

/// What takes the place of a match.
enum Replacement {
    Literal(Value),
    Template(Ref<ReplacementTemplate>),
    Function(Value),
}

impl Replacement {
    fn of(pattern: &Ref<Pattern>, repl: &Value, vm: &Vm) -> PyResult<Replacement> {
        if repl.ty(vm).slots().call.is_some() {
            return Ok(Replacement::Function(repl.clone()));
        }
        let plain = match (repl.downcast::<Str>(), repl.downcast::<Bytes>()) {
            (Some(text), _) => !text.code_points().any(|c| c == u32::from(b'\\')),
            (_, Some(bytes)) => !bytes.as_slice().contains(&b'\\'),
            _ => match repl.ty(vm).slots().buffer {
                Some(lend) => !lend(repl, pyrope_object::buffer::flags::SIMPLE, vm)?.to_vec().contains(&b'\\'),
                None => false,
            },
        };
        if plain {
            return Ok(Replacement::Literal(repl.clone()));
        }
        let template = template::compiled(pattern, repl, vm)?;
        if template.is_literal() {
            return Ok(Replacement::Literal(template.literal.clone()));
        }
        Ok(Replacement::Template(template))
    }
}

/// The new string, and how many matches were replaced.
pub(super) fn substitute(
    pattern: &Ref<Pattern>,
    repl: &Value,
    string: &Value,
    count: isize,
    vm: &Vm,
) -> PyResult<(Value, usize)> {
    let replacement = Replacement::of(pattern, repl, vm)?;
    let search = pattern.prepare(string, 0, isize::MAX, vm)?;
    let haystack = &search.haystack;
    let bounds = (search.start, search.end);
    let mut out = Output::new(haystack.is_text());
    let (mut at, mut made) = (0, 0usize);
    if count >= 0 {
        pattern.for_each_match(&search, vm, |matcher| {
            let (start, end) = matcher.span();
            if at < start {
                out.push_part(haystack, at, start);
            }
            match &replacement {
                Replacement::Literal(text) => out.push(text, vm)?,
                Replacement::Template(template) => {
                    let group = |number| match matcher.group(number) {
                        Some((start, end)) => haystack.slice(start, end, vm),
                        None => Ok(Value::none()),
                    };
                    template.expand_into(group, &mut out, vm)?;
                }
                Replacement::Function(function) => {
                    let found = Match::make(pattern, haystack, matcher, bounds, vm).into_value();
                    let text = vm.call(function, &[found])?;
                    if !text.is_none() {
                        out.push(&text, vm)?;
                    }
                }
            }
            at = end;
            made += 1;
            Ok(count == 0 || made < count as usize)
        })?;
    }
    if made == 0 {
        return Ok((haystack.slice(0, search.end, vm)?, 0));
    }
    if at < search.end {
        out.push_part(haystack, at, search.end);
    }
    Ok((out.finish(vm)?, made))
}
