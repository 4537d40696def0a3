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
/// So many names of slices are remembered; then it begins anew.
const MOST_NAMES: usize = 4096;

/// What the name of a slice depends on: the state's number, the object, the holder, the text.
type NameKey = (u32, Option<u32>, Option<u32>, u32);

pub(crate) struct Chrome {
    about: About,
    lanes: Vec<Lane>,
    objects: FoldMap<u32, String>,
    /// The arguments of slices at each site, as JSON.
    sites: FoldMap<u32, Vec<u8>>,
    /// Names of slices as JSON.
    names: FoldMap<NameKey, Vec<u8>>,
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
            names: FoldMap::default(),
            texts: FoldMap::default(),
            flows: 0,
        }
    }

    /// Begins an event, whose name is JSON. Each follows the one that names the process.
    fn event(&self, out: &mut Vec<u8>, kind: &str, name: &[u8], lane: u32, at: u64) {
        out.extend_from_slice(b",\n{\"ph\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"name\":");
        out.extend_from_slice(name);
        out.extend_from_slice(b",\"pid\":");
        push_number(out, self.about.process.into());
        out.extend_from_slice(b",\"tid\":");
        push_number(out, u64::from(lane) + 1);
        out.extend_from_slice(b",\"ts\":");
        push_micros(out, at);
    }

    fn instant(&self, out: &mut Vec<u8>, name: &str, lane: u32, at: u64) {
        self.event(out, "i", quoted(name).as_bytes(), lane, at);
        out.extend_from_slice(b",\"s\":\"t\"}");
    }

    fn lane(&mut self, out: &mut Vec<u8>, number: u32, lane: &Lane) {
        let index = number as usize;
        if self.lanes.len() <= index {
            self.lanes.resize(index + 1, Lane::default());
        }
        self.lanes[index] = lane.clone();
        self.names.clear();
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

    /// The name of a slice as JSON.
    fn name_of(&self, slice: &Slice) -> Vec<u8> {
        let name = match slice.state {
            State::Awaits => match self.texts.get(&slice.text) {
                Some(text) => format!("awaits {text}"),
                None => String::from("awaits"),
            },
            state => {
                let object = slice.object.and_then(|object| self.objects.get(&object));
                let holder = slice.holder.map(|holder| self.name(holder));
                words::doing(state, self.about.turns, object.map(String::as_str), holder)
            }
        };
        quoted(&name).into_bytes()
    }

    /// As [`slice`](Self::slice), and remembers the name: most slices have one that was there
    /// before.
    fn slice_remembered(&mut self, out: &mut Vec<u8>, slice: &Slice) {
        let (state, text) = (slice.state.number(), slice.text);
        let key = (state, slice.object, slice.holder, text);
        if !self.names.contains_key(&key) {
            if self.names.len() >= MOST_NAMES {
                self.names.clear();
            }
            let name = self.name_of(slice);
            self.names.insert(key, name);
        }
        self.slice(out, slice, &self.names[&key]);
    }

    fn slice(&self, out: &mut Vec<u8>, slice: &Slice, name: &[u8]) {
        self.event(out, "X", name, slice.lane, slice.from);
        out.extend_from_slice(b",\"dur\":");
        push_micros(out, slice.to - slice.from);
        out.extend_from_slice(b",\"cat\":\"");
        out.extend_from_slice(slice.state.category().as_bytes());
        out.extend_from_slice(b"\",\"args\":{");
        let begin = out.len();
        if let Some(site) = self.sites.get(&slice.site) {
            out.extend_from_slice(site);
        }
        let mut argument = |name: &str, value: &str| {
            if out.len() > begin {
                out.push(b',');
            }
            push_quoted(out, name);
            out.push(b':');
            push_quoted(out, value);
        };
        if let Some(object) = slice.object.and_then(|object| self.objects.get(&object)) {
            argument("object", object);
        }
        let is_join = slice.state == State::Waits(pyt_sched::WaitKind::Join);
        if let Some(holder) = slice.holder.filter(|_| !is_join) {
            argument("held by", self.name(holder));
        }
        if let Some(by) = slice.woken_by {
            argument("woken by", self.name(by));
        }
        if slice.timed_out {
            argument("ended by", "its timeout");
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
        self.instant(
            out,
            &format!("{name} {}", self.name(arrow.to)),
            arrow.from,
            arrow.from_at,
        );
        let quoted = quoted(name);
        for (kind, lane, at, end) in [
            ("s", arrow.from, arrow.from_at, &b"}"[..]),
            ("f", arrow.to, arrow.to_at, b",\"bp\":\"e\"}"),
        ] {
            self.event(out, kind, quoted.as_bytes(), lane, at);
            out.extend_from_slice(b",\"cat\":\"flow\",\"id\":");
            push_number(out, id);
            out.extend_from_slice(end);
        }
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
                    self.sites.insert(*number, arguments_of(site));
                }
                Item::Text(number, text) => {
                    self.texts.insert(*number, text.clone());
                }
                Item::Slice(slice) => self.slice_remembered(out, slice),
                Item::Arrow(arrow) => self.arrow(out, arrow),
                Item::Mark(mark) => self.instant(out, &mark.text, mark.lane, mark.at),
            }
        }
    }

    fn tail(&self, unfinished: &[Slice], standing: Standing, out: &mut Vec<u8>) {
        for slice in unfinished {
            self.slice(out, slice, &self.name_of(slice));
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

/// The arguments of a slice that its site knows, as JSON.
fn arguments_of(site: &Site) -> Vec<u8> {
    let at = format!("{}:{}", site.file, site.line);
    let (function, at) = (quoted(&site.function), quoted(&at));
    format!("\"function\":{function},\"at\":{at}").into_bytes()
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

#[cfg(test)]
mod tests {
    use pyt_sched::WaitKind;

    use super::*;
    use crate::timeline::Turns;

    #[test]
    fn a_slice_has_the_name_that_its_thread_has_when_it_is_written() {
        let mut chrome = Chrome::new(About {
            title: String::new(),
            turns: Turns::Gil,
            is_virtual: false,
            process: 7,
        });
        let lane = |name: &str| {
            let name = name.to_owned();
            Item::Lane(0, Lane { name, parent: None })
        };
        let join = Item::Slice(Slice {
            lane: 1,
            state: State::Waits(WaitKind::Join),
            from: 1_002_003,
            to: 2_002_012,
            object: None,
            site: 0,
            holder: Some(0),
            woken_by: None,
            timed_out: false,
            text: 0,
        });
        let items = [lane("old"), join.clone(), join.clone(), lane("new"), join];
        let mut out = Vec::new();
        chrome.chunk(&items, &mut out);
        let text = String::from_utf8(out).unwrap();
        let count = |name: &str| {
            text.matches(&format!("\"waits for the end of {name}\""))
                .count()
        };
        assert_eq!((count("old"), count("new")), (2, 1), "{text}");
        assert_eq!(text.matches("\"ts\":1002.003,\"dur\":1000.009,").count(), 3);
    }
}
