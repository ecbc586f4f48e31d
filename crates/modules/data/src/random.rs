//! `_random`: the Mersenne Twister MT19937 of Matsumoto and Nishimura, seeded as CPython seeds it.

use dashu_int::ops::Abs;
use dashu_int::{IBig, UBig};
use pyrope_macros::{pyclass, pymethods};
use pyrope_object::bind::OrNone;
use pyrope_object::{Args, Guarded, Header, IntView, ModuleDef, Object, PyResult, Ref, Slots, Tuple, Type, Value, Vm};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_random",
    doc: "Module implements the Mersenne Twister random number generator.",
    functions: &[],
    types: &[<Random as Object>::def],
    exec: None,
};

const N: usize = 624;
const M: usize = 397;

/// The generator's state.
#[derive(Clone)]
struct Twister {
    state: [u32; N],
    /// The next word to use; `N` when the state must be renewed.
    index: usize,
}

impl Twister {
    fn from_number(seed: u32) -> Twister {
        let mut state = [0u32; N];
        state[0] = seed;
        for i in 1..N {
            let last = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(last ^ last >> 30).wrapping_add(i as u32);
        }
        Twister { state, index: N }
    }

    fn from_key(key: &[u32]) -> Twister {
        let mut twister = Twister::from_number(19_650_218);
        let state = &mut twister.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let last = state[i - 1];
            state[i] =
                (state[i] ^ (last ^ last >> 30).wrapping_mul(1_664_525)).wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
            if j >= key.len() {
                j = 0;
            }
        }
        for _ in 0..N - 1 {
            let last = state[i - 1];
            state[i] = (state[i] ^ (last ^ last >> 30).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        twister
    }

    fn renew(&mut self) {
        for i in 0..N {
            let y = self.state[i] & 0x8000_0000 | self.state[(i + 1) % N] & 0x7FFF_FFFF;
            let twist = if y & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ y >> 1 ^ twist;
        }
        self.index = 0;
    }

    fn next(&mut self) -> u32 {
        if self.index >= N {
            self.renew();
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C_5680;
        y ^= y << 15 & 0xEFC6_0000;
        y ^ y >> 18
    }

    fn float(&mut self) -> f64 {
        let (a, b) = (self.next() >> 5, self.next() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }
}

/// Random() -> create a random number generator with its own internal state.
#[pyclass(
    name = "Random", module = "_random", flags(BASETYPE, MUTABLE), slots = SLOTS, methods(Random::METHODS)
)]
pub struct Random {
    header: Header,
    twister: Guarded<Box<Twister>>,
}

const SLOTS: Slots = Slots { new: Some(random_new), init: Some(random_init), ..Slots::EMPTY };

fn random_new(class: &Type, _: Args<'_>, vm: &Vm) -> PyResult {
    let twister = Guarded::new(Box::new(Twister::from_number(0)));
    Ok(Ref::new_in(vm, class, Random { header: Header::blank(), twister }).into_value())
}

fn random_init(slf: &Value, args: Args<'_>, vm: &Vm) -> PyResult<()> {
    let class = slf.ty(vm);
    let own = class.is(vm.type_of::<Random>());
    if own && args.keyword_count() > 0 {
        return Err(pyrope_object::bind::no_keywords("Random", vm));
    }
    let values = args.positional();
    if values.len() > 1 {
        return Err(vm.type_error(format!("Random() expected at most 1 argument, got {}", values.len())));
    }
    match slf.downcast::<Random>() {
        Some(this) => this.seed(values.first(), vm),
        None => Ok(()),
    }
}

impl Random {
    fn set(&self, twister: Twister) {
        self.twister.with_mut(|slot| **slot = twister);
    }

