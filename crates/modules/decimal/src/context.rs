//! `Context`.

use std::cell::Cell;
use std::rc::Rc;

use pyrope_decimal::{Context as Parameters, MAX_EMAX, MAX_PREC, MIN_EMIN, Number, Rounding, Status};
use pyrope_macros::{Traverse, pyclass};
use pyrope_object::bind::{Signature, bind};
use pyrope_object::protocol::{generic_getattr, generic_setattr};
use pyrope_object::{Args, Guarded, Header, List, PyResult, Ref, Slots, Str, Type, Value, Vm};

use crate::current::parts;
use crate::decimal;
use crate::signal_dict;
use crate::signals::{SHOWN_ORDER, SIGNALS};

/// The context affects almost all operations and controls rounding,
/// Over/Underflow, raising of exceptions and much more.  A new context
/// can be constructed as follows:
///
///     >>> c = Context(prec=28, Emin=-425000000, Emax=425000000,
///     ...             rounding=ROUND_HALF_EVEN, capitals=1, clamp=1,
///     ...             traps=[InvalidOperation, DivisionByZero, Overflow],
///     ...             flags=[])
///     >>>
#[pyclass(
    name = "Context", module = "decimal",
    signature = "(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)",
    flags(BASETYPE, GC), slots = SLOTS, methods(Context::METHODS), getset(Context::GETSETS)
)]
#[derive(Traverse)]
pub struct Context {
    header: Header,
    #[traverse(skip)]
    pub(crate) parameters: Cell<Parameters>,
    #[traverse(skip)]
    pub(crate) capitals: Cell<bool>,
    /// Shared with the signal dicts.
    #[traverse(skip)]
    pub(crate) traps: Rc<Cell<u32>>,
    #[traverse(skip)]
    pub(crate) status: Rc<Cell<u32>>,
    traps_dict: Guarded<Option<Value>>,
    flags_dict: Guarded<Option<Value>>,
}

const SLOTS: Slots = Slots {
    new: Some(|class, _, vm| {
        let template = parts(vm)?.templates[0].clone();
        let (parameters, capitals) = (template.parameters.get(), template.capitals.get());
        Ok(Context::create(class, parameters, capitals, template.traps.get(), vm).into_value())
    }),
    init: Some(init),
    repr: Some(|slf, vm| this(slf, vm)?.shown(vm)),
    getattr: Some(get_attribute),
    setattr: Some(set_attribute),
    ..Slots::EMPTY
};

/// The roundings' names, in the order of `Rounding`.
pub(crate) const ROUNDINGS: [&str; 8] = [
    "ROUND_UP",
    "ROUND_DOWN",
    "ROUND_CEILING",
    "ROUND_FLOOR",
    "ROUND_HALF_UP",
    "ROUND_HALF_DOWN",
    "ROUND_HALF_EVEN",
    "ROUND_05UP",
];

const ROUNDING_VALUES: [Rounding; 8] = [
    Rounding::Up,
    Rounding::Down,
    Rounding::Ceiling,
    Rounding::Floor,
    Rounding::HalfUp,
    Rounding::HalfDown,
    Rounding::HalfEven,
    Rounding::ZeroFiveUp,
];

/// What a context has before anything is set.
pub(crate) const INITIAL: Parameters =
    Parameters { prec: 28, emax: 999_999, emin: -999_999, rounding: Rounding::HalfEven, clamp: false };

/// The traps of `DefaultContext`.
pub(crate) const INITIAL_TRAPS: u32 = Status::ANY_INVALID.0 | Status::DIVISION_BY_ZERO.0 | Status::OVERFLOW.0;

fn this<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Context> {
    slf.downcast::<Context>().ok_or_else(|| vm.type_error("argument must be a context"))
}

/// A rounding from its name.
pub(crate) fn rounding_of(value: &Value, vm: &Vm) -> PyResult<Rounding> {
    let known = value.downcast::<Str>().and_then(|name| ROUNDINGS.iter().position(|known| name.equals_str(known)));
    match known {
        Some(index) => Ok(ROUNDING_VALUES[index]),
        None => Err(vm.type_error(
            "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, \
             ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]",
        )),
    }
}

