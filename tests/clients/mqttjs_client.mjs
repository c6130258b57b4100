// MQTT.js as a client of the endpoint. Reads the task as JSON from standard input, prints what happened as JSON.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const mqtt = createRequire(new URL("../browser/", import.meta.url))("mqtt");
const TIMEOUT = 60_000;
const task = JSON.parse(readFileSync(0, "utf8"));

const within = (what, promise) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error(`timed out: ${what}`)), TIMEOUT).unref()),
  ]);

const connect = (name, password) =>
  mqtt.connect({
    host: task.host, port: task.port, protocol: "mqtt", protocolVersion: task.protocol, clientId: `mqttjs-${name}`,
    username: task.username, password, reconnectPeriod: 0, keepalive: 30, clean: true,
  });

const first = (client, ...events) =>
  within(events.join(" or "), new Promise((resolve) => events.forEach((e) => client.once(e, (x) => resolve([e, x])))));

async function main() {
  const client = connect("main", task.password);
  const [event, why] = await first(client, "connect", "error");
  if (event !== "connect") throw why;
  const messages = [];
  let look = () => {};
  client.on("message", (topic, payload) => {
    messages.push([topic, JSON.parse(payload.toString())]);
    look();
  });
  const of = (level) => messages.filter(([topic]) => topic.endsWith(`/${level}`)).map(([, payload]) => payload);
  await within("subscriptions", client.subscribeAsync(
    [`hearth/v1/${task.source}/+/receipt`, `hearth/v1/${task.source}/+/prompt`], { qos: 1 }));
  const publish = ({ topic, payload }) => client.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
  const pubacks = await within("pubacks", Promise.all(task.messages.map(publish)));
  await within("receipts and a prompt", new Promise((resolve) => {
    look = () => of("receipt").length >= pubacks.length && of("prompt").length > 0 && resolve();
    look();
  }));
  await client.endAsync();
  return { pubacks: pubacks.map((ack) => ack?.reasonCode ?? 0), receipts: of("receipt"), prompts: of("prompt") };
}

async function refusedConnection() {
  const client = connect("wrong", task.password.slice(0, -1) + "!");
  const [, error] = await first(client, "error");
  client.end(true);
  return error.code;
}

// The code of the PUBACK, or that of the end of the connection; `here` where the client itself keeps to the size that
// the server announced.
async function refusedPublish(name, topic, payload) {
  const client = connect(name, task.password);
  await first(client, "connect");
  let code = 0;
  client.on("disconnect", (packet) => (code = packet.reasonCode));
  client.on("error", () => {});
  const closed = new Promise((resolve) => client.once("close", () => resolve({ closed: code })));
  const answered = client.publishAsync(topic, payload, { qos: 1 }).then(
    (ack) => ({ puback: ack?.reasonCode ?? 0 }),
    (error) => (error.code > 0 ? { puback: error.code } : closed.then((end) => ({ ...end, here: error.message }))),
  );
  const outcome = await within(name, Promise.race([closed, answered]));
  client.end(true);
  return outcome;
}

const outcome = await main();
outcome.wrong_password = await refusedConnection();
outcome.foreign_topic = await refusedPublish("foreign", task.foreign_topic, "{}");
outcome.oversized = await refusedPublish("oversized", task.messages[0].topic, "x".repeat(task.oversized));
console.log(JSON.stringify(outcome));
