use super::*;

fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = match Settings::parse(text, "h.toml") {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn nothing_at_all_is_a_configuration() {
    check("", &[]);
}

#[test]
fn the_commented_example_says_the_defaults() {
    let text = include_str!("../../../deploy/hearth.toml");
    let settings = Settings::parse(text, "hearth.toml").unwrap();
    assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
}

#[test]
fn what_the_example_has_commented_out_can_be_switched_on() {
    let text: String = include_str!("../../../deploy/hearth.toml")
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
        .collect();
    let mistakes = Settings::parse(&text, "hearth.toml").unwrap_err();
    let of_this_machine = |m: &ConfigError| m.message.contains("cannot be read");
    assert!(mistakes.iter().all(of_this_machine), "only files that are not here: {mistakes:#?}");
}

#[test]
fn plain_http_stays_on_the_loopback_address() {
    check(
        "[http]\nlisten = \"0.0.0.0:8080\"\n",
        &[
            "h.toml:2:10: plain HTTP is served on a loopback address only, and 0.0.0.0:8080 is none; configure `tls`, or name the proxy that ends TLS in `trusted_proxies`",
        ],
    );
    check("[http]\nlisten = \"0.0.0.0:8080\"\ntrusted_proxies = [\"10.0.0.1\"]\n", &[]);
}

#[test]
fn limits_of_admission_have_a_place() {
    check(
        "[admission]\nlate = \"20 d\"\noldest = \"10 d\"\n",
        &["h.toml:2:8: a reading this old is refused before it could be flagged as late; write less than `oldest`"],
    );
    check(
        "[admission]\nfuture = \"soon\"\n[admission.limits]\nweight = { hard = \"2 .. 3\" }\nsystolik = {}\n",
        &[
            "h.toml:2:10: `soon` is not a duration; write a whole number and ms, s, min, h or d: \"30 s\"",
            "h.toml:4:10: `2 .. 3` is no range; write the lowest and the highest value and a UCUM unit: \"40 .. 300 kg\"",
            "h.toml:5:1: unknown key `systolik`; did you mean `systolic`?",
        ],
    );
}

#[test]
fn contradictions_have_a_place() {
    check(
        "[http]\nidle_timeout = \"2 d\"\n[mqtt]\nlisten = \"127.0.0.1:8080\"\n[mqtt.limits]\npacket = \"2 MiB\"\n",
        &[
            "h.toml:2:16: the idle time-out must be above zero and not above the session's lifetime",
            "h.toml:4:10: HTTP listens there already; give each its own port",
            "h.toml:6:10: the largest packet is 1 MiB by contract; write \"1 MiB\" or less",
        ],
    );
}

#[test]
fn sign_in_elsewhere_has_a_protected_way_there_and_back() {
    let oidc = "[oidc]\nissuer = \"http://id.example\"\nclient_id = \"hearth\"\nroles = {}\n";
    check(
        &format!("[http]\nglass = \"2 d\"\n{oidc}"),
        &[
            "h.toml:2:9: a patient of another team is open for more than nothing and at most a day",
            "h.toml:3:1: sign-in by an identity provider needs `public_url` in [http]: the provider sends people back there",
            "h.toml:4:10: the issuer `http://id.example` is not `https://`; without TLS anybody on the way could sign in as anybody",
            "h.toml:6:9: no word of the role claim means a role, so nobody could sign in; write e.g. roles = { \"rpm-nurses\" = \"coordinator\" }",
        ],
    );
    check(
        "[http]\npublic_url = \"http://hearth.example\"\n[oidc]\nissuer = \"https://id.example\"\nclient_id = \"hearth\"\nroles = { a = \"viewer\" }\nca = \"/nowhere.pem\"\n",
        &[
            "h.toml:2:14: `public_url` is `http://hearth.example` and not `https://`; the identity provider sends people back there",
            "h.toml:7:6: certificate authority `/nowhere.pem` cannot be read: No such file or directory (os error 2); name a file that the user of this process may read",
        ],
    );
    check(
        "[http]\npublic_url = \"http://127.0.0.1:8080\"\n[oidc]\nissuer = \"http://localhost:9\"\nclient_id = \"hearth\"\nroles = { a = \"viewer\" }\n",
        &[],
    );
}
