//! Registers sources over Hearth's HTTP interface: one small request each, so no HTTP library for it.

use crate::cohort::HomeKind;
use crate::mqtt::Login;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitals::SourceId;

/// Largest answer that is read, bytes.
const MAX_ANSWER: u64 = 64 * 1024;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a source was not registered. No secret is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// not an address that this speaks to
    #[error("`{0}` is no address to register with; write http://HOST:PORT (encrypted ones are for real clients)")]
    Address(String),
    /// the request did not get through
    #[error("registering with {address}: {source}")]
    Io {
        /// where
        address: String,
        /// why
        source: std::io::Error,
    },
    /// it took too long
    #[error("registering with {0}: no answer within 10 s")]
    Slow(String),
    /// the source exists
    #[error("source `{0}` exists already; give its secret with --credentials, or remove it first")]
    Exists(SourceId),
    /// another answer than 201
    #[error("registering source `{id}`: answer {status}; is HEARTH_API_TOKEN an administrator's?")]
    Refused {
        /// which
        id: SourceId,
        /// the HTTP status
        status: u16,
    },
    /// an answer that is no answer
    #[error("registering source `{0}`: the answer is not what the interface promises")]
    Unreadable(SourceId),
}

/// `POST /api/v1/sources` at `api` (`http://HOST:PORT`) with a bearer token; the secret comes this once.
///
/// # Errors
/// [`RegisterError`].
pub async fn register(api: &str, token: &str, id: &SourceId, kind: HomeKind) -> Result<Login, RegisterError> {
    let address = api.strip_prefix("http://").map(|a| a.trim_end_matches('/')).filter(|a| !a.is_empty());
    let address = address.ok_or_else(|| RegisterError::Address(api.to_owned()))?;
    if address.contains('/') || token.contains(['\r', '\n']) {
        return Err(RegisterError::Address(api.to_owned()));
    }
    let body = serde_json::json!({"id": id.as_str(), "kind": kind.as_str()}).to_string();
    let request = format!(
        "POST /api/v1/sources HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let asked = tokio::time::timeout(PATIENCE, ask(address, request.as_bytes())).await;
    let answer = asked
        .map_err(|_| RegisterError::Slow(address.to_owned()))?
        .map_err(|source| RegisterError::Io { address: address.to_owned(), source })?;
    match read(&answer) {
        Some((201, body)) => serde_json::from_str(body).map_err(|_| RegisterError::Unreadable(id.clone())),
        Some((409, _)) => Err(RegisterError::Exists(id.clone())),
        Some((status, _)) => Err(RegisterError::Refused { id: id.clone(), status }),
        None => Err(RegisterError::Unreadable(id.clone())),
    }
}

async fn ask(address: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Status and body of an answer; a body in chunks is read from its first chunk, which holds so small a one whole.
fn read(answer: &[u8]) -> Option<(u16, &str)> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { body.split_once("\r\n").map_or("", |(_, rest)| rest) } else { body };
    Some((status, body.split_once("\r\n").map_or(body, |(first, _)| first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whole_or_in_chunks() {
        let plain = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(read(plain), Some((201, "{}")));
        let chunked = b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(read(chunked), Some((409, "{}")));
        assert_eq!(read(b"nonsense"), None);
    }
}
