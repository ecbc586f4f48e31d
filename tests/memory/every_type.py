"""A cycle through an object of each native type that can hold references is collected. The types are enumerated: one that
has no recipe here, and no reason to have none, fails."""
import _tokenize
import abc
import array
import collections
import contextvars
import csv
import functools
import gc
import io
import itertools
import json
import operator
import pickle
import queue
import random
import re
import struct
import sys
import threading
import types
import typing
import weakref
from string.templatelib import Interpolation

HAVE_GC, IMMUTABLE = 1 << 14, 1 << 8


class Witness:
    pass


class Holder:
    """Callable, iterable, awaitable, hashable; holds what it is given."""

    def __init__(self, held):
        self.held = held

    def __call__(self, *args, **kwargs):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self

    def __await__(self):
        return self

    def __anext__(self):
        return self

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.held

    def __buffer__(self, flags):
        return memoryview(self.octets)

    def read(self, *args):
        return b""

    write = readinto = readline = read

    def tell(self):
        return 0

    flush = close = seek = tell

    def readable(self):
        return True

    writable = seekable = readable
    closed = False


def sent(generator):
    generator.send(None)
    return generator


def generating(link):
    yield link


async def waiting(link):
    await Holder(link)


async def generating_later(link):
    yield link


class Slotted:
    __slots__ = ("member",)


class Octets(bytearray):
    pass


def octets(link):
    own = Octets(b"octets")
    own.link = link
    return own


def text(link):
    class Text(str):
        pass

    own = Text("text")
    own.link = link
    return own


def module(link):
    made = types.ModuleType("made")
    made.link = link
    return made


class HashedLink:
    def __init__(self, link):
        self.link = link


def traceback(link):
    try:
        local = link
        raise ValueError
    except ValueError as error:
        return error.__traceback__


def frame(link):
    return sys._getframe()


def context(link):
    made = contextvars.Context()
    made.run(contextvars.ContextVar("held").set, link)
    return made


def token(link):
    return contextvars.Context().run(contextvars.ContextVar("held").set, link)


def context_var(link):
    return contextvars.ContextVar("held", default=link)


def local(link):
    made = threading.local()
    made.link = link
    return made


def native(cls, *args, **kwargs):
    def make(link):
        class Sub(cls):
            pass

        made = Sub(*args, **kwargs)
        made.link = link
        return made

    return make


def simple_queue(link):
    made = queue.SimpleQueue()
    made.put(link)
    return made


def referring(refer):
    def make(link):
        link.append(Holder(link))
        return refer(link[-1], Holder(link))

    return make


def ordered(link):
    return collections.OrderedDict(a=link)


def alias(link):
    exec_globals = {"link": link}
    exec("type Alias = link", exec_globals)
    made = exec_globals["Alias"]
    made.__value__
    return made


def type_parameter(statement):
    def make(link):
        scope = {"link": link}
        exec(statement, scope)
        made = scope["f"].__type_params__[0]
        made.__default__
        return made

    return make


def tee(link):
    one, other = itertools.tee([link, 1])
    next(one)
    return one


def referent(owner, name):
    return next(held for held in gc.get_referents(owner) if type(held).__name__ == name)


def groups(link):
    outer = itertools.groupby([link, 1], lambda item: 0)
    return next(outer)[1]


def dict_view(name):
    return lambda link: getattr({1: link}, name)()


def dict_iterator(name, turn=iter):
    return lambda link: turn(getattr({1: link}, name)())


