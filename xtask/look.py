#!/usr/bin/env python3
"""Looks at every page of the built site in a headless Chromium.

    PYT_CHROMIUM=chromium cargo xtask docs              # builds the site, then does this
    PYT_CHROMIUM=chromium xtask/look.py target/site/html [--screenshots DIR]

Each page is loaded in a frame of 360 and of 1400 pixels, with a light and with a dark theme. A page fails if
something of it lies outside of the window and cannot be scrolled to within its own box, if an image is broken, if
it has not taken the theme, or if it loads anything from another host. Needs Python 3.8 or newer, and Chromium. Serves
the pages on the loopback.
"""

import argparse
import functools
import http.server
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading

WIDTHS = [360, 1400]
THEMES = {"light": True, "navy": False}
# How long all pages may take, in seconds.
LIMIT = 600

HARNESS = """<!doctype html><meta charset="utf-8"><title>look</title>
<body style="margin:0"><script>
const pages = PAGES, widths = WIDTHS, themes = THEMES;
const sleep = ms => new Promise(done => setTimeout(done, ms));
function scrolls(element, top) {
  for (let box = element; box && box !== top; box = box.parentElement)
    if (["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX)) return true;
  return false;
}
function brightness(colour) {
  const [r, g, b] = colour.match(/[0-9.]+/g).map(Number);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}
function look(page, width, theme, light, frame) {
  const view = frame.contentWindow, document = view.document, found = [];
  const say = text => found.push({page, width, theme, text});
  const root = document.documentElement, main = document.querySelector("main");
  if (!main) { say("there is no <main>"); return found; }
  if (root.scrollWidth > width) say(`the page is ${root.scrollWidth} pixels wide`);
  for (const element of main.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.width && box.right > width + 1 && !scrolls(element.parentElement, main))
      say(`<${element.tagName.toLowerCase()}> reaches to ${Math.round(box.right)}: ` +
          element.textContent.trim().slice(0, 40));
  }
  for (const image of document.images)
    if (image.complete && !image.naturalWidth) say(`broken image ${image.src}`);
  const back = brightness(view.getComputedStyle(root).backgroundColor);
  const text = brightness(view.getComputedStyle(main).color);
  if (light !== back > 0.5) say(`the background has brightness ${back.toFixed(2)}`);
  if (Math.abs(back - text) < 0.4) say("text and background are alike");
  for (const entry of view.performance.getEntriesByType("resource"))
    if (!entry.name.startsWith(location.origin) && !entry.name.startsWith("data:"))
      say(`loads ${entry.name}`);
  return found;
}
(async () => {
  const problems = [];
  let loaded = 0;
  try {
    for (const width of widths) for (const [theme, light] of Object.entries(themes)) {
      localStorage.setItem("mdbook-theme", theme);
      for (const page of pages) {
        const frame = document.createElement("iframe");
        frame.style = `width:${width}px;height:900px;border:0`;
        const ready = new Promise((done, fail) => {
          frame.onload = done;
          setTimeout(() => fail(new Error(`${page} does not load`)), 30000);
        });
        frame.src = "/" + page;
        document.body.append(frame);
        await ready;
        await sleep(20);
        problems.push(...look(page, width, theme, light, frame));
        loaded += 1;
        frame.remove();
      }
    }
  } catch (error) { problems.push({page: "", width: 0, theme: "", text: String(error)}); }
  await fetch("/-/results", {method: "POST", body: JSON.stringify({loaded, problems})});
})();
</script>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site, the harness, and takes the results."""

    harness = ""
    results = queue.Queue()

    def do_GET(self):
        if self.path != "/-/look.html":
            return super().do_GET()
        body = self.harness.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        self.results.put(json.loads(body))

    def log_message(self, *_):
        pass


def chromium(program, profile, *arguments):
    return [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        *arguments,
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("site", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path, help="write a picture of each page there, as wide as 1400")
    given = parser.parse_args()
    program = os.environ.get("PYT_CHROMIUM")
    if not program:
        sys.exit("PYT_CHROMIUM names no Chromium")
    names = ((path, path.relative_to(given.site).as_posix()) for path in given.site.rglob("*.html"))
    # The list of chapters is a page of its own for browsers without scripts; it has no <main>.
    pages = sorted(name for path, name in names if "<main" in path.read_text(encoding="utf-8"))
    harness = HARNESS.replace("PAGES", json.dumps(pages))
    harness = harness.replace("WIDTHS", json.dumps(WIDTHS)).replace("THEMES", json.dumps(THEMES))
    Handler.harness = harness
    handler = functools.partial(Handler, directory=str(given.site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as profile:
        arguments = ("--remote-debugging-port=0", "--window-size=1500,1000", f"{address}/-/look.html")
        browser = subprocess.Popen(chromium(program, profile, *arguments), **quiet)
        try:
            results = Handler.results.get(timeout=LIMIT)
        except queue.Empty:
            sys.exit(f"no results after {LIMIT} s")
        finally:
            browser.terminate()
            browser.wait()
    for page in pages if given.screenshots else []:
        given.screenshots.mkdir(parents=True, exist_ok=True)
        picture = given.screenshots.absolute() / f"{page.replace('/', '-')}.png"
        with tempfile.TemporaryDirectory() as profile:
            shot = (f"--screenshot={picture}", "--window-size=1400,1000", f"{address}/{page}")
            subprocess.run(chromium(program, profile, *shot), check=True, **quiet)
    for problem in results["problems"]:
        print("{page} ({width} pixels, {theme}): {text}".format(**problem))
    print(f"{len(pages)} pages, looked at {results['loaded']} times, {len(results['problems'])} problems")
    expected = len(pages) * len(WIDTHS) * len(THEMES)
    sys.exit(bool(results["problems"]) or results["loaded"] != expected or not pages)


if __name__ == "__main__":
    main()
