# The name of this implementation in `sys.version`.
<<<
        if "RustPython" in sys_version:
            name = "RustPython"
===
        if "Pyrope" in sys_version:
            name = "Pyrope"
>>>
