//! `datetime`: a day and a time of day, with or without a zone.

use std::cell::Cell;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::CodePoint;
use pyrope_object::{Args, CompareOp, FromArg, PyResult, Ref, Slots, Str, Type, Value, Vm};
use pyrope_types::text::TextBuilder;

use super::arguments::{bad_isoformat, c_int, class_name, int_or, not_text, parse, pickled_state};
use super::calendar::{MAX_ORDINAL, MICROSECONDS_PER_DAY, days_in_month, from_ordinal};
use super::clock::{
    EPOCH, Fields, is_folded, local, local_zone, now, seconds_of, split_timestamp, timestamp_of_local, universal,
};
use super::date::{Date, check_date, class_of, date_fields};
use super::delta::{TimeDelta, from_micros};
use super::format::{clock_text, strptime, struct_time};
use super::iso_format::{TimeParts, parse_date, parse_time, separator_position};
use super::time_of_day::{Time, check_time, make_time, state_zone, timespec_argument};
use super::zone::{ask_name, ask_offset, ask_offset_object, fixed_zone, named_zone, offset_text, zone_argument};

/// datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])
///
/// The year, month and day arguments are required. tzinfo may be None, or an
/// instance of a tzinfo subclass. The remaining arguments may be ints.
#[pyclass(
    name = "datetime", module = "datetime", base = Date, flags(BASETYPE), slots = SLOTS, methods(DateTime::METHODS),
    getset(DateTime::GETSETS), init = add_constants
)]
pub struct DateTime {
    header: Date,
    hour: u8,
    minute: u8,
    second: u8,
    fold: Cell<u8>,
    microsecond: u32,
    zone: Option<Value>,
}

const SLOTS: Slots = Slots {
    new: Some(datetime_new),
    repr: Some(datetime_repr),
    str: Some(|slf, vm| vm.call_method(slf, "isoformat", &[vm.new_str(" ").into_value()])),
    hash: Some(datetime_hash),
    richcompare: Some(datetime_compare),
    add: Some(datetime_add),
    subtract: Some(datetime_subtract),
    ..Slots::EMPTY
};

const NAMES: [&str; 9] = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"];

/// Year, month, day, hour, minute, second, microsecond.
type Moment = [i32; 7];

fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a DateTime> {
    slf.downcast::<DateTime>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn add_constants(class: &Type, vm: &Vm) -> PyResult<()> {
    let dict = class.dict(vm);
    dict.set_str("min", new_datetime(class, [1, 1, 1, 0, 0, 0, 0], None, 0, vm), vm)?;
    dict.set_str("max", new_datetime(class, [9999, 12, 31, 23, 59, 59, 999_999], None, 0, vm), vm)?;
    dict.set_str("resolution", from_micros(1, vm)?, vm)
}

fn check(moment: Moment, fold: i32, vm: &Vm) -> PyResult<()> {
    let [year, month, day, hour, minute, second, micro] = moment;
    check_date([year, month, day], vm)?;
    check_time([hour, minute, second, micro], fold, vm)
}

fn new_datetime(class: &Type, moment: Moment, zone: Option<Value>, fold: i32, vm: &Vm) -> Value {
    let [year, month, day, hour, minute, second, micro] = moment;
    let fields = DateTime {
        header: date_fields([year, month, day]),
        hour: hour as u8,
        minute: minute as u8,
        second: second as u8,
        fold: Cell::new(fold as u8),
        microsecond: micro as u32,
        zone,
    };
    Ref::new_in(vm, class, fields).into_value()
}

/// A checked moment of a class: subclasses are called.
fn make(class: &Type, moment: Moment, zone: Option<Value>, fold: i32, vm: &Vm) -> PyResult {
    if class.is(vm.type_of::<DateTime>()) {
        check(moment, fold, vm)?;
        return Ok(new_datetime(class, moment, zone, fold, vm));
    }
    let mut arguments: Vec<Value> = moment.iter().map(|&n| vm.int(n.into())).collect();
    arguments.push(zone.unwrap_or(Value::none()));
    let made = vm.call(&class.to_value(), &arguments)?;
    if let Some(made) = made.downcast::<DateTime>() {
        made.fold.set(fold as u8);
    }
    Ok(made)
}

/// The moment so many microseconds after the beginning of day 0.
fn moment_of(micros: i128, vm: &Vm) -> PyResult<Moment> {
    let day = i128::from(MICROSECONDS_PER_DAY);
    let days = micros.div_euclid(day);
    if !(1..=i128::from(MAX_ORDINAL)).contains(&days) {
        return Err(vm.overflow_error("date value out of range"));
    }
    let (year, month, day_of_month) = from_ordinal(days as i64);
    let rest = micros.rem_euclid(day) as i64;
    let (seconds, micro) = ((rest / 1_000_000) as i32, (rest % 1_000_000) as i32);
    Ok([year, month, day_of_month, seconds / 3600, seconds / 60 % 60, seconds % 60, micro])
}

fn datetime_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if let ([state] | [state, _], 0) = (args.positional(), args.keyword_count())
        && let Some(state) = pickled_state(state, "datetime", 10, vm)?
        && (1..=12).contains(&(state[2] & 0x7F))
    {
        let zone = state_zone(args.positional().get(1), vm)?;
        let year = i32::from(u16::from_be_bytes([state[0], state[1]]));
        let micro = i32::from(state[7]) << 16 | i32::from(state[8]) << 8 | i32::from(state[9]);
        let [day, hour, minute, second] = [state[3], state[4], state[5], state[6]].map(i32::from);
        let moment = [year, i32::from(state[2] & 0x7F), day, hour, minute, second, micro];
        return Ok(new_datetime(class, moment, zone, i32::from(state[2] >> 7), vm));
    }
    let places = parse(args, NAMES, 3, 8, vm)?;
    let mut moment = [0; 7];
    for (field, value) in moment.iter_mut().zip(places) {
        *field = int_or(value, 0, vm)?;
    }
    let fold = int_or(places[8], 0, vm)?;
    let zone = zone_argument(places[7], vm)?;
    check(moment, fold, vm)?;
    Ok(new_datetime(class, moment, zone, fold, vm))
}

impl DateTime {
    pub(super) fn zone(&self) -> Option<&Value> {
        self.zone.as_ref()
    }

    pub(super) fn microsecond(&self) -> i32 {
        self.microsecond as i32
    }

    fn clock(&self) -> [i32; 3] {
        [self.hour, self.minute, self.second].map(i32::from)
    }

    fn moment(&self) -> Moment {
        let [year, month, day] = self.header.parts();
        let [hour, minute, second] = self.clock();
        [year, month, day, hour, minute, second, self.microsecond()]
    }

    fn fields(&self) -> Fields {
        let [year, month, day, hour, minute, second, _] = self.moment();
        [year, month, day, hour, minute, second]
    }

    /// Microseconds since the beginning of day 0, in the moment's own zone.
    fn micros(&self) -> i128 {
        i128::from(seconds_of(self.fields())) * 1_000_000 + i128::from(self.microsecond)
    }

    fn offset(&self, slf: &Value, vm: &Vm) -> PyResult<Option<i128>> {
        ask_offset(self.zone(), "utcoffset", slf, vm)
    }

    /// The moment some microseconds later, of the same class and zone.
    pub(super) fn shifted(&self, slf: &Value, micros: i128, vm: &Vm) -> PyResult {
        make(slf.ty(vm), moment_of(self.micros() + micros, vm)?, self.zone.clone(), 0, vm)
    }

    /// The other of two moments with the same fields.
    fn flipped(&self, vm: &Vm) -> Value {
        let fold = 1 - i32::from(self.fold.get().min(1));
        new_datetime(vm.type_of::<DateTime>(), self.moment(), self.zone.clone(), fold, vm)
    }

