//! `tzinfo` and `timezone`, and asking them.

use std::cell::OnceCell;

use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::{Signature, bind, full_type_name};
use pyrope_object::{Args, CompareOp, Header, Object, PyResult, Raised, Ref, Slots, Str, Type, Value, Vm};

use super::calendar::MICROSECONDS_PER_DAY;
use super::date_time::DateTime;
use super::delta::{TimeDelta, from_micros};

/// Abstract base class for time zone info objects.
#[pyclass(
    name = "tzinfo", module = "datetime", flags(BASETYPE), slots = TZINFO_SLOTS, methods(TzInfo::METHODS)
)]
pub struct TzInfo {
    header: Header,
}

const TZINFO_SLOTS: Slots = Slots {
    new: Some(|class, _, vm| Ok(Ref::new_in(vm, class, TzInfo { header: Header::blank() }).into_value())),
    ..Slots::EMPTY
};

#[cold]
fn not_implemented(method: &str, vm: &Vm) -> Raised {
    vm.not_implemented_error(format!("a tzinfo subclass must implement {method}()"))
}

/// The aware datetime argument of `fromutc`.
fn aware_argument<'a>(slf: &Value, dt: &'a Value, vm: &Vm) -> PyResult<&'a DateTime> {
    let Some(moment) = dt.downcast::<DateTime>() else {
        return Err(vm.type_error("fromutc: argument must be a datetime"));
    };
    if moment.zone().is_some_and(|zone| zone.is(slf)) {
        Ok(moment)
    } else {
        Err(vm.value_error("fromutc: dt.tzinfo is not self"))
    }
}

#[pymethods]
impl TzInfo {
    /// datetime -> string name of time zone.
    #[method("tzname($self, object, /)")]
    fn tzname(&self, _object: &Value, vm: &Vm) -> PyResult {
        Err(not_implemented("tzname", vm))
    }

    /// datetime -> timedelta showing offset from UTC, negative values indicating West of UTC
    #[method("utcoffset($self, object, /)")]
    fn utcoffset(&self, _object: &Value, vm: &Vm) -> PyResult {
        Err(not_implemented("utcoffset", vm))
    }

    /// datetime -> DST offset as timedelta positive east of UTC.
    #[method("dst($self, object, /)")]
    fn dst(&self, _object: &Value, vm: &Vm) -> PyResult {
        Err(not_implemented("dst", vm))
    }

    /// datetime in UTC -> datetime in local time.
    #[method("fromutc($self, object, /)")]
    fn fromutc(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        aware_argument(slf, object, vm)?;
        let ask = |moment: &Value, method: &str, complaint: &str| {
            let offset = vm.call_method(moment, method, &[])?;
            match offset.downcast::<TimeDelta>() {
                Some(offset) => Ok(offset.micros()),
                None => Err(vm.value_error(complaint)),
            }
        };
        let offset = ask(object, "utcoffset", "fromutc: non-None utcoffset() result required")?;
        let dst = ask(object, "dst", "fromutc: non-None dst() result required")?;
        let mut result = object.clone();
        if offset != dst {
            result = vm.add(object, &from_micros(offset - dst, vm)?)?;
            let message = "fromutc: tz.dst() gave inconsistent results; cannot convert";
            let dst = ask(&result, "dst", message)?;
            return if dst == 0 { Ok(result) } else { vm.add(&result, &from_micros(dst, vm)?) };
        }
        if dst != 0 {
            result = vm.add(&result, &from_micros(dst, vm)?)?;
        }
        Ok(result)
    }

    /// -> (cls, state)
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        let arguments = match vm.find_attr_str(slf, "__getinitargs__")? {
            Some(method) => vm.call(&method, &[])?,
            None => vm.new_tuple(Vec::new()).into_value(),
        };
        let state = vm.call_method(slf, "__getstate__", &[])?;
        Ok(vm.tuple_of([slf.ty(vm).to_value(), arguments, state]).into_value())
    }
}

/// Fixed offset from UTC implementation of tzinfo.
#[pyclass(
    name = "timezone", module = "datetime", base = TzInfo, slots = ZONE_SLOTS, methods(TimeZone::METHODS),
    init = add_constants
)]
pub struct TimeZone {
    header: TzInfo,
    offset: Value,
    name: Option<Value>,
}

const ZONE_SLOTS: Slots = Slots {
    new: Some(zone_new),
    repr: Some(zone_repr),
    str: Some(|slf, vm| receiver(slf, vm)?.name_text(vm)),
    hash: Some(|slf, vm| vm.hash(&receiver(slf, vm)?.offset)),
    richcompare: Some(zone_compare),
    ..Slots::EMPTY
};

fn receiver<'a>(slf: &'a Value, vm: &Vm) -> PyResult<&'a TimeZone> {
    slf.downcast::<TimeZone>().ok_or_else(|| vm.system_error("bad argument to internal function"))
}

