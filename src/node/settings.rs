//! Settings: `pritchel.toml` in the data directory, and flags that override it. All errors are reported at once, each
//! with its key.

use crate::cli::ServeArgs;
use pritchel_actors::domain::Registration;
use pritchel_vocab::Origin;
use pritchel_web::limits::SECRET_BYTES_MAX;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// Settings of one server, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory.
    pub data: PathBuf,
    /// `listen`: address to listen on. Default `127.0.0.1:3000`.
    pub listen: SocketAddr,
    /// `[[domain]]`: the domains served. Empty: loopback, for development.
    pub domains: Vec<DomainSetting>,
    /// `allow_loopback`: for development only.
    pub allow_loopback: bool,
    /// `background`: whether things move by themselves. Default true.
    pub background: bool,
    /// `pump_token`: opens `POST /-/pump`. Without one a token is made at first start and kept in the data directory.
    pub pump_token: Option<String>,
    /// `store_cache_mb`: megabytes the store may keep in memory. Default 128.
    pub store_cache_mb: u64,
    /// `idle_s`: seconds after which an actor without messages leaves memory. Default 60.
    pub idle: Duration,
    /// `blocked_domains`: servers nothing is taken from or sent to.
    pub blocked: Vec<String>,
    /// `allowed_domains`: if not empty, only these servers are spoken with.
    pub allowed: Vec<String>,
    /// `migration`: whether trackers of other servers may be copied here. Default false.
    pub migration: bool,
    /// `costly_pages_need_sign_in`: whether blame, history, search, comparisons and archives are shown only to those who are
    /// signed in. Default false.
    pub costly_sign_in: bool,
    /// `forgejo_compatible`: NodeInfo says `gitea`, which Forgejo demands of its peers. Default false.
    pub forgejo_compatible: bool,
    /// `ssh`: address to speak SSH on, for git; `None`: it is not spoken.
    pub ssh: Option<SocketAddr>,
    /// `ssh_port`: the port at which clients reach it, if that is another one than it listens on.
    pub ssh_port: Option<u16>,
    /// `source_url`: where the source of this server is to be had, as its licence demands; `None` where the server itself gives it.
    pub source_url: Option<String>,
    /// Development only: key pairs to hand out.
    pub fixture_keys: Option<PathBuf>,
}

/// A domain to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainSetting {
    /// `host`: the name in addresses.
    pub host: String,
    /// `display`: the host under which its names are shown, if that is another one.
    pub display: Option<String>,
    /// `registration`: who may register, when the domain is first served; `open_registration = true` is an older word for `open`.
    /// Default: closed.
    pub registration: Registration,
    /// `title`: what the domain is called on its pages.
    pub title: Option<String>,
}

impl Settings {
    /// Reads the settings of a data directory.
    /// - errors: all of them, one a line
    pub fn read(args: &ServeArgs) -> Result<Self, String> {
        let path = args.data.join("pritchel.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(format!("{}: {e}", path.display())),
        };
        Self::of(&text, args).map_err(|errors| {
            let lines: Vec<String> = errors.into_iter().map(|error| format!("  {error}")).collect();
            format!("settings in {} and flags:\n{}", path.display(), lines.join("\n"))
        })
    }

