#include "csimdjson.h"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>

namespace {

// A parser keeps its arenas; what one large document took is given back before the next is read.
constexpr size_t keptCapacity = 256 * 1024;
constexpr size_t largestDocument = 64 * 1024 * 1024;
// Only a bound for simdjson's own stack: the depth that callers ask for is checked on the tape.
constexpr size_t parserDepth = 1024;

struct Reader {
  simdjson::dom::parser parser;
  std::unique_ptr<uint8_t[]> padded;
  size_t capacity = 0;

  // simdjson reads up to SIMDJSON_PADDING bytes past the end, so the document moves to a buffer that has them.
  bool makeRoom(size_t length) {
    if (capacity >= length && (capacity <= keptCapacity || length > keptCapacity)) return true;
    padded.reset();
    capacity = 0;
    parser = simdjson::dom::parser();
    const size_t size = length < 4096 ? 4096 : length;
    padded.reset(new (std::nothrow) uint8_t[size + simdjson::SIMDJSON_PADDING]);
    if (!padded || parser.allocate(size, parserDepth) != simdjson::SUCCESS) return false;
    capacity = size;
    return true;
  }
};

bool isDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// RFC 8259 §6: number = [ minus ] int [ frac ] [ exp ]
bool isNumber(const uint8_t *at, const uint8_t *end) {
  if (at < end && *at == '-') at++;
  if (at == end || !isDigit(*at)) return false;
  if (*at == '0') {
    at++;
  } else {
    while (at < end && isDigit(*at)) at++;
  }
  if (at < end && *at == '.') {
    at++;
    if (at == end || !isDigit(*at)) return false;
    while (at < end && isDigit(*at)) at++;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    if (at == end || !isDigit(*at)) return false;
    while (at < end && isDigit(*at)) at++;
  }
  return at == end;
}

// simdjson has one error for a number that is misspelt and one that doesn't fit; the client deserves to know.
bool everyNumberIsWellFormed(const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    if (*at == '"') {
      for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\') at++;
      }
      at++;
    } else if (*at == '-' || isDigit(*at)) {
      const uint8_t *start = at;
      while (at < end && !strchr(" \t\r\n,]}:[{\"", *at)) at++;
      if (!isNumber(start, at)) return false;
    } else {
      at++;
    }
  }
  return true;
}

gatehouse_json_status statusOf(simdjson::error_code code) {
  switch (code) {
  case simdjson::SUCCESS: return GATEHOUSE_JSON_OK;
  case simdjson::DEPTH_ERROR: return GATEHOUSE_JSON_TOO_DEEP;
  case simdjson::UTF8_ERROR: return GATEHOUSE_JSON_NOT_UTF8;
  case simdjson::NUMBER_ERROR:
  case simdjson::NUMBER_OUT_OF_RANGE: return GATEHOUSE_JSON_NUMBER_OUT_OF_RANGE;
  case simdjson::CAPACITY:
  case simdjson::MEMALLOC: return GATEHOUSE_JSON_TOO_LARGE;
  default: return GATEHOUSE_JSON_MALFORMED;
  }
}

gatehouse_json_document refusal(gatehouse_json_status status) { return {status, nullptr, nullptr}; }

} // namespace

extern "C" __attribute__((visibility("default"))) gatehouse_json_document
gatehouse_json_parse(const uint8_t *bytes, size_t length) noexcept {
  thread_local Reader reader;
  if (length == 0) return refusal(GATEHOUSE_JSON_MALFORMED);
  if (length > largestDocument || !reader.makeRoom(length)) return refusal(GATEHOUSE_JSON_TOO_LARGE);
  memcpy(reader.padded.get(), bytes, length);
  memset(reader.padded.get() + length, 0, simdjson::SIMDJSON_PADDING);

  auto result = reader.parser.parse(reader.padded.get(), length, false);
  auto status = statusOf(result.error());
  if (status == GATEHOUSE_JSON_NUMBER_OUT_OF_RANGE && !everyNumberIsWellFormed(bytes, bytes + length)) {
    status = GATEHOUSE_JSON_MALFORMED;
  }
  if (status != GATEHOUSE_JSON_OK) return refusal(status);
  return {status, reader.parser.doc.tape.get(), reader.parser.doc.string_buf.get()};
}
