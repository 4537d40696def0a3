# needs: python-dateutil
from datetime import datetime
from dateutil import parser, relativedelta, rrule, tz
print(parser.parse("Thu, 25 Sep 2003 10:49:41 -0300"))
print(datetime(2024, 1, 31) + relativedelta.relativedelta(months=1))
print([d.day for d in rrule.rrule(rrule.WEEKLY, count=3, dtstart=datetime(2024, 5, 1))])
print(datetime(2024, 7, 1, tzinfo=tz.gettz("Europe/Berlin")).utcoffset())
