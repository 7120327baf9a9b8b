//! Kinds of providers that are known by name: where to click there, and what is special about them.

/// A kind of provider.
pub(super) struct Preset {
    /// How the address names it.
    pub(super) id: &'static str,
    /// What it is called.
    pub(super) name: &'static str,
    /// What its issuers look like; the issuer itself, if there is only one.
    pub(super) issuer: &'static str,
    /// Whether that is the issuer.
    pub(super) only: bool,
    /// The account key there, if `sub` is not the best.
    pub(super) identifier: Option<&'static str>,
    /// Claims that are lists there beside the usual ones.
    pub(super) lists: &'static [&'static str],
    /// Where to click.
    pub(super) steps: &'static [&'static str],
}

/// Any other.
const OTHER: Preset = Preset {
    id: "other",
    name: "Another OpenID provider",
    issuer: "https://id.example.com",
    only: false,
    identifier: None,
    lists: &[],
    steps: &[
        "Register a web application, confidential, for the authorization code flow.",
        "Enter the redirect URI below, exactly.",
        "Copy client id and client secret.",
    ],
};

/// Those that are known, and any other.
pub(super) const PRESETS: &[Preset] = &[
    Preset {
        id: "keycloak",
        name: "Keycloak",
        issuer: "https://id.example.com/realms/main",
        steps: &[
            "In your realm: Clients → Create client, type OpenID Connect. Switch Client authentication on; of the flows \
             leave Standard flow alone.",
            "Valid redirect URIs: the one below, exactly.",
            "Credentials: copy the client secret.",
            "Groups are not sent by themselves: Client scopes → the client's dedicated scope → Add mapper → Group \
             Membership. Claim name groups, Full group path off, Add to ID token on.",
        ],
        ..OTHER
    },
    Preset {
        id: "entra-id",
        name: "Microsoft Entra ID",
        issuer: "https://login.microsoftonline.com/<tenant id>/v2.0",
        identifier: Some("oid"),
        steps: &[
            "App registrations → New registration, accounts in this directory only. Redirect URI of type Web: the one \
             below.",
            "Overview: copy Application (client) ID. The Directory (tenant) ID is part of the issuer.",
            "Certificates & secrets → New client secret: copy its value, not its id. Note when it expires.",
            "Token configuration → Add groups claim: groups assigned to the application. They come as object ids. Or \
             define App roles: names of your own, in the claim roles.",
        ],
        ..OTHER
    },
    Preset {
        id: "google",
        name: "Google",
        issuer: "https://accounts.google.com",
        only: true,
        steps: &[
            "Google Auth Platform → Audience: Internal lets in your Workspace organization only; External lets in every \
             Google account.",
            "Clients → Create client, type Web application. Authorized redirect URI: the one below.",
            "Copy client id and client secret.",
            "Google sends no groups: decide by hd, the Workspace domain, or make people beforehand.",
        ],
        ..OTHER
    },
    Preset {
        id: "okta",
        name: "Okta",
        issuer: "https://example.okta.com",
        steps: &[
            "Applications → Create App Integration: OIDC, Web Application, grant type Authorization Code.",
            "Sign-in redirect URIs: the one below.",
            "Assignments: the people or groups who may sign in at all.",
            "Copy client id and client secret.",
            "Groups: Sign On → OpenID Connect ID Token → Groups claim, filter groups, matching a prefix of your own. \
             Okta sends at most 100.",
        ],
        ..OTHER
    },
    Preset {
        id: "auth0",
        name: "Auth0",
        issuer: "https://example.eu.auth0.com/",
        only: false,
        steps: &[
            "Applications → Create Application, Regular Web Application.",
            "Settings → Allowed Callback URLs: the one below.",
            "Copy client id and client secret.",
            "Roles are not sent by themselves: Actions → Triggers → post-login, an action that calls \
             api.idToken.setCustomClaim('https://your-domain/roles', event.authorization.roles). In selectors quote that \
             name.",
        ],
        ..OTHER
    },
    Preset {
        id: "authentik",
        name: "Authentik",
        issuer: "https://auth.example.com/application/o/vestibule/",
        steps: &[
            "Applications → Create with provider: OAuth2/OpenID Provider, client type Confidential.",
            "Redirect URIs, strict: the one below.",
            "Signing key: choose one. Without it tokens are signed with the client secret, which is never accepted.",
            "Copy client id and client secret. The slug is part of the issuer.",
        ],
        ..OTHER
    },
    Preset {
        id: "zitadel",
        name: "Zitadel",
        issuer: "https://example.zitadel.cloud",
        lists: &[],
        steps: &[
            "Your project → Applications → New, type Web, authentication method Code or Basic.",
            "Redirect URIs: the one below.",
            "Copy client id and client secret.",
            "Project → General: switch Assert Roles on Authentication on. Roles come as an object: \
             keys(\"urn:zitadel:iam:org:project:roles\" || `{}`) lists their names.",
        ],
        ..OTHER
    },
    Preset {
        id: "gitlab",
        name: "GitLab",
        issuer: "https://gitlab.com",
        lists: &["groups_direct"],
        steps: &[
            "Applications, of your user, a group, or the admin area. Redirect URI: the one below. Tick Confidential and \
             the scopes openid, profile, email.",
            "Copy application id and secret.",
            "Groups come with their full path. On gitlab.com anybody can make groups: name them by their whole path.",
        ],
        ..OTHER
    },
    OTHER,
];

impl Preset {
    /// The kind of that id; any other, if there is none.
    pub(super) fn of(id: &str) -> &'static Self {
        PRESETS.iter().find(|preset| preset.id == id).unwrap_or(&OTHER)
    }
}
