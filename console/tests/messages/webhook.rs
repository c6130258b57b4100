//! The webhook, as a real HTTP server sees it.

use crate::support::Fixture;
use crate::world::{ask, failed_once, quick, sending, settled};
use care::cover::Channel::Webhook;
use console::{MessagesConfig, WebhookConfig};
use hmac::{Hmac, Mac};
use service_kit::Secret;
use std::sync::{Arc, Mutex};
use store::MessageState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[derive(Clone, Debug)]
struct Post {
    head: String,
    body: String,
}

impl Post {
    fn header(&self, name: &str) -> &str {
        let of = |line: &'_ str| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)).is_some();
        let line = self.head.lines().find(|l| of(l)).unwrap_or_else(|| panic!("no {name} in {}", self.head));
        line.split_once(": ").unwrap().1
    }
}

type Posts = Arc<Mutex<Vec<Post>>>;

/// Answers with these, the last one for ever.
async fn server(answers: &'static [&'static str]) -> (String, Posts) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hearth", listener.local_addr().unwrap());
    let posts = Posts::default();
    let heard = Arc::clone(&posts);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let post = read(&mut stream).await;
            let count = {
                let mut posts = heard.lock().unwrap();
                posts.push(post);
                posts.len()
            };
            let status = answers.get(count - 1).or(answers.last()).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, posts)
}

async fn read(stream: &mut tokio::net::TcpStream) -> Post {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let n = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let post = Post { head: head.into(), body: body.into() };
            if body.len() == post.header("content-length").parse::<usize>().unwrap() {
                return post;
            }
        }
        assert!(n > 0, "cut off: {text}");
    }
}

async fn posting(url: &str, attempts: u32) -> Fixture {
    let webhook = WebhookConfig { url: url.into(), secret: Secret::new(SECRET.into()), ca: None };
    let public_url = Some("https://hearth.clinic.test".into());
    let config = MessagesConfig { public_url, smtp: None, webhook: Some(webhook), retries: quick(attempts) };
    sending(config, &[Webhook]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_signed_over_time_and_body_and_names_nobody_but_whom_it_is_for() {
    let (url, posts) = server(&["204 No Content"]).await;
    let fixture = posting(&url, 3).await;
    ask(&fixture, 1, &[("ada", Webhook)]).await;
    settled(&fixture, "ada", MessageState::Sent).await;
    let post = posts.lock().unwrap()[0].clone();
    assert!(post.head.starts_with("POST /hearth HTTP/1.1"), "{}", post.head);
    let (time, signature) = post.header("hearth-signature").split_once(',').unwrap();
    let (time, signature) = (time.strip_prefix("t=").unwrap(), signature.strip_prefix("v1=").unwrap());
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{time}.{}", post.body).as_bytes());
    mac.verify_slice(&hex::decode(signature).unwrap()).unwrap();
    let age = fixture.clock.now().timestamp() - time.parse::<i64>().unwrap();
    assert!((0..120).contains(&age));
    let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
    assert_eq!(body["recipient"], "ada");
    assert_eq!(body["text"], "A task is waiting");
    assert_eq!(body["link"], "https://hearth.clinic.test/tasks/task-1");
    assert_eq!(body["tasks"], serde_json::json!([{"id": "task-1", "severity": "high"}]));
    assert_eq!(body["id"], post.header("hearth-message-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_busy_is_asked_again_and_one_that_refuses_is_a_dead_end() {
    let (url, posts) = server(&["503 Busy", "500 Oh", "200 OK"]).await;
    let fixture = posting(&url, 5).await;
    ask(&fixture, 1, &[("ada", Webhook)]).await;
    assert_eq!(failed_once(&fixture, "ada").await.why.as_deref(), Some("the service answered 503"));
    settled(&fixture, "ada", MessageState::Sent).await;
    let ids: Vec<String> = posts.lock().unwrap().iter().map(|p| p.header("hearth-message-id").to_owned()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "one id for every attempt: {ids:?}");

    let (url, posts) = server(&["422 No"]).await;
    let fixture = posting(&url, 5).await;
    ask(&fixture, 1, &[("ada", Webhook)]).await;
    let row = settled(&fixture, "ada", MessageState::Dead).await.remove(0);
    assert_eq!(row.why.as_deref(), Some("the service refused it with 422"));
    assert_eq!(posts.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (url, posts) = server(&["302 Found\r\nLocation: http://127.0.0.1:1/elsewhere"]).await;
    let fixture = posting(&url, 5).await;
    ask(&fixture, 1, &[("ada", Webhook)]).await;
    settled(&fixture, "ada", MessageState::Dead).await;
    assert_eq!(posts.lock().unwrap().len(), 1);
}
