# Methods of builtin objects have no module of their own.
<<<
        if value.__module__ == "builtins":
            return value.__qualname__
        return f"{value.__module__}.{value.__qualname__}"
===
        module = value.__module__
        if module is None and (owner := getattr(value, "__self__", None)) is not None:
            module = (owner if isinstance(owner, type) else type(owner)).__module__
        if module in (None, "builtins"):
            return value.__qualname__
        return f"{module}.{value.__qualname__}"
>>>
