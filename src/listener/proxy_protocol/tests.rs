use proptest::prelude::*;

use super::*;

fn client(text: &str) -> Source {
    Source::Client(text.parse().unwrap())
}

fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, rest].concat()
}

const V4: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb];

#[test]
fn lines_are_read() {
    for (text, expected) in [
        ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", client("192.0.2.1")),
        ("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", client("2001:db8::1")),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", client("192.0.2.1")),
        ("PROXY UNKNOWN\r\n", Source::Proxy),
        ("PROXY UNKNOWN ffff::1 whatever 1 2\r\n", Source::Proxy),
    ] {
        assert_eq!(Header::parse(text.as_bytes()), Ok(Header::Whole(expected, text.len())), "{text}");
        let more = format!("{text}GET / HTTP/1.1\r\n");
        assert_eq!(Header::parse(more.as_bytes()), Ok(Header::Whole(expected, text.len())), "{text}");
    }
}

#[test]
fn what_is_no_header_is_refused() {
    for text in [
        "GET / HTTP/1.1\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 +1 2\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1\t198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n\r\n",
    ] {
        assert_eq!(Header::parse(text.as_bytes()), Err(Malformed), "{text}");
    }
    assert_eq!(Header::parse(&[b"PROXY UNKNOWN".as_slice(), &[b' '; 200]].concat()), Err(Malformed));
    assert_eq!(Header::parse(format!("PROXY UNKNOWN{}\r\n", " ".repeat(93)).as_bytes()), Err(Malformed));
}

#[test]
fn binary_headers_are_read_and_what_is_behind_the_addresses_is_skipped() {
    let whole = |bytes: &[u8]| match Header::parse(bytes) {
        Ok(Header::Whole(source, length)) if length == bytes.len() => Some(source),
        _ => None,
    };
    assert_eq!(whole(&header(0x21, 0x11, &V4)), Some(client("192.0.2.1")));
    assert_eq!(whole(&header(0x21, 0x11, &[&V4[..], &[0x20; 300]].concat())), Some(client("192.0.2.1")));
    let v6 = [&[0x20, 0x01, 0x0d, 0xb8][..], &[0; 11], &[1], &[0; 20]].concat();
    assert_eq!(whole(&header(0x21, 0x21, &v6)), Some(client("2001:db8::1")));
    for (command, family, rest) in [(0x20, 0x00, &[][..]), (0x20, 0x11, &V4), (0x20, 0xff, &[1]), (0x21, 0x00, &[1; 9])]
    {
        assert_eq!(whole(&header(command, family, rest)), Some(Source::Proxy), "{command} {family}");
    }
    for (command, family, rest) in
        [(0x11, 0x11, &V4[..]), (0x22, 0x11, &V4), (0x21, 0x12, &V4), (0x21, 0x11, &V4[..11]), (0x21, 0x21, &V4)]
    {
        assert_eq!(Header::parse(&header(command, family, rest)), Err(Malformed), "{command} {family}");
    }
    assert_eq!(Header::parse(&header(0x20, 0x00, &[0; LONGEST_REST + 1])), Err(Malformed));
    assert!(Header::parse(&header(0x20, 0x00, &[0; LONGEST_REST])).is_ok());
}

#[tokio::test]
async fn nothing_behind_a_header_is_taken() {
    for header in [b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".to_vec(), header(0x21, 0x11, &V4)] {
        let bytes = [&header[..], b"GET /"].concat();
        let mut stream = &bytes[..];
        assert_eq!(read(&mut stream).await.unwrap(), client("192.0.2.1"));
        assert_eq!(stream, b"GET /");
        let mut cut = &header[..header.len() - 1];
        assert!(read(&mut cut).await.is_err());
    }
}

proptest! {
    #[test]
    fn whatever_comes_it_asks_for_no_more_than_belongs_to_the_header(
        start in prop::sample::select(vec![&b""[..], b"PROXY ", b"PROXY TCP4 1.2.3.4 ", SIGNATURE]),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = [start, &noise].concat();
        let outcome = Header::parse(&bytes);
        match outcome {
            Ok(Header::Part(more)) => prop_assert!((1..=LONGEST_REST).contains(&more)),
            Ok(Header::Whole(_, length)) => {
                prop_assert!(length <= bytes.len());
                prop_assert_eq!(Header::parse(&bytes[..length]), outcome);
                // What comes in pieces is read alike, and never further.
                for cut in 0..length {
                    match Header::parse(&bytes[..cut]) {
                        Ok(Header::Part(more)) => prop_assert!(cut + more <= length),
                        other => prop_assert!(false, "{:?} at {}", other, cut),
                    }
                }
            }
            Err(Malformed) => {}
        }
    }

    #[test]
    fn addresses_come_through(v4 in any::<u32>(), v6 in any::<u128>(), port in any::<u16>()) {
        let (v4, v6) = (Ipv4Addr::from_bits(v4), Ipv6Addr::from_bits(v6));
        let line = format!("PROXY TCP4 {v4} 198.51.100.1 {port} 443\r\n");
        prop_assert_eq!(Header::parse(line.as_bytes()), Ok(Header::Whole(Source::Client(v4.into()), line.len())));
        let line = format!("PROXY TCP6 {v6} ::1 {port} 443\r\n");
        let expected = Source::Client(IpAddr::from(v6).to_canonical());
        prop_assert_eq!(Header::parse(line.as_bytes()), Ok(Header::Whole(expected, line.len())));
    }
}
