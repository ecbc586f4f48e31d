//! `time`: clocks, calendar, formatting.
#![allow(unsafe_code, reason = "calls of the system")]

use std::ffi::{CStr, CString};

use pyrope_object::bind::check_positional;
use pyrope_object::{Args, BuiltinType as B, ModuleDef, PyResult, Str, Tuple, Value, Vm};
use pyrope_types::model::module;
use pyrope_types::model::structseq::StructSequence;
use pyrope_types::text::TextBuilder;

use crate::posix::{sequence, sequence_type};
use crate::system::{checked, fs_decode, fs_encode, last_error, os_call, split_seconds};

pub static MODULE: ModuleDef = ModuleDef {
    name: "time",
    doc: "This module provides various functions to manipulate time values.",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        for (name, clock) in CLOCKS {
            dict.set_str(name, vm.int((*clock).into()), vm)?;
        }
        dict.set_str("_STRUCT_TM_ITEMS", vm.int(11), vm)?;
        dict.set_str("struct_time", sequence_type(&STRUCT_TIME, vm)?.into_value(), vm)?;
        set_zone(module, vm)
    }),
};

const CLOCKS: &[(&str, libc::clockid_t)] = &[
    ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
    ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
    ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
    ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
    ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
    ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
    ("CLOCK_TAI", libc::CLOCK_TAI),
];

pub static STRUCT_TIME: StructSequence = StructSequence {
    name: "time.struct_time",
    doc: "The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and \
          strftime().  May be considered as a\n sequence of 9 integers.\n\n Note that several fields' values are not \
          the same as those defined by\n the C language standard for struct tm.  For example, the value of the\n field \
          tm_year is the actual year, not year - 1900.  See individual\n fields' descriptions for details.",
    fields: &[
        ("tm_year", "year, for example, 1993"),
        ("tm_mon", "month of year, range [1, 12]"),
        ("tm_mday", "day of month, range [1, 31]"),
        ("tm_hour", "hours, range [0, 23]"),
        ("tm_min", "minutes, range [0, 59]"),
        ("tm_sec", "seconds, range [0, 61])"),
        ("tm_wday", "day of week, range [0, 6], Monday is 0"),
        ("tm_yday", "day of year, range [1, 366]"),
        ("tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"),
        ("tm_zone", "abbreviation of timezone name"),
        ("tm_gmtoff", "offset from UTC in seconds"),
    ],
    visible: 9,
};

unsafe extern "C" {
    fn tzset();
}

fn blank_tm() -> libc::tm {
    // SAFETY: a plain C struct of integers and a pointer, for which zero is a value.
    unsafe { std::mem::zeroed() }
}

fn local(seconds: i64, vm: &Vm) -> PyResult<libc::tm> {
    let mut tm = blank_tm();
    if os_call!(libc::localtime_r(&seconds, &mut tm)).is_null() {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    }
    Ok(tm)
}

fn universal(seconds: i64, vm: &Vm) -> PyResult<libc::tm> {
    let mut tm = blank_tm();
    if os_call!(libc::gmtime_r(&seconds, &mut tm)).is_null() {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    }
    Ok(tm)
}

fn zone_name(tm: &libc::tm) -> Vec<u8> {
    if tm.tm_zone.is_null() {
        return Vec::new();
    }
    // SAFETY: the C library's zone names are NUL-terminated and live until the zone changes.
    unsafe { CStr::from_ptr(tm.tm_zone) }.to_bytes().to_vec()
}

