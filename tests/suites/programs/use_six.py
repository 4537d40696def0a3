# needs: six
import six
from six.moves import configparser, urllib
@six.add_metaclass(type)
class A: pass
print(six.PY3, six.text_type, six.moves.range(3), urllib.parse.quote("a b"))
print(list(six.iteritems({"a": 1})), configparser.__name__)
