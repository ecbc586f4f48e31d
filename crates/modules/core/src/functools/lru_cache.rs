//! What `functools.lru_cache` wraps functions in.

use std::cell::Cell;

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::Signature;
use pyrope_object::layout::DictEntry;
use pyrope_object::{
    Args, BuiltinType as B, Dict, Guarded, Header, PyResult, Ref, Slots, Str, Traverse as TraverseTrait, TraverseMut,
    Type, Value, Vm,
};

use crate::support::{bound, receiver, signature};

/// A function that keeps its results.
#[pyclass(
    name = "_lru_cache_wrapper",
    module = "functools",
    flags(DICT, WEAKREF, METHOD_DESCRIPTOR),
    methods(LruCache::METHODS),
    slots = SLOTS
)]
#[derive(Traverse)]
pub struct LruCache {
    header: Header,
    function: Value,
    info_type: Value,
    /// Stands between positional and keyword arguments in a key.
    mark: Value,
    #[traverse(skip)]
    typed: bool,
    /// The most results kept; `None` for all.
    #[traverse(skip)]
    most: Option<usize>,
    /// Key to result if all are kept, else to the number of a link.
    cache: Ref<Dict>,
    links: Guarded<Links>,
    #[traverse(skip)]
    hits: Cell<u64>,
    #[traverse(skip)]
    misses: Cell<u64>,
}

const SLOTS: Slots = Slots { new: Some(cache_new), call: Some(cache_call), descr_get: Some(cache_get), ..Slots::EMPTY };

/// A result in the order of use. Numbers are indices; `NONE` is no link.
struct Link {
    entry: DictEntry,
    before: usize,
    after: usize,
}

const NONE: usize = usize::MAX;

/// The links in the order of use, oldest first.
struct Links {
    links: Vec<Link>,
    oldest: usize,
    newest: usize,
}

impl Default for Links {
    fn default() -> Self {
        Links { links: Vec::new(), oldest: NONE, newest: NONE }
    }
}

impl Links {
    fn unlink(&mut self, at: usize) {
        let (before, after) = (self.links[at].before, self.links[at].after);
        if before == NONE {
            self.oldest = after
        } else {
            self.links[before].after = after
        }
        if after == NONE { self.newest = before } else { self.links[after].before = before }
    }

    fn append(&mut self, at: usize) {
        (self.links[at].before, self.links[at].after) = (self.newest, NONE);
        if self.newest == NONE {
            self.oldest = at
        } else {
            self.links[self.newest].after = at
        }
        self.newest = at;
    }

    /// The result of a link, which becomes the newest.
    fn touch(&mut self, at: usize) -> Option<Value> {
        let result = self.links.get(at)?.entry.value.clone();
        if self.newest != at {
            self.unlink(at);
            self.append(at);
        }
        Some(result)
    }

    fn add(&mut self, entry: DictEntry) -> usize {
        let at = self.links.len();
        self.links.push(Link { entry, before: NONE, after: NONE });
        self.append(at);
        at
    }
}

impl TraverseTrait for Links {
    fn traverse(&self, visit: &mut dyn FnMut(&Value)) {
        for link in &self.links {
            link.entry.key.traverse(visit);
            link.entry.value.traverse(visit);
        }
    }
}

impl TraverseMut for Links {
    fn drain(&mut self, out: &mut Vec<Value>) {
        out.extend(std::mem::take(self).links.into_iter().flat_map(|link| [link.entry.key, link.entry.value]));
    }
}

