//! `time`: a time of day, with or without a zone.

use std::cell::Cell;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::{Args, CompareOp, Header, PyResult, Ref, Slots, Str, Type, Value, Vm};

use super::arguments::{bad_isoformat, class_name, int_or, not_text, parse, pickled_state, text_argument};
use super::date::class_of;
use super::delta::from_micros;
use super::format::{Details, clock_text, format_object, strftime, strptime, struct_time};
use super::iso_format::{TimeParts, parse_time};
use super::zone::{ask_name, ask_offset, ask_offset_object, fixed_zone, offset_text, zone_argument};

/// time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object
///
/// All arguments are optional. tzinfo may be None, or an instance of
/// a tzinfo subclass. The remaining arguments may be ints.
#[pyclass(
    name = "time", module = "datetime", flags(BASETYPE), slots = SLOTS, methods(Time::METHODS), getset(Time::GETSETS),
    init = add_constants
)]
pub struct Time {
    header: Header,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) fold: Cell<u8>,
    pub(super) microsecond: u32,
    hash: Cell<i64>,
    zone: Option<Value>,
}

const SLOTS: Slots = Slots {
    new: Some(time_new),
    repr: Some(time_repr),
    str: Some(|slf, vm| vm.call_method(slf, "isoformat", &[])),
    hash: Some(time_hash),
    richcompare: Some(time_compare),
    ..Slots::EMPTY
};

const NAMES: [&str; 6] = ["hour", "minute", "second", "microsecond", "tzinfo", "fold"];

pub(super) fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Time> {
    slf.downcast::<Time>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn add_constants(class: &Type, vm: &Vm) -> PyResult<()> {
    let dict = class.dict(vm);
    dict.set_str("min", new_time(class, [0; 4], None, 0, vm), vm)?;
    dict.set_str("max", new_time(class, [23, 59, 59, 999_999], None, 0, vm), vm)?;
    dict.set_str("resolution", from_micros(1, vm)?, vm)
}

/// ValueError unless these are a time of day.
pub(super) fn check_time([hour, minute, second, micro]: [i32; 4], fold: i32, vm: &Vm) -> PyResult<()> {
    for (name, value, most) in
        [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59), ("microsecond", micro, 999_999)]
    {
        if !(0..=most).contains(&value) {
            return Err(vm.value_error(format!("{name} must be in 0..{most}, not {value}")));
        }
    }
    if !(0..=1).contains(&fold) {
        return Err(vm.value_error(format!("fold must be either 0 or 1, not {fold}")));
    }
    Ok(())
}

fn new_time(class: &Type, parts: [i32; 4], zone: Option<Value>, fold: i32, vm: &Vm) -> Value {
    let [hour, minute, second, microsecond] = parts;
    let fields = Time {
        header: Header::blank(),
        hour: hour as u8,
        minute: minute as u8,
        second: second as u8,
        fold: Cell::new(fold as u8),
        microsecond: microsecond as u32,
        hash: Cell::new(-1),
        zone,
    };
    Ref::new_in(vm, class, fields).into_value()
}

/// A checked time of a class: subclasses are called.
pub(super) fn make_time(class: &Type, parts: [i32; 4], zone: Option<Value>, fold: i32, vm: &Vm) -> PyResult {
    if class.is(vm.type_of::<Time>()) {
        check_time(parts, fold, vm)?;
        return Ok(new_time(class, parts, zone, fold, vm));
    }
    let mut arguments: Vec<Value> = parts.iter().map(|&n| vm.int(n.into())).collect();
    arguments.push(zone.unwrap_or(Value::none()));
    let time = vm.call(&class.to_value(), &arguments)?;
    if let Some(made) = time.downcast::<Time>() {
        made.fold.set(fold as u8);
    }
    Ok(time)
}

fn time_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if let ([state] | [state, _], 0) = (args.positional(), args.keyword_count())
        && let Some(state) = pickled_state(state, "time", 6, vm)?
        && state[0] & 0x7F < 24
    {
        let zone = state_zone(args.positional().get(1), vm)?;
        let micro = i32::from(state[3]) << 16 | i32::from(state[4]) << 8 | i32::from(state[5]);
        let parts = [i32::from(state[0] & 0x7F), state[1].into(), state[2].into(), micro];
        return Ok(new_time(class, parts, zone, i32::from(state[0] >> 7), vm));
    }
    let [hour, minute, second, micro, zone, fold] = parse(args, NAMES, 0, 5, vm)?;
    let parts = [int_or(hour, 0, vm)?, int_or(minute, 0, vm)?, int_or(second, 0, vm)?, int_or(micro, 0, vm)?];
    let fold = int_or(fold, 0, vm)?;
    let zone = zone_argument(zone, vm)?;
    check_time(parts, fold, vm)?;
    Ok(new_time(class, parts, zone, fold, vm))
}

