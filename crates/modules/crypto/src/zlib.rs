//! `zlib`: compression and decompression in zlib's formats.

mod objects;
mod raw;
mod stream;

use pyrope_object::bind::BytesLike;
use pyrope_object::layout::Bytes;
use pyrope_object::{BuiltinType as B, Guarded, ModuleDef, Object, PyResult, Raised, Ref, Value, Vm};
use pyrope_types::model::module::module_dict;

use objects::{Compress, Decompress, ZlibDecompressor};
use stream::{Failure, Flush};

pub static MODULE: ModuleDef = ModuleDef {
    name: "zlib",
    doc: "The functions in this module allow compression and decompression using the\nzlib library, which is based on \
          GNU zip.\n\nadler32(string[, start]) -- Compute an Adler-32 checksum.\ncompress(data[, level]) -- Compress \
          data, with compression level 0-9 or -1.\ncompressobj([level[, ...]]) -- Return a compressor \
          object.\ncrc32(string[, start]) -- Compute a CRC-32 checksum.\ndecompress(string,[wbits],[bufsize]) -- \
          Decompresses a compressed string.\ndecompressobj([wbits[, zdict]]) -- Return a decompressor \
          object.\n\n'wbits' is window buffer size and container format.\nCompressor objects support compress() and \
          flush() methods; decompressor\nobjects support decompress() and flush().",
    functions: &[functions::FUNCTIONS],
    types: &[<ZlibDecompressor as Object>::def],
    exec: Some(exec),
};

/// The exception of this interpreter's module.
#[derive(Default)]
struct ZlibState {
    error: Guarded<Option<Value>>,
}

const CONSTANTS: &[(&str, i64)] = &[
    ("MAX_WBITS", 15),
    ("DEFLATED", 8),
    ("DEF_MEM_LEVEL", 8),
    ("DEF_BUF_SIZE", 16384),
    ("Z_NO_COMPRESSION", 0),
    ("Z_BEST_SPEED", 1),
    ("Z_BEST_COMPRESSION", 9),
    ("Z_DEFAULT_COMPRESSION", -1),
    ("Z_FILTERED", 1),
    ("Z_HUFFMAN_ONLY", 2),
    ("Z_RLE", 3),
    ("Z_FIXED", 4),
    ("Z_DEFAULT_STRATEGY", 0),
    ("Z_NO_FLUSH", 0),
    ("Z_PARTIAL_FLUSH", 1),
    ("Z_SYNC_FLUSH", 2),
    ("Z_FULL_FLUSH", 3),
    ("Z_FINISH", 4),
    ("Z_BLOCK", 5),
    ("Z_TREES", 6),
];

fn exec(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict = module_dict(module, vm)?;
    for &(name, number) in CONSTANTS {
        dict.set_str(name, vm.int(number), vm)?;
    }
    for name in ["ZLIB_VERSION", "ZLIB_RUNTIME_VERSION"] {
        dict.set_str(name, vm.intern("1.3.1").into_value(), vm)?;
    }
    dict.set_str("error", error_class(vm)?, vm)
}

fn error_class(vm: &Vm) -> PyResult {
    let state = vm.state::<ZlibState>();
    if let Some(class) = state.error.get() {
        return Ok(class);
    }
    let namespace = vm.new_dict();
    namespace.set_str("__module__", vm.intern("zlib").into_value(), vm)?;
    let bases = vm.tuple_of([vm.builtin(B::Exception).to_value()]).into_value();
    let class =
        vm.call(&vm.builtin(B::Type).to_value(), &[vm.intern("error").into_value(), bases, namespace.into_value()])?;
    state.error.set(Some(class.clone()));
    Ok(class)
}

/// Raises `zlib.error`.
#[cold]
fn error(message: &str, vm: &Vm) -> Raised {
    match error_class(vm) {
        Ok(class) => vm.raise_class(&class, &[vm.new_str(message).into_value()]),
        Err(raised) => raised,
    }
}

/// Raises what a stream's operation ended with; `doing` is such as `while decompressing data`.
#[cold]
fn failed(failure: &Failure, doing: &str, vm: &Vm) -> Raised {
    let (code, text) = match *failure {
        Failure::Memory => return vm.memory_error(),
        Failure::Dictionary => return error("Error -3 while setting zdict: invalid input data", vm),
        Failure::Stream { code, message } => (code, message),
    };
    let text = text.or(match code {
        -5 => Some("incomplete or truncated stream"),
        -2 => Some("inconsistent stream state"),
        -3 => Some("invalid input data"),
        _ => None,
    });
    match text {
        Some(text) => error(&format!("Error {code} {doing}: {text}"), vm),
        None => error(&format!("Error {code} {doing}"), vm),
    }
}

/// A checksum's start value: the low 32 bits.
fn low_bits(value: Option<&Value>, default: u32, vm: &Vm) -> PyResult<u32> {
    let Some(value) = value else { return Ok(default) };
    let big = vm.index_big(value)?;
    if let Ok(small) = i64::try_from(&big) {
        return Ok(small as u32);
    }
    let modulus = dashu_int::IBig::from(1u64 << 32);
    let low: dashu_int::IBig = ((big % &modulus) + &modulus) % &modulus;
    Ok(u32::try_from(&low).unwrap_or(0))
}

