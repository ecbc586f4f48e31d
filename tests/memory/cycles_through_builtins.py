"""A cycle through an instance of a subclass of any builtin type is collected."""
import collections
import gc
import itertools
import weakref


class Witness:
    pass


BASES = [
    (int, (5,)), (int, (2**100,)), (float, (1.5,)), (complex, (1j,)), (str, ("text",)), (str, ("äß",)), (str, ("€" * 9,)),
    (bytes, (b"octets",)), (bytearray, (b"octets",)), (tuple, ((1, 2),)), (list, ([1],)), (dict, ({1: 2},)),
    (set, ({1},)), (frozenset, ({1},)), (property, ()), (staticmethod, (len,)), (classmethod, (len,)), (object, ()),
    (type, ("Made", (), {})), (ValueError, (1,)), (OSError, (1, "no")), (enumerate, ([1],)), (map, (len, [])),
    (filter, (None, [])), (zip, ()), (reversed, ("ab",)), (collections.deque, ([1],)), (collections.OrderedDict, ()),
    (collections.defaultdict, (int,)), (itertools.count, ()), (itertools.chain, ()), (Witness, ()),
]


def cycle_dies(base, args):
    class Sub(base):
        pass

    witness = Witness()
    ref = weakref.ref(witness)
    instance = Sub(*args)
    instance.witness = witness
    witness.back = [instance]
    del instance, witness, Sub
    gc.collect()
    return ref() is None


left = [base.__name__ for base, args in BASES if not cycle_dies(base, args)]
assert not left, left


class Slotted(str):
    __slots__ = ("link", "witness")


def slotted_cycle_dies():
    slotted = Slotted("x" * 50)
    slotted.link, slotted.witness = slotted, Witness()
    ref = weakref.ref(slotted.witness)
    del slotted
    gc.collect()
    return ref() is None


assert slotted_cycle_dies()
