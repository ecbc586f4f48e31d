//! Error handlers of codecs as the algorithms call them: predefined ones directly, others through the registry.

use pyrope_object::{BuiltinType as B, Bytes, PyResult, Raised, Ref, Str, Tuple, Value, Vm};
use pyrope_textual::codecs::{DecodeErrors, EncodeErrors, Issue, Replacement, Sink, Standard};

use super::super::builder::{TextBuilder, with_units};
use super::registry::lookup_error;
use crate::exceptions::UnicodeError;

/// Decides about bytes that cannot be decoded.
pub struct PyDecodeErrors<'a> {
    input: &'a [u8],
    errors: &'a str,
    /// Instead of the codec's own name.
    pub encoding: Option<&'a str>,
    /// Reports wrong results of handlers as `_multibytecodec` does.
    pub multibyte: bool,
    standard: Option<Standard>,
    /// The exception, made at the first call of a handler and changed for later ones.
    exception: Option<Value>,
    /// The object that the last handler has put into the exception, and where to go on in it.
    replaced: Option<(Vec<u8>, usize)>,
    vm: &'a Vm,
}

impl<'a> PyDecodeErrors<'a> {
    /// A handler for `input` by its name.
    pub fn new(input: &'a [u8], errors: &'a str, vm: &'a Vm) -> Self {
        PyDecodeErrors {
            input,
            errors,
            encoding: None,
            multibyte: false,
            standard: Standard::from_name(errors),
            exception: None,
            replaced: None,
            vm,
        }
    }

    /// The exception for an issue.
    pub fn exception(&mut self, issue: &Issue) -> PyResult<Value> {
        let object = || Ok(self.vm.new_bytes(self.input)?.into_value());
        told(&mut self.exception, B::UnicodeDecodeError, object, self.encoding, issue, self.vm)
    }

    fn raise(&mut self, issue: &Issue) -> Raised {
        match self.exception(issue) {
            Ok(exception) => self.vm.raise_value(exception),
            Err(raised) => raised,
        }
    }
}

/// The exception for an issue with `object`: the `known` one moved there, or one made now and kept.
fn told(
    known: &mut Option<Value>,
    class: B,
    object: impl FnOnce() -> PyResult,
    encoding: Option<&str>,
    issue: &Issue,
    vm: &Vm,
) -> PyResult {
    if let Some(exception) = known {
        move_to(exception, issue, vm)?;
        return Ok(exception.clone());
    }
    let args = [
        vm.new_str(encoding.unwrap_or(issue.encoding)).into_value(),
        object()?,
        vm.int_from_usize(issue.start),
        vm.int_from_usize(issue.end),
        vm.new_str(issue.reason).into_value(),
    ];
    let exception = vm.call(&vm.builtin(class).to_value(), &args)?;
    *known = Some(exception.clone());
    Ok(exception)
}

fn move_to(exception: &Value, issue: &Issue, vm: &Vm) -> PyResult<()> {
    if let Some(error) = exception.downcast::<UnicodeError>() {
        error.start.set(issue.start as isize);
        error.end.set(issue.end as isize);
        error.reason.set(Some(vm.new_str(issue.reason).into_value()));
    }
    Ok(())
}

impl<S: Sink> DecodeErrors<S> for PyDecodeErrors<'_> {
    type Error = Raised;

    fn handle(&mut self, issue: &Issue, out: &mut S) -> Result<usize, Raised> {
        let vm = self.vm;
        if let Some(standard) = self.standard
            && !matches!(standard, Standard::XmlCharRefReplace | Standard::NameReplace)
        {
            return match standard.decode(self.input, issue) {
                Some((text, next)) => {
                    text.into_iter().for_each(|c| out.push(c));
                    Ok(next)
                }
                None => Err(self.raise(issue)),
            };
        }
        let handler = lookup_error(self.errors, vm)?;
        let exception = self.exception(issue)?;
        let result = vm.call(&handler, std::slice::from_ref(&exception))?;
        let wrong = || vm.type_error("decoding error handler must return (str, int) tuple");
        let pair = result.downcast::<Tuple>().ok_or_else(wrong)?;
        let [text, position] = pair.as_slice() else { return Err(wrong()) };
        let text = text.downcast::<Str>().ok_or_else(wrong)?;
        // The handler may have put another object in: its length counts, and decoders that can do it go on there.
        let object = exception.downcast::<UnicodeError>().and_then(|error| error.object.get());
        let Some(object) = object.and_then(|object| object.cast::<Bytes>()) else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a bytes"));
        };
        let length = object.as_slice().len();
        let next = next_position(position, length, self.multibyte, wrong, vm)?;
        text.code_points().for_each(|c| out.push(c));
        if object.as_slice() == self.input {
            return Ok(next);
        }
        self.replaced = Some((object.as_slice().to_vec(), next));
        Ok(if next == length { self.input.len() } else { next.max(issue.end) })
    }

    fn replaced(&mut self) -> Option<(Vec<u8>, usize)> {
        self.replaced.take()
    }
}

