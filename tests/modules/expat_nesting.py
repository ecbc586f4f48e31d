# A declaration of very many pieces takes time in proportion, and is refused.
from xml.parsers import expat

count = 60_000
parser = expat.ParserCreate()
parser.ElementDeclHandler = lambda *_: None
try:
    parser.Parse(b'<!DOCTYPE r [\n<!ELEMENT r ' + b'(a, ' * count + b'a' + b')' * count + b'>\n]>\n<r/>\n', True)
except (expat.ExpatError, RecursionError):
    pass
