// SQLite for Swift. What Swift can't reach by itself stands here: the variadic
// sqlite3_db_config, SQLITE_TRANSIENT (a function pointer made of a number), and result codes that are expressions.
#pragma once
#include <sqlite3.h>

// Before the first connection: nobody asks how much memory is in use, and counting it takes a lock for each allocation.
static inline int gatehouse_sqlite3_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

static inline int gatehouse_sqlite3_db_config_flag(sqlite3 *db, int option, int on) {
  return sqlite3_db_config(db, option, on, (int *)0);
}

static inline int gatehouse_sqlite3_bind_text(sqlite3_stmt *s, int i, const char *p, int n) {
  return sqlite3_bind_text(s, i, p, n, SQLITE_TRANSIENT);
}

static inline int gatehouse_sqlite3_bind_blob(sqlite3_stmt *s, int i, const void *p, int n) {
  return n == 0 ? sqlite3_bind_zeroblob(s, i, 0) : sqlite3_bind_blob(s, i, p, n, SQLITE_TRANSIENT);
}

static const int gatehouse_sqlite3_constraint_unique = SQLITE_CONSTRAINT_UNIQUE;
static const int gatehouse_sqlite3_constraint_primary_key = SQLITE_CONSTRAINT_PRIMARYKEY;
static const int gatehouse_sqlite3_ioerr_write = SQLITE_IOERR_WRITE;
