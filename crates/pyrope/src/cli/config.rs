//! From options and environment to settings: where the library is, what `sys` shows.

use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;

use pyrope::{Allocator, Launch, Places, Settings};

use super::locale::Locale;
use super::options::Options;
use super::paths;

/// A setting that ends the process before it has begun: the function that CPython names, and the message.
pub struct Fatal {
    function: &'static str,
    message: String,
    state: &'static str,
}

impl Fatal {
    fn new(function: &'static str, message: impl Into<String>) -> Fatal {
        Fatal { function, message: message.into(), state: "preinitialized" }
    }
}

impl std::fmt::Display for Fatal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let separator = if self.function.is_empty() { "" } else { ": " };
        write!(
            f,
            "Fatal Python error: {}{separator}{}\nPython runtime state: {}\n",
            self.function, self.message, self.state
        )
    }
}

/// Options, and the environment as far as it counts.
struct Source<'a> {
    options: &'a Options,
    use_environment: bool,
}

impl Source<'_> {
    /// An environment variable, unless the environment is ignored or it is empty.
    fn variable(&self, name: &str) -> Option<Vec<u8>> {
        if !self.use_environment {
            return None;
        }
        std::env::var_os(name).map(|v| v.as_bytes().to_vec()).filter(|v| !v.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.variable(name).map(|v| String::from_utf8_lossy(&v).into_owned())
    }

    fn is_set(&self, name: &str) -> bool {
        self.variable(name).is_some()
    }

    /// A variable of a flag: its number, 1 for other texts and for negative numbers.
    fn number(&self, name: &str) -> i64 {
        match self.text(name) {
            None => 0,
            Some(text) => text.parse().ok().filter(|&n: &i64| n >= 0).unwrap_or(1),
        }
    }

    /// A `-X` option: given, and its value if it has one.
    fn x(&self, name: &str) -> Option<Option<&str>> {
        self.options.x_options.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_deref())
    }

    /// A `-X` option or its variable, by a rule that takes the value and refuses with a message.
    fn choose<T>(
        &self,
        option: &str,
        variable: &str,
        read: impl Fn(Option<&str>, bool) -> Result<T, Fatal>,
    ) -> Result<Option<T>, Fatal> {
        if let Some(value) = self.x(option) {
            return read(value, true).map(Some);
        }
        self.text(variable).map(|value| read(Some(&value), false)).transpose()
    }

    fn x_or_variable(&self, option: &str, variable: &str) -> bool {
        self.x(option).is_some() || self.is_set(variable)
    }
}

fn zero_or_one(text: Option<&str>) -> Option<bool> {
    match text {
        Some("0") => Some(false),
        Some("1") => Some(true),
        _ => None,
    }
}

/// Where objects' memory comes from. What the system gives comes from mimalloc anyway.
fn allocator(source: &Source<'_>, dev_mode: bool) -> Result<Allocator, Fatal> {
    let Some(name) = source.text("PYTHONMALLOC") else {
        return Ok(if dev_mode { Allocator::Debug } else { Allocator::Plain });
    };
    match name.as_str() {
        "default" | "pymalloc" => Ok(Allocator::Plain),
        "malloc" | "mimalloc" => Ok(Allocator::System),
        "debug" | "pymalloc_debug" => Ok(Allocator::Debug),
        "malloc_debug" | "mimalloc_debug" => Ok(Allocator::SystemDebug),
        _ => Err(Fatal {
            function: "preconfig_init_allocator",
            message: "PYTHONMALLOC: unknown allocator".into(),
            state: "preinitializing",
        }),
    }
}

/// `-X gc_stress[=N]`: collect whenever an object was made, every Nth time all generations.
fn collector_stress(source: &Source<'_>) -> Result<Option<NonZeroUsize>, Fatal> {
    let refuse = || Fatal::new("config_init_gc_stress", "-X gc_stress=N: N is not a positive number");
    let number = |text: Option<&str>| text.unwrap_or("1000").parse().map_err(|_| refuse());
    source.x("gc_stress").map(number).transpose()
}

