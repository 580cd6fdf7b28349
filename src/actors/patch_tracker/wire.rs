//! A patch tracker's own methods as activities.

use crate::common::naming::origin;
use crate::common::wire::{Tell, escape, publish, time, uri};
use crate::gate::{malformed, one};
use crate::limits::PATCHES_MAX;
use crate::patch_tracker::merge_request::{Answers, Applying, Branch, MergeMethod, MergeOffer, MergeRequest, OFFERED};
use crate::patch_tracker::patch::{GIT_PATCH, Patch};
use crate::patch_tracker::review::{INDIVIDUALS, Listing, TEAMS};
use crate::patch_tracker::versions::{Version, version_no, version_uri};
use crate::patch_tracker::{AddVersion, Apply, OriginPushed, PatchTracker, PatchTrackerCall, review_wire};
use crate::repository::wire::{branch_at, branch_uri};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{Ticket, ticket_followers, ticket_no, ticket_uri};
use crate::ticket_tracker::view::Uses;
use crate::ticket_tracker::wire as tickets;
use crate::tie::TieKind;
use crate::tie::rows::providers;
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Refusal, Turn, Verdict};
use pritchel_vocab::push::Branch as BranchDocument;
use pritchel_vocab::{Activity, ActivityType, Obj, Thing};
use serde_json::json;