/// The zone beside a pickled state.
pub(super) fn state_zone(zone: Option<&Value>, vm: &Vm) -> PyResult<Option<Value>> {
    match zone_argument(zone, vm) {
        Ok(zone) => Ok(zone),
        Err(raised) => {
            vm.ignore(raised);
            Err(vm.type_error("bad tzinfo state arg"))
        }
    }
}

impl Time {
    /// Hour, minute, second, microsecond.
    pub(super) fn parts(&self) -> [i32; 4] {
        [self.hour.into(), self.minute.into(), self.second.into(), self.microsecond as i32]
    }

    pub(super) fn zone(&self) -> Option<&Value> {
        self.zone.as_ref()
    }

    fn micros(&self) -> i128 {
        let [hour, minute, second, micro] = self.parts();
        i128::from(hour * 3600 + minute * 60 + second) * 1_000_000 + i128::from(micro)
    }

    fn offset(&self, vm: &Vm) -> PyResult<Option<i128>> {
        ask_offset(self.zone(), "utcoffset", &Value::none(), vm)
    }

    /// The state of pickles; `fold` goes into the hour.
    fn state(&self, fold: u8) -> [u8; 6] {
        let [_, high, middle, low] = self.microsecond.to_be_bytes();
        [self.hour | fold << 7, self.minute, self.second, high, middle, low]
    }

    fn reduced(&self, class: Value, fold: u8, vm: &Vm) -> PyResult {
        let state = vm.new_bytes(&self.state(fold))?.into_value();
        let arguments = vm.new_tuple(std::iter::once(state).chain(self.zone.clone()).collect()).into_value();
        Ok(vm.tuple_of([class, arguments]).into_value())
    }
}

fn time_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver(slf, vm)?;
    let [hour, minute, second, micro] = this.parts();
    let mut text = format!("{}({hour}, {minute}", class_name(slf, vm));
    if second != 0 || micro != 0 {
        text.push_str(&format!(", {second}"));
    }
    if micro != 0 {
        text.push_str(&format!(", {micro}"));
    }
    if let Some(zone) = this.zone() {
        text.push_str(&format!(", tzinfo={}", vm.repr_text(zone)?));
    }
    if this.fold.get() != 0 {
        text.push_str(", fold=1");
    }
    text.push(')');
    Ok(vm.try_str(&text)?.into_value())
}

fn time_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver(slf, vm)?;
    if this.hash.get() != -1 {
        return Ok(this.hash.get());
    }
    let hash = match this.offset(vm)? {
        None => vm.interp().hash_bytes(&this.state(0)),
        Some(offset) => vm.hash(&from_micros(this.micros() - offset, vm)?)?,
    };
    this.hash.set(hash);
    Ok(hash)
}

fn time_compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (a.downcast::<Time>(), b.downcast::<Time>()) else {
        return Ok(Value::not_implemented());
    };
    let same_zone = match (a.zone(), b.zone()) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    };
    if same_zone {
        return Ok(Value::bool(op.holds(a.micros().cmp(&b.micros()))));
    }
    match (a.offset(vm)?, b.offset(vm)?) {
        (None, None) => Ok(Value::bool(op.holds(a.micros().cmp(&b.micros())))),
        (Some(x), Some(y)) => Ok(Value::bool(op.holds((a.micros() - x).cmp(&(b.micros() - y))))),
        _ => match op {
            CompareOp::Eq => Ok(Value::bool(false)),
            CompareOp::Ne => Ok(Value::bool(true)),
            _ => Err(vm.type_error("can't compare offset-naive and offset-aware times")),
        },
    }
}

/// The name of the precision that `isoformat` writes.
pub(super) fn timespec_argument(value: Option<&Value>, position: usize, vm: &Vm) -> PyResult<String> {
    match value {
        None => Ok("auto".to_owned()),
        Some(value) => Ok(text_argument(value, "isoformat", position, vm)?.to_string_lossy().into_owned()),
    }
}

#[pymethods]
impl Time {
    /// Construct a time from a string in ISO 8601 format.
    #[classmethod("fromisoformat($type, object, /)")]
    fn fromisoformat(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        let Some(text) = object.downcast::<Str>() else { return Err(not_text(vm)) };
        let parsed = text.as_ascii().and_then(|text| parse_time(text.strip_prefix('T').unwrap_or(text).as_bytes()));
        let Some(TimeParts { mut hour, minute, second, microsecond, offset }) = parsed else {
            return Err(bad_isoformat(object, vm));
        };
        if hour == 24 && minute == 0 && second == 0 && microsecond == 0 {
            hour = 0;
        }
        let zone = offset.map(|micros| fixed_zone(micros, vm)).transpose()?;
        make_time(class_of(cls, vm)?, [hour, minute, second, microsecond], zone, 0, vm)
    }

