//! Environments and packages, without a network: `venv`, pip, what pyt says of itself to tools that
//! install, and C extensions.
//!
//! With `PYT_TEST_INDEX=1` packages are also installed from the index that pip is configured for.
//! With `PYT_TEST_WHEEL=FILE` the wheel that `cargo xtask wheel` has made is installed, by pip and
//! by those of uv and pipx that are on the `PATH`, and does what README.md says of pyt.

use std::{env, path::Path, process::Command, time::Duration};

use pyt_test::{CompletedProcess, Process, Scratch, pyt, pyt_path, workspace};

/// How long a command of pip's may take on a machine that is busy.
const PIP: Duration = Duration::from_secs(500);

fn run(program: &Path, arguments: &[&str], folder: &Scratch) -> CompletedProcess {
    let process = Process::new(program).args(arguments).dir(folder.path());
    let process = process
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .label(arguments.join(" "));
    process.run_until(PIP).unwrap()
}

/// Writes a wheel: a zip file with a module and what describes it.
const WHEELS: &str = "
import sys, zipfile
for version in sys.argv[1:]:
    info = f'pyt_sample-{version}.dist-info/'
    files = {
        'pyt_sample.py': f'version = {version!r}\\n\\ndef main():\\n    print(\"sample\", version)\\n',
        info + 'METADATA': f'Metadata-Version: 2.1\\nName: pyt-sample\\nVersion: {version}\\n'
                           'Requires-Python: >=3.14\\n',
        info + 'WHEEL': 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
        info + 'entry_points.txt': '[console_scripts]\\npyt-sample = pyt_sample:main\\n',
    }
    files[info + 'RECORD'] = ''.join(f'{name},,\\n' for name in [*files, info + 'RECORD'])
    with zipfile.ZipFile(f'pyt_sample-{version}-py3-none-any.whl', 'w') as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
";

/// `sys._base_executable` was a file that is not there: `HOME/python`, where only `HOME/pyt` is.
#[test]
fn an_environment_of_an_environment() {
    let scratch = Scratch::new();
    let without_pip = ["-m", "venv", "--without-pip"];
    let made = pyt([&without_pip[..], &["one"]].concat()).dir(scratch.path());
    made.run_until(PIP).unwrap().gave(0, "", "");
    let python = |name: &str| scratch.path().join(name).join("bin/python");
    run(
        &python("one"),
        &[&without_pip[..], &["two"]].concat(),
        &scratch,
    )
    .gave(0, "", "");
    let code = "import sys; print(sys.prefix == sys.argv[1], sys._base_executable == sys.argv[2])";
    let prefix = scratch.path().join("two");
    let base = pyt_path().canonicalize().expect("the binary");
    let arguments = [
        "-c",
        code,
        &prefix.to_string_lossy(),
        &base.to_string_lossy(),
    ];
    run(&python("two"), &arguments, &scratch).gave(0, "True True\n", "");
}

/// As installed by another Python's pip: the binary lies beside that Python's link, and `home` in
/// `pyvenv.cfg` has no pyt.
#[test]
fn pyt_in_an_environment_of_another_python_makes_environments() {
    let scratch = Scratch::new();
    scratch.write("other/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n");
    let program = scratch.path().join("other/bin/pyt");
    std::fs::create_dir_all(program.parent().expect("a folder")).expect("a new folder");
    std::fs::copy(pyt_path(), &program).expect("a copy");
    let arguments = ["-m", "venv", "--without-pip", "env"];
    run(&program, &arguments, &scratch).gave(0, "", "");
    let python = scratch.path().join("env/bin/python");
    let code = "import sys; print(sys.implementation.name, sys.version_info[:2])";
    run(&python, &["-c", code], &scratch).gave(0, "rustpython (3, 14)\n", "");
}