/// `timezone`, `altzone`, `daylight` and `tzname`, from January and July of this year.
fn set_zone(module: &Value, vm: &Vm) -> PyResult<()> {
    // SAFETY: takes and gives nothing.
    unsafe { tzset() };
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let now = os_call!(libc::time(std::ptr::null_mut()));
    let january = local(now / YEAR * YEAR, vm)?;
    let july = local(now / YEAR * YEAR + YEAR / 2, vm)?;
    let (winter, summer) = (-january.tm_gmtoff, -july.tm_gmtoff);
    let (first, second) = if winter < summer { (&july, &january) } else { (&january, &july) };
    let dict = module::module_dict(module, vm)?;
    dict.set_str("timezone", vm.int(winter.max(summer)), vm)?;
    dict.set_str("altzone", vm.int(winter.min(summer)), vm)?;
    dict.set_str("daylight", vm.int((winter != summer).into()), vm)?;
    let names = vec![fs_decode(&zone_name(first), vm)?, fs_decode(&zone_name(second), vm)?];
    dict.set_str("tzname", vm.new_tuple(names).into_value(), vm)
}

fn struct_time(tm: &libc::tm, vm: &Vm) -> PyResult {
    let mut values: Vec<Value> = [
        i64::from(tm.tm_year) + 1900,
        i64::from(tm.tm_mon) + 1,
        tm.tm_mday.into(),
        tm.tm_hour.into(),
        tm.tm_min.into(),
        tm.tm_sec.into(),
        ((tm.tm_wday + 6) % 7).into(),
        i64::from(tm.tm_yday) + 1,
        tm.tm_isdst.into(),
    ]
    .map(|n| vm.int(n))
    .to_vec();
    values.push(fs_decode(&zone_name(tm), vm)?);
    values.push(vm.int(tm.tm_gmtoff));
    sequence(&STRUCT_TIME, values, vm)
}

/// The C struct of a tuple of nine, with the zone's name kept alive beside it.
fn tm_of(value: &Value, function: &str, vm: &Vm) -> PyResult<(libc::tm, Option<CString>)> {
    let Some(items) = value.downcast::<Tuple>().map(Tuple::as_slice) else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    if items.len() != 9 {
        return Err(vm.type_error(format!("{function}(): illegal time tuple argument")));
    }
    let mut numbers = [0i32; 9];
    for (number, item) in numbers.iter_mut().zip(items) {
        *number = <i32 as pyrope_object::FromArg<'_>>::from_arg(item, &FIELD, vm)?;
    }
    let mut tm = blank_tm();
    let Some(year) = numbers[0].checked_sub(1900) else { return Err(vm.overflow_error("year out of range")) };
    tm.tm_year = year;
    tm.tm_mon = numbers[1].wrapping_sub(1);
    tm.tm_mday = numbers[2];
    tm.tm_hour = numbers[3];
    tm.tm_min = numbers[4];
    tm.tm_sec = numbers[5];
    tm.tm_wday = numbers[6].wrapping_add(1) % 7;
    tm.tm_yday = numbers[7].wrapping_sub(1);
    tm.tm_isdst = numbers[8];
    let mut zone = None;
    if value.ty(vm).is(&*sequence_type(&STRUCT_TIME, vm)?) {
        if let Some(offset) = vm.find_attr_str(value, "tm_gmtoff")?.and_then(|n| n.as_i64()) {
            tm.tm_gmtoff = offset;
        }
        if let Some(name) = vm.find_attr_str(value, "tm_zone")?
            && let Some(text) = name.downcast::<Str>()
        {
            zone = CString::new(fs_encode(&name, text, vm)?).ok();
            tm.tm_zone = zone.as_ref().map_or(std::ptr::null(), |zone| zone.as_ptr());
        }
    }
    Ok((tm, zone))
}

static FIELD: pyrope_object::args::ArgName<'static> =
    pyrope_object::args::ArgName { function: "time", argument: std::borrow::Cow::Borrowed("argument") };

/// Refuses what `strftime` and `asctime` must not see; zeros that mean "unset" become the first.
fn check_tm(tm: &mut libc::tm, vm: &Vm) -> PyResult<()> {
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    }
    let problem = if !(0..=11).contains(&tm.tm_mon) {
        "month out of range"
    } else if !(1..=31).contains(&tm.tm_mday) {
        "day of month out of range"
    } else if !(0..=23).contains(&tm.tm_hour) {
        "hour out of range"
    } else if !(0..=59).contains(&tm.tm_min) {
        "minute out of range"
    } else if !(0..=61).contains(&tm.tm_sec) {
        "seconds out of range"
    } else if tm.tm_wday < 0 {
        "day of week out of range"
    } else if !(0..=365).contains(&tm.tm_yday) {
        "day of year out of range"
    } else {
        return Ok(());
    };
    Err(vm.value_error(problem))
}

