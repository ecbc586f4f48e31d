//! `strftime` and the texts of times.

use pyrope_object::{PyResult, Str, Value, Vm};
use pyrope_types::text::TextBuilder;

use super::zone::offset_text;

/// What a format can ask of an object beyond its `struct_time`.
pub(super) struct Details<'a> {
    pub(super) year: i32,
    pub(super) month: i32,
    pub(super) day: i32,
    pub(super) microsecond: i32,
    /// The object, if it may know an offset and a name of its zone.
    pub(super) aware: Option<&'a Value>,
}

/// `time.strftime(format, tuple)` after `%f`, `%z`, `%:z`, `%Z` and years below 1000 are filled in.
pub(super) fn strftime(format: &Str, tuple: &Value, details: &Details<'_>, vm: &Vm) -> PyResult {
    let mut out = TextBuilder::new();
    let mut points = format.code_points().peekable();
    while let Some(c) = points.next() {
        if c != u32::from(b'%') {
            out.push(c);
            continue;
        }
        let Some(letter) = points.next() else {
            out.push(c);
            break;
        };
        match char::from_u32(letter) {
            Some('f') => out.push_str(&format!("{:06}", details.microsecond)),
            Some('z') => out.push_str(&zone_offset(details, "", vm)?),
            Some(':') if points.peek() == Some(&u32::from(b'z')) => {
                points.next();
                out.push_str(&zone_offset(details, ":", vm)?);
            }
            Some('Z') => push_zone_name(details, &mut out, vm)?,
            Some('Y' | 'G' | 'C' | 'F') if details.year < 1000 => {
                push_small_year(letter, tuple, details, &mut out, vm)?;
            }
            _ => {
                out.push(c);
                out.push(letter);
            }
        }
    }
    let format = out.finish(vm)?.into_value();
    let strftime = vm.get_attr_str(&vm.import("time")?, "strftime")?;
    vm.call(&strftime, &[format, tuple.clone()])
}

fn zone_offset(details: &Details<'_>, separator: &str, vm: &Vm) -> PyResult<String> {
    let Some(object) = details.aware else { return Ok(String::new()) };
    let offset = vm.call_method(object, "utcoffset", &[])?;
    if offset.is_none() {
        return Ok(String::new());
    }
    match offset.downcast::<super::delta::TimeDelta>() {
        Some(delta) => Ok(offset_text(delta.micros(), separator)),
        None => {
            let kind = vm.type_name(&offset);
            Err(vm.type_error(format!("tzinfo.utcoffset() must return None or timedelta, not '{kind}'")))
        }
    }
}

/// The zone's name with its percent signs doubled.
fn push_zone_name(details: &Details<'_>, out: &mut TextBuilder, vm: &Vm) -> PyResult<()> {
    let Some(object) = details.aware else { return Ok(()) };
    let name = vm.call_method(object, "tzname", &[])?;
    if name.is_none() {
        return Ok(());
    }
    if name.downcast::<Str>().is_none() {
        return Err(
            vm.type_error(format!("tzinfo.tzname() must return None or a string, not '{}'", vm.type_name(&name)))
        );
    }
    let escaped = ["%", "%%"].map(|text| vm.new_str(text).into_value());
    match vm.call_method(&name, "replace", &escaped)?.downcast::<Str>() {
        Some(escaped) => {
            out.push_text(escaped);
            Ok(())
        }
        None => Err(vm.type_error("tzname.replace() did not return a string")),
    }
}

/// The C library writes small years without leading zeros.
fn push_small_year(letter: u32, tuple: &Value, details: &Details<'_>, out: &mut TextBuilder, vm: &Vm) -> PyResult<()> {
    let mut year = i64::from(details.year);
    if letter == u32::from(b'G') {
        let strftime = vm.get_attr_str(&vm.import("time")?, "strftime")?;
        let text = vm.call(&strftime, &[vm.new_str("%G").into_value(), tuple.clone()])?;
        let text = vm.str(&text)?;
        year = text.to_string_lossy().trim().parse().unwrap_or(year);
    }
    if letter == u32::from(b'C') {
        out.push_str(&format!("{:02}", year / 100));
        return Ok(());
    }
    out.push_str(&format!("{year:04}"));
    if letter == u32::from(b'F') {
        out.push_str(&format!("-{:02}-{:02}", details.month, details.day));
    }
    Ok(())
}

/// `HH:MM:SS[.ffffff]` or as much of it as `timespec` asks for.
pub(super) fn clock_text(parts: [i32; 4], timespec: &str, vm: &Vm) -> PyResult<String> {
    let [hour, minute, second, micro] = parts;
    Ok(match timespec {
        "hours" => format!("{hour:02}"),
        "minutes" => format!("{hour:02}:{minute:02}"),
        "milliseconds" => format!("{hour:02}:{minute:02}:{second:02}.{:03}", micro / 1000),
        "microseconds" => format!("{hour:02}:{minute:02}:{second:02}.{micro:06}"),
        "auto" if micro != 0 => format!("{hour:02}:{minute:02}:{second:02}.{micro:06}"),
        "auto" | "seconds" => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => return Err(vm.value_error("Unknown timespec value")),
    })
}

/// `time.struct_time` of these fields.
pub(super) fn struct_time(date: [i32; 3], clock: [i32; 3], dst: i32, vm: &Vm) -> PyResult {
    let [year, month, day] = date;
    let [hour, minute, second] = clock;
    let weekday = super::calendar::weekday(year, month, day);
    let day_of_year = super::calendar::days_before_month(year, month) + i64::from(day);
    let mut fields: Vec<Value> = [year, month, day, hour, minute, second].map(|n| vm.int(n.into())).to_vec();
    fields.extend([vm.int(weekday), vm.int(day_of_year), vm.int(dst.into())]);
    let class = vm.get_attr_str(&vm.import("time")?, "struct_time")?;
    vm.call(&class, &[vm.new_tuple(fields).into_value()])
}

/// `object.strftime(spec)`, or `str(object)` for an empty spec.
pub(super) fn format_object(slf: &Value, spec: &Value, vm: &Vm) -> PyResult {
    let text = super::arguments::text_argument(spec, "__format__", 1, vm)?;
    if text.is_empty() {
        return Ok(vm.str(slf)?.into_value());
    }
    vm.call_method(slf, "strftime", std::slice::from_ref(spec))
}

/// `_strptime.NAME(cls, string, format)`
pub(super) fn strptime(function: &str, class: &Value, text: &Value, format: &Value, vm: &Vm) -> PyResult {
    super::arguments::text_argument(text, "strptime", 1, vm)?;
    super::arguments::text_argument(format, "strptime", 2, vm)?;
    let module = vm.import("_strptime")?;
    vm.call_method(&module, function, &[class.clone(), text.clone(), format.clone()])
}
