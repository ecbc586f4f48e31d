//! Writing, at build time.

use std::collections::HashMap;
use std::rc::Rc;

use dashu_int::Sign;
use pyrope_text::Wtf8Buf;

use super::{FIELDS, HEADER, INTERNED, SURROGATES, Tag};
use crate::{Code, Constant};

/// The image of a module. The code within it has the module's file name.
pub fn write(module: &Code) -> Vec<u8> {
    let mut writer = Writer::default();
    let filename =
        writer.string(module.filename.as_bytes(), SURROGATES * u32::from(module.filename.as_str().is_none()));
    let root = writer.code(module);
    let table = (HEADER + 2 * writer.strings.len()) * 4;
    let codes = table + writer.texts.len();
    let mut out = Vec::with_capacity(codes + writer.codes.len());
    for number in [filename, root, writer.strings.len() as u32, codes as u32] {
        put(&mut out, number);
    }
    for (start, length) in writer.strings {
        put(&mut out, table as u32 + start);
        put(&mut out, length);
    }
    out.extend(writer.texts);
    out.extend(writer.codes);
    out
}

fn put(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_le_bytes());
}

#[derive(Default)]
struct Writer {
    /// Where each text begins in `texts`; its length and kind.
    strings: Vec<(u32, u32)>,
    texts: Vec<u8>,
    known: HashMap<(Vec<u8>, u32), u32>,
    codes: Vec<u8>,
}

impl Writer {
    /// The index of a string.
    fn string(&mut self, text: &[u8], kind: u32) -> u32 {
        if let Some(&known) = self.known.get(&(text.to_vec(), kind)) {
            return known;
        }
        let index = self.strings.len() as u32;
        self.strings.push((self.texts.len() as u32, (text.len() as u32) << 2 | kind));
        self.texts.extend_from_slice(text);
        self.known.insert((text.to_vec(), kind), index);
        index
    }

    fn name(&mut self, name: &str) -> u32 {
        self.string(name.as_bytes(), INTERNED)
    }

    fn text(&mut self, text: &Wtf8Buf, interned: bool) -> u32 {
        let surrogates = if text.as_str().is_none() { SURROGATES } else { 0 };
        self.string(text.as_bytes(), surrogates | if interned { INTERNED } else { 0 })
    }

    /// Writes code behind the code within it; where it begins.
    fn code(&mut self, code: &Code) -> u32 {
        let mut consts = Vec::new();
        for constant in code.consts.iter() {
            self.constant(constant, &mut consts);
        }
        let numbers: [u32; FIELDS] = [
            code.argcount,
            code.posonlyargcount,
            code.kwonlyargcount,
            code.stacksize,
            code.flags,
            code.firstlineno as u32,
            self.name(&code.name),
            self.name(&code.qualname),
            code.code.len() as u32,
            code.localsplusnames.len() as u32,
            code.linetable.len() as u32,
            code.exceptiontable.len() as u32,
            code.names.len() as u32,
            code.consts.len() as u32,
        ];
        let names =
            |writer: &mut Self, names: &[Rc<str>]| names.iter().map(|name| writer.name(name)).collect::<Vec<_>>();
        let (names, locals) = (names(self, &code.names), names(self, &code.localsplusnames));
        let start = self.codes.len() as u32;
        numbers.into_iter().for_each(|number| put(&mut self.codes, number));
        for table in [&code.code, &code.localspluskinds, &code.linetable, &code.exceptiontable] {
            self.codes.extend_from_slice(table);
        }
        names.into_iter().chain(locals).for_each(|index| put(&mut self.codes, index));
        self.codes.extend(consts);
        start
    }

    fn constant(&mut self, constant: &Constant, out: &mut Vec<u8>) {
        let tagged = |out: &mut Vec<u8>, tag: Tag, number: u32| {
            out.push(tag as u8);
            put(out, number);
        };
        match constant {
            Constant::None => out.push(Tag::None as u8),
            Constant::Bool(false) => out.push(Tag::False as u8),
            Constant::Bool(true) => out.push(Tag::True as u8),
            Constant::Ellipsis => out.push(Tag::Ellipsis as u8),
            Constant::Int(value) => {
                let (sign, magnitude) = value.clone().into_parts();
                let bytes = magnitude.to_le_bytes();
                tagged(out, if sign == Sign::Negative { Tag::NegativeInt } else { Tag::Int }, bytes.len() as u32);
                out.extend_from_slice(&bytes);
            }
            Constant::Float(value) => {
                out.push(Tag::Float as u8);
                out.extend(value.to_le_bytes());
            }
            Constant::Complex { real, imag } => {
                out.push(Tag::Complex as u8);
                out.extend(real.to_le_bytes());
                out.extend(imag.to_le_bytes());
            }
            Constant::Str { value, interned } => {
                let index = self.text(value, *interned);
                tagged(out, Tag::Str, index);
            }
            Constant::Bytes(bytes) => {
                tagged(out, Tag::Bytes, bytes.len() as u32);
                out.extend_from_slice(bytes);
            }
            Constant::Tuple(items) => self.items(Tag::Tuple, items, out),
            Constant::FrozenSet(items) => self.items(Tag::FrozenSet, items, out),
            Constant::Slice(parts) => self.items(Tag::Slice, &parts[..], out),
            Constant::Code(code) => {
                let start = self.code(code);
                tagged(out, Tag::Code, start);
            }
        }
    }

    fn items(&mut self, tag: Tag, items: &[Constant], out: &mut Vec<u8>) {
        out.push(tag as u8);
        put(out, items.len() as u32);
        for item in items {
            self.constant(item, out);
        }
    }
}
