//! The steps of the story.

use crate::cli::Failure;
use crate::cli::demo::client::{Client, encoded, names};
use crate::cli::demo::repository::{Repository, git};
use crate::cli::demo::server::Server;
use crate::cli::limits::{LOOK_MS, STEP_S};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;
use std::time::{Duration, Instant};

/// What the story has so far.
struct Story<'s> {
    red: &'s Server,
    blue: &'s Server,
    repository: &'s Repository,
    alice: Client,
    bob: Client,
    steps: usize,
    /// What was told to be a page.
    pages: Vec<String>,
}

/// What lies at an address that is told.
enum Link<'a> {
    /// A page for a browser; its raw JSON for whoever asks for `application/activity+json`.
    Both(&'a str),
    /// The same for those it is told, signed in or by their token: nobody else is shown it.
    Told(&'a str),
    /// JSON for everybody.
    Json(&'a str),
    /// A page for everybody.
    Page(&'a str),
    /// What git clones.
    Git(&'a str),
}
use Link::{Both, Git, Json, Page, Told};

/// An actor alice made, with the Grant that makes her its admin.
struct Made {
    id: ActorId,
    grant: ActId,
}

/// Plays the story and returns how many steps were verified.
pub async fn play(red: &Server, blue: &Server, repository: &Repository) -> Result<usize, Failure> {
    let alice = Client::new(red.add_person("alice")?, red.token("alice")?)?;
    let bob = Client::new(blue.add_person("bob")?, blue.token("bob")?)?;
    let mut story = Story { red, blue, repository, alice, bob, steps: 0, pages: Vec::new() };
    let (alice, bob) = (story.alice.id.clone(), story.bob.id.clone());
    println!("Addresses marked `page, JSON` are pages in a browser; their raw JSON comes by");
    println!("curl -H 'Accept: application/activity+json' ADDRESS");
    println!("* is shown to those it is told, signed in or by their token.");
    story.told("alice registers on A", &[Both(alice.as_str())]);
    story.told("bob registers on B", &[Both(bob.as_str())]);
    let (repo, tracker) = story.alice_creates().await?;
    story.alice_pushes_first(&repo).await?;
    story.bob_follows(&repo).await?;
    story.alice_pushes_second(&repo).await?;
    let ticket = story.bob_opens(&tracker).await?;
    story.alice_comments(&tracker, &ticket).await?;
    let triage = story.alice_invites(&tracker).await?;
    story.bob_closes(&tracker, &ticket, &triage).await?;
    story.alice_removes(&tracker, &triage).await?;
    story.bob_is_refused(&tracker, &ticket, &triage).await?;
    Ok(story.steps)
}

impl Story<'_> {
    fn told(&mut self, what: &str, links: &[Link<'_>]) {
        self.steps += 1;
        println!("{:>2}. {what}", self.steps);
        for link in links {
            let (label, address) = match link {
                Both(address) => ("page, JSON", address),
                Told(address) => ("page, JSON*", address),
                Json(address) => ("JSON", address),
                Page(address) => ("page", address),
                Git(address) => ("git", address),
            };
            println!("      {label:<11}  {address}");
            if matches!(link, Both(_) | Page(_)) && !self.pages.iter().any(|page| page == address) {
                self.pages.push((*address).to_owned());
            }
        }
    }

    async fn alice_creates(&mut self) -> Result<(Made, Made), Failure> {
        let domain = ActorId::new(format!("{}/actor", self.red.base));
        let factory = self.create(&posts::open_factory(&domain, "Alice's workshop")).await?;
        self.told("alice gets a Factory", &[Both(factory.id.as_str()), Both(factory.grant.as_str())]);
        let name = &self.repository.name;
        let create = |kind: &str, name: &str| posts::create(&factory.id, kind, name, None, &factory.grant);
        let repo = self.create(&create("Repository", name)).await?;
        self.told("alice creates a Repository through it", &[Both(repo.id.as_str()), Both(repo.grant.as_str())]);
        let tracker = self.create(&create("TicketTracker", &format!("{name} tickets"))).await?;
        self.told(
            "alice creates a TicketTracker through it",
            &[Both(tracker.id.as_str()), Both(tracker.grant.as_str())],
        );
        for made in [&repo, &tracker] {
            let shown = self.bob.get_public(made.id.as_str()).await?;
            expect(names(&shown["id"], made.id.as_str()), "the actor's document", &shown)?;
        }
        Ok((repo, tracker))
    }

    async fn create(&self, activity: &Value) -> Result<Made, Failure> {
        let act = self.alice.post(activity).await?;
        let accept = self.alice.accepted(&act).await?;
        let id = accept["result"].as_str().ok_or_else(|| Failure(format!("an Accept without result: {accept}")))?;
        Ok(Made { id: ActorId::new(id), grant: self.alice.granted(&act).await? })
    }

    async fn alice_pushes_first(&mut self, repo: &Made) -> Result<(), Failure> {
        let Some(first) = &self.repository.first else { return Ok(()) };
        self.push(repo, first)?;
        let heads = git(&self.repository.path, &["ls-remote", &self.remote(repo, None), "refs/heads/main"])?;
        expect(heads.starts_with(first.as_str()), "the pushed commit in the server's refs", &heads.into())?;
        self.told("alice pushes the history by git", &[Git(&format!("{}.git", repo.id))]);
        Ok(())
    }

    fn remote(&self, repo: &Made, token: Option<&str>) -> String {
        match token {
            Some(token) => format!("{}.git", repo.id.as_str().replacen("://", &format!("://alice:{token}@"), 1)),
            None => format!("{}.git", repo.id),
        }
    }

    fn push(&self, repo: &Made, commit: &str) -> Result<(), Failure> {
        let remote = self.remote(repo, Some(&self.alice.token));
        let pushed = git(&self.repository.path, &["push", "--quiet", &remote, &format!("{commit}:refs/heads/main")]);
        // A token has no place in what is printed.
        pushed.map(|_| ()).map_err(|failure| Failure(failure.0.replace(&self.alice.token, "…")))
    }

    async fn bob_follows(&mut self, repo: &Made) -> Result<(), Failure> {
        let shown = self.bob.get_by_proxy(repo.id.as_str()).await?;
        let handle = shown["preferredUsername"].as_str().ok_or_else(|| Failure(format!("no name in {shown}")))?;
        let acct = format!("acct:{handle}@{}", self.red.host);
        let url = format!("{}/.well-known/webfinger?resource={}", self.red.base, encoded(&acct));
        let found = self.bob.get_public(&url).await?;
        let links = found["links"].as_array().cloned().unwrap_or_default();
        let leads = links.iter().any(|link| link["rel"] == "self" && link["href"] == repo.id.as_str());
        expect(leads, "a link of rel self to the repository", &found)?;
        self.told(&format!("bob looks {acct} up by WebFinger"), &[Json(&url)]);
        let follow = self.bob.post(&posts::follow(&repo.id)).await?;
        self.bob.accepted(&follow).await?;
        let followers = self.bob.get_public(&format!("{}/followers", repo.id)).await?;
        expect(followers["totalItems"].as_u64().is_some_and(|n| n >= 1), "a follower", &followers)?;
        self.told(
            "bob follows the repository, and is accepted",
            &[Told(follow.as_str()), Json(&format!("{}/followers", repo.id))],
        );
        Ok(())
    }

    async fn alice_pushes_second(&mut self, repo: &Made) -> Result<(), Failure> {
        let head = self.repository.head.clone();
        self.push(repo, &head)?;
        let is_it = |activity: &Value| {
            activity["type"] == "Push"
                && activity["actor"] == repo.id.as_str()
                && activity["hashAfter"] == head.as_str()
        };
        let push = self.bob.receives("the Push of alice's repository", is_it).await?;
        expect(push["attributedTo"] == self.alice.id.as_str(), "a Push attributed to alice", &push)?;
        self.told("alice pushes, and bob receives the Push", &[Both(push["id"].as_str().unwrap_or_default())]);
        Ok(())
    }

    async fn bob_opens(&mut self, tracker: &Made) -> Result<String, Failure> {
        let report = self.public_grant(tracker, "report").await?;
        let offer = posts::open_ticket(
            &self.bob.id,
            &tracker.id,
            "The kettle whistles out of tune",
            "It should be an **A**, it is a B flat.",
            Some(&report),
        );
        let act = self.bob.post(&offer).await?;
        let accept = self.bob.accepted(&act).await?;
        let ticket = accept["result"].as_str().ok_or_else(|| Failure(format!("no result in {accept}")))?.to_owned();
        let shown = self.alice.get_public(&ticket).await?;
        expect(shown["attributedTo"] == self.bob.id.as_str(), "a ticket by bob", &shown)?;
        expect(shown["isResolved"] == false, "an open ticket", &shown)?;
        self.told(
            "bob opens a ticket on alice's tracker, by its public Grant",
            &[Both(&ticket), Told(act.as_str()), Both(report.as_str())],
        );
        Ok(ticket)
    }

    async fn public_grant(&self, tracker: &Made, role: &str) -> Result<ActId, Failure> {
        let shown = self.bob.get_by_proxy(tracker.id.as_str()).await?;
        let grants = match &shown["publicCapability"] {
            Value::Array(grants) => grants.clone(),
            one => vec![one.clone()],
        };
        for grant in grants.iter().filter_map(Value::as_str) {
            if self.bob.get_by_proxy(grant).await?["object"] == role {
                return Ok(ActId::new(grant));
            }
        }
        Err(Failure(format!("the tracker publishes no Grant of {role}: {shown}")))
    }

    async fn alice_comments(&mut self, tracker: &Made, ticket: &str) -> Result<(), Failure> {
        let comment =
            posts::comment(&tracker.id, ticket, None, "Mine hums. I shall look at the reed.", Some(&tracker.grant));
        let act = self.alice.post(&comment).await?;
        let is_it = |activity: &Value| activity["id"] == act.as_str();
        self.bob.receives("alice's comment", is_it).await?;
        let replies = self.bob.collection(&format!("{ticket}/replies")).await?;
        let is_hers = |reply: &Value| reply["attributedTo"] == self.alice.id.as_str();
        expect(
            matches!(&replies[..], [only] if is_hers(only)),
            "alice's comment among the replies",
            &replies.clone().into(),
        )?;
        self.told("alice comments, and bob is told", &[Both(act.as_str()), Json(&format!("{ticket}/replies"))]);
        Ok(())
    }

    async fn alice_invites(&mut self, tracker: &Made) -> Result<ActId, Failure> {
        let invite = self.alice.post(&posts::invite(&tracker.id, &self.bob.id, "triage", &tracker.grant)).await?;
        self.bob.receives("the Invite", |activity| activity["id"] == invite.as_str()).await?;
        self.bob.accepted(&invite).await?;
        self.told("alice invites bob with the role triage, and the tracker agrees", &[Told(invite.as_str())]);
        let accept = self.bob.post(&posts::accept(&invite, &[&tracker.id, &self.alice.id])).await?;
        let grant = self.bob.granted(&invite).await?;
        let shown = self.bob.get(grant.as_str()).await?;
        expect(
            shown["object"] == "triage" && shown["target"] == self.bob.id.as_str(),
            "a Grant of triage to bob",
            &shown,
        )?;
        self.told("bob accepts, and is granted the role", &[Told(accept.as_str()), Both(grant.as_str())]);
        Ok(grant)
    }

    async fn bob_closes(&mut self, tracker: &Made, ticket: &str, triage: &ActId) -> Result<(), Failure> {
        let resolve = self.bob.post(&posts::close(&tracker.id, ticket, Some(triage))).await?;
        self.bob.accepted(&resolve).await?;
        let shown = self.bob.get_public(ticket).await?;
        expect(shown["isResolved"] == true, "a resolved ticket", &shown)?;
        self.told("bob closes the ticket with that Grant", &[Told(resolve.as_str()), Both(ticket)]);
        Ok(())
    }

    async fn alice_removes(&mut self, tracker: &Made, triage: &ActId) -> Result<(), Failure> {
        let remove = self.alice.post(&posts::remove(&tracker.id, &self.bob.id, &tracker.grant)).await?;
        let is_it = |activity: &Value| activity["type"] == "Revoke" && names(&activity["object"], triage.as_str());
        let revoke = self.bob.receives("the Revoke of his Grant", is_it).await?;
        expect(names(&revoke["fulfills"], remove.as_str()), "a Revoke that fulfils the Remove", &revoke)?;
        self.told(
            "alice removes bob, and his Grant is revoked",
            &[Told(remove.as_str()), Told(revoke["id"].as_str().unwrap_or_default())],
        );
        Ok(())
    }

    async fn bob_is_refused(&mut self, tracker: &Made, ticket: &str, triage: &ActId) -> Result<(), Failure> {
        let reopen = self.alice.post(&posts::reopen(&tracker.id, ticket, Some(&tracker.grant))).await?;
        self.alice.accepted(&reopen).await?;
        let resolve = self.bob.post(&posts::close(&tracker.id, ticket, Some(triage))).await?;
        let answer = self.bob.answered(&resolve).await?;
        expect(answer["type"] == "Reject" && answer["summary"] == "revoked", "a Reject with the reason", &answer)?;
        let shown = self.bob.get_public(ticket).await?;
        expect(shown["isResolved"] == false, "a ticket still open", &shown)?;
        let reason = answer["content"].as_str().unwrap_or_default();
        self.told(
            &format!("bob's next Resolve is refused: {reason}"),
            &[Told(resolve.as_str()), Told(answer["id"].as_str().unwrap_or_default())],
        );
        self.pages(ticket).await
    }

    /// What was told to be a page is one.
    async fn pages(&mut self, ticket: &str) -> Result<(), Failure> {
        let (red, blue) = (self.red, self.blue);
        self.told("the pages can be looked at", &[Both(ticket), Page(&red.base), Page(&blue.base)]);
        let http = reqwest::Client::builder().no_proxy().build().map_err(Failure::new)?;
        let until = Instant::now() + Duration::from_secs(STEP_S);
        let mut left = self.pages.clone();
        loop {
            let mut still = Vec::new();
            for page in left {
                let answer = http.get(&page).header("accept", "text/html").send().await.map_err(Failure::new)?;
                let kind = answer.headers().get("content-type").map(|kind| kind.as_bytes().starts_with(b"text/html"));
                if !answer.status().is_success() || kind != Some(true) {
                    still.push(page);
                }
            }
            if still.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Failure(format!("expected pages, found none at {still:#?}")));
            }
            left = still;
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }
}

fn expect(holds: bool, what: &str, found: &Value) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure(format!("expected {what}, found {found}"))) }
}
