//! `_multibytecodec` and the modules of East Asian codecs that stand on it.

mod codec;
mod incremental;
mod streams;

use pyrope_macros::pyfunctions;
use pyrope_object::{BuiltinType as B, Dict, ModuleDef, Object, PyResult, Ref, Str, Value, Vm};
use pyrope_textual::codecs::Cjk;

use codec::MultibyteCodec;

pub static MODULE: ModuleDef =
    ModuleDef { name: "_multibytecodec", doc: "", functions: &[], types: &[], exec: Some(add_types) };

fn add_types(module: &Value, vm: &Vm) -> PyResult<()> {
    let dict: Ref<Dict> = pyrope_types::model::module::module_dict(module, vm)?;
    let types = [
        <incremental::MultibyteIncrementalEncoder as Object>::def(),
        <incremental::MultibyteIncrementalDecoder as Object>::def(),
        <streams::MultibyteStreamReader as Object>::def(),
        <streams::MultibyteStreamWriter as Object>::def(),
    ];
    types.iter().try_for_each(|def| dict.set_str(def.name, vm.type_of_def(def).to_value(), vm))
}

/// One of the codecs that a module has, by its name.
fn find_codec(encoding: &Value, known: &[Cjk], vm: &Vm) -> PyResult<Ref<MultibyteCodec>> {
    let Some(name) = encoding.downcast::<Str>() else {
        return Err(vm.type_error("encoding name must be a string."));
    };
    let found = name.as_ascii().and_then(Cjk::from_name).filter(|codec| known.contains(codec));
    match found {
        Some(codec) => Ok(MultibyteCodec::make(codec, vm)),
        None => Err(vm.raise(B::LookupError, "no such codec is supported.")),
    }
}

/// A module with the function `getcodec` for some codecs.
macro_rules! codec_module {
    ($module:ident, $name:literal, [$($codec:ident),*]) => {
        pub mod $module {
            use super::*;

            pub static MODULE: ModuleDef =
                ModuleDef { name: $name, doc: "", functions: &[functions::FUNCTIONS], types: &[], exec: None };

            #[pyfunctions]
            mod functions {
                use super::*;

                #[pyfunction("getcodec($self, object, /)")]
                fn getcodec(object: &Value, vm: &Vm) -> PyResult<Ref<MultibyteCodec>> {
                    find_codec(object, &[$(Cjk::$codec),*], vm)
                }
            }
        }
    };
}

codec_module!(cn, "_codecs_cn", [Gb2312, Gbk, Gb18030, Hz]);
codec_module!(hk, "_codecs_hk", [Big5Hkscs]);
codec_module!(
    iso2022,
    "_codecs_iso2022",
    [Iso2022Kr, Iso2022Jp, Iso2022Jp1, Iso2022Jp2, Iso2022Jp2004, Iso2022Jp3, Iso2022JpExt]
);
codec_module!(jp, "_codecs_jp", [ShiftJis, Cp932, EucJp, ShiftJis2004, EucJis2004, EucJisx0213, ShiftJisx0213]);
codec_module!(kr, "_codecs_kr", [EucKr, Cp949, Johab]);
codec_module!(tw, "_codecs_tw", [Big5, Cp950]);
