# Only XML's own white space counts as such.
<<<
        if not elem.text or not elem.text.strip():
            elem.text = child_indentation
===
        if not elem.text or not elem.text.strip(_BLANKS):
            elem.text = child_indentation
>>>
<<<
            if not child.tail or not child.tail.strip():
                child.tail = child_indentation
===
            if not child.tail or not child.tail.strip(_BLANKS):
                child.tail = child_indentation
>>>
<<<
        if not child.tail.strip():
            child.tail = indentations[level]
===
        if not child.tail.strip(_BLANKS):
            child.tail = indentations[level]
>>>
<<<
            data = data.strip()
        if self._pending_start is not None:
===
            data = data.strip(_BLANKS)
        if self._pending_start is not None:
>>>
<<<
class ParseError(SyntaxError):
===
_BLANKS = '\t\n\r '

class ParseError(SyntaxError):
>>>
# The parser itself reads document type declarations, also those without identifiers.
<<<
        parser.ordered_attributes = 1
        self._doctype = None
===
        parser.ordered_attributes = 1
        parser.StartDoctypeDeclHandler = self._doctype
>>>
<<<
        elif prefix == "<" and text[:9] == "<!DOCTYPE":
            self._doctype = [] # inside a doctype declaration
        elif self._doctype is not None:
            # parse doctype contents
            if prefix == ">":
                self._doctype = None
                return
            text = text.strip()
            if not text:
                return
            self._doctype.append(text)
            n = len(self._doctype)
            if n > 2:
                type = self._doctype[1]
                if type == "PUBLIC" and n == 4:
                    name, type, pubid, system = self._doctype
                    if pubid:
                        pubid = pubid[1:-1]
                elif type == "SYSTEM" and n == 3:
                    name, type, system = self._doctype
                    pubid = None
                else:
                    return
                if hasattr(self.target, "doctype"):
                    self.target.doctype(name, pubid, system[1:-1])
                elif hasattr(self, "doctype"):
                    warnings.warn(
                        "The doctype() method of XMLParser is ignored.  "
                        "Define doctype() method on the TreeBuilder target.",
                        RuntimeWarning)

                self._doctype = None
===

    def _doctype(self, name, system, public, has_subset):
        if (doctype := getattr(self.target, "doctype", None)) is not None:
            doctype(name, public, system)
        elif hasattr(self, "doctype"):
            warnings.warn(
                "The doctype() method of XMLParser is ignored.  "
                "Define doctype() method on the TreeBuilder target.",
                RuntimeWarning)
>>>
