// simdjson for Swift: one document in, simdjson's own tape out (its doc/tape.md). Swift walks the tape once,
// so no call crosses the border per value and no C++ exception can.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GATEHOUSE_NOEXCEPT noexcept
extern "C" {
#else
#define GATEHOUSE_NOEXCEPT
#endif

typedef enum {
  GATEHOUSE_JSON_OK = 0,
  GATEHOUSE_JSON_MALFORMED = 1,
  GATEHOUSE_JSON_TOO_DEEP = 2,
  GATEHOUSE_JSON_NOT_UTF8 = 3,
  GATEHOUSE_JSON_NUMBER_OUT_OF_RANGE = 4,
  GATEHOUSE_JSON_TOO_LARGE = 5,
} gatehouse_json_status;

typedef struct {
  gatehouse_json_status status;
  // 64-bit words: a type in the top byte, a payload in the rest.
  const uint64_t *tape;
  // Unescaped strings, each after its length in 32 bits (native order).
  const uint8_t *strings;
} gatehouse_json_document;

// Parses `length` bytes. The answer lives until the next call on the same thread.
gatehouse_json_document gatehouse_json_parse(const uint8_t *bytes, size_t length) GATEHOUSE_NOEXCEPT;

#ifdef __cplusplus
}
#endif
