//! The floor: time, chance, secrets, sealing, cookies, TLS and HTTP towards others. It knows no noun of ours and imports
//! no other room.

pub mod ambient;
pub mod cookies;
pub mod http;
mod owner;
mod pace;
pub mod reference;
pub mod seal;
pub mod secret;
pub mod table;
mod timestamp;
pub mod tls;

pub use ambient::{Ambient, Chance, Clock, SystemChance, SystemClock};
pub use cookies::CookieNames;
pub use http::{Addresses, HttpClient, HttpClients, HttpError, HttpSettings};
pub use owner::owner_of;
pub use pace::Pace;
pub use reference::Reference;
pub use seal::SealingKey;
pub use secret::{Token, TokenHash, TokenHasher};
pub use table::{Keyed, QuickHasher, Table};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use tls::ClientTls;
