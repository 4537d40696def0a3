"""Checks of pages in a browser: `check.py WHAT PAGE...`. Says nothing if all is as it should be."""

import sys

from browser import Browser


def same(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: {found!r} instead of {expected!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def is_alright(browser, page):
    same(browser.errors, [], f"{page}: errors")
    for width in 360, 1400:
        browser.size(width, 800)
        browser.frame()
        wide = browser.run("document.documentElement.scrollWidth")
        true(wide <= width, f"{page}: {wide} pixels wide in a window of {width}")
    for theme in "light", "dark":
        browser.run(f"document.documentElement.dataset.theme === '{theme}' || document.getElementById('theme').click()")
        same(browser.run("document.documentElement.dataset.theme"), theme, "theme")
        colours = browser.run("(() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]; })()")
        back, text = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
        true(abs(back - text) > 300, f"{theme}: text and background are alike: {colours}")
        true((back > text) == (theme == "light"), f"{theme}: {colours}")
    loaded = browser.run("performance.getEntriesByType('resource').length")
    same(loaded, 0, f"{page}: loads other files")


def span(browser):
    shown = browser.run("Object.assign({}, document.getElementById('chart').dataset)")
    return float(shown["to"]) - float(shown["from"])


def details(browser):
    return browser.run("document.getElementById('details').innerText")


def timeline(browser, pool, crowd):
    browser.open(pool)
    is_alright(browser, pool)
    same(browser.run("document.getElementById('chart').dataset.lanes"), "7", "lanes")
    true("7 threads" in browser.run("document.getElementById('about').textContent"), "the number of threads")
    # Zoom: by button, key, wheel; back; pan.
    whole = span(browser)
    browser.click_on("#in")
    true(0.4 < span(browser) / whole < 0.6, "the button zooms")
    browser.run("document.getElementById('rows').focus()")
    browser.key("+")
    true(span(browser) < whole * 0.4, "the key zooms")
    x, y = browser.run("(() => { const box = document.getElementById('rows').getBoundingClientRect(); return [box.x + box.width / 2, box.y + 40]; })()")
    before = span(browser)
    browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300, modifiers=2)
    browser.frame()
    true(span(browser) < before, "Ctrl and the wheel zoom")
    begin = browser.run("+document.getElementById('chart').dataset.from")
    browser.key("ArrowRight")
    true(browser.run("+document.getElementById('chart').dataset.from") > begin, "the arrow moves")
    begin = browser.run("+document.getElementById('chart').dataset.from")
    browser.mouse("mousePressed", x, y, button="left", clickCount=1)
    browser.mouse("mouseMoved", x + 100, y, button="left", buttons=1)
    browser.mouse("mouseReleased", x + 100, y, button="left", clickCount=1)
    browser.frame()
    true(browser.run("+document.getElementById('chart').dataset.from") < begin, "dragging moves")
    browser.key("0")
    true(abs(span(browser) / whole - 1) < 0.01, "0 shows all")
    # Hover and click: the middle of the row of the consumer.
    place = "(() => { const lane = data.rows.find(lane => lane.name === 'consume'); const i = Array.from(lane.state).findIndex((state, i) => kindOf(state) === 'sleep' && lane.to[i] - lane.from[i] > 1e6); show(lane.from[i] - 1e6, lane.to[i] + 1e6); const box = document.getElementById('chart').getBoundingClientRect(); return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done([box.x + x((lane.from[i] + lane.to[i]) / 2), box.y + (lane.row + .5) * view.height])))); })()"
    x, y = browser.run(place)
    browser.mouse("mouseMoved", x, y)
    browser.frame()
    tip = browser.run("document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText")
    true("consume sleeps" in tip and "pool.py:30" in tip, f"the tip says {tip!r}")
    browser.click(x, y)
    true("sleeps" in details(browser) and "consume" in details(browser), details(browser))
    browser.run("document.getElementById('rows').focus()")
    browser.key("n")
    true("sleeps" not in details(browser), "n goes to the next slice")
    # Tables.
    longest = browser.run("document.querySelectorAll('#longest tr').length")
    true(longest > 5, f"{longest} rows of the longest waits")
    contended = browser.run("document.getElementById('contended').innerText")
    true("items (queue)" in contended and "total_lock" in contended, contended)
    browser.run("[...document.querySelectorAll('#longest button')].find(button => button.textContent.includes('items (queue)')).click()")
    browser.frame()
    true("items (queue)" in details(browser) and "woken by" in details(browser), details(browser))
    # Search.
    browser.click_on("#search")
    browser.type("total_l")
    found = browser.run("document.getElementById('found').innerText")
    true("total_lock" in found, found)
    browser.key("Enter")
    same(browser.run("view.object > 0"), True, "waits for the lock are shown alone")
    browser.run("(() => { const box = document.getElementById('search'); box.value = 'nothing has this'; box.dispatchEvent(new Event('input')); })()")
    true("Nothing has that name" in browser.run("document.getElementById('found').innerText"), "nothing is found")
    same(browser.errors, [], "errors")
    # Many threads.
    browser.open(crowd)
    is_alright(browser, crowd)
    same(browser.run("document.getElementById('chart').dataset.lanes"), "101", "lanes")
    browser.click_on("#search")
    browser.type("worker-77")
    browser.key("Enter")
    true("worker-77" in details(browser), details(browser))
    scrolled = browser.run("document.getElementById('rows').scrollTop")
    true(scrolled > 0, "the lane is scrolled to")
    same(browser.errors, [], "errors")


CHECKS = {"timeline": timeline}

if __name__ == "__main__":
    what, *pages = sys.argv[1:]
    with Browser() as browser:
        CHECKS[what](browser, *pages)
