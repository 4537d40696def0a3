//! The table of distinct outcomes.

use serde::Serialize;

use super::text::{LEAST_WIDTH, counted, fit, width_of};
use crate::{
    outcome::{DistinctOutcome, Failure, Tally},
    search::checks::FIRST_CHECK,
};

/// One line for each distinct outcome, at most `most`: how often it came, a seed (for an exhaustive
/// search the number of the first schedule, or of the first that checks it), and the output or
/// failure.
#[must_use]
pub fn outcomes(tally: &Tally, most: usize, width: usize) -> String {
    let width = width.max(LEAST_WIDTH);
    let found = tally.outcomes();
    let mut lines = vec![fit(
        &format!(
            "{}, {}, {}",
            counted(tally.runs(), "schedule", "schedules"),
            counted(found.len() as u64, "distinct outcome", "distinct outcomes"),
            counted(tally.failures(), "failure", "failures"),
        ),
        width,
    )];
    if !found.is_empty() {
        lines.push(fit(
            &format!("{:>9} {:>7}  {:<20}  outcome", "count", "share", "seed"),
            width,
        ));
    }
    let shown = &found[..found.len().min(most)];
    let room = width.saturating_sub(BEFORE_OUTCOME);
    let texts = told_apart(with_places(shown), room);
    for (entry, what) in shown.iter().zip(texts) {
        let maker = match entry.seed {
            Some(seed) => seed.to_string(),
            None if entry.first >= FIRST_CHECK => format!("check {}", entry.first - FIRST_CHECK),
            None => format!("schedule {}", entry.first),
        };
        let per_mille = entry.count.saturating_mul(1000) / tally.runs().max(1);
        lines.push(fit(
            &format!(
                "{:>9} {:>4}.{}%  {maker:<20}  {what}",
                entry.count,
                per_mille / 10,
                per_mille % 10
            ),
            width,
        ));
    }
    if found.len() > most {
        lines.push(format!("{:>9} more", found.len() - most));
    }
    lines.join("\n") + "\n"
}

/// From fewer schedules nothing is estimated.
const LEAST_RUNS_OF_ESTIMATE: u64 = 20;

/// How likely it is that further schedules show something else, with what that rests on: for a
/// search that draws schedules.
pub(super) fn unseen(tally: &Tally) -> Option<String> {
    if tally.drawn() < LEAST_RUNS_OF_ESTIMATE {
        return None;
    }
    let rests_on = "(estimate of Good and Turing; it holds for schedules drawn as these were, each \
                    independently of the others)";
    Some(match (tally.once(), tally.unseen_share()) {
        (0, _) | (_, None) => format!(
            "No outcome came only once: fewer than one in {} further schedules is expected to show \
             another {rests_on}.",
            tally.drawn()
        ),
        (once, Some(share)) => format!(
            "{} only once: about one in {:.0} further schedules is expected to show another \
             {rests_on}.",
            counted(once, "outcome came", "outcomes came"),
            1.0 / share
        ),
    })
}

/// The estimate of unseen outcomes as data.
#[derive(Serialize)]
pub(super) struct JsonUnseen {
    /// How many outcomes came only once.
    once: u64,
    /// The share of further schedules that is expected to show another outcome.
    share: f64,
}

impl JsonUnseen {
    pub(super) fn of(tally: &Tally) -> Option<Self> {
        Some(Self {
            once: tally.once(),
            share: tally.unseen_share()?,
        })
    }
}

/// The columns before the outcome itself.
const BEFORE_OUTCOME: usize = 41;

/// How the text of a failure begins.
const FAILED: &str = "FAILED: ";

fn text_of(entry: &DistinctOutcome) -> String {
    match &entry.outcome {
        None if entry.failed => "a failure (run the seed to see it)".to_owned(),
        None => "(run the seed to see it)".to_owned(),
        Some(outcome) => match &outcome.failure {
            Some(Failure::DifferentOutput) => {
                format!("FAILED: another output: {}", written(&outcome.output))
            }
            Some(failure) => format!("{FAILED}{failure}"),
            None => written(&outcome.output),
        },
    }
}