fn new_zone(offset: Value, name: Option<Value>, vm: &Vm) -> Value {
    let header = TzInfo { header: Header::blank() };
    Ref::new(vm, TimeZone { header, offset, name }).into_value()
}

#[derive(Default)]
struct State {
    utc: OnceCell<Value>,
}

/// `timezone.utc`
pub(super) fn utc(vm: &Vm) -> PyResult {
    let state = vm.state::<State>();
    if let Some(utc) = state.utc.get() {
        return Ok(utc.clone());
    }
    let zone = new_zone(from_micros(0, vm)?, None, vm);
    Ok(state.utc.get_or_init(|| zone).clone())
}

fn add_constants(class: &Type, vm: &Vm) -> PyResult<()> {
    let dict = class.dict(vm);
    let largest = i128::from(MICROSECONDS_PER_DAY - 60_000_000);
    dict.set_str("utc", utc(vm)?, vm)?;
    dict.set_str("min", new_zone(from_micros(-largest, vm)?, None, vm), vm)?;
    dict.set_str("max", new_zone(from_micros(largest, vm)?, None, vm), vm)
}

/// Offsets of a day or more are refused.
fn check_range(offset: &Value, delta: &TimeDelta, vm: &Vm) -> PyResult<()> {
    if delta.micros().abs() < i128::from(MICROSECONDS_PER_DAY) {
        return Ok(());
    }
    let shown = vm.repr_text(offset)?;
    Err(vm.value_error(format!(
        "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}"
    )))
}

/// `timezone(offset)`; the one object for UTC where the offset is zero.
pub(super) fn fixed_zone(micros: i128, vm: &Vm) -> PyResult {
    if micros == 0 {
        return utc(vm);
    }
    let offset = from_micros(micros, vm)?;
    if let Some(delta) = offset.downcast::<TimeDelta>() {
        check_range(&offset, delta, vm)?;
    }
    Ok(new_zone(offset, None, vm))
}

/// `timezone(offset, name)`
pub(super) fn named_zone(micros: i128, name: Value, vm: &Vm) -> PyResult {
    let offset = from_micros(micros, vm)?;
    if let Some(delta) = offset.downcast::<TimeDelta>() {
        check_range(&offset, delta, vm)?;
    }
    Ok(new_zone(offset, Some(name), vm))
}

static NEW: Signature = Signature::plain("timezone", &["offset", "name"], 1);

fn zone_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let mut places = [None; 2];
    bind(&NEW, args, &mut places, vm)?;
    let [Some(offset), name] = places else { return Err(pyrope_object::bind::unbound("timezone", vm)) };
    let wrong = |position: usize, expected: &str, found: &Value| {
        let kind = pyrope_object::bind::argument_type_name(found, vm);
        vm.type_error(format!("timezone() argument {position} must be {expected}, not {kind}"))
    };
    let Some(delta) = offset.downcast::<TimeDelta>() else { return Err(wrong(1, "datetime.timedelta", offset)) };
    if let Some(name) = name.filter(|name| name.downcast::<Str>().is_none()) {
        return Err(wrong(2, "str", name));
    }
    if name.is_none() && delta.micros() == 0 {
        return utc(vm);
    }
    check_range(offset, delta, vm)?;
    Ok(new_zone(offset.clone(), name.cloned(), vm))
}

fn zone_compare(a: &Value, b: &Value, op: CompareOp, _: &Vm) -> PyResult {
    let (Some(a), Some(b)) = (a.downcast::<TimeZone>(), b.downcast::<TimeZone>()) else {
        return Ok(Value::not_implemented());
    };
    Ok(match op {
        CompareOp::Eq => Value::bool(a.micros() == b.micros()),
        CompareOp::Ne => Value::bool(a.micros() != b.micros()),
        _ => Value::not_implemented(),
    })
}

fn zone_repr(slf: &Value, vm: &Vm) -> PyResult {
    let this = receiver(slf, vm)?;
    if slf.is(&utc(vm)?) {
        return Ok(vm.new_str("datetime.timezone.utc").into_value());
    }
    let class = full_type_name(slf, vm);
    let offset = vm.repr_text(&this.offset)?;
    let text = match &this.name {
        None => format!("{class}({offset})"),
        Some(name) => format!("{class}({offset}, {})", vm.repr_text(name)?),
    };
    Ok(vm.try_str(&text)?.into_value())
}

impl TimeZone {
    /// Microseconds east of UTC.
    pub(super) fn micros(&self) -> i128 {
        self.offset.downcast::<TimeDelta>().map_or(0, TimeDelta::micros)
    }

    fn name_text(&self, vm: &Vm) -> PyResult {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let micros = self.micros();
        if micros == 0 {
            return Ok(vm.new_str("UTC").into_value());
        }
        Ok(vm.new_str(&format!("UTC{}", offset_text(micros, ":"))).into_value())
    }