/// Jobs of `pyt explore` ran outside of the environment: they were started by the path of the real
/// program, not by that of the environment's link.
#[test]
fn all_commands_run_in_the_environment() {
    let scratch = Scratch::new();
    let made = pyt(["-m", "venv", "--without-pip", "env"]).dir(scratch.path());
    made.run_until(PIP).unwrap().gave(0, "", "");
    scratch.write("env/lib/rustpython3.14t/site-packages/installed.py", "");
    let code = "import installed, sys\nassert sys.executable.endswith('/env/bin/pyt')\n";
    scratch.write("script.py", code);
    scratch.write("notes.md", format!("```python\n{code}```\n"));
    let program = scratch.path().join("env/bin/pyt");
    run(&program, &["script.py"], &scratch).gave(0, "", "");
    let shown = run(&program, &["doc", "notes.md"], &scratch);
    shown.gave(0, "notes.md:1: ok\n1 of 1 blocks passed\n", "");
    for jobs in ["--jobs=1", "--jobs=2"] {
        let arguments = ["explore", "--schedules=4", jobs, "script.py"];
        run(&program, &arguments, &scratch).succeeded();
    }
    // The replay of a failure that depends on what is installed.
    scratch.write("fails.py", "import installed\nassert False, 'as it is'\n");
    let found = run(
        &program,
        &["explore", "--schedules=2", "fails.py"],
        &scratch,
    );
    assert_eq!(found.status.code(), Some(1), "{}", found.stdout);
    let arguments = ["replay", "fails-AssertionError.schedule"];
    let replayed = run(&program, &arguments, &scratch);
    assert!(replayed.stderr.contains("as it is"), "{}", replayed.stderr);
}

/// As uv and pipx install it: `pyt` on the PATH is a link to a program in an environment of another
/// Python, which is not that of this start.
#[test]
fn a_link_to_a_program_in_an_environment_warns_of_nothing() {
    let scratch = Scratch::new();
    scratch.write("tool/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n");
    let program = scratch.path().join("tool/bin/pyt");
    std::fs::create_dir_all(program.parent().expect("a folder")).expect("a new folder");
    std::fs::copy(pyt_path(), &program).expect("a copy");
    let link = scratch.path().join("pyt");
    std::os::unix::fs::symlink(&program, &link).expect("a link");
    scratch.write("notes.md", "```python\nprint(1)\n```\n");
    scratch.write("script.py", "");
    let shown = "notes.md:1: ok\n    1\n1 of 1 blocks passed\n";
    run(&link, &["doc", "notes.md"], &scratch).gave(0, shown, "");
    let explored = run(&link, &["explore", "--schedules=2", "script.py"], &scratch);
    assert_eq!(explored.stderr, "");
    explored.succeeded();
}

#[test]
fn an_environment_has_pip_and_packages_come_and_go() {
    let scratch = Scratch::new();
    let made = pyt(["-m", "venv", "env"]).dir(scratch.path());
    made.run_until(PIP).unwrap().gave(0, "", "");
    let python = scratch.path().join("env/bin/python");
    let pip = scratch.path().join("env/bin/pip");
    for script in ["activate", "activate.csh", "activate.fish"] {
        assert!(scratch.path().join("env/bin").join(script).exists());
    }
    let shown = run(&pip, &["--version"], &scratch);
    assert!(shown.stdout.contains("(python 3.14)"), "{}", shown.stdout);
    run(&python, &["-c", WHEELS, "1.0", "2.0"], &scratch).succeeded();
    let from = ["--no-index", "--find-links", ".", "--quiet"];
    let install = |what: &[&str]| run(&pip, &[&["install"], &from[..], what].concat(), &scratch);
    install(&["pyt-sample==1.0"]).succeeded();
    let script = scratch.path().join("env/bin/pyt-sample");
    run(&script, &[], &scratch).gave(0, "sample 1.0\n", "");
    install(&["--upgrade", "pyt-sample"]).succeeded();
    run(&script, &[], &scratch).gave(0, "sample 2.0\n", "");
    // pip has compiled it, under a name that CPython does not take for its own.
    let cached = "import pyt_sample, os; print(os.path.basename(pyt_sample.__cached__), \
                  os.path.exists(pyt_sample.__cached__))";
    run(&python, &["-c", cached], &scratch).gave(0, "pyt_sample.rustpython-314.pyc True\n", "");
    run(
        &pip,
        &["uninstall", "--yes", "--quiet", "pyt-sample"],
        &scratch,
    )
    .succeeded();
    let gone = run(&python, &["-c", "import pyt_sample"], &scratch);
    assert!(
        gone.stderr.contains("ModuleNotFoundError"),
        "{}",
        gone.stderr
    );
    // However the environment's Python is called.
    let prefix = "import sys; print(sys.prefix == sys.argv[1], sys.prefix != sys.base_prefix)";
    let dotted = scratch.path().join("env/../env/bin/python");
    let expected = scratch.at("env");
    run(&dotted, &["-c", prefix, &expected], &scratch).gave(0, "True True\n", "");
}

