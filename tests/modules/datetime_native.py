"""`_datetime`: arithmetic, comparison, texts both ways, zones, pickles and what is refused."""

import copy
import datetime as d
import pickle
import _datetime
from datetime import date, datetime, time, timedelta, timezone, tzinfo


def raises(kind, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert str(error) == text, str(error)
        return
    raise AssertionError(f"{kind} was not raised")


assert d.datetime is _datetime.datetime and issubclass(datetime, date)

# Durations
assert timedelta(1, 2, 3) - timedelta(2) == timedelta(-1, 2, 3)
assert repr(timedelta(-1, 2, 3)) == "datetime.timedelta(days=-1, seconds=2, microseconds=3)"
assert str(timedelta(100, 3661, 5)) == "100 days, 1:01:01.000005"
assert timedelta(hours=7) // timedelta(minutes=60) == 7 and timedelta(1) / 7 == timedelta(0, 12342, 857143)
assert divmod(timedelta(-1), timedelta(hours=7)) == (-4, timedelta(hours=4))
assert timedelta(microseconds=0.5) == timedelta(0) and timedelta(microseconds=1.5) == timedelta(0, 0, 2)
raises(OverflowError, "days=1000000000; must have magnitude <= 999999999", timedelta, 10**9)
raises(TypeError, "unsupported type for timedelta days component: str", timedelta, "1")

# Dates
assert [date.fromordinal(n).toordinal() for n in range(1, 3652060, 997)] == list(range(1, 3652060, 997))
assert date(2024, 2, 29) + timedelta(366) == date(2025, 3, 1) and date(2020, 12, 31).isocalendar() == (2020, 53, 4)
assert date.fromisoformat("2020-W53-5") == date(2021, 1, 1) == date.fromisocalendar(2020, 53, 5)
assert repr(date(1, 2, 3).isocalendar()) == "datetime.IsoCalendarDate(year=1, week=5, weekday=6)"
raises(ValueError, "day 30 must be in range 1..29 for month 2 in year 2000", date, 2000, 2, 30)
raises(OverflowError, "date value out of range", lambda: date.max + timedelta(1))
raises(ValueError, "Invalid isoformat string: '2020-1-1'", date.fromisoformat, "2020-1-1")

# Moments and zones
noon = datetime(2024, 6, 1, 12, 30, 15, 250, tzinfo=timezone(timedelta(hours=5, minutes=30)))
assert noon.isoformat() == "2024-06-01T12:30:15.000250+05:30" == str(noon).replace(" ", "T")
assert datetime.fromisoformat(noon.isoformat()) == noon and hash(noon) == hash(noon.astimezone(timezone.utc))
assert noon.astimezone(timezone.utc).hour == 7 and noon.timestamp() == 1717225215.00025
assert datetime.fromtimestamp(-1.5, timezone.utc) == datetime(1969, 12, 31, 23, 59, 58, 500000, timezone.utc)
assert datetime.fromisoformat("20241231T24") == datetime(2025, 1, 1)
assert f"{noon:%d.%m.%y %f %z %:z %Z %%}" == "01.06.24 000250 +0530 +05:30 UTC+05:30 %"
assert datetime.strptime("2024-02-03 04:05", "%Y-%m-%d %H:%M") == datetime(2024, 2, 3, 4, 5)
assert date(99, 1, 2).strftime("%Y-%F \ud800") == "0099-0099-01-02 \ud800"
assert datetime.combine(date(1, 2, 3), time(4, 5, fold=1)).fold == 1
assert repr(timezone.utc) == "datetime.timezone.utc" and timezone(timedelta(0)) is timezone.utc
raises(TypeError, "can't compare offset-naive and offset-aware datetimes", lambda: noon < noon.replace(tzinfo=None))
raises(TypeError, "can't subtract offset-naive and offset-aware datetimes", lambda: noon - noon.replace(tzinfo=None))
raises(TypeError, "tzinfo argument must be None or of a tzinfo subclass, not type 'int'", datetime.now, 1)


class Summer(tzinfo):
    """One hour of summer time from April to September."""

    def utcoffset(self, dt):
        return timedelta(hours=1) + self.dst(dt)

    def dst(self, dt):
        return timedelta(hours=dt is not None and 4 <= dt.month <= 9)

    def tzname(self, dt):
        return "50%"


summer = Summer()
assert datetime(2024, 7, 1, 10, tzinfo=timezone.utc).astimezone(summer).hour == 12
assert datetime(2024, 1, 1, 10, tzinfo=timezone.utc).astimezone(summer).hour == 11
assert datetime(2024, 7, 1, tzinfo=summer).strftime("%Z") == "50%" and time(1, tzinfo=summer) < time(1, tzinfo=timezone.utc)


class Day(date):
    pass


assert type(Day(2000, 1, 1) + timedelta(1)) is Day and type(Day.today()) is Day

for value in (noon, time(1, 2, 3, 4, fold=1), date(2000, 1, 1), timedelta(1, 2, 3), timezone.utc, Day(1, 1, 1)):
    for protocol in range(6):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value and type(again) is type(value), (value, protocol)
    assert copy.deepcopy(value) == value
