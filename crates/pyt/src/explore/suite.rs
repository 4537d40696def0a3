//! `pyt explore -m pytest` and `-m unittest`: the test runner runs as ever, and frozen Python code
//! in it explores each test. Here its settings are handed to it.
//!
//! How a test runner works is not known here: `lib/_pyt_suite.py` and its neighbours know.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use pyt_options::Command;
use pyt_runtime::explore::{ClockMode, Injections, Shard, TaskOrder};
use serde_json::{Value, json};

use super::arguments::Arguments;
use crate::{errors::io_error_text, given::BAD_USAGE, python, stdout};

/// The environment variable in which the settings are handed over.
const SETTINGS: &str = "PYT_EXPLORE_SUITE";

/// The test runners whose tests are explored by themselves.
const RUNNERS: [&str; 2] = ["pytest", "unittest"];

/// Whether the module is a test runner whose tests are explored by themselves.
pub(super) fn is_runner(module: &str) -> bool {
    RUNNERS.contains(&module)
}

/// Where `-m` stands among the arguments of `pyt explore`, if a module is given.
pub(super) fn module_at(given: &[OsString]) -> Option<usize> {
    let end = given.iter().position(|word| word == "--");
    let own = &given[..end.unwrap_or(given.len())];
    own.iter()
        .position(|word| word.as_encoded_bytes().starts_with(b"-m"))
}

/// The arguments up to `-m MODULE`, and those after it, which are the module's.
pub(super) fn split_at_module(given: &[OsString]) -> (&[OsString], &[OsString]) {
    let Some(at) = module_at(given) else {
        return (given, &[]);
    };
    // `-mMODULE` is one word.
    let words = if given[at] == "-m" { 2 } else { 1 };
    given.split_at((at + words).min(given.len()))
}

/// Runs the tests. Returns the exit status.
pub(super) fn run(program: &OsStr, module: &str, arguments: &Arguments) -> i32 {
    if let Some(refused) = refused(arguments) {
        eprintln!("pyt explore: {refused}");
        return BAD_USAGE;
    }
    let settings = json!({
        "explores": true,
        "schedules": arguments.schedules,
        "time": arguments.time.map(|time| time.as_secs_f64()),
        "strategy": arguments.search.to_string(),
        "granularity": arguments.granularity.to_string(),
        "include": arguments.include,
        "exclude": arguments.exclude,
        "seed": arguments.seed,
        "checks": arguments.checks,
        "max_steps": arguments.max_steps,
        "jobs": arguments.jobs,
        "width": stdout::width().unwrap_or(pyt_runtime::explore::REPORT_WIDTH),
    });
    start(program, module, &settings, &arguments.args)
}

/// Runs the test of a schedule again, if `text` is the schedule of a test. Returns the exit status.
pub(crate) fn replay(program: &OsStr, file: &Path, text: &str) -> Option<Result<i32, String>> {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return None;
    };
    let field = |name| fields.get(name).and_then(Value::as_str);
    let runner = field("runner").filter(|name| is_runner(name))?;
    let settings = json!({
        "explores": true,
        "replay": std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
        "granularity": field("granularity"),
        "include": fields.get("include").unwrap_or(&Value::Array(Vec::new())),
        "exclude": fields.get("exclude").unwrap_or(&Value::Array(Vec::new())),
        "width": stdout::width().unwrap_or(pyt_runtime::explore::REPORT_WIDTH),
    });
    let args = fields.get("args").and_then(Value::as_array);
    let args = args.into_iter().flatten().filter_map(Value::as_str);
    let args: Vec<OsString> = args.map(OsString::from).collect();
    // The schedule is in the folder `.pyt` of the project.
    let absolute = std::path::absolute(file).ok();
    let project = absolute
        .as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent);
    if let (Some(project), Some(folder)) = (project, field("folder")) {
        let folder = project.join(folder);
        if let Err(error) = std::env::set_current_dir(&folder) {
            let reason = io_error_text(&error);
            return Some(Err(format!("{}: {reason}", folder.display())));
        }
    }
    Some(Ok(start(program, runner, &settings, &args)))
}

fn start(program: &OsStr, module: &str, settings: &Value, args: &[OsString]) -> i32 {
    // SAFETY: no other thread is there that could read the environment: nothing was started yet.
    unsafe {
        std::env::set_var(SETTINGS, settings.to_string());
    }
    let module = match module {
        "unittest" => "_pyt_unittest",
        other => other,
    };
    let mut words: Vec<OsString> = vec!["-m".into(), module.into()];
    words.extend_from_slice(args);
    python::run(Command::Python, program, &words)
}

/// Why the options do not go together with a test suite, if they do not.
fn refused(arguments: &Arguments) -> Option<String> {
    let open = &arguments.open;
    let for_programs = [
        (arguments.shard != Shard::WHOLE, "--shard"),
        (arguments.same_output, "--same-output"),
        (arguments.page.is_some(), "--html"),
        (arguments.strict, "--strict"),
        (arguments.full, "--full"),
        (arguments.stop_on_first, "--stop-on-first"),
        (arguments.output != Path::new("."), "--output"),
        (open.clock != ClockMode::default(), "--clock"),
        (open.tasks != TaskOrder::default(), "--asyncio"),
        (open.inject != Injections::default(), "--inject"),
    ];
    if let Some((_, option)) = for_programs.iter().find(|(is_given, _)| *is_given) {
        return Some(format!(
            "{option} is for scripts and modules, not for test suites"
        ));
    }
    if arguments.json {
        let text = "--json is for scripts and modules: --pyt-json FILE after -m pytest writes what was found";
        return Some(text.to_owned());
    }
    let is_exhaustive = arguments.search.is_exhaustive();
    let is_endless = arguments.schedules.is_none() && arguments.time.is_none();
    (is_exhaustive && is_endless)
        .then(|| "dfs and dpor may take for ever on a test: say --time or --schedules".to_owned())
}
