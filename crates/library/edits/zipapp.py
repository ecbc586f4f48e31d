# A target may be given as a path object.
<<<
    if interpreter and isinstance(new_archive, str):
===
    if interpreter and isinstance(new_archive, (str, os.PathLike)):
>>>
