//! What an organization's admin may write, and what they are told of it.

use super::*;
use crate::directory::{Effect, Impact};
use crate::store::kit::run;

fn own(org: &str, role: &str) -> Edit {
    let text = Some(PolicyText { org: Some(org.to_owned()), role: Some(role.to_owned()) });
    Edit::Policy { idp: "guests".parse().unwrap(), organization: Some("club".parse().unwrap()), text }
}

impl Fixture {
    /// `guests` opened to `club`, whose admins see the claim `groups` there.
    async fn with_delegation(&self) {
        self.with_club().await;
        let mut spec = idp("guests");
        spec.delegate_to = vec!["club".parse().unwrap()];
        spec.delegated_claims = vec!["groups".to_owned()];
        spec.default_policy.role = Some("'Guest'".to_owned());
        self.admin()
            .edit(&Edit::Idp { spec: Box::new(spec), secret: SecretEdit::Keep }, &Terms::default())
            .await
            .unwrap();
    }
}

fn meant() -> Terms {
    let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
    Terms { approval, ..Terms::default() }
}

fn names(effects: &[Effect]) -> Vec<String> {
    let named = |effect: &Effect| {
        let users: Vec<&str> = effect.users.iter().map(|name| name.as_str()).collect();
        format!("{} {}", effect.what, users.join(" "))
    };
    effects.iter().map(named).collect()
}

#[tokio::test]
async fn what_is_no_selector_or_asks_for_hidden_claims_is_not_saved() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_delegation().await;
        let admin = it.club_admin().await;
        for (edit, why) in [
            (own("contains(groups, 'a'", "'Guest'"), "the org selector: line 1"),
            (own("`true`", "groupz(x)"), "the role selector: line 1"),
            (own("salary > `3`", "'Guest'"), "the org selector: of this provider's claims only groups"),
            (own("`true`", "@.roles"), "the role selector: of this provider's claims only groups"),
        ] {
            for refused in [admin.foresee(&edit).await.err(), admin.edit(&edit, &meant()).await.err()] {
                let Some(EditError::Invalid(told)) = refused else { panic!("{refused:?}") };
                assert!(told.starts_with(why), "{told}");
            }
        }
        // Who administers the server sees them all.
        it.admin().edit(&own("salary > `3`", "@.roles"), &meant()).await.unwrap();
        assert!(it.admin().edit(&own("salary >", "roles"), &meant()).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_policy_gives_what_its_author_could_give_and_nothing_that_came_later() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_delegation().await;
        let admin = it.club_admin().await;
        let everything = own("`true`", "['Admin', 'Boss']");
        admin.edit(&everything, &meant()).await.unwrap();
        let roles = [("Admin", true), ("Guest", false), ("Boss", false)];
        it.admin().edit(&organization("club", &roles), &meant()).await.unwrap();
        let greta = it.guest().await;
        assert_eq!(it.roles(greta).await, ["club/Admin policy"]);
        it.admin().edit(&everything, &meant()).await.unwrap();
        it.guest().await;
        assert_eq!(it.roles(greta).await, ["club/Admin policy", "club/Boss policy"]);
    })
    .await;
}

#[tokio::test]
async fn an_organizations_admin_foresees_what_becomes_of_its_present_members_alone() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_delegation().await;
        it.guest().await;
        // Neither of them is in the club; of one nothing is kept.
        it.sign_in_with("guests", json!({ "sub": "olaf", "groups": ["office"], "note": "text" })).await;
        it.sign_in_with("guests", json!({ "sub": "nils", "groups": [] })).await;
        run(&it.db, "update sign_ins set claims = null where identifier = 'nils'").await;
        let edit = own("`true`", "contains(groups, 'club') && 'Guest'");
        let admin = it.club_admin().await;
        let told = async |everybody| -> Impact {
            let foresight = if everybody { it.admin().foresee(&edit).await } else { admin.foresee(&edit).await };
            foresight.unwrap().impact
        };
        let (all, own) = (told(true).await, told(false).await);
        for impact in [&all, &own] {
            assert_eq!(names(&impact.losses), ["club/Admin greta"]);
            assert_eq!(names(&impact.gains), ["club/Guest greta"]);
        }
        assert_eq!((all.identities, all.unknown, all.holders), (3, 1, 2));
        assert_eq!((own.identities, own.unknown, own.holders), (1, 0, 1));
        assert!(own.unknown_users.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_policy_concerns_its_own_idp_and_organization_alone() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        it.guest().await;
        for number in 0..3 {
            it.sign_in_with("company", json!({ "sub": format!("clerk-{number}") })).await;
        }
        let impact = it.admin().foresee(&own("`true`", "'Guest'")).await.unwrap().impact;
        assert_eq!((impact.identities, names(&impact.losses)), (1, vec!["club/Admin greta".to_owned()]));
        // The default policy of an IdP concerns every organization there.
        let impact = it.admin().foresee(&policy("guests", None, "'Member'")).await.unwrap().impact;
        assert_eq!((impact.identities, names(&impact.losses)), (1, vec!["club/Admin greta".to_owned()]));
        assert_eq!(names(&impact.gains), ["lab/Member greta"]);
    })
    .await;
}
