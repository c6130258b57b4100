//! A client's byte stream, with or without TLS, and the one scratch buffer that reads go through.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Read at most so many bytes at once; also the bound of what one commit of a connection holds.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    // Reads are synchronous inside a poll, so all connections of a thread share one buffer: an idle connection
    // holds none.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH]);
}

/// See the module.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Reads what is there and hands it to `take` before it returns. 0 bytes is the end.
    pub(crate) fn poll_read<T>(&mut self, cx: &mut Context<'_>, take: impl FnOnce(&[u8]) -> T) -> Poll<io::Result<T>> {
        BUFFER.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let polled = match self {
                Stream::Plain(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
                Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, &mut buffer),
            };
            polled.map_ok(|()| take(buffer.filled()))
        })
    }

    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    /// TLS keeps written bytes back until it is flushed.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    /// Tells the client's TCP at once what arrived. A client with Nagle's algorithm holds its next message back until
    /// then; where no answer goes out that could carry it, it would wait 40 ms.
    #[cfg(target_os = "linux")]
    pub(crate) fn confirm(&self) {
        let stream = match self {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        // A socket that does not know the option confirms in its own time.
        let _ = stream.set_quickack(true);
    }

    /// Only Linux has a way to ask for it.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const fn confirm(&self) {}

    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
