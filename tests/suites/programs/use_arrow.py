# needs: arrow
import arrow
moment = arrow.get("2024-02-29T12:00:00+00:00")
print(moment.to("Asia/Tokyo").format("YYYY-MM-DD HH:mm ZZ"), moment.shift(years=1), moment.humanize(moment.shift(hours=-3)))
print([d.day for d in arrow.Arrow.range("week", moment, limit=3)], arrow.get("5 May 2020", "D MMMM YYYY"))
