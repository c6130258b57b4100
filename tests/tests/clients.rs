//! Clients that we did not write, against the endpoint: mosquitto's, paho-mqtt and MQTT.js, each 3.1.1 and 5.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use hearth_tests::readings::{saturation, weight};
use hearth_tests::{Hearth, folder, target};
use serde_json::{Value, json};

const READINGS: usize = 100;
/// The largest packet is 1 MiB.
const OVERSIZED: usize = (1 << 20) + 1;
/// CONNACK codes that mean "not you": 3.1.1's 4 and 5, MQTT 5's 0x86 and 0x87.
const NOT_YOU: [u64; 4] = [4, 5, 0x86, 0x87];
const NOT_AUTHORIZED: u64 = 0x87;
const PACKET_TOO_LARGE: u64 = 0x95;

/// A service with a source for the client, and one that is none of its business.
struct Bench {
    hearth: Hearth,
    source: &'static str,
    password: String,
    messages: Vec<Value>,
}

impl Bench {
    fn new(source: &'static str) -> Self {
        let hearth = Hearth::serve("");
        let password = hearth.api().add_source(source, "gateway");
        let _ = hearth.api().add_source("somebody-else", "vendor");
        hearth.api().add_patient("p1", "heart-failure", &[(source, "scale"), (source, "oximeter")]);
        let now = Utc::now();
        let messages = (0..READINGS).map(|n| message(source, n, now)).collect();
        Self { hearth, source, password, messages }
    }

    fn task(&self, protocol: u8) -> Value {
        json!({"host": self.hearth.mqtt.ip().to_string(), "port": self.hearth.mqtt.port(), "protocol": protocol,
            "source": self.source, "username": self.source, "password": self.password, "messages": self.messages,
            "foreign_topic": "hearth/v1/somebody-else/scale/reading", "oversized": OVERSIZED})
    }

    /// Nothing is missing, nothing came from where it must not.
    fn check(&self) {
        let api = self.hearth.api();
        let expected = json!({"received": READINGS, "stored": READINGS, "duplicate": 0, "quarantined": 0});
        assert_eq!(api.ledger(), expected);
        let readings = api.all("/patients/p1/readings");
        assert_eq!(readings.len(), READINGS);
        let ids: BTreeSet<String> = readings.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
        let sent = self.messages.iter().map(|m| m["payload"]["id"].as_str().unwrap().to_owned());
        assert_eq!(ids, sent.collect());
    }
}

/// Weights of the last days, and at the end a saturation low enough to ask for a repeat.
fn message(source: &str, n: usize, now: DateTime<Utc>) -> Value {
    let id = format!("r-{n}");
    let at = now - TimeDelta::hours(i64::try_from(READINGS - n).unwrap() - 1);
    let (device, reading) = match n {
        99 => ("oximeter", saturation(&id, at, 69.0)),
        _ => ("scale", weight(&id, at, 80.1)),
    };
    json!({"topic": format!("hearth/v1/{source}/{device}/reading"), "payload": reading})
}

fn run(mut command: Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(|error| {
            panic!("{} cannot be started: {error}; run scripts/setup", command.get_program().display())
        });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A client that was refused stops reading; that is its answer, not a failure of ours.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn check_receipts(receipts: &[Value]) {
    assert_eq!(receipts.len(), READINGS);
    let ids: BTreeSet<&str> = receipts.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), READINGS, "one receipt each");
    assert!(receipts.iter().all(|r| r["status"] == "stored"), "{receipts:?}");
}

fn check_prompt(prompt: &Value) {
    assert_eq!(prompt["kind"], "oxygen-saturation", "{prompt}");
}

/// What a script reports, whatever the library.
fn check_script(command: Command, source: &'static str, protocol: u8) {
    let bench = Bench::new(source);
    let output = run(command, bench.task(protocol).to_string().as_bytes());
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let list = |name: &str| report[name].as_array().unwrap().clone();
    assert_eq!(list("pubacks"), vec![json!(0); READINGS], "an acknowledgement each");
    check_receipts(&list("receipts"));
    check_prompt(&list("prompts")[0]);
    let summary =
        json!({"password": report["wrong_password"], "foreign": report["foreign_topic"], "size": report["oversized"]});
    assert!(NOT_YOU.contains(&report["wrong_password"].as_u64().unwrap()), "{summary}");
    if protocol == 5 {
        assert_eq!(report["foreign_topic"]["puback"], NOT_AUTHORIZED, "{summary}");
        // Some clients keep to the size in CONNACK by themselves, and paho reads no reason that stands alone.
        let size = &report["oversized"];
        let said = size["closed"] == PACKET_TOO_LARGE || size["here"].is_string() || size["by_server"] == true;
        assert!(said, "{summary}");
    } else {
        assert!(report["foreign_topic"]["closed"].is_number(), "{summary}");
        assert!(report["oversized"]["closed"].is_number(), "{summary}");
    }
    bench.check();
}

