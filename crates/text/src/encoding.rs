//! The declared encoding of a source (PEP 263) and its decoding.

use encoding_rs::{DecoderResult, Encoding};

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why bytes are no source text: a `SyntaxError` with these attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub message: String,
    /// 0 if CPython gives no place.
    pub lineno: u32,
    /// In characters from 1; -1 without a place.
    pub offset: i32,
    pub end_offset: Option<i32>,
    pub text: Option<String>,
}

/// A source as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Line ends as they were.
    pub text: String,
    /// The normalised name: `utf-8` unless declared otherwise.
    pub encoding: String,
    pub bom: bool,
}

/// Why a codec of the runtime gave no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecFailure {
    /// `str()` of the exception.
    pub message: String,
    /// The codec is there, but the bytes are not what it reads.
    pub in_text: bool,
}

/// Decodes bytes with a codec of the runtime, whose name is as declared.
pub type Decoder<'d> = &'d mut dyn FnMut(&str, &[u8]) -> Result<String, CodecFailure>;

/// The encoding that a line declares, as written (`coding[:=]\s*([-\w.]+)` in a comment).
fn declared(line: &[u8]) -> Option<&[u8]> {
    let comment = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | 0x0C))?;
    if line[comment] != b'#' {
        return None;
    }
    let mut rest = &line[comment..];
    while let Some(at) = memchr::memmem::find(rest, b"coding") {
        rest = &rest[at + b"coding".len()..];
        let Some((b':' | b'=', value)) = rest.split_first() else {
            continue;
        };
        let blanks = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let value = &value[blanks..];
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let length = value.iter().take_while(is_name).count();
        if length > 0 {
            return Some(&value[..length]);
        }
    }
    None
}

/// True if the line holds only blanks or a comment, so that the next may still declare an encoding.
fn is_blank_or_comment(line: &[u8]) -> bool {
    let first = line.iter().find(|byte| !matches!(byte, b' ' | b'\t' | 0x0C));
    matches!(first, None | Some(b'#' | b'\n' | b'\r'))
}

/// The encoding declared in the first two lines, and the number of its line from 1.
fn find_cookie(source: &[u8]) -> Option<(String, u32)> {
    let mut rest = source;
    for number in 1..=2 {
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        if let Some(name) = declared(line) {
            return Some((canonical(name), number));
        }
        if !is_blank_or_comment(line) {
            return None;
        }
        let ending = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + ending..)?;
    }
    None
}

/// CPython's spelling of the two encodings it knows itself; others stay as declared.
fn canonical(name: &[u8]) -> String {
    let written = String::from_utf8_lossy(name).into_owned();
    let short: String = written.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    if short == "utf-8" || short.starts_with("utf-8-") {
        return "utf-8".into();
    }
    let latin = ["latin-1", "iso-8859-1", "iso-latin-1"];
    if latin.iter().any(|known| short == *known || (short.starts_with(known) && short[known.len()..].starts_with('-')))
    {
        return "iso-8859-1".into();
    }
    written
}

/// Decodes a source given as bytes. `file`: they are those of a file, whose errors have other places than those of bytes
/// and whose name is put into the message about undeclared encodings. Encodings other than
/// UTF-8, Latin-1 and ASCII go to `decoder` if there is one, else to the codecs of the crate `encoding_rs`.
pub fn decode(source: &[u8], file: Option<&str>, decoder: Option<Decoder<'_>>) -> Result<Decoded, DecodeError> {
    let bom = source.starts_with(BOM);
    let body = if bom { &source[BOM.len()..] } else { source };
    let cookie = find_cookie(body);
    let cookie_is_there = cookie.is_some();
    let Some((encoding, line)) = cookie.filter(|(encoding, _)| encoding != "utf-8") else {
        let is_declared = bom || cookie_is_there;
        let text = std::str::from_utf8(body).map_err(|error| match file {
            Some(_) if is_declared => not_utf8(body, &error),
            _ => undeclared(body, error.valid_up_to(), file),
        })?;
        return Ok(Decoded { text: text.into(), encoding: "utf-8".into(), bom });
    };
    if bom {
        return Err(bom_conflict(body, &encoding, line));
    }
    let text = match (encoding.as_str(), decoder) {
        ("iso-8859-1", _) => body.iter().map(|byte| char::from(*byte)).collect(),
        (_, Some(decoder)) => decoder(&encoding, body).map_err(|failure| match file {
            Some(_) => in_file(body, &encoding, line, failure, decoder),
            None => unplaced(failure.message),
        })?,
        (_, None) => decode_with_crate(&encoding, body).map_err(unplaced)?,
    };
    Ok(Decoded { text, encoding, bom })
}

