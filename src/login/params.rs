//! Query parameters, each at most once (RFC 6749 3.1).

use std::collections::HashMap;

use url::form_urlencoded;

/// Most parameters that are read; no request of the protocol has as many.
const MAX_PARAMS: usize = 20;

/// The parameters of one query.
pub(super) struct Params(HashMap<String, String>);

impl Params {
    /// Parses a query; nothing if a parameter is there twice or there are too many.
    pub(super) fn parse(query: Option<&str>) -> Option<Self> {
        let mut params = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if params.len() == MAX_PARAMS || params.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(params))
    }

    /// The value of a parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is there at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
