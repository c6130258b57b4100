//! The list of tasks and a task's page: what stands on them, what is done with them, and how they change while they
//! are open.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod support;

use care::Role;
use chrono::TimeDelta;
use support::client::send;
use support::seed::reading;
use support::{Browser, Fixture};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitals::{Kind, Quantity};

/// Somebody with a sudden gain, and so with a task.
async fn gained(f: &Fixture, id: &str, name: &str, kg: &str) -> String {
    let device = format!("hub-{id}/scale");
    f.patient(id, name, "heart-failure", &device).await;
    let now = f.clock.now();
    let weight = |days, kg| reading(&device, Kind::BodyWeight, now - TimeDelta::days(days), &[(Quantity::Weight, kg)]);
    f.readings(vec![weight(3, "80.0"), weight(2, "80.1"), weight(0, kg)]).await;
    f.task_of(id).await
}

async fn seeded() -> (Fixture, String) {
    let f = Fixture::start().await;
    for role in [Role::Viewer, Role::Coordinator, Role::Administrator] {
        f.add_user(role).await;
    }
    let task = gained(&f, "p1", "Maria Alvarez", "82.7").await;
    (f, task)
}

async fn list(browser: &Browser, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    page.body
}

#[tokio::test]
async fn a_task_is_worked_by_forms_alone() {
    let (f, task) = seeded().await;
    let browser = f.sign_in("coordinator").await;
    let path = format!("/tasks/{task}");
    assert_eq!(browser.post(&format!("{path}/accept"), "").await.status, 303);
    let wrong = browser.post(&format!("{path}/complete"), "answer-0=no").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.body.contains("Please choose an outcome"), "{}", wrong.body);
    assert!(wrong.body.contains("name=\"answer-0\" value=\"no\" checked"), "what was chosen is kept: {}", wrong.body);
    let mute = browser.post(&format!("{path}/complete"), "outcome=not-reached").await;
    assert!(mute.status == 400 && mute.body.contains("Please write a note"), "{}", mute.body);
    let past = browser.post(&format!("{path}/hold"), "date=2026-11-21&time=06%3A30").await;
    assert_eq!((past.status, past.body.contains("This time is past")), (400, true), "06:30 where she lives is over");
    let later = "until=tomorrow&outcome=not-reached&note=no+answer";
    assert_eq!(browser.post(&format!("{path}/hold"), later).await.status, 303);
    let held = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    assert_eq!(held["held_until"], "2026-11-22T15:00:00Z", "10:00 where she lives");
    assert!(list(&browser, "/?status=on-hold").await.contains("waits until"), "it stands among what is on hold");
    let asked = "outcome=advice-given&answer-0=no&answer-2=yes&note=Took+it+late.";
    assert_eq!(browser.post(&format!("{path}/complete"), asked).await.status, 303);
    let page = list(&browser, &path).await;
    for words in [
        "coordinator reached nobody and tries again",
        "coordinator completed it: Advice given.",
        "Breathless lying down? No.",
        "Missed a diuretic? Yes.\nTook it late.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(list(&browser, "/").await.contains("Nobody needs a call."));
    let quiet = list(&browser, "/tasks/quiet").await;
    assert!(quiet.contains("Maria Alvarez") && quiet.contains(&path), "it still holds, and nobody has a task: {quiet}");
    assert!(list(&browser, "/").await.contains("1 holds without a task"));
}

#[tokio::test]
async fn a_task_comes_back_at_a_time_of_the_patients_day() {
    let (f, task) = seeded().await;
    let browser = f.sign_in("coordinator").await;
    browser.post(&format!("/tasks/{task}/accept"), "").await;
    let hold = browser.post(&format!("/tasks/{task}/hold"), "until=1h&date=2026-11-22&time=08%3A15").await;
    assert_eq!(hold.status, 303, "{}", hold.body);
    let held = f.api("GET", &format!("/tasks/{task}"), "").await.json();
    assert_eq!(held["held_until"], "2026-11-22T13:15:00Z", "what was typed wins over the choice");
    let until =
        browser.post(&format!("/tasks/{task}/complete"), "outcome=no-action&date=2026-12-01&time=09%3A00").await;
    assert_eq!(until.status, 303);
    let page = list(&browser, &format!("/tasks/{task}")).await;
    assert!(page.contains("not again before"), "{page}");
}

#[tokio::test]
async fn the_second_who_takes_a_task_is_told_who_was_first() {
    let (f, task) = seeded().await;
    let (ada, bea) = (f.sign_in("coordinator").await, f.sign_in("administrator").await);
    let path = format!("/tasks/{task}/accept");
    let (first, second) = tokio::join!(ada.post(&path, "back=/"), bea.post(&path, "back=/"));
    let mut both = [first, second];
    both.sort_by_key(|reply| reply.status);
    assert_eq!([both[0].status, both[1].status], [303, 409]);
    let winner = f.api("GET", &format!("/tasks/{task}"), "").await.json()["owner"].as_str().unwrap().to_owned();
    assert!(both[1].body.contains(&format!("{winner} has this task")), "{}", both[1].body);
}