    fn check_moment(&self, moment: &Value, method: &str, vm: &Vm) -> PyResult<()> {
        if moment.is_none() || moment.downcast::<DateTime>().is_some() {
            return Ok(());
        }
        let kind = full_type_name(moment, vm);
        Err(vm.type_error(format!("{method}(dt) argument must be a datetime instance or None, not {kind}")))
    }
}

/// `+01:00`, with seconds and microseconds where there are some.
pub(super) fn offset_text(micros: i128, separator: &str) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let total = micros.unsigned_abs();
    let (seconds, micros) = (total / 1_000_000, total % 1_000_000);
    let mut text = format!("{sign}{:02}{separator}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || micros != 0 {
        text.push_str(&format!("{separator}{:02}", seconds % 60));
    }
    if micros != 0 {
        text.push_str(&format!(".{micros:06}"));
    }
    text
}

#[pymethods]
impl TimeZone {
    /// If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'.
    #[method("tzname($self, object, /)")]
    fn tzname(&self, object: &Value, vm: &Vm) -> PyResult {
        self.check_moment(object, "tzname", vm)?;
        self.name_text(vm)
    }

    /// Return fixed offset.
    #[method("utcoffset($self, object, /)")]
    fn utcoffset(&self, object: &Value, vm: &Vm) -> PyResult {
        self.check_moment(object, "utcoffset", vm)?;
        Ok(self.offset.clone())
    }

    /// Return None.
    #[method("dst($self, object, /)")]
    fn dst(&self, object: &Value, vm: &Vm) -> PyResult {
        self.check_moment(object, "dst", vm)?;
        Ok(Value::none())
    }

    /// datetime in UTC -> datetime in local time.
    #[method("fromutc($self, object, /)")]
    fn fromutc(slf: &Value, object: &Value, vm: &Vm) -> PyResult {
        let moment = aware_argument(slf, object, vm)?;
        moment.shifted(object, receiver(slf, vm)?.micros(), vm)
    }

    /// pickle support
    #[method("__getinitargs__($self, /)")]
    fn getinitargs(&self, vm: &Vm) -> Value {
        vm.new_tuple(std::iter::once(self.offset.clone()).chain(self.name.clone()).collect()).into_value()
    }
}

/// TypeError unless None or a `tzinfo`; gives the zone if there is one.
pub(super) fn zone_argument(value: Option<&Value>, vm: &Vm) -> PyResult<Option<Value>> {
    match value.filter(|value| !value.is_none()) {
        None => Ok(None),
        Some(zone) if zone.downcast::<TzInfo>().is_some() => Ok(Some(zone.clone())),
        Some(other) => {
            let kind = full_type_name(other, vm);
            Err(vm.type_error(format!("tzinfo argument must be None or of a tzinfo subclass, not type '{kind}'")))
        }
    }
}

/// What `zone.utcoffset(moment)` or `zone.dst(moment)` says, in microseconds.
pub(super) fn ask_offset(zone: Option<&Value>, method: &str, moment: &Value, vm: &Vm) -> PyResult<Option<i128>> {
    let Some(zone) = zone else { return Ok(None) };
    if zone.ty(vm).is_exactly(TimeZone::def())
        && let Some(fixed) = zone.downcast::<TimeZone>()
    {
        return Ok(if method == "utcoffset" { Some(fixed.micros()) } else { None });
    }
    let offset = vm.call_method(zone, method, std::slice::from_ref(moment))?;
    if offset.is_none() {
        return Ok(None);
    }
    match offset.downcast::<TimeDelta>() {
        Some(delta) => {
            check_range(&offset, delta, vm)?;
            Ok(Some(delta.micros()))
        }
        None => {
            let kind = full_type_name(&offset, vm);
            Err(vm.type_error(format!("tzinfo.{method}() must return None or timedelta, not '{kind}'")))
        }
    }
}

/// The same as a Python object: None or `timedelta`.
pub(super) fn ask_offset_object(zone: Option<&Value>, method: &str, moment: &Value, vm: &Vm) -> PyResult {
    match ask_offset(zone, method, moment, vm)? {
        Some(micros) => from_micros(micros, vm),
        None => Ok(Value::none()),
    }
}

/// What `zone.tzname(moment)` says: None or text.
pub(super) fn ask_name(zone: Option<&Value>, moment: &Value, vm: &Vm) -> PyResult {
    let Some(zone) = zone else { return Ok(Value::none()) };
    let name = vm.call_method(zone, "tzname", std::slice::from_ref(moment))?;
    if name.is_none() || name.downcast::<Str>().is_some() {
        return Ok(name);
    }
    let kind = full_type_name(&name, vm);
    Err(vm.type_error(format!("tzinfo.tzname() must return None or a string, not '{kind}'")))
}
