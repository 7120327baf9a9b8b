//! `[log]` and `[traces]`.

use url::Url;

use super::section::Section;
use super::values;
use crate::telemetry::{AccessTo, Format, Level, LogSettings, Share, TraceSettings};

/// Where OTLP/HTTP takes spans, below what is configured (OpenTelemetry Protocol, "OTLP/HTTP request").
const SPANS: &str = "v1/traces";

/// Reads `[log]`.
pub(super) fn log(root: &mut Section<'_>) -> LogSettings {
    let mut section = root.section("log");
    let levels = [("error", Level::Error), ("warn", Level::Warn), ("info", Level::Info), ("debug", Level::Debug)];
    let formats = [("auto", Format::Auto), ("text", Format::Text), ("json", Format::Json)];
    let usual = LogSettings::default();
    let log = LogSettings {
        level: section.choice("level", &levels, usual.level),
        format: section.choice("format", &formats, usual.format),
        access: section.text("access", access).flatten(),
    };
    section.finish();
    log
}

/// A word, or a file. A word that is none of ours is no file's name: it is more likely a slip.
fn access(text: &str) -> Result<Option<AccessTo>, String> {
    match text {
        "off" => Ok(None),
        "stdout" => Ok(Some(AccessTo::Stdout)),
        path if path.contains('/') => Ok(Some(AccessTo::File(values::file(path)?))),
        _ => Err("write off, stdout, or the path of a file, with a slash in it".to_owned()),
    }
}

/// Reads `[traces]`.
pub(super) fn traces(root: &mut Section<'_>) -> Option<TraceSettings> {
    let mut section = root.section("traces");
    let endpoint = section.text("endpoint", endpoint);
    let sample = section.share("sample", Share::default());
    section.finish();
    Some(TraceSettings { endpoint: endpoint?, sample })
}

fn endpoint(text: &str) -> Result<Url, String> {
    let invalid = || "write the collector's OTLP/HTTP address, such as http://127.0.0.1:4318".to_owned();
    let mut url = Url::parse(text).map_err(|_| invalid())?;
    // What stands there is logged when the collector fails.
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !bare {
        return Err(invalid());
    }
    url.path_segments_mut().map_err(|()| invalid())?.pop_if_empty().extend(SPANS.split('/'));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_below_the_collector() {
        for (text, expected) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://otel.example.com/tenant/", "https://otel.example.com/tenant/v1/traces"),
        ] {
            assert_eq!(endpoint(text).unwrap().as_str(), expected);
        }
        for bad in ["", "collector:4318", "grpc://127.0.0.1:4317", "http://user:pass@127.0.0.1", "http://a/?key=secret"]
        {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_access_log_goes_where_it_is_meant_to() {
        assert_eq!(access("off"), Ok(None));
        assert_eq!(access("stdout"), Ok(Some(AccessTo::Stdout)));
        assert_eq!(access("./access.log"), Ok(Some(AccessTo::File("./access.log".into()))));
        assert!(access("stdot").is_err() && access("").is_err());
    }
}
