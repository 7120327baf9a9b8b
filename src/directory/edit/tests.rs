mod idps;
mod policies;
mod publishing;

use serde_json::json;

use super::*;
use crate::base::{Ambient, SealingKey};
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::directory::{DangerKind, IdentityChoice, UserSelector};
use crate::identity::{Allotment, HeaderPreset, UserId};
use crate::store::kit::{application_spec, idp_spec};

fn organization(id: &str, roles: &[(&str, bool)]) -> Edit {
    let roles = roles.iter().map(|(name, admin)| (name.parse().unwrap(), *admin)).collect();
    Edit::Organization { id: id.parse().unwrap(), name: id.to_uppercase(), roles, allotment: Allotment::default() }
}

fn idp(id: &str) -> IdpSpec {
    let mut spec = idp_spec(id);
    spec.auto_provision = true;
    spec.default_policy =
        PolicyText { org: Some("contains(groups, '{{orgId}}')".to_owned()), role: Some("'Admin'".to_owned()) };
    spec
}

fn made(spec: IdpSpec) -> Edit {
    Edit::Idp { spec: Box::new(spec), secret: SecretEdit::Set(sealed()) }
}

fn sealed() -> SealedSecret {
    let spec = idp_spec("any");
    SealedSecret::seal(&SealingKey::new(&[7; 32]), &Ambient::system(), (&spec.id, &spec.issuer), "secret").unwrap()
}

fn policy(at: &str, organization: Option<&str>, role: &str) -> Edit {
    Edit::Policy {
        idp: at.parse().unwrap(),
        organization: organization.map(|id| id.parse().unwrap()),
        text: Some(PolicyText { org: Some("`true`".to_owned()), role: Some(role.to_owned()) }),
    }
}

impl Fixture {
    fn admin(&self) -> ServerAdmin<'_> {
        self.directory.server_admin(Actor::CommandLine)
    }

    /// Made by hand: the organization `club`, the IdP `guests`.
    async fn with_club(&self) {
        self.make(organization("club", &[("Admin", true), ("Guest", false)])).await;
        self.make(made(idp("guests"))).await;
    }

    async fn make(&self, edit: Edit) {
        let terms = Terms { expected: Expected::Absent, ..Terms::default() };
        self.admin().edit(&edit, &terms).await.unwrap();
    }

    async fn club_admin(&self) -> OrganizationAdmin<'_> {
        let live = self.catalogue().await;
        let club = live.organizations.iter().find(|one| one.id.as_str() == "club").unwrap().key;
        self.directory.organization_admin(Actor::CommandLine, club)
    }

    async fn guest(&self) -> UserId {
        self.sign_in_with("guests", json!({ "sub": "greta", "groups": ["club"] })).await.user
    }
}

#[tokio::test]
async fn what_is_made_by_hand_counts_like_what_is_declared() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let greta = it.guest().await;
        assert_eq!(it.roles(greta).await, ["club/Admin policy"]);
        // Applying the file again leaves it alone.
        assert!(!it.declare(&declaration()).await);
        assert_eq!(it.roles(greta).await, ["club/Admin policy"]);
    })
    .await;
}

