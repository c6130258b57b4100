// Sign-in by an identity provider that we did not write (oidc-provider), in a real browser. Says on standard output where
// the provider is; reads then, as one line of JSON, where Hearth is and an administrator's token.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import Provider from "oidc-provider";

const SECRET = "the secret of the tests, long enough";
const people = {
  bea: { name: "Bea Ng", preferred_username: "bea@clinic.example", email: "bea@clinic.example", roles: ["rpm-nurses"], groups: ["G-NORTH"] },
  eve: { name: "Eve Other", preferred_username: "eve", roles: ["canteen"], groups: [] },
  cora: { name: "Another Cora", preferred_username: "cora", roles: ["rpm-doctors"], groups: [] },
};
const said = (text) => console.error(`oidc: ${text}`);

let answer = (_, response) => response.writeHead(503).end();
const server = createServer((request, response) => answer(request, response));
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
console.log(JSON.stringify({ issuer, secret: SECRET }));
const [line] = await new Promise((read) => createInterface({ input: process.stdin }).once("line", (text) => read([text])));
const task = JSON.parse(line);

const provider = new Provider(issuer, {
  clients: [{
    client_id: "hearth", client_secret: SECRET, redirect_uris: [`${task.base}/sign-in/oidc/return`],
    post_logout_redirect_uris: [`${task.base}/sign-in`],
  }],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "roles", "groups"], email: ["email"] },
  pkce: { required: () => true },
  cookies: { keys: ["of the tests"] },
});
answer = provider.callback();

async function api(method, path, body) {
  const reply = await fetch(`${task.base}/api/v1${path}`, {
    method, headers: { authorization: `Bearer ${task.token}`, "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  assert.ok(reply.ok, `${method} ${path}: ${reply.status}`);
  return reply.json();
}

const browser = await chromium.launch({ executablePath: task.chromium, args: ["--no-sandbox"] });

// A browser of its own, led to the provider and signed in there; the page to which that leads.
async function signIn(login, at = "/sign-in") {
  const context = await browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(`${task.base}${at}`);
  await page.getByRole("link", { name: "Sign in with the clinic" }).click();
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL((url) => url.href.startsWith(task.base));
  return page;
}

async function user(name) {
  return (await api("GET", "/users")).items.find((u) => u.name === name);
}

said("the first sign-in makes an account");
let page = await signIn("bea", "/patients");
assert.equal(new URL(page.url()).pathname, "/patients", "back where it began");
assert.ok(await page.getByText("Bea Ng").isVisible());
let bea = await user("bea");
assert.deepEqual([bea.role, bea.teams, bea.external, bea.email], ["coordinator", ["north"], true, "bea@clinic.example"]);
assert.equal((await page.goto(`${task.base}/people`)).status(), 403);

said("signing out leads out of the provider too");
await page.goto(`${task.base}/account`);
await page.getByRole("button", { name: "Sign out" }).click();
await page.getByRole("link", { name: "Sign out there too" }).click();
await page.getByRole("button", { name: "Yes, sign me out" }).click();
await page.waitForURL(`${task.base}/sign-in**`);

said("each sign-in brings the account up to date");
people.bea.roles.push("rpm-doctors");
people.bea.groups = ["G-ELSEWHERE"];
page = await signIn("bea");
bea = await user("bea");
assert.deepEqual([bea.role, bea.teams], ["clinician", []]);

said("a disabled account stays out, and its sessions end");
await api("PATCH", "/users/bea", { disabled: true });
assert.ok((await page.goto(`${task.base}/`)).url().endsWith("/sign-in"));
page = await signIn("bea");
assert.ok(await page.getByText("Your account here is disabled").isVisible());

said("who has no role stays out");
page = await signIn("eve");
assert.ok(await page.getByText("nothing it says about you gives you a role").isVisible());
assert.equal(await user("eve"), undefined);

said("a name that somebody has is not given away");
page = await signIn("cora");
assert.deepEqual([(await user("cora")).external, (await user("cora-2")).external], [false, true]);

said("an answer counts in the browser that asked, with its own state, once");
const strange = await (await browser.newContext()).newPage();
assert.equal((await strange.goto(`${task.base}/sign-in/oidc/return?code=x&state=y`)).status(), 403);
const context = await browser.newContext({ locale: "en-GB" });
const returns = [];
context.on("request", (request) => request.url().includes("/oidc/return") && returns.push(request.url()));
const own = await context.newPage();
await own.goto(`${task.base}/sign-in/oidc`);
assert.equal((await own.goto(`${task.base}/sign-in/oidc/return?code=x&state=y`)).status(), 403, "another state");
await own.goto(`${task.base}/sign-in/oidc`);
await own.locator("input[name=login]").fill("cora");
await own.locator("input[name=password]").fill("any");
await own.getByRole("button", { name: "Sign-in" }).click();
await own.getByRole("button", { name: "Continue" }).click();
await own.waitForURL((url) => url.href.startsWith(task.base));
assert.equal((await own.goto(returns.at(-1))).status(), 403, "the same answer again");

said("what happened stands in the trail");
const trail = (await api("GET", "/audit?limit=500")).items;
const means = trail.filter((l) => l.action === "sign-in").map((l) => l.detail);
assert.ok(means.filter((m) => m === "oidc").length >= 4, means.join());
assert.ok(trail.filter((l) => l.action === "sign-in-failed").length >= 5);

await browser.close();
server.closeAllConnections();
server.close();
