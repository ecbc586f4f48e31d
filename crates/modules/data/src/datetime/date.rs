//! `date`: a day of the Gregorian calendar.

use std::cell::Cell;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::layout::TUPLE_LAYOUT;
use pyrope_object::{Args, BuiltinType as B, CompareOp, Header, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm};

use super::arguments::{bad_isoformat, c_int, class_name, int_or, not_text, parse, pickled_state};
use super::calendar::{
    DAY_NAMES, MAX_ORDINAL, MONTH_NAMES, days_in_month, from_iso_calendar, from_ordinal, iso_calendar, ordinal, weekday,
};
use super::clock::{bad_year, check_year, floor_timestamp, local};
use super::date_time::DateTime;
use super::delta::{TimeDelta, from_micros};
use super::format::{Details, format_object, strftime, strptime, struct_time};

/// date(year, month, day) --> date object
#[pyclass(
    name = "date", module = "datetime", flags(BASETYPE), slots = SLOTS, methods(Date::METHODS), getset(Date::GETSETS),
    init = add_constants
)]
pub struct Date {
    pub(super) header: Header,
    pub(super) year: u16,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hash: Cell<i64>,
}

const SLOTS: Slots = Slots {
    new: Some(date_new),
    repr: Some(date_repr),
    str: Some(|slf, vm| vm.call_method(slf, "isoformat", &[])),
    hash: Some(date_hash),
    richcompare: Some(date_compare),
    add: Some(date_add),
    subtract: Some(date_subtract),
    ..Slots::EMPTY
};

pub(super) fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a Date> {
    slf.downcast::<Date>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn add_constants(class: &Type, vm: &Vm) -> PyResult<()> {
    let dict = class.dict(vm);
    dict.set_str("min", new_date(class, [1, 1, 1], vm), vm)?;
    dict.set_str("max", new_date(class, [9999, 12, 31], vm), vm)?;
    dict.set_str("resolution", from_micros(i128::from(super::calendar::MICROSECONDS_PER_DAY), vm)?, vm)
}

/// ValueError unless these are a day of the calendar.
pub(super) fn check_date([year, month, day]: [i32; 3], vm: &Vm) -> PyResult<()> {
    check_year(year.into(), vm)?;
    if !(1..=12).contains(&month) {
        return Err(vm.value_error(format!("month must be in 1..12, not {month}")));
    }
    let most = days_in_month(year, month);
    if !(1..=most).contains(&day) {
        return Err(vm.value_error(format!("day {day} must be in range 1..{most} for month {month} in year {year}")));
    }
    Ok(())
}

/// The fields of a day that has been checked.
pub(super) fn date_fields([year, month, day]: [i32; 3]) -> Date {
    Date { header: Header::blank(), year: year as u16, month: month as u8, day: day as u8, hash: Cell::new(-1) }
}

fn new_date(class: &Type, date: [i32; 3], vm: &Vm) -> Value {
    Ref::new_in(vm, class, date_fields(date)).into_value()
}

/// A checked date of a class: subclasses are called.
fn make_date(class: &Type, date: [i32; 3], vm: &Vm) -> PyResult {
    if class.is(vm.type_of::<Date>()) {
        check_date(date, vm)?;
        return Ok(new_date(class, date, vm));
    }
    vm.call(&class.to_value(), &date.map(|n| vm.int(n.into())))
}

pub(super) fn class_of<'a>(cls: &'a Value, vm: &Vm) -> PyResult<&'a Type> {
    cls.downcast::<Type>().ok_or_else(|| vm.system_error("a class method without a class"))
}

fn from_days(class: &Type, days: i64, vm: &Vm) -> PyResult {
    if !(1..=MAX_ORDINAL).contains(&days) {
        return Err(vm.overflow_error("date value out of range"));
    }
    let (year, month, day) = from_ordinal(days);
    make_date(class, [year, month, day], vm)
}

fn date_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    if let ([state], 0) = (args.positional(), args.keyword_count())
        && let Some(state) = pickled_state(state, "date", 4, vm)?
        && (1..=12).contains(&state[2])
    {
        let year = i32::from(u16::from_be_bytes([state[0], state[1]]));
        return Ok(new_date(class, [year, state[2].into(), state[3].into()], vm));
    }
    let [Some(year), Some(month), Some(day)] = parse(args, ["year", "month", "day"], 3, 3, vm)? else {
        return Err(vm.type_error("function missing required argument"));
    };
    let date = [c_int(year, vm)?, c_int(month, vm)?, c_int(day, vm)?];
    check_date(date, vm)?;
    Ok(new_date(class, date, vm))
}

