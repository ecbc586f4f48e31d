//! Reading the arguments. CPython's rules are its own (`-c` and `-m` end the options, flags cluster), so no general
//! argument parser fits.

/// What to run.
pub enum Program {
    Command(Vec<u8>),
    Module(Vec<u8>),
    File(Vec<u8>),
    StandardInput,
}

/// What the arguments say.
pub struct Options {
    pub program: Program,
    /// `sys.argv`
    pub argv: Vec<Vec<u8>>,
    pub bytes_warning: i64,
    pub dont_write_bytecode: bool,
    pub debug: i64,
    pub ignore_environment: bool,
    pub inspect: bool,
    pub isolated: bool,
    pub optimize: i64,
    pub safe_path: bool,
    pub quiet: bool,
    /// `-R`: hashes differ from run to run whatever the environment says.
    pub random_hashes: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub unbuffered: bool,
    pub verbose: i64,
    pub warn_options: Vec<String>,
    pub skip_first_line: bool,
    pub x_options: Vec<(String, Option<String>)>,
    /// `--check-hash-based-pycs`: "default", "always" or "never".
    pub check_hash_pycs: String,
}

/// What comes of the arguments.
pub enum Outcome {
    Run(Box<Options>),
    /// To standard output, status 0.
    Print(String),
    /// To standard error, status 2.
    Refuse(String),
}

fn refuse(message: String, arguments: &[Vec<u8>]) -> Outcome {
    Outcome::Refuse(format!("{message}\n{}", super::help::short(&program_name(arguments))))
}

/// The command as it was called.
pub fn program_name(arguments: &[Vec<u8>]) -> String {
    arguments.first().map_or_else(|| "pyrope".into(), |name| String::from_utf8_lossy(name).into_owned())
}

/// Reads the arguments; the first is the command's name.
pub fn parse(arguments: &[Vec<u8>]) -> Outcome {
    let mut options = Options {
        program: Program::StandardInput,
        argv: vec![Vec::new()],
        bytes_warning: 0,
        dont_write_bytecode: false,
        debug: 0,
        ignore_environment: false,
        inspect: false,
        isolated: false,
        optimize: 0,
        safe_path: false,
        quiet: false,
        random_hashes: false,
        no_user_site: false,
        no_site: false,
        unbuffered: false,
        verbose: 0,
        warn_options: Vec::new(),
        skip_first_line: false,
        x_options: Vec::new(),
        check_hash_pycs: "default".into(),
    };
    let name = program_name(arguments);
    let mut at = 1;
    let mut versions = 0;
    while let Some(argument) = arguments.get(at) {
        match argument.as_slice() {
            b"--" => {
                at += 1;
                break;
            }
            b"-" => break,
            b"--help" | b"-?" => return Outcome::Print(super::help::long(&name)),
            b"--help-all" => return Outcome::Print(super::help::all(&name)),
            b"--help-env" => return Outcome::Print(super::help::ENVIRONMENT.to_owned()),
            b"--help-xoptions" => return Outcome::Print(super::help::X_OPTIONS.to_owned()),
            b"--version" => versions += 1,
            b"--check-hash-based-pycs" => {
                at += 1;
                match arguments.get(at).map(Vec::as_slice) {
                    Some(mode @ (b"default" | b"always" | b"never")) => {
                        options.check_hash_pycs = String::from_utf8_lossy(mode).into_owned();
                    }
                    Some(_) => {
                        let message = "--check-hash-based-pycs must be one of 'default', 'always', or 'never'";
                        return refuse(message.into(), arguments);
                    }
                    None => {
                        let message = "Argument expected for the --check-hash-based-pycs options";
                        return refuse(message.into(), arguments);
                    }
                }
            }
            [b'-', b'-', ..] => {
                return refuse(format!("Unknown option: {}", String::from_utf8_lossy(argument)), arguments);
            }
            [b'-', flags @ ..] => match read_flags(flags, arguments, &mut at, &mut options, &mut versions) {
                Ok(Some(())) => {
                    // `-c` or `-m`: the rest belongs to the program.
                    if versions > 0 {
                        break;
                    }
                    options.argv.extend(arguments.iter().skip(at + 1).cloned());
                    return Outcome::Run(Box::new(options));
                }
                Ok(None) => {}
                Err(outcome) => return outcome,
            },
            _ => break,
        }
        at += 1;
    }
    if versions > 0 {
        return Outcome::Print(super::help::version(versions > 1));
    }
    if let Some(program) = arguments.get(at) {
        options.argv = arguments[at..].to_vec();
        options.program = if program == b"-" { Program::StandardInput } else { Program::File(program.clone()) };
    }
    Outcome::Run(Box::new(options))
}

/// Reads one cluster of flags. `Some` after `-c` and `-m`, which end the options.
fn read_flags(
    flags: &[u8],
    arguments: &[Vec<u8>],
    at: &mut usize,
    options: &mut Options,
    versions: &mut u32,
) -> Result<Option<()>, Outcome> {
    let mut i = 0;
    while let Some(&flag) = flags.get(i) {
        i += 1;
        match flag {
            b'b' => options.bytes_warning += 1,
            b'B' => options.dont_write_bytecode = true,
            b'd' => options.debug += 1,
            b'E' => options.ignore_environment = true,
            b'h' => return Err(Outcome::Print(super::help::long(&program_name(arguments)))),
            b'i' => options.inspect = true,
            b'I' => options.isolated = true,
            b'O' => options.optimize += 1,
            b'P' => options.safe_path = true,
            b'q' => options.quiet = true,
            b'R' => options.random_hashes = true,
            b's' => options.no_user_site = true,
            b'S' => options.no_site = true,
            // Has had no meaning since Python 3.0.
            b't' => {}
            b'u' => options.unbuffered = true,
            b'v' => options.verbose += 1,
            b'V' => *versions += 1,
            b'x' => options.skip_first_line = true,
            b'c' | b'm' | b'W' | b'X' => {
                let value = argument_of(flag, &flags[i..], arguments, at)?;
                let text = || String::from_utf8_lossy(&value).into_owned();
                match flag {
                    b'c' => {
                        options.program = Program::Command(value);
                        options.argv = vec![b"-c".to_vec()];
                        return Ok(Some(()));
                    }
                    b'm' => {
                        options.program = Program::Module(value);
                        options.argv = vec![b"-m".to_vec()];
                        return Ok(Some(()));
                    }
                    b'W' => options.warn_options.push(text()),
                    _ => {
                        let text = text();
                        options.x_options.push(match text.split_once('=') {
                            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                            None => (text, None),
                        });
                    }
                }
                return Ok(None);
            }
            _ => return Err(refuse(format!("Unknown option: -{}", flag as char), arguments)),
        }
    }
    Ok(None)
}

/// The value of an option: the rest of its cluster, or the next argument.
fn argument_of(flag: u8, rest: &[u8], arguments: &[Vec<u8>], at: &mut usize) -> Result<Vec<u8>, Outcome> {
    if !rest.is_empty() {
        return Ok(rest.to_vec());
    }
    *at += 1;
    match arguments.get(*at) {
        Some(value) => Ok(value.clone()),
        None => Err(refuse(format!("Argument expected for the -{} option", flag as char), arguments)),
    }
}
