use serde_json::json;

use super::*;
use crate::identity::Email;

fn read_with(change: impl FnOnce(&mut Paths), claims: &Claims) -> Result<Profile, ProfileError> {
    let house = House::new(PolicyText::default()).with_idp(|idp| change(&mut idp.spec.profile));
    house.snapshot().idp(IDP).unwrap().profile().read(claims)
}

fn read(id_token: Value) -> Profile {
    read_with(|_| {}, &claims(id_token)).unwrap()
}

fn email(id_token: Value, userinfo: Option<Value>) -> Option<Email> {
    read_with(|_| {}, &claims_of(id_token, userinfo)).unwrap().email
}

#[test]
fn a_person_is_read_out_of_the_claims() {
    let profile = read(json!({
        "sub": "42", "preferred_username": "Alice", "email": "alice@example.com", "email_verified": true,
        "name": "Alice \n Liddell\u{7}"
    }));
    assert_eq!(profile.identifier, "42");
    assert_eq!(profile.username.as_str(), "Alice");
    assert_eq!(profile.email, Some(Email { address: "alice@example.com".to_owned(), verified: true }));
    assert_eq!(profile.display_name.as_deref(), Some("Alice Liddell"));
    assert!(!profile.server_admin);
    assert!(profile.failed.is_empty());
}

#[test]
fn the_username_falls_back_to_email_then_identifier() {
    let username = |sent: Value| read(sent).username.as_str().to_owned();
    assert_eq!(username(json!({"sub": "42", "email": "a@example.com"})), "a@example.com");
    assert_eq!(username(json!({"sub": "42", "preferred_username": "\u{200b}", "email": "no"})), "42");
    assert_eq!(username(json!({"sub": "42", "preferred_username": 7})), "42");
    let invisible = read_with(|_| {}, &claims(json!({"sub": "\u{200b}"})));
    assert_eq!(invisible, Err(ProfileError::Username));
}

#[test]
fn the_identifier_is_a_text_or_nobody_is_there() {
    assert_eq!(read(json!({"sub": " Exactly  This\u{200b}"})).identifier, " Exactly  This\u{200b}");
    assert_eq!(read(json!({"sub": "x".repeat(1_024)})).identifier.len(), 1_024);
    for (sent, expected) in [
        (json!({}), "nothing instead of a text"),
        (json!({"sub": ""}), "an empty text"),
        (json!({"sub": 7}), "a number instead of a text"),
        (json!({"sub": ["7"]}), "a list instead of a text"),
        (json!({"sub": "a\u{0}b"}), "a control character"),
        (json!({"sub": "x".repeat(1_025)}), "1025 bytes"),
    ] {
        let error = read_with(|_| {}, &claims(sent)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the identifier path `sub` gives {expected}")), "{error}");
    }
    let broken = read_with(|paths| paths.identifier = "sub[".to_owned(), &claims(json!({"sub": "1"}))).unwrap_err();
    assert!(broken.to_string().contains("`sub[` gives an error (line 1, column 5"), "{broken}");
}

#[test]
fn an_email_is_verified_when_one_source_says_both() {
    let verified = |id_token: Value, userinfo: Value| email(id_token, Some(userinfo)).unwrap().verified;
    let address = "a@example.com";
    assert!(verified(json!({"sub": "1", "email": address, "email_verified": true}), json!({})));
    assert!(verified(json!({"sub": "1"}), json!({"email": address, "email_verified": true})));
    assert!(verified(json!({"sub": "1", "email": address}), json!({"email": address, "email_verified": true})));
    // The address of one source, the word of the other.
    assert!(!verified(json!({"sub": "1", "email": address}), json!({"email_verified": true})));
    assert!(!verified(json!({"sub": "1", "email_verified": true}), json!({"email": address})));
    let victim = json!({"sub": "1", "email": "victim@example.com"});
    assert!(!verified(victim, json!({"email": address, "email_verified": true})));
    for word in [json!("true"), json!(1), json!(false), json!(null)] {
        assert!(!verified(json!({"sub": "1", "email": address, "email_verified": word}), json!({})));
    }
}

#[test]
fn email_verified_speaks_of_the_claim_email_alone() {
    let sent = claims(json!({
        "sub": "1", "upn": "victim@example.com", "email": "mine@example.com", "email_verified": true
    }));
    let email = read_with(|paths| paths.email = "upn".to_owned(), &sent).unwrap().email.unwrap();
    assert_eq!(email, Email { address: "victim@example.com".to_owned(), verified: false });
}

#[test]
fn what_does_not_look_like_an_email_is_none() {
    for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a@b\u{0}", "a@b c", &format!("{}@b", "a".repeat(254))]
    {
        assert_eq!(email(json!({"sub": "1", "email": bad, "email_verified": true}), None), None, "{bad:?}");
    }
    for good in ["a@b", "Ä@exämple.com", "a+b@c.example"] {
        assert_eq!(email(json!({"sub": "1", "email": good}), None).unwrap().address, good);
    }
}

#[test]
fn long_names_are_cut() {
    let name = read(json!({"sub": "1", "name": "é".repeat(1_000)})).display_name.unwrap();
    assert_eq!(name.chars().count(), 256);
    assert_eq!(read(json!({"sub": "1", "name": " \n"})).display_name, None);
}

#[test]
fn only_true_makes_a_server_admin() {
    let admin =
        |path: &str, sent: Value| read_with(|paths| paths.server_admin = Some(path.to_owned()), &claims(sent)).unwrap();
    let sent = json!({"sub": "1", "groups": ["vestibule-admins"]});
    assert!(admin("contains(groups, 'vestibule-admins')", sent.clone()).server_admin);
    for path in ["'true'", "`1`", "groups", "`[true]`", "contains(groups, 'vestibule')"] {
        let profile = admin(path, sent.clone());
        assert!(!profile.server_admin && profile.failed.is_empty(), "{path}");
    }
    for path in ["contains(nothing, 'a')", "contains(", "'{{orgId}}'"] {
        let profile = admin(path, sent.clone());
        assert!(!profile.server_admin, "{path}");
        assert_eq!(profile.failed.len(), 1, "{path}");
    }
    let overage = admin("contains(groups, 'vestibule-admins')", json!({"sub": "1", "hasgroups": true}));
    assert!(!overage.server_admin && overage.failed.len() == 1);
}

#[test]
fn an_organizations_own_idp_names_no_server_admin() {
    let house = House::new(PolicyText::default()).with_idp(|idp| {
        idp.owner = Some(OTHER);
        idp.spec.profile.server_admin = Some("`true`".to_owned());
    });
    let profile = house.snapshot().idp(IDP).unwrap().profile().read(&claims(json!({"sub": "1"}))).unwrap();
    assert!(!profile.server_admin);
}

#[test]
fn a_failing_path_costs_only_what_it_reads() {
    let profile =
        read_with(|paths| paths.email = "join('', nothing)".to_owned(), &claims(json!({"sub": "1"}))).unwrap();
    assert_eq!(profile.email, None);
    assert!(profile.failed[0].starts_with("`join('', nothing)`: join() takes a list"), "{:?}", profile.failed);
}
