//! Where an application's requests go: one upstream, or several that do the same.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::uri::Authority;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::identity::{Invalid, text_noun};

/// Most upstreams of one application: each may be asked whether it is well, again and again.
pub const MAX_UPSTREAMS: usize = 16;

/// What is written where an application has no upstream.
const NO_UPSTREAM: &str = "none";

/// One upstream: scheme and authority, no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamUrl {
    text: Arc<str>,
    tls: bool,
    authority: Authority,
}

impl UpstreamUrl {
    /// Parses `http://host:port` or `https://host:port`.
    ///
    /// # Errors
    /// When it is neither, or has a path, query, fragment, user or password.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("an upstream is http://host:port or https://host:port, without a path");
        // A URL's parser passes over these; what is kept is the text.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(invalid());
        }
        let url = Url::parse(text).map_err(|_| invalid())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() || !matches!(url.scheme(), "http" | "https")
        {
            return Err(invalid());
        }
        let host = url.host_str().ok_or_else(invalid)?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let authority = authority.parse().map_err(|_| invalid())?;
        Ok(Self { text: text.trim_end_matches('/').into(), tls: url.scheme() == "https", authority })
    }

    /// The URL as written, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is reached over TLS.
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Its host and port.
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The port it is reached at.
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.tls { 443 } else { 80 })
    }
}

text_noun!(UpstreamUrl);

/// All upstreams of an application, in order, each once. Written as a text if there is one, else as a list; as
/// [`NO_UPSTREAM`] if there is none, since another proxy passes the requests on and only asks us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Upstreams(Arc<[UpstreamUrl]>);

/// How upstreams are written. As plain texts, so that what is wrong with one is told in its own words.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Several(Vec<String>),
}

impl Upstreams {
    /// No upstream.
    pub fn none() -> Self {
        Self(Arc::new([]))
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// What several entries stand for together, each of them one upstream or [`NO_UPSTREAM`].
    ///
    /// # Errors
    /// As [`Upstreams::new`], and when [`NO_UPSTREAM`] does not stand alone.
    pub fn of_entries(entries: &[Self]) -> Result<Self, Invalid> {
        match entries {
            [only] => Ok(only.clone()),
            several if several.iter().any(Self::is_none) => Err(Invalid::new(format!("`{NO_UPSTREAM}` stands alone"))),
            several => Self::new(several.iter().flat_map(Self::iter).cloned().collect()),
        }
    }

    /// Several upstreams.
    ///
    /// # Errors
    /// When there are none, too many, or one of them stands twice: it would get twice the requests by mistake.
    pub fn new(upstreams: Vec<UpstreamUrl>) -> Result<Self, Invalid> {
        if upstreams.is_empty() || upstreams.len() > MAX_UPSTREAMS {
            return Err(Invalid::new(format!("name 1 to {MAX_UPSTREAMS} upstreams")));
        }
        let same = |one: &UpstreamUrl, other: &UpstreamUrl| (one.tls, &one.authority) == (other.tls, &other.authority);
        for (index, upstream) in upstreams.iter().enumerate() {
            if upstreams[..index].iter().any(|other| same(upstream, other)) {
                return Err(Invalid::new(format!("`{upstream}` stands twice")));
            }
        }
        Ok(Self(upstreams.into()))
    }

    /// Each of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &UpstreamUrl> {
        self.0.iter()
    }
}

impl From<UpstreamUrl> for Upstreams {
    fn from(upstream: UpstreamUrl) -> Self {
        Self([upstream].into())
    }
}

/// One upstream, or none.
impl FromStr for Upstreams {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == NO_UPSTREAM { Ok(Self::none()) } else { UpstreamUrl::parse(text).map(Self::from) }
    }
}

impl TryFrom<Written> for Upstreams {
    type Error = Invalid;

    fn try_from(written: Written) -> Result<Self, Invalid> {
        match written {
            Written::One(upstream) => upstream.parse(),
            Written::Several(upstreams) => {
                Self::of_entries(&upstreams.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?)
            }
        }
    }
}

impl From<Upstreams> for Written {
    fn from(upstreams: Upstreams) -> Self {
        match &*upstreams.0 {
            [] => Self::One(NO_UPSTREAM.to_owned()),
            [upstream] => Self::One(upstream.to_string()),
            several => Self::Several(several.iter().map(ToString::to_string).collect()),
        }
    }
}

impl fmt::Display for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str(NO_UPSTREAM);
        }
        for (index, upstream) in self.iter().enumerate() {
            write!(f, "{}{upstream}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_written_in_one_way() {
        assert_eq!(UpstreamUrl::parse("http://10.1.2.3:3000/").unwrap().as_str(), "http://10.1.2.3:3000");
        for bad in [" http://a", "http://a\n", "http://a\tb", "http://a/b", "http://u@a", "ftp://a", "a:80"] {
            assert!(UpstreamUrl::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_is_written_as_a_text_and_several_as_a_list() {
        for written in [r#""http://a:1""#, r#"["http://a:1","https://b"]"#] {
            let read: Upstreams = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), written);
        }
        let single: Upstreams = serde_json::from_str(r#"["http://a:1"]"#).unwrap();
        assert_eq!(single, "http://a:1".parse().unwrap());
    }

    #[test]
    fn none_is_said_in_one_word_that_stands_alone() {
        for written in [r#""none""#, r#"["none"]"#] {
            let read: Upstreams = serde_json::from_str(written).unwrap();
            assert!(read.is_none());
            assert_eq!(serde_json::to_string(&read).unwrap(), r#""none""#);
        }
        for written in [r#"[]"#, r#""""#, r#""None""#, r#"["none","http://a"]"#, r#"["none","none"]"#] {
            assert!(serde_json::from_str::<Upstreams>(written).is_err(), "{written}");
        }
    }

    #[test]
    fn there_is_at_least_one_and_none_stands_twice() {
        let of = |urls: &[&str]| Upstreams::new(urls.iter().map(|url| url.parse().unwrap()).collect());
        assert!(of(&[]).is_err());
        assert!(of(&["http://a", "http://b", "http://a/"]).is_err());
        assert!(of(&["http://a", "http://A"]).is_err(), "a host is the same in whatever case");
        assert!(of(&["http://a", "https://a", "http://a:81"]).is_ok());
        let many: Vec<UpstreamUrl> = (1..=17).map(|n| format!("http://a:{n}").parse().unwrap()).collect();
        assert!(Upstreams::new(many.clone()).is_err() && Upstreams::new(many[1..].to_vec()).is_ok());
    }
}
