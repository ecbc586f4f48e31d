//! A program with an interpreter in it: values go in, code runs within limits, a value comes out.
//!
//! `cargo run -p pyrope --example embed`

use pyrope::{Interpreter, Settings};
use pyrope_object::PyResult;

fn main() {
    let settings = Settings { memory_limit: Some(64 << 20), import_site: false, ..Settings::default() };
    let python = Interpreter::start(settings).expect("start-up");
    let answer = compute(&python).unwrap_or_else(|raised| panic!("exit status {}", python.report(raised)));
    println!("the sum of the squares is {answer}");

    let status = python.run_string("text = 'a' * 10**9", "<greedy>");
    println!("a greedy program ends with status {status}; the interpreter lives on");
    assert_eq!(python.run_string("print('still here')", "<after>"), 0);
    python.finish_program(0);
}

/// Sets a name of `__main__`, runs code, reads a name.
fn compute(python: &Interpreter) -> PyResult<i64> {
    let vm = python.vm();
    let names = python.main_dict()?;
    names.set_str("limit", vm.int(10), vm)?;
    let code = "total = sum(n * n for n in range(limit))";
    if python.run_string(code, "<sum>") != 0 {
        return Err(vm.runtime_error("the program failed"));
    }
    let total = names.get_str("total", vm)?;
    total.and_then(|value| value.as_i64()).ok_or_else(|| vm.type_error("total is no small integer"))
}
