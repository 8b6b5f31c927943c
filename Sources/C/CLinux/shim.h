// Linux calls that Glibc's module map does not show to Swift.
#pragma once
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

static inline int gatehouse_name_thread(const char *name) {
  return prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}
