//! What a message says: that something is waiting, and where. Nothing about whom.

use crate::text::{Lang, t};
use care::cover::Member;
use store::MessageBatch;

/// One message, ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// the same for every copy of it
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// for programs
    pub(crate) tasks: Vec<(String, &'static str)>,
    pub(crate) link: Option<String>,
}

/// The reader's language, English where nobody set one.
pub(crate) fn language(member: &Member) -> Lang {
    member.language.as_deref().and_then(Lang::of_code).unwrap_or_default()
}

impl Letter {
    /// Tells of a batch's tasks.
    pub(crate) fn of(batch: &MessageBatch, member: &Member, public_url: Option<&str>) -> Self {
        let lang = language(member);
        let count = batch.tasks.len();
        let link = public_url.map(|url| match batch.tasks.as_slice() {
            [(only, _)] => format!("{}/tasks/{only}", url.trim_end_matches('/')),
            _ => format!("{}/", url.trim_end_matches('/')),
        });
        let subject = t!(lang, "notify-mail-waiting", count = count);
        let text = Self::lines(lang, &subject, link.as_deref());
        let tasks = batch.tasks.iter().map(|(id, severity)| (id.to_string(), severity.as_str())).collect();
        Self { id: batch.id.clone(), subject, text, tasks, link }
    }

    /// Shows that messages arrive.
    pub(crate) fn test(id: String, member: &Member, public_url: Option<&str>) -> Self {
        let lang = language(member);
        let link = public_url.map(|url| format!("{}/messages", url.trim_end_matches('/')));
        let subject = t!(lang, "notify-mail-test");
        let text = Self::lines(lang, &t!(lang, "notify-mail-test-text"), link.as_deref());
        Self { id, subject, text, tasks: Vec::new(), link }
    }

    fn lines(lang: Lang, first: &str, link: Option<&str>) -> String {
        let place = link.map_or_else(|| t!(lang, "notify-mail-sign-in"), str::to_owned);
        format!("{first}\n\n{place}\n\n-- \n{}\n", t!(lang, "common-not-emergency"))
    }
}