impl Date {
    /// Year, month, day.
    pub(super) fn parts(&self) -> [i32; 3] {
        [self.year.into(), self.month.into(), self.day.into()]
    }

    pub(super) fn ordinal(&self) -> i64 {
        let [year, month, day] = self.parts();
        ordinal(year, month, day)
    }

    pub(super) fn state(&self) -> [u8; 4] {
        let [high, low] = self.year.to_be_bytes();
        [high, low, self.month, self.day]
    }

    /// `Mon Jan  1 ` …
    pub(super) fn ctime_text(&self, clock: [i32; 3]) -> String {
        let [year, month, day] = self.parts();
        let weekday = DAY_NAMES[weekday(year, month, day).clamp(0, 6) as usize];
        let month = MONTH_NAMES[(month - 1).clamp(0, 11) as usize];
        let [hour, minute, second] = clock;
        format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year:04}")
    }
}

/// True if the value is a date without a time.
fn plain(value: &Value) -> Option<&Date> {
    if value.downcast::<DateTime>().is_some() { None } else { value.downcast::<Date>() }
}

fn date_repr(slf: &Value, vm: &Vm) -> PyResult {
    let [year, month, day] = receiver(slf, vm)?.parts();
    Ok(vm.try_str(&format!("{}({year}, {month}, {day})", class_name(slf, vm)))?.into_value())
}

fn date_hash(slf: &Value, vm: &Vm) -> PyResult<i64> {
    let this = receiver(slf, vm)?;
    if this.hash.get() == -1 {
        this.hash.set(vm.interp().hash_bytes(&this.state()));
    }
    Ok(this.hash.get())
}

fn date_compare(a: &Value, b: &Value, op: CompareOp, _: &Vm) -> PyResult {
    match (a.downcast::<Date>(), plain(b)) {
        (Some(a), Some(b)) => Ok(Value::bool(op.holds(a.parts().cmp(&b.parts())))),
        _ => Ok(Value::not_implemented()),
    }
}

fn date_add(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    // A datetime that comes here has a class of its own that passed the operation on.
    let (date, delta) = match (plain(a), b.downcast::<TimeDelta>()) {
        (Some(_), Some(delta)) => (a, delta),
        _ => match (plain(b), a.downcast::<TimeDelta>()) {
            (Some(_), Some(delta)) => (b, delta),
            _ => return Ok(Value::not_implemented()),
        },
    };
    from_days(date.ty(vm), receiver(date, vm)?.ordinal() + delta.days(), vm)
}

fn date_subtract(a: &Value, b: &Value, vm: &Vm) -> PyResult {
    let Some(date) = plain(a) else { return Ok(Value::not_implemented()) };
    if let Some(other) = plain(b) {
        let days = i128::from(date.ordinal() - other.ordinal());
        return from_micros(days * i128::from(super::calendar::MICROSECONDS_PER_DAY), vm);
    }
    match b.downcast::<TimeDelta>() {
        Some(delta) => from_days(a.ty(vm), date.ordinal() - delta.days(), vm),
        None => Ok(Value::not_implemented()),
    }
}

#[pymethods]
impl Date {
    /// Create a date from a POSIX timestamp.
    ///
    /// The timestamp is a number, e.g. created via time.time(), that is interpreted
    /// as local time.
    #[classmethod("fromtimestamp($type, timestamp, /)")]
    fn fromtimestamp(cls: &Value, timestamp: &Value, vm: &Vm) -> PyResult {
        let [year, month, day, ..] = local(floor_timestamp(timestamp, vm)?, vm)?;
        make_date(class_of(cls, vm)?, [year, month, day], vm)
    }

    /// Construct a date from a proleptic Gregorian ordinal.
    ///
    /// January 1 of year 1 is day 1.  Only the year, month and day are
    /// non-zero in the result.
    #[classmethod("fromordinal($type, ordinal, /)")]
    fn fromordinal(cls: &Value, ordinal: &Value, vm: &Vm) -> PyResult {
        let ordinal = c_int(ordinal, vm)?;
        if ordinal < 1 {
            return Err(vm.value_error("ordinal must be >= 1"));
        }
        let (year, month, day) = from_ordinal(ordinal.into());
        make_date(class_of(cls, vm)?, [year, month, day], vm)
    }

