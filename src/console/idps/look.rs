//! Looking a provider up: what it tells of itself, for people.

use url::Url;

use super::form::auth_word;
use crate::oidc::Preview;
use crate::pages::Found;

/// Most claims that are named.
const MAX_CLAIMS: usize = 30;

/// What was found, and what does not fit.
pub(super) fn found(preview: &Preview) -> Found {
    let host = |url: &Url| url.to_string();
    let userinfo = preview.userinfo_endpoint.as_ref().map(host);
    let scopes = preview.scopes.join(" ");
    let mut facts = vec![
        ("Issuer", preview.issuer.as_str().to_owned()),
        ("People sign in at", host(&preview.authorization_endpoint)),
        ("Tokens come from", host(&preview.token_endpoint)),
        ("More claims come from", userinfo.unwrap_or_else(|| "nowhere: the ID token is all".to_owned())),
        ("Keys", format!("{} that can be used", preview.keys)),
        ("Scopes to ask for", scopes),
    ];
    if let Some(auth) = preview.client_auth {
        facts.push(("Client authentication", auth_word(auth).to_owned()));
    }
    if !preview.claims.is_empty() {
        let more = preview.claims.len().saturating_sub(MAX_CLAIMS);
        let mut claims = preview.claims.iter().take(MAX_CLAIMS).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            claims = format!("{claims} and {more} more");
        }
        facts.push(("Claims it announces", claims));
    }
    Found { facts, doubts: doubts(preview) }
}

fn doubts(preview: &Preview) -> Vec<String> {
    let mut doubts = Vec::new();
    if preview.keys == 0 || !preview.signs {
        let what = "It signs with nothing that is accepted (RS256 to 512, PS256 to 512, ES256, ES384, EdDSA): choose a \
                    signing key there.";
        doubts.push(what.to_owned());
    }
    if preview.client_auth.is_none() {
        doubts.push("It knows no way of ours for a client to authenticate: allow client_secret_basic.".to_owned());
    }
    doubts
}
