//! The words of a [`super::Telling`], language by language.

use super::{Channel, Occasion, Stage};
use crate::sentence::{English, German};

/// Whole sentences, and what stands before and after a time within one.
pub(crate) trait Phrases {
    fn told(&self, stage: Stage, names: &str) -> String;
    fn occasion(&self, occasion: Occasion) -> &'static str;
    fn next(&self) -> [&'static str; 2];
    fn digest(&self, names: &str) -> [String; 2];
    fn waits(&self) -> ([&'static str; 2], &'static str);
    fn never(&self) -> (&'static str, &'static str);
    fn nobody(&self, stage: Stage) -> (&'static str, &'static str);
    fn undelivered(&self, name: &str, channel: Channel) -> String;
}

impl Phrases for English {
    fn told(&self, stage: Stage, names: &str) -> String {
        match stage {
            Stage::First => format!("Hearth told {names}."),
            Stage::Again => format!("Hearth told {names} once more."),
            Stage::Next => format!("Hearth passed it on to the next in line: {names}."),
            Stage::Last => format!("Hearth passed it on to the last in line: {names}."),
        }
    }

    fn occasion(&self, occasion: Occasion) -> &'static str {
        match occasion {
            Occasion::Unaccepted => "Nobody has taken the task.",
            Occasion::OwnerOff => "Its owner went off duty.",
            Occasion::OwnerDisabled => "Its owner may no longer sign in.",
            Occasion::Overdue => "It is overdue.",
            Occasion::Worse => "It got worse.",
        }
    }

    fn next(&self) -> [&'static str; 2] {
        ["Next step, if nobody does anything: ", "."]
    }

    fn digest(&self, names: &str) -> [String; 2] {
        ["It stands in the digest of ".to_owned(), format!(" to {names}.")]
    }

    fn waits(&self) -> ([&'static str; 2], &'static str) {
        (["It waits for cover: nobody is told before ", "."], "It came outside the hours of cover.")
    }

    fn never(&self) -> (&'static str, &'static str) {
        (
            "It waits for cover, and no hours of cover are set to come.",
            "An administrator sets them on the page of messages.",
        )
    }

    fn nobody(&self, stage: Stage) -> (&'static str, &'static str) {
        let goes_on = "Nobody there is on duty and can be reached; Hearth goes on to the next step.";
        match stage {
            Stage::First | Stage::Again => ("Nobody who is first in line can be told now.", goes_on),
            Stage::Next => ("Nobody who is next in line can be told now.", goes_on),
            Stage::Last => (
                "Nobody who is last in line can be told.",
                "An administrator puts somebody there, on the page of messages.",
            ),
        }
    }

    fn undelivered(&self, name: &str, channel: Channel) -> String {
        let way = match channel {
            Channel::Email => "e-mail",
            Channel::Webhook => "webhook",
        };
        format!("A dead end: the message to {name} by {way} was given up.")
    }
}

impl Phrases for German {
    fn told(&self, stage: Stage, names: &str) -> String {
        match stage {
            Stage::First => format!("Hearth hat {names} benachrichtigt."),
            Stage::Again => format!("Hearth hat {names} noch einmal benachrichtigt."),
            Stage::Next => format!("Hearth hat sie an die Nächsten in der Reihe weitergegeben: {names}."),
            Stage::Last => format!("Hearth hat sie an die Letzten in der Reihe weitergegeben: {names}."),
        }
    }

    fn occasion(&self, occasion: Occasion) -> &'static str {
        match occasion {
            Occasion::Unaccepted => "Niemand hat die Aufgabe übernommen.",
            Occasion::OwnerOff => "Wer sie hatte, ist nicht mehr im Dienst.",
            Occasion::OwnerDisabled => "Wer sie hatte, kann sich nicht mehr anmelden.",
            Occasion::Overdue => "Sie ist überfällig.",
            Occasion::Worse => "Es ist schlimmer geworden.",
        }
    }

    fn next(&self) -> [&'static str; 2] {
        ["Nächster Schritt, wenn niemand etwas tut: ", "."]
    }

    fn digest(&self, names: &str) -> [String; 2] {
        ["Sie steht in der Übersicht von ".to_owned(), format!(" an {names}.")]
    }

    fn waits(&self) -> ([&'static str; 2], &'static str) {
        (["Sie wartet auf die Dienstzeit: benachrichtigt wird ab ", "."], "Sie kam außerhalb der Dienstzeiten.")
    }

    fn never(&self) -> (&'static str, &'static str) {
        (
            "Sie wartet auf die Dienstzeit, und es sind keine Dienstzeiten mehr festgelegt.",
            "Die Verwaltung legt sie auf der Seite der Nachrichten fest.",
        )
    }

    fn nobody(&self, stage: Stage) -> (&'static str, &'static str) {
        let goes_on = "Dort ist niemand im Dienst und zu erreichen; Hearth geht zum nächsten Schritt.";
        match stage {
            Stage::First | Stage::Again => {
                ("Von den Ersten in der Reihe ist jetzt niemand zu benachrichtigen.", goes_on)
            }
            Stage::Next => ("Von den Nächsten in der Reihe ist jetzt niemand zu benachrichtigen.", goes_on),
            Stage::Last => (
                "Von den Letzten in der Reihe ist niemand zu benachrichtigen.",
                "Die Verwaltung setzt dort jemanden ein, auf der Seite der Nachrichten.",
            ),
        }
    }

    fn undelivered(&self, name: &str, channel: Channel) -> String {
        let way = match channel {
            Channel::Email => "E-Mail",
            Channel::Webhook => "Webhook",
        };
        format!("Eine Sackgasse: die Nachricht an {name} per {way} wurde aufgegeben.")
    }
}
