//! A username that nobody has yet.

use crate::base::Ambient;
use crate::identity::{UserId, Username};
use crate::store::{StoreError, Tx, users};

/// Suffixes tried in order, -2 to -50, in one statement. Whoever shares a name with more people than that gets a
/// random one.
const IN_ORDER: u32 = 50;

/// How service accounts are called, and who acts without being a user.
const PREFIXES: [&str; 3] = ["service.", "user:", "token:"];
const NAMES: [&str; 4] = ["break-glass", "cli", "file", "stranger"];

/// `wanted`, or else `wanted-2`, `wanted-3` and so on: the first that nobody has, `user` aside. What an upstream or an
/// admin would take for no person's becomes `user-wanted`. Somebody else may be faster to take it: then writing it fails
/// as [`StoreError::Unique`].
pub(super) async fn free(
    tx: &mut Tx,
    ambient: &Ambient,
    wanted: &Username,
    user: Option<UserId>,
) -> Result<Username, StoreError> {
    let random = u32::from_be_bytes(ambient.bytes());
    let of_a_person = is_reserved(wanted).then(|| Username::parse(&format!("user-{wanted}")).ok()).flatten();
    let wanted = of_a_person.as_ref().unwrap_or(wanted);
    let candidates: Vec<Username> = std::iter::once(wanted.clone())
        .chain((2..=IN_ORDER).chain([random]).map(|number| wanted.suffixed(number)))
        .collect();
    let folded: Vec<String> = candidates.iter().map(Username::folded).collect();
    let taken = users::taken_usernames(tx, &folded, user).await?;
    let free = candidates.iter().zip(&folded).find(|(_, folded)| !taken.contains(folded));
    Ok(free.map_or_else(|| wanted.suffixed(random), |(name, _)| name.clone()))
}

/// Whether it reads as the name of something other than a person.
fn is_reserved(name: &Username) -> bool {
    let folded = name.folded();
    let is = |reserved: &&str| crate::identity::folded(reserved) == folded;
    NAMES.iter().any(is) || PREFIXES.iter().any(|prefix| folded.starts_with(&crate::identity::folded(prefix)))
}
