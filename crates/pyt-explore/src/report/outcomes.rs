//! The table of distinct outcomes.

use super::text::{LEAST_WIDTH, fit};
use crate::outcome::Tally;

/// One line for each distinct outcome, at most `most`: how often it came, a seed (or for an
/// exhaustive search the number of the first schedule), and the output or failure.
#[must_use]
pub fn outcomes(tally: &Tally, most: usize, width: usize) -> String {
    let width = width.max(LEAST_WIDTH);
    let found = tally.outcomes();
    let mut lines = vec![fit(
        &format!(
            "{} schedules, {} distinct outcomes, {} failures",
            tally.runs(),
            found.len(),
            tally.failures()
        ),
        width,
    )];
    if !found.is_empty() {
        lines.push(fit(
            &format!("{:>9} {:>7}  {:<20}  outcome", "count", "share", "seed"),
            width,
        ));
    }
    for entry in found.iter().take(most) {
        let maker = match entry.seed {
            Some(seed) => seed.to_string(),
            None => format!("schedule {}", entry.first),
        };
        let what = match &entry.outcome {
            None if entry.failed => "a failure (run the seed to see it)".to_owned(),
            None => "(run the seed to see it)".to_owned(),
            Some(outcome) => match &outcome.failure {
                Some(failure) => format!("FAILED: {failure}"),
                None if outcome.output.is_empty() => "no output".to_owned(),
                None => outcome.output.trim_end_matches('\n').to_owned(),
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Failure, Outcome};

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
            "7 schedules, 3 distinct outcomes, 1 failures\n    \
             count   share  seed                  outcome\n        \
             5   71.4%  1000                  2\n        \
             1   14.2%  1005                  1\n        1 more\n"
        );
        for line in outcomes(&tally, 9, 40).lines() {
            assert!(line.chars().count() <= 40, "{line}");
        }
    }
}
