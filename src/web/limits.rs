//! Every bound of the web, by name.

use std::time::Duration;

/// Bytes of a delivery to an inbox.
pub const DELIVERY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an activity a client posts to an outbox: what the person's own gate takes, and some white space.
pub const POSTED_BYTES_MAX: usize = 2 * pritchel_actors::limits::POSTED_BYTES_MAX;
/// Bytes of the status of a commit that is posted.
pub const STATUS_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a form.
pub const FORM_BYTES_MAX: usize = 256 * 1024;
/// Seconds until a request is answered that does not stream: longer than a verification that fetches a key.
pub const REQUEST_S: u64 = 30;
/// Seconds a client has for the head of a request.
pub const HEAD_S: u64 = 15;
/// Bytes of the head of a request over HTTP/1.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request.
pub const HEADERS_MAX: usize = 100;
/// Connections open at once. Later ones wait to be taken.
pub const CONNECTIONS_MAX: usize = 4096;
/// Requests under way at once on one HTTP/2 connection.
pub const STREAMS_MAX: u32 = 64;
/// Seconds that requests under way have to end when the server stops.
pub const STOP_S: u64 = 20;
/// Items on one page of a collection.
pub const PAGE_ITEMS: usize = 20;
/// Bytes of an access token or a session's secret, as text.
pub const SECRET_BYTES_MAX: usize = 200;
/// Media ranges of an `Accept` header that are looked at.
pub const ACCEPT_RANGES_MAX: usize = 32;
/// Bytes of the `resource` of a WebFinger question.
pub const RESOURCE_BYTES_MAX: usize = 2048;
/// Things that somebody published last, looked through for what waits to be taken by one other server.
pub const FAR_WAITING_LOOKED_AT: usize = 50;
/// Milliseconds a pump may take, however many it is given.
pub const PUMP_MS_MAX: u64 = 25_000;
/// Milliseconds a pump takes if it is not told.
pub const PUMP_MS: u64 = 5_000;
/// Bytes of the activities written out on one page of a collection; beyond it they are named by address.
pub const PAGE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of the texts of one page in F3, after which it ends: with all else it stays below what others fetch.
pub const F3_PAGE_BYTES: usize = 384 * 1024;
/// Comments of one ticket on a page of its tracker in F3; the others are on pages of the ticket.
pub const F3_COMMENTS_FIRST: usize = 20;
/// Comments on a page of a ticket in F3.
pub const F3_COMMENTS: usize = 100;
/// Bytes of the place in a collection that a page is asked for by.
pub const CURSOR_BYTES_MAX: usize = 2048;
/// Fields of a form or a query.
pub const FIELDS_MAX: usize = 100;
/// Bytes of what a client says of itself when it registers.
pub const CLIENT_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a client's id, which holds what it said of itself.
pub const CLIENT_ID_BYTES_MAX: usize = 4 * 1024;
/// Characters of a client's name.
pub const CLIENT_NAME_CHARS_MAX: usize = 80;
/// Addresses a client may have codes sent to.
pub const REDIRECTS_MAX: usize = 10;
/// Bytes of the `state` a client wants back.
pub const STATE_BYTES_MAX: usize = 1024;
/// Bytes of a PKCE verifier, at least: RFC 7636, 4.1.
pub const VERIFIER_BYTES_MIN: usize = 43;
/// Bytes of a PKCE verifier, at most.
pub const VERIFIER_BYTES_MAX: usize = 128;
/// Seconds a client's token holds: 90 days.
pub const TOKEN_S: i64 = 90 * 24 * 3600;
/// Seconds a document that everybody sees may be kept by whoever stands between.
pub const DOCUMENT_KEPT_S: u32 = 60;
/// Tries to tell a Repository actor of a push before that is left to the next start.
pub const PUSH_TOLD_TRIES: u32 = 5;
/// Milliseconds before the second such try; each later one waits twice as long.
pub const PUSH_TOLD_WAIT_MS: u64 = 200;

/// Milliseconds a push waits for the answer of the tracker that it offers something to. Git's hook waits longer.
pub const OFFER_WAIT_MS: u64 = 20_000;
/// Characters of the title of a merge request that is made of a commit: as many as a title has.
pub const TITLE_CHARS_MAX: usize = 200;
/// Milliseconds between two looks for it.
pub const OFFER_LOOK_MS: u64 = 25;

