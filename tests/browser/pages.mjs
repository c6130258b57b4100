// The pages in a real browser, as a coordinator uses them. Reads the task as JSON from standard input: where Hearth is,
// an administrator's token, an account, and where to put the photographs. Ends with an error at the first thing that is
// wrong.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import mqtt from "mqtt";
import { audited } from "./lighthouse.mjs";
import { firstDay, lostAndMended } from "./live.mjs";
import { onPaper, ownPage, patientPage } from "./patient.mjs";
import { toldWhileAway } from "./push.mjs";
import { list, newTask, noJump, workByKeyboard, workOnTelephone } from "./tasks.mjs";

const task = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENT = { id: "browser-1", name: "Bertha Browser", phone: "+1 555 0100" };
const LARGEST_PAGE = 100_000;
// Each width in both schemes, and in German; 640 is what is left of 1280 at 200 % zoom.
const VIEWS = [
  ...[1280, 375].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme, locale: "en-GB" }))),
  { width: 1280, scheme: "light", locale: "de-DE" },
  { width: 375, scheme: "dark", locale: "de-DE" },
  { width: 640, scheme: "light", locale: "de-DE", deviceScaleFactor: 2 },
];

const said = (text) => console.error(`browser: ${text}`);

// --- the outside world ------------------------------------------------------------------------------------------

async function api(method, path, body) {
  const answer = await fetch(`${task.base}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${task.token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

// A vendor with one patient's scale, and a way to publish on it.
async function vendor() {
  const source = await api("POST", "/sources", { id: "browser", kind: "vendor" });
  const from = "2020-01-01T00:00:00Z";
  await api("POST", "/patients", {
    ...PATIENT, birth_date: "1948-04-04", timezone: "Europe/Paris", language: "fr",
    programmes: [{ id: "heart-failure", from }],
    assignments: [{ source: "browser", device: "scale", from }],
  });
  const client = await mqtt.connectAsync(task.mqtt, { username: source.username, password: source.password });
  const publishOn = (device, payload) => client.publishAsync(`hearth/v1/browser/${device}/reading`, payload, { qos: 1 });
  const weighOn = (device, id, hoursAgo, kg) => {
    const measured_at = new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
    return publishOn(device, JSON.stringify({ id, kind: "body-weight", measured_at, values: { weight: { value: kg, unit: "kg" } } }));
  };
  const publish = (payload) => publishOn("scale", payload);
  const weigh = (id, hoursAgo, kg) => weighOn("scale", id, hoursAgo, kg);
  return { publish, weigh, weighOn, end: () => client.endAsync() };
}

// Waits for something outside the browser.
async function until(what, look) {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${what} did not come`);
}

// --- the browser ------------------------------------------------------------------------------------------------

const wrong = [];

// Everything that a page must not do is noted, whatever the test is about.
async function watched(browser, options) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Paris", ...options });
  context.setDefaultTimeout(60_000);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`));
  });
  context.on("request", (request) => {
    if (![task.base, task.empty].some((base) => request.url().startsWith(base))) wrong.push(`request to ${request.url()}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error") wrong.push(`console on ${message.page()?.url()}: ${message.text()}`);
  });
  context.on("weberror", (error) => wrong.push(`script: ${error.error().stack}`));
  context.on("response", async (response) => {
    if (response.status() >= 500) wrong.push(`${response.status()} from ${response.url()}`);
  });
  return context;
}

const calm = (where) => assert.deepEqual(wrong, [], where);

