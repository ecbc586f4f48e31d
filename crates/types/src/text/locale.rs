//! What the current locale says about numbers, for presentation type `n`.

use pyrope_object::{Guarded, Vm};
use pyrope_textual::format_spec::Locale;

#[derive(Default)]
struct NumericLocale(Guarded<Option<Locale>>);

/// The locale of numbers: C's until `locale.setlocale` changes it.
pub fn numeric_locale(vm: &Vm) -> Locale {
    vm.state::<NumericLocale>().0.get().unwrap_or_else(Locale::c)
}

/// Changes what [`numeric_locale`] gives.
pub fn set_numeric_locale(locale: Locale, vm: &Vm) {
    vm.state::<NumericLocale>().0.set(Some(locale));
}