// Pages and forms.

/// Seconds a session of a browser lasts.
pub const SESSION_S: i64 = 30 * 24 * 3600;
/// Characters of a browser's name that are kept with its session.
pub const BROWSER_CHARS_MAX: usize = 200;
/// Characters of a password, at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bytes of a password, at most.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Passwords hashed at once: each takes 19 MiB and a core for a while.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Passwords that wait to be hashed. More are told to come back.
pub const PASSWORDS_WAITING_MAX: usize = 16;
/// Tries for one account from one network, or one browser it knows, before they are slowed down to one in [`ACCOUNT_TRY_S`].
pub const ACCOUNT_TRIES: u32 = 8;
/// Seconds between two tries for one account from there, then.
pub const ACCOUNT_TRY_S: u64 = 60;
/// Tries for one account from all networks together before they are slowed down to one in [`ACCOUNT_FAR_TRY_S`].
pub const ACCOUNT_FAR_TRIES: u32 = 500;
/// Seconds between two tries for one account from all networks, then.
pub const ACCOUNT_FAR_TRY_S: u64 = 15;
/// Tries from one network before they are slowed down to one in [`ADDRESS_TRY_S`].
pub const ADDRESS_TRIES: u32 = 30;
/// Seconds between two tries from one network, then.
pub const ADDRESS_TRY_S: u64 = 10;
/// Seconds a browser is known to an account it has signed in to.
pub const KNOWN_BROWSER_S: i64 = 365 * 24 * 3600;
/// Keys of each kind whose tries are counted at once.
pub const LIMITED_KEYS_MAX: usize = 100_000;
/// Labels by which one list is narrowed: with people and a milestone as many as a tracker takes.
pub const LIST_LABELS_MAX: usize = pritchel_actors::limits::LIST_TERMS_MAX - 3;
/// Templates for tickets or merge requests of one repository, and labels of one template.
pub const TEMPLATES_MAX: usize = 20;
/// Bytes of a template: a longer one is left out.
pub const TEMPLATE_BYTES_MAX: usize = 32 * 1024;
/// Lines before its text that are read.
pub const TEMPLATE_HEAD_LINES_MAX: usize = 100;
/// Items of a list on one page.
pub const SHOWN_ITEMS: usize = 30;
/// Pages of a domain's names that are looked through for one page of those that the visitor may see.
pub const NAME_PAGES_MAX: usize = 20;
/// Rules about other servers on one page: a line each.
pub const SHOWN_RULES: usize = 100;
/// Rules that are made or read at once: as many as one turn makes.
pub const RULES_AT_ONCE: usize = pritchel_actors::limits::RULES_STEP;
/// Comments of a ticket on one page.
pub const SHOWN_COMMENTS: usize = 100;
/// Seconds for finding out whether everybody is shown what a note is about: whoever posts it waits. Then it is taken for not.
pub const TOPIC_S: u64 = 5;
/// Actors asked for then, where what a note is about cannot be had.
pub const TOPIC_ACTORS_MAX: usize = 4;
/// Seconds in which the tickets that a push closes are found, after which it closes none.
pub const CLOSING_S: u64 = 8;
/// Seconds in which people that a text mentions are found, after which nobody is told.
pub const MENTIONS_S: u64 = 8;
/// Comments of something of another server on one page.
pub const FAR_REPLIES_MAX: usize = 50;
/// Of those, comments that are only named and have to be fetched: each is a request to some server.
pub const FAR_REPLIES_FETCHED_MAX: usize = 8;
/// Fields, values of one field, or milestones of another server that a form offers.
pub const FAR_PLANS_MAX: usize = 50;
/// Milliseconds that a page waits for what a workflow or roadmap of another server offers. Then its forms ask for addresses.
pub const FAR_PLANS_WAIT_MS: u64 = 3_000;
/// People looked through for an administrator before setting up is refused.
pub const PEOPLE_SCANNED_MAX: usize = 500;
/// Characters of a repository's name that stand in the names of its trackers, with a word behind it.
pub const MADE_NAME_CHARS_MAX: usize = 180;
/// Milliseconds a form waits for the outcome of what it did before the page says "sent".
pub const OUTCOME_MS: u64 = 2000;
/// Milliseconds between two looks for it.
pub const OUTCOME_LOOK_MS: u64 = 25;
/// Characters of what is looked up.
pub const LOOKED_UP_CHARS_MAX: usize = 2048;
/// Notifications on a person's front page.
pub const NOTICES_ON_HOME: usize = 8;
/// What happened lately, on a person's front page.
pub const HAPPENED_SHOWN: usize = 15;
/// Items of the inbox looked through for it: answers and the like are passed over.
pub const HAPPENED_LOOKED_AT: usize = 60;
/// Names of a domain looked through for words.
pub const NAMES_SEARCHED_MAX: usize = 5_000;
/// Bytes of how a visitor names their own server.
pub const HOME_BYTES_MAX: usize = 500;
/// Bytes of the address at which a visitor's own server takes them, with the thing in it.
pub const URL_FILLED_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a file that are shown as text.
pub const FILE_SHOWN_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a file that are served raw.
pub const FILE_RAW_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Lines of a file that are shown.
pub const FILE_LINES_MAX: usize = 10_000;
/// Commits on a repository's first page.
pub const COMMITS_FIRST: usize = 8;
/// Branches, and tags, on a repository's first page.
pub const REFS_FIRST: usize = 20;
/// Branches, or tags, on one page of them.
pub const REFS_SHOWN: usize = 100;
/// Bytes of an activity that are shown; the rest is in the raw document.
pub const RAW_SHOWN_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a form with files, all together: several large ones go in several texts.
pub const FORM_FILES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Forms with files that are read at once, each with one file in memory.
pub const UPLOADS_AT_ONCE: usize = 8;
/// Bytes of a picture that is uploaded, with its form: what telephones make of a face.
pub const PORTRAIT_UPLOAD_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Pixels of a side of a picture that is uploaded.
pub const PORTRAIT_SIDE_MAX: u32 = 6000;
/// Bytes that decoding one may take.
pub const PORTRAIT_ALLOC_BYTES_MAX: u64 = 160 * 1024 * 1024;
/// Pictures decoded at once.
pub const PORTRAITS_AT_ONCE: usize = 1;
/// Pixels of a side of a picture as it is kept.
pub const PORTRAIT_PIXELS: u32 = 256;
/// Rows of each kind in a person's own data, a page of them at most.
pub const EXPORT_ROWS: usize = pritchel_actor::limits::PAGE_MAX;
/// Followers, and people followed, in it.
pub const EXPORT_FOLLOWERS_MAX: usize = 100_000;
/// Things published that are read at a time for it.
pub const EXPORT_PAGE: usize = 50;
/// Days for which a token may be made to hold.
pub const TOKEN_DAYS: std::ops::RangeInclusive<i64> = 1..=3650;
/// Days for which an invitation may be good: what the domain takes.
pub const INVITATION_DAYS: std::ops::RangeInclusive<i64> = 1..=pritchel_actors::limits::INVITATION_S_MAX / 86_400;
/// Days for which it is, if nothing is said.
pub const INVITATION_DAYS_USUAL: i64 = 7;
/// Characters of a token's label.
pub const LABEL_CHARS_MAX: usize = 100;
/// Repositories read at once for pages.
pub const READS_AT_ONCE: usize = 8;
/// Archives being made at once: each keeps a core busy, and a place among git's processes that clones need.
pub const ARCHIVES_AT_ONCE: usize = 2;
/// Bytes of the name of an archive: a file system's names end at 255, and more is put around it.
pub const ARCHIVE_NAME_BYTES_MAX: usize = 200;
/// Characters that say what an act is about, in a list.
pub const GIST_CHARS_MAX: usize = 120;
/// Bytes of the name of a step of the verification.
pub const STEP_BYTES_MAX: usize = 16;
/// Tickets looked through for one page of those that fit what is looked for: what one view may read.
pub const TICKETS_SCANNED_MAX: usize = 500;
/// Collections named by an act that are asked whether they are those of a ticket's followers.
pub const GROUPS_ASKED_MAX: usize = 8;
/// Seconds a browser may keep the answer to the question whether it may ask.
pub const PREFLIGHT_KEPT_S: u32 = 24 * 3600;
/// How deep threads of comments are shown as such; deeper answers stand at this depth.
pub const INDENT_MAX: u32 = 5;
/// Commits of a merge request on its page.
pub const MERGE_COMMITS_SHOWN: usize = 50;
/// Grants for everybody that an actor of another server names and that are read to find out what everybody may.
pub const PUBLIC_GRANTS_READ_MAX: usize = 4;
/// Grants of one person on one resource that are verified, the best first, to find one that holds.
pub const PERMITS_TRIED_MAX: usize = 4;
/// Looks at one verification of a chain: one for the document of each Grant, one for all liveness checks, and a few to spare.
pub const VERIFY_LOOKS_MAX: usize = pritchel_actors::limits::CHAIN_MAX + 4;
/// Bytes of a line with an SSH key: what an actor keeps of one, and a comment.
pub const SSH_KEY_LINE_BYTES_MAX: usize = pritchel_actors::limits::SSH_KEY_BYTES_MAX + 1024;
/// Bits an RSA key of SSH has at least.
pub const RSA_BITS_MIN: usize = 2048;
/// People who may add the same key: whoever knows a public key can, and its owner must still be found.
pub const KEY_SHARED_MAX: usize = 4;
/// Bytes of an OpenPGP key as it is pasted, with what others have signed of it.
pub const PGP_KEY_PASTED_BYTES_MAX: usize = 256 * 1024;
/// Ids of keys that are looked for of one signature by OpenPGP: it names one, twice.
pub const PGP_IDS_OF_SIGNATURE_MAX: usize = 4;
/// People of one key that are looked at: more than may add it, for those who did so at the same moment.
pub const KEY_PEOPLE_MAX: usize = 16;
/// People of one mark of a token that are looked at: it is short, so that two may have the same.
pub const TOKEN_PEOPLE_MAX: usize = 16;
/// SSH keys of an actor of another server that are fetched by their addresses.
pub const SSH_KEYS_FETCHED_MAX: usize = 16;
/// Seconds after which the document of an actor of another server is fetched anew, if a key that is shown is not in it.
pub const SSH_KEYS_FRESH_S: i64 = 30;
/// Bytes of the address of a Grant in the path of a push.
pub const GRANT_URI_BYTES_MAX: usize = 2048;

