# needs: pytz
import datetime, pytz
zone = pytz.timezone("America/New_York")
for month in (1, 7):
    print(zone.localize(datetime.datetime(2024, month, 1, 12)).strftime("%Y-%m-%d %H:%M %Z%z"))
try: zone.localize(datetime.datetime(2024, 3, 10, 2, 30), is_dst=None)
except pytz.NonExistentTimeError as error: print(type(error).__name__, error)
