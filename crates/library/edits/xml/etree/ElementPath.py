# The children of a parent are searched once, not for each of them.
<<<
            for elem in result:
                try:
                    parent = parent_map[elem]
                    # FIXME: what if the selector is "*" ?
                    elems = list(parent.findall(elem.tag))
                    if elems[index] is elem:
                        yield elem
                except (IndexError, KeyError):
                    pass
===
            chosen = {}
            for elem in result:
                parent = parent_map.get(elem)
                if parent is None:
                    continue
                place = parent, elem.tag
                if place not in chosen:
                    found = list(parent.findall(elem.tag))
                    is_there = -len(found) <= index < len(found)
                    chosen[place] = found[index] if is_there else None
                if chosen[place] is elem:
                    yield elem
>>>
