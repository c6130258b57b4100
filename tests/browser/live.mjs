// What reaches an open page: nothing is lost with the connection, and the first reading of all arrives on the first day.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { connect, createServer } from "node:net";
import { promisify } from "node:util";

// A wire to `base` that can be cut. A browser that is told to be offline keeps the connections that it has.
async function wire(base) {
  const { hostname: host, port } = new URL(base);
  const ends = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const [one, other] of [[near, far], [far, near]]) {
      ends.add(one);
      one.on("error", () => other.destroy()).on("close", () => { ends.delete(one); other.destroy(); }).pipe(other);
    }
  });
  const listen = (at) => new Promise((resolve) => server.listen(at, host, () => resolve(server.address().port)));
  const own = await listen(0);
  return {
    base: `http://${host}:${own}`,
    cut: () => new Promise((resolve) => { server.close(resolve); ends.forEach((end) => end.destroy()); }),
    mend: () => listen(own),
  };
}

// A tunnel, a lift: the page says so, and catches up by itself.
export async function lostAndMended(page, { base, api, scale }) {
  const from = "2020-01-01T00:00:00Z";
  const name = "Otto Offline";
  await api("POST", "/patients", {
    id: "offline-1", name, timezone: "Europe/Paris", language: "fr",
    programmes: [{ id: "heart-failure", from }], assignments: [{ source: "browser", device: "offline", from }],
  });
  const line = await wire(base);
  await page.goto(line.base);
  await page.mouse.move(0, 0);
  await page.evaluate(() => (window.sameDocument = true));
  const row = page.locator("li.task", { hasText: name });
  assert.equal(await row.count(), 0);
  await line.cut();
  await page.locator("#lost").waitFor({ state: "visible" });
  await scale.weighOn("offline", "o1", 40, 61.2);
  await scale.weighOn("offline", "o2", 1, 66.5);
  await line.mend();
  await row.waitFor();
  await page.locator("#lost").waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => window.sameDocument), true, "without reloading");
  await line.cut();
  await comesSecond(page, { base, api, row });
}

// Somebody else has it meanwhile, and the page was not told: it says who, where the reader is.
async function comesSecond(page, { base, api, row }) {
  await page.route("**/events*", (route) => route.abort());
  await page.goto(base);
  const accept = row.getByRole("button", { name: /accept/i });
  await accept.waitFor();
  await api("POST", `/tasks/${await row.getAttribute("data-id")}/accept`, {});
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await accept.click();
  const said = page.locator("#said [role=alert]");
  await said.waitFor();
  assert.match(await said.innerText(), /has this task/);
  const { y } = await said.boundingBox();
  assert.ok(y >= 0 && y < page.viewportSize().height, "in sight");
  await page.unroute("**/events*");
  await page.goto(base);
}

// From nobody to the first reading, with nothing but what the page says.
export async function firstDay(page, base, shoot) {
  await page.goto(base);
  await page.waitForURL(/\/first-run$/);
  await shoot(page, "first-run-empty");
  await page.getByLabel("Name").fill("Anna First");
  await page.getByRole("combobox", { name: /programme/i }).selectOption("heart-failure");
  await page.getByRole("button", { name: /patient/i }).click();
  await page.getByText("Anna First").waitFor();
  await page.getByLabel("Name of the source").fill("hub-1");
  await page.locator("form.stack button.primary").click();
  const line = await page.locator("#line").innerText();
  await page.locator("p.waiting").waitFor();
  await page.evaluate(() => (window.sameDocument = true));
  await shoot(page, "guide-first-day");
  await promisify(execFile)("sh", ["-c", line]);
  await page.locator("p.arrived").waitFor();
  await page.getByText("80.4 kg").waitFor();
  assert.equal(await page.evaluate(() => window.sameDocument), true, "without reloading");
}
