//! A session's life in the store: opened at a sign-in, handed off to applications' hosts, ended.

use std::time::Duration;

use super::Sessions;
use crate::base::{Token, TokenHash};
use crate::identity::{Host, IdpKey, SessionId};
use crate::session::handoff::CODE_LIFETIME;
use crate::session::{Due, EndedSession, HandoffError, HandoffRequest, Refresh, SignedIn, Unavailable};
use crate::store::handoff::{self, Code};
use crate::store::sessions::{self, SessionRow};
use crate::telemetry::Ended;

/// How long a spent `state` is remembered: longer than any pending sign-in lives.
const SPENT_STATE_LIFETIME: Duration = Duration::from_secs(1200);

impl Sessions {
    /// Opens the session of a completed sign-in and gives the token of `host`, the sign-in host. The session that this
    /// browser had before, if any, ends with the same commit. Nothing is opened for a disabled user.
    ///
    /// # Errors
    /// When the store could not do it; nothing is half-done then.
    pub async fn open(
        &self,
        signed_in: SignedIn,
        host: &Host,
        replaced: Option<SessionId>,
    ) -> Result<Option<(SessionId, Token)>, Unavailable> {
        let token = self.ambient.token();
        let now = self.ambient.now();
        let row = SessionRow {
            id: SessionId::new(self.ambient.uuid()),
            user: signed_in.user,
            identity: signed_in.identity,
            idp: signed_in.idp,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(self.timeouts.absolute()),
        };
        let id = row.id;
        let made = sessions::create(&self.db, &row, &signed_in.there, &token.hash(), host, replaced).await?;
        if made {
            self.metrics.sessions.opened.one();
            self.metrics.sessions.ended(Ended::Replaced, replaced.is_some().into());
        }
        self.changes.catch_up().await?;
        Ok(made.then_some((id, token)))
    }

    /// Ends a session on every host. Gives what may have to end at the provider too, unless it had ended before.
    ///
    /// # Errors
    /// When the store could not; the session lives on then.
    pub async fn end(&self, session: SessionId) -> Result<Option<EndedSession>, Unavailable> {
        let ended = sessions::end(&self.db, session, self.ambient.now()).await?;
        self.metrics.sessions.ended(Ended::SignedOut, ended.is_some().into());
        self.changes.catch_up().await?;
        Ok(ended)
    }

    /// Whether a provider's session is behind one that lives here.
    ///
    /// # Errors
    /// When the store could not be asked.
    pub async fn is_known_there(&self, idp: IdpKey, sid: &str) -> Result<bool, Unavailable> {
        Ok(sessions::is_known_there(&self.db, idp, sid).await?)
    }

    /// Sessions in use whose claims are to be fetched again by now, the caller's alone for `lease`.
    ///
    /// # Errors
    /// When the store could not be asked.
    pub async fn due(&self, lease: Duration, limit: u32) -> Result<Vec<Due>, Unavailable> {
        let now = self.ambient.now();
        Ok(sessions::due(&self.db, now, self.idle_since(), now.plus(lease), limit).await?)
    }

    /// Keeps by what, and when, claims of a session are fetched next; without it, never again.
    ///
    /// # Errors
    /// When the store could not keep it.
    pub async fn refresh_next(&self, session: SessionId, next: Option<&Refresh>) -> Result<(), Unavailable> {
        match next {
            Some(next) => sessions::refresh_later(&self.db, session, next).await?,
            None => sessions::refresh_no_more(&self.db, session).await?,
        }
        Ok(())
    }

    /// Makes the code that carries `session` to the host that asked.
    ///
    /// # Errors
    /// When the store could not keep it.
    pub async fn hand_off(&self, session: SessionId, request: &HandoffRequest) -> Result<Token, Unavailable> {
        let code = self.ambient.token();
        let expires_at = self.ambient.now().plus(CODE_LIFETIME);
        let made_for = Code { host: request.host.clone(), binding: request.binding(), session, expires_at };
        handoff::create_code(&self.db, &code.hash(), &made_for).await?;
        Ok(code)
    }

    /// Takes a code on `host` from a browser that holds `verifier`, and gives that host's token. The code is burnt
    /// whatever comes of it.
    ///
    /// # Errors
    /// See [`HandoffError`].
    pub async fn redeem(&self, host: &Host, code: &Token, verifier: &Token) -> Result<Token, HandoffError> {
        let taken = handoff::take_code(&self.db, &code.hash()).await.map_err(Unavailable::from)?;
        let taken = taken.ok_or(HandoffError::Spent)?;
        if taken.host != *host || taken.binding != verifier.hash() {
            return Err(HandoffError::Foreign);
        }
        let now = self.ambient.now();
        if now >= taken.expires_at {
            return Err(HandoffError::Spent);
        }
        let token = self.ambient.token();
        let added =
            sessions::add_token(&self.db, taken.session, &token.hash(), host, now).await.map_err(Unavailable::from)?;
        if added { Ok(token) } else { Err(HandoffError::Spent) }
    }

    /// Remembers that the code of this `state` was exchanged. `false`: it was before, so this sign-in must not count.
    ///
    /// # Errors
    /// When the store could not be asked.
    pub async fn spend_state(&self, state: &str) -> Result<bool, Unavailable> {
        let expires_at = self.ambient.now().plus(SPENT_STATE_LIFETIME);
        Ok(handoff::spend_state(&self.db, &TokenHash::of(state.as_bytes()), expires_at).await?)
    }
}
