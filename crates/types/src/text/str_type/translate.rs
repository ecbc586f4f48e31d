//! `translate` and `maketrans`.

use pyrope_macros::pymethods;
use pyrope_object::{BuiltinType as B, Dict, PyResult, Ref, Str, Value, Vm};

use super::super::builder::TextBuilder;
use super::StrType;

/// What a table says of a character.
enum Mapping {
    Same,
    Gone,
    Char(u32),
    Text(Ref<Str>),
}

fn mapping(table: &Value, c: u32, vm: &Vm) -> PyResult<Mapping> {
    let key = vm.int(c.into());
    let found = match table.downcast_exact::<Dict>() {
        Some(dict) => match dict.get(&key, vm)? {
            Some(found) => found,
            None => return Ok(Mapping::Same),
        },
        None => {
            let found = vm.get_item(table, &key);
            match vm.suppress(found, B::LookupError)? {
                Some(found) => found,
                None => return Ok(Mapping::Same),
            }
        }
    };
    if found.is_none() {
        return Ok(Mapping::Gone);
    }
    if let Some(number) = found.as_int() {
        return match number.to_i64().and_then(|n| u32::try_from(n).ok()) {
            Some(c) if c < 0x11_0000 => Ok(Mapping::Char(c)),
            _ => Err(vm.value_error("character mapping must be in range(0x110000)")),
        };
    }
    match found.cast::<Str>() {
        Some(text) => Ok(Mapping::Text(text)),
        None => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

#[pymethods(TRANSLATE)]
impl StrType {
    /// A copy where each character is replaced by what a table has for its number: a number, a text, or None to leave it
    /// out. Characters that the table does not have (LookupError) stay.
    #[method("translate($self, table, /)")]
    fn translate(this: &Str, table: &Value, vm: &Vm) -> PyResult<Ref<Str>> {
        let mut out = TextBuilder::with_capacity(this.len());
        // ASCII answers of a plain dict cannot change while it is asked.
        let mut known: [Option<Option<u8>>; 128] = [None; 128];
        let plain = table.downcast_exact::<Dict>().is_some();
        for c in this.code_points() {
            if let Some(Some(answer)) = known.get(c as usize) {
                if let Some(c) = answer {
                    out.push((*c).into());
                }
                continue;
            }
            let answer = mapping(table, c, vm)?;
            let simple = match &answer {
                Mapping::Same => u8::try_from(c).ok().filter(u8::is_ascii).map(Some),
                Mapping::Gone => Some(None),
                Mapping::Char(c) => u8::try_from(*c).ok().filter(u8::is_ascii).map(Some),
                Mapping::Text(_) => None,
            };
            if plain && let Some(place) = known.get_mut(c as usize) {
                *place = simple;
            }
            match answer {
                Mapping::Same => out.push(c),
                Mapping::Gone => {}
                Mapping::Char(c) => out.push(c),
                Mapping::Text(text) => out.push_text(&text),
            }
        }
        out.finish(vm)
    }

    /// A table for `translate`: from a dict of characters or numbers, or from two texts of equal length and a third one of
    /// characters to leave out.
    #[staticmethod("maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)")]
    fn maketrans(x: &Value, y: Option<&Str>, z: Option<&Str>, vm: &Vm) -> PyResult {
        let table = vm.new_dict();
        let Some(to) = y else {
            let Some(dict) = x.downcast_exact::<Dict>() else {
                return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
            };
            for entry in dict.entries() {
                let key = table_key(&entry.key, vm)?;
                table.set(key, entry.value, vm)?;
            }
            return Ok(table.into_value());
        };
        let Some(from) = x.downcast::<Str>() else {
            return Err(vm.type_error("first maketrans argument must be a string if there is a second argument"));
        };
        if from.len() != to.len() {
            return Err(vm.value_error("the first two maketrans arguments must have equal length"));
        }
        for (from, to) in from.code_points().zip(to.code_points()) {
            table.set(vm.int(from.into()), vm.int(to.into()), vm)?;
        }
        for gone in z.iter().flat_map(|z| z.code_points()) {
            table.set(vm.int(gone.into()), Value::none(), vm)?;
        }
        Ok(table.into_value())
    }
}

fn table_key(key: &Value, vm: &Vm) -> PyResult {
    if let Some(text) = key.downcast::<Str>() {
        return match text.code_point(0) {
            Some(c) if text.len() == 1 => Ok(vm.int(c.into())),
            _ => Err(vm.value_error("string keys in translatetable must be of length 1")),
        };
    }
    if key.as_int().is_some() {
        return Ok(key.clone());
    }
    Err(vm.type_error("keys in translate table mustbe strings or integers"))
}
