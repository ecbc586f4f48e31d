# Files that only a path entry's finder can read (archives, the library inside the binary) have lines too.
<<<
        basename = filename

        # Realise a lazy loader based lookup if there is one
===
        lines = _lines_by_finder(fullname)
        if lines is not None:
            cache[filename] = sum(map(len, lines)), None, lines, fullname
            return lines

        basename = filename

        # Realise a lazy loader based lookup if there is one
>>>
<<<
def lazycache(filename, module_globals):
===
def _lines_by_finder(filename):
    """The lines of a file below a path entry whose finder reads data; None if there is none."""
    import os
    import sys
    folder, above = os.path.dirname(filename), filename
    while folder != above:
        get_data = getattr((sys.path_importer_cache or {}).get(folder), 'get_data', None)
        if get_data is not None:
            from importlib.util import decode_source
            try:
                text = decode_source(get_data(filename))
            except (ImportError, OSError):
                pass
            except (UnicodeDecodeError, SyntaxError):
                return None
            else:
                return [line + '\n' for line in text.splitlines()]
        folder, above = os.path.dirname(folder), folder
    return None


def lazycache(filename, module_globals):
>>>
