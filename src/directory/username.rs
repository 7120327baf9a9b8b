//! A username that nobody has yet.

use crate::base::Ambient;
use crate::identity::{UserId, Username};
use crate::store::{StoreError, Tx, users};

/// Suffixes tried in order, -2 to -50, in one statement. Whoever shares a name with more people than that gets a
/// random one.
const IN_ORDER: u32 = 50;

/// `wanted`, or else `wanted-2`, `wanted-3` and so on: the first that nobody has, `user` aside. Somebody else may be
/// faster to take it: then writing it fails as [`StoreError::Unique`].
pub(super) async fn free(
    tx: &mut Tx,
    ambient: &Ambient,
    wanted: &Username,
    user: Option<UserId>,
) -> Result<Username, StoreError> {
    let random = u32::from_be_bytes(ambient.bytes());
    let candidates: Vec<Username> = std::iter::once(wanted.clone())
        .chain((2..=IN_ORDER).chain([random]).map(|number| wanted.suffixed(number)))
        .collect();
    let folded: Vec<String> = candidates.iter().map(Username::folded).collect();
    let taken = users::taken_usernames(tx, &folded, user).await?;
    let free = candidates.iter().zip(&folded).find(|(_, folded)| !taken.contains(folded));
    Ok(free.map_or_else(|| wanted.suffixed(random), |(name, _)| name.clone()))
}
