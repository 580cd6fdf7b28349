//! Teams of many members: what a resource that comes or goes costs each of them, and that no turn does it for all at once.

use super::links::{Pair, TEAM_RESOURCE};
use super::{Cast, Place};
use crate::world::host;
use pritchel_actor::sim::toy::Touched;
use pritchel_actors::limits::CASCADE_STEP;
use pritchel_actors::link::Side;

/// What one turn may touch, whoever has how many members.
const ROWS_A_TURN_MAX: usize = 500;

/// Of a team with so many members: what gaining a resource touched, and what losing it did.
fn gains_and_loses(members: usize) -> [Touched; 2] {
    let cast = Cast::new(17, Place::One);
    let pair = Pair::new(&cast, TEAM_RESOURCE);
    let many: Vec<_> =
        (0..members).map(|number| cast.world.person(&Place::One.host("m"), &format!("m{number}"))).collect();
    for member in &many {
        cast.bob.lets_in(member, &pair.destination, "triage");
    }
    let of_team = || {
        let inner = cast.world.0.borrow();
        inner.servers[host(&pair.destination)].boxes.touched()
    };
    let extensions = || cast.world.rows(pair.destination.as_str(), "extensions").len();
    of_team();
    pair.links(Side::Destination, "triage");
    let gain = of_team();
    // Bob, who made the team, is a member too.
    assert_eq!(extensions(), members + 1);
    assert!(many.iter().all(|member| member.may(&pair.source).is_some()));
    of_team();
    pair.ends(Side::Destination);
    let loss = of_team();
    assert_eq!(extensions(), 0);
    assert!(many.iter().all(|member| member.may(&pair.source).is_none()));
    [gain, loss]
}

#[test]
fn no_turn_serves_all_members_and_what_they_cost_together_grows_with_their_number() {
    let members = CASCADE_STEP + 10;
    let (some, many) = (gains_and_loses(members), gains_and_loses(2 * members));
    for (some, many) in some.into_iter().zip(many) {
        assert!(many.most <= ROWS_A_TURN_MAX, "{many:?}");
        assert!(many.most <= some.most + 10, "the largest turn grows with the members: {some:?}, {many:?}");
        let growth = many.all as f64 / some.all as f64;
        assert!((1.5..2.2).contains(&growth), "twice the members touch {growth:.2} times the rows: {some:?}, {many:?}");
    }
}
