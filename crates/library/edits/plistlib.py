# Keys that are no strings are left out, or refused, before the rest is sorted.
<<<
def _escape(text):
===
def _items(mapping, sorts, skips):
    if not sorts:
        return mapping.items()
    strings = [key for key in mapping if isinstance(key, str)]
    if len(strings) < len(mapping) and not skips:
        raise TypeError("keys must be strings")
    return [(key, mapping[key]) for key in sorted(strings)]


def _escape(text):
>>>
<<<
            if self._sort_keys:
                items = sorted(d.items())
            else:
                items = d.items()
===
            items = _items(d, self._sort_keys, self._skipkeys)
>>>
<<<
            items = value.items()
            if self._sort_keys:
                items = sorted(items)
===
            items = _items(value, self._sort_keys, self._skipkeys)
>>>
<<<
            if self._sort_keys:
                rootItems = sorted(value.items())
            else:
                rootItems = value.items()
===
            rootItems = _items(value, self._sort_keys, self._skipkeys)
>>>
