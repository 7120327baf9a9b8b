use std::time::Duration;

use super::*;
use crate::audit::{About, Action, Entry, record};
use crate::directory::Who;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::identity::OrganizationKey;

impl Fixture {
    /// Somebody was refused at an application of the organization.
    async fn denied(&self, user: UserId, organization: OrganizationKey) {
        let about = About { user: Some(user), organization: Some(organization), ..About::default() };
        let (action, actor) = (Action::EntryDenied, Actor::User(user));
        let entry = Entry { action, actor, about, reference: None, detail: None, change: None };
        let mut tx = self.db.begin().await.unwrap();
        record(&mut tx, &self.ambient, entry).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_organizations_admins_read_of_members_alone_and_no_name_that_another_typed() {
    on_each_with(declaration(), async |it: Fixture| {
        let lab = it.role("lab/Admin").await.0;
        let member = it.sign_in("mia", &["lab/Member"]).await.unwrap().user;
        let stranger = it.sign_in("stan", &["office/Clerk"]).await.unwrap().user;
        // Entered by another organization first, under a name of its own choice.
        it.expect("company", Who::Identifier("w1".to_owned()), &["office/Clerk"]).await;
        let everything = Sought::default();
        let lab_admin = it.directory.organization_admin(Actor::CommandLine, lab);
        let all = lab_admin.latest(&everything, None, 10).await.unwrap().lines.len();
        let waiting = it.expect("company", Who::Identifier("w1".to_owned()), &["lab/Member"]).await;
        it.clock.advance(Duration::from_secs(1));
        it.denied(member, lab).await;
        it.clock.advance(Duration::from_secs(1));
        it.denied(stranger, lab).await;
        let log = lab_admin.latest(&everything, None, 10).await.unwrap();
        let about: Vec<_> = log.lines.iter().take(log.lines.len() - all).map(|line| line.about.user).collect();
        assert_eq!(about, [Some(member), Some(waiting)]);
        assert_eq!(log.names.keys().copied().collect::<Vec<_>>(), [member]);
        // A page whose lines are all left out leads on all the same.
        let first = lab_admin.latest(&everything, None, 1).await.unwrap();
        assert!(first.lines.is_empty() && first.next.is_some());
        // What is exported is the same, the oldest first; and it cannot be asked for a stranger's lines.
        let mut exported = lab_admin.audit_log(&everything, None, 10).await.unwrap().rows;
        exported.reverse();
        assert_eq!(exported, log.lines);
        let strangers = Sought { user: Some(stranger), ..Sought::default() };
        assert_eq!(lab_admin.latest(&strangers, None, 10).await.unwrap().lines, log.lines);
        // The server's admins read everything.
        let server = it.directory.server_admin(Actor::CommandLine);
        let entries = Sought { action: Some(Action::EntryDenied.word().to_owned()), ..Sought::default() };
        let denied = server.latest(&entries, None, 10).await.unwrap();
        assert_eq!((denied.lines.len(), denied.names.len()), (2, 2));
    })
    .await;
}
