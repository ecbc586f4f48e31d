//! `str.format`, `__format__` and the quick paths of formatting.

use std::ops::Range;

use pyrope_macros::pymethods;
use pyrope_object::{Args, PyResult, Raised, Ref, Str, Value, Vm};
use pyrope_textual::format_spec::{IntPresentation, Spec};
use pyrope_textual::str_format::{AutoNumber, Field, FieldName, First, Step, Template, too_deep};
use pyrope_textual::{Unit, float, int_text};

use super::super::builder::{TextBuilder, raise_text_error, str_from_wtf8, with_units};
use super::super::locale::numeric_locale;
use super::{StrType, ascii_text, exact};

/// Where fields find their values.
#[derive(Clone, Copy)]
enum Fields<'a> {
    Arguments(Args<'a>),
    /// `format_map`
    Mapping(&'a Value),
}

/// How deep fields may be nested: in a field's specification.
const DEPTH: usize = 2;

/// `template.format(*args, **kwargs)`
pub fn format_text(template: &Str, args: Args<'_>, vm: &Vm) -> PyResult<Ref<Str>> {
    render(template, Fields::Arguments(args), vm)
}

fn render(template: &Str, fields: Fields<'_>, vm: &Vm) -> PyResult<Ref<Str>> {
    let mut out = TextBuilder::with_capacity(template.len());
    let mut auto = AutoNumber::default();
    with_units!(template.view(), units => expand(units, fields, &mut auto, DEPTH, &mut out, vm))?;
    out.finish(vm)
}

fn expand<U: Unit>(
    text: &[U],
    fields: Fields<'_>,
    auto: &mut AutoNumber,
    depth: usize,
    out: &mut TextBuilder,
    vm: &Vm,
) -> PyResult<()> {
    if depth == 0 {
        return Err(raise_text_error(&too_deep(), vm));
    }
    for piece in Template::new(text) {
        let piece = piece.map_err(|error| raise_text_error(&error, vm))?;
        out.push_units(&text[piece.literal]);
        if let Some(field) = piece.field {
            expand_field(text, &field, fields, auto, depth, out, vm)?;
        }
    }
    Ok(())
}

fn expand_field<U: Unit>(
    text: &[U],
    field: &Field,
    fields: Fields<'_>,
    auto: &mut AutoNumber,
    depth: usize,
    out: &mut TextBuilder,
    vm: &Vm,
) -> PyResult<()> {
    let mut value = field_value(&text[field.name.clone()], fields, auto, vm)?;
    if let Some(conversion) = field.conversion {
        value = converted(&value, conversion, vm)?;
    }
    let spec = if field.nested {
        let mut spec = TextBuilder::new();
        expand(&text[field.spec.clone()], fields, auto, depth - 1, &mut spec, vm)?;
        spec.finish(vm)?
    } else {
        text_of(&text[field.spec.clone()], vm)?
    };
    let result = format_value(&value, Some(spec.as_value()), vm)?;
    if let Some(result) = result.downcast::<Str>() {
        out.push_text(result);
    }
    Ok(())
}

fn text_of<U: Unit>(units: &[U], vm: &Vm) -> PyResult<Ref<Str>> {
    let mut out = TextBuilder::new();
    out.push_units(units);
    out.finish(vm)
}

fn converted(value: &Value, conversion: u32, vm: &Vm) -> PyResult {
    Ok(match u8::try_from(conversion) {
        Ok(b'r') => vm.repr(value)?.into_value(),
        Ok(b's') => vm.str(value)?.into_value(),
        Ok(b'a') => ascii_text(&vm.repr(value)?, vm)?.into_value(),
        Ok(byte @ 33..127) => {
            return Err(vm.value_error(format!("Unknown conversion specifier {}", byte as char)));
        }
        _ => return Err(vm.value_error(format!("Unknown conversion specifier \\x{conversion:x}"))),
    })
}

fn field_value<U: Unit>(name: &[U], fields: Fields<'_>, auto: &mut AutoNumber, vm: &Vm) -> PyResult {
    let raise = |error| raise_text_error(&error, vm);
    let mut parts = FieldName::split(name).map_err(raise)?;
    let position = auto.position(&parts.first).map_err(raise)?;
    let mut value = match (position, fields) {
        (Some(_), Fields::Mapping(_)) => {
            return Err(vm.value_error("Format string contains positional fields"));
        }
        (Some(index), Fields::Arguments(args)) => match args.positional().get(index) {
            Some(value) => value.clone(),
            None => {
                let message = format!("Replacement index {index} out of range for positional args tuple");
                return Err(vm.index_error(message));
            }
        },
        (None, fields) => {
            let First::Keyword(range) = &parts.first else { return Err(bad_field(vm)) };
            keyword(text_of(&name[range.clone()], vm)?, fields, vm)?
        }
    };
    for step in parts.path.by_ref() {
        let part = |range: Range<usize>| text_of(&name[range], vm);
        value = match step.map_err(raise)? {
            Step::Attribute(range) => vm.get_attr(&value, vm.intern_str(&part(range)?).as_value())?,
            Step::Index(index) => vm.get_item(&value, &vm.int_from_usize(index))?,
            Step::Key(range) => vm.get_item(&value, part(range)?.as_value())?,
        };
    }
    Ok(value)
}

fn bad_field(vm: &Vm) -> Raised {
    vm.value_error("Empty attribute in format string")
}

fn keyword(name: Ref<Str>, fields: Fields<'_>, vm: &Vm) -> PyResult {
    match fields {
        Fields::Mapping(mapping) => vm.get_item(mapping, name.as_value()),
        Fields::Arguments(args) => {
            let found = args.keywords().find(|(key, _)| key.downcast::<Str>().is_some_and(|key| key.equals(&name)));
            found.map(|(_, value)| value.clone()).ok_or_else(|| vm.key_error(name.as_value()))
        }
    }
}

/// A text by a specification.
pub fn format_str_spec(text: &Str, spec: &Str, type_name: &str, vm: &Vm) -> PyResult<Ref<Str>> {
    let raise = |error| raise_text_error(&error, vm);
    let spec = with_units!(spec.view(), units => Spec::for_str(units, type_name)).map_err(raise)?;
    let layout = spec.layout_str(text.len()).map_err(raise)?;
    let mut out = TextBuilder::with_capacity(layout.take);
    out.push_many(layout.fill, layout.left);
    out.push_view(text.view().slice(0, layout.take));
    out.push_many(layout.fill, layout.right);
    out.finish(vm)
}

/// A small `int` by a specification; `None` where the general way must go.
fn format_small_int(n: i64, spec: &Str, vm: &Vm) -> PyResult<Option<Value>> {
    let raise = |error| raise_text_error(&error, vm);
    let spec = with_units!(spec.view(), units => Spec::for_int(units, "int")).map_err(raise)?;
    let IntPresentation::Digits(base) = spec.int_presentation().map_err(raise)? else { return Ok(None) };
    let digits = int_text::small_magnitude_to_base(n.unsigned_abs(), base);
    let text = spec.render_int(n < 0, &digits, &numeric_locale(vm)).map_err(raise)?;
    Ok(Some(str_from_wtf8(&text, vm)?.into_value()))
}

/// `format(value, spec)`, with quick paths for exact `str`, `int` and `float`; no specification is an empty one.
pub fn format_value(value: &Value, spec: Option<&Value>, vm: &Vm) -> PyResult {
    let spec_text = spec.and_then(|spec| spec.downcast::<Str>()).filter(|spec| !spec.is_empty());
    let Some(spec_text) = spec_text else {
        if value.downcast_exact::<Str>().is_some() {
            return Ok(value.clone());
        }
        if let Some(n) = value.as_small_int() {
            return Ok(vm.try_str(&int_text::small_to_decimal(n))?.into_value());
        }
        if let Some(x) = value.as_small_float() {
            return Ok(vm.try_str(&float::repr(x))?.into_value());
        }
        return match spec {
            Some(spec) => vm.format(value, spec),
            None => vm.format(value, vm.empty_str().as_value()),
        };
    };
    if let Some(text) = value.downcast_exact::<Str>() {
        return Ok(format_str_spec(text, spec_text, "str", vm)?.into_value());
    }
    if let Some(n) = value.as_small_int()
        && let Some(text) = format_small_int(n, spec_text, vm)?
    {
        return Ok(text);
    }
    if let Some(x) = value.as_small_float() {
        let raise = |error| raise_text_error(&error, vm);
        let spec = with_units!(spec_text.view(), units => Spec::for_float(units, "float")).map_err(raise)?;
        let text = spec.render_float(x, &numeric_locale(vm)).map_err(raise)?;
        return Ok(str_from_wtf8(&text, vm)?.into_value());
    }
    match spec {
        Some(spec) => vm.format(value, spec),
        None => vm.format(value, vm.empty_str().as_value()),
    }
}

#[pymethods(FORMAT)]
impl StrType {
    /// A copy with the fields in braces replaced by the arguments.
    #[method("format($self, /, *args, **kwargs)")]
    fn format(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<Ref<Str>> {
        let template = crate::containers::sequence::receiver!(Str, slf, vm);
        format_text(template, args, vm)
    }

    /// A copy with the fields in braces replaced by what the mapping has for them.
    #[method("format_map($self, mapping, /)")]
    fn format_map(this: &Str, mapping: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
        render(this, Fields::Mapping(mapping), vm)
    }

    /// The text as a specification says.
    #[method("__format__($self, format_spec, /)")]
    fn dunder_format(slf: &Value, format_spec: &Str, vm: &Vm) -> PyResult {
        let text = crate::containers::sequence::receiver!(Str, slf, vm);
        if format_spec.is_empty() {
            return if slf.downcast_exact::<Str>().is_some() { exact(slf, vm) } else { Ok(vm.str(slf)?.into_value()) };
        }
        Ok(format_str_spec(text, format_spec, &vm.type_name(slf), vm)?.into_value())
    }
}