fn paho() -> Command {
    let mut command = Command::new(target().join("test-python/bin/python3"));
    command.arg(folder().join("clients/paho_client.py"));
    command
}

fn mqttjs() -> Command {
    let mut command = Command::new("node");
    command.arg(folder().join("clients/mqttjs_client.mjs"));
    command
}

#[test]
fn paho_3_1_1() {
    check_script(paho(), "paho-4", 4);
}

#[test]
fn paho_5() {
    check_script(paho(), "paho-5", 5);
}

#[test]
fn mqttjs_3_1_1() {
    check_script(mqttjs(), "mqttjs-4", 4);
}

#[test]
fn mqttjs_5() {
    check_script(mqttjs(), "mqttjs-5", 5);
}

/// mosquitto's own tools; a persistent session keeps the receipts between two runs of `mosquitto_sub`.
struct Mosquitto<'a> {
    bench: &'a Bench,
    version: &'static str,
}

impl Mosquitto<'_> {
    fn command(&self, tool: &str, password: &str, arguments: &[&str]) -> Command {
        let (address, source) = (self.bench.hearth.mqtt, self.bench.source);
        let mut command = Command::new(tool);
        command.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string(), "-V", self.version]);
        command.args(["-u", source, "-P", password, "-q", "1"]).args(arguments);
        command
    }

    fn publish(&self, password: &str, arguments: &[&str], input: &[u8]) -> Output {
        run(self.command("mosquitto_pub", password, arguments), input)
    }

    fn subscribe(&self, level: &str, arguments: &[&str]) -> String {
        let topic = format!("hearth/v1/{}/+/{level}", self.bench.source);
        let id = format!("sub-{level}");
        let mut all = vec!["-c", "-i", &id, "-t", &topic];
        // MQTT 3.1.1 sessions last until the server forgets them; in 5 the client says how long.
        if self.version == "mqttv5" {
            all.extend(["-x", "3600"]);
        }
        all.extend(arguments);
        stdout(&run(self.command("mosquitto_sub", &self.bench.password, &all), b""))
    }

    /// Some refusals make no difference to the exit code: what counts is whether there was an acknowledgement.
    fn is_refused(&self, what: &str, arguments: &[&str]) {
        let debug: Vec<&str> = ["-d"].iter().chain(arguments).copied().collect();
        let output = self.publish(&self.bench.password, &debug, b"");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("received CONNACK (0)"), "{what}: {text}");
        assert!(!text.contains("PUBACK (Mid: 1, RC:0)"), "{what}: {text}");
        println!("{what}: {} {text} {}", output.status, String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.bench.hearth.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn check_mosquitto(source: &'static str, version: &'static str) {
    let bench = Bench::new(source);
    let mosquitto = Mosquitto { bench: &bench, version };
    for level in ["receipt", "prompt"] {
        mosquitto.subscribe(level, &["-E"]);
    }
    for device in ["scale", "oximeter"] {
        let topic = format!("hearth/v1/{source}/{device}/reading");
        let own = bench.messages.iter().filter(|m| m["topic"] == topic.as_str());
        let lines: String = own.map(|m| format!("{}\n", m["payload"])).collect();
        stdout(&mosquitto.publish(&bench.password, &["-l", "-t", &topic], lines.as_bytes()));
    }
    let receipts = mosquitto.subscribe("receipt", &["-C", "100", "-W", "60", "-F", "%p"]);
    check_receipts(&receipts.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>());
    let prompt = mosquitto.subscribe("prompt", &["-C", "1", "-W", "60", "-F", "%p"]);
    check_prompt(&serde_json::from_str(&prompt).unwrap());

    let own = format!("hearth/v1/{source}/scale/reading");
    let wrong = mosquitto.publish("wrong", &["-t", &own, "-m", "{}"], b"");
    let text = String::from_utf8_lossy(&wrong.stderr).to_lowercase();
    assert!(text.contains("not authori") || text.contains("bad user name or password"), "{} {text}", wrong.status);
    let foreign = ["-t", "hearth/v1/somebody-else/scale/reading", "-m", "{}"];
    mosquitto.is_refused("another source's topic", &foreign);
    let big = mosquitto.file("big", &vec![b'x'; OVERSIZED]);
    mosquitto.is_refused("too large", &["-t", &own, "-f", big.to_str().unwrap()]);
    bench.check();
}

#[test]
fn mosquitto_3_1_1() {
    check_mosquitto("mosquitto-4", "mqttv311");
}

#[test]
fn mosquitto_5() {
    check_mosquitto("mosquitto-5", "mqttv5");
}
