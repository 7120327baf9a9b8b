use uuid::Uuid;

use super::*;
use crate::identity::{Allotment, HeaderPreset, Machines, OrganizationKey, Role, RoleId};

const HOME: OrganizationKey = OrganizationKey::new(Uuid::from_u128(1));

fn home() -> Organization {
    let role = |number, name: &str| Role {
        id: RoleId::new(Uuid::from_u128(number)),
        name: name.parse().unwrap(),
        admin: false,
    };
    Organization {
        key: HOME,
        id: "home-lab".parse().unwrap(),
        name: "Home lab".to_owned(),
        roles: vec![role(10, "Admin"), role(11, "Member")],
        allotment: Allotment::default(),
        declared: false,
    }
}

fn wiki() -> ApplicationSpec {
    ApplicationSpec {
        id: "wiki".parse().unwrap(),
        organization: "home-lab".parse().unwrap(),
        name: "Wiki".to_owned(),
        hosts: vec!["wiki.example.com".parse().unwrap()],
        upstream: "http://10.1.2.3:3000".parse().unwrap(),
        roles: None,
        headers: HeaderPreset::Remote,
        pass_host: true,
        allowed_origins: Vec::new(),
        rules: Vec::new(),
        reach: Reach::Anywhere,
        machines: Machines::default(),
        connection: Default::default(),
    }
}

/// The home lab, and everything else there is.
fn live() -> (Organization, ApplicationSpec) {
    let secret = ApplicationSpec {
        id: "secret-project".parse().unwrap(),
        organization: "other".parse().unwrap(),
        name: "Secret project".to_owned(),
        hosts: vec!["secret.example.com".parse().unwrap()],
        ..wiki()
    };
    (home(), secret)
}

fn flaws(
    (organization, other): &(Organization, ApplicationSpec),
    change: impl FnOnce(&mut ApplicationSpec),
) -> Vec<Flaw> {
    let mut spec = wiki();
    change(&mut spec);
    Site { organization, others: vec![other] }.flaws(&spec)
}

fn rule(path: &str, roles: Option<&[&str]>) -> Rule {
    let allow = match roles {
        None => Allow::Everyone,
        Some(roles) => Allow::Roles(roles.iter().map(|role| role.parse().unwrap()).collect()),
    };
    Rule { path: path.parse().unwrap(), allow }
}

#[test]
fn a_host_that_is_taken_elsewhere_is_told_without_saying_by_whom() {
    assert_eq!(flaws(&live(), |_| {}), []);
    let told = flaws(&live(), |spec| spec.hosts = vec!["secret.example.com".parse().unwrap()]);
    assert_eq!(told.iter().map(|flaw| flaw.part).collect::<Vec<_>>(), [Part::Hosts]);
    assert_eq!(told[0].what, "`secret.example.com` is taken; each host leads to one application");
}

#[test]
fn each_part_is_told_what_is_wrong_with_it() {
    type Change = fn(&mut ApplicationSpec);
    let cases: [(&str, Change, Part); 9] = [
        ("1 to 32", |spec| spec.hosts.clear(), Part::Hosts),
        ("twice", |spec| spec.hosts.push(spec.hosts[0].clone()), Part::Hosts),
        ("at least one role", |spec| spec.roles = Some(Vec::new()), Part::Roles),
        ("no role `Gone`", |spec| spec.roles = Some(vec!["Gone".parse().unwrap()]), Part::Roles),
        ("choose the roles", |spec| spec.rules = vec![rule("/a", Some(&[]))], Part::Rule(0)),
        ("only narrows", |spec| spec.rules = vec![rule("/a", Some(&["Gone"]))], Part::Rule(0)),
        ("never reached", |spec| spec.rules = vec![rule("/*", None), rule("/a", None)], Part::Rule(1)),
        ("at most 64", |spec| spec.rules = vec![rule("/a", None); 65], Part::Rules),
        ("at most 32", |spec| spec.allowed_origins = vec!["https://a".to_owned(); 33], Part::AllowedOrigins),
    ];
    for (words, change, part) in cases {
        let told = flaws(&live(), change);
        assert!(told.iter().any(|flaw| flaw.part == part && flaw.what.contains(words)), "{words}: {told:?}");
    }
}

#[test]
fn organizations_publish_only_where_they_are_allotted() {
    let publish = |spec: &mut ApplicationSpec| spec.reach = Reach::Allotted;
    let mut live = live();
    let told = flaws(&live, publish);
    assert_eq!(told.iter().map(|flaw| flaw.part).collect::<Vec<_>>(), [Part::Hosts, Part::Upstream]);
    assert!(told.iter().all(|flaw| flaw.what.contains("a server admin has to allot")), "{told:?}");
    live.0.allotment =
        Allotment { hosts: vec!["lab.example.com".parse().unwrap()], upstreams: vec!["10.2.0.0/16".parse().unwrap()] };
    let told = flaws(&live, publish);
    assert!(told[0].what.contains("lab.example.com") && told[1].what.contains("10.2.0.0/16"), "{told:?}");
    live.0.allotment =
        Allotment { hosts: vec!["example.com".parse().unwrap()], upstreams: vec!["10.1.0.0/16".parse().unwrap()] };
    assert_eq!(flaws(&live, publish), []);
}

#[test]
fn a_rule_narrows_to_roles_that_enter() {
    let told = flaws(&live(), |spec| {
        spec.roles = Some(vec!["Member".parse().unwrap()]);
        spec.rules = vec![rule("/a/*", Some(&["Member"])), rule("/b", Some(&["Admin"]))];
    });
    assert_eq!(told.iter().map(|flaw| flaw.part).collect::<Vec<_>>(), [Part::Rule(1)]);
}

#[test]
fn the_sign_in_host_is_no_applications() {
    let https: PublicUrl = "https://login.example.com".parse().unwrap();
    assert!(https.admits(&"login.example.com".parse().unwrap()).is_err());
    assert!(https.admits(&"wiki.example.com".parse().unwrap()).is_ok());
    let http: PublicUrl = "http://login.localhost:8080".parse().unwrap();
    assert!(http.admits(&"wiki.localhost".parse().unwrap()).is_ok());
    assert!(http.admits(&"wiki.example.com".parse().unwrap()).is_err());
}
