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


def is_printable(browser, painted):
    """On paper the colours are the light ones, and what `painted` looks for is there without scrolling."""
    theme = browser.run("document.documentElement.dataset.theme")
    browser.run("document.documentElement.dataset.theme === 'dark' || document.getElementById('theme').click()")
    browser.run(f"""(() => {{
        window.onPaper = [];
        addEventListener("beforeprint", () => window.onPaper.push(document.documentElement.dataset.theme, {painted}), {{once: true}});
    }})()""")
    browser.call("Page.printToPDF", landscape=True)
    same(browser.run("window.onPaper"), ["light", True], "on paper")
    same(browser.run("document.documentElement.dataset.theme"), "dark", "the theme after printing")
    browser.run(f"document.documentElement.dataset.theme === '{theme}' || document.getElementById('theme').click()")


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
    # By keyboard alone: to the lanes, to a slice, to another thread.
    browser.run("(select(null), document.getElementById('search').focus())")
    for _ in range(4):
        browser.key("Tab", windowsVirtualKeyCode=9)
        if browser.run("document.activeElement.id") == "rows":
            break
    same(browser.run("document.activeElement.id"), "rows", "Tab leads to the lanes")
    browser.key("n")
    true("MainThread" in details(browser), details(browser))
    browser.key("ArrowDown")
    second = browser.run("data.rows[1].name")
    true(second in details(browser), f"{second}: {details(browser)}")
    browser.key("ArrowUp")
    true("MainThread" in details(browser), details(browser))
    browser.key("Escape")
    true("Click a slice" in details(browser), details(browser))
    # Marks.
    marks = browser.run("data.rows.find(lane => lane.name === 'consume').points.map(point => data.marks[point.mark])")
    same(marks, ["begins", "ends"], "the marks of a thread")
    browser.key("0")
    x, y = browser.run("(() => { const lane = data.rows.find(lane => lane.name === 'consume'), box = document.getElementById('chart').getBoundingClientRect(); return [box.x + x(lane.points[0].at) + 2, box.y + (lane.row + .5) * view.height]; })()")
    browser.mouse("mouseMoved", x, y)
    browser.frame()
    tip = browser.run("document.getElementById('tip').innerText")
    true("begins" in tip, f"the tip says {tip!r}")
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
    contended = browser.run("[...document.querySelectorAll('#contended tr')].slice(1).map(row => row.innerText)")
    same(len(contended), 5, f"locks: {contended}")
    for row in contended:
        true(row.count("crowd.py:11") == 1, f"the line is there once: {row}")
    browser.click_on("#search")
    browser.type("worker-77")
    browser.key("Enter")
    true("worker-77" in details(browser), details(browser))
    scrolled = browser.run("document.getElementById('rows').scrollTop")
    true(scrolled > 0, "the lane is scrolled to")
    # The last lane is painted on paper, though it is not on the screen.
    browser.run("document.getElementById('rows').scrollTop = 0")
    browser.click_on("#fit")
    last = "(() => { const chart = document.getElementById('chart'), ratio = chart.width / view.width; const seen = chart.getContext('2d').getImageData(gutter * ratio, 100.5 * view.height * ratio, chart.width - gutter * ratio, 1).data; return seen.some(Boolean); })()"
    same(browser.run(last), False, "the last lane is painted while it is not on the screen")
    is_printable(browser, last)
    same(browser.errors, [], "errors")


def now(browser):
    return browser.run("document.getElementById('now').innerText")


def position(browser):
    return browser.run("+document.body.dataset.position")


def variable(browser, name):
    """The value of a shared variable and who has written it, as the table says."""
    rows = browser.run("[...document.querySelectorAll('#variables tr')].map(row => [...row.cells].map(cell => cell.innerText))")
    return next((row[1:] for row in rows if row[0] == name), None)


