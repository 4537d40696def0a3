//! The `.schedule` file: a schedule with all that is needed to replay it, and the failure.

use serde_json::{Map, Value};

use pyt_sched::controlled::{Pick, PickKind};

use crate::{
    cause::Cause, choices::Choices, conflict::Conflict, fingerprint::Fingerprint, open::Open,
};

/// A schedule to be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The script, as it was named on the command line.
    pub script: String,
    /// The module that was run instead of a script, as with `python -m`.
    pub module: Option<String>,
    /// The fingerprint of the script's text.
    pub hash: Fingerprint,
    /// The script's arguments.
    pub args: Vec<String>,
    /// The kind of strategy that found it.
    pub strategy: String,
    /// The seed that made it; also where `random`, time and the like come from.
    pub seed: u64,
    /// Where the decision points were: `sync`, `line`, `access`, `instruction`.
    pub granularity: String,
    /// What the run left open besides the order of threads.
    pub open: Open,
    /// What had decision points beside the program's own code, and what of that had none.
    pub include: Vec<String>,
    /// See `include`.
    pub exclude: Vec<String>,
    /// The threads of the steps, and the answers to what else was open.
    pub choices: Choices,
    /// What fails, in words; `None` if nothing does.
    pub failure: Option<String>,
    /// The steps whose order decides, if they were found: of the pairs that decide, the best.
    pub cause: Option<Cause>,
}

/// Why some text is no schedule.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not JSON at all.
    #[error("not a schedule: not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// JSON, but not an object.
    #[error("not a schedule: expected a JSON object")]
    NotAnObject,
    /// A version that this program cannot read.
    #[error(
        "version {found} of the schedule format; this pyt reads version {expected}: explore again, \
         or replay with the pyt that wrote it"
    )]
    Version {
        /// What the file says.
        found: String,
        /// [`Schedule::VERSION`].
        expected: u64,
    },
    /// A field is not there.
    #[error("field {0:?} is missing")]
    Missing(&'static str),
    /// A field has a value that it cannot have.
    #[error("field {field:?}: expected {expected}, found {found}")]
    Bad {
        /// Which field.
        field: &'static str,
        /// What it can be.
        expected: &'static str,
        /// What it is, shortened.
        found: String,
    },
}

impl Schedule {
    /// The version of the format, and of what counts as a step: where that changes, the choices of
    /// an older file mean other steps, and the file is refused.
    pub const VERSION: u64 = 2;

