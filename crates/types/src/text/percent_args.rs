//! What `%` of `str` and of `bytes` share: fetching arguments, and numbers.

use pyrope_object::bind::full_type_name;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Tuple, Value, Vm};
use pyrope_textual::percent_format::{Directive, NEEDS_MAPPING, NOT_ENOUGH, STAR_WANTS_INT, Star};
use pyrope_textual::{TextError, int_text};

use super::builder::raise_text_error;

/// Why formatting stopped.
pub(super) enum Failure {
    Text(TextError),
    Raised(Raised),
}

impl From<TextError> for Failure {
    fn from(error: TextError) -> Self {
        Failure::Text(error)
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Self {
        Failure::Raised(raised)
    }
}

impl Failure {
    pub(super) fn raise(self, vm: &Vm) -> Raised {
        match self {
            Failure::Text(error) => raise_text_error(&error, vm),
            Failure::Raised(raised) => raised,
        }
    }
}

/// The right operand of `%`.
pub(super) struct Arguments<'a> {
    tuple: Option<&'a Tuple>,
    next: usize,
    single: Option<Value>,
    mapping: Option<&'a Value>,
    vm: &'a Vm,
}

impl<'a> Arguments<'a> {
    /// `plain` types are no mappings, although they have items.
    pub(super) fn new(args: &'a Value, plain: &[B], vm: &'a Vm) -> Self {
        let tuple = args.downcast::<Tuple>();
        let single = if tuple.is_some() { None } else { Some(args.clone()) };
        let ty = args.ty(vm);
        let has_items = ty.slots().mp_subscript.is_some() && tuple.is_none();
        let mapping = has_items && !plain.iter().any(|&kind| ty.is_subtype(vm.builtin(kind)));
        Arguments { tuple, next: 0, single, mapping: mapping.then_some(args), vm }
    }

    /// The next argument.
    pub(super) fn fetch(&mut self) -> PyResult {
        let found = match self.tuple {
            Some(tuple) => {
                self.next += 1;
                tuple.as_slice().get(self.next - 1).cloned()
            }
            None => self.single.take(),
        };
        found.ok_or_else(|| self.vm.type_error(NOT_ENOUGH))
    }

    /// Is there a mapping for keys?
    pub(super) fn check_mapping(&self) -> PyResult<&'a Value> {
        self.mapping.ok_or_else(|| self.vm.type_error(NEEDS_MAPPING))
    }

    /// The value under a key becomes the only argument.
    pub(super) fn select(&mut self, key: &Value) -> PyResult<()> {
        let value = self.vm.get_item(self.check_mapping()?, key)?;
        self.tuple = None;
        self.single = Some(value);
        Ok(())
    }

    /// The next argument as what a `*` stands for.
    pub(super) fn star(&mut self, star: Star) -> PyResult<isize> {
        let value = self.fetch()?;
        let vm = self.vm;
        let Some(number) = value.as_int() else { return Err(vm.type_error(STAR_WANTS_INT)) };
        let too_large = |c| vm.overflow_error(format!("Python int too large to convert to C {c}"));
        match (star, number.to_i64()) {
            (Star::Width, Some(i64::MIN)) => Err(vm.overflow_error("width too big")),
            (Star::Width, Some(n)) => Ok(n as isize),
            (Star::Width, None) => Err(too_large("ssize_t")),
            (Star::Precision, n) => match n.and_then(|n| i32::try_from(n).ok()) {
                Some(n) => Ok(n as isize),
                None => Err(too_large("int")),
            },
        }
    }

    /// Arguments that nobody asked for.
    pub(super) fn left_over(&self) -> bool {
        if self.mapping.is_some() {
            return false;
        }
        match self.tuple {
            Some(tuple) => self.next < tuple.len(),
            None => self.single.is_some(),
        }
    }
}

/// The argument of `d i u o x X`: an `int`.
fn integer(value: &Value, directive: &Directive, vm: &Vm) -> Result<Value, Failure> {
    if value.as_int().is_some() {
        return Ok(value.clone());
    }
    let required = || Failure::Text(directive.number_required(&full_type_name(value, vm)));
    let slots = value.ty(vm).slots();
    let exact = matches!(directive.ascii_code(), b'o' | b'x' | b'X');
    let convert = if exact { slots.index } else { slots.int.or(slots.index) };
    let Some(convert) = convert else { return Err(required()) };
    match convert(value, vm) {
        Ok(number) if number.as_int().is_some() => {
            vm.warn_of_subclass(if exact { "__index__" } else { "__int__" }, &number, B::Int)?;
            Ok(number)
        }
        Ok(_) => Err(required()),
        Err(raised) if vm.raised_is(B::TypeError) => {
            vm.ignore(raised);
            Err(required())
        }
        Err(raised) => Err(raised.into()),
    }
}

/// An integer conversion.
pub(super) fn format_integer(value: &Value, directive: &Directive, vm: &Vm) -> Result<String, Failure> {
    let number = integer(value, directive, vm)?;
    let Some(view) = number.as_int() else { return Ok(String::new()) };
    let base = directive.base();
    let digits = match view.to_i64() {
        Some(n) => int_text::small_magnitude_to_base(n.unsigned_abs(), base),
        None if base == 10 => {
            let text = int_text::to_decimal(&view.to_big(), crate::numbers::max_str_digits(vm))?;
            text.trim_start_matches('-').to_owned()
        }
        None => {
            let (_, magnitude) = view.to_big().into_owned().into_parts();
            int_text::magnitude_to_base(&magnitude, base)
        }
    };
    Ok(directive.render_int(view.is_negative(), &digits)?)
}
