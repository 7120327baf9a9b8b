//! A provider that misbehaves, seen through the whole product. Whatever it does ends on a page of ours that leads to the
//! cause in the log, and leaves nothing behind: no session, no account, no grant, and no secret in the logs.

mod callback;
mod endpoints;
mod id_token;
mod replay;
mod userinfo;

use std::time::Duration;

use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::census::Census;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::logs;
use crate::kit::provider::CLIENT_SECRET;
use crate::kit::world::{Places, World};

/// What the person is told: the status and the headline.
type Told = (u16, &'static str);

const REFUSED: Told = (403, "Sign-in was refused");
const UNAVAILABLE: Told = (503, "Your identity provider does not answer");
const EXPIRED: Told = (400, "This sign-in cannot be completed");
const CANCELLED: Told = (400, "Sign-in was not completed");

/// Longer than we wait before a provider is asked again, shorter than clocks may be apart.
const LATER: Duration = Duration::from_secs(15);

/// What no page of ours may say: words of the provider, and of the insides of us.
const FOREIGN_WORDS: [&str; 6] = ["other.example.com", "invalid_grant", "bad code", "It works!", "stack", "panicked"];

/// A sign-in at a provider with this fault fails with those words, the log holds the cause, and nothing else is left.
/// The same sign-in succeeds once the provider behaves, so it was the fault and nothing else that refused it.
async fn is_refused(fault: Fault, told: Told, cause: &str) {
    let provider = Faulty::start(fault).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let (browser, attempt) = Attempt::unasked(&world).await;
    is_told(&attempt, told, cause);
    left_nothing(&world, &browser, &format!("{fault:?}")).await;
    keeps_secrets(&attempt, &provider);

    provider.set_fault(Fault::Honest);
    world.clock.advance(LATER);
    let (_, honest) = Attempt::unasked(&world).await;
    assert_eq!(honest.page().status, 200, "after {fault:?}: {}", honest.page().text());
    keeps_secrets(&honest, &provider);
}

/// The last page is ours, says what happened in our words, and leads to the cause.
fn is_told(attempt: &Attempt, (status, title): Told, cause: &str) {
    let page = attempt.page();
    assert_eq!((page.status.as_u16(), page.title().as_str()), (status, title), "for {cause}");
    for word in FOREIGN_WORDS {
        assert!(!page.text().contains(word), "{word}: {}", page.text());
    }
    let causes = logs::causes(&page.reference());
    assert!(causes.iter().any(|logged| logged.contains(cause)), "not {cause:?} but {causes:?}");
}

/// Nothing is in the database, and the browser holds nothing that opens anything.
async fn left_nothing(world: &World, browser: &Browser, what: &str) {
    assert_eq!(world.census().await, Census::default(), "{what}");
    assert_eq!(browser.fetch(&world.url("wiki", "/")).await.status, 401, "{what}");
    assert_eq!(browser.navigate(&world.login("/")).await.title(), "Sign in", "{what}");
    assert_eq!(world.upstream.hits(), 0, "{what}");
}

/// No secret of the attempt is in any line of the log.
fn keeps_secrets(attempt: &Attempt, provider: &Faulty) {
    let secrets = attempt.secrets();
    assert!(!secrets.is_empty());
    logs::hold_none_of(&secrets);
    logs::hold_none_of(&provider.issued());
    logs::hold_none_of([&CLIENT_SECRET.to_owned()]);
}