/// All that start-up needs to know.
pub fn settings(options: &Options, arguments: &[Vec<u8>]) -> Result<Settings, Fatal> {
    let source = Source { options, use_environment: !options.ignore_environment && !options.isolated };
    let locale = Locale::install(source.text("PYTHONCOERCECLOCALE").as_deref());
    let utf8_mode = utf8_mode(&source, &locale)?;
    let dev_mode = source.x("dev").is_some() || source.is_set("PYTHONDEVMODE");
    check_gil(&source)?;
    let tracemalloc = tracemalloc(&source)?;
    let allocator = allocator(&source, dev_mode)?;
    let collector_stress = collector_stress(&source)?;
    let (hash_key, randomised) = hash_key(source.text("PYTHONHASHSEED").filter(|_| !options.random_hashes).as_deref())?;
    let places = paths::find(&arguments[0], source.variable("PYTHONHOME"), source.variable("PYTHONPATH"));
    let launch = Launch {
        argv: options.argv.clone(),
        orig_argv: arguments.to_vec(),
        path: search_path(&places),
        places,
        warn_options: warn_options(&source, dev_mode),
        x_options: options.x_options.clone(),
        pycache_prefix: match source.x("pycache_prefix") {
            Some(value) => value.filter(|v| !v.is_empty()).map(|v| v.as_bytes().to_vec()),
            None => source.variable("PYTHONPYCACHEPREFIX"),
        },
        debug: options.debug.max(source.number("PYTHONDEBUG")).min(1),
        inspect: i64::from(options.inspect).max(source.number("PYTHONINSPECT")).min(1),
        interactive: i64::from(options.inspect),
        optimize: options.optimize.max(source.number("PYTHONOPTIMIZE")),
        dont_write_bytecode: options.dont_write_bytecode || source.is_set("PYTHONDONTWRITEBYTECODE"),
        no_user_site: options.no_user_site || options.isolated || source.is_set("PYTHONNOUSERSITE"),
        no_site: options.no_site,
        ignore_environment: !source.use_environment,
        verbose: options.verbose.max(source.number("PYTHONVERBOSE")),
        bytes_warning: options.bytes_warning,
        quiet: options.quiet,
        hash_randomization: randomised,
        isolated: options.isolated,
        dev_mode,
        utf8_mode: i64::from(utf8_mode),
        warn_default_encoding: source.x_or_variable("warn_default_encoding", "PYTHONWARNDEFAULTENCODING"),
        safe_path: options.safe_path || options.isolated || source.is_set("PYTHONSAFEPATH"),
        int_max_str_digits: int_max_str_digits(&source)?,
        thread_inherit_context: flag_of_n(
            &source,
            "thread_inherit_context",
            "PYTHON_THREAD_INHERIT_CONTEXT",
            "config_init_thread_inherit_context",
        )?,
        context_aware_warnings: flag_of_n(
            &source,
            "context_aware_warnings",
            "PYTHON_CONTEXT_AWARE_WARNINGS",
            "config_init_context_aware_warnings",
        )?,
        cpu_count: cpu_count(&source)?,
        without_frozen_modules: !frozen_modules(&source)?,
        import_time: import_time(&source)?,
        no_debug_ranges: source.x_or_variable("no_debug_ranges", "PYTHONNODEBUGRANGES"),
        check_hash_pycs: options.check_hash_pycs.clone(),
    };
    Ok(Settings {
        launch,
        hash_key,
        import_site: !options.no_site,
        unbuffered: options.unbuffered || source.is_set("PYTHONUNBUFFERED"),
        io_encoding: Some(io_encoding(&source, &locale, utf8_mode)),
        tracemalloc,
        faulthandler: dev_mode || source.x_or_variable("faulthandler", "PYTHONFAULTHANDLER"),
        memory_limit: None,
        allocator,
        collector_stress,
        allocation_statistics: source.is_set("PYTHONMALLOCSTATS"),
    })
}