async function signIn(page, password = task.password) {
  await page.getByLabel("Name").fill(task.user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function accessible(page, where) {
  const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  for (const { id, help, nodes } of found.violations) {
    wrong.push(`axe on ${where}: ${id}: ${help}: ${nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
  }
}

// What stands beyond the window without a way to scroll there, or is cut off by its own box.
const cutOff = () => [...document.querySelectorAll("body *")].filter((element) => {
  if (element.closest("svg, .hide, .skip, [hidden], details:not([open]) > :not(summary)")) return false;
  const box = element.getBoundingClientRect();
  if (box.width === 0) return false;
  const scrolls = (e) => e && (["auto", "scroll"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const isBeyond = (box.right > innerWidth + 1 || box.left < -1) && !scrolls(element.parentElement);
  const isCut = getComputedStyle(element).overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1;
  return isBeyond || isCut;
}).map((element) => element.outerHTML.slice(0, 120));

async function shoot(page, name) {
  await page.screenshot({ path: `${task.screenshots}/${name}.png`, fullPage: true });
}

// What the guides and the README show; `scripts/pictures` copies them.
async function pictures(browser, state, pages) {
  mkdirSync(task.screenshots, { recursive: true });
  for (const [name, { path, width = 1100, height = 720 }] of Object.entries(pages)) {
    const context = await watched(browser, { storageState: state, viewport: { width, height }, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(task.base + path);
    await page.locator("main h1").first().waitFor();
    await page.screenshot({ path: `${task.screenshots}/guide-${name}.png` });
    await context.close();
  }
  calm("the pictures");
}

// A page as it stands, and what is wrong with how it stands.
async function photograph(page, name, { width, scheme, locale }) {
  const where = `${name}-${width}-${scheme}${locale === "de-DE" ? "-de" : ""}`;
  await page.locator("main h1").first().waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 0) wrong.push(`${where} is ${overflow} px too wide`);
  for (const part of await page.evaluate(cutOff)) wrong.push(`${where} cuts off ${part}`);
  await shoot(page, where);
  if (locale === "en-GB" && (width === 1280) === (scheme === "light")) await accessible(page, where);
}

async function photographs(browser, state, pages, strangers, patient) {
  mkdirSync(task.screenshots, { recursive: true });
  for (const view of VIEWS) {
    const { width, scheme, locale, deviceScaleFactor = 1 } = view;
    const options = { viewport: { width, height: 900 }, colorScheme: scheme, locale, deviceScaleFactor };
    const context = await watched(browser, { storageState: state, ...options });
    const stranger = await watched(browser, options);
    const all = [...Object.entries(pages).map((one) => [context, ...one]), ...Object.entries(strangers).map((one) => [stranger, ...one])];
    for (const [whose, name, path] of all) {
      const page = await whose.newPage();
      const response = await page.goto(task.base + path);
      assert.equal(response.status(), 200, path);
      const size = (await response.body()).length;
      if (size > LARGEST_PAGE) wrong.push(`${path} has ${size} bytes`);
      await photograph(page, name, view);
      await page.close();
    }
    // The patient reads their own language, whatever their browser wishes.
    await api("PATCH", patient, { language: locale.slice(0, 2) });
    await ownPage(context, stranger, task.base + patient, (page, name) => photograph(page, name, view));
    await context.close();
    await stranger.close();
  }
  calm("the photographs");
}

// --- the tests --------------------------------------------------------------------------------------------------

async function signingIn(page) {
  await page.goto(`${task.base}/patients`);
  assert.match(page.url(), /\/sign-in/, "nothing without signing in");
  await signIn(page, "not the password");
  await page.getByRole("alert").waitFor();
  assert.match(page.url(), /\/sign-in/);
  // A refused sign-in is answered by an error status, which a browser mentions on its console.
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !/\/sign-in.*status of (401|403|422)/.test(line)));
  calm("a wrong password");
  await signIn(page);
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}

async function thePatient(page) {
  await page.goto(`${task.base}/patients/${PATIENT.id}`);
  const main = page.locator("main");
  await main.locator("figure svg").first().waitFor();
  const text = await main.innerText();
  for (const part of [PATIENT.name, PATIENT.phone, "Weight", "81.2 kg", "Limits", "Episodes", "scale"]) {
    assert.ok(text.toLowerCase().includes(part.toLowerCase()), `${part} in ${text}`);
  }
  assert.ok((await main.locator("svg title").count()) > 0, "a chart has a title");
  calm("the patient");
}

async function sourcesAndQuarantine(page, scale) {
  await scale.publish('{"id": "odd", "kind": "mood"}');
  await page.goto(`${task.base}/sources`);
  await page.getByText("browser", { exact: true }).first().waitFor();
  await page.goto(`${task.base}/quarantine`);
  const row = page.locator("ul.refused li", { hasText: "browser" }).first();
  await row.waitFor();
  assert.match((await row.innerText()).toLowerCase().replaceAll("-", " "), /unknown kind/);
  const [item] = (await api("GET", "/quarantine?source=browser")).items;
  await page.goto(`${task.base}/quarantine/${item.id}`);
  await page.getByText("mood").first().waitFor();
  calm("sources and quarantine");
  return item.id;
}

async function connection(page, world) {
  await lostAndMended(page, world);
  // The other address, what a browser says while nobody answers there, and the refusal of who comes second, were tried.
  const tried = /^request to|ERR_(CONNECTION|INCOMPLETE|EMPTY|SOCKET|FAILED)|409 \(Conflict\)/;
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !tried.test(line)));
  calm("a lost connection");
}

async function told(browser, state, world) {
  const context = await watched(browser, { storageState: state });
  await toldWhileAway(context, world);
  await context.close();
  calm("told while away");
}

async function theFirstDay(browser) {
  const context = await watched(browser, { viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(task.empty);
  await signIn(page);
  mkdirSync(task.screenshots, { recursive: true });
  await firstDay(page, task.empty, shoot);
  await accessible(page, "the first day");
  await context.close();
  calm("the first day");
}

async function bestPractices(browser, state, pages, strangers, patient) {
  const [context, theirs] = [await watched(browser, { storageState: state }), await watched(browser)];
  const own = await ownPage(context, theirs, task.base + patient);
  const cookie = ({ cookies }) => cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const visits = (state, paths) => paths.map((path) => ({ path, cookie: cookie(state) }));
  const nobody = { cookies: [] };
  const all = [...visits(state, pages), ...visits(nobody, [...strangers, own]), ...visits(await theirs.storageState(), [own])];
  await context.close();
  await theirs.close();
  wrong.push(...(await audited(task.chromium, task.base, all)).map((line) => `Lighthouse: ${line}`));
  calm("Lighthouse");
}

// Everything has a form that works without script.
async function withoutScript(browser) {
  const context = await watched(browser, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(task.base);
  await signIn(page);
  await page.locator("li.task").first().waitFor();
  await page.locator("li.task h3 a").first().click();
  await page.getByText("What happened").waitFor();
  await context.close();
  calm("without script");
}

async function signingOut(page) {
  await page.goto(task.base);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/sign-in/);
  await page.goto(`${task.base}/patients/${PATIENT.id}`);
  assert.match(page.url(), /\/sign-in/, "signed out");
}

const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: task.chromium, args: [...sandbox, "--disable-dev-shm-usage"] });
try {
  const context = await watched(browser, { viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const step = async (name, work) => {
    const start = Date.now();
    const result = await work;
    said(`${name}: ${Date.now() - start} ms`);
    return result;
  };
  await step("signing in", signingIn(page));
  await step("the list", list(page, task));
  const asFound = (await api("GET", "/tasks?status=requested")).items;
  const sudden = asFound.find((one) => one.rule === "HF-W2") ?? asFound[0];
  await step("pictures for the guides", pictures(browser, await context.storageState(), {
    list: { path: "/", height: 900 }, telephone: { path: "/", width: 375, height: 720 }, task: { path: `/tasks/${sudden.id}`, height: 760 },
    patient: { path: `/patients/${sudden.patient}`, height: 800 }, silent: { path: "/silent", height: 420 },
    messages: { path: "/messages", height: 560 }, people: { path: "/people", height: 420 },
  }));
  const scale = await vendor();
  await step("a new task", newTask(page, task, scale, PATIENT));
  await step("nothing jumps", noJump(page, task, api));
  const taskPath = await step("working it by keyboard", workByKeyboard(page, task, api, PATIENT));
  calm("working a task");
  const telephone = await watched(browser, { storageState: await context.storageState(), viewport: { width: 375, height: 700 } });
  await step("at night, by telephone", workOnTelephone(await telephone.newPage(), task, api));
  await telephone.close();
  calm("the telephone");
  await step("the patient", thePatient(page));
  const world = { base: task.base, api, scale, until };
  await step("a patient's page", patientPage(page, world));
  calm("a patient's page");
  await step("a lost connection", connection(page, world));
  await step("told while away", told(browser, await context.storageState(), world));
  await step("the first day", theFirstDay(browser));
  const item = await step("sources and quarantine", sourcesAndQuarantine(page, scale));
  await scale.end();
  await step("without script", withoutScript(browser));
  const state = await context.storageState();
  const [open] = (await api("GET", "/tasks?status=requested,accepted,in-progress,on-hold")).items;
  const patient = `/patients/${open.patient}`;
  await step("on paper", onPaper(page, task.base, [open.patient, "shared-1"]));
  await step("more pictures", pictures(browser, state, {
    limit: { path: "/patients/shared-1/parameters/heart-failure.gain_1d", height: 600 },
    refused: { path: `/quarantine/${item}`, height: 600 }, audit: { path: "/audit", height: 520 },
  }));
  const pages = {
    tasks: "/", "tasks-quiet": "/tasks/quiet", task: `/tasks/${open.id}`, "task-done": taskPath, patients: "/patients",
    "new-patient": "/new-patient", patient, "patient-edit": `${patient}/edit`, "patient-devices": `${patient}/devices`,
    "patient-readings": `${patient}/readings`, parameter: "/patients/shared-1/parameters/heart-failure.gain_1d",
    silent: "/silent", devices: "/devices", sources: "/sources", source: "/sources/browser", quarantine: "/quarantine",
    "quarantine-item": `/quarantine/${item}`, rules: "/rules", messages: "/messages", people: "/people",
    person: "/people/coordinator", teams: "/teams", tokens: "/tokens", "glass-opened": "/glass/opened", glass: "/glass",
    audit: "/audit", account: "/account", "second-factor": "/account/second-factor", "first-run": "/first-run",
  };
  const strangers = { "sign-in": "/sign-in", "sign-in-code": "/sign-in/code" };
  await step("photographs", photographs(browser, state, pages, strangers, patient));
  await step("Lighthouse", bestPractices(browser, state, Object.values(pages), Object.values(strangers), patient));
  await step("signing out", signingOut(page));
  calm("the end");
} finally {
  await browser.close();
}
