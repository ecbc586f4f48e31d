//! Filter specifications: dicts to filters, and their encoded properties.

use liblzma::stream::{Error, Filters, LzmaOptions, MatchFinder, Mode};
use pyrope_object::{BuiltinType as B, Dict, FromArg, PyResult, Str, Value, Vm};

use super::failed;

pub(super) const LZMA1: u64 = 0x4000_0000_0000_0001;
pub(super) const LZMA2: u64 = 0x21;
pub(super) const DELTA: u64 = 3;
pub(super) const X86: u64 = 4;
pub(super) const POWERPC: u64 = 5;
pub(super) const IA64: u64 = 6;
pub(super) const ARM: u64 = 7;
pub(super) const ARMTHUMB: u64 = 8;
pub(super) const SPARC: u64 = 9;

/// Most filters in a chain.
const MOST_FILTERS: usize = 4;
const DEFAULT_PRESET: u32 = 6;

/// The options of LZMA; those that are absent come from the preset.
#[derive(Default)]
pub(super) struct LzmaSpec {
    preset: Option<u32>,
    dict_size: Option<u32>,
    lc: Option<u32>,
    lp: Option<u32>,
    pb: Option<u32>,
    mode: Option<u32>,
    nice_len: Option<u32>,
    match_finder: Option<u32>,
    depth: Option<u32>,
}

/// One filter.
pub(super) enum Filter {
    Lzma { id: u64, spec: LzmaSpec },
    Delta { distance: u32 },
    Branch { id: u64, start_offset: u32 },
}

/// The options of a specifier; ValueError for an unknown one.
fn options<const N: usize>(spec: &Value, names: [&str; N], kind: &str, vm: &Vm) -> PyResult<[Option<u32>; N]> {
    let mut values = [None; N];
    let entries = match spec.downcast::<Dict>() {
        Some(dict) => dict.entries().into_iter().map(|entry| (entry.key, entry.value)).collect(),
        None => {
            let mut entries = Vec::new();
            for key in vm.collect(&vm.call_method(spec, "keys", &[])?)? {
                let value = vm.get_item(spec, &key)?;
                entries.push((key, value));
            }
            entries
        }
    };
    for (key, value) in entries {
        let name = key.downcast::<Str>();
        if name.is_some_and(|name| name.equals_str("id")) {
            continue;
        }
        let Some(place) = names.iter().position(|known| name.is_some_and(|name| name.equals_str(known))) else {
            return Err(vm.value_error(format!("Invalid filter specifier for {kind} filter")));
        };
        let what = pyrope_object::args::ArgName { function: "filter", argument: "argument".into() };
        values[place] = Some(u32::from_arg(&value, &what, vm)?);
    }
    Ok(values)
}

/// Reads a filter specifier.
pub(super) fn parse(spec: &Value, vm: &Vm) -> PyResult<Filter> {
    if spec.downcast::<Dict>().is_none() && spec.ty(vm).slots().mp_subscript.is_none() {
        return Err(vm.type_error("Filter specifier must be a dict or dict-like object"));
    }
    let id = vm.suppress(vm.get_item(spec, vm.intern("id").as_value()), B::KeyError)?;
    let Some(id) = id else { return Err(vm.value_error("Filter specifier must have an \"id\" entry")) };
    let what = pyrope_object::args::ArgName { function: "filter", argument: "argument".into() };
    let id = u64::from_arg(&id, &what, vm)?;
    match id {
        LZMA1 | LZMA2 => {
            let names = ["preset", "dict_size", "lc", "lp", "pb", "mode", "nice_len", "mf", "depth"];
            let [preset, dict_size, lc, lp, pb, mode, nice_len, match_finder, depth] =
                options(spec, names, "LZMA", vm)?;
            let spec = LzmaSpec { preset, dict_size, lc, lp, pb, mode, nice_len, match_finder, depth };
            Ok(Filter::Lzma { id, spec })
        }
        DELTA => {
            let [distance] = options(spec, ["dist"], "delta", vm)?;
            Ok(Filter::Delta { distance: distance.unwrap_or(1) })
        }
        X86 | POWERPC | IA64 | ARM | ARMTHUMB | SPARC => {
            let [start_offset] = options(spec, ["start_offset"], "BCJ", vm)?;
            Ok(Filter::Branch { id, start_offset: start_offset.unwrap_or(0) })
        }
        _ => Err(vm.value_error(format!("Invalid filter ID: {id}"))),
    }
}

/// Reads a chain of filter specifiers.
pub(super) fn parse_chain(specs: &Value, vm: &Vm) -> PyResult<Vec<Filter>> {
    if specs.downcast::<Dict>().is_some() {
        return Err(vm.type_error(format!("{} is not a sequence", vm.type_name(specs))));
    }
    let specs = vm.collect(specs)?;
    if specs.len() > MOST_FILTERS {
        return Err(vm.value_error(format!("Too many filters - liblzma supports a maximum of {MOST_FILTERS}")));
    }
    specs.iter().map(|spec| parse(spec, vm)).collect()
}

/// The chain in the library's form.
pub(super) fn build(chain: &[Filter], vm: &Vm) -> PyResult<Filters> {
    if chain.is_empty() {
        return Err(failed(Error::Program, vm));
    }
    let mut filters = Filters::new();
    for filter in chain {
        filter.add_to(&mut filters).map_err(|error| failed(error, vm))?;
    }
    Ok(filters)
}

