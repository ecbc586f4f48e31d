"""`pyexpat`: events, positions, errors, and what stands on it."""
import io
import plistlib
import xml.dom.minidom
import xml.etree.ElementTree as ET
from xml.parsers import expat


def events(*chunks, separator=None, **options):
    parser = expat.ParserCreate(namespace_separator=separator)
    seen = []
    for name in ('XmlDecl', 'StartDoctypeDecl', 'EntityDecl', 'ElementDecl', 'AttlistDecl', 'StartElement',
                 'EndElement', 'CharacterData', 'Comment', 'ProcessingInstruction', 'StartCdataSection',
                 'EndCdataSection', 'StartNamespaceDecl', 'EndNamespaceDecl', 'SkippedEntity', 'ExternalEntityRef'):
        def handler(*args, name=name):
            seen.append((name, *args))
            return 1
        setattr(parser, name + 'Handler', handler)
    for name, value in options.items():
        setattr(parser, name, value)
    try:
        for chunk in chunks[:-1]:
            parser.Parse(chunk)
        parser.Parse(chunks[-1], True)
    except expat.ExpatError as error:
        seen.append(str(error))
    return seen


document = '''<?xml version="1.0"?><!DOCTYPE r [
<!ELEMENT r (a|(b,c)*)+><!ATTLIST r k (x|y) "x" t NMTOKENS #IMPLIED>
<!ENTITY g "text &lt; <b/>"><!ENTITY e SYSTEM "file">
]><r t=" 1  2 ">A&g;é&#66;&e;<![CDATA[<&]]><!--c--><?p q?></r>'''
expected = [
    ('XmlDecl', '1.0', None, -1),
    ('StartDoctypeDecl', 'r', None, None, 1),
    ('ElementDecl', 'r', (5, 3, None, ((4, 0, 'a', ()), (6, 2, None, ((4, 0, 'b', ()), (4, 0, 'c', ())))))),
    ('AttlistDecl', 'r', 'k', '(x|y)', 'x', 0),
    ('AttlistDecl', 'r', 't', 'NMTOKENS', None, 0),
    ('EntityDecl', 'g', 0, 'text &lt; <b/>', None, None, None, None),
    ('EntityDecl', 'e', 0, None, None, 'file', None, None),
    ('StartElement', 'r', {'t': '1 2', 'k': 'x'}),
    ('CharacterData', 'Atext < '), ('StartElement', 'b', {}), ('EndElement', 'b'), ('CharacterData', 'éB'),
    ('ExternalEntityRef', 'e', None, 'file', None),
    ('StartCdataSection',), ('CharacterData', '<&'), ('EndCdataSection',),
    ('Comment', 'c'), ('ProcessingInstruction', 'p', 'q'), ('EndElement', 'r'),
]
assert events(document, buffer_text=True) == expected
data = document.encode()
assert events(*(data[i:i + 40] for i in range(0, len(data), 40)), buffer_text=True) == expected

assert events('<a xmlns="u" xmlns:p="v" p:x="1" y="2"><p:b/></a>', separator=' ') == [
    ('StartNamespaceDecl', None, 'u'), ('StartNamespaceDecl', 'p', 'v'),
    ('StartElement', 'u a', {'v x': '1', 'y': '2'}), ('StartElement', 'v b', {}), ('EndElement', 'v b'),
    ('EndElement', 'u a'), ('EndNamespaceDecl', 'p'), ('EndNamespaceDecl', None),
]

for text, message in {
    '': 'no element found: line 1, column 0',
    '<a>\n</b>': 'mismatched tag: line 2, column 2',
    '<a b="1" b="2"/>': 'duplicate attribute: line 1, column 9',
    '<a>&x;</a>': 'undefined entity: line 1, column 3',
    '<a/><b/>': 'junk after document element: line 1, column 4',
    '<a b="<"/>': 'not well-formed (invalid token): line 1, column 6',
    '<a>]]></a>': 'not well-formed (invalid token): line 1, column 5',
    '<a><![CDATA[x': 'unclosed CDATA section: line 1, column 13',
    '<a': 'unclosed token: line 1, column 0',
    '<a>&#0;</a>': 'reference to invalid character number: line 1, column 3',
    '<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>': 'recursive entity reference: line 1, column 52',
}.items():
    assert events(text)[-1] == message, (text, events(text))

laughs = '<!DOCTYPE a [' + ''.join(
    f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 100}">' for i in range(10)) + ']><a>&e9;</a>'
assert 'amplification factor' in events(laughs)[-1]

for encoding in 'utf-16', 'iso-8859-1', 'cp1252':
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'
    assert events(text.encode(encoding))[-2] == ('CharacterData', 'é')


def fail(*args):
    raise ValueError('in a handler')


parser = expat.ParserCreate()
parser.StartElementHandler = fail
try:
    parser.Parse('<a/>')
except ValueError as error:
    assert str(error) == 'in a handler' and parser.StartElementHandler is None
else:
    raise AssertionError

tree = ET.fromstring('<r xmlns:p="u"><p:b c="1">text</p:b>tail</r>')
assert tree.find('{u}b').tail == 'tail' and tree.find('{u}b').attrib == {'c': '1'}
assert [event for event, _ in ET.iterparse(io.BytesIO(b'<a><b/></a>'), ['start', 'end'])] == [
    'start', 'start', 'end', 'end']
page = '<?xml version="1.0" ?><!DOCTYPE r [\n<!ENTITY e "v">\n]><r a="1">x</r>'
assert xml.dom.minidom.parseString(page).toxml() == page
value = {'a': [1, 2.5, True, b'x', 'é']}
assert plistlib.loads(plistlib.dumps(value)) == value
