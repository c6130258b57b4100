//! Why a message to a person did not leave: the courier's words, kept with the message, as one reader reads them.

use super::caught::caught;
use super::{Lang, t};

/// How a sentence is said with what was caught in it.
type Say = fn(Lang, &str) -> String;

/// What the courier says of a message. A test holds this against its source.
const KNOWN: &[(&str, Say)] = &[
    ("e-mail is not set up", |l, _| t!(l, "undelivered-no-email")),
    ("no address is known", |l, _| t!(l, "undelivered-no-address")),
    ("the webhook is not set up", |l, _| t!(l, "undelivered-no-webhook")),
    ("the address cannot be written to", |l, _| t!(l, "undelivered-bad-address")),
    ("no message: {}", |l, what| t!(l, "undelivered-no-message", what = what)),
    ("the mail server took too long", |l, _| t!(l, "undelivered-mail-slow")),
    ("the mail server knows no such mailbox, or refuses it", |l, _| t!(l, "undelivered-no-mailbox")),
    ("the mail server refuses the message", |l, _| t!(l, "undelivered-refused")),
    ("the mail server refuses to talk to us", |l, _| t!(l, "undelivered-turned-away")),
    ("the mail server put it off", |l, _| t!(l, "undelivered-put-off")),
    ("the connection broke after the message was given; it may have arrived", |l, _| t!(l, "undelivered-perhaps")),
    ("TLS with the mail server failed", |l, _| t!(l, "undelivered-mail-tls")),
    ("the mail server will not do: {}", |l, what| t!(l, "undelivered-mail-unfit", what = what)),
    ("the mail server cannot be reached", |l, _| t!(l, "undelivered-mail-away")),
    ("no message could be written", |l, _| t!(l, "undelivered-unwritten")),
    ("the secret cannot sign", |l, _| t!(l, "undelivered-secret")),
    ("the attempt was interrupted", |l, _| t!(l, "undelivered-interrupted")),
    ("the service answered {}", |l, what| t!(l, "undelivered-answered", status = what)),
    ("the service refused it with {}", |l, what| t!(l, "undelivered-service-refused", status = what)),
    ("the service cannot be reached", |l, _| t!(l, "undelivered-service-away")),
    ("TLS with the service failed", |l, _| t!(l, "undelivered-service-tls")),
    ("the service did not answer; it may have taken it", |l, _| t!(l, "undelivered-service-silent")),
];

/// The reason in the reader's language; none where it is nothing that the courier says.
pub(crate) fn undelivered(lang: Lang, why: &str) -> Option<String> {
    if let Some(found) = caught("{}; given up after {} attempts", why) {
        let [why, times] = found.as_slice() else { return None };
        return Some(t!(lang, "undelivered-given-up", why = undelivered(lang, why)?, times = *times));
    }
    // "… (550 5.1.1)": the mail server's own code.
    let (plain, code) = match why.strip_suffix(')').and_then(|w| w.rsplit_once(" (")) {
        Some((plain, code)) if code.starts_with(|c: char| c.is_ascii_digit()) => (plain, Some(code)),
        _ => (why, None),
    };
    let said = KNOWN.iter().find_map(|(form, say)| {
        let found = caught(form, plain)?;
        Some(say(lang, found.first().copied().unwrap_or_default()))
    })?;
    Some(code.map_or_else(|| said.clone(), |code| format!("{said} ({code})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_meets_reasons_in_their_language() {
        let german = |why| undelivered(Lang::German, why).unwrap();
        assert_eq!(german("e-mail is not set up"), "E-Mail ist nicht eingerichtet");
        assert_eq!(
            german("the mail server knows no such mailbox, or refuses it (550)"),
            "der Mailserver kennt das Postfach nicht oder lehnt es ab (550)"
        );
        assert_eq!(
            german("the service answered 503; given up after 4 attempts"),
            "der Dienst antwortete mit 503; nach 4 Versuchen aufgegeben"
        );
        assert_eq!(undelivered(Lang::German, "something else"), None);
    }

    #[test]
    fn english_stays_as_the_courier_says_it() {
        for (form, _) in KNOWN {
            let why = form.replace("{}", "503");
            assert_eq!(undelivered(Lang::English, &why).as_ref(), Some(&why));
        }
        let given_up = "the mail server took too long; given up after 4 attempts";
        assert_eq!(undelivered(Lang::English, given_up).as_deref(), Some(given_up));
    }

    #[test]
    fn everything_that_the_courier_says_is_known() {
        let sources = [
            include_str!("../notify/courier.rs"),
            include_str!("../notify/smtp.rs"),
            include_str!("../notify/webhook.rs"),
        ];
        let mut seen = 0;
        for source in sources {
            let starts = ["never(\"", "later(\"", "said(\"", "never(format!(\"", "later(format!(\"", "why: \""];
            for start in starts {
                for (at, _) in source.match_indices(start) {
                    let text = source.get(at + start.len()..).unwrap().split('"').next().unwrap();
                    let text: String = text.split('{').next().unwrap().to_owned();
                    let known = KNOWN.iter().any(|(form, _)| form.split('{').next() == Some(text.as_str()));
                    assert!(known, "`{text}` is said in no other language");
                    seen += 1;
                }
            }
        }
        assert!(seen >= KNOWN.len(), "{seen}");
    }
}
