//! Putting a call's arguments into a function's parameters, and the messages when they do not fit.

use pyrope_bytecode::CodeFlags;
use pyrope_object::layout::{Dict, Str};
use pyrope_object::{Args, PyResult, Raised, Ref, Value, Vm};

use super::Function;
use crate::code::CodeObject;
use crate::stack::Frame;

/// Binds `args` to the first locals of a fresh frame of `function`.
pub fn bind_arguments(frame: &Frame, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let binder = Binder { frame, function: frame.function(), code: frame.code(), vm };
    binder.bind(args)
}

struct Binder<'a> {
    frame: &'a Frame,
    function: &'a Function,
    code: &'a CodeObject,
    vm: &'a Vm,
}

impl Binder<'_> {
    fn set(&self, index: usize, value: Value) {
        drop(self.frame.replace_local(index, Some(value)));
    }

    fn bind(&self, args: Args<'_>) -> PyResult<()> {
        let code = self.code;
        if code.if_loaded().is_none() {
            code.load(self.vm)?;
        }
        let (argcount, total) = (code.argcount as usize, (code.argcount + code.kwonlyargcount) as usize);
        let given = args.positional();
        let varargs = code.flags & CodeFlags::VARARGS != 0;
        for (index, value) in given.iter().take(argcount).enumerate() {
            self.set(index, value.clone());
        }
        if varargs {
            let rest = given.get(argcount..).unwrap_or_default();
            self.set(total, self.vm.tuple_from_slice(rest).into_value());
        }
        let extra = if code.flags & CodeFlags::VARKEYWORDS != 0 {
            let extra = self.vm.new_dict();
            self.set(total + usize::from(varargs), extra.to_value());
            Some(extra)
        } else {
            None
        };
        if args.keyword_count() > 0 {
            self.bind_keywords(args, total, extra.as_ref())?;
        }
        if given.len() > argcount && !varargs {
            return Err(self.too_many(given.len()));
        }
        if given.len() < argcount {
            self.fill_positional(given.len(), argcount)?;
        }
        if code.kwonlyargcount > 0 {
            self.fill_keyword_only(argcount, total)?;
        }
        Ok(())
    }

    fn bind_keywords(&self, args: Args<'_>, total: usize, extra: Option<&Ref<Dict>>) -> PyResult<()> {
        for (name, value) in args.keywords() {
            let Some(text) = name.downcast::<Str>() else {
                return Err(self.vm.type_error("keywords must be strings"));
            };
            match self.parameter(text, total) {
                Some(index) => {
                    if self.frame.local(index).is_some() {
                        let shown = text.to_string_lossy();
                        return Err(self.error(|f| format!("{f}() got multiple values for argument '{shown}'")));
                    }
                    self.set(index, value.clone());
                }
                None => match extra {
                    Some(extra) => extra.set(name.clone(), value.clone(), self.vm)?,
                    None => return Err(self.unexpected(args, text, total)),
                },
            }
        }
        Ok(())
    }

    /// The parameter that a keyword names.
    fn parameter(&self, name: &Str, total: usize) -> Option<usize> {
        let posonly = self.code.posonlyargcount as usize;
        let names = self.code.loaded().local_names.get(posonly..total)?;
        names
            .iter()
            .position(|n| std::ptr::eq(&**n, name))
            .or_else(|| if name.is_interned() { None } else { names.iter().position(|n| n.equals(name)) })
            .map(|index| index + posonly)
    }

    fn fill_positional(&self, given: usize, argcount: usize) -> PyResult<()> {
        let defaults = self.function.defaults.get();
        let defaults = defaults.as_ref().map_or(&[][..], |d| d.as_slice());
        let required = argcount.saturating_sub(defaults.len());
        let missing: Vec<usize> = (given..required).filter(|&i| self.frame.local(i).is_none()).collect();
        if !missing.is_empty() {
            return Err(self.missing("positional", &missing));
        }
        let skipped = defaults.len().saturating_sub(argcount);
        for index in given.max(required)..argcount {
            if self.frame.local(index).is_none() {
                self.set(index, defaults[index - required + skipped].clone());
            }
        }
        Ok(())
    }

    fn fill_keyword_only(&self, argcount: usize, total: usize) -> PyResult<()> {
        let defaults = self.function.kwdefaults.get();
        let mut missing = Vec::new();
        for index in argcount..total {
            if self.frame.local(index).is_some() {
                continue;
            }
            let name = self.code.loaded().local_names[index].as_value();
            let default = match &defaults {
                Some(defaults) => defaults.get(name, self.vm)?,
                None => None,
            };
            match default {
                Some(default) => self.set(index, default),
                None => missing.push(index),
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(self.missing("keyword-only", &missing)) }
    }

    fn error(&self, message: impl FnOnce(&str) -> String) -> Raised {
        self.vm.type_error(message(&self.function.qualname().to_string_lossy()))
    }

    #[cold]
    fn missing(&self, kind: &str, missing: &[usize]) -> Raised {
        let names: Vec<String> =
            missing.iter().map(|&i| format!("'{}'", self.code.loaded().local_names[i].to_string_lossy())).collect();
        let list = match names.as_slice() {
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [init @ .., last] => format!("{}, and {last}", init.join(", ")),
            [] => String::new(),
        };
        let (count, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
        self.error(|f| format!("{f}() missing {count} required {kind} argument{plural}: {list}"))
    }

    #[cold]
    fn too_many(&self, given: usize) -> Raised {
        let argcount = self.code.argcount as usize;
        let named = argcount..argcount + self.code.kwonlyargcount as usize;
        let keyword_only = named.filter(|&i| self.frame.local(i).is_some()).count();
        let defaults = self.function.defaults.with(|d| d.as_ref().map_or(0, |d| d.len()));
        let (signature, plural) = if defaults > 0 {
            (format!("from {} to {argcount}", argcount.saturating_sub(defaults)), true)
        } else {
            (argcount.to_string(), argcount != 1)
        };
        let s = |many: bool| if many { "s" } else { "" };
        let keywords = if keyword_only > 0 {
            format!(
                " positional argument{} (and {keyword_only} keyword-only argument{})",
                s(given != 1),
                s(keyword_only != 1)
            )
        } else {
            String::new()
        };
        let were = if given == 1 && keyword_only == 0 { "was" } else { "were" };
        let plural = s(plural);
        self.error(|f| {
            format!("{f}() takes {signature} positional argument{plural} but {given}{keywords} {were} given")
        })
    }

    #[cold]
    fn unexpected(&self, args: Args<'_>, name: &Str, total: usize) -> Raised {
        let posonly = self.code.posonlyargcount as usize;
        let positional: Vec<String> = self.code.loaded().local_names[..posonly]
            .iter()
            .filter(|n| args.kwnames().iter().any(|k| k.downcast::<Str>().is_some_and(|k| k.equals(n))))
            .map(|n| n.to_string_lossy().into_owned())
            .collect();
        if !positional.is_empty() {
            let list = positional.join(", ");
            return self
                .error(|f| format!("{f}() got some positional-only arguments passed as keyword arguments: '{list}'"));
        }
        let known: Vec<String> =
            self.code.loaded().local_names[posonly..total].iter().map(|n| n.to_string_lossy().into_owned()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let function = self.function.qualname().to_string_lossy().into_owned();
        pyrope_object::bind::unexpected_keyword(&function, &name.to_string_lossy(), &known, self.vm)
    }
}