    /// True if the zone has two offsets for these fields: such a moment equals none of another zone (PEP 495).
    fn is_ambiguous(&self, offset: Option<i128>, vm: &Vm) -> PyResult<bool> {
        if self.zone.is_none() {
            return Ok(false);
        }
        let flipped = self.flipped(vm);
        let other = ask_offset(self.zone(), "utcoffset", &flipped, vm)?;
        Ok(other != offset)
    }

    fn state(&self, fold: u8) -> [u8; 10] {
        let [year_high, year_low, month, day] = self.header.state();
        let [_, high, middle, low] = self.microsecond.to_be_bytes();
        [year_high, year_low, month | fold << 7, day, self.hour, self.minute, self.second, high, middle, low]
    }

    fn reduced(&self, class: Value, fold: u8, vm: &Vm) -> PyResult {
        let state = vm.new_bytes(&self.state(fold))?.into_value();
        let arguments = vm.new_tuple(std::iter::once(state).chain(self.zone.clone()).collect()).into_value();
        Ok(vm.tuple_of([class, arguments]).into_value())
    }

    /// The moment whose offset holds for a local time: in a gap that of the side that `fold` tells.
    fn timestamp_for_zone(&self, vm: &Vm) -> PyResult<i64> {
        let fold = self.fold.get() != 0;
        let own = timestamp_of_local(self.fields(), fold, vm)?;
        let other = timestamp_of_local(self.fields(), !fold, vm)?;
        Ok(if other != own && (other > own) == fold { other } else { own })
    }

    /// Seconds since 1970 of a moment without a zone, taken as local time.
    fn local_timestamp(&self, vm: &Vm) -> PyResult<i64> {
        timestamp_of_local(self.fields(), self.fold.get() != 0, vm)
    }
}

fn same_zone(a: &DateTime, b: &DateTime) -> bool {
    match (a.zone(), b.zone()) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    }
}

fn datetime_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver(slf, vm)?;
    let [year, month, day, hour, minute, second, micro] = this.moment();
    let mut text = format!("{}({year}, {month}, {day}, {hour}, {minute}", class_name(slf, vm));
    if second != 0 || micro != 0 {
        text.push_str(&format!(", {second}"));
    }
    if micro != 0 {
        text.push_str(&format!(", {micro}"));
    }
    if this.fold.get() != 0 {
        text.push_str(", fold=1");
    }
    if let Some(zone) = this.zone() {
        text.push_str(&format!(", tzinfo={}", vm.repr_text(zone)?));
    }
    text.push(')');
    Ok(vm.try_str(&text)?.into_value())
}

fn datetime_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver(slf, vm)?;
    if this.header.hash.get() != -1 {
        return Ok(this.header.hash.get());
    }
    let offset = if this.fold.get() != 0 {
        ask_offset(this.zone(), "utcoffset", &this.flipped(vm), vm)?
    } else {
        this.offset(slf, vm)?
    };
    let hash = match offset {
        None => vm.interp().hash_bytes(&this.state(0)),
        Some(offset) => vm.hash(&from_micros(this.micros() - offset, vm)?)?,
    };
    this.header.hash.set(hash);
    Ok(hash)
}

fn datetime_compare(left: &Value, right: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (left.downcast::<DateTime>(), right.downcast::<DateTime>()) else {
        return Ok(Value::not_implemented());
    };
    if same_zone(a, b) {
        return Ok(Value::bool(op.holds(a.moment().cmp(&b.moment()))));
    }
    let (x, y) = (a.offset(left, vm)?, b.offset(right, vm)?);
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let mut order = match (x, y) {
        (None, None) => a.moment().cmp(&b.moment()),
        (Some(x), Some(y)) => (a.micros() - x).cmp(&(b.micros() - y)),
        _ if equality => return Ok(Value::bool(op == CompareOp::Ne)),
        _ => return Err(vm.type_error("can't compare offset-naive and offset-aware datetimes")),
    };
    if equality && order.is_eq() && (a.is_ambiguous(x, vm)? || b.is_ambiguous(y, vm)?) {
        order = std::cmp::Ordering::Greater;
    }
    Ok(Value::bool(op.holds(order)))
}

