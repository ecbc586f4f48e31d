//! Signals: exception classes, and the conditions they stand for.

use pyrope_decimal::Status;
use pyrope_object::{BuiltinType as B, PyResult, Raised, Value, Vm};

/// A signal: its name and the conditions it stands for.
pub(crate) struct Signal {
    pub name: &'static str,
    pub mask: Status,
}

const fn signal(name: &'static str, mask: Status) -> Signal {
    Signal { name, mask }
}

/// The signals in the order of a signal dict.
pub(crate) static SIGNALS: [Signal; 9] = [
    signal("InvalidOperation", Status::ANY_INVALID),
    signal("FloatOperation", Status::FLOAT_OPERATION),
    signal("DivisionByZero", Status::DIVISION_BY_ZERO),
    signal("Overflow", Status::OVERFLOW),
    signal("Underflow", Status::UNDERFLOW),
    signal("Subnormal", Status::SUBNORMAL),
    signal("Inexact", Status::INEXACT),
    signal("Rounded", Status::ROUNDED),
    signal("Clamped", Status::CLAMPED),
];

/// The conditions that InvalidOperation stands for and that have classes of their own.
pub(crate) static CONDITIONS: [Signal; 5] = [
    signal("InvalidOperation", Status::INVALID_OPERATION),
    signal("ConversionSyntax", Status::CONVERSION_SYNTAX),
    signal("DivisionImpossible", Status::DIVISION_IMPOSSIBLE),
    signal("DivisionUndefined", Status::DIVISION_UNDEFINED),
    signal("InvalidContext", Status::INVALID_CONTEXT),
];

/// The order in which the repr of a context names the signals: places in [`SIGNALS`].
pub(crate) const SHOWN_ORDER: [usize; 9] = [8, 0, 2, 6, 1, 3, 7, 5, 4];

/// The classes, in the order of the tables.
pub(crate) struct Classes {
    pub base: Value,
    pub signals: Vec<Value>,
    pub conditions: Vec<Value>,
}

fn new_class(name: &str, bases: Vec<Value>, vm: &Vm) -> PyResult {
    let dict = vm.new_dict();
    dict.set_str("__module__", vm.intern("decimal").into_value(), vm)?;
    let bases = vm.new_tuple(bases).into_value();
    vm.call(&vm.builtin(B::Type).to_value(), &[vm.intern(name).into_value(), bases, dict.into_value()])
}

impl Classes {
    pub fn make(vm: &Vm) -> PyResult<Classes> {
        let base = new_class("DecimalException", vec![vm.builtin(B::ArithmeticError).to_value()], vm)?;
        let mut signals: Vec<Value> = vec![Value::none(); SIGNALS.len()];
        // Overflow and Underflow derive from signals that the dict has after them.
        for index in [0, 1, 2, 5, 6, 7, 8, 3, 4] {
            let bases = match index {
                1 => vec![base.clone(), vm.builtin(B::TypeError).to_value()],
                2 => vec![base.clone(), vm.builtin(B::ZeroDivisionError).to_value()],
                3 => vec![signals[6].clone(), signals[7].clone()],
                4 => vec![signals[6].clone(), signals[7].clone(), signals[5].clone()],
                _ => vec![base.clone()],
            };
            signals[index] = new_class(SIGNALS[index].name, bases, vm)?;
        }
        let mut conditions = vec![signals[0].clone()];
        for condition in &CONDITIONS[1..] {
            let mut bases = vec![signals[0].clone()];
            if condition.mask == Status::DIVISION_UNDEFINED {
                bases.push(vm.builtin(B::ZeroDivisionError).to_value());
            }
            conditions.push(new_class(condition.name, bases, vm)?);
        }
        Ok(Classes { base, signals, conditions })
    }

    /// The conditions that a signal's class stands for; KeyError for anything else.
    pub fn mask_of(&self, class: &Value, vm: &Vm) -> PyResult<Status> {
        match self.signals.iter().position(|signal| signal.is(class)) {
            Some(index) => Ok(SIGNALS[index].mask),
            None => Err(vm.raise(
                B::KeyError,
                "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   Overflow, \
                 Underflow, Subnormal, Inexact, Rounded,\n   Clamped]",
            )),
        }
    }

    /// The classes of the signals in `status`.
    pub fn signals_in(&self, status: Status) -> Vec<Value> {
        let met = self.signals.iter().zip(&SIGNALS).filter(|(_, signal)| status.has(signal.mask));
        met.map(|(class, _)| class.clone()).collect()
    }

    /// Raises the first of the signals that `trapped` has, with all conditions as its argument.
    #[cold]
    pub fn raise(&self, trapped: Status, vm: &Vm) -> Raised {
        let conditions = self.conditions.iter().zip(&CONDITIONS).filter(|(_, c)| trapped.has(c.mask));
        let mut met: Vec<Value> = conditions.map(|(class, _)| class.clone()).collect();
        let others = Status(trapped.0 & !Status::ANY_INVALID.0);
        met.extend(self.signals_in(others));
        match self.signals_in(trapped).first() {
            Some(class) => vm.raise_class(class, &[vm.new_list(met).into_value()]),
            None => vm.system_error("no signal for a condition"),
        }
    }
}
