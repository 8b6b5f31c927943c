// A thin C interface over Boost.Beast 1.81 (HTTP/1.1 parser and serialiser), Asio (epoll) and OpenSSL (TLS).
//
// The libraries read, write, wait and count; what is allowed, how long and how many is decided in Swift and comes in
// as limits and answers. Nothing here throws, and all of it must be called on the thread of the loop, but for
// beast_loop_wake and the functions that make a loop.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct beast_tls beast_tls;            // a certificate and its key, for any number of loops
typedef struct beast_loop beast_loop;          // one listening socket and the connections that came in by it
typedef struct beast_exchange beast_exchange;  // one request that waits for its answer

// An IPv6 address, high half first; IPv4 comes mapped (::ffff:a.b.c.d).
typedef struct {
  uint64_t high, low;
} beast_address;

typedef struct {
  const uint8_t *bytes;
  size_t count;
} beast_text;

typedef struct {
  beast_text name, value;
} beast_field;

typedef struct {
  size_t head;       // bytes of request line and fields together
  size_t fields;     // how many fields a head may have
  uint64_t body;     // bytes of content, after chunked coding is undone
  size_t bodies;     // bytes of all bodies that are not there yet as a whole; beyond them only small ones are taken
  size_t small;      // bytes of a small body
  size_t stream;     // bytes that may wait for a reader before it is dropped
  size_t linger;     // bytes that are read and thrown away after a last answer, so that the answer arrives
  // Milliseconds, each counted from the start of its phase: no progress extends them.
  uint32_t head_time, body_time, idle_time, write_time, linger_time;
} beast_limits;

// What the loop tells. `context` is the one given to beast_loop_new, `stream` the one given to beast_stream_start.
typedef struct {
  // A connection came in: 0 lets it in, else it is refused with that status.
  unsigned (*opened)(void *context, beast_address peer);
  // A connection that was let in is gone.
  void (*closed)(void *context, beast_address peer);
  // A whole request is there. Its texts live until this returns; the exchange until it is answered.
  void (*requested)(void *context, beast_exchange *exchange);
  // A request can't be taken; the callee answers with that status. The connection closes afterwards.
  void (*refused)(void *context, beast_exchange *exchange, unsigned status, const char *reason);
  // Something outside of any request failed: no descriptor for a connection, no memory.
  void (*troubled)(void *context, const char *what);
  // Everything written to the stream has left for the system.
  void (*drained)(void *stream);
  // The reader of the stream is gone, or was dropped. Called once, and never after beast_stream_end succeeded.
  void (*ended)(void *stream);
} beast_events;

// Names and values of the fields stand one after another in `text`; `lengths` holds name, value, name, value.
typedef struct {
  unsigned status;
  const uint8_t *text;
  const uint32_t *lengths;
  size_t fields;
  int closes;          // whether the connection ends with this answer
  int without_length;  // the length is not known: HEAD of a stream
} beast_head;

typedef enum {
  BEAST_TAKEN,    // on its way
  BEAST_GONE,     // the client left before
  BEAST_UNCLEAN,  // a field name or value can't be written as it is; nothing was sent, the exchange still waits
} beast_outcome;

// Null when the files can't be used; `reason` then says why, cut to `room` bytes with its terminating zero.
beast_tls *beast_tls_new(const char *certificates, const char *key, char *reason, size_t room);
void beast_tls_free(beast_tls *tls);

// Takes over `listener`, a listening socket; `is_v6` is its family. `tls` may be null, and be freed afterwards.
beast_loop *beast_loop_new(int listener, int is_v6, const beast_limits *limits, const beast_events *events,
                           const beast_tls *tls, void *context);
// Takes another certificate for the connections to come, where there was one; `tls` may be freed afterwards.
void beast_loop_renew(beast_loop *loop, const beast_tls *tls);
// Runs what is ready; waits for the first event when `waits` is not 0.
void beast_loop_run(beast_loop *loop, int waits);
// Ends a wait of beast_loop_run; from any thread.
void beast_loop_wake(beast_loop *loop);
// Stops accepting and closes idle connections; what runs may finish until `grace` milliseconds are over.
void beast_loop_stop(beast_loop *loop, uint32_t grace);
// Whether stop was called and no connection is left.
int beast_loop_is_stopped(const beast_loop *loop);
// The loop must be stopped, and every exchange answered.
void beast_loop_free(beast_loop *loop);

// Of the request; only while `requested` runs, the target also while `refused` does, where it is empty before a request line was read.
beast_text beast_exchange_method(const beast_exchange *exchange);
beast_text beast_exchange_target(const beast_exchange *exchange);
beast_text beast_exchange_body(const beast_exchange *exchange);
// Fills `fields`, which has room for as many as the limit allows, and returns their number.
size_t beast_exchange_fields(const beast_exchange *exchange, beast_field *fields);
// At any time before the answer.
beast_address beast_exchange_peer(const beast_exchange *exchange);
int beast_exchange_is_head(const beast_exchange *exchange);

// Answers with a body that is there; its bytes are copied. Unless unclean, the exchange is over.
beast_outcome beast_respond(beast_exchange *exchange, const beast_head *head, const uint8_t *body, size_t count);
// Answers with a body that is written piece by piece. When gone, the exchange is over and nothing else is called.
beast_outcome beast_stream_start(beast_exchange *exchange, const beast_head *head, void *stream);
// Queues one piece. Returns how many bytes wait now; -1 when the stream is over, or the reader was just dropped.
int64_t beast_stream_write(beast_exchange *exchange, const uint8_t *bytes, size_t count);
// Ends the body. Either this succeeds (not 0) or `ended` was called: never both. The exchange is over.
int beast_stream_end(beast_exchange *exchange);

#ifdef __cplusplus
}
#endif
