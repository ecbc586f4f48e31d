//! What is searched: text or bytes.

use std::rc::Rc;

use pyrope_object::bind::full_type_name;
use pyrope_object::buffer::{Buffer, flags};
use pyrope_object::{Bytes, PyResult, Str, StrView, Traverse, Value, Vm};
use pyrope_sre::Subject;
use pyrope_types::text::slice_view;

/// A string that is searched.
#[derive(Clone)]
pub struct Haystack {
    pub object: Value,
    /// A buffer is copied, and held so that it is not resized, while it is searched.
    held: Option<Rc<Held>>,
}

struct Held {
    bytes: Box<[u8]>,
    _lock: Buffer,
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
            return Ok(Haystack { object: object.clone(), held: None });
        }
        let Some(lend) = object.ty(vm).slots().buffer else {
            let kind = full_type_name(object, vm);
            return Err(vm.type_error(format!("expected string or bytes-like object, got '{kind}'")));
        };
        let lock = lend(object, flags::SIMPLE, vm)?;
        let held = Rc::new(Held { bytes: lock.to_vec().into(), _lock: lock });
        Ok(Haystack { object: object.clone(), held: Some(held) })
    }

    /// The same for a match object: it reads the buffer as it is when it is asked.
    pub fn released(&self) -> Haystack {
        Haystack { object: self.object.clone(), held: None }
    }

    pub fn is_text(&self) -> bool {
        self.object.downcast::<Str>().is_some()
    }

    /// Its units for the engine.
    pub fn subject(&self) -> Subject<'_> {
        if let Some(held) = &self.held {
            return Subject::Latin1(&held.bytes);
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
        if self.held.is_none() && !self.is_text() && self.object.downcast::<Bytes>().is_none() {
            return Haystack::new(&self.object, vm)?.slice(start, end, vm);
        }
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
