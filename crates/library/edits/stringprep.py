# RFC 3454 folds case as Unicode 3.2 did: a mapping that came later does not count.
<<<
    return code.lower()
===
    lower = code.lower()
    if any(unicodedata.category(c) == 'Cn' for c in code + lower):
        return code
    return lower
>>>
