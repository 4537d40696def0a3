//! A timeline as one page that needs nothing but a browser.
//!
//! The page's program reads the chunks. Their numbers are explained there: `page/timeline.js`.

use serde_json::{Value, json};

use super::{
    About, Format, Item, Slice, Standing, State, WAIT_KINDS,
    format::{push_number, push_signed},
    words,
};
use crate::page::{self, Part};

/// What the first number of an item says it is.
const SLICE: u64 = 0;
const ARROW: u64 = 1;
const MARK: u64 = 2;

pub(crate) struct Page {
    about: About,
    /// The numbers of a chunk's items: kept for its memory.
    numbers: Vec<u8>,
    /// The numbers of the texts of marks.
    marks: Vec<String>,
}

impl Page {
    pub(crate) const fn new(about: About) -> Self {
        Self {
            about,
            numbers: Vec::new(),
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

    fn mark(&mut self, text: &str, new: &mut Vec<Value>) -> u64 {
        let number = match self.marks.iter().position(|known| known == text) {
            Some(number) => number,
            None => {
                self.marks.push(text.to_owned());
                let number = self.marks.len() - 1;
                new.push(json!([number, text]));
                number
            }
        };
        number as u64
    }
}

/// One more than the number, or zero.
fn optional(number: Option<u32>) -> u64 {
    number.map_or(0, |number| u64::from(number) + 1)
}

/// Appends a number and a comma.
fn push(out: &mut Vec<u8>, number: impl Into<u64>) {
    push_number(out, number.into());
    out.push(b',');
}

/// Appends how much later `at` is than `before`, the last item's begin, which it replaces.
fn push_later(out: &mut Vec<u8>, at: u64, before: &mut u64) {
    push_signed(out, at.cast_signed().wrapping_sub(before.cast_signed()));
    out.push(b',');
    *before = at;
}

fn push_slice(out: &mut Vec<u8>, slice: &Slice, before: &mut u64) {
    push(out, SLICE);
    push(out, slice.lane);
    push(out, slice.state.number());
    push_later(out, slice.from, before);
    push(out, slice.to - slice.from);
    push(out, optional(slice.object));
    push(
        out,
        if slice.state == State::Awaits {
            slice.text
        } else {
            slice.site
        },
    );
    push(out, optional(slice.holder));
    push(out, optional(slice.woken_by));
    push(out, u64::from(slice.timed_out));
}

fn element(out: &mut Vec<u8>, class: &str, value: &Value) {
    let value = page::in_script(&value.to_string());
    let element = format!("<script type=\"application/json\" class=\"{class}\">{value}</script>\n");
    out.extend(element.into_bytes());
}

/// As [`element`], with the numbers of items, each with its comma, as the last entry of the object.
fn element_with_items(out: &mut Vec<u8>, class: &str, object: &Value, numbers: &[u8]) {
    let object = page::in_script(&object.to_string());
    let begin = format!(
        "<script type=\"application/json\" class=\"{class}\">{},\"items\":[",
        object.trim_end_matches('}')
    );
    out.extend(begin.into_bytes());
    out.extend_from_slice(numbers.strip_suffix(b",").unwrap_or(numbers));
    out.extend(b"]}</script>\n");
}

impl Format for Page {
    fn head(&mut self, out: &mut Vec<u8>) {
        // Marks are numbered anew with the chunks that follow.
        let known: Vec<Value> = (self.marks.iter().enumerate())
            .map(|(number, text)| json!([number, text]))
            .collect();
        out.extend(page::begin(&self.about.title, Part::Timeline).into_bytes());
        let about = json!({
            "title": self.about.title,
            "virtual": self.about.is_virtual,
            "states": self.states(),
            "marks": known,
        });
        element(out, "about", &about);
    }

    fn chunk(&mut self, items: &[Item], out: &mut Vec<u8>) {
        if items.is_empty() {
            return;
        }
        let (mut lanes, mut objects, mut sites) = (Vec::new(), Vec::new(), Vec::new());
        let (mut texts, mut marks) = (Vec::new(), Vec::new());
        let mut numbers = std::mem::take(&mut self.numbers);
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
                    push(&mut numbers, ARROW);
                    push(&mut numbers, arrow.from);
                    push_later(&mut numbers, arrow.from_at, &mut before);
                    push(&mut numbers, arrow.to);
                    push_signed(
                        &mut numbers,
                        (arrow.to_at.cast_signed()).wrapping_sub(arrow.from_at.cast_signed()),
                    );
                    numbers.push(b',');
                    push(&mut numbers, u64::from(arrow.starts));
                }
                Item::Mark(mark) => {
                    let text = self.mark(&mark.text, &mut marks);
                    push(&mut numbers, MARK);
                    push(&mut numbers, mark.lane);
                    push_later(&mut numbers, mark.at, &mut before);
                    push(&mut numbers, text);
                }
            }
        }
        let chunk = json!({
            "lanes": lanes,
            "objects": objects,
            "sites": sites,
            "texts": texts,
            "marks": marks,
        });
        element_with_items(out, "chunk", &chunk, &numbers);
        numbers.clear();
        self.numbers = numbers;
    }

    fn tail(&self, unfinished: &[Slice], standing: Standing, out: &mut Vec<u8>) {
        let mut numbers = Vec::new();
        let mut before = 0;
        for slice in unfinished {
            push_slice(&mut numbers, slice, &mut before);
        }
        let end = json!({
            "now": standing.now,
            "dropped": standing.dropped,
            "lost": standing.lost,
            "over": standing.is_over,
        });
        element_with_items(out, "end", &end, &numbers);
        out.extend(page::END.as_bytes());
    }
}
