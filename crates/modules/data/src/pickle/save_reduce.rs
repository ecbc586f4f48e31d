//! Writing what `__reduce_ex__` gave: how to make the object, and what to put into it.

use pyrope_object::{Dict, OwnedArgs, PyResult, Raised, Ref, Str, Tuple, Type, Value, Vm};

use super::opcodes as op;
use super::pickler::Pickler;
use super::state::{partial, pickling_error, type_text, with_note};

/// The parts of a reduction that follow the call.
#[derive(Default)]
struct Rest<'a> {
    state: Option<&'a Value>,
    list_items: Option<&'a Value>,
    dict_items: Option<&'a Value>,
    state_setter: Option<&'a Value>,
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_none())
}

fn is_callable(value: &Value, vm: &Vm) -> bool {
    value.ty(vm).slots().call.is_some()
}

#[cold]
fn wrong_item(which: &str, expected: &str, found: &Value, vm: &Vm) -> Raised {
    let kind = type_text(found, vm);
    let message = format!("{which} item of the tuple returned by __reduce__ must be {expected}, not {kind}");
    pickling_error(message, vm)
}

impl<'a> Rest<'a> {
    fn of(parts: &'a [Value], vm: &Vm) -> PyResult<Self> {
        let at = |index: usize| present(parts.get(index));
        for (index, which) in [(3, "fourth"), (4, "fifth")] {
            if let Some(items) = at(index)
                && items.ty(vm).slots().next.is_none()
            {
                return Err(wrong_item(which, "an iterator", items, vm));
            }
        }
        if let Some(setter) = at(5)
            && !is_callable(setter, vm)
        {
            return Err(wrong_item("sixth", "callable", setter, vm));
        }
        Ok(Rest { state: at(2), list_items: at(3), dict_items: at(4), state_setter: at(5) })
    }
}

impl Pickler {
    /// Writes a reduction. `object` is what it stands for, to be memoized.
    pub(super) fn save_reduce(&self, parts: &Ref<Tuple>, object: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let parts = parts.as_slice();
        let (callable, arguments) = match parts {
            [callable, arguments] | [callable, arguments, _, ..] if parts.len() <= 6 => (callable, arguments),
            _ => return Err(pickling_error("tuple returned by __reduce__ must contain 2 through 6 elements", vm)),
        };
        if !is_callable(callable, vm) {
            return Err(wrong_item("first", "callable", callable, vm));
        }
        let Some(arguments) = arguments.downcast::<Tuple>() else {
            return Err(wrong_item("second", "a tuple", arguments, vm));
        };
        let rest = Rest::of(parts, vm)?;
        match self.constructor_kind(callable, vm)? {
            Constructor::NewObjectEx => self.save_newobj_ex(arguments, object, vm)?,
            Constructor::NewObject => self.save_newobj(arguments, object, vm)?,
            Constructor::Call => {
                self.save_noted(callable, object, "reconstructor", vm)?;
                self.save_noted(&pyrope_object::value_of(arguments), object, "reconstructor arguments", vm)?;
                self.write(&[op::REDUCE]);
            }
        }
        if let Some(object) = object {
            // An object that is in the memo by now contains itself: drop what was made and refer to it.
            if let Some(known) = self.memo.with(|memo| memo.get(object)) {
                self.write(&[op::POP]);
                return self.write_get(known, vm);
            }
            self.memoize(object, vm)?;
        }
        self.save_content(&rest, object, vm)
    }

    fn constructor_kind(&self, callable: &Value, vm: &Vm) -> PyResult<Constructor> {
        if self.protocol.get() < 2 {
            return Ok(Constructor::Call);
        }
        let name = vm.find_attr(callable, vm.names().__name__.as_value())?;
        Ok(match name.as_ref().and_then(|name| name.downcast::<Str>()).and_then(Str::as_ascii) {
            Some("__newobj__") => Constructor::NewObject,
            Some("__newobj_ex__") => Constructor::NewObjectEx,
            _ => Constructor::Call,
        })
    }