fn utf8_mode(source: &Source<'_>, locale: &Locale) -> Result<bool, Fatal> {
    let chosen = source.choose("utf8", "PYTHONUTF8", |value, is_option| {
        let message = match (value, is_option) {
            (None, _) => return Ok(true),
            (Some("0"), _) => return Ok(false),
            (Some("1"), _) => return Ok(true),
            (_, true) => "invalid -X utf8 option value",
            (_, false) => "invalid PYTHONUTF8 environment variable value",
        };
        Err(Fatal { state: "preinitializing", ..Fatal::new("preconfig_init_utf8_mode", message) })
    })?;
    Ok(chosen.unwrap_or(locale.was_c))
}

fn check_gil(source: &Source<'_>) -> Result<(), Fatal> {
    let chosen = source.choose("gil", "PYTHON_GIL", |value, _| match zero_or_one(value) {
        Some(true) => Ok(()),
        Some(false) => Err(Fatal::new("config_read_gil", "Disabling the GIL is not supported by this build")),
        None => Err(Fatal::new("config_read_gil", "PYTHON_GIL / -X gil must be \"0\" or \"1\"")),
    });
    chosen.map(drop)
}

/// The frames to trace for each allocation; 0 for no tracing.
fn tracemalloc(source: &Source<'_>) -> Result<usize, Fatal> {
    let count = |text: &str| text.parse::<usize>().ok().filter(|&count| count <= 65535);
    let chosen = source.choose("tracemalloc", "PYTHONTRACEMALLOC", |value, is_option| match value {
        None => Ok(1),
        Some(text) if count(text).is_some() => Ok(count(text).unwrap_or(0)),
        Some(_) if is_option => {
            Err(Fatal::new("config_init_tracemalloc", "-X tracemalloc=NFRAME: invalid number of frames"))
        }
        Some(_) => Err(Fatal::new("config_init_tracemalloc", "PYTHONTRACEMALLOC: invalid number of frames")),
    });
    Ok(chosen?.unwrap_or(0))
}

fn int_max_str_digits(source: &Source<'_>) -> Result<i64, Fatal> {
    let chosen = source.choose("int_max_str_digits", "PYTHONINTMAXSTRDIGITS", |value, is_option| {
        match value.and_then(|v| v.parse::<i32>().ok()).filter(|&n| n == 0 || n >= 640) {
            Some(n) => Ok(i64::from(n)),
            None => {
                let who = if is_option { "-X int_max_str_digits" } else { "PYTHONINTMAXSTRDIGITS" };
                let message = format!("{who}: invalid limit; must be >= 640 or 0 for unlimited.");
                Err(Fatal::new("config_init_int_max_str_digits", message))
            }
        }
    })?;
    Ok(chosen.unwrap_or(4300))
}

fn flag_of_n(
    source: &Source<'_>,
    option: &'static str,
    variable: &'static str,
    function: &'static str,
) -> Result<i64, Fatal> {
    // CPython reads the variable first here.
    if let Some(text) = source.text(variable) {
        return match zero_or_one(Some(&text)) {
            Some(flag) => Ok(i64::from(flag)),
            None => Err(Fatal::new(function, format!("{variable}=N: N is missing or invalid"))),
        };
    }
    match source.x(option) {
        None => Ok(0),
        Some(value) => match zero_or_one(value) {
            Some(flag) => Ok(i64::from(flag)),
            None => Err(Fatal::new(function, format!("-X {option}=n: n is missing or invalid"))),
        },
    }
}

fn cpu_count(source: &Source<'_>) -> Result<Option<i64>, Fatal> {
    let chosen = source.choose("cpu_count", "PYTHON_CPU_COUNT", |value, _| match value {
        Some("default") => Ok(None),
        Some(text) if text.parse::<i32>().is_ok_and(|n| n > 0) => Ok(text.parse().ok()),
        _ => Err(Fatal::new(
            "config_init_cpu_count",
            "-X cpu_count=n option: n is missing or an invalid number, n must be greater than 0",
        )),
    })?;
    Ok(chosen.flatten())
}

