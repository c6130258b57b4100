// The pages in a real browser, as a coordinator uses them. Reads the task as JSON from standard input: where Hearth is,
// an administrator's token, an account, and where to put the photographs. Ends with an error at the first thing that is
// wrong.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import mqtt from "mqtt";
import { list, newTask, noJump, workByKeyboard, workOnTelephone } from "./tasks.mjs";

const task = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENT = { id: "browser-1", name: "Bertha Browser", phone: "+1 555 0100" };
const LARGEST_PAGE = 100_000;
const VIEWS = [1280, 375].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })));

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
  const publish = (payload) => client.publishAsync("hearth/v1/browser/scale/reading", payload, { qos: 1 });
  const weigh = (id, hoursAgo, kg) => {
    const measured_at = new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
    return publish(JSON.stringify({ id, kind: "body-weight", measured_at, values: { weight: { value: kg, unit: "kg" } } }));
  };
  return { publish, weigh, end: () => client.endAsync() };
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
    if (!request.url().startsWith(task.base)) wrong.push(`request to ${request.url()}`);
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

async function photographs(browser, state, pages) {
  mkdirSync(task.screenshots, { recursive: true });
  for (const { width, scheme } of VIEWS) {
    const context = await watched(browser, { storageState: state, viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    for (const [name, path] of Object.entries(pages)) {
      const response = await page.goto(task.base + path);
      assert.equal(response.status(), 200, path);
      await page.locator("main h1").first().waitFor();
      const size = (await response.body()).length;
      if (size > LARGEST_PAGE) wrong.push(`${path} has ${size} bytes`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) wrong.push(`${path} is ${overflow} px too wide at ${width}`);
      await page.screenshot({ path: `${task.screenshots}/${name}-${width}-${scheme}.png`, fullPage: true });
      await accessible(page, `${path} at ${width}, ${scheme}`);
    }
    await context.close();
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
  const item = await step("sources and quarantine", sourcesAndQuarantine(page, scale));
  await scale.end();
  await step("without script", withoutScript(browser));
  const state = await context.storageState();
  const [open] = (await api("GET", "/tasks?status=requested,accepted,in-progress,on-hold")).items;
  await step("photographs", photographs(browser, state, {
    tasks: "/", "tasks-quiet": "/tasks/quiet", task: `/tasks/${open.id}`, "task-done": taskPath, patients: "/patients", patient: `/patients/${open.patient}`,
    devices: "/devices", sources: "/sources", quarantine: "/quarantine", "quarantine-item": `/quarantine/${item}`,
    rules: "/rules", silent: "/silent", source: "/sources/browser", people: "/people", audit: "/audit",
  }));
  await step("signing out", signingOut(page));
  const fresh = await (await watched(browser, { viewport: { width: 375, height: 700 }, colorScheme: "dark" })).newPage();
  await fresh.goto(`${task.base}/sign-in`);
  await fresh.screenshot({ path: `${task.screenshots}/sign-in-375-dark.png` });
  await accessible(fresh, "/sign-in");
  calm("the end");
} finally {
  await browser.close();
}
