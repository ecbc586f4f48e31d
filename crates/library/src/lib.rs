//! The Python part of the standard library, compiled and carried inside the binary.
//!
//! Files are known by their path below the library's folder (`json/decoder.py`). Code lies ready to be loaded; sources
//! are compressed, for tracebacks and `inspect`. The library appears to lie in [`ROOT`]; no file needs to be there.

include!(concat!(env!("OUT_DIR"), "/index.rs"));

/// The folder in which the library appears to lie.
pub const ROOT: &str = "/usr/lib/pyrope3.14";

static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.bin"));
static SOURCES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sources.bin"));

/// One file of the library.
pub struct File {
    /// Path below the library's folder.
    pub path: &'static str,
    code: (usize, usize),
    source: (usize, usize),
    /// Bytes of the source.
    pub size: usize,
}

/// Modules that CPython freezes into its binary, which are found without looking at `sys.path`.
const FROZEN: &[(&str, &str)] = &[
    ("_frozen_importlib", "importlib/_bootstrap.py"),
    ("_frozen_importlib_external", "importlib/_bootstrap_external.py"),
    ("_pyrope_importer", "_pyrope_importer.py"),
    ("zipimport", "zipimport.py"),
    ("abc", "abc.py"),
    ("codecs", "codecs.py"),
    ("io", "io.py"),
    ("_collections_abc", "_collections_abc.py"),
    ("_sitebuiltins", "_sitebuiltins.py"),
    ("genericpath", "genericpath.py"),
    ("ntpath", "ntpath.py"),
    ("posixpath", "posixpath.py"),
    ("os", "os.py"),
    ("site", "site.py"),
    ("stat", "stat.py"),
    ("importlib.util", "importlib/util.py"),
    ("importlib.machinery", "importlib/machinery.py"),
    ("runpy", "runpy.py"),
    ("__hello__", "__hello__.py"),
    ("__phello__", "__phello__/__init__.py"),
    ("__phello__.ham", "__phello__/ham/__init__.py"),
    ("__phello__.ham.eggs", "__phello__/ham/eggs.py"),
    ("__phello__.spam", "__phello__/spam.py"),
];

impl File {
    /// An image of the code (`pyrope_bytecode::image`); empty for files that are not Python modules.
    pub fn code(&self) -> &'static [u8] {
        &CODE[self.code.0..self.code.1]
    }

    /// The source, decompressed.
    pub fn source(&self) -> Vec<u8> {
        miniz_oxide::inflate::decompress_to_vec_with_limit(&SOURCES[self.source.0..self.source.1], self.size)
            .unwrap_or_default()
    }
}

/// The file with this path below the library's folder.
pub fn find(path: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|i| &FILES[i])
}

/// All files, sorted by path.
pub fn files() -> &'static [File] {
    FILES
}

/// A frozen module by its dotted name, and whether it is a package.
pub fn find_frozen(name: &str) -> Option<(&'static File, bool)> {
    let (_, path) = FROZEN.iter().find(|(known, _)| *known == name)?;
    Some((find(path)?, path.ends_with("/__init__.py")))
}

/// Dotted names of the top-level modules and packages.
pub fn top_level_names() -> Vec<&'static str> {
    FILES
        .iter()
        .filter_map(|file| match file.path.split_once('/') {
            None => file.path.strip_suffix(".py"),
            Some((package, "__init__.py")) => Some(package),
            Some(_) => None,
        })
        .collect()
}
