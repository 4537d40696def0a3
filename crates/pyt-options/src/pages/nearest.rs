//! Names that are like a name that there is not.

/// How many letters may differ, at most.
const MOST_DIFFERENCES: usize = 2;
/// How many names are offered, at most.
const MOST_OFFERED: usize = 3;

/// Those of `names` that are most like `wanted`, the nearest first; perhaps none.
#[must_use]
pub fn nearest<'names>(
    wanted: &str,
    names: impl IntoIterator<Item = &'names str>,
) -> Vec<&'names str> {
    let wanted = wanted.to_lowercase();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for name in names {
        let begins_alike =
            wanted.len() >= 3 && (name.starts_with(&wanted) || wanted.starts_with(name));
        let differences = distance(&wanted, name);
        if begins_alike || differences <= MOST_DIFFERENCES.min(wanted.chars().count() / 2) {
            found.push((differences, name));
        }
    }
    found.sort_by_key(|(differences, _)| *differences);
    let names = found.into_iter().map(|(_, name)| name);
    names.take(MOST_OFFERED).collect()
}

/// How many letters have to be inserted, removed, replaced, or exchanged with their neighbour
/// (the distance of optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    // The rows of the letter before, and of the one before that.
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut last_but_one = Vec::new();
    let mut letter_before = None;
    for (index, letter) in one.chars().enumerate() {
        let mut row = vec![index + 1];
        for (at, &against) in other.iter().enumerate() {
            let replaced = last[at] + usize::from(letter != against);
            let mut least = replaced.min(row[at] + 1).min(last[at + 1] + 1);
            let is_exchanged = at > 0 && letter_before == Some(against) && other[at - 1] == letter;
            if is_exchanged {
                least = least.min(last_but_one[at - 1] + 1);
            }
            row.push(least);
        }
        last_but_one = std::mem::replace(&mut last, row);
        letter_before = Some(letter);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("rnu", "run"), 1);
        assert_eq!(distance("nur", "run"), 2);
    }

    #[test]
    fn the_nearest_comes_first() {
        let names = ["explore", "exploring", "packages", "ci", "cli"];
        assert_eq!(nearest("explor", names), ["explore", "exploring"]);
        assert_eq!(nearest("pakages", names), ["packages"]);
        assert_eq!(nearest("CLI", names), ["cli", "ci"]);
        assert!(nearest("nothing", names).is_empty());
        assert!(nearest("", names).is_empty());
    }
}
