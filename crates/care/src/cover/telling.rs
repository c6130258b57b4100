//! What a task's timeline says about messages.

use super::{Channel, Stage};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use vitals::Instant;

/// Why people are told of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// nobody has taken it
    Unaccepted,
    /// its owner is off duty
    OwnerOff,
    /// its owner may no longer sign in
    OwnerDisabled,
    /// it is overdue
    Overdue,
    /// it got worse, and its owner should know
    Worse,
}

/// One entry about messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Telling {
    /// a message was written
    Told {
        /// how far up
        stage: Stage,
        /// the names of those told
        names: Vec<String>,
        /// why
        occasion: Occasion,
        /// when the next step is taken if nothing happens
        next_at: Option<Instant>,
        /// the clinic's zone
        zone: Tz,
    },
    /// it stands in the digest of that time
    Digest {
        /// the names of those who get it
        names: Vec<String>,
        /// when
        at: Instant,
        /// the clinic's zone
        zone: Tz,
    },
    /// nobody is told before the hours of cover begin
    Waits {
        /// when they begin; none where they never do
        until: Option<Instant>,
        /// the clinic's zone
        zone: Tz,
    },
    /// nobody of this place in line can be told
    Nobody {
        /// which place
        stage: Stage,
    },
    /// a message was given up
    Undelivered {
        /// to whom
        name: String,
        /// by which way
        channel: Channel,
        /// why
        why: String,
    },
}

impl Telling {
    /// What the timeline calls it.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Telling::Told { .. } | Telling::Digest { .. } => "told",
            Telling::Waits { .. } => "waits",
            Telling::Nobody { .. } => "nobody-told",
            Telling::Undelivered { .. } => "undelivered",
        }
    }

    /// In English.
    #[must_use]
    pub fn english(&self) -> String {
        match self {
            Telling::Told { stage, names, occasion, next_at, zone } => {
                let whom = match stage {
                    Stage::First => "",
                    Stage::Again => " once more",
                    Stage::Next => ", next in line",
                    Stage::Last => ", last in line",
                };
                let next =
                    next_at.map(|at| format!("; if nobody acts, again at {}", clock(at, *zone, "%a %-d %b %H:%M")));
                format!("{}{whom}: {}{}", names.join(", "), occasion.english(), next.unwrap_or_default())
            }
            Telling::Digest { names, at, zone } => {
                format!("in the digest of {} to {}", clock(*at, *zone, "%a %-d %b %H:%M"), names.join(", "))
            }
            Telling::Waits { until: Some(until), zone } => {
                format!("outside the hours of cover; told from {} on", clock(*until, *zone, "%a %-d %b %H:%M"))
            }
            Telling::Waits { until: None, .. } => "outside the hours of cover, and none are set to come".to_owned(),
            Telling::Nobody { stage } => match stage {
                Stage::First | Stage::Again => "nobody first in line can be told now".to_owned(),
                Stage::Next => "nobody next in line can be told now".to_owned(),
                Stage::Last => "nobody last in line can be told".to_owned(),
            },
            Telling::Undelivered { name, channel, why } => {
                format!("the message to {name} by {} was given up: {why}", english_channel(*channel))
            }
        }
    }

    /// In German.
    #[must_use]
    pub fn german(&self) -> String {
        match self {
            Telling::Told { stage, names, occasion, next_at, zone } => {
                let whom = match stage {
                    Stage::First => "",
                    Stage::Again => ", noch einmal",
                    Stage::Next => ", als Nächste",
                    Stage::Last => ", als Letzte",
                };
                let next = next_at.map(|at| format!("; wenn niemand handelt, erneut {}", german_clock(at, *zone)));
                format!("{}{whom}: {}{}", names.join(", "), occasion.german(), next.unwrap_or_default())
            }
            Telling::Digest { names, at, zone } => {
                format!("in der Übersicht vom {} an {}", german_clock(*at, *zone), names.join(", "))
            }
            Telling::Waits { until: Some(until), zone } => {
                format!("außerhalb der Dienstzeiten; Nachricht ab {}", german_clock(*until, *zone))
            }
            Telling::Waits { until: None, .. } => "außerhalb der Dienstzeiten, und es kommen keine".to_owned(),
            Telling::Nobody { stage } => match stage {
                Stage::First | Stage::Again => "von den Ersten ist niemand zu erreichen".to_owned(),
                Stage::Next => "von den Nächsten ist niemand zu erreichen".to_owned(),
                Stage::Last => "von den Letzten ist niemand zu erreichen".to_owned(),
            },
            Telling::Undelivered { name, channel, why } => {
                let channel = match channel {
                    Channel::Email => "E-Mail",
                    Channel::Webhook => "Webhook",
                };
                format!("die Nachricht an {name} per {channel} wurde aufgegeben: {why}")
            }
        }
    }
}

impl Occasion {
    const fn english(self) -> &'static str {
        match self {
            Occasion::Unaccepted => "nobody has taken it",
            Occasion::OwnerOff => "its owner is off duty",
            Occasion::OwnerDisabled => "its owner may no longer sign in",
            Occasion::Overdue => "it is overdue",
            Occasion::Worse => "it got worse",
        }
    }

    const fn german(self) -> &'static str {
        match self {
            Occasion::Unaccepted => "niemand hat sie übernommen",
            Occasion::OwnerOff => "wer sie hat, ist nicht im Dienst",
            Occasion::OwnerDisabled => "wer sie hat, kann sich nicht mehr anmelden",
            Occasion::Overdue => "sie ist überfällig",
            Occasion::Worse => "es ist schlimmer geworden",
        }
    }
}

const fn english_channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Webhook => "webhook",
    }
}

fn clock(at: Instant, zone: Tz, form: &str) -> String {
    at.with_timezone(&zone).format(form).to_string()
}

fn german_clock(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format_localized("%a %-d. %B, %H:%M", chrono::Locale::de_DE).to_string()
}
