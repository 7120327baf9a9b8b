//! IdPs by hand: secrets, delegation, and where requests may go.

use super::{idp, made, organization};
use crate::base::Addresses;
use crate::directory::edit::{Edit, EditError, SecretEdit, Terms};
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::identity::{ClientAuth, IdpSpec, Issuer};
use crate::store::kit::count;

fn owned(issuer: &str) -> IdpSpec {
    let mut spec = idp("club-idp");
    spec.owner = Some("club".parse().unwrap());
    spec.issuer = Issuer::parse(issuer).unwrap();
    spec
}

fn keeping(spec: IdpSpec) -> Edit {
    Edit::Idp { spec: Box::new(spec), secret: SecretEdit::Keep }
}

impl Fixture {
    async fn edit(&self, edit: Edit) -> Result<(), EditError> {
        self.admin().edit(&edit, &Terms::default()).await
    }

    async fn club_edits(&self, edit: Edit) -> Result<(), EditError> {
        self.club_admin().await.edit(&edit, &Terms::default()).await
    }
}

#[tokio::test]
async fn an_issuer_typed_by_an_organizations_admin_is_looked_for_in_public_alone() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let addresses = async || it.idp("club-idp").await.addresses;
        let (one, other) = ("https://one.example.com", "https://other.example.com");
        it.club_edits(made(owned(one))).await.unwrap();
        assert_eq!(addresses().await, Addresses::Public);
        // A server admin who only changes a name has not said that it may be anywhere.
        it.edit(keeping(IdpSpec { name: "Club".to_owned(), ..owned(one) })).await.unwrap();
        assert_eq!(addresses().await, Addresses::Public);
        it.edit(made(owned(other))).await.unwrap();
        assert_eq!(addresses().await, Addresses::Any);
        it.club_edits(keeping(IdpSpec { name: "The club".to_owned(), ..owned(other) })).await.unwrap();
        assert_eq!(addresses().await, Addresses::Any);
        it.club_edits(made(owned(one))).await.unwrap();
        assert_eq!(addresses().await, Addresses::Public);
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_never_kept_for_another_issuer() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let (one, other) = ("https://one.example.com", "https://other.example.com");
        let refused = async |edit| {
            let result = it.club_edits(edit).await;
            assert!(matches!(&result, Err(EditError::Invalid(why)) if why.contains("secret")), "{result:?}");
        };
        refused(keeping(owned(one))).await;
        it.club_edits(made(owned(one))).await.unwrap();
        it.club_edits(keeping(owned(one))).await.unwrap();
        refused(keeping(owned(other))).await;
        it.club_edits(made(owned(other))).await.unwrap();

        let public = IdpSpec { client_auth: ClientAuth::None, ..owned(other) };
        refused(made(public.clone())).await;
        it.club_edits(keeping(public)).await.unwrap();
        let (_, secrets) = it.directory.catalogue_with_secrets().await.unwrap();
        assert!(!secrets.contains_key(&it.idp("club-idp").await.key), "of no use any more");
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_tells_that_a_secret_changed_and_never_what_it_is() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let version = it.directory.version().await.unwrap();
        it.edit(made(idp("guests"))).await.unwrap();
        assert_eq!(it.directory.version().await.unwrap(), version + 1, "clients are made anew");
        const TOLD: &str = "select count(*) from audit where after like '%set anew%'";
        const QUOTED: &str = "select count(*) from audit a, client_secrets s where after like '%' || s.sealed || '%'";
        assert!(count(&it.db, TOLD).await > 0);
        assert_eq!(count(&it.db, QUOTED).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_organization_made_anew_is_delegated_nothing() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let club = it.club_admin().await.organization();
        let delegating = IdpSpec { delegate_to: vec!["club".parse().unwrap()], ..idp("guests") };
        it.edit(keeping(delegating)).await.unwrap();
        assert_eq!(it.idp("guests").await.delegates, [club]);
        it.edit(Edit::RemoveOrganization("club".parse().unwrap())).await.unwrap();
        let left = it.idp("guests").await;
        assert!(left.delegates.is_empty() && left.spec.delegate_to.is_empty(), "{left:?}");
        it.edit(organization("club", &[("Admin", true)])).await.unwrap();
        let again = it.club_admin().await.organization();
        assert!(again != club && !it.idp("guests").await.delegates.contains(&again));
    })
    .await;
}

#[tokio::test]
async fn an_organizations_own_idp_names_no_server_admins_and_delegates_nothing() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let mut naming = owned("https://one.example.com");
        naming.profile.server_admin = Some("`true`".to_owned());
        let mut delegating = owned("https://one.example.com");
        delegating.delegate_to = vec!["lab".parse().unwrap()];
        for spec in [naming, delegating] {
            for refused in [it.club_edits(made(spec.clone())).await, it.edit(made(spec.clone())).await] {
                assert!(matches!(refused, Err(EditError::Invalid(_))), "{refused:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_file_takes_over_loses_the_secret_that_was_typed() {
    on_each_with(declaration(), async |it: Fixture| {
        it.with_club().await;
        let mut declaring = declaration();
        declaring.idps.push(idp("guests"));
        assert!(it.declare(&declaring).await);
        assert_eq!(it.directory.catalogue_with_secrets().await.unwrap().1.len(), 0);
    })
    .await;
}
