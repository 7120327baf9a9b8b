//! The table: which rooms there are, on which layer each lies, and whom it may import.
//!
//! It follows the table of `ARCHITECTURE.md`; change both together. A room imports only rooms of lower layers, and of
//! those only the ones named here. The table may grow with a reason; no arrow may turn.

/// One row.
pub struct Room {
    /// `src/<name>.rs` and everything in `src/<name>/`.
    pub name: &'static str,
    /// Rooms of one layer never import one another.
    pub layer: u8,
    /// The other rooms it may import.
    pub may: May,
}

/// Whom a room may import.
pub enum May {
    /// These.
    Only(&'static [&'static str]),
    /// Every room of a lower layer: for those that put the others together.
    Below,
}

/// Part of a room that may import less than the room.
pub struct Wing {
    /// Its module, from the crate's root.
    pub module: &'static [&'static str],
    /// The rooms it may import.
    pub may: &'static [&'static str],
    /// What it sees of its own room beside itself: modules that are wings too.
    pub sees: &'static [&'static [&'static str]],
}

/// A crate, or a part of one, that only some places may name.
pub struct Fence {
    /// The path as Rust code writes it.
    pub path: &'static [&'static str],
    /// Files, and folders with a `/` at their end.
    pub home: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

const fn room(name: &'static str, layer: u8, may: &'static [&'static str]) -> Room {
    Room { name, layer, may: May::Only(may) }
}

/// The rooms, from the floor up.
pub const ROOMS: &[Room] = &[
    room("base", 0, &[]),
    room("identity", 1, &["base"]),
    room("telemetry", 1, &["base"]),
    room("claims", 1, &["base"]),
    room("policy", 2, &["claims", "identity", "base"]),
    room("store", 2, &["identity", "base"]),
    room("listener", 2, &["telemetry", "base"]),
    room("pages", 2, &["identity", "base"]),
    room("session", 3, &["store", "identity", "telemetry", "base"]),
    room("oidc", 3, &["claims", "identity", "base"]),
    room("assertion", 3, &["store", "identity", "base"]),
    room("audit", 3, &["store", "identity", "base"]),
    room("certificates", 4, &["listener", "session", "store", "identity", "telemetry", "base"]),
    room("bearer", 4, &["oidc", "session", "store", "identity", "base"]),
    room("decision", 4, &["session", "identity", "telemetry", "base"]),
    room("directory", 4, &["store", "audit", "policy", "claims", "identity", "base"]),
    room("web", 4, &["session", "pages", "identity", "base"]),
    room("upstream", 5, &["decision", "assertion", "identity", "telemetry", "base"]),
    room(
        "login",
        5,
        &["oidc", "claims", "policy", "directory", "session", "audit", "web", "pages", "identity", "telemetry", "base"],
    ),
    room(
        "console",
        6,
        &["upstream", "oidc", "directory", "web", "policy", "claims", "session", "audit", "pages", "identity", "base"],
    ),
    room(
        "api",
        6,
        &["upstream", "oidc", "directory", "web", "policy", "claims", "session", "audit", "identity", "base"],
    ),
    room(
        "gateway",
        6,
        &["listener", "session", "bearer", "decision", "upstream", "audit", "web", "identity", "telemetry", "base"],
    ),
    Room { name: "config", layer: 7, may: May::Below },
    Room { name: "app", layer: 8, may: May::Below },
    Room { name: "cli", layer: 9, may: May::Below },
    // Above `cli`, which it calls.
    Room { name: "main", layer: 10, may: May::Below },
];

/// Ways into the house. None knows another; what two of them need lies below both. The ones without a row above are
/// still to come.
pub const DOORS: &[&str] = &["login", "console", "api", "scim", "sync", "gateway"];

/// The demonstration's far sides play strangers: they must not be able to lean on how the proxy works inside.
pub const WINGS: &[Wing] = &[
    Wing { module: &["cli", "demo", "provider"], may: &["identity", "base"], sees: &[DEMO_HTML] },
    Wing { module: &["cli", "demo", "apps"], may: &["identity", "base"], sees: &[DEMO_HTML] },
    Wing { module: DEMO_HTML, may: &[], sees: &[] },
];

/// How the strangers' pages look.
const DEMO_HTML: &[&str] = &["cli", "demo", "html"];

/// The crates that only one place may know.
pub const FENCES: &[Fence] = &[
    Fence {
        path: &["jmespath"],
        home: &["src/policy/selector.rs", "src/policy/selector/"],
        reason: "an expression must pass the limits there before that crate sees it",
    },
    Fence { path: &["sqlx"], home: &["src/store.rs", "src/store/"], reason: "SQL is the store's alone" },
    Fence {
        path: &["jsonwebtoken"],
        home: &[
            "src/oidc.rs",
            "src/oidc/",
            "src/assertion.rs",
            "src/assertion/",
            "src/cli/demo/provider.rs",
            "src/cli/demo/provider/",
        ],
        reason: "providers' tokens are verified in oidc, ours signed in assertion, the demonstration's by its provider",
    },
    Fence {
        path: &["minijinja"],
        home: &["src/pages.rs", "src/pages/"],
        reason: "a page is a typed function of pages",
    },
    Fence {
        path: &["hyper_rustls"],
        home: &["src/base/http.rs", "src/base/http/", "src/base/tls.rs", "src/upstream.rs", "src/upstream/"],
        reason: "requests leave through base::http, to applications through upstream, and whom both believe base::tls says",
    },
    Fence {
        path: &["hyper_util", "client"],
        home: &["src/base/http.rs", "src/base/http/", "src/upstream.rs", "src/upstream/"],
        reason: "requests leave through base::http, to applications through upstream",
    },
    Fence { path: &["tokio_rustls"], home: &["src/listener.rs", "src/listener/"], reason: "TLS ends at the listener" },
    Fence {
        path: &["instant_acme"],
        home: &["src/certificates.rs", "src/certificates/"],
        reason: "certificates are ordered in certificates",
    },
    Fence { path: &["clap"], home: &["src/cli.rs", "src/cli/", "src/main.rs"], reason: "the command line ends in cli" },
    Fence {
        path: &["anyhow"],
        home: &["src/cli.rs", "src/cli/", "src/main.rs"],
        reason: "a room has its own error type, so that its callers can tell failures apart",
    },
];

impl Room {
    /// The row of a room, if it has one.
    pub fn find(name: &str) -> Option<&'static Room> {
        ROOMS.iter().find(|room| room.name == name)
    }

    /// The rooms it may import, highest first.
    pub fn allowed(&self) -> Vec<&'static str> {
        match self.may {
            May::Only(names) => names.to_vec(),
            May::Below => ROOMS.iter().rev().filter(|room| room.layer < self.layer).map(|room| room.name).collect(),
        }
    }
}
