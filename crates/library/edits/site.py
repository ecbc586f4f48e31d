# This implementation's folders.
<<<
    return 'RustPython' # XXX: RUSTPYTHON; for site-packages
===
    return 'Pyrope'
>>>
<<<
    # XXX: RUSTPYTHON
    return f'{userbase}/lib/rustpython{version[0]}.{version[1]}{abi_thread}/site-packages'
===
    return f'{userbase}/lib/pyrope{version[0]}.{version[1]}{abi_thread}/site-packages'
>>>
