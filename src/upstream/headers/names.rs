//! Names that only we may say to an upstream, in every spelling that it might take for one of them.

/// What the names of our identity headers begin with, in every preset, `-` for every other character; and those that
/// other gateways tell who somebody is with, or what was asked for. By their first letter, which nearly no other name has:
/// these are looked at for every field of every request.
const PREFIXES_X: [&str; 23] = [
    "x-forwarded-",
    "x-auth-request-",
    "x-vestibule-",
    "x-remote-",
    "x-envoy-",
    "x-webauth-",
    "x-authentik-",
    "x-authenticated-user",
    "x-pomerium-",
    "x-goog-iap-",
    "x-goog-authenticated-user-",
    "x-ms-client-principal",
    "x-amzn-oidc-",
    "x-ssl-client-",
    "x-ssl-cert",
    "x-client-cert",
    "x-arr-clientcert",
    "x-consumer-id",
    "x-consumer-custom-id",
    "x-consumer-username",
    "x-consumer-groups",
    "x-credential-identifier",
    "x-userinfo",
];
const PREFIXES_R: [&str; 1] = ["remote-"];
const PREFIXES_C: [&str; 2] = ["cf-access-", "client-cert"];
const PREFIXES_G: [&str; 1] = ["gap-auth"];
const PREFIXES_I: [&str; 1] = ["iv-"];
const PREFIXES_O: [&str; 1] = ["oidc-"];
const PREFIXES_S: [&str; 4] = ["ssl-client-", "shib-", "sm-user", "sm-universalid"];
const PREFIXES_T: [&str; 1] = ["tailscale-user-"];
const PREFIXES_W: [&str; 1] = ["wl-proxy-"];
/// WebLogic's, which begin with `$`.
const PREFIXES_OTHER: [&str; 1] = ["-ws"];

/// The prefixes that a name may have which begins so.
const fn prefixes(first: u8) -> &'static [&'static str] {
    match first {
        b'x' | b'X' => &PREFIXES_X,
        b'r' | b'R' => &PREFIXES_R,
        b'c' | b'C' => &PREFIXES_C,
        b'g' | b'G' => &PREFIXES_G,
        b'i' | b'I' => &PREFIXES_I,
        b'o' | b'O' => &PREFIXES_O,
        b's' | b'S' => &PREFIXES_S,
        b't' | b'T' => &PREFIXES_T,
        b'w' | b'W' => &PREFIXES_W,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => &[],
        _ => &PREFIXES_OTHER,
    }
}

/// What other proxies tell upstreams, and upstreams believe: where the request came from and what was asked for. Some let
/// a client ask for one path and mean another: gunicorn takes `SCRIPT_NAME` off the path's front. CGI makes of `Proxy` the
/// variable that programs find their own proxy in.
const PROXY_NAMES: [&str; 33] = [
    "forwarded",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-original-forwarded-for",
    "client-ip",
    "proxy-client-ip",
    "wl-proxy-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-visitor",
    "fastly-client-ip",
    "x-original-url",
    "x-original-uri",
    "x-original-path",
    "x-original-method",
    "x-original-host",
    "x-rewrite-url",
    "x-rewrite-uri",
    "x-script-name",
    "script-name",
    "path-info",
    "x-scheme",
    "x-url-scheme",
    "x-host",
    "x-http-host-override",
    "front-end-https",
    // They tell some upstreams whose files to have a proxy send.
    "x-sendfile-type",
    "x-accel-mapping",
    "proxy",
];

/// What says where a message ends, and to CGI does so by another spelling too.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// The lengths of all these names, a bit for each: nearly every name is of none.
const LENGTHS: u32 = lengths(&PROXY_NAMES) | lengths(&FRAMING);

const fn lengths(names: &[&str]) -> u32 {
    let (mut lengths, mut index) = (0, 0);
    while index < names.len() {
        lengths |= 1 << names[index].len();
        index += 1;
    }
    lengths
}

/// Whether only we may send an upstream a header of that name. Applications that see names as CGI does (RFC 3875
/// 4.1.18) cannot tell `-` from `_`, so every character that is neither letter nor digit counts as one.
pub(in crate::upstream) fn is_ours(name: &str) -> bool {
    let prefixes = name.as_bytes().first().map_or(&[][..], |first| prefixes(*first));
    prefixes.iter().any(|prefix| begins(name, prefix)) || is_read_as_ours(name)
}

