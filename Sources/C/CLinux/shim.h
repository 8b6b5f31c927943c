// Linux calls that Glibc's module map does not show to Swift.
#pragma once
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static inline int gatehouse_name_thread(const char *name) {
  return prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}

// Of the calling thread alone: Linux has the nice value for each thread, where POSIX has it for the process.
static inline int gatehouse_lower_thread(int nice) { return setpriority(PRIO_PROCESS, 0, nice); }