fn datetime_add(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    if let (Some(moment), Some(delta)) = (a.downcast::<DateTime>(), b.downcast::<TimeDelta>()) {
        return moment.shifted(a, delta.micros(), vm);
    }
    match (a.downcast::<TimeDelta>(), b.downcast::<DateTime>()) {
        (Some(delta), Some(moment)) => moment.shifted(b, delta.micros(), vm),
        _ => Ok(Value::not_implemented()),
    }
}

fn datetime_subtract(left: &Value, right: &Value, vm: &Vm) -> PyResult {
    let Some(a) = left.downcast::<DateTime>() else { return Ok(Value::not_implemented()) };
    if let Some(delta) = right.downcast::<TimeDelta>() {
        return a.shifted(left, -delta.micros(), vm);
    }
    let Some(b) = right.downcast::<DateTime>() else { return Ok(Value::not_implemented()) };
    let difference = a.micros() - b.micros();
    if same_zone(a, b) {
        return from_micros(difference, vm);
    }
    match (a.offset(left, vm)?, b.offset(right, vm)?) {
        (None, None) => from_micros(difference, vm),
        (Some(x), Some(y)) => from_micros(difference - x + y, vm),
        _ => Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes")),
    }
}

/// A moment of a timestamp, in local time or in UTC.
fn from_timestamp(class: &Type, (seconds, micro): (i64, i32), in_utc: bool, zone: Option<Value>, vm: &Vm) -> PyResult {
    let fields = if in_utc { universal(seconds, vm)? } else { local(seconds, vm)? };
    let fold = !in_utc && zone.is_none() && is_folded(seconds, fields, vm)?;
    let [year, month, day, hour, minute, second] = fields;
    make(class, [year, month, day, hour, minute, second, micro], zone, fold.into(), vm)
}

/// The same, carried over into a zone by its `fromutc`.
fn from_timestamp_in(class: &Type, timestamp: (i64, i32), zone: Option<Value>, vm: &Vm) -> PyResult {
    let moment = from_timestamp(class, timestamp, zone.is_some(), zone.clone(), vm)?;
    match zone {
        Some(zone) => vm.call_method(&zone, "fromutc", &[moment]),
        None => Ok(moment),
    }
}

/// The system's zone at a moment.
fn zone_at(timestamp: i64, vm: &Vm) -> PyResult {
    let (_, offset, name) = local_zone(timestamp, vm)?;
    let name = pyrope_types::text::decode_bytes(&name, "utf-8", "surrogateescape", vm)?;
    named_zone(i128::from(offset) * 1_000_000, name, vm)
}

/// The `sep` argument of `isoformat`.
fn separator(value: Option<&Value>, vm: &Vm) -> PyResult<u32> {
    let Some(value) = value else { return Ok('T'.into()) };
    if let Some(text) = value.downcast::<Str>().filter(|text| text.len() != 1) {
        let length = text.len();
        return Err(vm.type_error(format!(
            "isoformat() argument 1 must be a unicode character, not a string of length {length}"
        )));
    }
    let what = pyrope_object::args::ArgName { function: "isoformat", argument: "argument 1".into() };
    CodePoint::from_arg(value, &what, vm).map(|point| point.0)
}

/// Carries 24:00 over to the next day; ValueError if it is not the full hour.
fn carry_midnight(moment: &mut Moment, vm: &Vm) -> PyResult<()> {
    let [year, month, day, hour, minute, second, micro] = *moment;
    let most = days_in_month(year, month);
    if hour != 24 || !(1..=12).contains(&month) || day > most {
        return Ok(());
    }
    if minute != 0 || second != 0 || micro != 0 {
        return Err(vm.value_error("minute, second, and microsecond must be 0 when hour is 24"));
    }
    moment[3] = 0;
    moment[..3].copy_from_slice(&match (month, day) {
        (_, day) if day < most => [year, month, day + 1],
        (12, _) => [year + 1, 1, 1],
        _ => [year, month + 1, 1],
    });
    Ok(())
}

