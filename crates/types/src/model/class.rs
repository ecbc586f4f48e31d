//! `type`: making classes, and what can be asked of them.

mod attributes;
mod bases;
mod fill;
mod mro;
mod new;
mod slots;

pub use attributes::{
    TypeType, clear_descriptors, merge_class_dict, module_of, qualified_name, set_type_attribute, shown_basic_size,
    type_call, type_def,
};
pub use bases::{compatible_for_assignment, solid_base, type_full_name};
pub use fill::fill_native_type;
pub use mro::compute_mro;
pub use new::{calculate_metaclass, new_class_from_namespace};
pub use slots::update_slots;