    /// The text of the file: JSON, a field to a line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut fields = vec![
            ("version", Value::from(Self::VERSION)),
            ("script", Value::from(self.script.as_str())),
            ("hash", Value::from(self.hash.to_string())),
            ("args", Value::from(self.args.clone())),
            ("strategy", Value::from(self.strategy.as_str())),
            ("seed", Value::from(self.seed)),
            ("granularity", Value::from(self.granularity.as_str())),
        ];
        if let Some(module) = &self.module {
            fields.insert(1, ("module", Value::from(module.as_str())));
        }
        for (name, patterns) in [("include", &self.include), ("exclude", &self.exclude)] {
            if !patterns.is_empty() {
                fields.push((name, Value::from(patterns.clone())));
            }
        }
        if let Some(failure) = &self.failure {
            fields.push(("failure", Value::from(failure.as_str())));
        }
        let runs = self.choices.runs().iter();
        let runs: Value = runs
            .map(|&(thread, steps)| Value::from(vec![u64::from(thread), steps]))
            .collect();
        fields.extend(
            self.open
                .fields()
                .map(|(name, text)| (name, Value::from(text))),
        );
        fields.push(("choices", runs));
        if !self.choices.picks().is_empty() {
            let picks = self.choices.picks().iter();
            let picks = picks.map(|pick| {
                Value::from(vec![
                    Value::from(pick.kind.name()),
                    Value::from(pick.thread),
                    Value::from(pick.number),
                    Value::from(pick.answer),
                ])
            });
            fields.push(("picks", picks.collect()));
        }
        if let Some(cause) = self.cause.as_ref().and_then(cause_value) {
            fields.push(("cause", cause));
        }
        let lines: Vec<_> = fields
            .into_iter()
            .map(|(name, value)| format!("  \"{name}\": {value}"))
            .collect();
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }

    /// Reads what [`to_json`](Self::to_json) wrote. Fields that it does not know are left alone.
    ///
    /// # Errors
    /// [`LoadError`], which names the field.
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let Value::Object(fields) = serde_json::from_str(text)? else {
            return Err(LoadError::NotAnObject);
        };
        // First: of another version nothing else is known.
        let version = field(&fields, "version")?;
        if version.as_u64() != Some(Self::VERSION) {
            return Err(LoadError::Version {
                found: shorten(version),
                expected: Self::VERSION,
            });
        }
        let given = |name| fields.get(name).filter(|value| !value.is_null());
        let (failure, module) = (given("failure"), given("module"));
        Ok(Self {
            script: string(&fields, "script")?,
            module: module.map(|_| string(&fields, "module")).transpose()?,
            hash: string(&fields, "hash")?.parse().map_err(|()| {
                bad(
                    "hash",
                    "sixteen lower-case hexadecimal digits",
                    &fields["hash"],
                )
            })?,
            args: strings("args", field(&fields, "args")?)?,
            include: given("include").map_or(Ok(Vec::new()), |found| strings("include", found))?,
            exclude: given("exclude").map_or(Ok(Vec::new()), |found| strings("exclude", found))?,
            strategy: string(&fields, "strategy")?,
            seed: {
                let seed = field(&fields, "seed")?;
                let expected = "a whole number from 0 to 2^64 - 1";
                seed.as_u64().ok_or_else(|| bad("seed", expected, seed))?
            },
            granularity: string(&fields, "granularity")?,
            open: open(&fields)?,
            choices: {
                let mut choices = choices(field(&fields, "choices")?)?;
                for pick in picks(fields.get("picks"))? {
                    choices.push_pick(pick);
                }
                choices
            },
            failure: failure.map(|_| string(&fields, "failure")).transpose()?,
            cause: given("cause").map(cause).transpose()?,
        })
    }
}

/// The cause as data; `None` if it has no pair that decides.
fn cause_value(cause: &Cause) -> Option<Value> {
    let pair = |pair: &Conflict| serde_json::json!([pair.first, pair.second, pair.race]);
    Some(serde_json::json!({
        "decides": pair(cause.decisive.first()?),
        "opposite": cause.opposite.as_ref().map(pair),
        "runs": cause.runs,
        "complete": cause.complete,
    }))
}

fn cause(value: &Value) -> Result<Cause, LoadError> {
    let pair = |value: &Value| {
        let [first, second, race] = value.as_array()?.as_slice() else {
            return None;
        };
        let pair = Conflict {
            first: first.as_u64()?.try_into().ok()?,
            second: second.as_u64()?.try_into().ok()?,
            race: race.as_bool()?,
        };
        (pair.first < pair.second).then_some(pair)
    };
    let read = || {
        Some(Cause {
            decisive: vec![pair(value.get("decides")?)?],
            opposite: match value.get("opposite") {
                None | Some(Value::Null) => None,
                Some(opposite) => Some(pair(opposite)?),
            },
            runs: value.get("runs")?.as_u64()?,
            complete: value.get("complete")?.as_bool()?,
        })
    };
    let expected = "the fields decides and opposite, each [first step, second step, whether it is \
                    a data race], runs and complete";
    read().ok_or_else(|| bad("cause", expected, value))
}

fn bad(field: &'static str, expected: &'static str, found: &Value) -> LoadError {
    LoadError::Bad {
        field,
        expected,
        found: shorten(found),
    }
}

