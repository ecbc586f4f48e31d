//! `Decimal.__format__`.

use pyrope_decimal::{FormatError, FormatSpec, Locale};
use pyrope_object::{Args, BuiltinType as B, Dict, PyResult, Str, Value, Vm};
use pyrope_types::text::numeric_locale;

use crate::context::Context;
use crate::current::current;
use crate::decimal::Decimal;

pub(crate) fn format(decimal: &Decimal, args: Args<'_>, vm: &Vm) -> PyResult {
    let given = args.values();
    let Some(spec) = given.first() else {
        return Err(vm.type_error("function takes at least 1 argument (0 given)"));
    };
    if given.len() > 2 || args.keyword_count() > 0 {
        return Err(vm.type_error(format!("function takes at most 2 arguments ({} given)", given.len())));
    }
    let Some(spec_text) = spec.downcast::<Str>() else { return Err(vm.type_error("format arg must be str")) };
    let context = current(vm)?;
    let text = spec_text.to_string_lossy();
    if text.ends_with('N') {
        let message = "Format specifier 'N' is deprecated and slated for removal in Python 3.18";
        vm.warn(B::DeprecationWarning, message, 1)?;
    }
    let mut parsed = match FormatSpec::parse(&text, context.capitals.get()) {
        Ok(parsed) => parsed,
        Err(FormatError::BeyondLimits) => {
            return Err(vm.value_error("format specification exceeds internal limits of _decimal"));
        }
        Err(_) => return by_library(decimal, spec, &context, vm),
    };
    match given.get(1) {
        Some(overriding) => parsed.locale = locale_of(overriding, parsed.locale, vm)?,
        None if parsed.uses_locale => {
            let known = numeric_locale(vm);
            parsed.locale = Locale {
                decimal_point: known.decimal_point,
                thousands_sep: known.thousands_sep,
                grouping: known.grouping,
            };
        }
        None => {}
    }
    match parsed.render(&decimal.number, &context.parameters.get()) {
        Ok(text) => Ok(vm.try_str(&text)?.into_value()),
        Err(_) => Err(vm.memory_error()),
    }
}

/// What is beyond the specifications of `libmpdec` is the library's Python form's to render, or to refuse.
fn by_library(decimal: &Decimal, spec: &Value, context: &Context, vm: &Vm) -> PyResult {
    let module = vm.import("_pydecimal")?;
    let text = vm.new_str(&decimal.number.to_text(true, false)).into_value();
    let twin = vm.call(&vm.get_attr_str(&module, "Decimal")?, &[text])?;
    let parameters = context.parameters.get();
    let twin_context = vm.call(
        &vm.get_attr_str(&module, "Context")?,
        &[
            vm.int(parameters.prec),
            vm.new_str(context.rounding_name()).into_value(),
            vm.int(parameters.emin),
            vm.int(parameters.emax),
            vm.int(context.capitals.get().into()),
        ],
    )?;
    let result = vm.call_method(&twin, "__format__", &[spec.clone(), twin_context]);
    match vm.suppress(result, B::ValueError)? {
        Some(text) => Ok(text),
        None => Err(vm.value_error("invalid format string")),
    }
}

/// The separators that a dict gives.
fn locale_of(overriding: &Value, mut locale: Locale, vm: &Vm) -> PyResult<Locale> {
    let Some(dict) = overriding.cast::<Dict>() else { return Err(vm.type_error("optional argument must be a dict")) };
    let text_of = |name: &str| -> PyResult<Option<String>> {
        match dict.get_str(name, vm)? {
            None => Ok(None),
            Some(value) => {
                match value.downcast::<Str>().and_then(|text| text.to_utf8().map(|text| text.into_owned())) {
                    Some(text) => Ok(Some(text)),
                    None => Err(vm.type_error("override value must be a str")),
                }
            }
        }
    };
    if let Some(point) = text_of("decimal_point")? {
        locale.decimal_point = point;
    }
    if let Some(separator) = text_of("thousands_sep")? {
        locale.thousands_sep = separator;
    }
    if let Some(grouping) = text_of("grouping")? {
        locale.grouping = grouping.chars().map(|size| u8::try_from(u32::from(size)).unwrap_or(u8::MAX)).collect();
    }
    let single = |text: &str| text.chars().count() <= 1;
    let fits = single(&locale.decimal_point)
        && !locale.decimal_point.is_empty()
        && single(&locale.thousands_sep)
        && locale.grouping.iter().all(|size| *size <= 127);
    if fits { Ok(locale) } else { Err(vm.value_error("invalid override dict")) }
}
