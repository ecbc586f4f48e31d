# Behind a single transition the time before it was that of the beginning.
<<<
                tti_prev = self._ttinfos[-1]
                tti = self._tz_after
===
                tti_prev = self._tti_before
                tti = self._tz_after
>>>
# Day 59 is the last of February, also by Julian days.
<<<
        if self.julian and d >= 59 and calendar.isleap(year):
===
        if self.julian and d > 59 and calendar.isleap(year):
>>>
# POSIX: abbreviations are letters or stand in <>, and the standard offset must be there.
<<<
        (?P<std>[^<0-9:.+-]+|<[a-zA-Z0-9+-]+>)
===
        (?P<std>[A-Za-z]+|<[a-zA-Z0-9+-]+>)
>>>
<<<
                (?P<dst>[^0-9:.+-]+|<[a-zA-Z0-9+-]+>)
===
                (?P<dst>[A-Za-z]+|<[a-zA-Z0-9+-]+>)
>>>
<<<
        std_offset = 0

===
        raise ValueError(f"Invalid STD offset in {tz_str}")

>>>
<<<
        m = re.fullmatch(r"M(\d{1,2})\.(\d).(\d)", date, re.ASCII)
===
        m = re.fullmatch(r"M(\d{1,2})\.(\d)\.(\d)", date, re.ASCII)
>>>
<<<
        doy = int(date)
===
        if not re.fullmatch("[0-9]{1,3}", date):
            raise ValueError(f"Invalid dst start/end date: {dststr}")
        doy = int(date)
>>>