impl LzmaSpec {
    /// The options in the library's form.
    pub(super) fn options(&self) -> Result<LzmaOptions, Error> {
        let mut options = LzmaOptions::new_preset(self.preset.unwrap_or(DEFAULT_PRESET)).map_err(|_| Error::Options)?;
        if let Some(size) = self.dict_size {
            options.dict_size(size);
        }
        if let Some(bits) = self.lc {
            options.literal_context_bits(bits);
        }
        if let Some(bits) = self.lp {
            options.literal_position_bits(bits);
        }
        if let Some(bits) = self.pb {
            options.position_bits(bits);
        }
        if let Some(length) = self.nice_len {
            options.nice_len(length);
        }
        if let Some(depth) = self.depth {
            options.depth(depth);
        }
        if let Some(mode) = self.mode {
            options.mode(match mode {
                1 => Mode::Fast,
                2 => Mode::Normal,
                _ => return Err(Error::Options),
            });
        }
        if let Some(finder) = self.match_finder {
            options.match_finder(match finder {
                3 => MatchFinder::HashChain3,
                4 => MatchFinder::HashChain4,
                18 => MatchFinder::BinaryTree2,
                19 => MatchFinder::BinaryTree3,
                20 => MatchFinder::BinaryTree4,
                _ => return Err(Error::Options),
            });
        }
        Ok(options)
    }

    /// The size of the dictionary, of the preset if it is not given.
    fn dictionary(&self) -> u32 {
        const POWERS: [u32; 10] = [18, 20, 21, 22, 22, 23, 23, 24, 25, 26];
        let level = (self.preset.unwrap_or(DEFAULT_PRESET) & 0x1F) as usize;
        self.dict_size.unwrap_or_else(|| 1 << POWERS[level.min(9)])
    }
}

impl Filter {
    fn add_to(&self, filters: &mut Filters) -> Result<(), Error> {
        match self {
            Filter::Lzma { id: LZMA1, spec } => drop(filters.lzma1(&spec.options()?)),
            Filter::Lzma { spec, .. } => drop(filters.lzma2(&spec.options()?)),
            Filter::Delta { distance } => match u8::try_from(distance.wrapping_sub(1)) {
                Ok(byte) => drop(filters.delta_properties(&[byte])?),
                Err(_) => return Err(Error::Options),
            },
            Filter::Branch { id, start_offset } => {
                let bytes = start_offset.to_le_bytes();
                let properties: &[u8] = if *start_offset == 0 { &[] } else { &bytes };
                match *id {
                    X86 => drop(filters.x86_properties(properties)?),
                    POWERPC => drop(filters.powerpc_properties(properties)?),
                    IA64 => drop(filters.ia64_properties(properties)?),
                    ARM => drop(filters.arm_properties(properties)?),
                    ARMTHUMB => drop(filters.arm_thumb_properties(properties)?),
                    _ => drop(filters.sparc_properties(properties)?),
                }
            }
        }
        Ok(())
    }

    /// The properties as the formats store them.
    pub(super) fn properties(&self, vm: &Vm) -> PyResult<Vec<u8>> {
        let refuse = || failed(Error::Options, vm);
        match self {
            Filter::Lzma { id, spec } => {
                spec.options().map_err(|error| failed(error, vm))?;
                if *id == LZMA2 {
                    return Ok(vec![dictionary_code(spec.dictionary())]);
                }
                let (lc, lp, pb) = (spec.lc.unwrap_or(3), spec.lp.unwrap_or(0), spec.pb.unwrap_or(2));
                if lc > 4 || lp > 4 || lc + lp > 4 || pb > 4 {
                    return Err(refuse());
                }
                let mut properties = vec![((pb * 5 + lp) * 9 + lc) as u8];
                properties.extend(spec.dictionary().to_le_bytes());
                Ok(properties)
            }
            Filter::Delta { distance } => {
                u8::try_from(distance.wrapping_sub(1)).map(|byte| vec![byte]).map_err(|_| refuse())
            }
            Filter::Branch { start_offset: 0, .. } => Ok(Vec::new()),
            Filter::Branch { start_offset, .. } => Ok(start_offset.to_le_bytes().to_vec()),
        }
    }
}

/// The size of a dictionary that a code of LZMA2 stands for.
fn dictionary_size(code: u8) -> u32 {
    if code >= 40 { u32::MAX } else { (2 | u32::from(code & 1)) << (code / 2 + 11) }
}

/// The smallest code whose dictionary is large enough.
fn dictionary_code(size: u32) -> u8 {
    (0..40).find(|&code| dictionary_size(code) >= size).unwrap_or(40)
}

/// A filter's options from its stored properties.
pub(super) fn decode(id: u64, properties: &[u8]) -> Option<Vec<(&'static str, u64)>> {
    let mut parts = vec![("id", id)];
    match (id, properties) {
        (LZMA1, &[code, a, b, c, d]) if code < 225 => {
            let code = u64::from(code);
            parts.extend([("lc", code % 9), ("lp", code / 9 % 5), ("pb", code / 45)]);
            if code % 9 + code / 9 % 5 > 4 {
                return None;
            }
            parts.push(("dict_size", u32::from_le_bytes([a, b, c, d]).into()));
        }
        (LZMA2, &[code]) if code <= 40 => parts.push(("dict_size", dictionary_size(code).into())),
        (DELTA, &[byte]) => parts.push(("dist", u64::from(byte) + 1)),
        (X86 | POWERPC | IA64 | ARM | ARMTHUMB | SPARC, []) => {}
        (X86 | POWERPC | IA64 | ARM | ARMTHUMB | SPARC, &[a, b, c, d]) => {
            parts.push(("start_offset", u32::from_le_bytes([a, b, c, d]).into()));
        }
        _ => return None,
    }
    Some(parts)
}
