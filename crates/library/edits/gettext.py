# `!` binds tighter than any other operator.
<<<
        result = '%s%d' % (result, value)
===
        result = '%s%d' % (result, value)
    if result.startswith('not '):
        result = f'({result})'
>>>
