//! `text % arguments`.

use std::ops::Range;

use pyrope_object::{BuiltinType as B, PyResult, Str, StrView, Value, Vm};
use pyrope_textual::percent_format::{self, Directive, Flavour, Handler, NOT_ALL_STR, Star};

use super::super::builder::{TextBuilder, slice_view, with_units};
use super::super::percent_args::{Arguments, Failure, format_integer};
use super::ascii_text;

struct Formatter<'a> {
    template: StrView<'a>,
    arguments: Arguments<'a>,
    out: TextBuilder,
    vm: &'a Vm,
}

pub(super) fn str_remainder(slf: &Value, args: &Value, vm: &Vm) -> PyResult {
    let Some(template) = slf.downcast::<Str>() else { return Ok(Value::not_implemented()) };
    let arguments = Arguments::new(args, &[B::Tuple, B::Str], vm);
    let out = TextBuilder::with_capacity(template.len());
    let mut formatter = Formatter { template: template.view(), arguments, out, vm };
    with_units!(template.view(), units => percent_format::format(units, Flavour::Str, &mut formatter))
        .map_err(|failure| failure.raise(vm))?;
    if formatter.arguments.left_over() {
        return Err(vm.type_error(NOT_ALL_STR));
    }
    Ok(formatter.out.finish(vm)?.into_value())
}

impl Formatter<'_> {
    fn text(&mut self, text: StrView<'_>, directive: &Directive) {
        let layout = directive.layout_str(text.len());
        self.out.push_many(layout.fill, layout.left);
        self.out.push_view(text.slice(0, layout.take));
        self.out.push_many(layout.fill, layout.right);
    }

    fn character(&mut self, value: &Value, directive: &Directive) -> Result<(), Failure> {
        let vm = self.vm;
        if let Some(text) = value.downcast::<Str>() {
            if text.len() != 1 {
                let message =
                    format!("%c requires an int or a unicode character, not a string of length {}", text.len());
                return Err(vm.type_error(message).into());
            }
            self.text(text.view(), directive);
            return Ok(());
        }
        if value.as_int().is_none() && value.ty(vm).slots().index.is_none() {
            let kind = crate::text::qualified_type_name(value, vm);
            return Err(vm.type_error(format!("%c requires an int or a unicode character, not {kind}")).into());
        }
        match vm.index_i64(value)?.and_then(|n| u32::try_from(n).ok()).filter(|&c| c < 0x11_0000) {
            Some(c) => {
                self.text(StrView::Ucs4(&[c]), directive);
                Ok(())
            }
            None => Err(vm.overflow_error("%c arg not in range(0x110000)").into()),
        }
    }
}

impl Handler for Formatter<'_> {
    type Error = Failure;

    fn literal(&mut self, range: Range<usize>) -> Result<(), Failure> {
        self.out.push_view(self.template.slice(range.start, range.end));
        Ok(())
    }

    fn key(&mut self, range: Option<Range<usize>>) -> Result<(), Failure> {
        self.arguments.check_mapping()?;
        if let Some(range) = range {
            let key = slice_view(self.template, range.start, range.end, self.vm)?;
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
            b's' => {
                let text = vm.str(&value)?;
                self.text(text.view(), directive);
            }
            b'r' => {
                let text = vm.repr(&value)?;
                self.text(text.view(), directive);
            }
            b'a' => {
                let text = ascii_text(&vm.repr(&value)?, vm)?;
                self.text(text.view(), directive);
            }
            b'c' => self.character(&value, directive)?,
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                let text = format_integer(&value, directive, vm)?;
                self.out.push_str(&text);
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let x = vm.to_f64(&value)?;
                self.out.push_str(&directive.render_float(x)?);
            }
            _ => return Err(directive.unsupported().into()),
        }
        Ok(())
    }
}
