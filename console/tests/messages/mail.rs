//! E-mail, through postfix.

use crate::postfix::Postfix;
use crate::support::seed::reading;
use crate::world::{ask, ask_all, failed_once, minutes, quick, sending, settled, smtp};
use care::cover::Channel::Email;
use console::{MessagesConfig, SmtpTls};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::MessageState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vitals::{Kind, Quantity};

fn over(smtp: console::SmtpConfig, attempts: u32) -> MessagesConfig {
    MessagesConfig {
        public_url: Some("https://hearth.clinic.test".into()),
        smtp: Some(smtp),
        webhook: None,
        retries: quick(attempts),
    }
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let start = format!("{name}: ");
    message.lines().find_map(|l| l.strip_prefix(&start)).unwrap_or_else(|| panic!("no {name} in {message}"))
}

/// From a reading to the mailbox: the whole way.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_in_a_real_mailbox_and_says_nothing_of_whom() {
    let postfix = Postfix::start();
    let config = over(smtp(postfix.port, SmtpTls::Starttls, Some(postfix.ca())), 3);
    let fixture = sending(config, &[Email]).await;
    let now = fixture.clock.now();
    let weigh = |days: i64, kg| {
        let at = now - chrono::TimeDelta::days(days) - minutes(5);
        reading("vendor/scale", Kind::BodyWeight, at, &[(Quantity::Weight, kg)])
    };
    fixture.readings(vec![weigh(2, "80.0"), weigh(1, "80.2"), weigh(0, "84.9")]).await;
    let task = fixture.task_of("anna").await;
    let message = postfix.delivered("ada", 1).await.remove(0);
    assert_eq!(header(&message, "Subject"), "A task is waiting");
    assert_eq!(header(&message, "To"), "ada@clinic.test");
    assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
    assert!(header(&message, "Message-ID").ends_with("@clinic.test>"));
    assert!(header(&message, "Received").contains("hearth.test"), "{message}");
    assert!(message.contains("with ESMTPS id"), "it came over TLS: {message}");
    let (_, body) = message.split_once("\n\n").unwrap();
    let expected = format!("A task is waiting\n\nhttps://hearth.clinic.test/tasks/{task}\n");
    assert!(body.starts_with(&expected), "{body}");
    for secret in ["Anna", "Muster", "anna", "84.9", "eight", "kg", "igh", "eart failure"] {
        assert!(!body.contains(secret), "{secret} in {body}");
    }
    let told = fixture.api("GET", &format!("/tasks/{task}"), "").await;
    assert_eq!(told.status, 200);
    let events = fixture.store.task_events(&task.parse().unwrap()).await.unwrap();
    assert!(
        events
            .iter()
            .any(|e| e.what == "told" && e.why.to_string().starts_with("Hearth told ada. Nobody has taken the task."))
    );
    settled(&fixture, "ada", MessageState::Sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_become_one_message_in_the_readers_language() {
    let postfix = Postfix::start();
    let fixture = sending(over(smtp(postfix.tls, SmtpTls::Tls, Some(postfix.ca())), 3), &[Email]).await;
    let many: Vec<_> = (1..=20).map(|step| (step, "ben", Email)).collect();
    ask_all(&fixture, &many).await;
    settled(&fixture, "ben", MessageState::Sent).await;
    let messages = postfix.delivered("ben", 1).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(header(&messages[0], "Subject"), "20 Aufgaben warten");
    assert!(messages[0].contains("\nhttps://hearth.clinic.test/\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_mailbox_is_a_dead_end_at_once() {
    let postfix = Postfix::start();
    let fixture = sending(over(smtp(postfix.plain, SmtpTls::None, None), 5), &[Email]).await;
    ask(&fixture, 1, &[("eve", Email), ("ada", Email)]).await;
    let row = settled(&fixture, "eve", MessageState::Dead).await.remove(0);
    assert_eq!(row.attempts, 1, "trying again would not help");
    assert_eq!(row.why.as_deref(), Some("the mail server knows no such mailbox, or refuses it (550)"));
    postfix.delivered("ada", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn greylisting_is_waited_for() {
    let postfix = Postfix::start();
    let fixture = sending(over(smtp(postfix.plain, SmtpTls::None, None), 10_000), &[Email]).await;
    ask(&fixture, 1, &[("grey", Email)]).await;
    let row = failed_once(&fixture, "grey").await;
    assert_eq!(row.why.as_deref(), Some("the mail server put it off (450)"));
    assert_eq!(row.state, MessageState::Waiting);
    postfix.end_greylisting();
    settled(&fixture, "grey", MessageState::Sent).await;
    assert_eq!(postfix.delivered("grey", 1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_where_it_is_asked_for_nothing_leaves() {
    let postfix = Postfix::start();
    let fixture = sending(over(smtp(postfix.plain, SmtpTls::Starttls, None), 3), &[Email]).await;
    ask(&fixture, 1, &[("ada", Email)]).await;
    let row = settled(&fixture, "ada", MessageState::Dead).await.remove(0);
    let why = row.why.unwrap();
    assert!(why.contains("STARTTLS is not supported") && why.ends_with("given up after 3 attempts"), "{why}");

    // A certificate that nobody known has signed is no protection either.
    let stranger = sending(over(smtp(postfix.port, SmtpTls::Starttls, None), 2), &[Email]).await;
    ask(&stranger, 1, &[("ada", Email)]).await;
    settled(&stranger, "ada", MessageState::Dead).await;
    assert_eq!(postfix.mailbox("ada"), "");
}

/// The first conversation is cut after the server has taken the message and before it could say so.
async fn cutting(to: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            tokio::spawn(forward(client, server, first));
        }
    });
    (port, seen)
}

async fn forward(mut client: TcpStream, mut server: TcpStream, cut: bool) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let mut said = Vec::new();
    loop {
        tokio::select! {
            n = client.read(&mut up) => {
                let Ok(n @ 1..) = n else { return };
                said.extend_from_slice(&up[..n]);
                server.write_all(&up[..n]).await.unwrap();
            }
            n = server.read(&mut down) => {
                let Ok(n @ 1..) = n else { return };
                // The answer to the end of the content goes nowhere.
                if cut && said.ends_with(b"\r\n.\r\n") {
                    return;
                }
                client.write_all(&down[..n]).await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_cut_off_after_data_is_sent_again_under_the_same_id() {
    let postfix = Postfix::start();
    let (port, conversations) = cutting(postfix.plain).await;
    let fixture = sending(over(smtp(port, SmtpTls::None, None), 5), &[Email]).await;
    ask(&fixture, 1, &[("ada", Email)]).await;
    let row = failed_once(&fixture, "ada").await;
    assert_eq!(row.why.as_deref(), Some("the connection broke after the message was given; it may have arrived"));
    settled(&fixture, "ada", MessageState::Sent).await;
    assert_eq!(conversations.load(Ordering::SeqCst), 2);
    let messages = postfix.delivered("ada", 2).await;
    assert_eq!(header(&messages[0], "Message-ID"), header(&messages[1], "Message-ID"), "known as the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_down_delays_no_task_and_gets_everything_as_one_afterwards() {
    let postfix = Postfix::start();
    // Nobody listens there until the forwarder does.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let fixture = sending(over(smtp(port, SmtpTls::None, None), 10_000), &[Email]).await;
    for step in 1..=3 {
        ask(&fixture, step, &[("ada", Email)]).await;
    }
    assert_eq!(failed_once(&fixture, "ada").await.why.as_deref(), Some("the mail server cannot be reached"));
    fixture
        .readings(vec![reading(
            "vendor/scale",
            Kind::BodyWeight,
            fixture.clock.now() - minutes(5),
            &[(Quantity::Weight, "80.0")],
        )])
        .await;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(("127.0.0.1", postfix_port(&postfix))).await.unwrap();
            tokio::spawn(forward(client, server, false));
        }
    });
    settled(&fixture, "ada", MessageState::Sent).await;
}

fn postfix_port(postfix: &Postfix) -> u16 {
    postfix.plain
}

/// An open page is told at the moment the message is written, whoever else is not.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_of_the_recipient_is_told_and_nobody_elses() {
    let fixture = sending(MessagesConfig::default(), &[Email]).await;
    let mut streams = Vec::new();
    for name in ["ada", "ben"] {
        let user = console::NewUser {
            name: name.into(),
            display_name: String::new(),
            role: care::Role::Coordinator,
            teams: Default::default(),
            password: crate::support::PASSWORD.into(),
        };
        console::create_user(&fixture.store, user, &fixture.clock).await.unwrap();
        let browser = fixture.sign_in(name).await;
        let mut stream = TcpStream::connect(fixture.address).await.unwrap();
        let head = format!("GET /events HTTP/1.1\r\nHost: hearth\r\nCookie: {}\r\n\r\n", browser.cookie);
        stream.write_all(head.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    for stream in &mut streams {
        heard(stream, "event: hello").await;
    }
    ask_all(&fixture, &[(1, "ada", Email), (2, "ada", Email)]).await;
    ask(&fixture, 3, &[("ben", Email)]).await;
    let ada = heard(&mut streams[0], "event: told").await;
    assert!(ada.contains("data: 2 tasks are waiting"), "{ada}");
    let ben = heard(&mut streams[1], "event: told").await;
    assert!(ben.contains("data: A task is waiting"), "only his own: {ben}");
}

async fn heard(stream: &mut TcpStream, what: &str) -> String {
    let mut text = String::new();
    let mut part = [0; 4096];
    while !text.split_once(what).is_some_and(|(_, after)| after.contains("\n\n")) {
        let n = stream.read(&mut part).await.unwrap();
        assert!(n > 0, "the stream ended: {text}");
        text.push_str(&String::from_utf8_lossy(&part[..n]));
    }
    text
}
