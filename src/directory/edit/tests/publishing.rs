use super::*;
use crate::identity::{Allow, ApplicationSpec, Catalogue, Part, Reach, Rule};

fn allotted() -> Allotment {
    Allotment { hosts: vec!["club.example.com".parse().unwrap()], upstreams: vec!["10.1.0.0/16".parse().unwrap()] }
}

/// An application of the club, as its own admins may publish it.
fn desk() -> ApplicationSpec {
    let mut spec = application_spec("desk", "club");
    spec.hosts = vec!["desk.club.example.com".parse().unwrap()];
    spec.upstream = "http://10.1.2.3:80".parse().unwrap();
    spec.reach = Reach::Allotted;
    spec
}

fn publish(spec: &ApplicationSpec) -> Edit {
    Edit::Application(Box::new(spec.clone()))
}

fn allot(allotment: Allotment) -> Edit {
    let roles = vec![("Admin".parse().unwrap(), true), ("Guest".parse().unwrap(), false)];
    Edit::Organization { id: "club".parse().unwrap(), name: "The club".to_owned(), roles, allotment }
}

fn published(live: &Catalogue, id: &str) -> ApplicationSpec {
    live.applications.iter().find(|one| one.spec.id.as_str() == id).unwrap().spec.clone()
}

async fn flawed(it: &Fixture, spec: &ApplicationSpec) -> Vec<Part> {
    match it.club_admin().await.edit(&publish(spec), &Terms::default()).await {
        Err(EditError::Flawed(flaws)) => flaws.iter().map(|flaw| flaw.part).collect(),
        other => panic!("no flaws: {other:?}"),
    }
}

#[tokio::test]
async fn an_organization_publishes_nothing_before_something_is_allotted_to_it() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        assert_eq!(flawed(&it, &desk()).await, [Part::Hosts, Part::Upstream]);
        it.admin().edit(&allot(allotted()), &Terms::default()).await.unwrap();
        it.club_admin().await.edit(&publish(&desk()), &Terms::default()).await.unwrap();
        assert_eq!(published(&it.catalogue().await, "desk"), desk());
    })
    .await;
}

#[tokio::test]
async fn an_organizations_admin_publishes_within_the_allotment_alone() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        it.admin().edit(&allot(allotted()), &Terms::default()).await.unwrap();
        let admin = it.club_admin().await;
        let more = Allotment { upstreams: vec!["0.0.0.0/0".parse().unwrap()], ..allotted() };
        let mut anywhere = desk();
        anywhere.reach = Reach::Anywhere;
        for edit in [allot(more), allot(Allotment::default()), publish(&anywhere)] {
            let refused = admin.edit(&edit, &Terms::default()).await;
            assert!(matches!(refused, Err(EditError::OutOfReach(_))), "{edit:?}: {refused:?}");
        }
        let mut elsewhere = desk();
        elsewhere.hosts = vec!["desk.example.com".parse().unwrap()];
        assert_eq!(flawed(&it, &elsewhere).await, [Part::Hosts]);
        for upstream in ["http://10.2.0.1", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"] {
            let mut inward = desk();
            inward.upstream = upstream.parse().unwrap();
            assert_eq!(flawed(&it, &inward).await, [Part::Upstream], "{upstream}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_server_admin_put_elsewhere_stays_there_while_the_organization_changes_the_rest() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let mut spec = application_spec("desk", "club");
        it.admin().edit(&publish(&spec), &Terms::default()).await.unwrap();
        let admin = it.club_admin().await;
        spec.rules = vec![Rule::new("/open/*".parse().unwrap(), Allow::Everyone)];
        admin.edit(&publish(&spec), &Terms::default()).await.unwrap();
        let mut moved = spec.clone();
        moved.upstream = "http://10.9.9.9:80".parse().unwrap();
        let mut renamed = spec.clone();
        renamed.hosts = vec!["login-help.example.com".parse().unwrap()];
        for change in [moved, renamed] {
            let refused = admin.edit(&publish(&change), &Terms::default()).await;
            assert!(matches!(refused, Err(EditError::OutOfReach(_))), "{refused:?}");
        }
        assert_eq!(published(&it.catalogue().await, "desk"), spec);
    })
    .await;
}

#[tokio::test]
async fn an_application_takes_neither_id_nor_host_of_another() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        it.admin().edit(&allot(allotted()), &Terms::default()).await.unwrap();
        let mut wiki = desk();
        wiki.id = "wiki".parse().unwrap();
        let new = Terms { expected: Expected::Absent, ..Terms::default() };
        let taken = it.club_admin().await.edit(&publish(&wiki), &new).await;
        assert!(matches!(taken, Err(EditError::Taken(_))), "{taken:?}");
        it.club_admin().await.edit(&publish(&desk()), &new).await.unwrap();
        let mut second = desk();
        second.id = "second".parse().unwrap();
        assert_eq!(flawed(&it, &second).await, [Part::Hosts]);
    })
    .await;
}

#[tokio::test]
async fn an_organization_has_a_name_and_a_role() {
    on_each_with(declaration(), async |it: Fixture| {
        let roles = vec![("Admin".parse().unwrap(), true)];
        let edit = |name: &str, roles| Edit::Organization {
            id: "club".parse().unwrap(),
            name: name.to_owned(),
            roles,
            allotment: Allotment::default(),
        };
        for edit in [edit("Club", Vec::new()), edit("", roles.clone()), edit("two\nlines", roles)] {
            let refused = it.admin().edit(&edit, &Terms::default()).await;
            assert!(matches!(refused, Err(EditError::Invalid(_))), "{refused:?}");
        }
    })
    .await;
}
