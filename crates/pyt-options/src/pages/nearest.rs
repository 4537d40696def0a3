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

/// How many letters have to be inserted, removed or replaced (Levenshtein's distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (at, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *against);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
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