#[tokio::test]
async fn filters_stand_in_the_url_and_combine() {
    let (f, task) = seeded().await;
    let other = gained(&f, "p2", "Jörg Ünal", "95.0").await;
    let browser = f.sign_in("coordinator").await;
    browser.post(&format!("/tasks/{task}/accept"), "").await;
    let has = |page: &str, id: &str| page.contains(&format!("id=\"t-{id}\""));
    for (path, mine, others) in [
        ("/", true, true),
        ("/?owner=me", true, false),
        ("/?owner=nobody", false, true),
        ("/?owner=coordinator&programme=heart-failure", true, false),
        ("/?programme=copd", false, false),
        ("/?q=ALVAREZ+maria", true, false),
        ("/?q=%C3%BCnal&owner=nobody", false, true),
        ("/?due=overdue", false, false),
        ("/?severity=low", false, false),
        ("/?queue=operations", false, false),
    ] {
        let page = list(&browser, path).await;
        assert_eq!((has(&page, &task), has(&page, &other)), (mine, others), "{path}: {page}");
    }
    let page = list(&browser, "/?owner=me&q=maria").await;
    assert!(page.contains("href=\"/?q=maria\"") && page.contains("href=\"/?owner=me\""), "each is taken out: {page}");
    assert_eq!(browser.get("/?severity=odd").await.status, 400);
}

#[tokio::test]
async fn several_are_assigned_at_once() {
    let (f, first) = seeded().await;
    let second = gained(&f, "p2", "James O’Connor", "85.0").await;
    let browser = f.sign_in("coordinator").await;
    let fields = format!("task={first}&task={second}&owner=administrator&back=%2F%3Fowner%3Dnobody");
    let done = browser.post("/tasks/assign", &fields).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/?owner=nobody")));
    for task in [&first, &second] {
        assert_eq!(f.api("GET", &format!("/tasks/{task}"), "").await.json()["owner"], "administrator");
    }
    let nobody = browser.post("/tasks/assign", &format!("task={first}&owner=viewer")).await;
    assert_eq!(nobody.status, 400, "a viewer cannot work it");
    f.api("POST", &format!("/tasks/{first}/cancel"), r#"{"note": "measured twice"}"#).await;
    let some = browser.post("/tasks/assign", &format!("task={first}&task={second}&owner=coordinator")).await;
    assert_eq!(some.status, 409);
    assert!(some.body.contains("1 of 2 tasks were given to coordinator"), "{}", some.body);
    let viewer = f.sign_in("viewer").await;
    assert_eq!(viewer.post("/tasks/assign", &fields).await.status, 403);
    assert!(!list(&viewer, "/").await.contains("type=\"checkbox\" name=\"task\""));
}

#[tokio::test]
async fn the_pages_speak_german() {
    let (f, task) = seeded().await;
    let browser = f.sign_in("coordinator").await;
    browser.post(&format!("/tasks/{task}/accept"), "").await;
    let headers = [("Cookie", browser.cookie.as_str()), ("Accept-Language", "de-DE")];
    let page = send(f.address, "GET", "/", &headers, "").await.body;
    assert!(page.contains("Wer braucht einen Anruf?") && page.contains("um 2,7 kg gestiegen"), "{page}");
    let page = send(f.address, "GET", &format!("/tasks/{task}"), &headers, "").await.body;
    assert!(page.contains("coordinator hat sie angenommen.") && page.contains("lang=\"de\""), "{page}");
}

/// An open list's stream.
struct Stream {
    socket: TcpStream,
    seen: String,
}

impl Stream {
    async fn open(f: &Fixture, query: &str, credential: &str) -> Self {
        let mut socket = TcpStream::connect(f.address).await.unwrap();
        let head = format!("GET /events?{query} HTTP/1.1\r\nHost: x\r\n{credential}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut stream = Self { socket, seen: String::new() };
        stream.until("event: hello").await;
        stream
    }

    /// What came since the last word, up to this one.
    async fn until(&mut self, word: &str) -> String {
        let mut buffer = [0; 4096];
        while !self.seen.contains(word) {
            let count = self.socket.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the stream ended: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        let end = self.seen.find(word).unwrap() + word.len();
        self.seen.drain(..end).collect()
    }
}

#[tokio::test]
async fn an_open_list_is_sent_the_rows_that_change_and_no_others() {
    let f = Fixture::start().await;
    f.add_user(Role::Coordinator).await;
    let browser = f.sign_in("coordinator").await;
    let cookie = format!("Cookie: {}", browser.cookie);
    let mut all = Stream::open(&f, "view=tasks", &cookie).await;
    let mut mine = Stream::open(&f, "view=tasks&owner=me", &cookie).await;
    let german = format!("{cookie}\r\nAccept-Language: de");
    let mut german = Stream::open(&f, "view=tasks", &german).await;
    let task = gained(&f, "p1", "Maria Alvarez", "82.7").await;
    let row = german.until("</li>").await;
    assert!(row.contains("um 2,7 kg gestiegen") && row.contains("Wegen plötzlicher Gewichtszunahme anrufen"), "{row}");
    let row = all.until("</li>").await;
    assert!(row.contains("Call about sudden weight gain"), "{row}");
    assert!(row.contains("event: row") && row.contains("Maria Alvarez") && row.contains(&task), "{row}");
    assert!(!row.contains(&browser.csrf), "one drawing serves everybody: {row}");
    // The same commit is no row for whoever looks at their own.
    let gone = mine.until(&task).await;
    assert!(gone.contains("event: gone") && !gone.contains("Maria"), "{gone}");
    browser.post(&format!("/tasks/{task}/accept"), "").await;
    assert!(mine.until("</li>").await.contains("<strong>you</strong>"));
    browser.post(&format!("/tasks/{task}/complete"), "outcome=no-action").await;
    assert!(all.until("event: gone").await.contains("event: row"));
    f.shutdown.trigger();
    let mut rest = Vec::new();
    all.socket.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn an_open_task_is_told_of_its_own_changes() {
    let (f, task) = seeded().await;
    let bearer = format!("Authorization: Bearer {}", support::TOKEN);
    let mut own = Stream::open(&f, &format!("task={task}"), &bearer).await;
    f.api("POST", &format!("/tasks/{task}/note"), r#"{"note": "rang"}"#).await;
    own.until("event: changed").await;
}
