//! The parts of a Markdown document that checks need: headings, links and fenced blocks.

/// A fenced block.
pub(crate) struct Block {
    /// The line number of the opening fence, from 1.
    pub(crate) line: usize,
    /// The last line with text before the block, if it is an HTML comment: what is inside.
    pub(crate) mark: Option<String>,
    pub(crate) text: String,
}

/// A link: its line number, and where it leads.
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) target: String,
}

/// All fenced blocks. Fences are at least three backticks or tildes at the beginning of a line.
pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(String, Block)> = None;
    let mut before = "";
    for (index, line) in document.lines().enumerate() {
        match &mut open {
            Some((fence, _)) if line.trim_end() == fence => {
                blocks.extend(open.take().map(|(_, block)| block));
                before = "";
            }
            Some((_, block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {
                let fence: String = line
                    .chars()
                    .take_while(|char| matches!(char, '`' | '~'))
                    .collect();
                if fence.len() >= 3 {
                    let mark = before
                        .trim()
                        .strip_prefix("<!--")
                        .and_then(|rest| rest.strip_suffix("-->"));
                    let mark = mark.map(|mark| mark.trim().to_owned());
                    open = Some((
                        fence,
                        Block {
                            line: index + 1,
                            mark,
                            text: String::new(),
                        },
                    ));
                } else if !line.trim().is_empty() {
                    before = line;
                }
            }
        }
    }
    blocks
}

/// The lines outside of fenced blocks, with their numbers from 1; code between backticks is
/// blanked.
pub(crate) fn prose(document: &str) -> Vec<(usize, String)> {
    let mut fence: Option<String> = None;
    let mut prose = Vec::new();
    for (index, line) in document.lines().enumerate() {
        let opening: String = line
            .trim_start()
            .chars()
            .take_while(|char| matches!(char, '`' | '~'))
            .collect();
        match &fence {
            Some(closing) => {
                if line.trim() == closing {
                    fence = None;
                }
            }
            None if opening.len() >= 3 => fence = Some(opening),
            None => {
                let parts = line.split('`').enumerate();
                let text: String = parts
                    .map(|(part, text)| if part % 2 == 0 { text } else { " " })
                    .collect();
                prose.push((index + 1, text));
            }
        }
    }
    prose
}

/// All links and images: `[text](target)` and `[name]: target`, outside of code.
pub(crate) fn links(document: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for (line, text) in prose(document) {
        let inline = text.match_indices("](").filter_map(|(at, _)| {
            let rest = &text[at + 2..];
            rest.find(')').map(|end| rest[..end].to_owned())
        });
        links.extend(inline.map(|target| Link { line, target }));
        if let Some((name, target)) = text.split_once("]: ")
            && name.starts_with('[')
        {
            links.push(Link {
                line,
                target: target.trim().to_owned(),
            });
        }
    }
    links
}

/// The anchors of the document's headings, as common renderers make them.
pub(crate) fn anchors(document: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in document.lines() {
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
        }
        let text = line.trim_start_matches('#');
        if fenced || text.len() == line.len() || !text.starts_with(' ') {
            continue;
        }
        let kept = text
            .trim()
            .chars()
            .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
        let anchor: String = kept
            .map(|char| {
                if char == ' ' {
                    '-'
                } else {
                    char.to_ascii_lowercase()
                }
            })
            .collect();
        // A heading that comes again gets a number.
        let same = anchors.iter().filter(|other| **other == anchor).count();
        anchors.push(if same == 0 {
            anchor
        } else {
            format!("{anchor}-{same}")
        });
    }
    anchors
}

/// The cells of a table's row, without the bars around them.
pub(crate) fn cells(row: &str) -> Option<Vec<&str>> {
    let inner = row.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A b, `c`\n\n<!-- mark -->\n```console\n[x](y)\n```\n\nSee [z](w.md#a) and `[q](r)`.\n## A b, c\n";

    #[test]
    fn parts_are_found() {
        let blocks = blocks(TEXT);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].mark.as_deref(), Some("mark"));
        assert_eq!((blocks[0].line, blocks[0].text.as_str()), (4, "[x](y)\n"));
        let links = links(TEXT);
        assert_eq!(links.len(), 1);
        assert_eq!((links[0].line, links[0].target.as_str()), (8, "w.md#a"));
        assert_eq!(anchors(TEXT), ["a-b-c", "a-b-c-1"]);
        assert_eq!(cells("| a | b |"), Some(vec!["a", "b"]));
    }
}
