//! Generations as rings of links, and the counters that start a collection.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::guarded::Guarded;
use crate::header::{FINALIZED, GcLinks, Header, SETTLED};
use crate::value::Value;
use crate::vm::breaker;

use super::collect::GenerationStats;

/// The flag bits of `GcLinks::prev`.
const FLAGS: usize = 0b1111;
/// The object is under trial.
pub(crate) const COLLECTING: usize = 0b010;
/// The trial has not found the object to be reachable yet.
pub(crate) const UNREACHABLE: usize = 0b100;

/// Objects of one age, in a ring through its head.
pub(crate) struct Ring {
    head: Box<GcLinks>,
}

impl Ring {
    pub(crate) fn new() -> Ring {
        let head = Box::new(GcLinks::detached());
        let at: *mut GcLinks = (&raw const *head).cast_mut();
        head.next.set(at);
        head.prev.set(at as usize);
        Ring { head }
    }

    pub(crate) fn head(&self) -> &GcLinks {
        &self.head
    }

    pub(crate) fn is_empty(&self) -> bool {
        std::ptr::eq(self.head.next.get(), self.head())
    }

    /// Puts detached links at the end.
    #[inline]
    pub(crate) fn push(&self, links: &GcLinks) {
        let at: *mut GcLinks = std::ptr::from_ref(links).cast_mut();
        let last = self.head.previous();
        links.set_previous(last);
        links.next.set(std::ptr::from_ref(self.head()).cast_mut());
        // SAFETY: ring members are live.
        unsafe { (*last).next.set(at) };
        self.head.set_previous(at);
    }

    /// [`Ring::push`] for links without flags.
    #[inline(always)]
    fn push_fresh(&self, links: &GcLinks) {
        let at: *mut GcLinks = std::ptr::from_ref(links).cast_mut();
        // A head has no flags.
        let last = self.head.prev.replace(at as usize);
        links.prev.set(last);
        links.next.set(std::ptr::from_ref(self.head()).cast_mut());
        // SAFETY: ring members are live.
        unsafe { (*(last as *mut GcLinks)).next.set(at) };
    }

    /// Moves all members of `other` to the end of this ring.
    pub(crate) fn append(&self, other: &Ring) {
        if other.is_empty() {
            return;
        }
        let (first, last) = (other.head.next.get(), other.head.previous());
        let before = self.head.previous();
        // SAFETY: ring members are live.
        unsafe {
            (*before).next.set(first);
            (*first).set_previous(before);
            (*last).next.set(std::ptr::from_ref(self.head()).cast_mut());
        }
        self.head.set_previous(last);
        let other_head = std::ptr::from_ref(other.head()).cast_mut();
        other.head.next.set(other_head);
        other.head.set_previous(other_head);
    }

    /// Members, first to last. The ring must not change during the walk.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &GcLinks> {
        let head: *const GcLinks = self.head();
        let mut at = self.head.next.get();
        std::iter::from_fn(move || {
            if std::ptr::eq(at, head) {
                return None;
            }
            // SAFETY: ring members are live.
            let links = unsafe { &*at };
            at = links.next.get();
            Some(links)
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }
}

impl GcLinks {
    #[inline]
    pub(crate) fn previous(&self) -> *mut GcLinks {
        (self.prev.get() & !FLAGS) as *mut GcLinks
    }

    #[inline]
    pub(crate) fn set_previous(&self, previous: *mut GcLinks) {
        self.prev.set(previous as usize | (self.prev.get() & FLAGS));
    }

    /// Takes the links out of their ring; flags stay.
    #[inline]
    pub(crate) fn unlink(&self) {
        self.bypass();
        self.next.set(std::ptr::null_mut());
        self.prev.set(self.prev.get() & (FINALIZED | SETTLED));
    }

    /// Lets the neighbours see each other; these links stay as they are.
    #[inline(always)]
    fn bypass(&self) {
        let (next, previous) = (self.next.get(), self.previous());
        // SAFETY: neighbours in a ring are live.
        unsafe {
            (*previous).next.set(next);
            (*next).set_previous(previous);
        }
    }

    /// The header behind the links.
    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: links always stand right before a header (ring heads are never asked).
        unsafe { &*(self as *const GcLinks).add(1).cast::<Header>() }
    }

    /// The object, counted.
    pub(crate) fn value(&self) -> Value {
        self.header().increment();
        // SAFETY: the increment is handed to the value.
        unsafe { Value::from_bits(self.header() as *const Header as u64) }
    }
}

