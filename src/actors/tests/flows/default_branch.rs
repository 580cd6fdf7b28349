//! Which branch a repository shows first. Git's part is played here.

use super::everywhere;
use super::patches::next_job;
use pritchel_actor::{Outcome, Value};
use pritchel_actors::client;
use pritchel_actors::limits::BRANCH_BYTES_MAX;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::merge::MergeWork;
use pritchel_actors::repository::unmerged::Unmerged;
use serde_json::json;

/// Protocol decision F-50.
#[test]
fn the_default_branch_is_set_by_an_admin_once_git_has_moved_it() {
    everywhere(|cast| {
        let (olga, alice, bob, repo) = (&cast.olga, &cast.alice, &cast.bob, &cast.repo);
        alice.does(client::follow(repo));
        olga.lets_in(bob, repo, "maintain");
        let set = |name: &str| client::set_default_branch(repo, name, &olga.permit(repo));
        cast.refuses(
            repo,
            bob,
            client::set_default_branch(repo, "trunk", &bob.permit(repo)),
            "role-too-small at step 17",
        );
        cast.refuses(repo, olga, set(&"x".repeat(BRANCH_BYTES_MAX)), "no-such-branch");
        let mut more = set("trunk");
        more["object"]["name"] = json!("Pot");
        cast.refuses(repo, olga, more, "not-editable");
        let mut none = set("trunk");
        none["object"]["defaultBranch"] = Value::Null;
        cast.refuses(repo, olga, none, "malformed");
        assert!(cast.world.job(repo, |args| panic!("{args}")).is_none(), "nothing refused came to git");

        let before = alice.heard().len();
        let edit = olga.does(set("trunk"));
        assert!(matches!(olga.sent(&edit).state, SentState::Sent), "{:?}", olga.sent(&edit));
        let asked = MergeWork::Point { branch: "refs/heads/trunk".into() };
        next_job(cast, |work| {
            assert_eq!(work, asked);
            Outcome::Done(Value::Null)
        });
        assert!(matches!(olga.sent(&edit).state, SentState::Done { .. }), "{:?}", olga.sent(&edit));
        let mut heard = alice.heard().split_off(before);
        heard.sort();
        assert_eq!(heard, ["Accept", "Edit"]);

        let edit = olga.does(set("refs/heads/none"));
        next_job(cast, |_| Outcome::Refused(Unmerged::NoBranch("refs/heads/none".into()).refusal()));
        assert_eq!(olga.refused(&edit), "no-such-branch");
    });
}
