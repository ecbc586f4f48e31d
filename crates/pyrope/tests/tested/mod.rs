//! Which command the tests run.

use std::path::{Path, PathBuf};

/// The command of this build, or the one that `PYROPE_TESTED` names, relative to the repository.
pub fn command() -> PathBuf {
    match std::env::var_os("PYROPE_TESTED") {
        Some(command) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(command),
        None => env!("CARGO_BIN_EXE_pyrope").into(),
    }
}
