//! Commands.
//! - [`serve`]: the server; [`demo`]: the story of two servers, played and verified
//! - [`person`], [`token`], [`key`], [`registration`]: accounts, keys and who joins; [`store`]: check, export and import; [`backup`]: a server as a whole; [`self_check`]: what it finds when it looks at itself; [`explain`]: what a refusal means
//! - [`domain`]: rules about other servers, and the log of administration
//! - [`probe`]: what another server does of ForgeFed; [`git_hook`]: what git runs inside a push

pub mod backup;
pub mod demo;
pub mod domain;
pub mod explain;
pub mod git_hook;
pub mod key;
pub mod limits;
pub mod person;
pub mod probe;
pub mod registration;
pub mod self_check;
pub mod serve;
pub mod store;
pub mod token;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A federated forge on the actor model, speaking ForgeFed.
#[derive(Debug, Parser)]
#[command(name = "pritchel", version, about, long_about = None)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(ServeArgs),
    /// Plays the story of two servers with a real git repository, and verifies each step over HTTP.
    Demo(DemoArgs),
    /// Tries what another server does of ForgeFed, from both sides, and says it statement by statement: docs/probe.md. Exit code 0 when
    /// nothing failed, 1 when something did, 2 when it could not begin.
    Probe(Box<probe::ProbeArgs>),
    /// People of this server.
    #[command(subcommand)]
    Person(PersonCommand),
    /// Access tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Keys of people, and of the domains themselves.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Who may register: the rule, invitations, and people who wait to be let in.
    #[command(subcommand)]
    Registration(RegistrationCommand),
    /// Other servers: which are blocked, limited, allowed. All of it works while the server runs, and while it does not.
    #[command(subcommand)]
    Domain(DomainCommand),
    /// What people and other servers have reported. Works while the server runs, and while it does not.
    #[command(subcommand)]
    Report(ReportCommand),
    /// The log of administration: who did what when, newest first.
    Audit(AuditArgs),
    /// Walks the whole store and reports what is off. The server must not be running.
    Check(StoreArgs),
    /// Has a running server look at itself as others do: addresses, names, clock, SSH, disk.
    SelfCheck(StoreArgs),
    /// Copies the whole server into a folder: store, repositories, settings and keys, of a server that runs or of one that does not.
    Backup(BackupArgs),
    /// Makes a data directory of a backup. The server must not be running.
    Restore(RestoreArgs),
    /// Writes the whole store as JSON lines to standard output. The server must not be running.
    Export(ExportArgs),
    /// Reads a store from JSON lines on standard input into an empty data directory.
    Import(StoreArgs),
    /// Says what the code of a refusal means.
    Explain {
        /// The code, such as `no-capability`; without one, all codes.
        code: Option<String>,
    },
    /// What git runs inside a push. Not for people.
    #[command(hide = true)]
    GitHook {
        /// The hook.
        name: String,
    },
}

/// Where the data lies.
#[derive(Clone, Debug, Args)]
pub struct StoreArgs {
    /// The data directory.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

/// What `serve` takes. Each flag overrides the setting of the same name in `pritchel.toml` in the data directory.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The data directory. It is created if it is not there.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
    /// Address to listen on.
    #[arg(long)]
    pub listen: Option<std::net::SocketAddr>,
    /// Address to speak SSH on, for git. Without it SSH is not spoken.
    #[arg(long, value_name = "ADDRESS")]
    pub ssh: Option<std::net::SocketAddr>,
    /// A domain to serve; may be given several times. `forge.a.example=a.example` serves addresses at `forge.a.example` and shows
    /// names as `@name@a.example`. Without one, loopback addresses are served for development.
    #[arg(long, value_name = "HOST[=DISPLAY]")]
    pub domain: Vec<String>,
    /// Development only: lets this server speak to loopback addresses over http. Refused beside a public domain.
    #[arg(long)]
    pub allow_loopback: bool,
    /// Nothing moves by itself: turns, deliveries and timers run when `POST /-/pump` is asked.
    #[arg(long)]
    pub no_background: bool,
    /// Development only: file of key pairs to hand out instead of making new ones.
    #[arg(long, hide = true)]
    pub fixture_keys: Option<PathBuf>,
}

/// What `demo` takes.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// The git repository to push. Default: the one the command is run in, or a small generated one.
    #[arg(long)]
    pub repo: Option<PathBuf>,
    /// Leaves both servers running until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
}