fn cache_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature =
        signature("lru_cache", &["user_function", "maxsize", "typed", "cache_info_type"], 4, 4);
    let [Some(function), Some(maxsize), Some(typed), Some(info)] = bound(&SIGNATURE, args, vm)? else {
        return Ok(Value::none());
    };
    let typed = vm.is_true(typed)?;
    if function.ty(vm).slots().call.is_none() {
        return Err(vm.type_error("the first argument must be callable"));
    }
    let most = if maxsize.is_none() {
        None
    } else if maxsize.as_int().is_some() || maxsize.ty(vm).slots().index.is_some() {
        match vm.index_i64(maxsize)? {
            Some(n) => Some(n.max(0) as usize),
            None => return Err(vm.overflow_error("cannot fit 'int' into an index-sized integer")),
        }
    } else {
        return Err(vm.type_error("maxsize should be integer or None"));
    };
    let fields = LruCache {
        header: Header::blank(),
        function: function.clone(),
        info_type: info.clone(),
        mark: vm.call(&vm.builtin(B::Object).to_value(), &[])?,
        typed,
        most,
        cache: vm.new_dict(),
        links: Guarded::default(),
        hits: Cell::new(0),
        misses: Cell::new(0),
    };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn add_one(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

impl LruCache {
    fn key(&self, args: Args<'_>, vm: &Vm) -> Value {
        let positional = args.positional();
        if !self.typed
            && args.keyword_count() == 0
            && let [single] = positional
            && (single.is_small_int()
                || single.downcast_exact::<Str>().is_some()
                || single.ty(vm).is(vm.builtin(B::Int)))
        {
            return single.clone();
        }
        let mut parts = positional.to_vec();
        if args.keyword_count() > 0 {
            parts.push(self.mark.clone());
            parts.extend(args.keywords().flat_map(|(name, value)| [name.clone(), value.clone()]));
        }
        if self.typed {
            parts.extend(args.values().iter().map(|value| value.ty(vm).to_value()));
        }
        vm.new_tuple(parts).into_value()
    }

    fn unbounded(&self, args: Args<'_>, vm: &Vm) -> PyResult {
        let key = self.key(args, vm);
        let hash = vm.hash(&key)?;
        if let Some(result) = self.cache.get_hashed(&key, hash, vm)? {
            add_one(&self.hits);
            return Ok(result);
        }
        add_one(&self.misses);
        let result = vm.call_args(&self.function, args)?;
        drop(self.cache.insert_hashed(key, hash, result.clone(), vm)?);
        Ok(result)
    }

    fn bounded(&self, most: usize, args: Args<'_>, vm: &Vm) -> PyResult {
        let key = self.key(args, vm);
        let hash = vm.hash(&key)?;
        let link = self.cache.get_hashed(&key, hash, vm)?.and_then(|link| link.as_i64());
        if let Some(result) = link.and_then(|at| self.links.with_mut(|links| links.touch(at as usize))) {
            add_one(&self.hits);
            return Ok(result);
        }
        add_one(&self.misses);
        let result = vm.call_args(&self.function, args)?;
        // The call may have come back here with the same arguments.
        if self.cache.get_hashed(&key, hash, vm)?.is_none() {
            self.store(most, DictEntry { hash, key, value: result.clone() }, vm)?;
        }
        Ok(result)
    }

    fn store(&self, most: usize, entry: DictEntry, vm: &Vm) -> PyResult<()> {
        let (key, hash) = (entry.key.clone(), entry.hash);
        if self.links.with(|links| links.links.len()) < most {
            let at = self.links.with_mut(|links| links.add(entry));
            drop(self.cache.insert_hashed(key, hash, vm.int_from_usize(at), vm)?);
            return Ok(());
        }
        let oldest =
            self.links.with(|links| links.links.get(links.oldest).map(|link| (links.oldest, link.entry.clone())));
        let Some((at, old)) = oldest else { return Ok(()) };
        if self.cache.remove_hashed(&old.key, old.hash, vm)?.is_none() {
            return Ok(());
        }
        // Comparing keys above may have changed the links.
        let replaced = self.links.with_mut(|links| {
            let link = links.links.get_mut(at)?;
            let gone = std::mem::replace(&mut link.entry, entry);
            links.unlink(at);
            links.append(at);
            Some(gone)
        });
        if replaced.is_some() {
            drop(self.cache.insert_hashed(key, hash, vm.int_from_usize(at), vm)?);
        }
        Ok(())
    }
}

fn cache_call(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult {
    let this = receiver!(LruCache, slf, vm);
    match this.most {
        None => this.unbounded(args, vm),
        Some(0) => {
            add_one(&this.misses);
            vm.call_args(&this.function, args)
        }
        Some(most) => this.bounded(most, args, vm),
    }
}

fn cache_get(slf: &Value, object: Option<&Value>, _: Option<&Value>, vm: &Vm) -> PyResult {
    match object.filter(|object| !object.is_none()) {
        Some(object) => vm.call(&vm.builtin(B::Method).to_value(), &[slf.clone(), object.clone()]),
        None => Ok(slf.clone()),
    }
}

#[pymethods]
impl LruCache {
    /// Numbers of hits and misses, the most and the present number of results.
    #[method("cache_info($self, /)")]
    fn cache_info(&self, vm: &Vm) -> PyResult {
        let most = self.most.map_or(Value::none(), |most| vm.int_from_usize(most));
        let (hits, misses) = (vm.int_from_u64(self.hits.get()), vm.int_from_u64(self.misses.get()));
        vm.call(&self.info_type, &[hits, misses, most, vm.int_from_usize(self.cache.len())])
    }

    /// Forget all results and numbers.
    #[method("cache_clear($self, /)")]
    fn cache_clear(&self) {
        self.hits.set(0);
        self.misses.set(0);
        let old = self.links.take();
        Dict::clear(&self.cache);
        drop(old);
    }

    /// The name under which its module has the function.
    #[method("__reduce__($self, /)")]
    fn reduce(slf: &Value, vm: &Vm) -> PyResult {
        vm.get_attr_str(slf, "__qualname__")
    }

    /// The function itself.
    #[method("__copy__($self, /)")]
    fn copy(slf: &Value) -> Value {
        slf.clone()
    }

    /// The function itself.
    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(slf: &Value, _memo: &Value) -> Value {
        slf.clone()
    }
}
