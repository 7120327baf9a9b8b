//! What server admins do to a user.

use super::*;
use crate::directory::SoughtState;
use crate::identity::{SessionId, UserId};

impl Fixture {
    /// The actions of the audit log about a user, in order of words.
    pub(super) async fn actions(&self, user: UserId) -> Vec<String> {
        let mut tx = self.db.snapshot().await.unwrap();
        let lines = crate::store::audit::of_user(&mut tx, user, None, 50).await.unwrap();
        let mut actions: Vec<String> = lines.into_iter().map(|line| line.action).collect();
        actions.sort_unstable();
        actions
    }

    /// Those whom a server admin finds.
    pub(super) async fn finds(&self, sought: &Sought) -> Vec<UserId> {
        let admin = self.directory.server_admin(Actor::CommandLine);
        let found = admin.find_people(&self.catalogue().await, sought, None, 50).await.unwrap();
        found.users.into_iter().map(|user| user.id).collect()
    }
}

fn roles(names: &[&str]) -> Vec<RoleName> {
    names.iter().map(|name| RoleName::parse(name).unwrap()).collect()
}

#[tokio::test]
async fn roles_given_by_hand_come_and_go_and_those_of_sign_ins_stay() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let alice = it.sign_in("alice", &["lab/Admin"]).await.unwrap().user;
        let (lab, office) = (it.role("lab/Admin").await.0, it.role("office/Clerk").await.0);
        let head = it.head().await;
        assert!(admin.set_roles(alice, lab, &roles(&["Admin", "Member"])).await.unwrap());
        assert!(!admin.set_roles(alice, lab, &roles(&["Member", "Admin", "Member"])).await.unwrap());
        assert!(admin.set_roles(alice, office, &roles(&["Clerk"])).await.unwrap());
        assert_eq!(
            it.roles(alice).await,
            ["lab/Admin manual", "lab/Admin policy", "lab/Member manual", "office/Clerk manual"]
        );
        assert!(admin.set_roles(alice, lab, &[]).await.unwrap());
        assert_eq!(it.roles(alice).await, ["lab/Admin policy", "office/Clerk manual"]);
        assert_eq!(it.log_since(head).await, [Change::User(alice); 3]);
        assert_eq!(it.actions(alice).await, ["roles-changed", "roles-changed", "roles-changed", "sign-in"]);
        let error = admin.set_roles(alice, lab, &roles(&["Member", "Clerk"])).await.unwrap_err();
        assert!(error.to_string().contains("there is no role Clerk; there are Admin, Member"), "{error}");
        let nobody = UserId::new(it.ambient.uuid());
        assert!(matches!(admin.set_roles(nobody, lab, &[]).await, Err(AdminError::NoSuchUser)));
    })
    .await;
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_comes_back_to_no_old_session() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let session = it.session(&alice, "company").await;
        let head = it.head().await;
        assert!(admin.set_disabled(alice.user, true).await.unwrap());
        assert!(!admin.set_disabled(alice.user, true).await.unwrap());
        assert_eq!(it.log_since(head).await, [Change::User(alice.user), Change::Session(session)]);
        let disabled = Sought { state: Some(SoughtState::Disabled), ..Sought::default() };
        assert_eq!(it.finds(&disabled).await, [alice.user]);
        assert!(it.sign_in("alice", &["lab/Member"]).await.is_err());
        assert!(admin.set_disabled(alice.user, false).await.unwrap());
        assert_eq!(count(&it.db, "select count(*) from sessions").await, 0);
        assert_eq!(it.finds(&disabled).await, []);
        assert!(it.sign_in("alice", &["lab/Member"]).await.is_ok());
        assert_eq!(it.actions(alice.user).await, ["sign-in", "sign-in", "user-disabled", "user-enabled"]);
    })
    .await;
}

#[tokio::test]
async fn sessions_end_one_or_all_and_never_those_of_somebody_else() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let (alice, bob) = (it.sign_in("alice", &[]).await.unwrap(), it.sign_in("bob", &[]).await.unwrap());
        let first = it.session(&alice, "company").await;
        it.session(&alice, "company").await;
        let other = it.session(&bob, "company").await;
        assert_eq!(admin.end_sessions(alice.user, Some(other)).await.unwrap(), 0);
        assert_eq!(admin.end_sessions(alice.user, Some(SessionId::new(it.ambient.uuid()))).await.unwrap(), 0);
        let head = it.head().await;
        assert_eq!(admin.end_sessions(alice.user, Some(first)).await.unwrap(), 1);
        assert_eq!(it.log_since(head).await, [Change::Session(first)]);
        assert_eq!(admin.end_sessions(alice.user, None).await.unwrap(), 1);
        assert_eq!(admin.end_sessions(alice.user, None).await.unwrap(), 0);
        assert_eq!(count(&it.db, "select count(*) from sessions").await, 1);
        assert_eq!(it.actions(alice.user).await, ["sessions-ended", "sessions-ended", "sign-in"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_shuts_themselves_out() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &[]).await.unwrap().user;
        let admin = it.directory.server_admin(Actor::User(alice));
        assert!(matches!(admin.set_disabled(alice, true).await, Err(AdminError::Yourself)));
        assert!(matches!(admin.remove_user(&UserSelector::Id(alice)).await, Err(AdminError::Yourself)));
    })
    .await;
}