#[pymethods]
impl DateTime {
    /// Returns new datetime object representing current time local to tz.
    ///
    ///   tz
    ///     Timezone object.
    ///
    /// If no tz is specified, uses local timezone.
    #[classmethod("now($type, /, tz=None)")]
    fn now(cls: &Value, tz: Option<&Value>, vm: &Vm) -> PyResult {
        let zone = zone_argument(tz, vm)?;
        from_timestamp_in(class_of(cls, vm)?, now(), zone, vm)
    }

    /// Return a new datetime representing UTC day and time.
    #[classmethod("utcnow($type, /)")]
    fn utcnow(cls: &Value, vm: &Vm) -> PyResult {
        let message = "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use \
                       timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC).";
        vm.warn(pyrope_object::BuiltinType::DeprecationWarning, message, 1)?;
        from_timestamp(class_of(cls, vm)?, now(), true, None, vm)
    }

    /// timestamp[, tz] -> tz's local time from POSIX timestamp.
    #[classmethod("fromtimestamp($type, timestamp, tz=None)")]
    fn fromtimestamp(cls: &Value, timestamp: &Value, tz: Option<&Value>, vm: &Vm) -> PyResult {
        let zone = zone_argument(tz, vm)?;
        from_timestamp_in(class_of(cls, vm)?, split_timestamp(timestamp, vm)?, zone, vm)
    }

    /// Construct a naive UTC datetime from a POSIX timestamp.
    #[classmethod("utcfromtimestamp($type, timestamp, /)")]
    fn utcfromtimestamp(cls: &Value, timestamp: &Value, vm: &Vm) -> PyResult {
        let message = "datetime.datetime.utcfromtimestamp() is deprecated and scheduled for removal in a future version. \
                       Use timezone-aware objects to represent datetimes in UTC: \
                       datetime.datetime.fromtimestamp(timestamp, datetime.UTC).";
        vm.warn(pyrope_object::BuiltinType::DeprecationWarning, message, 1)?;
        from_timestamp(class_of(cls, vm)?, split_timestamp(timestamp, vm)?, true, None, vm)
    }

    /// string, format -> new datetime parsed from a string (like time.strptime()).
    #[classmethod("strptime($type, string, format, /)")]
    fn strptime(cls: &Value, string: &Value, format: &Value, vm: &Vm) -> PyResult {
        strptime("_strptime_datetime_datetime", cls, string, format, vm)
    }

    /// date, time -> datetime with same date and time fields
    #[classmethod("combine($type, date, time, tzinfo=unchanged)")]
    fn combine(cls: &Value, date: &Value, time: &Value, tzinfo: Option<&Value>, vm: &Vm) -> PyResult {
        let wrong = |position: usize, expected: &str, found: &Value| {
            let kind = pyrope_object::bind::argument_type_name(found, vm);
            vm.type_error(format!("combine() argument {position} must be datetime.{expected}, not {kind}"))
        };
        let Some(day) = date.downcast::<Date>() else { return Err(wrong(1, "date", date)) };
        let Some(clock) = time.downcast::<Time>() else { return Err(wrong(2, "time", time)) };
        let zone = match tzinfo {
            Some(zone) => zone_argument(Some(zone), vm)?,
            None => clock.zone().cloned(),
        };
        let ([year, month, day], [hour, minute, second, micro]) = (day.parts(), clock.parts());
        let moment = [year, month, day, hour, minute, second, micro];
        make(class_of(cls, vm)?, moment, zone, clock.fold.get().into(), vm)
    }

