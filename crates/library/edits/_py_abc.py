# An instance that hides its class is judged by its type, as isinstance does.
<<<
        subclass = instance.__class__
        if subclass in cls._abc_cache:
===
        subclass = getattr(instance, '__class__', type(instance))
        if subclass in cls._abc_cache:
>>>
