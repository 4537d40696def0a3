#!/usr/bin/env bash
# Which tools install for pyt: a line for each command of the table in docs/packages.md, `works` or the end of what the
# tool said. Needs an index of packages. No test, since what tools accept changes with them.
#
#   python3 -m venv tools && tools/bin/pip install uv pipx tox nox virtualenv poetry pdm
#   tests/installed/tools.sh target/release/pyt tools/bin
set -u
pyt=$(realpath "$1")
tools=$(realpath "$2")
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
unset VIRTUAL_ENV
export PATH=$tools:$PATH PIPX_HOME=$folder/pipx PIPX_BIN_DIR=$folder/programs UV_TOOL_DIR=$folder/uv
export UV_TOOL_BIN_DIR=$folder/programs UV_PYTHON_DOWNLOADS=never

try() { # NAME COMMAND...
    local name=$1
    shift
    if timeout 300 "$@" >"$folder/log" 2>&1; then
        printf '%-36s works\n' "$name"
    else
        printf '%-36s %s\n' "$name" "$(grep -v '^\s*$' "$folder/log" | tail -n 2 | tr '\n' ' ')"
    fi
}

is_pyt='import six, sys; assert sys.implementation.name == "rustpython"'
try "pyt -m venv" "$pyt" -m venv env
try "pip install" env/bin/pip install six==1.16.0
try "pip install --upgrade" env/bin/pip install --upgrade six
try "pip uninstall" env/bin/pip uninstall --yes six

try "virtualenv" virtualenv -p "$pyt" virtual
try "pip of virtualenv" virtual/bin/pip install six
try "python of virtualenv" virtual/bin/python -c "$is_pyt"

mkdir tox nox uv pdm poetry
cat >tox/tox.ini <<END
[tox]
skipsdist = true
[testenv]
base_python = $pyt
deps = six
commands = python -c '$is_pyt'
END
try "tox" tox run --root tox -c tox/tox.ini -e py
cat >nox/noxfile.py <<END
import nox
nox.options.default_venv_backend = "virtualenv"
@nox.session(python="$pyt")
def tests(session):
    session.install("six")
    session.run("python", "-c", '$is_pyt')
END
try "nox" nox --noxfile nox/noxfile.py

try "pipx install --backend pip" pipx install --backend pip --python "$pyt" cowsay
try "its program" programs/cowsay -t hello
try "pipx install" pipx install --backend uv --python "$pyt" pycowsay

try "uv venv" uv venv --python "$pyt" uvenv
try "uv venv --seed" uv venv --seed --python "$pyt" seeded
try "uv run --no-project" uv run --no-project --python "$pyt" python -c 'print(6 * 7)'
try "uv pip install" uv pip install --python uvenv/bin/python six
try "uv tool install" uv tool install --python "$pyt" cowsay
try "uv pip install --target" uv pip install --python python3 --python-version 3.14 \
    --target env/lib/rustpython3.14t/site-packages six
try "import of it" env/bin/python -c "$is_pyt"

for tool in uv pdm poetry; do
    cat >$tool/pyproject.toml <<END
[project]
name = "sample"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["six"]
[tool.poetry]
package-mode = false
END
done
try "uv run, in a project" uv run --directory uv --python "$pyt" python -c "$is_pyt"
try "pdm use" pdm use --project pdm --first "$pyt"
try "pdm install" pdm install --project pdm --no-self
try "poetry env use" poetry --directory poetry env use "$pyt"
try "poetry install" poetry --directory poetry install --no-root
try "poetry run" poetry --directory poetry run python -c "$is_pyt"
