# needs: iniconfig
import iniconfig
config = iniconfig.IniConfig("x.ini", "[a]\nb = 1\nlist =\n  x\n  y\n[c]\nd=2 # comment\n")
print(config["a"]["b"], config.get("a", "list"), "c" in config, config.lineof("c", "d"), list(config["a"]))
try: iniconfig.IniConfig("x.ini", "[a\n")
except iniconfig.ParseError as error: print(error)