    /// Construct a date from a string in ISO 8601 format.
    #[classmethod("fromisoformat($type, object, /)")]
    fn fromisoformat(cls: &Value, object: &Value, vm: &Vm) -> PyResult {
        let Some(text) = object.downcast::<Str>() else { return Err(not_text(vm)) };
        match text.as_ascii().and_then(|text| super::iso_format::parse_date(text.as_bytes())) {
            Some((year, month, day)) => make_date(class_of(cls, vm)?, [year, month, day], vm),
            None => Err(bad_isoformat(object, vm)),
        }
    }

    /// Construct a date from the ISO year, week number and weekday.
    ///
    /// This is the inverse of the function date.isocalendar()
    #[classmethod("fromisocalendar($type, year, week, day)")]
    fn fromisocalendar(cls: &Value, year: &Value, week: &Value, day: &Value, vm: &Vm) -> PyResult {
        use super::calendar::BadIsoDate;
        let number = |value| match c_int(value, vm) {
            Err(raised) if vm.raised_is(B::OverflowError) => {
                vm.ignore(raised);
                Err(vm.value_error("ISO calendar component out of range"))
            }
            result => result.map(i64::from),
        };
        let [year, week, day] = [number(year)?, number(week)?, number(day)?];
        match from_iso_calendar(year, week, day) {
            Ok((year, month, day)) => make_date(class_of(cls, vm)?, [year, month, day], vm),
            Err(BadIsoDate::Year) => Err(bad_year(year, vm)),
            Err(BadIsoDate::Week) => Err(vm.value_error(format!("Invalid week: {week}"))),
            Err(BadIsoDate::Day) => Err(vm.value_error(format!("Invalid weekday: {day} (range is [1, 7])"))),
        }
    }

    /// Parse a date string according to the given format (like time.strptime()).
    #[classmethod("strptime($type, string, format, /)")]
    fn strptime(cls: &Value, string: &Value, format: &Value, vm: &Vm) -> PyResult {
        strptime("_strptime_datetime_date", cls, string, format, vm)
    }

    /// Current date or datetime.
    ///
    /// Equivalent to fromtimestamp(time.time()).
    #[classmethod("today($type, /)")]
    fn today(cls: &Value, vm: &Vm) -> PyResult {
        let class = class_of(cls, vm)?;
        if class.is(vm.type_of::<Date>()) {
            let [year, month, day, ..] = local(super::clock::now().0, vm)?;
            return Ok(new_date(class, [year, month, day], vm));
        }
        let time = vm.call_method(&vm.import("time")?, "time", &[])?;
        vm.call_method(cls, "fromtimestamp", &[time])
    }

    /// Return ctime() style string.
    #[method("ctime($self, /)")]
    fn ctime(&self) -> String {
        self.ctime_text([0; 3])
    }

    /// format -> strftime() style string.
    #[method("strftime($self, /, format)")]
    fn strftime(slf: &Value, format: &Value, vm: &Vm) -> PyResult {
        let format = super::arguments::text_argument(format, "strftime", 1, vm)?;
        let [year, month, day] = receiver(slf, vm)?.parts();
        let tuple = vm.call_method(slf, "timetuple", &[])?;
        let aware = vm.find_attr_str(slf, "utcoffset")?.map(|_| slf);
        let microsecond = slf.downcast::<DateTime>().map_or(0, |moment| moment.microsecond());
        strftime(format, &tuple, &Details { year, month, day, microsecond, aware }, vm)
    }

    /// Formats self with strftime.
    #[method("__format__($self, format, /)")]
    fn format(slf: &Value, format: &Value, vm: &Vm) -> PyResult {
        format_object(slf, format, vm)
    }