/// An `int` that fits a word.
pub(crate) fn word_of(value: &Value, complaint: &str, vm: &Vm) -> PyResult<i64> {
    match value.as_int() {
        None => Err(vm.type_error(complaint)),
        Some(n) => n.to_i64().ok_or_else(|| vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

impl Context {
    pub(crate) fn create(class: &Type, parameters: Parameters, capitals: bool, traps: u32, vm: &Vm) -> Ref<Context> {
        let context = Context {
            header: Header::blank(),
            parameters: Cell::new(parameters),
            capitals: Cell::new(capitals),
            traps: Rc::new(Cell::new(traps)),
            status: Rc::new(Cell::new(0)),
            traps_dict: Guarded::new(None),
            flags_dict: Guarded::new(None),
        };
        Ref::new_in(vm, class, context)
    }

    /// A copy with the same flags.
    pub(crate) fn copy_of(&self, vm: &Vm) -> Ref<Context> {
        let copy = self.fresh_copy(vm);
        copy.status.set(self.status.get());
        copy
    }

    /// A copy without flags.
    pub(crate) fn fresh_copy(&self, vm: &Vm) -> Ref<Context> {
        let class = vm.type_of::<Context>();
        Context::create(class, self.parameters.get(), self.capitals.get(), self.traps.get(), vm)
    }

    /// Sets the flags of what an operation met; raises what is trapped.
    #[inline]
    pub(crate) fn note(&self, met: Status, vm: &Vm) -> PyResult<()> {
        if met == Status::default() { Ok(()) } else { self.note_some(met, vm) }
    }

    fn note_some(&self, met: Status, vm: &Vm) -> PyResult<()> {
        self.status.set(self.status.get() | met.0);
        if met.has(Status::MALLOC_ERROR) {
            return Err(vm.memory_error());
        }
        let trapped = Status(met.0 & self.traps.get());
        if trapped == Status::default() { Ok(()) } else { Err(parts(vm)?.classes.raise(trapped, vm)) }
    }

    /// A number as a Decimal, after what was met.
    #[inline]
    pub(crate) fn result(&self, number: Number, met: Status, vm: &Vm) -> PyResult {
        self.note(met, vm)?;
        Ok(decimal::new(number, vm))
    }

    pub(crate) fn rounding_name(&self) -> &'static str {
        let rounding = self.parameters.get().rounding;
        ROUNDING_VALUES.iter().position(|known| *known == rounding).map_or("", |index| ROUNDINGS[index])
    }

    fn shown(&self, vm: &Vm) -> PyResult {
        let Parameters { prec, emax, emin, clamp, .. } = self.parameters.get();
        let names = |bits: u32| {
            let met = SHOWN_ORDER.iter().filter(|index| Status(bits).has(SIGNALS[**index].mask));
            met.map(|index| SIGNALS[*index].name).collect::<Vec<_>>().join(", ")
        };
        let text = format!(
            "Context(prec={prec}, rounding={}, Emin={emin}, Emax={emax}, capitals={}, clamp={}, flags=[{}], traps=[{}])",
            self.rounding_name(),
            u8::from(self.capitals.get()),
            u8::from(clamp),
            names(self.status.get()),
            names(self.traps.get()),
        );
        Ok(vm.try_str(&text)?.into_value())
    }

    /// Sets one of the fields by its name.
    pub(crate) fn set_field(&self, name: &str, value: &Value, vm: &Vm) -> PyResult<()> {
        let word = || word_of(value, "an integer is required", vm);
        let flag = |name: &str| match word()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(vm.value_error(format!("valid values for {name} are 0 or 1"))),
        };
        let within = |least: i64, most: i64, complaint: &str| {
            let n = word()?;
            if (least..=most).contains(&n) { Ok(n) } else { Err(vm.value_error(complaint)) }
        };
        let mut parameters = self.parameters.get();
        match name {
            "prec" => parameters.prec = within(1, MAX_PREC, "valid range for prec is [1, MAX_PREC]")?,
            "Emax" => parameters.emax = within(0, MAX_EMAX, "valid range for Emax is [0, MAX_EMAX]")?,
            "Emin" => parameters.emin = within(MIN_EMIN, 0, "valid range for Emin is [MIN_EMIN, 0]")?,
            "rounding" => parameters.rounding = rounding_of(value, vm)?,
            "clamp" => parameters.clamp = flag("clamp")?,
            "capitals" => self.capitals.set(flag("capitals")?),
            "flags" => self.status.set(signal_dict::conditions_of(value, vm)?),
            _ => self.traps.set(signal_dict::conditions_of(value, vm)?),
        }
        self.parameters.set(parameters);
        Ok(())
    }

    /// What a setter does.
    pub(crate) fn set_attribute(&self, name: &str, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
        match value {
            Some(value) => self.set_field(name, value, vm),
            None => Err(vm.attribute_error("context attributes cannot be deleted")),
        }
    }

    fn dict(&self, kept: &Guarded<Option<Value>>, bits: &Rc<Cell<u32>>, vm: &Vm) -> PyResult {
        if let Some(known) = kept.get() {
            return Ok(known);
        }
        let dict = signal_dict::new(bits, vm)?;
        kept.set(Some(dict.clone()));
        Ok(dict)
    }
}

/// The conditions that a constructor is given.
fn initial_conditions(value: &Value, vm: &Vm) -> PyResult<u32> {
    if value.downcast::<List>().is_none() {
        return signal_dict::conditions_of(value, vm);
    }
    let parts = parts(vm)?;
    let mut conditions = 0;
    for class in vm.collect(value)? {
        conditions |= parts.classes.mask_of(&class, vm)?.0;
    }
    Ok(conditions)
}

static INIT: Signature =
    Signature::plain("Context", &["prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"], 0);

fn init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let mut places = [None; 8];
    bind(&INIT, args, &mut places, vm)?;
    let context = this(slf, vm)?;
    for (name, value) in INIT.names.iter().zip(places) {
        let Some(value) = value.filter(|value| !value.is_none()) else { continue };
        match *name {
            "flags" => context.status.set(initial_conditions(value, vm)?),
            "traps" => context.traps.set(initial_conditions(value, vm)?),
            name => context.set_field(name, value, vm)?,
        }
    }
    Ok(())
}

