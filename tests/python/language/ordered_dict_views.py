"""Views of an OrderedDict show what they have."""
from collections import OrderedDict


class Own(OrderedDict):
    pass


for kind in (OrderedDict, Own):
    ordered = kind(a=1, b=[2])
    assert repr(ordered.keys()) == "odict_keys(['a', 'b'])", ordered.keys()
    assert str(ordered.values()) == "odict_values([1, [2]])", ordered.values()
    assert f"{ordered.items()}" == "odict_items([('a', 1), ('b', [2])])", ordered.items()
    assert repr(kind().keys()) == "odict_keys([])"

ordered = OrderedDict()
ordered["own"] = ordered.values()
assert repr(ordered["own"]) == "odict_values([...])", ordered["own"]
assert repr(ordered.items()) == "odict_items([('own', odict_values([...]))])", ordered.items()
