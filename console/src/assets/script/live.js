// Live updates. Everything on the pages works without this file.
"use strict";
(() => {
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  if (!live || !window.EventSource) return;
  const isList = live.dataset.live === "tasks";
  const said = document.getElementById("said");

  // --- looking again ---------------------------------------------------------------------------------------------

  let timer = 0;
  let fetching = false;
  let again = false;
  const soon = (wait = 150) => { clearTimeout(timer); timer = setTimeout(refresh, wait); };

  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
      if (!answer.ok) return;
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the stream says when the connection is lost */ } finally {
      fetching = false;
      if (again) { again = false; soon(); }
    }
  }

  const isTyped = (field) => field.type === "checkbox" || field.type === "radio"
    ? field.checked !== field.defaultChecked
    : field.type === "select-one" ? ![...field.options].every((o) => o.selected === o.defaultSelected || !field.value)
      : "defaultValue" in field && field.value !== field.defaultValue;
  const isBusy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]")
    || [...part.querySelectorAll("input, textarea, select")].some(isTyped);

  // A part that somebody is at stays as it is, and the page says that there is something new.
  function show(page) {
    let kept = false;
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const old = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
      if (!old || old.innerHTML === fresh.innerHTML) continue;
      if (isBusy(old)) kept = true; else old.innerHTML = fresh.innerHTML;
    }
    const fresh = page.getElementById("live");
    if (!fresh) return;
    if (isList) list.resync(fresh);
    else if (!live.querySelector("[data-part]") && !isBusy(live)) live.replaceChildren(...fresh.childNodes);
    if (kept && said && live.dataset.changed) said.textContent = live.dataset.changed;
  }

  // --- the list of tasks -----------------------------------------------------------------------------------------

  const list = isList && (() => {
    const news = document.getElementById("news");
    let stale = 0;
    const waiting = new Map(); // what is new or gone and not shown yet, by id: a row, or nothing
    const rows = () => [...live.querySelectorAll("li.task")];
    const known = (id) => document.getElementById(`t-${id}`);
    const section = (name) => live.querySelector(`section[data-of="${name}"]`);

    // The row at which somebody points, or is with the keyboard: nothing above it may come or go.
    const held = () => live.querySelector("li.task:hover") || document.activeElement?.closest?.("#live li.task");
    const isAbove = (a, b) => a !== b && Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);

    const count = (name, by) => {
      const of = section(name);
      if (!of) return;
      const number = of.querySelector(".count");
      number.textContent = Math.max(0, Number(number.textContent) + by);
      of.hidden = number.textContent === "0";
    };

    // The same row with other words: in place, around what has the focus.
    function renew(old, row) {
      const box = old.querySelector("input[name=task]");
      const isChecked = box?.checked;
      old.className = row.className;
      for (const [at, cell] of [...row.children].entries()) {
        const there = old.children[at];
        if (there.innerHTML !== cell.innerHTML && !there.contains(document.activeElement)) there.innerHTML = cell.innerHTML;
      }
      const now = old.querySelector("input[name=task]");
      if (now && isChecked) now.checked = true;
    }

    const follower = (ol, row) => [...ol.children].find((li) => li.dataset.order > row.dataset.order) ?? null;

    function take(old) {
      count(old.closest("section").dataset.of, -1);
      old.remove();
    }

    // Puts a row in its place; says no where that would move what is held.
    function put(row, force) {
      const old = known(row.dataset.id);
      if (old && old.dataset.group === row.dataset.group && old.dataset.order === row.dataset.order) {
        renew(old, row);
        return true;
      }
      const ol = section(row.dataset.group)?.querySelector("ol");
      if (!ol) return true;
      const next = follower(ol, row);
      const at = force ? null : held();
      if (at && ((old && (isAbove(old, at) || old === at)) || (next ? next === at || isAbove(next, at) : isAbove(ol, at) && !ol.contains(at)))) return false;
      if (old) take(old);
      count(row.dataset.group, 1);
      // Beyond the rows that are shown it is only counted.
      if (!next && ol.hasAttribute("data-more")) return true;
      live.querySelector(".empty")?.remove();
      ol.insertBefore(row, next);
      if (!old) row.classList.add("new");
      return true;
    }

    function drop(id, force) {
      const old = known(id);
      if (!old) return true;
      const at = force ? null : held();
      if (at && (old === at || isAbove(old, at))) return false;
      take(old);
      return true;
    }

    function tell() {
      const fresh = [...waiting].filter(([id, row]) => row && !known(id)).length;
      news.hidden = waiting.size === 0;
      const { one, many, tidy } = live.dataset;
      news.firstElementChild.textContent = fresh === 0 ? tidy : fresh === 1 ? one : many.replace("0", fresh);
    }

    // Everything that waits, with the focus kept where it is in the window.
    function flush() {
      const focus = document.activeElement?.closest?.("#live li.task");
      const top = focus?.getBoundingClientRect().top;
      for (const [id, row] of waiting) { if (row) put(row, true); else drop(id, true); }
      waiting.clear();
      tell();
      if (focus?.isConnected) scrollBy(0, focus.getBoundingClientRect().top - top);
    }

    function change(id, row) {
      const is = row ? put(row, false) : drop(id, false);
      if (is) waiting.delete(id); else { waiting.set(id, row); known(id)?.classList.add("gone"); }
      tell();
    }

    news?.firstElementChild.addEventListener("click", flush);
    live.addEventListener("pointerleave", () => { if (waiting.size && !held()) flush(); });

    return {
      row(html) {
        const row = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html").querySelector("li.task");
        if (!row) return;
        const isNew = !known(row.dataset.id) && !waiting.has(row.dataset.id);
        change(row.dataset.id, document.adoptNode(row));
        if (isNew && row.querySelector("button[form=take]")) push.task();
      },
      gone: (id) => change(id, null),
      resync(fresh) {
        // What was read before a change that is here already would take it back. Not for ever: behind a load balancer
        // another process counts otherwise.
        if (Number(fresh.dataset.version) < Number(live.dataset.version) && stale < 3) { stale += 1; soon(); return; }
        stale = 0;
        const there = new Map([...fresh.querySelectorAll("li.task")].map((row) => [row.dataset.id, row]));
        const chosen = new Set(rows().filter((r) => r.querySelector("input[name=task]")?.checked).map((r) => r.dataset.id));
        live.dataset.version = fresh.dataset.version;
        if (held()) {
          for (const row of rows()) if (!there.has(row.dataset.id)) change(row.dataset.id, null);
          for (const [id, row] of there) change(id, document.adoptNode(row));
          return;
        }
        const before = new Set(rows().map((row) => row.dataset.id));
        live.replaceChildren(...fresh.childNodes);
        for (const row of rows()) {
          if (!before.has(row.dataset.id)) row.classList.add("new");
          if (chosen.has(row.dataset.id)) row.querySelector("input[name=task]").checked = true;
        }
        waiting.clear();
        tell();
      },
    };
  })();

  // --- a word while the page is not looked at ----------------------------------------------------------------------

  const push = (() => {
    const place = document.getElementById("push");
    const button = place?.querySelector("button");
    const able = window.isSecureContext && "Notification" in window && Notification.permission !== "denied";
    const works = able && isList && place;
    const isOn = () => able && Notification.permission === "granted" && localStorage.getItem("hearth-push") === "on";
    const say = () => {
      button.textContent = isOn() ? button.dataset.off : button.dataset.on;
      button.setAttribute("aria-pressed", String(isOn()));
    };
    if (works) {
      place.hidden = false;
      say();
      button.addEventListener("click", async () => {
        const wish = isOn() ? "off" : "on";
        if (wish === "on" && Notification.permission !== "granted") await Notification.requestPermission();
        localStorage.setItem("hearth-push", wish);
        say();
      });
    }
    const title = document.title;
    let unseen = 0;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      unseen = 0;
      document.title = title;
      soon();
    });
    // Nothing of the patient: the word stands on a lock screen.
    const show = (text) => {
      if (!document.hidden || !isOn()) return;
      const note = new Notification(text, { tag: "hearth" });
      note.addEventListener("click", () => {
        window.focus();
        note.close();
        // The list says what waits. Words that somebody has written are not left behind for it.
        if (!isList && ![...live.querySelectorAll("input, textarea, select")].some(isTyped)) location.assign("/");
      });
    };
    return {
      task() {
        if (!document.hidden) return;
        unseen += 1;
        document.title = `(${unseen}) ${title}`;
        show(live.dataset.waiting);
      },
      told: show,
    };
  })();

  // --- taking a task without leaving the list ----------------------------------------------------------------------

  document.getElementById("take")?.addEventListener("submit", async (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    const body = new URLSearchParams(new FormData(event.target));
    const answer = await fetch(button.formAction, { method: "POST", body, redirect: "manual" }).catch(() => null);
    button.disabled = false;
    if (!answer) { location.reload(); return; }
    if (answer.type === "opaqueredirect") { said.textContent = ""; button.closest("li")?.querySelector("a")?.focus(); soon(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A page without an alert says what is wrong in its first paragraph.
    const alert = page.querySelector("[role=alert]") ?? page.querySelector("main p");
    said.replaceChildren(...(alert ? [document.adoptNode(alert)] : []));
    soon();
  });
  const chosen = () => {
    const count = live.querySelectorAll("input[name=task]:checked").length;
    const place = document.querySelector("#assign .chosen-count");
    if (place) place.textContent = count ? `(${count})` : "";
  };
  live.addEventListener("change", chosen);

  // --- the stream ------------------------------------------------------------------------------------------------

  const connected = (yes) => {
    lost.hidden = yes;
    document.body.classList.toggle("stale", !yes);
  };
  const address = live.dataset.stream
    ?? (live.dataset.patient ? `/events?patient=${encodeURIComponent(live.dataset.patient)}` : "/events");
  const stream = new EventSource(address);
  let greeted = false;
  stream.addEventListener("hello", (event) => {
    connected(true);
    // A list says which changes it has in it; the others look again after each interruption.
    if (isList ? event.data !== live.dataset.version : greeted) soon(0);
    if (isList && Number(event.data) < Number(live.dataset.version)) live.dataset.version = event.data;
    greeted = true;
  });
  stream.addEventListener("error", () => {
    connected(false);
    // A browser gives up when the answer is no stream: signed out, or a proxy's page.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
  });
  // A message for this reader: a task that waits longer than it should, whatever page is open.
  stream.addEventListener("told", (event) => push.told(event.data));
  if (isList) {
    const seen = (event) => { if (event.lastEventId) live.dataset.version = event.lastEventId; };
    stream.addEventListener("row", (event) => { list.row(event.data); seen(event); });
    stream.addEventListener("gone", (event) => { list.gone(event.data); seen(event); });
    // Too much at once: many pages must not ask all at the same moment.
    stream.addEventListener("resync", () => soon(Math.random() * 3000));
  } else {
    stream.addEventListener("changed", () => soon());
  }
  // "3 h ago" must not become a lie.
  setInterval(() => { if (!document.hidden) soon(Math.random() * 5000); }, 60000);
})();
