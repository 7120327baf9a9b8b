//! The words that labels may hold: everything that is not an id of the configuration. A closed list each, so that
//! nobody from outside can make a series.

/// A label whose values are known beforehand.
pub trait Label: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// The value as it is told.
    fn word(self) -> &'static str;

    /// Where it stands in [`Label::ALL`].
    fn index(self) -> usize;
}

macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $value,)+ }

        impl Label for $name {
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

label!(
    /// Whose request it is.
    Door {
        /// An application's.
        Application = "application",
        /// Ours: signing in and out, on any host.
        SignIn = "sign_in",
        /// Ours: the console.
        Console = "console",
        /// Ours: the REST API.
        Api = "api",
        /// Nobody's: no such host, not readable, or there is no database yet.
        Nobody = "nobody",
    }
);

label!(
    /// What kind of answer it got.
    Answer {
        /// Another protocol from here on, as for WebSockets.
        Informational = "1xx",
        /// Well.
        Success = "2xx",
        /// Elsewhere.
        Redirection = "3xx",
        /// The client's fault.
        Client = "4xx",
        /// The server's fault.
        Server = "5xx",
        /// None: the client left before.
        Abandoned = "none",
    }
);

label!(
    /// What became of a request to an application.
    Decided {
        /// It passed.
        Permitted = "permitted",
        /// Somebody has to sign in first.
        SignIn = "sign_in",
        /// This user may not pass.
        Denied = "denied",
        /// Its path could be read in two ways.
        Ambiguous = "ambiguous",
        /// Its path is not below the application's prefix.
        Outside = "outside",
        /// A WebSocket handshake from a page of another origin.
        Foreign = "foreign_page",
        /// Who it is could not be checked.
        Unavailable = "unavailable",
    }
);

label!(
    /// Why there was no answer of an upstream.
    Trouble {
        /// No connection: refused, no such name, no TLS.
        Unreachable = "unreachable",
        /// No connection, or no answer on it, within the time for it.
        Timeout = "timeout",
        /// The connection broke, or what came was no answer.
        Broken = "broken",
        /// It may not be asked: ourselves, a circle, outside what is allotted.
        Forbidden = "forbidden",
        /// The client's request: broken off, or a method that goes nowhere.
        Request = "request",
        /// Ours: it could not be told who the user is.
        Internal = "internal",
    }
);

label!(
    /// How a sign-in ended.
    SignInOutcome {
        /// With a session.
        SignedIn = "signed_in",
        /// With a session, and in no organization.
        WithoutOrganization = "without_organization",
        /// The IdP said no, or what it said does not hold.
        Refused = "refused",
        /// It was over before, or began in another browser.
        Expired = "expired",
        /// Nobody is known by that identity, or no organization takes it.
        NoAccount = "no_account",
        /// The user may not enter.
        Disabled = "disabled",
        /// Too many new accounts within an hour.
        TooManyNew = "too_many_new",
        /// The IdP does not answer.
        IdpUnavailable = "idp_unavailable",
        /// We cannot work: the database does not answer.
        Unavailable = "unavailable",
    }
);

label!(
    /// What became of asking a provider again about somebody with a session.
    RefreshOutcome {
        /// The policies decided on what it says now.
        Refreshed = "refreshed",
        /// It vouches for them no longer: the session ended.
        Ended = "ended",
        /// What it says does not hold, or says too little: everything stayed as it was.
        Refused = "refused",
        /// It does not answer: everything stayed as it was.
        IdpUnavailable = "idp_unavailable",
        /// We cannot work: the database does not answer.
        Unavailable = "unavailable",
        /// There is nothing to ask by, or nothing that can be kept: it is not asked again until the next sign-in.
        WithoutToken = "without_token",
    }
);

label!(
    /// Whence it was known whom a session's token belongs to.
    Known {
        /// From memory.
        Memory = "memory",
        /// From the database.
        Database = "database",
        /// From memory: to nobody.
        Nobody = "nobody",
    }
);

label!(
    /// What became of a span of a trace.
    Fate {
        /// The collector took it.
        Sent = "sent",
        /// The collector did not.
        Failed = "failed",
        /// Too many waited.
        Dropped = "dropped",
    }
);

label!(
    /// Why a session ended.
    Ended {
        /// Somebody signed out.
        SignedOut = "signed_out",
        /// Its browser signed in anew.
        Replaced = "replaced",
        /// Its time was over.
        Expired = "expired",
    }
);

label!(
    /// What became of an order for a certificate.
    Ordered {
        /// There is one.
        Made = "made",
        /// The authority makes none for that host, or not now.
        Refused = "refused",
        /// The authority itself fails, or does not know us.
        Authority = "authority",
    }
);

label!(
    /// Where a certificate comes from.
    CertificateSource {
        /// From files.
        File = "file",
        /// Ordered from an authority.
        Authority = "authority",
    }
);
