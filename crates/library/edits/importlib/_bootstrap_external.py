# Scripts have no spec, and that is no reason for a warning.
<<<
    if loader is None:
        if spec is missing:
===
    if spec is None and module_globals.get('__name__') == '__main__':
        return loader

    if loader is None:
        if spec is missing:
>>>
