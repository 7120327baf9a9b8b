//! A test sign-in: an admin goes to a provider and comes back, and is shown what it said of them and what the policies
//! would give. No account and no session comes of it, and of what was said nothing is kept.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};

use super::failed::{Answer, Failed};
use super::pending::Purpose;
use super::refusal::Refusal;
use super::start::is_own_choice;
use super::{Login, Scene};
use crate::base::{Reference, Token};
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::directory::StoreError;
use crate::identity::{Actor, Host, Idp, IdpId, IdpKey};
use crate::oidc::{Hints, VerifiedTokens};
use crate::pages::{Assets, TestFailure, TestPerson, TestSignIn, VerdictLine};
use crate::policy::{self, Outcome, Profile, Verdict};
use crate::session::{Principal, Unavailable};
use crate::web::{self, Cause, see_other};

/// `GET /login/{idp}/test`: to that provider, for whoever administers it.
pub(super) async fn start(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    Path(idp): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    if !web::is_navigation(&method, &headers) {
        return Err(Cause::SignInRequired.into());
    }
    let id = IdpId::parse(&idp).ok();
    let scene = login.scene_to_test(id.as_ref(), &host, &headers).await?;
    let idp = id.and_then(|id| scene.catalogue.idp_by_id(&id));
    // An IdP that is not theirs to test looks like one that is not there.
    let tester = login.tester(&scene, idp, &host, &headers).await?;
    let (Some(idp), Some((token, _))) = (idp, tester) else { return Err(Failed::NothingHere) };
    if !is_own_choice(&headers) {
        return Ok(see_other(&web::idp_page(&scene.catalogue, idp)));
    }
    // Whoever tests chooses as whom.
    let hints = Hints { login_hint: None, reauthenticate: true };
    let purpose = Purpose::Test { asked_by: token.hash().to_string() };
    let sent = login.send_to_provider(&scene, idp, hints, purpose, &headers).await;
    Ok(sent.unwrap_or_else(|refusal| login.tell_test(&login.failed_test(&scene, idp, &refusal))))
}

/// A global IdP is the server admins', an organization's own its admins' too.
fn may_test(scene: &Scene, idp: &Idp, principal: &Principal) -> bool {
    match idp.owner {
        None => principal.holdings.server_admin,
        Some(owner) => scene.catalogue.organization(owner).is_some_and(|owner| principal.administers(owner)),
    }
}

impl Login {
    /// The scene that a test of that IdP plays in. One that is turned off is in none: before it is turned on, whoever
    /// administers anything may have one in which it is.
    async fn scene_to_test(&self, id: Option<&IdpId>, host: &Host, headers: &HeaderMap) -> Result<Arc<Scene>, Failed> {
        let scene = self.scene();
        let Some(id) = id.filter(|id| scene.catalogue.idp_by_id(id).is_none()) else { return Ok(scene) };
        let administers = |principal: &Principal| {
            principal.holdings.server_admin
                || scene.catalogue.organizations.iter().any(|one| principal.administers(one))
        };
        let Some((_, admin)) = self.admin(host, headers, administers).await? else { return Ok(scene) };
        // Nothing is remembered of such a provider, so each test asks it anew for all that it needs.
        self.web.errands.take(admin, 1).map_err(Failed::TooManyTests)?;
        Ok(self.scene_with(id).await?.unwrap_or(scene))
    }

    /// The scene in which that IdP, which an admin turned off, is on and no other.
    pub(super) async fn scene_with(&self, id: &IdpId) -> Result<Option<Arc<Scene>>, StoreError> {
        let found = self.directory.turned_off(id).await?;
        Ok(found.map(|(catalogue, sealed)| Arc::new(self.compile(catalogue, &sealed))))
    }

    /// The token of the session in which this browser may test that IdP, if it may, and whose it is.
    async fn tester(
        &self,
        scene: &Scene,
        idp: Option<&Idp>,
        host: &Host,
        headers: &HeaderMap,
    ) -> Result<Option<(Token, Actor)>, Unavailable> {
        let Some(idp) = idp else { return Ok(None) };
        self.admin(host, headers, |principal| may_test(scene, idp, principal)).await
    }

    /// The token of the session of an admin who may do something, and who that is.
    async fn admin(
        &self,
        host: &Host,
        headers: &HeaderMap,
        may: impl Fn(&Principal) -> bool,
    ) -> Result<Option<(Token, Actor)>, Unavailable> {
        for token in self.web.break_glass_tokens(headers) {
            if self.directory.is_break_glass(&token).await? {
                return Ok(Some((token, Actor::BreakGlass)));
            }
        }
        let known = self.principal(host, headers).await?.filter(|(principal, _)| may(principal));
        Ok(known.map(|(principal, token)| (token, Actor::User(principal.user))))
    }

    /// Shows what came back, to the admin who asked for it, if they still are in and still one.
    pub(super) async fn show_test(
        &self,
        scene: &Arc<Scene>,
        idp: &Idp,
        answered: Result<VerifiedTokens, Refusal>,
        asked_by: &str,
        host: &Host,
        headers: &HeaderMap,
    ) -> Answer {
        let tester = self.tester(scene, Some(idp), host, headers).await?;
        let is_it = |(token, _): &(Token, Actor)| token.hash().to_string() == asked_by;
        let (_, actor) = tester.filter(is_it).ok_or(Failed::NothingHere)?;
        // What somebody's claims are is shown to whoever tests: that is written down.
        self.directory.note_test(actor, idp).await?;
        let shown = match answered {
            Ok(tokens) => self.tried(scene, idp, tokens).await,
            Err(refusal) => Err(refusal),
        };
        Ok(self.tell_test(&shown.unwrap_or_else(|refusal| self.failed_test(scene, idp, &refusal))))
    }

