//! Which command the tests run, and where the repository is. Cargo tells both to the running test; what it told the
//! compiler is of another place if the target folder was carried here.

use std::env;
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("../..")
}

/// The command of this build, or the one that `PYROPE_TESTED` names, relative to the repository.
pub fn command() -> PathBuf {
    match env::var_os("PYROPE_TESTED") {
        Some(command) => root().join(command),
        None => env::var_os("CARGO_BIN_EXE_pyrope").unwrap_or_else(|| env!("CARGO_BIN_EXE_pyrope").into()).into(),
    }
}
