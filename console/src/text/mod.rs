//! What the pages say, in the reader's language: strings from `strings/{language}/*.ftl` (Project Fluent).
//!
//! `t!(lang, "key")` gives a message, `t!(lang, "key", name = value)` one with values in it. A test holds every key that
//! stands in the source against the files, and the languages against each other, so that none is incomplete.

mod books;
mod caught;
mod language;
mod refused;
#[cfg(test)]
mod tests;
mod undelivered;
mod words;

pub(crate) use books::Books;
pub(crate) use language::Lang;
pub(crate) use refused::refused;
pub(crate) use undelivered::undelivered;
pub(crate) use words::{Words, capitalised};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use maud::{Markup, PreEscaped, Render};
use std::sync::LazyLock;

/// The files of one language; each page has its own.
macro_rules! files {
    ($language:literal) => {
        files!($language, "common", "tasks", "patient", "admin", "rules", "accounts", "notify", "own", "first", "reason", "devices",
            "problem", "refused", "undelivered")
    };
    ($language:literal, $($name:literal),+) => {
        [$(include_str!(concat!("../../strings/", $language, "/", $name, ".ftl"))),+]
    };
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::English, &files!("en")));
static GERMAN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Lang::German, &files!("de")));

/// What cannot be read, or stands there twice, is left out; the tests find it.
fn bundle(lang: Lang, files: &[&str]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.identifier()]);
    // Both languages run left to right; marks around values would stand in attributes and titles.
    bundle.set_use_isolating(false);
    for text in files {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(read, _)| read);
        drop(bundle.add_resource(resource));
    }
    bundle
}

/// A message's text; where it is missing its key, which the tests do not let happen.
pub(crate) fn say(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> String {
    let bundle = match lang {
        Lang::English => &ENGLISH,
        Lang::German => &GERMAN,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
    bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
}

/// Stand around the name of a piece of markup while Fluent puts it in its place.
const MARKS: [char; 2] = ['\u{E000}', '\u{E001}'];

/// A message with pieces of markup in it, such as links; everything else in it is escaped.
pub(crate) fn say_around(lang: Lang, key: &str, mut args: FluentArgs<'_>, pieces: &[(&str, Markup)]) -> Markup {
    let [open, close] = MARKS;
    for (name, _) in pieces {
        args.set(name.to_string(), FluentValue::from(format!("{open}{name}{close}")));
    }
    let text = say(lang, key, Some(&args));
    let mut html = String::new();
    for part in text.split(open) {
        let (name, rest) = part.split_once(close).unwrap_or(("", part));
        if let Some((_, piece)) = pieces.iter().find(|(n, _)| *n == name) {
            html.push_str(&piece.0);
        }
        rest.render_to(&mut html);
    }
    PreEscaped(html)
}

/// A message: `t!(lang, "key")`, `t!(lang, "key", count = 3, name = patient.name.as_str())`. With markup in it:
/// `t!(lang, "key", count = 3; link = html! { … })`.
macro_rules! t {
    ($lang:expr, $key:literal) => { $crate::text::say($lang, $key, None) };
    ($lang:expr, $key:literal, $($name:ident = $value:expr),+) => {{
        let mut args = fluent_bundle::FluentArgs::new();
        $(args.set(stringify!($name), $value);)+
        $crate::text::say($lang, $key, Some(&args))
    }};
    ($lang:expr, $key:literal; $($piece:ident = $markup:expr),+) => {
        $crate::text::say_around($lang, $key, fluent_bundle::FluentArgs::new(), &[$((stringify!($piece), $markup)),+])
    };
    ($lang:expr, $key:literal, $($name:ident = $value:expr),+; $($piece:ident = $markup:expr),+) => {{
        let mut args = fluent_bundle::FluentArgs::new();
        $(args.set(stringify!($name), $value);)+
        $crate::text::say_around($lang, $key, args, &[$((stringify!($piece), $markup)),+])
    }};
}
pub(crate) use t;
