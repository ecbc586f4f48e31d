"""`__slots__` members of subclasses of `str` lie behind the text."""
import copy
import gc
import weakref


class Text(str):
    __slots__ = ('note', 'links', '__weakref__')


for text in ('', 'a', 'ab' * 50, 'é', '漢字!', '\U00010000'):
    value = Text(text)
    assert not hasattr(value, 'note') and not hasattr(value, '__dict__')
    value.note = text
    assert value == text and value.note is text and weakref.ref(value)() is value
    del value.note
    assert not hasattr(value, 'note')

cyclic = Text('cycle')
cyclic.links = [cyclic]
alive = weakref.ref(cyclic)
del cyclic
gc.collect()
assert alive() is None


class More(Text):
    __slots__ = ('extra',)


more = More('more')
more.note, more.extra = 1, 2
assert (more.note, more.extra, copy.copy(more).extra) == (1, 2, 2)


class Open(More):
    pass


opened = Open('open')
opened.note, opened.other = 1, 2
assert opened.__dict__ == {'other': 2}

for base in int, bytes, tuple, type:
    try:
        type('Refused', (base,), {'__slots__': ('a',)})
    except TypeError as error:
        assert str(error) == f"nonempty __slots__ not supported for subtype of '{base.__name__}'"
    else:
        raise AssertionError(base)


class Raising:
    @property
    def missing(self):
        raise AttributeError('no')


assert not hasattr(Raising(), 'missing') and getattr(Raising(), 'missing', 5) == 5