fn unplaced(message: String) -> DecodeError {
    DecodeError { message, lineno: 0, offset: -1, end_offset: None, text: None }
}

/// What CPython says of a file that a codec refuses: it reads the lines up to the declaration first, and then goes on in
/// pieces from the end of that line.
fn in_file(body: &[u8], encoding: &str, line: u32, failure: CodecFailure, decoder: Decoder<'_>) -> DecodeError {
    const PIECE: usize = 8192;
    if !failure.in_text {
        let message = failure.message.split(';').next().unwrap_or_default();
        return unplaced(message.into());
    }
    let mut end = 0;
    for _ in 0..line {
        end = memchr::memchr(b'\n', &body[end..]).map_or(body.len(), |at| end + at + 1);
    }
    if let Err(failure) = decoder(encoding, &body[..end]) {
        let text = body[..end].split(|byte| *byte == b'\n').nth(line as usize - 1).unwrap_or(b"");
        return unicode_error(&failure.message, line, text);
    }
    let rest = &body[end.saturating_sub(1)..];
    match decoder(encoding, &rest[..rest.len().min(PIECE)]) {
        Err(failure) => unplaced(failure.message),
        Ok(_) => unplaced(failure.message),
    }
}

/// An error of a codec, on a line of a file.
fn unicode_error(message: &str, lineno: u32, text: &[u8]) -> DecodeError {
    let text = String::from_utf8_lossy(text).trim_end_matches('\r').into();
    DecodeError { message: format!("(unicode error) {message}"), lineno, offset: 0, end_offset: None, text: Some(text) }
}

