//! Runs every program of the repository's `tests/` folder under the command.

mod tested;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program that runs longer has hung.
const LIMIT: Duration = Duration::from_secs(120);

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|e| e == "py") {
            found.push(path);
        }
    }
}

/// The failure of a program, if it fails.
fn failure(program: &Path) -> Option<String> {
    let mut child = Command::new(tested::command())
        .arg("-B")
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Some(error.to_string()),
        }
    }
    if start.elapsed() >= LIMIT {
        drop(child.kill());
        drop(child.wait());
        return Some("timed out".into());
    }
    let output = child.wait_with_output().ok()?;
    (!output.status.success()).then(|| format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn python_programs() {
    let folder = tested::root().join("tests");
    let mut found = Vec::new();
    programs(&folder, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no programs in {}", folder.display());
    let failures: Vec<String> = found
        .iter()
        .filter_map(|program| failure(program).map(|text| format!("== {}\n{text}", program.display())))
        .collect();
    assert!(failures.is_empty(), "{} of {} failed\n{}", failures.len(), found.len(), failures.join("\n"));
}