    /// What the claims say, and what the policies would give.
    async fn tried(&self, scene: &Arc<Scene>, idp: &Idp, tokens: VerifiedTokens) -> Result<TestSignIn, Refusal> {
        let rules = ClaimRules { list_claims: &idp.spec.list_claims };
        // As they would be kept: what belongs to the protocol of this one sign-in says nothing of the person.
        let (kept, _) = Recorded::of(&tokens.id_token, tokens.userinfo.as_ref(), &[]);
        let claims = kept.claims(Vec::new(), &rules, &ClaimLimits::default());
        let claims = Arc::new(claims.map_err(|error| Refusal::new(Cause::SignInRefused, error))?);
        let told = serde_json::to_string_pretty(claims.merged()).unwrap_or_default();
        let (with, key) = (Arc::clone(scene), idp.key);
        let tried = self.evaluate(move || try_on(&with, key, &claims)).await?;
        let mut page = TestSignIn { claims: Some(told), ..self.test_page(scene, idp) };
        match tried {
            Ok((profile, verdicts)) => {
                page.others = scene.policies.idp(key).map_or(0, |policies| policies.reach().count() - verdicts.len());
                page.verdicts = verdicts.iter().take(policy::MAX_SHOWN).map(|verdict| line(scene, verdict)).collect();
                page.person = Some(person(profile, fate(idp, &verdicts)));
            }
            Err(why) => page.failure = Some(self.failure_of_test(idp, why)),
        }
        tracing::info!(idp = %idp.spec.id, "test sign-in");
        Ok(page)
    }

    fn failed_test(&self, scene: &Scene, idp: &Idp, refusal: &Refusal) -> TestSignIn {
        TestSignIn { failure: Some(self.failure_of_test(idp, refusal.why.clone())), ..self.test_page(scene, idp) }
    }

    fn failure_of_test(&self, idp: &Idp, why: String) -> TestFailure {
        let reference = Reference::new(&self.web.ambient);
        tracing::warn!(%reference, idp = %idp.spec.id, cause = why, "test sign-in failed");
        TestFailure { why, reference: reference.to_string() }
    }

    fn test_page(&self, scene: &Scene, idp: &Idp) -> TestSignIn {
        TestSignIn {
            frame: self.web.frame(Assets::SignIn),
            provider: idp.spec.name.clone(),
            back: web::idp_page(&scene.catalogue, idp),
            again: format!("/login/{}/test", idp.spec.id),
            failure: None,
            person: None,
            verdicts: Vec::new(),
            others: 0,
            claims: None,
            is_off: self.scene().catalogue.idp(idp.key).is_none(),
        }
    }

    fn tell_test(&self, page: &TestSignIn) -> Response {
        web::html(StatusCode::OK, self.web.pages.test_sign_in(page))
    }
}

/// Reads the person out of the claims and asks the policies; or says why nobody can be read.
fn try_on(scene: &Scene, key: IdpKey, claims: &Claims) -> Result<(Profile, Vec<Verdict>), String> {
    let policies = scene.policies.idp(key).ok_or("the IdP has no policies")?;
    let profile = policies.profile().read(claims).map_err(|error| error.to_string())?;
    Ok((profile, policy::show(policies, policies.reach(), claims).verdicts))
}

/// What a sign-in with these verdicts would come to, for somebody who is not known yet.
fn fate(idp: &Idp, verdicts: &[Verdict]) -> String {
    let gives = verdicts.iter().any(|verdict| matches!(verdict.outcome, Outcome::Granted { .. }));
    let words = match (idp.spec.auto_provision, gives) {
        (false, _) => {
            "Auto provision is off: only who was made beforehand gets in, with the roles given by hand. With it on, \
             the policies would give what stands below."
        }
        (true, true) => "A first sign-in makes the account, with the roles below.",
        (true, false) if idp.spec.require_match => {
            "Refused, since no organization gives them a role and this provider requires one. Who holds a role given \
             by hand gets in all the same."
        }
        (true, false) => "A first sign-in makes the account, in no organization: they see a page that says so.",
    };
    words.to_owned()
}

fn person(profile: Profile, fate: String) -> TestPerson {
    let (email, verified) = profile.email.map_or((None, false), |email| (Some(email.address), email.verified));
    TestPerson {
        identifier: profile.identifier,
        username: profile.username.to_string(),
        name: profile.display_name,
        email,
        email_verified: verified,
        server_admin: profile.server_admin,
        fate,
        notes: profile.failed,
    }
}

fn line(scene: &Scene, verdict: &Verdict) -> VerdictLine {
    let name = scene.catalogue.organization(verdict.organization).map(|organization| organization.name.clone());
    let name = name.unwrap_or_else(|| verdict.id.to_string());
    VerdictLine::new(name, verdict.outcome.word(), verdict.roles(), verdict.why(), verdict.source())
}