#[test]
fn tools_are_told_what_pyt_is() {
    let program = "
import platform, sys, sysconfig
assert sys.implementation.name == 'rustpython'
assert platform.python_implementation() == 'RustPython'
assert sys.version_info[:2] == (3, 14) and sys.version_info.releaselevel == 'final'
assert sys.version_info >= (3, 14) and sys.hexversion >> 16 == 0x30e
assert platform.python_version() == '.'.join(map(str, sys.version_info[:3]))
assert len(platform.python_version_tuple()) == 3
variables = sysconfig.get_config_vars()
assert variables['EXE'] == '' and variables['VERSION'] == '3.14'
assert variables['Py_GIL_DISABLED'] == 1 and 't' in sys.abiflags
assert variables['SOABI'].startswith('rustpython-314t-')
assert variables['EXT_SUFFIX'] == '.' + variables['SOABI'] + '.so'
for name in ('CC', 'CXX', 'LDSHARED', 'LDCXXSHARED', 'AR', 'LIBDIR', 'INCLUDEPY'):
    assert isinstance(variables[name], str), name
assert sysconfig.get_path('purelib').endswith('/lib/rustpython3.14t/site-packages')
import importlib.machinery
assert importlib.machinery.EXTENSION_SUFFIXES == []
";
    pyt(["-c", program]).run().gave(0, "", "");
}

#[test]
fn a_c_extension_says_why_it_cannot_be_imported() {
    let scratch = Scratch::new();
    scratch.write("package/__init__.py", "");
    scratch.write("package/fast.cpython-314-x86_64-linux-gnu.so", "");
    scratch.write("other.abi3.so", "");
    // With a folder for its stubs, which is no package; and one that is.
    scratch.write("package/native.abi3.so", "");
    scratch.write("package/native/__init__.pyi", "");
    scratch.write("whole.abi3.so", "");
    scratch.write("whole/__init__.py", "value = 2");
    scratch.write("space/inner.py", "value = 3");
    scratch.write("both.so", "");
    scratch.write("both.py", "value = 1");
    let program = "
import both, whole, space.inner
assert (both.value, whole.value, space.inner.value) == (1, 2, 3)
for name in ('package.fast', 'other', 'package.native'):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        assert error.name == name, error.name
        assert f'{name} is a C extension' in str(error) and '.so' in error.path, error
    else:
        raise AssertionError(name)
try:
    import package.faster
except ModuleNotFoundError as error:
    assert str(error) == \"No module named 'package.faster'\", error
";
    let done = pyt(["-c", program]).dir(scratch.path());
    done.run().gave(0, "", "");
}

/// A folder with the environment `env`; `None` if tests are not to ask the index for packages.
fn with_environment() -> Option<Scratch> {
    if env::var("PYT_TEST_INDEX").as_deref() != Ok("1") {
        eprintln!("skipped: PYT_TEST_INDEX is not 1");
        return None;
    }
    let scratch = Scratch::new();
    let made = pyt(["-m", "venv", "env"]).dir(scratch.path());
    made.run_until(PIP).unwrap().succeeded();
    Some(scratch)
}

#[test]
fn packages_come_from_the_index() {
    let Some(scratch) = with_environment() else {
        return;
    };
    let pip = scratch.path().join("env/bin/pip");
    run(
        &pip,
        &["install", "--quiet", "requests", "attrs==25.1.0"],
        &scratch,
    )
    .succeeded();
    run(
        &pip,
        &["install", "--quiet", "--upgrade", "attrs"],
        &scratch,
    )
    .succeeded();
    let python = scratch.path().join("env/bin/python");
    let program = "import requests, attr; assert attr.__version__ > '25.1.0'";
    run(&python, &["-c", program], &scratch).gave(0, "", "");
    run(
        &pip,
        &["uninstall", "--yes", "--quiet", "requests", "attrs"],
        &scratch,
    )
    .succeeded();
}

