//! No page and no list reads a whole table, whatever it asks for: each engine is asked how it goes about it. What a new
//! page asks for is one line more.

use crate::base::Timestamp;
use crate::identity::{Opens, OrganizationKey, PolicyId, RoleId, TokenId, UserId, Username};
use crate::store::audit::{self, Order, Sought};
use crate::store::kit::plans::{fill, reads_no_whole_table};
use crate::store::kit::{World, on_each};
use crate::store::people::{self, Filter, State};
use crate::store::search::Prefix;
use crate::store::{
    application_tokens, grants, holders, identities, policies, service_accounts, sessions, sign_ins, tokens, users,
};

/// Somebody, and what is theirs, as it is filled in.
struct Known {
    user: UserId,
    users: Vec<UserId>,
    lab: OrganizationKey,
    member: RoleId,
    now: Timestamp,
}

impl Known {
    fn new() -> Self {
        let id = |kind: u32, number: u32| format!("00000000-0000-0000-000{kind}-{number:012}");
        Self {
            user: id(3, 471).parse().unwrap(),
            users: (1..=50).map(|number| id(3, number).parse().unwrap()).collect(),
            lab: OrganizationKey::new(id(1, 42).parse().unwrap()),
            member: id(2, 42).parse().unwrap(),
            now: Timestamp::from_micros(1_000),
        }
    }
}

