# needs: isodate
import isodate
print(isodate.parse_duration("P1Y2M3DT4H5M6.5S"), isodate.parse_datetime("2024-W09-4T12:30:00+01:00"))
print(isodate.duration_isoformat(isodate.parse_duration("PT36H")), isodate.parse_date("2024-060"))
