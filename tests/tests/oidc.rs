//! Sign-in by an identity provider that we did not write: npm's `oidc-provider`, in a real browser
//! (`browser/oidc.mjs`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hearth_tests::{Hearth, TOKEN, folder};
use serde_json::{Value, json};

fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(&path).map(|folder| folder.join(program));
    all.find(|path| path.is_file()).unwrap_or_else(|| panic!("{program} is missing: run scripts/setup"))
}

#[test]
fn people_sign_in_at_the_hospitals_own_provider() {
    let script = folder().join("browser/oidc.mjs");
    let mut node =
        Command::new(found("node")).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    // Held to the end: the provider goes on talking, and a closed pipe would end it.
    let mut provider_says = BufReader::new(node.stdout.take().unwrap());
    provider_says.read_line(&mut line).unwrap();
    let provider: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));

    let mut hearth = Hearth::serve("");
    let api = hearth.api();
    let _ = api.post("/teams", &json!({"id": "north", "name": "North"})).expect(201);
    let cora = json!({"name": "cora", "role": "administrator", "password": "a password of the tests"});
    let _ = api.post("/users", &cora).expect(201);
    assert!(hearth.stop().success());
    let base = format!("http://{}", hearth.http);
    let secret = hearth.folder().join("oidc.secret");
    std::fs::write(&secret, provider["secret"].as_str().unwrap()).unwrap();
    let text = std::fs::read_to_string(hearth.config()).unwrap();
    let text = text.replace("[mqtt]", &format!("public_url = \"{base}\"\n[mqtt]"));
    let oidc = format!(
        "[oidc]\nissuer = {}\nclient_id = \"hearth\"\nclient_secret = {{ file = {secret:?} }}\nname = \"the clinic\"\n\
         roles = {{ \"rpm-nurses\" = \"coordinator\", \"rpm-doctors\" = \"clinician\" }}\n\
         team_claim = \"groups\"\nteams = {{ \"G-NORTH\" = \"north\" }}\n",
        provider["issuer"]
    );
    std::fs::write(hearth.config(), format!("{text}\n{oidc}")).unwrap();
    hearth.restart();

    let task = json!({"base": base, "token": TOKEN, "chromium": found("chromium")});
    writeln!(node.stdin.take().unwrap(), "{task}").unwrap();
    std::io::copy(&mut provider_says, &mut std::io::stderr()).unwrap();
    assert!(node.wait().unwrap().success(), "see above for what is wrong");
}
