//! Every bound of the forge, by name.

/// Grants in a chain.
pub const CHAIN_MAX: usize = 16;
/// Seconds for which one liveness check of a passed-on Grant may be relied on, however long its `duration` says.
pub const LIVENESS_S: i64 = 3600;
/// Seconds by which the clock of another server may be ahead: a Grant of its may begin so much later than now.
pub const CLOCK_SKEW_S: i64 = 60;
/// Seconds for which a Grant that is given anew holds at least: each time is a Grant to be told, and passed on to all who have it.
pub const GRANT_LASTS_MIN_S: i64 = 3600;
/// Seconds for which it holds at most: ten years.
pub const GRANT_LASTS_MAX_S: i64 = 10 * 365 * 24 * 60 * 60;
/// Grants undone at once.
pub const UNDONE_MAX: usize = 100;
/// Letters of a name before the `@`.
pub const HANDLE_MAX: usize = 64;
/// Tries to find a free name by adding a number.
pub const HANDLE_TRIES_MAX: u32 = 100;
/// Bytes of an activity that a client posts to an outbox.
pub const POSTED_BYTES_MAX: usize = 256 * 1024;
/// Refs of one push.
pub const PUSHED_REFS_MAX: usize = 1000;
/// Refs of which one turn hears what became of them: for each it writes three rows and publishes a `Push`.
pub const REPORTED_REFS_MAX: usize = 50;
/// Bytes of the commits told in one such turn, as far as more than one ref is concerned: with all else they fit one batch of the store.
pub const REPORTED_BYTES_MAX: usize = 512 * 1024;
/// Tickets that the commits of one push close.
pub const CLOSED_BY_PUSH_MAX: usize = 10;
/// Bytes of a name in a reference to a ticket.
pub const REFERENCE_NAME_BYTES_MAX: usize = 200;
/// Commits told in one `Push`.
pub const PUSHED_COMMITS_MAX: usize = 20;
/// Grants that were taken back before they came, as a person remembers them; a page of rows at most.
pub const REVOKED_EARLY_MAX: u64 = 500;
/// The same, of one giver.
pub const REVOKED_EARLY_OF_ONE_MAX: usize = 50;
/// Seconds after which such a Grant is not waited for: deliveries are given up before.
pub const REVOKED_EARLY_S: i64 = 30 * 24 * 3600;
/// Sessions a person may have open.
pub const SESSIONS_MAX: u64 = 100;
/// Access tokens a person may have.
pub const TOKENS_MAX: u64 = 100;
/// Lines of a profile beside name and summary: they stand in the state, which each turn writes.
pub const PROFILE_FIELDS_MAX: usize = 4;
/// Characters of what a person says of themselves, as they type it: it stands in the state too.
pub const SUMMARY_CHARS_MAX: usize = 2000;
/// Bytes of a person's picture, as it is kept: 256 pixels square, without loss at worst.
pub const PICTURE_BYTES_MAX: usize = 320 * 1024;
/// Repositories a token may be restricted to.
pub const TOKEN_REPOSITORIES_MAX: usize = 20;
/// Invitations a domain keeps, used ones included until they are over: a page of rows at most.
pub const INVITATIONS_MAX: usize = 500;
/// Open invitations of one person.
pub const INVITATIONS_OF_ONE_MAX: usize = 20;
/// Seconds an invitation may be good for: 90 days.
pub const INVITATION_S_MAX: i64 = 90 * 24 * 3600;
/// People who wait to be let into a domain, and those who were turned down lately: a page of rows at most.
pub const APPLICATIONS_MAX: usize = 200;
/// Characters of what they say of themselves, and of why somebody is turned down.
pub const APPLICATION_CHARS_MAX: usize = 1000;
/// Seconds after which they are forgotten: 30 days.
pub const APPLICATION_S: i64 = 30 * 24 * 3600;
/// Pages of the Grants a person holds that are searched for those on one resource.
pub const PERMIT_PAGES_MAX: usize = 16;
/// Pages of links, ties, invitations or requests that are looked through for those that wait, among those that have come to their
/// end.
pub const SIFTED_PAGES_MAX: usize = 8;
/// OpenPGP keys a person may have.
pub const PGP_KEYS_MAX: u64 = 8;
/// Bytes of an OpenPGP key in its armour, without what others have signed of it: an RSA key of 4096 bits with four parts has some 8 KiB.
pub const PGP_KEY_BYTES_MAX: usize = 32 * 1024;
/// Parts of an OpenPGP key that sign.
pub const PGP_KEY_IDS_MAX: usize = 16;
/// SSH keys a person may have: their document shows them all.
pub const SSH_KEYS_MAX: u64 = 16;
/// Bytes of an SSH key in OpenSSH's form: an RSA key of 16,384 bits has some 2,800.
pub const SSH_KEY_BYTES_MAX: usize = 4096;
/// Characters of what an SSH key is called.
pub const SSH_KEY_NAME_CHARS_MAX: usize = 100;
/// Codes for clients that a person may have open at a time.
pub const CODES_MAX: usize = 20;
/// Seconds a client has to redeem its code.
pub const CODE_S: i64 = 60;
/// Threads a person is notified of, or has muted; the one that was quiet for longest makes room.
pub const NOTICES_MAX: u64 = 500;
/// People told of a text because it mentions them: whoever wants to tell more has followers.
pub const MENTIONED_MAX: usize = 10;
/// Bytes of the address of a thread.
pub const THREAD_BYTES_MAX: usize = 2048;
/// Characters of what a notification calls its thread.
pub const NOTICE_TITLE_CHARS_MAX: usize = 200;
/// Threads marked as read at once.
pub const MARKED_READ_MAX: usize = 100;
/// Seconds after which a refusal is news to whoever asked: until then they may still look at the page that waits for it.
pub const REFUSAL_IS_NEWS_S: i64 = 10;
/// Seconds in which an actor's old and new key are both shown and the old one still signs: servers that fetch an actor once a
/// day have seen the new one by then.
pub const KEY_OVERLAP_S: i64 = 24 * 60 * 60;
/// Seconds for which an old key is still shown after the new one has begun to sign: what was signed with it and is still under
/// way, or is forwarded, can be checked until then.
pub const KEY_RETIRE_S: i64 = 7 * 24 * 60 * 60;
/// Seconds after which a step with keys that failed is tried again.
pub const KEY_RETRY_S: i64 = 60 * 60;
/// Files that one text names.
pub const ATTACHMENTS_MAX: usize = 10;
/// Bytes of the address of one.
pub const ATTACHMENT_URI_BYTES_MAX: usize = 2048;
/// Bytes of a file that is kept here for a text: pictures of screens, and logs.
pub const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Characters of what a file is called, or of what describes it.
pub const FILE_NAME_CHARS_MAX: usize = 200;
/// Characters of a media type that is kept of a file of another server.
pub const MEDIA_TYPE_CHARS_MAX: usize = 100;
/// Bytes of the files that one person has in one tracker.
pub const STORED_BYTES_OF_ONE_MAX: u64 = 1024 * 1024 * 1024;
/// Bytes of the files that a person puts on this server in a day, by universal time.
pub const UPLOADED_BYTES_A_DAY_MAX: u64 = 200 * 1024 * 1024;
/// Seconds of such a day.
pub const DAY_S: i64 = 86_400;
/// Days for which an account is new, where the domain says nothing else.
pub const NEW_ACCOUNT_DAYS: u16 = 3;
/// The most days that a domain can say.
pub const NEW_ACCOUNT_DAYS_MAX: u16 = 365;
/// Activities that a new account publishes in a day, where the domain says nothing else.
pub const NEW_ACCOUNT_ACTS: u32 = 50;
/// The most activities that a domain can say.
pub const NEW_ACCOUNT_ACTS_MAX: u32 = 10_000;
/// Seconds for which a file waits for a text that names it: the text follows at once, or is refused.
pub const FILES_WAIT_S: i64 = 3600;
/// Files of one tracker that wait so.
pub const FILES_WAITING_MAX: usize = 200;
/// Of those that have waited too long, how many go in one turn.
pub const FILES_SWEPT_MAX: usize = 20;
/// Files that go in one turn with the comments on a deleted ticket.
pub const SWEPT_FILES_MAX: usize = 200;
/// Depth of a thread of comments.
pub const THREAD_DEPTH_MAX: u32 = 100;
/// Assignees of one ticket.
pub const ASSIGNEES_MAX: usize = 50;
/// Tickets that wait for a team to take them or give them back; the oldest makes room.
pub const ASSIGNMENTS_WAITING_MAX: u64 = 200;
/// Tickets one ticket depends on.
pub const DEPENDENCIES_MAX: usize = 200;
/// Tickets elsewhere that one ticket is listed under.
pub const DEPENDANTS_MAX: usize = 200;
/// Dependants, and ends of such, that anybody has told a tracker of and that wait for the word of their own tracker; the oldest
/// makes room.
pub const DEPENDANTS_UNCONFIRMED_MAX: u64 = 200;
/// Rows of one table that a turn removes when their ticket is deleted or their follower has lost access; the rest is another
/// turn's.
pub const SWEPT_MAX: usize = 500;
/// Dependencies that a turn removes when their ticket is deleted: each names rows of its own, and an actor to be told.
pub const SWEPT_RELATIONS_MAX: usize = 50;
/// Seconds for which the followers of a deleted ticket are kept, so that they can be told of it.
pub const FOLLOWERS_KEPT_S: i64 = 3600;
/// Others an activity was addressed to who also get its answer.
pub const TOLD_MAX: usize = 20;
/// Links that others asked for and that wait for an answer; the oldest makes room.
pub const LINK_OFFERS_MAX: u64 = 200;
/// Offers of ties that wait for an answer; the oldest makes room.
pub const TIE_OFFERS_MAX: u64 = 200;
/// Grants one actor holds that came over links.
pub const HELD_MAX: u64 = 20_000;
/// Grants passed on or taken back in one turn. Each is six rows at most, so that a turn touches fewer than 500.
pub const CASCADE_STEP: usize = 50;
/// Names of collections of links.
pub const LINK_COLLECTIONS: [&str; 11] = [
    "context",
    "components",
    "subprojects",
    "subteams",
    "oversees",
    "overseenBy",
    "teams",
    "teamResources",
    "members",
    "orgAssets",
    "organizations",
];
/// Types in the role filter of a team.
pub const FILTER_MAX: usize = 20;
/// Tries of a person's box to find out what kind of actor gave a Grant.
pub const DELEGATE_TRIES_MAX: u32 = 6;
/// Seconds before that is tried again; doubled each time.
pub const DELEGATE_AGAIN_S: i64 = 600;
/// Seconds after which a merge of which nothing was heard is no longer waited for.
pub const MERGE_GIVEN_UP_S: i64 = 86_400;
/// Seconds after which the Grant is verified again by which somebody follows what is private.
pub const FOLLOW_VERIFIED_S: i64 = 3600;
/// Merges into one branch that are asked for and not made yet.
pub const MERGES_WAITING_MAX: usize = 100;
/// How often a merge is made anew because its branch has moved meanwhile, or is about to.
pub const MERGE_TRIES_MAX: u32 = 20;
/// Seconds before it is.
pub const MERGE_AGAIN_S: i64 = 3;
/// Seconds before a branch is moved again, if git could not.
pub const MERGE_RETRY_S: i64 = 300;
/// Versions of one merge request: each is a reference and a row, which go in one turn with their ticket.
pub const MERGE_VERSIONS_MAX: u64 = 100;
/// Merge requests that a turn has looked at anew when a tracker is tied to their repository: each is a row and a call.
pub const LOOKED_AGAIN_STEP: usize = 20;
/// Merge requests at a time that come from one branch: a push to it sets each in motion, in one turn.
pub const FROM_ONE_BRANCH_MAX: usize = 20;
/// Bytes of the name of a branch: a file system's names end at 255.
pub const BRANCH_BYTES_MAX: usize = 250;
/// Bytes of the branch and the topic of an offer, as part of a ref's name: a file system's names end at 255.
pub const OFFER_BYTES_MAX: usize = 200;
/// Reviews of one merge request: each is a row, which goes in one turn with its ticket.
pub const REVIEWS_MAX: u64 = 200;
/// Reviews that are read at a time to find the next whose lines may have changed.
pub const REVIEWS_PAGE: usize = 20;
/// Reviewers of one merge request.
pub const REVIEWERS_MAX: usize = 50;
/// People and teams that are asked for a review at a time: the document of each is looked at.
pub const ASKED_FOR_REVIEW_MAX: usize = 20;
/// Approvals that wait to be listed under one of a team; the oldest makes room.
pub const TEAM_LISTINGS_MAX: usize = 20;
/// Suggestions of one comment.
pub const SUGGESTIONS_MAX: usize = 10;
/// Bytes of the lines that one suggestion puts in the place of others.
pub const SUGGESTION_BYTES_MAX: usize = 16 * 1024;
/// Comments in the threads of all reviews of one merge request that are shown: pages show them all.
pub const THREAD_COMMENTS_SHOWN: usize = 500;
/// Threads of one review.
pub const THREADS_MAX: usize = 50;
/// Approvals a merge may need.
pub const REQUIRED_APPROVALS_MAX: u32 = 20;
/// Bytes of the path of a file that a review quotes.
pub const QUOTE_FILE_BYTES_MAX: usize = 1024;
/// Patches of one version.
pub const PATCHES_MAX: usize = 100;
/// Bytes of one patch.
pub const PATCH_BYTES_MAX: usize = 128 * 1024;
/// Bytes of all patches of one version: what is posted to an outbox has no more.
pub const PATCHES_BYTES_MAX: usize = 256 * 1024;
/// Files in conflict that a refusal names.
pub const CONFLICTS_TOLD_MAX: usize = 10;
/// Rules that protect the branches and tags of one repository: a push reads them all.
pub const PROTECTIONS_MAX: u32 = 50;
/// People whom one such rule names.
pub const PROTECTED_PEOPLE_MAX: usize = 20;
/// Bytes of the pattern of such a rule.
pub const PATTERN_BYTES_MAX: usize = 200;
/// Stars in it: what is tried of a name grows with them.
pub const PATTERN_STARS_MAX: usize = 8;
/// Contexts whose status a merge needs by one such rule.
pub const REQUIRED_STATUSES_MAX: usize = 10;
/// Contexts in which something is said of one commit: its page shows them all.
pub const STATUS_CONTEXTS_MAX: usize = 50;
/// Statuses of all commits of one repository; the oldest makes room.
pub const STATUSES_MAX: u64 = 5_000;
/// Characters of the context and of the description of a status.
pub const STATUS_TEXT_CHARS_MAX: usize = 255;
/// Bytes of the address where more of it is to be read.
pub const STATUS_URL_BYTES_MAX: usize = 2048;
/// Webhooks of one resource: each piece of news goes to all of them.
pub const HOOKS_MAX: usize = 5;
/// Bytes of the address of a webhook.
pub const HOOK_URL_BYTES_MAX: usize = 2048;
/// Bytes of the secret of a webhook.
pub const HOOK_SECRET_BYTES_MAX: usize = 255;
/// Deliveries kept of one webhook, those that wait among them.
pub const HOOK_DELIVERIES_MAX: usize = 50;
/// News that one turn tells one webhook; the rest of a push of many references is left out, and counted.
pub const HOOK_TOLD_MAX: usize = 20;
/// Bytes of the commits of one push that each hook is told. More are counted, not named: a turn writes them once for each hook.
pub const HOOK_COMMITS_BYTES_MAX: usize = 96 * 1024;
/// Seconds after which a delivery that was not taken is tried again: each wait once, then it is given up.
pub const HOOK_TRIES_S: [i64; 6] = [30, 120, 600, 3_600, 10_800, 43_200];
/// Seconds after which a delivery is tried that was not, since enough others were under way.
pub const HOOK_BUSY_S: i64 = 5;
/// Commits whose statuses are asked for at once: as many as a page lists.
pub const STATUSES_ASKED_MAX: usize = 100;
/// Forks of a repository that are listed: whoever has a factory can make more.
pub const FORKS_MAX: u64 = 10_000;
/// Seconds after which a fork that could not be fetched is tried again: each wait once, then it is given up.
pub const FORK_TRIES_S: [i64; 5] = [60, 300, 1_800, 7_200, 43_200];
/// Seconds between two fetches of a mirror, unless it is told otherwise.
pub const MIRROR_EVERY_S: i64 = 3_600;
/// The least of them: whoever is mirrored is asked at most so often, but for pushes that they tell of.
pub const MIRROR_EVERY_MIN_S: i64 = 300;
/// The most of them.
pub const MIRROR_EVERY_MAX_S: i64 = 30 * 24 * 60 * 60;
/// Seconds after which a mirror that fails is tried again at the latest.
pub const MIRROR_WAIT_MAX_S: i64 = 24 * 60 * 60;
/// Seconds between two fetches of a mirror that is told of pushes.
pub const MIRROR_PUSHED_S: i64 = 5;
/// Mirrors that the document of a repository names.
pub const MIRRORED_BY_SHOWN: usize = 100;
/// References of a mirror that move at once: each is a `Push`, and they stand in a job.
pub const DRIFT_REFS_MAX: usize = REPORTED_REFS_MAX;
/// Pushes after which git is to put a repository in order: each leaves up to a hundred loose objects, or a pack.
pub const MAINTAIN_PUSHES: u32 = 16;
/// Seconds between two times that a repository is put in order: a large one takes minutes of the machine.
pub const MAINTAIN_EVERY_S: i64 = 24 * 60 * 60;
/// Enumerations of one workflow: pages show them all.
pub const ENUMS_MAX: usize = 100;
/// Values of one enumeration: they stand in one row, which each change writes.
pub const ENUM_VALUES_MAX: usize = 100;
/// Fields of one workflow: their order stands in its state, which each turn writes.
pub const FIELDS_MAX: usize = 100;
/// Values of fields of one ticket.
pub const CUSTOM_FIELDS_MAX: usize = 50;
/// Characters of a text in a field of a ticket: it stands in the ticket's row.
pub const FIELD_TEXT_CHARS_MAX: usize = 1000;
/// Tickets that a turn takes out of a milestone that is gone: two rows each.
pub const SWEPT_PLANNED_MAX: usize = 200;
/// Tickets that a turn looks through for a field that is gone.
pub const SWEPT_FIELDS_MAX: usize = 100;
/// Tickets whose followers are told at once that their milestone is to be deleted.
pub const PLANNED_TOLD_MAX: usize = 50;
/// Tickets of an older tracker that get their short form in one turn: each is read whole.
pub const LISTED_STEP: usize = 100;
/// Short forms of tickets that are looked through for one page of a list: some 3 MB, and 20 ms where all of them are.
pub const LISTED_SCANNED_MAX: usize = 20_000;
/// The same of a tracker whose numbers have great gaps, since they came from elsewhere: they are read one page after the other.
pub const LISTED_SPARSE_MAX: usize = 5_000;
/// Labels, people and milestones by which one list is narrowed.
pub const LIST_TERMS_MAX: usize = 10;
/// Milestones of one roadmap that one actor follows: who loses access follows none of them after one turn.
pub const SWEPT_FOLLOWS_MAX: usize = 100;
/// Bytes of a tag that is released, as part of a ref's name: a file system's names end at 255.
pub const TAG_BYTES_MAX: usize = 200;
/// Files of one release: they stand in its row.
pub const ASSETS_MAX: usize = 32;
/// Milestones of one release: they stand in its row.
pub const RELEASE_MILESTONES_MAX: usize = 20;
/// Bytes of the media type of a file of a release: the longest that are registered have fewer than 100.
pub const MEDIA_TYPE_BYTES_MAX: usize = 127;
/// Seconds after which a copy of a tracker that failed is tried again: each wait once, then it is given up. What comes between counts anew.
pub const MIGRATION_TRIES_S: [i64; 6] = [60, 300, 1_800, 7_200, 21_600, 43_200];
/// Tickets and comments of another tracker that one turn takes: each is up to four rows.
pub const MIGRATED_PIECES_MAX: usize = 50;
/// Bytes of their texts after which no more are brought at once; the last may go beyond by as much as it has.
pub const MIGRATED_BYTES: usize = 256 * 1024;
/// Tickets copied from one tracker.
pub const MIGRATED_TICKETS_MAX: u64 = 100_000;
/// Comments copied from one tracker.
pub const MIGRATED_COMMENTS_MAX: u64 = 1_000_000;
/// Pages read of one tracker: nobody leads us round for ever.
pub const MIGRATED_PAGES_MAX: u64 = 50_000;
/// The greatest number that a ticket brings along; with a greater one it gets one of ours.
pub const MIGRATED_NUMBER_MAX: u64 = 1_000_000_000;
/// Lines kept of what could not be read. The rest is counted.
pub const SKIPPED_KEPT_MAX: u64 = 100;
/// Rules about other servers and actors: the largest lists that are passed around have some thousands, and all of them stand in
/// memory, some 200 bytes each.
pub const RULES_MAX: u64 = 10_000;
/// Rules that one turn makes: each is a row, and a line of the log.
pub const RULES_STEP: usize = 100;
/// Bytes of what a rule is about: as many as an address has.
pub const RULE_TARGET_BYTES_MAX: usize = 2048;
/// Characters of the reason of a rule, and of a note about it.
pub const RULE_WORDS_CHARS_MAX: usize = 500;
/// People of one server who are suspended: those whose words are hidden stand in memory.
pub const SUSPENDED_MAX: u64 = 10_000;
/// How long an account that administrators delete can be had back, in seconds: 14 days.
pub const DELETION_UNDONE_S: i64 = 14 * 24 * 3600;
/// Reports that wait: more than anybody reads.
pub const REPORTS_OPEN_MAX: u64 = 5_000;
/// Of these, of one other server or of one person here: nobody keeps the others out.
pub const REPORTS_OF_ONE_MAX: u64 = 100;
/// Reports that are kept after they are done with: so many newer ones have come before they go.
pub const RECENT_REPORTS_MAX: u64 = 1_000;
/// Old reports that go with each that comes.
pub const REPORTS_STEP: usize = 4;
/// Things that one report is about: Mastodon names an actor and up to some dozens of notes.
pub const REPORTED_MAX: usize = 50;
/// Characters of why something is reported, and of a note to it.
pub const REPORT_CHARS_MAX: usize = 3_000;
/// Notes to one report: they stand in its row.
pub const REPORT_NOTES_MAX: usize = 20;
/// Lines of the log of administration that are kept, however young.
pub const AUDIT_LINES_MAX: u64 = 10_000;
/// Lines of it that go with each that comes.
pub const AUDIT_SWEPT_MAX: usize = 4;
/// Characters of what a line says more.
pub const AUDIT_NOTE_CHARS_MAX: usize = 500;
/// Days for which they are kept, unless something else is set.
pub const AUDIT_DAYS: u32 = 365;
/// The most days for which they can be kept.
pub const AUDIT_DAYS_MAX: u32 = 3_650;
/// Trackers of other servers of which a domain keeps what they say.
pub const FAR_TRACKERS_MAX: u32 = 100;
/// Tickets kept of each; of a larger one the newest.
pub const FAR_TICKETS_MAX: u64 = 10_000;
/// Bytes of one ticket's text that are kept: a longer one is read there.
pub const FAR_TEXT_BYTES_MAX: usize = 16 * 1024;
/// Bytes of all texts kept of one tracker: beyond that tickets are kept without.
pub const FAR_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of the address of such a tracker or ticket: they are keys of rows.
pub const FAR_URI_BYTES_MAX: usize = 500;
/// Tickets that one page of a list names.
pub const FAR_PAGE_ITEMS_MAX: usize = 200;
/// Pages of a list that are read: one that never ends is left.
pub const FAR_PAGES_MAX: u64 = 2_000;
/// Tickets that are read in one job: what it brings is one turn.
pub const FAR_STEP: usize = 10;
/// Tickets that wait to be read again because something was told of them.
pub const FAR_HEARD_MAX: usize = 300;
/// Seconds for which a list that was read is not read again for whoever looks at it.
pub const FAR_FRESH_S: i64 = 10 * 60;
/// Tickets of a tracker that counts as small.
pub const FAR_SMALL: u64 = 200;
/// Seconds after which all tickets of a small tracker are read again, if somebody looks at it.
pub const FAR_WHOLE_S: i64 = 60 * 60;
/// The same for a larger one.
pub const FAR_WHOLE_LARGE_S: i64 = 24 * 60 * 60;
/// Seconds to wait after each failure of reading such a tracker, before it is left until somebody looks at it again.
pub const FAR_TRIES_S: [i64; 5] = [60, 300, 1_800, 7_200, 21_600];
/// Rows of such a tracker that go in one turn.
pub const FAR_SWEPT: usize = 200;
/// Seconds for which such a tracker is kept after somebody has looked at it last.
pub const FAR_UNUSED_S: i64 = 30 * 24 * 60 * 60;
/// Seconds for which it does not make room for another.
pub const FAR_SPARED_S: i64 = 24 * 60 * 60;
/// Seconds after which it is noted again that it is looked at.
pub const FAR_USED_S: i64 = 60 * 60;