/// The position that a handler gave, counted from the end if negative.
fn next_position(
    position: &Value,
    length: usize,
    multibyte: bool,
    wrong: impl Fn() -> Raised,
    vm: &Vm,
) -> PyResult<usize> {
    let Some(number) = position.as_int() else { return Err(wrong()) };
    let next = match number.to_i64() {
        Some(given @ ..0) => given.saturating_add(length as i64),
        Some(given) => given,
        None if multibyte => -1,
        None => return Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    };
    match usize::try_from(next) {
        Ok(next) if next <= length => Ok(next),
        _ => Err(vm.index_error(format!("position {next} from error handler out of bounds"))),
    }
}

/// Decides about text that cannot be encoded.
pub struct PyEncodeErrors<'a> {
    text: &'a Ref<Str>,
    errors: &'a str,
    /// Instead of the codec's own name.
    pub encoding: Option<&'a str>,
    /// Reports wrong results of handlers as `_multibytecodec` does.
    pub multibyte: bool,
    standard: Option<Standard>,
    exception: Option<Value>,
    vm: &'a Vm,
}

impl<'a> PyEncodeErrors<'a> {
    /// A handler for `text` by its name.
    pub fn new(text: &'a Ref<Str>, errors: &'a str, vm: &'a Vm) -> Self {
        PyEncodeErrors {
            text,
            errors,
            encoding: None,
            multibyte: false,
            standard: Standard::from_name(errors),
            exception: None,
            vm,
        }
    }

    fn exception(&mut self, issue: &Issue) -> PyResult<Value> {
        let object = || Ok(self.text.to_value());
        told(&mut self.exception, B::UnicodeEncodeError, object, self.encoding, issue, self.vm)
    }
}

impl EncodeErrors for PyEncodeErrors<'_> {
    type Error = Raised;

    fn handle(&mut self, issue: &Issue) -> Result<(Replacement, usize), Raised> {
        let vm = self.vm;
        if let Some(standard) = self.standard {
            let name = pyrope_textual::unicode::name;
            let found = with_units!(self.text.view(), units => standard.encode(units, issue, name));
            return found.ok_or_else(|| self.fail(issue));
        }
        let handler = lookup_error(self.errors, vm)?;
        let exception = self.exception(issue)?;
        let result = vm.call(&handler, &[exception])?;
        let results = if self.multibyte { "str" } else { "str/bytes" };
        let wrong = || vm.type_error(format!("encoding error handler must return ({results}, int) tuple"));
        let pair = result.downcast::<Tuple>().ok_or_else(wrong)?;
        let [replacement, position] = pair.as_slice() else { return Err(wrong()) };
        let replacement = match (replacement.downcast::<Str>(), replacement.downcast::<Bytes>()) {
            (Some(text), _) => Replacement::Text(text.code_points().collect()),
            (None, Some(bytes)) => Replacement::Bytes(bytes.as_slice().to_vec()),
            (None, None) => return Err(wrong()),
        };
        Ok((replacement, next_position(position, self.text.len(), self.multibyte, wrong, vm)?))
    }

    fn fail(&mut self, issue: &Issue) -> Raised {
        match self.exception(issue) {
            Ok(exception) => self.vm.raise_value(exception),
            Err(raised) => raised,
        }
    }

    fn fail_within(&mut self, replacement: &[u32], issue: &Issue) -> Raised {
        let vm = self.vm;
        let mut text = TextBuilder::with_capacity(replacement.len());
        replacement.iter().for_each(|&c| text.push(c));
        match text.finish(vm) {
            Ok(text) => {
                PyEncodeErrors { encoding: self.encoding, ..PyEncodeErrors::new(&text, "strict", vm) }.fail(issue)
            }
            Err(raised) => raised,
        }
    }
}