/// The texts of `entries`. Failures that have the same text are told apart by where they were
/// raised.
fn with_places(entries: &[&DistinctOutcome]) -> Vec<String> {
    let texts: Vec<String> = entries.iter().map(|entry| text_of(entry)).collect();
    let is_shared = |text: &String| texts.iter().filter(|other| *other == text).count() > 1;
    let place_of = |entry: &DistinctOutcome| match entry.outcome.as_ref()?.failure.as_ref()? {
        Failure::Exception { place, .. } => place.clone(),
        _ => None,
    };
    let told = entries.iter().zip(&texts).map(|(entry, text)| {
        match (text.strip_prefix(FAILED), place_of(entry)) {
            (Some(rest), Some(place)) if is_shared(text) => format!("FAILED at {place}: {rest}"),
            _ => text.clone(),
        }
    });
    told.collect()
}

fn written(output: &str) -> String {
    if output.is_empty() {
        "no output".to_owned()
    } else {
        output.trim_end_matches('\n').to_owned()
    }
}

/// Texts of at most `room` columns. Of those that would look like an earlier one once they are cut,
/// what lies between their beginning and the first difference is left out.
fn told_apart(texts: Vec<String>, room: usize) -> Vec<String> {
    const BEFORE_DIFFERENCE: usize = 8;
    let cut: Vec<_> = texts.iter().map(|text| fit(text, room)).collect();
    let later = |index: usize| {
        let text = &texts[index];
        let like = (0..index).find(|&other| cut[other] == cut[index])?;
        let same = text.chars().zip(texts[like].chars());
        let same = same.take_while(|(one, other)| one == other).count();
        let left_out = same.saturating_sub(BEFORE_DIFFERENCE);
        let rest: String = text.chars().skip(left_out).collect();
        let begin = fit(text, room / 2);
        (width_of(text) > room && left_out > begin.chars().count())
            .then(|| fit(&format!("{begin}{rest}"), room))
    };
    let shown = (0..texts.len()).map(|index| later(index).unwrap_or_else(|| cut[index].clone()));
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    #[test]
    fn the_table_has_counts_seeds_and_outcomes() {
        let mut tally = Tally::new();
        for number in 0..7 {
            let output = if number < 5 { "2\n" } else { "1\n" };
            tally.add(
                number,
                Some(1000 + number),
                Outcome {
                    output: output.to_owned(),
                    failure: (number == 6).then_some(Failure::ExitStatus { status: 4 }),
                },
            );
        }
        let table = outcomes(&tally, 2, 80);
        assert_eq!(
            table,
            "7 schedules, 3 distinct outcomes, 1 failure\n    \
             count   share  seed                  outcome\n        \
             5   71.4%  1000                  2\n        \
             1   14.2%  1005                  1\n        1 more\n"
        );
        for line in outcomes(&tally, 9, 40).lines() {
            assert!(line.chars().count() <= 40, "{line}");
        }
    }
    #[test]
    fn one_of_each_is_singular_and_long_outputs_can_be_told_apart() {
        let mut tally = Tally::new();
        let add = |tally: &mut Tally, number, end: &str| {
            let output = format!(
                "{} {end}\n",
                "a long line that is always the same".repeat(3)
            );
            let failure = None;
            tally.add(number, None, Outcome { output, failure });
        };
        add(&mut tally, 0, "one");
        let table = outcomes(&tally, 20, 80);
        assert!(
            table.starts_with("1 schedule, 1 distinct outcome, 0 failures\n"),
            "{table}"
        );
        add(&mut tally, 1, "two");
        tally.expect_same_output();
        let table = outcomes(&tally, 20, 80);
        let rows: Vec<_> = table
            .lines()
            .skip(2)
            .map(|line| &line[BEFORE_OUTCOME..])
            .collect();
        assert!(
            table.starts_with("2 schedules, 2 distinct outcomes, 1 failure\n"),
            "{table}"
        );
        assert!(rows[1].starts_with("FAILED: another output: "), "{table}");
        tally = Tally::new();
        add(&mut tally, 0, "one");
        add(&mut tally, 1, "two");
        let table = outcomes(&tally, 20, 80);
        assert!(table.lines().nth(3).unwrap().ends_with(" two"), "{table}");
    }
}
