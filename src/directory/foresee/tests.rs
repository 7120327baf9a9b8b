use serde_json::json;

use super::*;
use crate::directory::declare::write;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::directory::{Approval, Provisioned, Who};
use crate::identity::{Actor, Catalogue, Declaration, OrganizationPolicySpec, PolicyText};
use crate::store::kit::{idp_spec, organization_spec, run};

const BY_GROUP: &str = "contains(groups, '{{orgId}}')";
const ADMIN_OR_MEMBER: &str = "contains(groups, 'admin') && 'Admin' || 'Member'";

fn text(org: &str, role: &str) -> PolicyText {
    PolicyText { org: Some(org.to_owned()), role: Some(role.to_owned()) }
}

/// The IdPs `company` and `partner`, both giving organizations by group, and whoever is in the group `admin` Admin.
fn two_idps() -> Declaration {
    let mut declared = declaration();
    declared.idps.insert(1, idp_spec("partner"));
    for idp in &mut declared.idps[..2] {
        idp.default_policy = text(BY_GROUP, ADMIN_OR_MEMBER);
    }
    declared
}

/// What a change of `declared` is told to take or to give, such as `lab/Member 2`.
fn told(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(|effect| format!("{} {}", effect.what, effect.count)).collect()
}

impl Fixture {
    async fn foreseen(&self, change: impl FnOnce(&mut Declaration)) -> Foresight {
        let mut changed = two_idps();
        change(&mut changed);
        self.directory.foresee(&changed, Gone::Kept).await.unwrap()
    }

    /// One user with an identity at each IdP.
    async fn alice_of_both(&self, groups: &[&str]) -> Provisioned {
        let alice = self.sign_in_with("company", json!({ "sub": "alice", "groups": groups })).await;
        let other = self.sign_in_with("partner", json!({ "sub": "alice.p", "groups": groups })).await;
        self.move_identity(other.identity, alice.user).await;
        alice
    }
}

fn sorted(mut catalogue: Catalogue) -> String {
    for organization in &mut catalogue.organizations {
        organization.roles.sort_by(|one, other| one.name.cmp(&other.name));
    }
    catalogue.idps.sort_by(|one, other| one.spec.id.cmp(&other.spec.id));
    catalogue.policies.sort_by_key(|policy| policy.id);
    catalogue.applications.sort_by(|one, other| one.spec.id.cmp(&other.spec.id));
    format!("{catalogue:#?}")
}

