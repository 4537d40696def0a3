"""Makes the pictures of docs/pictures: `cargo xtask pictures`.

    tests/pictures/pictures.py PYT FOLDER

Needs Chromium (`PYT_CHROMIUM` may name one).
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from browser import Browser, program

HERE = pathlib.Path(__file__).parent


def timeline(pyt, folder, name, *flags):
    page = folder / f"{name}.html"
    command = [pyt, "run", "--timeline", page, *flags, f"{name}.py"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=HERE / "programs")
    return page


def pool(browser, pyt, scratch):
    browser.size(1200, 560)
    browser.open(timeline(pyt, scratch, "pool"))
    # From the first thread on.
    browser.run("show(data.arrows[0].begin - 3e6, data.end)")
    browser.run("(() => { const lane = data.rows.find(lane => lane.name === 'produce'); let best = 0; lane.to.forEach((to, i) => { if (kindOf(lane.state[i]) === 'queue' && to - lane.from[i] > lane.to[best] - lane.from[best]) best = i; }); select({lane, index: best}); view.selected = null; redraw(); })()")


def crowd(browser, pyt, scratch):
    browser.size(1100, 480)
    browser.open(timeline(pyt, scratch, "crowd"))
    browser.run("document.documentElement.dataset.theme === 'dark' || document.getElementById('theme').click()")
    browser.run("show(data.arrows[0].begin, data.end)")


def explored(pyt, folder, name, *flags):
    """The page of an exploration of one of the bugs of tests/explore."""
    page = folder / f"{name}.html"
    shutil.copy(HERE.parent / "explore" / "bugs" / f"{name}.py", folder)
    command = [pyt, "explore", "--schedules", "200", "--html", page, *flags, f"{name}.py"]
    subprocess.run(command, stdout=subprocess.DEVNULL, cwd=folder)
    return page


def counter(browser, pyt, scratch):
    browser.size(1200, 800)
    browser.open(explored(pyt, scratch, "lost_update_global"))
    # Where the second thread is about to overwrite what the first has written.
    browser.run("go(finding.steps.findLastIndex(step => step.operation === 'write' && step.variable === 'counter'))")
    browser.run("scrollTo(0, document.getElementById('finding').offsetTop)")


def philosophers(browser, pyt, scratch):
    browser.size(1200, 860)
    browser.open(explored(pyt, scratch, "dining_philosophers"))
    browser.run("document.documentElement.dataset.theme === 'dark' || document.getElementById('theme').click()")
    browser.click_on("#last")
    browser.run("scrollTo(0, document.getElementById('finding').offsetTop)")


PICTURES = [pool, crowd, counter, philosophers]


def main():
    pyt, folder = sys.argv[1:]
    if program() is None:
        sys.exit("there is no Chromium: PYT_CHROMIUM may name one")
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Browser() as browser:
        for make in PICTURES:
            make(browser, pyt, pathlib.Path(scratch))
            picture = folder / f"{make.__name__}.png"
            browser.screenshot(picture)
            print(f"{picture}: {picture.stat().st_size // 1000} kB")
            if browser.errors:
                sys.exit(f"{picture}: {browser.errors}")


if __name__ == "__main__":
    main()