    /// The settings of a text and of flags.
    pub fn of(text: &str, args: &ServeArgs) -> Result<Self, Vec<String>> {
        let table = text.parse::<Table>().map_err(|e| vec![e.to_string()])?;
        let mut reader = Reader { table, errors: Vec::new() };
        let listen = reader.text("listen").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let listen = listen.parse().unwrap_or_else(|_| {
            reader.errors.push(format!("listen: expected an address such as 127.0.0.1:3000, found {listen:?}"));
            SocketAddr::from(([127, 0, 0, 1], 3000))
        });
        let ssh = reader.ssh();
        let mut domains = reader.domains();
        if !args.domain.is_empty() {
            domains = args.domain.iter().map(|domain| reader.domain_flag(domain)).collect();
        }
        let settings = Self {
            data: args.data.clone(),
            listen: args.listen.unwrap_or(listen),
            domains,
            allow_loopback: reader.flag("allow_loopback", false) || args.allow_loopback,
            background: reader.flag("background", true) && !args.no_background,
            pump_token: reader.secret("pump_token"),
            store_cache_mb: reader.number("store_cache_mb", 128, 8..=65_536),
            idle: Duration::from_secs(reader.number("idle_s", 60, 1..=86_400)),
            blocked: reader.hosts("blocked_domains"),
            allowed: reader.hosts("allowed_domains"),
            migration: reader.flag("migration", false),
            costly_sign_in: reader.flag("costly_pages_need_sign_in", false),
            forgejo_compatible: reader.flag("forgejo_compatible", false),
            ssh: args.ssh.or(ssh),
            ssh_port: reader.port("ssh_port"),
            source_url: reader.address("source_url"),
            fixture_keys: args.fixture_keys.clone(),
        };
        reader.nothing_else();
        settings.agree(&mut reader.errors);
        if reader.errors.is_empty() { Ok(settings) } else { Err(reader.errors) }
    }

    /// What single settings cannot show.
    fn agree(&self, errors: &mut Vec<String>) {
        let public = self.domains.iter().find(|domain| !is_loopback(&domain.host));
        if let Some(domain) = public.filter(|_| self.allow_loopback) {
            errors.push(format!("allow_loopback: for development only, and {} is a public domain", domain.host));
        }
        if self.domains.is_empty() && !self.allow_loopback && !self.listen.ip().is_loopback() {
            errors.push("domain: expected at least one, since this server listens beyond loopback".to_owned());
        }
        if self.fixture_keys.is_some() && !self.allow_loopback {
            errors.push("--fixture-keys: for development only, expected --allow-loopback beside it".to_owned());
        }
        if self.ssh_port.is_some() && self.ssh.is_none() {
            errors.push("ssh_port: expected `ssh` beside it, since without it SSH is not spoken".to_owned());
        }
        let mut hosts: Vec<&str> = self.domains.iter().map(|domain| domain.host.as_str()).collect();
        hosts.sort_unstable();
        if let Some(pair) = hosts.windows(2).find(|pair| pair[0] == pair[1]) {
            errors.push(format!("domain: {} is named twice", pair[0]));
        }
        for (at, domain) in self.domains.iter().enumerate() {
            let Some(display) = domain.display.as_deref().filter(|display| *display != domain.host) else { continue };
            if hosts.contains(&display) {
                errors.push(format!("domain[{at}].display: {display} has names of its own here"));
            }
            if self.domains[..at].iter().any(|other| other.display.as_deref() == Some(display)) {
                errors.push(format!("domain[{at}].display: names of another domain are shown as {display} already"));
            }
            if is_loopback(display) != is_loopback(&domain.host) {
                errors.push(format!("domain[{at}].display: only one of {display} and {} is this machine", domain.host));
            }
        }
    }

    /// The port at which clients reach SSH; `None`: it is not spoken.
    pub fn ssh_shown(&self) -> Option<u16> {
        self.ssh.map(|listen| self.ssh_port.unwrap_or(listen.port()))
    }

    /// The domains to serve: those set, or this machine alone, to try the server.
    pub fn served(&self) -> Vec<DomainSetting> {
        if !self.domains.is_empty() {
            return self.domains.clone();
        }
        let host = format!("localhost:{}", self.listen.port());
        vec![DomainSetting { host, display: None, registration: Registration::Closed, title: None }]
    }
}

