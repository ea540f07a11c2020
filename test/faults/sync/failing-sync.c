/*
 * Preloaded into a host: once the file EIO_WHEN is there, syncs of what lies below EIO_BELOW fail as those of a broken
 * disk do. All else goes to the C library.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_failing(int fd) {
  const char *when = getenv("EIO_WHEN");
  const char *below = getenv("EIO_BELOW");
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

static int sync_or_fail(const char *name, int fd) {
  int (*real)(int);
  if (is_failing(fd)) {
    errno = EIO;
    return -1;
  }
  *(void **)&real = dlsym(RTLD_NEXT, name);
  return real(fd);
}

int fsync(int fd) { return sync_or_fail("fsync", fd); }

int fdatasync(int fd) { return sync_or_fail("fdatasync", fd); }
