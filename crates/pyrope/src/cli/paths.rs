//! From options and environment to settings: where the library is, what `sys` shows.

use std::os::unix::ffi::OsStrExt;

use pyrope::{Launch, Settings};

use super::options::Options;

/// An environment variable, unless the environment is ignored or it is empty.
fn variable(name: &str, options: &Options) -> Option<Vec<u8>> {
    if options.ignore_environment || options.isolated {
        return None;
    }
    std::env::var_os(name).map(|v| v.as_bytes().to_vec()).filter(|v| !v.is_empty())
}

fn number(name: &str, options: &Options) -> i64 {
    match variable(name, options) {
        None => 0,
        Some(text) => String::from_utf8_lossy(&text).trim().parse().unwrap_or(1),
    }
}

/// All that start-up needs to know.
pub fn settings(options: &Options, arguments: &[Vec<u8>]) -> Settings {
    let seed = variable("PYTHONHASHSEED", options).map(|s| String::from_utf8_lossy(&s).into_owned());
    let (hash_key, randomised) = hash_key(seed.as_deref());
    let x = |name: &str| options.x_options.iter().rev().find(|(n, _)| n == name);
    let x_number = |name: &str| x(name).and_then(|(_, v)| v.as_ref()).and_then(|v| v.parse::<i64>().ok());
    let dev_mode = x("dev").is_some() || variable("PYTHONDEVMODE", options).is_some();
    let mut warn_options: Vec<String> = Vec::new();
    if dev_mode {
        warn_options.push("default".into());
    }
    if let Some(list) = variable("PYTHONWARNINGS", options) {
        warn_options
            .extend(String::from_utf8_lossy(&list).split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()));
    }
    warn_options.extend(options.warn_options.iter().cloned());
    match options.bytes_warning {
        0 => {}
        1 => warn_options.push("default::BytesWarning".into()),
        _ => warn_options.push("error::BytesWarning".into()),
    }
    let executable = executable(&arguments[0]);
    let io_encoding = variable("PYTHONIOENCODING", options).map(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        match text.split_once(':') {
            Some((encoding, errors)) => (non_empty(encoding), non_empty(errors)),
            None => (non_empty(&text), None),
        }
    });
    let digits = x_number("int_max_str_digits")
        .or_else(|| variable("PYTHONINTMAXSTRDIGITS", options).and_then(|t| String::from_utf8_lossy(&t).parse().ok()));
    let launch = Launch {
        argv: options.argv.clone(),
        orig_argv: arguments.to_vec(),
        executable,
        prefix: b"/usr".to_vec(),
        library: pyrope_library::ROOT.as_bytes().to_vec(),
        path: search_path(options),
        warn_options,
        x_options: options.x_options.clone(),
        pycache_prefix: x("pycache_prefix")
            .and_then(|(_, v)| v.clone().map(String::into_bytes))
            .or_else(|| variable("PYTHONPYCACHEPREFIX", options)),
        debug: options.debug.max(number("PYTHONDEBUG", options)),
        inspect: i64::from(options.inspect).max(number("PYTHONINSPECT", options)),
        interactive: i64::from(options.inspect),
        optimize: options.optimize.max(number("PYTHONOPTIMIZE", options)),
        dont_write_bytecode: options.dont_write_bytecode || variable("PYTHONDONTWRITEBYTECODE", options).is_some(),
        no_user_site: options.no_user_site || options.isolated || variable("PYTHONNOUSERSITE", options).is_some(),
        no_site: options.no_site,
        ignore_environment: options.ignore_environment || options.isolated,
        verbose: options.verbose.max(number("PYTHONVERBOSE", options)),
        bytes_warning: options.bytes_warning,
        quiet: options.quiet,
        hash_randomization: randomised,
        isolated: options.isolated,
        dev_mode,
        utf8_mode: i64::from(x("utf8").is_some() || number("PYTHONUTF8", options) == 1),
        warn_default_encoding: x("warn_default_encoding").is_some()
            || variable("PYTHONWARNDEFAULTENCODING", options).is_some(),
        safe_path: options.safe_path || options.isolated || variable("PYTHONSAFEPATH", options).is_some(),
        int_max_str_digits: digits.unwrap_or(4300),
    };
    Settings {
        launch,
        hash_key,
        import_site: !options.no_site,
        unbuffered: options.unbuffered || variable("PYTHONUNBUFFERED", options).is_some(),
        io_encoding,
    }
}

fn non_empty(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|t| !t.is_empty())
}

/// `PYTHONPATH`, then the library.
fn search_path(options: &Options) -> Vec<Vec<u8>> {
    let mut path = Vec::new();
    if let Some(list) = variable("PYTHONPATH", options) {
        path.extend(list.split(|&b| b == b':').map(<[u8]>::to_vec));
    }
    path.push(pyrope_library::ROOT.as_bytes().to_vec());
    path
}

fn executable(name: &[u8]) -> Vec<u8> {
    match std::env::current_exe() {
        Ok(path) => path.as_os_str().as_bytes().to_vec(),
        Err(_) => name.to_vec(),
    }
}

/// The key for string hashes, and whether hashes differ from run to run.
fn hash_key(seed: Option<&str>) -> ((u64, u64), bool) {
    match seed {
        None | Some("random") => (random_key(), true),
        Some(text) => match text.parse::<u32>() {
            Ok(0) => ((0, 0), false),
            Ok(seed) => (seeded_key(seed), true),
            Err(_) => (random_key(), true),
        },
    }
}

/// CPython's linear congruential generator, so that a seed means the same order of sets.
fn seeded_key(seed: u32) -> (u64, u64) {
    let mut x = seed;
    let mut bytes = [0u8; 16];
    for byte in &mut bytes {
        x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
        *byte = (x >> 16) as u8;
    }
    let half =
        |range: std::ops::Range<usize>| bytes[range].iter().rev().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
    (half(0..8), half(8..16))
}

fn random_key() -> (u64, u64) {
    use std::hash::{BuildHasher, RandomState};
    let state = RandomState::new();
    (state.hash_one(1u8), state.hash_one(2u8))
}