    /// Return the date formatted according to ISO.
    #[method("isoformat($self, /)")]
    fn isoformat(&self) -> String {
        let [year, month, day] = self.parts();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Return the day of the week represented by the date.
    /// Monday == 1 ... Sunday == 7
    #[method("isoweekday($self, /)")]
    fn isoweekday(&self) -> i64 {
        let [year, month, day] = self.parts();
        weekday(year, month, day) + 1
    }

    /// Return the day of the week represented by the date.
    /// Monday == 0 ... Sunday == 6
    #[method("weekday($self, /)")]
    fn weekday(&self) -> i64 {
        let [year, month, day] = self.parts();
        weekday(year, month, day)
    }

    /// Return proleptic Gregorian ordinal.
    ///
    /// January 1 of year 1 is day 1.  Only the year, month and day values
    /// contribute to the result.
    #[method("toordinal($self, /)")]
    fn toordinal(&self) -> i64 {
        self.ordinal()
    }

    /// Return a named tuple containing ISO year, week number, and weekday.
    #[method("isocalendar($self, /)")]
    fn isocalendar(&self, vm: &Vm) -> PyResult {
        let [year, month, day] = self.parts();
        let (year, week, weekday) = iso_calendar(year, month, day);
        let items = [i64::from(year), week, weekday].map(|n| vm.int(n));
        Ok(Tuple::try_new(vm, vm.type_of_def(IsoCalendarDate::def()), &items)?.into_value())
    }

    /// Return time tuple, compatible with time.localtime().
    #[method("timetuple($self, /)")]
    fn timetuple(&self, vm: &Vm) -> PyResult {
        struct_time(self.parts(), [0; 3], -1, vm)
    }

    /// Return date with new specified fields.
    #[method("replace($self, /, year=unchanged, month=unchanged, day=unchanged)")]
    fn replace(slf: &Value, year: Option<&Value>, month: Option<&Value>, day: Option<&Value>, vm: &Vm) -> PyResult {
        let [old_year, old_month, old_day] = receiver(slf, vm)?.parts();
        let date = [int_or(year, old_year, vm)?, int_or(month, old_month, vm)?, int_or(day, old_day, vm)?];
        make_date(slf.ty(vm), date, vm)
    }

    /// The same as replace().
    #[method("__replace__($self, /, **changes)")]
    fn replace_dunder(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
        vm.call_args(&vm.get_attr_str(slf, "replace")?, args)
    }

    /// __reduce__() -> (cls, state)
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let state = vm.new_bytes(&receiver(slf, vm)?.state())?.into_value();
        let arguments = vm.tuple_of([state]).into_value();
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments]).into_value())
    }

    #[getter("year")]
    fn get_year(&self) -> u16 {
        self.year
    }

    #[getter("month")]
    fn get_month(&self) -> u8 {
        self.month
    }

    #[getter("day")]
    fn get_day(&self) -> u8 {
        self.day
    }
}

/// The result of date.isocalendar() or datetime.isocalendar()
///
/// This object may be accessed either as a tuple of
///   ((year, week, weekday))
/// or via the object attributes as named in the above tuple.
#[pyclass(
    name = "IsoCalendarDate", module = "datetime", layout = TUPLE_LAYOUT, base = Tuple, flags(GC), slots = ISO_SLOTS,
    methods(IsoCalendarDate::METHODS), getset(IsoCalendarDate::GETSETS)
)]
pub struct IsoCalendarDate;

const ISO_SLOTS: Slots = Slots {
    repr: Some(|slf, vm| {
        let shown = slf.downcast::<Tuple>().map(|t| t.as_slice().iter().map(|n| vm.repr_text(n)).collect());
        let shown: Vec<String> = shown.unwrap_or_else(|| Ok(Vec::new()))?;
        let text = match shown.as_slice() {
            [year, week, weekday] => format!("(year={year}, week={week}, weekday={weekday})"),
            _ => String::new(),
        };
        Ok(vm.try_str(&format!("{}{text}", class_name(slf, vm)))?.into_value())
    }),
    new: Some(iso_new),
    ..Slots::EMPTY
};

fn iso_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let [Some(year), Some(week), Some(weekday)] = parse(args, ["year", "week", "weekday"], 3, 3, vm)? else {
        return Err(vm.type_error("function missing required argument"));
    };
    let items = [c_int(year, vm)?, c_int(week, vm)?, c_int(weekday, vm)?].map(|n| vm.int(n.into()));
    Ok(Tuple::try_new(vm, class, &items)?.into_value())
}

fn iso_item(this: &Tuple, index: usize) -> Value {
    this.as_slice().get(index).cloned().unwrap_or(Value::none())
}

#[pymethods]
impl IsoCalendarDate {
    #[getter("year")]
    fn year(this: &Tuple) -> Value {
        iso_item(this, 0)
    }

    #[getter("week")]
    fn week(this: &Tuple) -> Value {
        iso_item(this, 1)
    }

    #[getter("weekday")]
    fn weekday(this: &Tuple) -> Value {
        iso_item(this, 2)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(this: &Tuple, vm: &Vm) -> Value {
        let items = vm.tuple_from_slice(this.as_slice()).into_value();
        let arguments = vm.tuple_of([items]).into_value();
        vm.tuple_of([vm.builtin(B::Tuple).to_value(), arguments]).into_value()
    }
}