/// Packages without extensions, each with an older version and a module of it. They ask for no
/// versions of each other that exclude these.
const OLDER: [&str; 20] = [
    "requests==2.31.0:requests",
    "urllib3==2.1.0:urllib3",
    "certifi==2024.2.2:certifi",
    "idna==3.6:idna",
    "click==8.1.7:click",
    "flask==3.0.0:flask",
    "jinja2==3.1.3:jinja2",
    "werkzeug==3.0.1:werkzeug",
    "attrs==23.2.0:attr",
    "packaging==23.2:packaging",
    "tqdm==4.66.1:tqdm",
    "tabulate==0.8.10:tabulate",
    "rich==13.7.0:rich",
    "pygments==2.17.2:pygments",
    "networkx==3.2.1:networkx",
    "sympy==1.12:sympy",
    "more-itertools==10.2.0:more_itertools",
    "pytest==8.3.2:pytest",
    "tomlkit==0.12.3:tomlkit",
    "python-dateutil==2.8.2:dateutil",
];

#[test]
fn twenty_packages_are_upgraded_and_uninstalled() {
    let Some(scratch) = with_environment() else {
        return;
    };
    let pip = scratch.path().join("env/bin/pip");
    let python = scratch.path().join("env/bin/python");
    let program = workspace().join("tests/installed/versions.py");
    let program = program.to_string_lossy();
    let check = |state: &str| {
        let arguments = [&[&*program, state], &OLDER[..]].concat();
        run(&python, &arguments, &scratch).gave(0, "ok\n", "");
    };
    let pinned: Vec<&str> = OLDER
        .iter()
        .map(|line| line.split(':').next().expect("a version"))
        .collect();
    let names: Vec<&str> = OLDER
        .iter()
        .map(|line| line.split("==").next().expect("a name"))
        .collect();
    run(
        &pip,
        &[&["install", "--quiet"], &pinned[..]].concat(),
        &scratch,
    )
    .succeeded();
    check("older");
    let upgrade = ["install", "--quiet", "--upgrade"];
    run(&pip, &[&upgrade[..], &names[..]].concat(), &scratch).succeeded();
    check("newer");
    let uninstall = ["uninstall", "--quiet", "--yes"];
    run(&pip, &[&uninstall[..], &names[..]].concat(), &scratch).succeeded();
    check("gone");
}

/// Clients of HTTPS and mappers of databases, with threads: `tests/installed/`.
#[test]
fn what_comes_from_the_index_works_over_tls_and_on_sqlite() {
    let Some(scratch) = with_environment() else {
        return;
    };
    let pip = scratch.path().join("env/bin/pip");
    let packages = ["requests", "httpx", "aiohttp", "sqlalchemy", "django"];
    run(
        &pip,
        &[&["install", "--quiet"], &packages[..]].concat(),
        &scratch,
    )
    .succeeded();
    let python = scratch.path().join("env/bin/python");
    let certificates = workspace().join("tests/stdlib/certificates");
    for program in ["use_tls_clients.py", "use_orms.py"] {
        let program = workspace().join("tests/installed").join(program);
        for gil in ["gil=1", "gil=0"] {
            let process = Process::new(&python).args(["-X", gil]).arg(&program);
            let process = process.env(
                "PYT_TEST_CERTIFICATES",
                certificates.to_string_lossy().as_ref(),
            );
            process.run_until(PIP).unwrap().gave(0, "ok\n", "");
        }
    }
}

/// The wheel to install; `None` if there is none.
fn wheel() -> Option<String> {
    let wheel = env::var("PYT_TEST_WHEEL").ok();
    if wheel.is_none() {
        eprintln!("skipped: PYT_TEST_WHEEL names no wheel");
    }
    wheel
}

/// Tools say on standard error what they do.
#[track_caller]
fn ended_well(done: &CompletedProcess) {
    assert!(done.status.success(), "{}{}", done.stdout, done.stderr);
}