    /// Parse a time string according to the given format (like time.strptime()).
    #[classmethod("strptime($type, string, format, /)")]
    fn strptime(cls: &Value, string: &Value, format: &Value, vm: &Vm) -> PyResult {
        strptime("_strptime_datetime_time", cls, string, format, vm)
    }

    /// Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    ///
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    #[method("isoformat($self, /, timespec='auto')")]
    fn isoformat(&self, timespec: Option<&Value>, vm: &Vm) -> PyResult<String> {
        let mut text = clock_text(self.parts(), &timespec_argument(timespec, 1, vm)?, vm)?;
        if let Some(offset) = self.offset(vm)? {
            text.push_str(&offset_text(offset, ":"));
        }
        Ok(text)
    }

    /// format -> strftime() style string.
    #[method("strftime($self, /, format)")]
    fn strftime(slf: &Value, format: &Value, vm: &Vm) -> PyResult {
        let format = text_argument(format, "strftime", 1, vm)?;
        let [hour, minute, second, microsecond] = receiver(slf, vm)?.parts();
        let tuple = struct_time([1900, 1, 1], [hour, minute, second], -1, vm)?;
        let details = Details { year: 1900, month: 1, day: 1, microsecond, aware: Some(slf) };
        strftime(format, &tuple, &details, vm)
    }

    /// Formats self with strftime.
    #[method("__format__($self, format, /)")]
    fn format(slf: &Value, format: &Value, vm: &Vm) -> PyResult {
        format_object(slf, format, vm)
    }

    /// Return self.tzinfo.utcoffset(self).
    #[method("utcoffset($self, /)")]
    fn utcoffset(&self, vm: &Vm) -> PyResult {
        ask_offset_object(self.zone(), "utcoffset", &Value::none(), vm)
    }

    /// Return self.tzinfo.tzname(self).
    #[method("tzname($self, /)")]
    fn tzname(&self, vm: &Vm) -> PyResult {
        ask_name(self.zone(), &Value::none(), vm)
    }

    /// Return self.tzinfo.dst(self).
    #[method("dst($self, /)")]
    fn dst(&self, vm: &Vm) -> PyResult {
        ask_offset_object(self.zone(), "dst", &Value::none(), vm)
    }

    /// Return time with new specified fields.
    #[method(
        "replace($self, /, hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    fn replace(
        slf: &Value,
        hour: Option<&Value>,
        minute: Option<&Value>,
        second: Option<&Value>,
        microsecond: Option<&Value>,
        tzinfo: Option<&Value>,
        fold: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let this = receiver(slf, vm)?;
        let [h, m, s, us] = this.parts();
        let parts =
            [int_or(hour, h, vm)?, int_or(minute, m, vm)?, int_or(second, s, vm)?, int_or(microsecond, us, vm)?];
        let fold = int_or(fold, this.fold.get().into(), vm)?;
        let zone = match tzinfo {
            Some(zone) => zone_argument(Some(zone), vm)?,
            None => this.zone.clone(),
        };
        check_time([0; 4], fold, vm)?;
        make_time(slf.ty(vm), parts, zone, fold, vm)
    }

    /// The same as replace().
    #[method("__replace__($self, /, **changes)")]
    fn replace_dunder(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        vm.call_args(&vm.get_attr_str(slf, "replace")?, args)
    }

    /// __reduce_ex__(proto) -> (cls, state)
    #[method("__reduce_ex__($self, protocol, /)")]
    fn reduce_ex(slf: &Value, protocol: i64, vm: &Vm) -> PyResult {
        let this = receiver(slf, vm)?;
        this.reduced(slf.ty(vm).to_value(), if protocol > 3 { this.fold.get() } else { 0 }, vm)
    }

    /// __reduce__() -> (cls, state)
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        receiver(slf, vm)?.reduced(slf.ty(vm).to_value(), 0, vm)
    }

    #[getter("hour")]
    fn get_hour(&self) -> u8 {
        self.hour
    }

    #[getter("minute")]
    fn get_minute(&self) -> u8 {
        self.minute
    }

    #[getter("second")]
    fn get_second(&self) -> u8 {
        self.second
    }

    #[getter("microsecond")]
    fn get_microsecond(&self) -> u32 {
        self.microsecond
    }

    #[getter("tzinfo")]
    fn get_tzinfo(&self) -> Value {
        self.zone.clone().unwrap_or(Value::none())
    }

    #[getter("fold")]
    fn get_fold(&self) -> u8 {
        self.fold.get()
    }
}
