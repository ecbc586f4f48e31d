//! `product`, `permutations`, `combinations`, `combinations_with_replacement`.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::bind::Signature;
use pyrope_object::{Args, Guarded, Header, PyResult, Ref, Slots, Str, Tuple, Type, Value, Vm};
use pyrope_types::iterators::itself;

use crate::support::{bound, receiver, signature, ssize};

/// Indices into pools, and whether there is a next choice.
struct Choice {
    indices: Vec<usize>,
    /// How many of them make a choice.
    size: usize,
    /// For permutations: how many steps each place has left.
    cycles: Vec<usize>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Running,
    Over,
}

impl Choice {
    fn new(indices: Vec<usize>, over: bool) -> Guarded<Choice> {
        let state = if over { State::Over } else { State::Fresh };
        Guarded::new(Choice { size: indices.len(), indices, cycles: Vec::new(), state })
    }

    /// Moves on unless this is the first time; `advance` gives false at the end.
    fn next(&mut self, advance: impl FnOnce(&mut Choice) -> bool) -> Option<&[usize]> {
        match self.state {
            State::Over => return None,
            State::Fresh => self.state = State::Running,
            State::Running => {
                if !advance(self) {
                    self.state = State::Over;
                    return None;
                }
            }
        }
        self.indices.get(..self.size)
    }
}

/// Indices `0..count`, or MemoryError.
fn indices(count: usize, value: impl Fn(usize) -> usize, vm: &Vm) -> PyResult<Vec<usize>> {
    let mut indices = Vec::new();
    if indices.try_reserve_exact(count).is_err() {
        return Err(vm.memory_error());
    }
    indices.extend((0..count).map(value));
    Ok(indices)
}

macro_rules! from_one_pool {
    ($($(#[$doc:meta])* $ty:ident $name:literal $signature:literal $slots:ident $new:ident $next:ident |$choice:ident, $len:ident| $advance:expr;)*) => {$(
        $(#[$doc])*
        #[pyclass(name = $name, module = "itertools", signature = $signature, flags(GC, BASETYPE), methods($ty::METHODS), slots = $slots)]
        #[derive(Traverse)]
        pub struct $ty {
            header: Header,
            pool: Box<[Value]>,
            #[traverse(skip)]
            choice: Guarded<Choice>,
        }

        const $slots: Slots = Slots { iter: Some(itself), next: Some($next), new: Some($new), ..Slots::EMPTY };

        fn $next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
            let this = receiver!($ty, slf, vm);
            let $len = this.pool.len();
            let items = this.choice.with_mut(|choice| {
                let chosen = choice.next(|$choice| $advance)?;
                Some(chosen.iter().map(|&i| this.pool[i].clone()).collect::<Vec<_>>())
            });
            Ok(items.map(|items| vm.new_tuple(items).into_value()))
        }

        #[pymethods]
        impl $ty {
            /// Bytes that the iterator takes in memory.
            #[method("__sizeof__($self, /)")]
            fn sizeof(&self) -> usize {
                size_of::<Self>() + self.choice.with(|choice| choice.indices.len() * size_of::<usize>())
            }
        }
    )*};
}

from_one_pool! {
    /// An iterator over the choices of r items, in order.
    Combinations "combinations" "(iterable, r)" COMBINATIONS_SLOTS combinations_new combinations_next
        |choice, len| next_combination(choice, len);
    /// An iterator over the choices of r items, each as often as wanted, in order.
    CombinationsWithReplacement "combinations_with_replacement" "(iterable, r)" REPLACEMENT_SLOTS replacement_new
        replacement_next |choice, len| next_replacement(choice, len);
    /// An iterator over the orders of r items (all, by default).
    Permutations "permutations" "(iterable, r=None)" PERMUTATIONS_SLOTS permutations_new permutations_next
        |choice, len| next_permutation(choice, len);
}

fn pool_and_size(signature: &'static Signature, args: Args<'_>, vm: &Vm) -> PyResult<(Box<[Value]>, usize)> {
    let [Some(iterable), Some(r)] = bound(signature, args, vm)? else { return Ok((Box::default(), 0)) };
    let r = ssize(r, vm)?;
    let pool = vm.collect(iterable)?.into_boxed_slice();
    match usize::try_from(r) {
        Ok(r) => Ok((pool, r)),
        Err(_) => Err(vm.value_error("r must be non-negative")),
    }
}

fn combinations_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("combinations", &["iterable", "r"], 2, 2);
    let (pool, r) = pool_and_size(&SIGNATURE, args, vm)?;
    let over = r > pool.len();
    let choice = Choice::new(if over { Vec::new() } else { indices(r, |i| i, vm)? }, over);
    Ok(Ref::new_in(vm, class, Combinations { header: Header::blank(), pool, choice }).into_value())
}

fn next_combination(choice: &mut Choice, len: usize) -> bool {
    let indices = &mut choice.indices;
    let r = indices.len();
    let Some(place) = (0..r).rev().find(|&i| indices[i] != i + len - r) else { return false };
    indices[place] += 1;
    for i in place + 1..r {
        indices[i] = indices[i - 1] + 1;
    }
    true
}

