//! The pages in a real browser, against the demo: `browser/pages.mjs` holds the tests and takes the photographs
//! (`target/screenshots`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hearth_tests::{Hearth, TOKEN, folder, target, until};
use serde_json::json;

const CHROMIUM: &str = "chromium";
const SETUP: &str = "run scripts/setup; without a browser nothing is known about the pages";

fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[test]
fn the_pages_do_what_a_coordinator_needs() {
    let chromium = found(CHROMIUM).unwrap_or_else(|| panic!("{CHROMIUM} is missing: {SETUP}"));
    assert!(found("node").is_some(), "node is missing: {SETUP}");
    let script = folder().join("browser/pages.mjs");
    assert!(folder().join("browser/node_modules/playwright-core").is_dir(), "playwright-core is missing: {SETUP}");

    let hearth = Hearth::demo(&["--seed", "7"]);
    let empty = Hearth::serve("");
    let api = hearth.api();
    let password = "a password of the tests";
    let user =
        json!({"name": "cora", "display_name": "Cora Coordinator", "role": "administrator", "password": password});
    for api in [&api, &empty.api()] {
        let _ = api.post("/users", &user).expect(201);
    }
    until("a list worth looking at", || (api.all("/tasks?status=requested").len() >= 3).then_some(()));

    let task = json!({"base": format!("http://{}", hearth.http), "mqtt": format!("mqtt://{}", hearth.mqtt),
        "empty": format!("http://{}", empty.http),
        "token": TOKEN, "user": "cora", "password": password, "chromium": chromium,
        "screenshots": target().join("screenshots")});
    let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).spawn().unwrap();
    node.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
    assert!(node.wait().unwrap().success(), "see above for what is wrong with the pages");
}
