//! Somebody's page.

use super::BELOW;
use super::list::{name, standing};
use crate::console::answer::{Answer, page};
use crate::console::here::Here;
use crate::console::{Live, audit, idp_names};
use crate::directory::{
    Actor, AuditLine, ExplainedSignIn, ListedIdentity, ListedRole, ListedUser, LogPage, Now, Person, PersonSession,
    Who, verdict_detail,
};
use crate::identity::{IdpId, Origin};
use crate::pages::{
    AuditItem, AwaitedFacts, Field, IdentityFacts, Narrowing, PersonPage, PlaceFacts, RoleFacts, SessionFacts,
    SignInFacts, VerdictFacts, WholePerson,
};
use crate::policy::{Outcome, Verdict};

/// Organizations shown of a sign-in, those that gave something or failed first: any of more is found by narrowing.
const SHOWN_VERDICTS: usize = 50;

/// Everything about somebody; below an organization, what concerns it of somebody who is in it.
pub(in crate::console) async fn person(here: Here) -> Answer {
    let live = here.console.live();
    let person = here.admin().person(&live, here.named("user")?).await?;
    Ok(page(here.pages().person(&Showing { here: &here, live: &live }.page(person))))
}

struct Showing<'a> {
    here: &'a Here,
    live: &'a Live,
}

/// The organization that explanations are narrowed to, as the query of a page of the server names it; empty: none.
pub(in crate::console) struct Narrowed(String);

impl Narrowed {
    pub(in crate::console) fn of(here: &Here) -> Self {
        let named = here.query.text("organization").filter(|_| here.organization.is_none());
        Self(named.unwrap_or_default().to_owned())
    }

    /// What asks for one organization of these sign-ins, if they were decided in more than are shown.
    pub(in crate::console) fn asking(&self, path: &str, sign_ins: &[SignInFacts]) -> Option<Narrowing> {
        let mut organization = Field::of(self.0.as_str());
        if !self.0.is_empty() && sign_ins.iter().all(|sign_in| sign_in.verdicts.is_empty()) {
            organization.error = Some("No policy was asked about an organization of this id.".to_owned());
        }
        let asks = !self.0.is_empty() || sign_ins.iter().any(|sign_in| sign_in.more > 0);
        asks.then(|| Narrowing { path: path.to_owned(), organization })
    }

    fn takes(&self, verdict: &Verdict) -> bool {
        self.0.is_empty() || verdict.id.as_str() == self.0
    }
}

