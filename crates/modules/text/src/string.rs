//! `_string`: what `string.Formatter` shares with `str.format`.

use std::cell::Cell;
use std::collections::VecDeque;

use pyrope_macros::{Traverse, pyclass, pyfunctions};
use pyrope_object::{Guarded, Header, ModuleDef, PyResult, Ref, Slots, Str, Value, Vm};
use pyrope_textual::Unit;
use pyrope_textual::str_format::{FieldName, First, Step, Template};
use pyrope_types::iterators::itself;
use pyrope_types::text::{TextBuilder, raise_text_error};

pub static MODULE: ModuleDef = ModuleDef {
    name: "_string",
    doc: "string helper module",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: None,
};

macro_rules! list_iterator {
    ($ty:ident $name:literal $slots:ident $next:ident) => {
        /// Gives tuples that were made beforehand, and then what ended the parsing.
        #[pyclass(name = $name, module = "builtins", flags(GC, DISALLOW_INSTANTIATION), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            items: Guarded<VecDeque<Value>>,
            /// An error to raise behind the items.
            #[traverse(skip)]
            error: Cell<Option<pyrope_textual::TextError>>,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), ..Slots::EMPTY };

        fn $next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
            let Some(this) = slf.downcast::<$ty>() else { return Ok(None) };
            if let Some(item) = this.items.with_mut(VecDeque::pop_front) {
                return Ok(Some(item));
            }
            match this.error.take() {
                Some(error) => Err(raise_text_error(&error, vm)),
                None => Ok(None),
            }
        }

        impl $ty {
            fn over(items: VecDeque<Value>, error: Option<pyrope_textual::TextError>, vm: &Vm) -> Value {
                let (items, error) = (Guarded::new(items), Cell::new(error));
                Ref::new(vm, $ty { header: Header::blank(), items, error }).into_value()
            }
        }
    };
}

list_iterator!(FormatterIterator "formatteriterator" FORMATTER_SLOTS formatter_next);
list_iterator!(FieldNameIterator "fieldnameiterator" FIELD_SLOTS field_next);

fn text<U: Unit>(units: &[U], vm: &Vm) -> PyResult {
    let mut out = TextBuilder::new();
    out.push_units(units);
    Ok(out.finish(vm)?.into_value())
}

fn parse<U: Unit>(template: &[U], vm: &Vm) -> PyResult {
    let mut items = VecDeque::new();
    let mut error = None;
    for piece in Template::new(template) {
        let piece = match piece {
            Ok(piece) => piece,
            Err(flaw) => {
                error = Some(flaw);
                break;
            }
        };
        let literal = text(&template[piece.literal], vm)?;
        let parts = match piece.field {
            None => vec![literal, Value::none(), Value::none(), Value::none()],
            Some(field) => {
                let conversion = match field.conversion {
                    Some(c) => vm.str_from_code_points(&[c])?.into_value(),
                    None => Value::none(),
                };
                vec![literal, text(&template[field.name], vm)?, text(&template[field.spec], vm)?, conversion]
            }
        };
        items.push_back(vm.new_tuple(parts).into_value());
    }
    Ok(FormatterIterator::over(items, error, vm))
}

fn split<U: Unit>(name: &[U], vm: &Vm) -> PyResult {
    let mut parts = FieldName::split(name).map_err(|error| raise_text_error(&error, vm))?;
    let first = match &parts.first {
        First::Index(index) => vm.int_from_usize(*index),
        First::Empty => vm.empty_str().into_value(),
        First::Keyword(range) => text(&name[range.clone()], vm)?,
    };
    let mut items = VecDeque::new();
    let mut error = None;
    for step in parts.path.by_ref() {
        let (is_attribute, key) = match step {
            Ok(Step::Attribute(range)) => (true, text(&name[range], vm)?),
            Ok(Step::Index(index)) => (false, vm.int_from_usize(index)),
            Ok(Step::Key(range)) => (false, text(&name[range], vm)?),
            Err(flaw) => {
                error = Some(flaw);
                break;
            }
        };
        items.push_back(vm.tuple_of([Value::bool(is_attribute), key]).into_value());
    }
    let rest = FieldNameIterator::over(items, error, vm);
    Ok(vm.tuple_of([first, rest]).into_value())
}

fn expect_text<'a>(value: &'a Value, vm: &Vm) -> PyResult<&'a Str> {
    value
        .downcast::<Str>()
        .ok_or_else(|| vm.type_error(format!("expected str, got {}", pyrope_object::bind::full_type_name(value, vm))))
}

#[pyfunctions]
mod functions {
    use super::*;

    /// parse the argument as a format string
    #[pyfunction("formatter_parser($self, object, /)")]
    fn formatter_parser(object: &Value, vm: &Vm) -> PyResult {
        let template = expect_text(object, vm)?;
        with_units!(template.view(), units => parse(units, vm))
    }

    /// split the argument as a field name
    #[pyfunction("formatter_field_name_split($self, object, /)")]
    fn formatter_field_name_split(object: &Value, vm: &Vm) -> PyResult {
        let name = expect_text(object, vm)?;
        with_units!(name.view(), units => split(units, vm))
    }
}
