//! MQTT and the console over TLS, with clients and certificates that we did not write.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use chrono::Utc;
use hearth_tests::readings::weight;
use hearth_tests::{Hearth, TOKEN, free_port, run, until};
use serde_json::{Value, json};

/// What curl's exit code says where the server's certificate is signed by nobody it knows.
const UNKNOWN_AUTHORITY: i32 = 60;

#[track_caller]
fn execute(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().to_owned();
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}; run scripts/setup", program.display()));
    // Who does not read has given its answer already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// An authority that signs for `localhost`.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let mut root = vec!["req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca.key"];
        root.extend(key);
        authority.openssl(root.into_iter().chain(["-out", "ca.crt"]));
        let mut request = vec!["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"];
        request.extend(key);
        authority.openssl(request);
        std::fs::write(authority.path("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
        let sign =
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt";
        authority.openssl(sign.split(' '));
        authority
    }

    fn openssl<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) {
        let output = execute(Command::new("openssl").args(arguments).current_dir(self.folder.path()), "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn certificate(&self) -> PathBuf {
        self.path("ca.crt")
    }
}

/// A service that speaks TLS on both doors.
struct Bench {
    hearth: Hearth,
    port: u16,
    password: String,
    authority: Authority,
}

impl Bench {
    fn new() -> Self {
        let (authority, port) = (Authority::new(), free_port());
        let pair =
            format!("certificate = {:?}, key = {:?}", authority.path("server.crt"), authority.path("server.key"));
        let mut hearth = Hearth::configured(&format!(
            "tls = {{ listen = \"127.0.0.1:{port}\", {pair} }}\n[http.tls]\n{}",
            pair.replace(", key", "\nkey")
        ));
        let config = hearth.config();
        let made = run(["source", "add", "acme", "--kind", "vendor", "--json", "--config", config.to_str().unwrap()]);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let password = made["password"].as_str().unwrap().to_owned();
        hearth.spawn();
        let bench = Self { hearth, port, password, authority };
        until("/readyz answers over HTTPS", || {
            bench.curl(&bench.authority.certificate(), "/readyz").status.success().then_some(())
        });
        bench
    }

    fn curl(&self, authority: &Path, path: &str) -> Output {
        let url = format!("https://localhost:{}{path}", self.hearth.http.port());
        let mut command = Command::new("curl");
        // `localhost` may be ::1 first, where nobody listens.
        command.args(["--silent", "--show-error", "--fail-with-body", "--include", "--ipv4", "--header", "@-", &url]);
        execute(command.arg("--cacert").arg(authority), &format!("Authorization: Bearer {TOKEN}\n"))
    }

    fn ledger(&self) -> Value {
        let output = self.curl(&self.authority.certificate(), "/api/v1/ledger");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// `mosquitto_pub`, with these arguments besides the usual ones.
    fn publish(&self, version: &str, id: &str, more: &[&str]) -> Output {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", "localhost", "-p", &self.port.to_string(), "-u", "acme", "-P", &self.password]);
        command.args(["-V", version, "-q", "1", "-t", "hearth/v1/acme/scale/reading"]).args(more);
        execute(command.args(["-m", &weight(id, Utc::now(), 80.1).to_string()]), "")
    }
}

#[test]
fn readings_go_over_tls_to_those_who_know_the_authority() {
    let bench = Bench::new();
    let stored = |n: u64| json!({"received": n, "stored": n, "duplicate": 0, "quarantined": 0});
    let authority = bench.authority.certificate();
    for (n, version) in [(1, "mqttv311"), (2, "mqttv5")] {
        let output = bench.publish(version, version, &["--cafile", authority.to_str().unwrap()]);
        assert!(output.status.success(), "{version}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(bench.ledger(), stored(n), "{version}");
    }
    let other = Authority::new();
    for (what, more) in [
        ("another authority", vec!["--cafile".to_owned(), other.certificate().display().to_string()]),
        ("no TLS", vec![]),
    ] {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let output = bench.publish("mqttv311", "refused", &more);
        assert!(!output.status.success(), "{what}");
        assert_eq!(bench.ledger(), stored(2), "{what}");
    }
}

#[test]
fn the_console_is_served_over_https_to_those_who_know_the_authority() {
    let bench = Bench::new();
    let page = bench.curl(&bench.authority.certificate(), "/sign-in");
    let text = String::from_utf8(page.stdout).unwrap();
    assert!(page.status.success() && text.contains("<form"), "{text}");
    assert!(text.to_lowercase().contains("strict-transport-security"), "it is to stay with HTTPS: {text}");
    let cookies: Vec<&str> = text.lines().filter(|line| line.to_lowercase().starts_with("set-cookie")).collect();
    assert!(cookies.iter().all(|cookie| cookie.contains("; Secure")), "{cookies:?}");

    let refused = bench.curl(&Authority::new().certificate(), "/sign-in");
    assert_eq!(refused.status.code(), Some(UNKNOWN_AUTHORITY), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(refused.stdout.is_empty());
    let plain = bench.hearth.api().send("GET", "/sign-in", None);
    assert!(!plain.is_ok_and(|answer| answer.status < 400), "plain HTTP is not served");
}