/// The origin of a domain: https, which the proxy in front speaks. This machine is spoken with directly, so by http.
pub fn origin(host: &str) -> String {
    let scheme = if is_loopback(host) { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Whether a host, with or without a port, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    name == "localhost"
        || name.ends_with(".localhost")
        || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a text is the name of a host, also with `*.` before it or a dot at the end.
fn is_host_name(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.strip_suffix('.').unwrap_or(name).split('.').all(is_label) && url::Host::parse(name).is_ok(),
    }
}

struct Reader {
    table: Table,
    errors: Vec<String>,
}

impl Reader {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.table.remove(key)
    }

    fn wrong(&mut self, key: &str, expected: &str, found: &Value) {
        self.errors.push(format!("{key}: expected {expected}, found {}", found.to_string().trim()));
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(key, "a text", &other);
                None
            }
        }
    }

    /// A secret that is sent in a header.
    fn secret(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        let fits = (1..=SECRET_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            // What was found may be a secret all the same, so it is not shown.
            self.errors
                .push(format!("{key}: expected 1 to {SECRET_BYTES_MAX} visible ASCII characters without spaces"));
        }
        Some(text)
    }

    /// An address of the web.
    fn address(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if let Err(why) = pritchel_vocab::Uri::parse(&text) {
            self.errors.push(format!("{key}: {why}"));
        }
        Some(text)
    }

    fn ssh(&mut self) -> Option<SocketAddr> {
        let text = self.text("ssh")?;
        let address = text.parse().ok();
        if address.is_none() {
            self.errors.push(format!("ssh: expected an address such as 0.0.0.0:2222, found {text:?}"));
        }
        address
    }

    fn port(&mut self, key: &str) -> Option<u16> {
        let value = self.take(key)?;
        let port = value.as_integer().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        if port.is_none() {
            self.wrong(key, "a port from 1 to 65535", &value);
        }
        port
    }

    fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.take(key) {
            None => default,
            Some(Value::Boolean(flag)) => flag,
            Some(other) => {
                self.wrong(key, "true or false", &other);
                default
            }
        }
    }

    fn number(&mut self, key: &str, default: u64, within: std::ops::RangeInclusive<u64>) -> u64 {
        let Some(value) = self.take(key) else { return default };
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        match number.filter(|number| within.contains(number)) {
            Some(number) => number,
            None => {
                self.wrong(key, &format!("a number from {} to {}", within.start(), within.end()), &value);
                default
            }
        }
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let texts = value.as_array().map(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        match texts {
            Some(Some(texts)) => texts,
            _ => {
                self.wrong(key, "a list of texts", &value);
                Vec::new()
            }
        }
    }

    /// Names of other servers. An entry that names none would block nobody, or let everybody in, without a word.
    fn hosts(&mut self, key: &str) -> Vec<String> {
        let hosts = self.texts(key);
        for host in hosts.iter().filter(|host| !is_host_name(host)) {
            let expected = "expected host names such as `peer.example`, without scheme, port and path";
            self.errors.push(format!("{key}: {expected}, found {host:?}"));
        }
        hosts
    }

    fn domains(&mut self) -> Vec<DomainSetting> {
        let Some(value) = self.take("domain") else { return Vec::new() };
        let Value::Array(tables) = value else {
            self.wrong("domain", "tables, [[domain]]", &value);
            return Vec::new();
        };
        let mut domains = Vec::new();
        for (at, item) in tables.into_iter().enumerate() {
            let Value::Table(table) = item else {
                self.wrong("domain", "tables, [[domain]]", &item);
                continue;
            };
            let mut inner = Reader { table, errors: Vec::new() };
            let host = inner.text("host");
            let mut domain = match &host {
                Some(host) => inner.domain("host", host),
                None => {
                    inner.errors.push("host: expected the domain's name".to_owned());
                    DomainSetting {
                        host: String::new(),
                        display: None,
                        registration: Registration::Closed,
                        title: None,
                    }
                }
            };
            domain.display = inner.text("display");
            inner.display("display", &domain);
            domain.registration = inner.registration();
            domain.title = inner.text("title");
            inner.nothing_else();
            self.errors.extend(inner.errors.into_iter().map(|error| format!("domain[{at}].{error}")));
            domains.push(domain);
        }
        domains
    }

    /// `HOST` or `HOST=DISPLAY`.
    fn domain_flag(&mut self, text: &str) -> DomainSetting {
        let (host, display) = text.split_once('=').map_or((text, None), |(host, display)| (host, Some(display)));
        let domain = DomainSetting { display: display.map(str::to_owned), ..self.domain("--domain", host) };
        self.display("--domain", &domain);
        domain
    }

    fn domain(&mut self, key: &str, host: &str) -> DomainSetting {
        self.host(key, host);
        DomainSetting { host: host.to_owned(), display: None, registration: Registration::Closed, title: None }
    }

    /// Who may register, by its word, or by the older flag.
    fn registration(&mut self) -> Registration {
        let open = self.flag("open_registration", false);
        let Some(word) = self.text("registration") else {
            return if open { Registration::Open } else { Registration::Closed };
        };
        let found = Registration::of_word(&word);
        if found.is_none() {
            self.errors.push(format!("registration: expected closed, invitation, approval or open, found {word:?}"));
        }
        found.unwrap_or_default()
    }

    /// Checks the host under which a domain's names are shown.
    fn display(&mut self, key: &str, domain: &DomainSetting) {
        let Some(display) = &domain.display else { return };
        self.host(key, display);
        if *display == domain.host {
            self.errors
                .push(format!("{key}: names of {display} are shown as they are; expected another host, or none"));
        }
    }

    fn host(&mut self, key: &str, host: &str) {
        let canonical = pritchel_vocab::Uri::parse(&format!("https://{host}/")).ok();
        let canonical = canonical.map(|uri| Origin::authority(&uri.origin()));
        if canonical.as_deref() != Some(host) {
            self.errors
                .push(format!("{key}: expected a host name in lower case, with a port or without, found {host:?}"));
        }
    }

    fn nothing_else(&mut self) {
        for key in self.table.keys() {
            self.errors.push(format!("{key}: there is no such setting"));
        }
    }
}

