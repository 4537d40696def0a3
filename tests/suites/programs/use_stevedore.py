# needs: traitlets
from traitlets import HasTraits, Int, List, TraitError, Unicode, observe, validate
class Box(HasTraits):
    width = Int(3).tag(config=True); name = Unicode("x"); items = List(Int())
    @observe("width")
    def changed(self, change): print(change["old"], change["new"])
    @validate("name")
    def check(self, proposal):
        if not proposal["value"]: raise TraitError("empty")
        return proposal["value"]
box = Box(); box.width = 7
for wrong in ({"width": "a"}, {"name": ""}, {"items": ["z"]}):
    try: box.set_trait(*next(iter(wrong.items())))
    except TraitError as error: print(error)
