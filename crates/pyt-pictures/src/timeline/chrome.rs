//! Chrome's trace format as JSON, which ui.perfetto.dev and chrome://tracing open.
//!
//! A lane is a thread there, an arrow a flow, a mark an instant. The times are microseconds.

use std::io::Write;

use super::{
    About, Arrow, Format, Item, Lane, Site, Slice, Standing, State, format::push_number, words,
};
use crate::fold::FoldMap;

/// How many tasks of a loop are in their own order.
const MOST_TASKS: u32 = 1_000_000;

pub(crate) struct Chrome {
    about: About,
    lanes: Vec<Lane>,
    objects: FoldMap<u32, String>,
    sites: FoldMap<u32, Site>,
    texts: FoldMap<u32, String>,
    flows: u64,
}

impl Chrome {
    pub(crate) fn new(about: About) -> Self {
        Self {
            about,
            lanes: Vec::new(),
            objects: FoldMap::default(),
            sites: FoldMap::default(),
            texts: FoldMap::default(),
            flows: 0,
        }
    }

    /// Begins an event. Each follows the one that names the process.
    fn event(&self, out: &mut Vec<u8>, kind: &str, name: &str, lane: u32, at: u64) {
        out.extend_from_slice(b",\n{\"ph\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"name\":");
        push_quoted(out, name);
        out.extend_from_slice(b",\"pid\":");
        push_number(out, self.about.process.into());
        out.extend_from_slice(b",\"tid\":");
        push_number(out, u64::from(lane) + 1);
        out.extend_from_slice(b",\"ts\":");
        push_micros(out, at);
    }

    fn lane(&mut self, out: &mut Vec<u8>, number: u32, lane: &Lane) {
        let index = number as usize;
        if self.lanes.len() <= index {
            self.lanes.resize(index + 1, Lane::default());
        }
        self.lanes[index] = lane.clone();
        let (process, thread) = (self.about.process, number + 1);
        let order = match lane.parent {
            None => u64::from(number) * u64::from(MOST_TASKS),
            Some(parent) => {
                u64::from(parent) * u64::from(MOST_TASKS) + u64::from(number.min(MOST_TASKS - 1))
            }
        };
        let name = match lane.parent {
            None => lane.name.clone(),
            Some(parent) => format!("{} ({})", lane.name, self.name(parent)),
        };
        let _ = write!(
            out,
            ",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{process},\"tid\":{thread},\
             \"args\":{{\"name\":{}}}}},\n{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\
             \"pid\":{process},\"tid\":{thread},\"args\":{{\"sort_index\":{order}}}}}",
            quoted(&name)
        );
    }

    fn name(&self, lane: u32) -> &str {
        self.lanes
            .get(lane as usize)
            .map_or("?", |lane| lane.name.as_str())
    }

    fn slice(&self, out: &mut Vec<u8>, slice: &Slice) {
        let object = slice.object.and_then(|object| self.objects.get(&object));
        let object = object.map(String::as_str);
        let holder = slice.holder.map(|holder| self.name(holder));
        let name = match slice.state {
            State::Awaits => match self.texts.get(&slice.text) {
                Some(text) => format!("awaits {text}"),
                None => String::from("awaits"),
            },
            state => words::doing(state, self.about.turns, object, holder),
        };
        self.event(out, "X", &name, slice.lane, slice.from);
        let duration = slice.to - slice.from;
        out.extend_from_slice(b",\"dur\":");
        push_micros(out, duration);
        out.extend_from_slice(b",\"cat\":\"");
        out.extend_from_slice(slice.state.category().as_bytes());
        out.extend_from_slice(b"\",\"args\":{");
        let is_join = slice.state == State::Waits(pyt_sched::WaitKind::Join);
        let mut is_first = true;
        let mut argument = |name: &str, value: &str, line: usize| {
            if !std::mem::replace(&mut is_first, false) {
                out.push(b',');
            }
            push_quoted(out, name);
            out.push(b':');
            push_quoted(out, value);
            if line != 0 {
                // The line of a file: before the closing quote.
                out.pop();
                let _ = write!(out, ":{line}\"");
            }
        };
        if let Some(site) = self.sites.get(&slice.site) {
            argument("function", &site.function, 0);
            argument("at", &site.file, site.line);
        }
        if let Some(object) = object {
            argument("object", object, 0);
        }
        if let Some(holder) = holder.filter(|_| !is_join) {
            argument("held by", holder, 0);
        }
        if let Some(by) = slice.woken_by {
            argument("woken by", self.name(by), 0);
        }
        if slice.timed_out {
            argument("ended by", "its timeout", 0);
        }
        out.extend_from_slice(b"}}");
    }

