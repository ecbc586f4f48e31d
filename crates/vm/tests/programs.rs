//! Python programs of plain asserts, run on the machine alone. Each also runs under CPython 3.14.

#[path = "../examples/run.rs"]
#[allow(dead_code, reason = "the example's own entry point")]
mod run;

fn program(name: &str) {
    let path = format!("{}/tests/programs/{name}.py", env!("CARGO_MANIFEST_DIR"));
    if let Err(message) = run::run_file(&path) {
        panic!("{message}");
    }
}

#[test]
fn calls() {
    program("calls");
}

#[test]
fn classes() {
    program("classes");
}

#[test]
fn exceptions() {
    program("exceptions");
}

#[test]
fn generators() {
    program("generators");
}

#[test]
fn syntax() {
    program("syntax");
}
