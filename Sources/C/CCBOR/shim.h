// libcbor for Swift: its stateless decoder, which allocates nothing, one item's head at a time. Its tree builder takes
// memory for as many items as a head claims there are, so the tree is built in Swift, under limits.
#pragma once
#include <cbor.h>
#include <stdbool.h>
#include <string.h>

enum gatehouse_cbor_kind {
  GATEHOUSE_CBOR_NONE,
  GATEHOUSE_CBOR_UNSIGNED,
  GATEHOUSE_CBOR_NEGATIVE,
  GATEHOUSE_CBOR_BYTES,
  GATEHOUSE_CBOR_TEXT,
  GATEHOUSE_CBOR_ARRAY,
  GATEHOUSE_CBOR_MAP,
  GATEHOUSE_CBOR_FALSE,
  GATEHOUSE_CBOR_TRUE,
  GATEHOUSE_CBOR_NULL,
  // Tags, floats, undefined, and whatever has no length said before it.
  GATEHOUSE_CBOR_OTHER,
};

struct gatehouse_cbor_item {
  enum gatehouse_cbor_kind kind;
  // The number (for a negative one, -1 minus it), or how many bytes, elements or pairs there are.
  unsigned long long value;
  // Where the bytes of a string begin.
  const unsigned char *bytes;
};

static inline void gatehouse_cbor_put(void *item, enum gatehouse_cbor_kind kind, unsigned long long value,
                                      const unsigned char *bytes) {
  struct gatehouse_cbor_item *out = (struct gatehouse_cbor_item *)item;
  out->kind = kind;
  out->value = value;
  out->bytes = bytes;
}
static inline void gatehouse_cbor_u8(void *i, uint8_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_UNSIGNED, v, 0); }
static inline void gatehouse_cbor_u16(void *i, uint16_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_UNSIGNED, v, 0); }
static inline void gatehouse_cbor_u32(void *i, uint32_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_UNSIGNED, v, 0); }
static inline void gatehouse_cbor_u64(void *i, uint64_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_UNSIGNED, v, 0); }
static inline void gatehouse_cbor_n8(void *i, uint8_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_NEGATIVE, v, 0); }
static inline void gatehouse_cbor_n16(void *i, uint16_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_NEGATIVE, v, 0); }
static inline void gatehouse_cbor_n32(void *i, uint32_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_NEGATIVE, v, 0); }
static inline void gatehouse_cbor_n64(void *i, uint64_t v) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_NEGATIVE, v, 0); }
static inline void gatehouse_cbor_bytes(void *i, cbor_data b, size_t n) {
  gatehouse_cbor_put(i, GATEHOUSE_CBOR_BYTES, n, b);
}
static inline void gatehouse_cbor_text(void *i, cbor_data b, size_t n) {
  gatehouse_cbor_put(i, GATEHOUSE_CBOR_TEXT, n, b);
}
static inline void gatehouse_cbor_array(void *i, size_t n) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_ARRAY, n, 0); }
static inline void gatehouse_cbor_map(void *i, size_t n) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_MAP, n, 0); }
static inline void gatehouse_cbor_bool(void *i, bool v) {
  gatehouse_cbor_put(i, v ? GATEHOUSE_CBOR_TRUE : GATEHOUSE_CBOR_FALSE, 0, 0);
}
static inline void gatehouse_cbor_null(void *i) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_NULL, 0, 0); }
static inline void gatehouse_cbor_other(void *i) { gatehouse_cbor_put(i, GATEHOUSE_CBOR_OTHER, 0, 0); }
static inline void gatehouse_cbor_tag(void *i, uint64_t v) { (void)v, gatehouse_cbor_other(i); }
static inline void gatehouse_cbor_float(void *i, float v) { (void)v, gatehouse_cbor_other(i); }
static inline void gatehouse_cbor_double(void *i, double v) { (void)v, gatehouse_cbor_other(i); }

// Reads one head, and the string behind it if it is one. Says how many bytes that were; 0 when there are too few, or
// they are malformed.
static inline size_t gatehouse_cbor_next(const unsigned char *bytes, size_t count, struct gatehouse_cbor_item *item) {
  struct cbor_callbacks callbacks = {
      .uint8 = gatehouse_cbor_u8,
      .uint16 = gatehouse_cbor_u16,
      .uint32 = gatehouse_cbor_u32,
      .uint64 = gatehouse_cbor_u64,
      .negint64 = gatehouse_cbor_n64,
      .negint32 = gatehouse_cbor_n32,
      .negint16 = gatehouse_cbor_n16,
      .negint8 = gatehouse_cbor_n8,
      .byte_string_start = gatehouse_cbor_other,
      .byte_string = gatehouse_cbor_bytes,
      .string = gatehouse_cbor_text,
      .string_start = gatehouse_cbor_other,
      .indef_array_start = gatehouse_cbor_other,
      .array_start = gatehouse_cbor_array,
      .indef_map_start = gatehouse_cbor_other,
      .map_start = gatehouse_cbor_map,
      .tag = gatehouse_cbor_tag,
      .float2 = gatehouse_cbor_float,
      .float4 = gatehouse_cbor_float,
      .float8 = gatehouse_cbor_double,
      .undefined = gatehouse_cbor_other,
      .null = gatehouse_cbor_null,
      .boolean = gatehouse_cbor_bool,
      .indef_break = gatehouse_cbor_other,
  };
  memset(item, 0, sizeof *item);
  struct cbor_decoder_result result = cbor_stream_decode(bytes, count, &callbacks, item);
  return result.status == CBOR_DECODER_FINISHED ? result.read : 0;
}
