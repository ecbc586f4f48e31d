//! Functions about single values and iterables.

#[pyrope_macros::pyfunctions]
pub(super) mod functions {
    use pyrope_object::bind::OrNone;
    use pyrope_object::layout::Str;
    use pyrope_object::{Args, BuiltinType as B, CompareOp, PyResult, Value, Vm};
    use pyrope_types::containers::list::sort::sort_values;
    use pyrope_types::model::instance_checks;

    /// Return the absolute value of the argument.
    #[pyfunction("abs(number, /)")]
    fn abs(number: &Value, vm: &Vm) -> PyResult {
        vm.absolute(number)
    }

    /// Return True if bool(x) is True for all values x in the iterable.
    ///
    /// If the iterable is empty, return True.
    #[pyfunction("all(iterable, /)")]
    fn all(iterable: &Value, vm: &Vm) -> PyResult<bool> {
        let mut items = vm.walk(iterable)?;
        while let Some(item) = items.next(vm)? {
            if !vm.is_true(&item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Return True if bool(x) is True for any x in the iterable.
    ///
    /// If the iterable is empty, return False.
    #[pyfunction("any(iterable, /)")]
    fn any(iterable: &Value, vm: &Vm) -> PyResult<bool> {
        let mut items = vm.walk(iterable)?;
        while let Some(item) = items.next(vm)? {
            if vm.is_true(&item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Return an ASCII-only representation of an object.
    ///
    /// As repr(), return a string containing a printable representation of an
    /// object, but escape the non-ASCII characters in the string returned by
    /// repr() using \\x, \\u or \\U escapes. This generates a string similar
    /// to that returned by repr() in Python 2.
    #[pyfunction("ascii(obj, /)")]
    fn ascii(obj: &Value, vm: &Vm) -> PyResult {
        let repr = vm.repr(obj)?;
        if repr.as_ascii().is_some() {
            return Ok(repr.into_value());
        }
        let mut out = String::with_capacity(repr.len() * 2);
        for c in repr.code_points() {
            match c {
                0..0x80 => out.push(c as u8 as char),
                0x80..0x100 => out.push_str(&format!("\\x{c:02x}")),
                0x100..0x1_0000 => out.push_str(&format!("\\u{c:04x}")),
                _ => out.push_str(&format!("\\U{c:08x}")),
            }
        }
        Ok(vm.try_str(&out)?.into_value())
    }

    /// Return the binary representation of an integer.
    ///
    ///    >>> bin(2796202)
    ///    '0b1010101010101010101010'
    #[pyfunction("bin(integer, /)")]
    fn bin(integer: &Value, vm: &Vm) -> PyResult {
        in_base(integer, "#b", vm)
    }

    /// Return the hexadecimal representation of an integer.
    ///
    ///    >>> hex(12648430)
    ///    '0xc0ffee'
    #[pyfunction("hex(integer, /)")]
    fn hex(integer: &Value, vm: &Vm) -> PyResult {
        in_base(integer, "#x", vm)
    }

    /// Return the octal representation of an integer.
    ///
    ///    >>> oct(342391)
    ///    '0o1234567'
    #[pyfunction("oct(integer, /)")]
    fn oct(integer: &Value, vm: &Vm) -> PyResult {
        in_base(integer, "#o", vm)
    }

    /// Return whether the object is callable (i.e., some kind of function).
    ///
    /// Note that classes are callable, as are instances of classes with a
    /// __call__() method.
    #[pyfunction("callable(obj, /)")]
    fn callable(obj: &Value, vm: &Vm) -> bool {
        obj.ty(vm).slots().call.is_some()
    }

    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    #[pyfunction("chr(i, /)")]
    fn chr(i: &Value, vm: &Vm) -> PyResult {
        match vm.index_i64(i)? {
            Some(code @ 0..=0x10_FFFF) => Ok(vm.str_from_code_points(&[code as u32])?.into_value()),
            _ => Err(vm.value_error("chr() arg not in range(0x110000)")),
        }
    }

    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    #[pyfunction("divmod(x, y, /)")]
    fn divmod(x: &Value, y: &Value, vm: &Vm) -> PyResult {
        vm.divmod(x, y)
    }

    /// Return type(value).__format__(value, format_spec)
    ///
    /// Many built-in types implement format_spec according to the
    /// Format Specification Mini-language. See help('FORMATTING')
    /// for details.
    ///
    /// If type(value) does not supply a method named __format__
    /// and format_spec is empty, then str(value) is returned.
    /// See also help('SPECIALMETHODS').
    #[pyfunction("format(value, format_spec='', /)")]
    fn format(value: &Value, format_spec: Option<&Str>, vm: &Vm) -> PyResult {
        match format_spec {
            Some(spec) => vm.format(value, &pyrope_object::value_of(spec)),
            None => vm.format(value, vm.empty_str().as_value()),
        }
    }

    /// getattr(object, name[, default]) -> value
    ///
    /// Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.
    /// When a default argument is given, it is returned when the attribute doesn't
    /// exist; without it, an exception is raised in that case.
    #[pyfunction("getattr")]
    fn getattr(args: Args<'_>, vm: &Vm) -> PyResult {
        if args.keyword_count() > 0 {
            return Err(vm.type_error("getattr() takes no keyword arguments"));
        }
        match args.positional() {
            [object, name] => {
                attribute_name(name, vm)?;
                vm.get_attr(object, name)
            }
            [object, name, default] => {
                attribute_name(name, vm)?;
                Ok(vm.find_attr(object, name)?.unwrap_or_else(|| default.clone()))
            }
            [] | [_] => {
                Err(vm.type_error(format!("getattr expected at least 2 arguments, got {}", args.positional().len())))
            }
            more => Err(vm.type_error(format!("getattr expected at most 3 arguments, got {}", more.len()))),
        }
    }

    fn attribute_name(name: &Value, vm: &Vm) -> PyResult<()> {
        match name.downcast::<Str>() {
            Some(_) => Ok(()),
            None => Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(name)))),
        }
    }

    /// Return whether the object has an attribute with the given name.
    ///
    /// This is done by calling getattr(obj, name) and catching AttributeError.
    #[pyfunction("hasattr(obj, name, /)")]
    fn hasattr(obj: &Value, name: &Value, vm: &Vm) -> PyResult<bool> {
        attribute_name(name, vm)?;
        vm.has_attr(obj, name)
    }

    /// Sets the named attribute on the given object to the specified value.
    ///
    /// setattr(x, 'y', v) is equivalent to ``x.y = v``
    #[pyfunction("setattr(obj, name, value, /)")]
    fn setattr(obj: &Value, name: &Value, value: &Value, vm: &Vm) -> PyResult<()> {
        attribute_name(name, vm)?;
        vm.set_attr(obj, name, Some(value))
    }

    /// Deletes the named attribute from the given object.
    ///
    /// delattr(x, 'y') is equivalent to ``del x.y``
    #[pyfunction("delattr(obj, name, /)")]
    fn delattr(obj: &Value, name: &Value, vm: &Vm) -> PyResult<()> {
        attribute_name(name, vm)?;
        vm.set_attr(obj, name, None)
    }

    /// Return the hash value for the given object.
    ///
    /// Two objects that compare equal must also have the same hash value, but the
    /// reverse is not necessarily true.
    #[pyfunction("hash(obj, /)")]
    fn hash(obj: &Value, vm: &Vm) -> PyResult<i64> {
        vm.hash(obj)
    }

    /// Return the identity of an object.
    ///
    /// This is guaranteed to be unique among simultaneously existing objects.
    /// (CPython uses the object's memory address.)
    #[pyfunction("id(obj, /)")]
    fn id(obj: &Value, vm: &Vm) -> PyResult {
        let id = vm.int_from_u64(obj.id());
        vm.audit("builtins.id", || [id.clone()])?;
        Ok(id)
    }

    /// Return whether an object is an instance of a class or of a subclass thereof.
    ///
    /// A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)
    /// or ...`` etc.
    #[pyfunction("isinstance(obj, class_or_tuple, /)")]
    fn isinstance(obj: &Value, class_or_tuple: &Value, vm: &Vm) -> PyResult<bool> {
        instance_checks::is_instance(obj, class_or_tuple, vm)
    }

    /// Return whether 'cls' is derived from another class or is the same class.
    ///
    /// A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)
    /// or ...``.
    #[pyfunction("issubclass(cls, class_or_tuple, /)")]
    fn issubclass(cls: &Value, class_or_tuple: &Value, vm: &Vm) -> PyResult<bool> {
        instance_checks::is_subclass(cls, class_or_tuple, vm)
    }

    /// iter(iterable) -> iterator
    /// iter(callable, sentinel) -> iterator
    ///
    /// Get an iterator from an object.
    /// In the first form, the argument must supply its own iterator, or be a sequence.
    /// In the second form, the callable is called until it returns the sentinel.
    #[pyfunction("iter")]
    fn iter(args: Args<'_>, vm: &Vm) -> PyResult {
        if args.keyword_count() > 0 {
            return Err(vm.type_error("iter() takes no keyword arguments"));
        }
        match args.positional() {
            [iterable] => vm.iter(iterable),
            [function, sentinel] => {
                if function.ty(vm).slots().call.is_none() {
                    return Err(vm.type_error("iter(v, w): v must be callable"));
                }
                use pyrope_types::iterators::sequence::CallableIterator;
                Ok(CallableIterator::over(function.clone(), sentinel.clone(), vm).into_value())
            }
            [] => Err(vm.type_error("iter expected at least 1 argument, got 0")),
            more => Err(vm.type_error(format!("iter expected at most 2 arguments, got {}", more.len()))),
        }
    }

    /// Return an AsyncIterator for an AsyncIterable object.
    #[pyfunction("aiter(async_iterable, /)")]
    fn aiter(async_iterable: &Value, vm: &Vm) -> PyResult {
        let Some(aiter) = async_iterable.ty(vm).slots().am_aiter else {
            return Err(vm.type_error(format!("'{}' object is not an async iterable", vm.type_name(async_iterable))));
        };
        let iterator = aiter(async_iterable, vm)?;
        if iterator.ty(vm).slots().am_anext.is_none() {
            return Err(
                vm.type_error(format!("aiter() returned not an async iterator of type '{}'", vm.type_name(&iterator)))
            );
        }
        Ok(iterator)
    }

    /// Return the next item from the async iterator.
    ///
    /// If default is given and the async iterator is exhausted,
    /// it is returned instead of raising StopAsyncIteration.
    #[pyfunction("anext(async_iterator, default=<unrepresentable>, /)")]
    fn anext(async_iterator: &Value, default: Option<&Value>, vm: &Vm) -> PyResult {
        let Some(anext) = async_iterator.ty(vm).slots().am_anext else {
            return Err(vm.type_error(format!("'{}' object is not an async iterator", vm.type_name(async_iterator))));
        };
        let awaitable = anext(async_iterator, vm)?;
        match default {
            None => Ok(awaitable),
            Some(default) => Ok(pyrope_vm::generator::new_anext_awaitable(awaitable, default.clone(), vm)),
        }
    }

    /// Return the number of items in a container.
    #[pyfunction("len(obj, /)")]
    fn len(obj: &Value, vm: &Vm) -> PyResult<usize> {
        vm.len(obj)
    }

    /// max(iterable, *[, default=obj, key=func]) -> value
    /// max(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its biggest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the largest argument.
    #[pyfunction("max")]
    fn max(args: Args<'_>, vm: &Vm) -> PyResult {
        extreme(args, "max", CompareOp::Gt, vm)
    }

    /// min(iterable, *[, default=obj, key=func]) -> value
    /// min(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its smallest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the smallest argument.
    #[pyfunction("min")]
    fn min(args: Args<'_>, vm: &Vm) -> PyResult {
        extreme(args, "min", CompareOp::Lt, vm)
    }

    fn extreme(args: Args<'_>, name: &str, op: CompareOp, vm: &Vm) -> PyResult {
        let (mut key, mut default) = (None, None);
        for (keyword, value) in args.keywords() {
            match keyword.downcast::<Str>().and_then(Str::as_ascii) {
                Some("key") => key = Some(value).filter(|k| !k.is_none()),
                Some("default") => default = Some(value),
                other => {
                    return Err(vm.type_error(format!(
                        "{name}() got an unexpected keyword argument '{}'",
                        other.unwrap_or_default()
                    )));
                }
            }
        }
        let mut best = Best { op, record: None };
        match args.positional() {
            [] => return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0"))),
            [iterable] => {
                let mut items = vm.walk(iterable)?;
                while let Some(item) = items.next(vm)? {
                    best.weigh(item, key, vm)?;
                }
            }
            _ if default.is_some() => {
                return Err(
                    vm.type_error(format!("Cannot specify a default for {name}() with multiple positional arguments"))
                );
            }
            many => {
                for item in many {
                    best.weigh(item.clone(), key, vm)?;
                }
            }
        }
        match (best.record, default) {
            (Some((item, _)), _) => Ok(item),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(vm.value_error(format!("{name}() iterable argument is empty"))),
        }
    }

    /// The smallest or largest item so far, and what it is measured by.
    struct Best {
        op: CompareOp,
        record: Option<(Value, Value)>,
    }

    impl Best {
        fn weigh(&mut self, item: Value, key: Option<&Value>, vm: &Vm) -> PyResult<()> {
            let measure = match key {
                Some(key) => vm.call(key, std::slice::from_ref(&item))?,
                None => item.clone(),
            };
            let better = match &self.record {
                None => true,
                Some((_, record)) => match (measure.as_small_int(), record.as_small_int()) {
                    (Some(a), Some(b)) => self.op.holds(a.cmp(&b)),
                    _ => {
                        let result = vm.compare(&measure, record, self.op)?;
                        vm.is_true(&result)?
                    }
                },
            };
            if better {
                self.record = Some((item, measure));
            }
            Ok(())
        }
    }

    /// next(iterator[, default])
    ///
    /// Return the next item from the iterator. If default is given and the iterator
    /// is exhausted, it is returned instead of raising StopIteration.
    #[pyfunction("next")]
    fn next(args: Args<'_>, vm: &Vm) -> PyResult {
        if args.keyword_count() > 0 {
            return Err(vm.type_error("next() takes no keyword arguments"));
        }
        let (iterator, default) = match args.positional() {
            [iterator] => (iterator, None),
            [iterator, default] => (iterator, Some(default)),
            [] => return Err(vm.type_error("next expected at least 1 argument, got 0")),
            more => return Err(vm.type_error(format!("next expected at most 2 arguments, got {}", more.len()))),
        };
        let Some(next) = iterator.ty(vm).slots().next else {
            return Err(vm.type_error(format!("'{}' object is not an iterator", vm.type_name(iterator))));
        };
        match next(iterator, vm) {
            Ok(Some(item)) => Ok(item),
            Ok(None) => default.cloned().ok_or_else(|| vm.stop_iteration(Value::none())),
            Err(raised) => match default {
                Some(default) if vm.raised_is(B::StopIteration) => {
                    vm.ignore(raised);
                    Ok(default.clone())
                }
                _ => Err(raised),
            },
        }
    }

    /// Return the ordinal value of a character.
    ///
    /// If the argument is a one-character string, return the Unicode code
    /// point of that character.
    ///
    /// If the argument is a bytes or bytearray object of length 1, return its
    /// single byte value.
    #[pyfunction("ord(character, /)")]
    fn ord(character: &Value, vm: &Vm) -> PyResult {
        if let Some(text) = character.downcast::<Str>() {
            return match (text.len(), text.code_point(0)) {
                (1, Some(code)) => Ok(vm.int(i64::from(code))),
                (n, _) => Err(vm.type_error(format!("ord() expected a character, but string of length {n} found"))),
            };
        }
        let bytes_like = [B::Bytes, B::ByteArray].into_iter().any(|k| character.ty(vm).is_subtype(vm.builtin(k)));
        if !bytes_like {
            return Err(
                vm.type_error(format!("ord() expected string of length 1, but {} found", vm.type_name(character)))
            );
        }
        match vm.len(character)? {
            1 => vm.get_item(character, &vm.int(0)),
            n => Err(vm.type_error(format!("ord() expected a character, but string of length {n} found"))),
        }
    }

    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.
    ///
    /// Some types, such as ints, are able to use a more efficient algorithm when
    /// invoked using the three argument form.
    #[pyfunction("pow(base, exp, mod=None)")]
    fn pow(base: &Value, exp: &Value, r#mod: OrNone<&Value>, vm: &Vm) -> PyResult {
        vm.power(base, exp, r#mod.0.unwrap_or(&Value::none()))
    }

    /// Return the canonical string representation of the object.
    ///
    /// For many object types, including most builtins, eval(repr(obj)) == obj.
    #[pyfunction("repr(obj, /)")]
    fn repr(obj: &Value, vm: &Vm) -> PyResult {
        Ok(vm.repr(obj)?.into_value())
    }

    /// Round a number to a given precision in decimal digits.
    ///
    /// The return value is an integer if ndigits is omitted or None.  Otherwise
    /// the return value has the same type as the number.  ndigits may be negative.
    #[pyfunction("round(number, ndigits=None)")]
    fn round(number: &Value, ndigits: OrNone<&Value>, vm: &Vm) -> PyResult {
        let args = ndigits.0.map(std::slice::from_ref).unwrap_or_default();
        match vm.call_special(number, &vm.names().__round__, args)? {
            Some(result) => Ok(result),
            None => Err(vm.type_error(format!("type {} doesn't define __round__ method", vm.type_name(number)))),
        }
    }

    /// Return a new list containing all items from the iterable in ascending order.
    ///
    /// A custom key function can be supplied to customize the sort order, and the
    /// reverse flag can be set to request the result in descending order.
    #[pyfunction("sorted($module, iterable, /, *, key=None, reverse=False)")]
    fn sorted(args: Args<'_>, vm: &Vm) -> PyResult {
        let [iterable] = args.positional() else {
            return Err(vm.type_error(format!("sorted expected 1 argument, got {}", args.positional().len())));
        };
        let items = vm.collect(iterable)?;
        let (mut key, mut reverse) = (None, false);
        let mut known = true;
        for (name, value) in args.keywords() {
            match name.downcast::<Str>().and_then(Str::as_ascii) {
                Some("key") => key = Some(value).filter(|key| !key.is_none()),
                Some("reverse") if value.as_bool().is_some() => reverse = value.as_bool() == Some(true),
                _ => known = false,
            }
        }
        if known {
            let (sorted, outcome) = sort_values(items, key, reverse, vm);
            outcome?;
            return Ok(vm.new_list(sorted).into_value());
        }
        let list = vm.new_list(items).into_value();
        let sort = vm.get_attr_str(&list, "sort")?;
        vm.call_args(&sort, Args::new(&args.values()[1..], args.kwnames()))?;
        Ok(list)
    }

    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    ///
    /// When the iterable is empty, return the start value.
    /// This function is intended specifically for use with numeric values and may
    /// reject non-numeric types.
    #[pyfunction("sum(iterable, /, start=0)")]
    fn sum(iterable: &Value, start: Option<&Value>, vm: &Vm) -> PyResult {
        let total = match start {
            None => vm.int(0),
            Some(start) => {
                for (kind, what) in [(B::Str, "strings"), (B::Bytes, "bytes"), (B::ByteArray, "bytearray")] {
                    if start.ty(vm).is_subtype(vm.builtin(kind)) {
                        let join = if kind == B::Str { "''.join(seq)" } else { "b''.join(seq)" };
                        return Err(vm.type_error(format!("sum() can't sum {what} [use {join} instead]")));
                    }
                }
                start.clone()
            }
        };
        let mut items = vm.walk(iterable)?;
        let mut sum = crate::builtins::sum::Sum::from(total, vm);
        while let Some(item) = items.next(vm)? {
            sum.add(&item, vm)?;
        }
        Ok(sum.finish(vm))
    }

    fn in_base(integer: &Value, spec: &str, vm: &Vm) -> PyResult {
        let index = vm.index(integer)?;
        if let Some(small) = index.as_i64() {
            let (sign, size) = (if small < 0 { "-" } else { "" }, small.unsigned_abs());
            let text = match spec {
                "#x" => format!("{sign}{size:#x}"),
                "#o" => format!("{sign}{size:#o}"),
                _ => format!("{sign}{size:#b}"),
            };
            return Ok(vm.try_str(&text)?.into_value());
        }
        let plain = vm.int_from_big(index.as_int().map(|n| n.to_big().into_owned()).unwrap_or_default());
        vm.format(&plain, vm.new_str(spec).as_value())
    }

    /// Prints the values to a stream, or to sys.stdout by default.
    ///
    /// sep
    ///   string inserted between values, default a space.
    /// end
    ///   string appended after the last value, default a newline.
    /// file
    ///   a file-like object (stream); defaults to the current sys.stdout.
    /// flush
    ///   whether to forcibly flush the stream.
    #[pyfunction("print(*args, sep=' ', end='\\n', file=None, flush=False)")]
    fn print(
        args: &[Value],
        sep: Option<&Value>,
        end: Option<&Value>,
        file: OrNone<&Value>,
        flush: Option<&Value>,
        vm: &Vm,
    ) -> PyResult<()> {
        let file = match file.0 {
            Some(file) => file.clone(),
            None => match crate::sys::get(vm, "stdout")? {
                None => return Err(vm.runtime_error("lost sys.stdout")),
                Some(file) if file.is_none() => return Ok(()),
                Some(file) => file,
            },
        };
        let text_or_none = |value: Option<&Value>, name: &str| -> PyResult<Option<Value>> {
            match value.filter(|v| !v.is_none()) {
                None => Ok(None),
                Some(value) if value.downcast::<Str>().is_some() => Ok(Some(value.clone())),
                Some(value) => {
                    Err(vm.type_error(format!("{name} must be None or a string, not {}", vm.type_name(value))))
                }
            }
        };
        let sep = text_or_none(sep, "sep")?;
        let end = text_or_none(end, "end")?;
        let write = vm.get_attr(&file, vm.names().write.as_value())?;
        let put = |text: Value| vm.call(&write, &[text]).map(drop);
        for (i, value) in args.iter().enumerate() {
            if i > 0 {
                put(sep.clone().unwrap_or_else(|| vm.latin1_char(b' ').into_value()))?;
            }
            put(vm.str(value)?.into_value())?;
        }
        put(end.unwrap_or_else(|| vm.latin1_char(b'\n').into_value()))?;
        if let Some(flush) = flush
            && vm.is_true(flush)?
        {
            vm.call_method(&file, "flush", &[])?;
        }
        Ok(())
    }

    /// dir([object]) -> list of strings
    ///
    /// If called without an argument, return the names in the current scope.
    /// Else, return an alphabetized list of names comprising (some of) the attributes
    /// of the given object, and of attributes reachable from it.
    /// If the object supplies a method named __dir__, it will be used; otherwise
    /// the default dir() logic is used and returns:
    ///   for a module object: the module's attributes.
    ///   for a class object:  its attributes, and recursively the attributes
    ///     of its bases.
    ///   for any other object: its attributes, its class's attributes, and
    ///     recursively the attributes of its class's base classes.
    #[pyfunction("dir(object=<unrepresentable>, /)")]
    fn dir(object: Option<&Value>, vm: &Vm) -> PyResult {
        let names = match object {
            Some(object) => match vm.call_special(object, &vm.names().__dir__, &[])? {
                Some(names) => vm.collect(&names)?,
                None => return Err(vm.type_error("object does not provide __dir__")),
            },
            None => {
                let locals = crate::frames::current_locals(vm)?;
                let keys = vm.call_method(&locals, "keys", &[])?;
                vm.collect(&keys)?
            }
        };
        let list = vm.new_list(names).into_value();
        vm.call_method(&list, "sort", &[])?;
        Ok(list)
    }

    /// vars([object]) -> dictionary
    ///
    /// Without arguments, equivalent to locals().
    /// With an argument, equivalent to object.__dict__.
    #[pyfunction("vars(object=<unrepresentable>, /)")]
    fn vars(object: Option<&Value>, vm: &Vm) -> PyResult {
        match object {
            None => crate::frames::current_locals(vm),
            Some(object) => match vm.find_attr(object, vm.names().__dict__.as_value())? {
                Some(dict) => Ok(dict),
                None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
            },
        }
    }

    /// breakpoint(*args, **kws)
    ///
    /// Call sys.breakpointhook(*args, **kws).  sys.breakpointhook() must accept
    /// whatever arguments are passed.
    ///
    /// By default, this drops you into the pdb debugger.
    #[pyfunction("breakpoint")]
    fn breakpoint(args: Args<'_>, vm: &Vm) -> PyResult {
        match crate::sys::get(vm, "breakpointhook")? {
            Some(hook) => vm.call_args(&hook, args),
            None => Err(vm.runtime_error("lost sys.breakpointhook")),
        }
    }

    /// __build_class__(func, name, /, *bases, [metaclass], **kwds) -> class
    ///
    /// Internal helper function used by the class statement.
    #[pyfunction("__build_class__")]
    fn __build_class__(args: Args<'_>, vm: &Vm) -> PyResult {
        pyrope_vm::build_class::build_class(args, vm)
    }

    /// Import a module.
    ///
    /// Because this function is meant for use by the Python
    /// interpreter and not for general use, it is better to use
    /// importlib.import_module() to programmatically import a module.
    ///
    /// The globals argument is only used to determine the context;
    /// they are not modified.  The locals argument is unused.  The fromlist
    /// should be a list of names to emulate ``from name import ...``, or an
    /// empty list to emulate ``import name``.
    /// When importing a module from a package, note that __import__('A.B', ...)
    /// returns package A when fromlist is empty, but its submodule B when
    /// fromlist is not empty.  The level argument is used to determine whether to
    /// perform absolute or relative imports: 0 is absolute, while a positive number
    /// is the number of parent directories to search relative to the current module.
    #[pyfunction("__import__(name, globals=None, locals=None, fromlist=(), level=0)")]
    fn __import__(
        name: &Value,
        globals: OrNone<&Value>,
        _locals: OrNone<&Value>,
        fromlist: Option<&Value>,
        level: Option<i64>,
        vm: &Vm,
    ) -> PyResult {
        crate::imp::import(name, globals.0, fromlist, level.unwrap_or(0), vm)
    }
}