    /// Construct a date from a string in ISO 8601 format.
    #[classmethod("fromisoformat($type, object, /)")]
    fn fromisoformat(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        let Some(text) = object.downcast::<Str>() else { return Err(not_text(vm)) };
        let points: Vec<u32> = text.code_points().collect();
        let bytes = |points: &[u32]| points.iter().map(|&c| u8::try_from(c).ok().filter(u8::is_ascii)).collect();
        let parsed = || {
            if points.len() < 7 {
                return None;
            }
            let at = separator_position(&points).min(points.len());
            let day: Option<Vec<u8>> = bytes(&points[..at]);
            let date = parse_date(&day?)?;
            let clock: Option<Vec<u8>> = bytes(points.get(at + 1..).unwrap_or_default());
            let time = if at == points.len() { TimeParts::default() } else { parse_time(&clock?)? };
            Some((date, time))
        };
        let Some(((year, month, day), time)) = parsed() else { return Err(bad_isoformat(object, vm)) };
        let zone = time.offset.map(|micros| fixed_zone(micros, vm)).transpose()?;
        let mut moment = [year, month, day, time.hour, time.minute, time.second, time.microsecond];
        carry_midnight(&mut moment, vm)?;
        make(class_of(cls, vm)?, moment, zone, 0, vm)
    }

    /// Return date object with same year, month and day.
    #[method("date($self, /)")]
    fn date(&self, vm: &Vm) -> Value {
        Ref::new(vm, date_fields(self.header.parts())).into_value()
    }

    /// Return time object with same time but with tzinfo=None.
    #[method("time($self, /)")]
    fn time(&self, vm: &Vm) -> PyResult {
        let [hour, minute, second] = self.clock();
        let parts = [hour, minute, second, self.microsecond()];
        make_time(vm.type_of::<Time>(), parts, None, self.fold.get().into(), vm)
    }

    /// Return time object with same time and tzinfo.
    #[method("timetz($self, /)")]
    fn timetz(&self, vm: &Vm) -> PyResult {
        let [hour, minute, second] = self.clock();
        let parts = [hour, minute, second, self.microsecond()];
        make_time(vm.type_of::<Time>(), parts, self.zone.clone(), self.fold.get().into(), vm)
    }

    /// Return ctime() style string.
    #[method("ctime($self, /)")]
    fn ctime(&self) -> String {
        self.header.ctime_text(self.clock())
    }

    /// Return time tuple, compatible with time.localtime().
    #[method("timetuple($self, /)")]
    fn timetuple(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver(slf, vm)?;
        let dst = ask_offset(this.zone(), "dst", slf, vm)?.map_or(-1, |dst| i32::from(dst != 0));
        struct_time(this.header.parts(), this.clock(), dst, vm)
    }

    /// Return UTC time tuple, compatible with time.localtime().
    #[method("utctimetuple($self, /)")]
    fn utctimetuple(slf: &Value, vm: &Vm) -> PyResult {
        let this = receiver(slf, vm)?;
        let offset = this.offset(slf, vm)?.unwrap_or(0);
        let [year, month, day, hour, minute, second, _] = moment_of(this.micros() - offset, vm)?;
        struct_time([year, month, day], [hour, minute, second], 0, vm)
    }

    /// Return POSIX timestamp as float.
    #[method("timestamp($self, /)")]
    fn timestamp(slf: &Value, vm: &Vm) -> PyResult<f64> {
        let this = receiver(slf, vm)?;
        if this.zone.is_none() {
            return Ok(this.local_timestamp(vm)? as f64 + f64::from(this.microsecond) / 1e6);
        }
        let Some(offset) = this.offset(slf, vm)? else {
            return Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes"));
        };
        let micros = this.micros() - offset - i128::from(EPOCH) * 1_000_000;
        vm.to_f64(&vm.true_divide(&vm.int_from_big(micros.into()), &vm.int(1_000_000))?)
    }

