/*
 * Preloaded into a host: once the file EIO_WHEN is there, syncs of what lies below EIO_BELOW fail as those of a broken
 * disk do; once QUOTA_WHEN is there, writes below QUOTA_BELOW fail as those of a person whose quota is used up. All else
 * goes to the C library.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_struck(int fd, const char *when, const char *below) {
  char link[64];
  char path[PATH_MAX];
  ssize_t length;
  if (when == NULL || below == NULL || access(when, F_OK) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return strncmp(path, below, strlen(below)) == 0;
}

static int is_failing(int fd) {
  int before = errno;
  int struck = is_struck(fd, getenv("EIO_WHEN"), getenv("EIO_BELOW"));
  errno = struck ? EIO : before;
  return struck;
}

static int is_used_up(int fd) {
  int before = errno;
  int struck = is_struck(fd, getenv("QUOTA_WHEN"), getenv("QUOTA_BELOW"));
  errno = struck ? EDQUOT : before;
  return struck;
}

/* The C library's own, of the type of the function that stands for it here. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { return is_failing(fd) ? -1 : REAL(fsync)(fd); }

int fdatasync(int fd) { return is_failing(fd) ? -1 : REAL(fdatasync)(fd); }

ssize_t write(int fd, const void *bytes, size_t count) {
  return is_used_up(fd) ? -1 : REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  return is_used_up(fd) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  return is_used_up(fd) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  return is_used_up(fd) ? -1 : REAL(writev)(fd, parts, count);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
  return is_used_up(fd) ? -1 : REAL(pwritev64)(fd, parts, count, at);
}
