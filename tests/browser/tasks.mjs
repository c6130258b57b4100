// The list and a task's page, as a coordinator uses them.

import assert from "node:assert/strict";

// The most urgent stands first, with numbers in its reason.
export async function list(page, task) {
  await page.goto(task.base);
  const rows = page.locator("li.task");
  await rows.first().waitFor();
  const order = ["critical", "high", "medium", "low"];
  const all = await rows.evaluateAll((list) => list.map((row) => row.className));
  const rank = (names) => order.findIndex((severity) => names.includes(severity));
  const first = page.locator("section.group:not([hidden])").first().locator("li.task").first();
  if (await page.locator("section[data-of=now]:not([hidden])").count()) {
    assert.equal(rank(await first.getAttribute("class")), Math.min(...all.map(rank)), "the most urgent stands first");
  }
  assert.match(await first.innerText(), /\d/, "numbers in the reason");
  await page.locator("#live svg.spark").first().waitFor();
  await page.getByRole("link", { name: /^Mine/ }).click();
  await page.waitForURL(/owner=me/);
  await page.getByRole("link", { name: /Without: mine/i }).click();
  await page.waitForURL((url) => url.search === "");
}

// A task that appears while somebody looks, without reloading.
export async function newTask(page, task, scale, patient) {
  await page.goto(task.base);
  await page.mouse.move(0, 0);
  await page.evaluate(() => (window.sameDocument = true));
  assert.equal(await page.getByText(patient.name).count(), 0);
  await scale.weigh("w1", 50, 78);
  await scale.weigh("w2", 1, 81.2);
  await page.getByRole("link", { name: patient.name }).first().waitFor();
  assert.equal(await page.evaluate(() => window.sameDocument), true, "without reloading");
}

// While somebody points at a row, one above it changes in place or waits; the row stays where it is.
export async function noJump(page, task, api) {
  await page.goto(task.base);
  const rows = page.locator("li.task");
  const last = rows.last();
  await last.hover();
  const before = await last.boundingBox();
  const first = await rows.first().getAttribute("data-id");
  const { status } = await api("GET", `/tasks/${first}`);
  if (status === "requested") await api("POST", `/tasks/${first}/accept`, {});
  await api("POST", `/tasks/${first}/hold`, { until: new Date(Date.now() + 3_600_000).toISOString() });
  await page.locator("#news button").waitFor();
  assert.equal((await last.boundingBox()).y, before.y, "nothing moved below the pointer");
  // Whoever leaves the list sees it in order again.
  await page.mouse.move(0, 0);
  await page.locator(`section[data-of="on-hold"] li[data-id="${first}"]`).waitFor();
}

// From the list to the outcome without a mouse.
export async function workByKeyboard(page, task, api, patient) {
  await page.goto(task.base);
  await page.locator("li.task").first().waitFor();
  const focus = () => page.evaluate(() => document.activeElement.textContent);
  for (let at = 0; at < 50 && (await focus()) !== patient.name; at++) await page.keyboard.press("j");
  assert.equal(await focus(), patient.name);
  await page.keyboard.press("a");
  await page.locator("li.task:focus-within .owner", { hasText: "you" }).waitFor();
  await page.keyboard.press("?");
  await page.locator("#keys[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/tasks\//);
  const path = new URL(page.url()).pathname;
  const main = page.locator("main");
  await main.locator("figure svg.chart").first().waitFor();
  const text = await main.innerText();
  for (const part of ["3.2 kg", "2 kg", patient.name, patient.phone, "Basis", "HF-W2", "French"]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  await page.keyboard.press("h");
  await page.locator("details[open] input[name=outcome]:focus").waitFor();
  await page.keyboard.press("n");
  await page.keyboard.type("Line was busy <b>twice</b>");
  await page.keyboard.press("Escape");
  await page.keyboard.press("c");
  await page.keyboard.type("Advice");
  for (let at = 0; at < 12 && (await focus()) !== "Complete"; at++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("completed it: Advice given").waitFor();
  await page.getByText("Line was busy <b>twice</b>").waitFor();
  const done = await api("GET", path);
  assert.deepEqual([done.status, done.outcome, done.owner], ["completed", "advice-given", task.user]);
  await page.keyboard.press("u");
  await page.waitForURL((url) => url.pathname === "/");
  assert.equal(await page.getByRole("link", { name: patient.name }).count(), 0, "done is off the list");
  return path;
}

// At night with a telephone: who is it, call, nobody answers, again tomorrow.
export async function workOnTelephone(page, task, api) {
  await page.goto(`${task.base}/?owner=nobody`);
  await page.locator("li.task h3 a").first().click();
  await page.waitForURL(/\/tasks\//);
  const path = new URL(page.url()).pathname;
  assert.match(await page.locator("a.phone").getAttribute("href"), /^tel:/);
  await page.getByRole("button", { name: /^Accept/ }).click();
  await page.locator("summary", { hasText: "Call again later" }).click();
  await page.getByLabel("I called and reached nobody").check();
  await page.getByRole("button", { name: "Wait until then" }).click();
  await page.getByText("reached nobody and tries again").waitFor();
  const held = await api("GET", path);
  assert.equal(held.status, "on-hold");
  assert.ok(new Date(held.held_until) > new Date());
}