fn seconds_or_now(value: Option<&Value>, vm: &Vm) -> PyResult<i64> {
    match value.filter(|v| !v.is_none()) {
        None => Ok(os_call!(libc::time(std::ptr::null_mut()))),
        Some(value) => Ok(split_seconds(value, vm)?.0),
    }
}

fn asctime_text(tm: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (day, month) = (DAYS[tm.tm_wday.rem_euclid(7) as usize], MONTHS[tm.tm_mon.rem_euclid(12) as usize]);
    let (hour, minute, second) = (tm.tm_hour, tm.tm_min, tm.tm_sec);
    let year = i64::from(tm.tm_year) + 1900;
    format!("{day} {month}{:3} {hour:02}:{minute:02}:{second:02} {year}", tm.tm_mday)
}

/// True for what a format of the C library can contain.
fn is_plain(code_point: u32) -> bool {
    (1..0x80).contains(&code_point)
}

/// One run of a format without NUL bytes.
fn format_run(format: &[u8], tm: &libc::tm, vm: &Vm) -> PyResult<Vec<u8>> {
    if format.is_empty() {
        return Ok(Vec::new());
    }
    let Ok(text) = CString::new(format) else { return Ok(Vec::new()) };
    let mut size = 1024usize;
    loop {
        let mut buffer: Vec<u8> = Vec::new();
        buffer.try_reserve_exact(size).map_err(|_| vm.memory_error())?;
        buffer.resize(size, 0);
        let length = os_call!(libc::strftime(buffer.as_mut_ptr().cast(), size, text.as_ptr(), tm));
        if length > 0 || size >= 256 * format.len() {
            buffer.truncate(length);
            return Ok(buffer);
        }
        size = size.saturating_mul(2);
    }
}

/// Nanoseconds of a clock.
fn clock_ns(clock: libc::clockid_t, vm: &Vm) -> PyResult<i128> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    checked(os_call!(libc::clock_gettime(clock, &mut now)), vm)?;
    Ok(i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec))
}

