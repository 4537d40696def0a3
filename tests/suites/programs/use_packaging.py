# needs: packaging
from packaging.version import Version
from packaging.specifiers import SpecifierSet
from packaging.requirements import Requirement
print(sorted(map(Version, ["1.10", "1.9", "2.0rc1", "1.0.dev3"])))
print(list(SpecifierSet(">=1.9,!=1.10").filter(["1.8", "1.9", "1.10", "1.11"])))
needs = Requirement('requests[socks]>=2.8; python_version > "3"')
print(needs.name, sorted(needs.extras), needs.specifier, needs.marker.evaluate())