fn get_attribute(slf: &Value, name: &Value, vm: &Vm) -> PyResult {
    let context = this(slf, vm)?;
    match name.downcast::<Str>() {
        Some(name) if name.equals_str("flags") => context.dict(&context.flags_dict, &context.status, vm),
        Some(name) if name.equals_str("traps") => context.dict(&context.traps_dict, &context.traps, vm),
        _ => generic_getattr(slf, name, vm),
    }
}

fn set_attribute(slf: &Value, name: &Value, value: Option<&Value>, vm: &Vm) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.attribute_error("context attributes cannot be deleted"));
    };
    match name.downcast::<Str>() {
        Some(text) if text.equals_str("flags") => this(slf, vm)?.set_field("flags", value, vm),
        Some(text) if text.equals_str("traps") => this(slf, vm)?.set_field("traps", value, vm),
        _ => generic_setattr(slf, name, Some(value), vm),
    }
}

/// The context of an IEEE interchange format.
pub(crate) fn ieee_context(bits: &Value, vm: &Vm) -> PyResult {
    let bits = word_of(bits, "an integer is required", vm)?;
    if bits <= 0 || bits > 512 || bits % 32 != 0 {
        return Err(vm.value_error("argument must be a multiple of 32, with a maximum of 512"));
    }
    let emax = 3 * (1i64 << (bits / 16 + 3));
    let parameters =
        Parameters { prec: 9 * (bits / 32) - 2, emax, emin: 1 - emax, rounding: Rounding::HalfEven, clamp: true };
    Ok(Context::create(vm.type_of::<Context>(), parameters, true, 0, vm).into_value())
}

/// The three contexts that the module offers.
pub(crate) fn templates(vm: &Vm) -> [Ref<Context>; 3] {
    let class = vm.type_of::<Context>();
    let basic = Parameters { prec: 9, rounding: Rounding::HalfUp, ..INITIAL };
    let basic_traps = INITIAL_TRAPS | Status::CLAMPED.0 | Status::UNDERFLOW.0;
    let extended = Parameters { prec: 9, ..INITIAL };
    [
        Context::create(class, INITIAL, true, INITIAL_TRAPS, vm),
        Context::create(class, basic, true, basic_traps, vm),
        Context::create(class, extended, true, 0, vm),
    ]
}