    /// [sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    /// sep is used to separate the year from the time, and defaults to 'T'.
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    #[method("isoformat($self, /, sep='T', timespec='auto')")]
    fn isoformat(slf: &Value, sep: Option<&Value>, timespec: Option<&Value>, vm: &Vm) -> PyResult {
        let this = receiver(slf, vm)?;
        let separator = separator(sep, vm)?;
        let timespec = timespec_argument(timespec, 2, vm)?;
        let [year, month, day, hour, minute, second, micro] = this.moment();
        let mut out = TextBuilder::new();
        out.push_str(&format!("{year:04}-{month:02}-{day:02}"));
        out.push(separator);
        out.push_str(&clock_text([hour, minute, second, micro], &timespec, vm)?);
        if let Some(offset) = this.offset(slf, vm)? {
            out.push_str(&offset_text(offset, ":"));
        }
        Ok(out.finish(vm)?.into_value())
    }

    /// Return self.tzinfo.utcoffset(self).
    #[method("utcoffset($self, /)")]
    fn utcoffset(slf: &Value, vm: &Vm) -> PyResult {
        ask_offset_object(receiver(slf, vm)?.zone(), "utcoffset", slf, vm)
    }

    /// Return self.tzinfo.tzname(self).
    #[method("tzname($self, /)")]
    fn tzname(slf: &Value, vm: &Vm) -> PyResult {
        ask_name(receiver(slf, vm)?.zone(), slf, vm)
    }

    /// Return self.tzinfo.dst(self).
    #[method("dst($self, /)")]
    fn dst(slf: &Value, vm: &Vm) -> PyResult {
        ask_offset_object(receiver(slf, vm)?.zone(), "dst", slf, vm)
    }

    /// Return datetime with new specified fields.
    #[method(
        "replace($self, /, year=unchanged, month=unchanged, day=unchanged,\n        hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    fn replace(
        slf: &Value,
        year: Option<&Value>,
        month: Option<&Value>,
        day: Option<&Value>,
        hour: Option<&Value>,
        minute: Option<&Value>,
        second: Option<&Value>,
        microsecond: Option<&Value>,
        tzinfo: Option<&Value>,
        fold: Option<&Value>,
        vm: &Vm,
    ) -> PyResult {
        let this = receiver(slf, vm)?;
        let mut moment = this.moment();
        for (field, value) in moment.iter_mut().zip([year, month, day, hour, minute, second, microsecond]) {
            if let Some(value) = value {
                *field = c_int(value, vm)?;
            }
        }
        let fold = int_or(fold, this.fold.get().into(), vm)?;
        let zone = match tzinfo {
            Some(zone) => zone_argument(Some(zone), vm)?,
            None => this.zone.clone(),
        };
        check_time([0; 4], fold, vm)?;
        make(slf.ty(vm), moment, zone, fold, vm)
    }

    /// tz -> convert to local time in new timezone tz
    #[method("astimezone($self, /, tz=None)")]
    fn astimezone(slf: &Value, tz: Option<&Value>, vm: &Vm) -> PyResult {
        let this = receiver(slf, vm)?;
        let wanted = zone_argument(tz, vm)?;
        if let (Some(own), Some(wanted)) = (this.zone(), &wanted)
            && own.is(wanted)
        {
            return Ok(slf.clone());
        }
        let offset = match this.offset(slf, vm)? {
            Some(offset) => offset,
            None => {
                let zone = zone_at(this.timestamp_for_zone(vm)?, vm)?;
                ask_offset(Some(&zone), "utcoffset", slf, vm)?.unwrap_or(0)
            }
        };
        let moment = moment_of(this.micros() - offset, vm)?;
        let zone = match wanted {
            Some(zone) => zone,
            None => {
                let [year, month, day, hour, minute, second, _] = moment;
                zone_at(seconds_of([year, month, day, hour, minute, second]) - EPOCH, vm)?
            }
        };
        let moment = make(slf.ty(vm), moment, Some(zone.clone()), 0, vm)?;
        vm.call_method(&zone, "fromutc", &[moment])
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