#[pyrope_macros::pyfunctions]
mod functions {
    use super::*;

    /// Compute an Adler-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction("adler32($module, data, value=1, /)")]
    fn adler32(data: BytesLike<'_>, value: Option<&Value>, vm: &Vm) -> PyResult<i64> {
        let start = low_bits(value, 1, vm)?;
        Ok(i64::from(data.with(|bytes| zlib_rs::adler32::adler32(start, bytes))))
    }

    /// Compute a CRC-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction("crc32($module, data, value=0, /)")]
    fn crc32(data: BytesLike<'_>, value: Option<&Value>, vm: &Vm) -> PyResult<i64> {
        let start = low_bits(value, 0, vm)?;
        Ok(i64::from(data.with(|bytes| zlib_rs::crc32::crc32(start, bytes))))
    }

    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///   level
    ///     Compression level, in 0-9 or -1.
    ///   wbits
    ///     The window buffer size and container format.
    #[pyfunction("compress($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)")]
    fn compress(data: BytesLike<'_>, level: Option<i32>, wbits: Option<i32>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        let Some(mut stream) = stream::deflater(level.unwrap_or(-1), 8, wbits.unwrap_or(15), 8, 0) else {
            return Err(error("Bad compression level", vm));
        };
        match data.with(|bytes| stream::deflate(&mut stream, bytes, Flush::Finish)) {
            Ok((output, _)) => vm.new_bytes(&output),
            Err(failure) => Err(failed(&failure, "while compressing data", vm)),
        }
    }

    /// Returns a bytes object containing the uncompressed data.
    ///
    ///   data
    ///     Compressed data.
    ///   wbits
    ///     The window buffer size and container format.
    ///   bufsize
    ///     The initial output buffer size.
    #[pyfunction("decompress($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)")]
    fn decompress(data: BytesLike<'_>, wbits: Option<i32>, bufsize: Option<isize>, vm: &Vm) -> PyResult<Ref<Bytes>> {
        if bufsize.is_some_and(|size| size < 0) {
            return Err(vm.value_error("bufsize must be non-negative"));
        }
        let Some(mut stream) = stream::inflater(wbits.unwrap_or(15)) else {
            let failure = Failure::Stream { code: -2, message: None };
            return Err(failed(&failure, "while preparing to decompress data", vm));
        };
        let done = match data.with(|bytes| stream::inflate(&mut stream, None, bytes, None)) {
            Ok(done) if done.ended => return vm.new_bytes(&done.output),
            Ok(_) => Failure::Stream { code: -5, message: None },
            Err(failure) => failure,
        };
        Err(failed(&done, "while decompressing data", vm))
    }

    /// Return a compressor object.
    ///
    ///   level
    ///     The compression level (an integer in the range 0-9 or -1; default is
    ///     currently equivalent to 6).  Higher compression levels are slower,
    ///     but produce smaller results.
    ///   method
    ///     The compression algorithm.  If given, this must be DEFLATED.
    ///   wbits
    ///     +9 to +15: The base-two logarithm of the window size.  Include a zlib
    ///         container.
    ///     -9 to -15: Generate a raw stream.
    ///     +25 to +31: Include a gzip container.
    ///   memLevel
    ///     Controls the amount of memory used for internal compression state.
    ///     Valid values range from 1 to 9.  Higher values result in higher memory
    ///     usage, faster compression, and smaller output.
    ///   strategy
    ///     Used to tune the compression algorithm.  Possible values are
    ///     Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.
    ///   zdict
    ///     The predefined compression dictionary - a sequence of bytes
    ///     containing subsequences that are likely to occur in the input data.
    #[pyfunction(
        "compressobj($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=<unrepresentable>)"
    )]
    fn compressobj(
        level: Option<i32>,
        method: Option<i32>,
        wbits: Option<i32>,
        mem_level: Option<i32>,
        strategy: Option<i32>,
        zdict: Option<BytesLike<'_>>,
        vm: &Vm,
    ) -> PyResult<Ref<Compress>> {
        let or = |value: Option<i32>, default| value.unwrap_or(default);
        let stream = stream::deflater(or(level, -1), or(method, 8), or(wbits, 15), or(mem_level, 8), or(strategy, 0));
        let Some(mut stream) = stream else { return Err(vm.value_error("Invalid initialization option")) };
        if let Some(dictionary) = zdict
            && !dictionary.with(|bytes| stream.set_dictionary(bytes))
        {
            return Err(vm.value_error("Invalid dictionary"));
        }
        Ok(Compress::make(stream, vm))
    }

    /// Return a decompressor object.
    ///
    ///   wbits
    ///     The window buffer size and container format.
    ///   zdict
    ///     The predefined compression dictionary.  This must be the same
    ///     dictionary as used by the compressor that produced the input data.
    #[pyfunction("decompressobj($module, /, wbits=MAX_WBITS, zdict=b'')")]
    fn decompressobj(wbits: Option<i32>, zdict: Option<BytesLike<'_>>, vm: &Vm) -> PyResult<Ref<Decompress>> {
        let zdict = zdict.map(|bytes| bytes.to_cow().into_owned()).filter(|bytes| !bytes.is_empty());
        let stream = objects::prepared(wbits.unwrap_or(15), zdict.as_deref(), vm)?;
        Ok(Decompress::make(stream, zdict, vm))
    }
}
