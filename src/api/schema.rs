//! Schemas of the texts that our nouns are, for the document alone: the nouns themselves check what is read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! text_schema {
    ($(#[$doc:meta])* $name:ident, $schema:tt) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

text_schema!(
    /// The id of an organization, IdP or application.
    Slug,
    {
        "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
        "description": "Lower-case letters, digits and single hyphens between them.", "examples": ["home-lab"],
    }
);
text_schema!(
    /// The id of a user, session or token.
    Id,
    { "type": "string", "format": "uuid" }
);
text_schema!(
    /// The name of a role.
    RoleText,
    {
        "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[^\\s,|;\\x00-\\x1f\\x7f-\\x9f]([^,|;\\x00-\\x1f\\x7f-\\x9f]*[^\\s,|;\\x00-\\x1f\\x7f-\\x9f])?$",
        "description": "At most 128 bytes without comma, pipe, semicolon, control character or space at either end.",
        "examples": ["Admin"],
    }
);
text_schema!(
    /// Where requests go.
    UpstreamsText,
    {
        "anyOf": [
            { "type": "string", "format": "uri" },
            { "const": "none", "description": "Another proxy passes the requests on, and only asks here." },
            { "type": "array", "items": { "type": "string", "format": "uri" }, "minItems": 1, "maxItems": 16, "uniqueItems": true },
        ],
        "examples": ["http://127.0.0.1:3000"],
    }
);
text_schema!(
    /// How long something may take.
    TimeLimitText,
    {
        "type": "string", "pattern": "^[0-9]{1,10}[smh]$",
        "description": "A number above zero and s, m or h; at most 24h.", "examples": ["30s"],
    }
);
text_schema!(
    /// Which HTTP an upstream is spoken to in.
    ProtocolText,
    { "type": "string", "enum": ["http1", "http2"], "description": "WebSockets go over HTTP/1.1 in either case." }
);
text_schema!(
    /// A protocol that a connection may become.
    UpgradeText,
    {
        "type": "string", "maxLength": 64, "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+(/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$",
        "description": "As `Upgrade` names it; never HTTP or TLS.", "examples": ["tcp"],
    }
);
text_schema!(
    /// An instant.
    Instant,
    { "type": "string", "format": "date-time", "examples": ["2026-11-25T18:30:00Z"] }
);
text_schema!(
    /// An instant that is asked for.
    InstantOrDay,
    {
        "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?Z?$",
        "description": "In UTC; a day stands for its beginning.", "examples": ["2026-11-25", "2026-11-25T18:30:00Z"],
    }
);
text_schema!(
    /// A filter that says something.
    Said,
    { "type": "string", "minLength": 1 }
);
text_schema!(
    /// What a page showed that refused something.
    ReferenceText,
    { "type": "string", "examples": ["7F3KQ-9QXM2"] }
);
