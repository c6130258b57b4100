//! Style sheet, script and icon: part of the binary, served under names that change with their content.

use crate::problem::Problem;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    /// with the digest in it: `style.1a2b3c4d.css`
    name: String,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(text.as_bytes()));
        let short: String = digest.chars().take(12).collect();
        Self { name: format!("{stem}.{short}.{ending}"), kind, text }
    }
}

/// A file per part of the pages, sent as one.
const STYLE_TEXT: &str = concat!(
    include_str!("../assets/style/base.css"),
    include_str!("../assets/style/tasks.css"),
    include_str!("../assets/style/patient.css"),
    include_str!("../assets/style/chart.css"),
    include_str!("../assets/style/admin.css"),
    include_str!("../assets/style/own.css"),
    include_str!("../assets/style/notify.css"),
    include_str!("../assets/style/accounts.css"),
    include_str!("../assets/style/narrow.css"),
);
const SCRIPT_TEXT: &str = concat!(
    include_str!("../assets/script/live.js"),
    include_str!("../assets/script/keys.js"),
    include_str!("../assets/script/chart.js"),
    include_str!("../assets/script/copy.js")
);

static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", STYLE_TEXT));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("hearth", "js", "text/javascript; charset=utf-8", SCRIPT_TEXT));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

pub(super) fn style() -> String {
    format!("/assets/{}", STYLE.name)
}
pub(super) fn script() -> String {
    format!("/assets/{}", SCRIPT.name)
}
pub(super) fn icon() -> String {
    format!("/assets/{}", ICON.name)
}

/// `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.name == name);
    let asset = found.ok_or_else(|| Problem::not_found("such file"))?;
    // The name changes with the content, so it may be kept for ever.
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.text).into_response())
}
