// The crosshair of charts: pointer and arrow keys move from reading to reading. The table below says the same.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  let plots = [];

  const shape = (name, into, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    into.append(element);
    return element;
  };

  class Plot {
    constructor(box) {
      const words = box.dataset.words.split("|");
      this.box = box;
      this.readings = box.dataset.readings.split("\n").map((row) => {
        const [x, ys, value, time, said] = row.split("|");
        const parts = said ? said.split(" ").map((n) => words[n]) : [];
        return { x: Number(x), ys: ys ? ys.split(" ") : [], value, time, text: [value, time, ...parts].join(" · ") };
      });
      this.output = box.closest("figure")?.querySelector("[data-latest]");
      this.newest = this.output?.innerHTML;
      this.at = this.readings.length - 1;
      const svg = box.querySelector(".chart");
      this.cross = shape("g", svg, { class: "cross", hidden: "" });
      this.reach = document.createElement("div");
      this.reach.className = "reach";
      Object.entries({
        role: "slider", tabindex: 0, "aria-label": svg.querySelector("title").textContent,
        "aria-valuemin": 1, "aria-valuemax": this.readings.length,
      }).forEach(([key, value]) => this.reach.setAttribute(key, value));
      box.append(this.reach);
      this.value();
      // The pointer meets the chart itself, whose parts say what they are.
      box.addEventListener("pointermove", (event) => this.point(event));
      box.addEventListener("pointerdown", (event) => this.point(event));
      box.addEventListener("pointerleave", () => { if (document.activeElement !== this.reach) clear(); });
      this.reach.addEventListener("focus", () => { if (this.reach.matches(":focus-visible")) show(this.readings[this.at].x); });
      this.reach.addEventListener("blur", clear);
      this.reach.addEventListener("keydown", (event) => this.key(event));
    }

    value() {
      this.reach.setAttribute("aria-valuenow", this.at + 1);
      this.reach.setAttribute("aria-valuetext", this.readings[this.at].text);
    }

    point(event) {
      const area = this.reach.getBoundingClientRect();
      show(((event.clientX - area.left) / area.width) * 100);
    }

    key(event) {
      const last = this.readings.length - 1;
      const steps = { ArrowLeft: this.at - 1, ArrowDown: this.at - 1, ArrowRight: this.at + 1, ArrowUp: this.at + 1,
        PageDown: this.at - 7, PageUp: this.at + 7, Home: 0, End: last };
      if (event.key === "Escape") { clear(); return; }
      if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.at = Math.min(last, Math.max(0, steps[event.key]));
      show(this.readings[this.at].x, this);
    }

    // The reading nearest to the place; the plot that is walked keeps its own, as several may stand at one place.
    nearest(x) {
      let best = 0;
      this.readings.forEach((r, i) => { if (Math.abs(r.x - x) <= Math.abs(this.readings[best].x - x)) best = i; });
      return best;
    }

    show(x, own) {
      if (!own) this.at = this.nearest(x);
      const reading = this.readings[this.at];
      this.value();
      this.cross.replaceChildren();
      this.cross.removeAttribute("hidden");
      shape("line", this.cross, { x1: `${reading.x}%`, x2: `${reading.x}%`, y1: 10, y2: 148 });
      for (const y of reading.ys) shape("circle", this.cross, { cx: `${reading.x}%`, cy: y, r: 4.5 });
      if (this.output) this.output.textContent = reading.text;
    }

    clear() {
      this.cross.setAttribute("hidden", "");
      if (this.output) this.output.innerHTML = this.newest;
    }
  }

  // One time axis: every chart shows what was measured about then.
  const show = (x, own) => plots.forEach((plot) => plot.show(own && plot !== own ? own.readings[own.at].x : x, plot === own));
  const clear = () => plots.forEach((plot) => plot.clear());

  const set = () => {
    const focused = plots.findIndex((plot) => plot.reach === document.activeElement);
    plots = [...document.querySelectorAll(".plot[data-readings]")].map((box) => new Plot(box));
    plots[focused]?.reach.focus();
  };
  set();
  // Live updates bring new charts.
  const live = document.getElementById("live");
  if (live) new MutationObserver((changes) => {
    const fresh = changes.flatMap((c) => [...c.addedNodes]).some((n) => n.querySelector?.(".plot[data-readings]"));
    if (fresh) set();
  }).observe(live, { childList: true });
})();