/// The error for a file whose bytes are not the UTF-8 that it declares; the position is that in the line.
fn not_utf8(body: &[u8], error: &std::str::Utf8Error) -> DecodeError {
    let at = error.valid_up_to();
    let start = memchr::memrchr(b'\n', &body[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &body[start..]).map_or(body.len(), |newline| start + newline);
    let lineno = memchr::memchr_iter(b'\n', &body[..at]).count() as u32 + 1;
    let message = match std::str::from_utf8(&body[start..]) {
        Err(error) => utf8_message(&body[start..], &error),
        Ok(_) => String::new(),
    };
    unicode_error(&message, lineno, &body[start..end])
}

fn bom_conflict(body: &[u8], encoding: &str, line: u32) -> DecodeError {
    let text = body.split(|byte| *byte == b'\n').nth(line as usize - 1).unwrap_or(b"");
    let text = String::from_utf8_lossy(text).into_owned();
    DecodeError {
        message: format!("encoding problem: {encoding} with BOM"),
        lineno: line,
        offset: 0,
        end_offset: Some(text.chars().count() as i32),
        text: Some(text),
    }
}

/// The error for bytes that are not UTF-8.
fn undeclared(body: &[u8], at: usize, file: Option<&str>) -> DecodeError {
    let before = &body[..at];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let lineno = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let line_end = memchr::memchr(b'\n', &body[line_start..]).map_or(body.len(), |end| line_start + end);
    let place = file.map(|name| format!(" in file {name}")).unwrap_or_default();
    let offset = String::from_utf8_lossy(&body[line_start..=at]).chars().count() as i32;
    let byte = body[at];
    DecodeError {
        message: format!(
            "Non-UTF-8 code starting with '\\x{byte:02x}'{place} on line {lineno}, but no encoding declared; \
             see https://peps.python.org/pep-0263/ for details"
        ),
        lineno,
        offset,
        end_offset: Some(offset),
        text: Some(String::from_utf8_lossy(&body[line_start..line_end]).trim_end_matches('\r').into()),
    }
}

/// Python's names of Latin-1, without punctuation. (The Encoding Standard takes them for windows-1252.)
const LATIN_1: [&str; 11] = [
    "latin1",
    "latin",
    "l1",
    "iso88591",
    "iso8859",
    "8859",
    "iso885911987",
    "isoir100",
    "cp819",
    "ibm819",
    "csisolatin1",
];

fn decode_with_crate(name: &str, body: &[u8]) -> Result<String, String> {
    if LATIN_1.contains(&normal(name).as_str()) {
        return Ok(body.iter().map(|byte| char::from(*byte)).collect());
    }
    if matches!(normal(name).as_str(), "utf8" | "u8" | "utf" | "utf8sig") {
        return std::str::from_utf8(body).map(String::from).map_err(|error| utf8_message(body, &error));
    }
    if matches!(normal(name).as_str(), "ascii" | "usascii" | "646") {
        return match body.iter().position(|byte| !byte.is_ascii()) {
            None => Ok(body.iter().map(|byte| char::from(*byte)).collect()),
            Some(at) => Err(format!(
                "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                body[at]
            )),
        };
    }
    let label = name.to_ascii_lowercase().replace('_', "-");
    let codec = codec(&label).ok_or_else(|| format!("unknown encoding: {name}"))?;
    let mut decoder = codec.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(body.len());
    let mut at = 0;
    loop {
        let need = decoder.max_utf8_buffer_length_without_replacement(body.len() - at).unwrap_or(0);
        text.reserve(need);
        match decoder.decode_to_string_without_replacement(&body[at..], &mut text, true) {
            (DecoderResult::InputEmpty, _) => return without_gaps(codec, text, body),
            (DecoderResult::OutputFull, read) => at += read,
            (DecoderResult::Malformed(length, after), read) => {
                let bad = (at + read).saturating_sub(usize::from(length) + usize::from(after));
                let byte = body.get(bad).copied().unwrap_or(0);
                let shown = name.to_ascii_lowercase().replace('-', "_");
                return Err(format!(
                    "'{shown}' codec can't decode byte 0x{byte:02x} in position {bad}: illegal multibyte sequence"
                ));
            }
        }
    }
}

/// The Encoding Standard fills the holes of the Windows code pages with control characters; Python has none there.
fn without_gaps(codec: &'static Encoding, text: String, body: &[u8]) -> Result<String, String> {
    let is_gap = |c: char| ('\u{80}'..='\u{9F}').contains(&c);
    if !codec.name().starts_with("windows-") {
        return Ok(text);
    }
    match text.chars().position(is_gap) {
        None => Ok(text),
        Some(at) => Err(format!(
            "'charmap' codec can't decode byte 0x{:02x} in position {at}: character maps to <undefined>",
            body.get(at).copied().unwrap_or(0)
        )),
    }
}

fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Python's names beyond the labels of the Encoding Standard.
fn codec(label: &str) -> Option<&'static Encoding> {
    let label = match label {
        "cp932" | "ms932" | "mskanji" => "shift_jis",
        "cp949" | "uhc" => "euc-kr",
        "cp936" => "gbk",
        "cp950" => "big5",
        "eucjp" | "ujis" | "u-jis" => "euc-jp",
        "euckr" => "euc-kr",
        "cp1250" | "cp1251" | "cp1253" | "cp1254" | "cp1255" | "cp1256" | "cp1257" | "cp1258" | "cp1252" | "cp866" => {
            return Encoding::for_label(label.as_bytes())
                .or_else(|| Encoding::for_label(label.replace("cp", "windows-").as_bytes()));
        }
        other => other,
    };
    Encoding::for_label(label.as_bytes()).filter(|codec| codec.is_ascii_compatible())
}

fn utf8_message(body: &[u8], error: &std::str::Utf8Error) -> String {
    let at = error.valid_up_to();
    let byte = body.get(at).copied().unwrap_or(0);
    match error.error_len() {
        None if body.len() - at > 1 => {
            format!("'utf-8' codec can't decode bytes in position {at}-{}: unexpected end of data", body.len() - 1)
        }
        None => format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: unexpected end of data"),
        Some(1) => {
            let reason = if (0xC2..0xF5).contains(&byte) { "invalid continuation byte" } else { "invalid start byte" };
            format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {reason}")
        }
        Some(length) => {
            format!("'utf-8' codec can't decode bytes in position {at}-{}: invalid continuation byte", at + length - 1)
        }
    }
}

/// True if [`decode`] knows the encoding under this name without a decoder of the runtime.
pub fn is_known(name: &str) -> bool {
    let plain = normal(name);
    LATIN_1.contains(&plain.as_str())
        || ["utf8", "u8", "utf", "utf8sig", "ascii", "usascii", "646"].contains(&plain.as_str())
        || codec(&name.to_ascii_lowercase().replace('_', "-")).is_some()
}
