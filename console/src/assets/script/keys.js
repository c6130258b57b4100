// Keys. Everything that they do has a link or a form, too.
"use strict";
(() => {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const toggle = dialog.querySelector("#keys-on");
  const isOn = () => localStorage.getItem("hearth-keys") !== "off";
  if (toggle) {
    toggle.checked = isOn();
    toggle.addEventListener("change", () => localStorage.setItem("hearth-keys", toggle.checked ? "on" : "off"));
  }
  const opener = document.getElementById("show-keys");
  if (opener) {
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
  }

  const isTyping = (at) => at.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("#live li.task")].filter((row) => row.offsetParent);
  const row = () => document.activeElement?.closest?.("#live li.task");

  // The row may have been drawn anew behind the dialog; then nothing has the focus to come back to.
  let left;
  const help = () => { left = row()?.id; dialog.showModal(); };
  dialog.addEventListener("close", () => {
    if (left && !row()) document.getElementById(left)?.querySelector("h3 a")?.focus();
    left = undefined;
  });

  function step(by) {
    const all = rows();
    const at = all.indexOf(row());
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.querySelector("h3 a")?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  // The thing on the page that has this key: a button is pressed, a field gets the cursor.
  function use(key) {
    const all = [...document.querySelectorAll(`[data-key="${key}"]`)];
    const found = all.find((e) => e.checkVisibility?.() ?? e.offsetParent) ?? all[0];
    if (!found) return false;
    for (let at = found.parentElement; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    // What a heading folds away is open by now: a click would fold it again.
    if (found.matches("button, a")) found.click();
    else (found.localName === "summary" ? found.parentElement.querySelector("input:not([type=hidden]), select, textarea") : found)?.focus();
    found.scrollIntoView({ block: "nearest" });
    return true;
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    a: () => (row() ?? (rows().length ? null : document))?.querySelector(
      "button[form=take], [data-key=a]")?.click(),
    x: () => row()?.querySelector("input[name=task]")?.click(),
    n: () => use("n"),
    c: () => use("c"),
    h: () => use("h"),
    u: () => use("u"),
    "/": () => use("/"),
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && isTyping(event.target)) { event.target.blur(); return; }
    if (!isOn() || dialog.open || isTyping(event.target)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
