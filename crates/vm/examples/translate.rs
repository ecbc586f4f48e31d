//! Compiles Python files and translates all their code to the machine's: `cargo run -p pyrope-vm --example translate FILE…`.
//! Names the code that translation refuses.

use std::process::ExitCode;

use pyrope_object::{PyResult, Value, Vm};
use pyrope_vm::CodeObject;

#[path = "run.rs"]
#[allow(dead_code, reason = "only its interpreter is used")]
mod run;

/// Translates code and what is nested in it; gives how many code objects there are.
fn translate(code: &Value, file: &str, refused: &mut usize, vm: &Vm) -> PyResult<usize> {
    let Some(code) = code.downcast::<CodeObject>() else { return Ok(0) };
    if let Err(raised) = code.translate(vm) {
        vm.ignore(raised);
        println!("{file}: {}", code.qualname.to_string_lossy());
        *refused += 1;
    }
    let mut count = 1;
    for constant in code.load(vm)?.consts.as_slice() {
        count += translate(constant, file, refused, vm)?;
    }
    Ok(count)
}

fn main() -> ExitCode {
    let (mut refused, mut count) = (0, 0);
    let done = run::with_interpreter(|vm| {
        for file in std::env::args().skip(1) {
            let Ok(code) = run::load(&file) else { continue };
            let code = CodeObject::from_bytecode(&code, vm)?.into_value();
            count += translate(&code, &file, &mut refused, vm)?;
        }
        Ok(())
    });
    println!("{count} code objects, {refused} refused");
    if done.is_ok() && refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
