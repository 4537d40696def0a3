# needs: platformdirs
import os
os.environ.update(HOME="/home/x", XDG_CONFIG_HOME="/cfg")
import platformdirs
print(platformdirs.user_config_dir("app", "me"), platformdirs.user_cache_dir("app").endswith("app"))