/// The collector's state in one interpreter.
pub struct Collector {
    pub(crate) generations: [Ring; 3],
    /// Objects that `gc.freeze` set aside.
    pub(crate) permanent: Ring,
    /// Allocations since the last collection of generation 0; collections of the younger for 1 and 2.
    pub counts: [Cell<usize>; 3],
    /// `gc.get_threshold()`
    thresholds: [Cell<usize>; 3],
    /// More objects than this in generation 0 make a collection wanted: its threshold, unless that is 0 or under stress.
    limit: Cell<usize>,
    /// Under stress: generation 0 is collected whenever an object was made, and all of them every so many times.
    pub(crate) stress: Cell<Option<NonZeroUsize>>,
    pub(crate) stressed: Cell<usize>,
    /// `gc.isenabled()`
    pub enabled: Cell<bool>,
    /// `gc.get_debug()`
    pub debug: Cell<u32>,
    /// A collection is under way.
    pub collecting: Cell<bool>,
    /// The interpreter's: [`COLLECT`](breaker::COLLECT) is set while generation 0 is over its threshold.
    breaker: Arc<AtomicU32>,
    /// Objects that survived a full collection, and those that since moved to the oldest generation.
    pub(crate) long_lived_total: Cell<usize>,
    pub(crate) long_lived_pending: Cell<usize>,
    pub stats: [Guarded<GenerationStats>; 3],
    /// `gc.garbage` and `gc.callbacks` (lists), once the module is imported.
    pub garbage: Guarded<Option<Value>>,
    pub callbacks: Guarded<Option<Value>>,
}

impl Collector {
    pub(crate) fn new(breaker: Arc<AtomicU32>) -> Collector {
        Collector {
            generations: [Ring::new(), Ring::new(), Ring::new()],
            permanent: Ring::new(),
            counts: Default::default(),
            thresholds: [Cell::new(2000), Cell::new(10), Cell::new(10)],
            limit: Cell::new(2000),
            stress: Cell::new(None),
            stressed: Cell::new(0),
            enabled: Cell::new(true),
            debug: Cell::new(0),
            collecting: Cell::new(false),
            breaker,
            long_lived_total: Cell::new(0),
            long_lived_pending: Cell::new(0),
            stats: Default::default(),
            garbage: Guarded::new(None),
            callbacks: Guarded::new(None),
        }
    }

    /// `gc.get_threshold()[generation]`
    pub fn threshold(&self, generation: usize) -> usize {
        self.thresholds[generation].get()
    }

    /// Sets a threshold; 0 for generation 0 means that collections do not start by themselves.
    pub fn set_threshold(&self, generation: usize, threshold: usize) {
        self.thresholds[generation].set(threshold);
        self.set_limit();
    }

    /// Collects generation 0 whenever an object was made, and every so many times all generations.
    pub fn set_stress(&self, full_every: Option<NonZeroUsize>) {
        self.stress.set(full_every);
        self.set_limit();
    }

    fn set_limit(&self) {
        self.limit.set(match (self.stress.get(), self.thresholds[0].get()) {
            (_, 0) => usize::MAX,
            (Some(_), _) => 0,
            (None, threshold) => threshold,
        });
    }

    /// Starts watching an object.
    #[inline]
    pub fn track(&self, links: &GcLinks) {
        if !links.is_tracked() {
            self.generations[0].push(links);
            self.count_one();
        }
    }

    /// Starts watching an object whose links are as new.
    #[inline(always)]
    pub(crate) fn track_fresh(&self, links: &GcLinks) {
        self.generations[0].push_fresh(links);
        self.count_one();
    }

    #[inline(always)]
    fn count_one(&self) {
        let count = self.counts[0].get() + 1;
        self.counts[0].set(count);
        if count > self.limit.get() {
            self.want();
        }
    }

    /// The eval loop is to collect at its next safe point.
    #[cold]
    fn want(&self) {
        if self.enabled.get() {
            self.breaker.fetch_or(breaker::COLLECT, Ordering::Relaxed);
        }
    }

    /// Was a collection wanted?
    pub(crate) fn take_wanted(&self) -> bool {
        self.breaker.fetch_and(!breaker::COLLECT, Ordering::Relaxed) & breaker::COLLECT != 0
    }

    /// Stops watching an object.
    #[inline]
    pub fn untrack(&self, links: &GcLinks) {
        if links.is_tracked() {
            links.unlink();
            self.uncount_one();
        }
    }

    /// Takes the links of an object that ends now out of their ring; they are not looked at again.
    #[inline(always)]
    pub(crate) fn forget(&self, links: &GcLinks) {
        if links.is_tracked() {
            links.bypass();
            self.uncount_one();
        }
    }

    #[inline(always)]
    fn uncount_one(&self) {
        let count = &self.counts[0];
        count.set(count.get().saturating_sub(1));
    }
}
