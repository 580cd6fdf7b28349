/* Records every change of the files under one directory, with its data, so that a test can rebuild the disk as a power cut
 * at any moment would have left it. Preloaded into the recorded process and those it starts (Linux, glibc); read by disk.rs.
 *
 *   POWERCUT_DIR   the directory, absolute, without links; anything outside is not recorded
 *   POWERCUT_LOG   the record, appended to
 *   POWERCUT_ACKS  a file outside the directory: what is written to it is recorded as an acknowledgement
 *   POWERCUT_SAYS  a text: when it is sent through a socket, that is an acknowledgement too, recorded just before
 * The first two are needed, the others may be left out.
 *
 * A change is made and recorded under one lock, which holds between processes, so the order of the record is the order of the
 * changes. A sync is recorded when it has completed, with the length of the record when it began: only what stood there it
 * covers. sync_file_range, syncfs and sync are not recorded: the first promises nothing about a power cut, and to leave out
 * the others is only stricter. What stdio writes by itself is seen at fflush and fclose, as the whole file. The tests compare
 * a full replay with the real files, so a call that is missing here is found out.
 *
 * A record: the header below, then the path, then the data. Numbers as this machine has them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct header {
    uint32_t kind;     /* C create, M make directory, L link, R rename, U remove, W write, T truncate, S sync, A acknowledgement */
    uint32_t path_len; /* bytes of the path that follows */
    uint64_t inode;
    uint64_t number;   /* W offset, T length, S length of the record when it began */
    uint64_t data_len; /* bytes of the data that follow the path; for L and R the new path */
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static const char *dir, *acks, *says;
static size_t dir_len;
static int record = -1;

/* Above what programs number by themselves: a shell may take any single digit. */
enum { RECORD_FD_MIN = 200 };

static void give_up(const char *why) {
    fprintf(stderr, "powercut recorder: %s: %s\n", why, strerror(errno));
    _exit(99);
}

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("POWERCUT_LOG");
    dir = getenv("POWERCUT_DIR");
    int opened;
    acks = getenv("POWERCUT_ACKS");
    says = getenv("POWERCUT_SAYS");
    if (!dir || !log) { dir = acks = says = NULL; return; }
    dir_len = strlen(dir);
    opened = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    record = opened < 0 ? -1 : fcntl(opened, F_DUPFD_CLOEXEC, RECORD_FD_MIN);
    if (record < 0) give_up("opening the record");
    close(opened);
}

static void lock(void) {
    pthread_mutex_lock(&order);
    while (flock(record, LOCK_EX) != 0)
        if (errno != EINTR) give_up("locking the record");
}

static void unlock(void) {
    flock(record, LOCK_UN);
    pthread_mutex_unlock(&order);
}

/* The real function behind one of ours that is more than a system call. */
static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) give_up(name);
    return found;
}

static void put(const void *bytes, size_t len) {
    const char *at = bytes;
    while (len > 0) {
        ssize_t done = syscall(SYS_write, record, at, len);
        if (done <= 0) give_up("writing the record");
        at += done;
        len -= (size_t)done;
    }
}

/* The caller holds the lock. */
static void note(char kind, const char *path, uint64_t inode, uint64_t number, const void *data, size_t data_len) {
    struct header header = {(uint32_t)kind, path ? (uint32_t)strlen(path) : 0, inode, number, data_len};
    put(&header, sizeof header);
    if (path) put(path, header.path_len);
    put(data, data_len);
}

/* The caller holds the lock. */
static uint64_t recorded_so_far(void) {
    struct stat found;
    if (fstat(record, &found) != 0) give_up("fstat of the record");
    return (uint64_t)found.st_size;
}

static int inside(const char *path) {
    return dir && strncmp(path, dir, dir_len) == 0 && (path[dir_len] == '/' || path[dir_len] == 0);
}

/* The path of an open file; 0 when it is of no interest. A removed file has " (deleted)" behind its path and is known by its inode. */
static int path_of(int fd, char *path) {
    char link[64];
    ssize_t len;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, PATH_MAX - 1);
    if (len < 0) return 0;
    path[len] = 0;
    return inside(path) || (acks && strcmp(path, acks) == 0);
}