/// Finds what only a patch tracker is asked, and else what all trackers are.
pub fn gate(
    tracker: &PatchTracker,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<PatchTrackerCall>, Halt> {
    let me = look.me().clone();
    if let Some(call) = review_wire::gate(activity, act, look)? {
        return Ok(Verdict::Call(call));
    }
    match &activity.kind {
        ActivityType::Apply => match apply(activity, &me)? {
            Some(call) => Ok(Verdict::Call(call.into())),
            None => tickets::gate(tracker, activity, act, look),
        },
        ActivityType::Add => match add_version(activity, &me)? {
            Some(call) => Ok(Verdict::Call(call.into())),
            None => tickets::gate(tracker, activity, act, look),
        },
        ActivityType::Push => Ok(pushed(activity).map_or(Verdict::Note, |call| Verdict::Call(call.into()))),
        _ => tickets::gate(tracker, activity, act, look),
    }
}

fn add_version(activity: &Activity, me: &ActorId) -> Result<Option<AddVersion>, Halt> {
    let target = activity.target.as_ref().and_then(Thing::uri);
    let Some(ticket) = target.and_then(|target| ticket_no(me, target.as_str())) else { return Ok(None) };
    let bundle = activity.object.first().and_then(Thing::obj);
    let bundle = bundle.ok_or_else(|| malformed("expected a collection of patches, written out, as `object`"))?;
    Ok(Some(AddVersion { ticket, patches: bundled(&bundle, activity.actor.as_str())? }))
}

/// What a `Push` of a branch says; one that says nothing of a branch, or that it is gone, concerns no merge request.
fn pushed(activity: &Activity) -> Option<OriginPushed> {
    let push = pritchel_vocab::Push::read(&activity.document.obj()).ok()?;
    push.hash_after?;
    let branch = push.target.obj().and_then(|target| BranchDocument::read(&target).ok())?;
    let branch = Branch { repository: ActorId::new(branch.context.as_str()), name: branch.ref_name };
    (branch.repository.as_str() == push.actor.as_str()).then_some(OriginPushed { branch })
}

fn apply(activity: &Activity, me: &ActorId) -> Result<Option<Apply>, Halt> {
    let named = one(activity).and_then(|id| {
        let version = version_no(me, id.as_str()).map(|(ticket, version)| (ticket, Some(version)));
        version.or_else(|| ticket_no(me, id.as_str()).map(|ticket| (ticket, None)))
    });
    let Some((ticket, version)) = named else { return Ok(None) };
    let target = activity.target.as_ref();
    let (repository, branch) = match (target.map(|target| branch_of(target, me)).transpose()?.flatten(), target) {
        (Some(branch), _) => (branch.repository, Some(branch.name)),
        (None, Some(target)) if let Some(uri) = target.uri() => (ActorId::new(uri.as_str()), None),
        _ => return Err(malformed("expected a repository, or a branch of one, as `target`")),
    };
    let method = match activity.instrument.as_ref().and_then(Thing::word) {
        None => MergeMethod::default(),
        Some(word) => MergeMethod::from_word(word).ok_or_else(|| {
            let words = MergeMethod::ALL.map(MergeMethod::as_str);
            malformed(format!("expected one of {words:?} as `instrument`, found {word:?}"))
        })?,
    };
    Ok(Some(Apply { ticket, version, repository, branch, method }))
}

/// Follows a repository that everybody may see, to hear of what is pushed there.
pub fn follow(turn: &mut Turn<'_>, repository: &ActorId) -> Result<ActId, Halt> {
    publish(turn, ActivityType::Follow, &Tell::to([repository]), |draft| draft.object(repository.as_str()))
}

/// Answers the `Apply` of a merge that has ended.
pub fn answer(
    turn: &mut Turn<'_>,
    number: TicketNo,
    ticket: &Ticket,
    applying: &Applying,
    refused: Option<&Refusal>,
) -> Result<(), Halt> {
    let me = turn.me().clone();
    let followers = format!("{}/followers", ticket_uri(&me, number));
    let tell = Tell::to([&applying.by]).followers(&me).group(ticket_followers(number), followers);
    let tell = with_roadmap(tell, ticket);
    let object = applying.apply.as_str();
    match refused {
        None => publish(turn, ActivityType::Accept, &tell, |draft| draft.object(object))?,
        Some(why) => publish(turn, ActivityType::Reject, &Tell::to([&applying.by]), |draft| {
            draft.object(object).summary(why.code.clone()).content(escape(&why.summary))
        })?,
    };
    Ok(())
}

/// The roadmap a merge request is planned in counts what is there and what is done.
fn with_roadmap(tell: Tell, ticket: &Ticket) -> Tell {
    match &ticket.milestone {
        Some(planned) => tell.group(providers(TieKind::Roadmap), planned.roadmap.to_string()),
        None => tell,
    }
}

/// Answers what brought the patches of a version: its number, or why there is none.
/// - `also`: who is told as well if it is kept
pub fn answer_version(
    turn: &mut Turn<'_>,
    (number, ticket): (TicketNo, &Ticket),
    answers: &Answers,
    also: &[ActorId],
    kept: Result<u64, &Refusal>,
) -> Result<(), Halt> {
    let me = turn.me().clone();
    let object = answers.act.as_str();
    match kept {
        Ok(version) => {
            let request = ticket_uri(&me, number);
            let result = if answers.opens { request.clone() } else { version_uri(&me, number, version) };
            let followers = format!("{request}/followers");
            let tell = Tell::to([&answers.by]).cc(also).followers(&me).group(ticket_followers(number), followers);
            let tell = if answers.opens { with_roadmap(tell, ticket) } else { tell };
            publish(turn, ActivityType::Accept, &tell, |draft| draft.object(object).result(result))?
        }
        Err(why) => publish(turn, ActivityType::Reject, &Tell::to([&answers.by]), |draft| {
            draft.object(object).summary(why.code.clone()).content(escape(&why.summary))
        })?,
    };
    Ok(())
}

/// Answers the `Add` of an approval to those that speak for a team, when the team has said so.
/// - `result`: the address of the team's approval
pub fn listed(turn: &mut Turn<'_>, add: &ActId, listing: &Listing, result: &str) -> Result<(), Halt> {
    let me = turn.me().clone();
    let followers = format!("{}/followers", ticket_uri(&me, listing.ticket));
    let tell = Tell::to([&listing.by, &listing.team]).followers(&me).group(ticket_followers(listing.ticket), followers);
    publish(turn, ActivityType::Accept, &tell, |draft| draft.object(add.as_str()).result(result))?;
    Ok(())
}

/// Tells the followers of a merge request that its branch has brought another version.
///
/// Source: ours; ForgeFed leaves open how that is told. The merge request stands in it as it is now.
pub fn tell_of_version(turn: &mut Turn<'_>, number: TicketNo, ticket: &Ticket) -> Result<(), Halt> {
    let me = turn.me().clone();
    let followers = format!("{}/followers", ticket_uri(&me, number));
    let tell = Tell::default().followers(&me).group(ticket_followers(number), followers);
    let uses = Uses::of(&mut turn.look())?;
    let mut changed = tickets::document(&me, number, ticket, &uses)?.value().clone();
    if let Some(map) = changed.as_object_mut() {
        map.remove("@context");
    }
    publish(turn, ActivityType::Update, &tell, |draft| draft.object(changed))?;
    Ok(())
}

/// Reads the `Offer` attached to a ticket that `by` offers to `me`: a branch, or patches, and where they are to go.
/// - errors: what is missing. Where a branch is named, patches beside it are left out: the branch is what counts
pub fn read(offer: &Obj<'_>, by: &str, me: &ActorId) -> Result<MergeOffer, Halt> {
    let target = branch(offer, "target", me)?;
    below(&target, &["refs/heads/"])?;
    if offer.get("origin").is_some() {
        let origin = branch(offer, "origin", me)?;
        below(&origin, &["refs/heads/", OFFERED])?;
        return Ok(MergeOffer { origin: Some(origin), target, patches: Vec::new() });
    }
    let bundle = offer.one("object").map_err(malformed)?;
    let Some(bundle) = bundle.as_ref().and_then(|item| item.obj()) else {
        let why =
            "expected a branch as `origin` of the Offer, or a collection of patches, written out, as its `object`";
        return Err(malformed(why));
    };
    Ok(MergeOffer { origin: None, target, patches: bundled(bundle, by)? })
}

/// The patches of a collection that `by` brings, oldest first. In it the newest is the first.
///
/// Source: ForgeFed, "Merge Requests", Open: whoever brings them is whom they are attributed to. Who wrote the changes stands in them.
fn bundled(bundle: &Obj<'_>, by: &str) -> Result<Vec<Patch>, Halt> {
    let items = bundle.items().map_err(malformed)?;
    let mut texts = Vec::new();
    for item in &items {
        let patch = item.obj().filter(|patch| patch.is("Patch"));
        let patch = patch.ok_or_else(|| malformed("expected Patches, each written out, in the collection"))?;
        let media_type = patch.text("mediaType").map_err(malformed)?;
        if media_type != Some(GIT_PATCH) {
            let found = media_type.unwrap_or("nothing");
            return Err(malformed(format!("expected {GIT_PATCH} as `mediaType` of a Patch, found {found}")));
        }
        if let Some(other) = patch.uri("attributedTo").map_err(malformed)?.filter(|author| author.as_str() != by) {
            let why = format!("a Patch is attributed to {other}, brought by {by}");
            return Err(Refusal::new("not-the-author", why).into());
        }
        texts.push(patch.need_text("content").map_err(malformed)?);
    }
    let patches = Patch::parse_all(texts.into_iter().rev());
    patches.map_err(|why| Refusal::new("not-a-patch", why.to_string()).into())
}

fn below(branch: &Branch, prefixes: &[&str]) -> Result<(), Halt> {
    if prefixes.iter().any(|prefix| branch.name.starts_with(prefix)) {
        return Ok(());
    }
    Err(malformed(format!("expected a `ref` below {}, found {}", prefixes.join(" or "), branch.name)))
}

fn branch(offer: &Obj<'_>, term: &str, me: &ActorId) -> Result<Branch, Halt> {
    let things = Thing::read_all(offer, term).map_err(malformed)?;
    let expected = || format!("expected a Branch, written out with `context` and `ref`, as `{term}` of the Offer");
    let [thing] = things.as_slice() else { return Err(malformed(expected())) };
    match branch_of(thing, me)? {
        Some(branch) => Ok(branch),
        None => {
            let found = thing.uri().map_or_else(|| "no address".to_owned(), |uri| uri.to_string());
            let why = format!("{}: git merges branches, and this names none; found {found}", expected());
            Err(Refusal::new("no-branch-named", why).into())
        }
    }
}

/// The branch a thing is: one that is written out, or the address of one on the server of `me`. How other servers write those nobody knows.
/// `None` for what is none, such as a repository.
fn branch_of(thing: &Thing, me: &ActorId) -> Result<Option<Branch>, Halt> {
    if let Some(object) = thing.obj().filter(|object| object.is("Branch")) {
        return read_branch(&object).map(Some);
    }
    let named = thing.uri().and_then(|uri| branch_at(uri.as_str()));
    let here = named.filter(|(repository, _)| origin(repository) == origin(me));
    Ok(here.map(|(repository, name)| Branch { repository, name }))
}

/// Reads a branch that is written out. What was pushed to `refs/for/` stands for a branch where it is the origin.
pub fn read_branch(object: &Obj<'_>) -> Result<Branch, Halt> {
    let branch = BranchDocument::read(object).map_err(malformed)?;
    Ok(Branch { repository: ActorId::new(branch.context.as_str()), name: branch.ref_name })
}

/// The `Offer` as it stands at its ticket: with its newest version, and the difference that makes.
pub fn attachment(me: &ActorId, number: TicketNo, request: &MergeRequest) -> Result<Thing, Halt> {
    let mut offer = json!({"type": "Offer", "target": document(me, &request.offer.target)?});
    if let Some(origin) = &request.offer.origin {
        offer["origin"] = document(me, origin)?;
    }
    offer["individualApprovals"] = format!("{}{INDIVIDUALS}", ticket_uri(me, number)).into();
    offer["teamApprovals"] = format!("{}{TEAMS}", ticket_uri(me, number)).into();
    if request.versions > 0 {
        let version = version_uri(me, number, request.versions);
        offer["mrDiff"] = json!({"type": "Link", "href": format!("{version}/diff"), "mediaType": "text/x-diff"});
        offer["object"] = version.into();
    }
    Thing::embed(offer).map_err(malformed)
}

/// A version as a document: the patches by their addresses, newest first.
///
/// Source: ForgeFed, "Patch", with `previousVersions` on the newest and `currentVersion` on those before.
pub fn bundle(
    me: &ActorId,
    number: TicketNo,
    version: u64,
    newest: u64,
    kept: &Version,
) -> Result<pritchel_vocab::Document, Halt> {
    let id = version_uri(me, number, version);
    let mut map = serde_json::Map::new();
    map.insert("@context".to_owned(), pritchel_vocab::context::forge());
    map.insert("id".to_owned(), id.as_str().into());
    map.insert("type".to_owned(), "OrderedCollection".into());
    map.insert("context".to_owned(), ticket_uri(me, number).into());
    map.insert("published".to_owned(), time(kept.at).to_string().into());
    map.insert("totalItems".to_owned(), kept.commits.into());
    let listed = kept.commits.min(PATCHES_MAX as u64);
    let patches: Vec<_> = (1..=listed).rev().map(|patch| format!("{id}/patches/{patch}")).collect();
    map.insert("orderedItems".to_owned(), patches.into());
    map.insert("target".to_owned(), json!({"type": "Commit", "hash": kept.head}));
    let of = |version| version_uri(me, number, version);
    if version == newest {
        let before: Vec<_> = (1..version).rev().map(of).collect();
        map.insert("previousVersions".to_owned(), before.into());
    } else {
        map.insert("currentVersion".to_owned(), of(newest).into());
    }
    Ok(pritchel_vocab::Document::from_map(map))
}

/// A branch written out: with its address where it is on the server of `me`. How others write those nobody knows.
fn document(me: &ActorId, branch: &Branch) -> Result<serde_json::Value, Halt> {
    let here = origin(&branch.repository) == origin(me);
    let document = BranchDocument {
        id: if here { Some(uri(&branch_uri(&branch.repository, &branch.name))?) } else { None },
        context: uri(branch.repository.as_str())?,
        name: Some(branch.short().into_owned()),
        ref_name: branch.name.clone(),
    };
    Ok(document.to_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(name: &str) -> Branch {
        Branch { repository: "https://a.example/repos/tea".into(), name: format!("refs/heads/{name}") }
    }

    #[test]
    fn an_offer_is_read_as_it_was_written() {
        let origin = Some(branch("milk&more"));
        let offer = MergeOffer { origin, target: branch("main"), patches: Vec::new() };
        let request = MergeRequest { versions: 2, ..MergeRequest::new(offer.clone()) };
        let me = ActorId::from("https://a.example/patches/p");
        let written = attachment(&me, 7, &request).unwrap();
        assert_eq!(read(&written.obj().unwrap(), "https://a.example/people/olga", &me).unwrap(), offer);
        assert_eq!(written.obj().unwrap().get("object").unwrap(), "https://a.example/patches/p/tickets/7/versions/2");
    }

    #[test]
    fn patches_are_read_oldest_first_and_each_says_what_it_is() {
        let me = ActorId::from("https://a.example/patches/p");
        let patch = |title: &str| {
            let text = format!(
                "From {:040} Mon Sep 17 00:00:00 2001\nFrom: A <a@a.example>\nSubject: {title}\n\n---\n\n\
                 diff --git a/x b/x\n",
                1
            );
            json!({"type": "Patch", "mediaType": GIT_PATCH, "content": text})
        };
        let read = |items: serde_json::Value| {
            let offer = json!({
                "type": "Offer", "target": document(&me, &branch("main")).unwrap(),
                "object": {"type": "OrderedCollection", "orderedItems": items},
            });
            let thing = Thing::embed(offer).unwrap();
            let read = read(&thing.obj().unwrap(), "https://a.example/people/olga", &me);
            read.map(|offer| offer.patches).map_err(|halt| match halt {
                Halt::Refuse(why) => why.code.to_string(),
                other => panic!("{other:?}"),
            })
        };
        let patches = read(json!([patch("Two"), patch("One")])).unwrap();
        assert!(patches[0].as_str().contains("Subject: One") && patches[1].as_str().contains("Subject: Two"));
        let with = |term: &str, value: serde_json::Value| {
            let mut patch = patch("One");
            patch[term] = value;
            read(json!([patch]))
        };
        assert_eq!(with("mediaType", json!("application/x-darcs-patch")).unwrap_err(), "malformed");
        assert_eq!(with("mediaType", serde_json::Value::Null).unwrap_err(), "malformed");
        assert_eq!(with("type", json!("Note")).unwrap_err(), "malformed");
        assert_eq!(with("attributedTo", json!("https://a.example/people/mallory")).unwrap_err(), "not-the-author");
        assert!(with("attributedTo", json!("https://a.example/people/olga")).is_ok());
        assert_eq!(with("content", json!("hello")).unwrap_err(), "not-a-patch");
        assert_eq!(read(json!(["https://a.example/patch"])).unwrap_err(), "malformed");
        assert_eq!(read(json!([])).unwrap_err(), "not-a-patch");
    }

    #[test]
    fn a_version_points_at_those_before_it_or_at_the_one_that_took_its_place() {
        let me = ActorId::from("https://a.example/patches/p");
        let kept = Version { base: None, head: "11".to_owned(), commits: 2, at: 0 };
        let uri = |version: u64| format!("{me}/tickets/7/versions/{version}");
        let newest = bundle(&me, 7, 3, 3, &kept).unwrap().value().clone();
        assert_eq!(newest["previousVersions"], json!([uri(2), uri(1)]));
        assert_eq!(newest["orderedItems"], json!([format!("{}/patches/2", uri(3)), format!("{}/patches/1", uri(3))]));
        assert!(newest.get("currentVersion").is_none());
        let old = bundle(&me, 7, 1, 3, &kept).unwrap().value().clone();
        assert_eq!(old["currentVersion"], json!(uri(3)));
        assert!(old.get("previousVersions").is_none());
    }

    #[test]
    fn an_offer_without_two_branches_is_refused() {
        let me = ActorId::from("https://a.example/patches/p");
        let main = document(&me, &branch("main")).unwrap();
        let mut tag = main.clone();
        tag["ref"] = json!("refs/tags/v1");
        let read = |offer: serde_json::Value| {
            let thing = Thing::embed(offer).unwrap();
            read(&thing.obj().unwrap(), "https://a.example/people/olga", &me).map_err(|halt| match halt {
                Halt::Refuse(why) => why.code.to_string(),
                other => panic!("{other:?}"),
            })
        };
        let repository = json!({"type": "Repository", "id": "https://a.example/repos/tea"});
        for (origin, code) in [
            (json!(null), "malformed"),
            (tag.clone(), "malformed"),
            (json!("https://a.example/repos/tea/refs/tags/v1"), "malformed"),
            (json!([main, main]), "malformed"),
            (repository["id"].clone(), "no-branch-named"),
            (repository, "no-branch-named"),
            (json!("https://b.example/repos/tea/refs/heads/x"), "no-branch-named"),
            (json!("https://a.example/repos/tea/refs/heads/%zz"), "no-branch-named"),
        ] {
            let offer = |origin: &serde_json::Value| json!({"type": "Offer", "origin": origin, "target": main});
            assert_eq!(read(offer(&origin)).unwrap_err(), code, "{origin}");
            let offer = |target: &serde_json::Value| json!({"type": "Offer", "origin": main, "target": target});
            assert_eq!(read(offer(&origin)).unwrap_err(), code, "{origin}");
        }
        assert_eq!(read(json!({"type": "Offer", "target": main})).unwrap_err(), "malformed");
    }

    #[test]
    fn a_branch_of_this_server_goes_by_its_address_and_one_of_another_has_none_that_is_known() {
        let me = ActorId::from("https://a.example/patches/p");
        let here = document(&me, &branch("milk&more/ü")).unwrap();
        let thing = Thing::read_all(&Obj::of(&json!({"target": here["id"]})).unwrap(), "target").unwrap();
        assert_eq!(branch_of(&thing[0], &me).unwrap(), Some(branch("milk&more/ü")));
        let there = document(&ActorId::from("https://b.example/patches/p"), &branch("main")).unwrap();
        assert_eq!((there.get("id"), &there["ref"]), (None, &json!("refs/heads/main")));
    }
}
