//! `string.templatelib`: what t-strings make (PEP 750).

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::{Signature, argument_type_name, bind, full_type_name, unbound};
use pyrope_object::layout::{Str, Tuple};
use pyrope_object::{Args, Header, PyResult, Ref, Slots, Type, Value, Vm};

use crate::containers::generic_alias;
use crate::containers::sequence::receiver;

/// Template object
#[pyclass(
    name = "Template", module = "string.templatelib", builtin = Template, flags(GC), slots = TEMPLATE_SLOTS,
    methods(Template::METHODS), getset(Template::GETSETS)
)]
#[derive(Traverse)]
pub struct Template {
    header: Header,
    /// One more than there are interpolations.
    strings: Ref<Tuple>,
    interpolations: Ref<Tuple>,
}

/// Template iterator object
#[pyclass(
    name = "TemplateIter", module = "string.templatelib", builtin = TemplateIter, flags(GC), slots = ITER_SLOTS
)]
#[derive(Traverse)]
pub struct TemplateIter {
    header: Header,
    strings: Ref<Tuple>,
    interpolations: Ref<Tuple>,
    /// Even: the string at half of it; odd: the interpolation.
    #[traverse(skip)]
    position: Cell<usize>,
}

/// Interpolation object
#[pyclass(
    name = "Interpolation", module = "string.templatelib", builtin = Interpolation, flags(GC),
    slots = INTERPOLATION_SLOTS, methods(Interpolation::METHODS), getset(Interpolation::GETSETS),
    init = interpolation_init
)]
#[derive(Traverse)]
pub struct Interpolation {
    header: Header,
    value: Value,
    expression: Value,
    conversion: Value,
    format_spec: Value,
}

const TEMPLATE_SLOTS: Slots = Slots {
    new: Some(template_new),
    repr: Some(|slf, vm| {
        let this = receiver!(Template, slf, vm);
        let (strings, inner) = (vm.repr_text(this.strings.as_value())?, vm.repr_text(this.interpolations.as_value())?);
        Ok(vm.try_str(&format!("Template(strings={strings}, interpolations={inner})"))?.into_value())
    }),
    iter: Some(|slf, vm| {
        let this = receiver!(Template, slf, vm);
        let (strings, interpolations) = (this.strings.clone(), this.interpolations.clone());
        let iterator = TemplateIter { header: Header::blank(), strings, interpolations, position: Cell::new(0) };
        Ok(Ref::new(vm, iterator).into_value())
    }),
    sq_concat: Some(template_concat),
    ..Slots::EMPTY
};

fn concatenated(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    vm.add(a, b)
}

fn template_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("Template.__new__ only accepts *args arguments"));
    }
    let empty = || vm.empty_str().into_value();
    let (mut strings, mut interpolations, mut last_was_string) = (Vec::new(), Vec::new(), false);
    for part in args.positional() {
        if part.downcast::<Str>().is_some() {
            match strings.last_mut() {
                Some(last) if last_was_string => *last = concatenated(last, part, vm)?,
                _ => strings.push(part.clone()),
            }
            last_was_string = true;
        } else if part.downcast::<Interpolation>().is_some() {
            if !last_was_string {
                strings.push(empty());
            }
            interpolations.push(part.clone());
            last_was_string = false;
        } else {
            return Err(vm.type_error(format!(
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                full_type_name(part, vm)
            )));
        }
    }
    if !last_was_string {
        strings.push(empty());
    }
    let (strings, interpolations) = (vm.new_tuple(strings), vm.new_tuple(interpolations));
    Ok(Ref::new_in(vm, class, Template { header: Header::blank(), strings, interpolations }).into_value())
}

fn template_concat(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let (Some(left), Some(right)) = (a.downcast::<Template>(), b.downcast::<Template>()) else {
        let (left, right) = (full_type_name(a, vm), full_type_name(b, vm));
        return Err(vm.type_error(format!("can only concatenate {left} (not \"{right}\") to {left}")));
    };
    let mut strings = left.strings.as_slice().to_vec();
    let mut others = right.strings.as_slice().iter();
    if let (Some(last), Some(first)) = (strings.last_mut(), others.next()) {
        *last = concatenated(last, first, vm)?;
    }
    strings.extend(others.cloned());
    let mut interpolations = left.interpolations.as_slice().to_vec();
    interpolations.extend_from_slice(right.interpolations.as_slice());
    let (strings, interpolations) = (vm.new_tuple(strings), vm.new_tuple(interpolations));
    Ok(Ref::new(vm, Template { header: Header::blank(), strings, interpolations }).into_value())
}

#[pymethods]
impl Template {
    /// Strings
    #[getter("strings")]
    #[member]
    fn strings(&self) -> Value {
        self.strings.to_value()
    }

