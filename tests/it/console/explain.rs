//! Where a reference on a denied page leads.

use super::entry::with_server_admin;
use super::{open, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::world::{Places, World, eventually};

/// The usual, with an application for admins of the lab alone.
fn with_vault(places: &Places) -> String {
    with_server_admin(places)
        + &format!(
            "[[application]]\nid = \"vault\"\norganization = \"home-lab\"\nname = \"Vault\"\nhosts = \
             [\"vault.localhost\"]\nupstream = \"http://{}\"\nroles = [\"Admin\"]\n",
            places.upstream
        )
}

#[tokio::test]
async fn the_reference_of_a_denied_page_leads_to_who_it_was_and_why() {
    let world = World::start(Default::default(), with_vault).await;
    let bob = Browser::new();
    let denied = Attempt::at(&world, &bob, &world.url("vault", "/"), "bob").await.page().clone();
    assert_eq!(denied.status, 403, "{}", denied.text());
    let reference = denied.reference();
    let alice = signed_in(&world, "alice").await;
    for base in ["/console", "/console/organizations/home-lab"] {
        let path = format!("{base}/explain?reference={reference}");
        // Written behind, within a second.
        eventually("the refusal is written down", async || {
            open(&world, &alice, &path).await.text().contains("Entry denied")
        })
        .await;
        let page = open(&world, &alice, &path).await;
        for shown in ["at <bdi>vault</bdi>", "<bdi>bob</bdi>", "<bdi>Admin</bdi>", "Company login", "granted"] {
            assert!(page.text().contains(shown), "{shown}: {}", page.text());
        }
    }
    assert_eq!(bob.fetch(&world.login(&format!("/console/explain/{reference}"))).await.status, 403);
}

#[tokio::test]
async fn the_reference_of_a_refused_sign_in_leads_to_its_claims_verdicts() {
    let refusing = |places: &Places| {
        with_server_admin(places).replace("auto_provision = true", "auto_provision = true\nrequire_match = true")
    };
    let world = World::start(Default::default(), refusing).await;
    let carol = Browser::new();
    let refused = Attempt::at(&world, &carol, &world.login("/login/company"), "carol").await.page().clone();
    let reference = refused.reference();
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, &format!("/console/explain/{reference}")).await.text();
    for shown in ["Sign in refused", "Nobody with an account", "no match", "carol"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    // Carol is no member: an organization's page knows nothing of her.
    let path = format!("/console/organizations/home-lab/explain/{reference}");
    assert!(open(&world, &alice, &path).await.text().contains("Nothing is kept under this reference"));
}

#[tokio::test]
async fn what_is_no_reference_says_so_beside_the_field() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, "/console/explain?reference=%3Cb%3Ex").await.text();
    assert!(page.contains("A reference looks like") && !page.contains("<b>x"), "{page}");
    let page = open(&world, &alice, "/console/explain/AAAAA-AAAAA").await.text();
    assert!(page.contains("Nothing is kept under this reference"), "{page}");
}

/// Sixty organizations that nothing gives to carol.
fn with_many_organizations(places: &Places) -> String {
    let one = |number: u32| {
        format!("[[organization]]\nid = \"org-{number:02}\"\nname = \"{number}\"\nroles = [\"Member\"]\n")
    };
    let refusing =
        with_server_admin(places).replace("auto_provision = true", "auto_provision = true\nrequire_match = true");
    refusing + &(1..=60).map(one).collect::<String>()
}

#[tokio::test]
async fn who_is_refused_by_many_organizations_is_told_of_by_each_and_of_the_rest_by_narrowing() {
    let world = World::start(Default::default(), with_many_organizations).await;
    let carol = Browser::new();
    let refused = Attempt::at(&world, &carol, &world.login("/login/company"), "carol").await.page().clone();
    let path = format!("/console/explain/{}", refused.reference());
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, &path).await.text();
    assert_eq!(page.matches(">no match<").count(), 50, "{page}");
    assert!(page.contains("and 11 more organizations") && page.contains("Only the organization (id)"), "{page}");
    let narrowed = open(&world, &alice, &format!("{path}?organization=org-60")).await.text();
    assert!(narrowed.contains("<bdi>org-60</bdi>") && narrowed.matches(">no match<").count() == 1, "{narrowed}");
    let none = open(&world, &alice, &format!("{path}?organization=%3Cb%3Ex")).await.text();
    assert!(none.contains("No policy was asked about an organization of this id.") && !none.contains("<b>x"), "{none}");
}