static int absolute(int at, const char *path, char *full) {
    char base[PATH_MAX];
    if (!dir) return 0;
    if (path[0] == '/') snprintf(full, PATH_MAX, "%s", path);
    else if (at == AT_FDCWD) { if (!getcwd(base, sizeof base)) return 0; if (snprintf(full, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0; }
    else { if (!path_of(at, base)) return 0; if (snprintf(full, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0; }
    return inside(full);
}

static uint64_t inode_of(int fd) {
    struct stat found;
    if (fstat(fd, &found) != 0) give_up("fstat");
    return found.st_ino;
}

static int recorded_open(int at, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    struct stat before;
    int fd, existed;
    if (!(flags & (O_CREAT | O_TRUNC)) || !absolute(at, path, full)) return (int)syscall(SYS_openat, at, path, flags, mode);
    lock();
    existed = stat(full, &before) == 0;
    fd = (int)syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && !existed) note('C', full, inode_of(fd), 0, NULL, 0);
    if (fd >= 0 && existed && (flags & O_TRUNC)) note('T', full, inode_of(fd), 0, NULL, 0);
    unlock();
    return fd;
}

#define MODE(last) mode_t mode = 0; if (last & O_CREAT) { va_list args; va_start(args, last); mode = va_arg(args, mode_t); va_end(args); }
int open(const char *path, int flags, ...) { MODE(flags) return recorded_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return recorded_open(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return recorded_open(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return recorded_open(at, path, flags, mode); }

/* Notes an acknowledgement that is about to be sent. */
static void about_to_say(int fd, const void *data, size_t len) {
    struct stat to;
    if (!says || !memmem(data, len, says, strlen(says)) || fstat(fd, &to) != 0 || !S_ISSOCK(to.st_mode)) return;
    lock();
    note('A', NULL, 0, 0, "said\n", 5);
    unlock();
}

ssize_t send(int fd, const void *data, size_t len, int flags) {
    about_to_say(fd, data, len);
    return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

static ssize_t recorded_write(int fd, const void *data, size_t len, int64_t offset) {
    char path[PATH_MAX];
    ssize_t done;
    if (fd == record || !path_of(fd, path)) {
        about_to_say(fd, data, len);
        return offset < 0 ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, offset);
    }
    lock();
    if (offset < 0) {
        int append = fcntl(fd, F_GETFL) & O_APPEND;
        off_t at = lseek(fd, 0, append ? SEEK_END : SEEK_CUR);
        done = syscall(SYS_write, fd, data, len);
        offset = at;
    } else {
        done = syscall(SYS_pwrite64, fd, data, len, offset);
    }
    if (done > 0) note(acks && strcmp(path, acks) == 0 ? 'A' : 'W', path, inode_of(fd), (uint64_t)offset, data, (size_t)done);
    unlock();
    return done;
}

ssize_t write(int fd, const void *data, size_t len) { return recorded_write(fd, data, len, -1); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) { return recorded_write(fd, data, len, offset); }
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) { return recorded_write(fd, data, len, offset); }

/* May write less than it was given, as the real one may. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) {
        for (int i = 0; i < count; i++) about_to_say(fd, parts[i].iov_base, parts[i].iov_len);
        return syscall(SYS_writev, fd, parts, count);
    }
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return recorded_write(fd, parts[i].iov_base, parts[i].iov_len, -1);
    return 0;
}

static int recorded_truncate(int fd, off64_t len) {
    char path[PATH_MAX];
    int done;
    if (!path_of(fd, path)) return (int)syscall(SYS_ftruncate, fd, len);
    lock();
    done = (int)syscall(SYS_ftruncate, fd, len);
    if (done == 0) note('T', path, inode_of(fd), (uint64_t)len, NULL, 0);
    unlock();
    return done;
}

int ftruncate(int fd, off_t len) { return recorded_truncate(fd, len); }
int ftruncate64(int fd, off64_t len) { return recorded_truncate(fd, len); }

static int recorded_sync(int fd, long call) {
    char path[PATH_MAX];
    uint64_t began;
    int done;
    if (!path_of(fd, path)) return (int)syscall(call, fd);
    lock();
    began = recorded_so_far();
    unlock();
    done = (int)syscall(call, fd);
    lock();
    if (done == 0) note('S', path, inode_of(fd), began, NULL, 0);
    unlock();
    return done;
}

int fsync(int fd) { return recorded_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return recorded_sync(fd, SYS_fdatasync); }

static int recorded_rename(int from_at, const char *from, int to_at, const char *to) {
    char full_from[PATH_MAX], full_to[PATH_MAX];
    int ours = absolute(from_at, from, full_from), there = absolute(to_at, to, full_to), done;
    if (ours != there) { errno = EXDEV; give_up("a rename into or out of the directory"); }
    if (!ours) return (int)syscall(SYS_renameat, from_at, from, to_at, to);
    lock();
    done = (int)syscall(SYS_renameat, from_at, from, to_at, to);
    if (done == 0) note('R', full_from, 0, 0, full_to, strlen(full_to));
    unlock();
    return done;
}

int rename(const char *from, const char *to) { return recorded_rename(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return recorded_rename(from_at, from, to_at, to); }

static int recorded_remove(int at, const char *path, int flags) {
    char full[PATH_MAX];
    int done;
    if (!absolute(at, path, full)) return (int)syscall(SYS_unlinkat, at, path, flags);
    lock();
    done = (int)syscall(SYS_unlinkat, at, path, flags);
    if (done == 0) note('U', full, 0, 0, NULL, 0);
    unlock();
    return done;
}

int unlink(const char *path) { return recorded_remove(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return recorded_remove(at, path, flags); }
int rmdir(const char *path) { return recorded_remove(AT_FDCWD, path, AT_REMOVEDIR); }

static int recorded_mkdir(int at, const char *path, mode_t mode) {
    char full[PATH_MAX];
    struct stat made;
    int done;
    if (!absolute(at, path, full)) return (int)syscall(SYS_mkdirat, at, path, mode);
    lock();
    done = (int)syscall(SYS_mkdirat, at, path, mode);
    if (done == 0 && stat(full, &made) != 0) give_up("stat");
    if (done == 0) note('M', full, made.st_ino, 0, NULL, 0);
    unlock();
    return done;
}

int mkdir(const char *path, mode_t mode) { return recorded_mkdir(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return recorded_mkdir(at, path, mode); }

/* Git gives its directory of new objects a random name this way. */
char *mkdtemp(char *pattern) {
    char full[PATH_MAX], *(*make)(char *) = (char *(*)(char *))real("mkdtemp"), *name;
    struct stat made;
    if (!absolute(AT_FDCWD, pattern, full)) return make(pattern);
    lock();
    name = make(pattern);
    if (name && (!absolute(AT_FDCWD, name, full) || stat(full, &made) != 0)) give_up("mkdtemp");
    if (name) note('M', full, made.st_ino, 0, NULL, 0);
    unlock();
    return name;
}

static int recorded_link(int from_at, const char *from, int to_at, const char *to, int flags) {
    char full_from[PATH_MAX], full_to[PATH_MAX];
    int ours = absolute(from_at, from, full_from), there = absolute(to_at, to, full_to), done;
    if (ours != there) { errno = EXDEV; give_up("a link into or out of the directory"); }
    if (!ours) return (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
    lock();
    done = (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (done == 0) note('L', full_from, 0, 0, full_to, strlen(full_to));
    unlock();
    return done;
}

int link(const char *from, const char *to) { return recorded_link(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) { return recorded_link(from_at, from, to_at, to, flags); }

/* stdio opens and writes inside the C library, where nothing can be put between. A stream is opened over our own open, and what
 * it wrote is read back from the file. */
FILE *fopen(const char *path, const char *mode) {
    int how = strchr(mode, '+') ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
    if (mode[0] == 'w') how |= O_CREAT | O_TRUNC;
    if (mode[0] == 'a') how |= O_CREAT | O_APPEND;
    if (strchr(mode, 'e')) how |= O_CLOEXEC;
    if (strchr(mode, 'x')) how |= O_EXCL;
    int fd = recorded_open(AT_FDCWD, path, how, 0666);
    return fd < 0 ? NULL : fdopen(fd, mode);
}
FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }

/* Whether a stream writes a file that is recorded, and that file's path. */
static int writes_ours(FILE *stream, char *path) {
    int fd = stream ? fileno(stream) : -1;
    return fd >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY && path_of(fd, path);
}

static int flush_recorded(FILE *stream, const char *path) {
    int (*flush)(FILE *) = (int (*)(FILE *))real("fflush"), reading, done;
    char again[64], *bytes = NULL;
    struct stat found;
    lock();
    done = flush(stream);
    snprintf(again, sizeof again, "/proc/self/fd/%d", fileno(stream));
    reading = (int)syscall(SYS_openat, AT_FDCWD, again, O_RDONLY | O_CLOEXEC, 0);
    if (reading < 0 || fstat(reading, &found) != 0 || !(bytes = malloc((size_t)found.st_size + 1))
        || pread(reading, bytes, (size_t)found.st_size, 0) != found.st_size)
        give_up("reading what stdio wrote");
    if (found.st_size > 0) note('W', path, found.st_ino, 0, bytes, (size_t)found.st_size);
    free(bytes);
    syscall(SYS_close, reading);
    unlock();
    return done;
}

int fflush(FILE *stream) {
    char path[PATH_MAX];
    return writes_ours(stream, path) ? flush_recorded(stream, path) : ((int (*)(FILE *))real("fflush"))(stream);
}

int fclose(FILE *stream) {
    char path[PATH_MAX];
    int flushed = writes_ours(stream, path) ? flush_recorded(stream, path) : 0;
    int closed = ((int (*)(FILE *))real("fclose"))(stream);
    return flushed ? flushed : closed;
}