    /// Interpolations
    #[getter("interpolations")]
    #[member]
    fn interpolations(&self) -> Value {
        self.interpolations.to_value()
    }

    /// Values of interpolations
    #[getter("values")]
    fn values(&self, vm: &Vm) -> Value {
        let parts = self.interpolations.as_slice().iter();
        let values = parts.filter_map(|part| part.downcast::<Interpolation>().map(|part| part.value.clone()));
        vm.new_tuple(values.collect()).into_value()
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        let module = vm.import("string.templatelib")?;
        let unpickle = vm.get_attr_str(&module, "_template_unpickle")?;
        let args = vm.tuple_of([self.strings.to_value(), self.interpolations.to_value()]).into_value();
        Ok(vm.tuple_of([unpickle, args]).into_value())
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}

const ITER_SLOTS: Slots = Slots {
    iter: Some(|slf, _| Ok(slf.clone())),
    next: Some(|slf, vm| {
        let this = receiver!(TemplateIter, slf, vm);
        loop {
            let at = this.position.get();
            let part = match at % 2 {
                0 => this.strings.as_slice().get(at / 2),
                _ => this.interpolations.as_slice().get(at / 2),
            };
            let Some(part) = part else { return Ok(None) };
            this.position.set(at + 1);
            // Empty strings are left out.
            if part.downcast::<Str>().is_none_or(|text| !text.is_empty()) {
                return Ok(Some(part.clone()));
            }
        }
    }),
    ..Slots::EMPTY
};

const INTERPOLATION_SLOTS: Slots = Slots {
    new: Some(interpolation_new),
    repr: Some(|slf, vm| {
        let this = receiver!(Interpolation, slf, vm);
        let parts = [&this.value, &this.expression, &this.conversion, &this.format_spec];
        let parts = parts.into_iter().map(|part| vm.repr_text(part)).collect::<PyResult<Vec<_>>>()?;
        Ok(vm.try_str(&format!("Interpolation({})", parts.join(", ")))?.into_value())
    }),
    ..Slots::EMPTY
};

fn interpolation_init(class: &Type, vm: &Vm) -> PyResult<()> {
    let names = ["value", "expression", "conversion", "format_spec"].map(|name| vm.intern(name).into_value());
    class.dict(vm).set_str("__match_args__", vm.new_tuple(names.to_vec()).into_value(), vm)
}

fn text_argument(name: &str, value: Option<&Value>, vm: &Vm) -> PyResult {
    match value {
        None => Ok(vm.empty_str().into_value()),
        Some(value) if value.downcast::<Str>().is_some() => Ok(value.clone()),
        Some(value) => {
            let kind = argument_type_name(value, vm);
            Err(vm.type_error(format!("Interpolation() argument '{name}' must be str, not {kind}")))
        }
    }
}

fn interpolation_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature =
        Signature::plain("Interpolation", &["value", "expression", "conversion", "format_spec"], 1);
    let mut slots = [None; 4];
    bind(&SIGNATURE, args, &mut slots, vm)?;
    let [Some(value), expression, conversion, format_spec] = slots else { return Err(unbound("Interpolation", vm)) };
    let expression = text_argument("expression", expression, vm)?;
    let conversion = match conversion.filter(|c| !c.is_none()) {
        None => Value::none(),
        Some(given) => {
            let text = text_argument("conversion", Some(given), vm)?;
            let known = text.downcast::<Str>().is_some_and(|t| ["s", "a", "r"].iter().any(|c| t.equals_str(c)));
            if !known {
                return Err(vm.value_error("Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'"));
            }
            text
        }
    };
    let format_spec = text_argument("format_spec", format_spec, vm)?;
    let value = value.clone();
    let new = Interpolation { header: Header::blank(), value, expression, conversion, format_spec };
    Ok(Ref::new_in(vm, class, new).into_value())
}

#[pymethods]
impl Interpolation {
    /// Value
    #[getter("value")]
    #[member]
    fn value(&self) -> Value {
        self.value.clone()
    }

    /// Expression
    #[getter("expression")]
    #[member]
    fn expression(&self) -> Value {
        self.expression.clone()
    }

    /// Conversion
    #[getter("conversion")]
    #[member]
    fn conversion(&self) -> Value {
        self.conversion.clone()
    }

    /// Format specification
    #[getter("format_spec")]
    #[member]
    fn format_spec(&self) -> Value {
        self.format_spec.clone()
    }

    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver!(Interpolation, slf, vm);
        let fields =
            vec![this.value.clone(), this.expression.clone(), this.conversion.clone(), this.format_spec.clone()];
        Ok(vm.tuple_of([slf.ty(vm).to_value(), vm.new_tuple(fields).into_value()]).into_value())
    }

    /// See PEP 585
    #[classmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        generic_alias(cls, object, vm)
    }
}
