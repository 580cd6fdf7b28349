//! The git configuration of every repository, in one table. It is written into each repository when it is made, for
//! whoever looks at it with plain git, and given again on the command line of each git process, so that a later
//! version's settings hold in old repositories too.

/// Key and value. Source: `git help config`.
#[rustfmt::skip]
pub const SETTINGS: &[(&str, &str)] = &[
    // By default git leaves loose objects and references unsynced; a power cut after the report would lose them.
    ("core.fsync", "all"),
    // A real fsync for each file. `batch` and `writeout-only` lean on file systems to keep an order they do not promise.
    ("core.fsyncMethod", "fsync"),
    // No hook runs unless the command line names a directory of ours.
    ("core.hooksPath", "/dev/null"),
    // One push makes one pack: three synced files however many objects.
    ("receive.unpackLimit", "1"),
    ("receive.advertisePushOptions", "true"),
    ("receive.autogc", "false"),
    ("receive.denyDeleteCurrent", "refuse"),
    // Whether history may be rewritten is decided in the push's turn, where the branch rules are.
    ("receive.denyNonFastForwards", "false"),
    ("transfer.fsckObjects", "true"),
    // Three old and harmless mistakes that many long histories contain.
    ("receive.fsck.badTimezone", "ignore"),
    ("receive.fsck.missingSpaceBeforeDate", "ignore"),
    ("receive.fsck.zeroPaddedFilemode", "ignore"),
    ("uploadpack.allowFilter", "true"),
    // Leaving out files or directories is cheap to serve; the other filters make git walk what they leave out.
    ("uploadpackfilter.allow", "false"),
    ("uploadpackfilter.blob:none.allow", "true"),
    ("uploadpackfilter.blob:limit.allow", "true"),
    ("uploadpackfilter.tree.allow", "true"),
    ("uploadpack.allowAnySHA1InWant", "false"),
    ("uploadpack.allowReachableSHA1InWant", "false"),
    ("uploadpack.allowTipSHA1InWant", "false"),
    // What is kept of merge requests is the server's own: clones are not to grow by it, nor may anybody push there.
    ("transfer.hideRefs", "refs/merge"),
    // Maintenance is ours (`maintain`), never a by-product of serving.
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("repack.writeBitmaps", "true"),
    // Many processes share the machine: one thread each, and a bound on what each may hold.
    ("pack.threads", "1"),
    ("pack.windowMemory", "128m"),
    ("core.bigFileThreshold", "32m"),
    // A push that deletes a branch waits for maintenance to let go of the packed references.
    ("core.packedRefsTimeout", "10000"),
    ("core.filesRefLockTimeout", "2000"),
];
