//! Where browsers find us: the origin of the sign-in host, from which every application's origin follows.

use std::sync::Arc;

use url::Url;

use super::{Host, IdpId, Invalid, text_noun};

/// The public origin of the sign-in host: https, or http on loopback alone, where a browser's traffic cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: Arc<str>,
    https: bool,
    host: Host,
    port: Option<u16>,
}

impl PublicUrl {
    /// Parses an origin such as `https://login.example.com`.
    ///
    /// # Errors
    /// When it is no origin, or http elsewhere than on loopback or `*.localhost`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("public_url is an origin such as https://login.example.com, without a path");
        let url = Url::parse(text).map_err(|_| invalid())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(invalid());
        }
        let host = Host::parse(url.host_str().ok_or_else(invalid)?)?;
        let https = match url.scheme() {
            "https" => true,
            "http" if host.is_loopback() => false,
            "http" => {
                return Err(Invalid::new(
                    "http is taken only on loopback or *.localhost: use https, or let a proxy in front of us speak it",
                ));
            }
            _ => return Err(invalid()),
        };
        Ok(Self::new(https, host, url.port()))
    }

    fn new(https: bool, host: Host, port: Option<u16>) -> Self {
        let origin = origin(https, &host, port).into();
        Self { origin, https, host, port }
    }

    /// The origin, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.origin
    }

    /// Whether browsers reach us over https.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// The sign-in host.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The public port, if it is not the scheme's own.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The origin of an application's host: scheme and port are ours.
    pub fn origin_of(&self, host: &Host) -> String {
        origin(self.https, host, self.port)
    }

    /// The one redirect URI of an IdP.
    pub fn redirect_uri(&self, idp: &IdpId) -> String {
        format!("{}/login/{idp}/callback", self.origin)
    }

    /// Where a provider sends people back to that it has signed out.
    pub fn signed_out(&self) -> String {
        format!("{}/signed-out", self.origin)
    }

    /// Where an IdP tells us that it has signed somebody out: by itself, and by a frame on its page.
    pub fn logout_uris(&self, idp: &IdpId) -> [String; 2] {
        ["backchannel-logout", "frontchannel-logout"].map(|how| format!("{}/login/{idp}/{how}", self.origin))
    }
}

fn origin(https: bool, host: &Host, port: Option<u16>) -> String {
    let scheme = if https { "https" } else { "http" };
    match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

text_noun!(PublicUrl);
