"use strict";
const $ = id => document.getElementById(id);

/** A new element: attributes, then children, which are elements or text. Text stays text. */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** The data in scripts of this class. What was cut off in the middle is left out. */
function* dataOf(name) {
  for (const script of document.querySelectorAll("script." + name)) {
    let data = null;
    try { data = JSON.parse(script.textContent); } catch { continue; }
    script.textContent = "";
    yield data;
  }
}

/** Nanoseconds in the unit that fits. */
function time(ns) {
  const abs = Math.abs(ns);
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (abs >= size) return (ns / size).toPrecision(3).replace(/e\+.*/, "") * 1 + " " + unit;
  }
  return Math.round(ns) + " ns";
}

const THEMES = ["light", "dark"];
/** Sets the colours: those the system prefers, until the user chooses; on paper, the light ones. */
function beginTheme(button, changed) {
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null, printed = false;
  const apply = () => {
    const theme = printed ? "light" : chosen || (prefers.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === "dark" ? "Light" : "Dark";
    changed(printed);
  };
  for (const [event, begins] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => { printed = begins; apply(); });
  prefers.addEventListener("change", apply);
  button.addEventListener("click", () => {
    chosen = THEMES[1 - THEMES.indexOf(document.documentElement.dataset.theme)];
    apply();
  });
  apply();
}

const baseName = path => path.split("/").pop();
