//! A timeline as one page that needs nothing but a browser.
//!
//! The page's program reads the chunks. Their numbers are explained there: `page/timeline.js`.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{About, Format, Item, Slice, Standing, State, WAIT_KINDS, words};
use crate::page::{self, Part};

/// What the first number of an item says it is.
const SLICE: i64 = 0;
const ARROW: i64 = 1;
const MARK: i64 = 2;

pub(crate) struct Page {
    about: About,
    /// The numbers of the texts of marks.
    marks: Vec<String>,
}

impl Page {
    pub(crate) const fn new(about: About) -> Self {
        Self {
            about,
            marks: Vec::new(),
        }
    }

    /// What each state is called, with a blank for the name of an object.
    fn states(&self) -> Vec<Value> {
        let simple = [
            State::Runs,
            State::Turn,
            State::Starts,
            State::Foreign,
            State::Awaits,
        ];
        let states = simple.into_iter().chain(WAIT_KINDS.map(State::Waits));
        let described = states.map(|state| {
            let blank = Some("\u{1}");
            json!({
                "kind": state.category(),
                "plain": words::doing(state, self.about.turns, None, None),
                "named": words::doing(state, self.about.turns, blank, blank),
            })
        });
        described.collect()
    }

    fn mark(&mut self, text: &str, new: &mut Vec<Value>) -> i64 {
        let number = match self.marks.iter().position(|known| known == text) {
            Some(number) => number,
            None => {
                self.marks.push(text.to_owned());
                let number = self.marks.len() - 1;
                new.push(json!([number, text]));
                number
            }
        };
        number_of(number as u64)
    }
}

fn number_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// One more than the number, or zero.
fn optional(number: Option<u32>) -> i64 {
    number.map_or(0, |number| i64::from(number) + 1)
}

/// Appends the numbers of a slice. Its begin is counted from `before`, the last item's.
fn push_slice(numbers: &mut Vec<i64>, slice: &Slice, before: &mut i64) {
    let from = number_of(slice.from);
    let flags = i64::from(slice.timed_out);
    numbers.extend([
        SLICE,
        slice.lane.into(),
        slice.state.number().into(),
        from - *before,
        number_of(slice.to - slice.from),
        optional(slice.object),
        if slice.state == State::Awaits {
            slice.text.into()
        } else {
            slice.site.into()
        },
        optional(slice.holder),
        optional(slice.woken_by),
        flags,
    ]);
    *before = from;
}

fn element(out: &mut String, class: &str, value: &Value) {
    let _ = writeln!(
        out,
        "<script type=\"application/json\" class=\"{class}\">{}</script>",
        page::in_script(&value.to_string())
    );
}

/// As [`element`], with the numbers of items as the last entry of the object.
fn element_with_items(out: &mut String, class: &str, object: &Value, numbers: &[i64]) {
    let object = page::in_script(&object.to_string());
    let _ = write!(
        out,
        "<script type=\"application/json\" class=\"{class}\">{},\"items\":[",
        object.trim_end_matches('}')
    );
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let _ = write!(out, "{number}");
    }
    out.push_str("]}</script>\n");
}

impl Format for Page {
    fn head(&mut self) -> Vec<u8> {
        // Marks are numbered anew with the chunks that follow.
        let known: Vec<Value> = (self.marks.iter().enumerate())
            .map(|(number, text)| json!([number, text]))
            .collect();
        let mut out = page::begin(&self.about.title, Part::Timeline);
        let about = json!({
            "title": self.about.title,
            "virtual": self.about.is_virtual,
            "states": self.states(),
            "marks": known,
        });
        element(&mut out, "about", &about);
        out.into_bytes()
    }

    fn chunk(&mut self, items: &[Item]) -> Vec<u8> {
        if items.is_empty() {
            return Vec::new();
        }
        let (mut lanes, mut objects, mut sites) = (Vec::new(), Vec::new(), Vec::new());
        let (mut texts, mut marks) = (Vec::new(), Vec::new());
        let mut numbers: Vec<i64> = Vec::new();
        let mut before = 0;
        for item in items {
            match item {
                Item::Lane(number, lane) => {
                    lanes.push(json!([number, lane.name, lane.parent]));
                }
                Item::Object(number, name) => objects.push(json!([number, name])),
                Item::Site(number, site) => {
                    sites.push(json!([number, site.file, site.line, site.function]));
                }
                Item::Text(number, text) => texts.push(json!([number, text])),
                Item::Slice(slice) => push_slice(&mut numbers, slice, &mut before),
                Item::Arrow(arrow) => {
                    let from = number_of(arrow.from_at);
                    numbers.extend([
                        ARROW,
                        arrow.from.into(),
                        from - before,
                        arrow.to.into(),
                        number_of(arrow.to_at) - from,
                        i64::from(arrow.starts),
                    ]);
                    before = from;
                }
                Item::Mark(mark) => {
                    let text = self.mark(&mark.text, &mut marks);
                    let at = number_of(mark.at);
                    numbers.extend([MARK, mark.lane.into(), at - before, text]);
                    before = at;
                }
            }
        }
        let mut out = String::new();
        let chunk = json!({
            "lanes": lanes,
            "objects": objects,
            "sites": sites,
            "texts": texts,
            "marks": marks,
        });
        element_with_items(&mut out, "chunk", &chunk, &numbers);
        out.into_bytes()
    }

    fn tail(&self, unfinished: &[Slice], standing: Standing) -> Vec<u8> {
        let mut numbers = Vec::new();
        let mut before = 0;
        for slice in unfinished {
            push_slice(&mut numbers, slice, &mut before);
        }
        let mut out = String::new();
        let end = json!({
            "now": standing.now,
            "dropped": standing.dropped,
            "lost": standing.lost,
            "over": standing.is_over,
        });
        element_with_items(&mut out, "end", &end, &numbers);
        out += page::END;
        out.into_bytes()
    }
}
