//! The command line as somebody meets it: what it prints, where, and with which exit code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn hearth(dir: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hearth"))
        .args(arguments)
        .current_dir(dir)
        .env_remove("HEARTH_API_TOKEN")
        .env_remove("HEARTH_DATA")
        .env_remove("HEARTH_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read is no reason to fail.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// A session: each line is run in one directory and compared.
#[derive(Default)]
struct Session {
    dir: Option<tempfile::TempDir>,
}

impl Session {
    fn dir(&mut self) -> &Path {
        self.dir.get_or_insert_with(|| tempfile::tempdir().unwrap()).path()
    }

    fn file(&mut self, name: &str, text: &str) {
        std::fs::write(self.dir().join(name), text).unwrap();
    }

    #[track_caller]
    fn check(&mut self, arguments: &[&str], stdin: &str, code: i32, stdout: &str, stderr: &str) {
        let output = hearth(self.dir(), arguments, stdin);
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let found = (output.status.code().unwrap(), said(&output.stdout), said(&output.stderr));
        assert_eq!(found, (code, stdout.to_owned(), stderr.to_owned()), "hearth {arguments:?}");
    }

    #[track_caller]
    fn json(&mut self, arguments: &[&str], stdin: &str) -> Value {
        let output = hearth(self.dir(), arguments, stdin);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn decode_prints_measurements_and_names_what_is_malformed() {
    let mut session = Session::default();
    session.check(
        &["decode", "2A9D", "00783c"],
        "",
        0,
        r#"{"kind":"body-weight","values":{"weight":{"value":77.4,"unit":"kg"}}}"#,
        "",
    );
    let weight = r#"{"kind":"body-weight","values":{"weight":{"value":77.4,"unit":"kg"}}}"#;
    session.check(&["decode", "0x2A9D", "00783c"], "", 0, weight, "");
    for (arguments, complaint) in [
        (["decode", "2A9D", "00"], "byte 1"),
        (["decode", "2A9D", "0g"], "`0g` is not hexadecimal: `g` at digit 2 (byte 0)"),
        (["decode", "2A9D", "000"], "an odd number of digits"),
        (["decode", "scale", "00"], "`scale` is no characteristic"),
    ] {
        let output = hearth(session.dir(), &arguments, "");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && stderr.lines().count() == 1, "{arguments:?}: {stderr}");
        assert!(stderr.contains(complaint), "{arguments:?}: {stderr}");
    }
}

#[test]
fn sources_show_their_secret_once() {
    let mut session = Session::default();
    let made = session.json(&["source", "add", "hub-1", "--kind", "gateway", "--data", "d", "--json"], "");
    assert_eq!((made["id"].as_str(), made["username"].as_str()), (Some("hub-1"), Some("hub-1")));
    let first = made["password"].as_str().unwrap().to_owned();
    assert_eq!(first.len(), 64, "256 bits as hexadecimal digits");
    let rotated = session.json(&["source", "rotate", "hub-1", "--data", "d", "--json"], "");
    assert_ne!(rotated["password"].as_str(), Some(first.as_str()));
    session.check(&["source", "disable", "hub-1", "--data", "d"], "", 0, "hub-1 is disabled", "");
    session.check(
        &["source", "list", "--data", "d"],
        "",
        0,
        "ID     KIND     STATE     LAST SEEN\nhub-1  gateway  disabled  never",
        "",
    );
    session.check(&["source", "enable", "hub-1", "--data", "d"], "", 0, "hub-1 is enabled", "");
    session.check(
        &["source", "rotate", "hub-2", "--data", "d"],
        "",
        1,
        "",
        "there is no source `hub-2`; `hearth source list` names them all",
    );
    let again = hearth(session.dir(), &["source", "add", "hub-1", "--kind", "vendor", "--data", "d"], "");
    assert_eq!(again.status.code(), Some(1), "the id is taken");
    let listed = session.json(&["source", "list", "--data", "d", "--json"], "");
    assert!(!listed.to_string().contains(&first) && listed[0].get("secret_sha256").is_none(), "{listed}");
}

#[test]
fn people_are_made_with_a_password_that_nobody_sees() {
    let mut session = Session::default();
    let add = ["user", "add", "ada", "--role", "administrator", "--data", "d", "--password-stdin"];
    session.check(&add, "correct horse\n", 0, "ada may sign in as administrator", "");
    session.check(&add, "correct horse\n", 1, "", "there is somebody called `ada` already");
    session.check(&add, "\n", 2, "", "no password on standard input; its first line is the password");
    let no_terminal = ["user", "password", "ada", "--data", "d"];
    session.check(
        &no_terminal,
        "",
        2,
        "",
        "no terminal to ask for the password; give it on standard input with --password-stdin",
    );
    session.check(
        &["user", "role", "ada", "viewer", "--data", "d"],
        "",
        1,
        "",
        "`ada` is the last administrator; make another one first",
    );
    session.check(
        &["user", "disable", "bob", "--data", "d"],
        "",
        1,
        "",
        "there is nobody called `bob`; `hearth user list` names everybody",
    );
    let list = ["user", "list", "--data", "d"];
    let listed = |state| format!("NAME  SHOWN AS  ROLE           STATE\nada   ada       administrator  {state}");
    session.check(&list, "", 0, &listed("enabled"), "");
    let db = rusqlite::Connection::open(session.dir().join("d/hearth.db")).unwrap();
    let until = 4_102_444_800_000_000_i64;
    assert_eq!(db.execute("UPDATE user SET locked_until = ?1", [until]).unwrap(), 1);
    drop(db);
    session.check(&list, "", 0, &listed("locked until 2100-01-01T00:00:00Z"), "");
    let users = session.json(&["user", "list", "--data", "d", "--json"], "");
    assert_eq!(users[0]["name"], "ada");
    assert!(users[0].get("password_hash").is_none(), "{users}");
}

#[test]
fn tokens_are_shown_once_and_can_be_disabled() {
    let mut session = Session::default();
    let made =
        session.json(&["token", "add", "export", "--role", "viewer", "--days", "30", "--data", "d", "--json"], "");
    let id = made["id"].as_str().unwrap();
    session.check(&["token", "disable", id, "--data", "d"], "", 0, &format!("token {id} is disabled"), "");
    let tokens = session.json(&["token", "list", "--data", "d", "--json"], "");
    assert_eq!((tokens[0]["label"].as_str(), tokens[0]["disabled"].as_bool()), (Some("export"), Some(true)));
    assert!(!tokens.to_string().contains(made["token"].as_str().unwrap()));
}

const READINGS: &str = "patient,kind,measured_at,quantity,value,unit
p1,blood-pressure,2026-01-02T07:00:00Z,diastolic,82,mm[Hg]
p1,blood-pressure,2026-01-02T07:00:00Z,systolic,128,mm[Hg]
p1,body-weight,2026-01-01T07:00:00Z,weight,80.10,kg
p2,glucose,2026-01-01T07:00:00+01:00,glucose,LO,
p2,glucose,2026-01-01T08:00:00+01:00,glucose,90000,mg/dL
";

#[test]
fn what_was_imported_can_be_exported_and_imported_again() {
    let mut session = Session::default();
    session.file("readings.csv", READINGS);
    let import = ["import", "readings.csv", "--data", "d", "--json"];
    let counts = |stored, duplicate, quarantined| serde_json::json!({"stored": stored, "duplicate": duplicate, "quarantined": quarantined});
    assert_eq!(session.json(&import, ""), counts(3, 0, 1), "90000 mg/dL is impossible");
    // The same file again: what is stored is a duplicate, what was refused is refused again.
    assert_eq!(session.json(&import, ""), counts(0, 3, 1));

    let exported = hearth(session.dir(), &["export", "--data", "d"], "");
    let text = String::from_utf8(exported.stdout).unwrap();
    assert!(text.contains(r#""values":{"weight":{"value":80.10,"unit":"kg"}}"#), "digit for digit: {text}");
    assert_eq!(text.lines().count(), 3);
    session.file("readings.ndjson", &text);
    assert_eq!(session.json(&["import", "readings.ndjson", "--data", "d", "--json"], ""), counts(0, 3, 0));
    assert_eq!(session.json(&["import", "readings.ndjson", "--data", "other", "--json"], ""), counts(3, 0, 0));

    let ledger = session.json(&["export", "--what", "ledger", "--data", "d"], "");
    let count = |name: &str| ledger[name].as_u64().unwrap();
    assert_eq!(count("received"), count("stored") + count("duplicate") + count("quarantined"), "{ledger}");
    session.check(&["export", "--what", "tasks", "--data", "d"], "", 0, "", "");
}

/// Two readings of one kind in one second, told apart by who sent them, and two that are alike to the digit.
const TWICE: &str = r#"{"source":"hub","device":"a","id":"1","kind":"body-weight","measured_at":"2026-01-01T07:00:00Z","values":{"weight":{"value":80.1,"unit":"kg"}}}
{"source":"hub","device":"b","id":"1","kind":"body-weight","measured_at":"2026-01-01T07:00:00Z","values":{"weight":{"value":80.3,"unit":"kg"}}}
{"source":"cloud","device":"a","id":"7","kind":"body-weight","measured_at":"2026-01-01T07:00:00Z","values":{"weight":{"value":80.1,"unit":"kg"}}}
"#;

/// Enters somebody whose devices these are.
fn one_patients(database: &Path, devices: &[(&str, &str)]) {
    let work = async {
        let start = chrono::DateTime::UNIX_EPOCH;
        let stamp = std::sync::Arc::new(chrono::Utc::now);
        let store = store::SqliteStore::open(store::SqliteOptions::new(database, stamp)).unwrap();
        let store: store::SharedStore = std::sync::Arc::new(store);
        let patient = care::PatientId::new("p1").unwrap();
        let profile = care::Patient {
            id: patient.clone(),
            name: "P".into(),
            birth_date: None,
            timezone: chrono_tz::Tz::UTC,
            phone: "1".into(),
            contacts: vec![],
            language: "en".into(),
            identifiers: vec![],
            teams: Default::default(),
        };
        let change = care::Change {
            profile: Some(profile),
            timezone: None,
            status: Some(care::PatientStatus::Active),
            enrolments: None,
            effective_from: start,
            reason: "entered".into(),
        };
        let assignment = |(source, device): &(&str, &str)| care::Assignment {
            device: vitals::DeviceRef {
                source: vitals::SourceId::new(source).unwrap(),
                device: vitals::DeviceId::new(device).unwrap(),
            },
            user_slot: None,
            patient: patient.clone(),
            from: start,
            until: None,
        };
        let assignments = devices.iter().map(assignment).collect();
        store.add_patient(change, vec![], assignments, &care::Actor::hearth()).await.unwrap();
        store.close(chrono::TimeDelta::seconds(60)).await.unwrap();
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
}

#[test]
fn readings_of_one_second_go_out_as_csv_and_come_in_again() {
    let mut session = Session::default();
    session.file("twice.ndjson", TWICE);
    assert_eq!(session.json(&["import", "twice.ndjson", "--data", "d", "--json"], "")["stored"], 3);
    one_patients(&session.dir().join("d/hearth.db"), &[("hub", "a"), ("hub", "b"), ("cloud", "a")]);
    session.check(
        &["export", "--format", "csv", "--to", "made/here", "--data", "d"],
        "",
        0,
        "made/here/readings.csv",
        "",
    );
    let text = std::fs::read_to_string(session.dir().join("made/here/readings.csv")).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    let import = ["import", "made/here/readings.csv", "--data", "other", "--json"];
    assert_eq!(session.json(&import, "")["stored"], 3, "{text}");
    assert_eq!(session.json(&import, "")["duplicate"], 3, "a file twice changes nothing");
    let readings = hearth(session.dir(), &["export", "--data", "other"], "").stdout;
    let readings = String::from_utf8(readings).unwrap();
    assert_eq!((readings.matches("80.1").count(), readings.matches("80.3").count()), (2, 1), "{readings}");
}

#[test]
fn a_file_that_cannot_be_read_imports_nothing() {
    let mut session = Session::default();
    let rows = "patient,kind,measured_at,quantity,value,unit\np1,body-weight,yesterday,weight,80,kg\np1,body-weight,2026-01-01T07:00:00Z,weight,heavy,kg\n";
    session.file("bad.csv", rows);
    session.check(
        &["import", "bad.csv", "--data", "d"],
        "",
        2,
        "",
        "bad.csv:2: `yesterday` is no time; write RFC 3339 with an offset: 2026-01-01T07:00:00Z
bad.csv:3: `heavy` is no number; write one with a point, or LO or HI
nothing was imported",
    );
    session.file("short.csv", "patient,kind\n");
    session.check(
        &["import", "short.csv", "--data", "d"],
        "",
        2,
        "",
        "short.csv:1: column `measured_at` is missing; the columns are patient,kind,measured_at,quantity,value,unit",
    );
    session.check(
        &["export", "--data", "nowhere"],
        "",
        1,
        "",
        "there is no store in `nowhere`; `hearth serve` makes one on its first start",
    );
    session.check(
        &["source", "list"],
        "",
        2,
        "",
        "which data? Name its directory with --data, or the configuration with --config",
    );
}

#[test]
fn check_names_every_mistake_with_its_place() {
    let mut session = Session::default();
    session.file("hearth.toml", "dta = \"x\"\n[http]\nlisten = \"127.0.0.1\"\n[mqtt.limits]\npacket = \"1 MB\"\n");
    session.check(
        &["check"],
        "",
        1,
        "",
        "hearth.toml:1:1: unknown key `dta`; did you mean `data`?
hearth.toml:3:10: expected an address with port, like \"127.0.0.1:8080\"
hearth.toml:5:10: `1 MB` is not a size; write a whole number and B, KiB, MiB or GiB: \"1 MiB\"",
    );
    session.file("broken.toml", "[rulebook]\nid = \"broken\"\n");
    session.file(
        "two.toml",
        "[http]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n[rules]\nfiles = [\"broken.toml\"]\n",
    );
    let output = hearth(session.dir(), &["check", "--config", "two.toml", "--json"], "");
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    assert!(report["mistakes"][0].as_str().unwrap().starts_with("broken.toml:1:"), "{report}");
    session.file("good.toml", "[http]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n");
    session.check(&["check", "--config", "good.toml"], "", 0, "no mistakes found", "");
    let missing = hearth(session.dir(), &["serve", "--config", "missing.toml"], "");
    assert_eq!(missing.status.code(), Some(1));
}

/// The program that the guide gives to check a trail without Hearth.
fn guides_program() -> &'static str {
    let guide = include_str!("../../docs/guides/security.md");
    guide.split_once("```python\n").unwrap().1.split_once("```").unwrap().0
}

#[test]
fn the_audit_trail_is_exported_checked_and_a_change_is_found() {
    let mut session = Session::default();
    session.file("h.toml", "data = \"d\"\n[http]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n");
    for label in ["täglich, \"1\"", "two", "three"] {
        session.json(&["token", "add", label, "--role", "viewer", "--read-only", "--data", "d", "--json"], "");
    }
    session.check(&["check", "--config", "h.toml"], "", 0, "no mistakes found", "");
    let export = ["export", "--what", "audit", "--data", "d"];
    let trail = hearth(session.dir(), &export, "").stdout;
    let lines: Vec<Value> =
        String::from_utf8(trail.clone()).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((lines[0]["action"].as_str(), lines[0]["actor"].as_str()), (Some("add-token"), Some("operator")));
    let head = format!("3:{}", lines[2]["hash"].as_str().unwrap());
    session.check(&["check", "--config", "h.toml", "--audit-head", &head], "", 0, "no mistakes found", "");
    session.file("trail.ndjson", &String::from_utf8(trail).unwrap());
    session.file("whole.py", guides_program());
    let input = std::fs::File::open(session.dir().join("trail.ndjson")).unwrap();
    let python = Command::new("python3").arg(session.dir().join("whole.py")).stdin(input).output().unwrap();
    let said = String::from_utf8_lossy(&python.stdout).trim_end().to_owned();
    assert_eq!(said, format!("whole, ends at {head}"), "{}", String::from_utf8_lossy(&python.stderr));

    let db = rusqlite::Connection::open(session.dir().join("d/hearth.db")).unwrap();
    db.execute_batch("DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE row = 3").unwrap();
    session.check(&["check", "--config", "h.toml"], "", 0, "no mistakes found", "");
    session.check(
        &["check", "--config", "h.toml", "--audit-head", &head],
        "",
        1,
        "",
        "d: the audit trail does not hold line 3 as it was written down; its end was cut off or all of it was written anew",
    );
    db.execute_batch("DROP TRIGGER audit_stays; UPDATE audit SET actor = 'eve' WHERE row = 2").unwrap();
    drop(db);
    session.check(
        &["check", "--config", "h.toml"],
        "",
        1,
        "",
        "d: line 2 of the audit trail is not as it was written: its hash does not follow from the line before it; somebody changed the file past Hearth: keep it as it is, and compare with a backup",
    );
}

#[test]
fn shipped_rulebooks_have_no_mistakes_and_pass_their_tests() {
    let mut session = Session::default();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/rulebook");
    let files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().to_str().unwrap().to_owned()).collect();
    for verb in ["check", "test"] {
        let mut arguments = vec!["--json", "rules", verb];
        arguments.extend(files.iter().map(String::as_str));
        assert_eq!(session.json(&arguments, "")["ok"], true, "rules {verb}");
    }
}

#[test]
fn a_rulebook_with_mistakes_points_at_them() {
    let mut session = Session::default();
    session.file("mine.toml", "[rulebook]\nid = \"mine\"\nversion = \"1\"\nprogramme = \"mine\"\n\n[[rule]]\nid = \"M-1\"\nwhen = \"latest(weight) > 3 mmol/L\"\n");
    let output = hearth(session.dir(), &["rules", "check", "mine.toml"], "");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("mine.toml:8:"), "{stderr}");
}

#[test]
fn a_service_without_its_configuration_says_where_to_start() {
    let mut session = Session::default();
    let stderr = "cannot read the configuration `hearth.toml`: No such file or directory (os error 2); deploy/hearth.toml is a commented one to start from";
    session.check(&["serve"], "", 1, "", stderr);
    session.check(&["check"], "", 1, "", stderr);
}