#[tokio::test]
async fn people_are_found_as_they_are_after_each_change() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let state = |state| Sought { state: Some(state), ..Sought::default() };
        let text = |text: &str| Sought { text: text.to_owned(), ..Sought::default() };
        let lab = Sought { organization: Some("lab".parse().unwrap()), ..Sought::default() };
        let zoe = it.expect("company", email("zoe@example.com"), &["lab/Member"]).await;
        assert_eq!(it.finds(&state(SoughtState::Waiting)).await, [zoe]);
        assert_eq!(it.finds(&text("ZOE@ex")).await, [zoe]);
        let mut person = profile("z1");
        person.email = Some(crate::identity::Email { address: "zoe@example.com".to_owned(), verified: true });
        person.display_name = Some("Zoë Leary".to_owned());
        assert_eq!(it.sign_in_at("company", person, &[]).await.unwrap().user, zoe);
        assert_eq!(it.finds(&state(SoughtState::Waiting)).await, []);
        assert_eq!(it.finds(&text("leary z1")).await, [zoe]);
        assert_eq!(it.finds(&lab).await, [zoe]);
        admin.set_roles(zoe, it.role("lab/Member").await.0, &[]).await.unwrap();
        assert_eq!(it.finds(&lab).await, []);
        assert_eq!(it.finds(&state(SoughtState::WithoutOrganization)).await, [zoe]);
        let at_lab = Sought { idp: Some("lab-idp".parse().unwrap()), ..Sought::default() };
        assert_eq!(it.finds(&at_lab).await, []);
        for (sought, said) in [
            (Sought { idp: Some("none".parse().unwrap()), ..Sought::default() }, "there is no IdP none"),
            (Sought { role: Some("Member".parse().unwrap()), ..Sought::default() }, "name that too"),
            (Sought { role: Some("Clerk".parse().unwrap()), ..lab }, "there is no role Clerk in lab"),
        ] {
            let error = admin.find_people(&it.catalogue().await, &sought, None, 10).await.unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_admins_at_once_cannot_take_each_others_rights() {
    on_each_with(declaration(), async |it: Fixture| {
        let (one, two) = (it.sign_in("one", &[]).await.unwrap().user, it.sign_in("two", &[]).await.unwrap().user);
        let lab = it.role("lab/Admin").await.0;
        let operator = it.directory.server_admin(Actor::CommandLine);
        for user in [one, two] {
            operator.set_roles(user, lab, &["Admin".parse().unwrap()]).await.unwrap();
        }
        let by = |user| it.directory.organization_admin(Actor::User(user), lab);
        let (of_one, of_two) = (by(one), by(two));
        let (first, second) = tokio::join!(of_one.set_roles(two, &[]), of_two.set_roles(one, &[]));
        let lost = [first, second].into_iter().filter(|done| matches!(done, Err(AdminError::NoLonger))).count();
        assert_eq!(lost, 1);
        let roles = [it.roles(one).await, it.roles(two).await].concat();
        assert_eq!(roles, ["lab/Admin manual"]);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_change_what_they_saw_at_once_one_is_told_that_it_is_so_no_longer() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let alice = it.sign_in("alice", &["lab/Admin"]).await.unwrap().user;
        let lab = it.role("lab/Admin").await.0;
        let seen = admin.listed(alice).await.unwrap();
        let one = admin.on(Some(&seen));
        let within = admin.organization(lab).listed(alice).await.unwrap();
        let other = admin.organization(lab).on(Some(&within));
        let (member, both) = (roles(&["Member"]), roles(&["Admin", "Member"]));
        let (first, second) = tokio::join!(one.set_roles(alice, lab, &member), other.set_roles(alice, &both));
        let moved = |result: &Result<bool, AdminError>| matches!(result, Err(AdminError::Moved));
        assert_eq!([first, second].iter().filter(|result| moved(result)).count(), 1);
        assert_eq!(it.actions(alice).await.iter().filter(|action| *action == "roles-changed").count(), 1);
        // What was seen is no more: nothing of it is done.
        assert!(moved(&one.set_disabled(alice, true).await));
        let removed = one.remove_user(&crate::directory::UserSelector::Id(alice)).await;
        assert!(matches!(removed, Err(AdminError::Moved)));
        let bob = it.sign_in("bob", &[]).await.unwrap().user;
        assert!(matches!(one.merge_users(alice, bob).await, Err(AdminError::Moved)));
        let again = admin.listed(alice).await.unwrap();
        assert!(admin.on(Some(&again)).set_disabled(alice, true).await.unwrap());
    })
    .await;
}
