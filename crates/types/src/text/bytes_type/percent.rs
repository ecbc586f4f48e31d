//! `octets % arguments`.

use std::ops::Range;

use pyrope_object::bind::full_type_name;
use pyrope_object::{BuiltinType as B, Bytes, PyResult, Value, Vm};
use pyrope_textual::percent_format::{self, Directive, Flavour, Handler, NOT_ALL_BYTES, Star};

use super::construct::dunder_bytes;
use super::{ByteArray, octets, pinned, same_kind, with_octets};
use crate::text::percent_args::{Arguments, Failure, format_integer};
use crate::text::str_type::ascii_text;

struct Formatter<'a> {
    template: &'a [u8],
    arguments: Arguments<'a>,
    out: Vec<u8>,
    vm: &'a Vm,
}

pub(super) fn octets_remainder(slf: &Value, args: &Value, vm: &Vm) -> PyResult {
    if slf.downcast::<Bytes>().is_none() && slf.downcast::<ByteArray>().is_none() {
        return Ok(Value::not_implemented());
    }
    let template = with_octets(slf, <[u8]>::to_vec);
    let arguments = Arguments::new(args, &[B::Tuple, B::Bytes, B::ByteArray, B::Str], vm);
    let mut formatter = Formatter { template: &template, arguments, out: Vec::new(), vm };
    pinned(slf, || percent_format::format(&template, Flavour::Bytes, &mut formatter))
        .map_err(|failure| failure.raise(vm))?;
    if formatter.arguments.left_over() {
        return Err(vm.type_error(NOT_ALL_BYTES));
    }
    same_kind(slf, formatter.out, vm)
}

impl Formatter<'_> {
    fn append(&mut self, data: &[u8]) -> Result<(), Failure> {
        if self.out.try_reserve(data.len()).is_err() {
            return Err(self.vm.memory_error().into());
        }
        self.out.extend_from_slice(data);
        Ok(())
    }

    fn data(&mut self, data: &[u8], directive: &Directive) -> Result<(), Failure> {
        let layout = directive.layout_str(data.len());
        let room = layout.left.saturating_add(layout.right).saturating_add(layout.take);
        if self.out.try_reserve(room).is_err() {
            return Err(self.vm.memory_error().into());
        }
        self.out.resize(self.out.len() + layout.left, layout.fill as u8);
        self.out.extend_from_slice(&data[..layout.take]);
        self.out.resize(self.out.len() + layout.right, layout.fill as u8);
        Ok(())
    }

    fn character(&mut self, value: &Value, directive: &Directive) -> Result<(), Failure> {
        let vm = self.vm;
        let octet = if value.downcast::<Bytes>().is_some() || value.downcast::<ByteArray>().is_some() {
            let data = octets(value, vm)?;
            match &*data {
                [octet] => *octet,
                _ => {
                    let kind = if value.downcast::<Bytes>().is_some() { "bytes" } else { "bytearray" };
                    let message = format!(
                        "%c requires an integer in range(256) or a single byte, not a {kind} object of length {}",
                        data.len()
                    );
                    return Err(vm.type_error(message).into());
                }
            }
        } else if value.as_int().is_some() || value.ty(vm).slots().index.is_some() {
            match vm.index_i64(value)?.and_then(|n| u8::try_from(n).ok()) {
                Some(octet) => octet,
                None => return Err(vm.overflow_error("%c arg not in range(256)").into()),
            }
        } else {
            let kind = crate::text::qualified_type_name(value, vm);
            let message = format!("%c requires an integer in range(256) or a single byte, not {kind}");
            return Err(vm.type_error(message).into());
        };
        self.data(&[octet], directive)
    }

    fn bytes_argument(&mut self, value: &Value, directive: &Directive) -> Result<(), Failure> {
        let vm = self.vm;
        if value.downcast_exact::<Bytes>().is_none()
            && let Some(bytes) = dunder_bytes(value, vm)?
        {
            return self.data(bytes.as_slice(), directive);
        }
        if value.ty(vm).slots().buffer.is_some() {
            let data = octets(value, vm)?;
            return self.data(&data, directive);
        }
        let kind = full_type_name(value, vm);
        let message = format!("%b requires a bytes-like object, or an object that implements __bytes__, not '{kind}'");
        Err(vm.type_error(message).into())
    }
}

impl Handler for Formatter<'_> {
    type Error = Failure;

    fn literal(&mut self, range: Range<usize>) -> Result<(), Failure> {
        let template = self.template;
        self.append(&template[range])
    }

    fn key(&mut self, range: Option<Range<usize>>) -> Result<(), Failure> {
        self.arguments.check_mapping()?;
        if let Some(range) = range {
            let key = self.vm.new_bytes(&self.template[range])?.into_value();
            self.arguments.select(&key)?;
        }
        Ok(())
    }

    fn star(&mut self, star: Star) -> Result<isize, Failure> {
        Ok(self.arguments.star(star)?)
    }

    fn convert(&mut self, directive: &Directive) -> Result<(), Failure> {
        let vm = self.vm;
        let code = directive.ascii_code();
        let value = self.arguments.fetch()?;
        match code {
            b's' | b'b' => self.bytes_argument(&value, directive),
            b'r' | b'a' => {
                let text = ascii_text(&vm.repr(&value)?, vm)?;
                self.data(text.raw(), directive)
            }
            b'c' => self.character(&value, directive),
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                let text = format_integer(&value, directive, vm)?;
                self.append(text.as_bytes())
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let x = match vm.suppress(vm.to_f64(&value), B::TypeError)? {
                    Some(x) => x,
                    None => {
                        let kind = full_type_name(&value, vm);
                        return Err(vm.type_error(format!("float argument required, not {kind}")).into());
                    }
                };
                let text = directive.render_float(x)?;
                self.append(text.as_bytes())
            }
            _ => Err(directive.unsupported().into()),
        }
    }
}
