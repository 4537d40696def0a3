import os
import zoneinfo

print(type(zoneinfo.TZPATH).__name__, "/usr/share/zoneinfo" in zoneinfo.TZPATH)
try:
    print(zoneinfo.ZoneInfo("Europe/Paris"))
except zoneinfo.ZoneInfoNotFoundError:
    # A machine may have no time zone data.
    print("Europe/Paris" if not os.path.exists("/usr/share/zoneinfo/Europe/Paris") else "not found")