/// The commands of README.md, by the program that a wheel has installed.
fn does_what_the_readme_says(program: &Path, scratch: &Scratch) {
    let succeeds = |arguments: &[&str]| ended_well(&run(program, arguments, scratch));
    let shown = run(program, &["-VV"], scratch);
    assert!(shown.stdout.contains("3.14"), "{}", shown.stdout);
    run(program, &["-c", "print(6 * 7)"], scratch).gave(0, "42\n", "");
    scratch.write("data.json", "[1]");
    run(program, &["-m", "json.tool", "data.json"], scratch).gave(0, "[\n    1\n]\n", "");
    let example = |name: &str| {
        let path = workspace().join("python_examples").join(name);
        path.to_string_lossy().into_owned()
    };
    let basic = example("threading_explained/01_basic_thread.py");
    succeeds(&[&basic]);
    succeeds(&["run", "--virtual-time", &basic]);
    succeeds(&["run", "--seed", "42", &basic]);
    scratch.write("notes.md", "Notes.\n```python\nprint(6 * 7)\n```\n");
    let shown = "notes.md:2: ok\n    42\n1 of 1 blocks passed\n";
    run(program, &["doc", "notes.md"], scratch).gave(0, shown, "");
    succeeds(&["help"]);
    succeeds(&["help", "packages"]);
    let counter = "
import threading
counter = 0
def add():
    global counter
    counter += 1
threads = [threading.Thread(target=add) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert counter == 2
";
    scratch.write("counter.py", counter);
    let explored = run(program, &["explore", "counter.py"], scratch);
    assert_eq!(explored.status.code(), Some(1), "{}", explored.stdout);
    let replayed = run(
        program,
        &["replay", "counter-AssertionError.schedule"],
        scratch,
    );
    assert!(
        replayed.stderr.contains("AssertionError"),
        "{}",
        replayed.stderr
    );
    succeeds(&["-m", "venv", "env"]);
    let pip = scratch.path().join("env/bin/pip");
    let shown = run(&pip, &["--version"], scratch);
    assert!(shown.stdout.contains("(python 3.14)"), "{}", shown.stdout);
    let has = "import ssl, sqlite3; sqlite3.connect(':memory:'); ssl.create_default_context()";
    succeeds(&["-c", has]);
}

#[test]
fn pip_installs_the_wheel() {
    let Some(wheel) = wheel() else {
        return;
    };
    let scratch = Scratch::new();
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    run(Path::new(&python), &["-m", "venv", "other"], &scratch).succeeded();
    let pip = scratch.path().join("other/bin/pip");
    run(
        &pip,
        &["install", "--no-index", "--quiet", &wheel],
        &scratch,
    )
    .succeeded();
    let program = scratch.path().join("other/bin/pyt");
    does_what_the_readme_says(&program, &scratch);
    let listed = run(&pip, &["show", "--files", "pyt-runtime"], &scratch);
    for file in ["THIRD-PARTY.txt", "LGPL-3.0.txt", "Cargo.lock", "bin/pyt"] {
        assert!(listed.stdout.contains(file), "{}", listed.stdout);
    }
    run(
        &pip,
        &["uninstall", "--yes", "--quiet", "pyt-runtime"],
        &scratch,
    )
    .succeeded();
    assert!(!program.exists());
}

#[test]
fn uv_and_pipx_install_the_wheel() {
    let Some(wheel) = wheel() else {
        return;
    };
    let tools: [(&str, &[&str]); 2] = [
        ("uv", &["tool", "install"]),
        ("pipx", &["install", "--backend", "pip"]),
    ];
    for (tool, install) in tools {
        let scratch = Scratch::new();
        let process = |arguments: &[&str]| {
            let process = Process::new(tool).args(arguments).dir(scratch.path());
            let process = process.env("UV_TOOL_DIR", scratch.at("tools"));
            let process = process.env("UV_TOOL_BIN_DIR", scratch.at("bin"));
            let process = process.env("PIPX_HOME", scratch.at("tools"));
            process.env("PIPX_BIN_DIR", scratch.at("bin"))
        };
        let found = Command::new(tool).arg("--version").output();
        if found.is_err() {
            eprintln!("skipped: there is no {tool}");
            continue;
        }
        let arguments = [install, &[wheel.as_str()]].concat();
        ended_well(&process(&arguments).run_until(PIP).unwrap());
        does_what_the_readme_says(&scratch.path().join("bin/pyt"), &scratch);
    }
}