RECIPES = {
    "list": lambda link: [link],
    "dict": lambda link: {1: link},
    "tuple": lambda link: (link,),
    "set": lambda link: {HashedLink(link)},
    "frozenset": lambda link: frozenset([HashedLink(link)]),
    "slice": lambda link: slice(link),
    "property": lambda link: property(Holder(link)),
    "classmethod": lambda link: classmethod(Holder(link)),
    "staticmethod": lambda link: staticmethod(Holder(link)),
    "super": lambda link: super(Holder, Holder(link)),
    "enumerate": lambda link: enumerate([link]),
    "filter": lambda link: filter(None, [link]),
    "map": lambda link: map(Holder(link), [1]),
    "zip": lambda link: zip([link]),
    "reversed": lambda link: reversed(Holder(link)),
    "iterator": lambda link: iter(Indexed(link)),
    "callable_iterator": lambda link: iter(Holder(link), None),
    "list_iterator": lambda link: iter([link]),
    "list_reverseiterator": lambda link: reversed([link]),
    "tuple_iterator": lambda link: iter((link,)),
    "set_iterator": lambda link: iter({HashedLink(link)}),
    "dict_keys": lambda link: {HashedLink(link): 1}.keys(),
    "dict_values": dict_view("values"),
    "dict_items": dict_view("items"),
    "dict_keyiterator": lambda link: iter({HashedLink(link): 1}),
    "dict_valueiterator": dict_iterator("values"),
    "dict_itemiterator": dict_iterator("items"),
    "dict_reversekeyiterator": lambda link: reversed({HashedLink(link): 1}),
    "dict_reversevalueiterator": dict_iterator("values", reversed),
    "dict_reverseitemiterator": dict_iterator("items", reversed),
    "bytearray_iterator": lambda link: iter(octets(link)),
    "memoryview": lambda link: memoryview(octets(link)),
    "memory_iterator": lambda link: iter(memoryview(octets(link))),
    "function": lambda link: lambda: link,
    "cell": lambda link: (lambda: link).__closure__[0],
    "method": lambda link: types.MethodType(len, link),
    "builtin_function_or_method": lambda link: link.append,
    "method-wrapper": lambda link: link.__len__,
    "generator": lambda link: sent(generating(link)),
    "coroutine": lambda link: sent(waiting(link)),
    "coroutine_wrapper": lambda link: sent(waiting(link).__await__()),
    "async_generator": lambda link: generating_later(link),
    "async_generator_asend": lambda link: generating_later(link).asend(None),
    "async_generator_athrow": lambda link: generating_later(link).athrow(ValueError),
    "anext_awaitable": lambda link: anext(Holder(link), link),
    "frame": frame,
    "traceback": traceback,
    "mappingproxy": lambda link: types.MappingProxyType({1: link}),
    "type": lambda link: type("Made", (), {"link": link}),
    "member_descriptor": lambda link: type("Made", (), {"link": link, "__slots__": ("member",)}).__dict__["member"],
    "getset_descriptor": lambda link: type("Made", (), {"link": link}).__dict__["__dict__"],
    "SimpleNamespace": lambda link: types.SimpleNamespace(link=link),
    "GenericAlias": lambda link: types.GenericAlias(list, (link,)),
    "generic_alias_iterator": lambda link: iter(types.GenericAlias(list, (link,))),
    "Union": lambda link: int | types.GenericAlias(list, (HashedLink(link),)),
    "TypeAliasType": alias,
    "TypeVar": type_parameter("def f[T = link](): pass"),
    "TypeVarTuple": type_parameter("def f[*T = link](): pass"),
    "ParamSpec": type_parameter("def f[**T = link](): pass"),
    "ParamSpecArgs": lambda link: type_parameter("def f[**T = link](): pass")(link).args,
    "ParamSpecKwargs": lambda link: type_parameter("def f[**T = link](): pass")(link).kwargs,
    "Interpolation": lambda link: Interpolation(link),
    "Template": lambda link: t"{link}",
    "TemplateIter": lambda link: iter(t"{link}"),
    "module": module,
    "FrameLocalsProxy": lambda link: frame(link).f_locals,
    "ReferenceType": referring(weakref.ref),
    "ProxyType": lambda link: weakref.proxy(link[0], Holder(link)),
    "CallableProxyType": referring(weakref.proxy),
    "Context": context,
    "ContextVar": context_var,
    "Token": token,
    "_local": local,
    "deque": lambda link: collections.deque([link]),
    "_deque_iterator": lambda link: iter(collections.deque([link])),
    "_deque_reverse_iterator": lambda link: reversed(collections.deque([link])),
    "defaultdict": lambda link: collections.defaultdict(Holder(link)),
    "OrderedDict": ordered,
    "odict_keys": lambda link: ordered(link).keys(),
    "odict_values": lambda link: ordered(link).values(),
    "odict_items": lambda link: ordered(link).items(),
    "odict_iterator": lambda link: iter(ordered(link)),
    "_tuplegetter": lambda link: type(collections.namedtuple("A", "a").a)(0, link),
    "partial": lambda link: functools.partial(print, link),
    "partialmethod": lambda link: functools.partialmethod(print, link),
    "_lru_cache_wrapper": lambda link: functools.lru_cache(Holder(link)),
    "KeyWrapper": lambda link: functools.cmp_to_key(Holder(link))(link),
    "itemgetter": lambda link: operator.itemgetter(link),
    "methodcaller": lambda link: operator.methodcaller("append", link),
    "accumulate": lambda link: itertools.accumulate([link]),
    "batched": lambda link: itertools.batched([link], 2),
    "chain": lambda link: itertools.chain([link]),
    "combinations": lambda link: itertools.combinations([link], 1),
    "combinations_with_replacement": lambda link: itertools.combinations_with_replacement([link], 1),
    "compress": lambda link: itertools.compress([link], [1]),
    "count": lambda link: itertools.count(Number(link)),
    "cycle": lambda link: itertools.cycle([link]),
    "dropwhile": lambda link: itertools.dropwhile(Holder(link), [1]),
    "filterfalse": lambda link: itertools.filterfalse(Holder(link), [1]),
    "groupby": lambda link: itertools.groupby([link]),
    "_grouper": groups,
    "islice": lambda link: itertools.islice([link], 1),
    "pairwise": lambda link: itertools.pairwise([link]),
    "permutations": lambda link: itertools.permutations([link]),
    "product": lambda link: itertools.product([link]),
    "repeat": lambda link: itertools.repeat(link),
    "starmap": lambda link: itertools.starmap(Holder(link), [()]),
    "takewhile": lambda link: itertools.takewhile(Holder(link), [1]),
    "zip_longest": lambda link: itertools.zip_longest([link]),
    "_tee": tee,
    "_tee_dataobject": lambda link: referent(tee(link), "_tee_dataobject"),
    "SimpleQueue": simple_queue,
    "Match": lambda link: re.compile("text").search(text(link)),
    "SRE_Scanner": lambda link: re.compile("text").scanner(text(link)),
    "BufferedReader": lambda link: io.BufferedReader(Holder(link)),
    "BufferedWriter": lambda link: io.BufferedWriter(Holder(link)),
    "BufferedRandom": lambda link: io.BufferedRandom(Holder(link)),
    "BufferedRWPair": lambda link: io.BufferedRWPair(Holder(link), Holder(link)),
    "TextIOWrapper": lambda link: io.TextIOWrapper(Holder(link), encoding="ascii"),
    "BytesIO": native(io.BytesIO),
    "StringIO": native(io.StringIO),
    "FileIO": native(io.FileIO, __file__),
    "IncrementalNewlineDecoder": lambda link: io.IncrementalNewlineDecoder(Holder(link), True),
    "_BufferedIOBase": native(io.BufferedIOBase),
    "_RawIOBase": native(io.RawIOBase),
    "_TextIOBase": native(io.TextIOBase),
    "_IOBase": native(io.IOBase),
    "Pickler": lambda link: pickle.Pickler(Holder(link)),
    "Unpickler": lambda link: pickle.Unpickler(Holder(link)),
    "PickleBuffer": lambda link: pickle.PickleBuffer(octets(link)),
    "reader": lambda link: csv.reader([link]),
    "writer": lambda link: csv.writer(Holder(link)),
    "Scanner": lambda link: json.JSONDecoder(object_hook=Holder(link)).scan_once,
    "Encoder": lambda link: json.encoder.c_make_encoder({}, Holder(link), str, None, ":", ",", False, False, True),
    "array": native(array.array, "i"),
    "arrayiterator": lambda link: iter(native(array.array, "i")(link)),
    "Random": native(random.Random),
    "Struct": native(struct.Struct, "i"),
    "unpack_iterator": lambda link: struct.iter_unpack("B", octets(link)),
    "_abc_data": lambda link: abc.ABCMeta("Made", (), {"link": link}),
    "TokenizerIter": lambda link: _tokenize.TokenizerIter(Holder(link).readline, extra_tokens=False),
    "_ConstEvaluator": lambda link: typing.TypeVar("T", bound=types.GenericAlias(list, (link,))).evaluate_bound,
    "managedbuffer": lambda link: referent(memoryview(octets(link)), "managedbuffer"),
    "RLock": native(type(threading.RLock())),
}
# Types whose objects hold nothing that a program chooses, or that it cannot make.
WITHOUT = """attrgetter async_generator_wrapped_value bytes_iterator str_ascii_iterator str_iterator classmethod_descriptor
method_descriptor wrapper_descriptor lock _ThreadHandle DirEntry code flags float_info hash_info int_info thread_info
version_info _BytesIOBuffer TextFileReader ScandirIterator uname_result Dialect Pattern SRE_Template struct_time
MultibyteIncrementalEncoder""".split()


