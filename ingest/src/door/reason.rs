//! Why something is refused or ended, in the codes of both versions.

use mqtt_protocol_core::mqtt::result_code::{
    ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, PubackReasonCode, PubrecReasonCode,
};

/// Why a CONNECT is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// unknown source or wrong password; nobody is told which
    BadCredentials,
    /// the source is disabled, or its will is not its own status
    NotAuthorised,
    /// empty client id with a session that should last
    ClientId,
    /// another way of signing in than a password
    Method,
    /// the source has too many connections
    Quota,
    /// the store does not answer
    Unavailable,
}

impl Refusal {
    pub(crate) const fn v3(self) -> ConnectReturnCode {
        match self {
            Refusal::BadCredentials | Refusal::Method => ConnectReturnCode::BadUserNameOrPassword,
            Refusal::NotAuthorised => ConnectReturnCode::NotAuthorized,
            Refusal::ClientId => ConnectReturnCode::IdentifierRejected,
            Refusal::Quota | Refusal::Unavailable => ConnectReturnCode::ServerUnavailable,
        }
    }

    pub(crate) const fn v5(self) -> ConnectReasonCode {
        match self {
            Refusal::BadCredentials => ConnectReasonCode::BadUserNameOrPassword,
            Refusal::NotAuthorised => ConnectReasonCode::NotAuthorized,
            Refusal::ClientId => ConnectReasonCode::ClientIdentifierNotValid,
            Refusal::Method => ConnectReasonCode::BadAuthenticationMethod,
            Refusal::Quota => ConnectReasonCode::QuotaExceeded,
            Refusal::Unavailable => ConnectReasonCode::ServerUnavailable,
        }
    }

    /// The word in metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Refusal::BadCredentials => "bad-credentials",
            Refusal::NotAuthorised => "not-authorised",
            Refusal::ClientId => "client-id",
            Refusal::Method => "method",
            Refusal::Quota => "quota",
            Refusal::Unavailable => "unavailable",
        }
    }
}

/// Why a publish is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// not below the source's own branch, or no topic that sources publish to
    Topic,
    /// a status that does not say whether the hub is online
    Payload,
}

impl Refused {
    pub(crate) const fn puback(self) -> PubackReasonCode {
        match self {
            Refused::Topic => PubackReasonCode::NotAuthorized,
            Refused::Payload => PubackReasonCode::PayloadFormatInvalid,
        }
    }

    pub(crate) const fn pubrec(self) -> PubrecReasonCode {
        match self {
            Refused::Topic => PubrecReasonCode::NotAuthorized,
            Refused::Payload => PubrecReasonCode::PayloadFormatInvalid,
        }
    }

    /// What an operator reads in the log. The topic is not there: whoever writes it wrongly may write anything.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Refused::Topic => "its topic is not below the source's own branch, or none that sources publish to",
            Refused::Payload => "its status does not say whether the hub is online",
        }
    }

    /// The word in metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Refused::Topic => "topic",
            Refused::Payload => "status-payload",
        }
    }
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// the client said good-bye
    Goodbye,
    /// the client said good-bye and wants its will said
    GoodbyeWithWill,
    /// the socket is gone
    Lost,
    /// it broke the protocol; what could be said was said
    Fault(&'static str),
    /// it published or subscribed where it may not, in a version that has no words for it
    Policy,
    /// it was silent for one and a half keep-alives
    Silent,
    /// it takes nothing
    Stuck,
    /// another connection has its session now
    TakenOver,
    /// its source was disabled, or its secret changed
    Revoked,
    /// a commit failed: nothing of it is acknowledged
    NotCommitted,
    /// Hearth stops
    Drain,
}

impl Parting {
    pub(crate) const fn v5(self) -> Option<DisconnectReasonCode> {
        match self {
            Parting::Goodbye | Parting::GoodbyeWithWill | Parting::Lost | Parting::Fault(_) | Parting::Stuck => None,
            Parting::Policy => Some(DisconnectReasonCode::NotAuthorized),
            Parting::Silent => Some(DisconnectReasonCode::KeepAliveTimeout),
            Parting::TakenOver => Some(DisconnectReasonCode::SessionTakenOver),
            Parting::Revoked => Some(DisconnectReasonCode::NotAuthorized),
            Parting::NotCommitted => Some(DisconnectReasonCode::UnspecifiedError),
            Parting::Drain => Some(DisconnectReasonCode::ServerShuttingDown),
        }
    }

    /// Whether the client's will is said. Not yet when Hearth stops: that tells nothing about the hub.
    pub(crate) const fn says_will(self) -> bool {
        !matches!(self, Parting::Goodbye | Parting::Drain)
    }

    /// Whether what was read is still acknowledged before the end.
    pub(crate) const fn acknowledges(self) -> bool {
        matches!(self, Parting::Goodbye | Parting::Policy | Parting::Drain | Parting::TakenOver | Parting::Silent)
    }

    /// The word in metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Parting::Goodbye => "goodbye",
            Parting::GoodbyeWithWill => "goodbye-with-will",
            Parting::Lost => "lost",
            Parting::Fault(what) => what,
            Parting::Policy => "policy",
            Parting::Silent => "silent",
            Parting::Stuck => "stuck",
            Parting::TakenOver => "taken-over",
            Parting::Revoked => "revoked",
            Parting::NotCommitted => "not-committed",
            Parting::Drain => "drain",
        }
    }
}
