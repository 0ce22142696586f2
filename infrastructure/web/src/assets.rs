//! The style sheet and the icon, inside the program, under addresses that change with their content.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;

use crate::{Problem, ProblemKind};

/// A file served under `/assets/`.
struct Asset {
    name: String,
    media_type: &'static str,
    bytes: &'static [u8],
}

/// Hexadecimal digits of the content's hash in an asset's name.
const HASH_DIGITS: usize = 16;

/// Browsers may keep an asset for a year: its content never changes under its name.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("lienthong", "css", "text/css", include_bytes!("../assets/lienthong.css")));

static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")));

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, bytes: &'static [u8]) -> Self {
        let hash: String = digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name: format!("{stem}-{}.{extension}", &hash[..HASH_DIGITS]), media_type, bytes }
    }
}

/// Address of the style sheet.
pub fn stylesheet() -> String {
    format!("/assets/{}", STYLESHEET.name)
}

/// Address of the icon.
pub fn icon() -> String {
    format!("/assets/{}", ICON.name)
}

/// The routes every site needs: the assets.
pub fn shell_routes() -> Router {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>) -> Response {
    let asset = [&*STYLESHEET, &*ICON].into_iter().find(|asset| asset.name == name);
    match asset {
        None => Problem::new(ProblemKind::NotFound).into_response(),
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, CACHE_CONTROL)];
            (headers, asset.bytes).into_response()
        }
    }
}
