# Only XML's own white space counts as such.
<<<
            if child.nodeType == TEXT_NODE and not child.data.strip():
===
            if child.nodeType == TEXT_NODE and not child.data.strip(' \t\r\n'):
>>>
