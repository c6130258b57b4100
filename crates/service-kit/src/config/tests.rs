#![allow(dead_code, reason = "the fields are read by the loader only")]

use serde::Deserialize;

use super::*;
use crate::Secret;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(default)]
    http: Http,
    #[serde(default)]
    proxies: Vec<Proxy>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Http {
    listen: Option<std::net::SocketAddr>,
    workers: Option<u16>,
    drain: Option<Span>,
    largest: Option<Bytes>,
    key: Option<Secret>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proxy {
    address: String,
}

fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = match load::<Sample>(text, "h.toml") {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_good_file_loads() {
    check("", &[]);
    check(
        "[http]\nlisten = \"127.0.0.1:1\"\ndrain = \"30 s\"\nlargest = \"1 MiB\"\n[[proxies]]\naddress = \"x\"\n",
        &[],
    );
}

#[test]
fn every_mistake_at_once_with_its_place() {
    check(
        "[http]\nlisten = \"nowhere\"\nworkes = 3\ndrain = \"soon\"\nworkers = 70000\n\n[htp]\n[[proxies]]\nadress = \"x\"\n",
        &[
            "h.toml:2:10: expected an address with port, like \"127.0.0.1:8080\"",
            "h.toml:3:1: unknown key `workes`; did you mean `workers`?",
            "h.toml:4:9: `soon` is not a duration; write a whole number and ms, s, min, h or d: \"30 s\"",
            "h.toml:5:11: invalid value: integer `70000`, expected a whole number from 0 to 65535",
            "h.toml:7:2: unknown key `htp`; did you mean `http`?",
            "h.toml:8:1: `address` is missing; add `address = …` to this section",
            "h.toml:9:1: unknown key `adress`; did you mean `address`?",
        ],
    );
}

#[test]
fn secrets_are_looked_for_while_loading() {
    check(
        "[http]\nkey = { file = \"/nonexistent/key\" }\n",
        &["h.toml:2:7: secret file `/nonexistent/key` cannot be read: No such file or directory (os error 2)"],
    );
    check("[http]\nkey = \"in the open\"\n", &["h.toml:2:7: wrong type: string \"in the open\", expected a section"]);
}

#[test]
fn syntax_errors_have_a_place_too() {
    let errors = load::<Sample>("[http\nlisten = 3", "h.toml").unwrap_err();
    assert_eq!(errors[0].line, 1, "{errors:?}");
}

#[test]
fn a_key_has_a_place() {
    let text = "a = 1\n[http]\nlisten = \"x\"\n";
    assert_eq!(place_of(text, &["http", "listen"]), text.find("\"x\"").unwrap());
    assert_eq!(place_of(text, &["http", "tls"]), 0);
}
