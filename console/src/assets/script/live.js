// Live updates. Everything on the pages works without this file.
"use strict";
(() => {
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  const news = document.getElementById("news");
  if (!live || !window.EventSource) return;

  let waiting = null; // what is new and not shown yet
  let timer = 0;
  let fetching = false;
  let again = false;

  const pointing = () => live.matches(":hover") || live.contains(document.activeElement);
  const ids = (root) => new Set([...root.querySelectorAll("[data-id]")].map((e) => e.dataset.id));

  function show(fresh) {
    const known = ids(live);
    live.replaceChildren(...fresh.childNodes);
    for (const row of live.querySelectorAll("[data-id]")) {
      if (!known.has(row.dataset.id)) row.classList.add("new");
    }
    waiting = null;
    if (news) news.hidden = true;
  }

  // While somebody points at the list, rows change in place and nothing moves.
  function hold(fresh) {
    waiting = fresh;
    const known = ids(live);
    const there = ids(fresh);
    for (const row of fresh.querySelectorAll("[data-id]")) {
      const old = document.getElementById(row.id);
      if (old && !old.contains(document.activeElement)) old.innerHTML = row.innerHTML;
    }
    for (const row of live.querySelectorAll("[data-id]")) row.classList.toggle("gone", !there.has(row.dataset.id));
    const count = [...there].filter((id) => !known.has(id)).length;
    const gone = [...known].some((id) => !there.has(id));
    if (!news || (!count && !gone)) return;
    news.hidden = false;
    news.firstElementChild.textContent = count === 1 ? "Show 1 new task" : count ? `Show ${count} new tasks` : "Tidy the list";
  }

  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      if (!fresh) return;
      if (live.dataset.live === "tasks" && pointing()) hold(fresh); else show(fresh);
    } catch { /* the stream says when the connection is lost */ } finally {
      fetching = false;
      if (again) { again = false; soon(); }
    }
  }
  // Many changes at once are one look.
  const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, 150); };

  if (news) news.firstElementChild.addEventListener("click", () => { if (waiting) show(waiting); });
  live.addEventListener("pointerleave", () => { if (waiting && !pointing()) show(waiting); });

  const connected = (yes) => {
    lost.hidden = yes;
    document.body.classList.toggle("stale", !yes);
  };
  const stream = new EventSource("/events");
  let greeted = false;
  stream.addEventListener("hello", () => { connected(true); if (greeted) soon(); greeted = true; });
  stream.addEventListener("error", () => {
    connected(false);
    // A browser gives up when the answer is no stream: signed out, or a proxy's page.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
  });
  stream.addEventListener("tasks", () => { if (live.dataset.live === "tasks" || live.dataset.patient) soon(); });
  stream.addEventListener("patients", (event) => {
    const shown = live.dataset.patient;
    if (live.dataset.live === "tasks" || (shown && event.data.split(" ").includes(shown))) soon();
  });
  // "3 h ago" must not become a lie.
  setInterval(soon, 60000);
})();
