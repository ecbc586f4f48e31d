//! Compiles every module of the library crate and of `python/`, and packs code and sources into two blobs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use pyrope_bytecode::image;
use pyrope_compiler::{CompileOptions, compile_source};
use pyrope_parser::Mode;
use pyrope_text::Wtf8Buf;

#[path = "edits.rs"]
mod edits;

/// Where the library appears to lie; the same constant as in `src/lib.rs`.
const ROOT: &str = "/usr/lib/pyrope3.14";

/// Folders and files that serve only another implementation, or need a windowing toolkit.
const LEFT_OUT: &[&str] = &[
    "idlelib",
    "tkinter",
    "turtledemo",
    "turtle.py",
    "_pycodecs.py",
    "_dummy_os.py",
    "_dummy_thread.py",
    "dummy_threading.py",
];

/// Modules that CPython freezes: their code says `<frozen NAME>`.
const FROZEN: &[&str] = &[
    "abc",
    "codecs",
    "io",
    "_collections_abc",
    "_sitebuiltins",
    "genericpath",
    "ntpath",
    "posixpath",
    "os",
    "site",
    "stat",
    "importlib.util",
    "importlib.machinery",
    "runpy",
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "zipimport",
    "__hello__",
    "__phello__",
    "__phello__.ham",
    "__phello__.ham.eggs",
    "__phello__.spam",
    "_pyrope_importer",
];

/// What every start loads, in that order: their code lies together, so that few pages of the binary are touched.
const START: &[&str] = &[
    "importlib/_bootstrap.py",
    "importlib/_bootstrap_external.py",
    "_pyrope_importer.py",
    "zipimport.py",
    "encodings/__init__.py",
    "codecs.py",
    "encodings/aliases.py",
    "encodings/utf_8.py",
    "site.py",
    "os.py",
    "abc.py",
    "stat.py",
    "_collections_abc.py",
    "posixpath.py",
    "genericpath.py",
    "_sitebuiltins.py",
    "linecache.py",
];

struct Blob {
    data: Vec<u8>,
}

impl Blob {
    /// Adds bytes; gives their range.
    fn add(&mut self, bytes: &[u8]) -> (usize, usize) {
        let start = self.data.len();
        self.data.extend_from_slice(bytes);
        (start, self.data.len())
    }
}

fn main() {
    println!("cargo::rerun-if-changed=python");
    println!("cargo::rerun-if-changed=edits");
    println!("cargo::rerun-if-changed=edits.rs");
    println!("cargo::rerun-if-changed=build.rs");
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let own = package.join("python");
    let library = PathBuf::from(rustpython_pylib::LIB_PATH);
    let mut files = Vec::new();
    collect(&own, &own, &mut files);
    let overridden: Vec<String> = files.iter().map(|(relative, _)| relative.clone()).collect();
    let mut theirs = Vec::new();
    collect(&library, &library, &mut theirs);
    files.extend(theirs.into_iter().filter(|(relative, _)| !overridden.contains(relative)));
    files.sort();
    let (mut code, mut sources) = (Blob { data: Vec::new() }, Blob { data: Vec::new() });
    let mut entries = Vec::new();
    files.sort_by_key(|(relative, _)| START.iter().position(|name| name == relative).unwrap_or(START.len()));
    for (relative, path) in &files {
        let mut bytes = fs::read(path).expect("a file that was listed");
        if let Ok(script) = fs::read_to_string(package.join("edits").join(relative)) {
            let text = String::from_utf8(bytes).expect("the library is in UTF-8");
            bytes = edits::edited(relative, text, &script).into_bytes();
        }
        let compiled = if relative.ends_with(".py") { compile(relative, &bytes) } else { None };
        let code_range = code.add(&compiled.unwrap_or_default());
        let source_range = sources.add(&miniz_oxide::deflate::compress_to_vec(&bytes, 8));
        entries.push(format!(
            "    File {{ path: {relative:?}, code: {code_range:?}, source: {source_range:?}, size: {} }},",
            bytes.len()
        ));
    }
    // By path, which begins each entry.
    entries.sort_by(|a, b| path_of(a).cmp(path_of(b)));
    let mut index = String::from("pub(crate) static FILES: &[File] = &[\n");
    for entry in &entries {
        writeln!(index, "{entry}").expect("writing to a string");
    }
    index.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("code.bin"), code.data).expect("writing code");
    fs::write(out.join("sources.bin"), sources.data).expect("writing sources");
    fs::write(out.join("index.rs"), index).expect("writing the index");
}

/// The path in an entry of the index.
fn path_of(entry: &str) -> &str {
    entry.split('"').nth(1).unwrap_or_default()
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).expect("a library folder").flatten() {
        let path = entry.path();
        let relative = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        if LEFT_OUT.contains(&relative.as_str()) || relative.contains("__pycache__") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.push((relative, path));
        }
    }
}

/// An image of the code, or nothing for files that are not valid Python (templates, tests of bad syntax).
fn compile(relative: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let text = pyrope_text::encoding::decode(bytes, Some(relative), None).ok()?.text;
    let text = pyrope_text::source::normalise(&text, false).into_owned();
    let module = relative.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    let filename = match module.as_str() {
        // Part of the import system: tracebacks and warnings leave its frames out by this name.
        "_pyrope_importer" => "<frozen importlib._bootstrap_external>".to_owned(),
        known if FROZEN.contains(&known) => format!("<frozen {known}>"),
        _ => format!("{ROOT}/{relative}"),
    };
    // A thread of its own: nested sources need more stack than a build script's main thread may have.
    let compile = move || {
        let output = compile_source(&text, Mode::Exec, &Wtf8Buf::from(filename), &CompileOptions::default());
        output.ok().map(|output| image::write(&output.code))
    };
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(compile).expect("a thread");
    match worker.join() {
        Ok(Some(code)) => Some(code),
        _ => {
            println!("cargo::warning={relative} was not compiled");
            None
        }
    }
}
