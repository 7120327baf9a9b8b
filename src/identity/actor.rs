//! Who did something, for the record.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, TokenId, UserId};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Whoever runs commands on the server.
    CommandLine,
    /// Whoever writes the configuration file.
    File,
    /// A user: at their own sign-in, or as an admin.
    User(UserId),
    /// A program, by a token of the REST API.
    Token(TokenId),
    /// Whoever came in by a login link.
    BreakGlass,
    /// An IdP, by itself: which one is told beside it.
    Provider,
    /// Somebody for whom there is no account.
    Stranger,
}

/// As the tables store it: `cli`, `file`, `break-glass`, `provider`, `stranger`, `user:<user>`, `token:<token>`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("cli"),
            Self::File => f.write_str("file"),
            Self::BreakGlass => f.write_str("break-glass"),
            Self::Provider => f.write_str("provider"),
            Self::Stranger => f.write_str("stranger"),
            Self::User(user) => write!(f, "user:{user}"),
            Self::Token(token) => write!(f, "token:{token}"),
        }
    }
}

impl FromStr for Actor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cli" => Ok(Self::CommandLine),
            "file" => Ok(Self::File),
            "break-glass" => Ok(Self::BreakGlass),
            "provider" => Ok(Self::Provider),
            "stranger" => Ok(Self::Stranger),
            _ => match text.split_once(':') {
                Some(("user", user)) => user.parse().map(Self::User),
                Some(("token", token)) => token.parse().map(Self::Token),
                _ => Err(Invalid::new("not an actor")),
            },
        }
    }
}
