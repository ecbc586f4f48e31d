"""The second stage: tokens to the abstract syntax tree."""

import ast


def dump(source, mode='exec'):
    return ast.dump(ast.parse(source, mode=mode)).replace(', ctx=Load()', '')


assert dump('x = y + 1') == (
    "Module(body=[Assign(targets=[Name(id='x', ctx=Store())], "
    "value=BinOp(left=Name(id='y'), op=Add(), right=Constant(value=1)))])"
)
assert dump('a if b else lambda: c', 'eval') == (
    "Expression(body=IfExp(test=Name(id='b'), body=Name(id='a'), "
    "orelse=Lambda(args=arguments(), body=Name(id='c'))))"
)
assert dump('-1 ** 2 @ 3', 'eval') == (
    'Expression(body=BinOp(left=UnaryOp(op=USub(), operand=BinOp(left=Constant(value=1), op=Pow(), '
    'right=Constant(value=2))), op=MatMult(), right=Constant(value=3)))'
)
assert dump('a < b <= c is not d not in e', 'eval').count('Compare') == 1
assert dump('class A[T: int = str](B, k=1): pass') == (
    "Module(body=[ClassDef(name='A', bases=[Name(id='B')], keywords=[keyword(arg='k', value=Constant(value=1))], "
    "body=[Pass()], type_params=[TypeVar(name='T', bound=Name(id='int'), default_value=Name(id='str'))])])"
)
assert dump('try: pass\nexcept* A, B: pass') == (
    "Module(body=[TryStar(body=[Pass()], handlers=[ExceptHandler(type=Tuple(elts=[Name(id='A'), Name(id='B')]), "
    'body=[Pass()])])])'
)
assert dump('match x:\n case {"k": [1, *r], **o} | C(a=None) if g: pass') == (
    "Module(body=[Match(subject=Name(id='x'), cases=[match_case(pattern=MatchOr(patterns=[MatchMapping("
    "keys=[Constant(value='k')], patterns=[MatchSequence(patterns=[MatchValue(value=Constant(value=1)), "
    "MatchStar(name='r')])], rest='o'), MatchClass(cls=Name(id='C'), kwd_attrs=['a'], "
    "kwd_patterns=[MatchSingleton(value=None)])]), guard=Name(id='g'), body=[Pass()])])])"
)
assert dump("f'a{x!r:>{w}}'", 'eval') == (
    "Expression(body=JoinedStr(values=[Constant(value='a'), FormattedValue(value=Name(id='x'), conversion=114, "
    "format_spec=JoinedStr(values=[Constant(value='>'), FormattedValue(value=Name(id='w'), conversion=-1)]))]))"
)
assert dump("t'{x}'", 'eval') == (
    "Expression(body=TemplateStr(values=[Interpolation(value=Name(id='x'), str='x', conversion=-1)]))"
)

# Columns are bytes of UTF-8; ends are exclusive.
node = ast.parse('é = (1 +\n  ß)').body[0].value
assert (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset) == (1, 6, 2, 4)
assert ast.get_source_segment('é = (1 +\n  ß)', node) == '1 +\n  ß'

# Variants of the parser.
assert ast.parse('x = 1 # type: int', type_comments=True).body[0].type_comment == 'int'
assert dump('(int, *str) -> bool', 'func_type') == (
    "FunctionType(argtypes=[Name(id='int'), Name(id='str')], returns=Name(id='bool'))"
)
assert ast.dump(ast.parse('__debug__ and 1 + 1', mode='eval', optimize=1)) == (
    'Expression(body=BoolOp(op=And(), values=[Constant(value=False), BinOp(left=Constant(value=1), op=Add(), '
    'right=Constant(value=1))]))'
)
assert ast.literal_eval("{'a': [1, -2.5, (3+4j)], b'': {None, True}}") == {'a': [1, -2.5, 3 + 4j], b'': {None, True}}

# A tree can be built and changed by hand, compiled, and turned back into source.
tree = ast.parse('total = first * 2')


class Double(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant(node.value * 2), node)


names = {'first': 5}
exec(compile(ast.fix_missing_locations(Double().visit(tree)), '<tree>', 'exec'), names)
assert names['total'] == 20
for source in ['x: int = (yield)', 'async def f():\n    async with a as b, c:\n        await d', 'del a[1:2, ...], b.c',
               'lambda a, /, b=1, *c, d, **e: (a := b)', "f'{a!s:{b}}'", 'with (a as b):\n    pass', 'type A[*T] = tuple[*T]']:
    assert ast.dump(ast.parse(ast.unparse(ast.parse(source)))) == ast.dump(ast.parse(source)), source

for wrong, message in [
    (ast.Module([ast.Expr(ast.Name('x', ast.Store()))], []), 'expression must have Load context but has Store instead'),
    (ast.Module([ast.If(ast.Constant(1), [], [])], []), 'empty body on If'),
    (ast.Expression(ast.Constant(object())), 'got an invalid type in Constant: object'),
]:
    try:
        compile(ast.fix_missing_locations(wrong), '<tree>', 'eval' if isinstance(wrong, ast.Expression) else 'exec')
    except (ValueError, TypeError) as error:
        assert message in str(error), error
    else:
        raise AssertionError(message)
