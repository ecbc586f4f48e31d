//! What is searched: text or bytes.

use pyrope_object::args::ArgName;
use pyrope_object::bind::{BytesLike, full_type_name};
use pyrope_object::{Bytes, FromArg, PyResult, Str, StrView, Traverse, Value, Vm};
use pyrope_sre::Subject;
use pyrope_types::text::slice_view;

/// A string that is searched, and its bytes where it is a buffer that may change.
#[derive(Clone)]
pub struct Haystack {
    pub object: Value,
    copied: Option<std::rc::Rc<[u8]>>,
}

impl Traverse for Haystack {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        self.object.traverse(visit);
    }
}

impl Haystack {
    /// Checks that the object can be searched.
    pub fn new(object: &Value, vm: &Vm) -> PyResult<Haystack> {
        if object.downcast::<Str>().is_some() || object.downcast::<Bytes>().is_some() {
            return Ok(Haystack { object: object.clone(), copied: None });
        }
        if object.ty(vm).slots().buffer.is_none() {
            let kind = full_type_name(object, vm);
            return Err(vm.type_error(format!("expected string or bytes-like object, got '{kind}'")));
        }
        let name = ArgName { function: "", argument: "argument".into() };
        let bytes = BytesLike::from_arg(object, &name, vm)?;
        Ok(Haystack { object: object.clone(), copied: Some(bytes.to_cow().into()) })
    }

    pub fn is_text(&self) -> bool {
        self.object.downcast::<Str>().is_some()
    }

    /// Its units for the engine.
    pub fn subject(&self) -> Subject<'_> {
        if let Some(bytes) = &self.copied {
            return Subject::Latin1(bytes);
        }
        if let Some(text) = self.object.downcast::<Str>() {
            return match text.view() {
                StrView::Ascii(text) => Subject::Latin1(text.as_bytes()),
                StrView::Latin1(units) => Subject::Latin1(units),
                StrView::Ucs2(units) => Subject::Ucs2(units),
                StrView::Ucs4(units) => Subject::Ucs4(units),
            };
        }
        Subject::Latin1(self.object.downcast::<Bytes>().map_or(&[], Bytes::as_slice))
    }

    pub fn len(&self) -> usize {
        self.subject().len()
    }

    /// A part as `str` or `bytes`.
    pub fn slice(&self, start: usize, end: usize, vm: &Vm) -> PyResult {
        let (start, end) = (start.min(self.len()), end.min(self.len()));
        let end = end.max(start);
        if let Some(text) = self.object.downcast::<Str>() {
            if end - start == text.len() && self.object.downcast_exact::<Str>().is_some() {
                return Ok(self.object.clone());
            }
            return slice_view(text.view(), start, end, vm);
        }
        match self.subject() {
            Subject::Latin1(bytes) => {
                if end - start == bytes.len() && self.object.downcast_exact::<Bytes>().is_some() {
                    return Ok(self.object.clone());
                }
                Ok(vm.new_bytes(&bytes[start..end])?.into_value())
            }
            _ => Ok(Value::none()),
        }
    }
}
