// A word while the page is open but not looked at: the browser's own notification, once, with nothing of the patient in
// it, and a click on it leads back to the list.

import assert from "node:assert/strict";

const NAME = "Nora Notified";

// The browser shows them for real; a click on one cannot come from outside of it, so the page's are kept to be clicked.
const keep = () => {
  const Shown = window.Notification;
  window.shown = [];
  window.Notification = class extends Shown {
    constructor(title, options) {
      super(title, options);
      window.shown.push({ title, options, note: this });
      this.addEventListener("show", () => (window.shown.at(-1).isShown = true));
      this.addEventListener("close", () => (window.shown.at(-1).isClosed = true));
    }
  };
};

// Playwright holds every page in the front, whatever other tab or window is opened: the page is told what a browser says
// when another tab is in front of it.
const look = (away) => {
  for (const [name, value] of [["hidden", away], ["visibilityState", away ? "hidden" : "visible"]]) {
    Object.defineProperty(document, name, { configurable: true, get: () => value });
  }
  document.dispatchEvent(new Event("visibilitychange"));
};

const notes = (page) => page.evaluate(() => window.shown.map(({ title, options }) => ({ title, options })));

export async function toldWhileAway(context, { base, api, scale }) {
  const from = "2020-01-01T00:00:00Z";
  await api("POST", "/patients", {
    id: "notified-1", name: NAME, timezone: "Europe/Paris", language: "fr",
    programmes: [{ id: "heart-failure", from }], assignments: [{ source: "browser", device: "notified", from }],
  });
  await context.grantPermissions(["notifications"], { origin: base });
  await context.addInitScript(keep);
  const page = await context.newPage();
  await page.goto(base);
  const button = page.locator("#push button");
  assert.equal(await button.getAttribute("aria-pressed"), "false", "nobody is told without having asked for it");
  await button.click();
  await page.locator("#push button[aria-pressed=true]").waitFor();
  const title = await page.title();
  await page.evaluate(look, true);
  assert.deepEqual(await notes(page), [], "nothing yet");
  await scale.weighOn("notified", "n1", 40, 61.2);
  await scale.weighOn("notified", "n2", 1, 66.5);
  await page.locator("li.task", { hasText: NAME }).waitFor();
  await page.waitForFunction(() => window.shown.some((one) => one.isShown));
  const told = await notes(page);
  assert.deepEqual(told, [{ title: "A task is waiting.", options: { tag: "hearth" } }], "once, and of nobody");
  assert.equal(await page.title(), `(1) ${title}`, "the tab says it too");
  await page.evaluate(() => window.shown[0].note.dispatchEvent(new Event("click")));
  await page.waitForFunction(() => window.shown[0].isClosed);
  await page.evaluate(look, false);
  assert.equal(await page.title(), title);
  assert.equal(new URL(page.url()).pathname, "/");
  assert.ok(await page.getByRole("link", { name: NAME }).isVisible(), "the task stands in the list");
  await elsewhere(page, base, await page.getByRole("link", { name: NAME }).getAttribute("href"));
  await button.click();
  await page.locator("#push button[aria-pressed=false]").waitFor();
  await page.close();
}

// A message for this reader reaches every page that is open; from another one a click leads to the list, but not away
// from words that somebody has written.
async function elsewhere(page, base, task) {
  const click = async () => {
    await page.evaluate(look, true);
    await page.evaluate(() => window.tell("A task is waiting."));
    await page.waitForFunction(() => window.shown.length === 1);
    await page.evaluate(() => window.shown[0].note.dispatchEvent(new Event("click")));
  };
  await page.addInitScript(() => {
    const Stream = window.EventSource;
    window.EventSource = class extends Stream {
      constructor(...at) {
        super(...at);
        window.tell = (data) => this.dispatchEvent(new MessageEvent("told", { data }));
      }
    };
  });
  await page.goto(base + task);
  await page.locator("textarea").first().evaluate((field) => (field.value = "half a sentence"));
  await click();
  await page.waitForFunction(() => window.shown[0].isClosed);
  assert.equal(new URL(page.url()).pathname, task, "what was written is still there");
  await page.goto(base + task);
  await click();
  await page.waitForURL((url) => url.pathname === "/");
}
