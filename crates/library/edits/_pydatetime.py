# Numbers of an ISO format are ASCII digits of a fixed count, without signs or spaces.
<<<
def _parse_isoformat_date(dtstr):
===
def _iso_number(text, digits):
    if len(text) == digits and text.isascii() and text.isdigit():
        return int(text)
    raise ValueError("Invalid isoformat string")


def _parse_isoformat_date(dtstr):
>>>
<<<
    year = int(dtstr[0:4])
    has_sep = dtstr[4] == '-'
===
    year = _iso_number(dtstr[0:4], 4)
    has_sep = dtstr[4] == '-'
>>>
<<<
        weekno = int(dtstr[pos:pos + 2])
===
        weekno = _iso_number(dtstr[pos:pos + 2], 2)
>>>
<<<
            dayno = int(dtstr[pos:pos + 1])
===
            dayno = _iso_number(dtstr[pos:pos + 1], 1)
>>>
<<<
        month = int(dtstr[pos:pos + 2])
===
        month = _iso_number(dtstr[pos:pos + 2], 2)
>>>
<<<
        day = int(dtstr[pos:pos + 2])
===
        day = _iso_number(dtstr[pos:pos + 2], 2)
>>>
<<<
        time_comps[comp] = int(tstr[pos:pos+2])
===
        time_comps[comp] = _iso_number(tstr[pos:pos+2], 2)
>>>
