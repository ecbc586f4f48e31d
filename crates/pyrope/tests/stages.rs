//! The stages of the front end over a sample of the standard library, against digests recorded from CPython 3.14.
//!
//! `tools/stages` says what is compared, and compares with a running CPython over any folder. The record is made by
//! `python tools/stages --reference python3.14 --record tools/stages/recorded.txt --every 6 --mutations 15 FOLDER`,
//! where FOLDER is the `Lib` of the library crate.

mod tested;

use std::path::Path;
use std::process::Command;

#[test]
fn every_stage_equals_the_record() {
    let tool = tested::root().join("tools/stages");
    let pyrope = tested::command();
    let output = Command::new(&pyrope)
        .args([&tool, Path::new("--recorded"), &tool.join("recorded.txt")])
        .arg("--candidate")
        .arg(&pyrope)
        .args(["--floor", "100", rustpython_pylib::LIB_PATH])
        .output()
        .expect("the command starts");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}\n{}", String::from_utf8_lossy(&output.stderr));
}
