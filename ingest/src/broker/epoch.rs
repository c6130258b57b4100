//! Which acknowledgements may still be sent: those of the connection on which the message came.
//!
//! Packet ids start anew with each connection, so a late acknowledgement could hit another message and lose it.

/// The connection to the broker, as far as acknowledgements are concerned.
#[derive(Debug, Default)]
pub(crate) struct Epoch {
    number: u64,
    connected: bool,
}

/// On which connection a message came; `None` where that connection was gone already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<u64>);

impl Epoch {
    /// The broker answered CONNECT.
    pub(crate) const fn connected(&mut self) {
        self.number = self.number.wrapping_add(1);
        self.connected = true;
    }

    /// The connection is gone. Messages that were read from it may still be handed out.
    pub(crate) const fn lost(&mut self) {
        self.connected = false;
    }

    /// For a message that is handed out now.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp(self.connected.then_some(self.number))
    }

    /// Whether a message with that stamp may be acknowledged.
    pub(crate) fn current(&self, stamp: Stamp) -> bool {
        self.connected && stamp.0 == Some(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_present_connection_are_acknowledged() {
        let mut epoch = Epoch::default();
        assert!(!epoch.current(epoch.stamp()));
        epoch.connected();
        let first = epoch.stamp();
        assert!(epoch.current(first));
        epoch.lost();
        // read before the loss, handed out after it
        let straggler = epoch.stamp();
        assert!(!epoch.current(first) && !epoch.current(straggler));
        epoch.connected();
        assert!(!epoch.current(first) && !epoch.current(straggler));
        assert!(epoch.current(epoch.stamp()));
    }
}