    fn arrow(&mut self, out: &mut Vec<u8>, arrow: &Arrow) {
        self.flows += 1;
        let name = if arrow.starts { "starts" } else { "wakes" };
        let id = self.flows;
        // Perfetto has a flow begin at the innermost slice that began last on its thread, which may
        // be the instant of another mark, and draws it from that slice's end. An instant at the
        // flow's own moment is where it has to begin.
        let mark = format!("{name} {}", self.name(arrow.to));
        self.event(out, "i", &mark, arrow.from, arrow.from_at);
        out.extend_from_slice(b",\"s\":\"t\"}");
        self.event(out, "s", name, arrow.from, arrow.from_at);
        let _ = write!(out, ",\"cat\":\"flow\",\"id\":{id}}}");
        self.event(out, "f", name, arrow.to, arrow.to_at);
        let _ = write!(out, ",\"cat\":\"flow\",\"id\":{id},\"bp\":\"e\"}}");
    }
}

impl Format for Chrome {
    fn head(&mut self, out: &mut Vec<u8>) {
        let _ = write!(
            out,
            "{{\"traceEvents\":[\n{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{},\"tid\":0,\
             \"args\":{{\"name\":{}}}}}",
            self.about.process,
            quoted(&self.about.title)
        );
    }

    fn chunk(&mut self, items: &[Item], out: &mut Vec<u8>) {
        for item in items {
            match item {
                Item::Lane(number, lane) => self.lane(out, *number, lane),
                Item::Object(number, name) => {
                    self.objects.insert(*number, name.clone());
                }
                Item::Site(number, site) => {
                    self.sites.insert(*number, site.clone());
                }
                Item::Text(number, text) => {
                    self.texts.insert(*number, text.clone());
                }
                Item::Slice(slice) => self.slice(out, slice),
                Item::Arrow(arrow) => self.arrow(out, arrow),
                Item::Mark(mark) => {
                    self.event(out, "i", &mark.text, mark.lane, mark.at);
                    out.extend_from_slice(b",\"s\":\"t\"}");
                }
            }
        }
    }

    fn tail(&self, unfinished: &[Slice], standing: Standing, out: &mut Vec<u8>) {
        for slice in unfinished {
            self.slice(out, slice);
        }
        let time = if self.about.is_virtual {
            "the virtual clock's, and the time in which the program computed"
        } else {
            "real"
        };
        let _ = write!(
            out,
            "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{{\"recorded by\":\"pyt\",\
             \"time\":\"{time}\",\"complete\":\"{}\",\"oldest events dropped\":\"{}\",\
             \"events lost\":\"{}\"}}}}\n",
            standing.is_over, standing.dropped, standing.lost
        );
    }
}

/// Appends nanoseconds as microseconds.
fn push_micros(out: &mut Vec<u8>, nanoseconds: u64) {
    push_number(out, nanoseconds / 1000);
    out.push(b'.');
    // Three digits: those behind the first one of four.
    let at = out.len();
    push_number(out, 1000 + nanoseconds % 1000);
    out.remove(at);
}

/// Appends `text` as JSON.
fn push_quoted(out: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(quoted(text).as_bytes());
    }
}

/// `text` as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
