//! `_datetime`: dates, times, durations and zones.

mod arguments;
mod calendar;
mod clock;
mod date;
mod date_time;
mod delta;
mod format;
mod iso_format;
mod time_of_day;
mod zone;

use pyrope_object::{ModuleDef, Object};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_datetime",
    doc: "Fast implementation of the datetime module.",
    functions: &[],
    types: &[
        <date::Date as Object>::def,
        <date_time::DateTime as Object>::def,
        <time_of_day::Time as Object>::def,
        <delta::TimeDelta as Object>::def,
        <zone::TzInfo as Object>::def,
        <zone::TimeZone as Object>::def,
    ],
    exec: Some(|module, vm| {
        vm.set_attr_str(module, "MINYEAR", &vm.int(calendar::MIN_YEAR.into()))?;
        vm.set_attr_str(module, "MAXYEAR", &vm.int(calendar::MAX_YEAR.into()))?;
        vm.set_attr_str(module, "UTC", &zone::utc(vm)?)
    }),
};
