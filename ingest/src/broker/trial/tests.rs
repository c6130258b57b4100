//! Against mosquitto with the access rules that are shipped.

use super::*;
use service_kit::Secret;
use std::path::Path;
use std::process::{Child, Command};

/// Far beyond what any machine needs.
const DEADLINE: Duration = Duration::from_secs(120);
const RULES: &str = include_str!("../../../../deploy/mosquitto.acl");

struct Mosquitto {
    process: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(name: &str) -> Command {
    // Brokers live in /usr/sbin, which is not on everybody's path.
    let path = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(name);
    command.env("PATH", path);
    command
}

fn run(dir: &Path, arguments: &[&str]) {
    let status = command("mosquitto_passwd").current_dir(dir).args(arguments).status();
    assert!(status.unwrap_or_else(|e| panic!("mosquitto_passwd cannot be started: {e}; run scripts/setup")).success());
}

impl Mosquitto {
    /// One that knows hearth, hub-1 and hub-2, each with its name as password.
    fn start(rules: Option<&str>, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Started by root it would become a user that may not read these files.
        let mut text =
            format!("listener {port} 127.0.0.1\nuser root\nlog_dest none\npassword_file {}/p\n", place.display());
        run(place, &["-c", "-b", "p", "hearth", "hearth"]);
        run(place, &["-b", "p", "hub-1", "hub-1"]);
        run(place, &["-b", "p", "hub-2", "hub-2"]);
        if let Some(rules) = rules {
            std::fs::write(place.join("acl"), rules).unwrap();
            text += &format!("acl_file {}/acl\n", place.display());
        }
        std::fs::write(place.join("mosquitto.conf"), text + more).unwrap();
        let mut process = command("mosquitto")
            .arg("-c")
            .arg(place.join("mosquitto.conf"))
            .spawn()
            .unwrap_or_else(|error| panic!("mosquitto cannot be started: {error}; run scripts/setup"));
        let began = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.try_wait().unwrap().is_none() && began.elapsed() < DEADLINE, "mosquitto does not listen");
            std::thread::yield_now();
        }
        Self { process, port, _dir: dir }
    }

    fn as_user(&self, user: &str, password: &str) -> BrokerConfig {
        BrokerConfig {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            ca: None,
            username: Some(user.to_owned()),
            password: Some(Secret::new(password.to_owned())),
            client_id: user.to_owned(),
            group: "hearth".to_owned(),
            window: 10,
        }
    }

    fn talk(&self, user: &str) -> Talk {
        Talk::begin(options(&self.as_user(user, user), &format!("{user}-talks")).unwrap())
    }
}

/// The topics that a source may publish to.
fn branch(source: &str) -> Vec<String> {
    let topics = Topic::INBOUND_FILTERS.into_iter().chain([Topic::STATUS_FILTER]);
    topics.map(|filter| filter.replacen('+', source, 1).replace('+', "scale")).collect()
}

#[tokio::test]
async fn the_shipped_rules_let_hearth_work_and_no_source_speak_for_another() {
    let broker = Mosquitto::start(Some(RULES), "allow_anonymous false\n");
    assert_eq!(broker.as_user("hearth", "hearth").trial(DEADLINE).await, [""; 0]);
    let refused = broker.as_user("hearth", "wrong").trial(DEADLINE).await;
    assert!(refused.len() == 1 && refused[0].contains("refuses the user name or password"), "{refused:?}");
    let source = broker.as_user("hub-1", "hub-1").trial(DEADLINE).await;
    assert!(source.iter().any(|why| why.contains("write receipts")), "{source:?}");
    assert!(source.iter().any(|why| why.contains("write prompts")), "{source:?}");

    let (mut hub, mut hearth) = (broker.talk("hub-1"), broker.talk("hearth"));
    for own in branch("hub-1") {
        assert!(taken(hub.publish(&own).await.unwrap()), "{own}");
        assert_eq!(hearth.publish(&own).await.unwrap(), PubAckReason::NotAuthorized, "hearth writes no {own}");
    }
    for other in branch("hub-2") {
        assert_eq!(hub.publish(&other).await.unwrap(), PubAckReason::NotAuthorized, "{other}");
    }
    for down in ["receipt", "prompt"] {
        let topic = |source: &str| format!("hearth/v1/{source}/scale/{down}");
        assert_eq!(hub.publish(&topic("hub-1")).await.unwrap(), PubAckReason::NotAuthorized, "{down}");
        hub.subscribe(&[format!("hearth/v1/+/+/{down}")]).await.unwrap();
        hub.heard.clear();
        assert!(taken(hearth.publish(&topic("hub-2")).await.unwrap()));
        assert!(taken(hearth.publish(&topic("hub-1")).await.unwrap()));
        while hub.heard.is_empty() {
            tokio::time::timeout(DEADLINE, hub.next()).await.unwrap().unwrap();
        }
        assert_eq!(hub.heard, [topic("hub-1")], "another's {down} was read");
    }
}

#[tokio::test]
async fn what_the_broker_does_not_grant_is_named() {
    let unreadable = RULES.replace("topic read hearth/v1/#\n", "");
    let broker = Mosquitto::start(Some(&unreadable), "allow_anonymous false\n");
    let found = broker.as_user("hearth", "hearth").trial(DEADLINE).await;
    assert!(found.len() == 1 && found[0].contains("read what sources publish"), "{found:?}");

    let broker = Mosquitto::start(None, "allow_anonymous true\nmax_qos 0\n");
    let found = broker.as_user("hearth", "hearth").trial(DEADLINE).await;
    assert!(found.iter().any(|why| why.contains("grants QoS 0 for $share/")), "{found:?}");

    let broker = Mosquitto::start(None, "allow_anonymous true\n");
    let found = broker.as_user("hearth", "hearth").trial(DEADLINE).await;
    assert!(found.len() == 1 && found[0].contains("anybody without a user name"), "{found:?}");
    let port = broker.port;
    let gone = broker.as_user("hearth", "hearth");
    drop(broker);
    let found = gone.trial(DEADLINE).await;
    assert!(
        found.len() == 1 && found[0].starts_with(&format!("the broker 127.0.0.1:{port} cannot be reached")),
        "{found:?}"
    );
}