fn is_read_as_ours(name: &str) -> bool {
    let is = |other: &&str| name.len() == other.len() && begins(name, other);
    let may_be = u32::try_from(name.len()).is_ok_and(|length| LENGTHS.checked_shr(length).unwrap_or(0) & 1 == 1);
    may_be && (PROXY_NAMES.iter().any(is) || FRAMING.iter().any(|other| name != *other && is(other)))
}

/// Whether a name begins so, in lower case and with `-` for all that is neither letter nor digit.
fn begins(name: &str, prefix: &str) -> bool {
    let plain = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
    name.len() >= prefix.len() && name.bytes().zip(prefix.bytes()).all(|(byte, other)| plain(byte) == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_we_may_say_is_known_in_every_spelling() {
        for ours in [
            "remote-user",
            "Remote_User",
            "REMOTE.USER",
            "remote-anything",
            "iv-user",
            "SM_USER",
            "OIDC_CLAIM_email",
            "Tailscale-User-Login",
            "X-Consumer-Username",
            "X-Credential-Identifier",
            "X-Userinfo",
            "X-SSL-Cert",
            "GAP-Auth",
            "SM_UNIVERSALID",
            "X-ARR-ClientCert",
            "Shib-Session-ID",
            "x-auth-request-user",
            "X_Auth_Request_Groups",
            "x.auth-request_email",
            "x-vestibule-assertion",
            "x_vestibule_assertion",
            "x-vestibule-",
            "x-forwarded-user",
            "X_Forwarded_Groups",
            "x-forwarded-access-token",
            "x-forwarded-for",
            "x-forwarded.proto",
            "x-forwarded-prefix",
            "forwarded",
            "x-real-ip",
            "x_real_ip",
            "x-original-url",
            "x-rewrite-url",
            "remote!user",
            "proxy",
            "X_Cluster.Client_IP",
            "cf-connecting-ip",
            "x-original-method",
            "x-http-host-override",
            "front_end_https",
            "X-Remote-User",
            "x_remote_groups",
            "x-envoy-original-path",
            "SCRIPT_NAME",
            "Path-Info",
            "x_script.name",
            "Client_IP",
            "x-original-forwarded-for",
            "content_length",
            "Transfer.Encoding",
            "X-WebAuth-User",
            "X-authentik-username",
            "X_authentik_groups",
            "Cf-Access-Jwt-Assertion",
            "CF_Access_Authenticated_User_Email",
            "X-Goog-Iap-Jwt-Assertion",
            "X-Goog-Authenticated-User-Email",
            "X-MS-CLIENT-PRINCIPAL",
            "X-MS-Client-Principal-Name",
            "X-Amzn-Oidc-Identity",
            "X-Pomerium-Claim-Email",
            "X-Authenticated-Userid",
            "SSL_CLIENT_S_DN",
            "SSL-Client-Verify",
            "X-SSL-Client-Cert",
            "X-Client-Cert",
            "Client-Cert",
            "Client_Cert_Chain",
            "WL-Proxy-Client-Cert",
            "WL-Proxy-SSL",
            "$WSRU",
            "$wssn",
            "_WSRU",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for theirs in [
            "remoteuser",
            "x-requested-with",
            "x-forwarde",
            "authorization",
            "from",
            "x-remote",
            "x-auth",
            "content-length",
            "transfer-encoding",
            "content-length-",
            "my-script-name",
            "a-name-longer-than-any-of-those-which-only-we-may-say-to-an-upstream",
            "x-hosts",
            "proxy-x",
            "",
            "$",
            "ws",
            "cf-ray",
            "tailscale-webhook-signature",
            "x-consumer-key",
            "if-match",
            "origin",
            "sm-x",
            "client-hints",
            "x-client-data",
            "x-ms-client-request-id",
            "x-ms-version",
            "x-goog-api-key",
            "x-amzn-trace-id",
            "x-authorization",
            "sec-websocket-key",
            "wl-proxy",
        ] {
            assert!(!is_ours(theirs), "{theirs}");
        }
    }

    #[test]
    fn the_first_letter_tells_no_name_of_ours_away() {
        for first in 0..=u8::MAX {
            for prefix in prefixes(first) {
                let plain = if first.is_ascii_alphanumeric() { first.to_ascii_lowercase() } else { b'-' };
                assert_eq!(prefix.as_bytes()[0], plain, "{prefix} is looked for where it is");
            }
        }
        for ours in PROXY_NAMES {
            assert!(is_ours(ours) && is_ours(&ours.to_ascii_uppercase()), "{ours}");
        }
    }
}
