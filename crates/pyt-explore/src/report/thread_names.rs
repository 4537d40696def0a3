//! Names of threads by which a reader can tell them apart.

/// The names of a run's threads, by their numbers: those of one name get numbers, in the order in
/// which they were started.
#[must_use]
pub fn distinct_names(names: &[String]) -> Vec<String> {
    let count_of =
        |name: &String, among: &[String]| among.iter().filter(|one| *one == name).count();
    let numbered = names.iter().enumerate().map(|(at, name)| {
        if count_of(name, names) == 1 {
            return name.clone();
        }
        format!("{name} ({})", count_of(name, &names[..=at]))
    });
    numbered.collect()
}

/// Whether a name that [`distinct_names`] has made is of a thread of this name.
pub(super) fn is_named(distinct: &str, name: &str) -> bool {
    distinct.strip_prefix(name).is_some_and(|rest| {
        let number = rest
            .strip_prefix(" (")
            .and_then(|rest| rest.strip_suffix(')'));
        rest.is_empty()
            || number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_one_name_are_numbered() {
        let names = ["MainThread", "pool", "other", "pool"].map(str::to_owned);
        let distinct = distinct_names(&names);
        assert_eq!(distinct, ["MainThread", "pool (1)", "other", "pool (2)"]);
        assert!(is_named(&distinct[3], "pool") && is_named(&distinct[2], "other"));
        assert!(!is_named(&distinct[3], "po"));
    }
}
