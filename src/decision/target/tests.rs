use http::Request;

use super::*;

fn check(method: &str, target: &str, hosts: &[&str]) -> Result<String, BadTarget> {
    let mut request = Request::builder().method(method).uri(target);
    for host in hosts {
        request = request.header(header::HOST, *host);
    }
    host_of(&request.body(()).unwrap()).map(|host| host.to_string())
}

#[test]
fn one_host_is_read_in_its_comparable_form() {
    for (target, hosts) in [
        ("/", &["wiki.example.com"][..]),
        ("/a?b", &["WIKI.Example.com"]),
        ("/", &["wiki.example.com."]),
        ("/", &["wiki.example.com:8080"]),
        ("/", &["wiki.example.com.:8080"]),
        ("/", &["wiki.example.com:"]),
        ("http://wiki.example.com/a", &["wiki.example.com"]),
        ("http://wiki.example.com:80/a", &["wiki.example.com"]),
        ("https://Wiki.example.com/a", &["wiki.example.com:443"]),
        // HTTP/2: the authority alone.
        ("https://wiki.example.com:8443/", &[]),
        ("https://wiki.example.com", &[]),
    ] {
        assert_eq!(check("GET", target, hosts).as_deref(), Ok("wiki.example.com"), "{target} {hosts:?}");
    }
    assert_eq!(check("GET", "/", &["[::1]:8080"]).as_deref(), Ok("[::1]"));
    assert_eq!(check("GET", "/", &["127.0.0.1:8080"]).as_deref(), Ok("127.0.0.1"));
}

#[test]
fn two_hosts_or_none_are_refused() {
    use BadTarget::*;
    for (target, hosts, expected) in [
        ("/", &[][..], Missing),
        ("/", &["a.example", "b.example"], Conflicting),
        ("/", &["a.example", "a.example"], Conflicting),
        ("http://a.example/", &["b.example"], Conflicting),
        ("http://a.example:1/", &["a.example:2"], Conflicting),
        ("/", &[""], Malformed),
        ("/", &["a.example,b.example"], Malformed),
        ("/", &["a.example b.example"], Malformed),
        ("/", &["a.example/x"], Malformed),
        ("/", &["user@a.example"], Malformed),
        ("/", &["a.example:x"], Malformed),
        ("/", &["a.example:99999"], Malformed),
        ("/", &["a.example:80:80"], Malformed),
        ("/", &["::1"], Malformed),
        ("/", &["a..example"], Malformed),
        ("http://user@a.example/", &[], Malformed),
        ("http://user:pass@a.example/", &["a.example"], Malformed),
        ("ftp://a.example/", &["a.example"], Form),
        ("*", &["a.example"], Form),
        ("a.example:443", &["a.example"], Form),
    ] {
        assert_eq!(check("OPTIONS", target, hosts), Err(expected), "{target} {hosts:?}");
    }
}

#[test]
fn connect_and_trace_are_refused() {
    assert_eq!(check("CONNECT", "a.example:443", &["a.example"]), Err(BadTarget::Method));
    assert_eq!(check("TRACE", "/", &["a.example"]), Err(BadTarget::Method));
}

#[test]
fn only_chunks_are_undone_before_a_body_is_passed_on() {
    let check = |codings: &[&str]| {
        let request = Request::builder().uri("/").header(header::HOST, "a.example");
        let request =
            codings.iter().fold(request, |request, coding| request.header(header::TRANSFER_ENCODING, *coding));
        host_of(&request.body(()).unwrap())
    };
    for good in [&[][..], &["chunked"], &["Chunked"]] {
        assert!(check(good).is_ok(), "{good:?}");
    }
    for bad in [&["gzip, chunked"][..], &["identity, chunked"], &["chunked, chunked"], &["gzip", "chunked"], &[""]] {
        assert_eq!(check(bad), Err(BadTarget::Coding), "{bad:?}");
    }
}