fn replacement_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("combinations_with_replacement", &["iterable", "r"], 2, 2);
    let (pool, r) = pool_and_size(&SIGNATURE, args, vm)?;
    let over = pool.is_empty() && r > 0;
    let choice = Choice::new(indices(if over { 0 } else { r }, |_| 0, vm)?, over);
    Ok(Ref::new_in(vm, class, CombinationsWithReplacement { header: Header::blank(), pool, choice }).into_value())
}

fn next_replacement(choice: &mut Choice, len: usize) -> bool {
    let indices = &mut choice.indices;
    let Some(place) = indices.iter().rposition(|&i| i + 1 != len) else { return false };
    let index = indices[place] + 1;
    indices[place..].fill(index);
    true
}

fn permutations_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    static SIGNATURE: Signature = signature("permutations", &["iterable", "r"], 1, 2);
    let [Some(iterable), r] = bound(&SIGNATURE, args, vm)? else { return Ok(Value::none()) };
    let pool = vm.collect(iterable)?.into_boxed_slice();
    let r = match r.filter(|r| !r.is_none()) {
        None => pool.len(),
        Some(r) if r.as_int().is_none() => return Err(vm.type_error("Expected int as r")),
        Some(r) => usize::try_from(ssize(r, vm)?).map_err(|_| vm.value_error("r must be non-negative"))?,
    };
    let over = r > pool.len();
    let choice = Choice::new(indices(pool.len(), |i| i, vm)?, over);
    let len = pool.len();
    let cycles = indices(if over { 0 } else { r }, |i| len - i, vm)?;
    choice.with_mut(|choice| {
        choice.size = cycles.len();
        choice.cycles = cycles;
    });
    Ok(Ref::new_in(vm, class, Permutations { header: Header::blank(), pool, choice }).into_value())
}

fn next_permutation(choice: &mut Choice, len: usize) -> bool {
    let Choice { indices, cycles, .. } = choice;
    for place in (0..cycles.len()).rev() {
        cycles[place] -= 1;
        if cycles[place] == 0 {
            indices[place..].rotate_left(1);
            cycles[place] = len - place;
        } else {
            indices.swap(place, len - cycles[place]);
            return true;
        }
    }
    false
}

/// An iterator over the tuples of one item of each iterable: nested loops.
#[pyclass(
    name = "product",
    module = "itertools",
    signature = "(*iterables, repeat=1)",
    flags(GC, BASETYPE),
    methods(Product::METHODS),
    slots = PRODUCT_SLOTS
)]
#[derive(Traverse)]
pub struct Product {
    header: Header,
    pools: Box<[Ref<Tuple>]>,
    #[traverse(skip)]
    choice: Guarded<Choice>,
}

const PRODUCT_SLOTS: Slots =
    Slots { iter: Some(itself), next: Some(product_next), new: Some(product_new), ..Slots::EMPTY };

fn repeat_argument(args: Args<'_>, vm: &Vm) -> PyResult<usize> {
    let mut repeat = 1;
    for (name, value) in args.keywords() {
        if !name.downcast::<Str>().is_some_and(|name| name.equals_str("repeat")) {
            let name = name.downcast::<Str>().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            return Err(pyrope_object::bind::unexpected_keyword("product", &name, &["repeat"], vm));
        }
        repeat = ssize(value, vm)?;
    }
    usize::try_from(repeat).map_err(|_| vm.value_error("repeat argument cannot be negative"))
}

fn product_new(class: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let repeat = repeat_argument(args, vm)?;
    let iterables = if repeat == 0 { &[] } else { args.positional() };
    let places = iterables.len().checked_mul(repeat).filter(|&n| n <= isize::MAX as usize / size_of::<Value>());
    let Some(places) = places else { return Err(vm.overflow_error("repeat argument too large")) };
    let indices = indices(places, |_| 0, vm)?;
    let once = iterables.iter().map(|i| Ok(vm.new_tuple(vm.collect(i)?))).collect::<PyResult<Vec<_>>>()?;
    let over = once.iter().any(|pool| pool.is_empty());
    let rounds = if over || once.is_empty() { 0 } else { repeat };
    let pools = (0..rounds).flat_map(|_| once.iter().cloned()).collect();
    let fields = Product { header: Header::blank(), pools, choice: Choice::new(indices, over) };
    Ok(Ref::new_in(vm, class, fields).into_value())
}

fn product_next(slf: &Value, vm: &Vm) -> PyResult<Option<Value>> {
    let this = receiver!(Product, slf, vm);
    let items = this.choice.with_mut(|choice| {
        let chosen = choice.next(|choice| {
            for (index, pool) in choice.indices.iter_mut().zip(&this.pools).rev() {
                *index += 1;
                if *index < pool.len() {
                    return true;
                }
                *index = 0;
            }
            false
        })?;
        Some(chosen.iter().zip(&this.pools).map(|(&i, pool)| pool.as_slice()[i].clone()).collect::<Vec<_>>())
    });
    Ok(items.map(|items| vm.new_tuple(items).into_value()))
}

#[pymethods]
impl Product {
    /// Bytes that the iterator takes in memory.
    #[method("__sizeof__($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<Self>() + self.choice.with(|choice| choice.indices.len() * size_of::<usize>())
    }
}
