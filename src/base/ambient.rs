//! Time and chance as parameters. Nothing else in the house may read a clock or draw random bytes (clippy.toml bans
//! the ambient ways), so a test can move time and a reader can see what depends on either.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use super::secret::Token;
use super::timestamp::{Timestamp, micros_of};

/// A source of the present instant.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// A source of unpredictable bytes.
pub trait Chance: Send + Sync + 'static {
    /// Fills `bytes` with bytes nobody can predict.
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(micros_of(since_epoch))
    }
}

/// The operating system's random generator.
#[derive(Debug, Default)]
pub struct SystemChance(SystemRandom);

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no token is safe to issue: stopping the request is the only closed door.
        assert!(self.0.fill(bytes).is_ok(), "the operating system gave no random bytes");
    }
}

/// Time and chance, handed down from the composition root to whoever needs them.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Ambient {
    /// The machine's clock and random generator.
    pub fn system() -> Self {
        Self::new(SystemClock, SystemChance::default())
    }

    /// The given clock and source of chance.
    pub fn new(clock: impl Clock, chance: impl Chance) -> Self {
        Self { clock: Arc::new(clock), chance: Arc::new(chance) }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `N` unpredictable bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }

    /// A new UUIDv7 (RFC 9562 5.7): ids sort by the time they were made.
    pub fn uuid(&self) -> Uuid {
        let millis = u64::try_from(self.now().micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// A new bearer token of 256 random bits.
    pub fn token(&self) -> Token {
        Token::new(self.bytes())
    }
}

impl fmt::Debug for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ambient")
    }
}