impl Showing<'_> {
    fn page(&self, Person { user, sessions, sign_ins, events }: Person) -> PersonPage {
        let (base, narrowed) = (self.here.person(user.id), Narrowed::of(self.here));
        let session = |session: &PersonSession| SessionFacts {
            id: session.id.to_string(),
            idp: idp_names::name(&self.live.catalogue, &session.idp),
            since: session.created_at.into(),
            seen: session.last_seen_at.into(),
        };
        let sign_ins: Vec<_> = sign_ins.iter().map(|sign_in| sign_in_facts(sign_in, self.live, &narrowed)).collect();
        PersonPage {
            shell: self.here.people_shell(),
            narrowing: narrowed.asking(&base, &sign_ins),
            name: name(&user),
            username: user.username.to_string(),
            email: user.email.clone(),
            standing: standing(user.state),
            identities: self.identities(&user),
            awaited: self.awaited(&user),
            places: self.places(&user, &base),
            sessions: sessions.iter().map(session).collect(),
            sign_ins,
            events: self.events(&user, &events),
            whole: self.here.organization.is_none().then(|| self.whole(&user)),
            list: self.here.path(BELOW),
            base,
        }
    }

    /// What only the server's admins are told.
    fn whole(&self, user: &ListedUser) -> WholePerson {
        WholePerson {
            id: user.id.to_string(),
            created: user.created_at.into(),
            server_admin: user.server_admin,
            oneself: self.here.visitor.actor() == Actor::User(user.id),
        }
    }

    fn identities(&self, user: &ListedUser) -> Vec<IdentityFacts> {
        let catalogue = &self.live.catalogue;
        let facts = |identity: &ListedIdentity| IdentityFacts {
            idp: idp_names::name(catalogue, &identity.idp),
            owner: catalogue.idp_by_id(&identity.idp).and_then(|idp| idp_names::owner_of(catalogue, idp)),
            identifier: identity.identifier.clone(),
            email: identity.email.clone(),
            verified: identity.email_verified,
            last: identity.last_sign_in_at.into(),
        };
        user.identities.iter().map(facts).collect()
    }

    fn awaited(&self, user: &ListedUser) -> Vec<AwaitedFacts> {
        let facts = |(idp, who): &(IdpId, Who)| {
            let (kind, value) = match who {
                Who::Email(address) => ("email", address),
                Who::Identifier(identifier) => ("identifier", identifier),
            };
            AwaitedFacts { idp: idp_names::name(&self.live.catalogue, idp), kind, value: value.clone() }
        };
        user.awaited.iter().map(facts).collect()
    }

    fn places(&self, user: &ListedUser, base: &str) -> Vec<PlaceFacts> {
        let by_organization = user.roles.chunk_by(|one, other| one.key == other.key);
        let place = |held: &[ListedRole]| {
            let first = held.first()?;
            let named = self.live.catalogue.organization(first.key);
            let href = match &self.here.organization {
                None => format!("{base}/roles?organization={}", first.organization),
                Some(_) => format!("{base}/roles"),
            };
            Some(PlaceFacts {
                organization: named.map_or_else(|| first.organization.to_string(), |one| one.name.clone()),
                href,
                roles: held.iter().map(|held| self.role(held, user)).collect(),
            })
        };
        by_organization.filter_map(place).collect()
    }

    fn role(&self, held: &ListedRole, user: &ListedUser) -> RoleFacts {
        let by = given_by(held.origin, user, self.live);
        RoleFacts { name: held.role.to_string(), by, kept_until: held.kept_until.map(Into::into) }
    }

    /// Without what each is about: it is the person, and the place they stand in.
    fn events(&self, user: &ListedUser, log: &LogPage) -> Vec<AuditItem> {
        let whole = self.here.organization.is_none();
        let event = |line: &AuditLine| {
            let mut item = audit::item(line, log, self.live, whole);
            item.about.clear();
            match line.actor {
                Actor::User(actor) if actor == user.id => item.actor = "themselves".to_owned(),
                // Of who is not in the organization, its admins learn no name.
                Actor::User(_) if !whole => item.actor = "an admin".to_owned(),
                _ => {}
            }
            item
        };
        log.lines.iter().map(event).collect()
    }
}

/// Who gave a role, in words.
pub(super) fn given_by(origin: Origin, user: &ListedUser, live: &Live) -> String {
    match origin {
        Origin::Manual => "by hand".to_owned(),
        Origin::Policy(identity) => match user.identities.iter().find(|other| other.id == identity) {
            Some(identity) => format!("by sign-ins at {}", idp_names::name(&live.catalogue, &identity.idp)),
            None => "by sign-ins".to_owned(),
        },
    }
}

/// A sign-in as pages explain it.
pub(in crate::console) fn sign_in_facts(sign_in: &ExplainedSignIn, live: &Live, narrowed: &Narrowed) -> SignInFacts {
    let (verdicts, silent) = match &sign_in.now {
        Now::Decided(verdicts) => (verdicts.as_slice(), None),
        Now::NotProvisioned => {
            (&[][..], Some("No policy runs: this identity provider makes no accounts by itself.".to_owned()))
        }
        Now::Unknown(why) => (&[][..], Some(format!("What it would give now cannot be known: {why}."))),
    };
    let unmatched =
        |verdict: &&Verdict| matches!(verdict.outcome, Outcome::NoMatch { .. }) && sign_in.fates(verdict).is_empty();
    let meant = verdicts.iter().filter(|verdict| narrowed.takes(verdict));
    let (none, told): (Vec<&Verdict>, Vec<&Verdict>) = meant.partition(unmatched);
    let facts = |verdict: &&Verdict| VerdictFacts {
        organization: verdict.id.to_string(),
        kind: verdict.outcome.word(),
        detail: verdict_detail(verdict, &sign_in.fates(verdict)),
        source: verdict.source(),
    };
    SignInFacts {
        idp: idp_names::name(&live.catalogue, &sign_in.idp),
        identifier: sign_in.identifier.clone(),
        at: sign_in.at.into(),
        reference: sign_in.reference.clone(),
        refused: sign_in.refused.clone(),
        changed_since: sign_in.changed_since,
        silent,
        verdicts: told.iter().chain(&none).take(SHOWN_VERDICTS).map(facts).collect(),
        more: (told.len() + none.len()).saturating_sub(SHOWN_VERDICTS),
    }
}
