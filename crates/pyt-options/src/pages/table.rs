//! Tables of Markdown, in columns that fit a width.

use super::paint;

/// Columns between two columns.
const GAP: usize = 2;
/// How narrow a column may become while its text is wider.
const LEAST_COLUMN: usize = 6;

/// The cells of a row: `| a | b |`. A bar behind a backslash is text.
pub(super) fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let inner = row.trim().trim_start_matches('|');
    let mut chars = inner.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.peek() == Some(&'|') => {
                chars.next();
                push(&mut cells, '|');
            }
            '|' => cells.push(String::new()),
            char => push(&mut cells, char),
        }
    }
    if cells.last().is_some_and(|last| last.trim().is_empty()) && row.trim().ends_with('|') {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn push(cells: &mut [String], char: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(char);
    }
}

/// Whether a row is the line below the heading of a table.
pub(super) fn is_rule(row: &str) -> bool {
    row.contains('-')
        && row
            .chars()
            .all(|char| matches!(char, '|' | '-' | ':' | ' '))
}

/// The lines of a table, whose first row is its heading. Line breaks in cells are `\n`.
pub(super) fn lines(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let parts = cells.flat_map(|cell| cell.split('\n'));
        parts.map(paint::width).max().unwrap_or(0)
    };
    let natural: Vec<usize> = (0..count).map(widest).collect();
    let widths = fitted(
        &natural,
        width.saturating_sub(GAP * count.saturating_sub(1)),
    );
    let mut out = Vec::new();
    let row_lines = rows.iter().map(|row| row_of(row, &widths));
    let row_lines: Vec<Vec<String>> = row_lines.collect();
    let spaced = row_lines.iter().skip(1).any(|lines| lines.len() > 1);
    for (index, lines) in row_lines.into_iter().enumerate() {
        if index > 1 && spaced {
            out.push(String::new());
        }
        out.extend(lines);
        if index == 0 {
            let rules = widths.iter().map(|width| "-".repeat(*width));
            out.push(rules.collect::<Vec<_>>().join(&" ".repeat(GAP)));
        }
    }
    // A heading without words is left out.
    if rows
        .first()
        .is_some_and(|row| row.iter().all(String::is_empty))
    {
        out.drain(..2.min(out.len()));
    }
    out
}

/// Widths that sum up to at most `width`: columns that are narrower than their share keep theirs.
fn fitted(natural: &[usize], width: usize) -> Vec<usize> {
    let mut widths = natural.to_vec();
    let mut open: Vec<usize> = (0..natural.len()).collect();
    let mut left = width;
    if natural.iter().sum::<usize>() <= width {
        return widths;
    }
    while !open.is_empty() {
        let share = left / open.len();
        let (small, large): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|column| natural[**column] <= share);
        if small.is_empty() {
            for column in large {
                widths[column] = share.max(LEAST_COLUMN);
            }
            break;
        }
        for column in small {
            left = left.saturating_sub(natural[column]);
        }
        open = large;
    }
    widths
}

fn row_of(row: &[String], widths: &[usize]) -> Vec<String> {
    let wrapped = widths.iter().enumerate().map(|(column, width)| {
        let cell = row.get(column).map_or("", String::as_str);
        let parts = cell.split('\n');
        parts
            .flat_map(|part| paint::wrapped(part, *width))
            .collect::<Vec<_>>()
    });
    let columns: Vec<Vec<String>> = wrapped.collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(1);
    let line = |at: usize| {
        let mut line = String::new();
        for (column, lines) in columns.iter().enumerate() {
            let text = lines.get(at).map_or("", String::as_str);
            line.push_str(text);
            if column + 1 < columns.len() {
                let missing = widths[column].saturating_sub(paint::width(text));
                line.push_str(&" ".repeat(missing + GAP));
            }
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_cells() {
        assert_eq!(cells("| a | `b\\|c` | |"), ["a", "`b|c`", ""]);
        assert!(is_rule("| --- | ---: |") && !is_rule("| a - |"));
    }

    #[test]
    fn a_table_fits_its_width() {
        let rows = [
            vec!["name".to_owned(), "what".to_owned()],
            vec!["a".to_owned(), "one two three".to_owned()],
        ];
        assert_eq!(
            lines(&rows, 40),
            ["name  what", "----  -------------", "a     one two three"]
        );
        assert_eq!(
            lines(&rows, 13),
            [
                "name  what",
                "----  -------",
                "a     one two",
                "      three"
            ]
        );
    }

    #[test]
    fn wide_columns_share_what_narrow_ones_leave() {
        assert_eq!(fitted(&[4, 100, 100], 44), [4, 20, 20]);
        assert_eq!(fitted(&[4, 5], 44), [4, 5]);
    }
}
