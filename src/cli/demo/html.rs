//! The little HTML that the demonstration's own sites need. They are other people's sites, so they use nothing of
//! Vestibule's pages.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// No scripts, nothing from elsewhere. No `form-action`: browsers apply it to the redirects that follow a form as well,
/// and those lead to other hosts here.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'";

/// Text from outside, harmless in HTML text and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A whole document. `title` and `stylesheet` are text; `class` is ours; `body` is HTML whose outside text is escaped.
pub fn document(status: StatusCode, title: &str, stylesheet: &str, class: &str, body: &str) -> Response {
    let (title, stylesheet) = (escape(title), escape(stylesheet));
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{stylesheet}">
</head>
<body class="{class}">
{body}
</body>
</html>
"#
    );
    let mut response = (status, axum::response::Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A stylesheet.
pub fn stylesheet(css: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], css).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_the_escape() {
        assert_eq!(escape("<script>\"'& ü"), "&lt;script&gt;&quot;&#x27;&amp; ü");
    }
}
