//! The parts of pages: their frame, styles and programs, which are files beside this one.
//!
//! What is shown is not known here.

/// What a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Timeline,
    Exploration,
}

/// The end of a page.
pub(crate) const END: &str = "</body>\n</html>\n";

const STYLE: &str = include_str!("common.css");
const COMMON: &str = include_str!("common.js");

impl Part {
    const fn style(self) -> &'static str {
        match self {
            Self::Timeline => include_str!("timeline.css"),
            Self::Exploration => include_str!("exploration.css"),
        }
    }

    const fn body(self) -> &'static str {
        match self {
            Self::Timeline => include_str!("timeline.html"),
            Self::Exploration => include_str!("exploration.html"),
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Timeline => include_str!("timeline.js"),
            Self::Exploration => include_str!("exploration.js"),
        }
    }
}

/// A page with the report of an exploration, or the run of a replay: `data` is the report as JSON,
/// with where threads stood in each of its findings (`walk`) and the sources of the program. The
/// title is what the program is called.
#[must_use]
pub fn exploration_page(title: &str, data: &serde_json::Value) -> String {
    let mut page = begin(title, Part::Exploration);
    let data = in_script(&data.to_string());
    page += &format!("<script type=\"application/json\" class=\"data\">{data}</script>\n");
    page += END;
    page
}

/// The beginning of a page, up to where its data follow.
pub(crate) fn begin(title: &str, part: Part) -> String {
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n{}\
         <script>\n{COMMON}{}</script>\n",
        part.style(),
        part.body(),
        part.program()
    )
}

/// `text` as text of a page.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// JSON as it may stand inside of a script: no text of it ends the script.
pub(crate) fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}
