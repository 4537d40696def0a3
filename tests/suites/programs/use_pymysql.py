# needs: pymysql
import pymysql.converters as c, pymysql
print(c.escape_item("a'b\\c\n", "utf8"), c.escape_item(2.5, "utf8", c.encoders), c.convert_datetime("2024-02-29 01:02:03"), c.convert_timedelta("-12:30:01"))
try: pymysql.connect(host="127.0.0.1", port=1, connect_timeout=1)
except pymysql.OperationalError as error: print(error.args[0])
