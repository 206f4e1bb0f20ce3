//! The one name a certificate may carry.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use quibus::Identity;
use quibus::id::{InvalidName, InvalidPeerId, Name, PeerId};

const SCHEME: &str = "spiffe://";

/// Who a certificate says its holder is, and in which environment:
/// `spiffe://<environment>/<kind>/<name>`.
///
/// | text | [`Identity`] |
/// | --- | --- |
/// | `spiffe://prod/peer/Shop.0` | `Peer`: exactly this peer |
/// | `spiffe://prod/service/Shop` | `Service`: some instance of the service |
/// | `spiffe://prod/directory/Directory.0` | `Directory`: a directory server |
/// | `spiffe://prod/operator/ann` | `Operator`: only watches |
/// | `spiffe://prod/admin/ann` | `Admin`: may also decommission and change policy |
///
/// The grammar is SPIFFE's (SPIFFE-ID §2) narrowed to these five kinds. There is one spelling per
/// identity, so comparing bytes compares identities: nothing is unescaped, folded or trimmed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    environment: Arc<str>,
    identity: Identity,
}

impl SpiffeId {
    /// Longest legal environment, in bytes (the limit of a SPIFFE trust domain).
    pub const MAX_ENVIRONMENT_LEN: usize = 255;

    /// Joins an environment, 1 to 255 characters out of `a-z 0-9 . _ -`, and an identity.
    pub fn new(environment: &str, identity: Identity) -> Result<Self, InvalidSpiffeId> {
        match check_environment(environment) {
            Ok(()) => Ok(Self {
                environment: environment.into(),
                identity,
            }),
            Err(fault) => Err(InvalidSpiffeId::of(
                &format!("{SCHEME}{environment}{identity}"),
                fault,
            )),
        }
    }

    /// The environment (SPIFFE's trust domain): peers of different ones never talk.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Who it is within the environment.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl FromStr for SpiffeId {
    type Err = InvalidSpiffeId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|fault| InvalidSpiffeId::of(text, fault))
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}{}", self.environment, self.identity)
    }
}

