//! A stream and its endpoint together: reads become packets, answers become writes.

use super::endpoint::{Endpoint, Packet};
use super::stream::Stream;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// How long a client that was told to go may take to go.
const LINGER: Duration = Duration::from_secs(2);
/// What it may still send meanwhile.
const MOST_DISCARDED: usize = 16 * 1024 * 1024;

/// See the module.
pub(crate) struct Io {
    pub(crate) stream: Stream,
    pub(crate) endpoint: Endpoint,
    /// came together with CONNECT and is taken after it was answered
    held: Vec<u8>,
    unflushed: bool,
}

impl Io {
    pub(crate) const fn new(stream: Stream, endpoint: Endpoint) -> Self {
        Self { stream, endpoint, held: Vec::new(), unflushed: false }
    }

    /// Reads once and adds the packets that became complete; the number of bytes, 0 at the end of the stream.
    pub(crate) fn poll_packets(&mut self, cx: &mut Context<'_>, packets: &mut Vec<Packet>) -> Poll<io::Result<usize>> {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            let taken = self.endpoint.feed(&held, packets);
            self.held = held.get(taken..).unwrap_or_default().to_vec();
            return Poll::Ready(Ok(held.len()));
        }
        let Self { stream, endpoint, held, .. } = self;
        stream.poll_read(cx, |bytes| {
            let taken = endpoint.feed(bytes, packets);
            if let Some(rest) = bytes.get(taken..)
                && !rest.is_empty()
            {
                held.extend_from_slice(rest);
            }
            bytes.len()
        })
    }

    /// Writes what waits: ready with whether anything moved once all is out, or when the socket failed.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, moved: &mut bool) -> Poll<io::Result<()>> {
        while !self.endpoint.pending().is_empty() {
            let n = ready!(self.stream.poll_write(cx, self.endpoint.pending()))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *moved = true;
            self.unflushed = true;
            self.endpoint.wrote(n);
        }
        if self.unflushed {
            ready!(self.stream.poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether something waits to be written.
    pub(crate) fn writes(&self) -> bool {
        self.unflushed || !self.endpoint.pending().is_empty()
    }

    /// Writes everything, or gives up.
    pub(crate) async fn flush(&mut self, within: Duration) {
        let all = poll_fn(|cx| self.poll_write(cx, &mut false));
        // A client that does not take its last words goes without them.
        let _ = tokio::time::timeout(within, all).await;
    }

    /// Writes everything, then closes; gives up on a client that does not take it.
    pub(crate) async fn close(&mut self, within: Duration) {
        self.flush(within).await;
        let shut = tokio::time::timeout(within, poll_fn(|cx| self.stream.poll_shutdown(cx))).await;
        if matches!(shut, Ok(Ok(()))) {
            // Closing with unread bytes resets the connection, and the client would never see its last words.
            let _ = tokio::time::timeout(LINGER.min(within), self.discard()).await;
        }
    }

    async fn discard(&mut self) {
        let mut left = MOST_DISCARDED;
        while let Ok(n @ 1..) = poll_fn(|cx| self.stream.poll_read(cx, <[u8]>::len)).await {
            left = left.saturating_sub(n);
            if left == 0 {
                return;
            }
        }
    }

    /// The first packet, whatever it is; `None` where the stream ended before.
    pub(crate) async fn first(&mut self) -> Option<Packet> {
        let mut packets = Vec::new();
        loop {
            match poll_fn(|cx| self.poll_packets(cx, &mut packets)).await {
                Ok(0) | Err(_) => return None,
                Ok(_) if packets.is_empty() => {}
                Ok(_) => return packets.into_iter().next(),
            }
        }
    }
}
