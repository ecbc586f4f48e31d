//! The proleptic Gregorian calendar: pure arithmetic. Day 1 is January 1 of year 1.

pub(super) const MIN_YEAR: i32 = 1;
pub(super) const MAX_YEAR: i32 = 9999;
/// The ordinal of 9999-12-31.
pub(super) const MAX_ORDINAL: i64 = 3_652_059;
pub(super) const SECONDS_PER_DAY: i64 = 86_400;
pub(super) const MICROSECONDS_PER_DAY: i64 = SECONDS_PER_DAY * 1_000_000;

const DAYS_BEFORE_MONTH: [i64; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

pub(super) const MONTH_NAMES: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub(super) const DAY_NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

pub(super) fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month, `1..=12`.
pub(super) fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before_year(year: i32) -> i64 {
    let y = i64::from(year) - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)
}

/// Days of the year before a month.
pub(super) fn days_before_month(year: i32, month: i32) -> i64 {
    DAYS_BEFORE_MONTH[month.clamp(0, 12) as usize] + i64::from(month > 2 && is_leap(year))
}

/// The number of a day.
pub(super) fn ordinal(year: i32, month: i32, day: i32) -> i64 {
    days_before_year(year) + days_before_month(year, month) + i64::from(day)
}

/// Year, month and day of a number, which is at least 1.
pub(super) fn from_ordinal(ordinal: i64) -> (i32, i32, i32) {
    const DAYS_400: i64 = 146_097;
    const DAYS_100: i64 = 36_524;
    const DAYS_4: i64 = 1_461;
    let n = ordinal - 1;
    let (cycles, n) = (n.div_euclid(DAYS_400), n.rem_euclid(DAYS_400));
    let (centuries, n) = (n / DAYS_100, n % DAYS_100);
    let (fours, n) = (n / DAYS_4, n % DAYS_4);
    let (years, n) = (n / 365, n % 365);
    let year = (cycles * 400 + centuries * 100 + fours * 4 + years + 1) as i32;
    if years == 4 || centuries == 4 {
        return (year - 1, 12, 31);
    }
    let mut month = ((n + 50) >> 5) as i32;
    if days_before_month(year, month) > n {
        month -= 1;
    }
    (year, month, (n - days_before_month(year, month)) as i32 + 1)
}

/// Monday is 0.
pub(super) fn weekday(year: i32, month: i32, day: i32) -> i64 {
    (ordinal(year, month, day) + 6).rem_euclid(7)
}

/// The number of the Monday that begins an ISO year.
fn iso_week1_monday(year: i32) -> i64 {
    let first = ordinal(year, 1, 1);
    let weekday = (first + 6).rem_euclid(7);
    first - weekday + if weekday > 3 { 7 } else { 0 }
}

/// ISO year, week and weekday (Monday is 1).
pub(super) fn iso_calendar(year: i32, month: i32, day: i32) -> (i32, i64, i64) {
    let today = ordinal(year, month, day);
    let mut iso_year = year;
    let mut monday = iso_week1_monday(year);
    if today < monday {
        iso_year -= 1;
        monday = iso_week1_monday(iso_year);
    } else if today >= iso_week1_monday(year + 1) {
        iso_year += 1;
        monday = iso_week1_monday(iso_year);
    }
    (iso_year, (today - monday) / 7 + 1, (today - monday) % 7 + 1)
}

/// Why an ISO week date is none.
pub(super) enum BadIsoDate {
    Year,
    Week,
    Day,
}

/// The day of an ISO year, week and weekday.
pub(super) fn from_iso_calendar(year: i64, week: i64, day: i64) -> Result<(i32, i32, i32), BadIsoDate> {
    if !(i64::from(MIN_YEAR)..=i64::from(MAX_YEAR)).contains(&year) {
        return Err(BadIsoDate::Year);
    }
    let year = year as i32;
    let long = || {
        let first = weekday(year, 1, 1);
        first == 3 || (first == 2 && is_leap(year))
    };
    if !((1..53).contains(&week) || (week == 53 && long())) {
        return Err(BadIsoDate::Week);
    }
    if !(1..8).contains(&day) {
        return Err(BadIsoDate::Day);
    }
    Ok(from_ordinal(iso_week1_monday(year) + (week - 1) * 7 + day - 1))
}