class Indexed:
    def __init__(self, held):
        self.held = held

    def __getitem__(self, index):
        return self.held


class Number:
    def __init__(self, held):
        self.held = held

    def __add__(self, other):
        return self

    __radd__ = __sub__ = __add__

    def __index__(self):
        return 1


def enumerate_types():
    found = set()

    def walk(cls):
        for sub in type.__subclasses__(cls):
            if sub not in found:
                found.add(sub)
                walk(sub)

    walk(object)
    return [cls for cls in found if cls.__flags__ & HAVE_GC and cls.__flags__ & IMMUTABLE]


def dies(make):
    link = [Witness()]
    witness = weakref.ref(link[0])
    made = make(link)
    if made is None:
        return True
    link.append(made)
    del link, made
    gc.collect()
    gc.collect()
    return witness() is None


def exception(cls):
    def make(link):
        made = cls.__new__(cls, "message", [ValueError()]) if issubclass(cls, BaseExceptionGroup) else cls.__new__(cls)
        made.args = (link,)
        made.__context__ = ValueError(link)
        return made

    return make


alive = []
for name, make in RECIPES.items():
    if not dies(make):
        alive.append(name)

exceptions = [cls for cls in enumerate_types() if issubclass(cls, BaseException)]
alive += [cls.__name__ for cls in exceptions if not dies(exception(cls))]
# CPython's collector does not see what these hold.
if sys.implementation.name == "cpython":
    alive = [name for name in alive if name not in ("SRE_Scanner", "TokenizerIter")]
assert not alive, alive

if sys.implementation.name == "pyrope":
    names = {cls.__name__ for cls in enumerate_types() if not issubclass(cls, BaseException)}
    missing = sorted(names - RECIPES.keys() - set(WITHOUT))
    assert not missing, missing
