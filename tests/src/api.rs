//! The HTTP API, as a program outside uses it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

/// A client with an administrator's token.
#[derive(Clone, Debug)]
pub struct Api {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

/// Status and body.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status
    pub status: u16,
    /// body, `null` where it is no JSON
    pub body: Value,
    /// body as text
    pub text: String,
}

impl Answer {
    /// The body, if the status is `status`.
    ///
    /// # Panics
    /// If it is another; the message shows the body.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

impl Api {
    /// A client of the server at `address`; paths without a leading `/api` and friends are below `/api/v1`.
    #[must_use]
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), base: format!("http://{address}"), token: token.map(str::to_owned) }
    }

    /// The same server, asked by somebody else.
    #[must_use]
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    fn url(&self, path: &str) -> String {
        let at_root = ["/healthz", "/readyz", "/metrics", "/api/", "/sign-in"].iter().any(|p| path.starts_with(p));
        format!("{}{}{path}", self.base, if at_root { "" } else { "/api/v1" })
    }

    /// The request, or what went wrong on the way (a server that is not there yet).
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.agent.run(request.body(body.to_string()).unwrap())?
            }
            None => self.agent.run(request.body(()).unwrap())?,
        };
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(1 << 28).read_to_string()?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), text })
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// `GET`, whatever it answers.
    #[track_caller]
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    /// `POST`, whatever it answers.
    #[track_caller]
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, Some(body))
    }

    /// `PUT`, whatever it answers.
    #[track_caller]
    #[must_use]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask("PUT", path, Some(body))
    }

    /// `PATCH`, whatever it answers.
    #[track_caller]
    #[must_use]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, Some(body))
    }

    /// A whole list, walked by its cursor.
    #[track_caller]
    #[must_use]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let joined = if path.contains('?') { "&" } else { "?" };
        loop {
            let page = self.get(&format!("{path}{joined}limit=500{cursor}")).expect(200);
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// A new source; its password.
    #[track_caller]
    #[must_use]
    pub fn add_source(&self, id: &str, kind: &str) -> String {
        let source = self.post("/sources", &json!({"id": id, "kind": kind})).expect(201);
        assert_eq!((source["id"].as_str(), source["username"].is_string()), (Some(id), true), "{source}");
        source["password"].as_str().unwrap().to_owned()
    }

    /// A new patient, enrolled a day ago, with devices as `(source, device)` from long ago.
    #[track_caller]
    pub fn add_patient(&self, id: &str, programme: &str, devices: &[(&str, &str)]) -> Value {
        let from = "2020-01-01T00:00:00Z";
        let assignments: Vec<Value> =
            devices.iter().map(|(s, d)| json!({"source": s, "device": d, "from": from})).collect();
        let patient = json!({"id": id, "name": format!("Test {id}"), "birth_date": "1950-05-05", "timezone": "UTC",
            "programmes": [{"id": programme, "from": from}], "assignments": assignments});
        self.post("/patients", &patient).expect(201)
    }

    /// The ledger; it must balance.
    #[track_caller]
    #[must_use]
    pub fn ledger(&self) -> Value {
        let ledger = self.get("/ledger").expect(200);
        let count = |name: &str| ledger[name].as_u64().unwrap_or_else(|| panic!("`{name}` in {ledger}"));
        assert_eq!(count("received"), count("stored") + count("duplicate") + count("quarantined"), "{ledger}");
        ledger
    }
}
