# needs: freezegun
import datetime, time
from freezegun import freeze_time
with freeze_time("2024-02-29 12:00:00", tz_offset=1) as frozen:
    print(datetime.datetime.now(), datetime.date.today(), time.time())
    frozen.tick(60); print(datetime.datetime.utcnow() if 0 else datetime.datetime.now(datetime.UTC))
