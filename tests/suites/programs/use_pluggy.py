# needs: pluggy
import pluggy
spec, impl = pluggy.HookspecMarker("p"), pluggy.HookimplMarker("p")
class Spec:
    @spec
    def add(self, x): ...
class One:
    @impl
    def add(self, x): return x + 1
class Two:
    @impl(wrapper=True)
    def add(self, x):
        result = yield
        return [r * 10 for r in result]
manager = pluggy.PluginManager("p")
manager.add_hookspecs(Spec)
manager.register(One()); manager.register(Two())
print(manager.hook.add(x=4))
