//! Trial deletion, in place: what of a ring is reachable from outside stays, the rest goes to another ring.
//!
//! Counts take the place of the pointers back while they are needed, so no memory is asked for, however many objects
//! there are. The order in which garbage is found is CPython's: finalizers show it.

use crate::gc::ring::{COLLECTING, Ring, UNREACHABLE};
use crate::header::{FINALIZED, GcLinks, Header, IMMORTAL};
use crate::layout::{List, Tuple};
use crate::reference::Object;
use crate::ty::Plainness;
use crate::value::Value;

/// The trial count stands above the flag bits.
const ONE: usize = 8;

/// Calls back with each reference that an object holds: fields, attributes, and its class. Lists and tuples are walked
/// here, where the callback can be inlined.
#[inline(always)]
pub(super) fn visit_references<F: FnMut(&Value)>(header: &Header, visit: &mut F) {
    match header.shape.get() {
        List::SHAPE => {
            // SAFETY: exactly a list; visitors run no Python code.
            let list = unsafe { &*std::ptr::from_ref(header).cast::<List>() };
            list.items.with(|items| items.iter().for_each(visit));
        }
        Tuple::SHAPE => {
            // SAFETY: exactly a tuple.
            let tuple = unsafe { &*std::ptr::from_ref(header).cast::<Tuple>() };
            tuple.as_slice().iter().for_each(visit);
        }
        _ => {
            if let Some(traverse) = header.ty().def().layout.traverse {
                // SAFETY: the layout describes this live object.
                unsafe { traverse(header, visit) };
            }
            visit_own_references(header, visit);
        }
    }
}

/// Attributes, members and the class.
#[inline]
pub(super) fn visit_own_references<F: FnMut(&Value)>(header: &Header, visit: &mut F) {
    let ty = header.ty();
    if ty.plainness() == Plainness::Plain {
        return;
    }
    header.traverse_attributes(visit);
    if ty.is_heap() {
        // SAFETY: the word of a live object, borrowed.
        let class = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(std::ptr::from_ref(ty) as u64) });
        visit(&class);
    }
}

/// The links of an object under trial.
#[inline]
fn on_trial(value: &Value) -> Option<&GcLinks> {
    value.header().and_then(Header::links).filter(|links| links.prev.get() & COLLECTING != 0)
}

/// Moves those of `ring` that nothing outside of it refers to (beyond `held` references of the collector's own each),
/// nor anything that is so referred to, to the empty ring `garbage`. Gives how many stay.
///
/// Nothing here runs Python code, and members of both rings are live throughout.
pub(super) fn separate(ring: &Ring, held: usize, garbage: &Ring) -> usize {
    copy_counts(ring, held);
    subtract_inner_references(ring);
    let kept = move_unreachable(ring, garbage);
    for links in garbage.iter() {
        links.prev.set(links.prev.get() & !(COLLECTING | UNREACHABLE));
    }
    kept
}

/// From here on the words `prev` of members hold counts; the chain of `next` and the head's `prev` hold.
fn copy_counts(ring: &Ring, held: usize) {
    for links in ring.iter() {
        let count = links.header().refcount.get();
        let count = if count >= IMMORTAL { IMMORTAL as usize } else { (count as usize).saturating_sub(held) };
        links.prev.set((count * ONE) | COLLECTING | (links.prev.get() & FINALIZED));
    }
}

fn subtract_inner_references(ring: &Ring) {
    for links in ring.iter() {
        visit_references(links.header(), &mut |value| {
            if let Some(links) = on_trial(value)
                && links.prev.get() >= ONE
            {
                links.prev.set(links.prev.get() - ONE);
            }
        });
    }
}

/// Walks the ring: a member with a count is reachable, and gives all that it refers to a count; one without goes to
/// `garbage` for the time being, and comes back to the ring's end if a later one refers to it.
fn move_unreachable(ring: &Ring, garbage: &Ring) -> usize {
    let head: *const GcLinks = ring.head();
    let mut kept = 0;
    let mut previous = head.cast_mut();
    let mut at = ring.head().next.get();
    while !std::ptr::eq(at, head) {
        // SAFETY: a member of the ring.
        let links = unsafe { &*at };
        if links.prev.get() >= ONE {
            links.prev.set(previous as usize | (links.prev.get() & FINALIZED));
            visit_references(links.header(), &mut |value| {
                if let Some(found) = on_trial(value) {
                    give_count(found, ring);
                }
            });
            previous = at;
            kept += 1;
        } else {
            // SAFETY: the member before, or the head.
            unsafe { (*previous).next.set(links.next.get()) };
            if std::ptr::eq(links.next.get(), head) {
                ring.head().set_previous(previous);
            }
            links.prev.set(COLLECTING | UNREACHABLE | (links.prev.get() & FINALIZED));
            garbage.push(links);
        }
        // SAFETY: the member before, or the head; what follows it now comes next.
        at = unsafe { (*previous).next.get() };
    }
    ring.head().set_previous(previous);
    kept
}

/// A reachable object refers to this one, which is on trial.
fn give_count(found: &GcLinks, ring: &Ring) {
    let word = found.prev.get();
    if word & UNREACHABLE != 0 {
        found.unlink();
        ring.push(found);
        found.prev.set(ONE | COLLECTING | (word & FINALIZED));
    } else if word < ONE {
        found.prev.set(word | ONE);
    }
}
