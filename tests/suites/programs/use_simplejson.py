# needs: source:simplejson
import decimal, simplejson
print(simplejson.dumps({"b": decimal.Decimal("1.10"), "a": [1, None]}, sort_keys=True, indent=1), simplejson.loads("[1.1]", use_decimal=True))
try: simplejson.loads("{\"a\": }")
except simplejson.JSONDecodeError as error: print(error, error.lineno, error.colno)