    /// Writes a part, noting on failure which part of what object it is.
    fn save_noted(&self, part: &Value, object: Option<&Value>, what: &str, vm: &Vm) -> PyResult<()> {
        self.save(part, true, vm).map_err(|raised| match object {
            Some(object) => with_note(raised, format!("when serializing {} {what}", type_text(object, vm)), vm),
            None => raised,
        })
    }

    fn save_newobj_ex(&self, arguments: &Tuple, object: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let [class, args, kwargs] = arguments.as_slice() else {
            let given = arguments.len();
            return Err(pickling_error(format!("__newobj_ex__ expected 3 arguments, got {given}"), vm));
        };
        let wrong = |which: &str, expected: &str, found: &Value| {
            let kind = type_text(found, vm);
            pickling_error(format!("{which} argument to __newobj_ex__() must be {expected}, not {kind}"), vm)
        };
        if class.downcast::<Type>().is_none() {
            return Err(wrong("first", "a class", class));
        }
        let Some(positional) = args.downcast::<Tuple>() else { return Err(wrong("second", "a tuple", args)) };
        let Some(named) = kwargs.downcast::<Dict>() else { return Err(wrong("third", "a dict", kwargs)) };
        if self.protocol.get() >= 4 {
            self.save_noted(class, object, "class", vm)?;
            self.save_noted(args, object, "__new__ arguments", vm)?;
            self.save_noted(kwargs, object, "__new__ arguments", vm)?;
            self.write(&[op::NEWOBJ_EX]);
            return Ok(());
        }
        // Older protocols have no keyword arguments: they call `partial(cls.__new__, cls, *args, **kwargs)`.
        let mut call = OwnedArgs::default();
        call.values.push(vm.get_attr(class, vm.names().__new__.as_value())?);
        call.values.push(class.clone());
        call.values.extend_from_slice(positional.as_slice());
        for entry in named.entries() {
            call.kwnames.push(entry.key);
            call.values.push(entry.value);
        }
        let constructor = vm.call_args(&partial(vm)?, call.as_args())?;
        self.save_noted(&constructor, object, "reconstructor", vm)?;
        self.save(vm.new_tuple(Vec::new()).as_value(), true, vm)?;
        self.write(&[op::REDUCE]);
        Ok(())
    }

    fn save_newobj(&self, arguments: &Tuple, object: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let [class, rest @ ..] = arguments.as_slice() else {
            return Err(pickling_error("__newobj__ expected at least 1 argument, got 0", vm));
        };
        if class.downcast::<Type>().is_none() {
            let kind = type_text(class, vm);
            return Err(pickling_error(format!("first argument to __newobj__() must be a class, not {kind}"), vm));
        }
        if let Some(object) = object {
            let own = vm.get_attr(object, vm.names().__class__.as_value())?;
            if !own.is(class) {
                let (own, given) = (vm.repr_text(&own)?, vm.repr_text(class)?);
                let message = format!("first argument to __newobj__() must be {own}, not {given}");
                return Err(pickling_error(message, vm));
            }
        }
        self.save_noted(class, object, "class", vm)?;
        let rest = vm.tuple_from_slice(rest).into_value();
        self.save_noted(&rest, object, "__new__ arguments", vm)?;
        self.write(&[op::NEWOBJ]);
        Ok(())
    }

    fn save_content(&self, rest: &Rest<'_>, object: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let none = Value::none();
        let shown = object.unwrap_or(&none);
        if let Some(items) = rest.list_items {
            self.batch_appends(items, shown, vm)?;
        }
        if let Some(items) = rest.dict_items {
            self.batch_setitems(items, shown, vm)?;
        }
        let Some(state) = rest.state else { return Ok(()) };
        let Some(setter) = rest.state_setter else {
            self.save_noted(state, object, "state", vm)?;
            self.write(&[op::BUILD]);
            return Ok(());
        };
        self.save_noted(setter, object, "state setter", vm)?;
        self.save(shown, true, vm)?;
        self.save_noted(state, object, "state", vm)?;
        self.write(&[op::TUPLE2, op::REDUCE, op::POP]);
        Ok(())
    }
}

/// How a reduction makes the object.
enum Constructor {
    Call,
    NewObject,
    NewObjectEx,
}
