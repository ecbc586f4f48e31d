//! Bytes as a source file: decoded, tokenized, parsed and compiled at each level of optimisation. What is compiled comes
//! through `marshal` unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pyrope_bytecode::marshal::{dump_code, load_code};
use pyrope_compiler::{CompileOptions, compile_source};
use pyrope_parser::Mode;
use pyrope_text::Wtf8Buf;

fuzz_target!(|source: &[u8]| {
    let Ok(decoded) = pyrope_text::encoding::decode(source, None, None) else { return };
    for (mode, optimize) in [(Mode::Exec, 0), (Mode::Exec, 2), (Mode::Eval, 1), (Mode::Single, 0)] {
        let text = pyrope_text::source::normalise(&decoded.text, mode == Mode::Exec);
        let options = CompileOptions { optimize, ..CompileOptions::default() };
        if let Ok(output) = compile_source(&text, mode, &Wtf8Buf::from("<fuzz>"), &options) {
            let read = load_code(&dump_code(&output.code)).expect("what was written can be read");
            assert_eq!(dump_code(&read), dump_code(&output.code));
        }
    }
});