/// What can be done about other servers.
#[derive(Clone, Debug, Subcommand)]
pub enum DomainCommand {
    /// Nothing is taken from there, nothing sent or fetched, nothing shown.
    Block(RuleArgs),
    /// What is said there is shown to people of this server alone; followers wait for approval.
    Limit(RuleArgs),
    /// Spoken with, whatever a rule about a host above says.
    Allow(RuleArgs),
    /// Takes a rule away.
    Drop {
        /// What it is about.
        target: String,
        /// Where the data lies.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Prints all rules.
    Rules(StoreArgs),
    /// Prints the rules about servers as the CSV that Mastodon exports.
    Export(StoreArgs),
    /// Reads rules from such a list on standard input. Rules there are already stay as they are.
    Import(StoreArgs),
    /// Changes what holds for all other servers.
    Settings {
        /// Whether only servers that are allowed or limited here are spoken with.
        #[arg(long)]
        only_allowed: Option<bool>,
        /// Days for which the log of administration is kept.
        #[arg(long)]
        audit_days: Option<u32>,
        /// Where the data lies.
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// A rule about a server or an actor.
#[derive(Clone, Debug, Args)]
pub struct RuleArgs {
    /// A host, which covers those below it; or the address of an actor.
    pub target: String,
    /// Why: it stands in exported lists.
    #[arg(long)]
    pub reason: Option<String>,
    /// More about it, for administrators alone.
    #[arg(long)]
    pub note: Option<String>,
    /// Reports from there are not taken.
    #[arg(long)]
    pub no_reports: bool,
    /// Where the data lies.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// What can be done with reports.
#[derive(Clone, Debug, Subcommand)]
pub enum ReportCommand {
    /// Prints those that wait, newest first.
    List {
        /// Those that somebody is done with, too.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Where the data lies.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Somebody is done with a report.
    Resolve {
        /// Its number.
        number: u64,
        /// Takes it up again instead.
        #[arg(long)]
        reopen: bool,
        /// Where the data lies.
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// What `audit` takes.
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// At most so many lines.
    #[arg(long, default_value_t = 100)]
    pub lines: usize,
    /// Where the data lies.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// What can be done with people.
#[derive(Clone, Debug, Subcommand)]
pub enum PersonCommand {
    /// Adds a person. Works while the server runs, and while it does not.
    Add {
        /// The name before the `@`.
        name: String,
        /// The domain; may be left out if there is only one.
        #[arg(long)]
        domain: Option<String>,
        /// Makes the person an administrator of the server.
        #[arg(long)]
        admin: bool,
        /// Reads a password from standard input. Without one the person can only be reached by tokens.
        #[arg(long)]
        password_stdin: bool,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
    /// Gives a person a new password, whether they had one or not, and ends all their sessions. Works while the server runs, and
    /// while it does not.
    Password {
        /// The name before the `@`.
        name: String,
        /// The domain; may be left out if there is only one.
        #[arg(long)]
        domain: Option<String>,
        /// Reads the password from standard input. Without this one is made up and printed, once.
        #[arg(long)]
        password_stdin: bool,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
    /// Shuts a person out: they cannot sign in, and their sessions, tokens and keys open nothing.
    Suspend {
        /// The person, as `name@domain`; `name` alone if there is only one domain.
        person: String,
        /// Also hides what they have said.
        #[arg(long)]
        hide: bool,
        /// Also deletes the account, after 14 days: until then `reinstate` brings it back.
        #[arg(long)]
        delete: bool,
        /// Why, for administrators.
        #[arg(long)]
        reason: Option<String>,
        /// Where the data lies.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Lets a person in again.
    Reinstate {
        /// The person, as `name@domain`; `name` alone if there is only one domain.
        person: String,
        /// Where the data lies.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// SSH keys that a person pushes and fetches with.
    #[command(subcommand)]
    Key(PersonKeyCommand),
    /// Has somebody make a repository that begins with the branches and tags that git finds at an address, and prints its address. Git fetches
    /// while the server runs; the repository's page says how far it is.
    ImportRepository {
        /// The person, as `name@domain`; `name` alone if there is only one domain. They need a factory.
        person: String,
        /// Where git clones it without a password: `https://…`.
        url: String,
        /// What it is called here.
        name: String,
        /// Who may see it: public, closed or private.
        #[arg(long, default_value = "private")]
        visibility: String,
        /// Where the server's data is.
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// What can be done with a person's SSH keys.
#[derive(Clone, Debug, Subcommand)]
pub enum PersonKeyCommand {
    /// Adds the public key on standard input, and prints its fingerprint.
    Add {
        /// The person, as `name@domain`; `name` alone if there is only one domain.
        person: String,
        /// What it is called, in the person's public document.
        #[arg(long, default_value = "SSH key")]
        label: String,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
    /// Prints the keys: fingerprint, type, name.
    List {
        /// The person, as `name@domain`; `name` alone if there is only one domain.
        person: String,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
    /// Removes a key.
    Remove {
        /// The person, as `name@domain`; `name` alone if there is only one domain.
        person: String,
        /// Its fingerprint, `SHA256:…`.
        fingerprint: String,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
}

/// What can be done with tokens.
#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes an access token and prints it, once.
    Create {
        /// The person, as `name@domain`; `name` alone if there is only one domain.
        person: String,
        /// What it may do: `read`, `write`, `git`. Default: all.
        #[arg(long, value_delimiter = ',')]
        scope: Vec<String>,
        /// What it is for.
        #[arg(long, default_value = "made on the command line")]
        label: String,
        /// For how many days it holds. Without this it holds until it is dropped.
        #[arg(long)]
        days: Option<i64>,
        /// The address of a repository it is good for, and for nothing else; may be given several times.
        #[arg(long, value_name = "ADDRESS")]
        repository: Vec<String>,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
}

/// Which domain of which server.
#[derive(Clone, Debug, Args)]
pub struct DomainArgs {
    /// The domain; may be left out if there is only one.
    #[arg(long)]
    pub domain: Option<String>,
    /// The data directory.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

/// What can be done about who joins. Works while the server runs, and while it does not.
#[derive(Clone, Debug, Subcommand)]
pub enum RegistrationCommand {
    /// Prints the rule, and who waits to be let in.
    Show {
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
    /// Changes the rule: closed, invitation, approval or open.
    Set {
        /// The rule.
        registration: String,
        /// Whether everybody may invite others, and not only administrators.
        #[arg(long)]
        people_invite: Option<bool>,
        /// For how many days an account is new that somebody makes by themselves; 0 binds nobody.
        #[arg(long)]
        new_account_days: Option<u16>,
        /// Activities that a new account publishes in a day.
        #[arg(long)]
        new_account_activities: Option<u32>,
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
    /// Makes an invitation, by which one person can register, and prints its link, once.
    Invite {
        /// For how many days it is good.
        #[arg(long, default_value_t = 7)]
        days: i64,
        /// For whom it is.
        #[arg(long)]
        note: Option<String>,
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
    /// Prints the invitations there are.
    Invitations {
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
    /// Takes an invitation back.
    Withdraw {
        /// How the list names it.
        id: String,
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
    /// Lets somebody in who waits for it.
    LetIn {
        /// The name they want.
        name: String,
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
    /// Turns somebody down who waits to be let in.
    TurnDown {
        /// The name they want.
        name: String,
        /// Why, for them to read.
        #[arg(long)]
        why: Option<String>,
        /// Where.
        #[command(flatten)]
        place: DomainArgs,
    },
}

/// What can be done with keys.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyCommand {
    /// Gives a person, or a domain's own actor, new keys in the place of the old ones: announced under the old key, used after a
    /// day, alone after a week more.
    Rotate {
        /// Whose: `name@domain`, or `name` alone if there is only one domain. The domain's own actor goes by the domain's name:
        /// `forge.example@forge.example`.
        name: String,
        /// Somebody else may have the old keys: they are dropped at once. Servers that have not heard of it refuse this actor
        /// until they have fetched it again.
        #[arg(long)]
        revoke_old: bool,
        /// The data directory.
        #[arg(long, default_value = ".")]
        data: PathBuf,
    },
}

/// What `backup` takes.
#[derive(Clone, Debug, Args)]
pub struct BackupArgs {
    /// The folder: empty, or not there yet. A server that runs writes it, as its own user.
    pub to: PathBuf,
    /// The data directory.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

/// What `restore` takes.
#[derive(Clone, Debug, Args)]
pub struct RestoreArgs {
    /// The folder of the backup.
    pub from: PathBuf,
    /// The data directory to make: without a store.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

/// What `export` takes.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// The data directory.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
    /// Also writes private keys and the hashes of tokens: needed for a whole backup.
    #[arg(long)]
    pub with_secrets: bool,
}

/// Runs a command. The error is printed by `main`.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Probe(args) => return Ok(probe::run(*args)),
        Command::Serve(args) => serve::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Person(command) => person::run(command),
        Command::Token(command) => token::run(command),
        Command::Key(command) => key::run(command),
        Command::Registration(command) => registration::run(command),
        Command::Domain(command) => domain::run(command),
        Command::Report(command) => domain::report(command),
        Command::Audit(args) => domain::audit(&args),
        Command::Check(args) => store::check(&args),
        Command::SelfCheck(args) => self_check::run(&args),
        Command::Backup(args) => backup::make(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Export(args) => store::export(&args),
        Command::Import(args) => store::import(&args),
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::GitHook { name } => git_hook::run(&name),
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Why a command did not do what it was asked. One line a cause, for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl std::fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    Ok(runtime.block_on(future))
}