// Pages of code.

/// The processor's time for colouring one file; beyond it the rest is plain. The first file of a language pays for its grammar
/// too, which takes code that is not optimised ten times as long.
pub const COLOUR_TIME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 4000 } else { 400 });
/// Bytes of a line that is coloured: what is longer was written by a machine.
pub const COLOUR_LINE_BYTES_MAX: usize = 2000;
/// Bytes of memory for files in their colours.
pub const COLOURED_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Bytes of memory for who wrote the lines of files.
pub const BLAMES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of memory for pages of the history of paths.
pub const PATH_LOGS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of memory for rendered pieces of pages.
pub const PIECES_BYTES_MAX: usize = 12 * 1024 * 1024;
/// What a range of addresses may spend at once on costly pages without being signed in: some thirty blames.
pub const COSTLY_UNITS: u32 = 120;
/// Milliseconds in which a unit comes back.
pub const COSTLY_UNIT_MS: u64 = 500;
/// Seconds a page of a commit may be kept by whoever stands between: it does not change, but who may see it may.
pub const COMMIT_KEPT_S: u32 = 300;
/// Seconds for which "3 minutes ago" may stand on a page that has not changed otherwise.
pub const AGO_KEPT_S: i64 = 600;
/// Characters of a line whose changed words are looked for.
pub const WORDS_LINE_CHARS_MAX: usize = 500;
/// Time for finding the changed words of all lines of a page.
pub const WORDS_TIME: Duration = Duration::from_millis(100);
/// Commits of a comparison that are shown.
pub const COMPARED_COMMITS_SHOWN: usize = 100;
/// Bytes of what git answers to a change made in a browser that are read for its reason.
pub const EDIT_ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the form of such a change, with the file in it.
pub const EDIT_FORM_BYTES_MAX: usize = pritchel_git::limits::EDITED_BYTES_MAX + 64 * 1024;
/// Characters of the first line of its message.
pub const EDIT_TITLE_CHARS_MAX: usize = 200;
/// Characters of the rest of its message.
pub const EDIT_BODY_CHARS_MAX: usize = 16 * 1024;
/// Parts of its form.
pub const EDIT_PARTS_MAX: usize = 32;
