//! Where the command and its library lie, found as CPython's `getpath` does: by `PYTHONHOME`, by the `pyvenv.cfg` of a
//! virtual environment, or by a folder `lib/pyrope3.14` with an `os.py` beside the command or above it. Where there is
//! none, and no `PYTHONHOME` says that there is one, the library inside the binary serves.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use pyrope::Places;

/// The library's folder below a prefix.
const LIBRARY: &str = "lib/pyrope3.14";
/// The file by which a library's folder is known.
const LANDMARK: &str = "lib/pyrope3.14/os.py";
/// The prefix where no library is found on disk; the embedded library appears to lie below it.
const PREFIX: &str = "/usr";

/// The places for a command called by this name; `home` and `search_path` are `PYTHONHOME` and `PYTHONPATH`.
pub fn find(name: &[u8], home: Option<Vec<u8>>, search_path: Option<Vec<u8>>) -> Places {
    let executable = executable(Path::new(OsStr::from_bytes(name)));
    let environment = executable.as_deref().and_then(VirtualEnvironment::of);
    let real = match &executable {
        Some(path) if path.is_file() => path.canonicalize().ok(),
        _ => std::env::current_exe().ok(),
    };
    let (prefix, exec_prefix) = match home.as_deref().map(|home| split_once(home, b':')) {
        Some((prefix, exec_prefix)) => (Some(path_of(prefix)), exec_prefix.map(path_of)),
        None => (None, None),
    };
    let start = environment.as_ref().map(|e| e.home.clone()).or_else(|| Some(real.as_deref()?.parent()?.to_owned()));
    let base_prefix = prefix
        .or_else(|| start?.ancestors().find(|folder| folder.join(LANDMARK).is_file()).map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from(PREFIX));
    let base_exec_prefix = exec_prefix.unwrap_or_else(|| base_prefix.clone());
    let embedded = home.is_none() && !base_prefix.join(LANDMARK).is_file();
    let library = if embedded { PathBuf::from(pyrope_library::ROOT) } else { base_prefix.join(LIBRARY) };
    let base_executable = match (&environment, &executable) {
        (Some(environment), Some(executable)) => environment.base_executable(executable),
        _ => executable.clone().unwrap_or_default(),
    };
    let inside = environment.map(|e| bytes_of(e.prefix));
    Places {
        executable: bytes_of(executable.unwrap_or_default()),
        base_executable: bytes_of(base_executable),
        prefix: inside.clone().unwrap_or_else(|| bytes_of(base_prefix.clone())),
        exec_prefix: inside.unwrap_or_else(|| bytes_of(base_exec_prefix.clone())),
        base_prefix: bytes_of(base_prefix),
        base_exec_prefix: bytes_of(base_exec_prefix),
        library: bytes_of(library),
        embedded,
        home,
        search_path,
    }
}

/// The command's path by the name it was called with: from the current folder, or along `PATH`.
fn executable(name: &Path) -> Option<PathBuf> {
    if name.as_os_str().is_empty() {
        return None;
    }
    if name.as_os_str().as_bytes().contains(&b'/') {
        let path = std::env::current_dir().map_or_else(|_| name.to_owned(), |folder| folder.join(name));
        return Some(path.components().filter(|part| *part != Component::CurDir).collect());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// A folder made by `venv`, to which the command belongs.
struct VirtualEnvironment {
    prefix: PathBuf,
    /// The folder of the command that made it.
    home: PathBuf,
}

impl VirtualEnvironment {
    /// By a `pyvenv.cfg` above the command's folder, or else in it.
    fn of(executable: &Path) -> Option<VirtualEnvironment> {
        let folder = executable.parent()?;
        let read = |prefix: &Path| Some((std::fs::read(prefix.join("pyvenv.cfg")).ok()?, prefix.to_owned()));
        let (text, prefix) = folder.parent().and_then(read).or_else(|| read(folder))?;
        let home = text.split(|&b| b == b'\n').find_map(|line| {
            let (key, value) = split_once(line, b'=');
            value.filter(|_| key.trim_ascii().eq_ignore_ascii_case(b"home"))
        })?;
        Some(VirtualEnvironment { prefix, home: path_of(home.trim_ascii()) })
    }

    /// The command behind the environment's: what its link leads to, or the one of that name in `home`.
    fn base_executable(&self, executable: &Path) -> PathBuf {
        match executable.canonicalize() {
            Ok(real) if real != executable => real,
            _ => self.home.join(executable.file_name().unwrap_or_default()),
        }
    }
}

fn split_once(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&b| b == separator) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn bytes_of(path: PathBuf) -> Vec<u8> {
    path.into_os_string().into_vec()
}
