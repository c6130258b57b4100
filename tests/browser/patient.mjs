// A patient's page: the crosshair by pointer and by keys, a shared scale's reading that goes to whose it is, a limit that
// says what it changes before and after, and one sheet of paper.

import assert from "node:assert/strict";

const HOUR = 3_600_000;
const FROM = "2020-01-01T00:00:00Z";

// Two people and one scale; the last time, the other one stepped on it.
async function household({ api, scale }) {
  const enter = (id, name, assignments) => api("POST", "/patients", {
    id, name, birth_date: "1950-05-05", timezone: "Europe/Paris", language: "fr",
    identifiers: [{ system: "hospital", value: `R-${id}` }],
    programmes: [{ id: "heart-failure", from: FROM }], assignments,
  });
  await enter("shared-1", "Clara Shared", [{ source: "browser", device: "shared", from: FROM }]);
  await enter("shared-2", "David Shared", []);
  const weights = [["a", 72, 61.0], ["b", 48, 61.2], ["c", 24, 61.1], ["d", 1, 68.4]];
  for (const [id, hours, kg] of weights) await scale.weighOn("shared", id, hours, kg);
}

// Value, unit, time, device and the quality of its clock.
async function crosshair(page) {
  const walk = page.getByRole("slider", { name: /Weight/ });
  const readout = page.locator("figure", { has: walk }).locator("[data-latest]");
  await walk.focus();
  await page.keyboard.press("Home");
  assert.match(await walk.getAttribute("aria-valuetext"), /^61 kg · .*\d\d:\d\d.* · browser\/shared · /);
  await page.keyboard.press("ArrowRight");
  assert.match(await readout.innerText(), /61\.2 kg/);
  assert.equal(await walk.getAttribute("aria-valuenow"), "2");
  await page.keyboard.press("End");
  assert.match(await readout.innerText(), /68\.4 kg .* clock not stated/);
  await page.keyboard.press("Escape");
  assert.match(await readout.innerText(), /ago/);
  await walk.blur();
  const area = await walk.boundingBox();
  await page.mouse.move(area.x + 3, area.y + area.height / 2);
  assert.match(await readout.innerText(), /^61 kg · .*\d\d:\d\d.* · browser\/shared · .*clock not stated/);
  await page.mouse.move(area.x + area.width - 3, area.y + area.height / 2);
  assert.match(await readout.innerText(), /^68\.4 kg/);
  await page.mouse.move(0, 0);
  assert.match(await readout.innerText(), /ago/);
}

async function moved(page, { base, api, until }, task) {
  await page.goto(`${base}/patients/shared-1/readings`);
  await page.getByRole("row", { name: /68\.4 kg/ }).getByRole("link").click();
  await page.getByLabel(/Whose are they/).fill("R-shared-2");
  await page.getByLabel("Why").fill("David stepped on it");
  await page.getByRole("button", { name: "Show what this changes" }).click();
  await page.getByText("1 task would be cancelled").waitFor();
  assert.equal((await api("GET", `/tasks/${task}`)).status, "requested", "looking changes nothing");
  await page.getByRole("button", { name: "Do it" }).click();
  await page.waitForURL(/shared-1#devices/);
  await page.goto(`${base}/patients/shared-2`);
  await page.getByText("68.4").first().waitFor();
  await until("the task to be cancelled", async () => (await api("GET", `/tasks/${task}`)).status === "cancelled");
  for (const id of ["shared-1", "shared-2"]) {
    await page.goto(`${base}/audit?action=assign-device&patient=${id}`);
    await page.locator("main tbody tr", { hasText: /^\d\d:\d\d\s*cora\s*assigned a device/ }).first().waitFor();
  }
}

async function threshold(page, { base, api, until }) {
  await page.goto(`${base}/patients/shared-1/parameters/heart-failure.gain_1d`);
  await page.getByLabel("Value for this patient").fill("0.1");
  const day = new Date(Date.now() - 6 * 24 * HOUR).toISOString().slice(0, 10);
  await page.getByLabel("For readings measured from").fill(day);
  await page.getByLabel("Why").fill("Frail");
  await page.getByRole("button", { name: "Show what this changes" }).click();
  await page.getByText(/With 0\.1 kg: 1 more episode in the last 90 days/).waitFor();
  const before = (await api("GET", "/patients/shared-1/episodes")).items.length;
  await page.getByRole("button", { name: "Set it" }).click();
  await page.waitForURL(/shared-1(#|$)/);
  await page.getByText("0.1 kg").first().waitFor();
  await until("the episode", async () => (await api("GET", "/patients/shared-1/episodes")).items.length === before + 1);
  await page.goto(`${base}/patients/shared-1/parameters/heart-failure.gain_1d`);
  const history = await page.locator("ol.timeline").innerText();
  assert.match(history, /0\.1 kg[\s\S]*Frail/);
}

// Whatever stands on the page: one sheet.
export async function onPaper(page, base, patients) {
  for (const id of patients) {
    await page.goto(`${base}/patients/${id}`);
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
    assert.equal(pdf.match(/\/Type\s*\/Page\b(?!s)/g).length, 1, `${id} on one page`);
    // Readings are drawn in a picture of their own within the chart: only the whole chart is made lower.
    await page.emulateMedia({ media: "print" });
    const inner = await page.locator(".plot svg svg").evaluateAll((all) => all.map((one) => getComputedStyle(one).transform));
    assert.deepEqual([...new Set(inner)], ["none"], `${id}: a reading stands at the height of its value`);
    await page.emulateMedia({ media: null });
  }
}

export async function patientPage(page, world) {
  const { base, api, until } = world;
  await household(world);
  const open = async () => (await api("GET", "/tasks?patient=shared-1&status=requested")).items[0]?.id;
  const task = await until("a task of the shared scale", open);
  await page.goto(`${base}/patients/shared-1?days=7`);
  await crosshair(page);
  await moved(page, world, task);
  await threshold(page, world);
}

// The patient's own page: the care team makes link and code, and whoever has both opens it. Says where it is; `at` looks
// at each page on the way.
export async function ownPage(team, patient, url, at = async () => {}) {
  const desk = await team.newPage();
  await desk.goto(url);
  await desk.locator("#own form[action$='/own'] button").click();
  const link = await desk.locator("#own-link").innerText();
  const code = await desk.locator("strong.code").innerText();
  await at(desk, "own-made");
  await desk.close();
  const page = await patient.newPage();
  await page.goto(link);
  await at(page, "own-code");
  await page.locator("input[name=code]").fill(code);
  await page.locator("form.stack button").click();
  await page.locator("main section").first().waitFor();
  await at(page, "own");
  await page.close();
  return new URL(link).pathname;
}