def exploration(browser, counter, philosophers):
    browser.open(counter)
    is_alright(browser, counter)
    text = browser.run("document.getElementById('outcomes').innerText")
    true("AssertionError" in text and "%" in text, text)
    true("both read" in browser.run("document.getElementById('sentence').textContent"), "the cause")
    seed = browser.run("report.findings[0].seed")
    true(isinstance(seed, str) and seed in browser.run("document.getElementById('facts').textContent"), f"seed {seed}")
    # Which two lines, which value was lost, at which switch: from the page alone.
    browser.click_on("#conflict-1")
    true("reads counter: 0" in now(browser) and "lost_update_global.py:15" in now(browser), now(browser))
    same(variable(browser, "counter")[0], "0", "the value before")
    first = position(browser)
    browser.click_on("#conflict-2")
    true("counter" in now(browser) and position(browser) > first, now(browser))
    browser.run("go(finding.steps.findLastIndex(step => step.operation === 'write' && step.variable === 'counter'))")
    true("writes counter: 1 → 1" in now(browser), now(browser))
    value, writer = variable(browser, "counter")
    same(value, "1", "the value that is about to be lost")
    true("lost_update_global.py:15, step" in writer, writer)
    # Both directions, by button, key, slider and list.
    before = position(browser)
    browser.click_on("#forth")
    after = position(browser)
    true(after > before, "a step forward")
    browser.click_on("#back")
    same(position(browser), before, "a step back")
    browser.run("document.activeElement.blur()")
    browser.key("ArrowRight")
    same(position(browser), after, "the key goes forward")
    browser.key("ArrowLeft", modifiers=8)
    true(position(browser) < after, "Shift and the key go back to a switch")
    browser.key("Home")
    same(browser.run("document.getElementById('back').disabled"), True, "no step before the first")
    browser.key("End")
    same(position(browser), browser.run("finding.steps.length"), "the end")
    same(browser.run("document.getElementById('forth').disabled"), True, "no step after the last")
    browser.run("(() => { const slider = document.getElementById('slider'); slider.value = 3; slider.dispatchEvent(new Event('input')); })()")
    same(position(browser), browser.run("stops[3]"), "the slider")
    browser.click_on("#list tr:nth-child(2)")
    same(position(browser), browser.run("stops[1]"), "a row of the list")
    browser.click_on("#all")
    same(browser.run("stops.length"), browser.run("finding.steps.length + 1"), "all steps")
    # Each position shows each thread, with its source and its line, whatever way led there.
    shown = "JSON.stringify([...document.querySelectorAll('.thread, #variables, #objects')].map(part => part.innerText))"
    there = browser.run(f"finding.steps.map((_, i) => {{ go(i); return {shown}; }})")
    back = browser.run(f"finding.steps.map((_, i) => finding.steps.length - 1 - i).map(i => {{ go(i); return {shown}; }})")
    same(back[::-1], there, "what is shown on the way back")
    true(all("counter += 1" in text for text in there[11:14]), "the source of threads that are about to count")
    same(browser.errors, [], "errors")
    is_printable(browser, "document.getElementById('list-frame').offsetHeight > 0")
    # A deadlock: the graph, the holders, the local variables.
    browser.open(philosophers)
    is_alright(browser, philosophers)
    graph = browser.run("document.getElementById('graph').textContent")
    for seat in range(3):
        true(f"philosopher-{seat}" in graph and f"waits for forks[{seat}]" in graph, graph)
    same(browser.run("document.querySelectorAll('#graph .edge').length"), 3, "edges")
    browser.click_on("#last")
    threads = browser.run("document.getElementById('threads').innerText")
    for seat in range(3):
        true(f"held by philosopher-{(seat + 1) % 3}" in threads, threads)
    true("seat\t1" in threads and "left\t" in threads, threads)
    objects = browser.run("[...document.querySelectorAll('#objects tr')].slice(1).map(row => [...row.cells].map(cell => cell.innerText))")
    same(len(objects), 3, f"locks: {objects}")
    for name, holder, waiting, _ in objects:
        seat = int(name[6])
        true(holder.startswith(f"philosopher-{seat} since step"), f"{name}: {holder}")
        same(waiting, f"philosopher-{(seat - 1) % 3}", f"who waits for {name}")
    same(browser.errors, [], "errors")


def replay(browser, page, without):
    """The page of a replay, and that of a schedule whose cause is not known."""
    browser.open(page)
    is_alright(browser, page)
    same(browser.run("document.getElementById('outcomes-panel').hidden"), True, "a replay has no other outcomes")
    true("AssertionError" in browser.run("document.getElementById('summary').textContent"), "how it failed")
    browser.click_on("#last")
    browser.click_on("#back-switch")
    true("Next:" in now(browser), now(browser))
    # The steps that decide, by button and by key.
    true("both read `counter` = 0" in browser.run("document.getElementById('sentence').textContent"), "the cause")
    browser.click_on("#conflict-1")
    true("reads counter: 0" in now(browser) and "lost_update_global.py:15" in now(browser), now(browser))
    first = position(browser)
    browser.key("2")
    true("writes counter: 0 → 1" in now(browser) and position(browser) > first, now(browser))
    browser.key("1")
    same(position(browser), first, "the key 1")
    same(browser.run("document.querySelectorAll('#list tr.decides').length > 1"), True, "the steps that decide are marked")
    same(browser.errors, [], "errors")
    browser.open(without)
    for button in "#conflict-1", "#conflict-2":
        same(browser.run(f"document.querySelector('{button}').disabled"), True, button)
    true("which steps decide is not known" in browser.run("document.getElementById('facts').textContent"), "what is not known")
    same(browser.errors, [], "errors")