#[tokio::test]
async fn no_page_about_people_reads_a_whole_table() {
    on_each(async |db| {
        let (world, it) = (World::new(&db).await, Known::new());
        fill(&db).await;
        let everybody = Filter::default();
        let of = |filter: Filter| [filter.clone(), Filter { words: Prefix::of("u17 u1"), ..filter }];
        let filters = [
            everybody.clone(),
            Filter { organization: Some(it.lab), ..everybody.clone() },
            Filter { organization: Some(it.lab), state: Some(State::Waiting), ..everybody.clone() },
            Filter { role: Some(it.member), ..everybody.clone() },
            Filter { idp: Some(world.idp), ..everybody.clone() },
            Filter { idp: Some(world.idp), state: Some(State::WithoutOrganization), ..everybody.clone() },
            Filter { state: Some(State::Disabled), ..everybody.clone() },
            Filter { state: Some(State::Waiting), ..everybody.clone() },
            Filter { state: Some(State::WithoutOrganization), ..everybody },
        ];
        for filter in filters.into_iter().flat_map(of) {
            reads_no_whole_table(&db, async || {
                let tx = &mut db.snapshot().await.unwrap();
                people::page(tx, &filter, None, 50, it.now).await.unwrap();
                people::count(tx, &filter, it.now).await.unwrap();
            })
            .await;
        }
        reads_no_whole_table(&db, async || {
            let tx = &mut db.snapshot().await.unwrap();
            users::get(tx, it.user).await.unwrap();
            users::page(tx, 50, Some(it.user)).await.unwrap();
            users::usernames(tx, &it.users).await.unwrap();
            users::named(tx, &Username::parse("u17").unwrap()).await.unwrap();
            identities::of_users(tx, &it.users).await.unwrap();
            identities::find(tx, world.idp, "u17").await.unwrap();
            identities::users_by_email(tx, world.idp, "u17@example.com").await.unwrap();
            identities::awaited_by(tx, &it.users).await.unwrap();
            identities::called(tx, &it.users, it.lab).await.unwrap();
            identities::awaiting(tx, world.idp, "u17", Some("u17@example.com")).await.unwrap();
            grants::of_user(tx, it.user).await.unwrap();
            grants::any(tx).await.unwrap();
            grants::named(tx, &it.users, it.now).await.unwrap();
            grants::live_roles(tx, it.lab).await.unwrap();
            holders::live_of(tx, &it.users, it.now).await.unwrap();
            holders::live_of_roles(tx, &[it.member], it.now, 100).await.unwrap();
            holders::held_of(tx, &[it.member], it.now).await.unwrap();
            holders::count_of(tx, &[it.member], it.now, 100).await.unwrap();
            holders::count(tx, Some(it.lab), it.now, 100).await.unwrap();
            holders::members(tx, it.lab, it.now).await.unwrap();
            users::disabled(tx, &it.users).await.unwrap();
            holders::of_roles(tx, &[it.member], 100).await.unwrap();
            holders::may_administer(tx, it.user, Some(it.lab), it.now).await.unwrap();
            holders::only_admin_of(tx, it.user, it.now).await.unwrap();
            sessions::of_user(tx, it.user, it.now, 50).await.unwrap();
            sign_ins::of_user(tx, it.user).await.unwrap();
            sign_ins::of_users(tx, &it.users).await.unwrap();
            service_accounts::of(tx, it.lab, 50).await.unwrap();
            service_accounts::count(tx, it.lab).await.unwrap();
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn no_page_about_what_happened_reads_a_whole_table() {
    on_each(async |db| {
        let (world, it) = (World::new(&db).await, Known::new());
        fill(&db).await;
        reads_no_whole_table(&db, async || {
            let tx = &mut db.snapshot().await.unwrap();
            let latest = audit::lines(tx, &Sought::default(), Order::NewestFirst, None, 50).await.unwrap();
            assert!(latest.next.is_some());
            // Everything that can be asked for together.
            for asked in 0..16 {
                let when = |bit: u32| asked & bit != 0;
                let sought = Sought {
                    user: when(1).then_some(it.user),
                    organization: when(2).then_some(it.lab),
                    idp: when(4).then_some(world.idp),
                    action: when(8).then(|| "kind-3".to_owned()),
                    interval: it.now..Timestamp::from_micros(2_000),
                };
                for order in [Order::NewestFirst, Order::OldestFirst] {
                    audit::lines(tx, &sought, order, None, 50).await.unwrap();
                    audit::lines(tx, &sought, order, latest.next, 50).await.unwrap();
                }
            }
            audit::of_user(tx, it.user, Some(it.lab), 50).await.unwrap();
            audit::by_reference(tx, "r17").await.unwrap();
            audit::by_references(tx, &["r17", "r18"]).await.unwrap();
            audit::by_day(tx, ["kind-1", "kind-2", "kind-3"], Timestamp::from_micros(1_900)).await.unwrap();
            sign_ins::by_reference(tx, "r17").await.unwrap();
            sign_ins::recent_verdicts(tx, it.now, 500).await.unwrap();
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn no_page_about_policies_and_tokens_reads_a_whole_table() {
    on_each(async |db| {
        let (world, it) = (World::new(&db).await, Known::new());
        fill(&db).await;
        let version: PolicyId = "00000000-0000-0000-0008-000000000017".parse().unwrap();
        let token: TokenId = "00000000-0000-0000-0009-000000000017".parse().unwrap();
        reads_no_whole_table(&db, async || {
            let tx = &mut db.snapshot().await.unwrap();
            for organization in [None, Some(it.lab)] {
                let place = (world.idp, organization);
                policies::standing(tx, place).await.unwrap();
                policies::versions(tx, place, None, 50).await.unwrap();
                policies::versions(tx, place, Some((it.now, version)), 50).await.unwrap();
                policies::version(tx, place, version).await.unwrap();
            }
            sign_ins::page(tx, None, 500).await.unwrap();
            sign_ins::page_at(tx, world.idp, None, 500).await.unwrap();
            identities::count_at(tx, world.idp, 1_000).await.unwrap();
            for opens in [Opens::Server, Opens::Organization(it.lab)] {
                tokens::of(tx, opens, 50).await.unwrap();
                tokens::count(tx, opens).await.unwrap();
            }
            tokens::some(tx, &[token, token]).await.unwrap();
            application_tokens::of_user(tx, it.user, 50).await.unwrap();
            application_tokens::count(tx, it.user).await.unwrap();
        })
        .await;
    })
    .await;
}