/// JSON text that fits into an error message.
fn shorten(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn field<'a>(fields: &'a Map<String, Value>, name: &'static str) -> Result<&'a Value, LoadError> {
    fields.get(name).ok_or(LoadError::Missing(name))
}

fn string(fields: &Map<String, Value>, name: &'static str) -> Result<String, LoadError> {
    let value = field(fields, name)?;
    let text = value.as_str().ok_or_else(|| bad(name, "a string", value))?;
    Ok(text.to_owned())
}

fn strings(name: &'static str, value: &Value) -> Result<Vec<String>, LoadError> {
    let wrong = |found| bad(name, "a list of strings", found);
    let strings = value.as_array().ok_or_else(|| wrong(value))?.iter();
    strings
        .map(|arg| Ok(arg.as_str().ok_or_else(|| wrong(arg))?.to_owned()))
        .collect()
}

fn choices(value: &Value) -> Result<Choices, LoadError> {
    let wrong = |found| {
        let expected = "a list of [thread, steps], a thread from 0 to 2^32 - 1 and steps from 1";
        bad("choices", expected, found)
    };
    let mut choices = Choices::new();
    for run in value.as_array().ok_or_else(|| wrong(value))? {
        let Some([thread, steps]) = run.as_array().map(Vec::as_slice) else {
            return Err(wrong(run));
        };
        let thread = thread.as_u64().and_then(|thread| thread.try_into().ok());
        let (Some(thread), Some(steps @ 1..)) = (thread, steps.as_u64()) else {
            return Err(wrong(run));
        };
        choices.push_many(thread, steps);
    }
    Ok(choices)
}

fn open(fields: &Map<String, Value>) -> Result<Open, LoadError> {
    let mut open = Open::default();
    for name in Open::FIELDS {
        if let Some(value) = fields.get(name) {
            let set = value.as_str().is_some_and(|text| open.set(name, text));
            if !set {
                return Err(bad(name, "a value of the option of this name", value));
            }
        }
    }
    Ok(open)
}

fn picks(value: Option<&Value>) -> Result<Vec<Pick>, LoadError> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let wrong = |found| bad("picks", "a list of [kind, thread, number, answer]", found);
    let pick = |found: &Value| {
        let [kind, thread, number, answer] = found.as_array()?.as_slice() else {
            return None;
        };
        Some(Pick {
            kind: PickKind::named(kind.as_str()?)?,
            thread: thread.as_u64()?.try_into().ok()?,
            number: number.as_u64()?,
            answer: answer.as_u64()?.try_into().ok()?,
        })
    };
    let picks = value.as_array().ok_or_else(|| wrong(value))?.iter();
    picks
        .map(|found| pick(found).ok_or_else(|| wrong(found)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule {
            script: "counter.py".to_owned(),
            module: None,
            hash: Fingerprint::of(b"x = 1\n"),
            args: vec!["--fast".to_owned(), "\"\u{e9}\"\n".to_owned()],
            strategy: "mix".to_owned(),
            seed: u64::MAX - 1,
            granularity: "access".to_owned(),
            open: Open::default(),
            include: vec!["requests".to_owned()],
            exclude: Vec::new(),
            choices: [0, 0, 1, 1, 1, 0].into_iter().collect(),
            failure: Some("AssertionError in Thread-1: 1 != 2".to_owned()),
            cause: None,
        }
    }

    #[test]
    fn a_schedule_comes_back_as_it_was_written() {
        let schedule = schedule();
        let text = schedule.to_json();
        assert!(
            text.contains("\"choices\": [[0,2],[1,3],[0,1]]\n"),
            "{text}"
        );
        assert_eq!(Schedule::from_json(&text).unwrap(), schedule);
        let none = Schedule {
            failure: None,
            module: Some("bank.main".to_owned()),
            ..schedule
        };
        assert_eq!(Schedule::from_json(&none.to_json()).unwrap(), none);
    }

    #[test]
    fn what_was_left_open_and_the_answers_come_back_too() {
        let mut schedule = schedule();
        schedule.open.set("clock", "any");
        schedule.open.set("inject", "gc,cancel");
        schedule.choices.push_pick(Pick {
            kind: PickKind::Cancel,
            thread: 1,
            number: 17,
            answer: 2,
        });
        let text = schedule.to_json();
        assert!(
            text.contains("  \"picks\": [[\"cancel\",1,17,2]]\n"),
            "{text}"
        );
        assert_eq!(Schedule::from_json(&text).unwrap(), schedule);
        for (from, to) in [("\"cancel\",1", "\"cancle\",1"), ("\"any\"", "\"many\"")] {
            let wrong = text.replace(from, to);
            assert!(matches!(
                Schedule::from_json(&wrong),
                Err(LoadError::Bad { .. })
            ));
        }
    }

    #[test]
    fn the_cause_comes_back_with_its_best_pair() {
        let pair = |first, second| Conflict {
            first,
            second,
            race: first == 3,
        };
        let mut schedule = schedule();
        let mut cause = Cause {
            decisive: vec![pair(3, 5), pair(1, 9)],
            opposite: Some(pair(4, 6)),
            runs: 12,
            complete: true,
        };
        schedule.cause = Some(cause.clone());
        let text = schedule.to_json();
        cause.decisive.truncate(1);
        assert_eq!(Schedule::from_json(&text).unwrap().cause, Some(cause));
        // Files of before have none, and there is nothing to say of a search that found none.
        schedule.cause = Some(Cause::default());
        assert!(!schedule.to_json().contains("cause"));
        assert!(text.contains("[3,5,true]"), "{text}");
        for wrong in ["[5,3,true]", "[3,5]", "[3,-5,true]", "7"] {
            let wrong = text.replace("[3,5,true]", wrong);
            let error = Schedule::from_json(&wrong).unwrap_err().to_string();
            assert!(error.starts_with("field \"cause\": expected "), "{error}");
        }
    }

    #[test]
    fn errors_name_the_field_and_what_was_expected() {
        let good: Value = serde_json::from_str(&schedule().to_json()).unwrap();
        let with = |name: &str, value: Option<Value>| {
            let mut fields = good.clone();
            let object = fields.as_object_mut().unwrap();
            match value {
                Some(value) => object.insert(name.to_owned(), value),
                None => object.remove(name),
            };
            Schedule::from_json(&fields.to_string()).map_err(|error| error.to_string())
        };
        for name in [
            "version",
            "script",
            "hash",
            "args",
            "strategy",
            "seed",
            "granularity",
            "choices",
        ] {
            assert_eq!(with(name, None), Err(format!("field {name:?} is missing")));
        }
        assert!(with("failure", None).is_ok());
        assert!(with("from the future", Some(Value::from(1))).is_ok());
        assert_eq!(
            with("version", Some(Value::from(1))),
            Err(
                "version 1 of the schedule format; this pyt reads version 2: explore again, or \
                 replay with the pyt that wrote it"
                    .to_owned()
            )
        );
        assert_eq!(
            with("seed", Some(Value::from(-1))),
            Err("field \"seed\": expected a whole number from 0 to 2^64 - 1, found -1".to_owned())
        );
        for (name, value) in [
            ("script", Value::Null),
            ("hash", Value::from("0123456789ABCDEF")),
            ("hash", Value::from("+123456789abcdef")),
            ("args", Value::from(vec![1])),
            ("choices", Value::from(vec![vec![0, 0]])),
            ("choices", Value::from(vec![vec![1_u64 << 32, 1]])),
            ("choices", Value::from(vec![vec![0, 1, 2]])),
            ("failure", Value::from(7)),
        ] {
            let error = with(name, Some(value)).unwrap_err();
            assert!(
                error.starts_with(&format!("field {name:?}: expected ")),
                "{error}"
            );
        }
        assert!(matches!(
            Schedule::from_json("{"),
            Err(LoadError::NotJson(_))
        ));
        assert!(matches!(
            Schedule::from_json("[]"),
            Err(LoadError::NotAnObject)
        ));
    }

    #[test]
    fn absurd_step_counts_are_no_trouble() {
        let text = schedule()
            .to_json()
            .replace("[0,1]", "[2,18446744073709551615],[2,5]");
        let loaded = Schedule::from_json(&text).unwrap();
        assert_eq!(loaded.choices.len(), u64::MAX);
    }
}
