//! Lists of tickets by links: what narrows them, in which order, and what of it can be taken away.

use super::browser::Browser;
use super::workflow::{actor, makes, ties};
use crate::world::{ORIGIN, World};

const TITLES: [&str; 4] = ["Too hot", "Kettle leaks", "Kettle sings", "Add oolong"];

/// The titles of a list, in its order.
fn shown(page: &str) -> Vec<&'static str> {
    let list = page.split_once("<ul class=\"lines tickets\">").unwrap().1.split_once("</ul>").unwrap().0;
    let mut found: Vec<_> = TITLES.into_iter().filter_map(|title| list.find(title).map(|at| (at, title))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, title)| title).collect()
}

/// Where a link leads of which this stands behind the address.
fn link(page: &str, behind: &str) -> String {
    let (before, _) = page.split_once(behind).unwrap_or_else(|| panic!("no {behind}: {page}"));
    before.rsplit_once("href=\"").unwrap().1.replace("&#38;", "&")
}

#[tokio::test]
async fn tickets_are_listed_by_label_milestone_and_assignee_together() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let tracker = makes(&mut alice, &kitchen, "TicketTracker", "Bugs").await;
    for title in TITLES {
        alice.does("/do/open-ticket", &[("tracker", tracker.as_str()), ("title", title), ("text", "x")]).await;
    }
    let plain = bob.sees(&tracker).await;
    assert!(!plain.contains("name=\"label\"") && !plain.contains("name=\"milestone\""), "there are none: {plain}");
    let workflow = makes(&mut alice, &kitchen, "Workflow", "Steps").await;
    let on = ("resource", workflow.as_str());
    alice.does("/do/make-enum", &[on, ("name", "Kind"), ("values", "bug\r\n<idea>"), ("ordered", "on")]).await;
    alice.does("/do/make-field", &[on, ("name", "Kind"), ("kind", &format!("{workflow}/enums/1"))]).await;
    ties(&mut alice, &tracker, "trackerWorkflow", &workflow).await;
    let roadmap = makes(&mut alice, &kitchen, "Roadmap", "Plans").await;
    ties(&mut alice, &tracker, "trackerRoadmap", &roadmap).await;
    let make = [("resource", roadmap.as_str()), ("name", "Tea <1.0>"), ("text", "x"), ("start", ""), ("end", "")];
    let milestone = actor(&alice.does("/do/open-milestone", &make).await);
    let field = format!("{workflow}/fields/1");
    let values = [format!("{workflow}/enums/1/values/1"), format!("{workflow}/enums/1/values/2")];
    for (number, value) in [(1, &values[0]), (2, &values[0]), (3, &values[1])] {
        let ticket = format!("{tracker}/tickets/{number}");
        let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
        alice
            .does("/do/set-field", &[on[0], on[1], ("field", &field), ("kind", "fieldTypeEnum"), ("value", value)])
            .await;
        if number > 1 {
            alice.does("/do/set-milestone", &[on[0], on[1], ("milestone", &milestone)]).await;
        }
    }
    let second = format!("{tracker}/tickets/2");
    alice.does("/do/assign", &[("tracker", tracker.as_str()), ("ticket", &second), ("assignee", a.as_str())]).await;

    let (bug, idea) = (url(&values[0]), url(&values[1]));
    let planned = url(&milestone);
    let rows: [(String, &[&str]); 8] = [
        (format!("label={bug}"), &["Kettle leaks", "Too hot"]),
        (format!("label={idea}"), &["Kettle sings"]),
        ("label=BUG".to_owned(), &["Kettle leaks", "Too hot"]),
        (format!("label={bug}&milestone={planned}"), &["Kettle leaks"]),
        (format!("label={bug}&label={idea}"), &[]),
        (format!("milestone={planned}&sort=oldest"), &["Kettle leaks", "Kettle sings"]),
        ("assignee=alice".to_owned(), &["Kettle leaks"]),
        (format!("assignee=nobody&label={bug}"), &["Too hot"]),
    ];
    for (query, expected) in rows {
        assert_eq!(shown(&bob.sees(&format!("{tracker}?{query}")).await), expected, "{query}");
    }
    let page = bob.sees(&format!("{tracker}?label={bug}&milestone={planned}&assignee=alice")).await;
    assert!(page.contains("Kind: bug</strong>") && page.contains("Tea &#60;1.0&#62;</strong>"), "{page}");
    assert!(page.contains("Kind: &#60;idea&#62;</option>"), "{page}");
    let wider = link(&page, "\" aria-label=\"Without milestone");
    assert_eq!(shown(&bob.sees(&format!("{ORIGIN}{wider}")).await), ["Kettle leaks"], "{wider}");
    assert!(wider.contains("label=") && wider.contains("assignee=alice") && !wider.contains("milestone="), "{wider}");
    let same = link(&plain_list(&bob.sees(&tracker).await), "\" class=\"chip\" rel=\"nofollow\">Kind: &#60;idea&#62;");
    assert_eq!(shown(&bob.sees(&format!("{ORIGIN}{same}")).await), ["Kettle sings"], "{same}");
    let mine = alice.sees(&tracker).await;
    assert_eq!(shown(&alice.sees(&format!("{ORIGIN}{}", link(&mine, "\">For me</a>"))).await), ["Kettle leaks"]);
    let nobody = bob.sees(&format!("{tracker}?assignee=carol")).await;
    assert!(nobody.contains("Nobody was found as <strong>carol</strong>"), "{nobody}");
    let evil = bob.sees(&format!("{tracker}?label=%3Cscript%3E&milestone=%22%3E%3Cscript%3E&after=%3Cscript%3E")).await;
    assert!(!evil.contains("<script>") && shown(&evil).is_empty(), "{evil}");
    let many = format!("{tracker}?{}", "label=x&".repeat(50));
    assert_eq!(bob.get(&many).await.status, 200, "only so many are read");
}

fn plain_list(page: &str) -> String {
    page.split_once("<ul class=\"lines tickets\">").unwrap().1.to_owned()
}

fn url(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}