#[tokio::test]
async fn the_catalogue_that_is_foreseen_is_the_one_that_comes() {
    let own = |org: &str| OrganizationPolicySpec { idp: "company".parse().unwrap(), text: text(org, "'Admin'") };
    let first = || {
        let mut first = two_idps();
        first.organizations[0].policies.push(own("`true`"));
        first
    };
    let mut many = first();
    many.organizations[0].policies[0] = own("`false`");
    many.organizations[0].roles.swap_remove(1);
    many.organizations[0].admin_roles.clear();
    many.organizations[1] = organization_spec("attic", &["Member"]);
    many.organizations[1].policies.push(own("'attic'"));
    many.idps.remove(1);
    many.idps[0].default_policy.role = None;
    many.applications.clear();
    let mut owner_gone = first();
    owner_gone.organizations.remove(0);
    owner_gone.idps.pop();
    owner_gone.applications.clear();
    on_each_with(first(), async |it: Fixture| {
        for next in [many.clone(), first(), owner_gone.clone(), first(), Declaration::default(), many.clone()] {
            let mut tx = it.db.begin().await.unwrap();
            let stored = Stored::load(&mut tx).await.unwrap();
            let plan = Plan::of(&stored, &next, Gone::Kept, &it.directory.ambient).unwrap();
            let version = catalogue::version(&mut tx).await.unwrap();
            let foreseen = after::catalogue(&stored, &plan, version);
            write(&mut tx, &plan, Actor::File, it.ambient.now()).await.unwrap();
            let comes = catalogue::load(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(sorted(foreseen), sorted(comes));
        }
    })
    .await;
}

#[tokio::test]
async fn what_two_identities_gave_is_lost_when_neither_gives_it() {
    on_each_with(two_idps(), async |it: Fixture| {
        it.alice_of_both(&["lab", "admin"]).await;
        let stricter = text(BY_GROUP, "'Member'");
        let one = it.foreseen(|new| new.idps[0].default_policy = stricter.clone()).await;
        assert_eq!((told(&one.impact.losses), one.dangers), (vec![], vec![]));
        let both = it.foreseen(|new| new.idps[..2].iter_mut().for_each(|idp| idp.default_policy = stricter.clone()));
        let both = both.await;
        assert_eq!(told(&both.impact.losses), ["lab/Admin 1"]);
        assert_eq!(both.impact.without_admin, ["lab".parse().unwrap()]);
        // What one of them still fails to give, the other's end takes as well.
        let gone = it.foreseen(|new| {
            new.idps.remove(1);
            new.idps[0].default_policy = stricter.clone();
        });
        assert_eq!(told(&gone.await.impact.losses), ["lab/Admin 1"]);
    })
    .await;
}

#[tokio::test]
async fn claims_are_read_by_the_settings_of_each_side() {
    let mut declared = two_idps();
    declared.idps[0].list_claims.push("teams".to_owned());
    declared.idps[0].default_policy = text("contains(teams, '{{orgId}}')", "'Member'");
    on_each_with(declared.clone(), async |it: Fixture| {
        it.sign_in_with("company", json!({ "sub": "alice", "teams": "lab" })).await;
        it.sign_in_with("company", json!({ "sub": "bob" })).await;
        // A part of the text, and nothing at all.
        let mut plain = declared.clone();
        plain.idps[0].list_claims.clear();
        plain.idps[0].default_policy = text("teams[0] == '{{orgId}}'", "'Member'");
        let told_of = it.directory.foresee(&plain, Gone::Kept).await.unwrap();
        assert_eq!(told(&told_of.impact.losses), ["lab/Member 1"]);
        let mut failing = declared.clone();
        failing.idps[0].list_claims.clear();
        let told_of = it.directory.foresee(&failing, Gone::Kept).await.unwrap();
        // Without its list, bob's absent claim is nothing that can contain.
        let organizations: Vec<&str> = told_of.impact.failing.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!((organizations, told_of.impact.failing[0].1), (vec!["lab", "office"], 1));
    })
    .await;
}

#[tokio::test]
async fn an_idp_that_goes_takes_what_its_sign_ins_gave_and_nothing_else() {
    on_each_with(two_idps(), async |it: Fixture| {
        it.sign_in_with("partner", json!({ "sub": "alice", "groups": ["lab", "admin"] })).await;
        it.expect("partner", Who::Identifier("alice".to_owned()), &["office/Clerk"]).await;
        it.sign_in_with("company", json!({ "sub": "bob", "groups": ["lab"] })).await;
        let gone = it.foreseen(|new| drop(new.idps.remove(1))).await;
        assert_eq!((told(&gone.impact.losses), gone.impact.shut_out), (vec!["lab/Admin 1".to_owned()], 1));
        let lab = Danger::LossOfAdmins { organizations: vec!["lab".parse().unwrap()] };
        assert_eq!(gone.dangers, [lab, Danger::LossOfRoles { losing: 1, of: 2 }]);
        let mut without = two_idps();
        without.idps.remove(1);
        let refused = it.directory.declare(&without, &Approval::default()).await.unwrap_err();
        assert!(matches!(refused, DeclareError::Dangerous(_)), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_come_in_is_no_admin_and_no_holder() {
    let member = || text(BY_GROUP, "'Member'");
    for gone in [true, false] {
        on_each_with(two_idps(), async |it: Fixture| {
            it.sign_in_with("company", json!({ "sub": "alice", "groups": ["lab", "admin"] })).await;
            it.sign_in_with("partner", json!({ "sub": "bob", "groups": ["lab", "admin"] })).await;
            let harmless = it.foreseen(|new| new.idps[0].default_policy = member()).await;
            assert_eq!((harmless.impact.without_admin, harmless.impact.holders), (vec![], 2));
            let mut now = two_idps();
            if gone {
                now.idps.remove(1);
                it.declare(&now).await;
            } else {
                run(&it.db, "update users set disabled_at = 1 where username = 'bob'").await;
            }
            now.idps[0].default_policy = member();
            let impact = it.directory.foresee(&now, Gone::Kept).await.unwrap().impact;
            assert_eq!((impact.without_admin, impact.losing), (vec!["lab".parse().unwrap()], 1), "{gone}");
            assert_eq!(impact.holders, if gone { 1 } else { 2 });
        })
        .await;
    }
}

#[tokio::test]
async fn server_admins_come_and_go_too() {
    on_each_with(two_idps(), async |it: Fixture| {
        it.sign_in_with("company", json!({ "sub": "alice", "groups": ["lab", "chief"] })).await;
        it.sign_in_with("company", json!({ "sub": "bob", "groups": ["lab"] })).await;
        let by = |group: &str| Some(format!("contains(groups, '{group}')"));
        let come = it.foreseen(|new| new.idps[0].profile.server_admin = by("chief")).await;
        assert_eq!((told(&come.impact.gains), come.impact.losses), (vec!["server admin 1".to_owned()], vec![]));
        let mut with = two_idps();
        with.idps[0].profile.server_admin = by("chief");
        it.declare(&with).await;
        it.sign_in_with("company", json!({ "sub": "alice", "groups": ["lab", "chief"] })).await;
        let go = it.foreseen(|new| new.idps[0].profile.server_admin = by("lab")).await;
        assert_eq!((told(&go.impact.gains), go.impact.losses), (vec!["server admin 1".to_owned()], vec![]));
        let go = it.foreseen(|_| {}).await;
        assert_eq!((told(&go.impact.losses), go.impact.losing), (vec!["server admin 1".to_owned()], 0));
    })
    .await;
}

#[tokio::test]
async fn a_role_that_comes_back_comes_back_to_those_who_held_it() {
    on_each_with(two_idps(), async |it: Fixture| {
        it.expect("company", Who::Identifier("alice".to_owned()), &["office/Clerk"]).await;
        let mut without = two_idps();
        without.organizations[1] = organization_spec("office", &["Admin"]);
        let gone = it.directory.foresee(&without, Gone::Kept).await.unwrap();
        assert_eq!(told(&gone.impact.losses), ["office/Clerk 1"]);
        it.declare(&without).await;
        let back = it.foreseen(|_| {}).await;
        assert_eq!((told(&back.impact.gains), back.impact.losses), (vec!["office/Clerk 1".to_owned()], vec![]));
    })
    .await;
}

#[tokio::test]
async fn of_more_people_than_are_looked_at_it_is_said_and_no_last_admin_is_overlooked() {
    on_each_with(two_idps(), async |it: Fixture| {
        for name in ["alice", "bob", "carol"] {
            it.sign_in_with("company", json!({ "sub": name, "groups": ["lab"] })).await;
        }
        // The last of them in every order.
        it.sign_in_with("company", json!({ "sub": "zoe", "groups": ["lab", "admin"] })).await;
        let mut nobody = two_idps();
        nobody.idps[0].default_policy = text("`false`", "'Admin'");
        let of = async |changed: &Declaration, identities: u64, holders: u64| {
            let most = Most { identities, holders };
            let mut tx = it.db.snapshot().await.unwrap();
            let stored = Stored::load(&mut tx).await.unwrap();
            let plan = Plan::of(&stored, changed, Gone::Kept, &it.directory.ambient).unwrap();
            it.directory.impact_on(&mut tx, &stored, &plan, HashSet::new(), most).await.unwrap()
        };
        let all = of(&nobody, 4, 4).await;
        assert_eq!((all.identities, all.beyond), (4, false));
        assert_eq!(told(&all.losses), ["lab/Admin 1", "lab/Member 3"]);
        let some = of(&nobody, 0, 4).await;
        assert_eq!((some.identities, some.beyond), (1, true));
        assert_eq!(told(&some.losses), ["lab/Admin 1"]);
        assert_eq!(some.without_admin, ["lab".parse().unwrap()]);
        assert!(dangers(&some).iter().any(|danger| matches!(danger, Danger::LossOfRoles { .. })));
        assert!(!some.is_empty());
        // Of a role that goes, no more holders are looked at, and the share is one of these.
        for name in ["1", "2", "3"] {
            it.expect("company", Who::Identifier(name.to_owned()), &["lab/Member"]).await;
        }
        let mut gone = two_idps();
        gone.organizations[0] = organization_spec("lab", &["Admin"]);
        let all = of(&gone, 4, 100).await;
        assert_eq!(
            (told(&all.losses), all.beyond, all.losing, all.holders),
            (vec!["lab/Member 6".to_owned()], false, 6, 7)
        );
        let some = of(&gone, 4, 2).await;
        assert!(some.beyond && (3..=5).contains(&some.losing) && some.holders == 4.max(some.losing), "{some:?}");
        assert!(dangers(&some).iter().any(|danger| matches!(danger, Danger::LossOfRoles { .. })));
    })
    .await;
}