#[tokio::test]
async fn what_the_file_declares_is_not_changed_by_hand() {
    on_each_with(declaration(), async |it: Fixture| {
        let application = Edit::Application(Box::new(application_spec("wiki", "lab")));
        let edits = [
            organization("lab", &[("Admin", true)]),
            made(idp("company")),
            Edit::IdpInForce { idp: "company".parse().unwrap(), live: false },
            policy("company", None, "'Admin'"),
            policy("company", Some("lab"), "'Admin'"),
            application,
            Edit::RemoveOrganization("lab".parse().unwrap()),
            Edit::RemoveIdp("company".parse().unwrap()),
            Edit::RemoveApplication("wiki".parse().unwrap()),
        ];
        for edit in edits {
            let refused = it.admin().edit(&edit, &Terms::default()).await;
            assert!(matches!(refused, Err(EditError::Declared(_))), "{edit:?}: {refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_organizations_admin_reaches_nothing_beyond_it() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let mut owned = idp("office-idp");
        owned.owner = Some("office".parse().unwrap());
        it.make(made(owned)).await;
        let edits = [
            organization("club", &[("Admin", false), ("Guest", false)]),
            organization("club", &[("Admin", true), ("Guest", true)]),
            organization("other", &[("Admin", true)]),
            made(idp("another")),
            made(idp("guests")),
            Edit::IdpInForce { idp: "guests".parse().unwrap(), live: false },
            Edit::IdpInForce { idp: "office-idp".parse().unwrap(), live: false },
            policy("guests", None, "'Admin'"),
            // Not delegated.
            policy("guests", Some("club"), "'Admin'"),
            policy("guests", Some("office"), "'Admin'"),
            policy("office-idp", Some("club"), "'Admin'"),
            Edit::Application(Box::new(application_spec("desk", "office"))),
            Edit::RemoveApplication("wiki".parse().unwrap()),
            Edit::RemoveOrganization("club".parse().unwrap()),
            Edit::RemoveIdp("guests".parse().unwrap()),
        ];
        for edit in edits {
            let admin = it.club_admin().await;
            for refused in [admin.foresee(&edit).await.err(), admin.edit(&edit, &Terms::default()).await.err()] {
                assert!(matches!(refused, Some(EditError::OutOfReach(_))), "{edit:?}: {refused:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_organizations_admin_changes_what_is_theirs_and_what_is_opened_to_them() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let mut spec = idp("guests");
        spec.delegate_to = vec!["club".parse().unwrap()];
        it.admin().edit(&made(spec), &Terms::default()).await.unwrap();
        let admin = it.club_admin().await;
        admin.edit(&policy("guests", Some("club"), "'Guest'"), &Terms::default()).await.unwrap();
        let greta = it.guest().await;
        assert_eq!(it.roles(greta).await, ["club/Guest policy"]);
        let mut owned = idp("club-idp");
        owned.owner = Some("club".parse().unwrap());
        admin.edit(&made(owned), &Terms::default()).await.unwrap();
        let roles = [("Admin", true), ("Guest", false), ("Member", false)];
        admin.edit(&organization("club", &roles), &Terms::default()).await.unwrap();
        let mut spec = application_spec("wiki", "club");
        spec.headers = HeaderPreset::None;
        let taken_over = admin.edit(&Edit::Application(Box::new(spec)), &Terms::default()).await;
        assert!(matches!(taken_over, Err(EditError::OutOfReach(_))), "{taken_over:?}");
    })
    .await;
}

#[tokio::test]
async fn a_change_is_made_on_what_was_seen_or_not_at_all() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let new = Terms { expected: Expected::Absent, ..Terms::default() };
        let taken = it.admin().edit(&organization("club", &[("Admin", true)]), &new).await;
        assert!(matches!(taken, Err(EditError::Taken(_))), "{taken:?}");
        let seen = "0".repeat(32).parse().unwrap();
        let stale = Terms { expected: Expected::Seen(seen), ..Terms::default() };
        let moved = it.admin().edit(&organization("club", &[("Admin", true)]), &stale).await;
        assert!(matches!(moved, Err(EditError::Moved)), "{moved:?}");
        // Somebody's change came between the preview and the word.
        let edit = policy("guests", None, "'Guest'");
        let shown = Some(it.admin().foresee(&edit).await.unwrap().version);
        it.make(organization("other", &[("Admin", true)])).await;
        let moved = it.admin().edit(&edit, &Terms { shown, ..Terms::default() }).await;
        assert!(matches!(moved, Err(EditError::Moved)), "{moved:?}");
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_takes_the_last_admin_away_has_to_be_meant() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let greta = it.guest().await;
        let edit = policy("guests", None, "'Guest'");
        let foresight = it.admin().foresee(&edit).await.unwrap();
        assert_eq!(foresight.impact.losing, 1);
        let refused = it.admin().edit(&edit, &Terms::default()).await;
        assert!(matches!(&refused, Err(EditError::Dangerous(dangers)) if dangers.len() == 2), "{refused:?}");
        let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
        it.admin().edit(&edit, &Terms { approval, ..Terms::default() }).await.unwrap();
        // It counts from the next sign-in.
        assert_eq!(it.roles(greta).await, ["club/Admin policy"]);
        it.guest().await;
        assert_eq!(it.roles(greta).await, ["club/Guest policy"]);
    })
    .await;
}

#[tokio::test]
async fn a_role_that_goes_takes_its_grants_along_and_a_new_one_of_its_name_is_another() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        it.make_policy_guest().await;
        let greta = it.guest().await;
        assert_eq!(it.roles(greta).await, ["club/Guest policy"]);
        let approval = Approval { loss_of_roles: true, ..Approval::default() };
        let terms = Terms { approval, ..Terms::default() };
        it.admin().edit(&organization("club", &[("Admin", true)]), &terms).await.unwrap();
        it.admin().edit(&organization("club", &[("Admin", true), ("Guest", false)]), &Terms::default()).await.unwrap();
        assert_eq!(it.roles(greta).await, Vec::<String>::new());
    })
    .await;
}

impl Fixture {
    async fn make_policy_guest(&self) {
        self.admin().edit(&policy("guests", None, "'Guest'"), &Terms::default()).await.unwrap();
    }
}

#[tokio::test]
async fn an_idp_that_goes_takes_its_people_along_if_that_is_meant() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let greta = it.guest().await;
        let edit = Edit::RemoveIdp("guests".parse().unwrap());
        let refused = it.admin().edit(&edit, &Terms::default()).await;
        let is_removal =
            |danger: &Danger| matches!(danger, Danger::Identities { kind: DangerKind::Removal, people: 1, .. });
        assert!(
            matches!(&refused, Err(EditError::Dangerous(dangers)) if dangers.iter().any(is_removal)),
            "{refused:?}"
        );
        let identities = [("guests".parse().unwrap(), IdentityChoice::Forget)].into();
        let approval = Approval { identities, loss_of_admins: true, loss_of_roles: true };
        it.admin().edit(&edit, &Terms { approval, ..Terms::default() }).await.unwrap();
        assert_eq!(it.roles(greta).await, Vec::<String>::new());
        it.admin().remove_user(&UserSelector::Id(greta)).await.unwrap();
        assert!(it.catalogue().await.idp_by_id(&"guests".parse().unwrap()).is_none());
    })
    .await;
}
