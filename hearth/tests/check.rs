//! `hearth check` finds what `hearth serve` would stop at, and a start that stops changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

const PORTS: &str = "data = \"d\"\n[http]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n";

/// Exit code and what is said of mistakes.
fn hearth(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hearth"))
        .args(arguments)
        .current_dir(dir)
        .env_remove("HEARTH_API_TOKEN")
        .env_remove("HEARTH_DATA")
        .env_remove("HEARTH_CONFIG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn write(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
}

/// Both refuse, and each says all of `words`.
#[track_caller]
fn both_say(dir: &Path, words: &[&str]) {
    for command in ["check", "serve"] {
        let (code, said) = hearth(dir, &[command]);
        assert_eq!(code, Some(1), "{command}: {said}");
        for word in words {
            assert!(said.contains(word), "{command} does not say `{word}`: {said}");
        }
    }
}

fn certificate(dir: &Path, name: &str) {
    let arguments = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout";
    let done = Command::new("openssl")
        .args(arguments.split(' '))
        .args([format!("{name}.key"), "-out".to_owned(), format!("{name}.crt")])
        .current_dir(dir)
        .output()
        .unwrap_or_else(|error| panic!("openssl cannot be started: {error}; run scripts/setup"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn certificates_and_keys_are_tried_as_the_start_does() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    certificate(dir, "a");
    certificate(dir, "b");
    write(dir, "garbage.pem", "-----BEGIN NOTHING-----\nnothing\n");
    let http = |tls: &str| format!("[http]\nlisten = \"127.0.0.1:0\"\ntls = {tls}\n[mqtt]\nlisten = \"127.0.0.1:0\"\n");
    let mqtt = |tls: &str| {
        let tls = tls.replacen('{', "{ listen = \"127.0.0.1:0\",", 1);
        format!("[http]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\ntls = {tls}\n")
    };
    for (files, why) in [
        ("{ certificate = \"a.crt\", key = \"b.key\" }", "KeyMismatch"),
        ("{ certificate = \"a.crt\", key = \"a.crt\" }", "no items found"),
        ("{ certificate = \"garbage.pem\", key = \"garbage.pem\" }", "garbage.pem"),
    ] {
        write(dir, "hearth.toml", &http(files));
        both_say(dir, &[why]);
        assert!(hearth(dir, &["check"]).1.starts_with("hearth.toml:3:7: "), "the place is named");
        write(dir, "hearth.toml", &mqtt(files));
        both_say(dir, &[why]);
    }
    let right = "{ certificate = \"a.crt\", key = \"a.key\" }";
    for text in [http(right), mqtt(right)] {
        write(dir, "hearth.toml", &text);
        assert_eq!(hearth(dir, &["check"]), (Some(0), String::new()));
    }
}

fn rulebook(id: &str, version: &str, rule: &str, more: &str) -> String {
    format!(
        "[rulebook]\nid = \"{id}\"\nversion = \"{version}\"\ntitle = \"T\"\nprogramme = \"{id}\"\n{more}\n[[rule]]\nid = \"{rule}\"\nseverity = \"high\"\nwhen = \"latest(spo2) < 88 %\"\nbasis = \"a test\"\ntask = {{ title = \"Low\", ask = [\"How are you?\"], due = \"4 h\" }}\n"
    )
}

fn installed(dir: &Path) -> i64 {
    let db = rusqlite::Connection::open(dir.join("d/hearth.db")).unwrap();
    db.query_row("SELECT count(*) FROM rulebook", [], |row| row.get(0)).unwrap()
}

#[test]
fn rulebooks_are_judged_together_before_any_is_installed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let shipped = rules::SHIPPED.iter().find(|(name, _)| *name == "oxygen").unwrap().1;
    let named = |files: &str| format!("{PORTS}[rules]\nfiles = [{files}]\n");
    write(dir, "mine.toml", &rulebook("mine", "1", "X-1", ""));
    assert_eq!(hearth(dir, &["rules", "check", "mine.toml"]), (Some(0), String::new()));

    write(dir, "oxygen.toml", &format!("{shipped}\n# another text\n"));
    write(dir, "hearth.toml", &named("\"mine.toml\", \"oxygen.toml\""));
    both_say(dir, &["oxygen.toml:", "is there already with another text"]);
    assert_eq!(installed(dir), 0, "a start that failed installs nothing");

    write(dir, "other.toml", &rulebook("other", "1", "X-1", ""));
    write(dir, "hearth.toml", &named("\"mine.toml\", \"other.toml\""));
    both_say(dir, &["other.toml:7:1:", "rule `X-1` is defined in rulebook `mine` too"]);
    assert_eq!(installed(dir), 0, "a start that failed installs nothing");

    // The right ones start, and an installed version is known from then on.
    write(dir, "hearth.toml", &named("\"mine.toml\""));
    let hub = dir.join("d");
    let mut serve = Command::new(env!("CARGO_BIN_EXE_hearth"))
        .args(["serve"])
        .current_dir(dir)
        .stderr(Stdio::null())
        .env_remove("HEARTH_API_TOKEN")
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    let serves = || std::fs::read_to_string(hub.join("hearth.lock")).is_ok_and(|text| text.contains("http"));
    while !serves() {
        assert!(serve.try_wait().unwrap().is_none() && began.elapsed().as_secs() < 120, "it does not serve");
        std::thread::yield_now();
    }
    serve.kill().unwrap();
    serve.wait().unwrap();
    assert_eq!(hearth(dir, &["check"]), (Some(0), String::new()));
    write(dir, "mine.toml", &rulebook("mine", "1", "X-2", ""));
    both_say(dir, &["mine.toml:", "rulebook `mine 1` is there already with another text"]);
}

#[test]
fn one_mistake_hides_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write(dir, "mine.toml", &rulebook("mine", "1", "X-1", "include = [\"oxigen\"]\nauthor = 1\n"));
    write(dir, "other.toml", &rulebook("other", "1", "X-1", "author = 1\n"));
    write(
        dir,
        "hearth.toml",
        "[http]\nlisten = \"0.0.0.0:0\"\ntls = { certificate = \"no.crt\", key = \"no.key\" }\n[mqtt]\nlisten = 1883\n[mqtt.limits]\npacket = \"2 MB\"\n[admission]\nlate = \"20 d\"\noldest = \"10 d\"\n[rules]\nfiles = [\"missing.toml\", \"mine.toml\", \"other.toml\"]\n",
    );
    let (code, said) = hearth(dir, &["check"]);
    assert_eq!(code, Some(1));
    for word in [
        "hearth.toml:5:10: ",
        "hearth.toml:7:10: `2 MB` is not a size",
        "`no.crt` cannot be read",
        "`no.key` cannot be read",
        "hearth.toml:9:8: a reading this old",
        "hearth.toml:12:9: rulebook `missing.toml` cannot be read",
        "mine.toml:7:1: ",
        "other.toml:6:1: ",
        "rule `X-1` is defined in rulebook `mine` too",
    ] {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
    assert_eq!(said.matches("missing.toml").count(), 1, "once is enough: {said}");
    // What only follows from what could not be read is not said.
    write(dir, "hearth.toml", "[http]\nlisten = \"0.0.0.0:0\"\ntrusted_proxies = [\"x\"]\n[smtp]\nhost = 1\n");
    let (_, said) = hearth(dir, &["check"]);
    assert!(said.contains("hearth.toml:3:") && !said.contains("plain HTTP"), "{said}");

    let (code, said) = hearth(dir, &["rules", "check", "mine.toml", "other.toml"]);
    assert_eq!(code, Some(1));
    for word in
        ["included rulebook `oxigen` is not known", "rule `X-1` is defined in rulebook `mine` too", "other.toml:6:1: "]
    {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn a_broker_that_cannot_be_reached_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    // Of a listener that is gone: it refuses.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    write(dir, "hearth.toml", &format!("{PORTS}[mqtt.broker]\nhost = \"127.0.0.1\"\nport = {port}\n"));
    let (code, said) = hearth(dir, &["check"]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with(&format!("hearth.toml:6:1: the broker 127.0.0.1:{port} cannot be reached: ")), "{said}");
}
