//! The style sheet and the icon, inside the program, under addresses that change with their content, and compressed for
//! browsers that take it: a page and its style sheet should be small on the way. Pages themselves are not compressed, because
//! the length of a compressed page can tell what is secret in it.

use std::io::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, header};

use crate::{Problem, ProblemKind};

/// A file served under `/assets/`.
struct Asset {
    name: String,
    media_type: &'static str,
    bytes: &'static [u8],
    /// The same, compressed (RFC 1952).
    gzip: Vec<u8>,
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
        Self {
            name: format!("{stem}-{}.{extension}", &hash[..HASH_DIGITS]),
            media_type,
            bytes,
            gzip: compressed(bytes),
        }
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes what is written to it")
}

/// Whether a browser takes gzip (RFC 9110, section 12.5.3). One that weighs its encodings is given none of them.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| coding.trim().eq_ignore_ascii_case("gzip"))
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

async fn serve(Path(name): Path<String>, asked: HeaderMap) -> Response {
    let Some(asset) = [&*STYLESHEET, &*ICON].into_iter().find(|asset| asset.name == name) else {
        return Problem::new(ProblemKind::NotFound).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, CACHE_CONTROL),
        (header::VARY, "Accept-Encoding"),
    ];
    match takes_gzip(&asked) {
        true => (headers, [(header::CONTENT_ENCODING, "gzip")], asset.gzip.as_slice()).into_response(),
        false => (headers, asset.bytes).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use http::HeaderValue;
    use std::io::Read as _;

    #[test]
    fn assets_are_compressed_for_browsers_that_take_it() {
        let cases = [
            ("gzip, deflate, br", true),
            ("br, GZIP", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
        ];
        for (accepted, expected) in cases {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(takes_gzip(&headers), expected, "{accepted:?}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_is_compressed_is_the_asset() {
        for asset in [&*STYLESHEET, &*ICON] {
            let mut bytes = Vec::new();
            GzDecoder::new(asset.gzip.as_slice()).read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, asset.bytes, "{}", asset.name);
        }
        assert!(STYLESHEET.gzip.len() * 4 < STYLESHEET.bytes.len());
    }
}