# Of each bug: what the page says at the two steps whose order decides and at the last of the steps that matter, and the row of
# the shared variable there: its value before that step, and which line has written it last. Of a deadlock: who waits for what,
# and who holds it.
ANSWERS = {
    "lost_update_global": ("reads counter: 0 at {}:15", "writes counter: 0 → 1 at {}:15", "writes counter: 1 → 1 at {}:15", "counter", "1", 15),
    "lost_update_attribute": ("reads self.hits: 0 at {}:16", "writes self.hits: 0 → 1 at {}:16", "writes self.hits: 1 → 1 at {}:16", "self.hits, statistics.hits", "1", 16),
    "lost_update_dict_item": ("reads counts[word]: 0 at {}:15", "writes counts[word]: 0 → 1 at {}:15", "writes counts[word]: 1 → 1 at {}:15", "counts[word] #2", "1", 15),
    "lost_update_closure": ("reads total: 0 at {}:16", "writes total: 0 → 32 at {}:16", "writes total: 32 → 10 at {}:16", "total", "32", 16),
    "check_then_act_dict": ("reads user in sessions: 1 at {}:14", "writes sessions[user]: 1 → nothing at {}:15", "writes sessions[user] at {}:15", "user in sessions, sessions[user]", "(none)", 15),
    "lazy_initialisation": ("reads connection: None at {}:21", "writes connection: None → ['connection'] at {}:22", "writes connection: ['connection', 'connection'] → ['connection', 'connection'] at {}:22", "connection", "['connection']", 22),
    "use_before_init": ("reads self.name at {}:24", "writes self.name: 'service-1' at {}:20", "writes self.name: 'service-1' at {}:20", "self.name", "(none)", None),
    "stack_pop": ("reads stack: [<object>] at {}:14", "writes stack: [] → [] at {}:15", "writes stack: [] → [] at {}:15", "stack", "[]", 15),
    "dining_philosophers": {f"philosopher-{seat}": (f"forks[{(seat + 1) % 3}]", f"philosopher-{(seat + 1) % 3}") for seat in range(3)},
    "abba_deadlock": {"Thread-1 (first)": ("b", "Thread-2 (second)"), "Thread-2 (second)": ("a", "Thread-1 (first)")},
}


def bugs(browser, *pages):
    """What the page of each bug says to those who have nothing else, which must be the answer."""
    for page in pages:
        browser.open(page)
        name = page.rsplit("/", 1)[-1].removesuffix(".html")
        answer = ANSWERS[name]
        said = [name, browser.run("document.getElementById('summary').textContent")]
        if isinstance(answer, dict):
            graph = browser.run("document.getElementById('graph').textContent")
            same(browser.run("document.querySelectorAll('#graph .edge').length"), len(answer), f"{name}: edges")
            browser.click_on("#last")
            states = browser.run("Object.fromEntries([...document.querySelectorAll('.thread')].map(one => [one.querySelector('h3').innerText, one.querySelector('.state').innerText]))")
            for thread, (lock, holder) in answer.items():
                true(thread in graph and f"waits for {lock}" in graph, f"{name}: {graph}")
                state = states[thread]
                true(state.startswith(f"waits for {lock} (lock, {name}.py:") and state.endswith(f", held by {holder} for ever"), f"{name}: {state}")
                said.append(f"{thread} {state}")
        else:
            first, second, last, variable_name, value, line = answer
            said.append(browser.run("document.getElementById('sentence').textContent"))
            true(said[-1], f"{name}: no sentence")
            for key, what in ("1", first), ("2", second):
                browser.key(key)
                true(what.format(f"{name}.py") in now(browser), f"{name}: {now(browser)} instead of {what}")
                said.append(now(browser))
            # The switch between the two: the next one after the first step.
            browser.key("1")
            before = position(browser)
            browser.key("ArrowRight", modifiers=8)
            true(before < position(browser) <= browser.run("finding.cause.second"), f"{name}: no switch between the two steps")
            said.append("the switch: " + now(browser))
            browser.run("[...document.querySelectorAll('#list tr.decides')].pop().click()")
            true(last.format(f"{name}.py") in now(browser), f"{name}: {now(browser)} instead of {last}")
            found, writer = variable(browser, variable_name)
            same(found, value, f"{name}: {variable_name} before the last step that matters")
            true(writer == "no step before" if line is None else f"{name}.py:{line}, step" in writer, f"{name}: {writer}")
            said.append(f"{now(browser)} while {variable_name} is {found}, written last by {writer}")
        same(browser.errors, [], f"{name}: errors")
        print(" | ".join(said))


CHECKS = {"timeline": timeline, "exploration": exploration, "replay": replay, "bugs": bugs}

if __name__ == "__main__":
    what, *pages = sys.argv[1:]
    with Browser() as browser:
        CHECKS[what](browser, *pages)