/// Where things lie in a data directory.
#[derive(Clone, Debug)]
pub struct Places {
    /// The store.
    pub store: PathBuf,
    /// Git repositories.
    pub repos: PathBuf,
    /// The bytes of files that people attach, by their hash.
    pub blobs: PathBuf,
    /// What lives only while the server runs: sockets, hooks.
    pub run: PathBuf,
    /// The pump's token.
    pub pump_token: PathBuf,
    /// The key by which clients of SSH know the server.
    pub ssh_host_key: PathBuf,
    /// The host keys of other servers of SSH, as they were met first.
    pub ssh_known_hosts: PathBuf,
}

impl Places {
    /// The places of a data directory.
    pub fn of(data: &Path) -> Self {
        Self {
            store: data.join("store"),
            repos: data.join("repos"),
            blobs: data.join("blob"),
            run: data.join("run"),
            pump_token: data.join("pump-token"),
            ssh_host_key: data.join("ssh_host_ed25519_key"),
            ssh_known_hosts: data.join("ssh_known_hosts"),
        }
    }

    /// The administration socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.run.join("admin.sock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(domains: &[&str]) -> ServeArgs {
        ServeArgs {
            data: PathBuf::from("."),
            listen: None,
            ssh: None,
            domain: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            allow_loopback: false,
            no_background: false,
            fixture_keys: None,
        }
    }

    #[test]
    fn all_errors_are_reported_at_once_each_with_its_key() {
        let text = "listen = 7\nssh = \"here\"\nssh_port = 0\nbackground = \"yes\"\nmigration = 1\nstore_cache_mb = 1\nshape = \"round\"\n[[domain]]\nhost = \"A.example\"\ncolour = 1";
        let errors = Settings::of(text, &args(&[])).unwrap_err();
        for key in [
            "listen:",
            "ssh:",
            "ssh_port:",
            "background:",
            "migration:",
            "store_cache_mb:",
            "shape:",
            "domain[0].host:",
            "domain[0].colour:",
        ] {
            assert!(errors.iter().any(|error| error.starts_with(key)), "{key} in {errors:?}");
        }
    }

    #[test]
    fn trackers_are_copied_only_where_that_is_set() {
        let migration = |text: &str| Settings::of(text, &args(&[])).map(|settings| settings.migration);
        assert_eq!((migration(""), migration("migration = true")), (Ok(false), Ok(true)));
    }

    #[test]
    fn a_token_that_no_request_could_show_is_an_error_that_does_not_show_it() {
        let of = |token: &str| Settings::of(&format!("pump_token = {token:?}"), &args(&[]));
        assert_eq!(of("open-sesame").unwrap().pump_token.as_deref(), Some("open-sesame"));
        for token in ["", "two words", &"x".repeat(SECRET_BYTES_MAX + 1)] {
            let errors = of(token).unwrap_err();
            assert!(errors.len() == 1 && errors[0].starts_with("pump_token:"), "{errors:?}");
            assert!(token.is_empty() || !errors[0].contains(token), "{errors:?}");
        }
    }

    #[test]
    fn ssh_is_spoken_where_it_is_asked_for() {
        let shown = |text: &str, flag: Option<&str>| {
            let flags = ServeArgs { ssh: flag.map(|flag| flag.parse().unwrap()), ..args(&[]) };
            Settings::of(text, &flags).map(|settings| (settings.ssh.map(|ssh| ssh.to_string()), settings.ssh_shown()))
        };
        let spoken = |listen: &str, port| Ok((Some(listen.to_owned()), Some(port)));
        assert_eq!(shown("", None), Ok((None, None)));
        assert_eq!(shown("", Some("127.0.0.1:2222")), spoken("127.0.0.1:2222", 2222));
        assert_eq!(shown("ssh = \"0.0.0.0:2222\"\nssh_port = 22", None), spoken("0.0.0.0:2222", 22));
        assert_eq!(shown("ssh = \"0.0.0.0:2222\"", Some("[::]:22")), spoken("[::]:22", 22), "the flag overrides");
        assert!(shown("ssh_port = 22", None).unwrap_err()[0].starts_with("ssh_port:"));
    }

    #[test]
    fn a_list_of_servers_names_hosts_or_is_refused() {
        let good = r#"blocked_domains = ["Evil.example", "*.worse.example.", "böse.example", "[::1]", "10.0.0.1"]"#;
        assert!(Settings::of(good, &args(&[])).is_ok());
        for entry in
            ["https://evil.example", "evil.example:443", "@evil.example", "", " ", "evil.example/", "*.", "a..b"]
        {
            for key in ["blocked_domains", "allowed_domains"] {
                let errors = Settings::of(&format!("{key} = [{entry:?}]"), &args(&[])).unwrap_err();
                assert!(errors.len() == 1 && errors[0].starts_with(&format!("{key}: ")), "{entry:?} {errors:?}");
            }
        }
    }

    #[test]
    fn loopback_is_not_allowed_beside_a_public_domain() {
        let mut flags = args(&["forge.example"]);
        assert!(Settings::of("", &flags).is_ok());
        flags.allow_loopback = true;
        let errors = Settings::of("", &flags).unwrap_err();
        assert!(errors[0].starts_with("allow_loopback:"), "{errors:?}");
        flags.domain = vec!["localhost:3000".to_owned()];
        assert!(Settings::of("", &flags).is_ok());
    }

    #[test]
    fn names_may_be_shown_under_another_host() {
        let text = "[[domain]]\nhost = \"forge.a.example\"\ndisplay = \"a.example\"";
        let displays = |settings: Settings| settings.domains.into_iter().map(|domain| (domain.host, domain.display));
        let expected = [("forge.a.example".to_owned(), Some("a.example".to_owned()))];
        assert_eq!(displays(Settings::of(text, &args(&[])).unwrap()).collect::<Vec<_>>(), expected);
        let flag = Settings::of("", &args(&["forge.a.example=a.example"])).unwrap();
        assert_eq!(displays(flag).collect::<Vec<_>>(), expected);
        #[rustfmt::skip]
        let rows: [(&[&str], &[&str]); 6] = [
            (&["f.example=A.example"],                                     &["--domain:"]),
            (&["f.example="],                                              &["--domain:"]),
            (&["f.example=f.example"],                                     &["--domain:"]),
            (&["f.example=a.example", "g.example=a.example"],              &["domain[1].display:"]),
            (&["f.example=g.example", "g.example"],                        &["domain[0].display:"]),
            (&["F.example=a.example", "g.example=a.example", "h.example=localhost"],
             &["--domain:", "domain[1].display:", "domain[2].display:"]),
        ];
        for (domains, keys) in rows {
            let errors = Settings::of("", &args(domains)).unwrap_err();
            let found: Vec<&str> = errors.iter().filter_map(|error| error.split(' ').next()).collect();
            assert_eq!(found, keys, "{errors:?}");
        }
    }

    #[test]
    fn flags_override_the_file() {
        let text = "[[domain]]\nhost = \"a.example\"\nopen_registration = true";
        let settings = Settings::of(text, &args(&["b.example"])).unwrap();
        assert_eq!(settings.domains.iter().map(|domain| domain.host.as_str()).collect::<Vec<_>>(), ["b.example"]);
        let settings = Settings::of(text, &args(&[])).unwrap();
        assert_eq!(settings.domains[0].registration, Registration::Open);
    }

    #[test]
    fn who_may_register_is_said_by_one_of_four_words() {
        for (word, registration) in [("approval", Registration::Approval), ("invitation", Registration::Invitation)] {
            let text = format!("[[domain]]\nhost = \"a.example\"\nregistration = \"{word}\"");
            assert_eq!(Settings::of(&text, &args(&[])).unwrap().domains[0].registration, registration);
        }
        let text = "[[domain]]\nhost = \"a.example\"\nregistration = \"anybody\"";
        let errors = Settings::of(text, &args(&[])).unwrap_err();
        assert!(errors.iter().any(|error| error.starts_with("domain[0].registration:")), "{errors:?}");
    }

    #[test]
    fn a_public_domain_is_https_and_this_machine_http() {
        let served = |text: &str| Settings::of(text, &args(&[])).unwrap().served();
        assert_eq!(served("listen = \"127.0.0.1:4000\"")[0].host, "localhost:4000");
        assert_eq!(served("[[domain]]\nhost = \"a.example\"").len(), 1);
        #[rustfmt::skip]
        let rows = [
            ("a.example",         "https://a.example"),
            ("a.example:8443",    "https://a.example:8443"),
            ("localhost.example", "https://localhost.example"),
            ("localhost:3000",    "http://localhost:3000"),
            ("127.0.0.1:3000",    "http://127.0.0.1:3000"),
        ];
        for (host, expected) in rows {
            assert_eq!(origin(host), expected);
        }
    }

    #[test]
    fn the_source_lies_at_an_address_of_the_web() {
        let source = |text: &str| Settings::of(text, &args(&[])).map(|settings| settings.source_url);
        assert_eq!(source(""), Ok(None));
        let address = "https://source.example/forge";
        assert_eq!(source(&format!("source_url = \"{address}\"")), Ok(Some(address.to_owned())));
        for wrong in ["/-/source", "ftp://source.example/", "source", ""] {
            let errors = source(&format!("source_url = \"{wrong}\"\nlisten = 7")).unwrap_err();
            assert_eq!(errors.len(), 2, "with the others: {errors:?}");
            assert!(errors.iter().any(|error| error.starts_with("source_url:")), "{errors:?}");
        }
    }
}