impl fmt::Debug for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a legal [`SpiffeId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{id}\" is not an identity: {fault}")]
pub struct InvalidSpiffeId {
    /// The refused text, escaped and cut.
    pub id: String,
    /// What is wrong with it.
    pub fault: SpiffeIdFault,
}

impl InvalidSpiffeId {
    fn of(text: &str, fault: SpiffeIdFault) -> Self {
        Self {
            id: escaped(text),
            fault,
        }
    }
}

/// What is wrong with a text that should have been a [`SpiffeId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpiffeIdFault {
    /// Another scheme, or none.
    #[error("it must begin with spiffe:// in lower case")]
    Scheme,
    /// `%41` for `A` would give one identity two spellings.
    #[error("percent escapes are not allowed, write the characters themselves")]
    PercentEscape,
    /// A `?`.
    #[error("a query (?) is not allowed")]
    Query,
    /// A `#`.
    #[error("a fragment (#) is not allowed")]
    Fragment,
    /// An `@` in the environment.
    #[error("user information (@) is not allowed in the environment")]
    UserInfo,
    /// A `:` in the environment.
    #[error("a port (:) is not allowed after the environment")]
    Port,
    /// Nothing between `spiffe://` and the next slash.
    #[error("the environment is empty, name one: spiffe://<environment>/<kind>/<name>")]
    EmptyEnvironment,
    /// Upper-case letters in the environment.
    #[error("the environment must be in lower case")]
    UpperCaseEnvironment,
    /// A character that no environment may have.
    #[error("the environment has {0:?}, allowed are a-z 0-9 . _ -")]
    EnvironmentCharacter(char),
    /// The environment is longer than 255 bytes.
    #[error("the environment is longer than 255 bytes")]
    EnvironmentTooLong,
    /// An environment alone.
    #[error("nobody is named, write spiffe://<environment>/<kind>/<name>")]
    NoPath,
    /// A slash at the end.
    #[error("a slash at the end is not allowed")]
    TrailingSlash,
    /// Two slashes in a row.
    #[error("two slashes in a row leave an empty segment")]
    EmptySegment,
    /// The first segment is none of the five kinds.
    #[error("\"{0}\" is not a kind, known are peer, service, directory, operator and admin")]
    UnknownKind(String),
    /// A kind without a name.
    #[error("the kind \"{0}\" must be followed by a name")]
    NoName(String),
    /// More than a kind and a name.
    #[error("nothing may follow the name, but \"{0}\" does")]
    ExtraSegment(String),
    /// The name of a service, an operator or an administrator.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The name of a peer or of a directory server.
    #[error(transparent)]
    PeerId(#[from] InvalidPeerId),
}

/// The name a CA of `environment` carries itself: the trust domain without a path
/// (X509-SVID §4.1).
#[cfg(feature = "issue")]
pub(crate) fn authority_name(environment: &str) -> Result<String, InvalidSpiffeId> {
    let uri = format!("{SCHEME}{environment}");
    match check_environment(environment) {
        Ok(()) => Ok(uri),
        Err(fault) => Err(InvalidSpiffeId::of(&uri, fault)),
    }
}

/// The environment out of the name that a CA carries: a trust domain without a path.
pub(crate) fn environment_of_authority(uri: &str) -> Result<&str, InvalidSpiffeId> {
    let environment = uri.strip_prefix(SCHEME).ok_or(SpiffeIdFault::Scheme);
    environment
        .and_then(|environment| check_environment(environment).map(|()| environment))
        .map_err(|fault| InvalidSpiffeId::of(uri, fault))
}

/// Foreign text as people may see it: escaped, so that it cannot fake lines or colours, and cut.
pub(crate) fn escaped(text: &str) -> String {
    const MAX: usize = 512;
    let mut out: String = text.escape_debug().take(MAX).collect();
    if text.escape_debug().nth(MAX).is_some() {
        out.push('…');
    }
    out
}

fn parse(text: &str) -> Result<SpiffeId, SpiffeIdFault> {
    let rest = text.strip_prefix(SCHEME).ok_or(SpiffeIdFault::Scheme)?;
    for c in rest.chars() {
        match c {
            '%' => return Err(SpiffeIdFault::PercentEscape),
            '?' => return Err(SpiffeIdFault::Query),
            '#' => return Err(SpiffeIdFault::Fragment),
            _ => {}
        }
    }
    let (environment, path) = match rest.split_once('/') {
        Some((environment, path)) => (environment, Some(path)),
        None => (rest, None),
    };
    check_environment(environment)?;
    let identity = parse_path(path.ok_or(SpiffeIdFault::NoPath)?)?;
    Ok(SpiffeId {
        environment: environment.into(),
        identity,
    })
}

fn check_environment(environment: &str) -> Result<(), SpiffeIdFault> {
    if environment.is_empty() {
        return Err(SpiffeIdFault::EmptyEnvironment);
    }
    for c in environment.chars() {
        match c {
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => {}
            '@' => return Err(SpiffeIdFault::UserInfo),
            ':' => return Err(SpiffeIdFault::Port),
            'A'..='Z' => return Err(SpiffeIdFault::UpperCaseEnvironment),
            other => return Err(SpiffeIdFault::EnvironmentCharacter(other)),
        }
    }
    if environment.len() > SpiffeId::MAX_ENVIRONMENT_LEN {
        return Err(SpiffeIdFault::EnvironmentTooLong);
    }
    Ok(())
}

fn parse_path(path: &str) -> Result<Identity, SpiffeIdFault> {
    if path.is_empty() || path.ends_with('/') {
        return Err(SpiffeIdFault::TrailingSlash);
    }
    if path.split('/').any(str::is_empty) {
        return Err(SpiffeIdFault::EmptySegment);
    }
    let (kind, name) = match path.split_once('/') {
        Some((kind, name)) => (kind, Some(name)),
        None => (path, None),
    };
    let make: fn(&str) -> Result<Identity, SpiffeIdFault> = match kind {
        "peer" => |name| Ok(Identity::Peer(PeerId::new(name)?)),
        "service" => |name| Ok(Identity::Service(Name::new(name)?)),
        "directory" => |name| Ok(Identity::Directory(PeerId::new(name)?)),
        "operator" => |name| Ok(Identity::Operator(Name::new(name)?)),
        "admin" => |name| Ok(Identity::Admin(Name::new(name)?)),
        _ => return Err(SpiffeIdFault::UnknownKind(escaped(kind))),
    };
    let name = name.ok_or_else(|| SpiffeIdFault::NoName(kind.into()))?;
    if let Some((_, extra)) = name.split_once('/') {
        return Err(SpiffeIdFault::ExtraSegment(escaped(extra)));
    }
    make(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(text: &str) -> SpiffeIdFault {
        match text.parse::<SpiffeId>() {
            Ok(id) => panic!("{text:?} was taken as {id}"),
            Err(e) => e.fault,
        }
    }

    #[test]
    fn the_five_kinds_are_spelt_like_this_for_ever() {
        let peer = PeerId::new("Shop.0").unwrap();
        let name = Name::new("Shop").unwrap();
        let frozen = [
            ("spiffe://prod/peer/Shop.0", Identity::Peer(peer.clone())),
            (
                "spiffe://prod/service/Shop",
                Identity::Service(name.clone()),
            ),
            ("spiffe://prod/directory/Shop.0", Identity::Directory(peer)),
            (
                "spiffe://prod/operator/Shop",
                Identity::Operator(name.clone()),
            ),
            ("spiffe://prod/admin/Shop", Identity::Admin(name)),
        ];
        for (text, identity) in frozen {
            let id = SpiffeId::new("prod", identity).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse::<SpiffeId>().unwrap(), id);
        }
    }

    #[test]
    fn every_other_spelling_is_refused_by_the_name_of_its_fault() {
        use SpiffeIdFault as F;
        let cases = [
            ("", F::Scheme),
            ("prod/peer/Shop.0", F::Scheme),
            ("https://prod/peer/Shop.0", F::Scheme),
            ("SPIFFE://prod/peer/Shop.0", F::Scheme),
            (" spiffe://prod/peer/Shop.0", F::Scheme),
            ("spiffe:/prod/peer/Shop.0", F::Scheme),
            ("spiffe://prod/peer/Shop%2E0", F::PercentEscape),
            ("spiffe://pr%6Fd/peer/Shop.0", F::PercentEscape),
            ("spiffe://prod/peer/Shop.0?a=b", F::Query),
            ("spiffe://prod/peer/Shop.0#top", F::Fragment),
            ("spiffe://ann@prod/peer/Shop.0", F::UserInfo),
            ("spiffe://prod:443/peer/Shop.0", F::Port),
            ("spiffe:///peer/Shop.0", F::EmptyEnvironment),
            ("spiffe://", F::EmptyEnvironment),
            ("spiffe://Prod/peer/Shop.0", F::UpperCaseEnvironment),
            ("spiffe://pröd/peer/Shop.0", F::EnvironmentCharacter('ö')),
            ("spiffe://prod", F::NoPath),
            ("spiffe://prod/", F::TrailingSlash),
            ("spiffe://prod/peer/", F::TrailingSlash),
            ("spiffe://prod/peer/Shop.0/", F::TrailingSlash),
            ("spiffe://prod//peer/Shop.0", F::EmptySegment),
            ("spiffe://prod/peer//Shop.0", F::EmptySegment),
            ("spiffe://prod/Peer/Shop.0", F::UnknownKind("Peer".into())),
            ("spiffe://prod/root/Shop.0", F::UnknownKind("root".into())),
            ("spiffe://prod/peer", F::NoName("peer".into())),
            ("spiffe://prod/peer/Shop.0/x", F::ExtraSegment("x".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(fault(text), expected, "{text:?}");
        }
        let too_long = format!("spiffe://{}/peer/Shop.0", "a".repeat(256));
        assert_eq!(fault(&too_long), F::EnvironmentTooLong);
    }

    #[test]
    fn a_name_is_judged_by_the_kind_it_follows() {
        for text in [
            "spiffe://prod/peer/Shop",
            "spiffe://prod/peer/Sh op.0",
            "spiffe://prod/directory/Shop",
            "spiffe://prod/peer/..",
        ] {
            assert!(matches!(fault(text), SpiffeIdFault::PeerId(_)), "{text:?}");
        }
        for text in ["spiffe://prod/service/.", "spiffe://prod/admin/a\0b"] {
            assert!(matches!(fault(text), SpiffeIdFault::Name(_)), "{text:?}");
        }
    }

    #[test]
    fn the_longest_environment_is_255_bytes() {
        let identity = Identity::Operator(Name::new("ann").unwrap());
        assert!(SpiffeId::new(&"a".repeat(255), identity.clone()).is_ok());
        assert!(SpiffeId::new(&"a".repeat(256), identity.clone()).is_err());
        let text = SpiffeId::new("Prod", identity).unwrap_err().to_string();
        assert!(text.contains("spiffe://Prod/operator/ann") && text.contains("lower case"));
    }

    #[test]
    fn a_refused_text_is_shown_escaped_and_cut() {
        let error = format!("\u{1b}[31m\n{}", "x".repeat(2000)).parse::<SpiffeId>();
        let text = error.unwrap_err().to_string();
        assert!(
            text.len() < 700 && !text.contains(['\u{1b}', '\n']),
            "{text}"
        );
    }

    fn identities() -> impl Strategy<Value = Identity> {
        let name = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}";
        (0..5_u8, name, "[A-Za-z0-9_-]{1,20}").prop_map(|(kind, name, instance)| {
            let peer = PeerId::new(&format!("{name}.{instance}")).unwrap();
            let name = Name::new(&name).unwrap();
            match kind {
                0 => Identity::Peer(peer),
                1 => Identity::Service(name),
                2 => Identity::Directory(peer),
                3 => Identity::Operator(name),
                _ => Identity::Admin(name),
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(env in "[a-z0-9._-]{1,80}", who in identities()) {
            let id = SpiffeId::new(&env, who).unwrap();
            prop_assert_eq!(&id.to_string().parse::<SpiffeId>().unwrap(), &id);
        }

        #[test]
        fn what_is_taken_prints_back_byte_for_byte(
            text in "spiffe://[a-z.:@%A]{0,3}/{1,2}(peer|service|Admin|admin)/{0,2}[a-zA.%?#/ ]{0,5}"
        ) {
            if let Ok(id) = text.parse::<SpiffeId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn one_flipped_character_never_names_the_same_identity(
            who in identities(), at in any::<prop::sample::Index>(), with in any::<char>()
        ) {
            let id = SpiffeId::new("prod", who).unwrap();
            let mut chars: Vec<char> = id.to_string().chars().collect();
            let at = at.index(chars.len());
            prop_assume!(chars[at] != with);
            chars[at] = with;
            let changed = chars.into_iter().collect::<String>().parse::<SpiffeId>();
            prop_assert_ne!(changed.ok(), Some(id));
        }
    }
}
