//! `_sre`: patterns, matches, scanners and templates over the engine of `pyrope-sre`.

mod characters;
mod haystack;
mod match_object;
mod pattern;
mod scanner;
mod substitute;
mod template;

use pyrope_macros::pyfunctions;
use pyrope_object::{Dict, List, ModuleDef, PyResult, Ref, Tuple, Value, Vm};
use pyrope_sre as engine;

use characters::UNICODE;
use pattern::Pattern;
use template::ReplacementTemplate;

pub static MODULE: ModuleDef =
    ModuleDef { name: "_sre", doc: "", functions: &[functions::FUNCTIONS], types: &[], exec: Some(exec) };

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = pyrope_types::model::module::module_dict(module, vm)?;
    let numbers = [
        ("MAGIC", engine::MAGIC as i64),
        ("CODESIZE", engine::CODESIZE as i64),
        ("MAXREPEAT", engine::MAXREPEAT as i64),
        ("MAXGROUPS", engine::MAXGROUPS as i64),
    ];
    for (name, number) in numbers {
        dict.set_str(name, vm.int(number), vm)?;
    }
    let copyright = " SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ";
    dict.set_str("copyright", vm.new_str(copyright).into_value(), vm)
}

/// The code words of a list.
fn code_words(code: &List, vm: &Vm) -> PyResult<Vec<u32>> {
    let too_large = || vm.overflow_error("regular expression code size limit exceeded");
    let mut words = Vec::with_capacity(code.len());
    for item in code.to_vec() {
        let word = vm.index_i64(&item)?.and_then(|n| u32::try_from(n).ok());
        words.push(word.ok_or_else(too_large)?);
    }
    Ok(words)
}

#[pyfunctions]
mod functions {
    use super::*;

    #[pyfunction("compile($module, /, pattern, flags, code, groups, groupindex, indexgroup)")]
    fn compile(
        pattern: &Value,
        flags: i32,
        code: &List,
        groups: isize,
        groupindex: Ref<Dict>,
        indexgroup: Ref<Tuple>,
        vm: &Vm,
    ) -> PyResult<Ref<Pattern>> {
        let words = code_words(code, vm)?;
        let groups = usize::try_from(groups).unwrap_or(usize::MAX);
        let program =
            engine::Program::new(&words, groups, &UNICODE).map_err(|_| vm.runtime_error("invalid SRE code"))?;
        Pattern::make(pattern, flags as u32, program, groupindex, indexgroup, vm)
    }

    /// template is a list containing interleaved literal strings (str or bytes)
    /// and group indices (int), as returned by _parser.parse_template():
    ///     [
    ///         literal1,
    ///         group1,
    ///         ...,
    ///         literalN,
    ///     ]
    #[pyfunction("template(pattern, template, /)")]
    fn template(pattern: Ref<Pattern>, template: &List, vm: &Vm) -> PyResult<Ref<ReplacementTemplate>> {
        ReplacementTemplate::make(&pattern, template, vm)
    }

    #[pyfunction("getcodesize()")]
    fn getcodesize() -> usize {
        engine::CODESIZE
    }

    #[pyfunction("ascii_iscased(character, /)")]
    fn ascii_iscased(character: i32) -> bool {
        engine::ascii_iscased(character as u32)
    }

    #[pyfunction("unicode_iscased(character, /)")]
    fn unicode_iscased(character: i32) -> bool {
        engine::unicode_iscased(character as u32, &UNICODE)
    }

    #[pyfunction("ascii_tolower(character, /)")]
    fn ascii_tolower(character: i32) -> u32 {
        engine::ascii_tolower(character as u32)
    }

    #[pyfunction("unicode_tolower(character, /)")]
    fn unicode_tolower(character: i32) -> u32 {
        engine::unicode_tolower(character as u32, &UNICODE)
    }
}
