//! The static files, embedded in the binary.

use serde::{Serialize, Serializer};

/// Where a page finds its static files. They are the same files on every host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assets {
    /// On the sign-in host, below `/static`.
    SignIn,
    /// On an application's host, below `/.vestibule/static`: every other path there is the application's.
    Application,
}

impl Assets {
    /// The path the files stand under, without a slash at the end.
    pub const fn base(self) -> &'static str {
        match self {
            Self::SignIn => "/static",
            Self::Application => "/.vestibule/static",
        }
    }
}

impl Serialize for Assets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.base())
    }
}

/// A static file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its media type, for `Content-Type`.
    pub content_type: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
    /// Its entity tag with the quotes, for `ETag` (RFC 9110 8.8.3). It changes when the bytes do.
    pub etag: String,
}

/// Every static file: name, media type, bytes.
const FILES: [(&str, &str, &[u8]); 3] = [
    ("vestibule.css", "text/css; charset=utf-8", include_bytes!("../../static/vestibule.css")),
    ("mark.svg", "image/svg+xml", include_bytes!("../../static/mark.svg")),
    // htmx 2.0.11, as npm has it; its licence stands beside it.
    ("htmx.min.js", "text/javascript; charset=utf-8", include_bytes!("../../static/htmx.min.js")),
];

/// The static file of this path below [`Assets::base`], without a leading slash or a query. Names are exact: nothing is
/// decoded or joined, so no path leads elsewhere.
pub fn asset(path: &str) -> Option<Asset> {
    let (_, content_type, bytes) = FILES.into_iter().find(|(name, ..)| *name == path)?;
    Some(Asset { content_type, bytes, etag: format!("\"{:016x}\"", fingerprint(bytes)) })
}

/// The name with the fingerprint of its bytes as a query, so that a new release is never shown with an old stylesheet.
pub(super) fn versioned(name: &'static str) -> String {
    let bytes = FILES.into_iter().find(|(other, ..)| *other == name).map_or(&[][..], |(_, _, bytes)| bytes);
    format!("{name}?v={:016x}", fingerprint(bytes))
}

/// FNV-1a. It tells releases of our own files apart; nothing secret or hostile is compared by it.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
