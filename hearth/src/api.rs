//! A client for the API of the service on this machine: a request and its answer, on a connection of its own.
//!
//! The lock of the data names the address, so it is a loopback address or nothing: no TLS, no redirects, no proxy.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;
use service_kit::Secret;

use crate::failure::Failure;

/// How long the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The API of a running service.
#[derive(Debug)]
pub(crate) struct Api {
    address: SocketAddr,
    token: Secret,
}

impl Api {
    /// The API at `http://address`.
    pub(crate) fn at(url: &str, token: Secret) -> Result<Self, Failure> {
        let address =
            url.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse::<SocketAddr>().ok());
        match address {
            Some(address) if address.ip().is_loopback() => Ok(Self { address, token }),
            _ => Err(Failure::expected(format!(
                "the service on this data listens on {url}, which this command does not speak to; use its pages or its API"
            ))),
        }
    }

    /// Sends a change and returns what the service answers; `null` where it says nothing.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        let failed = |error: std::io::Error| {
            Failure::expected(format!("the service at http://{} does not answer: {error}", self.address))
        };
        let answer = self.exchange(method, path, body.to_string().as_bytes()).map_err(failed)?;
        let (status, body) = parse(&answer)
            .ok_or_else(|| Failure::expected(format!("the answer of http://{} is no HTTP", self.address)))?;
        if !(200..300).contains(&status) {
            return Err(refusal(status, &body));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body)
            .map_err(|error| Failure::because("the service answers with something else", &error))
    }

    fn exchange(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            self.token.reveal(),
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// Status and body of an answer that was read to the end.
fn parse(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, rest) = answer.split_at_checked(end)?;
    let body = rest.get(4..)?;
    let head = std::str::from_utf8(head).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.lines().any(|line| line.to_ascii_lowercase().starts_with("transfer-encoding: chunked"));
    Some((status, if chunked { unchunk(body)? } else { body.to_vec() }))
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(body.get(..line)?).ok()?.trim(), 16).ok()?;
        let start = line.checked_add(2)?;
        let end = start.checked_add(size)?;
        whole.extend_from_slice(body.get(start..end)?);
        if size == 0 {
            return Some(whole);
        }
        body = body.get(end.checked_add(2)?..)?;
    }
}

/// What a problem document says.
fn refusal(status: u16, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let says = ["detail", "title"].iter().find_map(|key| problem.get(key)?.as_str());
    match (status, says) {
        (401 | 403, _) => Failure::expected(
            "the service does not accept the token in HEARTH_API_TOKEN; it does with `api_token = true` and the same token",
        ),
        (_, Some(says)) => Failure::expected(says.to_owned()),
        (_, None) => Failure::expected(format!("the service answers with status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_come_whole_or_in_chunks() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        let chunked = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
        assert_eq!(parse(whole), Some((200, b"{}".to_vec())));
        assert_eq!(parse(chunked), Some((201, b"{}".to_vec())));
        assert_eq!(parse(b"nonsense"), None);
    }

    #[test]
    fn only_this_machine_is_spoken_to() {
        assert!(Api::at("http://127.0.0.1:8080", Secret::new("t".into())).is_ok());
        assert!(Api::at("http://10.0.0.1:8080", Secret::new("t".into())).is_err());
        assert!(Api::at("https://127.0.0.1:8080", Secret::new("t".into())).is_err());
    }
}