    fn seed(&self, seed: Option<&Value>, vm: &Vm) -> PyResult<()> {
        let Some(seed) = seed.filter(|s| !s.is_none()) else {
            self.set(Twister::from_key(&entropy()));
            return Ok(());
        };
        let magnitude: UBig = match seed.as_int() {
            Some(IntView::Small(n)) => UBig::from(n.unsigned_abs()),
            Some(IntView::Big(n)) => n.clone().abs().into_parts().1,
            None => UBig::from(vm.hash(seed)? as u64),
        };
        let bytes = magnitude.to_le_bytes();
        let mut key: Vec<u32> = bytes
            .chunks(4)
            .map(|chunk| {
                let mut word = [0; 4];
                word[..chunk.len()].copy_from_slice(chunk);
                u32::from_le_bytes(word)
            })
            .collect();
        if key.is_empty() {
            key.push(0);
        }
        self.set(Twister::from_key(&key));
        Ok(())
    }
}

/// Words that nobody can foresee: the standard library's hash keys are drawn from the system's randomness.
fn entropy() -> Vec<u32> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut bytes = vec![0u8; N * 4];
    let filled =
        std::fs::File::open("/dev/urandom").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes));
    if filled.is_ok() {
        return bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    (0..N as u64)
        .map(|n| {
            let mut hasher = RandomState::new().build_hasher();
            hasher.write_u64(n ^ now);
            hasher.finish() as u32
        })
        .collect()
}

#[pymethods]
impl Random {
    /// random() -> x in the interval [0, 1).
    #[method("random($self, /)")]
    fn random(&self) -> f64 {
        self.twister.with_mut(|twister| twister.float())
    }

    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    #[method("seed($self, n=None, /)")]
    fn seed_method(&self, n: OrNone<&Value>, vm: &Vm) -> PyResult<()> {
        self.seed(n.into_option(), vm)
    }

    /// getstate() -> tuple containing the current state.
    #[method("getstate($self, /)")]
    fn getstate(&self, vm: &Vm) -> Ref<Tuple> {
        let twister = self.twister.get();
        let words = twister.state.iter().map(|&word| vm.int(word.into()));
        vm.new_tuple(words.chain([vm.int(twister.index as i64)]).collect())
    }

    /// setstate(state) -> None.  Restores generator state.
    #[method("setstate($self, state, /)")]
    fn setstate(&self, state: &Value, vm: &Vm) -> PyResult<()> {
        let Some(state) = state.cast::<Tuple>() else {
            return Err(vm.type_error("state vector must be a tuple"));
        };
        if state.len() != N + 1 {
            return Err(vm.value_error("state vector is the wrong size"));
        }
        let mut words = [0u32; N];
        for (slot, item) in words.iter_mut().zip(state.as_slice()) {
            // As converted to an unsigned long and cut.
            let n = vm.index_big(item)?;
            if n < IBig::ZERO {
                return Err(vm.overflow_error("can't convert negative value to unsigned int"));
            }
            let n = u64::try_from(&n)
                .map_err(|_| vm.overflow_error("Python int too large to convert to C unsigned long"))?;
            *slot = n as u32;
        }
        let index = vm.index_i64(&state.as_slice()[N])?;
        match index {
            Some(index @ 0..=624) => {
                self.set(Twister { state: words, index: index as usize });
                Ok(())
            }
            _ => Err(vm.value_error("invalid state")),
        }
    }

    /// getrandbits(k) -> x.  Generates an int with k random bits.
    #[method("getrandbits($self, k, /)")]
    fn getrandbits(&self, k: &Value, vm: &Vm) -> PyResult {
        let index = vm.index(k)?;
        let k = match index.as_int() {
            Some(n) if n.is_negative() => return Err(vm.value_error("Cannot convert negative int")),
            Some(IntView::Small(n)) => n as u64,
            _ => return Err(vm.overflow_error("Python int too large for C uint64_t")),
        };
        match k {
            0 => Ok(vm.int(0)),
            1..=32 => Ok(vm.int((self.twister.with_mut(|t| t.next()) >> (32 - k)).into())),
            _ => self.many_bits(k, vm),
        }
    }
}

impl Random {
    fn many_bits(&self, k: u64, vm: &Vm) -> PyResult {
        let words = (k - 1) / 32 + 1;
        let mut bytes: Vec<u8> = Vec::new();
        if words > 1 << 40 || bytes.try_reserve_exact(words as usize * 4).is_err() {
            return Err(vm.memory_error());
        }
        self.twister.with_mut(|twister| {
            for at in 0..words {
                let left = k - at * 32;
                let word = twister.next();
                let word = if left < 32 { word >> (32 - left) } else { word };
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        });
        Ok(vm.int_from_big(UBig::from_le_bytes(&bytes).into()))
    }
}