fn frozen_modules(source: &Source<'_>) -> Result<bool, Fatal> {
    let chosen = source.choose("frozen_modules", "PYTHON_FROZEN_MODULES", |value, is_option| match value {
        None | Some("on" | "") => Ok(true),
        Some("off") => Ok(false),
        Some(_) if is_option => {
            Err(Fatal::new("", "bad value for option -X frozen_modules (expected \"on\" or \"off\")"))
        }
        Some(_) => Err(Fatal::new("", "bad value for PYTHON_FROZEN_MODULES (expected \"on\" or \"off\")")),
    })?;
    Ok(chosen.unwrap_or(true))
}

fn import_time(source: &Source<'_>) -> Result<u8, Fatal> {
    let read = |text: &str, who: &str| match text.parse::<i64>() {
        Ok(level @ 0..=2) => Ok(level as u8),
        // What is no number just asks for it.
        Err(_) => Ok(1),
        Ok(_) => {
            let message = format!("{who}: values other than 1 and 2 are reserved for future use.");
            Err(Fatal::new("config_init_import_time", message))
        }
    };
    if let Some(text) = source.text("PYTHONPROFILEIMPORTTIME") {
        return read(&text, "PYTHONPROFILEIMPORTTIME");
    }
    match source.x("importtime") {
        None => Ok(0),
        Some(None) => Ok(1),
        Some(Some(text)) => read(text, "-X importtime"),
    }
}

fn warn_options(source: &Source<'_>, dev_mode: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if dev_mode {
        all.push("default".into());
    }
    if let Some(list) = source.text("PYTHONWARNINGS") {
        all.extend(list.split(',').filter(|s| !s.is_empty()).map(str::to_owned));
    }
    all.extend(source.options.warn_options.iter().cloned());
    match source.options.bytes_warning {
        0 => {}
        1 => all.push("default::BytesWarning".into()),
        _ => all.push("error::BytesWarning".into()),
    }
    all
}

/// Encoding and error handler of the standard streams.
fn io_encoding(source: &Source<'_>, locale: &Locale, utf8_mode: bool) -> (Option<String>, Option<String>) {
    let (mut encoding, mut errors) = (None, None);
    if let Some(text) = source.text("PYTHONIOENCODING") {
        let (wanted, handler) = text.split_once(':').unwrap_or((&text, ""));
        let non_empty = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        (encoding, errors) = (non_empty(wanted), non_empty(handler));
        if encoding.is_some() && errors.is_none() {
            errors = Some("strict".into());
        }
    }
    if utf8_mode {
        encoding = encoding.or_else(|| Some("utf-8".into()));
        errors = errors.or_else(|| Some("surrogateescape".into()));
    }
    let errors =
        errors.unwrap_or_else(|| if locale.is_c_or_coerced() { "surrogateescape".into() } else { "strict".into() });
    (encoding.or_else(|| Some(locale.encoding.clone())), Some(errors))
}

/// `PYTHONPATH`, then the library.
fn search_path(places: &Places) -> Vec<Vec<u8>> {
    let mut path = Vec::new();
    if let Some(list) = &places.search_path {
        path.extend(list.split(|&b| b == b':').map(<[u8]>::to_vec));
    }
    path.push(places.library.clone());
    path
}

/// The key for string hashes, and whether hashes differ from run to run.
fn hash_key(seed: Option<&str>) -> Result<((u64, u64), bool), Fatal> {
    match seed {
        None | Some("random") => Ok((random_key(), true)),
        Some(text) => match text.parse::<u32>() {
            Ok(0) => Ok(((0, 0), false)),
            Ok(seed) => Ok((seeded_key(seed), true)),
            Err(_) => Err(Fatal::new(
                "config_init_hash_seed",
                "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]",
            )),
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
