//! `_stat`: what the bits of `st_mode` mean.

use pyrope_object::ModuleDef;
use pyrope_types::model::module;

pub static MODULE: ModuleDef = ModuleDef {
    name: "_stat",
    doc: "Constants and functions for interpreting results of os.stat().",
    functions: &[functions::FUNCTIONS],
    types: &[],
    exec: Some(|module, vm| {
        let dict = module::module_dict(module, vm)?;
        for (name, number) in CONSTANTS {
            dict.set_str(name, vm.int(*number), vm)?;
        }
        Ok(())
    }),
};

const CONSTANTS: &[(&str, i64)] = &[
    ("S_IFDIR", 16384),
    ("S_IFCHR", 8192),
    ("S_IFBLK", 24576),
    ("S_IFREG", 32768),
    ("S_IFIFO", 4096),
    ("S_IFLNK", 40960),
    ("S_IFSOCK", 49152),
    ("S_IFDOOR", 0),
    ("S_IFPORT", 0),
    ("S_IFWHT", 0),
    ("S_ISUID", 2048),
    ("S_ISGID", 1024),
    ("S_ISVTX", 512),
    ("S_ENFMT", 1024),
    ("S_IREAD", 256),
    ("S_IWRITE", 128),
    ("S_IEXEC", 64),
    ("S_IRWXU", 448),
    ("S_IRUSR", 256),
    ("S_IWUSR", 128),
    ("S_IXUSR", 64),
    ("S_IRWXG", 56),
    ("S_IRGRP", 32),
    ("S_IWGRP", 16),
    ("S_IXGRP", 8),
    ("S_IRWXO", 7),
    ("S_IROTH", 4),
    ("S_IWOTH", 2),
    ("S_IXOTH", 1),
    ("UF_SETTABLE", 65535),
    ("UF_NODUMP", 1),
    ("UF_IMMUTABLE", 2),
    ("UF_APPEND", 4),
    ("UF_OPAQUE", 8),
    ("UF_NOUNLINK", 16),
    ("UF_COMPRESSED", 32),
    ("UF_TRACKED", 64),
    ("UF_DATAVAULT", 128),
    ("UF_HIDDEN", 32768),
    ("SF_SETTABLE", 4294901760),
    ("SF_ARCHIVED", 65536),
    ("SF_IMMUTABLE", 131072),
    ("SF_APPEND", 262144),
    ("SF_NOUNLINK", 1048576),
    ("SF_SNAPSHOT", 2097152),
    ("SF_FIRMLINK", 8388608),
    ("SF_DATALESS", 1073741824),
    ("ST_MODE", 0),
    ("ST_INO", 1),
    ("ST_DEV", 2),
    ("ST_NLINK", 3),
    ("ST_UID", 4),
    ("ST_GID", 5),
    ("ST_SIZE", 6),
    ("ST_ATIME", 7),
    ("ST_MTIME", 8),
    ("ST_CTIME", 9),
];

/// What a mode is of, and the letter that `ls` shows for it.
const KINDS: &[(u32, char)] = &[
    (0o100000, '-'),
    (0o040000, 'd'),
    (0o120000, 'l'),
    (0o060000, 'b'),
    (0o020000, 'c'),
    (0o010000, 'p'),
    (0o140000, 's'),
];

fn is(mode: u32, kind: u32) -> bool {
    mode & 0o170000 == kind
}

/// `drwxr-xr-x`
fn file_mode(mode: u32) -> String {
    let mut text = String::with_capacity(10);
    text.push(KINDS.iter().find(|(kind, _)| is(mode, *kind)).map_or('?', |(_, letter)| *letter));
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift & 7;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Convert a file's mode to a string of the form '-rwxrwxrwx'
    #[pyfunction("filemode(object, /)")]
    fn filemode(object: u32) -> String {
        file_mode(object)
    }

    /// Return the portion of the file's mode that can be set by os.chmod().
    #[pyfunction("S_IMODE(object, /)")]
    fn s_imode(object: u32) -> u32 {
        object & 0o7777
    }

    /// Return the portion of the file's mode that describes the file type.
    #[pyfunction("S_IFMT(object, /)")]
    fn s_ifmt(object: u32) -> u32 {
        object & 0o170000
    }

    /// S_ISDIR(mode) -> bool
    ///
    /// Return True if mode is from a directory.
    #[pyfunction("S_ISDIR(object, /)")]
    fn s_isdir(object: u32) -> bool {
        is(object, 0o040000)
    }

    /// S_ISCHR(mode) -> bool
    ///
    /// Return True if mode is from a character special device file.
    #[pyfunction("S_ISCHR(object, /)")]
    fn s_ischr(object: u32) -> bool {
        is(object, 0o020000)
    }

    /// S_ISBLK(mode) -> bool
    ///
    /// Return True if mode is from a block special device file.
    #[pyfunction("S_ISBLK(object, /)")]
    fn s_isblk(object: u32) -> bool {
        is(object, 0o060000)
    }

    /// S_ISREG(mode) -> bool
    ///
    /// Return True if mode is from a regular file.
    #[pyfunction("S_ISREG(object, /)")]
    fn s_isreg(object: u32) -> bool {
        is(object, 0o100000)
    }

    /// S_ISFIFO(mode) -> bool
    ///
    /// Return True if mode is from a FIFO (named pipe).
    #[pyfunction("S_ISFIFO(object, /)")]
    fn s_isfifo(object: u32) -> bool {
        is(object, 0o010000)
    }

    /// S_ISLNK(mode) -> bool
    ///
    /// Return True if mode is from a symbolic link.
    #[pyfunction("S_ISLNK(object, /)")]
    fn s_islnk(object: u32) -> bool {
        is(object, 0o120000)
    }

    /// S_ISSOCK(mode) -> bool
    ///
    /// Return True if mode is from a socket.
    #[pyfunction("S_ISSOCK(object, /)")]
    fn s_issock(object: u32) -> bool {
        is(object, 0o140000)
    }

    /// S_ISDOOR(mode) -> bool
    ///
    /// Return True if mode is from a door.
    #[pyfunction("S_ISDOOR(object, /)")]
    fn s_isdoor(_object: u32) -> bool {
        false
    }

    /// S_ISPORT(mode) -> bool
    ///
    /// Return True if mode is from an event port.
    #[pyfunction("S_ISPORT(object, /)")]
    fn s_isport(_object: u32) -> bool {
        false
    }

    /// S_ISWHT(mode) -> bool
    ///
    /// Return True if mode is from a whiteout.
    #[pyfunction("S_ISWHT(object, /)")]
    fn s_iswht(_object: u32) -> bool {
        false
    }
}