fn clock_seconds(clock: libc::clockid_t, vm: &Vm) -> PyResult<f64> {
    Ok(clock_ns(clock, vm)? as f64 / 1e9)
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Return the current time in seconds since the Epoch.
    ///
    /// Fractions of a second may be present if the system clock provides them.
    #[pyfunction("time()")]
    fn time(vm: &Vm) -> PyResult<f64> {
        clock_seconds(libc::CLOCK_REALTIME, vm)
    }

    /// Return the current time in nanoseconds since the Epoch.
    #[pyfunction("time_ns()")]
    fn time_ns(vm: &Vm) -> PyResult<i128> {
        clock_ns(libc::CLOCK_REALTIME, vm)
    }

    /// Monotonic clock, cannot go backward.
    #[pyfunction("monotonic()")]
    fn monotonic(vm: &Vm) -> PyResult<f64> {
        clock_seconds(libc::CLOCK_MONOTONIC, vm)
    }

    /// Monotonic clock, cannot go backward, as nanoseconds.
    #[pyfunction("monotonic_ns()")]
    fn monotonic_ns(vm: &Vm) -> PyResult<i128> {
        clock_ns(libc::CLOCK_MONOTONIC, vm)
    }

    /// Performance counter for benchmarking.
    #[pyfunction("perf_counter()")]
    fn perf_counter(vm: &Vm) -> PyResult<f64> {
        clock_seconds(libc::CLOCK_MONOTONIC, vm)
    }

    /// Performance counter for benchmarking as nanoseconds.
    #[pyfunction("perf_counter_ns()")]
    fn perf_counter_ns(vm: &Vm) -> PyResult<i128> {
        clock_ns(libc::CLOCK_MONOTONIC, vm)
    }

    /// Process time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction("process_time()")]
    fn process_time(vm: &Vm) -> PyResult<f64> {
        clock_seconds(libc::CLOCK_PROCESS_CPUTIME_ID, vm)
    }

    /// Process time for profiling as nanoseconds:
    /// sum of the kernel and user-space CPU time.
    #[pyfunction("process_time_ns()")]
    fn process_time_ns(vm: &Vm) -> PyResult<i128> {
        clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID, vm)
    }

    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction("thread_time()")]
    fn thread_time(vm: &Vm) -> PyResult<f64> {
        clock_seconds(libc::CLOCK_THREAD_CPUTIME_ID, vm)
    }

    /// Thread time for profiling as nanoseconds:
    /// sum of the kernel and user-space CPU time.
    #[pyfunction("thread_time_ns()")]
    fn thread_time_ns(vm: &Vm) -> PyResult<i128> {
        clock_ns(libc::CLOCK_THREAD_CPUTIME_ID, vm)
    }

    /// Return the time of the specified clock clk_id as a float.
    #[pyfunction("clock_gettime(clk_id, /)")]
    fn clock_gettime(clk_id: i32, vm: &Vm) -> PyResult<f64> {
        clock_seconds(clk_id, vm)
    }

    /// Return the time of the specified clock clk_id as nanoseconds (int).
    #[pyfunction("clock_gettime_ns(clk_id, /)")]
    fn clock_gettime_ns(clk_id: i32, vm: &Vm) -> PyResult<i128> {
        clock_ns(clk_id, vm)
    }

    /// Return the resolution (precision) of the specified clock clk_id.
    #[pyfunction("clock_getres(clk_id, /)")]
    fn clock_getres(clk_id: i32, vm: &Vm) -> PyResult<f64> {
        let mut resolution = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        checked(os_call!(libc::clock_getres(clk_id, &mut resolution)), vm)?;
        Ok(resolution.tv_sec as f64 + resolution.tv_nsec as f64 * 1e-9)
    }

    /// Set the time of the specified clock clk_id.
    #[pyfunction("clock_settime(clk_id, time, /)")]
    fn clock_settime(clk_id: i32, time: &Value, vm: &Vm) -> PyResult<()> {
        let (tv_sec, tv_nsec) = split_seconds(time, vm)?;
        checked(os_call!(libc::clock_settime(clk_id, &libc::timespec { tv_sec, tv_nsec })), vm).map(drop)
    }

    /// Set the time of the specified clock clk_id with nanoseconds.
    #[pyfunction("clock_settime_ns(clk_id, time, /)")]
    fn clock_settime_ns(clk_id: i32, time: i64, vm: &Vm) -> PyResult<()> {
        let spec = libc::timespec { tv_sec: time.div_euclid(1_000_000_000), tv_nsec: time.rem_euclid(1_000_000_000) };
        checked(os_call!(libc::clock_settime(clk_id, &spec)), vm).map(drop)
    }

    /// Return the clk_id of a thread's CPU time clock.
    #[pyfunction("pthread_getcpuclockid(thread_id, /)")]
    fn pthread_getcpuclockid(thread_id: u64, vm: &Vm) -> PyResult<i32> {
        let mut clock = 0;
        match os_call!(libc::pthread_getcpuclockid(thread_id as libc::pthread_t, &mut clock)) {
            0 => Ok(clock),
            number => Err(pyrope_types::exceptions::os_error_from_errno(vm, number, None, None)),
        }
    }

    /// sleep(seconds)
    ///
    /// Delay execution for a given number of seconds.  The argument may be
    /// a floating-point number for subsecond precision.
    #[pyfunction("sleep(object, /)")]
    fn sleep(object: &Value, vm: &Vm) -> PyResult<()> {
        vm.audit("time.sleep", || [object.clone()])?;
        let is_number = object.as_int().is_some() || object.as_float().is_some();
        if !is_number && object.ty(vm).slots().index.is_none() {
            return Err(vm.type_error(format!(
                "'{}' object cannot be interpreted as an integer or float",
                vm.type_name(object)
            )));
        }
        let (seconds, nanos) = split_seconds(object, vm)?;
        if seconds < 0 {
            return Err(vm.value_error("sleep length must be non-negative"));
        }
        let limit = i128::from(i64::MAX);
        let length = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        if length > limit {
            return Err(vm.overflow_error("timestamp too large to convert to C PyTime_t"));
        }
        let end = clock_ns(libc::CLOCK_MONOTONIC, vm)? + length;
        let until = libc::timespec { tv_sec: (end / 1_000_000_000) as i64, tv_nsec: (end % 1_000_000_000) as i64 };
        loop {
            let null = std::ptr::null_mut();
            let clock = libc::CLOCK_MONOTONIC;
            match vm.allow_threads(|| os_call!(libc::clock_nanosleep(clock, libc::TIMER_ABSTIME, &until, null))) {
                0 => return Ok(()),
                libc::EINTR => vm.check_breaker()?,
                number => return Err(pyrope_types::exceptions::os_error_from_errno(vm, number, None, None)),
            }
        }
    }

    /// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a.
    /// GMT).  When 'seconds' is not passed in, convert the current time instead.
    #[pyfunction("gmtime(seconds=None, /)")]
    fn gmtime(seconds: Option<&Value>, vm: &Vm) -> PyResult {
        struct_time(&universal(seconds_or_now(seconds, vm)?, vm)?, vm)
    }

    /// Convert seconds since the Epoch to a time tuple expressing local time.
    /// When 'seconds' is not passed in, convert the current time instead.
    #[pyfunction("localtime(seconds=None, /)")]
    fn localtime(seconds: Option<&Value>, vm: &Vm) -> PyResult {
        struct_time(&local(seconds_or_now(seconds, vm)?, vm)?, vm)
    }

    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    /// When the time tuple is not present, current time as returned by localtime()
    /// is used.
    #[pyfunction("asctime(tuple=None, /)")]
    fn asctime(tuple: Option<&Value>, vm: &Vm) -> PyResult<String> {
        let tm = match tuple {
            None => local(seconds_or_now(None, vm)?, vm)?,
            Some(tuple) => {
                let (mut tm, _zone) = tm_of(tuple, "asctime", vm)?;
                check_tm(&mut tm, vm)?;
                tm
            }
        };
        Ok(asctime_text(&tm))
    }

    /// Convert a time in seconds since the Epoch to a string in local time.
    /// This is equivalent to asctime(localtime(seconds)). When the time tuple is
    /// not present, current time as returned by localtime() is used.
    #[pyfunction("ctime")]
    fn ctime(args: Args<'_>, vm: &Vm) -> PyResult<String> {
        let seconds = check_positional("ctime", args, 0, 1, vm)?.first();
        Ok(asctime_text(&local(seconds_or_now(seconds, vm)?, vm)?))
    }

    /// mktime(tuple) -> floating-point number
    ///
    /// Convert a time tuple in local time to seconds since the Epoch.
    /// Note that mktime(gmtime(0)) will not generally return zero for most
    /// time zones; instead the returned value will either be equal to that
    /// of the timezone or altzone attributes on the time module.
    #[pyfunction("mktime(object, /)")]
    fn mktime(object: &Value, vm: &Vm) -> PyResult<f64> {
        let (mut tm, _zone) = tm_of(object, "mktime", vm)?;
        tm.tm_wday = -1;
        let seconds = os_call!(libc::mktime(&mut tm));
        if seconds == -1 && tm.tm_wday == -1 {
            return Err(vm.overflow_error("mktime argument out of range"));
        }
        Ok(seconds as f64)
    }

    /// Convert a time tuple to a string according to a format specification.
    /// See the library reference manual for formatting codes. When the time tuple
    /// is not present, current time as returned by localtime() is used.
    #[pyfunction("strftime(format, tuple=None, /)")]
    fn strftime(format: &Value, tuple: Option<&Value>, vm: &Vm) -> PyResult {
        let Some(text) = format.downcast::<Str>() else {
            let kind = pyrope_object::bind::argument_type_name(format, vm);
            return Err(vm.type_error(format!("strftime() argument 1 must be str, not {kind}")));
        };
        let (mut tm, _zone) = match tuple {
            None => (local(seconds_or_now(None, vm)?, vm)?, None),
            Some(tuple) => tm_of(tuple, "strftime", vm)?,
        };
        if tuple.is_some() {
            check_tm(&mut tm, vm)?;
        }
        tm.tm_isdst = tm.tm_isdst.clamp(-1, 1);
        let mut out = TextBuilder::new();
        let points: Vec<u32> = text.code_points().collect();
        // The C library sees runs of ASCII; all else stands for itself.
        for run in points.chunk_by(|&a, &b| is_plain(a) == is_plain(b)) {
            if run.first().is_some_and(|&c| is_plain(c)) {
                let format: Vec<u8> = run.iter().map(|&c| c as u8).collect();
                let shown = fs_decode(&format_run(&format, &tm, vm)?, vm)?;
                if let Some(shown) = shown.downcast::<Str>() {
                    out.push_text(shown);
                }
            } else {
                run.iter().for_each(|&c| out.push(c));
            }
        }
        Ok(out.finish(vm)?.into_value())
    }

    /// Parse a string to a time tuple according to a format specification.
    /// See the library reference manual for formatting codes (same as
    /// strftime()).
    #[pyfunction("strptime")]
    fn strptime(args: pyrope_object::Args<'_>, vm: &Vm) -> PyResult {
        let module = vm.import("_strptime")?;
        let parse = vm.get_attr_str(&module, "_strptime_time")?;
        vm.call_args(&parse, args)
    }

    /// Initialize, or reinitialize, the local timezone to the value stored in
    /// os.environ['TZ'].
    #[pyfunction("tzset()")]
    fn tzset_now(module: &Value, vm: &Vm) -> PyResult<()> {
        set_zone(module, vm)
    }

    /// Get information of the specified clock.
    #[pyfunction("get_clock_info(name, /)")]
    fn get_clock_info(name: &str, vm: &Vm) -> PyResult {
        let (clock, shown, monotonic, adjustable) = match name {
            "time" => (libc::CLOCK_REALTIME, "CLOCK_REALTIME", false, true),
            "monotonic" | "perf_counter" => (libc::CLOCK_MONOTONIC, "CLOCK_MONOTONIC", true, false),
            "process_time" => (libc::CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID", true, false),
            "thread_time" => (libc::CLOCK_THREAD_CPUTIME_ID, "CLOCK_THREAD_CPUTIME_ID", true, false),
            _ => return Err(vm.value_error("unknown clock")),
        };
        let info = vm.call(&vm.builtin(B::SimpleNamespace).to_value(), &[])?;
        let implementation = vm.new_str(&format!("clock_gettime({shown})")).into_value();
        vm.set_attr_str(&info, "implementation", &implementation)?;
        vm.set_attr_str(&info, "monotonic", &Value::bool(monotonic))?;
        vm.set_attr_str(&info, "adjustable", &Value::bool(adjustable))?;
        let mut resolution = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        if os_call!(libc::clock_getres(clock, &mut resolution)) == -1 {
            return Err(last_error(vm));
        }
        let seconds = resolution.tv_sec as f64 + resolution.tv_nsec as f64 * 1e-9;
        vm.set_attr_str(&info, "resolution", &vm.float(seconds))?;
        Ok(info)
    }
}
