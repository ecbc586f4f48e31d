//! `_io`
use pyrope_object::ModuleDef;
pub static MODULE: ModuleDef = ModuleDef { name: "_io", doc: "", functions: &[], types: &[], exec: None };
