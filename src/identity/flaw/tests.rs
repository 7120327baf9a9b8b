use uuid::Uuid;

use super::*;
use crate::identity::{Allotment, HeaderPreset, OrganizationKey, Role, RoleId};

const HOME: OrganizationKey = OrganizationKey::new(Uuid::from_u128(1));
const OTHER: OrganizationKey = OrganizationKey::new(Uuid::from_u128(2));
const WIKI: ApplicationKey = ApplicationKey::new(Uuid::from_u128(3));

fn organization(key: OrganizationKey, id: &str) -> Organization {
    let role = |number, name: &str| Role {
        id: RoleId::new(Uuid::from_u128(number)),
        name: name.parse().unwrap(),
        admin: false,
    };
    Organization {
        key,
        id: id.parse().unwrap(),
        name: "Home lab".to_owned(),
        roles: vec![role(10, "Admin"), role(11, "Member")],
        allotment: Allotment::default(),
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
    }
}

fn live() -> Catalogue {
    let secret = ApplicationSpec {
        id: "secret-project".parse().unwrap(),
        organization: "other".parse().unwrap(),
        name: "Secret project".to_owned(),
        hosts: vec!["secret.example.com".parse().unwrap()],
        ..wiki()
    };
    let application = |key, organization, spec| Application { key, organization, spec };
    Catalogue {
        organizations: vec![organization(HOME, "home-lab"), organization(OTHER, "other")],
        applications: vec![
            application(WIKI, HOME, wiki()),
            application(ApplicationKey::new(Uuid::from_u128(4)), OTHER, secret),
        ],
        ..Catalogue::default()
    }
}

fn flaws(live: &Catalogue, own: Option<ApplicationKey>, change: impl FnOnce(&mut ApplicationSpec)) -> Vec<Flaw> {
    let mut spec = wiki();
    change(&mut spec);
    Site { live, organization: &live.organizations[0], own }.flaws(&spec)
}

fn rule(path: &str, roles: Option<&[&str]>) -> Rule {
    let allow = match roles {
        None => Allow::Everyone,
        Some(roles) => Allow::Roles(roles.iter().map(|role| role.parse().unwrap()).collect()),
    };
    Rule { path: path.parse().unwrap(), allow }
}

#[test]
fn an_application_is_not_in_its_own_way() {
    assert_eq!(flaws(&live(), Some(WIKI), |_| {}), []);
    let again = flaws(&live(), None, |_| {});
    assert_eq!(again.iter().map(|flaw| flaw.part).collect::<Vec<_>>(), [Part::Id, Part::Hosts]);
}

#[test]
fn what_is_taken_elsewhere_is_told_without_saying_by_whom() {
    let told = flaws(&live(), Some(WIKI), |spec| {
        spec.id = "secret-project".parse().unwrap();
        spec.hosts = vec!["secret.example.com".parse().unwrap()];
    });
    assert_eq!(told.len(), 2);
    for flaw in told {
        assert!(flaw.what.contains("is taken") && !flaw.what.contains("Secret"), "{flaw}");
        assert!(!flaw.what.contains("other/") && !flaw.what.contains(OTHER.to_string().as_str()), "{flaw}");
    }
}

#[test]
fn each_part_is_told_what_is_wrong_with_it() {
    let cases: [(&str, Box<dyn FnOnce(&mut ApplicationSpec)>, Part); 9] = [
        ("1 to 32", Box::new(|spec| spec.hosts.clear()), Part::Hosts),
        ("twice", Box::new(|spec| spec.hosts.push(spec.hosts[0].clone())), Part::Hosts),
        ("at least one role", Box::new(|spec| spec.roles = Some(Vec::new())), Part::Roles),
        ("no role `Gone`", Box::new(|spec| spec.roles = Some(vec!["Gone".parse().unwrap()])), Part::Roles),
        ("choose the roles", Box::new(|spec| spec.rules = vec![rule("/a", Some(&[]))]), Part::Rule(0)),
        ("only narrows", Box::new(|spec| spec.rules = vec![rule("/a", Some(&["Gone"]))]), Part::Rule(0)),
        ("never reached", Box::new(|spec| spec.rules = vec![rule("/*", None), rule("/a", None)]), Part::Rule(1)),
        ("at most 64", Box::new(|spec| spec.rules = vec![rule("/a", None); 65]), Part::Rules),
        ("at most 32", Box::new(|spec| spec.allowed_origins = vec!["https://a".to_owned(); 33]), Part::AllowedOrigins),
    ];
    for (words, change, part) in cases {
        let told = flaws(&live(), Some(WIKI), change);
        assert!(told.iter().any(|flaw| flaw.part == part && flaw.what.contains(words)), "{words}: {told:?}");
    }
}

#[test]
fn organizations_publish_only_where_they_are_allotted() {
    let publish = |spec: &mut ApplicationSpec| spec.reach = Reach::Allotted;
    let mut live = live();
    let told = flaws(&live, Some(WIKI), publish);
    assert_eq!(told.iter().map(|flaw| flaw.part).collect::<Vec<_>>(), [Part::Hosts, Part::Upstream]);
    assert!(told.iter().all(|flaw| flaw.what.contains("a server admin has to allot")), "{told:?}");
    live.organizations[0].allotment =
        Allotment { hosts: vec!["lab.example.com".parse().unwrap()], upstreams: vec!["10.2.0.0/16".parse().unwrap()] };
    let told = flaws(&live, Some(WIKI), publish);
    assert!(told[0].what.contains("lab.example.com") && told[1].what.contains("10.2.0.0/16"), "{told:?}");
    live.organizations[0].allotment =
        Allotment { hosts: vec!["example.com".parse().unwrap()], upstreams: vec!["10.1.0.0/16".parse().unwrap()] };
    assert_eq!(flaws(&live, Some(WIKI), publish), []);
}

#[test]
fn a_rule_narrows_to_roles_that_enter() {
    let told = flaws(&live(), Some(WIKI), |spec| {
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
