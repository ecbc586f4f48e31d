# This implementation's folders.
<<<
    return 'RustPython'  # XXX: RUSTPYTHON; For site-packages
===
    return 'Pyrope'
>>>
# Names of the header may begin with `_Py_`.
<<<
    define_rx = re.compile("#define ([A-Z][A-Za-z0-9_]+) (.*)\n")
    undef_rx = re.compile("/[*] #undef ([A-Z][A-Za-z0-9_]+) [*]/\n")
===
    define_rx = re.compile("#define ((?:[A-Z]|_Py_)[A-Za-z0-9_]+) (.*)\n")
    undef_rx = re.compile("/[*] #undef ((?:[A-Z]|_Py_)[A-Za-z0-9_]+) [*]/\n")
>>>
