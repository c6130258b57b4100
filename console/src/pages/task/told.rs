//! Whom Hearth told of a task, step by step: to whom, why, and what comes next.

use crate::text::Words;
use care::cover::{Piece, Telling};
use maud::{Markup, html};

/// The step, and below it why it was taken and what comes next.
pub(super) fn told(telling: &Telling, words: Words) -> (Markup, Markup) {
    let said = words.lang.voice().said(telling);
    let show = |pieces: &[Piece]| {
        html! {
            @for piece in pieces {
                @match piece {
                    Piece::Words(text) => { (text) },
                    Piece::At(at, _) => { (words.at(*at)) },
                    // What the other server answered, as it answered.
                    Piece::Quoted(text) => { span lang="en" { (text) } },
                }
            }
        }
    };
    (show(&said.step), show(&said.why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;
    use care::cover::{Channel, Occasion, Stage};
    use chrono_tz::Tz;

    /// Without tags.
    fn plain((step, why): (Markup, Markup)) -> String {
        let html = format!("{} {}", step.0, why.0);
        let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        parts.collect::<String>().trim().to_owned()
    }

    #[test]
    fn every_step_says_who_why_and_when() {
        let at = |text: &str| text.parse::<vitals::Instant>().unwrap();
        let now = at("2026-11-23T08:00:00Z");
        let (noon, zone) = (at("2026-11-23T12:00:00Z"), Tz::UTC);
        let sent =
            |stage, occasion, next_at| Telling::Told { stage, names: vec!["Ada".into()], occasion, next_at, zone };
        let lost = Telling::Undelivered { name: "Ada".into(), channel: Channel::Email, why: "no such mailbox".into() };
        let steps = [
            sent(Stage::First, Occasion::Unaccepted, Some(noon)),
            sent(Stage::Again, Occasion::Unaccepted, Some(noon)),
            sent(Stage::Next, Occasion::OwnerOff, Some(noon)),
            sent(Stage::Last, Occasion::OwnerDisabled, None),
            Telling::Waits { until: Some(noon), zone },
            Telling::Nobody { stage: Stage::Next },
            lost,
        ];
        let all = |lang| steps.iter().map(|t| plain(told(t, Words::new(lang, zone, now)))).collect::<Vec<_>>();
        let english = [
            "Hearth told Ada. Nobody has taken the task. Next step, if nobody does anything: 12:00.",
            "Hearth told Ada once more. Nobody has taken the task. Next step, if nobody does anything: 12:00.",
            "Hearth passed it on to the next in line: Ada. Its owner went off duty. Next step, if nobody does anything: 12:00.",
            "Hearth passed it on to the last in line: Ada. Its owner may no longer sign in.",
            "It waits for cover: nobody is told before 12:00. It came outside the hours of cover.",
            "Nobody who is next in line can be told now. Nobody there is on duty and can be reached; Hearth goes on to the next step.",
            "A dead end: the message to Ada by e-mail was given up. no such mailbox",
        ];
        let german = [
            "Hearth hat Ada benachrichtigt. Niemand hat die Aufgabe übernommen. Nächster Schritt, wenn niemand etwas tut: 12:00.",
            "Hearth hat Ada noch einmal benachrichtigt. Niemand hat die Aufgabe übernommen. Nächster Schritt, wenn niemand etwas tut: 12:00.",
            "Hearth hat sie an die Nächsten in der Reihe weitergegeben: Ada. Wer sie hatte, ist nicht mehr im Dienst. Nächster Schritt, wenn niemand etwas tut: 12:00.",
            "Hearth hat sie an die Letzten in der Reihe weitergegeben: Ada. Wer sie hatte, kann sich nicht mehr anmelden.",
            "Sie wartet auf die Dienstzeit: benachrichtigt wird ab 12:00. Sie kam außerhalb der Dienstzeiten.",
            "Von den Nächsten in der Reihe ist jetzt niemand zu benachrichtigen. Dort ist niemand im Dienst und zu erreichen; Hearth geht zum nächsten Schritt.",
            "Eine Sackgasse: die Nachricht an Ada per E-Mail wurde aufgegeben. no such mailbox",
        ];
        assert_eq!(all(Lang::English), english);
        assert_eq!(all(Lang::German), german);
    }
}
